"""Order statistics, and reductions that leave NaN out, against numpy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import AxisError
from symgraph.expr.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

X = np.random.RandomState(0).randn(3, 5, 4)
HOLES = X.copy()
HOLES[0, 1, 2] = HOLES[1] = HOLES[2, :, 0] = np.nan
METHODS = ("linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf", "lower", "higher", "nearest",
           "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("x", [X, HOLES], ids=["whole", "holes"])
@pytest.mark.parametrize("method", METHODS)
def test_quantiles(method, x):
    m = T.dtensor3()
    for q in (0.3, [0.0, 0.25, 1.0], [[0.1, 0.5], [0.9, 0.6]]):
        for axis, keepdims in ((None, False), (0, True), ((0, 2), False), (-1, False)):
            for name in ("quantile", "nanquantile")[: 3 - np.ndim(q)]:  # numpy's nanquantile puts the second dimension of q last
                options = {"axis": axis, "method": method, "keepdims": keepdims}
                (found,) = evaluate([getattr(T, name)(m, q, **options)], {m: x})
                np.testing.assert_allclose(found, getattr(np, name)(x, q, **options), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_native_code_and_dtypes():
    for dtype in ("float64", "float32", "int32"):
        m = T.tensor(dtype, shape=(None, None))
        x = (X[0] * 10).astype(dtype)
        functions = [lambda y: np.median(y, axis=0), np.median, lambda y: np.percentile(y, [10, 90], axis=1), lambda y: np.nanmedian(y, axis=1),
                     lambda y: np.quantile(y, 0.25)]
        found = symgraph.function([m], [f(m) for f in functions])(x)
        for got, f in zip(found, functions):
            assert got.dtype == ("float64" if dtype == "int32" else dtype)
            np.testing.assert_allclose(got, f(x), rtol=1e-6)


def test_q_as_a_variable_and_gradients():
    v, q = T.dvector(), T.dscalar()
    y = T.quantile(v, q)
    slopes = symgraph.grad(y, [v, q])
    f = symgraph.function([v, q], [y, *slopes])
    value, by_v, by_q = f([4.0, 1.0, 3.0, 2.0], 0.5)
    assert value == 2.5
    np.testing.assert_allclose(by_v, [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(by_q, 3.0)
    assert np.isnan(f([1.0, 2.0], 1.5)[0])
    with pytest.raises(IndexError):
        f(np.empty(0), 0.5)
    T.verify_grad(lambda x: T.median(x, axis=0), [X[0]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_medians_of_nothing(linker):
    m = T.dmatrix()
    f = symgraph.function([m], [T.median(m), T.median(m, axis=1), T.nanmedian(m, axis=1), symgraph.grad(T.median(m), m)], mode=symgraph.Mode(linker))
    assert np.isnan(f(np.full((2, 1), np.nan))[2]).all()
    g = symgraph.function([m], [T.median(m), T.median(m, axis=1), T.median(m, axis=0), T.nanquantile(m, 0.2)], mode=symgraph.Mode(linker))
    for x in (np.empty((2, 0)), np.empty((0, 3))):
        for got, wanted in zip(g(x), (np.median(x), np.median(x, axis=1), np.median(x, axis=0), np.nan)):
            np.testing.assert_array_equal(got, wanted)
        with pytest.raises(ValueError, match="no derivative"):
            f(x)
    known = T.TensorType("float64", shape=(0,))()
    with pytest.raises(ValueError, match="no derivative"):
        symgraph.function([known], symgraph.grad(T.median(known), known), mode=symgraph.Mode(linker))([])


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_places_of_partitions_and_numbers_of_samples_are_looked_at_in_the_call(linker):
    v, k = T.dvector(), T.lscalar()
    outputs = [T.partition(v, k), T.argpartition(v, [0, k]), T.linspace(0, v.sum(), k), T.geomspace(1, v.sum(), k)]
    functions = [symgraph.function([v, k], y, mode=symgraph.Mode(linker)) for y in outputs]
    for f in functions:
        f([3.0, 1.0, 2.0], 2)
        with pytest.raises(ValueError, match="out of bounds|non-negative"):
            f([3.0, 1.0, 2.0], -4)


def test_partitions_and_orders_by_several_keys():
    m = T.lmatrix()
    keys = np.random.RandomState(1).randint(0, 3, (4, 30))
    parts, places, order = symgraph.function([m], [np.partition(m, 3), T.argpartition(m, 3, axis=0), T.lexsort([m[0], m[1], m[2]])])(keys)
    np.testing.assert_array_equal(parts[:, 3], np.partition(keys, 3)[:, 3])
    np.testing.assert_array_equal(np.take_along_axis(keys, places, 0), np.sort(keys, 0))
    np.testing.assert_array_equal(order, np.lexsort(keys[:3]))


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nancumsum", "nancumprod"])
def test_reductions_without_nan(name):
    m = T.dtensor3()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for x in (X, HOLES):
            outputs = [getattr(T, name)(m, axis=axis) for axis in (None, 0, 2)] + [getattr(np, name)(m, axis=1)]
            for got, axis in zip(evaluate(outputs, {m: x}), (None, 0, 2, 1)):
                np.testing.assert_allclose(got, getattr(np, name)(x, axis=axis), rtol=1e-11)


def test_places_without_nan():
    v = T.dvector()
    assert [int(y) for y in symgraph.function([v], [T.nanargmax(v), T.nanargmin(v)])([np.nan, 1.0, 3.0, np.nan, 0.0])] == [2, 4]


@pytest.mark.parametrize(
    ("error", "build", "says"),
    [
        (ValueError, lambda m: T.quantile(m, 1.5), "between 0 and 1"),
        (ValueError, lambda m: T.percentile(m, [50, 101]), "between 0 and 100"),
        (ValueError, lambda m: T.quantile(m, 0.5, method="guess"), "guess"),
        (TypeError, lambda m: T.median(m > 0), "real numbers"),
        (TypeError, lambda m: T.median(m.astype("complex64")), "real numbers"),
        (AxisError, lambda m: T.median(m, axis=2), "axis 2"),
        (ValueError, lambda m: T.median(m, axis=(0, 0)), "twice"),
        (TypeError, lambda m: T.partition(m, 1.5), "integers"),
        (ValueError, lambda m: T.partition(T.constant([1.0, 2.0]), 2), "out of bounds"),
        (TypeError, lambda m: T.lexsort(m), "length"),
    ],
)
def test_what_is_refused(error, build, says):
    with pytest.raises(error, match=says):
        build(T.dmatrix())
