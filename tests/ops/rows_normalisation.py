"""Normalisation in the table of all ops: the two ops in each of their walks, and the functions made of them."""

from __future__ import annotations

import numpy as np
from cases import row
from oprow import OpRow

from symgraph.ops.nnet.normalisation import InGroups
from symgraph.ops.nnet.standardise import Standardise, StandardiseGrad
from symgraph.tensor import nnet

_FLOATS = ("float64", "float32")
# (a, n, c, m): rows of one run, of several runs, columns in more than one block, one channel, nothing
_FOURS = [(1, 1, 3, 4), (2, 3, 2, 2), (1, 3, 70, 1), (2, 1, 1, 40), (1, 2, 0, 3), (1, 4, 1, 1)]


def _moments(x, axes, epsilon):
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + x.dtype.type(epsilon)), mean, variance


def _standardised(per):
    def wanted(x, *scales):
        y, mean, variance = _moments(x, (1, 3), 1e-3)
        if scales:
            s, o = (z[:, None] if per == "channel" else z for z in scales)
            y = y * s + o
        return [y, mean[:, 0, :, 0], variance[:, 0, :, 0]]

    return wanted


def _slopes(per):
    def wanted(x, g, mean, variance, *scale):
        of = 1 if not scale else scale[0][:, None] if per == "channel" else scale[0]
        r = 1 / np.sqrt(variance + x.dtype.type(1e-3))[:, None, :, None]
        y, h = (x - mean[:, None, :, None]) * r, g * of
        by_x = r * (h - h.mean(axis=(1, 3), keepdims=True) - y * (h * y).mean(axis=(1, 3), keepdims=True))
        axes = (0, 1, 3) if per == "channel" else (0, 1, 2)
        return [by_x, (g * y).sum(axis=axes), g.sum(axis=axes)] if scale else by_x

    return wanted


def _scaled(four, per):
    return [] if not per else [(four[2] if per == "channel" else four[3],)]


def _of(per):
    forward = [(four, *_scaled(four, per) * 2) for four in _FOURS if 0 not in four]
    reverse = [(four, four, (four[0], four[2]), (four[0], four[2]), *_scaled(four, per)) for four in _FOURS if 0 not in four]
    return [
        row(f"Standardise per {per or 'nothing'}", lambda *given: Standardise(1e-3, per)(*given), _standardised(per), forward,
            dtypes=_FLOATS, slopes=None, small=((2, 2, 1, 2), *_scaled((2, 2, 1, 2), per) * 2), looser={"float32": 2e-5}, tolerance=1e-11),
        row(f"StandardiseGrad per {per or 'nothing'}", lambda *given: StandardiseGrad(1e-3, per)(*given), _slopes(per), reverse, dtypes=_FLOATS,
            domain=(0.5, 1.5), slopes=None, small=((1, 2, 1, 2), (1, 2, 1, 2), (1, 1), (1, 1), *_scaled((1, 2, 1, 2), per)), looser={"float32": 1e-4},
            tolerance=1e-11),
    ]


ROWS: list[OpRow] = [one for per in ("", "channel", "element") for one in _of(per)]


def _spread(z, x, axis=1):
    return z.reshape([-1 if d == axis else 1 for d in range(x.ndim)])


def _images(x):
    return _moments(x, tuple(range(2, x.ndim)), 1e-5)[0]


def _trained(axes):
    def wanted(x, gamma, beta, mean, variance):
        over = {"per-activation": (0,), "spatial": (0, *range(2, x.ndim))}.get(axes, axes) if isinstance(axes, str) else axes
        kept = [1 if d in over else n for d, n in enumerate(x.shape)]
        y, m, v = _moments(x, over, 1e-4)
        count = x.size // m.size
        f = x.dtype.type(0.25)
        return [
            y * gamma.reshape(kept) + beta.reshape(kept), m.reshape(gamma.shape), 1 / np.sqrt(v.reshape(gamma.shape) + x.dtype.type(1e-4)),
            mean * (1 - f) + m.reshape(gamma.shape) * f, variance * (1 - f) + x.dtype.type(count / (count - 1)) * v.reshape(gamma.shape) * f,
        ]

    return wanted


def _train(axes):
    return lambda x, gamma, beta, mean, variance: list(nnet.batch_normalization_train(x, gamma, beta, axes, 1e-4, 0.25, mean, variance))


def _test(axes):
    def wanted(x, gamma, beta, mean, variance):
        over = (0,) if axes == "per-activation" else (0, *range(2, x.ndim))
        g, b, m, v = (z.reshape([1 if d in over else n for d, n in enumerate(x.shape)]) for z in (gamma, beta, mean, variance))
        return (x - m) * g / np.sqrt(v + x.dtype.type(1e-4)) + b

    return wanted


_POSITIVE = (0.5, 2.0)
_LOOSE = {"float32": 2e-5}
ROWS += [
    row(f"batch_normalization_train {axes}", _train(axes), _trained(axes), [(x, *[kept] * 4) for x, kept in shapes], dtypes=_FLOATS, domain=_POSITIVE,
        slopes=(0, 1, 2), second=False, looser=_LOOSE, small=(small[0], *[small[1]] * 4), tolerance=1e-11)
    for axes, shapes, small in [
        ("per-activation", [((4, 3), (3,)), ((3, 2, 2), (2, 2)), ((5,), ())], ((3, 1), (1,))),
        ("spatial", [((2, 3, 2, 2), (3,)), ((4, 3), (3,)), ((2, 2, 3), (2,))], ((2, 1, 2), (1,))),
        ((0, 2), [((2, 3, 2, 2), (3, 2)), ((2, 3, 2, 2), (1, 3, 1, 2))], ((2, 1, 2), (1,))),
        ((1,), [((2, 3, 2, 2), (2, 2, 2)), ((4, 3), (4,))], ((1, 3), (1,))),
        ((1, 3), [((2, 2, 1, 2, 2), (2, 1, 2))], ((1, 2, 1, 2), (1, 1))),
        ((0, 2, 4), [((2, 2, 2, 2, 1), (2, 2))], ((1, 1, 2, 1, 2), (1, 1))),
    ]
]
ROWS += [
    row(f"batch_normalization_test {axes}", lambda *given, axes=axes: nnet.batch_normalization_test(*given, axes), _test(axes),
        [(x, *[kept] * 4) for x, kept in shapes],
        dtypes=_FLOATS, domain=_POSITIVE, slopes=None, second=False, looser=_LOOSE, small=((2, 2), *[(2,)] * 4))
    for axes, shapes in [("per-activation", [((4, 3), (3,)), ((0, 3), (3,))]), ("spatial", [((2, 3, 2), (3,))])]
]
ROWS += [
    row("batch_normalization", nnet.batch_normalization, lambda x, g, b, m, s: (x - m) * (g / s) + b, [((4, 3), *[(3,)] * 4)], dtypes=_FLOATS,
        domain=_POSITIVE, slopes=None, small=((2, 1), *[(1,)] * 4), looser=_LOOSE),
    row("layer_normalization",
        lambda x, g, b: [nnet.layer_normalization(x, g, b), nnet.layer_normalization(x), nnet.layer_normalization(x, axes=x.ndim)],
        lambda x, g, b: [_moments(x, -1, 1e-5)[0] * g + b, _moments(x, -1, 1e-5)[0], _moments(x, tuple(range(x.ndim)), 1e-5)[0]],
        [((3, 4), (4,), (4,)), ((2, 3, 4), (4,), (4,)), ((5,), (5,), (5,))], dtypes=_FLOATS, slopes=None, second=False, looser=_LOOSE,
        small=((2, 3), (3,), (3,)), tolerance=1e-10),
    row("group_normalization", lambda x, g, b: nnet.group_normalization(x, 2, g, b),
        lambda x, g, b: _moments(x.reshape(x.shape[0], 2, -1), -1, 1e-5)[0].reshape(x.shape) * _spread(g, x) + _spread(b, x),
        [((2, 4, 3), (4,), (4,)), ((3, 6), (6,), (6,))], dtypes=_FLOATS, slopes=None, second=False, looser=_LOOSE, small=((1, 4, 2), (4,), (4,)),
        tolerance=1e-10),
    row("in groups", InGroups(2, 1), lambda x: x.reshape(x.shape[0], 2, x.shape[1] // 2, *x.shape[2:]),
        [((3, 4),), ((2, 6, 3),), ((0, 2),), ((2, 0, 3),)], slopes=None),
    row("instance_normalization", lambda x, g, b: [nnet.instance_normalization(x, g, b), nnet.instance_normalization(x)],
        lambda x, g, b: [_images(x) * _spread(g, x) + _spread(b, x), _images(x)],
        [((2, 3, 4), (3,), (3,)), ((1, 2, 3, 2), (2,), (2,))], dtypes=_FLOATS, slopes=None, second=False, looser=_LOOSE,
        small=((1, 2, 3), (2,), (2,)),
        tolerance=1e-10),
]


def _local(x):
    squares = np.pad(x**2, [(0, 0), (1, 1), *[(0, 0)] * (x.ndim - 2)])
    total = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
    return x * (2 + x.dtype.type(0.5) * total) ** x.dtype.type(-0.75)


ROWS.append(row("local_response_normalization", lambda x: nnet.local_response_normalization(x, 3, 2.0, 0.5), _local, [((2, 4, 3),), ((2, 1),)],
                dtypes=_FLOATS, slopes=None, second=False, small=((1, 3),), looser=_LOOSE))
