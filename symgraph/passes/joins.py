"""Joined and repeated arrays: joins of joins, reductions of joins part by part, what is repeated twice; the extremes of what is negated; products of
which a part, or the trace, is all that is read."""

from __future__ import annotations

from typing import Any

from symgraph.expr.dtypes import FLOAT
from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import cast
from symgraph.ops.create import Alloc
from symgraph.ops.diagonal import ExtractDiag
from symgraph.ops.index import Subtensor
from symgraph.ops.index.region import FULL, INPUT, Slice
from symgraph.ops.join import Join, MakeVector
from symgraph.ops.layout import DimShuffle
from symgraph.ops.linalg import Dot
from symgraph.ops.reduce import AllOf, AnyOf, Max, Min, Prod, Sum
from symgraph.passes.match import inputs_of, is_float, node_of, only_use
from symgraph.passes.replacement import call, keeps_ones

__all__ = ["JOINS", "PRODUCTS"]


@rule(Join, tags=("local_join_1", "local_join_empty"))
def parts_of_no_size(graph: Graph, node: Apply) -> Any:
    """join(0, x) -> x; join(0, x, empty) -> x, where it is known that nothing is in it"""
    axis, dtype = node.op.axis, node.outputs[0].dtype
    left = [x for x in node.inputs if x.type.shape[axis] != 0] or node.inputs[:1]
    if len(left) == len(node.inputs) > 1:
        return None
    if len(left) == 1:
        return left[0] if left[0].dtype == dtype else cast(left[0], dtype)
    joined = Join(axis)(*left)
    return joined if joined.dtype == dtype else cast(joined, dtype)


@rule(Join, tags=("local_join_make_vector",))
def join_of_items(graph: Graph, node: Apply) -> Any:
    """join(0, make_vector(a, b), make_vector(c)) -> make_vector(a, b, c)"""
    parts = [node_of(x, MakeVector) for x in node.inputs]
    if any(part is None for part in parts) or any(x.dtype != node.outputs[0].dtype for x in node.inputs):
        return None
    items = [x for part in parts for x in part.inputs]
    dtype = node.outputs[0].dtype
    return MakeVector()(*[x if x.dtype == dtype else cast(x, dtype) for x in items])


@rule(Join, tags=("local_join_of_join",))
def join_of_joins(graph: Graph, node: Apply) -> Any:
    """join(0, join(0, a, b), c) -> join(0, a, b, c), where the inner one is read here alone"""
    for position, x in enumerate(node.inputs):
        inner = node_of(x, Join)
        if inner is not None and inner.op == node.op and only_use(graph, x):
            parts = [y if y.dtype == x.dtype else cast(y, x.dtype) for y in inner.inputs]
            return node.op(*node.inputs[:position], *parts, *node.inputs[position + 1 :])
    return None


_TOGETHER: dict[type, str] = {Sum: "add", Prod: "mul", Max: "maximum", Min: "minimum", AnyOf: "or_", AllOf: "and_"}


@rule(*_TOGETHER, tags=("local_reduce_join",))
def reduction_of_join(graph: Graph, node: Apply) -> Any:
    """sum(join(0, a, b)) -> add(sum(a), sum(b)); prod, max, min, any, all likewise, max and min of parts that are not empty"""
    (x,) = node.inputs
    inner = node_of(x, Join)
    out = node.outputs[0]
    if inner is None or inner.op.axis not in node.op.axes or not only_use(graph, x) or out.dtype == "float16":
        return None
    if isinstance(node.op, (Max, Min)) and any(not n for part in inner.inputs for d in node.op.axes for n in [part.type.shape[d]]):
        return None
    parts = [node.op(y if y.dtype == x.dtype else cast(y, x.dtype)) for y in inner.inputs]
    name = _TOGETHER[type(node.op)]
    if name in ("add", "mul"):
        return call(name, *parts) if len(parts) > 1 else parts[0]
    result = parts[0]
    for part in parts[1:]:
        result = call(name, result, part)
    return result


@rule(Max, Min, tags=("local_max_to_min", "local_max_and_argmax"))
def extreme_of_negated(graph: Graph, node: Apply) -> Any:
    """max(neg(x)) -> neg(min(x)); min(neg(x)) -> neg(max(x)); of floats that are read here alone"""
    (x,) = node.inputs
    inner = inputs_of(x, "neg")
    if inner is None or not is_float(x) or not only_use(graph, x) or inner[0].type.shape != x.type.shape:
        return None
    other: Any = Min if isinstance(node.op, Max) else Max
    return call("neg", other(**{name: getattr(node.op, name) for name in node.op.__props__})(inner[0]))


@rule(Alloc, tags=("local_useless_alloc", "local_canonicalize_alloc"))
def repeated_to_its_own_shape(graph: Graph, node: Apply) -> Any:
    """alloc(x, 3) -> x, where x is known to be of this shape"""
    value, out = node.inputs[0], node.outputs[0]
    return value if value.type.shape == out.type.shape and None not in out.type.shape else None


@rule(Subtensor, tags=("local_subtensor_of_dot",))
def region_of_product(graph: Graph, node: Apply) -> Any:
    """dot(a, b)[i] -> dot(a[i], b); dot(a, b)[:, j] -> dot(a, b[:, j]): only what is read is multiplied"""
    x, *parts = node.inputs
    product = node_of(x, Dot)
    if product is None or type(product.op) is not Dot or type(node.op) is not Subtensor or not only_use(graph, x):
        return None
    a, b = product.inputs
    rest = iter(parts)
    entries = [(entry, [next(rest) for part in (entry if isinstance(entry, Slice) else (entry,)) if part == INPUT]) for entry in node.op.entries]
    new, flags = [], []
    for y, turned, kept in ((a, product.op.transpose_a, 0), (b, product.op.transpose_b, 1)):
        if y.ndim == 1 or not entries:
            new.append(y)
            flags.append(turned)
            continue
        entry, own = entries.pop(0)
        axis = 1 - kept if turned else kept
        new.append(y if entry == FULL else Subtensor([entry] if axis == 0 else [FULL, entry])(y, *own))
        flags.append(turned and new[-1].ndim == 2)
    return Dot(*flags)(*new) if any(old is not y for old, y in zip((a, b), new)) else None


@rule(Sum, tags=("trace",))
def trace_of_product(graph: Graph, node: Apply) -> Any:
    """sum(diagonal(dot(a, b))) -> sum(mul(a, b'))"""
    diagonal = node_of(node.inputs[0], ExtractDiag)
    if diagonal is None or diagonal.op.offset or diagonal.inputs[0].ndim != 2 or tuple(node.op.axes) != (0,):
        return None
    product = node_of(diagonal.inputs[0], Dot)
    if product is None or not only_use(graph, node.inputs[0]) or not only_use(graph, diagonal.inputs[0]):
        return None
    a, b = product.inputs
    if a.ndim != 2 or b.ndim != 2 or a.dtype not in FLOAT:
        return None
    a = DimShuffle(2, (1, 0))(a) if product.op.transpose_a else a
    b = b if product.op.transpose_b else DimShuffle(2, (1, 0))(b)
    if None in (a.type.shape[0], b.type.shape[0]) or a.type.shape[0] != b.type.shape[0]:  # the diagonal is as long as the shorter side
        rows = call("minimum", a.shape[0], b.shape[0])
        a, b = a[:rows], b[:rows]
    if a.broadcastable != b.broadcastable:
        return None
    return type(node.op)((0, 1), node.op.dtype, node.op.acc_dtype)(call("mul", a, b))


JOINS: list[Rule] = [keeps_ones(r) for r in (
    parts_of_no_size, join_of_items, join_of_joins, reduction_of_join, extreme_of_negated, repeated_to_its_own_shape,
)]
PRODUCTS: list[Rule] = [keeps_ones(region_of_product), keeps_ones(trace_of_product)]
