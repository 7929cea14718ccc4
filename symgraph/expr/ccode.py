"""What Theano asked ops and types about their C code, and the answers of those that have none. Nothing here asks.

Programs call these through `super()`, define some of them, or look whether they are defined; see `symgraph/graph/cops.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgraph.errors import MethodNotDefined

__all__ = ["OpInC", "TypeInC"]

_OF_BOTH = ("headers", "header_dirs", "libraries", "lib_dirs", "compile_args", "no_compile_args", "support_code", "init_code")
_OF_OPS = ("code", "code_cleanup", "cleanup_code_struct", "init_code_apply", "init_code_struct", "support_code_apply", "support_code_struct")
_OF_TYPES = ("cleanup", "declare", "element_type", "extract", "extract_out", "init", "literal", "sync")


def _not_written(name: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        raise MethodNotDefined(f"{type(self).__name__}.{name} is not defined: it has no C code, and none is compiled")

    method.__name__ = name
    method.__qualname__ = f"CCode.{name}"
    method.__doc__ = f"What a class may say of its C code ({name.removeprefix('c_').replace('_', ' ')}). By default MethodNotDefined, as in Theano."
    return method


class OpInC:
    """An op's part."""

    c_code: Callable[..., Any]

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """The version of the C code; () where it is not to be kept."""
        return ()

    def c_code_cache_version_apply(self, node: Any) -> tuple[Any, ...]:
        """The version of the C code of one node: that of the op, unless a class says otherwise."""
        return self.c_code_cache_version()

    def make_c_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any) -> Any:
        """NotImplementedError, as in Theano where an op has no C code: `make_thunk` takes the Python code then."""
        raise MethodNotDefined(f"C code of ops is not compiled: {type(self).__name__} runs by its perform (make_py_thunk)")


class TypeInC:
    """A type's part."""

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """The version of the C code; () where it is not to be kept."""
        return ()

    def c_is_simple(self) -> bool:
        """Whether a value is one number of C: False, unless a class says otherwise."""
        return False


for _part, _names in ((OpInC, _OF_BOTH + _OF_OPS), (TypeInC, _OF_BOTH + _OF_TYPES)):
    for _name in _names:
        setattr(_part, f"c_{_name}", _not_written(f"c_{_name}"))
