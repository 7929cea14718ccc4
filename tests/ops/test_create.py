"""Arrays from sizes, and diagonals of arrays: against numpy, by every way of evaluation."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

A = np.arange(12.0).reshape(3, 4)
CUBE = np.arange(24.0).reshape(2, 3, 4)


def test_filled():
    agree(
        lambda: [T.zeros(3), T.ones((2, 0)), T.zeros(()), T.full((2, 2), 7.1)],
        wanted=[np.zeros(3), np.ones((2, 0)), np.zeros(()), np.full((2, 2), 7.1)],
    )
    agree(lambda n: [T.zeros((n, 2), dtype="int8"), T.ones(n)], np.int64(3), wanted=[np.zeros((3, 2), dtype="int8"), np.ones(3)])
    agree(
        lambda x: [T.zeros(x.shape), T.zeros_like(x), x.ones_like(dtype="int32")],
        A,
        wanted=[np.zeros((3, 4)), np.zeros((3, 4)), np.ones((3, 4), "int32")],
    )
    agree(lambda x: [T.full_like(x, 2), T.ones_like(x[0, 0])], A, wanted=[np.full((3, 4), 2.0), np.ones(())])
    assert T.zeros((2, 3)).type.shape == (2, 3)
    assert T.empty((2, T.lscalar()), dtype="float32").dtype == "float32"
    with pytest.raises(ValueError, match="length of the vector"):
        T.zeros(T.lvector())


def test_broadcast_to():
    x, n = np.arange(3.0).reshape(1, 3), np.array(4)
    shapes = [(1, None), ()]
    agree(lambda row, n: T.broadcast_to(row, (2, n, 3)), x, n, wanted=np.broadcast_to(x, (2, 4, 3)), shapes=shapes)
    agree(lambda row: np.broadcast_to(row, (0, 3)), x, wanted=np.broadcast_to(x, (0, 3)), shapes=shapes[:1])
    slopes(lambda v: T.broadcast_to(v.dimshuffle("x", 0), (4, 3)), np.arange(3.0))
    fails(ValueError, "cannot fill a size", lambda row, n: T.broadcast_to(row, (2, n)), x, n, shapes=shapes)
    with pytest.raises(ValueError, match="cannot take a shape of 1"):
        T.broadcast_to(T.drow("row"), (3,))


def test_alloc():
    row = np.arange(4.0)
    agree(lambda v, n: T.alloc(v, n, 4), row, np.int64(3), wanted=np.tile(row, (3, 1)))
    agree(lambda v: T.alloc(v, 2, 3, 4), A, wanted=np.broadcast_to(A, (2, 3, 4)))
    agree(lambda v: T.alloc(v, 2, 3), A[:2, :1], wanted=np.broadcast_to(A[:2, :1], (2, 3)), shapes=[(None, 1)])
    slopes(lambda v: T.alloc(v, 2, 4) ** 2, row)
    slopes(lambda v: T.alloc(v[:, 1].dimshuffle(0, "x"), 2, 3, 4) ** 2, A)
    slopes(lambda v: T.alloc(v.dimshuffle(0, "x"), 3, 5) ** 2, np.arange(3.0))
    fails(ValueError, "cannot fill", lambda v, n: T.alloc(v, n), row, np.int64(3))
    fails(ValueError, "cannot fill", lambda v, n: T.alloc(v, n), row[:1], np.int64(3))
    fails(ValueError, "negative", lambda n: T.zeros((n, 2)), np.int64(-1))
    with pytest.raises(TypeError):
        T.alloc(T.dmatrix(), 3)
    with pytest.raises(ValueError, match="negative"):
        T.zeros((2, -1))
    with pytest.raises(TypeError):
        T.zeros(1.5)


@pytest.mark.parametrize("bounds", [(5,), (0,), (-3,), (2, 7), (7, 2), (1, 10, 3), (10, 1, -3), (1, 10, -1), (0, 9, 3)])
def test_arange_of_integers(bounds):
    agree(lambda: T.arange(*bounds), wanted=np.arange(*bounds))
    agree(lambda *v: T.arange(*v), *map(np.int32, bounds), wanted=np.arange(*bounds))
    assert T.arange(*bounds).type.shape == np.arange(*bounds).shape


def test_arange_of_floats():
    for bounds in ((5.5,), (0.5, 3), (0, 1, 0.1), (1, 0, -0.3), (1.0, 0.0), (0.0, 1e-3, 1e-4)):
        agree(lambda *v: T.arange(*v), *map(np.float64, bounds), wanted=np.arange(*bounds, dtype=float))
    agree(lambda n: T.arange(n, dtype="float32"), np.int64(4), wanted=np.arange(4, dtype="float32"))
    agree(lambda n: T.arange(n), np.uint8(4), wanted=np.arange(4))
    assert T.arange(3).dtype == "int64"
    assert T.arange(0.5).dtype == "float32"
    slopes(lambda a, s: T.arange(a, 3, s) ** 2, np.array(0.45), np.array(0.5))
    fails(ValueError, "step must not be 0", lambda n: T.arange(0, 5, n), np.int64(0))
    fails(ValueError, "not finite", lambda n: T.arange(0, n, 1.0), np.float64("inf"))
    with pytest.raises(TypeError):
        T.arange(T.dvector())


@pytest.mark.parametrize("k", [0, 1, -1, 5, -5])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (0, 3)])
def test_eye_and_tri(shape, k):
    n, m = shape
    agree(lambda: [T.eye(n, m, k), T.tri(n, m, k, dtype="int8")], wanted=[np.eye(n, m, k), np.tri(n, m, k, dtype="int8")])
    agree(lambda *v: T.eye(*v, dtype="float32"), *map(np.int64, (n, m, k)), wanted=np.eye(n, m, k, dtype="float32"))


def test_identity_like():
    agree(lambda x: T.identity_like(x), A, wanted=np.eye(3, 4))
    agree(lambda: T.eye(3), wanted=np.eye(3))
    with pytest.raises(TypeError):
        T.identity_like(T.dvector())
    fails(ValueError, "negative", lambda n: T.eye(n), np.int64(-1))


def test_grids():
    agree(lambda: T.mgrid[0:3, 1:2], wanted=list(np.mgrid[0:3, 1:2]))
    agree(lambda n: T.ogrid[0:n, 1:9:3], np.int64(3), wanted=list(np.ogrid[0:3, 1:9:3]))
    with pytest.raises(TypeError):
        T.mgrid[0:]


@pytest.mark.parametrize("k", [0, 1, -1, 3, -2, 9])
def test_diagonals(k):
    agree(lambda x: [T.diag(x, k), T.diagonal(x, k)], A, wanted=[np.diag(A, k)] * 2)
    agree(lambda x: T.diag(x, k), A[0], wanted=np.diag(A[0], k))
    agree(lambda x: x.diagonal(k, 1, 2), CUBE, wanted=CUBE.diagonal(k, 1, 2))
    agree(lambda x: T.diagonal(x, k, -1, 0), CUBE, wanted=CUBE.diagonal(k, -1, 0))
    agree(lambda x: [T.tril(x, k), T.triu(x, k)], A, wanted=[np.tril(A, k), np.triu(A, k)])
    agree(lambda x, n: [T.tril(x, n), T.triu(x, n)], CUBE, np.int64(k), wanted=[np.tril(CUBE, k), np.triu(CUBE, k)])
    assert T.diag(T.tensor("float64", shape=(4,)), k).type.shape == (4 + abs(k),) * 2


def test_gradients_of_diagonals():
    slopes(lambda x: T.diag(x, 1) ** 2, A)
    slopes(lambda x: T.diag(x, -1) ** 2, A[0])
    slopes(lambda x: T.diagonal(x, 1, 2, 0) ** 2, CUBE)
    slopes(lambda x: T.tril(x, 1) ** 2 + T.triu(x) ** 3, A)
    slopes(lambda x, v: T.fill_diagonal(x, v) ** 2, A, np.array(2.0))
    slopes(lambda x, v: T.fill_diagonal(x, v) ** 2, np.arange(8.0).reshape(2, 2, 2), np.array(2.0))
    slopes(lambda x, v: T.fill_diagonal_offset(x, v, -1) ** 2, A, np.array(2.0))
    slopes(lambda x: T.trace(x.dot(x)), A[:, :3])


def test_nan_stays_out_of_triangles():
    x = np.full((2, 2), np.nan)
    agree(lambda v: T.tril(v), x, wanted=np.tril(x))


def test_fill_diagonal():
    for x in (A, A.T.copy(), A[:, :1].copy()):
        wanted = x.copy()
        np.fill_diagonal(wanted[: x.shape[1]], 9)
        agree(lambda v: T.fill_diagonal(v, 9), x, wanted=wanted)
    cube = np.zeros((3, 3, 3))
    wanted = cube.copy()
    np.fill_diagonal(wanted, 5)
    agree(lambda v: T.fill_diagonal(v, 5), cube, wanted=wanted)
    agree(lambda v: T.fill_diagonal_offset(v, 1, 1), np.zeros((2, 3)), wanted=np.eye(2, 3, 1))
    fails(ValueError, "one size", lambda v: T.fill_diagonal(v, 5), CUBE)
    with pytest.raises(TypeError):
        T.fill_diagonal(T.lmatrix(), 1.5)
    with pytest.raises(TypeError):
        T.fill_diagonal(T.dvector(), 1)


def test_trace():
    agree(lambda x: T.trace(x), A, wanted=np.trace(A))
    for build in (lambda: T.trace(T.dvector()), lambda: T.diag(T.dtensor3()), lambda: T.diagonal(T.dvector()), lambda: T.tril(T.dvector())):
        with pytest.raises((TypeError, ValueError)):
            build()


def test_no_derivative_by_sizes():
    n = T.lscalar("n")
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(T.ones(n).sum(), n)
    assert evaluate([T.arange(n).sum()], {n: 4})[0] == 6


def test_alloc_of_too_few_sizes():
    for shape in ((), (3,)):
        with pytest.raises(TypeError, match="cannot take a shape"):
            T.alloc(T.dmatrix(), *shape)
    with pytest.raises(ValueError, match="at least one array"):
        T.hstack(T.tensor("float64", shape=(0, 3)))
