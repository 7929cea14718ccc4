"""jacobian, hessian and products with them: one sweep for all rows, whatever the expression; where it is elementwise, a diagonal."""

import warnings

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import DisconnectedInputError, VectorizeWarning
from symgraph.expr.evaluate import evaluate
from symgraph.expr.walk import toposort
from symgraph.gradient.inplace import collapsed, slopes_in_place
from symgraph.loops.loopop import LoopOp
from symgraph.ops.diagonal import AllocDiag
from symgraph.ops.linalg import Dot

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

RANDOM = np.random.RandomState(0)
V, W, M = RANDOM.uniform(0.5, 1.5, 4), RANDOM.uniform(0.5, 1.5, 4), RANDOM.uniform(0.5, 1.5, (4, 4))
x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
s = T.dscalar("s")
AT = {x: V, y: W, m: M, s: np.float64(0.7)}


def values(*outputs):
    return evaluate(outputs, AT)


def by_differences(expression, wrt, step=1e-6):
    columns = []
    for at in np.ndindex(*AT[wrt].shape):
        ends = []
        for sign in (1, -1):
            moved = np.array(AT[wrt])
            moved[at] += sign * step
            ends.append(evaluate([expression], AT | {wrt: moved})[0])
        columns.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(columns, axis=-1).reshape(ends[0].shape + AT[wrt].shape)


EXPRESSIONS = {
    "elementwise": T.tanh(x * y) + x,
    "elementwise of two parts": T.exp(x) * (m @ x) + T.sqr(m @ y),
    "with a number": T.sin(x * s) / (1 + x.sum()),
    "product": m @ T.tanh(x * y),
    "product of a product": m.T @ (T.exp(m @ x) * y),
    "vector times matrix": T.log(x) @ m,
    "slices": T.set_subtensor((x * y)[1:], x[:-1] ** 2)[::-1],
    "index arrays": (x * s)[[0, 3, 3, 1]] * y,
    "places added to": T.inc_subtensor(x[[0, 0, 2]], y[:3] * s),
    "sums": (m * x).sum(axis=0) + (m * y.dimshuffle(0, "x")).max(axis=1),
    "matrix": m * x + y.dimshuffle(0, "x") * s,
    "elementwise matrix": T.exp(-m) * m,
    "matrix of products": m @ m.T * s,
    "joined": T.concatenate([x[:2] * s, y**2, m[0]]),
    "softmax": T.nnet.softmax(m * x, axis=-1),
    "log of sums": T.logsumexp(m + x, axis=1),
    "three dimensions": (m.dimshuffle(0, 1, "x") * x * y[:2].dimshuffle("x", "x", 0).repeat(2, axis=2)),
    "shapes": x.reshape((2, 2)).T.flatten() * x.shape[0] + T.tile(y[:2], 2),
    "diagonals": T.diag(x)[1] + T.diag(m) * y,
    "choice": T.switch(x > y, x * s, T.maximum(x, m[1])),
    "casts": (x.astype("float32").astype("float64") * y).cumsum(),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_jacobian(name):
    expression = EXPRESSIONS[name]
    tolerance = 3e-2 if name == "casts" else 1e-6
    wrt = [v for v in (x, y, m, s) if v in set(symgraph.expr.walk.ancestors([expression]))]
    with warnings.catch_warnings():
        warnings.simplefilter("error", VectorizeWarning)
        whole = symgraph.jacobian(expression, wrt)
    assert not any(isinstance(node.op, LoopOp) for node in toposort(whole))
    looped = symgraph.jacobian(expression, wrt, vectorize=False)
    for v, got, rows in zip(wrt, values(*whole), values(*looped)):
        assert got.shape == rows.shape
        np.testing.assert_allclose(got, rows, rtol=1e-10 if name != "casts" else 1e-6, atol=1e-12, err_msg=str(v))  # casts round
        step = 1e-2 if name == "casts" else 1e-6
        np.testing.assert_allclose(got, by_differences(expression, v, step), rtol=tolerance, atol=1e-8 if name != "casts" else 1e-3, err_msg=str(v))


def test_fewer_columns_than_rows_go_forward():
    few = T.tensor("float64", shape=(2,), name="few")
    expression = T.tanh(T.constant(M[:, :2]) @ few) * T.constant(V)
    j = symgraph.jacobian(expression, few)
    assert j.type.shape == (4, 2)
    assert not any(isinstance(node.op, Dot) and node.op.transpose_a for node in toposort([j]))
    slopes = V * (1 - np.tanh(M[:, :2] @ W[:2]) ** 2)
    np.testing.assert_allclose(evaluate([j], {few: W[:2]})[0], slopes[:, None] * M[:, :2])
    one = T.tensor("float64", shape=(1,), name="one")
    j = symgraph.jacobian(one * T.constant(V), one)
    np.testing.assert_allclose(evaluate([j], {one: W[:1]})[0], V[:, None])
    with pytest.raises(DisconnectedInputError):
        symgraph.jacobian(T.constant(V) * y, few)


def test_a_diagonal_is_not_swept():
    j = symgraph.jacobian(T.tanh(x * y), [x, y])
    assert sum(isinstance(node.op, AllocDiag) for node in toposort(j)) == 2
    assert all(out.ndim < 2 or isinstance(node.op, AllocDiag) for node in toposort(j) for out in node.outputs)


def test_a_function_of_matrices_is_multiplied_by_slopes():
    """diag(slopes) m, with one operation on arrays of the size of the result."""
    j = symgraph.jacobian(T.tanh(m @ x) * y, x)
    wide = [node.op for node in toposort([j]) if any(out.ndim == 2 for out in node.outputs)]
    assert [str(op) for op in wide if str(op) == "mul"] == ["mul"]
    assert not any(isinstance(op, Dot) for op in wide)
    np.testing.assert_allclose(values(j)[0], ((1 - np.tanh(M @ V) ** 2) * W)[:, None] * M)


def test_of_functions_with_infinite_slopes():
    """What is at another place is zero, not zero times infinity."""
    j = symgraph.jacobian(T.sqrt(x), x)
    at = evaluate([j], {x: np.array([0.0, 4.0])})[0]
    np.testing.assert_array_equal(at, [[np.inf, 0], [0, 0.25]])


def test_elementwise_parts():
    z = m @ x
    slopes = slopes_in_place(T.tanh(z) * y + y, [x, y])
    assert set(slopes) == {z, y}
    at = M @ V
    np.testing.assert_allclose(values(*[slopes[v] for v in (z, y)]), [(1 - np.tanh(at) ** 2) * W, np.tanh(at) + 1])
    assert slopes_in_place(z, [x]) == {z: None}
    repeated = T.tanh(x) * x.sum()
    assert set(slopes_in_place(repeated, [x])) == {repeated}  # in which x takes part in another way too
    with_steps = T.switch(x > y, x, 0) * (y > 0) / x.shape[0]
    assert set(slopes_in_place(with_steps, [x, y])) == {x}
    inner = x * 2
    (slope,) = slopes_in_place(T.exp(inner) * x, [x], [inner]).values()
    np.testing.assert_allclose(values(slope)[0], np.exp(2 * V))


def test_linear_parts_become_slopes():
    u = T.dvector("u")
    long = ((u * x) * y - (u / x) * T.exp(y)) * 3.0
    (short,) = collapsed([m @ long], [u])
    assert sum(u in node.inputs for node in toposort([short]) if str(node.op) == "mul") == 1
    np.testing.assert_allclose(*evaluate([short, m @ long], AT | {u: W}), rtol=1e-12)


def test_rules_that_are_not_linear():
    """A clipped gradient is clipped in each row, as it is row by row."""
    expression = m @ T.exp(symgraph.grad_clip(T.sin(x) * y * 5, -0.3, 0.4) * s)
    whole, rows = symgraph.jacobian(expression, x), symgraph.jacobian(expression, x, vectorize=False)
    got, wanted = values(whole, rows)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    assert np.unique(abs(got / (np.cos(V) * W * 5)).round(9)).size < 16  # some are


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_compiled(linker):
    cost = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    p = T.nnet.sigmoid(m @ x)
    loss = -(s * T.log(p) + (1 - s) * T.log(1 - p)).mean()
    outputs = [symgraph.hessian(cost, x), symgraph.hessian(loss, x), symgraph.jacobian(T.nnet.softmax(m @ x, axis=-1), x)]
    got = symgraph.function([x, m, s], outputs, mode=symgraph.Mode(linker=linker))(V, M, 0.7)
    full = np.zeros((4, 4))
    for k in range(3):
        full[k, k] += 1200 * V[k] ** 2 - 400 * V[k + 1] + 2
        full[k + 1, k + 1] += 200
        full[k, k + 1] -= 400 * V[k]
        full[k + 1, k] -= 400 * V[k]
    np.testing.assert_allclose(got[0], full, rtol=1e-10, atol=1e-10)
    prob = 1 / (1 + np.exp(-M @ V))
    np.testing.assert_allclose(got[1], M.T * (prob * (1 - prob) / 4) @ M, rtol=1e-10)
    z = np.exp(M @ V) / np.exp(M @ V).sum()
    np.testing.assert_allclose(got[2], (np.diag(z) - np.outer(z, z)) @ M, rtol=1e-10)


def test_blocks_of_a_hessian():
    cost = (x * y**2).sum() + (m @ x).sum()
    rows = symgraph.hessian(cost, [x, y], blocks=True)
    got = [values(*row) for row in rows]
    wanted = [[np.zeros((4, 4)), np.diag(2 * W)], [np.diag(2 * W), np.diag(2 * V)]]
    for row, right in zip(got, wanted):
        np.testing.assert_allclose(row, right)
    np.testing.assert_allclose(values(symgraph.hessian((x**3).sum(), x, blocks=True))[0], np.diag(6 * V))


def test_hessian_vector_product():
    cost = T.exp(x * y).sum() + T.sqr(m @ x).sum() + (s * x).sum()
    v, w = T.dvectors("v", "w")
    both = symgraph.hessian_vector_product(cost, [x, y], [v, w])
    (a, b), (c, d) = symgraph.hessian(cost, [x, y], blocks=True)
    wanted = [a @ v + b @ w, c @ v + d @ w]
    for got, right in zip(*[evaluate(out, AT | {v: W, w: V}) for out in (both, wanted)]):
        np.testing.assert_allclose(got, right, rtol=1e-10)
    (number,) = values(symgraph.hessian_vector_product(s**3, s, 2.0))
    np.testing.assert_allclose(number, 12 * 0.7)
    assert values(symgraph.hessian_vector_product(s * 2, s, 1.0))[0] == 0


def test_discrete_expressions_and_variables():
    n = T.lvector("n")
    j = symgraph.jacobian(n.astype("float64") * x, n)
    np.testing.assert_allclose(evaluate([j], {n: [1, 2], x: V[:2]})[0], np.diag(V[:2]))
    steps = symgraph.jacobian((x * 2).astype("int64"), x)
    np.testing.assert_array_equal(values(steps)[0], np.zeros((4, 4)))


def test_single_precision_stays():
    f = T.fvector("f")
    assert symgraph.jacobian(T.tanh(f), f).dtype == "float32"
    assert symgraph.hessian(T.tanh(f).sum(), f).dtype == "float32"
    assert symgraph.jacobian(T.dot(f.dimshuffle(0, "x"), f.dimshuffle("x", 0)), f).dtype == "float32"


@pytest.mark.parametrize("size", [0, 1])
def test_few_elements(size):
    j, d, h = symgraph.jacobian(T.exp(x) * x.sum(), x), symgraph.jacobian(T.exp(x), x), symgraph.hessian(T.exp(x).sum(), x)
    got = symgraph.function([x], [j, d, h])(V[:size])
    e = np.exp(V[:size])
    np.testing.assert_allclose(got[0], np.diag(e * V[:size].sum()) + e[:, None])
    np.testing.assert_allclose(got[1], np.diag(e))
    np.testing.assert_allclose(got[2], np.diag(e))


def test_through_a_python_op_it_says_that_it_loops():
    class Cube(symgraph.Op):
        __props__ = ()

        def make_node(self, a):
            return symgraph.Apply(self, [a], [a.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] ** 3

        def grad(self, inputs, output_grads):
            return [3 * Square()(inputs[0], output_grads[0])]

    class Square(symgraph.Op):
        __props__ = ()

        def make_node(self, a, g):
            return symgraph.Apply(self, [a, g], [a.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] ** 2 * inputs[1]

    with pytest.warns(VectorizeWarning, match="Square"):
        j = symgraph.jacobian(Cube()(x) + x, x)
    np.testing.assert_allclose(values(j)[0], np.diag(3 * V**2 + 1))


@pytest.mark.parametrize(("build", "error", "says"), [
    (lambda: symgraph.jacobian(3.0, x), TypeError, "tensor variable"),
    (lambda: symgraph.jacobian(x, 3.0), TypeError, "wrt"),
    (lambda: symgraph.jacobian(T.zvector("z"), x), TypeError, "real"),
    (lambda: symgraph.jacobian(x * 2, y), DisconnectedInputError, "y"),
    (lambda: symgraph.hessian((x * y).sum(), [x, y], disconnected_inputs="nothing"), ValueError, "disconnected_inputs"),
    (lambda: symgraph.hessian_vector_product((x * y).sum(), [x, y], [x]), ValueError, "2 variables in wrt but 1"),
    (lambda: symgraph.hessian_vector_product((x * y).sum(), x, m), ValueError, "2 dimensions"),
    (lambda: symgraph.hessian_vector_product(x * y, x, y), TypeError, "scalar"),
])
def test_bad_input(build, error, says):
    with pytest.raises(error, match=says):
        build()
