"""Derivatives of special functions by their parameters: against closed forms and against differences of scipy's functions, over wide ranges."""

import numpy as np
import pytest
import scipy.special
from targets import run

import symgraph
import symgraph.tensor as T
from symgraph.errors import NullTypeGradError
from symgraph.ops.elementwise import function

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast


def native(name, *arrays):
    inputs = [T.dvector() for _ in arrays]
    return run(inputs, [function(name)(*inputs)], arrays, "llvm")[0]


def difference(f, step):
    """Central differences, extrapolated twice (Richardson): f(0 +- step) and smaller."""

    def plain(h):
        return (f(h) - f(-h)) / (2 * h)

    return (64 * plain(step / 4) - 20 * plain(step / 2) + plain(step)) / 45


def cauchy(random, count, least, most):
    return np.clip(np.abs(random.standard_cauchy(count)) * 3, least, most)


def test_gamma_by_differences():
    random = np.random.RandomState(0)
    k, x = cauchy(random, 3000, 0.02, 300), cauchy(random, 3000, 1e-8, 400)
    first = native("gammainc_k", k, x)
    np.testing.assert_allclose(first, difference(lambda h: scipy.special.gammainc(k * (1 + h), x), 1e-2) / k, rtol=1e-8, atol=2e-11)
    second = native("gammainc_kk", k, x)
    np.testing.assert_allclose(second, difference(lambda h: native("gammainc_k", k * (1 + h), x), 1e-2) / k, rtol=1e-8, atol=2e-9)


def test_gamma_of_large_parameters():
    """By the scale of the distribution, sqrt(k): the difference takes a hundredth of it."""
    k = np.repeat(10.0 ** np.arange(3, 7), 5)
    x = k + np.sqrt(k) * np.tile([-2.0, -0.5, 0.0, 0.5, 2.0], 4)
    step = np.sqrt(k) * 1e-2
    wanted = difference(lambda h: scipy.special.gammainc(k + h * step, x), 1.0) / step
    np.testing.assert_allclose(native("gammainc_k", k, x), wanted, rtol=1e-7)


def test_gamma_at_the_ends():
    k = np.array([0.0, 0.0, 1.0, 1.0, -1.0, 1.0, np.nan, np.inf])
    x = np.array([0.5, 3.0, 0.0, np.inf, 1.0, -1.0, 1.0, 1.0])
    wanted = [-scipy.special.exp1(0.5), -scipy.special.exp1(3.0), 0, 0, *[np.nan] * 4]
    np.testing.assert_allclose(native("gammainc_k", k, x), wanted, rtol=1e-13)


def points():
    random = np.random.RandomState(1)
    x = np.concatenate([random.uniform(0, 1, 500), 10 ** random.uniform(-12, -1, 200), 1 - 10 ** random.uniform(-12, -1, 200)])
    return cauchy(random, x.size, 0.01, 1000), x


def test_beta_by_closed_forms():
    """betainc(a, 1, x) = x**a and betainc(1, b, x) = 1 - (1 - x)**b."""
    a, x = points()
    one = np.ones_like(a)
    power, log = np.exp(a * np.log(x)), np.log(x)
    np.testing.assert_allclose(native("betainc_a", a, one, x), power * log, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(native("betainc_aa", a, one, x), power * log**2, rtol=1e-9, atol=1e-12)
    power, log = np.exp(a * np.log1p(-x)), np.log1p(-x)
    np.testing.assert_allclose(native("betainc_b", one, a, x), -power * log, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(native("betainc_bb", one, a, x), -power * log**2, rtol=1e-9, atol=1e-12)


def test_beta_by_differences():
    random = np.random.RandomState(2)
    a, b, x = cauchy(random, 2000, 0.05, 300), cauchy(random, 2000, 0.05, 300), random.uniform(0, 1, 2000)
    for name, at in (("betainc_a", lambda h: (a * (1 + h), b, x)), ("betainc_b", lambda h: (a, b * (1 + h), x))):
        wanted = difference(lambda h, at=at: scipy.special.betainc(*at(h)), 1e-2) / (a if name == "betainc_a" else b)
        np.testing.assert_allclose(native(name, a, b, x), wanted, rtol=1e-8, atol=1e-11)
    wanted = difference(lambda h: native("betainc_a", a, b * (1 + h), x), 1e-2) / b
    np.testing.assert_allclose(native("betainc_ab", a, b, x), wanted, rtol=1e-7, atol=1e-10)


def test_beta_at_the_ends():
    a = np.array([1.0, 1.0, 0.0, -1.0, 1.0, np.nan, np.inf])
    x = np.array([0.0, 1.0, 0.5, 0.5, 1.5, 0.5, 0.5])
    np.testing.assert_array_equal(native("betainc_a", a, np.full(7, 2.0), x), [0, 0, *[np.nan] * 5])


def test_third_derivatives_are_refused():
    k, x = T.dscalars(2)
    third = T.gammainc_kk(k, x)
    with pytest.raises(NullTypeGradError, match="gammainc_kk"):
        symgraph.grad(third, k)
    symgraph.grad(third, x)


def test_a_likelihood():
    """The gradient of a log-likelihood by both parameters of a gamma distribution, some of the data censored: scipy's by differences."""
    k, scale, x, c = T.dscalars(2) + T.dvectors(2)
    log_p = T.xlogy(k - 1, x / scale) - x / scale - T.gammaln(k) - T.log(scale)
    cost = log_p.sum() + T.log(T.gammaincc(k, c / scale)).sum()
    random = np.random.RandomState(3)
    data, censored = random.gamma(2.0, 1.5, 20), np.full(5, 4.0)
    got = run([k, scale, x, c], symgraph.grad(cost, [k, scale]), [np.asarray(2.2), np.asarray(1.3), data, censored], "llvm")

    def value(k, s):
        z = data / s
        densities = scipy.special.xlogy(k - 1, z) - z - scipy.special.gammaln(k) - np.log(s)
        return densities.sum() + np.log(scipy.special.gammaincc(k, censored / s)).sum()

    wanted = [difference(lambda h: value(2.2 + h, 1.3), 1e-2), difference(lambda h: value(2.2, 1.3 + h), 1e-2)]
    np.testing.assert_allclose(got, wanted, rtol=1e-8)


def test_zeta_by_differences():
    random = np.random.RandomState(4)
    s, q = random.uniform(1.3, 30, 1000), 10 ** random.uniform(-1, 4, 1000)
    wanted = difference(lambda h: scipy.special.zeta(s + h, q), 1e-2)
    np.testing.assert_allclose(native("hurwitz_zeta_x", s, q), wanted, rtol=1e-8)
    wanted = difference(lambda h: native("hurwitz_zeta_x", s + h, q), 1e-2)
    np.testing.assert_allclose(native("hurwitz_zeta_xx", s, q), wanted, rtol=1e-8)
    np.testing.assert_array_equal(native("hurwitz_zeta_x", np.array([1.0, -1.0, 2.0, np.nan]), np.array([1.0, 1.0, -1.0, 1.0])), np.nan)


def test_riemann_zeta():
    """At 0 -log(2 pi) / 2, at -2 -zeta(3) / (4 pi**2)."""
    x = T.dvector()
    at = np.concatenate([np.linspace(-9.7, 0.9, 40), np.linspace(1.1, 20, 40)])
    first = symgraph.grad(T.zeta(x).sum(), x)
    got = run([x], [first], [at], "llvm")[0]
    np.testing.assert_allclose(got, difference(lambda h: scipy.special.zeta(at + h), 1e-2), rtol=1e-7, atol=1e-9)
    got = run([x], [first], [np.array([0.0, -2.0])], "llvm")[0]
    np.testing.assert_allclose(got, [-np.log(2 * np.pi) / 2, -scipy.special.zeta(3) / (4 * np.pi**2)], rtol=1e-12)


def test_hypergeometric_by_differences():
    random = np.random.RandomState(5)
    a, b, c = random.uniform(0.2, 4, (3, 1000))
    z = random.uniform(-5, 0.95, 1000)
    wanted = difference(lambda h: scipy.special.hyp2f1(a + h, b, c, z), 1e-2)
    np.testing.assert_allclose(native("hyp2f1_a", a, b, c, z), wanted, rtol=1e-6, atol=1e-9)
    wanted = difference(lambda h: scipy.special.hyp2f1(a, b, c + h * c, z), 1e-2) / c
    np.testing.assert_allclose(native("hyp2f1_c", a, b, c, z), wanted, rtol=1e-6, atol=1e-9)
    one = np.ones(3)
    assert np.isnan(native("hyp2f1_a", one, one, np.array([1.0, -1.0, 1.0]), np.array([1.0, 0.5, 0.99999999]))).all()
