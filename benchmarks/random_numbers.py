"""Random numbers: 200,000 of each kind on one core, then more on several. Each side draws its own by its own generator: numbers are not compared."""

import os
from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.harness import call_times, ratio
from benchmarks.sides import named

COUNT = 200_000
KINDS = [("uniform", "float32"), ("uniform", "float64"), ("normal", "float32"), ("normal", "float64"), ("exponential", "float64"),
         ("gamma", "float64"), ("poisson", "int64"), ("integers", "int64")]
MANY = 4_000_000  # what threads share
GOAL = ("uniform", "normal")  # at least as fast as numpy's Generator and as JAX


def run(quick: bool = False) -> Path:
    """Write results/random_numbers.md. The sides are kept to one core, the first that this process may use."""
    peers = named("symgraph", "symgraph, C", "Theano", "JAX", "torch", "numpy")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        told = " ".join((__doc__ or "").split())
        sections = [f"{told} numpy: `default_rng`, PCG64 and ziggurats; Theano: MRG31k3p; torch fills memory that it has."]
        for kind, dtype in KINDS:
            found = call_times(peers, "draw", [kind, dtype, COUNT], 3 if quick else 15, slice_seconds=0.02)
            for samples in found.values():
                samples.summaries = None
            title = f"{kind} {dtype}"
            sections += [f"## {title}", report.table(found, "numpy")]
            if kind in GOAL:
                parts = {name: ratio(found["symgraph"], found[name]) for name in ("numpy", "JAX")}
                kept = "kept" if all(not part > 1 for part in parts.values()) else "**missed**"
                sections += [f"Goal: <= 1 times numpy and JAX. symgraph: {parts['numpy']:.2f} and {parts['JAX']:.2f}, {kept}."]
            report.progress(title, found)
    finally:
        os.sched_setaffinity(0, allowed)
    for kind, dtype in KINDS[:4]:
        sides = [replace(side, name=f"symgraph, {threads}", settings=(*side.settings, ("OMP_NUM_THREADS", str(threads))))
                 for side in named("symgraph") for threads in (1, 2)]
        found = call_times([*sides, *named("JAX", "torch", "numpy")], "draw", [kind, dtype, MANY], 5 if quick else 15, slice_seconds=0.05)
        for samples in found.values():
            samples.summaries = None
        title = f"{MANY:,} {kind} {dtype}; symgraph on one and two threads, the others as they are, on {len(allowed)} cores"
        sections += [f"## {title}", report.table(found, "symgraph, 1")]
        report.progress(title, found)
    return report.write("random_numbers", "Random numbers", sections, peers)
