"""Branches of the entry: the inner program of each side is lowered into a side of an If."""

from __future__ import annotations

from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.arrays import Memory
from codegen.program import Branch

__all__ = ["BranchPlan"]


class BranchPlan:
    """One Branch in the making: what each side computes stays where it is; address and sizes come out of the If."""

    def __init__(self, frame: Any, branch: Branch, frame_class: Any) -> None:
        self.frame = frame
        self.branch = branch
        self.frame_class = frame_class

    def run(self) -> None:
        frame, branch, b = self.frame, self.branch, self.frame.builder
        condition = frame.scalar(branch.condition, ())
        values = b.when(b.cast(condition, "bool"), lambda: self.side(branch.then), lambda: self.side(branch.otherwise))
        for out in branch.outputs:
            pointer = values.pop(0)
            shape = []
            for n in frame.types[out].shape:
                size = values.pop(0)
                shape.append(size if n is None else n)
            frame.memory[out] = Memory(pointer)
            frame.shapes[out] = tuple(shape)

    def side(self, program: Any) -> list[Any]:
        frame, b = self.frame, self.frame.builder
        inner = self.frame_class(frame.unit, program, lambda k, shape: None)
        for v, outer in zip(program.inputs, self.branch.captured):
            inner.bind(v, frame.shapes[outer], Memory(frame.located(outer).pointer), (frame, outer))
        inner.enter()
        inner.plan()
        inner.run()
        values: list[Any] = []
        for v in program.outputs:
            values.append(inner.located(v).pointer)
            values += [b.cast(b.constant(n, "int64"), "int64") if is_number(n) else n for n in inner.shapes[v]]
        return values
