"""Addresses of functions that Python's libraries offer to native code, by name and checked signature.

Modules compiled by Cython publish their functions in ``__pyx_capi__``: capsules whose pointer is the function's and whose name is its C
signature. A function of several types has an entry for each, with a prefix; the one that takes and gives doubles only is meant.
Functions called so need no GIL. An address is asked for when code that calls the function is loaded: that imports the module.

>>> address_of_external("scipy.special.betaln/2") != 0
True
"""

from __future__ import annotations

import ctypes
import re
from functools import cache
from typing import Any

from codegen.errors import LibraryNotFound
from codegen.loopir.externals import parts

__all__ = ["address_of_external"]

_VARIANT = re.compile(r"__pyx_fuse_\d+(?:_\d+)*")


@cache
def address_of_external(name: str) -> int:
    """Address of 'scipy.special.betainc/3': ``double (double, double, double, int)``. Raises LibraryNotFound if there is none of this signature."""
    module, function, count = parts(name)
    if module != "scipy.special":
        raise LibraryNotFound(f"functions of {module} are not offered to native code")
    try:
        from scipy.special import cython_special
    except ImportError as error:
        raise LibraryNotFound(f"the function {name} is needed, of scipy: {error}") from error
    wanted = f"double ({', '.join(['double'] * count)}, int"
    for entry, capsule in cython_special.__pyx_capi__.items():
        if _VARIANT.sub("", entry) == function and _signature(capsule).startswith(wanted):
            return _pointer(capsule, _name(capsule)) or 0
    raise LibraryNotFound(f"scipy.special offers no {function} of {count} doubles to native code")


_name: Any = ctypes.pythonapi.PyCapsule_GetName
_name.restype, _name.argtypes = ctypes.c_char_p, [ctypes.py_object]
_pointer: Any = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


def _signature(capsule: Any) -> str:
    return str(_name(capsule).decode())
