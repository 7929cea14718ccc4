"""Random graphs on every target, and by the interpreter of the loop IR, against the numpy rules."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.random_graphs.build import program
from tests.random_graphs.judge import check

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize("modes", [
    pytest.param([("interpret", "fast_run"), ("interpret", None)], id="loop-ir"),
    pytest.param([("llvm", "fast_run"), ("llvm", None)], id="llvm"),
    pytest.param([("c", "fast_run")], id="c"),
])
@pytest.mark.slow
def test_a_random_graph(modes: list[tuple[str, str | None]], full: bool) -> None:
    """What fails is made small by hypothesis: its draws are those of the generator."""
    counts = {"interpret": (60, 3000), "llvm": (25, 1000), "c": (6, 100)}[modes[0][0]]

    @settings(max_examples=counts[full], derandomize=True, deadline=None, database=None, suppress_health_check=RELAXED)
    @given(st.randoms(use_true_random=False))
    def judged(random: Random) -> None:
        g, outputs, updates = program(random)
        check(g, outputs, modes, updates)

    judged()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_large_random_graph(seed: int) -> None:
    g, outputs, updates = program(Random(seed), 150)
    check(g, outputs, [("interpret", "fast_run"), ("llvm", "fast_run")], updates)
