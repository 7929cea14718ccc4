"""Whether two loops, or two branches, do the same: their bodies are compared node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.variable import Constant
from symgraph.expr.walk import toposort
from symgraph.passes.inner import BODIES

__all__ = ["equal_bodies", "has_body"]

_SAID = ("truncate", "recompute", "checkpoint", "progress")  # of a loop, beside its layout


def has_body(op: Any) -> bool:
    """Whether an op is compared by its body: a loop or a branch."""
    return getattr(op, "control", None) in ("loop", "branch")


def equal_bodies(a: Any, b: Any) -> bool:
    """Whether two such ops give the same for the same inputs, as far as equal nodes in equal order tell. A loop that tells how far it is equals
    itself alone."""
    if a is b:
        return True
    if type(a) is not type(b) or a.control != b.control or len(a.inner_inputs) != len(b.inner_inputs):
        return False
    if a.control == "loop" and (a.layout.key() != b.layout.key() or a.progress is not None or any(_said(a, x) != _said(b, x) for x in _SAID)):
        return False
    if any(x.type != y.type for x, y in zip(a.inner_inputs, b.inner_inputs)):
        return False
    return all(_equal_results(a.inner_inputs, getattr(a, name), b.inner_inputs, getattr(b, name)) for name in BODIES[a.control])


def _said(op: Any, name: str) -> str:
    return repr(getattr(op, name))


def _equal_results(inputs: Sequence[Any], outputs: Sequence[Any], others: Sequence[Any], results: Sequence[Any]) -> bool:
    first, second = toposort(outputs, inputs), toposort(results, others)
    if len(first) != len(second) or len(outputs) != len(results):
        return False
    twin: dict[Any, Any] = dict(zip(inputs, others))

    def same(x: Any, y: Any) -> bool:
        if x in twin:
            return twin[x] is y
        return x is y or isinstance(x, Constant) and isinstance(y, Constant) and x.type == y.type and x.key() == y.key()

    for m, n in zip(first, second):
        if len(m.inputs) != len(n.inputs) or len(m.outputs) != len(n.outputs) or not all(map(same, m.inputs, n.inputs)):
            return False
        if not (equal_bodies(m.op, n.op) if has_body(m.op) and has_body(n.op) else m.op == n.op):
            return False
        twin.update(zip(m.outputs, n.outputs))
    return all(map(same, outputs, results))
