"""Sparse matrices in the table of all ops. A matrix stands as the parts of a csr matrix; each row looks at it as csr, and as the csc
matrix of the same parts, its transpose. What is sparse is compared as a dense matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as scipy_sparse
from oprow import OpRow

import symgraph.sparse as S
import symgraph.tensor as T
from symgraph.ops.sparse.index import GetItem2dGrad, RowsWithSparseGrad
from symgraph.ops.sparse.kernels import (
    Count,
    Diagonal,
    MajorIndices,
    MajorSum,
    MinorSum,
    Resample,
    ToDense,
)
from symgraph.ops.sparse.multiply import Collect, SampledProduct, Scatter
from symgraph.ops.sparse.product import OuterProduct, Sampled
from symgraph.ops.sparse.reduce import Repeated

# indices and indptr of csr matrices, by name; with the sizes.
PATTERNS: dict[str, tuple[list[int], list[int], tuple[int, int]]] = {
    "square": ([1, 3, 0, 1, 2, 3], [0, 2, 2, 5, 6], (4, 4)),
    "twice": ([2, 0, 2, 1, 0, 3, 3], [0, 3, 4, 5, 7], (4, 4)),
    "nothing": ([], [0, 0, 0, 0, 0], (4, 4)),
    "wide": ([4, 0, 2, 1], [0, 2, 3, 4], (3, 5)),
    "no rows": ([], [0], (0, 5)),
    "one": ([0], [0, 1], (1, 1)),
    "zero sizes": ([], [0], (0, 0)),
    "small": ([1, 0, 2], [0, 1, 2, 3], (3, 3)),  # at which derivatives are computed
    "small twice": ([2, 1, 1], [0, 1, 3, 3], (3, 3)),
}
SQUARE = ("square", "twice", "zero sizes")
CORNERS = ("square", "twice", "nothing", "one", "zero sizes")
# Classes that others derive from, of which the table says nothing.
BASES = {
    "sparse.arithmetic.SparsePair", "sparse.compare.ComparisonSD", "sparse.compare.ComparisonSS", "sparse.kernels.Kernel", "sparse.multiply.Product",
    "sparse.structure.SparseOp",
}
LOOSER = {"float32": 4e-5, "complex64": 8e-5}
dense = S.DenseFromSparse(structured=False)


def numbers(random: np.random.RandomState, dtype: str, shape: Any, low: float = 0.3, high: float = 2.0) -> np.ndarray:
    """Random numbers of any dtype, away from 0."""
    if dtype.startswith(("int", "uint")):
        return random.randint(1, 5, shape).astype(dtype)
    real = np.asarray(random.uniform(low, high, shape))
    return (real + 1j * random.uniform(low, high, shape)).astype(dtype) if dtype.startswith("complex") else real.astype(dtype)


def parts(random: np.random.RandomState, pattern: str, dtype: str, *domain: float) -> list[np.ndarray]:
    """data, indices, indptr and shape."""
    indices, indptr, shape = PATTERNS[pattern]
    return [numbers(random, dtype, len(indices), *domain), np.array(indices, "int32"), np.array(indptr, "int32"), np.array(shape)]


def plain(x: Any) -> Any:
    """A result as an array."""
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x)


def sparse(
    name: str,
    build: Callable[..., Any],
    wanted: Callable[..., Any],
    sizes: Callable[[tuple[int, int]], Sequence[tuple[int, ...]]] = lambda shape: (),
    *,
    others: int = 0,
    second: bool = True,
    patterns: Sequence[str] = SQUARE,
    dtypes: Sequence[str] = ("float64", "float32", "complex128"),
    layouts: str = "rc",
    slopes: bool | tuple[int, ...] = True,
    at: str = "small",
    domain: tuple[float, float] = (0.3, 2.0),
) -> OpRow:
    """build(matrix, *other matrices, *dense): of sparse variables; wanted: of scipy matrices. others: how many matrices stand behind the
    first, of other patterns; sizes(shape): of the dense operands. layouts: r as csr, c as csc."""
    count = 1 + others

    def matrices(arrays: Sequence[Any], layout: str, make: Any) -> list[Any]:
        found = []
        for k in range(count):
            data, indices, indptr, shape = arrays[4 * k : 4 * k + 4]
            found.append(make(layout, data, indices, indptr, shape if layout == "r" else shape[::-1]))
        return [*found, *arrays[4 * count :]]

    def of_variables(layout: str, data: Any, *rest: Any) -> Any:
        return (S.CSR if layout == "r" else S.CSC)(data, *rest)

    def of_arrays(layout: str, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
        kind = scipy_sparse.csr_matrix if layout == "r" else scipy_sparse.csc_matrix
        return kind((data.copy(), indices.copy(), indptr.copy()), shape=tuple(map(int, shape)))

    def listed(x: Any) -> list[Any]:
        return list(x) if isinstance(x, (list, tuple)) else [x]

    def expression(*arrays: Any) -> list[Any]:
        found = [y for layout in layouts for y in listed(build(*matrices(arrays, layout, of_variables)))]
        return [dense(y) if isinstance(y, S.SparseVariable) else y for y in found]

    def value(*arrays: Any) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            return [plain(y) for layout in layouts for y in listed(wanted(*matrices(arrays, layout, of_arrays)))]

    def one(random: np.random.RandomState, pattern: str, dtype: str) -> list[np.ndarray]:
        own = parts(random, pattern, dtype, *domain)
        swapped = {"square": "twice", "twice": "square", "small": "small twice"}
        more = [part for _ in range(others) for part in parts(random, swapped.get(pattern, pattern), dtype, *domain)]
        return [*own, *more, *[numbers(random, dtype, shape, *domain) for shape in sizes(PATTERNS[pattern][2])]]

    def arguments(random: np.random.RandomState) -> list[list[np.ndarray]]:
        more = [one(random, patterns[k % min(2, len(patterns))], dtype) for k, dtype in enumerate(dtypes[1:])]
        return [one(random, p, dtypes[0]) for p in patterns] + more

    def points(random: np.random.RandomState) -> list[np.ndarray]:
        return one(random, at, "float64")

    first = [4 * k for k in range(count)] + [4 * count + k for k in range(len(sizes((1, 1))))]
    chosen = slopes if isinstance(slopes, tuple) else range(len(first)) if slopes else ()
    return OpRow(name, expression, value, arguments, points if slopes else None, tuple([first[k] for k in chosen]), second, 1e-12, LOOSER)


def kernel(name: str, build: Callable[..., Any], wanted: Callable[..., Any], *arrays: Any) -> OpRow:
    """An op of arrays, at one set of them; its derivatives are those of the ops that become it."""
    return OpRow(name, build, wanted, lambda random: [[np.asarray(a) for a in arrays]] * 2)


def _matrix(*shapes: Any) -> Any:
    return lambda shape: [tuple(shape[n] if n < 2 else n for n in one) for one in shapes]


def _functions(x: Any) -> list[Any]:
    return [S.structured_sigmoid(x), S.structured_exp(x), S.structured_log(x), S.structured_pow(x, 3.0), S.structured_minimum(x, 1.0),
            S.structured_maximum(x, 1.0), S.structured_add(x, 1.0), S.sin(x), S.tan(x), S.arcsin(x), S.arctan(x), S.sinh(x), S.arcsinh(x),
            S.tanh(x), S.arctanh(x), S.log1p(x), S.expm1(x), S.deg2rad(x), S.rad2deg(x), S.sqr(x), S.sqrt(x)]


def _of_stored(*functions: Callable[..., Any]) -> Callable[..., Any]:
    def wanted(x: Any) -> list[Any]:
        return [type(x)((f(x.data), x.indices, x.indptr), shape=x.shape) for f in functions]

    return wanted


def _with(x: Any, f: Callable[..., Any]) -> Any:
    return type(x)((f(x.data, x), x.indices, x.indptr), shape=x.shape)


def _sampled(p: Any, x: Any, y: Any) -> Any:
    found = p.tocoo()
    return type(p)((p.data * (x[found.row] * y[found.col]).sum(axis=1), p.indices, p.indptr), shape=p.shape)


def _ordered(x: Any) -> Any:
    found = x.copy()
    found.sort_indices()
    return found


_X = scipy_sparse.csr_matrix(np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]]))
_PARTS = (_X.data, _X.indices.astype("int32"), _X.indptr.astype("int32"))
_FORMATS = ("square", "twice", "nothing", "wide", "no rows")

ROWS = [
    # products
    sparse("sparse dot", lambda x, y, v: [S.dot(x, y), S.dot(x, v), S.dot(y.T, x), S.dot(v, x), S.structured_dot(x, y), S.structured_dot(y.T, x)],
           lambda x, y, v: [x @ y, x @ v, y.T @ x, v @ x, x @ y, y.T @ x], _matrix((0, 3), (0,)),
           patterns=("square", "twice", "one", "zero sizes"), dtypes=("float64", "float32", "complex128", "int64")),
    sparse("sparse dot, not square", lambda x, y, v: [S.dot(x, y.T), S.dot(x, v), S.dot(y, x.T)],
           lambda x, y, v: [x @ y.T, x @ v, y @ x.T], _matrix((3, 1), (1,)), layouts="r", patterns=("wide", "no rows"), at="wide"),
    sparse("sparse dot sparse", lambda x, y: [S.dot(x, y), S.structured_dot(x, y), S.true_dot(x, y), S.dot(x, y.T)],
           lambda x, y: [(x @ y).toarray(), x @ y, x @ y, (x @ y.T).toarray()], others=1),
    sparse("true_dot", lambda x, y: [S.true_dot(x, y), S.true_dot(y.T, x), S.TrueDot(grad_preserves_dense=False)(x, y)],
           lambda x, y: [x @ y, y.T @ x, x @ y], _matrix((0, 3))),
    sparse("usmm", lambda x, w, a, y, z, q: [S.usmm(a, x, y, z), S.usmm(a, y.T, x, z.T), S.usmm(a, x, w, q)],
           lambda x, w, a, y, z, q: [a * (x @ y) + z, a * (y.T @ x) + z.T, a * (x @ w).toarray() + q],
           _matrix((), (0, 3), (0, 3), (0, 1)), others=1, second=False, dtypes=("float64", "float32")),
    sparse("sampling_dot", lambda p, x, y: S.sampling_dot(x, y, p), _sampled, _matrix((0, 3), (0, 3))),
    sparse("structured_dot_grad", lambda x, y, g: S.structured_dot_grad(x, y, g),
           lambda x, y, g: _sampled(_with(x, lambda d, _: np.ones_like(d)), g, y), _matrix((0, 3), (0, 3)), slopes=(1, 2)),
    sparse("sparse outer product", lambda x, u, v: [OuterProduct("csr")(u, v), OuterProduct("csc")(u, v)], lambda x, u, v: [u @ v.T] * 2,
           _matrix((0, 3), (0, 3)), layouts="r", slopes=(1, 2)),
    # element by element
    sparse("sparse add", lambda x, y, z: [S.add(x, y), S.sub(x, y), S.add(x, z), S.sub(z, x), x + y.T, -x, S.add_s_s_data(x, x * 2)],
           lambda x, y, z: [x + y, x - y, x.toarray() + z, z - x.toarray(), x + y.T, -x, x * x.dtype.type(3)], _matrix((0, 1)), others=1,
           dtypes=("float64", "float32", "complex128")),
    sparse("sparse mul", lambda x, y, z, v, a: [S.mul(x, y), S.mul(x, z), S.mul(z, x), S.mul(x, a), S.mul_s_v(x, v), S.structured_add_s_v(x, v)],
           lambda x, y, z, v, a: [x.multiply(y), x.multiply(z), x.multiply(z), x * a, x.multiply(v),
                                  _with(x, lambda d, x: d + v[x.tocoo().col])],
           _matrix((0, 1), (0,), ()), others=1),
    sparse("row_scale, col_scale", lambda x, r, c: [S.row_scale(x, r), S.col_scale(x, c)],
           lambda x, r, c: [scipy_sparse.diags_array(r) @ x if r.size else x, x @ scipy_sparse.diags_array(c) if c.size else x],
           _matrix((0,), (1,)), layouts="r", patterns=("square", "twice", "nothing", "wide"), dtypes=("float64", "float32", "complex128"),
           at="wide"),
    sparse("row_scale, col_scale of csc", lambda x, r, c: [S.row_scale(x, r), S.col_scale(x, c)],
           lambda x, r, c: [x.multiply(r[:, None]), x.multiply(c[None, :])], _matrix((1,), (0,)), layouts="c",
           patterns=("square", "twice", "nothing", "wide"), dtypes=("float64", "float32"), at="wide"),
    sparse("sparse comparisons", lambda x, y, z: [f(a, b) for f in (S.eq, S.neq, S.lt, S.gt, S.le, S.ge) for a, b in ((x, y), (x, z), (z, x))],
           lambda x, y, z: [f(a, b).astype("uint8") for f in (np.equal, np.not_equal, np.less, np.greater, np.less_equal, np.greater_equal)
                            for a, b in ((x.toarray(), y.toarray()), (x.toarray(), z), (z, x.toarray()))],
           _matrix((0, 1)), others=1, patterns=("square", "zero sizes"), dtypes=("float64", "int64"), slopes=False),
    sparse("structured functions", _functions, _of_stored(
        lambda d: 1 / (1 + np.exp(-d)), np.exp, np.log, lambda d: d**3, lambda d: np.minimum(d, 1), lambda d: np.maximum(d, 1), lambda d: d + 1,
        np.sin, np.tan, np.arcsin, np.arctan, np.sinh, np.arcsinh, np.tanh, np.arctanh, np.log1p, np.expm1, np.deg2rad, np.rad2deg, np.square,
        np.sqrt), domain=(0.2, 0.8), patterns=("square", "zero sizes"), dtypes=("float64", "float32")),
    sparse("structured steps", lambda x: [S.rint(x), S.sgn(x), S.ceil(x), S.floor(x), S.trunc(x)],
           _of_stored(np.rint, np.sign, np.ceil, np.floor, np.trunc), dtypes=("float64", "float32"), slopes=False),
    sparse("sparse conj", lambda x: [S.conj(x), x.real, x.imag], _of_stored(np.conj, np.real, np.imag), dtypes=("complex128", "complex64"),
           patterns=("square", "nothing"), slopes=False),
    # sums and diagonals
    sparse("sp_sum", lambda x: [S.sp_sum(x, axis, how) for axis in (None, 0, 1) for how in (False, True)],
           lambda x: [np.asarray(x.sum(axis, dtype=x.dtype)).reshape(-1 if axis is not None else ()) for axis in (None, 0, 1) for _ in range(2)],
           patterns=_FORMATS),
    sparse("repeated sum", lambda x, v: [Repeated(None, "csr")(v.sum(), S.csm_shape(x)), Repeated(0, "csr")(v, S.csm_shape(x)),
                                         Repeated(1, "csc")(v, S.csm_shape(x))],
           lambda x, v: [np.full(x.shape, v.sum()), np.tile(v, (x.shape[0], 1)), np.tile(v, (x.shape[0], 1)).T], _matrix((0,)), layouts="r",
           dtypes=("float64",), slopes=(1,)),
    sparse("sparse diag", lambda x, v: [S.diag(x), S.square_diagonal(v)], lambda x, v: [x.diagonal(), np.diag(v)], _matrix((0,)), patterns=CORNERS),
    # conversions
    sparse("sparse conversions", lambda x: [S.dense_from_sparse(x), x.T, S.cast(x, "complex128").real, S.clean(x),
                                            S.ensure_sorted_indices(x), S.remove0(x), x.to_format("csr"), x.to_format("csc")],
           lambda x: [x, x.T, x.astype("float64"), x, x, x, x, x],
           patterns=_FORMATS, dtypes=("float64", "float32", "int64")),
    sparse("sparse ones and zeros", lambda x: [S.sp_ones_like(x), S.sp_zeros_like(x)],
           lambda x: [_with(x, lambda d, _: np.ones_like(d)), x * 0], slopes=False),
    sparse("sparse parts", lambda x: S.csm_properties(S.ensure_sorted_indices(x))[:3],
           lambda x: [_ordered(x).data, _ordered(x).indices.astype("int32"), x.indptr.astype("int32")], patterns=("square", "nothing", "wide"),
           slopes=False),
    sparse("csr_from_dense", lambda x, y: [S.csr_from_dense(y), S.csc_from_dense(y), S.csr_from_dense(y[0])], lambda x, y: [y, y, y[:1]],
           _matrix((0, 1)), layouts="r", patterns=("square", "wide", "one"), slopes=(1,)),
    sparse("csm_grad", lambda x, y: S.csm_grad()(*S.csm_properties(x), *S.csm_properties(y)),
           lambda x, y: y.toarray()[x.tocoo().row, x.tocoo().col], others=1, slopes=(1,)),
    # parts and joins
    sparse("sparse rows", lambda x, y: [x[[2, 0, -1, 2]], S.get_item_list_grad(x, np.array([3, 0, 3, 1]), y)],
           lambda x, y: [x[[2, 0, 3, 2]], _rows_put(x, y)], others=1, patterns=("square", "twice", "nothing"), at="square", second=False),
    sparse("sparse region", lambda x: [x[1:3, ::2], x[::-1], x[1:, -2:], x[0:0],
                                       GetItem2dGrad(((True, True, False), (False,) * 3))(x, x[1:3], 2, 4)],
           lambda x: [x[1:3, ::2], x[::-1], x[1:, -2:], x[0:0], _region_put(x)],
           patterns=("square", "twice", "nothing"), dtypes=("float64", "float32"), at="square", second=False),
    sparse("sparse elements", lambda x, g: [x[[0, 3, -1], [1, 1, 3]], x[2, 1], x[-1, -1], S.get_item_2lists_grad(x, [0, 0, 3], [1, 1, 2], g[:3])],
           lambda x, g: [x.toarray()[[0, 3, 3], [1, 1, 3]], x.toarray()[2, 1], x.toarray()[3, 3], _put(x, g)], _matrix((0,)),
           patterns=("square", "twice", "nothing"), at="square", second=False),
    sparse("sparse stacks", lambda x, y: [S.hstack([x, y]), S.vstack([x, y], format="csr"), S.block([[x, y], [y, x]])],
           lambda x, y: [scipy_sparse.hstack([x, y]), scipy_sparse.vstack([x, y]), scipy_sparse.bmat([[x, y], [y, x]])], others=1),
    sparse("construct_sparse_from_list", lambda x, y: S.construct_sparse_from_list(T.zeros((5, 4)), y, [1, 3, 1, 0]),
           lambda x, y: _constructed(y), _matrix((0, 1)), layouts="r", patterns=("square",), at="square", slopes=(1,)),
    sparse("rows with a sparse gradient", lambda x, y: RowsWithSparseGrad()(y, np.array([1, -1, 1])), lambda x, y: y[[1, -1, 1]], _matrix((0, 1)),
           layouts="r", patterns=("square",), slopes=False),
    # kernels
    kernel("sparse kernels",
           lambda d, i, p, s, y, z, v: [
               Collect(1)(d, i, p, s, y), Scatter(1)(d, i, p, s, z), SampledProduct()(i, p, z, y), MajorSum()(d, p), MinorSum(1)(d, i, s),
               MajorIndices()(i, p), ToDense("csr")(d, i, p, s), Count(1)(v),
               Resample()(d, i, p, i, p, s[1])],
           lambda d, i, p, s, y, z, v: [
               _X @ y, _X.T @ z, (z[_X.tocoo().row] * y[i]).sum(axis=1), np.asarray(_X.sum(1)).ravel(), np.asarray(_X.sum(0)).ravel(),
               _X.tocoo().row.astype("int32"), _X.toarray(), np.arange(4, dtype="int32"), d],
           *_PARTS, np.array([2, 3]), np.arange(6.0).reshape(3, 2), np.arange(4.0).reshape(2, 2), np.arange(3.0)),
    kernel("diagonal kernel", lambda d, i, p, s: Diagonal()(d, i, p, s), lambda d, i, p, s: np.array([1.0, 3.0, 0.0]),
           np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1], "int32"), np.array([0, 2, 3, 3], "int32"), np.array([3, 3])),
    kernel("sampled product", lambda i, p, u, v: Sampled()(i, p, u, v), lambda i, p, u, v: (u[_X.tocoo().row] * v[i]).sum(axis=1),
           *_PARTS[1:], np.arange(4.0).reshape(2, 2), np.arange(6.0).reshape(3, 2)),
]


def _rows_put(x: Any, y: Any) -> Any:
    found = np.zeros(x.shape, x.dtype)
    np.add.at(found, np.array([3, 0, 3, 1]), y.toarray())
    return found


def _put(x: Any, g: Any) -> Any:
    found = np.zeros(x.shape, x.dtype)
    np.add.at(found, ([0, 0, 3], [1, 1, 2]), g[:3])
    return found


def _constructed(y: Any) -> Any:
    found = np.zeros((5, 4), y.dtype)
    np.add.at(found, [1, 3, 1, 0], y)
    return found


def _region_put(x: Any) -> Any:
    found = np.zeros(x.shape, x.dtype)
    found[2:4] = x.toarray()[1:3]
    return found
