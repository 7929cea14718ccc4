"""A failure of native code -> the error class, the op, what met, and the user's line."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph import errors
from symgraph.expr.op import Apply
from symgraph.expr.types import TensorType

__all__ = ["error_of", "located"]


def error_of(name: str, message: str, values: Sequence[int], node: Apply | None, arrays: Sequence[Any] = ()) -> Exception:
    """The exception for a failed check: `message` with its ``{}`` filled by `values`, then the op, its inputs and the line."""
    kind = np.linalg.LinAlgError if name == "LinAlgError" else getattr(builtins, name, None) or errors.error_class(name)
    text = message.format(*values) if "{" in message else message
    return located(kind(text), node, arrays)


def located(error: Exception, node: Apply | None, arrays: Sequence[Any] = ()) -> Exception:
    """The error with a second line that says which op met which inputs, and the user's line."""
    if node is None or getattr(error, "line", None) is not None:
        return error
    if not isinstance(error, errors.SymgraphError) and error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n  {_what(node, arrays)}", *error.args[1:])
    return errors.locate(error, node.line)


def _what(node: Apply, arrays: Sequence[Any]) -> str:
    parts = []
    for position, x in enumerate(node.inputs):
        type = x.type
        shape = getattr(arrays[position], "shape", None) if position < len(arrays) else None
        if isinstance(type, TensorType):
            sizes = shape if shape is not None else tuple("?" if n is None else n for n in type.shape)
            parts.append(f"{x.name or ''}{type.dtype}{str(tuple(sizes)).replace(chr(39), '')}")
        else:
            parts.append(str(type))
    return f"in {node.op} of {', '.join(parts)}"
