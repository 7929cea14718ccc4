"""Differences of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis

__all__ = ["DiffOp", "diff", "ediff1d"]


def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along `axis`, taken n times; of bools, whether they differ.

    prepend, append: values put before and behind x first (0-d ones are repeated). ValueError for a negative n or a 0-d x.

    >>> import symgraph.tensor as T
    >>> T.diff(T.constant([1, 4, 9])).eval()
    array([3, 5])
    """
    x = as_tensor(x)
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    if x.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = as_axis(axis, x.ndim, "diff: axis")
    if n == 0:
        return x
    parts = [part if part is x else _edge(part, x, axis) for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = np.concatenate(parts, axis)
    left, right = ((*[slice(None)] * axis, part) for part in (slice(None, -1), slice(1, None)))
    for _ in range(n):
        x = x[right].neq(x[left]) if x.dtype == "bool" else x[right] - x[left]
    return x


def _edge(value: Any, x: Any, axis: int) -> Any:
    value = as_tensor(value)
    if value.ndim:
        return value
    return np.broadcast_to(value, [1 if d == axis else x.shape[d] for d in range(x.ndim)])  # type: ignore[arg-type]


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours in the flattened array, with values put before and behind them. Their dtype is the array's
    (TypeError for values of a greater kind).

    >>> import symgraph.tensor as T
    >>> T.ediff1d(T.constant([1, 2, 4]), to_begin=0).eval()
    array([0, 1, 2])
    """
    ary = as_tensor(ary).flatten()
    parts = [diff(ary)]
    for name, value, place in (("to_begin", to_begin, 0), ("to_end", to_end, len(parts) + 1)):
        if value is None:
            continue
        value = as_tensor(value).flatten()
        if not np.can_cast(value.dtype, ary.dtype, "same_kind"):
            raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
        parts.insert(place, value.astype(ary.dtype))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@dataclass(frozen=True)
class DiffOp:
    """Theano's name of `diff` as an object that is called: ``DiffOp(n, axis)(x)``."""

    n: int = 1
    axis: int = -1

    def __call__(self, x: Any) -> Any:
        return diff(x, self.n, self.axis)
