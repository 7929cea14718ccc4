"""rings: of stacks of which only the last rows are read, only these are kept.

``stack[-1]`` of results that are no states, ``stack[-k:]``, the same places counted from the front where the number of steps is known, and what
loops read that begin with the last row and have a limited number of steps, as derivatives do that go back so many steps (truncate_gradient). An
index from the end means the same row of the last k as of all of them, and is out of bounds for the same numbers of steps.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sizes import static_int
from symgraph.expr.types import tensor_type
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp, known_steps
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import Slice
from symgraph.ops.shape import ShapeItem
from symgraph.passes.match import inputs_of

__all__ = ["rings"]


def rings(graph: Graph) -> Counter[str]:
    """Keep of each stack what is read of it."""
    fired: Counter[str] = Counter()
    for node in graph.toposort():
        if isinstance(node.op, LoopOp) and node in graph.net:
            fired["rings"] += _shorten(graph, node)
    return fired


def _shorten(graph: Graph, node: Apply) -> int:
    layout = node.op.layout
    steps = None if layout.until or layout.unbounded else known_steps(node.inputs[0])
    kept = list(layout.kept or [None] * layout.stacked)
    readers: dict[int, list[tuple[Apply, Any]]] = {}
    for j, out in enumerate(node.outputs[layout.states :]):
        read = None if kept[j] is not None or graph.is_output(out) else _read(graph, out, steps)
        if read is None:
            continue
        most = max((rows for _, _, rows in read), default=0)
        if 0 < most and (steps is None or most < steps):
            kept[j] = most
            readers[j] = [(user, entry) for user, entry, _ in read]
    if not readers:
        return 0
    op = copy.copy(node.op)
    op.layout = LoopLayout(layout.sequences, layout.states, layout.captured, layout.stacked, layout.counts, layout.until, layout.unbounded, kept)
    outputs = [x.type.make_variable(x.name) for x in node.outputs]
    for j in readers:
        old = node.outputs[layout.states + j].type
        rows = kept[j] if steps is not None and kept[j] != 1 else None
        outputs[layout.states + j] = tensor_type(old.dtype, (rows, *old.shape[1:])).make_variable()
    made = Apply(op, node.inputs, outputs)
    made.line = node.line
    pairs = []
    for j, places in readers.items():
        for user, entry in places:
            if entry is not None and entry != user.op.entries[0]:
                result = user.outputs[0].type.make_variable()  # what is known of its sizes stays true
                how = Subtensor([entry, *user.op.entries[1:]])
                pairs.append((user.outputs[0], Apply(how, [outputs[layout.states + j], *user.inputs[1:]], [result]).outputs[0]))
    graph.replace_all([*pairs, *zip(node.outputs, outputs)], "rings")
    return len(readers)


def _read(graph: Graph, out: Any, steps: int | None) -> list[tuple[Apply, Any, int]] | None:
    """Who reads a stack: (node, its index as one from the end, how many of the last rows that needs); None if somebody needs them all."""
    found: list[tuple[Apply, Any, int]] = []
    for user, position in graph.users(out):
        if isinstance(user.op, LoopOp):
            rows = _rows_of_loop(user, position)
            if rows is None:
                return None
            found.append((user, None, rows))
            continue
        if isinstance(user.op, ShapeItem) and user.op.axis > 0:
            found.append((user, None, 0))
            continue
        if type(user.op) is not Subtensor or position or not user.op.entries:
            return None
        entry = _from_the_end(user.op.entries[0], steps)
        rows = _rows(entry)
        if rows is None:
            return None
        found.append((user, entry, rows))
    return found


def _rows_of_loop(node: Apply, position: int) -> int | None:
    """How many of the last rows a loop reads from the last one on, of which it may run a limited number of steps."""
    layout = node.op.layout
    k = position - layout.first_sequence
    if layout.unbounded or not 0 <= k < len(layout.sequences) or not layout.sequences[k][1]:
        return None
    limits = [static_int(x) for x in inputs_of(node.inputs[0], "minimum") or [node.inputs[0]]]
    known = [n for n in limits if n is not None]
    return max(min(known) + layout.sequences[k][0], 1) if known else None


def _from_the_end(entry: Any, steps: int | None) -> Any:
    """The same place counted from the end, where the number of steps is known."""
    def place(n: Any, least: int) -> Any:
        return n if steps is None or not isinstance(n, int) or n < 0 else n - steps if n < steps else least

    if isinstance(entry, int):
        return place(entry, entry)
    if not isinstance(entry, Slice) or entry.step is not None and (not isinstance(entry.step, int) or entry.step < 1):
        return entry
    start, stop = entry.start, entry.stop
    if steps is not None and isinstance(start, int) and start >= steps:
        return entry
    return Slice(place(start, start), None if steps is not None and isinstance(stop, int) and stop >= steps else place(stop, stop), entry.step)


def _rows(entry: Any) -> int | None:
    """How many of the last rows an index reads; None: rows that are not counted from the end."""
    if isinstance(entry, int) and not isinstance(entry, bool):
        return -entry if entry < 0 else None
    if not isinstance(entry, Slice):
        return None
    start, stop, step = entry
    if step is None or isinstance(step, int) and step > 0:
        first = _negative(start) and (stop is None or _negative(stop))
        return -start if first else None
    if isinstance(step, int) and step < 0 and (start is None or _negative(start)) and _negative(stop):
        return max(-stop - 1, 1)
    return None


def _negative(n: Any) -> bool:
    return isinstance(n, int) and n < 0
