"""merge: equal computations once. One sweep in order: equal ops on the same inputs give the same outputs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant
from symgraph.graph.graph import Graph

__all__ = ["merge"]


def merge(graph: Graph) -> Counter[str]:
    """Replace each node, and each constant, that repeats an earlier one."""
    fired: Counter[str] = Counter()
    constants: dict[Any, Any] = {}
    seen: dict[Any, Apply] = {}
    for node in graph.toposort():
        for x in node.inputs:
            if isinstance(x, Constant):
                first = constants.setdefault((x.type, x.key()), x)
                if first is not x:
                    graph.replace(x, first, "merge")
                    fired["merge_constants"] += 1
        key = (node.op, tuple(map(id, node.inputs)))
        try:
            first_node = seen.setdefault(key, node)
        except TypeError:  # a user's op with parameters that cannot be hashed is equal to nothing
            continue
        if first_node is not node:
            graph.replace_all(list(zip(node.outputs, first_node.outputs)), "merge")
            fired["merge"] += 1
    return fired
