"""Convolutions of single precision with both gradients, and pooling: layers of LeNet, 3 x 3, 1 x 1 and depthwise ones; a whole training step of
LeNet (259,106 parameters, 32 digits of 28 x 28). On one core, but for the last tables.
"""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import call_times, one_core, ratio
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


def compared(title: str, program: str, arguments: list[object], rounds: int) -> list[str]:
    """A section: the table and whether the goal is kept."""
    found = call_times(PEERS, program, arguments, rounds, slice_seconds=0.05)
    part = ratio(found["symgraph"], found["torch"])
    report.progress(title, found)
    kept = "kept" if part <= GOAL else "**missed**"
    return [f"## {title}", report.table(found, "torch"), f"Goal: <= {GOAL} times torch. symgraph: {part:.2f}, {kept}."]


def run(quick: bool = False) -> Path:
    """Write results/convolution.md."""
    rounds = 3 if quick else 9
    sections = [" ".join((__doc__ or "").split())]
    ways = ("forward", "by images", "by filters")
    programs = [(f"{name}, {which}", "convolution", [which, *layer]) for name, layer in LAYERS.items() for which in ways]
    programs += [(f"maxima of 2 x 2, {which}", "pooling", [which, 32, 32, 24]) for which in ("forward", "gradient")]
    programs += [("a training step of LeNet", "lenet", [])]
    with one_core():
        for title, program, arguments in programs:
            sections += compared(title, program, arguments, rounds)
    for title, program, arguments in [programs[-1], *[row for row in programs if row[0].startswith("3 x 3,") and "one image" not in row[0]]]:
        sections += compared(f"{title}, as many threads as each side takes", program, arguments, rounds)
    return report.write("convolution", "Convolution and pooling", sections, PEERS)
