"""The table of distributions: parameters with their checks, how each is drawn (draws.py), its log density (densities.py).

A row becomes a function of a key, `normal(key, shape, ...)`, here, and a method of a stream, `stream.normal(size, ...)`, in streams.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import symgraph.tensor as T
from symgraph.expr.dtypes import COMPLEX, DISCRETE, FLOAT, INTEGER, upcast
from symgraph.expr.sizes import size_of, static_int
from symgraph.expr.variable import Constant, Variable
from symgraph.ops.random.noise import as_key
from symgraph.ops.random.require import require
from symgraph.random import densities, draws
from symgraph.random.shapes import fit, sizes_of
from symgraph.settings import config

__all__ = ["TABLE", "Distribution", "Parameter", "function_of"]

NEEDED: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Parameter:
    """check: of `checks.CHECKS`, "" for none. kind: 'float' (taken in the dtype of the draw), 'real' (as it is), 'integer'. given: how many
    last dimensions belong to one draw."""

    name: str
    default: Any = NEEDED
    check: str = ""
    kind: str = "float"
    given: int = 0


@dataclass(frozen=True)
class Distribution:
    """dtypes: those that it may be drawn in; counts are int64 unless said, others floatX, or the dtype of a parameter that is more precise.

    length: a parameter that is the length of the last dimension of each draw (it has no own), rather than a parameter of its elements.
    """

    name: str
    parameters: tuple[Parameter, ...]
    doc: str
    counts: bool = False
    length: bool = False
    smooth: bool = True  # whether it can be derived by its parameters

    @property
    def draw(self) -> Callable[..., Any]:
        return getattr(draws, self.name)  # type: ignore[no-any-return]

    def build(self, key: Any, shape: Any, ndim: int | None, dtype: str | None, arguments: Sequence[Any]) -> Any:
        """The draw, with what it was drawn from as `tag.distribution`, for `logp`."""
        key = as_key(key)
        dtype = self._dtype(dtype, arguments)
        working = dtype if not self.counts else _float_of(None, arguments)
        taken = [_parameter(self.name, p, x, working) for p, x in zip(self.parameters, arguments)]
        own = [] if self.length else taken
        sizes = sizes_of(self.name, shape, ndim, own, [p.given for p in self.parameters])
        if not self.length:
            taken = [fit(x, sizes, p.given) for x, p in zip(taken, self.parameters)]
        out = self.draw(key, sizes, dtype, *taken)
        out.tag.distribution = (self.name, tuple(taken))
        return out

    def _dtype(self, dtype: str | None, arguments: Sequence[Any]) -> str:
        if self.counts:
            dtype = "int64" if dtype is None else str(np.dtype(dtype))
            allowed: tuple[str, ...] = (*INTEGER, *FLOAT, "bool") if self.name in ("bernoulli", "binomial") else (*INTEGER, *FLOAT)
        else:
            dtype = _float_of(dtype, arguments)
            allowed = tuple(FLOAT)
        if dtype not in allowed:
            raise TypeError(f"{self.name} is drawn as {', '.join(allowed)}, not as {dtype}")
        return dtype


def _float_of(dtype: str | None, arguments: Sequence[Any]) -> str:
    """The dtype asked for; None: floatX, or that of a parameter (no Python number) that is more precise."""
    if dtype is not None:
        return config.floatX if dtype == "floatX" else str(np.dtype(dtype))
    found = [getattr(x, "dtype", None) for x in arguments if isinstance(x, (Variable, np.ndarray, np.generic))]
    return upcast(config.floatX, *[str(x) for x in found if str(x) in FLOAT])


def _parameter(distribution: str, parameter: Parameter, value: Any, dtype: str) -> Any:
    what = f"{distribution}: {parameter.name}"
    if value is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{what} must be a number or an array, got {value!r}")
    x = T.as_tensor(value)
    if x.dtype in COMPLEX:
        raise TypeError(f"{what} must be real, got {x.type}")
    if parameter.kind == "integer" and (x.dtype not in DISCRETE or x.dtype == "bool"):
        raise TypeError(f"{what} must be of integers, got {x.type}")
    if x.ndim < parameter.given:
        raise ValueError(f"{what} must have at least {parameter.given} dimensions, got {x.type}")
    if parameter.given == 2:
        rows, columns = x.type.shape[-2:]
        if rows is not None and columns is not None and rows != columns:
            raise ValueError(f"{what} must be square, got {x.type}")
    if parameter.kind == "float" and x.dtype != dtype:
        x = T.constant(x.data.astype(dtype)) if isinstance(x, Constant) else x.astype(dtype)
    return require(x, parameter.check, what) if parameter.check else x


_LOC, _SCALE = Parameter("loc", 0.0), Parameter("scale", 1.0, "not negative")
_AVG, _STD = Parameter("avg", 0.0), Parameter("std", 1.0, "not negative")
_REAL = "real"


def _positive(name: str, default: Any = NEEDED) -> Parameter:
    return Parameter(name, default, "positive")


def _chance(default: Any = 0.5, check: str = "probability") -> Parameter:
    return Parameter("p", default, check)


_ROWS = (
    Distribution("uniform", (Parameter("low", 0.0), Parameter("high", 1.0)), "Uniform in [low, high)."),
    Distribution("normal", (_AVG, _STD), "Normal of mean `avg` and standard deviation `std`, by Box and Muller (1958)."),
    Distribution("lognormal", (_AVG, _STD), "exp of a normal variable of mean `avg` and standard deviation `std`."),
    Distribution(
        "truncated_normal", (_AVG, _positive("std", 1.0), Parameter("low", -2.0), Parameter("high", 2.0)),
        "Normal, if it lies between low and high, counted in standard deviations from `avg`; drawn by inversion."),
    Distribution("exponential", (_SCALE,), "Exponential of mean `scale`."),
    Distribution("cauchy", (_LOC, _SCALE), "Cauchy's, with the median `loc`."),
    Distribution("laplace", (_LOC, _SCALE), "Laplace's: of density exp(-abs(x - loc) / scale) / (2 scale)."),
    Distribution("logistic", (_LOC, _SCALE), "Logistic: of distribution function sigmoid((x - loc) / scale)."),
    Distribution("gumbel", (_LOC, _SCALE), "Gumbel's, of largest values: of distribution function exp(-exp(-(x - loc) / scale))."),
    Distribution("weibull", (_positive("a"), _SCALE), "Weibull's: of distribution function 1 - exp(-(x / scale)**a)."),
    Distribution("pareto", (_positive("a"), _SCALE), "Pareto's second (Lomax), as numpy's: of distribution function 1 - (1 + x / scale)**-a."),
    Distribution("gamma", (_positive("a"), _SCALE), "Gamma of shape `a`, by Marsaglia and Tsang (2000); derivatives by `a` are implicit "
                 "(Figurnov et al., 2018)."),
    Distribution("beta", (_positive("a"), _positive("b")), "Beta, as a ratio of gamma variables in logarithms; with their derivatives."),
    Distribution("chisquare", (_positive("df"),), "Chi-square of `df` degrees of freedom."),
    Distribution("standard_t", (_positive("df"),), "Student's t of `df` degrees of freedom."),
    Distribution("vonmises", (Parameter("mu", 0.0), Parameter("kappa", 1.0, "not negative")),
                 "Von Mises', an angle in [-pi, pi] about `mu`, by Best and Fisher (1979). No derivative by kappa."),
    Distribution("dirichlet", (Parameter("a", NEEDED, "positive", given=1),), "Dirichlet's; `a` has one weight an outcome along its last "
                 "dimension, and so has each draw."),
    Distribution(
        "multivariate_normal", (Parameter("avg", given=1), Parameter("cov", given=2)),
        "Normal vectors of mean `avg` and covariance `cov`, through its Cholesky factor (LinAlgError at the call if it has none)."),
    Distribution("wishart", (_positive("df"), Parameter("scale", given=2)), "Wishart's matrices of df > d - 1 degrees of freedom, scale a (d, d) "
                 "matrix: by Bartlett's decomposition (1933)."),
    Distribution("bernoulli", (_chance(),), "1 with probability p, else 0.", counts=True),
    Distribution("binomial", (Parameter("n", 1, "not negative", _REAL), _chance()), "Successes in n trials, by Hoermann (1993); with the "
                 "number n = 1 as bernoulli.", counts=True),
    Distribution("poisson", (Parameter("lam", 1.0, "not negative"),), "Poisson's of mean `lam`, by Hoermann (1993).", counts=True),
    Distribution("geometric", (_chance(check="success"),), "Trials up to the first success: 1, 2, ...", counts=True),
    Distribution("negative_binomial", (_positive("n"), _chance(check="success")), "Failures before success number n (any positive number), as "
                 "Poisson's of a gamma variable.", counts=True),
    Distribution("hypergeometric", tuple(Parameter(x, NEEDED, "not negative", _REAL) for x in ("ngood", "nbad", "nsample")),
                 "Good ones among nsample drawn without replacement.", counts=True),
    Distribution("integers", (Parameter("low", 0, kind="integer"), Parameter("high", 2, kind="integer")), "Of low, ... high - 1 each alike.",
                 counts=True),
    Distribution("random_integers", (Parameter("low", 0, kind="integer"), Parameter("high", 1, kind="integer")), "Of low, ... high each alike.",
                 counts=True),
    Distribution("categorical", (Parameter("p", NEEDED, "not negative", given=1),), "The number of an outcome; p has their probabilities along its "
                 "last dimension (they are divided by their sum).", counts=True),
    Distribution("multinomial", (Parameter("n", 1, kind="integer"), Parameter("p", NEEDED, given=1)), "How often each outcome comes in n trials; p "
                 "has their probabilities along its last dimension (they are divided by their sum), and so has each draw the counts.", counts=True),
    Distribution("permutation", (Parameter("n", NEEDED, kind="integer"),), "The numbers 0, ... n - 1 in random order, along a last dimension.",
                 counts=True, length=True),
)
TABLE: dict[str, Distribution] = {row.name: row for row in _ROWS}


def signature_of(row: Distribution, *first: str) -> inspect.Signature:
    """first: the parameters before those of the distribution, the last of which may be left out."""
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, positional) for name in first[:-1]]
    parameters.append(inspect.Parameter(first[-1], positional, default=None))
    parameters += [inspect.Parameter(p.name, positional, default=p.default if p.default is not NEEDED else None) for p in row.parameters]
    return inspect.Signature([*parameters, *[inspect.Parameter(name, positional, default=None) for name in ("ndim", "dtype")]])


def document(row: Distribution, where: str) -> str:
    """The documentation of a function or method."""
    drawn = "int64 unless dtype says otherwise" if row.counts else "of `dtype`; None: floatX, or that of a more precise parameter"
    checks = [f"{p.name} {p.check}" for p in row.parameters if p.check]
    must = f" {', '.join(checks).capitalize()}: a ValueError otherwise, at once for constants, else at the call." if checks else ""
    return (f"{row.doc}\n\n{where}: an int, a list of ints and integer variables, or an integer vector (whose length `ndim` says if it is not "
            f"known); None: the shape that the parameters have together, which broadcast. The draw is {drawn}.{must} ValueError where a size does "
            "not fit the parameters.")


def bound(row: Distribution, signature: inspect.Signature, args: Any, options: Any) -> dict[str, Any]:
    """The arguments by name; TypeError as Python's own, and for parameters without a value."""
    try:
        found = signature.bind(*args, **options)
    except TypeError as error:
        sizes = next(name for name in ("size", "shape") if name in signature.parameters)
        more = f"; {sizes} comes before the parameters" if f"multiple values for argument '{sizes}'" in str(error) else ""
        raise TypeError(f"{row.name}() {error}{more}") from None
    found.apply_defaults()
    for p in row.parameters:
        if p.default is NEEDED and found.arguments[p.name] is None:
            raise TypeError(f"{row.name}() needs {p.name}")
    return found.arguments


def function_of(row: Distribution) -> Callable[..., Any]:
    """The function of a key: f(key, shape=None, *parameters, ndim=None, dtype=None)."""
    signature = signature_of(row, "key", "shape")

    def draw(*args: Any, **options: Any) -> Any:
        given = bound(row, signature, args, options)
        return row.build(given["key"], given["shape"], given["ndim"], given["dtype"], [given[p.name] for p in row.parameters])

    draw.__name__ = draw.__qualname__ = row.name
    draw.__doc__ = document(row, "shape")
    draw.__signature__ = signature  # type: ignore[attr-defined]
    return draw


FUNCTIONS: dict[str, Callable[..., Any]] = {name: function_of(row) for name, row in TABLE.items()}


def choice(key: Any, shape: Any = None, a: Any = 2, replace: bool = True, p: Any = None, ndim: int | None = None, dtype: str | None = None) -> Any:
    """Elements of the vector a, or of 0, ... a - 1 for an integer a, each with probability p (None: alike).

    shape: None for one, else as for all draws. replace: whether one may come twice; if not, TypeError unless `replace` is known, and
    ValueError for more draws than elements, or than elements of positive probability (at the call where sizes are not known). p: a vector of
    probabilities, divided by their sum.

    >>> import symgraph.random as random
    >>> sorted(random.choice(random.key(3), 4, 4, replace=False).eval().tolist())
    [0, 1, 2, 3]
    """
    if not isinstance(replace, (bool, np.bool_)):
        raise TypeError(f"choice: replace must be True or False, got {replace!r}")
    x = T.as_tensor(a)
    if x.ndim > 1 or (x.ndim == 0 and x.dtype not in INTEGER):
        raise TypeError(f"choice: a must be a vector or an integer, got {x.type}")
    n = size_of(x, 0) if x.ndim else x.astype("int64")
    known = static_int(n)
    if known is not None and known <= 0:
        raise ValueError(f"choice: there must be at least one element, got {known}")
    if p is not None:
        p = _parameter("choice", Parameter("p", NEEDED, "not negative", given=1), p, _float_of(None, [p]))
        if p.ndim != 1:
            raise ValueError(f"choice: p must be a vector, got {p.type}")
        if None not in (known, p.type.shape[0]) and known != p.type.shape[0]:
            raise ValueError(f"choice: {p.type.shape[0]} probabilities for {known} elements")
        p = p.specify_shape([n]) if None in (known, p.type.shape[0]) else p
    sizes = sizes_of("choice", () if shape is None else shape, ndim, [], [])
    kind = dtype or "int64"
    if not x.ndim and kind not in (*INTEGER, *FLOAT):
        raise TypeError(f"choice: numbers are not drawn as {kind}")
    places = draws.chosen(as_key(key), sizes, "int64" if x.ndim else kind, n, p, bool(replace))
    if not x.ndim:
        places.tag.distribution = ("choice", (n, p, replace))
        return places
    return x[places] if dtype is None else x[places].astype(dtype)


def shuffle(key: Any, x: Any, axis: int = 0) -> Any:
    """x with the slices along an axis in random order; the same order for all that stands in a slice.

    >>> import symgraph.random as random
    >>> sorted(random.shuffle(random.key(3), [3, 1, 2]).eval().tolist())
    [1, 2, 3]
    """
    x = T.as_tensor(x)
    if not x.ndim:
        raise ValueError("shuffle: a number has no elements to shuffle")
    return T.take(x, draws.permutation(as_key(key), [], "int64", size_of(x, axis if axis >= 0 else x.ndim + axis)), axis=axis)


def logp(rv: Any, value: Any) -> Any:
    """The logarithm of the density, or probability, with which the draw `rv` takes a value: an expression of the value and of the parameters
    of the draw, differentiable by both. -inf where it cannot lie.

    rv: what a function of this module, or a method of its streams, gave (TypeError for an expression made of such). value: of the shape
    of the draw, or one that broadcasts with the parameters. The last dimensions of a draw that is a vector or matrix are summed over.

    >>> import symgraph.random as random
    >>> x = random.normal(random.key(0), 3, avg=1.0, std=2.0)
    >>> logp(x, [1.0]).eval().round(4)
    array([-1.6121])
    """
    found = getattr(getattr(rv, "tag", None), "distribution", None)
    if found is None:
        raise TypeError(f"logp wants a draw of symgraph.random, got {rv!r}: of an expression of draws the density is not known")
    name, parameters = found
    value = T.as_tensor(value)
    if value.dtype in COMPLEX:
        raise TypeError(f"logp: the value must be real, got {value.type}")
    if name == "choice":
        return _choice_logp(value, *parameters)
    if name == "permutation":
        return densities.permutation(value, *parameters)
    kind = upcast(*[x.dtype for x in (value, *parameters) if x.dtype in FLOAT] or ["float64"])
    return getattr(densities, name)(value.astype(kind), *[x.astype(kind) for x in parameters])


def _choice_logp(value: Any, n: Any, p: Any, replace: bool) -> Any:
    x, count = value.astype("float64"), n.astype("float64")
    if replace:
        return densities.integers(x, T.constant(0.0), count) if p is None else densities.categorical(x, p.astype("float64"))
    x = x.flatten()
    twice = T.eq(x.dimshuffle(0, "x"), x.dimshuffle("x", 0)).sum() > x.shape[0]
    drawn = x.shape[0].astype("float64")
    if p is None:
        found = (count - drawn + 1.0).gammaln() - (count + 1.0).gammaln()
    else:
        share = p.astype("float64")[x.astype("int64")] / p.astype("float64").sum()
        found = (T.log(share) - T.log1p(-(share.cumsum() - share))).sum()
    return T.switch(twice, T.constant(-np.inf), found)
