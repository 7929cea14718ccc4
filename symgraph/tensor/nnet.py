"""Functions of neural networks: activations, and the losses that go with them. The exponentials are ops (ops/softmax.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.ops.binary import maximum, minimum
from symgraph.ops.compare import clip, lt, switch
from symgraph.ops.create import arange
from symgraph.ops.softmax import LogSoftmax, LogSumExp, Softmax, log_softmax, logsumexp, softmax
from symgraph.ops.unary import expm1, log, sigmoid, sign, softplus

__all__ = [
    "LogSoftmax",
    "LogSumExp",
    "Softmax",
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "hard_sigmoid",
    "log_softmax",
    "logsoftmax",
    "logsumexp",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_graph",
    "softmax_with_bias",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]

logsoftmax = log_softmax


def _floating(x: Any) -> Any:
    """x as floats: integers take the dtype their exponential has."""
    x = as_tensor(x)
    return x.astype(dtypes.float_of(x.dtype)) if x.dtype in dtypes.DISCRETE else x


def _number(value: float, like: Any) -> Any:
    """A constant that leaves the dtype of what it meets as it is."""
    return as_tensor(np.asarray(value, dtype=like.dtype))


def softmax_graph(c: Any, axis: int | None = None) -> Any:
    """`softmax`, but that of a vector is a vector."""
    c = as_tensor(c)
    return softmax(c, axis=0 if c.ndim == 1 and axis is None else axis)


# Activations ----------------------------------------------------------------------------------------------------------


def relu(x: Any, alpha: Any = 0) -> Any:
    """x where it is positive, else alpha * x. alpha: a number or a variable that broadcasts.

    The gradient at 0 is that in the middle, (1 + alpha) / 2: maximum hands it to its first argument where both are equal.

    >>> import symgraph.tensor as T
    >>> T.nnet.relu(T.constant([-2.0, 0.0, 3.0])).eval()
    array([0., 0., 3.])
    """
    x = _floating(x)
    zero, half = _number(0, x), _number(0.5, x)
    above = half * maximum(x, zero) + half * maximum(zero, x)
    if isinstance(alpha, (int, float)):
        if alpha == 0:
            return above
        alpha = _number(alpha, x)
    return above + alpha * (half * minimum(x, zero) + half * minimum(zero, x))


def elu(x: Any, alpha: Any = 1) -> Any:
    """x where it is positive, else alpha * (exp(x) - 1) (Clevert, Unterthiner and Hochreiter 2015)."""
    x = _floating(x)
    alpha = _number(alpha, x) if isinstance(alpha, (int, float)) else alpha
    zero = _number(0, x)
    return switch(x > zero, x, alpha * expm1(minimum(x, zero)))  # so that the branch not taken cannot overflow


def selu(x: Any) -> Any:
    """elu, scaled so that mean 0 and variance 1 are kept (Klambauer, Unterthiner, Mayr and Hochreiter 2017)."""
    x = _floating(x)
    return _number(1.0507009873554804934193349852946, x) * elu(x, 1.6732632423543772848170429916717)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    x = _floating(x)
    return x / (_number(1, x) + abs(x))


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5, kept between 0 and 1: an approximation of sigmoid by three straight lines."""
    x = _floating(x)
    return clip(_number(0.2, x) * x + _number(0.5, x), _number(0, x), _number(1, x))


def ultra_fast_sigmoid(x: Any) -> Any:
    """An approximation of sigmoid without exponentials, off by 0.08 at most: with z = |x| / 2, 1.5 z / (1 + z) up to z = 1.7, a
    straight line up to 3 and a constant from there stand for tanh."""
    x = _floating(x)
    z = abs(x) * _number(0.5, x)
    line = _number(0.935409070603099, x) + _number(0.0458812946797165, x) * (z - _number(1.7, x))
    near = _number(1.5, x) * z / (_number(1, x) + z)
    y = switch(lt(z, _number(1.7, x)), near, switch(lt(z, _number(3, x)), line, _number(0.99505475368673, x)))
    return _number(0.5, x) * (_number(1, x) + sign(x) * y)


def softmax_with_bias(x: Any, b: Any) -> Any:
    """softmax(x + b) of the rows of a matrix. b: vector."""
    return softmax(as_tensor(x) + as_tensor(b))


# Losses ---------------------------------------------------------------------------------------------------------------


def binary_crossentropy(output: Any, target: Any) -> Any:
    """-(target log(output) + (1 - target) log(1 - output)), element by element. output: probabilities; target: 0, 1 or between."""
    output, target = _floating(output), as_tensor(target)
    one = _number(1, output)
    return -(target * log(output) + (one - target) * log(one - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """binary_crossentropy(sigmoid(output), target), finite and exact for outputs of any size; its gradient is sigmoid(output) - target."""
    output, target = _floating(output), as_tensor(target)
    return target * softplus(-output) + (_number(1, output) - target) * softplus(output)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """Of each row of probabilities the negative logarithm of the true class's.

    coding_dist: (..., classes) floats. true_dist: distributions, of the same number of dimensions, or integer labels, of one
    less; a negative label counts from the end. out: (...). TypeError for other dimensions or labels that are no integers;
    IndexError at the call for a label that is no class.

    >>> import symgraph.tensor as T
    >>> T.nnet.categorical_crossentropy(T.constant([[0.5, 0.5], [0.25, 0.75]]), T.constant([0, 1])).eval()
    array([0.69314718, 0.28768207])
    """
    coding_dist, true_dist = _floating(coding_dist), as_tensor(true_dist)
    if true_dist.ndim == coding_dist.ndim:
        return -(true_dist * log(coding_dist)).sum(axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError(f"rank mismatch between coding and true distributions: {coding_dist.ndim} and {true_dist.ndim} dimensions")


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Any:
    """Of each row of probabilities the negative logarithm of that of its label; `categorical_crossentropy` with labels."""
    return -_of_label(log(_floating(coding_dist)), true_one_of_n)


def _of_label(rows: Any, labels: Any) -> Any:
    """rows[..., labels[...]]: (..., classes) and (...) give (...)."""
    labels = as_tensor(labels)
    if labels.dtype not in dtypes.INTEGER:
        raise TypeError(f"labels must be integers, got {labels.type}")
    if labels.ndim != rows.ndim - 1:
        raise TypeError(f"labels of {rows.ndim} - 1 dimensions are wanted, got {labels.type}")
    if rows.ndim == 1:
        return rows[labels]
    if rows.ndim == 2:
        return rows[arange(rows.shape[0]), labels]  # not labels.shape[0]: there must be a label for every row
    flat = rows.reshape((-1, rows.shape[rows.ndim - 1]))
    return _of_label(flat, labels.flatten()).reshape(labels.shape, ndim=labels.ndim)


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Any]:
    """The list of each row's -log(softmax(x)[label]), computed from x without rounding to 0 in between, and softmax(x)."""
    x = _floating(x)
    return [-_of_label(log_softmax(x), y_idx), softmax(x)]


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
