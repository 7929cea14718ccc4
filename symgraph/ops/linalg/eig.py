"""Eigenvalues and eigenvectors of general matrices.

Derivatives: Magnus, On differentiating eigenvalues and eigenvectors (1985); Boeddeker, Hanebrink, Drude, Heymann and Haeb-Umbach, On the
computation of complex-valued gradients with application to statistically optimum beamforming (2017). Where two eigenvalues are equal, the
eigenvectors have no derivative: it is NaN or infinite. Those of costs of the eigenvalues alone stay finite while there is a full set of
eigenvectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.ops.elementwise import function
from symgraph.ops.linalg.eigh import NOT_CONVERGED, as_row, inverse_differences
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, lead, move, require
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, square
from symgraph.ops.linalg.solve import solve

__all__ = ["Eig", "eig", "eigvals"]

NOT_FINITE = "Array must not contain infs or NaNs"
COMPLEX_OF = {"float32": "complex64", "float64": "complex128"}


class Eig(MatrixOp):
    """The eigenvalues (..., n) of matrices (..., n, n), and (vectors) the right eigenvectors, columns of (..., n, n), of length 1 and their
    largest element real; always complex, in LAPACK's order."""

    __props__ = ("vectors",)
    accepts_disconnected = True

    def __init__(self, vectors: bool = True) -> None:
        self.vectors = bool(vectors)

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("eig", a))

    def output_dtypes(self, a: Any) -> list[str]:
        dtype = COMPLEX_OF.get(a.dtype, a.dtype)
        return [dtype, dtype][: 1 + self.vectors]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, "eig")
        return [(*a.shape[:-2], n), (*a.shape[:-2], n, n)][: 1 + self.vectors]

    def compute(self, a: Any) -> Any:
        dtype = COMPLEX_OF.get(a.dtype.name, a.dtype.name)
        found = np.linalg.eig(a) if self.vectors else (np.linalg.eigvals(a),)
        return tuple(np.asarray(x, dtype) for x in found)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        n, dtype = a.shape[-1], a.dtype
        work = [(dtype, n * n), (dtype, (BLOCK + 12) * n + 1), (part_of(dtype), 2 * n), (dtype, 1)]
        return [*work, (dtype, n * n)] if self.vectors else work

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,) = inputs
        values, dtype, n = outputs[0], x.dtype, x.shape[-1]
        copy, work, parts, unused, *columns = (y.pointer for y in outputs[1 + self.vectors :])
        found = columns[0] if self.vectors else unused
        count = (BLOCK + 12) * n + 1
        arrays = [x, values, *([outputs[1]] if self.vectors else [])]
        with each_matrix(b, *arrays, cores=(2, 1, 2)[: len(arrays)]) as places:
            (fine,) = b.fold(0, n * n, [b.constant(1, "bool")], lambda i, fine: [b.both(fine, b.isfinite(b.load(places[0], i)))])
            b.check(fine, "LinAlgError", NOT_FINITE)  # LAPACK may not come back from others
            move(b, copy, places[0], n, n, transposed=True)
            flags = ("N", "V" if self.vectors else "N")
            leads = (unused, 1, found, lead(b, n))
            if dtype in COMPLEX:
                info = lapack(b, "geev", dtype, *flags, n, copy, lead(b, n), places[1], *leads, work, count, parts)
            else:
                info = lapack(b, "geev", dtype, *flags, n, copy, lead(b, n), parts, b.offset(parts, n), *leads, work, count)
            require(b, info, NOT_CONVERGED)
            if dtype not in COMPLEX:
                with b.loop(0, n) as k:
                    b.store(places[1], k, b.complex(b.load(parts, k), b.load(parts, n + k), values.dtype))
            if self.vectors:
                if dtype in COMPLEX:
                    move(b, places[2], found, n, n, transposed=True)
                else:
                    _pairs(b, places[2], found, parts, n, values.dtype)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        w, v = outputs if self.vectors else Eig()(*inputs)
        by_values = output_grads[0]
        by_vectors = output_grads[1] if self.vectors else None
        inner = None if by_values is None else by_values.as_diagonal()
        if by_vectors is not None:
            by_vectors = by_vectors + _turned(v, by_vectors)
            product = adjoint(v) @ by_vectors
            product = product - adjoint(v) @ (v * as_row(product.diagonal(0, -2, -1).real))
            term = inverse_differences(w).conj() * product
            inner = term if inner is None else inner + term
        total = solve(adjoint(v), inner @ adjoint(v))
        return [total if inputs[0].dtype in COMPLEX else total.real]


def _pairs(b: Any, out: Any, found: Any, parts: Any, n: Any, dtype: str) -> None:
    """LAPACK gives the real and imaginary parts of a pair of conjugated vectors as two real columns."""
    with b.loop(0, n) as k:
        imag = b.load(parts, n + k)
        zero = b.constant(0, b.dtype_of(imag))
        first = b.select(b.less(imag, zero), k - 1, k)
        with b.loop(0, n) as i:
            real = b.load(found, first * n + i)
            other = b.when(b.equal(imag, zero), lambda: zero, lambda: b.load(found, (first + 1) * n + i))
            other = b.select(b.less(imag, zero), b.neg(other), other)
            b.store(out, i * n + k, b.complex(real, other, dtype))


def _turned(v: Any, by_vectors: Any) -> Any:
    """What is added to the derivative by v, for the largest element of each column is kept real by turning the column."""
    real = v.imag.eq(0)
    size = real.switch(abs(v), -1.0)
    largest = size.eq(size.max(axis=-2, keepdims=True)).astype(size.dtype)
    largest = largest / largest.sum(axis=-2, keepdims=True)
    turn = (by_vectors.conj() * v).imag.sum(axis=-2, keepdims=True)
    turn = largest * turn / (largest * v.real).sum(axis=-2, keepdims=True)
    return function("complex")(turn.zeros_like(), turn)


# What a user calls ----------------------------------------------------------------------------------------------------


def eig(a: Any) -> list[Any]:
    """Eigenvalues and right eigenvectors of a square matrix, or of each of a stack: (..., n, n) -> [(..., n), (..., n, n)], complex.

    Column k of the second output is the eigenvector of eigenvalue k, of length 1, its largest element real. The order is LAPACK's. Raises
    LinAlgError for a matrix that is not square, and at the call for NaN or infinite elements or where nothing converges.
    """
    return Eig()(a, return_list=True)  # type: ignore[no-any-return]


def eigvals(a: Any) -> Any:
    """The eigenvalues of a square matrix, or of each of a stack, complex: (..., n, n) -> (..., n).

    >>> eigvals([[0.0, 1.0], [-1.0, 0.0]]).eval()
    array([0.+1.j, 0.-1.j])
    """
    return eig(a)[0]
