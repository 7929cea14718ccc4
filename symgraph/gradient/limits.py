"""Checkpoints that keep a gradient of a loop within a number of bytes, or of rows: how many steps a block has, and how many states are
kept at once, told when the sizes are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Apply, Op
from symgraph.expr.sizes import size_constant, size_of
from symgraph.expr.variable import TensorVariable
from symgraph.expr.walk import ancestors, clone_nodes, toposort
from symgraph.gradient.loops import Parts
from symgraph.gradient.tape import cheap
from symgraph.ops.shape import ShapeItem
from symgraph.passes.expressions import variable_of
from symgraph.passes.shapes import Sizer

__all__ = ["Fits", "blocks_of_logarithm", "blocks_within"]


class Fits(Op):
    """length, if `needed` (both () int64) bytes are within the limit; else MemoryError with both numbers. title: of the loop."""

    __props__ = ("limit", "title")

    def __init__(self, limit: int, title: str) -> None:
        self.limit, self.title = limit, title

    @property
    def text(self) -> str:
        """Of the error."""
        return f"the gradient of {self.title} needs {{}} bytes for two states and one step, its limit is {self.limit}"

    def output_dtypes(self, length: Any, needed: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, length: Any, needed: Any) -> Any:
        return [()]

    def compute(self, length: Any, needed: Any) -> Any:
        if needed > self.limit:
            raise MemoryError(self.text.format(int(needed)))
        return length

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        needed = inputs[1].load()
        b.check(b.less_equal(needed, self.limit), "MemoryError", self.text, needed)
        outputs[0].store((), inputs[0].load())

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False]]


def blocks_of_logarithm(steps: Any) -> tuple[Any, Any]:
    """How many steps a block has and how many states are kept at once, where that shall be some log2(steps) rows each."""
    length = _log2(steps)
    blocks = (steps + length - 1) // length
    return length, (_log2(blocks) + 2).minimum(blocks).maximum(1).astype("int64")


def _log2(n: Any) -> Any:
    """Rounded up; at least 1."""
    return n.maximum(2).astype("float64").log2().ceil().astype("int64")


def blocks_within(limit: int, node: Apply, steps: Any) -> tuple[Any, Any]:
    """How many steps a block has and how many states are kept at once, so that both are within `limit` bytes: all steps in one block where
    that is possible, else as many states as there are blocks, of a length that needs the least; else as many as there is room for. It is
    checked that it is. Raises ValueError where sizes of values of a step depend on other values."""
    state, step = _bytes(node)
    whole = (steps * step + state).le(limit)
    balanced = (steps * state / step.maximum(1)).sqrt().ceil().astype("int64").maximum(1)
    segments = (steps + balanced - 1) // balanced
    fits = (segments * state + balanced * step).le(limit)
    half = (limit // (2 * step.maximum(1))).minimum((limit - 2 * state) // step.maximum(1)).maximum(1)
    length = whole.switch(steps.maximum(1), fits.switch(balanced, half)).astype("int64")
    blocks = ((steps + length - 1) // length).maximum(1)
    places = ((limit - length * step) // state.maximum(1)).maximum(2).minimum(blocks).astype("int64")
    needed = (places * state + length.minimum(steps) * step).astype("int64")
    return Fits(limit, f"the loop {node.op.name}" if node.op.name else "a loop")(length, needed), places


def _bytes(node: Apply) -> tuple[Any, Any]:
    """The bytes of all states, and at most of what is stored of one step: its rows, the states, what is not cheap to compute again, and as
    much for the gradients by these."""
    parts, op = Parts(node), node.op
    leaves = op.inner_inputs
    values: dict[Any, None] = dict.fromkeys([*parts.rows, *parts.states])
    for inner in toposort([*parts.new_states, *parts.results], leaves):
        if not cheap(inner):
            values.update((x, None) for x in inner.outputs if isinstance(x, TensorVariable))
    sizer = Sizer(set(leaves))
    state = _total([tuple(size_of(x, d) for d in range(x.ndim)) for x in parts.starts], parts.starts)
    step = _total([tuple(map(variable_of, sizer.of(x))) for x in values], list(values)) * 2
    places = {x: (y, 1) for x, y in zip(parts.rows, parts.arrays)} | {x: (y, 0) for x, y in zip(parts.states, parts.starts)}
    places |= {x: (y, 0) for x, y in zip(parts.captured, parts.outer)}
    given = {}
    for inner in toposort([step]):
        if isinstance(inner.op, ShapeItem) and inner.inputs[0] in places:
            array, more = places[inner.inputs[0]]
            given[inner.outputs[0]] = size_of(array, inner.op.axis + more)
    (step,) = clone_nodes([step], given)
    inside = set(leaves)
    if any(x in inside for x in ancestors([step], list(given.values()))):
        raise ValueError(f"a checkpoint in bytes needs a step of known sizes; in {op} sizes depend on values")
    return state, step


def _total(shapes: Sequence[tuple[Any, ...]], xs: Sequence[Any]) -> Any:
    total: Any = size_constant(0)
    for shape, x in zip(shapes, xs):
        size: Any = size_constant(np.dtype(x.dtype).itemsize)
        for n in shape:
            size = size * n
        total = total + size
    return total
