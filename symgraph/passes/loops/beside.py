"""Loops of numbers over the same range, neither of which needs the other, run side by side as one loop.

A step of a recurrence of one number waits for the step before it; a second recurrence fits into the time. Loops of arrays have enough to do.
Loops are told apart by how many such loops they wait for: those that wait for equally many do not wait for each other, and all that are joined so
can stand in one order.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.ops.elementwise import Elementwise

__all__ = ["beside"]

NODES = 60  # of one loop: so many numbers at once keep a processor busy


def beside(graph: Graph) -> Counter[str]:
    """Join the loops for which that pays."""
    fired: Counter[str] = Counter()
    depth: dict[Any, int] = {}  # variable -> the number of such loops on the longest way to it
    groups: dict[Any, list[tuple[Apply, int]]] = {}
    for node in graph.toposort():
        deep = max((depth.get(x, 0) for x in node.inputs), default=0)
        size = _size(node)
        if size is not None:
            deep += 1
            groups.setdefault((_steps(node.inputs[0]), deep), []).append((node, size))
        if deep:
            depth.update(dict.fromkeys(node.outputs, deep))
    for group in groups.values():
        while len(group) > 1:
            chosen, total = list[Apply](), 0
            while group and (total + group[0][1] <= NODES or not chosen):
                node, size = group.pop(0)
                chosen.append(node)
                total += size
            if len(chosen) > 1:
                graph.replace_all(_joined(chosen), "beside")
                fired["beside"] += len(chosen) - 1
    return fired


def _steps(x: Any) -> Any:
    return int(x.data) if isinstance(x, Constant) else x


def _size(node: Apply) -> int | None:
    """How many nodes a step has; None: the loop is not of this kind."""
    op = node.op
    if not isinstance(op, LoopOp) or op.layout.until or op.layout.unbounded or op.progress is not None or any(op.layout.kept):
        return None
    layout = op.layout
    if not layout.states or any(x.ndim for x in (*op.inner_inputs[: layout.inner_captured], *op.inner_outputs)):
        return None
    body = toposort(op.inner_outputs, op.inner_inputs)
    return len(body) if len(body) < NODES and all(isinstance(inner.op, Elementwise) for inner in body) else None


def _joined(nodes: list[Apply]) -> list[tuple[Any, Any]]:
    """One loop of all: pairs of an old output and the new one."""
    counter: list[Any] = []
    sequences: dict[Any, Any] = {}  # (array, how) -> inner variable
    captured: dict[Any, Any] = {}  # outer variable -> inner one
    states, finals, stacks = list[Any](), list[Any](), list[Any]()
    for node in nodes:
        op, layout = node.op, node.op.layout
        inside, given = op.inner_inputs, dict[Any, Any]()
        rows = inside[int(layout.counts) : layout.inner_state]
        if layout.counts:
            counter = counter or [inside[0].type.make_variable()]
            given[inside[0]] = counter[0]
        for x, array, how in zip(rows, node.inputs[layout.first_sequence :], layout.sequences):
            given[x] = sequences.setdefault((array, how), x.type.make_variable(x.name))
        for x, start in zip(inside[layout.inner_state :], node.inputs[layout.first_state : layout.first_captured]):
            given[x] = x.type.make_variable(x.name)
            states.append((given[x], start))
        for x, outer in zip(inside[layout.inner_captured :], node.inputs[layout.first_captured :]):
            given[x] = captured.setdefault(outer, x.type.make_variable(x.name))
        results = clone_nodes(op.inner_outputs, given)
        finals += list(zip(node.outputs, results[: layout.states]))
        stacks += list(zip(node.outputs[layout.states :], results[layout.states :]))
    old = [x for x, _ in (*finals, *stacks)]
    layout = LoopLayout([how for _, how in sequences], len(states), len(captured), len(stacks), bool(counter))
    op = LoopOp([*counter, *sequences.values(), *[x for x, _ in states], *captured.values()], [y for _, y in (*finals, *stacks)], layout,
                " and ".join(dict.fromkeys(node.op.name for node in nodes if node.op.name)) or None)
    inputs = [nodes[0].inputs[0], *[array for array, _ in sequences], *[start for _, start in states], *captured]
    made = Apply(op, inputs, [x.type.make_variable(x.name) for x in old])
    made.line = nodes[0].line
    return list(zip(old, made.outputs))
