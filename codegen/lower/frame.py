"""A Program being lowered into the block that the entry's builder is at: the top one, or the body of a loop or branch.

Work goes in *epochs*. `plan` computes the sizes of as many groups as can be known at this point, with all checks, and gives their
results memory; `run` writes their kernels' calls. A size that depends on an element that is not computed yet (`arange(k)` of a
computed k, or after a Python op) ends an epoch. So mistakes in shapes show before any work is done, wherever that is possible.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from codegen.layout import CallbackType
from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar, is_number
from codegen.lower.arrays import Memory, SizedArray, offset_of, product
from codegen.lower.control import LoopPlan
from codegen.lower.fuse import Group, fuse, inputs_of, reads_elements
from codegen.lower.inplace import chains, finish
from codegen.lower.kernel import Kernel
from codegen.lower.memory import allocate
from codegen.lower.nests import copy_kernel, loops_kernel, pointwise_kernel
from codegen.lower.reductions import reduction_kernel
from codegen.lower.sides import BranchPlan
from codegen.lower.unit import LEVELS, Unit
from codegen.program import Branch, Loop, Program, Step
from codegen.rules import Loops, Pointwise

__all__ = ["Frame", "NeedsValue"]

FEW = 4  # elements that are copied without a loop
DEPTH = 40  # of size arithmetic that is evaluated where it is asked for
LITERALS = 64  # elements of a constant that are looked at: one value throughout needs no memory


class NeedsValue(Exception):
    """A size depends on an element of `value` of `frame` that is not computed yet."""

    def __init__(self, frame: Frame, value: int) -> None:
        super().__init__(value)
        self.frame = frame
        self.value = value


class Frame:
    """types, shapes, memory: by value number. claim(k, shape): the memory in which output k is wanted, or None: anywhere."""

    def __init__(
        self, unit: Unit, program: Program, claim: Callable[[int, Sequence[Any]], Memory | None], outermost: bool = False
    ) -> None:
        self.unit = unit
        self.outermost = outermost  # its outputs are those of the entry, each in memory of its own
        self.builder = unit.builder
        self.program = program
        self.types = list(program.types)
        self.claim = claim
        self.shapes: dict[int, tuple[Any, ...]] = {}
        self.memory: dict[int, Memory] = {}
        self.uniform: dict[int, Any] = {}
        self.ready: set[int] = set()
        self.origins: dict[int, tuple[Frame, int]] = {}
        self.claimed: dict[int, Memory] = {}  # output number -> memory
        self.items: dict[tuple[int, int], Any] = {}
        self.totals: dict[int, Any] = {}
        self.maker = {v: position for position, step in enumerate(program.steps) for v in _outputs(step)}
        self.groups = fuse(program, unit.most)
        self.final = chains(program, self.groups)
        if self.final:
            last = {id(group) for chain in self.final for group in chain.groups}
            self.groups = [group for group in self.groups if id(group) not in last]
        self.next = 0
        self.pending: list[Group] = []
        self.plans: dict[int, Any] = {}  # root -> LoopPlan or BranchPlan
        self.workspaces: dict[int, list[tuple[Any, str, Any, bool]]] = {}  # memory, dtype, elements, for each thread
        self.in_place: dict[int, int] = {}  # aliased output -> input that must be copied first
        self.standing: dict[int, tuple[Any, Memory, int]] = {}  # id(memory) -> its block, itself, the last group that reads it: of earlier epochs
        self.stays: dict[int, Memory] = {}  # values on the way to a new state that stands where the old one does
        self.block = self.builder.block
        for v, array in program.constants.items():
            self.shapes[v] = tuple(array.shape)
            self.ready.add(v)
            flat = array.reshape(-1)
            if 0 < array.size and (array.ndim == 0 or (array.size <= LITERALS and _same_bits(flat))):
                self.uniform[v] = flat[0].item()
        self.made_up: set[int] | None = None  # while sizes are foreseen: numbers of the values that stand for unknown elements
        self.running = False  # whether the builder stands where the code of this frame runs
        self.depth = 0
        self.last_uses: dict[int, int] | None = None

    # Sizes ------------------------------------------------------------------------------------------------------------
    def bind(self, value: int, shape: Sequence[Any], memory: Memory, origin: tuple[Frame, int] | None = None) -> None:
        """An input: its sizes (static ones as the type says), its memory (filled before `run`), and the outer value it is."""
        self.shapes[value] = tuple([s if n is None else n for n, s in zip(self.types[value].shape, shape)])
        self.memory[value] = memory
        if origin is not None:
            self.origins[value] = origin
            frame, outer = origin
            if outer in frame.uniform:
                self.uniform[value] = frame.uniform[outer]

    def total(self, value: int) -> Any:
        """The number of elements of a value."""
        found = self.totals.get(value)
        if found is None:
            found = product(self.shapes[value])
            if self.builder.block is self.block:
                self.totals[value] = found
        return found

    def item(self, value: int, k: int = 0) -> Any:
        """Element k of an integer value, for use as a size; NeedsValue if it cannot be known here."""
        found = self.items.get((value, k))
        if found is None:
            if value in self.uniform:
                found = int(self.uniform[value])
            elif value in self.program.constants:
                found = int(self.program.constants[value].reshape(-1)[k])
            else:
                try:
                    found = self.builder.cast(self.element(value, k), "int64")
                except NeedsValue as missing:
                    if missing.frame.made_up is None:
                        raise
                    found = Scalar(self.builder, self.builder.value("int64"))
                    missing.frame.made_up.add(found.value.number)
            if self.builder.block is self.block:
                self.items[value, k] = found
        return found

    def element(self, value: int, k: int) -> Any:
        """Element k in C order."""
        ndim = self.types[value].ndim
        if ndim < 2:
            return self.scalar(value, (k,) * ndim)
        if value not in self.ready:
            raise NeedsValue(self, value)
        return self.builder.load(self.memory[value].pointer, k)

    def scalar(self, value: int, index: Sequence[Any], depth: int = 0) -> Any:
        """One element, computed in the entry."""
        b = self.builder
        if value in self.uniform:
            return b.constant(self.uniform[value], self.types[value].dtype)
        if value in self.ready:
            return b.load(self.located(value).pointer, offset_of(index, self.shapes[value]))
        if value in self.origins:
            frame, outer = self.origins[value]
            return frame.scalar(outer, index)
        position = self.maker.get(value)
        step = None if position is None else self.program.steps[position]
        if not isinstance(step, Step) or not isinstance(step.rule, Pointwise) or self.depth > DEPTH:
            raise NeedsValue(self, value)
        self.depth += 1
        where, self.unit.where = self.unit.where, step.where  # a check in its rule is its own, not that of whose size it decides
        try:
            return b.cast(step.rule.element(b, list(index), *[SizedArray(self, v) for v in step.inputs]), self.types[value].dtype)
        except KeyError as error:  # a shape that is not known yet
            raise NeedsValue(self, value) from error
        finally:
            self.depth -= 1
            self.unit.where = where

    # Epochs -----------------------------------------------------------------------------------------------------------
    def plan(self) -> None:
        """Sizes and memory of the groups that can be known here, into the present block."""
        self.block = self.builder.block
        self.pending = []
        while self.next < len(self.groups):
            group = self.groups[self.next]
            try:
                late = self.size_group(group)
            except NeedsValue as missing:
                if missing.frame is not self:
                    raise
                if self.pending or not self.running:
                    break
                self.materialise(missing.value)
                continue
            self.pending.append(group)
            self.next += 1
            if late:
                break
        allocate(self, self.pending)

    def enter(self) -> None:
        """From here on the builder stands where the code of this frame runs: its inputs are there."""
        self.running = True
        self.block = self.builder.block
        self.ready.update(self.program.inputs)

    def run(self) -> None:
        """The calls, and further epochs until all is done; then outputs that stand elsewhere are copied to where they are wanted."""
        self.enter()
        while True:
            for group in self.pending:
                self.emit(group)
            if self.next == len(self.groups):
                break
            self.plan()
        self.deliver()
        if self.final:
            finish(self, self.final)

    def size_group(self, group: Group) -> bool:
        """The shapes of what a group computes; whether they are known only after it ran."""
        for position in group.members:
            step = self.program.steps[position]
            if isinstance(step, Loop):
                self.plans[position] = plan = LoopPlan(self, step, Frame)
                return plan.size()
            if isinstance(step, Branch):
                self.plans[position] = BranchPlan(self, step, Frame)
                return True
            if step.rule.sizes is None:
                return True
            if step.outputs[0] in self.shapes:
                continue
            self.unit.where = step.where
            arrays = [SizedArray(self, v) for v in step.inputs]
            for v, shape in zip(step.outputs, step.rule.sizes(self.builder, *arrays)):
                self.shapes[v] = tuple([s if n is None else n for n, s in zip(self.types[v].shape, shape)])
            if isinstance(step.rule, Loops) and step.rule.workspace is not None:
                wanted = step.rule.workspace(self.builder, *arrays)
                self.workspaces[position] = [(Memory(), dtype, count, bool(each)) for dtype, count, *each in wanted]
        return False

    def size_now(self, group: Group) -> None:
        """The shapes of a group all of whose inputs have been computed."""
        while True:
            try:
                self.size_group(group)
                return
            except NeedsValue as missing:
                if missing.frame is not self:
                    raise
                self.materialise(missing.value)

    def materialise(self, value: int) -> None:
        """Computes a member of later groups now, because a size depends on it."""
        position = self.maker[value]
        group = Group("pointwise", position, [position], {position}, {position})
        self.size_group(group)
        self.memory[value] = Memory(self.builder.local(self.types[value].dtype, 1))
        self.emit(group)

    # Code -------------------------------------------------------------------------------------------------------------
    def emit(self, group: Group) -> None:
        step = self.program.steps[group.root]
        self.unit.where = step.where
        self.constants_of(group)
        if group.kind == "loop" or group.kind == "branch":
            self.plans[group.root].run()
        elif group.kind == "python":
            self.callback(step)
        elif group.kind == "pointwise":
            self.call(pointwise_kernel(self, group))
        elif group.kind == "reduction":
            self.call(reduction_kernel(self, group))
        elif group.kind == "loops":
            for out, source in self.in_place.items():
                if out in step.outputs:  # type: ignore[union-attr]
                    self.copy(self.memory[out], self.memory[source], self.types[out].dtype, self.total(out))
            self.call(loops_kernel(self, group, self.workspaces.get(group.root, ())))
        if group.kind != "view":
            self.unit.tick([self.program.steps[position].where for position in group.members])
        for position in group.members:
            if position == group.root or position in group.stored:
                self.ready.update(v for v in _outputs(self.program.steps[position]) if v in self.memory)

    def constants_of(self, group: Group) -> None:
        for position in group.members:
            step = self.program.steps[position]
            for operand, v in enumerate(inputs_of(step)):
                if v in self.program.constants and (v not in self.uniform or not reads_elements(step, operand)):
                    self.located(v)

    def located(self, value: int) -> Memory:
        """The memory of a value that exists."""
        found = self.memory.get(value)
        if found is None:
            found = self.memory[value] = self.unit.constant(self.program.constants[value])
        return found

    def call(self, kernel: Kernel) -> None:
        self.unit.call(kernel.function(f"kernel_{len(self.unit.kernels)}"), kernel.args)

    def copy(self, target: Memory, source: Memory, dtype: str, count: Any) -> None:
        """count elements from one place to another."""
        b = self.builder
        if is_number(count) and count <= FEW:  # in place, so that what stands in local memory may be kept in registers
            for k in range(count):
                b.store(target.pointer, k, b.load(source.pointer, k))
            return
        part = f"{b.part_type(dtype)}*"
        kernel = copy_kernel(dtype, f"kernel_{len(self.unit.kernels)}")
        self.unit.call(kernel, [b.recast(target.pointer, part), b.recast(source.pointer, part), count])

    def callback(self, step: Any) -> None:
        b, unit = self.builder, self.unit
        for v in step.inputs:
            self.located(v)
        number = unit.failure("Exception", "a Python op failed")
        slot = len(unit.callbacks)
        unit.callbacks.append(CallbackType(step.where, tuple(self.types[v] for v in step.inputs), tuple(self.types[v] for v in step.outputs),
                                           tuple(unit.loops[:LEVELS])))
        arrays = tuple((self.memory[v].pointer.value, tuple(_operand(n) for n in self.shapes[v])) for v in step.inputs)
        outs = []
        for v in step.outputs:
            dtype = self.types[v].dtype
            pointer = b.value(f"{b.part_type(dtype)}*")
            sizes = tuple(b.value("int64") for _ in range(self.types[v].ndim))
            outs.append((pointer, sizes))
        b.block.append(ir.Callback(slot, arrays, tuple(outs), number))
        for v, (pointer, sizes) in zip(step.outputs, outs):
            dtype = self.types[v].dtype
            self.memory[v] = Memory(b.recast(Scalar(b, pointer), f"{dtype}*"))
            shape = []
            for axis, (n, size) in enumerate(zip(self.types[v].shape, sizes)):
                if n is not None:
                    text = f"a Python op gave size {{}} for dimension {axis} of an output whose type says {n}"
                    b.check(b.equal(Scalar(b, size), n), "ValueError", text, Scalar(b, size))
                shape.append(Scalar(b, size) if n is None else n)
            self.shapes[v] = tuple(shape)

    def deliver(self) -> None:
        later = {chain.output for chain in self.final}
        for k, v in enumerate(self.program.outputs):
            if k in later:
                continue
            memory = self.claimed.get(k)
            if memory is None:
                memory = self.claim(k, self.shapes[v])
                if memory is None:
                    continue
                self.claimed[k] = memory
            source = self.memory.get(v)
            if source is memory:
                continue
            if v in self.uniform and source is None:
                self.fill(memory, v)
            else:
                self.copy(memory, self.located(v), self.types[v].dtype, self.total(v))

    def fill(self, memory: Memory, value: int) -> None:
        b = self.builder
        for k in range(math.prod(self.shapes[value])):
            b.store(memory.pointer, k, b.constant(self.uniform[value], self.types[value].dtype))


def _outputs(step: Any) -> list[int]:
    return [v for v in step.outputs if v is not None]


def _operand(x: Any) -> Any:
    return x.value if isinstance(x, Scalar) else x


def _same_bits(flat: np.ndarray) -> bool:
    return flat.tobytes() == flat[:1].tobytes() * flat.size
