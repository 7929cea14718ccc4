"""Indexing: `x[...]`, and arrays with a part of them changed."""

from __future__ import annotations

from symgraph.ops.index.advanced import AdvancedIncSubtensor, AdvancedSubtensor, nonzero_values, take
from symgraph.ops.index.choice import choose, compress
from symgraph.ops.index.key import getitem, inc_subtensor, set_subtensor
from symgraph.ops.index.nonzero import Nonzero, flatnonzero, nonzero
from symgraph.ops.index.subtensor import IncSubtensor, Subtensor

__all__ = [
    "AdvancedIncSubtensor",
    "AdvancedSubtensor",
    "IncSubtensor",
    "Nonzero",
    "Subtensor",
    "choose",
    "compress",
    "flatnonzero",
    "getitem",
    "inc_subtensor",
    "nonzero",
    "nonzero_values",
    "set_subtensor",
    "take",
]
