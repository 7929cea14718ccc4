"""Arrays turned, spaced, laid out as grids, joined, cut and edited, in the table of all ops: numpy's own functions on variables."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL

NUMBERS = ("float64", "float32", "int32", "complex128")
_VECTORS = [((5,),), ((1,),), ((0,),)]
_MATRICES = [((3, 4),), ((1, 4),), ((4, 1),), ((0, 3),)]
_TWO = [((2, 3), (2, 3)), ((2, 1), (2, 1)), ((0, 3), (0, 3))]


def both(name: str, use: Any, shapes: Any, **options: Any) -> Any:
    """A row where numpy's functions are called on the variables as they are on the arrays."""
    options.setdefault("slopes", None)
    return row(name, use, use, shapes, **options)


TURNED = [
    both("diagflat", lambda x: [np.diagflat(x), np.diagflat(x, -2)], [((2, 2),), ((),), ((0,),)], dtypes=FEW),
    both(
        "flip",
        lambda x: [np.flip(x), np.flip(x, 0), np.flip(x, (0, -1)), np.fliplr(x), np.flipud(x)],
        [*_MATRICES, ((2, 3, 2),)],
        dtypes=("float64", *ALL),
    ),
    both("rot90", lambda x: [np.rot90(x, k) for k in range(-1, 4)] + [np.rot90(x, 1, (1, 0))], [*_MATRICES, ((2, 3, 2),)], dtypes=FEW),
    both("rollaxis", lambda x: [np.rollaxis(x, 2), np.rollaxis(x, 1, 3), np.rollaxis(x, -1, -2), np.moveaxis(x, 0, -1)], [((2, 3, 4),)]),
    both(
        "roll along several axes",
        lambda x: [np.roll(x, (1, -2), (0, 1)), np.roll(x, 1, (0, 1)), np.roll(x, (1, 2), 1), np.roll(x, (1, 2), (0, 0))],
        _MATRICES,
        dtypes=FEW,
    ),
    both(
        "atleast",
        lambda x: [np.atleast_1d(x), np.atleast_2d(x), np.atleast_3d(x), *np.atleast_2d(x, x)],
        [((),), ((3,),), ((2, 3),), ((1, 2, 3, 1),)],
        dtypes=FEW,
    ),
    both("broadcast arrays", lambda x, y: list(np.broadcast_arrays(x, y)), [((2, 1), (3,)), ((1, 3), (2, 1)), ((), (2,)), ((0,), (1,))]),
]
SPACED = [
    both(
        "linspace",
        lambda x, y: [
            np.linspace(x, y, 5), np.linspace(x, y, 4, endpoint=False), np.linspace(x, y, 1), np.linspace(x, y, 0),
            np.linspace(x, y, 3, axis=-1), *np.linspace(x, y, 3, retstep=True),
        ],
        [((), ()), ((2,), (2,)), ((2, 1), (3,))],
        dtypes=("float64", "complex128"),
    ),
    both("linspace of float32", lambda x, y: [np.linspace(x, y, 5, dtype=x.dtype)], [((), ())], dtypes=("float32",), tolerance=1e-6),
    both(
        "logspace, geomspace",
        lambda x, y: [np.logspace(x, y, 4), np.logspace(x, y, 3, base=2.0), np.geomspace(x, y, 5), np.geomspace(-x, -y, 3, endpoint=False)],
        [((), ()), ((2,), (2,))],
        domain=(0.5, 2.0),
    ),
    row(
        "windows",
        lambda n: [w(k) for w in (T.bartlett, T.hanning, T.hamming, T.blackman) for k in (n, n - 4, n - 5)],
        lambda n: [w(k) for w in (np.bartlett, np.hanning, np.hamming, np.blackman) for k in (int(n), int(n) - 4, int(n) - 5)],
        [()],
        beside=sizes(5),
    ),
    row(
        "kaiser",
        lambda b, n: [T.kaiser(n, b), T.kaiser(n - 5, b)],
        lambda b, n: [np.kaiser(int(n), b), np.kaiser(int(n) - 5, b)],
        [((),)],
        beside=sizes(6),
        slopes=(0,),
        domain=(1.0, 5.0),
    ),
]
GRIDS = [
    both(
        "meshgrid",
        lambda x, y: [*np.meshgrid(x, y), *np.meshgrid(x, y, indexing="ij"), *np.meshgrid(x, y, sparse=True), *np.meshgrid(x, y, x)],
        [((2,), (3,)), ((1,), (2,)), ((0,), (2,))],
        dtypes=FEW,
    ),
    row(
        "indices",
        lambda n: [T.indices((n, 2)), T.indices((n,), dtype="int32"), *T.indices((2, n), sparse=True), *T.mgrid[0:3, 1:n]],
        lambda n: [
            np.indices((int(n), 2)), np.indices((int(n),), dtype="int32"), *np.indices((2, int(n)), sparse=True), *np.mgrid[0:3, 1 : int(n)],
        ],
        [()],
        beside=sizes(3),
    ),
    row(
        "a grid of so many points",
        lambda x: [*T.mgrid[-1:1:5j, 0:3:4j], *T.ogrid[0:1:3j, 0:2], T.mgrid[0:1:3j]],
        lambda x: [*np.mgrid[-1:1:5j, 0:3:4j], *np.ogrid[0:1:3j, 0:2], np.mgrid[0:1:3j]],
        [((),)],
    ),
    row(
        "triangle indices",
        lambda n: [*T.tril_indices(n), *T.triu_indices(n, 1, 4), *T.tril_indices(3, n - 4, 5), *T.triu_indices(3, -1), *T.diag_indices(n)],
        lambda n: [
            *np.tril_indices(int(n)), *np.triu_indices(int(n), 1, 4), *np.tril_indices(3, int(n) - 4, 5), *np.triu_indices(3, -1),
            *np.diag_indices(int(n)),
        ],
        [()],
        beside=sizes(3),
    ),
    both(
        "indices of a triangle of",
        lambda x: [*np.tril_indices_from(x), *np.triu_indices_from(x, 1)],
        [((3, 4),), ((4, 3),), ((0, 2),)],
        dtypes=FEW,
        slopes=(),
    ),
    both(
        "read a triangle, a block",
        lambda x: [x[np.triu_indices_from(x)], x[(T if isinstance(x, T.TensorVariable) else np).ix_([1, 0], [True, False, True])]],
        [((3, 3),)],
        dtypes=FEW,
    ),
    both(
        "unravel index",
        lambda i: [*np.unravel_index(i, (2, 3, 4)), *np.unravel_index(i, (4, 6), order="F"), *np.unravel_index(i, (30,))],
        [((2, 3),), ((),), ((0,),)],
        dtypes=("int64", "int8", "uint8"),
        domain=(0, 23),
        slopes=(),
    ),
    row(
        "unravel index by values",
        lambda i, n: [*T.unravel_index(i, (n, 3)), *T.unravel_index(i, T.stack([n, n * 2]), ndim=2)],
        lambda i, n: [*np.unravel_index(i, (int(n), 3)), *np.unravel_index(i, (int(n), 2 * int(n)))],
        [()],
        beside=[np.array([0, 5, 3]), *sizes(2)],
    ),
    both(
        "ravel multi index",
        lambda i, j: [
            np.ravel_multi_index((i, j), (5, 7)), np.ravel_multi_index((i, j), (5, 7), order="F"),
            np.ravel_multi_index((i + 9, j - 9), (5, 7), mode="wrap"), np.ravel_multi_index((i + 9, j - 9), (5, 7), mode=("wrap", "clip")),
        ],
        [((3,), (3,)), ((2, 1), (3,)), ((), ()), ((0,), (0,))],
        dtypes=("int64", "int32", "int8"),
        domain=(0, 4),
        slopes=(),
    ),
]
DIFFERENCES = [
    both(
        "diff",
        lambda x: [np.diff(x), np.diff(x, 2), np.diff(x, axis=0), np.diff(x, 0), np.diff(x, prepend=x[..., :1], append=x[..., :1] * 2)],
        [((3, 4),), ((1, 4),), ((2, 1),), ((2, 3, 2),)],
        dtypes=NUMBERS,
    ),
    both("diff of bools", lambda x: [np.diff(x), np.diff(x, 2)], [((5,),)], dtypes=("bool",), slopes=()),
    both("ediff1d", lambda x: [np.ediff1d(x), np.ediff1d(x, to_end=x[:1], to_begin=[1, 2])], [((2, 3),), ((4,),), ((1,),)], dtypes=NUMBERS),
]
STATISTICS = [
    both(
        "average",
        lambda x, w: [
            np.average(x), np.average(x, 0), np.average(x, weights=w), np.average(x, 1, w), np.average(x, 0, w[:, 0]),
            *np.average(x, 0, w, returned=True), np.average(x, 1, w[0], keepdims=True), np.average(x, 1, returned=True)[0],
        ],
        [((2, 3), (2, 3))],
        dtypes=("float64", "complex128"),
        domain=(0.5, 2.0),
        tolerance=1e-10,
    ),
    both(
        "cov",
        lambda x, y: [np.cov(x), np.cov(x, y), np.cov(x.T, rowvar=False), np.cov(x, ddof=0), np.cov(x, bias=True), np.cov(x[0])],
        [((2, 4), (3, 4))],
        dtypes=("float64", "complex128", "int32"),
        tolerance=1e-10,
    ),
    both(
        "cov with weights",
        lambda x: [
            np.cov(x, fweights=[1, 2, 3, 1]), np.cov(x, aweights=[0.5, 1.0, 2.0, 0.25], fweights=[1, 2, 3, 1]),
            np.cov(x, aweights=[1.0, 2, 3, 4], ddof=0),
        ],
        [((2, 4),)],
        tolerance=1e-10,
    ),
    both("corrcoef", lambda x: [np.corrcoef(x), np.corrcoef(x, x[:1] ** 2)], [((3, 5),)], dtypes=("float64", "complex128"), tolerance=1e-10),
    both(
        "count_nonzero",
        lambda x: [np.count_nonzero(x, 0), np.count_nonzero(x, 1, keepdims=True)],
        _MATRICES,
        dtypes=ALL,
        domain=(-1, 1),
        slopes=(),
    ),
    both(
        "nan_to_num",
        lambda x: [np.nan_to_num(x), np.nan_to_num(x, nan=2.5, posinf=9.0)],
        [((3,),), ((0, 2),)],
        dtypes=("float64", "float32", "complex64"),
    ),
    row(
        "nan_to_num of such",
        lambda *bad: [np.nan_to_num(x, nan=v, posinf=p) for x in bad for v, p in ((0.0, None), (2.5, 9.0))],
        lambda *bad: [np.nan_to_num(x, nan=v, posinf=p) for x in bad for v, p in ((0.0, None), (2.5, 9.0))],
        [()],
        beside=[np.array([np.nan, np.inf, -np.inf, 1.0], dtype) for dtype in ("float64", "float32", "float16", "complex64")] + [np.arange(3)],
    ),
]
ROWS = [*TURNED, *SPACED, *GRIDS, *DIFFERENCES, *STATISTICS]
