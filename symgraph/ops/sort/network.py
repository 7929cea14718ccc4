"""A sorting network on columns: words that lie side by side, one lane a row, so that putting two of them in order is one operation on vectors.

Runs of 8 are sorted (Batcher 1968; Knuth, The Art of Computer Programming 3, 5.3.4), then merged two by two, bitonically, the second
one read backwards, so that all comparisons go the same way and what lies behind the last word, larger than all, is never moved. Places
that are compared do not depend on the data. Each pass takes eight words of a lane from memory, puts as many pairs of them in order as
it can, and stores them: the exchanges one by one, from memory to memory, took twice the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.ops.sort.words import Memory, Word

__all__ = ["Tile", "room"]

VECTOR = 256  # bits of the lanes of a tile: eight vectors and what is done with them stay in registers
RUN = 8  # words sorted in registers
WIDE = 64  # runs from which on a pass of its own takes the middle distances

Pairs = Sequence[tuple[int, int]]

# Pairs of eight words to be put in order, one after the other
_SORTED = [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (1, 2), (5, 6), (0, 4), (1, 5), (2, 6), (3, 7), (2, 4), (3, 5), (1, 2),
           (3, 4), (5, 6)]
_HALVES = [(0, 2), (1, 3), (4, 6), (5, 7), (0, 1), (2, 3), (4, 5), (6, 7)]
_MERGED = [(0, 7), (1, 6), (2, 5), (3, 4), *_HALVES]  # what stands as far from the ends; then half of that distance, and half of this
_CLEANED = [(0, 4), (1, 5), (2, 6), (3, 7), *_HALVES]
_MIDDLE = [(0, 2), (1, 3), (0, 1), (2, 3)]


def room(count: int) -> int:
    """How many words a column of `count` has to have room for."""
    return max(RUN, 1 << (count - 1).bit_length())


class Tile:
    """Columns of words, one beside the other, in arrays of `lanes` words a row: two arrays for pairs."""

    def __init__(self, memory: Memory, arrays: Sequence[Any]) -> None:
        self.b = memory.b
        self.memory = memory
        self.arrays = arrays
        self.lanes = VECTOR // memory.length

    def load(self, i: Any) -> Word:
        return tuple(self.b.load(array, i) for array in self.arrays)

    def store(self, i: Any, word: Word) -> None:
        for array, part in zip(self.arrays, word):
            self.b.store(array, i, part)

    def sort(self, n: Any) -> None:
        """Each column of n words put in order. There must be room for ``room(n)``."""
        kind = self.memory.kind
        sizes = [] if isinstance(n, int) else [n]

        def body(b: Any, *arguments: Any) -> None:
            tile = Tile(Memory(b, *kind), arguments[: len(self.arrays)])
            count = arguments[-1] if sizes else n
            tile.fill(count)
            sort_columns(tile, count)

        self.b.routine(("sort_tile", *kind, None if sizes else n), [*self.arrays, *sizes], body)

    def fill(self, n: Any) -> None:
        """Words that none is above behind the n of each column."""
        b, lanes = self.b, self.lanes
        largest = self.memory.ends()[1]

        def end() -> Any:
            return b.repeat([b.constant(RUN, "int64")], lambda k: (b.less(k, n), [b.select(b.less(k, n), k * 2, k)]))[0]

        with b.loop(n, room(n) if isinstance(n, int) else end()) as k, b.loop(0, lanes, independent=True) as lane:
            self.store(k * lanes + lane, (largest, k)[: len(self.arrays)])

    def row(self, place: Any) -> Sequence[Any]:
        """The addresses of the words at a place of the columns."""
        return [self.b.offset(array, place * self.lanes) for array in self.arrays]

    def order(self, rows: Sequence[tuple[Sequence[Any], Any]], pairs: Pairs) -> None:
        """The words in some rows, pairs of which (numbers among the rows) are put in order one after the other. A row is told by the addresses
        of one, which may be known before a loop, and how many places further it is."""
        b, lanes = self.b, self.lanes
        with b.loop(0, lanes, independent=True) as lane:
            places = [(Tile(self.memory, arrays), further * lanes + lane) for arrays, further in rows]
            held = [tile.load(i) for tile, i in places]
            for i, j in pairs:
                held[i], held[j] = self.memory.ordered(held[i], held[j])
            for (tile, place), word in zip(places, held):
                tile.store(place, word)


def sort_columns(tile: Tile, n: Any) -> None:
    """Sorts n words of each column. Those from n up to ``room(n)`` must be there, and none of them less than any other."""
    b = tile.b
    runs = (n + (RUN - 1)) // RUN

    def each_run(pairs: Pairs) -> None:
        with b.loop(0, runs) as run:
            row = tile.row(run * RUN)
            tile.order([(row, k) for k in range(RUN)], pairs)

    def merge(size: Any) -> Any:
        part = size // 4
        with b.loop(0, (n + size - 1) // (size * 2)) as pair:  # a run without a second one is left as it is
            first, last = pair * size * 2, (pair + 1) * size * 2 - 1
            up, down = [tile.row(first + part * k) for k in range(4)], [tile.row(last - part * k) for k in range(3, -1, -1)]
            with b.loop(0, part) as i:
                tile.order([*[(row, i) for row in up], *[(row, 0 - i) for row in down]], _MERGED)

        def middle() -> None:  # of distances 32, 16, 8 what the first pass left; to do one again changes nothing
            with b.loop(0, (n + 31) // 32) as block:
                row = tile.row(block * 32)
                with b.loop(0, 8) as i:
                    tile.order([(row, i + 8 * k) for k in range(4)], _MIDDLE)

        b.when(b.less_equal(WIDE, size), middle)
        each_run(_CLEANED)
        return b.less(size * 2, n), [size * 2]

    each_run(_SORTED)
    b.when(b.less(RUN, n), lambda: b.repeat([b.constant(RUN, "int64")], merge) and None)
