"""The same numbers in another dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, CONTINUOUS, DISCRETE, normal
from symgraph.expr.make import as_tensor
from symgraph.expr.op import NUMPY_ERRORS, Op
from symgraph.expr.types import tensor_type
from symgraph.settings import config

__all__ = ["Cast", "cast"]


class Cast(Op):
    """Each element in another dtype: floats towards 0 into integers, to bool whether it is not 0. dtype: the new one."""

    __props__ = ("dtype",)
    cost = 1

    @property
    def scalar_op(self) -> Any:
        """Itself, as of all that is done element by element."""
        return self

    def __init__(self, dtype: Any) -> None:
        self.dtype = config.floatX if dtype == "floatX" else normal(dtype)

    def output_types(self, x: Any) -> list[Any]:
        dtype = getattr(x.type, "dtype", None)
        if dtype is None:
            raise TypeError(f"cast works on tensors, got {x} of type {x.type}")
        if dtype in COMPLEX and self.dtype not in COMPLEX:
            raise TypeError(f"Casting from complex to real is ambiguous: consider real(), imag(), angle() or abs() (from {dtype})")
        return [tensor_type(self.dtype, x.type.shape)]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        with np.errstate(**NUMPY_ERRORS):
            return np.asarray(x).astype(self.dtype)

    def element(self, b: Any, index: Any, x: Any) -> Any:
        return b.cast(x(*index), self.dtype)

    def reads(self, node: Any) -> list[str]:
        return ["same" if np.dtype(node.inputs[0].type.dtype).itemsize == np.dtype(self.dtype).itemsize else "once"]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        if self.dtype in DISCRETE:
            return [x.zeros_like(dtype=config.floatX if x.type.dtype in DISCRETE else x.type.dtype)]
        if g.type.dtype in COMPLEX and x.type.dtype not in COMPLEX:
            g = g.real
        return [g if x.type.dtype in DISCRETE else cast(g, x.type.dtype)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        (t,) = tangents
        if t is None:
            return [None]
        return [cast(t, self.dtype) if self.dtype in CONTINUOUS else t.zeros_like(dtype=config.floatX)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)]


_OPS: dict[str, Cast] = {}


def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype ("floatX" is config.floatX); x itself if it has that dtype. TypeError from complex to real.

    >>> import symgraph.tensor as T
    >>> cast(T.constant([1.5, -1.5]), 'int8').eval()
    array([ 1, -1], dtype=int8)
    """
    x = as_tensor(x)
    wanted = config.floatX if dtype == "floatX" else normal(dtype)
    if x.type.dtype == wanted:
        return x
    op = _OPS.get(wanted)
    if op is None:
        op = _OPS[wanted] = Cast(wanted)
    return op(x)
