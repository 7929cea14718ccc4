"""Branches of stacks: on one condition for all examples they stay branches; on a condition of each example both sides are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.sizes import size_of
from symgraph.expr.stacks import repeated
from symgraph.expr.types import tensor_type
from symgraph.loops.branch import BranchOp
from symgraph.ops.elementwise import function

__all__ = ["branch_of_stack"]


def branch_of_stack(op: BranchOp, inputs: Sequence[Any], stacked: Sequence[bool], batched: Callable[..., list[tuple[Any, bool]]]) -> list[Any]:
    """The outputs of a branch for a stack of examples. batched: `batching.graph.batched`."""
    count = len(op.then_outputs)
    if stacked[0]:
        found = batched(op.inner_outputs, dict(zip(op.inner_inputs, zip(inputs[1:], stacked[1:]))))
        n = size_of(inputs[0], 0)
        return [_selected(inputs[0], *(x if s else repeated(x, n) for x, s in pair)) for pair in zip(found[:count], found[count:])]
    inner = [_inner(x, s) for x, s in zip(op.inner_inputs, stacked[1:])]
    found = batched(op.inner_outputs, dict(zip(op.inner_inputs, zip(inner, stacked[1:]))))
    n = size_of(next(x for x, s in zip(inner, stacked[1:]) if s), 0)
    sides: tuple[list[Any], list[Any]] = ([], [])
    for pair in zip(found[:count], found[count:]):
        for side, (x, s) in zip(sides, pair):
            side.append(x if s or not any(flag for _, flag in pair) else repeated(x, n))
    result: list[Any] = BranchOp(inner, *sides, op.name)(*inputs, return_list=True)
    return result


def _inner(x: Any, stacked: bool) -> Any:
    return tensor_type(x.type.dtype, (None, *x.type.shape)).make_variable(x.name) if stacked else x.type.make_variable(x.name)


def _selected(conditions: Any, a: Any, b: Any) -> Any:
    """Example by example a or b."""
    return function("switch")(conditions.dimshuffle(0, *["x"] * (a.ndim - 1)), a, b)
