"""Loops that the LLVM target writes as operations on vectors: which, and that they give the bits of the plain loop."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from running import Call, Entry
from test_llvm_object import undefined

from codegen.runtime.loader import load_object
from codegen.targets import llvm
from codegen.targets.llvm import compile_llvm
from codegen.targets.llvmparts import parted
from codegen.targets.llvmplan import plan_of
from codegen.targets.llvmtext import llvm_text
from codegen.targets.survey import survey

WIDTHS = (16, 32, 64)
LENGTHS = (0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 130)
Body = Callable[[Any, Any, list[Any], Any], None]


def loop_over(body: Body, types: list[str], out: str, start: int = 0) -> Entry:
    """An entry with a kernel of one loop: ``body(b, i, arguments, result)``; i from `start` to n."""
    e = Entry()
    n = e.size(0)
    pointers = [f"{t}*" for t in [*types, out]]

    def kernel(b: Any, n: Any, *places: Any) -> None:
        with b.loop(start, n, independent=True) as i:
            body(b, i, list(places[:-1]), places[-1])

    call = e.kernel("work", ["int64", *pointers], kernel, distinct=frozenset(range(1, len(pointers) + 1)))
    call(n, *[e.argument(k, t) for k, t in enumerate(types)], e.argument(len(types), out))
    return e


def run(e: Entry, arrays: list[Any], width: int, level: int = 2) -> None:
    loaded = load_object(compile_llvm(llvm_text(e.module(), width), level), "entry")
    assert Call(loaded.address, arrays).status == 0


def data(type: str, n: int) -> Any:
    random = np.random.default_rng(n)
    if type == "bool":
        return random.integers(0, 2, n).astype(bool)
    return random.standard_normal(n).astype(type) if type.startswith("float") else random.integers(-100, 100, n).astype(type)


BODIES: dict[str, tuple[Body, list[str], str]] = {
    "sum": (lambda b, i, x, y: b.store(y, i, b.add(b.load(x[0], i), b.load(x[1], i))), ["float64", "float64"], "float64"),
    "in place": (lambda b, i, x, y: b.store(y, i, b.mul(b.load(y, i), b.load(x[0], i))), ["float32"], "float32"),
    "of all rounds": (lambda b, i, x, y: b.store(y, i, b.mul(b.load(x[0], i), b.load(x[1], 0))), ["float64", "float64"], "float64"),
    "counting": (lambda b, i, x, y: b.store(y, i, b.cast(i * 3 + 5, "float64")), ["float64"], "float64"),
    "mixed widths": (
        lambda b, i, x, y: b.store(y, i, b.select(b.load(x[0], i), b.cast(b.load(x[1], i), "float64"), 0.5)), ["bool", "int8"], "float64"),
    "to bool": (lambda b, i, x, y: b.store(y, i, b.less(b.load(x[0], i), 3)), ["int16"], "bool"),
    "chosen by number": (lambda b, i, x, y: b.store(y, i, b.select(b.less(i, 5), b.load(x[0], i), 0)), ["int64"], "int64"),
    "exp and log": (lambda b, i, x, y: b.store(y, i, b.math("log", b.add(b.math("exp", b.load(x[0], i)), 1.0))), ["float64"], "float64"),
    "float32 tanh": (lambda b, i, x, y: b.store(y, i, b.math("tanh", b.load(x[0], i))), ["float32"], "float32"),
    "copy": (lambda b, i, x, y: b.store(y, i, b.load(x[0], i)), ["int16"], "int16"),
    "copy of bools": (lambda b, i, x, y: b.store(y, i, b.load(x[0], i)), ["bool"], "bool"),
    "onto itself": (lambda b, i, x, y: b.store(y, i, b.load(y, i)), ["float64"], "float64"),
    "zero": (lambda b, i, x, y: b.store(y, i, 0.0), ["float64"], "float64"),
    "minus zero": (lambda b, i, x, y: b.store(y, i, -0.0), ["float64"], "float64"),
    "a number": (lambda b, i, x, y: b.store(y, i, 3), ["uint8"], "uint8"),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", BODIES)
def test_vectors_give_the_bits_of_the_plain_loop(name: str, width: int) -> None:
    body, types, out = BODIES[name]
    for start in (0, 2):
        e = loop_over(body, types, out, start)
        assert ' "vectors"' in llvm_text(e.module(), width)
        plain = load_object(compile_llvm(llvm_text(e.module(), 0), 0), "entry")
        written = load_object(compile_llvm(llvm_text(e.module(), width)), "entry")
        for n in LENGTHS:
            arrays = [data(t, n) for t in [*types, out]]
            wanted = [a.copy() for a in arrays]
            assert Call(plain.address, wanted).status == 0
            assert Call(written.address, arrays).status == 0
            for got, right in zip(arrays, wanted):
                np.testing.assert_array_equal(got.view("uint8"), right.view("uint8"))


def rows(b: Any, i: Any, x: list[Any], y: Any) -> None:
    b.store(y, i, b.load(x[0], i * 2))


def overwritten(b: Any, i: Any, x: list[Any], y: Any) -> None:
    place = b.load(x[0], i)
    b.store(x[0], i, -1)
    b.store(y, place, b.load(x[1], i))


def numbered(b: Any, i: Any, x: list[Any], y: Any) -> None:
    place = b.load(x[0], i)
    b.store(y, i, b.add(b.load(x[1], b.select(b.less(place, 3), 0, place - 1)), b.cast(place, "float32")))


# x[0]: a permutation
ANYWHERE: dict[str, tuple[Body, str]] = {
    "read": (lambda b, i, x, y: b.store(y, i, b.load(x[1], b.load(x[0], i))), "float64"),
    "written": (lambda b, i, x, y: b.store(y, b.load(x[0], i), b.neg(b.load(x[1], i))), "float32"),
    "bools read": (lambda b, i, x, y: b.store(y, i, b.invert(b.load(x[1], b.load(x[0], i)))), "bool"),
    "bools written": (lambda b, i, x, y: b.store(y, b.load(x[0], i), b.load(x[1], i)), "bool"),
    "in two steps": (lambda b, i, x, y: b.store(y, i, b.load(x[1], b.load(x[0], b.load(x[0], i)))), "int32"),
    "places as numbers": (numbered, "float32"),
    "places overwritten": (overwritten, "float64"),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ANYWHERE)
def test_elements_that_lie_anywhere(name: str, width: int) -> None:
    """They are read and written one by one, the rest is done with vectors."""
    body, type = ANYWHERE[name]
    e = loop_over(body, ["int64", type], type)
    assert plan_of(e.kernels[0], 32)
    plain = load_object(compile_llvm(llvm_text(e.module(), 0), 0), "entry")
    written = load_object(compile_llvm(llvm_text(e.module(), width)), "entry")
    for n in LENGTHS:
        arrays = [np.random.default_rng(n).permutation(n), data(type, n), data(type, n)]
        wanted = [a.copy() for a in arrays]
        assert Call(plain.address, wanted).status == 0
        assert Call(written.address, arrays).status == 0
        for got, right in zip(arrays, wanted):
            np.testing.assert_array_equal(got.view("uint8"), right.view("uint8"))


def test_a_few_elements_with_steps_between() -> None:
    """In a loop of few known rounds, as accumulators are; elsewhere LLVM reads vectors and picks from them."""
    e = Entry()
    n, x, y = e.size(0), e.argument(0, "float64"), e.argument(1, "float64")

    def kernel(b: Any, n: Any, x: Any, y: Any) -> None:
        with b.loop(0, n, step=8) as i, b.loop(0, 8, independent=True) as j:
            b.store(y, (i + j) * 2 + 1, b.mul(b.load(x, (i + j) * 2), 3.0))

    e.kernel("work", ["int64", "float64*", "float64*"], kernel, distinct=frozenset({1, 2}))(n // 2, x, y)
    assert plan_of(e.kernels[0], 32)
    a, b = data("float64", 48), np.zeros(48)
    run(e, [a, b], 32)
    np.testing.assert_array_equal(b[1::2], a[::2] * 3)
    assert not b[::2].any()


def walks(body: Callable[[Any, Any, Any], None]) -> Entry:
    """An entry with a kernel that starts with a loop of vectors, and goes on as `body` says."""
    e = Entry()

    def kernel(b: Any, n: Any, x: Any, y: Any) -> None:
        with b.loop(0, n, independent=True) as i:
            b.store(x, i, b.mul(b.load(x, i), 2))
        body(b, n, (x, y))

    e.kernel("work", ["int64", "int64*", "int64*"], kernel, distinct=frozenset({1, 2}))(e.size(0), e.argument(0, "int64"), e.argument(1, "int64"))
    return e


def counted(b: Any, n: Any, x: Any) -> None:
    with b.loop(0, n) as i:
        at = b.load(x[0], i)
        b.store(x[1], at, b.load(x[1], at) + 1)


def handed_on(b: Any, n: Any, x: Any) -> None:
    b.fold(0, n, [b.constant(0, "int64")], lambda i, total: [b.store(x[1], i, total) or b.add(total, b.load(x[0], i))])


def searched(b: Any, n: Any, x: Any) -> None:
    b.repeat([b.constant(0, "int64")], lambda k: (b.less(b.load(x[0], k), n), [k + 1]))


def copied(b: Any, n: Any, x: Any) -> None:
    with b.loop(0, n) as i:
        b.store(x[1], i, b.load(x[0], i) * 3)


def row_of_another(b: Any, n: Any, x: Any) -> None:
    with b.loop(0, n) as i:
        b.store(x[1], b.load(x[0], 0) + i, b.load(x[0], i) * 3)


@pytest.mark.parametrize("body, few", [(counted, True), (handed_on, True), (searched, True), (copied, False), (row_of_another, False)])
def test_serial_loops_that_need_few_passes(body: Any, few: bool) -> None:
    """Those that LLVM's vectoriser could do nothing with."""
    assert (plan_of(walks(body).kernels[0], 32) is not None) == few


def halves(b: Any, i: Any, x: list[Any], y: Any) -> None:
    b.store(y, i, b.add(b.load(x[0], i), 1.0))


def room(b: Any, i: Any, x: list[Any], y: Any) -> None:
    place = b.local("float64", 2)
    b.store(place, 0, b.load(x[0], i))
    b.store(y, i, b.load(place, 0))


LEFT: dict[str, tuple[Body, list[str], str]] = {
    "steps of two": (rows, ["float64"], "float64"), "half precision": (halves, ["float16"], "float16"),
    "memory of the function": (room, ["float64"], "float64"),
}


@pytest.mark.parametrize("name", LEFT)
def test_loops_that_are_left_to_llvm(name: str) -> None:
    e = loop_over(*LEFT[name])
    assert plan_of(e.kernels[0], 32) is None
    text = llvm_text(e.module(), 32)
    assert "parallel_accesses" in text and "many:" not in text


def accumulators(lanes: int, type: str) -> Entry:
    """The sum of all elements by `lanes` side by side, joined half by half, as reductions are lowered."""
    e = Entry()
    b, n = e.b, e.size(0)
    x, out = e.argument(0, type), e.result(0, type, 1)
    row = b.local(type, lanes)
    with b.loop(0, lanes, independent=True) as j:
        b.store(row, j, b.constant(0, type))
    with b.loop(0, n - n % lanes, step=lanes) as i, b.loop(0, lanes, independent=True) as j:
        b.store(row, j, b.add(b.load(row, j), b.load(x, i + j)))
    half = lanes // 2
    while half:
        with b.loop(0, half, independent=True) as j:
            b.store(row, j, b.add(b.load(row, j), b.load(row, j + half)))
        half //= 2
    b.store(out, 0, b.load(row, 0))
    return e


@pytest.mark.parametrize("type", ["float64", "float32", "int64", "uint8"])
@pytest.mark.parametrize("lanes", [2, 4, 8, 16, 32])
def test_accumulators_are_vectors_kept_in_registers(lanes: int, type: str) -> None:
    e = accumulators(lanes, type)
    text = llvm_text(e.module(), 32)
    assert f"<{lanes} x " in text and ' "vectors"' in text
    assert f"alloca [{lanes} x" not in llvm.optimized_text(text)
    a = data(type, 4 * lanes)
    results = []
    for width, level in ((32, 2), (32, 0), (0, 2), (64, 2)):
        loaded = load_object(compile_llvm(llvm_text(e.module(), width), level), "entry")
        results.append(Call(loaded.address, [a], [type]).results[0])
    wanted = a.reshape(4, lanes)
    total = np.zeros(lanes, type)
    for row in wanted:
        total += row
    while total.size > 1:
        total = total[:total.size // 2] + total[total.size // 2:]
    for got in results:
        np.testing.assert_array_equal(got, total)


def test_neighbours_in_memory_of_the_function_are_no_vector() -> None:
    """Round j reads what round j + 1 wrote: the loop was not asked to be independent of that memory."""
    e = Entry()
    b = e.b
    row = b.local("float64", 9)
    with b.loop(0, 8, independent=True) as j:
        b.store(row, j + 1, b.load(row, j))
    assert plan_of(e.module().entry, 32) is None


def test_a_processor_that_does_not_multiply_and_add_in_one_calls_the_library_lane_by_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    e = loop_over(BODIES["exp and log"][0], ["float64"], "float64")
    monkeypatch.setattr(llvm, "has_fma", lambda: False)
    assert undefined(compile_llvm(llvm_text(e.module(), 32))) - {"_GLOBAL_OFFSET_TABLE_"} == {"exp", "log"}
    x, y = data("float64", 21), np.empty(21)
    run(e, [x, y], 32)
    np.testing.assert_allclose(y, np.log(np.exp(x) + 1.0), rtol=1e-15)


def parts(text: str, most: int) -> list[tuple[bool, set[str]]]:
    return [(part.few, set(re.findall(r"^define .*@(\w+)\(", part.text, re.M))) for part in parted(text, most)]


def several(count: int) -> Entry:
    """`count` kernels that multiply by their number, one after the other; so many that the entry is none that loops are taken into."""
    e = Entry()
    n = e.size(0)
    for k in range(1, count + 1):
        def kernel(b: Any, n: Any, x: Any, k: int = k) -> None:
            with b.loop(0, n, independent=True) as i:
                b.store(x, i, b.math("exp", b.math("log", b.mul(b.load(x, i), float(k)))))
        e.kernel(f"times{k}", ["int64", "float64*"], kernel, distinct=frozenset({1}))(n, e.argument(0, "float64"))
    return e


def test_functions_of_both_kinds_are_compiled_apart() -> None:
    """The kernel with a loop for LLVM's own passes, and all others with few: linked in the end, with one symbol."""
    e = several(4)
    n = e.size(0)

    def every_second(b: Any, n: Any, x: Any) -> None:
        with b.loop(0, n, independent=True) as i:
            b.store(x, i * 2, b.mul(b.load(x, i * 2), 10.0))

    e.kernel("work", ["int64", "float64*"], every_second)(n, e.argument(0, "float64"))
    text = llvm_text(e.module(), 32)
    assert parts(text, 1) == [(False, {"work"}), (True, {"times1", "times2", "times3", "times4", "entry"})]
    kernel, entry = parted(text, 1)
    assert "declare hidden void @work(i64, ptr)" in entry.text and "define hidden void @work" in kernel.text
    assert "define internal void @times1" in entry.text
    x = np.arange(1.0, 41.0)
    y = x.copy()
    assert Call(load_object(compile_llvm(text), "entry").address, [y[:20]]).status == 0
    x[:20] *= 24
    x[:40:2] *= 10
    np.testing.assert_allclose(y, x, rtol=1e-14)


def test_an_entry_that_is_shorter_than_its_kernels_stays_with_them() -> None:
    """What the calls say of sizes is known to LLVM then."""
    assert parts(llvm_text(loop_over(rows, ["float64"], "float64").module(), 32), 3) == [(False, {"work", "entry"})]


def test_long_modules_are_compiled_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    e = several(12)
    text = llvm_text(e.module(), 32)
    names = {*(f"times{k}" for k in range(1, 13)), "entry"}
    assert parts(text, 1) == [(True, names)]
    found = parts(text, 3)
    assert len(found) == 3 and set().union(*(p for _, p in found)) == names and sum(len(p) for _, p in found) == 13
    monkeypatch.setattr(llvm, "cores", lambda: 3)
    x = np.array([0.5, 2.0, 3.0, 1.0, 0.25])
    y = x.copy()
    assert Call(load_object(compile_llvm(text), "entry").address, [y]).status == 0
    np.testing.assert_allclose(y, x * math.factorial(12), rtol=1e-14)


def test_what_becomes_a_part_of_its_caller_stays_with_it() -> None:
    assert parts(llvm_text(several(2).module(), 32), 3) == [(True, {"times1", "times2", "entry"})]


def test_an_error_in_a_part_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llvm, "cores", lambda: 3)
    text = llvm_text(several(12).module(), 32)
    with pytest.raises(RuntimeError, match="times7|expected"):
        compile_llvm(text.replace("@times7(i64 noundef", "@times7(i63 noundef", 1).replace("double", "dooble", 40))


def test_many_threads_compile_at_once() -> None:
    texts = [llvm_text(several(k).module(), 32) for k in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(compile_llvm, texts))
    for k, content in enumerate(found, 1):
        y = np.array([2.0, 3.0, 0.5])
        assert Call(load_object(content, "entry").address, [y]).status == 0
        np.testing.assert_allclose(y, np.array([2.0, 3.0, 0.5]) * math.factorial(k), rtol=1e-14)


def stepping(rounds: int) -> Entry:
    """A loop over time whose step is a kernel of so many rounds of its own."""
    e = Entry()
    b, n = e.b, e.size(0)

    def kernel(b: Any, x: Any) -> None:
        with b.loop(0, rounds, independent=True) as i:
            b.store(x, i, b.mul(b.load(x, i), 0.5))

    call = e.kernel("step", ["float64*"], kernel, distinct=frozenset({0}))
    with b.loop(0, n) as _:
        call(e.argument(0, "float64"))
    return e


def test_loops_of_little_work_are_left_to_llvm_with_what_they_call() -> None:
    facts = {rounds: survey(stepping(rounds).module()) for rounds in (2, 400)}
    assert facts[2]["step"].fine and facts[2]["entry"].driver
    assert not facts[400]["step"].fine and not facts[400]["entry"].driver
    assert parts(llvm_text(stepping(2).module(), 32), 1) == [(False, {"step", "entry"})]
    assert parts(llvm_text(stepping(400).module(), 32), 1) == [(True, {"step", "entry"})]
    for rounds in (2, 400):
        x = np.ones(rounds)
        run(stepping(rounds), [x], 32)
        np.testing.assert_array_equal(x, 0.5**rounds)
