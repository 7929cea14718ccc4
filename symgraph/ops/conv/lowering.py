"""Which loops a convolution becomes: of floats panels or products of matrices, in groups of one or two filters sums of rows; else the plain nest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.ops.conv.depthwise import FEW, depthwise, depthwise_filters, depthwise_gradient
from symgraph.ops.conv.filters import scratch_of_sums, sums_of_filters
from symgraph.ops.conv.nest import plain
from symgraph.ops.conv.panels import LANES, panels, panels_of_gradient, scratch_of_gradient, scratch_of_panels
from symgraph.ops.conv.places import places_of, turned
from symgraph.ops.conv.products import filters_by_products, images_by_products, may_be_products, meet_every_place

__all__ = ["lower", "scratch"]


def _fast(op: Any, dtype: str) -> bool:
    return dtype in LANES and not op.unshared


def _few(p: Any) -> bool:
    """Whether there may be so few filters in a group. A single filter without groups is rare where it is not known: it would double the code."""
    return p.outputs <= FEW if isinstance(p.outputs, int) else p.groups > 1


def scratch(s: Any, op: Any, dtype: str, shapes: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Scratch arrays: dtypes, sizes, and whether each thread has its own. shapes: of "image", "filter" and "output"."""
    if not _fast(op, dtype):
        return []
    p = places_of(op, *(shapes[role] for role in ("image", "filter", "output")))
    if op.roles[2] == "output":
        *own, packed = scratch_of_panels(s, p)
        return [*[(dtype, n, True) for n in own], (dtype, packed)]
    if op.roles[2] == "image":
        image, *others, packed = scratch_of_gradient(s, p)
        image = s.maximum(image, turned(p).scratch()) if _few(p) and max(p.step) == 1 else image
        return [*[(dtype, n, True) for n in (image, *others)], (dtype, packed), ("int64", p.elements)]
    *own, sums, places = scratch_of_sums(s, p, dtype)
    return [*[(dtype, n, True) for n in own], (dtype, sums), ("int64", places)]


def lower(b: Any, op: Any, which: str, dtype: str, arrays: dict[str, tuple[Any, Any]], given: Sequence[Any]) -> None:
    """Writes the loops. which: "x", "w" or "y", the array that is computed; arrays: of each the address and the sizes; given: scratch arrays."""

    def nest() -> None:
        plain(b, op, which, dtype, arrays)

    if not _fast(op, dtype):
        nest()
        return
    (x, x_shape), (w, w_shape), (y, y_shape) = (arrays[name] for name in "xwy")
    p = places_of(op, x_shape, w_shape, y_shape)
    memory = [array.pointer for array in given]
    few: Callable[[], None]
    many: Callable[[], None]
    if which == "y":
        few, many = (lambda: depthwise(b, dtype, p, x, w, y, memory[0])), (lambda: panels(b, dtype, p, x, w, y, memory))
    elif which == "x":
        few = (lambda: depthwise_gradient(b, dtype, p, x, w, y, memory[0])) if max(p.step) == 1 else nest
        few, many = few, (lambda: panels_of_gradient(b, dtype, p, x, w, y, memory[:-1], memory[-1]))
        many = _or_products(b, p, lambda: images_by_products(b, dtype, p, x, w, y), many)
    else:
        few, many = lambda: depthwise_filters(b, dtype, p, x, w, y, memory), lambda: sums_of_filters(b, dtype, p, x, w, y, memory)
        many = _or_products(b, p, lambda: filters_by_products(b, dtype, p, x, w, y), many)
    if not _few(p):
        many()
        return
    b.when(b.less_equal(p.outputs, FEW), _silent(few), _silent(many))


def _or_products(b: Any, p: Any, products: Callable[[], None], other: Callable[[], None]) -> Callable[[], None]:
    """Products of matrices where they serve, else the other way."""
    if not may_be_products(p):
        return other
    return lambda: b.when(meet_every_place(b, p), _silent(products), _silent(other)) and None


def _silent(write: Callable[[], None]) -> Callable[[], list[Any]]:
    def written() -> list[Any]:
        write()
        return []

    return written
