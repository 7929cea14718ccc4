"""What native code may ask for in a call that came through the native gate: memory for results and intermediates, Python functions."""

from __future__ import annotations

from codegen.runtime.arena import ALIGNMENT, KEPT_BYTES
from codegen.runtime.entry import LATE, SOON
from codegen.runtime.gatetables import ARRAY, FRAME, FRAME_HEAD, LIST_ITEMS, RESULT, REUSABLE, TABLE
from codegen.runtime.gatewriter import Gate

__all__ = ["callback", "free_blocks", "held_argument", "pulse", "result", "scratch"]

LARGE = 4 << 20  # bytes of a block; from this size on it lies in pages of 2 MiB
MONOTONIC, SECOND = 1, 1_000_000_000  # a clock of the C library, and its nanoseconds
HUGE_PAGE, ADVISE_HUGE_PAGES = 2 << 20, 14


def result() -> Gate:
    """The array of the argument that the result takes over, if only its cell and this call hold that; the spare of an updated cell if its
    sizes are right; or a new array."""
    g = Gate("result", "ptr", [("ptr", "frame"), ("i64", "slot"), ("ptr", "sizes")])
    g.knows(g.load("%frame", FRAME["table"]))
    with_gil(g)
    row = g.row("result_rows", RESULT, "%slot")
    ndim, update = g.load(row, RESULT["ndim"], "i64"), g.load(row, RESULT["update"], "i64")
    array = g.variable("ptr", "null")
    fresh, ready, failed, other_memory = g.label(), g.label(), g.label(), g.label()
    takes = g.load(row, RESULT["takes"], "i64")
    g.go_if(g.compare("slt", takes, 0), other_memory)
    own = held_argument(g, takes)
    g.go_if(g.differ(g.load(own, 0, "i32"), 2, "i32"), other_memory)
    g.go_if(g.differ(g.load(own, ARRAY["base"]), "null"), other_memory)
    g.is_array_of(own, g.load(row, RESULT["word"], "i64"), ndim, REUSABLE, other_memory)
    g.python("void", "Py_IncRef", ("ptr", own))
    g.store(own, array)
    g.go(ready)
    g.place(other_memory)
    g.go_if(g.compare("slt", update, 0), fresh)
    place = g.at(g.load(g.of("spares", "ptr"), LIST_ITEMS), update, 8)
    spare, none = g.load(place), g.known("None")
    g.go_if(g.same(spare, none), fresh)
    g.python("void", "Py_IncRef", ("ptr", none))
    g.store(none, place)
    g.store(spare, array)
    other = g.label()
    with g.each(ndim) as axis:
        g.go_if(g.differ(g.load("%sizes", axis, "i64", 8), g.load(g.load(spare, ARRAY["sizes"]), axis, "i64", 8), "i64"), other)
    g.go(ready)
    g.place(other)
    g.release(spare)
    g.place(fresh)
    descr = g.load(row, RESULT["descr"])
    g.python("void", "Py_IncRef", ("ptr", descr))
    made = g.python(
        "ptr", "PyArray_NewFromDescr", ("ptr", g.known("ndarray")), ("ptr", descr), ("i32", g.value(f"trunc i64 {ndim} to i32")),
        ("ptr", "%sizes"), ("ptr", "null"), ("ptr", "null"), ("i32", 0), ("ptr", "null"),
    )
    g.store(made, array)
    g.go_if(g.same(made, "null"), failed)
    g.place(ready)
    results = g.load("%frame", FRAME["results"])
    g.release(g.load(results, "%slot", size=8))
    x = g.load(array)
    g.store(x, results, "%slot", size=8)
    without_gil(g)
    g.leave(g.load(x, ARRAY["data"]))
    g.place(failed)  # numpy's words say less than what the failure table has for it
    g.python("void", "PyErr_Clear")
    without_gil(g)
    g.leave("null")
    return g


def held_argument(g: Gate, k: str) -> str:
    """Argument k of the call: behind the addresses and the sizes of all (see `gatetables.frame_size`)."""
    held = g.at(g.at("%frame", FRAME_HEAD), g.calculate("mul", g.of("total"), 2), 8)
    return g.load(held, k, size=8)


def with_gil(g: Gate) -> None:
    """Takes back the GIL if the call runs without it."""
    thread = g.load("%frame", FRAME["thread"])
    with g.when(g.differ(thread, "null")):
        g.python("void", "PyEval_RestoreThread", ("ptr", thread))


def without_gil(g: Gate) -> None:
    with g.when(g.differ(g.load("%frame", FRAME["thread"]), "null")):
        g.store(g.python("ptr", "PyEval_SaveThread"), "%frame", FRAME["thread"])


def scratch() -> Gate:
    """A block is (address, bytes). Needs no GIL: blocks belong to one call."""
    g = Gate("scratch", "ptr", [("ptr", "frame"), ("i64", "slot"), ("i64", "bytes")])
    g.knows(g.load("%frame", FRAME["table"]))
    block = g.at(g.load("%frame", FRAME["blocks"]), "%slot", 16)
    old, used = g.load(block), g.load(block, 8, "i64")
    enough = g.calculate("and", g.differ(old, "null"), g.compare("sge", used, "%bytes"), "i1")
    with g.when(enough):
        g.leave(old)
    grown = g.calculate("add", used, g.calculate("lshr", used, 1))
    room = g.value(f"call i64 @llvm.smax.i64(i64 {grown}, i64 {g.value('call i64 @llvm.smax.i64(i64 %bytes, i64 1)')})")
    large = g.compare("sge", room, LARGE)
    alignment = g.value(f"select i1 {large}, i64 {HUGE_PAGE}, i64 {ALIGNMENT}")
    address = g.variable("ptr", "null")
    with g.when(g.differ(g.python("i32", "posix_memalign", ("ptr", address), ("i64", alignment), ("i64", room)), 0, "i32")):
        g.leave("null")
    new = g.load(address)
    with g.when(large):
        g.python("i32", "madvise", ("ptr", new), ("i64", room), ("i32", ADVISE_HUGE_PAGES))
    with g.when(g.differ(old, "null")):
        g.call("void", "@llvm.memcpy.p0.p0.i64", ("ptr", new), ("ptr", old), ("i64", used), ("i1", "false"))
        g.python("void", "free", ("ptr", old))
    g.store(new, block)
    g.store(room, block, 8, "i64")
    g.leave(new)
    g.head = "declare i64 @llvm.smax.i64(i64, i64)\ndeclare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n" + g.head
    return g


def free_blocks() -> Gate:
    """At the end of a call: kept blocks go if they are too large, blocks of the call's own always."""
    g = Gate("free_blocks", "void", [("ptr", "frame"), ("i1", "kept")])
    g.knows(g.load("%frame", FRAME["table"]))
    blocks, scratches = g.load("%frame", FRAME["blocks"]), g.of("scratches")
    total, leave = g.variable("i64", 0), g.label()
    with g.each(scratches) as k:
        g.store(g.calculate("add", g.load(total, type="i64"), g.load(g.at(blocks, k, 16), 8, "i64")), total, type="i64")
    with g.when("%kept"):
        g.store(0, g.table, TABLE["taken"], "i64")
        g.go_if(g.compare("sle", g.load(total, type="i64"), KEPT_BYTES), leave)
    with g.each(scratches) as k:
        block = g.at(blocks, k, 16)
        g.python("void", "free", ("ptr", g.load(block)))
        g.store("null", block)
        g.store(0, block, 8, "i64")
    g.place(leave)
    g.lines += ["  ret void", f"{g.label()}:"]
    return g


def callback() -> Gate:
    """Python answers, and what it gives is kept until the call ends."""
    g = Gate("callback", "i64", [("ptr", "frame"), ("i64", "slot"), ("ptr", "data"), ("ptr", "sizes")])
    g.knows(g.load("%frame", FRAME["table"]))
    with_gil(g)
    status = g.variable("i64", 1)
    leave = g.label()
    addresses = [g.value(f"ptrtoint ptr {x} to i64") for x in ("%data", "%sizes", g.at("%frame", FRAME["values"]))]
    answer = g.python(
        "ptr", "PyObject_CallFunction", ("ptr", g.of("answer", "ptr")), ("ptr", g.known("four_integers")), ("i64", "%slot"),
        *[("i64", x) for x in addresses], variadic="(ptr, ptr, ...)",
    )
    g.go_if(g.same(answer, "null"), leave)
    with g.when(g.same(g.load("%frame", FRAME["kept"]), "null")):
        g.store(g.python("ptr", "PyList_New", ("i64", 0)), "%frame", FRAME["kept"])
    kept = g.load("%frame", FRAME["kept"])
    with g.when(g.differ(kept, "null")):
        bad = g.value(f"sext i32 {g.python('i32', 'PyList_Append', ('ptr', kept), ('ptr', answer))} to i64")
        g.store(bad, status, type="i64")
    g.release(answer)
    g.place(leave)
    without_gil(g)
    g.leave(g.load(status, type="i64"))
    return g


def pulse() -> Gate:
    """Looks whether a signal is waiting, and runs its handler; says how many rounds may go by until it is called again (`Pulse` of the loop IR).

    Only the main thread runs handlers, so no other waits here for the GIL.
    """
    g = Gate("pulse", "i64", [("ptr", "frame"), ("ptr", "counters")])
    g.knows(g.load("%frame", FRAME["table"]))
    time = g.value("alloca [2 x i64], align 8")
    g.python("i32", "clock_gettime", ("i32", MONOTONIC), ("ptr", time))
    now = g.calculate("add", g.calculate("mul", g.load(time, 0, "i64"), SECOND), g.load(time, 8, "i64"))
    last, quantum = g.load("%counters", 16, "i64"), g.load("%counters", 8, "i64")
    elapsed = g.calculate("sub", now, last)
    more, leave = g.label(), g.label()
    with g.when(g.same(last, 0, "i64")):
        g.store(now, "%counters", 16, "i64")
        g.go(more)
    g.go_if(g.compare("slt", elapsed, SOON), more)
    g.store(now, "%counters", 16, "i64")
    fewer = g.calculate("add", g.calculate("lshr", g.calculate("sub", quantum, 1), 1), 1)
    late = g.compare("sgt", elapsed, LATE)
    chosen = g.value(f"select i1 {late}, i64 {fewer}, i64 {quantum}")
    g.store(chosen, "%counters", 8, "i64")
    g.store(chosen, "%counters", 0, "i64")
    main = g.value(f"ptrtoint ptr {g.known('main_thread')} to i64")
    g.go_if(g.differ(g.python("i64", "PyThread_get_thread_ident"), main, "i64"), leave)
    with_gil(g)
    bad = g.value(f"sext i32 {g.python('i32', 'PyErr_CheckSignals')} to i64")
    without_gil(g)
    g.leave(bad)
    g.place(more)
    twice = g.calculate("shl", quantum, 1)
    g.store(twice, "%counters", 8, "i64")
    g.store(twice, "%counters", 0, "i64")
    g.place(leave)
    g.leave(0)
    return g
