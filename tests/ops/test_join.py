"""Arrays joined, split, repeated, tiled, rolled: against numpy, each by every way of evaluation."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from tests.ops.agreement import agree, fails
from tests.ops.differences import slopes

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

A = np.arange(6.0).reshape(2, 3)
B = np.arange(6.0, 18.0).reshape(4, 3)
CUBE = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_join(axis):
    parts = [CUBE, CUBE[:, :, :2] if axis in (2, -1) else CUBE[:, :1] if axis == 1 else CUBE[:1], CUBE]
    agree(lambda *x: T.join(axis, *x), *parts, wanted=np.concatenate(parts, axis=axis))
    agree(lambda *x: T.concatenate(list(x), axis=axis), *parts, wanted=np.concatenate(parts, axis), shapes=[p.shape for p in parts])
    slopes(lambda *x: T.join(axis, *x) ** 2, *[p / 10 for p in parts])


def test_join_dtypes_and_empty():
    parts = [np.arange(3, dtype="int8"), np.zeros(0, dtype="float32"), np.array([True])]
    agree(lambda *x: T.concatenate(x), *parts, wanted=np.concatenate(parts))
    agree(lambda x: T.join(0, x), A, wanted=A)
    agree(lambda x, y: T.join(0, x, y), np.zeros((0, 3)), A, wanted=A)
    agree(lambda x: T.concatenate([x, [[1, 2, 3]]]), A, wanted=np.concatenate([A, [[1.0, 2, 3]]]))


def test_stacks():
    agree(lambda a, b: T.vertical_stack(a, b), A, B, wanted=np.vstack([A, B]))
    agree(lambda a, b: T.horizontal_stack(a, b), A.T, B.T, wanted=np.hstack([A.T, B.T]))
    for axis in (0, 1, 2, -1):
        agree(lambda a, b, axis=axis: T.stack([a, b], axis=axis), A, A + 1, wanted=np.stack([A, A + 1], axis))
    agree(lambda a, b: T.stack(a, b), A, A, wanted=np.stack([A, A]))
    agree(lambda a: T.stacklists([[a, a], [a, a + 1]]), A, wanted=np.array([[A, A], [A, A + 1]]))
    slopes(lambda a, b: T.stack([a, b], axis=1) ** 2, A, A * 2)


def test_vector_of_scalars():
    agree(lambda a, b: T.stack([a, b, 3]), np.float64(1), np.int32(2), wanted=np.array([1.0, 2, 3]))
    agree(lambda a: T.as_tensor([[a, 1], [2, a]]), np.float32(7), wanted=np.array([[7, 1], [2, 7]], dtype="float32"))
    slopes(lambda a, b: T.stack([a * b, a]) ** 2, np.array(2.0), np.array(3.0))
    n = T.lscalar("n")
    assert T.zeros(T.stack([n, 3])).type.shape == (None, 3)


def test_join_refused():
    with pytest.raises(TypeError, match="same number of dimensions"):
        T.join(0, T.dvector(), T.dmatrix())
    with pytest.raises(TypeError, match="see stack"):
        T.join(0, T.dscalar(), T.dscalar())
    with pytest.raises(ValueError):
        T.join(2, T.dmatrix(), T.dmatrix())
    with pytest.raises(ValueError, match="must match"):
        T.join(0, T.tensor("float64", shape=(1, 2)), T.tensor("float64", shape=(1, 3)))
    with pytest.raises(TypeError):
        T.stack([T.dvector(), T.dmatrix()])
    with pytest.raises(TypeError):
        T.concatenate(T.dmatrix())
    with pytest.raises(ValueError):
        T.stack([])
    fails(ValueError, "must match: along dimension 1", lambda a, b: T.join(0, a, b), A, B[:, :2])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_split(axis):
    n = CUBE.shape[axis]
    sizes = [1, 0, n - 1]
    wanted = np.split(CUBE, np.cumsum(sizes)[:-1], axis=axis)
    agree(lambda x: T.split(x, sizes, 3, axis), CUBE, wanted=wanted)
    agree(lambda x, s: T.split(x, s, 3, axis), CUBE, np.array(sizes), wanted=wanted)

    def build(x):
        first, _, last = T.split(x, sizes, 3, axis)
        return T.join(axis, last**2, first**3)

    slopes(build, CUBE / 10)
    slopes(lambda x: T.split(x, sizes, 3, axis)[2] ** 2, CUBE / 10)


def test_split_refused():
    fails(ValueError, "sum up to", lambda x, s: T.split(x, s, 2), A, np.array([1, 2]))
    fails(ValueError, "negative", lambda x, s: T.split(x, s, 2), A, np.array([3, -1]))
    with pytest.raises(ValueError, match="sum up to 3"):
        T.split(T.tensor("float64", shape=(2,)), [1, 2], 2)
    with pytest.raises(ValueError):
        T.split(T.dvector(), [1, 2], 3)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_repeat(axis):
    agree(lambda x: T.repeat(x, 3, axis=axis), A, wanted=np.repeat(A, 3, axis=axis))
    agree(lambda x, n: x.repeat(n, axis=axis), A, np.int8(2), wanted=np.repeat(A, 2, axis=axis))
    agree(lambda x: x.repeat(0, axis=axis), A, wanted=np.repeat(A, 0, axis=axis))
    counts = np.arange(A.size if axis is None else A.shape[axis])
    agree(lambda x, n: T.repeat(x, n, axis=axis), A, counts, wanted=np.repeat(A, counts, axis=axis))
    slopes(lambda x: T.repeat(x, 3, axis=axis) ** 2, A)
    slopes(lambda x: T.repeat(x, counts, axis=axis) ** 2, A)


def test_repeat_refused():
    fails(ValueError, "negative", lambda x, n: T.repeat(x, n), A, np.int64(-1))
    fails(ValueError, "repeats for a dimension of size 2", lambda x, n: T.repeat(x, n, axis=0), A, np.array([1, 2, 3]))
    with pytest.raises(TypeError):
        T.repeat(T.dvector(), 1.5)


@pytest.mark.parametrize("reps", [2, (2,), (1, 2), (3, 1, 2), (0, 2), ()])
def test_tile(reps):
    agree(lambda x: T.tile(x, reps), A, wanted=np.tile(A, reps))
    slopes(lambda x: T.tile(x, reps) ** 2, A)


def test_tile_symbolic():
    agree(lambda x, n: T.tile(x, (n, 2)), A, np.int64(3), wanted=np.tile(A, (3, 2)))
    agree(lambda x, n: T.tile(x, n, ndim=2), A[0], np.array([2, 3]), wanted=np.tile(A[0], (2, 3)))
    agree(lambda x: T.tile(x, 2, ndim=3), A, wanted=np.tile(A, (1, 1, 2)))
    fails(ValueError, "negative", lambda x, n: T.tile(x, n), A, np.int64(-1))
    with pytest.raises(ValueError):
        T.tile(T.dmatrix(), 2, ndim=1)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("shift", [0, 1, -1, 7, -8])
def test_roll(axis, shift):
    agree(lambda x: T.roll(x, shift, axis=axis), A, wanted=np.roll(A, shift, axis=axis))
    agree(lambda x, n: T.roll(x, n, axis=axis), A, np.int8(shift), wanted=np.roll(A, shift, axis=axis))


def test_roll_gradient_and_empty():
    slopes(lambda x: T.roll(x, 2, axis=1) ** 2 * np.arange(3.0), A)
    agree(lambda x: T.roll(x, 2, axis=0), np.zeros((0, 2)), wanted=np.zeros((0, 2)))
    agree(lambda x: T.roll(x, 2), np.float64(1), wanted=np.float64(1))


def test_forward_mode():
    x, y, v = T.dmatrix("x"), T.dmatrix("y"), T.dmatrix("v")
    for build in (
        lambda a: T.join(0, a * a, y),
        lambda a: T.split(a * a, [1, 1], 2)[1],
        lambda a: T.tile(a, (1, 2)),
        lambda a: T.roll(a, 1, axis=0),
    ):
        out = symgraph.Rop(build(x), x, v)
        got = evaluate([out], {x: A, y: B, v: A})[0]
        step = 1e-6
        ends = [evaluate([build(x)], {x: A + s * step * A, y: B})[0] for s in (1, -1)]
        np.testing.assert_allclose(got, (ends[0] - ends[1]) / (2 * step), atol=1e-6)
