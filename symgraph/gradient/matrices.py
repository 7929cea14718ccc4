"""Matrices of derivatives: jacobian, hessian, and the product of a hessian with a vector.

A Jacobian is one sweep with a stack of unit vectors, all rows (or, forward, columns) at once: the gradient is written for one
cotangent, and `batching` turns it into that of a stack. What is elementwise keeps its diagonal: it is multiplied in, not swept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from symgraph.batching.graph import stacks_of
from symgraph.expr.dtypes import COMPLEX, DISCRETE
from symgraph.expr.op import Apply
from symgraph.expr.sizes import as_size, size_of, times
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import TensorVariable, Variable
from symgraph.expr.walk import mark_derived, toposort
from symgraph.gradient.forward import Rop
from symgraph.gradient.inplace import collapsed, depending, slopes_in_place
from symgraph.gradient.reverse import all_variables, backward, fitting, grad, no_influence
from symgraph.loops.scan import scan
from symgraph.ops.create import arange, eye, zeros
from symgraph.ops.diagonal import diag
from symgraph.ops.linalg import Dot
from symgraph.settings import config

__all__ = ["hessian", "hessian_vector_product", "jacobian"]


def jacobian(
    expression: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise", vectorize: bool = True
) -> Any:
    """The derivatives of each element of `expression` by each element of `wrt`: shape ``expression.shape + wrt.shape``.

    wrt: a variable or a list (the result has its form). vectorize: all rows in one sweep, forward or reverse, whichever has fewer
    where the sizes are known; else row by row in a loop, which takes longer and needs the memory of one row only. Raises TypeError
    if expression is no real tensor, DisconnectedInputError as `grad` does.

    >>> import symgraph.tensor as T
    >>> x = T.dvector('x')
    >>> jacobian(x ** 2, x).eval({x: [1.0, 3.0]})
    array([[2., 0.],
           [0., 6.]])
    """
    if not isinstance(expression, TensorVariable):
        raise TypeError(f"jacobian wants a tensor variable as expression, got {expression!r} of {type(expression)}")
    if expression.dtype in COMPLEX:
        raise TypeError(f"jacobian: the expression must be real, got {expression.dtype}: take its real and its imaginary part")
    several = isinstance(wrt, (list, tuple))
    targets: list[Any] = list(wrt) if several else [wrt]
    all_variables("wrt", targets, "a variable or a list of variables")
    constants = list(consider_constant or ())
    if expression.ndim == 0:
        found: Any = grad(expression, targets, consider_constant, disconnected_inputs)
    elif not vectorize:
        found = _row_by_row(expression, targets, constants, disconnected_inputs)
    else:
        forward = [x for x in targets if not constants and _fewer_columns(expression, x)]
        by = {x: _columns(expression, x, disconnected_inputs) for x in forward}
        by |= _rows(expression, [x for x in targets if x not in by], constants, disconnected_inputs)
        found = [by[x] for x in targets]
    mark_derived(found, [expression])
    return type(wrt)(found) if several else found[0]


def _shape(x: Any) -> list[Any]:
    return [size_of(x, d) for d in range(x.ndim)]


def _units(x: Any, diagonal: Any = None) -> Any:
    """For each element of x an array of x's shape that is 1 there (or what `diagonal` is there), and 0 elsewhere."""
    count = as_size(times(_shape(x)))
    dtype = config.floatX if x.dtype in DISCRETE else x.dtype
    matrix = eye(count, dtype=dtype) if diagonal is None else diag(diagonal.flatten())
    return matrix if x.ndim == 1 else matrix.reshape([count, *_shape(x)])


def _fewer_columns(expression: Any, x: Any) -> bool:
    """Whether x is known to have fewer elements than the expression."""
    sizes = [*expression.type.shape, *getattr(x.type, "shape", (None,))]
    return None not in sizes and math.prod(x.type.shape) < math.prod(expression.type.shape) and x.dtype not in COMPLEX


def _columns(expression: Any, x: Any, on_disconnected: str) -> Any:
    """The Jacobian by forward mode, a column for each element of x."""
    v = x.type.make_variable() if x.dtype not in DISCRETE else tensor_type(config.floatX, x.type.shape).make_variable()
    (moved,) = Rop([expression], [x], [v], on_disconnected)
    (columns,) = _of_units([moved], {v: (x, None)})
    last = columns.dimshuffle(*range(1, columns.ndim), 0)
    return last if x.ndim == 1 else last.reshape([*_shape(expression), *_shape(x)])


def _rows(expression: Any, targets: Sequence[Any], constants: Sequence[Variable], on_disconnected: str) -> dict[Variable, Any]:
    """The Jacobians by reverse mode, a row for each element of the expression."""
    if not targets:
        return {}
    slopes = slopes_in_place(expression, targets, constants)
    swept = [z for z in slopes if z not in targets or z is expression]
    seeds = {z: tensor_type(config.floatX if z.type.dtype in DISCRETE else z.type.dtype, z.type.shape).make_variable() for z in swept}
    found = backward(seeds, targets, constants) if seeds else {}
    stacks = dict(zip(found, _of_units(list(found.values()), {seeds[z]: (z, slopes[z]) for z in swept}))) if found else {}
    result = {}
    for x in targets:
        total = stacks.get(x)
        if x in slopes and x not in swept:
            own = _units(x, slopes[x])
            total = own if total is None else total + own
        if total is None:
            if expression not in depending([expression], [x], constants, steps=True):
                no_influence(x, on_disconnected)
            dtype = config.floatX if x.type.dtype in DISCRETE else x.type.dtype
            result[x] = zeros([*_shape(expression), *_shape(x)], dtype)
        else:
            result[x] = total if expression.ndim == 1 else total.reshape([*_shape(expression), *_shape(x)])
    return result


def _of_units(outputs: Sequence[Any], seeds: dict[Any, tuple[Any, Any]]) -> list[Any]:
    """The outputs, linear in the seeds, for all unit vectors: of the shape of a variable, or with a diagonal in place of ones."""
    outputs = collapsed(outputs, seeds)
    given: dict[Variable, Any] = {u: (_units(x, slope), True) for u, (x, slope) in seeds.items()}
    moving = depending(outputs, seeds)
    for node in toposort(outputs, seeds):
        if isinstance(node.op, Dot):  # of unit vectors with a matrix: its rows
            for u, (_, slope) in seeds.items():
                rows = _rows_of_matrix(node, u, moving)
                if rows is not None:
                    given[node.outputs[0]] = (rows if slope is None else rows * slope.dimshuffle(0, "x")), True
    return stacks_of(outputs, given)


def _rows_of_matrix(node: Apply, u: Any, moving: set[Variable]) -> Any:
    """What a product with the vector u takes out of a matrix if u is a unit vector, a row for each of these; None if it is no such product."""
    a, b = node.inputs
    if u.ndim != 1:
        return None
    if a is u and b.ndim == 2 and b not in moving:
        return b.dimshuffle(1, 0) if node.op.transpose_b else b
    if b is u and a.ndim == 2 and a not in moving:
        return a if node.op.transpose_a else a.dimshuffle(1, 0)
    return None


def _row_by_row(expression: Any, targets: Sequence[Any], constants: Sequence[Variable], on_disconnected: str) -> list[Any]:
    flat = expression if expression.ndim == 1 else expression.flatten()

    def row(i: Any) -> Any:
        return grad(flat[i], targets, constants, on_disconnected)

    found, updates = scan(row, sequences=[arange(flat.shape[0])], return_list=True, name="jacobian")
    if updates:
        raise ValueError("the derivatives of this expression update shared variables, which a jacobian cannot do once a row")
    return found if expression.ndim == 1 else [g.reshape([*_shape(expression), *_shape(x)]) for g, x in zip(found, targets)]


def hessian(
    cost: Any, wrt: Any, consider_constant: Sequence[Variable] | None = None, disconnected_inputs: str = "raise", blocks: bool = False
) -> Any:
    """The second derivatives of the scalar `cost` by each vector of `wrt`: shape ``(n, n)`` for a vector of n elements.

    wrt: a vector or a list of vectors (the result has its form). blocks: for a list, all second derivatives: a list of lists with, in row
    i and column j, those by vectors i and j. Raises TypeError if cost is not a scalar, AssertionError if one of wrt is not a vector.

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
    first = grad(cost, targets, consider_constant, disconnected_inputs)
    if blocks:
        rows = [jacobian(g, targets, consider_constant, disconnected_inputs="ignore") for g in first]
        return rows if several else rows[0][0]
    found = [jacobian(g, x, consider_constant, disconnected_inputs="ignore") for g, x in zip(first, targets)]
    return type(wrt)(found) if several else found[0]


def hessian_vector_product(cost: Any, wrt: Any, vectors: Any, consider_constant: Sequence[Variable] | None = None) -> Any:
    """The second derivatives of the scalar `cost` by all of `wrt`, times `vectors` (one of the shape of each): without their matrix.

    wrt: a variable of any shape or a list of such (the result has its form). Raises what `grad` raises, and ValueError for vectors of
    another number or other dimensions than wrt. The Hessian is symmetric: it is the gradient of the gradient, weighted.

    >>> import symgraph.tensor as T
    >>> x, v = T.dvectors('x', 'v')
    >>> hessian_vector_product((x ** 3).sum(), x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]})
    array([  6., 120.])
    """
    several = isinstance(wrt, (list, tuple))
    targets = list(wrt) if several else [wrt]
    given = list(vectors) if isinstance(vectors, (list, tuple)) else [vectors]
    if len(targets) != len(given):
        raise ValueError(f"hessian_vector_product: {len(targets)} variables in wrt but {len(given)} vectors")
    first = grad(cost, targets, consider_constant)
    weights: dict[Variable, Any] = {}
    for x, g, v in zip(targets, first, given):
        v = fitting("hessian_vector_product: the vector for", x, v)
        weights[g] = weights[g] + v if g in weights else v
    found = grad(None, targets, consider_constant, "ignore", known_grads=weights)
    return type(wrt)(found) if several else found[0]
