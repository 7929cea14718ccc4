"""What happens during a call, natively and through ctypes: Python functions, memory, threads, references."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest
from entries import SCALAR, VECTOR, adder, caller, checked, growing, waiting

from codegen.errors import RunError
from codegen.runtime.arena import KEPT_BYTES


def vector(*numbers: float) -> np.ndarray:
    return np.array(numbers, "float64")


# Callbacks ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("no_gil", [None, True, False])
def test_callback(bind, no_gil):
    f = bind(caller(), [0], [0], single=True, callbacks=[lambda x: [np.repeat(x, 2)[::-1]]], no_gil=no_gil)
    np.testing.assert_array_equal(f(vector(1, 2)), [2, 2, 1, 1])
    np.testing.assert_array_equal(f(vector()), [])


def test_a_callback_may_keep_and_change_its_input(bind):
    kept = []

    def call(x: np.ndarray) -> Any:
        x += 1
        kept.append(x)
        return (x,)

    f = bind(caller(), [0], [0], single=True, callbacks=[call])
    given = vector(1, 2)
    got = f(given)
    del f
    np.testing.assert_array_equal(given, [1, 2])
    np.testing.assert_array_equal(got, [2, 3])
    np.testing.assert_array_equal(kept[0], [2, 3])


class Own(Exception):
    pass


@pytest.mark.parametrize("no_gil", [None, True])
def test_a_callback_raises(bind, no_gil):
    error = Own("here")

    def call(x: np.ndarray) -> Any:
        raise error

    f = bind(caller(), [0], [0], callbacks=[call], no_gil=no_gil)
    for _ in range(3):
        with pytest.raises(Own) as caught:
            f(vector(1))
        assert caught.value is error


@pytest.mark.parametrize(
    ("gives", "error"),
    [
        ([np.zeros(2, "float32")], TypeError), ([np.zeros((2, 2))], TypeError), (3, TypeError),
        ([], ValueError), ([np.zeros(1)] * 2, ValueError),
    ],
)
def test_a_callback_gives_something_else(bind, gives, error):
    with pytest.raises(error):
        bind(caller(), [0], [0], callbacks=[lambda x: gives])(vector(1))


def test_a_callback_calls_the_function(bind):
    def call(x: np.ndarray) -> Any:
        return [x] if x[0] <= 0 else [f(x - 1) + 1]

    f = bind(caller(scratches=1), [0], [0], single=True, callbacks=[call])
    np.testing.assert_array_equal(f(vector(20, 0)), [20, 0])


def test_a_callback_changes_a_cell(bind):
    cell = [vector(1)]

    def call(x: np.ndarray) -> Any:
        cell[0] = vector(100)
        gc.collect()
        return [x + 1]

    f = bind(caller(), [cell], [], updates=[(0, cell)], callbacks=[call])
    f()
    assert cell[0] == 2


# Scratch --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [0, 1, 5, 1000, 700_000])
def test_scratch(bind, count):
    f = bind(growing(), [0], [0, 1])
    x = np.arange(float(count))
    seen = []
    for _ in range(2):
        y, addresses = f(x)
        np.testing.assert_array_equal(x, y)
        assert not (addresses % 64).any()
        seen.append(addresses)
    np.testing.assert_array_equal(seen[0], seen[1])


def test_large_scratch_is_given_back(bind):
    f = bind(growing(), [0], [0, 1])
    resident = []
    for count in (10, KEPT_BYTES // 8, 10):
        f(np.ones(count))
        resident.append(pages())
    assert resident[2] - resident[0] < KEPT_BYTES


def pages() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


# Threads --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("no_gil", [True, False])
def test_threads(bind, no_gil):
    f = bind(growing(), [0], [0, 1], no_gil=no_gil)
    wrong: list[Any] = []

    def work(seed: int) -> None:
        for k in range(200):
            x = np.full(50 + seed, float(seed * 1000 + k))
            if not np.array_equal(f(x)[0], x):
                wrong.append((seed, k))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_other_threads_run_during_a_call(bind):
    """Native code waits for a number that another thread writes."""
    f = bind(waiting(), [0], [0], single=True, no_gil=True)
    x, got = vector(0), []
    thread = threading.Thread(target=lambda: got.append(f(x)))
    thread.start()
    x[0] = 1
    thread.join()
    assert got == [1]


@pytest.mark.parametrize(("work", "callbacks", "releases"), [(None, 0, True), (10, 0, False), (10**7, 0, True)])
def test_when_the_gil_is_released(work, callbacks, releases):
    assert adder(VECTOR, work=work).bind([0, 1], [0]).binding.releases is releases
    assert not caller(work=work).bind([0], [0], callbacks=[lambda x: [x]]).binding.releases


# References -----------------------------------------------------------------------------------------------------------
def test_references(bind):
    cell = [vector(1, 2)]
    x = vector(3, 4)
    f = bind(adder(VECTOR, updates=1), [0, cell], [0], single=True, updates=[(1, cell)])
    slow = bind(adder(VECTOR), [0, 1], [0], slow=lambda *args, **kwargs: None)
    bad = bind(checked(), [0], [0])
    calls = bind(caller(), [0], [0], callbacks=[lambda x: [x]])
    y, key = f(x), "some_name"
    negative = -x
    number, dtype = 12345.678, np.dtype("float64")
    scalar = bind(adder(SCALAR), [0, 1], [0], single=True)

    def use() -> None:
        f(x)
        slow(x, 1)
        slow(x, **{key: x})
        calls(x)
        scalar(number, number)
        try:
            bad(negative)
        except RunError:
            pass

    def counts() -> list[int]:
        return [sys.getrefcount(o) for o in (x, negative, y, cell, cell[0], None, number, dtype, key, f, np.ndarray)]

    use()
    gc.collect()
    before = counts()
    for _ in range(100):
        use()
    gc.collect()
    assert all(abs(a - b) < 20 for a, b in zip(before, counts())), (before, counts())


def test_a_result_is_held_once(bind):
    f = bind(adder(SCALAR), [0, 1], [0], single=True)
    x = f(1.0, 2.0)
    assert sys.getrefcount(x) == sys.getrefcount(object()) + 1 or sys.getrefcount(x) == 2
    (y,) = bind(adder(SCALAR), [0, 1], [0])(1.0, 2.0)
    assert sys.getrefcount(y) == sys.getrefcount(x)


def test_no_memory_is_lost(bind):
    cell = [np.zeros(1000)]
    f = bind(adder(VECTOR, updates=1), [0, cell], [0], single=True, updates=[(1, cell)])
    bad, calls = bind(checked(), [0], [0]), bind(caller(), [0], [0], callbacks=[lambda x: [x]])
    x = np.full(1000, -1.0)

    def use() -> None:
        for _ in range(50):
            f(x)
            calls(x)
            try:
                bad(x)
            except RunError:
                pass

    use()
    tracemalloc.start()
    use()
    gc.collect()
    first = tracemalloc.get_traced_memory()[0]
    use()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    assert grown < 8000  # one array


def test_a_callable_goes_with_what_it_holds(bind):
    class Held:
        f: Any

        def slow(self, *args: Any) -> Any:
            return self.f

    held = Held()
    held.f = f = bind(growing(), [0], [0, 1], slow=held.slow)
    f(vector(1, 2, 3))
    alive = weakref.ref(held)
    del held, f
    gc.collect()
    assert alive() is None
