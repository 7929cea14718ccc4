"""Which line of the user's file made this node.

`here()` is called for every node of every expression, so it does as little as possible: it walks frames up to the
first one outside the two packages and keeps that frame's code object and instruction offset. The line number is worked
out only when it is shown: Python finds it by a walk through the code's line table, which was measured at 28 us on line
3,000 of a script.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator, Sequence
from types import CodeType, FrameType
from typing import Any

from symgraph.settings import config

__all__ = ["Where", "add_tag_trace", "describe", "here", "simple_extract_stack"]


class Where:
    """A place in the user's text: unpacks to ``filename, line, function``.

    Two places are equal when these three are. A Where can be pickled; what is stored are the three, not the code.
    """

    __slots__ = ("_code", "_offset")

    def __init__(self, code: CodeType, offset: int) -> None:
        self._code: CodeType | tuple[str, str] = code
        self._offset = offset

    @classmethod
    def at(cls, filename: str, line: int, function: str) -> Where:
        """The place as it is said in words, for places that come from a pickle or a generated text."""
        where = cls.__new__(cls)
        where._code = (filename, function)
        where._offset = line
        return where

    @property
    def filename(self) -> str:
        """The file as Python names it; ``<stdin>`` and the like where there is none."""
        return self._code[0] if isinstance(self._code, tuple) else self._code.co_filename

    @property
    def line(self) -> int:
        """The line's number, from 1."""
        if isinstance(self._code, tuple):
            return self._offset
        found = self._code.co_firstlineno
        for start, end, line in self._code.co_lines():
            if line is not None and start <= self._offset < end:
                return line
            if start <= self._offset and line is not None:
                found = line
        return found

    @property
    def function(self) -> str:
        """The function's name; ``<module>`` at the top of a file."""
        return self._code[1] if isinstance(self._code, tuple) else self._code.co_name

    def __iter__(self) -> Iterator[str | int]:
        return iter((self.filename, self.line, self.function))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Where) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[object, tuple[str, int, str]]:
        return Where.at, (self.filename, self.line, self.function)

    def __repr__(self) -> str:
        return f"{self.filename}:{self.line} in {self.function}"

    def __str__(self) -> str:
        return describe(self)


class Trace(Where):
    """A place with those that led to it, `outer`, the nearest first: the setting traceback.limit keeps more than one."""

    __slots__ = ("outer",)
    outer: tuple[Where, ...]


# Taken from the code itself, not from __file__, so that it is spelled as the code objects of the other files are.
_OWN_FILE = (lambda: None).__code__.co_filename
_SEPARATOR = "\\" if "\\" in _OWN_FILE and "/" not in _OWN_FILE else "/"
_ROOT = _OWN_FILE.rsplit(_SEPARATOR, 2)[0]
_OWN_PREFIXES = tuple(f"{_ROOT}{_SEPARATOR}{package}{_SEPARATOR}" for package in ("symgraph", "codegen"))

# Keyed by file name: a string keeps its hash, a code object works it out anew on each look-up (9 us for a long one).
_is_own: dict[str, bool] = {}


def here() -> Where:
    """The place in the user's text that led here: the nearest frame outside symgraph/ and codegen/.

    Where every frame is ours (``python -m symgraph``), the outermost one. Costs about half a microsecond.
    """
    frame = sys._getframe(1)
    while True:
        code = frame.f_code
        filename = code.co_filename
        own = _is_own.get(filename)
        if own is None:
            own = _is_own[filename] = filename.startswith(_OWN_PREFIXES)
        if not own:
            return Where(code, frame.f_lasti) if limit <= 1 else _traced(frame)
        outer = frame.f_back
        if outer is None:
            return Where(code, frame.f_lasti)
        frame = outer


limit = 1  # frames kept; as the setting traceback.limit says


def _limit(frames: int) -> None:
    global limit
    limit = frames


config.on_change("traceback.limit", _limit)


def _traced(frame: FrameType) -> Trace:
    where = Trace(frame.f_code, frame.f_lasti)
    outer: list[Where] = []
    above = frame.f_back
    while above is not None and len(outer) < limit - 1:
        if not above.f_code.co_filename.startswith(_OWN_PREFIXES):
            outer.append(Where(above.f_code, above.f_lasti))
        above = above.f_back
    where.outer = tuple(outer)
    return where


def describe(where: Where | None) -> str:
    """The place as a traceback shows it, which editors make a link of: file, line, function, and the text of the line.

    >>> print(describe(Where.at("model.py", 12, "loss")))
    File "model.py", line 12, in loss
    """
    if where is None:
        return "an unknown line"
    filename, line, function = where.filename, where.line, where.function
    text = linecache.getline(filename, line).strip()
    said = f'File "{filename}", line {line}, in {function}'
    said = f"{said}\n    {text}" if text else said
    outer = where.outer if isinstance(where, Trace) else ()
    return "\n".join([said, *("called from " + describe(place) for place in outer)])


def simple_extract_stack(f: Any = None, limit: int | None = None, skips: Sequence[str] = ()) -> list[tuple[str, int, str, str | None]]:
    """The calls that lead here: (file, line, function, text) each, the innermost last. f: the frame to start from, the caller's by default;
    limit: how many at most; skips: parts of paths of files whose calls are left out at the end."""
    frame = f if f is not None else sys._getframe(1)
    rows: list[tuple[str, int, str, str | None]] = []
    while frame is not None and (limit is None or len(rows) < limit):
        name = frame.f_code.co_filename
        rows.insert(0, (name, frame.f_lineno, frame.f_code.co_name, linecache.getline(name, frame.f_lineno).strip() or None))
        frame = frame.f_back
    while rows and any(part in rows[-1][0] for part in skips):
        rows.pop()
    return rows


def add_tag_trace(thing: Any, user_line: Any = None) -> Any:
    """Note on a variable or node which calls made it, as `thing.tag.trace`; returns it. (Its `line` is noted in any case.)"""
    thing.tag.trace = [simple_extract_stack(limit=user_line, skips=("symgraph/",))]
    return thing
