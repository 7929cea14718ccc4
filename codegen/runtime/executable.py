"""Executable: a compiled entry that can be called with arrays, and bound to a Python function's arguments and state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import c_void_p
from importlib import import_module
from typing import Any

import numpy as np

from codegen.errors import RunError
from codegen.layout import TICK, Layout
from codegen.runtime.binding import Binding, Cell, PlainCallable
from codegen.runtime.entry import entry_types
from codegen.runtime.externals import address_of_external
from codegen.runtime.gate import NativeCallable
from codegen.runtime.libraries import address_of, tell_pool

__all__ = ["Executable", "NativeCallable", "PlainCallable"]


class Executable:
    """entry: address of ``int64 entry(context*)``; keep: whatever the code must not outlive.

    Raises LibraryNotFound if the Layout names a BLAS or LAPACK routine, or a function of a Python module, that is not found.
    """

    def __init__(self, entry: int, layout: Layout, keep: Any = None) -> None:
        self.entry = entry
        self.layout = layout
        self.keep = keep
        self.entries = tuple(make(entry) for make in entry_types)  # (keeps the GIL, releases it)
        if layout.libraries:
            tell_pool()
        self.libraries = (c_void_p * (len(layout.libraries) or 1))(*map(routine_address, layout.libraries))

    def run(self, arrays: Sequence[np.ndarray], callbacks: Sequence[Callable[..., Any]] = ()) -> list[np.ndarray]:
        """Every result of one call, in the Layout's order. Raises RunError(status, values), MemoryError, what a callback raises."""
        count = len(self.layout.arguments)
        if len(arrays) != count:
            raise TypeError(f"{count} arrays are expected, {len(arrays)} are given")
        everything = list(range(len(self.layout.results)))
        call = self.bind(list(range(count)), everything, failed=raise_run_error, callbacks=callbacks, into=PlainCallable())
        return list(call.run(arrays))

    def bind(
        self,
        arguments: Sequence[int | Cell],
        returns: Sequence[int],
        single: bool = False,
        updates: Sequence[tuple[int, Cell]] = (),
        slow: Callable[..., Any] | None = None,
        failed: Callable[[int, tuple[int, ...], list[np.ndarray]], Any] | None = None,
        callbacks: Sequence[Callable[..., Any]] = (),
        no_gil: bool | None = None,
        positional: int | None = None,
        into: Any = None,
    ) -> Any:
        """A callable object of this entry.

        arguments: for each argument of the Layout the number of the caller's positional argument, or a cell ``[array]``, read at each call.
        returns: result slots that a call returns, as a list or, if `single`, the one array itself.
        updates: (result slot, cell): after a call that succeeded the result is the cell's array. All cells change together.
        slow: called with the caller's arguments when they are not, as they stand, what native code takes (keywords, another number of
        arguments, lists, other dtypes, strides); it converts them and calls `run`. Default: TypeError.
        failed: called with (status, values, argument arrays) when native code says so; must raise. Default: raises RunError.
        callbacks: the Python functions of the Layout's slots: arrays in, a sequence of arrays out. One with an attribute `failed_in` has it
        called with (what it raised, `rounds_of` its place).
        no_gil: whether the GIL is released during the call; None: if there is much to do, or nobody knows how much, and no callback.
        positional: number of positional arguments, where not all are used by `arguments`.
        into: an object of NativeCallable or PlainCallable, or of a subclass, to be bound; a new NativeCallable by default.
        """
        target = NativeCallable() if into is None else into
        target.connect(Binding(
            self, arguments, returns, single, updates, slow or refuse, failed or raise_run_error, callbacks, no_gil, positional,
        ))
        return target


def routine_address(name: str) -> int:
    """Of a routine of BLAS or LAPACK, 'dgemm', or of a function of Python's libraries, 'scipy.special.betainc/3'."""
    if name == TICK:
        return int(import_module("codegen.runtime.clock").address_of_tick())  # not loaded where nothing is measured
    return address_of_external(name) if "/" in name else address_of(name)


def refuse(*args: Any, **kwargs: Any) -> Any:
    raise TypeError("the arguments are not arrays as native code takes them")


def raise_run_error(status: int, values: tuple[int, ...], arrays: list[np.ndarray]) -> None:
    raise RunError(status, values)
