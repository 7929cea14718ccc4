"""Convolutions as one plain nest of loops, for any dtype and any number of dimensions.

Along the last dimension a row is added to a row, which becomes vectors where strides are 1. Of image, filter and output the one that
is computed is added to, the other two are read: so one nest does for the convolution and for both of its gradients.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.ops.conv.geometry import padding

__all__ = ["plain", "span", "zeros"]


def span(b: Any, image: Any, out: Any, offset: Any, stride: int) -> tuple[Any, Any]:
    """The outputs i, from and to, that read the image: 0 <= i * stride + offset < image."""
    return b.maximum(0, (0 - offset + (stride - 1)) // stride), b.minimum(out, (image - offset + (stride - 1)) // stride)


def zeros(b: Any, dtype: str, target: Any, count: Any) -> None:
    """Clears `count` elements."""
    zero = b.constant(0, dtype)
    with b.loop(0, count, independent=True) as i:
        b.store(target, i, zero)


def plain(b: Any, op: Any, which: str, dtype: str, arrays: dict[str, tuple[Any, Any]]) -> None:
    """Computes the array that `which` names. arrays: of "x", "w" and "y" the address and the sizes."""
    (x, x_shape), (w, w_shape), (y, y_shape) = (arrays[name] for name in "xwy")
    ndim = op.convdim
    kernel, out, image = w_shape[len(w_shape) - ndim:], y_shape[2:], x_shape[2:]
    pads = padding(op.border_mode, kernel, op.filter_dilation)
    inputs, outputs = w_shape[len(w_shape) - ndim - 1], y_shape[1] // op.num_groups
    target, shape = arrays[which]
    zeros(b, dtype, target, math.prod(shape))
    # Filters of unshared weights stand one for each place of the output: from one to the next it is all channels' taps.
    step = inputs * math.prod(kernel) if op.unshared else 0

    def offset(level: int, k: Any) -> Any:
        return (kernel[level] - 1 - k if op.filter_flip else k) * op.filter_dilation[level] - pads[level][0]

    def summed(x_at: Any, w_at: Any, y_at: Any, first: Any, last: Any, stride: int) -> None:
        def term(i: Any, total: Any) -> list[Any]:
            return [b.add(total, b.mul(b.load(x, x_at + i * stride), b.load(y, y_at + i)))]

        b.store(w, w_at, b.fold(first, last, [b.load(w, w_at)], term)[0])

    def added(x_at: Any, w_at: Any, y_at: Any, first: Any, last: Any, stride: int) -> None:
        with b.loop(first, last, independent=True) as i:
            at = {"x": x_at + i * stride, "w": w_at + i * step, "y": y_at + i}
            factors = [b.load(arrays[name][0], at[name]) for name in "xwy" if name != which]
            b.store(target, at[which], b.add(b.load(target, at[which]), b.mul(*factors)))

    row = summed if which == "w" and not op.unshared else added

    def deeper(level: int, x_row: Any, w_row: Any, w_place: Any, y_row: Any) -> None:
        """The places of dimension `level`. Rows are counted over the dimensions so far; w_place: the places of unshared filters."""
        n, m, places, stride = image[level], out[level], kernel[level], op.subsample[level]
        with b.loop(0, places) as k:
            start = offset(level, k)
            first, last = span(b, n, m, start, stride)
            if level == ndim - 1:
                row(x_row * n + start, w_place * m * step + (w_row * places + k), y_row * m, first, last, stride)
                return
            with b.loop(first, last) as i:
                deeper(level + 1, x_row * n + (i * stride + start), w_row * places + k, w_place * m + i, y_row * m + i)

    images = b.loop(0, y_shape[0], independent=which != "w")
    with images as number, b.loop(0, op.num_groups) as group, b.loop(0, outputs) as o, b.loop(0, inputs) as c:
        filters = group * outputs + o
        channels = c if op.unshared else filters * inputs + c
        deeper(0, number * x_shape[1] + (group * inputs + c), channels, filters, number * y_shape[1] + filters)
