"""merge: equal computations once. One sweep in order: equal ops, or loops and branches that do the same, give the same of the same inputs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant
from symgraph.graph.graph import Graph
from symgraph.passes.equal import Groups, digest_of_bodies, equal_bodies, has_body

__all__ = ["merge"]


def merge(graph: Graph) -> Counter[str]:
    """Replace each node, and each constant, that repeats an earlier one."""
    fired: Counter[str] = Counter()
    constants: dict[Any, Any] = {}
    seen: dict[Any, Apply] = {}
    bodies = Groups(digest_of_bodies)
    for node in graph.toposort():
        for x in node.inputs:
            if isinstance(x, Constant):
                first = constants.setdefault((x.type, x.key()), x)
                if first is not x:
                    graph.replace(x, first, "merge")
                    fired["merge_constants"] += 1
        op = node.op
        if has_body(op):  # two of them are never equal as ops: they are compared where they read the same
            read = (op.control, tuple(map(id, node.inputs)))
            others = bodies.of(read, op)
            op = next((other for other in others if equal_bodies(other, op)), None)
            if op is None:
                others.append(op := node.op)
        key = (op, tuple(map(id, node.inputs)))
        try:
            first_node = seen.setdefault(key, node)
        except TypeError:  # a user's op with parameters that cannot be hashed is equal to nothing
            continue
        if first_node is not node:
            graph.replace_all(list(zip(node.outputs, first_node.outputs)), "merge")
            fired["merge"] += 1
    return fired
