"""What the functions of this family make of their arguments: floats, and constants that leave their dtype as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.checks import Vouch, is_probability
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.variable import Constant

__all__ = ["floating", "like", "minus", "probabilities", "scalar_like", "within_one"]


def floating(x: Any, name: str) -> Any:
    """x as a variable of real floats: integers take the dtype their exponential has. TypeError for complex numbers."""
    x = as_tensor(x)
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"{name}: real numbers are wanted, got {x.type}")
    return x.astype(dtypes.float_of(x.dtype)) if x.dtype in dtypes.DISCRETE else x


def within_one(x: Any, what: str) -> Any:
    """A variable whose known values must lie between 0 and 1: ValueError otherwise."""
    if isinstance(x, Constant) and x.data.size and not (x.data.min() >= 0 and x.data.max() <= 1):
        raise ValueError(f"{what} lie between 0 and 1, got values from {x.data.min()} to {x.data.max()}")
    return x


def probabilities(x: Any, name: str) -> tuple[Any, Any]:
    """Floats that stand for probabilities, and what vouches for them at the call: -1 in their dtype, to multiply the loss by, or None if they need
    nobody. ValueError for values outside [0, 1], here where they are known."""
    x = within_one(floating(x, name), f"{name}: probabilities")
    return x, None if is_probability(x) else Vouch("rounded probability", f"{name}: probabilities")(x, like(-1, x))


def minus(x: Any, voucher: Any) -> Any:
    """-x, by what `probabilities` gave with them."""
    return -x if voucher is None else voucher * x


def like(value: float, x: Any) -> Any:
    """A constant of x's dtype."""
    return constant(np.asarray(value, dtype=x.dtype))


def scalar_like(value: Any, x: Any) -> Any:
    """A parameter: a number as a constant of x's dtype, a variable or array as it is."""
    return like(value, x) if isinstance(value, (int, float)) else as_tensor(value)
