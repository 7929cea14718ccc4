"""Eigenvalues, singular values and functions of matrices in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from cases import row

import symgraph.tensor as T
from symgraph.ops.linalg.eigh import Eigh
from symgraph.ops.linalg.svd import SVD

_KINDS = ("float64", "float32", "int32", "complex64", "complex128")
_LOOSER = {"float32": 1e-4, "complex64": 1e-4}
_SQUARE = (((3, 3),), ((2, 3, 3),), ((1, 1),), ((12, 12),), ((2, 1, 4, 4),), ((0, 0),), ((0, 2, 2),), ((2, 0, 0),))
_ANY = (((3, 2),), ((2, 3),), ((2, 3, 3),), ((1, 1),), ((9, 12),), ((20, 3),), ((0, 2),), ((2, 0),), ((0, 2, 2),))


def _spread(x: Any) -> Any:
    """With numbers on the diagonal that keep eigenvalues and singular values apart."""
    m, n = x.shape[-2:]
    return x + T.eye(m, n, dtype=x.dtype) * (8 * T.arange(n, dtype="int8"))


def _spread_array(x: Any) -> Any:
    m, n = x.shape[-2:]
    found = x + np.eye(m, n, dtype=x.dtype) * (8 * np.arange(n, dtype="int8"))
    return found if x.dtype.kind in "fc" else found.astype("float64")


def _matrices(name: str, build: Any, wanted: Any, *shapes: Any, **options: Any) -> Any:
    """Of a matrix with spread values, and further arrays as they are."""
    options = {"slopes": None, "dtypes": _KINDS, "looser": _LOOSER, "tolerance": 1e-10, **options}
    return row(
        name,
        lambda x, *rest: build(_spread(x), *rest),
        lambda x, *rest: wanted(_spread_array(x), *rest),
        shapes or _SQUARE,
        **options,
    )


def _adjoint(x: Any) -> Any:
    return x.swapaxes(-1, -2).conj()


def _in_pairs(w: Any, v: Any) -> list[Any]:
    """What does not depend on signs and phases: eigenvalues, sizes, v w v^H."""
    return [w, abs(v), (v * w[..., None, :]) @ _adjoint(v)]


def _in_triples(u: Any, s: Any, vh: Any) -> list[Any]:
    k = s.shape[-1]
    return [s, abs(u[..., :k]), (u[..., :k] * s[..., None, :] ** 2) @ vh[..., :k, :]]


def _beyond(u: Any, s: Any, vh: Any) -> list[Any]:
    """What full matrices have more: the projections on the rest."""
    left, right = u[..., s.shape[-1] :], vh[..., s.shape[-1] :, :]
    return [left @ _adjoint(left), _adjoint(right) @ right]


def _rank(x: Any) -> Any:
    return np.asarray(np.linalg.matrix_rank(x) if x.size else np.zeros(x.shape[:-2]), "int64")


ROWS = [
    _matrices("eigh", lambda a: _in_pairs(*T.linalg.eigh(a)), lambda a: _in_pairs(*np.linalg.eigh(a))),
    _matrices("eigh upper", lambda a: _in_pairs(*T.linalg.eigh(a, "U")), lambda a: _in_pairs(*np.linalg.eigh(a, "U")), *_SQUARE[:4]),
    _matrices("eigvalsh", T.linalg.eigvalsh, np.linalg.eigvalsh),
    _matrices("eigenvalues alone", Eigh(True, False), np.linalg.eigvalsh),
    _matrices("eigenvalues alone, upper", Eigh(False, False), lambda a: np.linalg.eigvalsh(a, "U"), *_SQUARE[:4]),
    _matrices(
        "svd", lambda a: _in_triples(*T.linalg.svd(a, False)), lambda a: _in_triples(*np.linalg.svd(a, False)), *_ANY[:6],
        dtypes=("float64", "float32", "complex128"),
    ),
    _matrices(
        "svd of full matrices", lambda a: _beyond(*T.linalg.svd(a)), lambda a: _beyond(*np.linalg.svd(a)),
        ((3, 2),), ((2, 3),), ((0, 2),), dtypes=("float64", "complex128"),
    ),
    _matrices("svdvals", T.linalg.svdvals, lambda a: np.linalg.svd(a, compute_uv=False), *_ANY),
    _matrices("singular values alone", SVD(False, False), lambda a: np.linalg.svd(a, compute_uv=False), *_ANY, small=((2, 3),)),
    _matrices("pinv", T.linalg.pinv, np.linalg.pinv, *_ANY),
    _matrices("matrix_rank", T.linalg.matrix_rank, _rank, *[s for s in _ANY if 0 not in s[0]], slopes=(), dtypes=("float64", "complex128")),
    _matrices(
        "polar", lambda a: [*T.linalg.polar(a), T.linalg.polar(a, "left")[1]],
        lambda a: [*scipy.linalg.polar(a), scipy.linalg.polar(a, "left")[1]],
        ((3, 2),), ((2, 3),), ((4, 4),), dtypes=("float64", "float32", "complex128"), second=False,
    ),
]
