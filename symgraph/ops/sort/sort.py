"""Arrays sorted along one dimension, and the places that sort them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axis, size_of
from symgraph.ops.sort.along import AddAlong, TakeAlong
from symgraph.ops.sort.native import Keys, Words, sort_rows, workspace

__all__ = ["ArgSort", "ArgSortOp", "Sort", "SortOp", "argsort", "sort"]

KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


class _Sorted(Op):
    """Base: one input, one output of its shape."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def lowering(self, node: Any) -> str:
        """Complex numbers, of two keys each, are left to numpy: nothing that is done often sorts them."""
        return "python" if node.inputs[0].dtype in dtypes.COMPLEX else "loops"

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [type(self)(self.axis + 1)(*inputs)]


class Sort(_Sorted):
    """The elements along one dimension from the least to the largest; NaN last, complex numbers by their real parts first."""

    def output_dtypes(self, x: Any) -> list[str]:
        return [x.dtype]

    def compute(self, x: Any) -> Any:
        return np.sort(x, axis=self.axis)

    def workspace(self, s: Any, x: Any) -> Any:
        return workspace(s, x.dtype, x.shape[self.axis], False)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), (y, *scratch) = inputs, outputs
        keys = Keys(b, x.dtype)
        sort_rows(b, x, self.axis, Words(b, keys, False), scratch, y, lambda where, first, word: keys.store(y.pointer, where, word[0]))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        """Each element gets what came to the place that it went to."""
        (x,) = inputs
        return [AddAlong(self.axis)(output_grads[0], ArgSort(self.axis)(x), size_of(x, self.axis))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [TakeAlong(self.axis)(tangents[0], ArgSort(self.axis)(inputs[0]))]


class ArgSort(_Sorted):
    """The places along one dimension in the order of their elements: int64; of equal elements the first comes first."""

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int64"]

    def compute(self, x: Any) -> Any:
        return np.argsort(x, axis=self.axis, kind="stable").astype("int64")

    def workspace(self, s: Any, x: Any) -> Any:
        return workspace(s, x.dtype, x.shape[self.axis], True)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), (y, *scratch) = inputs, outputs
        words = Words(b, Keys(b, x.dtype, zeros_equal=True), True)
        sort_rows(b, x, self.axis, words, scratch, y, lambda where, first, word: b.store(y.pointer, where, words.place(word)))


# What a user calls ----------------------------------------------------------------------------------------------------


def along(x: Any, axis: Any, name: str) -> tuple[Any, int]:
    """x and the axis counted from 0; without axis the flattened x."""
    x = as_tensor(x)
    if axis is None:
        return x.flatten(), 0
    return x, as_axis(axis, x.ndim, f"{name}: axis")


def _check_kind(name: str, kind: Any, stable: Any) -> None:
    if kind not in KINDS:
        raise ValueError(f"{name}: kind must be one of {', '.join(map(repr, KINDS[1:]))}, got {kind!r}")
    if kind is not None and stable is not None:
        raise ValueError(f"{name}: say kind or stable, not both")


def sort(a: Any, axis: Any = -1, kind: str | None = "quicksort", order: Any = None, *, stable: bool | None = None) -> Any:
    """The elements of `a` in order along `axis` (None: of the flattened array): same dtype, same shape.

    NaN comes last, -0.0 and 0.0 are equal, complex numbers are in order of their real parts, then of their imaginary ones. kind, order
    and stable are taken for numpy's sake: elements that are equal cannot be told apart. AxisError for an axis that is not there,
    ValueError for a `kind` that numpy does not have. The gradient of each element is that of the place it goes to.

    >>> import symgraph.tensor as T
    >>> T.sort(T.constant([[3, 1, 2], [6, 5, 4]])).eval()
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    _check_kind("sort", None if stable is not None and kind == "quicksort" else kind, stable)
    x, axis = along(a, axis, "sort")
    return Sort(axis)(x)


def argsort(a: Any, axis: Any = -1, kind: str | None = "quicksort", order: Any = None, *, stable: bool | None = None) -> Any:
    """The places (int64) of the elements of `a` along `axis` in their order; of equal ones, and of NaNs, the first comes first.

    Arguments and errors as for `sort`. It is stable whatever `kind` says.

    >>> import symgraph.tensor as T
    >>> T.argsort(T.constant([3, 1, 2, 1])).eval()
    array([1, 3, 2, 0])
    """
    _check_kind("argsort", None if stable is not None and kind == "quicksort" else kind, stable)
    x, axis = along(a, axis, "argsort")
    return ArgSort(axis)(x)


def SortOp(kind: str | None = "quicksort", order: Any = None) -> Any:
    """What Theano's op of this name is used for: a function ``(a, axis=-1)`` that gives `sort`."""
    return partial(sort, kind=kind, order=order)


def ArgSortOp(kind: str | None = "quicksort", order: Any = None) -> Any:
    """What Theano's op of this name is used for: a function ``(a, axis=-1)`` that gives `argsort`."""
    return partial(argsort, kind=kind, order=order)
