"""Code that is compiled in a fraction of the time, and runs slower: for tests of what is computed, which is most of them.

What two compilers do is most of the time of a test that compiles: of one function of twenty expressions with their derivatives all of
our own passes and the lowering took 0.2 s, LLVM 0.9 s, gcc -O3 1.0 s. Without passes LLVM takes 0.06 s, gcc -Og 0.27 s.

What only the full treatment finds out (loops said to be independent that are not, arrays said to be apart, results that change with the
width of vectors) is tested where functions are compiled as users have them: every op by the target llvm of tests/ops, random
graphs and loops, tests/codegen, examples, pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import codegen
from codegen.targets import c
from symgraph.compile import handoff

__all__ = ["quick_code"]

_apart = codegen.Store("", 0)  # in memory: nobody else may be handed this code


@contextmanager
def quick_code() -> Iterator[None]:
    """Functions that are made in the block are compiled by LLVM without passes of its own, by a C compiler with -Og."""
    flags = tuple("-Og" if flag == "-O3" else flag for flag in c.FLAGS)
    with (
        patch.object(codegen, "compile", partial(codegen.compile, level=0)),
        patch.object(c, "FLAGS", flags),
        patch.object(handoff, "_open_store", lambda directory: _apart),
    ):
        yield
