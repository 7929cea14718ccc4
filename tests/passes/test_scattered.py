"""The rules for values scattered over zeros: what they make, where they keep off, values and errors as before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from expressions_as_text import text

import symgraph
import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

x, z = T.dmatrices("x", "z")
v = T.dvector("v")
i, j = T.lvectors("i", "j")
RULES = (
    "sum_of_scattered", "scattered_in_order", "scaled_scattered", "added_to_scattered",
    "added_to_part", "twice_to_one_region", "softmax_of_known_logarithm",
)

X = np.random.RandomState(0).randn(4, 3)
AT: dict[Any, Any] = {x: X, z: X + 1, v: np.arange(1.0, 5.0), i: np.array([0, 1, 1, 3]), j: np.array([2, 0, 0, 1])}


def scattered() -> Any:
    return T.inc_subtensor(T.zeros_like(x)[i, j], v)


def fired(outputs: list[Any]) -> set[str]:
    graph = Graph(graph_inputs(outputs), outputs)
    report = optimise(graph, Mode("py", "fast_run", check=True))
    return {name for _, counter, _ in report for name in counter} & set(RULES)


def values(outputs: list[Any], mode: Mode, at: dict[Any, Any]) -> list[np.ndarray]:
    found: list[np.ndarray] = symgraph.function(list(at), outputs, mode=mode, on_unused_input="ignore")(*at.values())
    return found


def part(values: Any, region: Any) -> Any:
    return T.set_subtensor(T.zeros_like(x)[region], values)


def part_of_rows() -> Any:
    return T.inc_subtensor(T.zeros_like(x)[j], T.exp(z))


UPPER, LOWER = slice(1, None), slice(None, -1)
CASES = {
    "two regions added": (lambda s: [part(x[1:] * 2, UPPER) + part(x[1:], LOWER)], {"added_to_part"}),
    "a region twice": (lambda s: [part(x[1:] * 2, UPPER) + part(T.exp(x[:-1]), UPPER) + x], {"added_to_part", "twice_to_one_region"}),
    "a region twice, of other sizes": (lambda s: [part(x[1:] * 2, UPPER) + part(x[1], UPPER) + x], {"added_to_part"}),
    "a region taken off": (lambda s: [x - part(x[1:] * 2, UPPER), part(x[1:], LOWER) - T.exp(x)], {"added_to_part"}),
    "a region needed as it is": (lambda s: [r := part(x[1:], LOWER), r + x], set()),
    "a region of ones": (lambda s: [T.set_subtensor(T.ones_like(x)[1:], x[1:]) + x], set()),
    "a region added to another size, which is checked": (lambda s: [part(x[1:], UPPER) + z], set()),
    "sum along each axis": (lambda s: [s, s.sum(axis=0), s.sum(axis=1)], {"sum_of_scattered"}),
    "sum alone: j must still be checked": (lambda s: [s.sum(axis=1)], set()),
    "whole sum": (lambda s: [s, s.sum()], set()),
    "added": (lambda s: [s + x], {"added_to_scattered"}),
    "added from the left, many": (lambda s: [T.exp(x) + s + T.sin(x)], {"added_to_scattered"}),
    "taken from": (lambda s: [T.exp(x) - s], {"added_to_scattered"}),
    "taken off": (lambda s: [s - x], {"added_to_scattered"}),
    "added to another size, which is checked": (lambda s: [s + z], set()),
    "scaled": (lambda s: [s * 2.0, -part_of_rows()], {"scaled_scattered"}),
    "divided": (lambda s: [s / 3.0], {"scaled_scattered"}),
    "twice, scaled and taken off": (
        lambda s: [x - 0.5 * (part_of_rows() + T.inc_subtensor(T.zeros_like(x)[j], x[i]))], {"scaled_scattered", "added_to_scattered"}),
    "scaled and taken off": (lambda s: [x - part_of_rows() * v[0] / 4], {"scaled_scattered", "added_to_scattered"}),
    "scaled by more than a number": (lambda s: [s * z, part_of_rows() * v.dimshuffle(0, "x")], set()),
    "scaled, and needed as it is": (lambda s: [s, s * 2], set()),
    "added to a row": (lambda s: [s + x[0]], set()),
    "needed as it is": (lambda s: [s, s + x], set()),
    "set, not added": (lambda s: [T.set_subtensor(T.zeros_like(x)[i, j], v) + x], set()),
    "over ones": (lambda s: [T.inc_subtensor(T.ones_like(x)[i, j], v) + x], set()),
    "two softmaxes": (lambda s: [T.nnet.softmax(x), T.nnet.logsoftmax(x)], {"softmax_of_known_logarithm"}),
    "softmaxes of other arrays": (lambda s: [T.nnet.softmax(x), T.nnet.logsoftmax(z)], set()),
    "softmaxes along other axes": (lambda s: [T.nnet.softmax(x, axis=0), T.nnet.logsoftmax(x, axis=1)], set()),
    "in order": (lambda s: [T.inc_subtensor(T.zeros_like(v)[T.arange(v.shape[0])], T.exp(v))], {"scattered_in_order"}),
    "in another order": (lambda s: [T.inc_subtensor(T.zeros_like(v)[T.arange(v.shape[0])[::-1]], v)], set()),
    "as many as there are labels": (lambda s: [T.inc_subtensor(T.zeros_like(v)[T.arange(i.shape[0])], v)], set()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_fires_and_values(name: str) -> None:
    build, wanted = CASES[name]
    outputs = build(scattered())
    assert fired(outputs) == wanted
    for linker in ("py", "llvm"):
        for got, right in zip(values(outputs, Mode(linker, "fast_run"), AT), values(outputs, Mode("py", None), AT)):
            assert got.dtype == right.dtype
            np.testing.assert_allclose(got, right, rtol=1e-13, atol=1e-15)


def test_what_is_made() -> None:
    graph = Graph([x, v, i, j], [scattered() - x])
    optimise(graph, Mode("py", "fast_run"))
    assert text(graph.outputs[0]) == "AdvancedIncSubtensor{inc, [], []}(neg(x), v, i, j)"


@pytest.mark.parametrize("build", [lambda s: [s, s.sum(axis=1)], lambda s: [s + x], lambda s: [s.sum(axis=1)]], ids=["sum", "added", "alone"])
@pytest.mark.parametrize("wrong", [
    {i: np.array([0, 1, 4, 0])}, {j: np.array([0, 1, 3, 0])}, {j: np.array([0, -4, 0, 0])}], ids=["i", "j", "negative"])
def test_indices_out_of_range_still_fail(build: Any, wrong: dict[Any, Any]) -> None:
    for linker in ("py", "llvm"):
        with pytest.raises(IndexError):
            values(build(scattered()), Mode(linker, "fast_run"), AT | wrong)


def test_sizes_that_do_not_fit_still_fail() -> None:
    for linker in ("py", "llvm"):
        with pytest.raises(ValueError):
            values([scattered() + z], Mode(linker, "fast_run"), AT | {z: np.ones((5, 3))})
        with pytest.raises((ValueError, IndexError)):
            values([scattered() + x], Mode(linker, "fast_run"), AT | {v: np.ones(3)})


def test_a_rule_is_left_out_by_its_name() -> None:
    outputs = [scattered() + x]
    graph = Graph(graph_inputs(outputs), outputs)
    report = optimise(graph, Mode("py", "fast_run").excluding("added_to_scattered"))
    assert not any("added_to_scattered" in counter for _, counter, _ in report)
