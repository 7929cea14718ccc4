"""Functions of Python's libraries for the interpreter of the loop IR, by the names of Module.libraries: 'scipy.special.betainc/3'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["external", "parts"]


def parts(name: str) -> tuple[str, str, int]:
    """Module, name in it, number of arguments.

    >>> parts("scipy.special.betainc/3")
    ('scipy.special', 'betainc', 3)
    """
    path, _, count = name.partition("/")
    module, _, function = path.rpartition(".")
    return module, function, int(count)


def external(name: str) -> Callable[..., Any]:
    """The Python function on numpy scalars: it is asked instead of the native one, so that targets have a judge. KeyError for another module."""
    module, function, _ = parts(name)
    if module != "scipy.special":
        raise KeyError(f"the interpreter knows no function {name}")
    import scipy.special

    return getattr(scipy.special, function)  # type: ignore[no-any-return]
