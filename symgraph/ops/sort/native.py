"""Native code that sorts the rows of an array. Elements become words (words.py). Two ways:

* *Short rows* lie side by side in a tile, one lane a row, and go through a sorting network (network.py).
* *Long rows* are sorted by counting (digits.py); words of 32 bits from where they stand to where they go.

What is done with words in memory is a routine, which all ops of one function share whose words lie alike.

Measured on an AVX2 machine, 1,000,000 float64 drawn from a normal distribution: three digits of 10 bits 17.5 ms, six of 11 bits 50 ms,
numpy's vectorised quicksort 14 ms (its argsort 44 ms, ours 25 ms).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph.ops.sort.along import Rows
from symgraph.ops.sort.digits import COUNTERS, by_every_digit, most_of, sort_words
from symgraph.ops.sort.network import VECTOR, Tile, room
from symgraph.ops.sort.words import Keys, Read, Word, Words

__all__ = ["Keys", "Sorter", "Words", "sort_rows", "workspace"]

TILE = 256  # elements of the longest row that a tile takes: 16 kilobytes of pairs of words stay in the first cache
FEW, ALONE = 4, 64  # with fewer rows than FEW most lanes stand idle, which pays up to ALONE elements


def workspace(s: Any, dtype: str, count: Any, places: bool) -> list[tuple[str, Any]]:
    """The scratch arrays of `sort_rows`: a tile, two buffers of words, counters. count: the length of a row."""
    wide = dtype.endswith("64")
    kind, parts = "int64" if wide or places else "int32", 2 if places and wide else 1
    lanes = VECTOR // (64 if kind == "int64" else 32)
    short = [(kind, (room(min(count, TILE)) if isinstance(count, int) else TILE) * lanes * parts)]
    if isinstance(count, int) and count <= ALONE:
        return short
    return [*short, (kind, most_of(s, count) * 2 * parts), ("int32", COUNTERS)]


def sort_rows(b: Any, x: Any, axis: int, words: Words, scratch: Sequence[Any], out: Any, write: Callable[[Any, Any, Word], None]) -> None:
    """Sort each row of x along `axis` upwards and call ``write(where, first, word)`` for its words.

    where: the place in an array of the shape of `out`; first: where the row of x starts. scratch: what `workspace` asked for.
    """
    Sorter(b, x, axis, words, out, write).run(scratch)


class Sorter:
    """The words of rows in their order; a class derived from this one takes some of them only."""

    def __init__(self, b: Any, x: Any, axis: int, words: Words, out: Any, write: Callable[[Any, Any, Word], None]) -> None:
        self.b = b
        self.x = x.pointer
        self.rows = Rows(x.shape, axis)
        self.out = Rows(out.shape, axis)
        self.words = words
        self.wanted = self.out.count
        self.write = write

    def ranked(self, where: Any, k: Any) -> Any:
        """The rank of the word that goes to place `where` of the output, number k of its row."""
        return k

    def run(self, scratch: Sequence[Any]) -> None:
        b, n = self.b, self.rows.count
        if isinstance(n, int) and n <= ALONE:  # no scratch was asked for
            self.short(scratch[0])
            return
        some = isinstance(n, int) and n > TILE
        fits = False if some else b.both(b.less_equal(n, TILE), b.either(b.less_equal(n, ALONE), b.less_equal(FEW, self.rows.number)))
        b.when(fits, lambda: self.short(scratch[0]))
        b.when(b.invert(fits), lambda: self.long(*scratch[1:]))

    # Short rows -------------------------------------------------------------------------------------------------------
    def short(self, tile: Any) -> None:
        """As many rows at a time as there are lanes; lanes without a row of their own repeat the last one."""
        b, rows, words = self.b, self.rows, self.words
        n, lanes = rows.count, VECTOR // words.length
        longest = room(min(n, TILE)) if isinstance(n, int) else TILE
        columns = Tile(words, [b.offset(tile.pointer, longest * lanes * k) for k in range(2 if words.pair else 1)])
        starts, targets = b.local("int64", lanes), b.local("int64", lanes)
        with b.loop(0, rows.number, step=lanes) as first:
            with b.loop(0, lanes, independent=True) as lane:
                row = b.minimum(first + lane, rows.number - 1)
                b.store(starts, lane, rows.first(row))
                b.store(targets, lane, self.out.first(row))
            with b.loop(0, n) as k, b.loop(0, lanes, independent=True) as lane:
                columns.store(k * lanes + lane, words.word(words.keys.of(self.x, b.load(starts, lane) + k * rows.step), k))
            columns.sort(n)
            with b.loop(0, self.wanted) as k, b.loop(0, lanes, independent=True) as lane:  # the last row perhaps several times
                where = b.load(targets, lane) + k * self.out.step
                self.write(where, b.load(starts, lane), columns.load(self.ranked(where, k) * lanes + lane))

    # Long rows --------------------------------------------------------------------------------------------------------
    def long(self, buffers: Any, counters: Any) -> None:
        b, rows, words, n = self.b, self.rows, self.words, self.rows.count
        first, second = buffers.pointer, words.at(buffers.pointer, n)
        with b.loop(0, rows.number) as row:
            start, target = rows.first(row), self.out.first(row)
            word_at = lambda k: words.word(words.keys.of(self.x, start + k * rows.step), k)
            write = lambda k, word: self.write(target + k * self.out.step, start, word)
            least, most = self.look(word_at, first)
            if words.length == 32:
                by_every_digit(words, first, second, counters.pointer, n, least, most, write)
            else:
                sort_words(words, first, second, counters.pointer, n, least, most)
                with b.loop(0, n, independent=True) as k:
                    write(k, words.load(second, k))

    def look(self, word_at: Read, memory: Any) -> list[Any]:
        """The words of a row put into memory; the least and the largest of them."""
        words = self.words

        def one(k: Any, found: Sequence[Any]) -> list[Any]:
            word = word_at(k)
            words.store(memory, k, word)
            return words.widened(found, word, word)

        return words.extremes(self.rows.count, one)
