"""What the `batch` rules of ops are written with: arguments of examples, and stacks of such with one dimension more in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.sizes import size_of

__all__ = ["aligned", "altered", "along_next", "count", "examples_ndim", "only_first", "repeated"]


def count(inputs: Sequence[Any], stacked: Sequence[bool]) -> Any:
    """The number of examples, a 0-d variable."""
    return size_of(next(x for x, s in zip(inputs, stacked) if s), 0)


def examples_ndim(inputs: Sequence[Any], stacked: Sequence[bool]) -> int:
    """The most dimensions that one of the arguments has in one example."""
    return max(x.ndim - s for x, s in zip(inputs, stacked))


def aligned(x: Any, stacked: bool, ndim: int) -> Any:
    """x, whose examples get dimensions of size 1 on the left until they have `ndim`; what is shared broadcasts as it is."""
    missing = ndim - x.ndim + 1
    return x.dimshuffle(0, *["x"] * missing, *range(1, x.ndim)) if stacked and missing else x


def repeated(x: Any, n: Any) -> Any:
    """An argument that all examples share, as a stack of n of it."""
    return x.broadcast_to([n, *[size_of(x, d) for d in range(x.ndim)]])


def only_first(stacked: Sequence[bool]) -> bool:
    """Whether the first argument alone is stacked: sizes, axes and the like are the same for all examples."""
    return not any(stacked[1:])


def altered(op: Any, **properties: Any) -> Any:
    """The op with some of its parameters changed. Its class must take its parameters in the order of `__props__`."""
    return type(op)(*[properties.get(name, getattr(op, name)) for name in op.__props__])


def along_next(op: Any) -> Any:
    """The op one dimension further: of an op with a parameter `axis` (counted from 0), or `axes`."""
    return altered(op, axis=op.axis + 1) if "axis" in op.__props__ else altered(op, axes=tuple(d + 1 for d in op.axes))
