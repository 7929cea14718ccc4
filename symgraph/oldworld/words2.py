"""What Python 2 had: builtins of the programs that `python2.py` compiles, and pieces of its library."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import itertools
import operator
import sys
import weakref
from collections.abc import Callable
from typing import Any

Report = Callable[[str], None]


# Builtins: those of the list BUILTINS --------------------------------------------------------------------------------
class _Kind(type):
    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, cls.kinds)  # type: ignore[attr-defined]

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, cls.kinds)  # type: ignore[attr-defined]


class basestring(metaclass=_Kind):
    """Text of either kind."""

    kinds = (str, bytes)


class unicode(metaclass=_Kind):
    """Text; ``unicode(bytes, encoding)`` decodes."""

    kinds = (str,)

    def __new__(cls, thing: Any = "", encoding: str | None = None, errors: str = "strict") -> Any:
        return thing.decode(encoding or "utf-8", errors) if isinstance(thing, (bytes, bytearray)) else str(thing)


class file(metaclass=_Kind):
    """`file(name, mode)` opens; an open file is a `file`."""

    kinds = (io.IOBase,)

    def __new__(cls, *args: Any, **options: Any) -> Any:
        return open(*args, **options)


def open(name: Any, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
    """Open a file; text may hold any bytes."""
    mode = mode.replace("U", "") or "r"
    if "b" not in mode:
        options = {"encoding": "utf-8", "errors": "surrogateescape", **options}
        buffering = buffering or -1  # text without a buffer is refused now
    return builtins.open(name, mode, buffering, **options)


def range(*args: Any) -> list[int]:
    """A list."""
    return list(builtins.range(*args))


def map(function: Any, *sequences: Any) -> list[Any]:
    """A list; the shorter ones are filled up with None; of no function: of the elements themselves."""
    if len(sequences) == 1:
        return list(sequences[0]) if function is None else list(builtins.map(function, sequences[0]))
    rows = itertools.zip_longest(*sequences)
    return list(rows) if function is None else [function(*row) for row in rows]


def filter(function: Any, sequence: Any) -> Any:
    """A list; a text or a tuple of those."""
    kept = list(builtins.filter(function, sequence))
    return "".join(kept) if isinstance(sequence, str) else tuple(kept) if isinstance(sequence, tuple) else kept


def zip(*sequences: Any) -> list[Any]:
    """A list."""
    return list(builtins.zip(*sequences))


def cmp(a: Any, b: Any) -> int:
    """-1, 0 or 1."""
    return (a > b) - (a < b)


def sorted(sequence: Any, cmp: Any = None, key: Any = None, reverse: bool = False) -> list[Any]:
    """A sorted list; `cmp` compares two."""
    if cmp is not None:
        by = functools.cmp_to_key(cmp)
        return builtins.sorted(sequence, key=by if key is None else lambda x: by(key(x)), reverse=reverse)
    return builtins.sorted(sequence, key=key, reverse=reverse)


def round(number: Any, ndigits: int = 0) -> float:
    """A float; halves go away from 0."""
    if isinstance(number, (int, float)) and ndigits == 0:
        return float(int(number + (0.5 if number >= 0 else -0.5)) if abs(number) < 2**52 else number)
    return float(builtins.round(number, ndigits))


def input(prompt: str = "") -> Any:
    """The value of what is typed."""
    frame = sys._getframe(1)
    return eval(raw_input(prompt), frame.f_globals, frame.f_locals)


def execfile(filename: str, globals: Any = None, locals: Any = None) -> None:
    """Run a file in the caller's names."""
    frame = sys._getframe(1)
    with builtins.open(filename, "rb") as source:
        code = importlib.import_module("symgraph.oldworld.python2").compiled(source.read(), filename)
    exec(code, frame.f_globals if globals is None else globals, locals if locals is not None else frame.f_locals if globals is None else globals)


def reload(module: Any) -> Any:
    """Load a module again; `sys` stays."""
    return module if module is sys else importlib.reload(module)


def apply(function: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Call a function."""
    return function(*args, **(kwargs or {}))


xrange, raw_input, unichr, long, reduce, intern, buffer, StandardError = (
    builtins.range, builtins.input, chr, int, functools.reduce, sys.intern, memoryview, Exception)

BUILTINS = ("StandardError apply basestring buffer cmp execfile file filter input intern long map open range raw_input reduce reload round sorted "
            "unichr unicode xrange zip").split()


# What `python2.py` writes into a program, as __divide__ and so on -------------------------------------------------------
CALLED = ("divide", "divide_in_place", "divide_item", "divide_attribute", "following", "message", "print", "sort")

_spaces: weakref.WeakSet[Any] = weakref.WeakSet()  # files that wait for a space before what is printed next


def print(*things: Any, file: Any = None, end: str = "\n", sep: str = " ") -> None:
    """The statement print: after a comma the space is written with what comes next on the line."""
    file = sys.stdout if file is None else file
    text = sep.join(builtins.map(str, things))
    if file in _spaces:
        _spaces.discard(file)
        text = f" {text}" if things else text
    if end == " ":
        if not text.endswith("\n"):
            _spaces.add(file)
        end = ""
    file.write(text + end)


def message(thing: Any) -> Any:
    """thing.message, which an error has if it was made with one argument."""
    if isinstance(thing, BaseException) and not hasattr(thing, "message"):
        return thing.args[0] if len(thing.args) == 1 else ""
    return thing.message


def sort(thing: Any, given: Any) -> Any:
    """thing.sort(given): a list by a comparison of two; else whatever the thing makes of it, the axis of an array say."""
    return thing.sort(key=functools.cmp_to_key(given)) if isinstance(thing, list) and callable(given) else thing.sort(given)


def following(iterator: Any) -> Any:
    """iterator.next()"""
    return iterator.next() if hasattr(iterator, "next") else next(iterator)


def _whole(thing: Any) -> bool:
    """Whether it is an integer, an array of integers, or a variable of them."""
    return isinstance(thing, int) or str(getattr(thing, "dtype", "")).startswith(("int", "uint", "bool"))


def divide(a: Any, b: Any) -> Any:
    """a / b; of integers rounded down."""
    if _whole(a) and _whole(b):
        return a // b
    return a / b


def divide_in_place(a: Any, b: Any) -> Any:
    """a /= b, which is stored by the caller."""
    return operator.ifloordiv(a, b) if _whole(a) and _whole(b) else operator.itruediv(a, b)


def divide_item(holder: Any, index: Any, b: Any) -> None:
    """holder[index] /= b"""
    holder[index] = divide_in_place(holder[index], b)


def divide_attribute(holder: Any, name: str, b: Any) -> None:
    """holder.name /= b"""
    setattr(holder, name, divide_in_place(getattr(holder, name), b))


# Files and pickles ----------------------------------------------------------------------------------------------------
def StringIO(buf: Any = "") -> Any:
    """A file in memory, of text or of bytes."""
    return io.BytesIO(buf) if isinstance(buf, (bytes, bytearray)) else io.StringIO(buf)


InputType = OutputType = io.StringIO


def _binary(file: Any) -> Any:
    return getattr(file, "buffer", file) if isinstance(file, io.TextIOBase) else file


def load_of_python2(now: Any, report: Report) -> Any:
    """pickle.load, of files open as text and of pickles of Python 2."""

    @functools.wraps(now)
    def load(file: Any, **options: Any) -> Any:
        inner = _binary(file)  # which is closed as soon as `file` is forgotten
        if options or not inner.seekable():
            return now(inner, **options)
        place = inner.tell()
        try:
            return now(inner)
        except UnicodeDecodeError:
            report("a pickle of Python 2: its text is read as latin-1")
            inner.seek(place)
            return now(inner, encoding="latin1")

    return load


def loads_of_python2(now: Any, report: Report) -> Any:
    """pickle.loads, of pickles of Python 2."""

    @functools.wraps(now)
    def loads(data: Any, **options: Any) -> Any:
        data = data.encode("latin-1") if isinstance(data, str) else data
        try:
            return now(data, **options)
        except UnicodeDecodeError:
            if options:
                raise
            report("a pickle of Python 2: its text is read as latin-1")
            return now(data, encoding="latin1")

    return loads


def dump_of_python2(now: Any, report: Report) -> Any:
    """pickle.dump, to files open as text."""

    @functools.wraps(now)
    def dump(obj: Any, file: Any, *args: Any, **options: Any) -> None:
        now(obj, _binary(file), *args, **options)

    return dump


# Modules --------------------------------------------------------------------------------------------------------------
StringTypes = (str,)


def exc_clear() -> None:
    """`sys.exc_clear`: an error is forgotten at the end of its `except`."""


def setdefaultencoding(name: str) -> None:
    """`sys.setdefaultencoding`: it is utf-8."""


def maketrans(fr: str, to: str) -> str:
    """A table for `translate`: 256 characters."""
    if len(fr) != len(to):
        raise ValueError("maketrans arguments must have same length")
    table = [chr(k) for k in builtins.range(256)]
    for one, other in builtins.zip(fr, to):
        table[ord(one)] = other
    return "".join(table)


def join(words: Any, sep: str = " ") -> str:
    """The words with `sep` between."""
    return sep.join(words)


def _of_text(name: str) -> Any:
    def function(s: str, *args: Any) -> Any:
        return getattr(s, name)(*args)

    function.__name__, function.__doc__ = name, f"``s.{name}(...)``"
    return function


capitalize, count, find, index, ljust, lower, lstrip, replace, rfind, rjust, rstrip, split, strip, swapcase, translate, upper, zfill = builtins.map(
    _of_text, "capitalize count find index ljust lower lstrip replace rfind rjust rstrip split strip swapcase translate upper zfill".split())
