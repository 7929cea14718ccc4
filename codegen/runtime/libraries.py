"""Addresses of BLAS and LAPACK routines, without a compiler and without importing scipy.

numpy's wheels bring an OpenBLAS whose integers have 64 bits: ``dgemm`` is its symbol ``scipy_dgemm_64_``. It is loaded already where
numpy is, so a name costs some microseconds. Routines follow the Fortran convention: every argument by address, matrices by columns. The
lengths of character arguments, which Fortran compilers pass behind the others, are not passed: OpenBLAS reads the first letter only.

>>> address_of("dgemm") != 0
True
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from codegen.errors import LibraryNotFound
from codegen.runtime.threads import know_blas

__all__ = ["INTEGER", "address_of", "set_threads", "tell_pool"]

INTEGER = "int64"  # every integer argument of every routine; a library with 32-bit integers is never taken

# How libraries with 64-bit integers spell a routine.
SPELLINGS = ("scipy_{}_64_", "{}_64_", "{}_64")
THREADS = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
FOLDERS = ("numpy.libs", "numpy/.dylibs", "scipy_openblas64/lib")  # beside the package numpy
SYSTEM = ("libopenblas64_.so.0", "libopenblas64.so.0", "libopenblas_64.so.0", "libblas64.so.3", "liblapack64.so.3")


def candidates() -> Iterator[str]:
    """File names of shared libraries that may have 64-bit routines, most likely first."""
    site = os.path.dirname(os.path.dirname(np.__file__))
    for folder in FOLDERS:
        try:
            names = sorted(os.listdir(os.path.join(site, folder)))
        except FileNotFoundError:
            continue
        yield from (os.path.join(site, folder, name) for name in names if "openblas" in name and "64" in name)
    yield from SYSTEM


@cache
def libraries() -> list[Any]:
    found = []
    for name in candidates():
        try:
            found.append(ctypes.CDLL(name))
        except OSError:
            continue
    return found


def set_threads(count: int) -> None:
    """How many threads products of matrices may use, here and in numpy, whose library it is; 0: as many as at first."""
    for library in libraries():
        for spelling in THREADS:
            function = getattr(library, spelling.format("set"), None)
            if function is not None:
                at_first = first_threads.setdefault(library._name, getattr(library, spelling.format("get"))())
                function(ctypes.c_int(count or at_first))
                break


@cache
def tell_pool() -> None:
    """The pool of threads learns how the library that calls in loops go to is told to use one thread."""
    for library in libraries():
        for spelling in THREADS:
            found = [getattr(library, spelling.format(word), None) for word in ("get", "set")]
            if None not in found:
                know_blas(*[ctypes.cast(function, ctypes.c_void_p).value or 0 for function in found])  # type: ignore[arg-type]
                return


first_threads: dict[str, int] = {}


@cache
def address_of(name: str) -> int:
    """Address of the routine called `name` ('dgemm') with 64-bit integers. Raises LibraryNotFound if no library has it."""
    for library in libraries():
        for spelling in SPELLINGS:
            try:
                function = getattr(library, spelling.format(name))
            except AttributeError:
                continue
            return ctypes.cast(function, ctypes.c_void_p).value or 0
    tried = "none was found" if not libraries() else "it is not in " + ", ".join(library._name for library in libraries())
    raise LibraryNotFound(
        f"the routine {name!r} of a BLAS or LAPACK with 64-bit integers is needed; {tried}. "
        f"The wheels of numpy on PyPI bring one (looked beside {np.__file__})"
    )
