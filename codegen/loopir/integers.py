"""Integers and bools in the loop IR: division as numpy's, powers, shifts, logic."""

from __future__ import annotations

from typing import Any

from codegen.loopir import nodes as ir
from codegen.loopir.operands import Operands
from codegen.loopir.scalar import Scalar

__all__ = ["Integers"]


class Integers(Operands):
    """Base class of Arithmetic. The methods named ``integer_...`` take Scalars of one integer dtype; the others any handles."""

    # Division ---------------------------------------------------------------------------------------------------------
    def integer_floor_div(self, a: Scalar, b: Scalar) -> Any:
        if not isinstance(b.value, ir.Value):
            power = self.power_of_two(b)
            if self.holds(b, 0):
                return self.typed(0, a.dtype)
            if power is not None:
                return self.shift_right(a, power)
            if self.holds(b, -1) and a.dtype[0] == "i":
                return self.neg(a)
        quotient, remainder, divisor = self.divided(a, b)
        if a.dtype[0] == "i":
            beyond = self.both(self.not_equal(remainder, 0), self.less(self.exclusive(remainder, divisor), 0))
            quotient = self.sub(quotient, self.cast(beyond, a.dtype))
            if isinstance(b.value, ir.Value):
                quotient = self.select(self.equal(b, -1), self.neg(a), quotient)
        if isinstance(b.value, ir.Value):
            quotient = self.select(self.equal(b, 0), self.typed(0, a.dtype), quotient)
        return quotient

    def integer_mod(self, a: Scalar, b: Scalar) -> Any:
        if not isinstance(b.value, ir.Value):
            if self.holds(b, 0) or (self.holds(b, -1) and a.dtype[0] == "i"):
                return self.typed(0, a.dtype)
            if self.power_of_two(b) is not None:
                return self.both(a, self.typed(b.value - 1, a.dtype))
        _, remainder, divisor = self.divided(a, b)
        if a.dtype[0] == "i":
            beyond = self.both(self.not_equal(remainder, 0), self.less(self.exclusive(remainder, divisor), 0))
            remainder = self.select(beyond, self.add(remainder, divisor), remainder)
        if isinstance(b.value, ir.Value):
            remainder = self.select(self.equal(b, 0), self.typed(0, a.dtype), remainder)
        return remainder

    def divided(self, a: Scalar, b: Scalar) -> tuple[Any, Any, Any]:
        """Quotient, remainder (truncating) and the divisor taken: 1 in the place of 0, and of -1, by which the least overflows."""
        divisor: Any = b
        if isinstance(b.value, ir.Value):
            unfit = self.equal(b, 0)
            if a.dtype[0] == "i":
                unfit = self.either(unfit, self.equal(b, -1))
            divisor = self.select(unfit, self.typed(1, a.dtype), b)
        quotient = self.div(a, divisor)
        return quotient, self.sub(a, self.mul(quotient, divisor)), divisor

    def power_of_two(self, b: Scalar) -> int | None:
        number: Any = b.value
        return number.bit_length() - 1 if number > 0 and number & (number - 1) == 0 else None

    # Powers -----------------------------------------------------------------------------------------------------------
    def integer_pow(self, a: Scalar, b: Scalar) -> Any:
        """By repeated squaring; of a negative exponent 0 unless a is 1 or -1."""
        one = self.typed(1, a.dtype)
        if not isinstance(b.value, ir.Value) and b.value >= 0:
            result, base, exponent = one, a, int(b.value)
            while exponent:
                if exponent & 1:
                    result = self.mul(result, base)
                exponent >>= 1
                if exponent:
                    base = self.mul(base, base)
            return result

        def step(result: Any, base: Any, exponent: Any) -> tuple[Any, list[Any]]:
            odd = self.not_equal(self.both(exponent, 1), 0)
            result = self.select(odd, self.mul(result, base), result)
            exponent = self.shift_right(exponent, 1)
            return self.greater(exponent, 0), [result, self.mul(base, base), exponent]

        if isinstance(b.value, ir.Value):
            power: Any = self.repeat([one, a, b], step)[0]
        else:
            power = one
        if a.dtype[0] == "u":
            return power
        odd = self.not_equal(self.both(b, 1), 0)
        negative = self.select(self.equal(a, 1), one, self.select(self.equal(a, -1), self.select(odd, a, one), self.typed(0, a.dtype)))
        return self.select(self.less(b, 0), negative, power)

    # Shifts -----------------------------------------------------------------------------------------------------------
    def shift_left(self, a: Any, b: Any) -> Any:
        """a * 2**b; 0 if b is negative or not less than the width."""
        (a, b), bare = self.join([a, b])
        return self.settle(self.shifted("shl", a, b, self.typed(0, a.dtype)), bare)

    def shift_right(self, a: Any, b: Any) -> Any:
        """a / 2**b rounded down; if b is negative or not less than the width 0, or -1 for a negative a."""
        (a, b), bare = self.join([a, b])
        last = self.typed(self.width(a) - 1, a.dtype)
        beyond = self.apply("shr", [a, last]) if a.dtype[0] == "i" else self.typed(0, a.dtype)
        return self.settle(self.shifted("shr", a, b, beyond), bare)

    def shifted(self, operation: str, a: Scalar, b: Scalar, beyond: Scalar) -> Any:
        if not self.is_integer(a):
            raise TypeError(f"a shift of {a.dtype}")
        width = self.width(a)
        if not isinstance(b.value, ir.Value):
            if self.holds(b, 0):
                return a
            return self.apply(operation, [a, b]) if 0 <= b.value < width else beyond
        inside = self.less(b, width)
        if a.dtype[0] == "i":
            inside = self.both(inside, self.greater_equal(b, 0))
        return self.select(inside, self.apply(operation, [a, self.apply("and", [b, self.typed(width - 1, a.dtype)])]), beyond)

    # Logic ------------------------------------------------------------------------------------------------------------
    def both(self, a: Any, b: Any) -> Any:
        """and, of bools or of the bits of integers."""
        (a, b), bare = self.logical([a, b])
        for x, y in ((a, b), (b, a)):
            if self.holds(x, 0):
                return self.settle(x, bare)
            if x.dtype == "bool" and self.holds(x, 1):
                return self.settle(y, bare)
        return self.settle(a if a.value is b.value else self.apply("and", [a, b]), bare)

    def either(self, a: Any, b: Any) -> Any:
        """or, of bools or of the bits of integers."""
        (a, b), bare = self.logical([a, b])
        for x, y in ((a, b), (b, a)):
            if self.holds(x, 0):
                return self.settle(y, bare)
            if x.dtype == "bool" and self.holds(x, 1):
                return self.settle(x, bare)
        return self.settle(a if a.value is b.value else self.apply("or", [a, b]), bare)

    def exclusive(self, a: Any, b: Any) -> Any:
        """Exclusive or, of bools or of the bits of integers."""
        (a, b), bare = self.logical([a, b])
        for x, y in ((a, b), (b, a)):
            if self.holds(x, 0):
                return self.settle(y, bare)
            if x.dtype == "bool" and self.holds(x, 1):
                return self.invert(y)
        return self.settle(self.apply("xor", [a, b]), bare)

    def invert(self, x: Any) -> Any:
        """not, of a bool or of the bits of an integer."""
        (x,), bare = self.logical([x])
        return self.settle(self.apply("not", [x]), bare)

    def logical(self, operands: list[Any]) -> tuple[list[Any], bool]:
        scalars, bare = self.join(operands)
        if scalars[0].dtype[0] not in "biu":
            raise TypeError(f"logic on {scalars[0].dtype}: compare first")
        return scalars, bare

    def compare_bools(self, operation: str, a: Any, b: Any) -> Any:
        """false < true; written as logic, so that no target compares bools."""
        if operation in ("eq", "ne"):
            differ = self.exclusive(a, b)
            return differ if operation == "ne" else self.invert(differ)
        if operation in ("gt", "ge"):
            a, b = b, a
        return self.both(self.invert(a), b) if operation in ("lt", "gt") else self.either(self.invert(a), b)
