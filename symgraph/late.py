"""Names of a face that come with their first use, so that `import symgraph` loads only what nearly every program needs.

A face (the `__init__.py` of a package) writes a table of files and the names each has, and calls `late`::

    __getattr__, __dir__ = late(__name__, {"symgraph.graph.alike": "equal_computations is_same_graph"})
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["late"]


def late(face: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of the package `face`. homes: file -> the names that come from it, with spaces between; ``name=other``
    where the file calls it otherwise; a file with no names is itself meant, by its last name.

    >>> import symgraph
    >>> symgraph.jacobian.__module__
    'symgraph.gradient.matrices'
    """
    table: dict[str, tuple[str, str | None]] = {}
    for home, names in homes.items():
        if not names:
            table[home.rpartition(".")[2]] = home, None
        for name in names.split():
            here, _, there = name.partition("=")
            table[here] = home, there or here

    def find(name: str) -> Any:
        if name not in table:
            raise AttributeError(f"{face} has no {name!r}")
        home, there = table[name]
        module = import_module(home)
        found = module if there is None else getattr(module, there)
        setattr(sys.modules[face], name, found)
        return found

    return find, lambda: sorted({*vars(sys.modules[face]), *table})
