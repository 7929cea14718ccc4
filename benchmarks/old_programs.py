"""Programs written for Theano, unmodified, under the real Theano 1.0.5 on Python 3.7 and under `python -m symgraph run`: whole processes
(import, compile, run) with an empty and a full cache, the step of training that each program times itself (its fastest epoch), and the peak
of memory.

Programs are those of examples/theano_programs; each is run in turn by both sides, and what they print is compared: words exactly,
numbers to 1e-8. Theano compiles C by g++. A cold round of Theano takes minutes, so there are few; in a quick run there is one, of the first four
programs.
"""

import contextlib
import math
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Failure, Samples, interpreter_of, ratio, temporary_folder
from benchmarks.sides import ROOT, Side, named

SIDES = named("symgraph", "Theano")
PROGRAMS = ROOT / "examples" / "theano_programs"
NAMES = [
    *("deck/theano_example_1", "deck/theano_example_2", "deck/powers"),
    *("logistic_regression", "mlp", "lenet", "denoising_autoencoder", "stacked_autoencoder", "boltzmann_machine", "deep_belief_network"),
    *("lstm_sentiment", "recurrent_boltzmann_machine", "hamiltonian_monte_carlo"),
]
QUICK = 4
STEP = re.compile(r"step ([0-9.]+) us")
GOALS = {"cold": 0.15, "warm": 0.5, "step": 0.8, "memory": 1.0}
TOLERANCE = 1e-8
IMPORTS = {"deck/theano_example_2": "import sklearn.datasets"}  # of programs that import large packages beside Theano


class Run:
    """One process: seconds, peak of memory in bytes, seconds a step (nan: the program has none), what it printed.

    imports: a line of Python in the place of the program, and of Theano."""

    def __init__(self, side: Side, name: str, cache: str, imports: str = "") -> None:
        start = ["-m", "symgraph", "run"] if side.name == "symgraph" else []
        words = [interpreter_of(side), *(["-c", imports] if imports else [*start, str(PROGRAMS / f"{name}.py")])]
        environment = side.environment(cache) | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
            begin = time.perf_counter()
            process = subprocess.Popen(words, stdout=out, stderr=complaints, env=environment, cwd=cache)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            complaints.seek(0)
            self.printed, said = out.read().decode(), complaints.read().decode(errors="replace")
        if process.returncode:
            raise Failure((said.strip().splitlines() or [f"ended with {process.returncode}"])[-1][:200])
        self.memory = usage.ru_maxrss * 1024.0
        found = STEP.search(said)
        self.step = float(found[1]) * 1e-6 if found else math.nan


def same(ours: str, theirs: str) -> bool:
    """Whether two outputs say the same."""
    def agree(a: str, b: str) -> bool:
        with contextlib.suppress(ValueError):
            return a == b or "." in b and math.isclose(float(a.strip(",")), float(b.strip(",")), rel_tol=TOLERANCE)
        return False

    left, right = ours.split(), theirs.split()
    return len(left) == len(right) and all(map(agree, left, right))


class Measured:
    """Of one program the samples of both sides by what was measured, and whether they printed the same."""

    def __init__(self, name: str, warm_rounds: int, cold_rounds: int) -> None:
        self.found = {what: {side.name: Samples() for side in SIDES} for what in GOALS}
        self.printed: dict[str, str] = {}
        self.failure = ""
        try:
            with contextlib.ExitStack() as stack:
                folders = {side.name: stack.enter_context(temporary_folder()) for side in SIDES}
                with temporary_folder() as other:  # not counted: byte code of installed packages is on disk, and here it is after this
                    Run(SIDES[0], name, other)
                self.rounds(name, warm_rounds, cold_rounds, folders)
        except Failure as failure:
            self.failure = str(failure)

    def rounds(self, name: str, warm_rounds: int, cold_rounds: int, folders: dict[str, str]) -> None:
        """The first cold round fills the folders that the warm ones use."""
        for turn in range(cold_rounds + warm_rounds):
            for side in SIDES[turn % 2 :] + SIDES[: turn % 2]:
                with contextlib.ExitStack() as this:
                    cold = turn < cold_rounds
                    folder = this.enter_context(temporary_folder()) if cold and turn else folders[side.name]
                    run = Run(side, name, folder)
                self.printed[side.name] = run.printed
                rows = [("cold", run.seconds)] if cold else [("warm", run.seconds), ("step", run.step), ("memory", run.memory)]
                for what, value in rows:
                    self.found[what][side.name].seconds.append(value)

    def ratio(self, what: str) -> float:
        """symgraph over Theano, the median over the rounds; of steps, which are the best of a run already, the best of each side."""
        if self.failure:
            return math.nan
        ours, theirs = (self.found[what][side.name] for side in SIDES)
        return ours.best / theirs.best if what == "step" else ratio(ours, theirs)


def table(measured: dict[str, Measured]) -> str:
    """A row a program: for each quantity both sides and their ratio, in bold where the goal is missed."""
    heads = ["", *[f"{what}: symgraph, Theano, ratio" for what in GOALS], "same output"]
    rows = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for name, one in measured.items():
        cells = [name]
        for what, limit in GOALS.items():
            value = one.ratio(what)
            if one.failure or math.isnan(value):
                cells.append("")
                continue
            size = (lambda x: f"{x / 2**20:.0f} MiB") if what == "memory" else report.duration
            ours, theirs = (size(one.found[what][side.name].median) for side in SIDES)
            mark = "" if value <= limit else "**"
            cells.append(f"{ours}, {theirs}, {mark}{value:.2f}{mark}")
        cells.append(one.failure or ("yes" if same(*(one.printed[side.name] for side in SIDES)) else "**NO**"))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def floors(names: list[str]) -> str:
    """What programs take that come with large packages, without Theano and without what they do."""
    lines = []
    for name in names:
        with temporary_folder() as folder, contextlib.suppress(Failure):
            found = [Run(side, name, folder, IMPORTS[name]) for side in SIDES for _ in range(3)][2::3]  # the third: byte code is there
            told = ", ".join(f"{report.duration(x.seconds)} and {x.memory / 2**20:.0f} MiB of {side.name}'s Python" for x, side in zip(found, SIDES))
            lines.append(f"`{IMPORTS[name]}`, which {name} does, alone takes {told}.")
    return " ".join(lines)


def run(quick: bool = False) -> Path:
    """Write results/old_programs.md."""
    measured = {}
    names = NAMES[:QUICK] if quick else NAMES
    for name in names:
        measured[name] = one = Measured(name, 1 if quick else 5, 1 if quick else 2)
        report.progress(name, one.found["warm"])
    goals = "Goals, symgraph over Theano: " + ", ".join(f"{what} at most {limit}" for what, limit in GOALS.items()) + "; missed ones in bold."
    missed = [f"{name} ({what} {one.ratio(what):.2f})" for name, one in measured.items() for what, limit in GOALS.items() if one.ratio(what) > limit]
    sections = [" ".join((__doc__ or "").split()), goals, table(measured), "Missed: " + (", ".join(missed) or "none") + "."]
    sections.append(floors([name for name in names if name in IMPORTS]))
    return report.write("old_programs", "Programs written for Theano", sections, SIDES)
