"""How one number of a distribution is drawn: rules of float64 (or int64) parameters, written once for native code and for numpy.

Each takes a builder (or `expr.arrays.Arrays`), `Draws` of the element, and the parameters; where it rejects, the next attempt has words of its
own. All arithmetic is portable (portable.py), so that every target takes the same decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from symgraph.ops.random.noise import positive64, uniform64
from symgraph.ops.random.philox import block
from symgraph.ops.random.portable import arctan, exp, log, log1p, log_factorial, sine_and_cosine

__all__ = ["RULES", "Draws", "Rule", "binomial"]

_MOST = 9.2e18  # as large as a count may get: int64 ends shortly above


class Draws:
    """The random words of one element. key: four words as uint64; place: its number, uint64."""

    def __init__(self, b: Any, key: Sequence[Any], place: Any) -> None:
        self.b = b
        self.key = key
        self.place = place

    def words(self, attempt: Any) -> list[Any]:
        """Four words; attempt: an int, or an int64 that counts."""
        return block(self.b, self.key, self.place, attempt if isinstance(attempt, int) else self.b.cast(attempt, "uint64"))

    def uniforms(self, attempt: Any) -> tuple[Any, Any]:
        """Two float64: of [0, 1) and of (0, 1]."""
        w = self.words(attempt)
        return uniform64(self.b, w[0], w[1]), positive64(self.b, w[2], w[3])


def _half(b: Any, word: Any) -> Any:
    """float64 in (0, 1) of one word."""
    return b.mul(b.add(b.cast(b.cast(word, "int64"), "float64"), 0.5), 2.0**-32)


def gamma_attempt(b: Any, draws: Draws, number: Any, shape: Any) -> tuple[Any, Any]:
    """The logarithm of a gamma variable of scale 1: Marsaglia and Tsang, A simple method for generating gamma variables (2000); a shape below
    1 is raised by 1 and the variable multiplied by u ** (1 / shape). As a logarithm it does not underflow for small shapes."""
    low = b.less(shape, 1.0)
    d = b.sub(b.select(low, b.add(shape, 1.0), shape), 1 / 3)
    c = b.div(b.constant(1.0, "float64"), b.sqrt(b.mul(d, 9.0)))
    w = draws.words(number)
    radius = b.sqrt(b.mul(log(b, positive64(b, w[0], w[1])), -2.0))
    x = b.mul(radius, sine_and_cosine(b, _half(b, w[2]))[1])
    root = b.add(b.mul(c, x), 1.0)
    logarithm = b.mul(log(b, b.maximum(root, 1e-300)), 3.0)
    v = b.mul(b.mul(root, root), root)
    bound = b.add(b.mul(b.mul(x, x), 0.5), b.mul(d, b.add(b.sub(1.0, v), logarithm)))
    taken = b.both(b.less(0.0, root), b.less(log(b, _half(b, w[3])), bound))
    boost = b.div(log(b, draws.uniforms(0)[1]), shape)
    return taken, b.add(b.add(logarithm, log(b, d)), b.select(low, boost, b.constant(0.0, "float64")))


def poisson_search(b: Any, draws: Draws, mean: Any) -> Any:
    """Along the distribution function, for small means."""

    def step(u: Any, p: Any, k: Any) -> Any:
        k = b.add(k, 1.0)
        u, p = b.sub(u, p), b.div(b.mul(p, mean), k)
        return b.both(b.less_equal(p, u), b.less(k, 200.0)), [u, p, k]

    u, p = draws.uniforms(0)[0], exp(b, b.neg(mean))
    return b.when(b.less(u, p), lambda: b.constant(0.0, "float64"), lambda: b.repeat([u, p, b.constant(0.0, "float64")], step)[2])


def poisson_attempt(b: Any, draws: Draws, number: Any, mean: Any) -> tuple[Any, Any]:
    """PTRS: Hoermann, The transformed rejection method for generating Poisson random variables (1993)."""
    width = b.add(b.mul(b.sqrt(mean), 2.53), 0.931)
    a = b.sub(b.mul(width, 0.02483), 0.059)
    inverse = b.add(b.div(b.constant(1.1328, "float64"), b.sub(width, 3.4)), 1.1239)
    inside = b.sub(0.9277, b.div(b.constant(3.6224, "float64"), b.sub(width, 2.0)))
    logarithm, offset = log(b, mean), log(b, inverse)
    u, v = draws.uniforms(number)
    u = b.sub(u, 0.5)
    us = b.maximum(b.sub(0.5, b.abs(u)), 1e-17)
    k = b.floor(b.add(b.add(b.mul(b.add(b.div(b.mul(a, 2.0), us), width), u), mean), 0.43))
    at_once = b.both(b.less_equal(0.07, us), b.less_equal(v, inside))
    out = b.either(b.less(k, 0.0), b.both(b.less(us, 0.013), b.less(us, v)))
    k = b.maximum(k, 0.0)
    left = b.sub(b.add(log(b, v), offset), log(b, b.add(b.div(a, b.mul(us, us)), width)))
    right = b.sub(b.sub(b.mul(k, logarithm), mean), log_factorial(b, k))
    return b.either(at_once, b.both(b.invert(out), b.less_equal(left, right))), b.minimum(k, _MOST)


def _smaller(b: Any, p: Any) -> tuple[Any, Any, Any]:
    """Whether p is above one half, the smaller of p and 1 - p, and the other."""
    turned = b.less(0.5, p)
    p = b.select(turned, b.sub(1.0, p), p)
    return turned, p, b.sub(1.0, p)


def _few(b: Any, n: Any, p: Any) -> Any:
    return b.less(b.mul(n, _smaller(b, p)[1]), 10.0)


def binomial_search(b: Any, draws: Draws, n: Any, p: Any) -> Any:
    """Along the distribution function, for few successes; p > 1/2 as n less that of 1 - p."""
    turned, p, q = _smaller(b, p)
    odds = b.div(p, q)

    def step(u: Any, r: Any, k: Any) -> Any:
        u, r = b.sub(u, r), b.div(b.mul(b.mul(r, odds), b.sub(n, k)), b.add(k, 1.0))
        k = b.add(k, 1.0)
        return b.both(b.less_equal(r, u), b.less(k, b.minimum(n, 200.0))), [u, r, k]

    u, r = draws.uniforms(0)[0], exp(b, b.mul(n, log1p(b, b.neg(p))))
    none = b.either(b.less(u, r), b.less_equal(n, 0.0))
    k = b.when(none, lambda: b.constant(0.0, "float64"), lambda: b.repeat([u, r, b.constant(0.0, "float64")], step)[2])
    return b.select(turned, b.sub(n, k), k)


def binomial_attempt(b: Any, draws: Draws, number: Any, n: Any, p: Any) -> tuple[Any, Any]:
    """BTRS: Hoermann, The generation of binomial random variates (1993)."""
    turned, p, q = _smaller(b, p)
    spread = b.sqrt(b.mul(b.mul(n, p), q))
    width = b.add(b.mul(spread, 2.53), 1.15)
    a = b.add(b.add(b.mul(width, 0.0248), b.mul(p, 0.01)), -0.0873)
    centre = b.add(b.mul(n, p), 0.5)
    inside = b.sub(0.92, b.div(b.constant(4.2, "float64"), width))
    alpha = b.mul(b.add(b.div(b.constant(5.1, "float64"), width), 2.83), spread)
    odds = log(b, b.div(p, q))
    mode = b.floor(b.mul(b.add(n, 1.0), p))
    height = b.add(log_factorial(b, mode), log_factorial(b, b.sub(n, mode)))
    u, v = draws.uniforms(number)
    u = b.sub(u, 0.5)
    us = b.maximum(b.sub(0.5, b.abs(u)), 1e-17)
    k = b.floor(b.add(b.mul(b.add(b.div(b.mul(a, 2.0), us), width), u), centre))
    at_once = b.both(b.less_equal(0.07, us), b.less_equal(v, inside))
    inner = b.both(b.less_equal(0.0, k), b.less_equal(k, n))
    k = b.minimum(b.maximum(k, 0.0), n)
    left = log(b, b.div(b.mul(v, alpha), b.add(b.div(a, b.mul(us, us)), width)))
    right = b.add(b.sub(height, b.add(log_factorial(b, k), log_factorial(b, b.sub(n, k)))), b.mul(b.sub(k, mode), odds))
    return b.both(inner, b.either(at_once, b.less_equal(left, right))), b.select(turned, b.sub(n, k), k)


def binomial(b: Any, draws: Draws, n: Any, p: Any) -> Any:
    """A number of successes."""
    return RULES["binomial"].draw(b, draws, n, p)


def geometric_attempt(b: Any, draws: Draws, number: Any, p: Any) -> tuple[Any, Any]:
    """How many trials the first success takes: by inversion."""
    u = draws.uniforms(0)[1]
    slope = log1p(b, b.neg(b.minimum(p, 0.5)))  # of larger p by log itself: 1 - p is then exact
    slope = b.select(b.less(0.5, p), log(b, b.maximum(b.sub(1.0, p), 1e-300)), slope)
    count = b.add(b.floor(b.div(log(b, u), slope)), 1.0)
    return b.equal(p, p), b.select(b.less(p, 1.0), b.minimum(count, _MOST), 1.0)


def von_mises_attempt(b: Any, draws: Draws, number: Any, kappa: Any) -> tuple[Any, Any]:
    """The angle from the mean: Best and Fisher, Efficient simulation of the von Mises distribution (1979), in forms that do not cancel."""
    kappa = b.maximum(kappa, 1e-150)
    r = b.add(b.sqrt(b.add(b.mul(b.mul(kappa, kappa), 4.0), 1.0)), 1.0)
    rho = b.div(b.mul(kappa, 2.0), b.add(r, b.sqrt(b.mul(r, 2.0))))
    s = b.div(b.add(b.mul(rho, rho), 1.0), b.mul(rho, 2.0))
    tangent = b.div(b.sub(1.0, rho), b.add(rho, 1.0))  # sqrt((s - 1) / (s + 1))
    u, v = draws.uniforms(number)
    side = b.sub(b.mul(u, 2.0), 1.0)
    sine, cosine = sine_and_cosine(b, b.mul(b.abs(side), 0.25))
    z = b.sub(b.mul(b.mul(cosine, cosine), 2.0), 1.0)
    y = b.mul(kappa, b.sub(s, b.div(b.add(b.mul(s, z), 1.0), b.add(s, z))))
    fits = b.less_equal(v, b.mul(y, b.sub(2.0, y)))
    fits = b.either(fits, b.less_equal(0.0, b.add(log(b, b.div(b.maximum(y, 1e-300), v)), b.sub(1.0, y))))
    angle = b.mul(arctan(b, b.div(b.mul(tangent, sine), b.maximum(cosine, 1e-300))), 2.0)
    return fits, b.select(b.less(side, 0.0), b.neg(angle), angle)


def hypergeometric(b: Any, draws: Draws, good: Any, bad: Any, drawn: Any) -> Any:
    """By search outwards from the mode, up and down in turn: as many steps as the standard deviation is large."""
    mode = b.floor(b.div(b.mul(b.add(drawn, 1.0), b.add(good, 1.0)), b.add(b.add(good, bad), 2.0)))
    mode = b.maximum(b.minimum(b.minimum(mode, good), drawn), b.maximum(b.sub(drawn, bad), 0.0))
    inner: Any = b.constant(0.0, "float64")
    for sign, x in ((1, good), (1, bad), (1, drawn), (1, b.sub(b.add(good, bad), drawn)), (-1, b.add(good, bad)), (-1, mode),
                    (-1, b.sub(good, mode)), (-1, b.sub(drawn, mode)), (-1, b.add(b.sub(bad, drawn), mode))):
        inner = b.add(inner, b.mul(log_factorial(b, x), float(sign)))
    p = exp(b, inner)

    def step(u: Any, up: Any, above: Any, down: Any, below: Any, found: Any) -> Any:
        ratio = b.div(b.mul(b.sub(good, up), b.sub(drawn, up)), b.mul(b.add(up, 1.0), b.add(b.sub(bad, drawn), b.add(up, 1.0))))
        above, up = b.mul(above, ratio), b.add(up, 1.0)
        ratio = b.div(b.mul(down, b.add(b.sub(bad, drawn), down)), b.mul(b.add(b.sub(good, down), 1.0), b.add(b.sub(drawn, down), 1.0)))
        below, down = b.mul(below, ratio), b.sub(down, 1.0)
        both = b.add(above, below)
        found = b.select(b.less(u, above), up, b.select(b.less(u, both), down, found))
        more = b.both(b.less_equal(both, u), b.less(1e-20, both))
        return more, [b.sub(u, both), up, above, down, below, found]

    u = draws.uniforms(0)[0]
    return b.when(b.less(u, p), lambda: b.add(mode, 0.0), lambda: b.repeat([b.sub(u, p), mode, p, mode, p, mode], step)[5])


def integers_attempt(b: Any, draws: Draws, number: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Of low, ... high - 1 each alike: as many bits as the range has, again until they are within."""
    last = b.sub(b.cast(b.sub(high, low), "uint64"), 1)
    mask = last
    for bits in (1, 2, 4, 8, 16, 32):
        mask = b.either(mask, b.shift_right(mask, bits))
    w = draws.words(number)
    first, second = (b.both(b.either(b.shift_left(w[k], 32), w[k + 1]), mask) for k in (0, 2))
    value = b.select(b.less_equal(first, last), first, second)
    return b.less_equal(value, last), b.add(b.cast(value, "int64"), low)


@dataclass(frozen=True)
class Rule:
    """How a number is drawn. parameters: of each its name, and its check of symgraph/expr/checks.py.

    attempt: (b, draws, number of the attempt, *parameters) -> (whether it is taken, the value), without loops and branches, so that many are
    computed at once; `first` is the number of the first one. search: where condition(b, *parameters) holds, search(b, draws, *parameters) gives
    the value. joint: a check of all parameters, with what it says. kind: the dtype that parameters are taken in. discrete: whether it
    gives whole numbers.
    """

    parameters: tuple[tuple[str, str | None], ...]
    attempt: Callable[..., tuple[Any, Any]] | None = None
    condition: Callable[..., Any] | None = None
    search: Callable[..., Any] | None = None
    first: int = 0
    discrete: bool = True
    kind: str = "float64"
    joint: tuple[Callable[..., Any], str] | None = None

    def draw(self, b: Any, draws: Draws, *parameters: Any) -> Any:
        """One number."""
        if self.search is None:
            return self.tries(b, draws, *parameters)
        search = lambda: self.search(b, draws, *parameters)  # type: ignore[misc]
        if self.attempt is None:
            return search()
        return b.when(self.condition(b, *parameters), search, lambda: self.tries(b, draws, *parameters))  # type: ignore[misc]

    def tries(self, b: Any, draws: Draws, *parameters: Any) -> Any:
        """Attempts until one is taken."""

        def body(number: Any, _: Any) -> Any:
            taken, value = self.attempt(b, draws, number, *parameters)  # type: ignore[misc]
            return b.invert(taken), [b.add(number, 1), value]

        return b.repeat([b.constant(self.first, "int64"), b.constant(0, self.kind)], body)[1]


RULES: dict[str, Rule] = {
    "log_gamma": Rule((("a", "positive"),), gamma_attempt, first=1, discrete=False),
    "poisson": Rule((("lam", "not negative"),), poisson_attempt, lambda b, mean: b.less(mean, 10.0), poisson_search),
    "binomial": Rule((("n", "not negative"), ("p", "probability")), binomial_attempt, _few, binomial_search),
    "geometric": Rule((("p", "success"),), geometric_attempt),
    "von_mises": Rule((("kappa", "not negative"),), von_mises_attempt, discrete=False),
    "hypergeometric": Rule(
        (("ngood", "not negative"), ("nbad", "not negative"), ("nsample", "not negative")), search=hypergeometric,
        joint=(lambda b, good, bad, drawn: b.less_equal(drawn, b.add(good, bad)), "nsample must not be greater than ngood + nbad")),
    "integers": Rule((("low", None), ("high", None)), integers_attempt, kind="int64",
                     joint=(lambda b, low, high: b.less(low, high), "low must be less than high")),
}
