"""Attention in the table of all ops: the two ops, with and without masks, and the function."""

from __future__ import annotations

import numpy as np
from cases import row
from oprow import OpRow

from symgraph.ops.nnet.attention import Attention, AttentionGrad
from symgraph.tensor import nnet

_FLOATS = ("float64", "float32")
_SHAPES = [(1, 2, 3, 4, 2, 2), (2, 1, 2, 3, 2, 1), (1, 1, 1, 1, 1, 1), (1, 1, 3, 3, 0, 2), (1, 1, 66, 258, 2, 1)]
_LOOSE = {"float32": 2e-5}


def scores(q, k, scale, mask=None, causal=False):
    s = (q @ k.swapaxes(-1, -2)) * scale
    if mask is not None:
        s = np.where(mask, s, s.dtype.type(-np.inf)) if mask.dtype == bool else s + mask
    if causal:
        m, n = s.shape[-2:]
        s = np.where(np.arange(m)[:, None] + n - m >= np.arange(n), s, s.dtype.type(-np.inf))
    return s


def attended(q, k, v, scale, mask=None, causal=False):
    s = scores(q, k, scale, mask, causal)
    logs = np.logaddexp.reduce(s, axis=-1)
    return [np.exp(s - logs[..., None]) @ v, logs]


def slopes(q, k, v, scale, logs, away, g, mask=None, causal=False):
    s = scores(q, k, scale, mask, causal)
    p = np.exp(s - logs[..., None])
    d = p * (g @ v.swapaxes(-1, -2) - away[..., None]) * scale
    return [d @ k, d.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ g]


def _forward(b, h, m, n, d, e):
    return (b, h, m, d), (b, h, n, d), (b, h, n, e), ()


def _reverse(b, h, m, n, d, e):
    return *_forward(b, h, m, n, d, e), (b, h, m), (b, h, m), (b, h, m, e)


# A mask of bools, in which every query sees a key
_SEEN = np.array([True, False, True, True, False, True, True, True, False, True, True, True]).reshape(1, 1, 3, 4)
_SMALL = (1, 1, 2, 3, 2, 1)
ROWS: list[OpRow] = [
    row("Attention", Attention(), attended, [_forward(*sizes) for sizes in _SHAPES], dtypes=_FLOATS, slopes=None,
        small=_forward(*_SMALL), looser=_LOOSE),
    row("Attention that is causal", Attention(True), lambda *given: attended(*given, causal=True), [_forward(*sizes) for sizes in _SHAPES],
        dtypes=_FLOATS, slopes=None, small=_forward(*_SMALL), looser=_LOOSE),
    row("Attention with what is added", Attention(), attended,
        [(*_forward(1, 2, 3, 4, 2, 2), mask) for mask in ((1, 2, 3, 4), (1, 1, 3, 1), (1, 1, 1, 4))],
        dtypes=_FLOATS, slopes=None, small=(*_forward(*_SMALL), (1, 1, 2, 3)), looser=_LOOSE),
    row("Attention with bools", Attention(), attended, [_forward(1, 2, 3, 4, 2, 2)], dtypes=_FLOATS, beside=[_SEEN], slopes=(0, 1, 2, 3),
        small=_forward(1, 1, 3, 4, 2, 1), looser=_LOOSE),
    row("AttentionGrad", AttentionGrad(), slopes, [_reverse(*sizes) for sizes in _SHAPES], dtypes=_FLOATS, slopes=None, small=_reverse(*_SMALL),
        domain=(0.5, 1.5), looser=_LOOSE, second=False),
    row("AttentionGrad with masks", AttentionGrad(True), lambda *given: slopes(*given, causal=True), [_reverse(1, 2, 2, 3, 2, 1)], dtypes=_FLOATS,
        beside=[_SEEN[:, :, :2, :3]], slopes=(0, 1, 2, 3, 4, 5, 6), small=_reverse(1, 1, 2, 3, 2, 1), domain=(0.5, 1.5), looser=_LOOSE, second=False),
    row("AttentionGrad with what is added", AttentionGrad(), slopes, [(*_reverse(1, 2, 2, 3, 2, 1), (1, 1, 2, 3))], dtypes=_FLOATS, slopes=None,
        small=(*_reverse(*_SMALL), (1, 1, 1, 3)), domain=(0.5, 1.5), looser=_LOOSE, second=False),
]


def _by_size(q, k, v):
    scale = q.dtype.type(1 / np.sqrt(q.shape[-1]))
    masked = attended(q, k, v, q.dtype.type(0.5), np.arange(k.shape[-2]) != 1)
    return [attended(q, k, v, scale)[0], attended(q, k, v, scale, causal=True)[0], masked[0]]


ROWS.append(row(
    "attention",
    lambda q, k, v: [nnet.attention(q, k, v), nnet.attention(q, k, v, causal=True), nnet.attention(q, k, v, np.arange(4) != 1, scale=0.5)],
    _by_size, [((3, 2), (4, 2), (4, 3)), ((2, 3, 2), (2, 4, 2), (2, 4, 3)), ((2, 1, 3, 2), (2, 1, 4, 2), (2, 1, 4, 3))], dtypes=_FLOATS, slopes=None,
    small=((2, 1), (4, 1), (4, 1)), second=False, looser=_LOOSE))
