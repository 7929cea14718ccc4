"""The logarithm of the density (or of the probability) of each distribution at a value: f(value, *parameters). -inf where it is not.

Values are floats here; gradients by value and parameters are those of the expressions. Parameters are not checked.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import symgraph.tensor as T
from symgraph.expr.sizes import size_of

__all__ = []

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_NEVER = -math.inf


def _c(value: float, like: Any) -> Any:
    return T.constant(value, dtype=like.dtype)


def _within(condition: Any, inner: Any, inside: Any) -> Any:
    """inside(value) where the condition holds, -inf elsewhere; there `inner` is read instead, so that no NaN comes into a gradient."""
    found = inside(inner)
    return T.switch(condition, found, _c(_NEVER, found))


def _kept(condition: Any, x: Any, otherwise: float) -> Any:
    return T.switch(condition, x, _c(otherwise, x))


def _power(positive: Any, logarithm: Any, exponent: Any) -> Any:
    """exponent times the logarithm of a number; where that is not positive, it is 0: then the value that is tended to, without a derivative."""
    zero = _c(0, logarithm)
    end = T.switch(T.eq(exponent, zero), zero, T.switch(exponent > 0, _c(_NEVER, zero), _c(math.inf, zero)))
    return exponent * T.switch(positive, logarithm, zero) + T.switch(positive, zero, end)


def _is_whole(x: Any) -> Any:
    return T.eq(x, T.floor(x))


def uniform(x: Any, low: Any, high: Any) -> Any:
    inside = T.and_(T.ge(x, low), T.le(x, high))
    return T.switch(inside, -T.log(high - low), _c(_NEVER, x))


def normal(x: Any, avg: Any, std: Any) -> Any:
    z = (x - avg) / std
    return _c(-0.5, z) * z * z - T.log(std) - _c(_HALF_LOG_2PI, z)


def lognormal(x: Any, avg: Any, std: Any) -> Any:
    positive = x > 0
    return _within(positive, _kept(positive, x, 1.0), lambda x: normal(T.log(x), avg, std) - T.log(x))


def truncated_normal(x: Any, avg: Any, std: Any, low: Any, high: Any) -> Any:
    z = (x - avg) / std
    turned = low > 0
    a, b = T.switch(turned, -high, low), T.switch(turned, -low, high)
    mass = a.log_ndtr() + T.log(T.expm1(b.log_ndtr() - a.log_ndtr()))
    mass = T.switch(T.isinf(a), b.log_ndtr(), mass)
    return T.switch(T.and_(T.ge(z, low), T.le(z, high)), normal(x, avg, std) - mass, _c(_NEVER, z))


def exponential(x: Any, scale: Any) -> Any:
    return T.switch(T.ge(x, 0), -x / scale - T.log(scale), _c(_NEVER, x))


def cauchy(x: Any, loc: Any, scale: Any) -> Any:
    z = (x - loc) / scale
    return -T.log1p(z * z) - T.log(scale) - _c(math.log(math.pi), z)


def laplace(x: Any, loc: Any, scale: Any) -> Any:
    return -abs(x - loc) / scale - T.log(_c(2, x) * scale)


def logistic(x: Any, loc: Any, scale: Any) -> Any:
    z = -abs(x - loc) / scale
    return z - T.log(scale) - _c(2, z) * T.log1p(T.exp(z))


def gumbel(x: Any, loc: Any, scale: Any) -> Any:
    z = (x - loc) / scale
    return -z - T.exp(-z) - T.log(scale)


def weibull(x: Any, a: Any, scale: Any) -> Any:
    inside = T.ge(x, 0)
    z = _kept(inside, x, 1.0) / scale
    logarithm = T.log(_kept(x > 0, z, 1.0))
    return _within(inside, z, lambda z: T.log(a / scale) + _power(x > 0, logarithm, a - _c(1, z)) - z**a)


def pareto(x: Any, a: Any, scale: Any) -> Any:
    inside = T.ge(x, 0)
    return _within(inside, _kept(inside, x, 0.0), lambda x: T.log(a / scale) - (a + _c(1, x)) * T.log1p(x / scale))


def gamma(x: Any, a: Any, scale: Any) -> Any:
    inside = T.ge(x, 0)
    logarithm = T.log(_kept(x > 0, x, 1.0))
    density = lambda x: _power(x > 0, logarithm, a - _c(1, x)) - x / scale - a.gammaln() - a * T.log(scale)
    return _within(inside, _kept(inside, x, 1.0), density)


def beta(x: Any, a: Any, b: Any) -> Any:
    above, below = x > 0, x < 1
    logarithms = T.log(_kept(above, x, 1.0)), T.log1p(-_kept(below, x, 0.0))
    density = _power(above, logarithms[0], a - _c(1, x)) + _power(below, logarithms[1], b - _c(1, x)) - a.betaln(b)
    return T.switch(T.and_(T.ge(x, 0), T.le(x, 1)), density, _c(_NEVER, density))


def chisquare(x: Any, df: Any) -> Any:
    return gamma(x, df / _c(2, df), _c(2, x))


def standard_t(x: Any, df: Any) -> Any:
    half, more = df / _c(2, df), (df + _c(1, df)) / _c(2, df)
    return more.gammaln() - half.gammaln() - _c(0.5, df) * T.log(df * _c(math.pi, df)) - more * T.log1p(x * x / df)


def vonmises(x: Any, mu: Any, kappa: Any) -> Any:
    return kappa * (T.cos(x - mu) - _c(1, x)) - T.log(_c(2 * math.pi, x) * kappa.i0e())


def dirichlet(x: Any, a: Any) -> Any:
    return (a - _c(1, a)).xlogy(x).sum(axis=-1) + a.sum(axis=-1).gammaln() - a.gammaln().sum(axis=-1)


def _counted(x: Any, condition: Any, inside: Any) -> Any:
    """Probabilities of whole numbers for which the condition holds."""
    fits = T.and_(_is_whole(x), condition)
    return _within(fits, _kept(fits, x, 0.0), inside)


def bernoulli(x: Any, p: Any) -> Any:
    one, none = T.eq(x, 1), T.eq(x, 0)
    return T.switch(one, T.log(p), T.switch(none, T.log1p(-p), _c(_NEVER, p)))


def _log_choose(n: Any, k: Any) -> Any:
    return (n + _c(1, n)).gammaln() - (k + _c(1, k)).gammaln() - (n - k + _c(1, k)).gammaln()


def binomial(x: Any, n: Any, p: Any) -> Any:
    return _counted(x, T.and_(T.ge(x, 0), T.le(x, n)), lambda x: _log_choose(n, x) + x.xlogy(p) + (n - x).xlog1py(-p))


def poisson(x: Any, lam: Any) -> Any:
    return _counted(x, T.ge(x, 0), lambda x: x.xlogy(lam) - lam - (x + _c(1, x)).gammaln())


def geometric(x: Any, p: Any) -> Any:
    fits = T.and_(_is_whole(x), T.ge(x, 1))
    return _within(fits, _kept(fits, x, 1.0), lambda x: (x - _c(1, x)).xlog1py(-p) + T.log(p))


def negative_binomial(x: Any, n: Any, p: Any) -> Any:
    inside = lambda x: (x + n).gammaln() - n.gammaln() - (x + _c(1, x)).gammaln() + n * T.log(p) + x.xlog1py(-p)
    return _counted(x, T.ge(x, 0), inside)


def hypergeometric(x: Any, ngood: Any, nbad: Any, nsample: Any) -> Any:
    fits = T.and_(T.and_(T.ge(x, 0), T.le(x, ngood)), T.and_(T.le(x, nsample), T.ge(x, nsample - nbad)))
    fits = T.and_(fits, _is_whole(x))
    x = T.switch(fits, x, T.minimum(ngood, nsample))
    found = _log_choose(ngood, x) + _log_choose(nbad, nsample - x) - _log_choose(ngood + nbad, nsample)
    return T.switch(fits, found, _c(_NEVER, found))


def integers(x: Any, low: Any, high: Any) -> Any:
    fits = T.and_(_is_whole(x), T.and_(T.ge(x, low), x < high))
    return T.switch(fits, -T.log(high - low), _c(_NEVER, x))


def random_integers(x: Any, low: Any, high: Any) -> Any:
    return integers(x, low, high + _c(1, high))


def categorical(x: Any, p: Any) -> Any:
    outcomes = T.arange(size_of(p, -1)).astype(x.dtype)
    hit = T.eq(x.dimshuffle(*range(x.ndim), "x"), outcomes)
    return T.log((T.switch(hit, p, _c(0, p))).sum(axis=-1)) - T.log(p.sum(axis=-1))


def multinomial(x: Any, n: Any, p: Any) -> Any:
    share = p / p.sum(axis=-1, keepdims=True)
    fits = T.and_(T.and_(T.ge(x, 0), _is_whole(x)).all(axis=-1), T.eq(x.sum(axis=-1), n))
    x = T.switch(fits.dimshuffle(*range(fits.ndim), "x"), x, _c(0, x))
    found = (n + _c(1, n)).gammaln() + (x.xlogy(share) - (x + _c(1, x)).gammaln()).sum(axis=-1)
    return T.switch(fits, found, _c(_NEVER, found))


def multivariate_normal(x: Any, avg: Any, cov: Any) -> Any:
    root = np.linalg.cholesky(cov)
    apart = x - avg
    z = T.linalg.solve_triangular(root, apart.dimshuffle(*range(apart.ndim), "x"), lower=True)[..., 0]
    d = size_of(cov, -1).astype(z.dtype)
    logarithm = T.log(root.diagonal(axis1=-2, axis2=-1)).sum(axis=-1)
    return _c(-0.5, z) * (z * z).sum(axis=-1) - logarithm - d * _c(_HALF_LOG_2PI, z)


def wishart(x: Any, df: Any, scale: Any) -> Any:
    half, d = df / _c(2, df), size_of(scale, -1).astype(df.dtype)
    inner = np.linalg.solve(scale, x).diagonal(axis1=-2, axis2=-1).sum(axis=-1)
    steps = (half.dimshuffle(*range(half.ndim), "x") - T.arange(size_of(scale, -1)).astype(df.dtype) / _c(2, df)).gammaln().sum(axis=-1)
    gammas = d * (d - _c(1, d)) * _c(math.log(math.pi) / 4, d) + steps
    normaliser = half * d * _c(math.log(2), df) + half * np.linalg.slogdet(scale)[1] + gammas
    return (df - d - _c(1, d)) / _c(2, d) * np.linalg.slogdet(x)[1] - inner / _c(2, d) - normaliser


def permutation(x: Any, n: Any) -> Any:
    fits = T.eq(x.sort(axis=-1), T.arange(n).astype(x.dtype)).all(axis=-1)
    found = -(n.astype("float64") + 1.0).gammaln()
    return T.switch(fits, found, _c(_NEVER, found))
