"""Arrays with a border around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import SizedOp, as_size, size_of
from symgraph.expr.stacks import along_next, only_first

__all__ = ["Pad", "pad"]

# How an index beyond an end of a dimension of n elements is turned into one inside, by numpy's name of the mode.
MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


class Pad(SizedOp):
    """x with a border. Inputs: x, the value of the border (0-d, used by mode 'constant' alone), then for each dimension its
    widths before and behind, 0-d integers. mode: numpy's: constant, edge, reflect, symmetric, wrap."""

    __props__ = ("mode",)

    def __init__(self, mode: str = "constant") -> None:
        self.mode = mode

    def output_dtypes(self, x: Any, value: Any, *widths: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, value: Any, *widths: Any) -> Any:
        out = []
        for d, n in enumerate(x.shape):
            before, behind = widths[2 * d].item(0), widths[2 * d + 1].item(0)
            for width in (before, behind):
                s.check(s.less(-1, width), "ValueError", "pad: a width must not be negative, got {}", width)
            if self.mode != "constant":
                text = f"pad: there is nothing in dimension {d} to fill a border with"
                s.check(s.either(s.less(0, n), s.equal(before + behind, 0)), "ValueError", text)
            out.append(n + before + behind)
        return [tuple(out)]

    def compute(self, x: Any, value: Any, *widths: Any) -> Any:
        pairs = [(int(a), int(b)) for a, b in zip(widths[::2], widths[1::2])]
        if any(n < 0 for pair in pairs for n in pair):
            raise ValueError(f"pad: a width must not be negative, got {min(map(min, pairs))}")
        if self.mode == "constant":
            return np.pad(x, pairs, constant_values=value.astype(x.dtype))
        for d, (n, pair) in enumerate(zip(x.shape, pairs)):
            if n == 0 and sum(pair):
                raise ValueError(f"pad: there is nothing in dimension {d} to fill a border with")
        places = [_inside(np.arange(-a, n + b), n, self.mode) for (a, b), n in zip(pairs, x.shape)]
        return x[np.ix_(*places)] if places else x.copy()

    def reads(self, node: Any) -> list[str]:
        return ["once" if self.mode == "constant" else "many", *["many"] * (len(node.inputs) - 1)]

    def element(self, b: Any, index: Any, x: Any, value: Any, *widths: Any) -> Any:
        places = [i - width.item(0) for i, width in zip(index, widths[::2])]
        if self.mode == "constant":
            inside: Any = True
            for place, n in zip(places, x.shape):
                inside = b.both(inside, b.both(b.less(-1, place), b.less(place, n)))
            return b.when(inside, lambda: x(*places), lambda: b.cast(value(), x.dtype))
        return x(*[_folded(b, place, n, self.mode) for place, n in zip(places, x.shape)])

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, value, *widths = inputs
        (g,) = output_grads
        pairs = list(zip(widths[::2], widths[1::2]))
        if self.mode == "constant":
            inner = g[tuple(slice(a, a + size_of(x, d)) for d, (a, _) in enumerate(pairs))]
            return [inner, (g.sum() - inner.sum()).astype(g.dtype), *[None] * len(widths)]
        for d, (a, b) in enumerate(pairs):  # one dimension after the other: an element gets the sum of its copies' gradients
            g = Unpad(self.mode, d)(g, size_of(x, d), a, b)
        return [g, value.zeros_like(dtype=g.dtype), *[None] * len(widths)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        dx, dv = (v.zeros_like() if t is None else t for v, t in zip(inputs[:2], tangents[:2]))
        return [self(dx, dv, *inputs[2:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], *[[False]] * (len(node.inputs) - 2)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        x, value, *widths = inputs
        if any(stacked[2:]):
            return None
        none = [as_size(0), as_size(0)]
        if not stacked[1] or self.mode != "constant":
            return [self(x, value[0] if stacked[1] else value, *none, *widths)] if stacked[0] else [self(x, value[0], *widths)]
        zero, yes, no = constant(np.zeros((), x.dtype)), constant(np.ones((), "bool")), constant(np.zeros((), "bool"))
        inside = self(yes.broadcast_to([size_of(x, d) for d in range(stacked[0], x.ndim)]), no, *widths)
        whole = self(x, zero, *(none if stacked[0] else []), *widths)
        return [inside.switch(whole, value.dimshuffle(0, *["x"] * (len(widths) // 2)))]


class Unpad(SizedOp):
    """The gradient of a border along one axis: what stands in it is added to the element that it was copied from. Inputs: the
    gradient of the whole, the size n that the dimension had, its widths before and behind."""

    __props__ = ("mode", "axis")

    def __init__(self, mode: str, axis: int) -> None:
        self.mode = mode
        self.axis = axis

    def output_dtypes(self, g: Any, n: Any, before: Any, behind: Any) -> list[str]:
        return [g.dtype]

    def sizes(self, s: Any, g: Any, n: Any, before: Any, behind: Any) -> Any:
        return [(*g.shape[: self.axis], n.item(0), *g.shape[self.axis + 1 :])]

    def compute(self, g: Any, n: Any, before: Any, behind: Any) -> Any:
        out = np.zeros((*g.shape[: self.axis], int(n), *g.shape[self.axis + 1 :]), dtype=g.dtype)
        places = _inside(np.arange(-int(before), int(n) + int(behind)), int(n), self.mode)
        key: Any = (*[slice(None)] * self.axis, places)
        np.add.at(out, key, g)
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        g, n, before, _ = inputs
        (out,) = outputs
        count, first = n.item(0), before.item(0)
        outer: Any = 1
        for size in out.shape[: self.axis]:
            outer = outer * size
        inner: Any = 1
        for size in out.shape[self.axis + 1 :]:
            inner = inner * size
        with b.loop(0, outer * count * inner, independent=True) as k:
            b.store(out.pointer, k, b.constant(0, out.dtype))
        with b.loop(0, outer, independent=True) as o, b.loop(0, g.shape[self.axis]) as i:
            place = (o * count + _folded(b, i - first, count, self.mode)) * inner
            source = (o * g.shape[self.axis] + i) * inner
            with b.loop(0, inner, independent=True) as k:
                b.store(out.pointer, place + k, b.add(b.load(out.pointer, place + k), b.load(g.pointer, source + k)))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        g, _, before, behind = inputs
        widths: list[Any] = []
        for d in range(g.ndim):
            widths += [before, behind] if d == self.axis else [as_size(0), as_size(0)]
        (again,) = output_grads
        return [Pad(self.mode)(again, constant(np.zeros((), dtype=again.dtype)), *widths), None, None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False], [False], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)] if only_first(stacked) else None


def _inside(places: np.ndarray, n: int, mode: str) -> np.ndarray:
    """Indices that may be outside 0 ... n - 1 as those inside that they stand for."""
    if n == 0:
        return places[:0]
    if mode == "edge":
        return places.clip(0, n - 1)
    if mode == "wrap":
        return places % n
    period = 2 * n if mode == "symmetric" else max(2 * n - 2, 1)
    places = places % period
    return np.where(places < n, places, (period - 1 if mode == "symmetric" else period) - places)


def _folded(b: Any, place: Any, n: Any, mode: str) -> Any:
    """As `_inside`, of one index."""
    if mode == "edge":
        return b.minimum(b.maximum(place, 0), n - 1)
    if mode == "wrap":
        return b.mod(place, n)
    period = 2 * n if mode == "symmetric" else b.maximum(2 * n - 2, 1)
    place = b.mod(place, period)
    return b.select(b.less(place, n), place, (period - 1 if mode == "symmetric" else period) - place)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """x with a border, as numpy.pad.

    pad_width: an int, or (before, behind), for all dimensions; or such a pair for each; also integer variables. mode: 'constant'
    (of `constant_values`, one number), 'edge', 'reflect', 'symmetric' or 'wrap'; ValueError for another, and for widths < 0.

    >>> import symgraph.tensor as T
    >>> pad(T.arange(3), (1, 2), 'edge').eval()
    array([0, 0, 1, 2, 2, 2])
    """
    x = as_tensor(x)
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(MODES)}, got {mode!r}")
    pairs = _pairs(pad_width, x.ndim)
    value = as_tensor(constant_values)
    if value.ndim:
        raise TypeError("pad: constant_values must be one number")
    value = value if value.dtype == x.dtype else value.astype(x.dtype)
    return Pad(mode)(x, value, *[as_size(n, "pad: a width") for pair in pairs for n in pair])


def _pairs(widths: Any, ndim: int) -> list[tuple[Any, Any]]:
    if isinstance(widths, np.ndarray):
        widths = widths.tolist()
    if not isinstance(widths, (list, tuple)):
        return [(widths, widths)] * ndim
    if any(isinstance(part, (list, tuple, np.ndarray)) for part in widths):
        pairs = [tuple(part) * 2 if len(part) == 1 else tuple(part) for part in widths]
    else:
        pairs = [tuple(widths) * 2 if len(widths) == 1 else tuple(widths)]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    if len(pairs) != ndim or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"pad: the widths {widths!r} do not fit {ndim} dimensions")
    return pairs  # type: ignore[return-value]
