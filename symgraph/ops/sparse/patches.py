"""Convolution and pooling of flattened images by a sparse matrix that picks out their patches: Theano's `sparse.sandbox.sp`.

`T.nnet.conv2d` and `T.signal.pool` do the same faster; these are for the layout of matrices, an image in each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.errors import ShapeError
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.ops.sparse.product import structured_dot
from symgraph.ops.sparse.structure import CSM

__all__ = ["ConvolutionIndices", "convolution_indices", "convolve", "max_pool"]


def _three_sizes(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(map(int, shape)) if len(shape) == 3 else (1, *map(int, shape))


class ConvolutionIndices(Op):
    """Where the ones of the matrix are that takes a flattened image to its patches, one after another. It has no symbolic form."""

    __props__ = ()

    @staticmethod
    def evaluate(
        inshp: Sequence[int], kshp: Sequence[int], strides: Sequence[int] = (1, 1), nkern: int = 1, mode: str = "valid", ws: bool = True,
    ) -> tuple[Any, ...]:
        """indices, indptr, shape and format ('csc') of the matrix, and how many patches there are down and across, an array of two.

        inshp: (height, width) or (features, height, width) of an image; kshp: of a patch; strides: across and down, between patches. mode: in
        'valid' patches lie within the image, in 'full' they reach over its border, beyond which there are zeros. A row of the matrix stands
        for an element of a patch: patches in their order, in each the features, in each its elements. nkern: further copies of the rows,
        each shifted by the number of patches. ValueError where no patch fits; ws=False is refused.

        >>> convolution_indices.evaluate((2, 2), (1, 2))[:3]
        (array([0, 1, 2, 3], dtype=int32), array([0, 1, 2, 3, 4], dtype=int32), (4, 4))
        """
        if not ws:
            raise NotImplementedError("ws is obsolete and it must be always True")
        features, *size = _three_sizes(inshp)
        border = [0 if mode == "valid" else k - 1 for k in kshp]
        counts = [-(-(n - k + 1 + 2 * b) // step) for n, k, b, step in zip(size, kshp, border, strides[::-1])]
        if min(counts) <= 0:
            raise ShapeError(f"Invalid kernel {tuple(kshp)} and/or step size {tuple(strides)} for given input shape {(features, *size)}")
        taps = int(np.prod(kshp))
        f, y, x, j, i = np.ogrid[:features, : counts[0], : counts[1], : kshp[0], : kshp[1]]
        down, across = y * strides[1] + j - border[0], x * strides[0] + i - border[1]
        inside, rows, columns = np.broadcast_arrays(
            (down >= 0) & (down < size[0]) & (across >= 0) & (across < size[1]),
            ((y * counts[1] + x) * features + f) * taps + j * kshp[1] + i,
            (f * size[0] + down) * size[1] + across,
        )
        patches = counts[0] * counts[1]
        shape = (patches * taps * features, features * size[0] * size[1])
        places = np.unique(np.concatenate([columns[inside] * shape[0] + rows[inside] + copy * patches for copy in range(nkern)]))
        indptr = np.searchsorted(places, np.arange(shape[1] + 1) * shape[0])
        return (places % shape[0]).astype("int32"), indptr.astype("int32"), shape, "csc", np.asarray(counts, "int64")

    @staticmethod
    def conv_eval(inshp: Sequence[int], kshp: Sequence[int], strides: Sequence[int] = (1, 1), mode: str = "valid") -> tuple[Any, ...]:
        """`evaluate` for one kernel."""
        return ConvolutionIndices.evaluate(inshp, kshp, strides, mode=mode)


convolution_indices = ConvolutionIndices()


def _patches(images: Any, imgshp: Sequence[int], size: Sequence[int], step: Sequence[int], mode: str) -> tuple[Any, Any]:
    """The elements of the patches of each image, (images, patches * features * elements), and how many patches there are each way."""
    indices, indptr, shape, format, counts = convolution_indices.evaluate(imgshp, size, step, mode=mode)
    picking = CSM(format)(np.ones(len(indices)), indices, indptr, np.asarray(shape))
    return structured_dot(picking, images.T).T, counts


def convolve(
    kerns: Any, kshp: Sequence[int], nkern: int, images: Any, imgshp: Sequence[int], step: Sequence[int] = (1, 1), bias: Any = None,
    mode: str = "valid", flatten: bool = True,
) -> tuple[Any, np.ndarray]:
    """Every patch of every image times every kernel (which is not turned round), and the shape of one image's result.

    images: a matrix, a flattened image in each row, its (height, width) or (features, height, width) in imgshp; kerns: a matrix, a flattened
    kernel in each row, nkern of them of height and width kshp. step: between patches, across and down; mode: 'valid' or 'full'; bias: a
    number, or a vector with one for each kernel. The result is (images, nkern * patches), without flatten (images, nkern, patches), in the
    dtype of images * kerns, at least float64. ValueError where no patch fits.

    >>> import symgraph.tensor as T
    >>> out, shape = convolve(T.constant([[1.0, 2.0]]), (1, 2), 1, T.constant([[1.0, 2.0, 3.0]]), (1, 3))
    >>> out.eval(), shape
    (array([[5., 8.]]), array([1, 1, 2]))
    """
    kernels, images = as_tensor(kerns), as_tensor(images)
    patches, counts = _patches(images, imgshp, kshp, step, mode)
    number, elements = int(np.prod(counts)), _three_sizes(imgshp)[0] * int(np.prod(kshp))
    values = patches.reshape((images.shape[0] * number, elements)).dot(kernels.T)
    if bias is not None:
        values = values + bias
    output = values.reshape((images.shape[0], number, nkern)).dimshuffle(0, 2, 1)
    return output.flatten(2) if flatten else output, np.hstack([nkern, counts])


def max_pool(images: Any, imgshp: Sequence[int], maxpoolshp: Sequence[int]) -> tuple[Any, np.ndarray]:
    """The largest element of each rectangle of height and width maxpoolshp; what is left over at the lower and right border is dropped.

    images: as for `convolve`. Returns a matrix (images, features * rectangles), and how many rectangles there are down and across.
    ValueError where none fits.

    >>> import symgraph.tensor as T
    >>> max_pool(T.constant([[1.0, 5.0, 3.0, 2.0]]), (2, 2), (1, 2))[0].eval()
    array([[5., 3.]])
    """
    images = as_tensor(images)
    patches, counts = _patches(images, imgshp, maxpoolshp, (maxpoolshp[1], maxpoolshp[0]), "valid")
    number, features = int(np.prod(counts)), _three_sizes(imgshp)[0]
    largest = patches.reshape((images.shape[0] * number, features, int(np.prod(maxpoolshp)))).max(axis=2)
    return largest.reshape((images.shape[0], number, features)).dimshuffle(0, 2, 1).flatten(2), counts
