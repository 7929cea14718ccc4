"""verify_grad: a gradient against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.compile.function import function
from symgraph.errors import GradientError
from symgraph.expr.dtypes import FLOAT
from symgraph.expr.make import tensor
from symgraph.expr.variable import TensorVariable
from symgraph.gradient.reverse import grad

__all__ = ["numeric_grad", "verify_grad"]

# Steps and tolerances by the coarsest dtype that takes part, Theano's.
_STEP = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1, "complex128": 1e-7, "complex64": 3e-4}
_TOLERANCE = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2, "complex128": 1e-4, "complex64": 1e-2}


def numeric_grad(f: Callable[..., Any], pt: Sequence[np.ndarray], eps: float | None = None) -> list[np.ndarray]:
    """The gradient of ``f(*pt)``, a number, by central differences of width `eps`; one array a point, in float64."""
    points = [np.array(p) for p in pt]
    result = []
    for p in points:
        step = eps or _STEP[p.dtype.name] ** (2 / 3)
        g = np.zeros(p.shape)
        for index in np.ndindex(*p.shape):
            kept = p[index]
            p[index] = kept + step
            right, above = float(f(*points)), p[index]
            p[index] = kept - step
            left, below = float(f(*points)), p[index]
            p[index] = kept
            g[index] = (right - left) / float(above - below)  # the step as it was rounded
        result.append(g)
    return result


def verify_grad(
    fun: Callable[..., Any], pt: Sequence[Any], n_tests: int = 2, rng: Any = None, eps: float | None = None,
    out_type: str | None = None, abs_tol: float | None = None, rel_tol: float | None = None, mode: Any = None,
    cast_to_output_type: bool = False, no_debug_ref: bool = True,
) -> None:
    """Compare the symbolic gradient of `fun` with finite differences at the points `pt`; raises GradientError where they differ.

    fun: takes as many variables as there are points and gives one float tensor. The scalar that is differentiated is the
    product of that tensor with a random one, drawn `n_tests` times from `rng` (a numpy RandomState or Generator). An element
    passes if its absolute or its relative error is below abs_tol or rel_tol (by dtype: 1e-4, float32 1e-2).
    out_type, cast_to_output_type and no_debug_ref are taken as Theano takes them and change nothing: the random tensor always has
    the dtype of the output.

    >>> import numpy as np, symgraph.tensor as T
    >>> verify_grad(lambda x: T.tanh(x), [np.array([0.1, -0.7])], rng=np.random.RandomState(0))
    """
    points = [np.array(p) for p in pt]
    for position, p in enumerate(points):
        if p.dtype.name not in FLOAT:
            raise TypeError(f"verify_grad can work only with floating point inputs, but input {position} has dtype {p.dtype}")
    if n_tests < 1:
        raise ValueError(f"verify_grad: n_tests must be 1 or more, got {n_tests}")
    rng = np.random.RandomState() if rng is None else rng
    inputs = [tensor(p.dtype.name, shape=[1 if n == 1 else None for n in p.shape]) for p in points]
    output = fun(*inputs)
    if not isinstance(output, TensorVariable):
        raise NotImplementedError(f"verify_grad wants fun to give one tensor variable, got {output!r}")
    if output.dtype not in FLOAT:
        raise TypeError(f"verify_grad wants fun to give floats, got {output.type}")
    coarsest = max((x.dtype for x in (*inputs, output)), key=lambda dtype: _STEP.get(dtype, 0.0))
    abs_tol = _TOLERANCE[coarsest] if abs_tol is None else abs_tol
    rel_tol = _TOLERANCE[coarsest] if rel_tol is None else rel_tol
    weights = output.type()
    cost = (output * weights).sum()  # type: ignore[operator]
    options: dict[str, Any] = {"mode": mode, "on_unused_input": "ignore", "allow_input_downcast": True}
    shape = function(list(inputs), output, **options)(*points).shape
    value = function([*inputs, weights], cost, **options)
    gradient = function([*inputs, weights], grad(cost, inputs, disconnected_inputs="ignore"), **options)
    for _ in range(n_tests):
        w = np.asarray(rng.uniform(-1, 1, size=shape) + 0.1, output.dtype)
        expected = numeric_grad(lambda *at, w=w: value(*at, w), points, eps or _STEP[coarsest] ** (2 / 3))  # type: ignore[misc]
        for position, (wanted, got) in enumerate(zip(expected, gradient(*points, w))):
            _compare(position, wanted, got, abs_tol, rel_tol)


def _compare(position: int, wanted: np.ndarray, got: np.ndarray, abs_tol: float, rel_tol: float) -> None:
    absolute = np.abs(wanted - got)
    with np.errstate(invalid="ignore"):  # of infinite gradients NaN, which is no small error
        relative = absolute / np.maximum(np.abs(wanted) + np.abs(got), 1e-8)
    worst = np.minimum(absolute / abs_tol, relative / rel_tol)
    if worst.size and not (worst < 1).all():
        at = np.unravel_index(int(np.nanargmax(np.where(np.isnan(worst), np.inf, worst))), worst.shape)
        raise GradientError(
            f"the gradient by input {position} is wrong at index {tuple(map(int, at))}: symbolic {got[at]!r}, by finite differences "
            f"{wanted[at]!r} (absolute error {absolute[at]:.3g}, "
            f"tolerance {abs_tol:g}; relative {relative[at]:.3g}, tolerance {rel_tol:g})")
