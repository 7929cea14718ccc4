"""The threads that loops are split among: one pool a process, made at the first loop that is split.

`split` of the context (docs/architecture.md) and what the threads run are native code, a part of the gate's object; no thread of the pool ever
meets Python. Waiting threads sleep on a condition. The one that calls works too, and takes parts as the others do: threads that get no
processor delay nobody, for only parts that were begun are waited for. A pool that is taken (another thread calls, or a split loop itself does)
means that a loop runs whole.

Parts are taken in order and a failure ends the taking, so the lowest that failed is what a run on one thread reports.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import c_int64, c_void_p
from functools import cache
from typing import Any

from codegen.runtime.gatetables import fields

__all__ = ["LIMIT", "NEVER", "POOL", "SET_MASK", "know_blas", "pool", "set_loop_threads"]

LIMIT = 500_000  # operations from which a loop is split: about 50 us
MOST = 256
NEVER = 2**63 - 1

# Of the pool. threads, limit: what is wished. polite: the one that calls leaves all parts to the others; for tests, where it would mostly be done
# before a thread has woken. busy: somebody's loop is being split. workers: threads that exist. seats: how many may still take
# part, active: how many do. failed: where the lowest part begins that failed. mutex, wake, done: objects of the C library.
POOL = (
    fields("threads limit busy workers part packed context start stop chunk failed status polite")
    | fields("next", start=128) | fields("seats", start=192) | fields("active", start=256) | fields("values", start=320)
    | fields("mutex", start=512) | fields("wake", start=640) | fields("done", start=768) | fields("signals", start=896)
    | fields("lock unlock wait signal create detach fill mask get set give_way", start=1152)
)
SIZE = 4096
ROUTINES = {
    "lock": "pthread_mutex_lock", "unlock": "pthread_mutex_unlock", "wait": "pthread_cond_wait", "signal": "pthread_cond_signal",
    "create": "pthread_create", "detach": "pthread_detach", "fill": "sigfillset", "mask": "pthread_sigmask", "give_way": "sched_yield",
}
SET_MASK = 2 if sys.platform == "linux" else 3  # how pthread_sigmask is told to set the mask


@cache
def pool() -> int:
    """The address of the pool. It is never given back: sleeping threads know it until the process ends. Without threads of POSIX nothing is
    ever split."""
    memory = ctypes.create_string_buffer(SIZE + 64)
    base = -(-ctypes.addressof(memory) // 64) * 64
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(memory))
    field(base, "limit").value = NEVER
    field(base, "threads").value = 1
    try:
        library = ctypes.CDLL(None)
        for key, name in ROUTINES.items():
            field(base, key).value = ctypes.cast(getattr(library, name), c_void_p).value or 0
        starts = library.pthread_mutex_init, library.pthread_cond_init
        when_forked = os.register_at_fork
    except (AttributeError, TypeError, OSError):
        return base

    def fresh() -> None:
        """No thread, nothing taken: at first, and in a process that was forked, which has none of its parent's threads."""
        for name in ("busy", "workers", "seats", "active"):
            field(base, name).value = 0
        ctypes.memset(base + POOL["mutex"], 0, POOL["signals"] - POOL["mutex"])
        for name, start in (("mutex", starts[0]), ("wake", starts[1]), ("done", starts[1])):
            start(c_void_p(base + POOL[name]), None)

    fresh()
    when_forked(after_in_child=fresh)
    Wish.base = base
    apply()
    return base


def field(base: int, name: str) -> Any:
    return c_int64.from_address(base + POOL[name])


class Wish:
    """What was asked for; base: the pool that it goes to."""

    count, limit = 0, LIMIT
    base = 0


def set_loop_threads(count: int, worth: float = 1.0) -> None:
    """Among how many threads loops are split; 0: as many as OMP_NUM_THREADS says, else as this process may use cores. worth: the work from
    which they are, 1 for LIMIT operations; 0: all loops that were made to be split."""
    Wish.count, Wish.limit = count, int(LIMIT * worth)
    if Wish.base:
        apply()


def apply() -> None:
    count = max(1, min(Wish.count or default_threads(), MOST))
    field(Wish.base, "threads").value = count
    field(Wish.base, "limit").value = Wish.limit if count > 1 else NEVER


def default_threads() -> int:
    said = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if said.isdigit() and int(said):
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def know_blas(get: int, set: int) -> None:
    """Where a library of matrices says, and is told, how many threads it uses: one, while what calls it is split."""
    field(pool(), "get").value, field(pool(), "set").value = get, set
