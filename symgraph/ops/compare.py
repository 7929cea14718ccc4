"""Comparisons, logic, bits, choice: a table, and the ops made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, keep, to_bool


def ordered(*kinds: str) -> tuple[Sequence[str], str]:
    """Real numbers in one dtype, the result bool."""
    if any(kind in dtypes.COMPLEX for kind in kinds):
        raise TypeError("complex numbers have no order")
    return to_bool(*kinds)


def bits(*kinds: str) -> tuple[Sequence[str], str]:
    """All bools, or all integers."""
    if any(kind not in dtypes.DISCRETE for kind in kinds) or len({kind == "bool" for kind in kinds}) > 1:
        raise TypeError(f"bitwise operations want bools or integers, not a mixture of {', '.join(kinds)}")
    return keep(*kinds)


def shifted(*kinds: str) -> tuple[Sequence[str], str]:
    if any(kind not in dtypes.INTEGER for kind in kinds):
        raise TypeError(f"shifts want integers, got {', '.join(kinds)}")
    return keep(*kinds)


def chosen(*kinds: str) -> tuple[Sequence[str], str]:
    """A condition, and two of one dtype."""
    joined = dtypes.upcast(*kinds[1:])
    return ("bool", joined, joined), joined


def clipped(*kinds: str) -> tuple[Sequence[str], str]:
    if any(kind in dtypes.COMPLEX for kind in kinds):
        raise TypeError("complex numbers have no order")
    return keep(*kinds)


def _clip_gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
    x, low, high = inputs
    zero = g.zeros_like()
    inside = (x >= low) & (x <= high)
    return [inside.switch(g, zero), (x < low).switch(g, zero), (x > high).switch(g, zero)]


COMPARE: tuple[Row, ...] = (
    Row("lt", 2, np.less, lambda b, x, y: b.less(x, y), None, ordered, 1, "<", "x < y."),
    Row("le", 2, np.less_equal, lambda b, x, y: b.less_equal(x, y), None, ordered, 1, "<=", "x <= y."),
    Row("gt", 2, np.greater, lambda b, x, y: b.greater(x, y), None, ordered, 1, ">", "x > y."),
    Row("ge", 2, np.greater_equal, lambda b, x, y: b.greater_equal(x, y), None, ordered, 1, ">=", "x >= y."),
    Row("eq", 2, np.equal, lambda b, x, y: b.equal(x, y), None, to_bool, 1, "==", "Whether x equals y."),
    Row("neq", 2, np.not_equal, lambda b, x, y: b.not_equal(x, y), None, to_bool, 1, "!=", "Whether x differs from y."),
    Row("and_", None, lambda *xs: reduce(np.bitwise_and, xs), lambda b, *xs: reduce(b.both, xs), None, bits, 1, "&", "And: of bools, or bit by bit."),
    Row("or_", None, lambda *xs: reduce(np.bitwise_or, xs), lambda b, *xs: reduce(b.either, xs), None, bits, 1, "|", "Or: of bools, or bit by bit."),
    Row("xor", None, lambda *xs: reduce(np.bitwise_xor, xs), lambda b, *xs: reduce(b.exclusive, xs), None, bits, 1, "^", "Either or: of bools, or bits."),
    Row("invert", 1, np.invert, lambda b, x: b.invert(x), None, bits, 1, "~", "Not: of a bool, or of each bit."),
    Row("left_shift", 2, np.left_shift, lambda b, x, y: b.shift_left(x, y), None, shifted, 1, "<<", "The bits moved up by y places."),
    Row("right_shift", 2, np.right_shift, lambda b, x, y: b.shift_right(x, y), None, shifted, 1, ">>", "The bits moved down by y places."),
    Row("switch", 3, np.where, lambda b, c, x, y: b.select(c, x, y),
        lambda i, o, g: [None, switch(i[0], g, g.zeros_like()), switch(i[0], g.zeros_like(), g)], chosen, 1, "", "x where the condition is true, else y."),
    Row("clip", 3, lambda x, low, high: np.minimum(np.maximum(x, low), high), lambda b, x, low, high: b.minimum(b.maximum(x, low), high), _clip_gradient,
        clipped, 2, "", "x, but not below low and not above high."),
    Row("isnan", 1, np.isnan, lambda b, x: b.isnan(x), None, to_bool, 1, "", "Whether x is not a number."),
    Row("isinf", 1, np.isinf, lambda b, x: b.isinf(x), None, to_bool, 1, "", "Whether x is infinite."),
    Row("isfinite", 1, np.isfinite, lambda b, x: b.isfinite(x), None, to_bool, 1, "", "Whether x is neither infinite nor NaN."),
)

TABLE = {row.name: Elementwise(row, __name__) for row in COMPARE}

lt, le, gt, ge, eq, neq, and_, or_, xor, invert, left_shift, right_shift, switch, clip, isnan, isinf, isfinite = TABLE.values()

# Theano's and numpy's names
where, bitwise_and, bitwise_or, bitwise_xor, bitwise_not, logical_not = switch, and_, or_, xor, invert, invert


def isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Where ``|a - b| <= atol + rtol * |b|``; infinities of one sign are close, NaN to NaN only if `equal_nan`."""
    a, b = as_tensor(a), as_tensor(b)
    difference = (a - b).__abs__() <= atol + rtol * b.__abs__()
    if not (a.dtype in dtypes.CONTINUOUS and b.dtype in dtypes.CONTINUOUS):
        return difference
    infinite = isinf(a) | isinf(b)
    close = switch(infinite, eq(a, b), difference)
    return close | (isnan(a) & isnan(b)) if equal_nan else close & ~(isnan(a) | isnan(b))


def allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether `isclose` holds for all elements: bool, no dimensions."""
    return isclose(a, b, rtol, atol, equal_nan).all()


__all__ = [
    *TABLE, "allclose", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "isclose", "logical_not", "where",
]
