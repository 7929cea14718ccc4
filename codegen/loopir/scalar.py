"""Scalar: a value of the loop IR as an author of rules holds it, with operators."""

from __future__ import annotations

from typing import Any

__all__ = ["Pair", "Scalar", "is_number", "pointed"]


class Scalar:
    """A value with the builder that writes what is done with it. dtype: that of the value, or 'complex128*' for such a pointer.

    Operators: ``+ - * // %`` on numbers of one kind; Python ints take the type of the other side. ``//`` and ``%`` are floor division
    of sizes (the divisor must be > 0 and the dividend >= 0). Comparisons go through the builder (`b.less(x, y)`): a Scalar has
    identity equality.
    """

    __slots__ = ("builder", "dtype", "value")

    def __init__(self, builder: Any, value: Any, dtype: str | None = None) -> None:
        self.builder: Any = builder
        self.value: Any = value  # ir.Value, or the Python number where it is known
        self.dtype: str = dtype or value.type

    @property
    def is_pointer(self) -> bool:
        return self.dtype.endswith("*")

    def __add__(self, other: Any) -> Any:
        return self.builder.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return self.builder.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return self.builder.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.builder.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return self.builder.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.builder.mul(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self.builder.div(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self.builder.div(other, self)

    def __mod__(self, other: Any) -> Any:
        return self.builder.rem(self, other)

    def __rmod__(self, other: Any) -> Any:
        return self.builder.rem(other, self)

    def __neg__(self) -> Any:
        return self.builder.neg(self)

    def __bool__(self) -> bool:
        raise TypeError("a value of the loop IR has no truth value while code is being written: use b.select or b.when")

    def __repr__(self) -> str:
        return f"<{self.value}: {self.dtype}>"


class Pair(Scalar):
    """A complex scalar: `value` is (real part, imaginary part), each a real Scalar or a number."""

    __slots__ = ()


def is_number(x: Any) -> bool:
    """Known as the code is written."""
    return isinstance(x, (int, float, bool, complex))


def pointed(type: str) -> str:
    """The type of the elements behind a pointer."""
    if not type.endswith("*"):
        raise TypeError(f"{type} is not a pointer")
    return type[:-1]
