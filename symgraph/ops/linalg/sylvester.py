"""The equations of Sylvester and Lyapunov, by Schur forms (Bartels and Stewart, Solution of the matrix equation AX + XB = C, 1972)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, lead, library, move, require
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, square, together
from symgraph.ops.linalg.solve import solve

__all__ = ["Sylvester", "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_lyapunov", "solve_sylvester"]

NOT_UNIQUE = "solve_sylvester: a and -b have a common eigenvalue: there is no unique solution"
NOT_CONVERGED = "solve_sylvester: the Schur form did not converge"
NOT_FINITE = "solve_sylvester: array must not contain infs or NaNs"


class Sylvester(MatrixOp):
    """x with a x + x b = q: a (..., m, m), b (..., n, n), q (..., m, n), of one dtype and equal leading sizes."""

    __props__ = ()

    def make_node(self, a: Any, b: Any, q: Any) -> Any:
        return super().make_node(*as_matrices("solve_sylvester", a, b, q))

    def output_dtypes(self, a: Any, b: Any, q: Any) -> list[str]:
        return [q.dtype]

    def sizes(self, s: Any, a: Any, b: Any, q: Any) -> Any:
        m, n = square(s, a, "solve_sylvester"), square(s, b, "solve_sylvester")
        text = "solve_sylvester: matrices of {} and of {} rows"
        leading = [s.same(i, s.same(j, k, text), text) for i, j, k in zip(a.shape[:-2], b.shape[:-2], q.shape[:-2])]
        return [(*leading, s.same(m, q.shape[-2], text), s.same(n, q.shape[-1], text))]

    def compute(self, a: Any, b: Any, q: Any) -> Any:
        from scipy import linalg

        if a.shape[-2:] != (q.shape[-2],) * 2 or b.shape[-2:] != (q.shape[-1],) * 2:
            error = np.linalg.LinAlgError if a.shape[-2] != a.shape[-1] or b.shape[-2] != b.shape[-1] else ValueError
            raise error(f"solve_sylvester: shapes {a.shape[-2:]}, {b.shape[-2:]} and {q.shape[-2:]} do not fit; a and b must be square")
        if not all(np.isfinite(x).all() for x in (a, b)):
            raise np.linalg.LinAlgError(NOT_FINITE)
        out = np.empty_like(q)
        for k in np.ndindex(*q.shape[:-2]):
            if out[k].size:
                r, u = linalg.schur(a[k], output="real")
                s, v = linalg.schur(b[k], output="real")
                solve = linalg.get_lapack_funcs("trsyl", (r, s))
                y, scale, info = solve(r, s, u.conj().T @ q[k] @ v)
                if info:
                    raise np.linalg.LinAlgError(NOT_UNIQUE)
                out[k] = u @ y @ v.conj().T / scale
        return out

    def workspace(self, s: Any, a: Any, b: Any, q: Any) -> list[tuple[str, Any]]:
        m, n, dtype = a.shape[-1], b.shape[-1], q.dtype
        k = s.maximum(m, n)
        work = [(dtype, m * m), (dtype, m * m), (dtype, n * n), (dtype, n * n), (dtype, m * n), (dtype, m * n)]
        return [*work, (dtype, 2 * k), (dtype, (BLOCK + 4) * k + 1), (part_of(dtype), k + 1), ("int64", k + 1)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """By columns the equation is b' x' + x' a' = q', and the row-major matrices are b', a', q' as they lie."""
        out, *work = outputs
        dtype = out.dtype
        m, n = out.shape[-2:]
        schur_a, u, schur_b, v, left, right, values, space, reals, flags = (w.pointer for w in work)
        one, zero = b.constant(1, dtype), b.constant(0, dtype)
        adjoint_flag = "C" if dtype in COMPLEX else "T"

        def schur(form: Any, vectors: Any, source: Any, k: Any) -> None:
            (fine,) = b.fold(0, k * k, [b.constant(1, "bool")], lambda i, fine: [b.both(fine, b.isfinite(b.load(source, i)))])
            b.check(fine, "LinAlgError", NOT_FINITE)
            move(b, form, source, k, k)
            count = (BLOCK + 4) * b.maximum(m, n) + 1
            sorted_out = b.local("int64", 1)  # nothing is sorted, so no function is called for it
            parts = (values,) if dtype in COMPLEX else (values, b.offset(values, k))
            tail = (space, count, reals, flags) if dtype in COMPLEX else (space, count, flags)
            info = lapack(b, "gees", dtype, "V", "N", sorted_out, k, form, lead(b, k), sorted_out, *parts, vectors, lead(b, k), *tail)
            require(b, info, NOT_CONVERGED)

        def product(first: str, second: str, rows: Any, columns: Any, inner: Any, x: Any, lead_x: Any, y: Any, lead_y: Any, to: Any) -> None:
            library(b, "gemm", dtype, first, second, rows, columns, inner, one, x, lead(b, lead_x), y, lead(b, lead_y), zero, to, lead(b, rows))

        def solved(places: Sequence[Any]) -> None:
            schur(schur_b, v, places[1], n)
            schur(schur_a, u, places[0], m)
            product(adjoint_flag, "N", n, m, n, v, n, places[2], n, left)
            product("N", "N", n, m, m, left, n, u, m, right)
            scale = b.local(part_of(dtype), 1)
            info = lapack(b, "trsyl", dtype, "N", "N", 1, n, m, schur_b, lead(b, n), schur_a, lead(b, m), right, lead(b, n), scale)
            require(b, info, NOT_UNIQUE)
            factor = b.cast(b.reciprocal(b.load(scale, 0)), dtype)
            product("N", "N", n, m, n, v, n, right, n, left)
            product("N", adjoint_flag, n, m, m, left, n, u, m, places[3])
            with b.loop(0, m * n, independent=True) as i:
                b.store(places[3], i, b.mul(b.load(places[3], i), factor))

        with each_matrix(b, *inputs, out) as places:
            b.when(b.less(0, m * n), lambda: solved(places))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        a, b, _ = inputs
        (x,) = outputs
        s = self(adjoint(a), adjoint(b), output_grads[0])
        xh = adjoint(x)
        return [-(s @ xh), -(xh @ s), s]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        x = self(*inputs)
        da, db, dq = tangents
        right = dq
        for term in (None if da is None else da @ x, None if db is None else x @ db):
            if term is not None:
                right = -term if right is None else right - term
        return [self(inputs[0], inputs[1], right)]


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """x with a x + x b = q, for matrices or stacks of them: (..., m, m), (..., n, n), (..., m, n) -> (..., m, n).

    Leading dimensions known to be 1 (or not there) are repeated. Integers are computed in float64. LinAlgError for a or b that is not
    square, and at the call where a and -b have a common eigenvalue or an element of them is NaN or infinite; ValueError for sizes that do
    not fit.

    >>> solve_sylvester([[1.0]], [[3.0]], [[8.0]]).eval()
    array([[2.]])
    """
    a, b, q = as_matrices("solve_sylvester", a, b, q)
    a, q = together(a, q)
    b, q = together(b, q)
    a, q = together(a, q)
    return Sylvester()(a, b, q)


def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """x with a x + x a^H = q: (..., n, n), (..., n, n) -> (..., n, n). Raises what `solve_sylvester` does.

    >>> solve_continuous_lyapunov([[2.0]], [[8.0]]).eval()
    array([[2.]])
    """
    (a,) = as_matrices("solve_continuous_lyapunov", a)
    return solve_sylvester(a, adjoint(a), q)


solve_lyapunov = solve_continuous_lyapunov


def solve_discrete_lyapunov(a: Any, q: Any, method: str | None = None) -> Any:
    """x with a x a^H - x + q = 0: (..., n, n), (..., n, n) -> (..., n, n).

    method: "direct", one linear system of n^2 unknowns, or "bilinear", by way of a continuous equation, which fails where a has the
    eigenvalue -1; None: direct for n known to be below 10. LinAlgError, at the call, where there is no unique solution.

    The bilinear way: Popov, Hyperstability and optimality of automatic systems with several control functions (1964).

    >>> solve_discrete_lyapunov([[0.5]], [[3.0]]).eval()
    array([[4.]])
    """
    if method not in (None, "direct", "bilinear"):
        raise ValueError(f"solve_discrete_lyapunov: method must be 'direct' or 'bilinear', got {method!r}")
    a, q = together(*as_matrices("solve_discrete_lyapunov", a, q))
    size, n, leading = a.type.shape[-1], a.shape[-1], a.ndim - 2
    if method == "direct" or method is None and size is not None and size < 10:
        rows = list(range(leading))
        first = a.dimshuffle(*rows, leading, "x", leading + 1, "x")
        second = a.conj().dimshuffle(*rows, "x", leading, "x", leading + 1)
        sizes = [a.shape[d] for d in rows]
        products = (first * second).reshape([*sizes, n * n, n * n])
        one = products.diagonal(0, -2, -1).ones_like().as_diagonal()
        return solve(one - products, q.reshape([*sizes, n * n, 1])).reshape([*sizes, n, n])
    one = a.diagonal(0, -2, -1).ones_like().as_diagonal()
    # with b = (a^H + 1)^-1 (a^H - 1): b^H x + x b = -2 (a + 1)^-1 q (a^H + 1)^-1
    ah = adjoint(a)
    b = solve(ah + one, ah - one)
    half = solve(a + one, q)
    right = adjoint(solve(a + one, adjoint(half)))
    return solve_sylvester(adjoint(b), b, -2.0 * right)
