"""Loops: recurrences of numbers against C, recurrent networks against peers and against their matrix products alone, time to compile."""

from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Team, Worker, call_times, interleave, light, one_core, ratio, temporary_folder
from benchmarks.sides import Side, named

GRAPHS = ("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX")
SECONDS_A_CALL = ("Theano", "PyTensor, C")  # for 1e6 steps
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
# Of these a quick run asks all sides, of FEW only those that compile in a moment.
ALL_SIDES = [("elman", 32, 16, 100, "float64", False)]
FEW = [(kind, hidden, batch, 100, "float32", True) for kind in ("elman", "gru", "lstm") for hidden in (32, 128, 512) for batch in (1, 16)]
# Loops are compared here, not how libraries share out matrix products among cores; on a busy machine two threads that wait for each other took
# 3 to 10 times as long as one. JAX computes in two threads side by side whatever these say, 1.5 times as much as the time of its networks of 512
# shows: so all sides are kept to one core, but for what they compile.
ONE_THREAD = (
    *((f"{name}_NUM_THREADS", "1") for name in ("OPENBLAS", "OMP", "MKL", "NUMBA")),
    ("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"),
)
# program, arguments, title, seconds: cold
COMPILED = [
    ("power", [10, 10], "The power scan", 0.12),
    ("recurrent", ["lstm", 32, 16, 100, "float32", True], "A step of training an LSTM", 0.8),
    ("many", [25], "25 loops in one function", None),
    ("many", [100], "100 loops in one function: four times the work", None),
]


def run(quick: bool = False) -> Path:
    """Write results/loops.md."""
    rounds, budget = (3, 0.5) if quick else (15, 5.0)
    sections = ["Seconds a call of the compiled function, results waited for; one core for all sides. C is written as one writes "
                "it and compiled by -O3 alone."]
    sides = on_one_thread(*GRAPHS, "C")
    fast = [side for side in sides if side.name not in SECONDS_A_CALL]
    with one_core(), Team() as team:
        for program, arguments, title, goal in SCALAR[:4] if quick else SCALAR:
            found = call_times(fast if quick else sides, program, arguments, rounds, team=team, budget=budget)
            speed = 1 / ratio(found["symgraph"], found["C"])
            sections += [f"## {title}", report.table(found, "symgraph"), f"{speed:.2f} of the speed of C (goal: {goal})."]
            report.progress(title, found)
        sections.append("## Recurrent networks\nThe best times of symgraph; how many times as long those of the others are; `products`: the "
                        "same matrix products in a loop of numpy and nothing else.")
        sections.append(networks(team, ALL_SIDES if quick else CELLS, (), 3 if quick else 7, budget))
        if quick:
            sections.append(networks(team, FEW, ("JAX", "torch"), 3, budget))
    sections.append("## From the graph to the first result, without a cache")
    graphs = light(on_one_thread(*GRAPHS), "symgraph, C", "JAX") if quick else on_one_thread(*GRAPHS)
    for program, arguments, title, goal in COMPILED:
        found = interleave(graphs, lambda side, _, p=program, a=arguments: cold(side, p, a), 1 if quick else 5)  # type: ignore[misc]
        sections += [f"### {title}", report.table(found, "symgraph"), f"Goal: {goal} s." if goal else ""]
        report.progress(title, found)
    return report.write("loops", "Loops", sections, sides)


def on_one_thread(*names: str) -> list[Side]:
    """The sides of these names, which use one thread for matrix products."""
    return [replace(side, settings=(*side.settings, *ONE_THREAD)) for side in named(*names)]


def networks(team: Team, cells: list[tuple[object, ...]], peers: tuple[str, ...], rounds: int, budget: float) -> str:
    """A row for each cell. peers: those that are asked, all if there are none."""
    sides = on_one_thread("symgraph", *(peers or ("Theano", "PyTensor, numba", "PyTensor, C", "JAX", "torch")), "numpy")
    others = [side.name for side in sides if side.name != "symgraph"]
    heads = [name if name != "numpy" else "products" for name in others]
    lines = [f"| network | symgraph, ms | {' | '.join(heads)} |", "|" + " --- |" * (2 + len(others))]
    for kind, hidden, batch, steps, dtype, trained in cells:
        found = call_times(sides, "recurrent", [kind, hidden, batch, steps, dtype, trained], rounds, team=team, budget=budget)
        title = f"{kind} {hidden}, batch {batch}, {steps} steps, {dtype}{', trained' if trained else ''}"
        times = [f"{found[name].best / found['symgraph'].best:.2f}" if not found[name].failure else "-" for name in others]
        lines.append(f"| {title} | {1e3 * found['symgraph'].best:.3f} | {' | '.join(times)} |")
        report.progress(title, found)
    return "\n".join(lines)


def cold(side: Side, program: str, arguments: list[object]) -> float:
    """Seconds from the graph to the first result in a new process with an empty cache."""
    with temporary_folder() as folder, Worker(side, folder) as worker:
        worker.ask("compile", program="warm", arguments=[])
        answer = worker.ask("compile", program=program, arguments=arguments)
        return float(answer["build"] + answer["compile"])
