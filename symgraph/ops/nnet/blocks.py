"""Products of chosen blocks of a matrix of blocks: of many blocks of a weight only those are read that an example asks for.

Sizes: W (blocks in, blocks out, size in, size out); x, h (batch, chosen in, size in); indices (batch, chosen), integers; o, b: blocks of size out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER
from symgraph.expr.make import as_tensor

__all__ = ["SparseBlockGemv", "SparseBlockOuter", "sparse_block_dot", "sparse_block_gemv", "sparse_block_gemv_inplace", "sparse_block_outer",
           "sparse_block_outer_inplace"]


def _given(name: str, arrays: list[tuple[str, Any, int]], indices: list[tuple[str, Any]]) -> list[Any]:
    found: list[Any] = []
    for key, x, ndim in [*arrays, *[(key, x, 2) for key, x in indices]]:
        y = as_tensor(x)
        if y.ndim != ndim:
            raise TypeError(f"{name}: {key} must have {ndim} dimensions, got {y.type}")
        if len(found) >= len(arrays) and y.dtype not in INTEGER:
            raise TypeError(f"{name}: {key} must be integers, got {y.type}")
        found.append(y)
    return found


class SparseBlockGemv:
    """o[n, j] + the sum over i of h[n, i] W[inputIdx[n, i], outputIdx[n, j]]. o: (batch, chosen out, size out). inplace changes nothing: memory is
    taken over where nobody else needs it. TypeError for other dimensions or indices that are no integers; IndexError at the call for a block
    that is not there."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def __call__(self, o: Any, W: Any, h: Any, inputIdx: Any, outputIdx: Any) -> Any:
        o, W, h, into, out = _given("sparse_block_gemv", [("o", o, 3), ("W", W, 4), ("h", h, 3)], [("inputIdx", inputIdx), ("outputIdx", outputIdx)])
        blocks = W[into.dimshuffle(0, 1, "x"), out.dimshuffle(0, "x", 1)]  # (batch, in, out, size in, size out)
        products: Any = np.einsum("nia,nijab->njb", h, blocks)
        return o + products


class SparseBlockOuter:
    """o with alpha times the outer product of x[n, i] and y[n, j] added to its block (xIdx[n, i], yIdx[n, j]), for all n, i, j.

    o: (blocks of x, blocks of y, size of x, size of y). alpha: a number, 1 if None. Errors as of `SparseBlockGemv`."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def __call__(self, o: Any, x: Any, y: Any, xIdx: Any, yIdx: Any, alpha: Any = None) -> Any:
        o, x, y, rows, columns = _given("sparse_block_outer", [("o", o, 4), ("x", x, 3), ("y", y, 3)], [("xIdx", xIdx), ("yIdx", yIdx)])
        products: Any = np.einsum("nia,njb->nijab", x, y)
        if alpha is not None:
            products = products * as_tensor(alpha)
        return o[rows.dimshuffle(0, 1, "x"), columns.dimshuffle(0, "x", 1)].inc(products)


sparse_block_gemv = SparseBlockGemv(False)
sparse_block_gemv_inplace = SparseBlockGemv(True)
sparse_block_outer = SparseBlockOuter(False)
sparse_block_outer_inplace = SparseBlockOuter(True)


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Any:
    """b[outputIdx[n, j]] + the sum over i of h[n, i] W[inputIdx[n, i], outputIdx[n, j]]: (batch, chosen out, size out).

    b: (blocks out, size out). Without a batch (h of two dimensions, indices of one) it gives (chosen out, size out). Errors as of
    `SparseBlockGemv`.

    >>> import symgraph.tensor as T
    >>> sparse_block_dot(T.ones((2, 3, 4, 1)), T.ones((1, 1, 4)), [[1]], [[0.0], [1.0], [2.0]], [[0, 2]]).eval()
    array([[[4.],
            [6.]]])
    """
    h, into, out = (as_tensor(x) for x in (h, inputIdx, outputIdx))
    if h.ndim == 2:
        whole = [x.dimshuffle("x", *range(x.ndim)) for x in (h, into, out)]
        return sparse_block_dot(W, whole[0], whole[1], b, whole[2])[0]
    return sparse_block_gemv(as_tensor(b)[out], W, h, into, out)
