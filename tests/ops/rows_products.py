"""Einstein's sums, products of stacks, matrices of a given structure in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from cases import row

import symgraph.tensor as T
from symgraph.ops.linalg import DiagonalSums

_LOOSER = {"float16": 2e-2, "float32": 2e-5, "complex64": 4e-5}
_FEW = ("float64", "float32", "int32", "complex128")


def _product(name: str, build: Any, wanted: Any, *shapes: Any, dtypes: Any = _FEW, **options: Any) -> Any:
    return row(name, build, wanted, shapes, dtypes=dtypes, slopes=None, looser=_LOOSER, tolerance=1e-11, **options)


def _sum(subscripts: str, *shapes: Any, **options: Any) -> Any:
    return _product(f"einsum {subscripts}", lambda *x: T.einsum(subscripts, *x), lambda *x: np.einsum(subscripts, *x), *shapes, **options)


def _each(function: Any, kept: int) -> Any:
    """A function of vectors on stacks of them, `kept` of their dimensions each."""

    def wanted(*arrays: np.ndarray) -> np.ndarray:
        leading = np.broadcast_shapes(*[x.shape[: x.ndim - kept] for x in arrays])
        spread = [np.broadcast_to(x, leading + x.shape[x.ndim - kept :]) for x in arrays]
        found = [function(*[x[at] for x in spread]) for at in np.ndindex(*leading)]
        return np.asarray(found).reshape(leading + found[0].shape)

    return wanted


def _vander(x: np.ndarray, *args: Any, **options: Any) -> np.ndarray:
    return np.vander(x, *args, **options).astype(x.dtype if x.dtype.kind in "fc" else "int64")


ROWS = [
    _sum(
        "ij,jk->ik", ((3, 4), (4, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2)), ((1, 4), (4, 1)),
        dtypes=(*_FEW, "bool", "float16"), small=((2, 3), (3, 1)),
    ),
    _sum("ij,jk", ((3, 4), (4, 2)), ((3, 1), (4, 2))),
    _sum("ii", ((3, 3),), ((0, 0),), ((1, 1),), dtypes=(*_FEW, "bool")),
    _sum("iji->j", ((3, 2, 3),)),
    _sum("iii->i", ((2, 2, 2),)),
    _sum("ij->", ((3, 2),), ((0, 2),), dtypes=(*_FEW, "int8", "bool")),
    _sum("ba", ((3, 2),)),
    _sum("i,j->ij", ((3,), (2,))),
    _sum("i,i", ((3,), (3,)), ((1,), (3,))),
    _sum("bij,bjk->bik", ((2, 3, 4), (2, 4, 2)), ((1, 3, 4), (2, 4, 2)), ((2, 1, 0), (2, 0, 2)), small=((2, 1, 2), (2, 2, 1))),
    _sum("abij,abjk->kiba", ((2, 3, 2, 2), (2, 3, 2, 2)), small=((2, 1, 2, 1), (2, 1, 1, 2))),
    _sum("ijk,kjl->il", ((2, 3, 2), (2, 3, 4)), small=((2, 1, 2), (2, 1, 2))),
    _sum("...ij,...j->...i", ((2, 3, 4), (4,)), ((3, 4), (2, 4)), ((2, 1, 3, 2), (4, 2)), small=((2, 2, 2), (2,))),
    _sum("...,...", ((2, 3), (3,)), ((), (2,))),
    _sum("i...->...", ((2, 3, 2),)),
    _sum("ij,jk,kl,l->i", ((2, 3), (3, 4), (4, 2), (2,)), small=((2, 1), (1, 2), (2, 2), (2,))),
    _sum("ijk,ja,kb->iab", ((2, 3, 4), (3, 2), (4, 2)), small=((1, 2, 2), (2, 1), (2, 2))),
    _sum("ab,ab,c->c", ((2, 3), (2, 3), (2,))),
    _product(
        "einsum of numbers",
        lambda x, y: [T.einsum(x, [0, 1], y, [1, 2], [2, 0]), T.einsum(x, [3, 1], y, [1, 2]), T.einsum(x, [..., 0], y, [0, ...])],
        lambda x, y: [np.einsum(x, [0, 1], y, [1, 2], [2, 0]), np.einsum(x, [3, 1], y, [1, 2]), np.einsum(x, [..., 0], y, [0, ...])],
        ((2, 2), (2, 2)),
    ),
    _product(
        "inner", lambda x, y: [T.inner(x, y), T.inner(x, 2)], lambda x, y: [np.inner(x, y), np.inner(x, 2)],
        ((2, 3), (4, 3)), ((3,), (2, 3)), ((3,), (3,)), ((2, 0), (3, 0)), dtypes=("float64", "complex128"), small=((2, 2), (1, 2)),
    ),
    _product(
        "vecdot", lambda x, y: [T.vecdot(x, y), T.vecdot(x, y, axis=-2)],
        lambda x, y: [(x.conj() * y).sum(-1, dtype=x.dtype), (x.conj() * y).sum(-2, dtype=x.dtype)],
        ((2, 3), (2, 3)), ((2, 1, 2, 3), (4, 2, 3)), ((0, 2), (0, 2)), dtypes=("float64", "float32", "int8", "complex128"),
    ),
    _product(
        "matvec", T.matvec, lambda a, x: np.einsum("...ij,...j->...i", a, x),
        ((2, 3, 4), (2, 4)), ((3, 4), (4,)), ((3, 4), (2, 4)), ((2, 3, 4), (4,)), ((2, 0, 4), (2, 4)), small=((2, 2, 2), (2, 2)),
    ),
    _product(
        "vecmat", T.vecmat, lambda x, a: np.einsum("...i,...ij->...j", x.conj(), a),
        ((2, 3), (2, 3, 4)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((3,), (2, 3, 4)), small=((2, 2), (2, 2, 2)),
    ),
    _product("matrix_transpose", T.matrix_transpose, lambda x: np.swapaxes(x, -1, -2), ((2, 3),), ((2, 3, 4),), ((2, 0, 4),)),
    _product(
        "multi_dot", lambda x, y, z, v: [T.multi_dot([x, y, z, v]), T.multi_dot([x, y, z]), T.multi_dot([v, z])],
        lambda x, y, z, v: [x @ y @ z @ v, x @ y @ z, v @ z],
        ((2, 3), (3, 4), (4, 4), (4,)), ((1, 2), (2, 1), (1, 1), (1,)), small=((2, 1), (1, 2), (2, 2), (2,)),
    ),
    _product("kron of vectors", T.kron, np.kron, ((3,), (2,)), ((0,), (2,)), ((1,), (2,)), dtypes=(*_FEW, "bool")),
    _product("kron of many dimensions", T.kron, np.kron, ((2, 1, 2), (2, 3)), ((2,), (2, 2, 2)), ((), (2, 2)), small=((2, 1, 2), (2, 1))),
    _product("cross", T.cross, np.cross, ((2, 3), (2, 3)), ((3,), (2, 3)), ((0, 3), (0, 3)), ((2, 1, 3), (2, 3))),
    _product(
        "cross along other axes", lambda x, y: T.cross(x, y, 0, 1, 0), lambda x, y: np.cross(x, y, 0, 1, 0), ((3, 2), (2, 3)), ((3, 0), (0, 3))
    ),
    _product(
        "block_diag", lambda x, y, z: T.block_diag(x, y, z), lambda x, y, z: scipy.linalg.block_diag(x, y, z),
        ((2, 3), (1, 2), (2, 2)), ((2, 2), (3,), ()), ((0, 2), (2, 2), (1, 1)), small=((2, 1), (1, 2), (2, 2)),
    ),
    _product(
        "block_diag of stacks", lambda x, y: T.block_diag(x, y), _each(scipy.linalg.block_diag, 2),
        ((2, 2, 3), (2, 1, 2)), ((2, 1, 2, 2), (3, 1, 2)), ((2, 2, 2), (1, 2)),
    ),
    _product(
        "toeplitz", lambda c, r: [T.toeplitz(c, r), T.toeplitz(c)], lambda c, r: [scipy.linalg.toeplitz(c, r), scipy.linalg.toeplitz(c)],
        ((3,), (4,)), ((4,), (2,)), ((1,), (3,)), ((3,), (1,)), small=((3,), (2,)),
    ),
    _product("toeplitz of stacks", T.toeplitz, _each(scipy.linalg.toeplitz, 1), ((2, 3), (2, 2)), ((2, 3), (4,)), ((1, 3), (3, 2))),
    _product(
        "hankel", lambda c, r: [T.hankel(c, r), T.hankel(c)], lambda c, r: [scipy.linalg.hankel(c, r), scipy.linalg.hankel(c)],
        ((3,), (4,)), ((4,), (2,)), ((1,), (3,)), small=((3,), (2,)),
    ),
    _product(
        "sums of diagonals", lambda x: DiagonalSums()(x), lambda x: list(DiagonalSums().compute(x)),
        ((3, 2),), ((2, 3),), ((2, 3, 3),), ((0, 2),), ((2, 0),), ((1, 1),),
    ),
    _product(
        "companion", lambda x: T.companion(x + 4), lambda x: _each(scipy.linalg.companion, 1)(x + x.dtype.type(4)),
        ((4,),), ((2, 3),), ((2,),), dtypes=("float64", "float32", "complex128"),
    ),
    _product(
        "trace of stacks", lambda x: [T.linalg.trace(x), T.linalg.trace(x, offset=1), T.linalg.diagonal(x, offset=-1), T.trace(x, 1, -1, 0)],
        lambda x: [np.trace(x, 0, -2, -1, x.dtype), np.trace(x, 1, -2, -1, x.dtype), np.diagonal(x, -1, -2, -1), np.trace(x, 1, -1, 0, x.dtype)],
        ((3, 3),), ((2, 3, 4),), ((0, 2),), dtypes=("float64", "float32", "complex128"),
    ),
    _product("circulant", T.circulant, _each(scipy.linalg.circulant, 1), ((4,),), ((2, 3),), ((1,),)),
    _product(
        "vander", lambda x: [T.vander(x, 3), T.vander(x, 3, increasing=True)],
        lambda x: [_vander(x, 3), _vander(x, 3, increasing=True)], ((3,),), ((0,),), ((1,),),
    ),
]
