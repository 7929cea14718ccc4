"""Dimensions permuted, shapes changed: several such ops in a row become one, or none."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.sizes import size_constant, static_int
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.layout import DimShuffle, Flatten, Rebroadcast, Reshape
from symgraph.ops.shape import ShapeItem, SpecifyShape
from symgraph.passes.match import node_of, only_use

__all__ = ["ARRANGEMENT"]


@rule(DimShuffle, tags=("local_dimshuffle_lift", "local_useless_dimshuffle"))
def dimshuffle_twice(graph: Graph, node: Apply) -> Any:
    """dimshuffle(x, 0, 1) -> x; dimshuffle(dimshuffle(x, 1, 0), 1, 'x', 0) -> dimshuffle(x, 0, 'x', 1)"""
    (x,) = node.inputs
    if node.op.order == tuple(range(x.ndim)):
        return x
    inner = node_of(x, DimShuffle)
    if inner is None:
        return None
    order = ["x" if d == "x" else inner.op.order[d] for d in node.op.order]
    source = inner.inputs[0]
    return source if order == list(range(source.ndim)) else DimShuffle(source.ndim, order)(source)


@rule(DimShuffle, tags=("local_dimshuffle_lift",))
def dimshuffle_of_elementwise(graph: Graph, node: Apply) -> Any:
    """dimshuffle(exp(x)) -> exp(dimshuffle(x)): ops of one kind stand side by side, and dot sees the transpose of x"""
    (x,) = node.inputs
    inner = node_of(x, Elementwise)
    if inner is None or len(inner.inputs) != 1 or not only_use(graph, x):
        return None
    return inner.op(node.op(inner.inputs[0]))


@rule(DimShuffle, tags=("local_alloc_dimshuffle", "local_dimshuffle_alloc"))
def dimshuffle_of_alloc(graph: Graph, node: Apply) -> Any:
    """dimshuffle(alloc(c, m, n), 1, 0) -> alloc(c, n, m) where c has one element"""
    inner = node_of(node.inputs[0], Alloc)
    if inner is None or any(n != 1 for n in inner.inputs[0].type.shape):
        return None
    value, *sizes = inner.inputs
    return Alloc()(_without_dimensions(value), *[size_constant(1) if d == "x" else sizes[d] for d in node.op.order])


@rule(Elementwise, tags=("local_alloc_elemwise",))
def elementwise_of_alloc(graph: Graph, node: Apply) -> Any:
    """neg(alloc(c, n)) -> alloc(neg(c), n): computed once, and repeated where it is read"""
    inner = node_of(node.inputs[0], Alloc)
    if inner is None or len(node.inputs) != 1 or any(n != 1 for n in inner.inputs[0].type.shape):
        return None
    value, *sizes = inner.inputs
    return Alloc()(node.op(_without_dimensions(value)), *sizes)


def _without_dimensions(x: Any) -> Any:
    """The one element of x."""
    return DimShuffle(x.ndim, ())(x) if x.ndim else x


@rule(Alloc, tags=("local_alloc_sink_dimshuffle", "local_useless_alloc"))
def alloc_of_alloc(graph: Graph, node: Apply) -> Any:
    """alloc(alloc(c, n), m, n) -> alloc(c, m, n) where c has no dimensions, and the sizes are known to be equal"""
    value, *sizes = node.inputs
    inner = node_of(value, Alloc)
    if inner is None or inner.inputs[0].ndim:
        return None
    for n, own, wanted in zip(value.type.shape, inner.inputs[1:], sizes[len(sizes) - value.ndim :]):
        known = static_int(own)
        if n != 1 and own is not wanted and (known is None or known != static_int(wanted)):
            return None
    return Alloc()(inner.inputs[0], *sizes)


@rule(Reshape, tags=("local_reshape_chain", "local_useless_reshape", "local_reshape_lift"))
def reshape_twice(graph: Graph, node: Apply) -> Any:
    """reshape(reshape(x, a), b) -> reshape(x, b); reshape(x, its own shape) -> x"""
    x, *wanted = node.inputs
    inner = node_of(x, Reshape, Flatten)
    if inner is not None:
        return node.op(inner.inputs[0], *wanted)
    if x.ndim == len(wanted) and sum(not _is_size(n, x, axis) for axis, n in enumerate(wanted)) == 0:
        return x
    return None


def _is_size(n: Any, x: Any, axis: int) -> bool:
    """Whether n is known to be the size of x along this axis."""
    known = static_int(n)
    if known is not None:
        return known == x.type.shape[axis] or known == -1 and x.ndim == 1
    item = node_of(n, ShapeItem)
    return item is not None and item.op.axis == axis and item.inputs[0] is x


@rule(Flatten, tags=("local_flatten_lift",))
def flatten_again(graph: Graph, node: Apply) -> Any:
    """flatten(x) -> x for a vector; flatten(reshape(x)), flatten(flatten(x)) -> flatten(x)"""
    (x,) = node.inputs
    if x.ndim == node.op.ndim:
        return x
    inner = node_of(x, Reshape, Flatten)
    if inner is None or node.op.ndim != 1:
        return None
    source = inner.inputs[0]
    return source if source.ndim == 1 else Flatten(1)(source) if source.ndim else None


@rule(Rebroadcast, tags=("local_useless_rebroadcast", "local_rebroadcast_lift"))
def known_pattern(graph: Graph, node: Apply) -> Any:
    """rebroadcast(x) -> x where it says what is known; rebroadcast(rebroadcast(x)) -> rebroadcast(x)"""
    (x,) = node.inputs
    said = [(axis, flag) for axis, flag in node.op.pattern if flag != (x.type.shape[axis] == 1)]
    if not said:
        return x
    if len(said) < len(node.op.pattern):
        return Rebroadcast(*said)(x)
    inner = node_of(x, Rebroadcast)
    return Rebroadcast(*dict([*inner.op.pattern, *said]).items())(inner.inputs[0]) if inner is not None else None


@rule(SpecifyShape, tags=("local_useless_SpecifyShape",))
def known_shape(graph: Graph, node: Apply) -> Any:
    """specify_shape(x, sizes) -> x where they are known to be so"""
    x, *wanted = node.inputs
    if all((n := static_int(size)) is not None and n == x.type.shape[axis] for axis, size in zip(node.op.axes, wanted)):
        return x
    return None


ARRANGEMENT: list[Rule] = [
    dimshuffle_twice, dimshuffle_of_alloc, alloc_of_alloc, elementwise_of_alloc, dimshuffle_of_elementwise, reshape_twice, flatten_again,
    known_pattern, known_shape,
]
