"""Convolutions in the forms that Theano had before `conv2d` took all options: of plain images, of movies, of volumes with the channel last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import size_of
from symgraph.ops.conv.functions import conv2d, conv3d

__all__ = ["ConvOp", "conv2d_of_images", "conv3D", "conv_of_batches", "conv_of_movies"]


def _border(border_mode: Any) -> Any:
    if border_mode not in ("valid", "full"):
        raise ValueError(f'border_mode must be "valid" or "full", got {border_mode!r}')
    return border_mode


def conv2d_of_images(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None, border_mode: str = "valid",
                     subsample: Any = (1, 1)) -> Any:
    """The convolution of one image, or of several, with one filter, or with several: `theano.tensor.signal.conv.conv2d`.

    input: (rows, columns) or (images, rows, columns); filters likewise. border_mode: "valid" or "full". out: ([images,] [filters,] rows,
    columns). TypeError for other dimensions, ValueError for another mode.

    >>> conv2d_of_images([[1.0, 2.0], [3.0, 4.0]], [[1.0, 10.0]]).eval()
    array([[12.],
           [34.]])
    """
    x, w = as_tensor(input), as_tensor(filters)
    if x.ndim not in (2, 3) or w.ndim not in (2, 3):
        raise TypeError(f"images and filters must have 2 or 3 dimensions, got {x.type} and {w.type}")
    images = x.dimshuffle(0, "x", 1, 2) if x.ndim == 3 else x.dimshuffle("x", "x", 0, 1)
    kernels = w.dimshuffle(0, "x", 1, 2) if w.ndim == 3 else w.dimshuffle("x", "x", 0, 1)
    out = conv2d(images, kernels, _with_channel(image_shape), _with_channel(filter_shape), _border(border_mode), subsample)
    return out.dimshuffle(*[d for d, kept in enumerate((x.ndim == 3, w.ndim == 3, True, True)) if kept])


def _with_channel(shape: Sequence[Any] | None) -> Any:
    """The shape of plain images as that of images of one channel."""
    return None if shape is None else [shape[0] if len(shape) == 3 else 1, 1, *shape[-2:]]


def conv_of_batches(input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None, border_mode: str = "valid",
                    subsample: Any = (1, 1), **steering: Any) -> Any:
    """`conv2d` with the border modes "valid" and "full" only: `theano.tensor.nnet.conv.conv2d`. What steered Theano's C code is accepted.

    >>> conv_of_batches([[[[1.0, 2.0, 3.0]]]], [[[[1.0, 1.0]]]]).eval()
    array([[[[3., 5.]]]])
    """
    return conv2d(input, filters, image_shape, filter_shape, _border(border_mode), subsample)


class ConvOp:
    """What Theano's op of this name does, as a function of images (batch, channels, rows, columns) and filters. dx, dy: strides over rows and
    columns; output_mode: "valid" or "full"; the sizes that are known: imshp (channels, rows, columns), kshp (rows, columns), nkern, bsize.
    The other arguments steered Theano's C code and are accepted."""

    def __init__(self, imshp: Any = None, kshp: Any = None, nkern: Any = None, bsize: Any = None, dx: int = 1, dy: int = 1,
                 output_mode: str = "valid", *steering: Any, **more_steering: Any) -> None:
        self.out_mode, self.dx, self.dy = _border(output_mode), dx, dy
        self.imshp = None if imshp is None else (bsize, *[1] * (3 - len(imshp)), *imshp)
        self.kshp = None if kshp is None else (nkern, None, *kshp)

    def __call__(self, inputs: Any, kerns: Any) -> Any:
        return conv2d(inputs, kerns, self.imshp, self.kshp, self.out_mode, (self.dx, self.dy))


def conv_of_movies(signals: Any, filters: Any, signals_shape: Any = None, filters_shape: Any = None, border_mode: Any = "valid") -> Any:
    """The convolution of movies over time, rows and columns: `theano.tensor.nnet.conv3d2d.conv3d`.

    signals: (movies, times, channels, rows, columns); filters: (filters, times, channels, rows, columns); out: (movies, times, filters,
    rows, columns). border_mode: "valid", "full" or "half", or a tuple of three such, of time, rows and columns; ValueError for another.

    >>> import numpy as np
    >>> conv_of_movies(np.ones((1, 3, 1, 2, 2)), np.ones((1, 2, 1, 2, 2))).eval().ravel()
    array([8., 8.])
    """
    x, w = as_tensor(signals), as_tensor(filters)
    modes = (border_mode,) * 3 if isinstance(border_mode, str) else tuple(border_mode)
    if len(modes) != 3 or any(mode not in ("valid", "full", "half") for mode in modes):
        raise ValueError(f'border_mode must be "valid", "full" or "half", or a tuple of three of these, got {border_mode!r}')
    for given, whose in ((x, "movies"), (w, "their filters")):
        if given.ndim != 5:
            raise TypeError(f"{whose} must have 5 dimensions, got {given.type}")
    x = x if signals_shape is None else x.specify_shape(list(signals_shape))
    w = w if filters_shape is None else w.specify_shape(list(filters_shape))
    if len(set(modes)) == 1:
        return conv3d(_channel_first(x), _channel_first(w), border_mode=modes[0]).dimshuffle(0, 2, 1, 3, 4)
    pads = []
    for mode, n in zip(modes, (w.type.shape[1], *w.type.shape[3:])):
        if mode != "valid" and n is None:
            raise ValueError(f"for modes that differ the sizes of the filters must be known, got {w.type}")
        pads.append(0 if mode == "valid" else n - 1 if mode == "full" else n // 2)
    return conv3d(_channel_first(x), _channel_first(w), border_mode=tuple(pads)).dimshuffle(0, 2, 1, 3, 4)


def _channel_first(x: Any) -> Any:
    return x.dimshuffle(0, 2, 1, 3, 4)


def conv3D(V: Any, W: Any, b: Any, d: Any) -> Any:
    """The correlation of volumes with the channel last, with a bias: `theano.tensor.nnet.Conv3D.conv3D`, where filters are not turned round.

    V: (batch, rows, columns, times, channels); W: (outputs, rows, columns, times, channels); b: (outputs,); d: three strides, known integers.
    out: (batch, rows, columns, times, outputs).

    >>> import numpy as np
    >>> conv3D(np.ones((1, 2, 2, 2, 3)), np.ones((1, 2, 2, 2, 3)), [0.5], (1, 1, 1)).eval().ravel()
    array([24.5])
    """
    V, W, b = as_tensor(V), as_tensor(W), as_tensor(b)
    volumes, filters = (x.dimshuffle(0, 4, 1, 2, 3) for x in (V, W))
    out = conv3d(volumes, filters, subsample=tuple(d), filter_flip=False).dimshuffle(0, 2, 3, 4, 1)
    return out + b.specify_shape([size_of(W, 0)])
