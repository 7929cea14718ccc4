"""The error function, its complement, scaled and inverted.

Derivatives: DLMF (NIST Digital Library of Mathematical Functions) 7.10.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.ops.elementwise import Elementwise, Row, number, table
from symgraph.ops.special.rules import c_library, horner, of_scipy, through_double

__all__ = ["erf", "erfc", "erfcinv", "erfcx", "erfinv", "normal_quantile"]

_ROOT_PI = math.sqrt(math.pi)


def _gauss(x: Any, y: Any) -> Any:
    return number(2 / _ROOT_PI, y) * (-x * x).exp()


def _inverse_slope(y: Any) -> Any:
    return number(_ROOT_PI / 2, y) * (y * y).exp()


# (2k-1)!! (-2)**-k: the asymptotic series of erfcx in 1/x**2, Abramowitz and Stegun 7.1.23
_ASYMPTOTIC = [math.prod(range(1, 2 * k, 2)) * (-0.5) ** k for k in range(12)]


def _erfcx(b: Any, x: Any) -> Any:
    """exp(x**2) erfc(x), x**2 in two parts, as its rounding would be multiplied; above 10 the asymptotic series."""
    high = b.mul(x, x)
    low = b.select(b.isfinite(high), b.fma(x, x, b.neg(high)), 0.0)
    growth = b.exp(high)
    near = b.select(b.isinf(growth), growth, b.mul(growth, b.add(low, 1.0)))
    far = b.div(horner(b, b.div(1.0, high), _ASYMPTOTIC), b.mul(x, _ROOT_PI))
    return b.select(b.greater(x, 10.0), far, b.mul(near, b.erfc(x)))


# Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution, Applied Statistics 37 (1988) 477-484, PPND16:
# numerators and denominators in the middle, in the tails and far out.
_MIDDLE = (
    [3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4, 4.5921953931549871457e4,
     6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
    [1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
     2.8729085735721942674e4, 5.2264952788528545610e3],
)
_TAIL = (
    [1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0, 1.27045825245236838258e0,
     2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4],
    [1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9],
)
_FAR = (
    [6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1, 2.65321895265761230930e-2,
     1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
    [1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15],
)


def _ratio(b: Any, x: Any, both: tuple[list[float], list[float]]) -> Any:
    return b.div(horner(b, x, both[0]), horner(b, x, both[1]))


def _quantile(b: Any, q: Any, tail: Any) -> Any:
    """The point of the normal distribution below which 1/2 + q lies, over the root of 2. tail: the smaller of 1/2 + q, 1/2 - q."""
    middle = b.mul(q, _ratio(b, b.sub(0.180625, b.mul(q, q)), _MIDDLE))
    r = b.sqrt(b.neg(b.log(tail)))
    outer = b.select(b.less_equal(r, 5.0), _ratio(b, b.sub(r, 1.6), _TAIL), _ratio(b, b.sub(r, 5.0), _FAR))
    outer = b.copysign(b.select(b.equal(tail, 0), math.inf, outer), q)
    return b.mul(b.select(b.less_equal(b.abs(q), 0.425), middle, outer), math.sqrt(0.5))


def normal_quantile(b: Any, p: Any) -> Any:
    """The point of the normal distribution below which p lies, from the end that p is near to."""
    return b.mul(_quantile(b, b.sub(p, 0.5), b.minimum(p, b.sub(1.0, p))), math.sqrt(2))


def _erfinv(b: Any, y: Any) -> Any:
    return _quantile(b, b.mul(y, 0.5), b.mul(b.sub(1.0, b.abs(y)), 0.5))


def _erfcinv(b: Any, y: Any) -> Any:
    """erfinv(1 - y), from the end that y is near to, so that small y keep their digits."""
    return _quantile(b, b.mul(b.sub(1.0, y), 0.5), b.mul(b.minimum(y, b.sub(2.0, y)), 0.5))


table(__name__, [
    c_library("erf", "erf", lambda x, y, g: g * _gauss(x, y), "The error function.", 30),
    c_library("erfc", "erfc", lambda x, y, g: -g * _gauss(x, y), "1 - erf(x), without loss of digits.", 30),
    Row("erfcx", ("x",), through_double("erfcx"), of_scipy("erfcx"), _erfcx,
        lambda inputs, y, g: [g * (number(2, y) * inputs[0] * y - number(2 / _ROOT_PI, y))], "exp(x**2) erfc(x).", 80),
    Row("erfinv", ("x",), through_double("erfinv"), of_scipy("erfinv"), _erfinv, lambda inputs, y, g: [g * _inverse_slope(y)],
        "The inverse of erf, of [-1, 1]; NaN outside.", 100),
    Row("erfcinv", ("x",), through_double("erfcinv"), of_scipy("erfcinv"), _erfcinv, lambda inputs, y, g: [-g * _inverse_slope(y)],
        "The inverse of erfc, of [0, 2]; NaN outside.", 100),
])

erf, erfc, erfcx, erfinv, erfcinv = map(Elementwise, ("erf", "erfc", "erfcx", "erfinv", "erfcinv"))
