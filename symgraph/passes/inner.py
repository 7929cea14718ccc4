"""inner: the bodies of loops and branches, each as a graph of its own, and the op copied around the better body."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph

__all__ = ["BODIES", "inner", "with_bodies"]

# Attributes that hold the results of a body, by the op's `control`; all are computed from its `inner_inputs`.
BODIES = {"loop": ("inner_outputs",), "graph": ("inner_outputs",), "branch": ("then_outputs", "else_outputs")}


def inner(graph: Graph, improve: Callable[[Graph], Counter[str]] | None = None) -> Counter[str]:
    """Run `improve` over the bodies of the ops with inner graphs. One op used at several nodes stays one op."""
    fired: Counter[str] = Counter()
    if improve is None:
        return fired
    made: dict[Any, Any] = {}
    for node in graph.toposort():
        names = BODIES.get(getattr(node.op, "control", None) or "")
        if names is None:
            continue
        if node.op not in made:
            bodies = {}
            for name in names:
                body = Graph(node.op.inner_inputs, getattr(node.op, name))
                fired += improve(body)
                bodies[name] = body.outputs
            made[node.op] = with_bodies(node.op, **bodies)
        # The outputs keep their types: a body may have come to know more, but nobody outside was told.
        better = Apply(made[node.op], node.inputs, [x.type.make_variable(x.name) for x in node.outputs])
        graph.replace_all(list(zip(node.outputs, better.outputs)), "inner")
        fired["inner"] += 1
    return fired


def with_bodies(op: Any, **bodies: list[Any]) -> Any:
    """A copy of an op with inner graphs that differs in what its bodies give."""
    twin = copy.copy(op)
    for name, outputs in bodies.items():
        setattr(twin, name, list(outputs))
    for name in ("_order", "_pattern"):
        if hasattr(twin, name):
            setattr(twin, name, None)  # what was found out of the old body
    return twin
