"""Distinct elements, and arrays as sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, CONTINUOUS, FLOAT, upcast
from symgraph.expr.make import as_tensor, constant
from symgraph.expr.op import Op
from symgraph.expr.sizes import as_axis, size_of
from symgraph.expr.types import tensor_type

__all__ = ["IsIn", "Unique", "in1d", "intersect1d", "isin", "setdiff1d", "setxor1d", "union1d", "unique"]


class Unique(Op):
    """The distinct elements of an array, sorted (axis=None), or slices along `axis`; where asked for, as int64 vectors: where each
    is first, for each element (slice) the number of its distinct one, and how often each is there.

    It calls numpy, which sorts slices by all their elements. The function `unique` needs it for an `axis` only.
    """

    __props__ = ("return_index", "return_inverse", "return_counts", "axis")

    def __init__(
        self, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
    ) -> None:
        self.return_index = bool(return_index)
        self.return_inverse = bool(return_inverse)
        self.return_counts = bool(return_counts)
        self.axis = axis

    def output_types(self, x: Any) -> list[Any]:
        axis = None if self.axis is None else as_axis(self.axis, x.ndim, "unique: axis")
        shape: tuple[int | None, ...] = (None,) if axis is None else (*x.type.shape[:axis], None, *x.type.shape[axis + 1 :])
        vectors = [tensor_type("int64", (None,))] * (self.return_index + self.return_inverse + self.return_counts)
        return [tensor_type(x.dtype, shape), *vectors]

    def compute(self, x: Any) -> Any:
        numpy_unique: Any = np.unique  # whose types know literal flags only
        found = numpy_unique(x, self.return_index, self.return_inverse, self.return_counts, self.axis)
        if not isinstance(found, tuple):
            return (found,)
        return found[0], *[np.asarray(y, "int64").reshape(-1) for y in found[1:]]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        g = output_grads[0]
        index = Unique(True, axis=self.axis)(x)[1]
        zeros = x.zeros_like(dtype=g.dtype)
        if self.axis is not None:
            return [zeros[(*[slice(None)] * (self.axis % x.ndim), index)].inc(g)]
        return [zeros.flatten()[index].inc(g).reshape([size_of(x, d) for d in range(x.ndim)])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        index = Unique(True, axis=self.axis)(inputs[0])[1]
        t = tangents[0].flatten() if self.axis is None else tangents[0]
        moved = t.take(index, axis=self.axis or 0)
        return [moved, *[None] * (self.return_index + self.return_inverse + self.return_counts)]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True, *[False] * (len(node.outputs) - 1)]]


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
) -> Any:
    """The distinct elements of ar, sorted; NaN once. With `axis` the distinct slices along it, sorted by their elements.

    Where asked for, in a tuple with them: where each is first; for each element of ar (in its shape) or slice the number of its
    distinct one; how often each is there (int64). Gradients go to the first of equals.

    >>> import symgraph.tensor as T
    >>> [x.eval().tolist() for x in T.unique([3, 1, 3], return_counts=True)]
    [[1, 3], [1, 2]]
    """
    ar = as_tensor(ar)
    if axis is not None:
        found = Unique(return_index, return_inverse, return_counts, as_axis(axis, ar.ndim, "unique: axis"))(ar, return_list=True)
    else:
        found = _distinct(ar, return_index, return_inverse, return_counts)
    return tuple(found) if len(found) > 1 else found[0]


def _distinct(x: Any, return_index: bool, return_inverse: bool, return_counts: bool) -> list[Any]:
    """The outputs of `unique` without axis: of the sorted elements those that differ from the one before. All of it is native code."""
    flat = x.flatten()
    n = size_of(flat, 0)
    order: Any = np.argsort(flat, kind="stable") if return_index or return_inverse else None  # costs more than sorting
    ordered: Any = np.sort(flat) if order is None else flat[order]
    last, here = ordered[:-1], ordered[1:]
    differs = here.neq(last)
    if x.dtype in CONTINUOUS:
        differs = np.logical_and(differs, np.logical_or(here.eq(here), last.eq(last)))  # NaN and NaN are one
    starts: Any = np.full((n,), constant(np.asarray(True)), like=flat)
    starts = starts[1:].set(differs)
    (places,) = starts.nonzero()
    found = [ordered[places]]
    if return_index:
        found.append(order[places])
    if return_inverse:
        numbers = np.cumsum(starts.astype("int64")) - 1
        zeros: Any = np.full((n,), 0, dtype="int64", like=flat)
        found.append(zeros[order].set(numbers).reshape([size_of(x, d) for d in range(x.ndim)]))
    if return_counts:
        found.append(np.diff(np.concatenate([places, n.dimshuffle("x")])))
    return found


class IsIn(Op):
    """For each element of an array of any shape whether it is in a vector of the same dtype, of real numbers: bool. NaN is in none.

    By a table of at least twice as many places as the vector has elements, in which an element stands at the first free place from the one that
    its bits say (a product with the golden ratio; Knuth, The Art of Computer Programming, 6.4). 1e6 integers among 1,000: a search in the sorted
    vector took eight times numpy's time.
    """

    __props__ = ()

    def output_dtypes(self, x: Any, test: Any) -> list[str]:
        return ["bool"]

    def sizes(self, s: Any, x: Any, test: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any, test: Any) -> Any:
        return np.asarray(np.isin(x, test))

    def workspace(self, s: Any, x: Any, test: Any) -> Any:
        n = test.shape[0]
        return [("int64", s.where(s.less(n, _FEW), n * 16, n * 4) + 1)]

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        (x, test), (y, table) = inputs, outputs
        number = b.cast(test.shape[0], "int64")
        room = b.maximum(b.select(b.less(number, _FEW), number * 16, number * 4), 1)
        (bits,) = b.repeat([b.constant(0, "int64")], lambda k: (b.less(1, b.shift_right(room, k + 1)), [k + 1]))
        bits = b.minimum(bits, 62)
        size = b.shift_left(b.constant(1, "int64"), bits)
        unsigned = lambda k: b.cast(k, "uint64")
        free = b.constant(_FREE, "int64")

        def place(key: Any) -> Any:
            mixed = b.mul(unsigned(key), b.constant(_GOLDEN, "uint64"))
            return b.both(b.cast(b.shift_right(mixed, unsigned(64 - b.maximum(bits, 1))), "int64"), size - 1)

        def probe(key: Any) -> list[Any]:
            """Where the key stands, or the free place where it would; and what stands there."""
            first = place(key)

            def on(at: Any, found: Any) -> Any:
                wrong = b.both(b.not_equal(found, key), b.not_equal(found, free))
                at = b.select(wrong, b.both(at + 1, size - 1), at)
                return wrong, [at, b.load(table.pointer, at)]

            return b.repeat([first, b.load(table.pointer, first)], on)

        with b.loop(0, size, independent=True) as k:
            b.store(table.pointer, k, free)

        def put(k: Any, special: Any) -> list[Any]:
            key, real = _bits(b, test, k)

            def insert() -> None:
                b.store(table.pointer, probe(key)[0], key)

            b.when(real, insert)
            return [b.either(special, b.both(real, b.equal(key, free)))]

        (special,) = b.fold(0, number, [b.constant(False, "bool")], put)
        with b.loop(0, math.prod(x.shape)) as k:
            key, real = _bits(b, x, k)
            found = probe(key)[1]
            there = b.select(b.equal(key, free), special, b.equal(found, key))
            b.store(y.pointer, k, b.both(real, there))

    def batch(self, inputs: Sequence[Any], stacked: Sequence[bool]) -> Any:
        return None if stacked[1] else [self(*inputs)]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [False]]


_FEW = 1 << 12  # elements of a vector whose table may have many free places and still lie in the second cache
_GOLDEN = 0x9E3779B97F4A7C15
_FREE = -0x7A5E3D1C0B9F8642  # what stands at a free place; whether the vector has it is known apart


def _bits(b: Any, x: Any, k: Any) -> tuple[Any, Any]:
    """Element k as an int64 that is equal for equal elements; and whether it is equal to itself."""
    if x.dtype not in FLOAT:
        return b.cast(b.load(x.pointer, k), "int64"), b.constant(True, "bool")
    width = int(x.dtype[5:])
    value = b.load(x.pointer, k)
    key = b.cast(b.load(b.recast(x.pointer, f"int{width}*"), k), "int64")
    return b.select(b.equal(value, 0), b.constant(0, "int64"), key), b.invert(b.isnan(value))


def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """For each element whether it is among the test elements (`invert`: is not): bool, of the shape of `element`. TypeError for
    complex numbers. assume_unique: without effect.

    >>> import symgraph.tensor as T
    >>> T.isin([1, 2, 3], [3, 1]).eval()
    array([ True, False,  True])
    """
    element, test = as_tensor(element), as_tensor(test_elements)
    if element.dtype in COMPLEX or test.dtype in COMPLEX:
        raise TypeError("isin: complex numbers have no order here")
    joint = upcast(element.dtype, test.dtype)
    there = IsIn()(element.astype(joint), test.astype(joint).flatten())
    return there.invert() if invert else there


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """`isin` of the flattened ar1."""
    return isin(as_tensor(ar1).flatten(), ar2, assume_unique, invert)


def _flat(*arrays: Any) -> list[Any]:
    return [as_tensor(x).flatten() for x in arrays]


def union1d(ar1: Any, ar2: Any) -> Any:
    """The distinct elements of both arrays, sorted."""
    return unique(np.concatenate(_flat(ar1, ar2)))


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements that are in both arrays, sorted.

    >>> import symgraph.tensor as T
    >>> T.intersect1d([3, 1, 3], [3, 4]).eval()
    array([3])
    """
    return _kept(ar1, ar2, True)


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements of ar1 that are not in ar2, sorted."""
    return _kept(ar1, ar2, False)


def _kept(ar1: Any, ar2: Any, inside: bool) -> Any:
    first, second = _flat(ar1, ar2)
    found = unique(first)
    return found[isin(found, second, invert=not inside)]


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements that are in one of the arrays alone, sorted."""
    return unique(np.concatenate([setdiff1d(ar1, ar2), setdiff1d(ar2, ar1)]))
