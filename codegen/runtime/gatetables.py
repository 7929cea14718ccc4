"""The memory that the native gate reads: offsets of its fields, shared by the text of its code and by what fills them in.

Every field has 8 bytes. A `Table` stands for one callable; its rows say what each argument, result and update is.
"""

from __future__ import annotations

__all__ = [
    "API", "ARGUMENT", "ARRAY", "CALLABLE", "DESCR_MASK", "DESCR_WORD", "FLOAT", "FRAME", "FRAME_HEAD", "INT", "INT_AS_FLOAT", "LIST_ITEMS",
    "OBJECT_TYPE", "RESULT", "REUSABLE", "SCALAR_VALUE", "TABLE", "UPDATE", "WANTED", "frame_size", "size_of",
]


def fields(text: str, start: int = 0) -> dict[str, int]:
    return {name: start + 8 * k for k, name in enumerate(text.split())}


def size_of(offsets: dict[str, int]) -> int:
    """Bytes of a record with these fields."""
    return max(offsets.values()) + 8


# What the gate needs of Python, numpy and the C library: addresses, in this order.
API_NAMES = (
    "Py_IncRef Py_DecRef PyErr_Occurred PyErr_Clear PyErr_NoMemory PyLong_AsDouble PyLong_AsLongLong "
    "PyList_New PyList_Append PyDict_New PyDict_SetItem PyTuple_Size PyTuple_GetItem PyObject_VectorcallDict PyObject_CallFunction "
    "PyEval_SaveThread PyEval_RestoreThread PyErr_CheckSignals PyThread_get_thread_ident "  # of Python
    "PyArray_NewFromDescr "  # of numpy
    "posix_memalign malloc free madvise clock_gettime "  # of the C library
    "main_thread pool ndarray float int None four_integers two_integers_and_object"  # a number, objects, and formats of PyObject_CallFunction
)
API = fields(API_NAMES)

# The callable object, behind the head of every Python object. slow: called with the arguments that native code cannot take.
CALLABLE = fields("vectorcall table slow", start=16)

# Of one callable.
TABLE = fields(
    "api entry positional arguments total results updates returns single releases calls_back frame scratches taken blocks "
    "argument_rows result_rows update_rows return_slots constant_data constant_sizes libraries fail answer spares"
)

# position: of the positional argument, or -1: the list `cell` has it. word: of the dtype. sizes: address of static sizes (-1: any), or 0.
# scalar: the numpy class whose objects hold the value, or 0. plain: bits FLOAT, INT_AS_FLOAT, INT.
ARGUMENT = fields("position cell word ndim sizes scalar plain")
FLOAT, INT_AS_FLOAT, INT = 1, 2, 4
RESULT = fields("descr ndim update takes word")  # update: number of the update that takes it, or -1; takes: the argument it may be, or -1
UPDATE = fields("slot cell word ndim")

# One call: the context of docs/architecture.md, then the gate's own.
CONTEXT = fields("data sizes result scratch callback libraries values") | fields("pulse limit split number threads", start=144)
FRAME = CONTEXT | fields("table thread blocks results kept", start=184)
FRAME_HEAD = size_of(FRAME)


def frame_size(arguments: int, constants: int, results: int, scratches: int) -> int:
    """Bytes of a call: head, addresses, sizes, objects held, converted numbers, results, blocks of its own (address, bytes)."""
    return FRAME_HEAD + 8 * (2 * (arguments + constants) + 2 * arguments + results + 2 * scratches)


# Python's and numpy's objects, the same in Python 3.10 to 3.14 and numpy 1.26 to 2; `native.gate_is_possible` looks before they are used.
OBJECT_TYPE = 8
LIST_ITEMS = 24
SCALAR_VALUE = 16  # of float and of every numpy scalar
ARRAY = {"data": 16, "ndim": 24, "sizes": 32, "base": 48, "descr": 56, "flags": 64}
DESCR_WORD = 24  # kind, type, byte order, (flags), type number
DESCR_MASK = 0xFFFFFFFF_00FFFFFF
WANTED = 0x0001 | 0x0100  # C-contiguous, aligned
REUSABLE = WANTED | 0x0004 | 0x0400  # owns its data, writeable
