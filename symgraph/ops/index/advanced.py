"""Regions of an array by arrays of integers and by masks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import as_axis
from symgraph.expr.variable import Constant
from symgraph.ops.index.nonzero import Nonzero, flatnonzero
from symgraph.ops.index.region import ARRAY, FULL, INPUT, NEW, TRUTH, Region, Slice, bad_place, summed_as
from symgraph.ops.index.subtensor import IncSubtensor, Subtensor

__all__ = ["AdvancedIncSubtensor", "AdvancedSubtensor", "nonzero_values", "take"]


class AdvancedSubtensor(Subtensor):
    """x at the places of index arrays, beside integers and slices: numpy's rules. The extra inputs of ARRAY are arrays of
    integers, which broadcast against each other; negative ones count from the end; IndexError where one is out of range."""

    __props__ = ("entries",)

    def make_node(self, *inputs: Any) -> Any:
        node = super().make_node(*inputs)
        _check_places(self.entries, node.inputs[0].type.shape, [getattr(part, "data", None) for part in node.inputs[1:]])
        return node

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        _check_broadcast(node.inputs[1:], inputs[1:])
        _check_places(self.entries, inputs[0].shape, inputs[1:])
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
    twice; of values put there the last one (in C order) stays, and the gradient by the others is zero."""

    __props__ = ("entries", "sets")
    distinct = False

    def make_node(self, *inputs: Any) -> Any:
        node = super().make_node(*inputs)
        _check_places(self.entries, node.inputs[0].type.shape, [getattr(part, "data", None) for part in node.inputs[2:]])
        return node

    @property
    def reader(self) -> Any:
        return AdvancedSubtensor(self.entries)

    @property
    def in_parts(self) -> Any:
        return self.check_places, partial(self.loops, check=False)

    def check_places(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Whether all places of the index arrays are in range, before anything is written."""
        region = Region(b, self.entries, outputs[0].shape, inputs[2:])
        with ExitStack() as nest:
            region.by_arrays([nest.enter_context(b.loop(0, n)) for n in region.common(check=False)])

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        _check_broadcast(node.inputs[2:], inputs[2:])
        _check_places(self.entries, inputs[0].shape, inputs[2:])
        super().perform(node, inputs, output_storage)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, y, *parts = inputs
        (g,) = output_grads
        if not self.sets or all(_distinct(part, parts) for part in parts):
            return super().grad(inputs, output_grads)
        # Who wrote last: the values' numbers are put where they themselves went, and read back.
        read = self.reader(g, *parts)
        counted: Any = np.arange(read.size, like=read)
        numbers = counted.reshape(read.shape, ndim=read.ndim)
        kept = self.reader(type(self)(self.entries, True)(x.zeros_like(dtype="int64"), numbers, *parts), *parts).eq(numbers)
        by_x = type(self)(self.entries, True)(g, constant(np.zeros((), dtype=g.dtype)), *parts)
        return [by_x, summed_as(np.where(kept, read, constant(np.zeros((), dtype=g.dtype))), y), *[None] * len(parts)]


def _distinct(part: Any, parts: Sequence[Any]) -> bool:
    """Whether an index has no place twice, as far as one sees: a mask's, an integer's, a known array's without negative ones.
    Places of several index arrays are distinct if those of each are."""
    if part.owner is not None and isinstance(part.owner.op, Nonzero):
        return all(place in parts for place in part.owner.outputs)
    if part.ndim == 0:
        return True
    return isinstance(part, Constant) and part.data.min(initial=0) >= 0 and len(np.unique(part.data)) == part.data.size


Subtensor.by_arrays = AdvancedSubtensor
IncSubtensor.by_arrays = AdvancedIncSubtensor


def _check_broadcast(parts: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Only a size that is known to be 1 broadcasts, here as everywhere."""
    ndim = max((a.ndim for a in arrays), default=0)
    for d in range(1, ndim + 1):
        sizes = [a.shape[-d] for p, a in zip(parts, arrays) if a.ndim >= d and p.type.shape[-d] != 1]
        if len(set(sizes)) > 1:
            raise IndexError(f"shape mismatch: indexing arrays could not be broadcast together: sizes {sizes[0]} and {sizes[1]}")


def _check_places(entries: Sequence[Any], shape: Sequence[int | None], parts: Sequence[Any]) -> None:
    """IndexError for the first index out of range, which says where in its array it stands. None: a size or an array not yet known."""
    rest, axis = iter(parts), 0
    for entry in entries:
        if entry == ARRAY:
            a, n = next(rest), shape[axis]
            wrong = np.zeros(()) if a is None or n is None else (a < -n) | (a >= n)
            if wrong.any():
                at = np.unravel_index(int(wrong.argmax()), wrong.shape)
                raise IndexError(bad_place(axis, a.ndim).format(int(a[at]), n, *map(int, at)))
        else:
            for part in entry if isinstance(entry, Slice) else [entry]:
                if part in (INPUT, TRUTH):
                    next(rest)
        axis += entry not in (NEW, TRUTH)


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
