"""One call of a compiled entry through ctypes: the context that docs/architecture.md describes, and the functions it offers.

The three functions exist once a process; a call is found by the address of its context.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, PYFUNCTYPE, Structure, addressof, c_int64, c_void_p
from time import monotonic_ns
from typing import Any

import numpy as np

from codegen.layout import CallbackType, Failure, Layout
from codegen.program import ArrayType
from codegen.runtime.arena import Arena

__all__ = ["LATE", "SOON", "VALUES", "Call", "entry_types", "exception_of", "fits", "outputs_of", "proper", "rounds_of"]

NOTED = 8
VALUES = 12  # those of a failure, then the numbers of the rounds in which it was met, that of the outermost loop first
SOON, LATE = 10_000_000, 40_000_000  # nanoseconds between two looks at what the user wants: at least, and at most if rounds allow it
OUT_OF_MEMORY = -1
INTERRUPTED = -2

RESULT = CFUNCTYPE(c_void_p, c_void_p, c_int64, POINTER(c_int64))
SCRATCH = CFUNCTYPE(c_void_p, c_void_p, c_int64, c_int64)
CALLBACK = CFUNCTYPE(c_int64, c_void_p, c_int64, POINTER(c_void_p), POINTER(c_void_p))
PULSE = CFUNCTYPE(c_int64, c_void_p, POINTER(c_int64))

# (keeps the GIL, releases the GIL). The functions of the context take it back, whichever of the two called.
entry_types = (PYFUNCTYPE(c_int64, c_void_p), CFUNCTYPE(c_int64, c_void_p))


class Context(Structure):
    _fields_ = [
        ("data", c_void_p),
        ("sizes", c_void_p),
        ("result", RESULT),
        ("scratch", SCRATCH),
        ("callback", CALLBACK),
        ("libraries", c_void_p),
        ("values", c_int64 * VALUES),
        ("pulse", PULSE),
        ("limit", c_int64),
        ("split", c_void_p),  # with what follows null: loops are not split where calls do not go through the native gate
        ("thread", c_int64),
        ("threads", c_int64),
    ]


class Call:
    """One call. make: memory for result `slot` of this shape. After `perform`: `results`, `values`, `pending` (to be raised)."""

    __slots__ = ("arena", "callbacks", "context", "kept", "layout", "make", "pending", "results", "values")

    def __init__(
        self, layout: Layout, arena: Arena, make: Callable[[int, tuple[int, ...]], np.ndarray], callbacks: Sequence[Callable[..., Any]]
    ) -> None:
        self.layout = layout
        self.arena = arena
        self.make = make
        self.callbacks = callbacks
        self.results: list[Any] = [None] * len(layout.results)
        self.pending: BaseException | None = None
        self.kept: list[Any] = []  # what the entry may still look at
        self.values: tuple[int, ...] = (0,) * VALUES

    def perform(self, entry: Callable[[Any], int], arrays: Sequence[np.ndarray], libraries: Any) -> int:
        """Calls the entry; its status."""
        count = len(arrays)
        sizes = [(c_int64 * (a.ndim or 1))(*a.shape) for a in arrays]
        data_table = (c_void_p * (count or 1))(*[a.ctypes.data for a in arrays])
        sizes_table = (c_void_p * (count or 1))(*[addressof(s) for s in sizes])
        context = Context(
            ctypes.cast(data_table, c_void_p), ctypes.cast(sizes_table, c_void_p), result_of, scratch_of, callback_of,
            ctypes.cast(libraries, c_void_p), (c_int64 * VALUES)(), pulse_of,
        )
        address = addressof(context)
        running[address] = self
        try:
            status = entry(address)
        finally:
            del running[address]
        self.values = tuple(context.values)
        return status


running: dict[int, Call] = {}  # by address of the context


def give_result(address: int, slot: int, sizes: Any) -> int | None:
    call = running[address]
    try:
        shape = tuple(sizes[:call.layout.results[slot].ndim]) if call.layout.results[slot].ndim else ()
        call.results[slot] = array = call.make(slot, shape)
        return int(array.ctypes.data)
    except (MemoryError, ValueError):  # numpy says ValueError for sizes beyond all memory; native code says what was asked for
        pass
    except BaseException as error:  # must not leave through native code
        call.pending = error
    return None


def give_scratch(address: int, slot: int, size: int) -> int | None:
    call = running[address]
    try:
        return call.arena.ask(slot, size)
    except (MemoryError, ValueError):
        pass
    except BaseException as error:
        call.pending = error
    return None


def call_back(address: int, slot: int, data: Any, sizes: Any) -> int:
    call = running[address]
    try:
        values = Context.from_address(address).values
        call.kept.append(answer(call.layout.callbacks[slot], call.callbacks[slot], data, sizes, values))
        return 0
    except BaseException as error:
        call.pending = error
        return 1


def go_on(address: int, counters: Any) -> int:
    """Python runs handlers of signals as it enters a function: what they raise ends the call. Counts as the native gate does."""
    try:
        now = monotonic_ns()
        elapsed = now - counters[2] if counters[2] else 0
        if elapsed < SOON:
            counters[1] *= 2
        elif elapsed > LATE:
            counters[1] = max(counters[1] // 2, 1)
        if elapsed >= SOON or not counters[2]:
            counters[2] = now
        counters[0] = counters[1]
        return 0
    except BaseException as error:
        running[address].pending = error
        return 1


result_of, scratch_of, callback_of = RESULT(give_result), SCRATCH(give_scratch), CALLBACK(call_back)
pulse_of = PULSE(go_on)


def answer(kind: CallbackType, function: Callable[..., Any], data: Any, sizes: Any, values: Any) -> list[Any]:
    """Calls a Python function for native code: inputs are copied out of `data` and `sizes`, outputs written behind them.

    Gives what has to stay alive while native code looks at the outputs. Raises what the function raises.
    """
    arrays = []
    for k, type in enumerate(kind.inputs):
        shape = tuple((c_int64 * type.ndim).from_address(sizes[k])) if type.ndim else ()
        array = np.empty(shape, type.dtype)
        if array.nbytes:
            ctypes.memmove(array.ctypes.data, data[k], array.nbytes)
        arrays.append(array)
    try:
        outputs = outputs_of(kind, function(*arrays))
    except Exception as error:
        tell = getattr(function, "failed_in", None)
        if tell is not None:
            tell(error, rounds_of(kind, values))
        raise
    kept: list[Any] = []
    for k, array in enumerate(outputs, len(kind.inputs)):
        shape_of = (c_int64 * (array.ndim or 1))(*array.shape)
        data[k], sizes[k] = array.ctypes.data, addressof(shape_of)
        kept += [array, shape_of]
    return kept


def rounds_of(met: Failure | CallbackType, values: Sequence[int]) -> list[tuple[int, int]]:
    """(number of the loop's step, number of the round) of each loop in which a failure was met, the outermost first."""
    return [(where, values[NOTED + level]) for level, where in enumerate(met.loops)]


def outputs_of(kind: CallbackType, given: Any) -> list[np.ndarray]:
    """The arrays a Python function gave, as native code takes them. Raises TypeError, ValueError if they are not of the types promised."""
    given = list(given)
    if len(given) != len(kind.outputs):
        raise ValueError(f"{len(kind.outputs)} outputs are expected of a Python function, it gave {len(given)}")
    outputs = []
    for k, (value, type) in enumerate(zip(given, kind.outputs)):
        array = np.asarray(value)
        if array.dtype != type.dtype and (isinstance(value, np.ndarray) or not np.can_cast(array.dtype, type.dtype, "same_kind")):
            raise TypeError(f"output {k} of a Python function has dtype {array.dtype}, {type} is expected")
        if array.ndim != type.ndim:
            raise TypeError(f"output {k} of a Python function has {array.ndim} dimensions, {type} is expected")
        if any(n is not None and n != m for n, m in zip(type.shape, array.shape)):
            raise ValueError(f"output {k} of a Python function has shape {array.shape}, {type} is expected")
        outputs.append(proper(array, type.dtype))
    return outputs


def proper(array: Any, dtype: str) -> np.ndarray:
    """The array C-contiguous, aligned, in native byte order, of exactly this dtype: itself if it is all that, else a copy."""
    return np.require(array, np.dtype(dtype), ["C", "A"]) if np.ndim(array) else np.asarray(array, np.dtype(dtype), order="C")


def fits(array: Any, type: ArrayType) -> bool:
    """Whether native code can take the array as it is."""
    return (
        array.__class__ is np.ndarray
        and array.dtype == type.dtype
        and array.dtype.isnative
        and array.ndim == type.ndim
        and array.flags.c_contiguous
        and array.flags.aligned
        and all(n is None or n == m for n, m in zip(type.shape, array.shape))
    )


def exception_of(status: int) -> BaseException | None:
    """The exception of a status that says all by itself; None: it is a number of the Layout's failure table."""
    if status == OUT_OF_MEMORY:
        return MemoryError("no memory for a result or an intermediate")
    return KeyboardInterrupt() if status == INTERRUPTED else None
