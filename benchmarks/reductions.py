"""Reductions of 10,000,000 elements along the last, the first and a middle axis, and of all together.

Memory is symgraph's sum of all elements, which reads them and does next to nothing else; the part of the bandwidth is its time over that of the
reduction, the median over the rounds, in which the two take turns. A quick run has all peers for one axis of float64 alone.
"""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, Team, call_times, light, ratio
from benchmarks.sides import MEMORY, named

SIZE = 10_000_000
GOAL = 0.8
SHAPES = {"all": ((SIZE,), 0), "last": ((1000, 10000), 1), "first": ((1000, 10000), 0), "middle": ((100, 1000, 100), 1)}
NAMES = ("sum", "max", "argmax", "mean", "var", "prod", "any")
DTYPES = {"float64": 8, "float32": 4, "int64": 8}
PEERS = [MEMORY, *named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "JAX", "numpy")]


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
            rows = [(f"{name}, {where}", found[name, where]) for name in names for where in SHAPES]
            sections += [f"## {dtype}", table(rows), verdict(rows, width)]
    return report.write("reductions", "Reductions", sections, PEERS)


def part(found: dict[str, Samples]) -> float:
    return ratio(found["memory"], found["symgraph"])


def table(rows: list[tuple[str, dict[str, Samples]]]) -> str:
    """Rows: the reduction, medians of each side, the part of the bandwidth that symgraph reaches."""
    names = list(max((found for _, found in rows), key=len))
    lines = ["| | " + " | ".join(names) + " | part of the bandwidth |", "|" + " --- |" * (len(names) + 2)]
    for title, found in rows:
        cells = [(report.duration(found[name].median) or "absent") if name in found else "" for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {part(found):.2f} |")
    return "\n".join(lines)


def verdict(rows: list[tuple[str, dict[str, Samples]]], width: int) -> str:
    short = [title for title, found in rows if not part(found) >= GOAL]
    told = "kept" if not short else "**missed** by " + "; ".join(short)
    best = min(found["memory"].best for _, found in rows)
    return f"Goal: >= {GOAL} of the bandwidth (at best {width * SIZE / best / 1e9:.1f} GB/s). {told}."
