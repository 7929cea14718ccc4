"""The passes of the user's own that a mode has: asked before every compilation, so it costs nothing where there are none."""

from __future__ import annotations

import sys
from typing import Any

from symgraph.compile.modes import Mode

__all__ = ["user_passes"]

_DATABASE = "symgraph.compile.registered"  # where nothing is registered as long as nobody has loaded it


def user_passes(mode: Mode) -> list[Any]:
    """Pairs (position, pass): what the mode takes of the database of rewrites, and what it brings itself."""
    if not mode.rewrites and _DATABASE not in sys.modules:
        return []
    from symgraph.compile.registered import passes_for

    return passes_for(mode)
