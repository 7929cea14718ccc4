"""Which names a piece of a function reads and sets, which are needed later, and where it jumps: read off the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["Liveness", "appended", "changes", "jumps", "reads", "root", "sets"]

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_OWN_NAMES = (*_SCOPES, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Methods of Python's containers that change them. `append` is not here: it is understood.
CHANGING = {"add", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"}


def within(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of this scope, the scopes in it as one node each."""
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        if one is node or not isinstance(one, _OWN_NAMES):
            stack.extend(ast.iter_child_nodes(one))


def reads(node: ast.AST | None) -> set[str]:
    """The names that are read, in functions inside too."""
    if node is None:
        return set()
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    return found | {one.target.id for one in ast.walk(node) if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name)}


def root(node: ast.AST) -> str | None:
    """x of ``x``, ``x.a`` and ``x[0].b``."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def appended(node: ast.AST) -> str | None:
    """x of the statement ``x.append(...)``."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        method = node.value.func
        if method.attr == "append" and isinstance(method.value, ast.Name) and len(node.value.args) == 1 and not node.value.keywords:
            return method.value.id
    return None


def sets(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that are set, by ``x[i] = ...`` and ``x.append(...)`` too."""
    found: set[str] = set()
    for node in nodes:
        for one in within(node):
            if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
                found.add(one.id)
            elif isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(one.name)
            elif isinstance(one, (ast.Import, ast.ImportFrom)):
                found |= {(alias.asname or alias.name).partition(".")[0] for alias in one.names}
            elif isinstance(one, ast.ExceptHandler) and one.name:
                found.add(one.name)
            elif isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store) and isinstance(one.value, ast.Name):
                found.add(one.value.id)
            elif isinstance(one, (ast.MatchAs, ast.MatchStar)) and one.name:
                found.add(one.name)
            elif name := appended(one):
                found.add(name)
    return found


def changes(nodes: Sequence[ast.AST], outer: set[str]) -> list[tuple[str, int]]:
    """What is done to objects that were there before, with the line: such a piece can run in Python only. outer: names of other scopes."""
    own = {name for node in nodes for one in within(node) if isinstance(one, (ast.Assign, ast.AnnAssign)) for name in _plain_targets(one)}
    found: list[tuple[str, int]] = []
    for node in nodes:
        if isinstance(node, ast.Raise):
            found.append((f"raises {ast.unparse(node.exc) if node.exc else 'an exception'}", node.lineno))
        for one in within(node):
            if isinstance(one, ast.Attribute) and not isinstance(one.ctx, ast.Load) and root(one) not in own:
                found.append((f"sets {ast.unparse(one)}", one.lineno))
            elif isinstance(one, ast.Subscript) and not isinstance(one.ctx, ast.Load) and not isinstance(one.value, ast.Name):
                if root(one) not in own:
                    found.append((f"sets {ast.unparse(one)}", one.lineno))
            elif isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load) and one.id in outer:
                found.append((f"sets {one.id}, which belongs to another scope", one.lineno))
            elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in CHANGING:
                if isinstance(one.func.value, ast.Name) and one.func.value.id not in own:
                    found.append((f"may change {one.func.value.id} by {one.func.attr}", one.lineno))
    return found


def _plain_targets(node: Any) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]


def jumps(nodes: Sequence[ast.AST], loop: bool = True) -> bool:
    """Whether something here returns, or (loop) leaves the loop around it."""
    stack: list[tuple[ast.AST, bool]] = [(node, loop) for node in nodes]
    while stack:
        node, counts = stack.pop()
        if isinstance(node, ast.Return) or counts and isinstance(node, (ast.Break, ast.Continue)):
            return True
        if isinstance(node, _SCOPES):
            continue
        inside = counts and not isinstance(node, (ast.For, ast.While, ast.AsyncFor))
        stack += [(child, inside) for child in ast.iter_child_nodes(node)]
    return False


class Liveness:
    """Notes at each `if`, `for` and `while` of a function which names are read after it (`live`), and at the head of loops (`head`)."""

    def __init__(self, function: Any) -> None:
        self.always: set[str] = set()  # functions inside read names when they are called
        for node in ast.walk(function):
            if isinstance(node, _SCOPES) and node is not function:
                self.always |= {name for part in ast.iter_child_nodes(node) for name in reads(part)}
        self.block(function.body, set(), set(), set())

    def block(self, body: Sequence[Any], after: set[str], on_break: set[str], on_continue: set[str]) -> set[str]:
        """The names that are needed before these statements, given those needed after them."""
        live = after | self.always
        for node in reversed(body):
            live = self.one(node, live, on_break, on_continue)
        return live

    def one(self, node: Any, after: set[str], on_break: set[str], on_continue: set[str]) -> set[str]:
        """The same for one statement."""
        if isinstance(node, ast.If):
            node.live = after  # type: ignore[attr-defined]
            sides = (self.block(side, after, on_break, on_continue) for side in (node.body, node.orelse))
            return reads(node.test).union(*sides)
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            leave = self.block(node.orelse, after, on_break, on_continue)
            given = set() if isinstance(node, ast.While) else sets([node.target])
            test = reads(node.test) if isinstance(node, ast.While) else set()
            head = leave | test
            while True:
                found = head | (self.block(node.body, head, after, head) - given)
                if found == head:
                    break
                head = found
            node.live, node.head = after, head  # type: ignore[union-attr]
            return head if isinstance(node, ast.While) else head | reads(node.iter)
        if isinstance(node, ast.Return):
            return reads(node.value) | self.always
        if isinstance(node, (ast.Break, ast.Continue)):
            return set(on_break if isinstance(node, ast.Break) else on_continue)
        if isinstance(node, (ast.Try, ast.With, ast.AsyncWith, ast.Match)) or hasattr(ast, "TryStar") and isinstance(node, ast.TryStar):
            around = after | reads(node)
            for part in ast.iter_child_nodes(node):
                bodies = [part.body] if isinstance(part, (ast.ExceptHandler, ast.match_case)) else []
                for body in bodies:
                    self.block(body, around, on_break | around, on_continue | around)
            for field in ("body", "orelse", "finalbody"):
                self.block(getattr(node, field, []), around, on_break | around, on_continue | around)
            return around | on_break | on_continue
        if isinstance(node, ast.Expr) and appended(node):
            return after | reads(node)
        gone = {name for one in within(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) for name in [one.id]}
        return (after - gone) | reads(node) | self.always
