"""What only one side of a branch needs moves into that side, so that it is computed only if that side is taken.

A node sinks if every reader of it has: the branch itself reads it for that side alone, or its readers stand in that side already. What
both sides need, or anything else, stays outside and is computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.loops.branch import BranchOp

__all__ = ["DEEPEST", "sides_alone", "sink_nodes", "with_sides"]

DEEPEST = 24  # branches in branches: what lies deeper is not moved; passes take one Python call after another for each level

Sides = tuple[set[Apply], set[Apply]]


def sides_alone(order: Sequence[Apply], outputs: Sequence[Variable], nested: bool = True) -> dict[Apply, Sides]:
    """For each branch of `order` (nodes after those they need) the nodes that only its then side, and only its else side, needs.

    outputs: what is read besides. A branch that sinks itself is not listed: what only it needs sinks with it. nested: whether branches
    sink.
    """
    branches = [node for node in order if isinstance(node.op, BranchOp)]
    if not branches:
        return {}
    here = set(order)
    uses: Counter[Apply] = Counter(x.owner for node in order for x in node.inputs if x.owner in here)
    stay = {x.owner for x in outputs}
    found: dict[Apply, Sides] = {}
    sunk: set[Apply] = set()
    for branch in reversed(branches):
        if branch in sunk:
            continue
        sides: Sides = (set(), set())
        for side, results in zip(sides, (branch.op.then_outputs, branch.op.else_outputs)):
            other = branch.op.else_outputs if results is branch.op.then_outputs else branch.op.then_outputs
            read, elsewhere = _read(branch, results), _read(branch, other)
            counted: Counter[Apply] = Counter()
            stack = [x.owner for k, x in enumerate(branch.inputs[1:]) if k in read and k not in elsewhere and x.owner in here]
            while stack:
                node = stack.pop()
                counted[node] += 1
                if counted[node] < uses[node] or node in stay or not nested and getattr(node.op, "control", None) == "branch":
                    continue
                side.add(node)
                stack.extend(x.owner for x in node.inputs if x.owner in here)
        if sides[0] or sides[1]:
            found[branch] = sides
            sunk |= sides[0] | sides[1]
    return found


def _read(branch: Apply, results: Sequence[Any]) -> set[int]:
    """Which of the inner inputs a side reads."""
    inside = branch.op.inner_inputs
    read = {x for node in toposort(results, inside) for x in node.inputs} | set(results)
    return {k for k, x in enumerate(inside) if x in read}


def with_sides(branch: Apply, sides: Sides, moved: Mapping[Variable, Variable] | None = None) -> Apply:
    """The branch with these nodes moved into it. moved: what stands for variables of the graph around it."""
    op = branch.op
    given = dict(zip(op.inner_inputs, branch.inputs[1:]))
    opened = [clone_nodes(results, given, always=True) for results in (op.then_outputs, op.else_outputs)]
    inner = [set(toposort(results, branch.inputs[1:])) | side for results, side in zip(opened, sides)]
    # In the order in which they are met from the results, so that equal programs give equal text.
    order = list(dict.fromkeys(x for results, own in zip(opened, inner) for x in _met(results, own)))
    inside = {x: x.type.make_variable(x.name) for x in order}
    then_outputs, else_outputs = (clone_nodes(results, inside, always=True) for results in opened)
    twin = BranchOp(list(inside.values()), then_outputs, else_outputs, op.name)
    node = Apply(twin, [branch.inputs[0], *order], [x.type.make_variable(x.name) for x in branch.outputs])
    if moved:
        node.inputs = [moved.get(x, x) for x in node.inputs]
    node.line = branch.line
    return node


def _met(results: Sequence[Any], own: set[Apply]) -> list[Any]:
    """The variables that results are made of, and that these nodes do not give."""
    found: list[Any] = []
    seen: set[Any] = set()
    stack = list(reversed(results))
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if x.owner in own:
            stack.extend(reversed(x.owner.inputs))
        elif not isinstance(x, Constant):
            found.append(x)
    return found


def sink_nodes(outputs: Sequence[Variable], keep: Collection[Variable] = ()) -> dict[Variable, Variable]:
    """What stands for the variables of the graph of `outputs` once each branch holds what only it needs; {}: there is nothing to move.

    Variables of `keep`, and what stands behind them, stay as they are.
    """
    order = toposort(outputs, keep)
    plans = sides_alone(order, outputs)
    moved: dict[Variable, Variable] = {}
    if not plans:
        return moved
    gone = set().union(*(then | otherwise for then, otherwise in plans.values()))
    for node in order:
        if node in gone:
            continue
        if node in plans:
            fresh = with_sides(node, plans[node], moved)
        elif any(x in moved for x in node.inputs):
            fresh = node.clone_with([moved.get(x, x) for x in node.inputs])
        else:
            continue
        moved.update(zip(node.outputs, fresh.outputs))
    return moved
