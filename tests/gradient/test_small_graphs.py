"""Gradient graphs are small: what a programmer would write by hand, and nothing computed twice."""

from collections import Counter

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.walk import toposort
from symgraph.ops.create import Alloc
from symgraph.ops.nnet.softmax import LogSoftmax, Softmax
from symgraph.ops.reduce import Sum

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

A, B = np.random.RandomState(0).randn(2, 5)


def ops_of(f):
    """How often each op stands in the graph that a function runs."""
    return Counter(str(node.op).split("{")[0] for node in f.graph.nodes())


def work(f):
    """Those that compute anything: no sizes, no views."""
    return {name: n for name, n in ops_of(f).items() if name not in ("ShapeItem", "DimShuffle", "Cast")}


def stepping(cost, parameters, inputs, rate=0.1):
    gradients = symgraph.grad(cost, parameters)
    return symgraph.function(inputs, cost, updates=[(p, p - rate * g) for p, g in zip(parameters, gradients)])


def shared(*size):
    return symgraph.shared(np.random.RandomState(1).randn(*size))


# As built, before any pass --------------------------------------------------------------------------------------------


def test_only_what_is_asked_for_is_built():
    x, w, v = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("v")
    cost = (T.tanh(x @ w) @ v).sum()
    by_v = symgraph.grad(cost, v)
    both = symgraph.grad(cost, [w, v])
    assert not any(str(node.op) == "tanh" and node.inputs[0] is by_v for node in toposort([by_v]))
    assert len(toposort([by_v])) < len(toposort(both))
    assert not any(w in node.inputs and str(node.op).startswith("dot{") for node in toposort([by_v]) if node not in toposort([cost]))
    by_cost_only = set(toposort([by_v])) - set(toposort([cost]))
    assert len(by_cost_only) <= 4  # 1 over the shape of the product, transpose, dot


def test_a_gradient_without_influence_adds_nothing():
    x, y = T.dvectors("x", "y")
    cost = (x * T.zero_grad(y)).sum() + (y > 0).sum()
    assert len(toposort([symgraph.grad(cost, x)])) <= 6


def test_a_product_of_many_shares_its_gradients():
    """n factors: each gradient is a product of n; as many nodes as factors, not their square."""
    xs = T.dvectors(*[f"x{k}" for k in range(12)])
    gradients = symgraph.grad(T.mul(*xs).sum(), list(xs))
    assert len(toposort(gradients)) <= 12 + 6


def test_size_grows_with_the_graph():
    x = T.dvector("x")

    def nodes(depth):
        y = x
        for _ in range(depth):
            y = T.tanh(y * 0.5 + x)
        return len(toposort([symgraph.grad(y.sum(), x)]))

    assert nodes(40) - nodes(20) == pytest.approx(2 * (nodes(20) - nodes(10)), abs=2)


# What runs ------------------------------------------------------------------------------------------------------------


def test_sum_of_squares():
    a, b, x = T.dvectors("a", "b", "x")
    f = symgraph.function([a, b, x], symgraph.grad(((a * x + b) ** 2).sum(), [a, b, x]))
    assert ops_of(f) == {"mul": 4, "add": 1}  # a x, 2 (a x + b), and that times x and a
    np.testing.assert_allclose(f(A, B, A)[0], 2 * (A * A + B) * A)


def test_a_bias_is_summed_once():
    x, b = T.dmatrix("x"), T.dvector("b")
    f = symgraph.function([x, b], symgraph.grad(((x + b) ** 2).sum(), b))
    assert ops_of(f) == {"add": 1, "Sum": 1, "mul": 1}
    f = symgraph.function([x, b], symgraph.grad((T.tanh(x + b) * x).sum(), [x, b]))
    assert ops_of(f)["Sum"] == 1
    assert ops_of(f)["tanh"] == 1
    c = T.tensor("float64", shape=(None, 1))
    f = symgraph.function([x, b, c], symgraph.grad(((x * c + b) ** 2).sum(), [b, c]))
    assert ops_of(f)["Sum"] == 2  # one a broadcast operand


def test_nothing_of_ones_zeros_or_casts_is_left():
    x, w, b = T.fmatrix("x"), T.fmatrix("w"), T.fvector("b")
    costs = [(x * b).sum() + (x + b).sum(axis=0).sum(), T.sqr(x @ w + b).mean(), T.nnet.softplus(x @ w + b).sum(axis=1).mean(),
             T.exp((x @ w).max(axis=1)).sum()]
    for cost in costs:
        f = symgraph.function([x, w, b], symgraph.grad(cost, [w, b], disconnected_inputs="ignore"), on_unused_input="ignore")
        for node in f.graph.nodes():
            if any(out.ndim == 0 for out in node.outputs):
                continue
            for y in node.inputs:
                if isinstance(node.op, Sum) and y.owner is not None:
                    assert not isinstance(y.owner.op, Alloc)
            assert all(out.dtype != "float64" for out in node.outputs), node
            assert not (str(node.op) == "mul" and any(y.owner is not None and isinstance(y.owner.op, Alloc) for y in node.inputs)), node
            if "Cast" in str(node.op):
                assert node.inputs[0].ndim == 0, node


def test_linear_regression_step():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = shared(5), symgraph.shared(0.0)
    f = stepping(T.sqr(x @ w + b - y).mean(), [w, b], [x, y])
    assert work(f) == {"dot": 1, "add": 1, "sub": 2, "square": 1, "Sum": 2, "true_div": 1, "reciprocal": 1, "mul": 2, "Gemm": 1}


def test_logistic_regression_step():
    """Of the cost by labels: one walk for its logarithms and the softmax; one product for the data, one for the gradient; one sum over rows."""
    x, y = T.dmatrix("x"), T.lvector("y")
    w, b = shared(5, 4), shared(4)
    f = stepping(T.nnet.categorical_crossentropy(T.nnet.softmax(x @ w + b), y).mean(), [w, b], [x, y])
    found = ops_of(f)
    assert found["dot"] == found["Gemm"] == found["PickedLogSoftmax"] == found["AdvancedIncSubtensor"] == 1
    assert not {"LogSoftmax", "exp", "AdvancedSubtensor"} & set(found)
    assert found["Sum"] == 2  # the mean, and the bias
    assert "Softmax" not in found
    assert sum(work(f).values()) <= 19
    at = np.random.RandomState(2).randn(6, 5), np.array([0, 3, 1, 1, 2, 0])
    z = at[0] @ w.get_value() + b.get_value()
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    slope = (p - np.eye(4)[at[1]]) / 6
    wanted = w.get_value() - 0.1 * at[0].T @ slope, b.get_value() - 0.1 * slope.sum(axis=0)
    np.testing.assert_allclose(f(*at), -np.log(p[np.arange(6), at[1]]).mean(), rtol=1e-13)
    np.testing.assert_allclose(w.get_value(), wanted[0], rtol=1e-12)
    np.testing.assert_allclose(b.get_value(), wanted[1], rtol=1e-12)


def test_logistic_regression_as_the_tutorial_writes_it():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = shared(5), symgraph.shared(0.0)
    p = 1 / (1 + T.exp(-T.dot(x, w) - b))
    f = stepping((-y * T.log(p) - (1 - y) * T.log(1 - p)).mean() + 0.01 * (w**2).sum(), [w, b], [x, y])
    found = ops_of(f)
    assert not {"exp", "log", "log1p"} & set(found)
    assert found["softplus"] == found["sigmoid"] == 2
    assert found["Gemm"] == 1
    assert sum(work(f).values()) <= 27


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_network_step(layers):
    """Two products a layer and one for the data that goes back; tanh once a layer; a sum for each bias."""
    x, y = T.dmatrix("x"), T.lvector("y")
    sizes = [5, 7, 6, 8][: layers + 1]
    parameters = []
    h = x
    for n, m in zip(sizes, sizes[1:]):
        w, b = shared(n, m), shared(m)
        h = T.tanh(h @ w + b)
        parameters += [w, b]
    w, b = shared(sizes[-1], 4), shared(4)
    parameters += [w, b]
    f = stepping(T.nnet.categorical_crossentropy(T.nnet.softmax(h @ w + b), y).mean(), parameters, [x, y])
    found = ops_of(f)
    assert found["tanh"] == layers
    assert found["dot"] + found["Gemm"] == 3 * layers + 2
    assert found["Sum"] == layers + 2
    assert found["PickedLogSoftmax"] == 1 and not {"LogSoftmax", "Softmax"} & set(found)
    assert sum(work(f).values()) <= 19 + 12 * layers


def test_softmax_and_its_logarithm_are_computed_once():
    x, t = T.dmatrices("x", "t")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(x), t).mean()
    f = symgraph.function([x, t], [cost, symgraph.grad(cost, x)])
    assert sum(isinstance(node.op, (LogSoftmax, Softmax)) for node in f.graph.nodes()) == 1


def test_no_node_stands_twice():
    x, w, b = T.dmatrix("x"), T.dmatrix("w"), T.dvector("b")
    cost = T.sqr(T.tanh(x @ w + b)).mean() + T.nnet.softmax(x @ w).max(axis=1).sum()
    graph = symgraph.function([x, w, b], [cost, *symgraph.grad(cost, [x, w, b])]).graph
    seen = Counter((node.op, tuple(map(id, node.inputs))) for node in graph.nodes())
    assert max(seen.values()) == 1
