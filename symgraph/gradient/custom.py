"""custom_gradient: a function of variables that says its own gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes, graph_inputs
from symgraph.gradient.fromgraph import CustomGradient

__all__ = ["custom_gradient"]


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a function of variables that returns (result, rule): `rule` builds the gradient.

    result: a variable or a list of them. rule: called with the gradient by each result (of its shape; none of them missing), returns
    one variable an argument, of the argument's shape, or None where it has no influence; alone or in a list. It may use the arguments
    and whatever the function computed. What the rule says is differentiated for second derivatives, and transposed for forward mode.
    Variables that the function uses without being given them count as constants. Raises TypeError, when called, if the function
    does not return such a pair; ValueError, when differentiated, if the rule gives another number of variables.

    >>> import symgraph.tensor as T
    >>> @custom_gradient
    ... def log1pexp(x):
    ...     e = T.exp(x)
    ...     return T.log(1 + e), lambda g: g * (1 - 1 / (1 + e))
    >>> x = T.dscalar('x')
    >>> T.grad(log1pexp(x), x).eval({x: 100.0})
    array(1.)
    """

    @wraps(function)
    def call(*arguments: Any) -> Any:
        given = [as_tensor(x) for x in arguments]
        inside = [x.type.make_variable(x.name) for x in given]
        pair = function(*inside)
        if not isinstance(pair, tuple) or len(pair) != 2 or not callable(pair[1]):
            raise TypeError(f"a function with custom_gradient returns (result, rule), {function.__name__} returned {pair!r}")
        results, rule = pair
        several = isinstance(results, (list, tuple))
        outputs: list[Any] = [as_tensor(x) for x in (results if several else [results])]
        others = [x for x in graph_inputs(outputs, inside) if not isinstance(x, Constant) and x not in set(inside)]

        def reverse(inputs: Sequence[Any], values: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
            terms = rule(*gradients)
            listed = list(terms) if isinstance(terms, (list, tuple)) else [terms]
            if len(listed) != len(inside):
                raise ValueError(f"the gradient of {function.__name__} has {len(listed)} terms, the function has {len(inside)} arguments")
            known: dict[Variable, Any] = dict(zip(outputs, values)) | dict(zip(inside, inputs))
            found = iter(clone_nodes([x for x in listed if isinstance(x, Variable)], known, retype=True))
            return [*[next(found) if isinstance(x, Variable) else x for x in listed], *[None] * len(others)]

        pattern = [[True] * len(outputs)] * len(inside) + [[False] * len(outputs)] * len(others)
        op = CustomGradient([*inside, *others], outputs, inline=True, lop_overrides=reverse, connection_pattern=pattern, name=function.__name__)
        found = op(*given, *others, return_list=True)
        return type(results)(found) if several else found[0]

    return call
