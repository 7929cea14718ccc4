"""Linear interpolation in a table, after numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_constant, size_of

__all__ = ["Interval", "interp"]


class Interval(Op):
    """For each element of x the interval of the growing vector xp that it lies in: the last k with xp[k] <= x, but 0 below xp and
    n - 2 above (0 of a single point). out: int64, of the shape of x. n_values: how many values belong to xp: as many as it has points."""

    __props__ = ()
    cost = 30

    def output_dtypes(self, x: Any, xp: Any, n_values: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, x: Any, xp: Any, n_values: Any) -> Any:
        count = s.same(xp.shape[0], n_values.item(0), "interp: {} points xp and {} values fp")
        s.check(s.less(0, count), "ValueError", "interp: the table of points is empty")
        return [x.shape]

    def compute(self, x: Any, xp: Any, n_values: Any) -> Any:
        if xp.shape[0] != n_values:
            raise ValueError(f"interp: {xp.shape[0]} points xp and {n_values} values fp")
        if not xp.shape[0]:
            raise ValueError("interp: the table of points is empty")
        return np.asarray(np.searchsorted(xp, x, side="right") - 1).clip(0, max(xp.shape[0] - 2, 0)).astype("int64")

    def element(self, b: Any, index: Any, x: Any, xp: Any, n_values: Any) -> Any:
        value = x(*index)
        last = b.maximum(xp.shape[0] - 2, 0)

        def step(low: Any, high: Any) -> Any:
            """xp[low] <= value or low is 0; value < xp[high + 1] or high is the last."""
            middle = b.add(low, b.floor_div(b.add(b.sub(high, low), 1), 2))
            above = b.less_equal(xp(b.minimum(middle, last)), value)
            low, high = b.select(above, b.minimum(middle, high), low), b.select(above, high, b.maximum(b.sub(middle, 1), low))
            return b.less(low, high), [low, high]

        return b.repeat([b.constant(0, "int64"), b.cast(last, "int64")], step)[0]

    def reads(self, node: Any) -> list[str]:
        return ["once", "many", "many"]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [inputs[0].zeros_like(), inputs[1].zeros_like(), None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)] if not any(stacked[1:]) else None


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The polygon through the points (xp[k], fp[k]) at x.

    x: any shape. xp, fp: vectors of one length, xp growing (not checked). left, right: the value below xp[0] and above xp[-1]; fp[0] and
    fp[-1] without them. period: of x and xp, which may then stand in any order; there is no left and right. The result has the float
    dtype that x, xp and fp have in common. Derivatives by x, xp and fp; at a point xp[k] that of the interval on its right, outside 0.
    TypeError for complex x or xp, ValueError for other dimensions, another length, an empty table, and a period of 0.

    >>> interp([0.5, 3.0], [0.0, 1.0, 2.0], [0.0, 10.0, 20.0]).eval()
    array([ 5., 20.])
    """
    x, xp, fp = as_tensor(x), as_tensor(xp), as_tensor(fp)
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError(f"interp: xp and fp must be vectors, got {xp.type} and {fp.type}")
    if dtypes.COMPLEX and (x.dtype in dtypes.COMPLEX or xp.dtype in dtypes.COMPLEX):
        raise TypeError(f"interp: complex numbers have no order, got {x.type} and {xp.type}")
    known = [v.type.shape[0] for v in (xp, fp)]
    if None not in known and known[0] != known[1]:
        raise ValueError(f"interp: {known[0]} points xp and {known[1]} values fp")
    if 0 in known:
        raise ValueError("interp: the table of points is empty")
    place = dtypes.float_of(dtypes.upcast(x.dtype, xp.dtype))
    value = dtypes.float_of(dtypes.upcast(place, fp.dtype))
    x, xp, fp = x.astype(place), xp.astype(place), fp.astype(value)
    if period is not None:
        x, xp, fp = _in_one_period(x, xp, fp, as_tensor(period), place)
        left = right = None
    n = size_of(xp, 0)
    k = Interval()(x, xp, size_of(fp, 0))
    following = (k + size_constant(1)).minimum(n - size_constant(1))
    x0, f0 = xp.take(k, 0), fp.take(k, 0)
    width = xp.take(following, 0) - x0
    flat = width.eq(0)
    share = flat.switch(width.zeros_like(), (x - x0) / flat.switch(width.ones_like(), width))
    inside = f0 + share * (fp.take(following, 0) - f0)
    first = fp[0] if left is None else as_tensor(left).astype(value)
    last = fp[-1] if right is None else as_tensor(right).astype(value)
    return x.lt(xp[0]).switch(first, x.gt(xp[-1]).switch(last, inside))


def _in_one_period(x: Any, xp: Any, fp: Any, period: Any, dtype: str) -> tuple[Any, Any, Any]:
    """Places modulo the period, in order, with a point more on either side."""
    if period.ndim:
        raise ValueError(f"interp: the period must be a number, got {period.type}")
    if hasattr(period, "data") and not period.data:
        raise ValueError("interp: the period must not be 0")
    period = abs(period.astype(dtype))
    xp = xp % period
    order = xp.argsort()
    xp, fp = xp.take(order, 0), fp.take(order, 0)
    return x % period, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])  # type: ignore[list-item]
