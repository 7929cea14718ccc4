"""The loop nests: pointwise, copies, and what ops write themselves. Reductions are in reductions.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.lower.arrays import FlatIndex, KernelArray, NotFlat
from codegen.lower.flat import is_flat, neighbours
from codegen.lower.fuse import Group
from codegen.lower.kernel import Kernel
from codegen.program import Step
from codegen.rules import Loops

__all__ = ["copy_kernel", "loops_kernel", "pointwise_kernel"]


def pointwise_kernel(frame: Any, group: Group) -> Kernel:
    """One loop nest over the shape of the root; each round computes every aligned member and stores what is wanted."""
    value = frame.program.steps[group.root].outputs[0]
    ndim = frame.types[value].ndim
    if is_flat(frame.program, group.members, group.aligned, ndim):
        try:
            return _flat(frame, group, value, ndim)
        except NotFlat:
            pass
    last = neighbours(frame.program, group.members, value, ndim - 1)
    if last > 1:
        try:
            return _partly_flat(frame, group, value, last)
        except NotFlat:
            pass
    kernel = Kernel(frame, group)
    b = kernel.builder
    with ExitStack() as stack:
        index = [stack.enter_context(b.loop(0, n, independent=True)) for n in kernel.shape(value)]
        kernel.body = b.block
        kernel.members(index)
    return kernel


def _flat(frame: Any, group: Group, value: int, ndim: int) -> Kernel:
    kernel = Kernel(frame, group)
    kernel.markers = tuple(FlatIndex() for _ in range(ndim))
    b = kernel.builder
    with b.loop(0, kernel.total(value), independent=True) as i:
        kernel.body = b.block
        kernel.flat = i
        kernel.members(kernel.markers)
    return kernel


def _partly_flat(frame: Any, group: Group, value: int, last: int) -> Kernel:
    kernel = Kernel(frame, group)
    b = kernel.builder
    markers = kernel.walk_as_one(value, last)
    with ExitStack() as stack:
        index = [stack.enter_context(b.loop(0, n, independent=True)) for n in kernel.shape(value)[:-last]]
        kernel.flat = stack.enter_context(b.loop(0, kernel.flat_size, independent=True))
        kernel.body = b.block
        kernel.members([*index, *markers])
    return kernel


class Workspace:
    """A scratch array as a rule of kind Loops sees it."""

    def __init__(self, pointer: Any, dtype: str, count: Any) -> None:
        self.pointer = pointer
        self.dtype = dtype
        self.shape = (count,)
        self.ndim = 1
        self.builder = pointer.builder

    def __call__(self, index: Any) -> Any:
        return self.builder.load(self.pointer, index)

    load = __call__

    def store(self, index: Sequence[Any], value: Any) -> None:
        self.builder.store(self.pointer, index[0], value)


def loops_kernel(frame: Any, group: Group, workspaces: Sequence[tuple[Any, str, Any, bool]], part: Callable[..., Any] | None = None) -> Kernel:
    """The op's own loop nest, or that of a part of its rule; workspaces: (memory, dtype, count, for each thread) of its scratch arrays."""
    step: Step = frame.program.steps[group.root]
    rule = step.rule
    assert isinstance(rule, Loops)
    kernel = Kernel(frame, group)
    inputs = [kernel.array(v) for v in step.inputs]
    outputs: list[Any] = [KernelArray(kernel, v) for v in step.outputs]
    for v in step.outputs:
        kernel.output(v)
    for memory, dtype, count, each in workspaces:
        b = kernel.builder
        pointer = b.recast(b.parameter(f"{b.part_type(dtype)}*"), f"{dtype}*")
        kernel.pointers[id(memory)] = pointer
        kernel.places[id(memory)] = memory
        kernel.written.add(id(memory))
        kernel.args.append(memory.pointer)
        elements = kernel.size(count)
        own = b.offset(pointer, b.emit("thread", (), "int64") * elements) if each else pointer
        outputs.append(Workspace(own, dtype, elements))
    (part or rule.loops)(kernel.builder, inputs, outputs)
    return kernel


def copy_kernel(dtype: str, name: str) -> ir.Function:
    """kernel(to, from, count): count elements copied."""
    b = Builder()
    part = b.part_type(dtype)
    target, source, count = b.parameter(f"{part}*"), b.parameter(f"{part}*"), b.parameter("int64")
    with b.loop(0, count * 2 if part != dtype else count, independent=True) as i:
        b.store(target, i, b.load(source, i))
    return ir.Function(name, tuple(b.parameters), b.block, False, frozenset({1}), frozenset({0, 1}))
