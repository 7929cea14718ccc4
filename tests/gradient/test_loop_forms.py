"""Derivatives of loops of every form: lengths, while, truncated, in other ops; what has no influence; dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import OpFromGraph, Rop, function, grad, hessian, jacobian, scan, shared, until, verify_grad
from symgraph.errors import DisconnectedInputError, NullTypeGradError
from symgraph.gradient import disconnected_grad, zero_grad
from symgraph.loops.loopop import LoopLayout, LoopOp

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))
X = np.array([0.5, -0.3, 0.8, 0.2, 0.1])


# Lengths --------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_one_function_for_every_number_of_steps(linker: str) -> None:
    a, w, k = T.dvector("a"), T.dmatrix("w"), T.iscalar("k")
    out, _ = scan(lambda h: T.tanh(T.dot(h, w)), outputs_info=a, n_steps=k)
    f = function([a, w, k], grad((out**2).sum(), [a, w]), mode=symgraph.Mode(linker))
    A, W = np.array([0.3, -0.4]), np.array([[0.5, 0.1], [-0.7, 0.9]])
    for steps in (0, 1, 2, 5):
        by_a, by_w = f(A, W, steps)
        da, dw, h = [], [], A
        hs = []
        for _ in range(steps):
            hs.append(h)
            h = np.tanh(h @ W)
        back, dw = np.zeros(2), np.zeros((2, 2))
        for before in reversed(hs):
            after = np.tanh(before @ W)
            slope = (back + 2 * after) * (1 - after**2)
            dw += np.outer(before, slope)
            back = W @ slope
        da = back
        np.testing.assert_allclose(by_a, da, rtol=1e-12)
        np.testing.assert_allclose(by_w, dw, rtol=1e-12)


@on_every_linker
def test_the_power_of_the_deck(linker: str) -> None:
    a, k = T.dvector("a"), T.iscalar("k")
    out, _ = scan(lambda prior, a: prior * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
    f = function([k, a], grad(out[-1].sum(), a), mode=symgraph.Mode(linker))
    values = np.arange(10.0)
    for power in (1, 2, 4):
        np.testing.assert_allclose(f(power, values), power * values ** (power - 1), rtol=1e-12)


@on_every_linker
def test_a_sequence_of_no_rows(linker: str) -> None:
    x, h = T.dmatrix("x"), T.dvector("h")
    out, _ = scan(lambda x, h: T.sin(x * h), sequences=x, outputs_info=h)
    f = function([x, h], grad(out.sum() + (h**2).sum(), [x, h]), mode=symgraph.Mode(linker))
    by_x, by_h = f(np.zeros((0, 3)), np.ones(3))
    assert by_x.shape == (0, 3) and np.array_equal(by_h, 2 * np.ones(3))


# Loops of unknown length ----------------------------------------------------------------------------------------------
def growth(s: Any, r: Any) -> tuple[Any, Any]:
    """while: s = s r + sin(s), until it is above 100; the last and twice every s."""
    inner_s, inner_r = T.dscalars("s", "r")
    new = inner_s * inner_r + T.sin(inner_s)
    op = LoopOp([inner_s, inner_r], [new, new * 2, T.gt(new, 100.0)], LoopLayout([], 1, 1, 1, until=True, unbounded=True))
    return tuple(op(s, r))  # type: ignore[return-value]


def growth_in_numpy(s: float, r: float) -> float:
    total = 0.0
    while True:
        s = s * r + np.sin(s)
        total += (2 * s) ** 2
        if s > 100:
            return s + total


@on_every_linker
def test_a_while_loop_needs_no_bound(linker: str) -> None:
    s, r = T.dscalars("s", "r")
    final, stack = growth(s, r)
    cost = final + (stack**2).sum()
    first = grad(cost, [s, r])
    f = function([s, r], [cost, *first, Rop(cost, [s, r], [T.constant(1.0), T.constant(2.0)]), grad(first[0], r)], mode=symgraph.Mode(linker))
    for values in ((1.0, 1.7), (30.0, 1.1), (99.0, 1.5)):  # a different number of steps each
        value, by_s, by_r, forward, mixed = f(*values)
        assert np.isclose(value, growth_in_numpy(*values), rtol=1e-12)
        e = 1e-6
        a, b = values
        assert np.isclose(by_s, (growth_in_numpy(a + e, b) - growth_in_numpy(a - e, b)) / (2 * e), rtol=1e-6)
        assert np.isclose(by_r, (growth_in_numpy(a, b + e) - growth_in_numpy(a, b - e)) / (2 * e), rtol=1e-6)
        assert np.isclose(forward, by_s + 2 * by_r, rtol=1e-12)
        assert np.isclose(mixed, (f(a, b + e)[1] - f(a, b - e)[1]) / (2 * e), rtol=1e-5)


@on_every_linker
def test_a_long_while_loop(linker: str) -> None:
    x, r = T.dvector("x"), T.dscalar("r")
    inner_x, inner_r = T.dvector("x"), T.dscalar("r")
    new = inner_x * inner_r
    op = LoopOp([inner_x, inner_r], [new, T.exp(-new.sum()), new.sum() < 1e-3], LoopLayout([], 1, 1, 1, until=True, unbounded=True))
    _, stack = op(x, r)
    f = function([x, r], [stack.shape[0], grad(stack.sum(), r)], mode=symgraph.Mode(linker))
    values, ratio = np.array([0.5, 0.5]), 0.999 if linker != "py" else 0.9
    steps, slope = f(values, ratio)
    t = np.arange(1, steps + 1)
    assert steps == int(np.ceil(np.log(1e-3) / np.log(ratio)))
    assert np.isclose(slope, -(np.exp(-(ratio**t)) * t * ratio ** (t - 1)).sum(), rtol=1e-9)


# Truncated ------------------------------------------------------------------------------------------------------------
# Gradients by x, the initial value and w of Theano 1.0.5, for the last k steps: one tap, two taps, backwards.
THEANO = {
    1: [
        ([0.0, 0.0, 0.0, 0.0, 3.5983210159218935],
         0.0, 2.5822626521350225),
        ([0.0, 0.0, 0.0, 0.0, 4.1308371580866226],
         [0.0, 0.0], 1.9345982890517142),
        ([2.4849304323138757, 0.0, 0.0, 0.0, 0.0],
         0.0, 1.064771631428568),
    ],
    4: [
        ([0.0, 3.848956837745608, 2.4042031149051386, 3.510720442086603, 3.5983210159218935],
         0.0, 8.474611214256015),
        ([0.0, -0.17518167141494853, 4.265860453541074, 6.024989697319624, 4.1308371580866226],
         [0.0, 0.17518167141494853], 1.2967466532956655),
        ([2.4849304323138757, 5.091396381272637, 2.203197918146888, 3.078127717310464, 0.0],
         0.0, 7.492831928910067),
    ],
    7: [
        ([2.595772485329463, 3.848956837745608, 2.4042031149051386, 3.510720442086603, 3.5983210159218935],
         2.3361952367965166, 9.253342959854853),
        ([-2.540114164580513, -0.17518167141494853, 4.265860453541074, 6.024989697319624, 4.1308371580866226],
         [2.540114164580513, -2.1109210767075135], 0.2807009874634603),
        ([2.4849304323138757, 5.091396381272637, 2.203197918146888, 3.078127717310464, 3.297856280172963],
         2.968070652155667, 8.482188812961956),
    ],
}


@pytest.mark.parametrize("linker", ("llvm", "py"))
@pytest.mark.parametrize("k", THEANO)
def test_truncated_as_theano(k: int, linker: str) -> None:
    x, w, h, hh = T.dvector("x"), T.dscalar("w"), T.dscalar("h"), T.dvector("hh")
    weights = T.arange(1, 6)
    mode = symgraph.Mode(linker)
    one, _ = scan(lambda x, h, w: T.tanh(x + h * w), sequences=x, outputs_info=h, non_sequences=w, truncate_gradient=k)
    two, _ = scan(lambda x, a, b, w: T.tanh(x + a * w - b), sequences=x, outputs_info={"initial": hh, "taps": [-1, -2]}, non_sequences=w,
                  truncate_gradient=k)
    back, _ = scan(lambda x, h, w: T.tanh(x + h * w), sequences=x, outputs_info=h, non_sequences=w, truncate_gradient=k, go_backwards=True)
    got = [function([x, h, w], grad((one * weights).sum() + one[-1], [x, h, w]), mode=mode)(X, 0.3, 0.9),
           function([x, hh, w], grad((two * weights).sum(), [x, hh, w]), mode=mode)(X, [0.3, 0.4], 0.9),
           function([x, h, w], grad((back * weights).sum(), [x, h, w]), mode=mode)(X, 0.3, 0.9)]
    for ours, theirs in zip(got, THEANO[k], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


# In other ops, and others in them -------------------------------------------------------------------------------------
def chaotic(x: Any, r: Any) -> Any:
    return scan(lambda h: r * h * (1 - h), outputs_info=x, n_steps=4)[0]


def chaotic_plain(x: Any, r: Any) -> Any:
    rows = []
    for _ in range(4):
        x = r * x * (1 - x)
        rows.append(x)
    return T.stack(rows)


@pytest.mark.parametrize("linker", ("llvm", "py"))
@pytest.mark.parametrize("inline", (False, True))
def test_in_an_op_made_of_a_graph(inline: bool, linker: str) -> None:
    x, r = T.dvector("x"), T.dscalar("r")
    op = OpFromGraph([x, r], [chaotic(x, r)], inline=inline)
    values = np.array([0.2, 0.7]), 3.4
    results = [function([x, r], [*grad(out.sum(), [x, r]), grad(grad((out**2).sum(), r), x), Rop(out, r, T.constant(1.0))],
                        mode=symgraph.Mode(linker))(*values) for out in (op(x, r), chaotic_plain(x, r))]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize("linker", ("llvm", "py"))
def test_jacobian_and_hessian(linker: str) -> None:
    x, r = T.dvector("x"), T.dscalar("r")
    values = np.array([0.2, 0.7, 0.4]), 3.4
    results = []
    for build in (chaotic, chaotic_plain):
        out = build(x, r)
        second = hessian((out[-1] * T.arange(1, 4)).sum() ** 2, x)
        matrices = [jacobian(out[-1], x), jacobian(out[-1], x, vectorize=False), jacobian(out[-1].sum(), x), second]
        results.append(function([x, r], matrices, mode=symgraph.Mode(linker))(*values))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_a_python_op_in_a_step() -> None:
    class Cube(symgraph.Op):
        __props__ = ()

        def make_node(self, x: Any) -> Any:
            return symgraph.Apply(self, [x], [x.type()])

        def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
            output_storage[0][0] = inputs[0] ** 3

        def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
            return [output_grads[0] * 3 * inputs[0] ** 2]

    x = T.dvector("x")
    cube = Cube()

    def gradient(cubed: Any) -> Any:
        out, _ = scan(lambda h: cubed(h) * 0.5 + h * x, outputs_info=x, n_steps=3)
        return function([x], grad((out**2).sum(), x))([0.3, -0.6])

    got, wanted = gradient(cube), gradient(lambda h: h * h * h)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


@on_every_linker
def test_shared_variables_that_a_loop_updates(linker: str) -> None:
    s, x = shared(0.5, name="s"), T.dvector("x")

    def step(x: Any, h: Any) -> Any:
        return h * s + x, {s: s * T.cos(h)}

    out, updates = scan(step, sequences=x, outputs_info=T.as_tensor_variable(1.0))
    f = function([x], grad((out**2).sum() + updates[s], [s, x]), updates=updates, mode=symgraph.Mode(linker))

    def cost(start: float) -> float:
        value, h, total = start, 1.0, 0.0
        for x in X:
            h, value = h * value + x, value * np.cos(h)
            total += h**2
        return total + value

    by_s, _ = f(X)
    assert np.isclose(by_s, (cost(0.5 + 1e-6) - cost(0.5 - 1e-6)) / 2e-6, rtol=1e-7)


@on_every_linker
def test_float32_and_complex(linker: str) -> None:
    x = T.fvector("x")
    out, _ = scan(lambda h: T.tanh(h * x), outputs_info=x, n_steps=3)
    g = function([x], grad(out.sum(), x), mode=symgraph.Mode(linker))(np.array([0.5, 1.5], "float32"))
    assert g.dtype == "float32"
    z = T.zvector("z")
    out, _ = scan(lambda h: h * z + h.conj(), outputs_info=z, n_steps=3)
    plain = z
    for _ in range(3):
        plain = plain * z + plain.conj()
    values = np.array([0.4 + 0.3j, -0.2 + 0.9j])
    a, b = (function([z], grad((abs(y) ** 2).sum(), z), mode=symgraph.Mode(linker))(values) for y in (out[-1], plain))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_against_finite_differences() -> None:
    def lotka(start: Any, rates: Any) -> Any:
        def slope(y: Any) -> Any:
            return T.stack([y[0] * (rates[0] - rates[1] * y[1]), y[1] * (rates[2] * y[0] - rates[3])])

        def step(y: Any) -> Any:
            a = slope(y)
            b = slope(y + 0.05 * a)
            return y + 0.1 * b

        return scan(step, outputs_info=start, n_steps=20)[0]

    verify_grad(lotka, [np.array([1.0, 0.7]), np.array([1.1, 0.4, 0.1, 0.4])], rng=np.random.default_rng(2))


# What has no influence ------------------------------------------------------------------------------------------------
def test_connections_are_those_of_the_step_over_all_steps() -> None:
    x, a, b, c, lone = T.dscalars("x", "a", "b", "c", "lone")

    def step(p: Any, q: Any, r: Any, i: Any) -> Any:
        return p * x + lone * 0.0 * 1, p + q, disconnected_grad(p) + r, i + 1

    out, _ = scan(step, outputs_info=[a, b, c, T.zeros((), "int64")], n_steps=3)
    assert grad(out[1][-1], [x, a, b], disconnected_inputs="raise") is not None  # x by the first state
    with pytest.raises(DisconnectedInputError):
        grad(out[2][-1], a)
    with pytest.raises(DisconnectedInputError):
        grad(out[0][-1], c)
    with pytest.raises(DisconnectedInputError):
        grad(out[0][-1], b)
    assert grad(out[2][-1], a, disconnected_inputs="ignore", return_disconnected="None") is None
    f = function([x, a, b, c, lone], grad(out[1][-1], [x, a, b]), on_unused_input="ignore")
    assert f(2.0, 3.0, 1.0, 0.0, 0.5) == [15.0, 7.0, 1.0]


def test_whole_numbers_and_stops() -> None:
    x, n = T.dvector("x"), T.lscalar("n")
    out, _ = scan(lambda x, h, n: (h * x * n, n + 1), sequences=x, outputs_info=[T.as_tensor_variable(1.0), n])
    by_x, by_n = function([x, n], grad(out[0][-1], [x, n]))(X[:3], 2)
    np.testing.assert_allclose(by_x, [24 * X[1] * X[2], 24 * X[0] * X[2], 24 * X[0] * X[1]])
    assert np.isclose(by_n, 12 * X[0] * X[1] * X[2])  # as of a float, in the first step alone: then it is another number
    assert function([x, n], grad(out[1].sum().astype("float64"), n), on_unused_input="ignore")(X, 2) == 0.0
    stopped, _ = scan(lambda x, h: zero_grad(h) * x, sequences=x, outputs_info=T.as_tensor_variable(1.0))
    np.testing.assert_allclose(function([x], grad(stopped[-1], x))(X[:3]), [0, 0, X[0] * X[1]])
    kept = x * 2
    out, _ = scan(lambda row: row * x.sum(), sequences=kept)
    assert np.allclose(function([x], grad(out.sum(), x, consider_constant=[kept]))(X), 2 * X.sum())


def test_a_derivative_that_is_not_defined_is_named() -> None:
    x = T.dvector("x")
    out, _ = scan(lambda h: symgraph.gradient.undefined_grad(h) * x, outputs_info=x, n_steps=3)
    with pytest.raises(NullTypeGradError):
        grad(out.sum(), x)


def test_until_in_forward_mode_and_in_second_order() -> None:
    x, r = T.dscalars("x", "r")

    def step(h: Any) -> Any:
        return h * r, until(h * r > 10)

    out, _ = scan(step, outputs_info=x, n_steps=50)
    f = function([x, r], [Rop(out[-1], r, T.constant(1.0)), grad(grad(out[-1], r), r), grad(out.sum(), x)])
    forward, second, by_x = f(1.0, 2.0)  # 2, 4, 8, 16
    assert (forward, second, by_x) == (4 * 8.0, 12 * 4.0, 30.0)
