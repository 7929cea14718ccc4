"""Runs an entry as docs/architecture.md says that one is called, with a context made here and nothing of codegen.runtime."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, addressof, c_int64, c_void_p
from typing import Any

import numpy as np

from codegen.loopir import nodes as ir
from codegen.loopir.builder import Builder
from codegen.loopir.scalar import Scalar

RESULT = CFUNCTYPE(c_void_p, c_void_p, c_int64, POINTER(c_int64))
SCRATCH = CFUNCTYPE(c_void_p, c_void_p, c_int64, c_int64)
CALLBACK = CFUNCTYPE(c_int64, c_void_p, c_int64, POINTER(c_void_p), POINTER(POINTER(c_int64)))


class Context(Structure):
    _fields_ = [
        ("data", c_void_p), ("sizes", c_void_p), ("result", RESULT), ("scratch", SCRATCH), ("callback", CALLBACK), ("libraries", c_void_p),
        ("values", c_int64 * 8),
    ]


class Entry:
    """A builder of an entry's body: arguments, sizes, results; kernels of its module are written with `kernel`."""

    def __init__(self) -> None:
        self.b = Builder()
        self.context = self.b.parameter("context*")
        self.kernels: list[ir.Function] = []
        self.b.on_check = lambda error, message: 7

    def argument(self, slot: int, type: str) -> Scalar:
        return self.b.emit("argument", [slot], f"{type}*")

    def size(self, slot: int, axis: int = 0) -> Scalar:
        return self.b.emit("size", [slot, axis], "int64")

    def result(self, slot: int, type: str, *sizes: Any) -> Scalar:
        out = self.b.value(f"{type}*")
        self.b.block.append(ir.Result(out, slot, tuple(s.value if isinstance(s, Scalar) else s for s in sizes)))
        return Scalar(self.b, out)

    def kernel(self, name: str, types: Sequence[str], body: Callable[..., None], **words: Any) -> Callable[..., None]:
        """Writes a kernel with parameters of these types; what comes back writes a call of it."""
        b = Builder()
        b.on_check = self.b.on_check
        body(b, *[b.parameter(type) for type in types])
        self.kernels.append(ir.Function(name, tuple(b.parameters), b.block, b.fails, **words))

        def call(*args: Any) -> None:
            self.b.block.append(ir.Call(name, tuple(a.value if isinstance(a, Scalar) else a for a in args)))

        return call

    def module(self, symbol: str = "entry") -> ir.Module:
        function = ir.Function(symbol, tuple(self.b.parameters), self.b.block, True)
        return ir.Module(function, self.kernels, self.b.libraries)


class Call:
    """What a call gave: status, values noted by a failure, results by slot, and the scratch blocks it asked for."""

    def __init__(
        self, address: int, arguments: Sequence[np.ndarray], results: Sequence[str] = (), libraries: Sequence[int] = (),
        callback: Callable[..., Any] | None = None, memory: bool = True, ranks: Sequence[int] = (),
    ) -> None:
        self.results: dict[int, np.ndarray] = {}
        self.scratches: dict[int, np.ndarray] = {}
        self.kept: list[Any] = []

        def result(context: int, slot: int, sizes: Any) -> int | None:
            if not memory:
                return None
            rank = ranks[slot] if ranks else 1
            self.results[slot] = np.empty(tuple(sizes[:rank]), results[slot])
            return self.results[slot].ctypes.data

        def scratch(context: int, slot: int, size: int) -> int | None:
            if not memory:
                return None
            block = np.empty(size + 64, "uint8")
            block = block[-block.ctypes.data % 64:][:size]
            if slot in self.scratches:
                old = self.scratches[slot]
                block[:min(size, old.size)] = old[:min(size, old.size)]
                self.kept.append(old)
            self.scratches[slot] = block
            return block.ctypes.data

        def call_back(context: int, slot: int, data: Any, sizes: Any) -> int:
            assert callback is not None
            return int(callback(self, slot, data, sizes))

        count = len(arguments)
        shapes = [(c_int64 * max(1, a.ndim))(*a.shape) for a in arguments]
        tables = (
            (c_void_p * max(1, count))(*[a.ctypes.data for a in arguments]),
            (c_void_p * max(1, count))(*[addressof(s) for s in shapes]),
            (c_void_p * max(1, len(libraries)))(*libraries),
        )
        context = Context(
            addressof(tables[0]), addressof(tables[1]), RESULT(result), SCRATCH(scratch), CALLBACK(call_back), addressof(tables[2]),
        )
        self.status = ctypes.CFUNCTYPE(c_int64, c_void_p)(address)(addressof(context))
        self.values = list(context.values)
