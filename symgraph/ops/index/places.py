"""The places along a dimension, as an index array."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.sizes import SizedOp

__all__ = ["Places"]


class Places(SizedOp):
    """The places along a dimension: 0, 1 ... n - 1, int64. Input: n, a 0-d integer."""

    __props__ = ()

    def output_dtypes(self, n: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, n: Any) -> Any:
        return [(n.item(0),)]

    def compute(self, n: Any) -> Any:
        return np.arange(int(n), dtype="int64")

    def reads(self, node: Any) -> list[str]:
        return ["many"]

    def element(self, b: Any, index: Any, n: Any) -> Any:
        return b.cast(index[0] + 0, "int64")

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]
