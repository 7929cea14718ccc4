"""Arrays put together and taken apart: join, stack, split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dims import STATIC
from symgraph.expr.dtypes import upcast
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.op import Op
from symgraph.expr.sizes import SizedOp, as_axis, as_sizes, size_of
from symgraph.expr.stacks import along_next, count, only_first, repeated
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import Constant

__all__ = [
    "Join",
    "MakeVector",
    "Split",
    "concatenate",
    "horizontal_stack",
    "join",
    "split",
    "stack",
    "stacklists",
    "vertical_stack",
]


class Join(Op):
    """Arrays of as many dimensions one behind the other along an axis. The other sizes must be equal (ValueError)."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_types(self, *tensors: Any) -> Sequence[Any]:
        if len({x.ndim for x in tensors}) > 1:
            counts = ", ".join(str(x.ndim) for x in tensors)
            raise TypeError(f"Join() can only join tensors with the same number of dimensions, got {counts}")
        return super().output_types(*tensors)

    def output_dtypes(self, *tensors: Any) -> list[str]:
        return [upcast(*[x.dtype for x in tensors])]

    def sizes(self, s: Any, *tensors: Any) -> Any:
        out = list(tensors[0].shape)
        for x in tensors[1:]:
            for d, n in enumerate(x.shape):
                text = f"all the input array dimensions except for the concatenation axis must match: along dimension {d} {{}} and {{}}"
                out[d] = out[d] + n if d == self.axis else s.same(out[d], n, text)
        return [tuple(out)]

    def compute(self, *tensors: Any) -> Any:
        self.sizes(STATIC, *tensors)
        return np.concatenate(tensors, axis=self.axis)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (out,) = outputs
        outer = math.prod(out.shape[: self.axis])
        inner = math.prod(out.shape[self.axis + 1 :])
        whole = out.shape[self.axis] * inner
        before: Any = 0
        for x in inputs:
            block = x.shape[self.axis] * inner
            with b.loop(0, outer, independent=True) as i, b.loop(0, block, independent=True) as k:
                b.store(out.pointer, i * whole + before + k, b.cast(b.load(x.pointer, i * block + k), out.dtype))
            before = before + block

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        sizes = [size_of(x, self.axis) for x in inputs]
        return Split(self.axis)(g, *sizes, return_list=True)

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        n = count(inputs, stacked)
        return [along_next(self)(*[x if s else repeated(x, n) for x, s in zip(inputs, stacked)])]


class Split(SizedOp):
    """x cut along an axis into parts of the sizes that are the other inputs, whose sum must be x's size (ValueError)."""

    __props__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def output_dtypes(self, x: Any, *sizes: Any) -> list[str]:
        return [x.dtype] * len(sizes)

    def sizes(self, s: Any, x: Any, *sizes: Any) -> Any:
        total: Any = 0
        out = []
        for size in sizes:
            n = size.item(0)
            s.check(s.less(-1, n), "ValueError", "Split sizes cannot be negative, got {}", n)
            total = total + n
            out.append((*x.shape[: self.axis], n, *x.shape[self.axis + 1 :]))
        n = x.shape[self.axis]
        text = f"The split sizes sum up to {{}}, but dimension {self.axis} has size {{}}"
        s.check(s.equal(total, n), "ValueError", text, total, n)
        return out

    def compute(self, x: Any, *sizes: Any) -> Any:
        counts = [int(n) for n in sizes]
        if any(n < 0 for n in counts):
            raise ValueError(f"Split sizes cannot be negative, got {min(counts)}")
        if sum(counts) != x.shape[self.axis]:
            raise ValueError(f"The split sizes sum up to {sum(counts)}, but dimension {self.axis} has size {x.shape[self.axis]}")
        return tuple(np.split(x, np.cumsum(counts)[:-1], axis=self.axis))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x = inputs[0]
        outer = math.prod(x.shape[: self.axis])
        inner = math.prod(x.shape[self.axis + 1 :])
        whole = x.shape[self.axis] * inner
        before: Any = 0
        for out in outputs:
            block = out.shape[self.axis] * inner
            with b.loop(0, outer, independent=True) as i, b.loop(0, block, independent=True) as k:
                b.store(out.pointer, i * block + k, b.load(x.pointer, i * whole + before + k))
            before = before + block

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *sizes = inputs
        joined = Join(self.axis)(*output_grads) if len(output_grads) > 1 else output_grads[0]
        return [joined, *[None] * len(sizes)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return self(tangents[0], *inputs[1:], return_list=True)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True] * len(node.outputs), *[[False] * len(node.outputs)] * (len(node.inputs) - 1)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return along_next(self)(*inputs, return_list=True) if only_first(stacked) else None


class MakeVector(Op):
    """A vector of 0-d elements, all of one dtype."""

    __props__ = ()
    items_for_index = False  # x[0] stays an index of x, which set_subtensor(x[0], y) understands

    def output_types(self, *items: Any) -> list[Any]:
        if len({x.dtype for x in items}) != 1 or any(x.ndim for x in items):
            raise TypeError(f"MakeVector takes scalars of one dtype, got {', '.join(str(x.type) for x in items)}")
        return [tensor_type(items[0].dtype, (len(items),))]

    def sizes(self, s: Any, *items: Any) -> Any:
        return [(len(items),)]

    def compute(self, *items: Any) -> Any:
        return np.array(items, dtype=items[0].dtype)

    def items(self, node: Any) -> list[Any]:
        return list(node.inputs)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        for k, x in enumerate(inputs):
            b.store(outputs[0].pointer, k, b.load(x.pointer, 0))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        return [g[k] for k in range(len(inputs))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(*[x.zeros_like() if t is None else t for x, t in zip(inputs, tangents)])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        n = count(inputs, stacked)
        return [Join(1)(*[(x if s else repeated(x, n)).dimshuffle(0, "x") for x, s in zip(inputs, stacked)])]


# What a user calls ----------------------------------------------------------------------------------------------------


def join(axis: Any, *tensors_list: Any) -> Any:
    """Arrays of as many dimensions one behind the other along `axis`; the other sizes must be equal.

    TypeError for arrays of different numbers of dimensions, or without (for these: `stack`); ValueError if sizes differ, at
    once or at the call.

    >>> import symgraph.tensor as T
    >>> join(0, T.zeros(2), T.ones(1)).eval()
    array([0., 0., 1.])
    """
    tensors = [as_tensor(x) for x in tensors_list]
    if not tensors:
        raise ValueError("join needs at least one array")
    if any(x.ndim == 0 for x in tensors):
        raise TypeError("Join cannot handle arguments of dimension 0. For joining scalar values, see stack.")
    axis = as_axis(axis, tensors[0].ndim, "join: axis")
    return tensors[0] if len(tensors) == 1 else Join(axis)(*tensors)


def concatenate(tensor_list: Sequence[Any], axis: Any = 0) -> Any:
    """`join` of a list of arrays along `axis`."""
    if not isinstance(tensor_list, (tuple, list)):
        raise TypeError(f"The 'tensors' argument must be either a tuple or a list, got {tensor_list!r}")
    return join(axis, *tensor_list)


def stack(*tensors: Any, **options: Any) -> Any:
    """Arrays of one shape along a new dimension, `axis` (0) of the result: ``stack([a, b], axis=0)``, or ``stack(a, b)``."""
    axis = options.pop("axis", 0)
    if not tensors and "tensors" in options:
        tensors = (list(options.pop("tensors")),)
    if options:
        raise TypeError(f"stack has no argument {', '.join(options)}")
    if tensors and isinstance(tensors[0], (list, tuple)):
        if len(tensors) > 2:
            raise TypeError("stack takes a list of arrays and an axis")
        axis = tensors[1] if len(tensors) == 2 else axis
        parts = [as_tensor(x) for x in tensors[0]]
    else:
        parts = [as_tensor(x) for x in tensors]
    if not parts:
        raise ValueError("stack needs at least one array")
    ndim = parts[0].ndim
    if any(x.ndim != ndim for x in parts):
        raise TypeError(f"stack: arrays must have as many dimensions, got {', '.join(str(x.ndim) for x in parts)}")
    axis = as_axis(axis, ndim + 1, "stack: axis")
    if ndim == 0:
        dtype = upcast(*[x.dtype for x in parts])
        return MakeVector()(*[_cast(x, dtype) for x in parts])
    order: list[Any] = list(range(ndim))
    order.insert(axis, "x")
    return join(axis, *[x.dimshuffle(*order) for x in parts])


def _cast(x: Any, dtype: str) -> Any:
    if x.dtype == dtype:
        return x
    return constant(x.data.astype(dtype)) if isinstance(x, Constant) else x.astype(dtype)


def stacklists(arg: Any) -> Any:
    """Nested lists of arrays of one shape, each level of lists a new dimension in front."""
    return stack([stacklists(part) for part in arg]) if isinstance(arg, (list, tuple)) else as_tensor(arg)


def split(x: Any, splits_size: Any, n_splits: int, axis: Any = 0) -> list[Any]:
    """x cut along `axis` into n_splits parts of the sizes `splits_size`: a list of ints or integer variables, or a vector.

    ValueError at the call (or now) if the sizes are negative or do not sum up to x's size.
    """
    x = as_tensor(x)
    sizes = as_sizes(splits_size, "split: a size", n_splits)
    if len(sizes) != n_splits:
        raise ValueError(f"split: {len(sizes)} sizes for {n_splits} parts")
    return Split(as_axis(axis, x.ndim, "split: axis"))(x, *sizes, return_list=True)


def horizontal_stack(*args: Any) -> Any:
    """Matrices side by side."""
    return join(1, *_matrices(args))


def vertical_stack(*args: Any) -> Any:
    """Matrices one below the other."""
    return join(0, *_matrices(args))


def _matrices(args: Sequence[Any]) -> list[Any]:
    tensors = [as_tensor(x) for x in args]
    if len(tensors) < 2 or any(x.ndim != 2 for x in tensors):
        raise ValueError("at least two matrices are stacked")
    return tensors
