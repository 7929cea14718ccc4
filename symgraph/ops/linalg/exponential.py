"""The exponential of matrices, by Pade approximation, scaling and squaring; the logarithm and the square root.

Expm: Higham, The scaling and squaring method for the matrix exponential revisited (2005), with the approximant of degree 13 throughout.
Derivatives: the exponential (logarithm) of a block triangular matrix holds that of its blocks (Mathias, A chain rule for matrix functions
and applications, 1996); of the square root by a Sylvester equation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import part_of
from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.blas import multiply
from symgraph.ops.linalg.lapack import each_matrix, lapack, lead
from symgraph.ops.linalg.matrices import MatrixOp, adjoint, as_matrices, square
from symgraph.ops.linalg.sylvester import solve_sylvester

__all__ = ["Expm", "ExpmGrad", "Logm", "Sqrtm", "expm", "logm", "sqrtm"]

# The coefficients of the numerator of degree 13; the denominator's are those with the signs of odd powers changed.
PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0, 10559470521600.0, 670442572800.0,
    33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)
BOUND = 5.371920351148152  # of the 1-norm: up to it the approximant is exact to double precision


class Expm(MatrixOp):
    """The exponential of square matrices: (..., n, n) -> (..., n, n). NaN where an element is NaN or infinite."""

    __props__ = ()

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices("expm", a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, "expm")
        return [(*a.shape[:-2], n, n)]

    def compute(self, a: Any) -> Any:
        _must_be_square("expm", a)
        out = np.empty_like(a)
        for k in np.ndindex(*a.shape[:-2]):
            out[k] = _exponential(a[k])
        return out

    def workspace(self, s: Any, a: Any) -> list[tuple[str, Any]]:
        n = a.shape[-1]
        return [(a.dtype, n * n) for _ in range(5)] + [("int64", n)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,) = inputs
        out, *work, pivots = outputs
        n, dtype = x.shape[-1], x.dtype
        scaled, second, fourth, sixth, other = (w.pointer for w in work)

        def times(target: Any, left: Any, right: Any) -> None:
            multiply(b, dtype, target, left, right, n, n, n, (False, False))

        def combine(target: Any, terms: dict[Any, float], one: float = 0.0) -> None:
            """target = the sum of the terms, each a matrix times a number, and of `one` times the identity."""
            with b.loop(0, n) as i, b.loop(0, n, independent=True) as j:
                place = i * n + j
                total = b.select(b.equal(i, j), b.constant(one, dtype), b.constant(0, dtype))
                for matrix, factor in terms.items():
                    total = b.add(total, b.mul(b.load(matrix, place), b.constant(factor, dtype)))
                b.store(target, place, total)

        with each_matrix(b, x, out) as (a, e):
            norm = _one_norm(b, a, n, dtype)
            real = b.dtype_of(norm)
            finite = b.isfinite(norm)
            ratio = b.div(b.select(finite, norm, b.constant(0, real)), b.constant(BOUND, real))
            squarings, factor = _halvings(b, ratio, real)
            factor = b.select(finite, factor, b.constant(float("nan"), real))
            with b.loop(0, n * n, independent=True) as i:
                b.store(scaled, i, b.mul(b.load(a, i), b.cast(factor, dtype)))
            times(second, scaled, scaled)
            times(fourth, second, second)
            times(sixth, fourth, second)
            # the odd powers
            combine(other, {sixth: PADE[13], fourth: PADE[11], second: PADE[9]})
            times(e, sixth, other)
            with b.loop(0, n) as i, b.loop(0, n, independent=True) as j:
                place = i * n + j
                total = b.select(b.equal(i, j), b.constant(PADE[1], dtype), b.constant(0, dtype))
                for matrix, coefficient in ((e, 1.0), (sixth, PADE[7]), (fourth, PADE[5]), (second, PADE[3])):
                    total = b.add(total, b.mul(b.load(matrix, place), b.constant(coefficient, dtype)))
                b.store(other, place, total)
            times(e, scaled, other)
            # the even ones
            combine(other, {sixth: PADE[12], fourth: PADE[10], second: PADE[8]})
            times(scaled, sixth, other)
            combine(other, {scaled: 1.0, sixth: PADE[6], fourth: PADE[4], second: PADE[2]}, PADE[0])
            # (even - odd) result = even + odd; all of them commute, so it does not matter that LAPACK sees them transposed
            with b.loop(0, n * n, independent=True) as i:
                odd, even = b.load(e, i), b.load(other, i)
                b.store(second, i, b.sub(even, odd))
                b.store(e, i, b.add(even, odd))
            lapack(b, "gesv", dtype, n, n, second, lead(b, n), pivots.pointer, e, lead(b, n))
            with b.loop(0, squarings):
                times(second, e, e)
                with b.loop(0, n * n, independent=True) as i:
                    b.store(e, i, b.load(second, i))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [in_blocks(self, adjoint(inputs[0]), output_grads[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [in_blocks(self, inputs[0], tangents[0])]


def _one_norm(b: Any, a: Any, n: Any, dtype: str) -> Any:
    """The largest sum of sizes of a row: the 1-norm of what LAPACK sees, an upper bound of the same use."""
    zero = b.constant(0, part_of(dtype))

    def row(i: Any, most: Any) -> list[Any]:
        (total,) = b.fold(0, n, [zero], lambda j, total: [b.add(total, b.abs(b.load(a, i * n + j)))])
        return [b.maximum(most, total)]

    return b.fold(0, n, [zero], row)[0]


def _halvings(b: Any, ratio: Any, real: str) -> tuple[Any, Any]:
    """How often a number must be halved to be no more than 1, and the factor that does it."""

    def again(count: Any, factor: Any) -> tuple[Any, list[Any]]:
        more = b.less(b.constant(1, real), b.mul(ratio, factor))
        return more, [b.select(more, count + 1, count), b.select(more, b.mul(factor, b.constant(0.5, real)), factor)]

    count, factor = b.repeat([b.constant(0, "int64"), b.constant(1, real)], again)
    return count, factor


def _must_be_square(name: str, a: Any) -> None:
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"{name} takes square matrices, got {a.shape[-2]} rows and {a.shape[-1]} columns")


def _exponential(a: Any) -> Any:
    """The same, in numpy, of one matrix."""
    n = a.shape[-1]
    norm = abs(a).sum(axis=1).max(initial=0)
    if not np.isfinite(norm):
        return np.full_like(a, np.nan)
    count = max(int(np.ceil(np.log2(norm / BOUND))), 0) if norm > 0 else 0
    one = np.eye(n, dtype=a.dtype)
    a1 = a * a.dtype.type(0.5**count)
    a2 = a1 @ a1
    a4 = a2 @ a2
    a6 = a4 @ a2
    c = [a.dtype.type(x) for x in PADE]
    odd = a1 @ (a6 @ (c[13] * a6 + c[11] * a4 + c[9] * a2) + c[7] * a6 + c[5] * a4 + c[3] * a2 + c[1] * one)
    even = a6 @ (c[12] * a6 + c[10] * a4 + c[8] * a2) + c[6] * a6 + c[4] * a4 + c[2] * a2 + c[0] * one
    e = np.linalg.solve(even - odd, even + odd)
    for _ in range(count):
        e = e @ e
    return e


def in_blocks(op: Any, a: Any, g: Any) -> Any:
    """The derivative of a function of matrices at a in the direction g: the upper right block of that of [[a, g], [0, a]]."""
    a, g = as_tensor(a), as_tensor(g)
    n = a.shape[-1]
    rows = as_tensor([[a, g], [a.zeros_like(), a]])  # (2, 2, ..., n, n)
    leading = list(range(2, a.ndim))
    whole = rows.dimshuffle(*leading, 0, a.ndim, 1, a.ndim + 1).reshape([*[a.shape[d] for d in range(a.ndim - 2)], 2 * n, 2 * n])
    return op(whole)[..., :n, n:]


class _OfSchur(MatrixOp):
    """A function of matrices that scipy computes from their Schur form: a call of Python, for scipy has no C entry for it. The result is real
    where the matrices are: NaN, all of it, for a real matrix whose function is not real."""

    __props__ = ()
    name = ""

    def make_node(self, a: Any) -> Any:
        return super().make_node(*as_matrices(self.name, a))

    def output_dtypes(self, a: Any) -> list[str]:
        return [a.dtype]

    def sizes(self, s: Any, a: Any) -> Any:
        n = square(s, a, self.name)
        return [(*a.shape[:-2], n, n)]

    def compute(self, a: Any) -> Any:
        from scipy import linalg

        _must_be_square(self.name, a)
        out = np.empty_like(a)
        for k in np.ndindex(*a.shape[:-2]):
            found = self.value(linalg, a[k]) if np.isfinite(a[k]).all() and a.size else np.nan
            out[k] = found if out.dtype.kind == "c" or not np.iscomplexobj(found) else np.nan
        return out

    def value(self, linalg: Any, a: Any) -> Any:
        """That of one matrix."""
        raise NotImplementedError


class Logm(_OfSchur):
    """The principal logarithm of square matrices."""

    name = "logm"

    def value(self, linalg: Any, a: Any) -> Any:
        return linalg.logm(a)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [in_blocks(self, adjoint(inputs[0]), output_grads[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [in_blocks(self, inputs[0], tangents[0])]


class Sqrtm(_OfSchur):
    """The principal square root of square matrices."""

    name = "sqrtm"

    def value(self, linalg: Any, a: Any) -> Any:
        return linalg.sqrtm(a)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        root = adjoint(outputs[0])
        return [solve_sylvester(root, root, output_grads[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        root = self(inputs[0])
        return [solve_sylvester(root, root, tangents[0])]


# What a user calls ----------------------------------------------------------------------------------------------------


def expm(a: Any) -> Any:
    """The exponential of a square matrix, or of each of a stack: (..., n, n) -> (..., n, n). Integers are computed in float64.

    NaN for a matrix with a NaN or infinite element. LinAlgError if a is not square.

    >>> expm([[0.0, 1.0], [0.0, 0.0]]).eval()
    array([[1., 1.],
           [0., 1.]])
    """
    return Expm()(a)


class ExpmGrad:
    """Theano's form of the gradient of `expm`: ``ExpmGrad()(a, g)``, g the derivative by expm(a)."""

    def __call__(self, a: Any, g: Any) -> Any:
        return Expm().grad([as_tensor(a)], [as_tensor(g)])[0]


def logm(a: Any) -> Any:
    """The principal logarithm of a square matrix, or of each of a stack: (..., n, n) -> (..., n, n), by scipy.

    Of a real matrix it is real, and NaN where there is no real one (an eigenvalue is negative): give a complex matrix for that. Singular
    matrices have none. LinAlgError if a is not square.
    """
    return Logm()(a)


def sqrtm(a: Any) -> Any:
    """The principal square root of a square matrix, or of each of a stack: (..., n, n) -> (..., n, n), by scipy.

    Of a real matrix it is real, and NaN where there is no real one (an eigenvalue is negative): give a complex matrix for that. LinAlgError
    if a is not square; its derivative raises LinAlgError, at the call, for singular matrices.
    """
    return Sqrtm()(a)
