"""Random programs of branches, loops and plain operations: native code and the numpy rules against Python, derivatives in both directions."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import loops
from symgraph.ifelse import ifelse

BINARY = (lambda a, b: a + b, lambda a, b: a * b * 0.5, lambda a, b: a - b)
UNARY: tuple[tuple[Any, Any], ...] = ((T.sin, math.sin), (T.tanh, math.tanh), (lambda a: -a, lambda a: -a))


def drawn(r: random.Random, depth: int, names: list[str]) -> Any:
    kind = r.random()
    if depth == 0 or kind < 0.15:
        return "name", r.choice(names)
    if kind < 0.4:
        return "binary", r.choice(BINARY), drawn(r, depth - 1, names), drawn(r, depth - 1, names)
    if kind < 0.55:
        return "unary", r.choice(UNARY), drawn(r, depth - 1, names)
    if kind < 0.8:
        return "if", *(drawn(r, depth - 1, names) for _ in range(3))
    new = f"{depth}{len(names)}"
    first, rest = drawn(r, depth - 1, names), drawn(r, depth - 1, [*names, new, new])
    return ("loop", new, r.randrange(4), first, rest) if kind < 0.9 else ("let", new, first, rest)


def value(program: Any, known: dict[str, Any], symbolic: bool) -> Any:
    kind, *parts = program
    if kind == "name":
        return known[parts[0]]
    if kind == "binary":
        return parts[0](value(parts[1], known, symbolic), value(parts[2], known, symbolic))
    if kind == "unary":
        return parts[0][0 if symbolic else 1](value(parts[1], known, symbolic))
    if kind == "if":
        test = value(parts[0], known, symbolic) > 0.1
        if symbolic:
            return ifelse(test, value(parts[1], known, True), value(parts[2], known, True))
        return value(parts[1] if test else parts[2], known, False)
    if kind == "let":
        return value(parts[2], {**known, parts[0]: value(parts[1], known, symbolic)}, symbolic)
    name, count, start, step = parts
    state = value(start, known, symbolic)
    if symbolic:
        return loops.iterate(lambda s: value(step, {**known, name: s}, True), state, count)
    for _ in range(count):
        state = value(step, {**known, name: state}, False)
    return state


@pytest.mark.slow
def test_random_programs(full):
    for seed in range(60 if full else 8):
        r = random.Random(seed)
        program = drawn(r, 5, ["x", "y"])
        x, y = T.dscalars("x", "y")
        z = value(program, {"x": x, "y": y}, True)
        slopes = symgraph.grad(z, [x, y], disconnected_inputs="ignore")
        outputs = [z, *slopes, symgraph.jvp(z, [x, y], [T.constant(1.0), T.constant(2.0)]), symgraph.grad(slopes[0], x, disconnected_inputs="ignore")]
        functions = [symgraph.function([x, y], outputs, mode=symgraph.Mode(*mode), on_unused_input="ignore")
                     for mode in (("llvm", "fast_run"), ("py", "fast_run"), ("py", None))]
        for _ in range(3):
            at = r.uniform(-1, 1), r.uniform(-1, 1)
            native, *others = (f(*at) for f in functions)
            np.testing.assert_allclose(native[0], value(program, dict(zip("xy", at)), False), rtol=1e-9, atol=1e-9, err_msg=str(seed))
            np.testing.assert_allclose(native[3], native[1] + 2 * native[2], rtol=1e-7, atol=1e-9, err_msg=str(seed))
            for found in others:
                np.testing.assert_allclose(native, found, rtol=1e-7, atol=1e-9, err_msg=str(seed))
