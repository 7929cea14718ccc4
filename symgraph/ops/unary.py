"""Functions of one number: arithmetic, powers, exponentials, circular and hyperbolic functions, rounding, parts of complex numbers.

Derivatives: Abramowitz and Stegun, Handbook of Mathematical Functions, chapters 4.1 to 4.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.expr.dtypes import BOOL, COMPLEX, DISCRETE, part_of
from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, Types, common, floats, function, is_complex, number, real_floats, refusing, table

__all__ = [
    "abs", "abs_", "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil", "conj", "cos", "cosh", "deg2rad",
    "exp", "exp2", "expm1", "floor", "identity", "imag", "inv", "iround", "log", "log10", "log1p", "log2", "neg", "rad2deg", "real",
    "reciprocal", "round", "round_half_away", "round_half_away_from_zero", "round_half_even", "round_half_to_even", "sgn", "sigmoid",
    "sign", "sin", "sinh", "softplus", "sqr", "sqrt", "square", "tan", "tanh", "tensor_copy", "trunc",
]


def _parts(dtype: str) -> Types:
    return (dtype,), part_of(dtype)


def _angle_types(dtype: str) -> Types:
    return (dtype if dtype not in DISCRETE else "float64",), part_of(dtype) if dtype not in DISCRETE else "float64"


def _rounding_types(name: str) -> Callable[..., Types]:
    return refusing(common, (*DISCRETE, *COMPLEX), name)


# Rules longer than a line ---------------------------------------------------------------------------------------------


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _half_away(x: Any) -> Any:
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(np.ones_like(x), x), whole)


def _angle(x: Any) -> Any:
    return np.arctan2(x.imag, x.real)


def _square_gradient(x: Any, y: Any, g: Any) -> Any:
    return g * (x * number(2, x))


def _abs_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    (x,) = inputs
    if not is_complex(x):
        return [g * function("sign")(x)]
    return [g * x / _never_zero(y)]


def _abs_tangent(inputs: Any, y: Any, tangents: Any) -> list[Any]:
    (x,), (t,) = inputs, tangents
    if not is_complex(x):
        return [t * function("sign")(x)]
    return [(x.conj() * t).real / _never_zero(y)]


def _never_zero(size: Any) -> Any:
    return function("switch")(function("eq")(size, 0), number(1, size), size)


def _angle_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    """Of arctan2(im, re): (-im, re) / (re**2 + im**2)."""
    (x,) = inputs
    if not is_complex(x):
        return [None]
    re, im = x.real, x.imag
    scale = g / _never_zero(re * re + im * im)
    return [function("complex")(-im * scale, re * scale)]


def _angle_tangent(inputs: Any, y: Any, tangents: Any) -> list[Any]:
    (x,), (t,) = inputs, tangents
    if not is_complex(x):
        return [None]
    re, im = x.real, x.imag
    return [(re * t.imag - im * t.real) / _never_zero(re * re + im * im)]


def _real_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    return [function("complex")(g, g.zeros_like()) if is_complex(inputs[0]) else g]


def _imag_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    return [function("complex")(g.zeros_like(), g) if is_complex(inputs[0]) else None]


# The table ------------------------------------------------------------------------------------------------------------

_TRANSCENDENTAL = 20


def _row(
    name: str, types: Callable[..., Types], compute: Callable[..., Any], scalar: Any, slope: Callable[..., Any] | None, doc: str,
    cost: int = 1,
) -> Row:
    """slope(x, y, g): g times the derivative at x, where the function is y. scalar: the name of the builder's operation, or a rule."""
    rule = scalar if callable(scalar) else lambda b, x: getattr(b, scalar)(x)
    gradient = None if slope is None else lambda inputs, y, g: [slope(inputs[0], y, g)]
    return Row(name, ("x",), types, compute, rule, gradient, doc, cost)


def _function(name: str, scalar: str, slope: Callable[..., Any], doc: str) -> Row:
    """A function of numpy's and of the C library."""
    return _row(name, floats, getattr(np, name), scalar, slope, doc, _TRANSCENDENTAL)


def _one_less_square(x: Any) -> Any:
    return number(1, x) - x * x


def _one_more_square(x: Any) -> Any:
    return number(1, x) + x * x


table(__name__, [
    # arithmetic
    _row("neg", refusing(common, BOOL, "neg"), np.negative, "neg", lambda x, y, g: -g, "-x; TypeError for bool."),
    Row("abs", ("x",), _parts, np.abs, lambda b, x: b.abs(x), _abs_gradient,
        "The absolute value; of complex numbers real. Its derivative at 0 is 0.",
        holomorphic=False, tangent=_abs_tangent),
    _row("sign", refusing(common, (*BOOL, *COMPLEX), "sign"), np.sign, "sign", None,
         "-1, 0 or 1; NaN stays. TypeError for bool and complex.", 2),
    _row("square", common, np.square, "square", _square_gradient, "x * x, in the dtype of x."),
    _row("sqrt", floats, np.sqrt, "sqrt", lambda x, y, g: g * number(0.5, y) / y, "The square root; NaN of negative floats.", 6),
    _row("cbrt", real_floats("cbrt"), np.cbrt, "cbrt", lambda x, y, g: g / (number(3, y) * y * y), "The real cube root.", _TRANSCENDENTAL),
    _row("reciprocal", floats, lambda x: 1 / x, "reciprocal", lambda x, y, g: -g * y * y, "1 / x; of integers as floats.", 4),
    _row("identity", common, np.array, lambda b, x: x, lambda x, y, g: g, "x itself, as another variable."),
    # exponentials
    _function("exp", "exp", lambda x, y, g: g * y, "e to the power of x."),
    _function("exp2", "exp2", lambda x, y, g: g * y * number(math.log(2), y), "2 to the power of x."),
    _function("expm1", "expm1", lambda x, y, g: g * (y + number(1, y)), "exp(x) - 1, without loss of digits near 0."),
    _function("log", "log", lambda x, y, g: g / x, "The natural logarithm; NaN of negative floats, -inf of 0."),
    _function("log2", "log2", lambda x, y, g: g / (x * number(math.log(2), y)), "The logarithm to base 2."),
    _function("log10", "log10", lambda x, y, g: g / (x * number(math.log(10), y)), "The logarithm to base 10."),
    _function("log1p", "log1p", lambda x, y, g: g / (x + number(1, y)), "log(1 + x), without loss of digits near 0."),
    _row("sigmoid", real_floats("sigmoid"), _sigmoid, lambda b, x: b.div(1.0, b.add(b.exp(b.neg(x)), 1.0)),
         lambda x, y, g: g * y * (number(1, y) - y), "The logistic function 1 / (1 + exp(-x)).", _TRANSCENDENTAL),
    _row("softplus", real_floats("softplus"), _softplus, lambda b, x: b.add(b.maximum(x, 0.0), b.log1p(b.exp(b.neg(b.abs(x))))),
         lambda x, y, g: g * function("sigmoid")(x), "log(1 + exp(x)), without overflow.", 2 * _TRANSCENDENTAL),
    # circular functions
    _function("sin", "sin", lambda x, y, g: g * x.cos(), "The sine."),
    _function("cos", "cos", lambda x, y, g: -g * x.sin(), "The cosine."),
    _function("tan", "tan", lambda x, y, g: g * _one_more_square(y), "The tangent."),
    _function("arcsin", "asin", lambda x, y, g: g / _one_less_square(x).sqrt(), "The inverse of sin; NaN outside [-1, 1]."),
    _function("arccos", "acos", lambda x, y, g: -g / _one_less_square(x).sqrt(), "The inverse of cos; NaN outside [-1, 1]."),
    _function("arctan", "atan", lambda x, y, g: g / _one_more_square(x), "The inverse of tan."),
    _row("deg2rad", real_floats("deg2rad"), np.deg2rad, lambda b, x: b.mul(x, math.pi / 180), lambda x, y, g: g * number(math.pi / 180, y),
         "Degrees in radians."),
    _row("rad2deg", real_floats("rad2deg"), np.rad2deg, lambda b, x: b.mul(x, 180 / math.pi), lambda x, y, g: g * number(180 / math.pi, y),
         "Radians in degrees."),
    # hyperbolic functions
    _function("sinh", "sinh", lambda x, y, g: g * x.cosh(), "The hyperbolic sine."),
    _function("cosh", "cosh", lambda x, y, g: g * x.sinh(), "The hyperbolic cosine."),
    _function("tanh", "tanh", lambda x, y, g: g * _one_less_square(y), "The hyperbolic tangent."),
    _function("arcsinh", "asinh", lambda x, y, g: g / _one_more_square(x).sqrt(), "The inverse of sinh."),
    # Two roots: of complex numbers left of 0 the root of the product would be the other one.
    _function("arccosh", "acosh", lambda x, y, g: g / ((x - number(1, x)).sqrt() * (x + number(1, x)).sqrt()),
              "The inverse of cosh; NaN of floats below 1."),
    _function("arctanh", "atanh", lambda x, y, g: g / _one_less_square(x), "The inverse of tanh; NaN of floats outside [-1, 1]."),
    # rounding
    _row("floor", real_floats("floor"), np.floor, "floor", None, "The integer below, as a float."),
    _row("ceil", real_floats("ceil"), np.ceil, "ceil", None, "The integer above, as a float."),
    _row("trunc", real_floats("trunc"), np.trunc, "trunc", None, "The integer towards 0, as a float."),
    _row("round_half_even", _rounding_types("round"), np.rint, "rint", None, "The nearest integer, as a float; halves to the even one."),
    _row("round_half_away", _rounding_types("round"), _half_away, "round_half_away", None,
         "The nearest integer, as a float; halves away from 0.", 4),
    # complex numbers
    Row("real", ("z",), _parts, lambda x: np.array(x.real), lambda b, x: b.real(x), _real_gradient, "The real part.",
        holomorphic=False, tangent=lambda inputs, y, tangents: [tangents[0].real]),
    Row("imag", ("z",), _parts, lambda x: np.array(x.imag), lambda b, x: b.imag(x), _imag_gradient,
        "The imaginary part; 0 of real numbers.",
        holomorphic=False, tangent=lambda inputs, y, tangents: [tangents[0].imag]),
    Row("conj", ("z",), common, np.conjugate, lambda b, x: b.conj(x), lambda inputs, y, g: [g.conj() if is_complex(g) else g],
        "The complex conjugate; real numbers stay.", holomorphic=False,
        tangent=lambda inputs, y, tangents: [tangents[0].conj() if is_complex(tangents[0]) else tangents[0]]),
    Row("angle", ("z",), _angle_types, _angle, lambda b, x: b.angle(x), _angle_gradient,
        "The argument of complex numbers, in (-pi, pi]; of real numbers 0 or pi.", _TRANSCENDENTAL, holomorphic=False,
        tangent=_angle_tangent),
])

neg, abs, sign, square, sqrt = map(Elementwise, ("neg", "abs", "sign", "square", "sqrt"))
cbrt, reciprocal, identity = map(Elementwise, ("cbrt", "reciprocal", "identity"))
exp, exp2, expm1, log, log2 = map(Elementwise, ("exp", "exp2", "expm1", "log", "log2"))
log10, log1p, sigmoid, softplus = map(Elementwise, ("log10", "log1p", "sigmoid", "softplus"))
sin, cos, tan, arcsin, arccos, arctan = map(Elementwise, ("sin", "cos", "tan", "arcsin", "arccos", "arctan"))
deg2rad, rad2deg = map(Elementwise, ("deg2rad", "rad2deg"))
sinh, cosh, tanh, arcsinh, arccosh, arctanh = map(Elementwise, ("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"))
floor, ceil, trunc = map(Elementwise, ("floor", "ceil", "trunc"))
round_half_even, round_half_away = map(Elementwise, ("round_half_even", "round_half_away"))
real, imag, conj, angle = map(Elementwise, ("real", "imag", "conj", "angle"))

# Names of Theano
abs_, sgn, sqr, inv, tensor_copy = abs, sign, square, reciprocal, identity
round_half_to_even, round_half_away_from_zero = round_half_even, round_half_away

_MODES = {"half_to_even": round_half_even, "half_away_from_zero": round_half_away}


def round(a: Any, mode: str | None = None) -> Any:
    """The nearest integers, as floats. mode: "half_to_even" (the default), or "half_away_from_zero"; TypeError for integers.

    >>> import symgraph.tensor as T
    >>> T.round(T.constant([0.5, 1.5])).eval()
    array([0., 2.])
    """
    op = _MODES.get(mode or "half_to_even")
    if op is None:
        raise ValueError(f"round: mode must be one of {', '.join(_MODES)}, got {mode!r}")
    return op(as_tensor(a))


def iround(a: Any, mode: str | None = None) -> Any:
    """`round` as int64."""
    return round(a, mode).astype("int64")

