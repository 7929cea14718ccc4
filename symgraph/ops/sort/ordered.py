"""Elements of given ranks: order statistics are made of them, without sorting what is not asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of
from symgraph.expr.stacks import along_next, count, repeated
from symgraph.ops.sort.along import AddAlong, TakeAlong
from symgraph.ops.sort.native import Keys, Words, workspace
from symgraph.ops.sort.selection import Selector

__all__ = ["TakeOrdered"]


class TakeOrdered(Op):
    """sort(x)[..., ranks[..., k, ...], ...] along one dimension; with `places` where these elements stand (int64; of equal ones the first is
    the least). ranks: int64, of the shape of the result; IndexError for one that is out of bounds. x: real. of_nothing: of no elements NaN
    is taken, or place 0, whatever the ranks."""

    __props__ = ("axis", "places", "of_nothing")

    def __init__(self, axis: int, places: bool = False, of_nothing: bool = False) -> None:
        self.axis = axis
        self.places = places
        self.of_nothing = of_nothing

    def output_dtypes(self, x: Any, ranks: Any) -> list[str]:
        return ["int64" if self.places else x.dtype]

    def sizes(self, s: Any, x: Any, ranks: Any) -> Any:
        pairs = enumerate(zip(x.shape, ranks.shape))
        return [[wanted if d == self.axis else s.same(size, wanted) for d, (size, wanted) in pairs]]

    def compute(self, x: Any, ranks: Any) -> Any:
        if self.of_nothing and not x.shape[self.axis]:
            return np.full(ranks.shape, 0 if self.places else np.nan, "int64" if self.places else x.dtype)
        if self.places:
            ordered = np.argsort(x, axis=self.axis, kind="stable").astype("int64")
        else:
            ordered = np.sort(x, axis=self.axis)
        if ranks.size and not (ranks.min() >= 0 and ranks.max() < x.shape[self.axis]):
            raise IndexError(f"ranks from {ranks.min()} to {ranks.max()} are out of bounds for size {x.shape[self.axis]}")
        return np.take_along_axis(ordered, ranks, self.axis)

    def workspace(self, s: Any, x: Any, ranks: Any) -> Any:
        return workspace(s, x.dtype, x.shape[self.axis], self.places)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x, ranks), (y, *scratch) = inputs, outputs
        words = Words(b, Keys(b, x.dtype, zeros_equal=self.places), self.places)
        n = x.shape[self.axis]

        def rank(where: Any) -> Any:
            found = b.load(ranks.pointer, where)
            b.check(b.both(b.less(-1, found), b.less(found, n)), "IndexError", "index {} is out of bounds for size {}", found, n)
            return found

        def write(where: Any, first: Any, word: Any) -> None:
            if self.places:
                b.store(y.pointer, where, words.place(word))
            else:
                words.keys.store(y.pointer, where, word[0])

        def select() -> list[Any]:
            Selector(b, x, self.axis, words, y, write, rank=rank).run(scratch)
            return []

        def nothing() -> list[Any]:
            with b.loop(0, math.prod(ranks.shape)) as k:
                b.store(y.pointer, k, 0 if self.places else math.nan)
            return []

        b.when(b.equal(n, 0) if self.of_nothing else False, nothing, select)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """Each element gets what came to its rank."""
        if self.places:
            return [None, None]
        (x, ranks), (g,), n = inputs, output_grads, size_of(inputs[0], self.axis)
        if self.of_nothing and not x.type.shape[self.axis]:
            g = g._asserted("an order statistic of no elements has no derivative", "ValueError", n > 0)
        return [AddAlong(self.axis)(g, TakeOrdered(self.axis, True)(x, ranks), n), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        if self.places or tangents[0] is None:
            return [None]
        return [TakeAlong(self.axis)(tangents[0], TakeOrdered(self.axis, True, self.of_nothing)(*inputs))]

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        n = count(inputs, stacked)
        return [along_next(self)(*[x if s else repeated(x, n) for x, s in zip(inputs, stacked)])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[not self.places], [False]]
