"""Stacks of a loop whose length, or whose rows' size, shows only while it runs: memory that grows with the rows.

A tape is one scratch block. The loop carries its address and how many rows it has room for; a round that finds it full asks for twice as
many, and the block keeps what stands in it. So n rows cost at most 2 n, and a round one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from codegen.loopir.scalar import is_number
from codegen.lower.memory import item_bytes

__all__ = ["Tape"]

FIRST_BYTES = 4096  # of the first rows together


class Tape:
    """The rows of one stacked result. all: how many rows there will be, where that is known: then they get room at once."""

    def __init__(self, unit: Any, dtype: str, all: Any = None, most: Any = None) -> None:
        self.unit = unit
        self.b = unit.builder
        self.dtype = dtype
        self.all = all
        self.most = most
        self.slot = unit.new_slot()
        self.base: Any = None  # in the round that is being written
        self.rows: Any = None

    def initial(self) -> list[Any]:
        """What the loop carries for the tape, before the first round."""
        return [self.block(0), self.b.constant(0, "int64")]

    def block(self, bytes: Any) -> Any:
        return self.b.recast(self.unit.scratch(bytes, self.slot, "the stacked rows of the loop"), f"{self.dtype}*")

    def start(self, carried: Sequence[Any]) -> None:
        """A round begins with this."""
        self.base, self.rows = carried

    def carried(self) -> list[Any]:
        """What the next round begins with."""
        return [self.base, self.rows]

    def row(self, t: Any, size: Any, moved: Sequence[Any] = (), again: Callable[[Any], Sequence[Any]] | None = None) -> tuple[Any, list[Any]]:
        """Room for row t, of `size` elements: (its address, `moved`). moved: addresses of rows; `again` (address of the tape) gives
        them anew where the tape has moved."""
        b = self.b
        bytes = size * item_bytes(self.dtype)

        def grow() -> list[Any]:
            rows = self.all
            if rows is None:
                first = FIRST_BYTES // max(1, bytes) if is_number(bytes) else b.constant(FIRST_BYTES, "int64") // b.maximum(bytes, 1)
                rows = b.maximum(self.rows * 2, b.maximum(first, 1))
                if self.most is not None:
                    rows = b.minimum(rows, self.most)
            base = self.block(rows * bytes)
            return [base, rows, *(again(base) if again is not None else ())]

        self.base, self.rows, *addresses = b.when(b.less(t, self.rows), lambda: [self.base, self.rows, *moved], grow)
        return b.offset(self.base, t * size), addresses
