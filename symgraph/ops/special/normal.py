"""The normal distribution: its distribution function, the logarithm and the inverse of that, and Owen's T function."""

from __future__ import annotations

import math
from typing import Any

from symgraph.ops.elementwise import Elementwise, Row, function, number, table
from symgraph.ops.special.errorfunction import normal_quantile
from symgraph.ops.special.rules import of_scipy, scipy_row, through_double

__all__ = ["log_ndtr", "ndtr", "ndtri", "owens_t"]

_ROOT_HALF = math.sqrt(0.5)


def _ndtr(b: Any, x: Any) -> Any:
    return b.mul(b.erfc(b.mul(x, -_ROOT_HALF)), 0.5)


def _density(x: Any) -> Any:
    return number(1 / math.sqrt(2 * math.pi), x) * (number(-0.5, x) * x * x).exp()


def _log_ndtr_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    """Density over distribution function, both scaled by exp(x**2 / 2), so that neither vanishes far below 0."""
    (x,) = inputs
    return [g * number(math.sqrt(2 / math.pi), x) / function("erfcx")(number(-_ROOT_HALF, x) * x)]


def _owens_t_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    """Owen, Tables for computing bivariate normal probabilities (1956), equation 2.3 and its derivatives."""
    h, a = inputs
    half, one = number(0.5, y), number(1, y)
    by_h = number(-0.5 / math.sqrt(2 * math.pi), y) * (-half * h * h).exp() * function("erf")(a * h * number(_ROOT_HALF, y))
    width = one + a * a
    by_a = (-half * h * h * width).exp() / (number(2 * math.pi, y) * width)
    return [g * by_h, g * by_a]


table(__name__, [
    Row("ndtr", ("x",), through_double("ndtr"), of_scipy("ndtr"), _ndtr, lambda inputs, y, g: [g * _density(inputs[0])],
        "The distribution function of the normal distribution.", 40),
    scipy_row("log_ndtr", ("x",), _log_ndtr_gradient, "The logarithm of ndtr(x), exact where that vanishes.", 100),
    Row("ndtri", ("p",), through_double("ndtri"), of_scipy("ndtri"), normal_quantile,
        lambda inputs, y, g: [g * number(math.sqrt(2 * math.pi), y) * (number(0.5, y) * y * y).exp()],
        "The inverse of ndtr, of [0, 1]; NaN outside.", 100),
    scipy_row("owens_t", ("h", "a"), _owens_t_gradient, "The probability of X > h and 0 < Y < a X, of independent normal X and Y."),
])

ndtr, log_ndtr, ndtri, owens_t = map(Elementwise, ("ndtr", "log_ndtr", "ndtri", "owens_t"))
