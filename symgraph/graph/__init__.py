"""Graphs as users look at them: what an expression is made of, copies of it, whether two are the same. Names only.

What passes work on (a networkx DiGraph kept true, rules by root op with one worklist) is in `graph.graph` and `graph.rewrite`, which are
loaded when something is compiled.
"""

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable
from symgraph.late import late

__all__ = [
    "Apply", "Constant", "Node", "Rule", "Variable", "ancestors", "as_string", "clone", "clone_get_equiv", "clone_replace",
    "default_leaf_formatter", "default_node_formatter", "equal_computations", "explicit_graph_inputs", "general_toposort", "graph_inputs",
    "graph_replace", "inputs", "io_connection_pattern", "io_toposort", "is_in_ancestors", "is_same_graph", "list_of_nodes",
    "local_optimizer", "map_variables", "nodes_constructed", "op_as_string", "ops", "orphans", "rewrite_rule", "stack_search", "toposort",
    "truncated_graph_inputs", "variables", "variables_and_orphans", "view_roots",
]

__getattr__, __dir__ = late(__name__, {
    "symgraph.graph.alike": "equal_computations is_same_graph",
    "symgraph.graph.copies": "clone clone_get_equiv clone_replace graph_replace map_variables",
    "symgraph.graph.rule": "Rule local_optimizer rewrite_rule",
    "symgraph.graph.text": "as_string default_leaf_formatter default_node_formatter op_as_string",
    "symgraph.graph.walks": "Node ancestors explicit_graph_inputs general_toposort graph_inputs inputs io_connection_pattern io_toposort"
    " is_in_ancestors list_of_nodes nodes_constructed ops orphans stack_search toposort truncated_graph_inputs variables"
    " variables_and_orphans view_roots",
})
