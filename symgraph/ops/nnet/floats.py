"""What the functions of this family make of their arguments: floats, and constants that leave their dtype as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor, constant

__all__ = ["floating", "like", "scalar_like"]


def floating(x: Any, name: str) -> Any:
    """x as a variable of real floats: integers take the dtype their exponential has. TypeError for complex numbers."""
    x = as_tensor(x)
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"{name}: real numbers are wanted, got {x.type}")
    return x.astype(dtypes.float_of(x.dtype)) if x.dtype in dtypes.DISCRETE else x


def like(value: float, x: Any) -> Any:
    """A constant of x's dtype."""
    return constant(np.asarray(value, dtype=x.dtype))


def scalar_like(value: Any, x: Any) -> Any:
    """A parameter: a number as a constant of x's dtype, a variable or array as it is."""
    return like(value, x) if isinstance(value, (int, float)) else as_tensor(value)
