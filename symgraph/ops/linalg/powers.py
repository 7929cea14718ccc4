"""Integer powers of square matrices, and a bound that they give."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import FLOAT
from symgraph.expr.make import as_tensor
from symgraph.ops.linalg.batched import matmul
from symgraph.ops.linalg.inverse import inv
from symgraph.ops.linalg.stacks import known_integer

__all__ = ["matrix_power", "spectral_radius_bound"]


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


def spectral_radius_bound(X: Any, log2_exponent: int) -> Any:
    """An upper bound of the largest eigenvalue of a symmetric matrix without negative eigenvalues: trace(X^k)^(1/k), k = 2^log2_exponent, the
    closer the larger k. TypeError for X that is no matrix of floats, or an exponent that is no int above 0.

    >>> float(spectral_radius_bound([[2.0, 0.0], [0.0, 1.0]], 3).eval().round(3))
    2.001
    """
    x = as_tensor(X)
    if x.ndim != 2 or x.dtype not in FLOAT:
        raise TypeError(f"spectral_radius_bound takes a matrix of floats, got {x.type}")
    count = known_integer(log2_exponent, "spectral_radius_bound: log2_exponent")
    if count <= 0:
        raise ValueError(f"spectral_radius_bound: log2_exponent must be above 0, got {count}")
    return matrix_power(x, 2**count).trace() ** float(2.0**-count)
