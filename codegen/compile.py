"""Program -> Executable: the stations in order, on one page.

`compile` takes a Program all the way; `load` starts from an entry of the cache and imports nothing of what compiles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from codegen.cache.entry import Entry
from codegen.layout import Layout
from codegen.runtime.executable import Executable
from codegen.runtime.loader import load_binary

if TYPE_CHECKING:
    from codegen.loopir.nodes import Module
    from codegen.program import Program

__all__ = ["Compiled", "binary", "compile", "load", "lowered", "module_text", "target_text", "version"]

Watch = Callable[[str, Any], None]


class Compiled:
    """An executable, and the entry that brings it back from the cache."""

    __slots__ = ("entry", "executable")

    def __init__(self, executable: Executable, entry: Entry) -> None:
        self.executable = executable
        self.entry = entry


def compile(program: Program, target: str = "llvm", level: int = 2, store: Any = None, compiler: str | None = None, watch: Watch | None = None) -> Compiled:
    """Native code for a Program.

    target: 'llvm' or 'c'. level: how hard the target's compiler tries, 0 to 3. store: a codegen.cache.store.Store; a Program that was
    compiled before is loaded from there. compiler: the C compiler. watch: called with ('key' | 'module' | 'text' | 'binary' |
    'executable', what that station gave). Raises CodegenError.
    """
    from codegen.cache.key import program_key

    watch = watch or _ignore
    key = program_key(program, f"{target} {level} {_target_key(target, compiler)}")
    watch("key", key)
    found = store.get(key) if store is not None else None
    if found is not None:
        executable = load(found)
        watch("executable", executable)
        return Compiled(executable, found)
    module, layout = lowered(program)
    watch("module", module)
    text = target_text(module, target)
    watch("text", text)
    entry = Entry(binary(text, target, level, compiler), layout)
    watch("binary", entry.object)
    if store is not None:
        store.put(key, entry)
    executable = load(entry)
    watch("executable", executable)
    return Compiled(executable, entry)


def lowered(program: Program) -> tuple[Module, Layout]:
    """Stations 6 and 7: the loop IR, checked."""
    from codegen.loopir.verify import verify
    from codegen.lower.entry import lower

    result = lower(program)
    verify(result.module)
    return result.module, result.layout


def module_text(module: Module) -> str:
    """The loop IR as text, to read."""
    from codegen.loopir import text

    return text.module_text(module)


def target_text(module: Module, target: str) -> str:
    """Station 8, first half: what the target's compiler reads."""
    if target == "llvm":
        from codegen.targets.llvmtext import llvm_text

        return llvm_text(module)
    if target == "c":
        from codegen.targets.ctext import c_source

        return c_source(module)
    raise ValueError(f"no target is named {target!r}; known are llvm and c")


def binary(text: str, target: str, level: int, compiler: str | None = None) -> bytes:
    """Station 8, second half: the bytes of an object file (llvm) or of a shared object (c)."""
    if target == "llvm":
        from codegen.targets.llvm import compile_llvm

        return compile_llvm(text, level)
    import shutil

    from codegen.targets.c import compile_c, find_compiler

    find_compiler(compiler)  # without one there shall be no folder
    directory = tempfile.mkdtemp(prefix="symgraph-c-")
    content = compile_c(text, directory, compiler).read_bytes()  # a source that is refused stays to be read: the error names it
    shutil.rmtree(directory)
    return content


def version(target: str, packages: Sequence[str], compiler: str | None = None) -> str:
    """What compiled code depends on beside the Program: the target's own key, and the sources of this package and of `packages`, its callers."""
    from codegen.cache.key import sources_digest

    return " ".join([_target_key(target, compiler), *map(sources_digest, ("codegen", *packages))])


def load(entry: Entry) -> Executable:
    """Station 9: the address of what was compiled."""
    loaded = load_binary(entry.object, entry.layout.entry)
    return Executable(loaded.address, entry.layout, keep=loaded)


def _target_key(target: str, compiler: str | None) -> str:
    if target == "llvm":
        from codegen.targets.llvm import target_key

        return target_key()
    from codegen.targets.c import compiler_key

    return compiler_key(compiler)


def _ignore(station: str, what: Any) -> None:
    pass
