"""One element for each place along an axis: read, put there, and labels as rows with a one."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER, normal
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import as_axis, as_size, size_of
from symgraph.ops.index.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from symgraph.ops.index.nonzero import nonzero
from symgraph.ops.index.places import Places
from symgraph.ops.index.region import ARRAY
from symgraph.settings import config

__all__ = ["argwhere", "extract", "inverse_permutation", "permute_row_elements", "put_along_axis", "take_along_axis", "to_one_hot"]


def _along(name: str, arr: Any, indices: Any, axis: Any) -> tuple[Any, list[Any]]:
    """The array and an index array for each of its dimensions: `indices` along one, all places along the others."""
    arr, indices = as_tensor(arr), as_tensor(indices)
    if indices.dtype not in INTEGER:
        raise IndexError(f"{name}: the indices must be integers, got {indices.type}")
    if axis is None:
        if indices.ndim != 1:
            raise ValueError(f"{name}: when axis=None, the indices must have a single dimension.")
        arr, axis = arr.flatten(), 0
    if arr.ndim != indices.ndim:
        raise ValueError(f"{name}: the indices and the array must have the same number of dimensions, got {indices.ndim} and {arr.ndim}")
    axis = as_axis(axis, arr.ndim, f"{name}: axis")
    found = []
    for d in range(arr.ndim):
        if d == axis:
            found.append(indices)
        else:
            found.append(Places()(size_of(arr, d)).dimshuffle(*["x"] * d, 0, *["x"] * (arr.ndim - d - 1)))
    return arr, found


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """For each index array along `axis` the elements of arr at these places: out[i, k] = arr[i, indices[i, k]] for axis 1.

    indices: integers, with as many dimensions as arr, whose other sizes are those of arr or known to be 1 (IndexError at the call);
    axis=None: of the flattened array. What `argsort` and `argmax` (with keepdims) give serves as indices.

    >>> import symgraph.tensor as T
    >>> T.take_along_axis(T.constant([[10, 20], [30, 40]]), [[1], [0]], 1).eval()
    array([[20],
           [30]])
    """
    arr, found = _along("take_along_axis", arr, indices, axis)
    return AdvancedSubtensor([ARRAY] * arr.ndim)(arr, *found)


def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> Any:
    """A copy of arr with values put at the places that `take_along_axis` reads (numpy's changes arr itself). values: as the region,
    or broadcasting to it. axis=None: the flattened array is changed, and brought back to its shape."""
    whole = as_tensor(arr)
    arr, found = _along("put_along_axis", whole, indices, axis)
    out = AdvancedIncSubtensor([ARRAY] * arr.ndim, True)(arr, as_tensor(values), *found)
    return out if axis is not None else out.reshape([size_of(whole, d) for d in range(whole.ndim)])


def inverse_permutation(perm: Any) -> Any:
    """The permutation that takes back another, for each row of an array of them: out[perm[i]] = i. IndexError at the call for a place that is
    no place of the row.

    >>> import symgraph.tensor as T
    >>> T.inverse_permutation(T.constant([2, 0, 1])).eval()
    array([1, 2, 0])
    """
    perm = as_tensor(perm)
    if perm.dtype not in INTEGER or perm.ndim == 0:
        raise TypeError(f"inverse_permutation: an array of integers is wanted, got {perm.type}")
    places = Places()(size_of(perm, perm.ndim - 1)).astype(perm.dtype)
    return put_along_axis(perm.zeros_like(), perm, places.dimshuffle(*["x"] * (perm.ndim - 1), 0), -1)


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Any:
    """The elements of each row of x in the order that the row of y says: out[..., k] = x[..., y[..., k]]; inverse: by the permutation that takes
    y back. Leading dimensions broadcast. TypeError if y has no integers.

    >>> import symgraph.tensor as T
    >>> T.permute_row_elements(T.constant([10, 20, 30]), T.constant([2, 0, 1])).eval()
    array([30, 10, 20])
    """
    x, y = as_tensor(x), as_tensor(y)
    if y.dtype not in INTEGER or not x.ndim or not y.ndim:
        raise TypeError(f"permute_row_elements: an array and an array of integers are wanted, got {x.type} and {y.type}")
    y = inverse_permutation(y) if inverse else y
    ndim = max(x.ndim, y.ndim)
    x, y = [a.dimshuffle(*["x"] * (ndim - a.ndim), *range(a.ndim)) for a in (x, y)]
    return take_along_axis(x, y, -1)


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Any:
    """Each label of y as a row of nb_class zeros with a one at the label. y: integers of any shape; out: y's shape and nb_class
    behind, of dtype floatX if none is said. TypeError for labels that are no integers, IndexError at the call for one out of range.

    >>> to_one_hot([2, 0], 3, dtype="int8").eval()
    array([[0, 0, 1],
           [1, 0, 0]], dtype=int8)
    """
    y = as_tensor(y)
    if y.dtype not in INTEGER:
        raise TypeError(f"to_one_hot: labels must be integers, got {y.type}")
    dtype = config.floatX if dtype is None else normal(dtype)
    nb_class = as_size(nb_class, "the number of classes")
    labels = y.flatten()
    zeros: Any = np.full((size_of(labels, 0), nb_class), constant(np.zeros((), dtype)), like=labels)
    rows = AdvancedIncSubtensor([ARRAY, ARRAY], True)(zeros, constant(np.ones((), dtype)), Places()(size_of(labels, 0)), labels)
    return rows.reshape([*[size_of(y, d) for d in range(y.ndim)], nb_class]) if y.ndim != 1 else rows


def argwhere(a: Any) -> Any:
    """The indices of the elements that are not zero, a row for each: int64, (how many, a.ndim). ValueError for 0-d."""
    return nonzero(a, return_matrix=True).T


def extract(condition: Any, arr: Any) -> Any:
    """The elements of arr where the condition, of the same number of elements, is not zero, as a vector in C order."""
    condition, arr = as_tensor(condition), as_tensor(arr)
    mask = condition if condition.dtype == "bool" else condition.neq(0)
    return arr.flatten()[mask.flatten()]
