"""Orders and copies of expressions. Every walk has its own stack: a chain of 20,000 nodes is ordinary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Constant, Variable

__all__ = ["ancestors", "clone_nodes", "depends_on", "graph_inputs", "replace", "toposort"]


def toposort(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> list[Apply]:
    """The nodes that outputs need, each after those it needs; `stops` are taken as given. Deterministic."""
    stop = set(stops)
    order: list[Apply] = []
    done: set[Apply] = set()
    stack: list[tuple[Apply, int]] = []
    for output in outputs:
        if output in stop or output.owner is None or output.owner in done:
            continue
        done.add(output.owner)
        stack.append((output.owner, 0))
        while stack:
            node, position = stack.pop()
            inputs = node.inputs
            while position < len(inputs):
                x = inputs[position]
                position += 1
                owner = x.owner
                if owner is not None and owner not in done and x not in stop:
                    done.add(owner)
                    stack.append((node, position))
                    stack.append((owner, 0))
                    break
            else:
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


def graph_inputs(outputs: Iterable[Variable], stops: Iterable[Variable] = ()) -> list[Variable]:
    """The variables without owner (constants and shared variables too) that the outputs depend on."""
    stop = set(stops)
    return [x for x in ancestors(outputs, stop) if x.owner is None or x in stop]


def depends_on(output: Variable, x: Variable) -> bool:
    """Whether `output` is computed from `x`."""
    return any(a is x for a in ancestors([output]))


def clone_nodes(
    outputs: Sequence[Variable], given: dict[Variable, Variable], on_input: Callable[[Variable], Variable] | None = None, always: bool = False
) -> list[Any]:
    """The outputs with variables replaced as `given` says (what is given is not looked into).

    Nodes that do not depend on a replaced variable are shared with the original, unless `always`. on_input maps the other
    variables without owner (constants excepted).
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
            copy = node.clone_with(inputs)
            for old, fresh in zip(node.outputs, copy.outputs):
                known.setdefault(old, fresh)
    return [new(x) for x in outputs]


def replace(outputs: Any, replacements: Any) -> Any:
    """outputs (one or a list) with variables replaced by others of the same type; pairs or a dictionary."""
    pairs = list(replacements.items()) if isinstance(replacements, dict) else list(replacements)
    several = isinstance(outputs, (list, tuple))
    result = clone_nodes(list(outputs) if several else [outputs], dict(pairs))
    return result if several else result[0]
