"""Averages with weights, covariances, counts, and numbers in place of NaN and infinities: compositions of sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes

__all__ = ["average", "corrcoef", "count_nonzero", "cov", "nan_to_num"]


def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements along `axis` (an int, a tuple, None: all) are not zero: int64.

    >>> import symgraph.tensor as T
    >>> int(T.count_nonzero(T.constant([0.0, 2, 3])).eval())
    2
    """
    a = as_tensor(a)
    return (a if a.dtype == "bool" else a.neq(0)).sum(axis, keepdims=keepdims)


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    """The mean along `axis`, of elements that count by their weights: sum(a * weights) / sum(weights).

    weights: of a's shape, or a vector along one axis (TypeError, ValueError otherwise), or None: all alike. Weights that sum up to
    zero give NaN or infinity (numpy raises an error: the sum is not known as the expression is built). returned: the pair with
    the sum of the weights.

    >>> import symgraph.tensor as T
    >>> float(T.average(T.constant([1.0, 2.0]), weights=[3, 1]).eval())
    1.25
    """
    a = as_tensor(a)
    if weights is None:
        mean = a.mean(axis, keepdims=keepdims)
        if not returned:
            return mean
        counts = a.ones_like().astype(mean.dtype).sum(axis, keepdims=keepdims)
        return mean, counts
    weights = as_tensor(weights)
    axes = as_axes(axis, a.ndim)
    if weights.ndim != a.ndim:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if weights.ndim != len(axes):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        weights = weights.dimshuffle(*[axes.index(d) if d in axes else "x" for d in range(a.ndim)])
    joint = dtypes.upcast(a.dtype, weights.dtype)
    joint = "float64" if joint in dtypes.DISCRETE else joint
    weights = weights.astype(joint)
    scale = (weights + a.zeros_like().astype(joint)).sum(axis, keepdims=keepdims)
    mean = (a.astype(joint) * weights).sum(axis, keepdims=keepdims) / scale
    return (mean, scale) if returned else mean


def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None, aweights: Any = None
) -> Any:
    """The covariance matrix of variables, which are the rows of m (`rowvar`; else its columns), and of y, if given.

    ddof: what is taken off the number of observations (1, or 0 with `bias`). fweights, aweights: how often an observation counts,
    and how much (vectors; with them the factor is numpy's). ValueError for more than two dimensions.

    >>> import symgraph.tensor as T
    >>> T.cov(T.constant([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).eval()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    x = _variables(m, rowvar)
    if y is not None:
        x = np.concatenate([x, _variables(y, rowvar)])
    if ddof is None:
        ddof = 0 if bias else 1
    x = x.astype("float64") if x.dtype in dtypes.DISCRETE else x
    real = dtypes.part_of(x.dtype)
    weights = None
    for w in (fweights, aweights):
        if w is not None:
            w = as_tensor(w)
            if w.ndim != 1:
                raise RuntimeError("cannot handle multidimensional weights")
            weights = w.astype(real) if weights is None else weights * w.astype(real)
    count = x.shape[1].astype(real)
    if weights is None:
        mean, total = x.mean(1, keepdims=True), count
        factor = total - float(ddof)
    else:
        total = weights.sum()
        mean = (x * weights).sum(1, keepdims=True) / total
        if aweights is None or ddof == 0:
            factor = total - float(ddof)
        else:
            factor = total - float(ddof) * (weights * as_tensor(aweights).astype(real)).sum() / total
    x = x - mean
    other = x if weights is None else x * weights
    c = x.dot(other.T.conj() if other.dtype in dtypes.COMPLEX else other.T) / np.maximum(factor, 0.0).astype(real)  # type: ignore[attr-defined]
    return c.dimshuffle() if c.type.shape == (1, 1) else c


def _variables(m: Any, rowvar: bool) -> Any:
    m = as_tensor(m)
    if m.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    if m.ndim < 2:
        return m.dimshuffle(*["x"] * (2 - m.ndim), *range(m.ndim))
    return m if rowvar else m.T


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The correlation coefficients of variables, the rows of x (`rowvar`; else its columns), and of y, if given: covariances divided
    by both standard deviations; cut to -1 ... 1. NaN for a variable that does not vary."""
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    deviations = np.diag(c).real.sqrt()  # type: ignore[attr-defined]
    c = c / deviations.dimshuffle(0, "x") / deviations.dimshuffle("x", 0)
    return c if c.dtype in dtypes.COMPLEX else c.clip(-1.0, 1.0)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """x with `nan` in place of NaN, and posinf, neginf (None: the largest and least number of the dtype) in place of the infinities.
    Complex numbers: in both their parts. copy: without effect; expressions do not change arrays."""
    x = as_tensor(x)
    if x.dtype in dtypes.DISCRETE:
        return x
    if x.dtype in dtypes.COMPLEX:
        imaginary = as_tensor(np.asarray(1j, dtype=x.dtype))
        return nan_to_num(x.real, copy, nan, posinf, neginf) + imaginary * nan_to_num(x.imag, copy, nan, posinf, neginf)
    info = np.finfo(x.dtype)
    high, low = info.max if posinf is None else posinf, info.min if neginf is None else neginf
    nan, high, low = (as_tensor(np.asarray(v, dtype=x.dtype)) if not hasattr(v, "type") else v.astype(x.dtype) for v in (nan, high, low))
    infinite = np.isinf(x)
    out = np.where(np.logical_and(infinite, x > 0), high, np.where(np.logical_and(infinite, x < 0), low, x))
    return np.where(np.isnan(x), nan, out)
