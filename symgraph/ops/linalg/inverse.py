"""Inverses and determinants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.ops.linalg.lanes import Lanes, by_size, scratch
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, move, number_of_matrices, require
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, square, transposed

__all__ = ["Det", "MatrixInverse", "SLogDet", "det", "inv", "matrix_inverse", "slogdet"]

SINGULAR = "Singular matrix"


class MatrixInverse(MatrixOp):
    """The inverse of square matrices (..., n, n)."""

    __props__ = ()
    holomorphic = True
    alias = ((0, 0),)

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("inv", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, "inv")
        return [(*a.shape[:-2], n, n)]

    def value(self, a: Any) -> Any:
        return np.linalg.inv(a)

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        """Pivots, and LAPACK's own; what small matrices are inverted in."""
        return [("int64", a.shape[-1]), (a.dtype, a.shape[-1] * BLOCK), *scratch(a.dtype, a.shape[-1], 1)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        out, pivots, work, *rest = outputs
        n = out.shape[-1]

        def small() -> None:
            block = Lanes(b, out.dtype, n, rest)
            with block.blocks(number_of_matrices(out)) as start:
                block.take(out.pointer, start)
                block.invert()
                block.checked(SINGULAR)
                block.give(out.pointer, start)

        def large() -> None:  # the inverse of a' is the transposed inverse
            with each_matrix(b, out) as a:
                require(b, lapack(b, "getrf", out.dtype, n, n, a, n, pivots.pointer), SINGULAR)
                require(b, lapack(b, "getri", out.dtype, n, a, n, pivots.pointer, work.pointer, n * BLOCK), SINGULAR)

        by_size(b, n, small, large)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        turned = transposed(outputs[0])
        return [-(turned @ output_grads[0] @ turned)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        inverse = self(inputs[0])
        return [-(inverse @ tangents[0] @ inverse)]


class _OfFactors(MatrixOp):
    """What is read off the diagonal of LU: the matrix is factored in scratch memory."""

    __props__ = ()
    takes = ""

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices(self.takes, a))

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        """The matrix and its pivots; what small matrices are factored in."""
        return [(a.dtype, a.shape[-1] * a.shape[-1]), ("int64", a.shape[-1]), *scratch(a.dtype, a.shape[-1])]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), results, (factor, pivots, *rest) = inputs, outputs[:-5], outputs[-5:]
        n = x.shape[-1]

        def small() -> None:
            block = Lanes(b, x.dtype, n, rest)
            with block.blocks(number_of_matrices(x)) as start:
                block.take(x.pointer, start)
                block.factor()
                with block.in_turn() as lane:
                    places = [b.offset(y.pointer, block.number(lane, start)) for y in results]
                    self.finish(b, x.dtype, n, lambda k: (block.get(k, k, lane), block.pivoted(k, lane)), places)

        def large() -> None:
            with each_matrix(b, x, *results, cores=(2, *[0] * len(results))) as (a, *places):
                move(b, factor.pointer, a, n, n)
                lapack(b, "getrf", x.dtype, n, n, factor.pointer, n, pivots.pointer)

                def step(k: Any) -> tuple[Any, Any]:
                    return b.load(factor.pointer, k * n + k), b.not_equal(b.load(pivots.pointer, k) - 1, k)

                self.finish(b, x.dtype, n, step, places)

        by_size(b, n, small, large)

    def finish(self, b: Any, dtype: str, n: Any, step: Callable[[Any], tuple[Any, Any]], places: Sequence[Any]) -> None:
        """Stores the results. step(k): element k of the diagonal of U, and whether step k exchanged two rows."""
        raise NotImplementedError


class Det(_OfFactors):
    """The determinant of square matrices (..., n, n) -> (...)."""

    holomorphic = True
    takes = "det"

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        square(s, a, "det")
        return [tuple(a.shape[:-2])]

    def value(self, a: Any) -> Any:
        return np.linalg.det(a)

    def finish(self, b: Any, dtype: str, n: Any, step: Callable[[Any], tuple[Any, Any]], places: Sequence[Any]) -> None:
        def joined(k: Any, product: Any) -> list[Any]:
            x, exchanged = step(k)
            return [b.mul(product, b.select(exchanged, b.neg(x), x))]

        b.store(places[0], 0, b.fold(0, n, [b.typed(1, dtype)], joined)[0])

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        factor = output_grads[0] * outputs[0]
        return [factor.dimshuffle(*range(factor.ndim), "x", "x") * transposed(MatrixInverse()(inputs[0]))]


class SLogDet(_OfFactors):
    """The sign (of complex matrices: the phase) and the logarithm of the absolute value of the determinant; (0, -inf) of singular ones."""

    takes = "slogdet"
    accepts_disconnected = True  # most often only the logarithm has a derivative

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype, part_of(a.dtype)]

    def sizes(self, s: Any, a: Any) -> Any:
        square(s, a, "slogdet")
        return [tuple(a.shape[:-2])] * 2

    def value(self, a: Any) -> Any:
        sign, logarithm = np.linalg.slogdet(a)
        return np.asarray(sign), np.asarray(logarithm)

    def finish(self, b: Any, dtype: str, n: Any, step: Callable[[Any], tuple[Any, Any]], places: Sequence[Any]) -> None:
        def joined(k: Any, sign: Any, total: Any) -> list[Any]:
            x, exchanged = step(k)
            unit = b.sign(x)
            return [b.mul(sign, b.select(exchanged, b.neg(unit), unit)), b.add(total, b.log(b.abs(x)))]

        sign, total = b.fold(0, n, [b.typed(1, dtype), b.typed(0, part_of(dtype))], joined)
        b.store(places[0], 0, sign)
        b.store(places[1], 0, total)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """The logarithm: the inverse, transposed and conjugated. The phase s of complex matrices turns by s i Im tr(A^-1 dA)."""
        (a,), (sign, _), (by_sign, by_logarithm) = inputs, outputs, output_grads
        inverse = adjoint(MatrixInverse()(a))
        factor = by_logarithm
        if a.dtype in COMPLEX and by_sign is not None:
            turned = (by_sign * sign.conj()).imag * np.asarray(1j, a.dtype)
            factor = turned if factor is None else factor + turned
        if factor is None:
            return [a.zeros_like()]
        return [factor.dimshuffle(*range(factor.ndim), "x", "x") * inverse]


def inv(a: Any) -> Any:
    """The inverse of a matrix, or of each matrix of a stack: (..., n, n). Integers are computed in float64.

    numpy.linalg.LinAlgError at the call for a singular matrix, or one that is not square (at once where that is known).

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).eval()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return MatrixInverse()(a)


matrix_inverse = inv


def det(a: Any) -> Any:
    """The determinant of a matrix, or of each matrix of a stack: (..., n, n) -> (...). LinAlgError if it is not square.

    The derivative needs the inverse: LinAlgError at the call for a singular matrix.

    >>> det([[2.0, 1.0], [1.0, 4.0]]).eval()
    array(7.)
    """
    return Det()(a)


def slogdet(a: Any) -> tuple[Any, Any]:
    """The sign of the determinant and the logarithm of its absolute value, which neither overflows nor underflows: det = sign exp(log).

    (..., n, n) -> (...), (...); of a singular matrix 0 and -inf. Of complex matrices the sign is a complex number of absolute value 1.

    >>> [x.eval() for x in slogdet([[0.0, 1.0], [1.0, 0.0]])]
    [array(-1.), array(0.)]
    """
    sign, logarithm = SLogDet()(a)
    return sign, logarithm
