"""Sparse matrices side by side and on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import normal, upcast
from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType, as_sparse_variable
from symgraph.ops.sparse.index import get_item_2d
from symgraph.ops.sparse.structure import SparseOp, continuous, csm_shape

__all__ = ["HStack", "VStack", "block", "hstack", "vstack"]


class HStack(SparseOp):
    """Sparse matrices side by side, as a matrix of this format and dtype. ValueError for different numbers of rows."""

    __props__ = ("format", "dtype")
    linear = "all"
    axis = 1

    def __init__(self, format: str | None = None, dtype: Any = None) -> None:
        if dtype is None:
            raise ValueError("The output dtype must be specified.")
        self.format = "csc" if format is None else format
        self.dtype = normal(dtype)

    def make_node(self, *inputs: Any) -> Apply:
        if not inputs:
            raise ValueError("Cannot join an empty list of sparse matrices.")
        return Apply(self, [as_sparse_variable(x) for x in inputs], [SparseType(self.format, self.dtype).make_variable()])

    def compute(self, *blocks: Any) -> Any:
        import scipy.sparse

        join = scipy.sparse.hstack if self.axis else scipy.sparse.vstack
        other = 1 - self.axis
        if len({x.shape[other] for x in blocks}) > 1:
            raise ValueError(f"sparse matrices of shapes {', '.join(str(x.shape) for x in blocks)} cannot be joined along axis {self.axis}")
        return join(blocks, format=self.format, dtype=self.dtype)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        found: list[Any] = []
        start: Any = 0
        for x in inputs:
            stop = start + csm_shape(x)[self.axis]
            part = slice(start, stop)
            found.append(get_item_2d(g, (slice(None), part) if self.axis else (part, slice(None))) if continuous(x) else x.zeros_like())
            start = stop
        return found


class VStack(HStack):
    """Sparse matrices on top of each other, as a matrix of this format and dtype. ValueError for different numbers of columns."""

    __props__ = ("format", "dtype")
    axis = 0


def _stacked(kind: Any, blocks: Sequence[Any], format: str | None, dtype: Any) -> Any:
    variables = [as_sparse_variable(x) for x in blocks]
    if dtype is None and variables:
        dtype = upcast(*[x.dtype for x in variables])
    return kind(format, "float64" if dtype is None else dtype)(*variables)


def hstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> Any:
    """The sparse matrices of a list side by side. format: of the result, 'csc' if not said; dtype: that which holds all of them.

    ValueError for an empty list, and at the call for different numbers of rows. The gradient is not structured.
    """
    return _stacked(HStack, blocks, format, dtype)


def vstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> Any:
    """The sparse matrices of a list on top of each other. format: of the result, 'csc' if not said; dtype: that which holds all of them.

    ValueError for an empty list, and at the call for different numbers of columns. The gradient is not structured.
    """
    return _stacked(VStack, blocks, format, dtype)


def block(blocks: Sequence[Sequence[Any]], format: str | None = None, dtype: Any = None) -> Any:
    """The sparse matrix put together of rows of sparse matrices, a list of lists.

    >>> import scipy.sparse
    >>> x = scipy.sparse.eye(2, format='csr')
    >>> block([[x, x], [x, x]]).eval().shape
    (4, 4)
    """
    rows = []
    for row in blocks:
        if not isinstance(row, (list, tuple)):
            raise TypeError(f"block takes a list of lists of sparse matrices, got the row {row!r}")
        rows.append(hstack(row, format, dtype))
    return vstack(rows, format, dtype)
