"""What stands where a gradient is not a number: the names that users know of symgraph/expr/nogradient.py."""

from __future__ import annotations

from symgraph.expr.nogradient import DisconnectedType, NullType, grad_not_implemented, grad_undefined

__all__ = ["DisconnectedType", "NullType", "disconnected_type", "grad_not_implemented", "grad_undefined", "null_type"]

disconnected_type, null_type = DisconnectedType(), NullType()
