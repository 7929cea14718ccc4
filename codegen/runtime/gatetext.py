"""The native gate's code: one function that every bound callable is called through, driven by the callable's table.

What it does is what `Binding.take` and `Binding.run` do. Nothing runs Python code between the checks of the arguments and the entry, nor
while updated cells are exchanged; references are counted by Python's own functions.
"""

from __future__ import annotations

from codegen.runtime.gateservices import callback, free_blocks, held_argument, pulse, result, scratch
from codegen.runtime.gatetables import (
    ARGUMENT,
    ARRAY,
    CALLABLE,
    FLOAT,
    FRAME,
    FRAME_HEAD,
    INT,
    INT_AS_FLOAT,
    LIST_ITEMS,
    OBJECT_TYPE,
    RESULT,
    REUSABLE,
    SCALAR_VALUE,
    TABLE,
    UPDATE,
    WANTED,
)
from codegen.runtime.gatewriter import Gate
from codegen.runtime.threads import POOL
from codegen.runtime.threadstext import threads_text

__all__ = ["gate_text"]

LARGEST_FRAME = 64 << 10  # bytes of the stack; a call of very many arguments has its frame elsewhere


def gate_text() -> str:
    """The module: symbol `gate` is a vectorcall function."""
    functions = (gate(), succeed(), fail(), put_spare(), result(), scratch(), free_blocks(), callback(), pulse())
    return "\n\n".join([*[f.text() for f in functions], threads_text()])


def gate() -> Gate:
    g = Gate("gate", "ptr", [("ptr", "self"), ("ptr", "args"), ("i64", "flagged"), ("ptr", "names")], visible=True)
    g.knows(g.load("%self", CALLABLE["table"]))
    slow, memory = g.label(), g.variable("ptr", "null")
    count = g.calculate("and", "%flagged", (1 << 63) - 1)
    g.go_if(g.differ("%names", "null"), slow)
    g.go_if(g.differ(count, g.of("positional"), "i64"), slow)
    arguments, total = g.of("arguments"), g.of("total")
    frame = frame_of(g, memory)
    data = g.at(frame, FRAME_HEAD)
    sizes = g.at(data, total, 8)
    held = g.at(sizes, total, 8)
    numbers = g.at(held, arguments, 8)
    results = g.at(numbers, arguments, 8)
    with g.each(arguments) as k:
        take_argument(g, k, slow, data, sizes, held, numbers)
    with g.each(g.calculate("sub", total, arguments)) as k:
        to = g.calculate("add", k, arguments)
        g.store(g.load(g.of("constant_data", "ptr"), k, size=8), data, to, size=8)
        g.store(g.load(g.of("constant_sizes", "ptr"), k, size=8), sizes, to, size=8)
    with g.each(arguments) as k, g.when(of_cell(g, k)):
        g.python("void", "Py_IncRef", ("ptr", g.load(held, k, size=8)))
    with g.each(g.of("results")) as k:
        g.store("null", results, k, size=8)
    own = {
        "data": data, "sizes": sizes, "result": "@result", "scratch": "@scratch", "callback": "@callback",
        "libraries": g.of("libraries", "ptr"), "pulse": "@pulse", "split": "@threads.split",
        "table": g.table, "thread": "null", "results": results, "kept": "null",
    }
    for name, x in own.items():
        g.store(x, frame, FRAME[name])
    pool = g.known("pool")
    for name in ("limit", "threads"):
        g.store(g.load(pool, POOL[name], "i64"), frame, FRAME[name], "i64")
    g.store(0, frame, FRAME["number"], "i64")
    for k8 in range(8):
        g.store(0, frame, FRAME["values"] + 8 * k8, "i64")
    scratches = g.of("scratches")
    borrowed = g.variable("i1", "false")
    with g.when(g.compare("sgt", scratches, 0)):
        own_blocks = g.at(results, g.of("results"), 8)
        g.store(own_blocks, frame, FRAME["blocks"])
        free = g.same(g.of("taken"), 0, "i64")
        g.store(free, borrowed, type="i1")
        with g.when(free):
            g.store(1, g.table, TABLE["taken"], "i64")
            g.store(g.of("blocks", "ptr"), frame, FRAME["blocks"])
        with g.when(g.value(f"xor i1 {free}, true")), g.each(g.calculate("mul", scratches, 2)) as k:
            g.store(0, own_blocks, k, "i64", 8)
    with g.when(g.differ(g.of("releases"), 0, "i64")):
        g.store(g.python("ptr", "PyEval_SaveThread"), frame, FRAME["thread"])
    status = g.call("i64", g.of("entry", "ptr"), ("ptr", frame))
    with g.when(g.differ(g.load(frame, FRAME["thread"]), "null")):
        g.python("void", "PyEval_RestoreThread", ("ptr", g.load(frame, FRAME["thread"])))
    with g.when(g.compare("sgt", scratches, 0)):
        g.call("void", "@free_blocks", ("ptr", frame), ("i1", g.load(borrowed, type="i1")))
    g.release(g.load(frame, FRAME["kept"]))
    failed = g.label()
    g.go_if(g.differ(status, 0, "i64"), failed)
    with g.when(g.differ(g.of("calls_back"), 0, "i64")):
        g.go_if(g.differ(g.python("ptr", "PyErr_Occurred"), "null"), failed)
    given = g.call("ptr", "@succeed", ("ptr", frame), ("ptr", held))
    free_frame(g, memory)
    g.leave(given)
    g.place(failed)
    g.call("void", "@fail", ("ptr", frame), ("ptr", held), ("i64", status))
    free_frame(g, memory)
    g.leave("null")

    g.place(slow)
    free_frame(g, memory)
    keywords = g.variable("ptr", "null")
    with g.when(g.differ("%names", "null")):
        made = g.python("ptr", "PyDict_New")
        g.store(made, keywords)
        with g.when(g.same(made, "null")):
            g.leave("null")
        with g.each(g.python("i64", "PyTuple_Size", ("ptr", "%names"))) as k:
            key = g.python("ptr", "PyTuple_GetItem", ("ptr", "%names"), ("i64", k))
            x = g.load("%args", g.calculate("add", count, k), size=8)
            with g.when(g.differ(g.python("i32", "PyDict_SetItem", ("ptr", made), ("ptr", key), ("ptr", x)), 0, "i32")):
                g.release(made)
                g.leave("null")
    answer = g.python(
        "ptr", "PyObject_VectorcallDict", ("ptr", g.load("%self", CALLABLE["slow"])), ("ptr", "%args"), ("i64", "%flagged"),
        ("ptr", g.load(keywords)),
    )
    g.release(g.load(keywords))
    g.leave(answer)
    return g


def frame_of(g: Gate, memory: str) -> str:
    """The memory of a call; the variable `memory` gets its address if it has to be given back."""
    size = g.of("frame")
    chosen = g.variable("ptr", "null")
    here, ready = g.label(), g.label()
    g.go_if(g.compare("sle", size, LARGEST_FRAME), here)
    made = g.python("ptr", "malloc", ("i64", size))
    with g.when(g.same(made, "null")):
        g.leave(g.python("ptr", "PyErr_NoMemory"))
    g.store(made, memory)
    g.store(made, chosen)
    g.go(ready)
    g.place(here)
    g.store(g.value(f"alloca i8, i64 {size}, align 16"), chosen)
    g.place(ready)
    return g.load(chosen)


def free_frame(g: Gate, memory: str) -> None:
    with g.when(g.differ(g.load(memory), "null")):
        g.python("void", "free", ("ptr", g.load(memory)))


def of_cell(g: Gate, k: str) -> str:
    return g.compare("slt", g.load(g.row("argument_rows", ARGUMENT, k), ARGUMENT["position"], "i64"), 0)


def take_argument(g: Gate, k: str, slow: str, data: str, sizes: str, held: str, numbers: str) -> None:
    """Writes address and sizes of argument k, or goes to `slow`. No reference is taken yet."""
    row = g.row("argument_rows", ARGUMENT, k)
    position = g.load(row, ARGUMENT["position"], "i64")
    slot = g.variable("ptr", "null")
    given, from_cell, chosen = g.label(), g.label(), g.label()
    g.go_if(g.compare("slt", position, 0), from_cell)
    g.place(given)
    g.store(g.load("%args", position, size=8), slot)
    g.go(chosen)
    g.place(from_cell)
    g.store(g.load(g.load(g.load(row, ARGUMENT["cell"]), LIST_ITEMS)), slot)
    g.place(chosen)
    x = g.load(slot)
    g.store(x, held, k, size=8)
    kind = g.load(x, OBJECT_TYPE)
    number, done = g.label(), g.label()
    g.go_if(g.differ(kind, g.known("ndarray")), number)
    ndim = g.load(row, ARGUMENT["ndim"], "i64")
    g.is_array_of(x, g.load(row, ARGUMENT["word"], "i64"), ndim, WANTED, slow)
    present = g.load(x, ARRAY["sizes"])
    static = g.load(row, ARGUMENT["sizes"])
    with g.when(g.differ(static, "null")), g.each(ndim) as axis:
        wanted = g.load(static, axis, "i64", 8)
        with g.when(g.compare("sge", wanted, 0)):
            g.go_if(g.differ(wanted, g.load(present, axis, "i64", 8), "i64"), slow)
    g.store(g.load(x, ARRAY["data"]), data, k, size=8)
    g.store(present, sizes, k, size=8)
    g.go(done)

    g.place(number)
    own = g.at(numbers, k, 8)
    g.store(own, sizes, k, size=8)  # never read: there is no dimension
    in_place, from_int, as_int, fine = g.label(), g.label(), g.label(), g.label()
    g.go_if(g.same(kind, g.load(row, ARGUMENT["scalar"])), in_place)
    plain = g.load(row, ARGUMENT["plain"], "i64")
    g.go_if(g.same(plain, 0, "i64"), slow)
    g.go_if(g.same(kind, g.known("int")), from_int)
    g.go_if(g.differ(kind, g.known("float")), slow)
    g.go_if(g.same(g.calculate("and", plain, FLOAT), 0, "i64"), slow)
    g.place(in_place)
    g.store(g.at(x, SCALAR_VALUE), data, k, size=8)
    g.go(done)
    g.place(from_int)
    g.store(own, data, k, size=8)
    g.go_if(g.differ(g.calculate("and", plain, INT), 0, "i64"), as_int)
    g.go_if(g.same(g.calculate("and", plain, INT_AS_FLOAT), 0, "i64"), slow)
    real = g.python("double", "PyLong_AsDouble", ("ptr", x))
    g.store(real, own, type="double")
    g.go_if(g.value(f"fcmp une double {real}, -1.0"), done)
    g.go(fine)
    g.place(as_int)
    whole = g.python("i64", "PyLong_AsLongLong", ("ptr", x))
    g.store(whole, own, type="i64")
    g.go_if(g.differ(whole, -1, "i64"), done)
    g.place(fine)
    with g.when(g.differ(g.python("ptr", "PyErr_Occurred"), "null")):
        g.python("void", "PyErr_Clear")
        g.go(slow)
    g.place(done)


def succeed() -> Gate:
    """Exchanges the arrays of updated cells, gives the results."""
    g = Gate("succeed", "ptr", [("ptr", "frame"), ("ptr", "held")])
    g.knows(g.load("%frame", FRAME["table"]))
    results = g.load("%frame", FRAME["results"])
    none = g.known("None")
    with g.each(g.of("results")) as k, g.when(g.same(g.load(results, k, size=8), "null")):
        g.python("void", "Py_IncRef", ("ptr", none))
        g.store(none, results, k, size=8)
    updates = g.of("updates")
    with g.each(updates) as k:  # afterwards the old array stands where the result stood
        row = g.row("update_rows", UPDATE, k)
        place = g.load(g.load(row, UPDATE["cell"]), LIST_ITEMS)
        result = g.at(results, g.load(row, UPDATE["slot"], "i64"), 8)
        old = g.load(place)
        g.store(g.load(result), place)
        g.store(old, result)
    with g.each(g.of("arguments")) as k, g.when(of_cell(g, k)):
        g.release(g.load("%held", k, size=8))
    with g.each(updates) as k:
        row = g.row("update_rows", UPDATE, k)
        result = g.at(results, g.load(row, UPDATE["slot"], "i64"), 8)
        old = g.load(result)
        leave = g.label()
        g.go_if(g.differ(g.load(old, 0, "i32"), 1, "i32"), leave)
        g.go_if(g.differ(g.load(old, OBJECT_TYPE), g.known("ndarray")), leave)
        g.go_if(g.differ(g.load(old, ARRAY["base"]), "null"), leave)
        g.is_array_of(old, g.load(row, UPDATE["word"], "i64"), g.load(row, UPDATE["ndim"], "i64"), REUSABLE, leave)
        g.store("null", result)
        g.call("void", "@put_spare", ("ptr", g.table), ("i64", k), ("ptr", old))
        g.place(leave)
    given = g.variable("ptr", "null")
    slots = g.of("return_slots", "ptr")
    single, several, ready = g.label(), g.label(), g.label()
    g.go_if(g.same(g.of("single"), 0, "i64"), several)
    g.place(single)
    only = g.load(results, g.load(slots, type="i64"), size=8)
    g.python("void", "Py_IncRef", ("ptr", only))
    g.store(only, given)
    g.go(ready)
    g.place(several)
    made = g.python("ptr", "PyList_New", ("i64", g.of("returns")))
    g.store(made, given)
    g.go_if(g.same(made, "null"), ready)
    items = g.load(made, LIST_ITEMS)
    with g.each(g.of("returns")) as k:
        x = g.load(results, g.load(slots, k, "i64", 8), size=8)
        g.python("void", "Py_IncRef", ("ptr", x))
        g.store(x, items, k, size=8)
    g.place(ready)
    with g.each(g.of("results")) as k:
        g.release(g.load(results, k, size=8))
    g.leave(g.load(given))
    return g


def fail() -> Gate:
    """Cells stay; memory made for them is kept. If nothing is raised yet, Python says what failed."""
    g = Gate("fail", "void", [("ptr", "frame"), ("ptr", "held"), ("i64", "status")])
    g.knows(g.load("%frame", FRAME["table"]))
    results, arguments = g.load("%frame", FRAME["results"]), g.of("arguments")
    with g.when(g.same(g.python("ptr", "PyErr_Occurred"), "null")):
        objects = g.python("ptr", "PyList_New", ("i64", arguments))
        with g.when(g.differ(objects, "null")):
            items = g.load(objects, LIST_ITEMS)
            with g.each(arguments) as k:
                x = g.load("%held", k, size=8)
                g.python("void", "Py_IncRef", ("ptr", x))
                g.store(x, items, k, size=8)
            values = g.value(f"ptrtoint ptr {g.at('%frame', FRAME['values'])} to i64")
            never = g.python(
                "ptr", "PyObject_CallFunction", ("ptr", g.of("fail", "ptr")), ("ptr", g.known("two_integers_and_object")),
                ("i64", "%status"), ("i64", values), ("ptr", objects), variadic="(ptr, ptr, ...)",
            )
            g.release(never)
    with g.each(g.of("results")) as k:
        x, update = g.load(results, k, size=8), g.load(g.row("result_rows", RESULT, k), RESULT["update"], "i64")
        drop, next = g.label(), g.label()
        g.go_if(g.same(x, "null"), next)
        g.go_if(g.compare("slt", update, 0), drop)
        takes, another = g.load(g.row("result_rows", RESULT, k), RESULT["takes"], "i64"), g.label()
        g.go_if(g.compare("slt", takes, 0), another)
        g.go_if(g.same(x, held_argument(g, takes)), drop)  # the cell's own, not a spare
        g.place(another)
        g.call("void", "@put_spare", ("ptr", g.table), ("i64", update), ("ptr", x))
        g.go(next)
        g.place(drop)
        g.release(x)
        g.place(next)
    with g.each(arguments) as k, g.when(of_cell(g, k)):
        g.release(g.load("%held", k, size=8))
    g.lines.append("  ret void")
    g.lines.append(f"{g.label()}:")
    return g


def put_spare() -> Gate:
    """Array x, whose reference is given away, becomes the spare of update k."""
    g = Gate("put_spare", "void", [("ptr", "table"), ("i64", "k"), ("ptr", "x")])
    g.knows("%table")
    place = g.at(g.load(g.of("spares", "ptr"), LIST_ITEMS), "%k", 8)
    before = g.load(place)
    g.store("%x", place)
    g.release(before)
    g.lines += ["  ret void", f"{g.label()}:"]
    return g
