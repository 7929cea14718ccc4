"""Object code -> the address of its entry. What was loaded stays loaded as long as the `Loaded` lives.

Objects for x86-64 are linked by `elf`, in a fraction of the time it takes to load LLVM; all others by LLVM's linker.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from codegen.archive import members
from codegen.runtime.elf import Unsupported, link

__all__ = ["Loaded", "binding", "load_binary", "load_by_llvm", "load_object", "load_shared"]

SHARED = 3  # type of an ELF file that is a shared object; it stands in byte 16


class Loaded:
    """Native code in memory: `address` of its entry. Keep it as long as the address may be called."""

    __slots__ = ("address", "keep")

    def __init__(self, address: int, keep: Any) -> None:
        self.address = address
        self.keep = keep


def load_binary(content: bytes, symbol: str) -> Loaded:
    """Loads the bytes of an object file or of a shared object, whichever they are."""
    if content[:4] != b"\x7fELF" or content[16] != SHARED:
        return load_object(content, symbol)
    import tempfile  # 20 ms, and objects of LLVM need none

    handle, path = tempfile.mkstemp(suffix=".so", prefix="symgraph-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return load_shared(path, symbol)
    finally:
        os.unlink(path)  # what is loaded stays


def load_object(content: bytes, symbol: str) -> Loaded:
    """Links an object file (bytes), or an archive of several, against this process. Raises LookupError if the symbol, or a function that it
    calls, is nowhere."""
    files = members(content)
    try:
        return Loaded(*link(files, symbol))
    except Unsupported:
        return load_by_llvm(files, symbol)


def load_by_llvm(contents: Sequence[bytes], symbol: str) -> Loaded:
    """The same by LLVM's linker, for every kind of processor and object. A function that is nowhere ends the process."""
    llvm, engine = linker()
    for content in contents:
        engine.add_object_file(llvm.ObjectFileRef.from_data(content))
    engine.finalize_object()
    address = engine.get_function_address(symbol)
    if not address:
        raise LookupError(f"the object code has no symbol {symbol!r}")
    return Loaded(address, engine)


def linker() -> tuple[Any, Any]:
    """(llvmlite.binding, an empty execution engine of its own: symbols of two objects do not meet)."""
    llvm = binding()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine()
    return llvm, llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


@lru_cache(maxsize=1)
def binding() -> Any:
    """llvmlite.binding, ready for this machine."""
    import llvmlite.binding as llvm

    try:
        llvm.initialize()  # llvmlite before 0.45 needs it, later ones refuse it
    except RuntimeError:
        pass
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.load_library_permanently("libm.so.6")
    return llvm


def load_shared(path: str, symbol: str) -> Loaded:
    """Loads a shared library. Raises OSError if that fails, LookupError if the symbol is not in it."""
    library = ctypes.CDLL(path)
    try:
        address = ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value
    except AttributeError:
        raise LookupError(f"{path} has no symbol {symbol!r}") from None
    return Loaded(address or 0, library)
