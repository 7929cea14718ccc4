"""Loops as steps of a random graph: scan over rows of what is there, with states that stay bounded, and captured values."""

from __future__ import annotations

from typing import Any

import numpy as np

import symgraph
import symgraph.tensor as T
from tests.random_graphs.generator import Generator, Item, fits_into
from tests.random_graphs.operations import INSIDE

__all__ = ["loop"]


def loop(g: Generator) -> Any:
    """scan over rows, with states that stay bounded, and captured values."""
    if g.inside:
        return None
    sequences = [s for s in (g.pick(lambda i: i.ndim > 0 and i.kind in "fi") for _ in range(g.number(0, 2))) if s is not None]
    steps: Any = None
    if not sequences or g.chance(0.3):
        count = g.pick(lambda i: i.kind == "i" and i.ndim == 0)
        steps = count.variable % 4 if count is not None and g.chance(0.5) else g.number(0, 4)
        if isinstance(steps, int) and sequences:
            steps = min(steps, *(n for s in sequences for n in s.dims[0]))
        elif not isinstance(steps, int):
            sequences = [s for s in sequences if min(s.dims[0]) >= 3]
    sequences = [s for s in sequences if min(s.dims[0]) >= 1]
    if steps is None and not sequences:
        steps = 3
    states = [s for s in (g.pick(lambda i: i.kind in "fi") for _ in range(g.number(0, 3))) if s is not None]
    extra = g.number(0, 2)
    backwards = g.chance(0.3)
    inner: list[Generator] = []

    def step(*arguments: Any) -> Any:
        b = Generator(g.random)
        inner[:] = [b]
        b.inside = True
        b.known = (dict(g.known[0]), dict(g.known[1]))
        b.items = [i for i in g.items[-12:] if g.chance(0.5)]
        rows = arguments[: len(sequences)]
        priors = arguments[len(sequences) : len(sequences) + len(states)]
        for x, source in zip(rows, sequences):
            bind(b, x, tuple(v[-1 if backwards else 0] for v in source.values), False)
        for x, source in zip(priors, states):
            bind(b, x, source.values, False)
        b.grow(g.number(0, 8), INSIDE)
        results: list[Any] = []
        for x in priors:
            own = next(i for i in b.items if i.variable is x)
            new = b.pick(lambda i, own=own: i.kind in ("fi" if own.kind == "f" else "i") and fits_into(i, own))
            assert new is not None
            if own.kind == "f":
                results.append((T.tanh(new.variable) * 0.5 + x * 0.25).astype(x.dtype))
            else:
                results.append(((new.variable + x) % 7).astype(x.dtype))
        for _ in range(extra if priors else max(1, extra)):
            new = b.pick() or g.pick()
            assert new is not None
            results.append(new.variable)
        if g.chance(0.1) and steps is not None:
            counter = next((i for i in b.items if i.kind == "i" and i.ndim == 0), None)
            if counter is not None:
                return results, symgraph.until(T.gt(counter.variable, 2))
        return results

    # a state has the shape of its initial value, without sizes known in advance, so that a step may keep it
    info = [s.variable for s in states] + [None] * (extra if states else max(1, extra))
    try:
        results, updates = symgraph.scan(step, sequences=[s.variable for s in sequences], outputs_info=info, n_steps=steps, go_backwards=backwards,
                                         return_list=True)
    except (TypeError, ValueError) as error:
        g.refuse("scan", error)
        return None
    assert not updates
    for x in results:
        g.add(x[-1] if g.chance(0.4) else x, False)
    return None


def bind(b: Generator, x: Any, values: tuple[Any, ...], exact: bool) -> None:
    pair = (np.asarray(values[0]), np.asarray(values[1]))
    for known, value in zip(b.known, pair):
        known[x] = value
    b.items.append(Item(x, pair, exact))
