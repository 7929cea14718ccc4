"""The gradient of an expression of n ops has at most 4 n or so, once passes have run: for a dozen models of the kinds that people write."""

import math

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.compile.modes import Mode

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

MOST = 4.0
RANDOM = np.random.RandomState(0)


def weights(*shapes):
    return [symgraph.shared(RANDOM.uniform(0.2, 0.8, shape), name=f"w{k}") for k, shape in enumerate(shapes)]


def logistic_regression():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = weights((5,), ())
    p = T.nnet.sigmoid(x @ w + b)
    return -(y * T.log(p) + (1 - y) * T.log(1 - p)).mean() + 0.01 * (w**2).sum(), [w, b], [x, y]


def softmax_regression():
    x, y = T.dmatrix("x"), T.lvector("y")
    w, b = weights((5, 3), (3,))
    return T.nnet.categorical_crossentropy(T.nnet.softmax(x @ w + b), y).mean(), [w, b], [x, y]


def network():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    parameters = weights((5, 7), (7,), (7, 6), (6,), (6, 3), (3,))
    h = x
    for w, b in zip(parameters[:4:2], parameters[1:4:2]):
        h = T.tanh(h @ w + b)
    return T.sqr(h @ parameters[4] + parameters[5] - y).mean(), parameters, [x, y]


def rectified_network():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    parameters = weights((5, 7), (7,), (7, 3), (3,))
    h = T.nnet.relu(x @ parameters[0] + parameters[1])
    return abs(T.maximum(h @ parameters[2] + parameters[3], 0.1) - y).sum(), parameters, [x, y]


def deep_chain():
    x = T.dvector("x")
    parameters = weights(*[(5,)] * 10)
    h = x
    for w in parameters:
        h = T.sin(h * w) + h
    return h.sum(), parameters, [x]


def gaussian_likelihood():
    x = T.dvector("x")
    mean, log_scale = weights((), ())
    z = (x - mean) / T.exp(log_scale)
    return (0.5 * z**2 + log_scale + 0.5 * math.log(2 * math.pi)).sum(), [mean, log_scale], [x]


def poisson_regression():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, offset = weights((5,), ())
    rate = T.exp(x @ w + offset)
    return (rate - y * T.log(rate) + T.gammaln(y + 1)).mean(), [w, offset], [x, y]


def attention():
    x = T.dmatrix("x")
    query, key, value = weights((5, 4), (5, 4), (5, 4))
    scores = (x @ query) @ (x @ key).T / np.sqrt(4)
    return T.sqr(T.nnet.softmax(scores, axis=-1) @ (x @ value)).sum(), [query, key, value], [x]


def autoencoder():
    x = T.dmatrix("x")
    w, hidden, visible = weights((5, 3), (3,), (5,))
    code = T.nnet.sigmoid(x @ w + hidden)
    again = T.nnet.sigmoid(code @ w.T + visible)
    return T.nnet.binary_crossentropy(again, x).sum(axis=1).mean(), [w, hidden, visible], [x]


def mixture():
    x = T.dvector("x")
    logits, means, log_scales = weights((3,), (3,), (3,))
    z = (x.dimshuffle(0, "x") - means) * T.exp(-log_scales)
    each = T.nnet.logsoftmax(logits, axis=0) - log_scales - 0.5 * z**2
    return -T.logsumexp(each, axis=1).sum(), [logits, means, log_scales], [x]


def factorization():
    rows, columns, ratings = T.lvector("rows"), T.lvector("columns"), T.dvector("ratings")
    left, right = weights((6, 4), (7, 4))
    found = (left[rows] * right[columns]).sum(axis=1)
    return T.sqr(found - ratings).mean() + 0.1 * ((left**2).sum() + (right**2).sum()), [left, right], [rows, columns, ratings]


def normalised_layer():
    x = T.dmatrix("x")
    w, scale, shift = weights((5, 4), (4,), (4,))
    h = x @ w
    normal = (h - h.mean(axis=0)) / T.sqrt(h.var(axis=0) + 1e-5)
    return T.exp(normal * scale + shift).mean(), [w, scale, shift], [x]


def rosenbrock():
    (x,) = weights((6,))
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(), [x], []


def hinge():
    x, y = T.dmatrix("x"), T.dvector("y")
    w, b = weights((5,), ())
    return T.maximum(0, 1 - y * (x @ w + b)).mean() + 0.5 * (w**2).sum(), [w, b], [x, y]


MODELS = [
    logistic_regression, softmax_regression, network, rectified_network, deep_chain, gaussian_likelihood, poisson_regression, attention,
    autoencoder, mixture, factorization, normalised_layer, rosenbrock, hinge,
]


def size(outputs, inputs):
    """How many ops a function runs."""
    f = symgraph.function(inputs, outputs, mode=Mode(linker="py"), on_unused_input="ignore")
    return len(list(f.graph.nodes()))


@pytest.mark.parametrize("model", MODELS)
def test_ratio(model):
    cost, parameters, inputs = model()
    forward, backward = size(cost, inputs), size(symgraph.grad(cost, parameters), inputs)
    print(f"{model.__name__}: {forward} ops, gradient {backward}, ratio {backward / forward:.2f}")
    assert backward <= MOST * forward
