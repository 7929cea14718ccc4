"""Loop nests of reductions, in an order that suits memory and vector units.

*Rows*: the last dimension is reduced; it is walked with several accumulators side by side, which the op's `combine` joins at the
end: the sum is as accurate as a pairwise one over so many parts, and is vectorised without changing the rules of
floating point; all targets give the same bits. *Columns*: the last dimension is kept; rows are added to a row of accumulators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from codegen.loopir.builder import LANES
from codegen.loopir.scalar import Scalar, is_number
from codegen.lower.arrays import FlatIndex, NotFlat, offset_of, product
from codegen.lower.flat import is_flat, neighbours
from codegen.lower.fuse import Group
from codegen.lower.kernel import Kernel
from codegen.program import Step
from codegen.rules import Reduction

__all__ = ["reduction_kernel"]

COLUMNS = 4096  # accumulators of a block of columns. Fewer (128 before) make memory jump: 12.8 ms for a sum of 1,000 x 10,000, now 5
TOGETHER = 64  # bytes of the lanes of several reductions that are walked as one, so that what is computed between needs few registers
MANY = 64  # elements for which accumulators side by side are worth their start and end
ROWS, FEW = 4, 4  # rows joined at once where the group has few members: an accumulator that is chosen from several of them
# is never the one in memory or nothing, which LLVM makes a store under a mask (on AMD 20 times the time of a plain one). They are taken from as many
# parts of the array where the order allows it: rows of 100 numbers side by side are jumps that the processor does not foresee, runs of rows are not


def reduction_kernel(frame: Any, group: Group) -> Kernel:
    """The kernel of a group whose root is a reduction, or several over one range."""
    steps = [step for position in group.members if isinstance((step := frame.program.steps[position]).rule, Reduction)]
    rule, value = steps[0].rule, steps[0].inputs[0]
    ndim = frame.types[value].ndim
    axes = sorted({a % ndim for a in rule.axes}) if ndim else []
    if len(axes) == ndim and is_flat(frame.program, group.members, group.aligned, ndim):
        try:
            return _Nest(frame, group, steps, axes).flat()
        except NotFlat:
            pass
    columns = bool(axes) and ndim - 1 not in axes and frame.types[value].shape[-1] != 1
    together = 0  # the last dimensions that are all reduced, or all kept
    while together < ndim and (ndim - 1 - together in axes) != columns:
        together += 1
    last = neighbours(frame.program, group.members, value, together) if axes else 1
    for attempt in (last, 1) if last > 1 else (1,):
        nest = _Nest(frame, group, steps, axes)
        try:
            return nest.columns(attempt) if columns else nest.rows(attempt)
        except NotFlat:
            if attempt == 1:
                raise
    raise AssertionError("one of both ways gives a kernel")


class _Nest:
    def __init__(self, frame: Any, group: Group, steps: Sequence[Step], axes: list[int]) -> None:
        self.kernel = kernel = Kernel(frame, group)
        self.b = kernel.builder
        self.rules: list[Reduction] = [step.rule for step in steps]  # type: ignore[misc]
        self.values = [step.inputs[0] for step in steps]
        self.axes = axes
        self.shape = kernel.shape(self.values[0])
        self.reduced = [self.shape[a] for a in axes]
        self.kept = [a for a in range(len(self.shape)) if a not in axes]
        self.targets = [kernel.output(step.outputs[0]) for step in steps]
        self.markers: list[Any] = []  # indices of the last dimensions, if these are walked as one
        self.columns_as_one = False  # whether those are kept
        self.widths = [len(rule.start(self.b)) for rule in self.rules]  # accumulators of each
        self.lanes = LANES >> (max(self.widths) - 1).bit_length()
        item = np.dtype(frame.types[self.values[0]].dtype).itemsize
        self.parts = 1 if len(steps) == 1 else max(1, self.lanes * item // TOGETHER)
        self.ordered = any(rule.combine is None for rule in self.rules)

    # The reductions side by side ----------------------------------------------------------------------------------------
    def apart(self, accumulators: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The accumulators of each."""
        ends = [sum(self.widths[: k + 1]) for k in range(len(self.widths))]
        return [tuple(accumulators[end - width : end]) for end, width in zip(ends, self.widths)]

    def start(self) -> list[Any]:
        return [x for rule in self.rules for x in rule.start(self.b)]

    def join(self, accumulators: Sequence[Any], elements: Sequence[Any], position: Any, scattered: bool = False) -> list[Any]:
        return [x for rule, own, element in zip(self.rules, self.apart(accumulators), elements)
                for x in ((rule.scattered if scattered else None) or rule.join)(self.b, own, element, position)]

    def combine(self, left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
        return [x for rule, a, c in zip(self.rules, self.apart(left), self.apart(right)) for x in rule.combine(self.b, a, c)]  # type: ignore[misc]

    # Pieces -----------------------------------------------------------------------------------------------------------
    def elements(self, index: Sequence[Any]) -> list[Any]:
        self.kernel.body = self.b.block
        self.kernel.members(index)
        return [self.kernel.read(value, index) for value in self.values]

    def finish(self, kept: Sequence[Any], accumulators: Sequence[Any]) -> None:
        sizes = [self.shape[a] for a in self.kept]
        place = offset_of(kept, [*sizes[: len(kept) - 1], self.kernel.flat_size] if self.columns_as_one else sizes)
        for rule, target, own in zip(self.rules, self.targets, self.apart(accumulators)):
            self.b.store(target, place, rule.finish(self.b, own, product(self.reduced)))

    def position(self, reduced: Sequence[Any]) -> Any:
        return offset_of(reduced, self.reduced)

    def index(self, kept: Sequence[Any], reduced: Sequence[Any]) -> list[Any]:
        index: list[Any] = [0] * len(self.shape)
        if self.columns_as_one:
            self.kernel.flat = kept[-1]
            index[-len(self.markers):] = self.markers
            kept = kept[:-1]
        for a, i in zip(self.kept, kept):
            index[a] = i
        if self.markers and not self.columns_as_one:
            self.kernel.flat = reduced[-1]
            self.kernel.memo.pop(id(self.b.block), None)  # elements at another place
            index[-len(self.markers):] = self.markers
            reduced = reduced[:-1]
        for a, i in zip(self.axes, reduced):
            index[a] = i
        return index

    def walk(self, n: Any, start: Sequence[Any], step: Callable[[Any, Sequence[Any]], Sequence[Any]]) -> list[Any]:
        """Accumulators over ``range(n)``, from the neutral ones of `start`."""
        return self.b.accumulate(n, start, step, None if self.ordered else self.combine, self.lanes, self.parts)

    def put(self, rows: Sequence[Any], count: Any, values: Callable[[Any], Sequence[Any]]) -> None:
        """Element j of each row of accumulators becomes that of ``values(j)``."""
        b = self.b
        with b.loop(0, count, independent=True) as j:
            for row, x in zip(rows, values(j)):
                b.store(row, j, x)

    # Nests ------------------------------------------------------------------------------------------------------------
    def flat(self) -> Kernel:
        kernel, b = self.kernel, self.b
        kernel.markers = tuple(FlatIndex() for _ in self.shape)

        def step(i: Any, acc: Sequence[Any]) -> Sequence[Any]:
            kernel.flat = i
            kernel.memo.pop(id(b.block), None)  # elements at another place
            return self.join(acc, self.elements(kernel.markers), i)

        self.finish((), self.walk(kernel.total(self.values[0]), self.start(), step))
        return kernel

    def rows(self, last: int = 1) -> Kernel:
        """last: how many of the last dimensions, all reduced, are walked as one."""
        kernel, b = self.kernel, self.b
        if last > 1:
            self.markers = kernel.walk_as_one(self.values[0], last)
            self.reduced = [*self.reduced[:-last], kernel.flat_size]
        with ExitStack() as stack:
            kept = [stack.enter_context(b.loop(0, self.shape[a], independent=True)) for a in self.kept]

            one = len(self.reduced) == 1 and not self.ordered

            def nest(outer: list[Any], start: Sequence[Any]) -> list[Any]:
                level = len(outer)
                if level == len(self.reduced):
                    return self.join(start, self.elements(self.index(kept, outer)), self.position(outer))
                n = self.reduced[level]
                if one:
                    return self.walk(n, start, lambda i, acc: nest([*outer, i], acc))
                return b.fold(0, n, list(start), lambda i, *acc: nest([*outer, i], acc))

            if self.ordered or len(self.reduced) < 2:
                total = nest([], self.start())
            else:
                few = b.less(product(self.reduced), MANY)
                total = b.when(few, lambda: nest([], self.start()), lambda: self.beside(kept))
            self.finish(kept, total)
        return kernel

    def beside(self, kept: Sequence[Any]) -> list[Any]:
        """The accumulators over several dimensions: side by side over all of them, and joined once; the last may be short. What it has beyond whole
        rows of lanes has accumulators of its own: only so are the others always met as vectors, and stay in registers."""
        b, n, lanes = self.b, self.reduced[-1], self.lanes
        start = self.start()
        whole, rest = ([b.local(b.dtype_of(x), lanes) for x in start] for _ in range(2))
        with b.loop(0, lanes, independent=True) as j:
            for row, x in (*zip(whole, start), *zip(rest, start)):
                b.store(row, j, x)

        def join(rows: Sequence[Any], j: Any, outer: Sequence[Any], place: Any) -> None:
            if isinstance(place, Scalar):
                b.note_range(place.value, 0, n)
            elements = self.elements(self.index(kept, [*outer, place]))
            for row, x in zip(rows, self.join([b.load(row, j) for row in rows], elements, self.position([*outer, place]))):
                b.store(row, j, x)

        most = n - n % lanes
        with ExitStack() as stack:
            outer = [stack.enter_context(b.loop(0, size)) for size in self.reduced[:-1]]
            with b.loop(0, most, step=lanes) as i, b.loop(0, lanes, independent=True) as j:
                join(whole, j, outer, i + j)
            with b.loop(0, n - most, independent=True) as j:
                join(rest, j, outer, most + j)
        with b.loop(0, lanes, independent=True) as j:
            for row, x in zip(whole, self.combine([b.load(row, j) for row in whole], [b.load(row, j) for row in rest])):
                b.store(row, j, x)
        return b.halved(whole, lanes, self.combine)

    def columns(self, last: int = 1) -> Kernel:
        """last: how many of the last dimensions, all kept, are walked as one."""
        kernel, b = self.kernel, self.b
        width = self.shape[-1]
        if last > 1:
            self.markers, self.columns_as_one = kernel.walk_as_one(self.values[0], last), True
            width = kernel.flat_size
        kinds = [b.dtype_of(x) for x in self.start()]
        block = width if is_number(width) and width <= COLUMNS else COLUMNS
        rows = [b.local(kind, max(1, block)) for kind in kinds]
        with ExitStack() as stack:
            kept = [stack.enter_context(b.loop(0, self.shape[a])) for a in self.kept[:-last]]
            first = stack.enter_context(b.loop(0, width, step=max(1, block)))
            here = block if is_number(width) and width <= COLUMNS else b.minimum(width - first, block)
            self.put(rows, here, lambda j: self.start())
            with ExitStack() as inner:
                outer = [inner.enter_context(b.loop(0, n)) for n in self.reduced[:-1]]
                length = self.reduced[-1]

                def join(k: Any, count: int, apart: Any = 1) -> Callable[[Any], Sequence[Any]]:
                    """The accumulators of column j, joined with the elements of so many rows from k on, `apart` from each other."""

                    def joined(j: Any) -> Sequence[Any]:
                        accumulators: Sequence[Any] = [b.load(row, j) for row in rows]
                        for d in range(count):
                            reduced = [*outer, k + d * apart]
                            elements = self.elements(self.index([*kept, first + j], reduced))
                            accumulators = self.join(accumulators, elements, self.position(reduced), scattered=True)
                        return accumulators

                    return joined

                several = ROWS if len(self.kernel.group.members) <= FEW else 1
                several = max(1, min(several, length)) if is_number(length) else several
                whole = length - length % several
                if any(rule.scattered is None for rule in self.rules):
                    with b.loop(0, whole, step=several) as k:
                        self.put(rows, here, join(k, several))
                else:
                    share = whole // several
                    with b.loop(0, share) as k:
                        self.put(rows, here, join(k, several, share))
                if several > 1:
                    with b.loop(whole, length) as k:
                        self.put(rows, here, join(k, 1))
            with b.loop(0, here, independent=True) as j:
                self.finish([*kept, first + j], [b.load(row, j) for row in rows])
        return kernel
