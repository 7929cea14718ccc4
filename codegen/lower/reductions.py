"""Loop nests of reductions, in an order that suits memory and vector units.

*Rows*: the last dimension is reduced; it is walked with several accumulators side by side, which the op's `combine` joins at the
end: the sum is as accurate as a pairwise one over so many parts, and is vectorised without changing the rules of
floating point; all targets give the same bits. *Columns*: the last dimension is kept; rows are added to a row of accumulators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.arrays import FlatIndex, NotFlat, offset_of, product
from codegen.lower.fuse import Group
from codegen.lower.kernel import Kernel
from codegen.lower.nests import is_flat
from codegen.program import Step
from codegen.rules import Reduction

__all__ = ["reduction_kernel"]

COLUMNS = 128  # accumulators of a block of columns: two kilobytes of doubles stay in the first cache
LANES = ((8, 32), (60, 8), (10**9, 4))  # cost of an element -> accumulators side by side


def reduction_kernel(frame: Any, group: Group) -> Kernel:
    """The kernel of a group whose root is a reduction."""
    step: Step = frame.program.steps[group.root]
    rule = step.rule
    assert isinstance(rule, Reduction)
    value = step.inputs[0]
    ndim = frame.types[value].ndim
    axes = sorted({a % ndim for a in rule.axes}) if ndim else []
    if len(axes) == ndim and is_flat(frame, group, ndim):
        try:
            return _Nest(frame, group, step, rule, axes).flat()
        except NotFlat:
            pass
    nest = _Nest(frame, group, step, rule, axes)
    if axes and ndim - 1 not in axes and frame.types[value].shape[-1] != 1:
        return nest.columns()
    return nest.rows()


class _Nest:
    def __init__(self, frame: Any, group: Group, step: Step, rule: Reduction, axes: list[int]) -> None:
        self.kernel = kernel = Kernel(frame, group)
        self.b = kernel.builder
        self.rule = rule
        self.value = step.inputs[0]
        self.out = step.outputs[0]
        self.axes = axes
        self.shape = kernel.shape(self.value)
        self.reduced = [self.shape[a] for a in axes]
        self.kept = [a for a in range(len(self.shape)) if a not in axes]
        self.target = kernel.output(self.out)
        cost = group.cost
        self.lanes = next(lanes for limit, lanes in LANES if cost <= limit) if rule.combine is not None else 1
        self.inner = 0

    # Pieces -----------------------------------------------------------------------------------------------------------
    def element(self, index: Sequence[Any]) -> Any:
        self.kernel.body = self.b.block
        self.kernel.members(index)
        return self.kernel.read(self.value, index)

    def finish(self, kept: Sequence[Any], accumulators: Sequence[Any]) -> None:
        result = self.rule.finish(self.b, tuple(accumulators), product(self.reduced))
        place = offset_of(kept, [self.shape[a] for a in self.kept])
        self.b.store(self.target, place, result)

    def position(self, reduced: Sequence[Any]) -> Any:
        return offset_of(reduced, self.reduced)

    def index(self, kept: Sequence[Any], reduced: Sequence[Any]) -> list[Any]:
        index: list[Any] = [0] * len(self.shape)
        for a, i in zip(self.kept, kept):
            index[a] = i
        for a, i in zip(self.axes, reduced):
            index[a] = i
        return index

    def walk(self, n: Any, start: Sequence[Any], step: Callable[[Any, Sequence[Any]], Sequence[Any]]) -> list[Any]:
        """Accumulators over ``range(n)``, several side by side where n is large."""
        b, lanes, combine = self.b, self.lanes, self.rule.combine
        if combine is None or lanes == 1 or (is_number(n) and n < 2 * lanes):
            return b.fold(0, n, list(start), lambda i, *acc: step(i, acc))
        whole = n - n % lanes
        count = len(start)
        fresh = [x for _ in range(lanes) for x in self.rule.start(b)]

        def side_by_side(i: Any, *acc: Any) -> list[Any]:
            return [x for k in range(lanes) for x in step(i + k, acc[k * count : (k + 1) * count])]

        parts = b.fold(0, whole, fresh, side_by_side, step=lanes)
        several: list[Any] = [tuple(parts[k * count : (k + 1) * count]) for k in range(lanes)]
        while len(several) > 1:
            half = len(several) // 2
            several = [combine(b, several[k], several[k + half]) for k in range(half)]
        total = combine(b, tuple(start), several[0])
        return b.fold(whole, n, list(total), lambda i, *acc: step(i, acc))

    # Nests ------------------------------------------------------------------------------------------------------------
    def flat(self) -> Kernel:
        kernel, b = self.kernel, self.b
        kernel.markers = tuple(FlatIndex() for _ in self.shape)

        def step(i: Any, acc: Sequence[Any]) -> Sequence[Any]:
            kernel.flat = i
            kernel.memo.pop(id(b.block), None)  # elements at another place
            return self.rule.join(b, tuple(acc), self.element(kernel.markers), i)

        self.finish((), self.walk(kernel.total(self.value), self.rule.start(b), step))
        return kernel

    def rows(self) -> Kernel:
        kernel, b = self.kernel, self.b
        with ExitStack() as stack:
            kept = [stack.enter_context(b.loop(0, self.shape[a], independent=True)) for a in self.kept]

            def nest(outer: list[Any], start: Sequence[Any]) -> Sequence[Any]:
                level = len(outer)
                if level == len(self.axes):
                    return self.rule.join(b, tuple(start), self.element(self.index(kept, outer)), self.position(outer))
                n = self.reduced[level]
                if level == len(self.axes) - 1:
                    return self.walk(n, start, lambda i, acc: nest([*outer, i], acc))
                return b.fold(0, n, list(start), lambda i, *acc: nest([*outer, i], acc))

            self.finish(kept, nest([], self.rule.start(b)))
        return kernel

    def columns(self) -> Kernel:
        kernel, b = self.kernel, self.b
        width = self.shape[-1]
        kinds = [b.dtype_of(x) for x in self.rule.start(b)]
        block = width if is_number(width) and width <= COLUMNS else COLUMNS
        rows = [b.local(kind, block) for kind in kinds]
        with ExitStack() as stack:
            kept = [stack.enter_context(b.loop(0, self.shape[a])) for a in self.kept[:-1]]
            first = stack.enter_context(b.loop(0, width, step=block))
            here = block if is_number(width) and width <= COLUMNS else b.minimum(width - first, block)
            with b.loop(0, here, independent=True) as j:
                for row, x in zip(rows, self.rule.start(b)):
                    b.store(row, j, x)
            with ExitStack() as inner:
                reduced = [inner.enter_context(b.loop(0, n)) for n in self.reduced]
                with b.loop(0, here, independent=True) as j:
                    index = self.index([*kept, first + j], reduced)
                    new = self.rule.join(b, tuple(b.load(row, j) for row in rows), self.element(index), self.position(reduced))
                    for row, x in zip(rows, new):
                        b.store(row, j, x)
            with b.loop(0, here, independent=True) as j:
                self.finish([*kept, first + j], tuple(b.load(row, j) for row in rows))
        return kernel
