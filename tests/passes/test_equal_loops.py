"""Loops and branches that are written twice run once."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, loops, scan, until
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.equal import digest_of_bodies, equal_bodies
from symgraph.passes.pipeline import optimise

x, h, W, k = T.dmatrix("x"), T.dvector("h"), T.dmatrix("W"), T.lscalar("k")
RNG = np.random.default_rng(1)
GIVEN = {x: RNG.normal(size=(4, 3)), h: RNG.normal(size=3), W: RNG.normal(size=(3, 3)), k: np.asarray(3)}


def controls(*outputs: Any) -> int:
    """How many loops and branches are left; values have been compared with those of each output alone."""
    used = [u for u in graph_inputs(list(outputs)) if u in GIVEN]
    graph = Graph(used, list(outputs))
    optimise(graph, symgraph.Mode("llvm"))
    together = function(used, list(outputs))(*[GIVEN[u] for u in used])
    for one, value in zip(outputs, together):
        alone = function(used, one, on_unused_input="ignore", mode=symgraph.Mode("py", None))
        np.testing.assert_allclose(value, alone(*[GIVEN[u] for u in used]), rtol=1e-12)
    return sum(hasattr(node.op, "control") for node in graph.toposort())


def rnn(factor: float = 0.5, **options: Any) -> Any:
    return scan(lambda row, s: T.tanh(row + factor * T.dot(s, W)), sequences=x, outputs_info=h, **options)[0]


def over_rows(step: Any) -> Any:
    return scan(step, sequences=x, outputs_info=h)[0]


TWICE = {
    "a network": rnn,
    "with a condition": lambda: over_rows(lambda row, s: (T.tanh(row + s), until(s.sum() > 1))),
    "nested": lambda: over_rows(lambda row, s: s + scan(lambda e, t: t * 0.5 + e, sequences=row, outputs_info=s.sum())[0][-1]),
    "a branch in a loop": lambda: over_rows(lambda row, s: loops.cond(row.sum() > 0, lambda: T.dot(s, W), lambda: T.dot(W, s))),
    "while": lambda: loops.while_(lambda s: s.sum() < 50, lambda s: s + abs(h) + 1, h),
}


@pytest.mark.parametrize("name", TWICE)
def test_what_is_written_twice_runs_once(name: str) -> None:
    alone = controls(TWICE[name]())
    assert controls(TWICE[name](), TWICE[name]() * 2) == alone > 0


def test_branches() -> None:
    def branch(to: float = 1.0) -> Any:
        return loops.cond(k > 2, lambda: T.dot(x, W) + to, lambda: T.tanh(T.dot(x, W)))

    assert controls(branch(), branch() * 2) == 1
    controls(branch(), branch(2.0), branch(3.0))


def test_loops_that_differ_in_their_results_alone() -> None:
    def other() -> Any:
        return scan(lambda row, s: (T.tanh(row + 0.5 * T.dot(s, W)), T.sin(s) + row), sequences=x, outputs_info=[h, None])[0]

    def bounded(what: Any) -> Any:
        return scan(lambda row, s: ((T.tanh(row + s), what(s, row)), until(s.sum() > 1)), sequences=x, outputs_info=[h, None])[0]

    assert controls(rnn(), *other()) == controls(*other(), rnn()) == 1
    assert controls(*bounded(lambda s, row: T.cos(s)), *bounded(lambda s, row: row * s + 1), *bounded(lambda s, row: T.constant(2.0))) == 1
    assert controls(other()[1], other()[1][-1], rnn()[-1]) == 1


def test_what_differs_stays() -> None:
    assert controls(rnn(), rnn(0.25)) == 2
    assert controls(rnn(), scan(lambda row, s: T.tanh(row + 0.5 * T.dot(s, W)), sequences=x, outputs_info=h * 2)[0]) == 2
    assert controls(rnn(), rnn(go_backwards=True)) == 2
    assert controls(rnn(), scan(lambda row, s: T.tanh(row + 0.5 * T.dot(W, s)), sequences=x, outputs_info=h)[0]) == 2
    assert controls(rnn(progress=(lambda done, steps: None, 2)), rnn()) == 2


def test_values_and_derivatives_of_a_loop_written_twice() -> None:
    """Of the cost of one and the output of another, as in programs that build a model for training and again for use."""
    cost = (rnn()[-1] ** 2).sum()
    slopes = controls(cost, T.grad(cost, W))
    assert controls(cost, T.grad(cost, W), (rnn() * 3)[-1]) == slopes == controls(cost, T.grad(cost, W), T.grad((rnn()[-1] ** 2).sum(), W) * 2)


def test_equal_computations() -> None:
    """Loops are the same where their bodies are; so DebugMode, which runs the passes several times, takes them for what they are."""
    assert symgraph.graph.is_same_graph(rnn(), rnn()) and not symgraph.graph.is_same_graph(rnn(), rnn(0.25))
    assert not symgraph.graph.is_same_graph(rnn(), rnn(go_backwards=True))
    row = function([x, h, W], T.grad(rnn()[-1].sum(), h), mode="DebugMode")(GIVEN[x], GIVEN[h], GIVEN[W])
    np.testing.assert_allclose(row, function([x, h, W], T.grad(rnn()[-1].sum(), h))(GIVEN[x], GIVEN[h], GIVEN[W]))


def test_many_loops_that_differ_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    for name in ("merge", "alike"):
        module = sys.modules[f"symgraph.passes.{name}"]
        monkeypatch.setattr(module, "equal_bodies", lambda a, b, found=module.equal_bodies: compared.append(0) or found(a, b))
    alike = sys.modules["symgraph.passes.alike"]
    monkeypatch.setattr(alike, "_joined", lambda a, b, found=alike._joined: compared.append(0) or found(a, b))
    kinds = [rnn(factor / 8) for factor in range(1, 13)]
    twice = [rnn(factor / 8) for factor in (3, 5)]
    graph = Graph([x, h, W], [*kinds, *twice, kinds[0][-1]])
    optimise(graph, symgraph.Mode("llvm"))
    assert sum(hasattr(node.op, "control") for node in graph.toposort()) == len(kinds)
    assert len(compared) <= 2 * len(twice)


def test_equal_bodies_have_equal_digests() -> None:
    for build in TWICE.values():
        first, second = (build().owner for _ in range(2))
        while not hasattr(first.op, "control"):
            first, second = first.inputs[0].owner, second.inputs[0].owner
        assert equal_bodies(first.op, second.op) and digest_of_bodies(first.op) == digest_of_bodies(second.op)
