"""Convolutions of floats in groups of one or two filters: there is nothing to multiply a panel with, so rows are summed as they lie.

The gradient by images is such a convolution of the output's gradient; with strides it is the plain nest, which adds rows to rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.ops.conv.filters import note_places
from symgraph.ops.conv.nest import zeros
from symgraph.ops.conv.places import Places, copy_image, turned

__all__ = ["FEW", "depthwise", "depthwise_filters", "depthwise_gradient"]

FEW = 2  # filters of a group: with more of them panels are faster
_ROW = {"float32": 32, "float64": 16}  # outputs of a row at once: four vectors; in wide rows twice as many
_ELEMENTS, _LANES = 4, 8  # of a filter, and places of the output, at a time in the gradient by filters


def depthwise(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, image: Any) -> None:
    """y = the convolution of x with w. image: scratch for the bordered image."""
    _by_rows(b, dtype, p, x, lambda *which: b.load(w, p.filter_at(*which)), y, image)


def depthwise_gradient(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, image: Any) -> None:
    """x = the gradient by images, without strides. image: scratch for the bordered gradient by the output."""
    _by_rows(b, dtype, turned(p), y, lambda g, c, o, tap: b.load(w, p.filter_at(g, o, c, p.taps - 1 - tap)), x, image)


def _by_rows(b: Any, dtype: str, p: Places, x: Any, weight: Callable[..., Any], y: Any, image: Any) -> None:
    plane = math.prod(p.out)
    with b.loop(0, p.batch * p.groups, independent=True) as number:
        g = number % p.groups if p.groups > 1 else 0
        copy_image(b, dtype, p, b.offset(x, number * (p.inputs * math.prod(p.image))), image)
        with b.loop(0, p.outputs) as o:
            out = b.offset(y, (number * p.outputs + o) * plane)

            def rows(vectors: int, g: Any = g, o: Any = o, out: Any = out) -> list[Any]:
                with b.loop(0, p.out[0]) as i, b.loop(0, p.out[1]) as j, b.loop(0, p.out[2], step=vectors * _ROW[dtype]) as k:
                    start = ((i * p.step[0]) * p.extent[1] + j * p.step[1]) * p.extent[2] + k * p.step[2]
                    _row(b, dtype, p, vectors, b.offset(image, start), weight, (g, o), b.offset(out, (i * p.out[1] + j) * p.out[2] + k), p.out[2] - k)
                return []

            b.when(b.less(_ROW[dtype], p.out[2]), lambda rows=rows: rows(2), lambda rows=rows: rows(1))  # type: ignore[misc]


def _row(b: Any, dtype: str, p: Places, vectors: int, image: Any, weight: Callable[..., Any], which: tuple[Any, Any], out: Any, left: Any) -> None:
    """Outputs beside each other, of which `left` are stored."""
    lanes = _ROW[dtype]
    totals = [b.local(dtype, lanes) for _ in range(vectors)]
    with b.loop(0, lanes, independent=True) as lane:
        for total in totals:
            b.store(total, lane, b.constant(0, dtype))
    with b.loop(0, p.inputs) as c, b.loop(0, p.kernel[0]) as i, b.loop(0, p.kernel[1]) as j, b.loop(0, p.kernel[2]) as k:
        factor = weight(*which, c, (i * p.kernel[1] + j) * p.kernel[2] + k)
        offset = ((c * p.extent[0] + i * p.dilation[0]) * p.extent[1] + j * p.dilation[1]) * p.extent[2] + k * p.dilation[2]
        for v, total in enumerate(totals):
            here = b.offset(image, offset + v * lanes * p.step[2])
            with b.loop(0, lanes, independent=True) as lane:
                b.store(total, lane, b.fma(factor, b.load(here, lane * p.step[2]), b.load(total, lane)))
    for v, total in enumerate(totals):
        to = b.offset(out, v * lanes)

        def whole(total: Any = total, to: Any = to) -> list[Any]:
            with b.loop(0, lanes, independent=True) as lane:
                b.store(to, lane, b.load(total, lane))
            return []

        def part(total: Any = total, to: Any = to, v: int = v) -> list[Any]:
            with b.loop(0, left - v * lanes) as lane:
                b.store(to, lane, b.load(total, lane))
            return []

        b.when(b.less_equal((v + 1) * lanes, left), whole, part)


def depthwise_filters(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, scratch: Sequence[Any]) -> None:
    """w = the gradient by filters, of four elements at a time the sums along rows. scratch: as of `sums_of_filters`."""
    image, gradient, _, places = scratch
    own = b.local(dtype, _ELEMENTS)
    plane, extent = math.prod(p.out), p.extent
    note_places(b, p, places, (p.elements + (_ELEMENTS - 1)) // _ELEMENTS * _ELEMENTS)
    zeros(b, dtype, w, p.groups * p.outputs * p.elements)
    with b.loop(0, p.groups, independent=True) as g, b.loop(0, p.batch) as n:
        number = n * p.groups + g
        copy_image(b, dtype, p, b.offset(x, number * (p.inputs * math.prod(p.image))), image)
        with b.loop(0, p.outputs) as o:
            with b.loop(0, plane, independent=True) as i:
                b.store(gradient, i, b.load(y, (number * p.outputs + o) * plane + i))
            with b.loop(0, p.elements, step=_ELEMENTS) as element:
                met = [b.offset(image, b.load(places, element + t)) for t in range(_ELEMENTS)]
                totals = [b.local(dtype, _LANES) for _ in met]
                with b.loop(0, _LANES, independent=True) as lane:
                    for total in totals:
                        b.store(total, lane, b.constant(0, dtype))
                with b.loop(0, p.out[0]) as i, b.loop(0, p.out[1]) as j, b.loop(0, p.out[2], step=_LANES) as k:
                    start = ((i * p.step[0]) * extent[1] + j * p.step[1]) * extent[2] + k * p.step[2]
                    here, left = b.offset(gradient, (i * p.out[1] + j) * p.out[2] + k), p.out[2] - k
                    with b.loop(0, _LANES, independent=True) as lane:
                        factor = b.select(b.less(lane, left), b.load(here, lane), b.constant(0, dtype))
                        for total, at in zip(totals, met):
                            value = b.select(b.less(lane, left), b.load(at, start + lane * p.step[2]), b.constant(0, dtype))
                            b.store(total, lane, b.fma(value, factor, b.load(total, lane)))
                for t, total in enumerate(totals):
                    (whole,) = b.fold(0, _LANES, [b.constant(0, dtype)], lambda lane, value, total=total: [b.add(value, b.load(total, lane))])  # type: ignore[misc]
                    b.store(own, t, whole)
                with b.loop(element, b.minimum(element + _ELEMENTS, p.elements)) as e:
                    at = p.filter_at(g, o, e // p.taps, e % p.taps)
                    b.store(w, at, b.add(b.load(w, at), b.load(own, e - element)))
