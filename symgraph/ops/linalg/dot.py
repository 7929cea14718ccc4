"""The product of two vectors or matrices, as one op with one call of BLAS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.sparse import SparseVariable
from symgraph.ops.linalg.blas import multiply, vector_by_vector

__all__ = ["Dot", "dot", "matrix_dot"]


class Dot(Op):
    """The product of a and b, each a vector or a matrix, of one dtype. transpose_a, transpose_b: the matrix is taken transposed.

    (n, k) (k, m) -> (n, m); (n, k) (k,) -> (n,); (k,) (k, m) -> (m,); (k,) (k,) -> ().
    """

    __props__ = ("transpose_a", "transpose_b")
    holomorphic = True
    kernel_name = "gemm"
    cost = 100

    def __init__(self, transpose_a: bool = False, transpose_b: bool = False) -> None:
        self.transpose_a = transpose_a
        self.transpose_b = transpose_b

    def __str__(self) -> str:
        flags = [name for name, flag in (("a'", self.transpose_a), ("b'", self.transpose_b)) if flag]
        return f"dot{{{', '.join(flags)}}}" if flags else "dot"

    def output_dtypes(self, a: Any, b: Any) -> list[str]:
        if a.ndim not in (1, 2) or b.ndim not in (1, 2):
            raise TypeError(f"Dot takes vectors and matrices, got {a.type} and {b.type}")
        if a.dtype != b.dtype:
            raise TypeError(f"Dot takes two arrays of one dtype, got {a.dtype} and {b.dtype}: cast one of them")
        if (self.transpose_a and a.ndim != 2) or (self.transpose_b and b.ndim != 2):
            raise TypeError("only a matrix can be taken transposed")
        return [a.dtype]

    def sizes(self, s: Any, a: Any, b: Any) -> Any:
        left = tuple(reversed(a.shape)) if self.transpose_a else tuple(a.shape)
        right = tuple(reversed(b.shape)) if self.transpose_b else tuple(b.shape)
        text, shown = mismatch(left, right)
        s.check(s.equal(left[-1], right[0]), "ValueError", text, *shown)
        return [(*left[:-1], *right[1:])]

    def compute(self, a: Any, b: Any) -> Any:
        left = a.T if self.transpose_a else a
        right = b.T if self.transpose_b else b
        if left.shape[-1] != right.shape[0]:
            text, shown = mismatch(left.shape, right.shape)
            raise ValueError(text.format(*shown))
        if left.dtype == "float16":
            return left.astype("float32").dot(right.astype("float32")).astype("float16")
        return left.dot(right)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, y = inputs
        (out,) = outputs
        if len(x.shape) == len(y.shape) == 1:
            b.store(out.pointer, 0, vector_by_vector(b, out.dtype, x.pointer, y.pointer, x.shape[0]))
            return
        left = tuple(reversed(x.shape)) if self.transpose_a else tuple(x.shape)
        right = tuple(reversed(y.shape)) if self.transpose_b else tuple(y.shape)
        rows = left[0] if len(left) == 2 else 1
        columns = right[1] if len(right) == 2 else 1
        flags = (self.transpose_a, self.transpose_b)
        multiply(b, out.dtype, out.pointer, x.pointer, y.pointer, rows, columns, left[-1], flags)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        a, b = inputs
        (g,) = output_grads
        by_a, by_b = _grads(transposed(a) if self.transpose_a else a, transposed(b) if self.transpose_b else b, g)
        return [_as(transposed(by_a) if self.transpose_a else by_a, a), _as(transposed(by_b) if self.transpose_b else by_b, b)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (a, b), (da, db) = inputs, tangents
        terms = [self(*pair) for pair in ((da, b), (a, db)) if pair[0] is not None and pair[1] is not None]
        return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        a, b = inputs
        p, q = stacked
        if self.transpose_a:
            a = a.dimshuffle(0, 2, 1) if p else a.dimshuffle(1, 0)
        if self.transpose_b:
            b = b.dimshuffle(0, 2, 1) if q else b.dimshuffle(1, 0)
        if not q:  # the rows of all examples below each other
            return [dot(a, b)]
        if not p:
            out = dot(b, transposed(a)) if b.ndim == 2 else dot(a, b)
            return [out.dimshuffle(1, 0, 2) if out.ndim == 3 else out]
        left, right = a.ndim == 2, b.ndim == 2  # vectors
        out = (a.dimshuffle(0, "x", 1) if left else a) @ (b.dimshuffle(0, 1, "x") if right else b)
        return [out.dimshuffle(0, *[1] * (not left), *[2] * (not right)) if left or right else out]


def _grads(a: Any, b: Any, g: Any) -> tuple[Any, Any]:
    """The derivatives by a and b of a b, given g, that by the product."""
    if a.ndim == 2:
        by_a = dot(g, transposed(b)) if b.ndim == 2 else g.dimshuffle(0, "x") * b.dimshuffle("x", 0)
        return by_a, dot(transposed(a), g)
    if b.ndim == 2:
        return dot(b, g), a.dimshuffle(0, "x") * g.dimshuffle("x", 0)
    return b * g, a * g


def _as(g: Any, x: Any) -> Any:
    """Sizes of 1 that x is known to have and the derivative is not."""
    lost = [d for d, n in enumerate(x.type.shape) if n == 1 and g.type.shape[d] != 1]
    return g.sum(axis=lost, keepdims=True) if lost else g


def transposed(x: Any) -> Any:
    """A matrix with rows and columns exchanged; a vector as it is."""
    return x if x.ndim < 2 else x.dimshuffle(1, 0)


def mismatch(left: Sequence[Any], right: Sequence[Any]) -> tuple[str, list[Any]]:
    """The text of an error with the sizes that fill it."""
    if len(left) == 2 and len(right) == 2:
        return (
            "Shape mismatch: x has {} cols (and {} rows) but y has {} rows (and {} cols)",
            [left[1], left[0], right[0], right[1]],
        )
    if len(left) == 2:
        return "Shape mismatch: x has {} cols (and {} rows) but y has {} elements", [left[1], left[0], right[0]]
    if len(right) == 2:
        return "Shape mismatch: x has {} elements but y has {} rows (and {} cols)", [left[0], right[0], right[1]]
    return "Shape mismatch: x has {} elements but y has {} elements", [left[0], right[0]]


def same_dtype(a: Any, b: Any) -> tuple[Any, Any]:
    """Both cast to the dtype that holds them."""
    dtype = upcast(a.dtype, b.dtype)
    return (a if a.dtype == dtype else a.astype(dtype)), (b if b.dtype == dtype else b.astype(dtype))


def sizes_of(x: Any) -> list[Any]:
    """The sizes of x as variables; what is known is a constant."""
    return [size_of(x, d) for d in range(x.ndim)]


def as_matrix(x: Any, leading: int) -> Any:
    """x with its first `leading` dimensions merged into rows, the others into columns."""
    sizes = sizes_of(x)
    return x.reshape([times(sizes[:leading]), times(sizes[leading:])])


def dot(a: Any, b: Any) -> Any:
    """The product of a and b: vectors and matrices as in algebra, scalars multiply, of more dimensions the sum over the last
    of a and the last but one of b. ValueError if these differ in size, at once or at the call.

    >>> import symgraph.tensor as T
    >>> dot([[1, 2], [3, 4]], [1, 10]).eval()
    array([21, 43])
    """
    if isinstance(a, SparseVariable) or isinstance(b, SparseVariable):
        return a.dot(b) if isinstance(a, SparseVariable) else b.__rdot__(a)
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    a, b = same_dtype(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return Dot()(a, b)
    if b.ndim > 2:  # the dimension that is summed over first
        b = b.dimshuffle(b.ndim - 2, *range(b.ndim - 2), b.ndim - 1)
    out = Dot()(a if a.ndim <= 2 else as_matrix(a, a.ndim - 1), b if b.ndim <= 2 else as_matrix(b, 1))
    return out.reshape([*sizes_of(a)[:-1], *sizes_of(b)[1:]])


def matrix_dot(*args: Any) -> Any:
    """The product of two or more matrices, from left to right."""
    if not args:
        raise ValueError("matrix_dot needs at least one matrix")
    product = as_tensor(args[0])
    for x in args[1:]:
        product = dot(product, x)
    return product
