"""How rows of the table are written for ops that are not elementwise: shapes, dtypes and strides multiplied out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oprow import OpRow
from rows_elementwise import Domain, strided, values

from symgraph.expr.dtypes import FLOAT

Shapes = tuple[tuple[int, ...], ...]
FEW = ("float64", "float32", "int32", "bool", "complex128")
ORDERED = ("float64", "float32", "float16", "bool", "int8", "int64", "uint8", "uint64")
WIDE, NEAR = (-3.0, 3.0), (0.6, 1.6)


def row(
    name: str,
    build: Callable[..., Any],
    wanted: Callable[..., Any],
    shapes: Sequence[Shapes],
    *,
    dtypes: Sequence[str] = ("float64",),
    beside: Sequence[Any] = (),
    slopes: tuple[int, ...] | None = (),
    small: Shapes | None = None,
    domain: Domain = WIDE,
    flat: bool = True,
    second: bool = True,
    tolerance: float = 1e-12,
    looser: dict[str, float] | None = None,
) -> OpRow:
    """An op of arrays of the sizes in `shapes` (of each, one for each operand), all of one dtype; then `beside`, arrays as they are.

    Every shape is computed in the first dtype; every dtype with the first shapes; these also under other strides. slopes: operands
    with a derivative, None: all but `beside`. small: the sizes at which derivatives are computed; without it the first.
    flat: no slopes means that they are zero (not that nothing is said of them).
    """
    extra = [np.asarray(x) for x in beside]
    small = small or shapes[0]

    def arguments(random: np.random.RandomState) -> list[list[np.ndarray]]:
        sets = [[values(random, dtypes[0], s, domain) for s in operands] for operands in shapes]
        sets += [[values(random, dtype, s, domain) for s in shapes[0]] for dtype in dtypes[1:]]
        sets += [[strided(values(random, dtypes[-1], s, domain), how) for s in shapes[0]] for how in (1, 2, 3)]
        return [[*operands, *extra] for operands in sets]

    def points(random: np.random.RandomState) -> list[np.ndarray]:
        return [*[np.asarray(random.uniform(*domain, s)) for s in small], *extra]

    def judge(*arrays: np.ndarray) -> Any:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
            return wanted(*arrays)

    taken = tuple(range(len(small))) if slopes is None else slopes
    places = points if dtypes[0] in FLOAT and small and (taken or flat) else None
    return OpRow(name, build, judge, arguments, places, taken, second, tolerance, looser or {})


def along(function: Callable[..., Any], every: bool = True) -> Callable[..., Any]:
    """function(x, axis=...) along each axis, all together, and (`every`) the first with the last; dimensions dropped."""

    def build(x: Any) -> list[Any]:
        axes: list[Any] = [None, *range(x.ndim), *([(0, x.ndim - 1)] if every and x.ndim > 1 else [])]
        return [function(x, axis=axis) for axis in axes]

    return build


def sizes(*numbers: int) -> list[np.ndarray]:
    """Numbers as a variable integer takes them."""
    return [np.asarray(n, "int64") for n in numbers]
