"""More forms that keep their digits (see stability.py): x log(x), logarithms of sums and differences of exponentials, erf near its ends,
and the variance, which as a difference of two means loses twice the digits that the mean has more than the deviation."""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import Cast
from symgraph.ops.layout import DimShuffle
from symgraph.ops.reduce import Sum
from symgraph.ops.shape import ShapeItem
from symgraph.passes.match import inputs_of, is_constant, is_float, node_of, only_use, scalar_value, split_constant
from symgraph.passes.replacement import call, joined, put

__all__ = ["ACCURACY"]


@rule("mul", tags=("local_xlogx",))
def times_its_logarithm(graph: Graph, node: Apply) -> Any:
    """mul(x, log(x)) -> xlogx(x), which is 0 at 0"""
    for position, y in enumerate(node.inputs):
        inner = inputs_of(y, "log")
        if inner is None or not is_float(inner[0]) or inner[0].dtype != node.outputs[0].dtype:
            continue
        for other, x in enumerate(node.inputs):
            if x is inner[0]:
                rest = [z for k, z in enumerate(node.inputs) if k not in (position, other)]
                return joined("mul", [call("xlogx", x), *rest], node)
    return None


@rule("log", tags=("local_log_add",))
def logarithm_of_exponentials(graph: Graph, node: Apply) -> Any:
    """log(add(exp(x), exp(y))) -> logaddexp(x, y)"""
    (x,) = node.inputs
    terms = inputs_of(x, "add")
    if terms is None or not only_use(graph, x):
        return None
    inner = [inputs_of(y, "exp") for y in terms]
    if any(y is None or not is_float(y[0]) or y[0].dtype != x.dtype for y in inner):
        return None
    result: Any = None
    for y in inner:
        result = y[0] if result is None else call("logaddexp", result, y[0])  # type: ignore[index]
    return put(result, node)


@rule("log", "log1p", tags=("local_log1mexp",))
def logarithm_of_one_minus_exponential(graph: Graph, node: Apply) -> Any:
    """log1p(neg(exp(x))) -> log1mexp(x); log(neg(expm1(x))) -> log1mexp(x)"""
    negated = inputs_of(node.inputs[0], "neg")
    inner = inputs_of(negated[0], "exp" if node.op.name == "log1p" else "expm1") if negated is not None else None
    return put(call("log1mexp", inner[0]), node) if inner is not None and is_float(inner[0]) else None


@rule("add", "sub", tags=("local_erf_minus_one", "local_one_plus_erf", "local_erf_neg_minus_one"))
def near_the_ends_of_erf(graph: Graph, node: Apply) -> Any:
    """add(-1, erf(x)) -> neg(erfc(x)); add(1, erf(x)) -> erfc(neg(x)); add(-1, erfc(x)) -> neg(erf(x)); sub(erf(x), 1) likewise"""
    inputs = list(node.inputs)
    minus = None
    if node.op.name == "sub":
        minus = inputs[:1] if is_constant(inputs[1], 1) else None
    else:
        minus = split_constant(inputs, -1)
    if minus is not None and len(minus) == 1 and minus[0].dtype == node.outputs[0].dtype:
        for name, other in (("erf", "erfc"), ("erfc", "erf")):
            inner = inputs_of(minus[0], name)
            if inner is not None and is_float(inner[0]):
                return put(call("neg", call(other, inner[0])), node)
    plus = split_constant(inputs, 1) if node.op.name == "add" else None
    inner = inputs_of(plus[0], "erf") if plus is not None and len(plus) == 1 and plus[0].dtype == node.outputs[0].dtype else None
    return put(call("erfc", call("neg", inner[0])), node) if inner is not None and is_float(inner[0]) else None


@rule("sub", tags=("local_variance",))
def variance_as_written(graph: Graph, node: Apply) -> Any:
    """sub(mean(square(x)), square(mean(x))) -> mean(square(sub(x, mean(x)))); each mean is a sum over the number of elements"""
    first, second = _mean_of(node.inputs[0]), _squared(node.inputs[1])
    other = _mean_of(second) if second is not None else None
    if first is None or other is None:
        return None
    (sum_of_squares, n), (total, m) = first, other
    (x,) = total.inputs
    if sum_of_squares.op != total.op or not is_float(x) or x.dtype != total.outputs[0].dtype or _squared(sum_of_squares.inputs[0]) is not x:
        return None
    if not _counts(n, x, total.op.axes) or not _counts(m, x, total.op.axes) or node.inputs[0].type.shape != node.outputs[0].type.shape:
        return None
    mean = _without_moves(second)
    rest = iter(range(mean.ndim))
    kept = DimShuffle(mean.ndim, ["x" if d in total.op.axes else next(rest) for d in range(x.ndim)])(mean)
    away = call("square", call("sub", x, kept))
    if away.type.shape != x.type.shape:
        return None
    sums = total.op(away)
    moved = node_of(node.inputs[0], DimShuffle)
    result = call("mul" if m[0] == "times" else "true_div", sums, m[1])
    return put(result if moved is None else moved.op(result), node)


def _squared(x: Any) -> Any:
    """y where x is its square, however that is written."""
    inputs = inputs_of(x, "square")
    if inputs is not None:
        return inputs[0]
    inputs = inputs_of(x, "pow")
    if inputs is not None and is_constant(inputs[1], 2):
        return inputs[0]
    inputs = inputs_of(x, "mul")
    return inputs[0] if inputs is not None and len(inputs) == 2 and inputs[0] is inputs[1] else None


def _without_moves(x: Any) -> Any:
    """x before new dimensions of size 1 (keepdims) were given to it."""
    moved = node_of(x, DimShuffle)
    return x if moved is None else moved.inputs[0]


Count = tuple[str, Any]  # ("over", n): divided by n; ("times", c): multiplied by the constant c


def _mean_of(x: Any) -> tuple[Apply, Count] | None:
    """(the node of the sum, what it is divided by) if x is a sum divided by something without dimensions."""
    x = _without_moves(x)
    fraction = inputs_of(x, "true_div")
    if fraction is not None:
        total, n = node_of(fraction[0], Sum), _without_moves(fraction[1])
        return (total, ("over", n)) if total is not None and n.ndim == 0 else None
    factors = inputs_of(x, "mul")
    if factors is None or len(factors) != 2:
        return None
    for c, y in (factors, factors[::-1]):
        if scalar_value(c) and (total := node_of(y, Sum)) is not None:
            return total, ("times", c)
    return None


def _counts(n: Count, x: Any, axes: tuple[int, ...]) -> bool:
    """Whether it is the number of elements of x along these dimensions."""
    known = [x.type.shape[d] for d in axes]
    value = scalar_value(n[1])
    if value is not None:
        return None not in known and math.isclose(value if n[0] == "over" else 1 / value, math.prod(known), rel_tol=1e-12)
    size = n[1]
    while (converted := node_of(size, Cast)) is not None:
        size = converted.inputs[0]
    factors = inputs_of(size, "mul") or [size]
    constant, found = 1, []
    for factor in factors:
        item = node_of(factor, ShapeItem)
        if item is not None and (item.inputs[0] is x or _squared(item.inputs[0]) is x):
            found.append(item.op.axis)
        elif scalar_value(factor) is not None:
            constant *= scalar_value(factor)
        else:
            return False
    unknown = [d for d in axes if x.type.shape[d] is None]
    return sorted(found) == unknown and constant == math.prod(n for n in known if n is not None)


ACCURACY: list[Rule] = [
    times_its_logarithm, logarithm_of_exponentials, logarithm_of_one_minus_exponential, near_the_ends_of_erf, variance_as_written,
]
