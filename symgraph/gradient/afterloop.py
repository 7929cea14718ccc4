"""Sums over the steps of a loop that are done in one piece after it.

The gradient by a captured variable is a sum with one term a step. Where the term is a product of matrices or vectors, such as the outer
product that each step gives to the gradient by a weight matrix, adding it up touches the whole matrix in each step: bandwidth for rank one.
The factors stacked, row by row, the sum is one product of two matrices, which runs at the speed of the BLAS. For the same reason values
that are added at places of a table (the gradient of a lookup) are put there at once, and not through a table of zeros a step. What else a
step adds of factors that are stacked anyway (the gradient of a bias) is summed after the loop too; everything else is summed in a state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from symgraph.batching.graph import stacks_of
from symgraph.expr.sizes import size_of
from symgraph.expr.variable import Constant
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import IncSubtensor, Subtensor, inc_subtensor
from symgraph.ops.index.region import ARRAY, INPUT
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.reduce import Sum

__all__ = ["Later", "addends", "is_zeros", "split"]


class Later(NamedTuple):
    """What is done after the loop. rows: the inner variables that are stacked for it. total(stacks, model): the sum over all steps; model:
    the variable whose gradient it is."""

    rows: tuple[Any, ...]
    total: Callable[[Sequence[Any], Any], Any]


def split(terms: Sequence[Any], steady: Callable[[Any], bool]) -> list[tuple[Any, list[Later]]]:
    """Each term of a step as what is added up in the loop (None: nothing), and what is done after it. steady: whether there can be a
    stack of a value."""
    parts = [(list(addends(term)), []) for term in terms]  # type: ignore[var-annotated]
    for here, later in parts:
        for x in list(here):
            found = _product(x) or _placed(x)
            if found is not None and all(map(steady, found.rows)):
                here.remove(x)
                later.append(found)
    stacked = {row for _, later in parts for one in later for row in one.rows}
    for here, later in parts:
        for x in list(here):
            found = _sum(x, stacked)
            if found is not None:
                here.remove(x)
                later.append(found)
    return [(_added(here), later) for here, later in parts]


def addends(x: Any) -> list[Any]:
    """The terms of a sum of arrays of equal sizes, in order."""
    found, waiting = [], [x]
    while waiting:
        x = waiting.pop()
        node = x.owner
        if node is not None and isinstance(node.op, Elementwise) and node.op.name == "add" and all(y.type.shape == x.type.shape for y in node.inputs):
            waiting += reversed(node.inputs)
        else:
            found.append(x)
    return found


def is_zeros(x: Any) -> bool:
    """Whether x is known to be zero everywhere."""
    while x.owner is not None and isinstance(x.owner.op, (Alloc, DimShuffle)):
        x = x.owner.inputs[0]
    return isinstance(x, Constant) and not x.data.any()


def _added(terms: list[Any]) -> Any:
    terms = [x for x in terms if not is_zeros(x)]
    total = terms[0] if terms else None
    for x in terms[1:]:
        total = total + x
    return total


# Products -------------------------------------------------------------------------------------------------------------


def _product(x: Any) -> Later | None:
    """A product of two factors that belong to the step."""
    turned = False
    while x.owner is not None and isinstance(x.owner.op, DimShuffle) and x.owner.op.order == (1, 0):
        x, turned = x.owner.inputs[0], not turned
    node = x.owner
    if node is None:
        return None
    if isinstance(node.op, Dot):
        (a, a_turned), (b, b_turned) = map(_matrix, node.inputs)
        return _later(a, b, a_turned != node.op.transpose_a, b_turned != node.op.transpose_b, turned, x.ndim)
    if isinstance(node.op, Elementwise) and node.op.name == "mul" and x.ndim == 2 and len(node.inputs) == 2:
        columns = [y.owner.inputs[0] for y in node.inputs if _order(y) == (0, "x")]
        rows = [y.owner.inputs[0] for y in node.inputs if _order(y) == ("x", 0)]
        if len(columns) == len(rows) == 1:
            return _later(columns[0], rows[0], None, None, turned, 2)
    return None


def _matrix(x: Any) -> tuple[Any, bool]:
    """A matrix, or the one of which it is the transposed."""
    turned = False
    while _order(x) == (1, 0):
        x, turned = x.owner.inputs[0], not turned
    return x, turned


def _order(x: Any) -> Any:
    return x.owner.op.order if x.owner is not None and isinstance(x.owner.op, DimShuffle) else None


def _later(a: Any, b: Any, a_turned: bool | None, b_turned: bool | None, turned: bool, ndim: int) -> Later | None:
    """a_turned, b_turned: whether the factors of a matrix product are taken transposed; None: a and b are the vectors of an outer product."""
    if any(isinstance(x, Constant) or _of_inner_loop(x) for x in (a, b)):
        return None

    def total(stacks: Sequence[Any], model: Any) -> Any:
        left = _long(stacks[0], a_turned is None, bool(a_turned))
        right = _long(stacks[1], b_turned is None, not b_turned)
        if turned and ndim == 2:
            left, right = right, left
        return (left.dimshuffle(1, 0) if left.ndim == 2 else left).dot(right)

    return Later((a, b), total)


def _of_inner_loop(x: Any) -> bool:
    """Whether x is what a loop within the step stacked: the sum over its steps is one product already."""
    while x.owner is not None and isinstance(x.owner.op, (DimShuffle, Reshape, Subtensor)):
        x = x.owner.inputs[0]
    return x.owner is not None and getattr(x.owner.op, "control", None) is not None


def _long(stack: Any, outer: bool, summed_first: bool) -> Any:
    """A stack of factors with the steps and the dimension that is summed as one dimension in front."""
    if outer or stack.ndim == 1:
        return stack
    if stack.ndim == 2:
        return stack.flatten()
    if not summed_first:
        stack = stack.dimshuffle(0, 2, 1)
    return stack.reshape((size_of(stack, 0) * size_of(stack, 1), size_of(stack, 2)))


# Other sums -----------------------------------------------------------------------------------------------------------


def _placed(x: Any) -> Later | None:
    """Values added at places of zeros, by one index that is an integer or an array of integers of the step."""
    node = x.owner
    if node is None or not isinstance(node.op, IncSubtensor) or node.op.sets or node.op.entries not in ((INPUT,), (ARRAY,)):
        return None
    zeros, values, places = node.inputs
    if not is_zeros(zeros):
        return None
    if isinstance(places, Constant) or places.dtype == "bool" or values.ndim != places.ndim + x.ndim - 1 or 1 in values.type.shape:
        return None
    return Later((values, places), lambda stacks, model: inc_subtensor(model.zeros_like(dtype=values.dtype)[stacks[1]], stacks[0]))


def _sum(x: Any, stacked: set[Any]) -> Later | None:
    """What is stacked anyway, or a sum of it over some of its dimensions."""
    row = x
    while row not in stacked and row.owner is not None and isinstance(row.owner.op, (Sum, DimShuffle)):
        row = row.owner.inputs[0]
    if row not in stacked:
        return None
    return Later((row,), lambda stacks, model: stacks_of([x], {row: (stacks[0], True)})[0].sum(axis=0, dtype=x.dtype))
