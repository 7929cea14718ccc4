"""fixed_point: a loop whose derivative does not go back through its steps, for it follows from where the loop ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgraph.expr.dtypes import CONTINUOUS
from symgraph.expr.make import as_variable, constant
from symgraph.expr.types import TensorType
from symgraph.expr.variable import Constant, Variable
from symgraph.expr.walk import clone_nodes, toposort
from symgraph.gradient.forward import Rop
from symgraph.gradient.fromgraph import OpFromGraph
from symgraph.gradient.reverse import backward
from symgraph.loops.nested import while_
from symgraph.loops.trees import Tree, beside, flatten
from symgraph.ops.assertion import Assert
from symgraph.settings import config

__all__ = ["fixed_point"]

_NEAR = {"float16": 1e-2, "float32": 1e-5, "complex64": 1e-5}  # unless it is said: what rounding allows; 1e-10 in double precision


def fixed_point(f: Callable[[Any], Any], x: Any, tolerance: Any = None, max_steps: int = 1000, name: str | None = None) -> Any:
    """Where ``x = f(x)``: f is applied, from x on, until no element moves by more than `tolerance`.

    x: floats in any nesting of tuples, lists, dictionaries, dataclasses and named tuples; f gives the same nesting, of the same types. The
    derivative is that of the point, not of the way to it: it does not depend on where x began, and takes no memory for the steps. By the
    implicit function theorem it is the solution w of ``w = g + (df/dx)' w``, found by the same kind of loop; so there are
    derivatives of every order, in both directions. (Krantz and Parks, The implicit function theorem, 2002; as an algorithm: Christianson,
    Reverse accumulation and attractive fixed points, 1994.) tolerance: a number, 1e-10 without one (1e-5 for float32).

    Raises TypeError for another structure or dtype than x, ValueError for another number of dimensions or a tolerance below 0,
    RuntimeError, when called, if max_steps were not enough (also where f does not draw nearer: its slope must be below 1 there).

    >>> import symgraph.tensor as T
    >>> a = T.dscalar('a')
    >>> root = fixed_point(lambda x: (x + a / x) / 2, 1.0)
    >>> root.eval({a: 2.0}), T.grad(root, a).eval({a: 2.0})
    (array(1.41421356), array(0.35355339))
    """
    title = f"fixed_point {name}" if name else "fixed_point"
    if not callable(f):
        raise TypeError(f"{title}: f must be a function, got {f!r} of {type(f)}")
    starts, tree = flatten(x, numbers=True)
    starts = [constant(v, dtype=config.floatX) if isinstance(v, (int, float)) else as_variable(v) for v in starts]
    paths = tree.paths("x")
    for start, path in zip(starts, paths):
        if not isinstance(start.type, TensorType) or start.dtype not in CONTINUOUS:
            raise TypeError(f"{title}: {path} must hold floats, got {start} of type {start.type}")
    if not starts:
        raise TypeError(f"{title}: {x!r} holds nothing that could move")
    near = max(_NEAR.get(start.dtype, 1e-10) for start in starts) if tolerance is None else _distance(tolerance, title)
    if isinstance(max_steps, bool) or not isinstance(max_steps, (int, np.integer)):
        raise TypeError(f"{title}: max_steps must be an integer, got {max_steps!r}")
    if max_steps < 0:
        raise ValueError(f"{title}: max_steps must not be negative, got {max_steps}")
    inside = [start.type.make_variable(path) for start, path in zip(starts, paths)]
    results, form = flatten(f(tree.build(inside)))
    _check(title, tree, inside, form, results)
    found = _solved(inside, results, starts, near, int(max_steps), title)
    return tree.build(found)


def _distance(tolerance: Any, title: str) -> Any:
    """A tolerance as given, a number or a real scalar; what no step could come within is refused."""
    if isinstance(tolerance, Variable):
        if not isinstance(tolerance.type, TensorType) or tolerance.type.ndim or tolerance.type.dtype.startswith("complex"):
            raise TypeError(f"{title}: the tolerance must be a number, got {tolerance} of type {tolerance.type}")
        return tolerance
    try:
        near = float(tolerance)
    except (TypeError, ValueError):
        raise TypeError(f"{title}: the tolerance must be a number, got {tolerance!r}") from None
    if not near >= 0:
        raise ValueError(f"{title}: the tolerance must not be negative, got {tolerance!r}")
    return near


def _check(title: str, tree: Tree, inside: Sequence[Any], form: Tree, results: Sequence[Any]) -> None:
    def text(words: str) -> str:
        return beside(f"{title}: {words}", ("x is", tree, [v.type for v in inside]), ("f gives", form, [v.type for v in results]))

    if form != tree:
        raise TypeError(text("f gives another structure than it got"))
    for v, new in zip(inside, results):
        if getattr(new.type, "dtype", None) != v.dtype:
            raise TypeError(text(f"f changes the dtype of {v.name}"))
        if new.ndim != v.ndim:
            raise ValueError(text(f"f changes the number of dimensions of {v.name}"))


def _solved(inside: list[Any], results: list[Any], starts: list[Any], near: Any, max_steps: int, title: str) -> list[Any]:
    """The point where the variables `inside` are equal to `results`, which are computed from them: an op with derivatives of its own."""
    outer = _captured(results, inside)
    captured = [v.type.make_variable(v.name) for v in outer]
    step = clone_nodes(results, dict(zip(outer, captured)))

    def moved(state: Any) -> Any:
        new = clone_nodes(step, dict(zip(inside, state[0])), always=True)
        still = [(abs(a - b) <= bound).all() for a, b in zip(new, state[0])]  # never so of nan
        together = still[0]
        for other in still[1:]:
            together = together & other
        return new, ~together

    begins = [v.type.make_variable(v.name) for v in inside]
    bound = constant(near, dtype="float64") if not isinstance(near, Variable) else near
    point, far = while_(lambda state: state[1], moved, (begins, constant(True)), max_steps, name=title)
    holds = ~far
    point = [Assert(f"{title}: {max_steps} steps were not enough", "RuntimeError")(v, holds) for v in point]
    count = len(inside)

    def at(outputs: Sequence[Any], given: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """Expressions of inside and captured, at a point."""
        return clone_nodes(list(values), {**dict(zip(inside, outputs)), **dict(zip(captured, given))})

    def reverse(inputs: list[Any], outputs: list[Any], grads: list[Any]) -> list[Any]:
        weights = [g.type.make_variable() for g in grads]

        def pulled(targets: list[Any]) -> list[Any]:
            given: dict[Variable, Any] = {}
            for v, w in zip(step, weights):
                given[v] = given[v] + w if v in given else w
            sums = backward(given, targets)
            return [sums.get(v) for v in targets]

        back = pulled(inside)
        terms = iter(at(outputs, inputs[count:], [t for t in back if t is not None]))
        adjoint = [g if t is None else g + next(terms) for g, t in zip(grads, back)]
        solved = _solved(weights, adjoint, list(grads), near, max_steps, title) if any(t is not None for t in back) else list(grads)
        rows = pulled(captured)
        told = at(outputs, inputs[count:], [t for t in rows if t is not None])
        values = iter(clone_nodes(told, dict(zip(weights, solved))))
        return [None] * count + [None if t is None else next(values) for t in rows]

    def forward(inputs: list[Any], tangents: list[Any]) -> list[Any]:
        moving = [(v, t) for v, t in zip(captured, tangents[count:]) if t is not None]
        if not moving:
            return [None] * count
        moves = [v.type.make_variable() for v in inside]
        rows = Rop(step, [*inside, *(v for v, _ in moving)], [*moves, *(t for _, t in moving)], disconnected_outputs="ignore")
        solution = op(*inputs, return_list=True)
        pushed = at(solution, inputs[count:], rows)
        zeros = [v.zeros_like() for v in solution]
        return _solved(moves, pushed, zeros, near, max_steps, title)

    pattern = [[False] * count] * count + [[True] * count] * len(captured)
    op = OpFromGraph([*begins, *captured], point, inline=False, lop_overrides=reverse, rop_overrides=forward, connection_pattern=pattern, name=title)
    return op(*starts, *outer, return_list=True)  # type: ignore[no-any-return]


def _captured(results: list[Any], inside: list[Any]) -> list[Any]:
    """The largest parts of the results that do not depend on `inside`."""
    inner = set(inside)
    order = toposort(results)
    for node in order:
        if any(v in inner for v in node.inputs):
            inner.update(node.outputs)
    read = [v for node in order if node.outputs[0] in inner for v in node.inputs] + list(results)
    return list(dict.fromkeys(v for v in read if v not in inner and not isinstance(v, Constant)))
