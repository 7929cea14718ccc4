"""Stacks of which only the last rows are read: no other rows are kept, and what is read is as ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import codegen.stations
import symgraph
import symgraph.tensor as T
from codegen.loopir.interpret import interpret
from symgraph import function, scan, until
from symgraph.compile.handoff import hand_over
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.passes.pipeline import optimise

n, h, xs = T.lscalar("n"), T.dvector("h"), T.dmatrix("xs")
H = np.array([0.5, -0.25, 2.0])


def step(state: Any) -> Any:
    return state * 0.5 + 1


def plain(count: int) -> tuple[list[Any], list[Any]]:
    """The states after the steps, and results that are none."""
    states, results, state = [], [], H
    for _ in range(count):
        results.append(np.sin(state))
        state = step(state)
        states.append(state)
    return states, results


def counted() -> tuple[Any, Any]:
    (results, states), _ = scan(lambda s: (T.sin(s), step(s)), outputs_info=[None, h], n_steps=n)
    return states, results


def conditional() -> tuple[Any, Any]:
    """Ends by its condition: as many steps as n."""
    begins = [None, h, T.constant(0, dtype="int64")]
    (results, states, _), _ = scan(lambda s, i: ((T.sin(s), step(s), i + 1), until(i + 1 >= n)), outputs_info=begins, n_steps=100)
    return states, results


def endless() -> tuple[Any, Any]:
    s, i, last = T.dvector(), T.lscalar(), T.lscalar()
    op = LoopOp([s, i, last], [step(s), i + 1, step(s), T.sin(s), (i + 1 >= last)], LoopLayout([], 2, 1, 2, until=True, unbounded=True))
    op.inner_outputs[2] = op.inner_outputs[0]
    _, _, states, results = op(h, T.constant(0, dtype="int64"), n, return_list=True)
    return states, results


def several_back() -> tuple[Any, Any]:
    """The states are read two steps later."""
    begins = [None, {"initial": T.stack([h * 0, h]), "taps": [-1, -2]}]
    both, _ = scan(lambda s, older: [T.sin(s) + 0 * older, step(s)], outputs_info=begins, n_steps=n)
    return both[1], both[0]


KINDS = {f.__name__: f for f in (counted, conditional, endless, several_back)}
INDICES: dict[str, Callable[[Any], Any]] = {
    "[-1]": lambda x: x[-1], "[-2]": lambda x: x[-2], "[-1:]": lambda x: x[-1:], "[-3:]": lambda x: x[-3:], "[-3:-1]": lambda x: x[-3:-1],
    "[-4::2]": lambda x: x[-4::2], "[:-4:-1]": lambda x: x[:-4:-1], "[-2, 1:]": lambda x: x[-2, 1:], "[-2:, ::-1]": lambda x: x[-2:, ::-1],
}
SETS = [["[-1]"], ["[-1:]"], ["[-2]", "[-3:-1]", "[:-4:-1]", "[-2, 1:]"], ["[-3:]", "[-4::2]", "[-2:, ::-1]"]]


def loops_of(outputs: list[Any]) -> tuple[Graph, list[Any]]:
    graph = Graph(graph_inputs(outputs), outputs)
    optimise(graph, symgraph.Mode("llvm"))
    return graph, [node for node in graph.toposort() if isinstance(node.op, LoopOp)]


def numbers(kind: str) -> range:
    return range(1, 8) if kind in ("conditional", "endless") else range(8)


def judge(call: Any, chosen: list[tuple[int, str]], count: int, what: str) -> None:
    """call gives what is read: of the states (0) or the results (1), with which index."""
    stacks = [np.array(rows).reshape(count, 3) for rows in plain(count)]
    try:
        wanted = [INDICES[name](stacks[which]) for which, name in chosen]
    except IndexError:
        with pytest.raises(IndexError, match="out of bounds for axis 0"):
            call(H, count)
        return
    for value, one in zip(call(H, count), wanted, strict=True):
        assert value.shape == one.shape, f"{what}: {value.shape}, wanted {one.shape}"
        np.testing.assert_allclose(value, one, rtol=1e-14, err_msg=what)


@pytest.mark.parametrize("names", SETS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_as_ever(kind: str, names: list[str]) -> None:
    stacks = KINDS[kind]()
    # The last of the states is there without a stack, and is the initial one where there was no step.
    chosen = [(which, name) for name in names for which in (0, 1) if which or name != "[-1]"]
    outputs = [INDICES[name](stacks[which]) for which, name in chosen]
    graph, (loop,) = loops_of(outputs)
    assert len(loop.op.layout.kept) == loop.op.layout.stacked and None not in loop.op.layout.kept
    for linker in ("llvm", "py", *(["c"] if kind in ("counted", "conditional") and names == SETS[3] else [])):
        f = function([h, n], outputs, mode=symgraph.Mode(linker))
        for count in numbers(kind):
            judge(f, chosen, count, f"{linker}, {count} steps")
    module, layout = codegen.stations.lowered(hand_over([h, n], graph.outputs).program)

    def interpreted(*given: Any) -> list[Any]:
        status, _, found = interpret(module, [*map(np.asarray, given), *layout.constants], layout.results)
        if status:
            failure = layout.failures[status - 1]
            raise {"IndexError": IndexError}[failure.error](failure.message)
        return found

    for count in (1, 3, 4, 7):
        judge(interpreted, chosen, count, f"interpreter, {count} steps")


def kept(*outputs: Any) -> tuple[int | None, ...]:
    _, (loop,) = loops_of(list(outputs))
    return loop.op.layout.kept or (None,) * loop.op.layout.stacked


def test_what_is_kept() -> None:
    _, y = counted()
    assert kept(y[-1]) == (1,) and kept(y[-1], y[-3:]) == (3,) and kept(y[-5:-2, 0]) == (5,)
    assert kept(y[-1] + y.shape[1]) == (1,) and kept(y[-1], y.shape[0]) == (1,)
    for whole in (y, y[0], y[3:], y[:-1], y[::-1], y[-3:5], y[-3::-1], y[T.lscalar()], y[T.constant([-1, -2])], y.sum()):
        assert kept(whole) == (None,)
        assert kept(y[-1], whole) == (None,)
    a, b = counted()
    assert sorted(kept(a[-2:], b), key=str) == [2, None]


def test_places_from_the_front_of_so_many_steps() -> None:
    (y, _), _ = scan(lambda s: (T.sin(s), step(s)), outputs_info=[None, h], n_steps=10)
    rows = np.array(plain(10)[1])
    for index, most in ((9, 1), (7, 3), (slice(7, None), 3), (slice(6, 8), 4), (slice(6, 20), 4), (slice(-3, 9), 3), (slice(8, 3), 2),
                        (slice(7, 10, 2), 3)):
        assert kept(y[index]) == (most,)
        for linker in ("llvm", "py"):
            np.testing.assert_allclose(function([h], y[index], mode=symgraph.Mode(linker))(H), rows[index], rtol=1e-14)
    assert kept(y[-12:]) == kept(y[0]) == kept(y[-10]) == (None,)


def test_derivatives() -> None:
    """The reverse loop reads all rows of the states; of the results three are enough."""
    _, y = counted()
    value, slope = function([h, n], [y[-3:], T.grad(y[-3:].sum(), h)])(H, 6)
    states = [H, *plain(6)[0]]
    np.testing.assert_allclose(value, np.sin(states[3:6]), rtol=1e-14)
    np.testing.assert_allclose(slope, sum(np.cos(states[t]) * 0.5**t for t in (3, 4, 5)), rtol=1e-13)


W = T.dmatrix("W")
TRUNCATED = {
    "over rows": lambda k: scan(lambda x, s: T.tanh(T.dot(s, W) + x), sequences=xs, outputs_info=h, truncate_gradient=k),
    "so many steps": lambda k: scan(lambda s, w: T.tanh(T.dot(s, w)), outputs_info=h, non_sequences=W, n_steps=xs.shape[0], truncate_gradient=k),
    "elementwise": lambda k: scan(lambda x, s: T.tanh(s * W.sum() + x) * s, sequences=xs, outputs_info=h, truncate_gradient=k),
    "until": lambda k: scan(lambda x, s: (T.tanh(T.dot(s, W) + x), until(T.lt(s.sum(), -1e9))), sequences=xs, outputs_info=h, truncate_gradient=k),
}


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_derivatives_keep_the_rows_they_read(name: str) -> None:
    """The last steps alone, from the state that the others end in, have the same derivatives."""
    k = 3
    rows, _ = TRUNCATED[name](k)
    cost = (rows[-1] ** 2).sum()
    outputs = [cost, T.grad(cost, W)]
    _, found = loops_of(outputs)
    forward = next(node for node in found if "gradient" not in str(node.op))
    whole = [row.dtype for row, most in zip(forward.op.inner_outputs[1:], forward.op.layout.kept) if most is None]
    assert k in forward.op.layout.kept and whole == (["bool"] if name == "until" else [])  # as many as steps ran
    f = function([W, xs, h], outputs)
    rows, _ = TRUNCATED[name](-1)
    exact = function([W, xs, h], [rows, T.grad((rows[-1] ** 2).sum(), W)])
    rng = np.random.default_rng(3)
    for count in (1, 2, 3, 4, 9):
        w, x = rng.normal(size=(3, 3)), rng.normal(size=(count, 3))
        states = exact(w, x, H)[0]
        begins = H if count <= k else states[count - k - 1]
        value, slope = f(w, x, H)
        np.testing.assert_allclose(value, (states[-1] ** 2).sum(), rtol=1e-12)
        np.testing.assert_allclose(slope, exact(w, x[max(count - k, 0) :], begins)[1], rtol=1e-10)


def test_loops_within_loops() -> None:
    def outer(row: Any) -> Any:
        (results, _), _ = scan(lambda s: (T.sin(s), step(s)), outputs_info=[None, row], n_steps=n)
        return results[-2:].sum(axis=0), results[-1]

    (sums, lasts), _ = scan(outer, sequences=xs)
    rows = np.array([H, H * 2, H - 1])
    f = function([xs, n], [sums, lasts[-1]])
    for count in (1, 2, 5):
        wanted = []
        for state in rows:
            found = []
            for _ in range(count):
                found.append(np.sin(state))
                state = step(state)
            wanted.append(np.array(found)[-2:].sum(axis=0))
        given = f(rows, count)
        np.testing.assert_allclose(given[0], wanted, rtol=1e-14)
        np.testing.assert_allclose(given[1], found[-1], rtol=1e-14)


def test_rows_whose_size_a_step_tells() -> None:
    i = T.lscalar("i")
    results, _ = scan(lambda s: (T.arange(i * 1)[: T.cast(s, "int64") * 0 + 2] + s, s + 1), outputs_info=[None, T.constant(0.0)], n_steps=n)
    y = results[0]
    f = function([i, n], y[-2:])
    assert f(5, 4).tolist() == [[2, 3], [3, 4]] and f(5, 1).tolist() == [[0, 1]]
    ends, _ = scan(lambda s: ((T.arange(i)[: T.cast(s, "int64") * 0 + 2] + s, s + 1), until(s + 1 >= n)), outputs_info=[None, T.constant(0.0)],
                   n_steps=50)
    f = function([i, n], ends[0][-2:])
    assert f(5, 4).tolist() == [[2, 3], [3, 4]] and f(5, 1).tolist() == [[0, 1]]


def test_very_long_loops_in_little_memory() -> None:
    """All rows would be 2**50 bytes, and no memory for so many is ever asked for."""
    (y, _), _ = scan(lambda s: (s * 0.5, s + 1), outputs_info=[None, h], n_steps=n)
    text = function([h, n], y[-3:]).source("ir")
    assert function([h, n], y[-3:])(H, 10**5)[:, 0].tolist() == [(0.5 + 10**5 - back) * 0.5 for back in (3, 2, 1)]
    assert "rows of" not in text and "MemoryError" not in text
