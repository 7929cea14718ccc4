"""Derivatives of the incomplete gamma and beta functions by their parameters, of first and second order.

The gamma function's: by its series below x = k + 1, else by the continued fraction (Moore, Algorithm AS 187: Derivatives of the incomplete gamma
integral, Applied Statistics 31, 1982). The beta function's: by the continued fraction (Boik and Robison-Cox, Derivatives of the incomplete
beta function, Journal of Statistical Software 3(1), 1998), here the one that DLMF (NIST Digital Library of Mathematical Functions) 8.17.22 gives.
Third derivatives by the parameters are not known here: asking for one raises NullTypeGradError.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.arrays import by_arrays
from symgraph.ops.elementwise import UNDEFINED, Elementwise, Row, function, number, table
from symgraph.ops.special.gammafunction import hurwitz
from symgraph.ops.special.rules import through_double
from symgraph.ops.special.taylor import Taylor

__all__ = ["betainc_a", "betainc_aa", "betainc_ab", "betainc_b", "betainc_bb", "gammainc_k", "gammainc_kk"]

_EPSILON = 1e-16
_FRACTION = 4e-16  # of ratios, which are near 1 and so have rounding errors
_ROUNDS = 100000.0
_SLIGHT = 1e-300  # instead of 0, where it is divided by


def _log_gamma(b: Any, x: Any, orders: int) -> list[Any]:
    """lgamma(x) and its derivatives, for x > 0."""
    found = [b.external("scipy.special", "gammaln", x)]
    if orders > 0:
        found.append(b.external("scipy.special", "psi", x))
    if orders > 1:
        found.append(hurwitz(b, b.constant(2.0, "float64"), x))
    return found


def _lentz(t: Taylor, first: Any, terms: Any) -> Any:
    """The continued fraction first / (1 + n1 / (d1 + n2 / (d2 + ...))) by Lentz' way, as a product of ratios (Numerical Recipes 5.2).

    terms(count): the list of pairs (numerator, denominator), series, that round number `count` (1.0, 2.0, ...) adds.
    """
    b = t.b
    size = len(t.powers)

    def step(*values: Any) -> Any:
        value, c, d = (t.series(values[k * size : (k + 1) * size]) for k in range(3))
        count = b.add(values[-1], 1.0)
        again: Any = False
        for top, bottom in terms(count):
            d = t.inverse(_not_zero(t, t.add(t.mul(top, d), bottom)))
            c = _not_zero(t, t.add(bottom, t.mul(top, t.inverse(c))))
            ratio = t.mul(c, d)
            value = t.mul(value, ratio)
            change = t.scale(t.shift(ratio, -1.0), value[t.none])
            again = t.unsettled(change, value, _FRACTION)
        return b.both(again, b.less(count, _ROUNDS)), [*t.flat(value), *t.flat(c), *t.flat(d), count]

    start = [t.flat(first[0]), t.flat(first[1]), t.flat(first[2])]
    values = b.repeat([*(b.constant(v, "float64") if isinstance(v, float) else v for part in start for v in part), b.constant(0.0, "float64")], step)
    return t.series(values[:size])


def _not_zero(t: Taylor, x: Any) -> Any:
    value = x[t.none]
    return {**x, t.none: t.b.select(t.b.equal(value, 0), _SLIGHT, value)}


# The gamma function's -------------------------------------------------------------------------------------------------


def _gammainc(order: int) -> Any:
    """The derivative of gammainc(k, x) by k."""

    def inside(b: Any, k: Any, x: Any) -> Any:
        t = Taylor(b, (order,))
        p = t.variable(k, 0)
        up = t.shift(p, 1.0)
        power = t.add(t.shift(t.scale(p, b.log(x)), b.neg(x)), t.scale(t.apply(up, _log_gamma(b, b.add(k, 1.0), order)), -1.0))
        factor = t.exp(power)  # x**k exp(-x) / gamma(k + 1)

        def below() -> Any:
            """1 + x / (k + 1) + x**2 / ((k + 1) (k + 2)) + ...: DLMF 8.11.4."""
            size = len(t.powers)

            def step(*values: Any) -> Any:
                total, term = t.series(values[:size]), t.series(values[size : 2 * size])
                count = b.add(values[-1], 1.0)
                term = t.scale(t.mul(term, t.inverse(t.shift(p, count))), x)
                total = t.add(total, term)
                return b.both(t.unsettled(term, total, _EPSILON), b.less(count, _ROUNDS)), [*t.flat(total), *t.flat(term), count]

            start = [b.constant(float(n == 0), "float64") for n in range(size)]
            values = b.repeat([*start, *start, b.constant(0.0, "float64")], step)
            return t.derivative(t.mul(factor, t.series(values[:size])))

        def above() -> Any:
            """One less k times the fraction DLMF 8.9.2."""
            bottom = t.add(t.constant(b.add(x, 1.0)), t.scale(p, -1.0))

            def terms(count: Any) -> Any:
                top = t.scale(t.shift(p, b.neg(count)), count)
                return [(top, t.shift(bottom, b.mul(count, 2.0)))]

            first = t.inverse(bottom)
            value = _lentz(t, (first, t.constant(1 / _SLIGHT), first), terms)
            return b.neg(t.derivative(t.mul(t.mul(factor, p), value)))

        return b.when(b.less(x, b.add(k, 1.0)), below, above)

    def scalar(b: Any, k: Any, x: Any) -> Any:
        """0 at the ends of x, where the function does not depend on k; NaN for what is negative."""
        ends = b.either(b.equal(x, 0), b.isinf(x))
        good = b.both(b.both(b.greater_equal(k, 0.0), b.greater_equal(x, 0.0)), b.isfinite(k))
        within = b.both(good, b.invert(ends))
        return b.when(within, lambda: inside(b, k, x), lambda: b.select(b.both(good, ends), 0.0, math.nan))

    return scalar


def _trigamma(x: Any) -> Any:
    return function("trigamma")(x)


def _gamma_density(k: Any, x: Any) -> Any:
    """The derivative of gammainc by x."""
    return (function("xlogy")(k - number(1, k), x) - x - function("gammaln")(k)).exp()


def _gammainc_k_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    k, x = inputs
    slope = x.log() - function("digamma")(k)
    return [g * function("gammainc_kk")(k, x), g * _gamma_density(k, x) * slope]


def _gammainc_kk_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    k, x = inputs
    slope = x.log() - function("digamma")(k)
    return [UNDEFINED, g * _gamma_density(k, x) * (slope * slope - _trigamma(k))]


# The beta function's --------------------------------------------------------------------------------------------------


def _betainc(orders: tuple[int, int]) -> Any:
    """The derivative of betainc(a, b, x) by a and b."""

    def half(m: Any, t: Taylor, p: Any, q: Any, x: Any, log_x: Any, log_rest: Any, swapped: bool) -> Any:
        """Of x**p (1 - x)**q / (p beta(p, q)) times the fraction, for x < (p + 1) / (p + q + 2)."""
        total = sum(orders)
        power = t.add(t.scale(p, log_x), t.scale(q, log_rest))
        both = t.add(p, q)
        logs = [t.apply(v, _log_gamma(m, v[t.none], total)) for v in (p, q, both)]
        first, second = (q, p) if swapped else (p, q)
        # The value itself from scipy, which is exact where the three logarithms cancel.
        minus_log_beta = t.add(logs[2], t.scale(t.add(logs[0], logs[1]), -1.0))
        minus_log_beta[t.none] = m.neg(m.external("scipy.special", "betaln", first[t.none], second[t.none]))
        factor = t.mul(t.exp(t.add(power, minus_log_beta)), t.inverse(p))

        def terms(count: Any) -> Any:
            one = t.constant(1.0)
            twice = t.shift(p, m.mul(count, 2.0))
            before = t.shift(p, m.sub(m.mul(count, 2.0), 1.0))
            even = t.mul(t.scale(t.shift(q, m.neg(count)), m.mul(count, x)), t.inverse(t.mul(before, twice)))
            odd = t.mul(t.mul(t.shift(p, count), t.shift(both, count)), t.inverse(t.mul(twice, t.shift(twice, 1.0))))
            return [(even, one), (t.scale(odd, m.neg(x)), one)]

        start = t.shift(t.scale(t.mul(both, t.inverse(t.shift(p, 1.0))), m.neg(x)), 1.0)
        first_d = t.inverse(_not_zero(t, start))
        value = _lentz(t, (first_d, t.constant(1.0), first_d), terms)
        return t.derivative(t.mul(factor, value))

    def inside(m: Any, a: Any, b: Any, x: Any) -> Any:
        t = Taylor(m, orders)
        p, q = t.variable(a, 0), t.variable(b, 1)
        log_x, log_rest = m.log(x), m.log1p(m.neg(x))
        near = m.less(m.mul(x, m.add(m.add(a, b), 2.0)), m.add(a, 1.0))
        return m.when(near, lambda: half(m, t, p, q, x, log_x, log_rest, False),
                      lambda: m.neg(half(m, t, q, p, m.sub(1.0, x), log_rest, log_x, True)))

    def scalar(m: Any, a: Any, b: Any, x: Any) -> Any:
        ends = m.either(m.equal(x, 0), m.equal(x, 1))
        good = m.both(m.both(m.greater(a, 0.0), m.greater(b, 0.0)), m.both(m.greater_equal(x, 0.0), m.less_equal(x, 1.0)))
        good = m.both(good, m.both(m.isfinite(a), m.isfinite(b)))
        within = m.both(good, m.invert(ends))
        return m.when(within, lambda: inside(m, a, b, x), lambda: m.select(m.both(good, ends), 0.0, math.nan))

    return scalar


def _beta_slopes(a: Any, b: Any, x: Any) -> tuple[Any, Any, Any]:
    """The derivative of betainc by x, and that of its logarithm by a and by b."""
    one = number(1, x)
    density = (function("xlogy")(a - one, x) + function("xlog1py")(b - one, -x) - function("betaln")(a, b)).exp()
    psi = function("digamma")
    common = psi(a + b)
    return density, x.log() - psi(a) + common, (-x).log1p() - psi(b) + common


def _first_gradient(by_a: str, by_b: str, which: int) -> Any:
    def gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
        density, *slopes = _beta_slopes(*inputs)
        return [g * function(by_a)(*inputs), g * function(by_b)(*inputs), g * density * slopes[which]]

    return gradient


def _second_gradient(orders: tuple[int, int]) -> Any:
    def gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
        a, b, _ = inputs
        density, by_a, by_b = _beta_slopes(*inputs)
        curve = _trigamma(a + b)
        if orders == (2, 0):
            curve = curve - _trigamma(a) + by_a * by_a
        elif orders == (0, 2):
            curve = curve - _trigamma(b) + by_b * by_b
        else:
            curve = curve + by_a * by_b
        return [UNDEFINED, UNDEFINED, g * density * curve]

    return gradient


def _row(name: str, arguments: tuple[str, ...], scalar: Any, gradient: Any, doc: str) -> Row:
    return Row(name, arguments, through_double(name), by_arrays(scalar), scalar, gradient, doc, 4000)


_K, _AB = ("k", "x"), ("a", "b", "x")
table(__name__, [
    _row("gammainc_k", _K, _gammainc(1), _gammainc_k_gradient, "The derivative of gammainc(k, x) by k."),
    _row("gammainc_kk", _K, _gammainc(2), _gammainc_kk_gradient, "The second derivative of gammainc(k, x) by k."),
    _row("betainc_a", _AB, _betainc((1, 0)), _first_gradient("betainc_aa", "betainc_ab", 0), "The derivative of betainc(a, b, x) by a."),
    _row("betainc_b", _AB, _betainc((0, 1)), _first_gradient("betainc_ab", "betainc_bb", 1), "The derivative of betainc(a, b, x) by b."),
    _row("betainc_aa", _AB, _betainc((2, 0)), _second_gradient((2, 0)), "The second derivative of betainc(a, b, x) by a."),
    _row("betainc_ab", _AB, _betainc((1, 1)), _second_gradient((1, 1)), "The derivative of betainc(a, b, x) by a and b."),
    _row("betainc_bb", _AB, _betainc((0, 2)), _second_gradient((0, 2)), "The second derivative of betainc(a, b, x) by b."),
])

gammainc_k, gammainc_kk = map(Elementwise, ("gammainc_k", "gammainc_kk"))
betainc_a, betainc_b, betainc_aa, betainc_ab, betainc_bb = map(Elementwise, ("betainc_a", "betainc_b", "betainc_aa", "betainc_ab", "betainc_bb"))
