"""Theano's modules and names, for programs written for Theano: each is an object of symgraph's (`tree.py` says which).

Three ways in::

    import symgraph.theano as theano, symgraph.theano.tensor as T     # in the program
    from symgraph.theano import install; install()                   # then plain `import theano`, here and in what is imported
    python -m symgraph run program.py ...                            # the program as it is
"""

import sys
from typing import Any

from symgraph.theano.modules import FINDER, VERSION, find_name, homes_of, starred
from symgraph.theano.modules import install as install  # no list __all__: it is what `from theano import *` brings

if FINDER not in sys.meta_path:
    sys.meta_path.append(FINDER)

__version__ = VERSION


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return starred("")
    if name.startswith("__"):
        raise AttributeError(f"module theano has no attribute {name!r}")
    found = globals()[name] = find_name("", name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *(name for home in homes_of("") for name in dir(home) if not name.startswith("_"))})
