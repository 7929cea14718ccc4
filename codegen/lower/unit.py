"""What all frames of one compilation add to: the entry's builder, kernels, the failure table, constants, callbacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from codegen.layout import CLOCK_ROOM, TICK, CallbackType, Failure
from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.scalar import Scalar
from codegen.lower.arrays import Memory
from codegen.lower.sharing import Kernels

__all__ = ["LEVELS", "Unit"]

LEVELS = 4  # loops within loops of which a failure says the round


class Unit:
    """One module in the making. `where` is the number of the step whose code is being written: checks are noted under it."""

    def __init__(self, arguments: int, most: int, clock: int | None) -> None:
        self.most = most  # steps in one kernel
        self.first_tick = clock
        self.clocks: list[tuple[int, ...]] = []
        self.builder = Builder()
        self.builder.on_check = self.failure
        self.context = self.builder.parameter("context*")
        self.where = 0
        self.arguments = arguments
        self.kernels = Kernels()
        self.failures: list[Failure] = []
        self.numbers: dict[Failure, int] = {}
        self.callbacks: list[CallbackType] = []
        self.constants: list[np.ndarray] = []
        self.constant_memory: dict[int, Memory] = {}
        self.scratches = 0
        self.loops: list[int] = []  # the loops in whose rounds the code stands that is being written

    def failure(self, error: str, message: str) -> int:
        """The status number of a check."""
        failure = Failure(self.where, error, message, tuple(self.loops[:LEVELS]))
        number = self.numbers.get(failure)
        if number is None:
            self.failures.append(failure)
            number = self.numbers[failure] = len(self.failures)
        return number

    def constant(self, array: np.ndarray) -> Memory:
        """Memory of a constant that is handed over with the call; its address is read once, at the start of the entry."""
        found = self.constant_memory.get(id(array))
        if found is None:
            slot = self.arguments + len(self.constants)
            self.constants.append(array)
            found = self.constant_memory[id(array)] = Memory(self.argument(slot, array.dtype.name))
        return found

    def argument(self, slot: int, dtype: str) -> Any:
        """Address of an argument."""
        b = self.builder
        outer, b.block = b.block, self.start
        pointer = b.emit("argument", (slot,), f"{b.part_type(dtype)}*")
        b.block = outer
        return b.recast(pointer, f"{dtype}*")

    def threads(self) -> Any:
        """How many threads a loop may be split among, at least 1; read once."""
        if self._threads is None:
            b = self.builder
            outer, b.block = b.block, self.start
            self._threads = b.emit("threads", (), "int64")
            b.block = outer
        return self._threads

    @property
    def start(self) -> ir.Block:
        """The block at the very start of the entry, whose values are known everywhere."""
        return self._start

    _start: ir.Block
    _threads: Any = None

    def scratch(self, size: Any, slot: int | None = None, purpose: str = "") -> Any:
        """Address of a block of scratch memory, as void*: a new one, or number `slot` again, which may have grown and moved.

        purpose: what a MemoryError says the bytes were wanted for, under the number of the present step.
        """
        b = self.builder
        out = b.value("void*")
        number = self.new_slot() if slot is None else slot
        failure = self.failure("MemoryError", f"there is no memory for {{}} bytes of {purpose}") if purpose else -1
        b.block.append(ir.Scratch(out, size.value if isinstance(size, Scalar) else size, number, failure))
        return Scalar(b, out)

    def tick(self, steps: Sequence[int] = ()) -> None:
        """The time since the last tick is that of these steps; nothing where nothing is measured."""
        if self.first_tick is None or self.first_tick + len(self.clocks) >= CLOCK_ROOM:
            return
        self.builder.library(TICK, self.builder.constant(self.first_tick + len(self.clocks), "int64"))
        self.clocks.append(tuple(steps))

    def new_slot(self) -> int:
        """The number of a scratch block that nobody else uses."""
        self.scratches += 1
        return self.scratches - 1

    def call(self, function: ir.Function, args: list[Any]) -> None:
        """Call a kernel; one that is there already takes its place if it is the same but for constants."""
        self.builder.block.append(self.kernels.call(function, tuple(a.value if isinstance(a, Scalar) else a for a in args)))
