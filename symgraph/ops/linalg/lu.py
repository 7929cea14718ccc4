"""LU factors of matrices: P L U with partial pivoting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import size_of
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lapack import as_row_major, each_matrix, lapack, lead, move
from symgraph.ops.linalg.matrices import MatrixOp, as_matrices, transposed
from symgraph.ops.linalg.small import move_rows
from symgraph.ops.linalg.triangular import SolveTriangular, with_columns, without_column

__all__ = ["ApplyPivots", "LuFactor", "lu", "lu_factor", "lu_solve"]


class LuFactor(MatrixOp):
    """L (below the diagonal, which is 1) and U in one array (..., m, n), and the pivots (..., min(m, n)): int32, row exchanged with row k."""

    __props__ = ()
    holomorphic = True

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("lu_factor", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype, "int32"]

    def sizes(self, s: Any, a: Any) -> Any:
        return [tuple(a.shape), (*a.shape[:-2], s.minimum(*a.shape[-2:]))]

    def value(self, a: Any) -> Any:
        import scipy.linalg.lapack

        factors, pivots = a.copy(), np.zeros((*a.shape[:-2], min(a.shape[-2:])), "int32")
        for k in np.ndindex(*a.shape[:-2]) if a.size else ():
            (routine,) = scipy.linalg.lapack.get_lapack_funcs(("getrf",), (a,))
            factors[k], pivots[k], _ = routine(a[k])
        return factors, pivots

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        """The matrix by columns, and LAPACK's pivots."""
        return [(a.dtype, a.shape[-2] * a.shape[-1]), ("int64", s.minimum(*a.shape[-2:]))]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        out, pivots, by_columns, found = outputs
        rows, columns = out.shape[-2:]
        with each_matrix(b, inputs[0], out, pivots, cores=(2, 2, 1)) as (a, factors, places):
            move(b, by_columns.pointer, a, rows, columns, transposed=True)
            lapack(b, "getrf", out.dtype, rows, columns, by_columns.pointer, lead(b, rows), found.pointer)
            as_row_major(b, factors, by_columns.pointer, rows, columns)
            with b.loop(0, b.minimum(rows, columns)) as k:
                b.store(places, k, b.load(found.pointer, k) - 1)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True, False]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """Of square matrices: P L^-T (the lower triangle of L' gL without its diagonal, and the upper one of gU U') U^-T."""
        (a,), (factors, pivots), (g, _) = inputs, outputs, output_grads
        if None not in a.type.shape[-2:] and a.type.shape[-2] != a.type.shape[-1]:
            raise NotImplementedError("the derivative of LU factors is there for square matrices only")
        low, upper = _unit_lower(factors), factors.triu()
        middle = (transposed(low) @ g.tril(-1)).tril(-1) + (g.triu() @ transposed(upper)).triu()
        half = SolveTriangular(True, True, True)(factors, middle)
        return [ApplyPivots(True)(transposed(SolveTriangular(False, False)(factors, transposed(half))), pivots)]


class ApplyPivots(MatrixOp):
    """The rows of x (..., m, k) exchanged as pivots (..., n) say: row 0 with row pivots[0] first; from the last on if `inverse`."""

    __props__ = ("inverse",)
    holomorphic = True
    alias = ((0, 0),)

    def __init__(self, inverse: bool = False) -> None:
        self.inverse = bool(inverse)

    def output_dtypes(self, x: Any, pivots: Any) -> list[str]:
        if pivots.dtype not in ("int32", "int64") or x.ndim < 2 or pivots.ndim != x.ndim - 1:
            raise TypeError(f"pivots must be int32 or int64 vectors, one for each matrix, got {pivots.type} for {x.type}")
        return [x.dtype]

    def sizes(self, s: Any, x: Any, pivots: Any) -> Any:
        text = "{} rows cannot be exchanged by {} pivots"
        s.check(s.less(pivots.shape[-1], x.shape[-2] + 1), "ValueError", text, x.shape[-2], pivots.shape[-1])
        leading = [s.same(p, q, "stacks of {} matrices and of {} rows of pivots") for p, q in zip(x.shape[:-2], pivots.shape[:-1])]
        return [(*leading, *x.shape[-2:])]

    def value(self, x: Any, pivots: Any) -> Any:
        out = x.copy()
        if pivots.size and not (0 <= pivots.min() and pivots.max() < x.shape[-2]):
            raise IndexError(f"a pivot is no row: {x.shape[-2]} rows")
        for k in np.ndindex(*x.shape[:-2]):
            places = list(enumerate(pivots[k]))
            for i, p in reversed(places) if self.inverse else places:
                out[k][[i, p]] = out[k][[p, i]]
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        pivots, (out,) = inputs[1], outputs
        rows, columns = out.shape[-2:]
        count = pivots.shape[-1]
        with each_matrix(b, out, pivots, cores=(2, 1)) as (x, places):
            with b.loop(0, count) as k:
                p = b.cast(b.load(places, k), "int64")
                b.check(b.both(b.less_equal(0, p), b.less(p, rows)), "IndexError", "a pivot is no row: {} rows", rows)
            move_rows(b, x, places, count, columns, self.inverse)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False]]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [ApplyPivots(not self.inverse)(output_grads[0], inputs[1]), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], inputs[1])]


def _identity(x: Any) -> Any:
    """Ones on the diagonal of matrices of the shape of x."""
    return x.ones_like().tril().triu()


def _unit_lower(factors: Any) -> Any:
    return factors.tril(-1) + _identity(factors)


def lu_factor(a: Any, *, check_finite: bool = False) -> tuple[Any, Any]:
    """The factors of a = P L U as `lu_solve` takes them: L and U in one array (..., m, n), and pivots (..., min(m, n)), int32, as scipy's.

    Of a singular matrix U has a 0 on its diagonal. Integers are computed in float64. ValueError with check_finite for NaN and
    infinity. The derivative is there for square matrices that are not singular.

    >>> [x.eval() for x in lu_factor([[2.0, 4.0], [4.0, 4.0]])]
    [array([[4. , 4. ],
           [0.5, 2. ]]), array([1, 1], dtype=int32)]
    """
    (a,) = as_matrices("lu_factor", a)
    factors, pivots = LuFactor()(finite(a, check_finite))
    return factors, pivots


def lu_solve(lu_and_piv: tuple[Any, Any], b: Any, trans: int = 0, *, check_finite: bool = False) -> Any:
    """x with A x = b, given the pair of A by `lu_factor`. trans: 0, 1: A' x = b, 2: with the conjugated transposed matrix.

    b: (..., n, k), or (n,). LinAlgError at the call if U has a 0 on its diagonal; ValueError for sizes that do not fit.

    >>> lu_solve(lu_factor([[2.0, 4.0], [4.0, 4.0]]), [6.0, 8.0]).eval()
    array([1., 1.])
    """
    if trans not in (0, 1, 2):
        raise ValueError(f"lu_solve: trans must be 0, 1 or 2, got {trans!r}")
    factors, pivots = lu_and_piv
    factors, b, vector = with_columns("lu_solve", factors, b)
    factors, b, pivots = finite(factors, check_finite), finite(b, check_finite), as_tensor(pivots)
    for d in reversed(range(factors.ndim - 1 - pivots.ndim)):  # leading dimensions that the factors got from b
        pivots = pivots.dimshuffle("x", *range(pivots.ndim)).repeat(size_of(factors, d), axis=0)
    if trans == 2 and factors.dtype in COMPLEX:
        factors = factors.conj()
    if trans == 0:
        x = SolveTriangular(False)(factors, SolveTriangular(True, unit=True)(factors, ApplyPivots()(b, pivots)))
    else:
        half = SolveTriangular(False, True)(factors, b)
        x = ApplyPivots(True)(SolveTriangular(True, True, unit=True)(factors, half), pivots)
    return without_column(x) if vector else x


def lu(a: Any, permute_l: bool = False, *, check_finite: bool = False, p_indices: bool = False) -> tuple[Any, ...]:
    """(P, L, U) with a = P L U: a permutation, a lower triangle with ones on its diagonal, an upper triangle; permute_l: (P L, U).

    a (..., m, n); P (..., m, m), L (..., m, k), U (..., k, n) with k = min(m, n). p_indices: the permutation as int32 indices (..., m) with
    a = (L U)[P] in place of a matrix. ValueError with check_finite for NaN and infinity.

    >>> [x.eval() for x in lu([[2.0, 4.0], [4.0, 4.0]], permute_l=True)]
    [array([[0.5, 1. ],
           [1. , 0. ]]), array([[4., 4.],
           [0., 2.]])]
    """
    factors, pivots = lu_factor(a, check_finite=check_finite)
    shorter = size_of(pivots, pivots.ndim - 1)
    left, right = factors[..., :, :shorter], factors[..., :shorter, :]
    low, upper = _unit_lower(left), right.triu()
    if permute_l:
        return ApplyPivots(True)(low, pivots), upper
    if p_indices:
        numbers: Any = np.cumsum(factors[..., :, :1].ones_like(dtype="int32"), axis=-2) - np.int32(1)
        return ApplyPivots(True)(numbers, pivots)[..., :, 0], low, upper
    return ApplyPivots(True)(_square_identity(factors), pivots), low, upper


def _square_identity(factors: Any) -> Any:
    """(..., m, m) for factors of m rows."""
    column = factors[..., :, :1].ones_like() if factors.type.shape[-1] != 0 else factors.ones_like()
    return _identity(column @ transposed(column))
