"""What is long, deep or large: compiled under the default recursion limit, and right."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("optimizer", ["fast_run", None])
def test_a_long_chain_and_its_gradient(optimizer: str | None, full: bool) -> None:
    length = 10_000 if full else 1_200
    assert sys.getrecursionlimit() <= 3_000
    x = T.dvector("x")
    y = x
    for k in range(length):
        y = T.tanh(y * 0.999 + (x if k % 7 == 0 else 0.001))
    f = symgraph.function([x], [y, T.grad(y.sum(), x)], mode=symgraph.Mode("llvm", optimizer))
    X = np.linspace(-1, 1, 9)
    value, slope = X, np.ones(9)
    for k in range(length):
        slope = slope * 0.999 + (k % 7 == 0)
        value = np.tanh(value * 0.999 + (X if k % 7 == 0 else 0.001))
        slope = slope * (1 - value**2)
    found = f(X)
    np.testing.assert_allclose(found[0], value, rtol=1e-9)
    np.testing.assert_allclose(found[1], slope, rtol=1e-7)


def test_many_outputs_of_one_array(full: bool) -> None:
    """Each with a reader of its own: kernels and blocks of memory in large numbers."""
    count = 2_000 if full else 150
    x = T.dmatrix("x")
    outputs = [T.nnet.softmax(x * k).sum(axis=0) + x[k % 5] for k in range(count)]
    f = symgraph.function([x], T.stack(outputs).sum(axis=0))
    X = np.random.default_rng(0).normal(size=(5, 3))
    wanted = np.zeros(3)
    for k in range(count):
        e = np.exp(X * k - (X * k).max(axis=1, keepdims=True))
        wanted += (e / e.sum(axis=1, keepdims=True)).sum(axis=0) + X[k % 5]
    np.testing.assert_allclose(f(X), wanted, rtol=1e-9)


def test_a_large_array(full: bool) -> None:
    """More elements than 32 bits count bytes of; sizes and offsets are of 64 bits."""
    count = 10**8 if full else 3 * 10**6
    x = T.fvector("x")
    f = symgraph.function([x], [x * 2 + 1, (x + 1).sum(dtype="float64"), x[::-1][-1], T.argmax(x)])
    X = np.zeros(count, "float32")
    X[-1] = 3
    doubled, total, last, place = f(X)
    assert doubled.shape == X.shape and doubled[-1] == 7 and (doubled[:-1:997] == 1).all()
    assert total == count + 3 and last == 0 and place == count - 1


def test_a_long_loop(full: bool) -> None:
    steps = 1_000_000 if full else 10_000
    x, n = T.dvector("x"), T.lscalar("n")
    (states, squares), _ = symgraph.scan(lambda s, a: (s * 0.5 + a, (s**2).sum()), outputs_info=[T.zeros_like(x), None], non_sequences=x, n_steps=n)
    f = symgraph.function([x, n], [states, states[-1], squares.sum()])
    X = np.array([1.0, -2.0, 3.0])
    rows, last, total = f(X, steps)
    assert rows.shape == (steps, 3)
    np.testing.assert_allclose(last, 2 * X, rtol=1e-12)
    np.testing.assert_allclose(rows[5], X * (2 - 0.5**5), rtol=1e-12)
    wanted = sum(((X * (2 - 2.0 * 0.5**k)) ** 2).sum() for k in range(60)) + (steps - 60) * (4 * X**2).sum()
    np.testing.assert_allclose(total, wanted, rtol=1e-9)
