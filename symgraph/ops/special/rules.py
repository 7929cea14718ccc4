"""What the special functions share: scipy as numpy rule, float64 inside, sums of polynomials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.dtypes import COMPLEX, float_of, upcast
from symgraph.ops.elementwise import Row, Types, real_floats

__all__ = ["by_scipy", "c_library", "chebyshev", "horner", "of_scipy", "scipy_row", "through_double"]


def of_scipy(name: str) -> Callable[..., Any]:
    """scipy's function of this name, as a numpy rule."""

    def compute(*arrays: Any) -> Any:
        import scipy.special

        return getattr(scipy.special, name)(*arrays)

    return compute


def by_scipy(name: str) -> Callable[..., Any]:
    """scipy's function of doubles of this name, called from native code."""
    return lambda b, *values: b.external("scipy.special", name, *values)


def scipy_row(name: str, arguments: tuple[str, ...], gradient: Any, doc: str, cost: int = 400) -> Row:
    """A function whose numpy rule and native rule both are scipy's."""
    return Row(name, arguments, through_double(name), of_scipy(name), by_scipy(name), gradient, doc, cost)


def through_double(name: str) -> Callable[..., Types]:
    """Operands in float64, the result in the float dtype that the operands have in common."""

    def types(*dtypes: str) -> Types:
        dtype = float_of(upcast(*dtypes))
        if dtype in COMPLEX:
            raise TypeError(f"{name} is not defined for {', '.join(dtypes)}")
        return ("float64",) * len(dtypes), dtype

    return types


def c_library(name: str, builder: str, slope: Callable[..., Any], doc: str, cost: int) -> Row:
    """A function of one float of the C library; slope(x, y, g): g times the derivative at x, where the function is y."""
    return Row(name, ("x",), real_floats(name), of_scipy(name), lambda b, x: b.math(builder, x),
               lambda inputs, y, g: [slope(inputs[0], y, g)], doc, cost)


def horner(b: Any, x: Any, coefficients: Sequence[float]) -> Any:
    """The polynomial, coefficients from the constant one up."""
    total: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = b.add(b.mul(total, x), c)
    return total


def chebyshev(b: Any, t: Any, coefficients: Sequence[float]) -> Any:
    """The sum of coefficients times Chebyshev polynomials at t in [-1, 1], by Clenshaw's recurrence."""
    double = b.mul(t, 2.0)
    last: Any = 0.0
    total: Any = b.constant(0.0, "float64")
    for c in reversed(coefficients[1:]):
        last, total = total, b.add(b.sub(b.mul(double, total), last), c)
    return b.add(b.sub(b.mul(t, total), last), coefficients[0])
