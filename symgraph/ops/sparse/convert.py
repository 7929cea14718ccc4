"""The same matrix otherwise: in another dtype, format or order, dense, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, normal
from symgraph.expr.make import as_tensor
from symgraph.expr.op import NUMPY_ERRORS, Apply
from symgraph.expr.sparse import SparseType, as_sparse_variable
from symgraph.expr.types import tensor_type
from symgraph.ops.sparse.kernels import ToDense
from symgraph.ops.sparse.structure import SparseOp, layout_of, rows_and_columns, sampled, sp_ones_like
from symgraph.settings import config

__all__ = [
    "Cast", "DenseFromSparse", "EnsureSortedIndices", "Remove0", "SparseFromDense", "ToFormat", "Transpose", "bcast", "cast", "ccast", "clean",
    "csc_from_dense", "csr_from_dense", "dcast", "dense_from_sparse", "ensure_sorted_indices", "fcast", "icast", "lcast", "remove0", "to_format",
    "transpose", "wcast", "zcast",
]


class Cast(SparseOp):
    """Each stored element in another dtype. TypeError from complex to real."""

    __props__ = ("out_type",)
    linear = "all"

    def __init__(self, out_type: Any) -> None:
        self.out_type = config.floatX if out_type == "floatX" else normal(out_type)

    def output_types(self, x: Any) -> list[Any]:
        if x.dtype in COMPLEX and self.out_type not in COMPLEX:
            raise TypeError(f"a sparse matrix of dtype {x.dtype} cannot be cast to {self.out_type}: take its real part")
        return [SparseType(layout_of(x), self.out_type)]

    def compute(self, x: Any) -> Any:
        with np.errstate(**NUMPY_ERRORS):
            return x.astype(self.out_type)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        data, *rest = inputs[0]
        return [[data.astype(self.out_type), *rest]]

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        found = sampled(node.inputs[0], layout, indices, indptr, shape)
        return None if found is None else found.astype(self.out_type)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        return [x.zeros_like() if self.out_type in DISCRETE else g]  # the gradient is brought into the dtype of x anyhow


bcast, wcast, icast, lcast = Cast("int8"), Cast("int16"), Cast("int32"), Cast("int64")
fcast, dcast, ccast, zcast = Cast("float32"), Cast("float64"), Cast("complex64"), Cast("complex128")


def cast(variable: Any, dtype: Any) -> Any:
    """The sparse matrix in another dtype, its structure unchanged. The gradient is not restricted to that structure."""
    x = as_sparse_variable(variable)
    dtype = config.floatX if dtype == "floatX" else normal(dtype)
    return x if x.dtype == dtype else Cast(dtype)(x)


class DenseFromSparse(SparseOp):
    """The dense matrix; what is stored twice is added. structured: the gradient is that by the stored elements only."""

    __props__ = ("sparse_grad",)

    def __init__(self, structured: bool = True) -> None:
        self.sparse_grad = structured

    def output_types(self, x: Any) -> list[Any]:
        return [tensor_type(x.dtype, (None, None))]

    def compute(self, x: Any) -> Any:
        return x.toarray()

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        return [ToDense(layout_of(node.inputs[0]))(*inputs[0])]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        return [sp_ones_like(x) * g if self.sparse_grad else SparseFromDense(layout_of(x))(g)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0])]


dense_from_sparse = DenseFromSparse()


class SparseFromDense(SparseOp):
    """The elements of a dense matrix that are not 0, as a sparse matrix; vectors and scalars are taken as a row."""

    __props__ = ("format",)
    kinds = "d"
    linear = "all"

    def __init__(self, format: str) -> None:
        self.format = format

    def make_node(self, *inputs: Any) -> Apply:
        x = as_tensor(*inputs)
        if x.ndim > 2:
            raise TypeError(f"sparse matrices have two dimensions, got {x} of type {x.type}")
        if x.ndim < 2:
            x = x.dimshuffle(*["x"] * (2 - x.ndim), *range(x.ndim))
        return super().make_node(x)

    def output_types(self, x: Any) -> list[Any]:
        return [SparseType(self.format, x.dtype)]

    def compute(self, x: Any) -> Any:
        from scipy.sparse import csc_matrix, csr_matrix

        return (csc_matrix if self.format == "csc" else csr_matrix)(x)

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        return node.inputs[0][rows_and_columns(layout, indices, indptr)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        ones = [axis for axis, n in enumerate(inputs[0].type.shape) if n == 1]
        g = DenseFromSparse(structured=False)(output_grads[0])
        return [g.specify_shape([1 if axis in ones else None for axis in range(2)]) if ones else g]


csr_from_dense = SparseFromDense("csr")
csc_from_dense = SparseFromDense("csc")


class ToFormat(SparseOp):
    """The same matrix as csr or csc."""

    __props__ = ("format",)
    linear = "all"

    def __init__(self, format: str) -> None:
        if format not in ("csr", "csc"):
            raise ValueError(f"format must be one of: 'csr', 'csc', got {format!r}")
        self.format = format

    def output_types(self, x: Any) -> list[Any]:
        return [SparseType(self.format, x.dtype)]

    def compute(self, x: Any) -> Any:
        return x.asformat(self.format)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        return [inputs[0]] if layout_of(node.inputs[0]) == self.format else None

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        return sampled(node.inputs[0], layout, indices, indptr, shape)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [to_format(output_grads[0], layout_of(inputs[0]))]


def to_format(x: Any, format: str) -> Any:
    """The sparse matrix as 'csr' or 'csc'. ValueError for another format."""
    x = as_sparse_variable(x)
    return x if x.format == format and format in ("csr", "csc") else ToFormat(format)(x)


class Transpose(SparseOp):
    """Rows and columns exchanged: csr becomes csc, and csc csr, of the same parts."""

    __props__ = ()
    linear = "all"

    def output_types(self, x: Any) -> list[Any]:
        return [SparseType("csc" if layout_of(x) == "csr" else "csr", x.dtype)]

    def compute(self, x: Any) -> Any:
        return (x.tocsr() if x.format == "bsr" else x).transpose()

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        data, indices, indptr, shape = inputs[0]
        return [[data, indices, indptr, shape[::-1]]]

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        return sampled(node.inputs[0], "csc" if layout == "csr" else "csr", indices, indptr, shape[::-1])

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [transpose(output_grads[0])]

    def __str__(self) -> str:
        return "SparseTranspose"

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        x = as_sparse_variable(*inputs)
        if x.owner is not None and isinstance(x.owner.op, Transpose) and x.owner.inputs[0].format != "bsr":
            return x.owner.inputs[0]
        return super().__call__(x, **options)


transpose = Transpose()


class EnsureSortedIndices(SparseOp):
    """The matrix with the indices of each row (csr) or column (csc) in order. inplace is accepted for Theano's sake."""

    __props__ = ("inplace",)
    linear = "all"

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def output_types(self, x: Any) -> list[Any]:
        return [SparseType(layout_of(x), x.dtype)]

    def compute(self, x: Any) -> Any:
        return (x.tocsr() if x.format == "bsr" else x).sorted_indices()

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0]]


ensure_sorted_indices = EnsureSortedIndices(inplace=False)


class Remove0(EnsureSortedIndices):
    """The matrix without the zeros that it stores. inplace is accepted for Theano's sake."""

    __props__ = ("inplace",)

    def compute(self, x: Any) -> Any:
        x = x.tocsr() if x.format == "bsr" else x.copy()
        x.eliminate_zeros()
        return x


remove0 = Remove0()


def clean(x: Any) -> Any:
    """The matrix without stored zeros, its indices in order."""
    return ensure_sorted_indices(remove0(x))
