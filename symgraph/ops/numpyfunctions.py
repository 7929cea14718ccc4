"""Functions and ufuncs of numpy's that have no name of their own here, as expressions of others, in numpy's signatures. They are loaded
with the families of symgraph/ops/further.py, and written in methods of variables and in numpy's functions on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, DISCRETE, float_of, upcast
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis, size_of
from symgraph.expr.variable import TensorVariable

__all__ = ["FUNCTIONS", "PARTIAL_REDUCTIONS", "UFUNCS"]


def _wide(x: Any, dtype: Any) -> Any:
    """What numpy adds up or multiplies: integers in 64 bits."""
    if dtype is not None:
        return x.astype(np.dtype(dtype).name)
    return x.astype(np.sum(np.zeros(0, x.dtype)).dtype.name) if x.dtype in DISCRETE else x


def _cumulative(name: str, first: int) -> Callable[..., Any]:
    def run(x: Any, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
        y = as_tensor(x)
        if axis is None and y.ndim != 1:
            raise ValueError(f"cumulative_{name[3:]}: axis must be given for {y.ndim} dimensions")
        axis = as_axis(0 if axis is None else axis, y.ndim)
        y = getattr(np, name)(_wide(y, dtype), axis=axis)
        if not include_initial:
            return y
        start: Any = np.full([1 if d == axis else size_of(y, d) for d in range(y.ndim)], np.asarray(first, y.dtype), like=y)
        return np.concatenate([start, y], axis)

    return run


def _signbit(x: Any) -> Any:
    """Whether the sign is set, of zeros too; not of NaN."""
    y = as_tensor(x)
    return y < 0 if y.dtype in DISCRETE else (y < 0) | (y.reciprocal() < 0)


def _copysign(x: Any, y: Any) -> Any:
    x, y = as_tensor(x), as_tensor(y)
    joint = float_of(upcast(x.dtype, y.dtype))
    size = abs(x.astype(joint))
    return _signbit(y).switch(-size, size)


def _fmod(x: Any, y: Any) -> Any:
    """The remainder with the sign of x. Of numbers that are not negative it is `mod`, without rounding."""
    x, y = as_tensor(x), as_tensor(y)
    rest = abs(x) % abs(y)
    return (x < 0).switch(-rest, rest)


def _modf(x: Any) -> tuple[Any, Any]:
    y = as_tensor(x)
    y = y.astype("float64") if y.dtype in DISCRETE else y
    return _copysign(y.isinf().switch(y.zeros_like(), y - y.trunc()), y), y.trunc()


def _heaviside(x: Any, at_zero: Any) -> Any:
    x, at_zero = as_tensor(x), as_tensor(at_zero)
    joint = float_of(upcast(x.dtype, at_zero.dtype))
    x, at_zero = x.astype(joint), at_zero.astype(joint)
    return x.eq(0).switch(at_zero, x.isnan().switch(x, (x > 0).astype(joint)))


def _logaddexp2(x: Any, y: Any) -> Any:
    x, y = as_tensor(x), as_tensor(y)
    joint = float_of(upcast(x.dtype, y.dtype))
    two: Any = np.log(2.0).astype(joint)
    return (x.astype(joint) * two).logaddexp(y.astype(joint) * two) / two


def _diag_indices_from(arr: Any) -> tuple[Any, ...]:
    x = as_tensor(arr)
    if x.ndim < 2:
        raise ValueError(f"diag_indices_from: wants at least two dimensions, got {x.type}")
    known = {n for n in x.type.shape if n is not None}
    if len(known) > 1:
        raise ValueError(f"diag_indices_from: all dimensions must have one size, got {x.type}")
    return tuple([np.arange(size_of(x, 0), like=x)] * x.ndim)


def _apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    x = as_tensor(a)
    for axis in axes if isinstance(axes, (list, tuple)) else [axes]:
        axis = as_axis(axis, x.ndim)
        found = func(x, axis)
        x = found if found.ndim == x.ndim else np.expand_dims(found, axis)
        if x.ndim != as_tensor(a).ndim:
            raise ValueError("apply_over_axes: the function must keep the dimensions, or drop the one that it is given")
    return x


def _piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    x = as_tensor(x)
    conditions = [as_tensor(c) for c in condlist] if isinstance(condlist, (list, tuple)) else [as_tensor(condlist)]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(f"piecewise: with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions are expected")
    values = [as_tensor(f(x, *args, **kw) if callable(f) else f).astype(x.dtype) for f in funclist]
    out = values[len(conditions)] if len(values) > len(conditions) else x.zeros_like()
    for condition, value in zip(conditions, values):  # of several that hold the last counts
        out = condition.switch(value, out)
    return out


def _polynomials_aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Two vectors of coefficients, the highest first, with zeros put before the shorter."""
    x, y = np.atleast_1d(as_tensor(a1)), np.atleast_1d(as_tensor(a2))
    n, m = size_of(x, 0), size_of(y, 0)
    longer: Any = np.maximum(n, m)
    return tuple(np.concatenate([np.full(longer - k, np.asarray(0, v.dtype), like=v), v]) for v, k in ((x, n), (y, m)))  # type: ignore[return-value]


def _polyadd(a1: Any, a2: Any) -> Any:
    x, y = _polynomials_aligned(a1, a2)
    return x + y


def _polysub(a1: Any, a2: Any) -> Any:
    x, y = _polynomials_aligned(a1, a2)
    return x - y


def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The antiderivative, m times; k: the constants, the first integration's first."""
    p = np.atleast_1d(as_tensor(p))
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = np.broadcast_to(0.0 if k is None else np.asarray(k, dtype="float64"), m)
    p = p.astype("float64") if p.dtype in DISCRETE else p
    for value in constants:
        degrees = np.arange(size_of(p, 0), 0, -1, like=p).astype(p.dtype)
        p = np.concatenate([p / degrees, np.full(1, value, p.dtype)])  # type: ignore[assignment]
    return p


def _polyfit(x: Any, y: Any, deg: int) -> Any:
    """The coefficients of the polynomial of degree deg that is nearest to the points in the sense of squares, the highest first."""
    x, y = as_tensor(x), as_tensor(y)
    if x.ndim != 1 or y.ndim not in (1, 2):
        raise TypeError(f"polyfit: wants a vector x and a vector or matrix y, got {x.type} and {y.type}")
    if deg < 0:
        raise ValueError("expected deg >= 0")
    powers: Any = np.vander(x.astype("float64") if x.dtype in DISCRETE else x, deg + 1)
    scale: Any = (powers * powers).sum(axis=0).sqrt()
    found: Any = np.linalg.lstsq(powers / scale, y.astype(powers.dtype) if y.dtype in DISCRETE else y, None)[0]
    return found / (scale if y.ndim == 1 else scale.dimshuffle(0, "x"))


def _result_type(*given: Any) -> Any:
    return np.result_type(*[np.dtype(x.dtype) if isinstance(x, TensorVariable) else x for x in given])


def _partial(name: str) -> Callable[..., Any]:
    """The reduction of the elements where `where` holds, and of `initial`."""

    def run(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None) -> Any:
        x = as_tensor(a)
        x = (_wide(x, dtype) if dtype is not None or name in ("sum", "prod") else x)
        joined, neutral = _JOINED[name]
        if where is not None:
            if neutral is None and initial is None:
                raise ValueError(f"numpy.{name}: with `where` there must be `initial`, for of no elements there is none")
            x = as_tensor(where).switch(x, np.asarray(initial if neutral is None else neutral, x.dtype))
        found = getattr(x, name)(axis=axis, keepdims=keepdims)
        return found if initial is None else joined(found, np.asarray(initial, x.dtype))

    return run


_JOINED: dict[str, tuple[Any, Any]] = {
    "sum": (np.add, 0), "prod": (np.multiply, 1), "max": (np.maximum, None), "min": (np.minimum, None), "all": (np.logical_and, True),
    "any": (np.logical_or, False),
}


def _partial_mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    x = as_tensor(a)
    x = x.astype(np.dtype(dtype).name if dtype is not None else "float64" if x.dtype in DISCRETE else x.dtype)
    mask: Any = np.broadcast_to(as_tensor(where).astype("bool"), [size_of(x, d) for d in range(x.ndim)])
    return mask.switch(x, np.asarray(0, x.dtype)).sum(axis=axis, keepdims=keepdims) / mask.sum(axis=axis, keepdims=keepdims).astype(x.dtype)


PARTIAL_REDUCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _partial(name) for name in _JOINED}, "amax": _partial("max"), "amin": _partial("min"), "mean": _partial_mean,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cumulative_sum": _cumulative("cumsum", 0), "cumulative_prod": _cumulative("cumprod", 1),
    "diag_indices_from": _diag_indices_from, "apply_over_axes": _apply_over_axes, "piecewise": _piecewise,
    "iscomplex": lambda x: as_tensor(x).imag.neq(0) if as_tensor(x).dtype in COMPLEX else as_tensor(x).zeros_like(dtype="bool"),
    "isreal": lambda x: as_tensor(x).imag.eq(0) if as_tensor(x).dtype in COMPLEX else as_tensor(x).ones_like(dtype="bool"),
    "sort_complex": lambda a: np.sort(as_tensor(a).astype("complex64" if as_tensor(a).dtype == "complex64" else "complex128")),
    "polyadd": _polyadd, "polysub": _polysub, "polymul": lambda a1, a2: np.convolve(np.atleast_1d(a1), np.atleast_1d(a2)),
    "polyint": _polyint, "polyfit": _polyfit,
    "result_type": _result_type, "common_type": lambda *arrays: np.result_type(*[float_of(x.dtype) for x in arrays]).type,
}
UFUNCS: dict[str, Callable[..., Any]] = {
    "signbit": _signbit, "copysign": _copysign, "fmod": _fmod, "modf": _modf, "heaviside": _heaviside, "logaddexp2": _logaddexp2,
    "ldexp": lambda x, n: as_tensor(x) * as_tensor(n).astype("float64" if as_tensor(x).dtype in DISCRETE else as_tensor(x).dtype).exp2(),
}
