"""Softmaxes of rows with what reads them: which become one walk, which are left alone; values, labels that are no class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.compile.modes import Mode
from symgraph.expr.walk import graph_inputs
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise
from symgraph.tensor import nnet

x, w = T.dmatrices("x", "w")
t = T.dtensor3("t")
k = T.lvector("k")
random = np.random.RandomState(0)
AT: dict[Any, Any] = {x: random.randn(4, 5), w: random.randn(4, 5), t: random.randn(2, 3, 5), k: np.array([0, 4, -1, 2])}
RULES = {"picked_with_softmax", "derivative_of_softmax"}


def with_gradient(cost: Any) -> list[Any]:
    return [cost, symgraph.grad(cost, x)]


BOTH = {"picked_with_softmax": 1}
DERIVATIVE = {"derivative_of_softmax": 1}
CASES: dict[str, tuple[Any, dict[str, int]]] = {
    "losses": (lambda: [nnet.softmax_crossentropy(x, k)], BOTH),
    "mean": (lambda: with_gradient(nnet.softmax_crossentropy(x, k).mean()), BOTH),
    "sum": (lambda: with_gradient(nnet.softmax_crossentropy(x, k).sum()), BOTH),
    "of probabilities": (lambda: with_gradient(nnet.categorical_crossentropy(nnet.softmax(x), k).mean()), BOTH),
    "a weight for each row": (lambda: with_gradient((nnet.softmax_crossentropy(x, k) * w[:, 0]).sum()), BOTH),
    "classes with weights": (lambda: with_gradient(nnet.softmax_crossentropy(x, k, weights=w[0]).mean()), BOTH),
    "written out": (lambda: with_gradient(-T.log(nnet.softmax(x))[T.arange(k.shape[0]), k].mean()), {}),
    "smoothed": (lambda: with_gradient(nnet.softmax_crossentropy(x, k, smoothing=0.1).mean()), {}),
    "logarithms given too": (lambda: [nnet.logsoftmax(x), nnet.softmax_crossentropy(x, k)], {}),
    "softmax and gradient": (lambda: with_gradient((nnet.softmax(x) * w).sum()), DERIVATIVE),
    "squares": (lambda: with_gradient((nnet.softmax(x) ** 2).sum()), DERIVATIVE),
    "three dimensions": (lambda: [symgraph.grad((nnet.softmax(t, axis=2) ** 3).sum(), t)], DERIVATIVE),
    "another axis": (lambda: [symgraph.grad((nnet.softmax(t, axis=1) ** 3).sum(), t)], {}),
    "second derivatives": (lambda: [symgraph.grad((symgraph.grad((nnet.softmax(x) * w).sum(), x) ** 2).sum(), x)], None),
    "second derivatives of the losses": (lambda: [symgraph.grad((symgraph.grad(nnet.softmax_crossentropy(x, k).sum(), x) ** 2).sum(), x)], None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_fires_and_values(name: str) -> None:
    build, wanted = CASES[name]
    outputs = build()
    graph = Graph(graph_inputs(outputs), outputs)
    report = optimise(graph, Mode("py", "fast_run", check=True))
    fired = {rule: count for _, counter, _ in report for rule, count in counter.items() if rule in RULES}
    assert wanted is None or fired == wanted
    right = symgraph.function(list(AT), outputs, mode=Mode("py", None), on_unused_input="ignore")(*AT.values())
    for linker in ("py", "llvm"):
        found = symgraph.function(list(AT), outputs, mode=Mode(linker, "fast_run"), on_unused_input="ignore")(*AT.values())
        for got, value in zip(found, right):
            np.testing.assert_allclose(got, value, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_labels_that_are_no_class_and_other_numbers_of_them(linker: str) -> None:
    f = symgraph.function([x, k], with_gradient(nnet.softmax_crossentropy(x, k).mean()), mode=Mode(linker, "fast_run"))
    for labels in ([0, 1, 5, 9], [0, 1, -6, 9]):
        with pytest.raises(IndexError, match=rf"label {labels[2]} at index 2 is none of the 5 classes"):
            f(AT[x], labels)
    for labels in ([0, 1, 2], [0, 1, 2, 3, 4]):
        with pytest.raises(IndexError, match="shape mismatch"):
            f(AT[x], labels)
    assert f(np.zeros((0, 5)), [])[1].shape == (0, 5)


def test_large_and_infinite_logits() -> None:
    f = symgraph.function([x, k], with_gradient(nnet.softmax_crossentropy(x, k).sum()))
    loss, slopes = f([[1e4, 0.0, -1e4], [-np.inf, 0.0, 0.0]], [0, 1])
    np.testing.assert_allclose(loss, np.log(2))
    np.testing.assert_allclose(slopes, [[0, 0, 0], [0, -0.5, 0.5]])
