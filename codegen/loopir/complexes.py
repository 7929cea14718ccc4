"""Complex arithmetic and functions in real operations. Every function takes the builder and Pairs of one dtype and gives a Pair.

Formulas: division after R. L. Smith, Algorithm 116 (1962); square root, inverse functions and tanh after W. Kahan, Branch cuts for
complex elementary functions (1987). Branch cuts and signs of zero are those of C99, annex G.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Pair

__all__ = ["FUNCTIONS", "absolute", "add", "compare", "div", "mul", "power", "sign", "sub"]


def pair(b: Any, re: Any, im: Any, like: Pair) -> Pair:
    return b.complex(re, im, like.dtype)


# Arithmetic -----------------------------------------------------------------------------------------------------------
def add(b: Any, x: Pair, y: Pair) -> Pair:
    """x + y."""
    return pair(b, b.add(x.value[0], y.value[0]), b.add(x.value[1], y.value[1]), x)


def sub(b: Any, x: Pair, y: Pair) -> Pair:
    """x - y."""
    return pair(b, b.sub(x.value[0], y.value[0]), b.sub(x.value[1], y.value[1]), x)


def mul(b: Any, x: Pair, y: Pair) -> Pair:
    """x y."""
    (p, q), (r, s) = x.value, y.value
    return pair(b, b.sub(b.mul(p, r), b.mul(q, s)), b.add(b.mul(p, s), b.mul(q, r)), x)


def div(b: Any, x: Pair, y: Pair) -> Pair:
    """Smith: scaled by the greater part of the divisor, so that no intermediate overflows where the quotient does not."""
    (p, q), (r, s) = x.value, y.value
    wide = b.greater_equal(b.abs(r), b.abs(s))
    major, minor = b.select(wide, r, s), b.select(wide, s, r)
    first, second = b.select(wide, p, q), b.select(wide, q, p)
    zero = b.equal(major, 0)
    ratio = b.select(zero, 0.0, b.div(minor, major))
    scale = b.select(zero, math.inf, b.reciprocal(b.add(major, b.mul(minor, ratio))))
    re = b.mul(b.add(first, b.mul(second, ratio)), scale)
    im = b.mul(b.sub(second, b.mul(first, ratio)), scale)
    return pair(b, re, b.select(wide, im, b.neg(im)), x)


def absolute(b: Any, x: Pair) -> Any:
    """The length of x."""
    return b.math("hypot", *x.value)


def sign(b: Any, x: Pair) -> Pair:
    """x / |x|; 0 of 0."""
    size = absolute(b, x)
    divisor = b.select(b.equal(size, 0), 1.0, size)
    return pair(b, b.div(x.value[0], divisor), b.div(x.value[1], divisor), x)


def compare(b: Any, operation: str, x: Pair, y: Pair) -> Any:
    """Equal in both parts; order: by real, then by imaginary parts, as numpy."""
    (p, q), (r, s) = x.value, y.value
    if operation == "eq":
        return b.both(b.equal(p, r), b.equal(q, s))
    if operation == "ne":
        return b.either(b.not_equal(p, r), b.not_equal(q, s))
    outer = b.less if operation in ("lt", "le") else b.greater
    comparable = b.invert(b.either(b.isnan(q), b.isnan(s)))
    return b.either(b.both(outer(p, r), comparable), b.both(b.equal(p, r), b.compare(operation, q, s)))


# Exponential, logarithm, powers ---------------------------------------------------------------------------------------
def exp(b: Any, x: Pair) -> Pair:
    re, im = x.value
    size = b.math("exp", re)
    angle = b.select(b.equal(re, -math.inf), b.typed(0.0, im.dtype), im)  # exp(-inf + i y) is 0 whatever y is
    # An exact zero stays one, even times an infinite size.
    return pair(b, b.mul(size, b.math("cos", angle)), b.select(b.equal(im, 0), im, b.mul(size, b.math("sin", angle))), x)


def exp2(b: Any, x: Pair) -> Pair:
    return exp(b, scaled(b, x, math.log(2)))


def expm1(b: Any, x: Pair) -> Pair:
    """exp(x) - 1 without cancellation: expm1(re) cos(im) - 2 sin(im/2)**2."""
    re, im = x.value
    half = b.math("sin", b.mul(im, 0.5))
    real = b.sub(b.mul(b.math("expm1", re), b.math("cos", im)), b.mul(b.mul(half, half), 2.0))
    return pair(b, real, b.mul(b.math("exp", re), b.math("sin", im)), x)


def log(b: Any, x: Pair) -> Pair:
    re, im = x.value
    return pair(b, log_of_size(b, re, im), b.math("atan2", im, re), x)


def log_of_size(b: Any, re: Any, im: Any) -> Any:
    """log(hypot(re, im)); near size 1 by log1p(size**2 - 1) / 2, where the logarithm of the rounded size has few digits."""
    p, q = b.abs(re), b.abs(im)
    major, minor = b.maximum(p, q), b.minimum(p, q)
    size = b.math("hypot", re, im)
    excess = b.add(b.mul(b.sub(major, 1.0), b.add(major, 1.0)), b.mul(minor, minor))
    near = b.both(b.greater(size, 0.5), b.less(size, 2.0))
    return b.select(near, b.mul(b.math("log1p", b.select(near, excess, 0.0)), 0.5), b.math("log", size))


def log2(b: Any, x: Pair) -> Pair:
    return scaled(b, log(b, x), 1 / math.log(2))


def log10(b: Any, x: Pair) -> Pair:
    return scaled(b, log(b, x), 1 / math.log(10))


def log1p(b: Any, x: Pair) -> Pair:
    """log(1 + x): for small x by log1p(2 re + |x|**2) / 2."""
    re, im = x.value
    shifted = b.add(re, 1.0)
    near = b.both(b.less(b.abs(re), 0.5), b.less(b.abs(im), 0.5))
    excess = b.select(near, b.add(b.mul(re, b.add(re, 2.0)), b.mul(im, im)), 0.0)
    real = b.select(near, b.mul(b.math("log1p", excess), 0.5), log_of_size(b, shifted, im))
    return pair(b, real, b.math("atan2", im, shifted), x)


def scaled(b: Any, x: Pair, factor: float) -> Pair:
    return pair(b, b.mul(x.value[0], factor), b.mul(x.value[1], factor), x)


def square_root(b: Any, x: Pair) -> Pair:
    """Kahan: the greater part from the sum of two positive numbers, the other by a quotient, so nothing cancels."""
    re, im = x.value
    tiny = b.both(b.less(b.abs(re), 1e-30), b.less(b.abs(im), 1e-30))
    part = re.dtype
    # Scaled so that the sum neither overflows nor loses digits below the least normal number.
    scale = b.select(tiny, b.constant(2.0**53, part), b.constant(0.125, part))
    p, q = b.mul(re, scale), b.mul(im, scale)
    root = b.mul(b.sqrt(b.add(b.abs(p), b.math("hypot", p, q))), b.select(tiny, b.constant(2.0**-27, part), b.constant(2.0, part)))
    zero = b.equal(root, 0)
    quotient = b.mul(b.div(im, b.select(zero, 1.0, root)), 0.5)
    right = b.greater_equal(re, 0)
    real = b.select(right, root, b.abs(quotient))
    imaginary = b.select(right, quotient, b.copysign(root, im))
    infinite = b.isinf(im)
    return pair(b, b.select(infinite, math.inf, b.select(zero, 0.0, real)), b.select(b.either(infinite, zero), im, imaginary), x)


def power(b: Any, x: Pair, y: Pair) -> Pair:
    """x to the power of y; a known small whole power by multiplications. 0 to the power of 0 is 1, to a positive real power 0, else NaN."""
    re, im = y.value
    one = b.typed(1, x.dtype)
    fixed = not isinstance(re.value, ir.Value) and not isinstance(im.value, ir.Value)
    if fixed and im.value == 0 and re.value == int(re.value) and abs(re.value) < 100:
        result, base, exponent = one, x, abs(int(re.value))
        started = False
        while exponent:
            if exponent & 1:
                result = mul(b, result, base) if started else base
                started = True
            exponent >>= 1
            if exponent:
                base = mul(b, base, base)
        return result if re.value >= 0 else div(b, one, result)
    general = exp(b, mul(b, y, log(b, x)))
    positive = b.both(b.greater(re, 0), b.equal(im, 0))
    of_zero = b.select(positive, b.typed(0, x.dtype), b.typed(complex(math.nan, math.nan), x.dtype))
    return b.select(b.equal(y, 0), one, b.select(b.equal(x, 0), of_zero, general))


# Circular and hyperbolic functions ------------------------------------------------------------------------------------
def turned(b: Any, x: Pair) -> Pair:
    """i x."""
    return pair(b, b.neg(x.value[1]), x.value[0], x)


def turned_back(b: Any, x: Pair) -> Pair:
    """-i x."""
    return pair(b, x.value[1], b.neg(x.value[0]), x)


def through_turn(function: Callable[[Any, Pair], Pair]) -> Callable[[Any, Pair], Pair]:
    """f(x) = -i g(i x): the circular functions from the hyperbolic ones and back."""
    return lambda b, x: turned_back(b, function(b, turned(b, x)))


def sinh(b: Any, x: Pair) -> Pair:
    re, im = x.value
    real = b.mul(b.math("sinh", re), b.math("cos", im))
    return pair(b, real, b.select(b.equal(im, 0), im, b.mul(b.math("cosh", re), b.math("sin", im))), x)


def cosh(b: Any, x: Pair) -> Pair:
    re, im = x.value
    product = b.mul(b.math("sinh", re), b.math("sin", im))
    zero = b.either(b.equal(re, 0), b.equal(im, 0))
    imaginary = b.select(zero, b.mul(b.copysign(0.0, re), b.copysign(1.0, im)), product)
    return pair(b, b.mul(b.math("cosh", re), b.math("cos", im)), imaginary, x)


def cos(b: Any, x: Pair) -> Pair:
    return cosh(b, turned(b, x))


def tanh(b: Any, x: Pair) -> Pair:
    """Kahan; far out, where sinh(re)**2 would overflow, by the leading terms."""
    re, im = x.value
    tangent, s = b.math("tan", im), b.math("sinh", re)
    slope = b.add(b.mul(tangent, tangent), 1.0)
    divisor = b.add(b.mul(slope, b.mul(s, s)), 1.0)
    real = b.div(b.mul(b.mul(slope, b.math("cosh", re)), s), divisor)
    far = b.greater(b.abs(re), 22.0 if x.dtype == "complex128" else 11.0)
    small = b.mul(b.mul(b.math("sin", im), b.math("cos", im)), b.mul(b.math("exp", b.mul(b.abs(re), -2.0)), 4.0))
    imaginary = b.select(b.isfinite(im), small, b.copysign(0.0, im))
    return pair(b, b.select(far, b.copysign(1.0, re), real), b.select(far, imaginary, b.div(tangent, divisor)), x)


def roots(b: Any, x: Pair) -> tuple[Pair, Pair]:
    """sqrt(1 - x), sqrt(1 + x), signs of zero kept."""
    re, im = x.value
    return square_root(b, pair(b, b.sub(1.0, re), b.neg(im), x)), square_root(b, pair(b, b.add(re, 1.0), im, x))


def asin(b: Any, x: Pair) -> Pair:
    minus, plus = roots(b, x)
    (p, q), (r, s) = minus.value, plus.value
    real = b.math("atan2", x.value[0], b.sub(b.mul(p, r), b.mul(q, s)))
    return pair(b, real, b.math("asinh", b.sub(b.mul(p, s), b.mul(q, r))), x)


def acos(b: Any, x: Pair) -> Pair:
    minus, plus = roots(b, x)
    (p, q), (r, s) = minus.value, plus.value
    return pair(b, b.mul(b.math("atan2", p, r), 2.0), b.math("asinh", b.sub(b.mul(r, q), b.mul(s, p))), x)


def acosh(b: Any, x: Pair) -> Pair:
    re, im = x.value
    p, q = square_root(b, pair(b, b.sub(re, 1.0), im, x)).value
    r, s = square_root(b, pair(b, b.add(re, 1.0), im, x)).value
    return pair(b, b.math("asinh", b.add(b.mul(p, r), b.mul(q, s))), b.mul(b.math("atan2", q, r), 2.0), x)


def atanh(b: Any, x: Pair) -> Pair:
    re, im = x.value
    size = b.abs(re)
    below, above = b.sub(1.0, size), b.add(size, 1.0)
    squares = b.mul(im, im)
    real = b.mul(b.math("log1p", b.div(b.mul(size, 4.0), b.add(b.mul(below, below), squares))), 0.25)
    imaginary = b.mul(b.math("atan2", b.mul(im, 2.0), b.sub(b.mul(below, above), squares)), 0.5)
    return pair(b, b.copysign(real, re), imaginary, x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": exp, "exp2": exp2, "expm1": expm1, "log": log, "log2": log2, "log10": log10, "log1p": log1p, "sqrt": square_root,
    "sin": through_turn(sinh), "cos": cos, "tan": through_turn(tanh), "sinh": sinh, "cosh": cosh, "tanh": tanh,
    "asin": asin, "acos": acos, "atan": through_turn(atanh), "asinh": through_turn(asin), "acosh": acosh, "atanh": atanh,
}
