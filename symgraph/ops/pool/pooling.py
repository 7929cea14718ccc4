"""Pooling of windows over the last dimensions: maxima, sums and averages, and what their derivatives are made of, as ops.

The gradient of a maximum goes, whole, to every element of the window that equals it. That of a sum, or average, is spread over the window.
Both are linear, and their gradients are pooled again: so derivatives of every order stay among these ops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.dims import STATIC, Known
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Apply
from symgraph.expr.sizes import SizedOp, as_sizes, size_constant, size_of, static_int
from symgraph.expr.stacks import count, repeated
from symgraph.ops.pool.windows import Windows, number, spans

__all__ = ["AveragePoolGrad", "MaxPoolGrad", "MaxPoolTangent", "Pool", "PoolOp"]

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")


class PoolOp(SizedOp):
    """Base: ndim, the dimensions that windows move over; ignore_border: leave out windows that reach over the end; mode: one of `MODES`."""

    __props__ = ("ignore_border", "mode", "ndim")
    arrays = 1  # inputs that are arrays; sizes follow
    cost = 200

    def __init__(self, ignore_border: bool = False, mode: str = "max", ndim: int = 2, openmp: Any = None) -> None:
        if mode not in MODES:
            raise ValueError(f"the mode of pooling must be one of {', '.join(MODES)}, got {mode!r}")
        if isinstance(ndim, bool) or not isinstance(ndim, int) or ndim < 1:
            raise ValueError(f"pooling goes over one dimension or more, got ndim={ndim!r}")
        self.ignore_border, self.mode, self.ndim = bool(ignore_border), mode, ndim

    @property
    def average(self) -> bool:
        return self.mode.startswith("average")

    def _window(self, given: Sequence[Any]) -> list[Any]:
        """Sizes, strides and pads of windows as 0-d variables, three times `ndim`: as such, or as up to three lists or vectors."""
        if len(given) == 3 * self.ndim and (self.ndim > 1 or all(getattr(n, "ndim", None) == 0 for n in given)):
            return [as_sizes(n, "a size of pooling")[0] for n in given]
        lists = [*given, *[None] * (3 - len(given))]
        if len(lists) > 3 or lists[0] is None:
            raise ValueError("the size of the windows of pooling must be given")
        found = []
        for value, what in zip(lists, ("ws", "stride", "pad")):
            if value is None:
                value = lists[0] if what == "stride" else [0] * self.ndim
            if isinstance(value, (int, np.integer)):
                value = [value] * self.ndim
            sizes = as_sizes(value, what, self.ndim)
            if len(sizes) != self.ndim:
                raise ValueError(f"{what} of pooling must have {self.ndim} elements, got {len(sizes)}")
            found += sizes
        return found

    def _checked(self, window: Sequence[Any]) -> None:
        """What is known of the window, as the expression is built."""
        ws, stride, pad = ([static_int(n) for n in part] for part in _parts(window, self.ndim))
        for what, sizes in (("window", ws), ("stride", stride)):
            if any(n is not None and n < 1 for n in sizes):
                raise ValueError(f"{what} sizes of pooling must be 1 or more, got {sizes}")
        if any(p is not None and p < 0 for p in pad):
            raise ValueError(f"pads of pooling must not be negative, got {pad}")
        if not self.ignore_border and any(pad):
            raise NotImplementedError("padding works with ignore_border=True only")
        if any(p is not None and w is not None and p >= w for p, w in zip(pad, ws)):
            raise NotImplementedError(f"pads must be smaller than windows, got pad={tuple(pad)} and ws={tuple(ws)}")

    def make_node(self, *inputs: Any) -> Apply:
        """Arrays, then sizes, strides and pads of the windows; strides are those sizes, pads 0, where they are left out."""
        arrays = [as_tensor(x) for x in inputs[: self.arrays]]
        for x in arrays:
            if x.ndim < self.ndim:
                raise TypeError(f"pooling over {self.ndim} dimensions takes arrays of so many or more, got {x.type}")
            if x.dtype in dtypes.COMPLEX or x.dtype == "bool":
                raise TypeError(f"pooling takes real numbers, got {x.type}")
        if self.average and arrays[0].dtype in dtypes.DISCRETE:
            arrays[0] = arrays[0].astype(dtypes.float_of(arrays[0].dtype))
        places, rest = self._places(inputs[self.arrays:])
        window = self._window(rest)
        self._checked(window)
        return super().make_node(*arrays, *places, *window)

    def _places(self, given: Sequence[Any]) -> tuple[list[Any], Sequence[Any]]:
        return [], given

    def output_dtypes(self, x: Any, *rest: Any) -> list[str]:
        return [x.dtype]

    def _numbers(self, s: Any, places: Sequence[Any], window: Sequence[Any]) -> list[Any]:
        """How many windows there are along each dimension."""
        found = []
        for n, size, stride, pad in zip(places, *_parts([n.item(0) for n in window], self.ndim)):
            s.check(s.both(s.less(0, size), s.less(0, stride)), "ValueError", "sizes and strides of pooling must be 1 or more, got {} and {}",
                    size, stride)
            s.check(s.both(s.less(-1, pad), s.less(pad, size)), "ValueError", "pads of pooling must be from 0 to less than the window, got {} and {}",
                    pad, size)
            if not self.ignore_border:
                s.check(s.equal(pad, 0), "ValueError", "padding works with ignore_border=True only, got {}", pad)
            found.append(number(s, n, size, stride, pad, self.ignore_border))
        return found

    def _bounds(self, large: Sequence[int], small: Sequence[int], window: Sequence[Any]) -> list[list[tuple[int, int]]]:
        ws, stride, pad = _parts([int(n) for n in window], self.ndim)
        return [spans(n, m, size, step, p) for n, m, size, step, p in zip(large, small, ws, stride, pad)]

    def _counts(self, large: Sequence[int], small: Sequence[int], window: Sequence[Any]) -> np.ndarray:
        """How many elements of each window an average counts."""
        if not self.average:
            return np.ones((1,) * self.ndim)
        ws, _, pad = _parts([int(n) for n in window], self.ndim)
        total: Any = 1.0
        for d, bounds in enumerate(self._bounds(large, small, window)):
            stride = int(window[self.ndim + d])
            if self.mode == "average_inc_pad":
                along = [min(ws[d], large[d] + 2 * pad[d] - i * stride) for i in range(small[d])]
            else:
                along = [high - low for low, high in bounds]
            total = np.multiply.outer(total, np.asarray(along, "float64"))
        return np.asarray(total)

    def _windows(self, b: Any, stack: Any, large: Sequence[Any], small: Sequence[Any], window: Sequence[Any]) -> Windows:
        ws, stride, pad = _parts([n.item(0) for n in window], self.ndim)
        return Windows(b, stack, large, small, ws, stride, pad, self.mode == "average_inc_pad")

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True]] * self.arrays + [[False]] * (len(node.inputs) - self.arrays)

    def batch(self, inputs: Any, stacked: Any) -> Any:
        """Windows move over the last dimensions, so a stack is one dimension more in front."""
        if any(stacked[self.arrays:]):
            return None
        n = count(inputs, stacked)
        return [self(*[x if flag or k >= self.arrays else repeated(x, n) for k, (x, flag) in enumerate(zip(inputs, stacked))])]


class Pool(PoolOp):
    """The maximum, sum or average of each window. Inputs: the array; then sizes, strides and pads of windows, each `ndim` integers in a
    list or a vector. Maxima and sums leave padding out; so does average_exc_pad, while average_inc_pad counts it as zeros."""

    @staticmethod
    def out_shape(imgshape: Sequence[Any], ws: Any = None, ignore_border: bool = False, stride: Any = None, pad: Any = None, ndim: int = 2,
                  ds: Any = None, st: Any = None, padding: Any = None) -> list[Any]:
        """The shape that pooling gives, of an array of shape `imgshape` (integers or variables): integers where they are known.

        >>> Pool.out_shape((8, 3, 5, 5), (2, 2), ignore_border=True)
        [8, 3, 2, 2]
        """
        window = [new if old is None else old for new, old in ((ws, ds), (stride, st), (pad, padding))]
        like: Any = size_constant(0)
        pooled = Pool(ignore_border, "max", ndim)(np.full(as_sizes(imgshape), 0, dtype="int8", like=like), *window)
        return [size_of(pooled, d) if n is None else n for d, n in enumerate(pooled.type.shape)]

    def sizes(self, s: Any, x: Any, *window: Any) -> Any:
        lead = len(x.shape) - self.ndim
        return [(*x.shape[:lead], *self._numbers(s, x.shape[lead:], window))]

    def compute(self, x: Any, *window: Any) -> Any:
        lead = x.ndim - self.ndim
        small = self._numbers(STATIC, x.shape[lead:], [Known("int64", (), np.asarray(n)) for n in window])
        out = np.zeros((*x.shape[:lead], *small), x.dtype)
        bounds = self._bounds(x.shape[lead:], small, window)
        axes = tuple(range(-self.ndim, 0))
        for at in np.ndindex(*small):
            inside = x[(..., *[slice(*bounds[d][i]) for d, i in enumerate(at)])]
            out[(..., *at)] = inside.max(axis=axes) if self.mode == "max" else inside.sum(axis=axes, dtype="float64" if self.average else None)
        return (out / self._counts(x.shape[lead:], small, window)).astype(x.dtype) if self.average else out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, *window = inputs
        (out,) = outputs
        lead = len(x.shape) - self.ndim
        windows = self._windows(b, math.prod(x.shape[:lead]), x.shape[lead:], out.shape[lead:], window)
        if self.mode == "max":
            least = -math.inf if x.dtype in dtypes.FLOAT else int(np.iinfo(x.dtype).min)
            windows.gather(out.pointer, b.constant(least, x.dtype), lambda value, at, _: b.maximum(value, b.load(x.pointer, at)))
            return
        divided = (lambda total, n: b.div(total, b.cast(n, x.dtype))) if self.average else None
        windows.gather(out.pointer, b.constant(0, x.dtype), lambda value, at, _: b.add(value, b.load(x.pointer, at)), divided)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, *window = inputs
        (g,) = output_grads
        if self.mode == "max":
            by_x = MaxPoolGrad(self.ignore_border, ndim=self.ndim)(x, outputs[0], g, *window)
        else:
            by_x = AveragePoolGrad(self.ignore_border, self.mode, self.ndim)(g, *_places_of(x, self.ndim), *window)
        return [by_x, *[None] * len(window)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        x, *window = inputs
        if tangents[0] is None:
            return [None]
        if self.mode != "max":
            return [self(tangents[0], *window)]
        return [MaxPoolTangent(self.ignore_border, ndim=self.ndim)(x, self(*inputs), tangents[0], *window)]


class _OfMaxima(PoolOp):
    """Inputs: an array, the maxima of its windows, a third array; then the windows."""

    arrays = 3

    def __init__(self, ignore_border: bool = False, ndim: int = 2, openmp: Any = None) -> None:
        super().__init__(ignore_border, "max", ndim)

    def output_dtypes(self, x: Any, maxima: Any, third: Any, *window: Any) -> list[str]:
        if not x.dtype == maxima.dtype == third.dtype:
            raise TypeError(f"{type(self).__name__} takes arrays of one dtype, got {x.type}, {maxima.type} and {third.type}")
        if not x.ndim == maxima.ndim == third.ndim:
            raise TypeError(f"{type(self).__name__} takes arrays of equal dimensions, got {x.type}, {maxima.type} and {third.type}")
        return [x.dtype]

    def _agreed(self, s: Any, x: Any, maxima: Any, window: Sequence[Any]) -> list[Any]:
        """The shape of the maxima, which follows from the others."""
        lead = len(x.shape) - self.ndim
        wanted = [*x.shape[:lead], *self._numbers(s, x.shape[lead:], window)]
        return [s.same(n, m, "pooling: {} windows, where the array of maxima has size {}") for n, m in zip(wanted, maxima.shape)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        x, maxima, _, *window = inputs
        return [None if tangents[2] is None else self(x, maxima, tangents[2], *window)]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, maxima, _, *window = inputs
        other = MaxPoolTangent if isinstance(self, MaxPoolGrad) else MaxPoolGrad
        by_third = other(self.ignore_border, ndim=self.ndim)(x, maxima, output_grads[0], *window)
        return [x.zeros_like(), maxima.zeros_like(), by_third, *[None] * len(window)]


class MaxPoolGrad(_OfMaxima):
    """The gradient of maxima by the array: for each element the sum of `gz` over the windows whose maximum it equals. Inputs: x, maxima, gz."""

    def sizes(self, s: Any, x: Any, maxima: Any, gz: Any, *window: Any) -> Any:
        wanted = self._agreed(s, x, maxima, window)
        for n, m in zip(wanted, gz.shape):
            s.same(n, m, "pooling: {} windows, where the gradient has size {}")
        return [tuple(x.shape)]

    def compute(self, x: Any, maxima: Any, gz: Any, *window: Any) -> Any:
        lead = x.ndim - self.ndim
        out = np.zeros_like(x)
        for at, inside in _each(self._bounds(x.shape[lead:], maxima.shape[lead:], window)):
            out[inside] += np.where(x[inside] == _spread(maxima[at], self.ndim), _spread(gz[at], self.ndim), x.dtype.type(0))
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, maxima, gz, *window = inputs
        lead = len(x.shape) - self.ndim
        zero = b.constant(0, x.dtype)
        windows = self._windows(b, math.prod(x.shape[:lead]), x.shape[lead:], maxima.shape[lead:], window)
        windows.scatter(outputs[0].pointer, zero, lambda at, i, _: b.select(
            b.equal(b.load(x.pointer, at), b.load(maxima.pointer, i)), b.load(gz.pointer, i), zero))


class MaxPoolTangent(_OfMaxima):
    """The derivative of maxima in a direction: for each window the sum of `tangent` over its elements that equal the maximum. Inputs: x, maxima,
    tangent."""

    def sizes(self, s: Any, x: Any, maxima: Any, tangent: Any, *window: Any) -> Any:
        for n, m in zip(x.shape, tangent.shape):
            s.same(n, m, "pooling: an array of size {}, a direction of size {}")
        return [tuple(self._agreed(s, x, maxima, window))]

    def compute(self, x: Any, maxima: Any, tangent: Any, *window: Any) -> Any:
        lead = x.ndim - self.ndim
        out = np.zeros_like(maxima)
        for at, inside in _each(self._bounds(x.shape[lead:], maxima.shape[lead:], window)):
            chosen = np.where(x[inside] == _spread(maxima[at], self.ndim), tangent[inside], x.dtype.type(0))
            out[at] = chosen.sum(axis=tuple(range(-self.ndim, 0)))
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, maxima, tangent, *window = inputs
        lead = len(x.shape) - self.ndim
        zero = b.constant(0, x.dtype)
        windows = self._windows(b, math.prod(x.shape[:lead]), x.shape[lead:], maxima.shape[lead:], window)
        windows.gather(outputs[0].pointer, zero, lambda value, at, i: b.add(value, b.select(
            b.equal(b.load(x.pointer, at), b.load(maxima.pointer, i)), b.load(tangent.pointer, at), zero)))


class AveragePoolGrad(PoolOp):
    """The gradient of sums or averages by the array. Inputs: the gradient by the output; the sizes of the array along the dimensions
    pooled; then the windows."""

    def __init__(self, ignore_border: bool = False, mode: str = "average_inc_pad", ndim: int = 2, openmp: Any = None) -> None:
        super().__init__(ignore_border, mode, ndim)
        if mode == "max":
            raise ValueError("AveragePoolGrad belongs to sums and averages, got mode='max'")

    def _places(self, given: Sequence[Any]) -> tuple[list[Any], Sequence[Any]]:
        return [as_sizes(n, "a size of the array pooled")[0] for n in given[: self.ndim]], given[self.ndim:]

    def sizes(self, s: Any, gz: Any, *rest: Any) -> Any:
        places, window = [n.item(0) for n in rest[: self.ndim]], rest[self.ndim:]
        lead = len(gz.shape) - self.ndim
        for n, m in zip(self._numbers(s, places, window), gz.shape[lead:]):
            s.same(n, m, "pooling: {} windows, where the gradient has size {}")
        return [(*gz.shape[:lead], *places)]

    def compute(self, gz: Any, *rest: Any) -> Any:
        places, window = [int(n) for n in rest[: self.ndim]], rest[self.ndim:]
        lead = gz.ndim - self.ndim
        out = np.zeros((*gz.shape[:lead], *places), gz.dtype)
        share = (gz / self._counts(places, gz.shape[lead:], window)).astype(gz.dtype) if self.average else gz
        for at, inside in _each(self._bounds(places, gz.shape[lead:], window)):
            out[inside] += _spread(share[at], self.ndim)
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        gz, *rest = inputs
        lead = len(gz.shape) - self.ndim
        windows = self._windows(b, math.prod(gz.shape[:lead]), outputs[0].shape[lead:], gz.shape[lead:], rest[self.ndim:])

        def share(at: Any, i: Any, n: Any) -> Any:
            g = b.load(gz.pointer, i)
            return b.div(g, b.cast(n, gz.dtype)) if self.average else g

        windows.scatter(outputs[0].pointer, b.constant(0, gz.dtype), share)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        window = inputs[1 + self.ndim:]
        return [Pool(self.ignore_border, self.mode, self.ndim)(output_grads[0], *window), *[None] * (len(inputs) - 1)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


def _parts(window: Sequence[Any], ndim: int) -> list[list[Any]]:
    """Sizes, strides, pads."""
    return [list(window[k * ndim:(k + 1) * ndim]) for k in range(3)]


def _places_of(x: Any, ndim: int) -> list[Any]:
    return [size_of(x, d) for d in range(x.ndim - ndim, x.ndim)]


def _each(bounds: Sequence[Sequence[tuple[int, int]]]) -> Any:
    """The index of each window in the output, and that of its elements."""
    for at in np.ndindex(*map(len, bounds)):
        yield (..., *at), (..., *[slice(*bounds[d][i]) for d, i in enumerate(at)])


def _spread(x: Any, ndim: int) -> Any:
    """One number a window, against its elements."""
    return np.asarray(x)[(..., *[None] * ndim)]
