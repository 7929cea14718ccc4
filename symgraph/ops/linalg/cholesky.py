"""The triangular factor of positive definite matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lanes import Lanes, by_size, scratch
from symgraph.ops.linalg.lapack import each_matrix, lapack, lead, number_of_matrices
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, square
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = ["Cholesky", "CholeskyGrad", "cho_factor", "cho_solve", "cholesky"]

NOT_DEFINITE = "the matrix is not positive definite"


class Cholesky(MatrixOp):
    """L with L L^H = A of which the lower triangle is read, or U with U^H U = A of which the upper one is; the other half is 0.

    on_error: "raise" a LinAlgError, or "nan": all elements of the factor of that matrix.
    """

    __props__ = ("lower", "on_error")
    alias = ((0, 0),)

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError(f"on_error must be 'raise' or 'nan', got {on_error!r}")
        self.lower = bool(lower)
        self.on_error = on_error

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("Cholesky", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, "Cholesky")
        return [(*a.shape[:-2], n, n)]

    def value(self, a: Any) -> Any:
        if self.on_error == "nan":
            return _or_nan(a, self.lower)
        return _factor(a, self.lower)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        """What small matrices are factored in."""
        return scratch(a.dtype, a.shape[-1])

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        out, *rest = outputs
        n = out.shape[-1]

        def fill(a: Any, wrong: Any) -> None:
            b.when(wrong, lambda: _fill(b, a, n * n, out.dtype))

        def small() -> None:
            block = Lanes(b, out.dtype, n, rest)

            def of_lower(load: Any, i: Any, j: Any) -> Any:
                return b.select(b.less_equal(j, i), load(i, j) if self.lower else b.conj(load(j, i)), b.constant(0, out.dtype))

            with block.blocks(number_of_matrices(out)) as start:
                block.take(out.pointer, start, of_lower)
                block.cholesky()
                if self.on_error == "raise":
                    block.checked(NOT_DEFINITE)
                block.give(out.pointer, start, turned=not self.lower)
                if self.on_error == "nan":
                    with block.in_turn() as lane:
                        fill(b.offset(out.pointer, block.number(lane, start) * (n * n)), block.went_wrong(lane))

        def large() -> None:  # what is the lower triangle by rows is the upper one by columns
            with each_matrix(b, out) as a:
                fine = b.equal(lapack(b, "potrf", out.dtype, "U" if self.lower else "L", n, a, lead(b, n)), 0)
                with b.loop(0, n) as i, b.loop(i + 1, n) as j:
                    b.store(a, i * n + j if self.lower else j * n + i, b.constant(0, out.dtype))
                if self.on_error == "raise":
                    b.check(fine, "LinAlgError", NOT_DEFINITE)
                else:
                    fill(a, b.invert(fine))

        by_size(b, n, small, large)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """With P the lower triangle of L^H g, its diagonal halved: L^-H (P + P^H) L^-1 is what all elements of A get together (Murray,
        Differentiation of the Cholesky decomposition, 2016); the triangle that is read gets it all."""
        (factor,), (g,) = outputs, output_grads
        low = factor if self.lower else adjoint(factor)
        g = (g if self.lower else adjoint(g)).tril()
        p = adjoint(low) @ g
        p = (p.tril() + p.tril(-1)) * 0.5
        half = solve_triangular(low, p + adjoint(p), trans="C", lower=True)
        total = solve_triangular(low, adjoint(half), trans="C", lower=True)
        total = (total.tril() + total.tril(-1)) * 0.5
        return [total if self.lower else adjoint(total)]


def _fill(b: Any, a: Any, count: Any, dtype: str) -> None:
    with b.loop(0, count, independent=True) as i:
        b.store(a, i, b.constant(float("nan"), dtype))


def _factor(a: Any, lower: bool) -> Any:
    try:
        return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a.swapaxes(-1, -2).conj()).swapaxes(-1, -2).conj()
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError(NOT_DEFINITE) from None


def _or_nan(a: Any, lower: bool) -> Any:
    out = np.full(a.shape, np.nan, a.dtype)
    for k in np.ndindex(*a.shape[:-2]):
        try:
            out[k] = _factor(a[k], lower)
        except np.linalg.LinAlgError:
            continue
    return out


class CholeskyGrad:
    """Theano's form: ``CholeskyGrad(lower)(x, factor, g)`` is the derivative by x, given that by its factor."""

    def __init__(self, lower: bool = True) -> None:
        self.lower = lower

    def __call__(self, x: Any, factor: Any, g: Any) -> Any:
        return Cholesky(self.lower).L_op([x], [as_tensor(factor)], [as_tensor(g)])[0]


def cholesky(a: Any, lower: bool = True, *, check_finite: bool = False, on_error: str = "raise") -> Any:
    """The triangular factor of a positive definite matrix, or of each matrix of a stack: (..., n, n) -> (..., n, n).

    lower: L with L L^H = a, else U with U^H U = a; only that triangle of a is read, and only it has a derivative. Integers are
    computed in float64. on_error: "raise" numpy.linalg.LinAlgError, at the call, where a matrix is not positive definite, or "nan": its
    factor is NaN. check_finite: ValueError, at the call, for NaN or infinity in a. LinAlgError if a is known not to be square.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).eval()
    array([[2., 0.],
           [1., 2.]])
    """
    (a,) = as_matrices("cholesky", a)
    return Cholesky(lower, on_error)(finite(a, check_finite))


def cho_factor(a: Any, lower: bool = False, *, check_finite: bool = False) -> tuple[Any, bool]:
    """The pair that `cho_solve` takes, as scipy's: the factor of a and `lower`. The other triangle is 0. Raises what `cholesky` does."""
    return cholesky(a, lower, check_finite=check_finite), bool(lower)


def cho_solve(c_and_lower: tuple[Any, bool], b: Any, *, check_finite: bool = False) -> Any:
    """x with A x = b, given (factor, lower) of A by `cho_factor` or `cholesky`: (..., n, n) and (..., n, k), or (n,) -> the shape of b.

    >>> cho_solve((cholesky([[4.0, 2.0], [2.0, 5.0]]), True), [2.0, 5.0]).eval()
    array([0., 1.])
    """
    c, lower = c_and_lower
    half = solve_triangular(c, b, trans="C" if not lower else "N", lower=lower, check_finite=check_finite)
    return solve_triangular(c, half, trans="N" if not lower else "C", lower=lower)
