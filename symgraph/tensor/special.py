"""Special functions under the names of scipy.special, axes included: names only, but for the functions along an axis."""

from __future__ import annotations

from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.ops import binary, special
from symgraph.ops.nnet import softmax as exponentials

__all__ = sorted([*special.__all__, "log_softmax", "logaddexp", "logsumexp", "softmax"])
globals().update({name: getattr(special, name) for name in special.__all__}, logaddexp=binary.logaddexp, logsumexp=exponentials.logsumexp)


def _over(function: Any, x: Any, axis: int | None) -> Any:
    x = as_tensor(x)
    if axis is not None:
        return function(x, axis)
    return function(x.flatten(), 0).reshape(x.shape, ndim=x.ndim)


def softmax(x: Any, axis: int | None = None) -> Any:
    """exp(x) / sum(exp(x)) along `axis`, or over all elements (None), with the shape of x. (`nnet.softmax` without axis: of each row.)

    >>> softmax([[0.0, 0.0], [0.0, 0.0]]).eval()
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    return _over(exponentials.softmax, x, axis)


def log_softmax(x: Any, axis: int | None = None) -> Any:
    """The logarithm of `softmax`, exact where that vanishes."""
    return _over(exponentials.log_softmax, x, axis)
