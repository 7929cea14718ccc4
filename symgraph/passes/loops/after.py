"""Work that need not be done step by step, done after the loop, for all steps at once.

Sums over the steps: ``state + dot(a.T, b)``, as derivatives of weights are, is one product of all rows; other sums of what does not depend on a
state are sums over stacks. Results that no state depends on: elementwise ones without a loop, products of a state's rows in one product.
"""

from __future__ import annotations

from typing import Any

from symgraph.expr.walk import toposort
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.reduce import Sum
from symgraph.ops.shape import ShapeItem
from symgraph.passes.loops.parts import Parts
from symgraph.passes.loops.sequences import flipped
from symgraph.passes.loops.stacks import Stacks
from symgraph.passes.match import inputs_of, is_float, node_of
from symgraph.passes.replacement import call

__all__ = ["results", "sums"]


def sums(parts: Parts) -> int:
    """States that add up what does not depend on them."""
    if parts.layout.until or parts.layout.unbounded:
        return 0
    uses = parts.uses()
    candidates = [state for state in parts.states if _adds_up(*state[:3], uses)]
    stacks = Stacks(parts, candidates)
    done = []
    for state in candidates:
        x, start, new, out = state
        totals = [_total(parts, stacks, t) for t in inputs_of(new, "add") or () if t is not x]
        if any(total is None for total in totals):
            continue
        parts.after.append((out, call("add", start, *totals)))
        done.append(state)
    parts.states = [state for state in parts.states if not any(state is other for other in done)]
    return len(done)


def _adds_up(x: Any, start: Any, new: Any, uses: Any) -> bool:
    """Whether a state is but the sum of what the steps add to it, which all has its shape."""
    terms = inputs_of(new, "add")
    if terms is None or not is_float(new) or terms.count(x) != 1 or uses[x] != 1 or uses[new] != 1:
        return False
    return all(y.broadcastable == new.broadcastable for y in (start, *terms))


def _total(parts: Parts, stacks: Stacks, term: Any) -> Any:
    """The sum of a term over all steps; None: there is no way to it that is not as long."""
    dot = node_of(term, Dot)
    if dot is not None:
        return _product(parts, stacks, dot) if term.ndim == 2 else None
    outer = _outer(term)
    if outer is not None:
        return _contracted(parts, stacks, *outer)
    total = node_of(term, Sum)
    value = total.inputs[0] if total is not None and total.op.dtype == value_dtype(total) else term
    stack = stacks.of(value)
    if stack is None:
        stack = parts.stack_of(value)
    if stack is None:
        return None
    axes = (0, *[a + 1 for a in total.op.axes]) if value is not term else (0,)
    return Sum(axes, term.dtype, total.op.acc_dtype if value is not term else _accumulator(term.dtype))(stack)


def value_dtype(node: Any) -> str:
    return str(node.inputs[0].dtype)


def _accumulator(dtype: str) -> str:
    return "float64" if dtype == "float32" else dtype


def _product(parts: Parts, stacks: Stacks, node: Any) -> Any:
    """dot(a', b) of each step, summed: the rows of all steps below each other, in one product."""
    left, right = node.inputs
    flip_left, flip_right = node.op.transpose_a, node.op.transpose_b
    if left.ndim != 2 or right.ndim != 2:
        return None
    left, flip_left = _plain(left, flip_left)
    right, flip_right = _plain(right, flip_right)
    return _contracted(parts, stacks, left, right) if flip_left and not flip_right else None


def _plain(x: Any, flip: bool) -> tuple[Any, bool]:
    moved = node_of(x, DimShuffle)
    if moved is not None and tuple(moved.op.order) == (1, 0):
        return moved.inputs[0], not flip
    return x, flip


def _outer(term: Any) -> tuple[Any, Any] | None:
    """The two vectors of which a product of a column and a row is made."""
    factors = inputs_of(term, "mul")
    if factors is None or len(factors) != 2 or term.ndim != 2:
        return None
    found: dict[int, Any] = {}
    for x in factors:
        moved = node_of(x, DimShuffle)
        order = None if moved is None else list(moved.op.order)
        if order in ([0, "x"], ["x", 0]):
            found[order.index(0)] = moved.inputs[0]  # type: ignore[union-attr]
    return (found[0], found[1]) if len(found) == 2 else None


def _contracted(parts: Parts, stacks: Stacks, left: Any, right: Any) -> Any:
    """a' b summed over steps (and rows, where a and b are matrices). One of them must stand in memory anyhow: then stacking the other at most
    doubles what the loop stores."""
    known = [stacks.in_memory(x) for x in (left, right)]
    if known[0] is None and known[1] is None:
        return None
    arrays: list[Any] = []
    for x, there in zip((left, right), known):
        if there is None:
            early = stacks.of(x)
            there = (parts.stacked(x), False) if early is None else (early, stacks.turned)
        arrays.append(there)
    (a, a_back), (b, b_back) = arrays
    if a_back != b_back:  # the stack that is read otherwise too is turned, so that the sequence stays as it is
        a, b = (a, flipped(b)) if a_back else (flipped(a), b)
    return Dot(True, False)(*[_flat(x) if x.ndim == 3 else x for x in (a, b)])


def _flat(x: Any) -> Any:
    """The rows of all steps below each other."""
    sizes = [ShapeItem(axis)(x) for axis in range(3)]
    return Reshape()(x, call("mul", sizes[0], sizes[1]), sizes[2])


def results(parts: Parts) -> int:
    """Stacked results that no state depends on."""
    if parts.layout.until or parts.layout.unbounded:
        return 0
    stacks = Stacks(parts)
    done = []
    for row, out in list(parts.stacks):
        if row in stacks.carried or out in parts.kept or not parts.graph.use_count(out):
            continue
        made = stacks.of(row)
        if made is None and _has_product(stacks, row):
            made = stacks.of(row, frontier=True)
        if made is not None:
            parts.after.append((out, made))
            done.append(out)
    parts.stacks = [(row, out) for row, out in parts.stacks if out not in done or out in parts.wanted]
    return len(done)


def _has_product(stacks: Stacks, row: Any) -> bool:
    """Whether a result is made by a product with a matrix that stays the same."""
    nodes = toposort([row], [*stacks.carried, *stacks.captured])
    return any(isinstance(node.op, Dot) and any(x in stacks.captured and x.ndim == 2 for x in node.inputs) for node in nodes)

