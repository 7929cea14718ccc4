"""Numbers between two ends in even steps or ratios, and the windows of signal processing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import as_axis, as_size, static_int
from symgraph.settings import config

__all__ = ["Bartlett", "bartlett", "bartlett_", "blackman", "geomspace", "hamming", "hanning", "kaiser", "linspace", "logspace"]


def _ends(start: Any, stop: Any) -> tuple[Any, Any]:
    """Both as arrays of one floating (or complex) dtype; integers become floatX."""
    start, stop = as_tensor(start), as_tensor(stop)
    joint = dtypes.upcast(start.dtype, stop.dtype)
    if joint in dtypes.DISCRETE or (start.owner is None and stop.owner is None and joint == "float32" and _plain(start) and _plain(stop)):
        joint = config.floatX
    return start.astype(joint), stop.astype(joint)


def _plain(x: Any) -> bool:
    """Whether it is a number from the program, whose dtype says nothing."""
    return hasattr(x, "data") and x.ndim == 0


def _counted(num: Any, like: Any, dtype: str, ndim: int) -> Any:
    """0, 1 ... num - 1 along the first of ndim + 1 dimensions."""
    places: Any = np.arange(num, dtype=dtype, like=like)
    return places.dimshuffle(0, *["x"] * ndim)


def _number_of(num: Any) -> Any:
    num = as_size(num, "the number of samples")
    value = static_int(num)
    if value is not None and value < 0:
        raise ValueError(f"Number of samples, {value}, must be non-negative.")
    return num if value is not None else num._asserted("the number of samples must be non-negative", "ValueError", num >= 0)


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """num numbers in even steps from start to stop, the last of which is stop itself (`endpoint`), else one step before.

    start, stop: numbers or arrays, which broadcast; the numbers stand along dimension `axis` of the result. num: an int or an
    integer variable. retstep: the pair with the step. dtype: floatX for integers and plain numbers, else that of the ends.
    ValueError for a negative num.

    >>> linspace(0, 1, 5).eval()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    num = _number_of(num)
    start, stop = _ends(start, stop)
    gaps = num - 1 if endpoint else num
    real = dtypes.part_of(start.dtype)
    gaps = gaps.astype(real)
    delta = stop - start
    step = delta / np.maximum(gaps, 1)  # type: ignore[call-overload]
    places = _counted(num, step, real, step.ndim)
    out = places * step + start
    if endpoint:
        out = np.where(np.logical_and(places > 0, places >= gaps), stop, out)
    out = _as(out, dtype)
    axis = as_axis(axis, out.ndim, "linspace: axis")
    out = out if axis == 0 else np.moveaxis(out, 0, axis)
    return (out, np.where(gaps > 0, step, math.nan)) if retstep else out


def _as(x: Any, dtype: Any) -> Any:
    if dtype is None or x.dtype == dtypes.normal(dtype):
        return x
    return (np.floor(x) if dtypes.normal(dtype) in dtypes.INTEGER else x).astype(dtype)  # type: ignore[attr-defined]


def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """base to the power of each of `linspace(start, stop, num, endpoint)`; ratios of neighbours are equal.

    >>> logspace(0, 2, 3).eval()
    array([  1.,  10., 100.])
    """
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    base = as_tensor(base)
    out = (base.astype(exponents.dtype) if _plain(base) else base) ** exponents
    return out if dtype is None else out.astype(dtype)


def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """num numbers of equal ratios from start to stop (neither 0; of one sign, or complex), which are met exactly.

    >>> geomspace(1, 8, 4).eval()
    array([1., 2., 4., 8.])
    """
    num = _number_of(num)
    if any(_plain(x) and not x.data.all() for x in map(as_tensor, (start, stop))):
        raise ValueError("Geometric sequence cannot include zero")
    start, stop = _ends(start, stop)
    real = dtypes.part_of(start.dtype)
    sign = start / abs(start) if start.dtype in dtypes.COMPLEX else np.sign(start)
    powers = linspace((start / sign).log10(), (stop / sign).log10(), num, endpoint)
    out = as_tensor(np.asarray(10.0, dtype=real)) ** powers * sign
    places = _counted(num, out, real, out.ndim - 1)
    out = np.where(places < 1, start, out)
    if endpoint:
        out = np.where(np.logical_and(places > 0, places >= (num - 1).astype(real)), stop, out)
    out = _as(out, dtype)
    axis = as_axis(axis, out.ndim, "geomspace: axis")
    return out if axis == 0 else np.moveaxis(out, 0, axis)


# Windows --------------------------------------------------------------------------------------------------------------


def _window(M: Any, shape: Callable[[Any, Any], Any]) -> Any:
    """shape(n, M - 1) for n = 1 - M, 3 - M ... M - 1, as float64 (numpy's and Theano's choice); 1 for a window of one."""
    M = as_tensor(M)
    if M.ndim or M.dtype not in dtypes.INTEGER:
        raise TypeError(f"the length of a window is an integer without dimensions, got {M.type}")
    M = M.astype("int64")
    n: Any = np.arange(1 - M, M, 2, like=M)
    return shape(n.astype("float64"), np.maximum(M - 1, 1).astype("float64"))  # type: ignore[attr-defined]


def bartlett(M: Any) -> Any:
    """The triangular window of M points, zero at both ends. M: an integer; out: (M,) float64. TypeError for other M.

    >>> bartlett(5).eval()
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    return _window(M, lambda n, width: 1.0 - abs(n) / width)


def hanning(M: Any) -> Any:
    """The window 0.5 + 0.5 cos(pi n / (M - 1)) for n = 1 - M, 3 - M ... M - 1 (von Hann's). M: an integer; out: (M,) float64."""
    return _cosines(M, 0.5, 0.5)


def hamming(M: Any) -> Any:
    """The window 0.54 + 0.46 cos(pi n / (M - 1)), which is not zero at its ends. M: an integer; out: (M,) float64."""
    return _cosines(M, 0.54, 0.46)


def blackman(M: Any) -> Any:
    """The window 0.42 + 0.5 cos(pi n / (M - 1)) + 0.08 cos(2 pi n / (M - 1)). M: an integer; out: (M,) float64."""
    return _cosines(M, 0.42, 0.5, 0.08)


def _cosines(M: Any, *weights: float) -> Any:
    first, *rest = (constant(np.asarray(w)) for w in weights)

    def shape(n: Any, width: Any) -> Any:
        angle = n * constant(np.asarray(math.pi)) / width
        return sum([w * np.cos(angle * float(k)) for k, w in enumerate(rest, 1)], start=first)

    return _window(M, shape)


def kaiser(M: Any, beta: Any) -> Any:
    """Kaiser's window: I0(beta sqrt(1 - (n / (M - 1))^2)) / I0(beta), I0 the modified Bessel function. M: an integer; beta: a
    number, how narrow it is (differentiable); out: (M,) float64."""
    beta = as_tensor(beta).astype("float64")
    return _window(M, lambda n, width: (beta * np.sqrt(np.maximum(1.0 - (n / width) ** 2, 0.0))).i0() / beta.i0())


@dataclass(frozen=True)
class Bartlett:
    """Theano's name of `bartlett` as an object that is called."""

    def __call__(self, M: Any) -> Any:
        return bartlett(M)


bartlett_ = Bartlett()
