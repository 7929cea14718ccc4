"""What a compiled Program wants from its caller and gives back: the data beside the code, kept with it in the cache.

Argument number k of the call is `arguments[k]`; the constants that are too large to stand in the code follow behind them. Result number k is
`results[k]`: every output of the Program has memory of its own. A status s > 0 means `failures[s - 1]`.
"""

from __future__ import annotations

from typing import Any

from codegen.program import ArrayType
from codegen.record import field, record

__all__ = ["CLOCK_ROOM", "TICK", "CallbackType", "Failure", "Layout"]

TICK = "codegen.tick"  # the routine that code with a clock calls behind each kernel, among the libraries; see codegen/runtime/clock.py
CLOCK_ROOM = 1 << 16  # the numbers that it may be called with


@record(frozen=True)
class Failure:
    """where: the step's number (`Step.where`); error: name of the exception class; message: with ``{}`` for each value noted, ``{:real}`` for
    one that is the bits of a float64.

    loops: the numbers of the loops in whose rounds it was met, the outermost first; the numbers of the rounds are noted behind the values.
    """

    where: int
    error: str
    message: str
    loops: tuple[int, ...] = ()


@record(frozen=True)
class CallbackType:
    """A Python op's step: the types of what comes in and of what must come back. where: the step's number; loops: as those of a Failure."""

    where: int
    inputs: tuple[ArrayType, ...]
    outputs: tuple[ArrayType, ...]
    loops: tuple[int, ...] = ()


@record()
class Layout:
    """entry: the symbol. constants: C-contiguous arrays. scratches: number of scratch blocks. libraries: BLAS/LAPACK names by slot.

    takes: result -> argument whose memory it may be given: it is written to only when nothing can fail any more.
    """

    entry: str
    arguments: list[ArrayType]
    results: list[ArrayType]
    constants: list[Any] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    callbacks: list[CallbackType] = field(default_factory=list)
    scratches: int = 0
    libraries: list[str] = field(default_factory=list)
    clocks: list[tuple[int, ...]] = field(default_factory=list)  # of measured code: the steps behind each number of the clock
    takes: dict[int, int] = field(default_factory=dict)
    work: int | None = None  # rough number of scalar operations of one call where it is known and small: the GIL is kept below some limit
