"""One smooth use, or several, of every family of ops: what derivatives of all kinds are taken of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import symgraph.tensor as T


class Family(NamedTuple):
    """build(*variables): the expression. sizes: the shape of each variable. Points lie between low and high, no two alike.

    Constants are numbers that every float holds, so that an expression of narrow floats stays narrow.
    """

    name: str
    build: Callable[..., Any]
    sizes: tuple[tuple[int, ...], ...]
    low: float = 0.3
    high: float = 1.7

    def points(self) -> list[np.ndarray]:
        random = np.random.RandomState(len(self.name))
        return [random.uniform(self.low, self.high, size) for size in self.sizes]


V, M, S, C = (3,), (2, 3), (), (2, 3, 2)


FAMILIES = [
    # elementwise
    Family("arithmetic", lambda x, y: x * y + x / y - y**2 + x**y, (V, V)),
    Family("broadcast row", lambda x, y: x * y + T.exp(x - y), (M, (1, 3))),
    Family("broadcast column", lambda x, y: T.sin(x * y) / x, (M, (2, 1))),
    Family("broadcast vector to matrix", lambda x, y: x * y * y, (M, V)),
    Family("broadcast scalar", lambda x, y: x**y, (M, S)),
    Family("outer by broadcasting", lambda x, y: T.tanh(x * y), ((3, 1), (1, 2))),
    Family("many factors", lambda x, y: T.mul(x, y, x, T.add(x, y, 1.0)), (V, V)),
    Family("transcendental", lambda x: T.exp(T.sin(x)) + T.log(x) * T.sqrt(x) + T.arctan(x), (V,)),
    Family("special functions", lambda x: T.erf(x) + T.gammaln(x + 1) + T.nnet.softplus(x) * T.nnet.sigmoid(x), (V,)),
    Family("switch", lambda x, y: T.switch(x > 1, x * y, y**3), (V, V)),
    Family("maximum", lambda x, y: T.maximum(x, y) * T.minimum(x, 2 * y), (V, V)),
    Family("clip", lambda x: T.clip(x, 0.625, 1.375) * x, (V,)),
    Family("abs of both signs", lambda x: abs(x) * x**3, (V,), -1.5, 1.5),
    Family("cast", lambda x: T.cast(T.cast(x, "float64") * 2, x.dtype) ** 2, (V,)),
    # reductions
    Family("sum", lambda x: x.sum() * x.sum(axis=0) * T.sqr(x).sum(axis=1, keepdims=True), (M,)),
    Family("mean and variance", lambda x: x.mean(axis=0) * x.var(axis=0) + x.std(), (M,)),
    Family("prod", lambda x: x.prod(axis=1), (M,)),
    Family("max", lambda x: x.max(axis=1) * x.min() ** 2, (M,)),
    Family("norm", lambda x: x.norm(2) * x.norm(1), (V,)),
    Family("logsumexp", lambda x: T.logsumexp(x, axis=1) ** 2, (M,)),
    # softmax
    Family("softmax", lambda x: T.nnet.softmax(x), (M,)),
    Family("softmax of columns", lambda x: T.nnet.softmax(x, axis=0) * x, (M,)),
    Family("log softmax", lambda x: T.nnet.logsoftmax(x) ** 2, (M,)),
    Family("crossentropy", lambda x, y: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.nnet.softmax(y)), (M, M)),
    Family("crossentropy of labels", lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.constant([2, 0])), (M,)),
    Family("binary crossentropy", lambda x: T.nnet.binary_crossentropy(T.nnet.sigmoid(x), 0.25), (V,)),
    # products
    Family("dot of vectors", lambda x, y: T.dot(x, y) ** 2, (V, V)),
    Family("dot of matrices", lambda x, y: T.dot(x, y) ** 2, (M, (3, 2))),
    Family("dot of matrix and vector", lambda x, y: T.exp(T.dot(x, y)), (M, V)),
    Family("dot with a scalar", lambda x, y: T.dot(x, y) ** 2, (M, S)),
    Family("matmul of stacks", lambda x, y: T.matmul(x, y) ** 2, ((2, 2, 3), (2, 3, 2))),
    Family("batched_dot", lambda x, y: T.batched_dot(x, y) ** 2, ((2, 2, 3), (2, 3, 2))),
    Family("tensordot", lambda x, y: T.tensordot(x, y, axes=[[1], [0]]), (M, (3, 2, 2))),
    Family("outer", lambda x, y: T.outer(x, y) ** 2, (V, (2,))),
    Family("kron", lambda x, y: T.kron(x, y) ** 2, (M, (2, 2))),
    Family("sandwich", lambda x: T.dot(x.T, T.dot(x, x.T)) ** 2, (M,)),
    # layout
    Family("reshape", lambda x: x.reshape((3, 2)) ** 2, (M,)),
    Family("flatten", lambda x: x.flatten() ** 3, (C,)),
    Family("transpose", lambda x: x.transpose(2, 0, 1) ** 2, (C,)),
    Family("dimshuffle", lambda x: x.dimshuffle(1, "x", 0) ** 2 * x.sum(), (M,)),
    Family("swapaxes and squeeze", lambda x: x.swapaxes(0, 1).squeeze() ** 2, ((1, 3),)),
    Family("diagonal", lambda x: T.diagonal(x) ** 2, (M,)),
    Family("diag of a vector", lambda x: T.diag(x) ** 2, (V,)),
    Family("trace", lambda x: T.trace(x) ** 2, ((3, 3),)),
    Family("triangle", lambda x: T.tril(x) ** 2 + T.triu(x, 1), ((3, 3),)),
    Family("fill_diagonal", lambda x, y: T.fill_diagonal(x, y) ** 2, (M, S)),
    Family("pad", lambda x: T.pad(x, 1) ** 2, (M,)),
    Family("pad by reflection", lambda x: T.pad(x, 1, mode="reflect") ** 2, (M,)),
    Family("repeat", lambda x: T.repeat(x, 2, axis=1) ** 2, (M,)),
    Family("tile", lambda x: T.tile(x, (2, 2)) ** 2, (M,)),
    Family("roll", lambda x: T.roll(x, 1) * x, (V,)),
    Family("alloc", lambda x: T.alloc(x, 2, 3) ** 2, (V,)),
    Family("fill", lambda x, y: T.fill(x, y) ** 2 * x, (M, S)),
    # indexing
    Family("subtensor", lambda x: x[0, ::-1] * x[1, :2].sum() ** 2, (M,)),
    Family("subtensor at a variable", lambda x: x[T.constant(1)] ** 2, (M,)),
    Family("set_subtensor", lambda x, y: T.set_subtensor(x[0], y) ** 2, (M, V)),
    Family("inc_subtensor", lambda x, y: T.inc_subtensor(x[:, 1:], y) ** 2, (M, (2, 2))),
    Family("index by a vector", lambda x: x[T.constant([1, 0, 1])] ** 2, (M,)),
    Family("index by two vectors", lambda x: x[T.constant([1, 0, 1]), T.constant([0, 0, 2])] ** 2, (M,)),
    Family("set at a vector", lambda x, y: T.set_subtensor(x[T.constant([1, 0])], y) ** 2, (M, M)),
    Family("inc at repeated places", lambda x, y: T.inc_subtensor(x[T.constant([1, 1])], y) ** 2, (M, M)),
    Family("take", lambda x: T.take(x, T.constant([2, 0]), axis=1) ** 2, (M,)),
    Family("choose", lambda x, y: T.choose(T.constant([0, 1, 0]), [x, y]) ** 2, (V, V)),
    # joins
    Family("join", lambda x, y: T.concatenate([x, y, x], axis=1) ** 2, (M, (2, 1))),
    Family("stack", lambda x, y: T.stack([x, y], axis=1) ** 2, (V, V)),
    Family("split", lambda x: T.split(x, [1, 2], 2, axis=1)[1] ** 2, (M,)),
    # identities
    Family("specify_shape", lambda x: T.specify_shape(x, (2, 3)) ** 2, (M,)),
]
