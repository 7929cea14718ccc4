"""Parts of expressions in which each element depends on the elements at its own place only: their derivatives are diagonals.

Such a part is a function of a few arrays of its own shape. Its derivative by each of them is one array of slopes, which a sweep
with a stack of vectors multiplies in at once, instead of step by step, each for all vectors of the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from symgraph.expr.dtypes import DISCRETE, FLOAT
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.expr.walk import ancestors, clone_nodes, toposort
from symgraph.gradient.reverse import backward
from symgraph.ops.cast import Cast
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.stop import Identity

__all__ = ["collapsed", "depending", "slopes_in_place"]


def slopes_in_place(expression: Any, wrt: Collection[Variable], constants: Sequence[Variable] = ()) -> dict[Variable, Any]:
    """The arrays of the shape of the expression of which it is an elementwise function, as far back as it is one and depends on
    `wrt`, each with the derivative by it, element by element. The expression itself, with None (for 1), if it is no such function."""
    moving = depending([expression], wrt, constants)
    leaves, count = _leaves(expression, moving, set(wrt), lambda node: _expands(node, moving))
    return _slopes(expression, leaves, constants) if count and leaves else {expression: None}


def collapsed(outputs: Sequence[Any], seeds: Collection[Variable]) -> list[Any]:
    """The outputs with each elementwise part that is linear in `seeds` made a sum of arrays times slopes. (What a sweep gives is linear
    throughout, but for rules that are no derivatives: a gradient that is clipped.)"""
    moving = depending(outputs, seeds)
    wanted = set(outputs)

    def linear(node: Apply) -> bool:
        return _expands(node, moving) and _linear(node, moving)

    for node in toposort(outputs, seeds):
        if not linear(node):
            wanted.update(x for x in node.inputs if x in moving)
    known: dict[Variable, Any] = {x: x for x in seeds}
    for node in toposort(outputs, seeds):
        if not any(x in moving for x in node.inputs):
            continue
        if not linear(node):
            copy = node.clone_with([known.get(x, x) for x in node.inputs])
            known.update(zip(node.outputs, copy.outputs))
            continue
        (y,) = node.outputs
        leaves, count = _leaves(y, moving, set(seeds), linear)
        if y in wanted and count > 2 * len(leaves):
            total: Any = None
            for z, slope in _slopes(y, leaves, ()).items():
                term = known[z] * slope
                total = term if total is None else total + term
            known[y] = total
        else:
            known[y] = node.clone_with([known.get(x, x) for x in node.inputs]).outputs[0]
    return [known.get(x, x) for x in outputs]


def depending(
    outputs: Sequence[Variable], wrt: Collection[Variable], constants: Sequence[Variable] = (), steps: bool = False
) -> set[Variable]:
    """The variables behind the outputs that change a little if wrt does: not through constants nor shapes, and through integers, which
    change in steps, only if `steps`."""
    moving = set(wrt)
    blocked = set(constants) - moving
    below = list(ancestors(outputs, blocked))
    users: dict[Variable, list[Variable]] = {}
    for x in below:
        if x.owner is not None and x not in blocked and (steps or getattr(x.type, "dtype", None) not in DISCRETE):
            for y, row in zip(x.owner.inputs, x.owner.op.connection_pattern(x.owner)):
                if row[x.index]:
                    users.setdefault(y, []).append(x)
    stack = [x for x in below if x in moving]
    while stack:
        for x in users.get(stack.pop(), ()):
            if x not in moving:
                moving.add(x)
                stack.append(x)
    return moving


def _leaves(expression: Any, moving: set[Variable], stops: set[Variable], belongs: Callable[[Apply], bool]) -> tuple[list[Any], int]:
    """Where the part that ends in the expression, of nodes that belong to it, begins, and how many nodes it has."""
    leaves = []
    count = 0
    seen = {expression}
    stack = [expression]
    while stack:
        x = stack.pop()
        if x in stops or x.owner is None or not belongs(x.owner):
            leaves.append(x)
            continue
        count += 1
        for y in x.owner.inputs:
            if y in moving and y not in seen:
                seen.add(y)
                stack.append(y)
    return leaves, count


def _expands(node: Apply, moving: set[Variable]) -> bool:
    """Whether a node is elementwise in all that moves, with nothing of that repeated along a dimension."""
    if not isinstance(node.op, (Elementwise, Cast, Identity)):
        return False
    (x,) = node.outputs
    operands = [y for y in node.inputs if y in moving]
    return x.type.dtype in FLOAT and all(
        y.type.dtype in FLOAT and y.type.ndim == x.type.ndim and not any(n == 1 and m != 1 for n, m in zip(y.type.shape, x.type.shape))
        for y in operands)


_LINEAR = ("add", "sub", "neg", "second", "identity")  # in all operands


def _linear(node: Apply, moving: set[Variable]) -> bool:
    """Whether an elementwise node is linear in what moves."""
    if isinstance(node.op, Cast):
        return True
    name = getattr(node.op, "name", "")
    places = [k for k, x in enumerate(node.inputs) if x in moving]
    return name in _LINEAR or (name == "mul" and len(places) == 1) or (name == "true_div" and places == [0]) or (name == "switch" and 0 not in places)


def _slopes(expression: Any, leaves: Sequence[Any], constants: Sequence[Variable]) -> dict[Variable, Any]:
    """The derivatives of an elementwise part by its leaves."""
    fresh: dict[Variable, Any] = {x: x.type.make_variable() for x in leaves}
    (inside,) = clone_nodes([expression], fresh | {x: x for x in constants if x not in fresh})
    ones = fresh[leaves[0]].ones_like(dtype=expression.type.dtype)  # of the same shape, of which fewer nodes stand behind
    found = backward({inside: ones}, list(fresh.values()), constants)
    slopes = clone_nodes([found[x] if x in found else x.zeros_like() for x in fresh.values()], {new: x for x, new in fresh.items()})
    return dict(zip(leaves, slopes))
