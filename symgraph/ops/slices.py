"""Slices and None as values of expressions, in Theano's words. Indices of `x[...]` need neither: they may be Python's slices of variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.dtypes import DISCRETE
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import SingletonType
from symgraph.expr.variable import Constant, Variable

__all__ = [
    "MakeSlice", "NoneConst", "NoneTypeT", "SliceConstant", "SliceType", "as_int_none_variable", "make_slice", "none_type_t", "slicetype",
]


class NoneTypeT(SingletonType):
    """The type of None."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        if value is not None:
            raise TypeError(f"Expected None, got {value!r}")
        return value


class SliceConstant(Constant):
    """A known slice."""

    def signature(self) -> Any:
        """The type and the three parts."""
        return type(self.data), self.data.start, self.data.stop, self.data.step


class SliceType(SingletonType):
    """The type of slices."""

    Constant = SliceConstant

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        if not isinstance(value, slice):
            raise TypeError(f"Expected a slice, got {value!r}")
        return value

    def values_eq(self, a: Any, b: Any) -> bool:
        return isinstance(a, slice) and a == b

    def __str__(self) -> str:
        return "slice"


none_type_t, slicetype = NoneTypeT(), SliceType()
NoneConst = Constant(none_type_t, None, name="NoneConst")


def as_int_none_variable(x: Any) -> Any:
    """None as NoneConst, an integer as a variable without dimensions. TypeError for anything else.

    >>> as_int_none_variable(None), as_int_none_variable(3)
    (NoneConst, TensorConstant{3})
    """
    if x is None or x is NoneConst:
        return NoneConst
    if isinstance(x, Variable) and x.type == none_type_t:
        return x
    found = as_tensor(x)
    if found.dtype not in DISCRETE or found.ndim:
        raise TypeError(f"index must be integers, got {found} of type {found.type}")
    return found


class MakeSlice(Op):
    """The slice of three integers or Nones, or of a slice of such: ``make_slice(slice(a, None))``."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        first, *rest = inputs
        parts = (first.start, first.stop, first.step) if isinstance(first, slice) else (first, *rest, *[None] * (2 - len(rest)))
        return Apply(self, [as_int_none_variable(x) for x in parts], [slicetype()])

    def compute(self, *parts: Any) -> Any:
        return slice(*[None if x is None else int(x) for x in parts])

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [None] * 3

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]] * 3


make_slice = MakeSlice()
