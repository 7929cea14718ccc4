"""Reductions over one range share a loop nest where they share what they read, and keep the bits that each has alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

x, m, t, n = T.dvector("x"), T.dmatrix("m"), T.dtensor3("t"), T.lvector("n")
f = T.fvector("f")
DATA = np.random.RandomState(3).normal(size=1000)
GIVEN = {x: DATA, m: DATA[:280].reshape(7, 40), t: DATA[:750].reshape(3, 5, 50), n: np.arange(77), f: DATA.astype("float32")}
e = abs(x)

# name -> outputs, loop nests
CASES = {
    "a sum and a sum of squares": ([x.sum(), (x**2).sum()], 1),
    "other joins": ([x.max(), e.sum(), x.min()], 1),
    "what is dear is computed once and stored": ([T.exp(x).sum(), (T.exp(x) * x).sum()], 2),
    "integers": ([n.sum(), (n * 2).sum(), n.max()], 1),
    "float32": ([f.sum(), (f * f).sum(), (f * 3 - 1).sum()], 1),
    "what they share is a result too": ([e, e.sum(), (e**2).sum()], 1),
    "no more than registers can hold": ([(x * k).sum() for k in range(1, 10)], 3),
    "one needs the other": ([abs(x - x.max()).sum(), x.max()], 2),
    "one needs what comes after the other": ([e.sum(), (T.cumsum(e) * e).sum()], 3),
    "two accumulators stay alone": ([x.argmax(), x.sum()], 2),
    "rows": ([m.sum(1), (m**2).sum(1), m.max(axis=1)], 1),
    "columns stay alone": ([m.sum(0), (m**2).sum(0)], 2),
    "all elements in the order of memory": ([m.sum(), (m**2).sum(), m.max()], 1),
    "all elements, with a row for each": ([((m + f[:40]) ** 2).sum(), (m * f[:40]).sum()], 1),
    "another order than that of memory": ([m.sum(), (m * m[:, 0][:, None]).sum()], 2),
    "first and last dimension": ([t.sum((0, 2)), (t**2).sum((0, 2))], 1),
    "other dimensions": ([t.sum((1, 2)), (t**2).sum()], 2),
}


@pytest.mark.parametrize("name", CASES)
def test_nests_and_bits(name):
    outputs, calls = CASES[name]
    inputs = [v for v in symgraph.graph.inputs(outputs) if v in GIVEN]
    together = symgraph.function(inputs, outputs)
    assert len(re.findall("^  (?:call|split) kernel", together.source("ir"), re.MULTILINE)) == calls
    values = [GIVEN[v] for v in inputs]
    judged = symgraph.function(inputs, outputs, mode=symgraph.Mode("py"))(*values)
    for one, got, wanted in zip(outputs, together(*values), judged, strict=True):
        alone = symgraph.function(inputs, one, on_unused_input="ignore")(*values)
        assert got.tobytes() == alone.tobytes()
        np.testing.assert_allclose(got, wanted, rtol=1e-5 if got.dtype == "float32" else 1e-12)


@pytest.mark.parametrize("size", [0, 1, 31, 63, 64, 65])
def test_short_ones(size):
    outputs = [x.sum(), (x**2).sum(), (x - 1).prod()]
    got = symgraph.function([x], outputs)(DATA[:size])
    np.testing.assert_allclose(got, [DATA[:size].sum(), (DATA[:size] ** 2).sum(), (DATA[:size] - 1).prod()], rtol=1e-12, atol=1e-12)


def test_a_loss_and_its_gradient_walk_once():
    y, a = T.dvector("y"), T.dvector("a")
    errors, _ = symgraph.scan(lambda now, one, two, a: (now - a[0] * one - a[1] * two) ** 2,
                              sequences={"input": y, "taps": [0, -1, -2]}, non_sequences=a)
    loss = errors.sum()
    compiled = symgraph.function([y, a], [loss, symgraph.grad(loss, a)])
    text = compiled.source("ir")
    assert text.count("step 32") == 1 and "scratch" not in text  # one walk for the three sums, and y[1:] is not copied
    value, slope = compiled(DATA, [0.5, -0.3])
    e = DATA[2:] - 0.5 * DATA[1:-1] + 0.3 * DATA[:-2]
    np.testing.assert_allclose(value, (e**2).sum())
    np.testing.assert_allclose(slope, [-2 * (e * DATA[1:-1]).sum(), -2 * (e * DATA[:-2]).sum()])
