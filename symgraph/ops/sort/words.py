"""What is sorted: *words*, integers of the same order as the elements (NaN the largest), alone, or with the place they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Keys", "Memory", "Put", "Read", "Word", "Words"]

Word = tuple[Any, ...]
Read = Callable[[Any], Word]  # the word at a place
Put = Callable[[Any, Word], None]  # to a place a word


class Keys:
    """The elements of a dtype as signed integers of the same order.

    zeros_equal: -0.0 has the key of 0.0, so that it cannot be told from the key. down: a condition; where it holds, the order is the
    other way round, NaN first.
    """

    def __init__(self, b: Any, dtype: str, zeros_equal: bool = False, down: Any = False) -> None:
        self.b = b
        self.dtype = dtype
        self.zeros_equal = zeros_equal
        self.down = down
        self.bits = 8 if dtype == "bool" else int("".join(c for c in dtype if c.isdigit()))
        self.word = "int64" if self.bits == 64 else "int32"

    def of(self, pointer: Any, place: Any) -> Any:
        """The key of the element at `place`."""
        b = self.b
        if self.dtype == "bool":
            key = b.cast(b.load(pointer, place), self.word)
        else:
            key = b.cast(b.load(b.recast(pointer, f"{'uint' if self.unsigned else 'int'}{self.bits}*"), place), self.word)
        if self.dtype in ("uint32", "uint64"):
            key = b.exclusive(key, b.constant(-1 << (self.bits - 1), self.word))
        if self.dtype.startswith("float"):
            largest = (1 << (self.bits - 1)) - 1
            infinity = {16: 0x7C00, 32: 0x7F800000, 64: 0x7FF0000000000000}[self.bits]
            nan = b.less(b.constant(infinity, self.word), b.both(key, b.constant(largest, self.word)))
            if self.zeros_equal:
                zero = b.equal(key, b.constant(-1 << (self.bits - 1), self.word))
                key = b.select(zero, b.constant(0, self.word), key)
            key = b.select(nan, b.constant(largest, self.word), self._turned(key))
        return key if self.down is False else b.exclusive(key, b.select(self.down, b.constant(-1, self.word), b.constant(0, self.word)))

    def store(self, pointer: Any, place: Any, key: Any) -> None:
        """The element that a key came from, put back (of keys that tell zeros apart)."""
        b = self.b
        if self.down is not False:
            key = b.exclusive(key, b.select(self.down, b.constant(-1, self.word), b.constant(0, self.word)))
        if self.dtype.startswith("float"):
            key = self._turned(key)
        if self.dtype in ("uint32", "uint64"):
            key = b.exclusive(key, b.constant(-1 << (self.bits - 1), self.word))
        if self.dtype == "bool":
            b.store(pointer, place, b.not_equal(key, 0))
        else:
            kind = f"{'uint' if self.unsigned else 'int'}{self.bits}"
            b.store(b.recast(pointer, f"{kind}*"), place, b.cast(key, kind))

    @property
    def unsigned(self) -> bool:
        return self.dtype.startswith("uint")

    def _turned(self, key: Any) -> Any:
        """The bits of a float as an integer that grows with it, and back: of negative ones all bits but the sign are turned."""
        b = self.b
        sign = b.shift_right(key, 31 if self.word == "int32" else 63)
        return b.exclusive(key, b.both(sign, b.constant((1 << (self.bits - 1)) - 1, self.word)))


class Memory:
    """How words lie in memory: integers of one type, or pairs of int64. Words of all dtypes that lie alike are sorted by the same code."""

    def __init__(self, b: Any, type: str, pair: bool) -> None:
        self.b = b
        self.type = type
        self.pair = pair
        self.length = 64 if type == "int64" else 32

    @property
    def kind(self) -> tuple[str, bool]:
        """What tells it from others."""
        return self.type, self.pair

    def ends(self) -> list[Any]:
        """The least and the largest word there may be."""
        half = 1 << (self.length - 1)
        return [self.b.constant(-half, self.type), self.b.constant(half - 1, self.type)]

    def extremes(self, n: Any, look: Callable[[Any, Sequence[Any]], list[Any]]) -> list[Any]:
        """The least and the largest of n words; ``look(k, found)`` gives what was found widened by word k."""
        return self.b.accumulate(n, self.ends()[::-1], look, self.widened)  # type: ignore[no-any-return]

    def widened(self, found: Sequence[Any], least: Sequence[Any], most: Sequence[Any] = ()) -> list[Any]:
        """The least and the largest word so far, with two more; or with the least and the largest of others."""
        b = self.b
        return [b.minimum(found[0], least[0]), b.maximum(found[1], (most or least[1:])[0])]

    def at(self, memory: Any, place: Any) -> Any:
        """The address of a word."""
        return self.b.offset(memory, place * 2 if self.pair else place)

    def load(self, memory: Any, i: Any) -> Word:
        if self.pair:
            return self.b.load(memory, i * 2), self.b.load(memory, i * 2 + 1)
        return (self.b.load(memory, i),)

    def store(self, memory: Any, i: Any, word: Word) -> None:
        if self.pair:
            self.b.store(memory, i * 2, word[0])
            self.b.store(memory, i * 2 + 1, word[1])
        else:
            self.b.store(memory, i, word[0])

    def ordered(self, left: Word, right: Word) -> tuple[Word, Word]:
        """The lesser of two words, and the other one."""
        b = self.b
        if not self.pair:
            return (b.minimum(left[0], right[0]),), (b.maximum(left[0], right[0]),)
        wrong = b.either(b.less(right[0], left[0]), b.both(b.equal(right[0], left[0]), b.less(right[1], left[1])))
        chosen = [(b.select(wrong, r, l), b.select(wrong, l, r)) for l, r in zip(left, right)]
        return tuple(less for less, _ in chosen), tuple(more for _, more in chosen)


class Words(Memory):
    """Keys alone; or keys with places, in one integer where the key leaves room for that, else in two."""

    def __init__(self, b: Any, keys: Keys, places: bool) -> None:
        super().__init__(b, "int64" if places else keys.word, places and keys.word == "int64")
        self.keys = keys
        self.packed = places and keys.word == "int32"

    def word(self, key: Any, place: Any) -> Word:
        """The word of a key at a place."""
        b = self.b
        if self.packed:
            return (b.either(b.shift_left(b.cast(key, "int64"), 32), place),)
        return (key, place) if self.pair else (key,)

    def place(self, word: Word) -> Any:
        """The place in a word."""
        return word[1] if self.pair else self.b.both(word[0], 0xFFFFFFFF)
