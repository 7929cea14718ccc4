"""What the ops of connectionist temporal classification share: labels as states, checks, the walk over a batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import FLOAT, INTEGER
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of, times
from symgraph.expr.stacks import count, repeated

__all__ = ["Paths", "by_time"]

_LABEL = "label {} at index ({}, {}) is none of the {} classes, or the blank"
_TIMES = "input length {} at index {} is not between 0 and the {} times there are"
_LENGTH = "label length {} at index {} is not between 0 and the {} labels there are"


class Paths(Op):
    """What the two ops share. Inputs of both: log-probabilities (times, batch, classes), labels (batch, most labels), how many times and how many
    labels of each count (batch,), integers. blank: the class that means none."""

    __props__ = ("blank",)

    def __init__(self, blank: int = 0) -> None:
        self.blank = int(blank)

    def checked(self, y: Any, labels: Any, times_of: Any, labels_of: Any) -> str:
        if y.ndim != 3 or y.dtype not in FLOAT:
            raise TypeError(f"ctc: floats of three dimensions (times, batch, classes) are wanted, got {y.type}")
        if labels.ndim != 2 or times_of.ndim != 1 or labels_of.ndim != 1 or any(x.dtype not in INTEGER for x in (labels, times_of, labels_of)):
            raise TypeError(
                "ctc: labels are an integer matrix (batch, most labels), lengths are integer vectors (batch,), got "
                f"{labels.type}, {times_of.type}, {labels_of.type}")
        classes = y.type.shape[2]
        if self.blank < 0 or (classes is not None and self.blank >= classes):
            raise ValueError(f"ctc: the blank {self.blank} is none of the classes")
        return y.dtype

    def batch_of(self, s: Any, y: Any, *others: Any) -> Any:
        n = y.shape[1]
        for x in others:
            n = s.same(n, x.shape[0], "ctc: the batch has {} examples where labels or lengths have {}")
        return n

    # In numpy ---------------------------------------------------------------------------------------------------------
    def states(self, y: Any, labels: Any, length: Any) -> tuple[Any, Any]:
        """The classes of the states blank, label, blank, label, ... blank; and which may come straight from the label before."""
        own = np.full(2 * int(length) + 1, self.blank)
        own[1::2] = labels[: int(length)]
        skips = np.zeros(len(own), bool)
        skips[3::2] = own[3::2] != own[1:-2:2]
        return own, skips

    def check_values(self, y: Any, labels: Any, times_of: Any, labels_of: Any) -> None:
        for b, (t, n) in enumerate(zip(times_of, labels_of)):
            if not 0 <= t <= y.shape[0]:
                raise ValueError(_TIMES.format(t, b, y.shape[0]))
            if not 0 <= n <= labels.shape[1]:
                raise ValueError(_LENGTH.format(n, b, labels.shape[1]))
            for k, label in enumerate(labels[b, :n]):
                if not 0 <= label < y.shape[2] or label == self.blank:
                    raise IndexError(_LABEL.format(label, b, k, y.shape[2]))

    # In the loop IR ---------------------------------------------------------------------------------------------------
    def examples(self, b: Any, inputs: Sequence[Any], work: Callable[..., None]) -> None:
        """work(example, times, states, class of a state, may it come from the state two before) for each example, checked."""
        y, labels, times_of, labels_of = inputs[:4]
        wide = lambda x: b.cast(x, "int64")
        with b.loop(0, y.shape[1]) as e:
            n, m = wide(times_of(e)), wide(labels_of(e))
            b.check(b.both(b.less_equal(0, n), b.less_equal(n, y.shape[0])), "ValueError", _TIMES, n, e, y.shape[0])
            b.check(b.both(b.less_equal(0, m), b.less_equal(m, labels.shape[1])), "ValueError", _LENGTH, m, e, labels.shape[1])
            with b.loop(0, m) as k:
                label = wide(labels(e, k))
                fits = b.both(b.both(b.less_equal(0, label), b.less(label, y.shape[2])), b.not_equal(label, self.blank))
                b.check(fits, "IndexError", _LABEL, label, e, k, y.shape[2])
            label_at = lambda k, e=e: wide(labels(e, k))

            def own(s: Any) -> Any:
                return b.when(b.equal(b.rem(s, 2), 1), lambda: label_at(b.div(s, 2)), lambda: b.constant(self.blank, "int64"))

            def skips(s: Any) -> Any:
                is_label = b.both(b.equal(b.rem(s, 2), 1), b.less(2, s))
                return b.when(is_label, lambda: b.not_equal(label_at(b.div(s, 2)), label_at(b.div(s, 2) - 1)), lambda: b.constant(False, "bool"))

            work(e, n, 2 * m + 1, own, skips)

    def joined(self, b: Any, x: Any, y: Any, z: Any, dtype: str) -> Any:
        """log(exp(x) + exp(y) + exp(z)); -inf if all are."""
        least = b.constant(-math.inf, dtype)
        top = b.maximum(b.maximum(x, y), z)

        def total() -> Any:
            terms = [b.exp(b.sub(v, top)) for v in (x, y, z)]
            return b.add(top, b.log(b.add(b.add(terms[0], terms[1]), terms[2])))

        return b.when(b.equal(top, least), lambda: least, total)

    def stacked(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> tuple[list[Any], Any, Any]:
        """The arguments of a stack with its examples joined to the batch, their number, and the size of the batch in one."""
        n = count(inputs, stacked)
        full = [x if one else repeated(x, n) for x, one in zip(inputs, stacked)]
        size = size_of(full[0], 2)
        flat = []
        for x in full:
            timed = x.ndim == 4
            x = x.dimshuffle(1, 0, 2, 3) if timed else x
            sizes = [size_of(x, d) for d in range(x.ndim)]
            at = 1 if timed else 0
            flat.append(x.reshape([*sizes[:at], times(sizes[at : at + 2]), *sizes[at + 2 :]]))
        return flat, n, size


def by_time(self: Any, inputs: Any, stacked: Any) -> Any:
    """Stacks of an op that gives (times, batch, classes)."""
    flat, n, size = self.stacked(inputs, stacked)
    out = self(*flat)
    return [out.reshape([size_of(out, 0), n, size, size_of(out, 2)]).dimshuffle(1, 0, 2, 3)]
