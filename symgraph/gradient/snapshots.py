"""Reverse mode of a loop with a limited number of its states in memory, however many steps it has.

The steps are dealt to blocks. The reverse goes from the last block to the first; for each it needs the state at the block's beginning, and
gets it by running blocks from the nearest state before it that is kept. On the way it keeps states for the blocks to come: of n blocks and s
free places with r runs of each block, so that binomial(s + r + 1, s + 1) > n, the next one at the part r / (s + r + 1) of the way. That is
the fewest runs there can be (Griewank and Walther, "Algorithm 799: revolve", 2000): with log2(n) places a block is run some log2(n) / 2 times.

What is kept stands in one array a state, which the loops change in its place. All of it is written in loops, so it is an expression like
any other; derivatives of the gradient are those of the same gradient by segments, which is told by an `OpFromGraph`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_constant, size_of
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes
from symgraph.gradient.fromgraph import OpFromGraph
from symgraph.gradient.loops import by_role, continuous, named
from symgraph.gradient.markers import NullType
from symgraph.gradient.reverse import backward, zeros_for
from symgraph.loops.branch import ifelse
from symgraph.loops.checkpoints import Root
from symgraph.loops.loopop import LoopOp
from symgraph.loops.nested import fori, while_
from symgraph.loops.segments import of_segment
from symgraph.ops.create import zeros
from symgraph.ops.index import set_subtensor
from symgraph.ops.layout import addbroadcast

__all__ = ["Sweep", "snapshot_grads"]


Rule = Callable[..., list[Any]]  # (node, gradients by outputs, which inputs matter, null_gradients): the gradients by the inputs


def snapshot_grads(
    node: Apply, steps: Any, length: Any, places: Any, grads: Sequence[Any], useful: Sequence[bool], loop_grads: Rule,
) -> list[Any]:
    """The gradients by a loop's inputs (None: nothing comes back), given those by its final states and stacks.

    steps: how many ran. length: the steps of a block; places: for states (int64 scalars). loop_grads: the rule for loops."""
    pairs: dict[Any, Any] = {}  # inside -> outside

    def inside(x: Any) -> Any:
        if x is None or isinstance(x, Constant):
            return x
        pairs[stand_in := x.type.make_variable(x.name)] = x
        return stand_in

    inputs, back, numbers = [inside(x) for x in node.inputs], [inside(g) for g in grads], [inside(x) for x in (steps, length, places)]
    by_input = Sweep(node.op, inputs[node.op.layout.first_sequence :], back, useful, *numbers).run()
    kept = [g for g in by_input if g is not None and not isinstance(g.type, NullType)]
    if kept:
        variables = list(pairs)
        reverse, forward = _further(variables, lambda: _by_segments(node.op, inputs, back, useful, loop_grads))
        op = OpFromGraph(variables, kept, True, reverse, rop_overrides=forward, name=named(node.op, "gradient of"))
        values = iter(op(*pairs.values(), return_list=True))
        by_input = [next(values) if any(g is x for x in kept) else g for g in by_input]
    return by_input


def _by_segments(op: LoopOp, inputs: list[Any], back: list[Any], useful: Sequence[bool], loop_grads: Rule) -> list[Any]:
    """The same gradients, in a form of which further derivatives are taken."""
    twin = copy.copy(op)
    twin.checkpoint = (Root(2, 1),)
    found = loop_grads(twin(*inputs, return_list=True)[0].owner, back, useful, "return")
    return [g for g in found if g is not None and not isinstance(g.type, NullType)]


def _further(variables: list[Any], gradients: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """The reverse and the forward rule of the gradients, which are functions of these variables."""
    def reverse(values: list[Any], results: list[Any], grads: list[Any]) -> list[Any]:
        return OpFromGraph(variables, gradients(), True).L_op(values, results, grads)

    def forward(values: list[Any], tangents: list[Any]) -> list[Any]:
        return OpFromGraph(variables, gradients(), True).R_op(values, tangents)

    return reverse, forward


class Sweep:
    """The blocks of a loop of `inputs` (without the number of steps), backwards. back: gradients by final states and stacks, or None."""

    def __init__(self, op: LoopOp, inputs: Sequence[Any], back: Sequence[Any], useful: Sequence[bool], steps: Any, length: Any, places: Any) -> None:
        layout, count = op.layout, len(op.layout.sequences)
        self.op, self.layout, self.block = op, layout, of_segment(op)
        self.arrays, self.starts, self.captured = inputs[:count], inputs[count : count + layout.states], inputs[count + layout.states :]
        self.finals_back, self.stacks_back = back[: layout.states], back[layout.states :]
        self.steps, self.length, self.places = steps, length, places
        self.blocks = (steps + length - 1) // length
        self.useful = by_role(layout, useful)
        self.null: dict[Any, Any] = {}  # (role, number) -> the gradient that is not defined
        self.nothing: set[Any] = set()  # (role, number) of what has no influence
        self.carried = [k for k, x in enumerate(self.starts) if isinstance(x.type, TensorType) and (continuous(x) or self.useful[1][k])]
        for x in (*self.starts, *[x for x, used in zip(self.captured, self.useful[2]) if used]):
            if not isinstance(x.type, TensorType):
                raise ValueError(f"{op}: its states, and what gradients are taken by, must be arrays where checkpoints are 'log' or in bytes, "
                                 f"got {x.type}")

    def run(self) -> list[Any]:
        starts = [zeros_for(self.starts[k]) if self.finals_back[k] is None else self.finals_back[k] for k in self.carried]
        kept = [set_subtensor(zeros([self.places, *[size_of(x, d) for d in range(x.ndim)]], x.dtype)[0], x) for x in self.starts]
        rows, sums = ([zeros_for(x) for x, used in zip(xs, flags) if used] for xs, flags in ((self.arrays, self.useful[0]),
                                                                                              (self.captured, self.useful[2])))
        first = size_constant(0), zeros([self.places], "int64"), kept, starts, rows, sums
        _, _, _, by_states, by_rows, by_captured = fori(0, self.blocks, self.step, first, name=named(self.op, "gradient of"))
        if any(k in self.null for k in [("state", k) for k in self.carried]):
            null = next(iter(self.null.values()))
            return [*[None] * self.layout.first_sequence, *[null if used else None for flags in self.useful for used in flags]]
        by_state = dict(zip(self.carried, by_states))
        found = [*self.told("row", 0, iter(by_rows)), *[by_state.get(k) if used else None for k, used in enumerate(self.useful[1])],
                 *self.told("captured", 2, iter(by_captured))]
        return [*[None] * self.layout.first_sequence, *found]

    def told(self, role: str, which: int, values: Any) -> list[Any]:
        """An entry for each variable of a role; None: nothing comes back."""
        found = [next(values) if used else None for used in self.useful[which]]
        return [self.null.get((role, k), g) if (role, k) not in self.nothing else None for k, g in enumerate(found)]

    # A round of the reverse --------------------------------------------------------------------------------------------
    def step(self, t: Any, state: Any) -> Any:
        b = self.blocks - 1 - t
        place, at, kept, backs, fulls, sums = state
        place, at, kept = self.fetch(b, place, at, kept)
        states, slices = [x.type.make_variable() for x in self.starts], self.slices(b)
        results = self.run_block(b, states, [x for x, *_ in slices])
        start: dict[Variable, Any] = {}
        for k, g in zip(self.carried, backs):
            if continuous(states[k]):
                start[results[k]] = g
        for y, g in zip(results[self.layout.states :], self.stacks_back):
            if g is not None and continuous(y):
                start[y] = g[b * self.length : b * self.length + self.here(b)]
        wanted = [*states, *[x for x, *_ in slices], *[x for x in self.captured if not isinstance(x, Constant)]]
        found = backward(start, wanted, (), "return")  # no further than the states, which depend on the captured variables as well
        self.note(found, states, slices)
        met = [x for x in found if not isinstance(found[x].type, NullType)]
        found.update(zip(met, clone_nodes([found[x] for x in met], {x: y[place] for x, y in zip(states, kept)})))
        new = [self.fitted(found.get(states[k]), g) for k, g in zip(self.carried, backs)]
        full = [g if (row := self.value(found, x)) is None else set_subtensor(g[first:end], row)
                for g, (x, first, end) in zip(fulls, [said for said, used in zip(slices, self.useful[0]) if used])]
        total = [g if (more := self.value(found, x)) is None else g + self.fitted(more, g)
                 for g, x in zip(sums, [x for x, used in zip(self.captured, self.useful[2]) if used])]
        return place - 1, at, kept, new, full, total

    def note(self, found: dict[Any, Any], states: list[Any], slices: list[Any]) -> None:
        roles = [("state", states), ("row", [x for x, *_ in slices]), ("captured", list(self.captured))]
        self.null = {(role, k): found[x] for role, xs in roles for k, x in enumerate(xs) if x in found and isinstance(found[x].type, NullType)}
        self.nothing = {(role, k) for role, xs in roles for k, x in enumerate(xs) if x not in found}

    @staticmethod
    def value(found: dict[Any, Any], x: Any) -> Any:
        g = found.get(x)
        return None if g is None or isinstance(g.type, NullType) else g

    @staticmethod
    def fitted(g: Any, model: Any) -> Any:
        """A gradient as one of the type of model; zeros where there is none."""
        if g is None or isinstance(g.type, NullType):
            return model.zeros_like()
        ones = [d for d, (n, known) in enumerate(zip(model.type.shape, g.type.shape)) if n == 1 and known is None]
        return addbroadcast(g, *ones) if ones else g

    def here(self, b: Any) -> Any:
        """How many steps block b has."""
        return self.length.minimum(self.steps - b * self.length).astype("int64")

    def slices(self, b: Any) -> list[tuple[Any, Any, Any]]:
        """Of each sequence the rows that block b reads, the first of them, and the one behind the last."""
        found = []
        for x, (offset, backwards) in zip(self.arrays, self.layout.sequences):
            first = size_of(x, 0) - offset - b * self.length - self.here(b) if backwards else b * self.length + offset
            found.append((x[first : first + self.here(b)], first, first + self.here(b)))
        return found

    def run_block(self, b: Any, states: list[Any], rows: list[Any]) -> list[Any]:
        base = [b * self.length] if self.layout.counts else []
        return list(self.block(self.here(b), *rows, *states, *self.captured, *base, return_list=True))

    # States ------------------------------------------------------------------------------------------------------------
    def fetch(self, b: Any, place: Any, at: Any, kept: Any) -> tuple[Any, Any, Any]:
        """The state at the beginning of block b, in a place of its own behind that of the last one that is kept: (the place, which block's
        state each place has, the places)."""
        begin = at[place]

        def once(i: Any, state: Any) -> Any:
            now, following, at, kept = state
            keeps = i.eq(begin) | i.eq(following)
            following = ifelse(keeps, self.next_kept(i, b, self.places - 2 - now), following)
            then = (now + keeps).astype("int64")
            new = self.run_block(i, [x[now] for x in kept], [x for x, *_ in self.slices(i)])
            return then, following, set_subtensor(at[then], i + 1), [set_subtensor(x[then], y) for x, y in zip(kept, new)]

        place, _, at, kept = fori(begin, b, once, (place, size_constant(-1), at, kept))
        return place, at, kept

    @staticmethod
    def next_kept(begin: Any, b: Any, free: Any) -> Any:
        """At which block between that at `begin` and b a state is kept, if `free` places are left beside the one that moves on; -1: none."""
        rest = b - begin + 1
        runs, _ = while_(lambda s: s[1] < rest, lambda s: (s[0] + 1, (s[1] * (free + s[0] + 2) // (s[0] + 1)).astype("int64")),
                         (size_constant(1), (free + 2).astype("int64")), max_steps=free.gt(0).switch(1 << 40, 0))
        part = (rest * runs + free + runs) // (free + runs + 1)
        return free.gt(0).switch(begin + part, -1).astype("int64")
