"""What all draws are made of: bits, uniform, normal, exponential and Cauchy's numbers of given sizes, by a key.

The loops compute LANES blocks side by side, as vectors, and an element's place says which word of which block it takes: of each group
of LANES blocks first all first numbers, then all second ones. So numbers depend on their place alone, on every target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.arrays import Arrays
from symgraph.expr.dtypes import normal
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, as_sizes
from symgraph.ops.random import portable
from symgraph.ops.random.philox import block, words_of

__all__ = ["Drawn", "KINDS", "LANES", "Noise", "as_key", "as_keys", "key_sizes", "noise", "sizes_given"]

LANES = 16
_NEGATIVE = "negative dimensions are not allowed, got {}"
_KEY = "a key has 4 words, got {}"


def as_key(key: Any) -> Any:
    """A key as a variable; TypeError if it is none: a vector of four uint32, from `key`, `split` or a stream."""
    x = as_tensor(key)
    if x.dtype != "uint32" or x.ndim != 1 or x.type.shape[0] not in (None, 4):
        raise TypeError(f"a key is a vector of 4 uint32, as symgraph.random.key(seed) gives it; got {x.type}")
    return x


def as_keys(key: Any) -> Any:
    """A key, or a stack of them: a matrix of a row for each example."""
    x = as_tensor(key)
    if x.ndim == 2 and x.dtype == "uint32" and x.type.shape[1] in (None, 4):
        return x
    return as_key(x)


def key_sizes(s: Any, key: Any, sizes: Sequence[Any]) -> tuple[Any, ...]:
    """The shape of what a key, or each of a stack, gives in these sizes, which are checked."""
    n = key.shape[-1]
    s.check(s.equal(n, 4), "ValueError", _KEY, n)
    out = tuple([x.item(0) for x in sizes])
    for n in out:
        s.check(s.less(-1, n), "ValueError", _NEGATIVE, n)
    return (*key.shape[:-1], *out)


def sizes_given(sizes: Sequence[Any]) -> tuple[int, ...]:
    """Sizes as they come in a call; ValueError for a negative one."""
    shape = tuple(int(n) for n in sizes)
    if min(shape, default=0) < 0:
        raise ValueError(_NEGATIVE.format(min(shape)))
    return shape


def uniform32(b: Any, word: Any) -> Any:
    """float32 in [0, 1) of 24 bits of a word."""
    return b.mul(b.cast(b.cast(b.shift_right(word, 8), "int32"), "float32"), 2.0**-24)


def positive32(b: Any, word: Any) -> Any:
    """float32 in [2**-32, 1] of 31 bits of a word, for logarithms."""
    return b.mul(b.add(b.cast(b.cast(b.shift_right(word, 1), "int32"), "float32"), 0.5), 2.0**-31)


def uniform64(b: Any, high: Any, low: Any) -> Any:
    """float64 in [0, 1) of 53 bits of two words."""
    parts = [b.cast(b.cast(b.shift_right(word, bits), "int32"), "float64") for word, bits in ((high, 5), (low, 6))]
    return b.mul(b.add(b.mul(parts[0], 2.0**26), parts[1]), 2.0**-53)


def positive64(b: Any, high: Any, low: Any) -> Any:
    """float64 in [2**-53, 1], for logarithms."""
    return b.sub(b.constant(1.0, "float64"), uniform64(b, high, low))


def _bits(b: Any, w: Sequence[Any], wide: bool) -> list[Any]:
    return [b.either(b.shift_left(w[k], 32), w[k + 1]) for k in (0, 2)] if wide else [b.cast(word, "uint32") for word in w]


def _uniform(b: Any, w: Sequence[Any], wide: bool) -> list[Any]:
    return [uniform64(b, w[k], w[k + 1]) for k in (0, 2)] if wide else [uniform32(b, word) for word in w]


def _exponential(b: Any, w: Sequence[Any], wide: bool) -> list[Any]:
    u = [positive64(b, w[k], w[k + 1]) for k in (0, 2)] if wide else [positive32(b, word) for word in w]
    return [b.maximum(b.neg(portable.log(b, x)), 2.0**-54 if wide else 2.0**-33) for x in u]  # never 0: its logarithm is finite


def _normal(b: Any, w: Sequence[Any], wide: bool) -> list[Any]:
    """Box and Muller, A note on the generation of random normal deviates (1958)."""
    pairs = [(positive64(b, w[0], w[1]), uniform64(b, w[2], w[3]))] if wide else [
        (positive32(b, w[k]), uniform32(b, w[k + 1])) for k in (0, 2)]
    numbers: list[Any] = []
    for u, turn in pairs:
        radius = b.sqrt(b.mul(portable.log(b, u), -2.0))
        sine, cosine = portable.sine_and_cosine(b, turn)
        numbers += [b.mul(radius, cosine), b.mul(radius, sine)]
    return numbers


def _cauchy(b: Any, w: Sequence[Any], wide: bool) -> list[Any]:
    """tan(pi (u - 1/2)) by the series of sine and cosine; u = 0 is raised by half a step, so that it is finite."""
    numbers = []
    for u in _uniform(b, w, wide):
        sine, cosine = portable.sine_and_cosine(b, b.mul(b.maximum(u, 2.0**-54 if wide else 2.0**-25), 0.5))
        numbers.append(b.neg(b.div(cosine, sine)))
    return numbers


KINDS = {"bits": _bits, "uniform": _uniform, "exponential": _exponential, "normal": _normal, "cauchy": _cauchy}


class Drawn(SizedOp):
    """An op of a key first, whose numbers have no derivatives."""

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """A key for each example."""
        return None if any(stacked[1:]) or inputs[0].ndim > 2 else [self(*inputs)]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * len(node.inputs)


class Noise(Drawn):
    """Independent numbers of one of KINDS. Inputs: a key (four uint32), then sizes; out: an array of these sizes. Of a stack of keys, a matrix,
    a stack of what each key gives.

    bits: uint32 or uint64, all values alike; the others float16 (as float32, rounded), float32 or float64: uniform in [0, 1),
    exponential of mean 1, normal of mean 0 and variance 1, Cauchy's of median 0 and scale 1.
    """

    __props__ = ("kind", "dtype")
    by_address = ()

    def __init__(self, kind: str, dtype: str) -> None:
        self.kind = kind
        self.dtype = normal(dtype)
        allowed = ("uint32", "uint64") if kind == "bits" else ("float16", "float32", "float64")
        if self.dtype not in allowed:
            raise TypeError(f"random numbers of kind {kind} are of dtype {', '.join(allowed)}, not {dtype}")
        self.wide = self.dtype.endswith("64")
        self.slots = 2 if self.wide else 4  # numbers that a block makes

    def make_node(self, key: Any, *sizes: Any) -> Any:
        return super().make_node(as_keys(key), *sizes)

    def output_dtypes(self, key: Any, *sizes: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, key: Any, *sizes: Any) -> Any:
        return [key_sizes(s, key, sizes)]

    def compute(self, key: Any, *sizes: Any) -> Any:
        shape = sizes_given(sizes)
        if key.ndim == 2:
            return np.array([self.compute(one, *sizes) for one in key], self.dtype).reshape(len(key), *shape)
        count = math.prod(shape)
        groups = -(-count // (self.slots * LANES))
        b = Arrays()
        numbers = KINDS[self.kind](b, block(b, words_of(key), np.arange(groups * LANES, dtype="uint64")), self.wide)
        rows = np.stack([x.reshape(groups, LANES) for x in numbers], axis=1)
        return rows.reshape(-1)[:count].reshape(shape).astype(self.dtype)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (out,), key = outputs, inputs[0]
        count, group = math.prod(out.shape[key.ndim - 1 :]), self.slots * LANES
        room = b.local("float32" if self.dtype == "float16" else self.dtype, group)

        def numbers(words: Sequence[Any], start: Any) -> None:
            with b.loop(0, (count + (group - 1)) // group, independent=True) as g:
                with b.loop(0, LANES, independent=True) as lane:
                    for slot, x in enumerate(KINDS[self.kind](b, block(b, words, b.cast(g * LANES + lane, "uint64")), self.wide)):
                        b.store(room, lane + slot * LANES, x)
                first = g * group
                with b.loop(0, b.minimum(count - first, group), independent=True) as i:
                    b.store(out.pointer, start + first + i, b.cast(b.load(room, i), self.dtype))

        if key.ndim == 1:
            numbers([b.cast(key.load(k), "uint64") for k in range(4)], 0)
            return
        with b.loop(0, key.shape[0], independent=True) as one:
            numbers([b.cast(key.load(one, k), "uint64") for k in range(4)], one * count)


def noise(kind: str, key: Any, shape: Any, dtype: str) -> Any:
    """Numbers of one of KINDS. shape: an int, a list of ints and integer variables, or an integer vector of known length."""
    return Noise(kind, dtype)(key, *as_sizes(shape))
