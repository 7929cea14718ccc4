"""The same elements in another arrangement: dimensions permuted, added, dropped, merged, split.

Permuting is pointwise: the element at one index is read at another. Where the order of the elements in memory stays,
the op is a view, which costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_tensor
from symgraph.expr.op import Op
from symgraph.expr.sizes import ViewOp, as_axes, as_axis, as_size, as_sizes, size_of, static_int, times
from symgraph.expr.stacks import only_first

__all__ = [
    "DimShuffle",
    "Flatten",
    "Rebroadcast",
    "Reshape",
    "addbroadcast",
    "dimshuffle",
    "expand_dims",
    "flatten",
    "moveaxis",
    "patternbroadcast",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "transpose",
    "unbroadcast",
]


class DimShuffle(Op):
    """Dimensions permuted, dropped (if of size 1) and inserted. ndim: of the input (or, as Theano has it, a flag for each dimension, which are
    counted); order: for each dimension of the output its dimension in the input, or 'x' for a new one of size 1."""

    __props__ = ("ndim", "order")

    def __init__(self, ndim: int | Sequence[bool], order: Sequence[Any], inplace: bool = True) -> None:
        self.ndim = ndim if isinstance(ndim, int) else len(ndim)
        ndim = self.ndim
        self.order = tuple(order)
        self.kept = tuple(d for d in self.order if d != "x")
        self.dropped = tuple(d for d in range(ndim) if d not in self.kept)
        # The elements stay in their order, so that a target may hand on the memory as it is.
        self.view = self.kept == tuple(sorted(self.kept))

    def output_dtypes(self, x: Any) -> list[str]:
        for d in self.dropped:
            if x.type.shape[d] != 1:
                raise ValueError(
                    f"You cannot drop a non-broadcastable dimension: the size of dimension {d} of {x.type} is not 1"
                )
        return [x.dtype]

    def sizes(self, s: Any, x: Any) -> Any:
        return [tuple(1 if d == "x" else x.shape[d] for d in self.order)]

    def compute(self, x: Any) -> Any:
        out = x.transpose(self.kept + self.dropped)
        return out.reshape([1 if d == "x" else x.shape[d] for d in self.order])

    def reads(self, node: Any) -> list[str]:
        return ["same" if self.order == tuple(range(self.ndim)) else "once"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        place: list[Any] = [0] * self.ndim
        for i, d in zip(index, self.order):
            if d != "x":
                place[d] = i
        return x(*place)

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        broad = [k for k, d in enumerate(self.order) if d == "x" and g.type.shape[k] != 1]
        if broad:  # of size 1 all the same, which the type of g does not say
            g = g.sum(axis=broad, keepdims=True)
        return [g.dimshuffle(*["x" if d in self.dropped else self.order.index(d) for d in range(self.ndim)])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [self(tangents[0])]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [DimShuffle(self.ndim + 1, [0, *[d if d == "x" else d + 1 for d in self.order]])(*inputs)]


class Reshape(ViewOp):
    """The elements of x, in C order, as an array of other sizes. Inputs: x, then one size a dimension; one of these may
    be -1: whatever fits."""

    __props__ = ()

    def sizes(self, s: Any, x: Any, *wanted: Any) -> Any:
        sizes = [n.item(0) for n in wanted]
        total = math.prod(x.shape)
        free = [s.equal(n, -1) for n in sizes]
        rest: Any = 1  # the product of the others
        frees: Any = 0
        for n, is_free in zip(sizes, free):
            rest = rest * s.where(is_free, 1, n)
            frees = frees + s.where(is_free, 1, 0)
            s.check(s.less(-2, n), "ValueError", "reshape: a size must not be negative, got {}", n)
        s.check(s.less(frees, 2), "ValueError", "reshape: only one size may be -1")
        inferred = s.where(s.less(0, rest), total // s.maximum(rest, 1), 0)
        out = tuple(s.where(is_free, inferred, n) for n, is_free in zip(sizes, free))
        text = f"reshape: {{}} elements cannot take the shape {_shown(min(len(sizes), 7))}"
        shown = [total, *sizes][:8]
        s.check(s.equal(rest * s.where(s.less(0, frees), inferred, 1), total), "ValueError", text, *shown)
        s.check(s.either(s.equal(frees, 0), s.less(0, rest)), "ValueError", text, *shown)  # -1 beside 0: any size fits
        return [out]

    def compute(self, x: Any, *wanted: Any) -> Any:
        return x.reshape([int(n) for n in wanted])

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        x, *wanted = inputs
        return [output_grads[0].reshape(x.shape, ndim=x.ndim), *[None] * len(wanted)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if not only_first(stacked):
            return None
        x, *wanted = inputs
        n = size_of(x, 0)
        free = [k for k, size in enumerate(wanted) if static_int(size) == -1]
        if free:  # -1 beside no example at all would be any size
            (k,) = free
            own, others = (as_size(times(sizes)) for sizes in ([size_of(x, d) for d in range(1, x.ndim)], wanted[:k] + wanted[k + 1 :]))
            wanted[k] = own // others if static_int(others) != 0 else wanted[k]
        return [self(x, n, *wanted)]


def _shown(count: int) -> str:
    return f"({', '.join(['{}'] * count)}{',' if count == 1 else ''})"


class Flatten(ViewOp):
    """The leading ndim - 1 dimensions kept, the others merged into one."""

    __props__ = ("ndim",)

    def __init__(self, ndim: int = 1) -> None:
        self.ndim = ndim

    def sizes(self, s: Any, x: Any) -> Any:
        return [(*x.shape[: self.ndim - 1], math.prod(x.shape[self.ndim - 1 :]))]

    def compute(self, x: Any) -> Any:
        return x.reshape((*x.shape[: self.ndim - 1], math.prod(x.shape[self.ndim - 1 :])))

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (x,) = inputs
        return [output_grads[0].reshape(x.shape, ndim=x.ndim)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [Flatten(self.ndim + 1)(*inputs)]


class Rebroadcast(ViewOp):
    """x, with dimensions declared to be of size 1 (checked at run time) or not. pattern: (axis, bool)."""

    __props__ = ("pattern",)

    def __init__(self, *pattern: tuple[int, bool]) -> None:
        self.pattern = tuple(sorted((int(axis), bool(flag)) for axis, flag in pattern))

    def output_types(self, x: Any) -> list[Any]:
        (declared,) = self.static_sizes(x)  # size 1 where it is declared; a clash raises
        forgotten = {axis for axis, flag in self.pattern if not flag and declared[axis] == 1}
        return [x.type.clone(shape=tuple(None if axis in forgotten else n for axis, n in enumerate(declared)))]

    def sizes(self, s: Any, x: Any) -> Any:
        out = list(x.shape)
        for axis, flag in self.pattern:
            if flag:
                text = f"Dimension {axis} in Rebroadcast's input was supposed to be 1 (got {{}} instead)"
                s.check(s.equal(x.shape[axis], 1), "ValueError", text, x.shape[axis])
                out[axis] = 1
        return [tuple(out)]

    def compute(self, x: Any) -> Any:
        for axis, flag in self.pattern:
            if flag and x.shape[axis] != 1:
                raise ValueError(
                    f"Dimension {axis} in Rebroadcast's input was supposed to be 1 (got {x.shape[axis]} instead)"
                )
        return x

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [patternbroadcast(output_grads[0], inputs[0].broadcastable)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [Rebroadcast(*[(axis + 1, flag) for axis, flag in self.pattern])(*inputs)]


# What a user calls ----------------------------------------------------------------------------------------------------


def dimshuffle(x: Any, *pattern: Any) -> Any:
    """x with its dimensions in the order of `pattern`, 'x' standing for a new dimension of size 1.

    A dimension left out is dropped; ValueError if it is not known to be of size 1. The pattern may be one list.

    >>> import symgraph.tensor as T
    >>> T.dmatrix().dimshuffle(1, 'x', 0).broadcastable
    (False, True, False)
    """
    x = as_tensor(x)
    if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
        pattern = tuple(pattern[0])
    order = []
    for d in pattern:
        if isinstance(d, str) and d == "x":
            order.append(d)
            continue
        if isinstance(d, bool) or not isinstance(d, (int, np.integer)):
            raise TypeError(f"dimshuffle: the pattern holds integers and 'x', got {d!r}")
        if not -x.ndim <= d < x.ndim:
            raise ValueError(f"dimshuffle: there is no dimension {d} in {x.type} of {x.ndim} dimensions")
        if d % x.ndim in order:
            raise ValueError(f"dimshuffle: dimension {d} stands twice in {pattern}")
        order.append(int(d) % x.ndim)
    return DimShuffle(x.ndim, order)(x)


def transpose(x: Any, *order: Any, axes: Any = None) -> Any:
    """x with its dimensions reversed, or in the order of `axes`: integers one by one, or one list of them."""
    x = as_tensor(x)
    if order and axes is not None:
        raise TypeError("transpose takes the order of the axes once")
    axes = order or (axes,)
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (list, tuple))):
        axes = tuple(axes[0] or ())
    places = [as_axis(a, x.ndim, "transpose: axis") for a in axes] if axes else list(reversed(range(x.ndim)))
    if sorted(places) != list(range(x.ndim)):
        raise ValueError(f"transpose: axes {axes} do not name each of the {x.ndim} dimensions once")
    turned = DimShuffle(x.ndim, places)(x)
    if x.name is not None and places == list(reversed(range(x.ndim))):
        turned.name = f"{x.name}.T"  # as Theano calls it
    return turned


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """y with two dimensions exchanged."""
    y = as_tensor(y)
    order = list(range(y.ndim))
    first, second = as_axis(axis1, y.ndim), as_axis(axis2, y.ndim)
    order[first], order[second] = order[second], order[first]
    return DimShuffle(y.ndim, order)(y)


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """x with the dimensions `source` (an int or a list) moved to the places `destination`; the others stay in order."""
    x = as_tensor(x)
    sources = [as_axis(a, x.ndim, "source") for a in (source if isinstance(source, (list, tuple)) else [source])]
    places = [
        as_axis(a, x.ndim, "destination")
        for a in (destination if isinstance(destination, (list, tuple)) else [destination])
    ]
    if len(sources) != len(places) or len(set(sources)) < len(sources) or len(set(places)) < len(places):
        raise ValueError(f"moveaxis: source {source} and destination {destination} must name as many, different, axes")
    order = [d for d in range(x.ndim) if d not in sources]
    for place, d in sorted(zip(places, sources)):
        order.insert(place, d)
    return DimShuffle(x.ndim, order)(x)


def squeeze(x: Any, axis: Any = None) -> Any:
    """x without its dimensions of size 1: those known to be so, or those named by `axis` (ValueError if one is not)."""
    x = as_tensor(x)
    dropped = [d for d, flag in enumerate(x.broadcastable) if flag] if axis is None else as_axes(axis, x.ndim)
    return x if not dropped else DimShuffle(x.ndim, [d for d in range(x.ndim) if d not in dropped])(x)


def expand_dims(x: Any, axis: Any) -> Any:
    """x with new dimensions of size 1 at the places `axis` (an int or a tuple) of the result."""
    x = as_tensor(x)
    ndim = x.ndim + (len(axis) if isinstance(axis, (list, tuple)) else 1)
    places = as_axes(axis, ndim)
    rest = iter(range(x.ndim))
    return DimShuffle(x.ndim, ["x" if d in places else next(rest) for d in range(ndim)])(x)


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """The elements of x, in C order, in another shape.

    newshape: an int, a list of ints and integer variables, or an integer vector whose length is known or said by
    `ndim`; one size may be -1: whatever fits. ValueError, at once or at the call, if the number of elements differs.

    >>> import symgraph.tensor as T
    >>> x = T.dmatrix('x')
    >>> x.reshape((x.shape[1], -1)).eval({x: [[1, 2, 3], [4, 5, 6]]})
    array([[1., 2.],
           [3., 4.],
           [5., 6.]])
    """
    x = as_tensor(x)
    wanted = as_sizes(newshape, "a size of reshape", ndim)
    if ndim is not None and len(wanted) != ndim:
        raise ValueError(f"reshape: ndim={ndim}, but the shape has {len(wanted)} sizes")
    if sum(static_int(n) == -1 for n in wanted) > 1:
        raise ValueError("reshape: only one size may be -1")
    return Reshape()(x, *wanted)


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """x with its leading ndim - 1 dimensions kept and the others merged into one (`outdim` is an old name of ndim)."""
    x = as_tensor(x)
    count = ndim if ndim is not None else outdim if outdim is not None else 1
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
        raise TypeError(f"flatten: ndim must be an int, got {count!r}")
    if not 1 <= count <= max(x.ndim, 1):
        raise ValueError(f"flatten: ndim {count} out of bound [1, {max(x.ndim, 1) + 1})")
    return x if x.ndim == count else Flatten(int(count))(x)


def ravel(x: Any) -> Any:
    """The elements of x, in C order, as a vector."""
    return flatten(x)


def addbroadcast(x: Any, *axes: int) -> Any:
    """x with these dimensions declared to be of size 1, so that they broadcast; ValueError at the call if not."""
    return _rebroadcast(x, [(axis, True) for axis in axes])


def unbroadcast(x: Any, *axes: int) -> Any:
    """x with these dimensions no longer known to be of size 1."""
    return _rebroadcast(x, [(axis, False) for axis in axes])


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """x with the pattern of broadcastable dimensions that is said: one bool for each."""
    x = as_tensor(x)
    if len(broadcastable) != x.ndim:
        raise ValueError(f"patternbroadcast: {len(broadcastable)} flags for {x.type} of {x.ndim} dimensions")
    return _rebroadcast(x, list(enumerate(broadcastable)))


def _rebroadcast(x: Any, pattern: list[tuple[int, bool]]) -> Any:
    x = as_tensor(x)
    for axis, _ in pattern:
        if not 0 <= axis < x.ndim:
            raise ValueError(f"Trying to rebroadcast non-existent dimension {axis} of {x.type}")
    changed = [(axis, flag) for axis, flag in pattern if x.broadcastable[axis] != bool(flag)]
    return Rebroadcast(*changed)(x) if changed else x
