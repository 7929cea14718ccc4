"""Linear systems: with a general, symmetric, Hermitian or positive definite matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lanes import Lanes, by_size, scratch
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, lead, library, move, number_of_matrices, require
from symgraph.ops.linalg.matrices import MatrixOp, only_triangle, transposed
from symgraph.ops.linalg.small import move_rows
from symgraph.ops.linalg.triangular import of_one_dtype, solve_triangular, system_sizes, triangular, with_columns, without_column

__all__ = ["Solve", "SolveSystem", "solve", "solve_lower_triangular", "solve_symmetric", "solve_upper_triangular"]

SINGULAR = "Singular matrix"
NOT_DEFINITE = "the matrix is not positive definite"


class SolveSystem(MatrixOp):
    """x with A x = b: A (..., n, n), b (..., n, k), of one dtype.

    assume_a: "gen" (LU; A' x = b if `transposed`), or "sym", "her", "pos": symmetric (Bunch and Kaufman), Hermitian, positive definite
    (Cholesky), of which only the triangle `lower` or not is read.
    """

    __props__ = ("assume_a", "lower", "transposed")
    alias = ((0, 1),)

    def __init__(self, assume_a: str = "gen", lower: bool = False, transposed: bool = False) -> None:
        self.assume_a = assume_a
        self.lower = bool(lower)
        self.transposed = bool(transposed)

    holomorphic = property(lambda self: self.assume_a in ("gen", "sym"))  # type: ignore[assignment]

    def output_dtypes(self, a: Any, b: Any) -> list[str]:
        return [of_one_dtype("SolveSystem", a, b)]

    def sizes(self, s: Any, a: Any, b: Any) -> Any:
        return [system_sizes(s, a, b, "solve")]

    def value(self, a: Any, b: Any) -> Any:
        if self.assume_a != "gen":
            a = _mirrored(a, self.lower, self.assume_a != "sym")
        if self.assume_a == "pos":
            try:
                np.linalg.cholesky(a)
            except np.linalg.LinAlgError:
                raise np.linalg.LinAlgError(NOT_DEFINITE) from None
        return np.linalg.solve(a.swapaxes(-1, -2) if self.transposed else a, b)

    def workspace(self, s: Any, a: Any, b: Any) -> list[tuple[str, Any]]:
        """The matrix, which the factorization overwrites; pivots; for symmetric ones right sides by columns, and LAPACK's own; what small
        systems are solved in."""
        n, columns = a.shape[-1], b.shape[-1]
        by_columns = self.assume_a in ("sym", "her")
        return [
            (a.dtype, n * n), ("int64", n), (a.dtype, n * columns if by_columns else 1), (a.dtype, n * BLOCK if by_columns else 1),
            *scratch(a.dtype, n, columns),
        ]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        out, factor, pivots, sides, work, *rest = outputs
        n, columns = out.shape[-2:]
        large = {"gen": self.general, "pos": self.definite}.get(self.assume_a, self.symmetric)

        def call() -> None:
            with each_matrix(b, inputs[0], out) as (a, x):
                move(b, factor.pointer, a, n, n)
                large(b, out.dtype, factor.pointer, x, n, columns, *[y.pointer for y in (pivots, sides, work)])

        by_size(b, n, lambda: self.small(b, inputs[0], out, Lanes(b, out.dtype, n, rest, columns)), call)

    def small(self, b: Any, matrix: Any, out: Any, block: Any) -> None:
        """Eight at once: by Cholesky if definite, else by LU, of the whole matrix if only a triangle is given."""
        hermitian = self.assume_a != "sym"

        def element(load: Any, i: Any, j: Any) -> Any:
            if self.assume_a == "gen":
                return load(j, i) if self.transposed else load(i, j)
            there, mirrored = load(i, j), b.conj(load(j, i)) if hermitian else load(j, i)
            full = b.select(b.less_equal(j, i), *((there, mirrored) if self.lower else (mirrored, there)))
            return b.select(b.equal(i, j), b.cast(b.real(full), out.dtype), full) if hermitian and out.dtype in COMPLEX else full

        with block.blocks(number_of_matrices(out)) as start:
            block.take(matrix.pointer, start, element)
            block.take_sides(out.pointer, start)
            if self.assume_a == "pos":
                block.cholesky()
                block.checked(NOT_DEFINITE)
                block.substitute(forward=True, unit=False)
                block.substitute(forward=False, unit=False, element=lambda i, j, lane: b.conj(block.get(j, i, lane)))
            else:
                block.factor()
                block.checked(SINGULAR)
                block.substitute(forward=True, unit=True)
                block.substitute(forward=False, unit=False)
            block.give_sides(out.pointer, start)

    def general(self, b: Any, dtype: str, factor: Any, x: Any, n: Any, columns: Any, pivots: Any, sides: Any, work: Any) -> None:
        """LU. The factors are those of a'; x' stands on the left of it, so its columns, the rows of x, are exchanged."""
        require(b, lapack(b, "getrf", dtype, n, n, factor, n, pivots), SINGULAR)
        if isinstance(columns, int) and columns == 1:
            lapack(b, "getrs", dtype, "N" if self.transposed else "T", n, 1, factor, n, pivots, x, n)
            return

        def triangle(which: str, unit: str) -> None:
            flag = "T" if self.transposed else "N"
            library(b, "trsm", dtype, "R", which, flag, unit, columns, n, b.constant(1.0, dtype), factor, n, x, lead(b, columns))

        if self.transposed:
            move_rows(b, x, pivots, n, columns, inverse=False, first=1)
            triangle("L", "U")
            triangle("U", "N")
        else:
            triangle("U", "N")
            triangle("L", "U")
            move_rows(b, x, pivots, n, columns, inverse=True, first=1)

    def definite(self, b: Any, dtype: str, factor: Any, x: Any, n: Any, columns: Any, pivots: Any, sides: Any, work: Any) -> None:
        """Cholesky: L L^H x = b, or U^H U x = b."""
        require(b, lapack(b, "potrf", dtype, "U" if self.lower else "L", n, factor, n), NOT_DEFINITE)
        for turned in (not self.lower, self.lower):
            triangular(b, dtype, factor, x, n, columns, self.lower, turned, False, conjugated=turned and dtype in COMPLEX)

    def symmetric(self, b: Any, dtype: str, factor: Any, x: Any, n: Any, columns: Any, pivots: Any, sides: Any, work: Any) -> None:
        """Bunch and Kaufman. To LAPACK a Hermitian matrix is its conjugate, so the right sides are conjugated, too."""
        hermitian = self.assume_a == "her" and dtype in COMPLEX
        letters, triangle = "he" if hermitian else "sy", "U" if self.lower else "L"
        require(b, lapack(b, letters + "trf", dtype, triangle, n, factor, n, pivots, work, n * BLOCK), SINGULAR)
        move(b, sides, x, n, columns, transposed=True, conjugated=hermitian)
        lapack(b, letters + "trs", dtype, triangle, n, columns, factor, n, pivots, sides, n)
        move(b, x, sides, columns, n, transposed=True, conjugated=hermitian)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (a, _), (x,), (g,) = inputs, outputs, output_grads
        if self.assume_a == "gen":
            by_b = SolveSystem("gen", False, not self.transposed)(a, g)
            return [-(x @ transposed(by_b)) if self.transposed else -(by_b @ transposed(x)), by_b]
        by_b = self(a, g)
        hermitian = self.assume_a != "sym"
        right = transposed(x.conj() if hermitian and x.dtype in COMPLEX else x)
        return [-only_triangle(by_b @ right, self.lower, hermitian), by_b]


def _mirrored(a: Any, lower: bool, hermitian: bool) -> Any:
    """Both triangles from one."""
    other = a.swapaxes(-1, -2).conj() if hermitian else a.swapaxes(-1, -2)
    full = np.tril(a, -1) + np.triu(other) if lower else np.triu(a, 1) + np.tril(other)
    if hermitian and np.iscomplexobj(full):
        n = np.arange(a.shape[-1])
        full[..., n, n] = full[..., n, n].real
    return full


KINDS = {
    **dict.fromkeys(("gen", "general", None), "gen"), **dict.fromkeys(("sym", "symmetric"), "sym"), **dict.fromkeys(("her", "hermitian"), "her"),
    **dict.fromkeys(("pos", "positive definite"), "pos"), "lower triangular": "lower", "lower_triangular": "lower",
    "upper triangular": "upper", "upper_triangular": "upper", "diagonal": "diagonal",
}


def solve(
    a: Any, b: Any, *, assume_a: str | None = "gen", lower: bool = False, transposed: bool = False, check_finite: bool = False
) -> Any:
    """x with a x = b, for one matrix or a stack of them: a (..., n, n), b (..., n, k), or (n,), a vector for all.

    Leading dimensions known to be 1 (or not there) are repeated. Integers are computed in float64. assume_a: what is known of a, as in
    scipy: "gen", "sym", "her", "pos" (or "general", "symmetric", "hermitian", "positive definite"), "lower triangular", "upper
    triangular", "diagonal"; of a symmetric, Hermitian or definite matrix only the triangle that `lower` says is read, and
    only it has a derivative. transposed: a' x = b. Errors at the call (at once where sizes are known): numpy.linalg.LinAlgError for a
    singular, not definite or not square matrix; ValueError for sizes that do not fit, and with check_finite for NaN and infinity.

    >>> solve([[2.0, 1.0], [1.0, 3.0]], [4.0, 7.0]).eval()
    array([1., 2.])
    """
    if assume_a not in KINDS:
        raise ValueError(f"solve: assume_a must be one of {', '.join(map(repr, KINDS))}, got {assume_a!r}")
    kind = KINDS[assume_a]
    if kind in ("lower", "upper"):
        return solve_triangular(a, b, transposed, (kind == "lower"), check_finite=check_finite)
    a, b, vector = with_columns("solve", a, b)
    a, b = finite(a, check_finite), finite(b, check_finite)
    if kind == "diagonal":
        diagonal = a.diagonal(0, a.ndim - 2, a.ndim - 1)
        x = b / diagonal.dimshuffle(*range(diagonal.ndim), "x")
    elif kind == "gen":
        x = SolveSystem("gen", False, transposed)(a, b)
    elif kind != "sym" and transposed and a.dtype in COMPLEX:  # the transposed matrix is the conjugated one
        x = SolveSystem(kind, lower)(a.conj(), b)
    else:
        x = SolveSystem(kind, lower)(a, b)
    return without_column(x) if vector else x


class Solve:
    """Theano's form: ``Solve(A_structure, lower)(A, b)``; `overwrite_A` and `overwrite_b` are the compiler's business."""

    def __init__(self, A_structure: str = "general", lower: bool = False, overwrite_A: bool = False, overwrite_b: bool = False) -> None:
        if A_structure not in ("general", "lower_triangular", "upper_triangular", "symmetric"):
            raise ValueError(f"Invalid matrix structure {A_structure!r}")
        self.A_structure = A_structure
        self.lower = lower

    def __call__(self, A: Any, b: Any) -> Any:
        return solve(A, b, assume_a=self.A_structure, lower=self.lower)


def solve_lower_triangular(a: Any, b: Any) -> Any:
    """x with a x = b, where only the lower triangle of a is read; see `solve_triangular`."""
    return solve_triangular(a, b, lower=True)


def solve_upper_triangular(a: Any, b: Any) -> Any:
    """x with a x = b, where only the upper triangle of a is read; see `solve_triangular`."""
    return solve_triangular(a, b, lower=False)


def solve_symmetric(a: Any, b: Any, lower: bool = False) -> Any:
    """x with a x = b for a symmetric matrix of which one triangle is read; see `solve`."""
    return solve(a, b, assume_a="sym", lower=lower)
