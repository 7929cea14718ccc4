"""Constants and their dtypes, named constructors, types and what they let through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import TensorType, generic, shared
from symgraph.errors import AsTensorError
from symgraph.expr.make import as_tensor, as_variable, constant

# Constants ------------------------------------------------------------------------------------------------------------
AUTOCAST = [
    (1, "int8"), (127, "int8"), (-128, "int8"), (128, "int16"), (-129, "int16"), (40_000, "int32"), (2**31, "int64"), (2**63, "uint64"),
    (1.0, "float32"), (1.5, "float32"), (0.1, "float64"), (1e300, "float64"), (float("nan"), "float32"), (float("inf"), "float32"),
    (1j, "complex128"), (True, "bool"), (np.float64(1), "float64"), (np.int64(1), "int64"), (np.array(1.0), "float64"), (np.array(True),
        "bool"),
    ([1, 2], "int64"), ([1.0, 2], "float64"), ((1, 2), "int64"), (np.float16(1), "float16"), (np.array([1], "uint8"), "uint8"),
]


@pytest.mark.parametrize(("value", "dtype"), AUTOCAST, ids=[repr(value) for value, _ in AUTOCAST])
def test_the_dtype_of_a_constant(value: Any, dtype: str) -> None:
    c = constant(value)
    assert c.dtype == dtype and c.data.dtype == dtype
    assert np.array_equal(c.data, value, equal_nan=True) and c.ndim == np.ndim(value)
    assert T.as_tensor_variable(value).dtype == dtype


@pytest.mark.filterwarnings("error")
def test_constants_under_other_settings() -> None:
    with symgraph.config.change_flags(floatX="float32"):
        assert constant(0.1).dtype == "float32" and constant(1e300).data == np.inf and constant([0.1]).dtype == "float64"
    with symgraph.config.change_flags(cast_policy="numpy+floatX"):
        assert constant(1).dtype == "int64" and constant(1.0).dtype == "float64"
    assert constant(1).dtype == "int8" and constant(1.0).dtype == "float32"  # small constants are kept by their settings


def test_zeros_and_nans_are_told_apart() -> None:
    assert np.signbit(constant(-0.0).data) and not np.signbit(constant(0.0).data)
    assert constant(1) is constant(1) and constant(1) is not constant(1.0) and constant(True) is not constant(1)
    assert constant(1, name="one") is not constant(1) and constant(1, name="one").name == "one"


def test_a_constant_is_a_copy_that_cannot_be_changed() -> None:
    value = np.zeros(2)
    c = constant(value)
    value[0] = 5.0
    assert c.data.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError):
        c.data[0] = 1.0


def test_more_dimensions_and_other_dtypes() -> None:
    assert constant([1.0, 2.0], ndim=3).type == TensorType("float64", shape=(1, 1, 2))
    assert constant(3, dtype="float32").data.dtype == "float32"
    with pytest.raises(ValueError):
        constant([[1.0]], ndim=1)
    with pytest.raises(TypeError):
        constant(T.dscalar())
    with pytest.raises(TypeError, match="array of numbers"):
        constant(["a", "b"])
    with pytest.raises((TypeError, OverflowError)):
        constant(2**64)


def test_as_variable() -> None:
    x, y = T.dscalars("x", "y")
    assert as_variable(x) is x
    stacked = as_variable([x, 2, [y][0]])
    assert stacked.ndim == 1 and stacked.eval({x: 1, y: 3}).tolist() == [1.0, 2.0, 3.0]
    assert as_variable([[x, y], [y, x]]).eval({x: 1, y: 3}).tolist() == [[1.0, 3.0], [3.0, 1.0]]
    assert as_variable((x + y).owner).owner.op == (x + y).owner.op
    assert as_tensor(x, ndim=2).type.shape == (1, 1) and as_tensor(T.row("r"), ndim=1).ndim == 1
    with pytest.raises(ValueError):
        as_tensor(T.dmatrix(), ndim=1)
    for wrong in ("text", None, {}, object(), generic("g")):
        with pytest.raises(AsTensorError):
            as_tensor(wrong)


# Constructors ---------------------------------------------------------------------------------------------------------
PREFIXES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64", "z": "complex128",
    "": "float64"}
SHAPES = {"scalar": (), "vector": (False,), "matrix": (False,) * 2, "row": (True, False), "col": (False, True), "tensor3": (False,) * 3,
          "tensor4": (False,) * 4, "tensor5": (False,) * 5}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("kind", SHAPES)
def test_constructors(kind: str, prefix: str) -> None:
    x = getattr(T, prefix + kind)("x")
    assert (x.name, x.dtype, x.broadcastable, x.ndim) == ("x", PREFIXES[prefix], SHAPES[kind], len(SHAPES[kind]))
    assert x.line.filename == __file__
    plural = prefix + ("matrices" if kind == "matrix" else kind + "s")
    one, two = getattr(T, plural)("one", "two")
    assert (one.name, two.name, two.type) == ("one", "two", x.type)
    assert [v.name for v in getattr(T, plural)(2)] == [None, None]


def test_floatX_and_other_options() -> None:
    with symgraph.config.change_flags(floatX="float32"):
        assert T.scalar().dtype == T.matrices("a", "b")[1].dtype == T.tensor(shape=(2,)).dtype == "float32"
    assert T.vector("v", dtype="int16").dtype == "int16"
    assert T.dmatrix("m", shape=(None, 10)).type.shape == (None, 10) and T.matrix(shape=(3, None)).static_shape == (3, None)
    with pytest.raises(ValueError):
        T.dvector(shape=(1, 2))
    assert TensorType("float64", (False,))("v").type == T.dvector


# Types ----------------------------------------------------------------------------------------------------------------
def test_types_are_equal_by_dtype_and_shape() -> None:
    assert TensorType("float64", (False, True)) == TensorType("float64", shape=(None, 1)) != TensorType("float64", (False, False))
    assert hash(TensorType("int8", ())) == hash(TensorType(np.int8, ()))
    assert TensorType("float64", (True,)).broadcastable == (True,) and TensorType("floatX", ()).dtype == "float64"
    names = {(): "scalar", (False,): "vector", (False, False): "matrix", (True, False): "row", (False, True): "col", (False,) * 3: "3D",
        (True,): "(True,)"}
    for pattern, name in names.items():
        assert str(TensorType("int32", pattern)) == f"TensorType(int32, {name})"
    assert str(TensorType("int32", shape=(None, 3))) == "TensorType(int32, (?, 3))"
    assert TensorType("int32", (False,)).accepts(TensorType("int32", shape=(3,))) and not TensorType("int32",
        shape=(2,)).accepts(TensorType("int32", shape=(3,)))


# (type's dtype, value, accepted with allow_downcast None, True, False)
FILTERED = [
    ("float64", 1, "yes yes yes"), ("float64", True, "yes yes yes"), ("float64", np.array(1, "float32"), "yes yes yes"), ("float64", 0.1,
        "yes yes yes"),
    ("float32", 0.1, "no yes no"), ("float32", 0.5, "yes yes yes"), ("float32", np.array(0.5), "no yes no"), ("float32", np.float64(0.5),
        "yes yes yes"),
    ("float32", np.array(1, "int16"), "yes yes yes"), ("float32", np.array(1, "int64"), "no yes no"), ("float32", np.array(1, "float16"),
        "yes yes yes"),
    ("int32", 1.0, "yes yes yes"), ("int32", 1.5, "no yes no"), ("int32", 2**31, "no yes no"), ("int32", np.array(3), "no yes no"),
    ("int32", np.int64(3), "yes yes yes"), ("int8", 300, "no yes no"), ("uint8", -1, "no yes no"), ("bool", 1, "yes yes yes"), ("bool", 2,
        "no yes no"),
    ("complex128", 1.0, "yes yes yes"), ("complex64", np.array(1j), "no yes no"), ("float64", 1j, "no no no"), ("float64", None,
        "no no no"),
    ("float64", np.array(1j), "no no no"),
]


@pytest.mark.parametrize(("dtype", "value", "answers"), FILTERED, ids=[f"{dtype}-{value!r}" for dtype, value, _ in FILTERED])
def test_what_a_type_lets_through(dtype: str, value: Any, answers: str) -> None:
    kind = TensorType(dtype, ())
    for allowed, answer in zip((None, True, False), answers.split(), strict=True):
        try:
            got = kind.filter(value, allow_downcast=allowed)
        except (TypeError, OverflowError):
            assert answer == "no", allowed
        else:
            assert answer == "yes" and got.dtype == dtype, allowed


def test_strict_types_and_subclasses() -> None:
    kind = TensorType("float64", (False,))
    value = np.zeros(2)
    assert kind.filter(value, strict=True) is value and kind.is_valid_value(value) and not kind.is_valid_value([0.0])
    assert type(kind.filter(np.ma.masked_array([1.0]))) is np.ndarray
    with pytest.raises(ValueError):
        kind.filter(["a"])
    assert kind.values_eq(np.array([np.nan]), np.array([np.nan])) and not kind.values_eq(np.array([1.0]), np.array([1.0 + 1e-12]))
    assert kind.values_eq_approx(np.array([1.0]), np.array([1.0 + 1e-12])) and not kind.values_eq_approx(np.array([1.0]), np.array([1.1]))


# Shared ---------------------------------------------------------------------------------------------------------------
SHARED = [(1, "int64"), (1.0, "float64"), (True, "bool"), (1j, "complex128"), (np.float32(0), "float32"), (np.zeros((1, 3)), "float64"),
    (np.zeros(2, "int8"), "int8")]


@pytest.mark.parametrize(("value", "dtype"), SHARED, ids=[repr(value) for value, _ in SHARED])
def test_shared_types(value: Any, dtype: str) -> None:
    with symgraph.config.change_flags(floatX="float32"):
        s = shared(value, name="s")
    assert s.type == TensorType(dtype, (False,) * np.ndim(value)) and np.array_equal(s.get_value(), value)


@pytest.mark.parametrize("value", [[1, 2], "text", None, {"a": 1}, np.array(["a"])], ids=repr)
def test_shared_objects(value: Any) -> None:
    s = shared(value)
    assert s.type == generic and (s.get_value() == value if not isinstance(value, np.ndarray) else (s.get_value() == value).all())
    s.set_value("other")
    assert s.get_value() == "other"


def test_shared_patterns() -> None:
    row = shared(np.zeros((1, 3)), broadcastable=(True, False))
    assert row.broadcastable == (True, False)
    with pytest.raises(TypeError, match="broadcastable dimension"):
        row.set_value(np.zeros((2, 3)))
    assert shared(np.zeros((2, 3)), shape=(None, 3)).type.shape == (None, 3)
    with pytest.raises(TypeError):
        shared(np.zeros((2, 3)), shape=(None, 4))
    s = shared(np.ones(2))
    s.zero()
    assert s.get_value().tolist() == [0.0, 0.0]
    twin = s.clone()
    twin.set_value([3.0])
    assert s.get_value().tolist() == [3.0]  # a clone is another variable for the same value


def test_constants_and_shared_arrays_are_no_plain_variables():
    """Theano's classes side by side: programs tell initial states that are variables from those that are shared by `T.TensorVariable`."""
    x, c, s = T.dmatrix(), T.constant(1.0), symgraph.shared(1.0)
    assert [isinstance(v, T.TensorVariable) for v in (x, x + 1, c, s)] == [True, True, False, False]
    assert [isinstance(v, T.TensorConstant) for v in (x, c, s)] == [False, True, False]
    assert [isinstance(v, symgraph.Variable) for v in (x, c, s)] == [True, True, True]
