"""twins: loops written over the same inner variables become one loop that gives what each of them gave.

Derivatives write a loop again, with more of its step stacked, or with tangents beside its states (gradient/loops.py); its step is then run
once. Such loops are known by their inner variables being the same objects, so this comes first, before bodies are copied. Loops that
only look alike are not meant here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.walk import ancestors, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.passes.inner import BODIES, with_bodies

__all__ = ["twins"]


def twins(graph: Graph) -> Counter[str]:
    """Make one of loops that share their inner variables, in the bodies of loops and branches too."""
    fired: Counter[str] = Counter()
    known: dict[Any, Apply] = {}  # inner variable -> the loop that has it
    for node in graph.toposort():
        if not isinstance(node.op, LoopOp) or node not in graph.net:
            continue
        other = next((known[x] for x in node.op.inner_inputs if x in known), None)
        pairs = None if other is None else _joined(other, node)
        if pairs is not None:
            graph.replace_all(pairs, "twins")
            fired["twins"] += 1
            node = pairs[0][1].owner
        known.update((x, node) for x in node.op.inner_inputs)
    _in_bodies(graph, fired)
    return fired


def _in_bodies(graph: Graph, fired: Counter[str]) -> None:
    """The same in bodies. They are copied by it, so this comes when the loops that share them are one."""
    better: dict[Any, Any] = {}
    for node in graph.toposort():
        op = node.op
        if op not in better:
            changed: dict[str, list[Any]] = {}
            for name in BODIES.get(getattr(op, "control", None) or "", ()):
                outputs = getattr(op, name)
                if any(hasattr(inner.op, "control") for inner in toposort(outputs, op.inner_inputs)):
                    body = Graph(op.inner_inputs, outputs)
                    done = twins(body)
                    if done:
                        fired += done
                        changed[name] = body.outputs
            better[op] = with_bodies(op, **changed) if changed else op
        if better[op] is not op:
            twin = Apply(better[op], node.inputs, [x.type.make_variable(x.name) for x in node.outputs])
            graph.replace_all(list(zip(node.outputs, twin.outputs)), "twins")


def _joined(a: Apply, b: Apply) -> list[tuple[Any, Any]] | None:
    """Both loops as one: pairs of an old output and the new one. None: they differ in what they share, or one needs the other."""
    first, second = a.op.layout, b.op.layout
    if (first.until, first.unbounded) != (second.until, second.unbounded):
        return None
    if not first.unbounded and a.inputs[0] is not b.inputs[0] or first.until and a.op.inner_outputs[-1] is not b.op.inner_outputs[-1]:
        return None
    roles = [_union(x, y) for x, y in zip(_roles(a), _roles(b))]
    if any(role is None for role in roles):
        return None
    if any(x is not y for x, y in zip(a.inputs, b.inputs)) or len(a.inputs) != len(b.inputs):
        if any(x.owner is a for x in ancestors(b.inputs)) or any(x.owner is b for x in ancestors(a.inputs)):
            return None
    counter, sequences, states, captured, rows = (role or {} for role in roles)
    if len(counter) > 1:
        return None
    layout = LoopLayout([how for _, how in sequences.values()], len(states), len(captured), len(rows), bool(counter), first.until, first.unbounded)
    op = LoopOp([*counter, *sequences, *states, *captured],
                [*[new for _, new in states.values()], *rows, *([a.op.inner_outputs[-1]] if first.until else [])],
                layout, a.op.name, a.op.truncate, a.op.recompute, progress=a.op.progress or b.op.progress)
    outer = [*[y for y, _ in sequences.values()], *[y for y, _ in states.values()], *captured.values()]
    old = [(key, x) for node in (a, b) for key, x in zip(_keys(node), node.outputs)]
    types = {key: x.type for key, x in reversed(old)}
    outputs = {key: types[key].make_variable() for key in (*[("state", x) for x in states], *[("row", x) for x in rows])}
    made = Apply(op, [*a.inputs[: first.first_sequence], *outer], list(outputs.values()))
    made.line = a.line
    return [(x, outputs[key]) for key, x in old]


def _roles(node: Apply) -> list[dict[Any, Any]]:
    """Counter, sequences, states, captured variables and stacked rows of a loop: by inner variable what is said of it."""
    op, layout = node.op, node.op.layout
    inside, first = op.inner_inputs, int(layout.counts)
    return [dict.fromkeys(inside[:first]),
            dict(zip(inside[first : layout.inner_state], zip(node.inputs[layout.first_sequence :], layout.sequences))),
            dict(zip(inside[layout.inner_state : layout.inner_captured], zip(node.inputs[layout.first_state :], op.inner_outputs))),
            dict(zip(inside[layout.inner_captured :], node.inputs[layout.first_captured :])),
            dict.fromkeys(_rows(node))]


def _union(a: dict[Any, Any], b: dict[Any, Any]) -> dict[Any, Any] | None:
    """What both say, in order; None if they differ."""
    return None if any(x in a and a[x] != said for x, said in b.items()) else {**a, **b}


def _rows(node: Apply) -> list[Any]:
    layout = node.op.layout
    return list(node.op.inner_outputs[layout.states : layout.states + layout.stacked])


def _keys(node: Apply) -> list[tuple[str, Any]]:
    """What each output of a loop is of."""
    layout = node.op.layout
    return [*[("state", x) for x in node.op.inner_inputs[layout.inner_state : layout.inner_captured]], *[("row", x) for x in _rows(node)]]
