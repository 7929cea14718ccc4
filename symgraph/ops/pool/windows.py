"""Windows that move over the last dimensions of an array: their number, and the loops that read from them or add to them.

Along one dimension window i covers the elements i * stride - pad + k, for k below its size; what lies outside the array is left out.
Sizes are ints, or objects with ``+ - * // %`` (codegen/rules.py, `Sizes`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Windows", "number", "spans"]

UNROLLED = 16  # windows of known sizes of so many elements at most are written as one row of operations


def number(s: Any, n: Any, size: Any, stride: Any, pad: Any, ignore_border: bool) -> Any:
    """How many windows there are along a dimension of n elements: those that lie inside the padded array, or else as many as
    it takes to cover it."""
    n = n + pad * 2
    if ignore_border:
        return s.where(s.less(n, size), 0, s.maximum(n - size, 0) // stride + 1)
    # By strides as large as windows a window starts at each stride; overlapping ones end with the first that reaches the end.
    apart = (s.maximum(n - 1, 0)) // stride + 1
    overlapping = s.maximum(n - 1 - size + stride, 0) // stride + 1
    return s.where(s.less(n, 1), 0, s.where(s.less(stride, size), overlapping, apart))


def spans(n: int, count: int, size: int, stride: int, pad: int) -> list[tuple[int, int]]:
    """For each window the elements from and to, for numpy rules."""
    return [(max(0, i * stride - pad), min(n, i * stride - pad + size)) for i in range(count)]


class Windows:
    """The loops over all windows of a stack of arrays. large, small: sizes of the array and of its windows, without the stack."""

    def __init__(self, b: Any, stack: Any, large: Sequence[Any], small: Sequence[Any], sizes: Sequence[Any], strides: Sequence[Any],
                 pads: Sequence[Any], inclusive: bool = False) -> None:
        self.b = b
        self.stack, self.large, self.small = stack, list(large), list(small)
        self.sizes, self.strides, self.pads = list(sizes), list(strides), list(pads)
        self.inclusive = inclusive  # whether padding counts as elements
        self.known = all(isinstance(n, int) for n in (*sizes, *strides, *pads)) and math.prod(sizes) <= UNROLLED

    # Where a window lies ----------------------------------------------------------------------------------------------
    def _span(self, d: int, i: Any) -> tuple[Any, Any]:
        """The places k of window i that lie inside, from and to."""
        first = i * self.strides[d] - self.pads[d]
        return self.b.maximum(0, 0 - first), self.b.minimum(self.sizes[d], self.large[d] - first)

    def _count(self, d: int, i: Any) -> Any:
        """How many elements of window i are counted along a dimension."""
        if not self.inclusive:
            low, high = self._span(d, i)
            return high - low
        return self.b.minimum(self.sizes[d], self.large[d] + self.pads[d] * 2 - i * self.strides[d])

    def _reached(self, k: Any) -> tuple[Any, Any]:
        """The windows of a row of which place k lies inside, from and to."""
        stride, start = self.strides[-1], k - self.pads[-1]
        return (self.b.maximum(0, (0 - start + (stride - 1)) // stride),
                self.b.minimum(self.small[-1], (self.large[-1] - start + (stride - 1)) // stride))

    def rows(self, body: Callable[..., None]) -> None:
        """body(whole, count, first row of windows, rows): for each row of windows. rows(then): calls then(row of elements) for each row of
        elements that its windows meet; whole: all of them are there (a condition); count: how many are counted."""
        b, outer = self.b, len(self.large) - 1

        def deeper(d: int, small_row: Any, found: list[tuple[Any, Any, Any]]) -> None:
            if d < outer:
                with b.loop(0, self.small[d]) as i:
                    first = i * self.strides[d] - self.pads[d]
                    deeper(d + 1, small_row * self.small[d] + i, [*found, (first, *self._span(d, i))])
                return

            whole: Any = True
            count: Any = 1
            for e, (first, low, high) in enumerate(found):
                whole = b.both(whole, b.equal(high - low, self.sizes[e]))
                extent = b.minimum(self.sizes[e], self.large[e] + self.pads[e] - first) if self.inclusive else high - low
                count = extent if isinstance(count, int) and count == 1 else count * extent

            def each(then: Callable[[Any], None], unrolled: bool = False) -> None:
                def inner(e: int, row: Any) -> None:
                    if e == outer:
                        then(row)
                        return
                    first, low, high = found[e]
                    if unrolled:
                        for k in range(self.sizes[e]):
                            inner(e + 1, row * self.large[e] + (first + k))
                        return
                    with b.loop(low, high) as k:
                        inner(e + 1, row * self.large[e] + (first + k))

                inner(0, number)

            body(whole, count, small_row * self.small[-1], each)

        with b.loop(0, self.stack, independent=True) as number:
            deeper(0, number, [])

    # Reading from windows ---------------------------------------------------------------------------------------------
    def gather(self, target: Any, start: Any, join: Callable[[Any, Any, Any], Any], finish: Callable[[Any, Any], Any] | None = None) -> None:
        """target[window] = finish(start joined with all elements of the window, how many are counted).

        join(value so far, place of the element, place of the window).
        """
        b, stride = self.b, self.strides[-1]
        size, n = self.sizes[-1], self.small[-1]

        def body(whole: Any, count: Any, windows: Any, each: Any) -> None:
            def by_places(low: Any, high: Any) -> None:
                """One place of the windows after the other: each is a loop over windows, added to what is there."""
                with b.loop(low, high, independent=True) as i:
                    b.store(target, windows + i, start)

                def row(elements: Any) -> None:
                    with b.loop(0, size) as k:
                        first, last = self._reached(k)
                        at = elements * self.large[-1] + (k - self.pads[-1])
                        with b.loop(b.maximum(low, first), b.minimum(high, last), independent=True) as i:
                            b.store(target, windows + i, join(b.load(target, windows + i), at + i * stride, windows + i))

                each(row)
                if finish is not None:
                    with b.loop(low, high, independent=True) as i:
                        b.store(target, windows + i, finish(b.load(target, windows + i), self._times(count, i)))

            if not self.known:
                by_places(0, n)
                return

            def at_once() -> None:
                """Windows that lie inside: all of their places in one operation."""
                first, last = self._reached(0)[0], self._reached(size - 1)[1]
                first, last = b.minimum(first, n), b.maximum(last, b.minimum(first, n))
                with b.loop(first, last, independent=True) as i:
                    value = start

                    def row(elements: Any) -> None:
                        nonlocal value
                        for k in range(size):
                            value = join(value, elements * self.large[-1] + (i * stride + (k - self.pads[-1])), windows + i)

                    each(row, unrolled=True)
                    b.store(target, windows + i, value if finish is None else finish(value, math.prod(self.sizes)))
                self._if_any(0, first, by_places)
                self._if_any(last, n, by_places)

            self._either(whole, at_once, lambda: by_places(0, n))

        self.rows(body)

    def _times(self, count: Any, i: Any) -> Any:
        return count * self._count(len(self.large) - 1, i)

    def _if_any(self, low: Any, high: Any, then: Callable[[Any, Any], None]) -> None:
        self.b.when(self.b.less(low, high), lambda: then(low, high))

    def _either(self, condition: Any, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
        def silent(function: Callable[[], None]) -> Callable[[], list[Any]]:
            def call() -> list[Any]:
                function()
                return []

            return call

        self.b.when(condition, silent(then), silent(otherwise))

    # Adding to windows ------------------------------------------------------------------------------------------------
    def scatter(self, target: Any, zero: Any, value: Callable[[Any, Any, Any], Any]) -> None:
        """target[element] = the sum of value(place of the element, place of the window, how many of it are counted) over the windows it is in."""
        b, stride, size, n = self.b, self.strides[-1], self.sizes[-1], self.small[-1]
        with b.loop(0, self.stack * math.prod(self.large), independent=True) as j:
            b.store(target, j, zero)
        apart = self.known and all(s >= w for s, w in zip(self.strides, self.sizes))

        def body(whole: Any, count: Any, windows: Any, each: Any) -> None:
            def by_places(low: Any, high: Any) -> None:
                def row(elements: Any) -> None:
                    with b.loop(0, size) as k:
                        first, last = self._reached(k)
                        at = elements * self.large[-1] + (k - self.pads[-1])
                        with b.loop(b.maximum(low, first), b.minimum(high, last), independent=True) as i:
                            place = at + i * stride
                            b.store(target, place, b.add(b.load(target, place), value(place, windows + i, self._times(count, i))))

                each(row)

            if not apart:
                by_places(0, n)
                return

            def at_once() -> None:
                """Windows that lie inside and do not overlap: each element belongs to one."""
                first, last = self._reached(0)[0], self._reached(size - 1)[1]
                first, last = b.minimum(first, n), b.maximum(last, b.minimum(first, n))

                def row(elements: Any) -> None:
                    with b.loop(first, last, independent=True) as i:
                        places = [elements * self.large[-1] + (i * stride + (k - self.pads[-1])) for k in range(size)]
                        for place, x in zip(places, [value(place, windows + i, math.prod(self.sizes)) for place in places]):
                            b.store(target, place, x)

                each(row, unrolled=True)
                self._if_any(0, first, by_places)
                self._if_any(last, n, by_places)

            self._either(whole, at_once, lambda: by_places(0, n))

        self.rows(body)
