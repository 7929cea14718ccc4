"""What the reverse of a loop's step reads of the forward step, and which of that is stored.

The reverse of a step is a graph over the step's own variables and the gradients that come back. Of the former, rows of sequences
and captured variables are at hand in every step; the rest has to be stored (one row a step) or computed again from what is. What is
cheap to compute (arithmetic, moves: at most CHEAP operations an element) may be computed again; products, reductions, transcendental
functions, inner loops and Python ops are not. Between the two the cut of fewest bytes is stored, a minimal cut of a network
in which each value has its size as capacity (the same way as rematerialisation in Jain et al., "Checkmate", 2020, section 3, for a chain
that is computed again at most once; the cut itself by augmenting paths, Edmonds and Karp 1972).

What is read for its sizes alone is not read at all: sizes are said by those of what is at hand. What may have other sizes in each step,
as the rows of an inner loop that ends by a condition or runs for a number of steps of its own, has no stack: it is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Apply
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import toposort
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.join import MakeVector
from symgraph.ops.shape import Shape, ShapeItem
from symgraph.passes.expressions import variable_of
from symgraph.passes.shapes import Sizer

__all__ = ["Steadiness", "read_forward", "stored", "without_measuring"]

CHEAP = 10  # operations an element: `Op.cost`; a division counts 1, exp and its like 20
UNKNOWN = 64  # elements along a dimension whose size is not known
_NEVER = float("inf")


def without_measuring(outputs: Sequence[Any], leaves: Sequence[Any]) -> list[Any]:
    """The outputs, with the sizes of what is computed said in terms of the sizes of leaves, wherever the ops tell them."""
    sizer = Sizer(set(leaves))
    known: dict[Variable, Any] = {}
    for node in toposort(outputs, leaves):
        op, out = node.op, node.outputs[0]
        inputs = [known.get(x, x) for x in node.inputs]
        computed = bool(inputs) and node.inputs[0].owner is not None
        if computed and isinstance(op, ShapeItem):
            known[out] = variable_of(sizer.of(node.inputs[0])[op.axis])
        elif computed and isinstance(op, Shape):
            known[out] = MakeVector()(*map(variable_of, sizer.of(node.inputs[0])))
        elif computed and isinstance(op, Elementwise) and op.name == "second":
            known[out] = _spread(inputs[1], sizer.of(out))
        elif any(a is not b for a, b in zip(inputs, node.inputs)):
            known.update(zip(node.outputs, node.clone_with(inputs).outputs))
    return [known.get(x, x) for x in outputs]


def _spread(y: Any, sizes: Sequence[Any]) -> Any:
    """y repeated to these sizes; y itself where its type says that it has them."""
    return y if list(y.type.shape) == list(sizes) else Alloc()(y, *map(variable_of, sizes))


def read_forward(outputs: Sequence[Any], forward: Iterable[Any], backward: Iterable[Any]) -> list[Any]:
    """The variables without any part in `backward` that the reverse step's nodes read, or that are results of it; constants excepted."""
    back, ahead = set(backward), set(forward)
    order = toposort(outputs, [*back, *ahead])
    dual = set(back)
    for node in order:
        if any(x in dual for x in node.inputs):
            dual.update(node.outputs)
    found: dict[Any, None] = {}
    for node in order:
        if node.outputs[0] in dual:
            found.update((x, None) for x in node.inputs if x not in dual and not isinstance(x, Constant))
    found.update((x, None) for x in outputs if x not in dual and not isinstance(x, Constant))
    return list(found)


class Steadiness:
    """Whether the sizes of values of a step are the same in every step, so that there can be stacks of them.

    moving: the variables that have other values in each step, though of the same sizes. fixed: those that have the same.
    """

    def __init__(self, moving: Iterable[Any], fixed: Iterable[Any]) -> None:
        self.moving = set(moving)
        self.leaves = self.moving.union(fixed)
        self.sizer = Sizer(self.leaves)

    def __call__(self, x: Any) -> bool:
        if not isinstance(x.type, TensorType):
            return False
        return None not in x.type.shape or all(isinstance(n, int) or self._still(variable_of(n)) for n in self.sizer.of(x))

    def _still(self, size: Any) -> bool:
        """Whether an expression of a size reads nothing of `moving` but sizes."""
        stack, seen = [size], set()
        while stack:
            x = stack.pop()
            if x in seen:
                continue
            seen.add(x)
            if x in self.moving:
                return False
            if x.owner is None or x in self.leaves or isinstance(x.owner.op, ShapeItem) and x.owner.inputs[0] in self.leaves:
                continue
            stack += x.owner.inputs
        return True


def stored(
    wanted: Sequence[Any], states: Sequence[Any], free: Iterable[Any], after: Mapping[Any, Any], steady: Callable[[Any], bool],
    states_only: bool = False,
) -> tuple[list[Any], list[Any]]:
    """The variables to store, so that all of `wanted` can be had from them, from `free` ones and by what is cheap; and those of `after`
    that are then read.

    states: what a step starts from. after: new state -> the state it follows: it can be had wherever that is stored, for the reverse
    met it in the step before. steady: whether there can be a stack of a value. states_only: nothing but states is stored, everything else
    is computed again.
    """
    network = _Network()
    given, starts = set(free), set(states)
    needs: dict[Any, list[Any]] = {}  # what each is made from, in order, so that equal expressions give equal loops
    stack = [x for x in wanted if x not in given]
    for x in stack:
        network.arc((x, "out"), "sink", _NEVER)
    while stack:
        x = stack.pop()
        if x in needs:
            continue
        again = x not in starts and (states_only or not steady(x))  # it cannot be stored
        network.arc((x, "in"), (x, "out"), _NEVER if again else _bytes(x))
        if x not in starts and x in after and (again or not cheap(x.owner)):
            needs[x] = [after[x]]
        elif x not in starts and (x.owner is None or again or cheap(x.owner)):
            needs[x] = [y for y in (x.owner.inputs if x.owner is not None else ()) if y not in given and not isinstance(y, Constant)]
        else:
            needs[x] = []
            network.arc("source", (x, "in"), _NEVER)
        for y in needs[x]:
            network.arc((y, "out"), (x, "in"), _NEVER)
        stack += needs[x]
    side = network.cut()
    kept = [x for x in needs if (x, "in") in side and (x, "out") not in side]
    read: dict[Any, None] = {}
    stack = [x for x in wanted if x in needs]
    while stack:
        x = stack.pop()
        if x not in read and x not in kept:
            read[x] = None
            stack += needs[x]
    return kept, [x for x in read if needs[x] and x in after and needs[x] == [after[x]] and after[x] in kept]


def cheap(node: Apply) -> bool:
    """Whether the outputs cost little more than to be read: each element is a few operations on elements of the inputs."""
    op = node.op
    if isinstance(op, Elementwise) and op.name == "pow":  # passes make products of small powers, roots of 0.5
        power = _known(node.inputs[1])
        return power is not None and power.size == 1 and abs(power.flat[0]) <= 4 and float(2 * power.flat[0]).is_integer()
    return hasattr(op, "element") and not hasattr(op, "join") and getattr(op, "cost", 1) <= CHEAP


def _known(x: Any, depth: int = 8) -> Any:
    """The value of what is made of a few constants; None: it is not."""
    if isinstance(x, Constant):
        return x.data
    if x.owner is None or depth == 0 or not x.owner.inputs:
        return None
    values = [_known(y, depth - 1) for y in x.owner.inputs]
    return None if any(value is None for value in values) else x.owner.op.run(x.owner, values)[x.index]


def _bytes(x: Any) -> float:
    if not isinstance(x.type, TensorType):
        return _NEVER  # there are no stacks of it
    size = 1
    for n in x.type.shape:
        size *= UNKNOWN if n is None else max(n, 1)
    return float(size * np.dtype(x.type.dtype).itemsize)


class _Network:
    """A flow network: capacities of arcs, and what still fits through."""

    def __init__(self) -> None:
        self.room: dict[Any, dict[Any, float]] = {"source": {}, "sink": {}}

    def arc(self, a: Any, b: Any, capacity: float) -> None:
        self.room.setdefault(a, {})[b] = capacity
        self.room.setdefault(b, {}).setdefault(a, 0.0)

    def cut(self) -> set[Any]:
        """The nodes on the side of the source of the smallest cut. ValueError if every cut is infinite."""
        while True:
            came: dict[Any, Any] = {"source": None}
            queue = ["source"]
            for a in queue:  # grows as it is read
                for b, room in self.room[a].items():
                    if room > 0 and b not in came:
                        came[b] = a
                        queue.append(b)
            if "sink" not in came:
                return set(came)
            path = []
            end: Any = "sink"
            while came[end] is not None:
                path.append((came[end], end))
                end = came[end]
            least = min(self.room[a][b] for a, b in path)
            if least == _NEVER:
                raise ValueError("what the reverse of a loop needs of each step has no stack")
            for a, b in path:
                self.room[a][b] -= least
                self.room[b][a] += least
