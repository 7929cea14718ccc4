"""Dense Hessians and Jacobians: all rows in one sweep, against peers that loop over rows, and those that map over them."""

import os
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Team, call_times, ratio
from benchmarks.sides import named

# program, title
PROGRAMS = [
    ("rosenbrock_hessian", "Hessian of the Rosenbrock function of 200 variables, dense"),
    ("logistic_hessian", "Hessian of a logistic regression, 50 parameters, 1,000 rows"),
    ("logistic_jacobian", "Jacobian of the losses of its rows, 1,000 by 50"),
]
LOOPING = ("Theano", "PyTensor, numba", "PyTensor, C")
SLOW = ("symgraph, C", "PyTensor, C")  # a quick run is without these: PyTensor compiles its loops to C for a minute
TIMES = 5.0
PEERS = named("symgraph", "symgraph, C", *LOOPING, "JAX", "torch", "numpy")


def run(quick: bool = False) -> Path:
    """Write results/derivatives.md."""
    sections = [
        "Seconds a call of the compiled function, results waited for. Theano and PyTensor differentiate row by row in a scan; JAX and torch map over "
        "unit vectors (torch eagerly); one thread of BLAS; numpy's rows are the formulas, written by hand."
    ]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of every side: threads of a busy machine wait for each other
    with Team() as team:
        for program, title in PROGRAMS:
            sides = [side for side in PEERS if not quick or side.name not in SLOW]
            found = call_times(sides, program, [], 5 if quick else 21, team=team)
            sections += [f"## {title}", report.table(found, "symgraph")]
            measured = [name for name in (*LOOPING, "JAX") if name in found and found[name].best == found[name].best]
            ahead = {name: ratio(found[name], found["symgraph"]) for name in measured}
            goals = [f"{name}: {times:.3g} times (goal: {1.0 if name == 'JAX' else TIMES:.3g})" for name, times in ahead.items()]
            sections.append(f"symgraph is ahead of {'; '.join(goals)}." if goals else "No peer took part.")
            report.progress(title, found)
    return report.write("derivatives", "Derivatives", sections, PEERS)
