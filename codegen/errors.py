"""What codegen raises. The ground of the house: nothing of codegen is imported here."""

from __future__ import annotations

__all__ = ["CodegenError", "CompilerFailed", "CompilerNotFound", "LibraryNotFound", "RunError", "VerifyError"]


class CodegenError(Exception):
    """A Program could not be turned into native code."""


class VerifyError(CodegenError):
    """The loop IR breaks its own rules; the message names function and node."""


class CompilerNotFound(CodegenError):
    """No C compiler can be run; the message says how to get one and what needs none."""


class CompilerFailed(CodegenError):
    """The C compiler refused a source, whose path the message gives."""


class LibraryNotFound(CodegenError):
    """No BLAS or LAPACK with the wanted routine and 64-bit integers; the message says where one comes from."""


class RunError(Exception):
    """A compiled entry failed: `status` is index + 1 into `Layout.failures`, `values` what met (8 integers)."""

    def __init__(self, status: int, values: tuple[int, ...]) -> None:
        super().__init__(status, values)
        self.status = status
        self.values = values

    def __str__(self) -> str:
        return f"native code failed with status {self.status}, values {self.values}"
