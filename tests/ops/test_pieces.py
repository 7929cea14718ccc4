"""Joining, cutting and editing after numpy: what is refused, static shapes, Theano's names."""

import numpy as np
import pytest

import symgraph.tensor as T
from tests.ops.agreement import agree, fails

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

x, v, s = T.dmatrix("x"), T.dvector("v"), T.dscalar("s")
i, n = T.lvector("i"), T.lscalar("n")


@pytest.mark.parametrize(
    ("error", "build"),
    [
        (ValueError, lambda: T.hstack([])),
        (TypeError, lambda: T.hstack([x, v])),
        (ValueError, lambda: T.vstack([T.ones(2), T.ones(3)])),
        (ValueError, lambda: T.column_stack([T.ones(2), T.ones(3)])),
        (ValueError, lambda: T.block([])),
        (ValueError, lambda: T.block([[x], x])),
        (TypeError, lambda: T.block([(x, x)])),
        (ValueError, lambda: T.unstack(x)),
        (ValueError, lambda: T.array_split(x, 0)),
        (ValueError, lambda: T.array_split(x, 2, axis=2)),
        (ValueError, lambda: T.array_split(x, i)),
        (ValueError, lambda: T.vsplit(T.ones((3, 2)), 2)),
        (ValueError, lambda: T.vsplit(v, 2)),
        (ValueError, lambda: T.dsplit(x, 2)),
        (ValueError, lambda: T.hsplit(s, 2)),
        (TypeError, lambda: T.append(x, v, axis=0)),
        (IndexError, lambda: T.delete(v, 0.5)),
        (ValueError, lambda: T.delete(v, x.astype("int64"))),
        (IndexError, lambda: T.delete(T.ones(3), 3)),
        (TypeError, lambda: T.insert(v, slice(1), 0.0)),
        (IndexError, lambda: T.insert(v, 0.5, 1.0)),
        (ValueError, lambda: T.trim_zeros(x)),
        (ValueError, lambda: T.take_along_axis(x, i, 0)),
        (ValueError, lambda: T.take_along_axis(x, x.astype("int64"), 2)),
        (IndexError, lambda: T.take_along_axis(x, x, 0)),
        (ValueError, lambda: T.take_along_axis(x, x.astype("int64"), None)),
        (TypeError, lambda: T.put_along_axis(i, i, v, 0)),
        (TypeError, lambda: T.to_one_hot(v, 3)),
        (TypeError, lambda: T.to_one_hot(i, 2.5)),
        (ValueError, lambda: T.argwhere(s)),
    ],
)
def test_refused(error, build):
    with pytest.raises(error):
        build()


def test_refused_at_the_call():
    a = np.arange(6.0).reshape(2, 3)
    fails(IndexError, "out of bounds", lambda y, k: T.delete(y, k), np.arange(3.0), np.array([0, 3]))
    fails(IndexError, "out of bounds", lambda y, k: T.insert(y, k, 1.0), np.arange(3.0), np.array([0, 4]))
    fails(IndexError, "out of bounds", lambda y, k: T.insert(y, k, 1.0), np.arange(3.0), np.array([0, -4]))
    fails(IndexError, "out of bounds", lambda y, k: T.take_along_axis(y, k, 1), a, np.array([[0], [3]]))
    fails(IndexError, "broadcast", lambda y, k: T.take_along_axis(y, k, 1), a, np.array([[0], [1], [1]]))
    fails(IndexError, "out of bounds", lambda k: T.to_one_hot(k, 3), np.array([3]))
    fails(ValueError, "split sizes", lambda y: T.vsplit(y, 2), np.ones((3, 2)))


def test_static_shapes():
    a = T.tensor("float64", shape=(2, 5))
    assert T.hstack([a, a]).type.shape == (2, 10)
    assert T.dstack([a, a]).type.shape == (2, 5, 2)
    assert [y.type.shape for y in T.array_split(a, 2, axis=1)] == [(2, 3), (2, 2)]
    assert [y.type.shape for y in T.array_split(a, [1, 4], axis=1)] == [(2, 1), (2, 3), (2, 1)]
    assert T.block([[a, a], [a, a]]).type.shape == (4, 10)
    assert T.insert(a, 1, 0.0, axis=0).type.shape == (3, 5)
    assert T.to_one_hot(T.lvector(), 4).type.shape == (None, 4)
    assert T.take_along_axis(a, T.tensor("int64", shape=(2, 1)), 1).type.shape == (2, 1)


def test_names_of_theano():
    agree(lambda y: T.RepeatOp(axis=0)(y, 2), np.arange(2.0), wanted=np.array([0.0, 0, 1, 1]))
    assert T.RepeatOp(0) == T.RepeatOp(axis=0) != T.RepeatOp()
