"""Values of all steps at once: what a step computes from rows of sequences alone is an expression of the sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.batching.graph import batched
from symgraph.expr.sizes import ViewOp, size_constant
from symgraph.expr.stacks import repeated
from symgraph.expr.variable import Constant
from symgraph.expr.walk import toposort
from symgraph.ops.create import Arange
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import Subtensor
from symgraph.ops.layout import DimShuffle
from symgraph.ops.linalg import Dot
from symgraph.ops.reduce import Reduce
from symgraph.ops.shape import ShapeItem
from symgraph.passes.loops.sequences import flipped, is_long_enough, rows_of

__all__ = ["Stacks"]


class Stacks:
    """What is known for all steps of a loop that runs a known number of them. Rows of stacks stand in the order of the steps.

    sums: states that may go; what only they read need not be computed step by step. turned: the order of the steps does not matter, and is
    the other way round where all sequences are read from their ends.
    """

    def __init__(self, parts: Any, sums: Sequence[Any] = ()) -> None:
        self.parts = parts
        self.steps = parts.node.inputs[0]
        self.captured = dict(parts.captured)
        self.sequences = {x: (array, how) for x, array, how in parts.sequences if is_long_enough(array, self.steps, how[0])}
        self.turned = bool(sums) and bool(parts.sequences) and all(backwards for _, _, (_, backwards) in parts.sequences)
        carried = toposort([new for x, _, new, _ in parts.states if not any(x is s[0] for s in sums)] + parts.condition, parts.inside())
        self.carried = {x for node in carried for x in node.outputs}
        self.made: dict[Any, Any] = {}  # inner value -> its stack

    def in_memory(self, x: Any) -> Any:
        """(array, whether its rows run backwards) where the rows of x stand in memory as it is; None if they do not."""
        if x in self.sequences:
            array, (offset, backwards) = self.sequences[x]
            return rows_of(array, self.steps, offset, backwards), backwards
        stack = self.parts.stack_of(x)
        return None if stack is None else (stack, False)

    def of(self, x: Any, frontier: bool = False) -> Any:
        """The stack of x; None if a step needs more than rows of sequences for it, or if there is an op whose stack might be large.

        frontier: what only the steps can compute may be stacked by the loop.
        """
        found = self.made.get(x)
        if found is not None:
            return found
        given = self.given([x], frontier)
        if given is None:
            return None
        (new, stacked), = batched([x], given)
        if not stacked:
            new = repeated(new, self.steps)
        self.made[x] = new
        return new

    def given(self, roots: list[Any], frontier: bool) -> dict[Any, tuple[Any, bool]] | None:
        """What stands for the inputs, and for what the loop stacks; None if that is not all."""
        known: dict[Any, tuple[Any, bool]] = {}
        stack, seen = list(roots), set()
        while stack:
            x = stack.pop()
            if x in seen or isinstance(x, Constant):
                continue
            seen.add(x)
            here = self.known(x, frontier and x not in roots)
            if here is not None:
                known[x] = here
            elif x.owner is None or x in self.carried or not self.allowed(x.owner):
                return None
            else:
                stack.extend(x.owner.inputs)
        return known

    def known(self, x: Any, frontier: bool) -> tuple[Any, bool] | None:
        if x in self.captured:
            return self.captured[x], False
        if self.parts.counter and x is self.parts.counter[0]:
            numbers = Arange("int64")(size_constant(0), self.steps, size_constant(1))
            return flipped(numbers) if self.turned else numbers, True
        if x in self.sequences:
            array, backwards = self.in_memory(x)
            return flipped(array) if backwards != self.turned else array, True
        if frontier and x in self.carried:
            return self.parts.stacked(x), True
        return None

    def allowed(self, node: Any) -> bool:
        """Whether the stack of what a node gives is computed as fast as its rows, and no larger than these together."""
        if isinstance(node.op, Dot):
            return any(x in self.captured or x.ndim == 1 for x in node.inputs)
        return isinstance(node.op, (Elementwise, DimShuffle, ViewOp, Reduce, Subtensor, ShapeItem))
