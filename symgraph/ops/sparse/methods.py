"""Operators and methods of sparse variables, bound from tables; importing this file binds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.expr.dtypes import upcast
from symgraph.expr.make import as_variable
from symgraph.expr.sparse import SparseVariable
from symgraph.ops.sparse import arithmetic, compare, convert, functions, index, product, reduce, structure

__all__ = ["METHODS", "PROPERTIES"]

BINARY: dict[str, Callable[..., Any]] = {"add": arithmetic.add, "sub": arithmetic.sub, "mul": arithmetic.mul, "matmul": product.matmul}
COMPARISONS: dict[str, Callable[..., Any]] = {"lt": compare.lt, "le": compare.le, "gt": compare.gt, "ge": compare.ge}
METHODS: dict[str, Callable[..., Any]] = {
    "astype": convert.cast, "toarray": lambda x: convert.dense_from_sparse(x), "todense": lambda x: convert.dense_from_sparse(x),
    "to_format": convert.to_format, "transpose": lambda x: convert.transpose(x), "zeros_like": structure.sp_zeros_like,
    "ones_like": structure.sp_ones_like, "sum": reduce.sp_sum, "diagonal": lambda x: reduce.diag(x), "dot": product.matmul,
    "conj": vars(functions)["conj"], "copy": lambda x: x,
}
UFUNCS: dict[str, Callable[..., Any]] = {
    "add": arithmetic.add, "subtract": arithmetic.sub, "multiply": arithmetic.mul, "matmul": product.matmul, "negative": arithmetic.neg,
    "conjugate": vars(functions)["conj"], "divide": lambda x, y: x / y, "square": vars(functions)["sqr"], "sign": vars(functions)["sgn"],
    "equal": compare.eq, "not_equal": compare.neq, "less": compare.lt, "less_equal": compare.le, "greater": compare.gt, "greater_equal": compare.ge,
    **{name: vars(functions)[name] for name in (
        "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "deg2rad", "expm1", "floor", "log1p", "rad2deg", "rint", "sin", "sinh", "sqrt", "tan",
        "tanh", "trunc")},
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dot": product.matmul, "transpose": lambda a: convert.transpose(a), "sum": lambda a, axis=None: reduce.sp_sum(a, axis),
    "diagonal": lambda a: reduce.diag(a), "real": vars(functions)["real"], "imag": vars(functions)["imag"], "shape": structure.csm_shape,
    "ndim": lambda a: a.ndim, "zeros_like": structure.sp_zeros_like, "ones_like": structure.sp_ones_like, "copy": lambda a: a,
}
PROPERTIES: dict[str, Callable[..., Any]] = {
    "T": lambda x: convert.transpose(x), "shape": structure.csm_shape, "size": lambda x: structure.csm_data(x).size,
    "real": vars(functions)["real"], "imag": vars(functions)["imag"],
}


def _operator(op: Callable[..., Any], reflected: bool = False) -> Callable[..., Any]:
    return (lambda self, other: op(other, self)) if reflected else (lambda self, other: op(self, other))


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return function(self, *args, **options)

    method.__name__ = name
    method.__qualname__ = f"SparseVariable.{name}"
    method.__doc__ = function.__doc__
    return method


def _property(function: Callable[..., Any]) -> property:
    return property(lambda self: function(self), doc=function.__doc__)


def _divided(self: Any, number: Any) -> Any:
    """Every element divided by a number. (NotImplemented for what is none: the zeros that are not stored would be divided, too.)"""
    divisor = number if isinstance(number, SparseVariable) else as_variable(number)
    if isinstance(divisor, SparseVariable) or divisor.ndim:
        return NotImplemented
    return arithmetic.mul(self, divisor.astype(upcast(self.dtype, divisor.dtype, "float32")).reciprocal())


def _ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """`np.sin(x)`: functions that keep zeros, and arithmetic."""
    rule = UFUNCS.get(ufunc.__name__) if method == "__call__" and not options else None
    if rule is None:
        shown = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
        raise TypeError(f"numpy.{shown} of a sparse variable is not supported; the nearest that is: that of x.toarray(), or of its stored elements, "
                        "symgraph.sparse.structured_...")
    return rule(*inputs)


def _function(self: Any, function: Any, types: Any, args: Any, options: Any) -> Any:
    """`np.dot(x, y)`, `np.sum(x)`."""
    rule = FUNCTIONS.get(function.__name__)
    if rule is None:
        raise TypeError(f"numpy.{function.__name__} of a sparse variable is not supported; the nearest that is: that of x.toarray()")
    return rule(*args, **options)


def _bind(cls: Any) -> None:
    for name, op in BINARY.items():
        setattr(cls, f"__{name}__", _operator(op))
        setattr(cls, f"__r{name}__", _operator(op, reflected=True))
    for name, op in COMPARISONS.items():
        setattr(cls, f"__{name}__", _operator(op))
    for name, function in METHODS.items():
        setattr(cls, name, _method(name, function))
    for name, function in PROPERTIES.items():
        setattr(cls, name, _property(function))
    cls.__neg__ = lambda self: arithmetic.neg(self)
    cls.__truediv__ = _divided
    cls.__array_ufunc__, cls.__array_function__ = _ufunc, _function
    cls.__getitem__ = _method("__getitem__", index.getitem)
    cls.__dot__, cls.__rdot__ = _operator(product.structured_dot), _operator(product.structured_dot, reflected=True)


_bind(SparseVariable)
