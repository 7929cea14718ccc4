"""The stations that make code: loop IR, its check, a target's text, its bytes. A warm start never loads this file.

Linking to every target stands here, so that a new target is one more line in two tables.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable

from codegen.layout import Layout
from codegen.loopir.nodes import Module
from codegen.loopir.text import module_text
from codegen.loopir.verify import verify
from codegen.lower.entry import lower
from codegen.lower.fuse import STEPS
from codegen.opt.outline import outline
from codegen.opt.threads import split_loops
from codegen.program import Program
from codegen.targets.c import compile_c, find_compiler
from codegen.targets.ctext import c_source
from codegen.targets.llvm import compile_llvm
from codegen.targets.llvmtext import llvm_text

__all__ = ["TEXTS", "binary", "lowered", "module_text", "target_text"]

TEXTS: dict[str, Callable[[Module, int], str]] = {
    "llvm": lambda module, level: llvm_text(module, None if level else 0),  # without passes vectors are more to read and nothing gained
    "c": lambda module, level: c_source(module),
}


def lowered(program: Program, most: int | None = None, clock: int | None = None) -> tuple[Module, Layout]:
    """Stations 6 and 7: the loop IR, cut and checked, and what it wants from its caller. most, clock: as for `lower`."""
    result = lower(program, most=STEPS if most is None else most, clock=clock)
    split_loops(result.module)
    outline(result.module)
    verify(result.module, len(result.layout.failures))
    return result.module, result.layout


def target_text(module: Module, target: str, level: int = 2) -> str:
    """Station 8, first half: what the target's compiler reads; level: as for `binary`. ValueError: no target has this name."""
    if target not in TEXTS:
        raise ValueError(f"no target is named {target!r}; known are {', '.join(TEXTS)}")
    return TEXTS[target](module, level)


def binary(text: str, target: str, level: int, compiler: str | None = None, keep: bool = False) -> bytes:
    """Station 8, second half: the bytes of an object file (llvm) or of a shared object (c). keep: the C source stays where it was compiled, and
    is named on standard error."""
    if target == "llvm":
        return compile_llvm(text, level)
    find_compiler(compiler)  # without one there shall be no folder
    directory = tempfile.mkdtemp(prefix="symgraph-c-")
    content = compile_c(text, directory, compiler).read_bytes()  # a source that is refused stays to be read: the error names it
    if keep:
        print(f"the C source is kept in {directory}", file=sys.stderr)
    else:
        shutil.rmtree(directory)
    return content
