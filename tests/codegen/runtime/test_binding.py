"""A bound executable, natively and through ctypes: arguments, results, shared cells, failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from entries import SCALAR, VECTOR, adder, checked, summed, too_large

from codegen.errors import RunError
from codegen.program import ArrayType


class Recorded:
    """What `slow` was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self.calls.append((args, kwargs))
        return "slow"


def vector(*numbers: float) -> np.ndarray:
    return np.array(numbers, "float64")


# Arguments ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32"])
@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3), (2, 0, 3)])
def test_arrays(bind, dtype, shape):
    f = bind(adder(ArrayType(dtype, (None,) * len(shape))), [0, 1], [0], single=True)
    a, b = np.ones(shape, dtype), np.full(shape, 41, dtype)
    got = f(a, b)
    assert got.__class__ is np.ndarray and got.dtype == dtype and got.shape == shape
    np.testing.assert_array_equal(got, a + b)
    assert got.flags.owndata and got.flags.writeable and got.base is None
    np.testing.assert_array_equal(f.run([a, b]), a + b)


def test_one_argument_twice_and_in_another_order(bind):
    assert bind(adder(SCALAR), [1, 1], [0], single=True, positional=2)(5.0, 2.0) == 4


@pytest.mark.parametrize("x", [1.5, 2, np.float64(1.5), np.array(1.5), -1.0, -1])
def test_numbers_for_float64(bind, x):
    slow = Recorded()
    f = bind(adder(SCALAR), [0, 1], [0], single=True, slow=slow)
    got = f(x, 0.25)
    assert not slow.calls and got.shape == () and got == float(x) + 0.25


@pytest.mark.parametrize("x", [-1, 2, np.int64(7), 2**62])
def test_numbers_for_int64(bind, x):
    slow = Recorded()
    f = bind(adder(ArrayType("int64", ())), [0, 1], [0], single=True, slow=slow)
    assert f(x, 5) == x + 5 and not slow.calls


@pytest.mark.parametrize(
    ("dtype", "x"),
    [
        ("float64", True), ("float64", 10**400), ("float64", "1"), ("float64", None), ("float64", np.float32(1)), ("float64", [1.0]),
        ("float64", np.array([1.0])), ("float64", np.array(1.0, ">f8")), ("float64", np.array(1, "int64")),
        ("int64", 1.0), ("int64", 2**63), ("int64", True), ("int64", np.int32(1)), ("float32", 1.0), ("float32", 1), ("int32", 1),
    ],
)
def test_numbers_that_go_slow(bind, dtype, x):
    slow = Recorded()
    f = bind(adder(ArrayType(dtype, ())), [0, 1], [0], single=True, slow=slow)
    y = np.array(0, dtype)
    assert f(x, y) == "slow" and f(y, x) == "slow"
    assert slow.calls[0][0][0] is x and slow.calls[1][0][1] is x


def test_a_number_where_a_vector_is_wanted_goes_slow(bind):
    slow = Recorded()
    f = bind(adder(VECTOR), [0, 1], [0], single=True, slow=slow)
    assert f(1.0, vector(1)) == f(np.float64(1), vector(1)) == "slow"


def unaligned() -> np.ndarray:
    return np.zeros(33, np.uint8)[1:].view("float64")


@pytest.mark.parametrize(
    "x",
    [np.zeros(8)[::2], np.zeros((2, 2)), np.zeros(4, "float32"), np.zeros(4, ">f8"), [0.0] * 4, np.ma.zeros(4), unaligned(), np.zeros(5)],
    ids=["strided", "ndim", "dtype", "byte order", "list", "subclass", "unaligned", "static size"],
)
def test_arrays_that_go_slow(bind, x):
    slow = Recorded()
    f = bind(adder(ArrayType("float64", (4,))), [0, 1], [0], single=True, slow=slow)
    good = np.zeros(4)
    assert f(good, x) == f(x, good) == "slow" and len(slow.calls) == 2
    np.testing.assert_array_equal(f(good, good), good)
    with pytest.raises(TypeError):
        f.run([good, x])


def test_read_only_and_dtype_made_anew(bind):
    f = bind(adder(VECTOR), [0, 1], [0], single=True)
    x = vector(1, 2)
    x.flags.writeable = False
    y = np.array([1, 2], np.dtype("float64", metadata={"unit": "m"}))
    np.testing.assert_array_equal(f(x, y), [2, 4])


def test_keywords_and_numbers_of_arguments_go_slow(bind):
    slow = Recorded()
    f = bind(adder(SCALAR), [0, 1], [0], single=True, slow=slow)
    assert f(1.0) == f(1.0, 2.0, 3.0) == f() == f(1.0, b=2.0) == f(1.0, 2.0, name=3) == "slow"
    assert slow.calls == [((1.0,), {}), ((1.0, 2.0, 3.0), {}), ((), {}), ((1.0,), {"b": 2.0}), ((1.0, 2.0), {"name": 3})]
    with pytest.raises(TypeError):
        bind(adder(SCALAR), [0, 1], [0])("a", 1.0)


def test_slow_raises_and_runs(bind):
    def slow(a: Any, b: Any = 10.0) -> Any:
        if a is None:
            raise KeyError("none")
        return f.run([np.asarray(a, "float64"), np.asarray(b, "float64")])

    f = bind(adder(SCALAR), [0, 1], [0], single=True, slow=slow)
    assert f("1.5") == 11.5 and f(1.5, b=1) == 2.5
    with pytest.raises(KeyError):
        f(None)
    with pytest.raises(TypeError):
        f.run([np.array(1.0)])


def test_very_many_arguments(bind):
    count = 6000
    f = bind(summed(count), list(range(count)), [0], single=True)
    assert f(*range(count)) == sum(range(count))


def test_constants(bind):
    f = bind(adder(VECTOR), [0, 1], [0], single=True)
    executable = adder(VECTOR)
    executable.layout.arguments.pop()
    executable.layout.constants.append(vector(10, 20))
    f = bind(executable, [0], [0], single=True)
    np.testing.assert_array_equal(f(vector(1, 2)), [11, 22])


# Results --------------------------------------------------------------------------------------------------------------
def test_forms_of_results(bind):
    e = adder(SCALAR, updates=1)
    assert bind(e, [0, 1], [0, 1])(1.0, 2.0) == [3, 3]
    assert bind(e, [0, 1], [1], single=False)(1.0, 2.0) == [3]
    assert bind(e, [0, 1], [])(1.0, 2.0) == []
    a, b = bind(e, [0, 1], [0, 0])(1.0, 2.0)
    assert a is b


def test_results_are_memory_of_their_own(bind):
    f = bind(adder(VECTOR), [0, 1], [0], single=True)
    first, second = f(vector(1), vector(2)), f(vector(3), vector(4))
    assert first == 3 and second == 7


# Shared cells and updates ---------------------------------------------------------------------------------------------
def test_update(bind):
    cell = [vector(0, 0)]
    f = bind(adder(VECTOR, updates=1), [0, cell], [0], single=True, updates=[(1, cell)])
    seen = []
    for k in range(1, 6):
        returned = f(vector(1, 2))
        np.testing.assert_array_equal(returned, [k, 2 * k])
        np.testing.assert_array_equal(cell[0], [k, 2 * k])
        assert cell[0] is not returned
        seen.append(cell[0].ctypes.data)
    assert seen[0] == seen[2] == seen[4] and seen[1] == seen[3]  # two arrays change places
    f(vector(1, 2, 3)[:2])
    cell[0] = vector(5, 5, 5)
    np.testing.assert_array_equal(f(vector(1, 2, 3)), [6, 7, 8])
    np.testing.assert_array_equal(cell[0], [6, 7, 8])


def test_an_array_somebody_holds_is_not_used_again(bind):
    cell = [vector(0)]
    f = bind(adder(VECTOR, updates=1), [0, cell], [], updates=[(1, cell)])
    held = []
    for _ in range(6):
        held.append(cell[0])
        f(vector(1))
    assert [float(x[0]) for x in held] == list(range(6))


@pytest.mark.parametrize("array", [np.arange(4.0)[1:3], np.frombuffer(bytes(16))], ids=["view", "read only"])
def test_memory_of_others_is_not_used_again(bind, array):
    cell = [array[:]]
    before = array.copy()
    f = bind(adder(VECTOR, updates=1), [0, cell], [], updates=[(1, cell)])
    for _ in range(4):
        f(vector(1, 1))
    np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(cell[0], before + 4)


def test_two_cells_change_together(bind):
    a, b = [vector(1)], [vector(10)]
    f = bind(adder(VECTOR, updates=1), [a, b], [], updates=[(0, a), (1, b)])
    assert f() == [] and a[0] == 11 and b[0] == 11
    f()
    assert a[0] == 22 and b[0] == 22


def test_an_array_in_two_cells(bind):
    x = vector(1)
    a, b = [x], [x]
    del x
    f = bind(adder(VECTOR, updates=1), [a, b], [], updates=[(0, a)])
    for _ in range(3):
        f()
    assert a[0] == 4 and b[0] == 1


def test_a_cell_with_a_wrong_array(bind):
    cell = [np.zeros(2, "float32")]
    f = bind(adder(VECTOR), [0, cell], [0], slow=lambda *args: f.run(args))
    with pytest.raises(TypeError):
        f(vector(1, 2))


# Failures -------------------------------------------------------------------------------------------------------------
def test_failure_leaves_cells_alone(bind):
    cell, told = [vector(-1, 2)], []

    def failed(status: int, values: Any, arrays: Any) -> None:
        told.append((status, values, arrays))
        raise ValueError("negative")

    f = bind(checked(), [cell], [0], single=True, updates=[(1, cell)], failed=failed)
    before = cell[0]
    for _ in range(3):
        with pytest.raises(ValueError, match="negative"):
            f()
        assert cell[0] is before
    status, values, arrays = told[0]
    assert status == 1 and values[:2] == (7, 2) and len(values) == 12 and arrays[0] is before
    cell[0] = vector(3)
    assert f() == 6 and cell[0] == 6


def test_failure_without_a_handler(bind):
    f = bind(checked(), [0], [0], slow=None)
    with pytest.raises(RunError) as caught:
        f(vector(-1))
    assert caught.value.status == 1 and caught.value.values[:2] == (7, 1)
    with pytest.raises(RunError):
        checked().run([vector(-1)])


def test_failed_that_raises_nothing(bind):
    with pytest.raises(RuntimeError, match="status 1"):
        bind(checked(), [0], [0], failed=lambda *_: None)(vector(-1))


@pytest.mark.parametrize("count", [1 << 45, (1 << 62) + 1])
def test_out_of_memory(bind, count):
    with pytest.raises(MemoryError):
        bind(too_large(count), [], [0])()
