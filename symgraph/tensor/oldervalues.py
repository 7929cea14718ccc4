"""Small functions of Theano's `tensor` on types, values and axes, which programs and their tests borrowed; and constants beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from symgraph.errors import EmptyConstantError, NotScalarConstantError
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axes
from symgraph.expr.sparse import is_sparse_value
from symgraph.expr.types import TensorType

__all__ = [
    "check_and_normalize_axes", "check_equal_numpy", "constructor", "dct_matrix", "equal_slices", "hash_from_sparse", "is_flat", "key_to_cmp",
    "makeKeepDims", "may_share_memory", "numpy_scalar", "python_int_bitwidth", "register_transfer", "transfer", "values_eq_approx",
    "values_eq_approx_always_true", "values_eq_approx_remove_inf", "values_eq_approx_remove_inf_nan", "values_eq_approx_remove_nan",
]

float16_atol = float16_rtol = 1e-3
float32_atol = float32_rtol = float64_rtol = 1e-5
float64_atol = 1e-8
numpy_diagonal_return_view = True
MATRIX_STRUCTURES = ("general", "symmetric", "lower_triangular", "upper_triangular", "hermitian", "banded", "diagonal", "toeplitz")
for _kind, _dtypes in (("int", "int8 int16 int32 int64"), ("float", "float32 float64"), ("complex", "complex64 complex128")):
    for _ndim, _shape in enumerate(("scalar", "vector", "matrix")):
        globals()[f"{_kind}_{_shape}_types"] = tuple(TensorType(dtype, (False,) * _ndim) for dtype in _dtypes.split())
    globals()[f"{_kind}_types"] = globals()[f"{_kind}_scalar_types"]
int32 = int32_t = TensorType("int32", ())


def values_eq_approx(
    a: Any, b: Any, allow_remove_inf: bool = False, allow_remove_nan: bool = False, rtol: float | None = None, atol: float | None = None,
) -> bool:
    """Whether two arrays are of one dtype and shape and equal up to rounding: by default to 1e-5 (1e-3 of float16), and 1e-8 beside in float64.

    NaN is equal to NaN, an infinity to one of its sign. allow_remove_inf, allow_remove_nan: where a has one, any value of b will do.
    False for what is no array.

    >>> values_eq_approx(np.array([1.0, np.nan]), np.array([1.0, 3.0]), allow_remove_nan=True)
    True
    """
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray) or a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return bool((a == b).all())
    size = np.finfo(a.dtype).dtype.itemsize
    small, relative = {2: (float16_atol, float16_rtol), 4: (float32_atol, float32_rtol)}.get(size, (float64_atol, float64_rtol))
    near = np.isclose(a, b, rtol=relative if rtol is None else rtol, atol=small if atol is None else atol, equal_nan=True)
    return bool((near | (np.isinf(a) & allow_remove_inf) | (np.isnan(a) & allow_remove_nan)).all())


def values_eq_approx_remove_inf(a: Any, b: Any) -> bool:
    """As `values_eq_approx`, any value being right where a is infinite."""
    return values_eq_approx(a, b, allow_remove_inf=True)


def values_eq_approx_remove_nan(a: Any, b: Any) -> bool:
    """As `values_eq_approx`, any value being right where a is NaN."""
    return values_eq_approx(a, b, allow_remove_nan=True)


def values_eq_approx_remove_inf_nan(a: Any, b: Any) -> bool:
    """As `values_eq_approx`, any value being right where a is not finite."""
    return values_eq_approx(a, b, True, True)


def values_eq_approx_always_true(a: Any, b: Any) -> bool:
    """True."""
    return True


def check_equal_numpy(x: Any, y: Any) -> bool:
    """Whether two values are equal: arrays also in dtype and shape."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and bool((x == y).all())
    return bool(x == y)


def equal_slices(s1: slice, s2: slice) -> bool:
    """Whether two slices are the same."""
    return (s1.start, s1.stop, s1.step) == (s2.start, s2.stop, s2.step)


def numpy_scalar(data: Any) -> np.ndarray:
    """An array that holds one number, itself. EmptyConstantError for an empty one, NotScalarConstantError for several numbers, and for what
    is none."""
    array = np.asarray(data)
    if not array.size:
        raise EmptyConstantError("an empty array holds no number")
    if array.dtype.kind not in "biufc" or array.size > 1:
        raise NotScalarConstantError(f"v.data is non-numeric, non-scalar, or has more than one unique value: {array}")
    return array


def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Whether a variable has that number of dimensions, by default one."""
    wanted = ndim if outdim is None else outdim
    return bool(var.ndim == (1 if wanted is None else wanted))


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """The axes of a tensor that are meant, from 0 on; none for None. ValueError for one that there is not."""
    return [] if axis is None else list(as_axes(np.asarray(axis).tolist() if isinstance(axis, np.ndarray) else axis, as_tensor(x).ndim, "axis"))


def makeKeepDims(x: Any, y: Any, axis: Any) -> Any:  # Theano's name
    """y, a reduction of x along axes, with a dimension of size 1 in the place of each; None: along all."""
    x, y = as_tensor(x), as_tensor(y)
    gone = set(range(x.ndim)) if axis is None else set(check_and_normalize_axes(x, axis))
    kept = iter(range(y.ndim))
    return y.dimshuffle([("x" if d in gone else next(kept)) for d in range(x.ndim)])


_transfers: list[Callable[[Any, Any], Any]] = []


def register_transfer(fn: Callable[[Any, Any], Any]) -> None:
    """Let `transfer` ask fn(variable, target), which returns a variable or None."""
    _transfers.append(fn)


def transfer(var: Any, target: Any) -> Any:
    """The variable on a device: itself for 'cpu', else what a registered function makes of it. ValueError if none does."""
    if target == "cpu":
        return as_tensor(var)
    for fn in _transfers:
        found = fn(var, target)
        if found is not None:
            return found
    raise ValueError(f"Can't transfer to target {target}: `device=` says where functions run")


def constructor(f: Callable[..., Any]) -> Callable[..., Any]:
    """A mark on a function that makes shared variables, to be listed by `shared_constructor`; the function itself."""
    return f


def key_to_cmp(key: Callable[[Any], Any]) -> Callable[[Any, Any], int]:
    """A comparison (-1, 0, 1) by a key."""

    def compare(a: Any, b: Any) -> int:
        return (key(a) > key(b)) - (key(a) < key(b))

    return compare


def dct_matrix(rows: int, cols: int, unitary: bool = True) -> np.ndarray:
    """The first `rows` rows of the matrix of the discrete cosine transform (DCT-II) of `cols` numbers; unitary: its rows have length 1.

    >>> dct_matrix(2, 2).round(4)
    array([[ 0.7071,  0.7071],
           [ 0.7071, -0.7071]])
    """
    k, n = np.ogrid[:rows, :cols]
    matrix = np.cos(np.pi * (2 * n + 1) * k / (2 * cols)) * np.sqrt(2.0 / cols)
    if unitary:
        matrix[0] /= np.sqrt(2.0)
    return matrix


def may_share_memory(a: Any, b: Any, raise_other_type: bool = True) -> bool:
    """Whether two arrays, sparse matrices or random states may lie in the same memory.

    For what is none of these TypeError, or False without raise_other_type.
    """
    parts = []
    for x in (a, b):
        if is_sparse_value(x):
            parts.append([getattr(x, name) for name in ("data", "indices", "indptr") if hasattr(x, name)])
        elif isinstance(x, (np.ndarray, np.random.RandomState)):
            parts.append([x])
        elif raise_other_type:
            raise TypeError(f"may_share_memory support only ndarray and scipy.sparse, got {type(x)}")
        else:
            return False
    return any(x is y or isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and np.may_share_memory(x, y) for x in parts[0] for y in parts[1])


def python_int_bitwidth() -> int:
    """How many bits an integer of C has that Python's were: 64."""
    return 64


def hash_from_sparse(data: Any) -> str:
    """A digest of a sparse matrix: its stored elements, where they are, its shape and format."""
    digest = hashlib.sha256(f"{data.format} {data.shape} {data.dtype} {data.indices.dtype} ".encode())
    for part in (data.data, data.indices, data.indptr):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
