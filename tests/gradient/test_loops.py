"""Derivatives of loops against those of the same expression written without a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unrolled import CASES, LoopCase, unrolled

import symgraph
import symgraph.tensor as T
from symgraph import Rop, function, grad, scan

BY_NAME = {case.name: case for case in CASES}
on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))
cases = pytest.mark.parametrize("name", BY_NAME)


def variables(case: LoopCase) -> list[Any]:
    return [T.tensor(v.dtype.name, shape=(None,) * v.ndim, name=f"v{k}") for k, v in enumerate(case.values)]


def written(case: LoopCase, derive: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The variables, and what `derive` makes of the scan and of the expression without one."""
    xs = variables(case)
    return xs, derive(case.build(scan, *xs), xs), derive(case.build(unrolled(case.steps), *xs), xs)


def agree(case: LoopCase, linker: str, derive: Any, rtol: float = 1e-9) -> None:
    xs, ours, theirs = written(case, derive)
    got = function(xs, ours, mode=symgraph.Mode(linker), on_unused_input="ignore")(*case.values)
    wanted = function(xs, theirs, mode=symgraph.Mode("py"), on_unused_input="ignore")(*case.values)
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


def first(cost: Any, xs: list[Any]) -> list[Any]:
    return [cost, *grad(cost, xs)]


def second(cost: Any, xs: list[Any]) -> list[Any]:
    return grad(sum((g * T.sin(x + 1)).sum() for x, g in zip(xs, grad(cost, xs))), xs, disconnected_inputs="ignore")


def forward(cost: Any, xs: list[Any]) -> list[Any]:
    return [Rop(cost, xs, [T.cos(x + 2) for x in xs])]


@on_every_linker
@cases
def test_reverse(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, first)


@pytest.mark.parametrize("linker", ("llvm", "py"))
@cases
def test_forward(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, forward)


@pytest.mark.parametrize("linker", ("llvm", "py"))
@cases
def test_second_order(name: str, linker: str) -> None:
    agree(BY_NAME[name], linker, second)
