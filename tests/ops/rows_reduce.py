"""Reductions in the table of all ops: sums, products, extremes, moments, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from cases import FEW, NEAR, ORDERED, along, row

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL, FLOAT

# The first is computed in every dtype.
_SHAPES = [((3, 5),), ((),), ((0, 3),), ((1, 4),), ((2, 3, 4),), ((70,),)]
_FULL = [shapes for shapes in _SHAPES if 0 not in shapes[0]]
_WITH_DIMENSIONS = [shapes for shapes in _FULL if shapes[0]]
_SMALL = ((2, 3),)


def _numpy_dtype(x: np.ndarray) -> str:
    """What softmax and its kin compute in."""
    return x.dtype.name if x.dtype.name in FLOAT else "float32" if x.dtype.itemsize < 4 else "float64"


def _softmax(x: np.ndarray, axis: int) -> Any:
    return scipy.special.softmax(x.astype("float64"), axis=axis).astype(_numpy_dtype(x))


def _log_softmax(x: np.ndarray, axis: int) -> Any:
    return scipy.special.log_softmax(x.astype("float64"), axis=axis).astype(_numpy_dtype(x))


def _logsumexp(x: np.ndarray, axis: Any) -> Any:
    return np.asarray(scipy.special.logsumexp(x.astype("float64"), axis=axis)).astype(_numpy_dtype(x))


def _last_axes(function: Any) -> Any:
    return lambda x: [function(x, axis=axis) for axis in range(x.ndim)]


def _norm(order: float) -> Any:
    def wanted(x: Any, axis: Any) -> Any:
        if order == 0:
            return np.asarray(np.count_nonzero(x, axis=axis)).astype("float64")
        return (np.abs(x) ** order).sum(axis=axis) ** (1 / order) if np.isfinite(order) else np.max(np.abs(x), axis=axis)

    return wanted


def _wide_var(x: np.ndarray, axis: Any, ddof: int = 0) -> Any:
    if x.dtype == "float16":
        return np.asarray(np.var(x.astype("float64"), axis=axis, ddof=ddof)).astype("float16")
    return np.var(x, axis=axis, ddof=ddof)


ROWS = [
    row("sum", along(T.sum), along(np.sum), _SHAPES, dtypes=("float64", *ALL), slopes=None, small=_SMALL),
    row("sum, dimensions kept", along(lambda x, axis: T.sum(x, axis=axis, keepdims=True)),
        along(lambda x, axis: np.sum(x, axis=axis, keepdims=True)), _SHAPES, slopes=None, small=_SMALL),
    row("sum in another dtype", lambda x: [T.sum(x, axis=0, dtype="float32"), T.sum(x, acc_dtype="float64", dtype="float64")],
        lambda x: [np.sum(x, axis=0, dtype="float64").astype("float32"), np.sum(x, dtype="float64")], [((3, 5),), ((0, 2),)],
        dtypes=("int8", "float32", "uint64"), tolerance=4e-6),
    row("prod", along(T.prod), along(np.prod), _SHAPES, dtypes=("float64", *ALL), slopes=None, small=_SMALL, domain=NEAR),
    row("prod without zeros", along(lambda x, axis: T.prod(x, axis=axis, no_zeros_in_input=True)), along(np.prod), _SHAPES, slopes=None,
        small=_SMALL, domain=NEAR),
    row("max", along(T.max), along(np.max), _FULL, dtypes=ORDERED, slopes=None, small=_SMALL),
    row("min", along(T.min), along(np.min), _FULL, dtypes=ORDERED, slopes=None, small=_SMALL),
    row("argmax", along(T.argmax, every=False), along(np.argmax, every=False), _FULL, dtypes=ORDERED, small=_SMALL),
    row("argmin", along(T.argmin, every=False), along(np.argmin, every=False), _FULL, dtypes=ORDERED, small=_SMALL),
    row("max_and_argmax", lambda x: T.max_and_argmax(x, axis=-1), lambda x: [np.max(x, axis=-1), np.argmax(x, axis=-1)],
        _WITH_DIMENSIONS, dtypes=ORDERED, slopes=None, small=_SMALL),
    row("any", along(T.any), along(np.any), _SHAPES, dtypes=FEW, domain=(-1.0, 1.0), small=_SMALL),
    row("all", along(T.all), along(np.all), _SHAPES, dtypes=FEW, domain=(-1.0, 1.0), small=_SMALL),
    row("mean", along(T.mean), along(np.mean), _SHAPES, dtypes=("float64", *ALL), slopes=None, small=_SMALL),
    row("var", along(T.var), along(_wide_var), _SHAPES, dtypes=("float64", *FLOAT, "int32", "complex128"), slopes=None, small=_SMALL),
    row("var of a sample", along(lambda x, axis: T.var(x, axis=axis, ddof=1)), along(lambda x, axis: _wide_var(x, axis, 1)),
        [((3, 5),), ((2, 3, 4),)], dtypes=("float64", "float32", "int64"), slopes=None, small=_SMALL),
    row("std", along(T.std), along(np.std), _FULL, dtypes=("float64", "float32", "int32"), slopes=None, small=((3, 2),)),
    row("ptp", along(T.ptp), along(np.ptp), _FULL, dtypes=("float64", "float32", "int64"), slopes=None, small=_SMALL),
    *[row(f"norm {order}", along(lambda x, axis, order=order: x.norm(order, axis=axis)), along(_norm(order)), _FULL, slopes=None,
          small=_SMALL) for order in (1, 2, 3.5, np.inf)],
    row("norm 0", along(lambda x, axis: x.norm(0, axis=axis)), along(_norm(0)), _FULL, small=_SMALL),
    row("softmax", _last_axes(T.nnet.softmax), _last_axes(_softmax), _WITH_DIMENSIONS, dtypes=ORDERED, slopes=None, small=_SMALL),
    row("log_softmax", _last_axes(T.nnet.logsoftmax), _last_axes(_log_softmax), _WITH_DIMENSIONS, dtypes=ORDERED, slopes=None,
        small=_SMALL),
    row("logsumexp", along(T.logsumexp), along(_logsumexp), _FULL, dtypes=ORDERED, slopes=None, small=_SMALL),
]
