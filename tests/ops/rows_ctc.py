"""Connectionist temporal classification in the table of all ops, against the sum over all paths."""

from __future__ import annotations

import itertools

import numpy as np
from cases import row
from oprow import OpRow

import symgraph
from symgraph.ops.nnet.ctc import CTCGrad
from symgraph.tensor import nnet

BASES = {"nnet.ctc._Paths"}
LABELS = np.array([[1, 2], [2, 2], [1, -1]])
TIMES = np.array([4, 3, 2])


def by_paths(x, labels, times, blank=0):
    """The losses and their derivatives by x, with every path written out."""
    wide = x.astype("float64")
    p = np.exp(wide - wide.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    losses, slopes = np.zeros(x.shape[1]), np.zeros(x.shape)
    for e in range(x.shape[1]):
        wanted = [label for label in labels[e] if label >= 0]
        shares = np.zeros(x.shape[::2])
        for path in itertools.product(range(x.shape[2]), repeat=int(times[e])):
            if [k for k, _ in itertools.groupby(path) if k != blank] == wanted:
                share = np.prod([p[t, e, k] for t, k in enumerate(path)])
                for t, k in enumerate(path):
                    shares[t, k] += share
        total = shares[0].sum()
        losses[e] = -np.log(total)
        slopes[: times[e], e] = p[: times[e], e] - shares[: times[e]] / total
    return losses.astype(x.dtype), slopes.astype(x.dtype)


ROWS: list[OpRow] = [
    row("ctc", nnet.ctc.ctc, lambda x, k, n: by_paths(x, k, n)[0], [((4, 3, 3),)], dtypes=("float64", "float32", "float16"), beside=[LABELS, TIMES],
        slopes=(0,), second=False, looser={"float16": 2e-2, "float32": 1e-5}),
    row("the derivative of ctc", lambda x, k, n: symgraph.grad((nnet.ctc.ctc(x, k, n) * np.array([1, 2, 1], "int8")).sum(), x),
        lambda x, k, n: by_paths(x, k, n)[1] * x.dtype.type([[1], [2], [1]]), [((4, 3, 3),)], dtypes=("float64", "float32"),
        beside=[LABELS, TIMES], flat=False, looser={"float32": 1e-5}),
    row("ctc with another blank", lambda x, k: nnet.ctc_loss(x, k, blank=2), lambda x, k: by_paths(x, k, [3, 3], 2)[0], [((3, 2, 3),)],
        beside=[np.array([[1, 0], [1, -1]])], slopes=(0,), second=False),
]


def _probable(x):
    return np.exp(x) / np.exp(x).sum(2, keepdims=True)


def _linear(y, labels, times, counts, g):
    """What g gets to: the derivative of ctc of these log-probabilities, as an op of its own."""
    op = nnet.ctc.CTC()
    losses, begins = op(y, labels, times, counts)
    return CTCGrad()(y, labels, times, counts, losses, begins, g)


ROWS.append(row(
    "CTCGrad by g", lambda g, x, k, n: _linear(nnet.logsoftmax(x, 2), k, n, (k >= 0).sum(axis=1), g),
    lambda g, x, k, n: (by_paths(x, k, n)[1] - _probable(x) * (np.arange(4)[:, None] < n)[..., None]) * g[None, :, None],
    [((3,),)], beside=[np.random.RandomState(0).uniform(-1, 1, (4, 3, 3)), LABELS, TIMES], slopes=(0,)))
