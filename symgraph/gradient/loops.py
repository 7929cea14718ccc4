"""Derivatives of loops: the reverse of a LoopOp is a LoopOp that runs backwards, its forward mode one that carries tangents along.

Reverse. The step's gradient is a graph: what comes back by its states and results, and values of the forward step, go in; gradients by
its rows, states and captured variables come out. Those by states are the states of the reverse loop, those by rows its stacks, those by
captured variables are added up in states. Of the forward step's values the fewest bytes are stored (`tape.py`): the forward loop is
written again with these as further stacks, over the same inner variables, so that the passes make one loop of both. A loop whose
step is linear stores nothing. A state after a step, where it is read, is carried: it is the state before the following step, which the
reverse has just left.

How many steps ran is the number of rows that were stored; so loops with `until`, and loops of unknown length, need nothing more.
Since the reverse is a loop as any other, it has derivatives too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import CONTINUOUS
from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_constant, size_of, static_int
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.gradient.forward import Rop
from symgraph.gradient.markers import NullType
from symgraph.gradient.reverse import backward, zeros_for
from symgraph.gradient.tape import read_forward, stored, without_measuring
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import IncSubtensor, set_subtensor
from symgraph.ops.shape import ShapeItem

__all__ = ["loop_grads", "loop_tangents"]


class _Parts:
    """The variables of a loop's node by their roles: pairs of what stands inside and outside."""

    def __init__(self, node: Apply) -> None:
        op, layout = node.op, node.op.layout
        self.node, self.op, self.layout = node, op, layout
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

    def by_role(self, flags: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """One entry an input of the node, as those of sequences, states and captured variables."""
        first, second, third = self.layout.first_sequence, self.layout.first_state, self.layout.first_captured
        return list(flags[first:second]), list(flags[second:third]), list(flags[third:])


def moving_states(op: LoopOp, moving: set[Any]) -> list[bool]:
    """Which states a change of the inner variables `moving` changes in some step."""
    layout = op.layout
    pattern = op.inner_pattern()
    flags = [x in moving for x in op.inner_inputs]
    while True:
        found = [flags[layout.inner_state + k] or any(f and row[k] for f, row in zip(flags, pattern)) for k in range(layout.states)]
        if found == flags[layout.inner_state : layout.inner_captured]:
            return found
        flags[layout.inner_state : layout.inner_captured] = found


# Forward mode ---------------------------------------------------------------------------------------------------------


def loop_tangents(node: Apply, tangents: Sequence[Any]) -> list[Any]:
    """How the outputs of a loop move: the loop with a tangent beside each state that moves. Its memory does not grow with the steps."""
    parts, layout = _Parts(node), node.op.layout
    by_rows, by_states, by_captured = parts.by_role([t if _continuous(x) else None for x, t in zip(node.inputs, tangents)])
    roles = [(parts.rows, by_rows), (parts.states, by_states), (parts.captured, by_captured)]
    moving = moving_states(node.op, {x for xs, ts in roles for x, t in zip(xs, ts) if t is not None})
    states = [k for k, m in enumerate(moving) if m and _continuous(parts.states[k])]
    rows = [k for k, t in enumerate(by_rows) if t is not None]
    captured = [k for k, t in enumerate(by_captured) if t is not None]
    inside = [parts.rows[k] for k in rows] + [parts.states[k] for k in states] + [parts.captured[k] for k in captured]
    dx = [x.type() for x in inside]
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
        _named(node.op, "tangent of"), node.op.truncate)
    starts = [zeros_for(parts.starts[k]) if by_states[k] is None else by_states[k] for k in states]
    results = op(*node.inputs[: layout.first_sequence], *parts.arrays, *[by_rows[k] for k in rows], *parts.starts, *starts, *parts.outer,
                 *[by_captured[k] for k in captured], return_list=True)
    given: list[Any] = [None] * len(node.outputs)
    for k, t in zip(states, results[layout.states :]):
        given[k] = t
    for (k, _), t in zip(stacks, results[layout.states + len(states) :]):
        given[layout.states + k] = t
    return given


# Reverse mode ---------------------------------------------------------------------------------------------------------


def loop_grads(node: Apply, grads: Sequence[Any], useful: Sequence[bool], null_gradients: str) -> list[Any]:
    """The gradients by a loop's inputs (None: nothing comes back), given those by its outputs."""
    return _Reverse(node, grads, useful).run(null_gradients)


class _Reverse:
    """One reverse loop in the making."""

    def __init__(self, node: Apply, grads: Sequence[Any], useful: Sequence[bool]) -> None:
        self.parts = parts = _Parts(node)
        self.node, self.op, self.layout = node, node.op, node.op.layout
        self.of_rows, self.of_states, self.of_captured = parts.by_role(useful)
        given = [g if _continuous(x) else None for x, g in zip(node.outputs, grads)]
        self.final_grads, self.stack_grads = given[: self.layout.states], given[self.layout.states :]
        for k, (x, g) in enumerate(zip(parts.results, self.stack_grads)):
            if g is not None and x in parts.new_states:
                place = parts.new_states.index(x)
                last, self.stack_grads[k] = _of_last_row(g, parts.starts[place])
                if last is not None:
                    known = self.final_grads[place]
                    self.final_grads[place] = last if known is None else known + last
        roles = ((parts.rows, self.of_rows), (parts.states, self.of_states), (parts.captured, self.of_captured))
        varying = moving_states(self.op, {x for xs, flags in roles for x, f in zip(xs, flags) if f})
        reach = self._reaching()
        self.carried = [k for k, x in enumerate(parts.states) if varying[k] and reach[k] and _continuous(x)]
        self.discrete = [k for k, x in enumerate(parts.states) if self.of_states[k] and not _continuous(x)]
        self.inner: dict[Any, Any] = {}  # outer variable -> the captured one that stands for it in the reverse step

    def _reaching(self) -> list[bool]:
        """Which states have influence on something that a gradient comes back by."""
        layout, pattern = self.layout, self.op.inner_pattern()
        reach = [g is not None for g in self.final_grads]
        stacks = [g is not None for g in self.stack_grads]
        while True:
            rows = pattern[layout.inner_state : layout.inner_captured]
            found = [r or any(p and f for p, f in zip(row, (*reach, *stacks))) for r, row in zip(reach, rows)]
            if found == reach:
                return reach
            reach = found

    def run(self, null_gradients: str) -> list[Any]:
        parts = self.parts
        # The step's own reverse.
        back = {k: parts.states[k].type() for k in self.carried}
        rows_back = {k: parts.results[k].type() for k, g in enumerate(self.stack_grads) if g is not None}
        start: dict[Variable, Any] = {}
        for x, g in [*((parts.new_states[k], g) for k, g in back.items()), *((parts.results[k], g) for k, g in rows_back.items())]:
            start[x] = start[x] + g if x in start else g
        rows = [k for k, used in enumerate(self.of_rows) if used]
        captured = [k for k, used in enumerate(self.of_captured) if used]
        states = [*self.carried, *self.discrete]
        found = backward(start, [*[parts.states[k] for k in states], *[parts.rows[k] for k in rows], *[parts.captured[k] for k in captured]],
                         (), null_gradients)
        nulls = [g for g in found.values() if isinstance(g.type, NullType)]
        if any(isinstance(found[x].type, NullType) for k in states if (x := parts.states[k]) in found):
            return [nulls[0] if used else None for used in (*[False] * self.layout.first_sequence, *self.of_rows, *self.of_states, *self.of_captured)]
        null = {x: g for x, g in found.items() if isinstance(g.type, NullType)}
        rows = [k for k in rows if parts.rows[k] in found and parts.rows[k] not in null]
        captured = [k for k in captured if parts.captured[k] in found and parts.captured[k] not in null]
        results = [found[x] if (x := parts.states[k]) in found else zeros_for(x) for k in states]
        results += [found[parts.rows[k]] for k in rows] + [found[parts.captured[k]] for k in captured]
        leaves = [*self.op.inner_inputs, *back.values(), *rows_back.values()]
        results = without_measuring(results, leaves)
        # What it reads of the forward step, and where that comes from.
        given = self._sizes_of_states(results, leaves)
        free = {*given, *parts.counter, *parts.rows, *parts.captured}
        wanted = read_forward(results, [*self.op.inner_inputs, *given], [*back.values(), *rows_back.values()])
        after = {x: y for x, y in zip(parts.new_states, parts.states) if x.owner is not None and isinstance(x, TensorVariable)}
        kept, left = stored(wanted, parts.states, free, after, self.op.recompute)
        return self._loop(states, back, rows_back, rows, captured, results, given, kept, {x: after[x] for x in left}, null)

    def _sizes_of_states(self, results: Sequence[Any], leaves: Sequence[Any]) -> dict[Any, Any]:
        """Sizes of states, which no step changes, as those of the initial ones."""
        starts = dict(zip(self.parts.states, self.parts.starts))
        found = {}
        for node in toposort(results, leaves):
            if isinstance(node.op, ShapeItem) and node.inputs[0] in starts:
                found[node.outputs[0]] = size_of(self._captured(starts[node.inputs[0]]), node.op.axis)
        return found

    def _captured(self, x: Any) -> Any:
        if isinstance(x, Constant):
            return x
        if x not in self.inner:
            self.inner[x] = x.type.make_variable(x.name)
        return self.inner[x]

    def _loop(
        self, states: list[int], back: dict[int, Any], rows_back: dict[int, Any], rows: list[int], captured: list[int], results: list[Any],
        given: dict[Any, Any], kept: list[Any], left: dict[Any, Any], null: dict[Any, Any],
    ) -> list[Any]:
        parts, layout = self.parts, self.layout
        forward, stacks, ran = self._forward(kept)
        steps = ran if self.op.truncate < 0 else ran.minimum(size_constant(self.op.truncate)).astype("int64")
        counter = [tensor_type("int64", ()).make_variable()] if parts.counter else []
        if counter:
            given[parts.counter[0]] = self._captured(ran) - 1 - counter[0]
        for x, y in zip(parts.captured, parts.outer):
            given[x] = self._captured(y)
        sequences: list[tuple[Any, Any, tuple[int, bool]]] = []  # what stands inside and outside, and how it is read
        for k, x in enumerate(parts.rows):
            given[x] = x.type.make_variable(x.name)
            sequences.append((given[x], *_read_back(parts.arrays[k], layout.sequences[k], ran)))
        for x, stack in zip(kept, stacks):
            given[x] = x.type.make_variable(x.name)
            sequences.append((given[x], stack, (0, True)))
        sequences += [(g, self.stack_grads[k], (0, True)) for k, g in rows_back.items()]
        # States: the gradients by the states, sums for the captured variables, states of the step that was left last.
        outer_states = [g if (g := self.final_grads[k]) is not None and k in back else zeros_for(parts.starts[k]) for k in states]
        inner_states = [back[k] if k in back else x.type.make_variable() for k, x in zip(states, outer_states)]
        new = results[: len(states)]
        terms = results[len(states) + len(rows) :]
        for k, term in zip(captured, terms):
            zeros = zeros_for(parts.outer[k])
            total = zeros.type.make_variable()
            outer_states.append(zeros)
            inner_states.append(total)
            new.append(total + term)
        for x, before in left.items():
            given[x] = x.type.make_variable(x.name)
            outer_states.append(forward[parts.new_states.index(x)])
            inner_states.append(given[x])
            new.append(before)
        inner = clone_nodes([*new, *results[len(states) : len(states) + len(rows)]], given)
        read = {x for node in toposort(inner) for x in node.inputs} | set(inner)
        sequences = [s for s in sequences if s[0] in read]
        others = [(y, x) for x, y in self.inner.items() if y in read]
        op = LoopOp(
            [*counter, *[x for x, *_ in sequences], *inner_states, *[x for x, _ in others]], inner,
            LoopLayout([how for *_, how in sequences], len(inner_states), len(others), len(rows), counts=bool(counter)),
            _named(self.op, "gradient of"), recompute=self.op.recompute)
        found = op(steps, *[y for _, y, _ in sequences], *outer_states, *[y for _, y in others], return_list=True)
        found[0].owner.line = self.node.line
        return self._results(states, rows, captured, found, ran, steps, len(inner_states), null)

    def _forward(self, kept: list[Any]) -> tuple[list[Any], list[Any], Any]:
        """Final states and stacks of what is kept of a forward loop that has these, and the number of steps that ran."""
        parts, layout = self.parts, self.layout
        outputs = list(parts.results)
        missing = [x for x in dict.fromkeys(kept) if x not in outputs]
        counted = layout.until or layout.unbounded
        if counted and not outputs and not missing:
            missing.append(self.op.inner_outputs[-1])
        if missing:
            outputs += missing
            op = self.op.with_stacks(missing)
            results = op(*self.node.inputs, return_list=True)
            results[0].owner.line = self.node.line
        else:
            results = list(self.node.outputs)
        stacks = results[layout.states :]
        ran = size_of(stacks[0], 0) if counted else parts.steps
        return results[: layout.states], [stacks[outputs.index(x)] for x in kept], ran

    def _results(self, states: list[int], rows: list[int], captured: list[int], found: list[Any], ran: Any, steps: Any, count: int,
                 null: dict[Any, Any]) -> list[Any]:
        """One entry an input of the node."""
        parts, layout = self.parts, self.layout
        by_state = dict(zip(states, found))
        by_captured = dict(zip(captured, found[len(states) :]))
        by_row = {k: self._rows(k, g, ran, steps) for k, g in zip(rows, found[count:])}
        starts = [null.get(x, by_state.get(k)) for k, x in enumerate(parts.states)]
        if self.op.truncate >= 0:
            starts = [g if g is None else self._untouched(k, by_state, ran - steps) for k, g in enumerate(starts)]
        return [*[None] * layout.first_sequence, *[null.get(x, by_row.get(k)) for k, x in enumerate(parts.rows)], *starts,
                *[null.get(x, by_captured.get(k)) for k, x in enumerate(parts.captured)]]

    def _untouched(self, k: int, by_state: dict[int, Any], left: Any) -> Any:
        """The gradient by an initial state where `left` steps before the others count as constant: what these only handed on.

        A value of one step ago is that of two steps ago in the next step; so it may be the initial state that a later step reads.
        """
        new, old = self.parts.new_states, self.parts.states
        zeros = zeros_for(self.parts.starts[k])
        stays = new[k] is old[k]
        total, frontier = left.eq(0).switch(by_state[k], zeros) if not stays else by_state[k], [k]
        for hops in range(1, len(old)):
            frontier = [j for j in range(len(old)) if j != k and any(new[j] is old[i] for i in frontier)]
            for j in frontier:
                if j in by_state:
                    total = total + (left.ge(hops) if stays else left.eq(hops)).switch(by_state[j], zeros)
        return total

    def _rows(self, k: int, g: Any, ran: Any, steps: Any) -> Any:
        """The gradient by a sequence: the rows that were read, the last first, in their places."""
        (offset, backwards), array = self.layout.sequences[k], self.parts.arrays[k]
        all_read = self.op.truncate < 0 and _reads_all(array, ran, offset)
        if not backwards:
            g = g[::-1]
        if all_read and offset == 0:
            return g
        first = size_of(array, 0) - ran - offset if backwards else ran - steps + offset
        zeros = array.zeros_like(dtype=g.dtype)
        return set_subtensor(zeros[first : first + steps], g)


def _of_last_row(g: Any, model: Any) -> tuple[Any, Any]:
    """A gradient by a stack in two parts, None where there is none: what comes by `stack[-1]`, as the gradient by that row, which has the
    sizes of model, and the rest. So no stack of zeros is made, and read, for the sake of its last row."""
    terms, last, rest = [g], None, None
    while terms:
        term = terms.pop()
        node = term.owner
        if node is not None and isinstance(node.op, Elementwise) and node.op.name == "add" and all(x.type.ndim == g.type.ndim for x in node.inputs):
            terms += node.inputs
        elif node is not None and isinstance(node.op, IncSubtensor) and node.op.entries[:1] == (-1,) and _zeros(node.inputs[0]):
            below, (_, y, *places) = node.op.entries[1:], node.inputs
            part = IncSubtensor(below, node.op.sets)(model.zeros_like(dtype=y.dtype), y, *places) if below else y
            if part.ndim < model.ndim:
                part = part + model.zeros_like(dtype=y.dtype)
            last = part if last is None else last + part
        else:
            rest = term if rest is None else rest + term
    return last, rest


def _zeros(x: Any) -> bool:
    return x.owner is not None and isinstance(x.owner.op, Alloc) and isinstance(x.owner.inputs[0], Constant) and not x.owner.inputs[0].data.any()


def _continuous(x: Any) -> bool:
    return getattr(x.type, "dtype", None) in CONTINUOUS


def _named(op: LoopOp, what: str) -> str:
    return f"{what} {op.name or 'loop'}"


def _reads_all(array: Any, steps: Any, offset: int) -> bool:
    """Whether the steps are known to read the array to its end."""
    item = steps.owner
    if offset == 0 and item is not None and isinstance(item.op, ShapeItem) and item.op.axis == 0 and item.inputs[0] is array:
        return True
    known = static_int(steps)
    return known is not None and array.type.shape[0] == known + offset


def _read_back(array: Any, how: tuple[int, bool], ran: Any) -> tuple[Any, tuple[int, bool]]:
    """The array and the way in which a loop reads it that begins with the last step of `ran` ones."""
    offset, backwards = how
    if not _reads_all(array, ran, offset):
        array = array[size_of(array, 0) - ran - offset :] if backwards else array[: ran + offset]
    return array, (0, not backwards)
