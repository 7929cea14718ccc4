"""Eigenvalues and singular values of small real matrices, eight matrices side by side, by rotations of pairs of columns.

Jacobi's method for symmetric matrices (Golub and Van Loan, Matrix Computations, 8.5), and its one-sided form, which makes the columns of
a matrix orthogonal (Hestenes, Inversion of matrices by biorthogonalization, 1958): small singular values come out relatively accurate
(Demmel and Veselic, Jacobi's method is more accurate than QR, 1992). Every matrix goes through the same rotations, those that do
nothing included, until all eight have converged. Matrices are scaled by powers of two, so that squares neither overflow nor vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from symgraph.ops.linalg.lanes import LANES, SMALL

__all__ = ["Jacobi", "is_small", "scratch", "serves"]

SWEEPS = 40  # five to seven are common
_COSINE, _SINE, _SCALE, _STATE, _BEST, _PLACE, _MARKS = range(7)
_EXPONENT = {"float32": ("int32", 0x7F800000), "float64": ("int64", 0x7FF0000000000000)}


def serves(a: Any) -> bool:
    """Whether there is code of these loops for the matrices of an array: real ones, in stacks, unless they are known to have more than 8
    rows or columns. For one matrix they would gain 2 us, and cost 0.2 s of compiling."""
    return a.dtype in _EXPONENT and len(a.shape) > 2 and not any(isinstance(n, int) and n > SMALL for n in a.shape[-2:])


def scratch(s: Any, a: Any) -> list[tuple[str, Any]]:
    """The scratch arrays of `Jacobi` for the matrices of an array: the matrix, the rotations put together, numbers of each lane."""
    if not serves(a):
        return []
    rows, columns = (n if isinstance(n, int) else SMALL for n in (s.maximum(*a.shape[-2:]), s.minimum(*a.shape[-2:])))
    return [(a.dtype, rows * columns * LANES + 1), (a.dtype, columns * columns * LANES + 1), (a.dtype, (_MARKS + SMALL) * LANES)]


def is_small(b: Any, a: Any) -> Any:
    """Whether these loops do it: known, or found at the call."""
    rows, columns = a.shape[-2:]
    return b.both(b.less_equal(rows, SMALL), b.less_equal(columns, SMALL)) if serves(a) else False


class Jacobi:
    """A block of matrices (rows, columns), rows >= columns, and of what the rotations amount to (columns, columns)."""

    def __init__(self, b: Any, dtype: str, rows: Any, columns: Any, arrays: Any, vectors: bool = True) -> None:
        self.b = b
        self.dtype = dtype
        self.rows = rows
        self.columns = columns
        self.vectors = vectors
        self.matrix, self.turned, self.marks = (x.pointer for x in arrays)

    @contextmanager
    def blocks(self, count: Any) -> Iterator[Any]:
        """A loop over a stack of `count` matrices, block by block; the last block is filled up with copies of the last matrix."""
        self.count = count
        with self.b.loop(0, count, step=LANES) as start:
            yield start

    def lanes(self) -> Any:
        return self.b.loop(0, LANES, independent=True)

    def number(self, lane: Any, start: Any) -> Any:
        """Which matrix of the stack is in a lane."""
        return self.b.minimum(start + lane, self.count - 1)

    # Elements of one lane ---------------------------------------------------------------------------------------------
    def at(self, i: Any, j: Any, lane: Any) -> Any:
        return (i * self.columns + j) * LANES + lane

    def get(self, i: Any, j: Any, lane: Any) -> Any:
        return self.b.load(self.matrix, self.at(i, j, lane))

    def put(self, i: Any, j: Any, lane: Any, value: Any) -> None:
        self.b.store(self.matrix, self.at(i, j, lane), value)

    def vector(self, i: Any, j: Any, lane: Any) -> Any:
        return self.b.load(self.turned, self.at(i, j, lane))

    def mark(self, which: Any, lane: Any, value: Any) -> None:
        self.b.store(self.marks, which * LANES + lane, value)

    def marked(self, which: Any, lane: Any) -> Any:
        return self.b.load(self.marks, which * LANES + lane)

    def value(self, j: Any, lane: Any) -> Any:
        """Value j of the matrix in a lane, as `sort` found it."""
        return self.marked(_MARKS + j, lane)

    # What both methods have in common ---------------------------------------------------------------------------------
    def take(self, source: Any, start: Any, place: Callable[[Any, Any], Any], size: Any) -> None:
        """The block from the stack at `source`, each matrix of so many elements divided by a power of two near its largest one. place(i, j):
        where element (i, j) stands."""
        b, one = self.b, self.b.constant(1, self.dtype)
        with self.lanes() as lane:
            self.mark(_SCALE, lane, b.constant(0, self.dtype))
        with b.loop(0, self.rows) as i, b.loop(0, self.columns) as j, self.lanes() as lane:
            x = b.load(source, self.number(lane, start) * size + place(i, j))
            self.put(i, j, lane, x)
            self.mark(_SCALE, lane, b.maximum(self.marked(_SCALE, lane), b.abs(x)))
        kind, mask = _EXPONENT[self.dtype]
        with self.lanes() as lane:
            spot = b.offset(self.marks, _SCALE * LANES + lane)
            exponent = b.recast(spot, f"{kind}*")
            b.store(exponent, 0, b.both(b.load(exponent, 0), b.constant(mask, kind)))
            scale = b.load(spot, 0)
            scale = b.select(b.both(b.isinf(scale), b.equal(self.rows, 1)), b.constant(1, self.dtype), scale)  # else all becomes NaN
            least = b.constant(float(np.finfo(self.dtype).tiny), self.dtype)
            self.mark(_SCALE, lane, b.select(b.less(scale, least), least, scale))
        with b.loop(0, self.rows) as i, b.loop(0, self.columns) as j, self.lanes() as lane:
            self.put(i, j, lane, b.div(self.get(i, j, lane), self.marked(_SCALE, lane)))
        if self.vectors:
            with b.loop(0, self.columns) as i, b.loop(0, self.columns) as j, self.lanes() as lane:
                b.store(self.turned, self.at(i, j, lane), b.select(b.equal(i, j), one, b.constant(0, self.dtype)))

    def sweeps(self, pair: Callable[[Any, Any], None], message: str) -> None:
        """Calls pair(p, q) for all pairs of columns until no lane's state says that there was something to do; else LinAlgError."""
        b = self.b

        def sweep(count: Any, left: Any) -> Any:
            with self.lanes() as lane:
                self.mark(_STATE, lane, b.constant(0, self.dtype))
            with b.loop(0, self.columns) as p, b.loop(p + 1, self.columns) as q:
                pair(p, q)
            busy = lambda lane, found: [found + b.cast(b.not_equal(self.marked(_STATE, lane), 0.0), "int64")]
            (left,) = b.fold(0, LANES, [b.constant(0, "int64")], busy)
            return b.both(b.less(0, left), b.less(count, SWEEPS)), [count + 1, left]

        _, left = b.repeat([b.constant(0, "int64"), b.constant(0, "int64")], sweep)
        b.check(b.equal(left, 0), "LinAlgError", message)

    def angle(self, p_size: Any, q_size: Any, product: Any, lane: Any) -> Any:
        """Notes cosine and sine of the rotation that makes the off-diagonal element of ((p_size, product), (product, q_size)) 0; its tangent."""
        b = self.b
        ratio = b.div(b.sub(q_size, p_size), b.mul(product, 2.0))
        tangent = b.div(b.copysign(b.constant(1, self.dtype), ratio), b.add(b.abs(ratio), b.sqrt(b.add(b.square(ratio), 1.0))))
        tangent = b.select(b.equal(product, 0.0), b.constant(0, self.dtype), tangent)
        cosine = b.div(1.0, b.sqrt(b.add(b.square(tangent), 1.0)))
        self.mark(_COSINE, lane, cosine)
        self.mark(_SINE, lane, b.mul(tangent, cosine))
        return tangent

    def rotate(self, array: Any, first: Any, second: Any) -> None:
        """Two numbers of each lane turned by the angle noted."""
        b = self.b
        with self.lanes() as lane:
            x, y = b.load(array, first + lane), b.load(array, second + lane)
            c, s = self.marked(_COSINE, lane), self.marked(_SINE, lane)
            b.store(array, first + lane, b.sub(b.mul(c, x), b.mul(s, y)))
            b.store(array, second + lane, b.add(b.mul(s, x), b.mul(c, y)))

    def rotate_vectors(self, p: Any, q: Any) -> None:
        if self.vectors:
            with self.b.loop(0, self.columns) as r:
                self.rotate(self.turned, self.at(r, p, 0), self.at(r, q, 0))

    def sort(self, value: Callable[[Any, Any], Any], arrays: Any, descending: bool) -> None:
        """Notes value(j, lane) for each column, in order, and puts the columns of `arrays` (address, rows) in that order."""
        b = self.b
        with b.loop(0, self.columns) as j, self.lanes() as lane:
            self.mark(_MARKS + j, lane, value(j, lane))
        with b.loop(0, self.columns) as i, b.loop(i + 1, self.columns) as j:
            with self.lanes() as lane:
                x, y = self.value(i, lane), self.value(j, lane)
                wrong = b.less(x, y) if descending else b.less(y, x)
                self.mark(_STATE, lane, b.select(wrong, b.constant(1, self.dtype), b.constant(0, self.dtype)))
                self.mark(_MARKS + i, lane, b.select(wrong, y, x))
                self.mark(_MARKS + j, lane, b.select(wrong, x, y))
            for array, rows in arrays:
                with b.loop(0, rows) as r, self.lanes() as lane:
                    wrong = b.not_equal(self.marked(_STATE, lane), 0.0)
                    p, q = self.at(r, i, lane), self.at(r, j, lane)
                    x, y = b.load(array, p), b.load(array, q)
                    b.store(array, p, b.select(wrong, y, x))
                    b.store(array, q, b.select(wrong, x, y))

    def give(self, target: Any, start: Any, rows: Any, columns: Any, element: Callable[[Any, Any, Any], Any]) -> None:
        """element(i, j, lane) into the stack of (rows, columns) matrices at `target`."""
        b = self.b
        with b.loop(0, rows) as i, b.loop(0, columns) as j, b.loop(0, LANES) as lane:
            b.store(target, self.number(lane, start) * (rows * columns) + i * columns + j, element(i, j, lane))

    def scaled(self, j: Any, lane: Any) -> Any:
        """A value of the matrix as it was given."""
        return self.b.mul(self.value(j, lane), self.marked(_SCALE, lane))

    # Symmetric matrices -----------------------------------------------------------------------------------------------
    def eigenvalues(self, message: str) -> None:
        """The symmetric matrices (both triangles) become diagonal; values ascend, and so do the vectors that belong to them."""
        b, n = self.b, self.columns
        tiny = b.constant(float(np.finfo(self.dtype).eps) ** 2, self.dtype)
        with self.lanes() as lane:
            self.mark(_BEST, lane, b.constant(0, self.dtype))
        with b.loop(0, n) as i, b.loop(0, n) as j, self.lanes() as lane:
            self.mark(_BEST, lane, b.add(self.marked(_BEST, lane), b.square(self.get(i, j, lane))))

        def pair(p: Any, q: Any) -> None:
            with self.lanes() as lane:
                x, y, z = self.get(p, p, lane), self.get(q, q, lane), self.get(p, q, lane)
                done = b.less_equal(b.square(z), b.mul(tiny, self.marked(_BEST, lane)))
                self.mark(_STATE, lane, b.select(done, self.marked(_STATE, lane), b.constant(1, self.dtype)))
                move = b.mul(self.angle(x, y, z, lane), z)
                self.put(p, p, lane, b.sub(x, move))
                self.put(q, q, lane, b.add(y, move))
                self.put(p, q, lane, b.constant(0, self.dtype))
            with b.loop(0, n) as r:  # the upper triangle is all there is

                def other() -> None:
                    place = lambda k: self.at(b.minimum(r, k), b.maximum(r, k), 0)
                    self.rotate(self.matrix, place(p), place(q))

                b.when(b.both(b.not_equal(r, p), b.not_equal(r, q)), other)
            self.rotate_vectors(p, q)

        self.sweeps(pair, message)
        self.sort(lambda j, lane: self.get(j, j, lane), [(self.turned, n)] if self.vectors else [], descending=False)

    # Any matrices -----------------------------------------------------------------------------------------------------
    def singular_values(self, message: str) -> None:
        """The columns of the matrices become orthogonal; values, their lengths, descend; what the rotations amount to are the right vectors."""
        b = self.b
        tiny, least = (b.constant(x, self.dtype) for x in ((4 * float(np.finfo(self.dtype).eps)) ** 2, float(np.finfo(self.dtype).tiny)))

        def product(p: Any, q: Any, which: Any) -> None:
            with self.lanes() as lane:
                self.mark(which, lane, b.constant(0, self.dtype))
            with b.loop(0, self.rows) as r, self.lanes() as lane:
                self.mark(which, lane, b.add(self.marked(which, lane), b.mul(self.get(r, p, lane), self.get(r, q, lane))))

        def pair(p: Any, q: Any) -> None:
            for columns, which in (((p, p), _BEST), ((q, q), _PLACE), ((p, q), _COSINE)):
                product(*columns, which)
            with self.lanes() as lane:
                x, y, z = (self.marked(which, lane) for which in (_BEST, _PLACE, _COSINE))
                done = b.less_equal(b.square(z), b.add(b.mul(tiny, b.mul(x, y)), least))  # what is less than `least` is hardly a number
                self.mark(_STATE, lane, b.select(done, self.marked(_STATE, lane), b.constant(1, self.dtype)))
                self.angle(x, y, z, lane)
            with b.loop(0, self.rows) as r:
                self.rotate(self.matrix, self.at(r, p, 0), self.at(r, q, 0))
            self.rotate_vectors(p, q)

        self.sweeps(pair, message)
        with b.loop(0, self.columns) as j:
            product(j, j, _MARKS + j)
        arrays = [(self.matrix, self.rows), (self.turned, self.columns)] if self.vectors else []
        self.sort(lambda j, lane: b.sqrt(self.value(j, lane)), arrays, descending=True)
        with b.loop(0, self.columns) as j, b.loop(0, LANES) as lane:
            b.check(b.isfinite(self.value(j, lane)), "LinAlgError", message)

    def left_vectors(self) -> None:
        """The columns get the length 1; one that is 0, or too short to be known to be orthogonal, becomes what is orthogonal to the others."""
        b = self.b
        with b.loop(0, self.rows) as r, b.loop(0, self.columns) as j, self.lanes() as lane:
            length = b.div(self.get(r, j, lane), self.value(j, lane))
            self.put(r, j, lane, b.select(self._missing(j, lane), b.constant(0, self.dtype), length))
        with b.loop(0, self.columns) as j:
            empty = lambda lane, found: [found + b.cast(self._missing(j, lane), "int64")]
            (count,) = b.fold(0, LANES, [b.constant(0, "int64")], empty)
            b.when(b.less(0, count), lambda: self._complete(j))

    def _missing(self, j: Any, lane: Any) -> Any:
        """Whether column j is nothing beside the largest one, which is about 1."""
        return self.b.less(self.value(j, lane), self.b.constant(float(np.finfo(self.dtype).tiny) ** 0.25, self.dtype))

    def _complete(self, j: Any) -> None:
        """Column j, where it is missing: the unit vector that lies farthest from the span of the others, less what lies in it (taken off twice)."""
        b, zero = self.b, self.b.constant(0, self.dtype)
        with self.lanes() as lane:
            self.mark(_BEST, lane, b.constant(2, self.dtype))
            self.mark(_PLACE, lane, zero)
        with b.loop(0, self.rows) as r:
            with self.lanes() as lane:
                self.mark(_COSINE, lane, zero)
            with b.loop(0, self.columns) as c, self.lanes() as lane:
                self.mark(_COSINE, lane, b.add(self.marked(_COSINE, lane), b.square(self.get(r, c, lane))))
            with self.lanes() as lane:
                better = b.less(self.marked(_COSINE, lane), self.marked(_BEST, lane))
                self.mark(_BEST, lane, b.select(better, self.marked(_COSINE, lane), self.marked(_BEST, lane)))
                self.mark(_PLACE, lane, b.select(better, b.cast(r, self.dtype), self.marked(_PLACE, lane)))
        missing = lambda lane: self._missing(j, lane)
        with b.loop(0, self.rows) as r, self.lanes() as lane:
            unit = b.select(b.equal(self.marked(_PLACE, lane), b.cast(r, self.dtype)), b.constant(1, self.dtype), zero)
            self.put(r, j, lane, b.select(missing(lane), unit, self.get(r, j, lane)))
        with b.loop(0, 2), b.loop(0, self.columns) as c:
            b.when(b.not_equal(c, j), lambda: self._take_off(j, c, missing))
        with self.lanes() as lane:
            self.mark(_COSINE, lane, zero)
        with b.loop(0, self.rows) as r, self.lanes() as lane:
            self.mark(_COSINE, lane, b.add(self.marked(_COSINE, lane), b.square(self.get(r, j, lane))))
        with b.loop(0, self.rows) as r, self.lanes() as lane:
            x = self.get(r, j, lane)
            self.put(r, j, lane, b.select(missing(lane), b.div(x, b.sqrt(self.marked(_COSINE, lane))), x))

    def _take_off(self, j: Any, c: Any, where: Callable[[Any], Any]) -> None:
        """Column j less its part along column c."""
        b = self.b
        with self.lanes() as lane:
            self.mark(_COSINE, lane, b.constant(0, self.dtype))
        with b.loop(0, self.rows) as r, self.lanes() as lane:
            self.mark(_COSINE, lane, b.add(self.marked(_COSINE, lane), b.mul(self.get(r, j, lane), self.get(r, c, lane))))
        with b.loop(0, self.rows) as r, self.lanes() as lane:
            x = self.get(r, j, lane)
            self.put(r, j, lane, b.select(where(lane), b.sub(x, b.mul(self.marked(_COSINE, lane), self.get(r, c, lane))), x))
