"""Last dimensions that are walked as one: what is read there, and what is not, gives what numpy gives."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

X, V, M = T.dtensor4("x"), T.dvector("v"), T.dmatrix("m")
OF_CHANNELS = V.dimshuffle("x", 0, "x", "x")
PIXELS = M.dimshuffle("x", "x", 0, 1)
PY = symgraph.Mode(linker="py")

CASES = {  # expression, loops within each other if it is one kernel without branches
    "channels": (lambda: T.tanh(X + OF_CHANNELS), 3),
    "channels and pixels": (lambda: X * OF_CHANNELS + PIXELS, 4),
    "computed channels": (lambda: X / (V * V + 1).sqrt().dimshuffle("x", 0, "x", "x"), 3),
    "columns": (lambda: X + OF_CHANNELS + X.sum(axis=2, keepdims=True), None),
    "turned": (lambda: X.dimshuffle(0, 1, 3, 2) + OF_CHANNELS, 4),
    "a part": (lambda: X[:, :, :2, :3] + OF_CHANNELS, 4),
    "backwards": (lambda: X[:, :, ::-1] + OF_CHANNELS, 4),
    "by place": (lambda: X + T.arange(X.shape[3]) * OF_CHANNELS, 4),
    "sums": (lambda: (X + OF_CHANNELS).sum(axis=(2, 3)), None),
    "sums of channels": (lambda: (X * OF_CHANNELS).sum(axis=(0, 2, 3)), None),
    "sums of channels turned": (lambda: (X.dimshuffle(0, 1, 3, 2) * OF_CHANNELS).sum(axis=(0, 2, 3)), None),
    "maxima": (lambda: (X - OF_CHANNELS).max(axis=(1, 2, 3)), None),
    "columns of pixels": (lambda: (X * OF_CHANNELS).sum(axis=1), None),
    "columns of images": (lambda: X.exp().sum(axis=0) + (X * X).sum(axis=(0, 1)), None),
    "columns turned": (lambda: (X.dimshuffle(0, 1, 3, 2) + OF_CHANNELS).sum(axis=1), None),
    "columns with a sum": (lambda: X * (X * OF_CHANNELS).sum(axis=1, keepdims=True), None),
    "places in columns": (lambda: (X * OF_CHANNELS)[:, :1].argmax(axis=1), None),
    "means": (lambda: X - X.mean(axis=(0, 1), keepdims=True), None),
    "sums of three": (lambda: X.exp().sum(axis=(1, 2, 3)), None),
}


def test_sizes_that_are_known():
    """A last dimension of 1, or of one more than a row of accumulators, among them."""
    for shape in ((70, 2, 1), (3, 2, 33), (3, 40, 1), (9, 1, 9)):
        x = T.tensor("float64", shape=shape)
        values = np.sin(np.arange(float(np.prod(shape)))).reshape(shape)
        f = symgraph.function([x], [x.sum(axis=(0, 2)), x.exp().max(axis=(0, 2)), x.sum(axis=(1, 2)), x.sum(axis=0)])
        for got, wanted in zip(f(values), [values.sum(axis=(0, 2)), np.exp(values).max(axis=(0, 2)), values.sum(axis=(1, 2)), values.sum(axis=0)]):
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_as_numpy(name):
    build, depth = CASES[name]
    f, wanted = (symgraph.function([X, V, M], build(), on_unused_input="ignore", mode=mode) for mode in ("FAST_RUN", PY))
    for shape in ((2, 3, 4, 5), (3, 2, 9, 17), (2, 1, 0, 3), (1, 1, 1, 1)):
        values = [np.sin(np.arange(float(np.prod(s)))).reshape(s) for s in (shape, shape[1:2], shape[2:])]
        if "maxima" not in name or values[0].size:
            np.testing.assert_allclose(f(*values), wanted(*values), rtol=1e-11, atol=1e-12)
    if depth is not None:
        assert max(len(indent) // 2 for indent in re.findall(r"^( +)for ", f.source("ir"), re.MULTILINE)) == depth
