"""Searching and counting: what is refused, gradients, Theano's names, many numbers."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.ops.search.sets import _FREE
from tests.ops.agreement import agree, fails

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

x, v, s = T.dmatrix("x"), T.dvector("v"), T.dscalar("s")
i, z = T.lvector("i"), T.zvector("z")


@pytest.mark.parametrize(
    ("error", "build"),
    [
        (ValueError, lambda: T.searchsorted(x, v)),
        (ValueError, lambda: T.searchsorted(v, v, side="middle")),
        (TypeError, lambda: T.searchsorted(v, z)),
        (TypeError, lambda: T.searchsorted(v, v, sorter=v)),
        (ValueError, lambda: T.searchsorted(T.ones(2), v, sorter=T.arange(3))),
        (ValueError, lambda: T.digitize(v, x)),
        (TypeError, lambda: T.bincount(v)),
        (TypeError, lambda: T.bincount(x.astype("int64"))),
        (TypeError, lambda: T.bincount(T.tensor("uint64", shape=(None,)))),
        (ValueError, lambda: T.bincount(i, minlength=-1)),
        (TypeError, lambda: T.bincount(i, minlength=1.5)),
        (TypeError, lambda: T.bincount(i, weights=z)),
        (ValueError, lambda: T.histogram(v, 0)),
        (ValueError, lambda: T.histogram(v, 3, range=(2, 1))),
        (ValueError, lambda: T.histogram(v, x)),
        (TypeError, lambda: T.histogram(v, "auto")),
        (TypeError, lambda: T.histogram(z)),
        (ValueError, lambda: T.histogram(v, weights=x)),
        (ValueError, lambda: T.unique(v, axis=1)),
        (TypeError, lambda: T.isin(z, z)),
    ],
)
def test_refused(error, build):
    with pytest.raises(error):
        build()


def test_refused_at_the_call():
    fails(ValueError, "must not be negative", T.bincount, np.array([1, -1]))
    fails(ValueError, "said to be", lambda k, w: T.bincount(k, w), np.array([1, 1]), np.ones(3))
    fails(ValueError, "monotonically", lambda e: T.digitize([1.0], e), np.array([1.0, 3.0, 2.0]))
    fails(ValueError, "monotonically", lambda e: T.digitize([1.0], e), np.array([3.0, 1.0, 2.0]))
    fails(ValueError, "must increase", lambda e: T.histogram([1.0], e)[0], np.array([3.0, 2.0, 1.0]))
    fails(ValueError, "not finite", lambda a: T.histogram(a)[0], np.array([1.0, np.nan]))
    fails(ValueError, "Sorter index out of range", lambda a, k: T.searchsorted(a, [1.0], sorter=k), np.arange(2.0), np.array([0, 2]))
    fails(ValueError, "sorter.size", lambda a, k: T.searchsorted(a, [1.0], sorter=k), np.arange(2.0), np.array([0]))


def test_names_of_theano():
    a = np.array([1.0, 3.0, 5.0])
    agree(lambda y: T.SearchsortedOp(side="right")(y, [3.0]), a, wanted=np.array([2]))
    agree(lambda y: T.Unique(True, False, False)(y), np.array([3.0, 1.0, 3.0]), wanted=[np.array([1.0, 3.0]), np.array([1, 0])])
    rows = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])
    g = symgraph.grad((T.Unique(axis=0)(x) ** 2).sum(), x)
    assert evaluate([g], {x: rows})[0].tolist() == [[2, 4], [0, 2], [0, 0]]
    assert T.Unique(axis=0) == T.Unique(False, axis=0) != T.Unique()
    assert isinstance(T.Unique()(v), T.TensorVariable)


def test_gradients():
    g = symgraph.grad((T.unique(v) ** 2).sum(), v)
    assert evaluate([g], {v: [3.0, 1.0, 3.0]})[0].tolist() == [6, 2, 0]
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(T.searchsorted(v, v).sum(), v)
    w = T.dvector()
    g = symgraph.grad(T.bincount(i, w)[1], w)
    assert evaluate([g], {i: [1, 0, 1], w: [1.0, 2.0, 3.0]})[0].tolist() == [1, 0, 1]


def test_many_numbers():
    """Every place of a long vector, and between the places."""
    for n in (1, 2, 3, 31, 32, 1000):
        a = np.sort(np.random.RandomState(n).randint(0, n, n)).astype("float64")
        values = np.arange(-1, n + 1, 0.5)
        for side in ("left", "right"):
            agree(lambda y, q, side=side: T.searchsorted(y, q, side), a, values, wanted=np.searchsorted(a, values, side))


def test_nan_is_distinct_once_and_nowhere():
    a = np.array([np.nan, 1.0, np.nan])
    agree(lambda y: [T.unique(y), T.isin(y, [np.nan, 1.0])], a, wanted=[np.unique(a), np.isin(a, [np.nan, 1.0])])


def test_tables_of_elements():
    """Among many, the word that marks free places, both zeros, NaN, words that meet at one place."""
    random = np.random.RandomState(0)
    many = random.randint(0, 300, 200) << 40
    marked = np.append(many, _FREE)
    agree(lambda y, q: [T.isin(y, q), T.isin(q, y)], marked, many, wanted=[np.isin(marked, many), np.isin(many, marked)])
    agree(lambda y, q: T.isin(y, q), many, marked, wanted=np.isin(many, marked))
    for dtype in ("float16", "float32", "float64"):
        a, q = np.array([0.0, -0.0, np.nan, np.inf, 2.0], dtype), np.array([-0.0, np.nan, np.inf, 3.0], dtype)
        agree(lambda y, t: T.isin(y, t), a, q, wanted=np.isin(a, q))


def test_bins_by_distance():
    """Numbers on edges, beside them, outside, infinite; edges that stand where rounding puts them."""
    edges = np.linspace(0.1, 0.7, 7)
    a = np.concatenate([edges, np.nextafter(edges, 0), np.nextafter(edges, 1), [np.inf, -np.inf, np.nan, 5, -5]])
    agree(lambda y: T.histogram(y, 6, (0.1, 0.7))[0], a, wanted=np.histogram(a, edges)[0])
    narrow = np.float32([1, 1 + 2**-22, 1 + 2**-23])  # more bins than numbers between the ends
    agree(lambda y: T.histogram(y, 100)[0].sum(), narrow, wanted=np.asarray(3))
    agree(lambda y: T.histogram(y, 4)[0], np.full(5, 7.0), wanted=np.histogram(np.full(5, 7.0), 4)[0])
