"""Matrices that every step multiplies with, packed once before the loop."""

from __future__ import annotations

from typing import Any

from symgraph.expr.sizes import size_constant, static_int
from symgraph.expr.walk import toposort
from symgraph.ops.layout import DimShuffle
from symgraph.ops.linalg import Dot
from symgraph.ops.linalg.packed import LANES, MANY, Packed, PackedDot
from symgraph.ops.shape import ShapeItem
from symgraph.passes.expressions import Size
from symgraph.passes.loops.parts import Parts
from symgraph.passes.match import node_of
from symgraph.passes.shapes import Sizer

__all__ = ["packing"]

_STEPS = 4  # packing takes as long as two or three products gain by it
_SMALL = 512  # multiplications: as many as are done by plain loops


def packing(parts: Parts) -> int:
    """dot(what differs from step to step, captured matrix) -> the product with the matrix in panels."""
    steps = static_int(parts.node.inputs[0])
    if steps is not None and steps < _STEPS:
        return 0
    captured = dict(parts.captured)
    outside = _outside(parts)
    sizer = Sizer(set(parts.inside()))
    panels: dict[Any, Any] = {}  # (captured matrix, transposed, rows) -> the panels inside
    new: dict[Any, Any] = {}
    done = 0
    for node in toposort(parts.results(), parts.inside()):
        inputs = [new.get(x, x) for x in node.inputs]
        found = _matrix(node, captured)
        if found is not None:
            matrix, transposed = found
            rows = _rows(sizer.of(node.inputs[0])[0], outside)
            key = matrix, transposed, rows
            if key not in panels:
                made = Packed(transposed)(captured[matrix], rows)
                panels[key] = made.type.make_variable()
                parts.captured.append((panels[key], made))
            new[node.outputs[0]] = PackedDot(transposed)(inputs[0], matrix, panels[key])
            done += 1
        elif inputs != node.inputs:
            new.update(zip(node.outputs, node.clone_with(inputs).outputs))
    if done:
        parts.put_results([new.get(x, x) for x in parts.results()])
    return done


def _matrix(node: Any, captured: dict[Any, Any]) -> tuple[Any, bool] | None:
    """The captured matrix that another one is multiplied with, from the left, and whether it is taken transposed; None for other nodes."""
    if type(node.op) is not Dot or node.op.transpose_a:
        return None
    x, matrix = node.inputs
    flag = node.op.transpose_b
    moved = node_of(matrix, DimShuffle)
    if moved is not None and tuple(moved.op.order) == (1, 0):
        matrix, flag = moved.inputs[0], not flag
    if matrix not in captured or x.ndim != 2 or matrix.ndim != 2 or x.dtype not in LANES:
        return None
    sizes = (x.type.shape[0], *matrix.type.shape)
    if sizes[0] is not None and not 1 < sizes[0] <= MANY:
        return None
    if None not in sizes and sizes[0] * sizes[1] * sizes[2] <= _SMALL:  # type: ignore[operator]
        return None
    return matrix, flag


def _outside(parts: Parts) -> dict[Any, tuple[Any, int]]:
    """What is read inside -> what has its sizes outside, and how many dimensions more that has in front."""
    found = {x: (array, 1) for x, array, _ in parts.sequences}
    found.update({x: (start, 0) for x, start, _, _ in parts.states})
    found.update({x: (y, 0) for x, y in parts.captured})
    return found


def _rows(n: Any, outside: dict[Any, tuple[Any, int]]) -> Any:
    """A number of rows told in the body, as it is told outside; 0 where it cannot be."""
    if not isinstance(n, Size):
        return size_constant(n)
    read = n.x.owner
    if read is None or not isinstance(read.op, ShapeItem) or read.inputs[0] not in outside:
        return size_constant(0)
    array, more = outside[read.inputs[0]]
    return ShapeItem(read.op.axis + more)(array)
