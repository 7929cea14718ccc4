"""fold, fori, while_, iterate, cond and switch_case: programs against the same functions on numbers, derivatives, what is refused."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import loops
from symgraph.expr.walk import toposort
from symgraph.loops.loopop import LoopOp
from symgraph.loops.trees import flatten

Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Body:
    """A state with names."""

    place: Any
    velocity: Any


def fold_of_numbers(step, state, xs):
    results = []
    for x in xs:
        state, result = step(state, x)
        results.append(result)
    return state, results


def listed(x):
    return [np.asarray(v) for v in (flatten(x, numbers=True)[0] if not isinstance(x, np.ndarray) else [x])]


def leaves(x):
    found, _ = flatten(x, numbers=True)
    return [v if isinstance(v, symgraph.Variable) else T.constant(v) for v in found]


def plain(x):
    """The leaves of what numbers gave."""
    if x is None:
        return []
    if isinstance(x, dict):
        return [v for part in x.values() for v in plain(part)]
    if dataclasses.is_dataclass(x):
        return [v for field in dataclasses.fields(x) for v in plain(getattr(x, field.name))]
    if isinstance(x, (tuple, list)):
        return [v for part in x for v in plain(part)]
    return [np.asarray(x)]


# name: (step, state, rows): the state of Python numbers and arrays, xs one array
FOLDS = {
    "a number": (lambda s, x: (s * 0.5 + x, s), 0.0, np.arange(4.0)),
    "a tuple": (lambda s, x: ((s[1], s[0] + x), s[0] * s[1]), (1.0, 2.0), np.arange(4.0)),
    "a list in a dictionary": (lambda s, x: ({"a": [s["a"][1], s["a"][0] + x], "n": s["n"] + 1}, {"twice": s["n"] * 2}),
                               {"a": [0.0, 1.0], "n": 0}, np.arange(3.0)),
    "a named tuple": (lambda s, x: (Point(s.x + s.y, s.y * x), (s.x, Point(s.y, x))), Point(1.0, 2.0), np.arange(1.0, 4.0)),
    "a dataclass": (lambda s, x: (Body(s.place + 0.1 * s.velocity, s.velocity - x * s.place), s.place.sum()),
                    Body(np.ones(2), np.zeros(2)), np.arange(3.0)),
    "rows of vectors": (lambda s, x: (s + x, (s * x).sum()), np.zeros(3), np.arange(12.0).reshape(4, 3)),
    "nothing to give": (lambda s, x: (s * x, None), 1.0, np.arange(1.0, 5.0)),
    "no state": (lambda s, x: (None, x * x), None, np.arange(4.0)),
    "no rows": (lambda s, x: (s + x, s), 3.0, np.zeros(0)),
    "an integer that becomes a float": (lambda s, x: (s + x, None), 0, np.arange(0.5, 3.0)),
    "past what int8 holds": (lambda s, x: (s + 100, None), 0, np.arange(5.0)),
}


@pytest.mark.parametrize("linker", ["py", "llvm"])
@pytest.mark.parametrize("name", FOLDS)
def test_fold(name, linker):
    step, state, rows = FOLDS[name]
    xs = T.TensorType("float64", (False,) * rows.ndim)("xs")
    final, stacked = loops.fold(step, state, xs)
    assert flatten(final)[1] == flatten(state)[1]
    outputs = [*leaves(final), *leaves(stacked)]
    got = symgraph.function([xs], outputs, mode=symgraph.Mode(linker))(rows)
    last, results = fold_of_numbers(step, state, rows)
    wanted = plain(last) + [np.array(column) for column in zip(*map(plain, results))]
    for k, (g, x) in enumerate(zip(got, outputs)):
        assert g.dtype == x.dtype
        if k < len(wanted):
            np.testing.assert_allclose(g, wanted[k])
    if not len(rows):
        assert got[-1].shape == (0,)


def test_forms_of_fold():
    xs, ys, n = T.dvector("xs"), T.dmatrix("ys"), T.lscalar("n")
    state, _ = loops.fold(lambda s, x: (s * 2 + x["a"] + x["b"].sum(), None), 0.0, {"a": xs, "b": ys})
    np.testing.assert_allclose(state.eval({xs: [1.0, 2.0, 9.0], ys: np.ones((2, 3))}), (1 + 3) * 2 + 2 + 3)  # to the end of the shortest
    back, results = loops.fold(lambda s, x: (s * 2 + x, s), 0.0, xs, go_backwards=True)
    np.testing.assert_allclose(back.eval({xs: [1.0, 2.0, 3.0]}), (3 * 2 + 2) * 2 + 1)
    np.testing.assert_allclose(results.eval({xs: [1.0, 2.0, 3.0]}), [0, 3, 8])
    alone, powers = loops.fold(lambda s: (s * 2, s), 1, n_steps=n)
    f = symgraph.function([n], [alone, powers])
    assert f(4)[0] == 16 and list(f(4)[1]) == [1, 2, 4, 8]
    assert f(0)[0] == 1 and f(0)[1].shape == (0,)
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        f(-1)


def test_fori_and_iterate():
    a, b, x = T.lscalar("a"), T.lscalar("b"), T.dscalar("x")
    f = symgraph.function([a, b, x], loops.fori(a, b, lambda i, s: s * x + i, 0.0))

    def wanted(a, b, x):
        s = 0.0
        for i in range(a, b):
            s = s * x + i
        return s

    for given in ((0, 4, 2.0), (3, 6, 0.5), (-2, 1, 3.0), (4, 4, 1.0), (5, 2, 1.0)):
        np.testing.assert_allclose(f(*given), wanted(*given))
    assert loops.fori(0, 3, lambda i, s: {"k": s["k"] + i}, {"k": 0})["k"].eval() == 3
    n = T.lscalar("n")
    assert loops.iterate(lambda p: Point(p.y, p.x + p.y), Point(0, 1), n).x.eval({n: 90}) == 2880067194370816120
    np.testing.assert_allclose(symgraph.grad(loops.iterate(lambda x: x * x, x, 3), x).eval({x: 1.1}), 8 * 1.1**7)


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
def test_while(linker):
    x, bound = T.dscalar("x"), T.dscalar("bound")
    final = loops.while_(lambda s: s["x"] < bound, lambda s: {"x": s["x"] * 2, "n": s["n"] + 1}, {"x": x, "n": 0})
    f = symgraph.function([x, bound], [final["x"], final["n"]], mode=symgraph.Mode(linker))
    assert f(1.0, 100.0) == [128.0, 7]
    assert f(5.0, 1.0) == [5.0, 0]  # not a single step
    bounded = loops.while_(lambda s: s < bound, lambda s: s + x, 0.0, max_steps=5)
    assert symgraph.function([x, bound], bounded, mode=symgraph.Mode(linker))(1.0, 1e9) == 5.0


def test_derivatives_of_a_loop_of_unknown_length():
    x = T.dscalar("x")
    y = loops.while_(lambda s: s < 100, lambda s: s * s + x, x)
    first = symgraph.grad(y, x)
    f = symgraph.function([x], [y, first, symgraph.grad(first, x), symgraph.Rop(y, x, T.constant(1.0))])
    for at in (2.0, 5.0, 200.0):
        value, slope, bend, forward = f(at)
        step = 1e-5
        np.testing.assert_allclose(slope, (f(at + step)[0] - f(at - step)[0]) / (2 * step), rtol=1e-6)
        np.testing.assert_allclose(bend, (f(at + step)[1] - f(at - step)[1]) / (2 * step), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(forward, slope)


def test_gradients_through_nestings():
    xs, w = T.dvector("xs"), T.dscalar("w")
    state, results = loops.fold(lambda s, x: (Body(s.place + w * s.velocity, T.tanh(s.velocity * w - x)), s.place), Body(1.0, 0.5), xs)
    cost = state.place**2 + results.sum()
    f = symgraph.function([xs, w], [cost, *symgraph.grad(cost, [w, xs])])
    at = np.array([0.1, -0.4, 0.3])
    _, by_w, by_x = f(at, 0.7)
    step = 1e-6
    np.testing.assert_allclose(by_w, (f(at, 0.7 + step)[0] - f(at, 0.7 - step)[0]) / (2 * step), rtol=1e-6)
    np.testing.assert_allclose(by_x, [(f(at + step * e, 0.7)[0] - f(at - step * e, 0.7)[0]) / (2 * step) for e in np.eye(3)], atol=1e-8)


def test_checkpoints_pass_through():
    x, n = T.dscalar("x"), T.lscalar("n")
    slopes = [symgraph.function([x, n], symgraph.grad(loops.iterate(T.sin, x, n, checkpoint=option), x)) for option in (None, 3, "sqrt")]
    found = [f(0.7, 20) for f in slopes]
    np.testing.assert_allclose(found, found[0])


def test_names_of_states_are_in_print_outs_and_errors():
    v, xs = T.dvector("v"), T.dmatrix("xs")
    state, _ = loops.fold(lambda s, x: (Body(s.place + x, s.velocity * 2), None), Body(v, 0.0), xs, name="flight")
    text = symgraph.debugprint([state.place, state.velocity], file="str")
    for word in ("state.place", "state.velocity", "flight"):
        assert word in text
    f = symgraph.function([v, xs], state.place)
    with pytest.raises(ValueError):
        f(np.zeros(2), np.zeros((2, 3)))


def test_streams_go_on_from_step_to_step():
    seed = symgraph.shared(np.int64(1), "seed")
    seed.default_update = (seed * 5 + 1) % 17

    def draw(s, x):
        return s, seed * 1

    _, drawn = loops.fold(draw, 0, T.arange(4))
    f = symgraph.function([], drawn)
    assert list(f()) == [1, 6, 14, 3]
    assert seed.get_value() == 16
    assert f()[0] == 16


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_cond_and_switch_case(linker):
    x, k = T.dscalar("x"), T.lscalar("k")
    mode = symgraph.Mode(linker)
    y = loops.cond(x > 0, lambda x: {"a": (T.log(x), 1), "b": [x]}, lambda x: {"a": (x, 2.5), "b": [x * 0]}, x)
    f = symgraph.function([x], [y["a"][0], y["a"][1], y["b"][0]], mode=mode)
    np.testing.assert_allclose(f(np.e), [1, 1, np.e])
    np.testing.assert_allclose(f(-2.0), [-2, 2.5, 0])
    assert loops.cond(True, lambda: "any", lambda: 1 / 0) == "any"  # Python's own
    functions = [lambda x: x, lambda x: 2 * x, T.sqr, lambda x: 0, T.exp]
    f = symgraph.function([k, x], loops.switch_case(k, functions, x), mode=mode)
    np.testing.assert_allclose([f(i, 3.0) for i in range(5)], [3, 6, 9, 0, np.exp(3.0)])
    for outside in (-1, 5):
        with pytest.raises(IndexError, match="out of range for 5 branches"):
            f(outside, 3.0)
    g = symgraph.function([k, x], symgraph.grad(loops.switch_case(k, functions, x), x), mode=mode)
    np.testing.assert_allclose([g(i, 3.0) for i in range(5)], [1, 2, 6, 0, np.exp(3.0)])


def test_one_loop_is_made():
    xs = T.dvector("xs")
    state, results = loops.fold(lambda s, x: ((s[0] + x, s[1] * x), s[0]), (0.0, 1.0), xs)
    made = [node for node in toposort([*state, results]) if isinstance(node.op, LoopOp)]
    assert len(made) == 1


X, V, N = T.dscalar("x"), T.dvector("v"), T.lscalar("n")
BAD = {
    "another structure": (lambda: loops.fold(lambda s, x: ((s, s), None), X, V), TypeError,
                          r"another structure[\s\S]*it began as[\s\S]*a step gives"),
    "another key": (lambda: loops.iterate(lambda s: {"b": s["a"]}, {"a": X}, 3), TypeError, r"\['a'\] +TensorType.* nothing"),
    "another dtype": (lambda: loops.fold(lambda s, x: ({"h": s["h"] * 1.5j}, None), {"h": X}, V), TypeError, r"the dtype of state\['h'\] changes"),
    "other dimensions": (lambda: loops.iterate(lambda s: s[None], X, 3), ValueError, "the number of dimensions of state changes"),
    "another size": (lambda: loops.iterate(lambda s: T.concatenate([s, s]), T.zeros(2), 3), ValueError, "the size of state changes"),
    "a size of one that grows": (lambda: loops.iterate(lambda s: s + V, T.zeros(1), 3), ValueError, "unbroadcast"),
    "no pair": (lambda: loops.fold(lambda s, x: s + x, 0.0, V), TypeError, "must return a pair"),
    "nothing": (lambda: loops.iterate(lambda s: None, X, 3), TypeError, "another structure"),
    "what is no variable": (lambda: loops.iterate(lambda s: "text", X, 3), TypeError, "'text'"),
    "a state that is no variable": (lambda: loops.iterate(lambda s: s, object(), 3), TypeError, "neither a variable"),
    "an empty state": (lambda: loops.iterate(lambda s: s, (), 3), TypeError, "holds nothing"),
    "no number of steps": (lambda: loops.fold(lambda s: (s, None), X), ValueError, "needs n_steps"),
    "a float number of steps": (lambda: loops.iterate(lambda s: s, X, 2.5), TypeError, "integer scalar, got 2.5"),
    "a vector of steps": (lambda: loops.iterate(lambda s: s, X, V), TypeError, "integer scalar"),
    "negative steps": (lambda: loops.iterate(lambda s: s, X, -1), ValueError, "must not be negative, got -1"),
    "more steps than rows": (lambda: loops.fold(lambda s, x: (s, None), X, T.zeros(2), n_steps=3), ValueError, "3, but xs have 2 rows"),
    "rows of a scalar": (lambda: loops.fold(lambda s, x: (s, None), X, {"a": X}), TypeError, r"xs\['a'\] must have a dimension"),
    "a step of two arguments": (lambda: loops.iterate(lambda a, b: a, X, 3), TypeError, "argument"),
    "a step that is no function": (lambda: loops.iterate(3, X, 3), TypeError, "must be a function, got 3"),
    "bounds that are no integers": (lambda: loops.fori(0, 2.5, lambda i, s: s, X), TypeError, "upper must be an integer"),
    "a condition with dimensions": (lambda: loops.while_(lambda s: s > 0, lambda s: s, V), TypeError, "condition has to be a scalar"),
    "an unknown option": (lambda: loops.iterate(T.sin, X, 3, checkpoints=3), TypeError, "has no option 'checkpoints'"),
    "cond: structures": (lambda: loops.cond(X > 0, lambda: (X, X), lambda: X), TypeError, r"different structures[\s\S]*if true[\s\S]*if false"),
    "cond: types": (lambda: loops.cond(X > 0, lambda: {"a": X}, lambda: {"a": V}), TypeError, r"different types at \['a'\]"),
    "cond: a predicate with dimensions": (lambda: loops.cond(V > 0, lambda: X, lambda: X), TypeError, "scalar"),
    "switch_case: none": (lambda: loops.switch_case(N, []), ValueError, "at least one"),
    "switch_case: a float": (lambda: loops.switch_case(X, [lambda: X]), TypeError, "integer scalar"),
    "switch_case: outside": (lambda: loops.switch_case(2, [lambda: X]), IndexError, "index 2 is out of range for 1"),
    "switch_case: types": (lambda: loops.switch_case(N, [lambda: X, lambda: X, lambda: V]), TypeError, "different types"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    build, error, says = BAD[case]
    with pytest.raises(error, match=says):
        build()


def test_errors_name_the_line_of_the_step():
    def step(s):  # the line of the step
        return s[None]

    with pytest.raises(ValueError, match="the line of the step"):
        loops.iterate(step, X, 3)
