"""Matrices of a given structure: blocks on the diagonal, constant along diagonals, powers of a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import DISCRETE, upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of
from symgraph.ops.linalg.dot import same_dtype
from symgraph.ops.linalg.stacks import known_integer

__all__ = ["BlockDiagonal", "DiagonalSums", "Toeplitz", "block_diag", "circulant", "companion", "hankel", "toeplitz", "vander"]


class BlockDiagonal(Op):
    """Matrices of one dtype as blocks along the diagonal, zeros elsewhere: (..., m_k, n_k) give (..., sum m_k, sum n_k), for equal
    leading sizes."""

    __props__ = ()
    holomorphic = True

    def output_dtypes(self, *inputs: Any) -> list[str]:
        if not inputs or len({(x.dtype, x.ndim) for x in inputs}) > 1 or inputs[0].ndim < 2:
            got = ", ".join(str(x.type) for x in inputs) or "none"
            raise TypeError(f"BlockDiagonal takes matrices of one dtype and number of dimensions, got {got}")
        return [inputs[0].dtype]

    def sizes(self, s: Any, *inputs: Any) -> Any:
        leading = list(inputs[0].shape[:-2])
        rows, columns = inputs[0].shape[-2:]
        for x in inputs[1:]:
            text = "block_diag: stacks of {} and {} matrices"
            leading = [s.same(n, m, text) for n, m in zip(leading, x.shape[:-2])]
            rows, columns = rows + x.shape[-2], columns + x.shape[-1]
        return [(*leading, rows, columns)]

    def compute(self, *arrays: Any) -> Any:
        if len({x.shape[:-2] for x in arrays}) > 1:
            raise ValueError(f"block_diag: stacks of {' and '.join(str(x.shape[:-2]) for x in arrays)} matrices")
        shape = (*arrays[0].shape[:-2], sum(x.shape[-2] for x in arrays), sum(x.shape[-1] for x in arrays))
        out = np.zeros(shape, arrays[0].dtype)
        row = column = 0
        for x in arrays:
            out[..., row : row + x.shape[-2], column : column + x.shape[-1]] = x
            row, column = row + x.shape[-2], column + x.shape[-1]
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (out,) = outputs
        count: Any = 1
        for n in out.shape[:-2]:
            count = count * n
        rows, columns = out.shape[-2], out.shape[-1]
        with b.loop(0, count * rows * columns, independent=True) as i:
            b.store(out.pointer, i, b.constant(0, out.dtype))
        row: Any = 0
        column: Any = 0
        for x in inputs:
            height, width = x.shape[-2], x.shape[-1]
            with b.loop(0, count) as k, b.loop(0, height) as i, b.loop(0, width, independent=True) as j:
                b.store(out.pointer, (k * rows + row + i) * columns + column + j, b.load(x.pointer, (k * height + i) * width + j))
            row, column = row + height, column + width

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        found = []
        row: Any = 0
        column: Any = 0
        for x in inputs:
            rows, columns = row + x.shape[-2], column + x.shape[-1]
            found.append(_as(g[..., row:rows, column:columns], x))
            row, column = rows, columns
        return found

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [self(*_spread(inputs, stacked))]


def _spread(inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any]:
    """Those that all examples share, repeated for each of them."""
    first = next(x for x, flag in zip(inputs, stacked) if flag)
    return [x if flag else x.dimshuffle("x", *range(x.ndim)).repeat(size_of(first, 0), axis=0) for x, flag in zip(inputs, stacked)]


def _as(g: Any, x: Any) -> Any:
    """Sizes that x is known to have."""
    known = [n if g.type.shape[d] is None else None for d, n in enumerate(x.type.shape)]
    return g.specify_shape(known) if any(n is not None for n in known) else g


class Toeplitz(Op):
    """Matrices constant along diagonals: element (i, j) is c[i - j] on and below the main one, r[j - i] above it (r[0] is not read).

    c (..., m), r (..., n), of one dtype and equal leading sizes, give (..., m, n).
    """

    __props__ = ()
    holomorphic = True

    def output_dtypes(self, c: Any, r: Any) -> list[str]:
        if c.ndim != r.ndim or c.ndim < 1 or c.dtype != r.dtype:
            raise TypeError(f"Toeplitz takes two arrays of equal dimensions and dtype, got {c.type} and {r.type}")
        return [c.dtype]

    def sizes(self, s: Any, c: Any, r: Any) -> Any:
        leading = [s.same(n, m, "toeplitz: stacks of {} columns and {} rows") for n, m in zip(c.shape[:-1], r.shape[:-1])]
        return [(*leading, c.shape[-1], r.shape[-1])]

    def compute(self, c: Any, r: Any) -> Any:
        if c.shape[:-1] != r.shape[:-1]:
            raise ValueError(f"toeplitz: stacks of {c.shape[:-1]} columns and {r.shape[:-1]} rows")
        places = np.subtract.outer(np.arange(c.shape[-1]), np.arange(r.shape[-1]))
        if not places.size:
            return np.zeros((*c.shape[:-1], *places.shape), c.dtype)
        return np.where(places >= 0, c[..., np.maximum(places, 0)], r[..., np.maximum(-places, 0)])

    def reads(self, node: Any) -> list[str]:
        return ["many", "many"]

    def element(self, b: Any, index: Any, c: Any, r: Any) -> Any:
        *rest, i, j = index
        return b.when(b.less_equal(j, i), lambda: c(*rest, i - j), lambda: r(*rest, j - i))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        c, r = inputs
        by_c, by_r = DiagonalSums()(output_grads[0])
        return [_as(by_c, c), _as(by_r, r)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [self(*_spread(inputs, stacked))]


class DiagonalSums(Op):
    """The sums along diagonals: of those that begin in the first column (first output, (..., m)), of those that begin in the first
    row but behind the main one (second output, (..., n), 0 first). The adjoint of Toeplitz."""

    __props__ = ()
    holomorphic = True

    def output_dtypes(self, x: Any) -> list[str]:
        if x.ndim < 2:
            raise TypeError(f"DiagonalSums takes matrices, got {x.type}")
        return [x.dtype, x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape[:-1], (*x.shape[:-2], x.shape[-1])]

    def compute(self, x: Any) -> Any:
        m, n = x.shape[-2:]
        below, above = np.zeros(x.shape[:-1], x.dtype), np.zeros((*x.shape[:-2], n), x.dtype)
        for k in range(m):
            below[..., k] = x.diagonal(-k, -2, -1).sum(-1)
        for k in range(1, n):
            above[..., k] = x.diagonal(k, -2, -1).sum(-1)
        return below, above

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,) = inputs
        below, above = outputs
        count: Any = 1
        for n in x.shape[:-2]:
            count = count * n
        m, n = x.shape[-2], x.shape[-1]

        def sums(out: Any, length: Any, place: Any, longest: Any, start: int) -> None:
            with b.loop(0, count) as k, b.loop(start, length) as i:
                first = k * (m * n) + place(i)
                zero = b.constant(0, x.dtype)
                (total,) = b.fold(0, longest(i), [zero], lambda j, sum: [b.add(sum, b.load(x.pointer, first + j * (n + 1)))])
                b.store(out.pointer, k * length + i, total)

        sums(below, m, lambda i: i * n, lambda i: b.minimum(m - i, n), 0)
        sums(above, n, lambda i: i, lambda i: b.minimum(n - i, m), 1)
        with b.loop(0, b.minimum(count * n, count)) as k:
            b.store(above.pointer, k * n, b.constant(0, x.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [_as(Toeplitz()(*output_grads), inputs[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return list(self(tangents[0]))

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return list(self(inputs[0]))


# What a user calls ----------------------------------------------------------------------------------------------------


def _leading(inputs: Sequence[Any], kept: int) -> list[Any]:
    """Leading dimensions broadcast against each other, the last `kept` as they are."""
    ndim = max(x.ndim for x in inputs)
    inputs = [x.dimshuffle(*["x"] * (ndim - x.ndim), *range(x.ndim)) if x.ndim < ndim else x for x in inputs]
    for d in range(ndim - kept):
        full = next((x for x in inputs if x.type.shape[d] != 1), None)
        if full is not None:
            inputs = [x.repeat(size_of(full, d), axis=d) if x.type.shape[d] == 1 else x for x in inputs]
    return list(inputs)


def block_diag(*arrs: Any) -> Any:
    """Matrices (or stacks of such, whose leading dimensions broadcast) as blocks along the diagonal of one, zeros elsewhere.

    A vector counts as a row, a number as a matrix of one element, as in scipy. TypeError without arguments.

    >>> block_diag([[1, 2]], 3).eval()
    array([[1, 2, 0],
           [0, 0, 3]])
    """
    if not arrs:
        raise TypeError("block_diag takes at least one matrix")
    inputs = [as_tensor(x) for x in arrs]
    dtype = upcast(*[x.dtype for x in inputs])
    inputs = [x.dimshuffle(*["x"] * (2 - x.ndim), *range(x.ndim)) if x.ndim < 2 else x for x in inputs]
    inputs = [x if x.dtype == dtype else x.astype(dtype) for x in inputs]
    return inputs[0] if len(inputs) == 1 else BlockDiagonal()(*_leading(inputs, 2))


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix (m, n) with first column c (m) and first row r (n; its first element is not used), constant along diagonals.

    Without r: the conjugate of c, so that the matrix is Hermitian. More dimensions: a stack of columns in the last one.

    >>> toeplitz([1, 2, 3], [0, 5]).eval()
    array([[1, 5],
           [2, 1],
           [3, 2]])
    """
    c = as_tensor(c)
    c, r = same_dtype(c, c.conj() if r is None else as_tensor(r))
    if c.ndim == 0 or r.ndim == 0:
        raise ValueError(f"toeplitz takes vectors, got {c.type} and {r.type}")
    return Toeplitz()(*_leading([c, r], 1))


def hankel(c: Any, r: Any = None) -> Any:
    """The matrix (m, n) with first column c (m) and last row r (n; its first element is not used), constant along antidiagonals.

    Without r: zeros. More dimensions: a stack of columns in the last one.

    >>> hankel([1, 2, 3], [0, 7]).eval()
    array([[1, 2],
           [2, 3],
           [3, 7]])
    """
    c = as_tensor(c)
    if c.ndim == 0:
        raise ValueError(f"hankel takes vectors, got {c.type}")
    r = c.zeros_like() if r is None else r
    return toeplitz(c[..., ::-1], r)[..., ::-1, :]


def circulant(c: Any) -> Any:
    """The square matrix with first column c, each other the one before rolled down by one. More dimensions: a stack of columns.

    >>> circulant([1, 2, 3]).eval()
    array([[1, 3, 2],
           [2, 1, 3],
           [3, 2, 1]])
    """
    c = as_tensor(c)
    if c.ndim == 0:
        raise ValueError(f"circulant takes a vector, got {c.type}")
    return toeplitz(c, c[..., ::-1].roll(1, axis=-1))


def companion(a: Any) -> Any:
    """The matrix (n - 1, n - 1) whose eigenvalues are the roots of the polynomial with coefficients a (n), the highest first, a[0] not 0:
    -a[1:] / a[0] as first row, ones below the diagonal. More dimensions: a stack of polynomials. ValueError for less than 2 coefficients.

    >>> companion([1.0, -3.0, 2.0]).eval()
    array([[ 3., -2.],
           [ 1.,  0.]])
    """
    a = as_tensor(a)
    if a.ndim == 0 or (a.type.shape[-1] or 2) < 2 or a.type.shape[-1] == 0:
        raise ValueError(f"companion takes at least two coefficients, got {a.type}")
    row = -a[..., 1:] / a[..., 0, None]
    one = row.ones_like().as_diagonal()
    shifted = one.roll(1, axis=-2)
    return shifted + one[..., 0, None] * (row - shifted[..., 0, :])[..., None, :]


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The matrix of the powers of a vector (n): (n, N), the highest first unless `increasing`. N: an int, without it n, which must then be
    known as the expression is built (TypeError). Integers become int64, floats keep their dtype. More dimensions: a stack of vectors in the last one.

    >>> vander([2, 3], 3).eval()
    array([[4, 2, 1],
           [9, 3, 1]])
    """
    x = as_tensor(x)
    if x.ndim == 0:
        raise ValueError(f"vander takes a vector, got {x.type}")
    N = x.type.shape[-1] if N is None else N
    if N is None:
        raise TypeError("vander: the number of columns must be known as the expression is built: say N=")
    count = known_integer(N, "vander: N")
    if count < 0:
        raise ValueError(f"vander: the number of columns must not be negative, got {count}")
    if x.dtype in DISCRETE:
        x = x.astype(upcast(x.dtype, "int64"))
    columns = [x.ones_like()]
    for _ in range(count - 1):  # products, not pow: the derivative at 0 is that of a polynomial
        columns.append(columns[-1] * x)
    order = columns[:count] if increasing else columns[:count][::-1]
    return as_tensor(order).dimshuffle(*range(1, x.ndim + 1), 0) if order else x.dimshuffle(*range(x.ndim), "x")[..., :0]
