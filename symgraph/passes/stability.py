"""Forms that keep their digits: logarithms near 1, exponentials near 0, and what would overflow on the way to a small result.

Each rule gives the same function; where rounding or overflow spoils the form as written, the new one is right. The formulas are
those of the functions' definitions; that softplus, sigmoid, log1p and expm1 are accurate is their own business.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.elementwise import function
from symgraph.ops.index import AdvancedSubtensor, Subtensor
from symgraph.ops.layout import DimShuffle, Flatten, Rebroadcast, Reshape
from symgraph.ops.nnet.softmax import LogSoftmax, LogSumExp, Softmax
from symgraph.ops.reduce import Sum
from symgraph.ops.shape import SpecifyShape
from symgraph.passes.activations import one_plus
from symgraph.passes.match import inputs_of, is_constant, is_float, node_of, only_use, same_shape, split_constant
from symgraph.passes.replacement import call, joined, number, put

__all__ = ["STABILITY"]


def _one_minus(x: Any) -> Any:
    """s where x is 1 - s, however that is written; None otherwise."""
    if not is_float(x):
        return None
    inputs = inputs_of(x, "sub")
    if inputs is not None and is_constant(inputs[0], 1):
        return inputs[1]
    inputs = inputs_of(x, "add")
    rest = split_constant(inputs, 1) if inputs is not None else None
    if rest is None or len(rest) != 1:
        return None
    inner = inputs_of(rest[0], "neg")
    return inner[0] if inner is not None else None


@rule("log", tags=("local_log1p",))
def logarithm_near_one(graph: Graph, node: Apply) -> Any:
    """log(add(1, x)) -> log1p(x); log(sub(1, x)) -> log1p(neg(x))"""
    (x,) = node.inputs
    shift = one_plus(x)
    return put(call("log1p", shift), node) if shift is not None else None


@rule("log", tags=("local_log_sigmoid", "log1msigm_to_softplus", "logsigm_to_softplus"))
def logarithm_of_sigmoid(graph: Graph, node: Apply) -> Any:
    """log(sigmoid(x)) -> neg(softplus(neg(x)))"""
    inner = inputs_of(node.inputs[0], "sigmoid")
    return put(call("neg", call("softplus", call("neg", inner[0]))), node) if inner is not None and is_float(inner[0]) else None


@rule("log1p", tags=("log1pexp_to_softplus", "log1msigm_to_softplus"))
def softplus_as_written(graph: Graph, node: Apply) -> Any:
    """log1p(exp(x)) -> softplus(x); log1p(neg(sigmoid(x))) -> neg(softplus(x))"""
    (x,) = node.inputs
    inner = inputs_of(x, "exp")
    if inner is not None and is_float(inner[0]):
        return put(call("softplus", inner[0]), node)
    inner = inputs_of(x, "neg")
    inner = inputs_of(inner[0], "sigmoid") if inner is not None else None
    return put(call("neg", call("softplus", inner[0])), node) if inner is not None and is_float(inner[0]) else None


@rule("add", tags=("local_expm1",))
def exponential_near_zero(graph: Graph, node: Apply) -> Any:
    """add(-1, exp(x)) -> expm1(x)"""
    rest = split_constant(node.inputs, -1)
    if rest is None or len(rest) != 1:
        return None
    inner = inputs_of(rest[0], "exp")
    if inner is None or not is_float(inner[0]) or rest[0].dtype != node.outputs[0].dtype:
        return None
    return put(call("expm1", inner[0]), node)


_ONE_MINUS = {"sigmoid": lambda t: call("sigmoid", call("neg", t)), "exp": lambda t: call("neg", call("expm1", t)),
              "erf": lambda t: call("erfc", t), "erfc": lambda t: call("erf", t)}


@rule("sub", "add", tags=("local_1msigmoid", "local_one_minus_erf", "local_one_minus_erfc"))
def one_minus(graph: Graph, node: Apply) -> Any:
    """sub(1, sigmoid(x)) -> sigmoid(neg(x)); sub(1, exp(x)) -> neg(expm1(x)); sub(1, erf(x)) -> erfc(x); sub(1, erfc(x)) -> erf(x)"""
    x = _one_minus(node.outputs[0])
    if x is None or x.dtype != node.outputs[0].dtype:
        return None
    for name, written in _ONE_MINUS.items():
        inner = inputs_of(x, name)
        if inner is not None and is_float(inner[0]):
            return put(written(inner[0]), node)
    return None


@rule("sub", tags=("local_erf_minus_one",))
def minus_one(graph: Graph, node: Apply) -> Any:
    """sub(x, mul(x, sigmoid(y))) -> mul(x, sigmoid(neg(y)))"""
    x, product = node.inputs
    factors = inputs_of(product, "mul")
    if factors is None or len(factors) != 2 or not is_float(product) or not any(y is x for y in factors):
        return None
    other = factors[1] if factors[0] is x else factors[0]
    inner = inputs_of(other, "sigmoid")
    return put(call("mul", x, call("sigmoid", call("neg", inner[0]))), node) if inner is not None and is_float(inner[0]) else None


_MOVES = (AdvancedSubtensor, DimShuffle, Flatten, Rebroadcast, Reshape, SpecifyShape, Subtensor)


@rule("log", tags=("local_logsoftmax", "local_advanced_indexing_crossentropy_onehot"))
def logarithm_of_softmax(graph: Graph, node: Apply) -> Any:
    """log(softmax(x)) -> logsoftmax(x); log(softmax(x)[i, y]) -> logsoftmax(x)[i, y], and through other moves of elements"""
    moves: list[Apply] = []
    x = node.inputs[0]
    while (move := node_of(x, *_MOVES)) is not None:
        moves.append(move)
        x = move.inputs[0]
    inner = node_of(x, Softmax)
    if inner is None or type(inner.op) is not Softmax:
        return None
    result = LogSoftmax(inner.op.axis)(inner.inputs[0])
    for move in reversed(moves):
        result = move.op(result, *move.inputs[1:])
    return put(result, node)


@rule("log", tags=("local_log_sum_exp",))
def logarithm_of_sum_of_exponentials(graph: Graph, node: Apply) -> Any:
    """log(sum(exp(x))) -> logsumexp(x); log(true_div(sum(exp(x)), c)) -> sub(logsumexp(x), log(c))"""
    outer = node.inputs[0]
    fraction = inputs_of(outer, "true_div")
    if fraction is not None and any(z.dtype != outer.dtype or not same_shape(z, outer) for z in fraction[: 1 + bool(fraction[1].ndim)]):
        return None
    if fraction is not None:
        outer = fraction[0]
    moved = node_of(outer, DimShuffle)
    total = node_of(moved.inputs[0] if moved is not None else outer, Sum)
    inner = inputs_of(total.inputs[0], "exp") if total is not None else None
    if inner is None or not is_float(inner[0]) or total.outputs[0].dtype != inner[0].dtype:
        return None
    result = LogSumExp(total.op.axes, inner[0].dtype)(inner[0])
    result = result if moved is None else moved.op(result)
    return put(result if fraction is None else call("sub", result, call("log", fraction[1])), node)


# Above these erfc is no normal number any more; its asymptotic series (Abramowitz and Stegun 7.1.23) is exact to rounding there.
_FAR = {"float32": 9.0, "float64": 26.0}


@rule("log", tags=("local_log_erfc",))
def logarithm_of_erfc(graph: Graph, node: Apply) -> Any:
    """log(erfc(x)) -> switch(gt(x, 26), -x ** 2 - log(x sqrt(pi)) + log1p(-1 / (2 x ** 2) (1 - 3 / (2 x ** 2) (1 - ...))), log(erfc(x)))"""
    inner = inputs_of(node.inputs[0], "erfc")
    if inner is None or inner[0].dtype not in _FAR:
        return None
    if any(user.op is function("switch") for user, _ in graph.users(node.outputs[0])):
        return None  # it is the branch this rule has left for small x
    (x,) = inner

    def of_x(name: str, *operands: Any) -> Any:
        return call(name, *[number(y, x) if isinstance(y, float) else y for y in operands])

    square = of_x("square", x)
    half = of_x("true_div", 0.5, square)
    series: Any = 1.0
    for factor in (7.0, 5.0, 3.0):
        series = of_x("sub", 1.0, of_x("mul", factor, half, series))
    far = of_x("sub", of_x("log1p", of_x("neg", of_x("mul", half, series))), of_x("log", of_x("mul", x, math.sqrt(math.pi))))
    far = of_x("sub", far, square)
    return put(of_x("switch", of_x("gt", x, _FAR[x.dtype]), far, of_x("log", of_x("erfc", x))), node)


@rule("mul", tags=("local_softmax_grad", "local_logsoftmax_grad", "local_greedy_distributor"))
def factor_into_difference(graph: Graph, node: Apply) -> Any:
    """mul(x, sub(true_div(a, x), b)) -> sub(a, mul(x, b)), add likewise: gradients of logarithms do not divide by what underflows"""
    out = node.outputs[0]
    if not is_float(out) or any(x.dtype != out.dtype for x in node.inputs):
        return None
    for position, bracket in enumerate(node.inputs):
        name = "sub" if inputs_of(bracket, "sub") is not None else "add"
        terms = inputs_of(bracket, name)
        if terms is None or not only_use(graph, bracket) or len(terms) > 3:
            continue
        factors = node.inputs[:position] + node.inputs[position + 1 :]
        found = [_cancelled(term, factors, out) for term in terms]
        if all(x is None for x in found):
            continue
        products = [joined("mul", [*factors, term], node) if x is None else x for x, term in zip(found, terms)]
        return put(call(name, *products), node)
    return None


def _cancelled(term: Any, factors: list[Any], out: Any) -> Any:
    """a / b times the factors, where b is one of them: without it. None where it is not."""
    fraction = inputs_of(term, "true_div")
    if fraction is None or term.dtype != out.dtype:
        return None
    for position, x in enumerate(factors):
        if x is fraction[1] and same_shape(x, out) and fraction[0].dtype == out.dtype:
            rest = factors[:position] + factors[position + 1 :]
            return call("mul", fraction[0], *rest) if rest else fraction[0]
    return None


STABILITY: list[Rule] = [
    logarithm_near_one, logarithm_of_sigmoid, softplus_as_written, exponential_near_zero, one_minus, minus_one,
    logarithm_of_softmax, logarithm_of_sum_of_exponentials, logarithm_of_erfc, factor_into_difference,
]
