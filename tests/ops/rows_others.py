"""What else there is in the table of all ops: casts, stops of derivatives, Python functions, loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row, sizes

import symgraph
import symgraph.tensor as T
from symgraph.expr.dtypes import ALL, COMPLEX
from symgraph.ops.python import as_op

_ANY = [((3, 4),), ((),), ((0, 2),), ((1, 3),), ((2, 1, 3),)]


@as_op(itypes=[T.dmatrix, T.lscalar], otypes=[T.dmatrix, T.dvector])
def _sorted(x: Any, n: Any) -> Any:
    """A Python function of two results."""
    return np.sort(x, axis=1) * n, x.sum(axis=0)


def _scan(step: Any, **options: Any) -> Any:
    found, updates = symgraph.scan(step, **options)
    assert not updates
    return found


def _loop(*parts: Any, **options: Any) -> Any:
    return row(*parts, flat=False, **options)


def _running(x: Any, s: Any) -> Any:
    total, out = s, []
    for r in x:
        total = total * 0.5 + r
        out.append(total)
    return np.array(out).reshape(len(x), *s.shape)


def _fibonacci(start: Any, n: Any) -> Any:
    found = [start[0], start[1]]
    for _ in range(int(n)):
        found.append(found[-1] + found[-2] * 0.5)
    return np.array(found[2:])


def _until_large(x: Any) -> Any:
    total, out = 0.0, []
    for r in x:
        total += np.abs(r).sum()
        out.append(total)
        if total > 4:
            break
    return np.array(out)


def _casts(x: Any) -> list[Any]:
    return [x.astype(dtype) for dtype in (COMPLEX if x.dtype in COMPLEX else ALL)]


def _truncated(x: np.ndarray) -> list[np.ndarray]:
    return [x.astype(dtype) for dtype in (COMPLEX if x.dtype.name in COMPLEX else ALL)]


PLAIN = [
    row("cast", _casts, _truncated, _ANY[:3], dtypes=("float64", *ALL), domain=(0.0, 100.0), flat=False),
    row("cast and back", lambda x: x.astype("complex128").real * x, lambda x: x * x, _ANY, slopes=None),
    row("zero_grad", T.zero_grad, np.copy, _ANY, dtypes=FEW),
    row("consider_constant beside", lambda x: x * T.consider_constant(x), lambda x: x * x, _ANY, dtypes=FEW, flat=False),
    row("disconnected_grad", T.disconnected_grad, np.copy, _ANY, dtypes=FEW),
    row("undefined_grad", T.undefined_grad, np.copy, _ANY, dtypes=FEW, flat=False),
    row("grad_clip", lambda x: T.grad_clip(x, -9, 9), np.copy, _ANY, dtypes=FEW, slopes=None),
    row("grad_scale", lambda x: T.grad_scale(x, 1), np.copy, _ANY, dtypes=FEW, slopes=None),
    row(
        "a Python function",
        lambda x, n: _sorted(x * 2, n),
        lambda x, n: [np.sort(x * 2, axis=1) * n, (x * 2).sum(axis=0)],
        [((3, 4),), ((0, 3),), ((5, 2),)],
        beside=sizes(3),
        flat=False,
    ),
]
LOOPS = [
    _loop(
        "map",
        lambda x, w: _scan(lambda r, w: T.tanh(r) * w, sequences=x, non_sequences=w),
        lambda x, w: np.tanh(x) * w,
        [((3, 4), (4,)), ((5, 1), (1,)), ((0, 2), (2,)), ((1, 3), (3,)), ((4,), ()), ((2, 3, 2), (2,))],
        dtypes=("float64", "float32"),
    ),
    _loop(
        "running sum",
        lambda x, s: _scan(lambda r, s: s * 0.5 + r, sequences=x, outputs_info=s),
        _running,
        [((4, 3), (3,)), ((4,), ()), ((1, 2), (2,)), ((0, 2), (2,)), ((3, 2, 2), (2, 2)), ((30,), ())],
        dtypes=("float64", "float32", "complex128"),
    ),
    _loop(
        "backwards",
        lambda x, s: _scan(lambda r, s: s * 0.5 + r, sequences=x, outputs_info=s, go_backwards=True),
        lambda x, s: _running(x[::-1], s),
        [((4, 3), (3,)), ((4,), ())],
    ),
    _loop(
        "steps by a value",
        lambda s, n: _scan(lambda s: s * s - 0.5, outputs_info=s, n_steps=n)[-1],
        lambda s, n: ((s * s - 0.5) ** 2 - 0.5) ** 2 - 0.5,
        [((3,),), ((),), ((2, 1),)],
        domain=(-1.0, 1.0),
        beside=sizes(3),
        tolerance=1e-11,
    ),
    _loop(
        "two steps back",
        lambda s, n: _scan(lambda a, b: b + a * 0.5, outputs_info={"initial": s, "taps": [-2, -1]}, n_steps=n),
        _fibonacci,
        [((2,),), ((2, 3),)],
        beside=sizes(5),
        dtypes=("float64", "float32"),
    ),
    _loop(
        "taps of a sequence",
        lambda x: _scan(lambda a, b, c: a - b * c, sequences={"input": x, "taps": [-1, 0, 2]}),
        lambda x: np.array([x[k] - x[k + 1] * x[k + 3] for k in range(len(x) - 3)]),
        [((6,),), ((5, 2),), ((4,),)],
        dtypes=("float64", "int64"),
    ),
    _loop(
        "two results",
        lambda x, s: _scan(lambda r, s: [s + r, s * r], sequences=x, outputs_info=[s, None]),
        lambda x, s: [np.cumsum(x, 0) + s, (np.cumsum(x, 0) + s - x) * x],
        [((4, 2), (2,)), ((3,), ())],
    ),
    _loop(
        "until",
        lambda x: _scan(lambda r, s: (s + abs(r).sum(), symgraph.until(s + abs(r).sum() > 4)), sequences=x, outputs_info=T.constant(0.0)),
        _until_large,
        [((6, 3),), ((2, 2),), ((9, 1),)],
    ),
    _loop(
        "a loop in a loop",
        lambda x: _scan(lambda r: _scan(lambda e, s: s + e * e, sequences=r, outputs_info=T.zeros((), "float64"))[-1], sequences=x),
        lambda x: (x * x).sum(axis=1),
        [((3, 4),), ((2, 1),)],
    ),
    _loop(
        "the last of a loop in integers",
        lambda s, n: _scan(lambda s: s * 3 + 1, outputs_info=s, n_steps=n)[-1],
        lambda s, n: np.asarray(9 * s + 4, s.dtype),
        [((3,),), ((),)],
        dtypes=("int64", "int32", "int16"),
        beside=sizes(2),
    ),
]
ROWS = [*PLAIN, *LOOPS]
