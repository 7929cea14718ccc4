"""Functions of one number: a table, and the ops made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.ops.elementwise import Elementwise, Row, keep, to_float

PI = np.pi


def only_floats(kind: str) -> tuple[Sequence[str], str]:
    """Floats keep their dtype; TypeError for others."""
    if kind not in dtypes.FLOAT:
        raise TypeError(f"rounding wants a float, got {kind}")
    return (kind,), kind


def real_floats(kind: str) -> tuple[Sequence[str], str]:
    """Integers as floats; TypeError for complex numbers."""
    if kind in dtypes.COMPLEX:
        raise TypeError(f"complex numbers have no order and cannot be rounded, got {kind}")
    return to_float(kind)


def signed(kind: str) -> tuple[Sequence[str], str]:
    if kind == "bool":
        raise TypeError("the negative of a bool is not defined; use ~x for logical not")
    return (kind,), kind


def real_numbers(kind: str) -> tuple[Sequence[str], str]:
    if kind == "bool" or kind in dtypes.COMPLEX:
        raise TypeError(f"sign is not defined for {kind}")
    return (kind,), kind


def to_part(kind: str) -> tuple[Sequence[str], str]:
    """The dtype of the parts of a complex number; others keep theirs."""
    return (kind,), dtypes.part_of(kind)


def to_angle(kind: str) -> tuple[Sequence[str], str]:
    joined = dtypes.float_of(kind)
    return (joined,), dtypes.part_of(joined)


def no_bool(kind: str) -> tuple[Sequence[str], str]:
    return (("int8",), "int8") if kind == "bool" else ((kind,), kind)


def _square(x: np.ndarray) -> Any:
    return np.multiply(x, x) if x.dtype != bool else x


def _sigmoid(x: np.ndarray) -> Any:
    if x.dtype.kind == "c":
        return 1 / (1 + np.exp(-x))
    e = np.exp(-np.abs(x.astype("float32") if x.dtype == np.float16 else x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _sigmoid_rule(b: Any, x: Any) -> Any:
    if b.dtype_of(x).startswith("complex"):
        return b.div(1.0, b.add(b.exp(b.neg(x)), 1.0))
    e = b.exp(b.neg(b.abs(x)))
    return b.div(b.select(b.less(x, 0.0), e, b.constant(1.0, b.dtype_of(e))), b.add(e, 1.0))


def _softplus(x: np.ndarray) -> Any:
    wide = x.astype("float32") if x.dtype == np.float16 else x
    return np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))


def _softplus_rule(b: Any, x: Any) -> Any:
    return b.add(b.maximum(x, 0.0), b.log1p(b.exp(b.neg(b.abs(x)))))


def _abs_gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
    (x,) = inputs
    return [g * x / (out + (out.eq(0)).astype(out.dtype)) if x.dtype in dtypes.COMPLEX else g * x.sgn()]


def by(derivative: Callable[[Any, Any], Any]) -> Callable[..., list[Any]]:
    """The gradient of a function with this derivative, a function of argument and value."""

    def gradient(inputs: Any, out: Any, g: Any) -> list[Any]:
        d = derivative(inputs[0], out)
        return [g * (d.conj() if getattr(d, "dtype", "") in dtypes.COMPLEX else d)]

    return gradient


def _like(x: Any, value: float) -> Any:
    """A number in the dtype of x."""
    return np.asarray(value, dtype=x.dtype)


def math(name: str) -> Callable[..., Any]:
    """The builder's function of this name."""
    return lambda b, x: b.math(name, x)


def _row(name: str, compute: Any, scalar: Any, derivative: Any = None, kinds: Any = to_float, cost: int = 20, doc: str = "", gradient: Any = None,
         symbol: str = "") -> Row:
    return Row(name, 1, compute, scalar, by(derivative) if derivative is not None else gradient, kinds, cost, symbol, doc)


UNARY: tuple[Row, ...] = (
    _row("identity", lambda x: x.copy(), lambda b, x: x, None, keep, 1, "x itself.", gradient=lambda i, o, g: [g]),
    _row("neg", np.negative, lambda b, x: b.neg(x), None, signed, 1, "-x; TypeError for bool.", lambda i, o, g: [-g], "-"),
    _row("abs", np.abs, lambda b, x: b.abs(x), None, to_part, 1, "The absolute value; of complex numbers their length.", _abs_gradient),
    _row("sign", np.sign, lambda b, x: b.sign(x), None, real_numbers, 2, "-1, 0 or 1; NaN stays."),
    _row("square", _square, lambda b, x: b.square(x) if b.dtype_of(x) != "bool" else x, lambda x, y: 2 * x, keep, 1, "x times x."),
    _row("reciprocal", lambda x: 1 / x, lambda b, x: b.reciprocal(x), lambda x, y: -(y * y), to_float, 4, "1 / x, a float."),
    _row("sqrt", np.sqrt, lambda b, x: b.sqrt(x), lambda x, y: 0.5 / y, cost=5, doc="The square root; NaN below 0."),
    _row("cbrt", np.cbrt, math("cbrt"), lambda x, y: 1 / (3 * y * y), real_floats, doc="The cube root."),
    # Exponentials and logarithms
    _row("exp", np.exp, math("exp"), lambda x, y: y, doc="e to the power x."),
    _row("exp2", np.exp2, math("exp2"), lambda x, y: y * _like(y, np.log(2.0)), doc="2 to the power x."),
    _row("expm1", np.expm1, math("expm1"), lambda x, y: x.exp(), doc="exp(x) - 1, exact near 0."),
    _row("log", np.log, math("log"), lambda x, y: 1 / x, doc="The natural logarithm."),
    _row("log2", np.log2, math("log2"), lambda x, y: 1 / (x * _like(y, np.log(2.0))), doc="The logarithm to base 2."),
    _row("log10", np.log10, math("log10"), lambda x, y: 1 / (x * _like(y, np.log(10.0))), doc="The logarithm to base 10."),
    _row("log1p", np.log1p, math("log1p"), lambda x, y: 1 / (1 + x), doc="log(1 + x), exact near 0."),
    # Trigonometric and hyperbolic functions
    _row("sin", np.sin, math("sin"), lambda x, y: x.cos(), doc="The sine of x radians."),
    _row("cos", np.cos, math("cos"), lambda x, y: -x.sin(), doc="The cosine of x radians."),
    _row("tan", np.tan, math("tan"), lambda x, y: 1 + y * y, doc="The tangent of x radians."),
    _row("arcsin", np.arcsin, math("asin"), lambda x, y: 1 / (1 - x * x).sqrt(), doc="The angle, in radians, whose sine is x."),
    _row("arccos", np.arccos, math("acos"), lambda x, y: -1 / (1 - x * x).sqrt(), doc="The angle, in radians, whose cosine is x."),
    _row("arctan", np.arctan, math("atan"), lambda x, y: 1 / (1 + x * x), doc="The angle, in radians, whose tangent is x."),
    _row("sinh", np.sinh, math("sinh"), lambda x, y: x.cosh(), doc="The hyperbolic sine."),
    _row("cosh", np.cosh, math("cosh"), lambda x, y: x.sinh(), doc="The hyperbolic cosine."),
    _row("tanh", np.tanh, math("tanh"), lambda x, y: 1 - y * y, doc="The hyperbolic tangent."),
    _row("arcsinh", np.arcsinh, math("asinh"), lambda x, y: 1 / (x * x + 1).sqrt(), doc="The inverse of sinh."),
    _row("arccosh", np.arccosh, math("acosh"), lambda x, y: 1 / ((x - 1).sqrt() * (x + 1).sqrt()), doc="The inverse of cosh."),
    _row("arctanh", np.arctanh, math("atanh"), lambda x, y: 1 / (1 - x * x), doc="The inverse of tanh."),
    _row("deg2rad", np.deg2rad, lambda b, x: b.mul(x, PI / 180), lambda x, y: _like(y, PI / 180), real_floats, 1, "Degrees as radians."),
    _row("rad2deg", np.rad2deg, lambda b, x: b.mul(x, 180 / PI), lambda x, y: _like(y, 180 / PI), real_floats, 1, "Radians as degrees."),
    # Rounding
    _row("floor", np.floor, lambda b, x: b.floor(x), None, real_floats, 1, "The largest whole number not above x."),
    _row("ceil", np.ceil, lambda b, x: b.ceil(x), None, real_floats, 1, "The smallest whole number not below x."),
    _row("trunc", np.trunc, lambda b, x: b.trunc(x), None, real_floats, 1, "x without its fraction."),
    _row("round_half_even", np.rint, lambda b, x: b.rint(x), None, only_floats, 1, "The nearest whole number; of two the even one."),
    _row("round_half_away", lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x).astype(x.dtype), lambda b, x: b.round_half_away(x), None, only_floats, 3,
         "The nearest whole number; of two the one farther from 0."),
    # Of neural networks
    _row("sigmoid", _sigmoid, _sigmoid_rule, lambda x, y: y * (1 - y), doc="1 / (1 + exp(-x)), without overflow."),
    _row("softplus", _softplus, _softplus_rule, lambda x, y: sigmoid(x), real_floats, 40, "log(1 + exp(x)), without overflow."),
    # Complex numbers
    _row("real", lambda x: x.real.copy(), lambda b, x: b.real(x), None, to_part, 1, "The real part.",
         lambda i, o, g: [g.astype(i[0].dtype) if i[0].dtype in dtypes.COMPLEX else g]),
    _row("imag", lambda x: x.imag.copy(), lambda b, x: b.imag(x), None, to_part, 1, "The imaginary part.",
         lambda i, o, g: [g * np.asarray(1j, i[0].dtype)] if i[0].dtype in dtypes.COMPLEX else [None]),
    _row("conj", np.conj, lambda b, x: b.conj(x), None, no_bool, 1, "The complex conjugate.", lambda i, o, g: [g.conj()]),
    _row("angle", np.angle, lambda b, x: b.angle(x), None, to_angle, 20, "The angle of a complex number, in radians.",
         lambda i, o, g: [g * np.asarray(1j, i[0].dtype) * i[0] / (i[0].__abs__() ** 2)] if i[0].dtype in dtypes.COMPLEX else [None]),
)

TABLE = {row.name: Elementwise(row, __name__) for row in UNARY}

(
    identity, neg, abs, sign, square, reciprocal, sqrt, cbrt, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, arcsin, arccos, arctan, sinh, cosh,
    tanh, arcsinh, arccosh, arctanh, deg2rad, rad2deg, floor, ceil, trunc, round_half_even, round_half_away, sigmoid, softplus, real, imag, conj, angle,
) = TABLE.values()

# Theano's names
sqr, sgn, inv, abs_ = square, sign, reciprocal, abs


def round(x: Any, mode: str = "half_to_even") -> Any:
    """The nearest whole number, a float; mode: 'half_to_even' or 'half_away_from_zero'. ValueError for another mode."""
    modes = {"half_to_even": round_half_even, "half_away_from_zero": round_half_away}
    if mode not in modes:
        raise ValueError(f"round mode {mode!r} is not one of {', '.join(modes)}")
    return modes[mode](x)


def iround(x: Any, mode: str = "half_to_even") -> Any:
    """As `round`, as int64."""
    return round(x, mode).astype("int64")


__all__ = [*TABLE, "abs_", "inv", "iround", "round", "sgn", "sqr"]
