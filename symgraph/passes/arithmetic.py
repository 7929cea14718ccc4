"""Sums, products, quotients and signs in one form each: operands in one list, constants together, signs outside.

Rounding: what is said here is exact, or joins two roundings to one; sums and products of constants (``x * 2 * 3``) and
quotients that cancel (``a * b / b``) follow Theano, which takes no heed of an infinite or zero b.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.dtypes import DISCRETE, SIGNED
from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.passes.match import inputs_of, is_constant, is_float, only_use, same_shape, scalar_value, split_constant
from symgraph.passes.replacement import call, filled, joined, number, put

__all__ = ["ARITHMETIC"]

# A list of operands any longer would make kernels of thousands of steps; the work of flattening stays linear by it.
LONGEST = 8


@rule("add", "mul", tags=("local_add_canonizer", "local_mul_canonizer"))
def flatten(graph: Graph, node: Apply) -> Any:
    """add(add(a, b), c) -> add(a, b, c); add(a, add(b, c)) -> add(b, c, a): addition commutes exactly, it does not associate"""
    out = node.outputs[0]
    for position, x in enumerate(node.inputs if len(node.inputs) == 2 else node.inputs[:1]):
        inner = x.owner
        if inner is None or inner.op != node.op or x.dtype != out.dtype or not same_shape(x, out):
            continue
        if len(inner.inputs) + len(node.inputs) - 1 <= LONGEST and only_use(graph, x):
            return put(node.op(*inner.inputs, *node.inputs[:position], *node.inputs[position + 1 :]), node)
    return None


@rule("add", "mul", tags=("local_add_canonizer", "local_mul_canonizer"))
def join_constants(graph: Graph, node: Apply) -> Any:
    """add(x, 1, 2) -> add(3, x); mul likewise"""
    out = node.outputs[0]
    values = [scalar_value(x) for x in node.inputs]
    known = [v for v in values if v is not None]
    if len(known) < 2 or len(known) == len(values):
        return None
    with np.errstate(all="ignore"):
        parts = np.array([np.asarray(v).astype(out.dtype) for v in known])
        total = (np.sum if node.op.name == "add" else np.prod)(parts, dtype=out.dtype)
    if is_float(out) and np.isfinite(parts).all() and not _normal(total):
        return None
    return joined(node.op.name, [constant(total, dtype=out.dtype), *[x for x, v in zip(node.inputs, values) if v is None]], node)


def _normal(value: Any) -> bool:
    """Whether a joined constant lost nothing to overflow or underflow."""
    return bool(np.isfinite(value)) and (value == 0 or abs(value) >= np.finfo(value.dtype).tiny)


@rule("add", tags=("local_add_canonizer",))
def add_zero(graph: Graph, node: Apply) -> Any:
    """add(x, 0) -> x"""
    rest = split_constant(node.inputs, 0)
    return joined("add", rest, node) if rest else None


@rule("mul", tags=("local_mul_canonizer", "local_mul_specialize"))
def multiply_one(graph: Graph, node: Apply) -> Any:
    """mul(x, 1) -> x; mul(x, -1) -> neg(x)"""
    rest = split_constant(node.inputs, 1)
    if rest:
        return joined("mul", rest, node)
    rest = split_constant(node.inputs, -1) if node.outputs[0].dtype != "bool" else None
    return call("neg", joined("mul", rest, node)) if rest else None


@rule("mul", tags=("local_mul_zero",))
def multiply_zero(graph: Graph, node: Apply) -> Any:
    """mul(x, 0) -> 0, as Theano, whatever x holds"""
    return filled(0, node) if len(node.inputs) > 1 and split_constant(node.inputs, 0) is not None else None


@rule("sub", tags=("local_add_canonizer",))
def subtract(graph: Graph, node: Apply) -> Any:
    """sub(x, c) -> add(-c, x); sub(0, x) -> neg(x); sub(x, x) -> 0; sub(x, neg(y)) -> add(x, y); sub(neg(x), y) -> neg(add(x, y))"""
    x, y = node.inputs
    out = node.outputs[0]
    if x is y:
        return filled(0, node)
    value = scalar_value(y)
    if value is not None and scalar_value(x) is None:
        with np.errstate(all="ignore"):
            return joined("add", [constant(-np.asarray(value).astype(out.dtype), dtype=out.dtype), x], node)
    if is_constant(x, 0):
        return call("neg", joined("add", [y], node))
    negated = _negated(y, out)
    if negated is not None:
        return joined("add", [x, negated], node)
    negated = _negated(x, out)
    return call("neg", joined("add", [negated, y], node)) if negated is not None else None


def _negated(x: Any, out: Any) -> Any:
    """y where x is neg(y) in the dtype of the result."""
    inner = inputs_of(x, "neg")
    return inner[0] if inner is not None and x.dtype == out.dtype else None


@rule("add", tags=("local_add_canonizer",))
def add_negated(graph: Graph, node: Apply) -> Any:
    """add(x, neg(y)) -> sub(x, y); add(neg(x), neg(y)) -> neg(add(x, y))"""
    if len(node.inputs) != 2:
        return None
    x, y = node.inputs
    out = node.outputs[0]
    left, right = _negated(x, out), _negated(y, out)
    if left is not None and right is not None:
        return call("neg", joined("add", [left, right], node))
    if left is None and right is None:
        return None
    return put(call("sub", x, right) if right is not None else call("sub", y, left), node)


@rule("neg", tags=("local_neg_neg", "local_neg_div_neg", "local_mul_canonizer"))
def negate(graph: Graph, node: Apply) -> Any:
    """neg(neg(x)) -> x; neg(sub(x, y)) -> sub(y, x); neg(mul(c, x)) -> mul(-c, x); neg(true_div(c, x)) -> true_div(-c, x)"""
    (x,) = node.inputs
    inner = inputs_of(x, "neg")
    if inner is not None:
        return inner[0]
    if not only_use(graph, x):
        return None
    inner = inputs_of(x, "sub")
    if inner is not None:
        return call("sub", inner[1], inner[0])
    for name in ("mul", "true_div"):
        inner = inputs_of(x, name)
        value = scalar_value(inner[0]) if inner is not None else None
        if inner is None or value is None or inner[0].dtype not in SIGNED and not is_float(inner[0]):
            continue
        if -value == scalar_value(number(-value, inner[0])):  # the smallest integer has no opposite
            return put(call(name, number(-value, inner[0]), *inner[1:]), node)
    return None


@rule("mul", tags=("local_mul_canonizer",))
def multiply_negated(graph: Graph, node: Apply) -> Any:
    """mul(neg(x), y) -> neg(mul(x, y)); mul(neg(x), neg(y)) -> mul(x, y)"""
    out = node.outputs[0]
    bare = [_negated(x, out) for x in node.inputs]
    count = sum(x is not None for x in bare)
    if not count:
        return None
    result = joined("mul", [x if b is None else b for x, b in zip(node.inputs, bare)], node)
    return call("neg", result) if count % 2 else result


@rule("true_div", tags=("local_neg_div_neg", "local_mul_canonizer"))
def divide_negated(graph: Graph, node: Apply) -> Any:
    """true_div(neg(x), y) -> neg(true_div(x, y)); true_div(x, neg(y)) likewise"""
    x, y = node.inputs
    bare = [inner[0] if (inner := inputs_of(z, "neg")) is not None and is_float(z) else None for z in (x, y)]
    count = sum(z is not None for z in bare)
    if not count:
        return None
    result = put(call("true_div", *[z if b is None else b for z, b in zip((x, y), bare)]), node)
    return call("neg", result) if count == 1 else result


@rule("true_div", tags=("local_div_by_one", "local_mul_canonizer"))
def divide(graph: Graph, node: Apply) -> Any:
    """true_div(x, 1) -> x; true_div(x, 2 ** k) -> mul(2 ** -k, x), which is exact; true_div(1, x) -> reciprocal(x)"""
    x, y = node.inputs
    value = scalar_value(y)
    if value == 1:
        return put(x, node)
    if value is not None and scalar_value(x) is None and is_float(node.outputs[0]) and math.isfinite(value) and value:
        if abs(math.frexp(value)[0]) == 0.5 and _normal(np.asarray(1 / value).astype(node.outputs[0].dtype)):
            return joined("mul", [number(1 / value, node.outputs[0]), x], node)
    if is_constant(x, 1) and scalar_value(y) is None and y.dtype == node.outputs[0].dtype and is_float(y):
        return put(call("reciprocal", y), node)
    return None


@rule("floor_div", tags=("local_intdiv_by_one",))
def floor_divide_one(graph: Graph, node: Apply) -> Any:
    """floor_div(x, 1) -> x for integers"""
    x, y = node.inputs
    return put(x, node) if x.dtype in DISCRETE and is_constant(y, 1) else None


@rule("reciprocal", tags=("local_mul_canonizer",))
def reciprocal_twice(graph: Graph, node: Apply) -> Any:
    """reciprocal(reciprocal(x)) -> x; reciprocal(true_div(x, y)) -> true_div(y, x)"""
    (x,) = node.inputs
    inner = inputs_of(x, "reciprocal")
    if inner is not None and inner[0].dtype == node.outputs[0].dtype:
        return put(inner[0], node)
    inner = inputs_of(x, "true_div")
    return put(call("true_div", inner[1], inner[0]), node) if inner is not None and is_float(inner[1]) else None


@rule("mul", "true_div", tags=("local_mul_canonizer", "cancel"))
def cancel(graph: Graph, node: Apply) -> Any:
    """true_div(mul(a, b), b) -> a; mul(true_div(a, b), b) -> a; true_div(square(x), x) -> x; true_div(x, x) -> 1"""
    out = node.outputs[0]
    if not is_float(out) or any(x.dtype != out.dtype for x in node.inputs):
        return None
    over: list[Any] = []
    under: list[Any] = []
    upper, lower = (node.inputs, []) if node.op.name == "mul" else (node.inputs[:1], node.inputs[1:])
    for operands, top, bottom in ((upper, over, under), (lower, under, over)):
        for x in operands:
            a, b = _fraction(x)
            top += a
            bottom += b
    left = list(under)
    kept = []
    for x in over:
        if x in left and scalar_value(x) is None:
            left.remove(x)
        else:
            kept.append(x)
    if len(left) == len(under):
        return None
    if not kept and not left:
        return filled(1, node)
    denominator = joined("mul", left, node) if len(left) > 1 else left[0] if left else None
    if not kept:
        return put(call("reciprocal", denominator), node)
    numerator = joined("mul", kept, node)
    return numerator if denominator is None else put(call("true_div", numerator, denominator), node)


def _fraction(x: Any) -> tuple[list[Any], list[Any]]:
    """What x is a product of, and what this is divided by, one level deep."""
    for name in ("mul", "true_div", "square", "reciprocal"):
        inner = inputs_of(x, name)
        if inner is not None and all(y.dtype == x.dtype for y in inner):
            if name == "mul":
                return list(inner), []
            if name == "true_div":
                return [inner[0]], [inner[1]]
            return ([], [inner[0]]) if name == "reciprocal" else ([inner[0], inner[0]], [])
    return [x], []


@rule("mul", "true_div", tags=("local_mul_canonizer",))
def over_reciprocal(graph: Graph, node: Apply) -> Any:
    """mul(x, reciprocal(y)) -> true_div(x, y), one rounding less; true_div(x, reciprocal(y)) -> mul(x, y)"""
    out = node.outputs[0]
    first = 0 if node.op.name == "mul" else 1
    for position, x in enumerate(node.inputs[first:], first):
        inner = inputs_of(x, "reciprocal")
        # One reciprocal for a whole row stays: a division at each element would cost more.
        if inner is None or inner[0].dtype != out.dtype or (first == 0 and not same_shape(x, out)):
            continue
        if first:
            return joined("mul", [node.inputs[0], inner[0]], node)
        rest = node.inputs[:position] + node.inputs[position + 1 :]
        return put(call("true_div", joined("mul", rest, node), inner[0]), node) if only_use(graph, x) else None
    return None


@rule("mul", tags=("local_mul_to_sqr",))
def square_of(graph: Graph, node: Apply) -> Any:
    """mul(x, x) -> square(x)"""
    inputs = node.inputs
    for position, x in enumerate(inputs):
        if any(x is y for y in inputs[:position]) and scalar_value(x) is None:
            rest = list(inputs)
            rest.pop(position)
            rest.remove(x)
            return joined("mul", [call("square", x), *rest], node)
    return None


ARITHMETIC: list[Rule] = [
    multiply_zero, multiply_one, add_zero, join_constants, flatten, subtract, add_negated, negate, multiply_negated, divide_negated, divide,
    floor_divide_one, reciprocal_twice, cancel, over_reciprocal, square_of,
]
