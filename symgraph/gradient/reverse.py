"""Reverse mode: the derivative of one number by many variables, in one sweep over the nodes between them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symgraph.errors import DisconnectedInputError, NullTypeGradError
from symgraph.expr.dtypes import COMPLEX, CONTINUOUS, DISCRETE
from symgraph.expr.make import as_variable
from symgraph.expr.op import Apply
from symgraph.expr.types import Composite
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.expr.walk import mark_derived, toposort
from symgraph.gradient.markers import DisconnectedType, NullType
from symgraph.settings import config

__all__ = [
    "ON_DISCONNECTED", "Lop", "all_variables", "backward", "between", "control_rules", "fitting", "grad", "has_branches", "input_grads",
    "no_influence", "vjp", "zeros_for",
]

ON_DISCONNECTED = ("raise", "warn", "ignore")
_ON_NULL = ("raise", "return")
_RETURN_DISCONNECTED = ("zero", "None", "none", "Disconnected", "disconnected")


def grad(
    cost: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise", add_names: bool = True,
    known_grads: Mapping[Variable, Any] | None = None, return_disconnected: str = "zero", null_gradients: str = "raise",
) -> Any:
    """The derivative of a scalar `cost` by each variable of `wrt`, as expressions of the shapes of these.

    wrt: a variable or a list of them (the result is of the same form). consider_constant: variables through which no
    derivative flows. known_grads: derivatives by inner variables, or by the cost, that are known (then cost may be None). disconnected_inputs:
    "raise", "warn" or "ignore" what has no influence; return_disconnected: "zero", "None" or "Disconnected" for it.
    null_gradients: "raise" or "return" where a derivative is not defined.

    Raises TypeError if cost is not a real scalar or one of the others not a variable, ValueError for an unknown option or a known
    gradient of another number of dimensions, DisconnectedInputError, NullTypeGradError.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> grad(x ** 3, x).eval({x: 2.0})
    array(12.)
    """
    if disconnected_inputs not in ON_DISCONNECTED:
        raise ValueError(f"disconnected_inputs must be one of {', '.join(ON_DISCONNECTED)}, got {disconnected_inputs!r}")
    if return_disconnected not in _RETURN_DISCONNECTED:
        raise ValueError(f"return_disconnected must be zero, None or Disconnected, got {return_disconnected!r}")
    if null_gradients not in _ON_NULL:
        raise ValueError(f"null_gradients must be one of {', '.join(_ON_NULL)}, got {null_gradients!r}")
    if cost is None and known_grads is None:
        raise AssertionError("cost and known_grads cannot both be None")
    several = isinstance(wrt, (list, tuple))
    targets: list[Variable] = list(wrt) if several else [wrt]
    all_variables("wrt", targets, "a variable or a list of variables")
    all_variables("consider_constant", consider_constant or (), "a list of variables")
    start: dict[Variable, Any] = {}
    if cost is not None:
        cost = _checked_cost(cost)
        start[cost] = cost.ones_like(dtype=config.floatX if cost.dtype in DISCRETE else cost.dtype)
    for x, g in _checked_known(known_grads or {}).items():
        start[x] = g  # for the cost, too: then in place of 1
    start = {x: g for x, g in start.items() if g is not None}
    found = backward(start, targets, consider_constant or (), null_gradients)
    if null_gradients == "raise" and (null := next((g for g in found.values() if isinstance(g.type, NullType)), None)) is not None:
        raise NullTypeGradError(f"a gradient that is given is not defined: {null.type.why_null}")
    results = [_result(x, found.get(x), disconnected_inputs, return_disconnected) for x in targets]
    if cost is not None:
        mark_derived(results, [cost])
    if add_names and cost is not None:
        for x, g in zip(targets, results):
            if isinstance(g, Variable) and g.owner is not None and g.name is None:
                g.name = f"(d{cost.name or 'cost'}/d{x.name})" if x.name else None
    return type(wrt)(results) if several and isinstance(wrt, tuple) else results if several else results[0]


def Lop(f: Any, wrt: Any, eval_points: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise") -> Any:
    """`eval_points` (one an output of `f`, of its shape) times the Jacobian of `f` by `wrt`: a row vector through the graph.

    Lists are accepted for f with eval_points, and for wrt; the result has wrt's form. Raises what `grad` raises, and ValueError
    for points of another number or other dimensions than f.

    >>> import symgraph.tensor as T
    >>> x, u = T.dvectors('x', 'u')
    >>> Lop(x ** 2, x, u).eval({x: [1.0, 3.0], u: [1.0, 10.0]})
    array([ 2., 60.])
    """
    outputs = list(f) if isinstance(f, (list, tuple)) else [f]
    all_variables("f", outputs, "a variable or a list of variables")
    points = list(eval_points) if isinstance(eval_points, (list, tuple)) else [eval_points]
    if len(outputs) != len(points):
        raise ValueError(f"Lop: {len(outputs)} outputs but {len(points)} eval_points")
    known: dict[Variable, Any] = {}
    for x, given in zip(outputs, points):
        if given is not None:
            point = fitting("Lop: the eval_point of", x, given)
            known[x] = known[x] + point if x in known else point
    return grad(None, wrt, consider_constant, disconnected_inputs, known_grads=known)


def vjp(f: Any, wrt: Any, cotangents: Any) -> Any:
    """`cotangents` (one of the shape of each of `f`) times the Jacobian of f by `wrt`, by reverse mode: `Lop` under the name that other
    libraries have for it. What has no influence gives zeros.

    >>> import symgraph.tensor as T
    >>> x, u = T.dvectors('x', 'u')
    >>> vjp([x ** 2, x.sum()], x, [u, 1.0]).eval({x: [1.0, 3.0], u: [1.0, 10.0]})
    array([ 3., 61.])
    """
    return Lop(f, wrt, cotangents, disconnected_inputs="ignore")


def backward(
    start: Mapping[Variable, Any], targets: Sequence[Variable], constants: Iterable[Variable] = (), null_gradients: str = "raise",
) -> dict[Variable, Any]:
    """The gradients by `targets`, those by `start` being given; a target without influence has no entry.

    Only nodes on a way from a target to a start are visited, each once, users before producers.
    """
    wanted = set(targets)
    blocked = set(constants) - wanted
    order = between(list(start), wanted, blocked)
    moved: dict[Variable, Variable] = {}
    if has_branches(order):
        moved = control_rules().gathered(list(start), wanted | blocked)
        start = {moved.get(x, x): g for x, g in start.items()}
        order = between(list(start), wanted, blocked)
    reach: set[Variable] = wanted | {x for node in order for x in node.outputs}
    parts: dict[Variable, list[Any]] = {x: [g] for x, g in start.items()}
    for node in reversed(order):
        grads = [_total(parts, x) for x in node.outputs]
        if all(g is None for g in grads):
            continue
        useful = [x in reach for x in node.inputs]
        for x, g, used in zip(node.inputs, input_grads(node, grads, useful, null_gradients), useful):
            if g is not None and used:
                parts.setdefault(x, []).append(g)
    found = {x: total for x in wanted if (total := _total(parts, x)) is not None}
    return control_rules().written(found, moved) if moved else found


def between(outputs: list[Variable], wanted: set[Variable], blocked: set[Variable]) -> list[Apply]:
    """The nodes that outputs need and that need something wanted, in order."""
    reached: set[Variable] = set(wanted)
    order = []
    for node in toposort(outputs, blocked):
        if any(x in reached for x in node.inputs):
            reached.update(node.outputs)
            order.append(node)
    return order


def _total(parts: dict[Variable, list[Any]], x: Variable) -> Any:
    """The sum of the contributions; the list keeps it, so that it is one variable however often it is asked for."""
    terms = parts.get(x)
    if not terms:
        return None
    if len(terms) > 1:
        real = [g for g in terms if not isinstance(g.type, NullType)]
        if len(real) < len(terms):
            terms[:] = [g for g in terms if isinstance(g.type, NullType)][:1]
            return terms[0]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        terms[:] = [total]
    return terms[0]


def input_grads(node: Apply, grads: list[Any], useful: list[bool], null_gradients: str) -> list[Any]:
    """What one node hands back to each of its inputs (None: nothing), given the gradients by its outputs."""
    op = node.op
    pattern = op.connection_pattern(node)
    alive = [any(flag and g is not None for flag, g in zip(row, grads)) for row in pattern]
    if not any(a and u for a, u in zip(alive, useful)):
        return [None] * len(node.inputs)
    null = next((g for g in grads if g is not None and isinstance(g.type, NullType)), None)
    if null is not None:
        return [null if a else None for a in alive]
    if all(g is None or getattr(x.type, "dtype", None) in DISCRETE for x, g in zip(node.outputs, grads)):
        return [zeros_for(x) if a else None for x, a in zip(node.inputs, alive)]  # steps: flat wherever a derivative exists
    rule = control_rules().REVERSE.get(op.control) if getattr(op, "control", None) is not None else None
    if rule is None and not getattr(op, "accepts_disconnected", False):
        grads = [x.zeros_like() if g is None and hasattr(x, "zeros_like") else g for x, g in zip(node.outputs, grads)]
    mirrored = op.holomorphic and any(isinstance(x, TensorVariable) and x.dtype in COMPLEX for x in node.outputs)
    if rule is not None:
        terms = rule(node, grads, [a and u for a, u in zip(alive, useful)], null_gradients)
    else:
        terms = op.L_op(node.inputs, node.outputs, list(map(_conjugate, grads)) if mirrored else grads)
    if mirrored:  # the gradient is d/dRe + i d/dIm
        terms = list(map(_conjugate, terms))
    if len(terms) != len(node.inputs):
        raise ValueError(f"{op} has {len(node.inputs)} inputs, but its gradient gave {len(terms)} terms")
    result: list[Any] = []
    for position, (x, term, a, used) in enumerate(zip(node.inputs, terms, alive, useful)):
        if not (a and used) or term is None or (isinstance(term, Variable) and isinstance(term.type, DisconnectedType)):
            result.append(None)
            continue
        if isinstance(term, Variable) and isinstance(term.type, NullType):
            if null_gradients == "raise":
                raise NullTypeGradError(f"the gradient contains a term that is not defined: {term.type.why_null}", line=node.line)
            result.append(term)
            continue
        result.append(_fitted(node, position, x, term))
    return result


def control_rules() -> Any:
    """The derivatives of ops with a body (gradient/control.py), which few programs need: loaded by the first."""
    import symgraph.gradient.control as rules

    return rules


def has_branches(order: Iterable[Apply]) -> bool:
    """Whether one of the nodes is a branch: then `control.gathered` comes before a sweep over them, `control.written` after it."""
    return any(getattr(node.op, "control", None) == "branch" for node in order)


def _conjugate(g: Any) -> Any:
    return g.conj() if isinstance(g, TensorVariable) and g.dtype in COMPLEX else g  # type: ignore[attr-defined]


def _fitted(node: Apply, position: int, x: Any, term: Any) -> Any:
    """The term in the dtype of what it belongs to; an op whose rule gives another number of dimensions is named."""
    if not isinstance(term, Variable):
        raise TypeError(f"the gradient of {node.op} by its input {position} is no variable but {term!r} of {type(term)}")
    if isinstance(x.type, Composite):
        return x.type.fitted(term)
    if not isinstance(x, TensorVariable) or not isinstance(term, TensorVariable):
        return term
    if term.ndim != x.ndim:
        raise ValueError(f"the gradient of {node.op} by its input {position} has {term.ndim} dimensions, the input has {x.ndim}")
    if x.dtype in CONTINUOUS and term.dtype != x.dtype:
        return term.real.astype(x.dtype) if term.dtype.startswith("complex") and not x.dtype.startswith("complex") else term.astype(x.dtype)
    return term.astype(config.floatX) if term.dtype in DISCRETE else term


def zeros_for(x: Any) -> Any:
    """The gradient that is zero everywhere, of the shape of x."""
    if isinstance(x.type, Composite):
        return x.type.fitted(x.zeros_like())
    if not isinstance(x, TensorVariable):
        return None
    return x.zeros_like(dtype=config.floatX if x.dtype in DISCRETE else x.dtype)


def _checked_cost(cost: Any) -> Any:
    if not isinstance(cost, TensorVariable):
        raise TypeError(f"grad wants a scalar tensor variable as cost, got {cost!r} of {type(cost)}")
    if cost.ndim != 0:
        raise TypeError(f"cost must be a scalar, got {cost} of type {cost.type}: take its sum or mean, or use jacobian")
    if cost.dtype.startswith("complex"):
        raise TypeError(f"cost must be real, got {cost.dtype}: take its real part or absolute value")
    return cost


def all_variables(name: str, given: Any, wanted: str) -> None:
    """TypeError if the argument `name` is no list of variables; `wanted` says in the message what it should be."""
    if not isinstance(given, (list, tuple, set, frozenset)):
        raise TypeError(f"{name} must be {wanted}, got {given!r} of {type(given)}")
    for x in given:
        if not isinstance(x, Variable):
            raise TypeError(f"{name} must be {wanted}, got {x!r} of {type(x)}")


def _checked_known(known: Mapping[Any, Any]) -> dict[Variable, Any]:
    """The gradients that are given, as variables; None where one is said to have no influence."""
    found: dict[Variable, Any] = {}
    for x, g in known.items():
        if not isinstance(x, Variable):
            raise TypeError(f"known_grads must give gradients by variables, got {x!r} of {type(x)}")
        away = g is None or isinstance(g, Variable) and isinstance(g.type, DisconnectedType)
        found[x] = None if away else fitting("known_grads: the gradient by", x, g)
    return found


def fitting(what: str, x: Any, given: Any) -> Any:
    """A derivative that a user gives for x, in the dtype of x; `what` begins the message of an error.

    ValueError if it has another number of dimensions, TypeError if x is real and it is complex.
    """
    g: Any = given if isinstance(given, Variable) else as_variable(given)
    if not isinstance(x, TensorVariable) or not isinstance(g, TensorVariable):
        return g
    if g.ndim != x.ndim:
        raise ValueError(f"{what} {x} has {g.ndim} dimensions, the variable has {x.ndim}")
    if g.dtype in COMPLEX and x.dtype not in COMPLEX:
        raise TypeError(f"{what} {x} is {g.dtype}, the variable is {x.dtype}")
    return g if g.dtype == x.dtype or x.dtype in DISCRETE else g.astype(x.dtype)  # type: ignore[attr-defined]


def _result(x: Any, g: Any, on_disconnected: str, kind: str) -> Any:
    if g is not None:
        return g
    no_influence(x, on_disconnected)
    if kind in ("None", "none"):
        return None
    return DisconnectedType()() if kind.lower() == "disconnected" else zeros_for(x)


def no_influence(x: Any, on_disconnected: str) -> None:
    """Tell that x has no influence on what is differentiated, in the way that is asked for."""
    text = (f"grad was asked for the gradient by {x}, of type {x.type}, but it is not part of the graph of the cost, or is used only by an "
            "operation that has no gradient")
    if on_disconnected == "raise":
        raise DisconnectedInputError(text, line=x.line)
    if on_disconnected == "warn":
        warnings.warn(text, stacklevel=4)
