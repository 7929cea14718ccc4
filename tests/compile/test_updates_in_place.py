"""Updates of a few rows of a shared table are made where the table stands, unless somebody else holds it or reads it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from codegen.loopir.interpret import interpret
from codegen.lower.entry import lower
from codegen.runtime.executable import PlainCallable
from symgraph import shared
from symgraph.compile.handoff import hand_over
from symgraph.compile.native import replaced, used_inputs

ids, more, g, k = T.lvector("ids"), T.lmatrix("more"), T.dmatrix("g"), T.lscalar("k")
GIVEN = {ids: np.array([1, -1, 1]), more: np.array([[0, 5], [5, -2], [1, 0]]), g: np.arange(6.0).reshape(3, 2), k: np.array(4)}
native = pytest.mark.parametrize("linker", ["llvm", "c"])


def tables() -> tuple[Any, Any]:
    return shared(np.arange(12.0).reshape(6, 2), name="a"), shared(-np.arange(10.0).reshape(5, 2), name="b")


def address(x: Any) -> int:
    return x.get_value(borrow=True).ctypes.data


def of_gradient(a: Any, b: Any) -> Any:
    cost = T.sum((a[more].sum(axis=1) * b[ids] - g) ** 2) + T.sum(T.tanh(a[ids]) * g)
    by_a, by_b = symgraph.grad(cost, [a, b])
    return cost, [(a, a - 0.01 * by_a), (b, b - 0.01 * by_b)]


IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "added": lambda a, b: (a.sum(), [(a, T.inc_subtensor(a[ids], -0.5 * g))]),
    "put": lambda a, b: (a[ids], [(a, T.set_subtensor(a[ids[:2]], g[:2]))]),
    "columns": lambda a, b: (None, [(a, T.inc_subtensor(a[:, ids % 2], g[:, 0]))]),
    "elements": lambda a, b: (None, [(a, T.inc_subtensor(a[ids, ids % 2], g[:, 1]))]),
    "where a mask is true": lambda a, b: (None, [(a, T.set_subtensor(a[a[:, 0] > 5], 7.0))]),
    "a row": lambda a, b: (a[k], [(a, T.inc_subtensor(a[k], g[0]))]),
    "a slice": lambda a, b: (None, [(a, T.set_subtensor(a[k - 3 : k], g))]),
    "rows read before": lambda a, b: (a[0, 0], [(a, T.set_subtensor(a[1:], a[:-1]))]),
    "one after another": lambda a, b: (None, [(a, T.inc_subtensor(T.set_subtensor(a[ids], g)[more[:, 0]], g))]),
    "by the gradient": of_gradient,
    "by each other's rows": lambda a, b: (None, [(a, T.inc_subtensor(a[ids], b[ids])), (b, T.inc_subtensor(b[ids], a[ids]))]),
}
COPIED: dict[str, Callable[[Any, Any], Any]] = {
    "given back too": lambda a, b: (new := T.inc_subtensor(a[ids], g), [(a, new)]),
    "read afterwards": lambda a, b: (T.inc_subtensor(a[ids], g)[ids], [(a, T.inc_subtensor(a[ids], g))]),
    "added to itself": lambda a, b: (None, [(a, T.inc_subtensor(a[:], a))]),
    "another's": lambda a, b: (None, [(a, T.inc_subtensor(b[:5], g[0]).repeat(2, axis=0)[:6])]),
}


def run(case: Any, linker: str) -> tuple[Any, list[Any], list[bool], Any]:
    """The output, the new tables, whether each of them is where it was, and the function."""
    a, b = tables()
    out, updates = case(a, b)
    f = symgraph.function(list(GIVEN), [] if out is None else out, updates=updates, mode=symgraph.Mode(linker=linker), on_unused_input="ignore")
    before = [address(x) for x, _ in updates]
    given = f(*GIVEN.values())
    return given, [x.get_value() for x in (a, b)], [address(x) == at for (x, _), at in zip(updates, before)], f


@native
@pytest.mark.parametrize("name", [*IN_PLACE, *COPIED])
def test_values_and_places(name: str, linker: str) -> None:
    given, found, stay, _ = run((IN_PLACE | COPIED)[name], linker)
    wanted, right, _, _ = run((IN_PLACE | COPIED)[name], "py")
    np.testing.assert_allclose(given, wanted, rtol=1e-12)
    for x, y in zip(found, right):
        np.testing.assert_allclose(x, y, rtol=1e-12)
    assert stay == [name in IN_PLACE] * len(stay)


@pytest.mark.parametrize("name", ["added", "columns", "by each other's rows"])
def test_the_judge_of_targets(name: str) -> None:
    _, right, _, f = run(IN_PLACE[name], "py")
    a, b = tables()
    _, updates = IN_PLACE[name](a, b)
    f = symgraph.function(list(GIVEN), [], updates=updates, on_unused_input="ignore")
    inputs = used_inputs(f.signature, f.optimised)
    lowered = lower(hand_over([x for _, _, x in inputs], f.optimised, replaced(f.signature, inputs)).program)
    arrays = [x.get_value() if kind == "shared" else GIVEN[x] for kind, _, x in inputs]
    status, _, results = interpret(lowered.module, [*arrays, *lowered.layout.constants], lowered.layout.results)
    assert status == 0 and lowered.layout.takes
    for result, x in zip(results, right):
        np.testing.assert_allclose(result, x, rtol=1e-12)


@native
@pytest.mark.parametrize("first", [0, 1])
def test_a_call_that_fails_changes_neither_table(linker: str, first: int) -> None:
    a, b = tables()
    pairs = [(a, T.inc_subtensor(a[ids], g)), (b, T.set_subtensor(b[more[:, 0]], g))]
    f = symgraph.function([ids, more, g], [], updates=pairs[first:] + pairs[:first], mode=symgraph.Mode(linker=linker))
    kept = [x.get_value() for x in (a, b)]
    places = [address(x) for x in (a, b)]
    wrong = [([0, 1, 6], [0, 1, 2]), ([0, 1, 2], [0, 1, 5]), ([-7, 1, 2], [0, 1, 5]), ([0, 1, 2], [4, 1, -6]), ([0, 1], [0, 1, 2])]
    for rows, others in wrong:
        with pytest.raises((IndexError, ValueError), match=r"out of bounds|size"):
            f(rows, np.array(others)[:, None], GIVEN[g])
        for x, old, place in zip((a, b), kept, places):
            np.testing.assert_array_equal(x.get_value(), old)
            assert address(x) == place
    f([0, 0, 2], [[0], [1], [2]], GIVEN[g])
    assert a.get_value()[0].tolist() == [2, 5] and b.get_value()[2].tolist() == [4, 5]
    assert [address(x) for x in (a, b)] == places


@native
def test_a_table_that_somebody_holds_is_copied(linker: str) -> None:
    a, _ = tables()
    f = symgraph.function([ids, g], [], updates=[(a, T.inc_subtensor(a[ids], g))], mode=symgraph.Mode(linker=linker))
    held = a.get_value(borrow=True)
    view = held[2:]
    f([3], [[1.0, 1.0]])
    assert held[3].tolist() == [6, 7] and a.get_value()[3].tolist() == [7, 8]
    del held
    old = address(a)
    f([3], [[1.0, 1.0]])
    assert view[1].tolist() == [6, 7] and a.get_value()[3].tolist() == [8, 9] and address(a) == old
    read_only = np.zeros((6, 2))
    read_only.flags.writeable = False
    a.set_value(read_only, borrow=True)
    del read_only
    f([3], [[1.0, 1.0]])
    assert a.get_value()[3].tolist() == [1, 1]
    a.set_value(np.zeros((2, 12))[:, :2], borrow=True)  # a part of another array
    f([1], [[1.0, 1.0]])
    assert a.get_value().tolist() == [[0, 0], [1, 1]]


def test_the_call_through_ctypes() -> None:
    a, _ = tables()
    f = symgraph.function([ids, g], [], updates=[(a, T.inc_subtensor(a[ids], g))])
    cells = [a.container.storage if kind == "shared" else where for kind, where in f.read]
    made: list[Any] = []

    def failed(status: int, values: Any, arrays: Any) -> None:
        made.append(status)
        raise IndexError(status)

    call = f.executable.bind(cells, [], updates=[(0, a.container.storage)], failed=failed, positional=2, into=PlainCallable())
    place, wrong = address(a), np.array([9])
    for row in (3, 3):
        call(np.array([row]), np.ones((1, 2)))
        with pytest.raises(IndexError):
            call(wrong, np.ones((1, 2)))
    assert address(a) == place and a.get_value()[3].tolist() == [8, 9] and a.get_value().sum() == 70
    held = a.get_value(borrow=True)
    call(np.array([3]), np.ones((1, 2)))
    assert held[3].tolist() == [8, 9] and a.get_value()[3].tolist() == [9, 10]


def test_a_warm_start_knows_it(tmp_path: Any) -> None:
    with symgraph.config.change_flags(base_compiledir=str(tmp_path)):
        for _ in range(2):
            _, _, stay, _ = run(IN_PLACE["added"], "llvm")
            assert stay == [True]
