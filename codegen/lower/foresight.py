"""Sizes of what a loop's step makes late: told before the loop, where they do not depend on what only the step can know.

A shape rule may look at an element that a step has yet to compute, and still give sizes that do not depend on it: `x[i]` looks at i to
check it. So the rules are run once on made-up elements, into a block of their own; what was written there without
looking at a made-up element is kept, the rest, and all checks, are thrown away. The step itself checks in its turn.

A branch may give other sizes on each side. Where both turn out to be equal, that is what a loop without a step gives; a step that runs
tells what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar, is_number
from codegen.lower.arrays import Memory, SizedArray
from codegen.program import Branch, Loop, Step

__all__ = ["foresee"]


def foresee(frame: Any, values: Sequence[int], loop_plan: Any) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """The sizes of values of a frame that is planned as far as it can be; None for a size that cannot be told. And those that are likely: where
    nothing but a branch decides it, the size that both sides give, 0 if they differ. Adds to the present block.

    loop_plan: the class that plans a loop (control.LoopPlan).
    """
    b, unit, program = frame.builder, frame.unit, frame.program
    before, where, on_check = dict(frame.shapes), unit.where, b.on_check
    present = b.block
    trial: ir.Block = []
    made_up: set[int] = set()
    guessed: set[int] = set()
    b.block, b.on_check, frame.made_up = trial, lambda error, message: 1, made_up
    try:
        for step in program.steps:
            _shapes_of(frame, step, loop_plan, guessed)
        found = {v: list(frame.shapes.get(v, program.types[v].shape)) for v in values}
    finally:
        b.block, b.on_check, frame.made_up = present, on_check, None
        frame.shapes.clear()
        frame.shapes.update(before)
        unit.where = where
    lost, likely = _keep(trial, present, made_up, guessed)

    def known(shape: Sequence[Any], gone: set[int]) -> list[Any]:
        return [None if isinstance(n, Scalar) and _number(n.value) in gone else n for n in shape]

    return {v: known(shape, lost | likely) for v, shape in found.items()}, {v: known(shape, lost) for v, shape in found.items()}


def _shapes_of(frame: Any, step: Any, loop_plan: Any, guessed: set[int]) -> None:
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
        elif isinstance(step, Branch):
            for v, one, other in zip(step.outputs, *[_side(frame, step, side, loop_plan, guessed) for side in (step.then, step.otherwise)]):
                shapes[v] = tuple([_both(frame, a, c, guessed) if n is None else n for n, a, c in zip(types[v].shape, one, other)])
    except KeyError:  # the shape of an input is not there
        pass
    for v in step.outputs:
        if v is not None and v not in shapes and None not in types[v].shape:
            shapes[v] = types[v].shape


def _side(frame: Any, branch: Branch, program: Any, loop_plan: Any, guessed: set[int]) -> list[Any]:
    """The shapes of what one side gives."""
    inner = type(frame)(frame.unit, program, lambda k, shape: None)
    inner.made_up = frame.made_up
    for v, outer in zip(program.inputs, branch.captured):
        inner.bind(v, frame.shapes[outer], Memory(), (frame, outer))
    for step in program.steps:
        _shapes_of(inner, step, loop_plan, guessed)
    return [inner.shapes[v] for v in program.outputs]


def _both(frame: Any, one: Any, other: Any, guessed: set[int]) -> Any:
    """The size that both sides give; where only a run shows whether they agree, a number of its own, which is a guess: 0 if they do not."""
    b = frame.builder
    if is_number(one) and is_number(other) and one == other or getattr(one, "value", 0) is getattr(other, "value", 1):
        return one
    either: Any = 0 if is_number(one) and is_number(other) else b.cast(b.select(b.equal(one, other), one, 0), "int64")
    size = Scalar(b, b.value("int64"))
    b.block.append(ir.Assign(size.value, "add", (either if is_number(either) else either.value, 0)))
    guessed.add(size.value.number)
    return size


def _keep(trial: ir.Block, present: ir.Block, made_up: set[int], guessed: set[int]) -> tuple[set[int], set[int]]:
    """Move what does not depend on a made-up value; the numbers of the values that are gone, and of those that depend on guesses."""
    gone, likely = set(made_up), set(guessed)
    for node in trial:
        reads = [_number(a) for a in node.args] if isinstance(node, ir.Assign) else [_number(node.index)] if isinstance(node, ir.Load) else []
        if any(a in likely for a in reads):
            likely.update(x.number for x in _results(node))
        if isinstance(node, ir.Assign) and not any(_number(a) in gone for a in node.args):
            present.append(node)
        elif isinstance(node, ir.Load) and _number(node.pointer) not in gone and _number(node.index) not in gone:
            present.append(node)
        else:
            gone.update(x.number for x in _results(node))
    return gone, likely


def _results(node: Any) -> Sequence[ir.Value]:
    if isinstance(node, (ir.For, ir.While, ir.If)):
        return node.results
    out = getattr(node, "out", None)
    return [] if out is None else [out]


def _number(x: Any) -> int:
    return x.number if isinstance(x, ir.Value) else -1
