"""Identities of which only the gradient is special: stopped, zeroed, clipped, scaled."""

from __future__ import annotations

from typing import Any

from symgraph.errors import NullTypeGradError
from symgraph.expr.dtypes import COMPLEX
from symgraph.expr.make import as_tensor
from symgraph.expr.nogradient import grad_undefined
from symgraph.expr.sizes import Identity
from symgraph.ops.elementwise import function

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "GradClip",
    "GradScale",
    "Identity",
    "UndefinedGrad",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "grad_clip",
    "grad_scale",
    "stop_gradient",
    "undefined_grad",
    "undefined_grad_",
    "zero_grad",
    "zero_grad_",
]


class ZeroGrad(Identity):
    """x, whose gradient is zero."""

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0].zeros_like()]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None if tangents[0] is None else tangents[0].zeros_like()]


class DisconnectedGrad(Identity):
    """x, on which the output counts as not depending."""

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [None]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False]]


class UndefinedGrad(Identity):
    """x, of which a derivative is an error: NullTypeGradError where it is used."""

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [grad_undefined(self, 0, inputs[0])]

    def R_op(self, inputs: Any, tangents: Any) -> list[Any]:
        if tangents[0] is None:
            return [None]
        raise NullTypeGradError(grad_undefined(self, 0, inputs[0]).type.why_null)


class GradClip(Identity):
    """x, whose gradient is kept between two numbers, a complex one in both its parts. That is no derivative of anything, so forward mode takes x
    as it is."""

    __props__ = ("lower", "upper")

    def __init__(self, lower: float, upper: float) -> None:
        if not upper >= lower:
            raise ValueError(f"grad_clip: the upper bound {upper} is below the lower bound {lower}")
        self.lower = lower
        self.upper = upper

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        (g,) = output_grads
        if g.dtype in COMPLEX:
            return [function("complex")(g.real.clip(self.lower, self.upper), g.imag.clip(self.lower, self.upper))]
        return [g.clip(self.lower, self.upper)]


class GradScale(Identity):
    """x, whose gradient is multiplied by a number."""

    __props__ = ("multiplier",)

    def __init__(self, multiplier: float) -> None:
        self.multiplier = multiplier

    def grad(self, inputs: Any, output_grads: Any) -> list[Any]:
        return [output_grads[0] * self.multiplier]


def zero_grad(x: Any) -> Any:
    """x, as a constant to derivatives: its gradient is zero, and does not count as disconnected."""
    return ZeroGrad()(as_tensor(x))


def consider_constant(x: Any) -> Any:
    """x, as a constant to derivatives: Theano's older name of `zero_grad`."""
    return ZeroGrad()(as_tensor(x))


def stop_gradient(x: Any) -> Any:
    """x, as a constant to derivatives: the name that other libraries have for `zero_grad`.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> T.grad(x * stop_gradient(x), x).eval({x: 3.0})
    array(3.)
    """
    return ZeroGrad()(as_tensor(x))


def undefined_grad(x: Any) -> Any:
    """x, of which nobody may take a derivative: NullTypeGradError, instead of a wrong number, where one is asked for."""
    return UndefinedGrad()(as_tensor(x))


def disconnected_grad(x: Any) -> Any:
    """x, as if the result did not depend on it: a gradient that has no other way raises DisconnectedInputError.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> T.grad(x * disconnected_grad(x), x).eval({x: 3.0})
    array(3.)
    """
    return DisconnectedGrad()(as_tensor(x))


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """x, whose gradient is clipped element by element to [lower_bound, upper_bound]; ValueError if these are crossed."""
    return GradClip(lower_bound, upper_bound)(as_tensor(x))


def grad_scale(x: Any, multiplier: float) -> Any:
    """x, whose gradient is multiplied by a number (-1: reversed)."""
    return GradScale(multiplier)(as_tensor(x))


# Names of Theano: the ops as they are applied
ConsiderConstant = ZeroGrad
zero_grad_, consider_constant_, disconnected_grad_, undefined_grad_ = ZeroGrad(), ConsiderConstant(), DisconnectedGrad(), UndefinedGrad()
