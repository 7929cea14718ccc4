"""Matrix products one by one along a leading dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.ops.linalg.blas import multiply
from symgraph.ops.linalg.dot import Dot, dot, same_dtype, sizes_of
from symgraph.ops.linalg.products import axes_of_tensordot

__all__ = ["BatchedDot", "batched_dot", "batched_tensordot", "matmul"]


class BatchedDot(Op):
    """a[i] b[i] for each i: (n, p, k) (n, k, q) -> (n, p, q); either may be transposed in its last two dimensions."""

    __props__ = ("transpose_a", "transpose_b")
    holomorphic = True
    kernel_name = "batched gemm"
    cost = 100

    def __init__(self, transpose_a: bool = False, transpose_b: bool = False) -> None:
        self.transpose_a = transpose_a
        self.transpose_b = transpose_b

    def output_dtypes(self, a: Any, b: Any) -> list[str]:
        if a.ndim != 3 or b.ndim != 3 or a.dtype != b.dtype:
            raise TypeError(f"BatchedDot takes two arrays of three dimensions and of one dtype, got {a.type} and {b.type}")
        return [a.dtype]

    def sizes(self, s: Any, a: Any, b: Any) -> Any:
        n = s.same(a.shape[0], b.shape[0], "Shape mismatch: batch sizes unequal: x has {} matrices, but y has {}")
        rows, left = reversed(a.shape[1:]) if self.transpose_a else a.shape[1:]
        right, columns = reversed(b.shape[1:]) if self.transpose_b else b.shape[1:]
        text = "Shape mismatch: x has matrices of {} cols (and {} rows) but y of {} rows (and {} cols)"
        s.check(s.equal(left, right), "ValueError", text, left, rows, right, columns)
        return [(n, rows, columns)]

    def compute(self, a: Any, b: Any) -> Any:
        left = a.transpose(0, 2, 1) if self.transpose_a else a
        right = b.transpose(0, 2, 1) if self.transpose_b else b
        if left.shape[0] != right.shape[0] or left.shape[2] != right.shape[1]:
            raise ValueError(f"Shape mismatch: matrices of shapes {left.shape} and {right.shape} cannot be multiplied")
        if a.dtype == "float16":
            return np.matmul(left.astype("float32"), right.astype("float32")).astype("float16")
        return np.matmul(left, right)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, y = inputs
        (out,) = outputs
        rows, columns = out.shape[1], out.shape[2]
        inner = x.shape[1] if self.transpose_a else x.shape[2]
        flags = (self.transpose_a, self.transpose_b)
        with b.loop(0, out.shape[0], independent=True) as i:
            place = b.offset(out.pointer, i * (rows * columns))
            first, second = b.offset(x.pointer, i * (rows * inner)), b.offset(y.pointer, i * (inner * columns))
            multiply(b, out.dtype, place, first, second, rows, columns, inner, flags)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        a, b = inputs
        (g,) = output_grads
        p, q = self.transpose_a, self.transpose_b
        by_a = BatchedDot(q, True)(b, g) if p else BatchedDot(False, not q)(g, b)
        by_b = BatchedDot(True, p)(g, a) if q else BatchedDot(not p, False)(a, g)
        return [_as(by_a, a), _as(by_b, b)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (a, b), (da, db) = inputs, tangents
        terms = [self(*pair) for pair in ((da, b), (a, db)) if pair[0] is not None and pair[1] is not None]
        return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        a, b = inputs
        if all(stacked):
            n, m = size_of(a, 0), size_of(a, 1)
            b = b.specify_shape([n, *[None] * 3])  # merged, sizes that differ one by one would go unnoticed
            out = self(*[x.reshape([times([n, m]), size_of(x, 2), size_of(x, 3)]) for x in (a, b)])
            return [out.reshape([n, m, out.shape[1], out.shape[2]])]
        if stacked[0]:  # the rows of all examples below each other
            a = a.dimshuffle(1, 0, 3, 2) if self.transpose_a else a.dimshuffle(1, 0, 2, 3)
            m, n, rows, inner = (size_of(a, d) for d in range(4))
            out = BatchedDot(False, self.transpose_b)(a.reshape([m, times([n, rows]), inner]), b)
            return [out.reshape([m, n, rows, out.shape[2]]).dimshuffle(1, 0, 2, 3)]
        b = b.dimshuffle(1, 3, 0, 2) if self.transpose_b else b.dimshuffle(1, 2, 0, 3)
        m, inner, n, columns = (size_of(b, d) for d in range(4))
        out = BatchedDot(self.transpose_a, False)(a, b.reshape([m, inner, times([n, columns])]))
        return [out.reshape([m, out.shape[1], n, columns]).dimshuffle(2, 0, 1, 3)]


def _as(g: Any, x: Any) -> Any:
    lost = [d for d, n in enumerate(x.type.shape) if n == 1 and g.type.shape[d] != 1]
    return g.sum(axis=lost, keepdims=True) if lost else g


def batched_dot(a: Any, b: Any) -> Any:
    """a[i] b[i] for each i of the leading dimension, which must be of one size in both (ValueError).

    Beside it, each has any number of dimensions, multiplied as `tensordot` with axes [[last], [first]] does.
    """
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        raise TypeError(f"batched_dot: inputs must have at least 1 dimension, got {a.ndim} and {b.ndim}")
    a, b = same_dtype(a, b)
    if a.ndim == 1:
        return a.dimshuffle(0, *["x"] * (b.ndim - 1)) * b
    if b.ndim == 1:
        return a * b.dimshuffle(0, *["x"] * (a.ndim - 1))
    sizes_a, sizes_b = sizes_of(a), sizes_of(b)
    x = a if a.ndim == 3 else a.dimshuffle(0, "x", 1) if a.ndim == 2 else a.reshape([sizes_a[0], times(sizes_a[1:-1]), sizes_a[-1]])
    y = b if b.ndim == 3 else b.dimshuffle(0, 1, "x") if b.ndim == 2 else b.reshape([sizes_b[0], sizes_b[1], times(sizes_b[2:])])
    out = BatchedDot()(x, y)
    if a.ndim == b.ndim == 3:
        return out
    if a.ndim <= 3 and b.ndim <= 3:
        return out.dimshuffle(0, *[1] * (a.ndim == 3), *[2] * (b.ndim == 3))
    return out.reshape([sizes_a[0], *sizes_a[1:-1], *sizes_b[2:]])


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """`tensordot` of x[i] and y[i] for each i of the leading dimension. axes: as tensordot's, where lists count the leading
    dimension as 0 (ValueError if they name it)."""
    x, y = same_dtype(as_tensor(x), as_tensor(y))
    if x.ndim == 0 or y.ndim == 0:
        raise TypeError("batched_tensordot: inputs must have at least 1 dimension")
    if isinstance(axes, (int, np.integer)):
        left, right = list(range(x.ndim - axes, x.ndim)), list(range(1, 1 + axes))
        if axes < 0 or axes >= min(x.ndim, y.ndim):
            raise ValueError(f"batched_tensordot: axes={axes} does not fit arrays of {x.ndim} and {y.ndim} dimensions")
    else:
        left, right = axes_of_tensordot(x, y, axes)
    if 0 in left or 0 in right:
        raise ValueError("batched_tensordot: the leading dimension cannot be summed over")
    rest_x = [d for d in range(1, x.ndim) if d not in left]
    rest_y = [d for d in range(1, y.ndim) if d not in right]
    sizes_x, sizes_y = sizes_of(x), sizes_of(y)
    if len(left) > 1:  # merged into one dimension, sizes that differ one by one would go unnoticed
        y = y.specify_shape([sizes_x[left[right.index(d)]] if d in right else None for d in range(y.ndim)])
    x = x.dimshuffle(0, *rest_x, *left)
    y = y.dimshuffle(0, *right, *rest_y)
    first = x.reshape([sizes_x[0], times([sizes_x[d] for d in rest_x]), times([sizes_x[d] for d in left])])
    second = y.reshape([sizes_y[0], times([sizes_x[d] for d in left]), times([sizes_y[d] for d in rest_y])])
    out = BatchedDot()(first, second)
    return out.reshape([sizes_x[0], *[sizes_x[d] for d in rest_x], *[sizes_y[d] for d in rest_y]])


def matmul(a: Any, b: Any) -> Any:
    """a @ b: the matrix product over the last two dimensions; the dimensions before them broadcast (where known to be 1).

    A vector on the left is a row, one on the right a column, without that dimension in the result. ValueError for scalars.
    """
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("matmul: scalars cannot be multiplied with @, use *")
    a, b = same_dtype(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return Dot()(a, b)
    if b.ndim <= 2:
        return dot(a, b)  # one matrix (or vector) for all
    left = a.dimshuffle("x", 0) if a.ndim == 1 else a
    right = b.dimshuffle(0, "x") if b.ndim == 1 else b
    ndim = max(left.ndim, right.ndim)
    left = left.dimshuffle(*["x"] * (ndim - left.ndim), *range(left.ndim))
    right = right.dimshuffle(*["x"] * (ndim - right.ndim), *range(right.ndim))
    leading = ndim - 2
    sizes_l, sizes_r = sizes_of(left), sizes_of(right)
    one_l, one_r = left.broadcastable[:leading], right.broadcastable[:leading]
    sizes = [r if p and not q else m for p, q, m, r in zip(one_l, one_r, sizes_l, sizes_r)]
    left, right = _spread(left, one_l, one_r, sizes), _spread(right, one_r, one_l, sizes)
    for d in range(leading):
        if not one_l[d] and not one_r[d] and leading > 1:
            right = right.specify_shape([sizes_l[d] if k == d else None for k in range(ndim)])
    out = BatchedDot()(_stacked(left, leading, sizes), _stacked(right, leading, sizes))
    out = out if leading == 1 else out.reshape([*sizes, sizes_l[-2], sizes_r[-1]])
    if a.ndim == 1:
        return out.dimshuffle(*range(leading), ndim - 1)
    return out


def _stacked(x: Any, leading: int, sizes: Sequence[Any]) -> Any:
    own = sizes_of(x)
    return x if leading == 1 else x.reshape([times(sizes), own[-2], own[-1]])


def _spread(x: Any, own: Sequence[bool], other: Sequence[bool], sizes: Sequence[Any]) -> Any:
    """x repeated along the leading dimensions where it is known to be 1 and the other is not."""
    for d, (p, q) in enumerate(zip(own, other)):
        if p and not q:
            x = x.repeat(sizes[d], axis=d)
    return x


