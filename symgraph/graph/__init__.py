"""Graphs as users look at them: what an expression is made of, copies of it, whether two are the same. Names only.

What passes work on (a networkx DiGraph kept true, rules by root op with one worklist) is in `graph.graph` and `graph.rewrite`, which are
loaded when something is compiled.
"""

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable
from symgraph.graph.alike import equal_computations, is_same_graph
from symgraph.graph.copies import clone, clone_get_equiv, clone_replace, graph_replace, map_variables
from symgraph.graph.rule import Rule, local_optimizer, rewrite_rule
from symgraph.graph.text import as_string, default_leaf_formatter, default_node_formatter, op_as_string
from symgraph.graph.walks import (
    Node,
    ancestors,
    explicit_graph_inputs,
    general_toposort,
    graph_inputs,
    inputs,
    io_connection_pattern,
    io_toposort,
    is_in_ancestors,
    list_of_nodes,
    nodes_constructed,
    ops,
    orphans,
    stack_search,
    toposort,
    truncated_graph_inputs,
    variables,
    variables_and_orphans,
    view_roots,
)

__all__ = [
    "Apply", "Constant", "Node", "Rule", "Variable", "ancestors", "as_string", "clone", "clone_get_equiv", "clone_replace",
    "default_leaf_formatter", "default_node_formatter", "equal_computations", "explicit_graph_inputs", "general_toposort", "graph_inputs",
    "graph_replace", "inputs", "io_connection_pattern", "io_toposort", "is_in_ancestors", "is_same_graph", "list_of_nodes",
    "local_optimizer", "map_variables", "nodes_constructed", "op_as_string", "ops", "orphans", "rewrite_rule", "stack_search", "toposort",
    "truncated_graph_inputs", "variables", "variables_and_orphans", "view_roots",
]
