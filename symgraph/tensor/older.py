"""Functions that Theano had as classes and ops of its own, and that are a call or two here; old programs find them under their old paths."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from symgraph.compile import function
from symgraph.errors import ShapeError
from symgraph.expr.make import as_tensor
from symgraph.ops.scalarops import BinaryScalarOp, upcast_out
from symgraph.tensor import as_tensor_variable, dot, eq, inc_subtensor, prod, set_subtensor, switch

__all__ = [
    "MulWithoutZeros", "ProdWithoutZeros", "advanced_inc_subtensor", "advanced_inc_subtensor1", "advanced_set_subtensor", "advanced_set_subtensor1",
    "advanced_subtensor", "advanced_subtensor1", "allclose_numbers", "as_it_is", "hash_from_ndarray", "mul_without_zeros", "shape_of_variables",
    "spectral_radius_bound",
]


def as_it_is(x: Any) -> Any:
    """The variable itself: numbers and arrays without dimensions are one type here."""
    return as_tensor_variable(x)


def advanced_subtensor1(x: Any, rows: Any) -> Any:
    """``x[rows]``."""
    return as_tensor(x)[rows]


def advanced_inc_subtensor1(x: Any, y: Any, rows: Any) -> Any:
    """x with y added at ``x[rows]``."""
    return inc_subtensor(as_tensor(x)[rows], y)


def advanced_set_subtensor1(x: Any, y: Any, rows: Any) -> Any:
    """x with y at ``x[rows]``."""
    return set_subtensor(as_tensor(x)[rows], y)


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """``x[index]``."""
    return as_tensor(x)[index]


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y added at ``x[index]``."""
    return inc_subtensor(as_tensor(x)[index], y)


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y at ``x[index]``."""
    return set_subtensor(as_tensor(x)[index], y)


class MulWithoutZeros(BinaryScalarOp):
    """The product of x and y; where one of them is 0, the other."""

    identity, commutative, associative = 0.0, True, True

    def impl(self, x: Any, y: Any) -> Any:
        """Of numbers."""
        return y if x == 0 else x if y == 0 else x * y

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Of variables, written out, so that it is native code."""
        x, y = map(as_tensor, inputs)
        return switch(eq(x, 0), y, switch(eq(y, 0), x, x * y))

    on_arrays = property(lambda self: self)  # what `T.Elemwise` makes of it


mul_without_zeros = MulWithoutZeros(upcast_out, name="mul_without_zeros")


class ProdWithoutZeros:
    """The product along `axis` of what is not 0, as an op that is told its axes before the array."""

    def __init__(self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        self.axis, self.dtype, self.acc_dtype = axis, dtype, acc_dtype

    def __call__(self, x: Any) -> Any:
        x = as_tensor(x)
        return prod(switch(eq(x, 0), x.ones_like(), x), self.axis, dtype=self.dtype, acc_dtype=self.acc_dtype)


def spectral_radius_bound(X: Any, log2_exponent: int) -> Any:
    """A bound on the largest eigenvalue of a symmetric matrix: the root of the trace of its power 2 ** log2_exponent (Theano's formula).

    Raises TypeError or ValueError unless X is a matrix of floats and the exponent a positive int.
    """
    matrix = as_tensor(X)
    if matrix.ndim != 2 or not matrix.dtype.startswith("float"):
        raise TypeError(f"spectral_radius_bound takes a matrix of floats, got {matrix.type}")
    if not isinstance(log2_exponent, int):
        raise TypeError(f"spectral_radius_bound wants an int as exponent, got {log2_exponent!r}")
    if log2_exponent <= 0:
        raise ValueError(f"spectral_radius_bound wants a positive exponent, got {log2_exponent!r}")
    power = matrix
    for _ in range(log2_exponent):
        power = dot(power, power)
    return power.trace() ** (2.0 ** -log2_exponent)


def allclose_numbers(a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """numpy.allclose with the tolerances of Theano's tests: 1e-5 where one of the arrays is float32 or narrower, else 1e-8 and 1e-5."""
    a, b = np.asarray(a), np.asarray(b)
    narrow = any(x.dtype in (np.float16, np.float32) for x in (a, b))
    return bool(np.allclose(a, b, rtol=1e-5 if rtol is None else rtol, atol=(1e-5 if narrow else 1e-8) if atol is None else atol))


def hash_from_ndarray(data: Any) -> str:
    """A digest of an array's elements, shape and dtype."""
    array = np.ascontiguousarray(data)
    return hashlib.sha256(f"{array.dtype} {array.shape} ".encode() + array.tobytes()).hexdigest()


def shape_of_variables(fgraph: Any, input_shapes: dict[Any, Any]) -> dict[Any, tuple[int, ...]]:
    """The shape of every array of a graph, for these shapes of its inputs. ValueError: an input's shape is not told.

    >>> import symgraph.tensor as T
    >>> from symgraph.graph import FunctionGraph
    >>> x = T.dmatrix('x')
    >>> graph = FunctionGraph([x], [T.dot(x, x.T)], clone=False)
    >>> shape_of_variables(graph, {x: (5, 2)})[graph.outputs[0]]
    (5, 5)
    """
    missing = [x for x in fgraph.inputs if x not in input_shapes and not hasattr(x, "container")]
    if missing:
        raise ShapeError(f"the shape of the input {missing[0]} is not told")
    inputs = [x for x in fgraph.inputs if x in input_shapes]
    arrays = [x for x in fgraph.variables if getattr(x.type, "ndim", None) is not None]
    shapes = function(inputs, [x.shape for x in arrays], on_unused_input="ignore")
    found = shapes(*[np.ones(input_shapes[x], x.type.dtype) for x in inputs])
    return {x: tuple(map(int, shape)) for x, shape in zip(arrays, found)}
