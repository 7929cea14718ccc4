"""Elementwise functions of one's own: classes written for Theano, on arrays by `T.Elemwise`. Types and numbers are those of Theano 1.0.5."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import MethodNotDefined
from symgraph.gradient import verify_grad
from symgraph.ops import scalarops as scalar


class Softsign(scalar.UnaryScalarOp):
    """x / (1 + |x|)"""

    def impl(self, x: Any) -> Any:
        return x / (1.0 + abs(x))

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        (x,), (g,) = inputs, output_grads
        if x.type in scalar.float_types:
            d = 1.0 + abs(x)
            return [g / (d * d)]
        return [x.zeros_like().astype(symgraph.config.floatX)]


class Branches(scalar.BinaryScalarOp):
    """x where it is larger, else 2y."""

    def impl(self, x: Any, y: Any) -> Any:
        return x if x > y else y * 2

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        (x, y), (g,) = inputs, output_grads
        return [g * T.cast(x > y, g.dtype), 2 * g * T.cast(x <= y, g.dtype)]


class Steps(scalar.UnaryScalarOp):
    """A constant: its gradient is a number."""

    def impl(self, x: Any) -> Any:
        return 3.0 * x

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [scalar.as_scalar(3.0)]


softsign = T.Elemwise(Softsign(scalar.upgrade_to_float, name="softsign"))
branches = T.Elemwise(Branches(scalar.upcast_out, name="branches"), name="chosen")


def of(dtype: str) -> np.ndarray:
    return np.array([[0, 1, -2], [3, 40, -5]]).astype(dtype)


@pytest.mark.parametrize("linker", ["llvm", "py"])
@pytest.mark.parametrize(("dtype", "result"), [
    ("float32", "float32"), ("float64", "float64"), ("int8", "float32"), ("int32", "float64"), ("bool", "float32"),
])
def test_values_and_dtypes(dtype: str, result: str, linker: str) -> None:
    x = T.matrix("x", dtype=dtype)
    f = symgraph.function([x], softsign(x), mode=symgraph.Mode(linker=linker))
    for value in (of(dtype), of(dtype)[:, ::-2], of(dtype)[:0]):
        found = f(value)
        assert found.dtype == result and found.shape == value.shape
        np.testing.assert_allclose(found, value / (1.0 + abs(value.astype(float))), rtol=1e-6)


def test_broadcasting_and_sizes() -> None:
    x, y, s = T.dmatrix(), T.dvector(), T.dscalar()
    a, b = of("float64"), np.array([2.0, 3.0, -9.0])
    out = branches(x, y) + branches(s, 0.5)
    np.testing.assert_array_equal(symgraph.function([x, y, s], out)(a, b, 7), np.where(a > b, a, 2 * b) + 7)
    assert branches(T.ones((2, 3)), y).type.shape == (2, 3)
    with pytest.raises(ValueError):
        symgraph.function([x, y], branches(x, y))(a, b[:2])
    assert softsign(T.dscalar()).ndim == 0 and float(softsign(-3.0).eval()) == -0.75


def test_gradients() -> None:
    a, b = of("float64") + 0.25, np.array([2.0, 3.0, -9.0])
    verify_grad(softsign, [a], rng=np.random.default_rng(1))
    verify_grad(branches, [a, b], rng=np.random.default_rng(1))
    verify_grad(lambda x: T.grad(softsign(x).sum(), x), [a], rng=np.random.default_rng(1))
    x, v = T.dmatrix(), T.dmatrix()
    np.testing.assert_allclose(symgraph.Rop(softsign(x), x, v).eval({x: a, v: 2 * a}), 2 * a / (1 + abs(a)) ** 2)
    i = T.imatrix()
    assert not symgraph.grad(softsign(i).sum(), i).eval({i: of("int32")}).any()
    assert (symgraph.grad(T.Elemwise(Steps(scalar.same_out))(x).sum(), x).eval({x: a}) == np.full((2, 3), 3.0)).all()


def test_in_a_loop_and_in_a_stack() -> None:
    x = T.dvector()
    steps, _ = symgraph.scan(lambda h: softsign(h) + 1, outputs_info=x, n_steps=3)
    value = want = np.array([0.5, -1.0])
    for _ in range(3):
        want = want / (1 + abs(want)) + 1
    np.testing.assert_allclose(steps[-1].eval({x: value}), want)
    assert symgraph.grad(steps[-1].sum(), x).eval({x: value}).shape == (2,)


def test_they_compare_and_are_pickled() -> None:
    assert T.Elemwise(Softsign(scalar.upgrade_to_float)) == softsign != T.Elemwise(Softsign(scalar.same_out))
    assert (str(softsign), str(branches)) == ("softsign", "chosen")
    again = pickle.loads(pickle.dumps(softsign))
    assert again == softsign and str(again) == "softsign" and isinstance(again, T.Elemwise)
    assert T.Elemwise(T.exp) is T.exp and T.Elemwise("exp") == T.exp


def test_a_function_of_numpys_stands_for_it() -> None:
    class Cube(scalar.UnaryScalarOp):
        def impl(self, x: Any) -> Any:
            raise AssertionError("the function of numpy's was to be called")

    op = T.Elemwise(Cube(scalar.upgrade_to_float), nfunc_spec=("scipy.special.expit", 1, 1))
    assert float(op(T.constant(0.0, dtype="float64")).eval()) == 0.5


@pytest.mark.parametrize(("rule", "types", "result"), [
    *((rule, ("int8", "float32"), "float32") for rule in ("upgrade_to_float", "upcast_out", "upcast_out_min8")),
    ("upgrade_to_float", ("uint32",), "float64"), ("upgrade_to_float", ("complex64",), "complex64"), ("upgrade_to_float64", ("int8",), "float64"),
    ("same_out", ("int16",), "int16"), ("real_out", ("complex128",), "float64"), ("int_out", ("float32",), "int64"),
    ("float_out", ("int8",), "float64"),
    ("upcast_out_min8", ("bool",), "int8"), ("upgrade_to_float_no_complex", ("complex64",), None), ("same_out_float_only", ("int8",), None),
    ("upcast_out_nobool", ("bool",), None), ("upcast_out_no_complex", ("complex64",), None), ("same_out_nocomplex", ("complex64",), None),
])
def test_types_of_results(rule: str, types: tuple[str, ...], result: str | None) -> None:
    given = [scalar.Scalar(name) for name in types]
    if result is None:
        with pytest.raises(TypeError):
            getattr(scalar, rule)(*given)
    else:
        assert getattr(scalar, rule)(*given) == (scalar.Scalar(result),)
    assert scalar.transfer_type(0)(*given) == (given[0],) and scalar.specific_out(scalar.int8)(*given) == (scalar.int8,)


class Nothing(scalar.UnaryScalarOp):
    """Says nothing."""


class Two(scalar.UnaryScalarOp):
    """Gives two."""

    nout = 2


class Wrong(Softsign):
    """Fails for 0."""

    def impl(self, x: Any) -> Any:
        return 1 / x

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return []


x = T.dvector("x")
BAD = {
    "no types": (lambda: Nothing()(1.0), NotImplementedError, "output types"),
    "no impl": (lambda: T.Elemwise(Nothing(scalar.same_out))(x).eval({x: [1.0]}), MethodNotDefined, "impl of Nothing"),
    "no grad": (lambda: symgraph.grad(T.Elemwise(Nothing(scalar.same_out))(x).sum(), x), MethodNotDefined, "grad of Nothing"),
    "arrays without Elemwise": (lambda: Softsign(scalar.same_out)(x), TypeError, "a scalar is wanted"),
    "too many arguments": (lambda: softsign(x, x), TypeError, "takes the arguments"),
    "two results": (lambda: T.Elemwise(Two(scalar.same_out)), TypeError, "gives 2 results"),
    "no op": (lambda: T.Elemwise(3), TypeError, "ScalarOp"),
    "an error in impl": (lambda: T.Elemwise(Wrong(scalar.same_out))(x).eval({x: [0.0]}), ZeroDivisionError, "zero"),
    "no terms": (lambda: symgraph.grad(T.Elemwise(Wrong(scalar.same_out))(x).sum(), x), TypeError, "list of 1 terms"),
    "no dtype": (lambda: scalar.Scalar("float17"), TypeError, "float17"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    call, kind, words = BAD[name]
    with pytest.raises(kind, match=words):
        call()
