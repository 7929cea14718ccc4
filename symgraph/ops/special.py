"""Special functions: error functions, the gamma family. scipy.special is the numpy rule, loaded when first asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from symgraph.ops.elementwise import Elementwise, Row, function, number, real_floats, table

__all__ = ["erf", "erfc", "gamma", "gammaln"]


def of_scipy(name: str) -> Callable[..., Any]:
    """scipy's function of this name, as a numpy rule."""

    def compute(*arrays: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*arrays)

    return compute


def _gauss(x: Any, y: Any) -> Any:
    return number(2 / math.sqrt(math.pi), y) * (-x * x).exp()


table(__name__, [
    Row("erf", ("x",), real_floats("erf"), of_scipy("erf"), lambda b, x: b.erf(x), lambda inputs, y, g: [g * _gauss(inputs[0], y)],
        "The error function.", 30),
    Row("erfc", ("x",), real_floats("erfc"), of_scipy("erfc"), lambda b, x: b.erfc(x), lambda inputs, y, g: [-g * _gauss(inputs[0], y)],
        "1 - erf(x), without loss of digits.", 30),
    Row("gamma", ("x",), real_floats("gamma"), of_scipy("gamma"), lambda b, x: b.tgamma(x),
        lambda inputs, y, g: [g * y * function("digamma")(inputs[0])], "The gamma function.", 60),
    Row("gammaln", ("x",), real_floats("gammaln"), of_scipy("gammaln"), lambda b, x: b.lgamma(x),
        lambda inputs, y, g: [g * function("digamma")(inputs[0])], "The logarithm of the absolute value of the gamma function.", 60),
])

erf, erfc, gamma, gammaln = map(Elementwise, ("erf", "erfc", "gamma", "gammaln"))
