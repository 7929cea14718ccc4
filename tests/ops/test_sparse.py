"""Sparse matrices: what goes into functions and comes out, bad input, gradients, names. Values of each op: rows_sparse.py."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse

import symgraph
import symgraph.sparse as S
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

LINKERS = ("py", "llvm", "c")


def some(format="csr", dtype="float64", shape=(4, 5), seed=0):
    x = scipy.sparse.random(*shape, density=0.4, format="csr", random_state=seed)
    x.data = np.ceil(x.data * 10)
    return x.astype(dtype).asformat(format)


def same(a, b):
    assert type(a) is type(b)
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a.toarray(), b.toarray())


# Functions ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linker", LINKERS)
def test_matrices_go_in_and_come_out(linker):
    x, y = S.csr_matrix("x"), S.csc_matrix("y", dtype="float32")
    f = symgraph.function([x, y], [x * 2.0, y.T, S.dot(x, y.T), x.shape], mode=symgraph.Mode(linker))
    a, b = some(), some("csc", "float32", seed=1)
    doubled, turned, product, shape = f(a, b)
    same(doubled, a * 2)
    same(turned, b.T)
    np.testing.assert_allclose(product, (a @ b.T).toarray())
    assert shape.tolist() == [4, 5]


def test_keywords_defaults_dictionaries_and_none():
    x = S.csr_matrix("x")
    f = symgraph.function([symgraph.In(x, value=some())], {"double": x + x, "sum": S.sp_sum(x)})
    same(f()["double"], some() * 2)
    assert f(x=some() * 2)["sum"] == some().sum() * 2
    assert f["x"].nnz == some().nnz
    assert symgraph.function([x], None, on_unused_input="ignore")(some()) == []


def test_results_are_the_callers_own():
    x = S.csr_matrix("x")
    a = some()
    for outputs in (x, x.T, S.structured_exp(x)):
        for linker in LINKERS:
            got = symgraph.function([x], outputs, mode=symgraph.Mode(linker))(a)
            for part in (got.data, got.indices, got.indptr):
                assert not any(np.shares_memory(part, own) for own in (a.data, a.indices, a.indptr))
    got.data[:] = 0
    same(a, some())


@pytest.mark.parametrize("linker", LINKERS)
def test_shared_matrices_and_their_updates(linker):
    w = symgraph.shared(some(), name="w")
    n = symgraph.shared(0)
    v = T.dvector("v")
    assert isinstance(w, S.SparseVariable)
    assert isinstance(w, symgraph.SharedVariable)
    f = symgraph.function([v], S.dot(w, v), updates=[(w, w * 2.0), (n, n + 1)], mode=symgraph.Mode(linker))
    ones = np.ones(5)
    np.testing.assert_allclose(f(ones), some() @ ones)
    np.testing.assert_allclose(f(ones), some() @ ones * 2)
    same(w.get_value(), some() * 4)
    assert n.get_value() == 2
    w.set_value(some().tocsc())
    same(w.get_value(), some())
    with pytest.raises(ValueError, match="shape"):
        f(np.ones(4))
    assert n.get_value() == 2
    same(w.get_value(), some())
    w.get_value(borrow=True).data[:] = 0
    assert not f(ones).any()


def test_shared_matrices_are_copied_unless_borrowed():
    a = some()
    assert not np.shares_memory(symgraph.shared(a).get_value(borrow=True).data, a.data)
    assert symgraph.shared(a, borrow=True).get_value(borrow=True) is a
    assert symgraph.shared(a, format="csc").type == S.SparseType("csc", "float64")
    assert symgraph.shared(a.tocoo()).type.format == "csr"


def test_givens_states_and_copies():
    x, y = S.csr_matrix("x"), S.csr_matrix("y")
    f = symgraph.function([y], S.sp_sum(x), givens={x: y * 3.0})
    assert f(some()) == some().sum() * 3
    assert symgraph.function([], S.sp_sum(x), givens={x: some()})() == some().sum()
    state = symgraph.function([symgraph.In(x, value=some(), update=x + x)], S.sp_sum(x))
    assert [float(state()), float(state())] == [some().sum(), some().sum() * 2]
    w, z = symgraph.shared(some()), symgraph.shared(some() * 5)
    g = symgraph.function([], S.sp_sum(w))
    assert g.copy(swap={w: z})() == some().sum() * 5
    assert copy.copy(g)() == some().sum()


def test_functions_and_expressions_are_pickled():
    x = S.csr_matrix("x")
    f = pickle.loads(pickle.dumps(symgraph.function([x], [x * 2.0, S.lt(x, x), S.structured_exp(x), S.dot(x, x.T)])))
    same(f(some())[0], some() * 2)
    y = pickle.loads(pickle.dumps(S.structured_exp(x)))
    assert y.type == x.type
    w = pickle.loads(pickle.dumps(symgraph.shared(some())))
    same(w.get_value(), some())


def test_a_second_compilation_comes_from_the_cache():
    def build():
        x = S.csr_matrix("x")
        return symgraph.function([x], [S.sp_sum(S.structured_exp(x)), x[1:3]])

    first, second = build()(some()), build()(some())
    assert first[0] == second[0]
    same(first[1], second[1])


def test_constants_and_operators():
    a, d = some(), np.arange(20.0).reshape(4, 5)
    x = S.as_sparse_variable(a)
    assert isinstance(x, S.SparseConstant)
    assert x.signature() == S.as_sparse(a.copy()).signature()
    for got, wanted in ((x + d, a.toarray() + d), (d + x, a.toarray() + d), (x - d, a.toarray() - d), (d - x, d - a.toarray()),
                        (T.constant(d) - x, d - a), (x @ d.T, a @ d.T), (d.T @ x, d.T @ a), (T.constant(d.T) @ x, d.T @ a),
                        (T.dot(x, d.T), a @ d.T), (T.dot(d.T, x), d.T @ a)):
        np.testing.assert_allclose(got.eval(), wanted)
    for got, wanted in ((x * d, a.multiply(d)), (d * x, a.multiply(d)), (2 * x, a * 2), (x * x, a.multiply(a)), (-x, -a), (x + a, a + a),
                        (x.T @ a, a.T @ a)):
        np.testing.assert_allclose(got.eval().toarray(), wanted.toarray())
    np.testing.assert_array_equal((x > d).eval(), a.toarray() > d)
    np.testing.assert_array_equal((x <= x).eval().toarray(), 1)
    assert x.size.eval() == a.nnz
    assert x.ndim == 2


def test_bsr_matrices_are_taken_as_csr():
    x = S.bsr_matrix("x")
    b = scipy.sparse.bsr_matrix(np.kron(np.eye(2), np.ones((2, 2))))
    out, twice, product = symgraph.function([x], [x, x * 2.0, S.dot(x, np.ones(4))])(b)
    assert out.format == "bsr"
    assert twice.format == "csr"
    np.testing.assert_allclose(product, b @ np.ones(4))
    gradient = symgraph.grad(S.sp_sum(S.sqr(x)), x)
    np.testing.assert_allclose(gradient.eval({x: b}).toarray(), 2 * b.toarray())


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_indices_of_either_width(dtype):
    a = some()
    a.indices, a.indptr = a.indices.astype(dtype), a.indptr.astype(dtype)
    x = S.csr_matrix("x")
    same(symgraph.function([x], x + x)(a), a + a)


def test_ops_of_a_user_take_and_give_matrices_of_scipy():
    class Upper(symgraph.Op):
        __props__ = ()

        def make_node(self, x):
            return symgraph.Apply(self, [S.as_sparse_variable(x)], [S.csr_matrix(), T.lscalar()])

        def perform(self, node, inputs, output_storage):
            (x,) = inputs
            output_storage[0][0] = scipy.sparse.triu(x, format="csr")
            output_storage[1][0] = np.asarray(x.nnz)

    x = S.csr_matrix("x")
    upper, count = Upper()(x * 2.0)
    for linker in LINKERS:
        got, number = symgraph.function([x], [upper + x, count], mode=symgraph.Mode(linker))(some())
        same(got, (scipy.sparse.triu(some() * 2) + some()).tocsr())
        assert number == some().nnz


def test_what_a_function_says_of_itself():
    x = S.csr_matrix("x")
    f = symgraph.function([x], S.sp_sum(x), mode="CHECK")
    assert f(some()) == some().sum()
    g = symgraph.function([x], S.dot(x, np.ones(5)))
    assert "define" in g.source("llvm")
    assert "for" in g.source("c")


# Bad input ------------------------------------------------------------------------------------------------------------

x_, d_, v_, t_ = S.csr_matrix("x"), T.dmatrix("d"), T.dvector("v"), T.dtensor3("t")
BUILT = [
    (TypeError, "unsupported format", lambda: S.SparseType("coo", "float64")),
    (TypeError, "unsupported dtype", lambda: S.SparseType("csr", "float16")),
    (TypeError, "unsupported dtype", lambda: S.csr_matrix(dtype="bool")),
    (TypeError, "not a dtype", lambda: S.csr_matrix(dtype="double128")),
    (TypeError, "name of a variable", lambda: S.csr_matrix(3)),
    (TypeError, "not sparse", lambda: S.structured_exp(d_)),
    (TypeError, "csr_from_dense", lambda: S.as_sparse_variable(d_)),
    (TypeError, "scipy.sparse", lambda: S.as_sparse_variable([[1.0]])),
    (TypeError, "must be sparse", lambda: S.add(d_, d_)),
    (TypeError, "must be sparse", lambda: S.mul(d_, d_)),
    (TypeError, "at least one sparse", lambda: S.dot(d_, d_)),
    (TypeError, "must be sparse", lambda: S.structured_dot(d_, d_)),
    (TypeError, "must be sparse", lambda: S.true_dot(d_, d_)),
    (TypeError, "must be sparse", lambda: S.eq(d_, d_)),
    (TypeError, "matrix or a vector", lambda: S.dot(x_, t_)),
    (TypeError, "multiplies matrices", lambda: S.structured_dot(x_, v_)),
    (TypeError, "added to a matrix", lambda: S.add(x_, v_)),
    (TypeError, "matrix or a scalar", lambda: S.mul(x_, v_)),
    (TypeError, "adds a vector", lambda: S.structured_add_s_v(x_, d_)),
    (TypeError, "scaled by a vector", lambda: S.row_scale(x_, d_)),
    (TypeError, "one format", lambda: S.lt(x_, x_.T)),
    (TypeError, "one format and dtype", lambda: S.add_s_s_data(x_, x_.T)),
    (TypeError, "scalars", lambda: S.structured_pow(x_, v_)),
    (TypeError, "takes 2 arguments", lambda: S.structured_pow(x_)),
    (ValueError, "axis of sp_sum", lambda: S.sp_sum(x_, axis=2)),
    (TypeError, "as a vector", lambda: S.square_diagonal(d_)),
    (TypeError, "two dimensions", lambda: S.csr_from_dense(t_)),
    (TypeError, "must be a vector", lambda: S.CSR(d_, [0], [0, 1], [1, 1])),
    (TypeError, "indices", lambda: S.CSR(v_, v_, [0, 1], [1, 1])),
    (ValueError, "format must be", lambda: S.CSM("bsr")),
    (TypeError, "kmap", lambda: S.CSM("csr", kmap=[0])),
    (TypeError, "vector of integers", lambda: S.get_item_list(x_, v_)),
    (NotImplementedError, "no sparse vectors", lambda: x_[1]),
    (NotImplementedError, "no sparse vectors", lambda: x_[1, :]),
    (TypeError, "indexed by slices", lambda: x_["a"]),
    (IndexError, "two dimensions", lambda: x_[:, :, :]),
    (TypeError, "slice", lambda: x_[v_:]),
    (ValueError, "empty list", lambda: S.hstack([])),
    (TypeError, "list of lists", lambda: S.block([x_])),
    (TypeError, "real part", lambda: S.cast(S.csr_matrix(dtype="complex64"), "float32")),
    (ValueError, "dtype must be specified", lambda: S.HStack("csr")),
    (TypeError, "usmm", lambda: S.usmm(v_, x_, d_, d_)),
    (TypeError, "rows of a matrix", lambda: S.sparse_grad(d_)),
    (TypeError, "another dimension", lambda: S.sparse_grad(d_[:, [0, 1]])),
    (TypeError, "values with", lambda: S.construct_sparse_from_list(d_, v_, [0])),
    (TypeError, "same type", lambda: symgraph.function([], [], updates=[(symgraph.shared(some()), S.csc_matrix())])),
    (TypeError, "cannot be of its type", lambda: symgraph.function([], [], updates=[(symgraph.shared(some()), 3.0)])),
    (TypeError, "type of what it", lambda: symgraph.function([], S.sp_sum(x_), givens={x_: S.csc_matrix()})),
    (TypeError, "sparse", lambda: symgraph.shared(some()).set_value(3)),
    (TypeError, "toarray", lambda: np.exp(x_)),
    (TypeError, "toarray", lambda: np.linalg.inv(x_)),
    (TypeError, "add.reduce", lambda: np.add.reduce(x_)),
    (TypeError, "unsupported operand", lambda: x_ / d_),
]


def test_numpy_on_sparse_variables():
    x, value = S.csc_matrix("x"), some("csc")
    dense = np.arange(20.0).reshape(4, 5)
    pairs = [
        (lambda a: np.sin(a), np.sin), (lambda a: a / 4.0, lambda a: a / 4), (lambda a: np.multiply(a, a), np.square),
        (lambda a: dense + a, dense.__add__), (lambda a: np.negative(a), np.negative), (lambda a: np.dot(a.T, dense), lambda a: a.T @ dense),
        (lambda a: np.sum(a, axis=0), lambda a: a.sum(0)), (lambda a: np.float64(2) * a, lambda a: 2 * a),
    ]
    for build, wanted in pairs:
        got = symgraph.function([x], build(x))(value)
        np.testing.assert_allclose(got.toarray() if scipy.sparse.issparse(got) else got, wanted(value.toarray()), rtol=1e-12)
    assert (S.csr_matrix("i", dtype="int32") / 2).dtype == "float64" and (S.csr_matrix("f", dtype="float32") / 2).dtype == "float32"


@pytest.mark.parametrize("error, match, build", BUILT, ids=lambda v: v if isinstance(v, str) else "")
def test_what_cannot_be_is_said_as_it_is_built(error, match, build):
    with pytest.raises(error, match=match):
        build()


CALLED = [
    (ValueError, "shape", lambda x, y, d: S.add(x, y)),
    (ValueError, "specified|said|shape|mis-match", lambda x, y, d: S.add(x, d)),
    (ValueError, "shape|said", lambda x, y, d: S.mul(x, d)),
    (ValueError, "shape", lambda x, y, d: S.mul(x, y)),
    (ValueError, "shape", lambda x, y, d: S.dot(x, y)),
    (ValueError, "shape mismatch", lambda x, y, d: S.dot(x, d)),
    (ValueError, "shape mismatch", lambda x, y, d: S.dot(d, x)),
    (ValueError, "shape mismatch", lambda x, y, d: S.structured_dot(x.to_format("csc"), d)),
    (ValueError, "shape", lambda x, y, d: S.true_dot(x, y)),
    (ValueError, "shape", lambda x, y, d: S.lt(x, y)),
    (ValueError, "square", lambda x, y, d: S.diag(x)),
    (ValueError, "vector|said", lambda x, y, d: S.row_scale(x, d[0])),
    (ValueError, "vector|said", lambda x, y, d: S.col_scale(x, d[0])),
    (ValueError, "vector|said", lambda x, y, d: S.mul_s_v(x, d[0])),
    (ValueError, "joined", lambda x, y, d: S.hstack([x, y])),
    (ValueError, "joined", lambda x, y, d: S.vstack([x, y])),
    (ValueError, "shape|said", lambda x, y, d: S.sampling_dot(d, d, x)),
    (ValueError, "shape|said", lambda x, y, d: S.usmm(1.0, x, d.T, d)),
    (IndexError, "out of bounds", lambda x, y, d: x[[9]]),
    (IndexError, "out of bounds", lambda x, y, d: x[4, 0]),
    (IndexError, "out of bounds", lambda x, y, d: x[[0], [7]]),
    (IndexError, "rows and", lambda x, y, d: x[[0, 1], [0]]),
    (IndexError, "has the index 7", lambda x, y, d: S.dot(S.CSR([1.0, 2.0], [0, 7], [0, 1, 2], [2, 3]), d[:3, :2])),
    (IndexError, "has the index -2", lambda x, y, d: S.dot(S.CSR([1.0, 2.0], [0, -2], [0, 1, 2], [2, 3]), d[:3, 0])),
    (IndexError, "has the index 5", lambda x, y, d: S.dot(S.CSC([1.0, 2.0], [5, 0], [0, 1, 2], [3, 2]), d[:2, 0])),
    (IndexError, "indptr", lambda x, y, d: S.dot(S.CSR([1.0, 2.0, 3.0], [0, 1, 99], [0, 3, 2], [2, 3]), d[:3, 0])),
    (IndexError, "indptr", lambda x, y, d: S.dot(S.CSC([1.0, 2.0, 3.0], [0, 1, 99], [0, 3, 2], [3, 2]), d[:2, 0])),
    (IndexError, "has the index -1", lambda x, y, d: S.dense_from_sparse(S.CSC([1.0, 2.0], [0, -1], [0, 1, 2], [2, 2]))),
    (IndexError, "indptr", lambda x, y, d: S.sp_sum(S.CSR([1.0, 2.0], [0, 1], [0, 9, 2], [2, 2]), axis=1)),
    (ValueError, "elements|same length|size", lambda x, y, d: S.dense_from_sparse(S.CSR([1.0, 2.0], [0], [0, 1, 2], [2, 2]))),
    (ValueError, "lines|row", lambda x, y, d: S.dense_from_sparse(S.CSR([1.0, 2.0], [0, 1], [0, 1, 2], [3, 2]))),
]


@pytest.mark.parametrize("error, match, build", CALLED, ids=lambda v: v if isinstance(v, str) else "")
def test_sizes_that_do_not_fit_are_said_at_the_call(error, match, build):
    x, y, d = S.csr_matrix("x"), S.csr_matrix("y"), T.dmatrix("d")
    values = (some(), some(shape=(3, 3)), np.ones((4, 3)))
    out = build(x, y, d)
    for linker in ("py", "llvm"):
        with pytest.raises(error, match=match) as raised:
            symgraph.function([x, y, d], out, on_unused_input="ignore", mode=symgraph.Mode(linker))(*values)
        assert "test_sparse.py" in str(raised.value)  # the line is named


@pytest.mark.parametrize("value, match", [(3, "expected a matrix"), (np.ones(3), "expected a matrix"), ("a", "expected a matrix"), (None, "matrix"),
                                          (some(dtype="complex128"), "loss of precision")])
def test_arguments_that_are_no_matrices(value, match):
    f = symgraph.function([S.csr_matrix("x")], [], on_unused_input="ignore")
    with pytest.raises(TypeError, match=match):
        f(value)


def test_arguments_are_converted_where_nothing_is_lost():
    x = S.csr_matrix("x")
    f = symgraph.function([x], x)
    for given in (some("csc"), some("coo"), some("lil"),
                  some(dtype="float32"), some(dtype="int32"), some().toarray(), scipy.sparse.csr_array(some())):
        same(f(given), some())
    strict = symgraph.function([symgraph.In(x, strict=True)], x)
    same(strict(some()), some())
    with pytest.raises(TypeError, match="strict"):
        strict(some("csc"))
    down = symgraph.function([S.csr_matrix("y", dtype="float32")], [], allow_input_downcast=True, on_unused_input="ignore")
    assert down(some()) == []


# Derivatives ----------------------------------------------------------------------------------------------------------


def test_gradients_are_of_the_type_of_what_they_belong_to():
    x, y = S.csc_matrix("x", dtype="float32"), T.fmatrix("y")
    for cost in (S.dot(x, y).sum(), S.sp_sum(x * x), S.sp_sum(S.structured_exp(x.T)), S.dense_from_sparse(x.T).sum(),
                 (x.to_format("csr") + y.T).sum(), S.diag(x).sum(), S.sp_sum(S.hstack([x, x]))):
        assert symgraph.grad(cost, x).type == x.type


@pytest.mark.parametrize("structured", [True, False])
def test_structured_and_full_gradients(structured):
    x = S.csr_matrix("x")
    a = some()
    stored = (a.toarray() != 0) * 1.0
    wanted = stored if structured else np.ones((4, 5))
    for cost in (S.sp_sum(x, sparse_grad=structured), S.DenseFromSparse(structured)(x).sum()):
        np.testing.assert_array_equal(symgraph.grad(cost, x).eval({x: a}).toarray(), wanted)
    d = np.ones((5, 2))
    product = (S.structured_dot if structured else S.dot)(x, d)
    np.testing.assert_allclose(symgraph.grad(product.sum(), x).eval({x: a}).toarray(), wanted * 2)


def test_the_gradient_by_the_stored_elements_makes_no_dense_matrix():
    n = 200_000
    data, v = T.dvector("data"), T.dvector("v")
    places = np.arange(n)
    x = S.CSR(data, places, np.arange(n + 1), [n, n])
    cost = S.sp_sum(x) + (S.dot(x, v) ** 2).sum()
    f = symgraph.function([data, v], symgraph.grad(cost, data))
    np.testing.assert_allclose(f(np.full(n, 2.0), np.ones(n)), np.full(n, 5.0))


def test_sparse_gradient_of_rows():
    x = T.dmatrix("x")
    w = symgraph.shared(np.arange(8.0).reshape(4, 2))
    picked = symgraph.sparse_grad(w[np.array([1, 1, 3])])
    g = symgraph.grad((picked**2).sum(), w)
    assert isinstance(g, S.SparseVariable)
    f = symgraph.function([], picked, updates=[(w, w - 0.5 * g)])
    np.testing.assert_allclose(f(), [[2, 3], [2, 3], [6, 7]])
    np.testing.assert_allclose(w.get_value(), [[0, 1], [-2, -3], [4, 5], [0, 0]])
    assert symgraph.grad(symgraph.sparse_grad(x[[0]]).sum(), x).type == S.SparseType("csc", "float64")
    with pytest.raises(IndexError, match="out of bounds"):
        symgraph.sparse_grad(x[[5]]).eval({x: np.ones((2, 2))})


def test_discrete_matrices_have_flat_gradients():
    x = S.csr_matrix("x", dtype="int64")
    g = symgraph.grad(S.sp_sum(x), x, disconnected_inputs="ignore")
    assert g.dtype == "float64"
    assert symgraph.grad(S.dense_from_sparse(S.gt(x, x)).sum(), x).eval({x: some(dtype="int64")}).nnz == 0


def test_values_by_the_rules_of_scipy_agree_with_compiled_ones():
    x, d = S.csr_matrix("x"), T.dmatrix("d")
    outputs = [S.structured_dot(x.T, d), S.mul(x, 3.0), S.csr_from_dense(d), S.sp_sum(x, axis=1)]
    values = {x: some(), d: np.arange(8.0).reshape(4, 2)}
    for a, b in zip(evaluate(outputs, values), symgraph.function([x, d], outputs)(*values.values())):
        if scipy.sparse.issparse(a):
            same(a, b)
        else:
            np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("shape, build", [
    ((3, 5), lambda x, y: S.dot(x, y)), ((3, 5, 2), lambda x, y: S.dot(x, y)), ((3, 5, 2), lambda x, y: S.structured_dot(x, y)),
    ((3, 4), lambda x, y: S.dot(y, x)), ((3, 2, 4), lambda x, y: S.dot(y, x))])
def test_stacks_of_dense_factors(shape, build):
    x, one, stack = S.csr_matrix("x"), T.tensor("float64", shape=(None,) * (len(shape) - 1)), T.tensor("float64", shape=(None,) * len(shape))
    values = np.arange(float(np.prod(shape))).reshape(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = symgraph.vectorize_graph(build(x, one), {one: stack}).eval({x: some(), stack: values})
    f = symgraph.function([x, one], build(x, one))
    np.testing.assert_allclose(got, [f(some(), value) for value in values])


def test_a_loop_reads_a_sparse_matrix():
    x, v = S.csr_matrix("x"), T.dvector("v")
    rows, _ = symgraph.scan(lambda h, x: S.dot(x, h), outputs_info=[v], non_sequences=[x], n_steps=2)
    a = some(shape=(4, 4))
    np.testing.assert_allclose(rows.eval({x: a, v: np.ones(4)})[-1], a @ (a @ np.ones(4)))


# Names ----------------------------------------------------------------------------------------------------------------


def test_names_have_text_and_are_listed():
    for name in S.__all__:
        found = getattr(S, name)
        if callable(found) and not isinstance(found, (symgraph.Op, S.SparseType)):
            assert found.__doc__, name


def test_products_with_vectors_by_the_operator():
    a = scipy.sparse.random(3, 4, 0.5, format="csr", random_state=0)
    x, left, right = S.csr_matrix("x", dtype="float64"), T.dvector(), T.dvector()
    outputs = [x @ right, left @ x, x.dot(right), symgraph.grad((x @ right).sum(), right)]
    found = symgraph.function([x, left, right], outputs)(a, np.arange(3.0), np.arange(4.0))
    for got, wanted in zip(found, [a @ np.arange(4.0), np.arange(3.0) @ a, a @ np.arange(4.0), a.T @ np.ones(3)]):
        np.testing.assert_allclose(got, wanted)
