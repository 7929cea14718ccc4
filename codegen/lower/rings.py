"""Stacks of which only the last rows are kept: the rows of a loop go round and round in memory for so many.

Where the number of rounds is known before, the ring is turned beforehand so that it ends in order, in the memory of the result itself. Else
the rows are put in order after the last round.
"""

from __future__ import annotations

from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.arrays import Memory
from codegen.lower.memory import item_bytes

__all__ = ["Ring", "kept_rows"]


def kept_rows(b: Any, most: int, rounds: Any) -> Any:
    """How many rows there are of at most `most` after so many rounds."""
    return min(most, rounds) if is_number(rounds) else b.minimum(most, rounds)


class Ring:
    """The last `most` rows of `size` elements. steps: the number of rounds, None where only they tell."""

    def __init__(self, frame: Any, most: int, dtype: str, size: Any, steps: Any) -> None:
        self.frame, self.b = frame, frame.builder
        self.most, self.dtype, self.size, self.steps = most, dtype, size, steps
        self.base: Any = None
        self.turn: Any = 0

    def prepare(self, memory: Memory | None) -> None:
        """Before the loop. memory: of the result, None where its size is not known."""
        if memory is None:
            self.base = self._room()
            return
        self.base = memory.pointer
        if self.most > 1:
            self.turn = self.most - (self.steps - kept_rows(self.b, self.most, self.steps)) % self.most

    def _room(self) -> Any:
        bytes = self.most * self.size * item_bytes(self.dtype)
        return self.b.recast(self.frame.unit.scratch(bytes, None, "the last rows of the loop"), f"{self.dtype}*")

    def row(self, t: Any) -> Any:
        """Where round t puts its row."""
        return self.base if self.most == 1 else self.b.offset(self.base, (t + self.turn) % self.most * self.size)

    def finish(self, ran: Any) -> tuple[Any, Any]:
        """After so many rounds, where nobody knew how many there would be: the address of the rows in order, and how many they are."""
        b, rows = self.b, kept_rows(self.b, self.most, ran)
        if self.most == 1:
            return self.base, rows
        first = (ran - rows) % self.most
        whole = self._room()
        ahead = b.minimum(rows, self.most - first)
        self.frame.copy(Memory(whole), Memory(b.offset(self.base, first * self.size)), self.dtype, ahead * self.size)
        self.frame.copy(Memory(b.offset(whole, ahead * self.size)), Memory(self.base), self.dtype, (rows - ahead) * self.size)
        return whole, rows
