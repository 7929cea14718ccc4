"""Hessians of chains: sums of diagonals are put into zeros, and have the values that the sweep over matrices gives."""

from __future__ import annotations

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

COSTS = {
    "Rosenbrock": lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
    "three neighbours": lambda x: (x[2:] * x[1:-1] * x[:-2]).sum(),
    "far apart": lambda x: (x[3:] ** 2 * T.exp(x[:-3])).sum() + (x[:-1] * T.sin(x[1:])).sum(),
    "a quotient": lambda x: ((x[1:] / x[:-1]) ** 2).sum() * 2,
    "beside a full matrix": lambda x: x.sum() ** 3 + (x[1:] * x[:-1]).sum(),
}
OTHERS = {"turned": lambda x: (x * T.roll(x, 1)).sum(), "steps": lambda x: (x[::2] ** 2).sum() + (x[1:] * x[:-1]).sum()}


def hessian(build, x, **mode):
    return symgraph.function([x], symgraph.hessian(build(x), x), mode=symgraph.Mode(linker="py", **mode))


@pytest.mark.parametrize("size", [None, 5])
@pytest.mark.parametrize("name", [*COSTS, *OTHERS])
def test_hessians(name, size):
    x = T.tensor("float64", shape=(size,))
    build = (COSTS | OTHERS)[name]
    fast, slow = hessian(build, x), hessian(build, x, optimizer="fast_compile")
    assert fast.profile.rules["diagonals"] == (name in COSTS) and not slow.profile.rules["diagonals"]
    for n in (5, 8, 4) if size is None else (5,):
        value = np.linspace(0.5, 2, n)
        np.testing.assert_allclose(fast(value), slow(value), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["Rosenbrock", "three neighbours"])
def test_chains_of_few_elements(name):
    x = T.dvector()
    f = symgraph.function([x], symgraph.hessian(COSTS[name](x), x))
    for n in range(3 if name == "Rosenbrock" else 2, 0, -1):
        value = np.linspace(1, 2, n)
        np.testing.assert_allclose(f(value), hessian(COSTS[name], x, optimizer="fast_compile")(value), atol=1e-12)


def test_float32_and_infinite_slopes():
    x = T.fvector()
    f = symgraph.function([x], symgraph.hessian((T.sqrt(x[1:]) * x[:-1]).sum(), x))
    found = f(np.array([1, 0, 4], "float32"))
    assert found.dtype == "float32" and found[0, 1] == np.inf
    np.testing.assert_allclose(found[[0, 1, 2], [2, 2, 1]], [0, 0.25, 0.25])


def test_matrices_that_do_not_fit_still_fail():
    """A unit matrix of another size than the zeros that it is added to: nothing is known of the two."""
    x, n = T.dvector(), T.lscalar()
    y = T.inc_subtensor(T.zeros((n, n))[:, 1:], (T.eye(x.shape[0]) * x)[:, 1:] * 2)
    f = symgraph.function([x, n], [y, T.inc_subtensor(T.zeros((n, n))[:, 1:], (T.diag(x) * 3)[:, 1:])])
    assert not f.profile.rules["diagonals"]
    np.testing.assert_allclose(f([1.0, 2.0], 2)[1], [[0, 0], [0, 6]])
    with pytest.raises(ValueError):
        f([1.0, 2.0], 3)
