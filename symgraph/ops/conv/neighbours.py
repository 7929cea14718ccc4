"""Patches of images as the rows of a matrix, and images back from them.

Patch (a, b) of an image holds the elements at (a * step + i, b * step + j), shifted by half a patch or a whole one where the mode says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dims import STATIC, Known
from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import SizedOp, as_sizes, size_of

__all__ = ["Images2Neibs", "Neibs2ImagesSum", "images2neibs", "neibs2images"]

MODES = ("valid", "ignore_borders", "wrap_centered", "half", "full")
_PATCH = "images2neibs: sizes and steps of patches must be 1 or more, got {} and {}"
_FIT = "images2neibs: patches of {} elements in steps of {} do not fit an image of {} elements"
_ODD = "images2neibs: in mode wrap_centered the sizes of patches must be odd, got {}"


class _Patches(SizedOp):
    """Base: the walk over images and patches. Inputs: an array; then 0-d integers, of which the last four are a patch's rows and columns, and
    steps down and right."""

    __props__ = ("mode",)
    cost = 100

    def __init__(self, mode: str = "valid") -> None:
        if mode not in MODES:
            raise TypeError(f"the mode of patches must be one of {', '.join(MODES)}, got {mode!r}")
        self.mode = mode

    def output_dtypes(self, x: Any, *rest: Any) -> list[str]:
        return [x.dtype]

    def _grid(self, s: Any, n: Any, size: Any, step: Any) -> Any:
        """How many patches there are along a dimension."""
        s.check(s.both(s.less(0, size), s.less(0, step)), "ValueError", _PATCH, size, step)
        if self.mode == "wrap_centered":
            s.check(s.equal(size % 2, 1), "TypeError", _ODD, size)
            s.check(s.less(size, n + 1), "TypeError", _FIT, size, step, n)
            return (n + step - 1) // step
        rest = n - size + self._shift(size) * 2
        if self.mode == "ignore_borders":
            return s.where(s.less(rest, 0), 0, s.maximum(rest, 0) // step + 1)
        s.check(s.both(s.less(size, n + 1), s.equal(s.maximum(rest, 0) % step, 0)), "TypeError", _FIT, size, step, n)
        return s.maximum(rest, 0) // step + 1

    def _shift(self, size: Any) -> Any:
        """How far before the image the first patch begins."""
        return size // 2 if self.mode in ("half", "wrap_centered") else size - 1 if self.mode == "full" else 0

    def _indices(self, n: int, grid: int, size: int, step: int) -> np.ndarray:
        """For the numpy rule: (grid, size), the index of each element along a dimension; -1 where there is none."""
        at = np.arange(grid)[:, None] * step + np.arange(size) - self._shift(size)
        return at % n if self.mode == "wrap_centered" else np.where((at < 0) | (at >= n), -1, at)

    def _sources(self, shape: Sequence[int], window: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """For the numpy rules: for each row and column of the matrix of patches the place in the images, and whether there is one."""
        height, width, rows, columns, down, right = (int(n) for n in (*shape[2:], *window))
        grids = [self._grid(STATIC, height, rows, down), self._grid(STATIC, width, columns, right)]
        r, c = self._indices(height, grids[0], rows, down), self._indices(width, grids[1], columns, right)
        planes = np.arange(shape[0] * shape[1]).reshape(-1, 1, 1, 1, 1) * (height * width)
        place = planes + (r[:, None, :, None] * width + c[None, :, None, :])
        there = np.broadcast_to((r[:, None, :, None] >= 0) & (c[None, :, None, :] >= 0), place.shape)
        return place.reshape(-1, rows * columns), there.reshape(-1, rows * columns)

    def _walk(self, b: Any, shape: Sequence[Any], window: Sequence[Any], then: Callable[[Any, Any], None]) -> None:
        """then(place in the matrix, place in the images), for all elements of patches that are there."""
        (height, width), (rows, columns, down, right) = shape[2:], window
        grids = [self._grid(b, height, rows, down), self._grid(b, width, columns, right)]
        with b.loop(0, shape[0] * shape[1]) as plane, b.loop(0, grids[0]) as a, b.loop(0, grids[1]) as c:
            matrix_row = ((plane * grids[0] + a) * grids[1] + c) * rows
            top, left = a * down - self._shift(rows), c * right - self._shift(columns)
            inside = self.mode != "wrap_centered"
            with b.loop(b.maximum(0, 0 - top) if inside else 0, b.minimum(rows, height - top) if inside else rows) as i:
                row = top + i if inside else _wrapped(b, top + i, height)
                first = b.maximum(0, 0 - left) if inside else 0
                with b.loop(first, b.minimum(columns, width - left) if inside else columns, independent=True) as j:
                    column = left + j if inside else _wrapped(b, left + j, width)
                    then((matrix_row + i) * columns + j, (plane * height + row) * width + column)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[True], *[[False]] * (len(node.inputs) - 1)]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else self(tangents[0], *inputs[1:])]


def _wrapped(b: Any, i: Any, n: Any) -> Any:
    i = b.select(b.less(i, 0), i + n, i)
    return b.select(b.less(i, n), i, i - n)


class Images2Neibs(_Patches):
    """Patches of images, one in each row. Inputs: images (batch, channels, rows, columns); rows and columns of a patch; steps down and right."""

    def sizes(self, s: Any, x: Any, *window: Any) -> Any:
        if len(x.shape) != 4:
            raise TypeError(f"images2neibs takes images of 4 dimensions, got {len(x.shape)}")
        rows, columns, down, right = (n.item(0) for n in window)
        grids = self._grid(s, x.shape[2], rows, down) * self._grid(s, x.shape[3], columns, right)
        return [(x.shape[0] * x.shape[1] * grids, rows * columns)]

    def compute(self, x: Any, *window: Any) -> Any:
        place, there = self._sources(x.shape, window)
        return np.where(there, x.reshape(-1)[np.where(there, place, 0)] if x.size else x.dtype.type(0), x.dtype.type(0))

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        x, *window = inputs
        (out,) = outputs
        if self.mode in ("half", "full"):
            with b.loop(0, math.prod(out.shape), independent=True) as k:
                b.store(out.pointer, k, b.constant(0, out.dtype))
        self._walk(b, x.shape, [n.item(0) for n in window], lambda at, source: b.store(out.pointer, at, b.load(x.pointer, source)))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, *window = inputs
        by_x = Neibs2ImagesSum(self.mode)(output_grads[0], *[size_of(x, d) for d in range(4)], *window)
        return [by_x, *[None] * len(window)]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if any(stacked[1:]):
            return None
        x, *window = inputs
        sizes = [size_of(x, d) for d in range(5)]
        out = self(x.reshape([sizes[0] * sizes[1], *sizes[2:]]), *window)
        return [out.reshape([sizes[0], -1, size_of(out, 1)])]


class Neibs2ImagesSum(_Patches):
    """Images whose every element is the sum of what patches hold for it. Inputs: patches (rows of the matrix, elements); the four sizes of the
    images; rows and columns of a patch; steps down and right."""

    def sizes(self, s: Any, g: Any, *rest: Any) -> Any:
        given = [n.item(0) for n in rest]
        shape, (rows, columns, down, right) = given[:4], given[4:]
        count = shape[0] * shape[1] * (self._grid(s, shape[2], rows, down) * self._grid(s, shape[3], columns, right))
        s.same(count, g.shape[0], "images2neibs: {} patches of the images, a matrix of {} rows")
        s.same(rows * columns, g.shape[1], "images2neibs: patches of {} elements, a matrix of {} columns")
        return [tuple(shape)]

    def compute(self, g: Any, *rest: Any) -> Any:
        known = [Known("int64", (), np.asarray(n)) for n in rest]
        (shape,) = self.sizes(STATIC, Known(g.dtype.name, g.shape), *known)
        place, there = self._sources(shape, rest[4:])
        out = np.zeros(math.prod(shape), g.dtype)
        np.add.at(out, place[there], g[there])
        return out.reshape(shape)

    def loops(self, b: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        g, *rest = inputs
        (out,) = outputs
        with b.loop(0, math.prod(out.shape), independent=True) as k:
            b.store(out.pointer, k, b.constant(0, out.dtype))
        self._walk(b, out.shape, [n.item(0) for n in rest[4:]], lambda at, target: b.store(
            out.pointer, target, b.add(b.load(out.pointer, target), b.load(g.pointer, at))))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        return [Images2Neibs(self.mode)(output_grads[0], *inputs[5:]), *[None] * 8]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        if any(stacked[1:]):
            return None
        g, batch, *rest = inputs
        n = size_of(g, 0)
        flat = g.reshape([n * size_of(g, 1), size_of(g, 2)])
        out = self(flat, n * batch, *rest)
        return [out.reshape([n, batch, *[size_of(out, d) for d in range(1, 4)]])]


def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid") -> Any:
    """The patches of images, each a row of a matrix: of the first image's first channel from left to right and from top to bottom, then of
    its second channel, and so on.

    ten4: (batch, channels, rows, columns). neib_shape, neib_step: two integers each, or integer vectors; without neib_step patches lie
    side by side. mode: "valid": patches must fit exactly; "ignore_borders": what is left over is left out; "wrap_centered": patches round
    every step's element, over the edges to the other side, of odd sizes; "half", "full": zeros round the image, half a patch or a patch less
    one wide. out: (patches, elements of a patch). TypeError for other dimensions and modes, and where patches do not fit; ValueError for
    sizes or steps below 1.

    >>> import numpy as np
    >>> images2neibs(np.arange(8.0).reshape(1, 1, 2, 4), (2, 2)).eval()
    array([[0., 1., 4., 5.],
           [2., 3., 6., 7.]])
    """
    size = as_sizes(neib_shape, "a size of a patch", 2)
    step = size if neib_step is None else as_sizes(neib_step, "a step of patches", 2)
    if len(size) != 2 or len(step) != 2:
        raise ValueError(f"images2neibs: patches have two sizes and two steps, got {neib_shape} and {neib_step}")
    return Images2Neibs(mode)(as_tensor(ten4), *size, *step)


def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid") -> Any:
    """The images of this shape whose patches, side by side, are the rows of `neibs`: the inverse of `images2neibs` without steps.

    original_shape: four integers or an integer vector. mode: "valid", or "ignore_borders", where what no patch covers is 0;
    NotImplementedError for another. Errors else as of `images2neibs`.

    >>> import numpy as np
    >>> neibs2images([[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]], (2, 2), (1, 1, 2, 4)).eval()
    array([[[[0., 1., 2., 3.],
             [4., 5., 6., 7.]]]])
    """
    if mode not in ("valid", "ignore_borders"):
        raise NotImplementedError(f"neibs2images: patches overlap or reach outside in mode {mode!r}; the modes are valid and ignore_borders")
    size, shape = as_sizes(neib_shape, "a size of a patch", 2), as_sizes(original_shape, "a size of the images", 4)
    if len(size) != 2 or len(shape) != 4:
        raise ValueError(f"neibs2images: patches have two sizes and images four, got {neib_shape} and {original_shape}")
    return Neibs2ImagesSum(mode)(as_tensor(neibs), *shape, *size, *size)
