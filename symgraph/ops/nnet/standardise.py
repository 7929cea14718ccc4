"""Mean 0 and variance 1: the op behind batch, layer, instance and group normalisation, and its derivative, each in one walk over memory.

The array is brought into four dimensions (a, n, c, m) without moving anything: statistics are taken over n and m, for each a and c. Batch
normalisation of images is (1, examples, channels, pixels), of vectors (1, examples, features, 1); layer normalisation (1, 1, rows, features);
instance normalisation (examples, 1, channels, pixels). A scale and an offset may go with it, one for each of c (`per="channel"`) or of m
(`per="element"`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.stacks import count, repeated
from symgraph.ops.nnet.channels import Row, Walk

__all__ = ["Standardise", "StandardiseGrad"]

_SHARES, _MANY = 8, 256  # parts of sums over rows, of which there are more than so many
_NAMES = "a n c m"


class _Standard(Op):
    """What the two ops share."""

    __props__: tuple[str, ...] = ("epsilon", "per")

    def __init__(self, epsilon: float, per: str = "") -> None:
        if per not in ("", "channel", "element"):
            raise ValueError(f"scales are per channel or per element, got {per!r}")
        self.epsilon = float(epsilon)
        self.per = per

    def checked(self, x: Any, *scales: Any) -> str:
        if x.ndim != 4 or x.dtype not in ("float32", "float64"):
            raise TypeError(f"{type(self).__name__} takes float32 or float64 of four dimensions ({_NAMES}), got {x.type}")
        if any(y.ndim != 1 or y.dtype != x.dtype for y in scales):
            raise TypeError(f"{type(self).__name__}: scales and offsets are vectors of {x.dtype}, got {', '.join(str(y.type) for y in scales)}")
        return x.dtype

    def per_size(self, s: Any, x: Any, *scales: Any) -> Any:
        n = x.shape[2 if self.per == "channel" else 3]
        for y in scales:
            n = s.same(n, y.shape[0], "the normalised array has {} " + self.per + "s, where a scale or an offset has {}")
        return n

    def spread(self, scale: Any) -> Any:
        """A scale as an array that broadcasts against (a, n, c, m)."""
        return scale.dimshuffle("x", "x", 0, "x") if self.per == "channel" else scale.dimshuffle("x", "x", "x", 0)

    def spread_values(self, scale: Any) -> Any:
        return scale[None, None, :, None] if self.per == "channel" else scale

    @property
    def per_axes(self) -> tuple[int, ...]:
        return (0, 1, 3) if self.per == "channel" else (0, 1, 2)


class Standardise(_Standard):
    """(x - mean) / sqrt(var + epsilon), times a scale plus an offset if `per` says where these vary; the mean; and the variance.

    Inputs: x (a, n, c, m), float; then scale and offset, vectors of c or of m, unless per is "". Out: as x; (a, c); (a, c): the mean and the
    mean squared distance from it.
    """

    def output_dtypes(self, x: Any, *scales: Any) -> list[str]:
        return [self.checked(x, *scales)] * 3

    def sizes(self, s: Any, x: Any, *scales: Any) -> Any:
        self.per_size(s, x, *scales)
        return [x.shape, (x.shape[0], x.shape[2]), (x.shape[0], x.shape[2])]

    def compute(self, x: Any, *scales: Any) -> Any:
        mean = x.mean(axis=(1, 3), keepdims=True) if x.size else np.full((x.shape[0], 1, x.shape[2], 1), np.nan, x.dtype)
        variance = np.square(x - mean).mean(axis=(1, 3), keepdims=True) if x.size else mean
        y = (x - mean) / np.sqrt(variance + x.dtype.type(self.epsilon))
        if scales:
            y = y * self.spread_values(scales[0]) + self.spread_values(scales[1])
        return y, mean[:, 0, :, 0], variance[:, 0, :, 0]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x = inputs[0]
        y, means, variances = outputs
        walk = Walk(b, x)

        def channel(lanes: Any) -> None:
            total = lanes.sums(1, lambda at: [walk.read(x, at)])[0]
            mean = lanes.each(lambda j: b.div(total(j), walk.count))
            squares = lanes.sums(1, lambda at: [b.square(b.sub(walk.read(x, at), mean(at.lane)))])[0]
            variance = lanes.each(lambda j: b.div(squares(j), walk.count))
            inverse = lanes.each(lambda j: b.reciprocal(b.sqrt(b.add(variance(j), b.constant(self.epsilon, walk.dtype)))))
            lanes.keep(means, mean)
            lanes.keep(variances, variance)
            scales = [lanes.scale(z, self.per) for z in inputs[1:]]

            def element(at: Any) -> None:
                value = b.mul(b.sub(walk.read(x, at), mean(at.lane)), inverse(at.lane))
                if scales:
                    value = b.add(b.mul(value, scales[0](at)), scales[1](at))
                b.store(y.pointer, at.place, value)

            lanes.all(element)

        walk.channels(channel, True, True)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, *scales = inputs
        _, mean, variance = outputs
        g, g_mean, g_variance = output_grads
        by_x, *by_scales = StandardiseGrad(self.epsilon, self.per)(x, g, mean, variance, *scales[:1], return_list=True)
        m = (size_of(x, 1) * size_of(x, 3)).astype(x.dtype)
        kept = lambda z: z.dimshuffle(0, "x", 1, "x")
        by_x = by_x + kept(g_mean) * (1 / m).astype(x.dtype) + kept(g_variance) * (x - kept(mean)) * (2 / m).astype(x.dtype)
        return [by_x, *by_scales]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """One more a, unless scales are stacked: these are then applied outside."""
        x, *scales = inputs
        if any(stacked[1:]):
            if not stacked[0]:
                x = x.broadcast_to([size_of(next(z for z, s in zip(scales, stacked[1:]) if s), 0), *[size_of(x, d) for d in range(4)]])
            y, mean, variance = Standardise(self.epsilon).batch([x], [True])
            order = ("x", "x", 0, "x") if self.per == "channel" else ("x", "x", "x", 0)
            of = [z.dimshuffle(0, *[1 if d == 0 else d for d in order]) if s else z.dimshuffle("x", *order) for z, s in zip(scales, stacked[1:])]
            return [y * of[0] + of[1], mean, variance]
        sizes = [size_of(x, d) for d in range(5)]
        y, mean, variance = self(x.reshape([times(sizes[:2]), *sizes[2:]]), *scales)
        return [y.reshape(sizes), *[z.reshape([sizes[0], sizes[1], sizes[3]]) for z in (mean, variance)]]


def _shares(s: Any, x: Any) -> Any:
    """In how many parts sums over rows are taken, by their number alone: they are the same for every number of threads."""
    return s.where(s.less(_MANY, x.shape[2]), _SHARES, 1)


class StandardiseGrad(_Standard):
    """The derivative of what `Standardise` gives first, where g is the derivative by that: by x, and by scale and offset.

    Inputs: x, g (a, n, c, m); mean, variance (a, c), as Standardise gave them; scale, unless per is "". Out: as x; then two as scale. Here mean and
    variance count as variables of their own: what depends on them through x is in the first output already.
    """

    def output_dtypes(self, x: Any, g: Any, mean: Any, variance: Any, *scales: Any) -> list[str]:
        dtype = self.checked(x, *scales)
        if any(y.dtype != dtype for y in (g, mean, variance)) or (g.ndim, mean.ndim, variance.ndim) != (4, 2, 2):
            raise TypeError(f"StandardiseGrad takes arrays of one dtype, got {', '.join(str(y.type) for y in (x, g, mean, variance))}")
        return [dtype] * (1 + 2 * len(scales))

    def sizes(self, s: Any, x: Any, g: Any, mean: Any, variance: Any, *scales: Any) -> Any:
        shape = tuple(s.same(n, m) for n, m in zip(x.shape, g.shape))
        for y in (mean, variance):
            s.same(shape[0], y.shape[0])
            s.same(shape[2], y.shape[1])
        return [shape, *[(self.per_size(s, x, *scales),)] * (2 * len(scales))]

    def workspace(self, s: Any, x: Any, *others: Any) -> list[tuple[str, Any]]:
        """Sums over rows are taken in parts, side by side, where each element of a row has a scale."""
        groups, _, _, m = x.shape
        one = lambda n: isinstance(n, int) and n == 1
        apart = self.per == "element" and one(groups) and not one(m)
        return [(x.dtype, (_shares(s, x) - 1) * m)] * 2 if apart else []

    def compute(self, x: Any, g: Any, mean: Any, variance: Any, *scales: Any) -> Any:
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))[:, None, :, None]
        y = (x - mean[:, None, :, None]) * inverse
        h = g * self.spread_values(scales[0]) if scales else g
        rest = h - h.mean(axis=(1, 3), keepdims=True) - y * (h * y).mean(axis=(1, 3), keepdims=True)
        sums = [(g * y).sum(axis=self.per_axes), g.sum(axis=self.per_axes)] if scales else []
        return (rest * inverse, *sums)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, g, mean, variance, *scales = inputs
        by_x, others = outputs[0], outputs[1 + 2 * len(scales) :]
        parted = bool(others)
        by_scales = [out.pointer for out in outputs[1:3]]
        walk = Walk(b, x)
        for out in outputs[1 : 1 if parted else 1 + 2 * len(scales)]:
            with b.loop(0, out.shape[0], independent=True) as k:
                b.store(out.pointer, k, 0)

        def channel(lanes: Any) -> None:
            center = lanes.each(lanes.kept(mean))
            of_variance = lanes.kept(variance)
            inverse = lanes.each(lambda j: b.reciprocal(b.sqrt(b.add(of_variance(j), b.constant(self.epsilon, walk.dtype)))))
            scale: Any = lanes.scale(scales[0], self.per) if scales else None
            y = lambda at: b.mul(b.sub(walk.read(x, at), center(at.lane)), inverse(at.lane))
            elements = scale is not None and self.per == "element"

            def both(at: Any) -> list[Any]:
                value = walk.read(g, at)
                if elements:
                    value = b.mul(value, scale(at))
                return [value, b.mul(value, y(at))]

            plain, along = lanes.sums(2, both)
            if scale is not None and not elements:
                lanes.add(outputs[2], plain)
                lanes.add(outputs[1], along)
            first = lanes.each(lambda j: b.div(plain(j), walk.count))
            second = lanes.each(lambda j: b.div(along(j), walk.count))

            def element(at: Any) -> None:
                value, standard = walk.read(g, at), y(at)
                if elements:
                    for to, term in zip(by_scales, (b.mul(value, standard), value)):
                        b.store(to, at.m, b.add(b.load(to, at.m), term))
                    value = b.mul(value, scale(at))
                rest = b.sub(b.sub(value, first(at.lane)), b.mul(standard, second(at.lane)))
                factor = inverse(at.lane) if scale is None or elements else b.mul(inverse(at.lane), scale(at))
                b.store(by_x.pointer, at.place, b.mul(rest, factor))

            lanes.all(element)

        if not parted:  # sums over the channels, or over groups of them, are taken in order
            walk.channels(channel, not scales, not scales or self.per == "channel")
            return
        shares, m = _shares(b, x), x.shape[3]
        each = (x.shape[2] + (shares - 1)) // shares
        with b.loop(0, shares, independent=True) as share:
            for k, out in enumerate(outputs[1:3]):
                other = b.offset(others[k].pointer, b.maximum(share - 1, 0) * m)
                by_scales[k] = b.when(b.less(0, share), lambda other=other: other, lambda out=out: out.pointer)  # type: ignore[misc]
                with b.loop(0, m, independent=True) as j:
                    b.store(by_scales[k], j, 0)
            with b.loop(share * each, b.minimum(share * each + each, x.shape[2])) as c:
                channel(Row(walk, 0, c))
        for out, more in zip(outputs[1:3], others):
            with b.loop(0, m, independent=True) as j:

                def add(k: Any, value: Any, more: Any = more, j: Any = j) -> list[Any]:
                    return [b.add(value, b.load(more.pointer, (k - 1) * m + j))]

                (total,) = b.fold(1, shares, [b.load(out.pointer, j)], add)
                b.store(out.pointer, j, total)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """With y = (x - mean) r, r = (variance + epsilon)^-1/2, h = g scale, M the mean over n and m: out = r (h - M(h) - y M(h y))."""
        x, g, mean, variance, *scales = inputs
        u, *of_scales = output_grads
        one = lambda z: z.dimshuffle(0, "x", 1, "x")
        over = lambda z: z.mean(axis=(1, 3), keepdims=True)
        r = one((variance + np.asarray(self.epsilon, x.dtype)) ** np.asarray(-0.5, x.dtype))
        away = x - one(mean)
        y = away * r
        h = g * self.spread(scales[0]) if scales else g
        m = over(h * y)
        by_h = r * (u - over(u) - y * over(u * y))
        by_y = -r * (u * m + over(u * y) * h)
        by_r = (u * (h - over(h) - y * m)).sum(axis=(1, 3), keepdims=True)
        by_g, by_scale = by_h, []
        if scales:
            v, w = (self.spread(z) for z in of_scales)
            by_g = by_h * self.spread(scales[0]) + v * y + w
            by_y = by_y + v * g
            by_scale = [(by_h * g).sum(axis=self.per_axes)]
        by_r = by_r + (by_y * away).sum(axis=(1, 3), keepdims=True)
        half = np.asarray(-0.5, x.dtype)
        by_x = by_y * r
        by_variance = (by_r * r * r * r * half).sum(axis=(1, 3))
        return [by_x, by_g, -by_x.sum(axis=(1, 3)), by_variance, *by_scale]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """The stack is a longer a; what scales and offsets get is summed outside, as it is one sum for each example."""
        n = count(inputs, stacked)
        x, g, mean, variance, *scales = [z if is_stacked else repeated(z, n) for z, is_stacked in zip(inputs, stacked)]
        spread = [z.dimshuffle(0, "x", "x", 1, "x") if self.per == "channel" else z.dimshuffle(0, "x", "x", "x", 1) for z in scales]
        sizes = [size_of(x, d) for d in range(5)]
        joined = times(sizes[:2])
        h = g * spread[0] if scales else g
        flat = [*[z.reshape([joined, *sizes[2:]]) for z in (x, h)], *[z.reshape([joined, sizes[3]]) for z in (mean, variance)]]
        by_x = StandardiseGrad(self.epsilon)(*flat).reshape(sizes)
        if not scales:
            return [by_x]
        kept = lambda z: z.dimshuffle(0, 1, "x", 2, "x")
        half, epsilon = np.asarray(-0.5, x.dtype), np.asarray(self.epsilon, x.dtype)
        y = (x - kept(mean)) * kept((variance + epsilon) ** half)
        axes = tuple(d + 1 for d in self.per_axes)
        return [by_x, (g * y).sum(axis=axes), g.sum(axis=axes)]
