"""What each operation of the loop IR gives, on numpy scalars: for folding constants and for the interpreter.

Every function takes and returns numpy scalars of the exact dtype; floating-point conditions (overflow, invalid) are silent,
integers wrap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from codegen.loopir.operations import OPERATIONS

__all__ = ["TABLE", "convert", "evaluate"]


def truncated_quotient(a: Any, b: Any) -> Any:
    """a / b as C: integers truncate, by zero gives 0 (C leaves it undefined); floats are IEEE."""
    if a.dtype.kind == "f":
        return np.divide(a, b)
    if not b:
        return a.dtype.type(0)
    quotient = abs(int(a)) // abs(int(b))
    return wrapped(-quotient if (a < 0) != (b < 0) else quotient, a.dtype)


def truncated_remainder(a: Any, b: Any) -> Any:
    """The remainder with the sign of the dividend, C's % and fmod; of integers by zero 0."""
    return np.fmod(a, b) if a.dtype.kind == "f" or b else a.dtype.type(0)


def wrapped(number: int, dtype: Any) -> Any:
    """The integer modulo 2**width, as a numpy scalar."""
    dtype = np.dtype(dtype)
    width = 8 * dtype.itemsize
    number &= (1 << width) - 1
    if dtype.kind == "i" and number >> (width - 1):
        number -= 1 << width
    return dtype.type(number)


def fused(a: Any, b: Any, c: Any) -> Any:
    """a*b + c rounded once."""
    type = a.dtype.type
    plain = a * b + c
    if not (np.isfinite(a) and np.isfinite(b)):
        return plain
    if not np.isfinite(c):
        return c  # where the rounded product would be infinite, the exact one is not
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    if exact == 0:
        return plain
    try:
        double = float(exact)
    except OverflowError:
        return type(math.inf if exact > 0 else -math.inf)
    error = exact - Fraction(double)
    if type is not np.float64 and error and not int(np.float64(double).view(np.int64)) & 1:
        # Rounding to odd first makes the second rounding, to the narrower type, the right one.
        double = float(np.nextafter(double, math.inf if error > 0 else -math.inf))
    return type(double)


def through_double(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of Python's math module on a numpy scalar; where Python raises, what C returns."""

    def evaluated(x: Any) -> Any:
        try:
            return x.dtype.type(function(float(x)))
        except OverflowError:
            return x.dtype.type(math.inf)
        except ValueError:
            return x.dtype.type(math.nan)

    return evaluated


def gamma(x: Any) -> Any:
    """C's tgamma: at 0 infinite with the sign of the zero, at negative integers NaN."""
    if x == 0:
        return np.divide(x.dtype.type(1), x)
    if np.isfinite(x) and x < 0 and x != np.floor(x) and x < -190:
        return x.dtype.type(-0.0 if int(np.floor(x)) & 1 else 0.0)
    return through_double(math.gamma)(x)


def log_gamma(x: Any) -> Any:
    """C's lgamma: infinite at 0 and the negative integers."""
    if x <= 0 and x == np.floor(x):
        return x.dtype.type(math.inf)
    return through_double(math.lgamma)(x)


TABLE: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": truncated_quotient, "rem": truncated_remainder, "neg": np.negative,
    "min": np.minimum, "max": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert,
    "shl": np.left_shift, "shr": np.right_shift,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "isnan": np.isnan, "isinf": np.isinf, "signbit": np.signbit,
    "select": lambda condition, a, b: a if condition else b,
    "sqrt": np.sqrt, "fabs": np.fabs, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint,
    "copysign": np.copysign, "fma": fused,
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "pow": lambda a, b: a.dtype.type(np.float_power(a, b)),
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "erf": through_double(math.erf), "erfc": through_double(math.erfc), "tgamma": gamma, "lgamma": log_gamma,
    "hypot": np.hypot, "fmod": np.fmod, "cbrt": np.cbrt,
}


def evaluate(operation: str, args: Sequence[Any], type: str) -> Any:
    """The result of one operation on numpy scalars, a numpy scalar of dtype `type`.

    Raises KeyError for an operation on pointers, or on the arguments of a call.

    >>> evaluate('add', [np.int8(127), np.int8(1)], 'int8')
    np.int8(-128)
    """
    with np.errstate(all="ignore"):
        if operation == "cast":
            return convert(args[0], type)
        if operation == "bits":
            return args[0].view(np.dtype(type))
        out = TABLE[operation](*args)
        return np.dtype(type).type(out) if OPERATIONS[operation][1] == "same" else np.bool_(out)


def convert(x: Any, type: str) -> Any:
    """A numpy scalar or Python number as a numpy scalar of dtype `type`: integers wrap, floats truncate towards zero, to bool: != 0."""
    dtype = np.dtype(type)
    if dtype.kind in "iu" and isinstance(x, (int, np.integer, np.bool_)):
        return wrapped(int(x), dtype)
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)[()]
