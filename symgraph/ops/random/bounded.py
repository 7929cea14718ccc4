"""Whole numbers below a bound, each alike, that is the same for all of an array: from one word of 32 bits each.

The upper half of word * range is the number; what the lower half says is too little is thrown away, and the element draws again, with words of
its own (Lemire, Fast random integer generation in an interval, 2019). Ranges of 2**32 and more are drawn by `rules.integers_attempt`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.arrays import Arrays
from symgraph.expr.dtypes import DISCRETE, FLOAT, INTEGER, normal
from symgraph.expr.variable import Constant
from symgraph.ops.random.noise import LANES, Drawn, as_keys, key_sizes, sizes_given
from symgraph.ops.random.philox import MASK, block, words_of
from symgraph.ops.random.rules import RULES, Draws

__all__ = ["Integers"]

_GROUP = 4 * LANES  # numbers that LANES blocks make
_ORDER = "integers: low must be less than high"


def _again(b: Any, words: Sequence[Any], place: Any, number: Any, span: Any, least: Any) -> tuple[Any, Any]:
    """Whether attempt `number` (from 1 on) of an element is taken, and what it gives."""
    product = b.mul(b.both(block(b, words, place, number)[0], MASK), span)
    return b.less_equal(least, b.both(product, MASK)), b.shift_right(product, 32)


class Integers(Drawn):
    """Of low, ... high - 1 each alike. Inputs: a key (four uint32), low and high (whole numbers without dimensions), then sizes. Of a stack of keys,
    a matrix, a stack of what each key gives. ValueError at the call where low is not less than high."""

    __props__ = ("dtype",)
    by_address = ()

    def __init__(self, dtype: str = "int64") -> None:
        self.dtype = normal(dtype)
        if self.dtype not in INTEGER + FLOAT:
            raise TypeError(f"integers is not drawn as {dtype}")

    def make_node(self, key: Any, low: Any, high: Any, *sizes: Any) -> Any:
        for x in (low, high):
            if x.ndim or x.dtype not in DISCRETE:
                raise TypeError(f"integers: bounds are whole numbers without dimensions, got {x.type}")
        if isinstance(low, Constant) and isinstance(high, Constant) and not low.data < high.data:
            raise ValueError(_ORDER)
        return super().make_node(as_keys(key), low, high, *sizes)

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, key: Any, low: Any, high: Any, *sizes: Any) -> Any:
        return [key_sizes(s, key, sizes)]

    def compute(self, key: Any, low: Any, high: Any, *sizes: Any) -> Any:
        shape = sizes_given(sizes)
        if not low < high:
            raise ValueError(_ORDER)
        if key.ndim == 2:
            return np.array([self.compute(one, low, high, *sizes) for one in key], self.dtype).reshape(len(key), *shape)
        b, words, count = Arrays(), words_of(key), math.prod(shape)
        low = np.asarray(low).astype("int64")
        span = np.asarray(high).astype("int64").astype("uint64") - low.astype("uint64")
        with np.errstate(all="ignore"):
            if span > MASK:
                places = np.arange(count, dtype="uint64")
                draws = RULES["integers"].draw(b, Draws(b, words, places), *[np.broadcast_to(x, count).astype("int64") for x in (low, high)])
                return np.asarray(draws).reshape(shape).astype(self.dtype)
            groups = -(-count // _GROUP)
            rows = np.stack([x.reshape(groups, LANES) for x in block(b, words, np.arange(groups * LANES, dtype="uint64"))], axis=1)
            product = rows.reshape(-1)[:count] * span
            least = (np.uint64(2**32) - span) % span
            found = product >> np.uint64(32)
            waiting, number = np.flatnonzero((product & np.uint64(MASK)) < least), 1
            while waiting.size:
                taken, value = _again(b, words, waiting.astype("uint64"), np.uint64(number), span, least)
                found[waiting] = value
                waiting, number = waiting[~taken], number + 1
            return (found.astype("int64") + low).reshape(shape).astype(self.dtype)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        key, low, high = inputs[:3]
        (out,) = outputs
        count = math.prod(out.shape[key.ndim - 1 :])
        low, high = (b.cast(x.load(), "int64") for x in (low, high))
        b.check(b.less(low, high), "ValueError", _ORDER)
        span = b.sub(b.cast(high, "uint64"), b.cast(low, "uint64"))

        def numbers(words: Sequence[Any], start: Any) -> None:
            def wide() -> list[Any]:
                with b.loop(0, count, independent=True) as i:
                    value = RULES["integers"].draw(b, Draws(b, words, b.cast(i, "uint64")), low, high)
                    b.store(out.pointer, start + i, b.cast(value, self.dtype))
                return []

            def narrow() -> list[Any]:
                self._narrow(b, words, b.both(span, MASK), low, count, out.pointer, start)
                return []

            b.when(b.less_equal(span, b.constant(MASK, "uint64")), narrow, wide)

        if key.ndim == 1:
            numbers([b.cast(key.load(k), "uint64") for k in range(4)], 0)
            return
        with b.loop(0, key.shape[0], independent=True) as one:
            numbers([b.cast(key.load(one, k), "uint64") for k in range(4)], one * count)

    def _narrow(self, b: Any, words: Sequence[Any], span: Any, low: Any, count: Any, to: Any, start: Any) -> None:
        """A group of numbers at a time; the few that must draw again are looked for only if the least of what decides it says that there are any."""
        least = b.rem(b.sub(b.constant(2**32, "uint64"), span), span)
        found, rest = (b.local("int64", _GROUP) for _ in range(2))
        with b.loop(0, (count + (_GROUP - 1)) // _GROUP, independent=True) as g:
            with b.loop(0, LANES, independent=True) as lane:
                for slot, word in enumerate(block(b, words, b.cast(g * LANES + lane, "uint64"))):
                    product = b.mul(word, span)
                    b.store(found, lane + slot * LANES, b.add(b.cast(b.shift_right(product, 32), "int64"), low))
                    b.store(rest, lane + slot * LANES, b.cast(b.both(product, MASK), "int64"))
            first = g * _GROUP
            width, bound = b.minimum(count - first, _GROUP), b.cast(least, "int64")
            lower = lambda k, last: [b.minimum(last[0], b.load(rest, k))]
            (lowest,) = b.accumulate(_GROUP, [b.constant(MASK, "int64")], lower, lambda x, y: [b.minimum(x[0], y[0])])

            def draw_again() -> None:
                with b.loop(0, width) as i:
                    place = b.cast(first + i, "uint64")

                    def body(number: Any, _: Any, place: Any = place) -> Any:
                        taken, value = _again(b, words, place, number, span, least)
                        return b.invert(taken), [b.add(number, 1), value]

                    def another(i: Any = i) -> None:
                        value = b.repeat([b.constant(1, "uint64"), b.constant(0, "uint64")], body)[1]
                        b.store(found, i, b.add(b.cast(value, "int64"), low))

                    b.when(b.less(b.load(rest, i), bound), another)

            b.when(b.less(lowest, bound), draw_again)
            with b.loop(0, width, independent=True) as i:
                b.store(to, start + first + i, b.cast(b.load(found, i), self.dtype))
