"""What stands where a gradient is not a number: Disconnected (no influence) and Null (not defined, or not written)."""

from __future__ import annotations

from typing import Any

from symgraph.expr.types import Type
from symgraph.expr.variable import Variable

__all__ = ["DisconnectedType", "NullType", "grad_not_implemented", "grad_undefined"]


class DisconnectedType(Type):
    """The type of the gradient by a variable that has no influence."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise TypeError("a disconnected gradient has no value")

    def __eq__(self, other: object) -> bool:
        return type(other) is DisconnectedType

    def __hash__(self) -> int:
        return hash(DisconnectedType)

    def __str__(self) -> str:
        return "DisconnectedType"


class NullType(Type):
    """The type of a gradient that does not exist; `why_null` says why."""

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise TypeError("a null gradient has no value")

    def __eq__(self, other: object) -> bool:
        return type(other) is NullType

    def __hash__(self) -> int:
        return hash(NullType)

    def __str__(self) -> str:
        return "NullType"


def grad_undefined(op: Any, position: int, x: Variable, comment: str = "") -> Variable:
    """Stands for a gradient that mathematics does not define; using it raises NullTypeGradError with this text."""
    return NullType(f"The gradient of {op} by its input {position} ({x}) is undefined. {comment}".strip())()


def grad_not_implemented(op: Any, position: int, x: Variable, comment: str = "") -> Variable:
    """Stands for a gradient nobody has written; using it raises NullTypeGradError with this text."""
    return NullType(f"The gradient of {op} by its input {position} ({x}) is not implemented. {comment}".strip())()
