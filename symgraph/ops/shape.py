"""Shapes: `x.shape`, one size of it, the number of elements, and saying what a shape is known to be.

Shapes are whole numbers that do not change when values change a little, so no gradient passes through them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.errors import AxisError
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import ViewOp, as_size, as_sizes, size_constant, size_of, times
from symgraph.expr.stacks import along_next, only_first

__all__ = [
    "Shape",
    "ShapeItem",
    "Shape_i",
    "SpecifyShape",
    "shape",
    "shape_i",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "size",
    "specify_shape",
]


class Shape(Op):
    """The sizes of x as a vector. x: any shape; out: (x.ndim,) int64."""

    __props__ = ()
    cost = 2

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, x: Any) -> Any:
        return [(len(x.shape),)]

    def compute(self, x: Any) -> Any:
        return np.array(x.shape, dtype="int64")

    def items(self, node: Any) -> list[Any]:
        """Each size on its own, so that `x.shape[0]` is one scalar."""
        (x,) = node.inputs
        return [ShapeItem(axis)(x) for axis in range(x.ndim)]

    def reads(self, node: Any) -> list[str]:
        return ["once"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        value = b.constant(0, "int64")
        for axis, n in enumerate(x.shape):
            value = b.select(b.equal(index[0], axis), b.cast(n, "int64"), value)
        return value

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)[1:]]


class ShapeItem(Op):
    """One size of x. out: () int64."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, x: Any) -> Any:
        return [()]

    def static_value(self, node: Any) -> int | None:
        """The size, where the type of x says it."""
        return node.inputs[0].type.shape[self.axis]

    def compute(self, x: Any) -> Any:
        return np.asarray(x.shape[self.axis], dtype="int64")

    def reads(self, node: Any) -> list[str]:
        return ["once"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        return b.cast(x.shape[self.axis], "int64")

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [size_of(inputs[0], self.axis + 1)]


class SpecifyShape(ViewOp):
    """x, whose sizes are said to be these: checked at run time, known from here on. axes: which dimensions are said."""

    __props__ = ("axes",)

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def sizes(self, s: Any, x: Any, *wanted: Any) -> Any:
        out = list(x.shape)
        for axis, n in zip(self.axes, wanted):
            text = f"specify_shape: dimension {axis} has size {{}}, but it was said to be {{}}"
            out[axis] = s.same(x.shape[axis], n.item(0), text)
        return [tuple(out)]

    def compute(self, x: Any, *wanted: Any) -> Any:
        for axis, n in zip(self.axes, wanted):
            if x.shape[axis] != n:
                raise ValueError(f"specify_shape: dimension {axis} has size {x.shape[axis]}, but it was said to be {n}")
        return x

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *wanted = inputs
        return [self(output_grads[0], *wanted), *[None] * len(wanted)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)] if only_first(stacked) else None


Shape_i = ShapeItem  # Theano's name


def shape_i(var: Any, i: int, fgraph: Any = None) -> Any:
    """The size of dimension i of a variable, a 0-d int64; AxisError if there is no such dimension. fgraph is accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> shape_i(T.ones((2, 3)), 1).eval()
    array(3)
    """
    x = as_tensor(var)
    if not -x.ndim <= i < x.ndim:
        raise AxisError(f"shape_i: {x} has {x.ndim} dimensions, there is no dimension {i}")
    return ShapeItem(i % x.ndim)(x)


def shape(x: Any) -> Any:
    """The sizes of x, an int64 vector of x.ndim elements.

    >>> import symgraph.tensor as T
    >>> T.shape(T.ones((2, 3))).eval()
    array([2, 3])
    """
    return Shape()(as_tensor(x))


def size(x: Any) -> Any:
    """The number of elements of x, int64 without dimensions."""
    x = as_tensor(x)
    product = times([ShapeItem(axis)(x) for axis in range(x.ndim)])
    return size_constant(product) if isinstance(product, int) else product


def specify_shape(x: Any, shape: Any) -> Any:
    """x, with what is known of its shape. The sizes flow into all that follows; where they are wrong: ValueError.

    shape: one size for each dimension: int, integer variable, or None for one that is not known; or an integer vector.
    """
    x = as_tensor(x)
    wanted = list(shape) if isinstance(shape, (list, tuple)) else as_sizes(shape, "a size of specify_shape", x.ndim)
    if len(wanted) != x.ndim:
        raise ValueError(f"specify_shape: {len(wanted)} sizes for {x.type} of {x.ndim} dimensions")
    axes = tuple(axis for axis, n in enumerate(wanted) if n is not None)
    return SpecifyShape(axes)(x, *[as_size(wanted[axis], "a size of specify_shape") for axis in axes])


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """t with n_ones dimensions of size 1 put in front of its own."""
    t = as_tensor(t)
    return t.dimshuffle(*["x"] * n_ones, *range(t.ndim))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """t with n_ones dimensions of size 1 put behind its own."""
    t = as_tensor(t)
    return t.dimshuffle(*range(t.ndim), *["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """t with a dimension of size 1 that is dimension `axis` of the result; IndexError if there cannot be one."""
    t = as_tensor(t)
    ndim = t.ndim + 1
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of bounds [-{ndim}, {ndim})")
    order: list[Any] = list(range(t.ndim))
    order.insert(axis % ndim, "x")
    return t.dimshuffle(*order)
