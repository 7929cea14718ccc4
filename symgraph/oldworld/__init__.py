"""What programs of 2015 to 2018 expect of Python, numpy and scipy, and what Python 2 gave: supplied only if it is asked for.

`table.py` is the data: which names and modules, and what stands for each. `supply.py` hands them out when a program asks; `python2.py` compiles
Python 2; the files beside them hold what has no successor by another name. Nothing here imports the rest of symgraph, for
`python -m symgraph run` loads it before the program, in which symgraph may never be needed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from symgraph.oldworld.supply import Supply

__all__ = ["begin"]

_begun: dict[str, Supply] = {}


def begin(python2: str | None = None, verbose: bool = False) -> Any:
    """Supply the old world in this process, from now on; once only.

    python2: the folder whose modules are Python 2; they are compiled as such. verbose: each substitution is reported on standard error.
    ImportError if Python 2 is wanted and the package fissix is not installed.
    """
    if "all" not in _begun:
        report = _report if verbose else _say_nothing
        _begun["all"] = Supply(python2 is not None, report)
        if python2 is not None:
            import_module("symgraph.oldworld.python2").begin(python2, report)
        _begun["all"].begin()
    return _begun["all"]


def _report(line: str) -> None:
    print(f"symgraph: {line}", file=sys.stderr)


def _say_nothing(line: str) -> None:
    """Substitutions are reported only if that is asked for."""
