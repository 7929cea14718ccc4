"""Where an array is not zero, and what masks stand for.

The number of places is found first, by a sum; so their vectors have a size like any other that depends on a value, and all of it
is native code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.dims import UNKNOWN
from symgraph.expr.make import as_tensor, as_variable, constant
from symgraph.expr.sizes import SizedOp, ViewOp
from symgraph.expr.stacks import only_first
from symgraph.expr.variable import Constant

__all__ = ["FittingMask", "Nonzero", "fitting", "flatnonzero", "nonzero", "places_of"]


class Nonzero(SizedOp):
    """The places where x is not zero, in C order: one int64 vector a dimension. Inputs: x, of at least one dimension; how many
    such places there are, a 0-d int64, which `nonzero` counts (ValueError at the call if it is another number)."""

    __props__ = ()

    def make_node(self, x: Any, count: Any = None) -> Any:
        x = as_tensor(x)
        if x.ndim == 0:
            raise ValueError("nonzero only supports non-scalar arrays.")
        if count is None:
            count = x.sum() if x.dtype == "bool" else x.neq(0).sum()
        return super().make_node(x, count)

    def output_dtypes(self, x: Any, count: Any) -> list[str]:
        return ["int64"] * x.ndim

    def sizes(self, s: Any, x: Any, count: Any) -> Any:
        return [(count.item(0),)] * len(x.shape)

    def compute(self, x: Any, count: Any = None) -> Any:
        return tuple(np.ascontiguousarray(places).astype("int64") for places in np.nonzero(x))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Every element's place is stored behind those found before, and stays if the element is not zero: no branch to be
        guessed wrong. It ends with the last place, so that nothing is stored behind the end."""
        x = inputs[0]
        last = outputs[-1]
        count, total = last.shape[0], math.prod(x.shape)

        def element(i: Any, found: Any) -> Any:
            b.store(last.pointer, found, i)
            found = b.add(found, b.cast(b.not_equal(b.load(x.pointer, i), b.constant(0, x.dtype)), "int64"))
            i = i + 1
            return b.both(b.less(found, count), b.less(i, total)), (i, found)

        zero = b.constant(0, "int64")
        found = b.when(b.both(b.less(0, count), b.less(0, total)), lambda: b.repeat((zero, zero), element)[1], lambda: zero)
        b.check(b.equal(found, count), "ValueError", "nonzero: there are {} places, not {}", found, count)
        if len(outputs) == 1:
            return
        with b.loop(0, count, independent=True) as k:  # from places in C order to one index a dimension
            place = b.load(last.pointer, k)
            for d in reversed(range(len(outputs))):
                n = x.shape[d]
                rest = b.div(place, b.maximum(n, 1)) if d else 0
                b.store(outputs[d].pointer, k, b.sub(place, b.mul(rest, n)) if d else place)
                place = rest

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None, None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False] * len(node.outputs)] * 2


class FittingMask(ViewOp):
    """A mask, which must have the sizes that the other inputs say (IndexError). axes: which of its dimensions these are;
    first: of the array that it stands for the dimension where it begins."""

    __props__ = ("axes", "first")

    def __init__(self, axes: Sequence[int], first: int) -> None:
        self.axes = tuple(axes)
        self.first = first

    def _text(self, axis: int) -> str:
        return (f"boolean index did not match indexed array along axis {self.first + axis}; size of axis is {{}} but size of "
                "corresponding boolean axis is {}")

    def sizes(self, s: Any, mask: Any, *wanted: Any) -> Any:
        out = list(mask.shape)
        for axis, size in zip(self.axes, wanted):
            n = size.item(0)
            s.check(s.equal(out[axis], n), "IndexError", self._text(axis), n, out[axis])
            out[axis] = n if out[axis] is UNKNOWN else out[axis]
        return [tuple(out)]

    def compute(self, mask: Any, *wanted: Any) -> Any:
        for axis, n in zip(self.axes, wanted):
            if mask.shape[axis] != n:
                raise IndexError(self._text(axis).format(n, mask.shape[axis]))
        return mask

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if not only_first(stacked):
            return None
        return [FittingMask([axis + 1 for axis in self.axes], self.first - 1)(*inputs)]

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None] * len(inputs)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]] * len(node.inputs)


def fitting(mask: Any, x: Any, first: int) -> Any:
    """The mask, whose sizes are those of the dimensions of x from `first` on: now, or checked at the call (IndexError)."""
    axes, sizes = [], []
    for d, n in enumerate(mask.type.shape):
        wanted = x.type.shape[first + d]
        if n is not None and wanted is not None and n != wanted:
            raise IndexError(FittingMask((), first)._text(d).format(wanted, n))
        if n is None or wanted is None:
            axes.append(d)
            sizes.append(x.shape[first + d])
    return FittingMask(axes, first)(mask, *sizes) if axes else mask


def places_of(mask: Any) -> list[Any]:
    """The index arrays that a mask stands for."""
    if isinstance(mask, Constant):
        return [constant(places) for places in Nonzero().compute(mask.data)]
    return Nonzero()(mask, return_list=True)


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Where a is not zero: a tuple of int64 vectors, one a dimension; or a matrix whose rows they are. ValueError for 0-d.

    >>> import symgraph.tensor as T
    >>> T.nonzero(T.constant([5, 0, 7]))[0].eval()
    array([0, 2])
    """
    found = Nonzero()(a, return_list=True)
    return as_variable(found) if return_matrix else tuple(found)


def flatnonzero(a: Any) -> Any:
    """Where the flattened a is not zero: an int64 vector. ValueError for 0-d."""
    a = as_tensor(a)
    return Nonzero()(a.flatten() if a.ndim else a, return_list=True)[0]
