"""Eigenvalues, singular values, functions of matrices: bad input, corners, numpy's functions, and what only several ops together show."""

import numpy as np
import pytest
from agreement import agree, fails
from differences import slopes

import symgraph
import symgraph.tensor as T
from symgraph.tensor import linalg

R = np.random.RandomState(7)
LinAlgError = np.linalg.LinAlgError
x, v = T.dmatrix("x"), T.dvector("v")
oblong = T.tensor("float64", shape=(2, 3))


@pytest.mark.parametrize(("error", "build"), [
    (LinAlgError, lambda: linalg.eigh(oblong)),
    (LinAlgError, lambda: linalg.eigvalsh(oblong)),
    (ValueError, lambda: linalg.eigh(v)),
    (ValueError, lambda: linalg.eigh(x, UPLO="X")),
    (ValueError, lambda: linalg.eigh(x, UPLO=1)),
    (ValueError, lambda: linalg.svd(v)),
    (ValueError, lambda: linalg.pinv(v)),
    (ValueError, lambda: linalg.polar(x, "up")),
])
def test_bad_input(error, build):
    with pytest.raises(error):
        build()


def test_bad_values():
    """What only the call can tell; NaN as numpy takes it."""
    nan = np.full((3, 3), np.nan)
    fails(LinAlgError, "square", lambda a: linalg.eigh(a)[0], np.ones((2, 3)))
    fails(LinAlgError, "converge", lambda a: linalg.eigh(a)[0], nan)
    fails(LinAlgError, "converge", lambda a: linalg.svd(a)[1], nan)


def test_generalised():
    a, b = R.uniform(-1, 1, (4, 4)), R.uniform(-1, 1, (4, 4))
    a, b = a + a.T, b @ b.T + np.eye(4)
    w, u = symgraph.function([x, T.dmatrix("b")], linalg.eigh(x, x), on_unused_input="ignore")(b, b)
    np.testing.assert_allclose(w, np.ones(4), rtol=1e-12)
    y = T.dmatrix("y")
    w, u, low = symgraph.function([x, y], [*linalg.eigh(x, y), linalg.eigvalsh(x.triu(), y.triu(), lower=False)])(a, b)
    np.testing.assert_allclose(a @ u, b @ u * w, atol=1e-12)
    np.testing.assert_allclose(u.T @ b @ u, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(low, w, rtol=1e-12)
    slopes(lambda p, q: linalg.eigvalsh(p, q), a, b)
    slopes(lambda p, q: abs(linalg.eigh(p, q)[1]), a, b)


def test_equal_eigenvalues_and_singular_values():
    """A function of the values alone has its derivative there."""
    for cost in ((linalg.eigvalsh(x) ** 2).sum(), (linalg.svdvals(x) ** 2).sum()):
        np.testing.assert_allclose(symgraph.function([x], symgraph.grad(cost, x))(3 * np.eye(3)), 6 * np.eye(3), atol=1e-14)


def test_rank_of_vectors_and_by_tolerance():
    a = np.diag([3.0, 1.0, 1e-3])
    agree(lambda m: [linalg.matrix_rank(m), linalg.matrix_rank(m, 1e-2), linalg.matrix_rank(m, rtol=0.5), linalg.matrix_rank(m[0] * 0)], a,
          wanted=[3, 2, 1, 0])
    agree(lambda m: linalg.pinv(m, rcond=1e-2), a, wanted=np.linalg.pinv(a, rcond=1e-2))
