"""Linear systems with a triangular matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX
from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lanes import by_size
from symgraph.ops.linalg.lapack import each_matrix, lead, library
from symgraph.ops.linalg.matrices import MatrixOp, as_matrices, square, together, transposed
from symgraph.ops.linalg.small import substitute

__all__ = ["SolveTriangular", "of_one_dtype", "solve_triangular", "system_sizes", "triangular", "with_columns", "without_column"]

SINGULAR = "singular matrix: a diagonal element of the triangular matrix is 0"


class SolveTriangular(MatrixOp):
    """x with A x = b, or A' x = b if `transposed`: A (..., n, n) of which one triangle is read, b (..., n, k), of one dtype.

    unit: the diagonal is taken to be 1 and not read.
    """

    __props__ = ("lower", "transposed", "unit")
    holomorphic = True
    alias = ((0, 1),)

    def __init__(self, lower: bool = True, transposed: bool = False, unit: bool = False) -> None:
        self.lower = bool(lower)
        self.transposed = bool(transposed)
        self.unit = bool(unit)

    def output_dtypes(self, a: Any, b: Any) -> list[str]:
        return [of_one_dtype("SolveTriangular", a, b)]

    def sizes(self, s: Any, a: Any, b: Any) -> Any:
        return [system_sizes(s, a, b, "solve_triangular")]

    def value(self, a: Any, b: Any) -> Any:
        a = (np.tril if self.lower else np.triu)(a)
        n = np.arange(a.shape[-1])
        if self.unit:
            a[..., n, n] = 1
        elif (a[..., n, n] == 0).any():
            raise np.linalg.LinAlgError(SINGULAR)
        return np.linalg.solve(a.swapaxes(-1, -2) if self.transposed else a, b) if b.size else b.copy()

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        matrix, (out,) = inputs[0], outputs
        n, columns = out.shape[-2:]
        with each_matrix(b, matrix, out) as (a, x):
            if not self.unit:
                with b.loop(0, n) as i:
                    b.check(b.not_equal(b.load(a, i * n + i), b.constant(0, out.dtype)), "LinAlgError", SINGULAR)
            by_size(
                b, n,
                lambda: substitute(b, a, x, n, columns, self.lower, self.transposed, self.unit),
                lambda: triangular(b, out.dtype, a, x, n, columns, self.lower, self.transposed, self.unit),
            )

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (a, _), (x,), (g,) = inputs, outputs, output_grads
        by_b = SolveTriangular(self.lower, not self.transposed, self.unit)(a, g)
        by_a = -(x @ transposed(by_b)) if self.transposed else -(by_b @ transposed(x))
        k = -1 if self.unit else 0
        return [by_a.tril(k) if self.lower else by_a.triu(-k), by_b]


def triangular(b: Any, dtype: str, a: Any, x: Any, n: Any, columns: Any, lower: bool, turned: bool, unit: bool, conjugated: bool = False) -> None:
    """BLAS: the row-major x (n, columns) becomes the solution; x' stands on the left of a', which to BLAS is the matrix."""
    triangle, diagonal = "U" if lower else "L", "U" if unit else "N"
    if isinstance(columns, int) and columns == 1 and not conjugated:  # for one column trsv is the faster one
        library(b, "trsv", dtype, triangle, "N" if turned else "T", diagonal, n, a, lead(b, n), x, 1)
        return
    flag = ("C" if conjugated else "T") if turned else "N"
    library(b, "trsm", dtype, "R", triangle, flag, diagonal, columns, n, b.constant(1.0, dtype), a, lead(b, n), x, lead(b, columns))


def of_one_dtype(name: str, a: Any, b: Any) -> str:
    """The dtype of two stacks with as many dimensions; TypeError if they are something else."""
    if a.dtype != b.dtype or a.ndim < 2 or b.ndim != a.ndim:
        raise TypeError(f"{name} takes two stacks of matrices with as many dimensions, of one dtype, got {a.type} and {b.type}")
    return str(a.dtype)


def system_sizes(s: Any, a: Any, b: Any, name: str) -> tuple[Any, ...]:
    """The shape of the solution of a x = b."""
    n = square(s, a, name)
    text = name + ": the matrix has {} rows, but the right side {}"
    rows = s.same(n, b.shape[-2], text)
    leading = [s.same(p, q, name + ": stacks of {} and {} matrices") for p, q in zip(a.shape[:-2], b.shape[:-2])]
    return (*leading, rows, b.shape[-1])


def with_columns(name: str, a: Any, b: Any) -> tuple[Any, Any, bool]:
    """The sides of a linear system as stacks of one dtype that meet, and whether b was a vector (now a column)."""
    b = as_tensor(b)
    vector = b.ndim == 1
    a, b = as_matrices(name, a, b.dimshuffle(0, "x") if vector else b)
    return (*together(a, b), vector)


def without_column(x: Any) -> Any:
    """Columns (..., n, 1) as vectors."""
    return x.dimshuffle(*range(x.ndim - 1))


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, *, check_finite: bool = False
) -> Any:
    """x with op(a) x = b for a triangular matrix a, or a stack of them; the other triangle of a is not read.

    a: (..., n, n); b: (..., n, k), or (n,), a vector for all. Leading dimensions known to be 1 are repeated. trans: 0 or "N": a, 1 or "T": the
    transposed, 2 or "C": the conjugated transposed matrix. unit_diagonal: the diagonal counts as 1. Errors at the call (at once where
    sizes are known): numpy.linalg.LinAlgError for a zero on the diagonal or a matrix that is not square, ValueError for sizes that do not
    fit, and with check_finite for NaN and infinity.

    >>> solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 5.0], lower=True).eval()
    array([1., 1.])
    """
    flags = {0: "N", 1: "T", 2: "C", "N": "N", "T": "T", "C": "C"}
    if trans not in flags:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 2, 'N', 'T' or 'C', got {trans!r}")
    a, b, vector = with_columns("solve_triangular", a, b)
    a, b = finite(a, check_finite), finite(b, check_finite)
    flag = flags[trans]
    if flag == "C" and a.dtype in COMPLEX:
        a = a.conj()
    x = SolveTriangular(lower, flag != "N", unit_diagonal)(a, b)
    return without_column(x) if vector else x
