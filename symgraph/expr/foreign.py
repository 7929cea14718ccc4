"""How ops are run that are not ours: written as for Theano, with `perform` or `make_thunk`, parameters, and results that are looked at.

What their code gets is safe to change where they say that they overwrite it, and read-only elsewhere; what it leaves is compared with the
types that `make_node` declared, so that a wrong dtype is told where it came up and not where it does harm.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from symgraph import source
from symgraph.errors import MethodNotDefined
from symgraph.expr.ccode import OpInC
from symgraph.expr.types import TensorType

__all__ = ["Thunk", "WrongResult", "arguments_of", "checked", "exact_dtypes", "params_of", "ready", "thunk_of"]

_noted: set[type] = set()  # classes of which it has been said that their C code is not compiled


def ready(op: Any, runnable: bool) -> None:
    """Asked before something with the op is compiled: MethodNotDefined for one that cannot be run, a note, once a class, for C code."""
    kind = type(op)
    written = kind.c_code is not OpInC.c_code
    if not runnable:
        why = "C code of ops is not compiled" if written else "it has neither perform nor compute"
        raise MethodNotDefined(f"{kind.__name__} cannot be run: {why}. {kind.__name__} must define compute or perform: write "
                               "perform(self, node, inputs, output_storage), which puts the value of output k into output_storage[k][0]")
    if written and kind not in _noted:
        _noted.add(kind)
        line = source.here()
        warnings.warn_explicit(f"the C code of {kind.__name__} is not compiled: its Python code is called", UserWarning, line.filename, line.line)


def arguments_of(op: Any, arrays: Sequence[Any]) -> list[Any]:
    """The values as a user's code gets them: read-only, for others read them too; copies where the op says that it overwrites them."""
    overwritten = {k for inputs in op.destroy_map.values() for k in inputs}
    result: list[Any] = []
    for position, value in enumerate(arrays):
        if isinstance(value, np.ndarray):
            value = value.copy() if position in overwritten else value.view()
            value.flags.writeable = position in overwritten
        elif position in overwritten:
            value = copy.deepcopy(value)
        result.append(value)
    return result


def params_of(op: Any, node: Any) -> tuple[Any, ...]:
    """The further argument of `perform`, if the op has a `params_type` or says `get_params`; else nothing. Asked at each call."""
    if op.params_type is None and not op.says_params:
        return ()
    try:
        return (op.get_params(node),)
    except MethodNotDefined:
        return ()


class Thunk:
    """What `make_thunk` of an op gave for a node, with the cells it reads and writes."""

    def __init__(self, op: Any, node: Any) -> None:
        self.node = node
        self.storage = {x: [None] for x in (*node.inputs, *node.outputs)}
        self.computed = {x: [True] for x in self.storage}
        code = getattr(op.make_thunk, "__code__", None)
        options = {"impl": "py"} if code is not None and "impl" in code.co_varnames[: code.co_argcount] else {}
        self.call = op.make_thunk(node, self.storage, self.computed, [], **options)

    def __call__(self, values: Sequence[Any], storage: Sequence[list[Any]]) -> None:
        for x, value in zip(self.node.inputs, values):
            self.storage[x][0] = value
        for x in self.node.outputs:
            self.storage[x][0], self.computed[x][0] = None, False
        self.call()
        for x, place in zip(self.node.outputs, storage):
            place[0] = self.storage[x][0]
        for cell in self.storage.values():
            cell[0] = None  # nothing outlives the call


def thunk_of(op: Any, node: Any) -> Thunk:
    """The thunk of a node, made once."""
    tag = node.tag
    found = getattr(tag, "thunk", None)
    if found is None:
        found = tag.thunk = Thunk(op, node)
    return found


_exact: ContextVar[bool] = ContextVar("exact", default=False)


@contextmanager
def exact_dtypes() -> Iterator[None]:
    """Within, results must have the very dtype that was declared: modes that look ops over tell of narrower ones."""
    before = _exact.set(True)
    try:
        yield
    finally:
        _exact.reset(before)


class WrongResult(TypeError):
    """What the code of an op left is not of the type that its `make_node` declared."""


def checked(op: Any, position: int, x: Any, value: Any) -> Any:
    """What was left for an output, as its type says. TypeError: nothing was left, or a dtype of another kind or more bytes, another
    number of dimensions or size."""
    wanted = x.type
    if not isinstance(wanted, TensorType):
        return value
    what = f"output {position} of {op} is declared as {wanted} by its make_node"
    if value is None:
        raise WrongResult(f"{what}, but nothing was put into output_storage[{position}][0]")
    if not isinstance(value, np.ndarray):
        try:
            return wanted.filter(value)
        except (TypeError, ValueError) as error:
            raise WrongResult(f"{what}, but its code gave {value!r} of {type(value).__name__}: {error}") from None
    known = np.dtype(wanted.dtype)
    fits = value.dtype == known or (value.dtype.kind == known.kind and value.dtype.itemsize < known.itemsize and not _exact.get())
    if not fits or value.ndim != wanted.ndim or any(n not in (None, m) for n, m in zip(wanted.shape, value.shape)):
        raise WrongResult(f"{what}, but its code gave an array of dtype {value.dtype} and shape {value.shape}")
    return np.asarray(value, dtype=known)
