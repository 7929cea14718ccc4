"""The beta function, its logarithm, the incomplete ones and their inverses, and what is made of them: rising powers, binomials.

Native code calls scipy's functions. Derivatives: DLMF (NIST Digital Library of Mathematical Functions) 5.12, 8.17.
"""

from __future__ import annotations

from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, function, number, table
from symgraph.ops.special.rules import scipy_row

__all__ = ["beta", "betainc", "betaincc", "betainccinv", "betaincinv", "betaln", "binom", "comb", "factorial", "poch"]


def _psi(x: Any) -> Any:
    return function("digamma")(x)


def _betaln_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    a, b = inputs
    common = _psi(a + b)
    return [g * (_psi(a) - common), g * (_psi(b) - common)]


def _beta_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    return _betaln_gradient(inputs, y, g * y)


def _density(a: Any, b: Any, x: Any) -> Any:
    """The derivative of betainc by x: x**(a - 1) (1 - x)**(b - 1) / beta(a, b)."""
    one = number(1, x)
    power = function("xlogy")(a - one, x) + function("xlog1py")(b - one, -x)
    return (power - function("betaln")(a, b)).exp()


def _betainc_gradient(sign: int) -> Any:
    def gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
        slopes = [function("betainc_a")(*inputs), function("betainc_b")(*inputs), _density(*inputs)]
        return [g * slope if sign > 0 else -g * slope for slope in slopes]

    return gradient


def _inverse_gradient(sign: int) -> Any:
    def gradient(inputs: Any, x: Any, g: Any) -> list[Any]:
        a, b, _ = inputs
        slope = g / _density(a, b, x)
        return [-slope * function("betainc_a")(a, b, x), -slope * function("betainc_b")(a, b, x), slope if sign > 0 else -slope]

    return gradient


def _poch_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    a, n = inputs
    end = _psi(a + n)
    return [g * y * (end - _psi(a)), g * y * end]


def _binom_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    n, k = inputs
    one = number(1, y)
    rest = _psi(n - k + one)
    return [g * y * (_psi(n + one) - rest), g * y * (rest - _psi(k + one))]


table(__name__, [
    scipy_row("beta", ("a", "b"), _beta_gradient, "gamma(a) gamma(b) / gamma(a + b)."),
    scipy_row("betaln", ("a", "b"), _betaln_gradient, "log(abs(beta(a, b)))."),
    scipy_row("betainc", ("a", "b", "x"), _betainc_gradient(1), "The regularised incomplete beta function, for x in [0, 1]."),
    scipy_row("betaincc", ("a", "b", "x"), _betainc_gradient(-1), "1 - betainc(a, b, x), all digits kept."),
    scipy_row("betaincinv", ("a", "b", "y"), _inverse_gradient(1), "The x for which betainc(a, b, x) = y.", 2000),
    scipy_row("betainccinv", ("a", "b", "y"), _inverse_gradient(-1), "The x for which betaincc(a, b, x) = y.", 2000),
    scipy_row("poch", ("a", "n"), _poch_gradient, "The rising power gamma(a + n) / gamma(a) (Pochhammer's symbol)."),
    scipy_row("binom", ("n", "k"), _binom_gradient, "The binomial coefficient n over k, of real numbers."),
])

beta, betaln, betainc, betaincc = map(Elementwise, ("beta", "betaln", "betainc", "betaincc"))
betaincinv, betainccinv, poch, binom = map(Elementwise, ("betaincinv", "betainccinv", "poch", "binom"))


def factorial(n: Any) -> Any:
    """n! as gamma(n + 1), a float; 0 of negative whole numbers, as scipy has it.

    >>> factorial([0, 3, 5]).eval()
    array([  1.,   6., 120.])
    """
    n = as_tensor(n)
    one = number(1, n)
    value = function("gamma")(n + one)
    return function("switch")(function("lt")(n, 0), number(0, value), value)


def comb(N: Any, k: Any) -> Any:
    """How many ways there are to choose k of N, as floats: `binom`, and 0 where N or k is negative or k above N.

    >>> comb(5, [2, 6]).eval()
    array([10.,  0.])
    """
    N, k = as_tensor(N), as_tensor(k)
    value = function("binom")(N, k)
    inside = function("ge")(N, 0) * function("ge")(k, 0) * function("le")(k, N)
    return function("switch")(inside, value, number(0, value))
