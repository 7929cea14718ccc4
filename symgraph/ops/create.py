"""Arrays made from sizes: filled with a value, counting, with ones on a diagonal; and diagonals of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import DISCRETE, SIGNED, UNSIGNED, normal, upcast
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.sizes import SizedOp, as_size, as_sizes, items_of, size_of
from symgraph.expr.stacks import aligned, only_first
from symgraph.expr.variable import Constant
from symgraph.settings import config

__all__ = [
    "Alloc",
    "Arange",
    "ArangeLength",
    "Eye",
    "Spaced",
    "alloc",
    "arange",
    "broadcast_to",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity_like",
    "mgrid",
    "ogrid",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]

_NEGATIVE = "negative dimensions are not allowed, got {}"


class FromSizes(SizedOp):
    """An op of 0-d numbers through which no derivative flows."""

    def __init__(self, dtype: str) -> None:
        self.dtype = normal(dtype)

    def output_dtypes(self, *inputs: Any) -> list[str]:
        return [self.dtype]

    def reads(self, node: Any) -> list[str]:
        return ["many"] * len(node.inputs)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * len(node.inputs)


class Alloc(SizedOp):
    """An array of the sizes that are the other inputs, filled with a value, which broadcasts."""

    __props__ = ()

    def output_dtypes(self, value: Any, *sizes: Any) -> list[str]:
        if value.ndim > len(sizes):
            raise TypeError(f"alloc: the value has {value.ndim} dimensions, more than the {len(sizes)} sizes")
        return [value.dtype]

    def sizes(self, s: Any, value: Any, *sizes: Any) -> Any:
        out = [n.item(0) for n in sizes]
        for n in out:
            s.check(s.less(-1, n), "ValueError", _NEGATIVE, n)
        extra = len(out) - len(value.shape)
        for d, n in enumerate(value.shape):
            if not (isinstance(n, int) and n == 1):
                text = f"alloc: dimension {d} of the value has size {{}} and cannot fill a size of {{}}"
                out[extra + d] = s.same(out[extra + d], n, text, n, out[extra + d])
        return [tuple(out)]

    def perform(self, node: Any, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        value, *sizes = inputs
        shape = tuple(int(n) for n in sizes)
        if min(shape, default=0) < 0:
            raise ValueError(_NEGATIVE.format(min(shape)))
        for d, (n, declared) in enumerate(zip(value.shape, node.inputs[0].type.shape)):
            wanted = shape[len(shape) - value.ndim + d]
            if declared != 1 and n != wanted:
                raise ValueError(f"alloc: dimension {d} of the value has size {n} and cannot fill a size of {wanted}")
        output_storage[0][0] = np.full(shape, value, dtype=value.dtype)

    def reads(self, node: Any) -> list[str]:
        return ["many"] * len(node.inputs)

    def element(self, b: Any, index: Any, value: Any, *sizes: Any) -> Any:
        own = index[len(index) - len(value.shape) :]
        return value(*[0 if isinstance(n, int) and n == 1 else i for n, i in zip(value.shape, own)])

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        value, *sizes = inputs
        (g,) = output_grads
        extra = g.ndim - value.ndim
        broad = [extra + d for d, n in enumerate(value.type.shape) if n == 1 and g.type.shape[extra + d] != 1]
        if broad:
            g = g.sum(axis=broad, keepdims=True)
        return [g.sum(axis=list(range(extra))) if extra else g, *[None] * len(sizes)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if not only_first(stacked):
            return None
        value, *sizes = inputs
        return [self(aligned(value, True, len(sizes)), size_of(value, 0), *sizes)]


class Arange(FromSizes):
    """start, start + step ... before stop, of integers. Inputs: start, stop, step, 0-d integers; out: a vector of `dtype`."""

    __props__ = ("dtype",)

    def sizes(self, s: Any, start: Any, stop: Any, step: Any) -> Any:
        first, last, by = start.item(0), stop.item(0), step.item(0)
        s.check(s.either(s.less(by, 0), s.less(0, by)), "ValueError", "arange: step must not be 0")
        if isinstance(by, int) and by == 1:
            return [(s.maximum(last - first, 0),)]
        up = s.less(0, by)
        span = s.maximum(s.where(up, last - first, first - last), 0)
        size = s.maximum(s.where(up, by, 0 - by), 1)
        return [((span + size - 1) // size,)]

    def compute(self, start: Any, stop: Any, step: Any) -> Any:
        if int(step) == 0:
            raise ValueError("arange: step must not be 0")
        return np.arange(int(start), int(stop), int(step)).astype(self.dtype)

    def element(self, b: Any, index: Any, start: Any, stop: Any, step: Any) -> Any:
        return b.cast(start.item(0) + index[0] * step.item(0), self.dtype)


class ArangeLength(FromSizes):
    """The number of elements of arange(start, stop, step): int64, without dimensions. ValueError for a step of 0."""

    __props__ = ()
    dtype = "int64"

    def __init__(self) -> None:
        super().__init__("int64")

    def sizes(self, s: Any, start: Any, stop: Any, step: Any) -> Any:
        return [()]

    def compute(self, start: Any, stop: Any, step: Any) -> Any:
        count = np.ceil((np.float64(stop) - np.float64(start)) / np.float64(step))
        if not np.isfinite(count):
            raise ValueError(f"arange: the number of elements from {start} to {stop} by {step} is not finite")
        return np.asarray(max(count, 0), dtype="int64")

    def element(self, b: Any, index: Any, start: Any, stop: Any, step: Any) -> Any:
        first, last, by = (b.cast(x(), "float64") for x in (start, stop, step))
        count = b.ceil(b.div(b.sub(last, first), by))
        b.check(b.isfinite(count), "ValueError", "arange: the number of elements is not finite")
        return b.cast(b.maximum(count, b.constant(0.0, "float64")), "int64")


class Spaced(SizedOp):
    """start + k * step for each k < n. Inputs: start, step (of the output's dtype) and n, an integer."""

    __props__ = ()

    def output_dtypes(self, start: Any, step: Any, n: Any) -> list[str]:
        if start.dtype != step.dtype:
            raise TypeError(f"start and step must be of one dtype, got {start.dtype} and {step.dtype}")
        return [start.dtype]

    def sizes(self, s: Any, start: Any, step: Any, n: Any) -> Any:
        return [(n.item(0),)]

    def compute(self, start: Any, step: Any, n: Any) -> Any:
        return (start + step * np.arange(int(n)).astype(start.dtype)).astype(start.dtype)

    def reads(self, node: Any) -> list[str]:
        return ["many"] * 3

    def element(self, b: Any, index: Any, start: Any, step: Any, n: Any) -> Any:
        return b.add(start(), b.mul(step(), b.cast(index[0], start.dtype)))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        start, _, n = inputs
        places = Spaced()(constant(np.zeros((), g.dtype)), constant(np.ones((), g.dtype)), n)
        return [g.sum(), (g * places).sum(), None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], [True], [False]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        start, step, n = inputs
        if stacked[2]:
            return None
        first, by = (x.dimshuffle(0, "x") if s else x for x, s in zip((start, step), stacked))
        places = Spaced()(constant(np.zeros((), start.dtype)), constant(np.ones((), start.dtype)), n)
        return [first + by * places]


class Eye(FromSizes):
    """Ones on a diagonal: out[i, j] is 1 where j - i == k (`below`: where j - i <= k), else 0. Inputs: rows, columns, k."""

    __props__ = ("dtype", "below")

    def __init__(self, dtype: str, below: bool = False) -> None:
        super().__init__(dtype)
        self.below = below

    def sizes(self, s: Any, n: Any, m: Any, k: Any) -> Any:
        out = (n.item(0), m.item(0))
        for size in out:
            s.check(s.less(-1, size), "ValueError", _NEGATIVE, size)
        return [out]

    def compute(self, n: Any, m: Any, k: Any) -> Any:
        if min(n, m) < 0:
            raise ValueError(_NEGATIVE.format(min(n, m)))
        return (np.tri if self.below else np.eye)(int(n), int(m), int(k), dtype=self.dtype)

    def element(self, b: Any, index: Any, n: Any, m: Any, k: Any) -> Any:
        diagonal = index[0] + k.item(0)
        found = b.less_equal(index[1], diagonal) if self.below else b.equal(index[1], diagonal)
        return b.cast(found, self.dtype)


# What a user calls ----------------------------------------------------------------------------------------------------


def alloc(value: Any, *shape: Any) -> Any:
    """An array of sizes `shape` (ints and integer variables), filled with `value`, which broadcasts.

    >>> import symgraph.tensor as T
    >>> alloc(7, 2, 2).eval()
    array([[7, 7],
           [7, 7]], dtype=int8)
    """
    value = as_tensor(value)
    wanted = as_sizes(shape[0] if len(shape) == 1 else list(shape))
    if len(wanted) < value.ndim:
        raise TypeError(f"alloc: {value.type} of {value.ndim} dimensions cannot take a shape of {len(wanted)}")
    return Alloc()(value, *wanted) if wanted else value


def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated to sizes `shape` (a list of ints and integer variables, or an integer vector of known length).

    A dimension of x is repeated if its size is known to be 1; any other must have the size that is asked for (ValueError).

    >>> import symgraph.tensor as T
    >>> broadcast_to(T.constant([1, 2]), (2, 2)).eval()
    array([[1, 2],
           [1, 2]])
    """
    x = as_tensor(x)
    wanted = as_sizes(shape)
    if len(wanted) < x.ndim:
        raise ValueError(f"broadcast_to: {x.type} of {x.ndim} dimensions cannot take a shape of {len(wanted)}")
    return Alloc()(x, *wanted) if wanted else x


def _filled(value: int, shape: Any, dtype: Any) -> Any:
    dtype = config.floatX if dtype is None else normal(dtype)
    return alloc(constant(np.asarray(value, dtype=dtype)), shape)


def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros. shape: an int, a list of ints and integer variables, or an integer vector of known length. dtype: floatX if None."""
    return _filled(0, shape, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones; see `zeros`."""
    return _filled(1, shape, dtype)


def empty(shape: Any, dtype: Any = None) -> Any:
    """An array whose values do not matter (they are zeros); see `zeros`."""
    return _filled(0, shape, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array filled with fill_value, of its dtype or the one that is said."""
    value = as_tensor(fill_value)
    return alloc(value if dtype is None or value.dtype == normal(dtype) else value.astype(dtype), shape)


def _filled_like(value: Any, model: Any, dtype: Any) -> Any:
    model = as_tensor(model)
    dtype = model.dtype if dtype is None else normal(dtype)
    value = constant(np.asarray(value, dtype=dtype)) if not hasattr(value, "type") else value.astype(dtype)
    return alloc(value, items_of(model.shape)) if model.ndim else value


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape of `model`, and of its dtype if none is said."""
    return _filled_like(0, model, dtype)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Ones of the shape of `model`, and of its dtype if none is said."""
    return _filled_like(1, model, dtype)


def empty_like(model: Any, dtype: Any = None) -> Any:
    """An array of the shape of `model`, and of its dtype if none is said, whose values do not matter (they are zeros)."""
    return _filled_like(0, model, dtype)


def full_like(model: Any, fill_value: Any, dtype: Any = None) -> Any:
    """An array of the shape of `model`, and of its dtype if none is said, filled with a value."""
    return _filled_like(fill_value, model, dtype)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """start, start + step ... before stop (numpy's rules). With one argument: from 0.

    dtype, if none is said: that of start, stop and step together; integers give int64 or uint64. ValueError for a step of 0.

    >>> import symgraph.tensor as T
    >>> arange(1, T.iscalar(), 2).dtype
    'int64'
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (as_tensor(x) for x in (start, stop, step))
    for x in (start, stop, step):
        if x.ndim:
            raise TypeError(f"arange: start, stop and step have no dimensions, got {x.type}")
    joint = upcast(start.dtype, stop.dtype, step.dtype)
    if dtype is None:
        dtype = "int64" if joint in SIGNED or joint == "bool" else "uint64" if joint in UNSIGNED else joint
    dtype = normal(dtype)
    if joint in DISCRETE:
        return Arange(dtype)(start, stop, step)
    length = ArangeLength()(start, stop, step)
    exact = upcast(joint, "float32")
    out = Spaced()(_as(start, exact), _as(step, exact), length)
    return out if out.dtype == dtype else out.astype(dtype)


def _as(x: Any, dtype: str) -> Any:
    if x.dtype == dtype:
        return x
    return constant(x.data.astype(dtype)) if isinstance(x, Constant) else x.astype(dtype)


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix of n rows and m (n) columns with ones where column - row == k, of dtype floatX if none is said."""
    return _diagonals(n, m, k, dtype, False)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix of N rows and M (N) columns with ones on and below the diagonal column - row == k."""
    return _diagonals(N, M, k, dtype, True)


def _diagonals(n: Any, m: Any, k: Any, dtype: Any, below: bool) -> Any:
    n = as_size(n)
    return Eye(config.floatX if dtype is None else dtype, below)(n, n if m is None else as_size(m), as_size(k, "k"))


def identity_like(x: Any) -> Any:
    """The matrix with ones on its diagonal, of the shape and dtype of the matrix x."""
    x = as_tensor(x)
    if x.ndim != 2:
        raise TypeError(f"identity_like takes a matrix, got {x.type}")
    return eye(x.shape[0], x.shape[1], dtype=x.dtype)


class _Grid:
    """``mgrid[0:3, 0:2]``, ``ogrid[...]``: the coordinates of the points of a grid, as numpy's."""

    def __init__(self, sparse: bool) -> None:
        self.sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        slices = key if isinstance(key, tuple) else (key,)
        ranges = []
        for part in slices:
            if not isinstance(part, slice) or part.stop is None:
                raise TypeError(f"a grid is made of slices with a stop, got {part!r}")
            if isinstance(part.step, complex):  # so many points, both ends among them
                ranges.append(np.linspace(as_tensor(0 if part.start is None else part.start), part.stop, int(abs(part.step))))
                continue
            ranges.append(arange(0 if part.start is None else part.start, part.stop, 1 if part.step is None else part.step))
        if len(ranges) == 1 and not isinstance(key, tuple):
            return ranges[0]
        dtype = upcast(*[r.dtype for r in ranges])
        axes = [_as(r, dtype).dimshuffle(*["x"] * d, 0, *["x"] * (len(ranges) - d - 1)) for d, r in enumerate(ranges)]
        if self.sparse:
            return axes
        return [Alloc()(x, *[r.shape[0] for r in ranges]) for x in axes]


mgrid = _Grid(False)
ogrid = _Grid(True)
