"""Matrices of derivatives, row by row in a compiled loop: jacobian, hessian."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symgraph.expr.variable import TensorVariable, Variable
from symgraph.gradient.reverse import grad
from symgraph.loops.scan import scan
from symgraph.ops.create import arange
from symgraph.ops.join import concatenate

__all__ = ["hessian", "jacobian"]


def jacobian(expression: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise") -> Any:
    """The derivatives of each element of `expression` by each element of `wrt`: shape ``expression.shape + wrt.shape``.

    wrt: a variable or a list (the result has its form). Raises TypeError if expression is no tensor.

    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> jacobian(x ** 2, x).eval({x: [1.0, 3.0]})
    array([[2., 0.],
           [0., 6.]])
    """
    if not isinstance(expression, TensorVariable):
        raise TypeError(f"jacobian wants a tensor variable as expression, got {expression!r} of {type(expression)}")
    several = isinstance(wrt, (list, tuple))
    targets = list(wrt) if several else [wrt]
    if expression.ndim == 0:
        found: Any = grad(expression, targets, consider_constant, disconnected_inputs)
    else:
        flat: Any = expression if expression.ndim == 1 else expression.flatten()  # type: ignore[attr-defined]

        def row(i: Any) -> Any:
            return grad(flat[i], targets, consider_constant, disconnected_inputs)

        found, updates = scan(row, sequences=[arange(flat.shape[0])], return_list=True, name="jacobian")
        if updates:
            raise ValueError("the derivatives of this expression update shared variables, which a jacobian cannot do once a row")
        if expression.ndim != 1:
            found = [g.reshape(concatenate([expression.shape, x.shape]), ndim=expression.ndim + x.ndim)  # type: ignore[attr-defined]
                     for g, x in zip(found, targets)]
    return type(wrt)(found) if several else found[0]


def hessian(cost: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise") -> Any:
    """The second derivatives of the scalar `cost` by each vector of `wrt`: shape ``(n, n)`` for a vector of n elements.

    wrt: a vector or a list of vectors (the result has its form; blocks between different ones are not given). Raises
    TypeError if cost is not a scalar, AssertionError if one of wrt is not a vector.

    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> hessian((x ** 3).sum(), x).eval({x: [1.0, 2.0]})
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    several = isinstance(wrt, (list, tuple))
    targets = list(wrt) if several else [wrt]
    for x in targets:
        if not isinstance(x, TensorVariable) or x.ndim != 1:
            kind = getattr(x, "type", type(x))
            raise AssertionError(f"hessian wants vectors to differentiate by, got {x} of {kind}: use flat parameters or jacobian of grad")
    found = []
    for x in targets:
        first = grad(cost, x, consider_constant, disconnected_inputs)
        found.append(jacobian(first, x, consider_constant, disconnected_inputs="ignore"))
    return type(wrt)(found) if several else found[0]
