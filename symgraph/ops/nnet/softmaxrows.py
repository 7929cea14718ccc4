"""What passes make of softmaxes of rows: the logarithm at a label with the softmax itself, and the derivative of a softmax, each in one walk.

A row stays in the first cache while its largest element, its sum and its results are computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.stacks import count, repeated
from symgraph.ops.nnet.softmax import Softmax

__all__ = ["PickedLogSoftmax", "SoftmaxGrad"]

_FLOATS = ("float32", "float64")


def _joined(b: Any, count: Any, start: Any, join: Callable[..., Any], combine: Callable[..., Any]) -> Any:
    """The elements 0 .. count - 1 joined."""
    return b.accumulate(count, [start], lambda k, acc: [join(k, acc[0])], lambda left, right: [combine(left[0], right[0])])[0]


class PickedLogSoftmax(Op):
    """The logarithm of each row's softmax at its label; with `powers` also softmax(x) * scale.

    Inputs: x (rows, classes), float32 or float64; labels (rows,), int64, each of 0 .. classes - 1 (IndexError); with powers scale, (1, 1) or
    (rows, 1). Out: (rows,); (rows, classes).
    """

    __props__ = ("powers",)
    cost = 20

    def __init__(self, powers: bool) -> None:
        self.powers = bool(powers)

    def output_dtypes(self, x: Any, labels: Any, *scale: Any) -> list[str]:
        if x.ndim != 2 or x.dtype not in _FLOATS or labels.ndim != 1 or labels.dtype != "int64" or len(scale) != self.powers:
            raise TypeError(f"PickedLogSoftmax takes a matrix of float32 or float64 and a vector of int64, got {x.type}, {labels.type}")
        if self.powers and (scale[0].dtype != x.dtype or scale[0].ndim != 2 or scale[0].type.shape[1] != 1):
            raise TypeError(f"PickedLogSoftmax: the scale is a column of {x.dtype}, got {scale[0].type}")
        return [x.dtype] * (1 + self.powers)

    def sizes(self, s: Any, x: Any, labels: Any, *scale: Any) -> Any:
        text = "shape mismatch: indexing arrays could not be broadcast together: sizes {} and {}"
        s.check(s.equal(x.shape[0], labels.shape[0]), "IndexError", text, x.shape[0], labels.shape[0])
        for z in scale:
            if not (isinstance(z.shape[0], int) and z.shape[0] == 1):
                s.same(x.shape[0], z.shape[0])
        return [(x.shape[0],), x.shape][: 1 + self.powers]

    def compute(self, x: Any, labels: Any, *scale: Any) -> Any:
        if len(labels) != len(x):
            raise IndexError(f"shape mismatch: indexing arrays could not be broadcast together: sizes {len(x)} and {len(labels)}")
        wrong = (labels < 0) | (labels >= x.shape[1])
        if wrong.any():
            at = int(wrong.argmax())
            raise IndexError(_LABEL.format(int(labels[at]), at, x.shape[1]))
        below = x - x.max(axis=1, keepdims=True) if x.size else x.copy()
        powers = np.exp(below)
        total = powers.sum(axis=1, keepdims=True)
        picked = below[np.arange(len(x)), labels] - np.log(total[:, 0])
        return (picked, powers * (scale[0] / total)) if self.powers else (picked,)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, labels, *scale = inputs
        rows, classes = x.shape
        with b.loop(0, rows, independent=True) as row:
            first = row * classes
            label = labels(row)
            b.check(b.both(b.less_equal(0, label), b.less(label, classes)), "IndexError", _LABEL, label, row, classes)
            read = lambda k: b.load(x.pointer, first + k)
            largest = _joined(b, classes, b.constant(-math.inf, x.dtype), lambda k, m: b.maximum(m, read(k)), b.maximum)
            power = lambda k: b.exp(b.sub(read(k), largest))
            if self.powers:
                y = outputs[1].pointer
                with b.loop(0, classes, independent=True) as k:
                    b.store(y, first + k, power(k))
                power = lambda k: b.load(y, first + k)
            total = _joined(b, classes, b.constant(0, x.dtype), lambda k, s: b.add(s, power(k)), b.add)
            outputs[0].store([row], b.sub(b.sub(read(label), largest), b.log(total)))
            if self.powers:
                one = isinstance(scale[0].shape[0], int) and scale[0].shape[0] == 1
                factor = b.div(scale[0](0 if one else row, 0), total)
                with b.loop(0, classes, independent=True) as k:
                    b.store(y, first + k, b.mul(power(k), factor))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, labels, *scale = inputs
        column = lambda z: z.dimshuffle(0, "x")
        p = Softmax(1)(x)
        classes: Any = np.arange(size_of(x, 1), like=x)
        g = column(output_grads[0])
        zero = g.zeros_like()
        by_x = np.where(column(labels).eq(classes.dimshuffle("x", 0)), g, zero) - p * g  # type: ignore[call-overload]
        if not scale:
            return [by_x, None]
        by_scale = (output_grads[1] * p).sum(axis=1, keepdims=True)
        if scale[0].type.shape[0] == 1:
            by_scale = by_scale.sum(axis=0, keepdims=True)
        return [by_x + SoftmaxGrad()(p, output_grads[1] * scale[0]), None, by_scale]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """The rows of all examples below one another; a label that is no class is told by its place among them."""
        n = count(inputs, stacked)
        x, labels, *scale = [z if flag else repeated(z, n) for z, flag in zip(inputs, stacked)]
        rows, classes = size_of(x, 1), size_of(x, 2)
        flat = [x.reshape([times([n, rows]), classes]), labels.reshape([times([n, rows])])]
        flat += [z.broadcast_to([n, rows, 1]).reshape([times([n, rows]), 1]) for z in scale]
        picked, *powers = self(*flat, return_list=True)
        return [picked.reshape([n, rows]), *[z.reshape([n, rows, classes]) for z in powers]]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True] * (1 + self.powers), [False] * (1 + self.powers), *[[False, True]] * self.powers]


_LABEL = "label {} at index {} is none of the {} classes"


class SoftmaxGrad(Op):
    """y * (g - sum(g * y)), the sum over the last dimension: the derivative of y = softmax(x) along it, where g is that by y.

    Inputs: y, g of one shape and dtype, float32 or float64, of at least one dimension.
    """

    __props__ = ()

    def output_dtypes(self, y: Any, g: Any) -> list[str]:
        if y.dtype not in _FLOATS or g.dtype != y.dtype or y.ndim != g.ndim or not y.ndim:
            raise TypeError(f"SoftmaxGrad takes two arrays of one dtype, float32 or float64, and of one shape, got {y.type}, {g.type}")
        return [y.dtype]

    def sizes(self, s: Any, y: Any, g: Any) -> Any:
        return [tuple(s.same(n, m) for n, m in zip(y.shape, g.shape))]

    def compute(self, y: Any, g: Any) -> Any:
        return y * (g - (g * y).sum(axis=-1, keepdims=True))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        y, g, out = *(z.pointer for z in inputs), outputs[0]
        count = out.shape[-1]
        with b.loop(0, math.prod(out.shape[:-1]), independent=True) as row:
            first = row * count
            read = lambda z, k: b.load(z, first + k)
            term = lambda k: b.mul(read(y, k), read(g, k))
            total = _joined(b, count, b.constant(0, out.dtype), lambda k, s: b.add(s, term(k)), b.add)
            with b.loop(0, count, independent=True) as k:
                b.store(out.pointer, first + k, b.mul(read(y, k), b.sub(read(g, k), total)))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (y, g), (u,) = inputs, output_grads
        over = lambda z: z.sum(axis=z.ndim - 1, keepdims=True)
        return [u * (g - over(g * y)) - g * over(u * y), SoftmaxGrad()(y, u)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        y, g = inputs
        if not all(stacked):
            one, many = (g, y) if stacked[0] else (y, g)
            one = one.dimshuffle("x", *range(one.ndim)) + many.zeros_like()
            y, g = (many, one) if stacked[0] else (one, many)
        return [SoftmaxGrad()(y, g)]
