"""Arrays put together and taken apart, repeated and turned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from symgraph.ops.join.pieces import (
    append,
    array_split,
    block,
    column_stack,
    delete,
    dsplit,
    dstack,
    hsplit,
    hstack,
    insert,
    split_evenly,
    trim_zeros,
    unstack,
    vsplit,
    vstack,
)
from symgraph.ops.join.repeat import Repeat, RepeatIndex, RepeatOp, Roll, Tile, repeat, roll, tile

__all__ = [
    "NUMPY",
    "Join",
    "MakeVector",
    "Repeat",
    "RepeatIndex",
    "RepeatOp",
    "Roll",
    "Split",
    "Tile",
    "append",
    "array_split",
    "block",
    "column_stack",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "horizontal_stack",
    "hsplit",
    "hstack",
    "insert",
    "join",
    "repeat",
    "roll",
    "split",
    "stack",
    "stacklists",
    "tile",
    "trim_zeros",
    "unstack",
    "vertical_stack",
    "vsplit",
    "vstack",
]

# numpy's functions on variables, under numpy's names and signatures.
NUMPY: dict[str, Callable[..., Any]] = {
    "append": append, "array_split": array_split, "split": split_evenly, "hsplit": hsplit, "vsplit": vsplit, "dsplit": dsplit,
    "block": block, "column_stack": column_stack, "hstack": hstack, "vstack": vstack, "dstack": dstack, "delete": delete,
    "insert": insert, "trim_zeros": lambda filt, trim="fb", axis=None: trim_zeros(filt, trim),
}
