"""The ops that passes make of softmaxes of rows, in the table of all ops."""

from __future__ import annotations

import numpy as np
from cases import row
from oprow import OpRow

from symgraph.ops.nnet.softmaxrows import PickedLogSoftmax, SoftmaxGrad

PLAIN = ("float64", "float32")
LABELS = np.array([2, 0, 4])


def _softmax(x):
    wide = x.astype("float64")
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


def _picked(x, labels):
    return np.log(_softmax(x))[np.arange(len(labels)), labels].astype(x.dtype)


def _derivative(x, g):
    y = _softmax(x)
    return (y * (g - (g * y).sum(axis=-1, keepdims=True))).astype(x.dtype)


def _of_softmax(y, g):
    return (y * (g - (g.astype("float64") * y).sum(axis=-1, keepdims=True))).astype(y.dtype)


ROWS: list[OpRow] = [
    row("PickedLogSoftmax", PickedLogSoftmax(False), _picked, [((3, 5),), ((3, 40),)], dtypes=PLAIN, beside=[LABELS], slopes=(0,), small=((3, 5),)),
    row("PickedLogSoftmax with the softmax, scaled", lambda x, c, k: PickedLogSoftmax(True)(x, k, c.sum(axis=1, keepdims=True)),
        lambda x, c, k: [_picked(x, k), (_softmax(x) * c.sum(axis=1, keepdims=True)).astype(x.dtype)], [((3, 5), (3, 2)), ((3, 70), (3, 1))],
        dtypes=PLAIN, beside=[LABELS], slopes=(0, 1)),
    row("PickedLogSoftmax with one scale", lambda x, c, k: PickedLogSoftmax(True)(x, k, c.sum(keepdims=True)),
        lambda x, c, k: [_picked(x, k), (_softmax(x) * c.sum()).astype(x.dtype)], [((3, 5), (2, 2))], beside=[LABELS], slopes=(0, 1)),
    row("SoftmaxGrad", SoftmaxGrad(), _of_softmax, [((3, 4), (3, 4)), ((5,), (5,)), ((2, 2, 70), (2, 2, 70)), ((0, 3), (0, 3)), ((2, 0), (2, 0))],
        dtypes=PLAIN, slopes=None),
]
