"""Vectors by matrices of every size: what is done in loops here, and what BLAS does, is the product; on both targets, scaled and added to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.ops.linalg.blas import FEW

pytestmark = pytest.mark.usefixtures("quick")

SIZES = [(1, 1), (3, 5), (8, 8), (9, 33), (33, 9), (32, 31), (64, 64), (5, 1), (1, 70), (0, 4), (4, 0), (95, 101)]

FORMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "x W": lambda x, w, z: x.dot(w),
    "W' x": lambda x, w, z: w.T.dot(x),
    "x times what is computed": lambda x, w, z: x.dot(w * 2),
    "added to": lambda x, w, z: z * 0.5 + x.dot(w) * 2,
    "added to itself": lambda x, w, z: z + w.T.dot(x),
}


@pytest.mark.parametrize("linker", ["llvm", "c"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size(dtype: str, linker: str) -> None:
    x, z, w, t = T.vector("x", dtype=dtype), T.vector("z", dtype=dtype), T.matrix("w", dtype=dtype), T.matrix("t", dtype=dtype)
    straight = [form(x, w, z) for form in FORMS.values()]
    turned = [form(x, t.T, z) for form in FORMS.values()]  # the matrix stands in memory the other way round
    f = symgraph.function([x, w, t, z], [y.astype(dtype) for y in (*straight, *turned)], mode=symgraph.Mode(linker))
    rng = np.random.default_rng(1)
    for rows, columns in SIZES:
        given = [rng.normal(size=shape).astype(dtype) for shape in ((rows,), (rows, columns), (columns,))]
        a, m, b = given
        wanted = [form(a, m, b) for form in FORMS.values()]
        for name, value, one in zip([*FORMS, *FORMS], f(a, m, np.ascontiguousarray(m.T), b), [*wanted, *wanted], strict=True):
            assert value.dtype == dtype and value.shape == (columns,)
            rtol, atol = (1e-12, 1e-13) if dtype == "float64" else (1e-4, 1e-5)
            np.testing.assert_allclose(value, one, rtol=rtol, atol=atol, err_msg=name)
    assert any(n * m > FEW for n, m in SIZES) and any(0 < n * m <= FEW for n, m in SIZES)


def test_what_is_not_finite_is_passed_on() -> None:
    x, w = T.dvector("x"), T.dmatrix("w")
    f = symgraph.function([x, w], [T.dot(x, w), T.dot(w, x)])
    m = np.ones((6, 6))
    m[2, 3] = np.inf
    m[4, 1] = np.nan
    with np.errstate(invalid="ignore"):
        for value, wanted in zip(f(np.ones(6), m), (np.ones(6) @ m, m @ np.ones(6)), strict=True):
            np.testing.assert_array_equal(value, wanted)
