"""Applies what a Builder writes to every element of arrays, by the interpreter; and the same with all operands known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.interpret import interpret
from codegen.loopir.scalar import Pair, Scalar
from codegen.loopir.verify import verify
from codegen.program import ArrayType

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
COMPLEXES = ("complex64", "complex128")


def edges(dtype: str) -> Any:
    """Values of a dtype where rules change."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        info = np.iinfo(dtype)
        numbers = [0, 1, 2, 3, 7, 8, 63, 64, 100, info.max, info.max - 1, info.min, info.min + 1, -1, -2, -3, -7]
        return np.array([n for n in numbers if info.min <= n <= info.max], dtype)
    info = np.finfo(dtype if kind == "f" else np.dtype(dtype).type(0).real.dtype)
    numbers = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.5, -2.5, 0.3, -0.7, 3.0, 7.25, -11.0, np.nan, np.inf, -np.inf]
    numbers += [float(info.max), float(info.tiny), float(info.smallest_subnormal), 0.49999]
    if kind == "f":
        return np.array(numbers, dtype)
    finite = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.25, 0.1]
    return np.array([complex(re, im) for re in finite for im in finite], dtype)


def pairs(dtype: str, other: str | None = None) -> tuple[Any, Any]:
    first, second = np.meshgrid(edges(dtype), edges(other or dtype), indexing="ij")
    return first.reshape(-1).copy(), second.reshape(-1).copy()


def module_of(function: Callable[..., Any], dtypes: list[str], out: str) -> ir.Module:
    """A module whose entry writes ``function(b, x[i], ...)`` for every i into its result."""
    b = Builder()
    b.parameter("context*")
    count = b.emit("size", [0, 0], "int64")
    place = b.value(f"{b.part_type(out)}*")
    b.block.append(ir.Result(place, 0, (count.value,)))
    result = Scalar(b, place, f"{out}*")
    arguments = [Scalar(b, b.emit("argument", [k], f"{b.part_type(d)}*").value, f"{d}*") for k, d in enumerate(dtypes)]
    with b.loop(0, count) as i:
        b.store(result, i, function(b, *[b.load(x, i) for x in arguments]))
    return ir.Module(ir.Function("entry", tuple(b.parameters), b.block))


def interpreted(function: Callable[..., Any], *arrays: Any) -> Any:
    """The array of function's values; its dtype is that of the handle which function gives."""
    dtypes = [str(x.dtype) for x in arrays]
    probe = Builder()
    handles = []
    for dtype in dtypes:
        part = probe.part_type(dtype)
        parts = [probe.parameter(part) for _ in range(2 if part != dtype else 1)]
        handles.append(probe.complex(*parts, dtype) if part != dtype else parts[0])
    out = probe.dtype_of(function(probe, *handles))
    module = module_of(function, dtypes, out)
    verify(module)
    status, _, results = interpret(module, arrays, [ArrayType(out, (None,))])
    assert status == 0
    return results[0]


def folded(function: Callable[..., Any], *arrays: Any) -> Any:
    """The same with every operand a known one of its dtype: nothing may be written."""
    b = Builder()
    values, dtypes = [], set()
    for operands in zip(*arrays):
        out = function(b, *[b.constant(x.item(), str(x.dtype)) for x in operands])
        dtypes.add(b.dtype_of(out))
        if isinstance(out, Pair):
            out = complex(out.value[0].value, out.value[1].value)
        values.append(out.value if isinstance(out, Scalar) else out)
    assert not b.block and len(dtypes) == 1
    return np.array(values, dtypes.pop())


def same(got: Any, expected: Any) -> None:
    """Bit for bit, but for the payload of NaN."""
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)
    if got.dtype.kind == "f":
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(got)[numbers], np.signbit(expected)[numbers])
