"""alike: loops that read the same and change their states in the same way become one loop, which gives what each of them gave.

A model that is written twice, once for its cost and once for its output, is such a pair: derivatives have stacked more of the first. Loops
that are equal in everything are one already (merge).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopOp
from symgraph.passes.equal import Groups, digest, equal_bodies, has_body

__all__ = ["alike"]


def alike(graph: Graph) -> Counter[str]:
    """Make one loop of each two that differ in their stacks alone."""
    fired: Counter[str] = Counter()
    known = Groups(_digest)
    for node in graph.toposort():
        if not isinstance(node.op, LoopOp) or node not in graph.net or node.op.progress is not None:
            continue
        layout = node.op.layout
        read = (tuple(map(id, node.inputs)), layout.sequences, layout.states, layout.counts, layout.until, layout.unbounded)
        others = known.of(read, node)
        for position, other in enumerate(others):
            made = None if layout.kept or other.op.layout.kept else _joined(other, node)
            if made is not None:
                graph.replace_all(made, "alike")
                fired["alike"] += 1
                others[position] = made[0][1].owner
                break
        else:
            others.append(node)
    return fired


def _joined(a: Apply, b: Apply) -> list[tuple[Any, Any]] | None:
    """Pairs of an output of one of two loops and that of a loop which is both; None: their states differ."""
    first, second = a.op, b.op
    states, stacked = first.layout.states, first.layout.stacked
    same = _counterparts(first, second)
    if not states or any(_in(same, x) is not y for x, y in zip(_ends(second), _ends(first))):
        return None
    rows = clone_nodes(second.inner_outputs[states : states + second.layout.stacked], same)
    there = list(first.inner_outputs[states : states + stacked])
    more = list(dict.fromkeys(row for row in rows if row not in there))
    op = first.with_stacks(more) if more else first
    all = [*there, *more]
    types = [x.type for x in a.outputs] + [b.outputs[states + rows.index(row)].type for row in more]
    made = Apply(op, a.inputs, [t.make_variable() for t in types])
    made.line = a.line
    outputs = made.outputs
    stacks = [(x, outputs[states + all.index(row)]) for x, row in zip(b.outputs[states:], rows)]
    return [*zip(a.outputs, outputs), *zip(b.outputs, outputs[:states]), *stacks]


def _ends(op: Any) -> list[Any]:
    """What two loops that become one must agree in: the new states, and when they end."""
    return [*op.inner_outputs[: op.layout.states], *(op.inner_outputs[-1:] if op.layout.until else [])]


def _digest(node: Apply) -> int:
    return digest(node.op.inner_inputs, _ends(node.op))


def _in(same: dict[Any, Any], x: Any) -> Any:
    return same.get(x, x)


def _counterparts(first: Any, second: Any) -> dict[Any, Any]:
    """Of what the second body computes, what the first computes too."""
    same: dict[Any, Any] = dict(zip(second.inner_inputs, first.inner_inputs))
    made: dict[Any, list[Apply]] = {}
    for node in toposort(first.inner_outputs, first.inner_inputs):
        made.setdefault(tuple(map(_key, node.inputs)), []).append(node)
    for node in toposort(second.inner_outputs, second.inner_inputs):
        for other in made.get(tuple(_key(_in(same, x)) for x in node.inputs), ()):
            if equal_bodies(other.op, node.op) if has_body(other.op) and has_body(node.op) else other.op == node.op:
                same.update(zip(node.outputs, other.outputs))
                break
    for x in second.inner_outputs:  # results that are constants
        if isinstance(x, Constant):
            same.update((x, y) for y in first.inner_outputs if isinstance(y, Constant) and _key(x) == _key(y))
    return same


def _key(x: Any) -> Any:
    return (x.type, x.key()) if isinstance(x, Constant) else x
