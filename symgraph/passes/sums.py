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
from symgraph.ops.nnet.softmax import Softmax
from symgraph.ops.reduce import AllOf, AnyOf, ArgMax, Max, Min, Prod, Sum
from symgraph.passes.match import inputs_of, is_float, node_of, only_use
from symgraph.passes.replacement import call, number

__all__ = ["SUMS"]


def _with_axes(op: Any, axes: tuple[int, ...]) -> Any:
    """The same reduction along other axes."""
    values = {name: getattr(op, name) for name in op.__props__} | {"axes": axes}
    return type(op)(**values)


@rule(Sum, tags=("local_sum_prod_mul_by_scalar", "local_sum_mul_by_scalar", "local_sum_prod_div_dimshuffle"))
def factor_out_of_sum(graph: Graph, node: Apply) -> Any:
    """sum(neg(x)) -> neg(sum(x)); sum(mul(c, x)) -> mul(c, sum(x)); sum(true_div(x, c)) -> true_div(sum(x), c); c is the same all along"""
    (x,) = node.inputs
    out = node.outputs[0]
    if x.dtype != out.dtype or not only_use(graph, x):
        return None
    inner = inputs_of(x, "neg")
    if inner is not None:
        return call("neg", node.op(inner[0]))
    factors = inputs_of(x, "mul") or ([x] if inputs_of(x, "true_div") is not None else [])
    if not is_float(x) or any(y.dtype != x.dtype for y in factors):
        return None
    before: list[Any] = []
    below: list[Any] = []
    inside: list[Any] = []
    for y in factors:
        fraction = inputs_of(y, "true_div")
        if _same_all_along(y, x, node.op.axes):
            before.append(y)
        elif fraction is not None and _same_all_along(fraction[1], x, node.op.axes) and all(z.dtype == x.dtype for z in fraction):
            inside.append(fraction[0])
            below.append(fraction[1])
        else:
            inside.append(y)
    if not before and not below or not inside:
        return None
    product = inside[0] if len(inside) == 1 else call("mul", *inside)
    if product.type.shape != x.type.shape:
        return None
    result = node.op(product)
    for name, others in (("mul", before), ("true_div", below)):
        for y in others:
            result = call(name, result, _without(y, x.ndim, node.op.axes))
    return result if result.broadcastable == out.broadcastable else None


def _same_all_along(y: Any, x: Any, axes: tuple[int, ...]) -> bool:
    """Whether y, an operand of x, is repeated along all these dimensions of x."""
    missing = x.ndim - y.ndim
    return all(d < missing or y.type.shape[d - missing] == 1 for d in axes)


def _without(y: Any, ndim: int, axes: tuple[int, ...]) -> Any:
    """y without these dimensions of the `ndim` it is spread over."""
    missing = ndim - y.ndim
    kept = [d - missing for d in range(missing, ndim) if d not in axes]
    while kept and y.type.shape[kept[0]] == 1:
        kept.pop(0)
    return y if len(kept) == y.ndim else DimShuffle(y.ndim, kept)(y)


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
    """sum(alloc(c, m, n)) -> mul(c, m * n), where c is one number, or does not change along what is summed"""
    inner = node_of(node.inputs[0], Alloc)
    out = node.outputs[0]
    if inner is None or inner.inputs[0].dtype != out.dtype or out.dtype in ("bool", "float16"):
        return None
    value, *sizes = inner.inputs
    missing = len(sizes) - value.ndim
    own = [axis - missing for axis in node.op.axes if axis >= missing]
    if any(value.type.shape[axis] != 1 for axis in own):
        return None
    if own:
        value = DimShuffle(value.ndim, [axis for axis in range(value.ndim) if axis not in own])(value)
    known = [static_int(n) for n in sizes]
    count = times([size if n is None else n for n, size in ((known[d], sizes[d]) for d in node.op.axes)])
    total = call("mul", value, number(count, value) if isinstance(count, int) else cast(count, out.dtype))
    rest = [sizes[d] for d in range(len(sizes)) if d not in node.op.axes]
    return Alloc()(total, *rest) if rest else total


@rule(ArgMax, tags=("local_argmax_pushdown",))
def place_of_largest_probability(graph: Graph, node: Apply) -> Any:
    """argmax(softmax(x)) -> argmax(x), along the dimension that sums to 1"""
    inner = node_of(node.inputs[0], Softmax)
    if inner is None or type(node.op) is not ArgMax or tuple(node.op.axes) != (inner.op.axis,) or inner.inputs[0].dtype != node.inputs[0].dtype:
        return None
    return node.op(inner.inputs[0])


SUMS: list[Rule] = [factor_out_of_sum, nothing_to_reduce, reduced_twice, order_does_not_matter, sum_of_repeated, place_of_largest_probability]
