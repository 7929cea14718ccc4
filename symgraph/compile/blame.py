"""A failure of native code -> the error class, the op, what met, and the user's line."""

from __future__ import annotations

import builtins
import struct
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from symgraph import errors
from symgraph.expr.dims import STATIC, Known, static_shape
from symgraph.expr.failures import graph_texts, in_step, located, with_shapes
from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import toposort

__all__ = ["error_of", "facts_of", "in_rounds", "located"]

graph_texts.append(lambda node: f"the graph of {node.op}:\n{import_module('symgraph.printing.tree').debugprint(node, print_type=True, file='str')}")

LARGEST = 64  # elements of an integer value that is worked out because a shape may depend on it


def error_of(name: str, message: str, values: Sequence[int], node: Apply | None, known: Mapping[Variable, Any],
             rounds: Sequence[tuple[Apply | None, int]] = ()) -> Exception:
    """The exception for a failed check: `message` with its ``{}`` filled by `values`, then the op, its inputs and the line.

    known: the arrays that the function was called with, by variable. rounds: the loops in which it was met, from the outermost on, and the
    number of the step of each: each gets a line.
    """
    kind = np.linalg.LinAlgError if name == "LinAlgError" else getattr(builtins, name, None) or errors.error_class(name)
    text = message.format(*map(_Noted, values)) if "{" in message else message
    error = kind(text)
    if node is not None:
        facts: dict[Variable, Known] = {}
        for loop, number in rounds:
            if loop is not None:
                facts |= _within(loop, number, facts_of(loop.inputs, known, facts))
        facts = facts_of(node.inputs, known, facts)
        error = with_shapes(error, node, [static_shape(facts[x].shape) for x in node.inputs])
    return in_rounds(error, rounds)


class _Noted(int):
    """A number that native code noted: as it is, or ('real') the bits of a float64."""

    def __format__(self, spec: str) -> str:
        return f"{struct.unpack('d', struct.pack('q', self))[0]:.6g}" if spec == "real" else str(int(self))


def in_rounds(error: Exception, rounds: Sequence[tuple[Apply | None, int]]) -> Exception:
    """The error with a line for each loop in which it was met, given from the outermost on: the number of its step."""
    for node, number in reversed(rounds):
        in_step(error, number, "the loop" if node is None else node.op)
    return error


def _within(loop: Apply, number: int, outside: Mapping[Variable, Known]) -> dict[Variable, Known]:
    """What is known of the inner inputs of a loop in a step: shapes of rows and states, captured values."""
    op, layout = loop.op, loop.op.layout
    arrays = [outside[x] for x in loop.inputs[layout.first_sequence :]]
    rows, rest = arrays[: len(layout.sequences)], arrays[len(layout.sequences) :]
    inside = [Known("int64", (), np.asarray(number, dtype="int64"))] * layout.counts + [Known(a.dtype, static_shape(a.shape)[1:]) for a in rows]
    inside += [Known(a.dtype, static_shape(a.shape)) for a in rest[: layout.states]] + rest[layout.states :]
    return dict(zip(op.inner_inputs, inside))


def facts_of(variables: Sequence[Any], known: Mapping[Variable, Any], given: Mapping[Variable, Known]) -> dict[Variable, Known]:
    """What is known of variables and of all that they are made of, by the shape rules from the arrays that a call was given."""
    facts = dict(given)

    def fact(x: Any) -> Known:
        if x not in facts:
            array = x.data if isinstance(x, Constant) else known.get(x)
            if isinstance(array, np.ndarray):
                facts[x] = Known(array.dtype.name, array.shape, array if array.dtype.kind in "biu" and array.size <= LARGEST else None)
            else:
                facts[x] = Known(getattr(x.type, "dtype", "object"), getattr(x.type, "shape", ()))
        return facts[x]

    for node in toposort([x for x in variables if isinstance(x, Variable)], known):
        inputs = [fact(x) for x in node.inputs]
        try:
            shapes = [static_shape(shape) for shape in node.op.sizes(STATIC, *inputs)]
        except Exception:
            continue
        for x, shape in zip(node.outputs, shapes):
            value = None
            if x.type.ndim == 0 and x.type.dtype in ("int64", "int32", "int8", "bool") and all(k.values is not None for k in inputs):
                value = node.op.run(node, [k.values for k in inputs])[x.index]
            facts[x] = Known(x.type.dtype, shape, value)
    for x in variables:
        fact(x)
    return facts
