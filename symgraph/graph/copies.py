"""Copies of expressions with parts exchanged, by the names of Theano and of those who came after it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import ancestors, clone_nodes, graph_inputs, replace, toposort

__all__ = ["clone", "clone_get_equiv", "clone_replace", "graph_replace", "map_variables"]


def clone(i: Sequence[Variable], o: Sequence[Variable], copy_inputs: bool = True, copy_orphans: bool | None = None) -> tuple[list[Any], list[Any]]:
    """Copies of the inputs i and of all nodes up to the outputs o: (new inputs, new outputs).

    copy_inputs: whether the inputs become other variables; copy_orphans (as copy_inputs unless given): whether the leaves beside them do,
    constants included. (`symgraph.clone` is another function: it exchanges parts.)

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> (x1,), (y1,) = clone([x], [x * 2])
    >>> x1 is x, y1
    (False, mul.0)
    """
    equivalent = clone_get_equiv(i, o, copy_inputs, copy_inputs if copy_orphans is None else copy_orphans)
    return [equivalent[x] for x in i], [equivalent[x] for x in o]


def clone_get_equiv(
    inputs: Sequence[Variable], outputs: Sequence[Variable], copy_inputs: bool = True, copy_orphans: bool = True, memo: dict[Any, Any] | None = None,
) -> dict[Any, Any]:
    """A copy of the graph between inputs and outputs, as a dictionary old -> new of variables and nodes.

    memo: a dictionary of such pairs that are known; it is filled and returned.
    """
    known: dict[Any, Any] = {} if memo is None else memo
    for x in inputs:
        if x not in known:
            known[x] = x.clone() if copy_inputs else x

    def new(x: Variable) -> Any:
        if x not in known:
            known[x] = x.clone() if copy_orphans and not isinstance(x, SharedVariable) else x
        return known[x]

    for node in toposort(outputs, inputs):
        if node in known:
            continue
        twin = known[node] = node.clone_with([new(x) for x in node.inputs])
        for old, fresh in zip(node.outputs, twin.outputs):
            known.setdefault(old, fresh)
    for x in outputs:
        new(x)
    return known


def clone_replace(
    output: Any, replace_with: Any = None, strict: bool = True, share_inputs: bool = True, copy_inputs: Any = None, **named: Any,
) -> Any:
    """The newer name of `symgraph.clone`: output (one or a list) with variables replaced by others or by values.

    replace_with (or `replace=`): pairs or a dictionary. strict: a variable of another type raises TypeError.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> clone_replace(x * 2, {x: y}).eval({y: 3.0})
    array(6.)
    """
    given = named.pop("replace", replace_with)
    if named:
        raise TypeError(f"clone_replace has no option {', '.join(named)}")
    return replace(output, given, strict, share_inputs, copy_inputs)


def graph_replace(outputs: Any, replace: Any = None, strict: bool = True) -> Any:
    """outputs (one or a list) with all the replacements made at once; what is put in is not rewritten itself.

    With {x: a, x + y: f(x)} the sum becomes f(x), and an x elsewhere a.
    strict: ValueError for a variable that the outputs do not depend on, TypeError for one of another type.

    >>> import symgraph.tensor as T
    >>> x, y, z = T.dscalars('x', 'y', 'z')
    >>> graph_replace([(x + y) * x], {x: z})[0].eval({z: 2.0, y: 3.0})
    array(10.)
    """
    pairs: Iterable[tuple[Any, Any]] = replace.items() if isinstance(replace, Mapping) else (replace or ())
    several = isinstance(outputs, (list, tuple))
    wanted = list(outputs) if several else [outputs]
    given: dict[Variable, Any] = {}
    for old, new in pairs:
        fresh = new if isinstance(new, Variable) else as_variable(old.type.filter(new))
        if strict and not old.type.accepts(fresh.type):
            raise TypeError(f"{old} of type {old.type} cannot be replaced by {fresh} of type {fresh.type}")
        given[old] = fresh
    if strict:
        needed = set(ancestors(wanted))
        missing = [str(x) for x in given if x not in needed]
        if missing:
            raise ValueError(f"the outputs do not depend on {', '.join(missing)}: nothing to replace (strict=False lets that pass)")
    results = clone_nodes(wanted, given, retype=not strict)
    return results if several else results[0]


def map_variables(replacer: Callable[[Any], Any], graphs: Sequence[Variable], additional_inputs: Sequence[Variable] = ()) -> list[Any]:
    """The graphs with every variable x in them replaced by replacer(x), from the leaves up; None or x itself: it stays.

    The replacer sees an inner variable after those below it have been replaced, and once. Bodies of loops, of branches and of
    OpFromGraph are mapped too; ValueError if something is put in one that is not computed from its own inputs. additional_inputs is
    accepted for Theano's sake: what a replacement uses need not be declared.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> y = map_variables(lambda v: v * 2 if v is x else None, [x + 1])[0]
    >>> y.eval({x: 10.0})
    array(21.)
    """
    known: dict[Variable, Any] = {}
    bodies: dict[Any, Any] = {}

    def mapped(x: Any) -> Any:
        found = replacer(x)
        if found is None:
            return x
        if not isinstance(found, Variable):
            raise TypeError(f"the replacer gave {found!r} of {type(found)} for {x}: a variable or None is wanted")
        return found

    for node in toposort(graphs):
        for x in node.inputs:
            if x.owner is None and x not in known:
                known[x] = mapped(x)
        op = _with_mapped_bodies(node.op, replacer, bodies)
        inputs = [known[x] for x in node.inputs]
        twin = node
        if op is not node.op or any(a is not b for a, b in zip(inputs, node.inputs)):
            twin = node.clone_with(inputs)
            twin.op = op
        for old, fresh in zip(node.outputs, twin.outputs):
            known[old] = mapped(fresh)
    return [known[x] if x in known else mapped(x) for x in graphs]


def _sparing(own: set[Variable], replacer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: None if x in own else replacer(x)


_BODIES = ("inner_outputs", "then_outputs", "else_outputs")


def _with_mapped_bodies(op: Any, replacer: Callable[[Any], Any], made: dict[Any, Any]) -> Any:
    """The op, or a copy of it around mapped bodies."""
    if not hasattr(op, "inner_inputs"):
        return op
    if op not in made:
        twin = copy.copy(op)
        changed = False
        for name in _BODIES:
            results = getattr(op, name, None)
            if results is None:
                continue
            own = set(op.inner_inputs)
            new = map_variables(_sparing(own, replacer), results)
            outside = [x for x in graph_inputs(new) if x not in own and not isinstance(x, Constant)]
            if outside:
                raise ValueError(f"in the body of {op} stands {outside[0]} after the replacement, which is none of its inputs")
            changed |= any(a is not b for a, b in zip(new, results))
            setattr(twin, name, new)
        if hasattr(twin, "_order"):
            twin._order = None
        made[op] = twin if changed else op
    return made[op]
