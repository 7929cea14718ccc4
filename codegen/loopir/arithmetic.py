"""Arithmetic of the loop IR: what a rule may compute from scalars.

A handle is a `Scalar` or a plain Python number. A Python number takes the dtype of the other operand; two dtypes that differ are a
TypeError. What is known as the code is written is computed at once by numpy's rules of the dtype: a known int64 or bool is a Python
number, a known number of another dtype is a `Scalar` whose `value` is a Python number. Operations of nothing but Python numbers
give Python numbers. Only identities that are exact are used: ``x * 1``, of integers ``x + 0`` and ``x * 0``.

float16 is computed in float32 and rounded after each operation; complex numbers are pairs (codegen/loopir/complexes.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from codegen.loopir import complexes
from codegen.loopir import nodes as ir
from codegen.loopir.integers import Integers
from codegen.loopir.operands import COMPLEXES, PARTS, joined, kind, known
from codegen.loopir.operations import MATH
from codegen.loopir.scalar import Pair, Scalar

__all__ = ["Arithmetic"]

class Arithmetic(Integers):
    """Base class of Builder; `emit` is the Builder's."""

    # Arithmetic -------------------------------------------------------------------------------------------------------
    @joined
    def add(self, a: Any, b: Any) -> Any:
        if isinstance(a, Pair):
            return complexes.add(self, a, b)
        if a.dtype == "bool":
            return self.either(a, b)
        if self.is_integer(a) and (self.holds(a, 0) or self.holds(b, 0)):
            return b if self.holds(a, 0) else a
        return self.apply("add", [a, b])

    @joined
    def sub(self, a: Any, b: Any) -> Any:
        if isinstance(a, Pair):
            return complexes.sub(self, a, b)
        self.refuse_bool(a, "sub")
        if self.is_integer(a) and self.holds(b, 0):
            return a
        if self.is_integer(a) and a.value is b.value:
            return self.typed(0, a.dtype)
        return self.apply("sub", [a, b])

    @joined
    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, Pair):
            return complexes.mul(self, a, b)
        if a.dtype == "bool":
            return self.both(a, b)
        if self.holds(a, 1) or self.holds(b, 1):
            return b if self.holds(a, 1) else a
        if self.is_integer(a) and (self.holds(a, 0) or self.holds(b, 0)):
            return self.typed(0, a.dtype)
        return self.apply("mul", [a, b])

    @joined
    def div(self, a: Any, b: Any) -> Any:
        """The quotient; of integers truncated, and then b must not be 0 (nor a the least and b -1)."""
        if isinstance(a, Pair):
            return complexes.div(self, a, b)
        self.refuse_bool(a, "div")
        return a if self.holds(b, 1) else self.apply("div", [a, b])

    @joined
    def rem(self, a: Any, b: Any) -> Any:
        """The remainder of `div`, with the sign of a; of floats fmod."""
        self.refuse_bool(a, "rem")
        if self.is_integer(a):
            return self.typed(0, a.dtype) if self.holds(b, 1) else self.apply("rem", [a, b])
        return self.math("fmod", a, b)

    @joined
    def floor_div(self, a: Any, b: Any) -> Any:
        """The quotient rounded down; of integers by 0 it is 0. Of floats as numpy: the float nearest to the exact floor."""
        if self.is_integer(a):
            return self.integer_floor_div(a, b)
        remainder = self.math("fmod", a, b)
        quotient = self.div(self.sub(a, remainder), b)
        unequal = self.exclusive(self.less(b, 0), self.less(remainder, 0))
        quotient = self.select(self.both(self.not_equal(remainder, 0), unequal), self.sub(quotient, 1), quotient)
        down = self.floor(quotient)
        down = self.select(self.greater(self.sub(quotient, down), 0.5), self.add(down, 1), down)
        plain = self.div(a, b)
        zero = self.copysign(self.typed(0.0, a.dtype), plain)
        return self.select(self.equal(b, 0), plain, self.select(self.equal(quotient, 0), zero, down))

    @joined
    def mod(self, a: Any, b: Any) -> Any:
        """The remainder of `floor_div`, with the sign of b; of integers by 0 it is 0."""
        if self.is_integer(a):
            return self.integer_mod(a, b)
        remainder = self.math("fmod", a, b)
        unequal = self.exclusive(self.less(b, 0), self.less(remainder, 0))
        shifted = self.select(unequal, self.add(remainder, b), remainder)
        return self.select(self.equal(remainder, 0), self.copysign(self.typed(0.0, a.dtype), b), shifted)

    @joined
    def neg(self, x: Any) -> Any:
        if isinstance(x, Pair):
            return self.map_parts(self.neg, x)
        self.refuse_bool(x, "neg")
        return self.apply("neg", [x])

    @joined
    def abs(self, x: Any) -> Any:
        """|x|, of a complex number real; of the least integer itself."""
        if isinstance(x, Pair):
            return complexes.absolute(self, x)
        if kind(x.dtype) == "f":
            return self.apply("fabs", [x])
        return self.apply("max", [x, self.apply("neg", [x])]) if kind(x.dtype) == "i" else x

    @joined
    def sign(self, x: Any) -> Any:
        """-1, 0 or 1; NaN stays; of a complex number x / abs(x)."""
        if isinstance(x, Pair):
            return complexes.sign(self, x)
        zero = x if x.dtype == "bool" else self.select(self.equal(x, 0), self.typed(0, x.dtype), x)
        if kind(x.dtype) in "bu":
            return self.cast(self.not_equal(x, 0), x.dtype)
        return self.select(self.greater(x, 0), self.typed(1, x.dtype), self.select(self.less(x, 0), self.typed(-1, x.dtype), zero))

    @joined
    def pow(self, a: Any, b: Any) -> Any:
        """a to the power of b; of integers with b < 0 it is 0 unless a is 1 or -1."""
        if isinstance(a, Pair):
            return complexes.power(self, a, b)
        if a.dtype == "bool":
            return self.either(a, self.invert(b))
        if self.is_integer(a):
            return self.integer_pow(a, b)
        if self.holds(b, 2):
            return self.mul(a, a)
        if self.holds(b, 1) or self.holds(b, 0):
            return a if self.holds(b, 1) else self.typed(1, a.dtype)
        return self.reciprocal(a) if self.holds(b, -1) else self.apply("pow", [a, b])

    @joined
    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a*b + c; of floats rounded once."""
        return self.apply("fma", [a, b, c]) if kind(a.dtype) == "f" else self.add(self.mul(a, b), c)

    @joined
    def copysign(self, a: Any, b: Any) -> Any:
        """|a| with the sign of b, floats only."""
        return self.apply("copysign", self.floats("copysign", a, b))

    @joined
    def minimum(self, a: Any, b: Any) -> Any:
        """The lesser; NaN if either is."""
        return self.extreme("min", self.less_equal, a, b)

    @joined
    def maximum(self, a: Any, b: Any) -> Any:
        """The greater; NaN if either is."""
        return self.extreme("max", self.greater_equal, a, b)

    def extreme(self, operation: str, better: Callable[..., Any], a: Any, b: Any) -> Any:
        if a.dtype == "bool":
            return self.both(a, b) if operation == "min" else self.either(a, b)
        if not isinstance(a, Pair) and a.value is b.value:
            return a
        if self.is_integer(a):
            return self.apply(operation, [a, b])
        return self.select(self.either(better(a, b), self.isnan(a)), a, b)

    @joined
    def square(self, x: Any) -> Any:
        return self.mul(x, x)

    @joined
    def reciprocal(self, x: Any) -> Any:
        """1 / x; of integers 0 unless x is 1 or -1."""
        if isinstance(x, Pair):
            return complexes.div(self, self.typed(1, x.dtype), x)
        if self.is_integer(x):
            inside = self.equal(x, 1) if kind(x.dtype) == "u" else self.either(self.equal(x, 1), self.equal(x, -1))
            return self.select(inside, x, self.typed(0, x.dtype))
        self.refuse_bool(x, "reciprocal")
        return self.apply("div", [self.typed(1, x.dtype), x])

    # Comparison: gives bool -------------------------------------------------------------------------------------------
    @joined
    def less(self, a: Any, b: Any) -> Any:
        return self.compare("lt", a, b)

    @joined
    def less_equal(self, a: Any, b: Any) -> Any:
        return self.compare("le", a, b)

    @joined
    def greater(self, a: Any, b: Any) -> Any:
        return self.compare("gt", a, b)

    @joined
    def greater_equal(self, a: Any, b: Any) -> Any:
        return self.compare("ge", a, b)

    @joined
    def equal(self, a: Any, b: Any) -> Any:
        return self.compare("eq", a, b)

    @joined
    def not_equal(self, a: Any, b: Any) -> Any:
        return self.compare("ne", a, b)

    def compare(self, operation: str, a: Any, b: Any) -> Any:
        if isinstance(a, Pair):
            return complexes.compare(self, operation, a, b)
        if a.dtype == "bool":
            return self.compare_bools(operation, a, b)
        if self.is_integer(a) and a.value is b.value:
            return operation in ("le", "ge", "eq")
        if operation == "lt" and self.within and (known_order := self.in_order(a.value, b.value)) is not None:
            return known_order
        return self.apply(operation, [a, b], "bool")

    def in_order(self, a: Any, b: Any) -> bool | None:
        """Whether a < b, where one of them is an index whose range is known."""
        if isinstance(a, ir.Value) and a.number in self.within:
            stop = self.within[a.number]
            if stop is b:
                return True
            if isinstance(b, int) and (b <= 0 or isinstance(stop, int) and stop <= b):
                return b > 0
        return True if isinstance(b, ir.Value) and b.number in self.within and isinstance(a, int) and a < 0 else None

    @joined
    def isnan(self, x: Any) -> Any:
        return self.test("isnan", x)

    @joined
    def isinf(self, x: Any) -> Any:
        return self.test("isinf", x)

    @joined
    def isfinite(self, x: Any) -> Any:
        if isinstance(x, Pair):
            return self.both(self.isfinite(x.value[0]), self.isfinite(x.value[1]))
        return self.less(self.abs(x), math.inf) if kind(x.dtype) == "f" else True

    @joined
    def signbit(self, x: Any) -> Any:
        """Whether the sign is minus, for -0.0 and NaN too."""
        return self.test("signbit", x) if kind(x.dtype) == "f" else False if kind(x.dtype) == "b" else self.less(x, 0)

    def test(self, operation: str, x: Any) -> Any:
        if isinstance(x, Pair):
            return self.either(self.test(operation, x.value[0]), self.test(operation, x.value[1]))
        return self.apply(operation, [x], "bool") if kind(x.dtype) == "f" else False

    # Choice -----------------------------------------------------------------------------------------------------------
    def select(self, condition: Any, a: Any, b: Any) -> Any:
        """a where the condition (bool) holds, else b; both are computed."""
        if self.dtype_of(condition) != "bool":
            raise TypeError(f"a condition must be bool, not {self.dtype_of(condition)}")
        (a, b), bare = self.join([a, b])
        if not isinstance(condition, Scalar):
            return self.settle(a if condition else b, bare)
        if isinstance(a, Pair):
            parts = tuple(self.select(condition, x, y) for x, y in zip(a.value, b.value))
            return Pair(self, parts, a.dtype)
        if a.value is b.value or (known(a) and known(b) and repr(a.value) == repr(b.value)):
            return self.settle(a, bare)
        return self.apply("select", [condition, a, b])

    where = select

    # Rounding ---------------------------------------------------------------------------------------------------------
    @joined
    def floor(self, x: Any) -> Any:
        return self.rounding("floor", x)

    @joined
    def ceil(self, x: Any) -> Any:
        return self.rounding("ceil", x)

    @joined
    def trunc(self, x: Any) -> Any:
        return self.rounding("trunc", x)

    @joined
    def rint(self, x: Any) -> Any:
        """To the nearest integer, half to even."""
        return self.rounding("rint", x)

    @joined
    def round_half_away(self, x: Any) -> Any:
        """To the nearest integer, half away from zero."""
        whole = self.rounding("trunc", x)
        if kind(x.dtype) != "f":
            return whole
        away = self.add(whole, self.copysign(self.typed(1, x.dtype), x))
        return self.select(self.greater_equal(self.abs(self.sub(x, whole)), 0.5), away, whole)

    def rounding(self, operation: str, x: Any) -> Any:
        if isinstance(x, Pair):
            if operation != "rint":
                raise TypeError(f"{operation} of a complex number")
            return self.map_parts(self.rint, x)
        return self.apply(operation, [x]) if kind(x.dtype) == "f" else x

    # Functions --------------------------------------------------------------------------------------------------------
    def math(self, name: str, *args: Any) -> Any:
        """A function of operations.MATH, or sqrt, of floats or (codegen/loopir/complexes.py) complex numbers."""
        if name == "pow":
            return self.pow(*args)
        scalars, bare = self.join(args)
        if len(args) != MATH.get(name, 1):
            raise TypeError(f"{name} takes {MATH.get(name, 1)} operands, got {len(args)}")
        if isinstance(scalars[0], Pair):
            function = complexes.FUNCTIONS.get(name)
            if function is None:
                raise TypeError(f"{name} of a complex number")
            return self.settle(function(self, *scalars), bare)
        if bare and scalars[0].dtype != "float64":
            scalars = [self.typed(x.value, "float64") for x in scalars]
        return self.settle(self.apply(name, self.floats(name, *scalars)), bare)

    def sqrt(self, x: Any) -> Any:
        """The square root; of a negative float NaN."""
        return self.math("sqrt", x)

    # Complex ----------------------------------------------------------------------------------------------------------
    def complex(self, re: Any, im: Any, dtype: str | None = None) -> Any:
        """The complex number of these real parts; without `dtype` complex64 of float32 parts, else complex128."""
        if dtype is None:
            (re, im), _ = self.join([re, im])
            dtype = COMPLEXES.get(re.dtype, "complex128")
        parts = []
        for x in (re, im):
            x = self.cast(x, PARTS[dtype])
            parts.append(x if isinstance(x, Scalar) else self.typed(x, PARTS[dtype]))
        return Pair(self, tuple(parts), dtype)

    @joined
    def real(self, x: Any) -> Any:
        return x.value[0] if isinstance(x, Pair) else x

    @joined
    def imag(self, x: Any) -> Any:
        return x.value[1] if isinstance(x, Pair) else self.typed(0, x.dtype)

    @joined
    def conj(self, x: Any) -> Any:
        return Pair(self, (x.value[0], self.neg(x.value[1])), x.dtype) if isinstance(x, Pair) else x

    @joined
    def angle(self, x: Any) -> Any:
        """The argument of a complex number; of a float 0 or pi."""
        re, im = x.value if isinstance(x, Pair) else (x, self.typed(0.0, x.dtype))
        return self.math("atan2", im, re)


def function_named(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        return self.math(name, *args)

    method.__name__ = name
    method.__doc__ = f"{name} of floats or complex numbers, as `math`."
    return method


for _name in MATH:
    if _name not in vars(Arithmetic):
        setattr(Arithmetic, _name, function_named(_name))
