"""Powers by known exponents, and functions of their own inverses."""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.dtypes import COMPLEX, FLOAT
from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import cast
from symgraph.ops.elementwise import Elementwise
from symgraph.passes.match import inputs_of, is_float, scalar_value
from symgraph.passes.replacement import call, filled, number, put

__all__ = ["POWERS"]

# x ** 16 is four squarings; above that the library's pow is about as good, and rounds better.
HIGHEST = 16


@rule("pow", tags=("local_pow_canonicalize", "local_pow_specialize"))
def power(graph: Graph, node: Apply) -> Any:
    """pow(x, c) -> 1, x, square(x), sqrt(x), multiplications, reciprocal of these, for c = 0, 1, 2, 0.5, up to 16, negative"""
    x, exponent = node.inputs
    out = node.outputs[0]
    value = scalar_value(exponent)
    if value is None or isinstance(value, complex) or scalar_value(x) is not None or not math.isfinite(value):
        return None
    if value == 0:
        return filled(1, node)
    if x.dtype != out.dtype:
        x = cast(x, out.dtype)
    if value == 1:
        return put(x, node)
    if value < 0 and out.dtype not in FLOAT:
        return None
    root = x
    size = abs(value)
    if size == 0.5 and out.dtype in FLOAT:
        root = call("sqrt", x)
    elif size == int(size) and size <= HIGHEST and out.dtype != "bool" and out.dtype not in COMPLEX:
        root = _multiplied(x, int(size))
    else:
        return None
    return put(root if value > 0 else call("reciprocal", root), node)


def _multiplied(x: Any, exponent: int) -> Any:
    """x ** exponent by squaring."""
    result = None
    square = x
    while True:
        if exponent & 1:
            result = square if result is None else call("mul", result, square)
        exponent >>= 1
        if not exponent:
            return result
        square = call("square", square)


# (outer, inner): the outer undoes the inner, for every value the inner may have.
_UNDOES = {
    ("log", "exp"), ("log1p", "expm1"), ("arcsinh", "sinh"), ("sinh", "arcsinh"), ("arctanh", "tanh"), ("deg2rad", "rad2deg"),
    ("rad2deg", "deg2rad"), ("invert", "invert"), ("conj", "conj"),
}
# The same, where the inner is real only from the number on.
_UNDOES_FROM = {("exp", "log"): 0, ("expm1", "log1p"): -1, ("square", "sqrt"): 0}


@rule(*sorted({outer for outer, _ in (*_UNDOES, *_UNDOES_FROM)}), tags=("local_func_inv", "local_exp_log"))
def undone(graph: Graph, node: Apply) -> Any:
    """log(exp(x)) -> x and the like; exp(log(x)) -> switch(ge(x, 0), x, nan) and the like"""
    (x,) = node.inputs
    inner = x.owner
    if inner is None or not isinstance(inner.op, Elementwise) or len(inner.inputs) != 1:
        return None
    pair = (node.op.name, inner.op.name)
    y = inner.inputs[0]
    if y.dtype != node.outputs[0].dtype:
        return None
    if pair in _UNDOES and y.dtype not in (COMPLEX if pair[0] not in ("invert", "conj") else ()):
        return put(y, node)
    if pair in _UNDOES_FROM and is_float(y):
        return put(call("switch", call("ge", y, number(_UNDOES_FROM[pair], y)), y, number(math.nan, y)), node)
    return None


@rule("sqrt", tags=("local_sqrt_sqr",))
def root_of_square(graph: Graph, node: Apply) -> Any:
    """sqrt(square(x)) -> abs(x), which does not overflow"""
    inner = inputs_of(node.inputs[0], "square")
    return put(call("abs", inner[0]), node) if inner is not None and is_float(inner[0]) else None


@rule("abs", "square", tags=("local_abs_merge",))
def sign_does_not_matter(graph: Graph, node: Apply) -> Any:
    """abs(neg(x)) -> abs(x); abs(abs(x)) -> abs(x); square(neg(x)), square(abs(x)) -> square(x)"""
    (x,) = node.inputs
    for name in ("neg", "abs"):
        inner = inputs_of(x, name)
        if inner is not None and inner[0].dtype == x.dtype and x.dtype not in (COMPLEX if name == "abs" else ()):
            return put(call(node.op.name, inner[0]), node)
    return None


POWERS: list[Rule] = [power, undone, root_of_square, sign_does_not_matter]
