"""Elements along some dimensions joined into one: sums, products, extremes and where they stand, any and all.

The ops drop the dimensions they reduce; the functions put them back where `keepdims` asks for it. Accumulation is wider than
the elements (float16 in float32, float32 in float64), so that the order of the sum, which is not promised, hardly shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axes
from symgraph.expr.stacks import along_next
from symgraph.settings import config

__all__ = [
    "AllOf",
    "AnyOf",
    "ArgMax",
    "ArgMin",
    "Max",
    "Min",
    "Prod",
    "Reduce",
    "Sum",
    "all_",
    "any_",
    "argmax",
    "argmin",
    "max_",
    "max_and_argmax",
    "min_",
    "prod",
    "sum_",
]

AS_THEANO = "symgraph.tensor.byaxis"  # which makes reductions of axes alone


class _ToldAxes(type):
    def __call__(cls, *args: Any, **options: Any) -> Any:
        if "axes" in options or len(args) >= cls.told and isinstance(args[1], str):  # type: ignore[attr-defined]
            return super().__call__(*args, **options)
        return import_module(AS_THEANO).ByAxis(cls, *args, **options)


class Reduce(Op, metaclass=_ToldAxes):
    """Base: one input, one output without the dimensions `axes` (in order, at least one). dtype: of the output."""

    __props__: tuple[str, ...] = ("axes", "dtype")
    told = 2  # parameters without which it is made as Theano makes it: of an axis, before the array is known

    def __init__(self, axes: Sequence[int], dtype: str) -> None:
        self.axes = tuple(axes)
        self.dtype = dtype

    def output_dtypes(self, x: Any) -> list[str]:
        return [self.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [tuple(n for d, n in enumerate(x.shape) if d not in self.axes)]

    def finish(self, b: Any, accumulators: Any, count: Any) -> Any:
        return b.cast(accumulators[0], self.dtype)

    def scattered(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return self.join(b, accumulators, element, position)  # type: ignore[attr-defined]

    def kept(self, y: Any, ndim: int) -> Any:
        """The output, or what has its shape, with size 1 in place of each reduced dimension."""
        return with_ones(y, self.axes, ndim)

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [along_next(self)(*inputs)]


def with_ones(y: Any, axes: Sequence[int], ndim: int) -> Any:
    """y with new dimensions of size 1, so that these are its dimensions `axes` of `ndim`."""
    rest = iter(range(y.ndim))
    return y.dimshuffle(*["x" if d in axes else next(rest) for d in range(ndim)])


# Sums and products ----------------------------------------------------------------------------------------------------


class Sum(Reduce):
    """The sum along `axes`, accumulated in acc_dtype, given in dtype."""

    __props__ = ("axes", "dtype", "acc_dtype")
    told = 3

    def __init__(self, axes: Sequence[int], dtype: str, acc_dtype: str) -> None:
        super().__init__(axes, dtype)
        self.acc_dtype = acc_dtype

    def compute(self, x: Any) -> Any:
        return np.asarray(np.sum(x, axis=self.axes, dtype=self.acc_dtype)).astype(self.dtype)

    def start(self, b: Any) -> Any:
        return (b.constant(0, self.acc_dtype),)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return (b.add(accumulators[0], b.cast(element, self.acc_dtype)),)

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        return (b.add(left[0], right[0]),)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        return [x.fill(self.kept(output_grads[0], x.ndim))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0])]


class Prod(Reduce):
    """The product along `axes`. no_zeros_in_input: a promise that lets the gradient divide by the elements."""

    __props__ = ("axes", "dtype", "acc_dtype", "no_zeros_in_input")
    told = 3
    holomorphic = True

    def __init__(self, axes: Sequence[int], dtype: str, acc_dtype: str, no_zeros_in_input: bool = False) -> None:
        super().__init__(axes, dtype)
        self.acc_dtype = acc_dtype
        self.no_zeros_in_input = no_zeros_in_input

    def compute(self, x: Any) -> Any:
        return np.asarray(np.prod(x, axis=self.axes, dtype=self.acc_dtype)).astype(self.dtype)

    def start(self, b: Any) -> Any:
        return (b.constant(1, self.acc_dtype),)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return (b.mul(accumulators[0], b.cast(element, self.acc_dtype)),)

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        return (b.mul(left[0], right[0]),)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        """The product of the other elements: the whole one divided by the element where no element is zero; the product of
        those that are not zero for the only zero; zero everywhere if there are more. Second derivatives by two elements
        that are zero are not covered (they come out as zero)."""
        (x,) = inputs
        g = self.kept(output_grads[0], x.ndim)
        if self.no_zeros_in_input:
            return [g * self.kept(outputs[0], x.ndim) / x]
        is_zero = x.eq(0)
        zeros = is_zero.sum(axis=self.axes, keepdims=True)
        safe = np.where(is_zero, x.ones_like(), x)
        others = Prod(self.axes, self.dtype, self.acc_dtype, True)(safe)
        others = self.kept(others, x.ndim)
        wanted = np.where(is_zero, zeros.eq(1), zeros.eq(0))
        return [np.where(wanted, g * others / safe, g.zeros_like())]


# Extremes -------------------------------------------------------------------------------------------------------------


class Max(Reduce):
    """The largest element along `axes`; NaN if there is one. The gradient goes in full to each of the elements that tie."""

    which = "maximum"

    def sizes(self, s: Any, x: Any) -> Any:
        return _not_empty(s, x, super().sizes(s, x), self.axes, f"reduction operation {self.which} which has no identity")

    def compute(self, x: Any) -> Any:
        return (np.max if self.which == "maximum" else np.min)(x, axis=self.axes)

    def start(self, b: Any) -> Any:
        return (b.constant(_worst(self.dtype, self.which), self.dtype),)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return self.combine(b, accumulators, (element,))

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        if self.dtype == "bool":
            return ((b.either if self.which == "maximum" else b.both)(left[0], right[0]),)
        better = b.less(left[0], right[0]) if self.which == "maximum" else b.less(right[0], left[0])
        if self.dtype in dtypes.FLOAT:  # a NaN to the left is never better than, and stays
            better = b.either(better, b.isnan(right[0]))
        return (b.select(better, right[0], left[0]),)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        return [x.eq(self.kept(outputs[0], x.ndim)) * self.kept(output_grads[0], x.ndim)]


class Min(Max):
    """The smallest element along `axes`; NaN if there is one."""

    which = "minimum"


class ArgMax(Reduce):
    """Where the largest element along `axes` stands, in C order of these; the first of equals; the first NaN if there is one.

    dtype: of the input. out: int64.
    """

    which = "maximum"

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int64"]

    def sizes(self, s: Any, x: Any) -> Any:
        name = "argmax" if self.which == "maximum" else "argmin"
        if self.place == "int32":
            reduced = math.prod(x.shape[d] for d in self.axes)
            s.check(s.less(reduced, 1 << 31), "ValueError", f"{name}: {{}} elements of 32 bits, more than 2147483647, to choose from", reduced)
        return _not_empty(s, x, super().sizes(s, x), self.axes, f"{name}: there is nothing to choose from")

    def compute(self, x: Any) -> Any:
        kept = [d for d in range(x.ndim) if d not in self.axes]
        rows = x.transpose(*kept, *self.axes).reshape([x.shape[d] for d in kept] + [math.prod(x.shape[d] for d in self.axes)])
        return (np.argmax if self.which == "maximum" else np.argmin)(rows, axis=-1)

    def start(self, b: Any) -> Any:
        kind = "uint8" if self.dtype == "bool" else self.dtype
        return b.constant(_worst(kind, self.which), kind), b.constant(0, self.place)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        """Nothing has to be said about the first element: whatever is not better than the worst value leaves position 0."""
        best, place = accumulators
        element = b.cast(element, "uint8") if self.dtype == "bool" else element
        better = self._better(b, element, best)
        return b.select(better, element, best), b.select(better, b.cast(position, self.place), place)

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        """Of equals the lower position, so that the runs need not be one after the other."""
        equal = b.equal(left[0], right[0])
        if self.dtype in dtypes.FLOAT:
            equal = b.either(equal, b.both(b.isnan(left[0]), b.isnan(right[0])))
        better = b.either(self._better(b, right[0], left[0]), b.both(equal, b.less(right[1], left[1])))
        return b.select(better, right[0], left[0]), b.select(better, right[1], left[1])

    @property
    def scattered(self) -> Any:  # type: ignore[override]
        """`join` would keep the one of equals that it met first; what `combine` compares takes too long for elements narrower than places."""
        if not self.dtype.endswith(("64", "32")):
            return None
        return lambda b, accumulators, element, position: self.combine(b, accumulators, (element, b.cast(position, self.place)))

    @property
    def place(self) -> str:
        """The dtype of places as they are held: as wide as elements of 32 bits, so that as many stand in a vector. 1e7 float32 in columns took
        twice as long with wider ones."""
        return "int32" if self.dtype.endswith("32") else "int64"

    def _better(self, b: Any, new: Any, old: Any) -> Any:
        if self.dtype not in dtypes.FLOAT:
            return b.less(old, new) if self.which == "maximum" else b.less(new, old)
        worse = b.less_equal(new, old) if self.which == "maximum" else b.less_equal(old, new)
        return b.both(b.invert(worse), b.invert(b.isnan(old)))  # a NaN is not worse

    def finish(self, b: Any, accumulators: Any, count: Any) -> Any:
        return b.cast(accumulators[1], "int64")


class ArgMin(ArgMax):
    """Where the smallest element along `axes` stands; ties and NaN as for ArgMax."""

    which = "minimum"


def _worst(dtype: str, which: str) -> Any:
    """What every element is at least as large (as small) as."""
    if dtype == "bool":
        return which == "minimum"
    if dtype in dtypes.FLOAT:
        return -math.inf if which == "maximum" else math.inf
    info = np.iinfo(dtype)
    return int(info.min if which == "maximum" else info.max)


def _not_empty(s: Any, x: Any, out: Any, axes: Sequence[int], what: str) -> Any:
    reduced = math.prod(x.shape[d] for d in axes)
    s.check(s.either(s.less(0, reduced), s.equal(math.prod(out[0]), 0)), "ValueError", f"zero-size array to {what}")
    return out


# Logic ----------------------------------------------------------------------------------------------------------------


class AnyOf(Reduce):
    """Whether an element along `axes` is not zero. out: bool."""

    def compute(self, x: Any) -> Any:
        return np.any(x, axis=self.axes)

    def start(self, b: Any) -> Any:
        return (b.constant(False, "bool"),)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return (b.either(accumulators[0], b.cast(element, "bool")),)

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        return (b.either(left[0], right[0]),)


class AllOf(Reduce):
    """Whether no element along `axes` is zero. out: bool."""

    def compute(self, x: Any) -> Any:
        return np.all(x, axis=self.axes)

    def start(self, b: Any) -> Any:
        return (b.constant(True, "bool"),)

    def join(self, b: Any, accumulators: Any, element: Any, position: Any) -> Any:
        return (b.both(accumulators[0], b.cast(element, "bool")),)

    def combine(self, b: Any, left: Any, right: Any) -> Any:
        return (b.both(left[0], right[0]),)


# What a user calls ----------------------------------------------------------------------------------------------------


def _sum_dtypes(name: str, dtype: str, wanted: Any, accumulate: Any) -> tuple[str, str]:
    """The dtypes of result and accumulator: integers at full width unless said otherwise, floats keep theirs."""
    wide = "uint64" if dtype in dtypes.UNSIGNED else "int64" if dtype in dtypes.DISCRETE else dtype
    out = wide if wanted is None else config.floatX if wanted == "floatX" else dtypes.normal(wanted)
    if dtype in dtypes.COMPLEX and out not in dtypes.COMPLEX:
        raise TypeError(f"{name}: a complex {name} cannot be given as {out}; take the real part first")
    if accumulate is None:
        wider = dtypes.upcast(out, wide) if out in dtypes.CONTINUOUS else wide if wide in dtypes.DISCRETE else out
        return out, dtypes.ACCUMULATE_IN.get(wider, wider)
    inside = dtypes.normal(accumulate)
    if dtypes.upcast(dtype, inside) != inside and not (dtype in dtypes.DISCRETE and inside in dtypes.CONTINUOUS):
        raise TypeError(f"{name}: acc_dtype {inside} cannot hold the elements, which are {dtype}")
    return out, inside


def _summed(kind: Any, name: str, x: Any, axis: Any, dtype: Any, keepdims: bool, acc_dtype: Any, *options: Any) -> Any:
    x = as_tensor(x)
    out, inside = _sum_dtypes(name, x.dtype, dtype, acc_dtype)
    axes = as_axes(axis, x.ndim)
    if not axes:
        return x.astype(out)
    y = kind(axes, out, inside, *options)(x)
    return with_ones(y, axes, x.ndim) if keepdims else y


def sum_(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """The sum of the elements along `axis` (an int, a tuple, None: all).

    bool and signed integers give int64, unsigned ones uint64, floats keep their dtype, unless `dtype` says another;
    acc_dtype: the dtype of the running sum. ValueError for an axis that is not there; TypeError where acc_dtype cannot hold
    the elements.

    >>> import symgraph.tensor as T
    >>> T.sum(T.constant([[1, 2], [3, 4]]), axis=0).eval()
    array([4, 6])
    """
    return _summed(Sum, "sum", input, axis, dtype, keepdims, acc_dtype)


def prod(
    input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None, no_zeros_in_input: bool = False
) -> Any:
    """The product of the elements along `axis`; dtypes as for `sum`. no_zeros_in_input: a promise; the gradient is cheaper then."""
    return _summed(Prod, "prod", input, axis, dtype, keepdims, acc_dtype, bool(no_zeros_in_input))


def _extreme(kind: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_tensor(x)
    if x.dtype in dtypes.COMPLEX:
        raise TypeError(f"complex numbers have no order: {x} is {x.dtype}")
    axes = as_axes(axis, x.ndim)
    if not axes:
        return x.zeros_like(dtype="int64") if issubclass(kind, ArgMax) else x
    y = kind(axes, x.dtype)(x)
    return with_ones(y, axes, x.ndim) if keepdims else y


def max_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element along `axis` (an int, a tuple, None: all); NaN if one is NaN.

    ValueError at the call where there is no element; TypeError if x is complex.
    """
    return _extreme(Max, x, axis, keepdims)


def min_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element along `axis`; as `max` in all else."""
    return _extreme(Min, x, axis, keepdims)


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the largest element along `axis` stands: int64; without axis the position in C order. The first of equals, the
    first NaN if there is one; ValueError at the call where there is no element."""
    return _extreme(ArgMax, x, axis, keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Where the smallest element along `axis` stands; as `argmax` in all else."""
    return _extreme(ArgMin, x, axis, keepdims)


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """The list of `max` and `argmax`."""
    return [max_(a, axis, keepdims), argmax(a, axis, keepdims)]


def _logical(kind: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    x = as_tensor(x)
    axes = as_axes(axis, x.ndim)
    if not axes:
        return x if x.dtype == "bool" else x.neq(0)
    y = kind(axes, "bool")(x)
    return with_ones(y, axes, x.ndim) if keepdims else y


def any_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether some element along `axis` is not zero: bool."""
    return _logical(AnyOf, x, axis, keepdims)


def all_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether no element along `axis` is zero: bool."""
    return _logical(AllOf, x, axis, keepdims)
