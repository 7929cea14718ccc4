"""Forward mode: the Jacobian of f times a vector, one sweep from inputs to outputs.

An op either says its tangents (`R_op`) or they follow from its reverse rule: that rule is linear in the output gradients u, so
its own transpose by u is the forward rule, whatever the value of u.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from symgraph.errors import DisconnectedInputError
from symgraph.expr.dtypes import CONTINUOUS, DISCRETE
from symgraph.expr.op import Apply, Op
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.expr.walk import clone_nodes, mark_derived
from symgraph.gradient.reverse import ON_DISCONNECTED, all_variables, backward, between, control_rules, fitting, has_branches, input_grads, zeros_for

__all__ = ["Rop", "jvp"]


def Rop(f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero") -> Any:
    """The Jacobian of `f` by `wrt` times `eval_points` (one of the shape of each wrt): how f moves when wrt moves so.

    Lists are accepted; the result has the form of f. disconnected_outputs: "raise" (DisconnectedInputError), "warn" or "ignore" an
    output that does not depend on wrt; return_disconnected: "zero" or "None" for it. Raises TypeError for what is no variable,
    ValueError for points of another number or other dimensions than wrt.

    >>> import symgraph.tensor as T
    >>> x, v = T.dvectors('x', 'v')
    >>> Rop(x ** 2, x, v).eval({x: [1.0, 3.0], v: [1.0, 10.0]})
    array([ 2., 60.])
    """
    if disconnected_outputs not in ON_DISCONNECTED:
        raise ValueError(f"disconnected_outputs must be one of {', '.join(ON_DISCONNECTED)}, got {disconnected_outputs!r}")
    if return_disconnected not in ("zero", "None", "none"):
        raise ValueError(f"return_disconnected must be zero or None, got {return_disconnected!r}")
    outputs = list(f) if isinstance(f, (list, tuple)) else [f]
    variables = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    points = list(eval_points) if isinstance(eval_points, (list, tuple)) else [eval_points]
    all_variables("f", outputs, "a variable or a list of variables")
    all_variables("wrt", variables, "a variable or a list of variables")
    if len(variables) != len(points):
        raise ValueError(f"Rop: {len(variables)} variables in wrt but {len(points)} eval_points")
    tangents: dict[Variable, Any] = {}
    for x, point in zip(variables, points):
        t = fitting("Rop: the eval_point of", x, point)
        tangents[x] = tangents[x] + t if x in tangents else t
    written = outputs
    order = between(outputs, set(variables), set())
    moved: dict[Variable, Variable] = {}
    if has_branches(order):
        moved = control_rules().gathered(outputs, set(variables))
        outputs = [moved.get(x, x) for x in outputs]
        order = between(outputs, set(variables), set())
    for node in order:
        for x, t in zip(node.outputs, _output_tangents(node, [tangents.get(x) for x in node.inputs])):
            if t is not None and x not in tangents:
                tangents[x] = t if getattr(x.type, "dtype", None) not in CONTINUOUS or t.type.dtype == x.type.dtype else t.astype(x.type.dtype)
    found = {x: tangents[new] for x, new in zip(written, outputs) if tangents.get(new) is not None}
    if moved:
        found = control_rules().written(found, moved)
    results = [found[x] if x in found else _still(x, disconnected_outputs, return_disconnected) for x in written]
    mark_derived(results, [*written, *variables])
    return type(f)(results) if isinstance(f, (list, tuple)) else results[0]


def jvp(f: Any, wrt: Any, tangents: Any) -> Any:
    """The Jacobian of `f` by `wrt` times `tangents` (one of the shape of each wrt), by forward mode: `Rop` under the name that other
    libraries have for it. An output that does not move gives zeros.

    >>> import symgraph.tensor as T
    >>> x, v = T.dvectors('x', 'v')
    >>> jvp(x ** 2, x, v).eval({x: [1.0, 3.0], v: [1.0, 10.0]})
    array([ 2., 60.])
    """
    return Rop(f, wrt, tangents, disconnected_outputs="ignore")


def _still(x: Any, on_disconnected: str, kind: str) -> Any:
    """What stands for the tangent of an output that nothing moves."""
    text = f"Rop: the output {x} does not depend on what it is to be differentiated by"
    if on_disconnected == "raise":
        raise DisconnectedInputError(text, line=x.line)
    if on_disconnected == "warn":
        warnings.warn(text, stacklevel=3)
    return zeros_for(x) if kind == "zero" else None


def _output_tangents(node: Apply, tangents: Sequence[Any]) -> list[Any]:
    if all(t is None for t in tangents):
        return [None] * len(node.outputs)
    rule = control_rules().FORWARD.get(node.op.control) if getattr(node.op, "control", None) is not None else None
    if rule is not None:
        return list(rule(node, tangents))
    if type(node.op).R_op is not Op.R_op:
        result = node.op.R_op(node.inputs, list(tangents))
        return list(result) if isinstance(result, (list, tuple)) else [result]
    pattern = node.op.connection_pattern(node)
    moving = [any(row[k] and t is not None for row, t in zip(pattern, tangents)) for k in range(len(node.outputs))]
    if not any(moving):
        return [None] * len(node.outputs)
    if all(isinstance(x, TensorVariable) and x.dtype in DISCRETE for x in node.outputs):
        return [zeros_for(x) if m else None for x, m in zip(node.outputs, moving)]
    dummies = [x.type.make_variable() for x in node.outputs]
    rows = input_grads(node, dummies, [t is not None for t in tangents], "raise")
    start: dict[Variable, Any] = {}
    for row, t in zip(rows, tangents):
        if row is not None and t is not None:
            start[row] = start[row] + t if row in start else t
    columns = backward(start, dummies)
    found = [columns.get(u) if m else None for u, m in zip(dummies, moving)]
    zeros = {u: x.zeros_like() for u, x in zip(dummies, node.outputs)}
    present = iter(clone_nodes([t for t in found if t is not None], zeros))  # u has no influence on its own transpose: leave none behind
    return [next(present) if t is not None else zeros_for(x) if m else None for x, t, m in zip(node.outputs, found, moving)]
