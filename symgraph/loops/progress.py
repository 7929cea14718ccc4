"""How far a loop is: a function that is told so now and then while it runs, the bar that serves where none is given, and the op by which
native code calls it.

Only the outermost loop that was asked to report does: loops within its steps are silent meanwhile.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from symgraph.expr.op import Apply, Op
from symgraph.expr.types import tensor_type

__all__ = ["MOST_STEPS", "Progress", "Report", "checked_progress", "report_of", "told"]

MOST_STEPS = 2**62  # of a loop that ends when its condition says so
PAUSE = 0.1  # seconds from one report to the next, where no number of steps is said
WIDTH = 40  # of the bar
_KINDS = "a function of (steps done, all steps), True or 'bar', or a pair of one of these and a number of steps"


class Progress:
    """Whom a loop tells how far it is, and after how many steps each time; every: None, about ten times a second."""

    __slots__ = ("_at", "_seen", "_told", "_wait", "every", "tell")

    def __init__(self, tell: Callable[[int, int | None], Any], every: int | None) -> None:
        self.tell, self.every = tell, every
        self._begin(perf_counter())

    def __reduce__(self) -> Any:
        return Progress, (self.tell, self.every)

    def _begin(self, now: float) -> None:
        self._at, self._seen, self._told, self._wait = 0, now, now, 1
        if isinstance(self.tell, Bar):
            self.tell.began = now

    @property
    def first(self) -> int:
        """The number of steps before the first report."""
        return self.every or 1

    def report(self, done: int, steps: int, running: bool) -> int:
        """So many steps are done, of `steps` (MOST_STEPS or less than none: nobody knows). Gives the number of steps until the next report."""
        total = None if running and not 0 <= steps < MOST_STEPS else steps
        if self.every is not None:
            self.tell(done, total)
            return self.every
        now = perf_counter()
        if done <= self._at or done == 1:
            self._begin(now)  # another run
        if not running or now - self._told >= PAUSE:
            self._told = now
            self.tell(done, total)
        elapsed = max(now - self._seen, 1e-9)
        self._wait = max(1, min(2 * self._wait, int((done - self._at) / elapsed * PAUSE)))
        self._at, self._seen = (done, now) if running else (0, now)
        return self._wait


def checked_progress(given: Any, title: str) -> Progress | None:
    """What was said of the progress of a loop. TypeError for anything else than it may be, ValueError for a number of steps below 1.

    >>> checked_progress(None, "scan") is None, checked_progress((print, 100), "scan").every
    (True, 100)
    """
    if given is None or given is False or isinstance(given, Progress):
        return given or None
    every = None
    if isinstance(given, (tuple, list)) and len(given) == 2:
        given, every = given
        if not isinstance(every, (int, np.integer)) or isinstance(every, bool):
            raise TypeError(f"{title}: progress is told after a whole number of steps, got {every!r}")
        if every < 1:
            raise ValueError(f"{title}: progress is told after a number of steps, got {every}")
        every = int(every)
    if given is True or isinstance(given, str) and given == "bar":
        given = Bar(title)
    if not callable(given):
        raise TypeError(f"{title}: progress must be {_KINDS}, got {given!r}")
    return Progress(given, every)


class Report(Op):
    """(steps done, all steps, whether the loop goes on) -> the number of steps until the next report. Written by the door to native code alone."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def output_types(self, *inputs: Any) -> list[Any]:
        return [tensor_type("int64", ())]

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        done, steps, running = map(int, arrays)
        return [np.asarray(self.progress.report(done, steps, bool(running)), dtype="int64")]


def report_of(progress: Progress) -> Apply:
    """The node that native code calls back."""
    numbers = [tensor_type("int64", ()).make_variable(name) for name in ("done", "steps", "running")]
    return Apply(Report(progress), numbers, [tensor_type("int64", ()).make_variable()])


# Loops in Python ------------------------------------------------------------------------------------------------------
_state = threading.local()


@contextmanager
def told(progress: Progress | None, steps: int | None) -> Iterator[Callable[[int, bool], None] | None]:
    """For a loop in Python: what is called after each step with the number of steps done and whether another follows; None: nobody listens."""
    if progress is None or getattr(_state, "reporting", False):
        yield None
        return
    left = progress.first
    total = MOST_STEPS if steps is None else steps

    def after(done: int, running: bool) -> None:
        nonlocal left
        left -= 1
        if left < 1 or not running:
            left = progress.report(done, total if running else done, running)

    _state.reporting = True
    try:
        yield after
    finally:
        _state.reporting = False


# The bar ----------------------------------------------------------------------------------------------------------------
class Bar:
    """A line on stderr that is written again with each report: a bar by rich where that is installed, else plain text."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.began: float | None = None
        self.last = 0

    def __call__(self, done: int, steps: int | None) -> None:
        now = perf_counter()
        if self.began is None or done < self.last:
            self.began = now
        ended = done == steps
        text = f"{done:,} steps" if steps is None or ended else f"{done:,} of {steps:,} steps"
        seconds = f"{now - self.began:.1f} s"
        self.began, self.last = (None, 0) if ended else (self.began, done)
        out = sys.stderr
        out.write(f"\r{self.title} ")
        if not self._drawn(done, steps):
            out.write("" if not steps else f"{done / steps:4.0%} ")
        out.write(f"{text}, {seconds}" + ("\n" if ended else ""))
        out.flush()

    @staticmethod
    def _drawn(done: int, steps: int | None) -> bool:
        """The bar; False where rich is not installed."""
        try:
            from rich.console import Console
            from rich.progress_bar import ProgressBar
        except ImportError:
            return False
        bar = ProgressBar(steps or 100, done if steps is not None else 0, width=WIDTH, pulse=steps is None)
        console = Console(stderr=True)
        console.print(bar, end="")
        console.file.write(" ")
        return True
