"""Gradients where a function has a bend, a step or a pole: what Theano gives there."""

import numpy as np
import pytest
from slopes import gradients

import symgraph
import symgraph.tensor as T

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

Z = np.array([-1.0, 0.0, 2.0])
NAN, INF = np.nan, np.inf

# (name, expression, points, gradient by each point)
CORNERS = [
    ("abs", abs, [Z], [[-1, 0, 1]]),
    ("maximum at a tie", T.maximum, [Z, Z], [[1, 1, 1], [0, 0, 0]]),
    ("minimum at a tie", T.minimum, [Z, Z], [[1, 1, 1], [0, 0, 0]]),
    ("maximum beside a tie", T.maximum, [Z, Z[::-1]], [[0, 1, 1], [1, 0, 0]]),
    ("max with ties", lambda v: v.max(), [np.array([3.0, 1, 3])], [[1, 0, 1]]),
    ("min with ties", lambda v: v.min(), [np.array([1.0, 1, 3])], [[1, 1, 0]]),
    ("max of rows with ties", lambda m: m.max(axis=1), [np.array([[3.0, 3, 1], [0, 2, 1]])], [[[1, 1, 0], [0, 1, 0]]]),
    ("clip at its bounds", lambda v: v.clip(-1, 2), [np.array([-2.0, -1, 0, 2, 3])], [[0, 1, 1, 1, 0]]),
    ("relu", T.nnet.relu, [Z], [[0, 0.5, 1]]),
    ("switch", lambda v: T.switch(v > 0, v, -v), [Z], [[-1, -1, 1]]),
    ("sqrt", T.sqrt, [np.array([0.0, 4])], [[INF, 0.25]]),
    ("norm of zeros", lambda v: v.norm(2), [np.zeros(2)], [[NAN, NAN]]),
    ("std of equal values", lambda v: v.std(), [np.ones(3)], [[NAN, NAN, NAN]]),
    ("var of equal values", lambda v: v.var(), [np.ones(3)], [[0, 0, 0]]),
    ("power", lambda x, y: x**y, [np.array([0.0, -2, 0, 3]), np.array([2.0, 2, 0, 2])],
     [[0, -4, 0, 6], [0, NAN, 0, 9 * np.log(3)]]),
    ("square as a power", lambda x: x**2, [Z], [2 * Z]),
    ("power of one", lambda x: x**1, [Z], [[1, 1, 1]]),
    ("prod with a zero", lambda v: v.prod(), [np.array([0.0, 2, 3])], [[6, 0, 0]]),
    ("prod with two zeros", lambda v: v.prod(), [np.array([0.0, 0, 3])], [[0, 0, 0]]),
    ("prod of rows with zeros", lambda m: m.prod(axis=1), [np.array([[0.0, 2], [3, 4], [0, 0]])], [[[2, 0], [4, 3], [0, 0]]]),
    ("floor times x", lambda v: T.floor(v) * v, [np.array([-1.5, 2, 2.5])], [[-2, 2, 2]]),
    ("floor", T.floor, [Z], [[0, 0, 0]]),
    ("ceil", T.ceil, [Z], [[0, 0, 0]]),
    ("trunc", T.trunc, [Z], [[0, 0, 0]]),
    ("round", T.round, [Z], [[0, 0, 0]]),
    ("sgn", T.sgn, [Z], [[0, 0, 0]]),
    ("argmax", lambda v: T.argmax(v) * 1.0, [Z], [[0, 0, 0]]),
    ("comparison", lambda v: (v > 0) * 2.5, [Z], [[0, 0, 0]]),
    ("cast to integers", lambda v: v.astype("int32") * 0.5, [Z], [[0, 0, 0]]),
    ("mod", lambda x, y: x % y, [np.array([7.5, -7.5]), np.array([2.0, 2.0])], [[1, 1], [-3, 4]]),
    ("int_div", lambda x, y: x // y, [np.array([7.5, -7.5]), np.array([2.0, 2.0])], [[0, 0], [0, 0]]),
    ("hypot by hand", lambda x, y: T.sqrt(x**2 + y**2), [np.array([3.0]), np.array([4.0])], [[0.6], [0.8]]),
    ("log at its pole", T.log, [np.array([0.0, 2])], [[INF, 0.5]]),
    ("reciprocal at its pole", lambda x: 1 / x, [np.array([0.0, 2])], [[-INF, -0.25]]),
    ("softplus far out", T.nnet.softplus, [np.array([-1e4, 0, 1e4])], [[0, 0.5, 1]]),
    ("sigmoid far out", T.nnet.sigmoid, [np.array([-1e4, 0, 1e4])], [[0, 0.25, 0]]),
    ("log of sigmoid far out", lambda x: T.log(T.nnet.sigmoid(x)), [np.array([-1e4, 0, 1e4])], [[1, 0.5, 0]]),
    ("logsumexp far out", T.logsumexp, [np.array([1e4, 1e4, -1e4])], [[0.5, 0.5, 0]]),
    ("an empty sum", lambda v: (v**2).sum(), [np.zeros(0)], [np.zeros(0)]),
    ("an empty prod", lambda v: v.prod(), [np.zeros(0)], [np.zeros(0)]),
]


@pytest.mark.parametrize("linker", ["llvm", "py"])
@pytest.mark.parametrize("name, build, points, wanted", CORNERS, ids=[row[0] for row in CORNERS])
def test_corner(name, build, points, wanted, linker):
    for got, right, p in zip(gradients(build, *points, linker=linker), wanted, points):
        assert got.dtype == p.dtype
        np.testing.assert_allclose(got, np.asarray(right, "float64"), rtol=1e-11, atol=0)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint16"])
@pytest.mark.parametrize("build, slope", [
    (lambda v: v * 0.5, lambda a: np.full(a.shape, 0.5)), (T.sin, np.cos), (lambda v: v / 4.0, lambda a: np.full(a.shape, 0.25)),
    (lambda v: v.astype("float64") ** 2, lambda a: 2.0 * a)], ids=["product", "sin", "quotient", "square"])
def test_integers_are_differentiated_as_floats(dtype, build, slope):
    a = np.array([0, 1, 1], dtype)
    (g,) = gradients(build, a)
    assert g.dtype == build(T.vector(dtype=dtype)).dtype  # the float that the function took the integers as
    np.testing.assert_allclose(g, slope(a.astype("float64")), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64"])
def test_an_integer_cost_is_flat(dtype):
    v = T.vector(dtype=dtype)
    (cost, g) = v.sum(), symgraph.grad(v.sum(), v)
    assert cost.dtype == "int64"
    got = symgraph.function([v], g)(np.ones(3, dtype))
    assert got.dtype == "float64"
    assert got.tolist() == [0, 0, 0]


def test_floatx_is_the_dtype_of_zeros_for_integers():
    with symgraph.config.change_flags(floatX="float32"):
        v = T.ivector()
        assert symgraph.grad(v.sum(), v).dtype == "float32"
        assert symgraph.grad((v > 0).sum() * 0.5, v).dtype == "float32"
    assert symgraph.grad((v > 0).sum() * 0.5, v).dtype == "float64"
