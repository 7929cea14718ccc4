"""Indexing by numpy's rules: read, set, added to; gradients; errors."""

import pickle
import re

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.ops.index import AdvancedIncSubtensor, AdvancedSubtensor, IncSubtensor, Subtensor
from tests.ops.agreement import agree, fails, values
from tests.ops.differences import slopes

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

X = np.arange(24.0).reshape(4, 6)
CUBE = np.arange(24.0).reshape(2, 3, 4)
ROWS = np.array([2, 0, -1])
COLUMNS = np.array([1, 1, 5])
MASK = np.arange(24).reshape(4, 6) % 5 == 0

KEYS = [
    np.s_[1],
    np.s_[-1],
    np.s_[1, 2],
    np.s_[:, -2],
    np.s_[1:],
    np.s_[:-1],
    np.s_[::-1],
    np.s_[1:3, 2:5],
    np.s_[10:],
    np.s_[:-10],
    np.s_[-2:, ::2],
    np.s_[::-2, ::-3],
    np.s_[3:0:-2],
    np.s_[-1:-4:-1, 5:1:-3],
    np.s_[..., 1],
    np.s_[1, ...],
    np.s_[...],
    np.s_[:],
    np.s_[None],
    np.s_[:, None, 1],
    np.s_[1, None],
    np.s_[..., None, ::4],
    np.s_[2:1],
    np.s_[-100:100:5],
    np.s_[100::-1],
    np.s_[:-100:-1],
]
ARRAY_KEYS = [
    np.s_[ROWS],
    np.s_[:, ROWS],
    np.s_[ROWS, COLUMNS],
    np.s_[ROWS, 1],
    np.s_[1, ROWS],
    np.s_[[0, 2]],
    np.s_[[[0], [2]], [1, 4]],
    np.s_[ROWS, ::-2],
    np.s_[1:3, ROWS],
    np.s_[ROWS[:, None], COLUMNS],
    np.s_[MASK],
    np.s_[MASK[:, 0]],
    np.s_[:, MASK[0]],
    np.s_[None, ROWS],
    np.s_[ROWS, None],
    np.s_[ROWS, None, COLUMNS],
    np.s_[np.zeros((0,), int)],
    np.s_[ROWS, None, 1:3],
]
CUBE_KEYS = [
    np.s_[[1, 0], :, [2, 3]],
    np.s_[:, [1, 0], [2, 3]],
    np.s_[0, :, [1, 2]],
    np.s_[[1], 1:, 0],
    np.s_[..., [0, 0, 3]],
    np.s_[1, [0, 2]],
]


def spelt(key):
    return str(key).replace("\n", "")


@pytest.mark.parametrize("key", KEYS + ARRAY_KEYS, ids=spelt)
def test_read(key):
    agree(lambda x: x[key], X, wanted=X[key])


def test_list_in_which_a_slice_stands():
    agree(lambda x: [x[[slice(None, None, -1), slice(1, 3)]], x[[slice(2)]]], X, wanted=[X[::-1, 1:3], X[:2]])


@pytest.mark.parametrize("key", CUBE_KEYS, ids=spelt)
def test_read_cube(key):
    agree(lambda x: x[key], CUBE, wanted=CUBE[key])


@pytest.mark.parametrize("key", KEYS + ARRAY_KEYS, ids=spelt)
def test_known_shape(key):
    if not any(part is MASK or isinstance(part, np.ndarray) and part.dtype == bool for part in (key if isinstance(key, tuple) else (key,))):
        assert T.tensor("float64", shape=X.shape)[key].type.shape == X[key].shape
    agree(lambda x: x[key], X, wanted=X[key], shapes=[X.shape])


def written(x, key, y, add):
    out = x.copy()
    if add:
        np.add.at(out, key, y)
    else:
        out[key] = y
    return out


# A key that stands for no dimension of the array by a new one alone has no region to write to.
WRITTEN = [key for key in KEYS if key is not None] + ARRAY_KEYS


@pytest.mark.parametrize("key", WRITTEN, ids=spelt)
def test_set_and_inc(key):
    y = np.random.RandomState(0).uniform(size=X[key].shape)
    for add, change in ((False, T.set_subtensor), (True, T.inc_subtensor)):
        agree(lambda x, v, change=change: change(x[key], v), X, y, wanted=written(X, key, y, add))
        agree(lambda x, change=change: change(x[key], 7.0), X, wanted=written(X, key, 7.0, add))


@pytest.mark.parametrize("key", CUBE_KEYS, ids=spelt)
def test_set_cube(key):
    y = np.random.RandomState(0).uniform(size=CUBE[key].shape)
    agree(lambda x, v: T.set_subtensor(x[key], v), CUBE, y, wanted=written(CUBE, key, y, False))
    row = y[..., :1].reshape(y.shape[:-1] + (1,))
    shape = [None, (None,) * (y.ndim - 1) + (1,)]
    agree(lambda x, v: T.inc_subtensor(x[key], v), CUBE, row, wanted=written(CUBE, key, row, True), shapes=shape)


@pytest.mark.parametrize("i", [0, 3, -4, -1])
def test_symbolic_integer(i):
    agree(lambda x, k: [x[k], x[:, k - 1], x[k, 1:]], X, np.int64(i), wanted=[X[i], X[:, i - 1], X[i, 1:]])
    agree(lambda x, k: T.set_subtensor(x[k], 0.5), X, np.int64(i), wanted=written(X, i, 0.5, False))


@pytest.mark.parametrize("bounds", [(0, 3, 1), (1, -1, 2), (-3, 9, 1), (3, 0, -1), (-1, -9, -2), (9, 1, -1), (2, 2, 1), (-9, 2, 3)])
def test_symbolic_bounds(bounds):
    a, b, c = bounds
    agree(lambda x, p, q, r: x[p:q:r], X, *map(np.int64, bounds), wanted=X[a:b:c])
    agree(lambda x, p, q: [x[p:], x[:q, 1], x[:, p:q]], X, np.int8(a), np.int32(b), wanted=[X[a:], X[:b, 1], X[:, a:b]])
    agree(lambda x, p, q, r: T.inc_subtensor(x[p:q:r], 2.0), X, *map(np.int64, bounds), wanted=written(X, np.s_[a:b:c], 2.0, True))


def test_symbolic_arrays():
    agree(lambda x, r: [x[r], x[:, r]], X, ROWS, wanted=[X[ROWS], X[:, ROWS]])
    agree(lambda x, r, c: x[r, c], X, ROWS.astype("int8"), COLUMNS.astype("int32"), wanted=X[ROWS, COLUMNS])
    agree(lambda x, c: x[T.arange(c.shape[0]), c], X, np.array([3, 1, 5]), wanted=X[np.arange(3), [3, 1, 5]])
    agree(lambda x, m: [x[m], x[m.nonzero()]], X, MASK, wanted=[X[MASK]] * 2)
    agree(lambda x: x[x > 20], X, wanted=X[X > 20])
    agree(lambda x, m: x[:, m], X, MASK[0], wanted=X[:, MASK[0]])
    agree(lambda x, m: T.set_subtensor(x[m], -1.0), X, MASK, wanted=written(X, MASK, -1.0, False))


def test_empty_and_scalar():
    empty = np.zeros((0, 3))
    agree(lambda x: [x[:], x[::-1], x[1:], x[:, 1], x[[]]], empty, wanted=[empty, empty, empty, empty[:, 1], empty[[]]])
    agree(lambda x: T.set_subtensor(x[1:], 5.0), empty, wanted=empty)
    agree(lambda x: [x[()], x[...], x[None]], np.float64(3.0), wanted=[np.float64(3), np.float64(3), np.array([3.0])])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32", "complex64", "complex128"])
def test_dtypes(dtype):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    y = np.array([1, 0, 1]).astype(dtype)
    agree(lambda v: [v[1], v[:, ::-1], v[[0, 0, 1]]], x, wanted=[x[1], x[:, ::-1], x[[0, 0, 1]]])
    agree(lambda v, w: T.set_subtensor(v[0], w), x, y, wanted=written(x, 0, y, False))
    if dtype != "bool":
        agree(lambda v, w: T.inc_subtensor(v[[0, 0]], w), x, y, wanted=written(x, [0, 0], y, True))


def test_repeated_places():
    agree(lambda: T.inc_subtensor(T.zeros(3)[[0, 0, 1]], 1.0), wanted=np.array([2.0, 1.0, 0.0]))
    agree(lambda: T.set_subtensor(T.zeros(3)[[0, 0]], [5.0, 6.0]), wanted=np.array([6.0, 0.0, 0.0]))


def test_gradient_of_values_put_at_one_place():
    def build(x, v, i):
        return T.set_subtensor(x[i], v) ** 2

    x, v, i = T.dvector(), T.dvector(), T.lvector()
    g = symgraph.grad(build(x, v, i).sum(), [x, v])
    given = {x: [1.0, 2.0], v: [3.0, 4.0, 5.0], i: [0, -2, 0]}  # the last one stays
    assert [a.tolist() for a in evaluate(g, given)] == [[0, 4], [0, 0, 10]]
    again = symgraph.grad(g[1].sum(), v)
    assert evaluate([again], given)[0].tolist() == [0, 0, 2]


@pytest.mark.parametrize("truth", [True, False])
def test_bool_without_dimensions(truth):
    agree(lambda x: [x[truth], x[1, truth], x[:, truth, [2]]], X, wanted=[X[truth], X[1, truth], X[:, truth, [2]]])
    agree(lambda x, m: [x[m], x[m, 1:]], X, np.bool_(truth), wanted=[X[truth], X[truth, 1:]])
    agree(lambda x: T.set_subtensor(x[truth, 1], 0.5), X, wanted=written(X, np.s_[truth, 1], 0.5, False))


def test_argument_is_not_changed():
    x = T.dvector("x")
    f = symgraph.function([x], [T.set_subtensor(x[0], 9.0), x.sum()])
    a = np.arange(3.0)
    out, total = f(a)
    assert a.tolist() == [0, 1, 2]
    assert out.tolist() == [9, 1, 2]
    assert total == 3


def test_chain_of_sets():
    def build(x):
        x = T.set_subtensor(x[0], 1.0)
        x = T.set_subtensor(x[1:3], x[0] + 1)
        return T.inc_subtensor(x[:, 0], x[:, 1])

    wanted = X.copy()
    wanted[0] = 1
    wanted[1:3] = wanted[0] + 1
    wanted[:, 0] += wanted[:, 1]
    agree(build, X, wanted=wanted)


def test_transposed_region():
    wanted = X.copy()
    wanted[1:3].T[...] = np.arange(2.0)
    agree(lambda x, y: T.set_subtensor(x[1:3].T, y), X, np.arange(2.0), wanted=wanted)


@pytest.mark.parametrize(
    "key", [np.s_[1], np.s_[::-1, 1:4], np.s_[:, None, 2], np.s_[ROWS], np.s_[ROWS, COLUMNS], np.s_[1:, [0, 0]], np.s_[MASK]], ids=spelt
)
def test_gradients(key):
    y = np.random.RandomState(0).uniform(size=X[key].shape)
    slopes(lambda x: x[key] ** 2, X / 10)
    slopes(lambda x, v: T.inc_subtensor(x[key], v) ** 2, X / 10, y)
    slopes(lambda x, v: T.set_subtensor(x[key], v) ** 2, X / 10, y)


def test_gradient_of_broadcast_value():
    slopes(lambda x, v: T.set_subtensor(x[1:], v) ** 2, X, np.array([1.0, 2, 3, 4, 5, 6]))
    slopes(lambda x, v: T.inc_subtensor(x[1:], v) ** 2, X, np.array(2.0))
    slopes(lambda x, v: T.inc_subtensor(x[:, 1:3], v.dimshuffle(0, "x")) ** 2, X, np.arange(4.0))


def test_second_gradient_and_integers():
    x, i = T.dvector("x"), T.lscalar("i")
    first = symgraph.grad((x[i:] ** 3).sum(), x)
    second = symgraph.grad(first.sum(), x)
    assert evaluate([second], {x: [1, 2, 3], i: 1})[0].tolist() == [0, 12, 18]
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(x[i], i)


def test_rop():
    x, v = T.dvector("x"), T.dvector("v")
    out = symgraph.Rop(T.set_subtensor(x[1:], x[:-1] ** 2), x, v)
    assert evaluate([out], {x: [1, 2, 3], v: [1, 1, 1]})[0].tolist() == [1, 2, 4]


def test_out_of_range():
    for build in (lambda x, k: x[k], lambda x, k: x[:, k], lambda x, k: T.set_subtensor(x[k], 1.0)):
        fails(IndexError, r"index 6 is out of bounds for axis . with size", build, X, np.int64(6))
        fails(IndexError, r"index -7 is out of bounds for axis . with size", build, X, np.int64(-7))
    for build in (lambda x, k: x[k], lambda x, k: x[:, k], lambda x, k: T.inc_subtensor(x[:, k], 1.0)):
        fails(IndexError, r"index 9 is out of bounds for axis . with size", build, X, np.array([0, 9]))
        fails(IndexError, r"index -9 is out of bounds for axis . with size \d, at 1 of the index array", build, X, np.array([0, -9]))
    fails(IndexError, "out of bounds for axis 0 with size 4", lambda x: x[4], X)
    with pytest.raises(IndexError, match="index 4 is out of bounds for axis 0 with size 4"):
        T.tensor("float64", shape=(4,))[4]
    fails(ValueError, "slice step cannot be zero", lambda x, k: x[::k], X, np.int64(0))


def test_shapes_that_do_not_fit():
    fails(ValueError, "of the new values has size 4", lambda x, y: T.set_subtensor(x[1:], y), X, np.ones(4))
    fails(ValueError, "of the new values has size 1", lambda x, y: T.inc_subtensor(x[1:], y), X, np.ones((1, 6)))
    fails(IndexError, "could not be broadcast", lambda x, a, b: x[a, b], X, np.array([0, 1]), np.array([0, 1, 2]))
    fails(IndexError, "could not be broadcast", lambda x, a, b: x[a, b], X, np.array([0, 1]), np.array([0]))


def test_masks_that_do_not_fit():
    fails(IndexError, "boolean index did not match", lambda x, m: x[m], X, MASK[:, :-1].copy())
    fails(IndexError, "boolean index did not match", lambda x, m: x[:, m], X, MASK[:, 0].copy())
    agree(lambda x, m: [x[m, 1], x[..., m, :]], X, MASK[:, 0].copy(), wanted=[X[MASK[:, 0], 1], X[MASK[:, 0]]])


def test_refused():
    x, f = T.dmatrix("x"), T.dscalar("f")
    for key in (1.5, f, "a", T.dvector(), [0.5], slice(f, None), slice(1.5, None)):
        with pytest.raises(TypeError):
            x[key]
    for key in ((0, 0, 0), (Ellipsis, Ellipsis), (0, slice(None), 1)):
        with pytest.raises(IndexError):
            x[key]
    with pytest.raises(ValueError, match="step cannot be zero"):
        x[::0]
    with pytest.raises(IndexError, match="boolean index"):
        T.tensor("float64", shape=(4, 6))[MASK.T]
    with pytest.raises(TypeError, match="indexed variable"):
        T.set_subtensor(x, 1.0)
    with pytest.raises(TypeError, match="cast them first"):
        T.set_subtensor(T.lvector()[1:], 1.5)
    with pytest.raises(TypeError, match="2-dimensional value"):
        T.set_subtensor(x[0], x)


def test_known_elements():
    x = T.dmatrix("x")
    assert T.zeros(x.shape[::-1]).ndim == 2
    s = T.tensor("float64", shape=(3, None))
    assert T.zeros(s.shape[0:1]).type.shape == (3,)
    assert T.zeros((s.shape[0] + 1, s.shape[-1])).type.shape == (4, None)
    with pytest.raises(IndexError):
        s.shape[2]
    a, b = T.dscalars("a", "b")
    out = T.set_subtensor(T.stack([a, b])[0], 5.0)
    assert evaluate([out], {a: 1, b: 2})[0].tolist() == [5, 2]


def test_take():
    for axis in (None, 0, 1, -1):
        for indices in (np.int64(2), ROWS, ROWS[:, None], [1, 1]):
            agree(lambda x, axis=axis, indices=indices: T.take(x, indices, axis=axis), X, wanted=np.take(X, indices, axis=axis))
    wild = np.array([-7, 9, 3])
    for mode in ("wrap", "clip"):
        agree(lambda x, k, mode=mode: x.take(k, axis=0, mode=mode), X, wild, wanted=np.take(X, wild, axis=0, mode=mode))
    with pytest.raises(ValueError, match="mode"):
        T.take(T.dvector(), [0], mode="other")
    with pytest.raises(TypeError):
        T.take(T.dvector(), [0.5])


def test_choose():
    a = np.array([[1, 0, 2], [2, 2, 1]])
    choices = np.arange(18.0).reshape(3, 2, 3)
    agree(lambda k, c: T.choose(k, c), a, choices, wanted=np.choose(a, choices))
    agree(lambda k, c: T.choose(k, c), a[0], choices, wanted=np.choose(a[0], choices))
    agree(lambda k, c: k.choose(c, mode="clip"), a + 5, choices, wanted=np.choose(a + 5, choices, mode="clip"))
    agree(lambda k: T.choose(k, [10, 20, 30]), a, wanted=np.choose(a, np.array([10, 20, 30])))
    fails(IndexError, "out of bounds", lambda k, c: T.choose(k, c), a + 1, choices)
    slopes(lambda c: T.choose(a, c) ** 2, choices)


def test_nonzero_and_compress():
    agree(lambda x: list(x.nonzero()), MASK, wanted=list(np.nonzero(MASK)))
    agree(lambda x: [T.flatnonzero(x), x.nonzero(return_matrix=True)], MASK, wanted=[np.flatnonzero(MASK), np.array(np.nonzero(MASK))])
    agree(T.nonzero_values, X, wanted=X[X != 0])
    agree(lambda x, c: [T.compress(c, x, axis=0)], X, np.array([0, 1, 1, 0]), wanted=[X[1:3]])
    with pytest.raises(ValueError, match="non-scalar"):
        T.nonzero(T.dscalar())


def test_ops_are_values():
    ops = [Subtensor([1, slice(None, None, 2)]), AdvancedSubtensor(["[]"]), IncSubtensor([0], True), AdvancedIncSubtensor(["[]"], False)]
    for op in ops:
        assert pickle.loads(pickle.dumps(op)) == op
        assert hash(pickle.loads(pickle.dumps(op))) == hash(op)
    assert len(set(ops)) == 4
    assert str(ops[0]) == "Subtensor{1, ::2}"


def test_float_vector_of_new_dimension():
    agree(lambda x: x[None] * 2, np.arange(3.0), wanted=np.arange(3.0)[None] * 2)
    assert len(values(lambda x: x[None], np.arange(3.0))) == 3


def test_what_is_changed_in_place_stands_where_the_result_is_wanted():
    """Zeros, two steps in place, a result: no array in between, and no copy. Where a step in between is read later, it has memory of its own."""
    v, i = T.dvector(), T.lvector()
    x, places = np.arange(40.0), np.array([3, 3, 39])
    zeros = v.zeros_like()
    once = T.inc_subtensor(zeros[i], 1.0)
    twice = T.set_subtensor(once[:2], 5.0)
    expected = np.zeros(40)
    np.add.at(expected, places, 1.0)
    then = expected.copy()
    then[:2] = 5
    f = symgraph.function([v, i], twice)
    assert "scratch(context" not in f.source("c") and len(set(re.findall(r"kernel_\d+", f.source("c")))) == 3  # zeros, places, slice
    np.testing.assert_array_equal(f(x, places), then)
    outputs = [twice, once, twice, once[1:] * twice[1:], T.inc_subtensor(twice[3:4], 1.0), T.inc_subtensor(v[i], v[:3])]
    late = [then, expected, then, expected[1:] * then[1:], then + (np.arange(40) == 3), x.copy()]
    np.add.at(late[-1], places, x[:3])
    for order in (range(6), range(5, -1, -1), (4,), (3, 4), (0, 4), (5, 3)):
        found = symgraph.function([v, i], [outputs[k] for k in order])(x, places)
        for k, got in zip(order, found):
            np.testing.assert_array_equal(got, late[k])
    kept = symgraph.shared(x.copy())
    step = symgraph.function([i], kept.sum(), updates={kept: T.inc_subtensor(T.set_subtensor(kept[:1], 7.0)[i], 1.0)})
    assert step(places) == x.sum()
    with pytest.raises(IndexError):
        step(np.array([40]))
    wanted = x.copy()
    wanted[0] = 7
    np.add.at(wanted, places, 1.0)
    np.testing.assert_array_equal(kept.get_value(), wanted)
