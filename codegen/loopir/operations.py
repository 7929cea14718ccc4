"""The operations of Assign: name -> (number of operands, type rule). The list is short so that a target is a short table.

Type rules: 'same' (out has the operands' type), 'bool' (a comparison or test), 'to' (a conversion: out's type is the wish),
'pointer'. Booleans are 'bool', not integers; logic on them is and, or, xor, not.
"""

from __future__ import annotations

__all__ = ["MATH", "OPERATIONS"]

# Functions of the C mathematical library: float32 and float64, correctly rounded only as the library does.
MATH = {
    "exp": 1, "exp2": 1, "expm1": 1, "log": 1, "log2": 1, "log10": 1, "log1p": 1, "pow": 2,
    "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "atan2": 2,
    "sinh": 1, "cosh": 1, "tanh": 1, "asinh": 1, "acosh": 1, "atanh": 1,
    "erf": 1, "erfc": 1, "tgamma": 1, "lgamma": 1, "hypot": 2, "fmod": 2, "cbrt": 1,
}

OPERATIONS: dict[str, tuple[int, str]] = {
    # integers wrap; float operations are IEEE. Integer division truncates as in C, and its divisor is never 0 (the builder guards).
    "add": (2, "same"), "sub": (2, "same"), "mul": (2, "same"), "div": (2, "same"), "rem": (2, "same"), "neg": (1, "same"),
    # additions that may be joined in another order (reductions)
    "min": (2, "same"), "max": (2, "same"),  # integers; of floats: the builder writes comparisons, for NaN
    "and": (2, "same"), "or": (2, "same"), "xor": (2, "same"), "not": (1, "same"), "shl": (2, "same"), "shr": (2, "same"),
    "eq": (2, "bool"), "ne": (2, "bool"), "lt": (2, "bool"), "le": (2, "bool"), "gt": (2, "bool"), "ge": (2, "bool"),
    "isnan": (1, "bool"), "isinf": (1, "bool"), "signbit": (1, "bool"),
    "select": (3, "same"),  # (condition, a, b): both are computed
    "cast": (1, "to"),  # between numbers, as C; float to bool: != 0; float out of an integer's range: as x86's conversion or any value
    "bits": (1, "to"),  # the same bits as another type of equal width
    "sqrt": (1, "same"), "fabs": (1, "same"), "floor": (1, "same"), "ceil": (1, "same"), "trunc": (1, "same"), "rint": (1, "same"),
    "copysign": (2, "same"), "fma": (3, "same"),
    "offset": (2, "pointer"),  # pointer + index elements
    "recast": (1, "to"),  # a pointer as a pointer to another type
    "bytes": (2, "pointer"),  # pointer + bytes, as void*
    "argument": (1, "to"),  # (slot) -> address of an argument of the call; entry only
    "round": (1, "to"),  # (level) -> where the number of the round of a loop so deep is put down, int64*; entry only
    "size": (2, "to"),  # (slot, axis) -> a size of an argument, int64; entry only
    "thread": (0, "to"),  # -> the number of the thread that runs a part of a loop, int64; 0 for code that is not in parts
    "threads": (0, "to"),  # -> how many there may be, at least 1; entry only
    **{name: (count, "same") for name, count in MATH.items()},
}
