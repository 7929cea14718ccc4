"""Values of exactly the dtype that is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from symgraph.settings import config

__all__ = ["_asarray"]


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
