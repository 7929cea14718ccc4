"""Sorting, places, the ten largest, medians and running sums of normal numbers: vectors of float64 and float32, and many short rows. A quick run
has all peers for the first size alone, and of float32 what the goal names.
"""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import Team, call_times, light, ratio
from benchmarks.sides import SIDES

GOAL = 1.3
SIZES = [(1_000_000,), (10_000,), (64, 50_000), (10_000, 100), (100_000, 10)]
NAMES = ("sort", "argsort", "topk", "median", "cumsum")
PEERS = [side for side in SIDES if side.name in ("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "JAX", "numba", "numpy")]


def run(quick: bool = False) -> Path:
    """Write results/sorting.md."""
    sections = [" ".join((__doc__ or "").split()) + " Theano has no sorted topk: its row is the unsorted one, as is numpy's (partition)."]
    with Team() as team:
        for dtype in ("float64", "float32"):
            for shape in SIZES:
                sides = PEERS if not quick or (dtype, shape) == ("float64", SIZES[0]) else light(PEERS)
                for name in NAMES if not quick or dtype == "float64" else NAMES[:3]:
                    found = call_times(sides, "ordering", [name, dtype, *shape], 3 if quick else 15, slice_seconds=0.03, team=team)
                    title = f"{name} of {' x '.join(f'{n:,}' for n in shape)} {dtype}"
                    part = ratio(found["symgraph"], found["numpy"])
                    kept = "kept" if part <= GOAL else "**missed**"
                    sections += [f"## {title}", report.table(found, "numpy"), f"Goal: <= {GOAL} times numpy. symgraph: {part:.2f}, {kept}."]
                    report.progress(title, found)
    return report.write("sorting", "Sorting", sections, PEERS)
