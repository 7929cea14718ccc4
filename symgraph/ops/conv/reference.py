"""The numpy rule of convolutions: one place of the filter after the other, each a sum of products over channels.

All three ops are the same sum of image x filter -> output; the one that is computed is added up, the other two are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["by_numpy"]

# Letters: n images, g groups, i and o channels of a group, p, q, r places of the output.
_PLACES = "pqr"


def by_numpy(which: str, x: Any, w: Any, y: Any, pads: Sequence[tuple[int, int]], strides: Sequence[int], dilations: Sequence[int],
             flip: bool, groups: int, unshared: bool) -> np.ndarray:
    """The array that `which` names, "x", "w" or "y"; what is given for it says its shape and dtype only."""
    ndim = len(strides)
    out, kernel = y.shape[2:], w.shape[w.ndim - ndim:]
    padded = np.zeros((*x.shape[:2], *[n + a + b for n, (a, b) in zip(x.shape[2:], pads)]), x.dtype)
    inner = (slice(None), slice(None), *[slice(a, a + n) for n, (a, _) in zip(x.shape[2:], pads)])
    if which != "x":
        padded[inner] = x
    w = np.zeros_like(w) if which == "w" else w
    y = np.zeros_like(y) if which == "y" else y
    images = padded.reshape(len(padded), groups, padded.shape[1] // groups, *padded.shape[2:])
    outputs = y.reshape(len(y), groups, y.shape[1] // groups, *out)
    filters = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    spelled = _PLACES[:ndim]
    letters = {"x": f"ngi{spelled}", "w": f"go{spelled if unshared else ''}i", "y": f"ngo{spelled}"}
    for place in np.ndindex(*kernel):
        starts = [(n - 1 - k if flip else k) * d for k, n, d in zip(place, kernel, dilations)]
        window = (..., *[slice(a, a + s * (m - 1) + 1, s) if m else slice(0) for a, s, m in zip(starts, strides, out)])
        parts: dict[str, Any] = {"x": images[window], "w": filters[(..., *place)], "y": outputs}
        first, second = (name for name in "xwy" if name != which)
        parts[which] += np.einsum(f"{letters[first]},{letters[second]}->{letters[which]}", parts[first], parts[second])
    return np.ascontiguousarray(padded[inner]) if which == "x" else w if which == "w" else y
