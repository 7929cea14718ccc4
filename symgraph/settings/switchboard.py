"""The object that holds every switch, and the `with` block that changes some of them for a while.

    config.floatX                                     # a plain attribute: reading costs nothing
    config.floatX = "float32"                         # a wrong value raises ValueError and changes nothing
    config.scan.allow_gc                              # a switch with a dot lies in a section
    config.on_change("floatX", act)                   # act(value) is called now and after each change
    with config.change_flags(floatX="float32"): ...   # also a decorator; also change_flags({"scan.allow_gc": True})

Settings belong to the process, not to a thread.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ContextDecorator
from typing import Any

from symgraph.settings import sources
from symgraph.settings.table import ACCEPTED, OWN, TABLE, WAITING, Derived, Row
from symgraph.settings.values import DERIVED, checked, nearest

__all__ = ["ChangeFlags", "Section", "Settings", "config"]

_NOT_SET: Any = object()


class Section:
    """Switches whose names begin alike. One that is set, or has a plain default, is an entry of the instance's dict."""

    __slots__ = ("__dict__", "_prefix", "_root")
    _prefix: str
    _root: Settings

    def __init__(self, prefix: str, root: Settings) -> None:
        object.__setattr__(self, "_prefix", prefix)
        object.__setattr__(self, "_root", root)

    def __getattr__(self, name: str) -> Any:
        """Asked only for what is not in the dict: a default to be worked out, or a name that does not exist."""
        row = TABLE.get(self._prefix + name)
        if row is not None and isinstance(row.default, Derived):
            rule = row.default.rule
            return rule() if callable(rule) else DERIVED[rule](self._root)
        raise AttributeError(_unknown(self._prefix + name))

    def __setattr__(self, name: str, value: Any) -> None:
        full = self._prefix + name
        if full not in TABLE:
            section = self.__dict__.get(name)
            if isinstance(section, Section):
                raise AttributeError(f"{full} is a section of settings: set one of {', '.join(section._names())}")
            raise AttributeError(_unknown(full))
        self._root._keep([(full, checked(full, value))])

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a setting cannot be deleted: {self._prefix}{name}")

    def __dir__(self) -> list[str]:
        start = len(self._prefix)
        return sorted({*object.__dir__(self), *(full[start:].partition(".")[0] for full in self._names())})

    def __str__(self) -> str:
        """Every switch of the section with its value and its line of doc, as a table."""
        values = {full: repr(self._root._value(full)) for full in self._names()}
        notes = {full: TABLE[full].doc + (" (without effect yet)" if TABLE[full].standing == WAITING else "") for full in values}
        return "\n".join(f"{full} = {value:<12}  # {notes[full]}" for full, value in values.items())

    def __repr__(self) -> str:
        return f"<settings {self._prefix.rstrip('.')}>" if self._prefix else "<settings>"

    def _names(self) -> list[str]:
        return [full for full in TABLE if full.startswith(self._prefix)]


class Settings(Section):
    """All switches of the process: defaults, then the user's files and environment (see sources.py), then the code."""

    __slots__ = ("_actors", "_unknown")
    _actors: dict[str, list[Callable[[Any], None]]]
    _unknown: dict[str, tuple[str, str]]

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__("", self)
        object.__setattr__(self, "_actors", {})
        object.__setattr__(self, "_unknown", {})  # what the user's files and environment say of names that are no switches, yet
        for full, row in TABLE.items():
            holder, leaf = self._holder(full)
            if not isinstance(row.default, Derived):
                holder[leaf] = row.default
        said: dict[str, str] = {}
        doubtful: dict[str, str] = {}
        for source, strict, flags in sources.read(environ, TABLE):
            for full, text in flags.items():
                if full in TABLE:
                    said[full] = source
                    holder, leaf = self._holder(full)
                    try:
                        holder[leaf] = checked(full, text)
                    except ValueError as error:
                        raise ValueError(f"{source}: {error}") from None
                else:
                    self._unknown[full] = source, text
                    if strict:
                        doubtful[full] = source
        idle = [name for name in said if TABLE[name].standing in (ACCEPTED, WAITING)]
        if idle and sys.warnoptions:  # whoever asks for warnings is told once, in one note
            notes = "; ".join(f"{name} ({TABLE[name].doc})" for name in idle)
            warnings.warn(f"settings without effect here: {notes}", UserWarning, stacklevel=2)
        for full, source in doubtful.items():
            warnings.warn(f"{source}: {_unknown(full)}", UserWarning, stacklevel=2)

    def on_change(self, name: str, act: Callable[[Any], None]) -> None:
        """Call act(value) now, unless the switch has its default, and whenever it is set: so what a switch turns on costs nothing while it is
        off."""
        self._actors.setdefault(name, []).append(act)
        value = self._value(name)
        if value != TABLE[name].default:
            act(value)

    def declare(self, name: str, default: Any, allowed: Any, doc: str, in_key: bool) -> None:
        """A switch of a program's own: its default holds unless the user's environment or files say otherwise. AttributeError if there is one
        of this name; ValueError, and no switch, for a value that it may not have."""
        if name in TABLE or isinstance(self.__dict__.get(name), Section):
            raise AttributeError(f"there is a setting {name} already")
        if not all(part.isidentifier() for part in name.split(".")):
            raise ValueError(f"the name of a setting consists of words with dots between, got {name!r}")
        TABLE[name] = Row(name, Derived(default) if callable(default) else default, allowed, OWN, in_key, doc)
        source, text = self._unknown.get(name, (None, default))
        try:
            if source is not None or not callable(default):
                value = checked(name, text)
                holder, leaf = self._holder(name)
                holder[leaf] = value
        except Exception:
            del TABLE[name]
            raise

    def change_flags(self, changes: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **more: Any) -> ChangeFlags:
        """Other values for the time of a `with` block, or of each call of the decorated function.

        Raises AttributeError for an unknown name, ValueError for a wrong value, before anything is changed.

        >>> with config.change_flags({"scan.allow_gc": True}, floatX="float32"):
        ...     config.floatX, config.scan.allow_gc
        ('float32', True)
        """
        wanted = {**dict(changes), **more}
        for full in wanted:
            if full not in TABLE:
                raise AttributeError(_unknown(full))
        return ChangeFlags(self, {full: checked(full, value) for full, value in wanted.items()})

    def checked(self, name: str, value: Any) -> Any:
        """The value that the switch would keep if it were set to this one; raises as setting it does, sets nothing."""
        if name not in TABLE:
            raise AttributeError(_unknown(name))
        return checked(name, value)

    def code_key(self) -> tuple[tuple[str, Any], ...]:
        """Name and value of each switch that may change generated code, in the table's order, for keys of the cache.

        Every value is a number, a text, a bool or None, but a Mode is there as its repr: what it consists of has to
        enter a key by itself.
        """
        pairs = ((full, self._value(full)) for full, row in TABLE.items() if row.in_key)
        return tuple((full, value if isinstance(value, _PLAIN) else repr(value)) for full, value in pairs)

    def _keep(self, changes: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Set switches to proper values (_NOT_SET: back to a default that is worked out), tell those who asked; returns what they were."""
        before = []
        for full, value in changes:
            holder, leaf = self._holder(full)
            before.append((full, holder.get(leaf, _NOT_SET)))
            if value is _NOT_SET:
                holder.pop(leaf, None)
            else:
                holder[leaf] = value
            for act in self._actors.get(full, ()):
                act(value)
        return before

    def _value(self, full: str) -> Any:
        value: Any = self
        for part in full.split("."):
            value = getattr(value, part)
        return value

    def _holder(self, full: str) -> tuple[dict[str, Any], str]:
        """The dict that keeps this switch, and its name there; sections are made as they are met."""
        section: Section = self
        *parts, leaf = full.split(".")
        for part in parts:
            if part not in section.__dict__:
                section.__dict__[part] = Section(f"{section._prefix}{part}.", self)
            section = section.__dict__[part]
        return section.__dict__, leaf


_PLAIN = (str, int, float, type(None))


class ChangeFlags(ContextDecorator):
    """What `change_flags` returns. It may be entered several times, also within itself."""

    def __init__(self, settings: Settings, changes: dict[str, Any]) -> None:
        self._settings = settings
        self._changes = changes
        self._before: list[list[tuple[str, Any]]] = []

    def __enter__(self) -> None:
        self._before.append(self._settings._keep(self._changes.items()))

    def __exit__(self, *failure: object) -> None:
        self._settings._keep(reversed(self._before.pop()))


def _unknown(full: str) -> str:
    message = f"symgraph does not recognise this flag: {full}"
    if full.startswith("__"):  # Python itself asks for these; no person misspelt them
        return message
    like = nearest(full, list(TABLE))
    return f"{message} (did you mean {' or '.join(like)}?)" if like else message


config = Settings(os.environ)
