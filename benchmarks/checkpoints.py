"""What derivatives of a long loop store, and what storing less costs: states at the peak and time, in one process each, one after the other."""

import json
import subprocess
import sys
from math import log2
from pathlib import Path

from benchmarks import report
from benchmarks.sides import ROOT, named

# What is carried is one array that is stored as it is; or two, of which a step's derivative reads both.
STEPS = {
    "tanh(h w)": "lambda h: T.tanh(h * w)",
    "two states": "lambda h, c: (T.tanh(c) * w, 0.9 * c + T.sin(h))",
}
OPTIONS: list[tuple[str, dict[str, object]]] = [
    ("all", {}), ("checkpoint='sqrt'", {"checkpoint": "sqrt"}), ("checkpoint='root 3'", {"checkpoint": "root 3"}),
    ("checkpoint='root 4'", {"checkpoint": "root 4"}), ("checkpoint='log'", {"checkpoint": "log"}), ("checkpoint='8 MB'", {"checkpoint": "8 MB"}),
    ("checkpoint='2 MB'", {"checkpoint": "2 MB"}), ("truncate_gradient=100", {"truncate_gradient": 100}),
]
PROGRAM = """
import json, sys, time
import numpy as np
import symgraph.tensor as T
from symgraph import function, grad, scan

def peak():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))

step, options, size, steps, rounds = json.loads(sys.argv[1])
w, h, n = T.dvector("w"), T.dvector("h"), T.lscalar("n")
states = step.startswith("lambda h, c")
out, _ = scan(eval(step), outputs_info=[h, h] if states else h, n_steps=n, **options)
last = out[0][-1] if states else out[-1]
f = function([w, h, n], grad(last.sum(), [w, h]))
values = np.full(size, 0.9), np.full(size, 0.5)
f(*values, 4)
before, times = peak(), []
for _ in range(rounds):
    start = time.perf_counter()
    f(*values, steps)
    times.append(time.perf_counter() - start)
print(json.dumps([(peak() - before) * 1024 / (8 * size), min(times)]))
"""


def run(quick: bool = False) -> Path:
    """Write results/checkpoints.md."""
    size, steps, rounds = (2000, 900, 2) if quick else (5000, 10_000, 5)
    sections = [f"The gradient of a loop of {steps} steps on arrays of {size} numbers. A state: all that is carried from one step to the next. "
                "Roots and logarithms (to base 2) are those of the number of steps."]
    for name, step in STEPS.items():
        lines = ["| stored | states at the peak | in roots | in logarithms | best time | times that of all |", "|" + " --- |" * 6]
        whole = None
        for title, options in OPTIONS:
            rows, seconds = measured(step, options, size, steps, rounds)
            rows /= 1 + (name == "two states")
            whole = seconds if whole is None else whole
            parts = f"{rows:.0f}", f"{rows / steps**0.5:.1f}", f"{rows / log2(steps):.1f}", report.duration(seconds), f"{seconds / whole:.2f}"
            lines.append(f"| {title} | {' | '.join(parts)} |")
            print(f"{name}, {lines[-1]}", flush=True)
        sections += [f"## {name}", "\n".join(lines)]
    sections.append("Goals: with 'sqrt' 2.5 roots, and 2.2 times the time.")
    return report.write("checkpoints", "Checkpoints of loops", sections, named("symgraph"))


def measured(step: str, options: dict[str, object], size: int, steps: int, rounds: int) -> tuple[float, float]:
    """Rows at the peak beyond what a short call takes, and seconds."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps([step, options, size, steps, rounds])], capture_output=True, text=True,
                          check=True, cwd=ROOT)
    rows, seconds = json.loads(done.stdout)
    return float(rows), float(seconds)
