"""The rows that an output with several taps starts from: enough of them, or an error that says how many are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.sizes import Identity

__all__ = ["InitialRows"]


class InitialRows(Identity):
    """The array itself, of which dimension `axis` must have `needed` elements: as many as the taps of an output reach back."""

    __props__ = ("needed", "taps", "axis")

    def __init__(self, needed: int, taps: tuple[int, ...], axis: int = 0) -> None:
        self.needed, self.taps, self.axis = needed, taps, axis

    @property
    def message(self) -> str:
        return f"the taps {list(self.taps)} of an output of scan need {self.needed} initial rows, its initial value has {{}}"

    def sizes(self, s: Any, x: Any) -> Any:
        rows = x.shape[self.axis]
        s.check(s.less(self.needed - 1, rows), "ValueError", self.message, rows)
        return [x.shape]

    def compute(self, x: Any) -> Any:
        rows = np.shape(x)[self.axis]
        if rows < self.needed:
            raise ValueError(self.message.format(rows))
        return x

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> list[Any]:
        return [InitialRows(self.needed, self.taps, self.axis + 1)(inputs[0])]
