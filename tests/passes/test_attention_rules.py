"""Attention as it is written is found, with its gradient; what is something else stays."""

from collections import Counter

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.tensor import nnet


def down(n):
    return T.arange(n).dimshuffle(0, "x")


def along(n):
    return T.arange(n).dimshuffle("x", 0)


LEAD = {2: (), 3: (3,), 4: (2, 2)}
WAYS = {
    "plain": lambda s, m, n: s,
    "divided": lambda s, m, n: s / np.float32(3),
    "multiplied": lambda s, m, n: np.float32(0.3) * s,
    "by a variable": lambda s, m, n: s * m.max(),
    "with a mask that is added": lambda s, m, n: s / np.float32(3) + m,
    "with a choice": lambda s, m, n: T.switch(T.gt(m, 0), s / np.float32(3), np.float32(-1e9)),
    "causal": lambda s, m, n: T.switch(T.ge(down(n), along(n)), s, np.float32(-np.inf)),
    "causal, turned": lambda s, m, n: T.switch(T.gt(along(n), down(n)), np.float32(-1e9), s),
    "causal, added": lambda s, m, n: s / np.float32(3) + T.switch(T.le(along(n), down(n)), np.float32(0), np.float32(-np.inf)),
    "causal, added the other way": lambda s, m, n: s + T.switch(T.lt(down(n), along(n)), np.float32(-1e9), np.float32(0)),
    "causal, added to a mask": lambda s, m, n: s + m + T.switch(T.ge(down(n), along(n)), np.float32(0), np.float32(-np.inf)),
}


def written(ndim, way):
    q, k, v, m = (T.tensor("float32", shape=(None,) * ndim, name=name) for name in "qkvm")
    products = T.dot(q, k.T) if ndim == 2 else q @ k.swapaxes(ndim - 2, ndim - 1)
    p = nnet.softmax(WAYS[way](products, m, q.shape[ndim - 2]), axis=-1)
    return [q, k, v, m], p, T.dot(p, v) if ndim == 2 else p @ v


def names(f):
    return Counter(type(node.op).__name__ for node in f.maker.fgraph.toposort())


def given(ndim, keys=7):
    random = np.random.RandomState(0)
    shapes = [(7, 3), (keys, 3), (keys, 4), (7, keys)]
    return [random.uniform(-1, 1, (*LEAD[ndim], *shape)).astype("float32") for shape in shapes]


FORMS = [(2, way) for way in WAYS] + [(ndim, way) for ndim in (3, 4) for way in ("divided", "with a mask that is added", "causal", "causal, added")]


@pytest.mark.parametrize(("ndim", "way"), FORMS)
def test_forward_and_gradient(ndim, way):
    inputs, _, out = written(ndim, way)
    outputs = [out, *symgraph.grad((out**2).sum(), inputs[:3], disconnected_inputs="ignore")] if way != "by a variable" else [out]
    f = symgraph.function(inputs, outputs, on_unused_input="ignore")
    found = names(f)
    assert (found["Softmax"], found["Attention"], found["AttentionGrad"]) == (0, 1, int(len(outputs) > 1))
    plain = symgraph.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    assert "Attention" not in names(plain)
    causal = way.startswith("causal")
    assert all(node.op.causal == causal for node in f.maker.fgraph.toposort() if type(node.op).__name__.startswith("Attention"))
    for keys in (7,) if causal else (7, 9):
        for got, right in zip(f(*given(ndim, keys)), plain(*given(ndim, keys))):
            np.testing.assert_allclose(got, right, rtol=2e-4, atol=1e-5)


def test_two_masks_that_hide_as_much():
    """A query all of whose keys are hidden by one mask or by the other sees them alike, as it is written."""
    (q, k, v, m), _, _ = written(2, "plain")
    n = q.shape[0]
    out = T.dot(nnet.softmax(T.dot(q, k.T) + m + T.switch(T.ge(down(n), along(n)), np.float32(0), np.float32(-1e9))), v)
    arrays = given(2)
    arrays[3][0, 0] = -1e9
    found, right = (symgraph.function([q, k, v, m], out, mode=mode)(*arrays) for mode in ("FAST_RUN", "FAST_COMPILE"))
    np.testing.assert_allclose(found, right, rtol=2e-4, atol=1e-5)


def test_the_gradient_alone():
    inputs, _, out = written(2, "divided")
    found = names(symgraph.function(inputs[:3], symgraph.grad((out**2).sum(), inputs[1])))
    assert (found["Softmax"], found["Attention"], found["AttentionGrad"]) == (0, 1, 1)


def test_what_is_wanted_itself_is_made():
    inputs, p, out = written(2, "divided")
    assert "Attention" not in names(symgraph.function(inputs[:3], [out, p]))
    assert "Attention" not in names(symgraph.function(inputs[:3], out + p.sum()))


def test_what_is_no_attention_stays():
    (q, k, v, m), _, _ = written(2, "plain")
    scores = T.dot(q, k.T)
    for out in [T.dot(nnet.softmax(scores * m[0, 0] + m, axis=0), v), T.dot(nnet.softmax(scores * m), v), T.dot(nnet.softmax(scores), v[:, 0]),
                T.dot(nnet.softmax(T.switch(T.gt(m, 0), scores, np.float32(-3))), v), T.dot(nnet.softmax(m), v)]:
        assert "Attention" not in names(symgraph.function([q, k, v, m], out, on_unused_input="ignore"))


def test_second_derivatives():
    inputs, _, out = written(2, "divided")
    first = symgraph.grad((out**2).sum(), inputs[0])
    second = symgraph.grad((first**2).sum(), inputs[:3])
    f, plain = (symgraph.function(inputs[:3], second, mode=mode) for mode in ("FAST_RUN", "FAST_COMPILE"))
    for got, right in zip(f(*given(2)[:3]), plain(*given(2)[:3])):
        np.testing.assert_allclose(got, right, rtol=2e-3, atol=1e-4)


def test_sizes_that_do_not_fit_are_errors():
    inputs, _, out = written(4, "plain")
    q, k, v, _ = given(4)
    f = symgraph.function(inputs[:3], out)
    for wrong in ([q, k[:1], v], [q, k, v[:, :, :5]], [q, k[..., :2], v]):
        with pytest.raises(ValueError):
            f(*wrong)
