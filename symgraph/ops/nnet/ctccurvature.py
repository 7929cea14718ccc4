"""Second derivatives of connectionist temporal classification."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.nogradient import grad_not_implemented
from symgraph.ops.nnet.ctcpaths import Paths, by_time

__all__ = ["CTCCurvature"]


class CTCCurvature(Paths):
    """The second derivative of the losses by the log-probabilities, times v (times, batch, classes): minus how the shares that `CTCGrad` gives
    move when the log-probabilities move along v. Further inputs: both outputs of `CTC`, and v.

    Along v, the logarithm of a sum moves as the mean of what its terms move by, weighted as they are: so the motions go forwards with the
    beginnings and backwards with the ends of paths."""

    def output_dtypes(self, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, v: Any) -> list[str]:
        dtype = self.checked(y, labels, times_of, labels_of)
        if any(x.dtype != dtype for x in (losses, begins, v)) or (losses.ndim, begins.ndim, v.ndim) != (1, 3, 3):
            raise TypeError(f"CTCCurvature takes what CTC gave, and {dtype} of three dimensions, got {losses.type}, {begins.type}, {v.type}")
        return [dtype]

    def sizes(self, s: Any, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, v: Any) -> Any:
        n = self.batch_of(s, y, labels, times_of, labels_of, losses)
        for x, shape in ((begins, (y.shape[0], n, 2 * labels.shape[1] + 1)), (v, y.shape)):
            for a, c in zip(x.shape, shape):
                s.same(a, c)
        return [y.shape]

    def compute(self, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, v: Any) -> Any:
        self.check_values(y, labels, times_of, labels_of)
        out = np.zeros_like(y)
        for e in np.flatnonzero(np.isfinite(losses)):
            own, skips = self.states(y, labels[e], labels_of[e])
            n, count = int(times_of[e]), len(own)
            if not n:
                continue
            begin = begins[:n, e, :count].astype("float64")
            moved = np.zeros((n, count))
            for t in range(n):
                if t:
                    moved[t] = _mean([begin[t - 1], _shifted(begin[t - 1], 1), np.where(skips, _shifted(begin[t - 1], 2), -np.inf)],
                                     [moved[t - 1], _shifted(moved[t - 1], 1, 0), _shifted(moved[t - 1], 2, 0)])[1]
                moved[t] += v[t, e, own]
            last = slice(max(count - 2, 0), count)
            total = np.sum(np.exp(begin[n - 1, last] + losses[e]) * moved[n - 1, last])
            rest, back = np.full(count, -np.inf), np.zeros(count)
            rest[last] = 0
            following = np.append(skips[2:], [False] * min(2, count))
            for t in reversed(range(n)):
                if t < n - 1:
                    said, pushed = rest + y[t + 1, e, own], back + v[t + 1, e, own]
                    rest, back = _mean([said, _shifted(said, -1), np.where(following, _shifted(said, -2), -np.inf)],
                                       [pushed, _shifted(pushed, -1, 0), _shifted(pushed, -2, 0)])
                share = np.exp(begin[t] + rest + losses[e])
                np.subtract.at(out[t, e], own, (share * (moved[t] + back - total)).astype(y.dtype))
        return out

    def workspace(self, s: Any, y: Any, labels: Any, *others: Any) -> list[tuple[str, Any]]:
        dtype, states = "float32" if y.dtype == "float16" else y.dtype, 2 * labels.shape[1] + 1
        return [(dtype, states + 2), (dtype, states + 2), (dtype, y.shape[0] * states)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        y, losses, begins, v = inputs[0], inputs[4], inputs[5], inputs[6]
        out, rest, back, moved = outputs
        dtype = "float32" if y.dtype == "float16" else y.dtype
        least, none = b.constant(-math.inf, dtype), b.constant(0, dtype)
        no = lambda: b.constant(False, "bool")
        with b.loop(0, math.prod(out.shape), independent=True) as k:
            b.store(out.pointer, k, 0)

        def mean(sum: Any, terms: Sequence[tuple[Any, Any]]) -> Any:
            """The mean of second parts, weighted by exp(first part - sum); 0 where all weights are."""

            def weighted() -> Any:
                parts = [b.mul(b.exp(b.sub(x, sum)), z) for x, z in terms]
                return b.add(b.add(parts[0], parts[1]), parts[2])

            return b.when(b.equal(sum, least), lambda: none, weighted)

        def work(e: Any, n: Any, states: Any, own: Any, skips: Any) -> None:
            loss = b.cast(losses(e), dtype)
            said, along = (lambda t, s, x=x: b.cast(x(t, e, own(s)), dtype) for x in (y, v))
            begun = lambda t, s: b.cast(begins(t, e, s), dtype)
            place = lambda t, s: t * begins.shape[2] + s
            motion = lambda t, s: b.load(moved.pointer, place(t, s))
            held, pushed = (lambda s, x=x: b.load(x.pointer, s) for x in (rest, back))

            def forwards() -> None:
                with b.loop(0, states) as s:
                    b.store(moved.pointer, s, along(0, s))
                with b.loop(1, n) as t, b.loop(0, states) as s:
                    before = [(begun(t - 1, s), motion(t - 1, s))]
                    for far, there in ((1, b.less(0, s)), (2, skips(s))):
                        before.append(tuple(b.when(there, lambda far=far: [begun(t - 1, s - far), motion(t - 1, s - far)], lambda: [least, none])))
                    sum = b.when(b.equal(begun(t, s), least), lambda: least, lambda: b.sub(begun(t, s), said(t, s)))
                    b.store(moved.pointer, place(t, s), b.add(mean(sum, before), along(t, s)))

            def backwards() -> None:
                first = b.maximum(states - 2, 0)
                (total,) = b.fold(first, states, [none], lambda s, sum: [b.add(sum, b.mul(b.exp(b.add(begun(n - 1, s), loss)), motion(n - 1, s)))])
                with b.loop(0, states + 2) as s:
                    ends = b.both(b.less_equal(states - 2, s), b.less(s, states))
                    b.store(rest.pointer, s, b.select(ends, none, least))
                    b.store(back.pointer, s, 0)
                with b.loop(0, n) as step:
                    t = n - 1 - step

                    def earlier() -> None:
                        with b.loop(0, states) as s:
                            b.store(rest.pointer, s, b.add(held(s), said(t + 1, s)))
                            b.store(back.pointer, s, b.add(pushed(s), along(t + 1, s)))
                        with b.loop(0, states) as s:
                            skipped = b.when(b.less(s + 2, states), lambda: skips(s + 2), no)
                            terms = [(held(s), pushed(s)), (held(s + 1), pushed(s + 1)), (b.select(skipped, held(s + 2), least), pushed(s + 2))]
                            sum = self.joined(b, terms[0][0], terms[1][0], terms[2][0], dtype)
                            b.store(back.pointer, s, mean(sum, terms))
                            b.store(rest.pointer, s, sum)

                    b.when(b.less(0, step), earlier)
                    with b.loop(0, states) as s:
                        share = b.exp(b.add(b.add(begun(t, s), held(s)), loss))
                        at = (t * out.shape[1] + e) * out.shape[2] + own(s)
                        change = b.mul(share, b.sub(b.add(motion(t, s), pushed(s)), total))
                        b.store(out.pointer, at, b.sub(b.cast(b.load(out.pointer, at), dtype), change))

            def both() -> None:
                forwards()
                backwards()

            b.when(b.both(b.isfinite(loss), b.less(0, n)), both)

        self.examples(b, inputs, work)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        """A symmetric matrix times v."""
        *given, _ = inputs
        unknown = grad_not_implemented(self, 0, inputs[0], "third derivatives of ctc")
        return [unknown, *[None] * 5, type(self)(self.blank)(*given, output_grads[0])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * 5, [True]]

    batch = by_time


def _shifted(x: Any, by: int, filling: float = -math.inf) -> Any:
    """x moved by places to the right (left: negative), filled up."""
    out = np.full_like(x, filling)
    if by > 0:
        out[by:] = x[:-by]
    else:
        out[:by] = x[-by:]
    return out


def _mean(terms: Sequence[Any], values: Sequence[Any]) -> tuple[Any, Any]:
    """The logarithm of the sum of exp(terms), and the mean of the values weighted by exp(terms); 0 where all weights are."""
    sum = np.logaddexp.reduce(terms)
    weights = np.exp(np.array(terms) - np.where(np.isfinite(sum), sum, 0))
    return sum, (weights * np.array(values)).sum(axis=0)
