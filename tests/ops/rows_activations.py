"""Activations, losses and labels in the table of all ops."""

from __future__ import annotations

import numpy as np
import scipy.special
from cases import row
from oprow import OpRow

from symgraph.tensor import nnet

_FLOATS = ("float64", "float32")
_SHAPES = [((3, 4),), ((),), ((0, 2),), ((1, 3),)]
_LABELS = np.array([2, 0, -1])
_softplus = lambda x: np.logaddexp(np.zeros((), x.dtype), x)
_sigmoid = scipy.special.expit
_number = lambda x, value: x.dtype.type(value)


def _ultra_fast(x):
    z = np.abs(x) * _number(x, 0.5)
    line = 0.935409070603099 + 0.0458812946797165 * (z - 1.7)
    y = np.where(z < 1.7, 1.5 * z / (1 + z), np.where(z < 3, line, 0.99505475368673))
    return (0.5 * (1 + np.sign(x) * y)).astype(x.dtype)


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, _number(x, alpha) * np.expm1(np.minimum(x, 0)))


def _gelu(x):
    return (x * scipy.special.ndtr(x.astype("float64"))).astype(x.dtype)


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0), "leaky_relu": lambda x: np.where(x > 0, x, x * _number(x, 0.01)),
    "relu6": lambda x: np.clip(x, 0, 6), "elu": _elu, "celu": _elu,
    "selu": lambda x: _number(x, 1.0507009873554805) * _elu(x, 1.6732632423543772), "softsign": lambda x: x / (1 + np.abs(x)),
    "log_sigmoid": lambda x: -_softplus(-x), "gelu": _gelu, "silu": lambda x: x * _sigmoid(x), "mish": lambda x: x * np.tanh(_softplus(x)),
    "hard_sigmoid": lambda x: np.clip(_number(x, 0.2) * x + _number(x, 0.5), 0, 1), "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6, "soft_shrink": lambda x: x - np.clip(x, -0.5, 0.5).astype(x.dtype),
    "tanh_shrink": lambda x: x - np.tanh(x), "ultra_fast_sigmoid": _ultra_fast,
}
# of the second derivative the differences of first ones would step over corners
ROWS: list[OpRow] = [
    row(name, getattr(nnet, name), wanted, _SHAPES, dtypes=_FLOATS, slopes=None, small=((2, 3),), tolerance=1e-9 if name == "gelu" else 1e-12)
    for name, wanted in ACTIVATIONS.items()
]


def _tanh_gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + _number(x, 0.044715) * x**3)))


ROWS += [
    row("gelu by tanh", lambda x: nnet.gelu(x, approximate=True), _tanh_gelu, _SHAPES, dtypes=_FLOATS, slopes=None, small=((2, 2),)),
    row("maxout", lambda x: [nnet.maxout(x, 2), nnet.maxout(x, 3, axis=0)],
        lambda x: [x.reshape(len(x), x.shape[1] // 2, 2, *x.shape[2:]).max(axis=2), x.reshape(len(x) // 3, 3, *x.shape[1:]).max(axis=1)],
        [((3, 4),), ((6, 2, 2),), ((0, 2),)], dtypes=_FLOATS, slopes=None),
    row("glu", lambda x: [nnet.glu(x), nnet.glu(x, 0)],
        lambda x: [x[..., : x.shape[-1] // 2] * _sigmoid(x[..., x.shape[-1] // 2 :]), x[: len(x) // 2] * _sigmoid(x[len(x) // 2 :])],
        [((2, 4),), ((4, 6, 2),)], dtypes=_FLOATS, slopes=None),
    row("celu and elu with alpha", lambda x: [nnet.celu(x, 2.0), nnet.elu(x, 2.0), nnet.relu(x, 0.5), nnet.silu(x, 2.0)],
        lambda x: [np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0) / 2)), _elu(x, 2.0), np.where(x > 0, x, x / 2), x * _sigmoid(2 * x)],
        _SHAPES, dtypes=_FLOATS, slopes=None, small=((2, 2),)),
]

# Losses ---------------------------------------------------------------------------------------------------------------


def _log_softmax(x, axis=-1):
    return scipy.special.log_softmax(x.astype("float64"), axis=axis).astype(x.dtype)


def _picked(x, labels):
    return np.take_along_axis(x, (labels % x.shape[-1])[..., None], -1)[..., 0]


def _probabilities(x):
    return scipy.special.softmax(x, axis=-1)


def _huber(x, y):
    e = np.abs(x - y)
    return np.where(e < 1, e * e / 2, e - _number(x, 0.5))


def _multiclass(x, labels):
    margins = 1 + x - _picked(x, labels)[:, None]
    margins[np.arange(len(x)), labels] = 0
    return np.maximum(margins, 0).max(axis=1)


def _cosine(x, y):
    return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))


_PAIRS = [((3, 4), (3, 4)), ((2, 0), (2, 0)), ((1, 4), (1, 4))]
_WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
ROWS += [
    row("categorical_crossentropy of labels", nnet.categorical_crossentropy, lambda p, k: -np.log(_picked(p, k)), [((3, 4),)], dtypes=_FLOATS,
        domain=(0.1, 0.9), beside=[_LABELS], slopes=(0,)),
    row("categorical_crossentropy of labels in 3-d", nnet.categorical_crossentropy, lambda p, k: -np.log(_picked(p, k)), [((2, 3, 4),)],
        domain=(0.1, 0.9), beside=[np.stack([_LABELS, _LABELS[::-1]])], slopes=(0,), second=False),
    row("categorical_crossentropy of distributions", nnet.categorical_crossentropy, lambda p, t: -(t * np.log(p)).sum(-1), _PAIRS, dtypes=_FLOATS,
        domain=(0.1, 0.9), slopes=None, small=((2, 2), (2, 2))),
    row("softmax_crossentropy", lambda x, k: [
            nnet.softmax_crossentropy(x, k), nnet.softmax_crossentropy(x.T, k, axis=0, smoothing=0.25), nnet.crossentropy_softmax_1hot(x, k)[0]],
        lambda x, k: [-_picked(_log_softmax(x), k),
                      -_number(x, 0.75) * _picked(_log_softmax(x), k) - _number(x, 0.25) * _log_softmax(x).mean(-1), -_picked(_log_softmax(x), k)],
        [((3, 4),)], dtypes=_FLOATS, domain=(-3, 3), beside=[_LABELS], slopes=(0,)),
    row("softmax_crossentropy with weights", lambda x, k, w: [
            nnet.softmax_crossentropy(x, k, w), nnet.softmax_crossentropy(x, _softmax_target(x), w), nnet.nll(x, k, w)],
        lambda x, k, w: [-_picked(_log_softmax(x), k) * w[k], -(_target(x) * w * _log_softmax(x)).sum(-1), -_picked(x, k) * w[k]],
        [((3, 4),)], beside=[_LABELS, _WEIGHTS], slopes=(0,), second=False),
    row("binary crossentropies", lambda p, t: [nnet.binary_crossentropy(p, t), nnet.sigmoid_binary_crossentropy(p, t)],
        lambda p, t: [-(t * np.log(p) + (1 - t) * np.log(1 - p)), t * _softplus(-p) + (1 - t) * _softplus(p)], _PAIRS, dtypes=_FLOATS,
        domain=(0.1, 0.9), slopes=None, small=((2, 2), (2, 2)), looser={"float32": 1e-5}),
    row("losses of numbers",
        lambda x, y: [nnet.squared_error(x, y), nnet.absolute_error(x, y), nnet.huber(x, y), nnet.log_cosh(x, y), nnet.hinge(x, y)],
        lambda x, y: [(x - y) ** 2, np.abs(x - y), _huber(x, y), np.log(np.cosh(x - y)), np.maximum(1 - y * x, 0)], _PAIRS, dtypes=_FLOATS,
        slopes=None, small=((3,), (3,)), looser={"float32": 1e-5}),
    row("multiclass_hinge", nnet.multiclass_hinge, _multiclass, [((3, 4),)], dtypes=_FLOATS, beside=[np.array([1, 3, 0])], slopes=(0,)),
    row("kl_divergence", lambda p, q: [nnet.kl_divergence(p, q), nnet.kl_divergence(p, q, 0)],
        lambda p, q: [(p * np.log(p / q)).sum(-1), (p * np.log(p / q)).sum(0)], _PAIRS, dtypes=_FLOATS, domain=(0.1, 0.9), slopes=None,
        small=((2, 2), (2, 2)), looser={"float32": 1e-5}),
    row("cosine", lambda x, y: [nnet.cosine_similarity(x, y), nnet.cosine_distance(x, y)], lambda x, y: [_cosine(x, y), 1 - _cosine(x, y)],
        [((3, 4), (3, 4)), ((4,), (4,))], dtypes=_FLOATS, domain=(0.5, 2.0), slopes=None, small=((3,), (3,))),
    row("embedding", lambda w, k: [nnet.embedding(w, k), nnet.embedding(w, k[:0])], lambda w, k: [w[k], w[k[:0]]], [((4, 3),)], dtypes=_FLOATS,
        beside=[np.array([[1, 1], [0, -1]])], slopes=(0,)),
    row("confusion_matrix", lambda a, p: nnet.confusion_matrix(a, p),
        lambda a, p: [np.array([[0, 1, 0], [0, 1, 0], [1, 0, 1]]), np.array([-1, 3, 7])],
        [()], beside=[np.array([7, -1, 7, 3]), np.array([7, 3, -1, 3])]),
]


def _block_gemv(o, w, h, i, k):
    return o + np.einsum("nia,nijab->njb", h, w[i[:, :, None], k[:, None, :]])


def _block_outer(o, x, y, i, k):
    out = o.copy()
    np.add.at(out, (i[:, :, None], k[:, None, :]), 2 * np.einsum("nia,njb->nijab", x, y))
    return out


_block_dot = nnet.blocksparse.sparse_block_dot
_IN, _OUT = np.array([[1, 0], [2, 2]]), np.array([[0], [1]])
ROWS += [
    row("sparse_block_gemv", nnet.blocksparse.sparse_block_gemv, _block_gemv,
        [((2, 1, 2), (3, 2, 2, 2), (2, 2, 2))], beside=[_IN, _OUT], slopes=(0, 1, 2)),
    row("sparse_block_outer", lambda *given: nnet.blocksparse.sparse_block_outer(*given, 2.0), _block_outer, [((3, 2, 2, 1), (2, 2, 2), (2, 1, 1))],
        beside=[_IN, _OUT], slopes=(0, 1, 2), second=False),
    row("sparse_block_dot",
        lambda w, h, b, i, k: [_block_dot(w, h, i, b, k), _block_dot(w, h[0], i[0], b, k[0])],
        lambda w, h, b, i, k: [_block_gemv(b[k], w, h, i, k), _block_gemv(b[k], w, h, i, k)[0]],
        [((3, 2, 2, 2), (2, 2, 2), (2, 2))], beside=[_IN, _OUT],
        slopes=(0, 1, 2), second=False),
]


def _target(x):
    return np.full(x.shape, 1 / x.shape[-1])


def _softmax_target(x):
    return x * 0 + 1.0 / x.shape[1]


def _groups(random_or_none, x, W1, b1, W2, b2):
    group = _probabilities(x @ W1 + b1)
    inner = _probabilities(np.einsum("bf,cfo->bco", x, W2) + b2)
    return (group[:, :, None] * inner).reshape(len(x), -1)


def _h_softmax(x, W1, b1, W2, b2, k):
    whole = _groups(None, x, W1, b1, W2, b2)
    return [whole[np.arange(len(x)), k], whole[:, :5]]


ROWS.append(row(
    "h_softmax",
    lambda x, W1, b1, W2, b2, k: [nnet.h_softmax(x, x.shape[0], 5, 2, 3, W1, b1, W2, b2, k), nnet.h_softmax(x, x.shape[0], 5, 2, 3, W1, b1, W2, b2)],
    _h_softmax, [((3, 2), (2, 2), (2,), (2, 2, 3), (2, 3))], beside=[np.array([4, 0, 2])], slopes=(0, 1, 2, 3, 4), second=False))
