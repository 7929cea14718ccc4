"""From what stands between the brackets of `x[...]` to an op; and parts of arrays changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import any_variable, as_tensor, constant
from symgraph.expr.variable import Constant, TensorConstant, TensorVariable, Variable
from symgraph.ops.index.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from symgraph.ops.index.nonzero import fitting, places_of
from symgraph.ops.index.region import ARRAY, FULL, INPUT, NEW, TRUTH, Slice
from symgraph.ops.index.subtensor import IncSubtensor, Subtensor, item_of_vector

__all__ = ["getitem", "inc_subtensor", "set_subtensor"]


def getitem(x: Any, key: Any) -> Any:
    """x[key] by numpy's rules.

    key: integers and slices (of Python ints or 0-d integer variables), None, Ellipsis, arrays, lists and variables of
    integers, masks (bool). IndexError for too many indices, or one that is known to be out of range (else at the call);
    TypeError for what is no index.

    >>> import symgraph.tensor as T
    >>> x = T.dmatrix('x')
    >>> x[1:, ::-1].eval({x: [[1, 2], [3, 4]]})
    array([[4., 3.]])
    """
    x = as_tensor(x)
    as_tuple = isinstance(key, tuple) or isinstance(key, list) and any(isinstance(part, slice) for part in key)
    entries, parts = _parsed(x, tuple(key) if as_tuple else (key,))
    while entries and entries[-1] == FULL:
        entries.pop()
    if ARRAY in entries or TRUTH in entries:
        return AdvancedSubtensor(entries)(x, *parts)
    kept = [entry for entry in entries if entry != NEW]
    while kept and kept[-1] == FULL:
        kept.pop()
    if len(kept) == 1 and isinstance(kept[0], int) and NEW not in entries:
        item = item_of_vector(x, kept[0])
        if item is not None:
            return item
    out = Subtensor(kept)(x, *parts) if kept or NEW not in entries else x
    if NEW not in entries:
        return out
    dims = iter(range(out.ndim))
    order = ["x" if entry == NEW else next(dims) for entry in entries if entry == NEW or isinstance(entry, Slice)]
    return out.dimshuffle(*order, *dims)


def _parsed(x: Any, key: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """The entries of region.py for a key, and the inputs that they need."""
    places = [part if part is None or part is Ellipsis or isinstance(part, slice) else _place(part) for part in key]
    used = sum(_dimensions(part) for part in places)
    if used > x.ndim:
        raise IndexError(f"too many indices for {x.type}: it has {x.ndim} dimensions, but {used} were indexed")
    rests = [k for k, part in enumerate(places) if part is Ellipsis]
    if len(rests) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    for k in rests:
        places[k : k + 1] = [slice(None)] * (x.ndim - used)
    entries: list[Any] = []
    parts: list[Any] = []
    axis = 0
    for part in places:
        entries.extend(_entries(part, parts, x, axis))
        axis += _dimensions(part)
    return entries, parts


def _place(part: Any) -> Any:
    """A part of a key that is no slice: an int, or a variable of integers or bools."""
    if isinstance(part, (int, np.integer)) and not isinstance(part, bool):
        return int(part)
    array = _index_array(part)
    return int(array.data) if isinstance(array, TensorConstant) and array.ndim == 0 and array.dtype != "bool" else array


def _dimensions(part: Any) -> int:
    """How many dimensions of the array a part of a key stands for."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, Variable) and part.type.dtype == "bool" else 1  # type: ignore[attr-defined]


def _entries(part: Any, parts: list[Any], x: Any, axis: int) -> list[Any]:
    """The entry for one part of a key (several for a mask); the inputs it needs are added to `parts`."""
    if part is None:
        return [NEW]
    if isinstance(part, int):
        return [part]
    if isinstance(part, slice):
        start, stop, step = (_bound(value, parts) for value in (part.start, part.stop, part.step))
        if isinstance(step, int) and step == 0:
            raise ValueError("slice step cannot be zero")
        return [Slice(start, stop, step)]
    if part.dtype == "bool" and part.ndim == 0:
        parts.extend(places_of(constant(part.data.reshape(1)) if isinstance(part, Constant) else part.dimshuffle("x")))
        return [TRUTH]
    if part.dtype == "bool":
        found = places_of(fitting(part, x, axis))
        parts.extend(found)
        return [ARRAY] * len(found)
    parts.append(part)
    return [INPUT if part.ndim == 0 else ARRAY]


def _index_array(part: Any) -> Any:
    """An index as a tensor of integers or bools; TypeError if it is no such thing."""
    if isinstance(part, (list, tuple)) and not any_variable(part):
        part = np.asarray(part) if np.size(part) else np.zeros(np.shape(part), dtype="int64")
    if isinstance(part, np.ndarray):
        part = constant(part)
    array = part if isinstance(part, Variable) else as_tensor(part)
    if not isinstance(array, TensorVariable) or array.dtype not in INTEGER and array.dtype != "bool":
        got = array.type if isinstance(part, Variable) else repr(part)
        raise TypeError(f"an index must be an integer, a slice, None, Ellipsis, or an array of integers or bools, got {got}")
    return array


def _bound(value: Any, parts: list[Any]) -> Any:
    """A part of a slice."""
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    found = value if isinstance(value, Variable) else as_tensor(value)
    if not isinstance(found, TensorVariable) or found.ndim or found.dtype not in INTEGER:
        raise TypeError(f"the bounds of a slice are integers, or integer variables without dimensions, got {value!r}")
    if isinstance(found, Constant):
        return int(found.data)
    parts.append(found)
    return INPUT


def set_subtensor(x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Any:
    """A copy of an array with a part of it replaced: for `a[1:] = y` write ``a_new = set_subtensor(a[1:], y)``.

    x: an indexed variable, or the transposition of one (else TypeError). y: what to put there; it broadcasts, and is cast
    to the dtype of x (TypeError from float to integer). The last two arguments have no effect: memory is reused where it can be.

    >>> import symgraph.tensor as T
    >>> a = T.dvector('a')
    >>> set_subtensor(a[1:], 7.).eval({a: [1, 2, 3]})
    array([1., 7., 7.])
    """
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def inc_subtensor(
    x: Any, y: Any, inplace: bool = False, set_instead_of_inc: bool = False, tolerate_inplace_aliasing: bool = False
) -> Any:
    """A copy of an array with y added to a part of it; see `set_subtensor`. Index arrays with repeated places add up.

    >>> import symgraph.tensor as T
    >>> inc_subtensor(T.zeros(3)[[0, 0, 1]], 1.).eval()
    array([2., 1., 0.])
    """
    x, y = as_tensor(x), as_tensor(y)
    if y.ndim > x.ndim:
        raise TypeError(f"Trying to increment a {x.ndim}-dimensional subtensor with a {y.ndim}-dimensional value.")
    op = None if x.owner is None else x.owner.op
    sets = bool(set_instead_of_inc)
    if isinstance(op, AdvancedSubtensor):
        return AdvancedIncSubtensor(op.entries, sets)(x.owner.inputs[0], y, *x.owner.inputs[1:])
    if isinstance(op, Subtensor):
        return IncSubtensor(op.entries, sets)(x.owner.inputs[0], y, *x.owner.inputs[1:])
    order = getattr(op, "order", None)  # of a DimShuffle: the region is changed through its transposition
    if op is not None and order is not None and hasattr(op, "dropped"):
        y = y.dimshuffle(*["x"] * (x.ndim - y.ndim), *range(y.ndim))
        if any(d == "x" and n != 1 for d, n in zip(order, y.type.shape)):
            y = y.specify_shape([1 if d == "x" else None for d in order])
        y = y.dimshuffle(*["x" if d in op.dropped else order.index(d) for d in range(op.ndim)])
        return inc_subtensor(x.owner.inputs[0], y, set_instead_of_inc=sets)
    raise TypeError(f"the first argument must be an indexed variable, as x[1:] is, got {x}")
