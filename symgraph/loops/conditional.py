"""cond and switch_case: the branch that is taken, as functions whose results are nestings of variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.make import as_variable
from symgraph.expr.variable import Constant, TensorVariable
from symgraph.loops.branch import as_condition, chosen, common_type, partners
from symgraph.loops.trees import Tree, beside, flatten, type_of
from symgraph.ops.assertion import Assert

__all__ = ["cond", "merged", "switch_case"]


def cond(predicate: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], *args: Any, name: str | None = None) -> Any:
    """``true_fn(*args)`` if the scalar predicate is true (not zero), else ``false_fn(*args)``; only what is taken is computed.

    Both functions are called once, on symbols; they give the same nesting of tuples, lists, dictionaries, dataclasses and named tuples,
    leaf by leaf of the same dtype and number of dimensions (numbers take the dtype of their partner). A predicate that is a Python bool
    chooses at once. Derivatives are lazy too.

    Raises TypeError for a predicate with dimensions, and for results that are made differently or of different types: both
    are shown beside each other.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> result = cond(x > 0, lambda x: {'root': T.sqrt(x), 'sign': 1}, lambda x: {'root': T.sqrt(-x), 'sign': -1}, x)
    >>> result['root'].eval({x: -4.0}), result['sign'].eval({x: -4.0})
    (array(2.), array(-1, dtype=int8))
    """
    if isinstance(predicate, (bool, np.bool_)):
        return (true_fn if predicate else false_fn)(*args)
    condition = as_condition(predicate)
    return merged(condition, ("cond: if true", true_fn(*args)), ("if false", false_fn(*args)), name)


def switch_case(index: Any, branches: Sequence[Callable[..., Any]], *args: Any, name: str | None = None) -> Any:
    """``branches[index](*args)``, of which only that one is computed. index: an integer scalar from 0 to len(branches) - 1.

    The branches give results as those of `cond` do. The way to a branch takes the logarithm of their number in comparisons.
    Raises TypeError for an index that is no integer scalar and for results that do not fit, ValueError without branches, IndexError
    for an index outside (when called, where it is not known before).

    >>> import symgraph.tensor as T
    >>> k, x = T.lscalar('k'), T.dscalar('x')
    >>> switch_case(k, [T.sin, T.exp, lambda x: x], x).eval({k: 2, x: 5.0})
    array(5.)
    """
    branches = list(branches)
    count = len(branches)
    if not branches:
        raise ValueError("switch_case needs at least one branch")
    x: Any = index if isinstance(index, (float, str)) else as_variable(index)
    if not isinstance(x, TensorVariable) or x.ndim or "int" not in x.dtype:
        raise TypeError(f"switch_case: the index must be an integer scalar, got {index!r}{f' of type {x.type}' if hasattr(x, 'type') else ''}")
    if isinstance(x, Constant):
        if not 0 <= x.data < count:
            raise IndexError(f"switch_case: index {int(x.data)} is out of range for {count} branches")
        return branches[int(x.data)](*args)
    position: Any = x.astype("int64")
    within = (position >= 0) & (position < count)
    position = Assert(f"switch_case: the index is out of range for {count} branches", "IndexError")(position, within)
    # Numbers become variables once, so that the dtype of a result does not depend on the pairs in which branches are compared.
    results = [(f"branch {k}", branch(*args)) for k, branch in enumerate(branches)]
    return _between(position, results, 0, name)[1]


def _between(position: Any, results: list[tuple[str, Any]], first: int, name: str | None) -> tuple[str, Any]:
    """One of these results, that numbered by position - first."""
    if len(results) == 1:
        return results[0]
    half = len(results) // 2
    left, right = _between(position, results[:half], first, name), _between(position, results[half:], first + half, name)
    return left[0], merged(position < first + half, (f"switch_case: {left[0]}", left[1]), right, name)


def merged(condition: Any, one: tuple[str, Any], other: tuple[str, Any], name: str | None) -> Any:
    """A nesting of the values of the side that is taken. one, other: a title for errors ("cond: if true", "if false") and a nesting."""
    (first, a), (second, b) = one, other
    title, _, first = first.partition(": ")
    (xs, tree), (ys, form) = (_flat(f"{title}, {what}", value) for what, value in ((first, a), (second, b)))
    if tree != form:
        raise TypeError(_beside(title, "the branches give different structures", first, tree, xs, second, form, ys))
    pairs = [partners(x, y) for x, y in zip(xs, ys)]
    for path, (x, y) in zip(tree.paths(""), pairs):
        try:
            common_type(x.type, y.type)
        except TypeError:
            text = f"the branches give different types{f' at {path}' if path else ''}"
            raise TypeError(_beside(title, text, first, tree, xs, second, form, ys)) from None
    return tree.build(chosen(condition, [x for x, _ in pairs], [y for _, y in pairs], name)) if pairs else a


def _beside(title: str, text: str, first: str, tree: Tree, xs: Any, second: str, form: Tree, ys: Any) -> str:
    return beside(f"{title}: {text}", (first, tree, [type_of(x) for x in xs]), (second, form, [type_of(y) for y in ys]))


def _flat(what: str, value: Any) -> tuple[list[Any], Tree]:
    try:
        return flatten(value, numbers=True)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None
