"""Arrays repeated, laid out like tiles, turned along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, as_axis, as_size, as_sizes, size_constant, size_of
from symgraph.expr.stacks import along_next, only_first
from symgraph.expr.types import tensor_type

__all__ = ["Repeat", "RepeatIndex", "RepeatOp", "Roll", "Tile", "repeat", "roll", "tile"]


class Repeat(SizedOp):
    """Each slice along an axis so often as a 0-d integer says: x x y y z z."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any, count: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, count: Any) -> Any:
        n = count.item(0)
        s.check(s.less(-1, n), "ValueError", "repeat: repeats may not be negative, got {}", n)
        return [(*x.shape[: self.axis], x.shape[self.axis] * n, *x.shape[self.axis + 1 :])]

    def compute(self, x: Any, count: Any) -> Any:
        return np.repeat(x, int(count), axis=self.axis)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, count = inputs
        times = count.item(0)
        inner = math.prod(x.shape[self.axis + 1 :])
        slices = math.prod(x.shape[: self.axis + 1])
        with b.loop(0, slices, independent=True) as i, b.loop(0, times) as r, b.loop(0, inner, independent=True) as k:
            b.store(outputs[0].pointer, (i * times + r) * inner + k, b.load(x.pointer, i * inner + k))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, count = inputs
        shape = [size_of(x, d) for d in range(x.ndim)]
        shape.insert(self.axis + 1, count)
        return [output_grads[0].reshape(shape).sum(axis=self.axis + 1), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0], inputs[1])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)] if only_first(stacked) else None


class RepeatIndex(Op):
    """0, 1, 2 ..., each so often as an integer vector says. Inputs: the vector; the number of its elements there must be."""

    __props__ = ()

    def output_types(self, repeats: Any, n: Any) -> list[Any]:
        return [tensor_type("int64", (None,))]

    def compute(self, repeats: Any, n: Any) -> Any:
        if repeats.shape[0] != n:
            raise ValueError(f"repeat: there are {repeats.shape[0]} repeats for a dimension of size {int(n)}")
        return np.repeat(np.arange(int(n)), repeats).astype("int64")

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False]]


class Tile(SizedOp):
    """x laid out so often along each dimension as 0-d integers, one a dimension, say."""

    __props__ = ()

    def output_dtypes(self, x: Any, *counts: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, *counts: Any) -> Any:
        out = []
        for n, count in zip(x.shape, counts):
            c = count.item(0)
            s.check(s.less(-1, c), "ValueError", "tile: repeats may not be negative, got {}", c)
            out.append(n * c)
        return [tuple(out)]

    def compute(self, x: Any, *counts: Any) -> Any:
        return np.tile(x, [int(c) for c in counts])

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, *counts = inputs
        (out,) = outputs
        with ExitStack() as nest:
            source: Any = 0
            place: Any = 0
            for n, whole, count in zip(x.shape, out.shape, counts):
                block = nest.enter_context(b.loop(0, count.item(0)))
                i = nest.enter_context(b.loop(0, n, independent=True))
                source = source * n + i
                place = place * whole + block * n + i
            b.store(out.pointer, place, b.load(x.pointer, source))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *counts = inputs
        shape: list[Any] = []
        for d, c in enumerate(counts):
            shape += [c, size_of(x, d)]
        summed = output_grads[0].reshape(shape).sum(axis=list(range(0, 2 * x.ndim, 2))) if x.ndim else output_grads[0]
        return [summed, *[None] * len(counts)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(inputs[0], size_constant(1), *inputs[1:])] if only_first(stacked) else None


class Roll(Op):
    """x turned along an axis: what leaves at the end comes in at the start. Inputs: x, and by how many places, a 0-d integer."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any, shift: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, shift: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any, shift: Any) -> Any:
        return np.roll(x, int(shift), axis=self.axis)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, shift = inputs
        n = x.shape[self.axis]
        inner = math.prod(x.shape[self.axis + 1 :])
        first = b.mod(shift.item(0), b.cast(n, "int64"))  # where the element at 0 goes
        block, moved, rest = n * inner, first * inner, (n - first) * inner
        with b.loop(0, math.prod(x.shape[: self.axis]), independent=True) as i:
            with b.loop(0, rest, independent=True) as k:
                b.store(outputs[0].pointer, i * block + moved + k, b.load(x.pointer, i * block + k))
            with b.loop(0, moved, independent=True) as k:
                b.store(outputs[0].pointer, i * block + k, b.load(x.pointer, i * block + rest + k))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [self(output_grads[0], -inputs[1].astype("int64")), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0], inputs[1])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)] if only_first(stacked) else None


# What a user calls ----------------------------------------------------------------------------------------------------


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element (axis=None: of the flattened array) or slice of x so often as `repeats` says: one integer for all, or an
    integer vector with one for each (ValueError at the call if their number is wrong)."""
    x, repeats = as_tensor(x), as_tensor(repeats)
    if repeats.dtype not in INTEGER or repeats.ndim > 1:
        raise TypeError(f"repeat: repeats must be an integer or a vector of integers, got {repeats.type}")
    if axis is None:
        x, axis = x.flatten(), 0
    axis = as_axis(axis, x.ndim, "repeat: axis")
    if repeats.ndim and repeats.type.shape[0] == 1:
        repeats = repeats[0]
    if repeats.ndim == 0:
        return Repeat(axis)(x, repeats)
    return x.take(RepeatIndex()(repeats, size_of(x, axis)), axis=axis)


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """x laid out so often along each dimension as `reps` says: an integer, a list of integers, or an integer vector.

    Dimensions that x or reps lack are added in front. ndim: of the result, where more than both.
    """
    x = as_tensor(x)
    counts = as_sizes(reps, "tile: a number of repeats", ndim)
    wanted = max(x.ndim, len(counts)) if ndim is None else ndim
    if wanted < max(x.ndim, len(counts)):
        raise ValueError(f"tile: ndim={ndim} is less than the {x.ndim} dimensions of x or the {len(counts)} of reps")
    if x.ndim < wanted:
        x = x.dimshuffle(*["x"] * (wanted - x.ndim), *range(x.ndim))
    counts = [size_constant(1)] * (wanted - len(counts)) + counts
    return Tile()(x, *counts) if wanted else x


def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """x turned by `shift` places (an int or integer variable) along `axis`, or as one vector (None).

    Both may be tuples, which broadcast: one turn after another.
    """
    x = as_tensor(x)
    if axis is None and not isinstance(shift, (tuple, list)):
        shift = as_size(shift, "roll: shift")
        return x if x.ndim == 0 else Roll(0)(x.flatten(), shift).reshape([size_of(x, d) for d in range(x.ndim)])
    shifts = list(shift) if isinstance(shift, (tuple, list)) else [shift]
    axes = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    if len(shifts) != len(axes) and 1 not in (len(shifts), len(axes)):
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    turns = max(len(shifts), len(axes)) if shifts and axes else 0
    for k in range(turns):
        by, along = shifts[k if len(shifts) > 1 else 0], axes[k if len(axes) > 1 else 0]
        x = roll(x, by) if along is None else Roll(as_axis(along, x.ndim, "roll: axis"))(x, as_size(by, "roll: shift"))
    return x


@dataclass(frozen=True)
class RepeatOp:
    """Theano's name of `repeat` as an object that is called: ``RepeatOp(axis)(x, repeats)``."""

    axis: int | None = None

    def __call__(self, x: Any, repeats: Any) -> Any:
        return repeat(x, repeats, self.axis)
