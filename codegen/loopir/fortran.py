"""Routines of BLAS in numpy, for the interpreter of the loop IR: called by the Fortran convention, every argument a Pointer.

Names without the letter of the type: s, d, c, z. Matrices lie by columns; a vector with a negative increment starts at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from codegen.loopir.memory import Pointer

__all__ = ["routine"]

LETTERS = {"s": "float32", "d": "float64", "c": "complex64", "z": "complex128"}
TRANSPOSITIONS: dict[str, Callable[[Any], Any]] = {"N": lambda a: a, "T": lambda a: a.T, "C": lambda a: a.conj().T}


def integer(pointer: Pointer) -> int:
    return int(pointer.load(0))


def letter(pointer: Pointer) -> str:
    return chr(pointer.array((1,), "uint8")[0]).upper()


def number(pointer: Pointer, type: str) -> Any:
    return pointer.array((1,), type)[0]


def vector(pointer: Pointer, count: int, step: Pointer, type: str) -> Any:
    increment = integer(step)
    elements = pointer.array((count,), type, (abs(increment),))
    return elements[::-1] if increment < 0 else elements


def matrix(pointer: Pointer, rows: int, columns: int, leading: Pointer, type: str) -> Any:
    stride = integer(leading)
    if stride < max(1, rows):
        raise ValueError(f"leading dimension {stride} of {rows} rows")
    return pointer.array((rows, columns), type, (1, stride))


def added(beta: Any, old: Any, new: Any) -> Any:
    """beta * old + new; where beta is 0 the old values are not read."""
    return new if beta == 0 else beta * old + new


def gemm(
    type: str, ta: Any, tb: Any, m: Any, n: Any, k: Any, alpha: Any, a: Any, lda: Any, b: Any, ldb: Any, beta: Any, c: Any, ldc: Any
) -> None:
    rows, columns, inner = integer(m), integer(n), integer(k)
    flags = letter(ta), letter(tb)
    first = matrix(a, *((rows, inner) if flags[0] == "N" else (inner, rows)), lda, type)
    second = matrix(b, *((inner, columns) if flags[1] == "N" else (columns, inner)), ldb, type)
    out = matrix(c, rows, columns, ldc, type)
    product = TRANSPOSITIONS[flags[0]](first) @ TRANSPOSITIONS[flags[1]](second)
    out[...] = added(number(beta, type), out, number(alpha, type) * product)


def gemv(type: str, t: Any, m: Any, n: Any, alpha: Any, a: Any, lda: Any, x: Any, incx: Any, beta: Any, y: Any, incy: Any) -> None:
    rows, columns, flag = integer(m), integer(n), letter(t)
    height, width = (rows, columns) if flag == "N" else (columns, rows)
    if 0 in (rows, columns):
        return
    product = TRANSPOSITIONS[flag](matrix(a, rows, columns, lda, type)) @ vector(x, width, incx, type)
    out = vector(y, height, incy, type)
    out[...] = added(number(beta, type), out, number(alpha, type) * product)


def ger(type: str, m: Any, n: Any, alpha: Any, x: Any, incx: Any, y: Any, incy: Any, a: Any, lda: Any, conjugate: bool = False) -> None:
    rows, columns = integer(m), integer(n)
    right = vector(y, columns, incy, type)
    out = matrix(a, rows, columns, lda, type)
    out += number(alpha, type) * np.outer(vector(x, rows, incx, type), right.conj() if conjugate else right)


def gerc(type: str, m: Any, n: Any, alpha: Any, x: Any, incx: Any, y: Any, incy: Any, a: Any, lda: Any) -> None:
    ger(type, m, n, alpha, x, incx, y, incy, a, lda, conjugate=True)


def axpy(type: str, n: Any, alpha: Any, x: Any, incx: Any, y: Any, incy: Any) -> None:
    out = vector(y, integer(n), incy, type)
    out += number(alpha, type) * vector(x, integer(n), incx, type)


def scal(type: str, n: Any, alpha: Any, x: Any, incx: Any) -> None:
    out = vector(x, integer(n), incx, type)
    out *= number(alpha, type)


def copy(type: str, n: Any, x: Any, incx: Any, y: Any, incy: Any) -> None:
    vector(y, integer(n), incy, type)[...] = vector(x, integer(n), incx, type)


ROUTINES: dict[str, Callable[..., None]] = {
    "gemm": gemm, "gemv": gemv, "ger": ger, "geru": ger, "gerc": gerc, "axpy": axpy, "scal": scal, "copy": copy,
}


def routine(name: str) -> Callable[..., None] | None:
    """The routine 'dgemm' ..., taking Pointers; None if numpy has no say in it. dot gives its value back, so it has no place here.

    Raises nothing itself; the routine raises Fault for an argument that reaches out of its memory.
    """
    function = ROUTINES.get(name[1:])
    type = LETTERS.get(name[:1])
    return None if function is None or type is None else partial(function, type)
