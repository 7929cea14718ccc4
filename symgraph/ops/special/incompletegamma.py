"""The incomplete gamma functions, and what statistics makes of them. Parameters in Theano's order: k, then x."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, function, number, table
from symgraph.ops.special.rules import horner, of_scipy, scipy_row, through_double

__all__ = ["chi2sf", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "gammal", "gammau"]

_EPSILON = 1e-16
_ROUNDS = 100000.0

# lgamma(1 + k) over k for small k: Euler's constant, then zeta(n) (-1)**n / n, DLMF 5.7.3
_ZETA = [
    1.6449340668482264365, 1.2020569031595942854, 1.0823232337111381915, 1.0369277551433699263, 1.0173430619844491397,
    1.0083492773819228268, 1.0040773561979443394, 1.0020083928260822144, 1.0009945751278180853, 1.0004941886041194646,
    1.0002460865533080483, 1.0001227133475784891, 1.0000612481350587048, 1.0000305882363070205,
]
_LGAMMA = [-0.57721566490153286061, *[z * (-1) ** n / n for n, z in enumerate(_ZETA, 2)]]
_SMALL = [(-1) ** n / math.factorial(n) for n in range(1, 32)]


def _factor(b: Any, k: Any, x: Any) -> Any:
    return b.exp(b.sub(b.sub(b.mul(k, b.log(x)), x), b.lgamma(k)))


def _series(b: Any, k: Any, x: Any) -> Any:
    """The part below x, for x < k + 1: DLMF 8.11.4."""

    def step(total: Any, term: Any, at: Any) -> Any:
        at = b.add(at, 1.0)
        term = b.mul(term, b.div(x, at))
        total = b.add(total, term)
        return b.both(b.greater(term, b.mul(total, _EPSILON)), b.less(b.sub(at, k), _ROUNDS)), [total, term, at]

    first = b.div(1.0, k)
    total, _, _ = b.repeat([first, first, k], step)
    return b.mul(total, _factor(b, k, x))


def _fraction(b: Any, k: Any, x: Any) -> Any:
    """The part above x, for x >= k + 1: the continued fraction DLMF 8.9.2, by Lentz' way as a product of ratios."""

    def step(value: Any, c: Any, d: Any, bottom: Any, count: Any) -> Any:
        count = b.add(count, 1.0)
        top = b.mul(count, b.sub(k, count))
        bottom = b.add(bottom, 2.0)
        d = b.div(1.0, _never_zero(b, b.add(b.mul(top, d), bottom)))
        c = _never_zero(b, b.add(bottom, b.div(top, c)))
        ratio = b.mul(c, d)
        go_on = b.both(b.greater(b.abs(b.sub(ratio, 1.0)), _EPSILON), b.less(count, _ROUNDS))
        return go_on, [b.mul(value, ratio), c, d, bottom, count]

    bottom = b.sub(b.add(x, 1.0), k)
    first = b.div(1.0, bottom)
    value, *_ = b.repeat([first, b.constant(1e300, "float64"), first, bottom, b.constant(0.0, "float64")], step)
    return b.mul(value, _factor(b, k, x))


def _small(b: Any, k: Any, x: Any) -> Any:
    """The part above x, for k < 1 and x < k + 1, where it may be tiny: 1 - x**k / gamma(1 + k), and the rest of the series DLMF 8.7.1."""
    direct = b.lgamma(b.add(k, 1.0))
    logarithm = b.select(b.less(k, 0.1), b.mul(k, horner(b, k, _LGAMMA)), direct)
    power = b.sub(b.mul(k, b.log(x)), logarithm)
    total: Any = b.constant(0.0, "float64")
    term = x
    for n, c in enumerate(_SMALL, 1):
        total = b.add(total, b.div(b.mul(term, c), b.add(k, float(n))))
        term = b.mul(term, x)
    return b.neg(b.add(b.expm1(power), b.mul(b.mul(b.exp(power), k), total)))


def _never_zero(b: Any, x: Any) -> Any:
    return b.select(b.equal(x, 0), 1e-300, x)


def _lower(b: Any, k: Any, x: Any) -> Any:
    def value() -> Any:
        return b.when(b.less(x, b.add(k, 1.0)), lambda: _series(b, k, x), lambda: b.sub(1.0, _fraction(b, k, x)))

    return _with_edges(b, k, x, value, 0.0)


def _upper(b: Any, k: Any, x: Any) -> Any:
    def below() -> Any:
        return b.when(b.less(k, 1.0), lambda: _small(b, k, x), lambda: b.sub(1.0, _series(b, k, x)))

    def value() -> Any:
        return b.when(b.less(x, b.add(k, 1.0)), below, lambda: _fraction(b, k, x))

    return _with_edges(b, k, x, value, 1.0)


def _with_edges(b: Any, k: Any, x: Any, value: Any, at_zero: float) -> Any:
    """k = 0: all is below any x > 0; x = 0 and infinite x or k; NaN for what is negative and where both limits meet."""
    inside = b.both(b.both(b.greater(k, 0.0), b.greater(x, 0.0)), b.both(b.isfinite(k), b.isfinite(x)))
    at_infinity = 1.0 - at_zero
    edge = b.select(b.either(b.equal(k, 0), b.isinf(x)), at_infinity, at_zero)
    edge = b.select(b.equal(x, 0), at_zero, edge)
    unclear = b.either(b.both(b.equal(k, 0), b.equal(x, 0)), b.both(b.isinf(k), b.isinf(x)))
    bad = b.either(b.either(b.less(k, 0.0), b.less(x, 0.0)), b.either(b.isnan(k), b.isnan(x)))
    return b.when(inside, value, lambda: b.select(b.either(unclear, bad), math.nan, edge))


def _chi2sf(b: Any, x: Any, k: Any) -> Any:
    return b.select(b.less(x, 0.0), 1.0, _upper(b, b.mul(k, 0.5), b.mul(x, 0.5)))


def _chi2sf_of_scipy(x: Any, k: Any) -> Any:
    upper = of_scipy("gammaincc")(k * 0.5, np.maximum(x, 0) * 0.5)
    return np.where(x < 0, 1.0, upper)


def _density(k: Any, x: Any) -> Any:
    """x**(k - 1) exp(-x) / gamma(k), DLMF 8.8.13."""
    power = function("switch")(function("eq")(k, 1), number(0, x), (k - number(1, k)) * x.log())
    return (power - x - function("gammaln")(k)).exp()


def _inverse_gradient(k: Any, x: Any, g: Any, sign: int) -> list[Any]:
    slope = g / _density(k, x)
    return [-slope * function("gammainc_k")(k, x), slope if sign > 0 else -slope]


def _chi2sf_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    x, k = inputs
    half = number(0.5, y)
    return [-g * half * _density(k * half, x * half), -g * half * function("gammainc_k")(k * half, x * half)]


table(__name__, [
    Row("gammainc", ("k", "x"), through_double("gammainc"), of_scipy("gammainc"), _lower,
        lambda inputs, y, g: [g * function("gammainc_k")(*inputs), g * _density(*inputs)],
        "The regularised lower incomplete gamma function.", 400),
    Row("gammaincc", ("k", "x"), through_double("gammaincc"), of_scipy("gammaincc"), _upper,
        lambda inputs, y, g: [-g * function("gammainc_k")(*inputs), -g * _density(*inputs)], "1 - gammainc(k, x), all digits kept.", 400),
    Row("chi2sf", ("x", "k"), through_double("chi2sf"), _chi2sf_of_scipy, _chi2sf, _chi2sf_gradient,
        "The probability that a chi-square variable of k degrees of freedom is above x.", 400),
    scipy_row("gammaincinv", ("k", "y"), lambda inputs, x, g: _inverse_gradient(inputs[0], x, g, 1),
              "The x for which gammainc(k, x) = y.", 1000),
    scipy_row("gammainccinv", ("k", "y"), lambda inputs, x, g: _inverse_gradient(inputs[0], x, g, -1),
              "The x for which gammaincc(k, x) = y.", 1000),
])

gammainc, gammaincc, chi2sf = map(Elementwise, ("gammainc", "gammaincc", "chi2sf"))
gammaincinv, gammainccinv = map(Elementwise, ("gammaincinv", "gammainccinv"))


def gammal(k: Any, x: Any) -> Any:
    """The lower incomplete gamma function, not regularised: gamma(k) gammainc(k, x)."""
    k = as_tensor(k)
    return function("gamma")(k) * gammainc(k, x)


def gammau(k: Any, x: Any) -> Any:
    """The upper incomplete gamma function, not regularised: gamma(k) gammaincc(k, x)."""
    k = as_tensor(k)
    return function("gamma")(k) * gammaincc(k, x)
