"""The dtypes of tensors and the rules that join them (Theano's: numpy's promotion table, whatever floatX is)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = [
    "ACCUMULATE_IN", "ALL", "BOOL", "COMPLEX", "CONTINUOUS", "DISCRETE", "FLOAT", "INTEGER", "SIGNED", "UNSIGNED", "float_of", "normal", "part_of",
    "smallest_int", "upcast",
]

BOOL = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGER = SIGNED + UNSIGNED
DISCRETE = BOOL + INTEGER
FLOAT = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
CONTINUOUS = FLOAT + COMPLEX
ALL = DISCRETE + CONTINUOUS
ACCUMULATE_IN = {"float16": "float32", "float32": "float64", "complex64": "complex128"}  # what sums are kept in

_KNOWN = frozenset(ALL)


@lru_cache(maxsize=1024)
def _normal(dtype: object) -> str:
    try:
        name = np.dtype(dtype).name  # type: ignore[call-overload]
    except TypeError:
        name = ""
    if name not in _KNOWN:
        raise TypeError(f"{dtype!r} is not a dtype of tensors; known are {', '.join(ALL)}")
    return name


def normal(dtype: object) -> str:
    """The canonical name of a dtype given as a name, a numpy dtype or a numpy scalar type; TypeError if it is none of `ALL`."""
    if isinstance(dtype, str) and dtype in _KNOWN:
        return dtype
    return _normal(dtype)


@lru_cache(maxsize=4096)
def upcast(*dtypes: str) -> str:
    """The dtype that holds the results of an operation on these.

    >>> upcast('int32', 'float32'), upcast('uint8', 'int8'), upcast('bool', 'bool')
    ('float64', 'int16', 'bool')
    """
    result = np.dtype(dtypes[0])
    for other in dtypes[1:]:
        result = np.promote_types(result, other)
    return result.name


def float_of(dtype: str) -> str:
    """The dtype of exp, sqrt ...: bool and integers up to 16 bits give float32, longer ones float64; others keep theirs."""
    if dtype in CONTINUOUS:
        return dtype
    return "float32" if dtype in ("bool", "int8", "uint8", "int16", "uint16") else "float64"


def part_of(dtype: str) -> str:
    """The dtype of the real and imaginary parts; real dtypes stay."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def smallest_int(value: int) -> str:
    """The smallest signed dtype that holds a Python int; uint64 above int64; OverflowError beyond."""
    for dtype in (*SIGNED, "uint64"):
        info = np.iinfo(dtype)
        if info.min <= value <= info.max:
            return dtype
    raise OverflowError(f"the integer {value} does not fit into 64 bits")
