"""Loops tell how far they are: every so many rounds the entry calls back, and is told after how many rounds to do so again."""

from __future__ import annotations

from typing import Any

from codegen.layout import CallbackType
from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar
from codegen.program import ArrayType, Loop

__all__ = ["Reports"]

NUMBER = ArrayType("int64", ())


class Reports:
    """Of one loop. Its callback gets three numbers: rounds done, all rounds (-1: nobody knows), whether another round follows; the last call
    comes after the loop. What it gives is the number of rounds until the next call."""

    def __init__(self, unit: Any, loop: Loop, steps: Any) -> None:
        self.unit, self.b = unit, unit.builder
        self.where, self.first = loop.report or (0, 1)
        self.steps = self.b.constant(-1, "int64") if steps is None else steps
        self.counted = steps is not None
        self.slot: int | None = None
        self.number = 0

    def initial(self) -> Any:
        """What the loop carries: the rounds that are left until the next call."""
        return self.b.constant(self.first, "int64")

    def after(self, left: Any, t: Any, condition: Any) -> Any:
        """At the end of round t. condition: whether the loop ends with it, or None."""
        b = self.b
        due: Any = b.less(left, 2)
        if condition is not None:
            due = b.both(due, b.invert(condition))
        if self.counted:
            due = b.both(due, b.less(t + 1, self.steps))
        return b.when(due, lambda: self.call(t + 1, self.steps, 1), lambda: left - 1)

    def finish(self, ran: Any) -> None:
        """After the loop."""
        self.call(ran, ran, 0)

    def call(self, *numbers: Any) -> Any:
        b, unit = self.b, self.unit
        if self.slot is None:
            self.slot = len(unit.callbacks)
            unit.callbacks.append(CallbackType(self.where, (NUMBER,) * 3, (NUMBER,)))
            self.number = unit.failure("Exception", "the report of a loop failed")
        places = []
        for number in numbers:
            places.append(b.local("int64", 1))
            b.store(places[-1], 0, number if isinstance(number, Scalar) else b.constant(number, "int64"))
        out = b.value("int64*")
        b.block.append(ir.Callback(self.slot, tuple((place.value, ()) for place in places), ((out, ()),), self.number))
        return b.load(Scalar(b, out), 0)
