"""Program -> Executable: the stations in order, on one page.

`compile` takes a Program all the way; `load` starts from an entry of the cache and loads nothing of what compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from codegen.cache.entry import Entry
from codegen.cache.key import program_key, sources_digest
from codegen.runtime.executable import Executable
from codegen.runtime.loader import load_binary
from codegen.targets.processor import target_key

if TYPE_CHECKING:
    from codegen.program import Program

__all__ = ["Compiled", "compile", "load", "module_text", "source", "version"]

Watch = Callable[[str, Any], None]


class Compiled:
    """An executable, and the entry that brings it back from the cache."""

    __slots__ = ("entry", "executable", "first")

    def __init__(self, executable: Executable, entry: Entry, first: int | None = None) -> None:
        self.executable = executable
        self.entry = entry
        self.first = first


def compile(
    program: Program, target: str = "llvm", level: int = 2, store: Any = None, compiler: str | None = None, watch: Watch | None = None,
    most: int | None = None, clock: bool = False, keep: bool = False,
) -> Compiled:
    """Native code for a Program.

    target: 'llvm' or 'c'. level: how hard LLVM tries, 0 to 3. store: a codegen.cache.store.Store; a Program that was compiled before is
    loaded from there. compiler: the C compiler. watch: called with ('key' | 'module' | 'text' | 'binary' | 'executable', what that
    station gave). most: steps in one kernel. clock: code whose kernels are measured: `Layout.clocks` says which steps stand behind the numbers
    of codegen/runtime/clock.py, from the one on that `Compiled.first` is; it is not stored. keep: C sources are left where they were compiled. Raises
    CodegenError.
    """
    numbers = import_module("codegen.runtime.clock").Clock if clock else None
    if clock:
        store = None
    tell = watch or (lambda station, what: None)
    first: int | None = None
    key = program_key(program, f"{target} {level} {_target_key(target, compiler)}", most)
    tell("key", key)
    entry = store.get(key) if store is not None else None
    if entry is None:
        from codegen import stations

        first = None if numbers is None else numbers.taken
        module, layout = stations.lowered(program, most, first)
        if numbers is not None:
            numbers.taken += len(layout.clocks)
        tell("module", module)
        text = stations.target_text(module, target, level)
        tell("text", text)
        entry = Entry(stations.binary(text, target, level, compiler, keep), layout)
        tell("binary", entry.object)
        if store is not None:
            store.put(key, entry)
    executable = load(entry)
    tell("executable", executable)
    return Compiled(executable, entry, first)


def source(program: Program, target: str) -> str:
    """The code of a Program as text: of a target's, or 'ir' for the loop IR."""
    from codegen import stations

    module, _ = stations.lowered(program)
    return stations.module_text(module) if target == "ir" else stations.target_text(module, target)


def module_text(module: Any) -> str:
    """The loop IR as text."""
    from codegen import stations

    return stations.module_text(module)


def version(target: str, packages: Sequence[str], compiler: str | None = None) -> str:
    """What compiled code depends on beside the Program: the target's own key, and the sources of this package and of `packages`, its callers."""
    return " ".join([_target_key(target, compiler), *map(sources_digest, ("codegen", *packages))])


def load(entry: Entry) -> Executable:
    """Station 9: the address of what was compiled."""
    loaded = load_binary(entry.object, entry.layout.entry)
    return Executable(loaded.address, entry.layout, keep=loaded)


def _target_key(target: str, compiler: str | None) -> str:
    if target == "c":
        from codegen.targets.c import compiler_key

        return compiler_key(compiler)
    return target_key()
