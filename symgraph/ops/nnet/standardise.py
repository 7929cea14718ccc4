"""Mean 0 and variance 1: the op behind batch, layer, instance and group normalisation, and its derivative, each in one walk over memory.

The array is brought into four dimensions (a, n, c, m) without moving anything: statistics are taken over n and m, for each a and c. Batch
normalisation of images is (1, examples, channels, pixels), of vectors (1, examples, features, 1); layer normalisation (1, 1, rows, features);
instance normalisation (examples, 1, channels, pixels). A scale and an offset may go with it, one for each of c (`per="channel"`) or of m
(`per="element"`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.stacks import count, repeated

__all__ = ["Standardise", "StandardiseGrad"]

_LANES = 32  # sums of a channel that stand side by side: they fill the vector registers
_COLUMNS = 512  # side by side, where what is joined lies a row apart: in blocks of 64 memory jumped, which took five times as long
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
        walk = _Walk(b, x)

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

        walk.channels(channel)

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

    def compute(self, x: Any, g: Any, mean: Any, variance: Any, *scales: Any) -> Any:
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))[:, None, :, None]
        y = (x - mean[:, None, :, None]) * inverse
        h = g * self.spread_values(scales[0]) if scales else g
        rest = h - h.mean(axis=(1, 3), keepdims=True) - y * (h * y).mean(axis=(1, 3), keepdims=True)
        sums = [(g * y).sum(axis=self.per_axes), g.sum(axis=self.per_axes)] if scales else []
        return (rest * inverse, *sums)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, g, mean, variance, *scales = inputs
        by_x = outputs[0]
        walk = _Walk(b, x)
        for out in outputs[1:]:
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
                    for out, term in ((outputs[1], b.mul(value, standard)), (outputs[2], value)):
                        b.store(out.pointer, at.m, b.add(b.load(out.pointer, at.m), term))
                    value = b.mul(value, scale(at))
                rest = b.sub(b.sub(value, first(at.lane)), b.mul(standard, second(at.lane)))
                factor = inverse(at.lane) if scale is None or elements else b.mul(inverse(at.lane), scale(at))
                b.store(by_x.pointer, at.place, b.mul(rest, factor))

            lanes.all(element)

        walk.channels(channel)

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


# How memory is walked ------------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """An element: its place in C order, its number among the channels that are worked on side by side, its c and its m."""

    place: Any
    lane: Any
    c: Any
    m: Any


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


class _Walk:
    """An array (a, n, c, m), one channel after the other; or, where m is known to be 1, _COLUMNS channels side by side."""

    def __init__(self, b: Any, x: Any) -> None:
        self.b, self.shape, self.dtype = b, x.shape, x.dtype
        self.count = b.cast(b.constant(1, "int64") * x.shape[1] * x.shape[3], x.dtype)

    def read(self, x: Any, at: _Place) -> Any:
        return self.b.load(x.pointer, at.place)

    def channels(self, work: Callable[[Any], None]) -> None:
        b, (groups, _, channels, m) = self.b, self.shape
        columns = isinstance(m, int) and m == 1
        with b.loop(0, groups) as a:
            with b.loop(0, channels, step=_COLUMNS if columns else 1) as c:
                work(_Columns(self, a, c, b.minimum(channels - c, _COLUMNS)) if columns else _Row(self, a, c))


class _Lanes:
    """What both ways to walk have: channels that are worked on side by side."""

    walk: _Walk
    c: Any

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A value of each lane, computed once."""
        raise NotImplementedError

    def scale(self, x: Any, per: str) -> Callable[[_Place], Any]:
        """A scale or an offset at each element; those of channels are read once, as no loop with them would become vectors."""
        b = self.walk.b
        if per == "element":
            return lambda at: b.load(x.pointer, at.m)
        held = self.each(lambda j: b.load(x.pointer, self.c + j))
        return lambda at: held(at.lane)


class _Row(_Lanes):
    """One channel, whose elements are n runs of m neighbours."""

    def __init__(self, walk: _Walk, a: Any, c: Any) -> None:
        self.walk, self.a, self.c = walk, a, c
        self.place = a * walk.shape[2] + c

    def _start(self, n: Any) -> Any:
        _, runs, channels, m = self.walk.shape
        return ((self.a * runs + n) * channels + self.c) * m

    def sums(self, width: int, terms: Callable[[_Place], list[Any]]) -> list[Callable[[Any], Any]]:
        """The sums of `width` terms of each element, as functions of the lane."""
        b, (_, runs, _, m) = self.walk.b, self.walk.shape
        nothing = [b.constant(0, self.walk.dtype)] * width
        join = lambda left, right: [b.add(x, y) for x, y in zip(left, right)]

        if isinstance(runs, int) and runs == 1:
            start = self._start(0)
            found = b.accumulate(m, nothing, lambda k, totals: join(totals, terms(_Place(start + k, 0, self.c, k))), join)
            return [_always(value) for value in found]
        lanes = _LANES // width  # side by side over all runs: they are joined once, not once a run
        # What a run has beyond whole rows of lanes has sums of its own: only so are those of the rows always met as vectors, and stay in registers.
        whole, rest = ([b.local(self.walk.dtype, lanes) for _ in range(width)] for _ in range(2))
        with b.loop(0, lanes, independent=True) as j:
            for row in (*whole, *rest):
                b.store(row, j, 0)

        def add(rows: Any, j: Any, start: Any, k: Any) -> None:
            for row, term in zip(rows, terms(_Place(start + k, 0, self.c, k))):
                b.store(row, j, b.add(b.load(row, j), term))

        most = m - m % lanes
        with b.loop(0, runs) as n:
            start = self._start(n)
            with b.loop(0, most, step=lanes) as i, b.loop(0, lanes, independent=True) as j:
                add(whole, j, start, i + j)
            with b.loop(0, m - most, independent=True) as j:
                add(rest, j, start, most + j)
        with b.loop(0, lanes, independent=True) as j:
            for row, more in zip(whole, rest):
                b.store(row, j, b.add(b.load(row, j), b.load(more, j)))
        return [_always(value) for value in b.halved(whole, lanes, join)]

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        found = value(0)
        return lambda _: found

    def all(self, work: Callable[[_Place], None]) -> None:
        b, (_, runs, _, m) = self.walk.b, self.walk.shape
        with b.loop(0, runs) as n:
            start = self._start(n)
            with b.loop(0, m, independent=True) as k:
                work(_Place(start + k, 0, self.c, k))

    def keep(self, out: Any, value: Callable[[Any], Any]) -> None:
        """Store a value of (a, c)."""
        self.walk.b.store(out.pointer, self.place, value(0))

    def kept(self, x: Any) -> Callable[[Any], Any]:
        return lambda _: self.walk.b.load(x.pointer, self.place)

    def add(self, out: Any, value: Callable[[Any], Any]) -> None:
        """Add to a vector of c."""
        b = self.walk.b
        b.store(out.pointer, self.c, b.add(b.load(out.pointer, self.c), value(0)))


class _Columns(_Lanes):
    """Neighbouring channels from c on, one element of each in a row."""

    def __init__(self, walk: _Walk, a: Any, c: Any, width: Any) -> None:
        self.walk, self.a, self.c, self.width = walk, a, c, width
        self.place = a * walk.shape[2] + c

    def _lanes(self) -> Any:
        return self.walk.b.loop(0, self.width, independent=True)

    def sums(self, width: int, terms: Callable[[_Place], list[Any]]) -> list[Callable[[Any], Any]]:
        b = self.walk.b
        rows = [b.local(self.walk.dtype, _COLUMNS) for _ in range(width)]
        with self._lanes() as j:
            for row in rows:
                b.store(row, j, 0)

        def add(at: _Place) -> None:
            for row, term in zip(rows, terms(at)):
                b.store(row, at.lane, b.add(b.load(row, at.lane), term))

        self.all(add)
        return [partial(b.load, row) for row in rows]

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        b = self.walk.b
        row = b.local(self.walk.dtype, _COLUMNS)
        with self._lanes() as j:
            b.store(row, j, value(j))
        return lambda j: b.load(row, j)

    def all(self, work: Callable[[_Place], None]) -> None:
        b, (_, runs, channels, _) = self.walk.b, self.walk.shape
        with b.loop(0, runs) as n:
            start = (self.a * runs + n) * channels + self.c
            with self._lanes() as j:
                work(_Place(start + j, j, self.c + j, 0))

    def keep(self, out: Any, value: Callable[[Any], Any]) -> None:
        with self._lanes() as j:
            self.walk.b.store(out.pointer, self.place + j, value(j))

    def kept(self, x: Any) -> Callable[[Any], Any]:
        return lambda j: self.walk.b.load(x.pointer, self.place + j)

    def add(self, out: Any, value: Callable[[Any], Any]) -> None:
        b = self.walk.b
        with self._lanes() as j:
            b.store(out.pointer, self.c + j, b.add(b.load(out.pointer, self.c + j), value(j)))
