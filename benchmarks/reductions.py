"""Reductions of 10,000,000 elements along the last, the first and a middle axis, and of all together.

Bandwidth is what the elements take, once, over the time; the part is that of the fastest sum in the same run, which reads memory and
does next to nothing else. A quick run has all peers for one axis of float64 alone.
"""

import math
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, Team, call_times, light
from benchmarks.sides import SIDES

SIZE = 10_000_000
GOAL = 0.8
SHAPES = {"all": ((SIZE,), 0), "last": ((1000, 10000), 1), "first": ((1000, 10000), 0), "middle": ((100, 1000, 100), 1)}
NAMES = ("sum", "max", "argmax", "mean", "var", "prod", "any")
DTYPES = {"float64": 8, "float32": 4, "int64": 8}
PEERS = [side for side in SIDES if side.name in ("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "JAX", "numpy")]


def run(quick: bool = False) -> Path:
    """Write results/reductions.md."""
    sections = [" ".join((__doc__ or "").split())]
    with Team() as team:
        for dtype, width in DTYPES.items():
            found = {}
            names = NAMES if dtype == "float64" or not quick else NAMES[:3]
            for where, (shape, axis) in SHAPES.items():
                sides = PEERS if not quick or (dtype, where) == ("float64", "last") else light(PEERS)
                for name in names:
                    found[name, where] = call_times(
                        sides, "reduction", [name, dtype, axis, *shape], 3 if quick else 15, slice_seconds=0.03, team=team)
                    report.progress(f"{dtype} {name} {where}", found[name, where])
            best = min(samples.best for where in SHAPES for samples in found["sum", where].values() if not math.isnan(samples.best))
            rows = [(f"{name}, {where}", found[name, where]) for name in names for where in SHAPES]
            sections += [f"## {dtype}", table(rows, best), verdict(rows, best, width)]
    return report.write("reductions", "Reductions", sections, PEERS)


def table(rows: list[tuple[str, dict[str, Samples]]], best: float) -> str:
    """Rows: the reduction, medians of each side, the part of the bandwidth that symgraph reaches."""
    names = list(max((found for _, found in rows), key=len))
    lines = ["| | " + " | ".join(names) + " | part of the bandwidth |", "|" + " --- |" * (len(names) + 2)]
    for title, found in rows:
        cells = [(report.duration(found[name].median) or "absent") if name in found else "" for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {best / found['symgraph'].best:.2f} |")
    return "\n".join(lines)


def verdict(rows: list[tuple[str, dict[str, Samples]]], best: float, width: int) -> str:
    short = [title for title, found in rows if not best / found["symgraph"].best >= GOAL]
    told = "kept" if not short else "**missed** by " + "; ".join(short)
    return f"Goal: >= {GOAL} of {width * SIZE / best / 1e9:.1f} GB/s. {told}."
