"""Shapes as expressions, and shapes that are said to be known."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.expr.sizes import as_axes, as_axis, as_sizes, size_of, static_int, times
from tests.ops.agreement import agree, fails

A = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (1, 4, 0, 2)])
def test_shape_and_size(shape):
    x = np.zeros(shape)
    agree(
        lambda v: [v.shape, v.size, T.shape(v * 2)],
        x,
        wanted=[np.array(shape, dtype="int64"), np.int64(x.size), np.array(shape, dtype="int64")],
    )
    agree(
        lambda v: [v.shape[k] for k in range(v.ndim)] + [v.shape[-1:]],
        x,
        wanted=[*map(np.int64, shape), np.array(shape[-1:], dtype="int64")],
    )


def test_sizes_in_expressions():
    agree(lambda x: x.sum(axis=0) / x.shape[0], A, wanted=A.mean(axis=0))
    agree(lambda x: T.zeros(x.shape[::-1]), A, wanted=np.zeros((3, 2)))
    agree(lambda x: x.shape * 2, A, wanted=np.array([4, 6]))
    agree(lambda x, y: x.dot(y).shape, A, A.T, wanted=np.array([2, 2]))


def test_specify_shape():
    agree(lambda x: T.specify_shape(x, (2, None)), A, wanted=A)
    agree(lambda x, n: T.specify_shape(x, (n, 3)) * 2, A, np.int64(2), wanted=A * 2)
    agree(lambda x, s: T.specify_shape(x, s), A, np.array([2, 3]), wanted=A)
    fails(ValueError, "said to be", lambda x: T.specify_shape(x, (2, 4)), A)
    fails(ValueError, "said to be", lambda x, n: T.specify_shape(x, (n, 3)), A, np.int64(3))
    x = T.dmatrix("x")
    assert T.specify_shape(x, (2, None)).type.shape == (2, None)
    assert (T.specify_shape(x, (2, None)) + 1).type.shape == (2, None)
    with pytest.raises(ValueError, match="said to be"):
        T.specify_shape(T.tensor("float64", shape=(2,)), (3,))
    with pytest.raises(ValueError, match="2 dimensions"):
        T.specify_shape(x, (2,))
    g = symgraph.grad((T.specify_shape(x, (2, 3)) ** 2).sum(), x)
    assert evaluate([g], {x: A})[0].tolist() == (2 * A).tolist()


def test_padded_shapes():
    agree(
        lambda x: [T.shape_padleft(x, 2), T.shape_padright(x), T.shape_padaxis(x, 1), T.shape_padaxis(x, -1)],
        A,
        wanted=[A[None, None], A[..., None], A[:, None], A[..., None]],
    )
    with pytest.raises(IndexError):
        T.shape_padaxis(T.dmatrix(), 4)


def test_no_derivative_by_a_shape():
    x = T.dmatrix("x")
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        symgraph.grad(x.shape.sum().astype("float64"), x)
    assert evaluate([symgraph.grad((x * x.shape[0]).sum(), x)], {x: A})[0].tolist() == [[2, 2, 2], [2, 2, 2]]


def test_arguments_that_are_sizes():
    x, n = T.tensor("float64", shape=(2, None)), T.lscalar("n")
    assert [static_int(s) for s in as_sizes(x.shape)] == [2, None]
    assert [static_int(s) for s in as_sizes((x.shape[0] * 3 + 1, n, 5))] == [7, None, 5]
    assert static_int(as_sizes(np.array([4, 5]))[1]) == 5
    assert as_sizes([]) == as_sizes(np.zeros(0)) == []
    assert static_int(size_of(x, 0)) == 2
    assert times([2, 3]) == 6
    assert static_int(times([x.shape[0], x.shape[0] + 1])) == 6
    for wrong in (1.5, "a", [1.5], T.dscalar(), True, T.dvector(), [T.lvector()]):
        with pytest.raises(TypeError):
            as_sizes(wrong)


def test_arguments_that_are_axes():
    assert as_axis(-1, 3) == 2
    assert as_axes(None, 3) == (0, 1, 2)
    assert as_axes((2, -3), 3) == (0, 2)
    for wrong in (3, -4):
        with pytest.raises(ValueError):
            as_axis(wrong, 3)
    for wrong in (1.0, True, None, "0"):
        with pytest.raises(TypeError):
            as_axis(wrong, 3)
    with pytest.raises(ValueError, match="twice"):
        as_axes((1, -2), 3)
