"""Short loops of elementwise steps written out: their steps are fused, and arrays go through memory once, not once a step.

Only where nothing is lost by it: the number of steps is known and small, a step does nothing but elementwise arithmetic, which cannot fail
within, and of stacks single rows are read. Bodies and their sizes stay small, for the sake of the time to compile.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.expr.sizes import ViewOp
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopOp, known_steps
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import Subtensor
from symgraph.ops.layout import DimShuffle
from symgraph.ops.shape import ShapeItem
from symgraph.passes.loops.sequences import is_long_enough

__all__ = ["unroll"]

STEPS = 16
NODES = 100  # of all steps together
COST = 10  # of one op, an element: exp and its like take more time than memory (ten steps of tanh took 1.5 times as long)
SIMPLE = (Elementwise, DimShuffle, ViewOp, ShapeItem, Alloc)

Read = tuple[Apply, int, int]  # a node that reads a row of a stack, the number of the stack, the row


def unroll(graph: Graph) -> Counter[str]:
    """Write out the loops for which that pays."""
    fired: Counter[str] = Counter()
    for node in reversed(graph.toposort()):  # what reads the rows of a stack may be a loop, and reads single rows when it is written out
        pairs = unrolled(graph, node) if isinstance(node.op, LoopOp) and node in graph.net else None
        if pairs is not None:
            graph.replace_all(pairs, "unroll")
            fired["unrolled"] += 1
    return fired


def unrolled(graph: Graph, node: Apply) -> list[tuple[Any, Any]] | None:
    """The steps of a loop one after the other: pairs of what was read of it and what takes its place; None: it stays a loop."""
    op, layout = node.op, node.op.layout
    steps = None if layout.until or layout.unbounded or op.progress is not None else known_steps(node.inputs[0])
    if steps is None or not 0 < steps <= STEPS or any(layout.kept):
        return None
    body = toposort(op.inner_outputs, op.inner_inputs)
    if len(body) * steps > NODES or not all(isinstance(inner.op, SIMPLE) and getattr(inner.op, "cost", 1) <= COST for inner in body):
        return None
    arrays = node.inputs[layout.first_sequence : layout.first_state]
    if not all(is_long_enough(x, node.inputs[0], offset) and x.type.shape[0] is not None for x, (offset, _) in zip(arrays, layout.sequences)):
        return None
    reads = _reads(graph, node, steps)
    return None if reads is None else _written_out(node, steps, reads)


def _reads(graph: Graph, node: Apply, steps: int) -> list[Read] | None:
    """Who reads which rows of the stacks; None: somebody reads something else of them."""
    found = []
    for j, stack in enumerate(node.outputs[node.op.layout.states :]):
        if graph.is_output(stack):
            return None
        for user, position in graph.users(stack):
            row = user.op.entries[0] if isinstance(user.op, Subtensor) and position == 0 and user.op.entries else None
            if not isinstance(row, int) or isinstance(row, bool) or not -steps <= row < steps:
                return None
            found.append((user, j, row % steps))
    return found


def _written_out(node: Apply, steps: int, reads: list[Read]) -> list[tuple[Any, Any]]:
    op, layout = node.op, node.op.layout
    inside = op.inner_inputs
    arrays, states = node.inputs[layout.first_sequence : layout.first_state], list(node.inputs[layout.first_state : layout.first_captured])
    fixed = dict(zip(inside[layout.inner_captured :], node.inputs[layout.first_captured :]))
    rows: list[list[Any]] = []
    for t in range(steps):
        given = dict(fixed)
        if layout.counts:
            given[inside[0]] = constant(t, dtype="int64")
        for x, array, (offset, backwards) in zip(inside[int(layout.counts) :], arrays, layout.sequences):
            given[x] = Subtensor([array.type.shape[0] - 1 - t - offset if backwards else t + offset])(array)
        given.update(zip(inside[layout.inner_state :], states))
        results = clone_nodes(op.inner_outputs, given)
        states = results[: layout.states]
        rows.append(results[layout.states :])
    pairs = list(zip(node.outputs, states))
    for user, j, t in reads:
        rest = user.op.entries[1:]
        pairs.append((user.outputs[0], Subtensor(rest)(rows[t][j], *user.inputs[1:]) if rest else rows[t][j]))
    return pairs
