"""Sizes that may be unknown: the algebra of shape rules while an expression is being built.

A size is an int, or UNKNOWN. In a TensorType the unknown ones stand as None.
"""

from __future__ import annotations

from typing import Any

from numpy.linalg import LinAlgError

__all__ = ["STATIC", "UNKNOWN", "Known", "StaticSizes", "Unknown", "static_shape"]


class Unknown:
    """A size, or a condition on sizes, that only a call will tell. All arithmetic on it stays unknown."""

    __slots__ = ()

    def _absorb(self, other: Any = None) -> Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _absorb
    __neg__ = _absorb

    def __bool__(self) -> bool:
        raise TypeError("an unknown size has no truth value: a shape rule must ask through its algebra `s`")

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()


class StaticSizes:
    """The algebra `s` of shape rules (the contract is codegen.rules.Sizes) on ints and UNKNOWN. Checks that fail now, raise now."""

    errors: dict[str, type[Exception]] = {error.__name__: error for error in (ValueError, TypeError, IndexError, AssertionError, LinAlgError)}

    def maximum(self, a: Any, b: Any) -> Any:
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else max(a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else min(a, b)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        if condition is UNKNOWN:
            return a if a is not UNKNOWN and b is not UNKNOWN and a == b else UNKNOWN
        return a if condition else b

    def less(self, a: Any, b: Any) -> Any:
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else a < b

    def equal(self, a: Any, b: Any) -> Any:
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else a == b

    def both(self, p: Any, q: Any) -> Any:
        if p is UNKNOWN:
            return False if q is not UNKNOWN and not q else UNKNOWN
        return q if p else False

    def either(self, p: Any, q: Any) -> Any:
        if p is UNKNOWN:
            return True if q is not UNKNOWN and q else UNKNOWN
        return True if p else q

    def same(self, a: Any, b: Any, message: str = "sizes {} and {} differ", *values: Any) -> Any:
        self.check(self.equal(a, b), "ValueError", message, *(values or (a, b)))
        return b if a is UNKNOWN else a

    def check(self, condition: Any, error: str, message: str, *values: Any) -> None:
        if condition is not UNKNOWN and not condition:
            raise self.errors[error](message.format(*values))


STATIC = StaticSizes()


class Known:
    """What a shape rule sees of an input: `dtype`, `shape` with UNKNOWN for None, and `item(k)` where the values are constant."""

    __slots__ = ("dtype", "ndim", "shape", "values")

    def __init__(self, dtype: str, shape: tuple[int | None, ...], values: Any = None) -> None:
        self.dtype = dtype
        self.shape = tuple(UNKNOWN if n is None else n for n in shape)
        self.ndim = len(shape)
        self.values = values

    def item(self, k: int = 0) -> Any:
        """Element k, in C order, of an integer input."""
        return UNKNOWN if self.values is None else int(self.values.flat[k])


def static_shape(sizes: Any) -> tuple[int | None, ...]:
    """Sizes as they stand in a TensorType."""
    return tuple(None if n is UNKNOWN else int(n) for n in sizes)
