"""Conversion between dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.settings import config

__all__ = ["Cast", "cast"]


class Cast(Op):
    """x in another dtype."""

    __props__ = ("dtype",)
    cost = 1

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def output_dtypes(self, x: Any) -> list[str]:
        if x.dtype in dtypes.COMPLEX and self.dtype not in dtypes.COMPLEX:
            raise TypeError(f"Casting from complex to real is ambiguous: {x.dtype} to {self.dtype}; consider real(), imag(), angle() or abs()")
        return [self.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [tuple(x.shape)]

    def compute(self, x: Any) -> Any:
        return np.asarray(x).astype(self.dtype)

    def reads(self, node: Any) -> list[str]:
        return ["same"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        return b.cast(x(*index), self.dtype)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        if self.dtype in dtypes.DISCRETE or x.dtype in dtypes.DISCRETE:
            return [x.zeros_like(dtype=config.floatX if x.dtype in dtypes.DISCRETE else x.dtype)]
        if g.dtype in dtypes.COMPLEX and x.dtype not in dtypes.COMPLEX:
            g = g.real
        return [cast(g, x.dtype)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (t,) = tangents
        return [cast(t, self.dtype) if self.dtype in dtypes.CONTINUOUS else t.zeros_like(dtype=config.floatX)]

    def __str__(self) -> str:
        return f"Cast{{{self.dtype}}}"

    __repr__ = __str__


def cast(x: Any, dtype: Any) -> Any:
    """x as another dtype ('floatX' is the settings'); x itself if it has it. TypeError for complex to real.

    >>> import symgraph.tensor as T
    >>> cast(T.lvector(), 'float32').dtype
    'float32'
    """
    wanted = config.floatX if dtype == "floatX" else dtypes.normal(dtype)
    x = as_tensor(x)
    return x if x.dtype == wanted else Cast(wanted)(x)
