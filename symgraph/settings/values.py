"""What a switch accepts: `checked` takes a value from code or a text from the environment to the value that is kept.

`DERIVED` holds the defaults that are worked out when asked for.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from symgraph.settings.table import ALIASES, TABLE

__all__ = ["DERIVED", "checked", "nearest"]

_MODES = ("Mode", "FAST_RUN", "FAST_COMPILE", "CHECK", "DebugMode", "NanGuardMode", "MonitorMode", "ProfileMode")
_TRUE = (True, "True", "true", "1")
_FALSE = (False, "False", "false", "0")


def checked(name: str, value: Any) -> Any:
    """The value that the switch of this (known) name keeps when it is given `value`.

    Raises ValueError naming what is allowed.

    >>> checked("linker", "cvm"), checked("allow_gc", "false"), checked("device", "gpu1")
    ('llvm', False, 'cuda1')
    """
    allowed = TABLE[name].allowed
    if callable(allowed):  # a switch of a program's own (symgraph/settings/declared.py)
        return allowed(value)
    if isinstance(value, str):
        value = value.strip()
        value = ALIASES.get(name, {}).get(value, value)
    if isinstance(allowed, tuple):
        return _word(name, value, allowed)
    if isinstance(allowed, range):
        number = _whole(value)
        return number if number in allowed else _refuse(name, value, ", ".join(map(str, allowed)))
    return _KINDS[allowed](name, value)


def nearest(name: str, known: list[str]) -> list[str]:
    """Up to three of the known names that look like this one: by spelling, by case, or without their section."""
    import difflib  # 1 ms, and wanted only when something is wrong

    spelled: dict[str, str] = {}
    for other in known:
        spelled.setdefault(other.rpartition(".")[2].lower(), other)
    for other in known:
        spelled[other.lower()] = other
    found = difflib.get_close_matches(name.lower(), spelled, n=3, cutoff=0.7)
    return list(dict.fromkeys(spelled[match] for match in found))


def _refuse(name: str, value: Any, allowed: str) -> Any:
    raise ValueError(f"wrong value {value!r} for the setting {name}: allowed is {allowed}")


def _word(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    word = str(value) if value is None or isinstance(value, bool) else value
    if isinstance(word, str) and word in allowed:
        return word
    aliases = ALIASES.get(name, {})
    also = f" ({', '.join(aliases)} are understood too)" if aliases else ""
    return _refuse(name, value, ", ".join(allowed) + also)


def _whole(value: Any) -> int | None:
    """The integer that is meant, None if it is none."""
    try:
        return int(value) if isinstance(value, str) else operator.index(value)
    except (TypeError, ValueError):
        return None


def _truth(name: str, value: Any) -> bool:
    # 1 == True and numpy's bools compare equal to Python's; an array would not have one answer.
    if isinstance(value, (str, int)) or type(value).__name__ in ("bool_", "bool"):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    return _refuse(name, value, "True or False")


def _truth_or_none(name: str, value: Any) -> bool | None:
    return None if value is None or value == "None" else _truth(name, value)


def _integer(name: str, value: Any) -> int:
    number = _whole(value)
    return _refuse(name, value, "an integer") if number is None else number


def _count(name: str, value: Any) -> int:
    number = _whole(value)
    return number if number is not None and number >= 0 else _refuse(name, value, "an integer from 0")


def _seed(name: str, value: Any) -> int | str:
    number = _whole(value)
    if number is not None and number >= 0:
        return number
    return value if value == "random" else _refuse(name, value, "an integer from 0, or random")


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return _refuse(name, value, "a number")


def _text(name: str, value: Any) -> str:
    return value if isinstance(value, str) else _refuse(name, value, "a text")


def _path(name: str, value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        path = os.fspath(value)
        if isinstance(path, str):
            return os.path.expanduser(path)
    return _refuse(name, value, "a path")


def _device(name: str, value: Any) -> str:
    if isinstance(value, str):
        kind = value.rstrip("0123456789")
        number = value[len(kind) :]
        if value == "cpu":
            return value
        if kind in ("cuda", "gpu"):
            return f"cuda{number}"
    return _refuse(name, value, "cpu, cuda, cuda0, cuda1 ... (gpu, gpu0 ... are understood too)")


def _device_or_nothing(name: str, value: Any) -> str:
    return "" if value == "" else _device(name, value)


def _mode(name: str, value: Any) -> Any:
    """One of the words, or a Mode, known by what it consists of: the file that defines it lies above this one."""
    if isinstance(value, str):
        return _word(name, value, _MODES)
    is_mode = hasattr(value, "linker") and hasattr(value, "optimizer")
    return value if is_mode else _refuse(name, value, f"{', '.join(_MODES)}, or a Mode")


_KINDS: dict[str, Callable[[str, Any], Any]] = {
    "bool": _truth,
    "bool or None": _truth_or_none,
    "int": _integer,
    "count": _count,
    "seed": _seed,
    "float": _number,
    "text": _text,
    "path": _path,
    "device": _device,
    "device or nothing": _device_or_nothing,
    "mode": _mode,
}


def _cache_folder(settings: Any) -> str:
    """$XDG_CACHE_HOME/symgraph or ~/.cache/symgraph; empty where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification: a relative path is to be ignored
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return "" if base.startswith("~") else os.path.join(base, "symgraph")


def _first_compiler(settings: Any) -> str:
    return _compiler_on(os.environ.get("PATH", ""), os.environ.get("CC", ""))


@lru_cache(maxsize=4)
def _compiler_on(path: str, wish: str) -> str:
    """The C compiler: what $CC says, else the path of gcc, clang or cc; empty if there is none."""
    import shutil  # 3 ms for its archive formats; numpy does not load it

    if wish:
        return shutil.which(wish, path=path) or wish  # may be a command of several words
    return next(filter(None, (shutil.which(name, path=path) for name in ("gcc", "clang", "cc"))), "")


DERIVED: dict[str, Callable[[Any], Any]] = {
    "cache_folder": _cache_folder,
    "base_compiledir": lambda settings: settings.base_compiledir,
    "first_compiler": _first_compiler,
}
