"""Least squares by the singular values of a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, part_of
from symgraph.ops.linalg.lapack import BLOCK, each_matrix, lapack, lead, move, require
from symgraph.ops.linalg.matrices import MatrixOp, adjoint
from symgraph.ops.linalg.triangular import of_one_dtype, with_columns, without_column

__all__ = ["LeastSquares", "Lstsq", "lstsq"]

NO_CONVERGENCE = "SVD did not converge in Linear Least Squares"
_LEAF, _LEVELS = 25, 28  # LAPACK's gelsd: rows of its smallest problems, and a bound of how often it halves (2^28 x 25 rows)


class LeastSquares(MatrixOp):
    """x of least norm with |A x - b| least, the rank of A and its singular values: A (..., m, n), b (..., m, k) -> (..., n, k), (...),
    (..., min(m, n)).

    rcond: singular values below rcond times the largest count as 0; None: the dtype's precision times max(m, n).
    """

    __props__ = ("rcond",)

    def __init__(self, rcond: float | None = None) -> None:
        self.rcond = rcond

    def output_dtypes(self, a: Any, b: Any) -> list[str]:
        return [of_one_dtype("LeastSquares", a, b), "int32", part_of(a.dtype)]

    def sizes(self, s: Any, a: Any, b: Any) -> Any:
        s.same(a.shape[-2], b.shape[-2], "lstsq: the matrix has {} rows, but the right side {}")
        leading = tuple(s.same(p, q, "lstsq: stacks of {} and {} matrices") for p, q in zip(a.shape[:-2], b.shape[:-2]))
        return [(*leading, a.shape[-1], b.shape[-1]), leading, (*leading, s.minimum(*a.shape[-2:]))]

    def value(self, a: Any, b: Any) -> Any:
        m, n = a.shape[-2:]
        x = np.zeros((*a.shape[:-2], n, b.shape[-1]), a.dtype)
        rank = np.zeros(a.shape[:-2], "int32")
        values = np.zeros((*a.shape[:-2], min(m, n)), part_of(a.dtype.name))
        for k in np.ndindex(*a.shape[:-2]) if a.size else ():
            x[k], _, rank[k], values[k] = np.linalg.lstsq(a[k], b[k], rcond=self.rcond)
        return x, rank, values

    def workspace(self, s: Any, a: Any, b: Any) -> list[tuple[str, Any]]:
        """Both sides by columns, and what gelsd asks for."""
        (m, n), k = a.shape[-2:], b.shape[-1]
        return [(a.dtype, m * n), (a.dtype, s.maximum(m, n) * k), *[(dtype, size) for dtype, size in _work(s, a.dtype, m, n, k)]]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, rank, values, by_columns, sides, work, real_work, integers = outputs
        matrix, right = inputs
        (m, n), k, dtype = matrix.shape[-2:], x.shape[-1], matrix.dtype
        height = b.maximum(m, n)
        found = b.local("int64", 1)
        (_, size), _, _ = _work(b, dtype, m, n, k)
        precision = float(np.finfo(dtype).eps)
        cut = b.mul(b.cast(height, part_of(dtype)), precision) if self.rcond is None else b.constant(self.rcond, part_of(dtype))
        extra = [real_work.pointer] if dtype in COMPLEX else []
        with each_matrix(b, matrix, right, x, rank, values, cores=(2, 2, 2, 0, 1)) as (p, q, to, to_rank, to_values):
            move(b, by_columns.pointer, p, m, n, transposed=True)
            with b.loop(0, height) as i, b.loop(0, k) as j:
                value = b.when(b.less(i, m), lambda: [b.load(q, i * k + j)], lambda: [b.typed(0, dtype)])
                b.store(sides.pointer, j * height + i, value[0])
            b.store(found, 0, 0)
            info = lapack(
                b, "gelsd", dtype, m, n, k, by_columns.pointer, lead(b, m), sides.pointer, lead(b, height), to_values, cut, found,
                work.pointer, size, *extra, integers.pointer,
            )
            require(b, info, NO_CONVERGENCE)
            with b.loop(0, n) as i, b.loop(0, k) as j:
                b.store(to, i * k + j, b.load(sides.pointer, j * height + i))
            b.store(to_rank, 0, b.load(found, 0))

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """x alone has derivatives; singular values that have are those of svd."""
        return [[True, False, False]] * 2

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """With A+ the pseudo-inverse, whose rank does not change: w = A+' g is the derivative by b; that by A is
        -w x' + (b - A x) (A+ w)' + (A+' x) (g - A+ A g)' (Golub and Pereyra, 1973)."""
        (a, b), x, g = inputs, outputs[0], output_grads[0]
        turned = adjoint(a)
        w = self(turned, g)[0]
        by_a = -(w @ adjoint(x)) + (b - a @ x) @ adjoint(self(a, w)[0])
        wide = None in a.type.shape[-2:] or a.type.shape[-1] > a.type.shape[-2]
        if wide or self.rcond is not None:
            by_a = by_a + self(turned, x)[0] @ adjoint(g - self(a, a @ g)[0])
        return [by_a, w]


def _work(s: Any, dtype: str, m: Any, n: Any, k: Any) -> list[tuple[str, Any]]:
    """gelsd's workspaces: as LAPACK documents their least size, with a bound for its levels, and more for blocks."""
    short = s.maximum(s.minimum(m, n), 1)
    tree = short * (12 + 2 * _LEAF + 8 * _LEVELS) + short * k + (_LEAF + 1) ** 2 + k * (3 * _LEAF + 2)
    return [(dtype, tree + (m + n + k) * BLOCK), (part_of(dtype), tree if dtype in COMPLEX else 1), ("int64", short * (3 * _LEVELS + 11))]


class Lstsq:
    """Theano's form: ``lstsq()(a, b, rcond)`` is `lstsq`."""

    def __call__(self, a: Any, b: Any, rcond: float | None = None) -> Any:
        return lstsq(a, b, rcond)


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """(x, residuals, rank, singular values): x minimises |a x - b|, and of all such x has the least norm.

    a (..., m, n), b (..., m, k), or (m,); x (..., n, k), or (..., n). residuals: the sums of squares (..., k), or (...): unlike numpy's always, for a
    shape cannot depend on the rank. rank: (...) int32; singular values (..., min(m, n)). rcond: singular values below rcond times the
    largest count as 0; None: the dtype's precision times max(m, n). ValueError for sizes that do not fit, LinAlgError at the call
    where the singular values are not found. The derivatives of x and the residuals hold while the rank does not
    change; the singular values are constants to derivatives (those of `svd` are not).

    >>> lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0])[0].eval().round(6)
    array([1., 2.])
    """
    if rcond is not None and (isinstance(rcond, bool) or not isinstance(rcond, (int, float, np.integer, np.floating))):
        raise TypeError(f"lstsq: rcond must be a number known now, or None, got {rcond!r}")
    a, b, vector = with_columns("lstsq", a, b)
    x, rank, values = LeastSquares(None if rcond is None else float(rcond))(a, b)
    away = b - a @ x
    residuals = (away * away.conj() if away.dtype in COMPLEX else away * away).real.sum(axis=away.ndim - 2)
    if vector:
        return without_column(x), residuals.dimshuffle(*range(residuals.ndim - 1)), rank, values
    return x, residuals, rank, values
