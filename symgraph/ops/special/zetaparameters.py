"""Derivatives of the zeta functions by x, and of Gauss' hypergeometric function by its parameters.

The zeta function's: Euler and Maclaurin's sum on truncated Taylor series, first and second order. The hypergeometric function's: its power
series, below 0 after Pfaff's transformation, first order; NaN for z >= 1 and so near to it (or so far below 0) that 100,000 terms are not enough.
Derivatives of higher order by these parameters are not known here: asking for one raises NullTypeGradError.

DLMF is the NIST Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.arrays import by_arrays
from symgraph.ops.elementwise import UNDEFINED, Elementwise, Row, function, number, table
from symgraph.ops.special.gammafunction import EULER_MACLAURIN
from symgraph.ops.special.rules import through_double
from symgraph.ops.special.taylor import Taylor

__all__ = ["hurwitz_zeta_x", "hurwitz_zeta_xx", "hyp2f1_a", "hyp2f1_c", "riemann_slope"]

_ROUNDS = 100000.0
_EPSILON = 1e-16

# The zeta function's --------------------------------------------------------------------------------------------------


def _hurwitz(order: int) -> Any:
    """The derivative by s of the sum of (q + k)**-s over k >= 0, continued to s between 0 and 1; of q > 0."""

    def inside(b: Any, s: Any, q: Any) -> Any:
        t = Taylor(b, (order,))
        exponent = t.variable(s, 0)
        end = b.add(s, 10.0)

        def power(at: Any) -> Any:
            return t.apply(t.scale(exponent, b.neg(b.log(at))), [b.pow(at, b.neg(s))] * (order + 1))

        def step(*values: Any) -> Any:
            total, at = t.series(values[:-1]), values[-1]
            up = b.less(at, end)
            new = t.add(total, power(at))
            return up, [*[b.select(up, x, y) for x, y in zip(t.flat(new), t.flat(total))], b.select(up, b.add(at, 1.0), at)]

        values = b.repeat([*[b.constant(0.0, "float64")] * len(t.powers), q], step)
        total, at = t.series(values[:-1]), values[-1]
        last = power(at)
        less = t.shift(exponent, -1.0)
        total = t.add(total, t.add(t.scale(t.mul(last, t.inverse(less)), at), t.scale(last, 0.5)))
        inverse = b.div(1.0, at)
        factor = t.scale(t.mul(last, exponent), inverse)
        for k, c in enumerate(EULER_MACLAURIN):
            total = t.add(total, t.scale(factor, c))
            rising = t.mul(t.shift(exponent, 2.0 * k + 1.0), t.shift(exponent, 2.0 * k + 2.0))
            factor = t.scale(t.mul(factor, rising), b.mul(inverse, inverse))
        return t.derivative(total)

    def scalar(b: Any, s: Any, q: Any) -> Any:
        """Where s is large the first term is all: q**-s (-log(q))**order."""
        good = b.both(b.both(b.greater_equal(s, 0.0), b.not_equal(s, 1)), b.both(b.greater(q, 0.0), b.isfinite(q)))
        near = b.both(good, b.less(s, 1e4))

        def first() -> Any:
            value = b.pow(q, b.neg(s))
            for _ in range(order):
                value = b.mul(value, b.neg(b.log(q)))
            return b.select(good, value, math.nan)

        return b.when(near, lambda: inside(b, s, q), first)

    return scalar


def _zeta_x_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    s, q = inputs
    up = s + number(1, s)
    return [g * function("hurwitz_zeta_xx")(s, q), -g * (function("hurwitz_zeta")(up, q) + s * function("hurwitz_zeta_x")(up, q))]


def _zeta_xx_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    s, q = inputs
    up = s + number(1, s)
    slope = function("hurwitz_zeta_x")(up, q)
    return [UNDEFINED, -g * (slope + slope + s * function("hurwitz_zeta_xx")(up, q))]


def riemann_slope(x: Any) -> Any:
    """The derivative of Riemann's zeta function; below 0 that of the functional equation, DLMF 25.4.1, by products (it has zeros there)."""
    switch = function("switch")
    one = number(1, x)
    above = function("ge")(x, 0)
    direct = function("hurwitz_zeta_x")(switch(above, x, number(2, x)), one)
    s = switch(above, -one, x)
    u = one - s
    angle = s * number(math.pi / 2, x)
    value, slope = function("hurwitz_zeta")(u, one), function("hurwitz_zeta_x")(u, one)
    size = (s * number(math.log(2 * math.pi), x)).exp() * number(1 / math.pi, x) * function("gamma")(u)
    sine = ((number(math.log(2 * math.pi), x) - function("digamma")(u)) * value - slope) * angle.sin()
    return switch(above, direct, size * (sine + number(math.pi / 2, x) * value * angle.cos()))


# The hypergeometric function's ----------------------------------------------------------------------------------------


def _hypergeometric(parameter: int) -> Any:
    """The derivative by a (0) or c (2)."""

    def inside(m: Any, a: Any, b: Any, c: Any, z: Any) -> Any:
        t = Taylor(m, [int(k == parameter) for k in range(3)])
        first, second, third = (t.variable(v, k) for k, v in enumerate((a, b, c)))
        below = m.less(z, 0.0)
        # Pfaff, DLMF 15.8.1: (1 - z)**-a F(a, c - b; c; z / (z - 1))
        other = t.add(third, t.scale(second, -1.0))
        picked = {p: m.select(below, other.get(p, 0.0), second.get(p, 0.0)) for p in t.powers}
        at = m.select(below, m.div(z, m.sub(z, 1.0)), z)
        log = m.select(below, m.log1p(m.neg(z)), 0.0)
        size = len(t.powers)

        def step(*values: Any) -> Any:
            total, term, count = t.series(values[:size]), t.series(values[size : 2 * size]), values[-2]
            bottom = t.scale(t.shift(third, count), m.add(count, 1.0))
            term = t.scale(t.mul(t.mul(term, t.mul(t.shift(first, count), t.shift(picked, count))), t.inverse(bottom)), at)
            total = t.add(total, term)
            count = m.add(count, 1.0)
            more = t.unsettled(term, total, _EPSILON)
            return m.both(more, m.less(count, _ROUNDS)), [*t.flat(total), *t.flat(term), count, more]

        start = [m.constant(float(n == 0), "float64") for n in range(size)]
        values = m.repeat([*start, *start, m.constant(0.0, "float64"), m.constant(True, "bool")], step)
        found = t.derivative(t.mul(t.exp(t.scale(first, m.neg(log))), t.series(values[:size])))
        return m.select(values[-1], math.nan, found)

    def scalar(m: Any, a: Any, b: Any, c: Any, z: Any) -> Any:
        good = m.both(m.less(z, 1.0), m.isfinite(z))
        for v in (a, b, c):
            good = m.both(good, m.isfinite(v))
        good = m.both(good, m.invert(m.both(m.less_equal(c, 0.0), m.equal(c, m.floor(c)))))
        return m.when(good, lambda: inside(m, a, b, c, z), lambda: m.add(m.mul(z, 0.0), math.nan))

    return scalar


def _up(name: str, inputs: Any) -> Any:
    a, b, c, z = inputs
    one = number(1, z)
    return function(name)(a + one, b + one, c + one, z)


def _a_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    a, b, c, _ = inputs
    return [UNDEFINED, UNDEFINED, UNDEFINED, g * b / c * (_up("hyp2f1", inputs) + a * _up("hyp2f1_a", inputs))]


def _c_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    a, b, c, _ = inputs
    return [UNDEFINED, UNDEFINED, UNDEFINED, g * a * b / c * (_up("hyp2f1_c", inputs) - _up("hyp2f1", inputs) / c)]


def _row(name: str, arguments: tuple[str, ...], scalar: Any, gradient: Any, doc: str) -> Row:
    return Row(name, arguments, through_double(name), by_arrays(scalar), scalar, gradient, doc, 4000)


_ABCZ = ("a", "b", "c", "z")
table(__name__, [
    _row("hurwitz_zeta_x", ("x", "q"), _hurwitz(1), _zeta_x_gradient, "The derivative of hurwitz_zeta(x, q) by x."),
    _row("hurwitz_zeta_xx", ("x", "q"), _hurwitz(2), _zeta_xx_gradient, "The second derivative of hurwitz_zeta(x, q) by x."),
    _row("hyp2f1_a", _ABCZ, _hypergeometric(0), _a_gradient, "The derivative of hyp2f1(a, b, c, z) by a, for z < 1."),
    _row("hyp2f1_c", _ABCZ, _hypergeometric(2), _c_gradient, "The derivative of hyp2f1(a, b, c, z) by c, for z < 1."),
])

hurwitz_zeta_x, hurwitz_zeta_xx, hyp2f1_a, hyp2f1_c = map(Elementwise, ("hurwitz_zeta_x", "hurwitz_zeta_xx", "hyp2f1_a", "hyp2f1_c"))
