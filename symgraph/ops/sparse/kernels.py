"""Native code on the parts of sparse matrices: `data` and `indices` of the stored elements, `indptr` where each major line begins.

A major line is a row of csr, a column of csc; `indices` are places within it, the minor ones. So one kernel serves a csr matrix, and
the csc matrix that is its transpose. Every index is looked at where it is used: a matrix whose arrays do not fit together gives
an IndexError, never a crash. Products with vectors look at those of many lines at once, as vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op

__all__ = ["Count", "Diagonal", "MajorIndices", "MajorSum", "MinorSum", "Resample", "ToDense"]

TOGETHER = 256  # lines whose indices stay in the first cache until they are used
_OUTSIDE = "a sparse matrix has the index {} where the size is {}"
_BROKEN = "indptr of a sparse matrix runs from {} to {} where there are {} stored elements"


class Kernel(Op):
    """Base: the first inputs are parts of a matrix. The gradients are those of the ops that are lowered to kernels."""

    __props__: tuple[str, ...] = ()

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [inputs[0].dtype]


def lines(b: Any, indptr: Any, count: Any, line: Any) -> tuple[Any, Any]:
    """Where the stored elements of a major line begin and end, checked."""
    start, stop = b.cast(indptr(line), "int64"), b.cast(indptr(line + 1), "int64")
    length = b.cast(stop - start, "uint64")  # negative ones are large
    within = b.both(b.less_equal(0, start), b.less_equal(length, b.cast(count - start, "uint64")))
    b.check(within, "IndexError", _BROKEN, start, stop, count)
    return start, stop


def minor(b: Any, indices: Any, k: Any, size: Any) -> Any:
    """The minor index of stored element k, checked."""
    place = b.cast(indices(k), "int64")
    b.check(b.less(b.cast(place, "uint64"), b.cast(size, "uint64")), "IndexError", _OUTSIDE, place, size)  # negative ones are large
    return place


def each_line(b: Any, indices: Any, indptr: Any, size: Any, body: Callable[[Any, Any, Any], None]) -> None:
    """``body(line, start, stop)`` for each major line, whose minor indices have been looked at: those of some lines together, as vectors.

    For where little is done with each element: csr times vector, 10 elements a line, takes 1.15 times the time with a look at each.
    """
    unsigned = f"u{indices.dtype}"  # negative ones are large
    widest = lambda found, more: [b.maximum(found[0], more[0])]
    count = indptr.shape[0] - 1
    with b.loop(0, count, step=TOGETHER) as first:
        last = b.minimum(first + TOGETHER, count)
        begin = b.maximum(b.cast(indptr(first), "int64"), 0)
        end = b.minimum(b.cast(indptr(last), "int64"), indices.shape[0])  # beyond which none of these lines may go
        n = b.maximum(end - begin, 0)
        (worst,) = b.accumulate(n, [b.constant(0, unsigned)], lambda k, found: widest(found, [b.cast(indices(begin + k), unsigned)]), widest)
        fits = b.either(b.less(b.cast(worst, "uint64"), b.cast(size, "uint64")), b.equal(n, 0))
        b.check(fits, "IndexError", _OUTSIDE, b.cast(b.cast(worst, indices.dtype), "int64"), size)
        with b.loop(first, last) as line:
            body(line, *lines(b, indptr, end, line))


def each_stored(b: Any, indices: Any, indptr: Any, size: Any, body: Callable[[Any, Any, Any], None]) -> None:
    """``body(k, line, minor index)`` for each stored element."""
    with b.loop(0, indptr.shape[0] - 1) as line:
        start, stop = lines(b, indptr, indices.shape[0], line)
        with b.loop(start, stop) as k:
            body(k, line, minor(b, indices, k, size))


def clear(b: Any, out: Any) -> None:
    """Zeros everywhere."""
    total: Any = 1
    for n in out.shape:
        total = total * n
    with b.loop(0, total, independent=True) as i:
        b.store(out.pointer, i, b.constant(0, out.dtype))


def checked(s: Any, indices: Any, indptr: Any, data: Any = None) -> Any:
    """The number of major lines, of parts whose sizes fit together."""
    if data is not None:
        s.same(data.shape[0], indices.shape[0], "data of a sparse matrix has {} elements, indices {}", data.shape[0], indices.shape[0])
    s.check(s.less(0, indptr.shape[0]), "ValueError", "indptr of a sparse matrix is empty")
    return indptr.shape[0] - 1


def four_by_four(b: Any, start: Any, stop: Any, element: Callable[[Any], Any], dtype: str) -> Any:
    """The sum of ``element(k)``, start <= k < stop, in four sums side by side: one would wait for each addition."""
    zero = b.constant(0, dtype)
    whole = start + (stop - start) // 4 * 4
    four = b.fold(start, whole, [zero] * 4, lambda k, *sums: [b.add(x, element(k + j)) for j, x in enumerate(sums)], step=4)
    (rest,) = b.fold(whole, stop, [zero], lambda k, total: [b.add(total, element(k))])
    return b.add(b.add(b.add(four[0], four[1]), b.add(four[2], four[3])), rest)


def extent(s: Any, shape: Any, axis: int) -> Any:
    """One of the sizes that the vector `shape` says."""
    n = shape.item(axis)
    s.check(s.less(-1, n), "ValueError", "a sparse matrix cannot have the size {}", n)
    return n


def matrix(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, size: int) -> Any:
    """The csr matrix of these parts with `size` columns; the errors of native code where they do not fit together."""
    from scipy.sparse import csr_matrix

    look(indices, indptr, size)
    return csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, size))


def look(indices: np.ndarray, indptr: np.ndarray, size: int) -> np.ndarray:
    """The major index of each stored element."""
    starts, stops = indptr[:-1], indptr[1:]
    wrong = (starts < 0) | (stops < starts) | (stops > len(indices))
    if wrong.any():
        at = int(wrong.argmax())
        raise IndexError(_BROKEN.format(starts[at], stops[at], len(indices)))
    outside = (indices < 0) | (indices >= size)
    if outside.any():
        raise IndexError(_OUTSIDE.format(indices[int(outside.argmax())], size))
    return np.repeat(np.arange(len(starts), dtype="int32"), stops - starts)


# Sums -----------------------------------------------------------------------------------------------------------------


class MajorSum(Kernel):
    """data, indptr: the sum of each major line."""

    __props__ = ()

    def sizes(self, s: Any, data: Any, indptr: Any) -> Any:
        return [(checked(s, data, indptr),)]

    def compute(self, data: Any, indptr: Any) -> Any:
        places = np.zeros(len(data), "int32")
        return matrix(data, places, indptr, 1).toarray()[:, 0]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indptr = inputs
        (out,) = outputs
        with b.loop(0, out.shape[0]) as line:
            start, stop = lines(b, indptr, data.shape[0], line)
            out.store([line], four_by_four(b, start, stop, data, out.dtype))


class MinorSum(Kernel):
    """data, indices, shape: the sum at each minor index."""

    __props__ = ("minor",)

    def __init__(self, minor: int) -> None:
        self.minor = minor

    def sizes(self, s: Any, data: Any, indices: Any, shape: Any) -> Any:
        s.same(data.shape[0], indices.shape[0], "data of a sparse matrix has {} elements, indices {}", data.shape[0], indices.shape[0])
        return [(extent(s, shape, self.minor),)]

    def compute(self, data: Any, indices: Any, shape: Any) -> Any:
        size = int(shape[self.minor])
        look(indices, np.array([0, len(indices)]), size)
        out = np.zeros(size, data.dtype)
        np.add.at(out, indices, data)
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indices, _ = inputs
        (out,) = outputs
        clear(b, out)
        with b.loop(0, data.shape[0]) as k:
            place = minor(b, indices, k, out.shape[0])
            out.store([place], b.add(b.load(out.pointer, place), data(k)))


class Diagonal(Kernel):
    """data, indices, indptr, shape: the diagonal of a square matrix."""

    __props__ = ()

    def sizes(self, s: Any, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
        s.check(s.equal(shape.item(0), shape.item(1)), "ValueError", "diag applies to a square matrix, got {} rows and {} columns",
                shape.item(0), shape.item(1))
        s.same(checked(s, indices, indptr, data), shape.item(0), "indptr of a sparse matrix is for {} lines, its shape says {}",
               indptr.shape[0] - 1, shape.item(0))
        return [(extent(s, shape, 0),)]

    def compute(self, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
        if shape[0] != shape[1]:
            raise ValueError(f"diag applies to a square matrix, got {shape[0]} rows and {shape[1]} columns")
        return matrix(data, indices, indptr, int(shape[1])).diagonal()

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indices, indptr, _ = inputs
        (out,) = outputs
        with b.loop(0, out.shape[0]) as line:
            start, stop = lines(b, indptr, indices.shape[0], line)

            def join(k: Any, total: Any, line: Any = line) -> list[Any]:
                here = b.equal(minor(b, indices, k, out.shape[0]), line)
                return [b.add(total, b.select(here, data(k), b.constant(0, out.dtype)))]

            (total,) = b.fold(start, stop, [b.constant(0, out.dtype)], join)
            out.store([line], total)


# Between dense and sparse ---------------------------------------------------------------------------------------------


class ToDense(Kernel):
    """data, indices, indptr, shape: the dense matrix; what stands twice is added. layout: 'csr' or 'csc'."""

    __props__ = ("layout",)

    def __init__(self, layout: str) -> None:
        self.layout = layout

    def sizes(self, s: Any, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
        lines_said = shape.item(0 if self.layout == "csr" else 1)
        s.same(checked(s, indices, indptr, data), lines_said, "indptr of a sparse matrix is for {} lines, its shape says {}",
               indptr.shape[0] - 1, lines_said)
        return [(extent(s, shape, 0), extent(s, shape, 1))]

    def compute(self, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
        x = matrix(data, indices, indptr, int(shape[1 if self.layout == "csr" else 0]))
        return x.toarray() if self.layout == "csr" else np.ascontiguousarray(x.toarray().T)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        data, indices, indptr, _ = inputs
        (out,) = outputs
        clear(b, out)

        def body(k: Any, line: Any, place: Any) -> None:
            at = line * out.shape[1] + place if self.layout == "csr" else place * out.shape[1] + line
            b.store(out.pointer, at, b.add(b.load(out.pointer, at), data(k)))

        each_stored(b, indices, indptr, out.shape[1 if self.layout == "csr" else 0], body)


class MajorIndices(Kernel):
    """indices, indptr: the major index of each stored element, int32."""

    __props__ = ()

    def sizes(self, s: Any, indices: Any, indptr: Any) -> Any:
        checked(s, indices, indptr)
        return [indices.shape]

    def compute(self, indices: Any, indptr: Any) -> Any:
        found = np.zeros(len(indices), "int32")
        major = look(np.zeros_like(indices), indptr, 1)
        found[int(indptr[0]) : int(indptr[0]) + len(major)] = major
        return found

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        indices, indptr = inputs
        (out,) = outputs
        clear(b, out)
        with b.loop(0, indptr.shape[0] - 1) as line:
            start, stop = lines(b, indptr, indices.shape[0], line)
            with b.loop(start, stop, independent=True) as k:
                out.store([k], b.cast(line, "int32"))


class Count(Kernel):
    """x: 0, 1, ... for each element of the vector x and `extra` more, int32."""

    __props__ = ("extra",)

    def __init__(self, extra: int) -> None:
        self.extra = extra

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int32"]

    def sizes(self, s: Any, x: Any) -> Any:
        return [(x.shape[0] + self.extra,)]

    def compute(self, x: Any) -> Any:
        return np.arange(len(x) + self.extra, dtype="int32")

    def element(self, b: Any, index: Any, x: Any) -> Any:
        return b.cast(index[0], "int32")

    def reads(self, node: Any) -> list[str]:
        return ["once"]


class Resample(Kernel):
    """data, indices, indptr of one matrix, indices and indptr of another, size of a line: the first matrix
    read at what the second stores."""

    __props__ = ()

    def sizes(self, s: Any, data: Any, indices: Any, indptr: Any, places: Any, starts: Any, size: Any) -> Any:
        s.same(checked(s, indices, indptr, data), checked(s, places, starts), "sparse matrices of {} and {} lines", indptr.shape[0] - 1,
               starts.shape[0] - 1)
        return [places.shape]

    def compute(self, data: Any, indices: Any, indptr: Any, places: Any, starts: Any, size: Any) -> Any:
        if len(indptr) != len(starts):
            raise ValueError(f"sparse matrices of {len(indptr) - 1} and {len(starts) - 1} lines")
        x = matrix(data, indices, indptr, int(size))
        major = look(places, starts, int(size))
        return np.asarray(x[major, places]).reshape(-1).astype(data.dtype, copy=False) if len(places) else data[:0]

    def workspace(self, s: Any, data: Any, indices: Any, indptr: Any, places: Any, starts: Any, size: Any) -> list[Any]:
        return [(data.dtype, s.maximum(size.item(0), 0))]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Each line is put into a dense row, read, and taken out again: time goes with what is stored."""
        data, indices, indptr, places, starts, _ = inputs
        out, row = outputs
        size = row.shape[0]
        zero = b.constant(0, data.dtype)
        clear(b, row)
        clear(b, out)
        with b.loop(0, indptr.shape[0] - 1) as line:
            start, stop = lines(b, indptr, indices.shape[0], line)
            with b.loop(start, stop) as k:
                place = minor(b, indices, k, size)
                b.store(row.pointer, place, b.add(b.load(row.pointer, place), data(k)))
            first, last = lines(b, starts, places.shape[0], line)
            with b.loop(first, last) as k:
                out.store([k], b.load(row.pointer, minor(b, places, k, size)))
            with b.loop(start, stop) as k:
                b.store(row.pointer, b.cast(indices(k), "int64"), zero)
