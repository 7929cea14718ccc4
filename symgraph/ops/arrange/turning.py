"""Arrays mirrored, turned by right angles, brought to more dimensions or to one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes, as_axis, size_constant, size_of, static_int
from symgraph.expr.variable import Variable

__all__ = [
    "CpuContiguous",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "atleast_Nd",
    "atleast_nd",
    "broadcast_arrays",
    "broadcast_shapes",
    "cpu_contiguous",
    "flip",
    "fliplr",
    "flipud",
    "rollaxis",
    "rot90",
]


def flip(m: Any, axis: Any = None) -> Any:
    """m with the order of its elements reversed along `axis` (an int, a tuple, None: all). AxisError for an axis that is not there.

    >>> import symgraph.tensor as T
    >>> T.flip(T.constant([1, 2, 3])).eval()
    array([3, 2, 1])
    """
    m = as_tensor(m)
    axes = as_axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if d in axes else slice(None) for d in range(m.ndim))] if axes else m


def flipud(m: Any) -> Any:
    """m with its rows in reverse order. ValueError for 0-d."""
    m = as_tensor(m)
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(m, 0)


def fliplr(m: Any) -> Any:
    """m with its columns in reverse order. ValueError for fewer than two dimensions."""
    m = as_tensor(m)
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(m, 1)


def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """m turned by k right angles in the plane of two axes, from the first of them to the second. ValueError for other axes.

    >>> import symgraph.tensor as T
    >>> T.rot90(T.constant([[1, 2], [3, 4]])).eval()
    array([[2, 4],
           [1, 3]])
    """
    m = as_tensor(m)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    first, second = (as_axis(axis, m.ndim, "rot90: axis") for axis in axes)
    if first == second:
        raise ValueError("Axes must be different.")
    turns = static_int(as_tensor(k))
    if turns is None:
        raise TypeError(f"rot90: k must be known as the expression is built, got {k}")
    turns %= 4
    if turns in (0, 2):
        return flip(m, (first, second)) if turns else m
    return flip(m, second).swapaxes(first, second) if turns == 1 else flip(m.swapaxes(first, second), second)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """a with dimension `axis` moved to stand before what is now dimension `start`; numpy's, older than `moveaxis`."""
    a = as_tensor(a)
    axis = as_axis(axis, a.ndim, "rollaxis: axis")
    start = as_axis(start, a.ndim + 1, "rollaxis: start") if start >= 0 else as_axis(start, a.ndim, "rollaxis: start")
    order = [d for d in range(a.ndim) if d != axis]
    order.insert(start - (start > axis), axis)
    return a.dimshuffle(*order)


def atleast_Nd(x: Any, n: int = 1, left: bool = True) -> Any:
    """x with dimensions of size 1 added on the left (else on the right) until there are n."""
    x = as_tensor(x)
    fresh = ["x"] * (n - x.ndim)
    return x.dimshuffle(*fresh, *range(x.ndim)) if fresh and left else x.dimshuffle(*range(x.ndim), *fresh) if fresh else x


atleast_nd = atleast_Nd


def _each(change: Any, arys: Sequence[Any]) -> Any:
    made = [change(as_tensor(x)) for x in arys]
    return made[0] if len(made) == 1 else made


def atleast_1d(*arys: Any) -> Any:
    """Each array with at least one dimension; a list for several."""
    return _each(lambda x: atleast_Nd(x, 1), arys)


def atleast_2d(*arys: Any) -> Any:
    """Each array with at least two dimensions, new ones on the left; a list for several."""
    return _each(lambda x: atleast_Nd(x, 2), arys)


def atleast_3d(*arys: Any) -> Any:
    """Each array with at least three dimensions: a vector (n,) becomes (1, n, 1), a matrix (n, m) (n, m, 1), as in numpy."""

    def change(x: Any) -> Any:
        return x.dimshuffle(*[("x", "x", "x"), ("x", 0, "x"), (0, 1, "x")][x.ndim]) if x.ndim < 3 else x

    return _each(change, arys)


def _common(shapes: Sequence[Sequence[Any]]) -> list[Any]:
    """The sizes (ints and variables) of arrays broadcast against each other; ValueError where two that are known differ."""
    ndim = max(map(len, shapes), default=0)
    common: list[Any] = [1] * ndim
    for shape in shapes:
        for d, n in enumerate(shape, ndim - len(shape)):
            if n == 1 and isinstance(n, int):
                continue
            if isinstance(common[d], int) and isinstance(n, int) and common[d] not in (1, n):
                raise ValueError(f"shape mismatch: sizes {common[d]} and {n} of dimension {d} cannot be broadcast to one")
            if isinstance(common[d], int) and (common[d] == 1 or not isinstance(n, int)) and common[d] != 1:
                continue
            if isinstance(n, int) or (isinstance(common[d], int) and common[d] == 1):
                common[d] = n
    return common


def broadcast_shapes(*shapes: Any) -> tuple[Any, ...]:
    """The shape of arrays of these shapes (ints, or tuples of ints and integer variables) broadcast against each other.

    Only a size that is the int 1 broadcasts; ValueError where two ints differ.

    >>> broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    listed = [shape if isinstance(shape, (tuple, list)) else (shape,) for shape in shapes]
    return tuple(_common([[n if isinstance(n, Variable) else int(n) for n in shape] for shape in listed]))


def broadcast_arrays(*args: Any) -> list[Any]:
    """The arrays, each repeated to the shape that all have together. Only sizes known to be 1 broadcast; ValueError, now or at
    the call, where the others differ."""
    arrays = [as_tensor(x) for x in args]
    common = _common([[size if size is not None else x.shape[d] for d, size in enumerate(x.type.shape)] for x in arrays])
    shape = [size_constant(n) if isinstance(n, int) else n for n in common]
    if len(arrays) == 1:
        return arrays
    return [np.broadcast_to(x, shape) if shape else x for x in arrays]  # type: ignore[arg-type]


def known_sizes(x: Any) -> list[Any]:
    """The sizes of x as 0-d variables."""
    return [size_of(x, d) for d in range(x.ndim)]


@dataclass(frozen=True)
class CpuContiguous:
    """Theano's op that gives an array in C order: every array is, so it is the array itself."""

    def __call__(self, x: Any) -> Any:
        return as_tensor(x).copy()


cpu_contiguous = CpuContiguous()
