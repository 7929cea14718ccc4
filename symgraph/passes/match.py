"""Looking at expressions, for the rules of passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import FLOAT
from symgraph.expr.sizes import ViewOp
from symgraph.expr.variable import TensorConstant
from symgraph.graph.graph import Graph
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.layout import DimShuffle

__all__ = ["inputs_of", "is_constant", "is_float", "node_of", "only_use", "same_shape", "scalar_value", "split_constant"]


def inputs_of(x: Any, name: str) -> list[Any] | None:
    """The operands if x is made by the elementwise op of this name, else None."""
    node = x.owner
    return node.inputs if node is not None and isinstance(node.op, Elementwise) and node.op.name == name else None


def node_of(x: Any, *classes: type) -> Any:
    """The node that makes x if its op is of one of the classes, else None."""
    node = x.owner
    return node if node is not None and isinstance(node.op, classes) else None


def scalar_value(x: Any) -> Any:
    """The one value of all elements of x where x is a constant (or one moved or broadcast), as a Python number; None otherwise."""
    while x.owner is not None and isinstance(x.owner.op, (Alloc, DimShuffle, ViewOp)):
        x = x.owner.inputs[0]
    if isinstance(x, TensorConstant) and x.data.size:
        first = x.data.flat[0]
        if x.data.size == 1 or (x.data.size <= 4096 and bool(np.all(x.data == first))):
            return first.item()
    return None


def is_constant(x: Any, value: float) -> bool:
    """Whether every element of x is known to be `value`."""
    found = scalar_value(x)
    return found is not None and found == value


def split_constant(inputs: list[Any], value: float) -> list[Any] | None:
    """The operands without the first that is `value` everywhere; None if none is."""
    for position, x in enumerate(inputs):
        if is_constant(x, value):
            return inputs[:position] + inputs[position + 1 :]
    return None


def is_float(x: Any) -> bool:
    """Whether x holds real floats."""
    return x.dtype in FLOAT


def only_use(graph: Graph, x: Any) -> bool:
    """Whether x is read at one place only: rewriting what reads it leaves nothing computed twice."""
    return graph.used_once(x)


def same_shape(a: Any, b: Any) -> bool:
    """Whether a broadcasts as b does: none of the two is repeated to meet the other."""
    return a.broadcastable == b.broadcastable
