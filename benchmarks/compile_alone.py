"""Clock (i), compile alone: packages loaded by an earlier different function, empty cache folder; from the graph
built to the first result. Building the graph is told apart (JAX traces within the first call: part of the
compilation there).
"""

import math
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.harness import Samples, Worker, interleave, temporary_folder
from benchmarks.sides import Side, named

SIDES = named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX", "numpy")
SMALL, LARGE = "10,000 operations with the gradient", "20,000 operations with the gradient"
# program, arguments, goal in seconds, title
PROGRAMS: list[tuple[str, list[Any], float, str]] = [
    ("add", [], 0.030, "Add two scalars"),
    ("logistic", [], 0.120, "Logistic regression step (64 inputs, 10 classes)"),
    ("mlp", [], 0.250, "MLP step (64 inputs, 100 tanh, 10 classes)"),
    ("chain", [1000], 0.5, "Elementwise chain of 1,000 operations"),
    ("deep", [10000], math.inf, SMALL),
    ("deep", [20000], 10.0, LARGE),
]


def compile_times(program: str, arguments: list[Any], rounds: int, patience: float, sides: list[Side] = SIDES) -> dict[str, Samples]:
    """Each round of each side in a fresh process with an empty cache; peers that recurse may do so on long graphs."""

    def measure(side: Side, samples: Samples) -> float:
        with temporary_folder() as cache, Worker(side, cache, patience, recursion=bool(arguments)) as worker:
            if side.programs != "numpy_programs":
                worker.ask("compile", program="warm", arguments=[])
            found = worker.ask("compile", program=program, arguments=arguments)
        samples.summaries = found["summaries"]
        samples.extra.append(found["build"])
        return found["compile"]

    return interleave(sides, measure, rounds, patience=60.0)


def growth(small: dict[str, Samples], large: dict[str, Samples]) -> str:
    """A line: how many times longer 20,000 operations take than 10,000."""
    found = {name: large[name].median / small[name].median for name in small if name != "numpy"}
    told = ", ".join(f"{name} {times:.2f}" for name, times in found.items() if not math.isnan(times))
    return f"From 10,000 to 20,000 operations the time grows by (2 is linear; goal < 2.5): {told or 'not measured'}."


def run(quick: bool = False) -> Path:
    """Write results/compile_alone.md."""
    sections = [" ".join((__doc__ or "").split())]
    sections.append(
        "The chains mix sin, products and sums with constants that all differ. For them Theano, PyTensor and JAX are "
        "given a recursion limit of a million and 512 MiB of stack; symgraph keeps Python's default. numpy has nothing "
        "to compile: its row is one call."
    )
    tables = {}
    for program, arguments, limit, title in PROGRAMS:
        found = compile_times(program, arguments, 2 if quick else 7, 60.0 if quick else 600.0)
        tables[title] = found
        sections += [f"## {title}", report.table(found, "symgraph", "building the graph")]
        if limit < math.inf:
            sections.append(report.goal(found.get("symgraph"), limit, f"<= {report.duration(limit)}"))
        report.progress(title, found)
    sections.append(growth(tables[SMALL], tables[LARGE]))
    return report.write("compile_alone", "Compile alone", sections, SIDES)
