"""Native code for products of a sparse matrix, in parts, with dense matrices and vectors; see kernels.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import upcast
from symgraph.ops.sparse.kernels import Kernel, checked, clear, each_line, each_stored, extent, four_by_four, lines, look, matrix, minor

__all__ = ["Collect", "SampledProduct", "Scatter"]

LONG = 48  # elements of a line that is worth a second loop, over four sums side by side
_MEETS = "shape mismatch: a sparse matrix with {} lines along the dimension that is summed over or matched, a dense one with {}"


class Product(Kernel):
    """Base of the products of a sparse matrix, in parts, and a dense matrix or vector y. minor: which size of `shape` that of a line is."""

    __props__ = ("minor",)

    def __init__(self, minor: int) -> None:
        self.minor = minor

    def output_dtypes(self, data: Any, *rest: Any) -> list[str]:
        return [upcast(data.dtype, rest[-1].dtype)]


class Collect(Product):
    """data, indices, indptr, shape, y: each major line times y. Of csr: x @ y; of csc: x.T @ y."""

    def sizes(self, s: Any, data: Any, indices: Any, indptr: Any, shape: Any, y: Any) -> Any:
        s.same(extent(s, shape, self.minor), y.shape[0], _MEETS, shape.item(self.minor), y.shape[0])
        return [(checked(s, indices, indptr, data), *y.shape[1:])]

    def compute(self, data: Any, indices: Any, indptr: Any, shape: Any, y: Any) -> Any:
        dtype = upcast(data.dtype.name, y.dtype.name)
        if shape[self.minor] != len(y):
            raise ValueError(_MEETS.format(shape[self.minor], len(y)))
        return np.asarray(matrix(data.astype(dtype, copy=False), indices, indptr, y.shape[0]) @ y.astype(dtype, copy=False))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indices, indptr, _, y = inputs
        (out,) = outputs

        def column(q: Sequence[Any]) -> list[Any]:
            """One column. Short lines are summed in order: a loop more would be a branch more that goes either way."""

            def element(k: Any) -> Any:
                return b.mul(b.cast(data(k), out.dtype), b.cast(y(b.cast(indices(k), "int64"), *q), out.dtype))

            def in_order(start: Any, stop: Any) -> Any:
                return b.fold(start, stop, [b.constant(0, out.dtype)], lambda k, total: [b.add(total, element(k))])[0]

            def collect(line: Any, start: Any, stop: Any) -> None:
                short = b.less(stop - start, LONG)
                total = b.when(short, lambda: in_order(start, stop), lambda: four_by_four(b, start, stop, element, out.dtype))
                out.store([line, *q], total)

            each_line(b, indices, indptr, y.shape[0], collect)
            return []

        def rows() -> list[Any]:
            with b.loop(0, out.shape[0]) as line:
                start, stop = lines(b, indptr, indices.shape[0], line)
                with b.loop(0, out.shape[1], independent=True) as q:
                    out.store([line, q], b.constant(0, out.dtype))
                with b.loop(start, stop) as k:
                    factor = b.cast(data(k), out.dtype)
                    place = minor(b, indices, k, y.shape[0])
                    with b.loop(0, out.shape[1], independent=True) as q:
                        out.store([line, q], b.add(b.load(out.pointer, line * out.shape[1] + q), b.mul(factor, b.cast(y(place, q), out.dtype))))
            return []

        if len(y.shape) == 1:
            column([])
        else:
            b.when(b.equal(out.shape[1], 1), lambda: column([0]), rows)


class Scatter(Product):
    """data, indices, indptr, shape, y: the sum of the major lines, each times its row of y. Of csc: x @ y; of csr: x.T @ y."""

    def sizes(self, s: Any, data: Any, indices: Any, indptr: Any, shape: Any, y: Any) -> Any:
        s.same(checked(s, indices, indptr, data), y.shape[0], _MEETS, indptr.shape[0] - 1, y.shape[0])
        return [(extent(s, shape, self.minor), *y.shape[1:])]

    def compute(self, data: Any, indices: Any, indptr: Any, shape: Any, y: Any) -> Any:
        dtype = upcast(data.dtype.name, y.dtype.name)
        if len(indptr) - 1 != len(y):
            raise ValueError(_MEETS.format(len(indptr) - 1, len(y)))
        x = matrix(data.astype(dtype, copy=False), indices, indptr, int(shape[self.minor]))
        return np.ascontiguousarray(x.T @ y.astype(dtype, copy=False))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indices, indptr, _, y = inputs
        (out,) = outputs
        clear(b, out)

        def column(q: Sequence[Any]) -> list[Any]:
            """One column."""

            def scatter(line: Any, start: Any, stop: Any) -> None:
                factor = b.cast(y(line, *q), out.dtype)
                with b.loop(start, stop) as k:
                    place = b.cast(indices(k), "int64")
                    out.store([place, *q], b.add(b.load(out.pointer, place), b.mul(b.cast(data(k), out.dtype), factor)))

            each_line(b, indices, indptr, out.shape[0], scatter)
            return []

        def rows() -> list[Any]:
            def body(k: Any, line: Any, place: Any) -> None:
                factor = b.cast(data(k), out.dtype)
                with b.loop(0, out.shape[1], independent=True) as q:
                    out.store([place, q], b.add(b.load(out.pointer, place * out.shape[1] + q), b.mul(factor, b.cast(y(line, q), out.dtype))))

            each_stored(b, indices, indptr, out.shape[0], body)
            return []

        if len(y.shape) == 1:
            column([])
        else:
            b.when(b.equal(out.shape[1], 1), lambda: column([0]), rows)


class SampledProduct(Kernel):
    """indices, indptr, u, v: for each stored element the product of the row of u of its major and the row of v of its minor index."""

    __props__ = ()

    def output_dtypes(self, indices: Any, indptr: Any, u: Any, v: Any) -> list[str]:
        return [upcast(u.dtype, v.dtype)]

    def sizes(self, s: Any, indices: Any, indptr: Any, u: Any, v: Any) -> Any:
        s.same(checked(s, indices, indptr), u.shape[0], _MEETS, indptr.shape[0] - 1, u.shape[0])
        s.same(u.shape[1], v.shape[1], "shape mismatch: rows of {} and {} elements", u.shape[1], v.shape[1])
        return [indices.shape]

    def compute(self, indices: Any, indptr: Any, u: Any, v: Any) -> Any:
        major = look(indices, indptr, len(v))
        if len(indptr) - 1 != len(u) or u.shape[1] != v.shape[1]:
            raise ValueError(f"shape mismatch: a sparse matrix of {len(indptr) - 1} lines, dense ones of shapes {u.shape} and {v.shape}")
        return (u[major] * v[indices]).sum(axis=1, dtype=upcast(u.dtype.name, v.dtype.name))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        indices, indptr, u, v = inputs
        (out,) = outputs
        clear(b, out)  # what no line holds

        def body(k: Any, line: Any, place: Any) -> None:
            def element(q: Any) -> Any:
                return b.mul(b.cast(u(line, q), out.dtype), b.cast(v(place, q), out.dtype))

            out.store([k], four_by_four(b, 0, u.shape[1], element, out.dtype))

        each_stored(b, indices, indptr, v.shape[0], body)
