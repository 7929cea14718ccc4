"""BLAS and LAPACK by name; loading of objects."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from entries import SCALAR, VECTOR, executable

from codegen.errors import LibraryNotFound
from codegen.runtime.libraries import INTEGER, address_of
from codegen.runtime.loader import load_object
from codegen.targets.llvm import compile_llvm


def pointers(*values):
    return [x.ctypes.data_as(ctypes.c_void_p) if isinstance(x, np.ndarray) else ctypes.byref(x) for x in values]


def test_dgemm():
    a, b, c = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), np.zeros((2, 4))
    n, m, k = (ctypes.c_int64(x) for x in (4, 2, 3))
    one, zero, plain = ctypes.c_double(1), ctypes.c_double(0), ctypes.c_char(b"N")
    ctypes.CFUNCTYPE(None)(address_of("dgemm"))(*pointers(plain, plain, n, m, k, one, b, n, a, k, zero, c, n))
    np.testing.assert_array_equal(c, a @ b)


def test_integers_have_64_bits():
    assert INTEGER == "int64"
    x = np.arange(5.0)
    count, step = np.array([5], INTEGER), np.array([1], INTEGER)
    function = ctypes.CFUNCTYPE(ctypes.c_double)(address_of("ddot"))
    assert function(*pointers(count, x, step, x, step)) == x @ x


@pytest.mark.parametrize("name", ["sgemm", "zgemm", "dgemv", "dpotrf", "dgetrf", "dgesdd", "dsyevd", "dtrsm", "dgeev", "dgeqrf"])
def test_routines_that_are_there(name):
    assert address_of(name)


def test_a_routine_that_is_not_there():
    with pytest.raises(LibraryNotFound, match="'dgemmm'"):
        address_of("dgemmm")


def test_routine_through_the_context():
    def write(e):
        count = e.sizes(0)
        one = e.value("alloca i64")
        e.store(1, one, type="i64")
        routine = e.load(e.load("%context", 40), 8)
        x = e.data(0)
        got = e.call("double", routine, ("ptr", count), ("ptr", x), ("ptr", one), ("ptr", x), ("ptr", one))
        e.store(got, e.result(0, "null"), type="double")

    made = executable(write, [VECTOR], [SCALAR], libraries=["dgemm", "ddot"])
    for f in (made.bind([0], [0], single=True), lambda x: made.run([x])[0]):
        assert f(np.array([1.0, 2.0, 3.0])) == 14


def test_object_calls_the_mathematical_library():
    text = "declare double @tgamma(double)\ndefine double @entry(double %x) {\n %y = call double @tgamma(double %x)\n ret double %y\n}"
    loaded = load_object(compile_llvm(text), "entry")
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(loaded.address)(5.0) == 24


def test_a_symbol_that_is_not_there():
    with pytest.raises(LookupError, match="nothing"):
        load_object(compile_llvm("define i64 @entry(ptr %context) { ret i64 0 }"), "nothing")
