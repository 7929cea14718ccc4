"""Coordinates of the points of a grid, and of the triangles of a matrix; places in C order and their indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import INTEGER, normal
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, as_size, as_sizes, static_int
from symgraph.expr.stacks import aligned, examples_ndim, only_first
from symgraph.expr.variable import TensorConstant
from symgraph.ops.arrange.turning import known_sizes

__all__ = [
    "RavelMultiIndex",
    "UnravelIndex",
    "diag_indices",
    "indices",
    "ix_",
    "meshgrid",
    "ravel_multi_index",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
    "unravel_index",
]


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> list[Any]:
    """Of vectors the coordinates of all points of the grid that they span: an array for each, all of one shape.

    indexing: 'ij': dimension k belongs to vector k; 'xy': the first two are exchanged. sparse: sizes of 1 are not repeated.
    ValueError for another indexing.

    >>> import symgraph.tensor as T
    >>> [x.eval().tolist() for x in T.meshgrid([1, 2], [3, 4, 5])]
    [[[1, 2], [1, 2], [1, 2]], [[3, 3], [4, 4], [5, 5]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    vectors = [as_tensor(x).flatten() for x in xi]
    ndim = len(vectors)
    order = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        order[:2] = [1, 0]
    axes = [x.dimshuffle(*["x"] * order[k], 0, *["x"] * (ndim - order[k] - 1)) for k, x in enumerate(vectors)]
    if sparse:
        return axes
    sizes = [known_sizes(vectors[order[d]])[0] for d in range(ndim)]
    return [np.broadcast_to(x, sizes) for x in axes]


def indices(dimensions: Any, dtype: Any = "int64", sparse: bool = False) -> Any:
    """The indices of the elements of an array of these sizes (ints and integer variables): out[k] is the index along dimension
    k; shape (ndim, *dimensions). sparse: a tuple of arrays, sizes of 1 not repeated."""
    sizes = as_sizes(dimensions)
    if not sizes:
        raise ValueError("indices: there must be at least one dimension")
    axes = [_counted(n).astype(normal(dtype)) for n in sizes]
    found = meshgrid(*axes, indexing="ij", sparse=sparse)
    return tuple(found) if sparse else np.stack(found)


def _counted(n: Any) -> Any:
    places: Any = np.arange(n, like=n)
    return places


def ix_(*args: Any) -> tuple[Any, ...]:
    """Vectors of places (or masks), each along a dimension of its own, so that they index a block: ``x[ix_(rows, columns)]``."""
    found = []
    for k, x in enumerate(args):
        x = as_tensor(x)
        if x.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if x.dtype == "bool":
            (x,) = x.nonzero()
        found.append(x.dimshuffle(*["x"] * k, 0, *["x"] * (len(args) - k - 1)))
    return tuple(found)


def tril_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Any, Any]:
    """Rows and columns of the elements on and below diagonal k of a matrix of n rows and m (n) columns. n, k, m: integers or
    integer variables; out: two int64 vectors."""
    return _triangle(n, k, m, False)


def triu_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Any, Any]:
    """Rows and columns of the elements on and above diagonal k of a matrix of n rows and m (n) columns, see `tril_indices`."""
    return _triangle(n, k, m, True)


def _triangle(n: Any, k: Any, m: Any, upper: bool) -> tuple[Any, Any]:
    n, k = as_size(n), as_size(k, "k")
    m = n if m is None else as_size(m)
    values = [value for x in (n, k, m) if (value := static_int(x)) is not None]
    if len(values) == 3:
        rows, columns = (np.triu_indices if upper else np.tril_indices)(*values)
        return as_tensor(rows), as_tensor(columns)
    below: Any = np.tri(n, m, k - 1 if upper else k, dtype=bool, like=n)
    rows, columns = (below.invert() if upper else below).nonzero()
    return rows, columns


def tril_indices_from(arr: Any, k: Any = 0) -> tuple[Any, Any]:
    """`tril_indices` of the sizes of a matrix. ValueError for another number of dimensions."""
    return _triangle_from(arr, k, False)


def triu_indices_from(arr: Any, k: Any = 0) -> tuple[Any, Any]:
    """`triu_indices` of the sizes of a matrix. ValueError for another number of dimensions."""
    return _triangle_from(arr, k, True)


def _triangle_from(arr: Any, k: Any, upper: bool) -> tuple[Any, Any]:
    arr = as_tensor(arr)
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
    rows, columns = known_sizes(arr)
    return _triangle(rows, k, columns, upper)


def diag_indices(n: Any, ndim: int = 2) -> tuple[Any, ...]:
    """The indices of the main diagonal of an array of ndim dimensions of size n."""
    return (_counted(as_size(n)),) * ndim


# Places in C order ----------------------------------------------------------------------------------------------------


class UnravelIndex(SizedOp):
    """The index along each dimension of places in an array of sizes `dims`, counted in C order (or 'F': first dimension fastest).

    Inputs: the places, integers of any shape; then one 0-d integer a dimension (Theano's form: a vector of ndim elements).
    Outputs: an int64 array a dimension. ValueError at the call for a place that is not there.
    """

    __props__ = ("ndim", "order")

    def __init__(self, ndim: int, order: str = "C") -> None:
        if order not in ("C", "F"):
            raise ValueError(f"order must be 'C' or 'F', got {order!r}")
        self.ndim = ndim
        self.order = order

    def make_node(self, places: Any, *dims: Any) -> Any:
        places = as_tensor(places)
        if len(dims) == 1 and as_tensor(dims[0]).ndim:
            dims = tuple(as_sizes(dims[0], "unravel_index: a size", self.ndim))
        if len(dims) != self.ndim:
            raise ValueError(f"unravel_index: {len(dims)} sizes for {self.ndim} dimensions")
        if places.dtype not in INTEGER:
            raise TypeError(f"unravel_index: the places must be integers, got {places.type}")
        return super().make_node(places, *[as_size(n) for n in dims])

    def output_dtypes(self, places: Any, *dims: Any) -> list[str]:
        return ["int64"] * self.ndim

    def sizes(self, s: Any, places: Any, *dims: Any) -> Any:
        return [places.shape] * self.ndim

    def compute(self, places: Any, *dims: Any) -> Any:
        shape = tuple(int(n) for n in dims)
        total = int(np.prod(shape))
        wrong = (places < 0) | (places >= total)
        if wrong.any():
            raise ValueError(f"unravel_index: place {places[wrong].flat[0]} is out of bounds for {total} elements")
        found = np.unravel_index(places, shape, order=self.order) if shape and total else (places.astype("int64"),) * len(shape)  # type: ignore[call-overload]
        return tuple(np.asarray(x, dtype="int64").reshape(places.shape) for x in found)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        places, *dims = inputs
        sizes = [n.item(0) for n in dims]
        total: Any = b.constant(1, "int64")
        for n in sizes:
            total = b.mul(total, n)
        count: Any = 1
        for n in places.shape:
            count = count * n
        order = list(range(self.ndim))
        with b.loop(0, count) as i:
            place = b.cast(b.load(places.pointer, i), "int64")
            text = "unravel_index: place {} is out of bounds for {} elements"
            b.check(b.both(b.less(-1, place), b.less(place, total)), "ValueError", text, place, total)
            for d in reversed(order) if self.order == "C" else order:
                n = b.maximum(sizes[d], 1)
                rest = b.div(place, n)
                b.store(outputs[d].pointer, i, b.sub(place, b.mul(rest, n)))
                place = rest

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Any:
        return self(*inputs, return_list=True) if only_first(stacked) else None

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False] * self.ndim] * len(node.inputs)


MODES = ("raise", "wrap", "clip")


class RavelMultiIndex(SizedOp):
    """The place in C order ('F': first dimension fastest) of the elements at given indices in an array of given sizes.

    Inputs: an array of integers a dimension, which broadcast; then as many 0-d integers, the sizes (Theano's form: a vector at
    the end). mode: what becomes of an index that is not there, one for all or one a dimension: 'raise' ValueError, 'wrap' around,
    'clip' to the ends. Out: int64.
    """

    __props__ = ("mode", "order")

    def __init__(self, mode: Any = "raise", order: str = "C") -> None:
        self.mode = tuple(mode) if isinstance(mode, (list, tuple)) else mode
        self.order = order
        if order not in ("C", "F"):
            raise ValueError(f"order must be 'C' or 'F', got {order!r}")
        if any(part not in MODES for part in ([mode] if isinstance(mode, str) else self.mode)):
            raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', got {mode!r}")

    def make_node(self, *inputs: Any) -> Any:
        variables = [as_tensor(x) for x in inputs]
        if variables[-1].ndim == 1 and (len(variables) % 2 or len(variables) == 2):
            variables = [*variables[:-1], *as_sizes(variables[-1], "ravel_multi_index: a size", len(variables) - 1)]
        ndim = len(variables) // 2
        if not ndim or len(variables) != 2 * ndim or not isinstance(self.mode, str) and len(self.mode) != ndim:
            raise ValueError("ravel_multi_index: there must be an index, a size (and a mode, if there are several) for each dimension")
        for x in variables[:ndim]:
            if x.dtype not in INTEGER:
                raise TypeError(f"ravel_multi_index: indices must be integers, got {x.type}")
        return super().make_node(*variables[:ndim], *[as_size(n) for n in variables[ndim:]])

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, *inputs: Any) -> Any:
        arrays = inputs[: len(inputs) // 2]
        ndim = max(len(x.shape) for x in arrays)
        out: list[Any] = [1] * ndim
        for x in arrays:
            for d, n in enumerate(x.shape, ndim - len(x.shape)):
                if isinstance(n, int) and n == 1:
                    continue
                broad = isinstance(out[d], int) and out[d] == 1
                out[d] = n if broad else s.same(out[d], n, "ravel_multi_index: indices of sizes {} and {} cannot be broadcast to one")
        return [tuple(out)]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        ndim = len(inputs) // 2
        for d in range(1, node.outputs[0].ndim + 1):
            met = {x.shape[-d] for x, v in zip(inputs[:ndim], node.inputs) if x.ndim >= d and v.type.shape[-d] != 1}
            if len(met) > 1:
                raise ValueError(f"ravel_multi_index: indices of sizes {min(met)} and {max(met)} cannot be broadcast to one")
        place: Any = np.zeros((), "int64")
        order = range(ndim) if self.order == "C" else reversed(range(ndim))
        for d in order:
            i, n = inputs[d].astype("int64"), int(inputs[ndim + d])
            mode = self.mode if isinstance(self.mode, str) else self.mode[d]
            if mode == "raise" and ((i < 0) | (i >= n)).any():
                raise ValueError(f"ravel_multi_index: invalid entry in index array {d} of size {n}")
            place = place * n + (i if mode == "raise" else i % n if mode == "wrap" else np.clip(i, 0, n - 1))
        output_storage[0][0] = np.asarray(place, dtype="int64")

    def reads(self, node: Any) -> list[str]:
        return ["many"] * len(node.inputs)

    def element(self, b: Any, index: Any, *inputs: Any) -> Any:
        ndim = len(inputs) // 2
        place: Any = b.constant(0, "int64")
        for d in range(ndim) if self.order == "C" else reversed(range(ndim)):
            x, n = inputs[d], b.cast(inputs[ndim + d].item(0), "int64")
            own = index[len(index) - len(x.shape) :]
            i = b.cast(x(*[0 if isinstance(size, int) and size == 1 else k for size, k in zip(x.shape, own)]), "int64")
            mode = self.mode if isinstance(self.mode, str) else self.mode[d]
            if mode == "raise":
                text = f"ravel_multi_index: invalid entry in index array {d} of size {{}}"
                b.check(b.both(b.less(-1, i), b.less(i, n)), "ValueError", text, n)
            else:
                i = b.mod(i, n) if mode == "wrap" else b.maximum(b.minimum(i, b.sub(n, 1)), 0)
            place = b.add(b.mul(place, n), i)
        return place

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Any:
        ndim = len(inputs) // 2
        if any(stacked[ndim:]):
            return None
        most = examples_ndim(inputs[:ndim], stacked[:ndim])
        return [self(*[aligned(x, s, most) for x, s in zip(inputs[:ndim], stacked)], *inputs[ndim:])]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * len(node.inputs)


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> tuple[Any, ...]:
    """The index along each dimension, as a tuple of int64 arrays, of places counted in C order (or 'F') in an array of sizes dims.

    indices: integers of any shape; dims: a list of ints and integer variables, or an integer vector (ndim: its length, where that
    is not known). ValueError at the call for a place out of range, TypeError for indices that are no integers.

    >>> import symgraph.tensor as T
    >>> [x.eval().tolist() for x in T.unravel_index([5, 0], (2, 3))]
    [[1, 0], [2, 0]]
    """
    sizes = as_sizes(dims, "unravel_index: a size", ndim)
    return tuple(UnravelIndex(len(sizes), order)(_integers(indices), *sizes, return_list=True))


def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """The places in C order (or 'F') of elements at given indices in an array of sizes dims: the inverse of `unravel_index`.

    multi_index: a tuple of integer arrays, which broadcast, or an array whose rows they are; dims: as there. mode: 'raise'
    (ValueError at the call), 'wrap' or 'clip', for all or a tuple, one a dimension. out: int64.

    >>> import symgraph.tensor as T
    >>> T.ravel_multi_index(([1, 0], [2, 0]), (2, 3)).eval()
    array([5, 0])
    """
    if isinstance(multi_index, (tuple, list)):
        arrays = [_integers(x) for x in multi_index]
        sizes = as_sizes(dims, "ravel_multi_index: a size", len(arrays))
    else:
        rows = _integers(multi_index)
        sizes = as_sizes(dims, "ravel_multi_index: a size", rows.type.shape[0] if rows.ndim else 1)
        arrays = [rows[k] for k in range(len(sizes))] if rows.ndim else [rows]
    if len(arrays) != len(sizes):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(sizes)}")
    return RavelMultiIndex(mode, order)(*arrays, *sizes)


def _integers(x: Any) -> Any:
    """x as a tensor; an empty list, which is of floats, as one of integers."""
    x = as_tensor(x)
    return x.astype("int64") if isinstance(x, TensorConstant) and not x.data.size else x
