"""Sizes as expressions: the algebra `s` of shape rules (the contract is codegen.rules.Sizes) that builds variables.

A size is an int where it is known, else a Size: an int64 variable without dimensions. Conditions are bools or Sizes of dtype bool.
What is plain arithmetic (``n * 1``, ``max(n, 0)`` of a size) is done at once, so that expressions stay as short as one
would write them.
"""

from __future__ import annotations

from typing import Any

from symgraph.expr.sizes import size_constant
from symgraph.ops.cast import cast
from symgraph.passes.replacement import call

__all__ = ["EXPRESSIONS", "Expressions", "Size", "as_size", "same_size", "variable_of"]


class Size:
    """A size or condition that is not known yet. x: its variable; natural: never negative."""

    __slots__ = ("natural", "x")

    def __init__(self, x: Any, natural: bool = False) -> None:
        self.x = x
        self.natural = natural

    def __add__(self, other: Any) -> Any:
        return self if _is(other, 0) else _made("add", self, other, natural=_natural(self) and _natural(other))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        if _is(other, 0):
            return 0
        return self if _is(other, 1) else _made("mul", self, other, natural=_natural(self) and _natural(other))

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Any:
        return self if _is(other, 0) else 0 if same_size(self, other) else _made("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return -self if _is(other, 0) else _made("sub", other, self)

    def __neg__(self) -> Any:
        return Size(call("neg", self.x))

    def __floordiv__(self, other: Any) -> Any:
        return self if _is(other, 1) else _made("floor_div", self, other, natural=_natural(self) and _natural(other))

    def __rfloordiv__(self, other: Any) -> Any:
        return _made("floor_div", other, self, natural=_natural(self) and _natural(other))

    def __mod__(self, other: Any) -> Any:
        return 0 if _is(other, 1) else _made("mod", self, other, natural=_natural(other))

    def __rmod__(self, other: Any) -> Any:
        return _made("mod", other, self, natural=_natural(self))

    def __bool__(self) -> bool:
        raise TypeError("an unknown size has no truth value: a shape rule must ask through its algebra `s`")


def _is(size: Any, value: int) -> bool:
    return not isinstance(size, Size) and size == value


def _natural(size: Any) -> bool:
    return size.natural if isinstance(size, Size) else size >= 0


def same_size(a: Any, b: Any) -> bool:
    """Whether two sizes are one number or one variable."""
    if isinstance(a, Size) and isinstance(b, Size):
        return a.x is b.x
    return not isinstance(a, Size) and not isinstance(b, Size) and a == b


def variable_of(size: Any) -> Any:
    """A size as a variable."""
    return size.x if isinstance(size, Size) else size_constant(int(size))


def _made(name: str, a: Any, b: Any, natural: bool = False) -> Size:
    return Size(call(name, variable_of(a), variable_of(b)), natural)


def as_size(x: Any, natural: bool = False) -> Size:
    """A 0-d integer variable as a size."""
    return Size(x if x.dtype == "int64" else cast(x, "int64"), natural)


class Expressions:
    """The algebra. Checks are left to the op that makes them when it runs: asking for a shape fails on nothing."""

    def maximum(self, a: Any, b: Any) -> Any:
        if not isinstance(a, Size) and not isinstance(b, Size):
            return max(a, b)
        if same_size(a, b) or not isinstance(b, Size) and b <= 0 and _natural(a):
            return a
        if not isinstance(a, Size) and a <= 0 and _natural(b):
            return b
        return _made("maximum", a, b, natural=_natural(a) or _natural(b))

    def minimum(self, a: Any, b: Any) -> Any:
        if not isinstance(a, Size) and not isinstance(b, Size):
            return min(a, b)
        if same_size(a, b):
            return a
        if _natural(a) and _is(b, 0) or _natural(b) and _is(a, 0):
            return 0
        return _made("minimum", a, b, natural=_natural(a) and _natural(b))

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        if not isinstance(condition, Size):
            return a if condition else b
        if same_size(a, b):
            return a
        return Size(call("switch", condition.x, variable_of(a), variable_of(b)), natural=_natural(a) and _natural(b))

    def less(self, a: Any, b: Any) -> Any:
        if not isinstance(a, Size) and not isinstance(b, Size):
            return a < b
        if same_size(a, b) or not isinstance(b, Size) and b <= 0 and _natural(a):
            return False
        if not isinstance(a, Size) and a < 0 and _natural(b):
            return True
        return _made("lt", a, b)

    def equal(self, a: Any, b: Any) -> Any:
        if same_size(a, b):
            return True
        if not isinstance(a, Size) and not isinstance(b, Size):
            return False
        if any(not isinstance(n, Size) and n < 0 and _natural(m) for n, m in ((a, b), (b, a))):
            return False
        return _made("eq", a, b)

    def both(self, p: Any, q: Any) -> Any:
        if not isinstance(p, Size):
            return q if p else False
        if not isinstance(q, Size):
            return p if q else False
        return Size(call("and_", p.x, q.x))

    def either(self, p: Any, q: Any) -> Any:
        if not isinstance(p, Size):
            return True if p else q
        if not isinstance(q, Size):
            return True if q else p
        return Size(call("or_", p.x, q.x))

    def same(self, a: Any, b: Any, message: str = "", *values: Any) -> Any:
        """The one of the two that says more: a number, else the first."""
        return b if isinstance(a, Size) and not isinstance(b, Size) else a

    def check(self, condition: Any, error: str, message: str, *values: Any) -> None:
        return None


EXPRESSIONS = Expressions()
