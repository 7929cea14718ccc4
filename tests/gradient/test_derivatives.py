"""grad, Lop, Rop, jacobian and their compositions, for every family of ops."""

import numpy as np
import pytest
from families import FAMILIES
from slopes import STEP, inputs_like, listed, numeric_gradients, total

import symgraph
import symgraph.tensor as T
from symgraph.errors import DisconnectedInputError
from symgraph.expr.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast


def directions(points, seed):
    random = np.random.RandomState(seed)
    return [random.uniform(-1, 1, p.shape) for p in points]


def moved(points, tangents, by):
    return [p + by * t for p, t in zip(points, tangents)]


def close(got, wanted, tolerance=1e-6):
    scale = max(1.0, np.abs(wanted).max(initial=0.0))
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale)


def products(family, linker, derivatives):
    """The values of `derivatives(inputs, y, u, v)`: u, v constants, directions in the space of the inputs."""
    points = family.points()
    inputs = inputs_like(points)
    y = family.build(*inputs)
    u, v = ([T.constant(d) for d in directions(points, seed)] for seed in (1, 2))
    outputs = derivatives(inputs, y, u, v)
    return symgraph.function(inputs, outputs, mode=symgraph.Mode(linker, "fast_run"), on_unused_input="ignore")(*points)


def inner(gradients, direction):
    """The sum of the products."""
    return sum((g * d).sum() for g, d in zip(gradients, direction))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_reverse_mode_and_reverse_over_reverse(family):
    points = family.points()
    v = directions(points, 2)

    def by_v(*inputs):
        return inner(symgraph.grad(total(family.build(*inputs)), list(inputs)), map(T.constant, v))

    inputs = inputs_like(points)
    first = symgraph.grad(total(family.build(*inputs)), inputs)
    second = symgraph.grad(by_v(*inputs), inputs, disconnected_inputs="ignore")
    computed = symgraph.function(inputs, [*first, *second], on_unused_input="ignore")(*points)
    wanted = numeric_gradients(lambda *xs: total(family.build(*xs)), points) + numeric_gradients(by_v, points)
    for x, got, right in zip(inputs * 2, computed, wanted):
        assert got.dtype == x.dtype
        close(got, right)
    judged = evaluate([*first, *second], dict(zip(inputs, points)))
    for got, right in zip(computed, judged):
        close(got, right, 1e-11)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_forward_mode(family):
    points = family.points()
    u, v = directions(points, 1), directions(points, 2)
    inputs = inputs_like(points)
    y = family.build(*inputs)
    tu, tv = [[T.constant(d) for d in found] for found in (u, v)]
    forward = symgraph.Rop(y, inputs, tu)
    again = symgraph.Rop(forward, inputs, tv, disconnected_outputs="ignore")  # u' H v of each element of y
    weights = T.constant(np.random.RandomState(3).uniform(-1, 1, evaluate([y], dict(zip(inputs, points)))[0].shape))
    reverse = listed(symgraph.Lop(y, inputs, weights))
    forward_of_reverse = symgraph.Rop(inner(reverse, tv), inputs, tu, disconnected_outputs="ignore")
    outputs = [y, forward, again, inner(reverse, tu), forward_of_reverse]
    value, one, two, dual, mixed = symgraph.function(inputs, outputs, on_unused_input="ignore")(*points)

    ends = [evaluate([y], dict(zip(inputs, moved(points, u, s * STEP))))[0] for s in (1, -1)]
    close(one, (ends[0] - ends[1]) / (2 * STEP))
    ends = [evaluate([forward], dict(zip(inputs, moved(points, v, s * STEP))))[0] for s in (1, -1)]
    close(two, (ends[0] - ends[1]) / (2 * STEP))
    assert value.shape == one.shape == two.shape
    w = weights.data
    close(dual, np.asarray((w * one).sum()), 1e-11)  # both are w' J u
    close(mixed, np.asarray((w * two).sum()), 1e-10)  # both are w' (u' H v)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_jacobian(family):
    points = family.points()
    inputs = inputs_like(points)
    y = family.build(*inputs)
    u = directions(points, 1)
    matrices = symgraph.jacobian(y, inputs, disconnected_inputs="ignore")
    forward = symgraph.Rop(y, inputs, [T.constant(d) for d in u])
    value, one, *found = symgraph.function(inputs, [y, forward, *matrices], on_unused_input="ignore")(*points)
    product = np.zeros(value.shape)
    for matrix, d, p in zip(found, u, points):
        assert matrix.shape == value.shape + p.shape
        product += np.tensordot(matrix, d, axes=p.ndim)
    close(one, product, 1e-11)


@pytest.mark.parametrize("linker", ["py", "c"])
@pytest.mark.parametrize("family", FAMILIES[::12], ids=lambda f: f.name)
def test_other_linkers(family, linker):
    def derivatives(inputs, y, u, v):
        found = symgraph.grad(total(y), inputs)
        return [*found, symgraph.Rop(y, inputs, u), symgraph.Rop(inner(found, v), inputs, u)]

    for got, right in zip(products(family, linker, derivatives), products(family, "llvm", derivatives)):
        close(got, right, 1e-11)


# What may be asked ----------------------------------------------------------------------------------------------------

A = np.array([1.0, -2.0, 3.0])
B = np.array([0.5, 4.0, -1.0])


def test_lists_and_tuples():
    x, y, u, v = T.dvectors("x", "y", "u", "v")
    f, g = x * y, T.dot(x, y)
    at = {x: A, y: B, u: A + 1, v: B - 1}
    for kind in (list, tuple):
        outputs = symgraph.Rop(kind([f, g]), [x, y], [u, v])
        assert type(outputs) is kind
        found = evaluate(list(outputs), at)
        np.testing.assert_allclose(found[0], at[u] * B + A * at[v])
        np.testing.assert_allclose(found[1], at[u] @ B + A @ at[v])
        rows = symgraph.Lop([f, g], kind([x, y]), [u, T.constant(2.0)])
        assert type(rows) is kind
        found = evaluate(list(rows), at)
        np.testing.assert_allclose(found[0], at[u] * B + 2 * B)
        np.testing.assert_allclose(found[1], at[u] * A + 2 * A)
        matrices = symgraph.jacobian(f, kind([x, y]))
        assert type(matrices) is kind
        for got, right in zip(symgraph.function([x, y], list(matrices))(A, B), (B, A)):
            np.testing.assert_allclose(got, np.diag(right))
    np.testing.assert_allclose(evaluate([symgraph.Rop(f, x, u)], at)[0], at[u] * B)
    np.testing.assert_allclose(evaluate([symgraph.Lop(f, x, u)], at)[0], at[u] * B)


def test_the_same_variable_twice_in_wrt_of_rop():
    x, u, v = T.dvectors("x", "u", "v")
    got = evaluate([symgraph.Rop(x**2, [x, x], [u, v])], {x: A, u: B, v: A})[0]
    np.testing.assert_allclose(got, 2 * A * (A + B))


def test_rop_of_what_does_not_depend():
    x, y, v = T.dvectors("x", "y", "v")
    for output in (y**2, x.shape[0] * 1.0, symgraph.disconnected_grad(x) * y):
        with pytest.raises(DisconnectedInputError):
            symgraph.Rop(output, x, v)
        assert symgraph.Rop(output, x, v, disconnected_outputs="ignore", return_disconnected="None") is None
    zero = symgraph.Rop([x**2, y**2], x, v, disconnected_outputs="ignore")
    got = evaluate(zero, {x: A, y: B, v: A})
    np.testing.assert_allclose(got[0], 2 * A * A)
    np.testing.assert_array_equal(got[1], np.zeros(3))
    with pytest.warns(UserWarning, match="does not depend"):
        symgraph.Rop(y**2, x, v, disconnected_outputs="warn")


def test_forward_mode_through_steps_is_zero():
    x, v = T.dvectors("x", "v")
    for output in (T.floor(x), (x > 0) * 2.0, x.argmax() * 1.0, T.cast(x, "int32") * 0.5, T.sgn(x), T.zero_grad(x) * 3):
        got = symgraph.function([x, v], symgraph.Rop(output, x, v), on_unused_input="ignore")(A, B)
        assert got.dtype == output.dtype
        assert not got.any()


@pytest.mark.parametrize("call, error", [
    (lambda x, v: symgraph.Rop(x**2, x, [v, v]), ValueError),
    (lambda x, v: symgraph.Rop(x**2, x, v.sum()), ValueError),
    (lambda x, v: symgraph.Rop(x**2, x, T.zmatrix()[0]), TypeError),
    (lambda x, v: symgraph.Rop(x**2, "x", v), TypeError),
    (lambda x, v: symgraph.Rop(3.0, x, v), TypeError),
    (lambda x, v: symgraph.Rop(x**2, x, v, disconnected_outputs="shout"), ValueError),
    (lambda x, v: symgraph.Rop(x**2, x, v, return_disconnected="nothing"), ValueError),
    (lambda x, v: symgraph.Lop(x**2, x, [v, v]), ValueError),
    (lambda x, v: symgraph.Lop(x**2, x, v.sum()), ValueError),
    (lambda x, v: symgraph.Lop(3.0, x, v), TypeError),
    (lambda x, v: symgraph.Lop(x**2, "x", v), TypeError),
    (lambda x, v: symgraph.Lop(v**2, x, v), DisconnectedInputError),
    (lambda x, v: symgraph.jacobian(3.0, x), TypeError),
    (lambda x, v: symgraph.jacobian(v**2, x), DisconnectedInputError),
    (lambda x, v: symgraph.jacobian(x**2, "x"), TypeError),
    (lambda x, v: symgraph.hessian(x**2, x), TypeError),
    (lambda x, v: symgraph.hessian((x**2).sum(), T.dmatrix()), AssertionError),
    (lambda x, v: symgraph.hessian((x**2).sum(), x.sum()), AssertionError),
    (lambda x, v: symgraph.hessian((x**2).sum(), "x"), AssertionError),
    (lambda x, v: symgraph.hessian((v**2).sum(), x), DisconnectedInputError),
])
def test_called_wrongly(call, error):
    with pytest.raises(error):
        call(*T.dvectors("x", "v"))


# Matrices -------------------------------------------------------------------------------------------------------------


def test_jacobian_of_a_scalar_is_the_gradient():
    x = T.dvector("x")
    cost = (x**3).sum()
    got = symgraph.function([x], [symgraph.jacobian(cost, x), symgraph.jacobian(cost, [x])[0], symgraph.grad(cost, x)])(A)
    for found in got:
        np.testing.assert_allclose(found, 3 * A**2)


def test_jacobian_by_scalars_matrices_and_shared_variables():
    w = symgraph.shared(np.arange(6.0).reshape(2, 3), "w")
    s, x = T.dscalar("s"), T.dvector("x")
    y = T.dot(w, x) * s
    by_w, by_s, by_x = symgraph.function([s, x], symgraph.jacobian(y, [w, s, x]))(2.0, A)
    np.testing.assert_allclose(by_x, 2 * w.get_value())
    np.testing.assert_allclose(by_s, w.get_value() @ A)
    np.testing.assert_allclose(by_w, np.einsum("ij,k->ijk", np.eye(2), 2 * A))


def test_jacobian_of_nothing():
    x = T.dvector("x")
    assert symgraph.function([x], symgraph.jacobian(x**2, x))(np.zeros(0)).shape == (0, 0)


def test_jacobian_with_disconnected_inputs_and_constants():
    x, y = T.dvectors("x", "y")
    got = symgraph.function([x, y], symgraph.jacobian(x**2, [x, y], disconnected_inputs="ignore"))(A, B[:2])
    np.testing.assert_allclose(got[0], np.diag(2 * A))
    np.testing.assert_array_equal(got[1], np.zeros((3, 2)))
    inner = x**2
    got = symgraph.function([x], symgraph.jacobian(inner * x, x, consider_constant=[inner]))(A)
    np.testing.assert_allclose(got, np.diag(A**2))


@pytest.mark.parametrize("linker", ["llvm", "py", "c"])
def test_hessian(linker):
    x, y = T.dvectors("x", "y")
    cost = T.exp(x[0] * x[1]) * x[2] + (y**3 * x).sum()
    mode = symgraph.Mode(linker, "fast_run")
    by_x, by_y = symgraph.function([x, y], symgraph.hessian(cost, [x, y]), mode=mode)(A, B)
    a, b, c = A
    e = np.exp(a * b)
    np.testing.assert_allclose(by_x, [[b * b * e * c, (1 + a * b) * e * c, b * e], [(1 + a * b) * e * c, a * a * e * c, a * e], [b * e, a * e, 0]])
    np.testing.assert_allclose(by_y, np.diag(6 * B * A))
    assert isinstance(symgraph.hessian(cost, (x, y)), tuple)
    np.testing.assert_array_equal(symgraph.function([x], symgraph.hessian(x.sum(), x))(A), np.zeros((3, 3)))  # of a linear function


def test_hessian_through_products_of_matrices():
    x, w = T.dvector("x"), T.dmatrix("w")
    cost = T.dot(x, T.dot(w, x))
    at = np.random.RandomState(0).randn(3, 3)
    np.testing.assert_allclose(symgraph.function([x, w], symgraph.hessian(cost, x))(A, at), at + at.T)


def test_jacobian_of_a_gradient_is_the_hessian():
    x = T.dvector("x")
    cost = T.nnet.softmax(x)[0, 1] * x.sum()
    found = symgraph.function([x], [symgraph.jacobian(symgraph.grad(cost, x), x), symgraph.hessian(cost, x)])(A)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    np.testing.assert_allclose(found[0], found[0].T, rtol=1e-12, atol=1e-15)


# Stops ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop, first, second", [
    (T.zero_grad, A**2, 0 * A), (T.consider_constant, A**2, 0 * A), (lambda y: T.grad_clip(y, -1e9, 1e9), 3 * A**2, 6 * A),
    (lambda y: T.grad_clip(y, -1, 1), A**2 + 1, np.sign(A)),
    # Each gradient that passes the stop is scaled: x by -3 in 2 s x, then -3 * -6 x - 6 s - 3 * 2 s.
    (lambda y: T.grad_scale(y, -3), -5 * A**2, 6 * A),
], ids=["zero_grad", "consider_constant", "wide clip", "narrow clip", "scale"])
def test_stops_in_derivatives_of_derivatives(stop, first, second):
    """Of s ** 2 * x with s = stop(x): the gradient is x ** 2 from x, and what the stop makes of 2 s x."""
    x = T.dvector("x")
    g = symgraph.grad((stop(x) ** 2 * x).sum(), x)
    again = symgraph.grad(g.sum(), x)
    for linker in ("llvm", "py"):
        got = symgraph.function([x], [g, again], mode=symgraph.Mode(linker, "fast_run"))(A)
        np.testing.assert_allclose(got[0], first)
        np.testing.assert_allclose(got[1], second)


def test_what_is_disconnected_stays_so():
    x = T.dvector("x")
    g = symgraph.grad((T.disconnected_grad(x) ** 2 * x).sum(), x)
    np.testing.assert_allclose(symgraph.function([x], g)(A), A**2)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(g.sum(), x)
