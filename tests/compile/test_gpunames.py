"""Names of Theano's GPU back ends, as programs use them without a GPU."""

from __future__ import annotations

import numpy as np
import pytest

import symgraph.tensor as T
import symgraph.theano as theano
from symgraph import function
from symgraph.compile import gpunames
from symgraph.errors import LeftOutError
from symgraph.theano.modules import LeftOut

rng = np.random.default_rng(3)
IMAGES, FILTERS = rng.random((2, 3, 7, 6)), rng.random((4, 3, 3, 2))


def test_programs_that_ask_are_told_no() -> None:
    from symgraph.theano.gpuarray.dnn import dnn_present
    from symgraph.theano.sandbox.cuda import cuda_available, cuda_enabled
    from symgraph.theano.sandbox.cuda.dnn import dnn_available

    assert not (cuda_available or cuda_enabled or dnn_available() or dnn_present("cuda0") or theano.gpuarray.pygpu_activated)


def test_copies_hand_on() -> None:
    from symgraph.theano.sandbox.cuda import float32_shared_constructor
    from symgraph.theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu

    x = T.fmatrix()
    assert gpu_contiguous(x) is x and host_from_gpu(x) is x and gpu_contiguous([1.0]).ndim == 1
    assert float32_shared_constructor(np.ones(2, "float32"), "w").get_value().dtype == "float32"


@pytest.mark.parametrize("conv_mode", ["conv", "cross"])
@pytest.mark.parametrize("border_mode", ["valid", "full", "half", (1, 2)])
def test_convolutions(conv_mode: str, border_mode: object) -> None:
    x = T.dtensor4()
    ours = gpunames.dnn_conv(x, FILTERS, border_mode=border_mode, subsample=(2, 1), conv_mode=conv_mode)
    same = T.nnet.conv2d(x, FILTERS, border_mode=border_mode, subsample=(2, 1), filter_flip=conv_mode == "conv")
    values, gradients = [ours, same], [T.grad((ours**2).sum(), x), T.grad((same**2).sum(), x)]
    for pair in (values, gradients):
        np.testing.assert_array_equal(*function([x], pair)(IMAGES))


def test_pools() -> None:
    x = T.dtensor4()
    for mode in ("max", "average_inc_pad", "average_exc_pad"):
        ours = gpunames.dnn_pool(x, (3, 2), stride=(2, 2), mode=mode, pad=(1, 0))
        same = T.signal.pool.pool_2d(x, (3, 2), stride=(2, 2), mode=mode, pad=(1, 0), ignore_border=True)
        np.testing.assert_array_equal(*function([x], [ours, same])(IMAGES))
    assert gpunames.dnn_pool(IMAGES, (2, 2)).eval().shape == (2, 3, 6, 5)
    assert gpunames.dnn_pool(np.ones((1, 1, 4, 4, 4)), (2, 2, 2), stride=(2, 2, 2)).eval().shape == (1, 1, 2, 2, 2)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="'conv' or 'cross', got 'turned'"):
        gpunames.dnn_conv(IMAGES, FILTERS, conv_mode="turned")


def test_nothing_is_one_of_what_is_not_here() -> None:
    gemv = theano.tensor.blas.Gemv
    assert isinstance(gemv, LeftOut) and not isinstance(T.dmatrix(), gemv) and not issubclass(int, gemv)
    with pytest.raises(LeftOutError, match="nnet.SoftmaxGrad"):  # the derivative is here, as another class
        isinstance(T.add, theano.tensor.nnet.nnet.SoftmaxGrad)
