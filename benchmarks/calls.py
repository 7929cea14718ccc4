"""What a call costs once all is compiled: x + y on Python floats, the deck's linear regression step, two training
steps.
"""

from pathlib import Path

from benchmarks import report
from benchmarks.harness import call_times
from benchmarks.sides import SIDES

# program, title, goal in seconds (None: faster than every peer)
PROGRAMS = [
    ("add", "`f(x, y) = x + y` on Python floats", 1e-6),
    ("linear_regression", "Linear regression step: w and b, one example, gradient and update", None),
    ("logistic", "Logistic regression step, a batch of 60", None),
    ("mlp", "MLP step, a batch of 60", None),
]
PEERS = [side for side in SIDES if not side.programs.startswith("c_")]


def run(quick: bool = False) -> Path:
    """Write results/calls.md."""
    sections = [
        "Seconds a call, many calls a turn. The steps of numpy and numba have their gradients written by hand; "
        "torch and numpy run eagerly (for x + y, numpy's row is a Python function on floats); JAX is not waited for "
        "between calls. Theano and PyTensor's C linker call numpy's BLAS where they find no other to link."
    ]
    for program, title, limit in PROGRAMS:
        sides = [side for side in PEERS if side.name != "numba" or program in ("add", "linear_regression")]
        found = call_times(sides, program, [], 7 if quick else 31)
        sections += [f"## {title}", report.table(found, "symgraph")]
        if limit:
            sections.append(report.goal(found.get("symgraph"), limit, f"<= {report.duration(limit)}"))
        report.progress(title, found)
    return report.write("calls", "Calls", sections, PEERS)
