"""Runs the sides interleaved: one process a side, each asked in turn for one repetition, so that noise of the machine
meets all alike. A ratio is the median over the rounds of the ratio within a round.
"""

import contextlib
import json
import math
import os
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.agreement import agree
from benchmarks.sides import PROGRAMS, Side

RECURSION_LIMIT = 1_000_000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Failure(Exception):
    """A side could not do what was asked; the text goes into the table."""


class Lost(Failure):
    """The side's process has ended, or does not answer."""


class Worker:
    """A side's process. Use as a context: the process ends with it."""

    def __init__(self, side: Side, cache: str, patience: float = 600.0, recursion: bool = False) -> None:
        interpreter = side.interpreter()
        if interpreter is None:
            raise Failure("absent")
        command = [interpreter, str(PROGRAMS / "worker.py"), side.programs]
        command += [str(RECURSION_LIMIT)] if recursion and side.recursive else []
        self.patience = patience
        self.complaints = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            env=side.environment(cache),
            cwd=cache,
        )
        try:
            self.read()
        except Failure:
            self.close()
            raise

    def read(self) -> Any:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], self.patience)
        if not ready:
            raise Lost(f"> {self.patience:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Lost(f"process ended with {self.process.returncode}: {self.last_complaint()}")
        reply = json.loads(line)
        if "failure" in reply:
            raise Failure(reply["failure"])
        return reply["answer"]

    def last_complaint(self) -> str:
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def ask(self, do: str, **request: Any) -> Any:
        """Send one request of worker.py and wait for its answer; raises Failure."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Lost(f"process has ended: {self.last_complaint()}") from None
        return self.read()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.complaints.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass
class Samples:
    """What one side gave: a number a round (nan where it was left out), summaries of its results, what else is to be told, why it failed."""

    seconds: list[float] = field(default_factory=list)
    summaries: list[list[dict[str, Any]]] | None = None
    extra: list[float] = field(default_factory=list)
    failure: str = ""

    @property
    def median(self) -> float:
        present = [value for value in self.seconds if not math.isnan(value)]
        return statistics.median(present) if present else math.nan

    @property
    def best(self) -> float:
        return min((value for value in self.seconds if not math.isnan(value)), default=math.nan)


def interleave(
    sides: Sequence[Side], measure: Callable[[Side, Samples], float], rounds: int, patience: float = 60.0
) -> dict[str, Samples]:
    """Ask each side once a round for `measure(side, samples)` in seconds. A side that fails is asked no more,
    nor is one that has used up `patience` seconds of real time."""
    found = {side.name: Samples() for side in sides}
    spent = dict.fromkeys(found, 0.0)
    for turn in range(rounds):
        # Each round starts with another side, so that nobody always runs in the wake of the same neighbour.
        for side in [*sides[turn % len(sides) :], *sides[: turn % len(sides)]]:
            samples = found[side.name]
            seconds = math.nan
            if not samples.failure and (not turn or spent[side.name] < patience):
                start = time.perf_counter()
                try:
                    seconds = measure(side, samples)
                except Failure as failure:
                    samples.failure = str(failure)
                spent[side.name] += time.perf_counter() - start
            samples.seconds.append(seconds)
    return found


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Processes that are started meanwhile have one thread, where they can be told so, and one core, the first that this process may use."""
    allowed, before = os.sched_getaffinity(0), {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def ratio(samples: Samples, reference: Samples) -> float:
    """How many times the reference's time a side took: median over the rounds that have both; nan if there are none."""
    pairs = zip(samples.seconds, reference.seconds, strict=True)
    found = [ours / theirs for ours, theirs in pairs if not math.isnan(ours) and not math.isnan(theirs)]
    return statistics.median(found) if found else math.nan


def agreement(found: dict[str, Samples]) -> dict[str, bool]:
    """Whether each side's results equal those of the last side that gave any (numpy or C where they take part), in the calls that both made."""
    told = {name: samples.summaries for name, samples in found.items() if samples.summaries is not None}
    judge = list(told.values())[-1] if told else []
    return {name: all(map(agree, summaries, judge)) for name, summaries in told.items()}


class Team:
    """Processes of sides that go on from one table to the next: starting them took most of the time of a quick run. Use as a context."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.close()

    def ask(self, side: Side, do: str, **request: Any) -> Any:
        """As `Worker.ask`; the process is started where there is none, and given up where it is lost."""
        if side.name not in self.workers:
            worker = Worker(side, self.stack.enter_context(temporary_folder()))
            self.stack.callback(worker.close)
            self.workers[side.name] = worker
        try:
            return self.workers[side.name].ask(do, **request)
        except Lost:
            self.workers.pop(side.name).process.kill()
            raise

    def forget(self) -> None:
        """No process keeps a program or its arguments."""
        for worker in self.workers.values():
            worker.ask("forget")


def call_times(
    sides: Sequence[Side], program: str, arguments: list[Any], rounds: int, slice_seconds: float = 0.02, team: Team | None = None,
    budget: float = 5.0,
) -> dict[str, Samples]:
    """Seconds a call of a compiled program: all processes live at once, each runs calls for `slice_seconds` a turn. team: processes that
    are there already, and stay. A side that has been timed for `budget` seconds has no more turns: some take seconds for one call."""
    numbers: dict[str, int] = {}
    spent: dict[str, float] = {}
    request = {"program": program, "arguments": arguments}

    def measure(side: Side, samples: Samples) -> float:
        assert team is not None
        seconds = 0.0
        if side.name not in numbers:
            samples.summaries = team.ask(side, "compile", **request)["summaries"]
            number = 1
            while (seconds := team.ask(side, "time", **request, number=number)["seconds"]) < slice_seconds:
                number = 1 + int(number * min(10.0, 1.1 * slice_seconds / seconds))
            numbers[side.name] = number
            spent[side.name] = 0.0
        elif spent[side.name] >= budget:
            return math.nan
        if numbers[side.name] > 1 or seconds < 10 * slice_seconds:  # a slow call that was just timed is not made again
            seconds = team.ask(side, "time", **request, number=numbers[side.name])["seconds"]
        spent[side.name] += seconds
        return seconds / numbers[side.name]

    with contextlib.ExitStack() as stack:
        team = team or stack.enter_context(Team())
        found = interleave(sides, measure, rounds, patience=math.inf)
        team.forget()
        return found


def first_line_seconds(command: Sequence[str], environment: dict[str, str], cwd: str, patience: float = 600.0) -> float:
    """Seconds from starting a process to the first line that it prints; raises Failure if it prints none."""
    with tempfile.TemporaryFile() as complaints:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, env=environment, cwd=cwd)
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], patience)
        line = process.stdout.readline() if ready else b""
        seconds = time.perf_counter() - start
        if not ready:
            process.kill()
        process.communicate()
        if line:
            return seconds
        complaints.seek(0)
        last = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
        raise Failure(last[0][:200] if last else (f"> {patience:.0f} s" if not ready else "no result printed"))


def temporary_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder for a side's cache, empty."""
    return tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True)


def light(sides: Sequence[Side], *others: str) -> list[Side]:
    """Those of the sides that goals name and that compile in a moment, with the others named: what a quick run has time for in all its tables."""
    return [side for side in sides if side.name in ("symgraph", "numpy", "scipy", "memory", *others)]


def interpreter_of(side: Side) -> str:
    """Path of the side's interpreter; raises Failure where it is absent."""
    found = side.interpreter()
    if found is None or not os.path.exists(found):
        raise Failure("absent")
    return found
