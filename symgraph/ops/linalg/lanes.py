"""Stacks of small matrices, eight side by side: a call of LAPACK takes longer than the work on a matrix of a few rows.

Element (i, j) of eight matrices lies together in scratch memory, so every step is done to eight of them by a loop of eight independent
rounds, which the processor does at once. Where matrices differ in what they do (pivots), both is computed and one chosen. The last
block of a stack is filled up with copies of the last matrix. A matrix without a stack is a block of one.

Each method returns nothing; what went wrong is noted by lane, and `checked` leaves with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from symgraph.expr.dtypes import COMPLEX, part_of

__all__ = ["LANES", "SMALL", "Lanes", "by_size", "scratch"]

SMALL = 8  # up to so many rows these loops are faster than OpenBLAS (measured: docs/architecture.md)
LANES = 8
_BAD, _BEST, _SCALE, _PLACES = 0, 1, 2, 3  # the marks of a block: each eight numbers, of places one for each row


def scratch(dtype: str, n: Any, columns: Any = 0) -> list[tuple[str, Any]]:
    """The scratch arrays that `Lanes` takes: for matrices of n rows, and right sides of so many columns."""
    if isinstance(n, int):
        if n > SMALL:
            return [(dtype, 1), (dtype, 1), (part_of(dtype), 1)]
        return [(dtype, n * n * LANES + 1), (dtype, n * columns * LANES + 1), (part_of(dtype), (n + _PLACES) * LANES)]
    return [(dtype, SMALL * SMALL * LANES), (dtype, columns * (SMALL * LANES) + 1), (part_of(dtype), (SMALL + _PLACES) * LANES)]


def by_size(b: Any, n: Any, small: Callable[[], None], large: Callable[[], None]) -> None:
    """The loops for small matrices, else the calls of LAPACK; where n is known only one of them is written."""

    def silent(function: Callable[[], None]) -> Callable[[], list[Any]]:
        def call() -> list[Any]:
            function()
            return []

        return call

    b.when(b.less_equal(n, SMALL), silent(small), silent(large))


class Lanes:
    """A block of matrices (n, n), and of right sides (n, columns)."""

    def __init__(self, b: Any, dtype: str, n: Any, arrays: Any, columns: Any = 0) -> None:
        self.b = b
        self.dtype = dtype
        self.n = n
        self.columns = columns
        self.matrix, self.sides, self.marks = (x.pointer for x in arrays)
        self.width = LANES

    @contextmanager
    def blocks(self, count: Any) -> Iterator[Any]:
        """A loop over a stack of `count` matrices, block by block; marks are cleared. One that is known to be alone has the block for itself."""
        self.count = count
        self.width = 1 if isinstance(count, int) and count == 1 else LANES
        with self.b.loop(0, count, step=self.width) as start:
            with self.lanes() as lane:
                self.mark(_BAD, lane, 0.0)
            yield start

    def lanes(self) -> Any:
        """The loop over the eight."""
        return self.b.loop(0, self.width, independent=True)

    def in_turn(self) -> Any:
        """The same, one after the other."""
        return self.b.loop(0, self.width)

    # Elements of one lane ---------------------------------------------------------------------------------------------
    def get(self, i: Any, j: Any, lane: Any) -> Any:
        return self.b.load(self.matrix, (i * self.n + j) * self.width + lane)

    def put(self, i: Any, j: Any, lane: Any, value: Any) -> None:
        self.b.store(self.matrix, (i * self.n + j) * self.width + lane, value)

    def mark(self, which: Any, lane: Any, value: Any) -> None:
        self.b.store(self.marks, which * self.width + lane, value)

    def marked(self, which: Any, lane: Any) -> Any:
        return self.b.load(self.marks, which * self.width + lane)

    def number(self, lane: Any, start: Any) -> Any:
        """Which matrix of the stack is in a lane."""
        return self.b.minimum(start + lane, self.count - 1)

    # In and out -------------------------------------------------------------------------------------------------------
    def take(self, source: Any, start: Any, element: Callable[[Any, Any, Any], Any] | None = None) -> None:
        """The block from the stack at `source`. element(load, i, j): what stands at (i, j), if not load(i, j)."""
        b, n = self.b, self.n
        with b.loop(0, n) as i, b.loop(0, n) as j, self.lanes() as lane:
            first = self.number(lane, start) * (n * n)

            def load(i: Any, j: Any, first: Any = first) -> Any:
                return b.load(source, first + (i * n + j))

            self.put(i, j, lane, element(load, i, j) if element else load(i, j))

    def give(self, target: Any, start: Any, turned: bool = False) -> None:
        """The block into the stack at `target`; turned: transposed and conjugated."""
        b, n = self.b, self.n
        with b.loop(0, n) as i, b.loop(0, n) as j, self.in_turn() as lane:
            x = b.conj(self.get(j, i, lane)) if turned else self.get(i, j, lane)
            b.store(target, self.number(lane, start) * (n * n) + (i * n + j), x)

    def take_sides(self, source: Any, start: Any) -> None:
        """The right sides of the block."""
        b, size = self.b, self.n * self.columns
        with b.loop(0, size) as p, self.lanes() as lane:
            b.store(self.sides, p * self.width + lane, b.load(source, self.number(lane, start) * size + p))

    def give_sides(self, target: Any, start: Any) -> None:
        """The right sides, or what they became, into the stack."""
        b, size = self.b, self.n * self.columns
        with b.loop(0, size) as p, self.in_turn() as lane:
            b.store(target, self.number(lane, start) * size + p, b.load(self.sides, p * self.width + lane))

    def checked(self, message: str) -> None:
        """LinAlgError if something went wrong with a matrix of the block."""
        b = self.b
        with self.in_turn() as lane:
            b.check(b.equal(self.marked(_BAD, lane), 0.0), "LinAlgError", message)

    def went_wrong(self, lane: Any) -> Any:
        """Whether something did with the matrix of a lane."""
        return self.b.not_equal(self.marked(_BAD, lane), 0.0)

    def _note(self, lane: Any, wrong: Any) -> None:
        self.mark(_BAD, lane, self.b.select(wrong, self.b.constant(1, part_of(self.dtype)), self.marked(_BAD, lane)))

    # Factorizations ---------------------------------------------------------------------------------------------------
    def cholesky(self) -> None:
        """The lower triangle becomes L with L L^H; wrong: not positive definite."""
        b, n = self.b, self.n
        with b.loop(0, n) as j:
            with b.loop(0, j) as k, self.lanes() as lane:
                x = self.get(j, k, lane)
                self.put(j, j, lane, b.sub(self.get(j, j, lane), b.mul(x, b.conj(x))))
            with self.lanes() as lane:
                d = b.real(self.get(j, j, lane))
                self._note(lane, b.less_equal(d, 0.0))
                root = b.sqrt(d)
                self.put(j, j, lane, root)
                self.mark(_SCALE, lane, b.div(1.0, root))
            with b.loop(j + 1, n) as i:
                with b.loop(0, j) as k, self.lanes() as lane:
                    taken = b.mul(self.get(i, k, lane), b.conj(self.get(j, k, lane)))
                    self.put(i, j, lane, b.sub(self.get(i, j, lane), taken))
                with self.lanes() as lane:
                    self.put(i, j, lane, b.mul(self.get(i, j, lane), b.cast(self.marked(_SCALE, lane), self.dtype)))

    def _pivot(self, k: Any) -> None:
        """Row k and that of the largest element in column k, from row k on, are exchanged, and so are the right sides."""
        b, n = self.b, self.n
        with self.lanes() as lane:
            self.mark(_BEST, lane, _weight(b, self.get(k, k, lane)))
            self.mark(_PLACES + k, lane, b.cast(k, part_of(self.dtype)))
        with b.loop(k + 1, n) as i, self.lanes() as lane:
            size = _weight(b, self.get(i, k, lane))
            better = b.less(self.marked(_BEST, lane), size)
            self.mark(_BEST, lane, b.select(better, size, self.marked(_BEST, lane)))
            self.mark(_PLACES + k, lane, b.select(better, b.cast(i, part_of(self.dtype)), self.marked(_PLACES + k, lane)))
        with b.loop(k + 1, n) as i:
            self._exchange(self.matrix, n, k, i)
            self._exchange(self.sides, self.columns, k, i)
        with self.lanes() as lane:
            self._note(lane, b.equal(self.marked(_BEST, lane), 0.0))

    def _exchange(self, array: Any, columns: Any, k: Any, i: Any) -> None:
        """Rows k and i where i is the pivot of step k."""
        b = self.b
        with b.loop(0, columns) as j, self.lanes() as lane:
            there = b.equal(self.marked(_PLACES + k, lane), b.cast(i, part_of(self.dtype)))
            p, q = b.load(array, (k * columns + j) * self.width + lane), b.load(array, (i * columns + j) * self.width + lane)
            b.store(array, (k * columns + j) * self.width + lane, b.select(there, q, p))
            b.store(array, (i * columns + j) * self.width + lane, b.select(there, p, q))

    def _reciprocal(self, k: Any, lane: Any) -> Any:
        """1 / pivot; 1 where that is 0, so that columns of zeros stay finite."""
        b = self.b
        nothing = b.equal(self.marked(_BEST, lane), 0.0)
        return b.div(1.0, b.select(nothing, b.constant(1, self.dtype), self.get(k, k, lane)))

    def factor(self) -> None:
        """P L U: L below the diagonal, U on and above it; the right sides b become P^-1 b; wrong: singular."""
        b, n = self.b, self.n
        with b.loop(0, n) as k:
            self._pivot(k)
            with b.loop(k + 1, n) as i:
                with self.lanes() as lane:
                    self.put(i, k, lane, b.mul(self.get(i, k, lane), self._reciprocal(k, lane)))
                with b.loop(k + 1, n) as j, self.lanes() as lane:
                    taken = b.mul(self.get(i, k, lane), self.get(k, j, lane))
                    self.put(i, j, lane, b.sub(self.get(i, j, lane), taken))

    def substitute(self, forward: bool, unit: bool, element: Callable[[Any, Any, Any], Any] | None = None) -> None:
        """The right sides become the solution of the triangular system: of the lower triangle (`forward`) or the upper one.

        element(i, j, lane): the matrix, if not the block itself.
        """
        b, n, columns = self.b, self.n, self.columns
        read = element or self.get
        with b.loop(0, n) as p:
            i = p if forward else n - 1 - p
            with b.loop(0, p) as q, b.loop(0, columns) as c:
                j = q if forward else n - 1 - q
                with self.lanes() as lane:
                    to = (i * columns + c) * self.width + lane
                    taken = b.mul(read(i, j, lane), b.load(self.sides, (j * columns + c) * self.width + lane))
                    b.store(self.sides, to, b.sub(b.load(self.sides, to), taken))
            if not unit:
                with b.loop(0, columns) as c, self.lanes() as lane:
                    to = (i * columns + c) * self.width + lane
                    b.store(self.sides, to, b.div(b.load(self.sides, to), read(i, i, lane)))

    def invert(self) -> None:
        """The matrices become their inverses, by the steps of Gauss and Jordan; exchanges of rows become such of columns in the end."""
        b, n = self.b, self.n
        with b.loop(0, n) as k:
            self._pivot(k)
            with self.lanes() as lane:
                scale = self._reciprocal(k, lane)
                self.put(k, k, lane, b.constant(1, self.dtype))
                b.store(self.sides, lane, scale)
            with b.loop(0, n) as j, self.lanes() as lane:
                self.put(k, j, lane, b.mul(self.get(k, j, lane), b.load(self.sides, lane)))
            with b.loop(0, n) as i:
                b.when(b.not_equal(i, k), lambda: self._clear(k, i))
        with b.loop(0, n) as m:
            k = n - 1 - m
            with b.loop(k + 1, n) as j, b.loop(0, n) as i, self.lanes() as lane:
                there = b.equal(self.marked(_PLACES + k, lane), b.cast(j, part_of(self.dtype)))
                p, q = self.get(i, k, lane), self.get(i, j, lane)
                self.put(i, k, lane, b.select(there, q, p))
                self.put(i, j, lane, b.select(there, p, q))

    def _clear(self, k: Any, i: Any) -> None:
        """Row i less so many times row k that its column k is that of the inverse."""
        b = self.b
        with self.lanes() as lane:
            b.store(self.sides, lane, self.get(i, k, lane))
        with self.lanes() as lane:
            self.put(i, k, lane, b.constant(0, self.dtype))
        with b.loop(0, self.n) as j, self.lanes() as lane:
            taken = b.mul(b.load(self.sides, lane), self.get(k, j, lane))
            self.put(i, j, lane, b.sub(self.get(i, j, lane), taken))

    def pivoted(self, k: Any, lane: Any) -> Any:
        """Whether step k exchanged two rows."""
        return self.b.not_equal(self.marked(_PLACES + k, lane), self.b.cast(k, part_of(self.dtype)))


def _weight(b: Any, x: Any) -> Any:
    """What pivots are compared by, as LAPACK does: |re| + |im|."""
    return b.add(b.abs(b.real(x)), b.abs(b.imag(x))) if b.dtype_of(x) in COMPLEX else b.abs(x)
