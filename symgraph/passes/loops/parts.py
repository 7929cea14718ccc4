"""A loop taken apart, for passes to change, and put together again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout

__all__ = ["Parts"]


class Parts:
    """A loop taken apart: for each role the pairs of what stands inside and what outside."""

    def __init__(self, graph: Graph, node: Apply) -> None:
        op, layout = node.op, node.op.layout
        self.graph, self.node, self.op, self.layout = graph, node, op, layout
        inside = list(op.inner_inputs)
        self.counter = inside[: int(layout.counts)]
        count = len(layout.sequences)
        first = int(layout.counts)
        self.sequences = list(zip(inside[first : first + count], node.inputs[layout.first_sequence : layout.first_state], layout.sequences))
        states = inside[layout.inner_state : layout.inner_captured]
        self.states = list(zip(states, node.inputs[layout.first_state : layout.first_captured], op.inner_outputs, node.outputs))
        self.captured = list(zip(inside[layout.inner_captured :], node.inputs[layout.first_captured :]))
        end = layout.states + layout.stacked
        self.stacks = list(zip(op.inner_outputs[layout.states : end], node.outputs[layout.states : end]))
        self.condition = list(op.inner_outputs[end:])
        self.kept = {out: most for (_, out), most in zip(self.stacks, layout.kept) if most is not None}
        self.after: list[tuple[Any, Any]] = []  # outputs of the node, and what is computed for them after the loop
        self.wanted: set[Any] = set()  # stacks that this is computed from

    def results(self) -> list[Any]:
        return [new for _, _, new, _ in self.states] + [row for row, _ in self.stacks] + self.condition

    def uses(self) -> Counter[Any]:
        """How often each value of the body is read, there or as a result."""
        found = Counter(x for node in toposort(self.results(), self.inside()) for x in node.inputs)
        found.update(self.results())
        return found

    def stack_of(self, x: Any) -> Any:
        """The stack of a value, if the loop gives it; from then on it is wanted."""
        for row, out in self.stacks:
            if row is x and out not in self.kept:
                self.wanted.add(out)
                return out
        return None

    def stacked(self, x: Any) -> Any:
        """The stack of a value, which the loop is going to give."""
        found = self.stack_of(x)
        if found is None:
            found = tensor_type(x.type.dtype, (None, *x.type.shape)).make_variable()
            self.stacks.append((x, found))
            self.wanted.add(found)
        return found

    def put_results(self, results: list[Any]) -> None:
        count = len(self.states)
        self.states = [(x, start, new, out) for (x, start, _, out), new in zip(self.states, results)]
        self.stacks = [(row, out) for (_, out), row in zip(self.stacks, results[count:])]
        self.condition = results[count + len(self.stacks) :]

    def take_constants(self) -> int:
        """Captured constants become constants of the body."""
        known: dict[Any, Any] = {x: y for x, y in self.captured if isinstance(y, Constant) and y.type.dtype == x.type.dtype}
        if known:
            self.captured = [(x, y) for x, y in self.captured if x not in known]
            self.put_results(clone_nodes(self.results(), known))
        return len(known)

    def prune(self) -> int:
        """Stacks that nobody reads, states that serve only themselves, inputs that no step reads."""
        before = len(self.stacks) + len(self.states) + len(self.captured) + len(self.sequences)
        self.stacks = [(row, out) for row, out in self.stacks if out in self.wanted or self.graph.use_count(out)]
        live = [bool(self.graph.use_count(out)) for *_, out in self.states]
        while True:  # a state is needed if its end is read, or if what is needed reads it
            needed = [new for (_, _, new, _), alive in zip(self.states, live) if alive]
            read = self._read([*needed, *[row for row, _ in self.stacks], *self.condition])
            found = [alive or x in read for (x, *_), alive in zip(self.states, live)]
            if found == live:
                break
            live = found
        self.states = [state for state, alive in zip(self.states, live) if alive]
        if self.layout.unbounded and not self.condition or not self.results() and not self.after:
            return 0
        read = self._read(self.results())
        self.captured = [(x, y) for x, y in self.captured if x in read]
        self.sequences = [s for s in self.sequences if s[0] in read]
        return before - len(self.stacks) - len(self.states) - len(self.captured) - len(self.sequences)

    def inside(self) -> list[Any]:
        return [*self.counter, *[x for x, _, _ in self.sequences], *[x for x, *_ in self.states], *[x for x, _ in self.captured]]

    def _read(self, results: list[Any]) -> set[Any]:
        """The inner inputs that these depend on."""
        return {x for node in toposort(results, self.inside()) for x in node.inputs} | set(results)

    def rebuilt(self) -> list[tuple[Any, Any]]:
        """The loop put together again: pairs of an old output and the new one."""
        old = self.layout
        layout = LoopLayout([how for _, _, how in self.sequences], len(self.states), len(self.captured), len(self.stacks), old.counts,
                            old.until, old.unbounded, [self.kept.get(out) for _, out in self.stacks] if self.kept else ())
        op = type(self.op)(self.inside(), self.results(), layout, self.op.name, self.op.truncate, progress=self.op.progress)
        arrays = [y for _, y, _ in self.sequences] + [y for _, y, *_ in self.states] + [y for _, y in self.captured]
        outs = [out for *_, out in self.states] + [out for _, out in self.stacks]
        results: dict[Any, Any] = {}
        if outs:
            made = Apply(op, [*self.node.inputs[: old.first_sequence], *arrays], [out.type.make_variable(out.name) for out in outs])
            made.line = self.node.line
            results = dict(zip(outs, made.outputs))
        later = [out for out, _ in self.after]
        computed = clone_nodes([x for _, x in self.after], results)
        mine = set(self.node.outputs).difference(later)
        return [(out, new) for out, new in results.items() if out in mine] + list(zip(later, computed))
