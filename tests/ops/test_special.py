"""How near the special functions, as native code, are to scipy over their whole domains, and what they say at the ends of these."""

import numpy as np
import pytest
from targets import run

import symgraph.tensor as T
from symgraph.ops.elementwise import function


def line(low, high, count=4001):
    return np.linspace(low, high, count) + 1e-9  # not just round numbers


INFINITE = [np.inf, -np.inf, np.nan, 0.0]
# name, where, relative error (or absolute, where that is less)
ONE = [
    ("erf", [line(-6, 6), INFINITE], 1e-15),
    ("erfc", [line(-6, 20), INFINITE], 5e-14),
    ("erfcx", [line(-20, 12), line(9.9, 10.1), np.logspace(0, 300, 200), [-30.0], INFINITE], 5e-14),
    ("erfinv", [line(-1, 1)[:-1], [1.0, -1.0, 1.1, -2.0, 1e-300, 1 - 1e-16], INFINITE], 2e-15),
    ("erfcinv", [line(0, 2)[:-1], np.logspace(-300, 0, 100), [2.0, -0.1, 2.1], INFINITE], 3e-15),
    ("gamma", [line(-5.5, 100)], 5e-15),
    ("gammaln", [line(-5.5, 1000), np.logspace(-300, 300, 100)], 5e-15),
    ("digamma", [line(0.01, 100), line(-20.5, -20.1), np.logspace(-300, 300, 200), [0.0, -0.0, -1.0, -2.0, np.inf, np.nan]], 1e-14),
    ("trigamma", [line(0.01, 100), line(-9.9, -9.1), np.logspace(-150, 150, 200), [0.0, np.inf, np.nan]], 5e-15),
    ("j0", [line(-100, 100), line(7.9, 8.1), np.logspace(2, 4, 100), [0.0, np.nan]], 1e-14),
    ("j1", [line(-100, 100), line(7.9, 8.1), np.logspace(2, 4, 100), [0.0, np.nan]], 1e-14),
    ("i0", [line(-700, 700), line(19.9, 20.1), line(-30, 30), INFINITE], 5e-15),
    ("i1", [line(-700, 700), line(19.9, 20.1), line(-30, 30), INFINITE], 5e-15),
]


def compare(name, arrays, tolerance, tiny=0.0):
    inputs = [T.dvector() for _ in arrays]
    y = function(name)(*inputs)
    (judge,) = run(inputs, [y], arrays, "py")
    (got,) = run(inputs, [y], arrays, "llvm")
    equal = (judge == got) | (np.isnan(judge) & np.isnan(got))
    with np.errstate(all="ignore"):
        absolute = np.abs(judge - got)
        error = absolute / np.maximum(np.abs(judge), tiny or 1e-300)
    if not tiny:
        error = np.minimum(absolute, error)
    error = np.where(equal, 0, np.where(np.isnan(error), np.inf, error))
    worst = int(error.argmax())
    assert error[worst] <= tolerance, (name, [a[worst] for a in arrays], judge[worst], got[worst], error[worst])


@pytest.mark.parametrize(("name", "where", "tolerance"), ONE, ids=[row[0] for row in ONE])
def test_functions_of_one(name, where, tolerance):
    compare(name, [np.concatenate([np.asarray(part, "float64") for part in where])], tolerance)


def test_limits_of_bessel_functions():
    x = T.dvector()
    for target in ("py", "llvm"):
        assert run([x], [T.j0(x), T.i1(x)], [np.array([np.inf, -np.inf])], target)[0].tolist() == [0, 0]
        assert run([x], [T.i0(x)], [np.array([np.inf, -np.inf])], target)[0].tolist() == [np.inf, np.inf]
        assert run([x], [T.i1(x)], [np.array([np.inf, -np.inf])], target)[0].tolist() == [np.inf, -np.inf]


def pairs():
    random = np.random.RandomState(0)
    k = np.minimum(np.abs(random.standard_cauchy(20000)) * 3 + 1e-3, 500)
    x = np.minimum(np.abs(random.standard_cauchy(20000)) * 3, 900)
    k[:12] = [0, 1, 0, np.inf, 2, np.nan, -1, 2, 1e-10, 1e-300, 0.0999, 0.1001]
    x[:12] = [1, 0, 0, 2, np.inf, 1, 1, -1, 1, 1e-300, 1.0, 1.0]
    return k, x


@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma(name):
    compare(name, pairs(), 1e-12, tiny=1e-250)


def test_chi_square():
    k, x = pairs()
    positive = k > 0
    compare("chi2sf", [x[positive], k[positive]], 1e-12, tiny=1e-250)


def test_polygamma():
    random = np.random.RandomState(0)
    n = random.randint(0, 12, 20000).astype("float64")
    x = random.uniform(-8, 30, 20000)
    n[:4], x[:4] = [1.5, -1.0, np.nan, 2.0], [1.0, 1.0, 1.0, np.nan]
    compare("polygamma", [n, x], 1e-11)


def test_polygamma_far_below_zero_is_not_a_number():
    x = T.dscalar()
    assert np.isnan(run([x], [T.polygamma(np.asarray(2), x)], [np.asarray(-1e6 + 0.5)], "llvm")[0])


def test_float32_has_all_its_digits():
    x = T.fvector()
    a = np.concatenate([line(0.01, 0.99, 500), line(1, 30, 500)]).astype("float32")
    for name in ("erfcx", "digamma", "trigamma", "j0", "i0"):
        y = function(name)(x)
        exact = run([x], [y], [a], "py")[0]
        np.testing.assert_allclose(run([x], [y], [a], "llvm")[0], exact, rtol=2e-7, atol=1e-10)
