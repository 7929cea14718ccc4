"""Attention: memory, long sequences, half floats, bad input."""

import tracemalloc

import numpy as np
import pytest
from rows_attention import attended

import symgraph
import symgraph.tensor as T
from symgraph.tensor import nnet

q, k, v = T.fmatrices("q", "k", "v")


def test_memory_grows_with_the_length(full):
    """All scores of this length would take 64 MB, and 1 GB with --full."""
    length = 16384 if full else 4096
    out = nnet.attention(q, k, v, causal=True)
    f = symgraph.function([q, k, v], [out, *symgraph.grad((out**2).sum(), [q, k, v])])
    random = np.random.RandomState(0)
    given = [random.uniform(-1, 1, (length, 16)).astype("float32") for _ in range(3)]
    f(*[x[:8] for x in given])
    tracemalloc.start()
    found = f(*given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * length * 16 * 4  # numpy's arrays, which results and scratch memory are
    np.testing.assert_allclose(found[0][:200], attended(*[x[:200] for x in given], np.float32(0.25), causal=True)[0], atol=1e-5)
    last = attended(given[0][-1:], given[1], given[2], np.float32(0.25))[0]
    np.testing.assert_allclose(found[0][-1:], last, atol=1e-5)


def test_scores_far_out():
    x = np.array([[1e4], [-1e4]], "float32")
    f = symgraph.function([q, k, v], nnet.attention(q, k, v, scale=1.0))
    np.testing.assert_array_equal(f(x, x, x), x)


def test_who_sees_nothing_gets_nan():
    f = symgraph.function([q, k, v], nnet.attention(q, k, v, [[True, True], [False, False]]))
    out = f(*[np.ones((2, 2), "float32")] * 3)
    assert np.isfinite(out[0]).all()
    assert np.isnan(out[1]).all()
    assert np.isnan(symgraph.function([q, k, v], nnet.attention(q, k, v))(np.ones((2, 1), "f"), np.ones((0, 1), "f"), np.ones((0, 3), "f"))).all()


def test_half_floats_and_integers():
    x = T.matrix(dtype="float16")
    out = nnet.attention(x, x, x)
    assert out.dtype == "float16"
    given = np.random.RandomState(0).uniform(-1, 1, (5, 4)).astype("float16")
    wide = given.astype("float64")
    np.testing.assert_allclose(symgraph.function([x], out)(given), attended(wide, wide, wide, 0.5)[0], atol=2e-3)
    assert nnet.attention(T.imatrix(), T.imatrix(), T.imatrix()).dtype == "float64"


WRONG = [
    (lambda: nnet.attention(q, k, T.ftensor3()), TypeError, "two, three or four dimensions"),
    (lambda: nnet.attention(*T.fvectors(3)), TypeError, "two, three or four dimensions"),
    (lambda: nnet.attention(q, k, T.dmatrix()), TypeError, "one dtype"),
    (lambda: nnet.attention(q, k, v, T.ftensor3()), TypeError, "of 2 dimensions at most"),
    (lambda: nnet.attention(q, k, v, scale=T.fvector()), TypeError, "scale has no dimensions"),
    (lambda: nnet.attention(T.ones((2, 3)), T.ones((2, 4)), T.ones((2, 1))), ValueError, "features of queries and keys differ: 3 and 4"),
    (lambda: nnet.attention(T.ones((2, 3)), T.ones((2, 3)), T.ones((4, 1))), ValueError, "2 keys and 4 values"),
    (lambda: nnet.attention(T.ones((2, 3)), T.ones((2, 3)), T.ones((2, 1)), np.ones((3, 2))), ValueError, "mask has size 3 where the scores have 2"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_as_it_is_built(case):
    build, kind, text = WRONG[case]
    with pytest.raises(kind, match=text):
        build()


def test_wrong_in_the_call():
    f = symgraph.function([q, k, v], nnet.attention(q, k, v))
    with pytest.raises(ValueError, match="2 keys and 5 values(.|\n)*test_attention.py"):
        f(np.ones((3, 2), "f"), np.ones((2, 2), "f"), np.ones((5, 2), "f"))
