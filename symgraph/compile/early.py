"""Station 1b: a digest of the expression as written, so that a warm start runs no pass.

One linear walk: ops with their parameters, types, constants, wiring, the mode and the settings that change code. An op from
outside symgraph may do anything while it is compiled, so an expression with one has no digest (None) and takes the long way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgraph.compile.modes import Mode
from symgraph.compile.signature import Signature
from symgraph.compile.userpasses import user_passes
from symgraph.expr.op import Apply, Op
from symgraph.expr.types import Composite, TensorType
from symgraph.expr.variable import TensorConstant, Variable
from symgraph.expr.walk import toposort
from symgraph.settings import config

__all__ = ["early_key", "with_bodies", "written_order"]


def written_order(signature: Signature) -> list[Apply]:
    """The nodes of the expression as written, in the order in which the digest and stored plans number them."""
    return toposort(signature.computed, signature.variables)


def with_bodies(order: Sequence[Apply]) -> list[Apply]:
    """These nodes, then those of the bodies of loops, branches and graphs among them, however deep: the numbers by which stored plans
    name places in the user's text."""
    found = list(order)
    seen: set[int] = set()
    for node in found:
        if hasattr(node.op, "inner_outputs") and id(node.op) not in seen:
            seen.add(id(node.op))
            found += toposort(node.op.inner_outputs, node.op.inner_inputs)
    return found


def early_key(signature: Signature, mode: Mode, order: list[Apply], version: str) -> str | None:
    """The digest, or None where the expression holds what has no stable text."""
    if any(r.key is None for r in mode.rules) or user_passes(mode) or config.optimizer_verbose:
        return None  # a function may do anything; rules that are to be told have to fire
    rules = [r.key for r in mode.rules]
    lines: list[str] = [version, repr(mode.key()[:-1]), repr(rules), repr(config.code_key()), signature.form]
    # Which values come with the call, and which from shared variables: code is the same, where it finds them is not.
    lines.append(repr(([x in signature.states for x in signature.variables], len(signature.shared))))
    numbers: dict[Variable, int] = {}
    for x in (*signature.variables, *signature.shared):
        if not isinstance(x.type, TensorType):
            return None
        numbers[x] = len(numbers)
        lines.append(_type(x))
    if not _nodes(order, numbers, lines):
        return None
    for x in signature.computed:
        if not _number(x, numbers, lines):
            return None
    lines.append(repr([numbers[x] for x in signature.computed]))
    lines.append(repr([numbers[target] for target, _ in signature.updates]))
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=20).hexdigest()


def _nodes(order: list[Apply], numbers: dict[Variable, int], lines: list[str]) -> bool:
    known: dict[int, str | None] = {}  # ops are used again and again: their text is made once
    for node in order:
        op = node.op
        text = known.get(id(op), "")
        if text == "":
            text = known[id(op)] = op_text(op)
        if text is None:
            return False
        for x in node.inputs:
            if x not in numbers and not _number(x, numbers, lines):
                return False
        for x in node.outputs:
            numbers[x] = len(numbers)
        lines.append(f"{text}{[numbers[x] for x in node.inputs]}{[str(_type(x)) for x in node.outputs]}")
    return True


def op_text(op: Op) -> str | None:
    """The op with its parameters as text that is the same in every process; None if there is no such text."""
    cls = type(op)
    if not cls.__module__.startswith("symgraph."):
        return None
    inner = getattr(op, "inner_inputs", None)
    if inner is not None:
        return _body_text(op)
    parts = [value_text(value) for value in op.props()]
    if any(part is None for part in parts) or ("__props__" not in vars(cls) and cls.__props__ == () and vars(op)):
        return None
    return f"{cls.__module__}.{cls.__qualname__}{parts}"


def _body_text(op: Any) -> str | None:
    if getattr(op, "progress", None) is not None:
        return None  # it calls a function that comes with the call
    numbers = {x: k for k, x in enumerate(op.inner_inputs)}
    lines = [_type(x) for x in op.inner_inputs]
    if not _nodes(toposort(op.inner_outputs, op.inner_inputs), numbers, lines):
        return None
    for x in op.inner_outputs:
        if not _number(x, numbers, lines):
            return None
    layout = op.layout.key() if hasattr(op, "layout") else ()
    return f"{type(op).__qualname__}{layout}{lines}{[numbers[x] for x in op.inner_outputs]}"


def _number(x: Any, numbers: dict[Variable, int], lines: list[str]) -> bool:
    if x in numbers:
        return True
    if not isinstance(x, TensorConstant):
        return False
    data = x.data
    content = repr(data.item()) if data.ndim == 0 else hashlib.blake2b(data.tobytes(), digest_size=16).hexdigest()
    lines.append(f"constant {_type(x)} {data.dtype.str} {data.shape} {content}")
    numbers[x] = len(numbers)
    return True


def _type(x: Any) -> str:
    t = x.type
    return f"{t.dtype}{t.shape}" if isinstance(t, TensorType) else repr(t)


def value_text(value: Any) -> str | None:
    """A parameter as text: numbers, names, tuples of such, slices, types, other ops."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        parts = [value_text(part) for part in value]
        return None if any(part is None for part in parts) else f"({','.join(parts)})"  # type: ignore[arg-type]
    if isinstance(value, slice):
        return value_text(("slice", value.start, value.stop, value.step))
    if isinstance(value, TensorType):
        return f"{value.dtype}{value.shape}"
    if isinstance(value, Op):
        return op_text(value)
    if isinstance(value, (np.generic, np.dtype, Composite)):
        return repr(value)
    if isinstance(value, frozenset):
        return value_text(tuple(sorted(value)))
    return None
