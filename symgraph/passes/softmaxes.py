"""Softmaxes of rows with what reads them: the logarithm at labels and the softmax from one walk, derivatives in one walk."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from symgraph.expr.make import constant
from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.ops.create import Arange
from symgraph.ops.index import AdvancedSubtensor
from symgraph.ops.index.region import ARRAY
from symgraph.ops.layout import DimShuffle
from symgraph.ops.nnet.labels import Labels
from symgraph.ops.nnet.softmax import LogSoftmax, Softmax
from symgraph.ops.nnet.softmaxrows import PickedLogSoftmax, SoftmaxGrad
from symgraph.ops.reduce import Sum
from symgraph.passes.expressions import variable_of
from symgraph.passes.match import inputs_of, is_constant, node_of
from symgraph.passes.replacement import call, with_ones
from symgraph.passes.scattered import has_sizes
from symgraph.passes.shapes import Sizer

__all__ = ["softmaxes"]

_FLOATS = ("float32", "float64")


def softmaxes(graph: Graph) -> Counter[str]:
    """logsoftmax(x)[arange(n), labels] and exp(logsoftmax(x)) * scale come from one walk over the rows of x, where nothing else reads the
    logarithms; y * (g - sum(g * y)) with y = softmax(x) is one walk over y and g."""
    fired: Counter[str] = Counter()
    for node in graph.toposort():
        if node not in graph or type(node.op) not in (Softmax, LogSoftmax):
            continue
        x = node.outputs[0]
        if node.op.axis != x.ndim - 1 or x.dtype not in _FLOATS:
            continue
        logarithms = type(node.op) is LogSoftmax
        name, found = ("picked_with_softmax", _picked(graph, node)) if logarithms else ("derivative_of_softmax", _derivatives(graph, x))
        if found:
            graph.replace_all([(old, with_ones(new, old)) for old, new in found], name)
            fired[name] += 1
    return fired


def _picked(graph: Graph, node: Apply) -> list[tuple[Any, Any]]:
    x = node.outputs[0]
    users = [user for user, _ in graph.users(x)]
    picks = [user for user in users if _is_pick(graph, user, x)]
    others = [user for user in users if user not in picks]
    if x.ndim != 2 or graph.is_output(x) or len(picks) != 1 or len(others) > 1:
        return []
    given, labels, picked = node.inputs[0], picks[0].inputs[2], picks[0].outputs[0]
    if not others:
        return [(picked, PickedLogSoftmax(False)(given, labels))]
    power = others[0].outputs[0]
    if inputs_of(power, "exp") is None:
        return []
    scaled, scale = power, constant(np.ones((1, 1), x.dtype))
    readers = [user for user, _ in graph.users(power)]
    if len(readers) == 1 and not graph.is_output(power) and (factors := inputs_of(readers[0].outputs[0], "mul")) is not None and len(factors) == 2:
        (factor,) = [z for z in factors if z is not power] or [power]
        column = DimShuffle(0, ("x", "x"))(factor) if factor.ndim == 0 else factor
        if column.dtype == x.dtype and readers[0].outputs[0].type == power.type and column.ndim == 2 and column.type.shape[1] == 1:
            scaled, scale = readers[0].outputs[0], column
    return list(zip([picked, scaled], PickedLogSoftmax(True)(given, labels, scale)))


def _is_pick(graph: Graph, node: Apply, x: Any) -> bool:
    """Whether the node reads one element of each row of x, at a label that was checked."""
    if type(node.op) is not AdvancedSubtensor or node.op.entries != (ARRAY, ARRAY) or node.inputs[0] is not x:
        return False
    counted = node_of(node.inputs[1], Arange)
    if node_of(node.inputs[2], Labels) is None or node.inputs[2].ndim != 1 or counted is None:
        return False
    if not is_constant(counted.inputs[0], 0) or not is_constant(counted.inputs[2], 1):
        return False
    return has_sizes(graph, node.inputs[1], [variable_of(Sizer(graph.given).of(x)[0])])


def _derivatives(graph: Graph, y: Any) -> list[tuple[Any, Any]]:
    """mul(..., y, sub(g, sum(mul(g, y))), ...) -> mul(..., softmax_grad(y, g), ...)"""
    found: list[tuple[Any, Any]] = []
    for user, _ in graph.users(y):
        out = user.outputs[0]
        factors = inputs_of(out, "mul")
        if factors is None or sum(z is y for z in factors) != 1:
            continue
        for z in factors:
            terms = inputs_of(z, "sub")
            if terms is not None and terms[0].type == y.type and _is_sum(terms[1], terms[0], y):
                others = [other for other in factors if other is not z and other is not y]
                made = SoftmaxGrad()(y, terms[0])
                found.append((out, call("mul", *others, made) if others else made))
                break
    return found


def _is_sum(x: Any, g: Any, y: Any) -> bool:
    """Whether x is the sum of g * y over the last dimension, which is kept."""
    turned = node_of(x, DimShuffle)
    if turned is None or tuple(turned.op.order) != (*range(y.ndim - 1), "x"):
        return False
    total = node_of(turned.inputs[0], Sum)
    if total is None or tuple(total.op.axes) != (y.ndim - 1,):
        return False
    factors = inputs_of(total.inputs[0], "mul")
    return factors is not None and len(factors) == 2 and {id(z) for z in factors} == {id(g), id(y)}
