"""What cannot be drawn: refused as the draw is written where that can be seen, else at the call; shared variables stay."""

from __future__ import annotations

import numpy as np
import pytest

import symgraph
import symgraph.random as R
import symgraph.tensor as T
from symgraph.random import RandomStreams

STREAM, MRG = RandomStreams(1), R.MRG_RandomStreams(1)

WRITTEN = [  # the draw, the class, what the message says
    (lambda: STREAM.normal((2,), 0.0, -1.0), ValueError, "std must be finite and not negative"),
    (lambda: STREAM.normal((2,), std=np.nan), ValueError, "std"),
    (lambda: STREAM.binomial((2,), 5, 1.5), ValueError, r"p must lie within \[0, 1\], got 1.5"),
    (lambda: STREAM.binomial((2,), 5, -0.1), ValueError, "p must lie"),
    (lambda: STREAM.binomial((2,), -5, 0.1), ValueError, "n must"),
    (lambda: STREAM.bernoulli((2,), [0.5, 2.0]), ValueError, "p must lie"),
    (lambda: STREAM.geometric((2,), 0.0), ValueError, r"\(0, 1\]"),
    (lambda: STREAM.poisson((2,), -1.0), ValueError, "lam"),
    (lambda: STREAM.gamma((2,), 0.0), ValueError, "a must be positive"),
    (lambda: STREAM.exponential((2,), -2.0), ValueError, "scale"),
    (lambda: STREAM.hypergeometric((2,), 3, 4, 8), ValueError, "nsample must not be greater than ngood"),
    (lambda: STREAM.integers((2,), 5, 5), ValueError, "low must be less than high"),
    (lambda: STREAM.integers((2,), 0.5, 5), TypeError, "low must be of integers"),
    (lambda: STREAM.categorical((2,), [0.5, -0.5]), ValueError, "p must"),
    (lambda: STREAM.categorical((2,), np.zeros(0)), ValueError, "no outcomes"),
    (lambda: STREAM.categorical((2,), 0.5), ValueError, "at least 1 dimensions"),
    (lambda: STREAM.multinomial((2,), 4, [-1.0, 2.0]), ValueError, "p must not be negative"),
    (lambda: STREAM.multinomial((2,), 4, [0.0, 0.0]), ValueError, "positive, finite sum"),
    (lambda: STREAM.multinomial((2,), 4.5, [0.5, 0.5]), TypeError, "integers"),
    (lambda: STREAM.multivariate_normal((2,), [0.0, 0.0], np.ones((2, 3))), ValueError, "square"),
    (lambda: STREAM.multivariate_normal((2,), [0.0, 0.0], np.eye(3)), ValueError, "a mean of 2 numbers and a covariance of 3"),
    (lambda: STREAM.wishart((), 1.0, np.eye(2)), ValueError, "df - .d - 1.*must be positive and finite, got 0"),
    (lambda: STREAM.uniform((2,), 5.0, 2.0), ValueError, "high - low must be finite and not negative, got -3"),
    (lambda: STREAM.truncated_normal((2,), low=2.0, high=1.0), ValueError, "high - low must be positive, got -1"),
    (lambda: STREAM.normal(0.0, 1.0, size=(2,)), TypeError, "'size'; size comes before the parameters"),
    (lambda: STREAM.normal((3,), [0.0, 1.0]), ValueError, "size 2 does not fit the size 3"),
    (lambda: STREAM.normal((3,), np.zeros((2, 3))), ValueError, "2 dimensions, the size 1"),
    (lambda: STREAM.normal(None, np.zeros(2), np.ones(3)), ValueError, "2 and 3 do not fit"),
    (lambda: STREAM.normal((1,), np.zeros(3)), ValueError, "does not fit"),
    (lambda: STREAM.normal((-1,)), ValueError, "negative"),
    (lambda: STREAM.normal((2.5,)), TypeError, "integer"),
    (lambda: STREAM.normal("3"), TypeError, "integer"),
    (lambda: STREAM.normal((2,), ndim=3), ValueError, "ndim is 3"),
    (lambda: STREAM.normal(T.lvector()), ValueError, "ndim="),
    (lambda: STREAM.normal((2,), dtype="int64"), TypeError, "normal is drawn as"),
    (lambda: STREAM.poisson((2,), dtype="complex64"), TypeError, "poisson is drawn as"),
    (lambda: STREAM.normal((2,), 1j), TypeError, "real"),
    (lambda: STREAM.normal((2,), "0"), TypeError, "avg must be a number"),
    (lambda: STREAM.normal((2,), mean=0.0), TypeError, "mean"),
    (lambda: STREAM.gamma((2,)), TypeError, "gamma.. needs a"),
    (lambda: STREAM.choice(5, 3, replace=False), ValueError, "5 of 3 elements"),
    (lambda: STREAM.choice(2, 2, False, [0.0, 1.0]), ValueError, "elements of positive probability are left .* got -1"),
    (lambda: STREAM.choice(2, 0), ValueError, "at least one"),
    (lambda: STREAM.choice(2, 3, p=[0.5, 0.5]), ValueError, "2 probabilities for 3"),
    (lambda: STREAM.choice(2, 3, replace=2), TypeError, "replace"),
    (lambda: STREAM.choice(2, 2.5), TypeError, "vector or an integer"),
    (lambda: STREAM.shuffle(3.0), ValueError, "no elements"),
    (lambda: STREAM.spawn(-1), ValueError, "negative"),
    (lambda: STREAM.spawn(1.5), TypeError, "int"),
    (lambda: RandomStreams("1"), TypeError, "a seed is an int"),
    (lambda: RandomStreams(1.5), TypeError, "a seed is an int"),
    (lambda: RandomStreams(True), TypeError, "a seed is an int"),
    (lambda: RandomStreams([1, 2]), TypeError, "a seed is an int"),
    (lambda: RandomStreams(-1), ValueError, r"2\*\*64"),
    (lambda: RandomStreams(2**64), ValueError, r"2\*\*64"),
    (lambda: R.key(1.5), TypeError, "a seed"),
    (lambda: R.normal(3, 2), TypeError, "a key is a vector of 4 uint32"),
    (lambda: R.normal(np.zeros(3, "uint32"), 2), TypeError, "a key is"),
    (lambda: R.split(R.key(1), -1), ValueError, "negative"),
    (lambda: R.fold_in(R.key(1), 0.5), TypeError, "integers"),
    (lambda: R.logp(T.exp(STREAM.normal((2,))), 1.0), TypeError, "logp wants a draw"),
    (lambda: R.logp(STREAM.normal((2,)), 1j), TypeError, "real"),
]


@pytest.mark.parametrize("number", range(len(WRITTEN)))
def test_refused_as_it_is_written(number):
    build, error, says = WRITTEN[number]
    with pytest.raises(error, match=says):
        build()


X, V, M, N = T.dscalar("x"), T.dvector("v"), T.dmatrix("m"), T.lscalar("n")
CALLED = [  # inputs, the draw, arguments that fit, arguments that do not, what is said
    ([X], lambda: STREAM.normal((2,), 0.0, X), (1.0,), (-1.0,), "std must be finite and not negative"),
    ([X], lambda: STREAM.normal((2,), 0.0, X), (1.0,), (np.nan,), "std must"),
    ([X], lambda: STREAM.uniform((2,), 0.0, X), (0.0,), (-1.0,), "high - low must be finite and not negative"),
    ([X], lambda: STREAM.truncated_normal((2,), 0.0, 1.0, X), (-np.inf,), (2.0,), "high - low must be positive"),
    ([X], lambda: STREAM.wishart((2,), X, np.eye(3)), (2.5,), (1.5,), "a must be positive"),
    ([V], lambda: STREAM.categorical((2,), V), ([0.0, 2.0],), ([0.0, 0.0],), "sum of p must be positive"),
    ([X], lambda: STREAM.bernoulli((2,), X), (1.0,), (1.1,), "p must lie within"),
    ([V], lambda: STREAM.binomial(None, 3, V), ([0.0, 1.0],), ([0.5, -0.25],), r"p must lie within \[0, 1\], got -0.25 at index 1"),
    ([M], lambda: STREAM.bernoulli(None, M), ([[0.5, 1.0]],), ([[0.5, 0.5], [1.5, -1.0]],), r"p must lie within \[0, 1\], got 1.5 at index \(1, 0\)"),
    ([V], lambda: STREAM.poisson((2, 3), V), ([0.0, 1.0, 2.0],), ([1.0, 2.0, -3.0],), "lam must be finite and not negative, got -3 at index 2"),
    ([X], lambda: STREAM.poisson((2,), X), (0.0,), (-1e-9,), "lam must"),
    ([X], lambda: STREAM.gamma((2,), X), (0.1,), (0.0,), "a must be positive"),
    ([N], lambda: STREAM.integers((2,), 0, N), (1,), (0,), "low must be less than high"),
    ([N], lambda: STREAM.hypergeometric((2,), 3, 4, N), (7,), (8,), "nsample must not be greater"),
    ([V], lambda: STREAM.multinomial((2,), 5, V), ([0.5, 0.5],), ([0.5, -0.5],), "p must not be negative, got -0.5 at index 1"),
    ([V], lambda: STREAM.multinomial((2,), 5, V), ([0.5, 0.5],), ([0.0, 0.0],), "positive, finite sum"),
    ([N], lambda: STREAM.normal((N,)), (0,), (-1,), "negative dimensions are not allowed, got -1"),
    ([V], lambda: STREAM.gamma((2,), V), ([1.0, 2.0],), ([1.0, 2.0, 3.0],), "size 3 in dimension 0 does not fit the size 2"),
    ([V], lambda: STREAM.choice(2, 3, p=V), ([1.0, 0.0, 0.0],), ([1.0, 0.0],), "specif|size|shape"),
    ([N], lambda: STREAM.choice(2, N, replace=False), (2,), (1,), "choice: how many elements are left .* got -1"),
    ([N], lambda: STREAM.choice((2, N), 4, replace=False), (2,), (3,), "choice: how many elements are left .* got -2"),
    ([V], lambda: STREAM.choice(2, V, replace=False), ([1.0, 2.0],), ([1.0],), "choice: how many elements are left .* got -1"),
    ([V], lambda: STREAM.choice(2, 3, False, V), ([0.5, 0.0, 1.0],), ([0.0, 0.0, 1.0],), "elements of positive probability are left .* got -1"),
    ([V], lambda: STREAM.choice(None, 3, False, V), ([0.0, 0.0, 1.0],), ([0.0, 0.0, 0.0],), "elements of positive probability are left .* got -1"),
    ([V], lambda: STREAM.choice(2, 3, p=V), ([0.5, 0.0, 1.0],), ([0.0, 0.0, 0.0],), "choice: the sum of p must be positive"),
    ([V], lambda: STREAM.choice(2, 3, p=V), ([0.5, 0.0, 1.0],), ([0.5, 0.0, -1.0],), "choice: p must be finite and not negative, got -1 at index 2"),
    ([N], lambda: STREAM.choice(2, N), (1,), (0,), "choice: the number of elements must be 1 or more, got 0"),
    ([V], lambda: STREAM.categorical(2, V), ([1.0],), ([],), "categorical: the number of outcomes must be 1 or more, got 0"),
    ([M], lambda: MRG.multinomial(pvals=M), ([[0.5, 0.5]],), ([[0.5, 0.5], [1.5, -0.5]],), r"pvals must be .* got -0.5 at index \(1, 1\)"),
    ([M], lambda: MRG.choice(p=M, replace=False), ([[0.5, 0.5]],), ([[1.5, -0.5]],), "choice: p must be finite and not negative"),
    ([V], lambda: MRG.binomial((2,), p=V), ([0.5, 1.0],), ([0.5, 1.5],), r"p must lie within \[0, 1\], got 1.5 at index 1"),
]


@pytest.mark.parametrize("linker", ["llvm", "py"])
@pytest.mark.parametrize("number", range(len(CALLED)))
def test_refused_at_the_call(number, linker):
    inputs, build, right, wrong, says = CALLED[number]
    total = symgraph.shared(0)
    draw = build()
    f = symgraph.function(inputs, draw, updates=[(total, total + 1)], mode=symgraph.Mode(linker, "fast_run"))
    f(*right)
    keys = [state.get_value() for state, _ in STREAM.state_updates]
    with pytest.raises(ValueError, match=says) as info:
        f(*wrong)
    assert "test_bad_draws.py" in str(info.value)
    assert total.get_value() == 1
    for (state, _), value in zip(STREAM.state_updates, keys):
        np.testing.assert_array_equal(state.get_value(), value)


def test_a_key_of_another_length():
    key = T.tensor("uint32", shape=[None])
    for linker in ("llvm", "py"):
        f = symgraph.function([key], [R.normal(key, 2)], mode=symgraph.Mode(linker, "fast_run"))
        with pytest.raises(ValueError, match="4 words, got 3"):
            f(np.zeros(3, "uint32"))
    with pytest.raises(ValueError, match="4 words"):
        symgraph.function([key], R.fold_in(key, 1))(np.zeros(5, "uint32"))
