"""Pooling as users write it: over windows, over the last one, two or three dimensions; adaptive, and with the maxima left in place.

Spatial pyramid pooling (He and others 2014) is a composition: pool at several sizes, flatten, join::

    levels = [adaptive_average_pool_2d(x, (n, n)).flatten(2) for n in (1, 2, 4)]
    features = T.concatenate(levels, axis=1)   # (batch, channels * (1 + 4 + 16)), for images of any size
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_size, as_sizes, size_constant, size_of, static_int
from symgraph.ops.pool.pooling import MaxPoolGrad, Pool

__all__ = [
    "DownsampleFactorMax", "adaptive_average_pool_1d", "adaptive_average_pool_2d", "adaptive_average_pool_3d", "max_pool_2d",
    "max_pool_2d_same_size", "pool_1d", "pool_2d", "pool_3d",
]


def _renamed(new: Any, old: Any, new_name: str, old_name: str, unset: tuple[Any, ...] = (None,)) -> Any:
    if old is None:
        return new
    if not any(new is x or new == x for x in unset):
        raise ValueError(f"{old_name} is an older name of {new_name}, both are given")
    warnings.warn(f"{old_name} is now called {new_name}", DeprecationWarning, stacklevel=4)
    return old


def _pool(ndim: int, name: str, input: Any, ws: Any, ignore_border: Any, stride: Any, pad: Any, mode: str, ds: Any, st: Any, padding: Any) -> Any:
    input = as_tensor(input)
    ws = _renamed(ws, ds, "ws", "ds")
    stride = _renamed(stride, st, "stride", "st")
    pad = _renamed(pad, padding, "pad", "padding", (None, (0,) * ndim))
    if ws is None:
        raise ValueError(f"{name}: ws, the size of the windows, must be given")
    if input.ndim < ndim:
        raise NotImplementedError(f"{name} requires a dimension >= {ndim}, got {input.type}")
    if ignore_border is None:
        warnings.warn(f"{name}: ignore_border is not said; windows that reach over the end are kept (False)", stacklevel=3)
        ignore_border = False
    return Pool(ignore_border, mode, ndim)(input, ws, stride, pad)


def pool_1d(input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None, pad: Any = 0, mode: str = "max") -> Any:
    """`pool_2d` over the last dimension alone. ws, stride, pad: integers, or lists of one.

    >>> pool_1d([[3.0, 1.0, 2.0]], 2, False).eval()
    array([[3., 2.]])
    """
    return _pool(1, "pool_1d", input, ws, ignore_border, stride, pad, mode, None, None, None)


def pool_2d(input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None, pad: Any = (0, 0), mode: str = "max",
            ds: Any = None, st: Any = None, padding: Any = None) -> Any:
    """The maximum, sum or average of windows that move over the last two dimensions.

    input: real numbers of two dimensions or more. ws: rows and columns of the windows, two integers, an integer for both, or an
    integer vector. stride: from one window to the next; ws without it. pad: how many elements are put around on each side: they are no
    elements for maxima, sums and "average_exc_pad", and zeros for "average_inc_pad". ignore_border: whether windows that reach over the end
    are left out; else they are as large as what is there. It should be said: without it there is a warning, and they are kept.
    ds, st, padding: older names of ws, stride, pad.

    out: the dimensions before the last two, then the numbers of windows; the dtype of input (averages of integers are floats).
    Where several elements equal the maximum, each gets the whole gradient. ValueError for windows, strides or modes that are none;
    NotImplementedError for fewer dimensions, for padding without ignore_border, and for pads as large as windows.

    >>> import numpy as np
    >>> pool_2d(np.arange(9.0).reshape(3, 3), (2, 2), ignore_border=False).eval()
    array([[4., 5.],
           [7., 8.]])
    """
    return _pool(2, "pool_2d", input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def pool_3d(input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None, pad: Any = (0, 0, 0), mode: str = "max",
            ds: Any = None, st: Any = None, padding: Any = None) -> Any:
    """`pool_2d` over the last three dimensions.

    >>> import numpy as np
    >>> pool_3d(np.arange(8.0).reshape(2, 2, 2), (2, 2, 2), ignore_border=True).eval()
    array([[[7.]]])
    """
    return _pool(3, "pool_3d", input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def max_pool_2d(input: Any, ds: Any = None, ignore_border: bool | None = None, st: Any = None, padding: Any = (0, 0), mode: str = "max") -> Any:
    """`pool_2d` under its name in `theano.tensor.signal.downsample`, with the older names of its arguments."""
    return _pool(2, "max_pool_2d", input, ds, ignore_border, st, padding, mode, None, None, None)


class DownsampleFactorMax:
    """`max_pool_2d` of certain windows, to be called with the array: the op of Theano before 0.9."""

    def __init__(self, ds: Any, ignore_border: bool = False, st: Any = None, padding: Any = (0, 0), mode: str = "max") -> None:
        self.options = (ds, ignore_border, st, padding, mode)

    def __call__(self, x: Any) -> Any:
        return max_pool_2d(x, *self.options)

    out_shape = staticmethod(Pool.out_shape)


def max_pool_2d_same_size(input: Any, patch_size: Any) -> Any:
    """The array with zeros for all elements but the largest of each window of `patch_size`; windows do not overlap, and what does not
    fill a window is 0. out: shape and dtype of input, which has two dimensions or more.

    >>> max_pool_2d_same_size([[1.0, 4.0], [3.0, 2.0]], (2, 2)).eval()
    array([[0., 4.],
           [0., 0.]])
    """
    input = as_tensor(input)
    maxima = Pool(True)(input, patch_size)
    return MaxPoolGrad(True)(input, maxima, maxima, patch_size)


# Adaptive -------------------------------------------------------------------------------------------------------------


def _weights(n: Any, windows: Any, dtype: str) -> Any:
    """(windows, n): row i averages the elements from i * n // windows up to (i + 1) * n / windows, rounded up."""
    one = size_constant(1)
    first: Any = np.arange(windows, like=windows) * n // windows
    last: Any = ((np.arange(windows, like=windows) + one) * n + windows - one) // windows
    place: Any = np.arange(n, like=n)
    place = place.dimshuffle("x", 0)
    inside = place.ge(first.dimshuffle(0, "x")).and_(place.lt(last.dimshuffle(0, "x")))
    return inside.astype(dtype) / (last - first).astype(dtype).dimshuffle(0, "x")


def _adaptive(x: Any, sizes: Any, ndim: int, name: str) -> Any:
    x = as_tensor(x)
    if x.ndim < ndim:
        raise TypeError(f"{name} takes arrays of {ndim} dimensions or more, got {x.type}")
    if x.dtype in dtypes.DISCRETE:
        x = x.astype(dtypes.float_of(x.dtype))
    wanted: Sequence[Any] = [as_size(sizes)] * ndim if isinstance(sizes, (int, np.integer)) else as_sizes(sizes, "a size of pooling", ndim)
    if len(wanted) != ndim:
        raise ValueError(f"{name}: {ndim} sizes are wanted, got {len(wanted)}")
    if any(n is not None and n < 1 for n in map(static_int, wanted)):
        raise ValueError(f"{name}: sizes must be 1 or more, got {sizes}")
    for d, n in enumerate(wanted):
        axis = x.ndim - ndim + d
        others = [k for k in range(x.ndim) if k != axis]
        averaged = x.dimshuffle(*others, axis).dot(_weights(size_of(x, axis), n, x.dtype).T)  # as the last dimension
        x = averaged.dimshuffle(*range(axis), x.ndim - 1, *range(axis, x.ndim - 1))
    return x


def adaptive_average_pool_1d(x: Any, sizes: Any) -> Any:
    """`adaptive_average_pool_2d` over the last dimension alone."""
    return _adaptive(x, sizes, 1, "adaptive_average_pool_1d")


def adaptive_average_pool_2d(x: Any, sizes: Any) -> Any:
    """Averages of as many windows as are asked for, whatever the size of the image: window i of m over n elements reaches from
    i n / m, rounded down, to (i + 1) n / m, rounded up.

    x: real or complex, two dimensions or more. sizes: windows over rows and over columns: two integers (or variables), or one for both;
    1 averages everything. out: the dimensions before the last two, then `sizes`. TypeError for fewer dimensions, ValueError for sizes
    below 1.

    >>> adaptive_average_pool_2d([[1.0, 2.0, 3.0]], (1, 2)).eval()
    array([[1.5, 2.5]])
    """
    return _adaptive(x, sizes, 2, "adaptive_average_pool_2d")


def adaptive_average_pool_3d(x: Any, sizes: Any) -> Any:
    """`adaptive_average_pool_2d` over the last three dimensions."""
    return _adaptive(x, sizes, 3, "adaptive_average_pool_3d")
