"""The rows of a sequence that a loop reads, as an array of just these."""

from __future__ import annotations

from typing import Any

from symgraph.expr.sizes import size_constant, static_int
from symgraph.loops.loopop import LoopOp
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import INPUT, Slice
from symgraph.ops.shape import ShapeItem
from symgraph.passes.match import node_of
from symgraph.passes.replacement import call

__all__ = ["flipped", "reads_all", "rows_of"]


def reads_all(array: Any, steps: Any, offset: int) -> bool:
    """Whether that many steps read the array to its end."""
    if offset == 0:
        item = node_of(steps, ShapeItem)
        if item is not None and item.op.axis == 0 and item.inputs[0] is array:
            return True
        loop = node_of(array, LoopOp)
        if loop is not None and array.index >= loop.op.layout.states and _counted(loop.op.layout) and loop.inputs[0] is steps:
            return True
    known = static_int(steps)
    return known is not None and array.type.shape[0] == known + offset


def _counted(layout: Any) -> bool:
    return not layout.until and not layout.unbounded


def rows_of(array: Any, steps: Any, offset: int, backwards: bool) -> Any:
    """Row t of what is returned is the one that step t reads; that of step ``steps - 1 - t`` if `backwards`."""
    if reads_all(array, steps, offset):
        return array
    if not backwards:
        stop = call("add", steps, size_constant(offset)) if offset else steps
        if offset:
            return Subtensor([Slice(INPUT, INPUT, None)])(array, size_constant(offset), stop)
        return Subtensor([Slice(None, INPUT, None)])(array, stop)
    end = call("sub", ShapeItem(0)(array), size_constant(offset)) if offset else ShapeItem(0)(array)
    return Subtensor([Slice(INPUT, INPUT, None)])(array, call("sub", end, steps), end)


def flipped(array: Any) -> Any:
    """The rows from the last to the first."""
    return Subtensor([Slice(None, None, -1)])(array)
