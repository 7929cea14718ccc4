"""Sorting and cumulative ops in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import ORDERED, along, row

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL, FLOAT
from symgraph.ops.cumulate import CumPlace, Recurrence, Shift
from symgraph.ops.sort.along import AddAlong, TakeAlong
from symgraph.ops.sort.ordered import TakeOrdered

BASES = {"cumulate._Along", "sort.sort._Sorted"}  # others derive from them
_SHAPES = [((1,),), ((0, 3),), ((3, 0),), ((1, 4),), ((2, 3, 4),), ((33, 2),)]
_SMALL = ((2, 3),)


def _axes(function: Any) -> Any:
    """function(x, axis) along each axis, and of the flattened array."""
    return along(function, every=False)


def _top(k: int) -> Any:
    def wanted(x: np.ndarray, axis: int | None) -> np.ndarray:
        x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
        ordered = np.sort(x, axis=axis)
        return np.take(np.flip(ordered, axis) if k > 0 else ordered, np.arange(abs(k)), axis=axis)

    return wanted


def _top_places(k: int) -> Any:
    def wanted(x: np.ndarray) -> list[np.ndarray]:
        order = np.lexsort((np.arange(x.shape[0])[:, None] + 0 * x, -x.astype("float64") if k > 0 else x), axis=0)[: abs(k)]
        return [np.take_along_axis(x, order, 0), order.astype("int32")]

    return wanted


def _running(function: Any) -> Any:
    return lambda x, axis: function.accumulate(x if axis is not None else x.reshape(-1), axis=axis or 0, dtype=x.dtype)


def _log(x: np.ndarray, axis: int | None) -> np.ndarray:
    return _running(np.logaddexp)(x.astype("float64"), axis).astype(x.dtype)


def _last(function: Any) -> Any:
    return lambda x: function(x, axis=-1)


# What is compiled for a sort is much code: every dtype along one axis, and every axis in one dtype.
_NUMBERS = ("float64", *[dtype for dtype in ALL if dtype != "bool"])
_PLAIN = [((3, 5),)]
_SOME = [((0, 3),), ((1, 4),), ((2, 3, 4),)]
_RUNNING = {"float16": 2e-2, "float32": 1e-4, "complex64": 1e-4}


def _stable(x: np.ndarray, axis: int | None) -> np.ndarray:
    return np.argsort(x, axis=axis, kind="stable")


def _recurrence(x: np.ndarray, a: np.ndarray, backwards: bool) -> np.ndarray:
    out = x.copy()
    for k in range(1, x.shape[0]):
        if backwards:
            out[-1 - k] += a[len(a) - k] * out[len(a) - k]
        else:
            out[k] += a[k] * out[k - 1]
    return out


def _shifted(x: np.ndarray, by: int, fill: int) -> np.ndarray:
    return np.array([x[k - by] if 0 <= k - by < len(x) else np.full(x.shape[1:], fill) for k in range(len(x))], x.dtype).reshape(x.shape)


_PLACES = np.array([[2, 0, 0, 2], [1, 1, 0, 0]])
_PARTS = [  # what derivatives are made of
    *[row(f"recurrence, backwards {back}", lambda x, a, back=back: Recurrence(0, back)(x, a),
          lambda x, a, back=back: _recurrence(x, a, back), [((4, 2),) * 2, ((3,),) * 2, ((0, 2),) * 2, ((1, 3),) * 2],
          dtypes=("float64", "float32", "complex128"), slopes=None) for back in (False, True)],
    row("shift", lambda x: [Shift(0, 1, 1)(x), Shift(0, -2)(x)], lambda x: [_shifted(x, 1, 1), _shifted(x, -2, 0)],
        [((4, 2),), ((1,),), ((0, 2),)], dtypes=("float64", "float32", "complex64"), slopes=None),
    row("place of a running extreme", lambda x: [CumPlace(0, "max")(x), CumPlace(1, "min")(x)],
        lambda x: [np.array([[np.argmax(x[: i + 1, j]) for j in range(x.shape[1])] for i in range(len(x))]).reshape(x.shape),
                   np.array([[np.argmin(x[i, : j + 1]) for j in range(x.shape[1])] for i in range(len(x))]).reshape(x.shape)],
        [((3, 4),), ((5, 2),)], dtypes=ORDERED),
    row("take along", lambda x, places: TakeAlong(0)(x, places), lambda x, places: np.take_along_axis(x, places, 0), [((3, 4),)],
        dtypes=("float64", "int32", "complex64"), beside=[_PLACES], slopes=(0,)),
    row("take ordered", lambda x, ranks: TakeOrdered(0)(x, ranks), lambda x, ranks: np.take_along_axis(np.sort(x, 0), ranks, 0), [((3, 4),)],
        dtypes=("float64", *ORDERED), beside=[_PLACES], slopes=(0,)),
    row("places of ranks", lambda x, ranks: TakeOrdered(0, True)(x, ranks),
        lambda x, ranks: np.take_along_axis(np.argsort(x, 0, kind="stable"), ranks, 0), [((3, 4),)], dtypes=("float64", "int32", "uint8"),
        beside=[_PLACES], flat=False),
    row("add along", lambda x, places: AddAlong(0)(x, places, 3),
        lambda x, places: np.array([[sum(x[i, j] for i in range(2) if places[i, j] == k) for j in range(4)] for k in range(3)], x.dtype),
        [((2, 4),)], dtypes=("float64", "int32", "complex64"), beside=[_PLACES], slopes=(0,)),
]
ROWS = [
    *_PARTS,
    row("sort", _last(T.sort), _last(np.sort), [*_PLAIN, ((70,),)], dtypes=("float64", *ALL), slopes=None, small=((4, 3),)),
    row("sort along axes", _axes(T.sort), _axes(np.sort), _SOME, slopes=None, small=_SMALL),
    row("argsort", _last(T.argsort), _last(_stable), [*_PLAIN, ((70,),)], dtypes=("float64", *ALL), small=_SMALL),
    row("argsort along axes", _axes(T.argsort), _axes(_stable), _SOME, small=_SMALL),
    row("topk", lambda x: [T.topk(x, 2, axis=0), T.topk(x, -2, axis=1)], lambda x: [_top(2)(x, 0), _top(-2)(x, 1)],
        [((3, 5),), ((70, 2),)], dtypes=ORDERED, slopes=None, small=_SMALL),
    *[row(f"topk_and_argtopk {k}", lambda x, k=k: T.topk_and_argtopk(x, k, axis=0, idx_dtype="int32"), _top_places(k),
          [((5, 3),), ((40, 2),)], dtypes=("float64", "int8", "float32"), slopes=None, small=((4, 2),)) for k in (3, -1)],
    row("cumsum", _last(T.cumsum), _last(_running(np.add)), _PLAIN, dtypes=_NUMBERS, slopes=None, small=_SMALL, looser=_RUNNING),
    row("cumsum along axes", _axes(T.cumsum), _axes(_running(np.add)), _SHAPES, slopes=None, small=((2, 3, 2),)),
    row("cumsum of bool", _axes(T.cumsum), _axes(np.cumsum), _PLAIN, dtypes=("bool",)),
    row("cumprod", _last(T.cumprod), _last(_running(np.multiply)), _PLAIN, dtypes=_NUMBERS, slopes=None, small=_SMALL,
        domain=(0.6, 1.4), looser=_RUNNING),
    row("cumprod along axes", _axes(T.cumprod), _axes(_running(np.multiply)), _SOME, slopes=None, small=((2, 3, 2),)),
    row("cummax", _last(T.cummax), _last(_running(np.maximum)), _PLAIN, dtypes=ORDERED, slopes=None, small=_SMALL),
    row("cummin", _axes(T.cummin), _axes(_running(np.minimum)), _SOME, dtypes=("float64", "int32"), slopes=None, small=_SMALL),
    row("logcumsumexp", _axes(T.logcumsumexp), _axes(_log), _SOME, dtypes=("float64", *FLOAT), slopes=None, small=_SMALL,
        looser={"float16": 2e-2}),
]
