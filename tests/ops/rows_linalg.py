"""Products of vectors, matrices and arrays in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import row

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL
from symgraph.ops.linalg import BatchedDot, Dot, Gemm
from symgraph.ops.linalg.packed import Packed, PackedDot

_KINDS = ("float64", "float32", "float16", "int32", "uint8", "complex64", "complex128")
_LETTERS = ("float64", "float32", "complex64", "complex128")
_LOOSER = {"float16": 2e-2, "float32": 2e-5, "complex64": 4e-5}


def _dot(x: Any, y: Any) -> Any:
    return np.asarray(np.dot(x.astype("float32"), y.astype("float32")), "float16") if x.dtype == "float16" else np.dot(x, y)


def _turned(flag: bool, x: Any) -> Any:
    return np.swapaxes(x, -1, -2) if flag else x


def _gemm(p: bool, q: bool) -> Any:
    def wanted(z: Any, a: Any, b: Any, alpha: Any, beta: Any) -> Any:
        return beta * z + alpha * (_turned(p, a) @ _turned(q, b))

    return wanted


def _product(
    name: str, build: Any, wanted: Any, *shapes: Any, dtypes: Any = ("float64", "float32", "int32", "complex128"), **options: Any
) -> Any:
    return row(name, build, wanted, shapes, dtypes=dtypes, slopes=None, looser=_LOOSER, tolerance=1e-11, **options)


_FLAGS = [(False, False), (False, True), (True, False), (True, True)]


def _stored(flag: bool, rows: int, columns: int) -> tuple[int, int]:
    return (columns, rows) if flag else (rows, columns)


def _matrices(p: bool, q: bool, *sizes: tuple[int, int, int]) -> list[Any]:
    return [(_stored(p, n, k), _stored(q, k, m)) for n, k, m in sizes]


ROWS = [
    _product(
        "dot",
        T.dot,
        _dot,
        ((3, 4), (4, 2)),
        ((4,), (4,)),
        ((3, 4), (4,)),
        ((4,), (4, 2)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((0,), (0,)),
        ((1, 4), (4, 1)),
        ((1, 1), (1, 5)),
        ((40, 17), (17, 33)),
        dtypes=(*_KINDS, "bool"),
        small=((2, 3), (3, 2)),
    ),
    _product("dot of vectors", T.dot, np.dot, ((5,), (5,)), ((1,), (1,)), ((37,), (37,)), dtypes=("float64", *ALL[1:]), small=((3,), (3,))),
    _product(
        "dot of matrix and vector", T.dot, np.dot, ((3, 4), (4,)), ((1, 4), (4,)), ((5, 1), (1,)), ((33, 20), (20,)), small=((2, 3), (3,))
    ),
    _product("dot of vector and matrix", T.dot, np.dot, ((4,), (4, 3)), ((4,), (4, 1)), ((20,), (20, 33)), small=((3,), (3, 2))),
    _product(
        "dot of many dimensions",
        T.dot,
        np.dot,
        ((2, 3, 4), (4, 2)),
        ((3, 4), (2, 4, 3)),
        ((), (2, 3)),
        ((2, 2, 3), (3,)),
        ((2, 0, 3), (3, 2)),
        small=((2, 2, 2), (3, 2, 1)),
    ),
    *[
        _product(
            f"dot of stored {'transposed' if p else 'as is'}, {'transposed' if q else 'as is'}",
            Dot(p, q),
            lambda x, y, p=p, q=q: _turned(p, x) @ _turned(q, y),
            *_matrices(p, q, (3, 4, 2), (1, 4, 3), (4, 3, 1), (20, 12, 9), (2, 0, 2)),
            dtypes=_LETTERS,
            small=_matrices(p, q, (2, 3, 2))[0],
        )
        for p, q in _FLAGS[1:]
    ],
    *[
        _product(
            f"gemm {p:d}{q:d}",
            Gemm(p, q),
            _gemm(p, q),
            *[
                (_stored(False, n, m), _stored(p, n, k), _stored(q, k, m), (), ())
                for n, k, m in ((3, 4, 2), (1, 5, 3), (4, 2, 1), (20, 12, 9), (2, 0, 3))
            ],
            dtypes=_LETTERS,
            small=((2, 2), _stored(p, 2, 3), _stored(q, 3, 2), (), ()),
        )
        for p, q in _FLAGS
    ],
    _product(
        "gemm of a vector",
        Gemm(),
        _gemm(False, False),
        ((3,), (3, 4), (4,), (), ()),
        ((30,), (30, 21), (21,), (), ()),
        dtypes=_LETTERS,
        small=((2,), (2, 3), (3,), (), ()),
    ),
    *[
        _product(
            f"product with a packed matrix{' transposed' if q else ''}",
            lambda x, y, q=q: PackedDot(q)(x, y, Packed(q)(y, T.shape(x)[0])),
            lambda x, y, q=q: x @ _turned(q, y),
            *_matrices(False, q, (3, 4, 2), (1, 4, 3), (6, 3, 16), (7, 12, 9), (2, 0, 3), (0, 2, 3), (2, 3, 0), (13, 300, 33)),
            dtypes=("float64", "float32"),
            small=_matrices(False, q, (2, 3, 2))[0],
        )
        for q in (False, True)
    ],
    _product(
        "batched_dot",
        T.batched_dot,
        np.matmul,
        ((3, 2, 4), (3, 4, 2)),
        ((1, 2, 3), (1, 3, 1)),
        ((0, 2, 3), (0, 3, 2)),
        ((2, 9, 11), (2, 11, 10)),
        dtypes=("float64", "float32", "int32", "complex128"),
        small=((2, 1, 2), (2, 2, 2)),
    ),
    *[
        _product(
            f"batched_dot {p:d}{q:d}",
            BatchedDot(p, q),
            lambda x, y, p=p, q=q: _turned(p, x) @ _turned(q, y),
            *[((2, *a), (2, *b)) for a, b in _matrices(p, q, (3, 4, 2), (9, 10, 8), (2, 0, 3))],
            dtypes=("float64", "complex64"),
            small=tuple((2, *x) for x in _matrices(p, q, (2, 3, 2))[0]),
        )
        for p, q in _FLAGS[1:]
    ],
    _product(
        "batched_dot of vectors",
        lambda x, y: [T.batched_dot(x, y), T.batched_dot(x, y.dimshuffle(0, 1, "x"))],
        lambda x, y: [np.einsum("ij,ij->i", x, y), np.einsum("ij,ij->i", x, y)[:, None]],
        ((3, 4), (3, 4)),
        ((2, 0), (2, 0)),
        small=((2, 3), (2, 3)),
    ),
    _product(
        "batched_tensordot",
        lambda x, y: T.batched_tensordot(x, y, axes=[[1, 3], [2, 1]]),
        lambda x, y: np.einsum("nijk,nkib->njb", x, y),
        ((2, 3, 2, 4), (2, 4, 3, 2)),
        ((0, 3, 2, 4), (0, 4, 3, 2)),
        small=((2, 2, 1, 2), (2, 2, 2, 2)),
    ),
    _product(
        "matmul",
        lambda x, y: x @ y,
        np.matmul,
        ((3, 4), (4, 2)),
        ((4,), (4,)),
        ((3, 4), (4,)),
        ((4,), (4, 2)),
        ((2, 3, 4), (4, 2)),
        ((2, 3, 4), (4,)),
        ((2, 3, 4), (2, 4, 2)),
        ((2, 1, 3, 4), (3, 4, 2)),
        ((4,), (2, 4, 3)),
        ((3, 4), (2, 4, 2)),
        ((1, 2, 2, 3), (3, 1, 3, 2)),
        small=((2, 1, 2, 2), (2, 2, 1)),
    ),
    _product(
        "tensordot",
        lambda x, y: [T.tensordot(x, y, 2), T.tensordot(x, y, [[2, 1], [1, 0]]), T.tensordot(x, y, [[1], [0]])],
        lambda x, y: [np.tensordot(x, y, 2), np.tensordot(x, y, [[2, 1], [1, 0]]), np.tensordot(x, y, [[1], [0]])],
        ((2, 3, 3), (3, 3)),
        ((2, 1, 1), (1, 1)),
        ((0, 2, 2), (2, 2, 4)),
        small=((2, 2, 2), (2, 2)),
    ),
    _product(
        "outer",
        lambda x, y: [T.outer(x, y), T.tensordot(x, y, 0)],
        lambda x, y: [np.outer(x, y), np.tensordot(x, y, 0)],
        ((3,), (4,)),
        ((0,), (2,)),
        ((1,), (3,)),
        dtypes=_KINDS,
        small=((2,), (3,)),
    ),
    _product(
        "kron",
        T.kron,
        np.kron,
        ((2, 3), (3, 2)),
        ((2, 1), (1, 3)),
        ((3,), (2, 2)),
        ((2, 2), (3,)),
        ((0, 2), (2, 2)),
        small=((2, 1), (2, 2)),
    ),
    _product(
        "matrix_dot",
        T.matrix_dot,
        lambda x, y, z: x @ y @ z,
        ((2, 3), (3, 4), (4, 2)),
        ((1, 2), (2, 1), (1, 3)),
        small=((2, 2), (2, 1), (1, 2)),
    ),
]
