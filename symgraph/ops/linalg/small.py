"""Rows of matrices exchanged, and triangular systems by plain loops."""

from __future__ import annotations

from typing import Any

__all__ = ["move_rows", "substitute"]


def _swap_rows(b: Any, x: Any, first: Any, second: Any, columns: Any) -> None:
    with b.loop(0, columns) as j:
        p, q = b.load(x, first * columns + j), b.load(x, second * columns + j)
        b.store(x, first * columns + j, q)
        b.store(x, second * columns + j, p)


def move_rows(b: Any, x: Any, pivots: Any, count: Any, columns: Any, inverse: bool, first: int = 0) -> None:
    """The exchanges of rows that pivots say, in their order or (inverse) from the last to the first. first: how row 0 is called."""
    with b.loop(0, count) as m:
        k = count - 1 - m if inverse else m
        other = b.cast(b.load(pivots, k), "int64") - first
        b.when(b.not_equal(other, k), lambda: _swap_rows(b, x, k, other, columns))


def substitute(b: Any, a: Any, x: Any, n: Any, columns: Any, lower: bool, transposed: bool, unit: bool) -> None:
    """x (n, columns) becomes the solution of the triangular system with the matrix a; row by row."""
    forward = lower != transposed
    with b.loop(0, n) as k:
        i = k if forward else n - 1 - k
        with b.loop(0, k) as m:
            j = m if forward else n - 1 - m
            f = b.load(a, j * n + i if transposed else i * n + j)
            with b.loop(0, columns) as c:
                b.store(x, i * columns + c, b.sub(b.load(x, i * columns + c), b.mul(f, b.load(x, j * columns + c))))
        if not unit:
            scale = b.div(1.0, b.load(a, i * n + i))
            with b.loop(0, columns) as c:
                b.store(x, i * columns + c, b.mul(b.load(x, i * columns + c), scale))
