"""What a function takes: every kind of Python value and memory order, casts, on every linker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In

LINKERS = ("llvm", "c", "py")
on_every_linker = pytest.mark.parametrize("linker", LINKERS)


def compiled(linker: str, *args: Any, **options: Any) -> Any:
    return symgraph.function(*args, mode=symgraph.Mode(linker=linker), **options)


ARGUMENTS = {
    "list": [1.0, 2.0, 3.0],
    "tuple": (1, 2, 3),
    "range": range(1, 4),
    "generic_float32": np.array([1, 2, 3], "float32"),
    "bool_and_int": np.array([1, 2, 3], "int8"),
    "strided": np.arange(6.0)[::2] / 2 + 1,
    "view_with_step": np.array([1.0, 9.0, 2.0, 9.0, 3.0])[::2],
    "negative_stride": np.array([3.0, 2.0, 1.0])[::-1],
    "big_endian": np.array([1.0, 2.0, 3.0], ">f8"),
    "misaligned": np.frombuffer(b"\0" + np.array([1.0, 2.0, 3.0]).tobytes(), np.uint8)[1:].view("float64"),
    "stride_zero_end": np.lib.stride_tricks.as_strided(np.array([1.0, 2.0, 3.0]), (3,), (8,)),
    "subclass": np.array([[1.0, 2.0, 3.0]]).view(np.matrix).A1,
}


@pytest.fixture(scope="module")
def weighted() -> Any:
    """linker -> a function that tells elements apart by their place."""
    x = T.dvector("x")
    return {linker: compiled(linker, [x], (x * T.arange(1, x.shape[0] + 1)).sum()) for linker in LINKERS}


@pytest.mark.parametrize("kind", ARGUMENTS)
@on_every_linker
def test_arguments_of_every_kind(linker: str, kind: str, weighted: Any) -> None:
    assert weighted[linker](ARGUMENTS[kind]) == 14.0


@on_every_linker
def test_matrices_in_any_order_of_memory(linker: str) -> None:
    m = T.dmatrix("m")
    f = compiled(linker, [m], [m[:, 0] * 2, m])
    base = np.arange(24.0).reshape(4, 6)
    locked = base.copy()
    locked.setflags(write=False)
    broadcast = np.broadcast_to(np.arange(3.0), (4, 3))
    for value in (np.asfortranarray(base), base.T, base[::-2, ::3], base[:, ::-1], locked, broadcast, base[1:1], base.view(np.matrix)):
        column, all_of_it = f(value)
        assert type(all_of_it) is np.ndarray
        assert np.array_equal(column, np.asarray(value)[:, 0] * 2) and np.array_equal(all_of_it, value)
        assert all_of_it.flags.c_contiguous and all_of_it.flags.writeable


@on_every_linker
def test_arrays_without_elements(linker: str) -> None:
    x, y = T.dvector("x"), T.dmatrix("y")
    f = compiled(linker, [x, y], [x * 2, y.sum(axis=0), T.dot(y, x), y.T])
    a, b, c, d = f([], np.empty((3, 0)))
    assert (a.shape, b.shape, c.shape, d.shape) == ((0,), (0,), (3,), (0, 3)) and not c.any()
    a, b, c, d = f(np.ones(4), np.empty((0, 4)))
    assert (a.shape, b.shape, c.shape, d.shape) == ((4,), (4,), (0,), (4, 0)) and not b.any()


@on_every_linker
def test_numpy_scalars_as_arguments(linker: str) -> None:
    x, n = T.dscalar("x"), T.lscalar("n")
    f = compiled(linker, [x, n], x * n)
    numbers = (np.float64(1.5), np.float32(1.5), np.float16(1.5), np.array(1.5), 1.5)
    counts = (np.int64(2), np.int8(2), np.array(2), True, 2.0)
    for number, count in zip(numbers, counts, strict=True):
        assert f(number, count) == number * count


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int32", "uint64", "float16", "float32", "complex64", "complex128"])
@on_every_linker
def test_values_of_every_dtype_pass_through(linker: str, dtype: str) -> None:
    x = T.tensor(dtype, shape=(None, 2))
    value = np.array([[0, 1], [1, 3]]).astype(dtype)
    same, turned = compiled(linker, [x], [x, x[::-1]])(value)
    assert same.dtype == turned.dtype == dtype and np.array_equal(same, value) and np.array_equal(turned, value[::-1])


@on_every_linker
def test_allow_input_downcast(linker: str) -> None:
    x, n = T.fscalar("x"), T.ivector("n")
    plain = compiled(linker, [x, n], [x * 1, n * 1])
    with pytest.raises(TypeError, match="cannot store"):
        plain(0.1, [1])
    with pytest.raises(TypeError, match="without risking loss of precision"):
        plain(0.5, np.array([1], "int64"))
    anything = compiled(linker, [x, n], [x * 1, n * 1], allow_input_downcast=True)
    number, counts = anything(0.1, np.array([1.9, -2.9]))
    assert number == np.float32(0.1) and counts.tolist() == [1, -2] and counts.dtype == "int32"
    for allowed, accepts in ((None, True), (False, False)):  # floatX=float32: a Python float may become one, unless forbidden
        with symgraph.config.change_flags(floatX="float32"):
            f = compiled(linker, [x], x * 1, allow_input_downcast=allowed)
            if accepts:
                assert f(0.1) == np.float32(0.1)
            else:
                with pytest.raises(TypeError):
                    f(0.1)


def test_strict_inputs_and_their_own_downcast() -> None:
    x, y = T.dscalar("x"), T.iscalar("y")
    f = symgraph.function([In(x, strict=True), In(y, allow_downcast=True)], x + y)
    assert f(np.array(1.0), 2.7) == 3.0
    with pytest.raises(TypeError, match="strict"):
        f(np.float32(1.0), 2)
