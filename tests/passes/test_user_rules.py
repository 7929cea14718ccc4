"""Rules of the user's own: functions and patterns, in a mode; before and after, what is refused, what a failing rule does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from expressions_as_text import text

import symgraph
import symgraph.tensor as T
from symgraph import Mode, config, function, pattern, rewrite_rule
from symgraph.errors import InconsistencyError, OptimizationError
from symgraph.graph.graph import Graph
from symgraph.graph.rule import local_optimizer
from symgraph.ops.linalg import Dot
from symgraph.passes.pipeline import optimise

x, y = T.dvectors("x", "y")
m, n = T.dmatrices("m", "n")
row = T.drow("row")
i = T.lvector("i")
f32 = T.fvector("f32")


def through(expression: Any, *rules: Any) -> Any:
    """The expression after these rules alone."""
    graph = Graph(symgraph.graph.explicit_graph_inputs(expression), [expression])
    optimise(graph, Mode(linker="py", optimizer=None, rules=rules))
    return graph.outputs[0]


@pytest.mark.parametrize(("rule", "before", "after"), [
    (pattern("mul(x, 1) -> x"), lambda: x * 1, "x"),
    (pattern("mul(x, 1) -> x"), lambda: 1 * x, "x"),
    (pattern("x * 1 -> x"), lambda: T.mul(x, 1, y), "mul(x, y)"),
    (pattern("mul(x, 1) -> x"), lambda: x * 2, "mul(x, 2)"),
    (pattern("x + x -> 2 * x"), lambda: x + x, "mul(2, x)"),
    (pattern("x + x -> 2 * x"), lambda: x + y, "add(x, y)"),
    (pattern("sin(x) ** 2 + cos(x) ** 2 -> 1"), lambda: T.sin(x) ** 2 + T.cos(x) ** 2, None),
    (pattern("sin(x) ** 2 + cos(x) ** 2 -> 1"), lambda: T.cos(x) ** 2 + T.sin(x) ** 2, None),
    (pattern("sin(x) ** 2 + cos(x) ** 2 -> 1"), lambda: T.cos(x) ** 2 + T.sin(y) ** 2, "add(pow(cos(x), 2), pow(sin(y), 2))"),
    (pattern("exp(x) / exp(y) -> exp(x - y)"), lambda: T.exp(x) / T.exp(y), "exp(sub(x, y))"),
    (pattern("-sin(x) -> sin(-x)"), lambda: -T.sin(x), "sin(neg(x))"),
    (pattern("mul(c, exp(x)) -> exp(x + log(c))", constants="c"), lambda: T.exp(x) * 3, "exp(add(x, log(3)))"),
    (pattern("mul(c, exp(x)) -> exp(x + log(c))", constants="c"), lambda: T.exp(x) * y, "mul(exp(x), y)"),
    (pattern("exp(x) -> x", where=lambda x: x.name == "y"), lambda: T.exp(x) + T.exp(y), "add(exp(x), y)"),
    (pattern("maximum(x, x) -> x"), lambda: T.maximum(x, x), "x"),
    (pattern("Dot(x, y) -> dot(y, x)", where=lambda x, y: x.ndim == y.ndim == 1 and x.name > y.name), lambda: T.dot(y, x), None),
    (pattern("exp(x) -> sum(x) * x"), lambda: T.exp(x), None),
    (pattern("row + x -> x"), lambda: row + m, None),  # the shape stays though a repeated operand takes its place
])
def test_patterns(rule: Any, before: Any, after: str | None) -> None:
    found = through(before(), rule)
    assert found.type.ndim == before().type.ndim and found.dtype == before().dtype
    if after is not None:
        assert text(found) == after
    elif rule.name.startswith("sin"):
        assert np.all(found.eval({x: np.ones(3)}) == 1) and found.eval({x: np.ones(3)}).shape == (3,)
    else:
        assert text(found) != text(before())


def test_dtypes_and_shapes_stay() -> None:
    found = through(T.exp(f32), pattern("exp(x) -> 1"))
    assert found.dtype == "float32" and found.eval({f32: np.zeros(3, "float32")}).tolist() == [1, 1, 1]
    found = through(m + row, pattern("x + y -> y"))
    assert found.eval({m: np.zeros((2, 3)), row: np.ones((1, 3))}).shape == (2, 3)
    found = through(T.exp(x) * 3, pattern("mul(c, exp(x)) -> exp(x + log(c))", constants="c"))  # a small integer is no reason for few digits
    assert np.allclose(found.eval({x: np.zeros(1)}), 3, rtol=1e-15)
    found = through(T.true_div(i, 2), pattern("x / 2 -> x"))
    assert found.dtype == "float64"


@pytest.mark.parametrize(("made", "error", "message"), [
    (lambda: pattern("mul(x, 1)"), ValueError, "before -> after"),
    (lambda: pattern("mul(x, -> x"), ValueError, "no pattern"),
    (lambda: pattern("x -> x"), ValueError, "must be an op"),
    (lambda: pattern("exp(x) -> y"), ValueError, "y stands on the right"),
    (lambda: pattern("nonsense(x) -> x"), ValueError, "neither an elementwise op"),
    (lambda: pattern("exp(x) -> nonsense(x)"), ValueError, "nor a method"),
    (lambda: pattern("exp(x[0]) -> x"), ValueError, "neither a name"),
    (lambda: pattern("exp(x) -> x", constants=("c",)), ValueError, "not on the left"),
    (lambda: rewrite_rule(3), TypeError, "root of a rule"),
    (lambda: Mode(rules=[3]), TypeError, "made by rewrite_rule"),
    (lambda: Mode().including(3), TypeError, "names of passes"),
])
def test_what_is_refused(made: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        made()


@rewrite_rule(T.sin, tags=("angles",))
def small_angle(graph: Any, node: Any) -> Any:
    """sin(x) -> x"""
    return node.inputs[0]


@rewrite_rule(Dot, name="no product")
def left(graph: Any, node: Any) -> Any:
    return node.inputs[0]


def test_rules_take_part_where_a_mode_has_them() -> None:
    mode = Mode(rules=[small_angle])
    f = function([x], T.sin(x) * 2, mode=mode)
    assert f(np.ones(1)) == 2 and f.profile.rules == {"small_angle": 1} and "rule small_angle: 1" in str(f.profile)
    assert function([x], T.sin(x) * 2)(np.zeros(1)) == 0 and Mode() != mode and hash(mode) != hash(Mode())
    for without in (mode.excluding("small_angle"), mode.excluding("angles"), mode.excluding(small_angle), mode.excluding("user")):
        assert np.allclose(function([x], T.sin(x), mode=without)(np.ones(1)), np.sin(1))
    assert function([m, n], T.dot(m, n), mode=Mode().including(left))(2 * np.eye(2), np.eye(2)).tolist() == [[2, 0], [0, 2]]
    assert Mode().including(left).rules == Mode().register(left).rules == Mode().clone(rules=[left]).rules == (left,)
    assert "small_angle" in repr(mode)
    rows, _ = symgraph.scan(lambda r: T.sin(r), sequences=[x])
    assert function([x], rows, mode=mode)(np.ones(2)).tolist() == [1, 1]


def test_code_with_a_function_as_rule_is_never_taken_from_the_cache_by_its_name() -> None:
    def made(factor: float) -> Any:
        @rewrite_rule(T.sin)
        def rule(graph: Any, node: Any) -> Any:
            return node.inputs[0] * factor

        return function([x], T.sin(x), mode=Mode(rules=[rule]))(np.ones(1))

    assert made(2.0) == 2 and made(3.0) == 3
    first = function([x], T.exp(x), mode=Mode(rules=[pattern("exp(x) -> 2 * x")]))(np.ones(1))
    second = function([x], T.exp(x), mode=Mode(rules=[pattern("exp(x) -> 3 * x")]))(np.ones(1))
    assert (first, second) == (2, 3)


def test_the_rule_that_runs_in_a_circle_is_named() -> None:
    forth, back = pattern("sin(x) -> cos(x)"), pattern("cos(x) -> sin(x)")
    with pytest.raises(OptimizationError, match=r"circle: (sin|cos)\(x\) -> (sin|cos)\(x\) fired"):
        function([x], T.sin(x), mode=Mode(rules=[forth, back]))
    with pytest.raises(OptimizationError, match="circle: grows"):
        @rewrite_rule(T.sin)
        def grows(graph: Any, node: Any) -> Any:
            return T.sin(node.inputs[0] + 1)

        function([x], T.sin(x), mode=Mode(rules=[grows]))


def test_a_rule_that_fails_is_named_and_left_out() -> None:
    @rewrite_rule(T.sin)
    def broken(graph: Any, node: Any) -> Any:
        raise KeyError("oh")

    mode = Mode(rules=[broken])
    with config.change_flags(on_opt_error="warn"), pytest.warns(UserWarning, match="rule broken failed at sin: KeyError"):
        f = function([x], T.sin(x), mode=mode)
    assert np.allclose(f(np.ones(1)), np.sin(1))
    with config.change_flags(on_opt_error="raise"), pytest.raises(OptimizationError, match="rule broken failed") as caught:
        function([x], T.sin(x) + 1, mode=mode)
    assert isinstance(caught.value, KeyError) and isinstance(caught.value.__cause__, KeyError)
    with config.change_flags(on_opt_error="ignore"):
        function([x], T.sin(x) + 2, mode=mode)

    @rewrite_rule(T.sin)
    def matrix(graph: Any, node: Any) -> Any:
        return m

    with pytest.raises(InconsistencyError, match="rule matrix wants to put"):
        function([x, m], T.sin(x), mode=Mode(rules=[matrix]), on_unused_input="ignore")


def test_rules_written_as_for_theano() -> None:
    @local_optimizer([T.sin])
    def local_sine(node: Any) -> Any:
        return [node.inputs[0]] if node.inputs[0].name == "x" else False

    found = through(T.sin(x) + T.sin(y), local_sine)
    assert text(found) == "add(x, sin(y))"


def test_what_a_function_shows_of_its_graph() -> None:
    f = function([x, y], [T.exp(x) + y, x])
    graph = f.maker.fgraph
    assert [str(node.op) for node in graph.toposort()] == ["exp", "add"] and set(graph.apply_nodes) == set(graph.toposort())
    assert graph.inputs == [x, y] and len(graph.outputs) == 2 and {x, y, graph.outputs[0]} <= graph.variables
    assert ("output", 1) in graph.clients(x) and len(graph.clients(x)) == 2
    assert function([x], T.exp(x), mode=Mode("py")).maker.fgraph.toposort()[0].op == T.exp


def test_requiring() -> None:
    mode = Mode().requiring("stabilize")
    f = function([x], T.log(1 + x * 1), mode=mode)
    names = [name for name, _, _ in f.profile.passes]
    assert set(names) == {"inline", "stability", "expand"} and "log1p" in symgraph.debugprint(f, file="str")
