"""Products with packed matrices: every number of rows and columns beside the blocks, the same bits whatever stands beside, bad panels."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.ops.linalg.packed import LANES, Packed, PackedDot

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("linker", ["llvm", "c"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size(dtype: str, transposed: bool, linker: str) -> None:
    x, w, n = T.matrix("x", dtype=dtype), T.matrix("w", dtype=dtype), T.lscalar("n")
    panels = Packed(transposed)(w, n)
    f = symgraph.function([x, w, n], [PackedDot(transposed)(x, w, panels), panels], mode=symgraph.Mode(linker))
    rng = np.random.default_rng(1)
    lanes = LANES[dtype]
    for rows, inner, columns in product((0, 1, 2, 5, 6, 7, 97), (0, 1, 255, 257), (0, 1, lanes - 1, lanes, lanes + 1, 3 * lanes)):
        a, m = rng.normal(size=(rows, inner)).astype(dtype), rng.normal(size=(inner, columns)).astype(dtype)
        stored = np.ascontiguousarray(m.T) if transposed else m
        value, packed = f(a, stored, rows)
        rtol, atol = (1e-12, 1e-13) if dtype == "float64" else (1e-4, 1e-5)
        assert value.dtype == dtype and value.shape == (rows, columns)
        np.testing.assert_allclose(value, a @ m, rtol=rtol, atol=atol, err_msg=f"{rows, inner, columns}")
        np.testing.assert_array_equal(packed, Packed(transposed).compute(stored, rows))


def test_an_element_is_the_same_whatever_stands_beside_it() -> None:
    x, w = T.fmatrix("x"), T.fmatrix("w")
    f = symgraph.function([x, w], PackedDot()(x, w, Packed()(w, x.shape[0])))
    rng = np.random.default_rng(2)
    a, m = rng.normal(size=(15, 600)).astype("float32"), rng.normal(size=(600, 40)).astype("float32")
    whole = f(a, m)
    for first, last in ((0, 2), (5, 12), (9, 15)):
        np.testing.assert_array_equal(f(a[first:last], m), whole[first:last])
        np.testing.assert_array_equal(f(a, m[:, first:last]), whole[:, first:last])


def test_what_is_not_finite_stays_in_its_row_and_column() -> None:
    x, w = T.dmatrix("x"), T.dmatrix("w")
    f = symgraph.function([x, w], PackedDot()(x, w, Packed()(w, x.shape[0])))
    a, m = np.ones((4, 3)), np.ones((3, 10))
    a[3, 1], m[0, 9] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(f(a, m), a @ m)


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_wrong_sizes_are_refused(linker: str) -> None:
    x, w, p = T.dmatrix("x"), T.dmatrix("w"), T.dvector("p")
    f = symgraph.function([x, w, p], PackedDot()(x, w, p), mode=symgraph.Mode(linker))
    with pytest.raises(ValueError, match="Shape mismatch"):
        f(np.ones((2, 3)), np.ones((4, 2)), np.ones(32))
    with pytest.raises(ValueError, match="PackedDot: the panels have 7 elements, those of the matrix 24"):
        f(np.ones((2, 3)), np.ones((3, 2)), np.ones(7))


def test_wrong_types_are_refused() -> None:
    w, v = T.dmatrix("w"), T.dvector("v")
    for build in (
        lambda: Packed()(v, T.constant(2)), lambda: Packed()(T.imatrix(), T.constant(2)), lambda: Packed()(w, v),
        lambda: PackedDot()(v, w, v), lambda: PackedDot()(w, T.fmatrix(), v), lambda: PackedDot()(w, w, w),
    ):
        with pytest.raises(TypeError, match="takes"):
            build()
