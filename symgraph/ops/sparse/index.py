"""Rows, regions and elements of sparse matrices; sparse matrices of given rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import DISCRETE, INTEGER
from symgraph.expr.make import as_tensor, as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.sparse import SparseType, as_sparse_variable
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.ops.sparse.convert import DenseFromSparse
from symgraph.ops.sparse.structure import SparseOp, layout_of

__all__ = [
    "ConstructSparseFromList", "GetItem2Lists", "GetItem2ListsGrad", "GetItem2d", "GetItem2dGrad", "GetItemList", "GetItemListGrad", "GetItemScalar",
    "RowsWithSparseGrad", "construct_sparse_from_list", "get_item_2d", "get_item_2lists", "get_item_2lists_grad", "get_item_list",
    "get_item_list_grad", "get_item_scalar", "getitem", "sparse_grad",
]


def integers(x: Any, what: str) -> None:
    """TypeError unless x is a vector of integers."""
    if x.ndim != 1 or (x.dtype not in INTEGER and x.type.shape != (0,)):
        raise TypeError(f"{what} must be a vector of integers, got {x.type}")


def as_indices(x: Any) -> Any:
    """Indices as a variable; an empty list is one of integers."""
    return as_tensor(np.zeros(0, "int64") if isinstance(x, (list, tuple)) and not x else x)


def plain(x: Any) -> Any:
    """A scipy matrix as csr or csc, which can be indexed."""
    return x.tocsr() if x.format == "bsr" else x


def summed(x: Any, rows: Any, columns: Any, values: Any) -> Any:
    """The matrix of the shape of x with these elements; what stands twice is added."""
    from scipy.sparse import coo_matrix

    return coo_matrix((values, (rows, columns)), shape=x.shape)


def counted(indices: np.ndarray, size: int) -> np.ndarray:
    """Indices counted from 0; IndexError if one is out of range."""
    outside = (indices < -size) | (indices >= size)
    if outside.any():
        raise IndexError(f"index {indices[int(outside.argmax())]} is out of bounds for a sparse matrix of size {size} along that dimension")
    return np.where(indices < 0, indices + size, indices).astype("int64")


class GetItemList(SparseOp):
    """x, index: the rows of x at the places that an integer vector says. IndexError if one is out of range."""

    __props__ = ()
    kinds = "sd"

    def output_types(self, x: Any, index: Any) -> list[Any]:
        integers(index, "rows of a sparse matrix")
        return [SparseType(layout_of(x), x.dtype)]

    def compute(self, x: Any, index: Any) -> Any:
        return plain(x)[counted(index, x.shape[0])]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [get_item_list_grad(*inputs, output_grads[0]), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


class GetItemListGrad(SparseOp):
    """x, index, gz: a matrix of the shape of x with the rows of gz at `index`; those that stand twice are added."""

    __props__ = ()
    kinds = "sds"

    def output_types(self, x: Any, index: Any, g: Any) -> list[Any]:
        integers(index, "rows of a sparse matrix")
        return [SparseType(layout_of(x), g.dtype)]

    def compute(self, x: Any, index: Any, g: Any) -> Any:
        found = g.tocoo()
        return summed(x, counted(index, x.shape[0])[found.row], found.col, found.data)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None, None, get_item_list(output_grads[0], inputs[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False], [True]]


class GetItem2Lists(SparseOp):
    """x, rows, columns: the elements of x at pairs of indices, a dense vector. IndexError if one is out of range."""

    __props__ = ()
    kinds = "sdd"

    def output_types(self, x: Any, rows: Any, columns: Any) -> list[Any]:
        integers(rows, "rows of elements")
        integers(columns, "columns of elements")
        return [tensor_type(x.dtype, (None,))]

    def compute(self, x: Any, rows: Any, columns: Any) -> Any:
        if len(rows) != len(columns):
            raise IndexError(f"elements of a sparse matrix at {len(rows)} rows and {len(columns)} columns")
        if not len(rows):
            return np.zeros(0, x.dtype)
        return np.asarray(plain(x)[counted(rows, x.shape[0]), counted(columns, x.shape[1])]).reshape(-1)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [get_item_2lists_grad(*inputs, output_grads[0]), None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


class GetItem2ListsGrad(SparseOp):
    """x, rows, columns, gz: a matrix of the shape of x with the vector gz at pairs of indices; those that stand twice are added."""

    __props__ = ()
    kinds = "sddd"

    def output_types(self, x: Any, rows: Any, columns: Any, g: Any) -> list[Any]:
        integers(rows, "rows of elements")
        integers(columns, "columns of elements")
        return [SparseType(layout_of(x), g.dtype)]

    def compute(self, x: Any, rows: Any, columns: Any, g: Any) -> Any:
        return summed(x, counted(rows, x.shape[0]), counted(columns, x.shape[1]), g)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None, None, None, get_item_2lists(output_grads[0], *inputs[1:3])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [False], [False], [True]]


class GetItem2d(SparseOp):
    """x[a:b:c, d:e:f]. slices: for each dimension which of start, stop and step are inputs (they stand behind x, 0-d integers)."""

    __props__ = ("slices",)

    def __init__(self, slices: Sequence[Sequence[bool]] = ((False,) * 3, (False,) * 3)) -> None:
        self.slices = tuple([tuple(given) for given in slices])

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """(x, index): a tuple of one or two slices, whose parts are ints or variables; or x and the parts that are inputs."""
        if len(inputs) == 2 and isinstance(inputs[1], (tuple, list, slice)):
            return _region(inputs[0], inputs[1])
        return super().__call__(*inputs, **options)

    def make_node(self, *inputs: Any) -> Apply:
        x, parts = as_sparse_variable(inputs[0]), [as_tensor(part) for part in inputs[1:]]
        return Apply(self, [x, *parts], [SparseType(layout_of(x), x.dtype).make_variable()])

    def key(self, parts: Sequence[Any]) -> tuple[slice, slice]:
        """The index of a call."""
        rest = iter(parts)
        rows, columns = [slice(*[int(next(rest)) if given else None for given in one]) for one in self.slices]
        return rows, columns

    def compute(self, x: Any, *parts: Any) -> Any:
        return plain(x)[self.key(parts)]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        x, *parts = inputs
        return [GetItem2dGrad(self.slices)(x, output_grads[0], *parts), *[None] * len(parts)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


class GetItem2dGrad(GetItem2d):
    """x, gz, parts: a matrix of the shape of x with gz in the region of GetItem2d."""

    __props__ = ("slices",)

    def make_node(self, *inputs: Any) -> Apply:
        x, g = map(as_sparse_variable, inputs[:2])
        return Apply(self, [x, g, *map(as_tensor, inputs[2:])], [SparseType(layout_of(x), g.dtype).make_variable()])

    def compute(self, x: Any, g: Any, *parts: Any) -> Any:
        rows, columns = [np.arange(n)[key] for n, key in zip(x.shape, self.key(parts))]
        found = g.tocoo()
        return summed(x, rows[found.row], columns[found.col], found.data)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        _, _, *parts = inputs
        return [None, GetItem2d(self.slices)(output_grads[0], *parts), *[None] * len(parts)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True], *[[False]] * (len(node.inputs) - 2)]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[1] is None else self(inputs[0], tangents[1], *inputs[2:])]


def _region(x: Any, index: Any) -> Any:
    index = index if isinstance(index, (tuple, list)) else (index,)
    if not 1 <= len(index) <= 2:
        raise IndexError(f"a sparse matrix has two dimensions, got {len(index)} indices")
    parts: list[Any] = []
    slices = []
    for one in [*index, *[slice(None)] * (2 - len(index))]:
        if not isinstance(one, slice):
            if isinstance(one, (int, np.integer)) or (isinstance(one, Variable) and getattr(one, "ndim", None) == 0):
                raise NotImplementedError("there are no sparse vectors: write X[a:b, c:d], X[a:b, c:c+1] or X[a:b] for a part of a sparse matrix")
            raise TypeError(f"a sparse matrix is indexed by slices, by two integers, or by lists of rows and columns, got {one!r}")
        given = []
        for part in (one.start, one.stop, one.step):
            given.append(part is not None)
            if part is not None:
                part = as_variable(part)
                if not isinstance(part, TensorVariable) or part.ndim or part.dtype not in DISCRETE:
                    raise TypeError(f"the parts of a slice of a sparse matrix are integers, got {part} of type {part.type}")
                parts.append(part)
        slices.append(given)
    return GetItem2d(slices)(as_sparse_variable(x), *parts)


class GetItemScalar(SparseOp):
    """x, (i, j): one element, a dense scalar. IndexError if there is no such element."""

    __props__ = ()
    kinds = "sdd"

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if len(inputs) == 2 and isinstance(inputs[1], (tuple, list)):
            inputs = (inputs[0], *inputs[1])
        return super().__call__(*inputs, **options)

    def output_types(self, x: Any, row: Any, column: Any) -> list[Any]:
        for k in (row, column):
            if k.ndim or k.dtype not in INTEGER:
                raise TypeError(f"an element of a sparse matrix has integers as indices, got {k.type}")
        return [tensor_type(x.dtype, ())]

    def compute(self, x: Any, row: Any, column: Any) -> Any:
        (i,), (j,) = counted(np.atleast_1d(row), x.shape[0]), counted(np.atleast_1d(column), x.shape[1])
        return np.asarray(plain(x)[i, j])

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        x, row, column = inputs
        return [get_item_2lists_grad(x, row.dimshuffle("x"), column.dimshuffle("x"), output_grads[0].dimshuffle("x")), None, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


_get_item_list, _get_item_list_grad = GetItemList(), GetItemListGrad()
_get_item_2lists, _get_item_2lists_grad = GetItem2Lists(), GetItem2ListsGrad()
get_item_list_grad, get_item_2lists_grad = _get_item_list_grad, _get_item_2lists_grad
get_item_2d, get_item_scalar = GetItem2d(), GetItemScalar()


def get_item_list(x: Any, index: Any) -> Any:
    """The rows of the sparse matrix x at the places that a list or an integer vector says: a sparse matrix. IndexError at the call for
    a place out of range."""
    return _get_item_list(x, as_indices(index))


def get_item_2lists(x: Any, ind1: Any, ind2: Any) -> Any:
    """The elements of the sparse matrix x at pairs of rows and columns: a dense vector of the dtype of x."""
    return _get_item_2lists(x, as_indices(ind1), as_indices(ind2))


def getitem(x: Any, key: Any) -> Any:
    """``x[a:b:c, d:e:f]`` a part, ``x[[...]]`` rows, ``x[[...], [...]]`` elements as a vector, ``x[i, j]`` one element."""
    keys = key if isinstance(key, tuple) else (key,)

    def scalar(k: Any) -> bool:
        return isinstance(k, (int, np.integer)) or (isinstance(k, TensorVariable) and k.ndim == 0)

    def several(k: Any) -> bool:
        return isinstance(k, (list, np.ndarray)) or (isinstance(k, TensorVariable) and k.ndim == 1)

    if len(keys) == 2 and all(map(scalar, keys)):
        return get_item_scalar(x, keys)
    if len(keys) == 2 and all(map(several, keys)):
        return get_item_2lists(x, *keys)
    if len(keys) == 1 and several(keys[0]):
        return get_item_list(x, keys[0])
    return _region(x, keys)


class ConstructSparseFromList(SparseOp):
    """shape, values, ilist: the csc matrix of this shape whose row ilist[k] is row k of the dense matrix `values`; what stands twice
    is added. Built of a matrix x in place of a shape, it takes that of x."""

    __props__ = ()
    kinds = "ddd"

    def make_node(self, x: Any, values: Any, ilist: Any) -> Apply:
        x = as_tensor(x)
        if x.ndim != 1:
            if x.ndim != 2:
                raise TypeError(f"cannot create a sparse matrix with {x.ndim} dimensions")
            x = x.shape
        return super().make_node(x, values, as_indices(ilist))

    def output_types(self, shape: Any, values: Any, ilist: Any) -> list[Any]:
        integers(ilist, "the list of rows")
        if values.ndim != 2:
            raise TypeError(f"cannot create a sparse matrix from values with {values.ndim} dimensions")
        return [SparseType("csc", values.dtype)]

    def compute(self, shape: Any, values: Any, ilist: Any) -> Any:
        from scipy.sparse import coo_matrix

        if len(ilist) != len(values):
            raise ValueError(f"{len(values)} rows of values, but a list of {len(ilist)} places")
        rows, columns = values.shape
        if columns > shape[1]:
            raise ValueError(f"rows of {columns} elements in a sparse matrix of {shape[1]} columns")
        where = np.repeat(counted(ilist, int(shape[0])), columns), np.tile(np.arange(columns), rows)
        return coo_matrix((values.ravel(), where), shape=tuple(map(int, shape)))

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        rows = DenseFromSparse(structured=False)(get_item_list(output_grads[0], inputs[2]))
        return [None, rows, None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True], [False]]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[1] is None else self(inputs[0], tangents[1], inputs[2])]


construct_sparse_from_list = ConstructSparseFromList()


class RowsWithSparseGrad(Op):
    """x, index: the rows of a dense matrix at places that an integer vector says; the gradient by x is a sparse matrix (csc)."""

    __props__ = ()

    def output_dtypes(self, x: Any, index: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, index: Any) -> Any:
        return [(index.shape[0], x.shape[1])]

    def compute(self, x: Any, index: Any) -> Any:
        return x[counted(index, x.shape[0])]

    def element(self, b: Any, index: Any, x: Any, rows: Any) -> Any:
        n = x.shape[0]
        row = b.cast(rows(index[0]), "int64")
        text = "index {} is out of bounds for a sparse matrix of size {} along that dimension"
        b.check(b.both(b.less_equal(-n, row), b.less(row, n)), "IndexError", text, row, n)
        return x(b.select(b.less(row, 0), row + n, row), index[1])

    def reads(self, node: Any) -> list[str]:
        return ["many", "many"]

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        x, index = inputs
        return [construct_sparse_from_list(x, output_grads[0], index), None]

    def R_op(self, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], inputs[1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


def sparse_grad(var: Any) -> Any:
    """The same rows of a dense matrix, with a sparse gradient. var: ``x[index]``, x a matrix, index a vector of integers.

    The gradient by x is then a sparse matrix (csc) that stores the rows that were read, so that it costs what these cost:
    ``x - rate * gradient`` works as with a dense one. TypeError if var is anything else.

    >>> import symgraph, symgraph.tensor as T
    >>> x = T.dmatrix('x')
    >>> g = symgraph.grad(sparse_grad(x[[0, 0]]).sum(), x)
    >>> g.type, g.eval({x: [[1.0, 2.0], [3.0, 4.0]]}).nnz
    (Sparse[float64, csc], 2)
    """
    node: Any = getattr(var, "owner", None)
    inputs = node.inputs if node is not None and type(node.op).__name__ in ("AdvancedSubtensor", "RowsWithSparseGrad") else []
    if len(inputs) != 2 or inputs[0].ndim != 2 or inputs[1].ndim != 1 or var.ndim != 2:
        raise TypeError("sparse_grad must be applied to rows of a matrix, x[index] with a vector of integers as index")
    if len(getattr(node.op, "entries", ())) > 1:
        raise TypeError("sparse_grad must be applied to rows of a matrix: the index is of another dimension")
    return RowsWithSparseGrad()(*inputs)


