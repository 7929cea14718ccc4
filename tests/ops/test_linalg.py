"""Products of vectors, matrices and arrays: against numpy, by every way of evaluation."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.ops.linalg import BatchedDot, Dot, Gemm
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

R = np.random.RandomState(3)


def draw(*shape, dtype="float64"):
    x = R.uniform(-2, 2, shape)
    if dtype.startswith("complex"):
        x = x + 1j * R.uniform(-2, 2, shape)
    if np.dtype(dtype).kind in "biu":
        x = R.randint(0, 5, shape) % (2 if dtype == "bool" else 5)
    return x.astype(dtype)


TOLERANCE = {"float16": 2e-2, "float32": 1e-5, "complex64": 1e-5}
DTYPES = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128"]
PAIRS = [
    ((), ()),
    ((3,), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 4)),
    ((2, 0), (0,)),
    ((0,), (0,)),
    ((0,), (0, 3)),
    ((17, 9), (9, 23)),
    ((30, 40), (40,)),
    ((1, 40), (40, 30)),
    ((40, 30), (30, 1)),
    ((33,), (33,)),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("known", [False, True])
def test_shapes(pair, known):
    a, b = (draw(*shape) for shape in pair)
    agree(lambda x, y: T.dot(x, y), a, b, wanted=np.dot(a, b), shapes=pair if known else None)


@pytest.mark.parametrize(
    "pair",
    [((2, 3, 4), (4,)), ((2, 3, 4), (4, 5)), ((3,), (2, 3, 4)), ((2, 3), (5, 3, 4)), ((2, 3, 4), (2, 4, 3)), ((2, 0, 4), (4, 5))],
    ids=str,
)
def test_more_dimensions(pair):
    a, b = (draw(*shape) for shape in pair)
    agree(lambda x, y: T.dot(x, y), a, b, wanted=np.dot(a, b))
    slopes(lambda x, y: T.dot(x, y) ** 2, a, b)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    tolerance = TOLERANCE.get(dtype, 1e-12)
    a, b, v = draw(12, 9, dtype=dtype), draw(9, 11, dtype=dtype), draw(9, dtype=dtype)
    agree(
        lambda x, y, z: [x.dot(y), x.dot(z), z.dot(y), z.dot(z)],
        a,
        b,
        v,
        wanted=[a.dot(b), a.dot(v), v.dot(b), v.dot(v)],
        tolerance=tolerance,
    )


def test_mixed_dtypes():
    a, b = draw(2, 3, dtype="float32"), draw(3, 2, dtype="int32")
    agree(lambda x, y: T.dot(x, y), a, b, wanted=np.dot(a.astype(float), b), tolerance=1e-6)
    agree(lambda x: T.dot(x, [[1], [2], [3]]), b.T.copy(), wanted=np.dot(b.T.astype("int64"), [[1], [2], [3]]))


@pytest.mark.parametrize("flags", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("sizes", [(2, 3, 4), (20, 30, 40), (1, 30, 40), (20, 30, 1)])
def test_transposed(flags, sizes):
    m, k, n = sizes
    a = draw(k, m) if flags[0] else draw(m, k)
    b = draw(n, k) if flags[1] else draw(k, n)
    wanted = (a.T if flags[0] else a).dot(b.T if flags[1] else b)
    agree(lambda x, y: Dot(*flags)(x, y), a, b, wanted=wanted)
    agree(lambda x, y: Dot(*flags)(x, y), a, b, wanted=wanted, shapes=[a.shape, b.shape])
    agree(lambda x, y: T.dot(x.T if flags[0] else x, y.T if flags[1] else y), a, b, wanted=wanted)
    if m * k * n < 100:
        slopes(lambda x, y: Dot(*flags)(x, y) ** 2, a, b)
    if flags[0] and m > 1:
        v = draw(k)
        agree(lambda x, y: Dot(True, False)(x, y), a, v, wanted=a.T.dot(v))


@pytest.mark.parametrize("pair", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1))], ids=str)
def test_gradients(pair):
    a, b = (draw(*shape) for shape in pair)
    slopes(lambda x, y: T.dot(x, y) ** 2, a, b)
    x, y = (T.tensor("float64", shape=shape) for shape in pair)
    for g, v in zip(symgraph.grad((T.dot(x, y) ** 2).sum(), [x, y]), (x, y)):
        assert g.type.broadcastable == v.type.broadcastable


def test_second_gradient_and_rop():
    x, v = T.dmatrix("x"), T.dmatrix("v")
    cost = (T.dot(x, x) ** 2).sum()
    by_reverse = symgraph.grad((symgraph.grad(cost, x) * v).sum(), x)
    by_forward = symgraph.Rop(symgraph.grad(cost, x), x, v)
    a, b = draw(3, 3), draw(3, 3)
    first, second = evaluate([by_reverse, by_forward], {x: a, v: b})
    np.testing.assert_allclose(first, second, rtol=1e-10)


def test_mismatch():
    text = r"Shape mismatch: x has 3 cols \(and 2 rows\) but y has 4 rows \(and 5 cols\)"
    fails(ValueError, text, T.dot, draw(2, 3), draw(4, 5))
    fails(ValueError, "Shape mismatch: x has 3 elements but y has 4 elements", T.dot, draw(3), draw(4))
    fails(ValueError, "Shape mismatch", T.dot, draw(2, 3), draw(4))
    fails(ValueError, "Shape mismatch", T.dot, draw(2), draw(4, 2))
    with pytest.raises(ValueError, match=text):
        T.dot(T.tensor("float64", shape=(2, 3)), T.tensor("float64", shape=(4, 5)))
    with pytest.raises(TypeError):
        Dot()(T.dmatrix(), T.fmatrix())
    with pytest.raises(TypeError):
        Dot(True)(T.dvector(), T.dvector())


def test_nan_of_fresh_memory_stays_out():
    """Results are right whatever was in the memory of the result before."""
    x, y, v = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v")
    f = symgraph.function([x, y, v], [T.dot(x, y), T.dot(x, v)], mode=symgraph.Mode("llvm", None))
    a, b, c = draw(20, 30), draw(30, 40), draw(30)
    for _ in range(3):
        poison = np.full((20, 40), np.nan)
        del poison
        first, second = f(a, b, c)
        np.testing.assert_allclose(first, a.dot(b))
        np.testing.assert_allclose(second, a.dot(c))
        first[...] = second[...] = np.nan
        del first, second


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("flags", [(False, False), (True, True)])
def test_gemm(dtype, flags):
    a, b = draw(*((9, 8) if flags[0] else (8, 9)), dtype=dtype), draw(*((10, 9) if flags[1] else (9, 10)), dtype=dtype)
    z, alpha, beta = draw(8, 10, dtype=dtype), draw(dtype=dtype), draw(dtype=dtype)
    wanted = (beta * z + alpha * (a.T if flags[0] else a).dot(b.T if flags[1] else b)).astype(dtype)
    agree(lambda *x: Gemm(*flags)(*x), z, a, b, alpha, beta, wanted=wanted, tolerance=TOLERANCE.get(dtype, 1e-12))
    v, short = draw(9, dtype=dtype), draw(8, dtype=dtype)
    left = a.T if flags[0] else a
    agree(
        lambda *x: Gemm(flags[0], False)(*x),
        short,
        a,
        v,
        alpha,
        beta,
        wanted=(beta * short + alpha * left.dot(v)).astype(dtype),
        tolerance=1e-5,
    )


def test_gemm_without_products_and_in_place():
    z = draw(2, 3)
    agree(lambda *x: Gemm()(*x), z, draw(2, 0), draw(0, 3), np.float64(2), np.float64(0.5), wanted=z * 0.5)
    fails(ValueError, "the product has size", lambda *x: Gemm()(*x), draw(2, 2), draw(2, 3), draw(3, 3), np.float64(1), np.float64(1))
    x, y = T.dmatrix("x"), T.dmatrix("y")
    one = T.constant(np.float64(1))
    f = symgraph.function([x, y], Gemm()(x, x, y, one, one), mode=symgraph.Mode("llvm", None))
    a, b = draw(30, 30), draw(30, 30)
    kept = a.copy()
    np.testing.assert_allclose(f(a, b), a + a.dot(b))
    assert (a == kept).all()
    slopes(lambda z, a, b, p, q: Gemm()(z, a, b, p, q) ** 2, draw(2, 3), draw(2, 2), draw(2, 3), np.array(0.5), np.array(1.5))


def test_outer_and_kron():
    a, b = draw(3), draw(2, 2)
    agree(lambda x, y: [T.outer(x, y), T.outer(y, x)], a, b, wanted=[np.outer(a, b), np.outer(b, a)])
    agree(lambda x, y: [T.kron(x, y), T.kron(y, y)], a, b, wanted=[np.kron(a, b), np.kron(b, b)])
    slopes(lambda x, y: T.kron(x, y) ** 2, a, b)
    agree(lambda x: T.kron(x, x), a, wanted=np.kron(a, a))


AXES = [
    ((2, 3, 4), (4, 3, 5), [[2, 1], [0, 1]]),
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (2, 3), 2),
    ((2, 3), (4,), 0),
    ((2, 3), (3, 4), 1),
    ((2, 3, 4), (5, 3), [1, 1]),
    ((2, 3, 4), (5, 3), [-2, -1]),
    ((2, 3, 4), (4, 2, 3), [[0, 1, 2], [1, 2, 0]]),
    ((0, 3), (3, 0), 1),
    ((3,), (3,), 1),
    ((2, 0), (0, 2), [[1], [0]]),
]


@pytest.mark.parametrize("case", AXES, ids=str)
def test_tensordot(case):
    one, two, axes = case
    a, b = draw(*one), draw(*two)
    agree(lambda x, y: T.tensordot(x, y, axes), a, b, wanted=np.tensordot(a, b, axes))
    agree(lambda x, y: T.tensordot(x, y, axes), a, b, wanted=np.tensordot(a, b, axes), shapes=[one, two])
    slopes(lambda x, y: T.tensordot(x, y, axes) ** 2, a, b)


def test_tensordot_refused():
    x, y = T.dtensor3(), T.dmatrix()
    for axes in (3, -1, [0], [[0, 0], [0, 1]], [[0], [0, 1]], [[5], [0]], "ab"):
        with pytest.raises((ValueError, TypeError)):
            T.tensordot(x, y, axes)
    fails(ValueError, "specify_shape|reshape|Shape", lambda a, b: T.tensordot(a, b, 2), draw(2, 3, 4), draw(4, 3))
    with pytest.raises(ValueError, match="dimension 1 of a has size 3"):
        T.tensordot(T.tensor("float64", shape=(2, 3)), T.tensor("float64", shape=(4, 2)), 1)


@pytest.mark.parametrize(
    "pair",
    [
        ((4, 2, 3), (4, 3, 5)),
        ((4, 2), (4, 2)),
        ((4, 2, 3), (4, 3)),
        ((4, 3), (4, 3, 5)),
        ((4,), (4,)),
        ((4,), (4, 2, 3)),
        ((0, 2, 3), (0, 3, 1)),
        ((4, 2, 2, 3), (4, 3)),
        ((4, 2, 3), (4, 3, 2, 2)),
        ((3, 20, 30), (3, 30, 10)),
    ],
    ids=str,
)
def test_batched_dot(pair):
    a, b = (draw(*shape) for shape in pair)
    wanted = np.array([np.tensordot(p, q, min(p.ndim, 1)) for p, q in zip(a, b)]) if len(a) else np.zeros((0, 2, 1))
    agree(T.batched_dot, a, b, wanted=wanted)
    if a.size < 100:
        slopes(lambda x, y: T.batched_dot(x, y) ** 2, a, b)


def test_batched_dot_flags_and_errors():
    for p in (False, True):
        for q in (False, True):
            a, b = draw(*((3, 4, 2) if p else (3, 2, 4))), draw(*((3, 5, 4) if q else (3, 4, 5)))
            wanted = np.matmul(a.transpose(0, 2, 1) if p else a, b.transpose(0, 2, 1) if q else b)
            agree(lambda x, y, p=p, q=q: BatchedDot(p, q)(x, y), a, b, wanted=wanted)
            slopes(lambda x, y, p=p, q=q: BatchedDot(p, q)(x, y) ** 2, a, b)
    fails(ValueError, "Shape mismatch", T.batched_dot, draw(2, 3, 4), draw(3, 4, 5))
    fails(ValueError, "Shape mismatch", T.batched_dot, draw(2, 3, 4), draw(2, 3, 4))
    with pytest.raises(TypeError):
        T.batched_dot(T.dscalar(), T.dmatrix())


def test_batched_tensordot():
    a, b = draw(3, 2, 4, 5), draw(3, 5, 4, 2)
    agree(
        lambda x, y: T.batched_tensordot(x, y, axes=[[2, 3], [2, 1]]),
        a,
        b,
        wanted=np.array([np.tensordot(p, q, [[1, 2], [1, 0]]) for p, q in zip(a, b)]),
    )
    agree(lambda x, y: T.batched_tensordot(x, y, axes=1), a, b, wanted=np.array([np.tensordot(p, q, 1) for p, q in zip(a, b)]))
    slopes(lambda x, y: T.batched_tensordot(x, y, axes=[[2, 3], [2, 1]]) ** 2, a, b)
    with pytest.raises(ValueError):
        T.batched_tensordot(T.dtensor3(), T.dtensor3(), axes=[[0], [1]])


MATMUL = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((4, 2, 3), (3, 5)),
    ((2, 3), (4, 3, 5)),
    ((4, 2, 3), (4, 3, 5)),
    ((1, 2, 3), (4, 3, 5)),
    ((4, 2, 3), (1, 3, 5)),
    ((6, 1, 2, 3), (4, 3, 5)),
    ((6, 4, 2, 3), (6, 4, 3, 1)),
    ((3,), (4, 3, 5)),
    ((4, 2, 3), (3,)),
    ((6, 4, 2, 3), (3,)),
    ((0, 2, 3), (0, 3, 2)),
]


@pytest.mark.parametrize("pair", MATMUL, ids=str)
def test_matmul(pair):
    a, b = (draw(*shape) for shape in pair)
    shapes = [tuple(1 if n == 1 else None for n in shape) for shape in pair]
    agree(lambda x, y: x @ y, a, b, wanted=a @ b, shapes=shapes)
    agree(lambda x, y: T.matmul(x, y), a, b, wanted=a @ b, shapes=pair)


def test_matmul_refused():
    with pytest.raises(ValueError, match="scalars"):
        T.dscalar() @ T.dmatrix()
    fails(ValueError, "Shape mismatch", lambda x, y: x @ y, draw(2, 2, 3), draw(3, 3, 2))
    x, y = T.tensor("float64", shape=(None, 1, None, None)), T.dtensor3()
    g = symgraph.grad((x @ y).sum(), [x, y])
    a, b = draw(2, 1, 3, 2), draw(4, 2, 3)
    for value, array in zip(evaluate(g, {x: a, y: b}), (a, b)):
        assert value.shape == array.shape


def test_matrix_dot():
    a, b, c = draw(2, 3), draw(3, 4), draw(4, 2)
    agree(lambda *x: T.matrix_dot(*x), a, b, c, wanted=a.dot(b).dot(c))
