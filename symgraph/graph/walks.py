"""What an expression consists of, by the names of Theano's module of graphs: lists of variables and nodes, in order.

Between inputs i and outputs o lie the nodes that o need; what is given in i is not looked behind. All walks keep their own
stack, and give their results in an order that is the same for equal expressions.
"""

from __future__ import annotations

from abc import ABC
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from symgraph.expr import walk
from symgraph.expr.op import Apply, Op
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant, Variable

__all__ = [
    "Node", "ancestors", "explicit_graph_inputs", "general_toposort", "graph_inputs", "inputs", "io_connection_pattern", "io_toposort",
    "is_in_ancestors", "list_of_nodes", "nodes_constructed", "ops", "orphans", "stack_search", "toposort", "truncated_graph_inputs",
    "variables", "variables_and_orphans", "view_roots",
]


class Node(ABC):  # noqa: B024  # a name for what variables and nodes have in common: that they stand in a graph
    """What an expression is made of: every Variable and every Apply is an instance."""


Node.register(Variable)
Node.register(Apply)


def _listed(x: Any) -> list[Any]:
    """A variable or an iterable of them, as a list; TypeError for anything else."""
    found = [x] if isinstance(x, Variable) else list(x)
    for y in found:
        if not isinstance(y, Variable):
            raise TypeError(f"a variable or a list of variables is wanted, got {y!r} of {type(y)}")
    return found


def ancestors(variable_list: Any, blockers: Iterable[Variable] | None = None) -> list[Variable]:
    """Every variable that those of the list depend on, themselves included; behind `blockers` nothing is looked for. In Theano's order, which begins
    with the last of the list: samplers of PyMC3 draw in the order in which they find variables so.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> [str(v) for v in ancestors([(x + y) * y])]
    ['mul.0', 'add.0', 'x', 'y']
    """
    return list(walk.ancestors(_listed(variable_list)[::-1], blockers or ()))


def inputs(variable_list: Any, blockers: Iterable[Variable] | None = None) -> list[Variable]:
    """The variables without owner, constants and shared ones too, that those of the list depend on.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> inputs([x + 2 * y])
    [x, TensorConstant{2}, y]
    """
    return [x for x in ancestors(variable_list, blockers) if x.owner is None]


def graph_inputs(outputs: Any, blockers: Iterable[Variable] | None = None) -> list[Variable]:
    """The newer name of `inputs`."""
    return inputs(outputs, blockers)


def explicit_graph_inputs(outputs: Any) -> list[Variable]:
    """The variables that must be given to compute the outputs: those without owner that are neither constant nor shared.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> explicit_graph_inputs(2 * x)
    [x]
    """
    return [x for x in inputs(outputs) if not isinstance(x, (Constant, SharedVariable))]


def truncated_graph_inputs(outputs: Any, ancestors_to_include: Iterable[Variable] | None = None) -> list[Variable]:
    """The fewest variables that the outputs can be computed from, where each of `ancestors_to_include` that is needed is one of them.

    A listed variable that is only reached through other listed ones is not needed and left out.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> z = x + y
    >>> truncated_graph_inputs([z * y], [z])
    [add.0, y]
    """
    stops = set(ancestors_to_include or ())
    return [x for x in walk.ancestors(_listed(outputs), stops) if x.owner is None or x in stops]


def variables_and_orphans(i: Iterable[Variable], o: Any) -> tuple[list[Variable], list[Variable]]:
    """All variables between i and o, these included; and of them those without owner that are not in i."""
    given = list(i)
    known = set(given)
    found = list(walk.ancestors(_listed(o), known))
    orphaned = [x for x in found if x.owner is None and x not in known]
    between = set(found)
    return found + [x for x in given if x not in between], orphaned


def variables(i: Iterable[Variable], o: Any) -> list[Variable]:
    """All variables between i and o, these included."""
    return variables_and_orphans(i, o)[0]


def orphans(i: Iterable[Variable], o: Any) -> list[Variable]:
    """What o need beside i: variables without owner, constants included.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> orphans([x], [x + y])
    [y]
    """
    return variables_and_orphans(i, o)[1]


def ops(i: Iterable[Variable], o: Any) -> set[Apply]:
    """The set of nodes between i and o."""
    return set(walk.toposort(_listed(o), i))


def list_of_nodes(inputs: Iterable[Variable], outputs: Any) -> list[Apply]:
    """The nodes between inputs and outputs, from the outputs down."""
    return walk.toposort(_listed(outputs), inputs)[::-1]


def io_toposort(inputs: Iterable[Variable], outputs: Any, orderings: Any = None, clients: Any = None) -> list[Apply]:
    """The nodes between inputs and outputs, each after those it needs.

    orderings: a dictionary node -> nodes that must come before it. ValueError if these run in a circle. clients is accepted
    for Theano's sake.
    """
    order = walk.toposort(_listed(outputs), inputs)
    if not orderings:
        return order
    present = set(order)
    before = {node: [x.owner for x in node.inputs if x.owner in present] + [n for n in orderings.get(node, ()) if n in present] for node in order}
    return general_toposort(order, lambda node: before[node])


def toposort(outputs: Any, stops: Iterable[Variable] = ()) -> list[Apply]:
    """The nodes that the outputs need, each after those it needs itself."""
    return walk.toposort(_listed(outputs), stops)


def general_toposort(outputs: Iterable[Any], deps: Callable[[Any], Iterable[Any]], **accepted: Any) -> list[Any]:
    """Hashable things and what they depend on, each after its dependencies; deps(x) gives those of x.

    ValueError if they run in a circle. Theano's options for caches are accepted.

    >>> general_toposort(['c'], {'a': [], 'b': ['a'], 'c': ['b', 'a']}.get)
    ['a', 'b', 'c']
    """
    order: list[Any] = []
    state: dict[Any, bool] = {}  # False: being looked at; True: in the order
    for output in outputs:
        stack: list[tuple[Any, Iterator[Any]]] = []
        if output not in state:
            state[output] = False
            stack.append((output, iter(deps(output) or ())))
        while stack:
            x, rest = stack[-1]
            for y in rest:
                if y not in state:
                    state[y] = False
                    stack.append((y, iter(deps(y) or ())))
                    break
                if not state[y]:
                    raise ValueError(f"the dependencies run in a circle through {y}")
            else:
                stack.pop()
                state[x] = True
                order.append(x)
    return order


def stack_search(start: Iterable[Any], expand: Callable[[Any], Any], mode: str = "bfs", build_inv: bool = False) -> Any:
    """All that can be reached from `start`, in the order in which a breadth-first ('bfs') or depth-first ('dfs') walk meets it.

    expand(x) gives what follows x, or None. build_inv: also a dictionary, thing -> what it was reached from. ValueError for
    another mode.

    >>> stack_search([1], lambda n: [2 * n, 2 * n + 1] if n < 4 else None)
    [1, 2, 3, 4, 5, 6, 7]
    """
    if mode not in ("bfs", "dfs"):
        raise ValueError(f"mode must be bfs or dfs, got {mode!r}")
    waiting = deque(start)
    seen: set[Any] = set()
    found: list[Any] = []
    reached_from: dict[Any, list[Any]] = {}
    while waiting:
        x = waiting.popleft() if mode == "bfs" else waiting.pop()
        if x in seen:
            continue
        seen.add(x)
        found.append(x)
        for y in expand(x) or ():
            if build_inv:
                reached_from.setdefault(y, []).append(x)
            waiting.append(y)
    return (found, reached_from) if build_inv else found


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Whether the node `l_node` needs, itself or by others, what `f_node` gives; a node needs itself."""
    return l_node is f_node or f_node in walk.toposort(l_node.inputs)


def view_roots(r: Variable) -> list[Variable]:
    """The variables whose memory r may share, by the `view_map` of ops, back to those that are no view."""
    found: list[Variable] = []
    stack = [r]
    while stack:
        x = stack.pop()
        viewed = x.owner.op.view_map.get(x.index) if x.owner is not None else None
        if viewed:
            stack.extend(x.owner.inputs[k] for k in reversed(viewed))  # type: ignore[union-attr]
        elif x not in found:
            found.append(x)
    return found


@contextmanager
def nodes_constructed() -> Iterator[list[Variable]]:
    """A list that is filled with the outputs of every op applied within the block.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> with nodes_constructed() as made:
    ...     y = T.exp(x) + x
    >>> made
    [exp.0, add.0]
    """
    made: list[Variable] = []

    def note(node: Apply) -> None:
        made.extend(node.outputs)

    Op.watchers = (*Op.watchers, note)
    try:
        yield made
    finally:
        Op.watchers = tuple(watch for watch in Op.watchers if watch is not note)


def io_connection_pattern(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[list[bool]]:
    """[input][output]: whether a small change of the input changes the output, as the `connection_pattern` of the ops between says.

    >>> import symgraph.tensor as T
    >>> from symgraph import disconnected_grad
    >>> x, y = T.dvectors('x', 'y')
    >>> io_connection_pattern([x, y], [x + y.sum(), disconnected_grad(x)])
    [[True, False], [True, False]]
    """
    reach: dict[Variable, frozenset[int]] = {}
    for k, x in enumerate(inputs):
        reach[x] = reach.get(x, frozenset()) | {k}
    nothing: frozenset[int] = frozenset()
    for node in walk.toposort(outputs, inputs):
        pattern = node.op.connection_pattern(node)
        sources = [reach.get(x, nothing) for x in node.inputs]
        if not any(sources):
            continue
        for k, x in enumerate(node.outputs):
            reach[x] = nothing.union(*(s for s, row in zip(sources, pattern) if row[k]))
    return [[k in reach.get(y, nothing) for y in outputs] for k in range(len(inputs))]
