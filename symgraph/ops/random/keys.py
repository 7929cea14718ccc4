"""Keys: of a seed, their children, and the next one of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.arrays import Arrays
from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_size, static_int
from symgraph.ops.random.noise import as_key
from symgraph.ops.random.philox import MASK, children, words_of

__all__ = ["ChildKeys", "NextKey", "fold_in", "key", "next_key", "split"]

_KEY = "a key has 4 words, got {}"


class ChildKeys(Op):
    """The children of a key. Inputs: a key, int64 numbers of any shape; out: a key for each of the numbers, along a last dimension of 4."""

    __props__ = ()

    def make_node(self, key: Any, numbers: Any) -> Any:
        numbers = as_tensor(numbers)
        if numbers.dtype not in INTEGER:
            raise TypeError(f"the numbers of children of a key are integers, got {numbers.type}")
        return super().make_node(as_key(key), numbers.astype("int64"))

    def output_dtypes(self, key: Any, numbers: Any) -> list[str]:
        return ["uint32"]

    def sizes(self, s: Any, key: Any, numbers: Any) -> Any:
        n = key.shape[0]
        s.check(s.equal(n, 4), "ValueError", _KEY, n)
        return [(*numbers.shape, 4)]

    def compute(self, key: Any, numbers: Any) -> Any:
        found = children(Arrays(), words_of(key), numbers.reshape(-1).astype("uint64"))
        out = np.zeros((*numbers.shape, 4), "uint32")
        for k, words in enumerate(found):
            out[..., k] = words.reshape(numbers.shape)
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        key, numbers = inputs
        words = [b.cast(key.load(k), "uint64") for k in range(4)]
        count: Any = 1
        for n in numbers.shape:
            count = count * n
        out = outputs[0].pointer
        with b.loop(0, count) as i:
            first, second = children(b, words, b.cast(b.load(numbers.pointer, i), "uint64"))
            for k, word in enumerate((first, second, 0, 0)):
                b.store(out, i * 4 + k, b.cast(word, "uint32"))

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return None if stacked[0] else [self(*inputs)]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False]]


class NextKey(Op):
    """The key with its count of draws one higher."""

    __props__ = ()

    def make_node(self, key: Any) -> Any:
        return super().make_node(as_key(key))

    def output_types(self, key: Any) -> Any:
        return [key.type]

    def sizes(self, s: Any, key: Any) -> Any:
        return [key.shape]

    def compute(self, key: Any) -> Any:
        low, high = (int(x[0]) for x in words_of(key)[2:])
        count = (low + (high << 32) + 1) % 2**64
        return np.asarray([key[0], key[1], count & MASK, count >> 32], "uint32")

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        key, out = inputs[0], outputs[0].pointer
        b.check(b.equal(key.shape[0], 4), "ValueError", _KEY, key.shape[0])
        words = [b.cast(key.load(k), "uint64") for k in range(4)]
        count = b.add(b.either(b.shift_left(words[3], 32), words[2]), 1)
        for k, word in enumerate((words[0], words[1], b.both(count, MASK), b.shift_right(count, 32))):
            b.store(out, k, b.cast(word, "uint32"))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]


next_key = NextKey()


def key(seed: Any) -> Any:
    """The key of a seed: an int from 0 to 2**64 - 1, or an integer variable without dimensions (negative values count from 2**64).

    TypeError for anything else, ValueError for a number out of range.

    >>> import symgraph.random as random
    >>> random.normal(random.key(1), 2).eval().round(3)
    array([ 1.117, -0.014])
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        if not 0 <= seed < 2**64:
            raise ValueError(f"a seed is an integer from 0 to 2**64 - 1, got {seed}")
        made = ChildKeys().compute(np.zeros(4, "uint32"), np.asarray(int(seed), "uint64"))
        return constant(made)
    return ChildKeys()(np.zeros(4, "uint32"), as_size(seed, "a seed"))


def fold_in(key: Any, number: Any) -> Any:
    """The child of a key with this number: an integer or integer variable; of an array of n numbers an array of n keys.

    >>> import symgraph.random as random
    >>> random.fold_in(random.key(1), 5).type.shape
    (4,)
    """
    return ChildKeys()(key, number)


def split(key: Any, count: Any = 2) -> Any:
    """`count` children of a key, a (count, 4) array: use each for one purpose, and the key itself no more.

    count: an int or integer variable; ValueError if it is negative.

    >>> import symgraph.random as random
    >>> first, second = random.split(random.key(1))
    >>> float(random.uniform(first, ()).eval()) != float(random.uniform(second, ()).eval())
    True
    """
    size = as_size(count, "the number of keys")
    known = static_int(size)
    if known is not None and known < 0:
        raise ValueError(f"the number of keys must not be negative, got {known}")
    return ChildKeys()(key, np.arange(size, like=size))
