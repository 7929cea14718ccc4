"""Ops made of Python functions: what no op says, a user says in Python, in the middle of native code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import TensorType, Type

__all__ = ["FromFunctionOp", "as_op", "load_back", "wrap_py"]


class FromFunctionOp(Op):
    """Calls `function(*arrays)`, which returns an array, or a list of them if there are several output types."""

    is_foreign = True

    def __init__(
        self, function: Callable[..., Any], itypes: Sequence[Type], otypes: Sequence[Type], infer_shape: Callable[..., Any] | None = None,
        gradient: Callable[..., Any] | None = None,
    ) -> None:
        self.function = function
        self.itypes = list(itypes)
        self.otypes = list(otypes)
        self.shape_rule = infer_shape
        self.gradient = gradient
        self.__name__ = getattr(function, "__name__", "function")

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != len(self.itypes):
            raise ValueError(f"We expected {len(self.itypes)} inputs but got {len(inputs)} for {self}")
        variables = [as_variable(x) for x in inputs]
        for position, (x, wanted) in enumerate(zip(variables, self.itypes)):
            if not wanted.accepts(x.type):
                raise TypeError(f"input {position} of {self} must be of type {wanted}, got {x} of type {x.type}")
        return Apply(self, variables, [t() for t in self.otypes])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        results = self.function(*inputs)
        several = list(results) if isinstance(results, (list, tuple)) else [results]
        if len(several) != len(self.otypes):
            raise ValueError(f"{self} has {len(self.otypes)} outputs, its function returned {len(several)}")
        for place, wanted, value in zip(output_storage, self.otypes, several):
            place[0] = _of_type(self, wanted, value)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Any:
        """The shapes of the outputs as expressions, where the user said them."""
        return None if self.shape_rule is None else self.shape_rule(node, shapes)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """What the user's `grad` says."""
        if self.gradient is None:
            return super().L_op(inputs, outputs, output_grads)
        terms = self.gradient(list(inputs), list(output_grads))
        terms = list(terms) if isinstance(terms, (list, tuple)) else [terms]
        if len(terms) != len(inputs):
            raise ValueError(f"the grad of {self} gave {len(terms)} terms for {len(inputs)} inputs")
        return terms

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity() == other._identity()  # type: ignore[attr-defined]

    def _identity(self) -> tuple[Any, ...]:
        return self.function, self.gradient, self.shape_rule, self.itypes, self.otypes

    def __hash__(self) -> int:
        return hash((type(self), self.function))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """An op that hides the function it was made of, as a decorator's does, is pickled by its name."""
        place = getattr(self.function, "__module__", ""), self.__name__
        if getattr(sys.modules.get(place[0]), place[1], None) is self:
            return load_back, place
        return super().__reduce_ex__(protocol)

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self.__name__}}}"


def load_back(mod: str, name: str) -> Any:
    """What a module has under a name: how pickles hold an op made by a decorator."""
    return getattr(import_module(mod), name)


def _of_type(op: Op, wanted: Type, value: Any) -> Any:
    """The value as the output type says; TypeError if it has another dtype or number of dimensions."""
    if not isinstance(wanted, TensorType):
        return value
    array = np.asarray(value)
    if array.dtype.name != wanted.dtype or array.ndim != wanted.ndim:
        raise TypeError(f"{op} returned {array.dtype} of {array.ndim} dimensions where {wanted} was declared")
    return array


def as_op(
    itypes: Any, otypes: Any, infer_shape: Callable[..., Any] | None = None, grad: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Decorator that makes an op of a Python function from arrays to arrays, which native code calls back.

    itypes, otypes: a type or a list of types of the inputs and outputs. infer_shape: (node, input shapes) -> output shapes, as
    expressions, so that a shape is known without a call. grad: (inputs, output gradients) -> the gradient by each input, as
    expressions (None: it has no influence); without it the op has no gradient. Raises TypeError for what is no type or cannot be
    called; the op raises TypeError for inputs of other types, and where the function returns something else than declared.

    >>> import numpy as np
    >>> import symgraph.tensor as T
    >>> @as_op(itypes=[T.dvector], otypes=[T.dvector], infer_shape=lambda node, shapes: shapes, grad=lambda inputs, grads: [grads[0][::-1]])
    ... def backwards(x):
    ...     return x[::-1].copy()
    >>> x = T.dvector('x')
    >>> (backwards(x) * 2).eval({x: np.array([1.0, 2.0])})
    array([4., 2.])
    >>> T.grad(backwards(x)[0], x).eval({x: np.array([1.0, 2.0])})
    array([0., 1.])
    """
    inputs, outputs = _types(itypes, "itypes"), _types(otypes, "otypes")
    for name, rule in (("infer_shape", infer_shape), ("grad", grad)):
        if rule is not None and not callable(rule):
            raise TypeError(f"{name} needs to be a callable, got {rule!r}")

    def make(function: Callable[..., Any]) -> FromFunctionOp:
        if not callable(function):
            raise TypeError(f"as_op makes an op of a function, got {function!r}")
        return FromFunctionOp(function, inputs, outputs, infer_shape, grad)

    return make


wrap_py = as_op  # its newer name


def _types(types: Any, what: str) -> list[Type]:
    found: list[Any] = [getattr(t, "type", t) for t in (types if isinstance(types, (list, tuple)) else [types])]
    if not all(isinstance(t, Type) for t in found):
        raise TypeError(f"{what} has to be a list of types, got {types!r}")
    return found
