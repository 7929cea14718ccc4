"""A loop written as a loop over segments of its steps, for derivatives in less memory than one row a step.

Of n steps in segments of k, the reverse stores the states at the beginnings of the n / k segments, and runs each segment again, the last
first, to store what the reverse of its k steps needs: k = sqrt(n) keeps 2 sqrt(n) rows for the price of one more run (Chen et al.,
"Training deep nets with sublinear memory cost", 2016; Griewank, "Achieving logarithmic growth of temporal and spatial complexity in
reverse automatic differentiation", 1992). Segments of segments keep d n^(1/d) rows for d - 1 more runs. What keeps log2(n) rows, or as many
as a number of bytes allows, is in gradient/snapshots.py.

Only derivatives are taken of what is written here, it gives no values. So all segments may have k steps in memory: the last one is filled
up, with rows that no step reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.sizes import size_constant, size_of
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Variable
from symgraph.expr.walk import clone_nodes
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.ops.create import zeros
from symgraph.ops.index import set_subtensor

__all__ = ["in_segments", "of_segment"]


def _length(level: Any, whole: Any) -> Any:
    """How many steps a segment has; whole: the number of all steps, of which roots are taken."""
    if isinstance(level, int):
        return size_constant(level)
    return (whole.astype("float64") ** (level.power / level.degree)).ceil().astype("int64").maximum(1)


def in_segments(op: LoopOp, steps: Any, inputs: Sequence[Any], whole: Any = None) -> tuple[list[Any], list[Any]]:
    """Final states and stacks of `steps` steps of a loop of `inputs` (without the number of steps), in segments as `op.checkpoint` says.

    whole: the number of all steps, where these are only a part. The stacks have rows behind those of the steps. A condition of the loop is
    left out: so many steps it is known to run."""
    layout, levels = op.layout, op.checkpoint or ()
    count = len(layout.sequences)
    arrays, starts, outer = inputs[:count], inputs[count : count + layout.states], inputs[count + layout.states :]
    whole = steps if whole is None else whole
    length = _length(levels[0], whole)
    segments = (steps + length - 1) // length
    blocks = [_blocks(x, how, steps, segments, length) for x, how in zip(arrays, layout.sequences)]
    # The body: one segment.
    number, inner_steps, inner_length, inner_whole = map(_whole_number, ("segment", "steps", "length", "whole"))
    rows = [_row_of(x) for x in blocks]
    states = [x.type.make_variable(x.name) for x in op.inner_inputs[layout.inner_state : layout.inner_captured]]
    captured = [x.type.make_variable(x.name) for x in op.inner_inputs[layout.inner_captured :]]
    here = inner_length.minimum(inner_steps - number * inner_length).astype("int64")
    body = of_segment(op)
    base = [number * inner_length] if layout.counts else []
    if body.checkpoint is None:
        results = body(here, *rows, *states, *captured, *base, return_list=True)
        finals, stacks = results[: layout.states], results[layout.states :]
    else:
        finals, stacks = in_segments(body, here, [*rows, *states, *captured, *base], inner_whole)
    filled = [set_subtensor(zeros([inner_length, *[size_of(y, d) for d in range(1, y.ndim)]], y.dtype)[:here], y[:here]) for y in stacks]
    outside = [(inner_steps, steps), (inner_length, length), (inner_whole, whole), *zip(captured, outer)]
    loop = LoopOp([number, *rows, *states, *[x for x, _ in outside]], [*finals, *filled],
                  LoopLayout([(0, backwards) for _, backwards in layout.sequences], layout.states, len(outside), layout.stacked, counts=True),
                  f"segments of {op.name or 'loop'}", recompute=True)
    results = loop(segments, *blocks, *starts, *[y for _, y in outside], return_list=True)
    return list(results[: layout.states]), [_joined(y) for y in results[layout.states :]]


def of_segment(op: LoopOp) -> LoopOp:
    """The loop over the steps of one segment: it reads its sequences from their first row, and counts from a captured number on."""
    layout, levels = op.layout, op.checkpoint or ()
    results: list[Variable] = op.inner_outputs[: layout.states + layout.stacked]
    inside = list(op.inner_inputs)
    if layout.counts:
        counter, base = inside[0], inside[0].type.make_variable("base")
        inside[0] = counter.type.make_variable(counter.name)
        inside.append(base)
        results = clone_nodes(results, {counter: inside[0] + base})
    inner = LoopLayout([(0, backwards) for _, backwards in layout.sequences], layout.states, layout.captured + int(layout.counts), layout.stacked,
                       layout.counts)
    return LoopOp(inside, results, inner, op.name, checkpoint=levels[1:] or None)


def _blocks(x: Any, how: tuple[int, bool], steps: Any, segments: Any, length: Any) -> Any:
    """The rows of a sequence that the steps read, filled up and folded: one block a segment. Those that are read from the end stay so."""
    offset, backwards = how
    rows = segments * length
    filler = zeros([rows, *[size_of(x, d) for d in range(1, x.ndim)]], x.dtype)
    end = size_of(x, 0) - offset
    full = set_subtensor(filler[rows - steps :], x[end - steps : end]) if backwards else set_subtensor(filler[:steps], x[offset : offset + steps])
    return full.reshape((segments, length, *[size_of(x, d) for d in range(1, x.ndim)]))


def _whole_number(name: str) -> Any:
    return tensor_type("int64", ()).make_variable(name)


def _row_of(x: Any) -> Any:
    t = tensor_type(x.dtype, x.type.shape[1:])
    return t.make_variable(x.name)


def _joined(y: Any) -> Any:
    """The blocks of all segments as rows one after the other."""
    sizes = [size_of(y, d) for d in range(y.ndim)]
    return y.reshape((sizes[0] * sizes[1], *sizes[2:]))
