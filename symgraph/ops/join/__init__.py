"""Arrays put together and taken apart, repeated and turned."""

from __future__ import annotations

from symgraph.ops.join.join import (
    Join,
    MakeVector,
    Split,
    concatenate,
    horizontal_stack,
    join,
    split,
    stack,
    stacklists,
    vertical_stack,
)
from symgraph.ops.join.repeat import Repeat, RepeatIndex, Roll, Tile, repeat, roll, tile

__all__ = [
    "Join",
    "MakeVector",
    "Repeat",
    "RepeatIndex",
    "Roll",
    "Split",
    "Tile",
    "concatenate",
    "horizontal_stack",
    "join",
    "repeat",
    "roll",
    "split",
    "stack",
    "stacklists",
    "tile",
    "vertical_stack",
]
