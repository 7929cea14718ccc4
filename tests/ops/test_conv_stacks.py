"""Convolutions of stacks of filters and of images; filters of one element a channel."""

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


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("groups", "border", "batch"), [(1, 0, 2), (2, 0, 3), (4, 0, 1), (1, 1, 2), (1, 0, 0)])
def test_filters_of_one_element(known, groups, border, batch):
    """Where they meet every place the gradient by filters is a product of matrices."""
    shapes = [(batch, 12, 5, 6), (16, 12 // groups, 1, 1), (batch, 16, 5 + 2 * border, 6 + 2 * border)]
    x, w, g = (T.tensor("float64", shape=shape if known else [None] * 4) for shape in shapes)
    y = T.nnet.conv2d(x, w, num_groups=groups, border_mode=border)
    results = [y, *symgraph.grad(None, [x, w], known_grads={y: g})]
    values = [numbers(shape, 0.7 - 0.1 * k) for k, shape in enumerate(shapes)]
    for got, wanted in zip(symgraph.function([x, w, g], results)(*values), symgraph.function([x, w, g], results, mode=PY)(*values)):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11)
