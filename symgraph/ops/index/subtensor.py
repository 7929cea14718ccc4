"""Regions of an array by integers and slices: read (`Subtensor`), and written or added to (`IncSubtensor`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, FLOAT
from symgraph.expr.make import constant
from symgraph.expr.sizes import SizedOp, items_of, size_constant, static_int
from symgraph.expr.stacks import count
from symgraph.expr.variable import Constant
from symgraph.ops.index.region import ARRAY, INPUT, NEW, TRUTH, Region, Slice, entries_text, is_one, numpy_key, region_ndim, summed_as
from symgraph.ops.index.stacked import read_stack, write_stack

__all__ = ["IncSubtensor", "Subtensor"]


class Indexed(SizedOp):
    """What reading and writing a region share."""

    entries: tuple[Any, ...]
    by_arrays: Any = None  # the op that does the same with index arrays: advanced.py says it

    def __init__(self, entries: Sequence[Any]) -> None:
        self.entries = tuple(_entry(entry) for entry in entries)

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{entries_text(self.entries)}}}"


class Subtensor(Indexed):
    """x[entries]. Inputs: x, then the 0-d integers that stand for INPUT. entries: see region.py; Python slices will do."""

    __props__ = ("entries",)

    def output_dtypes(self, x: Any, *parts: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, *parts: Any) -> Any:
        return [tuple(Region(s, self.entries, x.shape, parts).sizes())]

    def compute(self, x: Any, *parts: Any) -> Any:
        return x[numpy_key(self.entries, parts)]

    def reads(self, node: Any) -> list[str]:
        return ["once", *["many"] * (len(node.inputs) - 1)]

    def element(self, b: Any, index: Any, x: Any, *parts: Any) -> Any:
        return x(*Region(b, self.entries, x.shape, parts).place(index))

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return read_stack(self, inputs, stacked, count(inputs, stacked))

    # What is known of it while the expression is built ----------------------------------------------------------------
    def items(self, node: Any) -> list[Any] | None:
        """The elements of a part of a vector whose elements are known one by one."""
        x, *parts = node.inputs
        found = items_of(x) if x.ndim == 1 and node.outputs[0].ndim == 1 else None
        values = [static_int(part) for part in parts]
        if found is None or None in values:
            return None
        (key,) = numpy_key(self.entries, values) or (slice(None),)
        return found[key]

    def static_value(self, node: Any) -> Any:
        """The element, if it and its place are known."""
        x, *parts = node.inputs
        values = [static_int(part) for part in parts]
        if None in values:
            return None
        key = numpy_key(self.entries, values)
        try:
            if isinstance(x, Constant):
                return x.data[key]
            found = items_of(x) if x.ndim == 1 else None
            return None if found is None else static_int(found[key[0]])
        except IndexError:  # told when it is computed
            return None

    # Derivatives ------------------------------------------------------------------------------------------------------
    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *parts = inputs
        (g,) = output_grads
        return [IncSubtensor(self.entries)(x.zeros_like(dtype=g.dtype), g, *parts), *[None] * len(parts)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]


class IncSubtensor(Indexed):
    """A copy of x, where y has been added to x[entries], or put there (`sets`). Inputs: x, y, then as Subtensor's.

    y: of the region's shape; dimensions of size 1 (known as such) and missing ones broadcast. Its dtype must not be of a
    greater kind than x's (float into integers: TypeError).
    """

    __props__ = ("entries", "sets")
    alias = ((0, 0),)
    by_address = (0,)
    distinct = True  # no element of the region stands for the same place as another

    def __init__(self, entries: Sequence[Any], sets: bool = False) -> None:
        super().__init__(entries)
        self.sets = sets

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'set' if self.sets else 'inc'}, {entries_text(self.entries)}}}"

    @property
    def reader(self) -> Any:
        """The op that reads the same region."""
        return Subtensor(self.entries)

    def output_dtypes(self, x: Any, y: Any, *parts: Any) -> list[str]:
        if _kind(y.dtype) > _kind(x.dtype) or (x.dtype == "bool" and not self.sets):
            verb = "set" if self.sets else "increment"
            raise TypeError(f"cannot {verb} a part of {x.type} by values of dtype {y.dtype}; cast them first")
        ndim = region_ndim(self.entries, x.ndim, parts)
        if y.ndim > ndim:
            raise ValueError(f"Trying to increment a {ndim}-dimensional subtensor with a {y.ndim}-dimensional value.")
        return [x.dtype]

    def sizes(self, s: Any, x: Any, y: Any, *parts: Any) -> Any:
        region = Region(s, self.entries, x.shape, parts).sizes()
        extra = len(region) - len(y.shape)
        for d, n in enumerate(y.shape):
            if not is_one(n):
                text = f"dimension {d} of the new values has size {{}}, but that of the region is {{}}"
                s.same(n, region[extra + d], text)
        return [x.shape]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        x, y, *parts = inputs
        out = x.copy()
        key = numpy_key(self.entries, parts)
        region = out[key].shape
        for d, (n, declared) in enumerate(zip(y.shape, node.inputs[1].type.shape), len(region) - y.ndim):
            if n != region[d] and declared != 1:
                place = d - len(region) + y.ndim
                raise ValueError(f"dimension {place} of the new values has size {n}, but that of the region is {region[d]}")
        values = y.astype(x.dtype)
        if self.sets:
            out[key] = values
        elif self.distinct:
            out[key] += values
        else:
            np.add.at(out, key, values)  # places that stand twice count twice
        output_storage[0][0] = out

    @property
    def in_parts(self) -> Any:
        """What may fail has been checked with the sizes."""
        return None, self.loops

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any], check: bool = True) -> None:
        (out,), y = outputs, inputs[1]
        region = Region(b, self.entries, out.shape, inputs[2:])
        sizes = region.sizes(check=False)
        first, last = region.at, region.at + region.common_ndim  # the dimensions of the index arrays: two of their places may be one
        found: list[Any] = []
        index: list[Any] = []
        with ExitStack() as nest:
            for d, n in enumerate([*sizes, None]):
                if d == last:
                    found = region.by_arrays(index[first:last], check)
                if n is not None:
                    index.append(nest.enter_context(b.loop(0, n, independent=self.distinct or not first <= d < last)))
            own = index[len(index) - len(y.shape) :]
            value = b.cast(y.load(*[0 if is_one(n) else i for n, i in zip(y.shape, own)]), out.dtype)
            flat: Any = 0
            for n, i in zip(out.shape, region.place(index, found)):
                flat = flat * n + i
            if not self.sets:
                value = b.add(b.load(out.pointer, flat), value)
            b.store(out.pointer, flat, value)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        _, y, *parts = inputs
        (g,) = output_grads
        by_x = type(self)(self.entries, True)(g, constant(np.zeros((), dtype=g.dtype)), *parts) if self.sets else g
        return [by_x, summed_as(self.reader(g, *parts), y), *[None] * len(parts)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        x, y, *parts = inputs
        if x.dtype in DISCRETE:  # steps: nothing moves
            return [None]
        dx, dy = (v.zeros_like() if t is None else t for v, t in zip((x, y), tangents))
        return [self(dx, dy, *parts)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return write_stack(self, inputs, stacked, count(inputs, stacked))

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], *[[False]] * (len(node.inputs) - 2)]


def _entry(entry: Any) -> Any:
    if isinstance(entry, slice):
        return Slice(entry.start, entry.stop, entry.step)
    if isinstance(entry, (int, Slice)) or entry in (INPUT, ARRAY, NEW, TRUTH):
        return entry
    raise TypeError(f"an entry of an index is an int, a slice, or one of the marks of region.py, got {entry!r}")


def _kind(dtype: str) -> int:
    """The kinds of dtypes in their order: what may be stored into what."""
    if dtype == "bool":
        return 0
    return 1 if dtype in DISCRETE else 2 if dtype in FLOAT else 3 if dtype in COMPLEX else 4


def item_of_vector(x: Any, k: int) -> Any:
    """Element k of a vector whose op knows its elements as variables, or None."""
    if x.ndim != 1 or isinstance(x, Constant) or x.owner is None or not getattr(x.owner.op, "items_for_index", True):
        return None
    found = items_of(x)
    if found is None:
        return None
    if not -len(found) <= k < len(found):
        raise IndexError(f"index {k} is out of bounds for axis 0 with size {len(found)}")
    item = found[k]
    return size_constant(item) if isinstance(item, int) else item
