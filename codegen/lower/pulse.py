"""Long loops look from time to time whether the user wants them to stop.

A loop counts its rounds down in a register; at zero it asks the caller (`Pulse` of the loop IR), who says how many rounds it may run until it
asks again: some 10 ms of them. What surely is over within some milliseconds does not count.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from codegen.loopir import nodes as ir
from codegen.program import Loop, Program, Step
from codegen.rules import Pointwise

__all__ = ["Countdown", "countdown_of"]

SHORT = 5_000_000  # scalar operations of a loop that is not worth to be interrupted: about 5 ms
FIRST = 500_000  # scalar operations until the first look
LIBRARY = 1000  # operations for each element of what is not elementwise: a guess that makes such loops look early
LEFT, QUANTUM, FIELDS = 0, 1, 3


def countdown_of(unit: Any, loop: Loop, steps: Any) -> Countdown | None:
    """For a loop of so many steps (a number, a size of the entry, or None); None: it is over soon."""
    work = work_of(loop.body)
    if work is not None and isinstance(steps, int) and steps * work <= SHORT:
        return None
    return Countdown(unit, 1 if work is None else max(1, FIRST // max(1, work)))


def work_of(program: Program) -> int | None:
    """Rough number of scalar operations of one run, where all sizes are known."""
    total = 0
    for step in program.steps:
        if isinstance(step, Loop):
            count = program.constants.get(step.steps) if step.steps is not None else None
            inner = work_of(step.body)
            if count is None or inner is None:
                return None
            total += int(np.asarray(count)) * inner
            continue
        if not isinstance(step, Step) or step.rule.sizes is None:
            return None
        shapes = [program.types[v].shape for v in (*step.inputs, *step.outputs)]
        if any(n is None for shape in shapes for n in shape):
            return None
        cost = step.rule.cost if isinstance(step.rule, Pointwise) else 1 if not any(shapes) else LIBRARY
        total += cost * max(math.prod(n or 0 for n in shape) for shape in shapes)
    return total


class Countdown:
    """Of one loop. Its counters last as long as the call, for an inner loop is entered many times."""

    def __init__(self, unit: Any, first: int) -> None:
        self.b = b = unit.builder
        outer, b.block = b.block, unit.start
        self.counters = b.local("int64", FIELDS)
        for k, x in enumerate((first, first, 0)):
            b.store(self.counters, k, b.constant(x, "int64"))
        b.block = outer

    def initial(self) -> Any:
        """What the loop carries: the rounds that are left."""
        return self.b.load(self.counters, LEFT)

    def after(self, left: Any) -> Any:
        """At the end of a round."""
        b = self.b

        def look() -> Any:
            b.store(self.counters, LEFT, b.load(self.counters, QUANTUM))
            b.block.append(ir.Pulse(self.counters.value))
            return b.load(self.counters, LEFT)

        return b.when(b.less(1, left), lambda: left - 1, look)

    def finish(self, left: Any) -> None:
        """After the loop."""
        self.b.store(self.counters, LEFT, left)
