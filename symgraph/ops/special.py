"""Special functions of one number: a table, and the ops made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.ops.elementwise import Elementwise, Row, to_float

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def real_floats(kind: str) -> tuple[Sequence[str], str]:
    if kind in dtypes.COMPLEX:
        raise TypeError("special functions take real numbers")
    return to_float(kind)


def reference(name: str) -> Callable[..., Any]:
    """The function of scipy.special, which is loaded when it is first needed."""

    def compute(x: Any) -> Any:
        from scipy import special

        wide = x.astype("float32") if x.dtype == np.float16 else x
        return getattr(special, name)(wide)

    return compute


def _like(x: Any, value: float) -> Any:
    return np.asarray(value, dtype=x.dtype)


def _bell(x: Any) -> Any:
    return _like(x, TWO_OVER_ROOT_PI) * (-(x * x)).exp()


def _float(x: Any, y: Any) -> Any:
    return x.astype(y.dtype)


SPECIAL: tuple[Row, ...] = (
    Row("erf", 1, reference("erf"), lambda b, x: b.math("erf", x), lambda i, o, g: [g * _bell(_float(i[0], o))], real_floats, 30, "", "The error function."),
    Row("erfc", 1, reference("erfc"), lambda b, x: b.math("erfc", x), lambda i, o, g: [-(g * _bell(_float(i[0], o)))], real_floats, 30, "",
        "1 - erf(x), exact for large x."),
)

TABLE = {row.name: Elementwise(row, __name__) for row in SPECIAL}

erf, erfc = TABLE.values()

__all__ = [*TABLE]
