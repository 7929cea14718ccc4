"""Index arrays and masks: a million rows read and accumulated, and the gradient of what is read."""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import Team, call_times, light, ratio
from benchmarks.sides import named

COUNT = 1_000_000
# rows and columns of the table (0: a vector), title
TABLES = [(1_000_000, 0, "of a vector of 1e6 numbers"), (100_000, 8, "of a table of 1e5 rows of 8 numbers")]
PROGRAMS = [
    ("read_rows", "1e6 places read: `x[i]`"),
    ("add_rows", "1e6 places added to, many twice: `inc_subtensor(x[i], y)`; numpy's `add.at`"),
    ("gradient_of_rows", "Gradient of `((x[i] - y) ** 2).sum()` by x"),
]
PEERS = named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX", "torch", "numpy")


def verdict(found: dict) -> str:
    """How far ahead of those that the goal names."""
    ahead = {name: ratio(found[name], found["symgraph"]) for name in ("numpy", "JAX", "torch") if found[name].best == found[name].best}
    told = [f"{name} takes {times:.2f} times as long" + ("" if times >= 1 else " (**missed**)") for name, times in ahead.items()]
    return f"Goal: at least level. {'; '.join(told)}."


def run(quick: bool = False) -> Path:
    """Write results/indexing.md."""
    sections = ["Seconds a call of the compiled function, results waited for. Places come in no order; each call gives a new array."]
    with Team() as team:
        for rows, columns, what in TABLES:
            for program, title in PROGRAMS:
                sides = light(PEERS, "JAX", "torch") if quick else PEERS
                found = call_times(sides, program, [rows, columns, COUNT], 5 if quick else 15, slice_seconds=0.05, team=team)
                sections += [f"## {title}, {what}", report.table(found, "symgraph"), verdict(found)]
                report.progress(f"{title}, {what}", found)
        sides = light(PEERS, "JAX", "torch") if quick else PEERS
        found = call_times(sides, "read_mask", [COUNT, 0, COUNT], 5 if quick else 15, slice_seconds=0.05, team=team)
        sections += ["## `y[y > 0.5]` of 1e6 numbers, half of them", report.table(found, "symgraph"), verdict(found)]
        report.progress("mask", found)
    return report.write("indexing", "Index arrays and masks", sections, PEERS)
