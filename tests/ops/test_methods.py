"""Operators, methods, indexing and numpy's functions on variables: each gives what numpy gives on the values."""

import operator

import numpy as np
import pytest
from differences import run, same

import symgraph.tensor as T
from symgraph.errors import EmptyConstantError, NotScalarConstantError
from symgraph.expr.evaluate import evaluate
from symgraph.expr.make import as_variable
from symgraph.ops import special
from symgraph.ops.methods import METHODS, NUMPY_FUNCTIONS, PROPERTIES, UFUNCS

A = np.array([[1.5, -2.0, 0.5], [3.0, 4.0, -1.0]])
B = np.array([[2.0, 0.5, -1.0], [1.0, 2.0, 3.0]])
I, J = np.array([5, -7, 3]), np.array([2, 3, 1])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "le", "gt", "ge"])
def test_operators_of_floats(name):
    op = getattr(operator, name)
    same(run(op, A, B), op(A, B))
    same(run(lambda x: op(x, B), A), op(A, B))
    same(run(lambda x: op(B, x), A), op(B, A))  # numpy's arrays hand over
    same(run(lambda x: op(x, 2), A), op(A, 2))
    same(run(lambda x: op(2, x), A), op(2, A))
    same(run(lambda x: op(np.float64(2), x), A), op(np.float64(2), A))


@pytest.mark.parametrize("name", ["and_", "or_", "xor", "lshift", "rshift", "floordiv", "mod"])
def test_operators_of_integers(name):
    op = getattr(operator, name)
    same(run(op, I, J), op(I, J))
    same(run(lambda x: op(J, x), J), op(J, J))


def test_more_operators():
    same(run(lambda x: -x, A), -A)
    same(run(lambda x: +x, A), A)
    same(run(abs, A), abs(A))
    same(run(lambda x: ~x, I), ~I)
    same(run(lambda x: x**3, A), A**3)
    same(run(lambda x: 2.0**x, A), 2.0**A)
    same(run(lambda x, y: x @ y, A, B.T.copy()), A @ B.T)
    same(run(lambda y: A @ y, B.T.copy()), A @ B.T)
    same(run(round, A), np.rint(A))
    for k in (0, 1):
        same(run(lambda x, k=k: divmod(x, 2)[k], I), np.divmod(I, 2)[k])
        same(run(lambda x, k=k: divmod(7, x)[k], I), np.divmod(7, I)[k])


def test_strangers_may_answer_themselves():
    class Stranger:
        def __radd__(self, other):
            return "mine"

        def __rlt__(self, other):
            return "mine"

    assert T.dvector() + Stranger() == "mine"
    with pytest.raises(TypeError):
        T.dvector() + object()
    with pytest.raises(TypeError):
        T.dvector() + None


def test_equality_is_identity():
    x, y = T.dvectors("x", "y")
    assert (x == y) is False
    assert x == x and x in [y, x] and {x: 1}[x] == 1
    assert x.eq(y).dtype == "bool"


def test_truth():
    x = T.dscalar()
    assert x
    for condition in (x > 1, x <= 1, T.eq(x, 1), (x > 1) & (x < 2)):
        with pytest.raises(TypeError, match="do not support boolean operations"):
            bool(condition)
    with pytest.raises(TypeError, match="boolean"):
        assert 0 < x < 1


def test_length_and_iteration():
    with pytest.raises(TypeError, match="len"):
        len(T.dvector())
    with pytest.raises(TypeError, match="does not support iteration"):
        sum(T.dvector())
    with pytest.raises(TypeError, match="0-d"):
        list(T.dscalar())
    rows, columns = T.dmatrix().shape
    assert rows.ndim == columns.ndim == 0
    x = T.tensor("float64", shape=(2, None))
    first, second = x
    same(evaluate([second], {x: A})[0], A[1])
    for convert in (float, int, lambda v: [0][v]):
        with pytest.raises(TypeError):
            convert(T.lscalar())


def test_no_item_assignment():
    x = T.dvector()
    with pytest.raises(TypeError, match="set_subtensor"):
        x[0] = 1


def test_indexing():
    same(run(lambda x: x[1], A), A[1])
    same(run(lambda x: x[:, ::-1], A), A[:, ::-1])
    same(run(lambda x: x[..., None, 0], A), A[..., None, 0])
    same(run(lambda x: x[[1, 0, 1]], A), A[[1, 0, 1]])


CALLS = {
    "sum": (), "prod": (), "max": (), "min": (), "argmax": (), "argmin": (), "any": (), "all": (), "mean": (), "var": (), "std": (),
    "flatten": (), "ravel": (), "transpose": (), "squeeze": (), "copy": (), "conj": (), "conjugate": (), "round": (), "trace": (),
    "diagonal": (), "clip": (-1, 2), "reshape": ((3, 2),), "swapaxes": (0, 1), "dot": (np.arange(3.0),), "astype": ("float32",),
    "repeat": (2, 1), "take": ([1, 0], 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_methods_as_those_of_arrays(name):
    wanted = getattr(A, name)(*CALLS[name])
    if name == "transpose":
        wanted = np.ascontiguousarray(wanted)
    same(run(lambda x: getattr(x, name)(*CALLS[name]), A), wanted)


@pytest.mark.parametrize("name", [
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "arcsinh", "arctanh", "deg2rad", "rad2deg", "floor", "ceil", "trunc",
])
def test_functions_as_methods_and_of_numpy(name):
    x = np.linspace(0.1, 0.9, 5)
    wanted = getattr(np, name)(x)
    same(run(lambda v: getattr(v, name)(), x), wanted)
    same(run(getattr(np, name), x), wanted)
    assert getattr(T.dvector(), name).__name__ == name


def test_properties():
    x = T.dmatrix()
    same(evaluate([x.T], {x: A})[0], A.T)
    same(evaluate([x.shape], {x: A})[0], np.array([2, 3]))
    same(evaluate([x.size], {x: A})[0], np.int64(6))
    z = A + 1j * B
    same(run(lambda v: v.real, z), A)
    same(run(lambda v: v.imag, z), B)
    same(run(lambda v: v.fill(np.float64(3)), A), np.full((2, 3), 3.0))
    same(run(lambda v: v.zeros_like(dtype="int32"), A), np.zeros((2, 3), "int32"))
    assert x.copy(name="again").name == "again"
    assert x.transfer("cpu") is x


def test_every_method_has_text():
    for name in METHODS:
        assert getattr(T.TensorVariable, name).__doc__, name
    for name in PROPERTIES:
        assert getattr(T.TensorVariable, name).__doc__, name


BINARY_UFUNCS = [
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "maximum", "minimum", "arctan2", "hypot", "logaddexp", "equal",
    "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
]


@pytest.mark.parametrize("name", BINARY_UFUNCS)
def test_ufuncs_of_two(name):
    ufunc = getattr(np, name)
    same(run(ufunc, A, B), ufunc(A, B))
    same(run(lambda x: ufunc(B, x), A), ufunc(B, A))


@pytest.mark.parametrize("name", [
    "negative", "positive", "absolute", "fabs", "sign", "square", "reciprocal", "rint", "isnan", "isinf", "isfinite", "logical_not",
    "conjugate", "cbrt",
])
def test_ufuncs_of_one(name):
    ufunc = getattr(np, name)
    same(run(ufunc, A), ufunc(A))


def test_every_ufunc_named_is_one():
    names = [name for name in UFUNCS if name not in special.__all__]
    assert [name for name in names if not isinstance(getattr(np, name), np.ufunc)] == []


FUNCTIONS = {
    "sum": lambda x: np.sum(x, axis=0), "prod": np.prod, "mean": lambda x: np.mean(x, axis=1, keepdims=True), "var": np.var, "std": np.std,
    "max": np.max, "amin": lambda x: np.amin(x, axis=0), "argmax": lambda x: np.argmax(x, axis=1), "any": np.any, "all": np.all,
    "ptp": np.ptp, "dot": lambda x: np.dot(x, B.T), "tensordot": lambda x: np.tensordot(x, B, axes=((0, 1), (0, 1))),
    "outer": lambda x: np.outer(x[0], B[0]), "inner": lambda x: np.inner(x, B), "norm": np.linalg.norm,
    "concatenate": lambda x: np.concatenate([x, B], axis=1), "stack": lambda x: np.stack([x, B], axis=1),
    "where": lambda x: np.where(x > 0, x, 0.0), "clip": lambda x: np.clip(x, -1, 2), "round": np.round,
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "ravel": np.ravel, "transpose": np.transpose, "swapaxes": lambda x: np.swapaxes(x, 0, 1), "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 1), "squeeze": np.squeeze, "real": np.real, "zeros_like": np.zeros_like,
    "ones_like": np.ones_like, "take": lambda x: np.take(x, [1, 0, 1], axis=1), "tile": lambda x: np.tile(x, (2, 1)),
    "roll": lambda x: np.roll(x, 1, axis=1), "diag": lambda x: np.diag(x[0]), "trace": np.trace, "tril": np.tril, "triu": np.triu,
    "isclose": lambda x: np.isclose(x, B), "allclose": lambda x: np.allclose(x, x), "reduce": lambda x: np.add.reduce(x, axis=1),
    "copy": np.copy, "repeat": lambda x: np.repeat(x, 2, axis=0), "diagonal": np.diagonal,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_numpy(name):
    same(run(FUNCTIONS[name], A), np.ascontiguousarray(FUNCTIONS[name](A)) if np.ndim(FUNCTIONS[name](A)) else FUNCTIONS[name](A))


def test_options_of_numpy_that_say_nothing():
    x = T.dmatrix()
    assert set(NUMPY_FUNCTIONS) & {"sum", "linalg.norm"}
    same(evaluate([np.sum(x, out=None)], {x: A})[0], A.sum())


def test_lists_of_variables_become_one():
    x, y = T.dscalars("x", "y")
    v = as_variable([x, [y, 1.0][0], 3])
    same(evaluate([v], {x: 1.0, y: 2.0})[0], np.array([1.0, 2.0, 3.0]))
    m = as_variable([[x, y], [y, x]])
    same(evaluate([m], {x: 1.0, y: 2.0})[0], np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_scalar_constant_value():
    assert T.get_scalar_constant_value(3.5) == 3.5
    assert T.get_scalar_constant_value(T.zeros((2, 3)) + 4) == 4
    assert T.constant(np.full((2, 2), 7)).get_scalar_constant_value() == 7
    assert T.get_scalar_constant_value(T.tensor("float64", shape=(2, 5)).shape[1]) == 5
    assert np.isnan(T.get_scalar_constant_value(np.nan))
    for unknown in (T.dscalar(), T.constant([1, 2]), T.dvector().sum()):
        with pytest.raises(NotScalarConstantError):
            T.get_scalar_constant_value(unknown)
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(T.zeros((2,)) + 1, only_process_constants=True)
    with pytest.raises(EmptyConstantError):
        T.get_scalar_constant_value(T.constant(np.zeros(0)))
    x = T.dscalar()
    assert T.extract_constant(x) is x


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="is 'softmax' meant|has no 'sofmax'"):
        _ = T.sofmax
    with pytest.raises(AttributeError, match="'arange'"):
        _ = T.arrange
