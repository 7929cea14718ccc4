"""Derivatives of loops: what both modes share, and forward mode, a loop that carries tangents along. Reverse mode: reverseloop.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import CONTINUOUS
from symgraph.expr.op import Apply
from symgraph.gradient.forward import Rop
from symgraph.gradient.reverse import zeros_for
from symgraph.loops.loopop import LoopLayout, LoopOp

__all__ = ["Parts", "by_role", "continuous", "loop_tangents", "moving_states", "named"]


class Parts:
    """The variables of a loop's node by their roles: what stands inside (rows, states, captured, new_states, results) and outside
    (arrays, starts, outer)."""

    def __init__(self, node: Apply) -> None:
        op, layout = node.op, node.op.layout
        inside = op.inner_inputs
        self.counter = inside[: int(layout.counts)]
        self.rows = inside[int(layout.counts) : layout.inner_state]
        self.states = inside[layout.inner_state : layout.inner_captured]
        self.captured = inside[layout.inner_captured :]
        self.arrays = node.inputs[layout.first_sequence : layout.first_state]
        self.starts = node.inputs[layout.first_state : layout.first_captured]
        self.outer = node.inputs[layout.first_captured :]
        self.new_states = op.inner_outputs[: layout.states]
        self.results = op.inner_outputs[layout.states : layout.states + layout.stacked]
        self.steps = None if layout.unbounded else node.inputs[0]


def by_role(layout: LoopLayout, said: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """What is said of each input of the node, as that of sequences, states and captured variables."""
    first, second, third = layout.first_sequence, layout.first_state, layout.first_captured
    return list(said[first:second]), list(said[second:third]), list(said[third:])


def moving_states(op: LoopOp, moving: set[Any]) -> list[bool]:
    """Which states a change of the inner variables `moving` changes in some step."""
    layout, pattern = op.layout, op.inner_pattern()
    flags = [x in moving for x in op.inner_inputs]
    while True:
        found = [flags[layout.inner_state + k] or any(f and row[k] for f, row in zip(flags, pattern)) for k in range(layout.states)]
        if found == flags[layout.inner_state : layout.inner_captured]:
            return found
        flags[layout.inner_state : layout.inner_captured] = found


def continuous(x: Any) -> bool:
    """Whether the values of x can change by a little."""
    return getattr(x.type, "dtype", None) in CONTINUOUS


def named(op: LoopOp, what: str) -> str:
    """The name of a loop that is made of another."""
    return f"{what} {op.name or 'loop'}"


def loop_tangents(node: Apply, tangents: Sequence[Any]) -> list[Any]:
    """How the outputs of a loop move: the loop with a tangent beside each state that moves. Its memory does not grow with the steps."""
    parts, layout = Parts(node), node.op.layout
    by_rows, by_states, by_captured = by_role(layout, [t if continuous(x) else None for x, t in zip(node.inputs, tangents)])
    roles = [(parts.rows, by_rows), (parts.states, by_states), (parts.captured, by_captured)]
    moving = moving_states(node.op, {x for xs, ts in roles for x, t in zip(xs, ts) if t is not None})
    states = [k for k, m in enumerate(moving) if m and continuous(parts.states[k])]
    rows = [k for k, t in enumerate(by_rows) if t is not None]
    captured = [k for k, t in enumerate(by_captured) if t is not None]
    inside = [parts.rows[k] for k in rows] + [parts.states[k] for k in states] + [parts.captured[k] for k in captured]
    dx = [x.type.make_variable() for x in inside]
    found = Rop([*[parts.new_states[k] for k in states], *parts.results], inside, dx, disconnected_outputs="ignore", return_disconnected="None")
    new = [zeros_for(parts.states[k]) if t is None else t for k, t in zip(states, found)]
    stacks = [(k, t) for k, t in enumerate(found[len(states) :]) if t is not None]
    if not new and not stacks:
        return [None] * len(node.outputs)
    d_rows, d_states, d_captured = dx[: len(rows)], dx[len(rows) : len(rows) + len(states)], dx[len(rows) + len(states) :]
    op = LoopOp(
        [*parts.counter, *parts.rows, *d_rows, *parts.states, *d_states, *parts.captured, *d_captured],
        [*parts.new_states, *new, *[t for _, t in stacks], *node.op.inner_outputs[layout.states + layout.stacked :]],
        LoopLayout([*layout.sequences, *[layout.sequences[k] for k in rows]], layout.states + len(states), layout.captured + len(captured),
                   len(stacks), layout.counts, layout.until, layout.unbounded),
        named(node.op, "tangent of"), node.op.truncate, node.op.recompute,
        progress=node.op.progress)
    starts = [zeros_for(parts.starts[k]) if by_states[k] is None else by_states[k] for k in states]
    results = op(*node.inputs[: layout.first_sequence], *parts.arrays, *[by_rows[k] for k in rows], *parts.starts, *starts, *parts.outer,
                 *[by_captured[k] for k in captured], return_list=True)
    given: list[Any] = [None] * len(node.outputs)
    for k, t in zip(states, results[layout.states :]):
        given[k] = t
    for (k, _), t in zip(stacks, results[layout.states + len(states) :]):
        given[layout.states + k] = t
    return given
