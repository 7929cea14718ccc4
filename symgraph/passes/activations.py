"""Sigmoid and softmax as people write them out, in values and in gradients: 1 / (1 + exp(-x)), exp(x) / sum(exp(x)).

They are recognised before anything else is done to the expression, as the forms written out overflow.
"""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.layout import DimShuffle
from symgraph.ops.nnet.softmax import Softmax
from symgraph.ops.reduce import Sum
from symgraph.passes.match import inputs_of, is_constant, is_float, node_of, same_shape, split_constant
from symgraph.passes.replacement import call, joined, put

__all__ = ["ACTIVATIONS", "one_plus"]


def one_plus(x: Any) -> Any:
    """t where x is 1 + t, or 1 - s (then neg(s)); None otherwise, or where it is the 1 that has x's shape."""
    found: Any = None
    inputs = inputs_of(x, "add")
    if inputs is not None:
        rest = split_constant(inputs, 1)
        found = joined("add", rest, x.owner) if rest else None
    else:
        inputs = inputs_of(x, "sub")
        if inputs is not None and is_constant(inputs[0], 1):
            found = call("neg", inputs[1])
    if found is None or not is_float(x) or found.dtype != x.dtype or not same_shape(found, x):
        return None
    return found


@rule("reciprocal", "true_div", tags=("local_inv_1_plus_exp", "local_exp_over_1_plus_exp"))
def sigmoid_as_written(graph: Graph, node: Apply) -> Any:
    """true_div(c, add(1, exp(x))) -> mul(c, sigmoid(neg(x))); true_div(exp(x), add(1, exp(x))) -> sigmoid(x)"""
    below = node.inputs[-1]
    powers = one_plus(below)
    inner = inputs_of(powers, "exp") if powers is not None else None
    if inner is None or not is_float(inner[0]) or below.dtype != node.outputs[0].dtype:
        return None
    (x,) = inner
    above = node.inputs[0] if len(node.inputs) == 2 else None
    numerator = inputs_of(above, "exp") if above is not None else None
    if numerator is not None and numerator[0] is x:
        return put(call("sigmoid", x), node)
    mirrored = call("sigmoid", _opposite(x))
    return put(mirrored, node) if above is None or is_constant(above, 1) else joined("mul", [above, mirrored], node)


def _opposite(x: Any) -> Any:
    inner = inputs_of(x, "neg")
    return inner[0] if inner is not None else call("neg", x)


@rule("mul", tags=("local_sigm_times_exp",))
def sigmoid_times_exponential(graph: Graph, node: Apply) -> Any:
    """mul(exp(x), sigmoid(neg(x))) -> sigmoid(x); mul(exp(neg(x)), square(sigmoid(x))) -> mul(sigmoid(x), sigmoid(neg(x)))"""
    for position, x in enumerate(node.inputs):
        power = inputs_of(x, "exp")
        if power is None or x.dtype != node.outputs[0].dtype or not is_float(x):
            continue
        rest = node.inputs[:position] + node.inputs[position + 1 :]
        for k, y in enumerate(rest):
            squared = inputs_of(y, "square")
            factor = y if squared is None else squared[0]
            inner = inputs_of(factor, "sigmoid")
            if inner is None or not _opposed(power[0], inner[0]) or y.dtype != x.dtype:
                continue
            rest[k : k + 1] = [call("sigmoid", power[0])] if squared is None else [factor, call("sigmoid", power[0])]
            return joined("mul", rest, node)
    return None


def _opposed(x: Any, y: Any) -> bool:
    """Whether one of the two is neg of the other."""
    return any((inner := inputs_of(a, "neg")) is not None and inner[0] is b for a, b in ((x, y), (y, x)))


def _totalled(total: Any, powers: Any) -> int | None:
    """The axis along which powers were summed, where total broadcasts back over powers; None if it is no such sum."""
    order: list[Any] = list(range(total.ndim))
    while (kept := node_of(total, DimShuffle)) is not None:
        order = ["x" if d == "x" else kept.op.order[d] for d in order]
        total = kept.inputs[0]
    node = node_of(total, Sum)
    if node is None or node.inputs[0] is not powers or len(node.op.axes) != 1 or node.outputs[0].dtype != powers.dtype:
        return None
    (axis,) = node.op.axes
    order = ["x"] * (powers.ndim - len(order)) + order
    rest = iter(range(powers.ndim - 1))
    return axis if order == ["x" if d == axis else next(rest) for d in range(powers.ndim)] else None


@rule("true_div", tags=("local_softmax_simplifier", "softmax_simplifier"))
def softmax_as_written(graph: Graph, node: Apply) -> Any:
    """true_div(exp(x), sum(exp(x), axis, keepdims)) -> softmax(x, axis)"""
    above, below = node.inputs
    powers = inputs_of(above, "exp")
    axis = _totalled(below, above) if powers is not None and is_float(above) and powers[0].dtype == above.dtype else None
    return put(Softmax(axis)(powers[0]), node) if powers is not None and axis is not None else None


@rule("mul", tags=("local_softmax_simplifier", "softmax_simplifier"))
def softmax_in_gradient(graph: Graph, node: Apply) -> Any:
    """mul(exp(x), true_div(c, sum(exp(x), axis, keepdims))) -> mul(c, softmax(x, axis)), as in the gradient of log(sum(exp(x)))"""
    for position, powers in enumerate(node.inputs):
        inner = inputs_of(powers, "exp")
        if inner is None or not is_float(powers) or inner[0].dtype != powers.dtype:
            continue
        rest = node.inputs[:position] + node.inputs[position + 1 :]
        for k, y in enumerate(rest):
            moved = node_of(y, DimShuffle)
            bare = moved.inputs[0] if moved is not None else y
            fraction = inputs_of(bare, "true_div") or inputs_of(bare, "reciprocal")
            if fraction is None or bare.dtype != powers.dtype:
                continue
            if moved is not None and any(z.broadcastable != bare.broadcastable for z in fraction):
                continue
            *above, total = [z if moved is None else moved.op(z) for z in fraction]
            axis = _totalled(total, powers)
            if axis is not None:
                rest[k] = Softmax(axis)(inner[0])
                return joined("mul", [*above, *rest], node)
    return None


ACTIVATIONS: list[Rule] = [
    sigmoid_as_written, sigmoid_times_exponential, softmax_as_written, softmax_in_gradient,
]
