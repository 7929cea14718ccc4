"""Derivatives of a piece of an expression: from inner variables, whose gradients are known, back to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symgraph.expr.variable import Variable
from symgraph.expr.walk import clone_nodes
from symgraph.gradient.reverse import all_variables, grad

__all__ = ["format_as", "subgraph_grad"]


def subgraph_grad(
    wrt: Sequence[Variable], end: Sequence[Variable], start: Mapping[Variable, Any] | None = None, cost: Any = None, details: bool = False
) -> tuple[list[Any], ...]:
    """The derivatives by `wrt` and by `end` of a cost, of inner variables with known gradients (`start`), or of both together.

    The sweep ends at `end`: what stands before these variables counts as constant. So a long expression can be differentiated piece
    by piece, and a step between two pieces that has no derivative be given one. Gives (by wrt, by end) as lists; with `details` also
    the parts of start and of cost, each for wrt and then end (None where that was not given). What has no influence gives zeros. Raises
    ValueError if neither start nor cost is given, TypeError as `grad`.

    >>> import symgraph.tensor as T
    >>> x, w = T.dscalars('x', 'w')
    >>> inner = T.exp(x)
    >>> (by_w,), (by_inner,) = subgraph_grad([w], [inner], cost=w * inner)
    >>> by_inner.eval({w: 3.0})
    array(3.)
    """
    all_variables("wrt", wrt, "a list of variables")
    all_variables("end", end, "a list of variables")
    if start is None and cost is None:
        raise ValueError("subgraph_grad needs start or cost")
    edges: dict[Variable, Any] = {x: x.type.make_variable(x.name) for x in end}
    targets = [*wrt, *end]
    inside = [edges.get(x, x) for x in targets]
    back = {new: x for x, new in edges.items()}

    def swept(outputs: Sequence[Any], gradients: Sequence[Any] | None) -> list[Any]:
        ended = clone_nodes([*outputs, *inside[: len(wrt)]], edges)
        by = [*ended[len(outputs) :], *inside[len(wrt) :]]
        if gradients is None:
            found = grad(ended[0], by, disconnected_inputs="ignore", add_names=False)
        else:
            found = grad(None, by, disconnected_inputs="ignore", known_grads=dict(zip(ended, gradients)))
        return clone_nodes(found, back)

    of_start = None if start is None else swept(list(start), list(start.values()))
    of_cost = None if cost is None else swept([cost], None)
    if of_start is not None and of_cost is not None:
        total = [a + b for a, b in zip(of_start, of_cost)]
    else:
        total = of_start if of_cost is None else of_cost  # type: ignore[assignment]
    result = (total[: len(wrt)], total[len(wrt) :])
    return (*result, of_start, of_cost) if details else result  # type: ignore[return-value]


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Outputs as a list, as a tuple or, with neither, as they are; what is no list or tuple becomes one of a single element.

    >>> format_as(False, True, 3)
    (3,)
    """
    if use_list and use_tuple:
        raise ValueError("format_as: either a list or a tuple, not both")
    if not use_list and not use_tuple:
        return outputs
    listed = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    return listed if use_list else tuple(listed)
