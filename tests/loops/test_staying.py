"""Loops that change their states where they stand: a step costs what it changes, and nobody reads what has been written over."""

from __future__ import annotations

import time
from random import Random
from typing import Any

import numpy as np
import pytest

import codegen.stations
import symgraph
import symgraph.tensor as T
from codegen.loopir.interpret import interpret
from symgraph import function, grad, loops, scan
from symgraph.compile.handoff import hand_over
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

pytestmark = pytest.mark.usefixtures("quick")

SIZE = 5
a, b, m, k = T.dvector("a"), T.dvector("b"), T.dmatrix("m"), T.lscalar("k")
rng = np.random.default_rng(8)
VALUES = {a: rng.normal(size=SIZE), b: rng.normal(size=SIZE), m: rng.normal(size=(SIZE, SIZE)), k: np.array(SIZE)}


def put(x: Any, i: Any, y: Any) -> Any:
    return T.set_subtensor(x[i], y)


def copies(outputs: list[Any]) -> int:
    """How many states of loops the code does not change where they stand: those that are carried as addresses."""
    ir = function([x for x in VALUES if x in set(graph_inputs(outputs))], outputs).source("ir")
    return sum(line.partition(" carrying ")[2].count("float64* =") for line in ir.splitlines())


def judged(outputs: list[Any]) -> None:
    """Native code on both targets and the loop IR as its interpreter reads it against numpy's rules, and the inputs as they were."""
    inputs = [x for x in VALUES if x in set(graph_inputs(outputs))]
    given = [VALUES[x].copy() for x in inputs]
    wanted = function(inputs, outputs, mode=symgraph.Mode("py"))(*given)
    for linker in ("llvm", "c"):
        for x, y in zip(function(inputs, outputs, mode=symgraph.Mode(linker))(*given), wanted, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-14, err_msg=linker)
    graph = Graph(inputs, outputs)
    optimise(graph, symgraph.Mode("llvm", None))
    module, layout = codegen.stations.lowered(hand_over(inputs, graph.outputs).program)
    status, _, found = interpret(module, [*given, *layout.constants], layout.results)
    assert status == 0
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-14, err_msg="interpreter")
    for x, before in zip(inputs, given):
        np.testing.assert_array_equal(before, VALUES[x])


def bubble_sort() -> list[Any]:
    def swap(i: Any, j: Any, x: Any) -> Any:
        low, high = T.minimum(x[j], x[j + 1]), T.maximum(x[j], x[j + 1])
        return put(put(x, j, low), j + 1, high)

    return [loops.fori(0, k - 1, lambda i, x: loops.fori(0, k - 1 - i, lambda j, x: swap(i, j, x), x), a)]


def elimination() -> list[Any]:
    """Rows below the pivot's, which is read as a row of what is changed."""
    def step(i: Any, x: Any) -> Any:
        return loops.fori(i + 1, k, lambda j, x: put(x, j, x[j] - x[i] * (x[j, i] / x[i, i])), x)

    return [loops.fori(0, k, step, m + 3 * T.eye(k))]


STAY = {
    "a recurrence": lambda: [loops.fori(1, k, lambda i, x: put(x, i, x[i - 1] * 0.5 + x[i]), a)],
    "bubble sort": bubble_sort,
    "elimination": elimination,
    "a row from a row": lambda: [loops.fori(1, k, lambda i, x: put(x, i, x[i - 1]), m)],
    "what is read is read before": lambda: scan(lambda i, x: [x.sum(), put(x, i, 0.5)], T.arange(k), [None, a])[0][:1],
    "two loops from one start": lambda: [x for _ in range(2) for x in [loops.fori(0, k, lambda i, x: T.inc_subtensor(x[i], b[i]), a)]] + [a * 2],
    "two states": lambda: list(loops.fori(1, k, lambda i, s: (put(s[0], i, s[1][i - 1]), put(s[1], i, s[1][i] * 2)), (a, b))),
}
MOVE = {
    "states that change places": lambda: list(loops.fori(1, k, lambda i, s: (put(s[1], i, s[0][i]), s[0]), (a, b))),
    "the old state is a result": lambda: scan(lambda i, x: [x + 0.0, put(x, i, 0.5)], T.arange(k), [None, a])[0],
    "the old state is read by a later value": lambda: [loops.fori(0, k, lambda i, x: put(x, i, 1.5) + x[::-1], a)],
    "overlapping parts": lambda: [loops.fori(0, k, lambda i, x: put(x, slice(1, None), x[:-1]), a)],
    "all rows are kept": lambda: [scan(lambda i, x: put(x, i, 0.5), T.arange(k), a)[0]],
    "on one side of a branch": lambda: [loops.fori(0, k, lambda i, x: loops.cond(x[i] > 0, lambda: put(x, i, -x[i]), lambda: x), a)],
    "an inner loop reads it in two ways": lambda: [
        loops.fori(0, k, lambda i, x: loops.fori(0, k, lambda j, y: put(y, j, y[j] + x[(j + 1) % k]), x), a)],
}


@pytest.mark.parametrize("name", [*STAY, *MOVE])
def test_values(name: str) -> None:
    judged((STAY | MOVE)[name]())


@pytest.mark.parametrize("name", ["a recurrence", "bubble sort", "elimination", "states that change places"])
def test_gradients(name: str) -> None:
    (out, *_) = (STAY | MOVE)[name]()
    judged([grad((out**2).sum(), m if name == "elimination" else a)])


@pytest.mark.parametrize("name", [name for name in STAY if name != "what is read is read before"])
def test_nothing_is_carried(name: str) -> None:
    assert copies(STAY[name]()) == 0


def changed(random: Random, x: Any, y: Any, i: Any) -> Any:
    """x, or what becomes of it by a change at random."""
    j = random.choice([i, (i * 2) % k, 0])
    return random.choice([
        lambda: put(x, j, y[i] * 0.5), lambda: T.inc_subtensor(x[j], y.mean()), lambda: put(x, slice(1, 3), y[:2]),
        lambda: x * 0.5 + y, lambda: x[::-1], lambda: loops.fori(0, 2, lambda t, z: put(z, t, z[t + 1] - y[t]), x)])()


def drawn(random: Random) -> list[Any]:
    """A loop of two states, whose body changes, reads, mixes and turns what it has at random."""
    def body(i: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        vectors = [*state]
        for _ in range(random.randint(1, 5)):
            vectors.append(changed(random, random.choice(vectors[-3:]), random.choice(vectors), i))
        return random.choice(vectors[-2:]), random.choice(vectors)

    return list(loops.fori(0, k, body, random.choice([(a, b), (a, a), (a * 2, a * 2)])))


@pytest.mark.parametrize("seed", range(12))
def test_random_bodies(seed: int) -> None:
    judged(drawn(Random(seed)))


def test_a_step_costs_what_it_changes() -> None:
    f = function([a], loops.fori(1, a.shape[0], lambda i, x: put(x, i, x[i - 1] * 0.5 + x[i]), a))
    start = time.perf_counter()
    f(np.ones(200_000))
    assert time.perf_counter() - start < 2  # copies of all of it would take some 20 s


def test_a_call_that_fails_leaves_the_start_as_it_was() -> None:
    table = symgraph.shared(np.zeros(4), "table")
    f = function([k], [], updates={table: loops.fori(0, k, lambda i, x: put(x, i, 1.0), table)})
    with pytest.raises(IndexError, match="index 4"):
        f(6)
    assert not table.get_value().any()
    f(3)
    assert table.get_value().tolist() == [1, 1, 1, 0]
