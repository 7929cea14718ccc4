"""Short text of graphs, by the names of Theano's module of graphs. `debugprint` shows more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.expr.walk import toposort

__all__ = ["as_string", "default_leaf_formatter", "default_node_formatter", "op_as_string"]


def default_leaf_formatter(leaf: Variable) -> str:
    """The text of a variable without owner."""
    return str(leaf)


def default_node_formatter(op: Any, argstrings: Sequence[str]) -> str:
    """The text of a node, given the texts of its inputs: ``op(a, b)``."""
    return f"{getattr(op, 'name', None) or op}({', '.join(argstrings)})"


def op_as_string(
    i: Sequence[Variable], op: Apply, leaf_formatter: Callable[[Variable], str] = default_leaf_formatter,
    node_formatter: Callable[[Any, Sequence[str]], str] = default_node_formatter,
) -> str:
    """The text of one node, its inputs written out down to i."""
    return node_formatter(op.op, as_string(i, op.inputs, leaf_formatter, node_formatter))


def as_string(
    i: Iterable[Variable], o: Sequence[Variable], leaf_formatter: Callable[[Variable], str] = default_leaf_formatter,
    node_formatter: Callable[[Any, Sequence[str]], str] = default_node_formatter,
) -> list[str]:
    """The text of each output, down to i. A node that is read several times is written once, as ``*1 -> ...``, and then as ``*1``.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> z = x + y
    >>> as_string([x, y], [z * z])
    ['mul(*1 -> add(x, y), *1)']
    """
    given = set(i)
    readers: dict[Apply, int] = {}
    for x in [x for node in toposort(o, given) for x in node.inputs] + list(o):
        if x.owner is not None and x not in given:
            readers[x.owner] = readers.get(x.owner, 0) + 1
    numbers: dict[Apply, int] = {}
    texts = []
    for output in o:
        parts: dict[int, list[str]] = {}  # of each node on the stack, by depth
        stack: list[tuple[Variable, int, bool]] = [(output, 0, False)]
        while stack:
            x, depth, ready = stack.pop()
            node = x.owner
            into = parts.setdefault(depth, [])
            if node is None or x in given:
                into.append(leaf_formatter(x))
            elif ready:
                text = node_formatter(node.op, parts.pop(depth + 1, []))
                if len(node.outputs) > 1:
                    text += f"::{x.index}"
                into.append(f"*{numbers[node]} -> {text}" if node in numbers else text)
            elif node in numbers:
                into.append(f"*{numbers[node]}" + (f"::{x.index}" if len(node.outputs) > 1 else ""))
            else:
                if readers.get(node, 0) > 1:
                    numbers[node] = len(numbers) + 1
                stack.append((x, depth, True))
                stack.extend((y, depth + 1, False) for y in reversed(node.inputs))
        texts.append(parts[0][0])
    return texts
