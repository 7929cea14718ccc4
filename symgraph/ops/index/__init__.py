"""Indexing: `x[...]`, and arrays with a part of them changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.ops.index.advanced import AdvancedIncSubtensor, AdvancedSubtensor, nonzero_values, take
from symgraph.ops.index.along import (
    argwhere,
    extract,
    inverse_permutation,
    permute_row_elements,
    put_along_axis,
    take_along_axis,
    to_one_hot,
)
from symgraph.ops.index.choice import choose, compress, select
from symgraph.ops.index.key import getitem, inc_subtensor, set_subtensor
from symgraph.ops.index.nonzero import Nonzero, flatnonzero, nonzero
from symgraph.ops.index.subtensor import IncSubtensor, Subtensor

__all__ = [
    "NUMPY",
    "AdvancedIncSubtensor",
    "AdvancedSubtensor",
    "IncSubtensor",
    "Nonzero",
    "Subtensor",
    "argwhere",
    "choose",
    "compress",
    "extract",
    "flatnonzero",
    "getitem",
    "inc_subtensor",
    "inverse_permutation",
    "nonzero",
    "nonzero_values",
    "permute_row_elements",
    "put_along_axis",
    "select",
    "set_subtensor",
    "take",
    "take_along_axis",
    "to_one_hot",
]

# numpy's functions on variables, under numpy's names and signatures.
NUMPY: dict[str, Callable[..., Any]] = {
    "argwhere": argwhere, "choose": choose, "compress": lambda condition, a, axis=None: compress(condition, a, axis), "extract": extract,
    "flatnonzero": flatnonzero, "select": select, "take_along_axis": take_along_axis,
}
