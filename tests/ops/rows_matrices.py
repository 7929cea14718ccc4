"""Factorizations of matrices and linear systems in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import NEAR, row

import symgraph.tensor as T
from symgraph.ops.linalg.cholesky import cho_factor, cho_solve, cholesky
from symgraph.ops.linalg.inverse import det, inv, slogdet
from symgraph.ops.linalg.solve import solve
from symgraph.ops.linalg.triangular import solve_triangular

_KINDS = ("float64", "int32", "complex64")
_LOOSER = {"float32": 2e-5, "complex64": 4e-5}
# Every structure and dtype is code of its own, which takes its time to compile: the sets are few.
_SQUARE = (((3, 3),), ((2, 9, 9),), ((0, 2, 2),), ((1, 1),))
_SYSTEMS = (
    ((3, 3), (3, 2)),
    ((3, 3), (3,)),
    ((2, 3, 3), (2, 3, 1)),
    ((1, 1), (1, 1)),
    ((12, 12), (12, 5)),
    ((10, 10), (10,)),
    ((10, 10), (10, 1)),
    ((1, 9, 9), (2, 9, 3)),
    ((2, 2, 2), (2, 2)),
    ((2, 2), (3, 2, 2)),
    ((0, 0), (0, 2)),
    ((3, 3), (3, 0)),
    ((0, 2, 2), (0, 2, 2)),
)
_FEW_SYSTEMS = (((3, 3), (3, 2)), ((10, 10), (10,)), ((2, 9, 9), (2, 9, 3)))


def _floating(*arrays: Any) -> list[Any]:
    dtype = np.result_type(*arrays)
    return [np.asarray(x, dtype if dtype.kind in "fc" else "float64") for x in arrays]


def _heavy(x: Any) -> Any:
    """With a heavy diagonal: either triangle is that of a positive definite matrix."""
    return x + T.eye(x.shape[-1], dtype=x.dtype) * 40


def _heavy_array(x: Any) -> Any:
    return x + np.eye(x.shape[-1], dtype=x.dtype) * np.int8(40)


def _matrices(name: str, build: Any, wanted: Any, *shapes: Any, **options: Any) -> Any:
    """Of a matrix with a heavy diagonal, and further arrays as they are."""
    options = {"slopes": None, "dtypes": _KINDS, "looser": _LOOSER, "tolerance": 1e-11, "domain": NEAR, **options}
    return row(
        name,
        lambda x, *rest: build(_heavy(x), *rest),
        lambda x, *rest: wanted(*_floating(_heavy_array(x), *rest)),
        shapes or _SQUARE,
        **options,
    )


def _upper(x: Any) -> Any:
    return np.linalg.cholesky(x.swapaxes(-1, -2).conj()).swapaxes(-1, -2).conj()


def _solved(a: Any, b: Any) -> Any:
    """A vector is one right side for all."""
    return np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == 1 else np.linalg.solve(a, b)


def _triangle(lower: bool, trans: Any, unit: bool) -> Any:
    def wanted(a: Any, b: Any) -> Any:
        a = (np.tril if lower else np.triu)(a)
        if unit:
            n = np.arange(a.shape[-1])
            a[..., n, n] = 1
        turned = {"N": a, "T": a.swapaxes(-1, -2), "C": a.swapaxes(-1, -2).conj()}[trans]
        return _solved(turned, b)

    return wanted


def _definite(lower: bool) -> Any:
    def wanted(a: Any, b: Any) -> Any:
        factor = np.linalg.cholesky(a) if lower else _upper(a).swapaxes(-1, -2).conj()
        return _solved(factor @ factor.swapaxes(-1, -2).conj(), b)

    return wanted


def _nan_of_first(a: Any) -> Any:
    out = np.linalg.cholesky(a)
    out[:1] = np.nan
    return out


def _of_kind(kind: str, lower: bool, turned: bool) -> Any:
    def wanted(a: Any, b: Any) -> Any:
        if kind == "diagonal":
            a = a * np.eye(a.shape[-1], dtype=a.dtype)
        elif kind == "upper triangular":
            a = np.triu(a)
        elif kind != "gen":
            other = a.swapaxes(-1, -2) if kind == "sym" else a.swapaxes(-1, -2).conj()
            a = np.tril(a, -1) + np.triu(other) if lower else np.triu(a, 1) + np.tril(other)
            if kind != "sym" and np.iscomplexobj(a):
                n = np.arange(a.shape[-1])
                a[..., n, n] = a[..., n, n].real
        return _solved(a.swapaxes(-1, -2) if turned else a, b)

    return wanted


ROWS = [
    _matrices("cholesky", cholesky, np.linalg.cholesky),
    _matrices("cholesky upper", lambda a: cholesky(a, lower=False, check_finite=True), _upper),
    _matrices(
        "cholesky of some that are not definite",
        lambda a: cholesky(T.concatenate([-a[:1], a[1:]]), on_error="nan"),
        _nan_of_first,
        ((3, 3, 3),),
        ((2, 9, 9),),
        slopes=(),
        flat=False,
    ),
    *[
        _matrices(
            f"solve_triangular {'lower' if lower else 'upper'} {trans}{' unit' if unit else ''}",
            lambda a, b, lower=lower, trans=trans, unit=unit: solve_triangular(a, b, trans, lower, unit),
            _triangle(lower, trans, unit),
            *(_FEW_SYSTEMS if unit or not lower else _SYSTEMS),
            dtypes=("float64", "complex64"),
            small=((2, 2), (2, 2)),
            tolerance=1e-10,
        )
        for lower, trans, unit in [(True, "N", False), (True, "T", True), (False, "C", False)]
    ],
    *[
        _matrices(
            f"cho_solve {'lower' if lower else 'upper'}",
            lambda a, b, lower=lower: cho_solve(cho_factor(a, lower), b),
            _definite(lower),
            *_FEW_SYSTEMS,
            dtypes=("float64", "complex64"),
            small=((2, 2), (2, 2)),
        )
        for lower in (False,)
    ],
    *[
        _matrices(
            f"solve {kind} {'lower' if lower else 'upper'}{' transposed' if turned else ''}",
            lambda a, b, kind=kind, lower=lower, turned=turned: solve(a, b, assume_a=kind, lower=lower, transposed=turned),
            _of_kind(kind, lower, turned),
            *(_FEW_SYSTEMS if kind != "gen" or turned else _SYSTEMS),
            dtypes=("float64", "complex64"),
            small=((2, 2), (2, 2)),
            tolerance=1e-10,
        )
        for kind, lower, turned in [
            ("gen", False, False), ("gen", False, True), ("pos", True, False), ("sym", True, False), ("her", False, True), ("diagonal", False, False),
            ("upper triangular", False, True),
        ]
    ],
    _matrices("inv", inv, np.linalg.inv, small=((2, 2),)),
    _matrices("det", lambda a: det(a / 40), lambda a: np.linalg.det(a / 40), small=((3, 3),)),
    _matrices("slogdet", slogdet, lambda a: list(map(np.asarray, np.linalg.slogdet(a))), small=((3, 3),)),
]
