"""Order statistics: medians and quantiles, partitions, orders by several keys. All are made of elements by their ranks, sorted arrays and
places in them, and so are their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes, size_of, times
from symgraph.ops.sort.along import TakeAlong
from symgraph.ops.sort.ordered import TakeOrdered
from symgraph.ops.sort.sort import ArgSort, along, argsort, sort

__all__ = [
    "argpartition", "lexsort", "median", "nanmedian", "nanpercentile", "nanquantile", "partition", "percentile", "quantile",
]

# Place h = n q + alpha + q (1 - alpha - beta) - 1 among n sorted elements, counted from 0, and what is done between two of them
# (Hyndman and Fan, Sample quantiles in statistical packages, 1996; their types 7, 5, 6, 8, 9, 4).
_METHODS: dict[str, tuple[float, float, str]] = {
    "linear": (1, 1, "between"), "hazen": (0.5, 0.5, "between"), "weibull": (0, 0, "between"), "median_unbiased": (1 / 3, 1 / 3, "between"),
    "normal_unbiased": (3 / 8, 3 / 8, "between"), "interpolated_inverted_cdf": (0, 1, "between"),
    "lower": (1, 1, "lower"), "higher": (1, 1, "higher"), "nearest": (1, 1, "nearest"), "midpoint": (1, 1, "midpoint"),
    # their types 1, 2 and 3, which jump
    "inverted_cdf": (0, 1, "higher"), "averaged_inverted_cdf": (0, 1, "jump"), "closest_observation": (0, 1, "even"),
}


def _rows(x: Any, axes: tuple[int, ...]) -> Any:
    """x with the elements along `axes` as its last dimension."""
    kept = [d for d in range(x.ndim) if d not in axes]
    if len(axes) == 1:
        return x.dimshuffle(*kept, *axes) if axes[0] != x.ndim - 1 else x
    length = times([size_of(x, d) for d in axes])
    return x.dimshuffle(*kept, *axes).reshape([*[size_of(x, d) for d in kept], length], ndim=len(kept) + 1)


def _quantile(
    name: str, a: Any, q: Any, axis: Any, method: str, keepdims: bool, scale: float, without_nan: bool, of_nothing: bool = False,
) -> Any:
    """of_nothing: whether there may be no element, which gives NaN."""
    x, q = as_tensor(a), as_tensor(q)
    if method not in _METHODS:
        raise ValueError(f"{name}: method must be one of {', '.join(_METHODS)}, got {method!r}")
    if x.dtype == "bool" or x.dtype in dtypes.COMPLEX or q.dtype in dtypes.COMPLEX or q.dtype == "bool":
        raise TypeError(f"{name}: wants real numbers, got {x.type} and {q.type}")
    if q.ndim > 1:
        found = _quantile(name, x, q.flatten(), axis, method, keepdims, scale, without_nan, of_nothing)
        return found.reshape([*_sizes(q, q.ndim), *[size_of(found, d) for d in range(1, found.ndim)]], ndim=q.ndim + found.ndim - 1)
    values = getattr(q, "data", None)
    if values is not None and not np.all((values >= 0) & (values <= scale)):
        raise ValueError(f"{name}: q must lie between 0 and {scale:g}, got {values}")
    axes = as_axes(axis, x.ndim)
    x = x if x.dtype in dtypes.FLOAT else x.astype("float64")
    if not axes:
        x, axes = x.dimshuffle("x"), (0,)
    ndim, rows = x.ndim, _rows(x, axes)
    last, part = rows.ndim - 1, q.astype("float64") / scale
    part = part.dimshuffle(*["x"] * last, 0) if q.ndim else part.dimshuffle(*["x"] * (last + 1))
    n = (rows.eq(rows) if without_nan else rows.ones_like(dtype="bool")).sum(axis=last, keepdims=True).astype("float64")
    alpha, beta, between = _METHODS[method]
    place = np.maximum(np.minimum(part * n + (alpha + part * (1 - alpha - beta)) - 1, n - 1), -1 if between == "jump" else 0)
    found = _between(rows, place, n, last, between, of_nothing)
    bad = (part < 0) | (part > 1)
    if not without_nan:
        bad = bad | rows.neq(rows).any(axis=last, keepdims=True)
    found = bad.switch(np.asarray(np.nan, x.dtype), found)
    kept = list(range(last))
    if keepdims:
        counter = iter(kept)
        order: list[Any] = ["x" if d in axes else next(counter) for d in range(ndim)]
    else:
        order = kept
    return found.dimshuffle(*([last] if q.ndim else []), *order)


def _between(rows: Any, place: Any, n: Any, last: int, how: str, of_nothing: bool) -> Any:
    """The rows, sorted, at places that are no integers."""
    take = lambda at: TakeOrdered(last, of_nothing=of_nothing)(rows, at.astype("int64"))
    low = place.floor()
    if how == "lower":
        return take(low)
    if how == "higher":
        return take(place.ceil())
    if how == "nearest":
        return take(np.rint(place))
    if how == "even":  # of two that are as near the one of even rank, where ranks begin at 1
        return take(np.rint(place + 1) - 1)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    part, low = (place - low).astype(rows.dtype), np.maximum(low, 0)
    both = take(_pairs(low, high))  # neighbours stand side by side: what finds the one has the other at hand
    count = size_of(place, last)
    below, above = (both.reshape([*_sizes(place, last), count, 2], ndim=last + 2)[..., k] for k in (0, 1))
    if how in ("midpoint", "jump"):
        half = np.asarray(0.5, rows.dtype)
        part = part.neq(0).astype(rows.dtype) * half + (half if how == "jump" else half * 0)
    return np.where(part.eq(0) | below.eq(above), below, below * (1 - part) + above * part)  # infinite ones are not subtracted


def _sizes(x: Any, ndim: int) -> list[Any]:
    return [size_of(x, d) for d in range(ndim)]


def _pairs(first: Any, second: Any) -> Any:
    """The elements of two arrays in turns along the last dimension."""
    last = first.ndim - 1
    pairs: Any = np.stack([first, second], axis=-1)
    return pairs.reshape([*_sizes(first, last), size_of(first, last) * 2], ndim=last + 1)


def quantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The q-quantiles (q between 0 and 1, a number or an array, known or not) of the elements along `axis`: an int, several, None: all.

    The dimensions of q come first. NaN where an element is NaN, or q out of range; float as `a`, of integers float64. method: one of
    numpy's. ValueError for a known q out of range and a method that is not there, TypeError for bool and complex, IndexError at the
    call where there is no element. Formula: Hyndman and Fan (1996). The gradient goes to the elements that it lies between.

    >>> import symgraph.tensor as T
    >>> T.quantile(T.constant([4.0, 1.0, 3.0, 2.0]), [0.0, 0.5]).eval()
    array([1. , 2.5])
    """
    return _quantile("quantile", a, q, axis, method, keepdims, 1.0, False)


def percentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` with q from 0 to 100."""
    return _quantile("percentile", a, q, axis, method, keepdims, 100.0, False)


def median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle element along `axis` in their order, or the mean of the two in the middle; NaN where one is NaN, and of no elements.

    >>> import symgraph.tensor as T
    >>> T.median(T.constant([[3.0, 1.0, 2.0], [4.0, 6.0, 9.0]]), axis=1).eval()
    array([2., 6.])
    """
    return _quantile("median", a, 0.5, axis, "linear", keepdims, 1.0, False, True)


def nanquantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of the elements that are not NaN; NaN where there is none."""
    return _quantile("nanquantile", a, q, axis, method, keepdims, 1.0, True, True)


def nanpercentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`percentile` of the elements that are not NaN; NaN where there is none."""
    return _quantile("nanpercentile", a, q, axis, method, keepdims, 100.0, True, True)


def nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`median` of the elements that are not NaN; NaN where there is none."""
    return _quantile("nanmedian", a, 0.5, axis, "linear", keepdims, 1.0, True, True)


def _checked(name: str, x: Any, kth: Any, axis: int) -> Any:
    """x, if there are elements of the ranks kth: looked at now if that can be, else in the call."""
    ranks = as_tensor(kth)
    if ranks.dtype not in dtypes.INTEGER:
        raise TypeError(f"{name}: kth must be integers, got {kth!r}")
    n, values = x.type.shape[axis], getattr(ranks, "data", None)
    if n is None or values is None:
        size = size_of(x, axis)
        return x._asserted(f"{name}: kth is out of bounds", "ValueError", (ranks.ge(-size) & ranks.lt(size)).all())
    if not np.all((values >= -n) & (values < n)):
        raise ValueError(f"{name}: kth={kth} is out of bounds for {n} elements")
    return x


def partition(a: Any, kth: Any, axis: Any = -1, kind: str | None = "introselect", order: Any = None) -> Any:
    """The elements along `axis` so that the kth stands where it does in order, what is less before it, what is more behind.

    kth: one or several, known or not. Here that is the sorted array, which keeps the promise for every kth. ValueError for a kth out of
    bounds, TypeError for one that is no integer.
    """
    x, axis = along(a, axis, "partition")
    return sort(_checked("partition", x, kth, axis), axis)


def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str | None = "introselect", order: Any = None) -> Any:
    """The places that `partition` takes its elements from: int64."""
    x, axis = along(a, axis, "argpartition")
    return argsort(_checked("argpartition", x, kth, axis), axis)


def lexsort(keys: Sequence[Any] | Any, axis: int = -1) -> Any:
    """The places that sort by the last of the keys, where those are equal by the one before, and so on: int64.

    keys: arrays of one shape, in a list or as the first dimension of one (its size must be known; TypeError).

    >>> import symgraph.tensor as T
    >>> T.lexsort([T.constant([2, 1, 3]), T.constant([1, 1, 0])]).eval()
    array([2, 1, 0])
    """
    several = list(keys) if isinstance(keys, (list, tuple)) else list(as_tensor(keys))
    if not several:
        raise TypeError("lexsort: there must be a key")
    found: Any = None
    for key in several:
        x, at = along(key, axis, "lexsort")
        found = ArgSort(at)(x) if found is None else TakeAlong(at)(found, ArgSort(at)(TakeAlong(at)(x, found)))
    return found
