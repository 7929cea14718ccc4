"""How rules are applied: found by root op, one worklist, bounded. What a rule is: symgraph/graph/rule.py."""

from __future__ import annotations

import sys
import warnings
from collections import Counter, deque
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

from symgraph.errors import OptimizationError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.graph import Graph
from symgraph.graph.rule import Root, Rule, rule
from symgraph.settings import config

__all__ = ["Family", "Rule", "Rules", "attempt", "rule"]


class Family(NamedTuple):
    """Rules about ops that few graphs have. home, name: the list of rules in its file; about: the files of the ops, without one of
    which loaded no graph has anything for these rules, and their file is not loaded either."""

    home: str
    name: str
    about: tuple[str, ...]

    def rules(self) -> list[Rule]:
        """The rules, if a graph may have something for them."""
        return getattr(import_module(self.home), self.name) if any(file in sys.modules for file in self.about) else []


class Rules:
    """A pass: rules applied until none fires. Work grows in line with the graph: a changed node wakes only itself and its users,
    and rules that the last such pass left at rest are tried near what was changed since, not everywhere again.

    The setting optdb.max_use_ratio says how often one place may change, on average over the graph, before they are taken to run in a circle;
    with optimizer_verbose each change is printed.
    """

    def __init__(self, name: str, rules: Sequence[Rule], families: Sequence[Family] = (), excluded: frozenset[str] = frozenset()) -> None:
        self.name = name
        self._rules = list(rules)
        self._families = families
        self._excluded = excluded
        self.ratio: float | None = None  # in the place of that setting

    @property
    def rules(self) -> list[Rule]:
        """The rules that a graph of now may have something for."""
        found = [*self._rules, *(r for family in self._families for r in family.rules())]
        return [r for r in found if not (r.tags & self._excluded)] if self._excluded else found

    def without(self, excluded: frozenset[str]) -> Rules:
        """The same pass less the rules that carry one of these tags."""
        return Rules(self.name, self._rules, self._families, excluded) if excluded else self

    def __call__(self, graph: Graph) -> Counter[str]:
        """Rewrite the graph; returns how often each rule fired."""
        rules = self.rules
        by_root: dict[Root, list[Rule]] = {}
        for r in rules:
            for root in r.roots:
                by_root.setdefault(root, []).append(r)
        anywhere = by_root.get(None, [])
        tried: dict[tuple[Any, type, bool], list[Rule]] = {}  # (name of an elementwise row or None, class, all rules or the new) -> rules
        fired: Counter[str] = Counter()
        order = graph.toposort()
        waiting: deque[Apply] = deque(order)
        queued: set[Apply] = set(order)
        settled = graph.settled
        stirred = graph.near(graph.touched) if settled else queued.copy()

        def wake(node: Apply) -> None:
            stirred.add(node)
            if node not in queued:
                queued.add(node)
                waiting.append(node)

        graph.on_change, outer = wake, graph.on_change
        limit = (config.optdb.max_use_ratio if self.ratio is None else self.ratio) * len(order) + 1000
        told = config.optimizer_verbose
        try:
            while waiting:
                node = waiting.popleft()
                queued.discard(node)
                if node not in graph.net:
                    continue
                op = node.op
                name = getattr(op, "name", None) if hasattr(op, "row") else None
                key = name, op.__class__, node in stirred
                found = tried.get(key)
                if found is None:
                    of_class = [r for c in key[1].__mro__ for r in by_root.get(c, ()) if c is key[1] or r.derived]
                    found = [*(by_root.get(name, ()) if name is not None else ()), *of_class, *anywhere]
                    tried[key] = found = found if key[2] else [r for r in found if r not in settled]
                for r in found:
                    result = attempt(r, graph, node)
                    if result is None:
                        continue
                    fired[r.name] += 1
                    if told:
                        print(f"rule {r.name}: {node} -> {', '.join(map(str, result))}", file=sys.stderr)
                    if fired.total() > limit:
                        culprit, count = fired.most_common(1)[0]
                        text = f"the rules of the pass {self.name} run in a circle: {culprit} fired {count} times"
                        raise OptimizationError(text, line=node.line)
                    for old in node.outputs:
                        for user, _ in graph.users(old):
                            wake(user)
                    for x in node.inputs:
                        if x.owner is not None:
                            wake(x.owner)  # it has fewer users now
                    graph.replace_all([(a, b) for a, b in zip(node.outputs, result) if b is not None], f"rule {r.name}")
                    break
        finally:
            graph.on_change = outer
        graph.settled = frozenset(rules)
        graph.touched.clear()
        return fired


def attempt(r: Rule, graph: Graph, node: Apply) -> list[Any] | None:
    """What a rule gives at a node, as a variable for each output (None: that one stays); None: nothing. OptimizationError names a rule that
    gives something else; one that raises is dealt with as the setting on_opt_error says."""
    try:
        given = r.apply(graph, node)
        return None if given is None else _outputs(r, given, node)
    except Exception as error:
        _failed(r, node, error)
        return None


def _failed(r: Rule, node: Apply, error: Exception) -> None:
    """A rule that raises, as the setting on_opt_error says: the expression without it is right as it is."""
    if config.on_opt_error == "ignore":
        return
    text = f"the rule {r.name} failed at {node.op}: {type(error).__name__}: {error}"
    if config.on_opt_error == "raise" or isinstance(error, OptimizationError):
        raise _of_class(type(error))(text, line=node.line) from error
    warnings.warn(f"{text}; it was left out there", stacklevel=4)
    if config.on_opt_error == "pdb":
        breakpoint()


def _of_class(kind: type[Exception]) -> type[OptimizationError]:
    """OptimizationError that is also of the builtin class that a rule raised, as a program expects which catches that."""
    builtin = next(c for c in kind.__mro__ if c.__module__ == "builtins")
    if issubclass(OptimizationError, builtin) or issubclass(kind, OptimizationError):
        return OptimizationError
    try:
        return type("OptimizationError", (OptimizationError, builtin), {"__module__": OptimizationError.__module__})
    except TypeError:  # OSError and its like cannot be had with another
        return OptimizationError


def _outputs(r: Rule, result: Any, node: Apply) -> list[Any] | None:
    """What a rule gave, as a variable for each output; None: it changes nothing."""
    if result is False:
        return None
    if not isinstance(result, (Variable, list, tuple)):
        raise OptimizationError(f"rule {r.name} gave {result!r} of {type(result)} at {node.op}; a variable, a list of them or False is wanted",
                                line=node.line)
    new = [result] if isinstance(result, Variable) else list(result)
    if len(new) != len(node.outputs):
        raise OptimizationError(f"rule {r.name} gave {len(new)} variables for the {len(node.outputs)} outputs of {node.op}", line=node.line)
    for x in new:
        if x is not None and not isinstance(x, Variable):
            raise OptimizationError(f"rule {r.name} gave {x!r} of {type(x)}, which is no variable, for an output of {node.op}", line=node.line)
    if all(a is b or b is None for a, b in zip(node.outputs, new)):
        return None
    return new
