"""Connectionist temporal classification: the probability of a sequence of labels under a network that says one label, or none ("blank"), at each
time (Graves, Fernandez, Gomez and Schmidhuber 2006). A path is one label or blank for each time; it reads as what is left without repetitions
and then without blanks. The sum over all paths that read as the labels is computed forwards in time, in logarithms; its derivative backwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import size_of
from symgraph.ops.nnet.ctccurvature import CTCCurvature
from symgraph.ops.nnet.ctcpaths import Paths, by_time
from symgraph.ops.nnet.floats import floating
from symgraph.ops.nnet.softmax import log_softmax

__all__ = ["CTC", "CTCGrad", "ConnectionistTemporalClassification", "ctc", "ctc_loss"]


class CTC(Paths):
    """Minus the logarithm of the probability of each example's labels (batch,): infinity where no path reads so; and the logarithms of the
    probabilities of all beginnings of paths, by time, example and state, which the derivative needs."""

    def output_dtypes(self, y: Any, labels: Any, times_of: Any, labels_of: Any) -> list[str]:
        return [self.checked(y, labels, times_of, labels_of)] * 2

    def sizes(self, s: Any, y: Any, labels: Any, times_of: Any, labels_of: Any) -> Any:
        n = self.batch_of(s, y, labels, times_of, labels_of)
        return [(n,), (y.shape[0], n, 2 * labels.shape[1] + 1)]

    def compute(self, y: Any, labels: Any, times_of: Any, labels_of: Any) -> Any:
        self.check_values(y, labels, times_of, labels_of)
        losses = np.empty(y.shape[1], y.dtype)
        begins = np.full((*y.shape[:2], 2 * labels.shape[1] + 1), -np.inf, y.dtype)
        for e in range(y.shape[1]):
            own, skips = self.states(y, labels[e], labels_of[e])
            n = int(times_of[e])
            for t in range(n):
                if t == 0:
                    begins[0, e, : min(2, len(own))] = y[0, e, own[:2]]
                    continue
                before = begins[t - 1, e, : len(own)]
                one = np.concatenate([[-np.inf], before[:-1]])
                two = np.where(skips, np.concatenate([[-np.inf] * 2, before])[: len(own)], -np.inf)
                begins[t, e, : len(own)] = np.logaddexp(np.logaddexp(before, one), two) + y[t, e, own]
            if n:
                losses[e] = -np.logaddexp.reduce(begins[n - 1, e, max(len(own) - 2, 0) : len(own)])
            else:
                losses[e] = 0 if len(own) == 1 else np.inf
        return losses, begins

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        y, (losses, begins) = inputs[0], outputs
        dtype = "float32" if y.dtype == "float16" else y.dtype
        least = b.constant(-math.inf, dtype)
        with b.loop(0, math.prod(begins.shape), independent=True) as k:
            b.store(begins.pointer, k, -math.inf)

        def work(e: Any, n: Any, states: Any, own: Any, skips: Any) -> None:
            said = lambda t, s: b.cast(y(t, e, own(s)), dtype)
            begun = lambda t, s: b.cast(b.load(begins.pointer, (t * begins.shape[1] + e) * begins.shape[2] + s), dtype)

            def first() -> None:
                with b.loop(0, b.minimum(states, 2)) as s:
                    begins.store([0, e, s], said(0, s))

            b.when(b.less(0, n), first)
            with b.loop(1, n) as t, b.loop(0, states) as s:
                one = b.when(b.less(0, s), lambda: begun(t - 1, s - 1), lambda: least)
                two = b.when(skips(s), lambda: begun(t - 1, s - 2), lambda: least)
                begins.store([t, e, s], b.add(self.joined(b, begun(t - 1, s), one, two, dtype), said(t, s)))

            def loss() -> Any:
                one = b.when(b.less(1, states), lambda: begun(n - 1, states - 2), lambda: least)
                return b.neg(self.joined(b, begun(n - 1, states - 1), one, least, dtype))

            nothing = lambda: b.select(b.equal(states, 1), b.constant(0, dtype), b.constant(math.inf, dtype))
            losses.store([e], b.when(b.less(0, n), loss, nothing))

        self.examples(b, inputs, work)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        losses, begins = outputs
        return [CTCGrad(self.blank)(*inputs, losses, begins, output_grads[0]), None, None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True, False], *[[False, False]] * 3]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        flat, n, size = self.stacked(inputs, stacked)
        losses, begins = self(*flat)
        whole = begins.reshape([size_of(begins, 0), n, size, size_of(begins, 2)]).dimshuffle(1, 0, 2, 3)
        return [losses.reshape([n, size]), whole]


class CTCGrad(Paths):
    """The derivative by the log-probabilities: minus how probable it is, given that the path reads as the labels, that it says this class at
    this time, times g. 0 where no path reads so. Further inputs: both outputs of `CTC`, and g (batch,)."""

    def output_dtypes(self, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, g: Any) -> list[str]:
        dtype = self.checked(y, labels, times_of, labels_of)
        if any(x.dtype != dtype for x in (losses, begins, g)) or (losses.ndim, begins.ndim, g.ndim) != (1, 3, 1):
            raise TypeError(f"CTCGrad takes what CTC gave, and a vector of {dtype}, got {losses.type}, {begins.type}, {g.type}")
        return [dtype]

    def sizes(self, s: Any, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, g: Any) -> Any:
        n = self.batch_of(s, y, labels, times_of, labels_of, losses, g)
        for a, c in zip(begins.shape, (y.shape[0], n, 2 * labels.shape[1] + 1)):
            s.same(a, c)
        return [y.shape]

    def compute(self, y: Any, labels: Any, times_of: Any, labels_of: Any, losses: Any, begins: Any, g: Any) -> Any:
        self.check_values(y, labels, times_of, labels_of)
        out = np.zeros_like(y)
        for e in range(y.shape[1]):
            own, skips = self.states(y, labels[e], labels_of[e])
            if not np.isfinite(losses[e]):
                continue
            rest = np.full(len(own) + 2, -np.inf)
            rest[max(len(own) - 2, 0) : len(own)] = 0
            for t in reversed(range(int(times_of[e]))):
                if t < int(times_of[e]) - 1:
                    said = rest.copy()
                    said[: len(own)] += y[t + 1, e, own]
                    two = np.where(np.append(skips[2:], [False, False])[: len(own)], said[2 : len(own) + 2], -np.inf)
                    rest[: len(own)] = np.logaddexp(np.logaddexp(said[: len(own)], said[1 : len(own) + 1]), two)
                share = np.exp(begins[t, e, : len(own)] + rest[: len(own)] + losses[e])
                np.subtract.at(out[t, e], own, (share * g[e]).astype(y.dtype))
        return out

    def workspace(self, s: Any, y: Any, labels: Any, *others: Any) -> list[tuple[str, Any]]:
        return [("float32" if y.dtype == "float16" else y.dtype, 2 * labels.shape[1] + 3)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        y, losses, begins, g = inputs[0], inputs[4], inputs[5], inputs[6]
        out, rest = outputs
        dtype = "float32" if y.dtype == "float16" else y.dtype
        least = b.constant(-math.inf, dtype)
        with b.loop(0, math.prod(out.shape), independent=True) as k:
            b.store(out.pointer, k, 0)

        def work(e: Any, n: Any, states: Any, own: Any, skips: Any) -> None:
            loss, factor = b.cast(losses(e), dtype), b.cast(g(e), dtype)
            held = lambda s: b.load(rest.pointer, s)

            def backwards() -> None:
                with b.loop(0, states + 2) as s:
                    ends = b.both(b.less_equal(states - 2, s), b.less(s, states))
                    b.store(rest.pointer, s, b.select(ends, b.constant(0, dtype), least))
                with b.loop(0, n) as step:
                    t = n - 1 - step

                    def earlier() -> None:
                        with b.loop(0, states) as s:
                            b.store(rest.pointer, s, b.add(held(s), b.cast(y(t + 1, e, own(s)), dtype)))
                        with b.loop(0, states) as s:
                            skipped = b.when(b.less(s + 2, states), lambda: skips(s + 2), lambda: b.constant(False, "bool"))
                            two = b.select(skipped, held(s + 2), least)
                            b.store(rest.pointer, s, self.joined(b, held(s), held(s + 1), two, dtype))

                    b.when(b.less(0, step), earlier)
                    with b.loop(0, states) as s:
                        share = b.exp(b.add(b.add(b.cast(begins(t, e, s), dtype), held(s)), loss))
                        place = (t * out.shape[1] + e) * out.shape[2] + own(s)
                        b.store(out.pointer, place, b.sub(b.cast(b.load(out.pointer, place), dtype), b.mul(share, factor)))

            b.when(b.isfinite(loss), backwards)

        self.examples(b, inputs, work)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        """By g it is linear. That losses and beginnings move with the log-probabilities is part of the derivative by these."""
        *given, g = inputs
        (v,) = output_grads
        of_ones = self(*given, g.ones_like())
        by_y = CTCCurvature(self.blank)(*given, v) * g.dimshuffle("x", 0, "x")
        return [by_y, *[None] * 5, (v * of_ones).sum(axis=(0, 2))]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * 5, [True]]

    batch = by_time


# What a user calls ----------------------------------------------------------------------------------------------------


def ctc_loss(logits: Any, labels: Any, input_lengths: Any = None, label_lengths: Any = None, blank: int = 0) -> Any:
    """Of each example minus the logarithm of the probability that a path drawn from softmax(logits) at each time reads as its labels.

    logits: floats (times, batch, classes). labels: integers (batch, most labels), none of them the blank. input_lengths, label_lengths:
    integers (batch,), how many of the times and of the labels count; None: all times; all labels in front of the first negative one.
    Out: (batch,); infinity where there are too few times for the labels (the gradient there is 0).

    TypeError for other dimensions or dtypes; ValueError for a blank that is no class, and at the call for lengths that are not there;
    IndexError at the call names the first label that is no class, and its place. Derivatives of third order are not known.

    >>> ctc_loss([[[0.0, 0.0]], [[0.0, 0.0]]], [[1]]).eval()  # of the paths 00 01 10 11 three read as 1
    array([0.28768207])
    """
    logits, labels = floating(logits, "ctc"), as_tensor(labels)
    if logits.ndim != 3:
        raise TypeError(f"ctc: floats of three dimensions (times, batch, classes) are wanted, got {logits.type}")
    if labels.ndim != 2 or labels.dtype not in INTEGER:
        raise TypeError(f"ctc: labels are an integer matrix (batch, most labels), got {labels.type}")
    if input_lengths is None:
        whole: Any = np.full((size_of(logits, 1),), size_of(logits, 0), like=logits)
        input_lengths = whole
    if label_lengths is None:
        counts = (labels >= 0).astype("int64")
        label_lengths = counts.cumprod(axis=1).sum(axis=1)
    return CTC(blank)(log_softmax(logits, 2), labels, as_tensor(input_lengths), as_tensor(label_lengths))[0]


def ctc(activations: Any, labels: Any, input_lengths: Any) -> Any:
    """`ctc_loss` as Theano has it: activations (times, batch, classes), labels (batch, most labels), filled up with negative numbers,
    input_lengths (batch,); class 0 is the blank. Out: (batch,).

    >>> ctc([[[0.0, 0.0]], [[0.0, 0.0]]], [[1, -1]], [2]).eval()
    array([0.28768207])
    """
    return ctc_loss(activations, labels, input_lengths)


class ConnectionistTemporalClassification:
    """`ctc` under the name of Theano's op; compute_grad and openmp change nothing: the derivative is computed where it is asked for."""

    def __init__(self, compute_grad: bool = True, openmp: Any = None) -> None:
        self.compute_grad = compute_grad

    def __call__(self, activations: Any, labels: Any, input_lengths: Any) -> Any:
        return ctc(activations, labels, input_lengths)
