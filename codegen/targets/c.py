"""C source -> a shared object, by the compiler of the system, and its entry in this process.

The compiler is the one given, else what the variable CC names, else the first of gcc, clang and cc that is found. Nothing here is loaded
before the first compilation with ``linker=c``.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from codegen.errors import CompilerFailed, CompilerNotFound
from codegen.targets.cframe import FLAGS

__all__ = ["compile_c", "compiler_key", "find_compiler", "load_shared"]

NAMES = ("gcc", "clang", "cc")
MISSING = """no C compiler was found{looked}. linker=c needs one:
  Debian, Ubuntu:  apt-get install gcc
  Fedora:          dnf install gcc
  macOS:           xcode-select --install
linker=llvm, the default, needs no compiler. CC=/path/to/compiler names one that is not on the PATH."""

_versions: dict[tuple[str, ...], str] = {}


def find_compiler(compiler: str | None = None) -> list[str]:
    """The compiler as a command: its path, and words that belong to it ('ccache gcc'). compiler: a name, path or command line; '': none.

    Raises CompilerNotFound, whose message says how to get one.
    """
    if compiler == "":
        raise CompilerNotFound(MISSING.format(looked=": none is allowed"))
    wish = compiler or os.environ.get("CC", "").strip()
    if wish:
        program, *words = shlex.split(wish)
        found = shutil.which(program)
        if found is None:
            raise CompilerNotFound(MISSING.format(looked=f": {program!r} cannot be run"))
        return [found, *words]
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return [found]
    raise CompilerNotFound(MISSING.format(looked=f" (looked for {', '.join(NAMES)})"))


def compiler_key(compiler: str | None = None, flags: Sequence[str] = ()) -> str:
    """What a cache key has to know of the compiler: command, version, the machine that -march=native means, flags. One run a process."""
    command = find_compiler(compiler)
    version = _versions.get(tuple(command))
    if version is None:
        version = _versions[tuple(command)] = version_of(command)
    return " ".join([*command, version, *FLAGS, *flags])


def version_of(command: list[str]) -> str:
    """Digest of what the compiler says of itself and of the features it takes this machine's processor to have."""
    import subprocess

    told = [
        subprocess.run([*command, *words], input="", capture_output=True, text=True, check=False).stdout
        for words in (["--version"], ["-march=native", "-dM", "-E", "-x", "c", "-"])
    ]
    return hashlib.blake2b("\0".join(told).encode(), digest_size=8).hexdigest()


def compile_c(source: str, directory: str | os.PathLike[str], compiler: str | None = None, flags: Sequence[str] | None = None) -> Path:
    """Compiles a file of `c_source`; the path of the shared object. Source and object stay in `directory` under a digest of their own.

    flags: more flags, after ours. Raises CompilerNotFound; CompilerFailed with the compiler's words and the path of the source.
    """
    import subprocess

    command = find_compiler(compiler)
    every = [*FLAGS, *(flags or ())]
    digest = hashlib.blake2b("\0".join([source, *command, *every]).encode(), digest_size=12).hexdigest()
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    path, target = folder / f"{digest}.c", folder / f"{digest}.so"
    handle, name = tempfile.mkstemp(suffix=".c", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(source)
    os.replace(name, path)
    object_name = name.removesuffix(".c") + ".so"  # written aside: another process may compile the same
    run = subprocess.run([*command, *every, str(path), "-o", object_name, "-lm"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise CompilerFailed(f"{' '.join(command)} could not compile {path} (status {run.returncode}):\n{run.stderr.strip()}")
    os.replace(object_name, target)
    return target


def load_shared(path: str | os.PathLike[str], entry: str = "entry") -> tuple[ctypes.CDLL, int]:
    """(handle, address of the function named `entry`). The handle is to be kept as long as the address is called.

    Raises OSError if the file is no shared object, AttributeError if it has no such function.
    """
    library = ctypes.CDLL(os.fspath(path))
    address = ctypes.cast(library[entry], ctypes.c_void_p).value
    assert address is not None
    return library, address
