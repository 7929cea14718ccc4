"""CTC: what has no path, long sequences, Theano's class, bad input."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import NullTypeGradError
from symgraph.tensor import nnet

x, k, n, m = T.dtensor3("x"), T.lmatrix("k"), T.lvector("n"), T.lvector("m")


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_without_a_path_and_without_labels(mode):
    loss = nnet.ctc_loss(x, k, n, m)
    f = symgraph.function([x, k, n, m], [loss, symgraph.grad(loss.sum(), x)], mode=mode)
    found, slopes = f(np.zeros((2, 4, 2)), [[1, 1]] * 4, [2, 2, 0, 0], [2, 0, 0, 1])  # 1 blank 1 needs three times
    np.testing.assert_allclose(found, [np.inf, 2 * np.log(2), 0, np.inf])
    assert not slopes[:, [0, 2, 3]].any()
    np.testing.assert_allclose(slopes[:, 1], [[-0.5, 0.5]] * 2)
    assert f(np.zeros((2, 0, 2)), np.zeros((0, 3), "int64"), [], [])[0].shape == (0,)


def test_long_sequences_do_not_vanish():
    times, classes = 2000, 5
    random = np.random.RandomState(0)
    labels = random.randint(1, classes, (2, 300))
    f = symgraph.function([x, k], [loss := nnet.ctc_loss(x, k), symgraph.grad(loss.sum(), x)])
    found, slopes = f(random.uniform(-1, 1, (times, 2, classes)), labels)
    assert np.isfinite(found).all() and (found > 500).all()
    np.testing.assert_allclose(slopes.sum(axis=2), 0, atol=1e-8)


def test_a_network_learns_to_say_the_labels():
    w = symgraph.shared(np.zeros((6, 1, 4)))
    loss = nnet.ctc.ConnectionistTemporalClassification()(w, [[2, 2, 3]], [6]).sum()
    step = symgraph.function([], loss, updates={w: w - symgraph.grad(loss, w)})
    losses = [float(step()) for _ in range(60)]
    assert losses[-1] < 0.1 < losses[0]


def _curvature():
    """The sum of all second derivatives by row."""
    return symgraph.grad(symgraph.grad(nnet.ctc_loss(x, k, n, m).sum(), x)[0].sum(), x)


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_second_derivatives(linker):
    """Against differences of the first ones, and as a symmetric matrix; 0 where no path reads so and behind an example's end."""
    random = np.random.RandomState(3)
    slopes = symgraph.grad(nnet.ctc_loss(x, k, n, m).sum(), x)
    v = T.dtensor3("v")
    along = symgraph.grad((slopes * v).sum(), x)
    f = symgraph.function([x, k, n, m], slopes)
    g = symgraph.function([x, k, n, m, v], along, mode=symgraph.Mode(linker=linker))
    given = [[[1, 2], [2, 2], [1, 1], [0, 0], [1, 2]], [4, 3, 2, 3, 0], [2, 2, 2, 0, 0]]
    at, v_at, w_at = random.uniform(-1, 1, (3, 4, 5, 3))
    found = g(at, *given, v_at)
    np.testing.assert_allclose(found, (f(at + 1e-6 * v_at, *given) - f(at - 1e-6 * v_at, *given)) / 2e-6, atol=1e-8)
    np.testing.assert_allclose((found * w_at).sum(), (g(at, *given, w_at) * v_at).sum(), rtol=1e-12)
    assert not found[:, 2].any() and not found[:, 4].any() and not found[3, 1].any()


BAD_VALUES = [
    (([[1, 3]], [4], [2]), IndexError, r"label 3 at index \(0, 1\) is none of the 3 classes"),
    (([[0, 1]], [4], [2]), IndexError, r"label 0 at index \(0, 0\) is none of the 3 classes, or the blank"),
    (([[-1, 1]], [4], [1]), IndexError, "label -1"),
    (([[1, 1]], [5], [2]), ValueError, "input length 5 at index 0 is not between 0 and the 4 times"),
    (([[1, 1]], [-1], [2]), ValueError, "input length -1"),
    (([[1, 1]], [4], [3]), ValueError, "label length 3 at index 0 is not between 0 and the 2 labels"),
    (([[1, 1], [1, 1]], [4], [2]), ValueError, "the batch has 1 examples where labels or lengths have 2"),
]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_bad_values(mode):
    f = symgraph.function([x, k, n, m], nnet.ctc_loss(x, k, n, m), mode=mode)
    for given, kind, text in BAD_VALUES:
        with pytest.raises(kind, match=f"{text}(.|\n)*test_ctc.py"):
            f(np.zeros((4, 1, 3)), *given)


WRONG = [
    (lambda: nnet.ctc_loss(T.dmatrix(), k), TypeError, "three dimensions"),
    (lambda: nnet.ctc_loss(x, n), TypeError, "integer matrix"),
    (lambda: nnet.ctc_loss(x, T.dmatrix()), TypeError, "integer matrix"),
    (lambda: nnet.ctc_loss(x, k, T.dvector()), TypeError, "integer vectors"),
    (lambda: nnet.ctc_loss(T.zeros((2, 1, 3)), k, blank=3), ValueError, "blank 3 is none of the classes"),
    (lambda: symgraph.grad(_curvature().sum(), x), NullTypeGradError, "third derivatives of ctc"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_as_it_is_built(case):
    build, kind, text = WRONG[case]
    with pytest.raises(kind, match=text):
        build()
