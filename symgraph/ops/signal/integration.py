"""Integrals and derivatives of sampled functions: the trapezoid rule, Simpson's rule, central differences. Compositions of other ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis

__all__ = ["cumulative_trapezoid", "gradient", "simpson", "trapezoid", "trapz", "unwrap"]


def _samples(y: Any, axis: Any, name: str) -> tuple[Any, int]:
    y = as_tensor(y)
    if y.ndim == 0:
        raise ValueError(f"{name} wants at least one dimension, got {y.type}")
    y = y if y.dtype not in dtypes.DISCRETE else y.astype(dtypes.float_of(y.dtype))
    return y, as_axis(axis, y.ndim, f"{name}: axis")


def _part(x: Any, axis: int, *part: Any) -> Any:
    return x[(*[slice(None)] * axis, slice(*part))]


def _widths(x: Any, y: Any, axis: int, name: str) -> Any:
    """Distances of the points x, a vector along `axis` or an array that broadcasts with y."""
    x = as_tensor(x)
    if x.ndim == 1:
        x = x.dimshuffle(*[0 if d == axis else "x" for d in range(y.ndim)])
    elif x.ndim != y.ndim:
        raise ValueError(f"{name}: x must be a vector or have the {y.ndim} dimensions of y, got {x.type}")
    return _part(x, axis, 1, None) - _part(x, axis, None, -1)


def _number(value: Any, like: Any) -> Any:
    """A Python number in the precision of what it meets."""
    if isinstance(value, (int, float)):
        return as_tensor(np.asarray(value, dtypes.part_of(like.dtype)))
    return as_tensor(value)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of the samples y along `axis` by the trapezoid rule.

    x: where the samples stand, a vector or of the dimensions of y; without it they are dx apart. ValueError for other dimensions.

    >>> trapezoid([1.0, 2.0, 3.0], x=[4.0, 6.0, 8.0]).eval()
    array(8.)
    """
    y, axis = _samples(y, axis, "trapezoid")
    return _areas(y, x, dx, axis, "trapezoid").sum(axis=axis)


def _areas(y: Any, x: Any, dx: Any, axis: int, name: str) -> Any:
    middle = (_part(y, axis, 1, None) + _part(y, axis, None, -1)) * _number(0.5, y)
    return middle * (_number(dx, y) if x is None else _widths(x, y, axis, name))


trapz = trapezoid  # its name in numpy 1


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The integrals from the first sample to each of the others, by the trapezoid rule; with initial=0 that of the first, 0, too.

    Other arguments as of `trapezoid`. ValueError for another `initial`.

    >>> cumulative_trapezoid([1.0, 2.0, 4.0], initial=0).eval()
    array([0. , 1.5, 4.5])
    """
    y, axis = _samples(y, axis, "cumulative_trapezoid")
    if initial is not None and initial != 0:
        raise ValueError(f"cumulative_trapezoid: initial must be 0 or None, got {initial!r}")
    areas = _areas(y, x, dx, axis, "cumulative_trapezoid")
    total = np.cumsum(areas, axis=axis)
    return total if initial is None else np.concatenate([_part(areas, axis, None, 1).zeros_like(), total], axis)  # type: ignore[list-item]


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 6.283185307179586) -> Any:
    """p, with multiples of `period` added so that neighbours along `axis` differ by at most half of it.

    discont: smaller differences are left as they are (the default, and the least: period / 2). The gradient goes through unchanged.

    >>> unwrap([0.0, 3.0, -3.0]).eval()
    array([0.        , 3.        , 3.28318531])
    """
    p, axis = _samples(p, axis, "unwrap")
    rise = _part(p, axis, 1, None) - _part(p, axis, None, -1)
    half, whole = _number(period / 2, p), _number(float(period), p)
    folded = (rise + half) % whole - half
    folded = folded.eq(-half).and_(rise.gt(0)).switch(half, folded)
    kept = abs(rise).lt(half if discont is None else _number(discont, p))
    step = kept.switch(rise.zeros_like(), folded - rise)
    return np.concatenate([_part(p, axis, None, 1), _part(p, axis, 1, None) + np.cumsum(step, axis=axis)], axis)  # type: ignore[list-item]


def simpson(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of the samples y along `axis` by Simpson's rule; arguments as of `trapezoid`.

    The number of samples must be known as the expression is built, and at least one. Of an even number of samples the last
    interval takes the parabola through the last three (Cartwright, Simpson's rule cumulative integration, 2017, equation 8); of two the
    trapezoid rule. ValueError for a number that is not known.

    >>> simpson([0.0, 1.0, 4.0]).eval()
    array(2.66666667)
    """
    y, axis = _samples(y, axis, "simpson")
    count = y.type.shape[axis]
    if not count:
        raise ValueError(f"simpson: the number of samples must be known, and not 0, got {y.type}; specify_shape(y, ...) says it")
    if count == 1:
        return _part(y, axis, 0, 1).sum(axis=axis) * _number(0, y)
    if count == 2:
        return trapezoid(y, x, dx, axis)
    if x is None:
        width: Any = _number(dx, y)
        widths = np.broadcast_to(width, [count - 1 if d == axis else 1 for d in range(y.ndim)])
    else:
        widths = _widths(x, y, axis, "simpson")
    odd = count - 1 + count % 2  # samples that pairs of intervals cover
    h0, h1 = _part(widths, axis, 0, odd - 1, 2), _part(widths, axis, 1, odd - 1, 2)
    y0, y1, y2 = (_part(y, axis, k, odd - 2 + k, 2) for k in range(3))
    both, two, sixth = h0 + h1, _number(2, y), _number(1 / 6, y)
    total = (sixth * both * (y0 * (two - h1 / h0) + y1 * both * both / (h0 * h1) + y2 * (two - h0 / h1))).sum(axis=axis)
    if count % 2:
        return total
    h0, h1 = _part(widths, axis, count - 3, count - 2), _part(widths, axis, count - 2, count - 1)
    y0, y1, y2 = (_part(y, axis, count - 3 + k, count - 2 + k) for k in range(3))
    three = _number(3, y)
    end = sixth * h1 * (y2 * (two * h1 + three * h0) / (h0 + h1) + y1 * (h1 + three * h0) / h0 - y0 * h1 * h1 / (h0 * (h0 + h1)))
    return total + end.sum(axis=axis)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The derivative of the samples f along an axis, or a list of those along each of several: central differences inside, one-sided
    differences of order `edge_order` (1 or 2) at the ends.

    varargs: the distance of the samples, one number (or 0-d variable) for all axes or one for each; or the places of the samples, a
    vector, for an axis. ValueError for other numbers of distances and other orders, for fewer samples than one more than the order; at
    the call IndexError.

    >>> gradient([1.0, 2.0, 4.0, 7.0]).eval()
    array([1. , 1.5, 2.5, 3. ])
    """
    f = as_tensor(f)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, got {edge_order}")
    several = axis is None or isinstance(axis, (tuple, list))
    axes = [as_axis(d, f.ndim, "gradient: axis") for d in (range(f.ndim) if axis is None else axis if several else [axis])]
    if len(varargs) not in (0, 1, len(axes)):
        raise ValueError(f"gradient: {len(varargs)} distances for {len(axes)} axes")
    if any(n is not None and n <= edge_order for n in (f.type.shape[d] for d in axes)):
        raise ValueError(f"gradient: {edge_order + 1} samples at least are needed along each axis, got {f.type}")
    f, _ = _samples(f, 0, "gradient")
    distances = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    found = [_slope(f, h, d, edge_order) for h, d in zip(distances, axes)]
    return found[0] if len(found) == 1 and (not several or f.ndim == 1) else found


def _slope(f: Any, h: Any, axis: int, order: int) -> Any:
    h = _number(h, f)
    rise = _part(f, axis, 1, None) - _part(f, axis, None, -1)
    if h.ndim:
        width = _widths(h, f, axis, "gradient")
        left, right = _part(width, axis, None, -1), _part(width, axis, 1, None)
        first, second = _part(rise, axis, None, -1), _part(rise, axis, 1, None)
        middle = (left * second / right + right * first / left) / (left + right)
        slopes = rise / width
    else:
        middle = (_part(f, axis, 2, None) - _part(f, axis, None, -2)) / (_number(2, f) * h)
        slopes = rise / h
    first, last = _part(slopes, axis, None, 1), _part(slopes, axis, -1, None)
    if order == 2:  # of the parabola through three samples; a chord of it has the mean of the slopes at its ends
        first, last = (_number(2, f) * end - near for end, near in ((first, _part(middle, axis, None, 1)), (last, _part(middle, axis, -1, None))))
    return np.concatenate([first, middle, last], axis)  # type: ignore[list-item]
