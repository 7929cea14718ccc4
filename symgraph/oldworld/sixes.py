"""The package `six` for Python 3, where it is not installed; its `moves` are rows of the table."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Callable
from operator import attrgetter
from typing import Any

PY2, PY3, PY34 = False, True, True
string_types, integer_types, class_types = (str,), (int,), (type,)
text_type, binary_type, MAXSIZE = str, bytes, sys.maxsize
StringIO, BytesIO, Iterator, unichr = io.StringIO, io.BytesIO, object, chr
get_function_code, get_function_defaults, get_function_globals = map(attrgetter, ("__code__", "__defaults__", "__globals__"))
get_function_closure, get_method_function, get_method_self = map(attrgetter, ("__closure__", "__func__", "__self__"))
int2byte, byte2int, create_bound_method = (lambda number: bytes((number,))), (lambda text: text[0]), types.MethodType
advance_iterator = next


def iteritems(d: Any, **options: Any) -> Any:
    """An iterator over the items of a mapping."""
    return iter(d.items(**options))


def iterkeys(d: Any, **options: Any) -> Any:
    """An iterator over the keys of a mapping."""
    return iter(d.keys(**options))


def itervalues(d: Any, **options: Any) -> Any:
    """An iterator over the values of a mapping."""
    return iter(d.values(**options))


def viewitems(d: Any) -> Any:
    """The items of a mapping."""
    return d.items()


def viewkeys(d: Any) -> Any:
    """The keys of a mapping."""
    return d.keys()


def viewvalues(d: Any) -> Any:
    """The values of a mapping."""
    return d.values()


def b(text: str) -> bytes:
    """Bytes of a text of single bytes."""
    return text.encode("latin-1")


def u(text: str) -> str:
    """The text itself."""
    return text


def ensure_binary(s: Any, encoding: str = "utf-8", errors: str = "strict") -> bytes:
    """As bytes."""
    return s.encode(encoding, errors) if isinstance(s, str) else s


def ensure_text(s: Any, encoding: str = "utf-8", errors: str = "strict") -> str:
    """As text."""
    return s.decode(encoding, errors) if isinstance(s, bytes) else s


ensure_str = ensure_text


def reraise(kind: Any, value: BaseException | None, traceback: Any = None) -> None:
    """Raise an error again, with the traceback given."""
    raise (value if value is not None else kind()).with_traceback(traceback)


def raise_from(value: BaseException, from_value: BaseException | None) -> None:
    """Raise an error with its cause."""
    raise value from from_value


def print_(*args: Any, **options: Any) -> None:
    """print."""
    print(*args, **options)


def exec_(code: Any, globs: Any = None, locs: Any = None) -> None:
    """exec; in the caller's names unless others are given."""
    if globs is None:
        frame = sys._getframe(1)
        globs, locs = frame.f_globals, frame.f_locals if locs is None else locs
    exec(code, globs, globs if locs is None else locs)


def with_metaclass(meta: type, *bases: type) -> Any:
    """A base for classes of a metaclass: the class written on it has `bases`."""

    class Between(type):
        def __new__(cls, name: str, this_bases: Any, namespace: dict[str, Any]) -> Any:
            return meta(name, bases, namespace)

    return type.__new__(Between, "temporary_class", (), {})


def add_metaclass(metaclass: type) -> Callable[[type], Any]:
    """A decorator: the class, made by a metaclass."""

    def made(cls: type) -> Any:
        names = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__", *vars(cls).get("__slots__", ()))}
        return metaclass(cls.__name__, cls.__bases__, names)

    return made


def python_2_unicode_compatible(cls: type) -> type:
    """The class as it is."""
    return cls
