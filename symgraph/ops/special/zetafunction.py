"""Zeta functions, Gauss' hypergeometric function, the multivariate gamma function.

DLMF is the NIST Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.ops.elementwise import Elementwise, Row, function, number, table
from symgraph.ops.special.gammafunction import hurwitz
from symgraph.ops.special.rules import by_scipy, of_scipy, scipy_row, through_double
from symgraph.ops.special.zetaparameters import riemann_slope

__all__ = ["hurwitz_zeta", "hyp2f1", "multigammaln", "riemann_zeta", "zeta"]


def _hurwitz(b: Any, s: Any, q: Any) -> Any:
    """The sum with its edges: a pole at s = 1 and at q = 0, -1, ...; NaN for s < 1, and for powers of numbers below 0."""
    whole = b.equal(q, b.floor(q))
    below = b.less_equal(q, 0.0)
    inside = b.both(b.both(b.greater(s, 1.0), b.less(s, 1e15)), b.both(b.isfinite(q), b.invert(b.both(below, whole))))
    limit = b.pow(q, b.neg(s))  # of s so large that the first term is all
    edge = b.select(b.both(below, whole), math.inf, b.select(b.isinf(q), 0.0, limit))
    edge = b.select(b.less(s, 1.0), math.nan, b.select(b.equal(s, 1), math.inf, edge))
    edge = b.select(b.either(b.isnan(s), b.isnan(q)), math.nan, edge)
    value = b.when(inside, lambda: hurwitz(b, s, q), lambda: edge)
    return b.select(b.both(below, b.not_equal(s, b.floor(s))), math.nan, value)


def _hurwitz_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    s, q = inputs
    return [g * function("hurwitz_zeta_x")(s, q), -g * s * function("hurwitz_zeta")(s + number(1, s), q)]


def _hyp2f1_gradient(inputs: Any, y: Any, g: Any) -> list[Any]:
    """By z DLMF 15.5.1; a and b may be exchanged."""
    a, b, c, z = inputs
    one = number(1, y)
    by_a = function("hyp2f1_a")
    return [g * by_a(a, b, c, z), g * by_a(b, a, c, z), g * function("hyp2f1_c")(a, b, c, z),
            g * a * b / c * function("hyp2f1")(a + one, b + one, c + one, z)]


table(__name__, [
    Row("hurwitz_zeta", ("x", "q"), through_double("hurwitz_zeta"), of_scipy("zeta"), _hurwitz, _hurwitz_gradient,
        "The sum of (q + k)**-x over k >= 0, for x > 1 (Hurwitz' zeta function).", 400),
    Row("riemann_zeta", ("x",), through_double("riemann_zeta"), of_scipy("zeta"),
        lambda b, x: b.add(by_scipy("zetac")(b, x), 1.0), lambda inputs, y, g: [g * riemann_slope(inputs[0])],
        "Riemann's zeta function of a real number.", 400),
    scipy_row("hyp2f1", ("a", "b", "c", "z"), _hyp2f1_gradient, "Gauss' hypergeometric function.", 2000),
])

hurwitz_zeta, riemann_zeta, hyp2f1 = map(Elementwise, ("hurwitz_zeta", "riemann_zeta", "hyp2f1"))


def zeta(x: Any, q: Any = None) -> Any:
    """Riemann's zeta function of x; with q Hurwitz': the sum of (q + k)**-x over k = 0, 1, ..., for x > 1.

    >>> zeta([2.0, -1.0]).eval()
    array([ 1.64493407, -0.08333333])
    """
    return riemann_zeta(x) if q is None else hurwitz_zeta(x, q)


def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension d (a whole number, not a variable), for a > (d - 1) / 2.

    d (d - 1) log(pi) / 4 + the sum of gammaln(a - j / 2) over j = 0 .. d - 1 (Muirhead, Aspects of multivariate statistical theory,
    1982, theorem 2.1.12). ValueError for d < 1.

    >>> multigammaln(2.5, 1).eval()
    array(0.28468287, dtype=float32)
    """
    a, d = as_tensor(a), operator.index(d)
    if d < 1:
        raise ValueError(f"multigammaln: d must be positive, got {d}")
    total: Any = as_tensor(np.asarray(d * (d - 1) * math.log(math.pi) / 4, a.dtype if a.dtype.startswith("float") else "float64"))
    for j in range(d):
        total = total + function("gammaln")(a - number(j / 2, a))
    return total
