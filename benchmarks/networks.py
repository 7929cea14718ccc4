"""Normalisation, softmax and cross-entropy, forward and gradient, in float32; attention of length 2,048 with 64 features; a step of an embedding.

Each call gives the output and the gradients of its sum, weighted by fixed numbers, by everything that goes in. "C" is a plain loop of each, with
libm's exponentials, as one writes it by hand and gcc makes of it at -O3. Each on one core, then on all that there are (C on one).
"""

import contextlib
import math
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, call_times, one_core, ratio
from benchmarks.sides import named

SIDES = named("symgraph", "symgraph, C", "JAX", "torch", "C")
CASES = [
    ("batch_norm", (64, 64, 28, 28)),
    ("batch_norm", (1024, 512)),
    ("layer_norm", (4096, 512)),
    ("softmax", (4096, 512)),
    ("cross_entropy", (4096, 512)),
    ("attention", (2048, 64)),
]
GOALS = {"C": 0.8, "torch": 1.0}


def verdict(found: dict[str, Samples]) -> str:
    told = []
    for peer, goal in GOALS.items():
        if peer in found and not math.isnan(found[peer].median):
            part = ratio(found[peer], found["symgraph"])
            told.append(f"{part:.2f} of the speed of {peer} (goal {goal:.1f}, {'kept' if part >= goal else '**missed**'})")
    return "symgraph: " + "; ".join(told or ["not measured"]) + "."


def run(quick: bool = False) -> Path:
    """Write results/networks.md."""
    sections = [" ".join((__doc__ or "").split())]
    for cores, where in ((one_core, "one core"), (contextlib.nullcontext, "all cores")):
        for name, shape in CASES:
            with cores():
                found = call_times(SIDES, "network", [name, *shape], 5 if quick else 21)
            title = f"{name.replace('_', ' ')}, {' x '.join(map(str, shape))}, {where}"
            sections += [f"## {title}", report.table(found, "torch"), verdict(found)]
            report.progress(title, found)
    rows, width, count = 200_000, 64, 1024
    found = call_times(SIDES, "embedding", [rows, width, count], 5 if quick else 21)
    title = f"a step of gradient descent on {count} rows of a table of {rows:,} x {width}"
    sections += [f"## {title}", report.table(found, "torch"), verdict(found)]
    report.progress(title, found)
    return report.write("networks", "Parts of networks", sections, SIDES)
