"""Means and norms, written in terms of sums and extremes; variances, in one pass over memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axes, times
from symgraph.expr.stacks import along_next
from symgraph.settings import config

__all__ = ["Variance", "mean", "norm", "ptp", "std", "var"]

BLOCK = 4096  # elements of a row in distances from one place
COLUMNS, ROWS = 4096, 4  # columns that are kept side by side, as by sums of columns; rows that are joined at once


def _count(x: Any, axes: Sequence[int], dtype: str) -> Any:
    """How many elements are joined, in the dtype it divides by."""
    n = times([x.type.shape[d] if x.type.shape[d] is not None else x.shape[d] for d in axes])
    return as_tensor(np.asarray(n, dtype=dtype)) if isinstance(n, int) else n.astype(dtype)


def mean(input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The mean of the elements along `axis`; NaN if there is none.

    bool and integers give float64, floats keep their dtype, unless `dtype` (a float or complex one, else TypeError) says
    another. op is accepted for Theano's sake.
    """
    x = as_tensor(input)
    wanted = "float64" if x.dtype in dtypes.DISCRETE else x.dtype
    out = wanted if dtype is None else config.floatX if dtype == "floatX" else dtypes.normal(dtype)
    if out in dtypes.DISCRETE:
        raise TypeError(f"mean: the result is no integer, so dtype cannot be {out}")
    inside = "float32" if out == "float16" else out
    axes = as_axes(axis, x.ndim)
    total = x.sum(axes, dtype=inside, keepdims=keepdims, acc_dtype=acc_dtype)
    y = total / _count(x, axes, dtypes.part_of(inside)) if axes else total
    return y.astype(out) if y.dtype != out else y


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The variance along `axis`: the mean square of the distance from the mean, with n - ddof for n elements.

    corrected: take off what the rounding of the mean adds (Chan, Golub and LeVeque 1983). Complex values give real ones.
    """
    x = as_tensor(input)
    axes = as_axes(axis, x.ndim)
    x = x.astype("float64") if x.dtype in dtypes.DISCRETE else x
    if x.dtype in dtypes.FLOAT and axes == tuple(range(axes[0], axes[0] + len(axes)) if axes else ()) and axes and not corrected:
        v = Variance(axes, ddof)(x)
        rest = iter(range(v.ndim))
        return v.dimshuffle(*["x" if d in axes else next(rest) for d in range(x.ndim)]) if keepdims else v
    away = x - x.mean(axes, keepdims=True)
    square = away.real * away.real + away.imag * away.imag if away.dtype in dtypes.COMPLEX else away * away
    if ddof == 0:
        v = square.mean(axes, keepdims=keepdims)
        return v - away.mean(axes, keepdims=keepdims) ** 2 if corrected else v
    total = square.sum(axes, keepdims=keepdims)
    v = total / (_count(x, axes, total.dtype) - np.asarray(ddof, dtype=total.dtype))
    return v - away.mean(axes, keepdims=keepdims) ** 2 if corrected else v


class Variance(Op):
    """The variance along `axes`, dimensions that follow each other: the sum of squares of distances from the mean, over n - ddof.

    In one pass over memory, by blocks joined as Chan, Golub and LeVeque (Updating formulae and a pairwise algorithm for computing sample
    variances, 1979) say of two samples: as accurate as two passes, where a sum of squares would lose digits (1e-12 where the first
    element of a row lies far from all others). Computed in the dtype that sums are.
    """

    __props__ = ("axes", "ddof")

    def __init__(self, axes: Sequence[int], ddof: float = 0) -> None:
        self.axes = tuple(axes)
        self.ddof = ddof

    def output_dtypes(self, x: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [tuple(n for d, n in enumerate(x.shape) if d not in self.axes)]

    def compute(self, x: Any) -> Any:
        wide = x.astype(dtypes.ACCUMULATE_IN.get(x.dtype.name, x.dtype.name))
        count = np.asarray(math.prod(x.shape[d] for d in self.axes), wide.dtype)
        away = wide - wide.sum(axis=self.axes, keepdims=True) / count
        return np.asarray((away * away).sum(axis=self.axes) / np.maximum(count - self.ddof, 0)).astype(x.dtype)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), (y,) = inputs, outputs
        first, last = self.axes[0], self.axes[-1] + 1
        before, count, step = math.prod(x.shape[:first]), math.prod(x.shape[first:last]), math.prod(x.shape[last:])
        inside = dtypes.ACCUMULATE_IN.get(x.dtype, x.dtype)
        divisor = b.maximum(b.sub(b.cast(count, inside), float(self.ddof)), 0.0)
        read = lambda place: b.cast(b.load(x.pointer, place), inside)
        write = lambda place, squares: b.store(y.pointer, place, b.cast(b.div(squares, divisor), y.dtype))
        (_rows if isinstance(step, int) and step == 1 else _columns)(b, inside, read, write, before, count, step)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        rest = iter(range(g.ndim))
        g = (g * self._slope(x)).dimshuffle(*["x" if d in self.axes else next(rest) for d in range(x.ndim)])
        return [g * (x - x.mean(self.axes, keepdims=True))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (x,), (t,) = inputs, tangents
        return [((x - x.mean(self.axes, keepdims=True)) * t).sum(self.axes) * self._slope(x)]

    def _slope(self, x: Any) -> Any:
        """2 / (n - ddof)"""
        count = _count(x, self.axes, x.dtype)
        return np.asarray(2, x.dtype) / (count - np.asarray(self.ddof, x.dtype) if self.ddof else count)

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [along_next(self)(*inputs)]


def _rows(b: Any, inside: str, read: Any, write: Any, before: Any, count: Any, step: Any) -> None:
    """Each row by its blocks, in distances from the mean of the blocks before, of the first one from its first element: near enough that the
    square of the sum may be taken off the sum of squares. Means are told from the row's first element on: far from 0 they would not have the
    digits to be compared."""
    zero = b.constant(0, inside)

    def block(row: Any, first: Any, mean: Any, squares: Any) -> list[Any]:
        size = b.minimum(count - first, BLOCK)
        origin = read(row * count)
        place = b.add(origin, mean)
        rounding = b.sub(mean, b.sub(place, origin))

        def join(k: Any, sums: Any) -> list[Any]:
            away = b.sub(read(row * count + first + k), place)
            return [b.add(sums[0], away), b.add(sums[1], b.mul(away, away))]

        total, more = b.accumulate(size, [zero, zero], join, lambda left, right: [b.add(x, y) for x, y in zip(left, right)])
        old, new = b.cast(first, inside), b.cast(size, inside)
        middle = b.div(total, new)
        more = b.maximum(b.sub(more, b.mul(total, middle)), 0.0)
        share = b.div(new, b.add(old, new))
        apart = b.sub(middle, rounding)
        more = b.add(more, b.mul(b.mul(apart, apart), b.mul(old, share)))
        return [b.add(mean, b.mul(apart, share)), b.add(squares, more)]

    with b.loop(0, before, independent=True) as row:
        if isinstance(count, int) and 0 < count <= BLOCK:
            squares = block(row, b.constant(0, "int64"), zero, zero)[1]
        else:
            squares = b.fold(0, count, [zero, zero], lambda first, *held: block(row, first, *held), step=BLOCK)[1]
        write(row, squares)


def _columns(b: Any, inside: str, read: Any, write: Any, before: Any, count: Any, step: Any) -> None:
    """Elements that lie `step` apart: a few rows of a block of neighbouring columns at a time; means as in `_rows`."""
    width = step if isinstance(step, int) and step < COLUMNS else COLUMNS
    means, sums = b.local(inside, max(1, width)), b.local(inside, max(1, width))
    with b.loop(0, before) as part, b.loop(0, step, step=COLUMNS) as start:
        here = step if isinstance(step, int) and step <= COLUMNS else b.minimum(step - start, COLUMNS)
        corner = part * (count * step) + start
        with b.loop(0, here, independent=True) as j:
            b.store(means, j, b.constant(0, inside))
            b.store(sums, j, b.constant(0, inside))

        def join(k: Any, rows: int, apart: Any = 1) -> None:
            """`rows` rows from k on, `apart` from each other: each a run of its own, as the processor foresees them."""
            old = b.cast(k * rows, inside)
            share = b.div(b.constant(rows, inside), b.add(old, float(rows)))
            weight = b.mul(old, share)
            with b.loop(0, here, independent=True) as j:
                origin = read(corner + j)
                elements = [b.sub(read(corner + (k + d * apart) * step + j), origin) for d in range(rows)]
                middle, more = elements[0], b.constant(0, inside)
                if rows > 1:
                    for element in elements[1:]:
                        middle = b.add(middle, element)
                    middle = b.mul(middle, 1.0 / rows)
                    for element in elements:
                        away = b.sub(element, middle)
                        more = b.add(more, b.mul(away, away))
                mean = b.load(means, j)
                apart = b.sub(middle, mean)
                b.store(means, j, b.add(mean, b.mul(apart, share)))
                b.store(sums, j, b.add(b.load(sums, j), b.add(more, b.mul(b.mul(apart, apart), weight))))

        share = count // ROWS
        with b.loop(0, share) as k:
            join(k, ROWS, share)
        with b.loop(share * ROWS, count) as k:
            join(k, 1)
        with b.loop(0, here, independent=True) as j:
            write(part * step + start + j, b.load(sums, j))


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The square root of the variance; its gradient is NaN where all elements are equal."""
    return as_tensor(input).var(axis, ddof, keepdims, corrected).sqrt()


def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest minus the smallest element along `axis`: an int, several, None: all."""
    x = as_tensor(a)
    return x.max(axis, keepdims) - x.min(axis, keepdims)


def norm(x: Any, L: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The L-norm along `axis`: (sum |x| ** L) ** (1 / L); L = 0 counts what is not zero, infinite L takes the extreme of |x|."""
    x = as_tensor(x)
    if x.dtype in dtypes.DISCRETE:
        x = x.astype("float64")
    if isinstance(L, (int, float)):
        if L == 0:
            return x.neq(0).sum(axis, keepdims=keepdims, dtype=dtypes.part_of(dtypes.float_of(x.dtype)))
        if math.isinf(L):
            return abs(x).max(axis, keepdims) if L > 0 else abs(x).min(axis, keepdims)
        if L == 1:
            return abs(x).sum(axis, keepdims=keepdims)
        if L == 2:
            return (abs(x) * abs(x)).sum(axis, keepdims=keepdims).sqrt()
    return (abs(x) ** L).sum(axis, keepdims=keepdims) ** (1.0 / L)
