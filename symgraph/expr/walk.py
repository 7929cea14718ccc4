"""Orders and copies of expressions. Every walk has its own stack: a chain of 20,000 nodes is ordinary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable

__all__ = ["ancestors", "clone_nodes", "depends_on", "derived_from", "graph_inputs", "mark_derived", "replace", "toposort"]


def toposort(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> list[Apply]:
    """The nodes that outputs need, each after those it needs; `stops` are taken as given. Deterministic."""
    stop = set(stops)
    order: list[Apply] = []
    done: set[Apply] = set()
    stack: list[tuple[Apply, Iterator[Variable]]] = []
    for output in outputs:
        if output in stop or output.owner is None or output.owner in done:
            continue
        done.add(output.owner)
        stack.append((output.owner, iter(output.owner.inputs)))
        while stack:
            node, inputs = stack[-1]
            for x in inputs:
                owner = x.owner
                if owner is not None and owner not in done and x not in stop:
                    done.add(owner)
                    stack.append((owner, iter(owner.inputs)))
                    break
            else:
                stack.pop()
                order.append(node)
    return order


def ancestors(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> Iterator[Variable]:
    """Every variable the outputs depend on, themselves included; below `stops` nothing is visited."""
    stop = set(stops)
    seen: set[Variable] = set()
    stack = list(outputs)[::-1]
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        yield x
        if x.owner is not None and x not in stop:
            stack.extend(reversed(x.owner.inputs))


def mark_derived(results: Iterable[Any], sources: Iterable[Variable]) -> None:
    """Remember of derivatives what they are derivatives of: `derived_from` tells it again."""
    of = tuple(sources)
    for x in results:
        if isinstance(x, Constant) or isinstance(x, Variable) and x.owner is not None:
            x.__dict__.setdefault("derived_from", of)


def derived_from(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> set[Variable]:
    """Every variable the outputs depend on, and those that the expressions depend on whose derivatives are among these, and so on."""
    found: set[Variable] = set()
    waiting = list(outputs)
    while waiting:
        fresh = [x for x in ancestors(waiting, {*stops, *found}) if x not in found]
        found.update(fresh)
        waiting = [of for x in fresh for of in x.__dict__.get("derived_from", ()) if of not in found]
    return found


def graph_inputs(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> list[Variable]:
    """The variables without owner (constants and shared variables too) that the outputs depend on."""
    stop = set(stops)
    return [x for x in ancestors(outputs, stop) if x.owner is None or x in stop]


def depends_on(output: Variable, x: Variable) -> bool:
    """Whether `output` is computed from `x`."""
    return any(a is x for a in ancestors([output]))


def clone_nodes(
    outputs: Sequence[Variable], given: dict[Variable, Variable], on_input: Callable[[Variable], Variable] | None = None, always: bool = False,
    retype: bool = False,
) -> list[Any]:
    """The outputs with variables replaced as `given` says (what is given is not looked into).

    Nodes that do not depend on a replaced variable are shared with the original, unless `always`. on_input maps the other
    variables without owner (constants excepted). retype: what is given may be of other types, so types are found anew.
    """
    known: dict[Variable, Variable] = dict(given)

    def new(x: Variable) -> Variable:
        found = known.get(x)
        if found is None:
            found = known[x] = x if on_input is None or isinstance(x, Constant) or x.owner is not None else on_input(x)
        return found

    for node in toposort(outputs, given):
        inputs = [new(x) for x in node.inputs]
        if always or any(a is not b for a, b in zip(inputs, node.inputs)):
            fits = not retype or all(a.type == b.type for a, b in zip(inputs, node.inputs))
            copy = node.clone_with(inputs) if fits else node.op.make_node(*inputs)
            for old, fresh in zip(node.outputs, copy.outputs):
                known.setdefault(old, fresh)
    return [new(x) for x in outputs]


def replace(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True, copy_inputs: Any = None) -> Any:
    """output (one or a list) with variables replaced by others or by values; pairs or a dictionary.

    strict: the new variables must be of the types of the old, else TypeError. Without share_inputs (or copy_inputs, its older
    name) the inputs of the expression become other variables.
    """
    given = list(replace.items()) if isinstance(replace, dict) else list(replace or ())
    pairs = [(old, new if isinstance(new, Variable) else as_variable(old.type.filter(new))) for old, new in given]
    for old, new in pairs:
        if strict and not old.type.accepts(new.type):
            raise TypeError(f"{old} of type {old.type} cannot be replaced by {new} of type {new.type}")
    share = share_inputs if copy_inputs is None else copy_inputs
    several = isinstance(output, (list, tuple))
    fresh = None if share else lambda x: x if hasattr(x, "container") else x.clone()
    result = clone_nodes(list(output) if several else [output], dict(pairs), fresh, retype=not strict)
    return result if several else result[0]
