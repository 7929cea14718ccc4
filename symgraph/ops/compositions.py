"""Functions of numpy's that are expressions of others, in numpy's signatures, written in methods of variables: `np.vdot(x, y)` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE
from symgraph.expr.make import as_tensor, as_variable

__all__ = ["COMPOSITIONS"]


def _round(a: Any, decimals: int = 0) -> Any:
    if decimals:
        raise TypeError(f"rounding of a variable takes no decimals, got {decimals}")
    x = as_tensor(a)
    return x if x.dtype in DISCRETE else x.round_half_even()


def _fix(x: Any) -> Any:
    y = as_tensor(x)
    return y if y.dtype in DISCRETE else y.trunc()


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
    "around": _round, "fix": _fix,
    "isneginf": lambda x: _sided(x, True), "isposinf": lambda x: _sided(x, False), "vdot": _vdot, "array_equal": _array_equal,
    "permute_dims": lambda a, axes=None: as_tensor(a).transpose(*(axes or ())), "astype": lambda x, dtype: as_tensor(x).astype(np.dtype(dtype).name),
    "iscomplexobj": lambda x: x.dtype in COMPLEX, "isrealobj": lambda x: x.dtype not in COMPLEX,
}
