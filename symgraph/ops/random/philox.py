"""Philox 4x32-10, a counter-based generator: four numbers of a counter, made unrecognisable under a key.

Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011). Block j of a draw depends on the key and on j alone, so
any part of it can be computed by anyone, in any order.

A *key* is a vector of four uint32: the key of the cipher, and a number that counts the draws made with it. The counter of a block holds

    j % 2**32,  j // 2**32 + 256 * attempt,  the two numbers of the count

with j < 2**40 and `attempt` counting what a rejection throws away, so that what one element needs moves no other. Children of a key are
blocks under another key of the cipher (`CHILDREN` is exclusive-or'ed to it); the children's own keys are what those blocks give.

Words are kept as uint64 of 32 bits each: processors multiply these in vectors, and give both halves of the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["CHILDREN", "MASK", "block", "children", "philox"]

MASK = 0xFFFFFFFF
CHILDREN = 0x5851F42D  # leading half of Knuth's multiplier (MMIX): any constant would do
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_STEPS = (0x9E3779B9, 0xBB67AE85)  # golden ratio, sqrt(3) - 1
_ROUNDS = 10


def philox(b: Any, counter: Sequence[Any], key: Sequence[Any]) -> list[Any]:
    """The cipher: four words of a counter under two of a key. b: a builder, or `expr.arrays.Arrays`."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        first, second = b.mul(b.both(c0, MASK), _MULTIPLIERS[0]), b.mul(b.both(c2, MASK), _MULTIPLIERS[1])
        c0, c1 = b.exclusive(b.exclusive(b.shift_right(second, 32), c1), k0), second  # upper halves are cut off when they are used
        c2, c3 = b.exclusive(b.exclusive(b.shift_right(first, 32), c3), k1), first
        k0, k1 = b.both(b.add(k0, _STEPS[0]), MASK), b.both(b.add(k1, _STEPS[1]), MASK)
    return [b.both(word, MASK) for word in (c0, c1, c2, c3)]


def block(b: Any, key: Sequence[Any], place: Any, attempt: Any = 0) -> list[Any]:
    """The four words of block `place` (uint64) of a draw. key: its four words; attempt: a number, or uint64."""
    high = b.shift_right(place, 32)
    if not (isinstance(attempt, int) and attempt == 0):
        high = b.either(high, b.shift_left(attempt, 8))
    return philox(b, [place, high, key[2], key[3]], key[:2])


def children(b: Any, key: Sequence[Any], number: Any) -> list[Any]:
    """The two words that are the key of child `number` (uint64)."""
    turned = b.exclusive(key[1], b.constant(CHILDREN, "uint64"))
    return philox(b, [number, b.shift_right(number, 32), key[2], key[3]], [key[0], turned])[:2]


def words_of(key: Any) -> list[Any]:
    """A key's words for `expr.arrays.Arrays`; ValueError if there are not four."""
    if key.shape != (4,):
        raise ValueError(f"a key has 4 words, got {key.shape[0]}")
    return [np.asarray(word, "uint64").reshape(1) for word in key]
