"""Searching, counting and sets in the table of all ops: numpy's own functions on variables."""

from __future__ import annotations

import numpy as np
from cases import ORDERED, row, sizes
from rows_arrange import both

import symgraph.tensor as T

_EDGES = np.array([-2.0, -0.5, 0.0, 1.0, 2.5])
_PLACES = np.array([3, 1, 0, 2, 4])
_LABELS = np.array([3, 1, 0, 1, 5])
REAL = ("float64", "float32", "int32", "uint8", "bool", "float16")

SEARCHED = [
    both(
        "searchsorted",
        lambda v, x: [np.searchsorted(x, v), np.searchsorted(x, v, side="right"), np.searchsorted(x[:1], v), np.searchsorted(x[:0], v)],
        [((3, 4),), ((),), ((0,),)],
        dtypes=ORDERED,
        beside=[_EDGES],
        slopes=(),
    ),
    both(
        "searchsorted in integers",
        lambda v, x: [np.searchsorted(x, v), np.searchsorted(x, v, "right")],
        [((20,),)],
        dtypes=("int64", "uint8", "float32", "int8"),
        domain=(0, 9),
        beside=[np.array([1, 3, 3, 3, 7], "int16")],
        slopes=(),
    ),
    both(
        "searchsorted by a sorter",
        lambda v, x, k: [np.searchsorted(x, v, sorter=k), np.searchsorted(x, v, "right", k)],
        [((5,),)],
        beside=[_EDGES[np.argsort(_PLACES)], _PLACES],
        slopes=(),
        flat=False,
    ),
    row(
        "searchsorted with NaN",
        lambda x, v: [T.searchsorted(x, v), T.searchsorted(x, v, "right"), T.searchsorted(x[:2], v)],
        lambda x, v: [np.searchsorted(x, v), np.searchsorted(x, v, "right"), np.searchsorted(x[:2], v)],
        [()],
        beside=[np.array([0.0, np.inf, np.nan, np.nan]), np.array([np.nan, np.inf, -np.inf, 0.0])],
    ),
    both(
        "digitize",
        lambda v, x: [np.digitize(v, x), np.digitize(v, x, right=True), np.digitize(v, x[::-1]), np.digitize(v, x[::-1], True)],
        [((3, 4),), ((),), ((0,),)],
        dtypes=REAL,
        beside=[_EDGES],
        slopes=(),
    ),
]
COUNTED = [
    row(
        "bincount",
        lambda i, n: [T.bincount(k, minlength=least) for k in (i, i.astype("uint8"), i[:0]) for least in (0, 9, n)],
        lambda i, n: [np.bincount(k, minlength=least) for k in (i, i, i[:0]) for least in (0, 9, int(n))],
        [()],
        beside=[_LABELS, *sizes(4)],
    ),
    row(
        "bincount with weights",
        lambda w, i: [np.bincount(i, w), np.bincount(i, weights=w, minlength=8)],
        lambda w, i: [np.bincount(i, w), np.bincount(i, weights=w, minlength=8)],
        [((5,),)],
        dtypes=("float64", "int32"),
        beside=[_LABELS],
        slopes=(0,),
    ),
    both(
        "histogram",
        lambda x, e: [
            *np.histogram(x), *np.histogram(x, 4), *np.histogram(x, e), *np.histogram(x, 3, range=(-1, 2)), *np.histogram(x, e, density=True),
            *np.histogram(x, 5, range=(1, 1)),
        ],
        [((3, 4),), ((1,),), ((0,),)],
        beside=[_EDGES],
        slopes=(),
        flat=False,
    ),
    both(
        "histogram of integers",
        lambda x: [*np.histogram(x), *np.histogram(x, 4)],
        [((20,),)],
        dtypes=("int64", "uint8"),
        domain=(0, 20),
        slopes=(),
    ),
    row(
        "histogram with weights",
        lambda w, x, e: [np.histogram(x, e, weights=w)[0], np.histogram(x, 3, weights=w, density=True)[0]],
        lambda w, x, e: [np.histogram(x, e, weights=w)[0], np.histogram(x, 3, weights=w, density=True)[0]],
        [((6,),)],
        domain=(0.5, 2.0),
        beside=[np.array([-1.0, 0.0, 0.3, 2.5, 2.6, 0.9]), _EDGES],
        slopes=(0,),
    ),
]
SETS = [
    both(
        "unique",
        lambda x: [np.unique(x[:1]), np.unique(np.concatenate([x, x[::-1]])), np.unique(x, axis=1), np.unique(np.concatenate([x, x]), axis=0)],
        [((2, 3),), ((1, 4),)],
        dtypes=("float64", "float32", "int8", "bool", "complex128"),
    ),
    both(
        "unique with places",
        lambda x: [
            *np.unique(x, True, True, True), *np.unique(x, return_counts=True)[1:], *np.unique(x, return_inverse=True, axis=0)[1:],
            *np.unique(x, return_index=True, axis=1)[1:],
        ],
        [((3, 4),), ((1, 2),)],
        dtypes=("int8", "bool", "float64"),
        domain=(0, 3),
        slopes=(),
    ),
    both(
        "isin",
        lambda x, y: [np.isin(x, y), np.isin(x, y[:0]), np.isin(x, [1, 2], invert=True), np.isin(y, x)],
        [((3, 4), (5,)), ((0,), (2,)), ((), (1,))],
        dtypes=("int64", "int8", "float64", "bool"),
        domain=(0, 5),
        slopes=(),
    ),
    both(
        "sets",
        lambda x, y: [f(x, y) for f in (np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d)],
        [((7,), (2, 3)), ((0,), (3,))],
        dtypes=("int64", "int8", "float64"),
        domain=(0, 6),
        slopes=(),
        flat=False,
    ),
]
ROWS = [*SEARCHED, *COUNTED, *SETS]
