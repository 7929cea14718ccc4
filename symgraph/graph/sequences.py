"""Small things that programs took from Theano's module of odds and ends: lists without repeats, orders, caches, notes."""

from __future__ import annotations

import functools
import hashlib
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from symgraph.expr.variable import Tag, Variable
from symgraph.graph import walks
from symgraph.source import add_tag_trace, describe, simple_extract_stack

__all__ = [
    "ABORT", "ANY_TYPE", "D", "FALL_THROUGH", "FAILURE", "Keyword", "MetaObject", "RETRY", "add_tag_trace", "comm_guard", "deprecated",
    "difference", "flatten", "from_return_values", "get_variable_trace_string", "give_variables_names", "hash_from_code", "hash_from_file",
    "hashtype", "hist", "memoize", "object2", "remove", "scratchpad", "simple_extract_stack", "simple_types", "to_return_values", "toposort",
    "type_guard", "undef", "uniq", "unique",
]

simple_types = (int, float, str, bool, type(None))
scratchpad = Tag  # an object for attributes
object2 = object  # a base class that Python 2 needed


class Keyword:
    """A name that stands for nothing but itself. nonzero: its truth."""

    def __init__(self, name: str, nonzero: bool = True) -> None:
        self.name, self.nonzero = name, nonzero

    def __bool__(self) -> bool:
        return self.nonzero

    def __repr__(self) -> str:
        return f"<{self.name}>"


ABORT = Keyword("ABORT", False)
RETRY = Keyword("RETRY", False)
FAILURE = Keyword("FAILURE", False)
ANY_TYPE = Keyword("ANY_TYPE")
FALL_THROUGH = Keyword("FALL_THROUGH")
undef = Keyword("undef", False)


class MetaObject:
    """A base whose subclasses with `__props__` are equal if these are, and say so in their text, as ops do.

    >>> class Point(MetaObject):
    ...     __props__ = ('x', 'y')
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    >>> Point(1, 2) == Point(1, 2), Point(1, 2)
    (True, Point{x=1, y=2})
    """

    __props__: tuple[str, ...] = ()

    def _props(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__props__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._props() == other._props()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self._props()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{{{', '.join(f'{name}={getattr(self, name)}' for name in self.__props__)}}}"


class D(dict):  # type: ignore[type-arg]
    """A dictionary whose keys are attributes too.

    >>> D(a=1).a
    1
    """

    def __init__(self, **d: Any) -> None:
        super().__init__(d)
        self.__dict__ = self


def uniq(seq: Iterable[Any]) -> list[Any]:
    """The sequence without repeats, in order; what cannot be hashed is compared.

    >>> uniq([3, 1, 3, 2, 1])
    [3, 1, 2]
    """
    items = list(seq)
    try:
        return list(dict.fromkeys(items))
    except TypeError:
        return [x for k, x in enumerate(items) if x not in items[:k]]


def unique(x: Sequence[Any]) -> bool:
    """Whether nothing stands twice in a sequence of hashable things."""
    return len(set(x)) == len(x)


def difference(seq1: Iterable[Any], seq2: Iterable[Any]) -> list[Any]:
    """The items of the first sequence that are not in the second.

    >>> difference([1, 2, 3], [2])
    [1, 3]
    """
    others = list(seq2)
    return [x for x in seq1 if x not in others]


def remove(predicate: Callable[[Any], Any], coll: Iterable[Any]) -> list[Any]:
    """The items for which the predicate is false.

    >>> remove(lambda n: n > 1, [0, 1, 2])
    [0, 1]
    """
    return [x for x in coll if not predicate(x)]


def flatten(a: Any) -> list[Any]:
    """Nested lists, tuples and sets as one list; anything else as a list of one.

    >>> flatten([1, (2, [3])])
    [1, 2, 3]
    """
    if isinstance(a, (list, tuple, set)):
        return [y for x in a for y in flatten(x)]
    return [a]


def hist(coll: Iterable[Any]) -> dict[Any, int]:
    """How often each thing stands in a collection."""
    counts: dict[Any, int] = {}
    for x in coll:
        counts[x] = counts.get(x, 0) + 1
    return counts


def toposort(prereqs_d: Any, *arguments: Any) -> list[Any]:
    """The keys of a dictionary thing -> what must come before it, in such an order; or, of variables, the nodes they need.

    ValueError if the prerequisites run in a circle.

    >>> toposort({'c': ['b'], 'b': ['a'], 'a': []})
    ['a', 'b', 'c']
    """
    if not isinstance(prereqs_d, Mapping):
        return walks.toposort(prereqs_d, *arguments)
    return walks.general_toposort(list(prereqs_d), lambda x: prereqs_d.get(x, ()))


def memoize(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which keeps its results by its (hashable) arguments."""
    cache: dict[Any, Any] = {}

    @functools.wraps(f)
    def kept(*args: Hashable, **kwargs: Hashable) -> Any:
        key = args, tuple(kwargs.items())
        if key not in cache:
            cache[key] = f(*args, **kwargs)
        return cache[key]

    return kept


def deprecated(filename: str, msg: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator that warns, once, when the function is used. filename: where it stands; msg: what to use instead."""

    def make(f: Callable[..., Any]) -> Callable[..., Any]:
        told: list[bool] = []

        @functools.wraps(f)
        def warning(*args: Any, **kwargs: Any) -> Any:
            if not told:
                told.append(True)
                warnings.warn(f"{filename}: {f.__name__} is deprecated. {msg}", DeprecationWarning, stacklevel=2)
            return f(*args, **kwargs)

        return warning

    return make


def type_guard(type1: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of a function of two: where the first is not of this class, it gives FALL_THROUGH."""
    return lambda f: lambda arg1, *args: f(arg1, *args) if type1 is ANY_TYPE or isinstance(arg1, type1) else FALL_THROUGH


def comm_guard(type1: Any, type2: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of a function of two arguments of these classes, in either order; where they are of others, or it gives FALL_THROUGH, an
    earlier function of its name is called."""

    def fits(x: Any, wanted: Any) -> bool:
        return wanted is ANY_TYPE or isinstance(x, wanted)

    def make(f: Callable[..., Any]) -> Callable[..., Any]:
        earlier = f.__globals__.get(f.__name__)

        @functools.wraps(f)
        def either(a: Any, b: Any, *rest: Any) -> Any:
            found: Any = FALL_THROUGH
            if fits(a, type1) and fits(b, type2):
                found = f(a, b, *rest)
            elif fits(b, type1) and fits(a, type2):
                found = f(b, a, *rest)
            if found is not FALL_THROUGH:
                return found
            if earlier is None:
                raise NotImplementedError(f"{f.__name__} of {type(a).__name__} and {type(b).__name__}")
            return earlier(a, b, *rest)

        return either

    return make


def to_return_values(values: Sequence[Any]) -> Any:
    """The one value of a list of one, else the list."""
    return values[0] if len(values) == 1 else values


def from_return_values(values: Any) -> list[Any]:
    """A list of what a function gave: one value, or a list or tuple of them."""
    return list(values) if isinstance(values, (list, tuple)) else [values]


def give_variables_names(variables: Iterable[Variable]) -> list[Any]:
    """Give every variable a name of its own: its own name if it is the only one, else a new one. Returns them."""
    found = list(variables)
    counts = hist(x.name for x in found)
    taken = {x.name for x in found}
    number = 0
    for x in found:
        if not x.name or counts[x.name] > 1:
            while f"{x.name or 'v'}_{number}" in taken:
                number += 1
            counts[x.name] -= 1
            x.name = f"{x.name or 'v'}_{number}"
            taken.add(x.name)
    return found


def hash_from_code(msg: str | bytes) -> str:
    """A digest of text, as hexadecimal digits."""
    return hashlib.sha256(msg.encode() if isinstance(msg, str) else msg).hexdigest()


def hash_from_file(file_path: Any) -> str:
    """A digest of what a file holds."""
    return hash_from_code(Path(file_path).read_bytes())


def hashtype(self: Any) -> int:
    """A hash of the class of an object."""
    return hash((type(self).__name__, type(self).__module__))


def get_variable_trace_string(v: Variable) -> str:
    """Where a variable was written, as text; empty if that is not known."""
    line = v.owner.line if v.owner is not None else v.line
    return "" if line is None else describe(line)
