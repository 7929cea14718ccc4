"""A clock that native code reads between its kernels, for functions whose kernels are measured.

Code that is lowered with a clock calls TICK with a number after each kernel: the time since the last call is added to what stands under that
number. Numbers belong to the process, and so does the last time: of two measured functions that run at once in two threads neither is
measured well. The function is compiled at its first use; it reads the system's monotonic clock, 20 to 30 ns a call.
"""

from __future__ import annotations

import ctypes
import time
from functools import cache

import numpy as np

from codegen.errors import LibraryNotFound
from codegen.layout import CLOCK_ROOM
from codegen.runtime.gate import compiled
from codegen.runtime.loader import Loaded, load_object

__all__ = ["Clock", "address_of_tick"]

# void tick(const int64 *number)
TEXT = """
define void @tick(ptr %number) nounwind {{
  %now = alloca {{ i64, i64 }}
  %status = call i32 inttoptr (i64 {clock} to ptr)(i32 {kind}, ptr %now)
  %seconds = load i64, ptr %now
  %nanos.at = getelementptr {{ i64, i64 }}, ptr %now, i64 0, i32 1
  %nanos = load i64, ptr %nanos.at
  %scaled = mul i64 %seconds, 1000000000
  %time = add i64 %scaled, %nanos
  %last = load i64, ptr inttoptr (i64 {last} to ptr)
  store i64 %time, ptr inttoptr (i64 {last} to ptr)
  %passed = sub i64 %time, %last
  %k = load i64, ptr %number
  %time.at = getelementptr i64, ptr inttoptr (i64 {times} to ptr), i64 %k
  %before = load i64, ptr %time.at
  %after = add i64 %before, %passed
  store i64 %after, ptr %time.at
  %count.at = getelementptr i64, ptr inttoptr (i64 {counts} to ptr), i64 %k
  %count = load i64, ptr %count.at
  %more = add i64 %count, 1
  store i64 %more, ptr %count.at
  ret void
}}
"""


class Clock:
    """nanoseconds, counts: what was measured, by number. taken: how many numbers are given away."""

    nanoseconds = np.zeros(CLOCK_ROOM, "int64")
    counts = np.zeros(CLOCK_ROOM, "int64")
    last = np.zeros(1, "int64")
    taken = 0


@cache
def tick() -> Loaded:
    try:
        clock = ctypes.cast(ctypes.CDLL(None).clock_gettime, ctypes.c_void_p).value
        kind = int(time.CLOCK_MONOTONIC)
    except (AttributeError, TypeError, OSError) as error:
        raise LibraryNotFound(f"this system has no clock that native code can read: {error}") from None
    text = TEXT.format(clock=clock, kind=kind, last=Clock.last.ctypes.data, times=Clock.nanoseconds.ctypes.data, counts=Clock.counts.ctypes.data)
    return load_object(compiled(text), "tick")


def address_of_tick() -> int:
    """The address of ``void tick(const int64 *number)``. Raises LibraryNotFound where there is no such clock."""
    return tick().address
