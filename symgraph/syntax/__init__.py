"""Plain Python as symbolic loops and branches: names only."""

from symgraph.syntax.decorator import symbolic
from symgraph.syntax.sources import range

__all__ = ["range", "symbolic"]
