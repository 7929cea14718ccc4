"""`optdb`: the database of rewrites that every function goes through, in which programs register their own; and what a mode takes of it.

The passes of symgraph stand in one list (symgraph/passes/pipeline.py), not here. What is registered here runs between them, where its position
says: Theano's positions are 1 for what is meant in one form, 1.5 for stability, 2 for special cases, 3 for the way back, 49 and more for the
end. Rewrites of nodes run in the bodies of loops too, those of graphs on the graph of the function alone.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from symgraph.compile.modes import Mode, predefined_optimizers
from symgraph.graph.database import EquilibriumDB, Query, SequenceDB
from symgraph.graph.optimizers import Optimizer, run_optimizer
from symgraph.graph.rewrite import Rules
from symgraph.graph.rule import Rule, as_rule
from symgraph.passes.merge import merge
from symgraph.passes.pipeline import Pass, optimise
from symgraph.printing.tree import debugprint

__all__ = [
    "AddDestroyHandler", "MergeOptimizer", "OPT_FAST_COMPILE", "OPT_FAST_RUN", "OPT_FAST_RUN_STABLE", "OPT_MERGE", "OPT_NONE", "OPT_O2", "OPT_O3",
    "OPT_STABILIZE", "OPT_UNSAFE", "Pipeline", "PrintCurrentFunctionGraph", "optdb", "passes_for", "register_canonicalize", "register_optimizer",
    "register_specialize", "register_specialize_device", "register_stabilize", "register_uncanonicalize", "register_useless",
]

_STATIONS = {"canonicalize": 1.0, "stabilize": 1.5, "specialize": 2.0, "uncanonicalize": 3.0, "specialize_device": 48.6}
_LEVEL_TAGS = {"none": [], "fast_compile": ["fast_compile"], "fast_run": ["fast_run"]}


class Pipeline(Optimizer):
    """The passes of a mode, and what is registered for it, as one Optimizer."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.name = f"passes of {mode}"

    def apply(self, fgraph: Any) -> Counter[str]:
        fired: Counter[str] = Counter()
        for _, counted, _ in optimise(fgraph, self.mode, passes_for(self.mode)):
            fired += counted
        return fired


class OptDB(SequenceDB):
    """The SequenceDB `optdb`. What a query gives has our own passes too."""

    def _made(self, query: Query) -> Any:
        return Pipeline(Mode("py", query))


class AddDestroyHandler(Optimizer):
    """In Theano it lets rewrites overwrite inputs: here that is planned below the graph, and this does nothing."""

    def apply(self, fgraph: Any) -> None:
        """Nothing."""


class MergeOptimizer(Optimizer):
    """Equal computations once."""

    name = "MergeOptimizer"

    def apply(self, fgraph: Any) -> Counter[str]:
        return merge(fgraph)


class PrintCurrentFunctionGraph(Optimizer):
    """Prints the graph as it is, under a header."""

    def __init__(self, header: str) -> None:
        self.header = header

    def apply(self, fgraph: Any) -> None:
        print("PrintCurrentFunctionGraph:", self.header)
        debugprint(fgraph.outputs)


optdb = OptDB()
for _name, _position in _STATIONS.items():
    optdb.register(_name, EquilibriumDB(), _position, "fast_run", "fast_compile")


def _named_query(name: str, **words: Any) -> Query:
    return Query(name=name, **words)


OPT_NONE = _named_query("OPT_NONE", include=[])
OPT_MERGE = _named_query("OPT_MERGE", include=["merge"])
OPT_FAST_RUN = _named_query("OPT_FAST_RUN", include=["fast_run"])
OPT_FAST_RUN_STABLE = _named_query("OPT_FAST_RUN_STABLE", include=["fast_run"], require=["stable"])
OPT_FAST_COMPILE = _named_query("OPT_FAST_COMPILE", include=["fast_compile"])
OPT_STABILIZE = _named_query("OPT_STABILIZE", include=["fast_run"], position_cutoff=1.5000001)
OPT_O2 = _named_query("OPT_O2", include=["fast_compile", "fusion"])
OPT_O3 = _named_query("OPT_O3", include=["fast_run"], exclude=["inplace"])
OPT_UNSAFE = _named_query("OPT_UNSAFE", include=["fast_run", "unsafe"], exclude=["inplace"])


def passes_for(mode: Mode) -> list[tuple[float, Pass]]:
    """What a mode takes of `optdb`, and the rewrites of graphs that it brings itself: (position, pass)."""
    found: list[tuple[float, Pass]] = []
    query = Query([*_LEVEL_TAGS[mode.optimizer], *mode.included], mode.required, mode.excluded)
    for one in optdb.chosen(query):
        if one.name in _STATIONS:
            found += _of_station(one.name, one.position, one.object, query)
        else:
            found.append((one.position, _pass(one.name, one.object if not hasattr(one.object, "query") else one.object.query(query))))
    found += [(position, _pass(getattr(one, "name", None) or type(one).__name__, one)) for one, position in mode.rewrites]
    return sorted(found, key=lambda pair: pair[0])


def _of_station(name: str, position: float, db: EquilibriumDB, query: Query) -> list[tuple[float, Pass]]:
    """The rewrites of nodes of a station in one pass, those of graphs in one each. Of "canonicalize" they run before the rules of our own, which
    know the expression as it was written, and after them."""
    entries = db.chosen(query)
    local = [_renamed(one.object, one.name) for one in entries if not hasattr(one.object, "optimize")]
    passes = [(position, Pass(name, Rules(name, local), frozenset()))] if local else []
    if local and name == "canonicalize":
        passes.append((position + 0.4, passes[0][1]))
    return passes + [(position, _pass(one.name, one.object)) for one in entries if hasattr(one.object, "optimize")]


def _renamed(given: Any, name: str) -> Rule:
    """A rewrite of nodes as a Rule that counts under the name by which it was registered."""
    one = as_rule(given)
    return one if one.name == name else Rule(one.apply, one.roots, name, one.tags, derived=one.derived)


def _pass(name: str, one: Any) -> Pass:
    if not hasattr(one, "optimize"):
        return Pass(name, Rules(name, [_renamed(one, name)]), frozenset())
    return Pass(name, partial(_run_named, one, name), frozenset(), bodies=False)


def _run_named(one: Any, name: str, graph: Any) -> Counter[str]:
    fired = run_optimizer(graph, one, name)
    graph.settled = frozenset()
    return fired


def _register(station: str, lopt: Any, tags: tuple[str, ...], options: dict[str, Any]) -> Any:
    if isinstance(lopt, str):  # tags alone: a decorator
        return lambda inner: _register(station, inner, (lopt, *tags), options)
    name = options.get("name") or getattr(lopt, "__name__", None) or getattr(lopt, "name", None) or type(lopt).__name__
    optdb[station].register(name, lopt, "fast_run", *tags, **{key: value for key, value in options.items() if key != "name"})
    return lopt


def register_canonicalize(lopt: Any, *tags: str, **options: Any) -> Any:
    """Let a rewrite of nodes run in every function from now on, beside the rules that bring an expression into one form. A decorator, with
    or without tags; of modes with fewer passes those take it that have one of its tags, or include its name.

    Returns the rewrite. name: another name than its own. TypeError: it is none; ValueError: the name is taken.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> from symgraph.graph import local_optimizer
    >>> @register_canonicalize('fast_compile')
    ... @local_optimizer([T.sin])
    ... def local_small_angle(node):
    ...     return [node.inputs[0]]
    >>> x = T.dscalar('x')
    >>> f = symgraph.function([x], T.sin(x))
    >>> optdb['canonicalize'].remove('local_small_angle')  # for the sake of other examples
    >>> f(0.5), f.profile.rules['local_small_angle']
    (array(0.5), 1)
    """
    return _register("canonicalize", lopt, tags, options)


def register_useless(lopt: Any, *tags: str, **options: Any) -> Any:
    """As `register_canonicalize`: for what is taken away."""
    return _register("canonicalize", lopt, ("local_useless", *tags) if not isinstance(lopt, str) else tags, options)


def register_stabilize(lopt: Any, *tags: str, **options: Any) -> Any:
    """As `register_canonicalize`, beside the rules for numbers that are too large or too small."""
    return _register("stabilize", lopt, tags, options)


def register_specialize(lopt: Any, *tags: str, **options: Any) -> Any:
    """As `register_canonicalize`, beside the rules that find ops for special cases."""
    return _register("specialize", lopt, tags, options)


def register_uncanonicalize(lopt: Any, *tags: str, **options: Any) -> Any:
    """As `register_canonicalize`, after all these."""
    return _register("uncanonicalize", lopt, tags, options)


def register_specialize_device(lopt: Any, *tags: str, **options: Any) -> Any:
    """As `register_canonicalize`, at the end."""
    return _register("specialize_device", lopt, tags, options)


def register_optimizer(name: str, opt: Any) -> None:
    """Give an Optimizer or a Query a name, which ``Mode(optimizer=name)`` finds. ValueError if the name is taken."""
    if name in predefined_optimizers:
        raise ValueError(f"Optimizer name already taken: {name}")
    predefined_optimizers[name] = opt
