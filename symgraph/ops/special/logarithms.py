"""Logarithms that stay exact or finite where the plain formula does not: x log(y), log(1 - exp(x)), log odds; and sin(x) / x."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, function, number, real_floats, table
from symgraph.ops.special.rules import of_scipy

__all__ = ["entr", "expit", "log1mexp", "log1pexp", "log_expit", "logit", "sinc", "xlog1py", "xlogx", "xlogy", "xlogy0"]


def _never(condition: Any, x: Any) -> Any:
    """x, and 1 where the condition holds: what is computed of it there is not used."""
    return function("switch")(condition, number(1, x), x)


# x log(y) -------------------------------------------------------------------------------------------------------------


def _product(logarithm: str) -> Any:
    """0 where x is 0, whatever the number y."""

    def scalar(b: Any, x: Any, y: Any) -> Any:
        nothing = b.both(b.equal(x, 0), b.invert(b.isnan(y)))
        return b.select(nothing, 0.0, b.mul(x, b.math(logarithm, y)))

    return scalar


def _xlogy_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    x, y = inputs
    zero = function("eq")(x, 0)
    return [g * y.log(), g * function("switch")(zero, number(0, z), x / _never(zero, y))]


def _xlog1py_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    x, y = inputs
    zero = function("eq")(x, 0)
    return [g * y.log1p(), g * function("switch")(zero, number(0, z), x / _never(zero, y + number(1, y)))]


def _entr_gradient(inputs: Any, z: Any, g: Any) -> list[Any]:
    return [-g * (inputs[0].log() + number(1, z))]


def _entr(b: Any, x: Any) -> Any:
    return b.select(b.equal(x, 0), 0.0, b.select(b.less(x, 0.0), -math.inf, b.neg(b.mul(x, b.log(x)))))


# Odds and exponentials ------------------------------------------------------------------------------------------------


def _logit(b: Any, p: Any) -> Any:
    """Near 1/2, where the quotient is near 1, by the distance from there."""
    away = b.mul(b.sub(p, 0.5), 2.0)
    near = b.sub(b.log1p(away), b.log1p(b.neg(away)))
    far = b.log(b.div(p, b.sub(1.0, p)))
    return b.select(b.less(b.abs(away), 0.3), near, far)


def _log1mexp(b: Any, x: Any) -> Any:
    """Maechler, Accurately computing log(1 - exp(-|a|)) (2012): which of two ways is exact changes at -log(2)."""
    return b.select(b.greater(x, -math.log(2)), b.log(b.neg(b.expm1(x))), b.log1p(b.neg(b.exp(x))))


def _log1mexp_of_numpy(x: Any) -> Any:
    return np.where(x > -math.log(2), np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


# sin(pi x) / (pi x) ---------------------------------------------------------------------------------------------------

_SERIES = [(-1) ** k * 2.0 * k / math.factorial(2 * k + 1) for k in range(1, 12)]  # of the derivative of sin(t) / t, over t, in t**2


def _sinc(b: Any, x: Any) -> Any:
    t = b.mul(x, math.pi)
    zero = b.equal(t, 0)
    return b.select(zero, 1.0, b.div(b.sin(t), b.select(zero, 1.0, t)))


def _sinc_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    """Within one radian the power series: the closed form is a difference of what is nearly equal, over 0 at 0."""
    (x,) = inputs
    t = x * number(math.pi, x)
    near = function("lt")(function("abs")(t), 1)
    small = function("switch")(near, t, number(0, t))
    square = small * small
    series: Any = number(_SERIES[-1], x)
    for c in reversed(_SERIES[:-1]):
        series = series * square + number(c, x)
    large = _never(near, t)
    closed = (large.cos() - large.sin() / large) / large
    return [g * number(math.pi, x) * function("switch")(near, series * small, closed)]


table(__name__, [
    Row("xlogy", ("x", "y"), real_floats("xlogy"), of_scipy("xlogy"), _product("log"), _xlogy_gradient,
        "x log(y), and 0 where x is 0 unless y is NaN.", 25),
    Row("xlog1py", ("x", "y"), real_floats("xlog1py"), of_scipy("xlog1py"), _product("log1p"), _xlog1py_gradient,
        "x log1p(y), and 0 where x is 0 unless y is NaN.", 25),
    Row("xlogx", ("x",), real_floats("xlogx"), lambda x: of_scipy("xlogy")(x, x), lambda b, x: _product("log")(b, x, x),
        lambda inputs, y, g: [g * (inputs[0].log() + number(1, y))], "x log(x), and 0 where x is 0.", 25),
    Row("entr", ("x",), real_floats("entr"), of_scipy("entr"), _entr, _entr_gradient, "-x log(x); 0 at 0, -inf below.", 25),
    Row("logit", ("p",), real_floats("logit"), of_scipy("logit"), _logit,
        lambda inputs, y, g: [g / (inputs[0] * (number(1, y) - inputs[0]))], "log(p / (1 - p)), of [0, 1]; NaN outside.", 60),
    Row("log1mexp", ("x",), real_floats("log1mexp"), _log1mexp_of_numpy, _log1mexp, lambda inputs, y, g: [-g / (-inputs[0]).expm1()],
        "log(1 - exp(x)), of x <= 0; NaN above.", 60),
    Row("sinc", ("x",), real_floats("sinc"), np.sinc, _sinc, _sinc_gradient, "sin(pi x) / (pi x), 1 at 0.", 30),
])

xlogy, xlog1py, xlogx, entr = map(Elementwise, ("xlogy", "xlog1py", "xlogx", "entr"))
logit, log1mexp, sinc = map(Elementwise, ("logit", "log1mexp", "sinc"))
xlogy0 = xlogy  # Theano's name


def expit(x: Any) -> Any:
    """1 / (1 + exp(-x)): `sigmoid` under scipy's name."""
    return function("sigmoid")(x)


def log1pexp(x: Any) -> Any:
    """log(1 + exp(x)), without overflow: `softplus` under another name."""
    return function("softplus")(x)


def log_expit(x: Any) -> Any:
    """log(sigmoid(x)), exact where that vanishes.

    >>> log_expit(-1000.0).eval()
    array(-1000., dtype=float32)
    """
    return -function("softplus")(-as_tensor(x))
