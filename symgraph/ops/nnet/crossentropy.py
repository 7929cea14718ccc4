"""Cross-entropies: minus the logarithm of the probability that a model gives to what is true; from probabilities or from logits.

From logits nothing is rounded to 0 or 1 on the way. Each function gives one number an example (or an element); the mean over them is the
user's to take. Labels that are no class are an IndexError at the call, which names the first one and its index.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis, size_of
from symgraph.ops.nnet.floats import floating, like, minus, probabilities, within_one
from symgraph.ops.nnet.labels import labels_of, picked
from symgraph.ops.nnet.softmax import log_softmax, softmax

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "crossentropy_categorical_1hot", "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias", "crossentropy_softmax_argmax_1hot_with_bias", "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "h_softmax", "nll", "sigmoid_binary_crossentropy", "softmax_crossentropy",
    "softmax_with_bias",
]


def _target(x: Any, name: str) -> Any:
    """What is true as numbers between 0 and 1, of any real dtype; ValueError where known values are outside."""
    x = as_tensor(x)
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"{name}: real targets are wanted, got {x.type}")
    return within_one(x, f"{name}: targets")


# Two classes ----------------------------------------------------------------------------------------------------------


def binary_crossentropy(output: Any, target: Any) -> Any:
    """-(target log(output) + (1 - target) log(1 - output)), element by element.

    output: probabilities; target: 0, 1 or between; they broadcast. ValueError for probabilities outside [0, 1], at the call where
    they are not known, and for known targets outside. Of output = sigmoid(x) it is computed from x without rounding, where the optimizer is on.

    >>> binary_crossentropy([0.5, 0.25], [1, 0]).eval()
    array([0.69314718, 0.28768207])
    """
    (output, voucher), target = probabilities(output, "binary_crossentropy"), _target(target, "binary_crossentropy")
    one = like(1, output)
    return minus(target * output.log() + (one - target) * (one - output).log(), voucher)


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """binary_crossentropy(sigmoid(output), target), finite and exact for outputs of any size; its gradient is sigmoid(output) - target.

    >>> sigmoid_binary_crossentropy([-1000.0, 0.0], [1, 0]).eval()
    array([1.00000000e+03, 6.93147181e-01])
    """
    output, target = floating(output, "sigmoid_binary_crossentropy"), _target(target, "sigmoid_binary_crossentropy")
    return target * (-output).softplus() + (like(1, output) - target) * output.softplus()


# Several classes, from probabilities ----------------------------------------------------------------------------------


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """Of each row of probabilities the negative logarithm of the true class's.

    coding_dist: (..., classes) floats. true_dist: distributions, of the same number of dimensions, or integer labels, of one less; a negative
    label counts from the end. out: (...). TypeError for other dimensions or labels that are no integers; ValueError for probabilities outside
    [0, 1], at the call where they are not known; IndexError at the call for a label that is no class. Of softmax(x) it is computed from x
    without rounding, where the optimizer is on.

    >>> categorical_crossentropy([[0.5, 0.5], [0.25, 0.75]], [0, 1]).eval()
    array([0.69314718, 0.28768207])
    """
    coding_dist, true_dist = as_tensor(coding_dist), as_tensor(true_dist)
    if coding_dist.ndim and true_dist.ndim == coding_dist.ndim:
        coding_dist, voucher = probabilities(coding_dist, "categorical_crossentropy")
        return minus((_target(true_dist, "categorical_crossentropy") * coding_dist.log()).sum(axis=coding_dist.ndim - 1), voucher)
    if true_dist.ndim == coding_dist.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError(f"rank mismatch between coding and true distributions: {coding_dist.ndim} and {true_dist.ndim} dimensions")


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Any:
    """Of each row of probabilities the negative logarithm of that of its label; `categorical_crossentropy` with labels.

    >>> crossentropy_categorical_1hot([[0.5, 0.5]], [1]).eval()
    array([0.69314718])
    """
    coding_dist, voucher = probabilities(coding_dist, "categorical_crossentropy")
    return minus(picked(coding_dist.log(), true_one_of_n, "categorical_crossentropy"), voucher)


def nll(log_probabilities: Any, labels: Any, weights: Any = None) -> Any:
    """Of each row of log-probabilities (as `log_softmax` gives them) minus that of its label, times the weight of this class.

    log_probabilities: (..., classes); labels: integers (...); weights: (classes,) or None; out: (...). Errors as of
    `categorical_crossentropy`.

    >>> nll([[-0.5, -1.0]], [1], weights=[1.0, 3.0]).eval()
    array([3.])
    """
    loss = -picked(floating(log_probabilities, "nll"), labels, "nll")
    return loss if weights is None else loss * _weights(weights, labels, "nll")


def _vector(weights: Any, name: str) -> Any:
    weights = floating(weights, name)
    if weights.ndim != 1:
        raise TypeError(f"{name}: the weights of the classes must be a vector, got {weights.type}")
    return weights


def _weights(weights: Any, labels: Any, name: str) -> Any:
    weights = _vector(weights, name)
    return weights[labels_of(labels, size_of(weights, 0), name)]


# Several classes, from logits -----------------------------------------------------------------------------------------


def softmax_crossentropy(logits: Any, target: Any, weights: Any = None, axis: int = -1, smoothing: float = 0.0) -> Any:
    """categorical_crossentropy(softmax(logits, axis), target), computed from the logits without rounding.

    logits: of any shape with the classes along `axis`; target: integer labels, of one dimension less, or distributions of the same shape.
    weights: (classes,) or None: each example's loss times the weight of its class (of distributions: each term). smoothing: the part of
    the target that is spread evenly over all classes (Szegedy and others 2016). out: the shape of logits without the axis.
    TypeError for other dimensions, ValueError for smoothing or known distributions outside [0, 1], IndexError at the call for a label that
    is no class.

    >>> softmax_crossentropy([[0.0, 0.0], [1e3, 0.0]], [0, 1]).eval()
    array([6.93147181e-01, 1.00000000e+03])
    """
    logits, target = floating(logits, "softmax_crossentropy"), as_tensor(target)
    axis = as_axis(axis, logits.ndim, "softmax_crossentropy: axis")
    if not 0 <= smoothing <= 1:
        raise ValueError(f"softmax_crossentropy: smoothing must lie between 0 and 1, got {smoothing}")
    if target.ndim not in (logits.ndim, logits.ndim - 1):
        raise TypeError(f"softmax_crossentropy: a target of {logits.ndim} or {logits.ndim} - 1 dimensions is wanted, got {target.type}")
    found = log_softmax(logits, axis)
    along = ["x"] * logits.ndim
    along[axis] = 0  # type: ignore[call-overload]
    weights = None if weights is None else _vector(weights, "softmax_crossentropy")
    of_classes = None if weights is None else weights.dimshuffle(*along)
    if target.ndim == logits.ndim:
        target = _target(target, "softmax_crossentropy")
        loss = -(target * found if of_classes is None else of_classes * target * found).sum(axis=axis)
    elif axis == logits.ndim - 1:
        loss = nll(found, target, weights)
    else:
        loss = -_chosen(found, target, axis)
        loss = loss if weights is None else loss * _weights(weights, target, "softmax_crossentropy")
    if not smoothing:
        return loss
    even = -(found if of_classes is None else of_classes * found).mean(axis=axis)
    return like(1 - smoothing, logits) * loss + like(smoothing, logits) * even


def _chosen(x: Any, labels: Any, axis: int) -> Any:
    """Of each line along `axis`, which is not the last, the element at its label. As a sum with a choice it is read and derived in the order of
    memory: of images with 10 classes that took a quarter of the time of bringing the classes to the end and picking there."""
    places = labels_of(labels, size_of(x, axis), "softmax_crossentropy")
    places = places.specify_shape([size_of(x, d) for d in range(x.ndim) if d != axis])
    classes: Any = np.arange(size_of(x, axis), like=x)
    is_label = places.dimshuffle(*range(axis), "x", *range(axis, x.ndim - 1)).eq(classes.dimshuffle(0, *["x"] * (x.ndim - 1 - axis)))
    return is_label.switch(x, like(0, x)).sum(axis=axis)


def softmax_with_bias(x: Any, b: Any) -> Any:
    """softmax(x + b) of the rows of a matrix. b: vector.

    >>> softmax_with_bias([[0.0, 1.0]], [1.0, 0.0]).eval()
    array([[0.5, 0.5]])
    """
    return softmax(as_tensor(x) + as_tensor(b))


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Any]:
    """The list of each row's -log(softmax(x)[label]), computed from x without rounding to 0 in between, and softmax(x).

    >>> loss, p = crossentropy_softmax_1hot([[0.0, 0.0]], [1])
    >>> loss.eval(), p.eval()
    (array([0.69314718]), array([[0.5, 0.5]]))
    """
    x = floating(x, "crossentropy_softmax_1hot")
    return [-picked(log_softmax(x), y_idx, "crossentropy_softmax_1hot"), softmax(x)]


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Any]:
    """`crossentropy_softmax_1hot` of x + b. b: vector."""
    return crossentropy_softmax_1hot(as_tensor(x) + as_tensor(b), y_idx)


def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Any]:
    """As `crossentropy_softmax_1hot_with_bias`, and the class of the largest element of each row, in the labels' dtype."""
    shifted, y_idx = as_tensor(x) + as_tensor(b), as_tensor(y_idx)
    return [*crossentropy_softmax_1hot(shifted, y_idx), shifted.argmax(axis=-1).astype(y_idx.dtype)]


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any) -> tuple[Any, ...]:
    """As `crossentropy_softmax_1hot`, and of each row's softmax the largest element and its place."""
    loss, p = crossentropy_softmax_1hot(x, y_idx)
    return loss, p, p.max(axis=-1), p.argmax(axis=-1)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> tuple[Any, ...]:
    """`crossentropy_softmax_max_and_argmax_1hot` of x + b."""
    return crossentropy_softmax_max_and_argmax_1hot(as_tensor(x) + as_tensor(b), y_idx)


# Many classes ---------------------------------------------------------------------------------------------------------


def h_softmax(
    x: Any, batch_size: Any, n_outputs: Any, n_classes: Any, n_outputs_per_class: Any, W1: Any, b1: Any, W2: Any, b2: Any, target: Any = None
) -> Any:
    """The softmax of two levels: outputs lie in groups ("classes") of `n_outputs_per_class`, and their probability is that of the group times
    that within the group (Goodman 2001). With about sqrt(n_outputs) groups a target costs the square root of a full softmax.

    x: (batch_size, features); W1: (features, n_classes), b1: (n_classes,); W2: (n_classes, features, n_outputs_per_class), b2:
    (n_classes, n_outputs_per_class). target: integers (batch_size,), or None. out: (batch_size,), the probabilities of the targets, or
    without them (batch_size, n_outputs), those of all outputs. IndexError at the call for a target that is no output.

    >>> import symgraph.tensor as T
    >>> W1, b1, W2, b2 = (T.zeros(shape) for shape in [(3, 2), (2,), (2, 3, 5), (2, 5)])
    >>> h_softmax(T.ones((1, 3)), 1, 10, 2, 5, W1, b1, W2, b2, [7]).eval()
    array([0.1])
    """
    x, W1, b1, W2, b2 = (as_tensor(y) for y in (x, W1, b1, W2, b2))
    groups = softmax(x.dot(W1) + b1)
    if target is None:
        inner: Any = np.tensordot(x, W2, (1, 1)) + b2  # (batch, classes, outputs of a class)
        found = groups.dimshuffle(0, 1, "x") * softmax(inner, axis=2)
        return found.reshape((batch_size, n_classes * n_outputs_per_class))[:, :n_outputs]
    places = labels_of(as_tensor(target).flatten(), n_outputs, "h_softmax")
    group, place = places // n_outputs_per_class, places % n_outputs_per_class
    of_target = (x.dimshuffle(0, 1, "x") * W2[group]).sum(axis=1) + b2[group]
    return picked(groups, group, "h_softmax") * picked(softmax(of_target), place, "h_softmax")
