"""Small things of Theano's own that programs took from it: a set that keeps its order, a dictionary that cannot change, a logger."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSet
from typing import Any

__all__ = [
    "DefaultOrderedDict", "FrozenOrderedDict", "OrderedSet", "frozendict", "logging_default_formatter", "logging_default_handler", "render_string",
    "theano_logger",
]

theano_logger = logging.getLogger("theano")
logging_default_handler = logging.NullHandler()
logging_default_formatter = logging.Formatter("%(levelname)s (%(name)s): %(message)s")


def disable_log_handler(logger: logging.Logger = theano_logger, handler: logging.Handler = logging_default_handler) -> None:
    """Take a handler from a logger that has it."""
    if handler in logger.handlers:
        logger.removeHandler(handler)


def has_handlers(logger: logging.Logger) -> bool:
    """Whether what is logged goes anywhere."""
    return logger.hasHandlers()


class OrderedSet(MutableSet[Any]):
    """A set that gives its elements in the order in which they came.

    >>> OrderedSet([3, 1, 3]) | OrderedSet([2])
    OrderedSet([3, 1, 2])
    """

    def __init__(self, elements: Iterable[Any] = ()) -> None:
        self._elements = dict.fromkeys(elements)

    def __contains__(self, x: object) -> bool:
        return x in self._elements

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._elements)

    def add(self, value: Any) -> None:
        """Put it last, unless it is there."""
        self._elements.setdefault(value)

    def discard(self, value: Any) -> None:
        """Take it out, if it is there."""
        self._elements.pop(value, None)

    def update(self, elements: Iterable[Any]) -> None:
        """Add all of these."""
        for x in elements:
            self.add(x)

    def union(self, elements: Iterable[Any]) -> OrderedSet:
        """These after those that are there, in a new set."""
        return OrderedSet([*self, *elements])

    def copy(self) -> OrderedSet:
        """A set of the same elements."""
        return OrderedSet(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OrderedSet):
            return list(self) == list(other)
        return set(self._elements) == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OrderedSet({list(self)})"


class frozendict(Mapping[Any, Any]):
    """A dictionary that cannot be changed, and so has a hash.

    >>> frozendict(a=1).copy(b=2)['b']
    2
    """

    def __init__(self, *items: Any, **named: Any) -> None:
        self._dict = dict(*items, **named)

    def __getitem__(self, key: Any) -> Any:
        return self._dict[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def copy(self, **more: Any) -> Any:
        """Another with these items as well."""
        return type(self)(self._dict, **more)

    def __hash__(self) -> int:
        return hash(frozenset(self._dict.items()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._dict!r}>"


class FrozenOrderedDict(frozendict):
    """The same, under its name for dictionaries that keep their order, as all do today."""


class DefaultOrderedDict(OrderedDict[Any, Any]):
    """A dictionary in order, in which what is missing is made by `default_factory`."""

    def __init__(self, default_factory: Callable[[], Any] | None = None, *items: Any, **named: Any) -> None:
        super().__init__(*items, **named)
        self.default_factory = default_factory

    def __missing__(self, key: Any) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        return self.setdefault(key, self.default_factory())


def render_string(string: str, sub: Mapping[str, Any]) -> str:
    """`string % sub`; an error of it says up to which place the string is good."""
    try:
        return string % sub
    except Exception as error:
        for end in range(len(string) + 1):
            try:
                string[:end] % sub
            except Exception as here:
                if str(here) == str(error):
                    raise type(error)(f"{string[:end]}<<<< caused exception {error}") from None
        raise


def strip_leading_white_space(line: str) -> str:
    """The line from its first character that is neither a blank nor a tabulator on."""
    return line.lstrip(" \t")


def pretty_format(string: str) -> str:
    """Each line without the white space before it."""
    return "\n".join(map(strip_leading_white_space, string.split("\n")))
