"""What the C target makes of control, memory and calls, written by Builder, compiled, run; and how it reads."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_calls import Address, Native, compilers, needs_compiler

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.scalar import Scalar
from codegen.targets.ctext import c_source

pytestmark = needs_compiler


class Entry:
    """Writes an entry: `b` is its builder, `argument` gives the arguments one by one."""

    def __init__(self) -> None:
        self.b = Builder()
        self.failures: list[tuple[str, str]] = []
        self.b.on_check = self.failed
        self.context = self.b.value("context*")
        self.slots = 0

    def failed(self, error: str, message: str) -> int:
        self.failures.append((error, message))
        return len(self.failures)

    def argument(self, type: str) -> Scalar:
        self.slots += 1
        return self.b.emit("argument", (self.slots - 1,), f"{type}*")

    def size(self, slot: int, axis: int = 0) -> Scalar:
        return self.b.emit("size", (slot, axis), "int64")

    def result(self, slot: int, type: str, *sizes: Any) -> Scalar:
        out = self.b.value(f"{type}*")
        self.b.block.append(ir.Result(out, slot, tuple(x.value if isinstance(x, Scalar) else x for x in sizes)))
        return Scalar(self.b, out)

    def scratch(self, type: str, size: Any, slot: int = 0) -> Scalar:
        out = self.b.value("void*")
        self.b.block.append(ir.Scratch(out, size.value if isinstance(size, Scalar) else size, slot))
        return self.b.recast(Scalar(self.b, out), f"{type}*")

    def module(self, *kernels: ir.Function) -> ir.Module:
        return ir.Module(ir.Function("entry", (self.context,), self.b.block, fails=True), list(kernels), self.b.libraries)


def kernel(name: str, b: Builder, readonly: tuple[int, ...] = (), distinct: tuple[int, ...] = ()) -> ir.Function:
    return ir.Function(name, tuple(b.parameters), b.block, b.fails, frozenset(readonly), frozenset(distinct))


@pytest.fixture(params=compilers())
def native(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[ir.Module], Native]:
    return lambda module: Native(module, tmp_path, request.param)


def combine() -> ir.Module:
    b = Builder()
    x, y, out, n = [b.parameter(t) for t in ("float64*", "float64*", "float64*", "int64")]
    with b.loop(0, n, independent=True) as i:
        b.store(out, i, b.add(b.mul(2.0, b.load(x, i)), b.mul(3.0, b.load(y, i))))
    e = Entry()
    x0, y0 = e.argument("float64"), e.argument("float64")
    n0 = e.b.same(e.size(0), e.size(1))
    out0 = e.result(0, "float64", n0)
    e.b.block.append(ir.Call("combine", (x0.value, y0.value, out0.value, n0.value)))
    return e.module(kernel("combine", b, readonly=(0, 1), distinct=(2,)))


GOLDEN = """\
static void combine(const double *in0, const double *in1, double *restrict out2, int64_t n3)
{
    INDEPENDENT_ROUNDS
    for (int64_t i = 0; i < n3; i++) {
        out2[i] = 2.0 * in0[i] + 3.0 * in1[i];
    }
}

int64_t entry(struct context *context)
{
    double *argument0 = context->data[0];
    double *argument1 = context->data[1];
    int64_t size0_0 = context->sizes[0][0];
    int64_t size1_0 = context->sizes[1][0];
    if (!(size0_0 == size1_0)) {
        context->values[0] = size0_0;
        context->values[1] = size1_0;
        return 1;
    }
    double *result0 = context->result(context, 0, (int64_t[1]){size0_0});
    if (result0 == NULL)
        return -1;
    combine(argument0, argument1, result0, size0_0);
    return 0;
}
"""


def test_text_reads_as_if_written_by_hand() -> None:
    text = c_source(combine(), "2 * x + 3 * y */ int x;")
    assert text.startswith("/* 2 * x + 3 * y * / int x;\n")
    assert text.endswith(GOLDEN)
    assert max(len(line) for line in text.split("\n")) <= 160


def test_results_and_checks(native: Callable[[ir.Module], Native]) -> None:
    f = native(combine())
    x, y = np.arange(5.0), np.linspace(-1, 1, 5)
    status, _, (got,) = f([x, y], [(np.float64, 1)])
    assert status == 0
    np.testing.assert_array_equal(got, 2 * x + 3 * y)
    status, values, _ = f([x, y[:3].copy()], [(np.float64, 1)])
    assert (status, values[:2]) == (1, [5, 3])
    assert f([x, y], [(np.float64, 1)], memory=False)[0] == -1


def test_folds_hand_on_all_values_at_once(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, out, n = e.b, e.argument("int64"), e.size(0)
    first, second, third = b.fold(0, n, [b.constant(0, "int64"), b.constant(1, "int64"), b.constant(5, "int64")],
                                  lambda i, x, y, z: [y, b.add(x, y), b.sub(z, x)])
    b.store(out, 0, first)
    b.store(out, 1, second)
    b.store(out, 2, third)
    x = np.zeros(10, np.int64)
    assert native(e.module())([x])[0] == 0
    p, q, r = 0, 1, 5
    for _ in range(10):
        p, q, r = q, p + q, r - p
    assert list(x[:3]) == [p, q, r]


def test_a_fold_of_no_rounds_gives_the_initial_values(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, out = e.b, e.argument("float64")
    (total,) = b.fold(e.size(0), 0, [7.5], lambda i, t: [b.add(t, 1.0)])
    b.store(out, 0, total)
    x = np.zeros(3)
    native(e.module())([x])
    assert x[0] == 7.5


def test_steps_and_nests(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, out, n, m = e.b, e.argument("int64"), e.size(0, 0), e.size(0, 1)
    with b.loop(0, n) as i:
        with b.loop(1, m, step=3) as j:
            b.store(out, i * m + j, i * 100 + j)
    x = np.full((4, 8), -1, np.int64)
    native(e.module())([x])
    wanted = np.full((4, 8), -1, np.int64)
    wanted[:, 1::3] = np.arange(4)[:, None] * 100 + np.arange(8)[1::3]
    np.testing.assert_array_equal(x, wanted)


def test_repeat_looks_at_the_values_of_its_round(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, out = e.b, e.argument("int64")

    def step(x: Any, count: Any) -> tuple[Any, list[Any]]:
        half = b.div(x, 2)
        following = b.select(b.equal(b.rem(x, 2), 0), half, x * 3 + 1)
        return b.greater(x, 4), [following, count + 1]  # of the value before, while the value after goes on

    last, count = b.repeat([b.load(out, 0), b.constant(0, "int64")], step)
    b.store(out, 1, last)
    b.store(out, 2, count)
    x = np.array([27, 0, 0])
    native(e.module())([x])
    value, rounds, go_on = 27, 0, True
    while go_on:
        go_on = value > 4
        value = value // 2 if value % 2 == 0 else 3 * value + 1
        rounds += 1
    assert list(x) == [27, value, rounds]


def test_only_the_branch_taken_runs(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, out, n = e.b, e.argument("int64"), e.argument("int64"), e.size(0)
    with b.loop(0, n) as i:
        d = b.load(x, i)
        one, two = b.when(b.not_equal(d, 0), lambda: [b.emit("div", (100, d), "int64"), d], lambda: [b.constant(-1, "int64"), 7])
        b.store(out, i, b.add(one, two))
        b.when(b.greater(d, 3), lambda: b.store(x, i, 0))
    values, got = np.array([0, 1, 3, -7, 100]), np.zeros(5, np.int64)
    native(e.module())([values, got])
    assert list(got) == [6, 101, 36, -21, 101]
    assert list(values) == [0, 1, 3, -7, 0]


def test_failures_leave_kernels_and_loops(native: Callable[[ir.Module], Native]) -> None:
    b = Builder()
    e = Entry()
    b.on_check = e.failed
    x, n, limit = b.parameter("float32*"), b.parameter("int64"), b.parameter("float32")
    with b.loop(0, n) as i:
        b.check(b.less(b.load(x, i), limit), "ValueError", "element {} of {}", i, n)
    e.b.check(b_false := e.b.less(e.size(0), 100), "IndexError", "too many")
    assert isinstance(b_false, Scalar)
    data = e.argument("float32")
    e.b.block.append(ir.Call("check", (data.value, e.size(0).value, 2.5)))
    e.b.store(data, 0, -1.0)
    f = native(e.module(kernel("check", b, readonly=(0,))))
    assert e.failures == [("ValueError", "element {} of {}"), ("IndexError", "too many")]
    x1 = np.array([1, 2, 0.5], np.float32)
    assert f([x1])[0] == 0 and x1[0] == -1
    x2 = np.array([1, 2, 2.5, 9], np.float32)
    status, values, _ = f([x2])
    assert (status, values[:2], x2[0]) == (1, [2, 4], 1)
    assert f([np.zeros(100, np.float32)])[0] == 2


def test_what_was_read_stays_as_it_was_read(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, n = e.b, e.argument("float64"), e.size(0)
    with b.loop(0, b.div(n, 2)) as i:  # turns the array round in place
        first = b.load(x, i)
        last = b.load(x, n - 1 - i)
        b.store(x, i, last)
        b.store(x, n - 1 - i, first)
    before = b.mul(b.load(x, 0), 10.0)
    b.when(b.greater(n, 3), lambda: b.store(x, 0, 99.0))
    b.store(x, 1, before)
    a = np.arange(5.0)
    native(e.module())([a])
    assert list(a) == [99, 40, 2, 1, 0]


def test_the_end_of_a_loop_is_read_once(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x = e.b, e.argument("int64")
    with b.loop(0, b.load(x, 0)) as i:
        b.store(x, 0, b.mul(i, 2))
        b.store(x, 1, b.add(b.load(x, 1), 1))
    a = np.array([5, 0])
    native(e.module())([a])
    assert list(a) == [8, 5]


def test_locals(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, out, n = e.b, e.argument("float32"), e.argument("float32"), e.size(0)
    place = b.local("float32", 16)
    with b.loop(0, n, independent=True) as i:
        with b.loop(0, 16) as k:
            b.store(place, k, b.mul(b.load(x, i), b.cast(k, "float32")))
        (total,) = b.fold(0, 16, [b.constant(0, "float32")], lambda k, t: [b.add(t, b.load(place, k))])
        b.store(out, i, total)
    f = native(e.module())
    assert "\n    INDEPENDENT_ROUNDS" not in f.source and "aligned(64)" in f.source
    a, got = np.arange(40, dtype=np.float32), np.zeros(40, np.float32)
    f([a, got])
    np.testing.assert_array_equal(got, a * 120)


def test_scratch_and_recast(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, n = e.b, e.argument("float64"), e.size(0)
    words = e.scratch("int64", n * 8)
    more = e.scratch("uint8", 128, 1)
    with b.loop(0, n) as i:
        b.store(words, i, b.load(b.recast(x, "int64*"), i))
        b.store(more, i, 7)
    tail = b.offset(words, 1)
    b.store(x, 0, b.emit("bits", (b.load(tail, 1),), "float64"))
    b.store(x, 1, b.cast(b.load(b.recast(x, "uint8*"), 7 + 24), "float64"))
    start = Scalar(b, b.emit("bytes", (x, 16), "void*").value)
    b.store(b.recast(start, "float64*"), 0, b.cast(b.load(more, n - 1), "float64"))
    a = np.array([1.0, 2.0, 3.0, -4.0])
    f = native(e.module())
    assert f([a])[0] == 0
    assert list(a) == [3.0, 0xC0, 7.0, -4.0]
    assert f([a], memory=False)[0] == -1


def test_carried_pointers(native: Callable[[ir.Module], Native]) -> None:
    """Two buffers change places each round."""
    b = Builder()
    x, y, n = b.parameter("float64*"), b.parameter("float64*"), b.parameter("int64")

    def step(k: Any, source: Any, target: Any) -> list[Any]:
        with b.loop(0, 3) as i:
            b.store(target, i, b.add(b.load(source, i), 1.0))
        return [target, source]

    last, _ = b.fold(0, n, [x, y], step)
    b.store(x, 3, b.load(last, 2))
    e = Entry()
    x0, y0 = e.argument("float64"), e.argument("float64")
    e.b.block.append(ir.Call("turns", (x0.value, y0.value, 3)))
    a = np.zeros(4)
    native(e.module(kernel("turns", b)))([a, np.zeros(4)])
    assert list(a) == [2, 2, 2, 3]


def test_bools_are_one_byte(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, y, out, n = e.b, e.argument("bool"), e.argument("float32"), e.argument("bool"), e.size(0)
    with b.loop(0, n) as i:
        b.store(out, i, b.either(b.both(b.load(x, i), b.less(b.load(y, i), 0.0)), b.invert(b.load(x, i))))
    p = np.array([True, True, False, False])
    q = np.array([-1, 1, -1, 1], np.float32)
    got = np.ones(4, bool)
    native(e.module())([p, q, got])
    np.testing.assert_array_equal(got, (p & (q < 0)) | ~p)
    assert set(got.view(np.uint8)) <= {0, 1}


def test_library_routines(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, y, n = e.b, e.argument("float64"), e.argument("float64"), e.size(0)
    b.library("daxpy", b.cast(n, "int32"), 2.5, x, b.constant(1, "int32"), y, b.constant(1, "int32"))
    f = native(e.module())
    assert "/* daxpy */" in f.source

    def daxpy(n: Any, alpha: Any, x: Any, one: Any, y: Any, two: Any) -> None:
        assert one[0] == two[0] == 1
        for k in range(n[0]):
            y[k] += alpha[0] * x[k]

    integer, double = ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_double)
    routine = ctypes.CFUNCTYPE(None, integer, double, double, integer, double, integer)(daxpy)
    p, q = np.arange(4.0), np.ones(4)
    assert f([p, q], libraries=[ctypes.cast(routine, Address).value or 0])[0] == 0
    np.testing.assert_array_equal(q, 1 + 2.5 * np.arange(4))


def test_functions_of_python_libraries(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x = e.b, e.argument("float64")
    b.store(x, 0, b.mul(b.external("scipy.special", "betaln", b.load(x, 0), b.load(x, 1)), 2.0))
    b.external("scipy.special", "psi", 1.0)  # of which nothing is used
    f = native(e.module())
    assert "/* scipy.special.betaln */" in f.source and "libraries[1]" not in f.source
    routine = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double, ctypes.c_int)(lambda a, b, skip: 10 * a + b + 100 * skip)
    p = np.array([1.5, 2.0])
    assert f([p], libraries=[ctypes.cast(routine, Address).value or 0, 0])[0] == 0
    assert p.tolist() == [34.0, 2.0]


def test_callbacks(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x, n = e.b, e.argument("float64"), e.size(0)
    pointer, rows, columns = b.value("float64*"), b.value("int64"), b.value("int64")
    b.block.append(ir.Callback(3, ((x.value, (n.value,)), (x.value, ())), ((pointer, (rows, columns)),), 5))
    out = e.result(0, "float64", Scalar(b, columns))
    b.store(out, 0, b.load(Scalar(b, pointer), Scalar(b, rows) * Scalar(b, columns) - 1))
    made = np.arange(6.0).reshape(2, 3) + 10
    lengths = (ctypes.c_int64 * 2)(2, 3)
    met: list[Any] = []

    def callback(context: Any, slot: int, data: Any, sizes: Any) -> int:
        met.append((slot, sizes[0][0]))
        data[2] = made.ctypes.data
        sizes[2] = ctypes.cast(lengths, ctypes.POINTER(ctypes.c_int64))
        return 0

    f = native(e.module())
    status, _, (got,) = f([np.ones(7)], [(np.float64, 1)], callback)
    assert (status, met, got.shape, got[0]) == (0, [(3, 7)], (3,), 15.0)
    assert f([np.ones(7)], [(np.float64, 1)], lambda *_: 1)[0] == 5


def test_names_that_mean_something_else(native: Callable[[ir.Module], Native]) -> None:
    kernels, e = [], Entry()
    x = e.argument("float64")
    for name in ("double", "exp", "int64_of_float", "context", "a-b", "a_b", "2"):
        b = Builder()
        p = b.parameter("float64*")
        b.store(p, 0, b.add(b.exp(b.load(p, 0)), 1.0))
        kernels.append(kernel(name, b))
        e.b.block.append(ir.Call(name, (x.value,)))
        e.b.store(x, 0, 0.0)
    e.b.block.append(ir.Call("exp", (x.value,)))
    a = np.zeros(1)
    native(e.module(*kernels))([a])
    assert a[0] == 2


def test_what_is_not_used_is_not_written(native: Callable[[ir.Module], Native]) -> None:
    b = Builder()
    x, _, n = b.parameter("float64*"), b.parameter("float32*"), b.parameter("int64")
    b.mul(b.add(b.load(x, n), 1.0), 2.0)
    b.when(b.less(n, 3), lambda: [b.load(x, 0), b.load(x, 1)], lambda: [1.0, 2.0])
    b.store(x, 0, 5.0)
    e = Entry()
    x0 = e.argument("float64")
    e.b.block.append(ir.Call("k", (x0.value, e.argument("float32").value, 10**9)))
    f = native(e.module(kernel("k", b, distinct=(0, 1))))
    assert len(re.findall(r"out0\[", f.source)) == 1
    a = np.zeros(2)
    f([a, np.zeros(1, np.float32)])
    assert a[0] == 5


def test_index_arithmetic_is_plain_and_other_integers_wrap() -> None:
    e = Entry()
    b, x, out, n = e.b, e.argument("int64"), e.argument("int64"), e.size(0)
    with b.loop(0, n) as i:
        b.store(out, i * 2 + 1, b.add(b.load(x, i), b.load(x, n - 1 - i)))
    text = c_source(e.module())
    assert "argument1[i * 2 + 1] = (int64_t)((uint64_t)argument0[i] + (uint64_t)argument0[size0_0 - 1 - i]);" in text


def test_neighbours_of_an_index_are_written_where_they_are_used() -> None:
    e = Entry()
    b, x, out, n = e.b, e.argument("float64"), e.argument("float64"), e.size(0)
    with b.loop(0, n) as i:
        following = i + 1
        b.store(out, following, b.add(b.load(x, following), b.load(x, i * n + following)))
    assert "argument1[i + 1] = argument0[i + 1] + argument0[i * size0_0 + (i + 1)];" in c_source(e.module())


def test_a_guarded_index_is_not_computed_with_undefined_overflow() -> None:
    """The index comes from data and is used only where it was found to be in range, so its sum wraps as the nodes say."""
    e = Entry()
    b, x, out, n = e.b, e.argument("int64"), e.argument("int64"), e.size(0)
    k = b.load(x, 0)
    place = k * 8
    b.when(b.less(k, n), lambda: b.store(out, place, 1))
    assert "(int64_t)((uint64_t)" in c_source(e.module())


def test_long_expressions_are_cut(native: Callable[[ir.Module], Native]) -> None:
    e = Entry()
    b, x = e.b, e.argument("float64")
    total = b.load(x, 0)
    for k in range(1, 200):
        total = b.add(b.mul(total, 1.0 + 1 / k), float(k))
    b.store(x, 0, total)
    f = native(e.module())
    assert max(len(line) for line in f.source.split("\n")) < 200
    a = np.array([0.5])
    f([a])
    wanted = 0.5
    for k in range(1, 200):
        wanted = wanted * (1.0 + 1 / k) + float(k)
    assert a[0] == wanted
