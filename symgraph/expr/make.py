"""Making variables: constants from Python values, named inputs (`T.dmatrix('x')`), and anything into a variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.errors import AsTensorError
from symgraph.expr import dtypes
from symgraph.expr.sparse import is_sparse_value, sparse_constant
from symgraph.expr.types import TensorType, generic, tensor_type
from symgraph.expr.values import refuse_masked
from symgraph.expr.variable import Constant, TensorConstant, TensorVariable, Variable
from symgraph.settings import config

__all__ = ["as_tensor", "as_variable", "constant", "constructors", "tensor"]

_small: dict[Any, TensorConstant] = {}  # Python numbers are written again and again


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: str | None = None) -> Any:
    """A constant tensor of a Python number, a list or an array.

    Python ints take the smallest signed dtype that holds them, floats float32 if that is exact or floatX is float32, else
    float64 (Theano's autocast); numpy values keep their dtype. The array is copied. TypeError for what is no array of numbers.

    >>> constant(1).dtype, constant(0.1).dtype, constant([1, 2]).dtype
    ('int8', 'float64', 'int64')
    """
    kind = type(x)
    if kind in (int, float, bool) and name is None and dtype is None and not ndim:
        key = (kind, x, str(x), config.floatX, config.cast_policy)  # str: 0.0 and -0.0 are equal, and NaN is not
        found = _small.get(key)
        if found is None:
            if len(_small) > 10000:
                _small.clear()
            found = _small[key] = _make_constant(_number(x), None)
        return found
    made = _constant(x, name, ndim, dtype)
    if not isinstance(made, TensorConstant):
        raise TypeError(f"{x!r} of {kind} is no array of numbers")
    return made


def _constant(value: Any, name: str | None, ndim: int | None, dtype: str | None) -> Any:
    refuse_masked(value)
    if isinstance(value, Variable):
        raise TypeError(f"a constant is made of a value, not of the variable {value}")
    if dtype is not None:
        data = np.array(value, dtype=dtypes.normal(dtype))
    elif isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        data = _number(value)
    elif isinstance(value, complex) and not isinstance(value, np.generic):
        data = np.asarray(value, dtype="complex128")
    elif isinstance(value, (np.ndarray, np.generic, list, tuple, range)) or hasattr(value, "__array__"):
        try:
            data = np.array(value, config.floatX if isinstance(value, (list, tuple)) and not value else None)
        except ValueError as error:
            raise TypeError(f"{value!r} is not an array of numbers: {error}") from None
    else:
        data = np.asarray(value)
    if data.dtype.kind not in "biufc" or data.dtype.name not in dtypes.ALL:
        if isinstance(value, (list, tuple, np.ndarray, int)) or hasattr(value, "__array__"):
            raise TypeError(f"{value!r} is not an array of numbers (numpy makes it dtype {data.dtype})")
        result = Constant(generic, value, name)
        return result
    if ndim is not None:
        if data.ndim > ndim:
            raise ValueError(f"cannot make a constant of {ndim} dimensions of a value of shape {data.shape}")
        data = data.reshape((1,) * (ndim - data.ndim) + data.shape)
    return _make_constant(data, name)


def _make_constant(data: np.ndarray, name: str | None) -> TensorConstant:
    if not data.dtype.isnative:
        data = data.astype(data.dtype.newbyteorder("="))
    data = np.ascontiguousarray(data) if data.ndim else data  # ascontiguousarray makes 0-d arrays 1-d
    data.setflags(write=False)
    return TensorConstant(tensor_type(data.dtype.name, data.shape), data, name)


def _number(value: bool | int | float) -> np.ndarray:
    with np.errstate(over="ignore"):  # under floatX=float32 1e300 is infinite, as in Theano
        return np.asarray(value, dtype=_autocast(value))


def _autocast(value: bool | int | float) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if config.cast_policy == "numpy+floatX" else dtypes.smallest_int(value)
    if config.cast_policy == "numpy+floatX":
        return config.floatX
    if config.floatX != "float64":
        return "float32"
    with np.errstate(over="ignore"):
        return "float32" if float(np.float32(value)) == value or value != value else "float64"


def as_variable(x: Any, name: str | None = None) -> Any:
    """x as a variable: variables stay, numbers, arrays, lists and sparse matrices become constants, lists that hold variables are stacked."""
    if isinstance(x, Variable):
        return x
    if isinstance(x, (list, tuple)) and any_variable(x):
        return as_variable.stack([as_variable(part) for part in x])  # type: ignore[attr-defined]
    if is_sparse_value(x):
        return sparse_constant(x, name)
    if hasattr(x, "_as_TensorVariable"):
        return x._as_TensorVariable()
    owner_outputs = getattr(x, "outputs", None)
    if owner_outputs is not None and hasattr(x, "op"):
        return x.default_output()
    try:
        return constant(x, name) if type(x) in (int, float, bool) else _constant(x, name, None, None)
    except (TypeError, ValueError, OverflowError) as error:
        raise AsTensorError(f"cannot convert {x!r} of {type(x)} to a variable: {error}") from None


def any_variable(values: Sequence[Any]) -> bool:
    """Whether a nested list holds a variable somewhere."""
    stack = list(values)
    while stack:
        part = stack.pop()
        if isinstance(part, Variable):
            return True
        if isinstance(part, (list, tuple)):
            stack.extend(part)
    return False


def as_tensor(x: Any, name: str | None = None, ndim: int | None = None, dtype: str | None = None) -> Any:
    """x as a tensor variable; AsTensorError (a TypeError) if it cannot be one.

    ndim: add dimensions of size 1 on the left up to so many, or drop such; ValueError if that is not possible.
    """
    if isinstance(x, TensorVariable):
        variable: Any = x
    else:
        variable = constant(x, name, dtype=dtype) if dtype and not isinstance(x, Variable) else as_variable(x, name)
    if not isinstance(variable, TensorVariable):
        raise AsTensorError(f"{x!r} is not a tensor: its type is {variable.type}")
    if dtype is not None and variable.dtype != dtypes.normal(dtype):
        variable = variable.astype(dtype)  # type: ignore[attr-defined]
    if ndim is not None and variable.ndim != ndim:
        extra = variable.ndim - ndim
        if extra > 0 and not all(variable.broadcastable[:extra]):
            raise ValueError(f"TensorType could not be cast to have {ndim} dimensions: {variable.type}")
        kept = list(range(extra, variable.ndim)) if extra > 0 else ["x"] * -extra + list(range(variable.ndim))
        variable = variable.dimshuffle(kept)  # type: ignore[attr-defined]
    return variable


# Named inputs ---------------------------------------------------------------------------------------------------------

_SHAPES: dict[str, tuple[int | None, ...]] = {
    "scalar": (), "vector": (None,), "matrix": (None, None), "row": (1, None), "col": (None, 1),
    "tensor3": (None,) * 3, "tensor4": (None,) * 4, "tensor5": (None,) * 5, "tensor6": (None,) * 6, "tensor7": (None,) * 7,
}
_PREFIXES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64", "z": "complex128"}


def tensor(dtype: Any = None, broadcastable: Sequence[bool] | None = None, name: str | None = None, shape: Sequence[int | None] | None = None) -> Any:
    """A variable of any dtype and shape; floatX is the default dtype.

    >>> tensor('int32', shape=(None, 10)).type
    TensorType(int32, (?, 10))
    """
    if shape is None and broadcastable is None:
        shape = ()
    return TensorType(config.floatX if dtype is None else dtype, broadcastable, shape=shape)(name)


def _of_any_dtype(kind: str) -> Callable[..., Any]:
    pattern = _SHAPES[kind]

    def make(name: str | None = None, dtype: Any = None, shape: Sequence[int | None] | None = None) -> Any:
        wanted = config.floatX if dtype is None or dtype == "floatX" else dtypes.normal(dtype)
        return tensor_type(wanted, pattern)(name, shape)

    make.__name__ = make.__qualname__ = kind
    make.__doc__ = f"A variable of dtype floatX (or dtype=) with {len(pattern)} dimensions{_sizes(pattern)}; shape= gives known sizes."
    return make


def _sizes(pattern: tuple[int | None, ...]) -> str:
    return f" of sizes {str(pattern).replace('None', '?')}" if 1 in pattern else ""


def _several(single: Callable[..., Any]) -> Callable[..., Any]:
    def make(*names: Any, **options: Any) -> Any:
        if len(names) == 1:
            names = (None,) * names[0] if isinstance(names[0], int) else names[0]
            if isinstance(names, str) and len(names) == 1:
                return single(names, **options)
        return [single(name, **options) for name in names]

    return make


def constructors() -> dict[str, Callable[..., Any]]:
    """Every constructor by name: scalar, vector ... tensor7, row, col; with prefixes, which are types (`dscalar`); in the plural (`dscalars`)."""
    table: dict[str, Callable[..., Any]] = {}
    for kind, pattern in _SHAPES.items():
        for prefix, dtype in {"": None, **_PREFIXES}.items():
            single = _of_any_dtype(kind) if dtype is None else tensor_type(dtype, pattern)
            several = _several(single)
            plural = prefix + ("matrices" if kind == "matrix" else kind + "s")
            several.__name__ = several.__qualname__ = plural
            several.__doc__ = (f"One {prefix}{kind} for each name given, or for each letter of one word, or that many unnamed ones for a number: a "
                               "list, but for a single letter.")
            table[prefix + kind], table[plural] = single, several
    return table
