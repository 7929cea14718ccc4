"""keeping: what a branch has computed for its value, and a later branch on the same condition computes again for a derivative, is kept.

The later branch needs the first (through a loss, say), so the two cannot be one. The first gets one more result: what is kept on one side, and an
empty array on the other.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.expr.sizes import ViewOp
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant
from symgraph.expr.walk import ancestors, clone_nodes, toposort
from symgraph.graph.graph import Graph
from symgraph.loops.branch import BranchOp, common_type
from symgraph.ops.cast import Cast
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import Subtensor
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.shape import ShapeItem
from symgraph.passes.branches import has_hash

__all__ = ["keeping"]

# What costs no more than to store it and read it again, unless something dearer stands behind it.
CHEAP = (Alloc, Cast, DimShuffle, Elementwise, Reshape, ShapeItem, Subtensor, ViewOp)


MOST_WALKS = 64  # of a pass, over all that a branch needs


def keeping(graph: Graph) -> Counter[str]:
    """Hand values from a branch to a later one on the same condition."""
    fired: Counter[str] = Counter()
    groups: dict[Any, list[Apply]] = {}
    for node in graph.toposort():
        if isinstance(node.op, BranchOp):
            groups.setdefault(node.inputs[0], []).append(node)
    walks = 0
    for members in groups.values():
        for later in range(1, len(members)):
            if walks == MOST_WALKS:
                return fired
            walks += 1
            needed = {x.owner for x in ancestors(members[later].inputs)}
            for first in range(later):
                if members[first] in needed:
                    fired += _kept(graph, members, first, later)
    return fired


def _kept(graph: Graph, members: list[Apply], first: int, later: int) -> Counter[str]:
    """Let one branch read what an earlier one has computed."""
    one, other = members[first], members[later]
    pairs = [(0, *pair) for pair in _again(one, one.op.then_outputs, other, other.op.then_outputs)]
    pairs += [(1, *pair) for pair in _again(one, one.op.else_outputs, other, other.op.else_outputs)]
    if not pairs:
        return Counter()
    results: tuple[list[Any], list[Any]] = (list(one.op.then_outputs), list(one.op.else_outputs))
    places: dict[tuple[int, Any], int] = {}
    for side, x, _ in pairs:
        if (side, x) not in places:
            places[side, x] = len(results[0])
            results[side].append(x)
            results[1 - side].append(constant(np.zeros((0,) * x.type.ndim, x.type.dtype)))
    count = len(one.outputs)
    more = [common_type(a.type, b.type).make_variable() for a, b in zip(results[0][count:], results[1][count:])]
    wider = Apply(BranchOp(one.op.inner_inputs, *results, one.op.name), one.inputs, [*(x.type.make_variable(x.name) for x in one.outputs), *more])
    wider.line = one.line
    given: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    values: dict[Any, Any] = {}  # inner variable -> outer one
    for side, x, again in pairs:
        outer = wider.outputs[places[side, x]]
        given[side][again] = inner = outer.type.make_variable()
        values[inner] = outer
    thens, elses = (clone_nodes(outputs, known, always=True) for outputs, known in zip((other.op.then_outputs, other.op.else_outputs), given))
    graph.replace_all(list(zip(one.outputs, wider.outputs)), "keeping")
    twin = BranchOp([*other.op.inner_inputs, *values], thens, elses, other.op.name)
    made = Apply(twin, [*other.inputs, *values.values()], [x.type.make_variable(x.name) for x in other.outputs])
    made.line = other.line
    graph.replace_all(list(zip(other.outputs, made.outputs)), "keeping")
    members[first], members[later] = wider, made
    return Counter(branch_kept=len(places))


def _again(one: Apply, results: list[Any], other: Apply, later: list[Any]) -> list[tuple[Any, Any]]:
    """Pairs of a variable in a side of `one` and the same in that side of `other`: the last ones that are equal, where storing is worth it."""
    numbers: dict[Any, int] = {}
    found = _numbered(numbers, one, results)
    known = {number: x for x, number in reversed(found.items()) if x.owner is not None}
    mine = _numbered(numbers, other, later)
    dear: set[Any] = set()
    pairs: dict[Any, Any] = {}
    inside = set(other.op.inner_inputs)
    order = toposort(later, inside)
    equal = {x for node in order for x in node.outputs if mine.get(x) in known}
    for node in order:
        if node.outputs[0] in equal and (not isinstance(node.op, CHEAP) or any(x in dear for x in node.inputs)):
            dear.update(node.outputs)
    for x in [*(x for node in order if node.outputs[0] not in equal for x in node.inputs), *later]:
        if x in dear and x in equal and isinstance(x.type, TensorType) and 1 not in x.type.shape:
            pairs[x] = known[mine[x]]
    return [(x, again) for again, x in pairs.items()]


def _numbered(numbers: dict[Any, int], branch: Apply, results: list[Any]) -> dict[Any, int]:
    """A number for each variable of a side; equal computations on the same outer variables have the same. numbers: grows."""
    found = {x: numbers.setdefault(y, len(numbers)) for x, y in zip(branch.op.inner_inputs, branch.inputs[1:])}
    for node in toposort(results, branch.op.inner_inputs):
        if has_hash(node.op) and all(x in found or isinstance(x, Constant) for x in node.inputs):
            key = node.op, tuple([x.key() if isinstance(x, Constant) else found[x] for x in node.inputs]), tuple([x.type for x in node.outputs])
            first = numbers.setdefault(key, len(numbers))
            found.update({x: numbers.setdefault((first, x.index), len(numbers)) for x in node.outputs})
    return found
