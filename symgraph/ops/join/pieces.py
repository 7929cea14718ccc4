"""Arrays side by side after numpy, cut into pieces, and with elements put in or taken out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import as_axis, as_size, items_of, size_constant, size_of, static_int
from symgraph.expr.variable import TensorConstant, TensorVariable
from symgraph.ops.join.join import Split, concatenate

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "trim_zeros",
    "unstack",
    "vsplit",
    "vstack",
]


def _listed(name: str, tup: Any) -> list[Any]:
    found = unstack(tup) if isinstance(tup, TensorVariable) else [as_tensor(x) for x in tup]
    if not found:
        raise ValueError(f"{name}: need at least one array")
    return found


def _at_least(x: Any, ndim: int) -> Any:
    return x.dimshuffle(*["x"] * (ndim - x.ndim), *range(x.ndim)) if x.ndim < ndim else x


def hstack(tup: Sequence[Any]) -> Any:
    """Arrays side by side: along the second dimension, vectors and numbers along their first."""
    arrays = [_at_least(x, 1) for x in _listed("hstack", tup)]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1)


def vstack(tup: Sequence[Any]) -> Any:
    """Arrays one below the other: along the first dimension; vectors are rows.

    >>> vstack([[1, 2], [3, 4]]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return concatenate([_at_least(x, 2) for x in _listed("vstack", tup)], 0)


def dstack(tup: Sequence[Any]) -> Any:
    """Arrays one behind the other along the third dimension; a vector (n,) counts as (1, n, 1), a matrix (n, m) as (n, m, 1)."""
    arrays = [_at_least(x, 2) for x in _listed("dstack", tup)]
    return concatenate([x.dimshuffle(0, 1, "x") if x.ndim == 2 else x for x in arrays], 2)


def column_stack(tup: Sequence[Any]) -> Any:
    """Vectors as the columns of a matrix; matrices among them stay as they are.

    >>> column_stack([[1, 2], [3, 4]]).eval()
    array([[1, 3],
           [2, 4]])
    """
    arrays = _listed("column_stack", tup)
    return concatenate([_at_least(x, 1).dimshuffle(0, "x") if x.ndim < 2 else x for x in arrays], 1)


def block(arrays: Any) -> Any:
    """An array put together of nested lists of blocks: the innermost lists along the last dimension, those around them along the
    one before, and so on. ValueError if the depth of the lists differs, or one is empty.

    >>> import symgraph.tensor as T
    >>> T.block([[T.ones((1, 1)), T.zeros((1, 2))], [T.ones((1, 3))]]).eval()
    array([[1., 0., 0.],
           [1., 1., 1.]])
    """
    depth = _depth(arrays)
    blocks = _mapped(arrays, depth, as_tensor)
    ndim = max([depth, *[x.ndim for x in _leaves(blocks)]])
    return _joined(_mapped(blocks, depth, lambda x: _at_least(x, ndim)), depth)


def _depth(nested: Any) -> int:
    if isinstance(nested, tuple):
        raise TypeError("block: only lists can be used to arrange blocks, not tuples")
    if not isinstance(nested, list):
        return 0
    depths = {_depth(part) for part in nested}
    if not nested:
        raise ValueError("block: lists cannot be empty")
    if len(depths) > 1:
        raise ValueError(f"List depths are mismatched: {min(depths)} and {max(depths)}")
    return depths.pop() + 1


def _mapped(nested: Any, depth: int, change: Callable[[Any], Any]) -> Any:
    return [_mapped(part, depth - 1, change) for part in nested] if depth else change(nested)


def _leaves(nested: Any) -> list[Any]:
    return [leaf for part in nested for leaf in _leaves(part)] if isinstance(nested, list) else [nested]


def _joined(nested: Any, depth: int) -> Any:
    return concatenate([_joined(part, depth - 1) for part in nested], -depth) if depth else nested


def unstack(x: Any, axis: int = 0) -> list[Any]:
    """The slices of x along `axis`, whose size must be known: ValueError otherwise."""
    x = as_tensor(x)
    axis = as_axis(axis, x.ndim, "unstack: axis")
    count = x.type.shape[axis]
    if count is None:
        raise ValueError(f"the size of dimension {axis} of {x.type} is not known, so neither is the number of parts")
    return [x[(*[slice(None)] * axis, k)] for k in range(count)]


# Pieces ---------------------------------------------------------------------------------------------------------------


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """ary cut along `axis`: into so many parts (an int), of which the first are longer by one where it does not come out even; or
    at the places of a list. ValueError for a number of parts below 1, and where the number of places is not known."""
    return _pieces(ary, indices_or_sections, axis, False)


def split_evenly(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """numpy's `split`: as `array_split`, but ValueError, now or at the call, where it does not come out even."""
    return _pieces(ary, indices_or_sections, axis, True)


def _pieces(ary: Any, where: Any, axis: int, even: bool) -> list[Any]:
    ary = as_tensor(ary)
    axis = as_axis(axis, ary.ndim, "split: axis")
    if isinstance(where, (int, np.integer)):
        count = int(where)
        if count < 1:
            raise ValueError("number sections must be larger than 0.")
        n = size_of(ary, axis)
        known = static_int(n)
        if even and known is not None and known % count:
            raise ValueError("array split does not result in an equal division")
        if known is not None:
            sizes = [size_constant(known // count + (k < known % count)) for k in range(count)]
        else:
            whole, rest = n // count, n % count
            sizes = [whole if even else whole + (rest > k).astype("int64") for k in range(count)]
        return [ary] if count == 1 else Split(axis)(ary, *sizes, return_list=True)
    if isinstance(where, TensorVariable):
        found = items_of(where) if where.ndim == 1 else None
        if found is None:
            found = unstack(where)
        where = found
    places = [None, *where, None]
    return [ary[(*[slice(None)] * axis, slice(first, last))] for first, last in zip(places, places[1:])]


def _along(name: str, ary: Any, where: Any, axis: int, least: int) -> list[Any]:
    ary = as_tensor(ary)
    if ary.ndim < least:
        raise ValueError(f"{name} only works on arrays of {least} or more dimensions")
    return split_evenly(ary, where, axis)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut along its second dimension (a vector along its first) into equal parts, or at the places of a list."""
    ary = as_tensor(ary)
    return _along("hsplit", ary, indices_or_sections, 1 if ary.ndim > 1 else 0, 1)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut along its first dimension into equal parts, or at the places of a list. ValueError for fewer than two dimensions."""
    return _along("vsplit", ary, indices_or_sections, 0, 2)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """ary cut along its third dimension into equal parts, or at the places of a list. ValueError for fewer than three dimensions."""
    return _along("dsplit", ary, indices_or_sections, 2, 3)


# Elements put in and taken out ----------------------------------------------------------------------------------------


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """arr with values behind it along `axis`; without axis both are flattened.

    >>> append([1, 2], [3]).eval()
    array([1, 2, 3])
    """
    arr, values = as_tensor(arr), as_tensor(values)
    return concatenate([arr.flatten(), values.flatten()]) if axis is None else concatenate([arr, values], axis)


def _flat_along(arr: Any, axis: int | None) -> tuple[Any, int]:
    arr = as_tensor(arr)
    return (arr.flatten(), 0) if axis is None else (arr, as_axis(axis, arr.ndim))


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """arr without some elements (axis=None: of the flattened array) or slices along `axis`.

    obj: an integer, a slice, a vector of integers or a mask. IndexError where one is out of range.

    >>> delete([10, 20, 30], 1).eval()
    array([10, 30])
    """
    arr, axis = _flat_along(arr, axis)
    if not isinstance(obj, slice):
        obj = _places(obj)
    if isinstance(obj, slice) or obj.dtype != "bool":
        marks: Any = np.full((size_of(arr, axis),), constant(np.asarray(False)), like=arr)
        obj = marks[obj].set(constant(np.asarray(True)))
    return arr[(*[slice(None)] * axis, obj.invert())]


def _places(obj: Any) -> Any:
    """The object of delete or insert as an integer, a vector of integers, or a mask."""
    places = as_tensor(obj)
    if isinstance(places, TensorConstant) and not places.data.size:
        places = constant(places.data.astype("int64"))
    if places.ndim > 1:
        raise ValueError("the places must be an integer or a vector")
    if places.dtype not in INTEGER and places.dtype != "bool":
        raise IndexError(f"the places must be integers or bools, got {places.type}")
    return places


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """arr with values put in before some of its elements (axis=None: of the flattened array) or slices along `axis`.

    obj: an integer: all values come before it; or a vector of integers, counted in arr as it was: one value before each (a mask
    stands for its places; a slice is not supported). values broadcast along the other dimensions and are cast to arr's dtype.
    IndexError at the call where a place is out of range.

    >>> insert([1, 2, 3], 1, 9).eval()
    array([1, 9, 2, 3])
    """
    if isinstance(obj, slice):
        raise TypeError("insert: give the places, not a slice")
    arr, axis = _flat_along(arr, axis)
    values = as_tensor(values)
    places = _places(obj)
    if places.dtype == "bool":
        (places,) = places.nonzero()
    n = size_of(arr, axis)
    rest = [size_of(arr, d) for d in range(arr.ndim) if d != axis]
    if places.ndim == 0 or places.type.shape == (1,):
        place = places if places.ndim == 0 else places[0]
        values = _at_least(values, arr.ndim) if places.ndim else np.moveaxis(_at_least(values, arr.ndim), 0, axis)
        count = size_of(values, axis)
        whole = np.broadcast_to(values.astype(arr.dtype), [*rest[:axis], count, *rest[axis:]])
        bound = static_int(place)
        before, after = (((*[slice(None)] * axis, part)) for part in _halves(place, bound, n))
        return concatenate([arr[before], whole, arr[after]], axis)
    # Where the values go: each place moves on by the number of values that come before. Reading the places off 0 ... n checks them.
    inside: Any = np.arange(n + 1, like=places)
    places = inside[np.where(places < 0, places - 1, places)]
    count = size_of(places, 0)
    counted: Any = np.arange(count, like=places)
    mine, others = (lambda x: x.dimshuffle(0, "x")), (lambda x: x.dimshuffle("x", 0))
    before = np.logical_or(
        others(places) < mine(places), np.logical_and(others(places).eq(mine(places)), others(counted) < mine(counted))
    )
    moved = places + before.sum(1)  # type: ignore[attr-defined]
    free: Any = np.full((n + count,), constant(np.asarray(True)), like=arr)
    free = free[moved].set(constant(np.asarray(False)))
    every = [slice(None)] * axis
    out: Any = np.broadcast_to(constant(np.zeros((), arr.dtype)), [*rest[:axis], n + count, *rest[axis:]])
    out = out[(*every, moved)].set(values.astype(arr.dtype))
    return out[(*every, free)].set(arr)


def _halves(place: Any, bound: int | None, n: Any) -> tuple[slice, slice]:
    if bound is not None:
        return slice(None, bound), slice(bound, None)
    return slice(None, place), slice(place, None)


def trim_zeros(filt: Any, trim: str = "fb") -> Any:
    """A vector without its zeros in front ('f' in `trim`) and behind ('b').

    >>> trim_zeros([0, 0, 3, 0, 1, 0]).eval()
    array([3, 0, 1])
    """
    x = as_tensor(filt)
    if x.ndim != 1:
        raise ValueError(f"trim_zeros takes a vector, got {x.type}")
    kept = x.neq(0)
    numbers: Any = np.arange(size_of(x, 0), like=x)
    n = size_of(x, 0)
    first = np.where(kept, numbers, n)
    last = np.where(kept, numbers + 1, 0)
    start = _extreme(first, n, "min") if "f" in trim.lower() else None
    stop = _extreme(last, 0, "max") if "b" in trim.lower() else None
    return x[start:stop]


def _extreme(x: Any, beside: Any, which: str) -> Any:
    joined = concatenate([x.astype("int64"), as_size(beside).astype("int64").dimshuffle("x")])
    return getattr(joined, which)()
