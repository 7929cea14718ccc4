"""Functions that give the same bits on every target: of additions, products, quotients and roots alone, each rounded by itself.

What decides a draw must not depend on whose logarithm is called: a rejection that is taken here and not there would be another number.
So draws are made with these; they are series, cut off where float64 (or float32) ends, with errors of an ulp or two.
"""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

__all__ = ["arctan", "exp", "log", "log1p", "log_factorial", "sine_and_cosine"]


class Format(NamedTuple):
    """A float type. magic: with the bits of a small whole number in its last places it is that number above `magic`."""

    unsigned: str
    digits: int
    bias: int
    mask: int  # of the fraction
    half_root: int  # bits of sqrt(1/2)
    magic_bits: int
    log2_high: float  # so few digits that its product with an exponent is exact
    terms: int  # of the series of log, sin, cos


FORMATS = {
    "float64": Format("uint64", 52, 1023, 2**52 - 1, struct.unpack("<Q", struct.pack("<d", math.sqrt(0.5)))[0], 0x4330000000000000,
                      0.6931471675634384, 11),
    "float32": Format("uint32", 23, 127, 2**23 - 1, struct.unpack("<I", struct.pack("<f", math.sqrt(0.5)))[0], 0x4B000000, 0.693115234375, 6),
}


def _series(b: Any, coefficients: list[float], x: Any) -> Any:
    total: Any = b.constant(coefficients[-1], b.dtype_of(x))
    for c in reversed(coefficients[:-1]):
        total = b.add(b.mul(total, x), c)
    return total


def log(b: Any, x: Any) -> Any:
    """The logarithm of a positive normal number: x = 2**k m with m between sqrt(1/2) and sqrt(2), and log m = 2 artanh((m - 1) / (m + 1))."""
    dtype = b.dtype_of(x)
    form = FORMATS[dtype]
    moved = b.add(b.bits(x, form.unsigned), b.constant((form.bias << form.digits) - form.half_root, form.unsigned))
    exponent = b.shift_right(moved, b.constant(form.digits, form.unsigned))
    k = b.sub(b.bits(b.either(exponent, b.constant(form.magic_bits, form.unsigned)), dtype), 2.0**form.digits + form.bias)
    m = b.bits(b.add(b.both(moved, b.constant(form.mask, form.unsigned)), b.constant(form.half_root, form.unsigned)), dtype)
    s = b.div(b.sub(m, 1.0), b.add(m, 1.0))
    square = b.mul(s, s)
    tail = b.mul(b.mul(s, square), _series(b, [2 / (2 * n + 3) for n in range(form.terms)], square))
    low = b.add(tail, b.mul(k, math.log(2) - form.log2_high))
    return b.add(b.mul(k, form.log2_high), b.add(b.mul(s, 2.0), low))


def log1p(b: Any, x: Any) -> Any:
    """log(1 + x) of a float64 x > -1: log of the rounded sum, times what the rounding did (Kahan)."""
    total = b.add(x, 1.0)
    change = b.sub(total, 1.0)
    same = b.equal(change, 0.0)
    return b.select(same, x, b.div(b.mul(log(b, b.maximum(total, 1e-300)), x), b.select(same, 1.0, change)))


def exp(b: Any, x: Any) -> Any:
    """exp of a float64; below -700 as at -700, above 700 as at 700. x = n log 2 + r."""
    x = b.minimum(b.maximum(x, -700.0), 700.0)
    magic = 1.5 * 2.0**52
    moved = b.add(b.mul(x, 1 / math.log(2)), magic)
    n = b.sub(moved, magic)
    form = FORMATS["float64"]
    r = b.sub(b.sub(x, b.mul(n, form.log2_high)), b.mul(n, math.log(2) - form.log2_high))
    power = b.shift_left(b.add(b.sub(b.bits(moved, "int64"), 0x4338000000000000), 1023), 52)
    return b.mul(_series(b, [1 / math.factorial(k) for k in range(15)], r), b.bits(power, "float64"))


def sine_and_cosine(b: Any, turn: Any) -> tuple[Any, Any]:
    """sin and cos of 2 pi turn, for 0 <= turn < 1: by the nearest quarter, and the rest, which is at most an eighth."""
    dtype = b.dtype_of(turn)
    count = 9 if dtype == "float64" else 6
    four = b.mul(turn, 4.0)
    quarter = b.floor(b.add(four, 0.5))
    x = b.mul(b.sub(four, quarter), math.pi / 2)
    square = b.mul(x, x)
    sine = b.mul(x, _series(b, [(-1) ** n / math.factorial(2 * n + 1) for n in range(count)], square))
    cosine = _series(b, [(-1) ** n / math.factorial(2 * n) for n in range(count)], square)
    one, two, three = (b.equal(quarter, float(n)) for n in (1, 2, 3))
    odd = b.either(one, three)
    sin, cos = b.select(odd, cosine, sine), b.select(odd, sine, cosine)
    return b.select(b.either(two, three), b.neg(sin), sin), b.select(b.either(one, two), b.neg(cos), cos)


def arctan(b: Any, x: Any) -> Any:
    """The arc tangent of a float64 x >= 0: from 1 on by that of 1 / x; halved twice, then the series."""
    large = b.less(1.0, x)
    y = b.select(large, b.div(b.constant(1.0, "float64"), b.maximum(x, 1.0)), x)
    for _ in range(2):
        y = b.div(y, b.add(b.sqrt(b.add(b.mul(y, y), 1.0)), 1.0))
    y = b.mul(b.mul(y, _series(b, [(-1) ** n / (2 * n + 1) for n in range(12)], b.mul(y, y))), 4.0)
    return b.select(large, b.sub(math.pi / 2, y), y)


_STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360]


def log_factorial(b: Any, x: Any) -> Any:
    """log gamma(x + 1) for a float64 x >= 0: by Stirling's series, from 8 on, below that at x + 8."""
    y = b.add(x, 1.0)
    small = b.less(y, 8.0)
    product: Any = y
    for k in range(1, 8):
        product = b.mul(product, b.add(y, float(k)))
    product = b.select(small, product, b.constant(1.0, "float64"))
    y = b.select(small, b.add(y, 8.0), y)
    inverse = b.div(b.constant(1.0, "float64"), y)
    tail = b.mul(inverse, _series(b, _STIRLING, b.mul(inverse, inverse)))
    whole = b.sub(b.mul(b.sub(y, 0.5), log(b, y)), y)
    return b.sub(b.add(b.add(whole, 0.5 * math.log(2 * math.pi)), tail), log(b, product))
