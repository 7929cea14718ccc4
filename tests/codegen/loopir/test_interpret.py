"""The interpreter: control, memory, calls; and that it sees what native code would do silently."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

from codegen.layout import CallbackType
from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.fortran import routine
from codegen.loopir.interpret import Fault, interpret
from codegen.loopir.scalar import Scalar
from codegen.loopir.verify import verify
from codegen.program import ArrayType

VECTOR = ArrayType("float64", (None,))


class Entry(Builder):
    """A Builder of an entry's body."""

    def __init__(self) -> None:
        super().__init__()
        self.parameter("context*")
        self.on_check = lambda error, message: 3

    def argument(self, slot: int, type: str = "float64") -> Scalar:
        return Scalar(self, self.emit("argument", [slot], f"{self.part_type(type)}*").value, f"{type}*")

    def size(self, slot: int, axis: int = 0) -> Scalar:
        return self.emit("size", [slot, axis], "int64")

    def result(self, slot: int, *sizes: Any, type: str = "float64") -> Scalar:
        out = self.value(f"{self.part_type(type)}*")
        self.block.append(ir.Result(out, slot, tuple(s.value if isinstance(s, Scalar) else s for s in sizes)))
        return Scalar(self, out, f"{type}*")

    def scratch(self, size: Any, slot: int = 0) -> Scalar:
        out = self.value("float64*")
        self.block.append(ir.Scratch(out, size.value if isinstance(size, Scalar) else size, slot))
        return Scalar(self, out)

    def module(self, *kernels: ir.Function) -> ir.Module:
        module = ir.Module(ir.Function("entry", tuple(self.parameters), self.block, True), list(kernels), self.libraries)
        verify(module)
        return module

    def run(self, *arrays: Any, results: Any = (VECTOR,), kernels: Any = (), **words: Any) -> tuple[int, list[int], list[Any]]:
        return interpret(self.module(*kernels), arrays, results, **words)


def kernel(name: str, types: list[str], write: Callable[..., None], **words: Any) -> ir.Function:
    b = Builder()
    b.on_check = lambda error, message: 4
    write(b, *[b.parameter(type) for type in types])
    return ir.Function(name, tuple(b.parameters), b.block, b.fails, **words)


def test_loops_carry_values() -> None:
    b = Entry()
    x, n, out = b.argument(0), b.size(0), b.result(0, 3)
    total, last = b.fold(0, n, [0.0, -1], lambda i, total, last: [b.add(total, b.load(x, i)), i], step=2)
    b.store(out, 0, total)
    b.store(out, 1, last)
    b.store(out, 2, b.repeat([b.constant(1, "int64")], lambda k: (b.less(k, 100), [k * 3]))[0])
    status, values, (got,) = b.run(np.arange(1.0, 8.0))
    assert (status, values, got.tolist()) == (0, [], [16.0, 6.0, 729.0])
    assert b.run(np.zeros(0))[2][0].tolist() == [0.0, -1.0, 729.0]  # no round: the initial values


def test_one_branch_runs() -> None:
    b = Entry()
    x, out = b.argument(0), b.result(0, 1)
    first = b.load(x, 0)
    b.store(out, 0, b.when(b.less(first, 0), lambda: b.load(x, 10**6), lambda: b.exp(first)))
    assert b.run(np.array([0.0]))[2][0].tolist() == [1.0]
    with pytest.raises(Fault, match=r"entry: .* = load .*: element 1000000 of 1 elements of float64"):
        b.run(np.array([-1.0]))


def test_a_failure_leaves_with_what_it_noted() -> None:
    b = Entry()
    n = b.size(0)
    b.check(b.less(n, 3), "ValueError", "{} and {}", n, 3)
    b.result(0, n)
    assert b.run(np.zeros(5)) == (3, [5, 3], [None])
    assert b.run(np.zeros(2))[0] == 0


def test_kernels_and_their_failures() -> None:
    def scale(b: Builder, x: Any, y: Any, n: Any, factor: Any) -> None:
        b.check(b.less(0.0, factor), "ValueError", "")
        with b.loop(0, n, independent=True) as i:
            b.store(y, i, b.mul(b.load(x, i), factor))

    scaled = kernel("scale", ["float64*", "float64*", "int64", "float64"], scale, readonly=frozenset([0]))
    for factor, status in ((2.5, 0), (-1.0, 4)):
        b = Entry()
        x, n = b.argument(0), b.size(0)
        y = b.result(0, n)
        b.block.append(ir.Call("scale", (x.value, y.value, n.value, factor)))
        met, _, (got,) = b.run(np.arange(4.0), kernels=[scaled])
        assert met == status and (status or got.tolist() == [0.0, 2.5, 5.0, 7.5])


def test_writing_what_is_only_read() -> None:
    writer = kernel("writer", ["float64*"], lambda b, x: b.store(b.offset(x, 1), 0, 1.0), readonly=frozenset([0]))
    b = Entry()
    b.block.append(ir.Call("writer", (b.argument(0).value,)))
    with pytest.raises(Fault, match="writer: store .* only read"):
        b.run(np.zeros(3), results=(), kernels=[writer])
    array = np.zeros(3)
    array.flags.writeable = False
    b = Entry()
    b.store(b.argument(0), 0, 1.0)
    with pytest.raises(Fault, match="only read"):
        b.run(array, results=())


@pytest.mark.parametrize("write", [
    lambda b, x: b.store(x, 3, 1.0), lambda b, x: b.load(x, -1), lambda b, x: b.load(b.offset(x, 4), 0),
    lambda b, x: b.load(b.recast(b.emit("bytes", [x, 4], "void*"), "float64*"), 0),
    lambda b, x: b.load(b.recast(x, "bool*"), 7), lambda b, x: b.load(b.local("bool", 2), 0), lambda b, x: b.load(b.local("int32", 2), 2),
])  # fmt: skip
def test_faults(write: Callable[..., Any]) -> None:
    b = Entry()
    write(b, b.argument(0))
    with pytest.raises(Fault):
        b.run(np.array([1.0, 2.0, np.pi]), results=())


def test_memory_may_be_seen_as_another_type_or_left_and_come_back_to() -> None:
    b = Entry()
    x, out = b.argument(0), b.result(0, 2)
    b.store(out, 0, b.cast(b.load(b.recast(x, "int64*"), 1), "float64"))
    b.store(out, 1, b.load(b.offset(b.offset(x, 100), -99), 0))
    assert b.run(np.array([1.0, 2.0]))[2][0].tolist() == [float(np.float64(2.0).view(np.int64)), 2.0]


def test_memory_that_nobody_wrote_shows() -> None:
    b = Entry()
    out = b.result(0, 3)
    b.store(out, 0, b.load(b.local("float64", 1), 0))
    b.store(out, 1, b.load(b.scratch(8), 0))
    assert np.all(np.abs(b.run()[2][0]) > 1e290)


def test_scratch_memory_keeps_its_contents_and_moves() -> None:
    b = Entry()
    first = b.scratch(8)
    b.store(first, 0, 7.0)
    second = b.scratch(80)
    b.store(second, 9, b.load(second, 0))
    b.store(b.result(0, 1), 0, b.load(second, 9))
    assert b.run()[2][0].tolist() == [7.0]
    b.load(first, 0)
    with pytest.raises(Fault, match="released"):
        b.run()


def test_results_have_the_shape_they_were_promised() -> None:
    b = Entry()
    b.result(0, 2, b.size(0))
    assert b.run(np.zeros(3), results=[ArrayType("float64", (2, None))])[2][0].shape == (2, 3)
    with pytest.raises(Fault, match=r"shape \(2, 3\), expected float64\[2, 4\]"):
        b.run(np.zeros(3), results=[ArrayType("float64", (2, 4))])


def test_rounds_of_an_independent_loop_run_backwards() -> None:
    b = Entry()
    x, n = b.argument(0), b.size(0)
    with b.loop(1, n, independent=True) as i:
        b.store(x, i, b.load(x, i - 1))
    array = np.arange(4.0)
    b.run(array, results=())
    assert array.tolist() == [0.0, 0.0, 1.0, 2.0]  # a serial loop would give zeros


def test_a_python_function_is_called() -> None:
    b = Entry()
    x, n = b.argument(0, "complex128"), b.size(0)
    pointer, count = b.value("float64*"), b.value("int64")
    b.block.append(ir.Callback(0, ((x.value, (n.value,)),), ((pointer, (count,)),), 5))
    out = b.result(0, Scalar(b, count))
    with b.loop(0, Scalar(b, count)) as i:
        b.store(out, i, b.load(Scalar(b, pointer), i))
    types = [CallbackType(0, (ArrayType("complex128", (None,)),), (VECTOR,))]
    array = np.array([1 + 2j, 3 - 4j])
    got = b.run(array, callbacks=[lambda z: np.repeat(np.abs(z), 2)], callback_types=types)
    assert got[0] == 0 and np.array_equal(got[2][0], np.repeat(np.abs(array), 2))

    def failing(z: Any) -> Any:
        raise ValueError

    assert b.run(array, callbacks=[failing], callback_types=types)[:2] == (5, [])


def test_other_library_routines_get_addresses() -> None:
    b = Entry()
    x = b.argument(0)
    b.library("twice", b.size(0), 2.0, x)

    def twice(count: int, factor: int, data: int) -> None:
        n = ctypes.c_int64.from_address(count).value
        array = np.ctypeslib.as_array((ctypes.c_double * n).from_address(data))
        array *= ctypes.c_double.from_address(factor).value

    array = np.arange(3.0)
    b.run(array, results=(), libraries={"twice": twice})
    assert array.tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(KeyError, match="twice"):
        b.run(array, results=())
    assert routine("dpotrf") is None and routine("xgemm") is None


def test_functions_of_python_libraries() -> None:
    b = Entry()
    x, out = b.argument(0), b.result(0, 2)
    b.store(out, 0, b.external("scipy.special", "betaln", b.load(x, 0), b.constant(2.0, "float32")))
    b.store(out, 1, b.external("scipy.special", "psi", 3))
    assert b.libraries == ["scipy.special.betaln/2", "scipy.special.psi/1"]
    np.testing.assert_allclose(b.run(np.array([1.5]))[2][0], [scipy.special.betaln(1.5, 2), scipy.special.psi(3)], rtol=1e-15)
    b.external("numpy", "sin", 1.0)
    with pytest.raises(KeyError, match="numpy.sin/1"):
        b.run(np.array([1.5]))


LETTERS = {"s": "float32", "d": "float64", "c": "complex64", "z": "complex128"}


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("flags", ["NN", "TN", "NT", "CC"])
def test_products_of_matrices(letter: str, flags: str) -> None:
    type = LETTERS[letter]
    random = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> Any:
        return (random.standard_normal((rows, columns)) + (1j if type.startswith("c") else 0) * random.standard_normal((rows, columns))).astype(type)

    def turned(a: Any, flag: str) -> Any:
        return {"N": a, "T": a.T, "C": a.conj().T}[flag]

    first = matrix(*((3, 4) if flags[0] == "N" else (4, 3)))
    second = matrix(*((4, 2) if flags[1] == "N" else (2, 4)))
    old = matrix(3, 2)
    b = Entry()
    arrays = [np.ascontiguousarray(m.T) for m in (first, second, old)]  # by columns
    pointers = [b.argument(k, type) for k in range(3)]
    counts = [b.constant(n, "int64") for n in (3, 2, 4)]
    leads = [b.constant(m.shape[0], "int64") for m in (first, second, old)]
    codes = [b.constant(ord(flag), "uint8") for flag in flags]
    b.library(f"{letter}gemm", *codes, *counts, b.constant(2, type), pointers[0], leads[0], pointers[1], leads[1],
              b.constant(-1, type), pointers[2], leads[2])  # fmt: skip
    b.run(*arrays, results=())
    np.testing.assert_allclose(arrays[2].T, 2 * turned(first, flags[0]) @ turned(second, flags[1]) - old, rtol=1e-5)


def test_vectors_with_steps() -> None:
    b = Entry()
    x, y, a = b.argument(0), b.argument(1), b.argument(2)
    one, two, back, count = (b.constant(n, "int64") for n in (1, 2, -1, 2))
    b.library("daxpy", count, b.constant(10, "float64"), x, two, y, back)
    b.library("dger", count, two, b.constant(1, "float64"), x, one, y, one, a, count)
    b.library("dgemv", b.constant(ord("T"), "uint8"), count, two, b.constant(1, "float64"), a, count, x, one, b.constant(0, "float64"), y, one)
    b.library("dscal", one, b.constant(3, "float64"), y, one)
    vector, other, matrix = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 0.25]), np.zeros((2, 2))
    b.run(vector, other, matrix, results=())
    stepped = np.array([0.5, 0.25]) + 10 * np.array([3.0, 1.0])
    outer = np.outer(vector[:2], stepped)
    np.testing.assert_allclose(matrix.T, outer)
    np.testing.assert_allclose(other, (outer.T @ vector[:2]) * [3.0, 1.0])


def test_a_routine_that_reaches_out_of_its_memory() -> None:
    b = Entry()
    b.library("dscal", b.constant(4, "int64"), b.constant(3, "float64"), b.argument(0), b.constant(1, "int64"))
    with pytest.raises(Fault, match="library"):
        b.run(np.zeros(3), results=())
