"""Complex numbers as pairs, against numpy."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np
import pytest
from elements import COMPLEXES, edges, folded, interpreted, pairs
from hypothesis import given
from hypothesis import strategies as st

from codegen.loopir.complexes import FUNCTIONS

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}


def close(got: Any, expected: Any, epsilons: float = 16) -> None:
    """Each number within so many units of its own size, the parts of 0 to that of a tiny number."""
    assert got.dtype == expected.dtype
    finite = np.isfinite(expected)
    error = np.abs(got - expected)[finite]
    assert np.all(error <= epsilons * np.finfo(got.dtype).eps * np.abs(expected)[finite]), (got, expected)


@pytest.mark.parametrize("dtype", COMPLEXES)
@pytest.mark.parametrize("name", "add subtract multiply divide equal not_equal less greater_equal maximum minimum".split())
def test_binary(name: str, dtype: str, full: bool) -> None:
    method = {"subtract": "sub", "multiply": "mul", "divide": "div"}.get(name, name)
    x, y = pairs(dtype) if full else [a[::5].copy() for a in pairs(dtype)]  # of 64 x 64: every number with 12 others and with itself
    if name == "divide":
        x, y = x[y != 0], y[y != 0]
    expected = getattr(np, name)(x, y)
    for got in (interpreted(lambda b, p, q: getattr(b, method)(p, q), x, y), folded(lambda b, p, q: getattr(b, method)(p, q), x, y)):
        if expected.dtype == bool or name in ("maximum", "minimum"):
            np.testing.assert_array_equal(got, expected)
        else:
            close(got, expected, 2)


@pytest.mark.parametrize("dtype", COMPLEXES)
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions(name: str, dtype: str) -> None:
    x = edges(dtype)
    # The reference in double precision: numpy's own functions of complex64 are less exact than that.
    expected = getattr(np, NAMES.get(name, name))(x.astype("complex128")).astype(dtype)
    close(interpreted(lambda b, p: b.math(name, p), x), expected)
    close(folded(lambda b, p: b.math(name, p), x), expected)


@pytest.mark.parametrize("dtype", COMPLEXES)
@pytest.mark.parametrize("name", ["square", "sign", "abs", "angle", "negative", "conj", "real", "imag", "rint"])
def test_other_functions(name: str, dtype: str) -> None:
    x = edges(dtype)
    method = {"negative": "neg"}.get(name, name)
    close(interpreted(lambda b, p: getattr(b, method)(p), x), np.asarray(getattr(np, name)(x)), 4)


def test_questions_ask_both_parts() -> None:
    x = np.array([complex(re, im) for re in (1.0, np.nan, np.inf) for im in (0.0, np.nan, -np.inf)])
    for name in ("isnan", "isinf", "isfinite"):
        np.testing.assert_array_equal(interpreted(lambda b, p, name=name: getattr(b, name)(p), x), getattr(np, name)(x))


@pytest.mark.parametrize("dtype", COMPLEXES)
def test_reciprocal(dtype: str) -> None:
    x = edges(dtype)
    x = x[x != 0]
    close(interpreted(lambda b, p: b.reciprocal(p), x), np.reciprocal(x), 4)


@pytest.mark.parametrize("exponent", [None, 0, 1, 2, 5, -1, -3, 0.5, 1.5 - 0.5j])
def test_powers(exponent: complex | None) -> None:
    x, y = pairs("complex128")
    if exponent is not None:
        y = np.full_like(x, exponent)
    fit = (x != 0) | ((y.real > 0) & (y.imag == 0)) | (y == 0)
    x, y = x[fit], y[fit]
    close(interpreted(lambda b, p, q: b.pow(p, q if exponent is None else exponent), x, y), np.power(x, y), 200)


def test_a_zero_to_a_power_that_has_no_value() -> None:
    y = np.array([-1.0, 1j, 1 + 1j, -2 + 3j])
    assert np.all(np.isnan(interpreted(lambda b, p, q: b.pow(p, q), np.zeros(4, "complex128"), y)))


def test_branch_cuts_take_the_side_of_the_sign_of_zero() -> None:
    x = np.array([complex(re, im) for re in (-2.0, 2.0, -0.5, 0.5) for im in (0.0, -0.0)])
    across = np.array([complex(re, im) for im in (-2.0, 2.0) for re in (0.0, -0.0)])
    for name in ("sqrt", "log", "asin", "acos", "acosh", "atanh", "asinh", "atan"):
        points = across if name in ("asinh", "atan") else x
        got = interpreted(lambda b, p, name=name: b.math(name, p), points)
        expected = np.array([getattr(cmath, name)(z) for z in points])
        np.testing.assert_allclose(got.real, expected.real, atol=1e-15, err_msg=name)
        np.testing.assert_allclose(got.imag, expected.imag, atol=1e-15, err_msg=name)


def test_nothing_overflows_on_the_way() -> None:
    x = np.array([1e300 + 1e300j, 1e-300 - 1e-300j, 1.5e308 + 1.5e308j, 5e-324j, 1e-310 - 1e-310j])
    close(interpreted(lambda b, p: b.sqrt(p), x), np.sqrt(x))
    close(interpreted(lambda b, p, q: b.div(p, q), x[:2], x[:2]), np.ones(2, "complex128"))
    y = np.array([400 + 1j, -400 - 2j, 30 + 0.5j])
    close(interpreted(lambda b, p: b.tanh(p), y), np.tanh(y))


def test_division_by_zero_is_infinite() -> None:
    got = interpreted(lambda b, p, q: b.div(p, q), np.array([1 + 2j, 0j]), np.zeros(2, "complex128"))
    assert np.isinf(got[0].real) and np.isinf(got[0].imag) and np.isnan(got[1].real)


def test_exponential_at_infinity() -> None:
    x = np.array([complex(-np.inf, 3.0), complex(-np.inf, np.inf), complex(np.inf, 0.0), complex(710.0, 0.0)])
    got = interpreted(lambda b, p: b.exp(p), x)
    assert got[0] == 0 and got[1] == 0 and np.isinf(got[2].real) and got[2].imag == 0 and got[3].imag == 0


@given(st.complex_numbers(max_magnitude=50), st.complex_numbers(max_magnitude=50, min_magnitude=1e-3))
def test_division_undoes_multiplication(x: complex, y: complex) -> None:
    got = interpreted(lambda b, p, q: b.div(b.mul(p, q), q), np.array([x]), np.array([y]))[0]
    assert abs(got - x) <= 1e-14 * abs(x) + 1e-300


def test_parts_of_any_dtype() -> None:
    x, y = np.array([1.5, -2.0], "float32"), np.array([0.25, 0.0], "float32")
    got = interpreted(lambda b, p, q: b.complex(p, q), x, y)
    np.testing.assert_array_equal(got, x + 1j * y)
    assert got.dtype == "complex64"
    got = interpreted(lambda b, p: b.complex(p, 0, "complex128"), np.array([3, -4]))
    np.testing.assert_array_equal(got, np.array([3, -4], "complex128"))


@pytest.mark.parametrize("name", ["floor", "erf", "copysign"])
def test_what_has_no_complex_rule_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="complex"):
        interpreted(lambda b, p: getattr(b, name)(*([p, p] if name == "copysign" else [p])), np.array([1j]))
