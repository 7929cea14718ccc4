"""Sorting, places, the ten largest and medians: vectors of float64 and float32, and many short rows."""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import call_times, ratio
from benchmarks.sides import SIDES

GOAL = 1.3
SIZES = [(1_000_000,), (10_000,), (64, 50_000), (10_000, 100), (100_000, 10)]
NAMES = ("sort", "argsort", "topk", "median", "cumsum")
PEERS = [side for side in SIDES if side.name in ("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "JAX", "numba", "numpy")]


def run(quick: bool = False) -> Path:
    """Write results/sorting.md."""
    sections = [" ".join((__doc__ or "").split()) + " Theano has no sorted topk: its row is the unsorted one, as is numpy's (partition)."]
    for dtype in ("float64", "float32"):
        for shape in SIZES:
            for name in NAMES:
                found = call_times(PEERS, "ordering", [name, dtype, *shape], 3 if quick else 15, slice_seconds=0.03)
                title = f"{name} of {' x '.join(f'{n:,}' for n in shape)} {dtype}"
                part = ratio(found["symgraph"], found["numpy"])
                kept = "kept" if part <= GOAL else "**missed**"
                sections += [f"## {title}", report.table(found, "numpy"), f"Goal: <= {GOAL} times numpy. symgraph: {part:.2f}, {kept}."]
                report.progress(title, found)
    return report.write("sorting", "Sorting", sections, PEERS)
