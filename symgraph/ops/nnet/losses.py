"""Losses of regression, margins and distributions. Those of single numbers are element by element, those of rows give one number a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.sizes import as_axis, size_of
from symgraph.ops.nnet.floats import floating, like, minus, probabilities, scalar_like
from symgraph.ops.nnet.labels import labels_of, picked

__all__ = [
    "absolute_error", "cosine_distance", "cosine_similarity", "hinge", "huber", "kl_divergence", "log_cosh", "multiclass_hinge", "squared_error",
]


def squared_error(output: Any, target: Any) -> Any:
    """(output - target) squared, element by element; both broadcast.

    >>> squared_error([1.0, 2.0], [3.0, 2.0]).eval()
    array([4., 0.])
    """
    return (floating(output, "squared_error") - floating(target, "squared_error")).square()


def absolute_error(output: Any, target: Any) -> Any:
    """The absolute value of output - target, element by element.

    >>> absolute_error([1.0, 2.0], [3.0, 2.0]).eval()
    array([2., 0.])
    """
    return abs(floating(output, "absolute_error") - floating(target, "absolute_error"))


def huber(output: Any, target: Any, delta: Any = 1.0) -> Any:
    """Half the squared error where that is less than `delta` away, beyond it delta (|error| - delta / 2): outliers pull by delta only
    (Huber 1964). delta: a number or a variable that broadcasts; a number must be positive (ValueError).

    >>> huber([0.5, 3.0], [0.0, 0.0]).eval()
    array([0.125, 2.5  ])
    """
    if isinstance(delta, (int, float)) and not delta > 0:
        raise ValueError(f"huber: delta must be positive, got {delta}")
    error = abs(floating(output, "huber") - floating(target, "huber"))
    delta = scalar_like(delta, error)
    near = error.minimum(delta)  # its gradient is 1 nearer than delta and 0 beyond, which is all that is needed
    return near * (error - like(0.5, error) * near)


def log_cosh(output: Any, target: Any) -> Any:
    """log(cosh(output - target)): about half the squared error near 0, the absolute error far off.

    >>> log_cosh([1000.0], [0.0]).eval()
    array([999.30685282])
    """
    error = floating(output, "log_cosh") - floating(target, "log_cosh")
    return error + (like(-2, error) * error).softplus() - like(0.6931471805599453, error)


def hinge(scores: Any, target: Any, margin: Any = 1.0) -> Any:
    """max(0, margin - target * score), element by element (Cortes and Vapnik 1995). target: -1 or 1.

    >>> hinge([0.5, 2.0, -1.0], [1, 1, 1]).eval()
    array([0.5, 0. , 2. ])
    """
    scores, target = floating(scores, "hinge"), floating(target, "hinge")
    rest = scalar_like(margin, scores) - target * scores
    return rest.maximum(like(0, rest))


def multiclass_hinge(scores: Any, labels: Any, margin: Any = 1.0) -> Any:
    """Of each row the largest of max(0, margin + score - score of the label) over the other classes (Crammer and Singer 2001).

    scores: (rows, classes); labels: integers (rows,); out: (rows,). TypeError for other dimensions; IndexError at the call for a label that
    is no class.

    >>> multiclass_hinge([[1.0, 3.0, 0.0], [5.0, 0.0, 0.0]], [0, 0]).eval()
    array([3., 0.])
    """
    scores = floating(scores, "multiclass_hinge")
    if scores.ndim != 2:
        raise TypeError(f"multiclass_hinge: a matrix of scores is wanted, got {scores.type}")
    own = picked(scores, labels, "multiclass_hinge").dimshuffle(0, "x")
    places = labels_of(labels, size_of(scores, 1), "multiclass_hinge").dimshuffle(0, "x")
    numbers: Any = np.arange(size_of(scores, 1), like=scores)
    is_own = numbers.eq(places)
    above = is_own.switch(like(0, scores), scalar_like(margin, scores) + scores - own)
    return above.max(axis=1).maximum(like(0, scores))


def kl_divergence(p: Any, q: Any, axis: int = -1) -> Any:
    """The sum of p log(p / q) along `axis`: how far the distribution q is from p (Kullback and Leibler 1951). A term with p = 0 is 0.
    ValueError for values outside [0, 1], at the call where they are not known.

    >>> kl_divergence([0.5, 0.5, 0.0], [0.25, 0.5, 0.25]).eval()
    array(0.34657359)
    """
    (p, first), (q, second) = probabilities(p, "kl_divergence"), probabilities(q, "kl_divergence")
    terms = p.xlogy(p) - p.xlogy(q)
    return minus(minus(terms.sum(axis=as_axis(axis, terms.ndim, "kl_divergence: axis")), first), second)


def cosine_similarity(x: Any, y: Any, axis: int = -1, epsilon: float = 1e-8) -> Any:
    """The cosine of the angle between x and y along `axis`: their product over that of their lengths, which are taken to be `epsilon` at least.

    >>> cosine_similarity([3.0, 0.0], [1.0, 1.0]).eval()
    array(0.70710678)
    """
    x, y = floating(x, "cosine_similarity"), floating(y, "cosine_similarity")
    axis = as_axis(axis, max(x.ndim, y.ndim), "cosine_similarity: axis")
    back = axis - max(x.ndim, y.ndim)
    product = (x * y).sum(axis=axis)
    squares = [z.square().sum(axis=back).maximum(like(epsilon * epsilon, z)) for z in (x, y)]
    return product / (squares[0].sqrt() * squares[1].sqrt())


def cosine_distance(x: Any, y: Any, axis: int = -1, epsilon: float = 1e-8) -> Any:
    """1 - cosine_similarity(x, y).

    >>> cosine_distance([3.0, 0.0], [0.0, 1.0]).eval()
    array(1.)
    """
    found = cosine_similarity(x, y, axis, epsilon)
    return like(1, found) - found
