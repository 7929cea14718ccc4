"""Derivatives by a step along the imaginary axis: of an analytic f, f(x + ih) = f(x) + ih f'(x) + O(h^2), and nothing is subtracted.

(Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40, 1998.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import COMPLEX, CONTINUOUS
from symgraph.expr.op import Apply
from symgraph.expr.types import tensor_type
from symgraph.expr.variable import TensorVariable
from symgraph.expr.walk import toposort
from symgraph.gradient.fromgraph import OpFromGraph
from symgraph.ops.cast import Cast
from symgraph.ops.elementwise import Elementwise
from symgraph.ops.reduce import Sum

__all__ = ["complex_steps", "complex_twin"]

# Truncation grows as the square of the step; powers of complex numbers, made of logarithms, are rounded to 1e-16 of the value, whatever
# the step: 1e-6 leaves 1e-12 and 1e-10.
_STEP = 1e-6

# Files of ops that move elements, and no more.
_LINEAR = ("layout", "shape", "create", "diagonal", "stop", "index", "join")


def complex_twin(function: Callable[..., Any], inputs: Sequence[Any], output: Any) -> tuple[list[Any], Any] | None:
    """Complex inputs and what the function makes of them, if all is in double precision and it is made of analytic ops; else None."""
    if any(x.dtype != "float64" for x in (*inputs, output)):
        return None
    twins = [tensor_type("complex128", x.type.shape).make_variable() for x in inputs]
    try:
        result = function(*twins)
    except (TypeError, ValueError, NotImplementedError):  # not defined of complex numbers
        return None
    if not isinstance(result, TensorVariable) or result.dtype != "complex128" or result.ndim != output.ndim:
        return None
    nodes = toposort([result], twins)
    for node in nodes:
        if isinstance(node.op, OpFromGraph):  # grows by its body
            nodes += toposort(node.op.inner_outputs, node.op.inner_inputs)
        elif not _analytic(node):
            return None
    return twins, result


def _analytic(node: Apply) -> bool:
    """Whether an op is linear or holomorphic in its complex inputs; what has none, or hands on shapes only, does not matter."""
    pattern = node.op.connection_pattern(node)
    moving = [x for x, row in zip(node.inputs, pattern) if any(row) and getattr(x.type, "dtype", None) in COMPLEX]
    if not moving:
        return True
    if not all(x.type.dtype in COMPLEX for x in node.outputs if x.type.dtype in CONTINUOUS or x.type.dtype == "bool"):
        return False
    op = node.op
    if isinstance(op, Elementwise):
        return op.row.holomorphic and op.row.gradient is not None
    module = type(op).__module__
    linear = isinstance(op, (Cast, Sum)) or any(module.startswith(f"symgraph.ops.{name}") for name in _LINEAR)
    return linear or (op.holomorphic and module.startswith("symgraph.ops."))


def complex_steps(f: Callable[..., Any], points: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of ``f(*points)``, a complex number, one array a point."""
    moved = [p.astype("complex128") for p in points]
    result = []
    for p in moved:
        g = np.zeros(p.shape)
        for index in np.ndindex(*p.shape):
            kept = p[index]
            p[index] = kept + 1j * _STEP
            g[index] = complex(f(*moved)).imag / _STEP
            p[index] = kept
        result.append(g)
    return result
