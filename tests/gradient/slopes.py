"""Gradients by compiled functions, and by central differences with the numpy rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

STEP = 1e-6


def listed(x: Any) -> list[Any]:
    """x, as a list if it is none."""
    return list(x) if isinstance(x, (list, tuple)) else [x]


def inputs_like(points: Sequence[np.ndarray]) -> list[Any]:
    """A variable for each array; a size of 1 is known, the others are not."""
    return [T.tensor(p.dtype.name, shape=[1 if n == 1 else None for n in p.shape]) for p in points]


def total(outputs: Any) -> Any:
    """The sum of everything in the outputs, each element with a weight of its own."""
    terms = []
    for x in listed(outputs):
        weights = 0.5 + T.arange(T.prod(x.shape)).reshape(x.shape, ndim=x.ndim) % 5 / 4 if x.ndim else 1.25
        terms.append((x * T.cast(weights, "float64")).sum())
    return terms[0] if len(terms) == 1 else T.add(*terms)


def values(build: Callable[..., Any], points: Sequence[Any], linker: str = "llvm") -> list[np.ndarray]:
    """What `build` makes of the points; `linker`: how."""
    arrays = [np.asarray(p) for p in points]
    inputs = inputs_like(arrays)
    outputs = listed(build(*inputs))
    return symgraph.function(inputs, outputs, mode=symgraph.Mode(linker, "fast_run"), on_unused_input="ignore")(*arrays)


def gradients(build: Callable[..., Any], *points: Any, linker: str = "llvm") -> list[np.ndarray]:
    """The gradients of the plain sum of what is built, by all inputs."""

    def built(*inputs: Any) -> Any:
        y = build(*inputs)
        return symgraph.grad(y.sum() if y.ndim else y, list(inputs), disconnected_inputs="ignore")

    return values(built, points, linker)


def numeric_gradients(build: Callable[..., Any], points: Sequence[np.ndarray], step: float = STEP) -> list[np.ndarray]:
    """The gradients of what is built, a scalar, by central differences."""
    inputs = inputs_like(points)
    cost = build(*inputs)
    found = []
    for k, p in enumerate(points):
        g = np.zeros(p.shape)
        for at in np.ndindex(*p.shape):
            ends = []
            for sign in (1, -1):
                moved = [q.copy() for q in points]
                moved[k][at] += sign * step
                ends.append(float(evaluate([cost], dict(zip(inputs, moved)))[0]))
            g[at] = (ends[0] - ends[1]) / (2 * step)
        found.append(g)
    return found
