"""Values of exactly the dtype that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.settings import config

__all__ = ["_asarray", "refuse_masked"]


def refuse_masked(value: Any) -> None:
    """TypeError for an array of which elements are masked: as numbers they would count like all others."""
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray and np.any(getattr(value, "mask", False)):
        raise TypeError("elements of the array are masked; say what they count as: x.filled(0), or take the others: x.compressed()")


def _asarray(a: Any, dtype: Any, order: str | None = None) -> np.ndarray:
    """An array of exactly this dtype, "floatX" for that of the settings: numpy's function with one dtype object for each dtype.

    (On some machines numpy has two types of one name, `long` and `long long`; the result is of the one that the name gives.)

    >>> _asarray([1, 2], 'float32').dtype
    dtype('float32')
    """
    wanted = np.dtype(config.floatX if isinstance(dtype, str) and dtype == "floatX" else dtype)
    layout: Any = order
    found = np.asarray(a, dtype=wanted, order=layout)
    return found if found.dtype.num == wanted.num else found.view(wanted)
