"""Work that need not be done step by step, done before the loop."""

from __future__ import annotations

from typing import Any

from symgraph.expr.sizes import ViewOp, size_constant
from symgraph.expr.variable import Constant
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.ops.create import Alloc
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import INPUT, Slice
from symgraph.ops.layout import DimShuffle, Reshape
from symgraph.ops.linalg import Dot
from symgraph.ops.shape import ShapeItem
from symgraph.passes.loops.parts import Parts
from symgraph.passes.loops.sequences import reads_all
from symgraph.passes.replacement import call

__all__ = ["hoist", "products"]


def hoist(parts: Parts) -> int:
    """What depends on captured variables alone is computed once, before the loop."""
    outside: dict[Any, Any] = dict(parts.captured)
    order = toposort(parts.results(), parts.inside())
    fixed: set[Any] = set(outside)
    for node in order:
        simple = node.inputs and getattr(node.op, "control", None) is None
        if simple and all(x in fixed or isinstance(x, Constant) for x in node.inputs):
            fixed.update(node.outputs)
    # The border: results of such nodes that a step reads. Moves cost a step nothing, so they stay where they are.
    wanted: dict[Any, None] = {}
    for node in order:
        if node.outputs[0] not in fixed:
            _want(node.inputs, fixed, wanted)
    _want(parts.results(), fixed, wanted)
    moved = list(wanted)
    if not moved:
        return 0
    made = clone_nodes(moved, outside)
    stand_ins = {x: x.type.make_variable(x.name) for x in moved}
    parts.captured += [(stand_ins[x], y) for x, y in zip(moved, made)]
    parts.put_results(clone_nodes(parts.results(), stand_ins))
    return len(moved)


def _want(read: list[Any], fixed: set[Any], wanted: dict[Any, None]) -> None:
    stack = list(read)
    while stack:
        x = stack.pop()
        if x not in fixed or x.owner is None or x in wanted:
            continue
        if isinstance(x.owner.op, (DimShuffle, ViewOp, Alloc)):
            stack.extend(x.owner.inputs)
        else:
            wanted[x] = None


def products(parts: Parts) -> int:
    """dot(row of a sequence, captured matrix) of each step as one product of all rows, before the loop."""
    if parts.layout.until or parts.layout.unbounded:
        return 0
    rows = {x: (array, how) for x, array, how in parts.sequences}
    outside = dict(parts.captured)
    done: dict[Any, Any] = {}
    for node in toposort(parts.results(), parts.inside()):
        if type(node.op) is not Dot:
            continue
        a, b = node.inputs
        if a in rows and b in outside and not node.op.transpose_a:
            row, matrix, flag = a, outside[b], node.op.transpose_b
        elif b in rows and a in outside and b.ndim == 1:  # W x = x W'
            row, matrix, flag = b, outside[a], not node.op.transpose_a
        else:
            continue
        array, (offset, backwards) = rows[row]
        steps = parts.node.inputs[0]
        if not reads_all(array, steps, offset):
            if backwards:
                continue
            array = Subtensor([Slice(None, INPUT, None)])(array, call("add", steps, size_constant(offset)))
        made = _row_products(array, matrix, flag and matrix.ndim == 2)
        stand_in = done[node.outputs[0]] = node.outputs[0].type.make_variable()
        parts.sequences.append((stand_in, made, (offset, backwards)))
    if done:
        parts.put_results(clone_nodes(parts.results(), done))
    return len(done)


def _row_products(array: Any, matrix: Any, transposed: bool) -> Any:
    """array[t] times the matrix (or vector) for each t, in one product."""
    if array.ndim == 2:
        return Dot(False, transposed)(array, matrix)
    sizes = [ShapeItem(axis)(array) for axis in range(3)]
    flat = Reshape()(array, call("mul", sizes[0], sizes[1]), sizes[2])
    product = Dot(False, transposed)(flat, matrix)
    columns = [ShapeItem(1)(product)] if product.ndim == 2 else []
    return Reshape()(product, sizes[0], sizes[1], *columns)
