"""Regions of an array by arrays of integers and by masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor, as_variable, constant
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axis
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Constant
from symgraph.ops.index.region import ARRAY, FULL, INPUT
from symgraph.ops.index.subtensor import IncSubtensor, Subtensor

__all__ = ["AdvancedIncSubtensor", "AdvancedSubtensor", "Nonzero", "flatnonzero", "nonzero", "nonzero_values", "take"]


class AdvancedSubtensor(Subtensor):
    """x at the places of index arrays, beside integers and slices: numpy's rules. The extra inputs of ARRAY are arrays of
    integers, which broadcast against each other; negative ones count from the end; IndexError where one is out of range."""

    __props__ = ("entries",)

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        _check_broadcast(node.inputs[1:], inputs[1:])
        output_storage[0][0] = self.compute(*inputs)

    def reads(self, node: Any) -> list[str]:
        return ["many"] * len(node.inputs)

    def items(self, node: Any) -> None:
        return None

    def static_value(self, node: Any) -> None:
        return None

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *parts = inputs
        (g,) = output_grads
        return [AdvancedIncSubtensor(self.entries)(x.zeros_like(dtype=g.dtype), g, *parts), *[None] * len(parts)]


class AdvancedIncSubtensor(IncSubtensor):
    """A copy of x where y has been added to, or put at, the places of index arrays. A place that stands twice is added to
    twice; of values put there the last one stays (the gradient by y does not know that)."""

    __props__ = ("entries", "sets")
    distinct = False

    @property
    def reader(self) -> Any:
        return AdvancedSubtensor(self.entries)

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        _check_broadcast(node.inputs[2:], inputs[2:])
        super().perform(node, inputs, output_storage)


Subtensor.by_arrays = AdvancedSubtensor
IncSubtensor.by_arrays = AdvancedIncSubtensor


def _check_broadcast(parts: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Only a size that is known to be 1 broadcasts, here as everywhere."""
    ndim = max((a.ndim for a in arrays), default=0)
    for d in range(1, ndim + 1):
        sizes = [a.shape[-d] for p, a in zip(parts, arrays) if a.ndim >= d and p.type.shape[-d] != 1]
        if len(set(sizes)) > 1:
            raise IndexError(f"shape mismatch: indexing arrays could not be broadcast together: sizes {sizes[0]} and {sizes[1]}")


class Nonzero(Op):
    """The places where x is not zero, in C order: one int64 vector a dimension. x: at least one dimension."""

    __props__ = ()

    def output_types(self, x: Any) -> list[Any]:
        if x.ndim == 0:
            raise ValueError("nonzero only supports non-scalar arrays.")
        return [tensor_type("int64", (None,))] * x.ndim

    def compute(self, x: Any) -> Any:
        return tuple(np.ascontiguousarray(places).astype("int64") for places in np.nonzero(x))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False] * len(node.outputs)]


def places_of(mask: Any) -> list[Any]:
    """The index arrays that a mask stands for."""
    if isinstance(mask, Constant):
        return [constant(places) for places in Nonzero().compute(mask.data)]
    return Nonzero()(mask, return_list=True)


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Where a is not zero: a tuple of int64 vectors, one a dimension; or a matrix whose rows they are. ValueError for 0-d."""
    found = Nonzero()(as_tensor(a), return_list=True)
    return as_variable(found) if return_matrix else tuple(found)


def flatnonzero(a: Any) -> Any:
    """Where the flattened a is not zero: an int64 vector."""
    a = as_tensor(a)
    if a.ndim == 0:
        raise ValueError("nonzero only supports non-scalar arrays.")
    return Nonzero()(a.flatten(), return_list=True)[0]


def nonzero_values(a: Any) -> Any:
    """The elements of a that are not zero, as a vector in C order."""
    a = as_tensor(a)
    return AdvancedSubtensor([ARRAY])(a.flatten(), flatnonzero(a))


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements (axis=None: of the flattened array) or slices of a along `axis` at `indices`, an integer or an array.

    mode: what becomes of an index out of range: 'raise' an IndexError (negative ones count from the end), 'wrap' around, or
    'clip' to the ends.

    >>> import symgraph.tensor as T
    >>> T.take(T.arange(4) * 10, [3, 0, 0]).eval()
    array([30,  0,  0])
    """
    a, indices = as_tensor(a), as_tensor(indices)
    if indices.dtype not in INTEGER:
        if indices.type.shape and 0 in indices.type.shape:
            indices = indices.astype("int64")
        else:
            raise TypeError(f"take: indices must be integers, got {indices.type}")
    if axis is None:
        a, axis = a.flatten(), 0
    axis = as_axis(axis, a.ndim, "take: axis")
    if mode == "clip":
        indices = indices.clip(0, a.shape[axis] - 1)
    elif mode == "wrap":
        indices = indices % a.shape[axis]
    elif mode != "raise":
        raise ValueError(f"take: mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    if indices.ndim == 0:
        return Subtensor([*[FULL] * axis, INPUT])(a, indices)
    return AdvancedSubtensor([*[FULL] * axis, ARRAY])(a, indices)
