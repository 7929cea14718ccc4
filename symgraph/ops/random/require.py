"""Require: its input, checked as it is read."""

from __future__ import annotations

from typing import Any

from symgraph.expr.checks import CHECKS, PLACES, Vouch, check_array, got
from symgraph.expr.make import constant
from symgraph.expr.op import Op
from symgraph.expr.variable import Constant

__all__ = ["Require", "require"]


class Require(Op):
    """The input, every element of which must pass a check of `checks.CHECKS`: a ValueError at the call that names `what` otherwise."""

    __props__ = ("check", "what")

    def __init__(self, check: str, what: str) -> None:
        self.check = check
        self.what = what

    def output_types(self, x: Any) -> Any:
        return [x.type]

    def sizes(self, s: Any, x: Any) -> Any:
        return [x.shape]

    def compute(self, x: Any) -> Any:
        check_array(CHECKS[self.check], self.what, x)
        return x.copy()

    def reads(self, node: Any) -> list[str]:
        return ["same"]

    def element(self, b: Any, index: Any, x: Any) -> Any:
        value = x(*index)
        test, text = CHECKS[self.check]
        wide = b.cast(value, "float64")
        b.check(test(b, wide), "ValueError", got(f"{self.what} {text}", x.ndim), wide, *index[:PLACES])
        return value

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0]]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [tangents[0]]

    def batch(self, inputs: Any, stacked: Any) -> Any:
        return [self(*inputs)]


def require(x: Any, check: str, what: str) -> Any:
    """x, checked: now if it is a constant, else at the call, an array by a walk of its own."""
    if isinstance(x, Constant):
        check_array(CHECKS[check], what, x.data)
        return x
    return x * Vouch(check, what)(x, constant(1, dtype=x.dtype)) if x.ndim and x.dtype != "bool" else Require(check, what)(x)
