"""`import symgraph` against `import numpy`: whole processes, and the same less the bare interpreter."""

import math
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Failure, interpreter_of, temporary_folder
from benchmarks.sides import Side, named

SIDES = named("symgraph", "Theano", "PyTensor, numba", "JAX", "numba", "torch")
LIMIT = 1.5


def process_seconds(side: Side, statement: str, cache: str) -> float:
    """Seconds of a whole process that runs `statement`, its end included; raises Failure when it fails."""
    command = [interpreter_of(side), "-c", statement]
    start = time.perf_counter()
    done = subprocess.run(command, env=side.environment(cache), cwd=cache, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise Failure((done.stderr.strip().splitlines() or ["failed"])[-1][:200])
    return seconds


def measure(side: Side, rounds: int) -> list[tuple[float, float, float]]:
    """Rounds of (bare interpreter, import numpy, import the package); the first, which fills caches, is thrown away."""
    statements = ["pass", "import numpy", f"import {side.package}"]
    with temporary_folder() as cache:
        if side.package == "symgraph":
            # An import that is fast because nothing is there yet would be no result.
            process_seconds(side, "import symgraph, symgraph.tensor; symgraph.function; symgraph.tensor.dscalar", cache)
        found = [tuple(process_seconds(side, statement, cache) for statement in statements) for _ in range(rounds + 1)]
    return [(bare, numpy, package) for bare, numpy, package in found[1:]]


def run(quick: bool = False) -> Path:
    """Write results/import_time.md."""
    rounds = 5 if quick else 21
    heads = ["", "interpreter", "import numpy", "import it", "process ratio", "ratio less interpreter", "rounds"]
    rows = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    ratios = {}
    for side in SIDES:
        try:
            found = measure(side, rounds)
        except Failure as failure:
            rows.append(f"| {side.name} | {failure} |" + " |" * (len(heads) - 2))
            continue
        whole = statistics.median(package / numpy for _, numpy, package in found)
        net = statistics.median((package - bare) / (numpy - bare) for bare, numpy, package in found)
        ratios[side.name] = whole, net
        medians = [report.duration(statistics.median(column)) for column in zip(*found, strict=True)]
        cells = [f"{side.name} (`import {side.package}`)", *medians, f"{whole:.2f}", f"{net:.2f}", str(len(found))]
        rows.append("| " + " | ".join(cells) + " |")
    whole, net = ratios.get("symgraph", (math.nan, math.nan))
    verdict = (
        "not measured"
        if math.isnan(whole)
        else f"{whole:.2f} ({net:.2f} less the interpreter), " + ("kept" if whole <= LIMIT else "**missed**")
    )
    explanation = (
        "Processes from start to end, numpy and the package in turn, each in its own environment; medians. Ratios are "
        "medians of the rounds' ratios."
    )
    told = f"Goal: `import symgraph` <= {LIMIT} x `import numpy`. symgraph: {verdict}."
    sections = [explanation, "\n".join(rows), told]
    return report.write("import_time", "Import time", sections, SIDES)
