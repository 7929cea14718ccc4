"""debugprint (dprint): an expression, or what a function computes, as an indented tree."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Variable

__all__ = ["debugprint"]


def debugprint(
    obj: Any, depth: int = -1, print_type: bool = False, file: Any = None, ids: str = "CHAR", stop_on_name: bool = False, done: Any = None,
    print_storage: bool = False, used_ids: Any = None,
) -> Any:
    """Print the tree of a variable, a node, a function or a list of such; a node met again is shown as `···`.

    depth: levels to show (-1: all). print_type: the type of each variable too. file: where to print, or "str" for the text
    itself. ids: "CHAR" (letters), "int", "id" (addresses) or "" for none. stop_on_name: do not look into named variables.
    Bodies of loops follow under "Inner graphs".

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> debugprint(x * 2)
    mul [id A]
     |x [id B]
     |TensorConstant{2} [id C]
    """
    printer = _Printer(depth, print_type, ids, stop_on_name)
    for root in _roots(obj):
        printer.tree(root, "")
    printer.inner()
    text = "\n".join(printer.lines)
    if file == "str":
        return text
    print(text, file=sys.stdout if file is None else file)
    return file


def _roots(obj: Any) -> Iterable[Variable]:
    if isinstance(obj, Variable):
        return [obj]
    if isinstance(obj, Apply):
        return obj.outputs
    if isinstance(obj, (list, tuple)):
        return [x for part in obj for x in _roots(part)]
    computed = getattr(obj, "optimised", None)  # a compiled function knows the graph it runs
    if computed is not None:
        return computed
    raise TypeError(f"debugprint can print variables, nodes and functions, not {obj!r} of {type(obj)}")


class _Printer:
    def __init__(self, depth: int, print_type: bool, ids: str, stop_on_name: bool) -> None:
        self.depth, self.print_type, self.ids, self.stop_on_name = depth, print_type, ids, stop_on_name
        self.names: dict[Any, str] = {}
        self.seen: set[Any] = set()
        self.lines: list[str] = []
        self.bodies: dict[Any, str] = {}

    def tree(self, root: Variable, start: str) -> None:
        stack: list[tuple[Any, str, int]] = [(root, start, 0)]
        while stack:
            x, prefix, level = stack.pop()
            self.lines.append(f"{prefix}{self.label(x)}")
            node = x.owner
            if node is None or (self.stop_on_name and x.name):
                continue
            if node in self.seen:
                if node.inputs:
                    self.lines.append(f"{_below(prefix)}···")
                continue
            if self.depth != -1 and level + 1 >= self.depth:
                continue
            self.seen.add(node)
            if hasattr(node.op, "inner_outputs"):
                self.bodies.setdefault(node.op, self.label(x))
            below = _below(prefix)
            stack.extend((y, below + "|", level + 1) for y in reversed(node.inputs))

    def label(self, x: Any) -> str:
        node = x.owner
        if node is None:
            text = str(x) if isinstance(x, SharedVariable) or x.name or hasattr(x, "data") else f"<{x.type}>"
        else:
            text = f"{node.op}{f'.{x.index}' if len(node.outputs) > 1 else ''}"
        key = node if node is not None else x
        text += self.name(key)
        if self.print_type:
            text += f" <{x.type}>"
        return text + (f" '{x.name}'" if node is not None and x.name else "")

    def name(self, key: Any) -> str:
        if not self.ids:
            return ""
        if key not in self.names:
            count = len(self.names)
            self.names[key] = _letters(count) if self.ids == "CHAR" else str(count) if self.ids == "int" else hex(id(key))
        return f" [id {self.names[key]}]"

    def inner(self) -> None:
        shown: set[Any] = set()
        while len(shown) < len(self.bodies):
            if not shown:
                self.lines += ["", "Inner graphs:"]
            for op, label in list(self.bodies.items()):
                if op not in shown:
                    shown.add(op)
                    self.lines += ["", label]
                    for x in op.inner_outputs:
                        self.tree(x, " >")


def _below(prefix: str) -> str:
    return prefix.replace(">", " ") + " " if prefix else " "


def _letters(count: int) -> str:
    text = ""
    count += 1
    while count:
        count, rest = divmod(count - 1, 26)
        text = chr(65 + rest) + text
    return text
