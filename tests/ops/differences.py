"""Expressions evaluated by the numpy rules, compared with arrays; gradients compared with central differences."""

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

TOLERANCE = {"float16": 2e-3, "float32": 2e-6, "complex64": 2e-6}


def run(build, *arrays):
    """The value of what `build` makes of inputs of the types of these arrays, by the numpy rules; native code must agree."""
    inputs = [T.tensor(a.dtype.name, shape=(None,) * a.ndim) for a in map(np.asarray, arrays)]
    out = build(*inputs)
    (judge,) = evaluate([out], dict(zip(inputs, arrays)))
    native = symgraph.function(inputs, out, on_unused_input="ignore")(*arrays)
    same(native, judge, TOLERANCE.get(judge.dtype.name, 1e-12))
    return judge


def same(got, wanted, tolerance=1e-12):
    """Dtype, shape and values agree."""
    wanted = np.asarray(wanted)
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def slopes(build, *points, step=1e-6):
    """Gradients of the weighted sum of what is built, symbolic and by central differences."""
    inputs = [T.tensor("float64", shape=(None,) * p.ndim) for p in points]
    out = build(*inputs)
    shape = evaluate([out], dict(zip(inputs, points)))[0].shape
    weights = np.random.RandomState(1).uniform(0.5, 1.5, shape)
    cost = (out * T.constant(weights)).sum()
    got = evaluate(symgraph.grad(cost, inputs), dict(zip(inputs, points)))
    for k, p in enumerate(points):
        wanted = np.empty_like(p)
        for at in np.ndindex(*p.shape):
            ends = []
            for sign in (1, -1):
                moved = [q.copy() for q in points]
                moved[k][at] += sign * step
                ends.append(float(evaluate([cost], dict(zip(inputs, moved)))[0]))
            wanted[at] = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(got[k], wanted, rtol=1e-5, atol=1e-6)
