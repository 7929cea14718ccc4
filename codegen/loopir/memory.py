"""Memory as the interpreter of the loop IR sees it: real bytes, every access checked."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["UNINITIALISED", "Buffer", "Fault", "Pointer"]

UNINITIALISED = 0xFD  # each byte of new memory: as a float about -1e298 or -1e37, as an integer far from 0, as a bool a fault


class Fault(Exception):
    """What native code would do silently: an access outside of an array, unaligned, of released memory, or a bool not 0 or 1."""


class Buffer:
    """The bytes of one array or block. writable: False for what must not be changed."""

    __slots__ = ("alive", "data", "views", "writable")

    def __init__(self, data: Any, writable: bool = True) -> None:
        self.data = data
        self.writable = writable
        self.alive = True
        self.views: dict[str, Any] = {}

    @classmethod
    def new(cls, size: int) -> Buffer:
        """Memory of so many bytes, 64-byte aligned, filled with the pattern."""
        if size < 0:
            raise Fault(f"{size} bytes of memory asked for")
        block = np.full(size + 64, UNINITIALISED, np.uint8)
        start = -block.ctypes.data % 64
        return cls(block[start : start + size])

    @classmethod
    def of(cls, array: Any) -> Buffer:
        """The memory of a C-contiguous array."""
        if not array.flags.c_contiguous:
            raise ValueError("the interpreter takes C-contiguous arrays")
        return cls(array.reshape(-1).view(np.uint8), bool(array.flags.writeable))

    def release(self) -> None:
        self.alive = False

    def elements(self, type: str) -> Any:
        """The memory as elements of a dtype; bools as bytes."""
        view = self.views.get(type)
        if view is None:
            dtype = np.dtype("uint8" if type == "bool" else type)
            view = self.views[type] = self.data[: len(self.data) // dtype.itemsize * dtype.itemsize].view(dtype)
        return view


class Pointer:
    """An address: a byte offset into a buffer, which may point outside as long as nothing is read or written there."""

    __slots__ = ("buffer", "offset", "readonly", "type")

    def __init__(self, buffer: Buffer, type: str, offset: int = 0, readonly: bool = False) -> None:
        self.buffer = buffer
        self.type = type  # of the elements; 'void' if not known
        self.offset = offset
        self.readonly = readonly

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pointer) and self.address() == other.address()

    __hash__ = None  # type: ignore[assignment]

    def moved(self, bytes: int, type: str) -> Pointer:
        return Pointer(self.buffer, type, self.offset + bytes, self.readonly)

    def place(self, index: int, type: str) -> tuple[Any, int]:
        """The buffer's elements, and the number of that which the pointer shows with this index."""
        if not self.buffer.alive:
            raise Fault("the memory was released")
        size = np.dtype(type).itemsize
        if self.offset % size:
            raise Fault(f"an address at byte {self.offset} is not aligned for {type}")
        elements = self.buffer.elements(type)
        place = self.offset // size + index
        if not 0 <= place < len(elements):
            raise Fault(f"element {place} of {len(elements)} elements of {type}")
        return elements, place

    def load(self, index: int) -> Any:
        elements, place = self.place(index, self.type)
        value = elements[place]
        if self.type == "bool":
            if value > 1:
                raise Fault(f"a bool is {value} in memory")
            return np.bool_(value)
        return value

    def store(self, index: int, value: Any) -> None:
        elements, place = self.place(index, self.type)
        if self.readonly or not self.buffer.writable:
            raise Fault("the memory is only read")
        elements[place] = value

    def array(self, shape: tuple[int, ...], type: str | None = None, strides: tuple[int, ...] | None = None) -> Any:
        """A numpy array on this memory. strides: in elements, C order without."""
        type = type or self.type
        if 0 in shape:
            return np.empty(shape, type)
        if strides is None:
            strides = tuple(int(np.prod(shape[k + 1 :], dtype=np.int64)) for k in range(len(shape)))
        size = np.dtype(type).itemsize // (2 if type.startswith("complex") else 1)
        if not self.buffer.alive or self.offset % size:
            raise Fault("an array in released memory, or not aligned")
        last = sum((n - 1) * stride for n, stride in zip(shape, strides))
        if self.offset < 0 or self.offset + (last + 1) * np.dtype(type).itemsize > len(self.buffer.data):
            raise Fault(f"an array of shape {shape} reaches out of {len(self.buffer.data)} bytes")
        steps = tuple(stride * np.dtype(type).itemsize for stride in strides)
        return np.ndarray(shape, np.dtype(type), self.buffer.data, self.offset, steps)

    def address(self) -> int:
        return int(self.buffer.data.ctypes.data) + self.offset
