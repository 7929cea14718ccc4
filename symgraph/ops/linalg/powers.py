"""Integer powers of square matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.batched import matmul
from symgraph.ops.linalg.inverse import inv
from symgraph.ops.linalg.stacks import known_integer

__all__ = ["matrix_power"]


def matrix_power(a: Any, n: Any) -> Any:
    """a multiplied by itself n times, for a square matrix or each of a stack: (..., m, m) -> (..., m, m); n < 0: of its inverse.

    n: an int (TypeError). By repeated squaring. LinAlgError for a that is not square, and at the call for a singular one with n < 0.

    >>> matrix_power([[1, 1], [0, 1]], 5).eval()
    array([[1, 5],
           [0, 1]])
    """
    a = as_tensor(a)
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"matrix_power takes a square matrix or a stack of such, got {a.type}")
    m, k = a.type.shape[-2:]
    if m is not None and k is not None and m != k:
        raise np.linalg.LinAlgError(f"matrix_power takes square matrices, got {m} rows and {k} columns")
    count = known_integer(n, "matrix_power: n")
    if count == 0:
        return a.diagonal(0, -2, -1).ones_like().as_diagonal() + a.zeros_like()
    base = inv(a) if count < 0 else a
    out: Any = None
    for bit in bin(abs(count))[:1:-1]:  # from the lowest
        if bit == "1":
            out = base if out is None else matmul(out, base)
        base = matmul(base, base)
    return out
