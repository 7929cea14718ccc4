"""Eigenvalues, singular values and functions of matrices in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from cases import row

import symgraph.tensor as T
from symgraph.ops.linalg.eig import Eig
from symgraph.ops.linalg.eigh import Eigh
from symgraph.ops.linalg.svd import SVD

_KINDS = ("float64", "float32", "int32", "complex64", "complex128")
_LOOSER = {"float32": 1e-4, "complex64": 1e-4}
_SQUARE = (((3, 3),), ((2, 3, 3),), ((12, 12),), ((0, 2, 2),), ((1, 1),), ((0, 0),))
_ANY = (((3, 2),), ((2, 3),), ((9, 12),), ((0, 2),), ((2, 2, 3),), ((1, 1),))
_TWO = ("float64", "complex128")


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


def _parts(found: Any) -> list[Any]:
    return [part for x in found for part in (x.real, x.imag)]


def _power(a: Any, n: int) -> Any:
    return np.linalg.matrix_power(a, n) if a.size or n >= 0 else a


def _rank(x: Any) -> Any:
    return np.asarray(np.linalg.matrix_rank(x) if x.size else np.zeros(x.shape[:-2]), "int64")


def _each(function: Any, *arrays: Any) -> Any:
    """A function of matrices on stacks of them."""
    leading = np.broadcast_shapes(*[x.shape[:-2] for x in arrays])
    spread = [np.broadcast_to(x, leading + x.shape[-2:]) for x in arrays]
    out = np.empty(leading + arrays[-1].shape[-2:], np.result_type(*arrays))
    for k in np.ndindex(*leading):
        out[k] = function(*[x[k] for x in spread]) if out[k].size else out[k]
    return out


def _expm(a: Any) -> Any:
    return _each(scipy.linalg.expm, a if a.dtype.kind in "fc" else a.astype("float64"))


def _sylvester(a: Any, b: Any, q: Any) -> Any:
    dtype = np.result_type(q.dtype, a.dtype, b.dtype)
    return _each(scipy.linalg.solve_sylvester, a.astype(dtype), b.astype(dtype), q.astype(dtype))


def _real(x: Any) -> Any:
    return np.asarray(abs(x)).dtype if x.dtype.kind in "fc" else "float64"


def _fro(x: Any) -> Any:
    return np.sqrt((x * x).sum((-1, -2)))


ROWS = [
    row(
        "expm", T.linalg.expm, _expm, (((3, 3),), ((2, 9, 9),), ((0, 0),), ((0, 2, 2),)), slopes=None, small=((2, 2),),
        dtypes=("float64", "float32", "int8", "complex128"), tolerance=1e-10, looser={"float32": 1e-3},
    ),
    *[
        row(
            name, lambda a, f=build: f(a @ a.mT.conj() + T.eye(a.shape[-1]) * 2),
            lambda a, f=wanted: _each(f, a @ _adjoint(a) + np.eye(a.shape[-1]) * 2),
            (((3, 3),), ((2, 2, 2),), ((1, 1),), ((0, 0),)), slopes=None, small=((2, 2),), dtypes=("float64", "complex128"), tolerance=1e-10,
        )
        for name, build, wanted in (("logm", T.linalg.logm, scipy.linalg.logm), ("sqrtm", T.linalg.sqrtm, scipy.linalg.sqrtm))
    ],
    row(
        "solve_sylvester", lambda a, b, q: T.linalg.solve_sylvester(_spread(a), _spread(b) + T.eye(b.shape[-1], dtype=b.dtype) * 100, q),
        lambda a, b, q: _sylvester(_spread_array(a), _spread_array(b) + np.eye(b.shape[-1], dtype=b.dtype) * 100, q),
        (
            ((3, 3), (2, 2), (3, 2)), ((2, 3, 3), (2, 2, 2), (2, 3, 2)), ((0, 0), (2, 2), (0, 2)), ((2, 2), (3, 1, 2, 2), (2, 2)),
        ),
        slopes=None, small=((2, 2), (2, 2), (2, 2)), dtypes=("float64", "float32", "complex128"), looser=_LOOSER, tolerance=1e-11,
    ),
    row(
        "solve_continuous_lyapunov", lambda a, q: T.linalg.solve_continuous_lyapunov(_spread(a) + 9 * T.eye(3), q),
        lambda a, q: _each(scipy.linalg.solve_continuous_lyapunov, _spread_array(a) + 9 * np.eye(3), q), (((3, 3), (3, 3)),), slopes=None,
        dtypes=("float64", "complex128"), tolerance=1e-11,
    ),
    *[
        row(
            f"norm {ord!r}", lambda x, o=ord: T.linalg.norm(x, o), lambda x, o=ord: np.asarray(np.linalg.norm(x, o), _real(x)), shapes,
            slopes=None, dtypes=("float64", "float32", "int32", "complex128"), tolerance=1e-11, looser=_LOOSER,
        )
        for ord, shapes in [
            (None, (((3, 2),), ((2, 2, 3),), ((),), ((0,),))),
            *[(o, (((3,),), ((3, 2),))) for o in (1, -1, 2, -2, np.inf, -np.inf)],
            *[(o, (((3,),), ((1,),))) for o in (3, 0.5, -3)],
            *[(o, (((3, 2),), ((2, 3),), ((3, 3),))) for o in ("fro", "nuc")],
        ]
    ],
    row(
        "norm along axes",
        lambda x: [T.linalg.norm(x, axis=1), T.linalg.norm(x, axis=(2, 0)), T.linalg.norm(x, 1, (0, 2), True), T.linalg.norm(x, np.inf, (2, 1)),
                   T.linalg.norm(x, 2, (2, 0), True), T.linalg.norm(x, 3, 0, True)],
        lambda x: [np.linalg.norm(x, axis=1), np.linalg.norm(x, axis=(2, 0)), np.linalg.norm(x, 1, (0, 2), True), np.linalg.norm(x, np.inf, (2, 1)),
                   np.linalg.norm(x, 2, (2, 0), True), np.linalg.norm(x, 3, 0, True)],
        (((2, 3, 2),),), slopes=None, tolerance=1e-11,
    ),
    row(
        "matrix_norm, vector_norm",
        lambda x: [T.linalg.matrix_norm(x), T.linalg.matrix_norm(x, ord="nuc", keepdims=True), T.linalg.vector_norm(x),
                   T.linalg.vector_norm(x, axis=(0, 2), ord=1), T.linalg.vector_norm(x, axis=-1, keepdims=True, ord=np.inf)],
        lambda x: [_fro(x), np.linalg.svd(x)[1].sum(-1)[:, None, None], np.sqrt((x * x).sum()), abs(x).sum((0, 2)), abs(x).max(-1, keepdims=True)],
        (((2, 3, 2),),), slopes=None, tolerance=1e-11,
    ),
    _matrices("eigh", lambda a: _in_pairs(*T.linalg.eigh(a)), lambda a: _in_pairs(*np.linalg.eigh(a))),
    _matrices("eigh upper", lambda a: _in_pairs(*T.linalg.eigh(a, "U")), lambda a: _in_pairs(*np.linalg.eigh(a, "U")), *_SQUARE[:2], dtypes=_TWO),
    _matrices("eigvalsh", T.linalg.eigvalsh, np.linalg.eigvalsh, *_SQUARE[:2], dtypes=_TWO),
    _matrices("eigenvalues alone", Eigh(True, False), np.linalg.eigvalsh),
    _matrices("eigenvalues alone, upper", Eigh(False, False), lambda a: np.linalg.eigvalsh(a, "U"), *_SQUARE[:2], dtypes=_TWO),
    _matrices(
        "svd", lambda a: _in_triples(*T.linalg.svd(a, False)), lambda a: _in_triples(*np.linalg.svd(a, False)), *_ANY,
        dtypes=("float64", "float32", "complex128"),
    ),
    _matrices(
        "svd of full matrices", lambda a: _beyond(*T.linalg.svd(a)), lambda a: _beyond(*np.linalg.svd(a)),
        ((3, 2),), ((2, 3),), ((0, 2),), dtypes=("float64", "complex128"),
    ),
    *[
        row(name, lambda a, f=build: _parts(f(a)), lambda a, f=wanted: _parts(f(a)), shapes, slopes=None, small=((3, 3),), tolerance=1e-9,
            dtypes=("float64", "int32", "complex128"), domain=(-3.0, 5.0))
        for name, build, wanted, shapes in [
            ("eig", T.linalg.eig, np.linalg.eig, (((3, 3),), ((2, 4, 4),), ((12, 12),), ((0, 2, 2),))),
            ("eigvals", lambda a: [T.linalg.eigvals(a)], lambda a: [np.linalg.eigvals(a)], (((3, 3),), ((2, 2, 2),))),
            ("eigvals alone", lambda a: [Eig(False)(a)], lambda a: [np.linalg.eigvals(a)], (((3, 3),), ((2, 2, 2),))),
        ]
    ],
    *[
        row(f"matrix_power {n}", lambda a, n=n: T.linalg.matrix_power(_spread(a), n), lambda a, n=n: _power(_spread_array(a), n),
            (((2, 3, 3),),), slopes=None, dtypes=("float64",), tolerance=1e-11, small=((2, 2),))
        for n in (1, 5, -3)
    ],
    row(
        "matrix_power 0", lambda a: T.linalg.matrix_power(a, 0), lambda a: _power(a, 0), (((3, 3),), ((2, 2, 2),), ((0, 0),)),
        dtypes=("float64", "int8"),
    ),
    *[
        row(f"cond {p!r}", lambda a, p=p: T.linalg.cond(_spread(a), p),
            lambda a, p=p: np.asarray(np.linalg.cond(_spread_array(a), p), _real(a)),
            (((2, 3, 3),),), slopes=None, tolerance=1e-9, small=((2, 2),))
        for p in (None, -2, 1)
    ],
    row(
        "solve_discrete_lyapunov", lambda a, q: T.linalg.solve_discrete_lyapunov(a * 0.2, q, "direct"),
        lambda a, q: _each(scipy.linalg.solve_discrete_lyapunov, a * 0.2, q), (((2, 2, 2), (2, 2)),), slopes=None,
        dtypes=("float64", "complex128"), tolerance=1e-10, small=((2, 2), (2, 2)), domain=(0.3, 1.3),
    ),
    _matrices("svdvals", T.linalg.svdvals, lambda a: np.linalg.svd(a, compute_uv=False), *_ANY[:2], dtypes=_TWO),
    _matrices("singular values alone", SVD(False, False), lambda a: np.linalg.svd(a, compute_uv=False), *_ANY, small=((2, 3),), dtypes=_TWO),
    _matrices("pinv", T.linalg.pinv, np.linalg.pinv, *_ANY, dtypes=("float64", "float32", "complex128")),
    _matrices("matrix_rank", T.linalg.matrix_rank, _rank, *[s for s in _ANY if 0 not in s[0]], slopes=(), dtypes=("float64", "complex128")),
    _matrices(
        "polar", lambda a: [*T.linalg.polar(a), T.linalg.polar(a, "left")[1]],
        lambda a: [*scipy.linalg.polar(a), scipy.linalg.polar(a, "left")[1]],
        ((3, 2),), ((2, 3),), dtypes=_TWO, second=False,
    ),
]
