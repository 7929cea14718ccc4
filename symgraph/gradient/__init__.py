"""Derivatives of expressions: reverse (grad, Lop, vjp), forward (Rop, jvp), matrices (jacobian, hessian), stops, custom rules, checks.

>>> import symgraph
>>> import symgraph.tensor as T
>>> x = T.dscalar('x')
>>> symgraph.gradient.grad(x ** 2, x).eval({x: 3.0})
array(6.)
"""

from symgraph.errors import DisconnectedInputError, GradientError, NullTypeGradError
from symgraph.gradient.forward import Rop, jvp
from symgraph.gradient.markers import DisconnectedType, NullType, grad_not_implemented, grad_undefined
from symgraph.gradient.reverse import Lop, grad, vjp
from symgraph.late import late
from symgraph.ops.stop import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ZeroGrad,
    consider_constant,
    consider_constant_,
    disconnected_grad,
    disconnected_grad_,
    grad_clip,
    grad_scale,
    stop_gradient,
    undefined_grad,
    undefined_grad_,
    zero_grad,
    zero_grad_,
)

__all__ = [
    "ConsiderConstant", "DisconnectedGrad", "DisconnectedInputError", "DisconnectedType", "GradClip", "GradScale", "GradientError", "Lop",
    "NullType", "NullTypeGradError", "Rop", "UndefinedGrad", "ZeroGrad", "consider_constant", "consider_constant_", "custom_gradient",
    "disconnected_grad", "disconnected_grad_", "format_as", "grad", "grad_clip", "grad_not_implemented", "grad_scale", "grad_undefined",
    "hessian", "hessian_vector_product", "jacobian", "jvp", "mode_not_slow", "numeric_grad", "stop_gradient", "subgraph_grad",
    "undefined_grad", "undefined_grad_", "verify_grad", "vjp", "zero_grad", "zero_grad_",
]

__getattr__, __dir__ = late(__name__, {
    "symgraph.gradient.check": "mode_not_slow numeric_grad verify_grad",
    "symgraph.gradient.custom": "custom_gradient",
    "symgraph.gradient.matrices": "hessian hessian_vector_product jacobian",
    "symgraph.gradient.pieces": "format_as subgraph_grad",
})
