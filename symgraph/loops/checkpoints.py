"""What a user may say of the checkpoints of a loop."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Limit", "Log", "Root", "checked_checkpoint"]

_KINDS = "a number of steps, 'sqrt', 'root 3' (or higher), 'log', bytes as in '64 MB', or a tuple of numbers that become smaller"
_ROOT = re.compile(r"root ([2-9]|1[0-9])")
_LIMIT = re.compile(r"(\d+(?:\.\d+)?) ?([kMGT]?)B")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Root:
    """A number of steps that follows from that of all steps n: n ** (power / degree), rounded up."""

    __slots__ = ("degree", "power")

    def __init__(self, degree: int, power: int) -> None:
        self.degree, self.power = degree, power

    def __repr__(self) -> str:
        return f"Root({self.degree}, {self.power})"


class Limit:
    """As many steps as keep what is stored at once within so many bytes."""

    __slots__ = ("bytes",)

    def __init__(self, bytes: int) -> None:
        self.bytes = bytes

    def __repr__(self) -> str:
        return f"Limit({self.bytes})"


class Log:
    """Of n steps the states of log2(n), which move as the reverse goes on."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Log()"


def checked_checkpoint(given: Any, title: str = "loop") -> tuple[Any, ...] | None:
    """The number of steps between checkpoints, an int or a Root, for each level of segments, the longest first, or a Limit or Log alone;
    None: no checkpoints.

    Raises TypeError for what is no number, ValueError for other words, numbers below 1, and levels that do not become shorter.

    >>> checked_checkpoint("sqrt"), checked_checkpoint((100, 10)), checked_checkpoint("root 3")
    ((Root(2, 1),), (100, 10), (Root(3, 2), Root(3, 1)))
    """
    if given is None:
        return None
    if given == "sqrt":
        given = "root 2"
    if given == "log":
        return (Log(),)
    if isinstance(given, str) and (limit := _LIMIT.fullmatch(given)):
        return (Limit(int(float(limit.group(1)) * _UNITS[limit.group(2)])),)
    if isinstance(given, str):
        found = _ROOT.fullmatch(given)
        if found is None:
            raise ValueError(f"{title}: checkpoint must be {_KINDS}, got {given!r}")
        degree = int(found.group(1))
        return tuple(Root(degree, power) for power in range(degree - 1, 0, -1))
    levels = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    for k in levels:
        if not isinstance(k, (int, Root, Limit, Log)) or isinstance(k, bool):
            raise TypeError(f"{title}: checkpoint must be {_KINDS}, got {given!r}")
        if isinstance(k, int) and k < 1:
            raise ValueError(f"{title}: segments between checkpoints have at least one step, got {k}")
    numbers = [k for k in levels if isinstance(k, int)]
    if not levels or any(a <= b for a, b in zip(numbers, numbers[1:])):
        raise ValueError(f"{title}: segments of segments must become shorter, got {given}")
    return levels
