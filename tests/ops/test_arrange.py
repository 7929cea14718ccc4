"""Arranging after numpy: what is refused, static shapes, Theano's names."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

x, v, s = T.dmatrix("x"), T.dvector("v"), T.dscalar("s")
i, n = T.lvector("i"), T.lscalar("n")


@pytest.mark.parametrize(
    ("error", "build"),
    [
        (ValueError, lambda: T.flip(x, 2)),
        (ValueError, lambda: T.flip(x, (0, 0))),
        (ValueError, lambda: T.fliplr(v)),
        (ValueError, lambda: T.flipud(s)),
        (ValueError, lambda: T.rot90(x, axes=(0, 0))),
        (ValueError, lambda: T.rot90(x, axes=(0, 1, 1))),
        (TypeError, lambda: T.rot90(x, n)),
        (ValueError, lambda: T.rollaxis(x, 2)),
        (ValueError, lambda: T.rollaxis(x, 0, 3)),
        (ValueError, lambda: T.roll(x, (1, 2, 3), (0, 1))),
        (TypeError, lambda: T.roll(x, 1.5, 0)),
        (ValueError, lambda: T.linspace(0, 1, -1)),
        (TypeError, lambda: T.linspace(0, 1, 2.5)),
        (ValueError, lambda: T.geomspace(0, 1)),
        (TypeError, lambda: T.bartlett(2.5)),
        (TypeError, lambda: T.bartlett(i)),
        (TypeError, lambda: T.hanning(s)),
        (ValueError, lambda: T.meshgrid(v, v, indexing="yx")),
        (ValueError, lambda: T.tril_indices_from(v)),
        (ValueError, lambda: T.ix_(x)),
        (TypeError, lambda: T.unravel_index(v, (2, 3))),
        (ValueError, lambda: T.unravel_index(i, (2, 3), order="A")),
        (ValueError, lambda: T.unravel_index(i, T.lvector())),
        (TypeError, lambda: T.unravel_index(i, (2, 1.5))),
        (TypeError, lambda: T.ravel_multi_index((v, v), (2, 3))),
        (ValueError, lambda: T.ravel_multi_index((i, i), (2, 3, 4))),
        (ValueError, lambda: T.ravel_multi_index((i, i), (2, 3), mode="other")),
        (ValueError, lambda: T.ravel_multi_index((i, i), (2, 3), mode=("wrap",))),
        (ValueError, lambda: T.diff(v, -1)),
        (ValueError, lambda: T.diff(s)),
        (ValueError, lambda: T.diff(v, axis=1)),
        (TypeError, lambda: T.ediff1d(i, to_end=0.5)),
        (TypeError, lambda: T.average(x, weights=v)),
        (ValueError, lambda: T.average(x, (0, 1), weights=v)),
        (ValueError, lambda: T.cov(T.dtensor3())),
        (ValueError, lambda: T.broadcast_arrays(T.ones((2, 3)), T.ones((2, 2)))),
        (ValueError, lambda: T.broadcast_shapes((2, 3), (2, 2))),
    ],
)
def test_refused(error, build):
    with pytest.raises(error):
        build()


def test_refused_at_the_call():
    fails(ValueError, "place 6 is out of bounds for 6", lambda k: T.unravel_index(k, (2, 3)), np.array([1, 6]))
    fails(ValueError, "place -1 is out of bounds for 6", lambda k: T.unravel_index(k, (2, 3)), np.array([-1]))
    fails(ValueError, "invalid entry in index array 1", lambda k: T.ravel_multi_index((k, k), (5, 3)), np.array([1, 3]))
    fails(ValueError, "cannot be broadcast", lambda a, b: T.ravel_multi_index((a, b), (5, 3)), np.array([1, 2]), np.array([1, 2, 0]))
    fails(ValueError, "alloc", T.broadcast_arrays, np.ones(2), np.ones(3))


def test_static_shapes():
    a = T.tensor("float64", shape=(2, None))
    assert T.flip(a).type.shape == (2, None)
    assert T.rot90(a).type.shape == (None, 2)
    assert T.linspace(0.0, 1.0, 7).type.shape == (7,)
    assert T.bartlett(5).type.shape == (5,)
    assert [y.type.shape for y in T.meshgrid(T.ones(2), T.ones(3))] == [(3, 2)] * 2
    assert T.diff(T.ones((2, 5)), 2).type.shape == (2, 3)
    assert T.indices((2, n)).type.shape == (2, 2, None)
    assert T.atleast_Nd(v, 3, left=False).type.shape == (None, 1, 1)
    assert T.broadcast_shapes((2, 1), (3,), 1) == (2, 3)
    assert T.broadcast_shapes((n, 1), (1, 3)) == (n, 3)


def test_names_of_theano():
    agree(lambda y: T.DiffOp(n=2, axis=0)(y), np.arange(5.0) ** 2, wanted=np.full(3, 2.0))
    agree(lambda m: T.Bartlett()(m), np.int64(4), wanted=np.bartlett(4))
    assert T.DiffOp(1, 0) == T.DiffOp(axis=0)
    places, dims = np.array([5, 3]), np.array([2, 3])
    agree(lambda k, m: T.UnravelIndex(2)(k, m), places, dims, wanted=list(np.unravel_index([5, 3], (2, 3))), shapes=[None, (2,)])
    agree(lambda a, m: T.RavelMultiIndex()(a, a + 1, m), np.array([1]), dims, wanted=np.array([5]), shapes=[None, (2,)])
    assert T.UnravelIndex(2) == T.UnravelIndex(2, "C") != T.UnravelIndex(2, "F")


    a = np.arange(6.0).reshape(2, 3)
    filled, beside = a.copy(), a.copy()
    np.fill_diagonal(filled, 9.0)
    beside[[0, 1], [1, 2]] = 9.0
    agree(lambda y: [T.fill_diagonal_(y, 9.0), T.fill_diagonal_offset_(y, 9.0, 1)], a, wanted=[filled, beside])
    assert T.FillDiagonalOffset() == T.fill_diagonal_offset_
    agree(lambda y: [T.cpu_contiguous(y), T.CpuContiguous()(y), T.bartlett_(3) * y], a, wanted=[a, a, np.bartlett(3) * a])


def test_gradient_of_ends():
    slopes(lambda a, b: T.linspace(a, b, 5) ** 2, np.array(0.5), np.array(2.0))
    slopes(lambda a, b: T.geomspace(a, b, 4) ** 2, np.array(0.5), np.array(2.0))
    start = T.fscalar()
    assert T.linspace(start, 1, 3).dtype == "float32"
    one = symgraph.grad(T.linspace(s, 3.0, 1).sum(), s)  # no gap, no division by it
    assert evaluate([one], {s: 1.0})[0] == 1


def test_known_indices_are_constants():
    rows, columns = T.tril_indices(3)
    assert rows.owner is None
    assert columns.data.tolist() == np.tril_indices(3)[1].tolist()
