"""Products of stacks of vectors and matrices: with broadcasting, in the best order, powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis
from symgraph.ops.linalg.batched import matmul
from symgraph.ops.linalg.dot import dot, same_dtype

__all__ = ["matrix_diagonal", "matrix_trace", "matrix_transpose", "matvec", "multi_dot", "vecdot", "vecmat"]

_UNKNOWN = 64  # what a size that is not known counts while the order of products is chosen


def vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    """The sums of conj(x1) x2 along `axis`, the other dimensions broadcast. ValueError for scalars.

    axis: as in each of the two before they are broadcast, so negative ones are the usual.
    """
    x, y = same_dtype(as_tensor(x1), as_tensor(x2))
    if x.ndim == 0 or y.ndim == 0:
        raise ValueError("vecdot: a scalar is no vector")
    x, y = (_last(z, as_axis(axis, z.ndim, "vecdot: axis")) for z in (x, y))
    if x.dtype == "bool":
        return (x & y).any(axis=-1)
    return (x.conj() * y).sum(axis=-1, dtype=x.dtype)


def _last(x: Any, axis: int) -> Any:
    return x if axis == x.ndim - 1 else x.dimshuffle(*[d for d in range(x.ndim) if d != axis], axis)


def matvec(x1: Any, x2: Any) -> Any:
    """Matrices (..., m, n) times vectors (..., n): (..., m), the dimensions before them broadcast.

    >>> matvec([[[1, 2], [3, 4]], [[0, 1], [1, 0]]], [1, 10]).eval()
    array([[21, 43],
           [10,  1]])
    """
    a, x = as_tensor(x1), as_tensor(x2)
    if a.ndim < 2 or x.ndim < 1:
        raise ValueError(f"matvec takes matrices and vectors, got {a.type} and {x.type}")
    return matmul(a, x) if x.ndim == 1 else matmul(a, x.dimshuffle(*range(x.ndim), "x"))[..., 0]


def vecmat(x1: Any, x2: Any) -> Any:
    """Vectors (..., n), complex ones conjugated, times matrices (..., n, m): (..., m), the dimensions before them broadcast."""
    x, a = as_tensor(x1), as_tensor(x2)
    if a.ndim < 2 or x.ndim < 1:
        raise ValueError(f"vecmat takes vectors and matrices, got {x.type} and {a.type}")
    x = x.conj()
    return matmul(x, a) if x.ndim == 1 else matmul(x.dimshuffle(*range(x.ndim - 1), "x", x.ndim - 1), a)[..., 0, :]


def matrix_transpose(x: Any, /) -> Any:
    """x with its last two dimensions exchanged; ValueError for fewer than two."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose takes matrices, got {x.type}")
    return x.swapaxes(-1, -2)


def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of matrices (..., m, n), `offset` to the right of the main one; ValueError for fewer than two dimensions."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"a diagonal is taken of matrices, got {x.type}")
    return x.diagonal(offset, -2, -1)


def matrix_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of matrices: (..., m, n) -> (...); ValueError for fewer than two dimensions."""
    return matrix_diagonal(x, offset=offset).sum(axis=-1, dtype=dtype)


def multi_dot(arrays: Sequence[Any]) -> Any:
    """The product of two or more matrices, multiplied in the order that takes the fewest multiplications.

    The first and the last may be vectors. The order is chosen as the expression is built, from the sizes known then; others
    count as 64. ValueError for fewer than two arrays or for one of other dimensions.

    The order: dynamic programming over where to split (Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, 15.2).
    """
    chain = [as_tensor(x) for x in arrays]
    if len(chain) < 2:
        raise ValueError("multi_dot takes at least two arrays")
    for k, x in enumerate(chain):
        if x.ndim != 2 and not (x.ndim == 1 and k in (0, len(chain) - 1)):
            raise ValueError(f"multi_dot takes matrices, the first and the last may be vectors; number {k} is {x.type}")
    shapes = [[_UNKNOWN if n is None else n for n in x.type.shape] for x in chain]
    rows = [shapes[0][0] if chain[0].ndim == 2 else 1, *[s[0] for s in shapes[1:]]]
    sizes = [*rows, shapes[-1][1] if chain[-1].ndim == 2 else 1]
    return _product(chain, _splits(sizes), 0, len(chain) - 1)


def _splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """For each run of matrices first..last the number of the one after which it is split."""
    count = len(sizes) - 1
    cost = {(k, k): 0 for k in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            choices = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], split[i, j] = min(choices)
    return split


def _product(chain: Sequence[Any], split: dict[tuple[int, int], int], first: int, last: int) -> Any:
    """The product of first..last, without recursion: splits are listed from the outside, and done from the inside."""
    pending, order = [(first, last)], []
    while pending:
        i, j = pending.pop()
        if i == j:
            continue
        order.append((i, j))
        pending += [(i, split[i, j]), (split[i, j] + 1, j)]
    done: dict[tuple[int, int], Any] = {(k, k): x for k, x in enumerate(chain)}
    for i, j in reversed(order):
        done[i, j] = dot(done[i, split[i, j]], done[split[i, j] + 1, j])
    return done[first, last]


def known_integer(n: Any, what: str) -> int:
    """n as an int; TypeError if it is none that is known as the expression is built."""
    data = getattr(n, "data", n)
    if isinstance(data, (bool, np.bool_)) or not isinstance(np.asarray(data)[()], (int, np.integer)):
        raise TypeError(f"{what} must be an integer that is known as the expression is built, got {n!r}")
    return int(data)
