"""A rule: a small function that says what shall stand in the place of a node. How rules are applied: symgraph/graph/rewrite.py.

A rule is called with (graph, node) and gives the variable (or list of variables) to stand for the node's outputs, or None. It is
registered under the roots it can start from: an op class, an op, or the name of an elementwise op.

>>> import symgraph.tensor as T
>>> @rule('log')
... def log_of_exp(graph, node):
...     \"\"\"log(exp(x)) -> x\"\"\"
...     (x,) = node.inputs
...     if x.owner and x.owner.op == T.exp:
...         return x.owner.inputs[0]
>>> log_of_exp
<rule log_of_exp: log(exp(x)) -> x>
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from symgraph.expr.op import Op
from symgraph.expr.variable import Variable

__all__ = ["LocalOptimizer", "Root", "Rule", "as_rule", "local_optimizer", "rewrite_rule", "rule", "within"]

Root = Any  # an op class, or the name of an elementwise row; None: every node


class Rule:
    """A rewrite with a name; `roots` say at which ops it is tried. `tags` are the names by which modes exclude it.

    derived: whether it is tried at ops of classes made of those that are roots too, as users expect; our own rules name each class they mean.
    key: text that tells all there is to the rule, if there is such a text: code made with it can then be found in the cache.
    """

    __slots__ = ("__weakref__", "apply", "derived", "key", "name", "roots", "tags", "text", "transform")

    def __init__(
        self, apply: Callable[[Any, Any], Any], roots: Sequence[Root], name: str = "", tags: Iterable[str] = (), key: str | None = None,
        derived: bool = True,
    ) -> None:
        self.apply = apply
        self.roots = tuple(map(_root, roots))
        self.name = name or apply.__name__
        self.text = (apply.__doc__ or "").strip()
        self.tags = frozenset(tags) | {self.name}
        self.key = key
        self.derived = derived
        self.transform: Callable[[Any], Any] = lambda node: apply(Variable.graph_at_work, node)  # Theano's way to call it

    @property
    def __name__(self) -> str:
        return self.name

    def tracks(self) -> Sequence[Root] | None:
        """Where it is tried, in Theano's words; None: everywhere."""
        return None if None in self.roots else self.roots

    def __call__(self, graph: Any, node: Any) -> Any:
        return self.apply(graph, node)

    def __repr__(self) -> str:
        return f"<rule {self.name}: {self.text}>"


def _root(given: Any) -> Root:
    """What a rule is registered under, of what a user gives."""
    if isinstance(given, Op):
        return given.name if hasattr(given, "row") else type(given)  # type: ignore[attr-defined]
    if given is None or isinstance(given, str) or (isinstance(given, type) and issubclass(given, Op)):
        return given
    raise TypeError(f"the root of a rule is an op, a class of ops or the name of an elementwise op, got {given!r}")


def rule(*roots: Root, tags: Iterable[str] = ()) -> Callable[[Callable[[Any, Any], Any]], Rule]:
    """Make a Rule of a function; its docstring says what it does, as ``before -> after``."""
    return lambda apply: Rule(apply, roots, tags=tags, derived=False)


def rewrite_rule(*roots: Root, name: str = "", tags: Iterable[str] = ()) -> Callable[[Callable[[Any, Any], Any]], Rule]:
    """Decorator that makes a rule of a function (graph, node) -> what stands for the node's output, a list if it has several, or None.

    roots: where it is tried: ops (`T.log`), classes of ops, names of elementwise ops; none: at every node. What it gives must have
    the dtype and the number of dimensions of what it replaces. graph: `graph.users(x)` and `graph.used_once(x)` tell who reads x.
    A rule takes part where a mode has it: ``Mode(rules=[my_rule])`` or ``mode.including(my_rule)``; `mode.excluding(name)` leaves it
    out. `f.profile.rules` counts how often each fired. Raises TypeError for a root of another kind.

    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> @rewrite_rule(T.sin)
    ... def small_angle(graph, node):
    ...     \"\"\"sin(x) -> x\"\"\"
    ...     return node.inputs[0]
    >>> x = T.dscalar('x')
    >>> f = symgraph.function([x], T.sin(x) * 2, mode=symgraph.Mode(rules=[small_angle]))
    >>> f(1.0), f.profile.rules['small_angle']
    (array(2.), 1)
    """
    if not roots:
        roots = (None,)
    checked = tuple(map(_root, roots))
    return lambda apply: Rule(apply, checked, name, tags)


def local_optimizer(tracks: Sequence[Root] | None, inplace: bool = False, requirements: Any = ()) -> Callable[[Callable[[Any], Any]], Rule]:
    """Theano's decorator for a rule: the function gets the node alone and gives False, a list with a variable for each output, or a
    dictionary variable -> what stands for it.

    tracks: ops or classes of ops at which it is tried; None: everywhere. inplace and requirements are accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> @local_optimizer([T.sin])
    ... def no_sine(node):
    ...     return [node.inputs[0]]
    >>> no_sine.roots
    ('sin',)
    """

    def make(function: Callable[[Any], Any]) -> Rule:
        made = Rule(_of_node(function, tracks), _roots_of(tracks), function.__name__)
        made.transform = function
        return made

    return make


class LocalOptimizer:
    """Theano's base of rewrites of a node that are written as classes: `transform(node)` gives False or a list, as a function under
    `local_optimizer` does; `tracks()` says at which ops, None: at every one. `add_requirements(fgraph)` is called before."""

    def tracks(self) -> Any:
        """The ops, or classes of ops, at which it is tried; None: at every node."""
        return None

    def transform(self, node: Any) -> Any:
        """A list with a variable for each output of the node, False, or a dictionary variable -> what stands for it."""
        raise NotImplementedError(f"{type(self).__name__} must define transform(node)")

    def add_requirements(self, fgraph: Any) -> None:
        """Attach to a graph what the rewrite needs there."""


def as_rule(given: Any) -> Rule:
    """A Rule of what Theano takes for a rewrite of a node: a Rule, or an object with `transform(node)`. TypeError for anything else."""
    if isinstance(given, Rule):
        return given
    if not callable(getattr(given, "transform", None)):
        raise TypeError(f"a rewrite of nodes is made by local_optimizer, or has a method transform(node); got {given!r} of {type(given)}")
    tracks = given.tracks() if callable(getattr(given, "tracks", None)) else None

    def apply(graph: Any, node: Any) -> Any:
        if hasattr(given, "add_requirements"):
            given.add_requirements(graph)
        return within(graph, given.transform, node)

    return Rule(apply, (None,) if tracks is None else tuple(map(_root, tracks)), getattr(given, "name", None) or getattr(given, "__name__", "")
                or type(given).__name__)


def within(graph: Any, transform: Callable[[Any], Any], node: Any) -> Any:
    """What a rewrite in Theano's manner gives at a node, while `x.fgraph` and `x.clients` mean this graph."""
    Variable.graph_at_work, before = graph, Variable.graph_at_work
    try:
        found = transform(node)
    finally:
        Variable.graph_at_work = before
    if not isinstance(found, dict):
        return None if found is None or found is False else found
    others = [(old, new) for old, new in found.items() if isinstance(old, Variable) and old not in node.outputs]
    if others:
        graph.replace_all(others, getattr(transform, "__name__", "a rewrite"))
    return [found.get(x) for x in node.outputs]


def _of_node(function: Callable[[Any], Any], tracks: Sequence[Root] | None) -> Callable[[Any, Any], Any]:
    """A function of a node as one of (graph, node) that looks at the ops themselves: roots are their classes."""
    ops = tuple(one for one in tracks or () if isinstance(one, Op) and not hasattr(one, "row"))
    classes = tuple(one for one in tracks or () if isinstance(one, type))

    def apply(graph: Any, node: Any) -> Any:
        if ops and not hasattr(node.op, "row") and node.op not in ops and not isinstance(node.op, classes):
            return None
        return within(graph, function, node)

    apply.__doc__ = function.__doc__
    return apply


def _roots_of(tracks: Sequence[Root] | None) -> tuple[Root, ...]:
    return (None,) if tracks is None else tuple(tracks)
