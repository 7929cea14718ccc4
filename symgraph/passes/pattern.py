"""Rules written as text: `pattern("mul(x, 1) -> x")`.

Both sides are Python expressions. On the left a name stands for any variable, the same at each place; a number for a constant that
has this value everywhere; `exp(...)` for an elementwise op, `Dot(...)` for an op by the name of its class; ``x + y``, ``x * y``, ``-x``,
``x / y``, ``x ** y``, ``x - y`` for the elementwise ops of these. The right side is built of the variables that were met, by elementwise
ops, by methods of variables (``sum(x)``, ``dot(x, y)``) and by operators.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from symgraph.expr.dtypes import DISCRETE
from symgraph.expr.op import Apply, Op
from symgraph.graph.rule import Rule
from symgraph.ops.elementwise import Elementwise, function
from symgraph.ops.methods import METHODS, complete
from symgraph.passes.replacement import joined, number, put

__all__ = ["pattern"]

_BINARY: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "true_div", ast.Pow: "pow", ast.FloorDiv: "floor_div",
                            ast.Mod: "mod"}
_ANY_ORDER = {"add", "mul", "maximum", "minimum", "and_", "or_", "xor", "eq", "neq"}
_ANY_NUMBER = ("add", "mul")  # take any number of operands: the pattern may meet some of them
MOST_OPERANDS = 8  # of a sum that is searched for a pattern: the search tries the orders

Term = tuple[str, Any, tuple[Any, ...]]  # (kind, name or value, parts); kinds: variable, number, call


def pattern(text: str, where: Callable[..., bool] | None = None, constants: Iterable[str] = (), name: str = "", tags: Iterable[str] = ()) -> Rule:
    """A rule of a text ``before -> after``; it takes part in a mode that has it: ``Mode(rules=[pattern(...)])``.

    where: called with the variables that were met, by their names; the rule fires only where it says True. constants: names that
    stand for constants only. name: of the rule (the text if none is given). The operands of add, mul and other symmetric ops are met
    in any order, and further operands of a sum or product at the root stay. What is put in gets the dtype and the shape of what was
    there. Raises ValueError for a text that is no such rule, and for a name on the right that the left does not have.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> circle = pattern("sin(x) ** 2 + cos(x) ** 2 -> 1")
    >>> f = symgraph.function([x], T.sin(x) ** 2 + T.cos(x) ** 2 + x, mode=symgraph.Mode(rules=[circle]))
    >>> f.profile.rules[circle.name]
    1
    """
    before, after = _sides(text)
    left, right = _term(before, text), _term(after, text)
    if left[0] != "call":
        raise ValueError(f"the left side of {text!r} must be an op of something")
    met = set(_names(left))
    for unknown in [n for n in _names(right) if n not in met]:
        raise ValueError(f"{unknown} stands on the right of {text!r}, but not on the left")
    only = frozenset(constants)
    if only - met:
        raise ValueError(f"{', '.join(sorted(only - met))} stands in constants, but not on the left of {text!r}")
    _check_right(right, text)

    def apply(graph: Any, node: Apply) -> Any:
        return _applied(node, left, right, only, where)

    apply.__doc__ = text
    shown = name or text
    return Rule(apply, [_root(left[1], text)], shown, tags, key=f"{text} {sorted(only)} {shown} {sorted(tags)}" if where is None else None,
                derived=False)


# Reading --------------------------------------------------------------------------------------------------------------


def _sides(text: str) -> tuple[ast.expr, ast.expr]:
    sides = text.split("->")
    if len(sides) != 2:
        raise ValueError(f"a pattern is written 'before -> after', got {text!r}")
    try:
        before, after = (ast.parse(side.strip(), mode="eval").body for side in sides)
    except SyntaxError as error:
        raise ValueError(f"{text!r} is no pattern: {error.msg}") from None
    return before, after


def _term(node: ast.expr, text: str) -> Term:
    if isinstance(node, ast.Name):
        return "variable", node.id, ()
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, complex)):
        return "number", node.value, ()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _term(node.operand, text)
        return ("number", -inner[1], ()) if inner[0] == "number" else ("call", "neg", (inner,))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return "call", _BINARY[type(node.op)], (_term(node.left, text), _term(node.right, text))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords and node.args:
        return "call", node.func.id, tuple(_term(part, text) for part in node.args)
    raise ValueError(f"{ast.unparse(node)} in {text!r} is neither a name, a number nor an op of such")


def _names(term: Term) -> Iterator[str]:
    if term[0] == "variable":
        yield term[1]
    for part in term[2]:
        yield from _names(part)


def _root(name: str, text: str) -> Any:
    """The name of an elementwise op, or the class of this name."""
    for cls in _classes(Op):
        if cls.__name__ == name:
            return cls
    try:
        return function(name).name
    except KeyError:
        raise ValueError(f"{name} in {text!r} is neither an elementwise op nor a class of ops") from None


def _classes(base: type) -> Iterator[type]:
    below: list[type] = base.__subclasses__()
    for cls in below:
        yield cls
        yield from _classes(cls)


def _check_right(term: Term, text: str) -> None:
    if term[0] == "call":
        _builder(term[1], text)
        for part in term[2]:
            _check_right(part, text)


def _builder(name: str, text: str) -> Callable[..., Any]:
    try:
        return function(name)
    except KeyError:
        if name not in METHODS:
            complete()
        if name not in METHODS:
            raise ValueError(f"{name} in {text!r} is neither an elementwise op nor a method of variables") from None
        return METHODS[name]


# Matching -------------------------------------------------------------------------------------------------------------


def _applied(node: Apply, left: Term, right: Term, constants: frozenset[str], where: Callable[..., bool] | None) -> Any:
    if not _is(node, left[1]) or len(node.outputs) != 1:
        return None
    for found, rest in _met(node.inputs, left, constants, {}, root=True):
        if where is not None and not where(**found):
            continue
        new = _built(right, found, node.outputs[0])
        if rest:
            new = joined(left[1], [new, *rest], node)
        if isinstance(node.op, Elementwise):
            return put(new, node)
        return new if new.dtype == node.outputs[0].dtype else new.astype(node.outputs[0].dtype)
    return None


def _is(node: Apply, name: str) -> bool:
    return (isinstance(node.op, Elementwise) and node.op.name == name) or any(c.__name__ == name for c in type(node.op).__mro__)


Met = Iterator[tuple[dict[str, Any], list[Any]]]


def _met(inputs: Sequence[Any], term: Term, constants: frozenset[str], found: dict[str, Any], root: bool = False) -> Met:
    """Every way in which the operands fit the parts of a term: (what the names stand for, operands that are left over)."""
    name, parts = term[1], term[2]
    spare = root and name in _ANY_NUMBER
    if len(inputs) < len(parts) or (len(inputs) > len(parts) and not spare) or len(inputs) > MOST_OPERANDS:
        return
    yield from _fitted(list(inputs), list(parts), constants, found, name in _ANY_ORDER)


def _fitted(inputs: list[Any], parts: list[Term], constants: frozenset[str], found: dict[str, Any], any_order: bool) -> Met:
    if not parts:
        yield found, inputs
        return
    for position in range(len(inputs) if any_order else 1):
        for more in _one(inputs[position], parts[0], constants, found):
            yield from _fitted(inputs[:position] + inputs[position + 1 :], parts[1:], constants, more, any_order)


def _one(x: Any, part: Term, constants: frozenset[str], found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from symgraph.passes.match import is_constant, scalar_value

    kind, name = part[0], part[1]
    if kind == "variable":
        if name in found:
            if found[name] is x:
                yield found
        elif name not in constants or scalar_value(x) is not None:
            yield {**found, name: x}
    elif kind == "number":
        if is_constant(x, name):
            yield found
    elif x.owner is not None and _is(x.owner, name):
        for more, _ in _met(x.owner.inputs, part, constants, found):
            yield more


def _built(term: Term, found: dict[str, Any], like: Any) -> Any:
    from symgraph.passes.match import scalar_value

    if term[0] == "variable":
        x = found[term[1]]
        known = scalar_value(x) if x.ndim == 0 and x.dtype != like.dtype else None
        return x if known is None or like.dtype in DISCRETE else number(known, like)
    if term[0] == "number":
        whole = isinstance(term[1], int) or like.dtype.startswith(("float", "complex"))
        return number(term[1], like) if whole else term[1]
    parts = [_built(part, found, like) for part in term[2]]
    return _builder(term[1], "")(*parts)
