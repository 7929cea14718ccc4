"""Sizes as arguments: `zeros((n, 3))`, `x.reshape((x.shape[0], -1))`. Every size becomes a 0-d integer variable.

An op may say `items(node)`: the elements of its vector as 0-d variables, or None; and `static_value(node)`: the value
of its 0-d integer output as far as it is known while the expression is built. So `x.shape[0]` is one small node, and
sizes that are known flow through symbolic shapes, while the expression still depends on what the user wrote.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symgraph.errors import AxisError
from symgraph.expr.dims import STATIC, Known, static_shape
from symgraph.expr.dtypes import DISCRETE, INTEGER
from symgraph.expr.make import as_variable
from symgraph.expr.op import Op, known
from symgraph.expr.variable import Constant, TensorConstant, TensorVariable

__all__ = [
    "Identity",
    "SizedOp",
    "ViewOp",
    "as_axes",
    "as_axis",
    "as_size",
    "as_sizes",
    "items_of",
    "size_constant",
    "size_of",
    "static_int",
    "times",
]

_NODES_LOOKED_AT = 32  # of the arithmetic behind a size, while its value is sought


@lru_cache(maxsize=4096)
def size_constant(n: int) -> Any:
    """The int64 constant n."""
    return as_variable(np.asarray(n, dtype="int64"))


def static_int(x: Any) -> int | None:
    """The value of a 0-d integer expression if it is known now: a constant, a static size, or arithmetic on such."""
    value = _value(x, [_NODES_LOOKED_AT])
    return None if value is None else int(value)


def _value(x: Any, budget: list[int]) -> Any:
    if isinstance(x, Constant):
        return x.data
    node = x.owner
    if node is None or x.type.ndim != 0 or x.type.dtype not in DISCRETE:
        return None
    hook = getattr(node.op, "static_value", None)
    if hook is not None:
        found = hook(node)
        return None if found is None else np.asarray(found, dtype=x.type.dtype)
    budget[0] -= 1
    if budget[0] < 0 or any(getattr(y.type, "dtype", None) not in DISCRETE or y.type.ndim for y in node.inputs):
        return None
    values = []
    for y in node.inputs:  # no deeper than the budget
        value = _value(y, budget)
        if value is None:
            return None
        values.append(value)
    return node.op.run(node, values)[x.index]


def as_size(value: Any, what: str = "a size") -> Any:
    """A size given as an int or a 0-d integer variable, as a variable; TypeError for anything else."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return size_constant(int(value))
    x = as_variable(value)
    if not isinstance(x, TensorVariable) or x.ndim != 0 or x.dtype not in INTEGER:
        got = x.type if isinstance(value, TensorVariable) else repr(value)
        raise TypeError(f"{what} must be an integer, or an integer variable without dimensions, got {got}")
    return x


def as_sizes(shape: Any, what: str = "a size", ndim: int | None = None) -> list[Any]:
    """A shape as one 0-d variable a dimension.

    shape: an int or 0-d variable, a list or tuple of such, or an integer vector, whose length must be known (or said by
    `ndim`: ValueError otherwise).
    """
    if isinstance(shape, (list, tuple)):
        return [as_size(n, what) for n in shape]
    if isinstance(shape, np.ndarray) and shape.ndim == 1 and (shape.dtype.kind in "iu" or not shape.size):
        return [size_constant(int(n)) for n in shape]
    if not isinstance(shape, TensorVariable) or shape.ndim == 0:
        return [as_size(shape, what)]
    if shape.ndim != 1 or shape.dtype not in INTEGER and shape.static_shape != (0,):
        raise TypeError(f"{what} must be an integer, a list of integers or an integer vector, got {shape.type}")
    found = items_of(shape)
    if found is not None:
        return found
    length = shape.static_shape[0] if shape.static_shape[0] is not None else ndim
    if length is None:
        raise ValueError(
            f"the length of the vector {shape} is not known, so neither is the number of "
            "dimensions; say ndim=, or give a list of sizes"
        )
    vector: Any = shape
    return [vector[k] for k in range(length)]


def items_of(vector: Any) -> list[Any] | None:
    """The elements of a vector as 0-d variables, if the op that makes it knows them one by one."""
    if isinstance(vector, TensorConstant):
        if vector.ndim != 1 or vector.data.dtype.kind not in "iu":
            return None
        return [size_constant(int(n)) for n in vector.data]
    hook = getattr(vector.owner.op, "items", None) if vector.owner is not None else None
    return hook(vector.owner) if hook is not None else None


def size_of(x: Any, axis: int) -> Any:
    """One size of x as a 0-d variable: a constant where the type of x says it, else `x.shape[axis]`."""
    n = x.type.shape[axis]
    return size_constant(n) if n is not None else x.shape[axis]


def as_axis(axis: Any, ndim: int, what: str = "axis") -> int:
    """An axis counted from 0; AxisError (a ValueError and an IndexError) if there is no such axis, TypeError if it is no int."""
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, np.ndarray) and axis.ndim == 0:
        axis = axis[()]
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"{what} must be an integer that is known now, got {axis!r}")
    if not -ndim <= axis < ndim:
        raise AxisError(f"{what} {axis} is out of bounds for {ndim} dimensions")
    return int(axis) % ndim


def as_axes(axes: Any, ndim: int, what: str = "axis") -> tuple[int, ...]:
    """Axes given as None (all), an int or a sequence, counted from 0 and in order; ValueError if one stands twice."""
    if axes is None:
        return tuple(range(ndim))
    if isinstance(axes, Constant):
        axes = axes.data
    several = isinstance(axes, (list, tuple, range)) or (isinstance(axes, np.ndarray) and axes.ndim > 0)
    found = sorted(as_axis(a, ndim, what) for a in (axes if several else [axes]))
    if len(set(found)) < len(found):
        raise ValueError(f"{what} {axes} names a dimension twice")
    return tuple(found)


def times(sizes: Sequence[Any]) -> Any:
    """The product of sizes (ints or variables), as an int or a variable; what is known is multiplied now."""
    product = 1
    rest: Any = None
    for n in sizes:
        value = n if isinstance(n, int) else int(n.data) if isinstance(n, Constant) else None
        if value is not None:
            product *= value
        else:
            rest = n if rest is None else rest * n
    return product if rest is None else rest if product == 1 else rest * size_constant(product)


class SizedOp(Op):
    """An op whose shape depends on the values of 0-d integer inputs; it sees through small expressions of sizes."""

    def static_sizes(self, *inputs: Any) -> list[tuple[int | None, ...]]:
        return [static_shape(shape) for shape in self.sizes(STATIC, *map(_known, inputs))]


class ViewOp(SizedOp):
    """An op whose output is its first input under another shape: nothing is computed. The other inputs are sizes."""

    view = True

    def output_dtypes(self, x: Any, *sizes: Any) -> list[str]:
        return [x.dtype]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        with b.loop(0, math.prod(outputs[0].shape), independent=True) as i:  # where a target wants a copy
            b.store(outputs[0].pointer, i, b.load(inputs[0].pointer, i))

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


class Identity(ViewOp):
    """Base: the output is the input."""

    __props__: tuple[str, ...] = ()

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        return x

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)]


def _known(x: Any) -> Known:
    if isinstance(x, Constant) or getattr(x.type, "ndim", None) != 0 or x.type.dtype not in DISCRETE:
        return known(x)
    value = static_int(x)
    return Known(x.type.dtype, (), None if value is None else np.asarray(value))
