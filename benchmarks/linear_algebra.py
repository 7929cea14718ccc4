"""Factorizations and systems: stacks of small matrices against numpy.linalg, one matrix against scipy.linalg."""

import os
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Team, call_times, light, ratio
from benchmarks.sides import SCIPY, named

OPERATIONS = ("inv", "solve", "cholesky", "det", "eigvalsh", "pinv")
STACK, ONE = (10_000, 4, 4), (100, 100)
ALONE = [("svd", ONE), ("lu_factor", ONE), ("lu_factor", (200, 200))]  # of one matrix only
TIMES, ADDED = 5.0, 2e-6  # faster than numpy by; slower than scipy by at most, in seconds
OF_STACKS = named("symgraph", "symgraph, C", "PyTensor, numba", "PyTensor, C", "JAX", "numpy")
OF_ONE = [*named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "JAX", "numpy"), SCIPY]


def run(quick: bool = False) -> Path:
    """Write results/linear_algebra.md."""
    sections = [
        "Seconds a call of the compiled function in float64, results waited for; one thread of BLAS. The right side of a system is one column."]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of every side: small matrices gain nothing, and threads of a busy machine wait
    rows = [(operation, shape) for shape in (STACK, ONE) for operation in OPERATIONS] + ALONE
    with Team() as team:
        for operation, shape in rows:
            sides = OF_STACKS if shape == STACK else OF_ONE
            sides = light(sides) if quick else sides
            if operation == "lu_factor":
                sides = [side for side in sides if side.programs in ("symgraph_programs", "scipy_programs")]
            title = f"{operation} of {' by '.join(f'{n:,}' for n in shape)}"
            found = call_times(sides, "linear_algebra", [operation, *shape], 5 if quick else 21, team=team)
            sections += [f"## {title}", report.table(found, "symgraph")]
            ours = found["symgraph"]
            if shape == STACK:
                sections.append(f"symgraph is ahead of numpy {ratio(found['numpy'], ours):.3g} times (goal: {TIMES:.3g}).")
            else:
                over = report.duration(ours.best - found["scipy"].best)
                limit = found["scipy"].median + ADDED
                sections.append(report.goal(ours, limit, f"scipy's time and {report.duration(ADDED)}") + f" Best less scipy's best: {over}.")
            report.progress(title, found)
    return report.write("linear_algebra", "Linear algebra", sections, OF_ONE)
