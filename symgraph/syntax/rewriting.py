"""The statements of a function rewritten: `if`, `for` and `while` become calls of a Run (run.py), their bodies functions.

An `if` without a jump becomes two functions that give the names set in them and read later. One with a `return`, `break` or `continue` takes
the statements after it into both its sides, so that both end in a return. The body of a loop is a function of an item and of the names that
it carries from round to round; it returns (kind, values): go on, leave, or a result. Where a jump leaves a `try` or `with`, or a loop has
an `else`, Python's own statement stays, and refuses what is symbolic.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import Any

from symgraph.syntax.names import appended, changes, jumps, sets

__all__ = ["PREFIX", "RUN", "Conditions", "Rewriter"]

RUN = "_sym_run"
PREFIX = "_sym_"
GO_ON, LEAVE, RESULT = 0, 1, 2
_UNDERSTOOD = {"range", "zip", "enumerate", "reversed"}


class Conditions(ast.NodeTransformer):
    """Conditions that set a name become statements: ``while (k := f(x)) > 0`` one that is left where its condition, its first statement, fails."""

    def __init__(self) -> None:
        self.count = 0

    def visit_While(self, node: Any) -> Any:
        self.generic_visit(node)
        if not _binds(node.test) or node.orelse:
            return node
        name, first = self.before(node)
        leave = _at(node, ast.If(ast.UnaryOp(ast.Not(), _name(name)), [ast.Break()], []))
        return _at(node, ast.While(ast.Constant(True), [first, leave, *node.body], []))

    def visit_If(self, node: Any) -> Any:
        self.generic_visit(node)
        if not _binds(node.test):
            return node
        name, first = self.before(node)
        return [first, _at(node, ast.If(_name(name), node.body, node.orelse))]

    def before(self, node: Any) -> tuple[str, Any]:
        """A name for the condition, and the statement that sets it."""
        self.count += 1
        name = f"{PREFIX}holds_{self.count}"
        return name, _assign(node, name, node.test)


class _Place:
    """Where statements stand. loop: in the body of a rewritten loop, which carries these names; tail: nothing follows them but their end;
    python: in a loop that stays Python's."""

    def __init__(self, carried: Sequence[str] | None = None, tail: bool = True, python: bool = False) -> None:
        self.carried, self.tail, self.python = carried, tail, python

    def inside(self, python: bool = False) -> _Place:
        return _Place(self.carried, False, self.python or python)


class Rewriter:
    """Rewrites one function, and those in it. outer: names that belong to other scopes."""

    def __init__(self) -> None:
        self.count = 0
        self.outer: set[str] = set()
        self.always: set[str] = set()

    def function(self, node: Any, always: set[str]) -> Any:
        """The function with its body rewritten; always: names that functions inside read."""
        before = self.outer, self.always
        self.outer = {name for one in ast.walk(node) if isinstance(one, (ast.Global, ast.Nonlocal)) for name in one.names}
        self.always = always
        node.body = [_Expressions().visit(one) for one in node.body]
        node.body = self.block(node.body, _Place())
        self.outer, self.always = before
        return node

    # Statements -------------------------------------------------------------------------------------------------------
    def block(self, body: Sequence[Any], place: _Place) -> list[Any]:
        """These statements, rewritten."""
        found: list[Any] = []
        for position, node in enumerate(body):
            if isinstance(node, ast.If):
                if not jumps([node]):
                    found += self.branch(node)
                elif place.tail:
                    return [*found, *self.branch_with_rest(node, body[position + 1 :], place)]
                else:
                    test = _call("plain", node, node.test, _text("a jump out of `try`, `with` or a loop that stays Python's"), _line(node))
                    found.append(_at(node, ast.If(test, self.block(node.body, place), self.block(node.orelse, place))))
            elif isinstance(node, (ast.For, ast.While)):
                found += self.python_loop(node, place) if node.orelse else self.loop(node, place)
            elif isinstance(node, ast.Return):
                return [*found, self.returned(node, place)]
            elif isinstance(node, (ast.Break, ast.Continue)):
                return [*found, node if place.python else self.end(node, place, LEAVE if isinstance(node, ast.Break) else GO_ON)]
            else:
                found += self.other(node, place)
        return found

    def other(self, node: Any, place: _Place) -> list[Any]:
        """A statement that is no branch, loop or jump."""
        if isinstance(node, (ast.Try, ast.With, ast.Match)) or hasattr(ast, "TryStar") and isinstance(node, ast.TryStar):
            for part in [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]:
                for field in ("body", "orelse", "finalbody"):
                    if getattr(part, field, None):
                        setattr(part, field, self.block(getattr(part, field), place.inside()))
            return [node]
        if isinstance(node, ast.Assert):
            node.test = _call("plain", node, node.test, _text("an `assert` (symgraph.tensor.assert_ looks at values when it is called)"), _line(node))
            return [node]
        if isinstance(node, ast.FunctionDef):
            inner = Rewriter()
            inner.count = self.count + 1000
            return [inner.function(node, node.sym_always)]  # type: ignore[attr-defined]
        name = appended(node)
        if name is not None:
            return [_assign(node, name, _call("append", node, _name(name), node.value.args[0]))]
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and _is_item(node.targets[0]):
            target = node.targets[0]
            return [_assign(node, target.value.id, _call("set_item", node, _name(target.value.id), _key(target), node.value))]  # type: ignore[attr-defined]
        if isinstance(node, ast.AugAssign) and _is_item(node.target):
            name, key = node.target.value.id, self.fresh("key")  # type: ignore[union-attr]
            old = ast.Subscript(_name(name), _name(key), ast.Load())
            new = _call("set_item", node, _name(name), _name(key), ast.BinOp(old, node.op, node.value))
            return [_assign(node, key, _key(node.target)), _assign(node, name, new)]
        return [node]

    def returned(self, node: Any, place: _Place) -> Any:
        """A return; in the body of a loop with the word that it is one."""
        if place.carried is None:
            return node
        return _at(node, ast.Return(_tuple([ast.Constant(RESULT), node.value or ast.Constant(None)])))

    def end(self, node: Any, place: _Place, kind: int) -> Any:
        """The end of a round of a loop, or of the function."""
        if place.carried is None:
            return _at(node, ast.Return(ast.Constant(None)))
        return _at(node, ast.Return(_tuple([ast.Constant(kind), _tuple([_look(x) for x in place.carried])])))

    def closed(self, body: Sequence[Any], place: _Place, node: Any) -> list[Any]:
        """Statements that end in a return."""
        found = self.block(body, place)
        return found if found and isinstance(found[-1], ast.Return) else [*found, self.end(node, place, GO_ON)]

    # Branches ---------------------------------------------------------------------------------------------------------
    def branch(self, node: Any) -> list[Any]:
        """An if without a jump."""
        names = sorted(sets([*node.body, *node.orelse]) - self.outer)
        given = [x for x in names if x in node.live or x in self.always]
        result = _tuple([_look(x) for x in given])
        sides = [self.define(side, names, [*self.block(body, _Place()), _at(node, ast.Return(copy.deepcopy(result)))], node)
                 for side, body in (("then", node.body), ("else", node.orelse))]
        call = _call("branch", node, node.test, *(_name(f.name) for f in sides), _tuple([_look(x) for x in names]), _texts(given), _line(node),
                     self.notes([*node.body, *node.orelse]))
        return [*sides, *self.taken(node, given, call)]

    def branch_with_rest(self, node: Any, rest: Sequence[Any], place: _Place) -> list[Any]:
        """An if that jumps, with what comes after it."""
        bodies = [*node.body, *rest], [*node.orelse, *copy.deepcopy(list(rest))]
        names = sorted((sets(bodies[0]) | sets(bodies[1])) - self.outer)
        notes = self.notes([*bodies[0], *bodies[1]])
        sides = [self.define(side, names, self.closed(body, place, node), node) for side, body in zip(("then", "else"), bodies)]
        call = _call("branch_to_result" if place.carried is None else "branch_of_round", node, node.test, *(_name(f.name) for f in sides),
                     _tuple([_look(x) for x in names]), _texts(place.carried or ()), _line(node), notes)
        return [*sides, _at(node, ast.Return(call))]

    # Loops ------------------------------------------------------------------------------------------------------------
    def loop(self, node: Any, place: _Place) -> list[Any]:
        """A for or while as a function of a round."""
        given = sets([*node.body, *([node.target] if isinstance(node, ast.For) else [])]) - self.outer
        names = sorted(given & (node.head | node.live | self.always))
        inner = _Place(names)
        notes = self.notes(node.body)
        lists = sorted({x for one in node.body for part in ast.walk(one) if (x := appended(part)) is not None} & set(names))
        body = self.closed(node.body, inner, node)
        looks = _tuple([_look(x) for x in names])
        if isinstance(node, ast.For):
            item = self.fresh("item")
            body = [_at(node, ast.Assign([node.target], _name(item))), *body]
            round = self.define("round", names, body, node, item)
            defined = [round]
            call = _call("for_", node, node.iter, _name(round.name), looks, _texts(names), _line(node), notes, _texts(lists))
        else:
            round = self.define("round", names, body, node)
            test = self.define("test", names, [_at(node, ast.Return(node.test))], node)
            defined = [round, test]
            call = _call("while_", node, _name(test.name), _name(round.name), looks, _texts(names), _line(node), notes, _texts(lists))
        jump = self.fresh("jump")
        found = [*defined, *self.taken(node, [*names, jump], call)]
        if jumps(node.body, loop=False):
            value: Any = ast.Subscript(_name(jump), ast.Constant(0), ast.Load())
            result = value if place.carried is None else _tuple([ast.Constant(RESULT), value])
            found.append(_at(node, ast.If(ast.Compare(_name(jump), [ast.IsNot()], [ast.Constant(None)]), [ast.Return(result)], [])))
        return found

    def python_loop(self, node: Any, place: _Place) -> list[Any]:
        """A loop with an else: Python's own."""
        what = _text("a loop with an `else`")
        if isinstance(node, ast.For):
            node.iter = _call("plain_iterable", node, node.iter, what, _line(node))
        else:
            node.test = _call("plain", node, node.test, what, _line(node))
        node.body, node.orelse = self.block(node.body, place.inside(python=True)), self.block(node.orelse, place.inside())
        return [node]

    # Parts ------------------------------------------------------------------------------------------------------------
    def fresh(self, word: str) -> str:
        """A name that nobody else has."""
        self.count += 1
        return f"{PREFIX}{word}_{self.count}"

    def define(self, word: str, names: Sequence[str], body: list[Any], node: Any, *first: str) -> Any:
        """A function of these names; one that has no value yet is not defined in it either."""
        arguments = ast.arguments([], [ast.arg(x) for x in (*first, *names)], None, [], [], None, [])
        outside = sorted(self.outer & {x for one in body for x in _stored(one)})
        kinds = [ast.Global(outside)] if outside else []
        made: Any = ast.FunctionDef(self.fresh(word), arguments, [*kinds, *(_undefined(x, node) for x in names), *body], [], None, None)
        if "type_params" in ast.FunctionDef._fields:
            made.type_params = []
        return _at(node, made)

    def taken(self, node: Any, names: Sequence[str], call: Any) -> list[Any]:
        """names = call; a name that has no value is not defined."""
        if not names:
            return [_at(node, ast.Expr(call))]
        target = ast.Tuple([ast.Name(x, ast.Store()) for x in names], ast.Store())
        return [_at(node, ast.Assign([target], call)), *(_undefined(x, node) for x in names)]

    def notes(self, body: Sequence[Any]) -> Any:
        """What the statements do to objects of others, for the error."""
        return _tuple([_tuple([_text(what), ast.Constant(line)]) for what, line in changes(body, self.outer)])


class _Expressions(ast.NodeTransformer):
    """Conditional expressions, `and`, `or`, `not`, comparisons: their parts are computed if they are needed."""

    def visit_IfExp(self, node: Any) -> Any:
        self.generic_visit(node)
        if _binds(node.body) or _binds(node.orelse):
            node.test = _call("plain", node, node.test, copy.deepcopy(_LATE_NAME), _line(node))
            return node
        return _call("choose", node, node.test, _later(node.body), _later(node.orelse), _line(node))

    def visit_BoolOp(self, node: Any) -> Any:
        self.generic_visit(node)
        if any(map(_binds, node.values[1:])):
            node.values[:-1] = [_call("plain", node, one, copy.deepcopy(_LATE_NAME), _line(node)) for one in node.values[:-1]]
            return node
        return _call("both" if isinstance(node.op, ast.And) else "either", node, _line(node), node.values[0], *map(_later, node.values[1:]))

    def visit_UnaryOp(self, node: Any) -> Any:
        self.generic_visit(node)
        return _call("no", node, node.operand, _line(node)) if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: Any) -> Any:
        self.generic_visit(node)
        words = [_WORDS.get(type(op)) for op in node.ops]
        if None in words or _binds(node) or len(words) == 1 and words[0] not in ("==", "!="):
            return node
        parts = [part for word, value in zip(words, node.comparators) for part in (_text(word), _later(value))]
        return _call("compare", node, _line(node), node.left, *parts)

    def visit_Call(self, node: Any) -> Any:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _UNDERSTOOD:
            node.func = _call("builtin", node, node.func)
        return node

    def visit_FunctionDef(self, node: Any) -> Any:
        return node  # a function of its own

    visit_ClassDef = visit_FunctionDef


_WORDS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def _binds(node: Any) -> bool:
    """Whether a part sets a name or waits: that cannot be put off into a function."""
    return any(isinstance(one, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) for one in ast.walk(node))


def _stored(node: Any) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}


def _is_item(node: Any) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)


def _key(node: Any) -> Any:
    return _at(node, ast.Subscript(ast.Attribute(_name(RUN), "key", ast.Load()), node.slice, ast.Load()))


def _name(name: str) -> Any:
    return ast.Name(name, ast.Load())


def _text(text: Any) -> Any:
    return ast.Constant(text)


def _texts(names: Sequence[str]) -> Any:
    return _tuple([ast.Constant(x) for x in names])


def _line(node: Any) -> Any:
    return ast.Constant(node.lineno)


def _tuple(parts: list[Any]) -> Any:
    return ast.Tuple(parts, ast.Load())


def _later(node: Any) -> Any:
    return _at(node, ast.Lambda(ast.arguments([], [], None, [], [], None, []), node))


def _look(name: str) -> Any:
    return ast.Call(ast.Attribute(_name(RUN), "look", ast.Load()), [ast.Lambda(ast.arguments([], [], None, [], [], None, []), _name(name))], [])


def _call(method: str, node: Any, *arguments: Any) -> Any:
    return _at(node, ast.Call(ast.Attribute(_name(RUN), method, ast.Load()), list(arguments), []))


def _assign(node: Any, name: str, value: Any) -> Any:
    return _at(node, ast.Assign([ast.Name(name, ast.Store())], value))


def _undefined(name: str, node: Any) -> Any:
    """if name is UNDEFINED: del name"""
    test = ast.Compare(_name(name), [ast.Is()], [ast.Attribute(_name(RUN), "UNDEFINED", ast.Load())])
    return _at(node, ast.If(test, [ast.Delete([ast.Name(name, ast.Del())])], []))


_LATE_NAME = _text("`:=` in what may not be computed")


def _at(node: Any, made: Any) -> Any:
    """The new node in the line of the old one, and what is new in it, too."""
    return ast.fix_missing_locations(ast.copy_location(made, node))
