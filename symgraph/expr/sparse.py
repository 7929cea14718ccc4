"""Sparse matrices as values of variables: their type, variables, constants and shared variables. scipy is loaded when there is a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from symgraph import source
from symgraph.expr import dtypes
from symgraph.expr.types import Composite, tensor_type
from symgraph.expr.variable import Constant, TensorVariable, Variable
from symgraph.settings import config

__all__ = [
    "FORMATS", "SparseConstant", "SparseConstantSignature", "SparseType", "SparseVariable", "as_sparse_variable", "is_sparse_value",
    "matrix", "sparse_constant", "sparse_matrices",
]

FORMATS = ("csr", "csc", "bsr")
DTYPES = tuple(dtype for dtype in dtypes.ALL if dtype not in ("bool", "float16"))  # those that scipy calculates with
LARGEST = np.iinfo("int32").max
_INDEX, _SIZE = np.dtype("int32"), np.dtype("int64")


def is_sparse_value(value: Any) -> bool:
    """Whether it is a matrix of scipy.sparse; does not load scipy."""
    return hasattr(value, "tocsr") and hasattr(value, "format") and not isinstance(value, Variable)


def is_dense_value(value: Any) -> bool:
    """Whether it is an array of numpy's."""
    return isinstance(value, np.ndarray)


class SparseType(Composite):
    """Sparse matrices of one format ('csr', 'csc', 'bsr') and dtype. Their sizes are known only at the call.

    In native code a matrix is four arrays: `data`, `indices` and `indptr` (int32), and `shape` (int64); of 'bsr' they are those
    of the same matrix as 'csr'. Raises TypeError for another format or dtype.

    >>> SparseType('csr', 'float64')
    Sparse[float64, csr]
    """

    __slots__ = ("dtype", "format", "numpy_dtype")
    ndim = 2
    dtype: str
    format: str
    dtype_set = frozenset(DTYPES)

    def __init__(self, format: str, dtype: Any) -> None:
        if format not in FORMATS:
            raise TypeError(f"unsupported format {format!r}: sparse matrices are {', '.join(FORMATS)}")
        name = config.floatX if dtype == "floatX" else dtypes.normal(dtype)
        if name not in DTYPES:
            raise TypeError(f"unsupported dtype {name!r} of a sparse matrix: it may be {', '.join(DTYPES)}")
        self.format = format
        self.dtype = name
        self.numpy_dtype = np.dtype(name)

    # Values -----------------------------------------------------------------------------------------------------------
    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value as a scipy matrix of this format and dtype.

        Sparse matrices of other formats and dense matrices are converted; dtypes are cast up, down only with allow_downcast=True.
        TypeError if it cannot be; strict refuses every conversion.
        """
        kind = _matrix_class(self.format)
        if type(value) is kind and value.dtype == self.numpy_dtype:
            return value
        if isinstance(value, Variable):
            raise TypeError(f"{self} expected a matrix, but found the variable {value}")
        if strict:
            raise TypeError(f"{self} expected a {self.format} matrix of dtype {self.dtype}, got {_described(value)} (strict: nothing is converted)")
        if not is_sparse_value(value):
            dense = np.asarray(value)
            if dense.ndim != 2 or dense.dtype.name not in dtypes.ALL:
                raise TypeError(f"{self} expected a matrix, got {_described(value)}")
            value = kind(dense if dense.dtype.name in DTYPES else dense.astype("int8" if dense.dtype == bool else "float32"))
        if value.ndim != 2:
            raise TypeError(f"{self} expected a matrix, got a sparse array of {value.ndim} dimensions")
        given = value.dtype.name
        if given != self.dtype and not allow_downcast and (given not in dtypes.ALL or dtypes.upcast(given, self.dtype) != self.dtype):
            raise TypeError(f"{self} cannot store a sparse matrix of dtype {given} without risking loss of precision. If you do not mind this "
                            f"loss, convert it: x.astype('{self.dtype}'), or set \"allow_input_downcast=True\" when calling \"function\"")
        if given in dtypes.COMPLEX and self.dtype not in dtypes.COMPLEX:
            raise TypeError(f"a complex sparse matrix cannot become {self.dtype}")
        return kind(value, dtype=self.dtype)

    def values_eq(self, a: Any, b: Any) -> bool:
        return self._comparable(a, b) and (a != b).nnz == 0

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        tolerance = 1e-4 if self.dtype in ("float32", "complex64") else 1e-6
        if not self._comparable(a, b):
            return False
        difference = abs(a - b)
        return bool(difference.nnz == 0 or difference.max() <= tolerance * max(1.0, abs(a).max()))

    def _comparable(self, a: Any, b: Any) -> bool:
        return is_sparse_value(a) and is_sparse_value(b) and a.shape == b.shape and a.dtype == b.dtype

    def splits(self, value: Any) -> bool:
        return self.format != "bsr" and value.__class__ is _matrix_class(self.format) and value.dtype == self.numpy_dtype

    # Parts ------------------------------------------------------------------------------------------------------------
    @property
    def layout(self) -> str:
        """'csr' or 'csc': what the parts are the parts of."""
        return "csc" if self.format == "csc" else "csr"

    def part_types(self) -> Sequence[Any]:
        return _part_types(self.dtype)

    def split(self, value: Any) -> list[np.ndarray]:
        """ValueError if the matrix is too large for int32 indices, or its arrays do not fit together."""
        if self.format == "bsr":
            value = value.tocsr()
        data, indices, indptr = value.data, value.indices, value.indptr
        if data.dtype is not self.numpy_dtype and data.dtype != self.numpy_dtype:
            data = data.astype(self.dtype)
        if indices.dtype is not _INDEX or indptr.dtype is not _INDEX:
            if max(value.shape) > LARGEST or data.size > LARGEST:
                raise ValueError(f"a sparse matrix of shape {value.shape} with {data.size} stored elements is too large: indices are int32")
            indices, indptr = indices.astype("int32", copy=False), indptr.astype("int32", copy=False)
        return [data, indices, indptr, np.array(value.shape, _SIZE)]

    def join(self, arrays: Sequence[np.ndarray]) -> Any:
        """ValueError, from scipy, if the arrays make no matrix."""
        data, indices, indptr, shape = arrays
        if shape.shape != (2,):
            raise ValueError(f"the shape of a sparse matrix has two elements, got {shape.shape[0]}")
        made = _matrix_class(self.layout)((data, indices, indptr), shape=(int(shape[0]), int(shape[1])))
        return made.tobsr() if self.format == "bsr" else made

    def fitted(self, gradient: Any) -> Any:
        """A sparse gradient in the layout of this type, and its dtype (of integers: floatX); a dense one stays."""
        if not isinstance(gradient, SparseVariable):
            return gradient
        wanted = self.dtype if self.dtype in dtypes.CONTINUOUS else config.floatX
        if gradient.format != self.layout:
            gradient = gradient.to_format(self.layout)
        if gradient.dtype in dtypes.COMPLEX and wanted not in dtypes.COMPLEX:
            gradient = gradient.real
        return gradient if gradient.dtype == wanted else gradient.astype(wanted)

    # Identity ---------------------------------------------------------------------------------------------------------
    def clone(self, format: str | None = None, dtype: Any = None) -> SparseType:
        """This type with another format or dtype."""
        return SparseType(format or self.format, dtype or self.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparseType) and self.dtype == other.dtype and self.format == other.format

    def __hash__(self) -> int:
        return hash((SparseType, self.dtype, self.format))

    def __reduce__(self) -> Any:
        return SparseType, (self.format, self.dtype)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The state of a type that Theano pickled."""
        SparseType.__init__(self, state["format"], state["dtype"])

    def __str__(self) -> str:
        return f"Sparse[{self.dtype}, {self.format}]"

    __repr__ = __str__

    def __call__(self, name: str | None = None) -> Any:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"the name of a variable is a string, got {name!r}")
        variable = self.make_variable(name)
        variable.line = source.here()
        return variable


@cache
def _part_types(dtype: str) -> tuple[Any, ...]:
    return tensor_type(dtype, (None,)), tensor_type("int32", (None,)), tensor_type("int32", (None,)), tensor_type("int64", (2,))


@cache
def _matrix_class(format: str) -> Any:
    import scipy.sparse

    return getattr(scipy.sparse, f"{format}_matrix")


def _described(value: Any) -> str:
    if is_sparse_value(value):
        return f"a {value.format} matrix of dtype {value.dtype}"
    return f"an array of dtype {value.dtype} and shape {value.shape}" if isinstance(value, np.ndarray) else f"{type(value).__name__}"


SPARSE_OPERATORS: list[Callable[[], None]] = []  # loads what binds the operators of sparse variables; done before the first is made


class SparseVariable(Variable):
    """A variable whose value is a sparse matrix. Operators and methods are bound by symgraph/ops/sparse/methods.py."""

    __slots__ = ()

    def __new__(cls, *args: Any, **options: Any) -> Any:
        while SPARSE_OPERATORS:
            SPARSE_OPERATORS.pop()()
        return super().__new__(cls)

    __array_ufunc__ = None  # numpy arrays on the left let the variable's operators do the work
    type: SparseType

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def dtype(self) -> str:
        return self.type.dtype

    @property
    def format(self) -> str:
        return self.type.format

    @property
    def ndim(self) -> int:
        return 2


class SparseConstantSignature(tuple):
    """What tells two sparse constants apart: type, shape, and the bytes of the arrays."""

    __slots__ = ()


class SparseConstant(Constant, SparseVariable):
    """A known sparse matrix."""

    __slots__ = ()

    def signature(self) -> SparseConstantSignature:
        """Hashable; equal for constants that can stand for each other."""
        data = self.data
        content = tuple(part.tobytes() for part in (data.data, data.indices, data.indptr)) if data.data.nbytes <= 4096 else id(data)
        return SparseConstantSignature((self.type, data.shape, content))

    key = signature

    def __str__(self) -> str:
        return self.name or f"SparseConstant{{{self.type.format},{self.type.dtype},shape={self.data.shape},nnz={self.data.nnz}}}"


SparseType.variable_class = SparseVariable


def sparse_constant(x: Any, name: str | None = None) -> SparseConstant:
    """A constant of a matrix of scipy.sparse, which is copied; formats other than csr, csc and bsr become csr. TypeError for another
    value or a dtype that is not supported."""
    if not is_sparse_value(x):
        raise TypeError(f"a sparse constant is made of a matrix of scipy.sparse, got {_described(x)}")
    if x.ndim != 2:
        raise TypeError(f"a sparse constant is a matrix, got a sparse array of {x.ndim} dimensions")
    type = SparseType(x.format if x.format in FORMATS else "csr", x.dtype)
    return SparseConstant(type, type.filter(x.copy()), name)


def as_sparse_variable(x: Any, name: str | None = None) -> Any:
    """x as a sparse variable: sparse variables stay, matrices of scipy.sparse become constants. TypeError for anything else, dense
    ones too: these are converted by `csr_from_dense` or `csc_from_dense`, for that is seldom what one wants by accident.

    >>> import scipy.sparse
    >>> as_sparse_variable(scipy.sparse.eye(3, format='csr')).type
    Sparse[float64, csr]
    """
    if not isinstance(x, Variable) and hasattr(x, "outputs") and hasattr(x, "op"):
        x = x.default_output()
    if isinstance(x, SparseVariable):
        return x
    if isinstance(x, Variable):
        raise TypeError(f"{x} of type {x.type} is not sparse" + ("; csr_from_dense(x) converts it" if isinstance(x, TensorVariable) else ""))
    return sparse_constant(x, name)


# Named inputs ---------------------------------------------------------------------------------------------------------


def matrix(format: str, name: str | None = None, dtype: Any = None) -> Any:
    """A sparse variable of this format; dtype floatX if not said. TypeError for another format or dtype."""
    return SparseType(format, config.floatX if dtype is None else dtype)(name)


def sparse_matrices() -> dict[str, Any]:
    """Every constructor by name: csr_matrix, csc_matrix, bsr_matrix (floatX, or dtype=), and the types of two dtypes: csr_fmatrix ..."""
    table: dict[str, Any] = {"matrix": matrix}
    for format in FORMATS:
        table[f"{format}_matrix"] = _of_any_dtype(format)
        for prefix, dtype in (("d", "float64"), ("f", "float32")):
            table[f"{format}_{prefix}matrix"] = SparseType(format, dtype)
    return table


def _of_any_dtype(format: str) -> Any:
    def make(name: str | None = None, dtype: Any = None) -> Any:
        return matrix(format, name, dtype)

    make.__name__ = make.__qualname__ = f"{format}_matrix"
    make.__doc__ = f"A sparse variable of format {format}; dtype floatX if not said."
    return make
