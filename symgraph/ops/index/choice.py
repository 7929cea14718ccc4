"""Elements picked by an array of numbers of choices, or by a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import DISCRETE
from symgraph.expr.make import as_tensor, as_variable
from symgraph.expr.sizes import size_of
from symgraph.ops.index.advanced import AdvancedSubtensor, take
from symgraph.ops.index.nonzero import flatnonzero
from symgraph.ops.index.places import Places
from symgraph.ops.index.region import ARRAY

__all__ = ["choose", "compress", "select"]


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each element of a (integers) the element at the same index of choice number a[...].

    choices: an array whose leading dimension counts the choices, or a list of arrays of one shape; a and the choices
    broadcast against each other. mode: as that of `take`, for numbers out of range. `out` is not supported.

    >>> import symgraph.tensor as T
    >>> choose([1, 0], [[10, 20], [30, 40]]).eval()
    array([30, 20])
    """
    if out is not None:
        raise NotImplementedError("choose: out= is not supported; expressions do not change arrays")
    a, choices = as_tensor(a), as_variable(choices) if isinstance(choices, (list, tuple)) else as_tensor(choices)
    if a.dtype not in DISCRETE:
        raise TypeError(f"choose: the numbers of the choices must be integers, got {a.type}")
    if choices.ndim == 0:
        raise TypeError("choose: choices must have a leading dimension")
    if a.dtype == "bool":
        a = a.astype("int8")
    if mode == "clip":
        a = a.clip(0, choices.shape[0] - 1)
    elif mode == "wrap":
        a = a % choices.shape[0]
    elif mode != "raise":
        raise ValueError(f"choose: mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    ndim = max(a.ndim, choices.ndim - 1)
    if ndim == 0:
        return choices[a]
    indices = [a.dimshuffle(*["x"] * (ndim - a.ndim), *range(a.ndim))]
    for d in range(ndim - choices.ndim + 1, ndim):
        places = Places()(size_of(choices, d - ndim + choices.ndim))
        indices.append(places.dimshuffle(*["x"] * d, 0, *["x"] * (ndim - d - 1)))
    return AdvancedSubtensor([ARRAY] * len(indices))(choices, *indices)


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The elements (axis=None: of the flattened array) or slices of x where the vector `condition` is not zero."""
    return take(x, flatnonzero(condition), axis=axis)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element that of the first choice whose condition holds, `default` where none does. All broadcast. ValueError where the
    lists differ in length or are empty, TypeError for conditions that are not bool.

    >>> import symgraph.tensor as T
    >>> x = T.constant([1, 5, 9])
    >>> T.select([x < 3, x < 6], [x, -x]).eval()
    array([ 1, -5,  0])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError("select: there must be as many conditions as choices, at least one")
    out = as_tensor(default)
    for condition, choice in reversed(list(zip(condlist, choicelist))):
        condition = as_tensor(condition)
        if condition.dtype != "bool":
            raise TypeError(f"select: a condition must be bool, got {condition.type}")
        out = np.where(condition, as_tensor(choice), out)
    return out
