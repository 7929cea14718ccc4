"""Arrays as rules see them while code is being written: in the entry by their sizes, in a kernel by their elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from codegen.loopir.scalar import Scalar, is_number

if TYPE_CHECKING:
    from codegen.lower.frame import Frame
    from codegen.lower.kernel import Kernel

__all__ = ["FlatIndex", "KernelArray", "Memory", "NotFlat", "SizedArray", "offset_of", "product"]


class Memory:
    """Where elements are: an address in the entry, perhaps known later. Values that share memory share this object."""

    __slots__ = ("pointer",)

    def __init__(self, pointer: Any = None) -> None:
        self.pointer = pointer


class SizedArray:
    """What a shape rule sees of a value: ``dtype``, ``ndim``, ``shape`` and single elements, in the entry."""

    __slots__ = ("dtype", "frame", "ndim", "value")

    def __init__(self, frame: Frame, value: int) -> None:
        self.frame = frame
        self.value = value
        self.dtype = frame.types[value].dtype
        self.ndim = frame.types[value].ndim

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.frame.shapes[self.value]

    def item(self, k: int = 0) -> Any:
        """Element k in C order, int64."""
        return self.frame.item(self.value, k)

    def __call__(self, *index: Any) -> Any:
        """The element at the index."""
        return self.frame.scalar(self.value, index)

    load = __call__


class NotFlat(Exception):
    """A rule does arithmetic on its index, so the dimensions of the loop nest cannot be merged into one."""


class FlatIndex:
    """Stands for one index of several in a loop over all elements in C order: it can only be handed on."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise NotFlat(name)

    def _refuse(self, *_: Any) -> Any:
        raise NotFlat

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __mod__ = __neg__ = __bool__ = __index__ = _refuse


class KernelArray:
    """What a rule sees of an array inside a kernel."""

    __slots__ = ("dtype", "kernel", "ndim", "value")

    def __init__(self, kernel: Kernel, value: int) -> None:
        self.kernel = kernel
        self.value = value
        self.dtype = kernel.frame.types[value].dtype
        self.ndim = kernel.frame.types[value].ndim

    @property
    def shape(self) -> tuple[Any, ...]:
        return self.kernel.shape(self.value)

    @property
    def pointer(self) -> Scalar:
        """Address of the first element."""
        return self.kernel.pointer(self.value)

    def __call__(self, *index: Any) -> Any:
        """The element at the index."""
        if len(index) != self.ndim:
            raise TypeError(f"an array of {self.ndim} dimensions is read at {len(index)} indices")
        return self.kernel.read(self.value, index)

    load = __call__

    def item(self, k: int = 0) -> Any:
        """Element k in C order, int64."""
        return self.kernel.item(self.value, k)

    def store(self, index: Sequence[Any], value: Any) -> None:
        """Set the element at the index (of an output)."""
        place = index[0] if len(index) == 1 else offset_of(index, self.shape)
        self.kernel.builder.store(self.pointer, place, value)


def offset_of(index: Sequence[Any], shape: Sequence[Any]) -> Any:
    """The position of an element in C order."""
    place: Any = 0
    for i, n in zip(index, shape):
        if is_number(n) and n == 1:
            continue  # the only index there is 0
        place = i if is_number(place) and place == 0 else place * n + i
    return place


def product(sizes: Sequence[Any]) -> Any:
    """The number of elements."""
    total: Any = 1
    for n in sizes:
        total = n if is_number(total) and total == 1 else total if is_number(n) and n == 1 else total * n
    return total
