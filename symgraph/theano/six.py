"""What programs for Python 2 and 3 took from `theano.compat` and `theano.compat.six`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = [
    "PY2", "PY3", "Iterator", "OrderedDict", "b", "binary_type", "class_types", "cmp", "decode", "decode_iter", "exc_message",
    "get_unbound_function", "imap", "integer_types", "iteritems", "iterkeys", "itervalues", "izip", "reraise", "string_types", "text_type", "u",
    "with_metaclass",
]

PY2, PY3 = False, True
string_types: tuple[type, ...] = (str,)
integer_types: tuple[type, ...] = (int,)
class_types: tuple[type, ...] = (type,)
text_type, binary_type = str, bytes
izip, imap = zip, map
Iterator = object  # the base of classes that define __next__ themselves


def cmp(a: Any, b: Any) -> int:
    """-1, 0 or 1: whether a is less than, equal to, or greater than b."""
    return (a > b) - (a < b)


def decode(text: Any) -> str:
    """Bytes as text; text as it is."""
    return text.decode("utf-8") if isinstance(text, bytes) else text


def decode_iter(texts: Iterable[Any]) -> Iterable[str]:
    """`decode` of each."""
    return map(decode, texts)


def exc_message(error: BaseException) -> Any:
    """What the error was made with, if that is one thing; else all of it."""
    return error.args[0] if len(error.args) == 1 else error.args


def get_unbound_function(method: Any) -> Any:
    """The function behind a method."""
    return getattr(method, "__func__", method)


def iteritems(d: Mapping[Any, Any]) -> Iterable[Any]:
    """An iterator over the items of a mapping."""
    return iter(d.items())


def iterkeys(d: Mapping[Any, Any]) -> Iterable[Any]:
    """An iterator over the keys of a mapping."""
    return iter(d.keys())


def itervalues(d: Mapping[Any, Any]) -> Iterable[Any]:
    """An iterator over the values of a mapping."""
    return iter(d.values())


def b(text: str) -> bytes:
    """Bytes of a text of single bytes."""
    return text.encode("latin-1")


def u(text: str) -> str:
    """The text itself."""
    return text


def reraise(kind: type[BaseException], value: BaseException | None, traceback: Any = None) -> None:
    """Raise an error again, with the traceback given."""
    raise (value if value is not None else kind()).with_traceback(traceback)


def with_metaclass(meta: type, *bases: type) -> type:
    """A base class whose metaclass is `meta`."""
    return meta("Base", bases or (object,), {})
