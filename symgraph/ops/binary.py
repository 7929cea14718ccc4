"""Arithmetic of two and more numbers: a table, and the ops made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from symgraph.errors import ComplexError, IntegerDivisionError
from symgraph.expr import dtypes
from symgraph.ops.elementwise import Elementwise, Row, choose_float, keep, to_float
from symgraph.settings import config


def no_bools(*kinds: str) -> tuple[Sequence[str], str]:
    """As `keep`; TypeError for two bools."""
    if all(kind == "bool" for kind in kinds):
        raise TypeError("the difference of bools is not defined; use x ^ y")
    return keep(*kinds)


def quotient(*kinds: str) -> tuple[Sequence[str], str]:
    """As `choose_float`; the setting int_division may refuse integers."""
    if config.int_division == "raise" and all(kind in dtypes.DISCRETE for kind in kinds):
        raise IntegerDivisionError("x / y of two integers is refused by the setting int_division=raise: cast one, or use x // y")
    return choose_float(*kinds)


def whole(*kinds: str) -> tuple[Sequence[str], str]:
    """As `keep`; ComplexError (a TypeError) for complex numbers; bools as int8."""
    if any(kind in dtypes.COMPLEX for kind in kinds):
        raise ComplexError("floor division and remainder of complex numbers are not defined")
    joined = dtypes.upcast(*kinds)
    joined = "int8" if joined == "bool" else joined
    return (joined,) * len(kinds), joined


def powers(*kinds: str) -> tuple[Sequence[str], str]:
    joined = dtypes.upcast(*kinds)
    joined = "int8" if joined == "bool" else joined
    return (joined,) * len(kinds), joined


def real_floats(*kinds: str) -> tuple[Sequence[str], str]:
    if any(kind in dtypes.COMPLEX for kind in kinds):
        raise TypeError("not defined for complex numbers")
    return to_float(*kinds)


def parts(*kinds: str) -> tuple[Sequence[str], str]:
    """Two real numbers make a complex one."""
    if any(kind in dtypes.COMPLEX for kind in kinds):
        raise TypeError("real and imaginary part must be real numbers")
    joined = "float32" if dtypes.upcast(*kinds, "float32") == "float32" else "float64"
    return (joined,) * len(kinds), "complex64" if joined == "float32" else "complex128"


def like_second(*kinds: str) -> tuple[Sequence[str], str]:
    return tuple(kinds), kinds[1]


def _floor_div(x: np.ndarray, y: np.ndarray) -> Any:
    return np.floor_divide(x, y)


def _pow(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu" and (y < 0).any():
        raise ValueError("Integers to negative integer powers are not allowed.")
    return np.power(x, y)


def _pow_rule(b: Any, x: Any, y: Any) -> Any:
    if b.dtype_of(x).startswith("int"):
        b.check(b.greater_equal(y, 0), "ValueError", "Integers to negative integer powers are not allowed.")
    return b.pow(x, y)


def _c(x: Any) -> Any:
    return x.conj() if x.dtype in dtypes.COMPLEX else x


def _mul_gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
    return [reduce(lambda p, q: p * q, [_c(y) for k, y in enumerate(inputs) if k != at], g) for at in range(len(inputs))]


def _pow_gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
    x, y = inputs
    slope = y * x ** (y - 1)
    if out.dtype in dtypes.COMPLEX:
        return [g * slope.conj(), g * (out * x.log()).conj()]
    at_zero = x.eq(0)  # x ** y is 0 or 1 there, whatever y > 0 is: no log(0)
    safe = at_zero.switch(np.asarray(1, x.dtype), x)
    return [g * y.eq(0).switch(np.asarray(0, slope.dtype), slope), g * at_zero.switch(np.asarray(0, out.dtype), out * safe.log())]


def _first_of(better: str) -> Any:
    def gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
        x, y = inputs
        first = x >= y if better == "maximum" else x <= y
        return [first.switch(g, g.zeros_like()), first.switch(g.zeros_like(), g)]

    return gradient


def _logaddexp_rule(b: Any, x: Any, y: Any) -> Any:
    top = b.maximum(x, y)
    gap = b.neg(b.abs(b.sub(x, y)))
    return b.select(b.equal(x, y), b.add(x, 0.6931471805599453), b.add(top, b.log1p(b.exp(gap))))


BINARY: tuple[Row, ...] = (
    Row("add", None, lambda *xs: reduce(np.add, xs), lambda b, *xs: reduce(lambda p, q: b.either(p, q) if b.dtype_of(p) == "bool" else b.add(p, q), xs),
        lambda i, o, g: [g] * len(i), keep, 1, "+", "The sum of any number of terms; of bools their or."),
    Row("sub", 2, np.subtract, lambda b, x, y: b.sub(x, y), lambda i, o, g: [g, -g], no_bools, 1, "-", "x - y."),
    Row("mul", None, lambda *xs: reduce(np.multiply, xs), lambda b, *xs: reduce(lambda p, q: b.both(p, q) if b.dtype_of(p) == "bool" else b.mul(p, q), xs),
        _mul_gradient, keep, 1, "*", "The product of any number of factors; of bools their and."),
    Row("true_div", 2, np.true_divide, lambda b, x, y: b.div(x, y), lambda i, o, g: [g / _c(i[1]), -(g * _c(o)) / _c(i[1])], quotient, 4, "/",
        "x / y as floats: integers give floatX."),
    Row("floor_div", 2, _floor_div, lambda b, x, y: b.floor_div(x, y), None, whole, 8, "//", "The quotient rounded down; of integers by 0: 0."),
    Row("mod", 2, np.mod, lambda b, x, y: b.mod(x, y), lambda i, o, g: [g, -(g * (i[0] // i[1]))], whole, 8, "%", "The remainder, with the sign of y."),
    Row("pow", 2, _pow, _pow_rule, _pow_gradient, powers, 40, "**", "x to the power y; ValueError for negative powers of integers."),
    Row("maximum", 2, np.maximum, lambda b, x, y: b.maximum(x, y), _first_of("maximum"), keep, 2, "", "The larger one; NaN if one is."),
    Row("minimum", 2, np.minimum, lambda b, x, y: b.minimum(x, y), _first_of("minimum"), keep, 2, "", "The smaller one; NaN if one is."),
    Row("arctan2", 2, np.arctan2, lambda b, x, y: b.math("atan2", x, y),
        lambda i, o, g: [g * i[1] / (i[0] ** 2 + i[1] ** 2), -(g * i[0]) / (i[0] ** 2 + i[1] ** 2)], real_floats, 30, "",
        "The angle, in radians, of the point (y, x): its first argument is the ordinate."),
    Row("hypot", 2, np.hypot, lambda b, x, y: b.math("hypot", x, y), lambda i, o, g: [g * i[0] / o, g * i[1] / o], real_floats, 10, "", "sqrt(x*x + y*y)."),
    Row("logaddexp", 2, np.logaddexp, _logaddexp_rule, lambda i, o, g: [g * (i[0] - o).exp(), g * (i[1] - o).exp()], real_floats, 40, "",
        "log(exp(x) + exp(y)), without overflow."),
    Row("second", 2, lambda x, y: np.broadcast_to(y, np.broadcast_shapes(x.shape, y.shape)).copy(), lambda b, x, y: y, lambda i, o, g: [None, g],
        like_second, 1, "", "y, repeated to the common shape of x and y."),
    Row("complex", 2, lambda x, y: x + 1j * y, lambda b, x, y: b.complex(x, y), lambda i, o, g: [g.real, g.imag], parts, 1, "", "x + iy."),
)

TABLE = {row.name: Elementwise(row, __name__) for row in BINARY}

add, sub, mul, true_div, floor_div, mod, pow, maximum, minimum, arctan2, hypot, logaddexp, second, complex = TABLE.values()

# Theano's names
int_div, fill, power = floor_div, second, pow


def ceil_intdiv(x: Any, y: Any) -> Any:
    """The quotient of integers rounded up."""
    return -(-x // y)


def complex_from_polar(length: Any, angle: Any) -> Any:
    """The complex number of this length and angle (radians)."""
    return complex(length * angle.cos(), length * angle.sin())


__all__ = [*TABLE, "ceil_intdiv", "complex_from_polar", "fill", "int_div", "power"]
