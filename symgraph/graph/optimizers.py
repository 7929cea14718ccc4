"""Rewrites of whole graphs, as Theano has them: an Optimizer changes a FunctionGraph in place; several make up another.

Those of nodes (`local_optimizer`, `LocalOptimizer`, `PatternSub`) become one of graphs by `out2in`, `in2out` (once over the nodes) or
`EquilibriumOptimizer` (until nothing changes).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from symgraph.errors import OptimizationError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rules, attempt
from symgraph.graph.rule import Rule, as_rule

__all__ = [
    "EquilibriumOptimizer", "FromFunctionOptimizer", "LocalOptGroup", "NavigatorOptimizer", "Optimizer", "SeqOptimizer", "TopoOptimizer",
    "copy_stack_trace", "in2out", "inplace_optimizer", "optimizer", "out2in", "run_optimizer",
]


class Optimizer:
    """A rewrite of a graph. A subclass says `apply(fgraph)`, which changes the graph by `fgraph.replace` and its kin.

    >>> import symgraph.tensor as T
    >>> from symgraph.graph import FunctionGraph
    >>> class NoExp(Optimizer):
    ...     def apply(self, fgraph):
    ...         for node in fgraph.toposort():
    ...             if node.op == T.exp:
    ...                 fgraph.replace(node.outputs[0], node.inputs[0], reason='no exp')
    >>> x = T.dscalar('x')
    >>> graph = FunctionGraph([x], [T.exp(x) * 2], clone=False)
    >>> NoExp().optimize(graph)
    >>> graph
    FunctionGraph(mul(x, TensorConstant{2}))
    """

    name: str | None = None

    def apply(self, fgraph: Any) -> Any:
        """Change the graph in place."""
        raise NotImplementedError(f"{type(self).__name__} must define apply(fgraph)")

    def add_requirements(self, fgraph: Any) -> None:
        """Attach to the graph what the rewrite needs there; called before `apply`."""

    def optimize(self, fgraph: Any, *args: Any, **kwargs: Any) -> Any:
        """`add_requirements`, then `apply`."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: Any) -> Any:
        return self.optimize(fgraph)

    def __str__(self) -> str:
        return self.name or type(self).__name__

    def __repr__(self) -> str:
        return f"<optimizer {self}>"


class FromFunctionOptimizer(Optimizer):
    """An Optimizer whose `apply` is a function of the graph."""

    def __init__(self, function: Callable[[Any], Any], requirements: Sequence[Callable[[Any], None]] = ()) -> None:
        self.function, self.requirements = function, tuple(requirements)
        self.name = self.__name__ = getattr(function, "__name__", "function")
        self.__doc__ = function.__doc__

    def apply(self, fgraph: Any) -> Any:
        return self.function(fgraph)

    def add_requirements(self, fgraph: Any) -> None:
        for require in self.requirements:
            require(fgraph)


def optimizer(f: Callable[[Any], Any]) -> FromFunctionOptimizer:
    """Decorator that makes an Optimizer of a function of a graph.

    >>> @optimizer
    ... def look(fgraph):
    ...     print(len(fgraph.toposort()), 'nodes')
    >>> look
    <optimizer look>
    """
    return FromFunctionOptimizer(f)


inplace_optimizer = optimizer  # what is overwritten is planned below the graph


def run_optimizer(graph: Any, one: Any, name: str = "") -> Counter[str]:
    """Run an Optimizer over a graph; how often it changed something: by its rules, where it counts them, else by its own name or this one."""
    changes = [0]
    before = graph.tell

    def tell(event: str, *what: Any) -> None:
        changes[0] += event == "on_change_input"
        if before is not None:
            before(event, *what)

    graph.tell = tell
    Variable.graph_at_work, at_work = graph, Variable.graph_at_work
    try:
        found = one.optimize(graph)
    finally:
        graph.tell, Variable.graph_at_work = before, at_work
    if isinstance(found, Counter):
        return found
    return Counter({name or getattr(one, "name", None) or type(one).__name__: changes[0]} if changes[0] else {})


class SeqOptimizer(Optimizer, list):  # type: ignore[type-arg]
    """Several Optimizers, one after another: ``SeqOptimizer(first, second)``, or of a list of them."""

    def __init__(self, *opts: Any, **options: Any) -> None:
        given = opts[0] if len(opts) == 1 and isinstance(opts[0], (list, tuple)) else opts
        list.__init__(self, given)
        self.name = options.get("name")

    def apply(self, fgraph: Any) -> Counter[str]:
        fired: Counter[str] = Counter()
        for one in self:
            fired += run_optimizer(fgraph, one)
        return fired

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class LocalOptGroup(Rule):
    """Several rewrites of nodes as one: the first that has something for a node is taken; with apply_all_opts=True, what that gives is
    rewritten further."""

    def __init__(self, *optimizers: Any, **options: Any) -> None:
        given = optimizers[0] if len(optimizers) == 1 and isinstance(optimizers[0], list) else optimizers
        self.opts = [as_rule(one) for one in given]
        self.apply_all_opts = bool(options.get("apply_all_opts"))
        roots = tuple(dict.fromkeys(root for one in self.opts for root in one.roots)) if all(None not in one.roots for one in self.opts) else (None,)
        super().__init__(self._first, roots, options.get("name") or "+".join(one.name for one in self.opts) or "group")

    __slots__ = ("apply_all_opts", "opts")

    def _first(self, graph: Any, node: Apply) -> Any:
        result: list[Any] | None = None
        while True:
            tried = (attempt(one, graph, node) for one in self.opts if _starts_at(one, node))
            found = next((one for one in tried if one is not None), None)
            result = result if found is None else found
            if found is None or not self.apply_all_opts or found[0] is None or found[0].owner is None or len(found) > 1:
                return result
            node = found[0].owner


def _starts_at(one: Rule, node: Apply) -> bool:
    """Whether a rule is tried at a node."""
    op = node.op
    names = {getattr(op, "name", None)} if hasattr(op, "row") else set()
    return any(root is None or root in names or (isinstance(root, type) and isinstance(op, root)) for root in one.roots)


class NavigatorOptimizer(Optimizer):
    """A rewrite of nodes that is tried once at every node. ignore_newtrees: not at nodes that it made itself."""

    def __init__(self, local_opt: Any, ignore_newtrees: Any = True, failure_callback: Any = None, name: str | None = None) -> None:
        self.local_opt = as_rule(local_opt)
        self.ignore_newtrees = ignore_newtrees
        self.name = name or self.local_opt.name
        self.order = "in_to_out"

    @staticmethod
    def warn(*what: Any) -> None:
        """Theano's name for what may stand as `failure_callback`: here the setting on_opt_error says what is done about a rewrite that fails."""

    warn_inplace = warn_ignore = warn

    def apply(self, fgraph: Graph) -> Counter[str]:
        """Try it at every node in order."""
        fired: Counter[str] = Counter()
        one = self.local_opt
        waiting = deque(fgraph.toposort())
        following = waiting.pop if self.order == "out_to_in" else waiting.popleft
        limit = 30 * len(waiting) + 1000
        outer = fgraph.tell

        def tell(event: str, *what: Any) -> None:
            if event == "on_import" and not self.ignore_newtrees:
                waiting.append(what[0])
            if outer is not None:
                outer(event, *what)

        fgraph.tell = tell
        try:
            while waiting:
                node = following()
                if node not in fgraph or not _starts_at(one, node):
                    continue
                new = attempt(one, fgraph, node)
                if new is None:
                    continue
                fired[one.name] += 1
                if fired.total() > limit:
                    raise OptimizationError(f"{self} runs in a circle: {one.name} fired {limit} times", line=node.line)
                fgraph.replace_all([(a, b) for a, b in zip(node.outputs, new) if b is not None], f"rule {one.name}")
        finally:
            fgraph.tell = outer
        return fired


class TopoOptimizer(NavigatorOptimizer):
    """A rewrite of nodes, tried at every node from the inputs to the outputs, or ('out_to_in') the other way.

    ValueError for another order.
    """

    def __init__(self, local_opt: Any, order: str = "in_to_out", ignore_newtrees: bool = False, failure_callback: Any = None,
                 name: str | None = None) -> None:
        if order not in ("in_to_out", "out_to_in"):
            raise ValueError(f"order must be 'in_to_out' or 'out_to_in', got {order!r}")
        super().__init__(local_opt, ignore_newtrees, failure_callback, name)
        self.order = order


def in2out(*local_opts: Any, **options: Any) -> TopoOptimizer:
    """Rewrites of nodes (local_opts) as one of graphs: tried once at every node, from the inputs on, and at those that come of it (unless
    ignore_newtrees). name: for counts and messages."""
    return _over_nodes("in_to_out", local_opts, options)


def out2in(*local_opts: Any, **options: Any) -> TopoOptimizer:
    """Rewrites of nodes as one of graphs: tried once at every node, from the outputs on.

    >>> import symgraph.tensor as T
    >>> from symgraph.graph import FunctionGraph, local_optimizer
    >>> @local_optimizer([T.exp])
    ... def no_exp(node):
    ...     return [node.inputs[0]]
    >>> x = T.dscalar('x')
    >>> graph = FunctionGraph([x], [T.exp(T.exp(x))], clone=False)
    >>> out2in(no_exp).optimize(graph), graph
    (Counter({'no_exp': 2}), FunctionGraph(x))
    """
    return _over_nodes("out_to_in", local_opts, options)


def _over_nodes(order: str, local_opts: Sequence[Any], options: dict[str, Any]) -> TopoOptimizer:
    if not local_opts:
        raise ValueError("at least one rewrite of nodes is wanted")
    one = as_rule(local_opts[0]) if len(local_opts) == 1 else LocalOptGroup(*local_opts)
    return TopoOptimizer(one, order, options.get("ignore_newtrees", False), None, options.get("name"))


class EquilibriumOptimizer(Optimizer):
    """Rewrites of nodes and of graphs, over and over until none of them changes anything.

    max_use_ratio: OptimizationError, naming the rewrite, once one has fired so many times as there are nodes (and 1000 times beside): they
    run in a circle.
    """

    def __init__(self, optimizers: Sequence[Any], failure_callback: Any = None, ignore_newtrees: bool = True, tracks_on_change_inputs: bool = False,
                 max_use_ratio: float | None = None, final_optimizers: Sequence[Any] | None = None, cleanup_optimizers: Sequence[Any] | None = None,
                 name: str | None = None) -> None:
        self.optimizers = list(optimizers)
        self.last = [*(final_optimizers or ()), *(cleanup_optimizers or ())]
        self.max_use_ratio = max_use_ratio
        self.name = name

    def apply(self, fgraph: Any) -> Counter[str]:
        local = [as_rule(one) for one in self.optimizers if not hasattr(one, "optimize")]
        whole = [one for one in self.optimizers if hasattr(one, "optimize")]
        rules = Rules(str(self), local)
        rules.ratio = self.max_use_ratio
        fired: Counter[str] = Counter()
        limit = 30 * len(fgraph.toposort()) + 1000
        while True:
            changed = Counter(rules(fgraph)) if local else Counter()
            fgraph.settled = frozenset()  # what they left at rest, rewrites of the graph may stir
            for one in whole:
                changed += run_optimizer(fgraph, one)
            fired += changed
            if fired.total() > limit:
                raise OptimizationError(f"{self} runs in a circle: {fired.most_common(1)[0][0]} fired {fired.most_common(1)[0][1]} times")
            if not changed or not whole:
                break
        for one in self.last:
            fired += run_optimizer(fgraph, one if hasattr(one, "optimize") else in2out(one))
        return fired


def copy_stack_trace(from_var: Any, to_var: Any) -> Any:
    """Let a variable (or each of a list) have the user's line of another, for messages; returns it."""
    first = from_var[0] if isinstance(from_var, (list, tuple)) else from_var
    line = first.owner.line if first.owner is not None else first.line
    for x in to_var if isinstance(to_var, (list, tuple)) else [to_var]:
        (x if x.owner is None else x.owner).line = line
    return to_var
