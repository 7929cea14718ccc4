"""Theano's bases of ops in C, for classes that have a `perform` as well, and its type of what C code points at. C code is not compiled."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from symgraph.errors import MethodNotDefined
from symgraph.expr.op import Op
from symgraph.expr.types import Type
from symgraph.expr.variable import Constant

__all__ = ["CDataType", "CDataTypeConstant", "COp", "OpenMPOp"]


class OpenMPOp(Op):
    """An op whose C code may use several threads; openmp: whether it does, kept for those who ask."""

    def __init__(self, openmp: bool | None = None) -> None:
        self.openmp = openmp


class COp(Op):
    """An op whose C code stands in files (func_files). A subclass with a `perform` works; one without is refused as a function is made."""

    def __init__(self, func_files: Any, func_name: str | None = None) -> None:
        self.func_files = [func_files] if isinstance(func_files, str) else list(func_files)
        self.func_name = func_name

    def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """The files' names: nothing compiles them."""
        return f"/* {', '.join(self.func_files)} */"


class CDataTypeConstant(Constant):
    """A known pointer; equal to itself alone."""

    def merge_signature(self) -> Any:
        """What tells constants apart: the object."""
        return id(self.data)

    def signature(self) -> tuple[Any, ...]:
        """What tells constants apart from one process to another: the type, for pointers differ."""
        return (self.type,)


class CDataType(Type):
    """Pointers, in capsules of Python's: None, or what `make_value` makes of an address. The rest of what it is told is of use to C code alone.

    ctype: the type in C, with the ``*``; types of equal arguments are equal. TypeError for another value.

    >>> CDataType('void*').filter(None), CDataType('void*') == CDataType('void*')
    (None, True)
    """

    __props__ = ("ctype", "freefunc", "headers", "header_dirs", "libraries", "lib_dirs", "extra_support_code", "compile_args", "version")
    Constant = CDataTypeConstant

    def __init__(
        self, ctype: str, freefunc: str | None = None, headers: Sequence[str] = (), header_dirs: Sequence[str] = (), libraries: Sequence[str] = (),
        lib_dirs: Sequence[str] = (), compile_args: Sequence[str] = (), extra_support_code: str = "", version: Any = None,
    ) -> None:
        if not isinstance(ctype, str) or not isinstance(freefunc, (str, type(None))):
            raise TypeError(f"ctype and freefunc are names in C, got {ctype!r} and {freefunc!r}")
        self.ctype, self.freefunc, self.version, self.extra_support_code = ctype, freefunc, version, extra_support_code
        self.headers, self.header_dirs, self.libraries = tuple(headers), tuple(header_dirs), tuple(libraries)
        self.lib_dirs, self.compile_args = tuple(lib_dirs), tuple(compile_args)

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        if value is not None and type(value).__name__ != "PyCapsule":
            raise TypeError(f"{self} expected None or a PyCapsule, got {value!r} of {type(value)}")
        return value

    def make_value(self, ptr: int) -> Any:
        """A capsule of an address, which must be a valid one. MethodNotDefined where a function of C is to free it: nothing could call that."""
        if self.freefunc is not None:
            raise MethodNotDefined(f"{self} frees its values by {self.freefunc}, a function of C, which is not compiled")
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return new(ptr, None, None)

    def __repr__(self) -> str:
        return f"CDataType{{{self.ctype}}}"
