"""Where a filter meets an image: padding, strides, dilation and the sizes that follow from them, written for any algebra of sizes.

Along one dimension output i reads the image at i * stride + k * dilation - low, for each place k of the filter; what lies outside is 0.
Sizes are ints, or objects with ``+ - * // %`` (codegen/rules.py, `Sizes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["TOO_LARGE", "as_border", "as_steps", "output_size", "padding", "reach"]

TOO_LARGE = "convolution: the filter reaches over {} elements, the padded image has {} (along dimension {} of the image)"
_NAMED = ("valid", "half", "full")


def as_border(border_mode: Any, ndim: int) -> str | tuple[tuple[int, int], ...]:
    """A border mode as "valid", "half", "full" or a pair (before, behind) for each dimension; ValueError for anything else.

    >>> as_border(1, 2), as_border(((1, 0), 2), 2), as_border("half", 1)
    (((1, 1), (1, 1)), ((1, 0), (2, 2)), 'half')
    """
    wrong = ValueError(
        f"invalid border_mode {border_mode!r}: it must be 'valid', 'full' or 'half', an integer, or for each of the {ndim} dimensions an "
        "integer or a pair of integers, none of them negative")
    if isinstance(border_mode, str):
        if border_mode not in _NAMED:
            raise wrong
        return border_mode
    if _is_int(border_mode):
        border_mode = (border_mode,) * ndim
    if not isinstance(border_mode, (tuple, list)) or len(border_mode) != ndim:
        raise wrong
    pairs = []
    for pad in border_mode:
        pair = (pad, pad) if _is_int(pad) else pad
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(_is_int(n) and n >= 0 for n in pair):
            raise wrong
        pairs.append((int(pair[0]), int(pair[1])))
    return tuple(pairs) if any(map(any, pairs)) else "valid"


def as_steps(steps: Any, ndim: int, what: str) -> tuple[int, ...]:
    """Strides or dilations, one for each dimension. None: ones; an int: the same for all. TypeError or ValueError for anything else.

    >>> as_steps(None, 2, "subsample"), as_steps(3, 1, "subsample"), as_steps((1, 2), 2, "subsample")
    ((1, 1), (3,), (1, 2))
    """
    if steps is None:
        return (1,) * ndim
    if _is_int(steps):
        steps = (steps,) * ndim
    if not isinstance(steps, (tuple, list)) or not all(map(_is_int, steps)):
        raise TypeError(f"{what} must be an integer, or {ndim} integers, known as the expression is built, got {steps!r}")
    if len(steps) != ndim:
        raise ValueError(f"{what} must have {ndim} elements, one for each dimension of the image, got {steps!r}")
    if min(steps, default=1) < 1:
        raise ValueError(f"{what} must be 1 or more, got {steps!r}")
    return tuple(int(n) for n in steps)


def _is_int(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def reach(kernel: Any, dilation: int) -> Any:
    """Over how many elements a filter of `kernel` places reaches."""
    return (kernel - 1) * dilation + 1 if dilation != 1 else kernel


def padding(border: str | tuple[tuple[int, int], ...], kernel: Sequence[Any], dilation: Sequence[int]) -> list[tuple[Any, Any]]:
    """How many zeros stand before and behind the image, a pair for each dimension."""
    if border == "valid":
        return [(0, 0)] * len(kernel)
    if border == "half":
        return [(reach(k, d) // 2,) * 2 for k, d in zip(kernel, dilation)]
    if border == "full":
        return [(reach(k, d) - 1,) * 2 for k, d in zip(kernel, dilation)]
    return list(border)  # type: ignore[arg-type]


def output_size(image: Any, kernel: Any, pad: tuple[Any, Any], stride: int, dilation: int) -> Any:
    """How many outputs there are along a dimension; less than 1 where the filter is larger than the padded image."""
    rest = image + pad[0] + pad[1] - reach(kernel, dilation)
    return (rest // stride if stride != 1 else rest) + 1
