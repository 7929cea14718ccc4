"""Attention without the matrix of all scores: softmax(scale q k' + mask) v, computed in tiles, and its derivative likewise.

For a tile of queries the keys are walked in tiles; the largest score so far and the sum of exponentials below it are kept, and what was summed
before is scaled down as a larger one comes (Milakov and Gimelshein 2018; Dao, Fu, Ermon, Rudra and Re 2022, "FlashAttention"). Of the scores
only the logarithm of each row's sum is kept for the derivative, which computes the tiles again. So memory grows with the number of queries and
keys, not with their product. The products of tiles are BLAS's (tiles.py).

Arrays are (batch, heads, positions, features). This file holds the two ops; what a user calls is in attend.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.stacks import count, repeated
from symgraph.ops.nnet.tiles import COLUMNS, LETTERS, ROWS, Place, Tiles

__all__ = ["Attention", "AttentionGrad"]

GROUPS, FEW, LONG = 4, 8, 512  # parts of the sums over queries of few heads, where there are so many


def _groups(s: Any, q: Any) -> Any:
    """In how many parts the derivatives by keys and values are summed, side by side: so few heads are work for several threads. It depends on sizes
    alone, so the sums are the same for every number of threads."""
    return s.where(s.both(s.less(q.shape[0] * q.shape[1], FEW), s.less(LONG - 1, q.shape[2])), GROUPS, 1)


class _Attends(Op):
    """What the two ops share. causal: the last query sees all keys, the one before all but the last, and so on. fill: what stands in place of
    a score where a mask of bools is False.

    The mask, if there is one, is the last input: bools, or numbers that are added to the scores; its sizes are those of the scores
    (batch, heads, queries, keys) or known to be 1.
    """

    __props__: tuple[str, ...] = ("causal", "fill")

    def __init__(self, causal: bool = False, fill: float = -math.inf) -> None:
        self.causal = bool(causal)
        self.fill = float(fill)

    def checked(self, name: str, arrays: Sequence[Any], ndims: Sequence[int], mask: Sequence[Any]) -> str:
        dtype = arrays[0].dtype
        if dtype not in LETTERS or any(x.dtype != dtype for x in arrays) or any(x.ndim != n for x, n in zip(arrays, ndims)):
            raise TypeError(f"{name} takes arrays of one dtype, float32 or float64, got {', '.join(str(x.type) for x in arrays)}")
        if len(mask) > 1 or any(x.ndim != 4 or x.dtype not in ("bool", dtype) for x in mask):
            raise TypeError(f"{name}: a mask has four dimensions, and bools or {dtype}, got {', '.join(str(x.type) for x in mask)}")
        return dtype

    def same_sizes(self, s: Any, q: Any, k: Any, v: Any, mask: Sequence[Any]) -> tuple[Any, ...]:
        """batch, heads, queries, keys, features, features of values."""
        text = "attention: {} of queries and keys differ: {{}} and {{}}"
        batch, heads = (
            s.same(s.same(q.shape[d], k.shape[d], text.format(what)), v.shape[d], text.format(what)) for d, what in ((0, "batches"), (1, "heads")))
        features = s.same(q.shape[3], k.shape[3], text.format("features"))
        keys = s.same(k.shape[2], v.shape[2], "attention: there are {} keys and {} values")
        for x in mask:
            for n, m in zip((batch, heads, q.shape[2], keys), x.shape):
                if not (isinstance(m, int) and m == 1):
                    s.same(n, m, "attention: the mask has size {} where the scores have {}", m, n)
        return batch, heads, q.shape[2], keys, features, v.shape[3]

    # In numpy and in variables: both have these operators --------------------------------------------------------------
    def seen(self, queries: Any, keys: Any, where: Callable[..., Any], mask: Sequence[Any]) -> Any:
        """Which scores count, as bools that broadcast; None: all."""
        found = mask[0] if mask and mask[0].dtype == "bool" else None
        if self.causal:
            below = where(queries)[:, None] + (keys - queries) >= where(keys)[None, :]
            found = below if found is None else found & below
        return found

    def compute_scores(self, q: Any, k: Any, scale: Any, mask: Sequence[Any]) -> tuple[Any, Any]:
        """The scores by numpy, and which of them count."""
        scores = (q @ k.swapaxes(2, 3)) * scale
        if mask and mask[0].dtype != np.bool_:
            scores = scores + mask[0]
        if mask and mask[0].dtype == np.bool_:
            scores = np.where(mask[0], scores, scores.dtype.type(self.fill))
        if self.causal:
            m, n = scores.shape[2:]
            scores = np.where(np.arange(m)[:, None] + (n - m) >= np.arange(n), scores, scores.dtype.type(-math.inf))
        return scores, self.seen(q.shape[2], k.shape[2], np.arange, mask)

    def written_scores(self, q: Any, k: Any, scale: Any, mask: Sequence[Any]) -> tuple[Any, Any, Any]:
        """As expressions: the products, the scores, and which of them count (None: all)."""
        products = q @ k.swapaxes(2, 3)
        scores = products * scale
        queries, keys = size_of(q, 2), size_of(k, 2)
        seen = self.seen(queries, keys, lambda n: np.arange(n, like=q), mask)
        if mask and mask[0].dtype != "bool":
            scores = scores + mask[0]
        elif mask:
            scores = mask[0].switch(scores, np.asarray(self.fill, q.dtype))
        if self.causal:
            scores = self.seen(queries, keys, lambda n: np.arange(n, like=q), []).switch(scores, np.asarray(-math.inf, q.dtype))
        return products, scores, seen

    def joined(self, inputs: Sequence[Any], stacked: Sequence[bool], arrays: int, mask: Sequence[Any]) -> tuple[list[Any], Any]:
        """The arguments of a stack, its examples joined with the batch; and the number of examples. The first three are q, k, v; scale is 3."""
        n = count(inputs, stacked)
        full = [x if one else repeated(x, n) for x, one in zip(inputs[:arrays], stacked)]
        scale = full.pop(3)
        flat = [x.reshape([times([size_of(x, 0), size_of(x, 1)]), *[size_of(x, d) for d in range(2, x.ndim)]]) for x in full]
        if stacked[3]:
            each = scale.dimshuffle(0, "x").broadcast_to([n, size_of(full[0], 1)]).flatten()
            flat.insert(3, each.dimshuffle(0, "x", "x", "x"))
        else:
            flat.insert(3, inputs[3])
        if mask:
            x, one = mask[0], stacked[-1]
            if one or not x.broadcastable[0]:
                sizes = [size_of(x, d) for d in range(int(one), x.ndim)]
                wide = x if one else x.dimshuffle("x", 0, 1, 2, 3)
                wide = wide.broadcast_to([n, size_of(full[0], 1), *sizes[1:]])
                shape = wide.reshape([times([n, size_of(full[0], 1)]), *sizes[1:]])
                x = shape.specify_shape([None, *[1 if x.broadcastable[d + int(one)] else None for d in (1, 2, 3)]])
            flat.append(x)
        return flat, n


class Attention(_Attends):
    """softmax(scale q k' + mask) v. Inputs: q (batch, heads, queries, features), k (..., keys, features), v (..., keys, features of values), scale
    (no dimensions), perhaps the mask. Out: (batch, heads, queries, features of values); of each query the logarithm of the sum of the
    exponentials of its scores. A query that sees no key gives NaN."""

    def output_dtypes(self, q: Any, k: Any, v: Any, scale: Any, *mask: Any) -> list[str]:
        return [self.checked("Attention", [q, k, v, scale], (4, 4, 4, 0), mask)] * 2

    def sizes(self, s: Any, q: Any, k: Any, v: Any, scale: Any, *mask: Any) -> Any:
        batch, heads, queries, _, _, width = self.same_sizes(s, q, k, v, mask)
        return [(batch, heads, queries, width), (batch, heads, queries)]

    def compute(self, q: Any, k: Any, v: Any, scale: Any, *mask: Any) -> Any:
        scores, _ = self.compute_scores(q, k, scale, mask)
        largest = scores.max(axis=3, keepdims=True, initial=-math.inf)
        largest = np.where(np.isneginf(largest), 0, largest).astype(q.dtype)
        powers = np.exp(scores - largest)
        total = powers.sum(axis=3, keepdims=True)
        return (powers / total) @ v, (largest + np.log(total))[..., 0]

    def workspace(self, s: Any, q: Any, *others: Any) -> list[tuple[Any, ...]]:
        return [(q.dtype, ROWS * COLUMNS, True), (q.dtype, ROWS, True), (q.dtype, ROWS, True)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        q, k, v, scale, *mask = inputs
        out, logs, tile, tops, totals = outputs
        walk = Tiles(b, q, k, v, scale, mask, self)
        with b.loop(0, walk.batch * walk.parts * walk.tiles, independent=True) as task:
            place, first = walk.place(task // walk.tiles), task % walk.tiles * ROWS
            rows = b.minimum(walk.queries - first, ROWS)
            own = b.offset(out.pointer, (place.head * walk.queries + first) * walk.width)
            with b.loop(0, rows, independent=True) as i:
                b.store(tops.pointer, i, -math.inf)
                b.store(totals.pointer, i, 0)
            with b.loop(0, rows * walk.width, independent=True) as i:
                b.store(own, i, 0)
            with b.loop(0, walk.last(first, rows), step=COLUMNS) as start:
                columns = b.minimum(walk.keys - start, COLUMNS)
                walk.scores(tile.pointer, place, first, rows, start, columns)
                with b.loop(0, rows) as i:
                    line = b.offset(tile.pointer, i * COLUMNS)
                    score = walk.masked(place, first + i, start)

                    def masked(j: Any, top: Any, line: Any = line, score: Any = score) -> list[Any]:
                        value = score(j, b.load(line, j))
                        if walk.changes:
                            b.store(line, j, value)
                        return [b.maximum(top[0], value)]

                    (top,) = b.accumulate(columns, [walk.number(-math.inf)], masked, lambda x, y: [b.maximum(x[0], y[0])])
                    before = b.load(tops.pointer, i)
                    top = b.maximum(top, before)
                    b.store(tops.pointer, i, top)
                    safe = b.select(b.equal(top, walk.number(-math.inf)), walk.number(0), top)
                    with b.loop(0, columns, independent=True) as j:
                        b.store(line, j, b.exp(b.sub(b.load(line, j), safe)))
                    (total,) = b.accumulate(
                        columns, [walk.number(0)], lambda j, acc, line=line: [b.add(acc[0], b.load(line, j))], lambda x, y: [b.add(x[0], y[0])])
                    less = b.exp(b.sub(before, safe))
                    b.store(totals.pointer, i, b.add(b.mul(b.load(totals.pointer, i), less), total))

                    def shrink(i: Any = i, less: Any = less) -> None:
                        with b.loop(0, walk.width, independent=True) as j:
                            at = i * walk.width + j
                            b.store(own, at, b.mul(b.load(own, at), less))

                    b.when(b.less(less, 1), shrink)
                values = b.offset(v.pointer, (place.head * walk.keys + start) * walk.width)
                walk.add_product(own, walk.width, tile.pointer, COLUMNS, values, walk.width, rows, walk.width, columns)
            with b.loop(0, rows) as i:
                total = b.load(totals.pointer, i)
                b.store(logs.pointer, place.head * walk.queries + first + i, b.add(b.load(tops.pointer, i), b.log(total)))
                with b.loop(0, walk.width, independent=True) as j:
                    at = i * walk.width + j
                    b.store(own, at, b.div(b.load(own, at), total))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        q, k, v, scale, *mask = inputs
        out, logs = outputs
        g, g_logs = output_grads
        away = (out * g).sum(axis=3) - g_logs
        by_q, by_k, by_v = AttentionGrad(self.causal, self.fill)(q, k, v, scale, logs, away, g, *mask)
        found = [by_q, by_k, by_v, (q * by_q).sum() / scale]  # each score is scale times a product, and by_q is scale times what it gets times k
        if mask:
            found.append(None if mask[0].dtype == "bool" else self._by_mask(q, k, v, scale, logs, away, g, mask))
        return found

    def _by_mask(self, q: Any, k: Any, v: Any, scale: Any, logs: Any, away: Any, g: Any, mask: Any) -> Any:
        """As large as all scores, since the mask may be."""
        _, scores, seen = self.written_scores(q, k, scale, mask)
        return _fitted(_by_scores(scores, seen, logs, away, g @ v.swapaxes(2, 3)), mask[0])

    def batch(self, inputs: Any, stacked: Any) -> Any:
        flat, n = self.joined(inputs, stacked, 4, inputs[4:])
        if flat[3].ndim:
            flat[0], flat[3] = flat[0] * flat[3], np.asarray(1, inputs[0].dtype)
        return [_parted(x, n) for x in self(*flat)]


class AttentionGrad(_Attends):
    """What q, k, v get of the derivative g by the first output of `Attention`. Inputs: q, k, v, scale; the second output, logs; away (batch, heads,
    queries): the sum of g times the first output over features, less the derivative by logs; g; perhaps the mask. Out: as q, k, v. Here logs
    and away count as variables of their own: P = exp(scores - logs), D = P (g v' - away), by q: scale D k, by k: scale D' q, by v: P' g."""

    def output_dtypes(self, q: Any, k: Any, v: Any, scale: Any, logs: Any, away: Any, g: Any, *mask: Any) -> list[str]:
        return [self.checked("AttentionGrad", [q, k, v, scale, logs, away, g], (4, 4, 4, 0, 3, 3, 4), mask)] * 3

    def sizes(self, s: Any, q: Any, k: Any, v: Any, scale: Any, logs: Any, away: Any, g: Any, *mask: Any) -> Any:
        batch, heads, queries, _, _, width = self.same_sizes(s, q, k, v, mask)
        for x in (logs, away, g):
            for n, m in zip((batch, heads, queries, width), x.shape):
                s.same(n, m)
        return [q.shape, k.shape, v.shape]

    def compute(self, q: Any, k: Any, v: Any, scale: Any, logs: Any, away: Any, g: Any, *mask: Any) -> Any:
        scores, seen = self.compute_scores(q, k, scale, mask)
        powers = np.exp(scores - logs[..., None])
        by_scores = powers * (g @ v.swapaxes(2, 3) - away[..., None]) * scale
        if seen is not None:
            by_scores = np.where(seen, by_scores, 0).astype(q.dtype)
        return by_scores @ k, by_scores.swapaxes(2, 3) @ q, powers.swapaxes(2, 3) @ g

    def workspace(self, s: Any, q: Any, k: Any, v: Any, *others: Any) -> list[tuple[Any, ...]]:
        more = _groups(s, q) - 1
        return [(q.dtype, ROWS * COLUMNS, True), (q.dtype, ROWS * COLUMNS, True), (q.dtype, math.prod(k.shape) * more),
                (q.dtype, math.prod(v.shape) * more)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        q, k, v, scale, logs, away, g, *mask = inputs
        by_q, by_k, by_v, powers, slopes, *more = outputs
        walk = Tiles(b, q, k, v, scale, mask, self)
        groups = _groups(b, q)

        def cleared(to: Any, count: Any) -> None:
            with b.loop(0, count, independent=True) as i:
                b.store(to, i, 0)

        heads = walk.batch * walk.parts
        with b.loop(0, heads * groups, independent=True) as task:
            place, group = walk.place(task // groups), task % groups
            sums: list[Any] = []
            for x, others in ((by_k, more[0]), (by_v, more[1])):
                size = walk.keys * x.shape[3]

                def other(others: Any = others, size: Any = size) -> Any:
                    return b.offset(others.pointer, ((group - 1) * heads + place.head) * size)

                own = b.offset(x.pointer, place.head * size)
                sums.append(b.when(b.less(0, group), other, lambda own=own: own))  # type: ignore[misc]
                cleared(sums[-1], size)
            with b.loop(0, (walk.tiles - group + (groups - 1)) // groups) as turn:  # tiles in turn: of a causal one the last see most
                self.tile(b, walk, place, (turn * groups + group) * ROWS, inputs, (by_q, *sums), powers.pointer, slopes.pointer, cleared)

        def joined() -> None:
            """The sums of the groups, in their order."""
            for x, others in ((by_k, more[0]), (by_v, more[1])):
                count = math.prod(x.shape)
                with b.loop(0, count, independent=True) as i:
                    total = b.load(x.pointer, i)
                    for k in range(GROUPS - 1):
                        total = b.add(total, b.load(others.pointer, k * count + i))
                    b.store(x.pointer, i, total)

        b.when(b.less(1, groups), joined)

    def tile(self, b: Any, walk: Tiles, place: Place, first: Any, inputs: Sequence[Any], sums: Sequence[Any], powers: Any, slopes: Any,
             cleared: Callable[[Any, Any], None]) -> None:
        """What the queries of a tile give: their own derivative, and their terms of those by keys and values, which are added."""
        q, k, v, _, logs, away, g = inputs[:7]
        by_q, by_k, by_v = sums
        rows, d, e = b.minimum(walk.queries - first, ROWS), walk.features, walk.width
        query = place.head * walk.queries + first
        of_q, of_g = b.offset(q.pointer, query * d), b.offset(g.pointer, query * e)
        own = b.offset(by_q.pointer, query * d)
        cleared(own, rows * d)
        with b.loop(0, walk.last(first, rows), step=COLUMNS) as start:
            columns = b.minimum(walk.keys - start, COLUMNS)
            key = place.head * walk.keys + start
            walk.scores(powers, place, first, rows, start, columns)
            walk.set_product(slopes, COLUMNS, of_g, e, b.offset(v.pointer, key * e), e, rows, columns, e, False, True, walk.number(1))
            with b.loop(0, rows) as i:
                score, counts = walk.masked(place, first + i, start), walk.counts(place, first + i, start)
                log, rest = b.load(logs.pointer, query + i), b.load(away.pointer, query + i)
                with b.loop(0, columns, independent=True) as j:
                    at = i * COLUMNS + j
                    power = b.exp(b.sub(score(j, b.load(powers, at)), log))
                    slope = b.mul(b.mul(power, b.sub(b.load(slopes, at), rest)), walk.scale)
                    b.store(powers, at, power)
                    b.store(slopes, at, slope if counts is None else b.select(counts(j), slope, walk.number(0)))
            walk.add_product(b.offset(by_v, start * e), e, powers, COLUMNS, of_g, e, columns, e, rows, True)
            walk.add_product(own, d, slopes, COLUMNS, b.offset(k.pointer, key * d), d, rows, d, columns)
            walk.add_product(b.offset(by_k, start * d), d, slopes, COLUMNS, of_q, d, columns, d, rows, True)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """Written out, with the matrix of scores: derivatives of second order need it more than once."""
        q, k, v, scale, logs, away, g, *mask = inputs
        a, c, e = output_grads  # by the derivatives of q, of k, of v
        turned = lambda x: x.swapaxes(2, 3)
        products, scores, seen = self.written_scores(q, k, scale, mask)
        counted = (lambda x: x) if seen is None else (lambda x: seen.switch(x, np.asarray(0, q.dtype)))
        p = (scores - logs.dimshuffle(0, 1, 2, "x")).exp()
        by_p = g @ turned(v)
        rest = by_p - away.dimshuffle(0, 1, 2, "x")
        d = counted(p * rest)
        crossed = a @ turned(k) + q @ turned(c)
        w = counted(crossed * scale)
        of_p = p * w
        of_scores = p * (w * rest + g @ turned(e))
        by_scores = counted(of_scores)
        by_q = (d @ c + by_scores @ k) * scale
        by_k = (turned(d) @ a + turned(by_scores) @ q) * scale
        by_scale = (by_scores * products).sum() + (d * crossed).sum()
        found = [by_q, by_k, turned(of_p) @ g, by_scale, -of_scores.sum(axis=3), -of_p.sum(axis=3), of_p @ v + p @ e]
        if mask:
            found.append(None if mask[0].dtype == "bool" else _fitted(by_scores, mask[0]))
        return found

    def batch(self, inputs: Any, stacked: Any) -> Any:
        flat, n = self.joined(inputs, stacked, 7, inputs[7:])
        if flat[3].ndim:  # by q: of scale q it is 1 / scale of that of q
            factor = flat[3]
            flat[0], flat[3] = flat[0] * factor, np.asarray(1, inputs[0].dtype)
            by_q, by_k, by_v = self(*flat)
            return [_parted(x, n) for x in (by_q * factor, by_k, by_v)]
        return [_parted(x, n) for x in self(*flat)]


def _by_scores(scores: Any, seen: Any, logs: Any, away: Any, by_powers: Any) -> Any:
    found = (scores - logs.dimshuffle(0, 1, 2, "x")).exp() * (by_powers - away.dimshuffle(0, 1, 2, "x"))
    return found if seen is None else seen.switch(found, np.asarray(0, found.dtype))


def _fitted(x: Any, mask: Any) -> Any:
    """Summed over the dimensions in which the mask was repeated."""
    axes = tuple(d for d in range(4) if mask.broadcastable[d])
    return x.sum(axis=axes, keepdims=True) if axes else x


def _parted(x: Any, n: Any) -> Any:
    """An output of joined examples as a stack of n."""
    return x.reshape([n, size_of(x, 0) // n, *[size_of(x, d) for d in range(1, x.ndim)]])
