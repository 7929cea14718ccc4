"""Every operation on every type, against numpy: written with nodes, so that nothing folds before LLVM sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from running import Call, Entry

from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH, OPERATIONS
from codegen.runtime.loader import load_object
from codegen.targets.llvm import compile_llvm
from codegen.targets.llvmspelling import pattern
from codegen.targets.llvmtext import llvm_text

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]
EVERY = ["bool", *INTEGERS, "float16", *FLOATS]
NAN, INF = math.nan, math.inf

# Levels that differ in kind: LLVM's fast selection of instructions without passes, and loops made of vectors.
LEVELS = pytest.mark.parametrize("level", [0, 2])


def run_elementwise(operation: str, inputs: list[np.ndarray], out: str, level: int) -> np.ndarray:
    """The operation on each element of the inputs."""
    e = Entry()
    n = e.size(0)
    pointers = [e.argument(k, str(x.dtype)) for k, x in enumerate(inputs)]
    result = e.result(0, out, n)
    with e.b.loop(0, n, independent=True) as i:
        values = [e.b.load(p, i) for p in pointers]
        value = e.b.emit(operation, values, out)
        e.b.block.append(ir.Store(result.value, i.value, value.value))
    loaded = load_object(compile_llvm(llvm_text(e.module()), level), "entry")
    call = Call(loaded.address, inputs, [out])
    assert call.status == 0
    return call.results[0]


def numbers(type: str, count: int = 2) -> list[np.ndarray]:
    """`count` columns of numbers of the type: special ones in all pairs, then enough others for vectors and rests of loops."""
    random = np.random.default_rng(3)
    if type == "bool":
        special = np.array([False, True])
        more = random.integers(0, 2, (count, 75)).astype(bool)
    elif type.startswith("float"):
        special = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, 3.5, 1e-5, 60000.0, INF, -INF, NAN], type)
        more = (random.standard_normal((count, 75)) * 10.0 ** random.integers(-3, 4, (count, 75))).astype(type)
    else:
        info = np.iinfo(type)
        special = np.array([info.min, info.max, 0, 1, 2, info.max - 1, 7], type)
        more = random.integers(info.min, info.max, (count, 75), type, endpoint=True)
    grid = np.stack(np.meshgrid(*[special] * count), 0).reshape(count, -1)
    return [np.concatenate(column) for column in zip(grid, more)]


def same(got: np.ndarray, wanted: np.ndarray) -> None:
    wanted = np.asarray(wanted)
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(got, wanted)
    if got.dtype.kind == "f":
        finite = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(got[finite]), np.signbit(wanted[finite]))


NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "rem": np.fmod, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "not": np.invert, "shl": np.left_shift, "shr": np.right_shift, "eq": np.equal, "ne": np.not_equal, "lt": np.less,
    "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "min": np.minimum, "max": np.maximum,
}
FLOAT_ONLY = {
    "div": np.divide, "isnan": np.isnan, "isinf": np.isinf, "signbit": np.signbit, "sqrt": np.sqrt, "fabs": np.fabs, "floor": np.floor,
    "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "copysign": np.copysign,
}
SHARED = ["add", "sub", "mul", "neg", "eq", "ne", "lt", "le", "gt", "ge", "rem"]
CASES = [(name, type) for type in INTEGERS for name in [*SHARED, "and", "or", "xor", "not", "shl", "shr", "min", "max"]]
CASES += [(name, type) for type in FLOATS for name in [*SHARED, *FLOAT_ONLY]]
CASES += [(name, "bool") for name in ("and", "or", "xor", "not", "eq", "ne")]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@LEVELS
@pytest.mark.parametrize("name,type", CASES)
def test_operation(name: str, type: str, level: int) -> None:
    count, rule = OPERATIONS[name]
    inputs = numbers(type, count)
    if name in ("shl", "shr"):
        inputs[1] = (np.abs(inputs[1].astype("int64")) % np.dtype(type).itemsize).astype(type)
    if name == "rem" and type in INTEGERS:
        good = (inputs[1] != 0) & ~((inputs[1].astype("float64") == -1) & (inputs[0] == np.iinfo(type).min))
        inputs = [x[good] for x in inputs]
    function = FLOAT_ONLY[name] if type in FLOATS and name in FLOAT_ONLY else NUMPY[name]
    same(run_elementwise(name, inputs, "bool" if rule == "bool" else type, level), function(*inputs))


@LEVELS
@pytest.mark.parametrize("type", INTEGERS)
def test_integer_division_truncates(type: str, level: int) -> None:
    a, b = numbers(type)
    good = (b != 0) & ~((b.astype("float64") == -1) & (a == np.iinfo(type).min))
    a, b = a[good], b[good]
    wanted = np.array([abs(int(x)) // abs(int(y)) * (1 if (x < 0) == (y < 0) else -1) for x, y in zip(a, b)], type)
    same(run_elementwise("div", [a, b], type, level), wanted)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("type", FLOATS)
def test_float_min_and_max_take_the_second_where_they_are_unordered(type: str) -> None:
    a, b = numbers(type)
    same(run_elementwise("min", [a, b], type, 2), np.where(a < b, a, b))
    same(run_elementwise("max", [a, b], type, 2), np.where(a > b, a, b))


@LEVELS
@pytest.mark.parametrize("type", [t for t in EVERY if t != "float16"])
def test_select(type: str, level: int) -> None:
    a, b = numbers(type)
    choice = np.arange(a.size) % 3 == 0
    same(run_elementwise("select", [choice, a, b], type, level), np.where(choice, a, b))


@pytest.mark.parametrize("type", FLOATS)
def test_fma_is_rounded_once(type: str) -> None:
    step = np.finfo(type).eps
    a, b = np.full(9, 1 + step, type), np.full(9, 1 - step, type)
    c = np.full(9, -1, type)
    same(run_elementwise("fma", [a, b, c], type, 2), np.full(9, -step * step, type))
    e = Entry()  # and no multiplication is joined with an addition unasked
    result = e.result(0, type, 9)
    x, y, z = (e.argument(k, type) for k in range(3))
    with e.b.loop(0, 9) as i:
        e.b.store(result, i, e.b.add(e.b.mul(e.b.load(x, i), e.b.load(y, i)), e.b.load(z, i)))
    loaded = load_object(compile_llvm(llvm_text(e.module()), 3), "entry")
    same(Call(loaded.address, [a, b, c], [type]).results[0], a * b + c)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@LEVELS
@pytest.mark.parametrize("source", EVERY)
@pytest.mark.parametrize("target", EVERY)
def test_cast(source: str, target: str, level: int) -> None:
    x = numbers(source, 1)[0]
    if source.startswith("float") and target in INTEGERS:  # beyond the range any value may come out
        info = np.iinfo(target)
        wide = x.astype("float64")
        x = x[np.isfinite(wide) & (wide > float(info.min) - 1) & (wide < float(info.max) + (1 if info.bits < 64 else 0))]
        if source == "float64" and info.bits == 64:
            x = np.concatenate([x, np.nextafter([float(info.max), float(info.min)], 0.0), [2.0**62, 2.0**52 + 1]])
        elif target == "uint64" and source == "float32":
            x = np.concatenate([x, np.array([1.5 * 2.0**63, 2.0**63], source)])
    same(run_elementwise("cast", [x], target, level), x.astype(target))


def test_out_of_range_casts_give_some_integer_and_no_more() -> None:
    x = np.array([NAN, INF, -INF, 1e300, -1e300, -1.0, 1e19] * 5)
    for target in INTEGERS:
        assert run_elementwise("cast", [x], target, 2).shape == x.shape


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@LEVELS
def test_double_to_half_is_rounded_once(level: int) -> None:
    random = np.random.default_rng(1)
    halves = random.integers(0, 31743, 3000).astype("uint16").view("float16").astype("float64")
    middle = halves + (np.nextafter(halves.astype("float16"), np.float16(INF)).astype("float64") - halves) / 2
    x = np.concatenate([middle, np.nextafter(middle, 0), np.nextafter(middle, INF), halves, [65519.999, 65520.0, 1e-8, 2.0**-25, INF]])
    x = np.concatenate([x, -x, [NAN]])
    same(run_elementwise("cast", [x], "float16", level), x.astype("float16"))


@LEVELS
@pytest.mark.parametrize(
    "a,b", [("float64", "int64"), ("float64", "uint64"), ("float32", "int32"), ("float16", "uint16"), ("int8", "uint8")],
)
def test_bits(a: str, b: str, level: int) -> None:
    x = numbers(a, 1)[0]
    same(run_elementwise("bits", [x], b, level), x.view(b))
    same(run_elementwise("bits", [x.view(b)], a, level), x)


REFERENCES = {
    "exp2": lambda x: 2.0**x, "fmod": math.fmod, "tgamma": math.gamma, "lgamma": math.lgamma,
    "cbrt": lambda x: math.copysign(abs(x) ** (1 / 3), x),
}
ABOVE = {"log": 0.0, "log2": 0.0, "log10": 0.0, "log1p": -0.99, "acosh": 1.0, "pow": 0.0, "tgamma": 0.1, "lgamma": 0.1}
WITHIN_ONE = ("asin", "acos", "atanh")


@LEVELS
@pytest.mark.parametrize("type", FLOATS)
@pytest.mark.parametrize("name", sorted(MATH))
def test_functions(name: str, type: str, level: int) -> None:
    random = np.random.default_rng(5)
    inputs = [random.uniform(-4, 4, 61).astype(type) for _ in range(MATH[name])]
    if name in ABOVE:
        inputs[0] = (ABOVE[name] + np.abs(inputs[0])).astype(type) + type_step(type)
    if name in WITHIN_ONE:
        inputs = [x / 4.5 for x in inputs]
    reference = REFERENCES.get(name) or getattr(math, name)
    wanted = np.array([reference(*map(float, row)) for row in zip(*inputs)])
    got = run_elementwise(name, inputs, type, level)
    assert got.dtype == type
    np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(type).eps, atol=4 * np.finfo(type).eps)


def type_step(type: str) -> Any:
    return np.finfo(type).eps


def test_known_operands_are_written_as_exactly_what_they_are() -> None:
    values = [0.1, -0.0, 1e-320, 1e308, INF, -INF, NAN, 2.0**-1074, 1 / 3]
    e = Entry()
    types = ["float64", "float32", "float16"]
    for slot, type in enumerate(types):
        out = e.result(slot, type, len(values))
        for k, value in enumerate(values):
            e.b.block.append(ir.Store(out.value, k, value))
    counts = [-(2**63), 2**63 - 1, 255, -1, 2**64 - 1]
    for slot, type in enumerate(INTEGERS, 3):
        out = e.result(slot, type, len(counts))
        for k, value in enumerate(counts):
            e.b.block.append(ir.Store(out.value, k, value))
    loaded = load_object(compile_llvm(llvm_text(e.module())), "entry")
    results = Call(loaded.address, [], [*types, *INTEGERS]).results
    with np.errstate(over="ignore"):
        for slot, type in enumerate(types):
            same(results[slot], np.array(values).astype(type))
    for slot, type in enumerate(INTEGERS, 3):
        same(results[slot], np.array([value % 2**64 for value in counts], "uint64").astype(type))


@pytest.mark.parametrize(
    "operation,type",
    [("and", "float64"), ("signbit", "int32"), ("exp", "int64"), ("exp", "float16"), ("floor", "int32"), ("add", "void*")],
)
def test_what_a_type_does_not_have_is_refused(operation: str, type: str) -> None:
    with pytest.raises(TypeError):
        pattern(operation, type)


def test_no_address_stands_in_the_code() -> None:
    e = Entry()
    out = e.b.value("float64*")
    e.b.block.append(ir.Assign(out, "select", (True, 4096, 0)))
    with pytest.raises(ValueError):
        llvm_text(e.module())


def test_comparison_of_pointers() -> None:
    e = Entry()
    a, b = e.argument(0, "float64"), e.argument(1, "float64")
    out = e.result(0, "bool", 3)
    for k, pair in enumerate(((a, b), (a, a), (a, 0))):
        e.b.store(out, k, e.b.emit("eq", pair, "bool"))
    loaded = load_object(compile_llvm(llvm_text(e.module())), "entry")
    assert Call(loaded.address, [np.zeros(2), np.zeros(2)], ["bool"]).results[0].tolist() == [False, True, False]
