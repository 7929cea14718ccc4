"""Rules and how they are applied: found by root op, one worklist, bounded.

A rule is a small function of (graph, node) that gives the variable (or list of variables) to stand for the node's outputs, or
None. It is registered under the roots it can start from: an op class, or the name of an elementwise row.

>>> @rule('log')
... def log_of_exp(graph, node):
...     \"\"\"log(exp(x)) -> x\"\"\"
...     (x,) = node.inputs
...     if x.owner and x.owner.op == exp:
...         return x.owner.inputs[0]
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symgraph.errors import OptimizationError
from symgraph.expr.op import Apply
from symgraph.expr.variable import Variable
from symgraph.graph.graph import Graph

__all__ = ["Rule", "Rules", "rule"]

Root = Any  # an op class, or the name of an elementwise row


class Rule:
    """A rewrite with a name; `roots` say at which ops it is tried. `tags` are the names by which modes exclude it."""

    __slots__ = ("apply", "name", "roots", "tags", "text")

    def __init__(self, apply: Callable[[Graph, Apply], Any], roots: Sequence[Root], name: str = "", tags: Iterable[str] = ()) -> None:
        self.apply = apply
        self.roots = tuple(roots)
        self.name = name or apply.__name__
        self.text = (apply.__doc__ or "").strip()
        self.tags = frozenset(tags) | {self.name}

    def __call__(self, graph: Graph, node: Apply) -> Any:
        return self.apply(graph, node)

    def __repr__(self) -> str:
        return f"<rule {self.name}: {self.text}>"


def rule(*roots: Root, tags: Iterable[str] = ()) -> Callable[[Callable[[Graph, Apply], Any]], Rule]:
    """Make a Rule of a function; its docstring says what it does, as ``before -> after``."""
    return lambda apply: Rule(apply, roots, tags=tags)


class Rules:
    """A pass: rules applied until none fires. Work grows in line with the graph: a changed node wakes only itself and its users,
    and rules that the last such pass left at rest are tried near what was changed since, not everywhere again.

    tries: how often one place may change, on average over the graph, before the rules are taken to run in a circle.
    """

    tries = 30

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self.name = name
        self.rules = list(rules)

    def without(self, excluded: frozenset[str]) -> Rules:
        """The same pass less the rules that carry one of these tags."""
        return Rules(self.name, [r for r in self.rules if not (r.tags & excluded)]) if excluded else self

    def __call__(self, graph: Graph) -> Counter[str]:
        """Rewrite the graph; returns how often each rule fired."""
        by_root: dict[Root, list[Rule]] = {}
        for r in self.rules:
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
        limit = self.tries * len(order) + 1000
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
                    found = [*(by_root.get(name, ()) if name is not None else ()), *by_root.get(key[1], ()), *anywhere]
                    tried[key] = found = found if key[2] else [r for r in found if r not in settled]
                for r in found:
                    given = r.apply(graph, node)
                    if given is None:
                        continue
                    result = _outputs(r, given, node)
                    if result is None:
                        continue
                    fired[r.name] += 1
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
        graph.settled = frozenset(self.rules)
        graph.touched.clear()
        return fired


def _outputs(r: Rule, result: Any, node: Apply) -> list[Any] | None:
    """What a rule gave, as a variable for each output; None: it changes nothing."""
    if result is False:
        return None
    new = [result] if isinstance(result, Variable) else list(result)
    if len(new) != len(node.outputs):
        raise OptimizationError(f"rule {r.name} gave {len(new)} variables for the {len(node.outputs)} outputs of {node.op}", line=node.line)
    if all(a is b or b is None for a, b in zip(node.outputs, new)):
        return None
    return new
