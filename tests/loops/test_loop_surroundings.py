"""Loops in other things, and other things in loops: ops made of graphs, branches, gradients, Python ops, loops of their own length."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import OpFromGraph, function, grad, scan, shared, until
from symgraph.ifelse import ifelse

v, w, m, s, n = T.dvector("v"), T.dvector("w"), T.dmatrix("m"), T.dscalar("s"), T.iscalar("n")
V = np.array([0.5, -1.0, 2.0])


def recurrence(x: Any, start: Any) -> Any:
    return scan(lambda a, p: a * p + 1, sequences=x, outputs_info=start)[0]


def values(x: Any, start: float) -> tuple[list[float], list[float]]:
    """What the recurrence gives, and the gradient of its sum by x."""
    steps, slopes = [start], np.zeros((len(x) + 1, len(x)))
    for t, a in enumerate(x):
        slopes[t + 1] = a * slopes[t]
        slopes[t + 1, t] += steps[-1]
        steps.append(a * steps[-1] + 1)
    return steps[1:], list(slopes.sum(axis=0))


def check(outputs: Any, wanted: Any, given: Any = None, linkers: tuple[str, ...] = ("py", "llvm")) -> None:
    given = {v: V, s: 1.5} if given is None else given
    for linker in linkers:
        found = function(list(given), outputs, mode=symgraph.Mode(linker), on_unused_input="ignore")(*given.values())
        for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
            assert np.allclose(a, b, rtol=1e-10), f"{linker}, output {k}: {a}, wanted {b}"


def test_a_loop_in_an_op_made_of_a_graph() -> None:
    x, start = T.dvector("x"), T.dscalar("start")
    for inline in (True, False):
        y = OpFromGraph([x, start], [recurrence(x, start)], inline=inline)(v, s)
        check([y, grad(y.sum(), v)], values(V, 1.5))


def test_an_op_made_of_a_graph_in_a_loop() -> None:
    a, p = T.dscalar("a"), T.dscalar("p")
    for inline in (True, False):
        op = OpFromGraph([a, p], [a * p + 1], inline=inline)
        y, _ = scan(lambda a, p, op=op: op(a, p), sequences=v, outputs_info=s)
        check([y, grad(y.sum(), v)], values(V, 1.5))


def test_a_loop_in_a_branch() -> None:
    y = ifelse(s > 0, recurrence(v, s), v * 2)
    check([y, grad(y.sum(), v)], values(V, 1.5))
    check([y, grad(y.sum(), v)], [V * 2, [2.0] * 3], {v: V, s: -1.0})


def test_a_branch_in_a_loop_in_a_branch_in_a_loop() -> None:
    def step(a: Any, p: Any) -> Any:
        return ifelse(a > 0, scan(lambda b, q: ifelse(b > 0, b * q + a, q), sequences=v, outputs_info=p)[0][-1], p + 1)

    p, wanted = 1.5, []
    for a in V:
        if a > 0:
            for b in V:
                p = b * p + a if b > 0 else p
        else:
            p += 1
        wanted.append(p)
    y, _ = scan(step, sequences=v, outputs_info=s)
    check([y], [wanted])
    slope = symgraph.function([v, s], grad(y.sum(), v))(V, 1.5)
    total = symgraph.function([v, s], y.sum())
    for k, d in enumerate(np.eye(3) * 1e-6):
        assert np.isclose(slope[k], (total(V + d, 1.5) - total(V - d, 1.5)) / 2e-6, rtol=1e-6)


def test_four_loops_in_each_other() -> None:
    def nest(depth: int, x: Any) -> Any:
        return x * s if depth == 0 else scan(lambda y: nest(depth - 1, y + x), sequences=v)[0].sum()

    y = nest(4, s)  # the sum over all (a, b, c, d) of (s + a + b + c + d) s
    check([y, grad(y, v)], [81 * 1.5**2 + 1.5 * 4 * 27 * V.sum(), [1.5 * 4 * 27] * 3])


def test_a_gradient_in_a_loop() -> None:
    y, _ = scan(lambda a: grad(scan(lambda b, p: p * a * b, sequences=v, outputs_info=s)[0][-1], a), sequences=v)
    check([y, grad(y.sum(), s)], [3 * V**2 * V.prod() * 1.5, (3 * V**2 * V.prod()).sum()])


def test_a_python_op_in_a_loop() -> None:
    @symgraph.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def twice(x: Any) -> Any:
        return np.float64(x * 2)

    y, _ = scan(lambda a, p: twice(a) + p, sequences=v, outputs_info=s)
    check([y], [1.5 + np.cumsum(V) * 2], linkers=("py", "llvm", "c"))


# Loops within a step that run for a number of steps of their own: what their reverse needs has no stack of one size.
OWN_LENGTHS: dict[str, Callable[[], Any]] = {
    "a number of the step": lambda: scan(lambda k: scan(lambda p: p * s, outputs_info=s, n_steps=k)[0][-1], sequences=T.arange(1, n))[0],
    "all rows": lambda: scan(lambda k, a: scan(lambda p: T.sin(p * s) + a, outputs_info=s, n_steps=k)[0].sum(), sequences=[T.arange(n), v])[0],
    "a part of a sequence": lambda: scan(lambda k: scan(lambda a, p: T.tanh(a * p + s), v[:k], s)[0].sum(), sequences=T.arange(n))[0],
    "until": lambda: scan(lambda a: scan(lambda p: (T.sin(p) * s + a, until(p > 1.7)), outputs_info=a, n_steps=6)[0].sum(), sequences=v)[0],
    "products": lambda: scan(lambda k: T.dot(scan(lambda a: T.exp(a * s), v[:k])[0], v[:k] * s), sequences=T.arange(n))[0],
    "slices, no loop": lambda: scan(lambda k: T.exp(v[:k] * s).prod(), sequences=T.arange(n))[0],
}


@pytest.mark.parametrize("name", OWN_LENGTHS)
def test_gradients_of_loops_of_their_own_length(name: str) -> None:
    cost = OWN_LENGTHS[name]().sum()
    f = function([v, s, n], [cost, grad(cost, s), grad(cost, v, disconnected_inputs="ignore")], on_unused_input="ignore")
    _, by_s, by_v = f(V, 0.7, 4)
    step = 1e-6
    assert np.isclose(by_s, (f(V, 0.7 + step, 4)[0] - f(V, 0.7 - step, 4)[0]) / 2 / step, rtol=1e-7, atol=1e-8)
    for k, d in enumerate(np.eye(3) * step):
        assert np.isclose(by_v[k], (f(V + d, 0.7, 4)[0] - f(V - d, 0.7, 4)[0]) / 2 / step, rtol=1e-6, atol=1e-8)


def test_gradients_of_scan_checkpoints() -> None:
    for every in (1, 2, 3):
        few, _ = symgraph.scan_checkpoints(lambda a, p: a * p + 1, v, s, save_every_N=every)
        check([grad(few[-1], v)], [function([v, s], grad(recurrence(v, s)[-1], v))(V, 1.5)], linkers=("llvm",))


# What is done with functions and expressions ------------------------------------------------------------------------------
def test_givens_and_clones_reach_into_loops() -> None:
    c = shared(2.0, name="c")
    y, _ = scan(lambda a: a * c, sequences=v)
    assert np.allclose(function([v], y, givens={c: T.constant(3.0, dtype="float64")})(V), V * 3)
    assert np.allclose(symgraph.clone(y, {c: s}).eval({v: V, s: 5.0}), V * 5)


def test_functions_with_loops_are_pickled_and_copied() -> None:
    c = shared(2.0, name="c")
    y, updates = scan(lambda a: (a * c, {c: c + 1}), sequences=v)
    f = function([v], y, updates=updates)
    f(V)
    again = pickle.loads(pickle.dumps(f))
    assert np.allclose(again(V), V * [5, 6, 7]) and np.allclose(f.copy()(V), V * [5, 6, 7])


@pytest.mark.parametrize("mode", ["CHECK", "DebugMode", "FAST_COMPILE", "FAST_RUN"])
def test_modes(mode: str) -> None:
    y = recurrence(v, s)
    assert np.allclose(function([v, s], [y, grad(y.sum(), v)], mode=mode)(V, 1.5), values(V, 1.5))


def test_a_billion_steps_take_constant_memory() -> None:
    y, _ = scan(lambda p: p * 0.5 + 1, outputs_info=s, n_steps=n)
    f = function([s, n], y[-1])
    assert f(1.0, 3) == 1.875 and f(1.0, 10_000_000) == 2  # rows of all steps would be 80 MB; 10**9 take 14 s
