"""Every operation of every type, as the C target writes it, against numpy and exact arithmetic, at the edges of each type."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_calls import Native, needs_compiler

from codegen.errors import CompilerFailed
from codegen.loopir import nodes as ir
from codegen.loopir.operations import MATH, OPERATIONS
from codegen.targets.c import compile_c, load_shared

pytestmark = needs_compiler

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
NUMBERS = ("bool", *INTEGERS, "float16", *FLOATS)
SANITIZE = ("-fsanitize=undefined,float-cast-overflow", "-O1")


class Nodes:
    """Writes an entry whose body is one loop over the elements of its arguments."""

    def __init__(self) -> None:
        self.count = 0
        self.head: ir.Block = []
        self.body: ir.Block = []
        self.slots = 0
        self.index = self.value("int64")

    def value(self, type: str) -> ir.Value:
        self.count += 1
        return ir.Value(self.count, type)

    def argument(self, type: str) -> ir.Value:
        out = self.value(f"{type}*")
        self.head.append(ir.Assign(out, "argument", (self.slots,)))
        self.slots += 1
        return out

    def load(self, pointer: ir.Value) -> ir.Value:
        out = self.value(pointer.type[:-1])
        self.body.append(ir.Load(out, pointer, self.index))
        return out

    def assign(self, operation: str, type: str, *args: ir.Operand) -> ir.Value:
        out = self.value(type)
        self.body.append(ir.Assign(out, operation, args))
        return out

    def store(self, x: ir.Operand, type: str) -> None:
        """x goes to an argument of its own."""
        self.body.append(ir.Store(self.argument(type), self.index, x))

    def module(self, count: int) -> ir.Module:
        entry = ir.Function("entry", (ir.Value(0, "context*"),), [*self.head, ir.For(self.index, 0, count, 1, self.body)])
        return ir.Module(entry)


def edges(type: str) -> np.ndarray:
    """Numbers where something may happen."""
    if type == "bool":
        return np.array([False, True])
    if type in INTEGERS:
        info = np.iinfo(type)
        below = [-1, -2, -7, -100] if info.min else []
        return np.array(sorted({info.min, info.min + 1, info.max - 1, info.max, 0, 1, 2, 3, 7, 100, *below}), type)
    with np.errstate(over="ignore"):
        return np.array(
            [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, 3.0, -7.25, 1e-3, 0.1, 1e5, 127.6, 255.9, 300.0, -129.0,
             65504.0, 65519.9, 65520.0,
             2.0**31, -(2.0**31), 2.0**31 - 1, 2.0**32, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), 2.0**64, 1e10, -1e10, 1e19, 1e30, -1e38,
             6e-8, 2.9e-8, 2.98e-8, 6.1e-5, 1e-40, 1e-310, 5e-324, 1e300, np.inf, -np.inf, np.nan]
        ).astype(type)


def run(
    nodes: Nodes, inputs: Sequence[np.ndarray], types: Sequence[str], folder: Path, flags: Sequence[str] = ("-O1",)
) -> list[np.ndarray]:
    count = len(inputs[0])
    outputs = [np.zeros(count, type) for type in types]
    status, _, _ = Native(nodes.module(count), folder, None, flags)([*inputs, *outputs])
    assert status == 0
    return outputs


def wrap(x: int, type: str) -> Any:
    info = np.iinfo(type)
    return (x - int(info.min)) % (1 << info.bits) + int(info.min)


def quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


INTEGER_RULES: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": quotient,
    "rem": lambda a, b: a - b * quotient(a, b), "neg": lambda a: -a, "min": min, "max": max, "and": lambda a, b: a & b,
    "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b, "not": lambda a: ~a, "shl": lambda a, b: a << b, "shr": lambda a, b: a >> b,
}
COMPARISONS: dict[str, Callable[..., Any]] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}
FLOAT_RULES: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "rem": np.fmod, "neg": np.negative,
    "min": lambda a, b: np.where(a < b, a, b), "max": lambda a, b: np.where(a > b, a, b),
    "sqrt": np.sqrt, "fabs": np.abs, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "copysign": np.copysign,
    "isnan": np.isnan, "isinf": np.isinf, "signbit": np.signbit,
}
BOOL_RULES: dict[str, Callable[..., Any]] = {
    "and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor, "not": np.logical_not, "min": np.minimum, "max": np.maximum,
}


def pairs(type: str) -> tuple[np.ndarray, np.ndarray]:
    x = edges(type)
    a, b = np.meshgrid(x, x, indexing="ij")
    return np.ascontiguousarray(a.ravel()), np.ascontiguousarray(b.ravel())


def divisors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """b without what the builder never divides by: 0, and -1 below the least integer."""
    unfit = b == 0
    if b.dtype.kind == "i":
        unfit |= (b == -1) & (a == np.iinfo(a.dtype).min)
    return np.where(unfit, b.dtype.type(1), b)


def expected(operation: str, type: str, args: Sequence[np.ndarray]) -> np.ndarray:
    args = args[:OPERATIONS[operation][0]]
    with np.errstate(all="ignore"):
        if operation in COMPARISONS:
            return COMPARISONS[operation](*args)
        if type in INTEGERS:
            if operation == "signbit":
                return args[0] < 0
            rule = INTEGER_RULES[operation]
            return np.array([wrap(rule(*[int(x) for x in row]), type) for row in zip(*args)], type)
        value = (BOOL_RULES if type == "bool" else FLOAT_RULES)[operation](*args)
        return value.astype(type if OPERATIONS[operation][1] == "same" else "bool")


def operations_of(type: str) -> list[str]:
    if type in INTEGERS:
        return [*INTEGER_RULES, *COMPARISONS, *(["signbit"] if type.startswith("int") else [])]
    return [*(BOOL_RULES if type == "bool" else FLOAT_RULES), *COMPARISONS]


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal with the signs of zeros, any NaN for a NaN."""
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    nan = np.isnan(a) & np.isnan(b)
    return bool((nan | ((a == b) & (np.signbit(a) == np.signbit(b)))).all())


@pytest.mark.parametrize("constant", ["none", "left", "right"])
@pytest.mark.parametrize("type", ["bool", *INTEGERS, *FLOATS])
def test_operations(type: str, constant: str, tmp_path: Path) -> None:
    a, b = pairs(type)
    if constant == "left":
        a = np.full_like(a, a[len(a) // 3])
    elif constant == "right":
        b = np.full_like(b, 3)
    divisor = divisors(a, b)
    width = 8 * b.dtype.itemsize
    amount = (b % width).astype(type) if type in INTEGERS else b
    inputs = [a, b, divisor, amount]
    nodes = Nodes()
    values: list[ir.Operand] = [nodes.load(nodes.argument(type)) for _ in inputs]
    if constant == "left":
        values[0] = a[0].item()
    elif constant == "right":
        values[1:] = [x[0].item() for x in inputs[1:]]
    wanted: dict[str, np.ndarray] = {}
    types: list[str] = []
    for operation in operations_of(type):
        second = 2 if operation in ("div", "rem") and type in INTEGERS else 3 if operation in ("shl", "shr") else 1
        count = OPERATIONS[operation][0]
        wanted[operation] = expected(operation, type, [a, inputs[second]])
        types.append(wanted[operation].dtype.name)
        nodes.store(nodes.assign(operation, types[-1], *[values[0], values[second]][:count]), types[-1])
    for operation, got in zip(wanted, run(nodes, inputs, types, tmp_path)):
        assert same(got, wanted[operation]), operation


@pytest.mark.parametrize("type", NUMBERS)
def test_select_and_fma(type: str, tmp_path: Path) -> None:
    a, b = pairs(type)
    condition = np.arange(len(a)) % 3 == 0
    nodes = Nodes()
    c, x, y = [nodes.load(nodes.argument(t)) for t in ("bool", type, type)]
    nodes.store(nodes.assign("select", type, c, x, y), type)
    nodes.store(nodes.assign("select", type, c, a[1].item(), b[0].item()), type)
    types = [type, type]
    if type in FLOATS:
        nodes.store(nodes.assign("fma", type, x, y, x), type)
        types.append(type)
    got = run(nodes, [condition, a, b], types, tmp_path)
    assert same(got[0], np.where(condition, a, b))
    assert same(got[1], np.where(condition, a[1], b[0]))
    if type == "float64":
        for p, q, value in zip(a.tolist(), b.tolist(), got[2]):
            if math.isfinite(p) and math.isfinite(q) and abs(p * q) < 1e300 and abs(p * q) > 1e-250:
                assert value == float(Fraction(p) * Fraction(q) + Fraction(p))


def x86(x: float, type: str) -> int:
    """What x86 converts to an integer: beyond its range the lowest one, of which narrower types keep the low bits."""
    info = np.iinfo(type)
    width = 64 if info.bits == 64 or type == "uint32" else 32
    if type == "uint64" and x >= 2.0**63:
        return int(x86(x - 2.0**63, "int64")) ^ (1 << 63) if x < 2.0**64 else 0
    if math.isnan(x):
        return 0 if type == "uint64" else wrap(-(1 << (width - 1)), type)
    if math.isinf(x) or not -(1 << (width - 1)) <= int(x) < 1 << (width - 1):
        return wrap(-(1 << (width - 1)), type)
    return wrap(int(x), type)


def cast_rule(x: np.ndarray, type: str) -> np.ndarray:
    with np.errstate(all="ignore"):
        if x.dtype.kind == "f" and type in INTEGERS:
            return np.array([x86(float(v), type) & ((1 << np.iinfo(type).bits) - 1) for v in x], np.uint64).astype(type)
        if x.dtype.kind in "iu" and type == "float16":
            return x.astype(np.float32).astype(np.float16)
        return x.astype(type)


@pytest.mark.parametrize("source", NUMBERS)
def test_casts(source: str, tmp_path: Path) -> None:
    x = edges(source)
    nodes = Nodes()
    value = nodes.load(nodes.argument(source))
    for target in NUMBERS:
        nodes.store(nodes.assign("cast", target, value), target)
    for target, got in zip(NUMBERS, run(nodes, [x], NUMBERS, tmp_path)):
        assert same(got, cast_rule(x, target)), target


@pytest.mark.parametrize(("source", "targets"), [
    ("float64", ("int64", "uint64")), ("float32", ("int32", "uint32")), ("int64", ("float64", "uint64")), ("uint64", ("float64", "int64")),
    ("int32", ("float32", "uint32")), ("uint32", ("float32", "int32")), ("int16", ("float16", "uint16")), ("float16", ("int16", "uint16")),
])
def test_bits(source: str, targets: tuple[str, ...], tmp_path: Path) -> None:
    x = edges(source)
    nodes = Nodes()
    value = nodes.load(nodes.argument(source))
    for target in targets:
        nodes.store(nodes.assign("bits", target, value), target)
    for target, got in zip(targets, run(nodes, [x], targets, tmp_path)):
        assert got.tobytes() == x.view(target).tobytes(), target


def test_every_half(tmp_path: Path) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    nodes = Nodes()
    value = nodes.load(nodes.argument("float16"))
    single = nodes.assign("cast", "float32", value)
    nodes.store(single, "float32")
    nodes.store(nodes.assign("cast", "float64", value), "float64")
    nodes.store(nodes.assign("cast", "float16", single), "float16")
    single, double, half = run(nodes, [halves], ["float32", "float64", "float16"], tmp_path, ["-O3"])
    assert same(single, halves.astype(np.float32)) and same(double, halves.astype(np.float64)) and same(half, halves)


def test_halves_are_rounded_once(tmp_path: Path) -> None:
    """Beside every half and every middle between two of them, in double and in single precision."""
    halves = np.arange(0x7C01, dtype=np.uint16).view(np.float16).astype(np.float64)
    halves[-1] = 65536.0
    middles = (halves[1:] + halves[:-1]) / 2
    points = np.concatenate([halves, middles])
    double = np.concatenate([points, np.nextafter(points, 0), np.nextafter(points, np.inf)])
    double = np.concatenate([double, -double])
    with np.errstate(over="ignore"):
        single = double.astype(np.float32)
        wanted = [double.astype(np.float16), single.astype(np.float16)]
    nodes = Nodes()
    for type in ("float64", "float32"):
        nodes.store(nodes.assign("cast", "float16", nodes.load(nodes.argument(type))), "float16")
    # arguments are numbered as they are asked for: input, output, input, output
    outputs = [np.zeros(len(double), np.float16) for _ in range(2)]
    Native(nodes.module(len(double)), tmp_path)([double, outputs[0], single, outputs[1]])
    assert same(outputs[0], wanted[0]) and same(outputs[1], wanted[1])


DOMAIN = {
    "log": (0.0, 9.0), "log2": (0.0, 9.0), "log10": (0.0, 9.0), "log1p": (-0.9, 9.0), "asin": (-1.0, 1.0), "acos": (-1.0, 1.0),
    "acosh": (1.0, 9.0), "atanh": (-0.9, 0.9), "tgamma": (0.1, 9.0), "lgamma": (0.1, 9.0), "pow": (0.0, 4.0),
}
IN_PYTHON = {"tgamma": math.gamma, "cbrt": np.cbrt, "exp2": np.exp2}


@pytest.mark.parametrize("type", FLOATS)
def test_functions(type: str, tmp_path: Path) -> None:
    nodes = Nodes()
    inputs, wanted = [], {}
    for name, count in MATH.items():
        low, high = DOMAIN.get(name, (-3.0, 3.0))
        args = [np.linspace(low + 0.01 * k, high, 61).astype(type) for k in range(count)]
        inputs += args
        rule = IN_PYTHON.get(name) or getattr(math, name)
        wanted[name] = np.array([float(rule(*[float(v) for v in row])) if row[0] or "log" not in name else -np.inf for row in zip(*args)])
    pointers = [nodes.argument(type) for _ in inputs]
    place = 0
    for name, count in MATH.items():
        nodes.store(nodes.assign(name, type, *[nodes.load(p) for p in pointers[place:place + count]]), type)
        place += count
    tolerance = 1e-6 if type == "float32" else 5e-15
    for name, got in zip(wanted, run(nodes, inputs, [type] * len(wanted), tmp_path)):
        np.testing.assert_allclose(got, wanted[name], rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("type", ["bool", "int8", "uint16", "int32", "int64", "uint64", "float32", "float64"])
def test_nested_expressions(type: str, seed: int, tmp_path: Path) -> None:
    """Random trees of operations, each value used once, mean in C what the nodes mean: precedence, rounding, wrapping."""
    random = np.random.default_rng(seed)
    a, b = pairs(type)
    x = edges(type)
    chosen = [name for name in operations_of(type) if name not in ("rem", "shl", "shr") and not (name == "div" and type in INTEGERS)]
    nodes = Nodes()
    pointers = [nodes.argument(type), nodes.argument(type)]

    def tree(depth: int) -> tuple[ir.Operand, Any]:
        if depth == 0 or random.random() < 0.15:
            which = int(random.integers(3))
            if which == 2:
                value = random.choice(x)
                return value.item(), np.full_like(a, value)
            return nodes.load(pointers[which]), (a, b)[which]
        name = str(random.choice(chosen))
        parts = [tree(depth - 1) for _ in range(OPERATIONS[name][0])]
        value = expected(name, type, [p[1] for p in parts])
        if OPERATIONS[name][1] != "bool":
            return nodes.assign(name, type, *[p[0] for p in parts]), value.astype(type)
        if not any(isinstance(p[0], ir.Value) for p in parts) and type != "bool":
            return parts[0]
        test = nodes.assign(name, "bool", *[p[0] for p in parts])
        first, second = tree(depth - 1), tree(depth - 1)
        return nodes.assign("select", type, test, first[0], second[0]), np.where(value, first[1], second[1]).astype(type)

    wanted = []
    for _ in range(25):
        node, value = tree(3)
        nodes.store(node, type)
        wanted.append(value)
    # a random tree compares things with themselves, of which compilers warn
    got = run(nodes, [a, b], [type] * len(wanted), tmp_path, ["-O1", "-w"])
    for value, one in zip(wanted, got):
        assert same(one, value)


@pytest.mark.parametrize("type", ["bool", *INTEGERS, *FLOATS])
def test_nothing_is_undefined(type: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """UBSan has nothing to say of any operation at any of the edges; the shifts go beyond the width here."""
    a, b = pairs(type)
    divisor = divisors(a, b)
    nodes = Nodes()
    x, y, z = [nodes.load(nodes.argument(type)) for _ in range(3)]
    types = []
    for operation in operations_of(type):
        types.append("bool" if OPERATIONS[operation][1] == "bool" else type)
        second = z if operation in ("div", "rem") else y
        nodes.store(nodes.assign(operation, types[-1], *[x, second][:OPERATIONS[operation][0]]), types[-1])
    for target in NUMBERS:
        types.append(target)
        nodes.store(nodes.assign("cast", target, x), target)
    sanitizer_works(tmp_path)
    run(nodes, [a, b, divisor], types, tmp_path, SANITIZE)
    assert "runtime error" not in capfd.readouterr().err


def sanitizer_works(folder: Path) -> None:
    """Skips where the compiler has no UBSan."""
    try:
        compile_c("int entry(int x) { return x << 1; }", folder, None, SANITIZE)
    except CompilerFailed:
        pytest.skip("no UBSan")


def test_the_sanitizer_would_speak(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sanitizer_works(tmp_path)
    handle, _ = load_shared(compile_c("int entry(int x) { return x + 2147483647; }", tmp_path, None, SANITIZE))
    handle.entry(1)
    assert "runtime error" in capfd.readouterr().err


def test_unknown_operations(tmp_path: Path) -> None:
    nodes = Nodes()
    nodes.store(nodes.assign("sqrt", "int32", nodes.load(nodes.argument("int32"))), "int32")
    with pytest.raises(TypeError, match="sqrt is not defined for int32"):
        run(nodes, [np.ones(1, np.int32)], ["int32"], tmp_path)
