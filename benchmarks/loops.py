"""Loops: recurrences of numbers against C, recurrent networks against peers and against their matrix products alone, time to compile."""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import Worker, call_times, interleave, ratio, temporary_folder
from benchmarks.sides import Side, named

GRAPHS = ("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX")
# program, arguments, title, part of C's speed to be reached
SCALAR = [
    ("logistic_map", [10**6], "Logistic map, 1e6 steps, the last value", 0.9),
    ("horner", [10**6], "Horner's rule, 1e6 coefficients", 0.9),
    ("ar2", [10**6], "Likelihood of an AR(2) process of 1e6 numbers, with gradient", 0.9),
    ("nested", [1000, 100, 10], "Loops three deep, 1000 by 100 by 10", 0.8),
    ("power", [10**6, 100], "Powers of 1e6 numbers by 100 products", 1.0),
    ("power", [10, 10], "Powers of 10 numbers by 10 products", 1.0),
]
CELLS = [
    (kind, hidden, batch, steps, dtype, trained)
    for kind in ("elman", "gru", "lstm") for dtype in ("float32", "float64") for hidden in (32, 128, 512) for batch in (1, 16, 64)
    for steps in (100, 1000) for trained in (False, True)
    if hidden * batch * steps <= 512 * 16 * 1000
]
FEW = [("elman", 32, 16, 100, "float32", False), ("gru", 32, 1, 100, "float64", True), ("lstm", 128, 16, 100, "float32", True)]
# program, arguments, title, seconds: cold
COMPILED = [
    ("power", [10, 10], "The power scan", 0.12),
    ("recurrent", ["lstm", 32, 16, 100, "float32", True], "A step of training an LSTM", 0.8),
    ("many", [25], "25 loops in one function", None),
    ("many", [100], "100 loops in one function: four times the work", None),
]


def run(quick: bool = False) -> Path:
    """Write results/loops.md."""
    rounds = 3 if quick else 15
    sections = ["Seconds a call of the compiled function, results waited for. C is written as one writes it and compiled by -O3 alone."]
    sides = named(*GRAPHS, "C")
    for program, arguments, title, goal in SCALAR[:4] if quick else SCALAR:
        found = call_times(sides, program, arguments, rounds)
        speed = 1 / ratio(found["symgraph"], found["C"])
        sections += [f"## {title}", report.table(found, "symgraph"), f"{speed:.2f} of the speed of C (goal: {goal})."]
        report.progress(title, found)
    sections.append("## Recurrent networks\nTimes of symgraph; how many times as long the others take; `products`: the same matrix products "
                    "in a loop of numpy and nothing else.")
    sections.append(networks(FEW if quick else CELLS, 3 if quick else 7))
    sections.append("## From the graph to the first result, without a cache")
    for program, arguments, title, goal in COMPILED:
        found = interleave(named(*GRAPHS), lambda side, _, p=program, a=arguments: cold(side, p, a), 1 if quick else 5)  # type: ignore[misc]
        sections += [f"### {title}", report.table(found, "symgraph"), f"Goal: {goal} s." if goal else ""]
        report.progress(title, found)
    return report.write("loops", "Loops", sections, sides)


def networks(cells: list[tuple[object, ...]], rounds: int) -> str:
    """A row for each cell."""
    sides = named("symgraph", "Theano", "PyTensor, numba", "PyTensor, C", "JAX", "torch", "numpy")
    others = [side.name for side in sides if side.name != "symgraph"]
    heads = [name if name != "numpy" else "products" for name in others]
    lines = [f"| network | symgraph, ms | {' | '.join(heads)} |", "|" + " --- |" * (2 + len(others))]
    for kind, hidden, batch, steps, dtype, trained in cells:
        found = call_times(sides, "recurrent", [kind, hidden, batch, steps, dtype, trained], rounds)
        title = f"{kind} {hidden}, batch {batch}, {steps} steps, {dtype}{', trained' if trained else ''}"
        times = [f"{ratio(found[name], found['symgraph']):.2f}" if not found[name].failure else "-" for name in others]
        lines.append(f"| {title} | {1e3 * found['symgraph'].best:.3f} | {' | '.join(times)} |")
        report.progress(title, found)
    return "\n".join(lines)


def cold(side: Side, program: str, arguments: list[object]) -> float:
    """Seconds from the graph to the first result in a new process with an empty cache."""
    with temporary_folder() as folder, Worker(side, folder) as worker:
        worker.ask("compile", program="warm", arguments=[])
        answer = worker.ask("compile", program=program, arguments=arguments)
        return float(answer["build"] + answer["compile"])
