"""Masks of whole arrays where one value is put, or added: choices, of which there are stacks; how many places a mask has differs from example
to example, so the places themselves cannot be stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.ops.index import AdvancedIncSubtensor, Nonzero

__all__ = ["choices"]


def choices(nodes: Sequence[Apply], outputs: Sequence[Variable]) -> dict[Apply, Any]:
    """For nodes that put one value at the places of a mask: what gives the same by a choice. For those that only find the places: None."""
    found = {node: _choice(node) for node in nodes if isinstance(node.op, AdvancedIncSubtensor)}
    found = {node: choice for node, choice in found.items() if choice is not None}
    if found:
        places = {x.owner for node in found for x in node.inputs[2:]}
        asked = {x.owner for node in nodes if node not in found for x in node.inputs} | {x.owner for x in outputs}
        found |= dict.fromkeys(places - asked)
    return found


def _choice(node: Apply) -> Any:
    x, y, *parts = node.inputs
    mask = parts[0].owner if parts else None
    if mask is None or not isinstance(mask.op, Nonzero) or not all(y.broadcastable):
        return None
    if len(parts) != x.ndim or any(part is not place for part, place in zip(parts, mask.outputs)):
        return None
    value, (truth, _) = y.dimshuffle(), mask.inputs
    value = value if value.dtype == x.dtype else value.astype(x.dtype)
    return truth.switch(value, x) if node.op.sets else x + truth.switch(value, value.zeros_like())
