"""Nestings of tuples, lists, dictionaries, dataclasses and named tuples: their leaves in a row, and back. None holds no leaf."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.types import generic
from symgraph.expr.variable import Variable

__all__ = ["LEAF", "Tree", "beside", "flatten", "leaf", "type_of"]


class Tree:
    """How a nesting is made. kind: its class (None: a leaf; type(None): nothing); keys: of its parts; children: the trees of these."""

    __slots__ = ("children", "keys", "kind")

    def __init__(self, kind: Any, keys: Sequence[Any] = (), children: Sequence[Tree] = ()) -> None:
        self.kind = kind
        self.keys = tuple(keys)
        self.children = tuple(children)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.kind is other.kind and self.keys == other.keys and self.children == other.children

    __hash__ = None  # type: ignore[assignment]

    def build(self, leaves: Sequence[Any]) -> Any:
        """The nesting with these leaves."""
        return self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        if self.kind is type(None):
            return None
        parts = [child._build(leaves) for child in self.children]
        if _is_named_tuple(self.kind):
            return self.kind(*parts)
        if issubclass(self.kind, Mapping):
            return _as_mapping(self.kind, dict(zip(self.keys, parts)))
        if dataclasses.is_dataclass(self.kind):
            return self.kind(**dict(zip(self.keys, parts)))  # type: ignore[operator]
        return self.kind(parts)

    def paths(self, start: str) -> list[str]:
        """How each leaf is reached, as one would write it: ``state.velocity``, ``state['h'][0]``."""
        if self.kind is None:
            return [start]
        return [path for key, child in zip(self.keys, self.children) for path in child.paths(f"{start}{self._step(key)}")]

    def _step(self, key: Any) -> str:
        by_name = _is_named_tuple(self.kind) or (self.kind is not None and dataclasses.is_dataclass(self.kind))
        return f".{key}" if by_name else f"[{key!r}]"

    def text(self, leaves: Sequence[Any]) -> str:
        """The nesting with a word for each leaf."""
        return self._text(iter(leaves))

    def _text(self, words: Iterator[Any]) -> str:
        if self.kind is None:
            return str(next(words))
        if self.kind is type(None):
            return "None"
        parts = [child._text(words) for child in self.children]
        if issubclass(self.kind, Mapping):
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(self.keys, parts)) + "}"
        if self.kind is tuple:
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if self.kind is list:
            return f"[{', '.join(parts)}]"
        return f"{self.kind.__name__}({', '.join(f'{key}={part}' for key, part in zip(self.keys, parts))})"


LEAF = Tree(None)


def leaf(x: Any) -> Any:
    """A leaf as a variable; TypeError for what cannot be one."""
    try:
        made = as_variable(x)
    except (TypeError, ValueError):
        made = None
    if made is None or made is not x and made.type == generic:
        raise TypeError(f"{x!r} of {type(x)} is neither a variable nor a number, an array, or a tuple, list, dictionary, dataclass or named "
                        "tuple of such")
    return made


def flatten(x: Any, numbers: bool = False) -> tuple[list[Any], Tree]:
    """The leaves of a nesting in order, each as a variable, and how it is made. TypeError for a leaf that cannot be a variable.

    numbers: leave Python numbers as they are.

    >>> leaves, tree = flatten({'h': (1.0, 2.0), 'n': 3})
    >>> tree.paths('state')
    ["state['h'][0]", "state['h'][1]", "state['n']"]
    >>> tree.build(['a', 'b', 'c'])
    {'h': ('a', 'b'), 'n': 'c'}
    """
    leaves: list[Any] = []
    return leaves, _flatten(x, leaves, numbers)


def _flatten(x: Any, leaves: list[Any], numbers: bool) -> Tree:
    if x is None:
        return Tree(type(None))
    kind = type(x)
    if isinstance(x, Variable):
        keys: Sequence[Any] | None = None
    elif isinstance(x, Mapping):
        keys, parts = list(x), list(x.values())
    elif _is_named_tuple(kind):
        keys, parts = kind._fields, list(x)
    elif isinstance(x, (tuple, list)):
        keys, parts = range(len(x)), list(x)
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        keys = [field.name for field in dataclasses.fields(x) if field.init]
        parts = [getattr(x, name) for name in keys]
    else:
        keys = None
    if keys is None:
        leaves.append(x if numbers and isinstance(x, (bool, int, float, complex)) else leaf(x))
        return LEAF
    return Tree(kind, keys, [_flatten(part, leaves, numbers) for part in parts])


def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _as_mapping(kind: Any, values: dict[Any, Any]) -> Any:
    return values if kind is dict else kind(values)


def type_of(x: Any) -> Any:
    """The type of a leaf, of a Python number its class."""
    return getattr(x, "type", None) or type(x).__name__


def beside(title: str, one: tuple[str, Tree, Sequence[Any]], other: tuple[str, Tree, Sequence[Any]]) -> str:
    """Both nestings under each other, leaf by leaf where they are made alike; what differs is marked."""
    (first, a, xs), (second, b, ys) = one, other
    if a == b:
        rows = [(path, str(x), str(y)) for path, x, y in zip(a.paths(""), xs, ys)]
    else:
        left, right = dict(zip(a.paths(""), map(str, xs))), dict(zip(b.paths(""), map(str, ys)))
        rows = [(path, left.get(path, "nothing"), right.get(path, "nothing")) for path in dict.fromkeys([*left, *right])]
    columns = [("", first, second), *((path or "it", x, y) for path, x, y in rows)]
    widths = [max(len(row[k]) for row in columns) for k in range(3)]
    lines = [title, f"  {first}: {a.text(xs)}", f"  {second}: {b.text(ys)}"]
    for k, row in enumerate(columns):
        mark = "   <--" if k and row[1] != row[2] else ""
        lines.append("    " + "  ".join(part.ljust(width) for part, width in zip(row, widths)).rstrip() + mark)
    return "\n".join(lines)
