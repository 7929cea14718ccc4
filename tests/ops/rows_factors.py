"""LU and QR factors, least squares, banded systems and inverses of arrays in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import NEAR, row
from rows_matrices import _heavy, _heavy_array

import symgraph.tensor as T
from symgraph.ops.linalg.banded import BandsOf, FromBands, solve_banded
from symgraph.ops.linalg.leastsquares import lstsq
from symgraph.ops.linalg.lu import ApplyPivots, lu, lu_factor, lu_solve
from symgraph.ops.linalg.qr import qr
from symgraph.ops.linalg.tensors import tensorinv, tensorsolve

_DTYPES = ("float64", "float32", "int32", "complex128")
_CONTINUOUS = ("float64", "float32", "complex128")  # integers of this domain are all 1: the factors of such a matrix are rounding errors
_LOOSER = {"float32": 1e-4, "complex64": 1e-4}
_RECTANGLES = (((4, 3),), ((3, 5),), ((2, 3, 3),), ((0, 2),), ((3, 0),), ((1, 1),))


def _row(name: str, build: Any, wanted: Any, *shapes: Any, **options: Any) -> Any:
    options = {"slopes": None, "dtypes": _DTYPES, "looser": _LOOSER, "tolerance": 1e-10, "domain": NEAR, **options}
    return row(name, build, wanted, shapes or _RECTANGLES, **options)


def _floating(x: Any) -> Any:
    return x if x.dtype.kind in "fc" else x.astype("float64")


def _floated(a: Any) -> Any:
    """With a heavy diagonal."""
    return _floating(_heavy_array(a))


def _lu(a: Any) -> list[Any]:
    """P, L, U by numpy alone."""
    a = _floating(a)
    m, n = a.shape[-2:]
    k = min(m, n)
    p = np.zeros((*a.shape[:-2], m, m), a.dtype)
    low, upper = np.zeros((*a.shape[:-2], m, k), a.dtype), np.zeros((*a.shape[:-2], k, n), a.dtype)
    for at in np.ndindex(*a.shape[:-2]):
        rest, order = a[at].copy(), np.arange(m)
        for j in range(k):
            weight = np.abs(rest[j:, j].real) + np.abs(rest[j:, j].imag)
            swap = [j, j + int(np.argmax(weight))]
            rest[swap], order[swap] = rest[swap[::-1]], order[swap[::-1]]
            rest[j + 1 :, j] /= rest[j, j]
            rest[j + 1 :, j + 1 :] -= np.outer(rest[j + 1 :, j], rest[j, j + 1 :])
        p[at][order, np.arange(m)] = 1
        low[at] = np.tril(rest[:, :k], -1) + np.eye(m, k)
        upper[at] = np.triu(rest[:k])
    return [p, low, upper]


def _some_qr(mode: str) -> Any:
    def wanted(a: Any) -> Any:
        found = np.linalg.qr(_floating(a), mode)
        return found if mode == "r" else list(found)

    return wanted


def _least(a: Any, b: Any) -> list[Any]:
    a, b = _floating(a), _floating(b)
    found = np.linalg.lstsq(a, b, rcond=None)
    away = b - a @ found[0]
    return [found[0], (away * away.conj()).real.sum(axis=0), np.asarray(found[2], "int32"), found[3]]


def _banded(bands: Any, b: Any) -> Any:
    return np.linalg.solve(FromBands(1, 2).compute(_floating(bands)), _floating(b))


def _dominant(bands: Any) -> Any:
    return bands + T.as_tensor(np.array([0, 0, 9, 0], "int8")).dimshuffle(0, "x")


ROWS = [
    _row("lu", lu, _lu, slopes=(), flat=False, dtypes=_CONTINUOUS),
    _row("lu of square matrices", lambda a: list(lu(_heavy(a))[1:]), lambda a: _lu(_heavy_array(a))[1:], ((3, 3),), ((9, 9),), small=((2, 2),)),
    *[
        _row(
            f"lu_solve {trans}",
            lambda a, b, trans=trans: lu_solve(lu_factor(_heavy(a)), b, trans),
            lambda a, b, trans=trans: np.linalg.solve({0: _floated(a), 2: _floated(a).conj().T}[trans], _floating(b)),
            ((3, 3), (3, 2)),
            small=((2, 2), (2, 2)),
        )
        for trans in (0, 2)
    ],
    _row(
        "ApplyPivots",
        lambda x: [ApplyPivots(flag)(x, T.as_tensor(np.array([1, 2], "int32"))) for flag in (False, True)],
        lambda x: [x[[1, 2, 0]], x[[2, 0, 1]]],
        ((3, 2),),
    ),
    _row("qr", qr, _some_qr("reduced"), dtypes=_CONTINUOUS, small=((3, 2),)),
    _row("qr of wide matrices", lambda a: qr(a, "full"), _some_qr("complete"), dtypes=_CONTINUOUS, slopes=(), flat=False),
    _row("qr r", lambda a: qr(a, "r"), _some_qr("r"), ((3, 4),), ((5, 2),), small=((2, 3),)),
    _row("qr raw", lambda a: qr(a, "raw"), _some_qr("raw"), dtypes=_CONTINUOUS, slopes=(), flat=False),
    _row("lstsq", lstsq, _least, ((4, 2), (4, 3)), ((3, 5), (3, 1)), ((30, 20), (30, 2)), slopes=(), flat=False),
    _row("x of lstsq", lambda a, b: lstsq(a, b)[0], lambda a, b: _least(a, b)[0], ((3, 2), (3, 1)), dtypes=("float64", "complex64")),
    _row(
        "solve_banded",
        lambda bands, b: solve_banded((1, 2), _dominant(bands), b),
        lambda bands, b: _banded(bands + np.array([[0], [0], [9], [0]], "int8"), b),
        ((4, 5), (5, 2)),
        ((4, 1), (1, 1)),
        small=((4, 3), (3, 2)),
    ),
    _row("FromBands", FromBands(1, 1), FromBands(1, 1).compute, ((3, 4),), ((2, 3, 3),), ((3, 0),), small=((3, 2),)),
    _row("BandsOf", BandsOf(1, 1), BandsOf(1, 1).compute, ((4, 4),), ((2, 1, 1),), ((0, 0),), small=((2, 2),)),
    _row(
        "tensorinv",
        lambda a: tensorinv(_heavy(a).reshape((-1, 3, a.shape[1])), 2),
        lambda a: np.linalg.tensorinv(_floated(a).reshape(-1, 3, a.shape[1]), 2),
        ((6, 6),),
        slopes=(),
        flat=False,
    ),
    _row(
        "tensorsolve",
        lambda a, b: tensorsolve(_heavy(a).reshape((3, 2, 6)), b),
        lambda a, b: np.linalg.tensorsolve(_floated(a).reshape(3, 2, 6), _floating(b)),
        ((6, 6), (3, 2)),
        small=((6, 6), (3, 2)),
        second=False,
    ),
]
