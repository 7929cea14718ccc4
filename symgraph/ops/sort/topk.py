"""The largest or least elements along one dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr import dtypes
from symgraph.expr.sizes import SizedOp, as_size, size_of, static_int
from symgraph.ops.sort.along import AddAlong, Rows, TakeAlong
from symgraph.ops.sort.native import Keys, Words, workspace
from symgraph.ops.sort.selection import Selector
from symgraph.ops.sort.sort import along
from symgraph.settings import config

__all__ = ["TopKOp", "argtopk", "topk", "topk_and_argtopk"]


class TopKOp(SizedOp):
    """The k largest elements along one dimension, the largest first; for k < 0 the -k least, the least first. NaN is the largest.

    Inputs: x; k, a 0-d integer. Outputs: the values (return_values) and their places (return_indices); of equal elements the first
    comes first. sorted: taken for Theano's sake, the result is always in order.
    """

    __props__ = ("axis", "sorted", "idx_dtype", "return_values", "return_indices")

    def __init__(
        self, axis: int = -1, sorted: bool = True, idx_dtype: str = "int64", return_values: bool = True, return_indices: bool = True
    ) -> None:
        if not (return_values or return_indices):
            raise ValueError("topk: neither values nor indices are asked for")
        self.axis = axis
        self.sorted = bool(sorted)
        self.idx_dtype = dtypes.normal(idx_dtype)
        if self.idx_dtype not in dtypes.INTEGER:
            raise TypeError(f"topk: idx_dtype must be an integer dtype, got {idx_dtype}")
        self.return_values = bool(return_values)
        self.return_indices = bool(return_indices)

    def make_node(self, x: Any, kth: Any) -> Any:
        x, axis = along(x, self.axis, "topk")
        if axis != self.axis:
            return TopKOp(axis, *self.props()[1:]).make_node(x, kth)
        if x.dtype in dtypes.COMPLEX:
            raise TypeError(f"topk: complex numbers have no largest, got {x.type}")
        kth = as_size(kth, "topk: kth")
        if static_int(kth) == 0:
            raise ValueError("topk: kth cannot be zero")
        return super().make_node(x, kth)

    def output_dtypes(self, x: Any, kth: Any) -> list[str]:
        return [x.dtype] * self.return_values + [self.idx_dtype] * self.return_indices

    def sizes(self, s: Any, x: Any, kth: Any) -> Any:
        k, n = kth.item(0), x.shape[self.axis]
        count = s.maximum(k, 0 - k)
        s.check(s.less(0, count), "ValueError", "topk: kth cannot be zero")
        s.check(s.less(count, n + 1), "ValueError", "topk: kth={} of a dimension of size {}", k, n)
        shape = (*x.shape[: self.axis], count, *x.shape[self.axis + 1 :])
        return [shape] * (self.return_values + self.return_indices)

    def compute(self, x: Any, kth: Any) -> Any:
        k, n = int(kth), x.shape[self.axis]
        if k == 0 or abs(k) > n:
            raise ValueError(f"topk: kth={k} of a dimension of size {n}" if k else "topk: kth cannot be zero")
        order = np.argsort(np.flip(x, self.axis) if k > 0 else x, axis=self.axis, kind="stable")
        if k > 0:  # the last one first, of equal ones that which stands first
            order = np.flip(n - 1 - order, self.axis)
        places = np.take(order, np.arange(abs(k)), axis=self.axis)
        found = [np.take_along_axis(x, places, self.axis)] if self.return_values else []
        return (*found, places.astype(self.idx_dtype)) if self.return_indices else tuple(found)

    def workspace(self, s: Any, x: Any, kth: Any) -> Any:
        return workspace(s, x.dtype, x.shape[self.axis], self.return_indices)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, kth = inputs
        count = self.return_values + self.return_indices
        outs, scratch = outputs[:count], outputs[count:]
        k = kth.item(0)
        words = Words(b, Keys(b, x.dtype, zeros_equal=self.return_indices, down=b.less(0, k)), self.return_indices)
        step = Rows(x.shape, self.axis).step

        def write(where: Any, first: Any, word: Any) -> None:
            if not self.return_indices:  # words without places are half as long
                words.keys.store(outs[0].pointer, where, word[0])
                return
            place = words.place(word)
            if self.return_values:
                b.store(outs[0].pointer, where, b.load(x.pointer, first + place * step))
            b.store(outs[-1].pointer, where, b.cast(place, self.idx_dtype))

        Selector(b, x, self.axis, words, outs[0], write).run(scratch)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, kth = inputs
        return [AddAlong(self.axis)(output_grads[0], self._places(x, kth, outputs), size_of(x, self.axis)), None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        places = self._places(inputs[0], inputs[1], None)
        moved = [TakeAlong(self.axis)(tangents[0], places)] if self.return_values and tangents[0] is not None else [None]
        return moved[: self.return_values] + [places.zeros_like(dtype=config.floatX)] * self.return_indices  # steps are flat

    def _places(self, x: Any, kth: Any, outputs: Any) -> Any:
        if outputs is not None and self.return_indices:
            return outputs[-1]
        return TopKOp(self.axis, self.sorted, "int64", False, True)(x, kth)

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if stacked[1]:
            return None
        return TopKOp(self.axis + 1, *self.props()[1:])(*inputs, return_list=True)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True] * len(node.outputs), [False] * len(node.outputs)]


# What a user calls ----------------------------------------------------------------------------------------------------


def _top(x: Any, kth: Any, axis: Any, sorted: bool, idx_dtype: Any, values: bool, indices: bool) -> list[Any]:
    x, axis = along(x, axis, "topk")
    return TopKOp(axis, sorted, idx_dtype, values, indices)(x, kth, return_list=True)


def topk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Any:
    """The kth largest elements of x along `axis` (None: of the flattened array), the largest first; for kth < 0 the -kth least, the
    least first.

    kth: an int or a 0-d integer variable; ValueError where it is 0 or more than there are elements (at once where that is known).
    NaN is larger than any number, as `sort` has it. TypeError for complex x. The result is in order whatever `sorted` says. The
    gradient goes to the elements that are taken.

    >>> import symgraph.tensor as T
    >>> T.topk(T.constant([3, 1, 4, 1, 5]), 2).eval()
    array([5, 4])
    """
    return _top(x, kth, axis, sorted, idx_dtype, True, False)[0]


def argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Any:
    """The places of what `topk` gives, in idx_dtype; of equal elements the first comes first.

    >>> import symgraph.tensor as T
    >>> T.argtopk(T.constant([3, 1, 4, 1, 5]), -2).eval()
    array([1, 3])
    """
    return _top(x, kth, axis, sorted, idx_dtype, False, True)[0]


def topk_and_argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> list[Any]:
    """The list of `topk` and `argtopk`, of one pass.

    >>> import symgraph.tensor as T
    >>> [y.eval() for y in T.topk_and_argtopk(T.constant([3, 1, 4]), 1)]
    [array([4]), array([2])]
    """
    return _top(x, kth, axis, sorted, idx_dtype, True, True)
