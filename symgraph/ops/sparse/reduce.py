"""Sums of sparse matrices, and their diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType, as_sparse_variable
from symgraph.expr.types import tensor_type
from symgraph.ops.sparse.kernels import Count, Diagonal, MajorSum, MinorSum
from symgraph.ops.sparse.structure import SparseOp, continuous, csm_properties, csm_shape, layout_of, rows_and_columns, with_data

__all__ = ["Diag", "Repeated", "SpSum", "SquareDiagonal", "diag", "sp_sum", "square_diagonal"]


class SpSum(SparseOp):
    """The sum over all elements, or over the rows (axis 0) or columns (axis 1): dense. sparse_grad: the gradient has the structure of x,
    else every element, stored or not, has one."""

    __props__ = ("axis", "structured")
    linear = "all"

    def __init__(self, axis: int | None = None, sparse_grad: bool = True) -> None:
        if axis not in (None, 0, 1, -1, -2):
            raise ValueError(f"the axis of sp_sum is None, 0 or 1, got {axis!r}")
        self.axis = None if axis is None else axis % 2
        self.structured = sparse_grad

    def output_types(self, x: Any) -> list[Any]:
        return [tensor_type(x.dtype, () if self.axis is None else (None,))]

    def compute(self, x: Any) -> Any:
        return np.asarray(x.sum(self.axis, dtype=x.dtype)).reshape(() if self.axis is None else -1)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        data, indices, indptr, shape = inputs[0]
        if self.axis is None:
            return [data.sum(dtype=data.dtype)]
        if (layout_of(node.inputs[0]) == "csr") == (self.axis == 1):
            return [MajorSum()(data, indptr)]
        return [MinorSum(1 - self.axis)(data, indices, shape)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        if not continuous(x):
            return [x.zeros_like()]
        if not self.structured:
            return [Repeated(self.axis, layout_of(x))(g, csm_shape(x))]
        _, indices, indptr, shape = csm_properties(x)
        return [with_data(x, _spread(g, self.axis, layout_of(x), indices, indptr))]

    def __str__(self) -> str:
        return f"SpSum{{axis={self.axis}}}"


def _spread(g: Any, axis: int | None, layout: str, indices: Any, indptr: Any) -> Any:
    """What the gradient g of a sum is at the stored places."""
    if axis is None:
        return indices.fill(g)
    return g[rows_and_columns(layout, indices, indptr)[1 - axis]]


class Repeated(SparseOp):
    """g, shape: the sparse matrix of this shape that stores every element: the scalar g, or the vector g as each row (axis 0) or
    column (axis 1). It is the gradient of a sum; what reads it at few places does not make it."""

    __props__ = ("axis", "format")
    kinds = "dd"

    def __init__(self, axis: int | None, format: str) -> None:
        self.axis = axis
        self.format = format

    def output_types(self, g: Any, shape: Any) -> list[Any]:
        return [SparseType(self.format, g.dtype)]

    def compute(self, g: Any, shape: Any) -> Any:
        import scipy.sparse

        rows, columns = map(int, shape)
        line = g if self.axis is None else g[None, :] if self.axis == 0 else g[:, None]
        lines, minor = (rows, columns) if self.format == "csr" else (columns, rows)
        data = np.broadcast_to(line, (rows, columns)).ravel("C" if self.format == "csr" else "F")
        indices, indptr = np.tile(np.arange(minor, dtype="int32"), lines), np.arange(lines + 1, dtype="int64") * minor
        return getattr(scipy.sparse, f"{self.format}_matrix")((data, indices, indptr), shape=(rows, columns))

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        return _spread(node.inputs[0], self.axis, layout, indices, indptr)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [sp_sum(output_grads[0], self.axis, sparse_grad=True), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], inputs[1])]


def sp_sum(x: Any, axis: int | None = None, sparse_grad: bool = False) -> Any:
    """The sum of all elements of a sparse matrix, or along `axis` 0 or 1: a scalar or vector of its dtype.

    sparse_grad: whether the gradient by x has the structure of x; else all its elements have one. ValueError for another axis.

    >>> import scipy.sparse
    >>> sp_sum(scipy.sparse.eye(3, format='csr'), axis=0).eval()
    array([1., 1., 1.])
    """
    return SpSum(axis, sparse_grad)(as_sparse_variable(x))


class Diag(SparseOp):
    """The diagonal of a square sparse matrix, a dense vector. ValueError if it is not square."""

    __props__ = ()
    linear = "all"

    def output_types(self, x: Any) -> list[Any]:
        return [tensor_type(x.dtype, (None,))]

    def compute(self, x: Any) -> Any:
        if x.shape[0] != x.shape[1]:
            raise ValueError(f"diag applies to a square matrix, got {x.shape[0]} rows and {x.shape[1]} columns")
        return x.diagonal()

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        return [Diagonal()(*inputs[0])]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [square_diagonal(output_grads[0])]


diag = Diag()


class SquareDiagonal(SparseOp):
    """The square csc matrix with this vector as its diagonal."""

    __props__ = ()
    kinds = "d"
    linear = "all"

    def output_types(self, x: Any) -> list[Any]:
        if x.ndim != 1:
            raise TypeError(f"the diagonal of a sparse matrix is given as a vector, got {x.type}")
        return [SparseType("csc", x.dtype)]

    def compute(self, x: Any) -> Any:
        from scipy.sparse import csc_matrix

        n = len(x)
        return csc_matrix((x, np.arange(n, dtype="int32"), np.arange(n + 1, dtype="int32")), shape=(n, n))

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        (x,) = inputs
        n = x.shape[0]
        return [[x, Count(0)(x), Count(1)(x), as_tensor([n, n])]]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [diag(output_grads[0])]


square_diagonal = SquareDiagonal()
