"""Control, memory, calls and the context: entries as they are lowered, run and compared."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from running import Call, Entry

from codegen.loopir import nodes as ir
from codegen.loopir.scalar import Scalar
from codegen.runtime.loader import load_object
from codegen.targets.llvm import compile_llvm
from codegen.targets.llvmtext import llvm_text


def run(e: Entry, arguments: Sequence[np.ndarray] = (), results: Sequence[str] = (), level: int = 2, **words: Any) -> Call:
    loaded = load_object(compile_llvm(llvm_text(e.module()), level), "entry")
    return Call(loaded.address, arguments, results, **words)


LEVELS = pytest.mark.parametrize("level", [0, 1, 2, 3])


# Control --------------------------------------------------------------------------------------------------------------
@LEVELS
@pytest.mark.parametrize("n", [0, 1, 7, 64, 1001])
def test_loops_and_folds(n: int, level: int) -> None:
    e = Entry()
    b, x, size = e.b, e.argument(0, "float64"), e.size(0)
    total, largest, last = b.fold(
        0, size, [0.0, -np.inf, -1], lambda i, s, m, k: [b.add(s, b.load(x, i)), b.maximum(m, b.load(x, i)), i],
    )
    out = e.result(0, "float64", 3)
    for k, value in enumerate((total, largest, last)):
        b.store(out, k, value)
    a = np.random.default_rng(0).standard_normal(n)
    s = 0.0
    for value in a:
        s += value
    assert run(e, [a], ["float64"], level).results[0].tolist() == [s, a.max(initial=-np.inf), n - 1]


@LEVELS
def test_steps_starts_and_nests(level: int) -> None:
    e = Entry()
    b, n, m = e.b, e.size(0, 0), e.size(0, 1)
    x, out = e.argument(0, "int32"), e.result(0, "int32", n, m)
    with b.loop(0, n * m) as k:
        b.store(out, k, 0)
    with b.loop(1, n, 3) as i, b.loop(i, m, 2) as j:
        b.store(out, i * m + j, b.add(b.load(x, i * m + j), b.cast(i, "int32")))
    a = np.arange(99, dtype="int32").reshape(9, 11)
    wanted = np.zeros_like(a)
    for i in range(1, 9, 3):
        wanted[i, i::2] = a[i, i::2] + i
    got = run(e, [a], ["int32"], level, ranks=[2]).results[0]
    np.testing.assert_array_equal(got, wanted)


@LEVELS
def test_repeat_and_when(level: int) -> None:
    """Steps of Collatz' rule from each number down to one."""
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "int64"), e.result(0, "int64", n)

    def step(k: Any, count: Any) -> Any:
        even = b.equal(b.rem(k, 2), 0)
        k = b.when(even, lambda: b.div(k, 2), lambda: b.add(b.mul(k, 3), 1))
        return b.greater(k, 1), [k, b.add(count, 1)]

    with b.loop(0, n) as i:
        b.store(out, i, b.repeat([b.load(x, i), 0], step)[1])
    a = np.arange(2, 40)
    wanted = []
    for k in a.tolist():
        count = 0
        while k > 1:
            k, count = k // 2 if k % 2 == 0 else 3 * k + 1, count + 1
        wanted.append(count)
    assert run(e, [a], ["int64"], level).results[0].tolist() == wanted


@LEVELS
def test_branches_in_folds_with_several_values(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    x = e.argument(0, "float64")

    def body(i: Any, low: Any, high: Any, seen: Any) -> Any:
        value = b.load(x, i)
        low, high = b.when(b.less(value, 0.0), lambda: [b.add(low, value), high], lambda: [low, b.fold(
            0, 2, [high], lambda k, h: [b.add(h, value)])[0]])
        return [low, high, b.either(seen, b.equal(value, 3.0))]

    values = b.fold(0, n, [0.0, 0.0, False], body)
    out = e.result(0, "float64", 3)
    for k, value in enumerate(values):
        b.store(out, k, value)
    assert run(e, [np.array([1.0, -2.0, 3.0, -4.0])], ["float64"], level).results[0].tolist() == [-6.0, 8.0, 1.0]


def test_branches_without_values_write_memory() -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "bool"), e.result(0, "int8", n)
    with b.loop(0, n) as i:
        b.store(out, i, 5)
        b.when(b.load(x, i), lambda: b.store(out, i, 6))
    assert run(e, [np.array([True, False, True])], ["int8"]).results[0].tolist() == [6, 5, 6]


# Memory ---------------------------------------------------------------------------------------------------------------
@LEVELS
def test_bools_are_bytes_of_nought_and_one(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "float64"), e.result(0, "bool", n)
    flags = b.local("bool", 3)
    b.store(flags, 2, True)
    with b.loop(0, n, independent=True) as i:
        b.store(out, i, b.exclusive(b.greater(b.load(x, i), 0.5), b.load(flags, 2)))
    a = np.random.default_rng(0).random(77)
    got = run(e, [a], ["bool"], level).results[0]
    assert set(got.view("uint8").tolist()) <= {0, 1}
    np.testing.assert_array_equal(got, a <= 0.5)


def test_other_bytes_than_nought_and_one_are_true() -> None:
    e = Entry()
    out = e.result(0, "int64", 4)
    with e.b.loop(0, 4) as i:
        e.b.store(out, i, e.b.cast(e.b.load(e.argument(0, "bool"), i), "int64"))
    assert run(e, [np.array([0, 1, 2, 255], "uint8").view("bool")], ["int64"]).results[0].tolist() == [0, 1, 1, 1]


@LEVELS
def test_half_precision_and_complex_arithmetic(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    h, z = e.argument(0, "float16"), e.argument(1, "complex128")
    out, out_z = e.result(0, "float16", n), e.result(1, "complex128", n)
    wide, from_double = e.result(2, "float64", n), e.result(3, "float16", n)
    out_z, z = b.recast(out_z, "complex128*"), b.recast(z, "complex128*")
    with b.loop(0, n, independent=True) as i:
        value = b.load(h, i)
        b.store(out, i, b.add(b.mul(value, value), 0.1))
        b.store(wide, i, b.cast(value, "float64"))
        b.store(from_double, i, b.mul(b.cast(value, "float64"), 1.0 / 3.0))
        b.store(out_z, i, b.mul(b.load(z, i), b.load(z, i)))
    random = np.random.default_rng(2)
    a, c = random.standard_normal(45).astype("float16"), random.standard_normal(45) + 1j * random.standard_normal(45)
    results = run(e, [a, c], ["float16", "complex128", "float64", "float16"], level).results
    np.testing.assert_array_equal(results[0], a * a + np.float16(0.1))
    np.testing.assert_allclose(results[1], c * c, rtol=1e-14)
    np.testing.assert_array_equal(results[2], a.astype("float64"))
    np.testing.assert_array_equal(results[3], (a.astype("float64") * (1.0 / 3.0)).astype("float16"))


@LEVELS
def test_locals_in_independent_loops_are_shared_by_no_round(level: int) -> None:
    """Each round sorts three numbers in memory of the function: rounds must not be joined into vectors over it."""
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "int64"), e.result(0, "int64", n, 3)
    place = b.local("int64", 3)
    other = b.offset(place, 1)
    with b.loop(0, n, independent=True) as i:
        with b.loop(0, 3) as k:
            b.store(place, k, b.load(x, i * 3 + k))
        for low, high in ((0, 1), (1, 2), (0, 1)):
            first, second = b.load(place, low), b.load(place, high)
            b.store(place, low, b.minimum(first, second))
            b.store(place, high, b.maximum(first, second))
        b.store(out, i * 3, b.load(place, 0))
        b.store(out, i * 3 + 1, b.load(other, 0))
        b.store(out, i * 3 + 2, b.load(b.offset(other, i - i + 1), 0))
    a = np.random.default_rng(1).integers(0, 100, (53, 3))
    np.testing.assert_array_equal(run(e, [a], ["int64"], level, ranks=[2]).results[0], np.sort(a, 1))


@LEVELS
def test_scratch_grows_and_keeps_its_contents(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "float64"), e.result(0, "float64", n)

    def scratch(size: Any, slot: int) -> Scalar:
        value = b.value("float64*")
        b.block.append(ir.Scratch(value, size.value if isinstance(size, Scalar) else size, slot))
        return Scalar(b, value)

    small, other = scratch(8, 0), scratch(64, 1)
    b.store(small, 0, 2.5)
    b.store(other, 0, 100.0)
    large = scratch(n * 8, 0)
    with b.loop(1, n) as i:
        b.store(large, i, b.load(x, i))
    with b.loop(0, n) as i:
        b.store(out, i, b.add(b.load(large, i), b.load(other, 0)))
    a = np.arange(20.0)
    call = run(e, [a], ["float64"], level)
    assert call.results[0].tolist() == [102.5, *(a[1:] + 100).tolist()]
    assert {slot: block.size for slot, block in call.scratches.items()} == {0: 160, 1: 64}


def test_pointers_by_bytes_and_carried_round() -> None:
    e = Entry()
    b = e.b
    x, out = e.argument(0, "float64"), e.result(0, "float64", 3)
    second = b.recast(b.emit("bytes", [x, 8], "void*"), "float64*")
    left, right = b.fold(0, 3, [x, second], lambda i, p, q: [q, p])
    b.store(out, 0, b.load(left, 0))
    b.store(out, 1, b.load(right, 0))
    chosen = b.emit("select", [b.less(b.load(x, 0), 0.0), x, second], "float64*")
    b.store(out, 2, b.load(chosen, 0))
    assert run(e, [np.array([4.0, 5.0])], ["float64"]).results[0].tolist() == [5.0, 4.0, 5.0]


# The ways out ---------------------------------------------------------------------------------------------------------
@LEVELS
def test_checks_note_values_and_leave(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    out = e.result(0, "int64", 1)
    b.store(out, 0, 1)
    b.check(b.less(n, 10), "ValueError", "{} {} {}", n, 3, b.cast(n, "int8"))
    b.store(out, 0, 2)
    call = run(e, [np.zeros(3)], ["int64"], level)
    assert (call.status, call.results[0][0]) == (0, 2)
    call = run(e, [np.zeros(10)], ["int64"], level)
    assert (call.status, call.values[:4], call.results[0][0]) == (7, [10, 3, 10, 0], 1)


@LEVELS
def test_failures_leave_loops_and_kernels(level: int) -> None:
    e = Entry()

    def inner(b: Any, x: Any, n: Any) -> None:
        with b.loop(0, n) as i:
            b.check(b.greater_equal(b.load(x, i), 0.0), "ValueError", "at {}", i)

    check = e.kernel("check", ["float64*", "int64"], inner, readonly=frozenset({0}))
    def outer(b: Any, x: Any, n: Any) -> None:
        b.block.append(ir.Call("check", (x.value, n.value)))
        b.fails = True

    through = e.kernel("through", ["float64*", "int64"], outer)
    out = e.result(0, "int64", 1)
    check(e.argument(0, "float64"), e.size(0))
    through(e.argument(1, "float64"), e.size(1))
    e.b.store(out, 0, 1)
    good, bad = np.ones(5), np.array([1.0, 1.0, -1.0])
    assert run(e, [good, good], ["int64"], level).status == 0
    for arguments in ([bad, good], [good, bad]):
        call = run(e, arguments, ["int64"], level)
        assert (call.status, call.values[0]) == (7, 2)


def test_a_failure_that_always_comes() -> None:
    e = Entry()
    e.b.check(False, "ValueError", "never {}", 5)
    e.b.store(e.result(0, "int64", 1), 0, 1)
    call = run(e, [], ["int64"])
    assert (call.status, call.values[0], call.results) == (7, 5, {})


def test_out_of_memory() -> None:
    for ask in ("result", "scratch"):
        e = Entry()
        if ask == "result":
            e.result(0, "int64", 1)
        else:
            e.b.block.append(ir.Scratch(e.b.value("void*"), 8))
        assert run(e, [], ["int64"], memory=False).status == -1


# Calls ----------------------------------------------------------------------------------------------------------------
@LEVELS
def test_kernels_take_pointers_and_scalars(level: int) -> None:
    e = Entry()

    def body(b: Any, out: Any, x: Any, n: Any, factor: Any, flag: Any, small: Any) -> None:
        with b.loop(0, n, independent=True) as i:
            b.store(out, i, b.select(flag, b.mul(b.load(x, i), factor), b.cast(small, "float64")))

    types = ["float64*", "float64*", "int64", "float64", "bool", "int8"]
    scale = e.kernel("scale", types, body, distinct=frozenset({0, 1}), readonly=frozenset({1}))
    x, n = e.argument(0, "float64"), e.size(0)
    first, second = e.result(0, "float64", n), e.result(1, "float64", n)
    scale(first, x, n, 2.5, True, 0)
    scale(second, first, n, 0.0, e.b.less(n, 0), e.b.cast(n, "int8"))
    a = np.arange(33.0)
    results = run(e, [a], ["float64", "float64"], level).results
    np.testing.assert_array_equal(results[0], a * 2.5)
    np.testing.assert_array_equal(results[1], np.full(33, 33.0))


@LEVELS
def test_library_routines_get_addresses(level: int) -> None:
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, "float64"), e.result(0, "float64", 2)
    b.library("first", n, x, 2.5, out)
    with b.loop(0, 2) as i:
        b.library("second", i, out)
    met: list[Any] = []

    integer, double = ctypes.POINTER(ctypes.c_int64), ctypes.POINTER(ctypes.c_double)

    @ctypes.CFUNCTYPE(None, integer, ctypes.c_void_p, double, double)
    def first(count: Any, data: int, factor: Any, to: Any) -> None:
        met.append((count[0], data, factor[0]))
        to[0] = to[1] = 1.0

    @ctypes.CFUNCTYPE(None, integer, double)
    def second(index: Any, to: Any) -> None:
        to[index[0]] += 10.0 * (index[0] + 1)

    a = np.arange(3.0)
    addresses = [ctypes.cast(f, ctypes.c_void_p).value or 0 for f in (first, second)]
    call = run(e, [a], ["float64"], level, libraries=addresses)
    assert met == [(3, a.ctypes.data, 2.5)] and call.results[0].tolist() == [11.0, 21.0]


def test_library_routines_of_a_kernel() -> None:
    e = Entry()
    e.b.libraries.append("only")

    def body(b: Any, x: Any) -> None:
        b.block.append(ir.Library(0, (x.value, 3)))

    call_it = e.kernel("caller", ["float64*"], body)
    out = e.result(0, "float64", 1)
    call_it(out)

    @ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_double), ctypes.POINTER(ctypes.c_int64))
    def only(to: Any, number: Any) -> None:
        to[0] = number[0]

    assert run(e, [], ["float64"], libraries=[ctypes.cast(only, ctypes.c_void_p).value or 0]).results[0].tolist() == [3.0]


@LEVELS
def test_functions_of_python_libraries_take_and_give_values(level: int) -> None:
    e = Entry()
    x, out = e.argument(0, "float64"), e.result(0, "float64", 3)
    e.b.libraries.append("other")

    def body(b: Any, x: Any, out: Any) -> None:
        b.libraries = e.b.libraries
        with b.loop(0, 3, independent=True) as i:
            b.store(out, i, b.add(b.external("scipy.special", "betaln", b.load(x, i), 2.5), 1.0))

    e.kernel("caller", ["float64*", "float64*"], body)(x, out)

    @ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double, ctypes.c_int)
    def function(a: float, b: float, skip: int) -> float:
        return 10 * a + b + 100 * skip

    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    assert run(e, [np.arange(3.0)], ["float64"], level, libraries=[0, address]).results[0].tolist() == [3.5, 13.5, 23.5]


@LEVELS
def test_callbacks_give_memory_and_sizes(level: int) -> None:
    e = Entry()
    b, n, m = e.b, e.size(0, 0), e.size(0, 1)
    x, y = e.argument(0, "float64"), e.argument(1, "float64")
    pointer, rows, scalar = b.value("float64*"), b.value("int64"), b.value("int64*")
    b.block.append(ir.Callback(3, ((x.value, (n.value, m.value)), (y.value, ())), ((pointer, (rows,)), (scalar, ())), 9))
    given, count = Scalar(b, pointer), Scalar(b, rows)
    out = e.result(0, "float64", count)
    with b.loop(0, count) as i:
        b.store(out, i, b.add(b.load(given, i), b.cast(b.load(Scalar(b, scalar), 0), "float64")))

    def answer(call: Call, slot: int, data: Any, sizes: Any) -> int:
        assert slot == 3
        if np.ctypeslib.as_array((ctypes.c_double * 1).from_address(data[1]))[0] < 0:
            return 1
        rows, columns = sizes[0][:2]
        array = np.ctypeslib.as_array((ctypes.c_double * (rows * columns)).from_address(data[0])).reshape(rows, columns)
        total, number = array.sum(0), np.array(1000)
        lengths = (ctypes.c_int64 * 1)(columns)
        call.kept += [total, number, lengths]
        data[2], data[3] = total.ctypes.data, number.ctypes.data
        sizes[2] = lengths
        return 0

    a = np.arange(12.0).reshape(3, 4)
    call = run(e, [a, np.array(1.0)], ["float64"], level, callback=answer)
    assert call.status == 0
    np.testing.assert_array_equal(call.results[0], a.sum(0) + 1000)
    assert run(e, [a, np.array(-1.0)], ["float64"], level, callback=answer).status == 9
