"""What scipy had under names, or with arguments, that are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.special
import scipy.stats


def central_diff_weights(Np: int, ndiv: int = 1) -> Any:
    """The weights of `Np` points, one apart and around 0, for derivative number `ndiv` there."""
    if Np < ndiv + 1 or Np % 2 == 0:
        raise ValueError(f"the number of points is odd and larger than the number of the derivative, got {Np} and {ndiv}")
    points = np.arange(Np, dtype=float) - Np // 2
    return scipy.special.factorial(ndiv) * scipy.linalg.inv(points[:, None] ** np.arange(Np))[ndiv]


def derivative(func: Callable[..., Any], x0: Any, dx: float = 1.0, n: int = 1, args: Sequence[Any] = (), order: int = 3) -> Any:
    """Derivative number n of a function at x0, from `order` points `dx` apart."""
    weights = central_diff_weights(order, n)
    return sum(w * func(x0 + (k - order // 2) * dx, *args) for k, w in enumerate(weights)) / dx**n


def simps(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1, even: Any = None) -> Any:
    """Simpson's rule."""
    return scipy.integrate.simpson(y, x=x, dx=dx, axis=axis)


def trapz(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The trapezoidal rule."""
    return scipy.integrate.trapezoid(y, x=x, dx=dx, axis=axis)


def cumtrapz(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """The trapezoidal rule, running."""
    return scipy.integrate.cumulative_trapezoid(y, x=x, dx=dx, axis=axis, initial=initial)


def sph_harm(m: Any, n: Any, theta: Any, phi: Any) -> Any:
    """Spherical harmonics; theta goes round the equator."""
    return scipy.special.sph_harm_y(n, m, phi, theta)


def binom_test(x: Any, n: Any = None, p: float = 0.5, alternative: str = "two-sided") -> float:
    """The p-value of a count of successes, or of (successes, failures)."""
    if n is None:
        x, n = int(x[0]), int(x[0] + x[1])
    return scipy.stats.binomtest(int(x), int(n), p, alternative).pvalue


def chisqprob(chisq: Any, df: Any) -> Any:
    """The probability of a larger chi-square."""
    return scipy.stats.chi2.sf(chisq, df)


def itemfreq(a: Any) -> Any:
    """Values and their counts, in two columns."""
    return np.array(np.unique(a, return_counts=True)).T


def median_absolute_deviation(x: Any, axis: Any = 0, center: Any = np.median, scale: float = 1.4826, nan_policy: str = "propagate") -> Any:
    """The median distance from the median, times `scale`."""
    return scipy.stats.median_abs_deviation(x, axis, center, 1.0, nan_policy) * scale


def nanstd(x: Any, axis: Any = 0, bias: bool = False) -> Any:
    """The deviation of what is not nan."""
    return np.nanstd(x, axis, ddof=0 if bias else 1)
