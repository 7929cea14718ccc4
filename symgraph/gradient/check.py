"""verify_grad: a gradient against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from symgraph.compile.function import function
from symgraph.compile.modes import Mode
from symgraph.compile.named import resolve
from symgraph.errors import GradientError
from symgraph.expr.dtypes import FLOAT
from symgraph.expr.make import tensor
from symgraph.expr.variable import TensorVariable
from symgraph.gradient.complexstep import complex_steps, complex_twin
from symgraph.gradient.reverse import grad
from symgraph.settings import config

__all__ = ["mode_not_slow", "numeric_grad", "verify_grad"]

# Steps and tolerances by the coarsest dtype that takes part, Theano's.
_STEP = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1, "complex128": 1e-7, "complex64": 3e-4}
_TOLERANCE = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2, "complex128": 1e-4, "complex64": 1e-2}


def _generator() -> Any:
    seed = config.unittests.rseed
    return np.random.RandomState(None if seed == "random" else seed)


class numeric_grad:
    """The gradient of ``f(*pt)``, a number, by central differences of width `eps`: `gf`, one array a point, in float64.

    pt: a list of arrays, or one array (then gf is one too). out_type: the dtype of f, if it is coarser than the points. Iterating gives
    the arrays.

    >>> numeric_grad(lambda a: float((a ** 2).sum()), np.array([1.0, 3.0])).gf.round(6)
    array([2., 6.])
    """

    type_eps = _STEP

    def __init__(self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: str | None = None) -> None:
        several = isinstance(pt, (list, tuple))
        points = [np.array(p) for p in (pt if several else [pt])]
        if eps is None and out_type is not None:
            eps = max(_STEP[name] for name in (out_type, *[p.dtype.name for p in points])) ** (2 / 3)
        found = _differences(f, points, eps)
        self.gf: Any = found if several else found[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.gf if isinstance(self.gf, list) else [self.gf])

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """The absolute and the relative difference of a and b, element by element."""
        absolute = np.abs(np.asarray(a) - np.asarray(b))
        return absolute, absolute / np.maximum(np.abs(a) + np.abs(b), 1e-8)

    def abs_rel_errors(self, g_pt: Sequence[Any]) -> list[tuple[Any, Any]]:
        """`abs_rel_err` of each gradient in g_pt. ValueError for another number or other shapes than gf has."""
        gradients = list(self)
        if len(g_pt) != len(gradients) or any(np.shape(g) != own.shape for g, own in zip(g_pt, gradients)):
            raise ValueError(f"gradients of the shapes {[g.shape for g in gradients]} are wanted, got {[np.shape(g) for g in g_pt]}")
        return [self.abs_rel_err(own, g) for own, g in zip(gradients, g_pt)]

    def max_err(self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """The worst element of all gradients: which gradient, where in it (counted in C order), its absolute and relative error."""
        worst = (-1.0, 0, 0, 0.0, 0.0)
        for position, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if np.size(absolute):
                how = np.minimum(absolute / abs_tol, relative / rel_tol)
                at = int(np.argmax(how))
                worst = max(worst, (float(how.flat[at]), position, at, float(np.ravel(absolute)[at]), float(np.ravel(relative)[at])))
        return worst[1:]


def mode_not_slow(mode: Any) -> Any:
    """The mode, but FAST_RUN in place of modes that compute slowly (FAST_COMPILE) or everything twice (CHECK, DebugMode).

    >>> mode_not_slow('FAST_COMPILE')
    Mode(linker=llvm, optimizer=fast_run)
    """
    found = resolve(mode)
    return Mode(linker=found.linker, optimizer="fast_run") if found.check or found.optimizer != "fast_run" else found


def _differences(f: Callable[..., Any], pt: Sequence[np.ndarray], eps: float | None) -> list[np.ndarray]:
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
    cast_to_output_type: bool = False, no_debug_ref: bool = True, method: str = "auto",
) -> None:
    """Compare the symbolic gradient of `fun` with a numeric one at the points `pt`; raises GradientError where they differ.

    fun: takes as many variables as there are points and gives one float tensor. The scalar that is differentiated is the
    product of that tensor with a random one, drawn `n_tests` times from `rng` (a numpy RandomState or Generator; None: one
    whose seed the setting unittests.rseed says). An element
    passes if its absolute or its relative error is below abs_tol or rel_tol (by dtype: 1e-4, float32 1e-2).
    method: of the numeric gradient: 'difference' (central differences of width eps), 'complex' (a step along the imaginary axis, which
    subtracts nothing and so is exact to eleven digits or so; for expressions of analytic functions in float64, else ValueError), or 'auto': complex
    where it is possible and no eps is given.
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
    rng = _generator() if rng is None else rng
    inputs = [tensor(p.dtype.name, shape=[1 if n == 1 else None for n in p.shape]) for p in points]
    for x, p in zip(inputs, points):
        x.tag.test_value = p
    output = fun(*inputs)
    if not isinstance(output, TensorVariable):
        raise NotImplementedError(f"verify_grad wants fun to give one tensor variable, got {output!r}")
    if output.dtype not in FLOAT:
        raise TypeError(f"verify_grad wants fun to give floats, got {output.type}")
    coarsest = max((x.dtype for x in (*inputs, output)), key=lambda dtype: _STEP.get(dtype, 0.0))
    abs_tol = _TOLERANCE[coarsest] * 10.0**config.tensor.cmp_sloppy if abs_tol is None else abs_tol
    rel_tol = _TOLERANCE[coarsest] * 10.0**config.tensor.cmp_sloppy if rel_tol is None else rel_tol
    weights = output.type.make_variable()
    cost = (output * weights).sum()  # type: ignore[operator]
    if method not in ("auto", "difference", "complex"):
        raise ValueError(f"verify_grad: method must be auto, difference or complex, got {method!r}")
    analytic = None if method == "difference" or (method == "auto" and eps is not None) else complex_twin(fun, inputs, output)
    if method == "complex" and analytic is None:
        raise ValueError("verify_grad: the method 'complex' wants float64 and analytic functions of all arguments")
    options: dict[str, Any] = {"mode": mode, "on_unused_input": "ignore", "allow_input_downcast": True}
    shape = function(list(inputs), output, **options)(*points).shape
    if analytic is None:
        value = function([*inputs, weights], cost, **options)
    else:
        twins, result = analytic
        value = function([*twins, weights], (result * weights).sum(), **options)
    gradient = function([*inputs, weights], grad(cost, inputs, disconnected_inputs="ignore"), **options)
    for _ in range(n_tests):
        w = np.asarray(rng.uniform(-1, 1, size=shape) + 0.1, output.dtype)
        at = partial(_at_weights, value, w)
        expected = _differences(at, points, eps or _STEP[coarsest] ** (2 / 3)) if analytic is None else complex_steps(at, points)
        for position, (wanted, got) in enumerate(zip(expected, gradient(*points, w))):
            _compare(position, wanted, got, abs_tol, rel_tol)


def _at_weights(value: Callable[..., Any], weights: np.ndarray, *points: np.ndarray) -> Any:
    return value(*points, weights)


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
