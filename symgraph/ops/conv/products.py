"""Gradients where filters have one element a channel and meet every place: products of matrices by BLAS, an image and a group at a time.

They need no copies of images, which took a quarter of the time, and the result is added up where it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from symgraph.ops.conv.nest import zeros
from symgraph.ops.conv.places import Places

__all__ = ["filters_by_products", "images_by_products", "may_be_products", "meet_every_place"]

_LETTERS = {"float32": "s", "float64": "d"}


def may_be_products(p: Places) -> bool:
    """Whether it can be that a filter of one element meets every place: steps are known as the expression is built."""
    return max(p.step) == 1


def meet_every_place(b: Any, p: Places) -> Any:
    """Whether filters have one element and images no border."""
    found: Any = b.equal(p.taps, 1)
    for n, m in zip(p.image, p.out):
        found = b.both(found, b.equal(n, m))
    return found


def filters_by_products(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any) -> None:
    """w = the sum over the images of y x', of matrices (outputs, places) and (channels, places)."""
    plane = math.prod(p.out)
    zeros(b, dtype, w, p.groups * p.outputs * p.inputs)

    def product(image: Any, of_image: Any, of_filters: Any) -> None:
        _gemm(b, dtype, "TN", (p.inputs, p.outputs, plane), (x, image, plane), (y, of_image, plane), 1, (w, of_filters, p.inputs))

    _each(b, p, plane, product)


def images_by_products(b: Any, dtype: str, p: Places, x: Any, w: Any, y: Any) -> None:
    """x = w' y for each image, of matrices (outputs, channels) and (outputs, places)."""
    plane = math.prod(p.out)

    def product(image: Any, of_image: Any, of_filters: Any) -> None:
        _gemm(b, dtype, "NT", (plane, p.inputs, p.outputs), (y, of_image, plane), (w, of_filters, p.inputs), 0, (x, image, plane))

    _each(b, p, p.outputs, product, True)
    b.when(b.less(p.outputs, 1), lambda: zeros(b, dtype, x, p.batch * p.groups * p.inputs * plane))


def _each(b: Any, p: Places, joined: Any, product: Callable[[Any, Any, Any], None], independent: bool = False) -> None:
    """Calls product with where images, outputs and filters of a group begin, if there is something to be added up."""

    def every() -> None:
        with b.loop(0, p.batch, independent=independent) as n, b.loop(0, p.groups) as g:
            place = (n * p.groups + g) * math.prod(p.out)
            product(place * p.inputs, place * p.outputs, g * (p.outputs * p.inputs))

    b.when(b.less(0, joined), every)


def _gemm(b: Any, dtype: str, turned: str, sizes: tuple[Any, ...], first: Any, second: Any, keep: int, out: Any) -> None:
    """BLAS, which counts in columns. first, second, out: address, where the matrix begins, and how far its columns lie apart."""
    number = lambda n: b.constant(n, "int64") if isinstance(n, int) else n
    at = lambda matrix: (b.offset(matrix[0], matrix[1]), number(b.maximum(matrix[2], 1)))
    flags = [b.constant(ord(letter), "uint8") for letter in turned]
    b.library(f"{_LETTERS[dtype]}gemm", *flags, *map(number, sizes), b.constant(1, dtype), *at(first), *at(second), b.constant(keep, dtype), *at(out))
