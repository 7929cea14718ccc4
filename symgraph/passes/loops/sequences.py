"""The rows of a sequence that a loop reads, as an array of just these."""

from __future__ import annotations

from typing import Any

from symgraph.expr.sizes import size_constant, static_int
from symgraph.loops.loopop import LoopOp
from symgraph.ops.create import Alloc
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import INPUT, Slice
from symgraph.ops.shape import ShapeItem
from symgraph.passes.match import inputs_of, node_of
from symgraph.passes.replacement import call

__all__ = ["flipped", "is_long_enough", "reads_all", "rows_of"]


def reads_all(array: Any, steps: Any, offset: int) -> bool:
    """Whether that many steps read the array to its end."""
    known = static_int(steps)
    if known is not None and array.type.shape[0] == known + offset:
        return True
    return length_beyond(array, steps) == offset


def length_beyond(array: Any, steps: Any) -> int | None:
    """How many rows an array has beyond `steps`; None: that is not known."""
    item = node_of(steps, ShapeItem)
    if item is not None and item.op.axis == 0 and item.inputs[0] is array:
        return 0
    loop = node_of(array, LoopOp)
    if loop is not None and array.index >= loop.op.layout.states and _counted(loop.op.layout) and loop.inputs[0] is steps:
        return 0
    spread = node_of(array, Alloc)
    if spread is not None and len(spread.inputs) > 1:
        size = spread.inputs[1]
        measured = node_of(size, ShapeItem)
        return 0 if size is steps or measured is not None and measured.op.axis == 0 and length_beyond(measured.inputs[0], steps) == 0 else None
    head = _head(array, steps)
    return None if head is None else head[1]


def _head(array: Any, steps: Any) -> tuple[Any, int] | None:
    """The array of which another one is the first rows, as many as `steps` and some, and how many more; None: it is not."""
    part = node_of(array, Subtensor)
    if part is None or part.op.entries != (Slice(None, INPUT, None),):
        return None
    whole, stop = part.inputs
    terms = [stop] if stop is steps else inputs_of(stop, "add") or []
    numbers = [static_int(x) for x in terms if x is not steps]
    if len(terms) - len(numbers) != 1 or len(terms) > 2 or None in numbers:
        return None
    more = sum(numbers)  # type: ignore[arg-type]
    return (whole, more) if more >= 0 and is_long_enough(whole, steps, more) else None


def is_long_enough(array: Any, steps: Any, offset: int) -> bool:
    """Whether the number of steps is known not to go beyond an array: only then no check of the loop is lost."""
    beyond = length_beyond(array, steps)
    if beyond is not None and beyond >= offset or reads_all(array, steps, offset):
        return True
    lengths = inputs_of(steps, "minimum") or [steps]
    return any(_fits(array, n, offset) for n in lengths)


def _fits(array: Any, steps: Any, offset: int) -> bool:
    """steps <= size of the array - offset, as scan writes it: ``maximum(size - span, 0)``."""
    known = static_int(steps)
    if known is not None and array.type.shape[0] is not None:
        return bool(known + offset <= array.type.shape[0])
    span = 0
    limits = inputs_of(steps, "maximum")
    if limits is not None:
        inner = [x for x in limits if static_int(x) != 0]
        if len(inner) != 1 or len(inner) == len(limits):
            return False
        steps = inner[0]
        for name, sign in (("sub", 1), ("add", -1)):
            terms = inputs_of(steps, name)
            if terms is not None and len(terms) == 2:
                numbers = [static_int(x) for x in terms]
                place = 1 if numbers[1] is not None else 0 if name == "add" else None
                if place is None or numbers[place] is None:
                    return False
                span, steps = sign * int(numbers[place]), terms[1 - place]  # type: ignore[arg-type]
                break
    item = node_of(steps, ShapeItem)
    return item is not None and item.op.axis == 0 and item.inputs[0] is array and offset <= span


def _counted(layout: Any) -> bool:
    return not layout.until and not layout.unbounded


def rows_of(array: Any, steps: Any, offset: int, backwards: bool) -> Any:
    """Row t of what is returned is the one that step t reads; that of step ``steps - 1 - t`` if `backwards`."""
    head = _head(array, steps) if backwards else None
    if head is not None:
        array, offset, backwards = head[0], head[1] - offset, False
    if offset == 0 and reads_all(array, steps, 0):
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
