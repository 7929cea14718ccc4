"""Convolutions of floats as products of small matrices that stay in registers.

For a block of places of the output the elements that its filters meet are copied into a panel, one row for each element of a filter; then
four filters at a time are multiplied with sixteen columns of it. The gradient by images is that backwards: four elements of all filters
are multiplied with sixteen columns of the output's gradient, and what comes out is added where the filters met the image. Panels fit the
second cache, so memory is bounded; what was measured: docs/architecture.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.ops.conv.places import Places, copy_image, cut_image, each_element, each_row

__all__ = ["LANES", "panels", "panels_of_gradient", "scratch_of_gradient", "scratch_of_panels"]

LANES = {"float32": 16, "float64": 8}  # two vectors of 32 bytes: with four rows eight sums, as many as hide the time of an addition
_ROWS = 4  # of the matrix that is multiplied with a panel
_COPIED = 8  # elements that are copied or added at once
_PANEL = 49152  # elements of a panel
_WIDEST = 512


def _blocks(n: Any) -> Any:
    return (n + (_ROWS - 1)) // _ROWS


def _width(s: Any, p: Places, rows: Any) -> Any:
    """How many places of the output a panel of so many rows holds: a multiple of 16."""
    fitting = _PANEL // s.maximum(rows, 1) // 16 * 16
    every = (math.prod(p.out) + 15) // 16 * 16
    return s.maximum(16, s.minimum(s.minimum(fitting, _WIDEST), every))


def _pack(b: Any, dtype: str, count: Any, inner: Any, packed: Any, copy: Callable[[Any, Callable[[Any, Any], None]], None]) -> None:
    """A matrix (count, inner) in blocks of four rows that stand beside each other; rows that are missing are zeros.

    copy(row, put) calls put(k, element) for the elements of a row.
    """
    with b.loop(0, _blocks(count)) as block, b.loop(0, _ROWS) as r:
        row, at = block * _ROWS + r, block * (_ROWS * inner) + r

        def copied(row: Any = row, at: Any = at) -> list[Any]:
            copy(row, lambda k, element: b.store(packed, at + k * _ROWS, element))
            return []

        def cleared(at: Any = at) -> list[Any]:
            with b.loop(0, inner) as k:
                b.store(packed, at + k * _ROWS, b.constant(0, dtype))
            return []

        b.when(b.less(row, count), copied, cleared)


def _multiply(b: Any, dtype: str, inner: Any, matrix: Any, panel: Any, pitch: Any, columns: Any, out: Any, plane: Any, rows: Any) -> None:
    """Four rows of the packed matrix with all columns of the panel. Stored at `out` are as many of the four rows as there are left."""
    lanes = LANES[dtype]
    sums = [b.local(dtype, lanes) for _ in range(_ROWS)]
    with b.loop(0, columns, step=lanes) as column:
        with b.loop(0, lanes, independent=True) as lane:
            for total in sums:
                b.store(total, lane, b.constant(0, dtype))
        at = b.offset(panel, column)
        with b.loop(0, inner) as k:
            factors = [b.load(matrix, k * _ROWS + r) for r in range(_ROWS)]
            row = b.offset(at, k * pitch)
            with b.loop(0, lanes, independent=True) as lane:
                x = b.load(row, lane)
                for total, factor in zip(sums, factors):
                    b.store(total, lane, b.fma(factor, x, b.load(total, lane)))
        for r, total in enumerate(sums):
            to = b.offset(out, r * plane + column)

            def stored(total: Any = total, to: Any = to, column: Any = column) -> None:
                def whole() -> list[Any]:
                    with b.loop(0, lanes, independent=True) as lane:
                        b.store(to, lane, b.load(total, lane))
                    return []

                def part() -> list[Any]:
                    with b.loop(0, columns - column) as lane:
                        b.store(to, lane, b.load(total, lane))
                    return []

                b.when(b.less_equal(column + lanes, columns), whole, part)

            b.when(b.less(r, rows), stored)


# The convolution --------------------------------------------------------------------------------------------------------


def scratch_of_panels(s: Any, p: Places) -> list[Any]:
    """Elements of scratch memory: the bordered image, a panel, the filters in the order they are read in."""
    rows = p.elements
    return [p.scratch(), rows * (_width(s, p, rows) + _COPIED) + _COPIED, p.groups * _blocks(p.outputs) * _ROWS * rows]


def panels(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, scratch: Sequence[Any]) -> None:
    """y = the convolution of x with w, all addresses."""
    image, panel, packed = scratch
    rows, plane, blocks = p.elements, math.prod(p.out), _blocks(p.outputs)
    size = blocks * (_ROWS * rows)  # of a group's packed filters
    with b.loop(0, p.groups) as g:

        def row(o: Any, put: Callable[[Any, Any], None], g: Any = g) -> None:
            with b.loop(0, p.inputs) as c, b.loop(0, p.taps) as tap:
                put(c * p.taps + tap, b.load(w, p.filter_at(g, o, c, tap)))

        _pack(b, dtype, p.outputs, rows, b.offset(packed, g * size), row)
    width = _width(b, p, rows)
    with b.loop(0, p.batch * p.groups, independent=True) as number:
        g = number % p.groups if p.groups > 1 else 0
        copy_image(b, dtype, p, b.offset(x, number * (p.inputs * math.prod(p.image))), image)
        out = b.offset(y, number * (p.outputs * plane))
        with b.loop(0, (plane + (width - 1)) // width) as block:
            first = block * width
            last = b.minimum(first + width, plane)
            each_row(b, p, first, last, lambda at, start, stop: _fill(b, p, b.offset(image, at), panel, width + _COPIED, start, stop))
            with b.loop(0, blocks) as f:
                _multiply(b, dtype, rows, b.offset(packed, g * size + f * (_ROWS * rows)), panel, width + _COPIED, last - first,
                          b.offset(out, f * (_ROWS * plane) + first), plane, p.outputs - f * _ROWS)


def _fill(b: Any, p: Places, image: Any, panel: Any, pitch: Any, start: Any, stop: Any) -> None:
    """Columns start to stop of the panel: one row of the output, for each element of a filter what it meets. Eight elements are copied at
    once: those too many lie where the next row is written afterwards, or behind the last."""
    into = b.offset(panel, start)

    def copied(element: Any, offset: Any) -> None:
        a, t = b.offset(image, offset), b.offset(into, element * pitch)
        with b.loop(0, stop - start, step=_COPIED) as q:
            there, to = b.offset(a, q * p.step[2]), b.offset(t, q)
            with b.loop(0, _COPIED, independent=True) as lane:
                b.store(to, lane, b.load(there, lane * p.step[2]))

    each_element(b, p, copied)


# The gradient by images -------------------------------------------------------------------------------------------------


def scratch_of_gradient(s: Any, p: Places) -> list[Any]:
    """Elements of scratch memory: the bordered image, a panel, four rows of results, the filters in the order they are read in."""
    width = _width(s, p, p.outputs)
    return [p.scratch(), p.outputs * width, _ROWS * width + _COPIED, p.groups * _blocks(p.elements) * _ROWS * p.outputs]


def panels_of_gradient(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any, scratch: Sequence[Any], places: Any) -> None:
    """x = what the convolution with w, transposed, makes of y. places: scratch of int64, one for each element of a filter."""
    image, panel, products, packed = scratch
    rows, plane, blocks = p.elements, math.prod(p.out), _blocks(p.elements)
    size = blocks * (_ROWS * p.outputs)
    with b.loop(0, p.groups) as g:

        def row(k: Any, put: Callable[[Any, Any], None], g: Any = g) -> None:
            c, tap = k // p.taps, k % p.taps
            with b.loop(0, p.outputs) as o:
                put(o, b.load(w, p.filter_at(g, o, c, tap)))

        _pack(b, dtype, rows, p.outputs, b.offset(packed, g * size), row)
    each_element(b, p, lambda element, offset: b.store(places, element, offset))
    width = _width(b, p, p.outputs)
    with b.loop(0, p.batch * p.groups, independent=True) as number:
        g = number % p.groups if p.groups > 1 else 0
        with b.loop(0, p.scratch(), independent=True) as i:
            b.store(image, i, b.constant(0, dtype))
        gradient = b.offset(y, number * (p.outputs * plane))
        with b.loop(0, (plane + (width - 1)) // width) as block:
            first = block * width
            last = b.minimum(first + width, plane)
            with b.loop(0, p.outputs) as o, b.loop(0, last - first, independent=True) as i:
                b.store(panel, o * width + i, b.load(gradient, o * plane + first + i))
            with b.loop(0, blocks) as f:
                matrix = b.offset(packed, g * size + f * (_ROWS * p.outputs))
                _multiply(b, dtype, p.outputs, matrix, panel, width, last - first, products, width, _ROWS)
                with b.loop(f * _ROWS, b.minimum(f * _ROWS + _ROWS, rows)) as k:
                    to, of = b.offset(image, b.load(places, k)), b.offset(products, (k - f * _ROWS) * width)
                    each_row(b, p, first, last, lambda at, start, stop, to=to, of=of: _add(  # type: ignore[misc]
                        b, dtype, p, b.offset(to, at), b.offset(of, start), stop - start))
        cut_image(b, dtype, p, image, b.offset(x, number * (p.inputs * math.prod(p.image))))


def _add(b: Any, dtype: str, p: Places, to: Any, of: Any, count: Any) -> None:
    """A row of products to the bordered image, eight at once; beyond the row's end nothing is added."""
    with b.loop(0, count, step=_COPIED) as q:
        target, source = b.offset(to, q * p.step[2]), b.offset(of, q)
        with b.loop(0, _COPIED, independent=True) as lane:
            term = b.select(b.less(q + lane, count), b.load(source, lane), b.constant(0, dtype))
            b.store(target, lane * p.step[2], b.add(b.load(target, lane * p.step[2]), term))
