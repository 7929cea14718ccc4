"""What rewritten functions call: Python's meaning for Python values, branches and loops of the graph for symbolic ones.

The body of a loop gives (kind, values): 0 go on, 1 leave, 2 return (the value then); the kind is a symbolic bool where leaving depends on one.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from symgraph.errors import locate
from symgraph.expr.make import as_variable, constant
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.loops.branch import as_condition, chosen
from symgraph.loops.conditional import merged
from symgraph.loops.nested import MOST_STEPS, Traced
from symgraph.loops.trees import flatten
from symgraph.ops.elementwise import function
from symgraph.source import Where
from symgraph.syntax.sources import BUILTINS, is_source, source_of

__all__ = ["Run"]

_COMPARED = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_RETURN = 2
_INSTEAD = "set a name, leave the loop by break, return after it"


class _Undefined:
    def __repr__(self) -> str:
        return "nothing"


class _Key:
    def __getitem__(self, key: Any) -> Any:
        return key


class Run:
    """The calls of one rewritten function; filename and name are those of the user's text."""

    UNDEFINED = _Undefined()
    key = _Key()

    def __init__(self, filename: str, name: str) -> None:
        self.filename, self.name = filename, name

    # Names ------------------------------------------------------------------------------------------------------------
    def look(self, read: Callable[[], Any]) -> Any:
        """The value of a name, UNDEFINED if it has none."""
        try:
            return read()
        except NameError:
            return self.UNDEFINED

    def error(self, text: str, line: int) -> Exception:
        """A TypeError that names the user's line."""
        return locate(TypeError(text), Where.at(self.filename, line, self.name))

    def builtin(self, called: Any) -> Any:
        """Python's range, zip ... as they are for symbolic arguments too."""
        return BUILTINS.get(called, called) if callable(called) and getattr(called, "__module__", "") == "builtins" else called

    # Values -----------------------------------------------------------------------------------------------------------
    def condition(self, test: Any, line: int) -> Any:
        """A symbolic condition as a bool scalar."""
        try:
            return as_condition(test)
        except TypeError as error:
            raise self.error(str(error), line) from None

    def choose(self, test: Any, then: Callable[[], Any], otherwise: Callable[[], Any], line: int) -> Any:
        """then if test else otherwise"""
        if not _is_symbolic(test):
            return then() if test else otherwise()
        return self.merge(self.condition(test, line), {"": then()}, {"": otherwise()}, line)[""]

    def both(self, line: int, first: Any, *rest: Callable[[], Any]) -> Any:
        """first and ..."""
        for later in rest:
            if _is_symbolic(first):
                second = later()
                first = self.logical(first, second if _is_symbolic(second) else bool(second), False, line)
            elif not first:
                return first
            else:
                first = later()
        return first

    def either(self, line: int, first: Any, *rest: Callable[[], Any]) -> Any:
        """first or ..."""
        for later in rest:
            if _is_symbolic(first):
                second = later()
                first = self.logical(first, True, second if _is_symbolic(second) else bool(second), line)
            elif first:
                return first
            else:
                first = later()
        return first

    def logical(self, test: Any, then: Any, otherwise: Any, line: int) -> Any:
        """A bool that is computed as far as it is needed."""
        sides = [self.condition(x, line) if _is_symbolic(x) else constant(bool(x)) for x in (then, otherwise)]
        return chosen(self.condition(test, line), sides[:1], sides[1:])[0]

    def no(self, x: Any, line: int) -> Any:
        """not x"""
        return ~self.condition(x, line) if _is_symbolic(x) else not x

    def compare(self, line: int, first: Any, *parts: Any) -> Any:
        """first op1 x1 op2 x2 ..., each computed if those before it hold; == and != compare values."""
        result: Any = True
        for word, later in zip(parts[::2], parts[1::2]):
            second = later()
            if word in ("==", "!=") and (_is_symbolic(first) or _is_symbolic(second)) and not (first is None or second is None):
                holds = function("eq" if word == "==" else "neq")(as_variable(first), as_variable(second))
            else:
                holds = _COMPARED[word](first, second)
            result = self.both(line, result, _constantly(holds))
            if not _is_symbolic(result) and not result:
                return result
            first = second
        return result

    def append(self, x: Any, item: Any) -> Any:
        """x after x.append(item)"""
        x.append(item)
        return x

    def set_item(self, x: Any, key: Any, value: Any) -> Any:
        """x after x[key] = value: a variable becomes another one"""
        if isinstance(x, Variable):
            return x[key].set(value)  # type: ignore[index]
        x[key] = value
        return x

    # Branches ---------------------------------------------------------------------------------------------------------
    def branch(self, test: Any, then: Any, otherwise: Any, values: Sequence[Any], names: Sequence[str], line: int, notes: Any) -> tuple[Any, ...]:
        """if test: ... else: ..., which set these names"""
        if not _is_symbolic(test):
            return (then if test else otherwise)(*values)  # type: ignore[no-any-return]
        condition, (first, second) = self.sides(test, then, otherwise, values, line, notes)
        found = self.merge(condition, dict(zip(names, first)), dict(zip(names, second)), line)
        return tuple([found[name] for name in names])

    def branch_to_result(self, test: Any, then: Any, otherwise: Any, values: Sequence[Any], names: Any, line: int, notes: Any) -> Any:
        """An if whose sides both return from the function."""
        if not _is_symbolic(test):
            return (then if test else otherwise)(*values)
        condition, (a, b) = self.sides(test, then, otherwise, values, line, notes)
        if (a is None) != (b is None):
            raise self.error("the function returns a value if this is true, and none if it is not, or the other way round", line)
        return self.merge(condition, {"the result": a}, {"the result": b}, line)["the result"]

    def branch_of_round(self, test: Any, then: Any, otherwise: Any, values: Sequence[Any], names: Sequence[str], line: int, notes: Any) -> Any:
        """An if whose sides both end the round of a loop."""
        if not _is_symbolic(test):
            return (then if test else otherwise)(*values)
        condition, ((kind, first), (other, second)) = self.sides(test, then, otherwise, values, line, notes)
        if _RETURN in (_plain(kind), _plain(other)):
            raise self.error(f"a return in a loop on a symbolic condition cannot be expressed: {_INSTEAD}", line)
        found = self.merge(condition, dict(zip(names, first)), dict(zip(names, second)), line)
        return self.kinds(condition, kind, other), tuple([found[name] for name in names])

    def kinds(self, condition: Any, a: Any, b: Any) -> Any:
        """Whether the loop is left: known, or a symbolic bool."""
        if not _is_symbolic(a) and not _is_symbolic(b) and a == b:
            return a
        sides = [x if _is_symbolic(x) else constant(bool(x)) for x in (a, b)]
        return chosen(condition, sides[:1], sides[1:])[0]

    def sides(self, test: Any, then: Any, otherwise: Any, values: Sequence[Any], line: int, notes: Any) -> Any:
        """The condition, and what both functions give."""
        condition = self.condition(test, line)
        self.refuse(notes, "branch")
        return condition, [side(*map(_own, values)) for side in (then, otherwise)]

    def merge(self, condition: Any, one: dict[str, Any], other: dict[str, Any], line: int) -> dict[str, Any]:
        """For each name the value of the side that is taken."""
        result: dict[str, Any] = {}
        for name, a in one.items():
            b = other[name]
            if a is b or _same(a, b):
                result[name] = a
            elif a is self.UNDEFINED or b is self.UNDEFINED:
                raise self.error(f"{name} has a value only if the condition is {'false' if a is self.UNDEFINED else 'true'}; it is read later", line)
        open = [name for name in one if name not in result]
        if open:
            try:
                pairs = [{name or "it": side[name] for name in open} for side in (one, other)]
                found = merged(condition, ("if: if true", pairs[0]), ("if false", pairs[1]), None)
            except TypeError as error:
                raise locate(error, Where.at(self.filename, line, self.name)) from None
            result |= {name: found[name or "it"] for name in open}
        return result

    # Loops ------------------------------------------------------------------------------------------------------------
    def for_(self, items: Any, round: Any, values: Any, names: Any, line: int, notes: Any, lists: Any) -> tuple[Any, ...]:
        """for ... in items; gives the names, and (value,) if the function is to return."""
        if is_source(items):
            try:
                source = source_of(items)
            except TypeError as error:
                raise self.error(str(error), line) from None
            return self.symbolic_loop(source, None, round, values, names, line, notes, lists)
        rest = iter(items)
        for count, item in enumerate(rest):
            kind, after = round(item, *values)
            if _is_symbolic(kind):
                if isinstance(items, range):
                    return self.symbolic_loop(source_of(items[count:]), None, round, values, names, line, notes, lists)
                following = self.for_(rest, round, tuple(map(_own, after)), names, line, notes, lists)
                if following[-1] is not None:
                    raise self.error("a return after a symbolic break cannot be expressed", line)
                found = self.merge(kind, dict(zip(names, after)), dict(zip(names, following)), line)
                return (*[found[name] for name in names], None)
            if kind == _RETURN:
                return (*values, (after,))
            values = after
            if kind:
                break
        return (*values, None)

    def while_(self, test: Any, round: Any, values: Any, names: Any, line: int, notes: Any, lists: Any) -> tuple[Any, ...]:
        """while test(...); gives what for_ gives."""
        while True:
            holds = test(*values)
            if _is_symbolic(holds):
                return self.symbolic_loop(None, test, round, values, names, line, notes, lists)
            if not holds:
                return (*values, None)
            kind, after = round(*values)
            if _is_symbolic(kind):
                return self.symbolic_loop(None, test, round, values, names, line, notes, lists)
            if kind == _RETURN:
                return (*values, (after,))
            values = after
            if kind:
                return (*values, None)

    def symbolic_loop(self, source: Any, test: Any, round: Any, values: Any, names: Any, line: int, notes: Any, lists: Any) -> tuple[Any, ...]:
        """One loop of the graph."""
        self.refuse(notes, "loop")
        before = dict(zip(names, values))
        grown = [name for name in lists if isinstance(before[name], list)]
        for name in grown:
            if before[name]:
                raise self.error(f"{name} must be empty before a symbolic loop that appends to it, it has {len(before[name])} elements", line)
        state = {name: value for name, value in before.items() if name not in grown and _is_state(value)}
        left: list[Any] = []

        def arguments(now: dict[str, Any]) -> list[Any]:
            return [[] if name in grown else now[name] if name in state else before[name] for name in names]

        def step(now: dict[str, Any], *rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            item = () if source is None else (source.item(counter, iter(rows)),)
            kind, after = round(*item, *arguments(now))
            if not _is_symbolic(kind) and kind == _RETURN:
                raise self.error(f"a return in a symbolic loop cannot be expressed: {_INSTEAD}", line)
            left[:] = [kind]
            new = dict(zip(names, after))
            for name in names:
                if name in grown and not (isinstance(new[name], list) and len(new[name]) == 1):
                    raise self.error(f"each round of a symbolic loop must append one element to {name}", line)
                if name not in state and name not in grown and new[name] is not before[name]:
                    what = "has no value before this loop" if before[name] is self.UNDEFINED else f"is {before[name]!r} before this loop"
                    raise self.error(f"{name} {what}, which may have no round, and is set in it: give it a value of the same kind before", line)
            return {name: new.get(name, now[name]) for name in now}, {name: new[name][0] for name in grown}

        def stop(now: dict[str, Any]) -> Any:
            kind = left[0]
            ends = [self.condition(kind, line) if _is_symbolic(kind) else constant(True)] if _is_symbolic(kind) or kind else []
            if test is not None:
                ends.append(self.no(holding(now), line))
            return None if not ends else ends[0] if len(ends) == 1 else ends[0] | ends[1]

        def holding(now: dict[str, Any]) -> Any:
            holds = test(*arguments(now))
            return self.condition(holds, line) if _is_symbolic(holds) else constant(bool(holds))

        counter = tensor_type("int64", ()).make_variable("step")
        inputs = [] if source is None else source.inputs()
        try:
            title = "for" if test is None else "while"
            loop = Traced(title, None, state or {"": 0}, step, inputs, None if source is None else counter, stop)
        except (TypeError, ValueError) as error:
            raise locate(error, Where.at(self.filename, line, self.name)) from None
        if source is not None:
            steps = source.count()
        else:
            steps = constant(MOST_STEPS, dtype="int64") * holding(loop.tree.build(loop.starts)).astype("int64")
        finals, stacks, _ = loop.build(steps, None, {})
        found = before | loop.tree.build(finals) | loop.form.build(stacks)  # a loop without a state has run for its errors
        return (*[found[name] for name in names], None)

    # What stays Python's ------------------------------------------------------------------------------------------------
    def plain(self, test: Any, what: str, line: int) -> Any:
        """A condition that must not be symbolic."""
        if _is_symbolic(test):
            raise self.error(f"{what} cannot be expressed on a symbolic condition", line)
        return test

    def plain_iterable(self, items: Any, what: str, line: int) -> Iterator[Any]:
        """What a loop that stays Python's runs over."""
        if is_source(items):
            raise self.error(f"{what} cannot be expressed over symbolic values", line)
        return iter(items)

    def refuse(self, notes: Any, kind: str) -> None:
        """TypeError for the first thing that cannot be undone."""
        for what, line in notes:
            raise self.error(f"a symbolic {kind} {what}: it is written once, but would have to happen whenever it is run", line)


def _constantly(x: Any) -> Callable[[], Any]:
    return lambda: x


def _plain(kind: Any) -> Any:
    return None if _is_symbolic(kind) else kind


def _is_symbolic(x: Any) -> bool:
    return isinstance(x, TensorVariable)


def _same(a: Any, b: Any) -> bool:
    """Python values that are equal: they stay such."""
    return isinstance(a, (bool, int, float, complex, str, bytes, np.generic)) and type(a) is type(b) and bool(a == b)


def _own(x: Any) -> Any:
    """Python's containers as copies, for what is done to them on one side must not show on the other."""
    return copy.copy(x) if isinstance(x, (list, dict, set)) else x


def _is_state(x: Any) -> bool:
    """Whether a loop can carry it."""
    if isinstance(x, (_Undefined, str, bytes)) or callable(x):
        return False
    try:
        leaves, _ = flatten(x, numbers=True)
    except TypeError:
        return False
    return bool(leaves) and all(isinstance(v, (TensorVariable, bool, int, float, complex)) for v in leaves)
