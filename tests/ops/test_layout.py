"""Elements in another arrangement: dimensions permuted, added, dropped, merged, declared."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

A = np.arange(6.0).reshape(2, 3)
CUBE = np.arange(24.0).reshape(2, 3, 4)
ONES = np.arange(3.0).reshape(1, 3, 1)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (-1, 0, 1), (2, 0, 1)])
def test_transpose(axes):
    for x in (CUBE, CUBE[:0], CUBE[:, :1]):
        agree(lambda v: [v.transpose(*axes), v.transpose(axes)], x, wanted=[x.transpose(axes)] * 2)
    slopes(lambda v: v.transpose(*axes) ** 2 * np.arange(24.0).reshape(CUBE.transpose(axes).shape), CUBE)


def test_transpose_of_all():
    agree(lambda v: [v.T, v.transpose(), T.transpose(v)], CUBE, wanted=[CUBE.T] * 3)
    agree(lambda v: v.T, np.float64(1), wanted=np.float64(1))
    agree(
        lambda v: [v.swapaxes(0, -1), T.moveaxis(v, 0, -1), T.moveaxis(v, [0, 1], [1, 2])],
        CUBE,
        wanted=[CUBE.swapaxes(0, -1), np.moveaxis(CUBE, 0, -1), np.moveaxis(CUBE, [0, 1], [1, 2])],
    )


@pytest.mark.parametrize("pattern", [(0, 1), (1, 0), ("x", 0, 1), (0, "x", 1), (1, "x", 0, "x"), ("x", "x", 1, 0)])
def test_dimshuffle(pattern):
    kept = tuple(d for d in pattern if d != "x")
    wanted = A.transpose(kept).reshape([1 if d == "x" else A.shape[d] for d in pattern])
    agree(lambda x: x.dimshuffle(*pattern), A, wanted=wanted)
    slopes(lambda x: x.dimshuffle(pattern) ** 2 * wanted, A)


def test_dropped_dimensions():
    shape = [(1, None, 1)]
    agree(lambda x: x.dimshuffle(1), ONES, wanted=ONES[0, :, 0], shapes=shape)
    agree(
        lambda x: [T.squeeze(x), x.squeeze(axis=0), T.expand_dims(x, (0, -1))],
        ONES,
        shapes=shape,
        wanted=[ONES.squeeze(), ONES.squeeze(0), np.expand_dims(ONES, (0, -1))],
    )
    x = T.tensor("float64", shape=(1, None, 1))
    g = symgraph.grad((x.dimshuffle(1, "x") ** 2).sum(), x)
    assert g.type.shape == (1, None, 1)
    assert evaluate([g], {x: ONES})[0].tolist() == (2 * ONES).tolist()
    y = T.dtensor3()
    for build in (lambda: y.dimshuffle(0, 1), lambda: T.squeeze(y, 0), lambda: y.dimshuffle(0, 1, 3), lambda: y.dimshuffle(0, 0, 1, 2)):
        with pytest.raises(ValueError):
            build()
    with pytest.raises(TypeError):
        y.dimshuffle(0, 1, 2.0)


RESHAPES = [(6,), (3, 2), (-1,), (2, -1), (-1, 1, 2), (6, 1, 1), (1, -1, 6)]


@pytest.mark.parametrize("shape", RESHAPES, ids=str)
def test_reshape(shape):
    agree(lambda x: x.reshape(shape), A, wanted=A.reshape(shape))
    agree(lambda x: x.T.reshape(shape), A, wanted=A.T.reshape(shape))
    agree(lambda x, s: T.reshape(x, s, ndim=len(shape)), A, np.array(shape), wanted=A.reshape(shape))
    slopes(lambda x: x.reshape(shape) ** 2 * A.reshape(shape), A)
    assert T.tensor("float64", shape=(2, 3)).reshape(shape).type.shape == A.reshape(shape).shape


def test_reshape_of_none_and_of_many():
    empty = np.zeros((0, 3))
    agree(lambda x: [x.reshape((3, 0)), x.reshape((-1, 3)), x.reshape((5, 0, 2))], empty, wanted=[empty.T, empty, np.zeros((5, 0, 2))])
    agree(lambda x: [x.reshape(()), x.reshape((1, 1))], np.ones(1), wanted=[np.ones(()), np.ones((1, 1))])
    agree(lambda x: x.reshape((x.shape[1], x.shape[0])), A, wanted=A.reshape(3, 2))
    many = (2,) * 9
    fails(ValueError, "reshape", lambda x: x.reshape(many), A)
    for shape in ((4,), (5, -1), (-1, 0)):
        if 0 not in shape:  # -1 beside 0 fits nothing, whatever x is
            fails(ValueError, "reshape", lambda x, s=shape: x.reshape(s), A)
        with pytest.raises(ValueError, match="reshape"):
            T.tensor("float64", shape=(2, 3)).reshape(shape)
    fails(ValueError, "only", lambda x, s: T.reshape(x, s, ndim=2), A, np.array([-1, -1]))
    with pytest.raises(ValueError, match="only one size"):
        T.dmatrix().reshape((-1, -1))
    with pytest.raises(ValueError, match="length of the vector"):
        T.dmatrix().reshape(T.lvector())
    with pytest.raises(TypeError):
        T.dmatrix().reshape(1.5)


def test_flatten():
    agree(
        lambda x: [x.flatten(), x.flatten(2), T.flatten(x, 3), x.ravel()],
        CUBE,
        wanted=[CUBE.ravel(), CUBE.reshape(2, 12), CUBE, CUBE.ravel()],
    )
    agree(lambda x: x.flatten(), np.float64(2), wanted=np.array([2.0]))
    agree(lambda x: x.flatten(2), np.zeros((2, 0, 3)), wanted=np.zeros((2, 0)))
    slopes(lambda x: x.flatten(2) ** 2 * CUBE.reshape(2, 12), CUBE)
    for count in (0, 4, -1):
        with pytest.raises(ValueError):
            T.dtensor3().flatten(count)


def test_declared_broadcasting():
    row = A[:1]
    agree(lambda x: T.addbroadcast(x, 0) + A, row, wanted=row + A)
    agree(lambda x: T.patternbroadcast(x, (True, False)), row, wanted=row)
    agree(lambda x: T.unbroadcast(x, 0), row, wanted=row, shapes=[(1, None)])
    fails(ValueError, "supposed to be 1", lambda x: T.addbroadcast(x, 0), A)
    assert T.unbroadcast(T.row(), 0).broadcastable == (False, False)
    slopes(lambda x: (T.addbroadcast(x, 0) + A) ** 2, row)
    with pytest.raises(ValueError):
        T.addbroadcast(T.dmatrix(), 2)
    with pytest.raises(ValueError):
        T.patternbroadcast(T.dmatrix(), (True,))


def test_views_of_views():
    agree(lambda x: (x.reshape((3, 2)).dimshuffle(1, "x", 0).flatten(2) + 1).reshape((-1,)), A, wanted=(A.reshape(3, 2).T + 1).reshape(-1))
    agree(lambda x: [x, x.reshape((6,)), x.flatten()[1:]], A, wanted=[A, A.reshape(6), A.ravel()[1:]])
    x = T.dmatrix()
    f = symgraph.function([x], x.reshape((6,)))
    a = A.copy()
    out = f(a)
    out[...] = -1
    assert (a == A).all()


def test_forward_mode():
    x, v = T.dmatrix("x"), T.dmatrix("v")
    for build in (lambda a: a.T, lambda a: a.reshape((3, 2)), lambda a: a.flatten(), lambda a: a.dimshuffle(1, "x", 0)):
        out = symgraph.Rop(build(x) ** 2, x, v)
        value = evaluate([out], {x: A, v: A})[0]
        (wanted,) = evaluate([2 * build(x) ** 2], {x: A})
        np.testing.assert_allclose(value, wanted)
