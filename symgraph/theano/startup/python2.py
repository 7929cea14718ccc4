"""Runs a program for Python 2 in this process: what `python -m symgraph run --python2` starts Python with."""

import sys

from symgraph.oldworld.python2 import run_main

if __name__ == "__main__":
    run_main(sys.argv[1:])
