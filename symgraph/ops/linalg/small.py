"""Factorizations of small matrices by plain loops: a call of LAPACK takes longer than the work on a matrix of a few rows.

All matrices are row-major, `n` is a size known or not. The functions work in place and give back whether all went well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["SMALL", "by_size", "cholesky_in_place", "lu_in_place", "substitute", "swap_rows"]

# Up to so many rows the plain loops are faster than OpenBLAS (measured by stacks of 10,000 in float64, see docs/architecture.md).
SMALL = 8


def by_size(b: Any, n: Any, small: Callable[[], Any], large: Callable[[], Any]) -> Any:
    """The loops for small matrices, else the call of LAPACK; where n is known only one of them is written. Gives back what they do."""

    def listed(function: Callable[[], Any]) -> Callable[[], list[Any]]:
        def call() -> list[Any]:
            value = function()
            return [] if value is None else [value]

        return call

    values = b.when(b.less_equal(n, SMALL), listed(small), listed(large))
    return values[0] if values else None


def _place(n: Any, i: Any, j: Any, turned: bool) -> Any:
    return j * n + i if turned else i * n + j


def cholesky_in_place(b: Any, a: Any, n: Any, lower: bool) -> Any:
    """The triangle of the Hermitian matrix becomes its factor L (L L^H), or U (U^H U) if not `lower`. False: not positive definite.

    By columns of L. In the mirrored place U holds conj(L), and the recurrence is the same for it.
    """
    turned = not lower

    def column(j: Any, fine: Any) -> list[Any]:
        def square(k: Any, total: Any) -> list[Any]:
            x = b.load(a, _place(n, j, k, turned))
            return [b.sub(total, b.real(b.mul(x, b.conj(x))))]

        (d,) = b.fold(0, j, [b.real(b.load(a, _place(n, j, j, turned)))], square)
        fine = b.both(fine, b.invert(b.less_equal(d, 0)))
        root = b.sqrt(d)
        b.store(a, _place(n, j, j, turned), root)
        scale = b.cast(b.div(1.0, root), a.dtype[:-1])
        with b.loop(j + 1, n) as i:

            def term(k: Any, total: Any, i: Any = i) -> list[Any]:
                x, y = b.load(a, _place(n, i, k, turned)), b.load(a, _place(n, j, k, turned))
                return [b.sub(total, b.mul(x, b.conj(y)))]

            (x,) = b.fold(0, j, [b.load(a, _place(n, i, j, turned))], term)
            b.store(a, _place(n, i, j, turned), b.mul(x, scale))
        return [fine]

    return b.fold(0, n, [True], column)[0]


def swap_rows(b: Any, x: Any, first: Any, second: Any, columns: Any) -> None:
    """Two rows of a matrix of so many columns exchanged; they may be one."""
    with b.loop(0, columns) as j:
        p, q = b.load(x, first * columns + j), b.load(x, second * columns + j)
        b.store(x, first * columns + j, q)
        b.store(x, second * columns + j, p)


def _weight(b: Any, x: Any) -> Any:
    """What pivots are compared by, as LAPACK does: |re| + |im|."""
    return b.add(b.abs(b.real(x)), b.abs(b.imag(x))) if b.dtype_of(x).startswith("complex") else b.abs(x)


def lu_in_place(b: Any, a: Any, pivots: Any, n: Any) -> Any:
    """P L U by rows with partial pivoting: L below the diagonal, U on and above it; pivots[k]: the row exchanged with row k, from 0.

    False: singular; the factors are finite all the same (a column of zeros is divided by 1).
    """

    def step(k: Any, fine: Any) -> list[Any]:
        def larger(i: Any, best: Any, place: Any) -> list[Any]:
            x = _weight(b, b.load(a, i * n + k))
            better = b.less(best, x)
            return [b.select(better, x, best), b.select(better, i, place)]

        first = _weight(b, b.load(a, k * n + k))
        best, place = b.fold(k + 1, n, [first, k + b.constant(0, "int64")], larger)
        b.store(pivots, k, place)
        b.when(b.not_equal(place, k), lambda: swap_rows(b, a, k, place, n))
        nothing = b.equal(best, 0)
        pivot = b.load(a, k * n + k)
        scale = b.div(1.0, b.select(nothing, b.constant(1, b.dtype_of(pivot)), pivot))
        with b.loop(k + 1, n) as i:
            f = b.mul(b.load(a, i * n + k), scale)
            b.store(a, i * n + k, f)
            with b.loop(k + 1, n) as j:
                b.store(a, i * n + j, b.sub(b.load(a, i * n + j), b.mul(f, b.load(a, k * n + j))))
        return [b.both(fine, b.invert(nothing))]

    return b.fold(0, n, [True], step)[0]


def substitute(b: Any, a: Any, x: Any, n: Any, columns: Any, lower: bool, transposed: bool, unit: bool) -> None:
    """x (n, columns) becomes the solution of the triangular system with the matrix a; row by row."""
    forward = lower != transposed
    with b.loop(0, n) as k:
        i = k if forward else n - 1 - k
        with b.loop(0, k) as m:
            j = m if forward else n - 1 - m
            f = b.load(a, _place(n, i, j, transposed))
            with b.loop(0, columns) as c:
                b.store(x, i * columns + c, b.sub(b.load(x, i * columns + c), b.mul(f, b.load(x, j * columns + c))))
        if not unit:
            scale = b.div(1.0, b.load(a, i * n + i))
            with b.loop(0, columns) as c:
                b.store(x, i * columns + c, b.mul(b.load(x, i * columns + c), scale))
