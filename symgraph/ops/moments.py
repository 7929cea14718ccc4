"""Means, variances, norms: written in terms of sums and extremes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes, times
from symgraph.settings import config

__all__ = ["mean", "norm", "ptp", "std", "var"]


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
    away = x - x.mean(axes, keepdims=True)
    square = away.real * away.real + away.imag * away.imag if away.dtype in dtypes.COMPLEX else away * away
    if ddof == 0:
        v = square.mean(axes, keepdims=keepdims)
        return v - away.mean(axes, keepdims=keepdims) ** 2 if corrected else v
    total = square.sum(axes, keepdims=keepdims)
    v = total / (_count(x, axes, total.dtype) - np.asarray(ddof, dtype=total.dtype))
    return v - away.mean(axes, keepdims=keepdims) ** 2 if corrected else v


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """The square root of the variance; its gradient is NaN where all elements are equal."""
    return as_tensor(input).var(axis, ddof, keepdims, corrected).sqrt()


def ptp(a: Any, axis: Any = None) -> Any:
    """The largest minus the smallest element along `axis`."""
    x = as_tensor(a)
    return x.max(axis) - x.min(axis)


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
