"""Clocks (ii) and (iii): a whole process, from the start of python to the first result, less `python -c "import
numpy"` of the same environment; cold with an empty cache folder, warm with a full one. Byte code of the packages is
on disk for all.
"""

import contextlib
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, first_line_seconds, interleave, interpreter_of, temporary_folder
from benchmarks.sides import PROGRAMS, Side, named

SIDES = named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX")
# program, title, goal cold, goal warm
CLOCKS = [("add", "Add two scalars", 0.30, 0.12), ("mlp", "MLP step", 0.60, 0.25)]


def process_times(program: str, cold: bool, rounds: int) -> dict[str, Samples]:
    """Seconds of a process that prints one result, less the one that imports numpy just before it."""
    folders: dict[str, str] = {}

    def measure(side: Side, samples: Samples) -> float:
        command = [interpreter_of(side), str(PROGRAMS / "once.py"), side.programs, program]
        with contextlib.ExitStack() as this_round:
            if cold:
                cache = this_round.enter_context(temporary_folder())
            elif side.name not in folders:
                cache = folders[side.name] = stack.enter_context(temporary_folder())
                # Twice: some caches are complete only after the second process.
                for _ in range(2):
                    first_line_seconds(command, side.environment(cache), cache)
            cache = cache if cold else folders[side.name]
            environment = side.environment(cache)
            numpy = first_line_seconds([command[0], "-c", "import numpy; print(1)"], environment, cache)
            whole = first_line_seconds(command, environment, cache)
        samples.extra.append(whole)
        return whole - numpy

    with contextlib.ExitStack() as stack:
        return interleave(SIDES, measure, rounds, patience=90.0)


def run(quick: bool = False) -> Path:
    """Write results/cold_and_warm.md."""
    sections = [" ".join((__doc__ or "").split())]
    for program, title, cold_limit, warm_limit in CLOCKS:
        for cold, limit in ((True, cold_limit), (False, warm_limit)):
            found = process_times(program, cold, 2 if quick else 9)
            word = "cold" if cold else "warm"
            sections += [f"## {title}, {word}", report.table(found, "symgraph", "whole process")]
            sections.append(report.goal(found.get("symgraph"), limit, f"<= {report.duration(limit)}"))
            report.progress(f"{title}, {word}", found)
    return report.write("cold_and_warm", "Cold and warm processes", sections, SIDES)
