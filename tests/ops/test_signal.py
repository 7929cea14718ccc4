"""Convolutions, interpolation, integrals of samples, polynomials: gradients in closed form, stacks, bad input."""

import numpy as np
import pytest
import scipy.integrate
from agreement import agree, fails

import symgraph
import symgraph.tensor as T
from symgraph.errors import AxisError

RANDOM = np.random.RandomState(0)


def test_gradient_of_a_convolution_is_a_correlation():
    a, v = T.dvectors(2)
    x, y = RANDOM.standard_normal(50), RANDOM.standard_normal(7)
    g = RANDOM.standard_normal(56)
    by_a, by_v = symgraph.function([a, v], symgraph.grad((T.convolve(a, v) * g).sum(), [a, v]))(x, y)
    np.testing.assert_allclose(by_a, np.correlate(g, y), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(by_v, np.correlate(g, x), rtol=1e-12, atol=1e-12)


def test_longer_than_a_block():
    x, y = RANDOM.standard_normal(9001), RANDOM.standard_normal(33)
    agree(lambda a, v: [T.convolve(a, v, "same"), T.convolve(v, a, "valid")], x, y, wanted=[np.convolve(x, y, "same"), np.convolve(y, x, "valid")])


def test_stacks():
    a, v = T.dvectors(2)
    rows, kernels = T.dmatrices(2)
    x, y = RANDOM.standard_normal((4, 9)), RANDOM.standard_normal((4, 3))
    y_shared = y[0]
    one = symgraph.vectorize_graph(T.convolve(a, v), {a: rows})
    both = symgraph.vectorize_graph(T.convolve(a, v), {a: rows, v: kernels})
    np.testing.assert_allclose(one.eval({rows: x, v: y_shared}), [np.convolve(r, y_shared) for r in x], rtol=1e-12)
    np.testing.assert_allclose(both.eval({rows: x, kernels: y}), [np.convolve(r, k) for r, k in zip(x, y)], rtol=1e-12)
    by_kernel = symgraph.grad(one.sum(), v)  # what all rows share gets the sum
    np.testing.assert_allclose(by_kernel.eval({rows: x, v: y_shared}), np.full(3, x.sum()), rtol=1e-12)


def test_gradient_of_interp():
    xp, fp, x = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 6.0]), np.array([-1.0, 0.0, 0.25, 1.0, 2.0, 3.0, 4.0])
    ax, axp, afp = T.dvectors(3)
    slopes = symgraph.grad(T.interp(ax, axp, afp).sum(), [ax, axp, afp])
    by_x, by_xp, by_fp = symgraph.function([ax, axp, afp], slopes)(x, xp, fp)
    np.testing.assert_allclose(by_x, [0, 1, 1, 2, 2, 2, 0])
    np.testing.assert_allclose(by_fp, [2.75, 1.75, 2.5])
    np.testing.assert_allclose(by_xp, [-1.75, -3.25, -3.0])


def test_interp_at_points_and_outside():
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 6.0])
    x = np.array([np.nan, -np.inf, np.inf, 0.0, 1.0, 3.0, 2.999999])
    agree(lambda x, p, f: [T.interp(x, p, f), T.interp(x, p, f, 7, 8)], x, xp, fp, wanted=[np.interp(x, xp, fp), np.interp(x, xp, fp, 7, 8)])
    agree(lambda x, p, f: T.interp(x, p, f), x[1:], xp[:1], fp[:1], wanted=np.interp(x[1:], xp[:1], fp[:1]))
    equal = np.array([0.0, 1.0, 1.0, 2.0])
    at = np.array([0.5, 1.0, 1.5])
    agree(lambda x, p, f: T.interp(x, p, f), at, equal, np.arange(4.0), wanted=np.interp(at, equal, np.arange(4.0)))
    angles = np.array([-180.0, 400.0, 10.0, 90.0])
    wanted = np.interp(angles, angles[::-1], np.arange(4.0), period=360)
    agree(lambda x, p, f: T.interp(x, p, f, period=360), angles, angles[::-1], np.arange(4.0), wanted=wanted)


@pytest.mark.parametrize("count", range(1, 9))
def test_simpson(count):
    x, y = np.sort(RANDOM.uniform(0, 1, count)), RANDOM.standard_normal((2, count))
    build = lambda x, y: [T.simpson(y, x), T.simpson(y, dx=0.5)]
    agree(build, x, y, shapes=[(count,), (2, count)], wanted=[scipy.integrate.simpson(y, x=x), scipy.integrate.simpson(y, dx=0.5)])


def test_numpy_functions_build_expressions():
    a, b = T.dvectors(2)
    x, y = RANDOM.standard_normal(6), RANDOM.standard_normal(3)
    functions = [
        lambda a, b: np.convolve(a, b, mode="same"), lambda a, b: np.correlate(a, b), lambda a, b: np.interp(b, a, a), lambda a, b: np.gradient(a),
        lambda a, b: np.polyval(b, a), lambda a, b: np.polyder(a, 2),
    ]  # fmt: skip
    x.sort()
    for function in functions:
        f = symgraph.function([a, b], function(a, b), on_unused_input="ignore")
        np.testing.assert_allclose(f(x, y), function(x, y), rtol=1e-11)


BAD = [
    (lambda: T.convolve(T.dmatrix(), T.dvector()), ValueError, "1 dimension"),
    (lambda: T.convolve(T.dvector(), T.dvector(), "whole"), ValueError, "mode must be"),
    (lambda: T.convolve(T.dvector(), []), ValueError, "without elements"),
    (lambda: T.convolve2d(T.dvector(), T.dmatrix()), ValueError, "2 dimensions"),
    (lambda: T.correlate2d(T.dmatrix(), T.dvector()), ValueError, "2 dimensions"),
    (lambda: T.convolve2d(T.dmatrix(), T.dmatrix(), boundary="wrap"), ValueError, "boundary"),
    (lambda: T.convolve2d(np.ones((5, 3)), np.ones((3, 5)), "valid"), ValueError, "at least as large"),
    (lambda: T.interp(T.dscalar(), T.dmatrix(), T.dvector()), ValueError, "vectors"),
    (lambda: T.interp(T.dscalar(), [0.0, 1.0], [1.0]), ValueError, "2 points xp and 1 values fp"),
    (lambda: T.interp(T.dscalar(), [], []), ValueError, "empty"),
    (lambda: T.interp(T.zscalar(), [0.0], [1.0]), TypeError, "no order"),
    (lambda: T.trapezoid(T.dscalar()), ValueError, "one dimension"),
    (lambda: T.trapezoid(T.dmatrix(), axis=2), AxisError, "out of bounds"),
    (lambda: T.trapezoid(T.dtensor3(), T.dmatrix()), ValueError, "x must be a vector"),
    (lambda: T.simpson(T.dvector()), ValueError, "must be known"),
    (lambda: T.gradient(T.dmatrix(), 1.0, 2.0, 3.0), ValueError, "3 distances for 2 axes"),
    (lambda: T.gradient(np.ones(1)), ValueError, "2 samples"),
    (lambda: T.gradient(np.ones(2), edge_order=2), ValueError, "3 samples"),
    (lambda: T.interp(T.dscalar(), [0.0], [1.0], period=0), ValueError, "period"),
    (lambda: T.gradient(T.dvector(), edge_order=3), ValueError, "edge_order"),
    (lambda: T.polyval(T.dmatrix(), 1.0), ValueError, "vector"),
    (lambda: T.polyder(T.dvector(), -1), ValueError, "negative"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD)
def test_bad_input(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_bad_input_of_a_call():
    fails(ValueError, "without elements", lambda a, v: T.convolve(a, v), np.ones(3), np.ones(0))
    fails(ValueError, "neither lies within", lambda a, v: T.convolve2d(a, v, "valid"), np.ones((5, 3)), np.ones((3, 5)))
    fails(ValueError, "2 points xp and 3 values fp", lambda x, p, f: T.interp(x, p, f), np.ones(3), np.ones(2), np.ones(3))
    fails((ValueError, IndexError), "empty|out of bounds", lambda x, p, f: T.interp(x, p, f), np.ones(3), np.ones(0), np.ones(0))
