"""The pattern of elementwise ops: dtypes, broadcasting, errors, gradients where a function bends, casts."""

import copy
import pickle

import numpy as np
import pytest
from oprow import TOLERANCE
from targets import run

import symgraph
import symgraph.tensor as T
from symgraph.errors import NullTypeGradError
from symgraph.expr.evaluate import evaluate
from symgraph.ops import binary, compare, unary
from symgraph.ops.cast import Cast, cast
from symgraph.ops.elementwise import Elementwise, Row, common, function, table
from symgraph.settings import config

NATIVE = ("llvm", "c", "unoptimised")


def tensors(*dtypes, ndim=1):
    return [T.tensor(dtype, shape=(None,) * ndim) for dtype in dtypes]


def everywhere(build, *arrays, shapes=None):
    """The value by the numpy rule, after native code has given the same."""
    arrays = [np.asarray(a) for a in arrays]
    inputs = [T.tensor(a.dtype.name, shape=s or (None,) * a.ndim) for a, s in zip(arrays, shapes or [None] * len(arrays))]
    out = build(*inputs)
    (judge,) = run(inputs, [out], arrays, "py")
    for target in NATIVE:
        (got,) = run(inputs, [out], arrays, target)
        tolerance = max(TOLERANCE.get(judge.dtype.name, 2e-15), 2e-15)
        np.testing.assert_allclose(got, judge, rtol=tolerance, atol=0, err_msg=target)
    return judge


# dtypes ---------------------------------------------------------------------------------------------------------------

SHORT = {"b1": "bool", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32",
         "u8": "uint64", "f2": "float16", "f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128"}
PAIRS = """
     b1   i1   i2   i4   i8   u1   u2   u4   u8   f2   f4   f8   c8   c16
b1   b1   i1   i2   i4   i8   u1   u2   u4   u8   f2   f4   f8   c8   c16
i1   i1   i1   i2   i4   i8   i2   i4   i8   f8   f2   f4   f8   c8   c16
i4   i4   i4   i4   i4   i8   i4   i4   i8   f8   f8   f8   f8   c16  c16
u1   u1   i2   i2   i4   i8   u1   u2   u4   u8   f2   f4   f8   c8   c16
u8   u8   f8   f8   f8   f8   u8   u8   u8   u8   f8   f8   f8   c16  c16
f2   f2   f2   f4   f8   f8   f2   f4   f8   f8   f2   f4   f8   c8   c16
f4   f4   f4   f4   f8   f8   f4   f4   f8   f8   f4   f4   f8   c8   c16
c8   c8   c8   c8   c16  c16  c8   c8   c16  c16  c8   c8   c16  c8   c16
"""


def pairs():
    head, *rows = [line.split() for line in PAIRS.strip().split("\n")]
    return [(SHORT[row[0]], SHORT[column], SHORT[found]) for row in rows for column, found in zip(head, row[1:])]


@pytest.mark.parametrize(("first", "second", "wanted"), pairs(), ids=str)
def test_two_dtypes(first, second, wanted):
    x, y = tensors(first, second)
    (condition,) = tensors("bool")
    for op in (binary.add, binary.mul, lambda a, b: compare.switch(condition, a, b)):
        assert op(x, y).dtype == op(y, x).dtype == wanted


@pytest.mark.parametrize(("dtype", "wanted"), [
    ("bool", "float32"), ("int8", "float32"), ("uint8", "float32"), ("int16", "float32"), ("uint16", "float32"), ("int32", "float64"),
    ("uint32", "float64"), ("int64", "float64"), ("uint64", "float64"), ("float16", "float16"), ("float32", "float32"),
    ("float64", "float64")])
@pytest.mark.parametrize("name", [
    "exp", "log", "sqrt", "tanh", "sigmoid", "reciprocal", "floor", "erf", "gammaln", "digamma", "erfinv", "j0"])
def test_functions_give_floats(name, dtype, wanted):
    (x,) = tensors(dtype)
    assert function(name)(x).dtype == wanted


@pytest.mark.parametrize(("build", "wanted"), [
    (lambda x, y: x / y, "float64"), (lambda x, y: x // y, "int8"), (lambda x, y: x**y, "int8"), (lambda x, y: T.eq(x, y), "bool"),
    (lambda x, y: T.arctan2(x, y), "float32"), (lambda x, y: x + 300, "int16"), (lambda x, y: x.astype("uint8") + 1, "int16"),
    (lambda x, y: x + 1.5, "float32"), (lambda x, y: x.astype("int32") + 1.5, "float64"),
    (lambda x, y: x.astype("bool") ** y.astype("bool"), "int8"),
    (lambda x, y: abs(x.astype("complex64")), "float32"), (lambda x, y: T.angle(x), "float64"), (lambda x, y: T.sqr(x), "int8"),
    (lambda x, y: T.complex(x.astype("float32"), y.astype("float32")), "complex64"), (lambda x, y: T.complex(x, y), "complex64"),
    (lambda x, y: T.fill(x, y.astype("float32")), "float32"), (lambda x, y: T.iround(x.astype("float32")), "int64")])
def test_dtypes_of_int8(build, wanted):
    assert build(*tensors("int8", "int8")).dtype == wanted


@pytest.mark.parametrize(("floatx", "wanted"), [("float32", "float32"), ("float64", "float64")])
def test_true_division_of_integers_is_in_floatx(floatx, wanted):
    with config.change_flags(floatX=floatx):
        x, y = tensors("int64", "int8")
        assert (x / y).dtype == wanted
        assert (x / y.astype("float32")).dtype == "float64"


@pytest.mark.parametrize("build", [
    lambda b, i, f, c: b - b, lambda b, i, f, c: -b, lambda b, i, f, c: T.sgn(b), lambda b, i, f, c: T.sgn(c),
    lambda b, i, f, c: T.floor(c), lambda b, i, f, c: T.round(i), lambda b, i, f, c: c < c, lambda b, i, f, c: c % c,
    lambda b, i, f, c: c // c, lambda b, i, f, c: f & f,
    lambda b, i, f, c: b | i, lambda b, i, f, c: ~f, lambda b, i, f, c: b << b, lambda b, i, f, c: T.maximum(c, c),
    lambda b, i, f, c: T.arctan2(c, c), lambda b, i, f, c: T.erf(c), lambda b, i, f, c: T.j0(c), lambda b, i, f, c: T.switch(c, f, f),
    lambda b, i, f, c: T.complex(c, f), lambda b, i, f, c: T.exp(), lambda b, i, f, c: T.exp(f, f), lambda b, i, f, c: T.add(),
    lambda b, i, f, c: T.clip(f, 0), lambda b, i, f, c: T.clip(f, low=0, max=1), lambda b, i, f, c: cast(c, "float64"),
    lambda b, i, f, c: cast(f, "text")])
def test_what_cannot_be(build):
    with pytest.raises(TypeError):
        build(*tensors("bool", "int32", "float64", "complex128"))


def test_arguments_by_name():
    (x,) = tensors("float64")
    assert evaluate([T.clip(x, min=0, max=1), T.clip(x, 0, max=1)], {x: np.array([-1.0, 0.5, 2.0])})[0].tolist() == [0, 0.5, 1]
    with pytest.raises(ValueError, match="mode"):
        T.round(x, mode="up")


# Sizes ----------------------------------------------------------------------------------------------------------------


def test_static_sizes():
    x, y = T.tensor("float64", shape=(None, 1, 3)), T.tensor("float64", shape=(4, None))
    assert (x + y).type.shape == (None, 4, 3)
    assert (x + 1).type.shape == (None, 1, 3)
    with pytest.raises(ValueError, match=r"mis-match. \(input\[0\].shape\[2\] = 3, input\[1\].shape\[2\] = 2\)"):
        x + T.tensor("float64", shape=(2,))


@pytest.mark.parametrize("target", ["py", *NATIVE])
@pytest.mark.parametrize(("left", "right", "axis"), [
    ((2, 4), (3, 4), 0), ((2, 1), (2, 3), 1), ((2, 3), (1, 3), 0), ((3,), (2, 1), 1)])
def test_only_a_known_size_of_one_is_repeated(left, right, axis, target):
    x, y = T.tensor("float64", shape=(None,) * len(left)), T.tensor("float64", shape=(None,) * len(right))
    sizes = [((1,) * (2 - len(s)) + s)[axis] for s in (left, right)]
    text = rf"mis-match. \(input\[0\].shape\[{axis}\] = {sizes[0]}, input\[1\].shape\[{axis}\] = {sizes[1]}\)"
    with pytest.raises(ValueError, match=text):
        run([x, y], [x + y], [np.ones(left), np.ones(right)], target)


def test_operands_with_fewer_dimensions_and_their_gradients():
    x, row, number = T.dmatrix(), T.dvector(), T.dscalar()
    cost = (x * row * number).sum()
    a, r, n = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0]), np.asarray(0.5)
    for target in ("py", *NATIVE):
        by_x, by_row, by_number = run([x, row, number], symgraph.grad(cost, [x, row, number]), [a, r, n], target)
        np.testing.assert_allclose(by_x, np.broadcast_to(r * n, a.shape))
        np.testing.assert_allclose(by_row, a.sum(0) * n)
        np.testing.assert_allclose(by_number, (a * r).sum())


def test_gradient_where_the_output_knows_more_sizes_than_an_input():
    x, y = T.dmatrix(), T.tensor("float64", shape=(2, 3))
    (g,) = run([x, y], [symgraph.grad((x * y).sum(), x)], [np.ones((2, 3)), np.full((2, 3), 4.0)], "llvm")
    assert g.tolist() == [[4.0] * 3] * 2


def test_results_are_new_arrays():
    x = T.dvector()
    a = np.array([1.0, 2.0])
    for y in (T.identity(x), T.real(x), T.conj(x), T.fill(x, x), cast(x, "float64") + 0, T.add(x)):
        (b,) = evaluate([y], {x: a})
        assert not np.shares_memory(a, b)


def test_many_operands():
    xs = tensors(*["float32"] * 5, ndim=2)
    arrays = [np.full((2, 2), k + 1, "float32") for k in range(5)]
    for target in ("py", "llvm"):
        total, product, *slopes = run(xs, [T.add(*xs), T.mul(*xs), *symgraph.grad(T.mul(*xs).sum(), xs)], arrays, target)
        assert total[0, 0] == 15
        assert product[0, 0] == 120
        assert [g[0, 0] for g in slopes] == [120, 60, 40, 30, 24]


# Values at the edges --------------------------------------------------------------------------------------------------

EDGES = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 1e300, -1e300, 1e-310, np.inf, -np.inf, np.nan, 710.0, -745.0, 2.0**53, 40.0])
INTEGERS = np.array([-128, -127, -8, -7, -3, -2, -1, 0, 1, 2, 3, 7, 8, 126, 127], "int8")


@pytest.mark.parametrize("name", [
    "neg", "abs", "sign", "square", "sqrt", "cbrt", "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sigmoid",
    "softplus", "arctan", "sinh", "cosh", "tanh", "arcsinh", "floor", "ceil", "trunc", "round_half_even", "round_half_away",
    "isnan", "isinf", "isfinite",
    "erf", "erfc", "angle", "logical_not", "deg2rad"])
def test_edges_of_one(name):
    everywhere(function(name), EDGES)
    with np.errstate(over="ignore"):
        everywhere(function(name), EDGES.astype("float32"))


@pytest.mark.parametrize("name", [
    "add", "sub", "mul", "true_div", "floor_div", "mod", "maximum", "minimum", "eq", "neq", "lt", "le", "gt", "ge", "arctan2",
    "hypot", "logaddexp", "pow"])
def test_edges_of_two(name):
    x, y = (v.ravel() for v in np.meshgrid(EDGES, EDGES))
    if name in ("floor_div", "mod"):  # quotients beyond 2**53 have no exact floor
        fine = ~(np.abs(x) > 1e10) | ~np.isfinite(x)
        x, y = x[fine], y[fine]
        x, y = x[np.abs(y) != 1e-310], y[np.abs(y) != 1e-310]
    everywhere(function(name), x, y)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "floor_div", "mod", "pow", "maximum", "minimum", "and_", "or_", "xor", "left_shift",
                                  "right_shift", "lt", "true_div"])
def test_edges_of_integers(name):
    x, y = (v.ravel() for v in np.meshgrid(INTEGERS, INTEGERS))
    if name == "floor_div":
        keep = (x != -128) | (y != -1)
        x, y = x[keep], y[keep]
    if "shift" in name or name == "pow":
        x, y = x[y >= 0], y[y >= 0]
    everywhere(function(name), x, y)


def test_signs_of_division():
    x, y = np.array([-7, 7, -7, 7, 5, -5]), np.array([2, -2, -3, -3, 0, 0])
    assert everywhere(lambda a, b: a // b, x, y).tolist() == [-4, -4, 2, -3, 0, 0]
    assert everywhere(lambda a, b: a % b, x, y).tolist() == [1, -1, -1, -2, 0, 0]
    assert everywhere(lambda a, b: a // b, x[:4] * 1.0, y[:4] * 1.0).tolist() == [-4, -4, 2, -3]
    assert everywhere(lambda a, b: a % b, x[:4] * 1.0, y[:4] * 1.0).tolist() == [1, -1, -1, -2]


def test_powers_of_integers():
    x, y = np.array([2, -1, -3, 0, 7, 0]), np.array([10, 4, 3, 0, 0, 5])
    assert everywhere(lambda a, b: a**b, x, y).tolist() == [1024, 1, -27, 1, 1, 0]


@pytest.mark.parametrize("target", ["py", *NATIVE])
@pytest.mark.parametrize("dtype", ["int8", "int64"])
def test_integers_have_no_negative_powers(dtype, target):
    x, y = tensors(dtype, dtype)
    base, exponents = np.array([1, 2, -1], dtype), np.array([2, 0, -1], dtype)
    for out in (x**y, x**-1, x ** np.array([1, 1, -3]), np.array(2, dtype) ** y, T.constant(2) ** T.constant(-1) + x):
        with pytest.raises(ValueError, match="Integers to negative integer powers are not allowed"):
            run([x, y], [out], [base, exponents], target)
    (none,) = run([x, y], [x**y], [base[:0], exponents[:0]], target)
    assert none.shape == (0,)
    (quotients,) = run([x, y], [x.astype("float64") ** y], [base, exponents], target)
    assert quotients.tolist() == [1, 1, -1]


def test_rounding():
    x = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994])
    assert everywhere(T.round, x).tolist() == [-2, -2, 0, 0, 2, 2, 0]
    assert everywhere(lambda v: T.round(v, "half_away_from_zero"), x).tolist() == [-3, -2, -1, 1, 2, 3, 0]
    assert everywhere(T.iround, x).dtype == "int64"


def test_choice_takes_any_condition():
    x = np.array([0.0, -0.0, 2.0, np.nan])
    assert everywhere(lambda c: T.switch(c, 1, 2), x).tolist() == [2, 2, 1, 1]
    assert everywhere(lambda c: T.where(c > 1, c, 0.0), x).tolist() == [0, 0, 2, 0]


def test_functions_made_of_others():
    a, b = np.array([1.0, np.inf, np.nan, 1.0, -np.inf, 1.0]), np.array([1.0 + 1e-9, np.inf, np.nan, 2.0, np.inf, np.inf])
    assert everywhere(T.isclose, a, b).tolist() == np.isclose(a, b).tolist()
    assert everywhere(lambda x, y: T.isclose(x, y, equal_nan=True), a, b).tolist() == np.isclose(a, b, equal_nan=True).tolist()
    assert not everywhere(T.allclose, a, b)
    assert everywhere(T.isclose, np.array([1, 2]), np.array([1, 3])).tolist() == [True, False]
    assert everywhere(T.ceil_intdiv, np.array([7, 8, 0, -7]), np.array([2, 2, 5, 2])).tolist() == [4, 4, 0, -3]
    assert everywhere(lambda x: T.largest(x, 0.0, 2.0), np.array([-1.0, 1.0, 3.0])).tolist() == [2, 2, 3]
    assert everywhere(lambda x: T.smallest(x, 0.0, 2.0), np.array([-1.0, 1.0, 3.0])).tolist() == [-1, 0, 0]
    two, one = np.array([2.0]), np.array([1.0])
    np.testing.assert_allclose(everywhere(T.gammal, two, one) + everywhere(T.gammau, two, one), [1.0])


# Gradients where a function bends ---------------------------------------------------------------------------------------


def slope(build, *points):
    inputs = [T.dscalar() for _ in points]
    found = evaluate(symgraph.grad(build(*inputs), inputs), dict(zip(inputs, points)))
    assert [g.item() for g in symgraph.function(inputs, symgraph.grad(build(*inputs), inputs))(*points)] == pytest.approx(
        [g.item() for g in found], nan_ok=True)
    return [g.item() for g in found]


@pytest.mark.parametrize(("build", "points", "wanted"), [
    (abs, (0.0,), [0]), (T.maximum, (1.0, 1.0), [1, 0]), (T.minimum, (1.0, 1.0), [1, 0]),
    (lambda x: T.clip(x, -1, 1), (1.0,), [1]), (lambda x: T.clip(x, -1, 1), (-1.0,), [1]), (lambda x: T.clip(x, -1, 1), (1.5,), [0]),
    (T.clip, (2.0, 0.0, 1.0), [0, 0, 1]), (T.clip, (-2.0, 0.0, 1.0), [0, 1, 0]), (T.clip, (0.5, 1.0, 0.0), [0, 0, 1]),
    (lambda x: T.switch(x > 0, x, -x), (0.0,), [-1]), (T.sqrt, (0.0,), [np.inf]), (lambda x, y: x**y, (0.0, 2.0), [0, 0]),
    (lambda x: x**0, (0.0,), [0]), (lambda x: x**2, (0.0,), [0]), (lambda x: T.floor(x) * x, (2.5,), [2]),
    (lambda x, y: x % y, (-7.0, 2.0), [1, 4]), (lambda x, y: x // y * x, (7.0, 2.0), [3, 0]), (lambda x, y: T.fill(x, y), (1.0, 2.0), None),
    (lambda x: T.switch(x > 0, T.sqrt(x), 0.0), (4.0,), [0.25]), (lambda x: T.j1(x), (0.0,), [0.5]), (lambda x: T.i1(x), (0.0,), [0.5]),
    (lambda x: x**3.0, (-2.0,), [12]), (lambda x, y: T.logaddexp(x, y), (1000.0, 0.0), [1, 0])])
def test_slopes_at_bends(build, points, wanted):
    if wanted is None:  # the shape of x alone counts
        x, y = T.dscalars("x", "y")
        assert symgraph.grad(build(x, y), y).eval({x: 1.0, y: 2.0}) == 1
        with pytest.raises(symgraph.errors.DisconnectedInputError):
            symgraph.grad(build(x, y), x)
    else:
        assert slope(build, *points) == wanted


def test_slope_of_negative_base_by_exponent_is_not_a_number():
    by_base, by_exponent = slope(lambda x, y: x**y, -2.0, 3.0)
    assert by_base == 12
    assert np.isnan(by_exponent)


def test_integers_have_the_slopes_of_floats():
    x, n = T.dvector(), T.bvector()
    a, k = np.array([0.5, 2.0]), np.array([100, 3], "int8")
    by_n = symgraph.grad((x * n).sum(), n)
    assert by_n.dtype == config.floatX
    assert by_n.eval({x: a, n: k}).tolist() == [0.5, 2.0]
    wanted = 1 / (1 + k.astype("float64") ** 2)  # no overflow in int8
    np.testing.assert_allclose(symgraph.grad(T.arctan(n).sum(), n).eval({n: k}), wanted, rtol=1e-6)
    assert symgraph.grad((n * n).sum().astype("float64"), n).eval({n: k}).tolist() == [0, 0]


@pytest.mark.parametrize(("build", "known", "unknown"), [
    (lambda n, x: T.jv(n, x), 1, 0), (lambda n, x: T.iv(n, x), 1, 0), (lambda k, x: T.polygamma(k, x), 1, 0)])
def test_unknown_derivatives_fail_only_where_they_are_used(build, known, unknown):
    variables = T.dscalars("x", "y")
    assert np.isfinite(symgraph.grad(build(*variables), variables[known]).eval({variables[0]: 2.0, variables[1]: 3.0}))
    with pytest.raises(NullTypeGradError, match="not implemented"):
        symgraph.grad(build(*variables), variables[unknown])
    with pytest.raises(NullTypeGradError, match="not implemented"):
        symgraph.tensor.Rop(build(*variables), variables[unknown], T.constant(1.0))


def test_gradient_keeps_float32():
    (x,) = tensors("float32")
    for op in (T.exp2, T.log10, T.erf, T.arcsin, T.sqrt, T.rad2deg, T.sigmoid, T.softplus, T.tanh):
        seen = set()
        stack = [symgraph.grad(op(x).sum(), x)]
        while stack:
            y = stack.pop()
            seen.add(y.dtype)
            stack += y.owner.inputs if y.owner is not None else []
        assert "float64" not in seen, op


# Ops as objects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [unary.exp, binary.add, compare.switch, T.chi2sf, T.j0, Cast("int8")], ids=str)
def test_ops_are_values(op):
    for other in (pickle.loads(pickle.dumps(op)), copy.deepcopy(op), copy.copy(op)):
        assert other == op
        assert hash(other) == hash(op)
        assert str(other) == str(op)
    assert op != unary.log


def test_names():
    assert str(unary.exp) == "exp"
    assert Elementwise("exp") == unary.exp != Elementwise("log")
    assert T.inv is T.reciprocal
    assert T.psi is T.digamma
    assert unary.exp.__doc__.startswith("e to the power")
    with pytest.raises(KeyError):
        function("no such function")
    with pytest.raises(ValueError, match="already"):
        table(__name__, [Row("exp", ("x",), common, np.exp, lambda b, x: b.exp(x), None, "")])


# Casts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", list(SHORT.values()))
def test_casts(dtype):
    x = np.array([-3.7, -1.0, 0.0, 0.3, 1.0, 100.5])
    for source in ("float64", "float32", "float16", "int64", "int8", "bool", "complex128"):
        a = x.astype(source)
        if source == "complex128" and not dtype.startswith("complex"):
            continue
        if dtype.startswith("uint") and source != "bool":
            a = np.abs(x).astype(source)
        got = everywhere(lambda v: cast(v, dtype), a)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, a.astype(dtype))


def test_cast_gradients():
    (x,) = tensors("float64")
    a = np.array([1.5, 2.5])
    assert symgraph.grad((cast(x, "float32") * 3).sum(), x).eval({x: a}).tolist() == [3, 3]
    assert symgraph.grad((cast(x, "int8") * x).sum(), x).eval({x: a}).tolist() == [1, 2]
    assert symgraph.grad(abs(cast(x, "complex64")).sum(), x).eval({x: a}).tolist() == [1, 1]
    assert symgraph.tensor.Rop(cast(x, "float32"), x, x).eval({x: a}).dtype == "float32"
    assert cast(x, "float64") is x
    with config.change_flags(floatX="float32"):
        assert cast(x, "floatX").dtype == "float32"
