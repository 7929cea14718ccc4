"""Different ops in one function: 200 of the tensor library (elementwise, reductions, sorting, linear algebra, indexing, special functions,
transforms), and the first 50 and 100 of the same row, in which families are mixed. Packages loaded by an earlier function, empty cache folder; from
the graph built to the first result.
"""

from pathlib import Path

from benchmarks import report
from benchmarks.compile_alone import compile_times
from benchmarks.sides import named

COUNTS = (50, 100, 200)
GOAL = 1.0  # second, of 200
SIDES = named("symgraph")


def run(quick: bool = False) -> Path:
    """Write results/many_ops.md."""
    sections = [" ".join((__doc__ or "").split())]
    medians = {}
    for count in COUNTS:
        found = compile_times("many_ops", [count], 2 if quick else 7, 600.0, SIDES)
        medians[count] = found["symgraph"].best
        sections += [f"## {count} ops", report.table(found, "symgraph", "building the graph")]
        report.progress(f"{count} ops", found)
    sections.append(report.goal(found["symgraph"], GOAL, f"<= {report.duration(GOAL)}"))
    told = ", ".join(f"{more} ops {medians[more] / medians[few]:.2f} times as long as {few}" for few, more in zip(COUNTS, COUNTS[1:]))
    sections.append(f"Growth of the best times (2 is linear): {told}.")
    return report.write("many_ops", "Many ops", sections, SIDES)
