"""Indexing in the table of all ops: parts read, set and added to, by integers, slices, arrays and masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL

_REPEATED = np.array([0, 2, 2, -1])
_TABLE = np.array([[1, 0], [2, 2]], "int8")
_MASK = np.array([True, False, True])
_MATRIX_MASK = np.array([[True, False, True, False], [False, False, False, False], [True, True, False, True]])
_KEYS: list[Any] = [
    (0,),
    (-1, 2),
    (slice(1, None),),
    (slice(None, None, -1), slice(0, 3, 2)),
    (Ellipsis, -2),
    (None, slice(2, 0, -1), None, 1),
    (slice(5, 9),),
    (slice(-2, None), slice(-9, 2)),
]


def _read(x: Any) -> list[Any]:
    return [x[key] for key in _KEYS]


def _parts(*keys: Any) -> Any:
    return lambda x: [x[key] for key in keys]


def _changed(sets: bool, key: Any) -> Any:
    """(what symgraph, what numpy) makes of x with y put at, or added to, x[key(indices)]."""
    change = T.set_subtensor if sets else T.inc_subtensor

    def build(x: Any, y: Any, *indices: Any) -> Any:
        return change(x[key(*indices)], y)

    def wanted(x: Any, y: Any, *indices: Any) -> Any:
        out = x.copy()
        if sets:
            out[key(*indices)] = y
        else:
            np.add.at(out, key(*indices), y)
        return out

    return build, wanted


def _choose(module: Any, a: Any, x: Any) -> Any:
    return T.choose(a, x) if module is T else np.choose(a, list(x))


def _nonzero(x: np.ndarray) -> list[np.ndarray]:
    return [*np.nonzero(x), np.flatnonzero(x), x[np.nonzero(x)]]


READ = [
    row("read by integers and slices", _read, _read, [((3, 4),), ((5, 3),), ((3, 4, 2),)], dtypes=("float64", *ALL), slopes=None),
    row(
        "read of nothing",
        _parts(slice(1, None), (slice(None), 0), (slice(0, 0), slice(None, None, -2))),
        _parts(slice(1, None), (slice(None), 0), (slice(0, 0), slice(None, None, -2))),
        [((0, 3),), ((1, 2),)],
        slopes=None,
        small=((2, 3),),
    ),
    row(
        "read an element",
        lambda x, i: [x[2], x[i], x[-1], x[i - 2]],
        lambda x, i: [x[2], x[i], x[-1], x[i - 2]],
        [((3,),), ((4,),)],
        dtypes=("float64", *ALL),
        beside=sizes(1),
        slopes=(0,),
    ),
    row(
        "read by values",
        lambda x, i, j, k: [x[i:], x[:j, i], x[j:i:k], x[i:j, ::k], x[..., -i:], x[None, j]],
        lambda x, i, j, k: [x[i:], x[:j, i], x[j:i:k], x[i:j, ::k], x[..., -i:], x[None, j]],
        [((4, 4),), ((3, 5),), ((3, 2, 2),)],
        dtypes=FEW,
        beside=sizes(1, 2, -1),
        slopes=(0,),
    ),
    row(
        "read far outside",
        lambda x, i, j: [x[i:j], x[j:i], x[j:i:-2], x[i::-1]],
        lambda x, i, j: [x[i:j], x[j:i], x[j:i:-2], x[i::-1]],
        [((3,),), ((0,),), ((1, 2),)],
        beside=sizes(-7, 100),
        slopes=(0,),
        small=((3,),),
    ),
    row(
        "read by an array",
        lambda x, i, m: [x[i], x[:, i], x[m], x[i, 1:]],
        lambda x, i, m: [x[i], x[:, i], x[m], x[i, 1:]],
        [((3, 4),), ((3, 3, 2),)],
        dtypes=("float64", *ALL),
        beside=[_REPEATED, _TABLE],
        slopes=(0,),
    ),
    row(
        "read by two arrays",
        lambda x, i, m: [x[i[:2], m], x[i[:2], :, 0], x[0, :, i[:2]], x[m, None, i[1:3]], x[m, i[0]]],
        lambda x, i, m: [x[i[:2], m], x[i[:2], :, 0], x[0, :, i[:2]], x[m, None, i[1:3]], x[m, i[0]]],
        [((3, 3, 4),)],
        dtypes=FEW,
        beside=[_REPEATED, _TABLE],
        slopes=(0,),
    ),
    row(
        "read by lists",
        lambda x: [x[[0, 2, 0]], x[[[1, -1]], [2]], x[[]]],
        lambda x: [x[[0, 2, 0]], x[[[1, -1]], [2]], x[[]]],
        [((3, 4),)],
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "read by a mask",
        lambda x, m, n: [x[m], x[:, :3][n[:, :3]], x[n], x[m, 1:]],
        lambda x, m, n: [x[m], x[:, :3][n[:, :3]], x[n], x[m, 1:]],
        [((3, 4),)],
        dtypes=FEW,
        beside=[_MASK, _MATRIX_MASK],
        slopes=(0,),
    ),
    row(
        "read where it is true",
        lambda x: [x[x > 0], x[(x > 0).nonzero()]],
        lambda x: [x[x > 0], x[(x > 0).nonzero()]],
        [((3, 4),), ((5,),), ((0, 2),)],
        dtypes=("float64", "float32", "int8"),
        slopes=None,
    ),
    row(
        "take",
        lambda x, i, m: [T.take(x, i, axis=0), T.take(x, m), T.take(x, m, axis=-1), T.take(x, i[0], axis=1), x.take([2, 0], axis=0)],
        lambda x, i, m: [np.take(x, i, 0), np.take(x, m), np.take(x, m, -1), np.take(x, i[0], 1), x.take([2, 0], 0)],
        [((3, 4),), ((3, 3, 2),)],
        dtypes=FEW,
        beside=[_REPEATED, _TABLE.clip(0, 1)],
        slopes=(0,),
    ),
    row(
        "take outside",
        lambda x, i: [T.take(x, i, mode="wrap"), T.take(x, i, axis=0, mode="clip")],
        lambda x, i: [np.take(x, i, mode="wrap"), np.take(x, i, axis=0, mode="clip")],
        [((3, 4),), ((1, 2),)],
        dtypes=FEW,
        beside=[np.array([-5, 0, 7])],
        slopes=(0,),
    ),
    row(
        "choose",
        lambda x, a: [_choose(T, a, x), T.choose(a + 9, x, mode="wrap"), T.choose(a - 3, x, mode="clip")],
        lambda x, a: [_choose(np, a, x), np.choose(a + 9, list(x), mode="wrap"), np.choose(a - 3, list(x), mode="clip")],
        [((3, 2, 2),), ((3, 1, 2),), ((3, 2),)],
        dtypes=FEW,
        beside=[_TABLE],
        slopes=(0,),
    ),
    row(
        "compress",
        lambda x, m: [T.compress(m, x, axis=0), T.compress(m, x)],
        lambda x, m: [np.compress(m, x, axis=0), np.compress(m, x)],
        [((3, 4),), ((4, 1),)],
        dtypes=FEW,
        beside=[_MASK],
        slopes=(0,),
    ),
    row(
        "nonzero",
        lambda x: [*T.nonzero(x), T.flatnonzero(x), T.nonzero_values(x)],
        _nonzero,
        [((3, 4),), ((5,),), ((0, 2),), ((1, 1, 3),)],
        dtypes=ALL[::-1],
        domain=(-1.0, 2.0),
    ),
]
_CHANGES: dict[str, tuple[Any, tuple[Any, ...], list[Any]]] = {
    "a row": (lambda: 1, (), [((3, 4), (4,)), ((3, 4), (1,)), ((3, 4), ()), ((2, 2, 3), (2, 3)), ((2, 1), (1,))]),
    "an element": (lambda: (-1, 2), (), [((3, 4), ()), ((2, 3), ())]),
    "a slice": (lambda: (slice(1, None), slice(None, None, -2)), (), [((3, 4), (2, 2)), ((3, 4), (2, 1)), ((3, 4), ()), ((1, 4), (0, 2))]),
    "a slice by values": (lambda i, j: (slice(i, j), i), tuple(sizes(1, 3)), [((4, 2), (2,)), ((3, 2), ()), ((2, 2), (1,))]),
    "a part that is empty": (lambda i: slice(i, 0), tuple(sizes(2)), [((3,), (0,)), ((3,), ())]),
    "places": (lambda i: i, (np.array([0, 3, -2]),), [((4, 2), (3, 2)), ((5,), (3,)), ((4, 3), (1, 3)), ((4, 2), ())]),
    "places of two": (
        lambda i, m: (i, slice(None), m),
        (np.array([1, 0]), np.array([[0], [2]])),
        [((2, 2, 3), (2, 2, 2)), ((2, 1, 3), ())],
    ),
    "places of a mask": (lambda m: m, (_MASK,), [((3, 2), (2, 2)), ((3,), (2,)), ((3, 2), ())]),
}


def _change(sets: bool, what: str, key: Any, indices: tuple[Any, ...], shapes: list[Any]) -> Any:
    """Nothing is added to bools."""
    dtypes = ("float64", *ALL) if what in ("a slice", "places") else FEW
    dtypes = tuple(dtype for dtype in dtypes if sets or dtype != "bool")
    return row(f"{'set' if sets else 'add to'} {what}", *_changed(sets, key), shapes, dtypes=dtypes, beside=indices, slopes=(0, 1))


CHANGED = [
    *[_change(sets, what, *parts) for what, parts in _CHANGES.items() for sets in (True, False)],
    row(
        "add to places that stand twice",
        *_changed(False, lambda i: i),
        [((4, 2), (4, 2)), ((4,), ()), ((3, 1), (4, 1)), ((3, 2), (1, 2))],
        dtypes=("float64", "float32", "float16", "int32", "complex64"),
        beside=[_REPEATED],
        slopes=(0, 1),
    ),
    row(
        "set in another dtype",
        lambda x, y: [T.set_subtensor(x[1:], y), T.inc_subtensor(x[:2], y)],
        lambda x, y: [np.concatenate([x[:1], y.astype(x.dtype)]), np.concatenate([x[:2] + y.astype(x.dtype), x[2:]])],
        [((3,),)],
        dtypes=("float64", "float32", "int64", "complex64"),
        beside=[np.array([4, -5], "int8")],
        slopes=(0,),
    ),
]
ROWS = [*READ, *CHANGED]
