"""Draws that Theano 1.0.5 makes too; what it gave is recorded in theano_numbers.py. Each takes a stream and the module of tensors."""

from __future__ import annotations

import numpy as np

P = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])

# Of MRG_RandomStreams(1234), one after another
MRG = {
    "uniform": lambda r, T: r.uniform((2, 3)),
    "uniform between": lambda r, T: r.uniform((2, 5, 2), low=-1.0, high=2.0),
    "uniform32": lambda r, T: r.uniform((7,), dtype="float32"),
    "uniform16": lambda r, T: r.uniform((5,), dtype="float16"),
    "normal": lambda r, T: r.normal((2, 3)),
    "normal odd": lambda r, T: r.normal((3,), avg=1.0, std=2.0),
    "normal32": lambda r, T: r.normal((4,), dtype="float32"),
    "truncated": lambda r, T: r.truncated_normal((12,)),
    "binomial": lambda r, T: r.binomial((10,), p=0.3),
    "multinomial": lambda r, T: r.multinomial(pvals=P),
    "multinomial n": lambda r, T: r.multinomial(pvals=P, n=6),
    "choice": lambda r, T: r.choice(size=2, replace=False, p=P),
    "symbolic": lambda r, T: r.uniform(T.as_tensor_variable(np.array([2, 2])) + 0, ndim=2),
    "nstreams": lambda r, T: r.uniform((5,), nstreams=2),
}

# Of shared_randomstreams.RandomStreams(234), one after another
NUMPY = {
    "uniform": lambda r, T: r.uniform((2, 3)),
    "normal": lambda r, T: r.normal((3,)),
    "normal broadcast": lambda r, T: r.normal(avg=np.array([[0.0], [10.0]]), std=np.array([1.0, 2.0, 3.0])),
    "binomial": lambda r, T: r.binomial((5,), n=10, p=0.3),
    "binomial rows": lambda r, T: r.binomial((2, 3), n=np.array([1, 5, 10]), p=0.7),
    "random_integers": lambda r, T: r.random_integers((6,), low=-2, high=7),
    "random_integers rows": lambda r, T: r.random_integers(None, low=np.array([0, 10]), high=np.array([5, 100])),
    "choice": lambda r, T: r.choice((6,), a=5),
    "choice p": lambda r, T: r.choice((4,), a=np.array([3, 5, 9]), p=[0.2, 0.3, 0.5]),
    "choice without": lambda r, T: r.choice((3,), a=5, replace=False),
    "poisson": lambda r, T: r.poisson((4,), lam=3.5),
    "permutation": lambda r, T: r.permutation((2,), n=5),
    "permutation one": lambda r, T: r.permutation(n=6),
    "multinomial": lambda r, T: r.multinomial((2,), n=7, pvals=np.array([0.2, 0.3, 0.5])),
    "multinomial rows": lambda r, T: r.multinomial(None, n=np.array([3, 20]), pvals=np.array([[0.1, 0.9], [0.6, 0.4]])),
    "shuffle": lambda r, T: r.shuffle_row_elements(T.as_tensor_variable(np.arange(6.0).reshape(2, 3)) * 2),
    "symbolic": lambda r, T: r.uniform(T.as_tensor_variable(np.array([2, 2])) + 0, ndim=2, low=1.0, high=3.0),
}
