"""Every op that takes complex numbers, by the table of all ops: gradients are d/dRe + i d/dIm, tangents the derivative along a complex direction."""

from __future__ import annotations

import numpy as np
import pytest
from test_every_op import ROWS, listed, variables

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

STEP = 1e-6


def complex_points(row):
    """The points of a row with numbers beside the real axis where it has slopes; None where it has none."""
    if not row.points or not row.slopes:
        return None
    random = np.random.RandomState(2)
    points = [np.asarray(p) for p in row.points(random)]
    return [p + 1j * random.uniform(0.1, 0.4, p.shape) if k in row.slopes else p for k, p in enumerate(points)]


def takes_complex(row):
    return any(array.dtype.kind == "c" for arrays in row.arguments(np.random.RandomState(0)) for array in arrays)


def moved(points, slopes, directions, step):
    found = list(points)
    for k, d in zip(slopes, directions):
        found[k] = points[k] + step * d
    return found


@pytest.mark.parametrize("row", [row for row in ROWS if row.slopes and row.points and takes_complex(row)], ids=str)
def test_complex_derivatives(row):
    points = complex_points(row)
    inputs = variables(points)
    outputs = [y for y in listed(row.build(*inputs)) if y.dtype not in symgraph.tensor.discrete_dtypes]
    random = np.random.RandomState(3)
    values = evaluate(outputs, dict(zip(inputs, points)))
    cost = 0.0
    for y, value in zip(outputs, values):
        weights = random.uniform(0.5, 1.5, value.shape)
        cost = cost + (y.real * weights).sum()
        if y.dtype.startswith("complex"):
            cost = cost + (y.imag * random.uniform(0.5, 1.5, value.shape)).sum()
    wrt = [inputs[k] for k in row.slopes]
    directions = [random.uniform(-1, 1, points[k].shape) + 1j * random.uniform(-1, 1, points[k].shape) for k in row.slopes]
    gradients = symgraph.grad(cost, wrt)
    tangents = listed(T.Rop(outputs, wrt, [T.constant(d) for d in directions]))
    found = evaluate([*gradients, *tangents], dict(zip(inputs, points)))
    ends = [evaluate([cost, *outputs], dict(zip(inputs, moved(points, row.slopes, directions, s * STEP)))) for s in (1, -1)]
    along, *wanted = [(p - m) / (2 * STEP) for p, m in zip(*ends)]
    for g, x in zip(found, wrt):
        assert g.dtype == x.dtype
    got = sum((g.conj() * d).real.sum() for g, d in zip(found, directions))
    np.testing.assert_allclose(got, along, rtol=1e-5, atol=1e-6 * max(1.0, abs(along)))
    for t, right in zip(found[len(wrt) :], wanted):
        np.testing.assert_allclose(t, right, rtol=1e-5, atol=2e-6 * max(1.0, np.abs(right).max(initial=0.0)))
