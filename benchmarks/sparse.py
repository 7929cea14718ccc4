"""Sparse times dense: a csr or csc matrix of n rows and columns with about k stored elements a row, by a vector or a dense matrix, and the
gradient by the dense factor. The row of numpy is scipy.sparse.
"""

import math
from pathlib import Path

from benchmarks import report
from benchmarks.harness import Samples, Team, call_times, ratio
from benchmarks.sides import named

SIDES = named("symgraph", "symgraph, C", "Theano", "PyTensor, numba", "PyTensor, C", "numpy")
# program, format, rows and columns, stored elements a row, columns of the dense factor (0: a vector)
CASES = [
    ("sparse_product", "csr", 10_000, 10, 0),
    ("sparse_product", "csr", 2_000, 200, 0),
    ("sparse_product", "csr", 10_000, 10, 16),
    ("sparse_product", "csc", 10_000, 10, 0),
    ("sparse_product", "csc", 10_000, 10, 16),
    ("sparse_gradient", "csr", 10_000, 10, 16),
]
GOAL = 1.0


def verdict(found: dict[str, Samples]) -> str:
    part = ratio(found["numpy"], found["symgraph"])
    told = "not measured" if math.isnan(part) else f"{part:.2f}, " + ("kept" if part >= GOAL else "**missed**")
    return f"Goal: >= {GOAL:.0f} x the speed of scipy. symgraph: {told}."


def run(quick: bool = False) -> Path:
    """Write results/sparse.md."""
    sections = [" ".join((__doc__ or "").split())]
    with Team() as team:
        for program, *case in CASES:
            format, n, stored, columns = case
            what = "gradient of the squares of the product" if program == "sparse_gradient" else "product"
            title = f"{format}, n = {n:,}, k = {stored}: {what}, {f'{columns} columns' if columns else 'a vector'}"
            found = call_times(SIDES, program, case, 7 if quick else 31, team=team)
            sections += [f"## {title}", report.table(found, "numpy"), verdict(found)]
            report.progress(title, found)
    return report.write("sparse", "Sparse times dense", sections, SIDES)
