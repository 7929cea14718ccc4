"""@symbolic: the same function on numbers and on variables, on every kind of statement; derivatives; lines."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from python_programs import PROGRAMS, clipped, guarded, power, python_loop, running, set_on_both_sides

import symgraph
import symgraph.tensor as T
from symgraph.expr.walk import toposort
from symgraph.ifelse import IfElse
from symgraph.loops.loopop import LoopOp

symbolic = symgraph.symbolic


def variables(arguments):
    kinds = {float: T.dscalar, int: T.lscalar, np.ndarray: T.dvector}
    return [kinds[type(a)]() for a in arguments]


def listed(x):
    return [part for one in x for part in listed(one)] if isinstance(x, tuple) else [x]


def on_numbers(f, arguments):
    return [np.asarray(x) for x in listed(f(*[a.copy() if isinstance(a, np.ndarray) else a for a in arguments]))]


@pytest.mark.parametrize("linker", ["py", "llvm"])
@pytest.mark.parametrize("index", range(len(PROGRAMS)), ids=[getattr(f, "__name__", "lambda") for f, _ in PROGRAMS])
def test_the_same_on_numbers_and_variables(index, linker):
    f, calls = PROGRAMS[index]
    xs = variables(calls[0])
    results = [x if isinstance(x, symgraph.Variable) else T.constant(x) for x in listed(f(*xs))]
    compiled = symgraph.function(xs, results, mode=symgraph.Mode(linker), on_unused_input="ignore")
    for arguments in calls:
        for got, wanted in zip(compiled(*arguments), on_numbers(f, arguments), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("index", [k for k, (_, calls) in enumerate(PROGRAMS) if isinstance(calls[0][0], float)])
def test_derivatives(index):
    f, calls = PROGRAMS[index]
    xs = variables(calls[0])
    cost = listed(f(*xs))[0]
    if not isinstance(cost, symgraph.Variable) or cost.dtype != "float64":
        return
    slope = symgraph.function(xs, symgraph.grad(cost, xs[0], disconnected_inputs="ignore"), on_unused_input="ignore")
    for first, *rest in calls:
        if first in (0.0, 1.0):
            continue
        ends = [float(on_numbers(f, (first + step, *rest))[0]) for step in (1e-6, -1e-6)]
        np.testing.assert_allclose(slope(first, *rest), (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-7)


def test_one_branch_and_one_loop_are_made():
    x, n = T.dscalar("x"), T.lscalar("n")
    nodes = [node.op for node in toposort([set_on_both_sides(x)])]
    assert sum(isinstance(op, IfElse) for op in nodes) == 1
    assert sum(isinstance(node.op, LoopOp) for node in toposort([power(x, n)])) == 1
    text = symgraph.debugprint(running(T.dvector("v"))[0], file="str")
    assert "state['s']" in text


def test_the_function_keeps_its_face():
    assert clipped.__name__ == "clipped" and clipped.__defaults__ == (-1.0,) and clipped.__kwdefaults__ == {"high": 1.0}
    assert inspect.getdoc(guarded) == "v[n - 1] is read only if there is one."
    assert clipped(5.0, high=2.0) == 2.0
    assert python_loop.__wrapped__(0.5, 1.2) == python_loop(0.5, 1.2)


def test_nodes_know_the_users_line():
    @symbolic
    def marked(x, n):
        for _ in range(n):
            if x > 0:
                x = T.sqrt(x)  # the marked line
            else:
                x = x + 1
        return x

    x, n = T.dscalar("x"), T.lscalar("n")
    y = marked(x, n)
    pending, found = [y], []
    for node in toposort(pending):
        stack = [node]
        while stack:
            one = stack.pop()
            if str(one.op) == "sqrt":
                found.append(one.line)
            stack += toposort(getattr(one.op, "inner_outputs", []))
    (line,) = found
    assert line.filename == __file__ and line.function == "marked"
    assert "the marked line" in str(line)
