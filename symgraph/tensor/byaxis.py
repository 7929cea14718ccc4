"""Reductions as Theano's classes make them, with axes told before the array: `Sum(axis=1)(x)`, `CAReduce(theano.scalar.maximum, axis=0)(x)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.ops import reduce

__all__ = ["ByAxis"]

# Class -> the function that builds it, and what its class could be told in Theano, in order.
_MADE: dict[type, tuple[Callable[..., Any], tuple[str, ...]]] = {
    reduce.Sum: (reduce.sum_, ("axis", "dtype", "acc_dtype")),
    reduce.Prod: (reduce.prod, ("axis", "dtype", "acc_dtype", "no_zeros_in_input")),
    reduce.Max: (reduce.max_, ("axis",)),
    reduce.Min: (reduce.min_, ("axis",)),
    reduce.ArgMax: (reduce.argmax, ("axis",)),
    reduce.ArgMin: (reduce.argmin, ("axis",)),
    reduce.AllOf: (reduce.all_, ("axis",)),
    reduce.AnyOf: (reduce.any_, ("axis",)),
}
# The name of the op on numbers that `CAReduce` is given -> the class.
_OF_NUMBERS: dict[str, type] = {
    "add": reduce.Sum, "mul": reduce.Prod, "maximum": reduce.Max, "minimum": reduce.Min, "and_": reduce.AllOf, "or_": reduce.AnyOf,
}


class ByAxis:
    """What stands for a class that was told its axes: called with an array, it builds the reduction. TypeError for what Theano's class did not
    take, NotImplementedError for an op on numbers that is no reduction here."""

    def __init__(self, kind: type, *told: Any, **options: Any) -> None:
        if kind is reduce.Reduce:
            scalar_op, *rest = told or (options.pop("scalar_op", None),)
            name = getattr(scalar_op, "name", None)
            if name not in _OF_NUMBERS:
                raise NotImplementedError(f"CAReduce takes one of {', '.join(_OF_NUMBERS)} of theano.scalar, got {scalar_op!r}; symgraph.reduce goes "
                                          "over an axis with any function")
            kind, told = _OF_NUMBERS[name], tuple(rest)
        self.function, names = _MADE[kind]
        if len(told) > len(names) or not options.keys() <= set(names[len(told):]):
            raise TypeError(f"{kind.__name__} is told {', '.join(names)}, got {told} {options or ''}")
        self.options = {**dict(zip(names, told)), **options}

    def __call__(self, x: Any) -> Any:
        return self.function(x, **self.options)

    def make_node(self, x: Any) -> Any:
        """The node of the reduction."""
        return self(as_tensor(x)).owner
