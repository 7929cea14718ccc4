"""Fused elementwise expressions on 10,000,000 float64, against a C loop compiled in the same run.

Each call reads two vectors of 80 MB and gives a third. "C" writes into memory that numpy allocates for each call, as a
function that hands out a result must; "C, reused buffer" writes into the same memory for ever.
"""

import math
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, call_times, ratio
from benchmarks.sides import SIDES

SIZE = 10_000_000
GOAL = 0.85
PROGRAMS = [("weighted_sum", "`2*a + 3*b`"), ("squares", "`a**2 + b**2 + 2*a*b`")]


def bandwidths(found: dict[str, Samples]) -> str:
    """Rows: side, GB/s of the 240 MB that are asked for, and the part of each C loop's bandwidth that is reached."""
    loops = ["C", "C, reused buffer"]
    rows = ["| | GB/s | part of C | part of C, reused buffer |", "| --- | --- | --- | --- |"]
    for name, samples in found.items():
        if not math.isnan(samples.median):
            parts = [1 / ratio(samples, found[loop]) for loop in loops]
            rate = 3 * 8 * SIZE / samples.median / 1e9
            rows.append(f"| {name} | {rate:.1f} | {parts[0]:.2f} | {parts[1]:.2f} |")
    return "\n".join(rows)


def verdict(found: dict[str, Samples]) -> str:
    part = 1 / ratio(found["symgraph"], found["C"])
    told = "not measured" if math.isnan(part) else f"{part:.2f}, " + ("kept" if part >= GOAL else "**missed**")
    return f"Goal: >= {GOAL} of the bandwidth of the C loop. symgraph: {told}."


def run(quick: bool = False) -> Path:
    """Write results/bandwidth.md."""
    sections = [" ".join((__doc__ or "").split())]
    for program, title in PROGRAMS:
        found = call_times(SIDES, program, [SIZE], 5 if quick else 21, slice_seconds=0.06)
        sections += [f"## {title}", report.table(found, "C"), bandwidths(found), verdict(found)]
        report.progress(title, found)
    return report.write("bandwidth", "Bandwidth of fused elementwise code", sections, SIDES)
