"""A failure of a node told to the user: the op, the shapes that met, the user's line, the step of a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symgraph import errors
from symgraph.expr.op import Apply
from symgraph.expr.types import TensorType
from symgraph.settings import config

__all__ = ["graph_texts", "in_step", "located", "with_shapes"]

graph_texts: list[Callable[[Apply], str]] = []  # how the graph of a node is written: symgraph/compile/blame.py puts it there


def located(error: Exception, node: Apply | None, arrays: Sequence[Any] = ()) -> Exception:
    """The error with a second line that says which op met which inputs, and the user's line; one that has a line keeps it."""
    if node is None or getattr(error, "line", None) is not None:
        return error
    return with_shapes(error, node, [getattr(a, "shape", None) for a in arrays], arrays)


def with_shapes(error: Exception, node: Apply, shapes: Sequence[Any], arrays: Sequence[Any] = ()) -> Exception:
    """The error with the op, what is known of the shapes of its inputs, and the user's line; with the values of the inputs, where they are
    known, and the graph of the node, if the setting exception_verbosity says high."""
    if not isinstance(error, errors.SymgraphError) and error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n  {_what(node, shapes)}", *error.args[1:])
    if config.exception_verbosity == "high" and error.args and isinstance(error.args[0], str):
        said = [error.args[0], *(f"input {k} has the value {_brief(a)}" for k, a in enumerate(arrays)), *(text(node) for text in graph_texts)]
        error.args = ("\n".join(said), *error.args[1:])
    return errors.locate(error, node.line)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:297]}..."


def in_step(error: Exception, step: int, loop: Any) -> Exception:
    """The error with a further line that says in which step of which loop it came up; a loop around that one adds its own."""
    said = f"in step {step} of {loop}"
    if error.args and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n  {said}", *error.args[1:])
    elif hasattr(error, "add_note"):  # since Python 3.11
        error.add_note(said)
    return error


def _what(node: Apply, shapes: Sequence[Any]) -> str:
    parts = []
    for x, shape in zip(node.inputs, [*shapes, *[None] * len(node.inputs)]):
        if isinstance(x.type, TensorType):
            sizes = ", ".join("?" if n is None else str(n) for n in (x.type.shape if shape is None else shape))
            parts.append(f"{x.name + ': ' if x.name else ''}{x.type.dtype}({sizes})")
        else:
            parts.append(str(x.type))
    return f"in {node.op} of {', '.join(parts)}"
