"""Bessel functions of any real order, of the second kind, and scaled ones: scipy's, called from native code.

Derivatives by the argument: DLMF (NIST Digital Library of Mathematical Functions) 10.6.1, 10.6.3, 10.29.1, 10.29.3. Those by the order
have no closed form and are not known here: asking for one raises NullTypeGradError.
"""

from __future__ import annotations

from typing import Any

from symgraph.ops.elementwise import UNDEFINED, Elementwise, function, number, table
from symgraph.ops.special.rules import scipy_row

__all__ = ["i0e", "i1e", "iv", "ive", "jv", "k0", "k0e", "k1", "k1e", "kv", "kve", "y0", "y1", "yv"]


def _neighbours(name: str, v: Any, z: Any) -> tuple[Any, Any]:
    one = number(1, v)
    return function(name)(v - one, z), function(name)(v + one, z)


def _of_order(name: str, below: int, above: int, own: Any, doc: str) -> Any:
    """Derivative: (below f(v - 1) + above f(v + 1)) / 2 + own(f, z), signs as numbers."""

    def gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
        v, z = inputs
        first, second = _neighbours(name, v, z)
        first = first if below > 0 else -first
        slope = (first + second if above > 0 else first - second) * number(0.5, y)
        return [UNDEFINED, g * (slope if own is None else slope + own(y, z))]

    return scipy_row(name, ("v", "z"), gradient, doc, 600)


def _of_one(name: str, slope: Any, doc: str) -> Any:
    return scipy_row(name, ("x",), lambda inputs, y, g: [g * slope(inputs[0], y)], doc, 150)


def _over(y: Any, x: Any) -> Any:
    """y / x for y odd with slope 1/2 at 0."""
    zero = function("eq")(x, 0)
    switch = function("switch")
    return switch(zero, number(0.5, y), y / switch(zero, number(1, y), x))


def _sign(x: Any) -> Any:
    return function("sign")(x)


table(__name__, [
    _of_order("jv", 1, -1, None, "The Bessel function of the first kind of order v."),
    _of_order("yv", 1, -1, None, "The Bessel function of the second kind of order v."),
    _of_order("iv", 1, 1, None, "The modified Bessel function of the first kind of order v."),
    _of_order("ive", 1, 1, lambda y, z: -_sign(z) * y, "iv(v, z) exp(-abs(z))."),
    _of_order("kv", -1, -1, None, "The modified Bessel function of the second kind of order v."),
    _of_order("kve", -1, -1, lambda y, z: y, "kv(v, z) exp(z)."),
    _of_one("y0", lambda x, y: -function("y1")(x), "The Bessel function of the second kind of order 0."),
    _of_one("y1", lambda x, y: function("y0")(x) - y / x, "The Bessel function of the second kind of order 1."),
    _of_one("k0", lambda x, y: -function("k1")(x), "The modified Bessel function of the second kind of order 0."),
    _of_one("k1", lambda x, y: -function("k0")(x) - y / x, "The modified Bessel function of the second kind of order 1."),
    _of_one("k0e", lambda x, y: y - function("k1e")(x), "k0(x) exp(x)."),
    _of_one("k1e", lambda x, y: y - function("k0e")(x) - y / x, "k1(x) exp(x)."),
    _of_one("i0e", lambda x, y: function("i1e")(x) - _sign(x) * y, "i0(x) exp(-abs(x))."),
    _of_one("i1e", lambda x, y: function("i0e")(x) - _over(y, x) - _sign(x) * y, "i1(x) exp(-abs(x))."),
])

jv, yv, iv, ive, kv, kve = map(Elementwise, ("jv", "yv", "iv", "ive", "kv", "kve"))
y0, y1, k0, k1, k0e, k1e, i0e, i1e = map(Elementwise, ("y0", "y1", "k0", "k1", "k0e", "k1e", "i0e", "i1e"))
