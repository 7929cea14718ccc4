"""Operators and methods of sparse variables, bound from tables; importing this file binds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    cls.__getitem__ = _method("__getitem__", index.getitem)
    cls.__dot__, cls.__rdot__ = _operator(product.structured_dot), _operator(product.structured_dot, reflected=True)


_bind(SparseVariable)
