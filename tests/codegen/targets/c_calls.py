"""Calls what the C target compiled, by a context made by hand; used by the tests beside it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import CompilerNotFound
from codegen.loopir import nodes as ir
from codegen.targets.c import compile_c, find_compiler, load_shared
from codegen.targets.ctext import c_source

STRICT = ("-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-type-limits")
Address = ctypes.c_void_p


class Context(ctypes.Structure):
    """The fields as docs/architecture.md gives them."""


RESULT = ctypes.CFUNCTYPE(Address, ctypes.POINTER(Context), ctypes.c_int64, ctypes.POINTER(ctypes.c_int64))
SCRATCH = ctypes.CFUNCTYPE(Address, ctypes.POINTER(Context), ctypes.c_int64, ctypes.c_int64)
TABLE = ctypes.POINTER(Address)
SIZES = ctypes.POINTER(ctypes.POINTER(ctypes.c_int64))
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(Context), ctypes.c_int64, TABLE, SIZES)
Context._fields_ = [
    ("data", TABLE), ("sizes", SIZES), ("result", RESULT), ("scratch", SCRATCH), ("callback", CALLBACK), ("libraries", TABLE),
    ("values", ctypes.c_int64 * 8), ("own", ctypes.c_int64 * 8),
]


def compilers() -> list[str]:
    """Those of gcc and clang that are here."""
    found = []
    for name in ("gcc", "clang"):
        try:
            find_compiler(name)
        except CompilerNotFound:
            continue
        found.append(name)
    return found


needs_compiler = pytest.mark.skipif(not compilers(), reason="no C compiler")


class Native:
    """A module compiled and loaded. `results` of a call: arrays of the given (dtype, number of dimensions) by slot."""

    def __init__(self, module: ir.Module, folder: Path, compiler: str | None = None, flags: Sequence[str] = ()) -> None:
        self.source = c_source(module, "a test")
        self.handle, address = load_shared(compile_c(self.source, folder, compiler, [*STRICT, *flags]), module.entry.name)
        self.entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(Context))(address)

    def __call__(
        self, arrays: Sequence[np.ndarray], results: Sequence[tuple[Any, int]] = (), callback: Callable[..., int] | None = None,
        libraries: Sequence[int] = (), memory: bool = True,
    ) -> tuple[int, list[int], list[Any]]:
        given: dict[int, np.ndarray] = {}
        blocks: dict[int, Any] = {}

        def result(context: Any, slot: int, sizes: Any) -> int | None:
            dtype, dimensions = results[slot]
            given[slot] = np.empty([sizes[axis] for axis in range(dimensions)], dtype)
            return given[slot].ctypes.data if memory else None

        def scratch(context: Any, slot: int, size: int) -> int | None:
            blocks[slot] = ctypes.create_string_buffer(size + 64)
            return (ctypes.addressof(blocks[slot]) + 63) // 64 * 64 if memory else None

        sizes = [(ctypes.c_int64 * max(1, a.ndim))(*a.shape) for a in arrays]
        context = Context(
            (Address * max(1, len(arrays)))(*[a.ctypes.data for a in arrays]),
            (ctypes.POINTER(ctypes.c_int64) * max(1, len(sizes)))(*[ctypes.cast(s, ctypes.POINTER(ctypes.c_int64)) for s in sizes]),
            RESULT(result), SCRATCH(scratch), CALLBACK(callback or (lambda *_: 1)), (Address * max(1, len(libraries)))(*libraries),
        )
        status = self.entry(ctypes.byref(context))
        return status, list(context.values), [given.get(slot) for slot in range(len(results))]
