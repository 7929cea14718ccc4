"""Graph: what passes work on. A networkx DiGraph over copied nodes, kept true; `replace` is its only change.

The DiGraph's nodes are Apply nodes and variables without owner; an edge says that the one is read by the other. The user's
expression is never touched: nodes are copied as the Graph is made, inputs and constants are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import networkx

from symgraph.errors import InconsistencyError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.expr.walk import toposort

__all__ = ["Graph", "check_types"]


class Graph:
    """The nodes that `outputs` need, down to `inputs`.

    outputs: the variables computed, in order (they change as they are replaced). origin: copied or rewritten node -> the
    node of the user's expression it comes from, for error messages.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], copy: bool = True) -> None:
        self.inputs = list(inputs)
        self.given = set(self.inputs)
        self.net = networkx.DiGraph()
        self.origin: dict[Apply, Apply] = {}
        self.on_change: Callable[[Apply], None] | None = None  # told of each node whose inputs changed or that is new
        self.on_remove: Callable[[Apply], None] | None = None
        self.tell: Callable[..., None] | None = None  # called with what happened, in the words of a Feature (symgraph/graph/features.py)
        self.touched: set[Apply] = set()  # nodes that are new, read something else or have fewer readers since rules were last at rest
        self.settled: frozenset[Any] = frozenset()  # the rules that had nothing left to do then
        self.reason = "copy"
        self._order: list[Apply] | None = None  # since the last change: most passes change nothing, and each asks for it
        self.report: list[Any] = []  # what the passes did: (name, how often each rule fired, seconds)
        copied: dict[Variable, Variable] = {}
        for node in toposort(outputs, self.given):
            twin = node.clone_with([copied.get(x, x) for x in node.inputs]) if copy else node
            self.origin[twin] = node
            copied.update(zip(node.outputs, twin.outputs))
            self._enter(twin)
        for x in self.given:
            copied.pop(x, None)
        self.outputs: list[Any] = [copied.get(x, x) for x in outputs]
        self._uses: dict[Variable, list[int]] = {}
        for position, x in enumerate(self.outputs):
            self._uses.setdefault(x, []).append(position)
            self._source(x)

    # Reading ----------------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        """The number of Apply nodes."""
        return sum(1 for n in self.net if isinstance(n, Apply))

    def __contains__(self, node: Any) -> bool:
        return node in self.net

    def nodes(self) -> list[Apply]:
        """All Apply nodes, in no particular order that may be relied on."""
        return [n for n in self.net if isinstance(n, Apply)]

    # Theano's names
    @property
    def apply_nodes(self) -> set[Apply]:
        """All Apply nodes."""
        return set(self.nodes())

    @property
    def variables(self) -> set[Variable]:
        """All variables: those without owner, inputs that nobody reads too, and every output of a node."""
        return {x for n in self.net for x in (n.outputs if isinstance(n, Apply) else [n])} | self.given

    def clients(self, x: Variable) -> list[tuple[Any, int]]:
        """Where x is read: (node, position of the input), and ("output", position) where it is one of the graph's outputs."""
        return [*self.users(x), *(("output", position) for position in self._uses.get(x, ()))]

    def toposort(self) -> list[Apply]:
        """All Apply nodes, each after those it needs; the same order for equal graphs."""
        if self._order is None:
            self._order = toposort(self.outputs, self.inputs)
        return self._order.copy()

    def users(self, x: Variable) -> list[tuple[Apply, int]]:
        """Where x is read: (node, position of the input)."""
        place = x if x.owner is None or x.owner not in self.net else x.owner
        if place not in self.net:
            return []
        return [(node, i) for node in self.net.succ[place] for i, y in enumerate(node.inputs) if y is x]

    def is_output(self, x: Variable) -> bool:
        return bool(self._uses.get(x))

    def use_count(self, x: Variable) -> int:
        """How many inputs and outputs x stands for."""
        return len(self.users(x)) + len(self._uses.get(x, ()))

    def used_once(self, x: Variable) -> bool:
        """Whether `use_count` is 1; asked of what has thousands of users, this looks at two."""
        count = len(self._uses.get(x, ()))
        place = x if x.owner is None or x.owner not in self.net else x.owner
        for node in self.net.succ[place] if place in self.net else ():
            count += sum(y is x for y in node.inputs)
            if count > 1:
                return False
        return count == 1

    def near(self, nodes: Iterable[Apply]) -> set[Apply]:
        """Those of the nodes that are still here, their users, and the users of these: where a rule may see a change of them."""
        found = {node for node in nodes if node in self.net}
        for _ in range(2):
            found |= {user for node in found for user in self.net.succ[node]}
        return found

    # Changing ---------------------------------------------------------------------------------------------------------
    def replace(self, old: Variable, new: Variable, reason: str = "") -> None:
        """Let `new` (of the same dtype and number of dimensions) stand wherever `old` stood; what nobody needs any more goes."""
        self.replace_all([(old, new)], reason)

    def replace_all(self, pairs: Iterable[tuple[Variable, Variable]], reason: str = "") -> None:
        """Several replacements, of all outputs of one node say, as one change."""
        if reason:
            self.reason = reason
        dropped: list[Variable] = []
        for old, new in pairs:
            if old is new:
                continue
            check_types(old, new, self.reason)
            self._order = None
            readers = self.users(old)  # before what is new is there, which may read it too
            self._add(new, old.owner)
            if new.name is None and old.name is not None and new.owner is not None:
                new.name = old.name
            for node, position in readers:
                node.inputs[position] = new
                self.net.add_edge(self._source(new), node)
                if not any(y.owner is old.owner if old.owner is not None else y is old for y in node.inputs):
                    self.net.remove_edge(self._source(old), node)
                self.touched.add(node)
                if self.on_change is not None:
                    self.on_change(node)
                if self.tell is not None:
                    self.tell("on_change_input", node, position, old, new, self.reason)
            for position in self._uses.pop(old, ()):
                self.outputs[position] = new
                self._uses.setdefault(new, []).append(position)
                if self.tell is not None:
                    self.tell("on_change_input", "output", position, old, new, self.reason)
            dropped.append(old)
        for old in dropped:
            self._prune(old)

    def _source(self, x: Variable) -> Any:
        """The DiGraph's node that gives x; a variable without owner enters as it is first seen."""
        if x.owner is not None and x.owner in self.net:
            return x.owner
        if x not in self.net:
            self.net.add_node(x)
        return x

    def _enter(self, node: Apply) -> None:
        self.net.add_node(node)
        for x in node.inputs:
            self.net.add_edge(self._source(x), node)

    def _add(self, new: Variable, replaced: Apply | None) -> None:
        """Take in the nodes below `new` that are not here yet; they inherit the line and origin of what they replace."""
        if new.owner is None or new.owner in self.net or new in self.given:
            return
        stack = [new.owner]
        fresh: list[Apply] = []
        seen = {new.owner}
        while stack:
            node = stack.pop()
            fresh.append(node)
            for x in node.inputs:
                if x.owner is not None and x.owner not in seen and x.owner not in self.net and x not in self.given:
                    seen.add(x.owner)
                    stack.append(x.owner)
        for node in fresh:
            self.net.add_node(node)
        for node in fresh:
            for x in node.inputs:
                self.net.add_edge(self._source(x), node)
            if replaced is not None:
                self.origin.setdefault(node, self.origin.get(replaced, replaced))
                node.line = replaced.line
            self.touched.add(node)
            if self.on_change is not None:
                self.on_change(node)
            if self.tell is not None:
                self.tell("on_import", node, self.reason)

    def _prune(self, x: Variable) -> None:
        """Remove the node that gave x if nobody reads any of its outputs, and so on downwards."""
        stack = [x]
        while stack:
            y = stack.pop()
            place = y.owner if y.owner is not None and y.owner in self.net else y
            if place not in self.net or self.net.succ[place]:
                continue
            if isinstance(place, Apply):
                if any(self._uses.get(z) for z in place.outputs):
                    continue
                stack.extend(place.inputs)
                self.touched.update(y.owner for y in place.inputs if y.owner is not None)
                self.origin.pop(place, None)
                self.net.remove_node(place)
                if self.on_remove is not None:
                    self.on_remove(place)
                if self.tell is not None:
                    self.tell("on_prune", place, self.reason)
            elif not self._uses.get(place):
                self.net.remove_node(place)

    # Checking ---------------------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Raise InconsistencyError if edges and inputs differ, an edge is missing, the order kept is not that of now, or there is a circle."""
        for node in self.nodes():
            sources = {self._source(x) for x in node.inputs}
            if sources != set(self.net.pred[node]):
                raise InconsistencyError(f"after {self.reason}: the edges into {node} are not those of its inputs")
        if self._order is not None and self._order != toposort(self.outputs, self.inputs):
            raise InconsistencyError(f"after {self.reason}: the order of the nodes is not that of the graph")
        if not networkx.is_directed_acyclic_graph(self.net):
            raise InconsistencyError(f"after {self.reason}: the graph has a circle")


def check_types(old: Any, new: Any, reason: str) -> None:
    """The same dtype and number of dimensions, and size 1 wherever `old` is known to have it: readers may repeat it there."""
    a, b = old.type, new.type
    if a is b or a == b:
        return
    fits = getattr(a, "dtype", a) == getattr(b, "dtype", b) and getattr(a, "ndim", 0) == getattr(b, "ndim", 0)
    if not fits or any(m == 1 and n != 1 for m, n in zip(getattr(a, "shape", ()), getattr(b, "shape", ()))):
        raise InconsistencyError(f"{reason or 'a rewrite'} wants to put {new} of type {b} in the place of {old} of type {a}")
