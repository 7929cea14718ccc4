"""The gradient by filters, of floats: for eight elements of a filter and eight filters at a time the sums over all places stay in registers.

The gradient by the output stands with eight filters beside each other, so one load serves eight sums; the image is read where the filters
meet it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from symgraph.ops.conv.nest import zeros
from symgraph.ops.conv.places import Places, copy_image, each_element

__all__ = ["note_places", "scratch_of_sums", "sums_of_filters"]

_LANES = 8  # filters
_PLACES = 512  # of the output that are added up at a time: what they read stays in the first cache
_ELEMENTS = {"float32": 8, "float64": 4}  # of a filter, at a time
_SHARES = 4  # in which the images are summed, where there are so many


def _up(n: Any, to: int) -> Any:
    return (n + (to - 1)) // to * to


def scratch_of_sums(s: Any, p: Places, dtype: str) -> list[Any]:
    """Elements of scratch memory: the bordered image, the outputs of one image with filters beside each other, the sums; then, of int64, where
    the elements of a filter meet the image."""
    filters, elements = _up(p.outputs, _LANES), _up(p.elements, _ELEMENTS[dtype])
    return [p.scratch(), filters * math.prod(p.out), filters * elements * p.groups * _shares(s, p), elements]


def _shares(s: Any, p: Places) -> Any:
    """In how many parts the sums over images are taken, side by side: as many for every number of threads."""
    return s.where(s.less(_SHARES - 1, p.batch), _SHARES, 1)


def sums_of_filters(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, scratch: Sequence[Any]) -> None:
    """w = the gradient by filters of the convolution of x, given that by its output, y."""
    image, beside, sums, places = scratch
    at_once, plane = _ELEMENTS[dtype], math.prod(p.out)
    filters, elements = _up(p.outputs, _LANES), _up(p.elements, at_once)
    note_places(b, p, places, elements)
    shares, size = _shares(b, p), filters * elements
    with b.loop(0, p.groups * shares, independent=True) as task:
        g, share = task // shares, task % shares
        own = b.offset(sums, task * size)
        zeros(b, dtype, own, size)
        with b.loop(0, (p.batch - share + (shares - 1)) // shares) as turn:
            n = turn * shares + share
            number = n * p.groups + g
            copy_image(b, dtype, p, b.offset(x, number * (p.inputs * math.prod(p.image))), image)
            _put_beside(b, dtype, p, b.offset(y, number * (p.outputs * plane)), beside)
            rows = b.maximum(1, _PLACES // p.out[2])
            with b.loop(0, p.out[0]) as i, b.loop(0, (p.out[1] + (rows - 1)) // rows) as part:
                block = (i, part * rows, b.minimum(part * rows + rows, p.out[1]))
                with b.loop(0, elements, step=at_once) as element:
                    met = [b.offset(image, b.load(places, element + t)) for t in range(at_once)]
                    with b.loop(0, filters, step=_LANES) as f:
                        _add_up(b, dtype, p, block, met, b.offset(beside, f * plane),
                                [b.offset(own, (element + t) * filters + f) for t in range(at_once)])
    with b.loop(0, p.groups) as g, b.loop(0, p.outputs) as o, b.loop(0, p.inputs) as c, b.loop(0, p.taps) as tap:
        at = (g * shares * elements + c * p.taps + tap) * filters + o
        first = b.load(sums, at)
        (total,) = b.fold(1, shares, [first], lambda share, value: [b.add(value, b.load(sums, at + share * size))])
        b.store(w, p.filter_at(g, o, c, tap), total)


def note_places(b: Any, p: Places, places: Any, count: Any) -> None:
    """Where each element of a filter meets the bordered image; those behind the last, up to `count`, do so where the first does."""
    zeros(b, "int64", places, count)
    each_element(b, p, lambda element, offset: b.store(places, element, offset))


def _put_beside(b: Any, dtype: str, p: Places, y: Any, beside: Any) -> None:
    """The outputs of one image, of eight filters beside each other; those that are missing are zeros."""
    plane = math.prod(p.out)
    with b.loop(0, _up(p.outputs, _LANES)) as o:
        into = b.offset(beside, (o // _LANES * plane) * _LANES + o % _LANES)

        def copied(o: Any = o, into: Any = into) -> list[Any]:
            with b.loop(0, plane, independent=True) as i:
                b.store(into, i * _LANES, b.load(y, o * plane + i))
            return []

        def cleared(into: Any = into) -> list[Any]:
            with b.loop(0, plane, independent=True) as i:
                b.store(into, i * _LANES, b.constant(0, dtype))
            return []

        b.when(b.less(o, p.outputs), copied, cleared)


def _add_up(b: Any, dtype: str, p: Places, block: Any, met: Sequence[Any], gradients: Any, sums: Sequence[Any]) -> None:
    """sums += over a block of rows of the output the product of what the elements meet with the gradients of eight filters."""
    extent = p.extent
    i, start, stop = block
    totals = [b.local(dtype, _LANES) for _ in met]
    with b.loop(0, _LANES, independent=True) as lane:
        for total in totals:
            b.store(total, lane, b.constant(0, dtype))
    with b.loop(start, stop) as j:
        row = ((i * p.step[0]) * extent[1] + j * p.step[1]) * extent[2]
        here = b.offset(gradients, ((i * p.out[1] + j) * p.out[2]) * _LANES)
        with b.loop(0, p.out[2]) as k:
            values = [b.load(at, row + k * p.step[2]) for at in met]
            beside = b.offset(here, k * _LANES)
            with b.loop(0, _LANES, independent=True) as lane:
                g = b.load(beside, lane)
                for total, value in zip(totals, values):
                    b.store(total, lane, b.fma(value, g, b.load(total, lane)))
    for total, at in zip(totals, sums):
        with b.loop(0, _LANES, independent=True) as lane:
            b.store(at, lane, b.add(b.load(at, lane), b.load(total, lane)))
