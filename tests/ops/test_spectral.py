"""Eigenvalues, singular values, functions of matrices: bad input, corners, numpy's functions, and what only several ops together show."""

import numpy as np
import pytest
import scipy.linalg
from agreement import agree, fails
from differences import slopes

import symgraph
import symgraph.tensor as T
from symgraph.graph.graph import Graph
from symgraph.ops.linalg.eig import Eig
from symgraph.ops.linalg.eigh import Eigh
from symgraph.ops.linalg.svd import SVD
from symgraph.passes.pipeline import optimise
from symgraph.tensor import linalg

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

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
    (TypeError, lambda: linalg.pinv(x, v)),
    (ValueError, lambda: linalg.polar(x, "up")),
    (LinAlgError, lambda: linalg.eig(oblong)),
    (LinAlgError, lambda: linalg.matrix_power(oblong, 2)),
    (LinAlgError, lambda: linalg.matrix_power(v, 2)),
    (TypeError, lambda: linalg.matrix_power(x, 0.5)),
    (TypeError, lambda: linalg.matrix_power(x, T.iscalar())),
    (TypeError, lambda: linalg.spectral_radius_bound(v, 2)),
    (ValueError, lambda: linalg.spectral_radius_bound(x, 0)),
    (LinAlgError, lambda: linalg.cond(v)),
    (ValueError, lambda: linalg.cond(x, "what")),
    (ValueError, lambda: linalg.solve_discrete_lyapunov(x, x, "guess")),
    (LinAlgError, lambda: linalg.expm(oblong)),
    (LinAlgError, lambda: linalg.logm(oblong)),
    (LinAlgError, lambda: linalg.sqrtm(oblong)),
    (ValueError, lambda: linalg.expm(v)),
    (LinAlgError, lambda: linalg.solve_sylvester(oblong, x, x)),
    (ValueError, lambda: linalg.solve_sylvester(v, x, x)),
    (ValueError, lambda: linalg.solve_sylvester(T.eye(2), T.eye(3), T.eye(3))),
    (ValueError, lambda: linalg.norm(T.dtensor3(), 2)),
    (ValueError, lambda: linalg.norm(v, "fro")),
    (ValueError, lambda: linalg.norm(x, 3)),
    (ValueError, lambda: linalg.norm(x, "what")),
    (ValueError, lambda: linalg.norm(x, axis=(0, 0))),
    (ValueError, lambda: linalg.norm(x, axis=(0, 1, 0))),
    (ValueError, lambda: linalg.norm(x, axis=2)),
    (ValueError, lambda: linalg.matrix_norm(v)),
    (ValueError, lambda: linalg.vector_norm(v, ord="nuc")),
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
    for bad in (nan, np.full((2, 2), np.inf)):
        fails(LinAlgError, "infs or NaNs", linalg.eigvals, bad)
    fails(LinAlgError, "square|Singular|singular", lambda a: linalg.matrix_power(a, -1), np.zeros((2, 2)))
    fails(LinAlgError, "square", linalg.expm, np.ones((2, 3)))
    fails(LinAlgError, "square", linalg.sqrtm, np.ones((2, 3)))
    one, two = np.eye(1), np.eye(2)
    fails(LinAlgError, "common eigenvalue", linalg.solve_sylvester, two, -two, two)
    fails(LinAlgError, "infs or NaNs", linalg.solve_sylvester, nan, nan, nan)
    fails(LinAlgError, "square", linalg.solve_sylvester, np.ones((2, 3)), two, two)
    fails(ValueError, "rows|fit", linalg.solve_sylvester, two, one, two)


def test_functions_of_what_has_none():
    """NaN: not finite, or of a real matrix not real; a complex matrix has the complex value."""
    nan = np.full((2, 2), np.nan)
    for bad in (nan, np.full((2, 2), np.inf)):
        agree(lambda a: [linalg.expm(a), linalg.logm(a), linalg.sqrtm(a)], bad, wanted=[nan, nan, nan])
    agree(lambda a: [linalg.logm(a), linalg.sqrtm(a)], -np.eye(2), wanted=[nan, nan])
    agree(linalg.sqrtm, -np.eye(2) + 0j, wanted=1j * np.eye(2))
    big = 800 * np.eye(2)
    agree(lambda a: linalg.expm(a)[0, 0], big, wanted=np.inf)


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


def test_discrete_lyapunov_by_a_continuous_one():
    a, q = R.uniform(-0.3, 0.3, (2, 3, 3)), R.uniform(-1, 1, (3, 3))
    wanted = [scipy.linalg.solve_discrete_lyapunov(m, q) for m in a]
    agree(lambda m, r: linalg.solve_discrete_lyapunov(m, r, "bilinear"), a, q, wanted=[np.array(wanted)])
    slopes(lambda m, r: linalg.solve_discrete_lyapunov(m, r, "bilinear"), a[0], q)
    agree(lambda m: linalg.solve_discrete_lyapunov(m, m, "bilinear"), a[0] + 0.2j * a[1],
          wanted=scipy.linalg.solve_discrete_lyapunov(a[0] + 0.2j * a[1], a[0] + 0.2j * a[1]))


def test_equal_eigenvalues_and_singular_values():
    """A function of the values alone has its derivative there."""
    for cost in ((linalg.eigvalsh(x) ** 2).sum(), (linalg.svdvals(x) ** 2).sum()):
        np.testing.assert_allclose(symgraph.function([x], symgraph.grad(cost, x))(3 * np.eye(3)), 6 * np.eye(3), atol=1e-14)


COMPLEX = {
    "eigh": lambda z: [linalg.eigh(z)[0], abs(linalg.eigh(z)[1])],
    "eigvalsh": lambda z: [linalg.eigvalsh(z, "U")],
    "eig": linalg.eig,
    "svd": lambda z: [linalg.svd(z[:, :2], False)[1], abs(linalg.svd(z[:, :2], False)[0])],
    "pinv": lambda z: [linalg.pinv(z[:2])],
    "expm": lambda z: [linalg.expm(z)],
    "sqrtm": lambda z: [linalg.sqrtm(z)],
    "sylvester": lambda z: [linalg.solve_sylvester(z, z.T, z * z)],
    "norms": lambda z: [linalg.norm(z, p) for p in (None, 2, "nuc", 1)],
    "inverse": lambda z: [linalg.matrix_power(z, -2)],
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradients_in_native_code(name):
    """d/dRe + i d/dIm along a direction, and the gradient's own gradient against the numpy rules."""
    z, direction = T.zmatrix("z"), R.uniform(-1, 1, (3, 3)) + 1j * R.uniform(-1, 1, (3, 3))
    at = R.uniform(1, 2, (3, 3)) + 1j * R.uniform(0, 1, (3, 3)) + np.diag([0.0, 3.0, 7.0])
    cost = sum((y.real * (1 + T.arange(y.shape[-1]) if y.ndim else 1)).sum() for y in COMPLEX[name](z))
    cost = cost + sum((y.imag * 0.7).sum() for y in COMPLEX[name](z) if y.dtype == "complex128")
    gradient = symgraph.grad(cost, z)
    second = symgraph.grad((gradient * T.constant(direction)).imag.sum(), z)
    f = symgraph.function([z], [cost, gradient, second])
    g = symgraph.function([z], second, mode=symgraph.Mode("py", None))
    step = 1e-6
    along = (f(at + step * direction)[0] - f(at - step * direction)[0]) / (2 * step)
    np.testing.assert_allclose((f(at)[1].conj() * direction).real.sum(), along, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(f(at)[2], g(at), rtol=1e-8, atol=1e-9)


def test_rank_of_vectors_and_by_tolerance():
    a = np.diag([3.0, 1.0, 1e-3])
    agree(lambda m: [linalg.matrix_rank(m), linalg.matrix_rank(m, 1e-2), linalg.matrix_rank(m, rtol=0.5), linalg.matrix_rank(m[0] * 0)], a,
          wanted=[3, 2, 1, 0])
    agree(lambda m: linalg.pinv(m, rcond=1e-2), a, wanted=np.linalg.pinv(a, rcond=1e-2))


def test_eigenvectors_of_general_matrices():
    """Single precision too: its order and phases are its own."""
    for dtype, tolerance in (("float32", 1e-4), ("complex64", 1e-4), ("float64", 1e-12), ("int16", 1e-12)):
        a = (R.uniform(-5, 5, (2, 5, 5)) + (1j * R.uniform(-5, 5, (2, 5, 5)) if dtype[0] == "c" else 0)).astype(dtype)
        m = T.tensor(dtype, shape=(None, None, None))
        w, u = symgraph.function([m], linalg.eig(m))(a)
        assert w.dtype == u.dtype == ("complex128" if tolerance < 1e-4 else "complex64")
        np.testing.assert_allclose(a @ u, u * w[:, None, :], atol=20 * tolerance)
        np.testing.assert_allclose(np.linalg.norm(u, axis=1), np.ones((2, 5)), rtol=tolerance)


def test_values_alone_when_nobody_reads_vectors():
    """The passes take the cheaper routine, and keep vectors where a gradient needs them."""
    for values, kind in ((linalg.eigvalsh(x), Eigh), (linalg.eigvals(x), Eig), (linalg.svdvals(x), SVD)):
        for outputs, several in (([values], False), ([values, symgraph.grad((values * values).sum().real, x)], True)):
            graph = Graph([x], outputs)
            optimise(graph, symgraph.Mode("py", "fast_run"))
            (node,) = [node for node in graph.nodes() if isinstance(node.op, kind)]
            assert (len(node.outputs) > 1) == several
        a = R.uniform(-1, 1, (3, 3))
        fast, plain = (symgraph.function([x], values, mode=symgraph.Mode("llvm", level))(a) for level in ("fast_run", None))
        np.testing.assert_allclose(fast, plain, rtol=1e-12)


def test_spectral_radius_bound():
    a = R.uniform(-1, 1, (4, 4))
    bounds = symgraph.function([x], [linalg.spectral_radius_bound(x, k) for k in (1, 3, 7)])(a @ a.T)
    largest = np.linalg.eigvalsh(a @ a.T)[-1]
    assert largest * (1 - 1e-12) <= bounds[2] <= bounds[1] <= bounds[0]
    np.testing.assert_allclose(bounds[2], largest, rtol=2e-2)


def test_theano_forms():
    a, b = R.uniform(-1, 1, (3, 3)), R.uniform(-1, 1, (3, 3))
    a, b = a + a.T, b @ b.T + np.eye(3)
    y, g = T.dmatrix("y"), T.dvector("g")
    w = T.slinalg.Eigvalsh(False)(x, y)
    np.testing.assert_allclose(
        *[symgraph.function([x, y, g], [t[k] for k in (0, 1)])(a, b, [1.0, 2.0, -1.0])
          for t in (T.slinalg.EigvalshGrad(False)(x, y, g), symgraph.grad((w * g).sum(), [x, y]))], rtol=1e-10, atol=1e-12)
    w, u = T.nlinalg.Eigh("U")(x)
    cost = (w * g).sum() + (u**2 * y).sum()
    np.testing.assert_allclose(
        *[symgraph.function([x, y, g], t)(a, b, [1.0, 2.0, -1.0])
          for t in (T.nlinalg.EighGrad("U")(x, w, u, g, 2 * u * y), symgraph.grad(cost, x))], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        *[symgraph.function([x, y], t)(a, b) for t in (T.slinalg.ExpmGrad()(x, y), symgraph.grad((linalg.expm(x) * y).sum(), x))])
    low = symgraph.function([x, y], [T.slinalg.eigvalsh(x, y, False), T.slinalg.eigvalsh(x, None)])(a, b)
    np.testing.assert_allclose(low[1], np.linalg.eigvalsh(a), rtol=1e-12)


def test_functions_of_numpy_on_variables():
    a = R.uniform(-1, 1, (3, 3))
    agree(lambda m: [np.linalg.eigvalsh(m, "U"), np.linalg.eigh(m)[0], np.linalg.svd(m, compute_uv=False), np.linalg.svd(m, full_matrices=False)[1],
                     np.linalg.pinv(m), np.linalg.matrix_rank(m), np.linalg.norm(m), np.linalg.norm(m, "nuc"), np.linalg.norm(m, axis=0)],
          a, wanted=[np.linalg.eigvalsh(a, "U"), np.linalg.eigh(a)[0], np.linalg.svd(a, compute_uv=False), np.linalg.svd(a)[1], np.linalg.pinv(a),
                     np.linalg.matrix_rank(a), np.linalg.norm(a), np.linalg.norm(a, "nuc"), np.linalg.norm(a, axis=0)])


def _stack(n, m, dtype="float64"):
    """Matrices that small ones may be: of all ranks, with equal and with graded values, very large and very small; more than two blocks."""
    random = np.random.RandomState(n * 10 + m)
    found = [random.uniform(-1, 1, (n, m)) for _ in range(9)]
    left, right = random.uniform(-1, 1, (2, max(n, m), max(n, m)))
    found += [left[:n, :1] @ right[:1, :m], left[:n, :2] @ right[:2, :m], np.zeros((n, m)), np.eye(n, m), np.ones((n, m)), np.diag(left[0])[:n, :m]]
    found += [found[0] * 10.0 ** -np.arange(m) * (10.0 ** -np.arange(n))[:, None]]
    large, little = (1e200, 1e-200) if dtype == "float64" else (1e25, 1e-25)
    return np.array([*found, found[1] * large, found[2] * little]).astype(dtype)


_functions = {}


def _compiled(build, name, dtype):
    """A function of stacks of matrices of any size, compiled once."""
    if (name, dtype) not in _functions:
        a = T.tensor(dtype, shape=(None, None, None))
        _functions[name, dtype] = symgraph.function([a], build(a))
    return _functions[name, dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
def test_small_symmetric_matrices_in_stacks(n, dtype):
    exact = 1e-14 if dtype == "float64" else 1e-5
    arrays = _stack(n, n, dtype)
    f = _compiled(lambda a: [*linalg.eigh(a), *linalg.eigh(a, UPLO="U"), linalg.eigvalsh(a)], "eigh", dtype)
    w, v, upper, _, alone = f(arrays)
    lower = np.tril(arrays) + np.tril(arrays, -1).swapaxes(-1, -2)
    size = abs(lower).max(axis=(-1, -2), keepdims=True).astype("float64") + np.finfo(dtype).tiny
    wide, values = lower / size, w / size[..., 0]
    assert v.dtype == w.dtype == dtype and (np.diff(w) >= 0).all()
    np.testing.assert_allclose(values, np.linalg.eigvalsh(wide), atol=8 * exact)
    np.testing.assert_allclose(wide @ v, v * values[..., None, :], atol=8 * exact)
    np.testing.assert_allclose(v.swapaxes(-1, -2).astype("float64") @ v, np.broadcast_to(np.eye(n), v.shape), atol=8 * exact)
    np.testing.assert_array_equal(alone, w)
    np.testing.assert_array_equal(upper, f(arrays.swapaxes(-1, -2))[0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 4), (8, 8), (5, 3), (3, 5), (8, 1), (1, 8)])
def test_singular_values_of_small_matrices_in_stacks(shape, dtype):
    exact = 1e-14 if dtype == "float64" else 1e-5
    arrays, k = _stack(*shape, dtype), min(shape)
    f = _compiled(lambda a: [*linalg.svd(a, full_matrices=False), linalg.svdvals(a), linalg.pinv(a, rcond=1e-4), *linalg.svd(a)], "svd", dtype)
    u, s, vh, alone, inverse, whole_u, whole_s, whole_vh = f(arrays)
    size = abs(arrays).max(axis=(-1, -2), keepdims=True).astype("float64") + np.finfo(dtype).tiny
    wide, values = arrays / size, s / size[..., 0]
    assert u.dtype == s.dtype == vh.dtype == inverse.dtype == dtype and (np.diff(s) <= 0).all() and (s >= 0).all()
    np.testing.assert_allclose(values, np.linalg.svd(wide, compute_uv=False), atol=8 * exact)
    np.testing.assert_allclose((u * values[..., None, :]) @ vh, wide, atol=8 * exact)
    for q in (u.swapaxes(-1, -2).astype("float64") @ u, vh.astype("float64") @ vh.swapaxes(-1, -2)):
        np.testing.assert_allclose(q, np.broadcast_to(np.eye(k), q.shape), atol=8 * exact)
    np.testing.assert_allclose(alone, s, rtol=10 * exact, atol=np.finfo(dtype).tiny)
    np.testing.assert_allclose(whole_s, s, atol=8 * exact * float(size.max()))
    assert whole_u.shape[1:] == (shape[0],) * 2 and whole_vh.shape[1:] == (shape[1],) * 2
    moderate = arrays[:-2].astype("float64")
    np.testing.assert_allclose(inverse[:-2], np.linalg.pinv(moderate, 1e-4), rtol=1e4 * exact, atol=1e5 * exact)


def test_small_singular_values_are_relatively_accurate():
    a = np.array([[[1.0, 1e-14], [1.0, 2e-14]]])
    m = T.dtensor3()
    (s,) = symgraph.function([m], linalg.svdvals(m))(a)
    np.testing.assert_allclose(s[1], 1e-14 / s[0], rtol=1e-14)  # their product is the determinant


def test_small_matrices_that_are_not_finite():
    nan = np.tile(np.eye(3), (11, 1, 1))
    nan[9, 2, 0] = np.nan
    s = T.dtensor3()
    for build in (lambda a: linalg.eigh(a)[0], linalg.eigvalsh, lambda a: linalg.svd(a)[1], linalg.svdvals, linalg.pinv):
        f = symgraph.function([s], build(s))
        assert np.isfinite(f(np.eye(3)[None])).all()
        for bad in (nan, np.where(np.isnan(nan), np.inf, nan)):
            with pytest.raises(LinAlgError, match="converge"):
                f(bad)
        assert f(np.empty((0, 3, 3))).shape[0] == 0
