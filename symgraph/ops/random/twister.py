"""Draws by the Mersenne twister (Matsumoto and Nishimura 1998) in native code: what numpy's RandomState gives, number for number.

Only draws that follow from uniform numbers by sums and products are here; what takes logarithms of them is called back, for numpy's last
bit is that of its own logarithm.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp

__all__ = ["CallOnWords", "TwisterDraw", "most_trials"]

WORDS, FAR, MATRIX = 624, 397, 0x9908B0DF
most_trials = 60  # numpy draws binomial numbers by inversion while n min(p, 1 - p) is at most 30

_PROBABILITY = "binomial: p must lie within [0, 1]"
_RANGE = "uniform: high - low is more than a float64 holds"
_NEGATIVE = "negative dimensions are not allowed, got {}"
_FIT = "an argument of size {} does not fit the size {} that is asked for"


def _renew(b: Any, words: Any) -> None:
    """The next 624 words in the place of the last."""
    def mix(k: Any, following: Any, far: Any) -> None:
        y = b.either(b.both(b.load(words, k), 0x80000000), b.both(b.load(words, following), 0x7FFFFFFF))
        odd = b.select(b.equal(b.both(y, 1), 0), b.constant(0, "uint32"), b.constant(MATRIX, "uint32"))
        b.store(words, k, b.exclusive(b.exclusive(b.load(words, far), b.shift_right(y, 1)), odd))

    with b.loop(0, WORDS - FAR) as k:
        mix(k, k + 1, k + FAR)
    with b.loop(WORDS - FAR, WORDS - 1) as k:
        mix(k, k + 1, k - (WORDS - FAR))
    mix(WORDS - 1, 0, FAR - 1)


def _double(b: Any, words: Any, place: Any) -> tuple[Any, Any]:
    """Where the words go on, and a number in [0, 1) of 53 bits, made of two words."""
    def another(turn: Any, place: Any, before: Any, last: Any) -> list[Any]:
        def begin_again() -> list[Any]:
            _renew(b, words)
            return [b.constant(0, "int64")]

        (place,) = b.when(b.less(place, WORDS), lambda: [place], begin_again)
        y = b.load(words, place)
        y = b.exclusive(y, b.shift_right(y, 11))
        y = b.exclusive(y, b.both(b.shift_left(y, 7), 0x9D2C5680))
        y = b.exclusive(y, b.both(b.shift_left(y, 15), 0xEFC60000))
        return [b.add(place, 1), last, b.exclusive(y, b.shift_right(y, 18))]

    zero = b.constant(0, "uint32")
    place, first, second = b.fold(0, 2, [place, zero, zero], another)
    high, low = b.cast(b.shift_right(first, 5), "float64"), b.cast(b.shift_right(second, 6), "float64")
    return place, b.mul(b.add(b.mul(high, 67108864.0), low), 2.0**-53)


def _uniform(b: Any, n: int, words: Any, place: Any, low: Any, high: Any) -> tuple[Any, Any]:
    width = b.sub(high, low)
    b.check(b.isfinite(width), "OverflowError", _RANGE)
    place, u = _double(b, words, place)
    return place, b.add(low, b.mul(width, u))


def _binomial(b: Any, n: int, words: Any, place: Any, p: Any) -> tuple[Any, Any]:
    """By inversion (Kachitvichyanukul and Schmeiser 1988), as numpy has it: of the less likely outcome."""
    b.check(b.both(b.less_equal(0.0, p), b.less_equal(p, 1.0)), "ValueError", _PROBABILITY)
    turned = b.less(0.5, p)
    p = b.select(turned, b.sub(1.0, p), p)
    q = b.sub(1.0, p)
    none = q if n == 1 else b.exp(b.mul(float(n), b.log(q)))  # the probability of no success
    mean = b.mul(float(n), p)
    bound = b.minimum(float(n), b.add(mean, b.mul(10.0, b.sqrt(b.add(b.mul(mean, q), 1.0)))))
    bound = b.cast(bound, "int64")

    def attempt(place: Any, x: Any) -> tuple[Any, list[Any]]:
        place, u = _double(b, words, place)

        def search(x: Any, u: Any, probability: Any) -> tuple[Any, list[Any]]:
            more = b.less(probability, u)
            u, x = b.select(more, b.sub(u, probability), u), b.select(more, b.add(x, 1), x)
            ratio = b.div(b.mul(b.mul(b.cast(b.add(b.sub(n, x), 1), "float64"), p), probability), b.mul(b.cast(x, "float64"), q))
            return b.both(more, b.less_equal(x, bound)), [x, u, b.select(more, ratio, probability)]

        x, _, _ = b.repeat([b.constant(0, "int64"), u, none], search)
        return b.less(bound, x), [place, x]

    place, x = b.repeat([place, b.constant(0, "int64")], attempt)
    return place, b.select(turned, b.sub(n, x), x)


_RULES: dict[str, tuple[Callable[..., tuple[Any, Any]], int]] = {"uniform": (_uniform, 2), "binomial": (_binomial, 1)}


class TwisterDraw(SizedOp):
    """Numbers by the twister's words. Inputs: words, the place among them, `ndim` sizes, float64 arguments, which are broadcast to the
    sizes; outputs: words and place after the draw, the draw.

    kind: "uniform" of arguments low, high; "binomial" of n trials (at most `most_trials`), with argument p.
    """

    __props__ = ("kind", "dtype", "ndim", "n")
    alias = ((0, 0),)

    def __init__(self, kind: str, dtype: str, ndim: int, n: int = 0) -> None:
        self.kind, self.dtype, self.ndim, self.n = kind, dtype, ndim, n

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return ["uint32", "int64", self.dtype]

    def sizes(self, s: Any, words: Any, place: Any, *rest: Any) -> Any:
        out = tuple([x.item(0) for x in rest[: self.ndim]])
        for n in out:
            s.check(s.less(-1, n), "ValueError", _NEGATIVE, n)
        for x in rest[self.ndim :]:
            for own, n in zip(x.shape, out[self.ndim - len(x.shape) :]):
                s.check(s.either(s.equal(own, 1), s.equal(own, n)), "ValueError", _FIT, own, n)
        return [(WORDS,), (), out]

    def compute(self, words: Any, place: Any, *rest: Any) -> Any:
        state = np.random.RandomState(0)
        state.set_state(("MT19937", words, int(place), 0, 0.0))
        size = tuple(int(n) for n in rest[: self.ndim])
        for x in rest[self.ndim :]:
            _check_fit(x, size)
        arguments = [self.n, *rest[self.ndim :]] if self.kind == "binomial" else rest[self.ndim :]
        found = np.asarray(getattr(state, self.kind)(*arguments, size)).astype(self.dtype)
        _, words, place, *_ = state.get_state()
        return words, np.asarray(place, "int64"), found

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        arguments, (words, after, out) = inputs[2 + self.ndim :], outputs
        shape, rule = out.shape, _RULES[self.kind][0]

        def one(e: Any, place: Any) -> list[Any]:
            values = [b.load(x.pointer, _offset(b, x.shape, e, shape)) for x in arguments]
            place, value = rule(b, self.n, words.pointer, place, *values)
            b.store(out.pointer, e, value)
            return [place]

        (last,) = b.fold(0, math.prod(shape), [inputs[1].load()], one)
        b.store(after.pointer, 0, last)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False] * 3 for _ in node.inputs]


def _check_fit(x: Any, size: tuple[int, ...]) -> None:
    for own, n in zip(x.shape, size[len(size) - x.ndim :]):
        if own not in (1, n):
            raise ValueError(_FIT.format(own, n))


def _offset(b: Any, own: Sequence[Any], e: Any, shape: Sequence[Any]) -> Any:
    """The element of an argument that belongs to element e of the draw; sizes of 1 are broadcast as numpy does it, in the call."""
    if not own:
        return 0
    same = True if len(own) == len(shape) else False
    for n, wanted in zip(own, shape[len(shape) - len(own) :]):
        same = b.both(same, b.equal(n, wanted)) if same is not False else False

    def spread() -> Any:
        offset, stride, rest = 0, 1, e
        for n, wanted in zip(reversed(own), reversed(shape)):
            index = b.rem(rest, wanted)
            rest = b.div(rest, wanted)
            offset = offset + b.select(b.equal(n, 1), b.constant(0, "int64"), index) * stride
            stride = stride * n
        return offset

    return b.when(same, lambda: e, spread)


_scratch = threading.local()  # numpy takes 0.15 ms to make a generator, which is then overwritten


class CallOnWords(Op):
    """A draw by a method of RandomState, called back with a generator that serves for all of them. Inputs: the four parts of a generator, the
    vector of sizes, arguments; outputs: the four parts after the draw, the draw."""

    __props__ = ("op",)

    def __init__(self, op: Any) -> None:
        self.op = op

    def output_types(self, *inputs: Any) -> list[Any]:
        return [*[x.type for x in inputs[:4]], self.op.outtype]

    def compute(self, words: Any, place: Any, ahead: Any, number: Any, shape: Any, *args: Any) -> Any:
        state = getattr(_scratch, "state", None)
        if state is None:
            state = _scratch.state = np.random.RandomState(0)
        state.set_state(("MT19937", words, int(place), int(ahead), float(number)))
        found = self.op.draw(state, shape, args)
        _, words, place, ahead, number = state.get_state()
        return words, np.asarray(place, "int64"), np.asarray(ahead, "int64"), np.asarray(number if ahead else 0.0, "float64"), found

    def __str__(self) -> str:
        return f"CallOnWords{{{self.op}}}"
