"""Expressions in one line, to compare what passes made of them."""

from __future__ import annotations

from typing import Any

from symgraph.expr.variable import Constant
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.layout import DimShuffle

__all__ = ["text"]


def text(x: Any) -> str:
    """x as ``mul(2, exp(x))``: names of ops, values of small constants, [1, 'x'] behind an op for an order of dimensions."""
    if x.owner is None:
        return _number(x.data) if isinstance(x, Constant) else str(x.name)
    op = x.owner.op
    name = getattr(op, "name", None) or type(op).__name__
    if isinstance(op, DimShuffle):
        name = f"{name}{list(op.order)}"
    elif not isinstance(op, Elementwise) and op.__props__:
        name = f"{name}{[getattr(op, prop) for prop in op.__props__ if prop not in ('dtype', 'acc_dtype')]}".replace("[]", "")
    if getattr(op, "entries", None) is not None:
        name = f"{type(op).__name__}{str(op)[len(type(op).__name__):]}"
    number = f".{x.index}" if len(x.owner.outputs) > 1 else ""
    return f"{name}({', '.join(map(text, x.owner.inputs))}){number}"


def _number(data: Any) -> str:
    if data.size and (data == data.flat[0]).all():
        value = data.flat[0].item()
        return repr(int(value) if isinstance(value, float) and value.is_integer() else value)
    return str(data.tolist())
