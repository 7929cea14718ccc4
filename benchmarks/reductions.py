"""Reductions of 10,000,000 elements along the last, the first and a middle axis, and of all together.

Bandwidth is what the elements take, once, over the time; the part is that of the fastest sum in the same run, which reads memory and
does next to nothing else.
"""

import math
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, call_times
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
    for dtype, width in DTYPES.items():
        best = math.inf
        rows: list[tuple[str, dict[str, Samples]]] = []
        for name in NAMES if dtype == "float64" or not quick else NAMES[:3]:
            for where, (shape, axis) in SHAPES.items():
                found = call_times(PEERS, "reduction", [name, dtype, axis, *shape], 3 if quick else 15, slice_seconds=0.03)
                rows.append((f"{name}, {where}", found))
                report.progress(f"{dtype} {name} {where}", found)
                if name == "sum":
                    best = min(best, *(samples.best for samples in found.values() if not math.isnan(samples.best)))
        sections += [f"## {dtype}", table(rows, best), verdict(rows, best, width)]
    return report.write("reductions", "Reductions", sections, PEERS)


def table(rows: list[tuple[str, dict[str, Samples]]], best: float) -> str:
    """Rows: the reduction, medians of each side, the part of the bandwidth that symgraph reaches."""
    names = list(rows[0][1])
    lines = ["| | " + " | ".join(names) + " | part of the bandwidth |", "|" + " --- |" * (len(names) + 2)]
    for title, found in rows:
        cells = [report.duration(samples.median) or "absent" for samples in found.values()]
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {best / found['symgraph'].best:.2f} |")
    return "\n".join(lines)


def verdict(rows: list[tuple[str, dict[str, Samples]]], best: float, width: int) -> str:
    short = [title for title, found in rows if not best / found["symgraph"].best >= GOAL]
    told = "kept" if not short else "**missed** by " + "; ".join(short)
    return f"Goal: >= {GOAL} of {width * SIZE / best / 1e9:.1f} GB/s. {told}."
