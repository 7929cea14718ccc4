"""Convolutions as users write them: plain, transposed, causal, separable; gradients by images and filters given as such.

Arrays: images (batch, channels, *places), filters (outputs, channels / groups, *places), outputs (batch, outputs, *places). A convolution
is a correlation with the filter backwards; `filter_flip=False` leaves the filter as it is. The guide of Dumoulin and Visin (A guide to
convolution arithmetic for deep learning, 2016) draws what the options do.
"""

from __future__ import annotations

import warnings
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_sizes
from symgraph.expr.variable import TensorVariable
from symgraph.ops.conv.convolution import (
    AbstractConv,
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
    AbstractConv_gradInputs,
)

__all__ = [
    "causal_conv1d", "conv1d", "conv1d_transpose", "conv2d", "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d",
    "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights", "conv3d_transpose", "separable_conv2d", "separable_conv3d",
]


def conv1d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid", subsample: Any = 1,
           filter_flip: bool = True, filter_dilation: Any = 1, num_groups: int = 1, unshared: bool = False) -> Any:
    """The convolution of sequences, (batch, channels, length), with filters (outputs, channels / groups, places); options as of `conv2d`.

    >>> conv1d([[[1.0, 2.0, 3.0, 4.0]]], [[[1.0, 10.0]]]).eval()
    array([[[12., 23., 34.]]])
    """
    op = AbstractConv(1, input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
    return op(input, filters)


def conv2d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid", subsample: Any = (1, 1),
           filter_flip: bool = True, image_shape: Any = None, filter_dilation: Any = (1, 1), num_groups: int = 1, unshared: bool = False) -> Any:
    """The convolution of images, (batch, channels, rows, columns), with filters.

    filters: (outputs, channels / num_groups, rows, columns); if `unshared` (outputs, output rows, output columns, channels / num_groups,
    rows, columns): each place of the output has its own. input_shape, filter_shape: the sizes that are known, None for others; checked in
    the call. border_mode: "valid": the filter stays inside the image; "full": wherever it meets the image; "half": half a filter's width
    of zeros is put around; an integer: so many zeros on each side; for each dimension an integer or a pair (before, behind).
    subsample: steps from one output to the next. filter_dilation: steps between the places of the filter. num_groups: outputs of a
    group read the channels of that group only; with as many groups as channels the convolution is depthwise. image_shape: an
    older name of input_shape.

    out: (batch, outputs, rows, columns), in the dtype of the arguments. TypeError for other dimensions or bools. ValueError for channels
    that do not fit, groups that do not divide, a filter that is larger than the padded image, strides or dilations below 1: at once where
    sizes are known, else in the call.

    >>> import numpy as np
    >>> conv2d(np.arange(9.0).reshape(1, 1, 3, 3), [[[[1.0, 2.0], [3.0, 4.0]]]]).eval()
    array([[[[13., 23.],
             [43., 53.]]]])
    """
    if image_shape is not None:
        if input_shape is not None:
            raise ValueError("conv2d: image_shape is an older name of input_shape, both are given")
        warnings.warn("conv2d: image_shape is now called input_shape", DeprecationWarning, stacklevel=2)
        input_shape = image_shape
    op = AbstractConv2d(input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
    return op(input, filters)


def conv3d(input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
           subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
           unshared: bool = False) -> Any:
    """The convolution of volumes, (batch, channels, depth, rows, columns); options as of `conv2d`.

    >>> import numpy as np
    >>> conv3d(np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 2, 2, 1))).eval()
    array([[[[[4., 4.]]]]])
    """
    op = AbstractConv3d(input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
    return op(input, filters)


# Gradients, and the transposed convolution, which is the gradient by images --------------------------------------------


def _split(shape: Any, ndim: int, lead: int, what: str) -> tuple[list[Any], list[Any]]:
    """A whole shape as what is known of its first `lead` sizes, and the others, as variables."""
    if isinstance(shape, TensorVariable):
        return [None] * lead, as_sizes(shape, what, ndim)[lead:]
    shape = list(shape)
    if len(shape) != ndim:
        raise ValueError(f"{what} must have {ndim} sizes, got {len(shape)}")
    if any(n is None for n in shape[lead:]):
        raise ValueError(f"{what}: the sizes behind the first {lead} must be given, got {shape}")
    return [n if isinstance(n, int) else None for n in shape[:lead]], as_sizes(shape[lead:], what)


def _by_inputs(make: Any, ndim: int, output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any) -> Any:
    lead, places = _split(input_shape, ndim + 2, 2, "the shape of the images")
    return make([*lead, *[None] * ndim], filter_shape)(filters, output_grad, *places)


def _by_weights(make: Any, ndim: int, input: Any, output_grad: Any, filter_shape: Any, input_shape: Any, unshared: bool = False) -> Any:
    whole = 2 + ndim * (1 + unshared)
    lead, places = _split(filter_shape, whole, whole - ndim, "the shape of the filters")
    return make(input_shape, [*lead, *[None] * ndim])(input, output_grad, *places)


def conv2d_grad_wrt_inputs(output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
                           subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
                           unshared: bool = False) -> Any:
    """The gradient of `conv2d` by its images, given that by its output.

    output_grad: (batch, outputs, rows, columns). input_shape: the four sizes of the images, or an integer vector of them; the first two
    may be None, the others may be variables. Other arguments as of `conv2d`. ValueError where these sizes do not lead to those of output_grad.

    >>> import numpy as np
    >>> conv2d_grad_wrt_inputs(np.ones((1, 1, 1, 1)), [[[[1.0, 2.0]]]], (None, None, 1, 2)).eval()
    array([[[[2., 1.]]]])
    """
    return _by_inputs(lambda imshp, kshp: AbstractConv2d_gradInputs(imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups,
                                                                    unshared), 2, output_grad, filters, input_shape, filter_shape)


def conv2d_grad_wrt_weights(input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None, border_mode: Any = "valid",
                            subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
                            unshared: bool = False) -> Any:
    """The gradient of `conv2d` by its filters, given that by its output.

    filter_shape: the sizes of the filters, of which rows and columns may be variables and the others None. Other arguments as of
    `conv2d_grad_wrt_inputs`.

    >>> conv2d_grad_wrt_weights([[[[1.0, 2.0, 3.0]]]], [[[[1.0, 10.0]]]], (1, 1, 1, 2)).eval()
    array([[[[32., 21.]]]])
    """
    return _by_weights(lambda imshp, kshp: AbstractConv2d_gradWeights(imshp, kshp, border_mode, subsample, filter_flip, filter_dilation,
                                                                      num_groups, unshared),
                       2, input, output_grad, filter_shape, input_shape, unshared)


def conv3d_grad_wrt_inputs(output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
                           subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Any:
    """The gradient of `conv3d` by its volumes; arguments as of `conv2d_grad_wrt_inputs`, with one dimension more."""
    return _by_inputs(lambda imshp, kshp: AbstractConv3d_gradInputs(imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups),
                      3, output_grad, filters, input_shape, filter_shape)


def conv3d_grad_wrt_weights(input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None, border_mode: Any = "valid",
                            subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Any:
    """The gradient of `conv3d` by its filters; arguments as of `conv2d_grad_wrt_weights`, with one dimension more."""
    return _by_weights(lambda imshp, kshp: AbstractConv3d_gradWeights(imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups),
                       3, input, output_grad, filter_shape, input_shape)


def conv1d_transpose(input: Any, filters: Any, output_shape: Any, filter_shape: Any = None, border_mode: Any = "valid", input_dilation: Any = 1,
                     filter_flip: bool = True, filter_dilation: Any = 1, num_groups: int = 1, unshared: bool = False) -> Any:
    """The transposed convolution of sequences; arguments as of `conv2d_transpose`, with one dimension less."""
    return _by_inputs(lambda imshp, kshp: AbstractConv_gradInputs(1, imshp, kshp, border_mode, input_dilation, filter_flip, filter_dilation,
                                                                  num_groups, unshared), 1, input, filters, output_shape, filter_shape)


def conv2d_transpose(input: Any, filters: Any, output_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
                     input_dilation: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
                     unshared: bool = False) -> Any:
    """The transposed convolution: from what `conv2d` gives to an array of the size it takes. It enlarges images by learned filters.

    input: (batch, outputs, rows, columns) of the convolution that is transposed. output_shape: the sizes of the result, of which the
    first two may be None. input_dilation: the `subsample` of the convolution. Other arguments as of `conv2d`.

    >>> conv2d_transpose([[[[1.0, 2.0]]]], [[[[1.0, 1.0]]]], (1, 1, 1, 4), input_dilation=(1, 2)).eval()
    array([[[[1., 1., 2., 2.]]]])
    """
    return conv2d_grad_wrt_inputs(input, filters, output_shape, filter_shape, border_mode, input_dilation, filter_flip, filter_dilation,
                                  num_groups, unshared)


def conv3d_transpose(input: Any, filters: Any, output_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
                     input_dilation: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1) -> Any:
    """The transposed convolution of volumes; arguments as of `conv2d_transpose`, with one dimension more."""
    return conv3d_grad_wrt_inputs(input, filters, output_shape, filter_shape, border_mode, input_dilation, filter_flip, filter_dilation, num_groups)


# Compositions -----------------------------------------------------------------------------------------------------------


def causal_conv1d(input: Any, filters: Any, filter_shape: Any = None, input_shape: Any = None, subsample: int = 1, filter_flip: bool = True,
                  filter_dilation: int = 1, num_groups: int = 1, unshared: bool = False) -> Any:
    """The convolution of sequences whose output at a time reads that time and earlier ones (van den Oord and others 2016, WaveNet).

    input: (batch, channels, length); filters: (outputs, channels / num_groups, places), whose number of places must be known, from the
    variable or from filter_shape: ValueError otherwise. out: (batch, outputs, length), or every `subsample`-th of it.

    >>> causal_conv1d([[[1.0, 2.0, 3.0]]], [[[1.0, 10.0]]], (1, 1, 2)).eval()
    array([[[ 1., 12., 23.]]])
    """
    filters = as_tensor(filters)
    places = filter_shape[-1] if filter_shape is not None else filters.type.shape[-1] if filters.ndim else None
    if not isinstance(places, int):
        raise ValueError(f"causal_conv1d: the number of places of the filters must be known, got {filters.type} and filter_shape={filter_shape}")
    before = (max(places, 1) - 1) * filter_dilation if isinstance(filter_dilation, int) and filter_dilation > 0 else 0
    return conv1d(input, filters, input_shape, filter_shape, ((before, 0),), subsample, filter_flip, filter_dilation, num_groups, unshared)


def separable_conv2d(input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int, input_shape: Any = None,
                     depthwise_filter_shape: Any = None, pointwise_filter_shape: Any = None, border_mode: Any = "valid",
                     subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1)) -> Any:
    """A depthwise convolution, each channel by filters of its own, then one of 1 x 1 that mixes what comes out (Chollet 2017, Xception).

    depthwise_filters: (num_channels * m, 1, rows, columns); pointwise_filters: (outputs, num_channels * m, 1, 1). border_mode, subsample
    and filter_dilation are those of the first. Errors as of `conv2d`.

    >>> import numpy as np
    >>> separable_conv2d(np.ones((1, 2, 3, 3)), np.ones((2, 1, 3, 3)), [[[[1.0]], [[10.0]]]], 2).eval()
    array([[[[99.]]]])
    """
    between = conv2d(input, depthwise_filters, input_shape, depthwise_filter_shape, border_mode, subsample, filter_flip, None, filter_dilation,
                     num_channels)
    return conv2d(between, pointwise_filters, None, pointwise_filter_shape)


def separable_conv3d(input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int, input_shape: Any = None,
                     depthwise_filter_shape: Any = None, pointwise_filter_shape: Any = None, border_mode: Any = "valid",
                     subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1)) -> Any:
    """`separable_conv2d` of volumes, with one dimension more."""
    between = conv3d(input, depthwise_filters, input_shape, depthwise_filter_shape, border_mode, subsample, filter_flip, filter_dilation,
                     num_channels)
    return conv3d(between, pointwise_filters, None, pointwise_filter_shape)
