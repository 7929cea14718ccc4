"""Convolutions of stacks of filters and of images."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.batching.graph import vectorize_graph

PY = symgraph.Mode(linker="py")


def numbers(shape, step):
    return (np.sin(np.arange(int(np.prod(shape))) * step + 1) * 2).reshape(shape)


@pytest.mark.parametrize("groups", [1, 2])
def test_stacks_need_no_loop_beside_one_image_or_one_filter(groups):
    """However many examples there are; what the options say of sizes is said of one example."""
    x, w, many = T.dtensor4(), T.dtensor4(), T.tensor("float64", shape=[None] * 5)
    y = T.nnet.conv2d(x, w, num_groups=groups, input_shape=(2, 4, 5, 5), filter_shape=(6, 4 // groups, 3, 3))
    results = [y, symgraph.grad((y**2).sum(), w)]
    X, W = numbers((3, 2, 4, 5, 5), 0.7), numbers((3, 6, 4 // groups, 3, 3), 0.3)
    one = symgraph.function([x, w], results, mode=PY)
    with warnings.catch_warnings():
        warnings.simplefilter("error", symgraph.errors.VectorizeWarning)
        of_filters = symgraph.function([x, many], vectorize_graph(results, {w: many}), mode=PY)(X[0], W)
        of_images = symgraph.function([many, w], vectorize_graph(results[:1], {x: many}), mode=PY)(X, W[0])
    for k in range(3):
        for got, wanted in zip(of_filters, one(X[0], W[k])):
            np.testing.assert_allclose(got[k], wanted, rtol=1e-10)
        np.testing.assert_allclose(of_images[0][k], one(X[k], W[0])[0], rtol=1e-10)
