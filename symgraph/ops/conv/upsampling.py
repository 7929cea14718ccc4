"""Images enlarged by linear interpolation, as transposed convolutions with the kernel of a pyramid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_size, size_constant, size_of, static_int, times
from symgraph.ops.conv.functions import conv2d, conv2d_grad_wrt_inputs
from symgraph.settings import config

__all__ = ["bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "frac_bilinear_upsampling"]


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Any:
    """1, 2, ..., ratio, ..., 2, 1; divided by ratio if `normalize`. ratio: an integer or an integer variable, 1 or more. A vector of floatX.

    >>> bilinear_kernel_1D(2).eval()
    array([0.5, 1. , 0.5])
    """
    ratio = as_size(ratio, "the ratio of upsampling")
    if (known := static_int(ratio)) is not None and known < 1:
        raise ValueError(f"the ratio of upsampling must be 1 or more, got {known}")
    places = np.arange(ratio * size_constant(2) - size_constant(1), like=ratio)
    kernel = (ratio - abs(places - ratio + size_constant(1))).astype(config.floatX)
    return kernel / ratio.astype(config.floatX) if normalize else kernel


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Any:
    """The outer product of two `bilinear_kernel_1D`. ratio: an integer, or a tuple of two, of rows and of columns.

    >>> bilinear_kernel_2D((1, 2), normalize=False).eval()
    array([[1., 2., 1.]])
    """
    rows, columns = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    return bilinear_kernel_1D(rows, normalize).dimshuffle(0, "x") * bilinear_kernel_1D(columns, normalize).dimshuffle("x", 0)


def _apart(x: Any) -> tuple[Any, list[Any]]:
    """Images as single channels of a larger batch, with their edges doubled; and their sizes."""
    x = as_tensor(x)
    if x.ndim != 4:
        raise TypeError(f"upsampling takes images of 4 dimensions, got {x.type}")
    sizes = [size_of(x, d) for d in range(4)]
    return np.pad(x.reshape([times(sizes[:2]), 1, *sizes[2:]]), [(0, 0), (0, 0), (1, 1), (1, 1)], mode="edge"), sizes


def bilinear_upsampling(input: Any, ratio: Any = None, frac_ratio: Any = None, batch_size: Any = None, num_input_channels: Any = None,
                        use_1D_kernel: bool = True) -> Any:
    """Images enlarged `ratio` times in both directions by linear interpolation.

    input: (batch, channels, rows, columns), floats. ratio: an integer. frac_ratio: see `frac_bilinear_upsampling`; with use_1D_kernel=False.
    use_1D_kernel: rows first, then columns, which is less work; the result is the same. batch_size, num_input_channels are accepted
    for Theano's sake. For an even ratio the last row and column are repeated once more than the first. out: (batch, channels,
    rows * ratio, columns * ratio). ValueError unless one of ratio and frac_ratio is given.

    >>> bilinear_upsampling([[[[0.0, 1.0]]]], 2).eval()
    array([[[[0. , 0.5, 1. , 1. ],
             [0. , 0.5, 1. , 1. ]]]])
    """
    if ratio and frac_ratio:
        raise ValueError("bilinear_upsampling: ratio and frac_ratio exclude each other")
    if not (ratio or frac_ratio):
        raise ValueError("bilinear_upsampling: ratio or frac_ratio must be given")
    if frac_ratio:
        if use_1D_kernel:
            raise ValueError("bilinear_upsampling: fractional ratios need use_1D_kernel=False")
        return frac_bilinear_upsampling(input, frac_ratio)
    if isinstance(ratio, bool) or not isinstance(ratio, (int, np.integer)) or ratio < 1:
        raise ValueError(f"bilinear_upsampling: the ratio must be an integer, 1 or more, got {ratio!r}")
    ratio = int(ratio)
    x, (batch, channels, rows, columns) = _apart(input)
    pad, larger = 2 * ratio - (ratio - 1) // 2 - 1, [rows * size_constant(ratio), columns * size_constant(ratio)]
    if use_1D_kernel:
        kernel = bilinear_kernel_1D(ratio).astype(x.dtype)
        between = (None, 1, larger[0], columns + size_constant(2))
        x = conv2d_grad_wrt_inputs(x, kernel.dimshuffle("x", "x", 0, "x"), between, None, (pad, 0), (ratio, 1))
        x = conv2d_grad_wrt_inputs(x, kernel.dimshuffle("x", "x", "x", 0), (None, 1, *larger), None, (0, pad), (1, ratio))
    else:
        kernel = bilinear_kernel_2D(ratio).astype(x.dtype)
        x = conv2d_grad_wrt_inputs(x, kernel.dimshuffle("x", "x", 0, 1), (None, 1, *larger), None, pad, (ratio, ratio))
    return x.reshape([batch, channels, *larger])


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Any:
    """Images enlarged by a ratio of integers, (numerator, denominator), or by one for rows and one for columns, a tuple of two such.

    input: (batch, channels, rows, columns), floats. ValueError where frac_ratio is no tuple of positive integers.

    >>> frac_bilinear_upsampling([[[[0.0, 2.0]]]], ((1, 1), (3, 2))).eval().shape
    (1, 1, 1, 3)
    """
    pairs = frac_ratio if isinstance(frac_ratio, tuple) and isinstance(frac_ratio[0], tuple) else (frac_ratio, frac_ratio)
    if len(pairs) != 2 or not all(isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, int) and n > 0 for n in p) for p in pairs):
        raise ValueError(f"frac_ratio must be a tuple of two positive integers, or two such tuples, got {frac_ratio!r}")
    (up, down), (wide, narrow) = ((p // math.gcd(p, q), q // math.gcd(p, q)) for p, q in pairs)
    x, (batch, channels, rows, columns) = _apart(input)
    # The images are the filters of a dilated convolution over one pyramid with zeros round it.
    borders = [(n * size_constant(2 * ratio) - size_constant(ratio) + size_constant(1)) for n, ratio in ((rows, up), (columns, wide))]
    halves = [n // size_constant(2) for n in borders]
    kernel: Any = np.pad(bilinear_kernel_2D((up, wide)).astype(x.dtype), [(half, n - half) for n, half in zip(borders, halves)])
    out = conv2d(kernel.dimshuffle("x", "x", 0, 1), x, subsample=(down, narrow), filter_dilation=(up, wide))
    return out.reshape([batch, channels, size_of(out, 2), size_of(out, 3)])
