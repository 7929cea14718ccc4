"""Activations and losses against their formulas, far from 0 too; softmax along any dimension."""

import numpy as np
import pytest
from differences import run, same, slopes

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.tensor import nnet

RANDOM = np.random.RandomState(0)
ROWS = RANDOM.uniform(-3, 3, (4, 5))


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("shape", [(3,), (3, 4), (2, 3, 4), (1, 1), (0, 3), (3, 0)], ids=str)
def test_softmax_along_each_axis(shape):
    x = RANDOM.uniform(-3, 3, shape)
    for axis in range(-len(shape), len(shape)):
        wanted = softmax(x, axis) if x.size else x
        same(run(lambda v, a=axis: nnet.softmax(v, axis=a), x), wanted)
        with np.errstate(divide="ignore"):
            same(run(lambda v, a=axis: nnet.logsoftmax(v, axis=a), x), np.log(wanted))


def test_softmax_without_axis_is_theanos():
    assert nnet.softmax(T.dvector()).broadcastable == (True, False)
    same(run(nnet.softmax, ROWS[0]), softmax(ROWS[:1]))
    same(run(nnet.softmax, ROWS), softmax(ROWS))
    same(run(lambda x, b: nnet.softmax_with_bias(x, b), ROWS, ROWS[0]), softmax(ROWS + ROWS[0]))
    assert nnet.softmax(T.imatrix()).dtype == "float64"
    with pytest.raises(ValueError):
        nnet.softmax(T.dscalar())
    with pytest.raises(TypeError):
        nnet.softmax(T.zmatrix())
    with pytest.raises(ValueError):
        nnet.softmax(T.dmatrix(), axis=2)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_softmax_far_out(dtype):
    x = np.array([[1e4, 0, -1e4], [-6e4, -6e4, -6e4], [np.inf * -1, 0, 0]]).astype(dtype)
    same(run(nnet.softmax, x), np.array([[1, 0, 0], [1 / 3] * 3, [0, 0.5, 0.5]]).astype(dtype), 1e-3)
    assert np.isfinite(run(nnet.logsoftmax, x)[:2]).all()
    f = symgraph.function([v := T.matrix(dtype=dtype)], [nnet.softmax(v), nnet.logsoftmax(v), T.logsumexp(v, axis=0)])
    for got, build in zip(f(x), (nnet.softmax, nnet.logsoftmax, lambda v: T.logsumexp(v, axis=0))):
        same(got, run(build, x), 1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_native_softmax(axis):
    x = RANDOM.uniform(-3, 3, (3, 19, 21))
    v = T.dtensor3()
    p, log_p = symgraph.function([v], [nnet.softmax(v, axis), nnet.logsoftmax(v, axis)])(x)
    same(p, softmax(x, axis))
    same(log_p, np.log(softmax(x, axis)))


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)], ids=str)
def test_logsumexp(axis):
    wanted = np.log(np.exp(ROWS).sum(axis=axis))
    same(run(lambda x: T.logsumexp(x, axis=axis), ROWS), wanted)
    same(run(lambda x: T.logsumexp(x, axis=axis, keepdims=True), ROWS), np.log(np.exp(ROWS).sum(axis=axis, keepdims=True)))
    x = T.dmatrix()
    same(symgraph.function([x], T.logsumexp(x, axis=axis))(ROWS), wanted)


@pytest.mark.parametrize(("at", "wanted"), [
    ([1000.0, 1000], 1000 + np.log(2)), ([-np.inf, -np.inf], -np.inf), ([np.inf, 1], np.inf), ([np.inf, np.inf, -np.inf], np.inf),
    ([], -np.inf),
    ([-np.inf, 2], 2.0), ([np.nan, 2], np.nan), ([-1000.0], -1000.0),
])
def test_logsumexp_at_the_ends(at, wanted):
    x = T.dvector()
    same(run(T.logsumexp, np.array(at)), np.float64(wanted))
    same(symgraph.function([x], T.logsumexp(x))(np.array(at)), np.float64(wanted))


def test_gradients_by_differences():
    for axis in (0, 1):
        slopes(lambda x, a=axis: nnet.softmax(x, a), ROWS)
        slopes(lambda x, a=axis: nnet.logsoftmax(x, a), ROWS)
        slopes(lambda x, a=axis: T.logsumexp(x, a), ROWS)
    for build in (nnet.relu, lambda x: nnet.relu(x, 0.1), nnet.elu, nnet.selu, nnet.softsign, nnet.sigmoid, nnet.softplus,
                  nnet.ultra_fast_sigmoid, nnet.hard_sigmoid):
        slopes(build, ROWS)
    small = RANDOM.uniform(0.1, 0.9, (3, 4))
    slopes(nnet.binary_crossentropy, small, small[::-1].copy())
    slopes(nnet.sigmoid_binary_crossentropy, ROWS[:3, :4], small)
    slopes(nnet.categorical_crossentropy, small, small[::-1].copy())
    labels = T.constant(np.array([1, 0, 3]))
    slopes(lambda p: nnet.categorical_crossentropy(p, labels), small)
    slopes(lambda p: nnet.crossentropy_softmax_1hot(p, labels)[0], small)


def test_second_gradients():
    for build in (lambda x: nnet.softmax(x, 1)[:, 0].sum(), lambda x: nnet.logsoftmax(x, 1)[:, 0].sum(), T.logsumexp):
        slopes(lambda x, f=build: T.grad(f(x), x), ROWS[:2, :3].copy())


def test_forward_mode():
    x, t = T.dmatrices("x", "t")
    for build in (lambda v: nnet.softmax(v, 0), lambda v: nnet.logsoftmax(v, 1), lambda v: T.logsumexp(v, 0)):
        ends = [run(build, ROWS + sign * 1e-6 * ROWS[::-1]) for sign in (1, -1)]
        same(evaluate([T.Rop(build(x), x, t)], {x: ROWS, t: ROWS[::-1].copy()})[0], (ends[0] - ends[1]) / 2e-6, 1e-6)


def test_activations():
    x = np.array([-np.inf, -1000.0, -2, -0.5, 0, 0.5, 2, 1000, np.inf])
    below = np.minimum(x, 0)
    same(run(nnet.relu, x), np.maximum(x, 0))
    same(run(lambda v: nnet.relu(v, 0.1), x), np.where(x > 0, x, 0.1 * x))
    same(run(nnet.elu, x), np.where(x > 0, x, np.expm1(below)))
    same(run(nnet.selu, x), 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543773 * np.expm1(below)))
    same(run(nnet.softsign, x[1:-1]), x[1:-1] / (1 + abs(x[1:-1])))
    same(run(nnet.hard_sigmoid, x), np.clip(0.2 * x + 0.5, 0, 1))
    finite = RANDOM.uniform(-10, 10, 1000)
    assert abs(run(nnet.ultra_fast_sigmoid, finite) - 1 / (1 + np.exp(-finite))).max() < 0.08
    same(run(nnet.sigmoid, finite), 1 / (1 + np.exp(-finite)))
    assert run(nnet.relu, np.float32(2)).dtype == np.float32
    assert run(nnet.relu, np.array([3, -3])).tolist() == [3, 0]


def test_slope_of_relu_at_zero():
    x = T.dvector()
    for alpha, wanted in ((0, 0.5), (0.5, 0.75)):
        assert evaluate([T.grad(nnet.relu(x, alpha).sum(), x)], {x: [0.0, 1, -1]})[0].tolist() == [wanted, 1, alpha]


def test_slope_of_elu_where_the_exponential_overflows():
    x = T.dvector()
    assert evaluate([T.grad(nnet.elu(x).sum(), x)], {x: [1e4, -1e4]})[0].tolist() == [1, 0]


def test_sigmoid_binary_crossentropy_far_out():
    x = np.array([-1000.0, -50, 0, 50, 1000])
    same(run(lambda v: nnet.sigmoid_binary_crossentropy(v, T.ones_like(v)), x), np.logaddexp(0, -x))
    same(run(lambda v: nnet.sigmoid_binary_crossentropy(v, T.zeros_like(v)), x), np.logaddexp(0, x))


def test_categorical_crossentropy():
    p, y = softmax(ROWS), np.array([0, 4, 2, -1])
    wanted = -np.log(p[np.arange(4), y])
    same(run(nnet.categorical_crossentropy, p, y), wanted)
    same(run(nnet.categorical_crossentropy, p, np.eye(5)[y]), wanted)
    same(run(nnet.categorical_crossentropy, p[0], np.int64(2)), -np.log(p[0, 2]))
    same(run(nnet.categorical_crossentropy, p.reshape(2, 2, 5), y.reshape(2, 2)), wanted.reshape(2, 2))
    loss, q = (run(lambda x, k, i=i: nnet.crossentropy_softmax_1hot(x, k)[i], ROWS, y) for i in (0, 1))
    same(loss, wanted)
    same(q, p)
    parts = [run(lambda x, k, i=i: nnet.crossentropy_softmax_max_and_argmax_1hot(x, k)[i], ROWS, y) for i in range(4)]
    same(parts[2], p.max(axis=1))
    same(parts[3], p.argmax(axis=1))
    x, b = T.dmatrix(), T.dvector()
    got = evaluate(nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, T.constant(y)), {x: ROWS, b: ROWS[1]})
    same(got[0], -np.log(softmax(ROWS + ROWS[1])[np.arange(4), y]))
    same(got[2], (ROWS + ROWS[1]).argmax(axis=1))


def test_categorical_crossentropy_refuses():
    with pytest.raises(TypeError, match="rank"):
        nnet.categorical_crossentropy(T.dmatrix(), T.itensor3())
    with pytest.raises(TypeError, match="integers"):
        nnet.categorical_crossentropy(T.dmatrix(), T.dvector())
    with pytest.raises(IndexError):
        run(nnet.categorical_crossentropy, softmax(ROWS), np.array([0, 5, 2, 1]))
