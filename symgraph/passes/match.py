"""Looking at expressions, for the rules of passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.variable import TensorConstant

__all__ = ["inputs_of", "is_constant", "node_of", "scalar_value"]


def inputs_of(x: Any, name: str) -> list[Any] | None:
    """The operands if x is made by the elementwise op of this name, else None."""
    node = x.owner
    if node is not None and getattr(node.op, "row", None) is not None and node.op.name == name:
        return node.inputs
    return None


def node_of(x: Any, *classes: type) -> Any:
    """The node that makes x if its op is of one of the classes, else None."""
    node = x.owner
    return node if node is not None and isinstance(node.op, classes) else None


def scalar_value(x: Any) -> Any:
    """The one value of all elements of x where x is a constant (or one broadcast), as a Python number; None otherwise."""
    while x.owner is not None and getattr(x.owner.op, "only_moves", False):
        x = x.owner.inputs[0]
    if isinstance(x, TensorConstant) and x.data.size:
        first = x.data.flat[0]
        if x.data.size == 1 or (x.data.size <= 4096 and bool(np.all(x.data == first))):
            return first.item()
    return None


def is_constant(x: Any, value: float) -> bool:
    """Whether every element of x is known to be `value`."""
    return scalar_value(x) == value and not isinstance(scalar_value(x), type(None))
