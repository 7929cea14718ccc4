"""Theano's linkers as objects: each says which of ours it means. ``Mode(linker=PerformLinker())`` is ``Mode(linker="py")``."""

from __future__ import annotations

from typing import Any

from symgraph.compile.modes import known_linkers
from symgraph.errors import LeftOutError

__all__ = ["CLinker", "DualLinker", "Linker", "LocalLinker", "OpWiseCLinker", "PerformLinker", "VM_Linker", "register_linker"]


class Linker:
    """A linker by another name; what it is made with is accepted for Theano's sake, but for a `callback`, of which MonitorMode takes the place:
    LeftOutError."""

    word = "llvm"  # the linker of ours that it means

    def __init__(self, *args: Any, **options: Any) -> None:
        if options.get("callback") is not None:
            raise LeftOutError("a linker calls nothing back here; use symgraph.compile.MonitorMode(pre_func=..., post_func=...)")

    def clone(self, allow_gc: Any = None) -> Linker:
        """The linker itself."""
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class LocalLinker(Linker):
    """Base of linkers that run a graph node by node: here native code."""


class PerformLinker(LocalLinker):
    """Runs a graph node by node by the numpy rules."""

    word = "py"


class OpWiseCLinker(LocalLinker):
    """Native code."""


class VM_Linker(LocalLinker):  # Theano's name
    """Native code."""


class CLinker(Linker):
    """Native code, by way of C and a compiler."""

    word = "c"


class DualLinker(Linker):
    """Native code. (In Theano beside the rules of Python; the mode CHECK does that.)"""


def register_linker(name: str, linker: Any) -> None:
    """Give a linker a name, which ``Mode(linker=name)`` finds. ValueError if the name is taken, or the linker means none of ours."""
    if name in known_linkers:
        raise ValueError(f"Linker name already taken: {name}")
    word = getattr(linker, "word", linker)
    if word not in known_linkers:
        raise ValueError(f"no linker is named {word!r}; known are {', '.join(known_linkers)}")
    known_linkers[name] = known_linkers[word]
