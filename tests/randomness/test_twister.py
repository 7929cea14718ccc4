"""numpy's RandomState in native code: the same numbers as numpy's, draw after draw, and the same generator afterwards."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.scan_module import until
from symgraph.tensor import raw_random, shared_randomstreams

P = np.linspace(0.0, 1.0, 21).reshape(3, 7)
# name: the draw by a generator, numpy's draw, whether the whole of it is native
DRAWS: dict[str, tuple[Any, Any, bool]] = {
    "uniform": (lambda r: raw_random.uniform(r, (5, 9)), lambda r: r.uniform(size=(5, 9)), True),
    "uniform between arrays": (lambda r: raw_random.uniform(r, (3, 7), P, 3), lambda r: r.uniform(P, 3, size=(3, 7)), True),
    "uniform below a row": (lambda r: raw_random.uniform(r, (4, 7), -1, P[1]), lambda r: r.uniform(-1, P[1], size=(4, 7)), True),
    "uniform above a column": (lambda r: raw_random.uniform(r, (3, 4), P[:, :1]), lambda r: r.uniform(P[:, :1], size=(3, 4)), True),
    "uniform as float32": (lambda r: raw_random.uniform(r, (), dtype="float32"), lambda r: np.float32(r.uniform()), True),
    "coins": (lambda r: raw_random.binomial(r, (3, 7), 1, P), lambda r: r.binomial(1, P), True),
    "ten trials": (lambda r: raw_random.binomial(r, (2, 3, 7), 10, P), lambda r: r.binomial(10, P, size=(2, 3, 7)), True),
    "60 trials as float32": (lambda r: raw_random.binomial(r, None, 60, P, dtype="float32"), lambda r: r.binomial(60, P).astype("f4"), True),
    "61 trials": (lambda r: raw_random.binomial(r, (3, 7), 61, P), lambda r: r.binomial(61, P), False),
    "an odd number of normal ones": (lambda r: raw_random.normal(r, (3,), 1.0, P[0, :3]), lambda r: r.normal(1.0, P[0, :3]), False),
    "integers": (lambda r: raw_random.random_integers(r, (3,), 0, 9), lambda r: np.array([r.randint(0, 10) for _ in range(3)]), False),
}


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
@pytest.mark.parametrize("name", DRAWS)
def test_numbers_of_numpy(name: str, linker: str) -> None:
    """Often enough that the 624 words are renewed several times; generators begin at an odd place among them."""
    build, by_numpy, native = DRAWS[name]
    state = np.random.RandomState(11)
    state.randint(2**30)
    shared = symgraph.shared(state)
    after, out = build(shared)
    f = symgraph.function([], out, updates={shared: after}, mode=symgraph.Mode(linker))
    for _ in range(60):
        mine, numpys = f(), np.asarray(by_numpy(state))
        assert mine.dtype == out.dtype and mine.shape == numpys.shape and (mine == numpys).all()
    assert raw_random.random_state_type.values_eq(shared.get_value(), state)
    if linker == "c":
        assert ("callback" in f.source("c").split("int64_t entry", 1)[-1]) != native


def test_sizes_of_one_are_broadcast_in_the_call() -> None:
    generator, p, n = raw_random.random_state_type(), T.matrix(), T.lscalar()
    f = symgraph.function([generator, p, n], raw_random.binomial(generator, (n, 5), 1, p)[1])
    for shape, rows in (((1, 5), 4), ((4, 1), 4), ((1, 1), 2), ((4, 5), 4), ((1, 5), 0)):
        chances = np.random.RandomState(1).uniform(size=shape)
        assert (f(np.random.RandomState(2), chances, rows) == np.random.RandomState(2).binomial(1, chances, (rows, 5))).all()


def test_draws_in_a_loop_go_on() -> None:
    stream = shared_randomstreams.RandomStreams(4)

    def step(x: Any) -> Any:
        return stream.binomial((6,), 1, T.clip(0.5 + x, 0.25, 0.75), dtype="float64") / 2 - x

    rows, updates = symgraph.scan(step, outputs_info=T.zeros(6), n_steps=50)
    f = symgraph.function([], rows, updates=updates)
    assert "OnParts" not in symgraph.printing.debugprint(f, file="str")  # else a loop would run step by step in Python
    state, x = np.random.RandomState(np.random.RandomState(4).randint(2**30)), np.zeros(6)
    for number, row in enumerate(np.concatenate([f(), f()])):
        x = np.zeros(6) if number == 50 else x
        x = state.binomial(1, np.clip(0.5 + x, 0.25, 0.75)) / 2 - x
        assert (row == x).all()


REFUSED: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "p above 1": (lambda r, x: raw_random.binomial(r, (2,), 1, x), [0.5, 1.5], ValueError, "p must lie"),
    "p is no number": (lambda r, x: raw_random.binomial(r, (2,), 1, x), [0.5, np.nan], ValueError, "p must lie"),
    "an argument that does not fit": (lambda r, x: raw_random.uniform(r, (2,), x), [1.0, 2.0, 3.0], ValueError, "does not fit|broadcast"),
    "an infinite range": (lambda r, x: raw_random.uniform(r, (2,), -1e308, x), [1.0, 1.7e308], OverflowError, "float64|range"),
    "a negative size": (lambda r, x: raw_random.uniform(r, (x[0].astype("int64"),)), [-1.0], ValueError, "negative"),
}


@pytest.mark.parametrize("linker", ["llvm", "py"])
@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_nothing_has_moved(name: str, linker: str) -> None:
    build, value, error, says = REFUSED[name]
    shared, x = symgraph.shared(np.random.RandomState(3)), T.dvector("x")
    after, out = build(shared, x)
    f = symgraph.function([x], out, updates={shared: after}, mode=symgraph.Mode(linker))
    with pytest.raises(error, match=says):
        f(value)
    assert raw_random.random_state_type.values_eq(shared.get_value(), np.random.RandomState(3))


def test_who_looks_at_a_generator_sees_it_and_may_move_it() -> None:
    """Functions leave the parts of a generator and no generator; values, copies and pickles are those of the last call."""
    stream = shared_randomstreams.RandomStreams(7)
    x = stream.uniform((3,))
    f, same = symgraph.function([], x), symgraph.function([], x, no_default_updates=True)
    state = np.random.RandomState(np.random.RandomState(7).randint(2**30))
    for _ in range(3):
        assert (same() == copy.deepcopy(state).uniform(size=3)).all()
        assert (f() == state.uniform(size=3)).all()
    moved = x.rng.get_value(borrow=True)
    assert (moved.uniform(size=5) == state.uniform(size=5)).all() and (f() == state.uniform(size=3)).all()
    for twin in (pickle.loads(pickle.dumps(x.rng)), copy.deepcopy(x.rng)):
        assert raw_random.random_state_type.values_eq(twin.get_value(), state)
    assert (f() == state.uniform(size=3)).all()
    x.rng.set_value(np.random.RandomState(1))
    assert (f() == np.random.RandomState(1).uniform(size=3)).all()


def _until(stream: Any, w: Any) -> Any:
    rows, updates = symgraph.scan(
        lambda x: ([x + stream.uniform((2,)) + w * stream.normal((2,))], until((x + w).sum() > 3.0)), outputs_info=T.zeros(2), n_steps=40)
    return rows, updates


def _nested(stream: Any, w: Any) -> Any:
    def outer(h: Any) -> Any:
        rows, updates = symgraph.scan(lambda k: k * w + stream.binomial((3,), 1, 0.3, dtype="float64"), outputs_info=h, n_steps=4)
        return rows[-1], updates

    return symgraph.scan(outer, outputs_info=T.ones(3), n_steps=3)


def _derivative(stream: Any, w: Any) -> Any:
    rows, updates = symgraph.scan(lambda h: T.tanh(w * h + stream.uniform((3,))), outputs_info=T.ones(3), n_steps=6)
    return symgraph.grad(rows[-1].sum(), w), updates


@pytest.mark.parametrize("build", [_until, _nested, _derivative])
def test_loops_of_every_kind_agree_on_every_linker(build: Any) -> None:
    found = []
    for linker in ("llvm", "c", "py"):
        w = T.dscalar("w")
        out, updates = build(shared_randomstreams.RandomStreams(3), w)
        f = symgraph.function([w], out, updates=updates, mode=symgraph.Mode(linker))
        found.append([f(0.25), f(0.25)])
        assert np.shape(found[0][0]) != np.shape(found[0][1]) or (found[0][0] != found[0][1]).any()
    for others in found[1:]:
        for mine, judge in zip(others, found[0]):
            np.testing.assert_allclose(mine, judge, rtol=1e-13)
