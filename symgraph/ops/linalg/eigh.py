"""Eigenvalues and eigenvectors of Hermitian matrices.

Derivatives: Magnus, On differentiating eigenvalues and eigenvectors (1985). Where two eigenvalues are equal, the eigenvectors have no
derivative: it is NaN or infinite. Those of costs of the eigenvalues alone stay finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.ops.linalg.cholesky import cholesky
from symgraph.ops.linalg.jacobi import Jacobi, is_small, scratch
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, lead, move, number_of_matrices, require
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, only_triangle, square, together
from symgraph.ops.linalg.triangular import solve_triangular

__all__ = ["NOT_CONVERGED", "Eigh", "EighGrad", "Eigvalsh", "EigvalshGrad", "as_column", "as_row", "eigh", "eigvalsh", "inverse_differences"]

NOT_CONVERGED = "Eigenvalues did not converge"


class Eigh(MatrixOp):
    """The eigenvalues w (..., n), real and in ascending order, of Hermitian matrices (..., n, n) of which one triangle is read, that of UPLO ("L"
    or "U", or whether it is the lower one); vectors: the eigenvectors too, columns of (..., n, n), of length 1."""

    __props__ = ("lower", "vectors")
    accepts_disconnected = True  # the derivative by the eigenvalues alone needs no differences of these

    def __init__(self, UPLO: Any = "L", vectors: bool = True) -> None:
        self.lower = _is_lower("Eigh", UPLO)
        self.vectors = bool(vectors)

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("eigh", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [part_of(a.dtype), a.dtype][: 1 + self.vectors]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, "eigh")
        return [(*a.shape[:-2], n), (*a.shape[:-2], n, n)][: 1 + self.vectors]

    def compute(self, a: Any) -> Any:
        uplo: Any = "L" if self.lower else "U"
        return tuple(np.linalg.eigh(a, uplo)) if self.vectors else np.linalg.eigvalsh(a, uplo)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        n = a.shape[-1]
        whole, real = a.dtype, part_of(a.dtype)
        more = 2 * n * n if self.vectors else 0
        work = [("int64", 5 * n + 3), (whole, more + (BLOCK + 6) * n + 1)]
        if whole in COMPLEX:
            work.append((real, more + 5 * n + 1))
        work += scratch(s, a)
        return work if self.vectors else [*work, (whole, n * n)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        small = is_small(b, inputs[0])
        b.when(small, lambda: self._rotations(b, inputs[0], outputs))
        b.when(b.invert(small), lambda: self._by_library(b, inputs[0], outputs))

    def _rotations(self, b: Any, x: Any, outputs: Sequence[Any]) -> None:
        """Small matrices, eight at a time."""
        n, after = x.shape[-1], 1 + self.vectors
        block = Jacobi(b, x.dtype, n, n, outputs[after + 2 : after + 5], self.vectors)
        with block.blocks(number_of_matrices(x)) as start:

            def place(i: Any, j: Any) -> Any:
                low, high = b.minimum(i, j), b.maximum(i, j)
                return high * n + low if self.lower else low * n + high

            block.take(x.pointer, start, place, n * n)
            block.eigenvalues(NOT_CONVERGED)
            block.give(outputs[0].pointer, start, n, 1, lambda i, j, lane: block.scaled(i, lane))
            if self.vectors:
                block.give(outputs[1].pointer, start, n, n, block.vector)

    def _by_library(self, b: Any, x: Any, outputs: Sequence[Any]) -> None:
        values, dtype, n = outputs[0], x.dtype, x.shape[-1]
        rest = list(outputs[1 + self.vectors :])
        whole, work = rest[0], rest[1]
        copy = outputs[1] if self.vectors else rest[-1]
        more = 2 * n * n if self.vectors else 0
        count = more + (BLOCK + 6) * n + 1
        tail = [work.pointer, count]
        if dtype in COMPLEX:
            tail += [rest[2].pointer, more + 5 * n + 1]
        arrays = [x, values, *([outputs[1]] if self.vectors else [])]
        with each_matrix(b, *arrays, cores=(2, 1, 2)[: len(arrays)]) as places:
            a = places[2] if self.vectors else copy.pointer
            move(b, a, places[0], n, n, transposed=True)  # by columns, so that vectors have the signs that numpy's have
            name = "heevd" if dtype in COMPLEX else "syevd"
            info = lapack(b, name, dtype, "V" if self.vectors else "N", "L" if self.lower else "U", n, a, lead(b, n), places[1], *tail,
                          whole.pointer, 5 * n + 3)
            require(b, info, NOT_CONVERGED)
            if self.vectors:
                with b.loop(0, n) as i, b.loop(0, i) as j:
                    x, y = b.load(a, i * n + j), b.load(a, j * n + i)
                    b.store(a, i * n + j, y)
                    b.store(a, j * n + i, x)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        w, v = outputs if self.vectors else Eigh(self.lower)(*inputs)
        by_values = output_grads[0]
        by_vectors = output_grads[1] if self.vectors else None
        total = None if by_values is None else v * as_row(by_values)
        if by_vectors is not None:
            term = v @ (inverse_differences(w) * (adjoint(v) @ by_vectors))
            total = term if total is None else total + term
        return [only_triangle(total @ adjoint(v), self.lower)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (a,), (t,) = inputs, tangents
        w, v = Eigh(self.lower)(a)
        inner = adjoint(v) @ _whole(t, self.lower) @ v
        values = inner.diagonal(0, -2, -1)
        values = values.real if values.dtype in COMPLEX else values
        return [values, v @ (inverse_differences(w) * inner)][: 1 + self.vectors]


def _whole(t: Any, lower: bool) -> Any:
    """The Hermitian matrix of which a triangle is given."""
    if lower:
        whole = t.tril() + adjoint(t.tril(-1))
    else:
        whole = t.triu() + adjoint(t.triu(1))
    if t.dtype not in COMPLEX:
        return whole
    diagonal = whole.diagonal(0, -2, -1)
    return whole - (diagonal - diagonal.conj()).as_diagonal() * 0.5


def as_row(x: Any) -> Any:
    """Vectors as matrices of one row."""
    return x.dimshuffle(*range(x.ndim - 1), "x", x.ndim - 1)


def as_column(x: Any) -> Any:
    """Vectors as matrices of one column."""
    return x.dimshuffle(*range(x.ndim), "x")


def inverse_differences(w: Any) -> Any:
    """1 / (w[j] - w[i]), 0 on the diagonal."""
    one = w.ones_like().as_diagonal()
    return 1.0 / (as_row(w) - as_column(w) + one) - one


# What a user calls ----------------------------------------------------------------------------------------------------


def _is_lower(what: str, UPLO: Any) -> bool:
    if isinstance(UPLO, bool):
        return UPLO
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ValueError(f"{what}: UPLO argument must be 'L' or 'U', got {UPLO!r}")
    return UPLO.upper() == "L"


def eigh(a: Any, b: Any = None, UPLO: str = "L", *, lower: bool | None = None) -> list[Any]:
    """Eigenvalues and eigenvectors of a Hermitian matrix, or of each of a stack: (..., n, n) -> [(..., n), (..., n, n)].

    The eigenvalues are real, in ascending order; column k of the second output is the eigenvector of length 1 of eigenvalue k. UPLO (or
    `lower`): which triangle of a is read; only it has a derivative. b: then a x = w b x is solved, for positive definite b of which the same
    triangle is read (the eigenvectors have length 1 in the metric of b); eigh(a, 'U') is understood as numpy's. Integers are computed in
    float64. Raises LinAlgError for a matrix that is not square, and at the call where b is not positive definite or nothing converges.

    The derivatives are NaN or infinite where two eigenvalues are equal and the cost depends on eigenvectors; they suppose that it does not
    depend on the sign (complex: phase) of these.

    >>> [x.eval() for x in eigh([[2.0, 0.0], [0.0, 1.0]])][0]
    array([1., 2.])
    """
    if isinstance(b, str):
        b, UPLO = None, b
    low = _is_lower("eigh", UPLO) if lower is None else bool(lower)
    if b is None:
        return Eigh(low)(a, return_list=True)  # type: ignore[no-any-return]
    a, b = as_matrices("eigh", a, b)
    a, b = together(a, b)
    a, factor = _whole(a, low), cholesky(b, low)
    factor = factor if low else adjoint(factor)
    half = solve_triangular(factor, a, lower=True)
    inner = solve_triangular(factor, adjoint(half), lower=True)
    w, v = Eigh(True)(inner)
    return [w, solve_triangular(factor, v, trans="C", lower=True)]


def eigvalsh(a: Any, b: Any = None, UPLO: str = "L", *, lower: bool | None = None) -> Any:
    """The eigenvalues of `eigh`, in ascending order: (..., n, n) -> (..., n). Its derivative is right for equal eigenvalues too, where the
    cost is a symmetric function of these.

    >>> eigvalsh([[2.0, 1.0], [1.0, 2.0]]).eval()
    array([1., 3.])
    """
    return eigh(a, b, UPLO, lower=lower)[0]


# Theano's forms -------------------------------------------------------------------------------------------------------


class EighGrad:
    """Theano's form of the gradient of `eigh`: ``EighGrad(UPLO)(x, w, v, W, V)``, W and V the derivatives by w and v."""

    def __init__(self, UPLO: str = "L") -> None:
        self.UPLO = UPLO

    def __call__(self, x: Any, w: Any, v: Any, W: Any, V: Any) -> Any:
        return Eigh(self.UPLO).L_op([x], [w, v], [W, V])[0]


class Eigvalsh:
    """Theano's form of `eigvalsh`: ``Eigvalsh(lower)(a, b)``, without b (or None) of a alone."""

    def __init__(self, lower: bool = True) -> None:
        self.lower = bool(lower)

    def __call__(self, a: Any, b: Any = None) -> Any:
        return eigvalsh(a, b, lower=self.lower)


class EigvalshGrad:
    """Theano's form of the gradient of `eigvalsh`: ``EigvalshGrad(lower)(a, b, gw)`` -> the derivatives by a and b, gw that by w."""

    def __init__(self, lower: bool = True) -> None:
        self.lower = bool(lower)

    def __call__(self, a: Any, b: Any, gw: Any) -> list[Any]:
        """With v^H b v = 1: dw = v^H da v - w v^H db v."""
        w, v = eigh(a, b, lower=self.lower)
        return [only_triangle((v * as_row(g)) @ adjoint(v), self.lower) for g in (gw, -gw * w)]
