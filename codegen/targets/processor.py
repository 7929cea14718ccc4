"""What object code depends on beside its text. Nothing of what compiles is loaded for it: a warm start asks this of every process."""

from __future__ import annotations

import os
from functools import lru_cache

__all__ = ["target_key", "vector_bytes"]

# What tells processors apart in the first paragraph of /proc/cpuinfo: x86's names and those of Arm.
IDENTITY = {
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features",
}


@lru_cache(maxsize=1)
def vector_bytes() -> int:
    """Bytes of the vectors that loops are best written with.

    64 only where they cost nothing (AMD's processors that have them): Intel's run slower for a while after each use.
    """
    described = processor_of_linux().split("flags=")
    flags = set(described[-1].partition(";")[0].split())
    if "avx512f" in flags and "AuthenticAMD" in described[0]:
        return 64
    if flags & {"avx2"} or not described[0]:
        return 32
    return 16


@lru_cache(maxsize=1)
def target_key() -> str:
    """The processor, its features, the version of llvmlite (and with it of LLVM).

    Computed once a process in less than a millisecond, without loading LLVM: from the system's own description of the first
    processor, which lists all that LLVM asks a processor for. Where there is none (not Linux) LLVM is asked.
    """
    import llvmlite

    described = processor_of_linux() or processor_by_llvm()
    return f"llvmlite {llvmlite.__version__}; {os.uname().machine}; {described}"


def processor_by_llvm() -> str:
    """LLVM's own words for the processor."""
    import llvmlite.binding as llvm

    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def processor_of_linux() -> str:
    """The identifying lines of the first processor; '' if the system has no /proc/cpuinfo."""
    lines: list[str] = []
    try:
        with open("/proc/cpuinfo", "rb", buffering=0) as file:  # unbuffered: with 256 processors the rest takes 20 ms to be written
            head = b""
            while b"\n\n" not in head:
                piece = os.read(file.fileno(), 4096)
                if not piece:
                    break
                head += piece
    except OSError:
        return ""
    for line in head.split(b"\n\n")[0].decode("ascii", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in IDENTITY:
            lines.append(f"{name.strip()}={value.strip()}")
    return "; ".join(lines)
