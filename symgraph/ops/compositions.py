"""Functions of numpy's that are expressions of others, in numpy's signatures, written in methods of variables: `np.vdot(x, y)` and the like."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, part_of
from symgraph.expr.make import as_tensor, as_variable
from symgraph.expr.variable import TensorVariable

__all__ = ["COMPOSITIONS", "named"]


def _round(a: Any, decimals: int = 0) -> Any:
    x = as_tensor(a)
    if not isinstance(decimals, (int, np.integer)):
        raise TypeError(f"round: the number of decimals must be an int, got {decimals!r}")
    if x.dtype in DISCRETE:
        return x if decimals >= 0 else _round(x.astype("float64"), decimals).astype(x.dtype)
    if not decimals:
        return x.round_half_even()
    scale = np.asarray(10.0 ** abs(decimals), part_of(x.dtype))
    return (x * scale).round_half_even() / scale if decimals > 0 else (x / scale).round_half_even() * scale


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


def _reshape(a: Any, shape: Any, order: str = "C", copy: Any = None) -> Any:
    x = as_tensor(a)
    if order not in ("C", "F", "A"):
        raise ValueError(f"order must be one of 'C', 'F', or 'A' (got {order!r})")
    if order != "F" or x.ndim == 0:
        return x.reshape(shape)
    if isinstance(shape, TensorVariable) and shape.ndim:
        raise TypeError("reshape: for order='F' the shape must be an int or a tuple")
    sizes = list(shape) if isinstance(shape, (list, tuple)) else [shape]
    return x.transpose().reshape(sizes[::-1]).transpose()


def _with_correction(name: str) -> Callable[..., Any]:
    def run(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: bool = False, correction: Any = None) -> Any:
        x = as_tensor(a) if dtype is None else as_tensor(a).astype(np.dtype(dtype).name)
        return getattr(x, name)(axis, ddof if correction is None else correction, keepdims=keepdims)

    return run


def named(name: str, fields: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule, whose several results get numpy's names for them; a single one stays as it is."""
    kind: Any = namedtuple(name, fields)  # type: ignore[misc]
    count = len(fields.split())

    def run(*args: Any, **options: Any) -> Any:
        found = rule(*args, **options)
        return kind(*found) if isinstance(found, (list, tuple)) and len(found) == count else found

    return run


COMPOSITIONS: dict[str, Callable[..., Any]] = {
    "var": _with_correction("var"), "std": _with_correction("std"), "reshape": _reshape, "ravel": lambda a, order="C": _reshape(a, -1, order),
    "around": _round, "round": _round, "fix": _fix,
    "isneginf": lambda x: _sided(x, True), "isposinf": lambda x: _sided(x, False), "vdot": _vdot, "array_equal": _array_equal,
    "permute_dims": lambda a, axes=None: as_tensor(a).transpose(*(axes or ())), "astype": lambda x, dtype: as_tensor(x).astype(np.dtype(dtype).name),
    "iscomplexobj": lambda x: x.dtype in COMPLEX, "isrealobj": lambda x: x.dtype not in COMPLEX,
}
