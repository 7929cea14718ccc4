"""Regions of arrays: read out of what they are made of, several indices in one, what was just written read back."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, rule
from symgraph.ops.cast import Cast, cast
from symgraph.ops.create import Alloc
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.index import IncSubtensor, Subtensor
from symgraph.ops.index.region import FULL, INPUT, Region, Slice
from symgraph.ops.join import Join, MakeVector
from symgraph.ops.layout import DimShuffle
from symgraph.passes.expressions import EXPRESSIONS, as_size, variable_of
from symgraph.passes.match import is_constant, node_of, only_use, scalar_value
from symgraph.passes.replacement import keeps_ones

__all__ = ["INDEXING"]

_WHOLE = (FULL, Slice(0, None, None), Slice(0, None, 1), Slice(None, None, 1))


@rule(Subtensor, tags=("local_useless_slice", "local_useless_subtensor"))
def whole_region(graph: Graph, node: Apply) -> Any:
    """x[:, 0:] -> x; x[1, :] -> x[1]"""
    entries = [FULL if entry in _WHOLE else entry for entry in node.op.entries]
    while entries and entries[-1] == FULL:
        entries.pop()
    if not entries:
        return node.inputs[0]
    return Subtensor(entries)(*node.inputs) if tuple(entries) != node.op.entries else None


@rule(Subtensor, tags=("local_subtensor_lift",))
def region_of_elementwise(graph: Graph, node: Apply) -> Any:
    """exp(x)[i] -> exp(x[i]), where the rest of exp(x) is not needed"""
    x, *parts = node.inputs
    inner = node_of(x, Elementwise, Cast)
    if inner is None or not only_use(graph, x):
        return None
    if all(y.ndim and scalar_value(y) is not None for y in inner.inputs):
        return None
    return inner.op(*[_region_of_operand(y, x, node.op.entries, parts) for y in inner.inputs])


def _region_of_operand(y: Any, out: Any, entries: tuple[Any, ...], parts: list[Any]) -> Any:
    """The same region of an operand: dimensions that are repeated to meet the others stay, or go where an integer stands."""
    missing = out.ndim - y.ndim
    chosen: list[Any] = []
    needed: list[Any] = []
    rest = iter(parts)
    for axis, entry in enumerate(entries):
        own = [next(rest) for part in (entry if isinstance(entry, Slice) else (entry,)) if part == INPUT]
        if axis < missing:
            continue
        if y.type.shape[axis - missing] == 1 and out.type.shape[axis] != 1:
            chosen.append(FULL if isinstance(entry, Slice) else 0)
        else:
            chosen.append(entry)
            needed += own
    while chosen and chosen[-1] == FULL:
        chosen.pop()
    return Subtensor(chosen)(y, *needed) if chosen else y


@rule(Subtensor, tags=("local_subtensor_merge",))
def region_of_region(graph: Graph, node: Apply) -> Any:
    """x[i][j] -> x[i, j]; x[:, 1:][2, 3] -> x[2, 4]: where one of the two takes a dimension whole, or both count from the front;
    x[::-1][::-1] -> x; x[::-1][0] -> x[-1]"""
    x, *parts = node.inputs
    inner = node_of(x, Subtensor)
    if inner is None or type(inner.op) is not Subtensor:  # index arrays: their dimensions are not those of the entries
        return None
    source, *inner_parts = inner.inputs
    outer_rest, inner_rest = iter(parts), iter(inner_parts)
    later = list(node.op.entries)
    merged: list[Any] = []
    needed: list[Any] = []
    for entry in inner.op.entries:
        own = _parts_of(entry, inner_rest)
        if not isinstance(entry, Slice) or not later:
            merged.append(entry)
            needed += own
            continue
        second = later.pop(0)
        second_own = _parts_of(second, outer_rest)
        both = second if entry == FULL else entry if second == FULL else _chained(entry, second)
        if both is None:
            return None
        merged.append(both)
        needed += second_own if entry == FULL else own
    for entry in later:
        merged.append(entry)
        needed += _parts_of(entry, outer_rest)
    return Subtensor(merged)(source, *needed)


def _parts_of(entry: Any, rest: Any) -> list[Any]:
    return [next(rest) for part in (entry if isinstance(entry, Slice) else (entry,)) if part == INPUT]


def _chained(first: Slice, second: Any) -> Any:
    """The entry for x[first][second] with first = a: and everything else a number that counts from the front, or first = ::-1; None otherwise."""
    backwards = Slice(None, None, -1)
    if first == second == backwards:
        return FULL
    if first == backwards and isinstance(second, int):
        return -1 - second  # in bounds for the same numbers
    start = first.start
    if not isinstance(start, int) or start < 0 or first.stop is not None or first.step not in (None, 1):
        return None
    if isinstance(second, int):
        return start + second if second >= 0 else None
    if not isinstance(second, Slice) or second.step not in (None, 1) or INPUT in (second.start, second.stop):
        return None
    low = second.start or 0
    if low < 0 or second.stop is not None and second.stop < 0:
        return None
    return Slice(start + low, None if second.stop is None else start + second.stop, None)


class _Known:
    """An input of Region in terms of variables."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def item(self, k: int) -> Any:
        return int(self.x.data) if scalar_value(self.x) is not None and self.x.owner is None else as_size(self.x)


@rule(Subtensor, tags=("local_subtensor_of_alloc",))
def region_of_alloc(graph: Graph, node: Apply) -> Any:
    """alloc(c, n)[1:] -> alloc(c, max(n - 1, 0)); alloc(c, 3, n)[1] -> alloc(c, n): c has no dimensions, integers are known to be in range"""
    x, *parts = node.inputs
    inner = node_of(x, Alloc)
    if inner is None or inner.inputs[0].ndim or type(node.op) is not Subtensor:
        return None
    if not all(isinstance(entry, Slice) or isinstance(entry, int) and n is not None and -n <= entry < n
               for entry, n in zip(node.op.entries, x.type.shape)):
        return None
    value, *sizes = inner.inputs
    # A size given to alloc is no less than 0 once alloc ran; max(n, 0) would only make the expression longer.
    shape = [int(n.data) if n.owner is None and scalar_value(n) is not None else as_size(n, natural=True) for n in sizes]
    region = Region(EXPRESSIONS, node.op.entries, shape, [_Known(part) for part in parts])
    left = [variable_of(n) for n in region.sizes(check=False)]
    return Alloc()(value, *left) if left else value


@rule(Subtensor, tags=("local_subtensor_make_vector",))
def item_of_items(graph: Graph, node: Apply) -> Any:
    """make_vector(a, b, c)[1] -> b; make_vector(a, b, c)[1:] -> make_vector(b, c)"""
    inner = node_of(node.inputs[0], MakeVector)
    if inner is None or len(node.inputs) > 1 or len(node.op.entries) != 1:
        return None
    (entry,) = node.op.entries
    items = inner.inputs
    if isinstance(entry, int):
        return items[entry] if -len(items) <= entry < len(items) else None
    found = items[slice(*entry)]
    return MakeVector()(*found) if found else None


@rule(Subtensor, tags=("local_subtensor_of_join",))
def part_of_join(graph: Graph, node: Apply) -> Any:
    """join(0, a, b)[i], join(0, a, b)[i:j] -> a[i'], a[i':j'] where the sizes say that all of it lies in one part; stack(a, b)[1] -> b"""
    x, *parts = node.inputs
    inner = node_of(x, Join)
    if inner is None or inner.op.axis >= len(node.op.entries) or parts:
        return None
    axis = inner.op.axis
    sizes = [y.type.shape[axis] for y in inner.inputs]
    entry = node.op.entries[axis]
    if None in sizes:
        return None
    total = sum(sizes)
    if isinstance(entry, int):
        if not -total <= entry < total:
            return None
        first, last = entry % total, entry % total + 1
    else:
        first, last, step = slice(*entry).indices(total)
        if step != 1 or last <= first:
            return None
    start = 0
    for y, n in zip(inner.inputs, sizes):
        if start <= first and last <= start + n:
            own: Any = first - start if isinstance(entry, int) else Slice(first - start, last - start, None)
            entries = list(node.op.entries)
            entries[axis] = FULL if own == Slice(0, n, None) else own
            part = y if y.dtype == x.dtype else cast(y, x.dtype)
            return Subtensor(entries)(part)
        start += n
    return None


@rule(Subtensor, tags=("local_subtensor_lift",))
def row_of_dimshuffle(graph: Graph, node: Apply) -> Any:
    """dimshuffle(x, 'x', 0, 1)[0, i] -> x[i]: integers at new dimensions, the others in their order"""
    x, *parts = node.inputs
    inner = node_of(x, DimShuffle)
    if inner is None or not inner.op.view or inner.op.dropped or parts or not all(isinstance(e, int) or e == FULL for e in node.op.entries):
        return None
    padded = [*node.op.entries, *[FULL] * (x.ndim - len(node.op.entries))]
    chosen, kept = [], []
    for d, entry in zip(inner.op.order, padded):
        if d == "x":
            if entry not in (0, -1, FULL):
                return None
        else:
            chosen.append(entry)
        if entry == FULL:
            kept.append("x" if d == "x" else d)
    if "x" not in inner.op.order or all(entry == FULL for d, entry in zip(inner.op.order, padded) if d == "x"):
        return None
    source = inner.inputs[0]
    while chosen and chosen[-1] == FULL:
        chosen.pop()
    part = Subtensor(chosen)(source) if chosen else source
    left = [d for d in kept if d != "x"]
    order = ["x" if d == "x" else left.index(d) for d in kept]
    return part if order == list(range(part.ndim)) else DimShuffle(part.ndim, order)(part)


@rule(Subtensor, tags=("local_subtensor_inc_subtensor",))
def read_what_was_written(graph: Graph, node: Apply) -> Any:
    """set_subtensor(x[i], y)[i] -> y, where y has the shape of x[i]"""
    x, *parts = node.inputs
    inner = node_of(x, IncSubtensor)
    if inner is None or type(inner.op) is not IncSubtensor or not inner.op.sets or inner.op.entries != node.op.entries:
        return None
    _, y, *inner_parts = inner.inputs
    out = node.outputs[0]
    if any(a is not b for a, b in zip(parts, inner_parts)) or y.ndim != out.ndim:
        return None
    if any(a == 1 and b != 1 for a, b in zip(y.type.shape, out.type.shape)):
        return None
    return y if y.dtype == out.dtype else cast(y, out.dtype)


@rule(IncSubtensor, tags=("local_useless_inc_subtensor", "local_set_to_inc_subtensor", "local_setsubtensor_of_constants"))
def nothing_is_written(graph: Graph, node: Apply) -> Any:
    """inc_subtensor(x[i], 0) -> x; set_subtensor(x[i], x[i]) -> x; set_subtensor(ones[i:j], 1) -> ones;
    set_subtensor(set_subtensor(x[i], y), z) -> set_subtensor(x[i], z)"""
    x, y, *parts = node.inputs
    if not node.op.sets:
        return x if is_constant(y, 0) else None
    written = scalar_value(y)
    if written is not None and written == scalar_value(x) and all(isinstance(e, Slice) for e in node.op.entries):
        return x
    inner = node_of(y, Subtensor)
    if inner is not None and inner.op == node.op.reader and inner.inputs[0] is x and _same(inner.inputs[1:], parts):
        return x
    inner = node_of(x, IncSubtensor)
    if inner is not None and inner.op.entries == node.op.entries and _same(inner.inputs[2:], parts) and only_use(graph, x):
        return node.op(inner.inputs[0], y, *parts)
    return None


def _same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b))


@rule(IncSubtensor, tags=("local_IncSubtensor_serialize", "local_incsubtensor_of_zeros_to_setsubtensor"))
def added_to_zeros(graph: Graph, node: Apply) -> Any:
    """inc_subtensor(zeros[i], y) -> set_subtensor(zeros[i], y): what is there need not be read"""
    x = node.inputs[0]
    if node.op.sets or type(node.op) is not IncSubtensor or not is_constant(x, 0):
        return None
    return IncSubtensor(node.op.entries, True)(*node.inputs)


INDEXING: list[Rule] = [keeps_ones(r) for r in (
    whole_region, item_of_items, part_of_join, row_of_dimshuffle, region_of_region, read_what_was_written, region_of_alloc,
    region_of_elementwise, nothing_is_written, added_to_zeros,
)]
