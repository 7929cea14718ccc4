"""LAPACK in the words of the loop IR, for ops on stacks of matrices.

LAPACK counts in columns: to it a row-major matrix A is A' (transposed, not conjugated). Ops choose routines so that this costs nothing:
the inverse of A' is the transposed inverse, A x = b is x' A' = b' with the matrix on the right, and so on; where nothing fits, `move` copies a
matrix transposed into scratch memory.

An op's `loops` rule looks like this (`a`: a copy of the input, by `alias = ((0, 0),)`)::

    with each_matrix(b, out) as a:
        info = lapack(b, "potrf", out.dtype, "U", n, a, lead(b, n))
        require(b, info, "the matrix is not positive definite")

Scratch memory is asked for by the op's `workspace(s, *inputs)`. Its size must be known before the routine runs, so there are no queries of
workspace: `BLOCK` rows are what LAPACK's own tables of block sizes ask for at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from symgraph.ops.linalg.blas import LETTERS

__all__ = ["BLOCK", "UNITARY", "as_row_major", "each_matrix", "lapack", "lead", "library", "move", "number_of_matrices", "require"]

BLOCK = 64  # LAPACK's ilaenv names 32 or 64 for every routine that works in blocks: so many rows of workspace are the best there are
TILE = 8  # rows that are transposed together: a line of the processor's cache
UNITARY = {"float32": "or", "float64": "or", "complex64": "un", "complex128": "un"}  # orgqr of reals is ungqr of complex numbers


def number_of_matrices(array: Any, core: int = 2) -> Any:
    """How many matrices (arrays of the last `core` dimensions) an array holds."""
    total: Any = 1
    for n in array.shape[: array.ndim - core]:
        total = n if isinstance(total, int) and total == 1 else total * n
    return total


def _elements(array: Any, core: int) -> Any:
    total: Any = 1
    for n in array.shape[array.ndim - core :]:
        total = total * n
    return total


@contextmanager
def each_matrix(b: Any, *arrays: Any, core: int = 2, cores: tuple[int, ...] = ()) -> Iterator[Any]:
    """A loop over the stack: the address of the matrix in each array (one address, or a list if there are several arrays).

    All arrays have the same leading dimensions. cores: for each array the number of its dimensions that belong to one example,
    where that is not `core` for all.
    """
    kept = cores or (core,) * len(arrays)
    with b.loop(0, number_of_matrices(arrays[0], kept[0])) as k:
        places = [b.offset(x.pointer, k * _elements(x, c)) for x, c in zip(arrays, kept)]
        yield places if len(places) > 1 else places[0]


def lead(b: Any, n: Any) -> Any:
    """A leading dimension, which must not be 0."""
    return b.maximum(n, 1)


def library(b: Any, name: str, dtype: str, *args: Any) -> None:
    """Calls a routine without the letter of the dtype: "gemm" is dgemm ... Letters (str) are flags, ints and Scalars go by address."""
    passed = [b.constant(ord(x), "uint8") if isinstance(x, str) else b.constant(x, "int64") if isinstance(x, int) else x for x in args]
    b.library(LETTERS[dtype] + name, *passed)


def lapack(b: Any, name: str, dtype: str, *args: Any) -> Any:
    """As `library`, for a routine whose last argument is `info`, which is added here and given back: int64, 0 if all went well."""
    info = b.local("int64", 1)
    b.store(info, 0, 0)
    library(b, name, dtype, *args, info)
    return b.load(info, 0)


def require(b: Any, info: Any, message: str, error: str = "LinAlgError", *values: Any) -> None:
    """Leaves with the error unless info is 0."""
    b.check(b.equal(info, 0), error, message, *values)


def move(b: Any, target: Any, source: Any, rows: Any, columns: Any, transposed: bool = False, conjugated: bool = False) -> None:
    """The row-major (rows, columns) matrix at `source` copied to `target`; transposed: there it lies by columns."""

    def copy(i: Any, j: Any, place: Any) -> None:
        x = b.load(source, i * columns + j)
        b.store(target, place, b.conj(x) if conjugated else x)

    if not transposed:
        with b.loop(0, rows, independent=True) as i, b.loop(0, columns, independent=True) as j:
            copy(i, j, i * columns + j)
        return
    with b.loop(0, rows, step=TILE) as first, b.loop(0, columns, independent=True) as j:
        with b.loop(first, b.minimum(first + TILE, rows), independent=True) as i:
            copy(i, j, j * rows + i)


def as_row_major(b: Any, target: Any, source: Any, rows: Any, columns: Any) -> None:
    """The (rows, columns) matrix that lies by columns at `source` copied to `target`, by rows."""
    move(b, target, source, columns, rows, transposed=True)
