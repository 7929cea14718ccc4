"""Products of matrices of which only the call tells that one has a single row: another routine of BLAS, the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("linker", ("llvm", "c"))
@pytest.mark.parametrize("dtype", ("float32", "float64", "complex128"))
def test_one_row_and_several(linker: str, dtype: str) -> None:
    a, b, c, z = (T.matrix(name, dtype=dtype) for name in "abcz")
    outputs = [a.dot(b), a.dot(c.T), b.T.dot(a.T), z + 2 * a.dot(b), z - a.dot(c.T)]
    f = function([a, b, c, z], outputs, mode=symgraph.Mode(linker))

    def made(*shape: int) -> Any:
        values = RNG.normal(size=shape)
        return (values + 1j * RNG.normal(size=shape) if dtype.startswith("complex") else values).astype(dtype)

    for rows, inner, columns in ((1, 5, 7), (3, 5, 7), (1, 1, 1), (1, 0, 4), (1, 40, 1), (0, 3, 2)):
        A, B, C, Z = made(rows, inner), made(inner, columns), made(columns, inner), made(rows, columns)
        expected = [A @ B, A @ C.T, B.T @ A.T, Z + 2 * (A @ B), Z - A @ C.T]
        for got, wanted in zip(f(A, B, C, Z), expected):
            assert got.dtype == wanted.dtype and got.shape == wanted.shape
            assert np.allclose(got, wanted, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-5 if dtype == "float32" else 1e-13)
