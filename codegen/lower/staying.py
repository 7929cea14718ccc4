"""States of a loop that a step changes where they stand: ``x = set_subtensor(x[i], y)`` stores y, and copies nothing.

A new state may take the memory of the old one if it is made of it by steps that change a part of their operand (`Loops.alias`), or by inner
loops whose state it is, and if whatever else reads the old value, or what became of it on the way, has run before the step that changes it.
"""

from __future__ import annotations

from typing import Any

from codegen.lower.fuse import inputs_of
from codegen.lower.memory import alias_of
from codegen.program import Loop, Program

__all__ = ["way"]


def way(frame: Any, state: int, k: int) -> list[int] | None:
    """The values between the input `state` of a body and its output k, if that may stand where the input does; else None."""
    program: Program = frame.program
    target = program.outputs[k]
    if program.outputs.count(target) > 1:
        return None
    chain = [target]
    while chain[-1] != state:
        position = frame.maker.get(chain[-1])
        source = None if position is None else changed_by(program.steps[position], chain[-1])
        if source is None or inputs_of(program.steps[position]).count(source) > 1 or source in program.outputs:  # type: ignore[index]
            return None
        chain.append(source)
    if len(chain) == 1 or not all(last_reader(frame, source, frame.maker[value]) for value, source in zip(chain, chain[1:])):
        return None
    return chain[1:-1]


def changed_by(step: Any, v: int) -> int | None:
    """What a step, or a loop, makes its output v of."""
    if isinstance(step, Loop):
        k = step.outputs.index(v)
        return step.states[k] if k < len(step.states) else None
    return alias_of(step, v)


def last_reader(frame: Any, value: int, position: int) -> bool:
    """Whether all that read a value, or see it as a view, have run before the step at `position`, which alone of its group reads it."""
    steps = frame.program.steps
    seen, stack = set(), [value]
    while stack:
        v = stack.pop()
        for group in frame.groups:
            readers = [p for p in group.members if v in inputs_of(steps[p]) and (v != value or p != position)]
            if not readers:
                continue
            if group.root >= position:
                return False
            if group.kind == "view" and group.root not in seen:
                seen.add(group.root)
                if steps[group.root].outputs[0] in frame.program.outputs:
                    return False
                stack.append(steps[group.root].outputs[0])
    return True


