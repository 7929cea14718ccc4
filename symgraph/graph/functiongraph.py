"""FunctionGraph: a Graph in Theano's words, for those who look at one, change it, or write rewrites of whole graphs.

A compiled function has one (`f.maker.fgraph`), rewrites of the user's own get one, and anybody may make one of an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symgraph.errors import InconsistencyError, MissingInputError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.copies import clone, clone_get_equiv
from symgraph.graph.graph import Graph, check_types
from symgraph.graph.text import as_string

__all__ = ["AlreadyThere", "FunctionGraph", "ReplacementDidntRemovedError", "ShapeFeature"]


class AlreadyThere(Exception):
    """Raised by `on_attach` of a feature that the graph has already; it is not attached again."""


class ReplacementDidntRemovedError(Exception):
    """A node that a replacement should have made superfluous is still there."""


class FunctionGraph(Graph):
    """The nodes between `inputs` and `outputs`.

    clone: True: of copies of inputs and nodes; False: of these themselves, so that a change of the graph changes the expression.
    features: observers (symgraph/graph/features.py). update_mapping: kept for those who look for it.

    >>> import symgraph.tensor as T
    >>> x, y = T.dscalars('x', 'y')
    >>> graph = FunctionGraph([x, y], [T.exp(x) + y], clone=False)
    >>> [str(node.op) for node in graph.toposort()], graph.clients(x)
    (['exp', 'add'], [(exp(x), 0)])
    >>> graph.replace(graph.outputs[0].owner.inputs[0], x * 2)
    >>> graph
    FunctionGraph(add(mul(x, TensorConstant{2}), y))
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable], features: Iterable[Any] | None = None, clone: bool = True,
                 update_mapping: Any = None) -> None:
        if clone:
            inputs, outputs = _cloned(inputs, outputs)
        self._features: list[Any] = []
        super().__init__(inputs, outputs, copy=False)
        self.tell = self._tell
        self.update_mapping = update_mapping
        missing = [x for x in self.variables if x.owner is None and x not in self.given and not hasattr(x, "data") and not hasattr(x, "container")]
        if missing:
            raise _missing(missing)
        self.mark()
        for feature in features or ():
            self.attach_feature(feature)

    @classmethod
    def of_copies(cls, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> FunctionGraph:
        """Of copies of the nodes, but of the inputs themselves: what passes work on."""
        made = cls.__new__(cls)
        made._features, made.update_mapping = [], None
        Graph.__init__(made, inputs, outputs)
        made.tell = made._tell
        return made

    def mark(self) -> FunctionGraph:
        """Let its variables know it, as `x.fgraph`, from now on."""
        for x in self.variables:
            x.__dict__["_fgraph"] = self
        return self

    # Reading ----------------------------------------------------------------------------------------------------------
    @property
    def shape_feature(self) -> ShapeFeature:
        """What Theano's rewrites ask for the shapes of variables."""
        return ShapeFeature()

    def orderings(self) -> dict[Apply, list[Apply]]:
        """What features say of the order of nodes: node -> nodes that come before it."""
        found: dict[Apply, list[Apply]] = {}
        for told in self.collect_callbacks("orderings").values():
            for node, before in (told or {}).items():
                found.setdefault(node, []).extend(before)
        return found

    def has_feature(self, feature: Any) -> bool:
        """Whether the feature is attached."""
        return any(feature is one for one in self._features)

    def clone(self, check_integrity: bool = True) -> FunctionGraph:
        """A copy, with copies of inputs and nodes; features are not attached to it."""
        return FunctionGraph(self.inputs, self.outputs, update_mapping=self.update_mapping)

    def clone_get_equiv(self, check_integrity: bool = True, attach_feature: bool = True) -> tuple[FunctionGraph, dict[Any, Any]]:
        """A copy, and what in it stands for each variable and node of this one."""
        same = clone_get_equiv(self.inputs, self.outputs)
        made = FunctionGraph([same[x] for x in self.inputs], [same[x] for x in self.outputs], clone=False, update_mapping=self.update_mapping)
        for feature in self._features if attach_feature else ():
            made.attach_feature(feature)
        return made, same

    def __str__(self) -> str:
        return f"[{', '.join(as_string(self.inputs, self.outputs))}]"

    def __repr__(self) -> str:
        return f"FunctionGraph({str(self)[1:-1]})"

    # Changing ---------------------------------------------------------------------------------------------------------
    def replace(self, r: Variable, new_r: Variable, reason: Any = None, verbose: Any = None) -> None:
        """Let `new_r` stand wherever `r` stood; nothing happens if r is not in the graph. InconsistencyError (a ValueError): another dtype,
        number of dimensions, or a dimension of size 1 that the new one is not known to have."""
        self.replace_all([(r, new_r)], reason)

    def replace_all(self, pairs: Iterable[tuple[Variable, Variable]], reason: Any = None) -> None:
        """Several replacements as one change."""
        here = [(old, new) for old, new in pairs if old in self.net or old.owner in self.net]
        for _, new in here:
            if not isinstance(new, Variable):
                raise TypeError(f"{reason or 'a replacement'} wants to put {new!r}, which is no variable, into a graph")
        super().replace_all(here, str(reason or ""))

    def replace_validate(self, r: Variable, new_r: Variable, reason: Any = None) -> None:
        """`replace`, taken back if a feature's `validate` raises."""
        self.replace_all_validate([(r, new_r)], reason)

    def replace_all_validate(self, replacements: Iterable[tuple[Variable, Variable]], reason: Any = None) -> None:
        """`replace_all`, taken back if a feature's `validate` raises."""
        changes: list[tuple[Any, int, Variable]] = []
        recorder = _Recorder(changes)
        self._features.append(recorder)
        try:
            self.replace_all(list(replacements), reason)
            self._features.remove(recorder)
            self.validate()
        except Exception:
            if recorder in self._features:
                self._features.remove(recorder)
            for node, position, old in reversed(changes):
                self.change_input(node, position, old, "revert")
            raise

    def replace_all_validate_remove(self, replacements: Iterable[tuple[Variable, Variable]], remove: Iterable[Apply], reason: Any = None,
                                    warn: bool = True) -> None:
        """`replace_all_validate`; ReplacementDidntRemovedError, and nothing is changed, if one of the nodes `remove` is still there."""
        checker = _Gone(list(remove))
        self._features.append(checker)
        try:
            self.replace_all_validate(replacements, reason)
        finally:
            self._features.remove(checker)

    def change_input(self, node: Any, i: int, new_r: Variable, reason: Any = None) -> None:
        """Let input `i` of a node be another variable; node "output": output i of the graph."""
        output = isinstance(node, str)
        old = self.outputs[i] if output else node.inputs[i]
        if old is new_r:
            return
        self.reason = str(reason or "")
        check_types(old, new_r, self.reason)
        self._order = None
        self._add(new_r, old.owner)
        if output:
            self.outputs[i] = new_r
            self._uses[old].remove(i)
            self._uses.setdefault(new_r, []).append(i)
            self._source(new_r)
        else:
            node.inputs[i] = new_r
            self.net.add_edge(self._source(new_r), node)
            if not any(self._source(x) is self._source(old) for x in node.inputs):
                self.net.remove_edge(self._source(old), node)
            self.touched.add(node)
            if self.on_change is not None:
                self.on_change(node)
        if self.tell is not None:
            self.tell("on_change_input", node, i, old, new_r, reason)
        self._prune(old)

    def add_input(self, input: Variable) -> None:
        """One more input, at the end."""
        if input not in self.given:
            self.inputs.append(input)
            self.given.add(input)
            self._order = None
            input.__dict__["_fgraph"] = self

    def disown(self) -> None:
        """Let its variables belong to no graph any more."""
        for feature in list(self._features):
            self.remove_feature(feature)
        for x in self.variables:
            x.__dict__.pop("_fgraph", None)

    # Checking ---------------------------------------------------------------------------------------------------------
    def validate(self) -> None:
        """What features have to say against the graph as it is: their `validate(fgraph)` raises."""
        self.execute_callbacks("validate")

    def consistent(self) -> bool:
        """Whether `validate` raises nothing."""
        try:
            self.validate()
        except InconsistencyError:
            return False
        return True

    def check_integrity(self) -> None:
        """Raise InconsistencyError if the graph does not hold together."""
        self.check()

    # Features ---------------------------------------------------------------------------------------------------------
    def attach_feature(self, feature: Any) -> None:
        """Let a feature be told of changes; its `on_attach(fgraph)` is called first. One that is attached already stays so."""
        if self.has_feature(feature):
            return
        try:
            if hasattr(feature, "on_attach"):
                feature.on_attach(self)
        except AlreadyThere:
            return
        self._features.append(feature)

    def remove_feature(self, feature: Any) -> None:
        """Tell a feature nothing any more; its `on_detach(fgraph)` is called."""
        if not self.has_feature(feature):
            return
        self._features = [one for one in self._features if one is not feature]
        if hasattr(feature, "on_detach"):
            feature.on_detach(self)

    def execute_callbacks(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Call a method of every feature that has it, with the graph and these arguments."""
        for feature in list(self._features):
            method = getattr(feature, name, None)
            if method is not None:
                method(self, *args, **kwargs)

    def collect_callbacks(self, name: str, *args: Any) -> dict[Any, Any]:
        """Likewise, and give what each returned."""
        return {feature: getattr(feature, name)(self, *args) for feature in self._features if hasattr(feature, name)}

    def _tell(self, event: str, *what: Any) -> None:
        if event == "on_import":
            for x in (*what[0].inputs, *what[0].outputs):
                x.__dict__["_fgraph"] = self
        elif event == "on_prune":
            for x in what[0].outputs:
                x.__dict__.pop("_fgraph", None)
        if self._features:
            self.execute_callbacks(event, *what)


class ShapeFeature:
    """Shapes of variables as expressions, under the names of the feature of Theano's that rewrites ask for them."""

    @property
    def shape_of(self) -> ShapeFeature:
        """Indexed by a variable, its sizes."""
        return self

    def __getitem__(self, x: Any) -> tuple[Any, ...]:
        return tuple(x.shape[axis] for axis in range(x.ndim))

    def get_shape(self, var: Any, idx: int) -> Any:
        """One size of a variable."""
        return self[var][idx]

    def same_shape(self, x: Any, y: Any, dim_x: int | None = None, dim_y: int | None = None) -> bool:
        """Whether two variables, or one dimension of each, are known to have the same size."""
        first = x.type.shape if dim_x is None else (x.type.shape[dim_x],)
        second = y.type.shape if dim_y is None else (y.type.shape[dim_y],)
        return x is y or (len(first) == len(second) and all(a is not None and a == b for a, b in zip(first, second)))


class _Recorder:
    """Notes every change, so that it can be taken back."""

    def __init__(self, changes: list[tuple[Any, int, Variable]]) -> None:
        self.changes = changes

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Variable, new_r: Variable, reason: Any = None) -> None:
        self.changes.append((node, i, r))


class _Gone:
    """Objects to a graph that still has one of some nodes."""

    def __init__(self, nodes: list[Apply]) -> None:
        self.nodes = nodes

    def validate(self, fgraph: FunctionGraph) -> None:
        for node in self.nodes:
            if node in fgraph:
                raise ReplacementDidntRemovedError(f"{node} is still in the graph")


def _cloned(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> tuple[list[Any], list[Any]]:
    return clone(list(inputs), list(outputs), copy_orphans=False)


def _missing(leaves: list[Variable]) -> Exception:
    return MissingInputError(f"the graph needs {', '.join(map(str, leaves))}, which is not among its inputs")
