"""Searching and counting: places in sorted vectors, bins, distinct elements, arrays as sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops.search.sets import Unique, in1d, intersect1d, isin, setdiff1d, setxor1d, union1d, unique
from symgraph.ops.search.sorted import SearchsortedOp, bincount, digitize, histogram, histogram_bin_edges, searchsorted

__all__ = [
    "NUMPY",
    "SearchsortedOp",
    "Unique",
    "bincount",
    "digitize",
    "histogram",
    "histogram_bin_edges",
    "in1d",
    "intersect1d",
    "isin",
    "searchsorted",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
]

# numpy's functions on variables, under numpy's names and signatures.
NUMPY: dict[str, Callable[..., Any]] = {
    "searchsorted": lambda a, v, side="left", sorter=None: searchsorted(a, v, side, sorter), "digitize": digitize,
    "bincount": lambda x, weights=None, minlength=0: bincount(x, weights, minlength), "histogram": histogram,
    "histogram_bin_edges": lambda a, bins=10, range=None, weights=None: histogram_bin_edges(a, bins, range),
    "unique": unique, "isin": isin, "union1d": union1d, "intersect1d": intersect1d, "setdiff1d": setdiff1d, "setxor1d": setxor1d,
}
