"""Norms of vectors and matrices, and condition numbers, after numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, part_of
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes, as_axis
from symgraph.ops.linalg.inverse import inv
from symgraph.ops.linalg.svd import svdvals

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]

_WORDS = {"inf": math.inf, "-inf": -math.inf}


def _floating(x: Any) -> Any:
    x = as_tensor(x)
    return x.astype("float64") if x.dtype in DISCRETE else x


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of a vector or a matrix, or of each along `axis`, as numpy.linalg.norm.

    axis: an int: vectors along it; two: matrices; None: x itself, with `ord` a vector or a matrix (ValueError for more dimensions), without
    all its elements as one vector. ord of vectors: a number p, (sum |x|^p)^(1/p), inf, -inf, or 0, how many are not 0; of matrices: "fro" (the
    usual), "nuc" (the sum of the singular values), 2 and -2 (the largest and smallest of these), 1 and -1 (the largest and smallest sum of
    sizes of a column), inf and -inf (of a row); 'inf' and '-inf' are understood. ValueError for others. Integers are computed in float64. The
    derivative is NaN where a 2-norm is 0.

    >>> norm([[3.0, 0.0], [4.0, 0.0]]).eval(), norm([[3.0, 0.0], [4.0, 0.0]], 'inf').eval()
    (array(5.), array(4.))
    """
    x = _floating(x)
    ord = _WORDS.get(ord, ord) if isinstance(ord, str) else ord
    if axis is None:
        if ord is None:
            return _two(x, None, keepdims)
        if x.ndim not in (1, 2):
            raise ValueError(f"norm: of an array of {x.ndim} dimensions, say axis= or no ord")
        axis = tuple(range(x.ndim))
    given = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    axes = [as_axis(a, x.ndim, "norm: axis") for a in given]
    if len(axes) == 1:
        return _of_vectors(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"norm: axis must be one dimension or two different ones, got {axis!r}")
    return _of_matrices(x, "fro" if ord is None else ord, axes[0], axes[1], keepdims)


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of the vectors along one or several dimensions (None: all elements as one vector); ord as in `norm`."""
    x = _floating(x)
    ord = _WORDS.get(ord, ord) if isinstance(ord, str) else ord
    return _of_vectors(x, ord, list(as_axes(axis, x.ndim, "vector_norm: axis")), keepdims)


def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of the matrices in the last two dimensions; ord as in `norm`. ValueError for fewer than two."""
    x = _floating(x)
    if x.ndim < 2:
        raise ValueError(f"matrix_norm takes matrices, got {x.type}")
    ord = _WORDS.get(ord, ord) if isinstance(ord, str) else ord
    return _of_matrices(x, ord, x.ndim - 2, x.ndim - 1, keepdims)


def cond(x: Any, p: Any = None) -> Any:
    """The condition number of a matrix, or of each of a stack: (..., m, n) -> (...), in the norm p (as `norm` has it).

    None, 2 and -2: by singular values, 2, which None stands for, the largest by the smallest. Others: the norm times that of the inverse,
    of square matrices; LinAlgError, at the call, for a singular one, where numpy gives infinity.
    """
    x = _floating(x)
    if x.ndim < 2:
        raise np.linalg.LinAlgError(f"cond takes matrices, got {x.type}")
    if p is None or p in (2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)


def _two(x: Any, axes: Any, keepdims: bool) -> Any:
    square = x.real * x.real + x.imag * x.imag if x.dtype in COMPLEX else x * x
    return square.sum(axes, keepdims=keepdims).sqrt()


def _of_vectors(x: Any, ord: Any, axes: list[int], keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"norm: {ord!r} is no norm of vectors")
    if isinstance(ord, (int, float, np.number)):
        if ord == 0:
            return x.neq(0).astype(part_of(x.dtype)).sum(axes, keepdims=keepdims)
        if math.isinf(ord):
            return abs(x).max(axes, keepdims=keepdims) if ord > 0 else abs(x).min(axes, keepdims=keepdims)
        if ord == 1:
            return abs(x).sum(axes, keepdims=keepdims)
        if ord == 2:
            return _two(x, axes, keepdims)
    size = abs(x)
    power = as_tensor(ord)
    power = power if power.dtype == size.dtype else power.astype(size.dtype)
    return (size**power).sum(axes, keepdims=keepdims) ** (1 / power)


def _of_matrices(x: Any, ord: Any, row: int, column: int, keepdims: bool) -> Any:
    both = [row, column]
    if ord == "fro":
        return _two(x, both, keepdims)
    if ord == "nuc" or ord in (2, -2):
        rest = [d for d in range(x.ndim) if d not in both]
        s = svdvals(x if both == [x.ndim - 2, x.ndim - 1] else x.dimshuffle(*rest, row, column))
        out = s.sum(axis=-1) if ord == "nuc" else s[..., :1].sum(axis=-1) if ord == 2 else s.min(axis=-1)
        return out if not keepdims else out.dimshuffle(*[rest.index(d) if d in rest else "x" for d in range(x.ndim)])
    if not isinstance(ord, (int, float)) or ord not in (1, -1, math.inf, -math.inf):
        raise ValueError(f"norm: {ord!r} is no norm of matrices")
    summed, chosen = (row, column) if abs(ord) == 1 else (column, row)
    sums = abs(x).sum(summed, keepdims=True)
    out = sums.max(chosen, keepdims=True) if ord > 0 else sums.min(chosen, keepdims=True)
    return out if keepdims else out.dimshuffle(*[d for d in range(x.ndim) if d not in both])
