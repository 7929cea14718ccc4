"""Einstein's sums against numpy's on random subscripts, the order of products, numpy's functions on variables, bad input."""

import numpy as np
import pytest
from agreement import agree, fails
from hypothesis import given, settings
from hypothesis import strategies as st

import symgraph
import symgraph.tensor as T
from symgraph.expr.walk import toposort
from symgraph.ops.linalg import BatchedDot, DiagonalSums, Dot

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

R = np.random.RandomState(5)
SIZES = {"a": 2, "b": 3, "c": 1, "d": 4, "e": 2}


@st.composite
def subscripts(draw):
    """Labels of one to four operands and, or not, of the result."""
    operands = draw(st.lists(st.text("abcde", max_size=3), min_size=1, max_size=4))
    if draw(st.booleans()):
        return ",".join(operands), operands
    labels = sorted(set("".join(operands)))
    kept = draw(st.lists(st.sampled_from(labels), unique=True, max_size=3)) if labels else []
    return ",".join(operands) + "->" + "".join(kept), operands


@settings(max_examples=60, deadline=None)
@given(subscripts(), st.booleans(), st.sampled_from(["auto", "greedy", False]))
def test_random_subscripts(drawn, known, optimize):
    text, operands = drawn
    random = np.random.RandomState(len(text))
    arrays = [random.uniform(-1, 1, [SIZES[c] for c in labels]) for labels in operands]
    inputs = [T.tensor("float64", shape=x.shape if known else [None] * x.ndim) for x in arrays]
    out = T.einsum(text, *inputs, optimize=optimize)
    found = symgraph.function(inputs, out, mode=symgraph.Mode("py", None))(*arrays)
    np.testing.assert_allclose(found, np.einsum(text, *arrays), rtol=1e-12, atol=1e-12)


def test_einsum_is_made_of_matrix_products():
    a, b = T.dtensor3(), T.dtensor3()
    kinds = [type(node.op) for node in toposort([T.einsum("bij,bjk->bik", a, b)])]
    assert BatchedDot in kinds and len(kinds) == 1
    kinds = [type(node.op) for node in toposort([T.einsum("aij,jbk->iabk", a, b)])]
    assert kinds.count(Dot) == 1


def test_einsum_takes_the_cheap_order():
    shapes = [(2, 100), (100, 100), (100, 100), (100, 2)]
    matrices = [T.tensor("float64", shape=s) for s in shapes]
    out = T.einsum("ij,jk,kl,lm->im", *matrices)
    dots = [node for node in toposort([out]) if isinstance(node.op, Dot)]
    assert len(dots) == 3
    assert all(2 in node.outputs[0].type.shape for node in dots)
    left = T.einsum("ij,jk,kl,lm->im", *matrices, optimize=[(1, 2), (0, 1), (0, 1)])
    assert (100, 100) in [node.outputs[0].type.shape for node in toposort([left])]


def test_multi_dot_takes_the_cheap_order():
    shapes = [(100, 100), (100, 100), (100,)]
    chain = [T.tensor("float64", shape=s) for s in shapes]
    assert [node.outputs[0].ndim for node in toposort([T.multi_dot(chain)])] == [1, 1]


def test_sizes_that_differ_at_the_call():
    a, b = R.uniform(size=(2, 3)), R.uniform(size=(4, 5))
    fails(ValueError, "[0-9]", lambda x, y: T.einsum("ij,jk", x, y), a, b)
    fails(ValueError, "[0-9]", lambda x: T.einsum("ii", x), a)
    fails(ValueError, "[0-9]", lambda x, y: T.einsum("ij,ij->", x, y), a, b)
    fails(ValueError, "[0-9]", lambda x, y: T.einsum("ijk,ijk->k", x, y), R.uniform(size=(2, 6, 2)), R.uniform(size=(3, 4, 2)))
    fails(ValueError, "[0-9]", T.vecdot, a, b)
    fails(ValueError, "[0-9]", T.matvec, a, R.uniform(size=4))
    fails(ValueError, "[0-9]", T.cross, R.uniform(size=2), R.uniform(size=3))
    fails(ValueError, "stacks", T.block_diag, R.uniform(size=(2, 1, 1)), R.uniform(size=(3, 1, 1)))
    fails(ValueError, "stacks", T.toeplitz, R.uniform(size=(2, 3)), R.uniform(size=(3, 3)))


x2, x3, v = T.dmatrix("x2"), T.dtensor3("x3"), T.dvector("v")
known = T.tensor("float64", shape=(2, 3))


@pytest.mark.parametrize(("error", "build"), [
    (ValueError, lambda: T.einsum("ij,jk", x2)),
    (ValueError, lambda: T.einsum("ijk", x2)),
    (ValueError, lambda: T.einsum("i", x2)),
    (ValueError, lambda: T.einsum("ij->ijj", x2)),
    (ValueError, lambda: T.einsum("ij->k", x2)),
    (ValueError, lambda: T.einsum("i-j", x2)),
    (ValueError, lambda: T.einsum("i1", x2)),
    (ValueError, lambda: T.einsum("...i->i", x2)),
    (ValueError, lambda: T.einsum("......", x2)),
    (ValueError, lambda: T.einsum("ij,jk", known, known)),
    (ValueError, lambda: T.einsum("ii", known)),
    (ValueError, lambda: T.einsum()),
    (ValueError, lambda: T.einsum("ij,jk,kl", x2, x2, x2, optimize=[(0, 7)])),
    (TypeError, lambda: T.einsum("ij", x2, out=np.zeros((2, 2)))),
    (TypeError, lambda: T.einsum(x2, [0, "a"])),
    (ValueError, lambda: T.inner(known, T.tensor("float64", shape=(2, 4)))),
    (ValueError, lambda: T.vecdot(v, 1.0)),
    (ValueError, lambda: T.vecdot(v, v, axis=1)),
    (ValueError, lambda: T.matvec(v, v)),
    (ValueError, lambda: T.matvec(x2, 1.0)),
    (ValueError, lambda: T.vecmat(x2, v)),
    (ValueError, lambda: T.matrix_transpose(v)),
    (ValueError, lambda: T.multi_dot([x2])),
    (ValueError, lambda: T.multi_dot([x2, v, x2])),
    (ValueError, lambda: T.cross(T.tensor("float64", shape=(4,)), v)),
    (ValueError, lambda: T.cross(1.0, v)),
    (ValueError, lambda: T.cross(x2, x2, axis=2)),
    (TypeError, lambda: T.block_diag()),
    (ValueError, lambda: T.toeplitz(1.0)),
    (ValueError, lambda: T.hankel(1.0)),
    (ValueError, lambda: T.circulant(1.0)),
    (ValueError, lambda: T.companion(1.0)),
    (ValueError, lambda: T.companion([1.0])),
    (ValueError, lambda: T.linalg.trace(v)),
    (ValueError, lambda: T.linalg.diagonal(v)),
    (TypeError, lambda: T.trace(v)),
    (ValueError, lambda: T.trace(x2, 0, 1, 1)),
    (ValueError, lambda: T.vander(1.0, 3)),
    (ValueError, lambda: T.vander(v, -1)),
    (TypeError, lambda: T.vander(v)),
    (TypeError, lambda: T.vander(v, v)),
    (TypeError, lambda: DiagonalSums()(v)),
])
def test_bad_input(error, build):
    with pytest.raises(error):
        build()


def test_vander_of_few_columns():
    agree(lambda x: [T.vander(x, 1), T.vander(x, 0), T.vander(T.constant([1.0, 2.0]))], R.uniform(size=3),
          wanted=[np.ones((3, 1)), np.ones((3, 0)), np.vander([1.0, 2.0])])


def test_functions_of_numpy_on_variables():
    a, b = R.uniform(size=(2, 3)), R.uniform(size=(2, 3))
    agree(lambda x, y: [np.einsum("ij,kj->ik", x, y), np.inner(x, y), np.kron(x, y), np.cross(x, y), np.vander(x[0], 4), x.mT,
                        np.linalg.multi_dot([x, y.T, x]), np.trace(x, 1)],
          a, b, wanted=[np.einsum("ij,kj->ik", a, b), np.inner(a, b), np.kron(a, b), np.cross(a, b), np.vander(a[0], 4), a.T,
                        np.linalg.multi_dot([a, b.T, a]), np.trace(a, 1)])
