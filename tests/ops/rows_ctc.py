"""Connectionist temporal classification in the table of all ops, against the sum over all paths."""

from __future__ import annotations

import itertools

import numpy as np
from cases import row
from oprow import OpRow

import symgraph
from symgraph.ops.nnet.ctc import CTCGrad
from symgraph.ops.nnet.ctccurvature import CTCCurvature
from symgraph.tensor import nnet

BASES = {"nnet.ctcpaths.Paths"}
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
        slopes=(0,), looser={"float16": 2e-2, "float32": 1e-5}),
    row("the derivative of ctc", lambda x, k, n: symgraph.grad((nnet.ctc.ctc(x, k, n) * np.array([1, 2, 1], "int8")).sum(), x),
        lambda x, k, n: by_paths(x, k, n)[1] * x.dtype.type([[1], [2], [1]]), [((4, 3, 3),)], dtypes=("float64", "float32"),
        beside=[LABELS, TIMES], flat=False, looser={"float32": 1e-5}),
    row("ctc with another blank", lambda x, k: nnet.ctc_loss(x, k, blank=2), lambda x, k: by_paths(x, k, [3, 3], 2)[0], [((3, 2, 3),)],
        beside=[np.array([[1, 0], [1, -1]])], slopes=(0,)),
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


def _moved(y, labels, times, v, blank=0):
    """The second derivative of the losses by the log-probabilities y, times v, with every path written out: minus the covariance of which
    classes a path says, with what v gives for them."""
    out = np.zeros(y.shape)
    for e in range(y.shape[1]):
        wanted = [label for label in labels[e] if label >= 0]
        said, weights = [], []
        for path in itertools.product(range(y.shape[2]), repeat=int(times[e])):
            if [k for k, _ in itertools.groupby(path) if k != blank] == wanted:
                said.append(np.zeros(y.shape[::2]))
                said[-1][np.arange(len(path)), path] = 1
                weights.append(np.exp(y[np.arange(len(path)), e, path].sum()))
        shares, paths = np.array(weights) / np.sum(weights), np.array(said)
        along = (paths * v[:, e]).sum(axis=(1, 2))
        out[:, e] = -np.tensordot(shares * (along - shares @ along), paths, 1)
    return out.astype(v.dtype)


def _curvature(v, y, labels, times):
    op, counts = nnet.ctc.CTC(), (labels >= 0).sum(axis=1)
    y = y.astype(v.dtype)
    losses, begins = op(y, labels, times, counts)
    return CTCCurvature()(y, labels, times, counts, losses, begins, v)


ROWS.append(row(
    "CTCCurvature", _curvature, lambda v, y, k, n: _moved(y, k, n, v), [((3, 2, 3),)],
    beside=[np.random.RandomState(0).uniform(-1, 1, (3, 2, 3)), np.array([[2, 2], [1, 2]]), np.array([3, 2])], slopes=(0,), flat=False))
