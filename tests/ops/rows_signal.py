"""Convolutions, interpolation, integrals of samples and polynomials in the table of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate
import scipy.signal
from cases import row

import symgraph.tensor as T
from symgraph.expr.sizes import size_constant

_VECTORS = [((7,), (3,)), ((3,), (6,)), ((4,), (4,)), ((1,), (5,)), ((3000,), (5,))]
_MATRICES = [((5, 6), (3, 2)), ((4, 4), (4, 4)), ((2, 3), (4, 5)), ((1, 5), (1, 2)), ((70, 60), (3, 3))]
_KINDS = ("float64", "float32", "complex128", "int32", "bool")


def _each(function: Any) -> Any:
    return lambda *arrays: [function(*arrays, mode) for mode in ("full", "same", "valid")]


def _exact(function: Any) -> Any:
    """numpy's, where single precision is summed in another order: in double, then rounded."""

    def judge(*arrays: np.ndarray) -> Any:
        dtype = np.result_type(*arrays)
        wide = [x.astype("float64") if x.dtype == np.float32 else x for x in arrays]
        found = function(*wide)
        return [x.astype(dtype) for x in found] if isinstance(found, list) else found.astype(dtype)

    return judge


def _table(x: Any, xp: Any, fp: Any) -> list[Any]:
    return [np.interp(x, xp * 0.01 + np.arange(5.0), fp), np.interp(x, xp * 0.01 + np.arange(5.0), fp, fp[0], 2.5)]


ROWS = [
    row("convolve", _each(T.convolve), _exact(_each(np.convolve)), _VECTORS, dtypes=_KINDS, slopes=None, looser={"float32": 1e-5}),
    row("correlate", _each(T.correlate), _exact(_each(np.correlate)), _VECTORS, dtypes=("float64", "complex128", "int32"), slopes=None),
    row("convolve2d", _each(T.convolve2d), _exact(_each(scipy.signal.convolve2d)), _MATRICES, dtypes=("float64", "float32", "complex128", "int32"),
        slopes=None, small=((3, 4), (2, 3)), looser={"float32": 1e-5}),
    row("correlate2d", _each(T.correlate2d), _each(scipy.signal.correlate2d), _MATRICES[:3], dtypes=("float64", "complex128"), slopes=None,
        small=((3, 2), (2, 2))),
    row("convolve2d with a value outside", lambda a, v: T.convolve2d(a, v, fillvalue=1.5), lambda a, v: scipy.signal.convolve2d(a, v, fillvalue=1.5),
        _MATRICES[:2], slopes=None, small=((2, 3), (2, 2))),
    row("interp", _table, _table, [((4, 3), (5,), (5,)), ((), (5,), (5,)), ((0,), (5,), (5,)), ((7,), (5,), (5,))], slopes=None, domain=(-1.0, 4.9),
        small=((2, 3), (5,), (5,))),
    row("trapezoid", lambda y, x: [T.trapezoid(y), T.trapezoid(y, dx=0.5, axis=0), T.trapezoid(y, x)],
        lambda y, x: [np.asarray(scipy.integrate.trapezoid(y)), np.asarray(scipy.integrate.trapezoid(y, dx=0.5, axis=0)),
                      np.asarray(scipy.integrate.trapezoid(y, x))],
        [((3, 4), (4,)), ((1, 5), (5,)), ((2, 3), (2, 3))], dtypes=("float64", "float32"), slopes=None),
    row("cumulative_trapezoid", lambda y, x: [T.cumulative_trapezoid(y), T.cumulative_trapezoid(y, x, axis=1, initial=0)],
        lambda y, x: [scipy.integrate.cumulative_trapezoid(y), scipy.integrate.cumulative_trapezoid(y, x, axis=1, initial=0)],
        [((3, 4), (4,)), ((2, 2), (2,))], slopes=None),
    row("unwrap", lambda p: [T.unwrap(p * 3), T.unwrap(p * 3, axis=0, period=4.0), T.unwrap(p * 3, discont=4.0)],
        lambda p: [np.unwrap(p * 3), np.unwrap(p * 3, axis=0, period=4.0), np.unwrap(p * 3, discont=4.0)], [((3, 4),), ((1, 5),)], slopes=None),
    row("simpson", lambda y, x: [T.simpson(T.specify_shape(y, (2, 4)), x), T.simpson(T.specify_shape(y, (2, 4)), dx=0.5, axis=0)],
        lambda y, x: [np.asarray(scipy.integrate.simpson(y, x=x)), np.asarray(scipy.integrate.simpson(y, dx=0.5, axis=0))],
        [((2, 4), (4,))], slopes=(0,), domain=(0.0, 3.0)),
    row("gradient", lambda f: [*T.gradient(f), T.gradient(f, 0.5, axis=0, edge_order=2)],
        lambda f: [*np.gradient(f), np.gradient(f, 0.5, axis=0, edge_order=2)],
        [((3, 4),), ((3, 3),), ((5, 3),)], dtypes=("float64", "float32"), slopes=None),
    row("gradient at points", lambda f, x: T.gradient(f, x + np.arange(4.0) * 20, axis=1, edge_order=2),
        lambda f, x: np.gradient(f, x + np.arange(4.0) * 20, axis=1, edge_order=2),
        [((3, 4), (4,))], slopes=None),
    row("polyval, polyder", lambda p, x: [T.polyval(p, x), T.polyval(T.polyder(p), x)],
        lambda p, x: [np.asarray(np.polyval(p, x)).astype(x.dtype), np.asarray(np.polyval(np.polyder(p), x)).astype(x.dtype)],
        [((4,), (2, 3)), ((1,), (3,)), ((5,), ()), ((3,), (0, 2))], dtypes=("float64", "float32", "complex128", "int64"), slopes=None,
        looser={"float32": 1e-4}, domain=(-2.0, 2.0)),
    row("sums of powers", lambda g, x: T.PowerSums()(g, x, size_constant(3)), lambda g, x: np.stack([(g * x**2).sum(), (g * x).sum(), g.sum()]),
        [((4,), (4,)), ((0,), (0,))], dtypes=("float64", "complex128"), slopes=None),
]
