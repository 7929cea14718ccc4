"""Tiles of the scores of attention: their products, masks and places, the words that both walks over them are written in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["COLUMNS", "LETTERS", "ROWS", "Place", "Tiles"]

LETTERS = {"float32": "s", "float64": "d"}
ROWS, COLUMNS = 64, 256  # of a tile: its scores stay in the second cache, its products are large enough for BLAS


class Place:
    """Where the loops stand: the batch, the head in it, and the number of the head among all."""

    def __init__(self, batch: Any, part: Any, head: Any) -> None:
        self.batch, self.part, self.head = batch, part, head


class Tiles:
    """The words that both walks over tiles are written in."""

    def __init__(self, b: Any, q: Any, k: Any, v: Any, scale: Any, mask: Sequence[Any], op: Any) -> None:
        self.b, self.q, self.k = b, q, k
        self.batch, self.parts, self.queries, self.features = q.shape
        self.keys, self.width = k.shape[2], v.shape[3]
        self.mask: Any = mask[0] if mask else None
        self.op = op
        self.dtype = q.dtype
        self.scale = scale()
        self.tiles = (self.queries + (ROWS - 1)) // ROWS
        self.changes = op.causal or self.mask is not None

    def number(self, value: float) -> Any:
        return self.b.constant(value, self.dtype)

    def place(self, head: Any) -> Place:
        return Place(head // self.parts, head % self.parts, head)

    def last(self, first: Any, rows: Any) -> Any:
        """Behind the last key that one of these queries sees."""
        if not self.op.causal:
            return self.keys
        return self.b.minimum(self.keys, self.b.maximum(first + rows + self.keys - self.queries, 0))

    def scores(self, tile: Any, place: Place, first: Any, rows: Any, start: Any, columns: Any) -> None:
        b, d = self.b, self.features
        queries = b.offset(self.q.pointer, (place.head * self.queries + first) * d)
        keys = b.offset(self.k.pointer, (place.head * self.keys + start) * d)
        self.set_product(tile, COLUMNS, queries, d, keys, d, rows, columns, d, False, True, self.scale)

    def _mask_at(self, place: Place, query: Any, start: Any) -> Callable[[Any], Any]:
        b, mask = self.b, self.mask
        at: Any = 0
        for i, n in zip((place.batch, place.part, query), mask.shape):
            at = at if isinstance(n, int) and n == 1 else at * n + i
        n = mask.shape[3]
        if isinstance(n, int) and n == 1:
            return lambda j: b.load(mask.pointer, at)
        return lambda j: b.load(mask.pointer, at * n + start + j)

    def counts(self, place: Place, query: Any, start: Any) -> Callable[[Any], Any] | None:
        """Whether score j of the tile counts; None: all do."""
        b = self.b
        of_mask = self._mask_at(place, query, start) if self.mask is not None and self.mask.dtype == "bool" else None
        if not self.op.causal:
            return of_mask
        limit = query + self.keys - self.queries - start
        below = lambda j: b.less_equal(j, limit)
        return below if of_mask is None else lambda j: b.both(below(j), of_mask(j))

    def masked(self, place: Place, query: Any, start: Any) -> Callable[[Any, Any], Any]:
        """Score j of the tile, with the mask, from the product."""
        b = self.b
        limit = query + self.keys - self.queries - start if self.op.causal else None
        of_mask = self._mask_at(place, query, start) if self.mask is not None else None

        def score(j: Any, value: Any) -> Any:
            if of_mask is not None:
                other = of_mask(j)
                value = b.select(other, value, self.number(self.op.fill)) if self.mask.dtype == "bool" else b.add(value, other)
            return value if limit is None else b.select(b.less_equal(j, limit), value, self.number(-math.inf))

        return score

    def set_product(
        self, out: Any, out_lead: Any, x: Any, x_lead: Any, y: Any, y_lead: Any, rows: Any, columns: Any, inner: Any, turn_x: bool, turn_y: bool,
        alpha: Any,
    ) -> None:
        """out = alpha x y, of row-major matrices whose rows lie `lead` elements apart."""
        b = self.b

        def nothing() -> None:
            with b.loop(0, rows) as i, b.loop(0, columns, independent=True) as j:
                b.store(out, i * out_lead + j, 0)

        multiply = lambda: self._gemm(out, out_lead, x, x_lead, y, y_lead, rows, columns, inner, turn_x, turn_y, alpha, self.number(0))
        b.when(b.less(0, inner), multiply)
        b.when(b.less(inner, 1), nothing)

    def add_product(
        self, out: Any, out_lead: Any, x: Any, x_lead: Any, y: Any, y_lead: Any, rows: Any, columns: Any, inner: Any, turn_x: bool = False
    ) -> None:
        """out += x y."""
        one = self.number(1)
        self.b.when(self.b.less(0, columns), lambda: self._gemm(
            out, out_lead, x, x_lead, y, y_lead, rows, columns, inner, turn_x, False, one, one))

    def _gemm(
        self, out: Any, out_lead: Any, x: Any, x_lead: Any, y: Any, y_lead: Any, rows: Any, columns: Any, inner: Any, turn_x: bool, turn_y: bool,
        alpha: Any, beta: Any,
    ) -> None:
        """BLAS counts in columns: a row-major matrix is to it the transposed one, so out' = y' x' is what it computes."""
        b = self.b
        size = lambda n: b.constant(n, "int64") if isinstance(n, int) else n
        lead = lambda n: size(b.maximum(n, 1))
        flags = [b.constant(ord("T" if turned else "N"), "uint8") for turned in (turn_y, turn_x)]
        b.library(f"{LETTERS[self.dtype]}gemm", *flags, size(columns), size(rows), size(inner), alpha, y, lead(y_lead), x, lead(x_lead), beta, out,
                  lead(out_lead))
