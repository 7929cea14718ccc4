"""Graph and Rules on a small op of their own: what is copied, replaced, pruned, told, bounded."""

from __future__ import annotations

import sys
import time
from typing import Any

import networkx
import pytest

from symgraph.errors import InconsistencyError, OptimizationError
from symgraph.expr.make import constructors
from symgraph.expr.op import Apply, Op
from symgraph.expr.walk import toposort
from symgraph.graph.graph import Graph
from symgraph.graph.rewrite import Rule, Rules, rule

dscalar, dvector, fscalar = (constructors()[name] for name in ("dscalar", "dvector", "fscalar"))


class Mix(Op):
    """The sum of its inputs, under a name, as often as there are outputs."""

    __props__ = ("name", "count")

    def __init__(self, name: str, count: int = 1) -> None:
        self.name, self.count = name, count

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, inputs, [inputs[0].type() for _ in range(self.count)])

    def compute(self, *arrays: Any) -> Any:
        return tuple(sum(arrays) for _ in range(self.count))


f, g, h = Mix("f"), Mix("g"), Mix("h")


def text(x: Any) -> str:
    """An expression of Mix as f(g(x), y)."""
    return x.name if x.owner is None else f"{x.owner.op.name}({', '.join(map(text, x.owner.inputs))})"


def test_the_expression_of_the_user_stays() -> None:
    x = dscalar("x")
    y = f(g(x))
    graph = Graph([x], [y])
    (inner,) = graph.outputs[0].owner.inputs
    graph.replace(inner, h(x))
    assert text(graph.outputs[0]) == "f(h(x))"
    assert text(y) == "f(g(x))"


def test_what_nobody_needs_goes() -> None:
    x, y = dscalar("x"), dscalar("y")
    graph = Graph([x, y], [f(g(h(y)), x)])
    removed: list[str] = []
    graph.on_remove = lambda node: removed.append(node.op.name)
    graph.replace(graph.outputs[0].owner.inputs[0], x)
    assert text(graph.outputs[0]) == "f(x, x)"
    assert removed == ["g", "h"]
    assert y not in graph and len(graph) == 1
    graph.check()


def test_users_and_outputs() -> None:
    x = dscalar("x")
    shared = g(x)
    graph = Graph([x], [f(shared, shared), shared])
    first, second = graph.outputs
    assert [(node.op.name, place) for node, place in graph.users(second)] == [("f", 0), ("f", 1)]
    assert graph.use_count(second) == 3 and graph.is_output(second) and not graph.is_output(x)
    assert graph.use_count(first) == 1


def test_an_output_replaced_by_an_input_and_a_repeated_output() -> None:
    x, y = dscalar("x"), dscalar("y")
    z = f(x)
    graph = Graph([x, y], [z, z, x])
    graph.replace(graph.outputs[0], y)
    assert graph.outputs == [y, y, x]
    assert len(graph) == 0
    graph.check()


def test_one_of_several_outputs_keeps_the_node() -> None:
    x = dscalar("x")
    a, b = Mix("two", 2)(x)
    graph = Graph([x], [f(a), b])
    graph.replace(graph.outputs[0].owner.inputs[0], x)
    assert text(graph.outputs[0]) == "f(x)" and graph.outputs[1].owner.op.name == "two"
    graph.check()
    graph.replace(graph.outputs[1], x)
    assert [node.op.name for node in graph.nodes()] == ["f"]


def test_inputs_are_not_looked_through() -> None:
    x = dscalar("x")
    middle = g(x)
    graph = Graph([middle], [f(middle)])
    assert text(graph.outputs[0]) == "f(g(x))" and len(graph) == 1
    assert graph.outputs[0].owner.inputs[0] is middle


def test_a_new_node_inherits_line_and_origin() -> None:
    x = dscalar("x")
    y = f(x)
    y.owner.line = "the user's line"
    graph = Graph([x], [y])
    graph.replace(graph.outputs[0], g(h(x)))
    for node in graph.nodes():
        assert graph.origin[node] is y.owner and node.line == "the user's line"


@pytest.mark.parametrize("make", [dvector, fscalar])
def test_another_type_is_refused(make: Any) -> None:
    x = dscalar("x")
    graph = Graph([x], [f(x)])
    with pytest.raises(InconsistencyError, match="no such rule wants to put"):
        graph.replace(graph.outputs[0], make("y"), "no such rule")


def test_check_finds_a_lost_edge_and_a_circle() -> None:
    x = dscalar("x")
    graph = Graph([x], [f(g(x))])
    outer = graph.outputs[0].owner
    graph.check()
    graph.net.remove_edge(outer.inputs[0].owner, outer)
    with pytest.raises(InconsistencyError, match="not those of its inputs"):
        graph.check()
    graph = Graph([x], [f(g(x))])
    graph.replace(graph.outputs[0].owner.inputs[0].owner.inputs[0], graph.outputs[0])
    with pytest.raises(InconsistencyError, match="circle"):
        graph.check()


def test_the_order_is_the_same_for_equal_graphs() -> None:
    x = dscalar("x")
    y = f(g(x), h(g(x)))
    names = [[node.op.name for node in Graph([x], [y]).toposort()] for _ in range(3)]
    assert names[0] == names[1] == names[2] == [node.op.name for node in toposort([y])]
    assert isinstance(Graph([x], [y]).net, networkx.DiGraph)


def test_rules_go_on_until_none_fires() -> None:
    @rule(Mix, tags=("shorter",))
    def f_of_g(graph: Graph, node: Apply) -> Any:
        """f(g(x)) -> f(x)"""
        inner = node.inputs[0].owner
        if node.op == f and inner is not None and inner.op == g:
            return f(*inner.inputs)
        return None

    x = dscalar("x")
    y = f(g(g(g(x))))
    rules = Rules("short", [f_of_g])
    graph = Graph([x], [y])
    assert rules(graph) == {"f_of_g": 3}
    assert text(graph.outputs[0]) == "f(x)"
    assert f_of_g.text == "f(g(x)) -> f(x)"
    for excluded in ("shorter", "f_of_g"):
        graph = Graph([x], [y])
        assert not rules.without(frozenset({excluded}))(graph)
        assert text(graph.outputs[0]) == text(y)


def test_a_rule_that_runs_in_a_circle_is_named() -> None:
    @rule(Mix)
    def restless(graph: Graph, node: Apply) -> Any:
        """f(x) -> f(x)"""
        return f(*node.inputs)

    x = dscalar("x")
    with pytest.raises(OptimizationError, match="pass mad run in a circle: restless fired"):
        Rules("mad", [restless])(Graph([x], [f(x)]))


def test_a_rule_with_the_wrong_number_of_results_is_named() -> None:
    x = dscalar("x")
    with pytest.raises(OptimizationError, match="rule greedy gave 2 variables for the 1 outputs"):
        Rules("p", [Rule(lambda graph, node: [x, x], [Mix], "greedy")])(Graph([x], [f(x)]))


def test_a_chain_of_20000_nodes_in_linear_time() -> None:
    assert sys.getrecursionlimit() <= 1000

    def seconds(length: int) -> float:
        x = dscalar("x")
        y = x
        for k in range(length):
            y = (f, g)[k % 2](y)
        start = time.perf_counter()
        graph = Graph([x], [y])
        drop = Rule(lambda graph, node: node.inputs[0] if node.op == g else None, [Mix], "drop")
        assert Rules("drop", [drop])(graph) == {"drop": length // 2}
        assert len(graph) == length // 2
        return time.perf_counter() - start

    assert seconds(20_000) < 8
