"""Special functions that are not series of ours: ends of their domains and huge arguments, against scipy; gradients at kinks; bad input."""

import numpy as np
import pytest
import scipy.special
from targets import run

import symgraph
import symgraph.tensor as T
from symgraph.errors import NullTypeGradError
from symgraph.ops.elementwise import function

EDGES = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1e-300, 1e-17, 1e-3, 30.0, 700.0, 1e5, 1e300, -30.0, -1e5, np.inf, -np.inf, np.nan])
# name: relative error against scipy (0: native code calls scipy)
NAMES = {
    **dict.fromkeys(("log_ndtr", "y0", "y1", "k0", "k1", "k0e", "k1e", "i0e", "i1e"), 0.0),
    "ndtr": 1e-13, "riemann_zeta": 1e-14, "ndtri": 3e-15, "logit": 1e-15, "entr": 1e-15, "sinc": 1e-15, "log1mexp": 1e-15, "xlogx": 1e-15,
    "beta": 0.0, "betaln": 0.0, "owens_t": 0.0, "jv": 0.0, "yv": 0.0, "iv": 0.0, "ive": 0.0, "kv": 0.0, "kve": 0.0, "binom": 0.0, "poch": 0.0,
    "gammaincinv": 0.0, "gammainccinv": 0.0, "xlogy": 1e-15, "xlog1py": 1e-15, "hurwitz_zeta": 3e-15,
    "betainc": 0.0, "betaincc": 0.0, "betaincinv": 0.0, "betainccinv": 0.0, "hyp2f1": 0.0,
}  # fmt: skip


def hurwitz(s, q):
    """scipy's, but NaN where an argument is, and the limit for infinite s."""
    limit = (s >= 1e300) & (q > 1) & np.isfinite(q)
    return np.where(np.isnan(s) | np.isnan(q), np.nan, np.where(limit, 0.0, scipy.special.zeta(s, q)))


def judged(name, arrays):
    judge = {
        "log1mexp": lambda x: np.where(x > -0.5, np.log(-np.expm1(x)), np.log1p(-np.exp(x))),
        "xlogx": lambda x: scipy.special.xlogy(x, x),
        "sinc": np.sinc,
        "hurwitz_zeta": hurwitz,
        "riemann_zeta": scipy.special.zeta,
    }
    with np.errstate(all="ignore"):
        return judge.get(name, getattr(scipy.special, name, None))(*arrays)


@pytest.mark.parametrize("name", NAMES)
def test_edges(name):
    op = function(name)
    count = len(op.row.arguments)
    edges = EDGES if count < 4 else np.array([0.0, -1.0, 0.5, 2.0, 30.0, np.nan])
    arrays = [x.ravel() for x in np.meshgrid(*[edges] * count)]
    inputs = [T.dvector() for _ in arrays]
    (got,) = run(inputs, [op(*inputs)], arrays, "llvm")
    wanted = judged(name, arrays)
    np.testing.assert_allclose(got, wanted, rtol=NAMES[name], atol=1e-16 if name in ("sinc", "riemann_zeta") else 0)


LINES = {
    "ndtr": np.concatenate([np.linspace(-38, 9, 2001), np.logspace(-300, 0, 50)]),
    "ndtri": np.concatenate([np.linspace(0, 1, 1001), np.logspace(-300, -1, 200)]),
    "logit": np.concatenate([np.linspace(0, 1, 1001), 0.5 + np.logspace(-16, -2, 50), np.logspace(-300, -1, 100)]),
    "sinc": np.concatenate([np.linspace(-20, 20, 2001), np.logspace(-300, 0, 50)]),
}


@pytest.mark.parametrize("name", LINES)
def test_lines(name):
    x = T.dvector()
    (got,) = run([x], [function(name)(x)], [LINES[name]], "llvm")
    np.testing.assert_allclose(got, judged(name, [LINES[name]]), rtol=3e-13, atol=1e-16 if name in ("sinc", "logit", "ndtri") else 1e-300)


def test_hurwitz_zeta():
    random = np.random.RandomState(0)
    s, q = random.uniform(1.001, 80, 4000), 10 ** random.uniform(-3, 6, 4000)
    s[:200] = 1 + 10 ** random.uniform(-10, 0, 200)
    s[200:300], q[200:300] = random.randint(2, 9, 100), random.uniform(-20, 0, 100)
    x, y = T.dvectors(2)
    np.testing.assert_allclose(run([x, y], [T.zeta(x, y)], [s, q], "llvm")[0], scipy.special.zeta(s, q), rtol=3e-14, atol=1e-290)


def slope(build, at):
    x = T.dvector()
    y = build(x)
    first = symgraph.grad(y.sum(), x)
    second = symgraph.grad(first.sum(), x)
    return run([x], [first, second], [np.asarray(at, "float64")], "llvm")


def test_derivatives_of_sinc_near_zero():
    at = np.array([0.0, 1e-200, -1e-8, 0.1, 0.3183, 0.3184])
    first, second = slope(T.sinc, at)
    t = np.pi * at.astype("longdouble")
    with np.errstate(all="ignore"):
        wanted = np.where(np.abs(t) < 1e-4, -np.pi * t / 3, (np.cos(t) - np.sin(t) / t) / t * np.pi)
    np.testing.assert_allclose(first, wanted.astype(float), rtol=1e-13)
    np.testing.assert_allclose(second[:3], -np.pi**2 / 3, rtol=1e-12)
    np.testing.assert_allclose(second[4], second[5], rtol=1e-3)


def test_derivatives_where_values_vanish():
    x, y = T.dvectors(2)
    for name in ("xlogy", "xlog1py"):
        by_y = symgraph.grad(function(name)(x, y).sum(), y)
        assert run([x, y], [by_y], [np.zeros(3), np.array([0.0, -1.0, 2.0])], "llvm")[0].tolist() == [0, 0, 0]
    first, _ = slope(T.log_ndtr, [-1e5, -40.0, 0.0, 40.0])
    np.testing.assert_allclose(first, [1e5 + 1e-5, np.sqrt(2 / np.pi) / scipy.special.erfcx(40 * np.sqrt(0.5)), np.sqrt(2 / np.pi), 0], rtol=1e-12)
    first, _ = slope(T.i1e, [0.0])
    assert first.tolist() == [0.5]


@pytest.mark.parametrize("name", ["jv", "yv", "iv", "ive", "kv", "kve"])
def test_no_derivative_by_the_order(name):
    v, z = T.dvectors(2)
    with pytest.raises(NullTypeGradError, match=name):
        symgraph.grad(function(name)(v, z).sum(), v)


BAD = [
    (lambda: T.betainc(1.0, 2.0), TypeError, "betainc takes the arguments a, b, x"),
    (lambda: T.betaln(T.zvector(), 1.0), TypeError, "betaln is not defined for complex128"),
    (lambda: T.jv(T.dvector(), T.dvector(), T.dvector()), TypeError, "v, z"),
    (lambda: T.multigammaln(T.dscalar(), 0), ValueError, "d must be positive"),
    (lambda: T.multigammaln(T.dscalar(), 1.5), TypeError, "integer"),
    (lambda: T.ndtr(T.tensor("float64", shape=(2,)) + T.tensor("float64", shape=(3,))), ValueError, "mis-match"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD)
def test_bad_input(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_scipy_functions_of_variables():
    a, x = T.dvectors(2)
    built = [scipy.special.betainc(a, 2.0, x), scipy.special.expit(x), np.sinc(x), scipy.special.psi(a), scipy.special.xlogy(x, a)]
    arrays = [np.array([0.5, 2.0]), np.array([0.1, 0.7])]
    wanted = [scipy.special.betainc(arrays[0], 2.0, arrays[1]), scipy.special.expit(arrays[1]), np.sinc(arrays[1]),
              scipy.special.psi(arrays[0]), scipy.special.xlogy(arrays[1], arrays[0])]
    for got, right in zip(run([a, x], built, arrays, "llvm"), wanted):
        np.testing.assert_allclose(got, right, rtol=1e-14)
    with pytest.raises(TypeError):
        scipy.special.pbdv(a, x)


def test_names_of_theano_and_scipy():
    x = T.dscalar()
    assert T.xlogy0 is T.xlogy
    for mine, theirs in ((T.expit, scipy.special.expit), (T.log1pexp, lambda x: np.log1p(np.exp(x))), (T.log_expit, scipy.special.log_expit)):
        np.testing.assert_allclose(run([x], [mine(x)], [np.asarray(0.3)], "llvm")[0], theirs(0.3), rtol=1e-15)


def test_softmax_of_scipy():
    x = T.dmatrix()
    a = np.array([[0.0, 1.0, 1000.0], [-1.0, 2.0, 999.0]])
    pairs = [(getattr(T.special, name)(x, axis), getattr(scipy.special, name)(a, axis))
             for name in ("softmax", "log_softmax", "logsumexp") for axis in (None, 0, 1)]
    for got, (_, right) in zip(run([x], [mine for mine, _ in pairs], [a], "llvm"), pairs):
        np.testing.assert_allclose(got, right, rtol=1e-13)
    assert T.special.betainc is T.betainc
