"""Batch normalisation against numbers of Theano's; what its gradient is made of; bad input."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.tensor import nnet

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

X = np.arange(12.0).reshape(2, 3, 2, 1) ** 1.5
GIVEN = [np.array([1.0, 2, 0.5]), np.array([0.0, -1, 1]), np.array([0.1, 0.2, 0.3]), np.array([1.0, 1.5, 2])]
# Theano 1.0.5: batch_normalization_train(x, gamma, beta, 'spatial', 1e-3, 0.3, mean, var): out[0], the others, the gradients of (out ** 2).sum()
THEANOS = [
    [-1.04644182, -0.92411248, -3.19648308, -2.74755251, 0.44279616, 0.57100931], [8.55429941, 14.41299914, 21.8214973],
    [0.12232934, 0.09480208, 0.08062858], [2.63628982, 4.46389974, 6.75644919], [27.42958465, 45.55618236, 62.92890231],
]
BY_GAMMA, BY_BETA = [7.99988028, 15.9998562, 3.999974], [0.0, -8.0, 8.0]


def built():
    x, parameters = T.dtensor4(), T.dvectors(4)
    return x, parameters, nnet.bn.batch_normalization_train(x, *parameters[:2], "spatial", 1e-3, 0.3, *parameters[2:])


def test_the_numbers_of_theano():
    x, parameters, (y, *others) = built()
    gradients = symgraph.grad((y**2).sum(), parameters[:2])
    found = symgraph.function([x, *parameters], [y[0].flatten(), *others, *gradients])(X, *GIVEN)
    for got, wanted in zip(found, [*THEANOS, BY_GAMMA, BY_BETA]):
        np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-12)


def test_forward_and_reverse_are_one_op_each():
    x, parameters, (y, *_) = built()
    f = symgraph.function([x, *parameters[:2]], symgraph.grad((y**3).sum(), [x, *parameters[:2]]))
    names = [type(node.op).__name__ for node in f.maker.fgraph.toposort()]
    assert names.count("Standardise") == names.count("StandardiseGrad") == 1
    assert not {"Sum", "Mean"} & set(names)


def test_running_averages_are_updates():
    x, gamma, beta = T.fmatrix(), *(symgraph.shared(np.full(3, value, "float32")) for value in (1, 0))
    mean, var = (symgraph.shared(np.full(3, value, "float32")) for value in (0, 1))
    y, _, _, new_mean, new_var = nnet.batch_normalization_train(x, gamma, beta, running_mean=mean, running_var=var)
    train = symgraph.function([x], y, updates={mean: new_mean, var: new_var})
    data = np.random.RandomState(0).uniform(1, 3, (50, 3)).astype("float32")
    for _ in range(200):
        train(data)
    test = symgraph.function([x], nnet.batch_normalization_test(x, gamma, beta, mean, var))
    assert test(data).dtype == "float32"
    np.testing.assert_allclose(test(data), train(data), atol=0.03)
    np.testing.assert_allclose(mean.get_value(), data.mean(0), rtol=1e-5)
    np.testing.assert_allclose(var.get_value(), data.var(0, ddof=1), rtol=1e-5)


def test_far_from_zero():
    """Two walks: what is left of numbers far from 0 is not lost, and equal numbers give 0."""
    x = (1e6 + np.random.RandomState(0).uniform(0, 1, (64, 2))).astype("float64")
    v = T.dmatrix()
    got = symgraph.function([v], nnet.batch_normalization_train(v, T.ones(2), T.zeros(2), epsilon=0)[0])(x)
    np.testing.assert_allclose(got, (x - x.mean(0)) / x.std(0), rtol=1e-7, atol=1e-7)
    assert not symgraph.function([v], nnet.layer_normalization(v))(np.full((3, 5), 7.0)).any()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)], ids=str)
def test_nothing(shape):
    v = T.dmatrix()
    for build in (nnet.layer_normalization, lambda z: nnet.batch_normalization_train(z, T.ones(z.shape[1]), T.zeros(z.shape[1]))[0]):
        y = build(v)
        for got in (symgraph.function([v], y)(np.zeros(shape)), evaluate([y], {v: np.zeros(shape)})[0]):
            assert got.shape == shape


def test_integers_and_half_floats():
    assert nnet.layer_normalization(T.imatrix()).dtype == "float64"
    x = np.random.RandomState(0).uniform(-1, 1, (4, 5)).astype("float16")
    v = T.matrix(dtype="float16")
    y = nnet.layer_normalization(v, T.ones(5, dtype="float16"), T.zeros(5, dtype="float16"))
    got = symgraph.function([v], y)(x)
    wide = x.astype("float64")
    assert got.dtype == "float16"
    np.testing.assert_allclose(got, (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5), atol=3e-3)


m, v, t4 = T.dmatrix(), T.dvector(), T.dtensor4()
WRONG = [
    (lambda: nnet.batch_normalization_train(m, v, v, "channels"), ValueError, "invalid axes"),
    (lambda: nnet.batch_normalization_train(m, v, v, 0), ValueError, "invalid axes"),
    (lambda: nnet.batch_normalization_train(m, v, v, ()), ValueError, "at least one"),
    (lambda: nnet.batch_normalization_train(m, v, v, (2,)), ValueError, "axes must be different ones of 0 to 1"),
    (lambda: nnet.batch_normalization_train(m, v, v, (0, 0)), ValueError, "axes must be different"),
    (lambda: nnet.batch_normalization_train(t4, v, v), ValueError, "must have 3 dimensions, or 4"),
    (lambda: nnet.batch_normalization_train(m, v, m), ValueError, "gamma has 1, beta has 2"),
    (lambda: nnet.batch_normalization_train(m, v, v, running_mean=v), ValueError, "running_mean and running_var"),
    (lambda: nnet.batch_normalization_train(m, v, v, epsilon=-1.0), ValueError, "epsilon"),
    (lambda: nnet.batch_normalization_train(T.zmatrix(), v, v), TypeError, "real numbers"),
    (lambda: nnet.batch_normalization_test(t4, v, v, v, v), ValueError, "must have 3 dimensions"),
    (lambda: nnet.batch_normalization(m, v, v, v, v, "fast"), ValueError, "mode"),
    (lambda: nnet.layer_normalization(m, axes=3), ValueError, "1 to 2"),
    (lambda: nnet.layer_normalization(m, v), TypeError, "both"),
    (lambda: nnet.layer_normalization(m, m, m), ValueError, "gamma must have 1 dimensions"),
    (lambda: nnet.batch_normalization_train(T.ones((4, 3, 5)), T.ones(2), T.zeros(3), "spatial"), ValueError, "gamma has size 2 where .* have 3"),
    (lambda: nnet.batch_normalization_test(T.ones((4, 3)), *[T.ones((1, 3))] * 3, T.ones((1, 4))), ValueError, "var has size 4 where .* have 3"),
    (lambda: nnet.group_normalization(v, 2), ValueError, "examples, channels"),
    (lambda: nnet.group_normalization(m, 0), ValueError, "positive"),
    (lambda: nnet.group_normalization(T.ones((2, 5)), 2), ValueError, "5 channels cannot be divided into 2 groups"),
    (lambda: nnet.instance_normalization(m), ValueError, "examples, channels and more"),
    (lambda: nnet.local_response_normalization(m, 4), ValueError, "odd"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_as_it_is_built(case):
    build, kind, text = WRONG[case]
    with pytest.raises(kind, match=text):
        build()


@pytest.mark.parametrize("target", ["FAST_RUN", "FAST_COMPILE"])
def test_wrong_in_the_call(target):
    f = symgraph.function([m, v], nnet.batch_normalization_train(m, v, v)[0], mode=target)
    with pytest.raises(ValueError, match="has 3 channels, where a scale or an offset has 4"):
        f(np.zeros((2, 3)), np.zeros(4))
    g = symgraph.function([m], nnet.group_normalization(m, 2), mode=target)
    with pytest.raises(ValueError, match="3 channels cannot be divided into 2 groups(.|\n)*test_normalisation.py"):
        g(np.zeros((2, 3)))
