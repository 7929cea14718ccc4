"""Derivatives of a branch: a branch of the derivatives of its two sides, so the sweep too runs through the side that is taken only.

Before a sweep, what only one side needs is moved into it (loops/sink.py); afterwards the results speak of the variables of the
expression as it was written again, so that nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.expr.walk import clone_nodes
from symgraph.gradient.forward import Rop
from symgraph.gradient.markers import NullType
from symgraph.gradient.reverse import backward, zeros_for
from symgraph.loops.branch import BranchOp
from symgraph.loops.sink import sink_nodes

__all__ = ["branch_grads", "branch_tangents", "gathered", "written"]


def gathered(outputs: Sequence[Variable], keep: Collection[Variable]) -> dict[Variable, Variable]:
    """What stands for the variables of `outputs`' graph once its branches hold what only they need; {} if nothing is to be done."""
    return sink_nodes(outputs, keep)


def written(found: Mapping[Variable, Any], moved: Mapping[Variable, Variable]) -> dict[Variable, Any]:
    """The results of a sweep in the variables that `moved` has replaced before it."""
    return dict(zip(found, clone_nodes(list(found.values()), {new: old for old, new in moved.items()})))


def branch_grads(node: Apply, grads: Sequence[Any], useful: Sequence[bool], null_gradients: str) -> list[Any]:
    """What a branch hands back to its inputs, given the gradients by its outputs (None: of none)."""
    op = node.op
    inside: list[Any] = [None if g is None else g.type.make_variable() for g in grads]
    wanted = [x for x, used in zip(op.inner_inputs, useful[1:]) if used]
    sides = []
    for outputs in (op.then_outputs, op.else_outputs):
        start: dict[Variable, Any] = {}
        for x, g in zip(outputs, inside):
            if g is not None:
                start[x] = start[x] + g if x in start else g
        sides.append(backward(start, wanted, (), null_gradients))
    result: list[Any] = [zeros_for(node.inputs[0]) if useful[0] else None, *[None] * len(op.inner_inputs)]
    pairs: list[tuple[int, Any, Any]] = []
    for k, x in enumerate(op.inner_inputs, 1):
        terms = [side.get(x) for side in sides]
        null = next((g for g in terms if g is not None and isinstance(g.type, NullType)), None)
        if null is not None:
            result[k] = null
        elif any(g is not None for g in terms):
            nothing = zeros_for(x)
            pairs.append((k, *(nothing if g is None else g for g in terms)))
    captured = [(x, y) for x, y in zip([*op.inner_inputs, *inside], [*node.inputs[1:], *grads]) if y is not None]
    for (k, _, _), g in zip(pairs, _branch(node, captured, [(a, b) for _, a, b in pairs], "gradient")):
        result[k] = g
    return result


def branch_tangents(node: Apply, tangents: Sequence[Any]) -> list[Any]:
    """The tangents of a branch's outputs, given those of its inputs (None: it stands still)."""
    op = node.op
    moving = [(x, t) for x, t in zip(op.inner_inputs, tangents[1:]) if t is not None]
    inside = [t.type.make_variable() for _, t in moving]
    sides = [Rop(outputs, [x for x, _ in moving], inside, disconnected_outputs="ignore", return_disconnected="None")
             for outputs in (op.then_outputs, op.else_outputs)]
    pairs: list[tuple[int, Any, Any]] = []
    for k, (x, a, b) in enumerate(zip(op.then_outputs, *sides)):
        if a is not None or b is not None:
            pairs.append((k, zeros_for(x) if a is None else a, zeros_for(op.else_outputs[k]) if b is None else b))
    result: list[Any] = [None] * len(node.outputs)
    captured = [*zip(op.inner_inputs, node.inputs[1:]), *zip(inside, (t for _, t in moving))]
    for (k, _, _), t in zip(pairs, _branch(node, captured, [(a, b) for _, a, b in pairs], "tangent")):
        result[k] = t
    return result


def _branch(node: Apply, captured: Sequence[tuple[Any, Any]], pairs: Sequence[tuple[Any, Any]], what: str) -> list[Any]:
    """A branch on the same condition that gives these pairs of results; captured: pairs of what stands inside and outside."""
    if not pairs:
        return []
    thens = [a for a, _ in pairs]
    elses = [b if not isinstance(a, TensorVariable) or a.dtype == b.dtype else b.astype(a.dtype) for a, b in pairs]
    op = BranchOp([x for x, _ in captured], thens, elses, f"{node.op.name} {what}" if node.op.name else what)
    made: list[Any] = op(node.inputs[0], *[y for _, y in captured], return_list=True)
    made[0].owner.line = node.line
    return made
