"""Programs in the manner of 2015, and those of the deck as printed there, run unmodified and print what the real Theano 1.0.5 printed.

Random numbers are the same, so whole learning curves are: to TOLERANCE, as sums are taken in another order.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest
from record_theano_programs import PROGRAMS, RECORDED, REDUCED, key

TOLERANCE = 1e-8
NOT_WHOLE = {"lenet"}  # recorded in reduced size only: without C, Theano takes a second and more for a step of it
found = json.loads(Path(RECORDED).read_text(encoding="utf-8"))


def printed(name: str, arguments: list[str], flags: str = "") -> list[str]:
    """What a program prints under `python -m symgraph run`."""
    root = Path(PROGRAMS).resolve().parents[1]
    settings = ",".join(filter(None, [os.environ["SYMGRAPH_FLAGS"], flags]))
    environment = os.environ | {"PYTHONPATH": str(root), "SYMGRAPH_FLAGS": settings, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    words = [sys.executable, "-W", "error::UserWarning", "-m", "symgraph", "run", os.path.join(PROGRAMS, f"{name}.py"), *arguments]
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def same(ours: str, theirs: str) -> bool:
    """Whether two lines agree: words exactly, numbers with a point to the tolerance."""
    def agree(a: str, b: str) -> bool:
        if a == b:
            return True
        try:
            return "." in b and math.isclose(float(a.strip(",")), float(b.strip(",")), rel_tol=TOLERANCE)
        except ValueError:
            return False

    pairs = list(zip_longest(ours.split(), theirs.split(), fillvalue=""))
    return all(agree(a, b) for a, b in pairs)


def test_every_program_is_run() -> None:
    texts = {path.relative_to(PROGRAMS).with_suffix("").as_posix(): path.read_text(encoding="utf-8") for path in Path(PROGRAMS).rglob("*.py")}
    imported = {name for name in texts if any(f"\nfrom {name} import" in text for text in texts.values())}
    assert texts.keys() == REDUCED.keys() | imported


@pytest.mark.parametrize("line", ["epoch 1: loss 1.5, wrong 0.25", "  #.  o", "[0. 1.]"])
def test_lines_that_differ_are_seen(line: str) -> None:
    assert same(line, line)
    assert not same(line.replace("1", "2").replace("#", "o"), line) and not same(line + " 1", line)
    assert same("loss 1.50000000000001,", "loss 1.5,") and not same("loss 1.500001,", "loss 1.5,")


@pytest.mark.slow
@pytest.mark.parametrize("name", REDUCED)
def test_prints_what_theano_printed(name: str, full: bool) -> None:
    arguments = [] if full and name not in NOT_WHOLE else REDUCED[name]
    ours, theirs = printed(name, arguments), found[key(name, arguments)]
    assert len(ours) == len(theirs)
    assert [(a, b) for a, b in zip(ours, theirs) if not same(a, b)] == []


@pytest.mark.parametrize("linker", ["c", "py"])
def test_on_every_linker(linker: str) -> None:
    name = "logistic_regression"
    assert all(map(same, printed(name, REDUCED[name], f"linker={linker}"), found[key(name, REDUCED[name])]))
