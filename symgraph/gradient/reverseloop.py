"""Reverse mode of loops: the reverse of a LoopOp is a LoopOp that begins with the last step.

The step's gradient is a graph: what comes back by its states and results, and values of the forward step, go in; gradients by
its rows, states and captured variables come out. Those by states are the states of the reverse loop, those by rows its stacks, those by
captured variables are added up in states, or after the loop where that is one product (`afterloop.py`). Of the forward step's values
the fewest bytes are stored (`tape.py`): the forward loop is written again with these as further stacks, over the same inner variables, so
that the passes make one loop of both. A loop whose step is linear stores nothing. A state after a step, where it is read, is carried: it
is the state before the following step, which the reverse has just left.

How many steps ran is the number of rows that were stored; so loops with `until`, and loops of unknown length, need nothing more.
Since the reverse is a loop as any other, it has derivatives too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_constant, size_of, static_int
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.gradient.afterloop import Later, addends, is_zeros, split
from symgraph.gradient.limits import blocks_of_logarithm, blocks_within
from symgraph.gradient.loops import Parts, by_role, continuous, moving_states, named
from symgraph.gradient.markers import NullType
from symgraph.gradient.reverse import backward, zeros_for
from symgraph.gradient.snapshots import snapshot_grads
from symgraph.gradient.tape import Steadiness, read_forward, stored, without_measuring
from symgraph.loops.checkpoints import Limit, Log
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.loops.segments import in_segments, of_segment
from symgraph.ops.index import IncSubtensor, set_subtensor
from symgraph.ops.shape import ShapeItem

__all__ = ["loop_grads"]


def loop_grads(node: Apply, grads: Sequence[Any], useful: Sequence[bool], null_gradients: str) -> list[Any]:
    """The gradients by a loop's inputs (None: nothing comes back), given those by its outputs."""
    if node.op.checkpoint is not None:
        return (_of_segments if node.op.truncate < 0 else _of_last_steps)(node, grads, useful, null_gradients)
    return _Reverse(node, grads, useful).run(null_gradients)


def _of_segments(node: Apply, grads: Sequence[Any], useful: Sequence[bool], null_gradients: str) -> list[Any]:
    """The gradients by way of a loop over segments: it is written with variables of its own, so that the sweep ends at them."""
    op, layout = node.op, node.op.layout
    counted = layout.until or layout.unbounded
    ran = _steps_that_ran(node) if counted else node.inputs[0]
    back = _of_outputs(node, grads)
    if isinstance(op.checkpoint[0], (Limit, Log)):
        length, places = blocks_within(op.checkpoint[0].bytes, node, ran) if isinstance(op.checkpoint[0], Limit) else blocks_of_logarithm(ran)
        return snapshot_grads(node, ran, length, places, back, useful, loop_grads)
    inside: list[Any] = [x if isinstance(x, Constant) else x.type.make_variable(x.name) for x in node.inputs]
    steps = size_constant(0).type.make_variable() if counted else inside[0]
    results = in_segments(op, steps, inside[layout.first_sequence :])
    start: dict[Variable, Any] = {}
    given: dict[Any, Any] = {x: y for x, y in zip(inside, node.inputs) if x is not y}
    if counted:
        given[steps] = ran
    for k, (y, g) in enumerate(zip((*results[0], *results[1]), back)):
        if g is not None:
            given[stand_in := g.type.make_variable()] = g
            start[y if k < layout.states else y[:steps]] = stand_in
    wanted = [x for x, used in zip(inside, useful) if used]
    found = backward(start, wanted, (), null_gradients)
    by = dict(zip([x for x in wanted if x in found], clone_nodes([found[x] for x in wanted if x in found], given)))
    return [by.get(x) if used else None for x, used in zip(inside, useful)]


def _of_last_steps(node: Apply, grads: Sequence[Any], useful: Sequence[bool], null_gradients: str) -> list[Any]:
    """The gradients of a truncated loop with checkpoints: those of a loop of its last steps, which begins with the states that the steps before
    them give when they are run once more."""
    op, layout, parts = node.op, node.op.layout, Parts(node)
    ran = _steps_that_ran(node) if layout.until or layout.unbounded else node.inputs[0]
    steps = ran.minimum(size_constant(op.truncate)).astype("int64")
    before = LoopOp(op.inner_inputs, op.inner_outputs[: layout.states],
                    LoopLayout(layout.sequences, layout.states, layout.captured, 0, layout.counts), op.name, recompute=True)
    states = before(ran - steps, *node.inputs[layout.first_sequence :], return_list=True) if layout.states else []
    rows = []
    for array, (offset, backwards) in zip(parts.arrays, layout.sequences):
        first = size_of(array, 0) - offset - ran if backwards else ran - steps + offset
        rows.append(array[first : first + steps])
    last = of_segment(op)
    last.checkpoint = op.checkpoint
    base = [ran - steps] if layout.counts else []
    tail = last(steps, *rows, *states, *parts.outer, *base, return_list=True)[0].owner
    back = [g if g is None or k < layout.states else g[ran - steps :] for k, g in enumerate(_of_outputs(node, grads))]
    by_rows_used, by_starts_used, by_captured_used = by_role(layout, useful)
    wanted = [False, *by_rows_used, *[used or continuous(x) for used, x in zip(by_starts_used, parts.starts)], *by_captured_used,
              *[False for _ in base]]
    found = loop_grads(tail, back, wanted, null_gradients)[1:]
    by_row, by_states, by_captured = found[: len(rows)], found[len(rows) : len(rows) + layout.states], found[len(rows) + layout.states :]
    by_state = {k: g for k, g in enumerate(by_states) if g is not None and not isinstance(g.type, NullType)}
    starts = [g if k not in by_state else untouched(parts, k, by_state, ran - steps) for k, g in enumerate(by_states)]
    spread = []
    for g, array, (offset, backwards) in zip(by_row, parts.arrays, layout.sequences):
        first = size_of(array, 0) - offset - ran if backwards else ran - steps + offset
        none = g is None or isinstance(g.type, NullType)
        spread.append(g if none else set_subtensor(array.zeros_like(dtype=g.dtype)[first : first + steps], g))
    entries = [*spread, *starts, *by_captured[: layout.captured]]
    return [*[None] * layout.first_sequence, *[g if used else None for g, used in zip(entries, useful[layout.first_sequence :])]]


def _of_outputs(node: Apply, grads: Sequence[Any]) -> list[Any]:
    """The gradients by final states and stacks (None: nothing comes back), where those by the last row of a stack of states are by the state."""
    layout, parts = node.op.layout, Parts(node)
    given = [g if continuous(x) else None for x, g in zip(node.outputs, grads)]
    finals, stacks = given[: layout.states], given[layout.states :]
    for k, (row, g) in enumerate(zip(parts.results, stacks)):
        if g is not None and row in parts.new_states:
            place = parts.new_states.index(row)
            last, stacks[k] = _of_last_row(g, parts.starts[place])
            if last is not None:
                finals[place] = last if finals[place] is None else finals[place] + last
    return [*finals, *stacks]


def _steps_that_ran(node: Apply) -> Any:
    """How many steps a loop with a condition ran, counted in a state."""
    op, layout = node.op, node.op.layout
    number = size_constant(0).type.make_variable("ran")
    inside = [*op.inner_inputs[: layout.inner_captured], number, *op.inner_inputs[layout.inner_captured :]]
    outputs = [*op.inner_outputs[: layout.states], number + 1, *op.inner_outputs[layout.states :]]
    counting = LoopOp(inside, outputs, LoopLayout(layout.sequences, layout.states + 1, layout.captured, layout.stacked, layout.counts, layout.until,
                                                  layout.unbounded), op.name, progress=op.progress)
    arguments = [*node.inputs[: layout.first_captured], size_constant(0), *node.inputs[layout.first_captured :]]
    results = counting(*arguments, return_list=True)
    results[0].owner.line = node.line
    return results[layout.states]


class _Reverse:
    """One reverse loop in the making.

    carried: the states whose gradients are states of the reverse loop. discrete: the states of whole numbers whose gradient is wanted: it is
    that by the initial one, which only the first step reads. rows, captured: those whose gradient is wanted, and found.
    """

    def __init__(self, node: Apply, grads: Sequence[Any], useful: Sequence[bool]) -> None:
        self.node, self.op, self.layout = node, node.op, node.op.layout
        self.parts = parts = Parts(node)
        self.useful = by_role(self.layout, useful)
        given = _of_outputs(node, grads)
        self.final_grads, self.stack_grads = given[: self.layout.states], given[self.layout.states :]
        inside = (parts.rows, parts.states, parts.captured)
        varying = moving_states(self.op, {x for xs, flags in zip(inside, self.useful) for x, f in zip(xs, flags) if f})
        reach = self._reaching()
        self.carried = [k for k, x in enumerate(parts.states) if varying[k] and reach[k] and continuous(x)]
        self.discrete = [k for k, x in enumerate(parts.states) if self.useful[1][k] and not continuous(x)]
        self.states = [*self.carried, *self.discrete]
        self.rows, self.captured = ([k for k, used in enumerate(flags) if used] for flags in (self.useful[0], self.useful[2]))
        self.null: dict[Any, Any] = {}  # inner variable -> the gradient that is not defined
        self.inner: dict[Any, Any] = {}  # outer variable -> the captured one that stands for it in the reverse step

    def _reaching(self) -> list[bool]:
        """Which states have influence on something that a gradient comes back by."""
        pattern = self.op.inner_pattern()[self.layout.inner_state : self.layout.inner_captured]
        reach = [g is not None for g in self.final_grads]
        stacks = [g is not None for g in self.stack_grads]
        while True:
            found = [r or any(p and f for p, f in zip(row, (*reach, *stacks))) for r, row in zip(reach, pattern)]
            if found == reach:
                return reach
            reach = found

    def run(self, null_gradients: str) -> list[Any]:
        parts = self.parts
        back = {k: parts.states[k].type.make_variable() for k in self.carried}
        rows_back = {k: parts.results[k].type.make_variable() for k, g in enumerate(self.stack_grads) if g is not None}
        found = self._step(back, rows_back, null_gradients)
        if any(parts.states[k] in self.null for k in self.states):  # then so is everything that goes through the states
            null = next(iter(self.null.values()))
            return [*[None] * self.layout.first_sequence, *[null if used else None for flags in self.useful for used in flags]]
        new = [found[x] if (x := parts.states[k]) in found else zeros_for(x) for k in self.states]
        self.rows = [k for k in self.rows if parts.rows[k] in found]
        self.captured = [k for k in self.captured if parts.captured[k] in found]
        leaves = [*self.op.inner_inputs, *back.values(), *rows_back.values()]
        results = without_measuring([*new, *[found[parts.rows[k]] for k in self.rows], *[found[parts.captured[k]] for k in self.captured]], leaves)
        end = len(new) + len(self.rows)
        # A loop that computes its steps again does so to save memory: it stacks nothing for later.
        steady = Steadiness([*parts.counter, *parts.rows, *parts.states, *back.values(), *rows_back.values()], parts.captured)
        sums = [(term, list[Later]()) for term in results[end:]] if self.op.recompute else split(results[end:], steady)
        later = list(dict.fromkeys(row for _, ones in sums for one in ones for row in one.rows))
        return self._loop(back, rows_back, results[:end], sums, later, leaves, steady)

    def _step(self, back: dict[int, Any], rows_back: dict[int, Any], null_gradients: str) -> dict[Any, Any]:
        """The gradients of one step by its variables, where there are any."""
        parts = self.parts
        start: dict[Variable, Any] = {}
        for x, g in [*((parts.new_states[k], g) for k, g in back.items()), *((parts.results[k], g) for k, g in rows_back.items())]:
            start[x] = start[x] + g if x in start else g
        targets = [*[parts.states[k] for k in self.states], *[parts.rows[k] for k in self.rows], *[parts.captured[k] for k in self.captured]]
        found = backward(start, targets, (), null_gradients)
        self.null = {x: g for x, g in found.items() if isinstance(g.type, NullType)}
        return {x: g for x, g in found.items() if x not in self.null}

    # The loop ---------------------------------------------------------------------------------------------------------
    def _loop(self, back: dict[int, Any], rows_back: dict[int, Any], results: list[Any], sums: list[tuple[Any, list[Later]]],
              later: list[Any], leaves: list[Any], steady: Steadiness) -> list[Any]:
        """results: the new states, the gradients by rows. sums: of each captured variable, what is added up and what is done later."""
        parts, layout, count = self.parts, self.layout, len(self.states)
        added = [(k, term) for k, (term, _) in zip(self.captured, sums) if term is not None]
        roots = [*results, *[term for _, term in added], *later]
        # What it reads of the forward step, and where that comes from.
        given = self._sizes_of_states(roots, leaves)
        free = {*given, *parts.counter, *parts.rows, *parts.captured}
        wanted = read_forward(roots, [*self.op.inner_inputs, *given], [*back.values(), *rows_back.values()])
        after = {x: y for x, y in zip(parts.new_states, parts.states) if x.owner is not None and isinstance(x, TensorVariable)}
        kept, left = stored(wanted, parts.states, free, after, steady, self.op.recompute)
        finals, stacks, ran = self._forward(kept)
        steps = ran if self.op.truncate < 0 else ran.minimum(size_constant(self.op.truncate)).astype("int64")
        counter = [tensor_type("int64", ()).make_variable()] if parts.counter else []
        if counter:
            given[parts.counter[0]] = self._inside(ran) - 1 - counter[0]
        for x, y in zip(parts.captured, parts.outer):
            given[x] = self._inside(y)
        read: dict[Any, tuple[Any, tuple[int, bool]]] = {}  # inner variable -> the array whose rows it is, and how it is read
        for x, array, how in zip(parts.rows, parts.arrays, layout.sequences):
            read[x] = _read_back(array, how, ran)
        read.update({x: (stack, (0, True)) for x, stack in zip(kept, stacks)})
        given.update({x: x.type.make_variable(x.name) for x in read})
        sequences = [(given[x], *said) for x, said in read.items()]
        sequences += [(g, self.stack_grads[k], (0, True)) for k, g in rows_back.items()]
        # States: gradients by the states, sums for the captured variables, states as the step that was left last had met them.
        starts = [g if k in back and (g := self.final_grads[k]) is not None else zeros_for(parts.starts[k]) for k in self.states]
        states = [back[k] if k in back else x.type.make_variable() for k, x in zip(self.states, starts)]
        new = results[:count]
        for k, term in added:
            starts.append(zeros_for(parts.outer[k]))
            states.append(starts[-1].type.make_variable())
            new.append(states[-1] + term)
        for x in left:
            starts.append(finals[parts.new_states.index(x)])
            states.append(x.type.make_variable(x.name))
            given[x] = states[-1]
            new.append(after[x])
        stacked = [x for x in later if x not in read]
        inner = clone_nodes([*new, *results[count:], *stacked], given)
        found = self._built(counter, sequences, states, starts, inner, steps)
        by_row, stacks = found[len(states) : len(states) + len(self.rows)], found[len(states) + len(self.rows) :]
        rows = {x: self._last_first(x, *read[x], steps) for x in later if x in read} | dict(zip(stacked, stacks))
        by_captured: dict[int, Any] = {k: total for (k, _), total in zip(added, found[count:])}
        for k, (_, ones) in zip(self.captured, sums):
            for one in ones:
                total = one.total([rows[x] for x in one.rows], parts.outer[k])
                by_captured[k] = total if k not in by_captured else by_captured[k] + total
        return self._results(dict(zip(self.states, found)), dict(zip(self.rows, by_row)), by_captured, ran, steps)

    def _built(self, counter: list[Any], sequences: list[Any], states: list[Any], starts: list[Any], inner: list[Any], steps: Any) -> list[Any]:
        """The results of the reverse loop, of which only what it reads is an input; nothing if there is nothing to compute."""
        if not inner:
            return []
        needed = {x for node in toposort(inner) for x in node.inputs} | set(inner)
        sequences = [said for said in sequences if said[0] in needed]
        captured = [(x, y) for y, x in self.inner.items() if x in needed]
        op = LoopOp([*counter, *[x for x, *_ in sequences], *states, *[x for x, _ in captured]], inner,
                    LoopLayout([how for *_, how in sequences], len(states), len(captured), len(inner) - len(states), counts=bool(counter)),
                    named(self.op, "gradient of"), recompute=self.op.recompute)
        found = op(steps, *[y for _, y, _ in sequences], *starts, *[y for _, y in captured], return_list=True)
        found[0].owner.line = self.node.line
        return list(found)

    def _sizes_of_states(self, results: Sequence[Any], leaves: Sequence[Any]) -> dict[Any, Any]:
        """Sizes of states, which no step changes, as those of the initial ones."""
        starts = dict(zip(self.parts.states, self.parts.starts))
        found = {}
        for node in toposort(results, leaves):
            if isinstance(node.op, ShapeItem) and node.inputs[0] in starts:
                found[node.outputs[0]] = size_of(self._inside(starts[node.inputs[0]]), node.op.axis)
        return found

    def _inside(self, x: Any) -> Any:
        """What stands for an outer variable in the reverse step."""
        if isinstance(x, Constant):
            return x
        if x not in self.inner:
            self.inner[x] = x.type.make_variable(x.name)
        return self.inner[x]

    def _forward(self, kept: list[Any]) -> tuple[list[Any], list[Any], Any]:
        """Final states and stacks of what is kept of a forward loop that has these, and the number of steps that ran."""
        parts, layout = self.parts, self.layout
        outputs = list(parts.results)
        missing = [x for x in dict.fromkeys(kept) if x not in outputs]
        counted = layout.until or layout.unbounded
        condition = self.op.inner_outputs[-1]
        # Where only the last rows of others are read, the condition is stacked, for the sake of its length: a byte a step.
        by_condition = counted and (self.op.truncate >= 0 or not outputs and not missing)
        if by_condition and condition not in (*outputs, *missing):
            missing.append(condition)
        results = list(self.node.outputs)
        if missing:
            outputs += missing
            results = self.op.with_stacks(missing)(*self.node.inputs, return_list=True)
            results[0].owner.line = self.node.line
        stacks = results[layout.states :]
        ran = size_of(stacks[outputs.index(condition) if by_condition else 0], 0) if counted else parts.steps
        return results[: layout.states], [stacks[outputs.index(x)] for x in kept], ran

    # What it gives ----------------------------------------------------------------------------------------------------
    def _results(self, by_state: dict[int, Any], by_row: dict[int, Any], by_captured: dict[int, Any], ran: Any, steps: Any) -> list[Any]:
        """One entry an input of the node."""
        parts, null = self.parts, self.null
        starts = {k: g if self.op.truncate < 0 else untouched(self.parts, k, by_state, ran - steps) for k, g in by_state.items()}
        return [*[None] * self.layout.first_sequence,
                *[null.get(x, None if k not in by_row else self._rows(k, by_row[k], ran, steps)) for k, x in enumerate(parts.rows)],
                *[starts.get(k) for k in range(len(parts.states))],
                *[null.get(x, by_captured.get(k)) for k, x in enumerate(parts.captured)]]

    def _rows(self, k: int, g: Any, ran: Any, steps: Any) -> Any:
        """The gradient by a sequence: the rows that were read, the last first, in their places."""
        (offset, backwards), array = self.layout.sequences[k], self.parts.arrays[k]
        if not backwards:
            g = g[::-1]
        if self.op.truncate < 0 and offset == 0 and _reads_all(array, ran, offset):
            return g
        first = size_of(array, 0) - ran - offset if backwards else ran - steps + offset
        return set_subtensor(array.zeros_like(dtype=g.dtype)[first : first + steps], g)

    def _last_first(self, x: Any, array: Any, how: tuple[int, bool], steps: Any) -> Any:
        """The rows of an array that the reverse loop reads, in the order in which it does."""
        if self.op.truncate >= 0 and how[1] and x not in self.parts.rows:  # written so, it shows that no earlier rows are read
            return array[-self.op.truncate :][::-1] if self.op.truncate else array[:0]
        rows = array[::-1] if how[1] else array
        whole = self.op.truncate < 0 and (x not in self.parts.rows or self.layout.sequences[self.parts.rows.index(x)][0] == 0)
        return rows if whole else rows[:steps]


def untouched(parts: Parts, k: int, by_state: dict[int, Any], left: Any) -> Any:
    """The gradient by an initial state where `left` steps before the others count as constant: what these only handed on.

    A value of one step ago is that of two steps ago in the next step; so it may be the initial state that a later step reads.
    """
    new, old = parts.new_states, parts.states
    zeros = zeros_for(parts.starts[k])
    stays = new[k] is old[k]
    total, frontier = left.eq(0).switch(by_state[k], zeros) if not stays else by_state[k], [k]
    for hops in range(1, len(old)):
        frontier = [j for j in range(len(old)) if j != k and any(new[j] is old[i] for i in frontier)]
        for j in frontier:
            if j in by_state:
                total = total + (left.ge(hops) if stays else left.eq(hops)).switch(by_state[j], zeros)
    return total


def _of_last_row(g: Any, model: Any) -> tuple[Any, Any]:
    """A gradient by a stack in two parts, None where there is none: what comes by `stack[-1]`, as the gradient by that row, which has the
    sizes of model, and the rest. So no stack of zeros is made, and read, for the sake of its last row."""
    last, rest = None, None
    for term in addends(g):
        node = term.owner
        if node is not None and isinstance(node.op, IncSubtensor) and node.op.entries[:1] == (-1,) and is_zeros(node.inputs[0]):
            below, (_, y, *places) = node.op.entries[1:], node.inputs
            part = type(node.op)(below, node.op.sets)(model.zeros_like(dtype=y.dtype), y, *places) if below else y
            if part.ndim < model.ndim:
                part = part + model.zeros_like(dtype=y.dtype)
            last = part if last is None else last + part
        else:
            rest = term if rest is None else rest + term
    return last, rest


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
