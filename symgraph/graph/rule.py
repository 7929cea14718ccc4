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

__all__ = ["Root", "Rule", "local_optimizer", "rewrite_rule", "rule"]

Root = Any  # an op class, or the name of an elementwise row; None: every node


class Rule:
    """A rewrite with a name; `roots` say at which ops it is tried. `tags` are the names by which modes exclude it.

    key: text that tells all there is to the rule, if there is such a text: code made with it can then be found in the cache.
    """

    __slots__ = ("apply", "key", "name", "roots", "tags", "text")

    def __init__(
        self, apply: Callable[[Any, Any], Any], roots: Sequence[Root], name: str = "", tags: Iterable[str] = (), key: str | None = None,
    ) -> None:
        self.apply = apply
        self.roots = tuple(map(_root, roots))
        self.name = name or apply.__name__
        self.text = (apply.__doc__ or "").strip()
        self.tags = frozenset(tags) | {self.name}
        self.key = key

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
    return lambda apply: Rule(apply, roots, tags=tags)


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
    """Theano's decorator for a rule: the function gets the node alone and gives False, or a list with a variable for each output.

    tracks: ops or classes of ops at which it is tried; None: everywhere. inplace and requirements are accepted for Theano's sake.

    >>> import symgraph.tensor as T
    >>> @local_optimizer([T.sin])
    ... def no_sine(node):
    ...     return [node.inputs[0]]
    >>> no_sine.roots
    ('sin',)
    """

    def make(function: Callable[[Any], Any]) -> Rule:
        def apply(graph: Any, node: Any) -> Any:
            return function(node) or None

        apply.__doc__ = function.__doc__
        return Rule(apply, tuple(tracks) if tracks is not None else (None,), function.__name__)

    return make
