"""Entries written by hand, so that the tests of the runtime depend on nothing that makes code but LLVM."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from codegen.layout import CallbackType, Failure, Layout
from codegen.program import ArrayType
from codegen.runtime.assembly import Function
from codegen.runtime.executable import Executable
from codegen.runtime.loader import load_object
from codegen.targets.llvm import compile_llvm

DATA, SIZES, RESULT, SCRATCH, CALLBACK, LIBRARIES, VALUES = 0, 8, 16, 24, 32, 40, 48
LLVM = {"float64": "double", "float32": "float", "int64": "i64", "int32": "i32"}

SCALAR = ArrayType("float64", ())
VECTOR = ArrayType("float64", (None,))


class Entry(Function):
    def __init__(self) -> None:
        super().__init__("entry", "i64", [("ptr", "context")], visible=True)

    def data(self, k: int) -> str:
        return self.load(self.load("%context", DATA), 8 * k)

    def sizes(self, k: int) -> str:
        return self.load(self.load("%context", SIZES), 8 * k)

    def result(self, slot: int, sizes: str) -> str:
        """Memory for a result; leaves with -1 if there is none."""
        made = self.call("ptr", self.load("%context", RESULT), ("ptr", "%context"), ("i64", slot), ("ptr", sizes))
        with self.when(self.same(made, "null")):
            self.leave(-1)
        return made

    def scratch(self, slot: int, size: Any) -> str:
        made = self.call("ptr", self.load("%context", SCRATCH), ("ptr", "%context"), ("i64", slot), ("i64", size))
        with self.when(self.same(made, "null")):
            self.leave(-1)
        return made

    def copy(self, to: str, source: str, count: Any) -> None:
        with self.each(count) as k:
            self.store(self.load(source, k, "double", 8), to, k, "double", 8)


@cache
def loaded(text: str) -> Any:
    return load_object(compile_llvm(text), "entry")


def executable(write: Callable[[Entry], None], arguments: list[ArrayType], results: list[ArrayType], **more: Any) -> Executable:
    entry = Entry()
    write(entry)
    entry.leave(0)
    code = loaded(entry.text())
    return Executable(code.address, Layout("entry", arguments, results, **more), code)


def adder(type: ArrayType, updates: int = 0, **more: Any) -> Executable:
    """Result 0 = x + y, elementwise for two arrays of equal sizes; results 1 .. updates: x + y too."""

    def write(e: Entry) -> None:
        sizes = e.sizes(0)
        count = e.variable("i64", 1)
        for axis in range(type.ndim):
            e.store(e.calculate("mul", e.load(count, type="i64"), e.load(sizes, 8 * axis, "i64")), count, type="i64")
        llvm = LLVM[type.dtype]
        width = 8 if type.dtype.endswith("64") else 4
        for slot in range(1 + updates):
            out = e.result(slot, sizes)
            with e.each(e.load(count, type="i64")) as k:
                a, b = (e.load(e.data(n), k, llvm, width) for n in (0, 1))
                e.store(e.calculate("add" if llvm[0] == "i" else "fadd", a, b, llvm), out, k, llvm, width)

    return executable(write, [type, type], [type] * (1 + updates), **more)


def checked() -> Executable:
    """Results 0 and 1 = x * 2 for a vector; but status 1 with values (7, sizes[0]) if the first element is negative."""

    def write(e: Entry) -> None:
        sizes = e.sizes(0)
        count = e.load(sizes, type="i64")
        for slot in range(2):
            out = e.result(slot, sizes)
            with e.each(count) as k:
                x = e.load(e.data(0), k, "double", 8)
                e.store(e.calculate("fadd", x, x, "double"), out, k, "double", 8)
        with e.when(e.compare("sgt", count, 0)), e.when(e.value(f"fcmp olt double {e.load(e.data(0), type='double')}, 0.0")):
            e.store(7, "%context", VALUES, "i64")
            e.store(count, "%context", VALUES + 8, "i64")
            e.leave(1)

    return executable(write, [VECTOR], [VECTOR, VECTOR], failures=[Failure(0, "ValueError", "{} {}")])


def caller(**more: Any) -> Executable:
    """Result 0 = the vector that callback 0 makes of a vector; status 1 if it failed."""

    def write(e: Entry) -> None:
        pair = e.value("alloca [2 x ptr]"), e.value("alloca [2 x ptr]")
        e.store(e.data(0), pair[0])
        e.store(e.sizes(0), pair[1])
        status = e.call("i64", e.load("%context", CALLBACK), ("ptr", "%context"), ("i64", 0), ("ptr", pair[0]), ("ptr", pair[1]))
        with e.when(e.differ(status, 0, "i64")):
            e.leave(1)
        sizes = e.load(pair[1], 8)
        out = e.result(0, sizes)
        e.copy(out, e.load(pair[0], 8), e.load(sizes, type="i64"))

    return executable(
        write, [VECTOR], [VECTOR], failures=[Failure(0, "RuntimeError", "")], callbacks=[CallbackType(0, (VECTOR,), (VECTOR,))], **more,
    )


def growing() -> Executable:
    """Result 0: x again, by way of scratch block 0 that grows after it was written; result 1: addresses of the blocks, as integers."""

    def write(e: Entry) -> None:
        sizes = e.sizes(0)
        count = e.load(sizes, type="i64")
        size = e.calculate("mul", count, 8)
        first = e.scratch(0, size)
        e.copy(first, e.data(0), count)
        second = e.scratch(0, e.calculate("mul", size, 3))
        other = e.scratch(1, 24)
        e.copy(e.result(0, sizes), second, count)
        two = e.value("alloca i64")
        e.store(2, two, type="i64")
        out = e.result(1, two)
        for k, x in enumerate((second, other)):
            e.store(e.value(f"ptrtoint ptr {x} to i64"), out, 8 * k, "i64")

    return executable(write, [VECTOR], [VECTOR, ArrayType("int64", (2,))], scratches=2, work=1)


def too_large(count: int) -> Executable:
    """Asks for a result of so many float64."""

    def write(e: Entry) -> None:
        size = e.value("alloca i64")
        e.store(count, size, type="i64")
        e.result(0, size)

    return executable(write, [], [VECTOR])


def summed(count: int) -> Executable:
    """The sum of very many numbers, each an argument."""

    def write(e: Entry) -> None:
        total = e.variable("double", "0.0")
        table = e.load("%context", DATA)
        with e.each(count) as k:
            x = e.load(e.load(table, k, size=8), type="double")
            e.store(e.calculate("fadd", e.load(total, type="double"), x, "double"), total, type="double")
        e.store(e.load(total, type="double"), e.result(0, "null"), type="double")

    return executable(write, [SCALAR] * count, [SCALAR], work=count)


def waiting() -> Executable:
    """Result 0 = 1 as soon as the first element of a vector is not 0; 0 if that takes seconds."""

    def write(e: Entry) -> None:
        out, seen = e.result(0, "null"), e.label()
        e.store("1.0", out, type="double")
        with e.each(4_000_000_000):
            e.go_if(e.value(f"fcmp une double {e.value(f'load volatile double, ptr {e.data(0)}')}, 0.0"), seen)
        e.store("0.0", out, type="double")
        e.place(seen)

    return executable(write, [VECTOR], [SCALAR])
