"""Matrix products in which a factor is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply
from symgraph.expr.sparse import SparseType, as_sparse_variable, is_sparse_value
from symgraph.expr.types import tensor_type
from symgraph.ops.sparse.arithmetic import conjugated
from symgraph.ops.sparse.convert import SparseFromDense, dense_from_sparse, transpose
from symgraph.ops.sparse.multiply import Collect, SampledProduct, Scatter
from symgraph.ops.sparse.structure import (
    CSM,
    SparseOp,
    as_sparse_or_tensor_variable,
    csm_indices,
    csm_indptr,
    csm_shape,
    is_sparse,
    layout_of,
    restricted,
    sp_ones_like,
    times,
)

__all__ = [
    "Dot", "OuterProduct", "SamplingDot", "StructuredDot", "StructuredDotGradCSC", "StructuredDotGradCSR", "TrueDot", "Usmm", "dot", "sampling_dot",
    "sdg_csc", "sdg_csr", "structured_dot", "structured_dot_grad", "true_dot", "usmm",
]


def on_dense(layout: str, parts: Sequence[Any], y: Any) -> Any:
    """The product of a sparse matrix, in parts, and a dense matrix or vector."""
    data, indices, indptr, shape = parts
    return Collect(1)(data, indices, indptr, shape, y) if layout == "csr" else Scatter(0)(data, indices, indptr, shape, y)


def on_parts_of(x: Any, y: Any, parts: Any, other: Any) -> Any:
    """The dense product of two variables of which one is sparse, given their parts."""
    if is_sparse(x):
        return on_dense(layout_of(x), parts, other)
    data, indices, indptr, shape = other
    turned = on_dense("csc" if layout_of(y) == "csr" else "csr", [data, indices, indptr, shape[::-1]], parts if x.ndim == 1 else parts.T)
    return turned if x.ndim == 1 else turned.T


def fitting(x: Any, y: Any) -> None:
    """ValueError if the matrices or vectors cannot be multiplied."""
    if x.shape[-1] != y.shape[0]:
        raise ValueError(f"shape mismatch: {x.shape} and {y.shape} cannot be multiplied")


def as_result(value: Any) -> np.ndarray:
    """A product that scipy made, dense."""
    return value.toarray() if is_sparse_value(value) else np.asarray(value)


def turned(x: Any) -> Any:
    """The transpose, conjugated; of a vector itself."""
    if is_sparse(x):
        return transpose(conjugated(x))
    return x.conj() if x.ndim == 1 else x.T.conj()


def stacks(op: Any, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any] | None:
    """The product where the dense factor is a stack: the stack is laid out as one matrix. There are no stacks of sparse matrices."""
    x, y = inputs
    if stacked[0] == stacked[1]:
        return None
    if stacked[0]:
        if x.ndim == 2:
            return [op(x, y)]
        out = op(x.reshape([x.shape[0] * x.shape[1], x.shape[2]]), y)
        return [out.reshape([x.shape[0], x.shape[1], out.shape[1]])]
    if y.ndim == 2:
        return [op(x, y.T).T]
    out = op(x, y.dimshuffle(1, 0, 2).reshape([y.shape[1], y.shape[0] * y.shape[2]]))
    return [out.reshape([out.shape[0], y.shape[0], y.shape[2]]).dimshuffle(1, 0, 2)]


class Dot(SparseOp):
    """x @ y with a sparse factor or two: dense. The gradient by a sparse factor is that by all its elements, stored or not."""

    __props__ = ()
    kinds = "**"
    linear = "each"

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if not is_sparse(x) and not is_sparse(y):
            raise TypeError(f"Sparse dot product should have at least one sparse variable as inputs, got {x.type} and {y.type}")
        for z in (x, y):
            if z.ndim not in (1, 2):
                raise TypeError(f"a sparse matrix is multiplied by a matrix or a vector, got {z.type}")
        sizes = [n for z in (x, y) if z.ndim == 2 for n in [None if is_sparse(z) else z.type.shape[0 if z is x else 1]]]
        return [tensor_type(upcast(x.dtype, y.dtype), tuple(sizes))]

    def compute(self, x: Any, y: Any) -> Any:
        fitting(x, y)
        return as_result(x @ y)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        x, y = node.inputs
        if is_sparse(x) and is_sparse(y):
            return None
        return [on_parts_of(x, y, *inputs)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        return [self._term(x, g, turned(y)), self._term(y, turned(x), g)]

    def _term(self, x: Any, u: Any, v: Any) -> Any:
        """The gradient by the factor x: u @ v."""
        if x.ndim == 1:
            return dot(u, v)
        if is_sparse(u) or is_sparse(v):
            return SparseFromDense(layout_of(x))(dot(u, v)) if is_sparse(x) else _fitted(dot(u, v), x)
        return OuterProduct(layout_of(x))(u if u.ndim == 2 else u.dimshuffle(0, "x"), v.T if v.ndim == 2 else v.dimshuffle(0, "x"))

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any] | None:
        return stacks(self, inputs, stacked)

    def __str__(self) -> str:
        return "SparseDot"


class OuterProduct(SparseOp):
    """u @ v.T of dense matrices as a sparse matrix that stores every element: a gradient. What reads it at few places does not make it."""

    __props__ = ("format",)
    kinds = "dd"
    linear = "each"

    def __init__(self, format: str) -> None:
        self.format = format

    def output_types(self, u: Any, v: Any) -> list[Any]:
        return [SparseType(self.format, upcast(u.dtype, v.dtype))]

    def compute(self, u: Any, v: Any) -> Any:
        import scipy.sparse

        return getattr(scipy.sparse, f"{self.format}_matrix")(u @ v.T)

    def sampled(self, node: Apply, layout: str, indices: Any, indptr: Any, shape: Any) -> Any:
        u, v = node.inputs
        return Sampled()(indices, indptr, *((u, v) if layout == "csr" else (v, u)))

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (u, v), (g,) = inputs, output_grads
        return [_fitted(dot(g, v.conj()), u), _fitted(dot(transpose(g), u.conj()), v)]


def _fitted(g: Any, x: Any) -> Any:
    """Sizes of 1 that the dense x is known to have and the derivative is not."""
    lost = [axis for axis, n in enumerate(x.type.shape) if n == 1 and g.type.shape[axis] != 1]
    return g.sum(axis=lost, keepdims=True) if lost else g


_dot = Dot()


def dot(x: Any, y: Any) -> Any:
    """The product of matrices, or of a matrix and a vector, at least one of which is sparse: dense.

    Its dtype is that which holds both. TypeError if neither is sparse, ValueError at the call for sizes that do not fit. The
    gradient is not structured: that by a sparse x is sparse in form, but has every element; `structured_dot` has the others.

    >>> import numpy as np, scipy.sparse
    >>> dot(scipy.sparse.eye(2, format='csc'), np.array([[1.0, 2.0], [3.0, 4.0]])).eval()
    array([[1., 2.],
           [3., 4.]])
    """
    return _dot(x, y)


class StructuredDot(SparseOp):
    """a @ b, a sparse, b a dense matrix (the result is dense) or a sparse one (then sparse). The gradient by a has its structure."""

    __props__ = ()
    kinds = "s*"
    linear = "each"

    def output_types(self, a: Any, b: Any) -> list[Any]:
        dtype = upcast(a.dtype, b.dtype)
        if is_sparse(b):
            return [SparseType(layout_of(a), dtype)]
        if b.ndim != 2:
            raise TypeError(f"structured_dot multiplies matrices, got {b.type}; dot takes vectors")
        return [tensor_type(dtype, (None, b.type.shape[1]))]

    def compute(self, a: Any, b: Any) -> Any:
        fitting(a, b)
        return a @ b

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        a, b = node.inputs
        return None if is_sparse(b) else [on_dense(layout_of(a), *inputs)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (a, b), (g,) = inputs, output_grads
        if is_sparse(b):
            return [restricted(self(g, turned(b)), a), self(turned(a), g)]
        return [structured_dot_grad(a, b.conj(), g), _fitted(self(turned(a), g), b)]

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any] | None:
        return stacks(self, inputs, stacked)


_structured_dot = StructuredDot()


def structured_dot(x: Any, y: Any) -> Any:
    """The product of two matrices, of which one or both are sparse; dense if one of them is.

    The gradient by a sparse factor is that by the elements it stores. TypeError if neither is sparse or one is a vector,
    ValueError at the call for sizes that do not fit.
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not is_sparse(x) and not is_sparse(y):
        raise TypeError(f"structured_dot: one of the factors must be sparse, got {x.type} and {y.type}")
    if is_sparse(x):
        return _structured_dot(x, y)
    if x.ndim != 2:
        raise TypeError(f"structured_dot multiplies matrices, got {x.type}; dot takes vectors")
    return _structured_dot(transpose(y), x.T).T


def matmul(x: Any, y: Any) -> Any:
    """What ``x @ y`` is of matrices and vectors at least one of which is sparse: `structured_dot`, of a vector a vector.

    >>> import numpy as np, scipy.sparse
    >>> matmul(scipy.sparse.eye(2, format='csc'), np.array([1.0, 2.0])).eval()
    array([1., 2.])
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not is_sparse(y) and y.ndim == 1:
        return structured_dot(x, y.dimshuffle(0, "x")).flatten()
    if not is_sparse(x) and x.ndim == 1:
        return structured_dot(x.dimshuffle("x", 0), y).flatten()
    return structured_dot(x, y)


class Sampled(SparseOp):
    """indices, indptr, u, v: the product of the rows of u and v that each stored element belongs to."""

    __props__: tuple[str, ...] = ()
    kinds = "dddd"
    layout = "csr"

    def output_types(self, indices: Any, indptr: Any, u: Any, v: Any) -> list[Any]:
        for x in (u, v):
            if x.ndim != 2:
                raise TypeError(f"{self} takes matrices, got {x.type}")
        return [tensor_type(upcast(u.dtype, v.dtype), indices.type.shape)]

    def arranged(self, u: Any, v: Any) -> tuple[Any, Any]:
        """That of the major index first."""
        return u, v

    def compute(self, indices: Any, indptr: Any, u: Any, v: Any) -> Any:
        return SampledProduct().compute(indices, indptr, *self.arranged(u, v))

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        indices, indptr, u, v = inputs
        return [SampledProduct()(indices, indptr, *self.arranged(u, v))]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (indices, indptr, *pair), (g,) = inputs, output_grads
        u, v = self.arranged(*pair)
        x = CSM("csr")(g, indices, indptr, as_tensor([u.shape[0], v.shape[0]]))
        terms = [_fitted(dot(x, v.conj()), u), _fitted(dot(transpose(x), u.conj()), v)]
        return [None, None, *self.arranged(*terms)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False], [True], [True]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        indices, indptr, u, v = inputs
        terms = [self(indices, indptr, *pair) for pair in ((tangents[2], v), (u, tangents[3])) if pair[0] is not None and pair[1] is not None]
        return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]


class StructuredDotGradCSR(Sampled):
    """a_indices, a_indptr of a csr matrix, b, g_ab: the gradient by the data of a, given that by a @ b."""

    __props__ = ()

    def arranged(self, u: Any, v: Any) -> tuple[Any, Any]:
        return v, u


class StructuredDotGradCSC(Sampled):
    """a_indices, a_indptr of a csc matrix, b, g_ab: the gradient by the data of a, given that by a @ b."""

    __props__ = ()


sdg_csc, sdg_csr = StructuredDotGradCSC(), StructuredDotGradCSR()


def structured_dot_grad(sparse_A: Any, dense_B: Any, ga: Any) -> Any:
    """The gradient by the sparse A of a function whose gradient by A @ B is `ga`: a matrix with the structure of A."""
    x = as_sparse_variable(sparse_A)
    indices, indptr = csm_indices(x), csm_indptr(x)
    data = (sdg_csc if layout_of(x) == "csc" else sdg_csr)(indices, indptr, dense_B, ga)
    return CSM(layout_of(x))(data, indices, indptr, csm_shape(x))


class SamplingDot(SparseOp):
    """x, y dense, p sparse: p times x @ y.T, element by element; only what p stores is calculated."""

    __props__ = ()
    kinds = "dds"
    linear = "each"

    def output_types(self, x: Any, y: Any, p: Any) -> list[Any]:
        for z in (x, y):
            if z.ndim != 2:
                raise TypeError(f"sampling_dot multiplies matrices, got {z.type}")
        return [SparseType(layout_of(p), upcast(x.dtype, y.dtype, p.dtype))]

    def compute(self, x: Any, y: Any, p: Any) -> Any:
        if (len(x), len(y)) != p.shape or x.shape[1] != y.shape[1]:
            raise ValueError(f"shape mismatch: sampling_dot of shapes {x.shape}, {y.shape} and a sparse matrix of {p.shape}")
        found = p.tocoo()
        product = (x[found.row] * y[found.col]).sum(axis=1)
        return type(p)((p.data * product, p.indices, p.indptr), shape=p.shape)

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any]:
        x, y, (data, indices, indptr, shape) = inputs
        x, y = x.specify_shape([shape[0], None]), y.specify_shape([shape[1], None])
        u, v = (x, y) if layout_of(node.inputs[2]) == "csr" else (y, x)
        return [[data * SampledProduct()(indices, indptr, u, v), indices, indptr, shape]]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y, p), (g,) = inputs, output_grads
        weighted = times(p, g)
        by_p = times(self(x, y, sp_ones_like(p)), g)
        return [_fitted(dot(weighted, y.conj()), x), _fitted(dot(transpose(weighted), x.conj()), y), by_p]


sampling_dot = SamplingDot()


class TrueDot(SparseOp):
    """x @ y, x sparse, y sparse or a dense matrix: sparse. grad_preserves_dense: the gradient by a dense y is dense."""

    __props__ = ("grad_preserves_dense",)
    kinds = "s*"
    linear = "each"

    def __init__(self, grad_preserves_dense: bool = True) -> None:
        self.grad_preserves_dense = grad_preserves_dense

    def output_types(self, x: Any, y: Any) -> list[Any]:
        if y.ndim != 2:
            raise TypeError(f"true_dot multiplies matrices, got {y.type}")
        return [SparseType(layout_of(x), upcast(x.dtype, y.dtype))]

    def compute(self, x: Any, y: Any) -> Any:
        fitting(x, y)
        return x @ y

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, output_grads
        by_y = true_dot(turned(x), g)
        if not is_sparse(y) and self.grad_preserves_dense:
            by_y = _fitted(dense_from_sparse(by_y), y)
        return [true_dot(g, turned(y)), by_y]


def true_dot(x: Any, y: Any, grad_preserves_dense: bool = True) -> Any:
    """The product of two matrices, of which one or both are sparse: sparse, in the format of x (of y, if x is dense).

    grad_preserves_dense: whether the gradient by a dense factor is dense. TypeError if neither is sparse, ValueError at the call for
    sizes that do not fit.
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not is_sparse(x) and not is_sparse(y):
        raise TypeError(f"true_dot: one of the factors must be sparse, got {x.type} and {y.type}")
    if is_sparse(x):
        return TrueDot(grad_preserves_dense)(x, y)
    if x.ndim != 2:
        raise TypeError(f"true_dot multiplies matrices, got {x.type}")
    return transpose(TrueDot(grad_preserves_dense)(transpose(y), x.T))


class Usmm(SparseOp):
    """alpha, x, y, z: alpha x @ y + z, alpha a scalar, x or y sparse, z a dense matrix: dense."""

    __props__ = ()
    kinds = "d**d"

    def output_types(self, alpha: Any, x: Any, y: Any, z: Any) -> list[Any]:
        if any(n != 1 for n in alpha.type.shape) or z.ndim != 2 or x.ndim != 2 or y.ndim != 2:
            raise TypeError(f"usmm takes a scalar and three matrices, got {alpha.type}, {x.type}, {y.type} and {z.type}")
        _dot.output_types(x, y)
        return [tensor_type(upcast(alpha.dtype, x.dtype, y.dtype, z.dtype), (None, None))]

    def compute(self, alpha: Any, x: Any, y: Any, z: Any) -> Any:
        fitting(x, y)
        if (x.shape[0], y.shape[1]) != z.shape:
            raise ValueError(f"shape mismatch: usmm adds a product of shape {(x.shape[0], y.shape[1])} to a matrix of {z.shape}")
        return alpha.reshape(()) * as_result(x @ y) + z

    def on_parts(self, node: Apply, inputs: Sequence[Any]) -> Sequence[Any] | None:
        alpha, x, y, z = inputs
        if is_sparse(node.inputs[1]) and is_sparse(node.inputs[2]):
            return None
        product = on_parts_of(node.inputs[1], node.inputs[2], x, y)
        out = alpha.flatten()[0] * product + z.specify_shape([product.shape[0], product.shape[1]])
        return [out.astype(node.outputs[0].dtype)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (alpha, x, y, z), (g,) = inputs, output_grads
        scaled = alpha.flatten()[0].conj() * g
        by_alpha = (dot(x, y).conj() * g).sum()
        return [by_alpha.reshape([1] * alpha.ndim), *_dot.grad([x, y], [scaled]), _fitted(g, z)]

    def __str__(self) -> str:
        return "Usmm{no_inplace}"


usmm = Usmm()

