"""Sums and products element by element: sparse with sparse, sparse with dense; rows and columns scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType
from symgraph.expr.types import tensor_type
from symgraph.ops.sparse.convert import dense_from_sparse
from symgraph.ops.sparse.kernels import ToDense
from symgraph.ops.sparse.reduce import sp_sum
from symgraph.ops.sparse.structure import (
    SparseOp,
    as_sparse_or_tensor_variable,
    continuous,
    csm_data,
    is_sparse,
    layout_of,
    restricted,
    rows_and_columns,
    sampled,
    sp_ones_like,
    times,
    with_data,
)

__all__ = [
    "AddSD", "AddSS", "AddSSData", "ColScaleCSC", "MulSD", "MulSS", "MulSV", "Neg", "RowScaleCSC", "StructuredAddSV", "add", "add_s_d", "add_s_s",
    "add_s_s_data", "col_scale", "mul", "mul_s_d", "mul_s_s", "mul_s_v", "neg", "row_scale", "structured_add_s_v", "sub",
]


def same_shape(x: Any, y: Any) -> None:
    """ValueError if two matrices differ in shape."""
    if x.shape != y.shape:
        raise ValueError(f"inconsistent shapes {x.shape} and {y.shape}")


class Neg(SparseOp):
    """-x, element by element."""

    __props__ = ()
    linear = "all"

    def output_types(self, x: Any) -> list[Any]:
        return [SparseType(layout_of(x), x.dtype)]

    def compute(self, x: Any) -> Any:
        return -x

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        data, *rest = inputs[0]
        return [[-data, *rest]]

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        found = sampled(node.inputs[0], layout, indices, indptr, shape)
        return None if found is None else -found

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [-output_grads[0]]

    def __str__(self) -> str:
        return "SparseNeg"


neg = Neg()


class SparsePair(SparseOp):
    """Base of ops on two sparse matrices of one shape, with a result of the format of the first."""

    kinds = "ss"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        return [SparseType(layout_of(x), upcast(x.dtype, y.dtype))]


class AddSS(SparsePair):
    """x + y of sparse matrices; stored is what either of them stores."""

    __props__ = ()
    linear = "all"
    is_sum = True

    def compute(self, x: Any, y: Any) -> Any:
        same_shape(x, y)
        return x + y

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        (data, *rest), (other, *other_rest) = inputs
        if layout_of(node.inputs[0]) == layout_of(node.inputs[1]) and all(a is b for a, b in zip(rest, other_rest)):
            return [[data + other, *rest]]
        return None

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0]] * 2


class AddSSData(SparsePair):
    """x + y of sparse matrices that store the same places in the same order: their `data` are added. TypeError for different formats
    or dtypes, ValueError for different numbers of stored elements."""

    __props__ = ()
    linear = "all"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if layout_of(x) != layout_of(y) or x.dtype != y.dtype:
            raise TypeError(f"add_s_s_data wants matrices of one format and dtype, got {x.type} and {y.type}")
        return super().output_types(x, y)

    def compute(self, x: Any, y: Any) -> Any:
        same_shape(x, y)
        if x.data.shape != y.data.shape:
            raise ValueError(f"add_s_s_data wants matrices with the same places, got {x.data.size} and {y.data.size} stored elements")
        z = x.copy()
        z.data += y.data
        return z

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        (data, *rest), (other, *_) = inputs
        return [[data + other, *rest]]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0] if continuous(x) else None for x in inputs]


class MulSS(SparsePair):
    """The product of sparse matrices element by element; stored is what both of them store."""

    __props__ = ()
    linear = "each"

    def compute(self, x: Any, y: Any) -> Any:
        same_shape(x, y)
        return x.multiply(y)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        return [mul_s_s(conjugated(y), g), mul_s_s(conjugated(x), g)]


class AddSD(SparseOp):
    """x + y of a sparse and a dense matrix: dense."""

    __props__ = ()
    kinds = "sd"
    linear = "all"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if y.ndim != 2:
            raise TypeError(f"a sparse matrix is added to a matrix, got {y.type}")
        return [tensor_type(upcast(x.dtype, y.dtype), y.type.shape)]

    def compute(self, x: Any, y: Any) -> Any:
        same_shape(x, y)
        return x.toarray() + y

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        x, y = inputs
        dense = ToDense(layout_of(node.inputs[0]))(*x)
        if any(n == 1 for n in y.type.shape):
            dense = dense.specify_shape(y.type.shape)
        return [dense + y]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, _), (g,) = inputs, output_grads
        return [sp_ones_like(x) * g, g]


class StructuredAddSV(SparseOp):
    """The vector y added to the elements of each row that x stores."""

    __props__ = ()
    kinds = "sd"
    linear = "all"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if y.ndim != 1:
            raise TypeError(f"structured_add_s_v adds a vector, got {y.type}")
        return [SparseType(layout_of(x), upcast(x.dtype, y.dtype))]

    def compute(self, x: Any, y: Any) -> Any:
        same_columns(x, y)
        return self.joined(x, y[columns_of(x)])

    def joined(self, x: Any, values: Any) -> Any:
        """x with the values joined to its own."""
        return replaced(x, x.data + values)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        (data, indices, indptr, shape), y = inputs
        y = y.specify_shape([shape[1]])
        _, columns = rows_and_columns(layout_of(node.inputs[0]), indices, indptr)
        return [[self.on_data(data, y[columns]), indices, indptr, shape]]

    def on_data(self, data: Any, values: Any) -> Any:
        """`joined` for variables."""
        return data + values

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        return [g, sp_sum(restricted(g, inputs[0]), axis=0, sparse_grad=True)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> Any:
        x, (dx, dy) = inputs[0], tangents
        return [dx if dy is None else col_scale(sp_ones_like(x), dy) if dx is None else dx + col_scale(sp_ones_like(x), dy)]


class MulSV(StructuredAddSV):
    """Each row of x times the vector y, element by element."""

    __props__ = ()
    linear = "each"

    def joined(self, x: Any, values: Any) -> Any:
        return replaced(x, x.data * values)

    def on_data(self, data: Any, values: Any) -> Any:
        return data * values

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        return [self(g, y.conj()), sp_sum(times(x, g), axis=0, sparse_grad=True)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return self.tangent(inputs, tangents)


def same_columns(x: Any, y: Any) -> None:
    """ValueError unless the vector y has an element for each column of x."""
    if x.shape[1] != y.shape[0]:
        raise ValueError(f"a sparse matrix of shape {x.shape} meets a vector of {y.shape[0]} elements")


def columns_of(x: Any) -> Any:
    """The column of each stored element of a scipy matrix."""
    return x.tocoo().col


def replaced(x: Any, data: Any) -> Any:
    """A scipy matrix with other elements at its places."""
    return type(x)((data, x.indices, x.indptr), shape=x.shape)


class MulSD(SparseOp):
    """The elements that x stores times those of the dense matrix y, or times the scalar y."""

    __props__ = ()
    kinds = "sd"
    linear = "each"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if y.ndim not in (0, 2):
            raise TypeError(f"a sparse matrix is multiplied by a matrix or a scalar, got {y.type}; mul_s_v, row_scale and col_scale take vectors")
        return [SparseType(layout_of(x), upcast(x.dtype, y.dtype))]

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        x, y = node.inputs
        found = sampled(x, layout, indices, indptr, shape) if y.ndim == 0 else None
        return None if found is None else found * y

    def compute(self, x: Any, y: Any) -> Any:
        if y.ndim == 0:
            return replaced(x, x.data * y)
        same_shape(x, y)
        found = x.tocoo()
        return replaced(x, x.data * y[found.row, found.col])

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        (data, indices, indptr, shape), y = inputs
        if y.ndim == 2:
            y = y.specify_shape([shape[0], shape[1]])[rows_and_columns(layout_of(node.inputs[0]), indices, indptr)]
        return [[data * y, indices, indptr, shape]]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        both = times(x, g)
        by_y = sp_sum(both, sparse_grad=True) if y.ndim == 0 else dense_from_sparse(both)
        ones = [axis for axis, n in enumerate(y.type.shape) if n == 1]
        return [self(g, y.conj()), by_y.sum(axis=ones, keepdims=True) if ones else by_y]


class ColScaleCSC(SparseOp):
    """Each column of x times an element of the vector s."""

    __props__ = ()
    kinds = "sd"
    linear = "each"
    axis = 1

    def output_types(self, x: Any, s: Any) -> list[Any]:
        if s.ndim != 1:
            raise TypeError(f"rows and columns are scaled by a vector, got {s.type}")
        return [SparseType(layout_of(x), upcast(x.dtype, s.dtype))]

    def compute(self, x: Any, s: Any) -> Any:
        if x.shape[self.axis] != s.shape[0]:
            raise ValueError(f"a sparse matrix of shape {x.shape} is scaled by a vector of {s.shape[0]} elements")
        found = x.tocoo()
        return replaced(x, x.data * s[found.col if self.axis else found.row])

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        (data, indices, indptr, shape), s = inputs
        chosen = rows_and_columns(layout_of(node.inputs[0]), indices, indptr)[self.axis]
        return [[data * s.specify_shape([shape[self.axis]])[chosen], indices, indptr, shape]]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, s), (g,) = inputs, output_grads
        return [self(g, s.conj()), sp_sum(times(x, g), axis=1 - self.axis, sparse_grad=True)]


class RowScaleCSC(ColScaleCSC):
    """Each row of x times an element of the vector s."""

    __props__ = ()
    axis = 0


def conjugated(x: Any) -> Any:
    """The complex conjugate of a sparse variable, itself where it is real."""
    return with_data(x, csm_data(x).conj()) if x.dtype.startswith("complex") else x


add_s_s, add_s_s_data, add_s_d = AddSS(), AddSSData(), AddSD()
structured_add_s_v, mul_s_v = StructuredAddSV(), MulSV()
mul_s_s, mul_s_d = MulSS(), MulSD()


def col_scale(x: Any, s: Any) -> Any:
    """Each column of the sparse matrix x times an element of the vector s, in the format of x. ValueError for another length."""
    return ColScaleCSC()(x, s)


def row_scale(x: Any, s: Any) -> Any:
    """Each row of the sparse matrix x times an element of the vector s, in the format of x. ValueError for another length."""
    return RowScaleCSC()(x, s)


def _pair(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not is_sparse(x) and not is_sparse(y):
        raise TypeError(f"{name}: one of the operands must be sparse, got {x.type} and {y.type}")
    return x, y


def add(x: Any, y: Any) -> Any:
    """x + y of matrices at least one of which is sparse: sparse if both are, else dense. TypeError if neither is, ValueError for
    different shapes. The gradient by a sparse matrix that is added to a dense one has its structure."""
    x, y = _pair("add", x, y)
    if is_sparse(x) and is_sparse(y):
        return add_s_s(x, y)
    return add_s_d(x, y) if is_sparse(x) else add_s_d(y, x)


def sub(x: Any, y: Any) -> Any:
    """x - y, as `add`."""
    x, y = _pair("sub", x, y)
    return add(x, -y)


def mul(x: Any, y: Any) -> Any:
    """The product element by element of matrices at least one of which is sparse, or of a sparse matrix and a scalar: sparse.
    TypeError if neither is sparse, ValueError for different shapes.

    >>> import numpy as np, scipy.sparse
    >>> mul(scipy.sparse.eye(2, format='csr'), np.array([[1.0, 2.0], [3.0, 4.0]])).eval().toarray()
    array([[1., 0.],
           [0., 4.]])
    """
    x, y = _pair("mul", x, y)
    if is_sparse(x) and is_sparse(y):
        return mul_s_s(x, y)
    return mul_s_d(x, y) if is_sparse(x) else mul_s_d(y, x)


