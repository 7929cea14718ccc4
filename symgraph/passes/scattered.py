"""What is left of gradients: values put into zeros, at the places of labels or in a region, summed and added to; two softmaxes of one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import cast
from symgraph.ops.create import Alloc, Arange
from symgraph.ops.index import AdvancedIncSubtensor, IncSubtensor
from symgraph.ops.index.region import ARRAY
from symgraph.ops.layout import DimShuffle
from symgraph.ops.nnet.softmax import LogSoftmax, Softmax
from symgraph.ops.reduce import Sum
from symgraph.ops.shape import ShapeItem
from symgraph.passes.expressions import variable_of
from symgraph.passes.match import is_constant, node_of, only_use
from symgraph.passes.replacement import call
from symgraph.passes.shapes import Sizer

__all__ = ["SCATTERED", "has_sizes"]


def _scatter(x: Any) -> Any:
    """The node that adds values to zeros, an index vector for each dimension; None if x is not made so."""
    node = node_of(x, AdvancedIncSubtensor)
    if node is None or node.op.sets or len(node.op.entries) != x.ndim or any(entry != ARRAY for entry in node.op.entries):
        return None
    if any(y.type.shape not in ((None,), node.inputs[1].type.shape) for y in node.inputs[1:]):
        return None  # one of them is repeated to meet the others
    base = node_of(node.inputs[0], Alloc)
    return node if base is not None and base.inputs[0].ndim == 0 and is_constant(base.inputs[0], 0) else None


@rule(Sum, tags=("local_advanced_indexing_crossentropy_onehot_grad",))
def sum_of_scattered(graph: Graph, node: Apply) -> Any:
    """sum(inc(zeros(n, m), y, i, j), axis 1) -> inc(zeros(n), y, i), where the matrix is needed all the same: it checks j"""
    (x,) = node.inputs
    inner = _scatter(x)
    if inner is None or graph.used_once(x) or len(node.op.axes) == x.ndim or x.dtype != node.outputs[0].dtype:
        return None
    rest = [axis for axis in range(x.ndim) if axis not in node.op.axes]
    base, values, *places = inner.inputs
    zero, *sizes = base.owner.inputs
    return AdvancedIncSubtensor([ARRAY] * len(rest))(Alloc()(zero, *[sizes[k] for k in rest]), values, *[places[k] for k in rest])


@rule(AdvancedIncSubtensor, tags=("local_useless_inc_subtensor",))
def scattered_in_order(graph: Graph, node: Apply) -> Any:
    """inc(zeros(n), y, arange(n)) -> y, where y has that size"""
    if node.outputs[0].ndim != 1 or _scatter(node.outputs[0]) is None:
        return None
    base, values, places = node.inputs
    sizes = base.owner.inputs[1:]
    counted = node_of(places, Arange)
    if counted is None or values.type != node.outputs[0].type or not is_constant(counted.inputs[0], 0) or not is_constant(counted.inputs[2], 1):
        return None
    return values if has_sizes(graph, places, sizes) and has_sizes(graph, values, sizes) else None


@rule("add", "sub", tags=("local_advanced_indexing_crossentropy_onehot_grad",))
def added_to_scattered(graph: Graph, node: Apply) -> Any:
    """add(inc(zeros, y, i), x) -> inc(x, y, i); sub(inc(zeros, y, i), x) -> inc(neg(x), y, i), where x has the size of zeros; so for several
    inc, one of the other, of a table that was read at several places"""
    return _added(graph, node, lambda x: _sparse(graph, x), lambda op: op)


def _sparse(graph: Graph, x: Any) -> list[Apply]:
    """The nodes that add values to zeros one after the other, at places by any index; none if x is not made so."""
    found: list[Apply] = []
    while (node := node_of(x, AdvancedIncSubtensor)) is not None and not node.op.sets and x.dtype != "bool" and (not found or only_use(graph, x)):
        found.append(node)
        x = node.inputs[0]
    base = node_of(x, Alloc)
    return found[::-1] if base is not None and base.inputs[0].ndim == 0 and is_constant(base.inputs[0], 0) else []


@rule("mul", "true_div", "neg", tags=("local_useless_inc_subtensor",))
def scaled_scattered(graph: Graph, node: Apply) -> Any:
    """mul(c, inc(zeros, y, i)) -> inc(zeros, mul(c, y), i) where c is one number; so for neg and a division by one: zeros are not multiplied"""
    out = node.outputs[0]
    for position, x in enumerate(node.inputs[:1] if node.op.name == "true_div" else node.inputs):
        if x.type != out.type or not only_use(graph, x) or not (layers := _sparse(graph, x)):
            continue
        others = [z for k, z in enumerate(node.inputs) if k != position]
        if not all(all(z.broadcastable) for z in others):
            return None
        bare = [DimShuffle(z.ndim, ())(z) if z.ndim else z for z in others]
        bare = [z if z.dtype == out.dtype else cast(z, out.dtype) for z in bare]
        made = layers[0].inputs[0]
        for layer in layers:
            values = layer.inputs[1]
            scaled = call(node.op.name, *bare[:position], values, *bare[position:])
            if scaled.type != values.type:
                return None
            made = layer.op(made, scaled, *layer.inputs[2:])
        return made
    return None


def _added(graph: Graph, node: Apply, found: Callable[[Any], list[Apply]], adder: Callable[[Any], Any]) -> Any:
    """A sum or difference of which one operand is `found` to be put into zeros: what is left, with that added."""
    out = node.outputs[0]
    for position, x in enumerate(node.inputs):
        if x.type != out.type or not only_use(graph, x) or not (layers := found(x)):
            continue
        others = node.inputs[:position] + node.inputs[position + 1 :]
        rest = others[0] if len(others) == 1 else call("add", *others)
        if rest.type != x.type or not has_sizes(graph, rest, layers[0].inputs[0].owner.inputs[1:]):
            return None
        if node.op.name == "sub" and position == 0:
            rest = call("neg", rest)
        for layer in layers:
            values = call("neg", layer.inputs[1]) if node.op.name == "sub" and position else layer.inputs[1]
            rest = adder(layer.op)(rest, values, *layer.inputs[2:])
        return rest
    return None


def _part(x: Any) -> list[Apply]:
    """The one node that puts values into a region of zeros; none if x is not made so."""
    node = node_of(x, IncSubtensor)
    if node is None or type(node.op) is not IncSubtensor or x.dtype == "bool":
        return []
    base = node_of(node.inputs[0], Alloc)
    return [node] if base is not None and base.inputs[0].ndim == 0 and is_constant(base.inputs[0], 0) else []


@rule("add", "sub", tags=("local_IncSubtensor_serialize",))
def added_to_part(graph: Graph, node: Apply) -> Any:
    """add(set(zeros[i], y), x) -> inc(x[i], y); sub(set(zeros[i], y), x) -> inc(neg(x)[i], y), where x has the size of zeros: no zeros are
    made, and nothing is added to what they are beside the region"""
    return _added(graph, node, _part, lambda op: IncSubtensor(op.entries))


@rule(IncSubtensor, tags=("local_IncSubtensor_serialize",))
def twice_to_one_region(graph: Graph, node: Apply) -> Any:
    """inc(inc(x[i], y)[i], z) -> inc(x[i], add(y, z))"""
    x, z, *parts = node.inputs
    inner = node_of(x, IncSubtensor)
    if inner is None or inner.op != node.op or node.op.sets or type(node.op) is not IncSubtensor or not only_use(graph, x):
        return None
    base, y, *others = inner.inputs
    if y.type != z.type or any(a is not b for a, b in zip(parts, others)):
        return None
    return node.op(base, call("add", y, z), *parts)


def has_sizes(graph: Graph, x: Any, sizes: Any) -> bool:
    """Whether the sizes of x are these variables, so that the check of the sizes may go."""
    for own, n in zip(map(variable_of, Sizer(graph.given).of(x)), sizes):
        if own is n or (own.owner is None and n.owner is None and getattr(own, "data", None) == getattr(n, "data", own)):
            continue
        a, b = node_of(own, ShapeItem), node_of(n, ShapeItem)
        if a is None or b is None or a.op != b.op or a.inputs[0] is not b.inputs[0]:
            return False
    return True


@rule(Softmax, tags=("local_softmax_simplifier",))
def softmax_of_known_logarithm(graph: Graph, node: Apply) -> Any:
    """softmax(x) -> exp(logsoftmax(x)), where that is computed, too: no second search for the largest, no second sum"""
    if type(node.op) is not Softmax:
        return None
    for user, _ in graph.users(node.inputs[0]):
        if type(user.op) is LogSoftmax and user.op.axis == node.op.axis:
            return call("exp", user.outputs[0])
    return None


SCATTERED: list[Rule] = [
    sum_of_scattered, scattered_in_order, scaled_scattered, added_to_scattered, added_to_part, twice_to_one_region, softmax_of_known_logarithm,
]
