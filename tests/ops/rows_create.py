"""Making of arrays in the table of all ops: new ones, diagonals, borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL
from symgraph.ops.diagonal import AllocDiag
from symgraph.ops.pad import Unpad

_MATRICES = [((3, 4),), ((0, 3),), ((1, 4),), ((1, 1),)]
_ANY = [((3, 4),), ((),), ((5,),), ((0, 2),), ((1, 3),), ((2, 1, 3),)]


def _pads(mode: str, x: Any, a: Any, b: Any) -> Any:
    return np.pad(x, [(int(a), int(b)), (1, 2)], mode=mode)


def _diagonal_of(offset: int) -> Any:
    def build(v: Any, n: Any, m: Any) -> Any:
        return AllocDiag(offset)(v, n, m)

    return build


def _on_diagonal(offset: int) -> Any:
    def wanted(v: Any, n: Any, m: Any) -> Any:
        out = np.zeros((int(n), int(m)), v.dtype)
        k = np.arange(len(v))
        out[k + max(-offset, 0), k + max(offset, 0)] = v
        return out

    return wanted


def _fill_diagonal(x: Any, value: Any) -> Any:
    out = x.copy()
    np.fill_diagonal(out, value)
    return out


def _fill_offset(x: Any, value: Any) -> Any:
    out = x.copy()
    rows, columns = np.indices(x.shape)
    out[columns - rows == 1] = value
    return out


def _unpadded(g: Any, n: Any, a: Any, b: Any) -> Any:
    """What numpy.pad copied, added back where it came from."""
    places = np.pad(np.arange(int(n)), (int(a), int(b)), mode="reflect")
    out = np.zeros((int(n), g.shape[1]), g.dtype)
    for row_of_g, place in zip(g, places):
        out[place] = out[place] + row_of_g
    return out


NEW = [
    row(
        "alloc",
        lambda x, n: [T.alloc(x, 2, 3), T.alloc(x, n, 2, 3)],
        lambda x, n: [np.broadcast_to(x, (2, 3)).copy(), np.broadcast_to(x, (int(n), 2, 3)).copy()],
        [((1, 3),), ((),), ((3,),), ((2, 1),), ((2, 3),)],
        dtypes=("float64", *ALL),
        beside=sizes(4),
        slopes=(0,),
    ),
    row(
        "alloc of nothing",
        lambda x, n: [T.alloc(x, n), T.alloc(x, 3, n)],
        lambda x, n: [np.zeros(0), np.zeros((3, 0))],
        [((),), ((1,),)],
        beside=sizes(0),
        slopes=(0,),
    ),
    row(
        "zeros and ones like",
        lambda x: [T.zeros_like(x), T.ones_like(x), T.full_like(x, 1), T.zeros_like(x, dtype="float32")],
        lambda x: [np.zeros_like(x), np.ones_like(x), np.full_like(x, 1), np.zeros_like(x, "float32")],
        _ANY,
        dtypes=FEW,
        small=((2, 3),),
    ),
    row(
        "zeros, ones, full",
        lambda n: [T.zeros((n, 2)), T.ones(n, "int8"), T.full((n, 1), 2.5)],
        lambda n: [np.zeros((int(n), 2)), np.ones(int(n), "int8"), np.full((int(n), 1), 2.5, "float32")],
        [()],
        beside=sizes(3),
    ),
    row(
        "arange",
        lambda a, b, c: [T.arange(b), T.arange(a, b), T.arange(b, a, -c), T.arange(a, b, c, dtype="float32")],
        lambda a, b, c: [np.arange(b), np.arange(a, b), np.arange(b, a, -c), np.arange(a, b, c, dtype="float32")],
        [()],
        beside=sizes(-2, 7, 3),
    ),
    row(
        "arange, none", lambda a, b: [T.arange(a, b), T.arange(b)], lambda a, b: [np.arange(a, b), np.arange(b)], [()], beside=sizes(2, -2)
    ),
    row(
        "arange of floats",
        lambda a, c: [T.arange(a, a + 1.9, 0.25 * a / a), T.arange(a, a + 0.9 * c, c / 4)],
        lambda a, c: [np.arange(8) * 0.25 + a, a + np.arange(4) * c / 4],
        [((), ())],
        domain=(1.0, 1.5),
        slopes=None,
    ),
    row(
        "eye, tri",
        lambda n, m, k: [T.eye(n), T.eye(n, m, k), T.eye(3, 4, -1, dtype="int32"), T.tri(n, m, k), T.tri(3)],
        lambda n, m, k: [np.eye(n), np.eye(n, m, k), np.eye(3, 4, -1, dtype="int32"), np.tri(n, m, k), np.tri(3)],
        [()],
        beside=sizes(3, 5, 1),
    ),
    row("identity_like", T.identity_like, lambda x: np.eye(*x.shape, dtype=x.dtype), _MATRICES, dtypes=FEW),
    row(
        "grids",
        lambda n: [*T.mgrid[0:n, 1:3], *T.ogrid[0:n, 1:3]],
        lambda n: [*np.mgrid[0 : int(n), 1:3], *np.ogrid[0 : int(n), 1:3]],
        [()],
        beside=sizes(3),
    ),
]
DIAGONALS = [
    row(
        "diagonal",
        lambda x: [T.diagonal(x), T.diagonal(x, 1), T.diagonal(x, -2), T.diag(x, -1)],
        lambda x: [np.diagonal(x), np.diagonal(x, 1), np.diagonal(x, -2), np.diag(x, -1)],
        [((3, 4),), ((1, 1),), ((5, 2),), ((0, 3),)],
        dtypes=("float64", *ALL),
        slopes=None,
    ),
    row(
        "diagonal of many",
        lambda x: [T.diagonal(x, 1, 0, 2), T.diagonal(x, 0, 2, 1)],
        lambda x: [np.diagonal(x, 1, 0, 2), np.diagonal(x, 0, 2, 1)],
        [((2, 3, 4),), ((2, 0, 3),), ((3, 1, 2),)],
        slopes=None,
    ),
    row(
        "diag",
        lambda v: [T.diag(v), T.diag(v, 2), T.diag(v, -1)],
        lambda v: [np.diag(v), np.diag(v, 2), np.diag(v, -1)],
        [((3,),), ((1,),), ((0,),)],
        dtypes=FEW,
        slopes=None,
    ),
    row("diagonal put", _diagonal_of(1), _on_diagonal(1), [((2,),)], dtypes=FEW, beside=sizes(3, 3), slopes=(0,)),
    row("diagonal put below", _diagonal_of(-1), _on_diagonal(-1), [((2,),)], beside=sizes(4, 2), slopes=(0,)),
    row(
        "trace",
        lambda x: [T.trace(x), T.trace(x, 1)],
        lambda x: [np.trace(x), np.trace(x, 1)],
        _MATRICES,
        dtypes=("float64", "float32", "int32", "complex128"),
        slopes=None,
    ),
    row(
        "triangles",
        lambda x, k: [T.tril(x), T.triu(x), T.tril(x, k), T.triu(x, -k)],
        lambda x, k: [np.tril(x), np.triu(x), np.tril(x, int(k)), np.triu(x, -int(k))],
        [((3, 4),), ((2, 3, 2),), ((0, 3),), ((1, 1),), ((4, 1),)],
        dtypes=FEW,
        beside=sizes(1),
        slopes=(0,),
    ),
    row(
        "fill_diagonal",
        T.fill_diagonal,
        _fill_diagonal,
        [((3, 4), ()), ((4, 2), ()), ((1, 1), ()), ((3, 3, 3), ()), ((0, 2), ())],
        dtypes=FEW,
        slopes=None,
        small=((2, 3), ()),
    ),
    row(
        "fill_diagonal_offset",
        lambda x, y: T.fill_diagonal_offset(x, y, 1),
        _fill_offset,
        [((3, 4), ()), ((4, 2), ()), ((1, 1), ())],
        dtypes=FEW,
        slopes=None,
    ),
]
BORDERS = [
    row(
        "pad constant",
        lambda x, a, b, c: T.pad(x, [(a, b), (1, 2)], "constant", c),
        lambda x, a, b, c: np.pad(x, [(int(a), int(b)), (1, 2)], constant_values=c),
        [((3, 4),), ((1, 1),), ((0, 2),)],
        dtypes=("float64", "float32", "complex128"),
        beside=[*sizes(2, 0), np.float64(1.5)],
        slopes=(0, 3),
    ),
    *[
        row(
            f"pad {mode}",
            lambda x, a, b, mode=mode: T.pad(x, [(a, b), (1, 2)], mode),
            lambda x, a, b, mode=mode: _pads(mode, x, a, b),
            [((3, 4),), ((5, 3),), ((4, 6),)],
            dtypes=FEW,
            beside=sizes(2, 1),
            slopes=(0,),
        )
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
    row(
        "unpad",
        lambda g, n, a, b: Unpad("reflect", 0)(g, n, a, b),
        _unpadded,
        [((6, 2),), ((6, 1),)],
        dtypes=("float64", "float32", "complex128"),
        beside=sizes(3, 2, 1),
        slopes=(0,),
    ),
]
ROWS = [*NEW, *DIAGONALS, *BORDERS]
