"""Reductions that leave NaN out: the others of their names, of arrays where something neutral stands in its place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor

__all__ = ["nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar"]


def _without(x: Any, value: float) -> Any:
    """x with a value in place of NaN; what has none as it is."""
    return x if x.dtype in dtypes.DISCRETE else np.where(np.isnan(x), np.asarray(value, x.dtype), x)


def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """`sum` of the elements that are not NaN; 0 where there is none."""
    return _without(as_tensor(a), 0).sum(axis, dtype=dtype, keepdims=keepdims)


def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """`prod` of the elements that are not NaN; 1 where there is none."""
    return _without(as_tensor(a), 1).prod(axis, dtype=dtype, keepdims=keepdims)


def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """`cumsum` with 0 for NaN."""
    return _without(as_tensor(a), 0).cumsum(axis, dtype)


def nancumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    """`cumprod` with 1 for NaN."""
    return _without(as_tensor(a), 1).cumprod(axis, dtype)


def _extreme(name: str, a: Any, axis: Any, keepdims: bool, worst: float) -> Any:
    x = as_tensor(a)
    if x.dtype in dtypes.DISCRETE or x.dtype in dtypes.COMPLEX:
        return getattr(x, name)(axis, keepdims=keepdims)
    found = getattr(_without(x, worst), name)(axis, keepdims=keepdims)
    return np.where(np.isnan(x).all(axis, keepdims=keepdims), np.asarray(math.nan, x.dtype), found)


def nanmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`max` of the elements that are not NaN; NaN where there is none.

    >>> import symgraph.tensor as T
    >>> T.nanmax(T.constant([1.0, float('nan'), 3.0])).eval()
    array(3.)
    """
    return _extreme("max", a, axis, keepdims, -math.inf)


def nanmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`min` of the elements that are not NaN; NaN where there is none."""
    return _extreme("min", a, axis, keepdims, math.inf)


def nanargmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`argmax` of the elements that are not NaN; 0 where there is none (numpy raises ValueError)."""
    return _without(as_tensor(a), -math.inf).argmax(axis, keepdims=keepdims)


def nanargmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`argmin` of the elements that are not NaN; 0 where there is none (numpy raises ValueError)."""
    return _without(as_tensor(a), math.inf).argmin(axis, keepdims=keepdims)


def _count(x: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements are not NaN, in the real dtype of x."""
    return x.eq(x).sum(axis, keepdims=keepdims).astype(dtypes.part_of(x.dtype))


def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """`mean` of the elements that are not NaN; NaN where there is none.

    >>> import symgraph.tensor as T
    >>> T.nanmean(T.constant([1.0, float('nan'), 3.0])).eval()
    array(2.)
    """
    x = as_tensor(a)
    if x.dtype in dtypes.DISCRETE:
        return x.mean(axis, dtype=dtype, keepdims=keepdims)
    x = x if dtype is None else x.astype(dtype)
    return _without(x, 0).sum(axis, keepdims=keepdims) / _count(x, axis, keepdims)


def nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """`var` of the elements that are not NaN; NaN where there are not more than ddof."""
    x = as_tensor(a) if dtype is None else as_tensor(a).astype(dtype)
    if x.dtype in dtypes.DISCRETE:
        return x.var(axis, ddof, keepdims)
    away = x - nanmean(x, axis, keepdims=True)
    square = away.real * away.real + away.imag * away.imag if x.dtype in dtypes.COMPLEX else away * away
    rest = _count(x, axis, keepdims) - np.asarray(ddof, dtypes.part_of(x.dtype))
    found = np.where(np.isnan(x), np.asarray(0, square.dtype), square).sum(axis, keepdims=keepdims) / rest
    return np.where(rest > 0, found, np.asarray(math.nan, found.dtype))


def nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """The square root of `nanvar`."""
    return nanvar(a, axis, dtype, ddof, keepdims).sqrt()
