"""ifelse: only what is taken is computed, on every linker and in derivatives; what passes know of branches; what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.walk import toposort
from symgraph.ifelse import IfElse, ifelse
from symgraph.ops.python import as_op

CALLED: list[str] = []


def _noted(name: str, factor: float) -> Any:
    """x * factor, noting each time it is computed; so is its gradient."""

    @as_op([T.dvector], [T.dvector])
    def back(g: Any) -> Any:
        CALLED.append(f"{name} back")
        return g * factor

    @as_op([T.dvector], [T.dvector], grad=lambda inputs, output_grads: [back(output_grads[0])])
    def op(x: Any) -> Any:
        CALLED.append(name)
        return x * factor

    return op


FIRST, SECOND, THIRD = _noted("first", 2.0), _noted("second", 3.0), _noted("third", 5.0)


def calls(f: Any, *arguments: Any) -> tuple[Any, list[str]]:
    CALLED.clear()
    return f(*arguments), sorted(CALLED)


def branches_of(f: Any) -> list[Any]:
    return [node for node in toposort(f.optimised) if isinstance(node.op, IfElse)]


MODES = [symgraph.Mode(linker, optimizer) for linker in ("py", "llvm", "c") for optimizer in ("fast_run", "fast_compile", None)]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: f"{mode.linker}-{mode.optimizer}")
def test_only_the_side_taken_is_computed(mode):
    x, c = T.dvector("x"), T.iscalar("c")
    shared_by_both = THIRD(x)
    y = ifelse(c, FIRST(shared_by_both + 1), ifelse(x.sum() > 2, SECOND(shared_by_both)[:1], x[1:]))
    f = symgraph.function([c, x], y, mode=mode)
    for condition, given, wanted, called in (
        (7, [1.0, 2.0], [12.0, 22.0], ["first", "third"]),
        (0, [1.0, 2.0], [15.0], ["second", "third"]),
        (0, [1.0, 1.0], [1.0], ["third"]),
    ):
        got, names = calls(f, condition, given)
        np.testing.assert_array_equal(got, wanted)
        assert names == called


def test_what_stands_outside_too_is_computed_once():
    x, c = T.dvector("x"), T.bscalar("c")
    both = FIRST(x)
    f = symgraph.function([c, x], [ifelse(c, both * 2, x), both])
    assert calls(f, 1, [1.0])[1] == ["first"]
    assert calls(f, 0, [1.0])[1] == ["first"]
    y = ifelse(c, T.exp(FIRST(x)), x)
    f = symgraph.function([c, x], [y, ifelse(c, T.exp(FIRST(x)) * 2, x)])  # written twice, on one condition
    assert calls(f, 1, [0.0])[1] == ["first"]
    assert len(branches_of(f)) == 1


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_gradients_are_lazy_too(linker):
    x, c = T.dvector("x"), T.bscalar("c")
    cost = ifelse(c, FIRST(x).sum(), SECOND(x * x).sum())
    f = symgraph.function([c, x], symgraph.grad(cost, x), mode=symgraph.Mode(linker, "fast_run"))
    for condition, wanted, called in ((1, [2.0, 2.0], "first"), (0, [6.0, 12.0], "second")):
        got, names = calls(f, condition, [1.0, 2.0])
        np.testing.assert_array_equal(got, wanted)
        assert set(names) == {called, f"{called} back"}  # the value itself for its sizes, which a Python op does not tell


def test_the_side_not_taken_cannot_spoil_a_gradient():
    x = T.dvector("x")
    y = ifelse(x.sum() > 0, T.log(x).sum(), (x**2).sum())  # where has nan here: log of what is below 0, times 0
    got = symgraph.grad(y, x).eval({x: [-1.0, 0.0]})
    np.testing.assert_array_equal(got, [-2.0, 0.0])
    second = symgraph.grad(symgraph.grad(y, x).sum(), x)
    np.testing.assert_array_equal(second.eval({x: [-1.0, 0.0]}), [2.0, 2.0])
    np.testing.assert_allclose(second.eval({x: [1.0, 2.0]}), [-1.0, -0.25])


def test_gradients_by_what_is_inside():
    x, c = T.dscalar("x"), T.bscalar("c")
    h = T.sin(x)
    y = ifelse(c, h * h, x)
    gh, gx, gc = symgraph.grad(y, [h, x, c])
    f = symgraph.function([c, x], [gh, gx, gc])
    np.testing.assert_allclose(f(1, 0.5), [2 * np.sin(0.5), 2 * np.sin(0.5) * np.cos(0.5), 0.0])
    np.testing.assert_allclose(f(0, 0.5), [0.0, 1.0, 0.0])
    blocked = symgraph.grad(y, x, consider_constant=[h], disconnected_inputs="ignore")
    assert blocked.eval({c: 1, x: 0.5}) == 0.0
    unused = T.dscalar("unused")
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(y, unused)


def test_the_derivative_speaks_of_the_value_as_it_was_written():
    """The branch of the value is not computed again for the gradient of something that reads it."""
    x, c = T.dvector("x"), T.bscalar("c")
    y = ifelse(c, FIRST(x), x)
    f = symgraph.function([c, x], [y, symgraph.grad((y**2).sum(), x)])
    got, names = calls(f, 1, [3.0])
    np.testing.assert_array_equal(got[1], [24.0])
    assert names == ["first", "first back"]


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
def test_what_the_value_has_computed_is_kept_for_its_derivative(linker):
    x, c, m = T.dvector("x"), T.bscalar("c"), T.dmatrix("m")
    y = ifelse(c, T.exp(FIRST(x)), SECOND(T.dot(m, x))[1:] ** 2)
    f = symgraph.function([c, x, m], [y, symgraph.grad((y**2).sum(), x)], mode=symgraph.Mode(linker, "fast_run"))
    plain = symgraph.function([c, x, m], symgraph.grad((y**2).sum(), x), mode=symgraph.Mode("py", None))
    arrays = np.array([0.3, -0.2]), np.array([[1.0, 2.0], [3.0, 4.0]])
    for condition, called in ((1, ["first", "first back"]), (0, ["second", "second back"])):
        got, names = calls(f, condition, *arrays)
        assert names == called
        np.testing.assert_allclose(got[1], plain(condition, *arrays))


def test_derivatives_of_three_orders_and_forward():
    x, c = T.dscalar("x"), T.bscalar("c")
    y = ifelse(c, T.sin(x), x**3)
    found = [y]
    for _ in range(3):
        found.append(symgraph.grad(found[-1], x))
    f = symgraph.function([c, x], [*found, symgraph.Rop(y, x, T.constant(2.0)), symgraph.Rop(found[1], x, T.constant(1.0))])
    np.testing.assert_allclose(f(1, 0.3), [np.sin(0.3), np.cos(0.3), -np.sin(0.3), -np.cos(0.3), 2 * np.cos(0.3), -np.sin(0.3)])
    np.testing.assert_allclose(f(0, 2.0), [8, 12, 12, 6, 24, 12])


def test_forms_of_branches():
    c, x = T.bscalar("c"), T.dscalar("x")
    one, two, three = ifelse(c, x, 2 * x), ifelse(c, [x, x * 2], [x, x]), ifelse(c, (x, 1.0), (x, x))
    assert isinstance(one.owner.op, IfElse)
    assert type(two) is list and type(three) is tuple
    f = symgraph.function([c, x], [one, *two, *three])
    assert f(1, 5.0) == [5.0, 5.0, 10.0, 5.0, 1.0]
    assert f(0, 5.0) == [10.0, 5.0, 5.0, 5.0, 5.0]
    assert ifelse(c, T.fscalar(), 1).dtype == ifelse(c, 0.5, T.fscalar()).dtype == "float32"
    assert ifelse(T.constant(0), x, x + 1, name="choice").owner.op.name == "choice"
    np.testing.assert_array_equal(ifelse(T.constant(np.nan), T.constant(1), 2).eval(), 1)  # not zero, as in Python
    sizes = ifelse(c, T.dmatrix().specify_shape((3, 4)), T.dmatrix().specify_shape((3, 5))).type.shape
    assert sizes == (3, None)


BAD = {
    "dimensions": (lambda x, v, c: ifelse(v, x, x), TypeError, "scalar"),
    "complex bits": (lambda x, v, c: ifelse(c, x, v), TypeError, "identical types"),
    "dtypes": (lambda x, v, c: ifelse(c, x, x.astype("float32")), TypeError, "float64.*float32"),
    "a number that does not fit": (lambda x, v, c: ifelse(c, T.iscalar(), 0.5), TypeError, "identical types"),
    "lengths": (lambda x, v, c: ifelse(c, [x, x], [x]), ValueError, "then has 2, else has 1"),
    "a list and a variable of another form": (lambda x, v, c: ifelse(c, [x, x], x), ValueError, "then has 2, else has 1"),
    "a condition that is no number": (lambda x, v, c: ifelse("yes", x, x), TypeError, "condition"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    build, error, says = BAD[case]
    with pytest.raises(error, match=says):
        build(T.dscalar("x"), T.dvector("v"), T.bscalar("c"))


def test_a_failure_inside_names_the_line_and_changes_nothing():
    c, v = T.bscalar("c"), T.dvector("v")
    state = symgraph.shared(np.zeros(2), "state")
    y = ifelse(c, v + T.constant([1.0, 2.0]), v)  # the line of the error
    f = symgraph.function([c, v], y, updates={state: state + y.sum()})
    f(0, [1.0, 2.0, 3.0])
    before = state.get_value()
    for linker in ("py", "llvm"):
        f = symgraph.function([c, v], y, updates={state: state + y.sum()}, mode=symgraph.Mode(linker))
        with pytest.raises(ValueError) as caught:
            f(1, [1.0, 2.0, 3.0])
        assert "the line of the error" in str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
        np.testing.assert_array_equal(state.get_value(), before)


def test_in_loops_and_graphs():
    c, x = T.bscalar("c"), T.dvector("x")
    op = symgraph.OpFromGraph([c, x], [ifelse(c, FIRST(x), SECOND(x))])
    f = symgraph.function([c, x], op(c, x + 1))
    assert calls(f, 1, [0.0])[1] == ["first"]
    assert calls(f, 0, [0.0])[1] == ["second"]
    steps, _ = symgraph.scan(lambda r, s: ifelse(T.gt(r, 0), FIRST(s) + r, s), sequences=x, outputs_info=T.zeros((2,)))
    f = symgraph.function([x], steps[-1])
    got, names = calls(f, [1.0, -1.0, 2.0])
    np.testing.assert_array_equal(got, [4.0, 4.0])
    assert names == ["first", "first"]
    loops, _ = symgraph.scan(lambda s: s * 2, outputs_info=x, n_steps=3)
    f = symgraph.function([c, x], ifelse(c, loops[-1], FIRST(x)))
    got, names = calls(f, 1, [1.0])
    assert (list(got), names) == ([8.0], [])


def test_stacks_of_examples():
    c, x = T.bscalar("c"), T.dvector("x")
    cs, xs = T.bvector("cs"), T.dmatrix("xs")
    y = ifelse(c, FIRST(x), x + 1)
    values = np.arange(6.0).reshape(3, 2)
    with pytest.warns(symgraph.errors.VectorizeWarning):  # of the Python op
        lazy = symgraph.function([c, xs], symgraph.vectorize_graph(y, {x: xs}))
        chosen = symgraph.function([cs, xs], symgraph.vectorize_graph(y, {x: xs, c: cs}))
        apart = symgraph.function([cs, x], symgraph.vectorize_graph(y, {c: cs}))
    got, names = calls(lazy, 0, values)
    np.testing.assert_array_equal(got, values + 1)
    assert names == []
    np.testing.assert_array_equal(lazy(1, values), values * 2)
    np.testing.assert_array_equal(chosen([1, 0, 1], values), np.where([[1], [0], [1]], values * 2, values + 1))
    np.testing.assert_array_equal(apart([1, 0], values[1]), [values[1] * 2, values[1] + 1])


def test_what_is_known_of_conditions():
    x, c = T.dvector("x"), T.bscalar("c")
    assert not branches_of(symgraph.function([x], ifelse(T.constant(1), x + 1, x)))
    again = ifelse(c, ifelse(c, x + 1, x + 2), ifelse(c, x + 3, x + 4))
    f = symgraph.function([c, x], again)
    (node,) = branches_of(f)
    assert not [inner for inner in toposort(node.op.inner_outputs) if isinstance(inner.op, IfElse)]
    np.testing.assert_array_equal([f(1, [0.0]), f(0, [0.0])], [[1.0], [4.0]])
    same = symgraph.function([c, x], ifelse(c, [x * 2, x], [x * 2 + 0, x + 1]))
    assert len(branches_of(same)[0].outputs) == 1  # the first is the same on both sides
    assert not branches_of(symgraph.function([c, x], ifelse(c, x * 2, x * 3).shape))


def test_print_out_and_pickle():
    x, c = T.dvector("x"), T.bscalar("c")
    y = ifelse(c, T.exp(x), x[:1], name="growth")
    f = symgraph.function([c, x], y)
    text = symgraph.debugprint(f, file="str")
    assert "if{growth}" in text
    assert text.index(" then") < text.index("exp") < text.index(" else") < text.index("Subtensor")
    again = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(again(0, [3.0, 4.0]), [3.0])
    assert len(pickle.loads(pickle.dumps(y)).owner.op.inner_inputs) == 2


def test_many_branches():
    """Chains that go into each other, and many beside each other, within Python's recursion limit."""
    x = T.dscalar("x")
    y = x * 0
    for k in range(400):
        y = ifelse(x > k, y + k, T.sin(y))
    got, wanted = symgraph.function([x], y, mode=symgraph.Mode("py", "fast_compile"))(30.5), 0.0
    for k in range(400):
        wanted = wanted + k if 30.5 > k else np.sin(wanted)
    np.testing.assert_allclose(got, wanted)
    beside = sum(ifelse(x > k, T.exp(x / (k + 1)), x) for k in range(40))
    slope = symgraph.function([x], symgraph.grad(beside, x))
    np.testing.assert_allclose(slope(9.5), sum(np.exp(9.5 / (k + 1)) / (k + 1) if 9.5 > k else 1.0 for k in range(40)))


def test_gradients_through_a_branch_in_a_loop():
    x, w = T.dvector("x"), T.dscalar("w")
    states, _ = symgraph.scan(lambda r, s: ifelse(r > 0, T.tanh(w * s + r), s * w), sequences=x, outputs_info=T.constant(0.5, dtype="float64"))
    cost = (states**2).sum()
    f = symgraph.function([x, w], [cost, *symgraph.grad(cost, [x, w]), symgraph.Rop(cost, w, T.constant(1.0))])
    values, at = np.array([0.3, -0.2, 0.5, -1.0]), 0.7
    cost, by_x, by_w, forward = f(values, at)
    step = 1e-6
    slopes = [(f(values + step * e, at)[0] - f(values - step * e, at)[0]) / (2 * step) for e in np.eye(4)]
    np.testing.assert_allclose(by_x, slopes, atol=1e-8)
    np.testing.assert_allclose([by_w, forward], [(f(values, at + step)[0] - f(values, at - step)[0]) / (2 * step)] * 2, rtol=1e-7)
