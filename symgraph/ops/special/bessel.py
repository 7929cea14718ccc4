"""Bessel functions of order 0 and 1.

J0 and J1: sums of Chebyshev polynomials, up to 8 of the function itself in x**2, above of Hankel's two amplitudes P and Q in
(8/x)**2 (Abramowitz and Stegun 9.2.5 to 9.2.10; Clenshaw, Chebyshev series for mathematical functions, 1962). The coefficients
were calculated to 20 digits by the discrete cosine transform of values at Chebyshev's points.
I0 and I1: the power series up to 20, above the asymptotic one (Abramowitz and Stegun 9.6.10, 9.7.1); no term is negative in the first,
so nothing cancels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.ops.elementwise import Elementwise, Row, function, number, table
from symgraph.ops.special.rules import chebyshev, horner, of_scipy, through_double

__all__ = ["i0", "i1", "j0", "j1"]

# By the order: the function (of J1 over x), P and x Q.
_J0 = [
    0.15772797147489011956, -0.0087234423528522212908, 0.26517861320333680987, -0.37009499387264977903, 0.15806710233209726128,
    -0.034893769411408885163, 0.0048191800694676044968, -0.0004606261662062750475, 0.000032460328821005080806,
    -1.7619469077621507495e-6, 7.608163592418781867e-8, -2.6792535305576728983e-9, 7.8486963144794644165e-11,
    -1.9438346867370165706e-12, 4.1253205956343739326e-14, -7.5885081254475463376e-16, 1.2218515873961411034e-17,
    -1.7367896077002367683e-19,
]
_P0 = [
    0.99946034934751866537, -0.00053652204681321174247, 3.0751847875194746219e-6, -5.170594537606097701e-8, 1.6306464635151383095e-9,
    -7.864091377237069999e-11, 5.1682623873491924622e-12, -4.3045788699253912224e-13, 4.3265957431549405642e-14,
    -5.0690340959352360775e-15, 6.7480722157338737041e-16, -1.0011513723467785834e-16, 1.6305919233744184736e-17,
    -2.880866169482871202e-18, 5.4680827832590383688e-19, -1.1062036496829716611e-19,
]
_Q0 = [
    -0.1244468368426960728, 0.00054708159540893196795, -5.9315987288485178116e-6, 1.4377965798375193428e-7, -5.8175327494930559835e-9,
    3.3760975237349907551e-10, -2.5653979367973077957e-11, 2.404916100281365049e-12, -2.6690625482579415976e-13,
    3.4041800321963688986e-14, -4.8799441053120400078e-15, 7.7297031762426053902e-16, -1.334885217150251704e-16,
    2.486595238939051547e-17, -4.9528926298865159419e-18, 1.0473158973776097238e-18, -2.3369301722114218894e-19,
]
_J1 = [
    0.081044846325658115105, -0.14897514506765210906, 0.16099926235720970255, -0.082680491766817906597, 0.02221363965496603541,
    -0.0036469406007692759578, 0.00040503377283548218331, -0.000032555548668572585168, 1.9858774049915167414e-6,
    -9.5219847567504361821e-8, 3.6871337590971482385e-9, -1.1780266226958848398e-10, 3.1601545803480033215e-12,
    -7.2217552396517734285e-14, 1.4232144003513942316e-15, -2.4441972916190463893e-17, 3.6912682997929332622e-19,
]
_P1 = [
    1.0009030408600136999, 0.00089898983308594085557, -3.9872843004889085228e-6, 6.1776339606442985349e-8, -1.8718907491063066087e-9,
    8.8168986595823388985e-11, -5.7048636403956447019e-12, 4.6991955152305423752e-13, -4.6842237839904892216e-14,
    5.4526748960447171683e-15, -7.2211808422740179189e-16, 1.0667689114335412457e-16, -1.7312313216116334973e-17,
    3.0492991197665872261e-18, -5.7724216549874536589e-19, 1.1650571755711490528e-19,
]
_Q1 = [
    0.37422229655628260193, -0.00077021788393256634594, 7.3108922063643632996e-6, -1.6767825107266737968e-7, 6.5833546621204433032e-9,
    -3.7490909505415561844e-10, 2.8121750359748864681e-11, -2.6114525394623199408e-12, 2.8774212663332233544e-13,
    -3.6490019160618377554e-14, 5.2066263662267071631e-15, -8.2153180254585942908e-16, 1.4141084390211833283e-16,
    -2.6267615898385291684e-17, 5.2192649196714082425e-18, -1.1012617187879590425e-18, 2.4525932320263115111e-19,
]


def _j(order: int) -> Any:
    near, size, turn = ((_J0, _P0, _Q0), (_J1, _P1, _Q1))[order]

    def scalar(b: Any, x: Any) -> Any:
        y = b.abs(x)

        def below() -> Any:
            value = chebyshev(b, b.sub(b.mul(b.mul(y, y), 1 / 32), 1.0), near)
            return b.mul(value, y) if order else value

        def above() -> Any:
            """cos and sin of y - pi/4 (minus pi/2 of order 1) by those of y, which are exact in their last digit."""
            t = b.sub(b.div(128.0, b.mul(y, y)), 1.0)
            c, s = b.cos(y), b.sin(y)
            plus, minus = b.add(s, c), b.sub(s, c)
            cosine, sine = (minus, b.neg(plus)) if order else (plus, minus)
            wave = b.sub(b.mul(chebyshev(b, t, size), cosine), b.div(b.mul(chebyshev(b, t, turn), sine), y))
            return b.select(b.isinf(y), 0.0, b.mul(wave, b.sqrt(b.div(1 / math.pi, y))))

        value = b.when(b.less(y, 8.0), below, above)
        return b.select(b.less(x, 0.0), b.neg(value), value) if order else value

    return scalar


def _power_series(order: int, terms: int = 48) -> list[float]:
    """I of the order over (x/2)**order, in x**2 / 4."""
    return [1 / (math.factorial(k) * math.factorial(k + order)) for k in range(terms)]


def _asymptotic(order: int, terms: int = 26) -> list[float]:
    """sqrt(2 pi x) exp(-x) times I of the order, in 1/x."""
    coefficients = [1.0]
    for k in range(1, terms):
        coefficients.append(coefficients[-1] * ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k))
    return coefficients


def _i(order: int) -> Any:
    def scalar(b: Any, x: Any) -> Any:
        y = b.abs(x)

        def below() -> Any:
            value = horner(b, b.mul(b.mul(y, y), 0.25), _power_series(order))
            return b.mul(b.mul(y, 0.5), value) if order else value

        def above() -> Any:
            """exp(y) in two factors: it overflows before the function does."""
            half = b.exp(b.mul(y, 0.5))
            value = b.div(horner(b, b.div(1.0, y), _asymptotic(order)), b.sqrt(b.mul(y, 2 * math.pi)))
            return b.mul(b.mul(value, half), half)

        value = b.when(b.less(y, 20.0), below, above)
        value = b.select(b.isinf(y), math.inf, value)
        return b.select(b.less(x, 0.0), b.neg(value), value) if order else value

    return scalar


def _over(y: Any, x: Any) -> Any:
    """y / x for y of order 1; 1/2 at 0."""
    zero = function("eq")(x, 0)
    switch = function("switch")
    return switch(zero, number(0.5, y), y / switch(zero, number(1, y), x))


def _with_limit(name: str, limit: float) -> Any:
    """scipy's rule, which says NaN of infinities; of odd functions the limit has the sign of x."""
    rule = of_scipy(name)

    def compute(x: Any) -> Any:
        return np.where(np.isinf(x), np.copysign(limit, x) if name == "i1" else limit, rule(x))

    return compute


def _row(name: str, scalar: Any, slope: Any, doc: str) -> Row:
    rule = _with_limit(name, 0.0 if name[0] == "j" else math.inf)
    return Row(name, ("x",), through_double(name), rule, scalar, lambda inputs, y, g: [g * slope(inputs[0], y)], doc, 150)


table(__name__, [  # derivatives: Abramowitz and Stegun 9.1.27, 9.1.28, 9.6.26, 9.6.27
    _row("j0", _j(0), lambda x, y: -function("j1")(x), "The Bessel function of the first kind of order 0."),
    _row("j1", _j(1), lambda x, y: function("j0")(x) - _over(y, x), "The Bessel function of the first kind of order 1."),
    _row("i0", _i(0), lambda x, y: function("i1")(x), "The modified Bessel function of the first kind of order 0."),
    _row("i1", _i(1), lambda x, y: function("i0")(x) - _over(y, x), "The modified Bessel function of the first kind of order 1."),
])

j0, j1, i0, i1 = map(Elementwise, ("j0", "j1", "i0", "i1"))
