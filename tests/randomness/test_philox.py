"""The generator: published answers, independence of what should be independent, portable functions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import symgraph
import symgraph.random as R
from symgraph.expr.arrays import Arrays
from symgraph.ops.random import portable
from symgraph.ops.random.noise import Noise
from symgraph.ops.random.philox import philox

# The known answers that the authors publish with their library (Random123), for ten rounds: counter, key, result
ANSWERS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0], [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


@pytest.mark.parametrize(("counter", "key", "answer"), ANSWERS)
def test_known_answers(counter, key, answer):
    wide = [[np.array([x], "uint64") for x in xs] for xs in (counter, key)]
    assert [int(x[0]) for x in philox(Arrays(), *wide)] == answer


def test_a_draw_is_the_cipher():
    """Word 0 of the first blocks of key (k0, k1) at count (c2, c3) of draws stands first in a draw."""
    counter, key, _ = ANSWERS[2]
    state = np.array([*key, *counter[2:]], "uint32")
    found = Noise("bits", "uint32")(state, 64).eval()
    for lane in (0, 15):
        words = philox(Arrays(), [np.array([x], "uint64") for x in (lane, 0, *counter[2:])], [np.array([x], "uint64") for x in key])
        assert [int(x[0]) for x in words] == [int(found[slot * 16 + lane]) for slot in range(4)]


def draws_of_keys():
    """Normal numbers under keys that are near relatives."""
    key = R.key(3)
    keys = [key, R.key(4), *[R.fold_in(key, n) for n in (0, 1, 2**32)], R.fold_in(R.fold_in(key, 0), 0)]
    state = key.data.copy()
    state[2] += 1  # the next draw of the stream
    return np.stack([R.normal(k, 40000).eval() for k in [*keys, symgraph.tensor.constant(state)]])


def test_no_correlation():
    x = draws_of_keys()
    n = x.shape[1]
    bound = 5 / math.sqrt(n)  # five standard deviations, of fewer than 100 numbers
    assert np.abs(np.corrcoef(x) - np.eye(len(x))).max() < bound
    for lag in (1, 15, 16, 17, 32, 64):
        assert max(abs(np.corrcoef(row[:-lag], row[lag:])[0, 1]) for row in x) < bound
    assert np.abs(np.corrcoef(x**2) - np.eye(len(x))).max() < bound


def test_children_differ_from_parents_and_each_other():
    keys = R.split(R.key(0), 2000).eval()
    assert len({tuple(k) for k in keys}) == 2000
    assert not keys[:, 2:].any()
    np.testing.assert_array_equal(R.fold_in(R.key(0), 7).eval(), keys[7])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_portable_functions(dtype):
    b, eps = Arrays(), np.finfo(dtype).eps
    x = np.concatenate([np.random.RandomState(0).uniform(0, 1, 20000), np.logspace(-30, 30, 20001), [1.0, 1 - eps, 1 + eps]]).astype(dtype)
    exact = np.log(x.astype("longdouble"))
    assert (np.abs(portable.log(b, x) - exact) <= 1.5 * eps * np.abs(exact)).all()
    turn = np.linspace(0, 1, 100001)[:-1].astype(dtype)
    angle = 2 * np.pi * turn.astype("longdouble")
    for found, right in zip(portable.sine_and_cosine(b, turn), (np.sin(angle), np.cos(angle))):
        assert np.abs(found - right).max() <= 3 * eps


def test_portable_functions_of_doubles():
    b = Arrays()
    x = np.linspace(-690, 690, 50001)
    np.testing.assert_allclose(portable.exp(b, x), np.exp(x), rtol=1e-13)
    k = np.concatenate([np.arange(200.0), [0.5, 1e4, 1e9]])
    np.testing.assert_allclose(portable.log_factorial(b, k), special.gammaln(k + 1), rtol=1e-13, atol=1e-12)
    t = np.concatenate([np.linspace(0, 5, 1001), [1e10]])
    np.testing.assert_allclose(portable.arctan(b, t), np.arctan(t), rtol=1e-15, atol=1e-300)
    y = np.array([-0.9, -1e-3, -1e-20, 0.0, 1e-10, 0.5])
    np.testing.assert_allclose(portable.log1p(b, y), np.log1p(y), rtol=1e-14)


def test_numbers_do_not_depend_on_how_many_are_drawn():
    key = R.key(5)
    long = R.normal(key, 1000).eval()
    for n in (1, 63, 500):
        np.testing.assert_array_equal(R.normal(key, n).eval(), long[:n])
    np.testing.assert_array_equal(R.gamma(key, 9, 0.3).eval(), R.gamma(key, 40, 0.3).eval()[:9])
