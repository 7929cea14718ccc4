"""shapes: sizes without computing what has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from expressions_as_text import text

import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.expr.evaluate import evaluate
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.loops.loopop import LoopLayout, LoopOp
from symgraph.passes.expressions import EXPRESSIONS, Size
from symgraph.passes.pipeline import optimise

x, y = T.dmatrices("x", "y")
v = T.dvector("v")
k = T.lscalar("k")
square = T.TensorType("float64", shape=(3, 3))("square")

FAST = Mode(linker="py", optimizer="fast_run", check=True)
ONLY_SHAPES = Mode(linker="py", optimizer="none").including("shapes")


def after(expression: Any, mode: Mode = ONLY_SHAPES) -> Any:
    graph = Graph(graph_inputs([expression]), [expression])
    optimise(graph, mode)
    return graph.outputs[0]


CASES: list[tuple[Callable[[], Any], str]] = [
    (lambda: (x * 2).shape, "MakeVector(ShapeItem[0](x), ShapeItem[1](x))"),
    (lambda: T.exp(x + y).shape[1], "ShapeItem[1](x)"),
    (lambda: T.dot(x, y).shape[1], "ShapeItem[1](y)"),
    (lambda: T.dot(x.T, y).shape[0], "ShapeItem[1](x)"),
    (lambda: x.sum(axis=0).shape[0], "ShapeItem[1](x)"),
    (lambda: (x + square).shape[0], "3"),
    (lambda: (x + square).shape, "3"),
    (lambda: x.dimshuffle(1, "x", 0).shape[2], "ShapeItem[0](x)"),
    (lambda: T.exp(x)[1:].shape[1], "ShapeItem[1](x)"),
    (lambda: T.exp(x).flatten().shape[0], "mul(ShapeItem[0](x), ShapeItem[1](x))"),
    (lambda: T.zeros((k, 4)).shape[0], "k"),
    (lambda: T.arange(k).shape[0], "maximum(k, 0)"),
    (lambda: T.nnet.softmax(x).shape[0], "ShapeItem[0](x)"),
    (lambda: T.concatenate([x, y * 2]).shape[0], "add(ShapeItem[0](x), ShapeItem[0](y))"),
    (lambda: v.shape[0], "ShapeItem[0](v)"),
]


@pytest.mark.parametrize(("expression", "expected"), [pytest.param(*case, id=case[1]) for case in CASES])
def test_sizes_are_those_of_inputs(expression: Callable[[], Any], expected: str) -> None:
    before = expression()
    found = after(before)
    assert text(found) == expected
    given = {x: np.ones((3, 3)), y: np.ones((3, 3)), v: np.ones(4), k: 5, square: np.ones((3, 3))}
    needed = {u: given[u] for u in graph_inputs([before]) if u in given}
    np.testing.assert_array_equal(evaluate([found], needed)[0], evaluate([before], needed)[0])
    np.testing.assert_array_equal(evaluate([after(before, FAST)], needed)[0], evaluate([before], needed)[0])


def test_a_size_that_only_the_values_tell_is_counted() -> None:
    found = after((x[v > 0] * 2).shape[0])
    assert text(found) == "Sum[(0,)](FittingMask[(0,), 0](gt(v, 0), ShapeItem[0](x)))"  # a mask fits, or it is an error
    given = {x: np.ones((4, 2)), v: np.array([1.0, 0, 1, 1])}
    assert evaluate([found], given)[0] == 3


def test_slices_of_unknown_bounds() -> None:
    for key in (slice(1, None), slice(None, -1), slice(None, None, -2), slice(2, 7, 2), slice(-3, None), slice(k, None)):
        before = T.exp(v)[key].shape[0]
        found = after(before, FAST)
        assert "exp" not in text(found)
        for n in range(6):
            given = {u: value for u, value in {v: np.ones(n), k: 2}.items() if u in graph_inputs([before])}
            assert evaluate([found], given)[0] == evaluate([before], given)[0]


def test_a_stack_has_as_many_rows_as_the_loop_has_steps() -> None:
    row, state, matrix = T.dvector(), T.dvector(), T.dmatrix()
    op = LoopOp([row, state, matrix], [state + row, T.dot(matrix, row)], LoopLayout([(0, False)], 1, 1, 1))
    _, stack = op(x.shape[0], x, v, y, return_list=True)
    assert text(after(stack.shape)) == "MakeVector(ShapeItem[0](x), ShapeItem[0](y))"


def test_many_questions_along_a_chain_cost_no_more_than_one() -> None:
    z: Any = v
    asked = []
    for _ in range(3000):
        z = T.tanh(z)
        asked.append(z.shape[0])
    total = T.add(*asked[:5], *asked[-5:])
    assert text(after(total)) == f"add({', '.join(['ShapeItem[0](v)'] * 10)})"


def test_the_algebra_does_what_is_plain_at_once() -> None:
    n, m = Size(k, natural=True), Size(T.lscalar("m"))
    s = EXPRESSIONS
    assert n * 1 is n and n + 0 is n and 0 + n is n and n - 0 is n and n // 1 is n and n * 0 == 0 and n - n == 0 and n % 1 == 0
    assert s.maximum(n, 0) is n and s.maximum(0, n) is n and s.minimum(n, 0) == 0 and s.maximum(n, n) is n
    assert s.less(-1, n) is True and s.less(n, 0) is False and s.equal(n, -1) is False and s.equal(n, n) is True
    assert isinstance(s.maximum(m, 0), Size) and isinstance(s.less(-1, m), Size) and isinstance(s.equal(m, -1), Size)
    assert s.where(True, n, m) is n and s.where(s.less(m, 1), n, n) is n and isinstance(s.where(s.less(m, 1), n, 2), Size)
    assert s.both(True, True) is True and s.both(s.less(m, 1), False) is False and s.either(s.less(m, 1), True) is True
    assert s.same(n, 4) == 4 and s.same(4, n) == 4 and s.same(n, m) is n
    with pytest.raises(TypeError, match="no truth value"):
        bool(n)
