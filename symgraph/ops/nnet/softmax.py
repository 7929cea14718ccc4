"""Exponentials normalised along one dimension, their logarithm, and the logarithm of a sum of exponentials.

Each takes off the largest element first, so that nothing overflows: softmax(x) = softmax(x - m) for every m.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axes, as_axis
from symgraph.expr.stacks import along_next

__all__ = ["LogSoftmax", "LogSumExp", "Softmax", "log_softmax", "logsoftmax", "logsumexp", "softmax", "softmax_graph"]

_COLUMNS = 128  # side by side: their accumulators stay in the first cache


class Softmax(Op):
    """exp(x) / sum(exp(x)) along one dimension. x: floats of at least one dimension; out: as x."""

    __props__ = ("axis",)
    cost = 20

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any) -> list[str]:
        if x.dtype not in dtypes.FLOAT:
            raise TypeError(f"{type(self).__name__} wants floats, got {x.type}")
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        if not x.size:
            return x.copy()
        wide = x.astype("float32") if x.dtype == np.float16 else x
        return self.normalised(wide - wide.max(axis=self.axis, keepdims=True)).astype(x.dtype)

    def normalised(self, below: Any) -> Any:
        """The result from elements of which the largest is 0."""
        powers = np.exp(below)
        return powers / powers.sum(axis=self.axis, keepdims=True)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, y = inputs[0], outputs[0]
        count = x.shape[self.axis]
        step = math.prod(x.shape[self.axis + 1 :])
        before = math.prod(x.shape[: self.axis])
        (self._rows if isinstance(step, int) and step == 1 else self._columns)(b, x, y, before, count, step)

    def _rows(self, b: Any, x: Any, y: Any, before: Any, count: Any, step: int) -> None:
        """The elements of a row lie side by side."""
        inside, zero, least = _inside(b, x)
        keep = self.keeps_powers and inside == x.dtype
        with b.loop(0, before, independent=True) as row:
            first = row * count
            read = lambda k: b.cast(b.load(x.pointer, first + k), inside)
            largest = _row(b, count, least, lambda k, m: b.maximum(m, read(k)), b.maximum)
            if keep:
                with b.loop(0, count, independent=True) as k:
                    b.store(y.pointer, first + k, b.exp(b.sub(read(k), largest)))
                power = lambda k: b.load(y.pointer, first + k)
            else:
                power = lambda k: b.exp(b.sub(read(k), largest))
            total = self.scale(b, _row(b, count, zero, lambda k, s: b.add(s, power(k)), b.add))
            with b.loop(0, count, independent=True) as k:
                b.store(y.pointer, first + k, self.last(b, power(k) if self.keeps_powers else b.sub(read(k), largest), total))

    def _columns(self, b: Any, x: Any, y: Any, before: Any, count: Any, step: Any) -> None:
        """The elements to be joined lie `step` apart: a block of neighbouring columns at a time, walked row by row."""
        inside, zero, least = _inside(b, x)
        keep = self.keeps_powers and inside == x.dtype
        largest, total = b.local(inside, _COLUMNS), b.local(inside, _COLUMNS)
        with b.loop(0, before) as part, b.loop(0, step, step=_COLUMNS) as start:
            width = b.minimum(step - start, _COLUMNS)
            first = part * (count * step) + start
            below = lambda at, j: b.sub(b.cast(b.load(x.pointer, at + j), inside), b.load(largest, j))
            with b.loop(0, width, independent=True) as j:
                b.store(largest, j, least)
                b.store(total, j, zero)
            with b.loop(0, count) as k, b.loop(0, width, independent=True) as j:
                b.store(largest, j, b.maximum(b.load(largest, j), b.cast(b.load(x.pointer, first + k * step + j), inside)))
            with b.loop(0, count) as k, b.loop(0, width, independent=True) as j:
                power = b.exp(below(first + k * step, j))
                if keep:
                    b.store(y.pointer, first + k * step + j, power)
                b.store(total, j, b.add(b.load(total, j), power))
            with b.loop(0, width, independent=True) as j:
                b.store(total, j, self.scale(b, b.load(total, j)))
            with b.loop(0, count) as k, b.loop(0, width, independent=True) as j:
                at = first + k * step
                value = b.load(y.pointer, at + j) if keep else b.exp(below(at, j)) if self.keeps_powers else below(at, j)
                b.store(y.pointer, at + j, self.last(b, value, b.load(total, j)))

    keeps_powers = True  # the result is made of exp(x - largest), which may stand in its place meanwhile

    def scale(self, b: Any, total: Any) -> Any:
        """Of the sum of exponentials what each element is joined with."""
        return total

    def last(self, b: Any, value: Any, scale: Any) -> Any:
        """The result from exp(x - largest)."""
        return b.div(value, scale)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (y,), (g,) = outputs, output_grads
        return [y * (g - (g * y).sum(axis=self.axis, keepdims=True))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        y, t = self(inputs[0]), tangents[0]
        return [y * (t - (t * y).sum(axis=self.axis, keepdims=True))]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)]


class LogSoftmax(Softmax):
    """x - log(sum(exp(x))) along one dimension: the logarithm of softmax, exact where that is close to 0."""

    def normalised(self, below: Any) -> Any:
        return below - np.log(np.exp(below).sum(axis=self.axis, keepdims=True))

    keeps_powers = False

    def scale(self, b: Any, total: Any) -> Any:
        return b.log(total)

    def last(self, b: Any, value: Any, scale: Any) -> Any:
        """The result from x - largest."""
        return b.sub(value, scale)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (y,), (g,) = outputs, output_grads
        return [g - y.exp() * g.sum(axis=self.axis, keepdims=True)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        t = tangents[0]
        return [t - (t * Softmax(self.axis)(inputs[0])).sum(axis=self.axis, keepdims=True)]


def _inside(b: Any, x: Any) -> tuple[str, Any, Any]:
    """The dtype computed in, its zero and its least value."""
    inside = "float32" if x.dtype == "float16" else x.dtype
    return inside, b.constant(0, inside), b.constant(-math.inf, inside)


def _row(b: Any, count: Any, start: Any, join: Callable[..., Any], combine: Callable[..., Any]) -> Any:
    """The elements 0 .. count - 1 joined."""
    return b.accumulate(count, [start], lambda k, acc: [join(k, acc[0])], lambda left, right: [combine(left[0], right[0])])[0]


class LogSumExp(Op):
    """log(sum(exp(x))) along `axes`, in one pass: the largest element so far, and the sum of exp(element - largest).

    dtype: of x and of the result. No element at all gives -inf.
    """

    __props__ = ("axes", "dtype")

    def __init__(self, axes: Sequence[int], dtype: str) -> None:
        self.axes = tuple(axes)
        self.dtype = dtype
        self.inside = "float32" if dtype == "float16" else dtype

    def output_dtypes(self, x: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [tuple(n for d, n in enumerate(x.shape) if d not in self.axes)]

    def compute(self, x: Any) -> Any:
        wide = x.astype(self.inside)
        largest = wide.max(axis=self.axes, keepdims=True, initial=-math.inf)
        shift = np.where(np.isfinite(largest), largest, 0).astype(self.inside)
        return np.asarray(np.log(np.exp(wide - shift).sum(axis=self.axes)) + shift.squeeze(self.axes)).astype(x.dtype)

    def start(self, b: Any) -> Any:
        return b.constant(-math.inf, self.inside), b.constant(0, self.inside)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return self.combine(b, accumulators, (b.cast(element, self.inside), b.constant(1, self.inside)))

    scattered = join

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        """Equal heads, of which both may be infinite, are not subtracted."""
        away = b.sub(right[0], left[0])
        factor = b.select(b.equal(left[0], right[0]), b.constant(1, self.inside), b.exp(b.neg(b.abs(away))))
        rises = b.less(left[0], right[0])
        total = b.add(b.mul(b.select(rises, left[1], right[1]), factor), b.select(rises, right[1], left[1]))
        return b.maximum(left[0], right[0]), total

    def finish(self, b: Any, accumulators: Any, count: Any) -> Any:
        return b.cast(b.add(accumulators[0], b.log(accumulators[1])), self.dtype)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        return [(x - self._kept(outputs[0], x.ndim)).exp() * self._kept(output_grads[0], x.ndim)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (x,) = inputs
        return [((x - self._kept(self(x), x.ndim)).exp() * tangents[0]).sum(axis=self.axes)]

    def _kept(self, y: Any, ndim: int) -> Any:
        rest = iter(range(y.ndim))
        return y.dimshuffle(*["x" if d in self.axes else next(rest) for d in range(ndim)])

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)]


# What a user calls ----------------------------------------------------------------------------------------------------


def _normal_input(x: Any, name: str) -> Any:
    x = as_tensor(x)
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"{name}: complex numbers are not ordered, got {x.type}")
    return x if x.dtype in dtypes.FLOAT else x.astype(dtypes.float_of(x.dtype))


def _along(kind: Any, name: str, c: Any, axis: int | None) -> Any:
    c = _normal_input(c, name)
    if c.ndim == 0:
        raise ValueError(f"{name} wants at least one dimension, got {c.type}")
    if axis is not None:
        return kind(as_axis(axis, c.ndim))(c)
    if c.ndim == 1:
        c = c.dimshuffle("x", 0)
    return kind(c.ndim - 1)(c)


def softmax(c: Any, axis: int | None = None) -> Any:
    """exp(c) / sum(exp(c)) along `axis`, with the shape of c.

    Without axis as Theano has it: along the last dimension, a vector becoming a matrix of one row. Integers become floats;
    TypeError for complex values, ValueError for a scalar or an axis that is not there.

    >>> import symgraph.tensor as T
    >>> T.nnet.softmax(T.constant([[0.0, 0.0], [1e3, 0.0]])).eval()
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return _along(Softmax, "softmax", c, axis)


def log_softmax(c: Any, axis: int | None = None) -> Any:
    """The logarithm of `softmax`, without its rounding to 0; arguments as there."""
    return _along(LogSoftmax, "logsoftmax", c, axis)


logsoftmax = log_softmax


def softmax_graph(c: Any, axis: int | None = None) -> Any:
    """`softmax`, but that of a vector is a vector."""
    c = as_tensor(c)
    return softmax(c, axis=0 if c.ndim == 1 and axis is None else axis)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along `axis` (an int, a tuple, None: all), without overflow; infinite elements count as they should.

    >>> import symgraph.tensor as T
    >>> T.logsumexp(T.constant([1e3, 1e3])).eval()
    array(1000.69314718)
    """
    x = _normal_input(x, "logsumexp")
    axes = as_axes(axis, x.ndim)
    if not axes:
        return x
    op = LogSumExp(axes, x.dtype)
    return op._kept(op(x), x.ndim) if keepdims else op(x)
