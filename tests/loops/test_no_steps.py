"""Sizes of the rows that a loop without a step has none of: told where the rules of its step tell them, whichever side of a branch is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, grad, loops, scan

pytestmark = pytest.mark.usefixtures("quick")

n, k, x, m = T.lscalar("n"), T.lscalar("k"), T.dvector("x"), T.dmatrix("m")

# What a step gives, and the sizes of a row: of a loop without a step, and with some.
ROWS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...], tuple[int, ...]]] = {
    "equal sides": (lambda t: loops.cond(t > 2, lambda: x * 2, lambda: x), (3,), (3,)),
    "sides that turn out to be equal": (lambda t: loops.cond(t > 0, lambda: m[:, 1:] * 2, lambda: m[:, :k]), (2, 3), (2, 3)),
    "sides that differ": (lambda t: loops.cond(t > 9, lambda: x[1:], lambda: x), (0,), (3,)),
    "one size of two": (lambda t: loops.cond(t > 9, lambda: m[:, 1:], lambda: m), (2, 0), (2, 4)),
    "computed from a branch": (lambda t: T.concatenate([loops.cond(t > 0, lambda: x[:k] + 1, lambda: x), x]) * 2, (6,), (6,)),
    "branches in branches": (
        lambda t: loops.cond(t > 2, lambda: loops.cond(t > 3, lambda: x + 1, lambda: T.concatenate([x, x])[:k]), lambda: scan(lambda a: a * t, x)[0]),
        (3,), (3,)),
    "in a loop in a loop": (
        lambda t: scan(lambda r: loops.cond(r.sum() > 2, lambda: T.concatenate([x, x]), lambda: T.concatenate([x, x * 2])), m)[0], (2, 6), (2, 6)),
}


@pytest.mark.parametrize("name", ROWS)
def test_sizes_of_rows(name: str) -> None:
    step, without, row = ROWS[name]
    stack, _ = scan(lambda t: step(t), sequences=T.arange(n))
    results = []
    for linker in ("py", "llvm", "c"):
        f = function([n, x, m, k], [stack, grad(stack.sum(), x, disconnected_inputs="ignore")], mode=symgraph.Mode(linker), on_unused_input="ignore")
        given = np.array([1.0, -2.0, 0.5]), np.arange(8.0).reshape(2, 4), 3
        assert f(0, *given)[0].shape == (0, *without), linker
        results.append(f(4, *given))
        assert results[-1][0].shape == (4, *row), linker
    for value, slope in results[1:]:
        np.testing.assert_allclose(value, results[0][0])
        np.testing.assert_allclose(slope, results[0][1])


def test_sides_that_differ_in_a_run_are_an_error() -> None:
    stack, _ = scan(lambda t: ROWS["sides that differ"][0](t + 9), sequences=T.arange(n))
    for linker in ("py", "llvm"):
        f = function([n, x], stack, mode=symgraph.Mode(linker))
        assert f(1, np.ones(3)).shape == (1, 3)
        with pytest.raises(ValueError):
            f(3, np.ones(3))
