"""Diagonals and triangles of arrays: taken out, put in, filled, cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor, constant
from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, as_axis, as_size, size_constant, size_of, static_int
from symgraph.expr.stacks import count, only_first, repeated

__all__ = [
    "AllocDiag",
    "ExtractDiag",
    "FillDiagonal",
    "FillDiagonalOffset",
    "Triangle",
    "as_diagonal",
    "diag",
    "diagflat",
    "diagonal",
    "fill_diagonal",
    "fill_diagonal_",
    "fill_diagonal_offset",
    "fill_diagonal_offset_",
    "trace",
    "tril",
    "triu",
]


class ExtractDiag(Op):
    """The elements of x where (index along axis2) - (index along axis1) is `offset`, along a last dimension of their own."""

    __props__ = ("offset", "axis1", "axis2")

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def output_dtypes(self, x: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        rest = tuple(n for d, n in enumerate(x.shape) if d not in (self.axis1, self.axis2))
        return [(*rest, length_of_diagonal(s, x.shape[self.axis1], x.shape[self.axis2], self.offset))]

    def compute(self, x: Any) -> Any:
        return x.diagonal(self.offset, self.axis1, self.axis2).copy()

    def reads(self, node: Any) -> list[str]:
        return ["once"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        rest = iter(index[:-1])
        row = index[-1] + max(-self.offset, 0)
        column = index[-1] + max(self.offset, 0)
        return x(*[row if d == self.axis1 else column if d == self.axis2 else next(rest) for d in range(x.ndim)])

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        sizes = [size_of(x, self.axis1), size_of(x, self.axis2)]
        return [AllocDiag(self.offset, self.axis1, self.axis2)(output_grads[0], *sizes)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [ExtractDiag(self.offset, self.axis1 + 1, self.axis2 + 1)(*inputs)]


class AllocDiag(SizedOp):
    """Zeros, but for one diagonal: the inverse of ExtractDiag. Inputs: the diagonal (its last dimension), the sizes along
    axis1 and axis2."""

    __props__ = ("offset", "axis1", "axis2")

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset = offset
        self.axis1 = axis1
        self.axis2 = axis2

    def output_dtypes(self, v: Any, n: Any, m: Any) -> list[str]:
        return [v.dtype]

    def sizes(self, s: Any, v: Any, n: Any, m: Any) -> Any:
        rows, columns = n.item(0), m.item(0)
        text = "a diagonal of {} elements does not fit: there is room for {}"
        s.same(v.shape[-1], length_of_diagonal(s, rows, columns, self.offset), text)
        rest = iter(v.shape[:-1])
        ndim = len(v.shape) + 1
        return [tuple(rows if d == self.axis1 else columns if d == self.axis2 else next(rest) for d in range(ndim))]

    def compute(self, v: Any, n: Any, m: Any) -> Any:
        out = np.zeros((*v.shape[:-1], int(n), int(m)), dtype=v.dtype)
        count = v.shape[-1]
        rows = np.arange(count) + max(-self.offset, 0)
        columns = np.arange(count) + max(self.offset, 0)
        if count != max(min(int(n) - max(-self.offset, 0), int(m) - max(self.offset, 0)), 0):
            raise ValueError(f"a diagonal of {count} elements does not fit into {int(n)} rows and {int(m)} columns")
        out[..., rows, columns] = v
        return np.ascontiguousarray(np.moveaxis(out, (-2, -1), (self.axis1, self.axis2)))

    def reads(self, node: Any) -> list[str]:
        return ["once", "many", "many"]

    def element(self, b: Any, index: Any, v: Any, n: Any, m: Any) -> Any:
        row, column = index[self.axis1], index[self.axis2]
        rest = [i for d, i in enumerate(index) if d not in (self.axis1, self.axis2)]
        place = row if self.offset >= 0 else column
        return b.when(b.equal(column, row + self.offset), lambda: v(*rest, place), lambda: b.constant(0, v.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [ExtractDiag(self.offset, self.axis1, self.axis2)(output_grads[0]), None, None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [AllocDiag(self.offset, self.axis1 + 1, self.axis2 + 1)(*inputs)] if only_first(stacked) else None


class Triangle(SizedOp):
    """x with zeros above the diagonal (column - row) == k, or below it (`upper`), in its last two dimensions. Inputs: x, k."""

    __props__ = ("upper",)

    def __init__(self, upper: bool) -> None:
        self.upper = upper

    def output_dtypes(self, x: Any, k: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, k: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any, k: Any) -> Any:
        return (np.triu if self.upper else np.tril)(x, int(k))

    def reads(self, node: Any) -> list[str]:
        return ["same", "many"]

    def element(self, b: Any, index: Any, x: Any, k: Any) -> Any:
        diagonal = index[-2] + k.item(0)
        kept = b.less_equal(diagonal, index[-1]) if self.upper else b.less_equal(index[-1], diagonal)
        return b.select(kept, x(*index), b.constant(0, x.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [self(output_grads[0], inputs[1]), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0], inputs[1])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)] if only_first(stacked) else None


class FillDiagonal(Op):
    """x with a 0-d value on its diagonal: where all indices are equal; of a matrix where column - row == `offset`."""

    __props__ = ("offset",)

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def output_dtypes(self, x: Any, value: Any) -> list[str]:
        if np.promote_types(x.dtype, value.dtype) != x.dtype:
            raise TypeError(f"fill_diagonal: a value of dtype {value.dtype} does not fit into {x.type}")
        return [x.dtype]

    def sizes(self, s: Any, x: Any, value: Any) -> Any:
        if len(x.shape) > 2:
            for n in x.shape[1:]:
                s.same(x.shape[0], n, "fill_diagonal: all dimensions must be of one size, got {} and {}")
        return [x.shape]

    def compute(self, x: Any, value: Any) -> Any:
        out = x.copy()
        if x.ndim > 2 and len(set(x.shape)) > 1:
            raise ValueError(f"fill_diagonal: all dimensions must be of one size, got {x.shape}")
        count = max(min(x.shape[0] - max(-self.offset, 0), x.shape[1] - max(self.offset, 0)), 0)
        places = np.arange(count)
        key = [places + max(-self.offset, 0), places + max(self.offset, 0), *[places] * (x.ndim - 2)]
        out[tuple(key)] = value
        return out

    def reads(self, node: Any) -> list[str]:
        return ["same", "many"]

    def element(self, b: Any, index: Any, x: Any, value: Any) -> Any:
        there = b.equal(index[1], index[0] + self.offset)
        for i in index[2:]:
            there = b.both(there, b.equal(index[0], i))
        return b.select(there, b.cast(value(), x.dtype), x(*index))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        x, value = inputs
        kept = self(g, constant(np.zeros((), dtype=g.dtype)))
        if x.ndim == 2:
            return [kept, ExtractDiag(self.offset)(g).sum()]
        step: Any = 1
        for _ in range(x.ndim - 1):
            step = step * x.shape[0] + 1
        return [kept, g.flatten()[::step].sum()]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        x, value = inputs
        if not stacked[0]:
            x = repeated(x, count(inputs, stacked))
        nothing = constant(np.zeros((), "bool")).broadcast_to([size_of(x, d) for d in range(1, x.ndim)])
        there = self(nothing, constant(np.ones((), "bool")))
        return [there.switch(value.dimshuffle(0, *["x"] * (x.ndim - 1)) if stacked[1] else value, x)]


def length_of_diagonal(s: Any, rows: Any, columns: Any, offset: int) -> Any:
    """The number of elements of a diagonal."""
    if offset > 0:
        columns = columns - offset
    elif offset < 0:
        rows = rows + offset
    shorter = s.minimum(rows, columns)
    return s.maximum(shorter, 0) if offset else shorter


# What a user calls ----------------------------------------------------------------------------------------------------


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of a (of each of its matrices in axis1 and axis2), along the last dimension of the result.

    offset: how far to the right of the main diagonal. ValueError for fewer than two dimensions.
    """
    a = as_tensor(a)
    if a.ndim < 2:
        raise ValueError("diagonal needs an array of at least two dimensions")
    first, second = as_axis(axis1, a.ndim, "diagonal: axis1"), as_axis(axis2, a.ndim, "diagonal: axis2")
    if first == second:
        raise ValueError("diagonal: axis1 and axis2 must differ")
    return ExtractDiag(_known_offset(offset), first, second)(a)


def _known_offset(offset: Any) -> int:
    value = static_int(as_size(offset, "the offset of a diagonal"))
    if value is None:
        raise TypeError(f"the offset of a diagonal must be known as the expression is built, got {offset}")
    return value


def diag(v: Any, k: int = 0) -> Any:
    """Of a vector the square matrix with it on diagonal k, of a matrix its diagonal k.

    >>> import symgraph.tensor as T
    >>> diag(T.ones(2)).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    v = as_tensor(v)
    k = _known_offset(k)
    if v.ndim == 1:
        size = size_of(v, 0)
        size = size if k == 0 else size + size_constant(abs(k))
        return AllocDiag(k)(v, size, size)
    if v.ndim == 2:
        return ExtractDiag(k)(v)
    raise ValueError("Input must be 1- or 2-d.")


def as_diagonal(v: Any) -> Any:
    """Square matrices with the last dimension of v on their diagonals: (..., n) -> (..., n, n). ValueError for a scalar."""
    v = as_tensor(v)
    if v.ndim == 0:
        raise ValueError("as_diagonal takes a vector, or a stack of such")
    size = size_of(v, v.ndim - 1)
    return AllocDiag(0, v.ndim - 1, v.ndim)(v, size, size)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal of a matrix (of each of the matrices in axis1 and axis2), as numpy's. TypeError for fewer than two dimensions."""
    a = as_tensor(a)
    if a.ndim < 2:
        raise TypeError(f"trace takes a matrix, got {a.type}")
    return diagonal(a, offset, axis1, axis2).sum(axis=-1)


def tril(m: Any, k: Any = 0) -> Any:
    """m (a matrix, or an array of such in its last two dimensions) with zeros above diagonal k."""
    return _triangle(m, k, False)


def triu(m: Any, k: Any = 0) -> Any:
    """m (a matrix, or an array of such in its last two dimensions) with zeros below diagonal k."""
    return _triangle(m, k, True)


def _triangle(m: Any, k: Any, upper: bool) -> Any:
    m = as_tensor(m)
    if m.ndim < 2:
        raise ValueError(f"a triangle is taken of a matrix, got {m.type}")
    return Triangle(upper)(m, as_size(k, "k"))


def fill_diagonal(a: Any, val: Any) -> Any:
    """A copy of a with the value `val` on its diagonal. a: a matrix, or more dimensions of one size (ValueError at the call)."""
    return _filled(a, val, 0)


def fill_diagonal_offset(a: Any, val: Any, offset: int) -> Any:
    """A copy of the matrix a with the value `val` where column - row == offset."""
    a = as_tensor(a)
    if a.ndim != 2:
        raise TypeError(f"fill_diagonal_offset takes a matrix, got {a.type}")
    return _filled(a, val, _known_offset(offset))


def _filled(a: Any, val: Any, offset: int) -> Any:
    a, val = as_tensor(a), as_tensor(val)
    if a.ndim < 2:
        raise TypeError(f"fill_diagonal takes an array of at least two dimensions, got {a.type}")
    if val.ndim:
        raise TypeError(f"fill_diagonal: the value must have no dimensions, got {val.type}")
    return FillDiagonal(offset)(a, val)


def diagflat(v: Any, k: int = 0) -> Any:
    """The square matrix with the flattened v on diagonal k.

    >>> diagflat([[1, 2]]).eval()
    array([[1, 0],
           [0, 2]])
    """
    return diag(as_tensor(v).flatten(), k)


@dataclass(frozen=True)
class FillDiagonalOffset:
    """Theano's name of `fill_diagonal_offset` as an object that is called."""

    def __call__(self, a: Any, val: Any, offset: int) -> Any:
        return fill_diagonal_offset(a, val, offset)


fill_diagonal_ = FillDiagonal()
fill_diagonal_offset_ = FillDiagonalOffset()
