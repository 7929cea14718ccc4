"""What the native gate's code reads: the addresses of Python and numpy, and the table of one callable, filled in from its Binding."""

from __future__ import annotations

import ctypes
import sys
import threading
from ctypes import c_char_p, c_int, c_int64, c_uint64, c_void_p, pythonapi
from functools import cache
from typing import Any

import numpy as np

from codegen.runtime import gatetables as tables
from codegen.runtime.binding import PLAIN, Binding
from codegen.runtime.entry import VALUES, answer, exception_of
from codegen.runtime.threads import pool

__all__ = ["Native", "gate_is_possible"]

NEW_FROM_DESCR = 94  # PyArray_NewFromDescr in numpy's table of C functions, the same since numpy 1.7
FORMATS = {"four_integers": c_char_p(b"LLLL"), "two_integers_and_object": c_char_p(b"LLN")}
PLAIN_BITS: dict[tuple[type, ...], int] = {(float, int): tables.FLOAT | tables.INT_AS_FLOAT, (int,): tables.INT}


@cache
def gate_is_possible() -> bool:
    """Whether Python and numpy lay out their objects as `gatetables` says: CPython with the GIL and pointers of 64 bits."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(c_void_p) != 8 or "t" in sys.abiflags:
        return False
    array = np.zeros((3, 5), np.float32)
    at, size = id(array), tables.ARRAY
    sizes = pointer_at(at + size["sizes"])
    number, single = np.float64(0.5), [array]
    return (
        pointer_at(at + tables.OBJECT_TYPE) == id(np.ndarray)
        and pointer_at(at + size["data"]) == array.__array_interface__["data"][0]
        and c_int.from_address(at + size["ndim"]).value == 2
        and [c_int64.from_address(sizes + 8 * k).value for k in range(2)] == [3, 5]
        and pointer_at(at + size["base"]) == 0
        and pointer_at(at + size["descr"]) == id(array.dtype)
        and c_int.from_address(at + size["flags"]).value == array.flags.num
        and word_of(array.dtype) == int.from_bytes(b"ff=\0", "little") | array.dtype.num << 32
        and ctypes.c_double.from_address(id(number) + tables.SCALAR_VALUE).value == 0.5
        and ctypes.c_double.from_address(id(0.25) + tables.SCALAR_VALUE).value == 0.25
        and pointer_at(pointer_at(id(single) + tables.LIST_ITEMS)) == at
    )


def pointer_at(address: int) -> int:
    return c_void_p.from_address(address).value or 0


def word_of(dtype: Any) -> int:
    """What tells dtypes apart: kind, letter, byte order and number, as they lie in a descriptor."""
    return int(c_uint64.from_address(id(np.dtype(dtype)) + tables.DESCR_WORD).value) & tables.DESCR_MASK


@cache
def api() -> Any:
    """Addresses for `gatetables.API`; what they point to lives as long as the process."""
    pointer_of: Any = ctypes.PYFUNCTYPE(c_void_p, ctypes.py_object, c_char_p)(("PyCapsule_GetPointer", pythonapi))
    module = sys.modules.get("numpy._core._multiarray_umath") or sys.modules["numpy.core._multiarray_umath"]
    functions = ctypes.cast(pointer_of(module._ARRAY_API, None), ctypes.POINTER(c_void_p))
    objects = {"ndarray": np.ndarray, "float": float, "int": int, "None": None}
    found: dict[str, Any] = {name: id(x) for name, x in objects.items()}
    found["pool"] = pool()
    found["main_thread"] = threading.main_thread().ident
    found["PyArray_NewFromDescr"] = functions[NEW_FROM_DESCR]
    found |= {name: ctypes.cast(format, c_void_p).value for name, format in FORMATS.items()}
    library = ctypes.CDLL(None)
    for name in tables.API:
        if name not in found:
            found[name] = ctypes.cast(getattr(pythonapi if name.startswith("Py") else library, name), c_void_p).value
    return (c_void_p * len(tables.API))(*[found[name] for name in tables.API])


def table_of(numbers: list[int]) -> Any:
    return (c_int64 * (len(numbers) or 1))(*numbers)


class Native:
    """The table of one callable at `address`, and everything it points to. Gives its blocks back when it goes."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.parts: list[Any] = []
        self.scratches = binding.layout.scratches
        self.blocks = (c_int64 * (2 * self.scratches or 1))()
        self.fail_method, self.answer_method = self.fail, self.answer
        self.table = self.fill()
        self.address = ctypes.addressof(self.table)

    def fill(self) -> Any:
        b, layout = self.binding, self.binding.layout
        executable, constants = b.executable, layout.constants
        total = len(layout.arguments) + len(constants)
        results = [x for slot, type in enumerate(layout.results) for x in self.result_row(slot, type)]
        fields = {
            "api": ctypes.addressof(api()), "entry": executable.entry, "positional": b.positional, "arguments": len(layout.arguments),
            "total": total, "results": len(layout.results), "updates": len(b.updates), "returns": len(b.returns), "single": int(b.single),
            "releases": int(b.releases), "calls_back": len(b.callbacks), "scratches": self.scratches, "taken": 0,
            "frame": tables.frame_size(len(layout.arguments), len(constants), len(layout.results), self.scratches),
            "blocks": ctypes.addressof(self.blocks),
            "argument_rows": self.part([x for k in range(len(layout.arguments)) for x in self.argument_row(k)]),
            "result_rows": self.part(results),
            "update_rows": self.part([
                x for slot, cell in b.updates for x in (slot, id(cell), word_of(layout.results[slot].dtype), layout.results[slot].ndim)
            ]),
            "return_slots": self.part(b.returns),
            "constant_data": self.part([a.ctypes.data for a in constants]),
            "constant_sizes": self.part([self.part(list(a.shape)) for a in constants]),
            "libraries": ctypes.addressof(executable.libraries),
            "fail": id(self.fail_method), "answer": id(self.answer_method), "spares": id(b.spares),
        }
        return table_of([fields[name] for name in tables.TABLE])

    def part(self, numbers: list[int]) -> int:
        """The address of these numbers, kept as long as the table."""
        self.parts.append(table_of(numbers))
        return ctypes.addressof(self.parts[-1])

    def argument_row(self, k: int) -> list[int]:
        type, source = self.binding.layout.arguments[k], self.binding.arguments[k]
        dtype = np.dtype(type.dtype)
        given = isinstance(source, int)
        static = self.part([-1 if n is None else n for n in type.shape]) if any(n is not None for n in type.shape) else 0
        number = given and not type.shape
        plain = PLAIN_BITS[PLAIN[type.dtype]] if number and type.dtype in PLAIN else 0
        scalar = id(dtype.type) if number else 0
        return [source if isinstance(source, int) else -1, 0 if given else id(source), word_of(dtype), type.ndim, static, scalar, plain]

    def result_row(self, slot: int, type: Any) -> list[int]:
        dtype = np.dtype(type.dtype)
        self.parts.append(dtype)
        return [id(dtype), type.ndim, self.binding.spare_of.get(slot, -1), self.binding.takes.get(slot, -1), word_of(dtype)]

    def fail(self, status: int, values: int, objects: list[Any]) -> None:
        """Called natively where the status is not 0: raises. values: the address; objects: the arguments as they came."""
        error = exception_of(status)
        if error is not None:
            raise error
        arrays = [x if isinstance(x, np.ndarray) else np.array(x, type.dtype) for x, type in zip(objects, self.binding.layout.arguments)]
        self.binding.failed(status, tuple((c_int64 * VALUES).from_address(values)), arrays)
        raise RuntimeError(f"native code failed with status {status}, and nothing was raised for it")

    def answer(self, slot: int, data: int, sizes: int, values: int) -> list[Any]:
        """Called natively for callback `slot`, with the addresses of the two lists of addresses, and that of the values of failures."""
        kind = self.binding.layout.callbacks[slot]
        places = c_void_p * (len(kind.inputs) + len(kind.outputs))
        return answer(kind, self.binding.callbacks[slot], places.from_address(data), places.from_address(sizes),
                      (c_int64 * VALUES).from_address(values))

    def __del__(self) -> None:
        free = ctypes.CDLL(None).free
        for k in range(self.scratches):
            if self.blocks[2 * k]:
                free(c_void_p(self.blocks[2 * k]))
