"""What the table of all ops says of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class OpRow:
    """One op, or one use of it.

    build(*variables): the expression, or a list of such. wanted(*arrays): what numpy gives (a list if `build` gives a list).
    arguments(random): sets of arguments, a list of arrays each; all of them are computed. A size of 1 is known to be 1 where it is
    named in `known` (see `variables`), other sizes are not.
    points(random): arguments in float64 at which derivatives by the inputs `slopes` are compared with central differences; small.
    second: whether second derivatives are, too. tolerance: relative and absolute, in float64; less precise dtypes have theirs beside.
    native: False for what Python alone computes, step by step.
    """

    name: str
    build: Callable[..., Any]
    wanted: Callable[..., Any]
    arguments: Callable[[np.random.RandomState], Sequence[Sequence[np.ndarray]]]
    points: Callable[[np.random.RandomState], Sequence[np.ndarray]] | None = None
    slopes: tuple[int, ...] = ()
    second: bool = True
    tolerance: float = 1e-12
    looser: dict[str, float] = field(default_factory=dict)  # by dtype
    native: bool = True

    def __str__(self) -> str:
        return self.name


# Relative and absolute error allowed by the coarsest dtype that takes part.
TOLERANCE = {"float16": 4e-3, "float32": 4e-6, "complex64": 1e-5}


def allowed(row: OpRow, *dtypes: str) -> float:
    """The tolerance where these dtypes take part."""
    return max(row.looser.get(dtype, max(row.tolerance, TOLERANCE.get(dtype, 0.0))) for dtype in dtypes)
