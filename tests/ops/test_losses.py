"""Losses far out and on bad labels; names of the face; rows of a table that stay sparse up to the update."""

import importlib

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.tensor import nnet

x, y, v = T.dmatrix("x"), T.lvector("y"), T.dvector()
LOSSES = {
    "categorical_crossentropy": lambda: nnet.categorical_crossentropy(nnet.softmax(x), y), "nll": lambda: nnet.nll(nnet.logsoftmax(x), y),
    "softmax_crossentropy": lambda: nnet.softmax_crossentropy(x, y), "crossentropy_softmax_1hot": lambda: nnet.crossentropy_softmax_1hot(x, y)[0],
    "multiclass_hinge": lambda: nnet.multiclass_hinge(x, y),
    "its gradient": lambda: symgraph.grad(nnet.softmax_crossentropy(x, y).sum(), x),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", LOSSES)
def test_the_first_bad_label_is_named(name, mode):
    rate = symgraph.shared(1.0)
    f = symgraph.function([x, y], LOSSES[name](), updates={rate: rate * 2}, mode=mode)
    rows = np.zeros((4, 3))
    f(rows, [0, 2, -1, -3])
    for wrong, label, at in [([0, 1, 3, 5], 3, 2), ([-4, 9, 0, 0], -4, 0)]:
        with pytest.raises(IndexError, match=f"label {label} at index {at} is none of the 3 classes(.|\n)*test_losses.py"):
            f(rows, wrong)
    assert rate.get_value() == 2.0
    with pytest.raises((ValueError, IndexError)):
        f(rows, [0, 1])


OF_PROBABILITIES = {
    "binary_crossentropy": lambda p: nnet.binary_crossentropy(p, 0.5), "categorical_crossentropy": lambda p: nnet.categorical_crossentropy(p, y),
    "with distributions": lambda p: nnet.categorical_crossentropy(p, T.ones_like(p)), "kl_divergence": lambda p: nnet.kl_divergence([0.25] * 3, p),
    "a gradient": lambda p: symgraph.grad(nnet.binary_crossentropy(p, 0.5).mean(), p),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", OF_PROBABILITIES)
def test_what_is_no_probability_is_named(name, mode):
    rate = symgraph.shared(1.0)
    f = symgraph.function([x, y], OF_PROBABILITIES[name](x), updates={rate: rate * 2}, mode=mode, on_unused_input="ignore")
    rows = np.full((40, 3), 0.25)
    for fine in (0.0, 1.0, 1 + 1e-7, np.nan):  # sums of probabilities may be above 1 by rounding
        rows[33, 2] = fine
        f(rows, np.zeros(40, "int64"))
    for wrong in (-1e-9, 1.5, np.inf, -np.inf):
        rows[33, 2], rows[39, 2] = wrong, -7
        with pytest.raises(ValueError, match=rf"must lie within \[0, 1\], got {wrong:.3g}.* at index \(33, 2\)(.|\n)*test_losses.py"):
            f(rows, np.zeros(40, "int64"))
        rows[39, 2] = 0
    assert rate.get_value() == 16.0


def test_who_needs_no_check():
    """What is a probability by its making is not looked at again."""
    vouched = lambda p: any("Vouch" in str(node.op) for node in symgraph.graph.toposort([nnet.binary_crossentropy(p, 0.5)]))
    w, i = nnet.sigmoid(x), T.lvector()
    for p in (w, nnet.softmax(x), w.T, w[1:], w[i], w.flatten(), T.clip(x, 0.1, 0.9), T.concatenate([w, w]), w * w, T.switch(x > 0, w, 0.5),
              w.astype("float32"), T.specify_shape(w, (2, 3))):
        assert not vouched(p)
    for p in (x, x[1:], 1.5 * w, w + w, -w, T.clip(x, -1, 1), T.switch(x > 0, w, x), T.concatenate([w, x]), T.clip(x, 0, x)):
        assert vouched(p)


def test_a_bad_label_of_several_dimensions_is_named():
    z, k = T.dtensor3(), T.imatrix()
    f = symgraph.function([z, k], nnet.softmax_crossentropy(z, k))
    with pytest.raises(IndexError, match=r"label 7 at index \(1, 0\) is none of the 3 classes"):
        f(np.zeros((2, 2, 3)), np.array([[0, 1], [7, 8]], "int32"))
    with pytest.raises(IndexError, match="label 2 at index 1 is none of the 2 classes"):
        nnet.nll([[0.0, 0.0], [0.0, 0.0]], [1, 2])  # known as it is built


def test_far_out():
    far = np.array([[1e4, 0.0, -1e4], [-1e4, 0.0, 1e4]])
    f = symgraph.function([x, y], [nnet.softmax_crossentropy(x, y), symgraph.grad(nnet.softmax_crossentropy(x, y).sum(), x)])
    loss, slope = f(far, [2, 2])
    np.testing.assert_array_equal(loss, [2e4, 0])
    np.testing.assert_array_equal(slope, [[1, 0, -1], [0, 0, 0]])
    found = [nnet.sigmoid_binary_crossentropy(x, 1), nnet.log_sigmoid(x), nnet.log_cosh(x, 0), nnet.silu(x), nnet.gelu(x), nnet.mish(x)]
    g = symgraph.function([x], found)
    assert all(np.isfinite(value).all() for value in g(far))
    np.testing.assert_array_equal(symgraph.function([v], symgraph.grad(nnet.elu(v).sum() + nnet.celu(v).sum(), v))(np.array([1e4, -1e4])), [2, 0])


INNER = {"CTC", "CTCGrad", "ConnectionistTemporalClassification", "Labels", "ctc", "labels_of", "picked"}  # of the family's own files
WRONG = [
    (lambda: nnet.nll(x, v), TypeError, "labels must be integers"),
    (lambda: nnet.nll(x, T.lmatrix()), TypeError, "2 - 1 dimensions"),
    (lambda: nnet.nll(x, y, x), TypeError, "weights of the classes must be a vector"),
    (lambda: nnet.categorical_crossentropy(x, T.dtensor3()), TypeError, "rank mismatch"),
    (lambda: nnet.categorical_crossentropy([[0.5, -0.5]], y), ValueError, "probabilities lie between 0 and 1"),
    (lambda: nnet.binary_crossentropy([1.5], [1]), ValueError, "from 1.5 to 1.5"),
    (lambda: nnet.categorical_crossentropy(x, [[-1.0, 2.0]]), ValueError, "targets lie between 0 and 1"),
    (lambda: nnet.softmax_crossentropy(x, [[-1.0, 2.0]]), ValueError, "targets lie between 0 and 1"),
    (lambda: nnet.kl_divergence([-0.5, 1.5], v), ValueError, "kl_divergence: probabilities lie"),
    (lambda: nnet.kl_divergence(v, [-0.5, 1.5]), ValueError, "kl_divergence: probabilities lie"),
    (lambda: nnet.binary_crossentropy(v, [2]), ValueError, "targets lie between 0 and 1"),
    (lambda: nnet.softmax_crossentropy(x, y, smoothing=2), ValueError, "smoothing"),
    (lambda: nnet.softmax_crossentropy(x, T.dtensor4()), TypeError, "2 - 1 dimensions"),
    (lambda: nnet.softmax_crossentropy(x, y, axis=2), ValueError, "axis"),
    (lambda: nnet.huber(v, v, -1), ValueError, "delta must be positive"),
    (lambda: nnet.multiclass_hinge(v, y), TypeError, "matrix of scores"),
    (lambda: nnet.maxout(x, 0), ValueError, "positive integer"),
    (lambda: nnet.maxout(T.ones((2, 3)), 2), ValueError, "cannot be cut"),
    (lambda: nnet.glu(T.ones((2, 3))), ValueError, "cannot be cut"),
    (lambda: nnet.hard_tanh(v, 1, -1), ValueError, "low must be below high"),
    (lambda: nnet.relu(T.zvector()), TypeError, "real numbers"),
    (lambda: nnet.embedding(x, v), TypeError, "indices must be integers"),
    (lambda: nnet.embedding(1.0, y), TypeError, "table of rows"),
    (lambda: nnet.confusion_matrix(x, y), ValueError, "actual must be a vector"),
    (lambda: nnet.confusion_matrix(y, v), TypeError, "pred must be integers"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_as_it_is_built(case):
    build, kind, text = WRONG[case]
    with pytest.raises(kind, match=text):
        build()


def test_the_face_lists_what_its_files_have():
    assert all(getattr(nnet, name) is not None for name in nnet.__all__)
    for home, names in nnet._HOMES.items():
        if home.startswith("symgraph.ops.nnet."):
            assert sorted(names.split()) == sorted(name for name in importlib.import_module(home).__all__ if name not in INNER)
    with pytest.raises(AttributeError, match="has no 'sofmax'"):
        nnet.sofmax  # noqa: B018


def test_the_gradient_of_a_lookup_stays_sparse():
    """Of a table of 1,000,000 rows no second table of gradients is made: what is added to is the table itself."""
    table = symgraph.shared(np.zeros((1_000_000, 2), "float32"))
    cost = ((nnet.embedding(table, y) - np.float32(1)) ** 2).sum()
    f = symgraph.function([y], cost, updates={table: table - np.float32(0.25) * symgraph.grad(cost, table)})
    made = [type(node.op).__name__ for node in f.maker.fgraph.toposort()]
    assert "Alloc" not in made
    assert made.count("AdvancedIncSubtensor") == 1
    f([3, 5, 3])
    np.testing.assert_allclose(table.get_value()[[2, 3, 5]], [[0, 0], [1, 1], [0.5, 0.5]])
    with pytest.raises(IndexError, match="1000000"):
        f([1, 1000000])
    assert table.get_value()[1, 0] == 0


@pytest.mark.parametrize("target", ["FAST_RUN", "FAST_COMPILE"])
def test_classes_that_are_not_last(target):
    """Of images of logits: loss and gradient are those with the classes at the end, and so are mistakes."""
    z, k = T.dtensor4(), T.ltensor3()
    loss = nnet.softmax_crossentropy(z, k, axis=1, weights=[1.0, 2.0, 0.5])
    f = symgraph.function([z, k], [loss, symgraph.grad(loss.sum(), z)], mode=target)
    turned = nnet.softmax_crossentropy(z.dimshuffle(0, 2, 3, 1), k, weights=[1.0, 2.0, 0.5])
    wanted = symgraph.function([z, k], [turned, symgraph.grad(turned.sum(), z)], mode=target)
    rng = np.random.default_rng(1)
    Z, K = rng.standard_normal((2, 3, 4, 5)), rng.integers(-3, 3, (2, 4, 5))
    for got, right in zip(f(Z, K), wanted(Z, K)):
        np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-15)
    K[1, 2, 3] = 3
    with pytest.raises(IndexError, match=r"label 3 at index \(1, 2, 3\) is none of the 3 classes"):
        f(Z, K)
    with pytest.raises(ValueError, match="dimension 2"):
        f(Z, K[:, :, :1])
