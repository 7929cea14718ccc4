"""Inverses and systems of arrays whose dimensions fall into two groups, as matrices do into rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes, size_of, times
from symgraph.ops.linalg.inverse import inv
from symgraph.ops.linalg.solve import solve

__all__ = ["TensorInv", "TensorSolve", "tensorinv", "tensorsolve"]


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a as for tensordot: tensordot(tensorinv(a, ind), a, ind) is the identity.

    The sizes of the first `ind` dimensions must have the same product as those of the others: LinAlgError. The result has the last
    dimensions first. ValueError unless 0 < ind < a.ndim.

    >>> import numpy as np
    >>> tensorinv(np.eye(6).reshape(2, 3, 6), ind=2).eval().shape
    (6, 2, 3)
    """
    a = as_tensor(a)
    if isinstance(ind, bool) or not isinstance(ind, int) or not 0 < ind < max(a.ndim, 1):
        raise ValueError(f"Invalid ind argument: {ind!r} of an array of {a.ndim} dimensions")
    sizes = [size_of(a, d) for d in range(a.ndim)]
    matrix = a.reshape([times(sizes[:ind]), times(sizes[ind:])])
    return inv(matrix).reshape([*sizes[ind:], *sizes[:ind]])


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) = b. axes: dimensions of a that go to its end first.

    a has the dimensions of b in front, then those of x, whose sizes have the same product: LinAlgError, or ValueError for sizes that do
    not fit.

    >>> import numpy as np
    >>> tensorsolve(np.eye(6).reshape(2, 3, 6), np.ones((2, 3))).eval().shape
    (6,)
    """
    a, b = as_tensor(a), as_tensor(b)
    if axes is not None:
        given = [axes] if isinstance(axes, int) else list(axes)
        as_axes(given, a.ndim, "tensorsolve: axes")
        last = [d % a.ndim for d in given]
        a = a.dimshuffle(*[d for d in range(a.ndim) if d not in last], *last)
    if b.ndim > a.ndim:
        raise ValueError(f"tensorsolve: b has {b.ndim} dimensions, a only {a.ndim}")
    sizes = [size_of(a, d) for d in range(b.ndim, a.ndim)]
    columns = times(sizes)
    rows = times([size_of(a, d) for d in range(b.ndim)])
    return solve(a.reshape([rows, columns]), b.flatten()).reshape(sizes)


class TensorInv:
    """Theano's form: ``TensorInv(ind)(a)`` is `tensorinv`."""

    def __init__(self, ind: int = 2) -> None:
        self.ind = ind

    def __call__(self, a: Any) -> Any:
        return tensorinv(a, self.ind)


class TensorSolve:
    """Theano's form: ``TensorSolve(axes)(a, b)`` is `tensorsolve`."""

    def __init__(self, axes: Sequence[int] | None = None) -> None:
        self.axes = axes

    def __call__(self, a: Any, b: Any) -> Any:
        return tensorsolve(a, b, self.axes)
