"""How each distribution is drawn: expressions of noise and samplers, so that their derivatives are those of the expressions.

Each function takes a key, the sizes (0-d variables), the dtype of the result, and the parameters as variables (floats in the dtype of
the result). Where a draw needs several sources it uses children of the key.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import symgraph.tensor as T
from symgraph.expr.sizes import as_size, size_of, static_int, times
from symgraph.expr.variable import Constant
from symgraph.ops.random.bounded import Integers
from symgraph.ops.random.keys import fold_in
from symgraph.ops.random.noise import Noise
from symgraph.ops.random.require import require
from symgraph.ops.random.sampler import Multinomial, Sampler

__all__ = []


def _noise(kind: str, key: Any, sizes: Sequence[Any], dtype: str) -> Any:
    return Noise(kind, dtype)(key, *sizes)


def _log_gamma(key: Any, sizes: Sequence[Any], dtype: str, a: Any) -> Any:
    return Sampler("log_gamma", dtype)(key, a, *sizes)


def _between(low: Any, high: Any, check: str, what: str) -> Any:
    """high - low, checked now if both are constants, else at the call."""
    known = isinstance(low, Constant) and isinstance(high, Constant)
    return require(T.constant(high.data - low.data, dtype=high.dtype) if known else high - low, check, what)


def _infinite(*bounds: Any) -> bool:
    """Whether a bound is known to be infinite: there is no sum of it."""
    return any(isinstance(x, Constant) and np.isinf(x.data).any() for x in bounds)


def _number(value: float, like: Any) -> Any:
    return T.constant(value, dtype=like.dtype)


# Of noise -------------------------------------------------------------------------------------------------------------


def uniform(key: Any, sizes: Any, dtype: str, low: Any, high: Any) -> Any:
    return low + _between(low, high, "not negative", "uniform: high - low") * _noise("uniform", key, sizes, dtype)


def normal(key: Any, sizes: Any, dtype: str, avg: Any, std: Any) -> Any:
    return avg + std * _noise("normal", key, sizes, dtype)


def lognormal(key: Any, sizes: Any, dtype: str, avg: Any, std: Any) -> Any:
    return T.exp(normal(key, sizes, dtype, avg, std))


def truncated_normal(key: Any, sizes: Any, dtype: str, avg: Any, std: Any, low: Any, high: Any) -> Any:
    """By inversion, on the side of the mean where the distribution function is small and so is precise. Beyond 30 standard deviations by the
    tail's density x exp(-x**2 / 2), which is the normal one up to a thousandth there."""
    low, high = (T.constant(x.data.astype("float64")) if isinstance(x, Constant) else x.astype("float64") for x in (low, high))
    high = low + _between(low, high, "above zero", "truncated_normal: high - low") if not _infinite(low, high) else high
    turned = low > 0
    a, b = T.switch(turned, -high, low), T.switch(turned, -low, high)
    u = _noise("uniform", key, sizes, "float64") + 2.0**-54
    far = b < -30.0
    near = T.switch(far, -30.0, b)
    below = T.switch(far, -31.0, a).ndtr()
    z = (below + u * (near.ndtr() - below)).ndtri()
    edge = T.switch(far, b, -30.0)
    tail = -T.sqrt(edge**2 - 2.0 * T.log1p(u * T.expm1((edge**2 - T.maximum(a, -1e150) ** 2) / 2.0)))
    z = T.clip(T.switch(far, tail, z), a, b)
    return avg + std * T.switch(turned, -z, z).astype(dtype)


def exponential(key: Any, sizes: Any, dtype: str, scale: Any) -> Any:
    return scale * _noise("exponential", key, sizes, dtype)


def cauchy(key: Any, sizes: Any, dtype: str, loc: Any, scale: Any) -> Any:
    return loc + scale * _noise("cauchy", key, sizes, dtype)


def laplace(key: Any, sizes: Any, dtype: str, loc: Any, scale: Any) -> Any:
    first, second = (_noise("exponential", fold_in(key, k), sizes, dtype) for k in (0, 1))
    return loc + scale * (first - second)


def logistic(key: Any, sizes: Any, dtype: str, loc: Any, scale: Any) -> Any:
    first, second = (_noise("exponential", fold_in(key, k), sizes, dtype) for k in (0, 1))
    return loc + scale * (T.log(first) - T.log(second))


def gumbel(key: Any, sizes: Any, dtype: str, loc: Any, scale: Any) -> Any:
    return loc - scale * T.log(_noise("exponential", key, sizes, dtype))


def weibull(key: Any, sizes: Any, dtype: str, a: Any, scale: Any) -> Any:
    return scale * T.exp(T.log(_noise("exponential", key, sizes, dtype)) / a)


def pareto(key: Any, sizes: Any, dtype: str, a: Any, scale: Any) -> Any:
    return scale * T.expm1(_noise("exponential", key, sizes, dtype) / a)


# Of gamma variables ---------------------------------------------------------------------------------------------------


def gamma(key: Any, sizes: Any, dtype: str, a: Any, scale: Any) -> Any:
    return scale * T.exp(_log_gamma(key, sizes, dtype, a))


def beta(key: Any, sizes: Any, dtype: str, a: Any, b: Any) -> Any:
    first, second = (_log_gamma(fold_in(key, k), sizes, dtype, x) for k, x in enumerate((a, b)))
    return T.sigmoid(first - second)


def chisquare(key: Any, sizes: Any, dtype: str, df: Any) -> Any:
    return _number(2, df) * T.exp(_log_gamma(key, sizes, dtype, df / _number(2, df)))


def standard_t(key: Any, sizes: Any, dtype: str, df: Any) -> Any:
    half = df / _number(2, df)
    square = _log_gamma(fold_in(key, 1), sizes, dtype, half)
    return _noise("normal", fold_in(key, 0), sizes, dtype) * T.exp((T.log(half) - square) / _number(2, df))


def dirichlet(key: Any, sizes: Any, dtype: str, a: Any) -> Any:
    logarithms = _log_gamma(key, [*sizes, size_of(a, -1)], dtype, a)
    weights = T.exp(logarithms - logarithms.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# Counts ---------------------------------------------------------------------------------------------------------------


def bernoulli(key: Any, sizes: Any, dtype: str, p: Any) -> Any:
    return (_noise("uniform", key, sizes, p.dtype) < p).astype(dtype)


def binomial(key: Any, sizes: Any, dtype: str, n: Any, p: Any) -> Any:
    if isinstance(n, Constant) and n.type.ndim == 0 and n.data == 1:
        return bernoulli(key, sizes, dtype, p)
    return Sampler("binomial", dtype)(key, n, p, *sizes)


def poisson(key: Any, sizes: Any, dtype: str, lam: Any) -> Any:
    return Sampler("poisson", dtype)(key, lam, *sizes)


def geometric(key: Any, sizes: Any, dtype: str, p: Any) -> Any:
    return Sampler("geometric", dtype)(key, p, *sizes)


def hypergeometric(key: Any, sizes: Any, dtype: str, ngood: Any, nbad: Any, nsample: Any) -> Any:
    return Sampler("hypergeometric", dtype)(key, ngood, nbad, nsample, *sizes)


def negative_binomial(key: Any, sizes: Any, dtype: str, n: Any, p: Any) -> Any:
    n, p = n.astype("float64"), p.astype("float64")
    mean = T.exp(_log_gamma(fold_in(key, 0), sizes, "float64", n)) * ((1.0 - p) / p)
    return poisson(fold_in(key, 1), sizes, dtype, T.minimum(mean, 9e18))


def integers(key: Any, sizes: Any, dtype: str, low: Any, high: Any) -> Any:
    if low.ndim or high.ndim:
        return Sampler("integers", dtype)(key, low, high, *sizes)
    known = static_int(low), static_int(high)
    wide = known[0] is not None and known[1] is not None and known[1] - known[0] >= 2**32  # the same numbers, side by side
    return (Sampler("integers", dtype) if wide else Integers(dtype))(key, low, high, *sizes)


def random_integers(key: Any, sizes: Any, dtype: str, low: Any, high: Any) -> Any:
    return integers(key, sizes, dtype, low, high.astype("int64") + 1)


def categorical(key: Any, sizes: Any, dtype: str, p: Any, name: str = "categorical") -> Any:
    if p.type.shape[-1] == 0:
        raise ValueError(f"{name}: p has no outcomes")
    total = p.astype("float64").cumsum(axis=-1)
    outcomes = _counted(size_of(p, -1), "at least one", f"{name}: the number of outcomes")
    u, last = _noise("uniform", key, sizes, "float64"), outcomes - 1
    place = u * require(total[..., last], "positive", f"{name}: the sum of p")
    if p.ndim == 1:
        found = T.searchsorted(total, place, side="right")
    else:
        found = T.le(total, place.dimshuffle(*range(len(sizes)), "x")).sum(axis=-1)
    return T.minimum(found, last).astype(dtype)


def multinomial(key: Any, sizes: Any, dtype: str, n: Any, p: Any) -> Any:
    return Multinomial(dtype)(key, n, p, *sizes)


# Of several numbers each ----------------------------------------------------------------------------------------------


def multivariate_normal(key: Any, sizes: Any, dtype: str, avg: Any, cov: Any) -> Any:
    known = avg.type.shape[-1], cov.type.shape[-1]
    if None not in known and known[0] not in (1, known[1]):
        raise ValueError(f"multivariate_normal: a mean of {known[0]} numbers and a covariance of {known[1]} do not fit together")
    z = _noise("normal", key, [*sizes, size_of(cov, -1)], dtype)
    root = np.linalg.cholesky(cov)
    moved = z.dot(root.T) if cov.ndim == 2 else T.matmul(root, z.dimshuffle(*range(z.ndim), "x"))[..., 0]
    return avg + moved


def wishart(key: Any, sizes: Any, dtype: str, df: Any, scale: Any) -> Any:
    """Bartlett's decomposition: On the theory of statistical regression (1933)."""
    d = size_of(scale, -1)
    known, above = static_int(d), "wishart: df - (d - 1), for matrices of d rows,"
    if isinstance(df, Constant) and known:
        require(T.constant(df.data - (known - 1)), "positive", above)
    rows = T.arange(d)
    below = _noise("normal", fold_in(key, 0), [*sizes, d, d], dtype)
    half = require(df.dimshuffle(*range(df.ndim), "x") - rows.astype(dtype), "positive", above) / _number(2, df)
    diagonal = T.exp((_log_gamma(fold_in(key, 1), [*sizes, d], dtype, half) + _number(math.log(2), df)) / _number(2, df))
    row, column = rows.dimshuffle(0, "x"), rows.dimshuffle("x", 0)
    diagonal = diagonal.dimshuffle(*range(diagonal.ndim), "x")
    factor = T.switch(T.eq(row, column), diagonal, T.switch(T.gt(row, column), below, _number(0, below)))
    root = np.linalg.cholesky(scale)
    factor = T.matmul(root, factor) if sizes else root.dot(factor)
    return T.matmul(factor, factor.swapaxes(-1, -2))


def vonmises(key: Any, sizes: Any, dtype: str, mu: Any, kappa: Any) -> Any:
    angle = mu + Sampler("von_mises", dtype)(key, kappa, *sizes)
    turn = _number(2 * math.pi, angle)
    return angle - turn * T.round_half_even(T.disconnected_grad(angle) / turn)


# Orders ---------------------------------------------------------------------------------------------------------------


def permutation(key: Any, sizes: Any, dtype: str, n: Any) -> Any:
    """The order of random words: of 64 bits, so that two of a million are equal once in 4e7 draws (the order is then still one)."""
    bits = _noise("bits", key, [*sizes, n], "uint64")
    return bits.argsort(axis=-1).astype(dtype)


def chosen(key: Any, sizes: Any, dtype: str, n: Any, p: Any, replace: bool) -> Any:
    """Places among n, of the sizes. Without replacement by p: those of the largest log p + gumbel (Efraimidis and Spirakis, Weighted random
    sampling with a reservoir, 2006)."""
    if replace:
        if p is not None:
            return categorical(key, sizes, dtype, p, "choice")
        return integers(key, sizes, dtype, T.constant(0), _counted(n, "at least one", "choice: the number of elements"))
    wanted, left = as_size(times(sizes)), "choice: how many elements are left after a draw without replacement"
    known = static_int(wanted), static_int(n)
    if known[0] is not None and known[1] is not None and known[0] > known[1]:
        raise ValueError(f"choice: {known[0]} of {known[1]} elements cannot be chosen without replacement")
    if p is None:
        order = permutation(key, [], dtype, n)
        wanted = n - _counted(n - wanted, "not negative", left)
    else:
        order = (T.log(_noise("exponential", key, [n], "float64")) - T.log(p.astype("float64"))).argsort().astype(dtype)
        possible = T.gt(p, 0).sum() if not isinstance(p, Constant) else T.constant(int((p.data > 0).sum()))
        wanted = possible - _counted(possible - wanted, "not negative", left.replace("elements", "elements of positive probability"))
    return order[:wanted].reshape([*sizes]) if sizes else order[wanted - 1]


def _counted(n: Any, check: str, what: str) -> Any:
    """A size or a count, checked now where it is known, else at the call."""
    known = static_int(n)
    return require(n if known is None else T.constant(known, dtype="int64"), check, what)
