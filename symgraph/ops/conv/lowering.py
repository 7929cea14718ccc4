"""Which loops a convolution becomes: panels for floats, the plain nest for other dtypes and for unshared filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.ops.conv.nest import plain
from symgraph.ops.conv.panels import LANES, panels, panels_of_gradient, scratch_of_gradient, scratch_of_panels
from symgraph.ops.conv.places import places_of

__all__ = ["lower", "scratch"]


def _fast(op: Any, dtype: str) -> bool:
    return dtype in LANES and not op.unshared and op.roles[2] != "filter"


def scratch(s: Any, op: Any, dtype: str, shapes: dict[str, Any]) -> list[tuple[str, Any]]:
    """Scratch arrays: dtypes and sizes. shapes: of "image", "filter" and "output"."""
    if not _fast(op, dtype):
        return []
    p = places_of(op, *(shapes[role] for role in ("image", "filter", "output")))
    if op.roles[2] == "output":
        return [(dtype, n) for n in scratch_of_panels(s, p)]
    return [*[(dtype, n) for n in scratch_of_gradient(s, p)], ("int64", p.elements)]


def lower(b: Any, op: Any, which: str, dtype: str, arrays: dict[str, tuple[Any, Any]], given: Sequence[Any]) -> None:
    """Writes the loops. which: "x", "w" or "y", the array that is computed; arrays: of each the address and the sizes; given: scratch arrays."""
    if not _fast(op, dtype):
        plain(b, op, which, dtype, arrays)
        return
    (x, x_shape), (w, w_shape), (y, y_shape) = (arrays[name] for name in "xwy")
    p = places_of(op, x_shape, w_shape, y_shape)
    memory = [array.pointer for array in given]
    if which == "y":
        panels(b, dtype, p, x, w, y, memory)
    else:
        panels_of_gradient(b, dtype, p, x, w, y, memory[:-1], memory[-1])
