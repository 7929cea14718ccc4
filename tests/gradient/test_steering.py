"""Gradients that the user steers: rules of his own, stops, pieces; and the names of Theano's module of gradients."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import gradient
from symgraph.compile.modes import Mode
from symgraph.errors import DisconnectedInputError, NullTypeGradError
from symgraph.expr.evaluate import evaluate

RANDOM = np.random.RandomState(0)
A, B = RANDOM.randn(2, 4)
x, y = T.dvectors("x", "y")
s = T.dscalar("s")
AT = {x: A, y: B, s: np.float64(0.5)}


def values(*outputs):
    return evaluate(outputs, AT)


# A rule of one's own --------------------------------------------------------------------------------------------------


@symgraph.custom_gradient
def clipped(a, b):
    """a * b, whose gradient does not pass where a is negative."""
    product = a * b
    return product, lambda g: [T.switch(a < 0, 0, g * b), 2 * g * a]


def test_the_rule_is_the_gradient():
    out = clipped(x, y)
    by_x, by_y = symgraph.grad((out * s).sum(), [x, y])
    got = values(out, by_x, by_y)
    np.testing.assert_allclose(got[0], A * B)
    np.testing.assert_allclose(got[1], np.where(A < 0, 0, B) * 0.5)
    np.testing.assert_allclose(got[2], A)
    assert clipped.__doc__.startswith("a * b")


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_compiled(linker):
    out = clipped(T.tanh(x), y) + clipped(y, 2.0)
    f = symgraph.function([x, y], [out, *symgraph.grad(out.sum(), [x, y])], mode=Mode(linker=linker))
    got = f(A, B)
    np.testing.assert_allclose(got[0], np.tanh(A) * B + 2 * B)
    np.testing.assert_allclose(got[1], np.where(np.tanh(A) < 0, 0, B) * (1 - np.tanh(A) ** 2))
    np.testing.assert_allclose(got[2], 2 * np.tanh(A) + np.where(B < 0, 0, 2.0))


def test_the_rule_is_differentiated_and_transposed():
    @symgraph.custom_gradient
    def cube(a):
        return a**3, lambda g: g * 10 * a**2  # which is not 3 a ** 2

    first = symgraph.grad(cube(x).sum(), x)
    np.testing.assert_allclose(values(symgraph.grad(first.sum(), x))[0], 20 * A)
    np.testing.assert_allclose(values(symgraph.jvp(cube(x), x, y))[0], 10 * A**2 * B)
    np.testing.assert_allclose(values(symgraph.hessian(cube(x).sum(), x))[0], np.diag(20 * A), atol=1e-14)
    np.testing.assert_allclose(values(symgraph.jacobian(cube(x), x))[0], np.diag(10 * A**2))


def test_several_results_of_which_one_is_used():
    @symgraph.custom_gradient
    def both(a):
        e = T.exp(a)
        return [e, e.sum()], lambda g, h: g * e * 3 + h

    first, total = both(x)
    np.testing.assert_allclose(values(symgraph.grad(first.sum(), x))[0], 3 * np.exp(A))
    np.testing.assert_allclose(values(symgraph.grad(total, x))[0], np.ones(4))


def test_what_the_function_captures_is_constant():
    w = symgraph.shared(B, name="w")

    @symgraph.custom_gradient
    def scaled(a):
        return a * w * s, lambda g: g * w

    cost = scaled(x).sum()
    np.testing.assert_allclose(values(symgraph.grad(cost, x))[0], B)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(cost, w)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(cost, s)


def test_none_for_no_influence():
    @symgraph.custom_gradient
    def first_only(a, b):
        return a + b, lambda g: [g, None]

    with pytest.raises(DisconnectedInputError):
        symgraph.grad(first_only(x, y).sum(), y)


def test_stacks_keep_the_rule():
    rows, one = T.dmatrix("rows"), T.dvector("one")
    many = symgraph.vectorize_graph(clipped(x, y), {x: rows, y: one})
    by_rows, by_one = symgraph.grad((many**2).sum(), [rows, one])
    data = np.stack([A, -A, B])
    got = evaluate([many, by_rows, by_one], {rows: data, one: B})
    np.testing.assert_allclose(got[0], data * B)
    np.testing.assert_allclose(got[1], np.where(data < 0, 0, B) * 2 * data * B)
    np.testing.assert_allclose(got[2], (4 * data * B * data).sum(axis=0))
    op = symgraph.OpFromGraph([x, y], [T.exp(x) * y.sum()])
    np.testing.assert_allclose(evaluate([symgraph.vectorize_graph(op(x, y), {x: rows})], {rows: data, y: B})[0], np.exp(data) * B.sum())


@pytest.mark.parametrize(("rule", "error", "says"), [
    (lambda a: a, TypeError, "returns .result, rule."),
    (lambda a: (a, a), TypeError, "returns .result, rule."),
    (lambda a: (a * 2, lambda g: [g, g]), ValueError, "2 terms, the function has 1"),
    (lambda a: (a * 2, lambda g: g.sum()), ValueError, "0 dimensions, the input has 1"),
    (lambda a: (a * 2, lambda g: 3.0), TypeError, "no variable"),
])
def test_rules_that_are_none(rule, error, says):
    with pytest.raises(error, match=says):
        symgraph.grad(symgraph.custom_gradient(rule)(x).sum(), x)


# Stops ----------------------------------------------------------------------------------------------------------------


def test_stops():
    f = symgraph.function([x], [symgraph.grad((stop(x) * x).sum(), x) for stop in (symgraph.stop_gradient, gradient.consider_constant_,
                                                                                 gradient.zero_grad_, gradient.disconnected_grad_)])
    for got in f(A):
        np.testing.assert_allclose(got, A)
    assert symgraph.grad(symgraph.stop_gradient(x).sum(), x).eval({x: A}).tolist() == [0] * 4
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(gradient.disconnected_grad_(x).sum(), x)


def test_undefined_gradients_are_errors():
    for cost in (symgraph.undefined_grad(x).sum(), (gradient.undefined_grad_(x) * y).sum()):
        with pytest.raises(NullTypeGradError, match="UndefinedGrad"):
            symgraph.grad(cost, x)
        with pytest.raises(NullTypeGradError, match="UndefinedGrad"):
            symgraph.jvp(cost, x, x)
    np.testing.assert_allclose(values(symgraph.grad((symgraph.undefined_grad(x) * y).sum(), y))[0], A)
    found = symgraph.grad(symgraph.undefined_grad(x).sum(), x, null_gradients="return")
    assert isinstance(found.type, gradient.NullType)
    np.testing.assert_allclose(symgraph.function([x], symgraph.undefined_grad(x) * 2)(A), 2 * A)


# Names ----------------------------------------------------------------------------------------------------------------


def test_products_under_their_short_names():
    outputs = [T.tanh(x * y), (x * s).sum()]
    u, v = T.dvectors("u", "v")
    at = AT | {u: B, v: A}
    pairs = [
        (symgraph.jvp(outputs, [x, y], [u, v]), symgraph.Rop(outputs, [x, y], [u, v])),
        (symgraph.vjp(outputs, [x, y], [u, s]), symgraph.Lop(outputs, [x, y], [u, s])),
    ]
    for got, wanted in pairs:
        for one, other in zip(evaluate(got, at), evaluate(wanted, at)):
            np.testing.assert_allclose(one, other)
    assert values(symgraph.vjp(x * 2, y, x))[0].tolist() == values(symgraph.jvp(x * 2, y, y))[0].tolist() == [0] * 4


def test_tangents_have_the_dtype_of_what_moves():
    half = T.vector("half", dtype="float16")
    inside = T.clip(half, np.float32(-2), np.float32(2))
    assert inside.dtype == "float32"
    (moved,) = symgraph.jvp([inside], half, half)
    assert moved.dtype == "float32"
    np.testing.assert_array_equal(evaluate([moved], {half: np.array([1, 3], "float16")})[0], [1, 0])


def test_the_module_has_theanos_names():
    names = ("ConsiderConstant", "DisconnectedGrad", "DisconnectedInputError", "DisconnectedType", "GradClip", "GradScale", "GradientError",
             "Lop", "NullTypeGradError", "Rop", "UndefinedGrad", "ZeroGrad", "consider_constant", "consider_constant_", "disconnected_grad",
             "disconnected_grad_", "format_as", "grad", "grad_clip", "grad_not_implemented", "grad_scale", "grad_undefined", "hessian",
             "jacobian", "mode_not_slow", "numeric_grad", "subgraph_grad", "undefined_grad", "undefined_grad_", "verify_grad", "zero_grad",
             "zero_grad_")
    assert symgraph.gradient is gradient
    for name in names:
        assert name in gradient.__all__
        assert callable(getattr(gradient, name))


def test_format_as():
    assert gradient.format_as(True, False, (1, 2)) == [1, 2]
    assert gradient.format_as(True, False, 1) == [1]
    assert gradient.format_as(False, True, [1]) == (1,)
    assert gradient.format_as(False, False, 1) == 1
    with pytest.raises(ValueError):
        gradient.format_as(True, True, 1)


def test_mode_not_slow():
    for mode in ("FAST_COMPILE", "DebugMode", "CHECK", Mode(linker="py", optimizer=None)):
        found = gradient.mode_not_slow(mode)
        assert (found.optimizer, found.check) == ("fast_run", False)
    assert gradient.mode_not_slow(Mode(linker="py", optimizer=None)).linker == "py"
    assert gradient.mode_not_slow("FAST_RUN") == Mode(optimizer="fast_run")


# Pieces ---------------------------------------------------------------------------------------------------------------


def test_piece_by_piece_is_the_whole():
    w1, w2 = T.dmatrices("w1", "w2")
    h = T.tanh(T.dot(w1, x))
    cost = T.sqr(T.tanh(T.dot(w2, h)) - y[:2]).sum() + T.sqr(w2).sum()
    decay = T.sqr(w1).sum()
    wanted = symgraph.grad(cost + decay, [w1, w2, x])
    (by_w2,), (by_h,) = symgraph.subgraph_grad([w2], [h], cost=cost)
    (by_w1,), (by_x,), of_start, of_cost = symgraph.subgraph_grad([w1], [x], start={h: by_h}, cost=decay, details=True)
    at = AT | {w1: RANDOM.randn(3, 4), w2: RANDOM.randn(2, 3)}
    got = evaluate([by_w1, by_w2, by_x, of_start[0] + of_cost[0], *wanted], at)
    for one, right in zip(got[:3], got[4:]):
        np.testing.assert_allclose(one, right, rtol=1e-12)
    np.testing.assert_allclose(got[3], got[0])
    with pytest.raises(ValueError):
        symgraph.subgraph_grad([w1], [x])


def test_what_stands_before_the_end_is_constant():
    h = T.exp(x)
    cost = (h * x).sum()
    (by_x,), (by_h,) = symgraph.subgraph_grad([x], [h], cost=cost)
    got = values(by_x, by_h)
    np.testing.assert_allclose(got[0], np.exp(A))
    np.testing.assert_allclose(got[1], A)


# Checks ---------------------------------------------------------------------------------------------------------------


def test_verify_grad_by_a_complex_step():
    wrong = symgraph.custom_gradient(lambda a: (T.sin(a), lambda g: g * T.cos(a) * (1 + 1e-7)))
    for tolerance, passes in ((1e-6, True), (1e-8, False)):
        options = {"rng": np.random.RandomState(0), "method": "complex", "abs_tol": 1e-12, "rel_tol": tolerance}
        if passes:
            symgraph.verify_grad(wrong, [A], **options)
        else:
            with pytest.raises(gradient.GradientError):
                symgraph.verify_grad(wrong, [A], **options)
    tight = {"rng": np.random.RandomState(0), "method": "complex", "abs_tol": 1e-9, "rel_tol": 1e-9}
    symgraph.verify_grad(lambda a, b: T.dot(T.exp(a), b[::-1]) * (a**2).sum() / T.tanh(b), [A, B], **tight)
    for function in (abs, lambda a: T.maximum(a, 0), lambda a: a.max(), lambda a: T.switch(a > 0, a, 0)):
        with pytest.raises(ValueError, match="analytic"):
            symgraph.verify_grad(function, [A], method="complex")
        symgraph.verify_grad(function, [A], rng=np.random.RandomState(0))
    with pytest.raises(ValueError, match="analytic"):
        symgraph.verify_grad(T.exp, [A.astype("float32")], method="complex")
    with pytest.raises(ValueError, match="method"):
        symgraph.verify_grad(T.exp, [A], method="guess")


def test_numeric_grad_has_theanos_methods():
    n = gradient.numeric_grad(lambda a, b: float((a * b).sum()), [A, B])
    np.testing.assert_allclose(n.gf[0], B, rtol=1e-6)
    position, index, absolute, relative = n.max_err([B, A + np.array([0, 1, 0, 0])], 1e-4, 1e-4)
    assert (position, index) == (1, 1)
    assert absolute == pytest.approx(1, rel=1e-6) and 0 < relative <= 1
    assert gradient.numeric_grad.abs_rel_err(np.float64(1), np.float64(2))[1] == pytest.approx(1 / 3)
    single = gradient.numeric_grad(lambda a: float((a**2).sum()), A, out_type="float32")
    np.testing.assert_allclose(single.gf, 2 * A, rtol=1e-3)
    with pytest.raises(ValueError):
        n.abs_rel_errors([B])
