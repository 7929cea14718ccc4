"""Features: observers of a FunctionGraph. Each method that a feature has is called when that happens; see `Feature`."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.functiongraph import AlreadyThere, FunctionGraph, ReplacementDidntRemovedError

__all__ = [
    "AlreadyThere", "Bookkeeper", "Feature", "History", "NoOutputFromInplace", "NodeFinder", "PreserveNames", "PreserveVariableAttributes",
    "PrintListener", "ReplaceValidate", "ReplacementDidntRemovedError", "Validator",
]


class Feature:
    """What a feature may say. It is attached by ``fgraph.attach_feature(feature)``.

    >>> import symgraph.tensor as T
    >>> class Counter(Feature):
    ...     changes = 0
    ...     def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
    ...         self.changes += 1
    >>> x = T.dscalar('x')
    >>> counter = Counter()
    >>> graph = FunctionGraph([x], [T.exp(x) + x], features=[counter], clone=False)
    >>> graph.replace(x, 2 * x), counter.changes
    (None, 2)
    """

    def on_attach(self, fgraph: FunctionGraph) -> None:
        """It is being attached. It may give the graph attributes; it raises AlreadyThere if the graph has one of its kind."""

    def on_detach(self, fgraph: FunctionGraph) -> None:
        """It is being removed."""

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        """A node has come into the graph."""

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        """A node has left the graph."""

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        """Input i of a node was r and is new_r; node is "output" for output i of the graph."""

    def orderings(self, fgraph: FunctionGraph) -> dict[Apply, list[Apply]]:
        """Nodes that must run before others, beside what the inputs of a node say: node -> list of nodes."""
        return {}


class Bookkeeper(Feature):
    """A feature that is told of the nodes that are there as it is attached and detached, as if they came and went then."""

    def on_attach(self, fgraph: FunctionGraph) -> None:
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph: FunctionGraph) -> None:
        for node in fgraph.toposort():
            self.on_prune(fgraph, node, "on_detach")


class History(Feature):
    """Takes changes back: ``here = fgraph.checkpoint()``, and later ``fgraph.revert(here)``."""

    def __init__(self) -> None:
        self.history: dict[Any, list[tuple[Any, int, Variable, Any]]] = {}
        self.reverting = False

    def on_attach(self, fgraph: Any) -> None:
        if hasattr(fgraph, "checkpoint"):
            raise AlreadyThere("the graph has a History already")
        self.history[fgraph] = []
        fgraph.checkpoint = lambda: len(self.history[fgraph])
        fgraph.revert = lambda checkpoint: self.revert(fgraph, checkpoint)

    def on_detach(self, fgraph: Any) -> None:
        del fgraph.checkpoint, fgraph.revert, self.history[fgraph]

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        if not self.reverting:
            self.history[fgraph].append((node, i, r, reason))

    def revert(self, fgraph: FunctionGraph, checkpoint: int) -> None:
        """Take back all changes since the checkpoint, the last first."""
        self.reverting = True
        try:
            while len(self.history[fgraph]) > checkpoint:
                node, i, r, reason = self.history[fgraph].pop()
                fgraph.change_input(node, i, r, f"revert of {reason}")
        finally:
            self.reverting = False


class Validator(Feature):
    """Of use in Theano, where graphs could not be validated without it: here `fgraph.validate()` and `fgraph.consistent()` always can."""


class ReplaceValidate(History, Validator):
    """A History; `fgraph.replace_validate` and its kin are always there."""


class NodeFinder(Bookkeeper):
    """Finds nodes by their op: ``fgraph.get_nodes(op)``."""

    def __init__(self) -> None:
        self.found: dict[Any, list[Apply]] = {}
        self.graph: Any = None

    def on_attach(self, fgraph: Any) -> None:
        if self.graph is not None:
            raise ValueError("a NodeFinder can be attached to one graph at a time")
        if hasattr(fgraph, "get_nodes"):
            raise AlreadyThere("the graph has a NodeFinder already")
        self.graph = fgraph
        fgraph.get_nodes = lambda op: self.query(fgraph, op)
        super().on_attach(fgraph)

    def on_detach(self, fgraph: Any) -> None:
        super().on_detach(fgraph)
        del fgraph.get_nodes
        self.graph = None

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self.found.setdefault(node.op, []).append(node)

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self.found[node.op].remove(node)

    def query(self, fgraph: FunctionGraph, op: Any) -> list[Apply]:
        """The nodes whose op is `op`, each after those it needs."""
        here = set(self.found.get(op, ()))
        return [node for node in fgraph.toposort() if node in here]


class PrintListener(Feature):
    """Prints what happens to a graph; active: whether it does."""

    def __init__(self, active: bool = True) -> None:
        self.active = active

    def _say(self, *words: Any) -> None:
        if self.active:
            print("--", *words)

    def on_attach(self, fgraph: FunctionGraph) -> None:
        self._say("attaching to:", fgraph)

    def on_detach(self, fgraph: FunctionGraph) -> None:
        self._say("detaching from:", fgraph)

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self._say(f"importing: {node}, reason: {reason}")

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self._say(f"pruning: {node}, reason: {reason}")

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        self._say(f"changing ({node}.inputs[{i}]) from {r} to {new_r}")


class PreserveNames(Feature):
    """What replaces a variable with a name gets that name, if it has none."""

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        if r.name is not None and new_r.name is None:
            new_r.name = r.name


class PreserveVariableAttributes(PreserveNames):
    """As `PreserveNames`, and what is attached to the variable (`tag`) too."""

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        super().on_change_input(fgraph, node, i, r, new_r, reason)
        if r._tag is not None and new_r._tag is None:
            new_r.tag.__dict__.update(r.tag.__dict__)


class NoOutputFromInplace(Feature):
    """Objects, in Theano, to outputs that overwrite something. Here no output of a function does, so it never has to."""

    def __init__(self, first_output_idx: int = 0, last_output_idx: int | None = None) -> None:
        self.first_output_idx, self.last_output_idx = first_output_idx, last_output_idx
