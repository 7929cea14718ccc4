"""Which dimensions of a loop nest are walked as one, in C order."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from codegen.program import Program
from codegen.rules import Pointwise

__all__ = ["is_flat", "neighbours"]


def is_flat(program: Program, members: Collection[int], aligned: Collection[int], ndim: int) -> bool:
    """Whether one loop over all elements in C order does: every array is read where the loop is, or has one element."""
    if ndim < 2 or not set(members) <= set(aligned):
        return False
    for position in members:
        step: Any = program.steps[position]
        if not isinstance(step.rule, Pointwise):
            continue
        if not step.inputs:
            return False
        for value, how in zip(step.inputs, step.rule.reads):
            if how != "same" and any(n != 1 for n in program.types[value].shape):
                return False
    return True


def neighbours(program: Program, members: Collection[int], value: int, most: int) -> int:
    """How many of the last dimensions of what a nest walks, up to `most`, can be walked as one: every array has all of them, or is of size 1
    in all. So the bias of a channel leaves one loop over its pixels, not one for each row of them."""
    shape = program.types[value].shape
    for last in range(min(most, len(shape)), 1, -1):
        if 1 not in shape[-last:] and all(_has_all_or_none(program, program.steps[position], last) for position in members):
            return last
    return 1


def _has_all_or_none(program: Program, step: Any, last: int) -> bool:
    if not isinstance(step.rule, Pointwise):
        return True
    ones = lambda v: all(n == 1 for n in program.types[v].shape[-last:])
    if len(program.types[step.outputs[0]].shape) >= last and ones(step.outputs[0]):
        return True
    return bool(step.inputs) and all(how == "same" or ones(v) for v, how in zip(step.inputs, step.rule.reads))
