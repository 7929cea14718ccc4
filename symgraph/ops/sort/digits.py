"""Words in memory sorted by counting: how often each digit occurs, where its words begin, then each word to its place.

Words of 32 bits are sorted by all their bits. Of longer ones the leading bits of what the largest and the least of them differ in, three digits;
then a pass of insertion, which finds next to nothing to do on numbers that come from measuring or drawing. Where it finds much (words that
agree in their leading bits and not in the others), it gives up, and all digits are sorted by, from the lowest on. So the time is linear in
every case, and no branch depends on the data.

Counters are 32 bits long, and so take half the room in the first cache: 10,000 float32 7.9 ns each, with 64 bits 9.1. Beyond what the second
cache holds, digits of eight bits pay, since fewer lines are written to at a time: 1,000,000 float32 12.3 ns each, by three digits of 11 bits 15.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops.sort.words import Memory, Put, Read

__all__ = ["COUNTERS", "by_every_digit", "most_of", "sort_words"]

DIGITS = 3
BITS = ((3000, 8), (1 << 21, 10))  # up to so many words digits of so many bits, then WIDEST
WIDEST = 11
SHORT = ((1000, 4, 8), (1 << 19, 3, WIDEST))  # of words of 32 bits: up to so many so many digits of so many bits; then as in the first row
COUNTERS = DIGITS << WIDEST  # int32
PATIENCE = 4  # moves a word that insertion may cost


def most_of(s: Any, count: Any) -> Any:
    """`count`, the number of words in a row, which the counters must have room for."""
    s.check(s.less(count, 1 << 31), "ValueError", "{} elements along one dimension are more than can be sorted, 2147483647", count)
    return count


def sort_words(memory: Memory, first: Any, second: Any, counters: Any, n: Any, least: Any, most: Any) -> None:
    """The n words of the first buffer, sorted in the second; the first is lost. least, most: of the words (the leading parts of pairs)."""
    kind = memory.kind

    def body(b: Any, *arguments: Any) -> None:
        Digits(Memory(b, *kind)).sort(*arguments)

    memory.b.routine(("sort_words", *kind), [first, second, counters, n, least, most], body)


def by_every_digit(memory: Memory, first: Any, second: Any, counters: Any, n: Any, least: Any, most: Any, write: Put) -> None:
    """n words of 32 bits in the first buffer, written in their order; both buffers are lost. least, most: of the words."""
    b, work = memory.b, Digits(memory)
    (few, most_digits, bits), (many, others, widest) = SHORT
    middle = b.both(b.less(few, n), b.less_equal(n, many))
    zero = b.constant(0, "int64")

    def ways(size: int, number: int) -> Callable[[], list[Any]]:
        def way() -> list[Any]:
            work.count(first, counters, n, least, zero, size, number)
            return [(work.length(least, most) + (size - 1)) // size, b.constant(size, "int64")]

        return way

    number, bits = b.when(middle, ways(widest, others), ways(bits, most_digits))
    source, _ = work.move(first, second, counters, n, least, zero, bits, number - 1)
    last = number - 1
    table = b.offset(counters, work.size(bits) * last)
    work.put(lambda k: memory.load(source, k), table, n, least, last * bits, bits, write)


class Digits:
    """Loops over words that lie in memory in one way."""

    def __init__(self, memory: Memory) -> None:
        self.b = memory.b
        self.memory = memory

    # One digit --------------------------------------------------------------------------------------------------------
    def size(self, bits: Any) -> Any:
        """How many digits there are."""
        b = self.b
        return 1 << bits if isinstance(bits, int) else b.shift_left(b.constant(1, "int64"), b.both(bits, 63))

    def amount(self, shift: Any) -> Any:
        """A number of bits, to shift by."""
        b = self.b
        return b.cast(b.both(shift, self.memory.length - 1), f"u{self.memory.type}")

    def above(self, word: Any, least: Any, amount: Any) -> Any:
        """How far the word lies above the least one, without its last bits; as an index."""
        b, unsigned = self.b, f"u{self.memory.type}"
        return b.cast(b.shift_right(b.sub(b.cast(word[0], unsigned), b.cast(least, unsigned)), amount), "int64")

    def count(self, source: Any, counters: Any, n: Any, least: Any, shift: Any, bits: Any, number: int) -> None:
        """How often each of so many digits from `shift` on occurs, one table behind the other."""
        b, size = self.b, self.size(bits)
        amounts = [self.amount(shift + bits * d) for d in range(number)]
        with b.loop(0, size * number, independent=True) as j:
            b.store(counters, j, 0)
        with b.loop(0, n) as k:
            word = self.memory.load(source, k)
            for d, amount in enumerate(amounts):
                at = b.both(self.above(word, least, amount), size - 1) + size * d
                b.store(counters, at, b.load(counters, at) + 1)

    def put(self, read: Read, table: Any, n: Any, least: Any, shift: Any, bits: Any, put: Put) -> None:
        """Each word to its place by one digit. table: how often each digit occurs."""
        b, amount, size = self.b, self.amount(shift), self.size(bits)

        def begin(j: Any, total: Any) -> list[Any]:
            count = b.load(table, j)
            b.store(table, j, total)
            return [b.add(total, count)]

        b.fold(0, size, [b.constant(0, "int32")], begin)
        with b.loop(0, n) as k:
            word = read(k)
            at = b.both(self.above(word, least, amount), size - 1)
            place = b.load(table, at)
            b.store(table, at, b.add(place, 1))
            put(b.cast(place, "int64"), word)

    def move(self, source: Any, target: Any, counters: Any, n: Any, least: Any, shift: Any, bits: Any, number: Any) -> list[Any]:
        """The words by so many digits from `shift` on, to and fro between two buffers: where they are now, and the other one."""
        b = self.b

        def digit(d: Any, source: Any, target: Any) -> list[Any]:
            self.place(source, target, counters, n, least, shift, bits, d)
            return [target, source]

        return b.fold(0, number, [source, target], digit)

    def place(self, source: Any, target: Any, counters: Any, n: Any, least: Any, shift: Any, bits: Any, d: Any) -> None:
        """The words by digit d from `shift` on, from one buffer into the other."""
        table = self.b.offset(counters, self.size(bits) * d)
        put = lambda k, word: self.memory.store(target, k, word)
        self.put(lambda k: self.memory.load(source, k), table, n, least, shift + bits * d, bits, put)

    # All ----------------------------------------------------------------------------------------------------------------
    def sort(self, first: Any, second: Any, counters: Any, n: Any, least: Any, most: Any) -> None:
        """As `sort_words`."""
        b = self.b
        bits: Any = WIDEST
        for few, narrow in reversed(BITS):
            bits = b.select(b.less_equal(n, few), narrow, bits)
        span = bits * DIGITS
        length = self.length(least, most)
        low = b.maximum(length - span, 0)
        number = b.select(b.less_equal(length, bits), b.constant(1, "int64"), DIGITS)  # odd, so that they end in the second buffer
        patience = n * PATIENCE

        moved = b.local("int64", 1)

        def others(shift: Any) -> None:
            """Not one loop for all digits: the processor remembers by the place in the code whether a load waits for the store before it, which
            among leading digits, many alike, it does: 5,000 float64 in 60 us by one loop, in 40 by three."""
            self.place(second, first, counters, n, least, shift, bits, 1)
            self.place(first, second, counters, n, least, shift, bits, 2)

        def turn(shift: Any, leading: Any) -> Any:
            self.count(first, counters, n, least, shift, bits, DIGITS)
            self.place(first, second, counters, n, least, shift, bits, 0)
            b.when(b.less(1, number), lambda: others(shift))
            self.mend(second, b.select(leading, n, 0), patience, moved)
            moves = b.load(moved, 0)
            again = b.either(b.both(leading, b.less_equal(patience, moves)), b.both(b.invert(leading), b.less(shift, low)))
            with b.loop(0, b.select(again, n * 2 if self.memory.pair else n, 0), independent=True) as k:
                b.store(first, k, b.load(second, k))
            return again, [b.select(leading, 0, b.minimum(shift + span, low)), b.constant(False, "bool")]

        b.repeat([low, b.constant(True, "bool")], turn)

    def length(self, least: Any, most: Any) -> Any:
        """How many bits it takes to say how far the words lie apart."""
        b = self.b

        def more(k: Any) -> Any:
            return b.both(b.less(k + 1, self.memory.length), b.less(0, self.above((most,), least, self.amount(k + 1)))), [k + 1]

        return b.repeat([0], more)[0]

    def mend(self, memory: Any, n: Any, patience: Any, moved: Any) -> None:
        """Words that lie nearly in order put in order, unless it takes more than so many moves; how many it took."""
        kind = self.memory.kind

        def body(b: Any, memory: Any, n: Any, patience: Any, moved: Any) -> None:
            words = Memory(b, *kind)

            def place(k: Any, moves: Any) -> list[Any]:
                wrong = b.less(words.load(memory, k)[0], words.load(memory, k - 1)[0])
                return [b.when(b.both(wrong, b.less(moves, patience)), lambda: Digits(words).insert(memory, k, moves), lambda: moves)]

            b.store(moved, 0, b.fold(1, n, [b.constant(0, "int64")], place)[0])

        self.b.routine(("mend_words", *kind), [memory, n, patience, moved], body)

    def insert(self, memory: Any, k: Any, moves: Any) -> Any:
        """Word k put to its place among those before it; the moves so far, with those that this took."""
        b = self.b
        word = self.memory.load(memory, k)

        def move(j: Any, moves: Any) -> Any:
            self.memory.store(memory, j, self.memory.load(memory, j - 1))
            before = self.memory.load(memory, b.maximum(j - 2, 0))
            return b.both(b.less(1, j), b.less(word[0], before[0])), [j - 1, moves + 1]

        j, moves = b.repeat([k, moves], move)
        self.memory.store(memory, j, word)
        return moves
