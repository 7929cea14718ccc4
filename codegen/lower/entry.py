"""Station 6, Program -> loop IR: the entry, which checks sizes, places memory and calls the kernels, and what it wants to be called with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from codegen.layout import Layout
from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar
from codegen.lower.arrays import Memory
from codegen.lower.frame import Frame
from codegen.lower.fuse import STEPS
from codegen.lower.unit import Unit
from codegen.program import Program, Step
from codegen.record import record
from codegen.rules import Pointwise

__all__ = ["Lowered", "lower"]


@record()
class Lowered:
    """The code and what it wants from its caller."""

    module: ir.Module
    layout: Layout


def lower(program: Program, name: str = "entry", most: int = STEPS, clock: int | None = None) -> Lowered:
    """The loop IR of a Program. Every output has memory of its own, which the caller gives. most: steps in one kernel. clock: measured code,
    which calls TICK behind each kernel with a number from this one on (`Layout.clocks`); the first, without steps, is the time between calls, the
    second that of finding sizes and memory.
    """
    unit = Unit(len(program.inputs), most, clock)
    b = unit.builder
    unit._start = start = b.block

    def result(k: int, shape: Sequence[Any]) -> Memory:
        value = program.outputs[k]
        dtype = program.types[value].dtype
        out = b.value(f"{b.part_type(dtype)}*")
        number = -1
        if value in frame.maker:
            unit.where, before = program.steps[frame.maker[value]].where, unit.where
            number = unit.failure("MemoryError", f"there is no memory for a result of {' x '.join(['{}'] * len(shape)) or 'one'} numbers of {dtype}")
            unit.where = before
        b.block.append(ir.Result(out, k, tuple(n.value if isinstance(n, Scalar) else n for n in shape), number))
        return Memory(b.recast(Scalar(b, out), f"{dtype}*"))

    rest: ir.Block = []
    unit.tick()
    b.block = rest  # what must stand first (addresses of arguments) goes to `start`
    frame = Frame(unit, program, result, outermost=True)
    for slot, v in enumerate(program.inputs):
        type = program.types[v]
        pointer = unit.argument(slot, type.dtype)
        b.block = start
        shape = [b.emit("size", (slot, axis), "int64") if n is None else n for axis, n in enumerate(type.shape)]
        b.block = rest
        frame.bind(v, shape, Memory(pointer))
    frame.enter()
    frame.plan()
    unit.tick()
    frame.run()
    module = ir.Module(ir.Function(name, (unit.context.value,), start + rest, True), unit.kernels.finished(), b.libraries)
    layout = Layout(
        entry=name, arguments=[program.types[v] for v in program.inputs], results=[program.types[v] for v in program.outputs],
        constants=unit.constants,
        failures=unit.failures, callbacks=unit.callbacks, clocks=unit.clocks, scratches=unit.scratches, libraries=b.libraries, work=work_of(program),
        takes={chain.output: chain.argument for chain in frame.final})
    return Lowered(module, layout)


def work_of(program: Program) -> int | None:
    """Rough number of scalar operations of a call, where all sizes are known and nothing is repeated."""
    total = 0
    for step in program.steps:
        if not isinstance(step, Step) or any(n is None for v in (*step.inputs, *step.outputs) for n in program.types[v].shape):
            return None
        cost = step.rule.cost if isinstance(step.rule, Pointwise) else 1
        total += cost * max(math.prod(n or 0 for n in program.types[v].shape) for v in (*step.inputs, *step.outputs))
    return total
