"""Products with a matrix that is multiplied with again and again: put once into the order in which the product reads it.

A loop multiplies its state with the same weights at every step, and BLAS puts them into panels at every call. Passes make these ops of
`Dot` in the bodies of loops; what was measured: docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.ops.linalg.blas import multiply
from symgraph.ops.linalg.dot import Dot

__all__ = ["LANES", "MANY", "Packed", "PackedDot"]

LANES = {"float32": 16, "float64": 8}  # columns of a panel: two vectors of 32 bytes
_ROWS = 6  # of the product at once: with two vectors each twelve sums stay in registers, more than hide the time of an addition
MANY = 96  # rows of the product: of more the library's own panels serve as well
_APIECE = 8  # elements of a transposed matrix that are read one by one and written at once
_DEPTH = 256  # rows of a panel at once: 16 kilobytes, half of the first cache


class Packed(Op):
    """A matrix (inner, columns), or (columns, inner) of which the transposed is meant, as panels of 16 or 8 columns, one behind the other,
    each row by row; columns that are missing in the last are zeros. Inputs: the matrix, and how many rows it will be multiplied with, 0 if that is
    not known: for one nothing is packed, for then the product takes as long as reading the matrix, nor for so many that packing takes no time
    beside the product."""

    __props__ = ("transposed",)
    by_address = (0,)

    def __init__(self, transposed: bool = False) -> None:
        self.transposed = transposed

    def output_types(self, matrix: Any, rows: Any) -> Sequence[Any]:
        if matrix.ndim != 2 or matrix.dtype not in LANES or rows.ndim or rows.dtype != "int64":
            raise TypeError(f"Packed takes a matrix of {' or '.join(LANES)} and an int64 without dimensions, got {matrix.type} and {rows.type}")
        return super().output_types(matrix, rows)

    def output_dtypes(self, matrix: Any, rows: Any) -> list[str]:
        return [matrix.dtype]

    def sizes(self, s: Any, matrix: Any, rows: Any) -> Any:
        inner, columns = reversed(matrix.shape) if self.transposed else matrix.shape
        lanes = LANES[matrix.dtype]
        return [(s.where(_by_library(s, rows.item()), 0, (columns + (lanes - 1)) // lanes * lanes * inner),)]

    def compute(self, matrix: Any, rows: Any) -> Any:
        if rows == 1 or rows > MANY:
            return np.empty(0, matrix.dtype)
        matrix = matrix.T if self.transposed else matrix
        lanes = LANES[matrix.dtype.name]
        wide = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % lanes)))
        return np.ascontiguousarray(wide.reshape(len(matrix), wide.shape[1] // lanes, lanes).swapaxes(0, 1)).ravel()

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (matrix, _), (out,) = inputs, outputs
        inner, columns = reversed(matrix.shape) if self.transposed else matrix.shape
        lanes = LANES[out.dtype]
        copy = self._turned if self.transposed else self._plain
        with b.loop(0, out.shape[0] // b.maximum(inner * lanes, 1)) as panel, b.loop(0, inner) as k:
            copy(b, b.offset(out.pointer, (panel * inner + k) * lanes), matrix.pointer, panel * lanes, k, inner, columns, out.dtype)

    def _plain(self, b: Any, to: Any, matrix: Any, first: Any, k: Any, inner: Any, columns: Any, dtype: str) -> None:
        """A row of a panel."""
        with b.loop(b.minimum(columns - first, LANES[dtype]), LANES[dtype], independent=True) as lane:
            b.store(to, lane, b.constant(0, dtype))
        with b.loop(0, b.minimum(columns - first, LANES[dtype]), independent=True) as lane:
            b.store(to, lane, b.load(matrix, (k * columns + first) + lane))

    def _turned(self, b: Any, to: Any, matrix: Any, first: Any, k: Any, inner: Any, columns: Any, dtype: str) -> None:
        with b.loop(0, LANES[dtype], step=_APIECE) as part, b.loop(0, _APIECE, independent=True) as lane:
            column = first + (part + lane)
            x = b.load(matrix, b.minimum(column, columns - 1) * inner + k)
            b.store(to, part + lane, b.select(b.less(column, columns), x, b.constant(0, dtype)))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]  # the product's derivative is by the matrix itself

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False]]


class PackedDot(Op):
    """The product x a of matrices, or x a' if `transposed`. Inputs: x, a, and a in panels (`Packed`) for as many rows as x has."""

    __props__ = ("transposed",)

    def __init__(self, transposed: bool = False) -> None:
        self.transposed = transposed
        self.product = Dot(False, transposed)

    def output_types(self, x: Any, matrix: Any, panels: Any) -> Sequence[Any]:
        if x.ndim != 2 or matrix.ndim != 2 or panels.ndim != 1 or x.dtype not in LANES or len({x.dtype, matrix.dtype, panels.dtype}) > 1:
            raise TypeError(f"PackedDot takes two matrices of {' or '.join(LANES)} and the panels of the second, "
                            f"got {x.type}, {matrix.type}, {panels.type}")
        return super().output_types(x, matrix, panels)

    def output_dtypes(self, x: Any, matrix: Any, panels: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, matrix: Any, panels: Any) -> Any:
        (sizes,) = self.product.sizes(s, x, matrix)
        lanes = LANES[x.dtype]
        whole = (sizes[1] + (lanes - 1)) // lanes * lanes * x.shape[1]
        fits = s.either(_by_library(s, x.shape[0]), s.equal(panels.shape[0], whole))
        s.check(fits, "ValueError", "PackedDot: the panels have {} elements, those of the matrix {}", panels.shape[0], whole)
        return [sizes]

    def compute(self, x: Any, matrix: Any, panels: Any) -> Any:
        out = self.product.compute(x, matrix)
        whole = -(-out.shape[1] // LANES[x.dtype.name]) * LANES[x.dtype.name] * x.shape[1]
        if 1 != len(x) <= MANY and len(panels) != whole:
            raise ValueError(f"PackedDot: the panels have {len(panels)} elements, those of the matrix {whole}")
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, matrix, panels = inputs
        (out,) = outputs
        rows, inner = x.shape
        columns = out.shape[1]
        others = _by_library(b, rows)
        with b.loop(0, rows * columns, independent=True) as i:
            b.store(out.pointer, i, b.constant(0, out.dtype))

        def by_library() -> None:
            multiply(b, out.dtype, out.pointer, x.pointer, matrix.pointer, rows, columns, inner, (False, self.transposed), beta=1.0)

        b.when(others, by_library)
        b.when(b.invert(others), lambda: _add_product(b, out.dtype, out.pointer, x.pointer, panels.pointer, rows, columns, inner))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [*self.product.grad(inputs[:2], output_grads), None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return self.product.batch(inputs[:2], stacked[:2]) if any(stacked[:2]) else [self.product(*inputs[:2])]


def _by_library(s: Any, rows: Any) -> Any:
    return s.either(s.equal(rows, 1), s.less(MANY, rows))


def _add_product(b: Any, dtype: str, out: Any, x: Any, panels: Any, rows: Any, columns: Any, inner: Any) -> None:
    """x times the panels, added to out: six rows by a piece of a panel at a time, of all rows before the next, so that it stays in the first cache.

    Where fewer than six rows are left the last one is multiplied more than once. The sum of an element is taken in the order of the rows of
    the panel, whatever stands beside it.
    """
    lanes = LANES[dtype]
    sums = [b.local(dtype, lanes) for _ in range(_ROWS)]
    tile = b.local(dtype, _ROWS * lanes)
    with b.loop(0, (columns + (lanes - 1)) // lanes, independent=True) as panel, b.loop(0, inner, step=_DEPTH) as start:
        depth = b.minimum(inner - start, _DEPTH)
        at = b.offset(panels, (panel * inner + start) * lanes)
        with b.loop(0, rows, step=_ROWS) as row:
            with b.loop(0, lanes, independent=True) as lane:
                for total in sums:
                    b.store(total, lane, b.constant(0, dtype))
            factors = [b.offset(x, b.minimum(row + r, rows - 1) * inner + start) for r in range(_ROWS)]
            with b.loop(0, depth) as k:
                each = [b.load(factor, k) for factor in factors]
                beside = b.offset(at, k * lanes)
                with b.loop(0, lanes, independent=True) as lane:
                    y = b.load(beside, lane)
                    for total, factor in zip(sums, each):
                        b.store(total, lane, b.fma(factor, y, b.load(total, lane)))
            with b.loop(0, lanes, independent=True) as lane:
                for r, total in enumerate(sums):
                    b.store(tile, lane + r * lanes, b.load(total, lane))
            _add(b, tile, lanes, out, row, panel * lanes, rows, columns)


def _add(b: Any, tile: Any, lanes: int, out: Any, row: Any, column: Any, rows: Any, columns: Any) -> None:
    """The tile to its place in the product, but for the rows and columns that the product does not have."""
    height = b.minimum(rows - row, _ROWS)

    def added(width: Any) -> None:
        with b.loop(0, height) as r:
            to, of = b.offset(out, (row + r) * columns + column), b.offset(tile, r * lanes)
            with b.loop(0, width, independent=True) as lane:
                b.store(to, lane, b.add(b.load(to, lane), b.load(of, lane)))

    whole = b.less_equal(column + lanes, columns)
    b.when(whole, lambda: added(lanes))
    b.when(b.invert(whole), lambda: added(columns - column))
