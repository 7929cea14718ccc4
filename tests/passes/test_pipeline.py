"""The pipeline: levels, names and tags, reports; merge and fold; what overflows as written; long chains."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pytest
from expressions_as_text import text

import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.errors import InconsistencyError
from symgraph.expr.evaluate import evaluate
from symgraph.expr.op import Op
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.loops.branch import BranchOp
from symgraph.passes import pipeline
from symgraph.passes.fold import fold
from symgraph.passes.merge import merge
from symgraph.passes.pipeline import LEVELS, PIPELINE, optimise, passes_of

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
A, B = T.dmatrices("A", "B")


def through(expression: Any, optimizer: str | None = "fast_run", excluded: tuple[str, ...] = (), included: tuple[str, ...] = ()) -> Any:
    graph = Graph(graph_inputs([expression]), [expression])
    optimise(graph, Mode(linker="py", optimizer=optimizer, check=True).excluding(*excluded).including(*included))
    return graph.outputs[0]


def test_levels() -> None:
    expression = T.log(1 + T.exp(x * 1))
    assert text(through(expression, "fast_run")) == "softplus(x)"
    assert text(through(expression, "fast_compile")) == "softplus(mul(x, 1))"
    assert text(through(expression, None)) == "log(add(1, exp(mul(x, 1))))"
    assert [p.name for p in passes_of("none")] == ["inline", "sink", "expand"]  # which do nothing where there is no OpFromGraph and no ifelse
    names = [p.name for p in passes_of("fast_run")]
    assert names[:5] == ["inline", "twins", "sink", "keeping", "inner"] and names[-1] == "merge"
    assert {p.name for p in passes_of("fast_compile")} < set(names)
    assert all(p.levels <= set(LEVELS) for p in PIPELINE)
    with pytest.raises(ValueError, match="no optimizer is named 'o9'; known are none, fast_compile, fast_run"):
        passes_of("o9")


@pytest.mark.parametrize("name", ["stability", "stabilize", "logarithm_near_one", "local_log1p"])
def test_a_pass_or_rule_is_excluded_by_name_and_tag(name: str) -> None:
    assert text(through(T.log(1 + x))) == "log1p(x)"
    assert text(through(T.log(1 + x), excluded=(name,))) == "log(add(1, x))"


def test_a_pass_is_included_by_name() -> None:
    assert text(through(x * 1, None)) == "mul(x, 1)"
    assert text(through(x * 1, None, included=("canonical",))) == "x"
    assert text(through(x * 1, None, included=("canonicalize",))) == "x"


def test_the_report_says_what_fired_in_order() -> None:
    graph = Graph([x], [T.log(1 + x) + T.log(1 + x)])
    report = optimise(graph, Mode(linker="py", optimizer="fast_run"))
    assert [name for name, _, _ in report] == [p.name for p in passes_of("fast_run")]
    fired = sum((counts for _, counts, _ in report), start=report[0][1])
    assert fired["logarithm_near_one"] == 1 and fired["merge"] == 2
    assert all(seconds >= 0 for _, _, seconds in report)


def test_nodes_that_rules_make_are_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    expression = T.log(1 + x)
    monkeypatch.setattr(Op, "watchers", (seen.append,))
    assert text(through(expression)) == "log1p(x)"
    assert not seen
    T.exp(x)
    assert len(seen) == 1


def test_a_pass_that_breaks_the_graph_is_found_in_the_mode_that_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    def vandal(graph: Graph) -> Any:
        node = graph.nodes()[0]
        graph.net.remove_edge(next(iter(graph.net.pred[node])), node)
        return merge(graph)

    monkeypatch.setattr(pipeline, "PIPELINE", (PIPELINE[1]._replace(name="vandal", apply=vandal),))
    optimise(Graph([x], [x * 2]), Mode(linker="py", optimizer="fast_run"))
    with pytest.raises(InconsistencyError, match="edges"):
        optimise(Graph([x], [x * 2]), Mode(linker="py", optimizer="fast_run", check=True))


def test_both_bodies_of_a_branch_go_through_the_passes() -> None:
    a = T.dvector("a")
    op = BranchOp([a], [T.log(1 + a)], [a * 1])
    after = through(op(T.bscalar("c"), x)).owner.op
    assert (text(after.then_outputs[0]), text(after.else_outputs[0])) == ("log1p(a)", "a")
    assert text(op.then_outputs[0]) == "log(add(1, a))"


def test_merge() -> None:
    graph = Graph([x, y], [T.exp(x + y) * T.exp(x + y), T.exp(x - 2.5), T.exp(x - 2.5)])
    assert merge(graph)["merge"] == 4
    first, second, third = graph.outputs
    assert first.owner.inputs[0] is first.owner.inputs[1] and second is third


def test_merge_keeps_constants_of_other_dtypes_and_signs_apart() -> None:
    values = [np.float64(0.0), np.float64(-0.0), np.float32(0.0), np.array([0.0]), np.float64(np.nan), np.float64(np.nan)]
    graph = Graph([x], [x + T.constant(value) for value in values])
    merge(graph)
    assert len({id(u.owner.inputs[1]) for u in graph.outputs}) == 5


def test_fold() -> None:
    graph = Graph([x], [x + T.exp(T.constant([0.0, 0.0])).sum()])
    assert fold(graph)["fold"] == 2
    assert text(graph.outputs[0]) in ("add(x, 2)", "add(x, DimShuffle['x'](2))")


def test_fold_leaves_what_fails_or_grows() -> None:
    graph = Graph([x], [T.digitize(T.constant([1.0]), T.constant([1.0, 3.0, 2.0])), T.zeros((1000, 1000)) + 1])
    fold(graph)
    assert all(u.owner is not None for u in graph.outputs)
    with pytest.raises(ValueError):
        evaluate(graph.outputs[:1], {})


def test_the_gradient_of_a_cross_entropy_divides_by_nothing_that_underflows() -> None:
    labels = T.lvector("labels")
    cost = -T.log(T.nnet.softmax(A))[T.arange(labels.shape[0]), labels].mean()
    (slope,) = T.grad(cost, [A])
    far = np.array([[1000.0, 0.0, -1000.0], [0.0, 0.0, 1.0]])
    found, gradient = (evaluate([through(u)], {A: far, labels: [2, 1]})[0] for u in (cost, slope))
    softmax = np.exp(far - far.max(1, keepdims=True))
    softmax /= softmax.sum(1, keepdims=True)
    np.testing.assert_allclose(found, (2000.0 + np.log(2 + np.e)) / 2)
    np.testing.assert_allclose(gradient, (softmax - np.eye(3)[[2, 1]]) / 2)


def _sigmoid(u: Any) -> Any:
    return 1 / (1 + T.exp(-u))


def _softmax(u: Any) -> Any:
    return T.exp(u) / T.exp(u).sum()


FAR = np.array([1000.0, -1000.0, 0.0, -1000.0])
LABELS = np.array([1.0, 0.0, 1.0, 1.0])
LOSS = np.array([0.0, 0.0, np.log(2), 1000.0])
SLOPE = np.array([0.0, 0.0, -0.5, -1.0])
ONE_HOT = np.array([1.0, 0.0, 0.0, 0.0])
FAR_FORMS = {  # name: (of x and labels y, the value at FAR, the gradient there)
    "binary cross-entropy": (lambda: T.nnet.binary_crossentropy(T.nnet.sigmoid(x), y), LOSS, SLOPE),
    "written out": (lambda: -(y * T.log(T.nnet.sigmoid(x)) + (1 - y) * T.log(1 - T.nnet.sigmoid(x))), LOSS, SLOPE),
    "with its own sigmoid": (lambda: -y * T.log(_sigmoid(x)) - (1 - y) * T.log(1 - _sigmoid(x)), LOSS, SLOPE),
    "sigmoid": (lambda: _sigmoid(x), [1.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.25, 0.0]),
    "softplus": (lambda: T.log(1 + T.exp(x)), [1000.0, 0.0, np.log(2), 0.0], [1.0, 0.0, 0.5, 0.0]),
    "logsumexp": (lambda: T.log(T.exp(x).sum()), 1000.0, ONE_HOT),
    "log mean exp": (lambda: T.log(T.exp(x).mean()), 1000.0 - np.log(4), ONE_HOT),
    "softmax": (lambda: _softmax(x)[0], 1.0, np.zeros(4)),
    "log softmax": (lambda: T.log(_softmax(x))[1], -2000.0, np.array([-1.0, 1.0, 0.0, 0.0])),
}


@pytest.mark.parametrize("name", FAR_FORMS)
def test_values_and_gradients_far_out(name: str) -> None:
    make, value, slope = FAR_FORMS[name]
    expression = make()
    (gradient,) = T.grad(expression.sum(), [x])
    for wanted, u in ((value, expression), (slope, gradient)):
        known = {w: v for w, v in ((x, FAR), (y, LABELS)) if w in graph_inputs([u])}
        np.testing.assert_allclose(evaluate([through(u)], known)[0], wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("kind", ["tanh(y) * 0.5", "(y + x) + 1", "exp(y - x)", "y * 2 + x", "concatenate"])
def test_chains_of_20000_nodes(kind: str) -> None:
    step = {
        "tanh(y) * 0.5": lambda z: T.tanh(z) * 0.5, "(y + x) + 1": lambda z: (z + x) + 1.0, "exp(y - x)": lambda z: T.exp(z - x),
        "y * 2 + x": lambda z: z * 2 + x, "concatenate": lambda z: T.concatenate([z, x])[: x.shape[0]],
    }[kind]
    z: Any = x
    for _ in range(10_000 if kind != "concatenate" else 2_000):
        z = step(z)
    assert sys.getrecursionlimit() <= 1000
    start = time.process_time()
    graph = Graph([x], [z])
    optimise(graph, Mode(linker="py", optimizer="fast_run"))
    assert time.process_time() - start < 20  # 2 s on a quiet machine; work that grows with the square takes minutes
