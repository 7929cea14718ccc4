"""Theano's bases of ops in C, for classes that have a `perform` as well: their C code is not compiled."""

from __future__ import annotations

from typing import Any

from symgraph.expr.op import Op

__all__ = ["COp", "OpenMPOp"]


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
