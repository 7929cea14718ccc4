"""scan against loops in numpy, on every linker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, shared, until

ROOT = Path(__file__).parents[2]
on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))
V = np.array([0.5, -1.0, 2.0, 3.0, -0.25])
M = np.arange(12.0).reshape(4, 3) / 7


def check(linker: str, inputs: Any, outputs: Any, values: Any, expected: Any, updates: Any = None, rtol: float = 1e-13) -> None:
    """outputs (a list) of values (a list) are expected (a list of arrays), dtypes and shapes too."""
    f = function(inputs, outputs, updates=updates, mode=symgraph.Mode(linker))
    for got, wanted in zip(f(*values), expected, strict=True):
        wanted = np.asarray(wanted)
        assert got.dtype == wanted.dtype and got.shape == wanted.shape
        assert np.allclose(got, wanted, rtol=rtol, atol=0)


# Sequences ------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_a_sequence_of_scalars_and_of_rows(linker: str) -> None:
    v, m = T.dvector("v"), T.dmatrix("m")
    squares, updates = scan(lambda x: x**2 + 1, sequences=v)
    sums, _ = scan(lambda row: row.sum(), sequences=m)
    twice, _ = scan(lambda row: row * 2, sequences=[m])
    assert not updates
    check(linker, [v, m], [squares, sums, twice], [V, M], [V**2 + 1, M.sum(axis=1), M * 2])


@on_every_linker
def test_several_sequences_run_to_the_shortest(linker: str) -> None:
    v, m, n = T.dvector("v"), T.dmatrix("m"), T.lvector("n")
    r, _ = scan(lambda x, row, k: x * row + k, sequences=[v, m, n])
    for length in (2, 4, 9):
        numbers = np.arange(length)
        steps = min(length, 4)
        check(linker, [v, m, n], [r], [V, M, numbers], [V[:steps, None] * M[:steps] + numbers[:steps, None]])


@on_every_linker
def test_taps_of_a_sequence(linker: str) -> None:
    v = T.dvector("v")
    r, _ = scan(lambda later, earlier, now: later * 100 + earlier * 10 + now, sequences={"input": v, "taps": [1, -1, 0]})
    check(linker, [v], [r], [V], [V[2:] * 100 + V[:-2] * 10 + V[1:-1]])
    ahead, _ = scan(lambda x, w: x - w, sequences=[{"input": v, "taps": [2]}, v])
    check(linker, [v], [ahead], [V], [V[2:] - V[:-2]])


@on_every_linker
def test_backwards(linker: str) -> None:
    v, w = T.dvector("v"), T.dvector("w")
    r, _ = scan(lambda x, y: x * 10 + y, sequences=[v, w], go_backwards=True)
    check(linker, [v, w], [r], [V, V + 1], [V[::-1] * 10 + V[::-1] + 1])
    last, _ = scan(lambda x: x * 1, sequences=v, go_backwards=True, n_steps=2)
    check(linker, [v], [last], [V], [V[::-1][:2]])


@on_every_linker
def test_the_number_of_steps(linker: str) -> None:
    v, n = T.dvector("v"), T.iscalar("n")
    r, _ = scan(lambda x: x * 2, sequences=v, n_steps=n)
    for steps in (0, 1, 3, 5):
        check(linker, [v, n], [r], [V, steps], [V[:steps] * 2])
    one, _ = scan(lambda x: x * 2, sequences=v, n_steps=1)
    check(linker, [v], [one], [V], [V[:1] * 2])  # the leading axis stays
    f = function([v, n], r, mode=symgraph.Mode(linker))
    with pytest.raises(ValueError, match="5 rows.*6 steps"):
        f(V, 6)
    with pytest.raises(ValueError, match="-1"):
        f(V, -1)


@on_every_linker
def test_rows_picked_by_number(linker: str) -> None:
    m, n = T.dmatrix("m"), T.iscalar("n")
    rows, _ = scan(lambda k, m: m[k] * k, sequences=T.arange(n), non_sequences=m)
    elements, _ = scan(lambda k, m: m[k, 0], sequences=T.arange(n), non_sequences=m)
    check(linker, [m, n], [rows, elements], [M, 3], [M[:3] * np.arange(3)[:, None], M[:3, 0]])


# States ---------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_a_state(linker: str) -> None:
    v, start = T.dvector("v"), T.dscalar("start")
    r, _ = scan(lambda x, total: total * 0.5 + x, sequences=v, outputs_info=start)
    expected, total = [], 3.0
    for x in V:
        total = total * 0.5 + x
        expected.append(total)
    check(linker, [v, start], [r, r[-1]], [V, 3.0], [expected, expected[-1]])


@on_every_linker
def test_taps_of_a_state(linker: str) -> None:
    start, n = T.dvector("start"), T.iscalar("n")
    fibonacci, _ = scan(lambda before, last: before + last, outputs_info={"initial": start, "taps": [-2, -1]}, n_steps=n)
    skewed, _ = scan(lambda last, third: last - 2 * third, outputs_info={"initial": start, "taps": [-1, -3]}, n_steps=n)
    a, b = [1.0, 2.0, 4.0], [1.0, 2.0, 4.0]
    for _ in range(6):
        b.append(b[-1] - 2 * b[-3])
    a = a[:2]
    for _ in range(6):
        a.append(a[-2] + a[-1])
    check(linker, [start, n], [fibonacci, skewed], [[1.0, 2.0, 4.0], 6], [a[2:], b[3:]])
    f = function([start, n], skewed, mode=symgraph.Mode(linker))
    with pytest.raises((ValueError, IndexError)):
        f([1.0, 2.0], 3)


@on_every_linker
def test_states_of_several_dtypes(linker: str) -> None:
    n = T.iscalar("n")
    starts = [T.constant(7, dtype="int8"), T.constant([1.0, 2.0], dtype="float32"), T.constant(1 + 2j, dtype="complex128"),
        T.constant(True)]
    r, _ = scan(lambda i, x, z, f: [(i + 1).astype("int8"), (x * 0.5).astype("float32"), z * 1j, ~f], outputs_info=starts, n_steps=n)
    powers = np.array([1j, -1, -1j]) * (1 + 2j)
    check(linker, [n], r, [3], [np.array([8, 9, 10], "int8"), np.array([[0.5, 1], [0.25, 0.5], [0.125, 0.25]], "float32"), powers,
        [False, True, False]],
          rtol=1e-6)


@on_every_linker
def test_a_vector_as_state_is_not_overwritten_while_it_is_read(linker: str) -> None:
    x, n = T.dvector("x"), T.iscalar("n")
    turned, _ = scan(lambda s: T.concatenate([s[1:], s[:1]]) + s[::-1], outputs_info=x, n_steps=n)
    value, rows = V.copy(), []
    for _ in range(4):
        value = np.concatenate([value[1:], value[:1]]) + value[::-1]
        rows.append(value)
    check(linker, [x, n], [turned, turned[-1]], [V, 4], [rows, rows[-1]])
    argument = V.copy()
    function([x, n], turned[-1], mode=symgraph.Mode(linker))(argument, 4)
    assert np.array_equal(argument, V)


@on_every_linker
def test_two_states_change_places(linker: str) -> None:
    a, b, n = T.dvector("a"), T.dvector("b"), T.iscalar("n")
    (first, second), _ = scan(lambda p, q: [q, p + 1], outputs_info=[a, b], n_steps=n)
    p, q, rows = V, V * 2, []
    for _ in range(5):
        p, q = q, p + 1
        rows.append((p, q))
    check(linker, [a, b, n], [first, second, first[-1], second[-1]], [V, V * 2, 5], [[r[0] for r in rows], [r[1] for r in rows], p, q])


@on_every_linker
def test_states_with_outputs_that_are_none(linker: str) -> None:
    v = T.dvector("v")
    (total, doubled, both), _ = scan(lambda x, t: [t + x, x * 2, t * x], sequences=v, outputs_info=[T.constant(0.0, dtype="float64"),
        None, {}])
    sums = np.cumsum(V)
    check(linker, [v], [total, doubled, both], [V], [sums, V * 2, (sums - V) * V])


@on_every_linker
def test_no_steps_at_all(linker: str) -> None:
    v, m, n = T.dvector("v"), T.dmatrix("m"), T.iscalar("n")
    (state, rows), _ = scan(lambda x, s, m: [s + x, m[0] * x], sequences=v, outputs_info=[T.zeros((3,)), None], non_sequences=m, n_steps=n)
    empty, _ = scan(lambda x: x * 2, sequences=v)
    check(linker, [v, m, n], [state, rows, empty], [[], M, 0], [np.empty((0, 3)), np.empty((0, 3)), np.empty(0)])


# What is read from outside --------------------------------------------------------------------------------------------
@on_every_linker
def test_captured_variables(linker: str) -> None:
    v, m, c = T.dvector("v"), T.dmatrix("m"), T.dscalar("c")
    w = shared(np.array([1.0, 2.0, 3.0]), name="w")
    outside = T.exp(c) + 1
    r, _ = scan(lambda row, c: T.dot(row, w) * outside + c + v.sum(), sequences=m, non_sequences=c)
    for _ in range(2):
        check(linker, [v, m, c], [r], [V, M, 0.5], [M @ w.get_value() * (np.exp(0.5) + 1) + 0.5 + V.sum()])
        w.set_value(w.get_value() * 2)


@on_every_linker
def test_updates_of_shared_variables(linker: str) -> None:
    n = T.iscalar("n")
    count, total = shared(3, name="count"), shared(np.zeros(2), name="total")
    seen, updates = scan(lambda: (count * 10, {count: count + 1, total: total + count}), n_steps=n)
    assert set(updates) == {count, total}
    f = function([n], seen, updates=updates, mode=symgraph.Mode(linker))
    assert f(4).tolist() == [30, 40, 50, 60] and count.get_value() == 7 and total.get_value().tolist() == [18.0, 18.0]
    assert f(0).tolist() == [] and count.get_value() == 7
    assert f(1).tolist() == [70] and count.get_value() == 8 and total.get_value().tolist() == [25.0, 25.0]
    plain = function([n], seen, mode=symgraph.Mode(linker))  # without the updates nothing is changed
    assert plain(2).tolist() == [80, 90] and count.get_value() == 8


@on_every_linker
def test_loops_in_loops(linker: str) -> None:
    m, n = T.dmatrix("m"), T.iscalar("n")

    def powers(row: Any, n: Any) -> Any:
        inner, _ = scan(lambda p, row: p * row, outputs_info=T.ones_like(row), non_sequences=row, n_steps=n)
        return inner.sum(axis=0)

    r, _ = scan(powers, sequences=m, non_sequences=n)
    check(linker, [m, n], [r], [M, 4], [sum(M**k for k in range(1, 5))])
    table, _ = scan(lambda a: scan(lambda b, a: a * b, sequences=m[:, 0], non_sequences=a)[0], sequences=m[:, 1])
    check(linker, [m], [table], [M], [np.outer(M[:, 1], M[:, 0])])


@on_every_linker
def test_loops_after_loops(linker: str) -> None:
    v = T.dvector("v")
    first, _ = scan(lambda x, t: t + x, sequences=v, outputs_info=T.constant(0.0, dtype="float64"))
    second, _ = scan(lambda x, t: T.maximum(t, x), sequences=first * 2, outputs_info=T.constant(-np.inf, dtype="float64"))
    check(linker, [v], [second, first[-1] + second[-1]], [V], [np.maximum.accumulate(np.cumsum(V) * 2), V.sum() + np.max(np.cumsum(V)) * 2])


@on_every_linker
def test_matrix_products_in_a_loop(linker: str) -> None:
    m, w, h = T.dmatrix("m"), T.dmatrix("w"), T.dvector("h")
    r, _ = scan(lambda x, h, w: T.tanh(T.dot(h, w) + x), sequences=m, outputs_info=h, non_sequences=w)
    W, state, rows = np.arange(9.0).reshape(3, 3) / 10 - 0.4, np.array([0.1, 0.2, 0.3]), []
    for x in M:
        state = np.tanh(state @ W + x)
        rows.append(state)
    check(linker, [m, w, h], [r], [M, W, [0.1, 0.2, 0.3]], [rows], rtol=1e-12)


# Ends and forms -------------------------------------------------------------------------------------------------------
@on_every_linker
def test_until(linker: str) -> None:
    n, limit = T.iscalar("n"), T.dscalar("limit")
    r, _ = scan(lambda s: (s * 2, until(s * 2 > limit)), outputs_info=T.constant(1.0, dtype="float64"), n_steps=n)
    check(linker, [n, limit], [r, r[-1], r.shape[0]], [20, 10.0], [[2.0, 4.0, 8.0, 16.0], 16.0, 4])
    check(linker, [n, limit], [r], [2, 10.0], [[2.0, 4.0]])


def test_forms_of_results() -> None:
    v = T.dvector("v")
    w = shared(0.0, name="w")
    single, updates = scan(lambda x: x, sequences=v)
    assert isinstance(single, symgraph.Variable) and type(updates) is symgraph.OrderedUpdates
    listed, _ = scan(lambda x: x, sequences=v, return_list=True)
    assert type(listed) is list and len(listed) == 1
    pair, _ = scan(lambda x: [x, x + 1], sequences=v)
    assert type(pair) is list and len(pair) == 2
    nothing, updates = scan(lambda x: {w: w + x}, sequences=v)
    assert nothing is None and list(updates) == [w]
    function([v], [], updates=updates)(V)
    assert w.get_value() == V.sum()
    assert scan(lambda x: ([x], [(w, w + x)]), sequences=v)[1].keys() == {w}


def test_the_dtype_of_a_constant_start_follows_the_step() -> None:
    v = T.dvector("v")
    r, _ = scan(lambda x, t: t + x, sequences=v, outputs_info=T.constant(1.0))  # float32, as every small constant
    assert r.dtype == "float64" and np.allclose(r.eval({v: V}), 1 + np.cumsum(V))


def test_a_state_that_changes_its_size_is_refused() -> None:
    v, n = T.dvector("v"), T.iscalar("n")
    for linker in ("llvm", "c"):
        r, _ = scan(lambda s: s[1:] + 1, outputs_info=v, n_steps=n)
        f = function([v, n], r, mode=symgraph.Mode(linker))
        with pytest.raises(ValueError, match="size"):
            f(V, 2)


def test_the_body_is_optimised_and_shown() -> None:
    v = T.dvector("v")
    r, _ = scan(lambda x: T.log(1 + x) * 1, sequences=v, name="logs")
    text = symgraph.debugprint(function([v], r), file="str")
    assert "log1p" in text and "mul" not in text


def test_what_does_not_change_is_computed_once() -> None:
    calls = []

    @symgraph.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def slow(x: Any) -> Any:
        calls.append(1)
        return x + 1

    v, c = T.dvector("v"), T.dscalar("c")
    r, _ = scan(lambda x, c: x * slow(c), sequences=v, non_sequences=c)
    assert np.array_equal(function([v, c], r)(V, 1.0), V * 2) and len(calls) == 1


PEAK = """
import resource, numpy as np, symgraph, symgraph.tensor as T
A, k = T.dvector("A"), T.iscalar("k")
{program}
f = symgraph.function([A, k], {result})
A = np.ones(1_000_000)
f(A, 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
f(A, {steps})
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
POWERS = "r, _ = symgraph.scan(lambda p, A: p * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)"
PAIR = "s = T.ones_like(A)\n(r, q), _ = symgraph.scan(lambda p, q, A: [p * A, q + p], outputs_info=[s, s], non_sequences=A, n_steps=k)"
RESULT = "(q, r), _ = symgraph.scan(lambda p, A: [p + 1, p * A], outputs_info=[None, T.ones_like(A)], non_sequences=A, n_steps=k)"
TAPS = "r, _ = symgraph.scan(lambda p, q: p + q, outputs_info={'initial': T.stack([A, A]), 'taps': [-2, -1]}, n_steps=k)"
LAST = {
    "the last row": (POWERS, "r[-1]"), "a sum of the last row": (POWERS, "r[-1].sum()"), "the last rows of two": (PAIR, "[r[-1], q[-1]]"),
    "the last of two taps": (TAPS, "r[-1]"), "the last three": (RESULT, "[q[-3:], r[-2:]]"),
}


@pytest.mark.parametrize("linker", ["llvm", "c"])
@pytest.mark.parametrize("name", LAST)
def test_only_what_is_read_is_kept(name: str, linker: str) -> None:
    program, result = LAST[name]
    text = PEAK.format(program=program, result=result, steps=60)  # all rows would be 480 MB
    ran = subprocess.run([sys.executable, "-c", text], env={"PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": f"base_compiledir=,linker={linker}",
                                                            "PATH": "/usr/local/bin:/usr/bin:/bin"}, capture_output=True, text=True,
                                                                timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 60
