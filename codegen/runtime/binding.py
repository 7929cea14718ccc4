"""Binding: how the arguments and results of an Executable meet those of one Python function. The judge of the native gate.

A call takes arrays by position and from cells (``cell[0]``: the present array of a shared variable), gives results back, and at the end
exchanges the arrays of updated cells, all together and only if nothing failed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from codegen.runtime.arena import Arena
from codegen.runtime.entry import Call, exception_of, fits

if TYPE_CHECKING:
    from codegen.runtime.executable import Executable

__all__ = ["GIL_WORK", "PLAIN", "Binding", "Cell", "PlainCallable"]

Cell = list  # one array: [array]
GIL_WORK = 20_000  # scalar operations, some microseconds: below that other threads wait no longer than for an op of Python

# Classes of plain Python numbers that an argument without dimensions takes without a conversion that could lose something.
PLAIN: dict[str, tuple[type, ...]] = {"float64": (float, int), "int64": (int,)}


class Binding:
    """Everything `Executable.bind` was told. `take` and `run` are one call in Python."""

    def __init__(
        self,
        executable: Executable,
        arguments: Sequence[int | Cell],
        returns: Sequence[int],
        single: bool,
        updates: Sequence[tuple[int, Cell]],
        slow: Callable[..., Any],
        failed: Callable[[int, tuple[int, ...], list[np.ndarray]], Any],
        callbacks: Sequence[Callable[..., Any]],
        no_gil: bool | None,
        positional: int | None,
    ) -> None:
        layout = executable.layout
        if len(arguments) != len(layout.arguments):
            raise ValueError(f"{len(layout.arguments)} arguments are expected, {len(arguments)} are bound")
        if len(callbacks) != len(layout.callbacks):
            raise ValueError(f"{len(layout.callbacks)} callbacks are expected, {len(callbacks)} are bound")
        if single and len(returns) != 1:
            raise ValueError(f"a single result is asked for, {len(returns)} are bound")
        self.executable = executable
        self.layout = layout
        self.arguments = list(arguments)
        self.returns = list(returns)
        self.single = single
        self.updates = list(updates)
        self.slow = slow
        self.failed = failed
        self.callbacks = list(callbacks)
        self.positional = 1 + max([p for p in arguments if isinstance(p, int)], default=-1) if positional is None else positional
        small = layout.work is not None and layout.work <= GIL_WORK
        self.releases = not (small or layout.callbacks) if no_gil is None else no_gil
        self.spares: list[np.ndarray | None] = [None] * len(self.updates)
        self.spare_of = {slot: k for k, (slot, _) in enumerate(self.updates)}
        self.arena = Arena(layout.scratches)
        # A result may be the very array of the cell that it is an update of.
        self.takes = {slot: layout.takes[slot] for slot, cell in self.updates
                      if slot in layout.takes and self.arguments[layout.takes[slot]] is cell}

    def take(self, args: Sequence[Any]) -> list[Any] | None:
        """The positional arguments as arrays if native code can take each of them as it is; else None: they need to be converted."""
        if len(args) != self.positional:
            return None
        arrays = list(args)
        for type, source in zip(self.layout.arguments, self.arguments):
            if isinstance(source, int):
                x = args[source]
                if fits(x, type):
                    continue
                if type.shape or not (x.__class__ is np.dtype(type.dtype).type or x.__class__ in PLAIN.get(type.dtype, ())):
                    return None
                try:
                    arrays[source] = np.array(x, type.dtype)
                except OverflowError:
                    return None
        return arrays

    def run(self, arrays: Sequence[np.ndarray]) -> Any:
        """One call with an array for each positional argument, of the Layout's types; gives what the function returns.

        Raises TypeError for an array that native code cannot take, whatever `failed` or a callback raises, MemoryError.
        """
        layout = self.layout
        if len(arrays) != self.positional:
            raise TypeError(f"{self.positional} arrays are expected, {len(arrays)} are given")
        held = [arrays[source] if isinstance(source, int) else source[0] for source in self.arguments]
        for k, (array, type) in enumerate(zip(held, layout.arguments)):
            if not fits(array, type):
                raise TypeError(f"argument {k} of native code must be {type}, C-contiguous, aligned and in native byte order")
        arena = Arena(layout.scratches) if self.arena.taken else self.arena
        arena.taken = True
        call = Call(layout, arena, lambda slot, shape: self.make(slot, shape, held), self.callbacks)
        try:
            status = call.perform(self.executable.entries[self.releases], held + layout.constants, self.executable.libraries)
        finally:
            arena.release()
        results = call.results
        if status or call.pending is not None:
            for slot, k in self.spare_of.items():
                if results[slot] is not None and not (slot in self.takes and results[slot] is held[self.takes[slot]]):
                    self.spares[k] = results[slot]
            error = call.pending or exception_of(status)
            if error is not None:
                raise error
            self.failed(status, call.values, held)
            raise RuntimeError(f"native code failed with status {status}, and nothing was raised for it")
        held.clear()
        self.exchange(results)
        if self.single:
            return results[self.returns[0]]
        return [results[slot] for slot in self.returns]

    def run_all(self, *arrays: np.ndarray) -> Any:
        return self.run(arrays)

    def make(self, slot: int, shape: tuple[int, ...], held: Sequence[np.ndarray]) -> np.ndarray:
        """Memory for a result: that of the argument it takes over, if nobody but its cell and this call holds that; the spare of an
        updated cell if its sizes are right."""
        if slot in self.takes:
            array = held[self.takes[slot]]
            if sys.getrefcount(array) == ALONE + HOLDERS and self.reusable(slot, array):
                return array
        k = self.spare_of.get(slot)
        if k is not None:
            spare, self.spares[k] = self.spares[k], None
            if spare is not None and spare.shape == shape:
                return spare
        return np.empty(shape, self.layout.results[slot].dtype)

    def exchange(self, results: list[Any]) -> None:
        """The new arrays go into the cells; an old one that nobody else holds becomes the spare."""
        for k, (slot, cell) in enumerate(self.updates):
            old = cell[0]
            cell[0], results[slot] = results[slot], None
            self.spares[k] = old if sys.getrefcount(old) == ALONE and self.reusable(slot, old) else None

    def reusable(self, slot: int, array: Any) -> bool:
        return fits(array, self.layout.results[slot]) and array.base is None and array.flags.owndata and array.flags.writeable


class PlainCallable:
    """A bound Executable, called through ctypes. Bound by ``executable.bind(..., into=object)``."""

    binding: Binding

    def connect(self, binding: Binding) -> None:
        self.binding = binding

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        binding = self.binding
        arrays = None if kwargs else binding.take(args)
        return binding.slow(*args, **kwargs) if arrays is None else binding.run(arrays)

    def run(self, arrays: Sequence[np.ndarray]) -> Any:
        """The call with an array for each positional argument. Raises TypeError for arrays that do not fit the Layout."""
        return self.binding.run(arrays)


def references_of_one() -> int:
    """What `sys.getrefcount` says of an object that one local variable holds: 2, from Python 3.14 on 1."""
    only = object()
    return sys.getrefcount(only)


ALONE = references_of_one()
HOLDERS = 3  # of a cell's array during a call: the cell, the list of the arguments, and that of the arguments and constants
