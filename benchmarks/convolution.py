"""Convolutions of single precision with both gradients, and pooling: layers of LeNet, 3 x 3, 1 x 1 and depthwise ones."""

import os
from pathlib import Path

from benchmarks import report
from benchmarks.harness import call_times, ratio
from benchmarks.sides import named

GOAL = 1.25  # times torch: 0.8 of its speed
# name: images, channels, rows and columns, filters, kernel, groups, padding
LAYERS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "LeNet, first layer": (32, 1, 28, 32, 5, 1, 0),
    "LeNet, second layer": (32, 32, 12, 64, 5, 1, 0),
    "3 x 3, one image": (1, 64, 56, 64, 3, 1, 1),
    "3 x 3": (32, 64, 56, 64, 3, 1, 1),
    "1 x 1, one image": (1, 64, 56, 64, 1, 1, 0),
    "1 x 1": (32, 64, 56, 64, 1, 1, 0),
    "depthwise, one image": (1, 64, 56, 64, 3, 64, 1),
    "depthwise": (32, 64, 56, 64, 3, 64, 1),
}
PEERS = named("symgraph", "Theano", "JAX", "torch")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}


def run(quick: bool = False) -> Path:
    """Write results/convolution.md."""
    os.environ.update(ONE_THREAD)
    sections = [" ".join((__doc__ or "").split()) + " One thread a side where the side can be told so."]
    ways = ("forward", "by images", "by filters")
    programs = [(f"{name}, {which}", "convolution", [which, *layer]) for name, layer in LAYERS.items() for which in ways]
    programs += [(f"maxima of 2 x 2, {which}", "pooling", [which, 32, 32, 24]) for which in ("forward", "gradient")]
    for title, program, arguments in programs:
        found = call_times(PEERS, program, arguments, 3 if quick else 9, slice_seconds=0.05)
        part = ratio(found["symgraph"], found["torch"])
        kept = "kept" if part <= GOAL else "**missed**"
        sections += [f"## {title}", report.table(found, "torch"), f"Goal: <= {GOAL} times torch. symgraph: {part:.2f}, {kept}."]
        report.progress(title, found)
    return report.write("convolution", "Convolution and pooling", sections, PEERS)
