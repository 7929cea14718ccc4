"""Reductions: factors and signs out of sums, several sums in one, nothing summed along dimensions of size 1."""

from __future__ import annotations

from typing import Any

from symgraph.expr.dtypes import COMPLEX
from symgraph.expr.op import Apply
from symgraph.expr.sizes import static_int, times
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import cast
from symgraph.ops.create import Alloc
from symgraph.ops.layout import DimShuffle
from symgraph.ops.reduce import AllOf, AnyOf, Max, Min, Prod, Sum
from symgraph.passes.match import inputs_of, is_float, node_of, only_use
from symgraph.passes.replacement import call, number

__all__ = ["SUMS"]


def _with_axes(op: Any, axes: tuple[int, ...]) -> Any:
    """The same reduction along other axes."""
    values = {name: getattr(op, name) for name in op.__props__} | {"axes": axes}
    return type(op)(**values)


@rule(Sum, tags=("local_sum_prod_mul_by_scalar", "local_sum_mul_by_scalar"))
def factor_out_of_sum(graph: Graph, node: Apply) -> Any:
    """sum(neg(x)) -> neg(sum(x)); sum(mul(c, x)) -> mul(c, sum(x)); sum(true_div(x, c)) -> true_div(sum(x), c); c has one element"""
    (x,) = node.inputs
    out = node.outputs[0]
    if x.dtype != out.dtype or not only_use(graph, x):
        return None
    inner = inputs_of(x, "neg")
    if inner is not None:
        return call("neg", node.op(inner[0]))
    if not is_float(x):
        return None
    inner = inputs_of(x, "true_div")
    if inner is not None and _single(inner[1]) and inner[0].type.shape == x.type.shape and all(y.dtype == x.dtype for y in inner):
        return call("true_div", node.op(inner[0]), _bare(inner[1]))
    inner = inputs_of(x, "mul")
    if inner is None:
        return None
    factors = [y for y in inner if _single(y)]
    rest = [y for y in inner if not _single(y)]
    if not factors or not rest or any(y.dtype != x.dtype for y in inner):
        return None
    product = rest[0] if len(rest) == 1 else call("mul", *rest)
    if product.type.shape != x.type.shape:
        return None
    return call("mul", *map(_bare, factors), node.op(product))


def _single(x: Any) -> bool:
    return all(x.broadcastable)


def _bare(x: Any) -> Any:
    """A variable of one element without its dimensions."""
    return DimShuffle(x.ndim, ())(x) if x.ndim else x


@rule(Sum, Prod, Max, Min, AnyOf, AllOf, tags=("local_op_of_op", "local_sum_sum"))
def reduced_twice(graph: Graph, node: Apply) -> Any:
    """sum(sum(x, a), b) -> sum(x, a and b); prod, max, min, any, all likewise"""
    (x,) = node.inputs
    inner = node_of(x, type(node.op))
    if inner is None or not only_use(graph, x) or x.dtype != node.outputs[0].dtype:
        return None
    if getattr(inner.op, "acc_dtype", None) != getattr(node.op, "acc_dtype", None):
        return None
    source = inner.inputs[0]
    kept = [d for d in range(source.ndim) if d not in inner.op.axes]
    return _with_axes(inner.op, tuple(sorted((*inner.op.axes, *(kept[d] for d in node.op.axes)))))(source)


@rule(Sum, Prod, Max, Min, tags=("local_reduce_broadcastable",))
def nothing_to_reduce(graph: Graph, node: Apply) -> Any:
    """sum(x, a) -> x without dimension a where that is known to be of size 1; prod, max, min likewise"""
    (x,) = node.inputs
    idle = [d for d in node.op.axes if x.type.shape[d] == 1]
    if not idle:
        return None
    kept = [d for d in range(x.ndim) if d not in idle]
    squeezed = DimShuffle(x.ndim, kept)(x)
    axes = tuple(kept.index(d) for d in node.op.axes if d not in idle)
    if axes:
        return _with_axes(node.op, axes)(squeezed)
    dtype = node.outputs[0].dtype
    return squeezed if x.dtype == dtype else None if x.dtype in COMPLEX and dtype not in COMPLEX else cast(squeezed, dtype)


@rule(Sum, Prod, Max, Min, AnyOf, AllOf, tags=("local_reduce_dimshuffle", "local_cut_useless_reduce"))
def order_does_not_matter(graph: Graph, node: Apply) -> Any:
    """sum(x.T, 0) -> sum(x, 1), where what is left keeps its order"""
    inner = node_of(node.inputs[0], DimShuffle)
    if inner is None or "x" in inner.op.order or inner.op.dropped:
        return None
    source = inner.inputs[0]
    axes = tuple(sorted(inner.op.order[d] for d in node.op.axes))
    left = [d for position, d in enumerate(inner.op.order) if position not in node.op.axes]
    return _with_axes(node.op, axes)(source) if left == sorted(left) else None


@rule(Sum, tags=("local_sum_alloc", "local_opt_alloc"))
def sum_of_repeated(graph: Graph, node: Apply) -> Any:
    """sum(alloc(c, m, n)) -> mul(c, m * n), where c is one number"""
    inner = node_of(node.inputs[0], Alloc)
    out = node.outputs[0]
    if inner is None or inner.inputs[0].ndim or inner.inputs[0].dtype != out.dtype or out.dtype in ("bool", "float16"):
        return None
    value, *sizes = inner.inputs
    known = [static_int(n) for n in sizes]
    count = times([size if n is None else n for n, size in ((known[d], sizes[d]) for d in node.op.axes)])
    total = call("mul", value, number(count, value) if isinstance(count, int) else cast(count, out.dtype))
    rest = [sizes[d] for d in range(len(sizes)) if d not in node.op.axes]
    return Alloc()(total, *rest) if rest else total


SUMS: list[Rule] = [factor_out_of_sum, nothing_to_reduce, reduced_twice, order_does_not_matter, sum_of_repeated]
