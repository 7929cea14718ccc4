"""fixed_point: values, derivatives of two orders in both directions against those of the solution in closed form, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.loops import fixed_point


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_a_square_root(linker):
    a = T.dscalar("a")
    x = fixed_point(lambda x: (x + a / x) / 2, 1.0)
    first = symgraph.grad(x, a)
    f = symgraph.function([a], [x, first, symgraph.grad(first, a), symgraph.Rop(x, a, T.constant(1.0))], mode=symgraph.Mode(linker))
    for at in (2.0, 9.0):
        np.testing.assert_allclose(f(at), [at**0.5, 0.5 * at**-0.5, -0.25 * at**-1.5, 0.5 * at**-0.5], rtol=1e-8)


def test_a_linear_system():
    """x = M x + b, so x = inv(1 - M) b."""
    m, b, g = T.dmatrix("m"), T.dvector("b"), T.dvector("g")
    x = fixed_point(lambda x: T.dot(m, x) + b, T.zeros_like(b))
    cost = (x * g).sum()
    by_m, by_b = symgraph.grad(cost, [m, b])
    f = symgraph.function([m, b, g], [x, by_m, by_b, symgraph.Rop(x, m, m), symgraph.grad((by_m**2).sum(), b)])
    random = np.random.RandomState(0)
    M, B, G = random.uniform(-0.3, 0.3, (3, 3)), random.randn(3), random.randn(3)
    inverse = np.linalg.inv(np.eye(3) - M)
    X, W = inverse @ B, inverse.T @ G
    got = f(M, B, G)
    for found, wanted in zip(got, [X, np.outer(W, X), W, inverse @ M @ X, 2 * (W @ W) * inverse.T @ X]):
        np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_nestings_and_dtypes():
    a = T.fscalar("a")
    found = fixed_point(lambda s: {"x": T.cos(s["y"]) * a, "y": s["x"] * np.float32(0.5)}, {"x": a, "y": a})
    assert found["x"].dtype == "float32"
    x, y, g = symgraph.function([a], [found["x"], found["y"], symgraph.grad(found["x"], a)])(np.float32(0.8))
    np.testing.assert_allclose([x, y], [np.cos(y) * 0.8, x * 0.5], atol=1e-4)
    np.testing.assert_allclose(g, np.cos(y) / (1 + 0.8 * np.sin(y) * 0.5), atol=1e-3)
    assert g.dtype == np.float32


def test_where_it_begins_has_no_influence():
    a, x0 = T.dscalar("a"), T.dscalar("x0")
    x = fixed_point(lambda x: T.cos(x) * a, x0)
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(x, x0)
    f = symgraph.function([a, x0], x)
    np.testing.assert_allclose(f(0.9, 0.0), f(0.9, 5.0), atol=1e-9)


V = T.dvector("v")
BAD = {
    "structure": (lambda: fixed_point(lambda s: (s, s), V), TypeError, "another structure"),
    "dtype": (lambda: fixed_point(lambda s: s.astype("float32"), V), TypeError, "changes the dtype of x"),
    "dimensions": (lambda: fixed_point(lambda s: {"a": s["a"].sum()}, {"a": V}), ValueError, r"dimensions of x\['a'\]"),
    "integers": (lambda: fixed_point(lambda s: s, T.lscalar()), TypeError, "must hold floats"),
    "nothing": (lambda: fixed_point(lambda s: s, ()), TypeError, "holds nothing"),
    "a tolerance below 0": (lambda: fixed_point(lambda s: s / 2, V, tolerance=-1e-9), ValueError, "must not be negative, got -1e-09"),
    "a tolerance that is nan": (lambda: fixed_point(lambda s: s / 2, V, tolerance=np.nan), ValueError, "must not be negative"),
    "a tolerance that is text": (lambda: fixed_point(lambda s: s / 2, V, tolerance="near"), TypeError, "must be a number, got 'near'"),
    "a tolerance with dimensions": (lambda: fixed_point(lambda s: s / 2, V, tolerance=V), TypeError, "must be a number, got v"),
    "half a step": (lambda: fixed_point(lambda s: s / 2, V, max_steps=1.5), TypeError, "max_steps must be an integer"),
    "steps below 0": (lambda: fixed_point(lambda s: s / 2, V, max_steps=-1), ValueError, "max_steps must not be negative"),
    "no function": (lambda: fixed_point(2, V), TypeError, "must be a function"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    build, error, says = BAD[case]
    with pytest.raises(error, match=says):
        build()


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_what_does_not_converge(linker):
    a = T.dscalar("a")
    f = symgraph.function([a], fixed_point(lambda x: x * a + 1, 0.0, max_steps=50), mode=symgraph.Mode(linker))
    np.testing.assert_allclose(f(0.5), 2.0)
    for wrong in (2.0, np.nan):
        with pytest.raises(RuntimeError, match="50 steps were not enough"):
            f(wrong)
