"""Ops that only hand on one of their inputs: identities, casts, fills, choices whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE
from symgraph.expr.op import Apply
from symgraph.expr.sizes import static_int
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import Cast, cast
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.shape import ShapeItem
from symgraph.ops.stop import DisconnectedGrad, GradClip, GradScale, Identity, UndefinedGrad, ZeroGrad
from symgraph.passes.match import inputs_of, node_of, only_use, scalar_value, split_constant
from symgraph.passes.replacement import call, filled, joined, number, put

__all__ = ["CHOICES"]


@rule("identity", Identity, DisconnectedGrad, GradClip, GradScale, UndefinedGrad, ZeroGrad, tags=("local_view_op", "local_remove_useless"))
def identity(graph: Graph, node: Apply) -> Any:
    """identity(x) -> x; what stops or scales a gradient has done so by now"""
    return node.inputs[0]


@rule(Cast, tags=("local_cast_cast", "local_useless_cast"))
def cast_twice(graph: Graph, node: Apply) -> Any:
    """cast(x, its own dtype) -> x; cast(cast(x, wider), dtype) -> cast(x, dtype)"""
    (x,) = node.inputs
    dtype = node.outputs[0].dtype
    if x.dtype == dtype:
        return x
    inner = node_of(x, Cast)
    if inner is None:
        return None
    source = inner.inputs[0]
    if not np.can_cast(source.dtype, x.dtype, "safe") or (source.dtype == "bool") != (x.dtype == "bool"):
        # From bool every dtype holds 0 and 1; anything else loses something on the way, or wraps.
        if not (source.dtype == "bool" and x.dtype != "bool"):
            return None
    if x.dtype in COMPLEX and dtype not in COMPLEX:
        return None
    return source if source.dtype == dtype else cast(source, dtype)


@rule("second", tags=("local_fill_to_alloc", "local_useless_fill"))
def fill(graph: Graph, node: Apply) -> Any:
    """second(x, y) -> y where it has the sizes already, else y repeated"""
    return put(node.inputs[1], node)


@rule(Elementwise, tags=("local_elemwise_alloc", "local_fill_sink"))
def repeated_operand(graph: Graph, node: Apply) -> Any:
    """add(alloc(x, sizes of y), y) -> add(x, y): the op repeats what has size 1 by itself"""
    if len(node.inputs) < 2:
        return None
    for position, x in enumerate(node.inputs):
        inner = node_of(x, Alloc)
        if inner is None:
            continue
        value = inner.inputs[0]
        others = node.inputs[:position] + node.inputs[position + 1 :]
        if all(_covered(x, value, axis, inner.inputs[1:], others) for axis in range(x.ndim)):
            return put(node.op(*node.inputs[:position], value, *node.inputs[position + 1 :]), node)
    return None


def _covered(x: Any, value: Any, axis: int, sizes: list[Any], others: list[Any]) -> bool:
    """Whether another operand has the size that alloc gives this dimension. Sizes read off a shape are trusted to fit, as
    they come from gradients and fills; those that the user wrote are not."""
    place = axis - (x.ndim - value.ndim)
    if place >= 0 and value.type.shape[place] != 1 or x.type.shape[axis] == 1:
        return True
    for other in others:
        there = axis - (x.ndim - other.ndim)
        if there < 0 or other.type.shape[there] == 1 or node_of(other, Alloc) is not None and scalar_value(other) is not None:
            continue
        known = static_int(sizes[axis])
        if known is not None and other.type.shape[there] == known or node_of(sizes[axis], ShapeItem) is not None:
            return True
    return False


@rule("switch", tags=("local_useless_switch",))
def known_switch(graph: Graph, node: Apply) -> Any:
    """switch(c, x, x) -> x; switch(True, x, y) -> x; switch(False, x, y) -> y; switch(invert(c), x, y) -> switch(c, y, x)"""
    condition, x, y = node.inputs
    if x is y:
        return put(x, node)
    value = scalar_value(condition)
    if value is not None:
        return put(x if value else y, node)
    inner = inputs_of(condition, "invert")
    return put(call("switch", inner[0], y, x), node) if inner is not None and inner[0].dtype == "bool" else None


@rule("maximum", "minimum", "and_", "or_", tags=("local_useless_elemwise",))
def same_operands(graph: Graph, node: Apply) -> Any:
    """maximum(x, x) -> x; minimum, and_, or_ likewise"""
    first = node.inputs[0]
    return put(first, node) if all(x is first for x in node.inputs) else None


@rule("and_", "or_", "xor", tags=("local_useless_elemwise",))
def known_logic(graph: Graph, node: Apply) -> Any:
    """and_(x, True) -> x; and_(x, False) -> False; or_(x, False) -> x; or_(x, True) -> True; xor(x, False) -> x; -1 for True in integers"""
    out = node.outputs[0]
    everything = True if out.dtype == "bool" else -1 if out.dtype.startswith("int") else None
    neutral, absorbing = {"and_": (everything, 0), "or_": (0, everything), "xor": (0, None)}[node.op.name]
    if absorbing is not None and split_constant(node.inputs, absorbing) is not None:
        return filled(absorbing, node)
    rest = split_constant(node.inputs, neutral) if neutral is not None else None
    return joined(node.op.name, rest, node) if rest else None


@rule("eq", "neq", "le", "ge", "lt", "gt", tags=("local_useless_elemwise_comparison",))
def compared_with_itself(graph: Graph, node: Apply) -> Any:
    """eq(x, x), le(x, x), ge(x, x) -> True; neq, lt, gt -> False; of integers, which are never nan"""
    x, y = node.inputs
    if x is y and x.dtype in DISCRETE:
        return filled(node.op.name in ("eq", "le", "ge"), node)
    if node.op.name in ("lt", "ge") and node_of(x, ShapeItem) is not None and (value := scalar_value(y)) is not None and value <= 0:
        return filled(node.op.name == "ge", node)  # no size is negative
    return None


@rule("sign", "ceil", "floor", "trunc", "round_half_even", "round_half_away", tags=("local_useless_rounding",))
def rounded_integer(graph: Graph, node: Apply) -> Any:
    """floor(x) -> x for integers; floor(floor(x)) -> floor(x); sign(sign(x)) -> sign(x)"""
    (x,) = node.inputs
    if inputs_of(x, node.op.name) is not None and x.dtype == node.outputs[0].dtype:
        return x
    return put(x, node) if x.dtype in DISCRETE and node.op.name != "sign" else None


@rule("clip", tags=("local_useless_clip",))
def clip_twice(graph: Graph, node: Apply) -> Any:
    """clip(clip(x, a, b), c, d) -> clip(x, max(a, c), min(b, d)) for constants with max(a, c) <= min(b, d)"""
    x, low, high = node.inputs
    inner = inputs_of(x, "clip")
    if inner is None or x.dtype != node.outputs[0].dtype or inner[0].dtype != x.dtype:
        return None
    bounds = [scalar_value(y) for y in (inner[1], inner[2], low, high)]
    if any(v is None for v in bounds):
        return None
    lower, upper = max(bounds[0], bounds[2]), min(bounds[1], bounds[3])
    return put(call("clip", inner[0], number(lower, x), number(upper, x)), node) if lower <= upper else None


@rule("switch", tags=("local_merge_switch_same_cond", "local_useless_switch"))
def switch_in_switch(graph: Graph, node: Apply) -> Any:
    """switch(c, switch(c, x, y), z) -> switch(c, x, z); switch(c, x, switch(c, y, z)) -> switch(c, x, z)"""
    condition, *branches = node.inputs
    for position, x in enumerate(branches):
        inner = inputs_of(x, "switch")
        if inner is not None and inner[0] is condition and inner[1 + position].dtype == x.dtype:
            chosen = [inner[1 + position] if k == position else y for k, y in enumerate(branches)]
            return put(call("switch", condition, *chosen), node)
    return None


@rule("add", "sub", "mul", tags=("local_merge_switch_same_cond",))
def switches_of_one_condition(graph: Graph, node: Apply) -> Any:
    """add(switch(c, a, b), switch(c, x, y)) -> switch(c, add(a, x), add(b, y)), sub and mul likewise, where one branch is known"""
    if len(node.inputs) != 2:
        return None
    first, second = (inputs_of(x, "switch") for x in node.inputs)
    if first is None or second is None or first[0] is not second[0] or not all(only_use(graph, x) for x in node.inputs):
        return None
    if any(x.dtype != node.outputs[0].dtype for x in node.inputs):
        return None
    branches = [[x if x.dtype == node.outputs[0].dtype else cast(x, node.outputs[0].dtype) for x in pair] for pair in zip(first[1:], second[1:])]
    if not any(all(scalar_value(x) is not None for x in pair) for pair in zip(first[1:], second[1:])):
        return None
    return put(call("switch", first[0], *[call(node.op.name, *pair) for pair in branches]), node)


CHOICES: list[Rule] = [
    switch_in_switch, switches_of_one_condition, identity, cast_twice, fill, repeated_operand, known_switch, same_operands,
    known_logic, compared_with_itself, rounded_integer, clip_twice,
]
