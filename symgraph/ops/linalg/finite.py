"""A check of values before LAPACK sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.op import Op

__all__ = ["Finite", "finite"]

MESSAGE = "array must not contain infs or NaNs"


class Finite(Op):
    """x as it is; ValueError at the call if an element is NaN or infinite."""

    __props__ = ()

    def output_dtypes(self, x: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        if not np.isfinite(x).all():
            raise ValueError(MESSAGE)
        return x.copy()

    def reads(self, node: Any) -> list[str]:
        return ["same"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        value = x(*index)
        b.check(b.isfinite(value), "ValueError", MESSAGE)
        return value

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return list(output_grads)

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return list(tangents)

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [self(*inputs)]


def finite(x: Any, wanted: bool) -> Any:
    """x, checked if that is wanted and x can hold such values."""
    return Finite()(x) if wanted else x
