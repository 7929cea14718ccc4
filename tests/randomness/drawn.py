"""Every distribution of symgraph.random with parameters, and scipy's distribution of the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats as st

_P = np.array([0.2, 0.3, 0.5])
_COV = np.array([[2.0, 0.5], [0.5, 1.0]])

# name: parameters, and how scipy names it (None: it does not)
CASES: dict[str, tuple[tuple[Any, ...], Callable[..., Any] | None]] = {
    "uniform": ((1.0, 3.0), lambda a, b: st.uniform(a, b - a)),
    "normal": ((1.0, 2.0), st.norm),
    "lognormal": ((0.1, 0.5), lambda m, s: st.lognorm(s, scale=np.exp(m))),
    "truncated_normal": ((1.0, 2.0, -1.0, 2.5), lambda m, s, a, b: st.truncnorm(a, b, m, s)),
    "exponential": ((2.0,), lambda s: st.expon(scale=s)),
    "cauchy": ((1.0, 2.0), st.cauchy),
    "laplace": ((1.0, 2.0), st.laplace),
    "logistic": ((1.0, 2.0), st.logistic),
    "gumbel": ((1.0, 2.0), st.gumbel_r),
    "weibull": ((1.5, 2.0), lambda a, s: st.weibull_min(a, scale=s)),
    "pareto": ((3.0, 2.0), lambda a, s: st.lomax(a, scale=s)),
    "gamma": ((0.7, 2.0), lambda a, s: st.gamma(a, scale=s)),
    "beta": ((0.5, 1.5), st.beta),
    "chisquare": ((3.0,), st.chi2),
    "standard_t": ((4.0,), st.t),
    "vonmises": ((0.0, 2.0), lambda m, k: st.vonmises(k, m)),
    "dirichlet": ((np.array([0.5, 1.0, 2.0]),), st.dirichlet),
    "multivariate_normal": ((np.array([1.0, 2.0]), _COV), st.multivariate_normal),
    "wishart": ((5.0, _COV), st.wishart),
    "bernoulli": ((0.3,), st.bernoulli),
    "binomial": ((7, 0.3), st.binom),
    "poisson": ((4.0,), st.poisson),
    "geometric": ((0.3,), st.geom),
    "negative_binomial": ((2.5, 0.4), st.nbinom),
    "hypergeometric": ((5, 7, 4), lambda g, b, n: st.hypergeom(g + b, g, n)),
    "integers": ((-2, 5), st.randint),
    "random_integers": ((1, 6), lambda a, b: st.randint(a, b + 1)),
    "categorical": ((_P,), lambda p: st.rv_discrete(values=(np.arange(3), p))),
    "multinomial": ((6, _P), st.multinomial),
    "permutation": ((4,), None),
}

# Further parameters, where a rule has several ways
MORE: list[tuple[str, tuple[Any, ...]]] = [
    ("gamma", (0.02, 1.0)), ("gamma", (1.0, 1.0)), ("gamma", (60.0, 0.5)), ("poisson", (0.1,)), ("poisson", (9.9,)), ("poisson", (10.0,)),
    ("poisson", (400.0,)), ("binomial", (100, 0.7)), ("binomial", (1000, 0.02)), ("binomial", (10**6, 0.5)), ("binomial", (10**12, 1e-11)),
    ("geometric", (0.9,)), ("vonmises", (0.0, 0.0)), ("vonmises", (0.0, 300.0)), ("hypergeometric", (1000, 2000, 500)),
    ("hypergeometric", (3, 900, 500)), ("integers", (0, 3 * 2**60)), ("integers", (5, 5 + 3 * 2**30)), ("truncated_normal", (0.0, 1.0, 6.0, 9.0)),
    ("truncated_normal", (0.0, 1.0, 29.0, 29.05)),
    ("truncated_normal", (0.0, 1.0, 40.0, 40.05)), ("truncated_normal", (0.0, 1.0, 50.0, np.inf)),
    ("truncated_normal", (0.0, 1.0, -np.inf, -1.0)), ("beta", (0.05, 2.0)), ("standard_t", (1.0,)), ("negative_binomial", (50.0, 0.1)),
]
