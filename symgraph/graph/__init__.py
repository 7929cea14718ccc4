"""Graphs as users look at them: what an expression is made of, copies of it, whether two are the same. Names only.

What passes work on (a networkx DiGraph kept true, rules by root op with one worklist) is in `graph.graph` and `graph.rewrite`, which are
loaded when something is compiled.
"""

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable
from symgraph.late import late

__all__ = [
    "AlreadyThere", "Apply", "Bookkeeper", "CDataType", "CDataTypeConstant", "CEnumType", "CLinkerOp", "CLinkerType", "COp", "Constant", "DB",
    "EnumList", "EnumType", "EquilibriumDB", "EquilibriumOptimizer", "Feature", "FromFunctionOptimizer", "FunctionGraph", "History",
    "LocalGroupDB", "LocalOptGroup", "LocalOptimizer", "NavigatorOptimizer", "NoOutputFromInplace", "Node", "NodeFinder", "OpKeyOptimizer",
    "OpRemove", "OpSub", "OpenMPOp", "Optimizer", "Params", "ParamsType", "PatternSub", "PreserveNames", "PreserveVariableAttributes",
    "PrintListener", "ProxyDB", "PureOp", "PureType", "Query", "ReplaceValidate", "ReplacementDidntRemovedError", "Rule", "SeqOptimizer",
    "SequenceDB", "ShapeFeature", "SingletonType", "TopoDB", "TopoOptimizer", "Validator", "Variable", "ancestors", "as_string", "clone",
    "clone_get_equiv", "clone_replace", "copy_stack_trace", "default_leaf_formatter", "default_node_formatter", "equal_computations",
    "explicit_graph_inputs", "general_toposort", "graph_inputs", "graph_replace", "hashtype", "in2out", "inplace_optimizer", "inputs",
    "io_connection_pattern", "io_toposort", "is_in_ancestors", "is_same_graph", "list_of_nodes", "local_optimizer", "map_variables",
    "nodes_constructed", "op_as_string", "ops", "optimizer", "orphans", "out2in", "rewrite_rule", "stack_search", "toposort",
    "truncated_graph_inputs", "variables", "variables_and_orphans", "view_roots",
]

__getattr__, __dir__ = late(__name__, {
    "symgraph.expr.parameters": "CEnumType EnumList EnumType Params ParamsType",
    "symgraph.expr.op": "CLinkerOp=Op PureOp=Op",
    "symgraph.expr.types": "CLinkerType=Type PureType=Type SingletonType",
    "symgraph.graph.alike": "equal_computations is_same_graph",
    "symgraph.graph.copies": "clone clone_get_equiv clone_replace graph_replace map_variables",
    "symgraph.graph.cops": "CDataType CDataTypeConstant COp OpenMPOp",
    "symgraph.graph.database": "DB EquilibriumDB LocalGroupDB ProxyDB Query SequenceDB TopoDB",
    "symgraph.graph.features": "AlreadyThere Bookkeeper Feature History NoOutputFromInplace NodeFinder PreserveNames"
    " PreserveVariableAttributes PrintListener"
    " ReplaceValidate ReplacementDidntRemovedError Validator",
    "symgraph.graph.functiongraph": "FunctionGraph ShapeFeature",
    "symgraph.graph.optimizers": "EquilibriumOptimizer FromFunctionOptimizer LocalOptGroup NavigatorOptimizer OpKeyOptimizer=TopoOptimizer"
    " Optimizer SeqOptimizer TopoOptimizer copy_stack_trace in2out inplace_optimizer optimizer out2in",
    "symgraph.graph.rule": "LocalOptimizer Rule local_optimizer rewrite_rule",
    "symgraph.graph.sequences": "hashtype",
    "symgraph.graph.substitution": "OpRemove OpSub PatternSub",
    "symgraph.graph.text": "as_string default_leaf_formatter default_node_formatter op_as_string",
    "symgraph.graph.walks": "Node ancestors explicit_graph_inputs general_toposort graph_inputs inputs io_connection_pattern io_toposort"
    " is_in_ancestors list_of_nodes nodes_constructed ops orphans stack_search toposort truncated_graph_inputs variables"
    " variables_and_orphans view_roots",
})
