"""vectorize_graph and vectorize: expressions of one example for stacks of them. That each op's rule is right, tests/ops/test_batch_rules.py says."""

import warnings

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import VectorizeWarning
from symgraph.expr.walk import toposort
from symgraph.loops.loopop import LoopOp
from symgraph.ops.index import Nonzero

A = np.random.RandomState(0).randn(2, 3, 4)


def network(x, w, b):
    return T.nnet.softmax(T.tanh(x @ w + b), axis=-1)


def test_a_network_for_one_example():
    x, w, b = T.dvector("x"), T.dmatrix("w"), T.dvector("b")
    xs = T.dmatrix("xs")
    ys = symgraph.vectorize_graph(network(x, w, b), {x: xs})
    data = A[0], A[1].T.copy(), A[0, 0, :3]
    f = symgraph.function([xs, w, b], ys)
    z = np.exp(np.tanh(data[0] @ data[1] + data[2]))
    np.testing.assert_allclose(f(*data), z / z.sum(axis=1, keepdims=True), rtol=1e-12)
    assert not any(isinstance(node.op, LoopOp) for node in toposort([ys]))


def test_leading_dimensions_broadcast():
    x, y = T.dvectors("x", "y")
    xs, ys = T.tensor("float64", shape=(None, 1, None)), T.dmatrix("ys")
    out = symgraph.vectorize_graph((x * y).sum(), {x: xs, y: ys})
    found = symgraph.function([xs, ys], out)(A[:, :1], A[1])
    np.testing.assert_allclose(found, (A[:, :1] * A[1]).sum(axis=-1))
    whole = T.dtensor4("whole")
    out = symgraph.vectorize_graph([x.max(), x + y], [(x, whole), (y, ys)])
    largest, total = symgraph.function([whole, ys], out)(A[None], A[1])
    np.testing.assert_allclose(largest, A[None].max(axis=-1))
    np.testing.assert_allclose(total, A[None] + A[1])


def test_what_does_not_depend_is_shared_and_outputs_are_repeated():
    x, w = T.dvector("x"), T.dmatrix("w")
    xs = T.dmatrix("xs")
    costly = T.exp(w).sum()
    out, same = symgraph.vectorize_graph([x * costly, costly], {x: xs})
    assert sum(str(node.op) == "exp" for node in toposort([out])) == 1
    assert (out.ndim, same.ndim) == (2, 1)
    np.testing.assert_allclose(same.eval({xs: A[0], w: A[1]}), [np.exp(A[1]).sum()] * 3)


def test_replaced_without_more_dimensions():
    x, y = T.dvectors("x", "y")
    assert symgraph.vectorize_graph(x * 2, {x: y}).eval({y: [1.0]}) == 2
    inner = x * 2
    np.testing.assert_allclose(symgraph.vectorize_graph(inner + x, {inner: np.ones((2, 1))}).eval({x: [1.0]}), [[2.0], [2.0]])


def test_sizes_are_those_of_one_example():
    x, xs = T.dvector("x"), T.dmatrix("xs")
    assert symgraph.vectorize_graph(x.shape[0] * 2, {x: xs}).eval({xs: A[0]}).tolist() == [8, 8, 8]
    found = symgraph.vectorize_graph(x.reshape((2, -1)).sum(axis=0) + T.arange(2), {x: xs}).eval({xs: A[0]})
    np.testing.assert_allclose(found, A[0].reshape(3, 2, 2).sum(axis=1) + np.arange(2))


@pytest.mark.parametrize("rows", [0, 1])
def test_few_examples(rows):
    x, w, b, xs = T.dvector("x"), T.dmatrix("w"), T.dvector("b"), T.dmatrix("xs")
    f = symgraph.function([xs, w, b], symgraph.vectorize_graph([network(x, w, b), x.reshape((2, -1))], {x: xs}))
    first, second = f(A[0, :rows], A[1].T.copy(), A[0, 0, :3])
    assert (first.shape, second.shape) == ((rows, 3), (rows, 2, 2))


def test_a_size_that_is_known_to_be_one():
    x = T.tensor("float64", shape=(1,))
    y = T.dvector("y")
    xs = T.dmatrix("xs")
    out = symgraph.vectorize_graph(x + y, {x: xs})
    np.testing.assert_allclose(out.eval({xs: A[0, :, :1], y: A[0, 0]}), A[0, :, :1] + A[0, 0])
    with pytest.raises(ValueError, match="size 4"):
        out.eval({xs: A[0], y: A[0, 0]})


def test_a_loop_runs_all_examples_at_once():
    x, a = T.dvector("x"), T.dscalar("a")
    state, _ = symgraph.scan(lambda row, before, a: T.tanh(before * a + row), sequences=[x], outputs_info=[np.float64(0.0)], non_sequences=[a])
    rows, _ = symgraph.scan(lambda row: row * 2 + a, sequences=[x])
    xs, many = T.dmatrix("xs"), T.dvector("many")
    for given in ({x: xs}, {a: many}, {x: xs, a: many}):
        with warnings.catch_warnings():
            warnings.simplefilter("error", VectorizeWarning)
            out = symgraph.vectorize_graph([state, rows], given)
        f = symgraph.function([given.get(x, x), given.get(a, a)], out)
        one = symgraph.function([x, a], [state, rows])
        arrays = A[0] if x in given else A[0, 0], A[0, :, 0] if a in given else A[0, 0, 0]
        singles = [one(arrays[0][k] if x in given else arrays[0], arrays[1][k] if a in given else arrays[1]) for k in range(3)]
        for got, wanted in zip(f(*arrays), zip(*singles)):
            np.testing.assert_allclose(got, np.stack(wanted), rtol=1e-12)


def test_an_op_without_a_rule_runs_in_a_loop_and_says_so():
    @symgraph.as_op(itypes=[T.dvector, T.dscalar], otypes=[T.dvector])
    def backwards(x, factor):
        return x[::-1] * factor

    x, factor, xs = T.dvector("x"), T.dscalar("factor"), T.dmatrix("xs")
    with pytest.warns(VectorizeWarning, match="backwards.*loop over the examples") as caught:
        out = symgraph.vectorize_graph(backwards(x, factor) + 1, {x: xs})
    assert caught[0].filename == __file__
    np.testing.assert_allclose(out.eval({xs: A[0], factor: 2.0}), A[0, :, ::-1] * 2 + 1)


def test_masks_with_one_value_are_choices():
    x, y, xs = T.dvector("x"), T.dscalar("y"), T.dmatrix("xs")
    put, added = T.set_subtensor(x[x > 0], 0.0), T.inc_subtensor(T.ones_like(x)[x > 0.5], y)
    both = T.set_subtensor(put[(put < -0.5) & (x < 9)], y)
    of_constant = T.set_subtensor(T.constant(np.zeros(4))[x < 0], 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", VectorizeWarning)
        out = symgraph.vectorize_graph([put, added, both, of_constant], {x: xs})
        slopes = symgraph.jacobian(T.set_subtensor(x[x > 0], 0.0) * x.sum(), x)
    rows = A[0]
    wanted = np.where(rows > 0, 0, rows), 1 + 2 * (rows > 0.5), np.where(np.where(rows > 0, 0, rows) < -0.5, 2, np.where(rows > 0, 0, rows)), rows < 0
    for got, expected in zip(symgraph.function([xs, y], out)(rows, 2.0), wanted):
        np.testing.assert_allclose(got, expected)
    row, low = rows[0], rows[0] * (rows[0] <= 0)
    np.testing.assert_allclose(slopes.eval({x: row}), np.diag((row <= 0) * row.sum()) + low[:, None] * np.ones(len(row)))
    mask = T.tensor("bool", shape=(None,))
    with pytest.raises(IndexError, match="boolean"):
        symgraph.vectorize_graph(T.set_subtensor(x[mask], 0.0), {x: xs}).eval({xs: rows, mask: [True, False]})


def test_shapes_that_differ_between_examples_fail():
    x, xs = T.dvector("x"), T.dmatrix("xs")
    with pytest.warns(VectorizeWarning, match=Nonzero.__name__):
        out = symgraph.vectorize_graph(x[x > 0], {x: xs})
    with pytest.raises(ValueError):
        out.eval({xs: [[1.0, 2.0], [1.0, -2.0]]})


@pytest.mark.parametrize(("build", "error", "says"), [
    (lambda x, xs: symgraph.vectorize_graph(3.0, {x: xs}), TypeError, "outputs"),
    (lambda x, xs: symgraph.vectorize_graph([x, "y"], {x: xs}), TypeError, "outputs"),
    (lambda x, xs: symgraph.vectorize_graph(x, {"x": xs}), TypeError, "replaces variables"),
    (lambda x, xs: symgraph.vectorize_graph(x, {xs: x}), ValueError, "fewer"),
    (lambda x, xs: symgraph.vectorize_graph(x, {x: xs.astype("float32")}), TypeError, "float32"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "n->n")(x), ValueError, "no signature"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, 3), ValueError, "no signature"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "(n)->(n)")(x, x), TypeError, "1 arguments, got 2"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "(m,n)->(m,n)")(x), ValueError, "2 or more"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "(n)->()")(x), TypeError, "1 dimensions, 0"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "(n)->(n),(n)")(x), TypeError, "2 results"),
    (lambda x, xs: symgraph.vectorize(lambda a, b: a + b, "(n),(n)->(n)")(T.zeros(2), T.zeros(3)), ValueError, "size 3 where n"),
    (lambda x, xs: symgraph.vectorize(lambda a: a, "(3)->(3)")(T.zeros(2)), ValueError, "size 2 where 3"),
])
def test_bad_input(build, error, says):
    with pytest.raises(error, match=says):
        build(T.dvector("x"), T.dmatrix("xs"))


def test_functions_with_a_signature():
    solve = symgraph.vectorize(lambda m, v: [m @ v, (m * m).sum()], "(m,n),(n)->(m),()")
    m, v = T.dtensor3("m"), T.dvector("v")
    product, square = solve(m, v)
    got = symgraph.function([m, v], [product, square])(A, A[0, 0])
    np.testing.assert_allclose(got[0], A @ A[0, 0])
    np.testing.assert_allclose(got[1], (A * A).sum(axis=(1, 2)))
    of_numbers = symgraph.vectorize(lambda a, b: T.switch(a > b, a, -b))
    np.testing.assert_allclose(of_numbers(m, v).eval({m: A, v: A[0, 0]}), np.where(A > A[0, 0], A, -A[0, 0]))
    assert of_numbers.__name__ == "<lambda>"


def test_numbers_in_signatures():
    cross = symgraph.vectorize(lambda a, b: T.stack([a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]]), "(2),(2)->(2)")
    a, b = T.dmatrices("a", "b")
    x, y = A[0, :, :2], A[1, :, :2]
    wanted = np.stack([x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0], (x * y).sum(axis=1)], axis=1)
    np.testing.assert_allclose(symgraph.function([a, b], cross(a, b))(x, y), wanted)


def test_gradients_of_each_example():
    """The gradient of a vectorised expression, and the vectorised gradient, example by example."""
    x, w, xs = T.dvector("x"), T.dvector("w"), T.dmatrix("xs")
    loss = T.sqr(T.tanh((x * w).sum()) - 0.5)
    each = symgraph.vectorize_graph(symgraph.grad(loss, w), {x: xs})
    f = symgraph.function([xs, w], each)
    values = A[0], A[1, 0]
    wanted = np.stack([symgraph.grad(loss, w).eval({x: row, w: values[1]}) for row in values[0]])
    np.testing.assert_allclose(f(*values), wanted)
    total = symgraph.grad(symgraph.vectorize_graph(loss, {x: xs}).sum(), w)
    np.testing.assert_allclose(symgraph.function([xs, w], total)(*values), wanted.sum(axis=0))
