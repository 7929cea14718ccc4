"""Modes by their names: what `mode="FAST_RUN"` means, and the setting `mode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.compile.modes import Mode
from symgraph.settings import config

__all__ = ["FAST_COMPILE", "FAST_RUN", "get_default_mode", "get_mode", "mode_names", "register_mode", "resolve"]


def _checking(name: str) -> Callable[[], Mode]:
    """One of the modes that look at every step; their file is loaded when one of them is wanted."""

    def make() -> Mode:
        from symgraph.compile import checking

        mode: Mode = getattr(checking, name)()
        return mode

    return make


_MODES: dict[str, Callable[[], Mode]] = {
    "FAST_RUN": lambda: Mode(optimizer="fast_run"),
    "FAST_COMPILE": lambda: Mode(optimizer="fast_compile"),
    "CHECK": lambda: Mode(optimizer="fast_run", check=True),
    "DebugMode": _checking("DebugMode"),
    "DEBUG_MODE": _checking("DebugMode"),
    "NanGuardMode": _checking("NanGuardMode"),
    "MonitorMode": _checking("MonitorMode"),
    "ProfileMode": _checking("ProfileMode"),
    "PROFILE_MODE": _checking("ProfileMode"),
    "Mode": Mode,
}

FAST_RUN = Mode(optimizer="fast_run")  # all passes, native code
FAST_COMPILE = Mode(optimizer="fast_compile")  # few passes, native code


def resolve(mode: Any) -> Mode:
    """A Mode of what the user gave: None (the settings), a name, a Mode. ValueError names the known ones; TypeError for anything else."""
    if mode is None:
        mode = config.mode
    if isinstance(mode, Mode):
        return mode
    if isinstance(mode, str):
        if mode not in _MODES:
            raise ValueError(f"no mode is named {mode!r}; known are {', '.join(_MODES)}")
        return _MODES[mode]()
    raise TypeError(f"mode must be None, a name or a Mode, got {mode!r} of {type(mode)}")


def get_mode(orig_string: Any) -> Mode:
    """The mode of a name; a mode itself, and None for that of the settings, are taken too. ValueError for another name.

    >>> get_mode('FAST_COMPILE').optimizer
    'fast_compile'
    """
    return resolve(orig_string)


def get_default_mode() -> Mode:
    """The mode that functions get which name none: that of the settings `mode`, `linker` and `optimizer`."""
    return resolve(None)


def mode_names() -> list[str]:
    """The names by which modes are known."""
    return list(_MODES)


def register_mode(name: str, mode: Mode) -> None:
    """Give a mode a name, by which `function(..., mode=name)` finds it. ValueError if the name is taken, TypeError for what is no Mode."""
    if not isinstance(mode, Mode):
        raise TypeError(f"a Mode is wanted, got {mode!r} of {type(mode)}")
    if name in _MODES:
        raise ValueError(f"there is a mode {name} already")
    _MODES[name] = lambda: mode
