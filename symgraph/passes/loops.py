"""Loops: only the last row kept where only that is read, what no step needs left out, what each step repeats done once before.

Bodies have been through the passes already, so equal parts of a body are one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sizes import ViewOp, size_constant, static_int
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.ops.create import Alloc
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import INPUT, Slice
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.shape import ShapeItem
from symgraph.passes.match import node_of
from symgraph.passes.replacement import call

__all__ = ["LAST_ROW", "loops"]


@rule(Subtensor, tags=("scan_save_mem", "scanOp_save_mem"))
def last_row(graph: Graph, node: Apply) -> Any:
    """stack[-1] -> the final state, where the rows of the stack are the states: no row but the last is kept then"""
    if not node.op.entries or node.op.entries[0] != -1:
        return None
    stack = node.inputs[0]
    loop = node_of(stack, LoopOp)
    if loop is None or stack.index < loop.op.layout.states:
        return None
    states = loop.op.layout.states
    row = loop.op.inner_outputs[stack.index]
    for position in range(states):
        if loop.op.inner_outputs[position] is row:
            final = loop.outputs[position]
            rest = node.op.entries[1:]
            return Subtensor(rest)(final, *node.inputs[1:]) if rest else final
    return None


LAST_ROW: Rule = last_row


def loops(graph: Graph) -> Counter[str]:
    """Rewrite each LoopOp: constants into its body, repeated work out of it, unread results and unused inputs away."""
    fired: Counter[str] = Counter()
    for node in reversed(graph.toposort()):  # what reads a loop may be a loop, and may read less of it afterwards
        if not isinstance(node.op, LoopOp) or node not in graph.net:
            continue
        parts = _Parts(graph, node)
        done = Counter({name: count for name, count in (("constants", parts.take_constants()), ("hoisted", parts.hoist()),
                                                        ("products", parts.products()), ("pruned", parts.prune())) if count})
        if done:
            graph.replace_all(parts.rebuilt(), "loops")
            fired += Counter({f"loop_{name}": count for name, count in done.items()})
    return fired


class _Parts:
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

    def results(self) -> list[Any]:
        return [new for _, _, new, _ in self.states] + [row for row, _ in self.stacks] + self.condition

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

    def hoist(self) -> int:
        """What depends on captured variables alone is computed once, before the loop."""
        outside: dict[Any, Any] = dict(self.captured)
        order = toposort(self.results(), self.inside())
        fixed: set[Any] = set(outside)
        for node in order:
            simple = node.inputs and getattr(node.op, "control", None) is None
            if simple and all(x in fixed or isinstance(x, Constant) for x in node.inputs):
                fixed.update(node.outputs)
        # The border: results of such nodes that a step reads. Moves cost a step nothing, so they stay where they are.
        wanted: dict[Any, None] = {}
        for node in order:
            if node.outputs[0] not in fixed:
                self._want(node.inputs, fixed, wanted)
        self._want(self.results(), fixed, wanted)
        moved = list(wanted)
        if not moved:
            return 0
        made = clone_nodes(moved, outside)
        stand_ins = {x: x.type.make_variable(x.name) for x in moved}
        self.captured += [(stand_ins[x], y) for x, y in zip(moved, made)]
        self.put_results(clone_nodes(self.results(), stand_ins))
        return len(moved)

    def _want(self, read: list[Any], fixed: set[Any], wanted: dict[Any, None]) -> None:
        stack = list(read)
        while stack:
            x = stack.pop()
            if x not in fixed or x.owner is None or x in wanted:
                continue
            if isinstance(x.owner.op, (DimShuffle, ViewOp, Alloc)):
                stack.extend(x.owner.inputs)
            else:
                wanted[x] = None

    def products(self) -> int:
        """dot(row of a sequence, captured matrix) of each step as one product of all rows, before the loop."""
        if self.layout.until or self.layout.unbounded:
            return 0
        rows = {x: (array, how) for x, array, how in self.sequences}
        outside = dict(self.captured)
        done: dict[Any, Any] = {}
        for node in toposort(self.results(), self.inside()):
            if type(node.op) is not Dot:
                continue
            a, b = node.inputs
            if a in rows and b in outside and not node.op.transpose_a:
                row, matrix, flag = a, outside[b], node.op.transpose_b
            elif b in rows and a in outside and b.ndim == 1:  # W x = x W'
                row, matrix, flag = b, outside[a], not node.op.transpose_a
            else:
                continue
            array, (offset, backwards) = rows[row]
            steps = self.node.inputs[0]
            if not _reads_all(array, steps, offset):
                if backwards:
                    continue
                array = Subtensor([Slice(None, INPUT, None)])(array, call("add", steps, size_constant(offset)))
            made = _row_products(array, matrix, flag and matrix.ndim == 2)
            stand_in = done[node.outputs[0]] = node.outputs[0].type.make_variable()
            self.sequences.append((stand_in, made, (offset, backwards)))
        if done:
            self.put_results(clone_nodes(self.results(), done))
        return len(done)

    def prune(self) -> int:
        """Stacks that nobody reads, states that serve only themselves, inputs that no step reads."""
        before = len(self.stacks) + len(self.states) + len(self.captured) + len(self.sequences)
        self.stacks = [(row, out) for row, out in self.stacks if self.graph.use_count(out)]
        live = [bool(self.graph.use_count(out)) for *_, out in self.states]
        while True:  # a state is needed if its end is read, or if what is needed reads it
            needed = [new for (_, _, new, _), alive in zip(self.states, live) if alive]
            read = self._read([*needed, *[row for row, _ in self.stacks], *self.condition])
            found = [alive or x in read for (x, *_), alive in zip(self.states, live)]
            if found == live:
                break
            live = found
        self.states = [state for state, alive in zip(self.states, live) if alive]
        if not self.results() or self.layout.unbounded and not self.condition:
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
                            old.until, old.unbounded)
        op = type(self.op)(self.inside(), self.results(), layout, self.op.name, self.op.truncate)
        arrays = [y for _, y, _ in self.sequences] + [y for _, y, *_ in self.states] + [y for _, y in self.captured]
        outs = [out for *_, out in self.states] + [out for _, out in self.stacks]
        made = Apply(op, [*self.node.inputs[: old.first_sequence], *arrays], [out.type.make_variable(out.name) for out in outs])
        made.line = self.node.line
        return list(zip(outs, made.outputs))


def _reads_all(array: Any, steps: Any, offset: int) -> bool:
    """Whether that many steps read the array to its end."""
    item = node_of(steps, ShapeItem)
    if offset == 0 and item is not None and item.op.axis == 0 and item.inputs[0] is array:
        return True
    known = static_int(steps)
    return known is not None and array.type.shape[0] == known + offset


def _row_products(array: Any, matrix: Any, transposed: bool) -> Any:
    """array[t] times the matrix (or vector) for each t, in one product."""
    if array.ndim == 2:
        return Dot(False, transposed)(array, matrix)
    sizes = [ShapeItem(axis)(array) for axis in range(3)]
    flat = Reshape()(array, call("mul", sizes[0], sizes[1]), sizes[2])
    product = Dot(False, transposed)(flat, matrix)
    columns = [ShapeItem(1)(product)] if product.ndim == 2 else []
    return Reshape()(product, sizes[0], sizes[1], *columns)
