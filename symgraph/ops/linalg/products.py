"""Products that are a rearrangement of arrays around one matrix product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis, times
from symgraph.ops.linalg.dot import Dot, as_matrix, same_dtype, sizes_of

__all__ = ["axes_of_tensordot", "cross", "inner", "kron", "outer", "tensordot"]


def outer(x: Any, y: Any) -> Any:
    """The matrix of the products of each element of x and each of y (both flattened)."""
    x, y = as_tensor(x), as_tensor(y)
    x = x.flatten() if x.ndim != 1 else x
    y = y.flatten() if y.ndim != 1 else y
    return x.dimshuffle(0, "x") * y.dimshuffle("x", 0)


def axes_of_tensordot(a: Any, b: Any, axes: Any) -> tuple[list[int], list[int]]:
    """The dimensions of a and of b that are summed over; ValueError where they do not fit together."""
    if isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        if axes < 0 or axes > min(a.ndim, b.ndim):
            raise ValueError(f"tensordot: axes={axes} does not fit arrays of {a.ndim} and {b.ndim} dimensions")
        return list(range(a.ndim - axes, a.ndim)), list(range(axes))
    if not isinstance(axes, (list, tuple, np.ndarray)) or len(axes) != 2:
        raise ValueError(f"tensordot: axes should be an integer or two lists of axes, got {axes!r}")
    first, second = ([part] if isinstance(part, (int, np.integer)) else list(part) for part in axes)
    left = [as_axis(d, a.ndim, "tensordot: axis") for d in first]
    right = [as_axis(d, b.ndim, "tensordot: axis") for d in second]
    if len(left) != len(right) or len(set(left)) < len(left) or len(set(right)) < len(right):
        raise ValueError(f"tensordot: axes {axes!r} must name as many, different, dimensions of both arrays")
    return left, right


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The products of a and b, summed over dimensions of both.

    axes: how many (the last of a with the first of b), or two lists of as many axes. The others stay, first a's.
    ValueError if sizes that are summed over differ, at once or at the call.

    >>> import symgraph.tensor as T
    >>> tensordot(T.ones((2, 3)), T.ones((3, 2)), axes=[[0, 1], [1, 0]]).eval()
    array(6.)
    """
    a, b = same_dtype(as_tensor(a), as_tensor(b))
    left, right = axes_of_tensordot(a, b, axes)
    for m, n in zip(left, right):
        sizes = (a.type.shape[m], b.type.shape[n])
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(f"tensordot: dimension {m} of a has size {sizes[0]}, but dimension {n} of b has size {sizes[1]}")
    rest_a = [d for d in range(a.ndim) if d not in left]
    rest_b = [d for d in range(b.ndim) if d not in right]
    sizes_out = [*_chosen(sizes_of(a), rest_a), *_chosen(sizes_of(b), rest_b)]
    if len(left) > 1:  # merged into one dimension, sizes that differ one by one would go unnoticed
        b = b.specify_shape([a.shape[left[right.index(d)]] if d in right else None for d in range(b.ndim)])
    a, b = _arranged(a, [*rest_a, *left]), _arranged(b, [*right, *rest_b])
    x = a if len(rest_a) <= 1 and len(left) == 1 else as_matrix(a, len(rest_a))
    y = b if len(rest_b) <= 1 and len(right) == 1 else as_matrix(b, len(right))
    out = Dot()(x, y)
    return out if out.ndim == len(sizes_out) and len(rest_a) <= 1 and len(rest_b) <= 1 else out.reshape(sizes_out)


def _chosen(values: Sequence[Any], places: Sequence[int]) -> list[Any]:
    return [values[k] for k in places]


def _arranged(x: Any, order: list[int]) -> Any:
    return x if order == list(range(x.ndim)) else x.dimshuffle(*order)


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: each element of a times the whole of b, as blocks; of arrays with fewer dimensions than the other the
    missing ones come in front, of size 1. Shapes (m, n), (p, q) give (m p, n q); scalars multiply.

    >>> kron([1, 10], [1, 2, 3]).eval()
    array([ 1,  2,  3, 10, 20, 30])
    """
    a, b = as_tensor(a), as_tensor(b)
    ndim = max(a.ndim, b.ndim)
    if min(a.ndim, b.ndim) == 0:
        return a * b
    left: list[Any] = []
    right: list[Any] = []
    sizes: list[Any] = []
    for d in range(ndim):
        m, n = d - (ndim - a.ndim), d - (ndim - b.ndim)
        left += [m if m >= 0 else "x", "x"]
        right += ["x", n if n >= 0 else "x"]
        sizes.append(times([sizes_of(x)[k] for x, k in ((a, m), (b, n)) if k >= 0]))
    return (a.dimshuffle(*left) * b.dimshuffle(*right)).reshape(sizes)


def inner(a: Any, b: Any) -> Any:
    """The sums of the products along the last dimension of both; the other dimensions stay, first a's. Scalars multiply.

    ValueError if the last dimensions differ in size, at once or at the call.
    """
    a, b = as_tensor(a), as_tensor(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, axes=[[-1], [-1]])


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The vector products of the vectors that lie along `axisa` of a and `axisb` of b, along `axisc` of the result.

    Vectors have 2 or 3 elements (ValueError); a size that is not known as the expression is built is taken to be 3, and checked at the call.
    Two vectors of 2 elements give the third component alone. axis: in place of the three others.
    """
    a, b = same_dtype(as_tensor(a), as_tensor(b))
    if axis is not None:
        axisa = axisb = axisc = axis
    x, three_x = _components(a, axisa, "axisa")
    y, three_y = _components(b, axisb, "axisb")
    third = x[0] * y[1] - x[1] * y[0]
    if not three_x and not three_y:
        return third
    first = x[1] * y[2] if three_x and three_y else -(x[2] * y[1]) if three_x else x[1] * y[2]
    second = x[2] * y[0] if three_x else -(x[0] * y[2])
    if three_x and three_y:
        first, second = first - x[2] * y[1], second - x[0] * y[2]
    place = as_axis(axisc, third.ndim + 1, "cross: axisc")
    order = list(range(1, third.ndim + 1))
    order.insert(place, 0)
    return as_tensor([first, second, third]).dimshuffle(*order)


def _components(x: Any, axis: int, name: str) -> tuple[list[Any], bool]:
    if x.ndim == 0:
        raise ValueError("cross: a scalar is no vector")
    axis = as_axis(axis, x.ndim, f"cross: {name}")
    size = x.type.shape[axis]
    if size is None:
        x = x.specify_shape([3 if d == axis else None for d in range(x.ndim)])
    elif size not in (2, 3):
        raise ValueError(f"cross: vectors have 2 or 3 elements, got {size} along {name}")
    return [x[(slice(None),) * axis + (k,)] for k in range(size or 3)], size != 2
