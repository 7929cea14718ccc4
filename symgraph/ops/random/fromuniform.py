"""Draws by rows of probabilities, from uniform numbers that are handed over: what Theano's MRG streams make of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import FLOAT
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, as_size

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform"]

_UNIFORM = "unis.shape[0] != pvals.shape[0] * n: {} and {}"
_TOO_MANY = "Cannot sample without replacement n samples bigger than the size of the distribution: {} of {}"


class _FromUniform(SizedOp):
    """Inputs: pvals, a matrix with a distribution in each row; unis, n uniform numbers for each row, all first ones first; n."""

    __props__: tuple[str, ...] = ("odtype",)

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Any:
        pvals, unis = as_tensor(pvals), as_tensor(unis)
        if pvals.ndim != 2 or unis.ndim != 1:
            raise NotImplementedError(f"pvals must be a matrix and unis a vector, got {pvals.type} and {unis.type}")
        if pvals.dtype not in FLOAT or unis.dtype not in FLOAT:
            raise TypeError(f"pvals and unis must be floats, got {pvals.type} and {unis.type}")
        return super().make_node(pvals, unis, as_size(n, "n").astype("int64"))

    def matched(self, s: Any, pvals: Any, unis: Any, n: Any) -> Any:
        """n, once the sizes are found to fit."""
        count = n.item(0)
        s.same(unis.shape[0], pvals.shape[0] * count, _UNIFORM)
        return count

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * 3

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * 3


class MultinomialFromUniform(_FromUniform):
    """How often each outcome comes: each of a row's numbers u falls on the first whose cumulated probability is greater than u, or on none."""

    def __init__(self, odtype: str = "auto") -> None:
        self.odtype = odtype

    def output_dtypes(self, pvals: Any, unis: Any, n: Any) -> list[str]:
        return [pvals.dtype if self.odtype == "auto" else self.odtype]

    def sizes(self, s: Any, pvals: Any, unis: Any, n: Any) -> Any:
        self.matched(s, pvals, unis, n)
        return [pvals.shape]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        pvals, unis, n = inputs
        rows, outcomes = pvals.shape
        if len(unis) != rows * n:
            raise ValueError(_UNIFORM.format(len(unis), rows * n))
        out = np.zeros(pvals.shape, node.outputs[0].dtype)
        sums = np.cumsum(pvals.astype("float64"), axis=1)
        for k, u in enumerate(unis):
            place = np.searchsorted(sums[k % rows], u, side="right")
            if place < outcomes:
                out[k % rows, place] += 1
        output_storage[0][0] = out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        pvals, unis, n = inputs
        rows, outcomes = pvals.shape
        out = outputs[0].pointer
        with b.loop(0, rows * outcomes) as i:
            b.store(out, i, 0)
        with b.loop(0, n.item(0)) as c, b.loop(0, rows) as row:
            u = b.cast(unis.load(c * rows + row), "float64")
            place = _first(b, lambda m, row=row: pvals.load(row, m), outcomes, u)

            def count(at: Any = row * outcomes + place) -> None:
                b.store(out, at, b.add(b.load(out, at), 1))

            b.when(b.less(place, outcomes), count)


class ChoiceFromUniform(_FromUniform):
    """n outcomes of each row, one after another; without replacement those taken have no probability any more, and the rest is divided by
    its sum (in the dtype of pvals). Out: a matrix of n columns. ValueError for more than there are."""

    __props__ = ("odtype", "replace")

    def __init__(self, odtype: str = "auto", replace: bool = False) -> None:
        self.odtype = odtype
        self.replace = bool(replace)

    def output_dtypes(self, pvals: Any, unis: Any, n: Any) -> list[str]:
        return ["int64" if self.odtype == "auto" else self.odtype]

    def sizes(self, s: Any, pvals: Any, unis: Any, n: Any) -> Any:
        count = self.matched(s, pvals, unis, n)
        s.check(s.less(count, pvals.shape[1] + 1), "ValueError", _TOO_MANY, count, pvals.shape[1])
        return [(pvals.shape[0], count)]

    def workspace(self, s: Any, pvals: Any, unis: Any, n: Any) -> list[tuple[str, Any]]:
        """One row of probabilities."""
        return [(pvals.dtype, pvals.shape[1])]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        pvals, unis, n = inputs
        rows, outcomes = pvals.shape
        if len(unis) != rows * n:
            raise ValueError(_UNIFORM.format(len(unis), rows * n))
        if n > outcomes:
            raise ValueError(_TOO_MANY.format(n, outcomes))
        pvals = pvals.copy()
        out = np.zeros((rows, int(n)), node.outputs[0].dtype)
        for k, u in enumerate(unis):
            row, c = k % rows, k // rows
            place = np.searchsorted(np.cumsum(pvals[row].astype("float64")), u, side="right")
            if place == outcomes:
                place = np.flatnonzero(pvals[row])[-1] if pvals[row].any() else outcomes - 1
            out[row, c] = place
            if not self.replace:
                pvals[row, place] = 0
                total = pvals.dtype.type(0)
                for p in pvals[row]:
                    total = total + p
                pvals[row] = pvals[row] / total
        output_storage[0][0] = out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        pvals, unis, n = inputs
        rows, outcomes = pvals.shape
        out, room, count = outputs[0].pointer, outputs[1].pointer, n.item(0)
        with b.loop(0, rows) as row:
            with b.loop(0, outcomes) as m:
                b.store(room, m, pvals.load(row, m))
            with b.loop(0, count) as c:
                u = b.cast(unis.load(c * rows + row), "float64")
                place = _first(b, lambda m: b.load(room, m), outcomes, u)
                # Rounding may leave u above the last sum: then the last outcome that is left.
                last = b.fold(0, outcomes, [outcomes - 1 + b.cast(row * 0, "int64")],
                              lambda m, last: [b.select(b.equal(b.load(room, m), 0), last, m)])[0]
                place = b.select(b.equal(place, outcomes), last, place)
                b.store(out, row * count + c, b.cast(place, outputs[0].dtype))
                if not self.replace:
                    b.store(room, place, b.constant(0, pvals.dtype))
                    (total,) = b.fold(0, outcomes, [b.constant(0, pvals.dtype)], lambda m, total: [b.add(total, b.load(room, m))])
                    with b.loop(0, outcomes) as m:
                        b.store(room, m, b.div(b.load(room, m), total))


def _first(b: Any, weight: Any, count: Any, u: Any) -> Any:
    """The first place whose cumulated weight, in float64, is greater than u; `count` if there is none."""

    def step(m: Any, total: Any) -> Any:
        total = b.add(total, b.cast(weight(m), "float64"))
        passed = b.less(u, total)
        m = b.select(passed, m, b.add(m, 1))
        return b.both(b.invert(passed), b.less(m, count)), [m, total]

    none = b.constant(0, "int64")
    return b.when(b.less(0, count), lambda: b.add(b.repeat([none, b.constant(0.0, "float64")], step)[0], 0), lambda: none)
