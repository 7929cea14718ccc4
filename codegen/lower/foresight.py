"""Sizes of what a loop's step makes late: told before the loop, where they do not depend on what only the step can know.

A shape rule may look at an element that a step has yet to compute, and still give sizes that do not depend on it: `x[i]` looks at i to
check it. So the rules are run once on made-up elements, into a block of their own; what was written there without
looking at a made-up element is kept, the rest, and all checks, are thrown away. The step itself checks in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar
from codegen.lower.arrays import SizedArray
from codegen.program import Branch, Loop, Step

__all__ = ["foresee"]


def foresee(frame: Any, values: Sequence[int], loop_plan: Any) -> dict[int, list[Any]]:
    """The sizes of values of a frame that is planned as far as it can be; None for a size that cannot be told. Adds to the present block.

    loop_plan: the class that plans a loop (control.LoopPlan).
    """
    b, unit, program = frame.builder, frame.unit, frame.program
    before, where, on_check = dict(frame.shapes), unit.where, b.on_check
    present = b.block
    trial: ir.Block = []
    made_up: set[int] = set()
    b.block, b.on_check, frame.made_up = trial, lambda error, message: 1, made_up
    try:
        for step in program.steps:
            _shapes_of(frame, step, loop_plan)
        found = {v: list(frame.shapes.get(v, program.types[v].shape)) for v in values}
    finally:
        b.block, b.on_check, frame.made_up = present, on_check, None
        frame.shapes.clear()
        frame.shapes.update(before)
        unit.where = where
    lost = _keep(trial, present, made_up)
    return {v: [None if isinstance(n, Scalar) and _number(n.value) in lost else n for n in shape] for v, shape in found.items()}


def _shapes_of(frame: Any, step: Any, loop_plan: Any) -> None:
    """The shapes of a step's outputs, where those of its inputs are there."""
    types, shapes = frame.program.types, frame.shapes
    if all(v is None or v in shapes for v in step.outputs):
        return
    try:
        if isinstance(step, Loop):
            loop_plan(frame, step, type(frame)).size()
        elif isinstance(step, Step) and step.rule.sizes is not None:
            for v, shape in zip(step.outputs, step.rule.sizes(frame.builder, *[SizedArray(frame, v) for v in step.inputs])):
                shapes[v] = tuple([s if n is None else n for n, s in zip(types[v].shape, shape)])
        else:
            assert isinstance(step, (Step, Branch))
    except KeyError:  # the shape of an input is not there
        pass
    for v in step.outputs:
        if v is not None and v not in shapes and None not in types[v].shape:
            shapes[v] = types[v].shape


def _keep(trial: ir.Block, present: ir.Block, made_up: set[int]) -> set[int]:
    """Move what does not depend on a made-up value; the numbers of the values that are gone."""
    gone = set(made_up)
    for node in trial:
        if isinstance(node, ir.Assign) and not any(_number(a) in gone for a in node.args):
            present.append(node)
        elif isinstance(node, ir.Load) and _number(node.pointer) not in gone and _number(node.index) not in gone:
            present.append(node)
        else:
            gone.update(x.number for x in _results(node))
    return gone


def _results(node: Any) -> Sequence[ir.Value]:
    if isinstance(node, (ir.For, ir.While, ir.If)):
        return node.results
    out = getattr(node, "out", None)
    return [] if out is None else [out]


def _number(x: Any) -> int:
    return x.number if isinstance(x, ir.Value) else -1
