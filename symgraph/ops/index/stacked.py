"""Indexing of stacks: which index of a stack of arrays means the same as one index for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from symgraph.expr.stacks import aligned, repeated
from symgraph.ops.index.places import Places
from symgraph.ops.index.region import ARRAY, FULL, INPUT, NEW, TRUTH, Slice, place_of_arrays

__all__ = ["StackedRegion", "read_stack", "region_of_stack", "write_stack"]


class StackedRegion(NamedTuple):
    """entries, parts: the index of the stack. order: for each dimension of (examples, region of one), where it stands in the
    region of the stack."""

    entries: list[Any]
    parts: list[Any]
    order: list[int]


def region_of_stack(
    entries: Sequence[Any], ndim: int, parts: Sequence[Any], stacked: Sequence[bool], whole: bool, n: Any
) -> StackedRegion | None:
    """The index into a stack of n arrays (`whole`; else into the one array for all) of `ndim` dimensions each. stacked: which of the
    parts are stacks. None where the bounds of a slice, or a bool, differ between the examples."""
    joint = max((p.ndim - s for p, s, e in zip(parts, stacked, _owners(entries)) if e in (ARRAY, TRUTH)), default=0)
    rest = [f"rest {d}" for d in range(ndim - sum(not isinstance(e, Slice) and e not in (NEW, TRUTH) for e in entries) + entries.count(NEW))]
    common = [f"common {d}" for d in range(joint)]
    at = place_of_arrays(entries)
    wanted = ["n", *rest[:at], *common, *rest[at:]]
    if not any(stacked):
        fresh, taken = [FULL, *entries], list(parts)
        rest = ["n", *rest]
    else:
        if any(s and (isinstance(e, Slice) or e == TRUTH) for s, e in zip(stacked, _owners(entries))):
            return None
        flags = iter(zip(parts, stacked))
        fresh, taken = [], []
        for entry in entries:
            if isinstance(entry, Slice):
                taken += [next(flags)[0] for part in entry if part == INPUT]
            elif entry in (INPUT, ARRAY, TRUTH):
                part, s = next(flags)
                taken.append(aligned(part, s, joint))
                entry = ARRAY if s else entry
            fresh.append(entry)
        common = ["n", *common]
        if whole:  # the number of the example is one more index
            fresh, taken = [ARRAY, *fresh], [Places()(n).dimshuffle(0, *["x"] * joint), *taken]
    at = place_of_arrays(fresh)
    found = [*rest[:at], *common, *rest[at:]]
    return StackedRegion(fresh, taken, [found.index(name) for name in wanted])


def _owners(entries: Sequence[Any]) -> list[Any]:
    """For each extra input the entry that it belongs to."""
    owners: list[Any] = []
    for entry in entries:
        count = sum(part == INPUT for part in entry) if isinstance(entry, Slice) else entry in (INPUT, ARRAY, TRUTH)
        owners += [entry] * count
    return owners


def read_stack(op: Any, inputs: Sequence[Any], stacked: Sequence[bool], n: Any) -> list[Any] | None:
    """The `batch` of an op that reads."""
    x, *parts = inputs
    region = region_of_stack(op.entries, x.ndim - stacked[0], parts, stacked[1:], stacked[0], n)
    if region is None:
        return None
    kind = op.by_arrays if ARRAY in region.entries else type(op)
    out = kind(region.entries)(x, *region.parts)
    return [out if region.order == list(range(out.ndim)) else out.dimshuffle(*region.order)]


def write_stack(op: Any, inputs: Sequence[Any], stacked: Sequence[bool], n: Any) -> list[Any] | None:
    """The `batch` of an op that writes."""
    x, y, *parts = inputs
    x = x if stacked[0] else repeated(x, n)
    region = region_of_stack(op.entries, x.ndim - 1, parts, stacked[2:], True, n)
    if region is None:
        return None
    kind = op.by_arrays if ARRAY in region.entries else type(op)
    ndim = len(region.order)
    y = aligned(y, True, ndim - 1) if stacked[1] else y.dimshuffle(*["x"] * (ndim - y.ndim), *range(y.ndim))
    if region.order != list(range(ndim)):
        y = y.dimshuffle(*[region.order.index(d) for d in range(ndim)])
    return [kind(region.entries, op.sets)(x, y, *region.parts)]
