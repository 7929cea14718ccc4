"""Theano's sandbox of sparse matrices: draws, and convolution by a matrix that picks out patches. Their numbers are in tests/parity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.stats

import symgraph
import symgraph.sparse as S
import symgraph.tensor as T
from symgraph.ops.sparse import draws, patches

MEANS = scipy.sparse.csr_matrix(np.array([[0.0, 3.0, 0.5], [4.0, 0.0, 0.0]]))


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_draws_differ_from_call_to_call_and_follow_the_seed(linker: str) -> None:
    x = S.csr_matrix("x")
    f = symgraph.function([], [draws.poisson(S.as_sparse_variable(MEANS)), draws.csr_dbinomial(4, 0.5, [2, 3])], mode=symgraph.Mode(linker=linker))
    np.random.seed(3)
    first = [found.toarray() for found in f() + f()]
    np.random.seed(3)
    again = [found.toarray() for found in f() + f()]
    assert all((a == b).all() for a, b in zip(first, again)) and (first[0] != first[2]).any()
    assert x.type == draws.poisson(x).type


def test_draws_have_their_distribution() -> None:
    x, n = S.csr_matrix("x"), T.iscalar("n")
    f = symgraph.function([x, n], [draws.poisson(x), draws.multinomial(n, x / 4.0), draws.csc_fbinomial(n, 0.25, [5, 8])])
    np.random.seed(2)
    means = scipy.sparse.csr_matrix(np.full((3, 4), 1.0))
    found = [f(means, 9) for _ in range(150)]
    assert abs(np.mean([a.toarray() for a, _, _ in found]) - 1.0) < 0.1
    counts = np.array([b.toarray() for _, b, _ in found])
    assert (counts.sum(axis=2) == 9).all() and np.abs(counts.mean(axis=(0, 1)) - 2.25).max() < 0.3
    binomial = np.array([c.toarray() for _, _, c in found])
    assert binomial.dtype == "float32" and binomial.shape[1:] == (5, 8) and abs(binomial.mean() - 2.25) < 0.1
    assert scipy.stats.kstest(binomial.ravel() + np.random.uniform(0, 1, binomial.size), lambda v: np.interp(
        v, np.arange(11), np.concatenate([[0], scipy.stats.binom(9, 0.25).cdf(np.arange(10))]))).pvalue > 1e-3


def conv_by_hand(image: np.ndarray, kernel: np.ndarray, step: tuple[int, int], full: bool) -> np.ndarray:
    height, width = kernel.shape[1:]
    if full:
        image = np.pad(image, [(0, 0), (height - 1, height - 1), (width - 1, width - 1)])
    places = [(y, x) for y in range(0, image.shape[1] - height + 1, step[1]) for x in range(0, image.shape[2] - width + 1, step[0])]
    return np.array([(image[:, y : y + height, x : x + width] * kernel).sum() for y, x in places])


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("step", [(1, 1), (2, 3)])
def test_convolution_of_patches(mode: str, step: tuple[int, int]) -> None:
    random = np.random.RandomState(0)
    images, kernels = random.rand(2, 2, 5, 6), random.rand(3, 2, 2, 3)
    out, shape = patches.convolve(kernels.reshape(3, -1), (2, 3), 3, images.reshape(2, -1), (2, 5, 6), step=step, mode=mode)
    wanted = [[conv_by_hand(image, kernel, step, mode == "full") for kernel in kernels] for image in images]
    np.testing.assert_allclose(out.eval(), np.reshape(wanted, (2, -1)), rtol=1e-12)
    assert tuple(shape) == (3, *shape[1:]) and shape[1:].prod() == len(wanted[0][0])


def test_pools_that_are_not_square() -> None:
    image = np.random.RandomState(1).rand(1, 2, 6, 7)
    out, counts = patches.max_pool(image.reshape(1, -1), (2, 6, 7), (3, 2))
    np.testing.assert_array_equal(out.eval(), image[..., :6].reshape(1, 2, 2, 3, 3, 2).max(axis=(3, 5)).reshape(1, -1))
    assert counts.tolist() == [2, 3]


def test_further_copies_of_rows_are_shifted() -> None:
    rows, _, shape, _, _ = patches.convolution_indices.evaluate((2, 2), (1, 1), nkern=2)
    assert shape == (4, 4) and rows.max() == 3  # the copy of the last begins where the matrix ends: what is beyond is dropped


BAD: list[tuple[type[Exception], str, Any]] = [
    (TypeError, "takes 1 inputs", lambda: draws.poisson()),
    (AssertionError, "of integers", lambda: draws.csr_dbinomial(1.5, 0.5, [2, 2])),
    (TypeError, "of floats", lambda: draws.csr_dbinomial(2, 1, [2, 2])),
    (ValueError, "2 and 3|3 and 2", lambda: draws.multinomial(T.constant([1, 2, 3]), S.as_sparse_variable(MEANS)).eval()),
    (NotImplementedError, "row by row", lambda: draws.multinomial(3, S.as_sparse_variable(MEANS.tocsc())).eval()),
    (TypeError, "two dimensions", lambda: draws.csr_dbinomial(2, 0.5, [2, 2, 2]).eval()),
    (ValueError, "lam < 0", lambda: draws.poisson(S.as_sparse_variable(-MEANS)).eval()),
    (NotImplementedError, "make_node", lambda: patches.convolution_indices(T.ivector(), T.ivector())),
    (ValueError, "Invalid kernel", lambda: patches.max_pool(T.dmatrix(), (2, 2), (3, 3))),
    (NotImplementedError, "always True", lambda: patches.convolution_indices.evaluate((2, 2), (1, 1), ws=False)),
]


@pytest.mark.parametrize(("error", "words", "build"), BAD, ids=[words for _, words, _ in BAD])
def test_bad_input(error: type[Exception], words: str, build: Any) -> None:
    with pytest.raises(error, match=words):
        build()
