"""Each distribution: what is drawn is distributed so, on all targets alike; densities are scipy's; draws move with their parameters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats as st
from drawn import CASES, MORE
from scipy import special

import symgraph
import symgraph.random as R
import symgraph.tensor as T
from symgraph.random.distributions import TABLE

KEY = R.key(2026)
COUNT = 20000
LINES = [(name, parameters) for name, (parameters, judge) in CASES.items() if judge is not None] + MORE
LEVEL = 1e-3 / (3 * len(LINES))  # Bonferroni: all tests here together fail by chance once in a thousand seeds


def test_every_distribution_has_a_case():
    assert set(CASES) == set(TABLE)


def drawn(name, parameters, count=COUNT):
    """By the numpy rules, which other tests hold against native code."""
    return symgraph.function([], getattr(R, name)(KEY, count, *parameters), mode=symgraph.Mode("py", "fast_run"))()


def chi_square(found, wanted):
    """The probability of counts as far from the wanted ones; what is wanted less than ten times is joined."""
    big = wanted >= 10
    found = np.append(found[big], found.sum() - found[big].sum())
    wanted = np.append(wanted[big], max(found.sum() - wanted[big].sum(), 1e-9))
    if wanted[-1] < 1:
        found, wanted = found[:-1], wanted[:-1]
    return 1.0 if len(wanted) < 2 else st.chi2.sf(((found - wanted) ** 2 / wanted).sum(), len(wanted) - 1)


def probability(x, judge):
    """How likely numbers as far from the distribution are."""
    if x.dtype.kind == "f" or np.ptp(x) > 1e6:
        return st.kstest(x, judge.cdf).pvalue
    values = np.arange(x.min(), x.max() + 1)
    return chi_square(np.bincount(x - x.min()), judge.pmf(values) * len(x))


@pytest.mark.parametrize(("name", "parameters"), LINES, ids=lambda x: str(x).replace("\n", ""))
def test_draws_are_distributed_so(name, parameters):
    x = drawn(name, parameters)
    judge = CASES[name][1](*parameters)
    if name == "multivariate_normal":
        white = np.linalg.solve(np.linalg.cholesky(parameters[1]), (x - parameters[0]).T)
        found = [st.kstest(white[0], "norm").pvalue, st.kstest(white[1], "norm").pvalue, st.kstest((white[0] + white[1]) / 2**0.5, "norm").pvalue]
    elif name == "dirichlet":
        found = [st.kstest(x[:, k], st.beta(a, parameters[0].sum() - a).cdf).pvalue for k, a in enumerate(parameters[0])]
    elif name == "wishart":
        df, scale = parameters
        assert (np.linalg.eigvalsh(x) > 0).all()
        sides = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -2.0]])
        found = [st.kstest(np.einsum("i,nij,j->n", a, x, a) / (a @ scale @ a), st.chi2(df).cdf).pvalue for a in sides]
    elif name == "multinomial":
        n, p = parameters
        assert (x.sum(axis=1) == n).all()
        outcomes = [np.array(o) for o in itertools.product(range(n + 1), repeat=3) if sum(o) == n]
        counts = np.array([(x == o).all(axis=1).sum() for o in outcomes])
        found = [chi_square(counts, np.array([judge.pmf(o) for o in outcomes]) * COUNT)]
    else:
        found = [probability(x, judge)]
    assert min(found) > LEVEL


def test_a_wrong_distribution_is_noticed():
    assert probability(drawn("normal", (0.0, 1.1)), st.norm) < LEVEL
    assert probability(drawn("poisson", (4.1,)), st.poisson(4.0)) < LEVEL


def test_permutations_are_all_alike():
    x = drawn("permutation", (4,))
    codes = (x * [64, 16, 4, 1]).sum(axis=1)
    values, counts = np.unique(codes, return_counts=True)
    assert len(values) == 24
    assert chi_square(counts, np.full(24, COUNT / 24)) > LEVEL


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("p", [None, [0.1, 0.2, 0.3, 0.4]])
def test_choice(replace, p):
    keys = R.split(KEY, 3000).eval()
    k = T.tensor("uint32", shape=[4])
    pair = R.choice(k, 2, 4, replace=replace, p=p)
    f = symgraph.function([k], [pair, T.exp(R.logp(pair, pair)) if not replace else pair])
    found = [f(key) for key in keys]
    x = np.array([one for one, _ in found])
    weights = np.full(4, 0.25) if p is None else np.array(p)
    wanted = np.outer(weights, weights)
    if not replace:
        wanted = wanted / (1 - weights)[:, None]
        np.fill_diagonal(wanted, 0.0)
        np.testing.assert_allclose([float(q) for _, q in found], wanted[x[:, 0], x[:, 1]], rtol=1e-12)
    counts = np.bincount(x[:, 0] * 4 + x[:, 1], minlength=16)
    assert not counts[wanted.ravel() == 0].any()
    assert chi_square(counts[wanted.ravel() > 0], wanted[wanted > 0] * len(x)) > LEVEL
    if replace:
        x = drawn_choice = R.choice(KEY, COUNT, 4, p=p).eval()
        assert chi_square(np.bincount(drawn_choice, minlength=4), weights * COUNT) > LEVEL


def test_choice_and_shuffle_of_elements():
    values = np.array([5.0, 7.0, 9.0], "float32")
    x = R.choice(KEY, (4, 2), values).eval()
    assert x.dtype == "float32"
    assert x.shape == (4, 2)
    assert set(x.ravel()) <= {5.0, 7.0, 9.0}
    rows = np.arange(12).reshape(4, 3)
    for axis in (0, 1, -1):
        shuffled = R.shuffle(KEY, rows, axis).eval()
        assert sorted(map(tuple, np.moveaxis(shuffled, axis, 0))) == sorted(map(tuple, np.moveaxis(rows, axis, 0)))


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
def test_all_targets_draw_the_same(dtype):
    """Counts and noise to the last bit; functions of them as the target computes exp, log or tan."""
    key = T.tensor("uint32", shape=[4])
    n = T.lscalar()
    kinds = {name: None if TABLE[name].counts else dtype for name in CASES}
    outputs = [getattr(R, name)(key, (n, 3) if name not in ("wishart", "permutation") else n, *parameters, dtype=kinds[name])
               for name, (parameters, _) in CASES.items()]
    results = [symgraph.function([key, n], outputs, mode=symgraph.Mode(linker, "fast_run"))(KEY.data, 7) for linker in ("llvm", "c", "py")]
    for name, *found in zip(CASES, *results):
        for x in found:
            assert x.dtype == (kinds[name] or "int64")
            np.testing.assert_allclose(x, found[0], rtol=0 if TABLE[name].counts else 3e-5 if dtype == "float32" else 1e-12, err_msg=name)
    assert all((a == b).all() for name, *found in zip(CASES, *results) if name in ("normal", "uniform", "exponential") for a, b in [found[:2]])


@pytest.mark.parametrize("name", [name for name, (_, judge) in CASES.items() if judge])
def test_densities(name):
    parameters, judge = CASES[name]
    judge = judge(*parameters)
    rv = getattr(R, name)(KEY, 40, *parameters)
    points = rv.eval()
    wanted = np.array([(judge.logpdf if hasattr(judge, "logpdf") and not TABLE[name].counts else judge.logpmf)(x) for x in points])
    value = rv.type()
    np.testing.assert_allclose(symgraph.function([value], R.logp(rv, value))(points), wanted, rtol=1e-9, atol=1e-9)


OUTSIDE = {
    "uniform": (0.5, 3.5), "lognormal": (-1.0, 0.0), "exponential": (-0.1,), "weibull": (-1.0,), "pareto": (-0.5,), "gamma": (-1.0,),
    "beta": (-0.1, 1.5), "chisquare": (-2.0,), "truncated_normal": (-1.5, 7.0), "bernoulli": (2, -1), "binomial": (-1, 8, 0.5),
    "poisson": (-1, 1.5), "geometric": (0, 1.5), "negative_binomial": (-1, 0.5), "hypergeometric": (-1, 5, 0.5), "integers": (-3, 5),
    "random_integers": (0, 7), "categorical": (3, -1),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_where_a_draw_cannot_lie(name):
    rv = getattr(R, name)(KEY, 2, *CASES[name][0])
    value = T.constant(np.array(OUTSIDE[name], "float64"))
    density = R.logp(rv, value)
    assert (density.eval() == -np.inf).all()
    if name not in ("categorical", "bernoulli"):
        slope = symgraph.grad(T.switch(T.isinf(density), 0.0, density).sum(), value, disconnected_inputs="ignore").eval()
        assert np.isfinite(slope).all()


@pytest.mark.parametrize("a", [0.5, 1.0, 2.5])
def test_densities_at_the_ends(a):
    value, b = T.dvector("value"), 1.5
    points = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    draws = {R.gamma(KEY, 5, a, b): st.gamma(a, scale=b), R.beta(KEY, 5, a, b): st.beta(a, b), R.beta(KEY, 5, b, a): st.beta(b, a),
             R.weibull(KEY, 5, a, b): st.weibull_min(a, scale=b), R.chisquare(KEY, 5, 2 * a): st.chi2(2 * a)}
    densities = [R.logp(rv, value) for rv in draws]
    found = symgraph.function([value], densities)(points)
    np.testing.assert_allclose(found, [judge.logpdf(points) for judge in draws.values()], rtol=1e-12, atol=1e-12)


def test_gradient_of_a_density():
    x, avg, std = T.dscalars("x", "avg", "std")
    rv = R.normal(KEY, (), avg, std)
    slopes = symgraph.function([x, avg, std], symgraph.grad(R.logp(rv, x), [x, avg, std]))(1.5, 1.0, 2.0)
    np.testing.assert_allclose(slopes, [-0.125, 0.125, 0.25 / 4 / 2 - 0.5])


MOVING = {  # distributions whose draws are functions of parameters and of fixed noise
    "uniform", "normal", "lognormal", "truncated_normal", "exponential", "cauchy", "laplace", "logistic", "gumbel", "weibull", "pareto",
    "multivariate_normal",
}


@pytest.mark.parametrize("name", sorted(MOVING))
def test_draws_move_with_their_parameters(name):
    """The gradient against differences with the same key; second derivatives by the gradient's own differences."""
    parameters = [np.asarray(p, "float64") for p in CASES[name][0]]
    symgraph.verify_grad(lambda *ps: getattr(R, name)(KEY, 3, *ps).sum() if name != "multivariate_normal" else getattr(R, name)(KEY, 3, *ps),
                         parameters, rng=np.random.RandomState(0))


SHAPES = np.array([0.01, 0.1, 0.5, 1.0, 3.0, 40.0, 1000.0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_implicit_derivative_of_gamma(dtype):
    """z moves with a such that the distribution function stays: against differences of its inverse."""
    a = T.tensor(dtype, shape=[None])
    z = R.gamma(KEY, (5, len(SHAPES)), a, dtype=dtype)
    per_draw = symgraph.tensor.Rop(z, a, T.ones_like(a))
    x, slope = symgraph.function([a], [z, per_draw])(SHAPES.astype(dtype))
    assert slope.dtype == dtype
    level = special.gammainc(SHAPES, x.astype("float64"))
    h = 1e-5 * SHAPES
    wanted = (special.gammaincinv(SHAPES + h, level) - special.gammaincinv(SHAPES - h, level)) / (2 * h)
    usable = (level < 0.999) & (x > 1e-30)
    assert usable.sum() > 20
    np.testing.assert_allclose(slope[usable], wanted[usable], rtol=2e-3 if dtype == "float32" else 2e-5)
    total = symgraph.function([a], symgraph.grad(z.sum(), a))(SHAPES.astype(dtype))
    np.testing.assert_allclose(total, slope.sum(axis=0), rtol=1e-4 if dtype == "float32" else 1e-12)


def test_derivatives_of_gamma_and_beta_give_those_of_means():
    """The mean of gamma(a) is a, that of beta(a, b) a / (a + b): their derivatives are the means of the draws' derivatives."""
    a, b = T.dscalars("a", "b")
    slopes = symgraph.grad(R.gamma(KEY, 20000, a).mean(), a), *symgraph.grad(R.beta(KEY, 20000, a, b).mean(), [a, b])
    found = symgraph.function([a, b], list(slopes))(0.8, 1.7)
    np.testing.assert_allclose(found, [1.0, 1.7 / 2.5**2, -0.8 / 2.5**2], rtol=0.04)


def test_second_derivative_of_gamma():
    """As far as the distribution function goes: its inverse, at the level of the draw, derived twice."""
    a = T.dscalar()
    z = R.gamma(KEY, (), a)
    first = symgraph.grad(z, a)
    x, slope, curve = symgraph.function([a], [z, first, symgraph.grad(first, a)])(2.0)
    h, level = 1e-3, special.gammainc(2.0, x)
    ends = [special.gammaincinv(2.0 + k * h, level) for k in (-1, 0, 1)]
    np.testing.assert_allclose([slope, curve], [(ends[2] - ends[0]) / (2 * h), (ends[2] - 2 * ends[1] + ends[0]) / h**2], rtol=1e-4)


def test_counts_have_no_derivative():
    lam = T.dscalar()
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(R.poisson(KEY, 3, lam).astype("float64").sum(), lam)
    kappa = T.dscalar()
    with pytest.raises(symgraph.errors.NullTypeGradError):
        symgraph.grad(R.vonmises(KEY, 3, 0.0, kappa).sum(), kappa)


def test_integers_do_not_ask_how_their_bounds_are_known():
    low, high = T.lscalars("low", "high")
    drawn = symgraph.function([low, high], R.integers(KEY, 300, low, high))
    for bounds in ((0, 7), (-5, 3 * 2**30), (0, 2**32 - 1), (0, 2**32), (-(2**63), 2**63 - 1)):
        found = drawn(*bounds)
        np.testing.assert_array_equal(found, R.integers(KEY, 300, *bounds).eval())
        assert bounds[0] <= found.min() <= found.max() < bounds[1]
