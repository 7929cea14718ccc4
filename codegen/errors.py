"""What codegen raises. The ground of the house: nothing of codegen is imported here."""

from __future__ import annotations

__all__ = ["CodegenError", "CompilerFailed", "CompilerNotFound", "VerifyError"]


class CodegenError(Exception):
    """A Program could not be turned into native code."""


class VerifyError(CodegenError):
    """The loop IR breaks its own rules; the message names function and node."""


class CompilerNotFound(CodegenError):
    """No C compiler can be run; the message says how to get one and what needs none."""


class CompilerFailed(CodegenError):
    """The C compiler refused a source, whose path the message gives."""
