"""How memory is walked where each channel of an array (a, n, c, m) is worked on alone: one after the other, or neighbours side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

__all__ = ["Place", "Row", "Walk"]

_LANES = 32  # sums of a channel that stand side by side: they fill the vector registers
_COLUMNS = 512  # side by side, where what is joined lies a row apart: in blocks of 64 memory jumped, which took five times as long


class Place(NamedTuple):
    """An element: its place in C order, its number among the channels that are worked on side by side, its c and its m."""

    place: Any
    lane: Any
    c: Any
    m: Any


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


class Walk:
    """An array (a, n, c, m), one channel after the other; or, where m is known to be 1, _COLUMNS channels side by side."""

    def __init__(self, b: Any, x: Any) -> None:
        self.b, self.shape, self.dtype = b, x.shape, x.dtype
        self.count = b.cast(b.constant(1, "int64") * x.shape[1] * x.shape[3], x.dtype)

    def read(self, x: Any, at: Place) -> Any:
        return self.b.load(x.pointer, at.place)

    def channels(self, work: Callable[[Any], None], groups_apart: bool, apart: bool) -> None:
        """work(lanes) for all channels. Whether what is done for one group, and for one channel of a group, is independent of others."""
        b, (groups, _, channels, m) = self.b, self.shape
        columns = isinstance(m, int) and m == 1
        with b.loop(0, groups, independent=groups_apart) as a:
            with b.loop(0, channels, step=_COLUMNS if columns else 1, independent=apart) as c:
                work(_Columns(self, a, c, b.minimum(channels - c, _COLUMNS)) if columns else Row(self, a, c))


class _Lanes:
    """What both ways to walk have: channels that are worked on side by side."""

    walk: Walk
    c: Any

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A value of each lane, computed once."""
        raise NotImplementedError

    def scale(self, x: Any, per: str) -> Callable[[Place], Any]:
        """A scale or an offset at each element; those of channels are read once, as no loop with them would become vectors."""
        b = self.walk.b
        if per == "element":
            return lambda at: b.load(x.pointer, at.m)
        held = self.each(lambda j: b.load(x.pointer, self.c + j))
        return lambda at: held(at.lane)


class Row(_Lanes):
    """One channel, whose elements are n runs of m neighbours."""

    def __init__(self, walk: Walk, a: Any, c: Any) -> None:
        self.walk, self.a, self.c = walk, a, c
        self.place = a * walk.shape[2] + c

    def _start(self, n: Any) -> Any:
        _, runs, channels, m = self.walk.shape
        return ((self.a * runs + n) * channels + self.c) * m

    def sums(self, width: int, terms: Callable[[Place], list[Any]]) -> list[Callable[[Any], Any]]:
        """The sums of `width` terms of each element, as functions of the lane."""
        b, (_, runs, _, m) = self.walk.b, self.walk.shape
        nothing = [b.constant(0, self.walk.dtype)] * width
        join = lambda left, right: [b.add(x, y) for x, y in zip(left, right)]

        if isinstance(runs, int) and runs == 1:
            start = self._start(0)
            found = b.accumulate(m, nothing, lambda k, totals: join(totals, terms(Place(start + k, 0, self.c, k))), join)
            return [_always(value) for value in found]
        lanes = _LANES // width  # side by side over all runs: they are joined once, not once a run
        # What a run has beyond whole rows of lanes has sums of its own: only so are those of the rows always met as vectors, and stay in registers.
        whole, rest = ([b.local(self.walk.dtype, lanes) for _ in range(width)] for _ in range(2))
        with b.loop(0, lanes, independent=True) as j:
            for row in (*whole, *rest):
                b.store(row, j, 0)

        def add(rows: Any, j: Any, start: Any, k: Any) -> None:
            for row, term in zip(rows, terms(Place(start + k, 0, self.c, k))):
                b.store(row, j, b.add(b.load(row, j), term))

        most = m - m % lanes
        with b.loop(0, runs) as n:
            start = self._start(n)
            with b.loop(0, most, step=lanes) as i, b.loop(0, lanes, independent=True) as j:
                add(whole, j, start, i + j)
            with b.loop(0, m - most, independent=True) as j:
                add(rest, j, start, most + j)
        with b.loop(0, lanes, independent=True) as j:
            for row, more in zip(whole, rest):
                b.store(row, j, b.add(b.load(row, j), b.load(more, j)))
        return [_always(value) for value in b.halved(whole, lanes, join)]

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        found = value(0)
        return lambda _: found

    def all(self, work: Callable[[Place], None]) -> None:
        b, (_, runs, _, m) = self.walk.b, self.walk.shape
        with b.loop(0, runs) as n:
            start = self._start(n)
            with b.loop(0, m, independent=True) as k:
                work(Place(start + k, 0, self.c, k))

    def keep(self, out: Any, value: Callable[[Any], Any]) -> None:
        """Store a value of (a, c)."""
        self.walk.b.store(out.pointer, self.place, value(0))

    def kept(self, x: Any) -> Callable[[Any], Any]:
        return lambda _: self.walk.b.load(x.pointer, self.place)

    def add(self, out: Any, value: Callable[[Any], Any]) -> None:
        """Add to a vector of c."""
        b = self.walk.b
        b.store(out.pointer, self.c, b.add(b.load(out.pointer, self.c), value(0)))


class _Columns(_Lanes):
    """Neighbouring channels from c on, one element of each in a row."""

    def __init__(self, walk: Walk, a: Any, c: Any, width: Any) -> None:
        self.walk, self.a, self.c, self.width = walk, a, c, width
        self.place = a * walk.shape[2] + c

    def _lanes(self) -> Any:
        return self.walk.b.loop(0, self.width, independent=True)

    def sums(self, width: int, terms: Callable[[Place], list[Any]]) -> list[Callable[[Any], Any]]:
        b = self.walk.b
        rows = [b.local(self.walk.dtype, _COLUMNS) for _ in range(width)]
        with self._lanes() as j:
            for row in rows:
                b.store(row, j, 0)

        def add(at: Place) -> None:
            for row, term in zip(rows, terms(at)):
                b.store(row, at.lane, b.add(b.load(row, at.lane), term))

        self.all(add)
        return [partial(b.load, row) for row in rows]

    def each(self, value: Callable[[Any], Any]) -> Callable[[Any], Any]:
        b = self.walk.b
        row = b.local(self.walk.dtype, _COLUMNS)
        with self._lanes() as j:
            b.store(row, j, value(j))
        return lambda j: b.load(row, j)

    def all(self, work: Callable[[Place], None]) -> None:
        b, (_, runs, channels, _) = self.walk.b, self.walk.shape
        with b.loop(0, runs) as n:
            start = (self.a * runs + n) * channels + self.c
            with self._lanes() as j:
                work(Place(start + j, j, self.c + j, 0))

    def keep(self, out: Any, value: Callable[[Any], Any]) -> None:
        with self._lanes() as j:
            self.walk.b.store(out.pointer, self.place + j, value(j))

    def kept(self, x: Any) -> Callable[[Any], Any]:
        return lambda j: self.walk.b.load(x.pointer, self.place + j)

    def add(self, out: Any, value: Callable[[Any], Any]) -> None:
        b = self.walk.b
        with self._lanes() as j:
            b.store(out.pointer, self.c + j, b.add(b.load(out.pointer, self.c + j), value(j)))
