"""Elements moved along one dimension by an array of places: the derivatives of sorting are made of these two.

Each is the transpose of the other, so that derivatives of every order stay within the pair. The places come from the ops of this
package, which know them to be in range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, size_of
from symgraph.expr.stacks import count, repeated

__all__ = ["AddAlong", "Rows", "TakeAlong", "add_along", "take_along"]


class Rows:
    """The rows of an array along one dimension: row number r has `count` elements, `step` apart in memory."""

    def __init__(self, shape: Sequence[Any], axis: int) -> None:
        self.count = shape[axis]
        self.step = math.prod(shape[axis + 1 :])
        self.before = math.prod(shape[:axis])
        self.number = self.before * self.step

    def first(self, row: Any) -> Any:
        """Where the first element of a row stands."""
        if isinstance(self.step, int) and self.step == 1:
            return row * self.count
        if isinstance(self.before, int) and self.before == 1:
            return row
        return (row // self.step) * (self.count * self.step) + row % self.step


def _places(index: Any, axis: int) -> tuple[Any, ...]:
    """The index arrays of numpy for places along `axis`."""
    grids = np.ogrid[tuple(slice(n) for n in index.shape)]
    return tuple(index if d == axis else grid for d, grid in enumerate(grids))


class TakeAlong(Op):
    """out[..., k, ...] = x[..., places[..., k, ...], ...] along one dimension. places: integers, of the shape of the result."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any, places: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, places: Any) -> Any:
        return [places.shape]

    def compute(self, x: Any, places: Any) -> Any:
        return x[_places(places, self.axis)]

    def reads(self, node: Any) -> list[str]:
        return ["many", "same"]

    def element(self, b: Any, index: Any, x: Any, places: Any) -> Any:
        at = list(index)
        at[self.axis] = place = b.cast(places(*index), "int64")
        n = x.shape[self.axis]
        b.check(b.both(b.less(-1, place), b.less(place, n)), "IndexError", "index {} is out of bounds for size {}", place, n)
        return x(*at)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, places = inputs
        return [AddAlong(self.axis)(output_grads[0], places, size_of(x, self.axis)), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], inputs[1])]

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        n = count(inputs, stacked)
        return [TakeAlong(self.axis + 1)(*[x if s else repeated(x, n) for x, s in zip(inputs, stacked)])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False]]


class AddAlong(SizedOp):
    """Zeros, `size` of them along one dimension, with each element of g added at its place: the transpose of TakeAlong."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, g: Any, places: Any, size: Any) -> list[str]:
        return [g.dtype]

    def sizes(self, s: Any, g: Any, places: Any, size: Any) -> Any:
        return [(*g.shape[: self.axis], size.item(0), *g.shape[self.axis + 1 :])]

    def compute(self, g: Any, places: Any, size: Any) -> Any:
        out = np.zeros((*g.shape[: self.axis], int(size), *g.shape[self.axis + 1 :]), g.dtype)
        np.add.at(out, _places(places, self.axis), g)
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        g, places, _ = inputs
        (out,) = outputs
        source, target = Rows(g.shape, self.axis), Rows(out.shape, self.axis)
        with b.loop(0, math.prod(out.shape), independent=True) as i:
            b.store(out.pointer, i, b.constant(0, out.dtype))
        with b.loop(0, source.number) as row:
            here, there = source.first(row), target.first(row)
            with b.loop(0, source.count) as k:
                at = here + k * source.step
                place = there + b.cast(b.load(places.pointer, at), "int64") * source.step
                b.store(out.pointer, place, b.add(b.load(out.pointer, place), b.load(g.pointer, at)))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [TakeAlong(self.axis)(output_grads[0], inputs[1]), None, None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]

    def batch(self, inputs: Any, stacked: Any) -> list[Any] | None:
        if stacked[2]:
            return None
        n = count(inputs, stacked)
        return [AddAlong(self.axis + 1)(*[x if s else repeated(x, n) for x, s in zip(inputs[:2], stacked)], inputs[2])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False], [False]]


def take_along(x: Any, places: Any, axis: int) -> Any:
    """x[..., places[..., k, ...], ...] along one dimension; the places are not checked, so that only gradients call it."""
    return TakeAlong(axis)(x, places)


def add_along(g: Any, places: Any, axis: int, size: Any) -> Any:
    """Zeros, `size` of them along one dimension, with g added at the places; the transpose of `take_along`."""
    return AddAlong(axis)(g, places, size)
