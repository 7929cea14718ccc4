"""Convolution and pooling: Theano's numbers, calls that are refused, options against each other, what is known as an expression is built.

theano_conv.json: of Theano 1.0.5 (Python rules) for fixed arguments the shape of each result and one sum over it; of convolutions the output
and the gradients of its squares by images and filters; of pooling the output, the gradient of its cubes, the tangent along the squares and
the gradient of the squared gradient. Theano's Python rule of the gradient of padded maxima reads beyond the windows (its C code does not): null.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.ops.conv import convolution as ops
from symgraph.ops.conv import functions, neighbours, older, shapes, upsampling
from symgraph.ops.pool import functions as pooling
from symgraph.ops.pool.pooling import MaxPoolGrad, Pool

THEANO = json.loads((Path(__file__).parent / "theano_conv.json").read_text(encoding="utf-8"))
PY = symgraph.Mode(linker="py")


def numbers(shape, step):
    return (np.sin(np.arange(int(np.prod(shape))) * step + 1) * 2).reshape(shape)


def agree(found, recorded):
    for got, wanted in zip(found, recorded):
        if wanted is not None:
            assert list(got.shape) == wanted[0]
            assert float((got.ravel() * np.cos(np.arange(got.size) * 0.7)).sum()) == pytest.approx(wanted[1], rel=1e-9, abs=1e-9)


def tuples(x):
    return tuple(map(tuples, x)) if isinstance(x, list) else {k: tuples(v) for k, v in x.items()} if isinstance(x, dict) else x


def unknown(ndim, dtype="float64"):
    return T.tensor(dtype, shape=[None] * ndim)


def test_convolutions_are_theanos():
    inputs, outputs, arguments, recorded = [], [], [], []
    for ndim, images, filters, options, wanted in THEANO["conv"]:
        x, w = unknown(len(images)), unknown(len(filters))
        y = (functions.conv2d if ndim == 2 else functions.conv3d)(x, w, **tuples(options))
        inputs += [x, w]
        outputs += [y, *symgraph.grad((y * y).sum(), [x, w])]
        arguments += [numbers(images, 0.37), numbers(filters, 0.61)]
        recorded += wanted
    agree(symgraph.function(inputs, outputs, mode=PY)(*arguments), recorded)


def test_pooling_is_theanos():
    inputs, outputs, arguments, recorded = [], [], [], []
    for ndim, shape, mode, ignore, ws, stride, pad, wanted in THEANO["pool"]:
        x = unknown(len(shape))
        y = (pooling.pool_2d if ndim == 2 else pooling.pool_3d)(x, ws, ignore, stride, pad, mode)
        g = symgraph.grad((y * y * y).sum(), x)
        inputs.append(x)
        outputs += [y, g, T.Rop(y, x, x * x), symgraph.grad((g * g).sum(), x)]
        arguments.append(np.round(numbers(shape, 0.37)))
        recorded += wanted
    agree(symgraph.function(inputs, outputs, mode=PY)(*arguments), recorded)


def test_patches_and_upsampling_are_theanos():
    inputs, outputs, arguments, recorded = [], [], [], []
    for shape, size, step, mode, wanted in THEANO["patches"]:
        inputs.append(unknown(4))
        outputs.append(neighbours.images2neibs(inputs[-1], size, step, mode))
        arguments.append(numbers(shape, 0.37))
        recorded.append(wanted)
    for shape, options, wanted in THEANO["upsampling"]:
        inputs.append(unknown(4))
        outputs.append(upsampling.bilinear_upsampling(inputs[-1], **tuples(options)))
        arguments.append(numbers(shape, 0.37))
        recorded.append(wanted)
    agree(symgraph.function(inputs, outputs, mode=PY)(*arguments), recorded)


# Of Theano's signal.conv.conv2d and conv3d2d.conv3d: sizes, options, shape and sum.
IMAGES = [((5, 6), (3, 2), {}, [3, 5], 13.307576073428677), ((5, 6), (3, 2), {"border_mode": "full"}, [7, 7], 10.1057594446829),
          ((2, 5, 6), (3, 2), {"subsample": (2, 1)}, [2, 2, 5], 0.12464455078565173), ((5, 6), (2, 3, 2), {}, [2, 3, 5], 64.2351969345547),
          ((2, 5, 6), (3, 3, 2), {"border_mode": "full"}, [2, 3, 7, 7], 23.727948752966043)]
MOVIES = [("valid", [2, 3, 3, 3, 5], 40.0166087041293), ("full", [2, 5, 3, 7, 7], 19.016680826175026), ("half", [2, 5, 3, 5, 7], 6.0703783656133545),
          (("valid", "half", "half"), [2, 3, 3, 5, 7], -3.163216554670134)]


def test_older_convolutions_are_theanos():
    outputs = [older.conv2d_of_images(numbers(x, 0.37), numbers(w, 0.61), **options) for x, w, options, _, _ in IMAGES]
    x, w = numbers((2, 4, 2, 5, 6), 0.37), numbers((3, 2, 2, 3, 2), 0.61)
    outputs += [older.conv_of_movies(x, w, border_mode=mode) for mode, _, _ in MOVIES]
    outputs += [T.nnet.conv.conv2d(X, W), T.nnet.ConvOp((3, 5, 5), (2, 2), 4, 2, 2, 1, "full")(X, W)]
    *found, plain, full = symgraph.function([], outputs, mode=PY)()
    agree(found, [[shape, total] for *_, shape, total in (*IMAGES, *MOVIES)])
    assert plain.shape == (2, 4, 4, 4)
    assert full.shape == (2, 4, 3, 6)


def test_the_example_of_the_page_for_people_who_come_from_theano():
    a, k = T.arange(16.0).reshape((1, 1, 4, 4)), [[[[1.0, 2.0], [3.0, 4.0]]]]
    assert functions.conv2d(a, k).eval().tolist() == [[[[16, 26, 36], [56, 66, 76], [96, 106, 116]]]]
    assert functions.conv2d(a, k, filter_flip=False).eval().tolist() == [[[[34, 44, 54], [74, 84, 94], [114, 124, 134]]]]


# Calls that are refused -------------------------------------------------------------------------------------------------

X, W, V = np.ones((2, 3, 5, 5)), np.ones((4, 3, 2, 2)), np.ones((1, 1, 4))
KNOWN: list[tuple[type[Exception], str, Any]] = [
    (ValueError, "2 channels, the filters take 3", lambda: functions.conv2d(X[:, :2], W)),
    (ValueError, "reaches over 6 elements, the padded image has 5", lambda: functions.conv2d(X, np.ones((4, 3, 6, 2)))),
    (ValueError, "reaches over 7 elements, the padded image has 5", lambda: functions.conv2d(X, W, filter_dilation=(1, 6))),
    (ValueError, "a filter without elements", lambda: functions.conv2d(X, W[:, :, :0])),
    (ValueError, "subsample must be 1 or more", lambda: functions.conv2d(X, W, subsample=(0, 1))),
    (ValueError, "subsample must be 1 or more", lambda: functions.conv2d(X, W, subsample=-1)),
    (ValueError, "subsample must have 2 elements", lambda: functions.conv2d(X, W, subsample=(1,))),
    (TypeError, "subsample must be an integer", lambda: functions.conv2d(X, W, subsample=(1.5, 1))),
    (ValueError, "filter_dilation must be 1 or more", lambda: functions.conv2d(X, W, filter_dilation=(1, 0))),
    (ValueError, "invalid border_mode 'same'", lambda: functions.conv2d(X, W, border_mode="same")),
    (ValueError, "invalid border_mode", lambda: functions.conv2d(X, W, border_mode=(1, -1))),
    (ValueError, "invalid border_mode", lambda: functions.conv2d(X, W, border_mode=(1, 1, 1))),
    (ValueError, "invalid border_mode", lambda: functions.conv2d(X, W, border_mode=((1, 1, 1), 0))),
    (ValueError, "num_groups must be 1 or more", lambda: functions.conv2d(X, W, num_groups=0)),
    (TypeError, "num_groups must be an integer", lambda: functions.conv2d(X, W, num_groups=1.0)),
    (ValueError, "4 outputs do not fall into 3 groups", lambda: functions.conv2d(X, W[:, :1], num_groups=3)),
    (ValueError, "filters take 3 in each of 2 groups", lambda: functions.conv2d(X, W, num_groups=2)),
    (TypeError, "images must have 4 dimensions", lambda: functions.conv2d(X[0], W)),
    (TypeError, "filters must have 6 dimensions", lambda: functions.conv2d(X, W, unshared=True)),
    (TypeError, "filters must have 4 dimensions", lambda: functions.conv2d(X, W[0])),
    (TypeError, "convolutions take numbers", lambda: functions.conv2d(X > 0, W > 0)),
    (ValueError, "unshared filters for 3 places", lambda: functions.conv2d(X, np.ones((4, 3, 4, 3, 2, 2)), unshared=True)),
    (ValueError, "said to be 4", lambda: functions.conv2d(X, W, input_shape=(None, 3, 4, 5))),
    (ValueError, "must have 4 sizes", lambda: functions.conv2d(X, W, input_shape=(2, 3, 5))),
    (ValueError, "both are given", lambda: functions.conv2d(X, W, input_shape=(2, 3, 5, 5), image_shape=(2, 3, 5, 5))),
    (ValueError, "output has 4 places along dimension 0", lambda: functions.conv2d_grad_wrt_inputs(np.ones((2, 4, 4, 4)), W, (2, 3, 6, 5))),
    (ValueError, "4 filters, the output has 3 channels", lambda: functions.conv2d_grad_wrt_inputs(X, W, (2, 3, 6, 6))),
    (ValueError, "must be given", lambda: functions.conv2d_grad_wrt_inputs(X, W, (2, 3, None, 6))),
    (ValueError, "a batch of 2 images, outputs of 1", lambda: functions.conv2d_grad_wrt_weights(X, X[:1], (3, 3, 1, 1))),
    (ValueError, "must have 4 sizes", lambda: functions.conv2d_grad_wrt_weights(X, X, (3, 1, 1))),
    (ValueError, "1, 2 or 3 dimensions", lambda: ops.AbstractConv(4)),
    (ValueError, "must be known", lambda: functions.causal_conv1d(V, unknown(3))),
    (ValueError, "window sizes of pooling must be 1 or more", lambda: pooling.pool_2d(X, (0, 2), True)),
    (ValueError, "stride sizes of pooling must be 1 or more", lambda: pooling.pool_2d(X, (2, 2), True, stride=(1, -1))),
    (ValueError, "mode of pooling", lambda: pooling.pool_2d(X, (2, 2), True, mode="average")),
    (NotImplementedError, "ignore_border=True only", lambda: pooling.pool_2d(X, (2, 2), False, pad=(1, 1))),
    (NotImplementedError, "pads must be smaller than windows", lambda: pooling.pool_2d(X, (2, 2), True, pad=(2, 0))),
    (ValueError, "must not be negative", lambda: pooling.pool_2d(X, (2, 2), True, pad=(-1, 0))),
    (NotImplementedError, "requires a dimension >= 2", lambda: pooling.pool_2d(V[0, 0], (2, 2), True)),
    (NotImplementedError, "requires a dimension >= 3", lambda: pooling.pool_3d(V[0], (2, 2, 2), True)),
    (ValueError, "must be given", lambda: pooling.pool_2d(X)),
    (ValueError, "both are given", lambda: pooling.pool_2d(X, (2, 2), True, ds=(2, 2))),
    (ValueError, "ws of pooling must have 2 elements", lambda: pooling.pool_2d(X, (2, 2, 2), True)),
    (TypeError, "real numbers", lambda: pooling.pool_2d(X > 0, (2, 2), True)),
    (ValueError, "5 sizes|2 sizes are wanted", lambda: pooling.adaptive_average_pool_2d(X, (1, 2, 3))),
    (ValueError, "sizes must be 1 or more", lambda: pooling.adaptive_average_pool_2d(X, 0)),
    (TypeError, "do not fit", lambda: neighbours.images2neibs(X, (2, 2))),
    (TypeError, "must be odd", lambda: neighbours.images2neibs(X, (2, 3), mode="wrap_centered")),
    (TypeError, "mode of patches", lambda: neighbours.images2neibs(X, (5, 5), mode="same")),
    (TypeError, "4 dimensions", lambda: neighbours.images2neibs(X[0], (5, 5))),
    (ValueError, "1 or more", lambda: neighbours.images2neibs(X, (5, 5), (0, 1))),
    (NotImplementedError, "overlap", lambda: neighbours.neibs2images(V[0], (1, 1), (1, 1, 2, 2), "half")),
    (ValueError, "6 patches of the images|rows", lambda: neighbours.neibs2images(np.ones((3, 4)), (2, 2), (1, 1, 4, 6))),
    (ValueError, "exclude each other", lambda: upsampling.bilinear_upsampling(X, 2, (3, 2))),
    (ValueError, "must be given", lambda: upsampling.bilinear_upsampling(X)),
    (ValueError, "1 or more", lambda: upsampling.bilinear_upsampling(X, -1)),
    (ValueError, "positive integers", lambda: upsampling.frac_bilinear_upsampling(X, (3, 0))),
    (ValueError, "impossible shape", lambda: shapes.assert_conv_shape((1, 1, 0))),
]


@pytest.mark.parametrize(("error", "text", "build"), KNOWN)
def test_what_is_known_to_be_wrong_is_refused_at_once(error, text, build):
    with pytest.raises(error, match=text):
        build()


def _called(build, *arrays):
    variables = [unknown(np.ndim(a), np.asarray(a).dtype.name) for a in arrays]
    return symgraph.function(variables, build(*variables))(*arrays)


CALLS: list[tuple[type[Exception], str, Any, tuple[Any, ...]]] = [
    (ValueError, "2 channels, the filters take 3", functions.conv2d, (X[:, :2], W)),
    (ValueError, "reaches over 6 elements, the padded image has 5", functions.conv2d, (X, np.ones((4, 3, 6, 2)))),
    (ValueError, "a filter without elements", functions.conv2d, (X, W[:, :, :0])),
    (ValueError, "3 outputs do not fall into 2 groups", lambda x, w: functions.conv2d(x, w, num_groups=2), (X[:, :2], W[:3, :1])),
    (ValueError, "said to be 4", lambda x, w: functions.conv2d(x, w, input_shape=(None, None, 4, None)), (X, W)),
    (ValueError, "there would be", lambda g, w, n: functions.conv2d_grad_wrt_inputs(g, w, [None, None, n, n]), (X, W[:3], np.asarray(7))),
    (ValueError, "1 or more, got 0", lambda x, n: pooling.pool_2d(x, [n, n], True), (X, np.asarray(0))),
    (ValueError, "1 or more, got 2 and -1", lambda x, n: pooling.pool_2d(x, (2, 2), True, stride=[n, n]), (X, np.asarray(-1))),
    (ValueError, "less than the window", lambda x, n: pooling.pool_2d(x, (2, 2), True, pad=[n, n]), (X, np.asarray(2))),
    (ValueError, "ignore_border=True only", lambda x, n: pooling.pool_2d(x, (2, 2), False, pad=[n, n]), (X, np.asarray(1))),
    (TypeError, "do not fit", lambda x: neighbours.images2neibs(x, (2, 2)), (X,)),
    (ValueError, "impossible shape: size 0 of dimension 2", lambda n: shapes.assert_conv_shape((1, 1, n))[2], (np.asarray(0),)),
]


@pytest.mark.parametrize(("error", "text", "build", "arrays"), CALLS)
def test_what_is_wrong_is_refused_in_the_call(error, text, build, arrays):
    with pytest.raises(error, match=text):
        _called(build, *arrays)


def test_a_failed_call_changes_nothing():
    w = symgraph.shared(W)
    x = T.tensor4()
    f = symgraph.function([x], functions.conv2d(x, w), updates=[(w, w + 1)])
    with pytest.raises(ValueError, match="channels"):
        f(np.ones((1, 2, 3, 3)))
    assert (w.get_value() == W).all()


def test_empty_batches_and_windows_that_do_not_fit_give_empty_results():
    assert _called(functions.conv2d, X[:0], W).shape == (0, 4, 4, 4)
    assert _called(lambda x: pooling.pool_2d(x, (6, 6), True), X).shape == (2, 3, 0, 0)
    assert _called(lambda x: pooling.pool_2d(x, (2, 2), False), X[:, :, :0]).shape == (2, 3, 0, 3)
    x, w = unknown(4), unknown(4)
    by_x, by_w = symgraph.function([x, w], symgraph.grad(functions.conv2d(x, w).sum(), [x, w]))(X[:0], W)
    assert by_x.shape == (0, 3, 5, 5)
    assert not by_w.any()


# What follows from the options ------------------------------------------------------------------------------------------


def test_sizes_are_known_as_the_expression_is_built():
    x = T.tensor("float32", shape=(None, 3, 28, 28))
    y = functions.conv2d(x, np.ones((8, 3, 5, 5), "float32"), border_mode="half", subsample=2)
    assert y.type.shape == (None, 8, 14, 14)
    assert y.dtype == "float32"
    assert functions.conv2d(T.tensor4(), T.tensor4(), input_shape=(None, 3, 28, 28), filter_shape=(8, 3, 5, 5)).type.shape == (None, 8, 24, 24)
    assert pooling.pool_2d(y, (2, 2), True).type.shape == (None, 8, 7, 7)
    assert functions.conv2d_transpose(y, np.ones((8, 3, 5, 5), "float32"), (None, 3, 28, 28), border_mode="half", input_dilation=2).type.shape == (
        None, 3, 28, 28)
    assert y.shape[2].eval({x: np.zeros((1, 3, 28, 28), "float32")}) == 14


# get_conv_output_shape, get_conv_gradinputs_shape and get_conv_gradweights_shape of Theano.
SHAPES: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]] = [
    (shapes.get_conv_output_shape, ((2, 3, 7, 8), (4, 3, 3, 2), "half", (2, 1), (1, 2)), (2, 4, 4, 8)),
    (shapes.get_conv_output_shape, ((2, 3, 7, 8), (4, 3, 3, 2), "full", (2, 1)), (2, 4, 5, 9)),
    (shapes.get_conv_output_shape, ((2, 3, 7, 8), (4, 3, 3, 2), (1, 2), (2, 3)), (2, 4, 4, 4)),
    (shapes.get_conv_output_shape, ((2, 3, 7, None), (4, 3, 3, 2), "valid", (1, 1)), (2, 4, 5, None)),
    (shapes.get_conv_output_shape, ((2, 3, 7, 9), (4, 3, 3, 2), ((1, 2), (0, 3)), (1, 2), (2, 1)), (2, 4, 6, 6)),
    (shapes.get_conv_output_shape, ((2, 3, 2, 2), (4, 3, 4, 4), "valid", (1, 1)), (2, 4, -1, -1)),
    (shapes.get_conv_gradinputs_shape, ((4, 3, 3, 2), (2, 4, 5, 6), "half", (1, 1)), (2, 3, 5, 5)),
    (shapes.get_conv_gradinputs_shape, ((4, 3, 3, 2), (2, 4, 5, 6), "valid", (2, 1)), (2, 3, None, 7)),
    (shapes.get_conv_gradinputs_shape, ((4, 3, 3, 2), (2, 4, 5, 6), (1, 0), (1, 1)), (2, 3, 5, 7)),
    (shapes.get_conv_gradweights_shape, ((2, 3, 7, 8), (2, 4, 7, 8), "half", (1, 1)), (4, 3, None, None)),
    (shapes.get_conv_gradweights_shape, ((2, 3, 7, 8), (2, 4, 9, 9), "full", (1, 1)), (4, 3, 3, 2)),
    (shapes.get_conv_gradweights_shape, ((2, 3, 7, 8), (2, 4, 5, 7), (1, 0), (1, 1), (2, 1)), (4, 3, 3, 2)),
]


@pytest.mark.parametrize(("function", "arguments", "wanted"), SHAPES)
def test_shapes_are_theanos(function, arguments, wanted):
    assert function(*arguments) == wanted


def test_shapes_may_be_variables():
    n = T.lscalar()
    assert shapes.get_conv_output_shape((2, 3, n, 8), (4, 3, 3, 2), "half", (2, 1))[2].eval({n: 7}) == 4
    assert shapes.check_conv_gradinputs_shape((2, 3, n, 8), (4, 3, 3, 2), (2, 4, 5, 7), "valid", (1, 1))
    assert not shapes.check_conv_gradinputs_shape((2, 3, n, 8), (4, 3, 3, 2), (2, 4, 5, 6), "valid", (1, 1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "int8", "int64"])
def test_dtypes_are_kept(dtype):
    x, w = (a.astype(dtype) for a in (X, W))
    found = _called(functions.conv2d, x, w)
    assert found.dtype == dtype
    assert (found == 12).all()


# Options, sizes of images and filters: panels of several widths, their last columns, rows of groups, strides, borders wider than filters.
LOOPS: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ("float32", (2, 3, 30, 31), (9, 3, 5, 5), {}),
    ("float64", (1, 20, 6, 7), (5, 20, 3, 3), {"border_mode": "half"}),
    ("float32", (2, 8, 9, 10), (6, 4, 3, 2), {"num_groups": 2, "subsample": (2, 3), "border_mode": ((1, 0), (0, 3))}),
    ("float64", (1, 2, 17, 40), (3, 2, 2, 3), {"filter_dilation": (3, 2), "border_mode": "full", "filter_flip": False}),
    ("float32", (1, 3, 4, 5), (2, 3, 1, 1), {"border_mode": 3}),
    ("float32", (1, 130, 5, 5), (7, 130, 3, 3), {}),
    ("float64", (2, 4, 9, 41), (4, 1, 3, 3), {"num_groups": 4, "border_mode": "half"}),
    ("float32", (1, 3, 40, 90), (3, 1, 3, 3), {"num_groups": 3, "subsample": (2, 3), "border_mode": 1}),
    ("float32", (2, 4, 7, 20), (8, 1, 3, 2), {"num_groups": 4, "filter_dilation": (2, 2), "border_mode": ((3, 1), (0, 4))}),
    ("float64", (1, 2, 3, 4, 9), (2, 1, 2, 2, 3), {"num_groups": 2, "border_mode": "full"}),
    ("float32", (2, 3, 4, 5, 6), (5, 3, 3, 2, 3), {"border_mode": (1, 0, 2), "subsample": (1, 2, 1)}),
    ("float32", (2, 3, 70), (5, 3, 4), {"border_mode": ((3, 0),)}),
]


def test_every_loop_agrees_with_the_numpy_rule():
    inputs, outputs, arguments, tolerances = [], [], [], []
    for dtype, image, filters, options in LOOPS:
        x, w = unknown(len(image), dtype), unknown(len(filters), dtype)
        y = ops.AbstractConv(len(image) - 2, **options)(x, w)
        inputs += [x, w]
        outputs += [y, *symgraph.grad((y * y).sum(), [x, w])]
        arguments += [numbers(image, 0.37).astype(dtype), numbers(filters, 0.61).astype(dtype)]
        tolerances += [1e-11 if dtype == "float64" else 3e-5] * 3
    found, judged = (symgraph.function(inputs, outputs, mode=mode)(*arguments) for mode in (None, PY))
    for got, wanted, tolerance in zip(found, judged, tolerances):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())


def peak():
    """The most memory that this process has had, in kB."""
    return int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="peak memory as Linux tells it")
def test_convolution_takes_no_memory_that_grows_with_the_batch():
    x, w = unknown(4, "float32"), unknown(4, "float32")
    y = functions.conv2d(x, w, border_mode="half")
    f = symgraph.function([x, w], [y, *symgraph.grad(y.sum(), [x, w])])
    a, k = np.ones((1, 16, 32, 32), "float32"), np.ones((16, 16, 3, 3), "float32")
    f(a, k)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = peak()
    results = f(np.repeat(a, 400, 0), k)  # images of 26 MB; patches of all of them would be 236 MB
    grown = (peak() - before) / 1024
    arrays = (a.nbytes * 400 + sum(r.nbytes for r in results) + results[0].nbytes) / 2**20  # the gradient by the output is an array, too
    assert grown < arrays + 64


def test_strides_of_memory_do_not_matter():
    x, w = numbers((3, 6, 10, 2), 0.3), numbers((4, 3, 2, 2), 0.4)
    views = [x.transpose(3, 0, 2, 1)[:, ::-1, ::2, :], np.asfortranarray(x.transpose(3, 0, 2, 1)), x.transpose(3, 0, 2, 1)[:, :, ::-3]]
    for view in views:
        np.testing.assert_allclose(_called(functions.conv2d, view, w[::-1]), _called(functions.conv2d, view.copy(), w[::-1].copy()))


def test_examples_stacked_are_the_examples_one_by_one():
    stacks = [(True, True), (True, False), (False, True)]
    cases = [(ops.AbstractConv2d(subsample=2, num_groups=2), (2, 4, 5, 5), (6, 2, 3, 3), ()),
             (ops.AbstractConv2d_gradInputs(num_groups=2), (4, 1, 2, 2), (1, 4, 3, 3), (4, 4)),
             (ops.AbstractConv2d_gradWeights(), (2, 3, 4, 4), (2, 2, 3, 3), (2, 2)),
             (ops.AbstractConv(1, unshared=True), (2, 2, 4), (3, 3, 2, 2), ())]
    for op, first, second, places in cases:
        for stacked in stacks:
            shapes_ = [(3, *s) if flag else s for s, flag in zip((first, second), stacked)]
            arrays = [numbers(s, 0.3 + 0.1 * k) for k, s in enumerate(shapes_)]
            inputs = [T.tensor("float64", shape=s) for s in shapes_]
            out = op.batch([*inputs, *map(T.constant, places)], [*stacked, *[False] * len(places)])[0]
            found = symgraph.function(inputs, out, mode=PY)(*arrays)
            for k in range(3):
                one = op.compute(*[a[k] if flag else a for a, flag in zip(arrays, stacked)], *map(np.asarray, places))
                np.testing.assert_allclose(np.broadcast_to(found, (3, *one.shape))[k], one, rtol=1e-12, atol=1e-12)


def test_a_transposed_convolution_is_the_transpose():
    x, w, y = numbers((1, 2, 7, 6), 0.3), numbers((3, 2, 3, 2), 0.4), numbers((1, 3, 3, 5), 0.5)
    forward = functions.conv2d(x, w, subsample=(2, 1)).eval()
    back = functions.conv2d_transpose(y, w, x.shape, input_dilation=(2, 1)).eval()
    assert (forward * y).sum() == pytest.approx((back * x).sum())


def test_separable_and_causal_are_what_they_are_made_of():
    x, d, p = numbers((2, 3, 6, 6), 0.3), numbers((6, 1, 2, 2), 0.4), numbers((4, 6, 1, 1), 0.5)
    between = np.stack([functions.conv2d(x[:, k // 2:k // 2 + 1], d[k:k + 1]).eval()[:, 0] for k in range(6)], 1)
    np.testing.assert_allclose(functions.separable_conv2d(x, d, p, 3).eval(), np.einsum("nchw,oc->nohw", between, p[:, :, 0, 0]))
    s, w = numbers((1, 2, 8), 0.3), numbers((3, 2, 3), 0.4)
    y = functions.causal_conv1d(s, w, (3, 2, 3), filter_dilation=2).eval()
    later = s.copy()
    later[..., 5:] += 1
    again = functions.causal_conv1d(later, w, (3, 2, 3), filter_dilation=2).eval()
    assert y.shape == (1, 3, 8)
    assert (y[..., :5] == again[..., :5]).all()
    assert (y[..., 5] != again[..., 5]).all()


def test_one_dimension_is_numpys():
    a, v = numbers((9,), 0.3), numbers((4,), 0.4)
    for mode, border in (("valid", "valid"), ("full", "full")):
        np.testing.assert_allclose(functions.conv1d(a[None, None], v[None, None], border_mode=border).eval()[0, 0], np.convolve(a, v, mode))


def test_filters_put_into_patches_are_the_convolution():
    x, w = numbers((2, 1, 5, 6), 0.3), numbers((3, 1, 2, 3), 0.4)
    rows = neighbours.images2neibs(x, (2, 3), (1, 1)).eval()
    wanted = functions.conv2d(x, w, filter_flip=False).eval()
    np.testing.assert_allclose((rows @ w.reshape(3, 6).T).reshape(2, 4, 4, 3).transpose(0, 3, 1, 2), wanted)


def test_images_come_back_from_their_patches():
    x = numbers((2, 2, 4, 7), 0.3)
    patches = neighbours.images2neibs(x, (2, 3), mode="ignore_borders").eval()
    back = neighbours.neibs2images(patches, (2, 3), x.shape, "ignore_borders").eval()
    np.testing.assert_array_equal(back[..., :6], x[..., :6])
    assert not back[..., 6].any()


def test_every_maximum_gets_the_whole_gradient():
    x = T.matrix()
    g = symgraph.grad(pooling.pool_2d(x, (2, 2), True).sum(), x)
    assert g.eval({x: np.asarray([[1.0, 2.0], [2.0, 0.0]])}).tolist() == [[0, 1], [1, 0]]


def test_nan_is_a_maximum_without_gradient():
    x = T.matrix()
    y = pooling.pool_2d(x, (1, 2), True)
    value, g = symgraph.function([x], [y, symgraph.grad(y.sum(), x)])(np.asarray([[1.0, np.nan, 3.0, 2.0]]))
    assert np.isnan(value[0, 0])
    assert g.tolist() == [[0, 0, 1, 0]]


def test_windows_may_be_variables():
    n = T.lscalar()
    x = T.tensor4()
    f = symgraph.function([x, n], pooling.pool_2d(x, [n, n], True))
    for size in (1, 2, 3):
        np.testing.assert_array_equal(f(X * size, size), pooling.pool_2d(X * size, (size, size), True).eval())


def test_adaptive_averages():
    x = numbers((2, 5, 7), 0.3)
    found = pooling.adaptive_average_pool_2d(x, (2, 3)).eval()
    for i, (top, bottom) in enumerate([(0, 3), (2, 5)]):
        for j, (left, right) in enumerate([(0, 3), (2, 5), (4, 7)]):
            np.testing.assert_allclose(found[:, i, j], x[:, top:bottom, left:right].mean((1, 2)))
    assert pooling.adaptive_average_pool_2d(x.astype("float32"), 1).dtype == "float32"


def test_older_names_of_arguments():
    with pytest.warns(DeprecationWarning, match="ds is now called ws"):
        y = pooling.pool_2d(X, ds=(2, 2), ignore_border=True)
    assert y.eval().shape == (2, 3, 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pooling.max_pool_2d(X, (2, 2), True).eval().shape == (2, 3, 2, 2)
    with pytest.warns(UserWarning, match="ignore_border"):
        assert pooling.pool_2d(X, (2, 2)).eval().shape == (2, 3, 3, 3)


def test_theanos_ops_are_called_as_theanos():
    assert ops.AbstractConv2d_gradInputs()(W, np.ones((2, 4, 4, 4)), np.asarray([5, 5])).eval().shape == (2, 3, 5, 5)
    x = T.tensor4()
    assert ops.AbstractConv2d_gradWeights(imshp=(2, 3, 5, 5), kshp=(4, 3, 2, 2))(x, T.tensor4(), x.shape[2:] - 3).type.shape == (4, 3, 2, 2)
    y = Pool(ignore_border=True)(X, (2, 2))
    assert MaxPoolGrad(True)(X, y, y, (2, 2)).eval().shape == X.shape
