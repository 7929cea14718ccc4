"""A kernel in the making: its parameters appear as the rules read sizes and elements; equal elements are computed once.

Elements without an index (of arrays without dimensions) are computed before the loops. Each block of code remembers what was
computed in it, since what a branch computed is unknown outside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.scalar import Scalar
from codegen.lower.arrays import FlatIndex, KernelArray, Memory, NotFlat, offset_of, product
from codegen.lower.fuse import Group
from codegen.program import Step
from codegen.rules import Reduction

__all__ = ["Kernel"]


class Kernel:
    """Writes one kernel of a frame. args: what the entry hands over, one for each parameter."""

    def __init__(self, frame: Any, group: Group) -> None:
        self.frame = frame
        self.unit = frame.unit
        self.group = group
        self.builder = b = Builder()
        b.on_check = self.unit.failure
        b.on_routine = self.unit.kernels.routine
        b.libraries = self.unit.builder.libraries
        self.args: list[Any] = []
        self.sizes: dict[int, Scalar] = {}
        self.shapes: dict[int, tuple[Any, ...]] = {}
        self.pointers: dict[int, Scalar] = {}
        self.places: dict[int, Memory] = {}
        self.written: set[int] = set()
        self.preamble = b.block
        self.body = b.block
        self.memo: dict[int, tuple[ir.Block, dict[Any, Any]]] = {}
        self.arrays: dict[int, KernelArray] = {}
        self.flat: Any = None
        self.flat_size: Any = None
        self.markers: tuple[FlatIndex, ...] = ()
        self.makers: dict[int, Step] = {}
        for position in group.members:
            step = frame.program.steps[position]
            if group.kind == "pointwise" or (position != group.root and not isinstance(step.rule, Reduction)):
                self.makers[step.outputs[0]] = step

    # Sizes and addresses ----------------------------------------------------------------------------------------------
    def size(self, n: Any) -> Any:
        """A size of the entry inside the kernel."""
        n = self.unit.builder.settled(n)
        value = n.value if isinstance(n, Scalar) else n
        if not isinstance(value, ir.Value):
            return value
        found = self.sizes.get(id(value))
        if found is None:
            found = self.sizes[id(value)] = self.builder.parameter("int64")
            self.args.append(n)
        return found

    def shape(self, value: int) -> tuple[Any, ...]:
        found = self.shapes.get(value)
        if found is None:
            found = self.shapes[value] = tuple([self.size(n) for n in self.frame.shapes[value]])
        return found

    def pointer(self, value: int) -> Scalar:
        memory = self.frame.memory[value]
        dtype = self.frame.types[value].dtype
        found = self.pointers.get(id(memory))
        if found is None:
            b = self.builder
            found = b.recast(b.parameter(f"{b.part_type(dtype)}*"), f"{dtype}*")
            self.pointers[id(memory)] = found
            self.places[id(memory)] = memory
            self.args.append(memory.pointer)
        elif found.dtype != f"{dtype}*":
            return self.builder.recast(found, f"{dtype}*")
        return found

    def output(self, value: int) -> Scalar:
        """The address of an array that the kernel writes."""
        self.written.add(id(self.frame.memory[value]))
        return self.pointer(value)

    def array(self, value: int) -> KernelArray:
        found = self.arrays.get(value)
        if found is None:
            found = self.arrays[value] = KernelArray(self, value)
        return found

    # Elements ---------------------------------------------------------------------------------------------------------
    def read(self, value: int, index: Sequence[Any]) -> Any:
        """The element of a value at an index: computed here if it is a member's, else loaded."""
        frame = self.frame
        if value in frame.uniform:
            return self.builder.constant(frame.uniform[value], frame.types[value].dtype)
        everywhere = all(n == 1 for n in frame.types[value].shape)
        key = (value, *([] if everywhere else map(index_key, index)))
        found = self.remembered(key)
        if found is not None:
            return found
        b = self.builder
        here = b.block
        if everywhere:
            b.block = self.preamble
            index = (0,) * len(index)
        step = self.makers.get(value)
        if step is None:
            result = b.load(self.pointer(value), self.place(index, value))
        else:
            where, self.unit.where = self.unit.where, step.where
            result = b.cast(step.rule.element(b, list(index), *[self.array(u) for u in step.inputs]), frame.types[value].dtype)  # type: ignore[union-attr]
            self.unit.where = where
        self.remember(key, result)
        b.block = here
        return result

    def place(self, index: Sequence[Any], value: int) -> Any:
        """Where in memory the element at an index stands."""
        if any(isinstance(i, FlatIndex) for i in index):
            return self.flat_place(index, value)
        return index[0] if len(index) == 1 and self.frame.types[value].shape[0] != 1 else offset_of(index, self.shape(value))

    def flat_place(self, index: Sequence[Any], value: int) -> Any:
        """Where the element stands whose last dimensions, or all, are walked as one."""
        count = len(self.markers)
        if len(index) == count and all(a is b for a, b in zip(index, self.markers)):
            return self.flat
        sizes = self.shape(value)
        known = [k for k, n in enumerate(self.frame.types[value].shape) if n != 1]  # of size 1: the only index there is 0
        if len(known) < count or any(index[k] is not b for k, b in zip(known[-count:], self.markers)):
            raise NotFlat
        first = known[: len(known) - count]
        if any(isinstance(index[k], FlatIndex) for k in first):
            raise NotFlat
        return offset_of([*[index[k] for k in first], self.flat], [*[sizes[k] for k in first], self.flat_size])

    def walk_as_one(self, value: int, last: int) -> list[FlatIndex]:
        """Indices that stand for the last dimensions of a value, whose elements are then counted by `flat`."""
        self.markers = tuple(FlatIndex() for _ in range(last))
        self.flat_size = product(self.shape(value)[-last:])
        return list(self.markers)

    def item(self, value: int, k: int) -> Any:
        """Element k of a value in C order, int64."""
        ndim = self.frame.types[value].ndim
        if ndim < 2:
            return self.builder.cast(self.read(value, (k,) * ndim), "int64")
        if value in self.makers or value in self.frame.uniform:
            raise TypeError("single elements are read of arrays of up to one dimension")
        return self.builder.cast(self.builder.load(self.pointer(value), k), "int64")

    def remembered(self, key: Any) -> Any:
        for block in (self.builder.block, self.preamble) if self.builder.outside else (self.builder.block, self.body, self.preamble):
            found = self.memo.get(id(block))
            if found is not None and key in found[1]:
                return found[1][key]
        return None

    def remember(self, key: Any, result: Any) -> None:
        block = self.builder.block
        self.memo.setdefault(id(block), (block, {}))[1][key] = result

    # The end ----------------------------------------------------------------------------------------------------------
    def function(self, name: str) -> ir.Function:
        """The finished kernel."""
        pointers = {p.value.number: key for key, p in self.pointers.items()}
        parameters = self.builder.parameters
        distinct = frozenset(k for k, p in enumerate(parameters) if p.number in pointers)
        readonly = frozenset(k for k in distinct if pointers[parameters[k].number] not in self.written)
        return ir.Function(name, tuple(parameters), self.preamble, self.builder.fails, readonly, distinct)

    def members(self, index: Sequence[Any]) -> None:
        """Compute the aligned members at the index of the loop nest, and store those that are wanted later."""
        group, b = self.group, self.builder
        for position in group.members:
            step = self.frame.program.steps[position]
            value = step.outputs[0]
            if position not in group.aligned or value not in self.makers:
                continue
            element = self.read(value, index)
            if position in group.stored:
                b.store(self.output(value), self.place(index, value), element)

    def total(self, value: int) -> Any:
        """The number of elements of a value, as it is handed to the kernel."""
        return self.size(self.frame.total(value))


def index_key(i: Any) -> Any:
    value = i.value if isinstance(i, Scalar) else i
    return value if isinstance(value, (int, float)) else id(value)


