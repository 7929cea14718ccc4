"""What programs import from Theano's GPU back ends (`theano.sandbox.cuda`, `theano.gpuarray`). There are no arrays of another kind here: a program
is compiled as it stands, for the device of the settings. So what asks whether cuDNN is there is told that it is not, what copies between host
and device hands on what it gets, and cuDNN's convolution and pooling are those that every device has."""

from __future__ import annotations

from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.ops.conv.functions import conv2d, conv3d
from symgraph.ops.pool.functions import pool_2d, pool_3d

__all__ = [
    "as_cuda_ndarray_variable", "as_gpuarray_variable", "dnn_available", "dnn_conv", "dnn_conv3d", "dnn_pool", "dnn_present", "gpu_contiguous",
    "gpu_from_host", "host_from_gpu", "pygpu_activated",
]

pygpu_activated = False  # whether libgpuarray is in use


def dnn_available(*context: Any) -> bool:
    """Whether Theano's ops of cuDNN can be used: never. `dnn_present` is the same."""
    return False


dnn_present = dnn_available


def gpu_contiguous(x: Any, *context: Any) -> Any:
    """x as a variable: arrays have one kind and one order here. `host_from_gpu`, `gpu_from_host` and `as_cuda_ndarray_variable` are the same.

    >>> float(gpu_contiguous(2.0).eval())
    2.0
    """
    return as_tensor(x)


host_from_gpu = gpu_from_host = as_cuda_ndarray_variable = as_gpuarray_variable = gpu_contiguous


def dnn_conv(img: Any, kerns: Any, border_mode: Any = "valid", subsample: Any = (1, 1), dilation: Any = (1, 1), conv_mode: str = "conv",
             direction_hint: Any = None, workmem: Any = None, algo: Any = None, precision: Any = None, num_groups: int = 1) -> Any:
    """`conv2d` by cuDNN's names. conv_mode: 'conv', or 'cross': the filters are not turned; ValueError for another. direction_hint, workmem, algo
    and precision are accepted.

    >>> import numpy as np
    >>> dnn_conv(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2)), subsample=(2, 2)).eval()
    array([[[[4.]]]])
    """
    return conv2d(img, kerns, border_mode=border_mode, subsample=subsample, filter_flip=_turned(conv_mode), filter_dilation=dilation,
                  num_groups=num_groups)


def dnn_conv3d(img: Any, kerns: Any, border_mode: Any = "valid", subsample: Any = (1, 1, 1), dilation: Any = (1, 1, 1), conv_mode: str = "conv",
               direction_hint: Any = None, algo: Any = None, precision: Any = None, num_groups: int = 1) -> Any:
    """`conv3d` by cuDNN's names, as `dnn_conv`.

    >>> import numpy as np
    >>> dnn_conv3d(np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 2, 2, 2))).eval().ravel()
    array([8.])
    """
    return conv3d(img, kerns, border_mode=border_mode, subsample=subsample, filter_flip=_turned(conv_mode), filter_dilation=dilation,
                  num_groups=num_groups)


def _turned(conv_mode: str) -> bool:
    if conv_mode not in ("conv", "cross"):
        raise ValueError(f"conv_mode is 'conv' or 'cross', got {conv_mode!r}")
    return conv_mode == "conv"


def dnn_pool(img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None) -> Any:
    """`pool_2d` of images, `pool_3d` of volumes, by cuDNN's names: windows that do not fit are left out. stride: ones where nothing is said, as
    cuDNN's pooling has it.

    >>> import numpy as np
    >>> dnn_pool(np.arange(16.0).reshape(1, 1, 4, 4), (2, 2), stride=(2, 2)).eval().ravel()
    array([ 5.,  7., 13., 15.])
    """
    img = as_tensor(img)
    spatial = img.ndim - 2
    pool = pool_3d if spatial == 3 else pool_2d
    return pool(img, ws, ignore_border=True, mode=mode, stride=(1,) * spatial if stride is None else stride,
                pad=(0,) * spatial if pad is None else pad)
