"""Functions of numpy's that are expressions of others, in numpy's signatures, written in methods of variables: `np.nansum(x)` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, part_of
from symgraph.expr.make import as_tensor, as_variable
from symgraph.settings import config

__all__ = ["COMPOSITIONS"]


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals:
        raise TypeError(f"rounding of a variable takes no decimals, got {decimals}")
    x = as_tensor(a)
    return x if x.dtype in DISCRETE else x.round_half_even()


def _fix(x: Any) -> Any:
    y = as_tensor(x)
    return y if y.dtype in DISCRETE else y.trunc()


def _or(x: Any, value: Any) -> Any:
    """x with `value` in the place of NaN."""
    return x if x.dtype in DISCRETE else x.isnan().switch(np.asarray(value, x.dtype), x)


def _nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _or(as_tensor(a), 0).sum(axis, dtype=dtype, keepdims=keepdims)


def _nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return _or(as_tensor(a), 1).prod(axis, dtype=dtype, keepdims=keepdims)


def _extreme(name: str, neutral: float) -> Callable[..., Any]:
    def nanextreme(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = as_tensor(a)
        if x.dtype in DISCRETE:
            return getattr(x, name)(axis, keepdims=keepdims)
        nothing = x.isnan().all(axis, keepdims=keepdims)
        return nothing.switch(np.asarray(np.nan, x.dtype), getattr(_or(x, neutral), name)(axis, keepdims=keepdims))

    return nanextreme


def _count(x: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements are not NaN, in the dtype that x is divided in."""
    dtype = config.floatX if x.dtype in DISCRETE else part_of(x.dtype)
    return (~x.isnan()).sum(axis, keepdims=keepdims).astype(dtype)


def _nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    x = as_tensor(a) if dtype is None else as_tensor(a).astype(dtype)
    return x.mean(axis, keepdims=keepdims) if x.dtype in DISCRETE else _nansum(x, axis, keepdims=keepdims) / _count(x, axis, keepdims)


def _nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    x = as_tensor(a) if dtype is None else as_tensor(a).astype(dtype)
    if x.dtype in DISCRETE:
        return x.var(axis, ddof=ddof, keepdims=keepdims)
    if x.dtype in COMPLEX:
        raise TypeError(f"numpy.nanvar of a complex variable is not supported, got {x}")
    away = x - _nanmean(x, axis, keepdims=True)
    count = _count(x, axis, keepdims)
    freedom = count - np.asarray(ddof, count.dtype)
    total = x.isnan().switch(np.asarray(0, away.dtype), away * away).sum(axis, keepdims=keepdims)
    return (freedom > 0).switch(total / freedom, np.asarray(np.nan, total.dtype))


def _nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return _nanvar(a, axis, dtype, ddof, keepdims).sqrt()


def _sided(a: Any, below: bool) -> Any:
    x = as_tensor(a)
    return x.isinf() & (x < 0 if below else x > 0)


def _vdot(a: Any, b: Any) -> Any:
    left, right = as_tensor(a).flatten(), as_tensor(b).flatten()
    return (left.conj() if left.dtype in COMPLEX else left).dot(right)


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = as_tensor(a1), as_tensor(a2)
    if x.ndim != y.ndim:
        return as_variable(np.asarray(False))
    known = zip(x.type.shape, y.type.shape)
    if any(n is not None and m is not None and n != m for n, m in known):
        return as_variable(np.asarray(False))
    same = x.eq(y) if not equal_nan else x.eq(y) | (x.isnan() & y.isnan())
    return same.all()


COMPOSITIONS: dict[str, Callable[..., Any]] = {
    "around": _round, "fix": _fix, "nansum": _nansum, "nanprod": _nanprod, "nanmax": _extreme("max", -np.inf),
    "nanmin": _extreme("min", np.inf), "nanmean": _nanmean, "nanvar": _nanvar, "nanstd": _nanstd,
    "isneginf": lambda x: _sided(x, True), "isposinf": lambda x: _sided(x, False), "vdot": _vdot, "array_equal": _array_equal,
    "permute_dims": lambda a, axes=None: as_tensor(a).transpose(*(axes or ())), "astype": lambda x, dtype: as_tensor(x).astype(np.dtype(dtype).name),
    "iscomplexobj": lambda x: x.dtype in COMPLEX, "isrealobj": lambda x: x.dtype not in COMPLEX,
}
