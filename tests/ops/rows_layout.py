"""Arrangement of arrays in the table of all ops: dimensions, shapes, joins, repetition."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes

import symgraph.tensor as T
from symgraph.expr.dtypes import ALL

_MATRICES = [((3, 4),), ((0, 3),), ((1, 4),), ((1, 1),)]
_SOME = [((2, 3, 4),), ((1, 3, 1),), ((2, 0, 4),), ((5, 1, 2),)]
_ANY = [((3, 4),), ((),), ((5,),), ((0, 2),), ((1, 3),), ((2, 1, 3),)]


def _split(module: Any, x: Any) -> Any:
    return T.split(x, [1, 2, 0], 3, axis=0) if module is T else np.split(x, [1, 3], axis=0)


ARRANGEMENT = [
    row(
        "dimshuffle",
        lambda x: [x.dimshuffle(2, 0, 1), x.dimshuffle(0, "x", 1, 2, "x"), x.dimshuffle("x", 2, 1, 0)],
        lambda x: [x.transpose(2, 0, 1), x[:, None, :, :, None], x.transpose(2, 1, 0)[None]],
        _SOME,
        dtypes=("float64", *ALL),
        slopes=None,
    ),
    row(
        "dimshuffle drops",
        lambda x: [x.dimshuffle(2, 1), x.dimshuffle(1, "x", 2)],
        lambda x: [x[0].T, x[0][:, None]],
        [((1, 3, 4),), ((1, 0, 2),)],
        slopes=None,
    ),
    row(
        "transpose",
        lambda x: [x.T, T.swapaxes(x, 0, 1), T.moveaxis(x, 0, 2)],
        lambda x: [x.T, np.swapaxes(x, 0, 1), np.moveaxis(x, 0, 2)],
        _SOME,
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "squeeze, expand_dims",
        lambda x: [T.squeeze(x), T.expand_dims(x, 1)],
        lambda x: [np.squeeze(x), np.expand_dims(x, 1)],
        [((1, 3, 1),), ((1,),), ((2, 1),), ((1, 0),)],
        slopes=None,
    ),
    row(
        "reshape",
        lambda x: [x.reshape((4, 3)), x.reshape((2, -1)), x.reshape((-1,)), x.reshape((1, 3, 1, 4))],
        lambda x: [x.reshape(4, 3), x.reshape(2, -1), x.reshape(-1), x.reshape(1, 3, 1, 4)],
        [((3, 4),), ((12,),), ((1, 12),)],
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "reshape by values",
        lambda x, n, m: [x.reshape((n, m)), x.reshape((m, -1)), x.reshape(T.stack([n, m]), ndim=2)],
        lambda x, n, m: [x.reshape(n, m), x.reshape(m, -1), x.reshape(n, m)],
        [((3, 4),), ((2, 3, 2),)],
        beside=sizes(6, 2),
        slopes=(0,),
    ),
    row(
        "reshape of one",
        lambda x: [x.reshape(()), x.reshape((1, 1))],
        lambda x: [x.reshape(()), x.reshape(1, 1)],
        [((),), ((1,),), ((1, 1),)],
        slopes=None,
    ),
    row(
        "reshape of nothing",
        lambda x: [x.reshape((0, 5)), x.reshape((3, -1))],
        lambda x: [x.reshape(0, 5), x.reshape(3, -1)],
        [((0,),), ((2, 0),)],
    ),
    row(
        "flatten",
        lambda x: [x.flatten(), x.flatten(2), T.ravel(x)],
        lambda x: [x.reshape(-1), x.reshape(x.shape[0], -1), x.reshape(-1)],
        [((2, 3, 4),), ((3, 4),), ((1, 2, 1),), ((5, 2),)],
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "rebroadcast",
        lambda x: [T.unbroadcast(x, 0), T.patternbroadcast(x, (False,) * x.ndim)],
        lambda x: [x, x],
        [((1, 3),), ((1,),)],
        slopes=None,
    ),
    row("addbroadcast", lambda x, y: T.addbroadcast(x.take([0], axis=0), 0) + y, lambda x, y: x[:1] + y, [((3, 4), (2, 4))], slopes=None),
    row(
        "shape",
        lambda x: [x.shape, x.size, *[x.shape[d] for d in range(x.ndim)]],
        lambda x: [np.array(x.shape, "int64"), np.int64(x.size), *map(np.int64, x.shape)],
        _ANY,
        dtypes=FEW,
        small=((2, 3),),
    ),
    row(
        "shape of what is computed",
        lambda x: [(x.T + 1).shape[0], T.sum(x, axis=0).shape],
        lambda x: [np.int64(x.shape[1]), np.int64(x.shape[1:])],
        _MATRICES,
    ),
    row(
        "specify_shape",
        lambda x, n: [T.specify_shape(x, (3, 4)), T.specify_shape(x, (None, n)), T.specify_shape(x * 2, (n - 1, 4))],
        lambda x, n: [x, x, x * 2],
        [((3, 4),)],
        dtypes=("float64", "int32", "complex64"),
        beside=sizes(4),
        slopes=(0,),
    ),
    row(
        "shape_pad",
        lambda x: [T.shape_padleft(x, 2), T.shape_padright(x), T.shape_padaxis(x, -1)],
        lambda x: [x[None, None], x[..., None], x[..., None]],
        _ANY,
        slopes=None,
    ),
]
JOINS = [
    row(
        "join",
        lambda x, y: [T.join(0, x, y, x), T.concatenate([x, y], axis=-2)],
        lambda x, y: [np.concatenate([x, y, x]), np.concatenate([x, y])],
        [((3, 2), (1, 2)), ((0, 2), (2, 2)), ((1, 1), (1, 1)), ((0, 0), (0, 0))],
        dtypes=("float64", *ALL),
        slopes=None,
    ),
    row(
        "join along the last",
        lambda x, y: T.join(2, x, y),
        lambda x, y: np.concatenate([x, y], 2),
        [((2, 3, 2), (2, 3, 1)), ((2, 0, 2), (2, 0, 3))],
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "join of two dtypes",
        lambda x, n: T.join(0, x, n),
        lambda x, n: np.concatenate([x, n]),
        [((3,),), ((0,),)],
        dtypes=("float64", "float32", "int8", "complex64"),
        beside=[np.array([1, -2], "int16")],
        slopes=(0,),
    ),
    row(
        "stack",
        lambda x, y: [T.stack([x, y]), T.stack([x, y, x], axis=-1), T.stacklists([[x, y], [y, x]])],
        lambda x, y: [np.stack([x, y]), np.stack([x, y, x], -1), np.array([[x, y], [y, x]])],
        [((2, 3), (2, 3)), ((), ()), ((4,), (4,)), ((0, 2), (0, 2))],
        dtypes=FEW,
        slopes=None,
    ),
    row(
        "make vector",
        lambda x, y: [T.stack([x, y, x * y]), T.stack([y])],
        lambda x, y: [np.array([x, y, x * y], x.dtype), np.array([y])],
        [((), ())],
        dtypes=("float64", *ALL),
        slopes=None,
    ),
    row("split", lambda x: _split(T, x), lambda x: _split(np, x), [((3, 2),), ((3,),), ((3, 0),), ((3, 1, 2),)], dtypes=FEW, slopes=None),
    row(
        "split by values",
        lambda x, n: T.split(x, T.stack([n, n, 4 - 2 * n]), 3, axis=1),
        lambda x, n: np.split(x, [int(n), 2 * int(n)], axis=1),
        [((2, 4),), ((0, 4),), ((1, 4, 2),)],
        beside=sizes(1),
        slopes=(0,),
    ),
    row(
        "horizontal, vertical",
        lambda x, y: [T.horizontal_stack(x, y), T.vertical_stack(y, x)],
        lambda x, y: [np.hstack([x, y]), np.vstack([y, x])],
        [((2, 3), (2, 3)), ((1, 1), (1, 1)), ((0, 2), (0, 2))],
        slopes=None,
    ),
    row(
        "repeat",
        lambda x, n: [T.repeat(x, 3, axis=0), T.repeat(x, n, axis=-1), x.repeat(n)],
        lambda x, n: [np.repeat(x, 3, 0), np.repeat(x, int(n), -1), np.repeat(x, int(n))],
        [((2, 3),), ((1, 4),), ((0, 2),), ((3,),), ((2, 1, 2),)],
        dtypes=FEW,
        beside=sizes(2),
        slopes=(0,),
    ),
    row(
        "repeat each",
        lambda x, n: T.repeat(x, n, axis=0),
        lambda x, n: np.repeat(x, n, 0),
        [((3, 2),), ((3,),), ((3, 0),)],
        dtypes=FEW,
        beside=[np.array([2, 0, 1])],
        slopes=(0,),
    ),
    row(
        "tile",
        lambda x, n: [T.tile(x, (2, 3)), T.tile(x, (n, 1, 2)), T.tile(x, n)],
        lambda x, n: [np.tile(x, (2, 3)), np.tile(x, (int(n), 1, 2)), np.tile(x, int(n))],
        [((2, 3),), ((1, 2),), ((0, 3),), ((4,),), ((),)],
        dtypes=FEW,
        beside=sizes(3),
        slopes=(0,),
    ),
    row(
        "roll",
        lambda x, n: [T.roll(x, 1, axis=0), T.roll(x, n, axis=-1), T.roll(x, -7), T.roll(x, n)],
        lambda x, n: [np.roll(x, 1, 0), np.roll(x, int(n), -1), np.roll(x, -7), np.roll(x, int(n))],
        [((3, 4),), ((0, 3),), ((1, 5),), ((4,),), ((2, 3, 2),)],
        dtypes=FEW,
        beside=sizes(-2),
        slopes=(0,),
    ),
]
ROWS = [*ARRANGEMENT, *JOINS]
