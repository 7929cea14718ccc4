"""Arrays joined, cut and edited after numpy, and elements along an axis, in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes
from rows_arrange import both

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL

_SAME = [((2, 3), (2, 3)), ((0, 3), (0, 3)), ((1, 1), (1, 1))]
_ORDER = np.array([[2, 0, -1, 0], [0, 0, 1, -2], [1, 2, -3, 2]])


def _put(x: Any, y: Any, i: Any, axis: int | None) -> Any:
    out = x.copy()
    np.put_along_axis(out, i, y, axis)
    return out


def _taken(x: Any, i: Any) -> list[Any]:
    take = np.take_along_axis
    return [take(x, i, 0), take(x, i[:, :2], 1), take(x, i[:1], 0), take(x, i[0], None)]


def _one_hot(y: Any, n: int, dtype: str) -> Any:
    return np.eye(n, dtype=dtype)[y]


JOINED = [
    both(
        "hstack, vstack, dstack",
        lambda x, y: [f(z) for f in (np.hstack, np.vstack, np.dstack, np.column_stack) for z in ((x, y), [x[0], y[0]], [x])],
        [((2, 3), (2, 3)), ((1, 2), (1, 2))],
        dtypes=FEW,
    ),
    both("stack numbers", lambda x, y: [f([x, y]) for f in (np.hstack, np.vstack, np.dstack, np.column_stack)], [((), ())], dtypes=FEW),
    both("block", lambda x, y: [np.block([[x, y], [y, x]]), np.block([x, y]), np.block([[x[0]], [y]])], _SAME[:1], dtypes=FEW),
    both("append", lambda x, y: [np.append(x, y), np.append(x, y, 0), np.append(x, y, 1), np.append(x, y[0])], _SAME[:1], dtypes=FEW),
    both(
        "array_split",
        lambda x: [*np.array_split(x, 3), *np.array_split(x, 3, axis=1), *np.array_split(x, [1, 3, 9]), *np.split(x, 2, axis=1)],
        [((5, 4),), ((2, 2),), ((0, 2),)],
        dtypes=FEW,
    ),
    both(
        "hsplit, vsplit, dsplit",
        lambda x: [*np.hsplit(x, 2), *np.vsplit(x, [1, -1]), *np.dsplit(x, 1), *np.hsplit(x[0, :, 0], 2), *np.split(x, 1)],
        [((3, 2, 2),)],
        dtypes=FEW,
    ),
    row(
        "unstack",
        lambda x: T.unstack(x.specify_shape((2, None))) + T.unstack(x.specify_shape((None, 2)), 1),
        lambda x: [x[0], x[1], x[:, 0], x[:, 1]],
        [((2, 2),)],
        slopes=None,
    ),
]
EDITED = [
    both(
        "delete",
        lambda x: [
            np.delete(x, 1), np.delete(x, -1, 0), np.delete(x, [0, 2, 2], 1), np.delete(x, slice(None, None, 2), 1), np.delete(x, [], 0),
            np.delete(x, np.array([True, False, True, False]), 1),
        ],
        [((3, 4),), ((1, 4),)],
        dtypes=FEW,
    ),
    both(
        "insert",
        lambda x: [
            np.insert(x, 1, x[0, 0]), np.insert(x, -1, x[0], 0), np.insert(x, 1, x[:, 0], 1), np.insert(x, 4, x[0] * 2, 0),
            np.insert(x, [1], x[:, :2], 1), np.insert(x, [0, 2, 2], x[:, :3], 1), np.insert(x, [2, -1, 0], x[0, :3]),
        ],
        [((4, 4),)],
        dtypes=FEW,
    ),
    row(
        "insert and delete by values",
        lambda x, i, k: [T.insert(x, i, x[0], 0), T.insert(x, k, x[:2], 0), T.delete(x, i, 1), T.delete(x, k)],
        lambda x, i, k: [np.insert(x, int(i), x[0], 0), np.insert(x, k, x[:2], 0), np.delete(x, int(i), 1), np.delete(x, k)],
        [((3, 4),)],
        beside=[*sizes(2), np.array([3, 0])],
        slopes=(0,),
    ),
    both(
        "trim_zeros",
        lambda x: [np.trim_zeros(x * (x > 0)), np.trim_zeros(x * (x > 0), "f"), np.trim_zeros(x * (x > 0), "b")],
        [((7,),), ((0,),), ((1,),)],
        dtypes=("float64", "float32", "int32"),
    ),
]
_PERMUTATIONS = np.array([[2, 0, 3, 1], [0, 1, 2, 3], [3, 2, 1, 0]])
ALONG = [
    row(
        "take_along_axis",
        _taken,
        _taken,
        [((3, 4),)],
        dtypes=FEW,
        beside=[_ORDER],
        slopes=(0,),
    ),
    row(
        "put_along_axis",
        lambda x, y, i: [T.put_along_axis(x, i, y, 0), T.put_along_axis(x, i[:, :2], y[:, :2], 1), T.put_along_axis(x, i[0], y[0], None)],
        lambda x, y, i: [_put(x, y, i, 0), _put(x, y[:, :2], i[:, :2], 1), _put(x, y[0], i[0], None)],
        [((3, 4), (3, 4))],
        dtypes=FEW,
        beside=[_ORDER],
        slopes=(0, 1),
    ),
    row(
        "permute_row_elements",
        lambda x, i: [T.permute_row_elements(x, i), T.permute_row_elements(x, i, True), T.permute_row_elements(x[0], i)],
        lambda x, i: [np.take_along_axis(x, i, 1), np.take_along_axis(x, np.argsort(i), 1), np.take_along_axis(np.tile(x[:1], (3, 1)), i, 1)],
        [((3, 4),)],
        dtypes=FEW,
        beside=[_PERMUTATIONS],
        slopes=(0,),
    ),
    row(
        "inverse_permutation",
        lambda i: [T.inverse_permutation(i), T.inverse_permutation(i[0])],
        lambda i: [np.argsort(i).astype(i.dtype), np.argsort(i[0]).astype(i.dtype)],
        [()],
        beside=[_PERMUTATIONS],
    ),
    row(
        "to_one_hot",
        lambda i, n: [T.to_one_hot(i, n), T.to_one_hot(i[0], 5, dtype="int8"), T.to_one_hot(i[0, 0], n)],
        lambda i, n: [_one_hot(i, int(n), "float64"), _one_hot(i[0], 5, "int8"), _one_hot(i[0, 0], int(n), "float64")],
        [()],
        beside=[_ORDER, *sizes(4)],
    ),
    both(
        "extract, argwhere",
        lambda x: [np.extract(x > 0, x), np.argwhere(x > 0), np.compress([True, False, True], x, 0), np.flatnonzero(x > 0), *np.where(x > 0)],
        [((3, 4),), ((3, 1),)],
        dtypes=("float64", "float32", "int8"),
        slopes=(),
        flat=False,
    ),
    row(
        "a part set, added to",
        lambda x, y: [x[1:].set(y), x[1:].inc(y), x[[0, 0]].inc(y)],
        lambda x, y: [np.concatenate([x[:1], y]), np.concatenate([x[:1], x[1:] + y]), np.concatenate([x[:1] + y.sum(0), x[1:]])],
        [((3, 2), (2, 2))],
        slopes=None,
    ),
    both(
        "select",
        lambda x: [np.select([x > 1, x < -1], [x * 2, x]), np.select([x > 0], [x], x[0])],
        [((3, 4),), ((1, 2),)],
        dtypes=("float64", "float32"),
    ),
    both("choose by numpy", lambda x: [np.choose([1, 0], [x[0], x[1]])], [((2, 2),)], dtypes=("float64", *ALL)),
]
ROWS = [*JOINED, *EDITED, *ALONG]
