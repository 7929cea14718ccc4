"""A convolution in three dimensions, and images with their borders in scratch memory.

Output i meets the bordered image at i * step + k * dilation for each place k of the filter (of a filter that is turned round, the places
are counted from its end).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from symgraph.ops.conv.geometry import padding, reach
from symgraph.ops.conv.nest import zeros

__all__ = ["SLACK", "Places", "copy_image", "cut_image", "each_element", "each_row", "places_of", "turned"]

SLACK = 72  # elements behind the bordered image that vectors may reach (times the step): what they hold is not used


class Places(NamedTuple):
    """Sizes and steps, each for three dimensions (size 1 in front of those that there are)."""

    batch: Any
    groups: int
    inputs: Any  # channels of a group
    outputs: Any  # filters of a group
    image: list[Any]
    out: list[Any]
    kernel: list[Any]
    before: list[Any]  # elements of border in front
    step: list[int]
    dilation: list[int]
    bordered: bool  # whether there may be a border
    backwards: bool  # whether filters are turned round

    @property
    def extent(self) -> list[Any]:
        """The sizes of the bordered image, as far as filters reach."""
        return [(n - 1) * s + reach(k, d) for n, k, s, d in zip(self.out, self.kernel, self.step, self.dilation)]

    @property
    def taps(self) -> Any:
        return math.prod(self.kernel)

    @property
    def elements(self) -> Any:
        """Elements of a filter."""
        return self.inputs * self.taps

    def scratch(self) -> Any:
        """Elements of the bordered channels of one image."""
        return self.inputs * math.prod(self.extent) + SLACK * self.step[2]

    def filter_at(self, group: Any, output: Any, channel: Any, tap: Any) -> Any:
        """Where an element stands among the filters; taps are counted as they meet the image."""
        return ((group * self.outputs + output) * self.inputs + channel) * self.taps + (self.taps - 1 - tap if self.backwards else tap)


def _three(values: Sequence[Any], fill: Any) -> list[Any]:
    return [fill] * (3 - len(values)) + list(values)


def places_of(op: Any, x_shape: Sequence[Any], w_shape: Sequence[Any], y_shape: Sequence[Any]) -> Places:
    """Of a convolution op, or one of its gradients."""
    n = op.convdim
    kernel = w_shape[len(w_shape) - n:]
    before = [pad for pad, _ in padding(op.border_mode, kernel, op.filter_dilation)]
    return Places(
        x_shape[0], op.num_groups, w_shape[1], y_shape[1] // op.num_groups, _three(x_shape[2:], 1), _three(y_shape[2:], 1), _three(kernel, 1),
        _three(before, 0), _three(op.subsample, 1), _three(op.filter_dilation, 1), op.border_mode != "valid", op.filter_flip)


def turned(p: Places) -> Places:
    """The gradient by images of a convolution without strides, as a convolution of the gradient by the output. Its filters are those of `p`, from
    their other side: outputs and channels change places."""
    before = [(k - 1) * d - n for k, d, n in zip(p.kernel, p.dilation, p.before)]
    return p._replace(inputs=p.outputs, outputs=p.inputs, image=p.out, out=p.image, before=before, bordered=True)


def _rows(b: Any, p: Places, row: Any) -> None:
    """row(place of a row in the image, in the bordered image, its first element that counts, its end), for all that lie in both."""
    extent = p.extent
    spans = [(b.maximum(0, 0 - before), b.minimum(n, m - before)) for n, m, before in zip(p.image, extent, p.before)]
    with b.loop(0, p.inputs) as c, b.loop(*spans[0]) as z, b.loop(*spans[1]) as y:
        row(((c * p.image[0] + z) * p.image[1] + y) * p.image[2],
            ((c * extent[0] + (z + p.before[0])) * extent[1] + (y + p.before[1])) * extent[2] + p.before[2], *spans[2])


def copy_image(b: Any, dtype: str, p: Places, source: Any, target: Any) -> None:
    """The channels of one image and group at `source` into the bordered image at `target`."""
    if p.bordered:
        zeros(b, dtype, target, p.inputs * math.prod(p.extent))

    def row(inner: Any, outer: Any, first: Any, last: Any) -> None:
        with b.loop(first, last, independent=True) as x:
            b.store(target, outer + x, b.load(source, inner + x))

    _rows(b, p, row)


def cut_image(b: Any, dtype: str, p: Places, source: Any, target: Any) -> None:
    """The other way: out of the bordered image; what no filter reaches is zero."""
    zeros(b, dtype, target, p.inputs * math.prod(p.image))

    def row(inner: Any, outer: Any, first: Any, last: Any) -> None:
        with b.loop(first, last, independent=True) as x:
            b.store(target, inner + x, b.load(source, outer + x))

    _rows(b, p, row)


def each_row(b: Any, p: Places, first: Any, last: Any, then: Any) -> None:
    """then(place of the first in the bordered image, from, to) for each row of outputs that has some of the numbers first to last."""
    extent = p.extent
    with b.loop(first // p.out[2], (last - 1) // p.out[2] + 1) as row:
        left = row * p.out[2]
        start, stop = b.maximum(first, left), b.minimum(last, left + p.out[2])
        z, y = row // p.out[1], row % p.out[1]
        then(((z * p.step[0]) * extent[1] + y * p.step[1]) * extent[2] + (start - left) * p.step[2], start - first, stop - first)


def each_element(b: Any, p: Places, then: Callable[[Any, Any], None]) -> None:
    """then(number of an element of a filter, where it meets the bordered image), counted from the first output."""
    extent, taps = p.extent, p.kernel
    with b.loop(0, p.inputs) as c, b.loop(0, taps[0]) as i, b.loop(0, taps[1]) as j:
        here = ((c * extent[0] + i * p.dilation[0]) * extent[1] + j * p.dilation[1]) * extent[2]
        element = ((c * taps[0] + i) * taps[1] + j) * taps[2]
        with b.loop(0, taps[2]) as k:
            then(element + k, here + k * p.dilation[2])
