"""Signals and samples: convolution, interpolation, integrals and derivatives of samples, polynomials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops.signal.convolution import Convolve, convolve, convolve2d, correlate, correlate2d
from symgraph.ops.signal.integration import cumulative_trapezoid, gradient, simpson, trapezoid, trapz, unwrap
from symgraph.ops.signal.interpolation import Interval, interp
from symgraph.ops.signal.polynomials import PolynomialValue, PowerSums, polyder, polyval

__all__ = [
    "NUMPY", "Convolve", "Interval", "PolynomialValue", "PowerSums", "convolve", "convolve2d", "correlate", "correlate2d",
    "cumulative_trapezoid", "gradient", "interp", "polyder", "polyval", "simpson", "trapezoid", "trapz", "unwrap",
]

# numpy's functions on variables, under numpy's names and signatures.
NUMPY: dict[str, Callable[..., Any]] = {
    "convolve": convolve, "correlate": correlate, "interp": interp, "gradient": gradient, "polyval": polyval, "polyder": polyder, "unwrap": unwrap,
}
