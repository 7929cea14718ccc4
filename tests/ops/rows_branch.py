"""Branches in the table of all ops: each side taken, sides of different sizes, branches in branches and in loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import FEW, row

import symgraph
import symgraph.tensor as T
from symgraph.ifelse import ifelse
from symgraph.ops.assertion import Assert, PdbBreakpoint

_SHAPES = [((3, 4),), ((),), ((0, 2),), ((1, 3),), ((2, 1, 3),)]
_YES, _NO = np.asarray(1, "int8"), np.asarray(0, "int8")


def _both(name: str, build: Any, then: Any, otherwise: Any, shapes: Any, **options: Any) -> list[Any]:
    """A row for each side; `build` gets the condition last."""
    return [row(f"{name}, {side}", build, lambda *given, wanted=wanted: wanted(*given[:-1]), shapes, beside=[flag], **options)
            for side, wanted, flag in (("then", then, _YES), ("else", otherwise, _NO))]


def _nested(x: Any, y: Any, c: Any) -> Any:
    inner = ifelse(T.sum(abs(x)) < 1e9, T.sin(x) * y, x)
    return ifelse(c, [inner * 2, x + y], [T.exp(y) * x, ifelse(c, x, y)])


def _in_a_loop(x: Any, c: Any) -> Any:
    found, _ = symgraph.scan(lambda r, s: ifelse(T.and_(c, s > 0.1), s * r, s + r * r), sequences=x, outputs_info=T.zeros((), x.dtype))
    return found


def _loop(x: Any, c: bool) -> Any:
    s, found = x.dtype.type(0), []
    for r in x:
        s = s * r if c and s > 0.1 else s + r * r
        found.append(s)
    return np.array(found, x.dtype)


ROWS = [
    *_both("ifelse", lambda x, c: ifelse(c, T.sqr(x), x + x), lambda x: np.square(x), lambda x: x + x, _SHAPES,
           dtypes=(*FEW[:3], "complex128"), slopes=(0,)),
    *_both("ifelse of what is there", lambda x, y, c: ifelse(c, x, y), lambda x, y: x, lambda x, y: y, [(s[0], s[0]) for s in _SHAPES],
           dtypes=FEW, slopes=(0, 1)),
    *_both("ifelse of other sizes", lambda x, c: ifelse(c, T.exp(x), x[:1] * 3), np.exp, lambda x: x[:1] * 3,
           [((3, 4),), ((2,),), ((1, 3),)], slopes=(0,)),
    *_both("ifelse in ifelse", _nested, lambda x, y: [np.sin(x) * y * 2, x + y], lambda x, y: [np.exp(y) * x, y],
           [((3,), (3,)), ((), ()), ((2, 1), (2, 1))], slopes=(0, 1)),
    *_both("ifelse with a constant", lambda x, c: ifelse(c, x, 1), lambda x: x, lambda x: np.asarray(1, x.dtype), [((),)],
           dtypes=("float64", "float32", "int8"), slopes=(0,)),
    row("Assert", lambda x, n: Assert("n is {negative}")(x * 2, n >= 0, T.constant(True)), lambda x, n: np.asarray(x * 2, x.dtype), _SHAPES,
        dtypes=("float64", "float32", "int32", "complex128"), beside=[np.asarray(3)], slopes=(0,)),
    row("PdbBreakpoint", lambda x, y, n: PdbBreakpoint("never")(n < 0, x, y * 2), lambda x, y, n: [x, np.asarray(y * 2, y.dtype)],
        [(s[0], s[0]) for s in _SHAPES], dtypes=("float64", "float32", "int32", "complex128"), beside=[np.asarray(3)], slopes=(0, 1)),
    row("ifelse in a loop", lambda x: _in_a_loop(x, T.constant(True)), lambda x: _loop(x, True), [((5,),), ((1,),)],
        dtypes=("float64", "float32"), flat=False),
]
