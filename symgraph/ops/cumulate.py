"""Running sums, products, extremes and their like along one dimension, and the recurrence that their derivatives are made of.

Element k of a result joins the elements 0 .. k (or k .. n - 1, backwards) in order, as numpy does; so the bits are numpy's. Derivatives
of every order are exact, at zeros of a running product too: they are linear recurrences, which run the other way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axis, size_of

__all__ = [
    "CumOp", "CumPlace", "CumprodOp", "CumsumOp", "Recurrence", "Shift", "cummax", "cummin", "cumprod", "cumsum", "logcumsumexp",
]


def _walk(b: Any, shape: Sequence[Any], axis: int, backwards: bool, start: Sequence[Any], step: Callable[..., Sequence[Any]]) -> None:
    """Calls ``values = step(place, k, first, values)`` along each row, from `start`; place: in memory, first: whether it is the row's first.

    Where rows lie side by side they advance together, a block of columns at a time: what they carry stays in the first cache, and
    each step is one operation on vectors.
    """
    n, inner = shape[axis], math.prod(shape[axis + 1 :])
    at = (lambda k: n - 1 - k) if backwards else (lambda k: k)
    if isinstance(inner, int) and inner == 1:
        with b.loop(0, math.prod(shape[:axis]), independent=True) as row:
            b.fold(0, n, list(start), lambda k, *values: step(row * n + at(k), at(k), b.equal(k, 0), values))
        return
    rows = [b.local(b.dtype_of(x), _COLUMNS) for x in start]
    with b.loop(0, math.prod(shape[:axis])) as part, b.loop(0, inner, step=_COLUMNS) as column:
        width = b.minimum(inner - column, _COLUMNS)
        with b.loop(0, width, independent=True) as j:
            for row, x in zip(rows, start):
                b.store(row, j, x)
        with b.loop(0, n) as k, b.loop(0, width, independent=True) as j:
            place = (part * n + at(k)) * inner + column + j
            for row, x in zip(rows, step(place, at(k), b.equal(k, 0), [b.load(row, j) for row in rows])):
                b.store(row, j, x)


_COLUMNS = 128  # four kilobytes of accumulators at most


class _Along(Op):
    """Base: an op along one dimension, whose first input has the shape of the result."""

    __props__: tuple[str, ...] = ("axis",)
    axis: int

    def output_dtypes(self, x: Any, *others: Any) -> list[str]:
        return [x.dtype]

    def sizes(self, s: Any, x: Any, *others: Any) -> Any:
        return [x.shape]

    def changed(self, **new: Any) -> Any:
        """The same op with other parameters."""
        return type(self)(**{**dict(zip(self.__props__, self.props())), **new})

    def batch(self, inputs: Any, stacked: Any) -> list[Any] | None:
        return [self.changed(axis=self.axis + 1)(*inputs)] if all(stacked) else None


class CumOp(_Along):
    """Elements joined with all before them along an axis (None: of the flattened array): mode 'add', 'mul', 'max', 'min', 'logaddexp'.

    The dtype stays, but for sums and products of bool, which count in int64. backwards: sums only; with all that follow.
    """

    __props__ = ("axis", "mode", "backwards")
    holomorphic = True
    FUNCTIONS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum, "logaddexp": np.logaddexp}

    def __init__(self, axis: Any = None, mode: str = "add", backwards: bool = False) -> None:
        if mode not in self.FUNCTIONS:
            raise ValueError(f"CumOp: mode must be one of {', '.join(self.FUNCTIONS)}, got {mode!r}")
        if backwards and mode != "add":
            raise ValueError(f"CumOp: only sums run backwards, mode is {mode!r}")
        self.axis = axis
        self.mode = mode
        self.backwards = backwards

    def make_node(self, x: Any) -> Any:
        x = as_tensor(x)
        axis = 0 if self.axis is None else as_axis(self.axis, x.ndim, "cumulative ops: axis")
        if self.axis is None:
            x = x.flatten()
        if x.dtype == "bool" and self.mode in ("add", "mul"):
            x = x.astype("int64")
        if self.mode in ("max", "min", "logaddexp") and x.dtype in dtypes.COMPLEX:
            raise TypeError(f"complex numbers have no order: {x} is {x.dtype}")
        if self.mode == "logaddexp" and x.dtype not in dtypes.FLOAT:
            x = x.astype(dtypes.float_of(x.dtype))
        return super().make_node(x) if axis == self.axis else self.changed(axis=axis).make_node(x)

    def compute(self, x: Any) -> Any:
        turned = np.flip(x, self.axis) if self.backwards else x
        if self.mode == "logaddexp" and x.dtype == np.float16:
            turned = turned.astype("float32")
        found = self.FUNCTIONS[self.mode].accumulate(turned, axis=self.axis, dtype=turned.dtype).astype(x.dtype)
        return np.ascontiguousarray(np.flip(found, self.axis)) if self.backwards else found

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), (y,) = inputs, outputs
        join = getattr(self, f"_{self.mode}")

        def step(place: Any, k: Any, first: Any, values: Any) -> list[Any]:
            *new, out = join(b, first, values, b.load(x.pointer, place))
            b.store(y.pointer, place, out)
            return new

        inside = "float32" if x.dtype == "float16" and self.mode == "logaddexp" else x.dtype
        _walk(b, x.shape, self.axis, self.backwards, [b.constant(value, inside) for value in _neutral(self.mode, inside)], step)

    def _add(self, b: Any, first: Any, values: Any, x: Any) -> list[Any]:
        return [b.add(values[0], x)] * 2

    def _mul(self, b: Any, first: Any, values: Any, x: Any) -> list[Any]:
        if x.dtype in dtypes.COMPLEX:  # 1 * (inf + 1j) is no identity
            return [b.select(first, x, b.mul(values[0], x))] * 2
        return [b.mul(values[0], x)] * 2

    def _max(self, b: Any, first: Any, values: Any, x: Any) -> list[Any]:
        return [b.maximum(values[0], x)] * 2

    def _min(self, b: Any, first: Any, values: Any, x: Any) -> list[Any]:
        return [b.minimum(values[0], x)] * 2

    def _logaddexp(self, b: Any, first: Any, values: Any, x: Any) -> list[Any]:
        """The largest so far, and the sum of exp(element - largest): one exponential and one logarithm an element."""
        largest, total = values
        x = b.cast(x, b.dtype_of(largest))
        one = b.constant(1, b.dtype_of(largest))
        factor = b.select(b.equal(largest, x), one, b.exp(b.neg(b.abs(b.sub(x, largest)))))
        total = b.select(b.less(largest, x), b.add(b.mul(total, factor), one), b.add(total, factor))
        largest = b.maximum(largest, x)
        return [largest, total, b.add(largest, b.log(total))]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), (y,), (g,) = inputs, outputs, output_grads
        axis = self.axis
        if self.mode == "add":
            return [self.changed(backwards=not self.backwards)(g)]
        if self.mode in ("max", "min"):
            return [g._add_along(CumPlace(axis, self.mode)(x), axis, size_of(x, axis))]
        if self.mode == "mul":  # by element k: the product before it, times a sum over what follows, which is a recurrence
            return [Shift(axis, 1, 1)(y) * Recurrence(axis, True)(g, x)]
        return [_exponential(x - y) * Recurrence(axis, True)(g, self._ratio(y))]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        (x,), (t,) = inputs, tangents
        axis = self.axis
        if self.mode == "add":
            return [self(t)]
        if self.mode in ("max", "min"):
            return [t._take_along(CumPlace(axis, self.mode)(x), axis)]
        y = self(x)
        if self.mode == "mul":
            return [Recurrence(axis, False)(Shift(axis, 1, 1)(y) * t, x)]
        return [Recurrence(axis, False)(_exponential(x - y) * t, self._ratio(y))]

    def _ratio(self, y: Any) -> Any:
        """exp(y[k - 1] - y[k]): what part of a sum of exponentials is that before it."""
        return _exponential(Shift(self.axis, 1, -math.inf)(y) - y)


def _neutral(mode: str, dtype: str) -> list[Any]:
    """What a first element is joined with and stays as it is."""
    if mode in ("add", "mul"):
        return [(-0.0 if dtype in dtypes.FLOAT else complex(-0.0, -0.0) if dtype in dtypes.COMPLEX else 0) if mode == "add" else 1]
    if mode == "logaddexp":
        return [-math.inf, 0]
    if dtype == "bool":
        return [mode == "min"]
    if dtype in dtypes.FLOAT:
        return [math.inf if mode == "min" else -math.inf]
    info = np.iinfo(dtype)
    return [int(info.max if mode == "min" else info.min)]


def _exponential(away: Any) -> Any:
    """exp(away), where the difference of two equal infinities counts as 0."""
    return np.where(np.isnan(away), away.zeros_like(), away).exp()


class Recurrence(_Along):
    """y[k] = x[k] + a[k] * y[k - 1], y[0] = x[0]; backwards: y[k] = x[k] + a[k + 1] * y[k + 1], the transpose of the former in x."""

    __props__ = ("axis", "backwards")
    holomorphic = True

    def __init__(self, axis: int, backwards: bool) -> None:
        self.axis = axis
        self.backwards = backwards

    def output_dtypes(self, x: Any, a: Any) -> list[str]:
        return [dtypes.upcast(x.dtype, a.dtype)]

    def sizes(self, s: Any, x: Any, a: Any) -> Any:
        return [tuple(s.same(n, m) for n, m in zip(x.shape, a.shape))]

    def compute(self, x: Any, a: Any) -> Any:
        out = np.empty(x.shape, np.promote_types(x.dtype, a.dtype))
        rows, factors, results = (np.moveaxis(z, self.axis, 0) for z in (x, a, out))
        total: Any = 0
        order = range(len(rows))
        for k in reversed(order) if self.backwards else order:
            before = k + 1 if self.backwards else k
            total = rows[k] + factors[before] * total if k != (len(rows) - 1 if self.backwards else 0) else rows[k]
            results[k] = total
        return out

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x, a), (y,) = inputs, outputs
        inner = math.prod(x.shape[self.axis + 1 :])
        last = x.shape[self.axis] - 1

        def step(place: Any, k: Any, first: Any, values: Any) -> list[Any]:
            element = b.cast(b.load(x.pointer, place), y.dtype)
            behind = place + b.select(b.less(k, last), inner, 0) if self.backwards else place
            factor = b.cast(b.load(a.pointer, behind), y.dtype)
            total = b.select(first, element, b.add(element, b.mul(factor, values[0])))
            b.store(y.pointer, place, total)
            return [total]

        _walk(b, x.shape, self.axis, self.backwards, [b.constant(0, y.dtype)], step)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (_, a), (y,), (g,) = inputs, outputs, output_grads
        back = self.changed(backwards=not self.backwards)(g, a)
        other = Shift(self.axis, 1)(back if self.backwards else y)
        return [back, other * (y if self.backwards else back)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        x, a = inputs
        t, s = tangents
        terms = [] if t is None else [t]
        if s is not None:
            y = self(x, a)
            terms.append(s * Shift(self.axis, 1)(y) if not self.backwards else Shift(self.axis, -1)(s * y))
        return [self(terms[0] if len(terms) == 1 else terms[0] + terms[1], a)]


class Shift(_Along):
    """x moved by some places along an axis; `fill` comes in where nothing does. The transpose is the shift back."""

    __props__ = ("axis", "by", "fill")

    def __init__(self, axis: int, by: int, fill: float = 0) -> None:
        self.axis = axis
        self.by = by
        self.fill = fill

    def compute(self, x: Any) -> Any:
        out = np.full_like(x, self.fill)
        ends = slice(self.by, None), slice(None, -self.by or None)
        to, from_ = ends if self.by > 0 else (slice(None, self.by), slice(-self.by, None))
        np.moveaxis(out, self.axis, 0)[to] = np.moveaxis(x, self.axis, 0)[from_]
        return out

    def reads(self, node: Any) -> list[str]:
        return ["once"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        at = list(index)
        k, n = index[self.axis] + 0, x.shape[self.axis]
        inside = b.less_equal(self.by, k) if self.by > 0 else b.less(k - self.by, n)
        at[self.axis] = k - self.by
        return b.when(inside, lambda: x(*at), lambda: b.constant(self.fill, x.dtype))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [Shift(self.axis, -self.by)(output_grads[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [Shift(self.axis, self.by)(tangents[0])]


class CumPlace(_Along):
    """Where the running extreme stands: int64; the first of equals on the way, the first NaN if there is one."""

    __props__ = ("axis", "mode")

    def __init__(self, axis: int, mode: str) -> None:
        self.axis = axis
        self.mode = mode

    def output_dtypes(self, x: Any) -> list[str]:
        return ["int64"]

    def compute(self, x: Any) -> Any:
        rows = np.moveaxis(x, self.axis, 0)
        out = np.zeros(rows.shape, "int64")
        best: Any = None
        place: Any = None
        for k in range(len(rows)):
            if best is None:
                best, place = rows[k], np.full(rows.shape[1:], k)
            else:
                better = (rows[k] > best if self.mode == "max" else rows[k] < best) | ((rows[k] != rows[k]) & (best == best))
                best, place = np.where(better, rows[k], best), np.where(better, k, place)
            out[k] = place
        return np.ascontiguousarray(np.moveaxis(out, 0, self.axis))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x,), (y,) = inputs, outputs
        kind = "uint8" if x.dtype == "bool" else x.dtype

        def step(place: Any, k: Any, first: Any, values: Any) -> list[Any]:
            best, at = values
            element = b.cast(b.load(x.pointer, place), kind)
            better = b.less(best, element) if self.mode == "max" else b.less(element, best)
            if x.dtype in dtypes.FLOAT:
                better = b.either(better, b.both(b.isnan(element), b.invert(b.isnan(best))))
            better = b.either(first, better)
            best, at = b.select(better, element, best), b.select(better, k, at)
            b.store(y.pointer, place, at)
            return [best, at]

        _walk(b, x.shape, self.axis, False, [b.constant(0, kind), b.constant(0, "int64")], step)


# What a user calls ----------------------------------------------------------------------------------------------------


def _cumulated(x: Any, axis: Any, mode: str, dtype: Any = None) -> Any:
    x = as_tensor(x)
    if dtype is not None:
        x = x.astype(dtypes.normal(dtype))
    return CumOp(axis, mode)(x)


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The running sum along `axis` (None: of the flattened array), with the shape of x (flattened).

    The dtype is that of x, or `dtype`, in which it adds: integers wrap as those of numpy do; bool counts in int64. AxisError for an
    axis that is not there. The gradient is a running sum from the other end.

    >>> import symgraph.tensor as T
    >>> T.cumsum(T.constant([[1, 2], [3, 4]]), axis=0).eval()
    array([[1, 2],
           [4, 6]])
    """
    return _cumulated(x, axis, "add", dtype)


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """The running product along `axis`; arguments as for `cumsum`. Its derivatives, of every order, are exact at zeros too.

    >>> import symgraph.tensor as T
    >>> T.cumprod(T.constant([2, 3, 4])).eval()
    array([ 2,  6, 24])
    """
    return _cumulated(x, axis, "mul", dtype)


def cummax(x: Any, axis: Any = None) -> Any:
    """The largest element so far along `axis` (None: of the flattened array); NaN from the first NaN on. dtype as x.

    TypeError for complex x. The gradient goes to the element that was the largest, the first of equals.

    >>> import symgraph.tensor as T
    >>> T.cummax(T.constant([1, 3, 2, 5])).eval()
    array([1, 3, 3, 5])
    """
    return _cumulated(x, axis, "max")


def cummin(x: Any, axis: Any = None) -> Any:
    """The least element so far along `axis`; as `cummax` in all else.

    >>> import symgraph.tensor as T
    >>> T.cummin(T.constant([3, 1, 2, 0])).eval()
    array([3, 1, 1, 0])
    """
    return _cumulated(x, axis, "min")


def logcumsumexp(x: Any, axis: Any = None) -> Any:
    """log(cumsum(exp(x))) along `axis` without overflow: the largest element so far is taken off. Integers become floats.

    TypeError for complex x. log(exp(a) + exp(b)) = m + log(exp(a - m) + exp(b - m)) for every m.

    >>> import symgraph.tensor as T
    >>> T.logcumsumexp(T.constant([1e3, 1e3])).eval()
    array([1000.        , 1000.69314718])
    """
    return _cumulated(x, axis, "logaddexp")


def CumsumOp(axis: Any = None) -> CumOp:
    """The op of `cumsum`, under Theano's name."""
    return CumOp(axis, "add")


def CumprodOp(axis: Any = None) -> CumOp:
    """The op of `cumprod`, under Theano's name."""
    return CumOp(axis, "mul")
