"""Random graphs on every target, and by the interpreter of the loop IR, against the numpy rules."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.random_graphs.build import program
from tests.random_graphs.judge import WrongCode, check

pytestmark = pytest.mark.slow
INTERPRETER, LLVM, C = [("interpret", "fast_run"), ("interpret", None)], [("llvm", "fast_run"), ("llvm", None)], [("c", "fast_run")]
RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize(
    ("modes", "steps", "few", "many"),
    [
        pytest.param(INTERPRETER, 60, 150, 6000, id="interpreter"),
        pytest.param(LLVM, 60, 30, 1000, id="llvm"),
        pytest.param(C, 60, 4, 100, id="c"),
        pytest.param(INTERPRETER + LLVM, 200, 4, 40, id="large"),
    ],
)
def test_random_graphs(modes: list[tuple[str, str | None]], steps: int, few: int, many: int, full: bool) -> None:
    """What fails is told by its seed: ``program(Random(seed), steps)`` writes it again."""
    for seed in range(many if full else few):
        g, outputs, updates = program(Random(seed), steps)
        try:
            check(g, outputs, modes, updates)
        except Exception as error:
            raise WrongCode(f"seed {seed}: {error}") from error


@pytest.mark.parametrize(("modes", "few", "many"), [pytest.param(INTERPRETER, 60, 2000, id="interpreter"), pytest.param(LLVM, 30, 1000, id="llvm")])
def test_small_random_graphs(modes: list[tuple[str, str | None]], few: int, many: int, full: bool) -> None:
    """What fails is made as small as can be: the draws of the generator are those of hypothesis."""

    @settings(max_examples=many if full else few, derandomize=True, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(st.randoms(use_true_random=False))
    def judged(random: Random) -> None:
        g, outputs, updates = program(random)
        check(g, outputs, modes, updates)

    judged()
