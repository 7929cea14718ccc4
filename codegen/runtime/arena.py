"""Arena: the memory of one call's intermediates, kept from call to call.

Block number `slot` is 64-byte aligned and grows as realloc does. Blocks stay between calls up to KEPT_BYTES for each callable: a second
call meets pages that the system has already handed out. An arena serves one call at a time; a call that finds it taken brings its own.
"""

from __future__ import annotations

import numpy as np

__all__ = ["ALIGNMENT", "KEPT_BYTES", "Arena"]

ALIGNMENT = 64
KEPT_BYTES = 64 << 20  # a callable gives its blocks back after a call in which they were larger than this together


class Arena:
    """Blocks by number. `taken` is set while a call runs with it; the GIL guards that flag."""

    __slots__ = ("blocks", "taken")

    def __init__(self, slots: int) -> None:
        self.blocks: list[tuple[np.ndarray, int, int] | None] = [None] * slots  # memory, address, bytes behind the address
        self.taken = False

    def ask(self, slot: int, size: int) -> int:
        """Address of the block, at least `size` bytes; what stood in it stays. Raises MemoryError, IndexError for no such block."""
        block = self.blocks[slot]
        if block is not None and block[2] >= size:
            return block[1]
        room = size if block is None else max(size, block[2] + block[2] // 2)
        memory = np.empty(room + ALIGNMENT, np.uint8)
        start = -memory.ctypes.data % ALIGNMENT
        if block is not None:
            old, address, used = block
            first = address - old.ctypes.data
            memory[start:start + used] = old[first:first + used]
        self.blocks[slot] = memory, memory.ctypes.data + start, room
        return memory.ctypes.data + start

    def size(self) -> int:
        return sum(block[2] for block in self.blocks if block is not None)

    def release(self) -> None:
        """At the end of a call: gives back what is too large to keep."""
        if self.size() > KEPT_BYTES:
            self.blocks = [None] * len(self.blocks)
        self.taken = False
