"""``python -m symgraph``: see launch.py."""

import sys

from symgraph.launch import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
