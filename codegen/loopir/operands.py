"""Operands of the loop IR: dtypes, constants, bringing operands to one dtype, casts, and writing or folding one operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from codegen.loopir import nodes as ir
from codegen.loopir.evaluate import convert, evaluate
from codegen.loopir.scalar import Pair, Scalar

__all__ = ["COMPLEXES", "PARTS", "Operands", "joined", "kind", "known"]

PARTS = {"complex64": "float32", "complex128": "float64"}
COMPLEXES = {"float16": "complex64", "float32": "complex64", "float64": "complex128"}


def kind(dtype: str) -> str:
    """b bool, i signed, u unsigned, f float, c complex."""
    return dtype[0]


def known(x: Any) -> bool:
    """Whether the Scalar's value is known as the code is written."""
    if isinstance(x, Pair):
        return known(x.value[0]) and known(x.value[1])
    return not isinstance(x.value, ir.Value)


def joined(method: Callable[..., Any]) -> Callable[..., Any]:
    """Brings the operands to one dtype, as Scalars, before the method; gives Python numbers back where only such came in."""

    @wraps(method)
    def call(self: Any, *operands: Any) -> Any:
        scalars, bare = self.join(operands)
        return self.settle(method(self, *scalars), bare)

    return call


class Operands:
    """Base class of Integers and Arithmetic. `emit` is the Builder's."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the rest of Arithmetic and Builder

    # Types and constants ----------------------------------------------------------------------------------------------
    def dtype_of(self, x: Any) -> str:
        """The dtype of a handle; of a Python number that which it has on its own: bool, int64, float64, complex128."""
        if isinstance(x, Scalar):
            return x.dtype
        if isinstance(x, (bool, np.bool_)):
            return "bool"
        if isinstance(x, np.generic) and not isinstance(x, float):
            return str(x.dtype)
        if isinstance(x, int):
            return "int64" if -(2**63) <= x < 2**63 else "uint64"
        if isinstance(x, (float, complex)):
            return "float64" if isinstance(x, float) else "complex128"
        getattr(x, "dtype", None)  # the stand-in of an index refuses here with an error of its own
        raise TypeError(f"expected a value of the loop IR or a number, got {x!r}")

    def part_type(self, dtype: str) -> str:
        """The dtype of the parts of a complex dtype; any other as it is."""
        return PARTS.get(dtype, dtype)

    def constant(self, value: Any, dtype: str) -> Any:
        """The number as one of this dtype: integers wrap, floats are rounded; int64 and bool are Python numbers."""
        return self.settle(self.typed(value, dtype))

    def typed(self, value: Any, dtype: str) -> Any:
        if dtype in PARTS:
            value = complex(value)
            part = PARTS[dtype]
            return Pair(self, (self.typed(value.real, part), self.typed(value.imag, part)), dtype)
        return Scalar(self, convert(value, dtype).item(), dtype)

    def settle(self, x: Any, bare: bool = False) -> Any:
        """A known value as a Python number where its dtype says nothing more than the number."""
        if x.__class__ is Scalar and x.value.__class__ is ir.Value:
            return x
        if isinstance(x, Scalar) and not x.is_pointer and (bare or x.dtype in ("int64", "bool")) and known(x):
            return complex(x.value[0].value, x.value[1].value) if isinstance(x, Pair) else x.value
        return x

    def join(self, operands: Sequence[Any]) -> tuple[list[Any], bool]:
        """The operands as Scalars of one dtype, and whether all were Python numbers. TypeError where dtypes differ."""
        dtype = operands[0].dtype if operands[0].__class__ is Scalar else "*"
        if not dtype.endswith("*") and all(x.__class__ is Scalar and x.dtype == dtype for x in operands):
            return list(operands), False  # the common case
        handles = [x if isinstance(x, (Scalar, bool, int, float, complex)) else self.typed(x, self.dtype_of(x)) for x in operands]
        dtypes = list(dict.fromkeys(x.dtype for x in handles if isinstance(x, Scalar)))
        if len(dtypes) > 1:
            raise TypeError(f"operands of {' and '.join(dtypes)}: cast one of them first")
        if dtypes and dtypes[0].endswith("*"):
            raise TypeError(f"no arithmetic on pointers ({dtypes[0]})")
        if dtypes:
            return [x if isinstance(x, Scalar) else self.adapted(x, dtypes[0]) for x in handles], False
        found = [self.dtype_of(x) for x in handles]
        dtype = max(found, key=["bool", "int64", "uint64", "float64", "complex128"].index)
        return [self.typed(x, dtype) for x in handles], True

    def adapted(self, number: Any, dtype: str) -> Scalar:
        """A Python number beside an operand of this dtype. TypeError where the dtype cannot hold the kind of number."""
        own = kind(self.dtype_of(number))
        fits = {
            "b": own == "b" or (own in "iu" and number in (0, 1)),
            "i": own in "biu" or (own == "f" and math.isfinite(number) and number == int(number)),
            "f": own != "c",
            "c": True,
        }[kind(dtype).replace("u", "i")]
        if not fits:
            raise TypeError(f"the number {number!r} beside an operand of {dtype}: cast first")
        if own == "f" and kind(dtype) in "iu":
            number = int(number)
        return self.typed(number, dtype)

    def apply(self, operation: str, args: Sequence[Any], dtype: str | None = None) -> Any:
        """One operation on Scalars of one dtype: computed if all are known, else written. dtype: that of the result if another."""
        type = args[-1].dtype
        if args[0].value.__class__ is not ir.Value and all(known(x) for x in args):
            values = [convert(x.value, x.dtype) for x in args]
            return self.typed(evaluate(operation, values, dtype or type), dtype or type)
        if type == "float16" or dtype == "float16":
            wide = [self.wide(x) for x in args]
            out = self.apply(operation, wide, dtype)
            return out if dtype else self.narrow(out)
        return self.emit(operation, args, dtype or type)

    def emit(self, operation: str, args: Sequence[Any], type: str) -> Scalar:
        raise NotImplementedError

    def wide(self, x: Scalar) -> Scalar:
        """float16 as float32; others as they are."""
        if x.dtype != "float16":
            return x
        return self.typed(x.value, "float32") if known(x) else self.emit("cast", [x], "float32")

    def narrow(self, x: Scalar) -> Scalar:
        """float32 as float16."""
        return self.typed(x.value, "float16") if known(x) else self.emit("cast", [x], "float16")

    # Casts ------------------------------------------------------------------------------------------------------------
    def cast(self, x: Any, dtype: str) -> Any:
        """x as another dtype: float to integer as C, complex to real takes the real part, anything to bool is ``!= 0``."""
        if not isinstance(x, Scalar):
            x = self.typed(x, dtype if isinstance(x, (int, float)) and kind(dtype) in "fc" else self.dtype_of(x))
        return self.settle(self.cast_scalar(x, dtype))

    def bits(self, x: Any, dtype: str) -> Any:
        """The same bits as a number of another dtype of equal width."""
        x = x if isinstance(x, Scalar) else self.typed(x, self.dtype_of(x))
        if known(x):
            return self.constant(np.asarray(x.value, dtype=x.dtype).view(dtype).item(), dtype)
        return self.emit("bits", [x], dtype)

    def cast_scalar(self, x: Scalar, dtype: str) -> Any:
        if x.dtype == dtype:
            return x
        if x.is_pointer or dtype.endswith("*"):
            raise TypeError(f"no cast from {x.dtype} to {dtype}: pointers are recast")
        if dtype == "bool":
            return self.not_equal(x, 0)
        if dtype in PARTS:
            re, im = x.value if isinstance(x, Pair) else (x, self.typed(0, PARTS[dtype]))
            return Pair(self, (self.cast_scalar(re, PARTS[dtype]), self.cast_scalar(im, PARTS[dtype])), dtype)
        if isinstance(x, Pair):
            return self.cast_scalar(x.value[0], dtype)
        if known(x):
            return self.typed(convert(convert(x.value, x.dtype), dtype), dtype)
        if x.dtype == "float16":
            x = self.wide(x)
        elif dtype == "float16":
            return self.narrow(self.rounded_to_odd(x) if x.dtype == "float64" else self.cast_scalar(x, "float32"))
        return x if x.dtype == dtype else self.emit("cast", [x], dtype)

    def rounded_to_odd(self, x: Scalar) -> Scalar:
        """float64 as float32 such that rounding once more, to float16, gives what rounding at once would.

        Towards zero, the last bit set if anything was cut off: Boldo and Melquiond, Emulation of FMA and correctly rounded sums (2008).
        """
        near = self.emit("cast", [x], "float32")
        back = self.emit("cast", [near], "float64")
        bits = self.emit("bits", [near], "int32")
        above = self.cast(self.greater(self.abs(back), self.abs(x)), "int32")
        odd = self.either(self.sub(bits, above), self.cast(self.not_equal(back, x), "int32"))
        return self.emit("bits", [odd], "float32")

    # Questions --------------------------------------------------------------------------------------------------------
    def is_integer(self, x: Scalar) -> bool:
        return x.dtype[0] in "iu"

    def holds(self, x: Scalar, number: int) -> bool:
        """Whether x is known to be this number."""
        return not isinstance(x.value, ir.Value) and x.value == number

    def width(self, x: Scalar) -> int:
        """Bits."""
        return int(np.dtype(x.dtype).itemsize) * 8

    def map_parts(self, function: Callable[[Any], Any], x: Pair) -> Pair:
        return Pair(self, (function(x.value[0]), function(x.value[1])), x.dtype)

    def floats(self, name: str, *scalars: Any) -> Sequence[Any]:
        if kind(scalars[0].dtype) != "f":
            raise TypeError(f"{name} of {scalars[0].dtype}: cast to a float first")
        return scalars

    def refuse_bool(self, x: Scalar, name: str) -> None:
        if x.dtype == "bool":
            raise TypeError(f"{name} of bool: cast to an integer first")
