"""Linear systems with a banded matrix, given by its diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import size_of
from symgraph.ops.linalg.finite import finite
from symgraph.ops.linalg.lapack import each_matrix, lapack, move, require
from symgraph.ops.linalg.matrices import MatrixOp, transposed
from symgraph.ops.linalg.triangular import of_one_dtype, with_columns, without_column

__all__ = ["BandsOf", "FromBands", "SolveBanded", "solve_banded", "solveh_banded"]

SINGULAR = "singular matrix"


class FromBands(Op):
    """The matrices (..., n, n) of which the diagonals are given: bands (..., lower + upper + 1, n), element (i, j) in row upper + i - j."""

    __props__ = ("lower", "upper")

    def __init__(self, lower: int, upper: int) -> None:
        self.lower = lower
        self.upper = upper

    def output_dtypes(self, bands: Any) -> list[str]:
        return [bands.dtype]

    def sizes(self, s: Any, bands: Any) -> Any:
        return [(*bands.shape[:-2], bands.shape[-1], bands.shape[-1])]

    def compute(self, bands: Any) -> Any:
        n = bands.shape[-1]
        out = np.zeros((*bands.shape[:-1][:-1], n, n), bands.dtype)
        for i, j in np.ndindex(n, n):
            if -self.lower <= j - i <= self.upper:
                out[..., i, j] = bands[..., self.upper + i - j, j]
        return out

    def reads(self, node: Any) -> list[str]:
        return ["once"]

    def element(self, b: Any, index: Any, bands: Any) -> Any:
        i, j = index[-2:]
        row = i - j + self.upper
        there = b.both(b.less_equal(0, row), b.less_equal(row, self.lower + self.upper))
        return b.when(there, lambda: bands(*index[:-2], row, j), lambda: b.constant(0, bands.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [BandsOf(self.lower, self.upper)(output_grads[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0])]

    def batch(self, inputs: Any, stacked: Any) -> list[Any]:
        return [self(*inputs)]


class BandsOf(FromBands):
    """The diagonals of square matrices, as FromBands takes them, with zeros where a diagonal is shorter."""

    def sizes(self, s: Any, a: Any) -> Any:
        return [(*a.shape[:-2], self.lower + self.upper + 1, a.shape[-1])]

    def compute(self, a: Any) -> Any:
        n = a.shape[-1]
        out = np.zeros((*a.shape[:-2], self.lower + self.upper + 1, n), a.dtype)
        for r, j in np.ndindex(*out.shape[-2:]):
            if 0 <= r - self.upper + j < n:
                out[..., r, j] = a[..., r - self.upper + j, j]
        return out

    def element(self, b: Any, index: Any, a: Any) -> Any:
        r, j = index[-2:]
        i = r + j - self.upper
        there = b.both(b.less_equal(0, i), b.less(i, a.shape[-1]))
        return b.when(there, lambda: a(*index[:-2], i, j), lambda: b.constant(0, a.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [FromBands(self.lower, self.upper)(output_grads[0])]


class SolveBanded(MatrixOp):
    """x with A x = b (A' x = b if `transposed`): A by its diagonals (..., lower + upper + 1, n), b (..., n, k), of one dtype."""

    __props__ = ("lower", "upper", "transposed")
    holomorphic = True

    def __init__(self, lower: int, upper: int, transposed: bool = False) -> None:
        self.lower = lower
        self.upper = upper
        self.transposed = bool(transposed)

    def output_dtypes(self, bands: Any, b: Any) -> list[str]:
        return [of_one_dtype("SolveBanded", bands, b)]

    def sizes(self, s: Any, bands: Any, b: Any) -> Any:
        text = f"solve_banded: {self.lower} + {self.upper} + 1 diagonals, but {{}} rows of them"
        s.check(s.equal(bands.shape[-2], self.lower + self.upper + 1), "ValueError", text, bands.shape[-2])
        n = s.same(bands.shape[-1], b.shape[-2], "solve_banded: the matrix has {} rows, but the right side {}")
        leading = [s.same(p, q, "solve_banded: stacks of {} and {} matrices") for p, q in zip(bands.shape[:-2], b.shape[:-2])]
        return [(*leading, n, b.shape[-1])]

    def value(self, bands: Any, b: Any) -> Any:
        a = FromBands(self.lower, self.upper).compute(bands)
        try:
            return np.linalg.solve(a.swapaxes(-1, -2) if self.transposed else a, b)
        except np.linalg.LinAlgError:
            raise np.linalg.LinAlgError(SINGULAR) from None

    def workspace(self, s: Any, bands: Any, b: Any) -> list[tuple[str, Any]]:
        """The diagonals by columns with room for what the exchange of rows fills in; pivots; the right sides by columns."""
        n = b.shape[-2]
        return [(b.dtype, n * (2 * self.lower + self.upper + 1)), ("int64", n), (b.dtype, n * b.shape[-1])]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        out, factors, pivots, sides = outputs
        n, columns = out.shape[-2:]
        width, height = self.lower + self.upper + 1, 2 * self.lower + self.upper + 1
        where = (factors.pointer, height, pivots.pointer)
        size = b.maximum(n, 1)
        with each_matrix(b, *inputs, out) as (bands, right, x):
            with b.loop(0, n) as j, b.loop(0, width) as r:
                b.store(factors.pointer, j * height + self.lower + r, b.load(bands, r * n + j))
            require(b, lapack(b, "gbtrf", out.dtype, n, n, self.lower, self.upper, *where), SINGULAR)
            move(b, sides.pointer, right, n, columns, transposed=True)
            flag = "T" if self.transposed else "N"
            lapack(b, "gbtrs", out.dtype, flag, n, self.lower, self.upper, columns, *where, sides.pointer, size)
            move(b, x, sides.pointer, columns, n, transposed=True)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (bands, _), (x,), (g,) = inputs, outputs, output_grads
        by_b = SolveBanded(self.lower, self.upper, not self.transposed)(bands, g)
        by_a = x @ transposed(by_b) if self.transposed else by_b @ transposed(x)
        return [-BandsOf(self.lower, self.upper)(by_a), by_b]


def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any, *, check_finite: bool = False) -> Any:
    """x with A x = b for a banded matrix with l diagonals below the main one and u above it.

    ab: (..., l + u + 1, n), where ab[u + i - j, j] is element (i, j) of A, as scipy's; b (..., n, k), or (n,). Time and memory grow as n, those of
    the derivative by ab as n^2. Errors: TypeError or ValueError if l and u are no natural numbers; ValueError for sizes that do not
    fit, and with check_finite for NaN and infinity; numpy.linalg.LinAlgError at the call for a singular matrix.

    >>> solve_banded((0, 1), [[0.0, 1.0], [2.0, 4.0]], [4.0, 4.0]).eval()
    array([1.5, 1. ])
    """
    lower, upper = l_and_u
    for count in (lower, upper):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
            raise TypeError(f"solve_banded: the numbers of diagonals must be known integers, got {l_and_u!r}")
        if count < 0:
            raise ValueError(f"solve_banded: the numbers of diagonals must not be negative, got {l_and_u!r}")
    bands, b, vector = with_columns("solve_banded", ab, b)
    x = SolveBanded(int(lower), int(upper))(finite(bands, check_finite), finite(b, check_finite))
    return without_column(x) if vector else x


def solveh_banded(ab: Any, b: Any, lower: bool = False, *, check_finite: bool = False) -> Any:
    """x with A x = b for a symmetric (Hermitian) positive definite banded matrix, given by its main diagonal and those above it.

    ab: (..., u + 1, n), u known, where ab[u + i - j, j] is element (i, j) of A, i <= j; lower: ab[i - j, j], i >= j; as
    scipy's. b (..., n, k), or (n,). It is solved by elimination as any banded matrix: numpy.linalg.LinAlgError at the call for a
    singular one, none for one that is not positive definite. ValueError where the number of diagonals is not known, and as of `solve_banded`.

    >>> solveh_banded([[0.0, 1.0], [2.0, 3.0]], [4.0, 7.0]).eval()
    array([1., 2.])
    """
    bands = as_tensor(ab)
    count = bands.type.shape[-2] if bands.ndim >= 2 else None
    if count is None:
        raise ValueError(f"solveh_banded: the number of diagonals must be known, got {bands.type}; specify_shape(ab, ...) says it")
    mirrored = []
    n = size_of(bands, bands.ndim - 1)
    for k in range(1, count):  # of the k-th diagonal beside the main one, on the other side
        row = bands[..., k if lower else count - 1 - k, :]
        rest: Any = row[..., : np.maximum(n - k, 0)] if lower else row[..., k:]
        none = row[..., : np.minimum(n, k)].zeros_like()
        other: Any = np.concatenate([none, rest] if lower else [rest, none], -1)
        mirrored.append(other.conj().dimshuffle(*range(other.ndim - 1), "x", other.ndim - 1))
    whole: Any = np.concatenate([*mirrored[::-1], bands] if lower else [bands, *mirrored], -2) if mirrored else bands
    return solve_banded((count - 1, count - 1), whole, b, check_finite=check_finite)
