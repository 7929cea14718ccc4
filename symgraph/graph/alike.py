"""Whether two expressions are the same: the same ops, wired alike, on the same leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes

__all__ = ["equal_computations", "is_same_graph"]


def equal_computations(xs: Sequence[Any], ys: Sequence[Any], in_xs: Sequence[Any] | None = None, in_ys: Sequence[Any] | None = None) -> bool:
    """Whether each of xs is computed as its partner in ys. Linear in the sizes of both.

    Two leaves are the same if they are one variable, are partners in in_xs and in_ys, or are equal constants. Values may stand for
    constants. ValueError if the lists are of different lengths.

    >>> import symgraph.tensor as T
    >>> x, y = T.dvectors('x', 'y')
    >>> equal_computations([x + 1], [y + 1]), equal_computations([x + 1], [y + 1], [x], [y])
    (False, True)
    """
    if len(xs) != len(ys):
        raise ValueError(f"{len(xs)} variables cannot be compared with {len(ys)}")
    if len(in_xs or ()) != len(in_ys or ()):
        raise ValueError(f"in_xs names {len(in_xs or ())} inputs, in_ys {len(in_ys or ())}")
    partners: dict[Variable, Variable] = {}
    for a, b in zip(in_xs or (), in_ys or ()):
        if a.type != b.type or partners.setdefault(a, b) is not b:
            return False
    met = set(partners.items())
    stack = [(_variable(a), _variable(b)) for a, b in zip(xs, ys)]
    while stack:
        a, b = stack.pop()
        if (a, b) in met:
            continue
        if a in partners or a.type != b.type:
            return False
        if a.owner is None or b.owner is None:
            if a.owner is not b.owner or not _same_leaf(a, b):
                return False
        elif a.owner is not b.owner:
            if a.index != b.index or not _same_op(a.owner.op, b.owner.op) or len(a.owner.inputs) != len(b.owner.inputs):
                return False
            stack.extend(zip(a.owner.inputs, b.owner.inputs))
        elif a is not b:
            return False
        elif partners:  # one node for both sides: its leaves must still be partners of themselves
            stack.extend(zip(a.owner.inputs, b.owner.inputs))
        met.add((a, b))
    return True


def _same_op(a: Any, b: Any) -> bool:
    """Equal ops; loops and branches, which are copied with each change of their bodies, where these are the same."""
    if a == b:
        return True
    kind = getattr(a, "control", None)
    if type(a) is not type(b) or kind not in ("loop", "branch") or len(a.inner_inputs) != len(b.inner_inputs):
        return False
    if kind == "loop" and (a.layout.key() != b.layout.key() or a.progress is not b.progress):
        return False
    for name in ("inner_outputs",) if kind == "loop" else ("then_outputs", "else_outputs"):
        xs, ys = getattr(a, name), getattr(b, name)
        if len(xs) != len(ys) or not equal_computations(xs, ys, a.inner_inputs, b.inner_inputs):
            return False
    return True


def _variable(x: Any) -> Any:
    return x if isinstance(x, Variable) else as_variable(x)


def _same_leaf(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, Constant) and isinstance(b, Constant) and (a.key() == b.key() or _same_data(a.data, b.data)))


def _same_data(a: Any, b: Any) -> bool:
    content = [getattr(x, "tobytes", None) for x in (a, b)]
    return None not in content and a.dtype == b.dtype and a.shape == b.shape and content[0]() == content[1]()  # type: ignore[misc]


def is_same_graph(var1: Variable, var2: Variable, givens: Mapping[Variable, Variable] | None = None, debug: bool = False) -> bool:
    """Whether two variables are computed alike from the same leaves, after `givens` has been put in both.

    givens: a dictionary or pairs, variable -> what stands in its place. debug is accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> x, y = T.dvectors('x', 'y')
    >>> is_same_graph(x * 2, x * 2), is_same_graph(x * 2, y * 2), is_same_graph(x * 2, y * 2, {x: y})
    (True, False, True)
    """
    pairs = dict(givens or {})
    first, second = clone_nodes([var1, var2], pairs) if pairs else (var1, var2)
    return equal_computations([first], [second])
