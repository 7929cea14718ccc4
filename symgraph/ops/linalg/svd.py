"""Singular values and vectors, and what is made of them: pseudo-inverse, rank, polar factors.

Derivatives: Townsend, Differentiating the singular value decomposition (2016); Wan and Zhang, Automatic differentiation for complex valued
SVD (2019); Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems (1973). Where two singular values
are equal, or one of a matrix that is not square is 0, the singular vectors have no derivative: it is NaN or infinite. Those of costs of the singular
values alone stay finite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.blas import multiply
from symgraph.ops.linalg.eigh import as_column, as_row
from symgraph.ops.linalg.jacobi import Jacobi, is_small, scratch, serves
from symgraph.ops.linalg.lapack import BLOCK, as_row_major, each_matrix, lapack, lead, move, number_of_matrices
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices

__all__ = ["MatrixPinv", "SVD", "matrix_rank", "pinv", "polar", "svd", "svdvals"]

NOT_CONVERGED = "SVD did not converge"


class SVD(MatrixOp):
    """a = u diag(s) vh: (..., m, n) -> u (..., m, k), s (..., k), vh (..., k, n), k = min(m, n), s real and descending; full_matrices: u
    (..., m, m) and vh (..., n, n). Without compute_uv: s alone."""

    __props__ = ("full_matrices", "compute_uv")
    accepts_disconnected = True

    def __init__(self, full_matrices: bool = True, compute_uv: bool = True) -> None:
        self.full_matrices = bool(full_matrices) and bool(compute_uv)
        self.compute_uv = bool(compute_uv)

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("svd", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype, part_of(a.dtype), a.dtype] if self.compute_uv else [part_of(a.dtype)]

    def sizes(self, s: Any, a: Any) -> Any:
        *leading, m, n = a.shape
        k = s.minimum(m, n)
        if not self.compute_uv:
            return [(*leading, k)]
        left, right = (m, n) if self.full_matrices else (k, k)
        return [(*leading, m, left), (*leading, k), (*leading, right, n)]

    def compute(self, a: Any) -> Any:
        return tuple(np.linalg.svd(a, self.full_matrices)) if self.compute_uv else np.linalg.svd(a, compute_uv=False)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        left, right = (a.shape[-2], a.shape[-1]) if self.full_matrices else (s.minimum(*a.shape[-2:]),) * 2
        columns = [(a.dtype, a.shape[-2] * left), (a.dtype, right * a.shape[-1])] if self.compute_uv else []
        return [*_workspace(s, a, self.compute_uv), *columns, *scratch(s, a)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,) = inputs
        small = is_small(b, x)
        if self.full_matrices and serves(x):
            small = b.both(small, b.equal(*x.shape[-2:]))
        if serves(x):
            outputs, arrays = outputs[:-3], outputs[-3:]
            b.when(small, lambda: self._rotations(b, x, outputs, arrays))
        b.when(b.invert(small), lambda: self._by_library(b, x, outputs))

    def _rotations(self, b: Any, x: Any, outputs: Sequence[Any], arrays: Sequence[Any]) -> None:
        """Small matrices, eight at a time."""
        m, n = x.shape[-2:]
        k = b.minimum(m, n)
        with _small_blocks(b, x, arrays, self.compute_uv) as (block, start):
            block.give(outputs[self.compute_uv].pointer, start, k, 1, lambda i, j, lane: block.scaled(i, lane))
            if self.compute_uv:
                block.left_vectors()

                def vectors(left: Any, right: Any) -> None:
                    block.give(outputs[0].pointer, start, m, k, left)
                    block.give(outputs[2].pointer, start, k, n, lambda i, j, lane: right(j, i, lane))

                wide = b.less(m, n)
                b.when(wide, lambda: vectors(block.vector, block.get))
                b.when(b.invert(wide), lambda: vectors(block.get, block.vector))

    def _by_library(self, b: Any, x: Any, outputs: Sequence[Any]) -> None:
        m, n = x.shape[-2:]
        if not self.compute_uv:
            with each_matrix(b, x, outputs[0], cores=(2, 1)) as (a, s):
                _decompose(b, x.dtype, "N", m, n, a, s, s, s, outputs[1:])
            return
        u, s, vh, *work, us, vs = outputs
        left, right = u.shape[-1], vh.shape[-2]
        with each_matrix(b, x, u, s, vh, cores=(2, 2, 1, 2)) as places:
            _decompose(b, x.dtype, "A" if self.full_matrices else "S", m, n, places[0], us.pointer, places[2], vs.pointer, work)
            as_row_major(b, places[1], us.pointer, m, left)
            as_row_major(b, places[3], vs.pointer, right, n)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (a,) = inputs
        if not self.compute_uv:
            u, _, vh = SVD(False)(a)
            return [u @ (as_column(output_grads[0]) * vh)]
        u, s, vh = outputs
        by_u, by_s, by_vh = output_grads
        if self.full_matrices:
            k = s.shape[-1]
            u, by_u = _thin(u, by_u, k)
            v, by_v = _thin(adjoint(vh), None if by_vh is None else adjoint(by_vh), k)
            vh = adjoint(v)
        else:
            v, by_v = adjoint(vh), None if by_vh is None else adjoint(by_vh)
        inner = None if by_s is None else by_s.astype(a.dtype).as_diagonal()
        outer: Any = None  # beside the spans of u and v
        inverse = 1.0 / s
        squares = _inverse_differences_of_squares(s)
        m, n = a.type.shape[-2:]
        if by_u is not None:
            product = adjoint(u) @ by_u
            turned = product - adjoint(product)
            term = turned * squares * as_row(s)
            if a.dtype in COMPLEX:
                term = term + (turned.diagonal(0, -2, -1) * (0.5 * inverse)).as_diagonal()
            inner = term if inner is None else inner + term
            if m is None or n is None or m > n:
                outer = ((by_u - u @ product) * as_row(inverse)) @ vh
        if by_v is not None:
            product = vh @ by_v
            term = as_column(s) * (product - adjoint(product)) * squares
            inner = term if inner is None else inner + term
            if m is None or n is None or n > m:
                rest = u @ (as_column(inverse) * adjoint(by_v - v @ product))
                outer = rest if outer is None else outer + rest
        total = u @ inner @ vh
        return [total if outer is None else total + outer]


def _thin(u: Any, g: Any, k: Any) -> tuple[Any, Any]:
    """The first k columns, and the derivative by them: what turns the others turns these."""
    first, rest = u[..., :k], u[..., k:]
    return first, None if g is None else g[..., :k] - rest @ (adjoint(g[..., k:]) @ first)


def _inverse_differences_of_squares(s: Any) -> Any:
    """1 / (s[j]^2 - s[i]^2), 0 on the diagonal."""
    one = s.ones_like().as_diagonal()
    return 1.0 / ((as_row(s) - as_column(s)) * (as_row(s) + as_column(s)) + one) - one


def _workspace(s: Any, a: Any, vectors: bool) -> list[tuple[str, Any]]:
    """For gesdd: a copy of the matrix, its workspace, integers, and (complex) reals."""
    m, n = a.shape[-2:]
    small, large = s.minimum(m, n), s.maximum(m, n)
    work = [(a.dtype, m * n), (a.dtype, _work_size(small, large, vectors)), ("int64", 8 * small + 1)]
    if a.dtype in COMPLEX:
        work.append((part_of(a.dtype), _real_size(small, large, vectors)))
    return work


@contextmanager
def _small_blocks(b: Any, x: Any, arrays: Sequence[Any], vectors: bool) -> Iterator[tuple[Jacobi, Any]]:
    """Block by block, small matrices with their singular values, or of the transposed ones where these have more rows than columns."""
    m, n = x.shape[-2:]
    wide = b.less(m, n)
    block = Jacobi(b, x.dtype, b.maximum(m, n), b.minimum(m, n), arrays, vectors)
    with block.blocks(number_of_matrices(x)) as start:
        block.take(x.pointer, start, lambda i, j: b.select(wide, j * n + i, i * n + j), m * n)
        block.singular_values(NOT_CONVERGED)
        yield block, start


def _work_size(small: Any, large: Any, vectors: bool) -> Any:
    return (4 * small * small if vectors else 0) + 10 * small + large + BLOCK * (large + 2 * small) + 1


def _real_size(small: Any, large: Any, vectors: bool) -> Any:
    return small * (7 * small + 2 * large + 5) + 1 if vectors else 7 * small + 1


def _decompose(b: Any, dtype: str, job: str, m: Any, n: Any, a: Any, u: Any, s: Any, vh: Any, work: Sequence[Any]) -> None:
    """u, s, vh of the row-major (m, n) matrix at a, u and vh by columns; of an empty matrix the identity."""
    small, large = b.minimum(m, n), b.maximum(m, n)
    copy, space, integers = (x.pointer for x in work[:3])
    rest = [work[3].pointer] if dtype in COMPLEX else []
    move(b, copy, a, m, n, transposed=True)
    left = b.constant(1, "int64") if job == "N" else m
    right = b.constant(1, "int64") if job == "N" else n if job == "A" else small
    size = _work_size(small, large, job != "N")

    def by_library() -> None:
        info = lapack(b, "gesdd", dtype, job, m, n, copy, lead(b, m), s, u, lead(b, left), vh, lead(b, right), space, size, *rest, integers)
        b.check(b.both(b.equal(info, 0), b.invert(b.isnan(b.load(s, 0)))), "LinAlgError", NOT_CONVERGED)  # 0 of infinite elements, too

    def identity() -> None:
        for place, count in ((u, m), (vh, n)):
            with b.loop(0, count) as i, b.loop(0, count) as j:
                b.store(place, i * count + j, b.select(b.equal(i, j), b.constant(1, dtype), b.constant(0, dtype)))

    b.when(b.less(0, small), by_library)
    if job == "A":
        b.when(b.equal(small, 0), identity)


class MatrixPinv(MatrixOp):
    """The pseudo-inverse (Moore, Penrose): (..., m, n) -> (..., n, m). Singular values up to `rcond` times the largest count as 0;
    without rcond 1e-15 does (float32: 1e-6)."""

    __props__ = ("rcond",)

    def __init__(self, rcond: float | None = None) -> None:
        if rcond is not None and not isinstance(rcond, (int, float, np.number)):
            raise TypeError(f"pinv: rcond must be a number that is known as the expression is built, got {rcond!r}")
        self.rcond = None if rcond is None else float(rcond)

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("pinv", a))

    def _bound(self, dtype: str) -> float:
        return self.rcond if self.rcond is not None else 1e-15 if part_of(dtype) == "float64" else 1e-6

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        *leading, m, n = a.shape
        return [(*leading, n, m)]

    def compute(self, a: Any) -> Any:
        return np.linalg.pinv(a, self._bound(a.dtype.name))

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        m, n = a.shape[-2:]
        k = s.minimum(m, n)
        return [(a.dtype, m * k), (part_of(a.dtype), k), (a.dtype, k * n), *_workspace(s, a, True), *scratch(s, a)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,) = inputs
        small = is_small(b, x)
        if serves(x):
            outputs, arrays = outputs[:-3], outputs[-3:]
            b.when(small, lambda: self._rotations(b, x, outputs[0], arrays))
        b.when(b.invert(small), lambda: self._by_library(b, x, outputs))

    def _rotations(self, b: Any, x: Any, out: Any, arrays: Sequence[Any]) -> None:
        """Small matrices, eight at a time: the sum of v u' / s, of the columns s u that the rotations leave."""
        m, n = x.shape[-2:]
        wide, bound = b.less(m, n), b.constant(self._bound(x.dtype), x.dtype)
        with _small_blocks(b, x, arrays, True) as (block, start):

            def element(i: Any, j: Any, lane: Any) -> Any:
                row, column = b.select(wide, j, i), b.select(wide, i, j)

                def term(c: Any, total: Any) -> list[Any]:
                    size = block.value(c, lane)
                    kept = b.less(b.mul(block.value(0, lane), bound), size)
                    product = b.mul(block.vector(row, c, lane), b.div(b.div(block.get(column, c, lane), size), block.scaled(c, lane)))
                    return [b.add(total, b.select(kept, product, b.constant(0, x.dtype)))]

                return b.fold(0, block.columns, [b.constant(0, x.dtype)], term)[0]

            block.give(out.pointer, start, n, m, element)

    def _by_library(self, b: Any, x: Any, outputs: Sequence[Any]) -> None:
        out, left, values, right, *work = outputs
        u, s, vh = left.pointer, values.pointer, right.pointer
        m, n = x.shape[-2:]
        k = b.minimum(m, n)
        real = part_of(x.dtype)
        with each_matrix(b, x, out) as (a, p):
            _decompose(b, x.dtype, "S", m, n, a, u, s, vh, work)
            bound = b.when(b.less(0, k), lambda: b.mul(b.load(s, 0), b.constant(self._bound(x.dtype), real)), lambda: b.constant(0, real))
            with b.loop(0, k) as i:
                value = b.load(s, i)
                factor = b.select(b.less(bound, value), b.reciprocal(value), b.constant(0, real))
                factor = b.select(b.isnan(value), value, factor)
                with b.loop(0, m, independent=True) as j:
                    b.store(u, i * m + j, b.mul(b.conj(b.load(u, i * m + j)), b.cast(factor, x.dtype)))
            with b.loop(0, k * n, independent=True) as i:
                b.store(vh, i, b.conj(b.load(vh, i)))
            # by columns: u is (m, k), that is (k, m) by rows, and vh (k, n) is (n, k)
            multiply(b, x.dtype, p, vh, u, n, m, k, (False, False))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (a,), (g,) = inputs, output_grads
        p = self(a)
        ph, gh = adjoint(p), adjoint(g)
        beside_rows = gh - a @ (p @ gh)
        beside_columns = gh - (gh @ p) @ a
        return [beside_rows @ p @ ph + ph @ p @ beside_columns - ph @ g @ ph]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (a,), (t,) = inputs, tangents
        p = self(a)
        ph, th = adjoint(p), adjoint(t)
        return [p @ (ph @ (th - (th @ a) @ p)) + ((th - p @ (a @ th)) @ ph) @ p - p @ t @ p]


# What a user calls ----------------------------------------------------------------------------------------------------


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular value decomposition of a matrix, or of each of a stack, a = u diag(s) vh: (..., m, n) -> [u, s, vh].

    u (..., m, m), s (..., k), real and descending, and vh (..., n, n), k = min(m, n); without full_matrices u is (..., m, k) and vh
    (..., k, n). Without compute_uv: s alone. hermitian: is understood, and changes nothing. Integers are computed in float64. LinAlgError,
    at the call, where nothing converges.

    The derivatives are NaN or infinite where two singular values are equal and the cost depends on singular vectors; they suppose that it
    depends neither on the signs (complex: phases) of these nor on how those beyond the first k are turned.

    >>> svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).eval()
    array([4., 3.])
    """
    found = SVD(full_matrices)(a, return_list=True)
    return found if compute_uv else SVD(False)(a)[1]


def svdvals(a: Any) -> Any:
    """The singular values of a matrix, or of each of a stack, descending: (..., m, n) -> (..., min(m, n)). Their derivative is right for
    equal ones too, where the cost is a symmetric function of these."""
    return svd(a, compute_uv=False)


def pinv(a: Any, rcond: float | None = None, hermitian: bool = False, *, rtol: float | None = None) -> Any:
    """The pseudo-inverse of a matrix, or of each of a stack: (..., m, n) -> (..., n, m).

    rcond (or rtol): singular values up to this factor of the largest count as 0; without it 1e-15 (single precision: 1e-6). hermitian: is
    understood, and changes nothing. The derivative supposes that the rank stays.

    >>> pinv([[2.0, 0.0], [0.0, 0.0]]).eval()
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    return MatrixPinv(rcond if rtol is None else rtol)(a)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are above tol: (..., m, n) -> (...), int64; of a vector 1 unless it is 0.

    tol: without it rtol times the largest singular value; rtol: without it max(m, n) times the precision of the dtype.
    """
    A = as_tensor(A)
    if A.ndim < 2:
        return A.neq(0).any().astype("int64")
    (a,) = as_matrices("matrix_rank", A)
    s = svdvals(a)
    if tol is None:
        if rtol is None:
            rtol = a.shape[-2:].max().astype(s.dtype) * float(np.finfo(s.dtype).eps)
        tol = s[..., :1].sum(axis=-1, keepdims=True) * rtol  # the largest, or 0 where there is none
    return s.gt(tol).sum(axis=-1, dtype="int64")


def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """The polar decomposition a = u p (side "right") or a = p u ("left"): u with orthonormal columns (rows), p Hermitian, not negative.

    (..., m, n) -> (u (..., m, n), p (..., n, n), or (..., m, m) on the left).
    """
    if side not in ("right", "left"):
        raise ValueError(f"polar: side must be 'right' or 'left', got {side!r}")
    u, s, vh = svd(a, full_matrices=False)
    p = adjoint(vh) @ (as_column(s) * vh) if side == "right" else (u * as_row(s)) @ adjoint(u)
    return u @ vh, p
