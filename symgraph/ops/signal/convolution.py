"""Convolution and correlation in one and two dimensions, after numpy and scipy.signal.

One op gives any window of the full convolution: y[i] = sum of a[i + start - j] v[j] over j, where a is 0 outside. Its gradients by a and by v are
windows of convolutions again, with the other operand backwards, so derivatives of every order stay in the family.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, size_constant, size_of, static_int

__all__ = ["Convolve", "convolve", "convolve2d", "correlate", "correlate2d"]

_BLOCK = 2048  # elements of a row that are computed before the next ones: they stay in the first cache
_IMPOSSIBLE = 'a convolution of an array without elements, or for mode "valid" of two of which neither lies within the other'
_MODES = ("full", "same", "valid")


class Convolve(SizedOp):
    """A window of the convolution along the last `ndim` dimensions (1 or 2); dimensions before them are stacks.

    Inputs: a, v, of one dtype and equal stacks, or one of them without stack; then a start and a length for each dimension.
    """

    __props__ = ("ndim",)
    holomorphic = True

    def __init__(self, ndim: int) -> None:
        self.ndim = ndim

    def output_dtypes(self, a: Any, v: Any, *window: Any) -> list[str]:
        if a.dtype != v.dtype:
            raise TypeError(f"Convolve takes operands of one dtype, got {a.type} and {v.type}")
        return [a.dtype]

    def sizes(self, s: Any, a: Any, v: Any, *window: Any) -> Any:
        stacks = [x.shape[: len(x.shape) - self.ndim] for x in (a, v)]
        lead = max(stacks, key=len)
        if all(stacks):
            lead = tuple(s.same(m, n, "stacks of {} and {} to be convolved") for m, n in zip(*stacks))
        for n in window[self.ndim :]:
            s.check(s.less(-1, n.item(0)), "ValueError", _IMPOSSIBLE)
        return [(*lead, *[n.item(0) for n in window[self.ndim :]])]

    def compute(self, a: Any, v: Any, *window: Any) -> Any:
        starts, lengths = ([int(n) for n in part] for part in (window[: self.ndim], window[self.ndim :]))
        if min(lengths) < 0:
            raise ValueError(_IMPOSSIBLE)
        lead = max(a.shape[: a.ndim - self.ndim], v.shape[: v.ndim - self.ndim], key=len)
        out = np.zeros((*lead, *lengths), a.dtype)
        if math.prod(a.shape[-self.ndim :]) < math.prod(v.shape[-self.ndim :]):
            a, v = v, a
        for place in np.ndindex(*v.shape[-self.ndim :]):
            here, there = [], []
            for j, start, length, m in zip(place, starts, lengths, a.shape[-self.ndim :]):
                low, high = max(0, j - start), max(0, min(length, j - start + m))
                here.append(slice(low, max(low, high)))
                there.append(slice(low + start - j, max(low, high) + start - j))
            factor = v[(..., *place)]
            key: Any = (..., *here)
            out[key] += factor.reshape(*factor.shape, *[1] * self.ndim) * a[(..., *there)]
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        a, v, *window = inputs
        (y,) = outputs
        starts = [n.item(0) for n in window[: self.ndim]]
        stacks = math.prod(y.shape[: -self.ndim])
        areas = [math.prod(x.shape[len(x.shape) - self.ndim :]) for x in (a, v)]
        with b.loop(0, math.prod(y.shape), independent=True) as k:
            b.store(y.pointer, k, b.constant(0, y.dtype))
        with b.loop(0, stacks, independent=True) as row:
            rest = [(x.shape[len(x.shape) - self.ndim :], b.offset(x.pointer, row * area) if len(x.shape) > self.ndim else x.pointer)
                    for x, area in zip((a, v), areas)]
            out = (y.shape[-self.ndim :], b.offset(y.pointer, row * math.prod(y.shape[-self.ndim :])))
            # The longer one is walked inside: a convolution is the same with its operands exchanged.
            b.when(b.less(rest[0][0][-1], rest[1][0][-1]), lambda: self._window(b, out, rest[1], rest[0], starts),
                   lambda: self._window(b, out, rest[0], rest[1], starts))

    def _window(self, b: Any, out: Any, a: Any, v: Any, starts: Any) -> list[Any]:
        if self.ndim == 1:
            _row(b, (out[0][0], out[1]), (a[0][0], a[1]), (v[0][0], v[1]), starts[0])
            return []
        (rows, width), (m, columns), (n, taps) = out[0], a[0], v[0]
        with b.loop(0, rows, independent=True) as i:
            top = i + starts[0]
            with b.loop(b.maximum(0, top - m + 1), b.minimum(n, top + 1)) as j:
                _row(b, (width, b.offset(out[1], i * width)), (columns, b.offset(a[1], (top - j) * columns)),
                     (taps, b.offset(v[1], j * taps)), starts[1])
        return []

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        a, v, *window = inputs
        (g,) = output_grads
        return [self._by(a, v, g, window), self._by(v, a, g, window), *[None] * len(window)]

    def _by(self, x: Any, other: Any, g: Any, window: Any) -> Any:
        """The gradient by x: g convolved with the other operand backwards; what served a whole stack gets the sum."""
        one = size_constant(1)
        mine, others = ([size_of(z, d) for d in range(z.ndim - self.ndim, z.ndim)] for z in (x, other))
        starts = [n - one - start for n, start in zip(others, window[: self.ndim])]
        found = self(g, other[(..., *[slice(None, None, -1)] * self.ndim)], *starts, *mine)
        extra = found.ndim - x.ndim
        return found.sum(axis=tuple(range(extra))) if extra else found

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        a, v, *window = inputs
        parts = [self(*pair, *window) for pair in ((tangents[0], v), (a, tangents[1])) if None not in pair]
        return [parts[0] + parts[1] if len(parts) == 2 else parts[0] if parts else None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], *[[False]] * (len(node.inputs) - 2)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        plain = all(x.ndim - s == self.ndim for x, s in zip(inputs[:2], stacked))
        return [self(*inputs)] if plain and not any(stacked[2:]) else None


def _row(b: Any, out: Any, a: Any, v: Any, start: Any) -> None:
    """out[i] += a[i + start - j] v[j], over all j: a block of i at a time, and in it one j after the other."""
    (length, y), (m, x), (n, taps) = out, a, v
    with b.loop(0, length, step=_BLOCK) as first:
        last = b.minimum(first + _BLOCK, length)
        with b.loop(b.maximum(0, first + start - m + 1), b.minimum(n, last + start)) as j:
            factor = b.load(taps, j)
            low, high = b.maximum(first, j - start), b.minimum(last, j - start + m)
            with b.loop(low, high, independent=True) as i:
                b.store(y, i, b.add(b.load(y, i), b.mul(factor, b.load(x, i + start - j))))


# What a user calls ----------------------------------------------------------------------------------------------------


def _operands(a: Any, v: Any, ndim: int, name: str) -> tuple[Any, Any]:
    a, v = as_tensor(a), as_tensor(v)
    if a.ndim != ndim or v.ndim != ndim:
        raise ValueError(f"{name} takes arrays of {ndim} dimension{'s' * (ndim > 1)}, got {a.type} and {v.type}")
    for x in (a, v):
        if 0 in x.type.shape:
            raise ValueError(f"{name}: an array without elements, {x.type}")
    dtype = dtypes.upcast(a.dtype, v.dtype)
    return (x if x.dtype == dtype else x.astype(dtype) for x in (a, v))  # type: ignore[return-value]


def _checked(mode: Any, name: str) -> Any:
    if mode not in _MODES:
        raise ValueError(f"{name}: mode must be one of {', '.join(_MODES)}, got {mode!r}")
    return mode


def _sizes(a: Any, v: Any) -> list[tuple[Any, Any]]:
    return [(size_of(a, d), size_of(v, d)) for d in range(a.ndim)]


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The convolution of two vectors: sum of a[k - j] v[j] over j.

    mode: "full": len(a) + len(v) - 1 elements, "same": as many as the longer one has, from the middle, "valid": those for which
    the vectors overlap completely. ValueError for other dimensions or modes, and for vectors known to be empty. One in
    a call is a ValueError, too.

    >>> convolve([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]).eval()
    array([0. , 1. , 2.5, 4. , 1.5])
    """
    a, v = _operands(a, v, 1, "convolve")
    ((m, n),) = _sizes(a, v)
    return _of_vectors(a, v, _checked(mode, "convolve"), (_less(m, n) - size_constant(1)) // size_constant(2))


def _less(m: Any, n: Any) -> Any:
    return m if m is n else m.minimum(n)


def _if_possible(possible: Any, length: Any, pairs: Any) -> Any:
    """The length, or -1, which is refused in the call; where sizes are known they have been looked at."""
    known = all(static_int(n) is not None for pair in pairs for n in pair)
    return length if known else possible.switch(length, size_constant(-1))


def _of_vectors(a: Any, v: Any, mode: str, middle: Any) -> Any:
    ((m, n),) = _sizes(a, v)
    one, zero = size_constant(1), size_constant(0)
    start, length = {
        "full": lambda: (zero, m + n - one),
        "same": lambda: (middle, m.maximum(n)),
        "valid": lambda: (_less(m, n) - one, m.maximum(n) - _less(m, n) + one),
    }[mode]()
    return Convolve(1)(a, v, start, _if_possible(_less(m, n).gt(0), length, [(m, n)]))


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """The correlation of two vectors: sum of a[k + j] conj(v[j]) over j; modes and errors as of `convolve`.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]).eval()
    array([3.5])
    """
    a, v = _operands(a, v, 1, "correlate")
    ((m, n),) = _sizes(a, v)
    one, two = size_constant(1), size_constant(2)
    middle = m.lt(n).switch(m // two, (n - one) // two) if static_int(m) is None or static_int(n) is None else (
        m // two if static_int(m) < static_int(n) else (n - one) // two)  # type: ignore[operator]
    return _of_vectors(a, _conjugate(v)[::-1], _checked(mode, "correlate"), middle)


def _conjugate(v: Any) -> Any:
    return v.conj() if v.dtype in dtypes.COMPLEX else v


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The convolution of two matrices: sum of in1[k - j] in2[j] over pairs j.

    mode: "full", "same" (of the size of in1, from the middle) or "valid" (where one matrix lies within the other: it must be at least
    as large in both dimensions; ValueError). boundary: "fill" alone: in1 is `fillvalue` outside. Large kernels are faster by
    Fourier transforms.

    >>> convolve2d([[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0]], mode="same").eval()
    array([[1., 3.],
           [3., 7.]])
    """
    return _of_matrices(in1, in2, mode, boundary, fillvalue, "convolve2d", lambda n: (n - size_constant(1)) // size_constant(2))


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """The correlation of two matrices: `convolve2d` with in2 backwards in both dimensions, and conjugated; arguments as there."""
    in2 = as_tensor(in2)
    if in2.ndim != 2:
        raise ValueError(f"correlate2d takes arrays of 2 dimensions, got {in2.type}")
    return _of_matrices(in1, _conjugate(in2)[::-1, ::-1], mode, boundary, fillvalue, "correlate2d", lambda n: n // size_constant(2))


def _of_matrices(in1: Any, in2: Any, mode: Any, boundary: Any, fillvalue: Any, name: str, middle: Any) -> Any:
    a, v = _operands(in1, in2, 2, name)
    if boundary != "fill":
        raise ValueError(f'{name}: boundary must be "fill", got {boundary!r}; pad(in1, ..., mode="wrap" or "symmetric") gives the others')
    pairs = _sizes(a, v)
    one, zero = size_constant(1), size_constant(0)
    if _checked(mode, name) == "full":
        starts, lengths = [zero] * 2, [m + n - one for m, n in pairs]
    elif mode == "same":
        starts, lengths = [middle(n) for _, n in pairs], [m for m, _ in pairs]
    else:
        starts, lengths = [_less(m, n) - one for m, n in pairs], [m.maximum(n) - _less(m, n) + one for m, n in pairs]
        _one_within_the_other(pairs, name)
        (m1, n1), (m2, n2) = pairs
        within = m1.ge(n1).and_(m2.ge(n2)).or_(m1.le(n1).and_(m2.le(n2)))
        lengths[0] = _if_possible(within, lengths[0], pairs)
    filled = mode != "valid" and not (isinstance(fillvalue, (int, float, complex)) and fillvalue == 0)
    if not filled:
        return Convolve(2)(a, v, *starts, *lengths)
    fill = as_tensor(fillvalue).astype(a.dtype)
    return Convolve(2)(a - fill, v, *starts, *lengths) + fill * v.sum()


def _one_within_the_other(pairs: Any, name: str) -> None:
    known = [(static_int(m), static_int(n)) for m, n in pairs]
    if any(None in pair for pair in known):
        return
    if not (all(m >= n for m, n in known) or all(m <= n for m, n in known)):  # type: ignore[operator]
        raise ValueError(f'{name}: for mode "valid" one of the matrices must be at least as large as the other in both dimensions: {known}')
