"""Arrays as they come from files, views and other packages: numpy's result, or one clear error, and nothing of the caller's is changed."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

pytestmark = pytest.mark.usefixtures("quick")

SQUARE = np.random.RandomState(0).standard_normal((6, 6)) + 6 * np.eye(6)


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def unaligned(x):
    return np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1).reshape(x.shape)


LAYOUTS = {
    "foreign byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "negative steps": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "steps": lambda x: np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3],
    "by columns": np.asfortranarray,
    "read-only": read_only,
    "unaligned": unaligned,
    "broadcast": lambda x: np.broadcast_to(x[0], x.shape),
    "in a file's manner": lambda x: x.view(np.memmap),
}


@pytest.fixture(scope="module")
def functions():
    """Ops that take addresses, that read elements, that call LAPACK, and that call back."""
    m = T.dmatrix("m")
    outputs = [m * 2, m.sum(axis=0), m.var(axis=0), T.sort(m, axis=0), T.argsort(m), T.cumsum(m, axis=1),
               T.linalg.solve(m + 9 * T.eye(6), m), T.linalg.svd(m)[1], T.fft.fft(m), m[[2, 0]], T.inc_subtensor(m[[1, 1]], 1.0),
               T.median(m, axis=1), T.isin(m, m[0]), T.histogram(m, 4)[0]]
    return symgraph.function([m], outputs)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, functions):
    given = LAYOUTS[layout](SQUARE)
    before = given.copy()
    plain = np.array(given, "float64", order="C")
    increased = plain.copy()
    np.add.at(increased, [1, 1], 1.0)
    wanted = [plain * 2, plain.sum(axis=0), plain.var(axis=0), np.sort(plain, axis=0), np.argsort(plain, kind="stable"), np.cumsum(plain, axis=1),
              np.linalg.solve(plain + 9 * np.eye(6), plain), np.linalg.svd(plain)[1], np.fft.fft(plain), plain[[2, 0]], increased,
              np.median(plain, axis=1), np.isin(plain, plain[0]), np.histogram(plain, 4)[0]]
    for got, right in zip(functions(given), wanted):
        assert got.dtype == right.dtype and got.flags.writeable
        np.testing.assert_allclose(got, right, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(given, before)


@pytest.mark.parametrize("layout", ["foreign byte order", "negative steps", "by columns"])
def test_constants_and_shared_variables(layout):
    given = LAYOUTS[layout](SQUARE)
    for x in (T.constant(given), symgraph.shared(given)):
        assert x.dtype == "float64"
        np.testing.assert_array_equal((x + 0).eval(), SQUARE)
    assert T.constant(given).eval().dtype.isnative


@pytest.mark.parametrize("value", [
    np.array([1, None], object), np.array([1.0, 2.0], object), np.array(["1"]), np.zeros(1, [("a", "f8")]), np.array(["2020"], "M8[Y]"),
    np.ma.array([1.0, 2.0], mask=[False, True]), np.array([1j]), np.array([1], "longdouble"), [[1.0], [2.0, 3.0]], {1.0}, None,
], ids=str)
def test_what_is_no_array_of_numbers(value):
    v = T.dvector("v")
    with pytest.raises((TypeError, ValueError), match="'v'"):
        symgraph.function([v], v * 2)(value)
    kept = symgraph.shared(np.arange(2.0))
    with pytest.raises((TypeError, ValueError)):
        kept.set_value(value)
    assert kept.get_value().tolist() == [0, 1]


def test_masks_of_nothing_are_taken():
    v = T.dvector()
    assert symgraph.function([v], v * 2)(np.ma.array([1.0, 2.0])).tolist() == [2, 4]
    with pytest.raises(TypeError, match="masked"):
        T.constant(np.ma.array([1.0, 2.0], mask=[False, True]))


X, Y, C = (T.tensor("float64", shape=shape) for shape in ((2, 3), (4, 5), (2, 3, 4)))
V, W = (T.tensor("float64", shape=(n,)) for n in (3, 4))


@pytest.mark.parametrize("build", [
    lambda: X + Y, lambda: X @ Y, lambda: T.dot(X, W), lambda: T.vecdot(V, W), lambda: T.inner(V, W), lambda: T.einsum("ij,jk", X, Y),
    lambda: T.batched_dot(C, C), lambda: T.concatenate([X, Y]), lambda: X.reshape((4, 2)), lambda: V[[0, 7]], lambda: X[:, [-4]], lambda: V[5],
    lambda: T.set_subtensor(V[:2], W),
    lambda: T.inc_subtensor(X[[0, 2]], 1.0), lambda: X.sum(axis=2), lambda: X.max(axis=(0, -2)), lambda: T.topk(V, 4), lambda: T.linalg.solve(X, V),
    lambda: T.linalg.cholesky(X), lambda: T.linalg.lstsq(X, W), lambda: T.where(X > 0, X, Y), lambda: T.interp(V, V, W),
    lambda: T.split(V, [2, 2], 2),
    lambda: T.broadcast_to(X, (4, 3)), lambda: T.roll(X, 1, axis=4),
])
def test_sizes_that_are_known_are_compared_at_once(build):
    with pytest.raises((ValueError, IndexError)):
        build()


def test_infinite_and_empty_matrices():
    """Where numpy says that singular values cannot be had; and what is left of nothing."""
    m = T.dmatrix()
    values = symgraph.function([m], T.linalg.svd(m)[1])
    with pytest.raises(np.linalg.LinAlgError, match="did not converge"):
        values(np.full((12, 12), np.inf))
    ranks = symgraph.function([m], [T.linalg.matrix_rank(m), T.linalg.norm(m, 2), T.linalg.norm(m, "nuc")])
    assert [float(x) for x in ranks(np.zeros((0, 3)))] == [0, 0, 0]
