"""Sparse matrices made of parts and taken apart, and what every op on them shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import CONTINUOUS, DISCRETE, INTEGER
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.op import Apply, Op
from symgraph.expr.sparse import SparseType, SparseVariable, as_sparse_variable, is_sparse_value
from symgraph.expr.types import TensorType, tensor_type
from symgraph.expr.variable import Variable
from symgraph.ops.sparse.kernels import MajorIndices, Resample
from symgraph.settings import config

__all__ = [
    "CSC", "CSM", "CSR", "CSMGrad", "CSMProperties", "SparseOp", "as_sparse_or_tensor_variable", "csm_data", "csm_indices", "csm_indptr",
    "csm_properties", "csm_shape", "places", "rows_and_columns", "sp_ones_like", "sp_zeros_like",
]


class SparseOp(Op):
    """Base of the ops on sparse matrices. kinds: a letter an input, 's' sparse, 'd' dense, '*' either.

    `compute` gives what scipy gives; the result is brought into the output's type. linear: in which way tangents go through:
    "all" inputs together, "each" on its own, or "" (then by the reverse rule).
    """

    kinds = "s"
    linear = ""

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != len(self.kinds):
            raise TypeError(f"{self} takes {len(self.kinds)} inputs, got {len(inputs)}")
        as_kind = {"s": as_sparse_variable, "d": as_tensor, "*": as_sparse_or_tensor_variable}
        variables = [as_kind[kind](x) for kind, x in zip(self.kinds, inputs)]
        return Apply(self, variables, [t.variable_class(t) for t in self.output_types(*variables)])

    def run(self, node: Apply, arrays: Sequence[Any]) -> list[Any]:
        # Where something is stored twice or out of order, functions of scipy put that right in their operand itself.
        arrays = [x.copy() if isinstance(y.type, SparseType) and not x.has_canonical_format else x for x, y in zip(arrays, node.inputs)]
        return [x.type.filter(value, allow_downcast=True) for x, value in zip(node.outputs, super().run(node, arrays))]

    def __init_subclass__(cls) -> None:
        if cls.linear and "R_op" not in vars(cls):
            cls.R_op = cls.tangent  # type: ignore[assignment,method-assign]

    def tangent(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Forward mode of a function that is linear in all inputs together, or in each of them."""
        if all(t is None for t in tangents):
            return [None]
        if self.linear == "all":
            return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]
        total: Any = None
        for k, t in enumerate(tangents):
            if t is not None:
                term = self(*inputs[:k], t, *inputs[k + 1 :])
                total = term if total is None else total + term
        return [total]


def as_sparse_or_tensor_variable(x: Any, name: str | None = None) -> Any:
    """x as a sparse variable if it is sparse, else as a tensor. TypeError if it can be neither."""
    if isinstance(x, SparseVariable):
        return x
    return as_sparse_variable(x, name) if is_sparse_value(x) else as_tensor(x, name)


def is_dense(x: Any) -> bool:
    """Whether a variable holds an array."""
    return isinstance(x.type, TensorType)


def is_sparse(x: Any) -> bool:
    """Whether a variable holds a sparse matrix."""
    return isinstance(x.type, SparseType)


def layout_of(x: Any) -> str:
    """'csr' or 'csc': what a sparse variable is, in native code."""
    return x.type.layout


def minor_of(x: Any) -> int:
    """Which of the two sizes is the one within a major line."""
    return 1 if x.type.layout == "csr" else 0


# Parts ----------------------------------------------------------------------------------------------------------------


def _no_kmap(kmap: Any) -> None:
    if kmap is not None:
        raise TypeError("kmap is not supported: select the elements of data instead")


class CSMProperties(SparseOp):
    """data, indices, indptr (int32) and shape (int64) of a sparse matrix; of bsr those of the same matrix as csr.

    The gradient by the matrix is that by `data`, in a matrix with its structure.
    """

    __props__ = ()

    def __init__(self, kmap: Any = None) -> None:
        _no_kmap(kmap)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Of a matrix that was made of parts `indices`, `indptr` and `shape` are those parts, so that equal structures are seen to be."""
        data, *rest = super().__call__(*inputs, **options)
        node = data.owner.inputs[0].owner
        return [data, *(node.inputs[1:] if node is not None and isinstance(node.op, CSM) else rest)]

    def output_types(self, x: Any) -> list[Any]:
        return list(x.type.part_types())

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        for place, part in zip(output_storage, node.inputs[0].type.split(inputs[0])):
            place[0] = part.copy()

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        return inputs[0]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [with_data(inputs[0], output_grads[0])]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        (t,) = tangents
        return [None if t is None else at_places(t, layout_of(inputs[0]), *csm_properties(inputs[0])), None, None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, False, False, False]]


csm_properties = CSMProperties()


def csm_data(csm: Any) -> Any:
    """The stored elements, a vector."""
    return csm_properties(csm)[0]


def csm_indices(csm: Any) -> Any:
    """The column (csr) or row (csc) of each stored element, an int32 vector."""
    return csm_properties(csm)[1]


def csm_indptr(csm: Any) -> Any:
    """Where each row (csr) or column (csc) begins among the stored elements, and where the last ends: an int32 vector."""
    return csm_properties(csm)[2]


def csm_shape(csm: Any) -> Any:
    """Numbers of rows and columns, an int64 vector."""
    return csm_properties(csm)[3]


class CSM(SparseOp):
    """The sparse matrix of these parts. format: 'csr' or 'csc'. Parts that do not fit together are an error of the call.

    The gradient by `data` is that by the matrix, read at the stored places.
    """

    __props__ = ("format",)
    kinds = "dddd"

    def __init__(self, format: str, kmap: Any = None) -> None:
        _no_kmap(kmap)
        if format not in ("csr", "csc"):
            raise ValueError(f"format must be one of: 'csr', 'csc', got {format!r}")
        self.format = format

    def make_node(self, data: Any, indices: Any, indptr: Any, shape: Any) -> Apply:
        parts = [as_tensor(data), _places("indices", indices, "int32"), _places("indptr", indptr, "int32"), _places("shape", shape, "int64")]
        if parts[0].ndim != 1:
            raise TypeError(f"data of a sparse matrix must be a vector, got {parts[0].type}")
        return super().make_node(*parts)

    def output_types(self, data: Any, *rest: Any) -> list[Any]:
        return [SparseType(self.format, data.dtype)]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = node.outputs[0].type.join([inputs[0].copy(), *inputs[1:]])

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        return [list(inputs)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        if inputs[0].dtype in DISCRETE:
            return [inputs[0].zeros_like(dtype=config.floatX), None, None, None]
        return [at_places(g, self.format, *inputs), None, None, None]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False], [False]]


CSC = CSM("csc")
CSR = CSM("csr")


def _places(what: str, x: Any, dtype: str) -> Any:
    x = as_tensor(x)
    if x.ndim != 1 or (x.dtype not in INTEGER and x.type.shape != (0,)):
        raise TypeError(f"{what} of a sparse matrix must be a vector of integers, got {x.type}")
    return x if x.dtype == dtype else x.astype(dtype)


class CSMGrad(SparseOp):
    """The gradient by `data`: the matrix of the second four parts read at the places that the first four store; what is stored
    twice is added, what is not stored is 0."""

    __props__ = ()
    kinds = "dddddddd"

    def __init__(self, kmap: Any = None) -> None:
        _no_kmap(kmap)

    def output_types(self, data: Any, indices: Any, indptr: Any, shape: Any, g_data: Any, *g_rest: Any) -> list[Any]:
        return [tensor_type(g_data.dtype, data.type.shape)]

    def compute(self, data: Any, indices: Any, indptr: Any, shape: Any, g_data: Any, g_indices: Any, g_indptr: Any, g_shape: Any) -> Any:
        return Resample().compute(g_data, g_indices, g_indptr, indices, indptr, np.asarray(max(shape)))

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        return [self._read(inputs)]

    def _read(self, inputs: Sequence[Any]) -> Any:
        _, indices, indptr, shape, g_data, g_indices, g_indptr, _ = inputs
        if indices is g_indices and indptr is g_indptr:
            return g_data
        longest = shape[0].maximum(shape[1])  # which of the two is the size of a line, the parts do not say
        return Resample()(g_data, g_indices, g_indptr, indices, indptr, longest)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        back = CSMGrad()(*inputs[4:], g, *inputs[1:4])
        return [inputs[0].zeros_like(), None, None, None, back, None, None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[k in (0, 4)] for k in range(8)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        t = tangents[4]
        return [None if t is None else self(*inputs[:4], t, *inputs[5:])]


def at_places(g: Any, layout: str, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
    """The elements of the sparse matrix g at the places that the parts (of this layout, and of the shape of g) store.

    A gradient may store every element, as that of a sum does. It is not made where an op knows the way to single elements
    (`sampled`), and a sum of gradients is read term by term.
    """
    terms: list[Any] = []
    stack = [g]
    while stack:
        x = stack.pop()
        if x.owner is not None and getattr(x.owner.op, "is_sum", False):
            stack += reversed(x.owner.inputs)
        else:
            terms.append(x)
    found = [sampled(x, layout, indices, indptr, shape) for x in terms]
    if all(x is None for x in found):
        return CSMGrad()(data, indices, indptr, shape, *csm_properties(g.to_format(layout)))
    total: Any = None
    for x, value in zip(terms, found):
        if value is None:
            value = CSMGrad()(data, indices, indptr, shape, *csm_properties(x.to_format(layout)))
        total = value if total is None else total + value
    return total


def sampled(x: Any, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
    """The elements of a sparse variable at these places, if there is a shorter way to them than to make it; else None."""
    node = x.owner
    if node is None:
        return None
    if isinstance(node.op, CSM) and node.op.format == layout and node.inputs[1] is indices and node.inputs[2] is indptr:
        return node.inputs[0]
    return node.op.sampled(node, layout, indices, indptr, shape) if hasattr(node.op, "sampled") else None


def rows_and_columns(layout: str, indices: Any, indptr: Any) -> tuple[Any, Any]:
    """Row and column of each stored element, int32 vectors."""
    major = MajorIndices()(indices, indptr)
    return (major, indices) if layout == "csr" else (indices, major)


def places(x: Any) -> tuple[Any, Any]:
    """Row and column of each stored element of a sparse variable, int32 vectors."""
    _, indices, indptr, _ = csm_properties(as_sparse_variable(x))
    return rows_and_columns(layout_of(x), indices, indptr)


def with_data(x: Any, data: Any) -> Any:
    """The sparse variable x with other elements at the same places."""
    _, indices, indptr, shape = csm_properties(x)
    return CSM(layout_of(x))(data, indices, indptr, shape)


def restricted(g: Any, x: Any) -> Any:
    """The sparse matrix g where x stores an element."""
    return with_data(x, at_places(g, layout_of(x), *csm_properties(x)))


def times(x: Any, g: Any) -> Any:
    """The elements that x stores, conjugated, times those of the sparse matrix g there: what gradients of products sum up."""
    data, *rest = csm_properties(x)
    return with_data(x, data.conj() * at_places(g, layout_of(x), data, *rest))


def sp_ones_like(x: Any) -> Any:
    """A sparse matrix with 1 where x stores an element."""
    x = as_sparse_variable(x)
    return with_data(x, csm_data(x).ones_like())


def sp_zeros_like(x: Any) -> Any:
    """A sparse matrix of the shape and type of x that stores nothing."""
    x = as_sparse_variable(x)
    _, _, indptr, shape = csm_properties(x)
    return CSM(layout_of(x))(constant([], dtype=x.dtype), constant([], dtype="int32"), indptr.zeros_like(), shape)


def continuous(x: Any) -> bool:
    """Whether a variable holds floats or complex numbers."""
    return x.type.dtype in CONTINUOUS


def no_gradient(inputs: Sequence[Variable]) -> list[Any]:
    """The gradients of a function that is a step by each of its inputs."""
    return [x.zeros_like() for x in inputs]  # type: ignore[attr-defined]
