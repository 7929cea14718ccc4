"""The gamma function, its logarithm, and the derivatives of that.

DLMF is the NIST Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.ops.elementwise import UNDEFINED, Elementwise, Row, function, number, table
from symgraph.ops.special.rules import c_library, horner, of_scipy, through_double

__all__ = ["EULER_MACLAURIN", "digamma", "gamma", "gammaln", "hurwitz", "polygamma", "psi", "tri_gamma", "trigamma"]

_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]  # B2, B4 ...


def _polygamma(n: Any, x: Any) -> Any:
    """scipy's, for orders that are whole numbers; NaN for others."""
    import scipy.special

    n, x = np.broadcast_arrays(n, x)
    whole = (n >= 0) & (n == np.floor(n))
    return np.where(whole, scipy.special.polygamma(np.where(whole, n, 1), x), np.nan)


# Native rules ---------------------------------------------------------------------------------------------------------

# -B(2k) / (2k): digamma(x) - log(x) + 1/(2x) in 1/x**2, DLMF 5.11.2
_DIGAMMA = [0.0, *[-number_ / (2 * k) for k, number_ in enumerate(_BERNOULLI[:8], 1)]]


def _digamma(b: Any, x: Any) -> Any:
    """The asymptotic series after steps up to 10 by psi(x + 1) = psi(x) + 1/x; negative x by reflection, DLMF 5.5.2 and 5.5.4."""
    negative = b.less(x, 0.0)
    start = b.select(negative, b.sub(1.0, x), x)

    def step(at: Any, total: Any) -> Any:
        up = b.less(at, 10.0)
        return up, [b.select(up, b.add(at, 1.0), at), b.select(up, b.sub(total, b.div(1.0, at)), total)]

    at, total = b.repeat([start, 0.0], step)
    series = horner(b, b.div(1.0, b.mul(at, at)), _DIGAMMA)
    value = b.add(b.add(b.sub(b.log(at), b.div(0.5, at)), series), total)
    fraction = b.sub(x, b.rint(x))
    angle = b.mul(fraction, math.pi)
    reflected = b.select(b.equal(fraction, 0), math.nan, b.sub(value, b.div(math.pi, b.tan(angle))))
    infinite = b.copysign(math.inf, b.neg(x))
    return b.select(b.equal(x, 0), infinite, b.select(negative, reflected, value))


# B(2k) / (2k)!: the terms of Euler and Maclaurin's sum
EULER_MACLAURIN = [number_ / math.factorial(2 * k) for k, number_ in enumerate(_BERNOULLI, 1)]


def hurwitz(b: Any, s: Any, x: Any) -> Any:
    """The sum of (x + k)**-s over k >= 0 (Hurwitz' zeta function), for s > 1: terms up to s + 10, then Euler and Maclaurin, DLMF 25.11.28.

    Where a term does not count any more, what follows does not either.
    """
    power = b.neg(s)
    end = b.add(s, 10.0)

    def step(at: Any, total: Any, term: Any, count: Any) -> Any:
        counts = b.either(b.less(at, 1.0), b.greater(term, b.mul(total, 1e-18)))
        up = b.both(b.both(b.less(at, end), counts), b.less(count, 5000))
        term = b.pow(at, power)
        return up, [b.select(up, b.add(at, 1.0), at), b.select(up, b.add(total, term), total), term, b.add(count, 1)]

    at, plain, term, _ = b.repeat([x, 0.0, 1.0, b.constant(0, "int64")], step)
    total = plain
    last = b.pow(at, power)
    total = b.add(total, b.add(b.div(b.pow(at, b.sub(1.0, s)), b.sub(s, 1.0)), b.mul(last, 0.5)))
    factor = b.div(b.mul(last, s), at)
    inverse = b.div(1.0, b.mul(at, at))
    for k, c in enumerate(EULER_MACLAURIN):
        total = b.add(total, b.mul(factor, c))
        rising = b.mul(b.add(s, 2.0 * k + 1.0), b.add(s, 2.0 * k + 2.0))
        factor = b.mul(factor, b.mul(rising, inverse))
    total = b.select(b.both(b.greater(plain, 0.0), b.less_equal(term, b.mul(plain, 1e-18))), plain, total)
    return b.select(b.less(at, 1.0), math.nan, total)  # so far below 0 that the steps were not enough


def _trigamma(b: Any, x: Any) -> Any:
    """zeta(2, x); negative x by reflection, DLMF 5.15.6."""
    negative = b.less(x, 0.0)
    value = hurwitz(b, b.constant(2.0, "float64"), b.select(negative, b.sub(1.0, x), x))
    sine = b.sin(b.mul(b.sub(x, b.rint(x)), math.pi))
    reflected = b.sub(b.div(math.pi**2, b.mul(sine, sine)), value)
    return b.select(negative, reflected, value)


def _polygamma_scalar(b: Any, n: Any, x: Any) -> Any:
    """(-1)**(n + 1) n! zeta(n + 1, x), DLMF 25.11.12; of order 0 digamma."""
    odd = b.not_equal(b.mod(n, 2.0), 0)
    whole = b.both(b.equal(n, b.floor(n)), b.greater_equal(n, 0.0))

    def higher() -> Any:
        size = b.mul(b.tgamma(b.add(n, 1.0)), hurwitz(b, b.add(n, 1.0), x))
        return b.select(odd, size, b.neg(size))

    value = b.when(b.greater(n, 0.0), higher, lambda: _digamma(b, x))
    return b.select(whole, value, math.nan)


def _polygamma_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    n, x = inputs
    return [UNDEFINED, g * polygamma(n + number(1, n), x)]


table(__name__, [
    c_library("gamma", "tgamma", lambda x, y, g: g * y * function("digamma")(x), "The gamma function.", 60),
    c_library("gammaln", "lgamma", lambda x, y, g: g * function("digamma")(x), "log(abs(gamma(x))).", 60),
    Row("digamma", ("x",), through_double("digamma"), of_scipy("psi"), _digamma, lambda inputs, y, g: [g * function("trigamma")(inputs[0])],
        "The derivative of the logarithm of the gamma function.", 100),
    Row("trigamma", ("x",), through_double("trigamma"), lambda x: _polygamma(np.ones_like(x), x), _trigamma,
        lambda inputs, y, g: [g * function("polygamma")(np.asarray(2, "int8"), inputs[0])], "The derivative of digamma.", 200),
    Row("polygamma", ("n", "x"), through_double("polygamma"), _polygamma, _polygamma_scalar, _polygamma_gradient,
        "The derivative of order n of digamma, n a whole number; x above -5000.", 300),
])

gamma, gammaln, digamma = map(Elementwise, ("gamma", "gammaln", "digamma"))
trigamma, polygamma = map(Elementwise, ("trigamma", "polygamma"))

# Names of Theano
psi, tri_gamma = digamma, trigamma
