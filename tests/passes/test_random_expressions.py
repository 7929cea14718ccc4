"""Values of random expressions, and of gradients of such, before and after all passes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.errors import DisconnectedInputError
from symgraph.expr.evaluate import evaluate
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
A, B = T.dmatrices("A", "B")

UNARY = [T.exp, T.log, T.sqrt, T.sqr, abs, T.neg, T.tanh, T.nnet.sigmoid, T.nnet.softplus, T.log1p, T.expm1, T.inv,
         lambda u: u.sum(), lambda u: u ** 3, lambda u: u ** 0.5, lambda u: 1 - u, lambda u: u * 0, lambda u: u / 4,
         lambda u: T.zeros_like(u) + u, lambda u: u.astype("float32").astype("float64") * 0 + u, lambda u: u.shape[0] + u if u.ndim else u,
         lambda u: u.dimshuffle("x", 0).sum(axis=0) if u.ndim == 1 else u, lambda u: u[::-1] if u.ndim == 1 else u,
         lambda u: T.concatenate([u, u])[: u.shape[0]] if u.ndim == 1 else u, lambda u: T.switch(u > 1, u, 2 * u),
         T.erf, T.erfc, lambda u: u - 1, lambda u: u + 1, lambda u: u * T.log(u), lambda u: T.log(1 - T.exp(-u)), lambda u: (-u).max(),
         lambda u: T.switch(u > 1, T.switch(u > 1, u, 3.0), 0.0), lambda u: (u**2).mean() - u.mean() ** 2,
         lambda u: T.concatenate([u, u[:0], u * 2]).sum() if u.ndim == 1 else u, lambda u: T.alloc(u, 3, 4)[1] if u.ndim < 2 else u]
BINARY = [T.add, T.sub, T.mul, T.true_div, T.maximum, T.minimum, lambda u, w: T.fill(u, w) if u.ndim >= w.ndim else u * w,
          lambda u, w: T.dot(u, w) if u.ndim == w.ndim == 1 else u + w, lambda u, w: T.log(T.exp(u) + T.exp(w)),
          lambda u, w: T.switch(u > 1, u, 0.0) * T.switch(u > 1, w, 1.0), lambda u, w: T.stack([u, w]).sum(axis=0) if u.ndim == w.ndim else u]

steps = st.tuples(st.integers(0, 199), st.integers(0, 99), st.integers(0, 99))
plans = st.lists(steps, min_size=1, max_size=14)


def built(plan: list[tuple[int, int, int]], leaves: list[Any], unary: list[Any], binary: list[Any]) -> Any:
    """Each step (op, first, second) takes earlier results, counted from the last."""
    pool = list(leaves)
    for which, first, second in plan:
        a, b = pool[-1 - first % len(pool)], pool[-1 - second % len(pool)]
        which %= len(unary) + 2 * len(binary)
        pool.append(unary[which](a) if which < len(unary) else binary[(which - len(unary)) % len(binary)](a, b))
    return pool[-1]


def same_values(before: Any, values: dict[Any, Any]) -> None:
    """The passes keep the value; how much it moves with its inputs says how much rounding may move it."""
    inputs = graph_inputs([before])
    known = {u: v for u, v in values.items() if u in inputs}
    near = {u: v * (1 + 1e-7) for u, v in known.items()}
    with np.errstate(all="ignore"):
        try:
            (old,), (beside,) = evaluate([before], known), evaluate([before], near)
        except (ValueError, IndexError):  # sizes that do not fit
            assume(False)
        assume(bool(np.isfinite(old).all() and np.isfinite(beside).all() and np.abs(old).max(initial=0) < 1e30))
    graph = Graph(inputs, [before])
    optimise(graph, Mode(linker="py", optimizer="fast_run", check=True))
    with np.errstate(all="ignore"):
        (new,) = evaluate(graph.outputs, known)
    assert (new.dtype, new.shape) == (old.dtype, old.shape)
    assert (np.abs(new - old) <= 1e-9 * np.abs(old) + np.abs(beside - old) + 1e-11).all()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(plans)
def test_numbers_and_vectors(plan: list[tuple[int, int, int]]) -> None:
    before = built(plan, [x, y, s, T.constant(1.0), T.constant(2.0)], UNARY, BINARY)
    assume(before.owner is not None)
    generator = np.random.default_rng(len(plan))
    same_values(before, {x: generator.uniform(0.5, 2, 4), y: generator.uniform(0.5, 2, 4), s: np.asarray(generator.uniform(0.5, 2))})


def where(ndims: int | tuple[int, ...], op: Any) -> Any:
    """The op for arrays of so many dimensions; others stay as they are."""
    return lambda u: op(u) if u.ndim in (ndims if isinstance(ndims, tuple) else (ndims,)) else u


SHAPED = [
    T.exp, T.tanh, T.neg, T.sqr, T.nnet.sigmoid, T.zeros_like,
    lambda u: T.log(u * u + 1), lambda u: u.T, lambda u: u.sum(), lambda u: u * 2.0,
    where((1, 2), lambda u: u.sum(axis=0)), where((1, 2), lambda u: u.mean(axis=-1)), where((1, 2), lambda u: u.max(axis=0)),
    where((1, 2), lambda u: T.log(T.nnet.softmax(u))), where((1, 2), lambda u: T.log(T.exp(u).sum(axis=-1))), where((1, 2), lambda u: u[0]),
    where((1, 2), lambda u: u[1:]), where((1, 2), lambda u: u[::-1]), where(2, lambda u: u[:, 1]), where((1, 2), lambda u: u.flatten()),
    where(2, lambda u: u.reshape((u.shape[1], u.shape[0]))), where((1, 2), lambda u: T.set_subtensor(u[0], 1.5)),
    where((1, 2), lambda u: T.inc_subtensor(u[1:], u[1:] * 2)), where(1, lambda u: u.dimshuffle(0, "x")), where(1, lambda u: u[None]),
    where(2, lambda u: u.sum(axis=0, keepdims=True)), where(2, lambda u: T.exp(u) / T.exp(u).sum(axis=1, keepdims=True)),
    lambda u: T.switch(u > 0, u, -u), where((1, 2), lambda u: u / u.shape[0]),
]
PAIRED = [
    T.add, T.sub, T.mul, T.maximum, T.dot, T.dot, lambda a, b: a / (b * b + 1),
    lambda a, b: T.concatenate([a, b]) if a.ndim == b.ndim > 0 else a + b,
    lambda a, b: T.stack([a, b])[1] if a.ndim == b.ndim < 2 else a - b, lambda a, b: T.outer(a, b) if a.ndim == b.ndim == 1 else a * b,
    lambda a, b: T.set_subtensor(a[0], b) if a.ndim == b.ndim + 1 else a + b,
    lambda a, b: T.dot(a, b)[1:, :2] if a.ndim == b.ndim == 2 else a, lambda a, b: T.dot(a, b)[0] if a.ndim == 2 and b.ndim else a,
    lambda a, b: T.concatenate([a, b], axis=-1).max(axis=-1) if a.ndim == b.ndim > 0 else a,
    lambda a, b: T.concatenate([T.concatenate([a, b]), a]).prod(axis=0) if a.ndim == b.ndim > 0 else b,
    lambda a, b: a - 0.1 * T.dot(b, b) if a.ndim == b.ndim == 2 else a,
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(plans, st.sampled_from([None, "A", "x", "s"]))
def test_matrices_and_gradients(plan: list[tuple[int, int, int]], by: str | None) -> None:
    try:
        before = built(plan, [A, B, x, s], SHAPED, PAIRED)
        if by is not None:
            before = T.grad(before.sum(), {"A": A, "x": x, "s": s}[by])
    except (DisconnectedInputError, ValueError, TypeError, IndexError):  # shapes that do not fit, or nothing to derive by
        assume(False)
    assume(before.owner is not None)
    generator = np.random.default_rng(len(plan))
    same_values(before, {A: generator.uniform(-1, 1, (3, 3)), B: generator.uniform(-1, 1, (3, 3)), x: generator.uniform(-1, 1, 3),
                         s: np.asarray(0.7)})
