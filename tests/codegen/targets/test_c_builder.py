"""What the builder says of every type, compiled by both targets: the same bits, but for the payload of a NaN."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_calls import Context, Native, needs_compiler

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.operations import MATH
from codegen.loopir.verify import verify
from codegen.runtime.loader import load_object
from codegen.targets.llvm import compile_llvm
from codegen.targets.llvmtext import llvm_text

pytestmark = needs_compiler

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
ONE = ["neg", "abs", "sign", "square", "reciprocal"]
TWO = ["add", "sub", "mul", "minimum", "maximum", "equal", "not_equal", "less", "less_equal"]
WHOLE = ["floor_div", "mod", "pow", "shift_left", "shift_right", "both", "either", "exclusive", "invert"]
REAL = [
    "div", "floor_div", "mod", "pow", "copysign", "isnan", "isinf", "isfinite", "signbit", "floor", "ceil", "trunc", "rint",
    "round_half_away", "sqrt", *[name for name in MATH if name not in ("pow",)],
]
OF_COMPLEX = [
    "div", "pow", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh",
    "log1p", "expm1", "log2", "log10", "angle", "conj", "real", "imag",
]
BINARY = {"div", "floor_div", "mod", "pow", "shift_left", "shift_right", "both", "either", "exclusive", "copysign", *TWO,
          *[name for name, count in MATH.items() if count == 2]}


OWN_OF_LLVM = {"exp", "exp2", "expm1", "log", "log1p", "tanh"}


class FromLlvm(Native):
    """The same module by the other target."""

    def __init__(self, module: ir.Module) -> None:
        self.loaded = load_object(compile_llvm(llvm_text(module)), module.entry.name)
        self.entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(Context))(self.loaded.address)


def numbers(type: str) -> np.ndarray:
    if type in INTEGERS:
        info = np.iinfo(type)
        return np.unique(np.array([info.min, info.min + 1, info.max, 0, 1, 2, 5, 7, 63, *([-1, -2, -5] if info.min else [])], type))
    real = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 0.1, 1e-4, 700.0, -6e4, np.inf, -np.inf, np.nan])
    if type in FLOATS:
        return real.astype(type)
    parts = real[[0, 2, 3, 4, 5, 7, 9, 11, 13]]
    grid = np.empty((len(parts), len(parts)), type)
    grid.real, grid.imag = parts[:, None], parts  # 1j * inf would have a NaN
    return grid.ravel()


def written(names: Sequence[str], type: str, count: int) -> tuple[ir.Module, list[np.ndarray]]:
    """An entry that stores each function of arguments 0 and 1 into an argument of its own, and those."""
    b = Builder()
    slot = 0

    def argument(dtype: str) -> Any:
        nonlocal slot
        slot += 1
        return b.recast(b.emit("argument", (slot - 1,), f"{b.part_type(dtype)}*"), f"{dtype}*")

    x, y = argument(type), argument(type)
    outputs: list[np.ndarray] = []
    with b.loop(0, count) as i:
        p, q = b.load(x, i), b.load(y, i)
        for name in names:
            function = getattr(b, name)
            value = function(p, q) if name in BINARY else function(p)
            outputs.append(np.zeros(count, value.dtype))
            b.store(argument(value.dtype), i, value)
        for target in ["bool", *INTEGERS, *FLOATS, *COMPLEX]:
            outputs.append(np.zeros(count, target))
            b.store(argument(target), i, b.cast(p, target))
    module = ir.Module(ir.Function("entry", (ir.Value(0, "context*"),), b.block))
    verify(module)
    return module, outputs


def bits(x: np.ndarray) -> bytes:
    """Of the numbers, any NaN as one."""
    if x.dtype.kind == "c":
        x = x.view(x.real.dtype)
    return np.where(np.isnan(x), np.nan, x).astype(x.dtype).tobytes() if x.dtype.kind == "f" else x.tobytes()


@pytest.mark.parametrize("type", ["bool", *INTEGERS, *FLOATS, *COMPLEX])
def test_both_targets_give_the_same_bits(type: str, tmp_path: Path) -> None:
    values = np.array([False, True]) if type == "bool" else numbers(type)
    x, y = [np.ascontiguousarray(part.ravel()) for part in np.meshgrid(values, values, indexing="ij")]
    if type == "bool":
        names = ["both", "either", "exclusive", "invert", "minimum", "maximum", "equal", "not_equal", "less", "less_equal"]
    elif type in INTEGERS:
        names = [*ONE, *TWO, *WHOLE]
    elif type in FLOATS:
        names = [*ONE, *TWO, *REAL]
    else:
        names = [*ONE, *[name for name in TWO if "imum" not in name and "less" not in name], *OF_COMPLEX]
    module, outputs = written(names, type, len(x))
    others = [out.copy() for out in outputs]
    assert Native(module, tmp_path)([x, y, *outputs])[0] == 0
    assert FromLlvm(module)([x, y, *others])[0] == 0
    assert any(out.any() for out in outputs)
    for name, one, other in zip([*names, *["cast"] * 20], outputs, others):
        if name in OWN_OF_LLVM or (type in COMPLEX and name in OF_COMPLEX):  # the targets' own exp, log, tanh: both within 2 ulp
            part = one.real.dtype if one.dtype.kind == "c" else one.dtype
            close = (512 if type in COMPLEX else 8) * np.finfo(part).eps
            np.testing.assert_allclose(one.view(part), other.view(part), rtol=close, atol=0, err_msg=name)
            continue
        different = [k for k in range(len(x)) if bits(one[k:k + 1]) != bits(other[k:k + 1])]
        assert not different, (name, one.dtype, [(x[k], y[k], one[k], other[k]) for k in different[:5]])


@pytest.mark.parametrize("type", COMPLEX)
def test_products_are_rounded_before_they_are_added(type: str, tmp_path: Path) -> None:
    """A loop of complex products is where GCC fuses them against its orders."""
    random = np.random.default_rng(3)
    x, y = [(random.normal(size=1000) + 1j * random.normal(size=1000)).astype(type) for _ in range(2)]
    b = Builder()
    p, q, out = [b.recast(b.emit("argument", (k,), f"{b.part_type(type)}*"), f"{type}*") for k in range(3)]
    with b.loop(0, 1000, independent=True) as i:
        b.store(out, i, b.mul(b.load(p, i), b.load(q, i)))
    got = np.zeros(1000, type)
    Native(ir.Module(ir.Function("entry", (ir.Value(0, "context*"),), b.block)), tmp_path)([x, y, got])
    np.testing.assert_array_equal(got.real, x.real * y.real - x.imag * y.imag)
    np.testing.assert_array_equal(got.imag, x.real * y.imag + x.imag * y.real)
