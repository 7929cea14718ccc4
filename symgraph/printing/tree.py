"""debugprint (dprint): an expression, or what a function computes, as an indented tree."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from symgraph.expr.op import Apply
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Variable
from symgraph.expr.walk import toposort
from symgraph.settings import config

__all__ = ["debugprint", "roots_of"]


def debugprint(
    obj: Any, depth: int = -1, print_type: bool = False, file: Any = None, ids: str = "CHAR", stop_on_name: bool = False, done: Any = None,
    print_storage: bool = False, print_clients: bool = False, used_ids: Any = None,
) -> Any:
    """Print the tree of a variable, a node, a function, a FunctionGraph or a list of such; a node met again is shown as `···`. Numbers and arrays
    are printed as they are.

    depth: levels to show (-1: all). print_type: the type of each variable too. file: where to print, or "str" for the text
    itself. ids: "CHAR" (letters), "int", "id" (addresses) or "" for none. stop_on_name: do not look into named variables.
    print_clients: of nodes that are read several times, by which others. done, used_ids: a set of nodes that were shown and a
    dictionary of ids, both kept on from call to call. print_storage is accepted for Theano's sake: memory belongs to a call. Bodies of
    loops and branches follow under "Inner graphs", with what each result is, and for each input what it is and the id of what it is taken
    from. Raises TypeError for what is none of these, ValueError for ids of another kind.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> debugprint(x * 2)
    mul [id A]
     |x [id B]
     |TensorConstant{2} [id C]
    """
    if ids not in ("CHAR", "int", "id", ""):
        raise ValueError(f"ids must be 'CHAR', 'int', 'id' or '', got {ids!r}")
    printed = isinstance(obj, (int, float, np.ndarray))
    roots = [] if printed else roots_of(obj)
    printer = _Printer(depth, print_type, ids, stop_on_name, done, used_ids, _readers(roots) if print_clients else {})
    for root in roots:
        printer.tree(root, "")
    printer.inner()
    text = str(obj) if printed else "\n".join(printer.lines)
    if file == "str":
        return text
    print(text, file=sys.stdout if file is None else file)
    return file


def roots_of(obj: Any) -> list[Any]:
    """The variables that a variable, a node, a list of such, a function or a FunctionGraph stands for; TypeError for anything else."""
    if isinstance(obj, Variable):
        return [obj]
    if isinstance(obj, Apply):
        return list(obj.outputs)
    if isinstance(obj, (list, tuple)):
        return [x for part in obj for x in roots_of(part)]
    computed = getattr(obj, "optimised", None)  # a compiled function knows the graph it runs
    if computed is not None:
        return list(computed)
    if hasattr(obj, "apply_nodes"):  # a FunctionGraph
        return list(obj.outputs)
    raise TypeError(f"debugprint can print variables, nodes and functions, not {obj!r} of {type(obj)}")


def _readers(roots: list[Variable]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for node in toposort(roots):
        for x in node.inputs:
            if node not in found.setdefault(x, []):
                found[x].append(node)
    return found


class _Printer:
    def __init__(self, depth: int, print_type: bool, ids: str, stop_on_name: bool, done: Any, used_ids: Any, readers: dict[Any, list[Any]]) -> None:
        self.depth, self.print_type, self.ids, self.stop_on_name, self.readers = depth, print_type, ids, stop_on_name, readers
        self.names: dict[Any, str] = {} if used_ids is None else used_ids
        self.seen: set[Any] = set() if done is None else done
        self.lines: list[str] = []
        self.bodies: dict[Any, tuple[str, Any]] = {}
        self.notes: dict[Any, str] = {}  # what an input of a body is, and whence it comes

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
                self.bodies.setdefault(node.op, (self.label(x), node))
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
        text += f" '{x.name}'" if node is not None and x.name else ""
        text += self.notes.get(x, "")
        if config.print_test_value and hasattr(x._tag, "test_value"):
            text += f" test_value={x._tag.test_value!r}"
        readers = self.readers.get(x, ())
        return text + (f" clients:[{', '.join(f'{user.op}{self.name(user)}' for user in readers)}]" if len(readers) > 1 else "")

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
            for op, (label, node) in list(self.bodies.items()):
                if op not in shown:
                    shown.add(op)
                    self.lines += ["", label]
                    self.body(op, node)

    def body(self, op: Any, node: Apply) -> None:
        """The results of an inner graph, each once; of a loop with what they and its inputs are."""
        said: dict[Any, list[str]] = {x: [] for x in op.inner_outputs}
        if hasattr(op, "roles"):
            inputs, outputs = op.roles(node)
            for x, (role, outer) in zip(op.inner_inputs, inputs):
                whence = "" if outer is None else f" ->{self.name(outer.owner or outer)}" if self.ids else ""
                self.notes[x] = f" {{{role}}}{whence}"
            for x, role in zip(op.inner_outputs, outputs):
                said[x].append(role)
        for x, roles in said.items():
            if roles:
                self.lines.append(f" {', '.join(roles)}:")
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
