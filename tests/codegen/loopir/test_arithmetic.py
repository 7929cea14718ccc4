"""Every operation of the Builder on every dtype against numpy, edge values included: interpreted, and with known operands."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from elements import COMPLEXES, FLOATS, INTEGERS, edges, folded, interpreted, pairs, same
from hypothesis import given
from hypothesis import strategies as st

from codegen.loopir.builder import Builder
from codegen.loopir.evaluate import evaluate
from codegen.loopir.operations import MATH

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
NUMBERS = (*INTEGERS, *FLOATS)


def check(name: str, expected: Any, *arrays: Any) -> None:
    def function(b: Any, *x: Any) -> Any:
        return getattr(b, name)(*x)

    same(interpreted(function, *arrays), expected)
    same(folded(function, *arrays), expected)


BINARY: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "add": (np.add, ("bool", *NUMBERS)), "sub": (np.subtract, NUMBERS), "mul": (np.multiply, ("bool", *NUMBERS)),
    "div": (np.divide, FLOATS), "floor_div": (np.floor_divide, NUMBERS), "mod": (np.remainder, NUMBERS), "rem": (np.fmod, FLOATS),
    "minimum": (np.minimum, ("bool", *INTEGERS)), "maximum": (np.maximum, ("bool", *INTEGERS)), "copysign": (np.copysign, FLOATS),
    "less": (np.less, ("bool", *NUMBERS)), "less_equal": (np.less_equal, ("bool", *NUMBERS)),
    "greater": (np.greater, ("bool", *NUMBERS)), "greater_equal": (np.greater_equal, ("bool", *NUMBERS)),
    "equal": (np.equal, ("bool", *NUMBERS)), "not_equal": (np.not_equal, ("bool", *NUMBERS)),
    "both": (np.bitwise_and, ("bool", *INTEGERS)), "either": (np.bitwise_or, ("bool", *INTEGERS)),
    "exclusive": (np.bitwise_xor, ("bool", *INTEGERS)), "shift_left": (np.left_shift, INTEGERS), "shift_right": (np.right_shift, INTEGERS),
}


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name, (_, dtypes) in BINARY.items() for dtype in dtypes])
def test_binary(name: str, dtype: str) -> None:
    x, y = pairs(dtype)
    check(name, BINARY[name][0](x, y), x, y)


UNARY: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "neg": (np.negative, NUMBERS), "abs": (np.abs, ("bool", *NUMBERS)), "sign": (np.sign, NUMBERS), "square": (np.square, NUMBERS),
    "reciprocal": (np.reciprocal, FLOATS), "invert": (np.invert, ("bool", *INTEGERS)),
    "isnan": (np.isnan, ("bool", *NUMBERS)), "isinf": (np.isinf, ("bool", *NUMBERS)), "isfinite": (np.isfinite, ("bool", *NUMBERS)),
    "signbit": (np.signbit, FLOATS), "floor": (np.floor, NUMBERS), "ceil": (np.ceil, NUMBERS), "trunc": (np.trunc, NUMBERS),
    "rint": (np.rint, FLOATS), "sqrt": (np.sqrt, FLOATS),
    "conj": (np.conj, NUMBERS), "real": (np.real, NUMBERS), "imag": (np.imag, NUMBERS),
}


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name, (_, dtypes) in UNARY.items() for dtype in dtypes])
def test_unary(name: str, dtype: str) -> None:
    x = edges(dtype)
    check(name, UNARY[name][0](x), x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_least_and_greatest_of_floats(dtype: str) -> None:
    """Which zero is the greater is left open."""
    x, y = pairs(dtype)
    for name, function in (("minimum", np.minimum), ("maximum", np.maximum)):
        def method(b: Any, p: Any, q: Any, name: str = name) -> Any:
            return getattr(b, name)(p, q)

        for got in (interpreted(method, x, y), folded(method, x, y)):
            assert got.dtype == dtype
            np.testing.assert_array_equal(got, function(x, y))


@pytest.mark.parametrize("dtype", FLOATS)
def test_round_half_away(dtype: str) -> None:
    x = edges(dtype)
    with np.errstate(invalid="ignore"):
        away = np.where(np.abs(x - np.trunc(x)) == 0.5, np.trunc(x) + np.copysign(1, x), np.rint(x)).astype(dtype)
    check("round_half_away", away, x)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_division_that_truncates(dtype: str) -> None:
    x, y = pairs(dtype)
    fit = (y != 0) & ~((y == -1 if np.dtype(dtype).kind == "i" else False) & (x == np.iinfo(dtype).min))
    x, y = x[fit], y[fit]
    exact = [abs(int(p)) // abs(int(q)) * (1 if (p < 0) == (q < 0) else -1) for p, q in zip(x, y)]
    check("div", np.array(exact, dtype), x, y)
    check("rem", np.fmod(x, y), x, y)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_reciprocal_of_integers(dtype: str) -> None:
    x = edges(dtype)
    check("reciprocal", np.array([int(n) if abs(int(n)) == 1 else 0 for n in x], dtype), x)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_powers_of_integers(dtype: str) -> None:
    x, y = pairs(dtype)
    width = np.dtype(dtype).itemsize * 8

    def power(base: int, exponent: int) -> int:
        if exponent < 0:
            return (1 if exponent % 2 == 0 else base) if abs(base) == 1 else 0
        return pow(base, exponent, 2**width)

    exact = np.array([power(int(p), int(q)) % 2**width for p, q in zip(x, y)], np.uint64).astype(dtype)
    check("pow", exact, x, y)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("divisor", [1, 2, 8, 3, -1, -2, -3, 0])
def test_division_by_a_known_number(dtype: str, divisor: int) -> None:
    if divisor < 0 and dtype.startswith("u"):
        divisor = int(np.iinfo(dtype).max) + divisor
    x = edges(dtype)
    same(interpreted(lambda b, p: b.floor_div(p, divisor), x), np.floor_divide(x, np.array(divisor, dtype)))
    same(interpreted(lambda b, p: b.mod(p, divisor), x), np.remainder(x, np.array(divisor, dtype)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("exponent", [None, 0, 1, 2, -1, 0.5])
def test_powers_of_floats(dtype: str, exponent: float | None) -> None:
    x, y = pairs(dtype)
    if exponent is not None:
        y = np.full_like(x, exponent)
    got = interpreted(lambda b, p, q: b.pow(p, q if exponent is None else exponent), x, y)
    np.testing.assert_allclose(got, np.power(x, y), rtol=4 * np.finfo(dtype).eps)


NAMES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}
PYTHON = {"erf": math.erf, "erfc": math.erfc}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [name for name in MATH if name not in ("pow", "tgamma", "lgamma")])
def test_functions(name: str, dtype: str) -> None:
    arrays = [edges(dtype)] if MATH[name] == 1 else list(pairs(dtype))
    function = np.vectorize(PYTHON[name], otypes=["float64"]) if name in PYTHON else getattr(np, NAMES.get(name, name))
    expected = function(*arrays).astype(dtype)
    for got in (interpreted(lambda b, *x: b.math(name, *x), *arrays), folded(lambda b, *x: getattr(b, name)(*x), *arrays)):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)


def test_gamma_where_it_has_poles() -> None:
    x = np.array([0.0, -0.0, -1.0, -2.5, 5.0, 171.7, np.inf, -np.inf, -200.5])
    same(folded(lambda b, p: b.tgamma(p), x)[[0, 1, 2, 5, 6, 7, 8]], np.array([np.inf, -np.inf, np.nan, np.inf, np.inf, np.nan, -0.0]))
    np.testing.assert_allclose(folded(lambda b, p: b.tgamma(p), x)[[3, 4]], [math.gamma(-2.5), 24.0], rtol=1e-15)
    same(folded(lambda b, p: b.lgamma(p), x)[[0, 1, 2, 6, 7]], np.full(5, np.inf))


ALL = ("bool", *NUMBERS, *COMPLEXES)


@pytest.mark.parametrize("to", ALL)
@pytest.mark.parametrize("dtype", ALL)
def test_casts(dtype: str, to: str) -> None:
    x = edges(dtype)
    plain = x.real if np.dtype(dtype).kind == "c" else x
    if np.dtype(to).kind in "iu" and np.dtype(dtype).kind in "fc":
        info = np.iinfo(to)  # beyond, C says nothing
        x = x[np.isfinite(plain) & (plain > float(info.min) - 1) & (plain < float(info.max))]
    expected = (x.real if np.dtype(dtype).kind == "c" and to not in COMPLEXES and to != "bool" else x).astype(to)
    same(interpreted(lambda b, p: b.cast(p, to), x), expected)
    same(folded(lambda b, p: b.cast(p, to), x), expected)


@given(st.floats(width=64), st.floats(2.0**-26, 2.0**17))
def test_double_to_half_is_rounded_once(anything: float, near: float) -> None:
    half = np.float64(np.float16(near))
    middles = [half + (np.float64(np.nextafter(np.float16(near), np.float16(np.inf))) - half) / 2]
    x = np.array([anything, near, -near, *middles, np.nextafter(middles[0], 0), np.nextafter(middles[0], np.inf)])
    same(interpreted(lambda b, p: b.cast(p, "float16"), x), x.astype("float16"))


@given(st.floats(width=32), st.floats(width=32), st.floats(width=32))
def test_fused_product_and_sum(x: float, y: float, z: float) -> None:
    got = evaluate("fma", [np.float32(x), np.float32(y), np.float32(z)], "float32")
    exact = np.longdouble(x) * np.longdouble(y) + np.longdouble(z)
    expected = np.float32(exact)
    if abs(int(np.float32(got).view(np.int32)) - int(expected.view(np.int32))) > 1:  # longdouble rounds too: one place may differ
        np.testing.assert_array_equal(got, expected)


def test_fused_product_and_sum_is_rounded_once() -> None:
    x = np.array([1 + 2.0**-27, 3.0, 0.0, -0.0, np.inf, 1e300])
    y = np.array([1 - 2.0**-27, 5.0, -1.0, 1.0, 0.0, 1e300])
    z = np.array([-1.0, -15.0, -0.0, -0.0, 1.0, -np.inf])
    expected = np.array([-(2.0**-54), 0.0, -0.0, -0.0, np.nan, -np.inf])
    same(interpreted(lambda b, *a: b.fma(*a), x, y, z), expected)
    same(folded(lambda b, *a: b.fma(*a), x, y, z), expected)


@pytest.mark.parametrize("dtype", ALL)
def test_select(dtype: str) -> None:
    x, y = pairs(dtype)
    condition = np.arange(len(x)) % 3 == 0
    same(interpreted(lambda b, c, p, q: b.select(c, p, q), condition, x, y), np.where(condition, x, y))
    same(folded(lambda b, c, p, q: b.where(c, p, q), condition, x, y), np.where(condition, x, y))


# What is known ------------------------------------------------------------------------------------------------------
def test_python_numbers_give_python_numbers() -> None:
    b = Builder()
    assert b.add(2, 3) == 5 and type(b.add(2, 3)) is int
    assert b.mul(2, 0.25) == 0.5 and type(b.mul(2, 0.25)) is float
    assert b.add(1, 2j) == 1 + 2j and b.div(7, 2) == 3 and b.floor_div(-7, 2) == -4 and b.mod(-7, 2) == 1
    assert b.less(1, 2) is True and b.both(True, False) is False and b.exp(0) == 1.0 and b.pow(3, 4) == 81
    assert b.maximum(3, 5) == 5 and b.where(b.equal(3, 3), 1, 2) == 1 and b.add(2**62, 2**62) == -(2**63)
    assert not b.block


def test_known_numbers_keep_their_dtype() -> None:
    b = Builder()
    three = b.constant(3, "float32")
    assert three.dtype == "float32" and three.value == 3.0
    assert b.constant(0.1, "float32").value == float(np.float32(0.1)) and b.constant(300, "uint8").value == 44
    assert b.constant(3, "int64") == 3 and b.constant(1, "bool") is True
    assert b.add(three, 0.5).value == 3.5 and b.dtype_of(b.add(three, 0.5)) == "float32"
    assert b.dtype_of(b.constant(1, "complex64")) == "complex64" and b.constant(1j, "complex64").value[1].value == 1.0
    assert b.dtype_of(np.float32(1)) == "float32" and b.add(np.int32(3), 4).value == 7


def test_exact_identities_write_nothing() -> None:
    b = Builder()
    i, x = b.parameter("int64"), b.parameter("float64")
    assert i * 1 is i and 0 + i is i and i - 0 is i and i * 0 == 0 and i - i == 0 and i // 1 is i and i % 1 == 0
    assert b.equal(i, i) is True and b.less(i, i) is False and b.maximum(i, i) is i
    assert b.mul(x, 1) is x and b.div(x, 1.0) is x and b.both(b.parameter("bool"), False) is False
    assert not b.block


def test_an_index_is_not_compared_with_its_range() -> None:
    b = Builder()
    n, m = b.parameter("int64"), b.parameter("int64")
    with b.loop(0, n) as i:
        assert b.less(i, n) is True and b.less(-1, i) is True and b.less(i, 0) is False
        assert not any(isinstance(x, bool) for x in (b.less(i, m), b.less(i, 1), b.less(0, i)))
    with b.loop(0, 8) as i:
        assert b.less(i, 8) is True and b.less(i, 9) is True and not isinstance(b.less(i, 7), bool)
    with b.loop(-1, n) as i:
        assert not isinstance(b.less(i, 0), bool)
    seen = []

    def join(i: Any, sums: Any) -> Any:
        seen.append((b.less(i, 0), b.less(i, n)))
        return [b.add(sums[0], 1.0)]

    b.accumulate(n, [b.constant(0.0, "float64")], join, lambda left, right: [b.add(left[0], right[0])])
    assert seen[0] == (False, True) and seen[1][0] is False


@pytest.mark.parametrize("write", [
    lambda b, x: b.add(x, 0.0), lambda b, x: b.mul(x, 0.0), lambda b, x: b.sub(x, x), lambda b, x: b.equal(x, x), lambda b, x: b.less(x, x),
])  # fmt: skip
def test_what_is_not_exact_is_written(write: Any) -> None:
    b = Builder()
    write(b, b.parameter("float64"))
    assert len(b.block) == 1


@pytest.mark.parametrize(("write", "message"), [
    (lambda b, i, x: b.add(i, x), "int64 and float64"),
    (lambda b, i, x: b.select(b.less(i, 0), i, x), "int64 and float64"),
    (lambda b, i, x: b.add(i, 0.5), "0.5 beside an operand of int64"),
    (lambda b, i, x: b.add(x, 1j), "beside an operand of float64"),
    (lambda b, i, x: b.exp(i), "exp of int64"),
    (lambda b, i, x: b.both(x, x), "logic on float64"),
    (lambda b, i, x: b.shift_left(x, x), "shift"),
    (lambda b, i, x: b.select(i, x, x), "must be bool"),
    (lambda b, i, x: b.neg(b.less(i, 0)), "neg of bool"),
    (lambda b, i, x: b.exp(x, x), "takes 1"),
    (lambda b, i, x: b.add(x, "a"), "expected a value"),
    (lambda b, i, x: b.add(b.parameter("float64*"), 1), "pointers"),
    (lambda b, i, x: b.cast(b.parameter("float64*"), "int64"), "pointers are recast"),
])  # fmt: skip
def test_what_is_refused(write: Any, message: str) -> None:
    b = Builder()
    with pytest.raises(TypeError, match=message):
        write(b, b.parameter("int64"), b.parameter("float64"))
