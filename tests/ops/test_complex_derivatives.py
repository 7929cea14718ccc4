"""Derivatives of complex functions by their real and imaginary parts, against central differences: reverse and forward mode."""

import numpy as np
import pytest
from targets import run

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate
from symgraph.ops.cast import cast
from symgraph.ops.elementwise import function

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

COMPLEX_FUNCTIONS = [
    "neg", "square", "sqrt", "reciprocal", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "abs", "real", "imag", "conj", "angle", "identity"]


def parts_cost(y):
    return (y.real * 0.7 + y.imag * 1.3).sum() if y.dtype.startswith("complex") else (y * 0.7).sum()


def numeric(build, points):
    inputs = [T.dvector() for _ in points]
    cost = parts_cost(build(*inputs))
    found = []
    for k, p in enumerate(points):
        g = np.empty_like(p)
        for at in range(p.size):
            ends = []
            for sign in (1, -1):
                moved = [q.copy() for q in points]
                moved[k][at] += sign * 1e-6
                ends.append(evaluate([cost], dict(zip(inputs, moved)))[0].item())
            g[at] = (ends[0] - ends[1]) / 2e-6
        found.append(g)
    return found


def check_complex(build, points):
    inputs = [T.dvector() for _ in points]
    out = build(*inputs)
    wanted = numeric(build, points)
    for target in ("py", "llvm"):
        for got, right in zip(run(inputs, symgraph.grad(parts_cost(out), inputs), points, target), wanted):
            np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-7)
    tangents = [np.linspace(-1, 1, p.size) for p in points]
    forward = symgraph.tensor.Rop(out, inputs, [T.constant(t) for t in tangents])
    ends = [evaluate([out], dict(zip(inputs, [p + s * 1e-6 * t for p, t in zip(points, tangents)])))[0] for s in (1, -1)]
    for target in ("py", "llvm"):
        np.testing.assert_allclose(run(inputs, [forward], points, target)[0], (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", COMPLEX_FUNCTIONS)
def test_complex_functions_of_one(name):
    random = np.random.RandomState(3)
    check_complex(lambda a, b: function(name)(T.complex(a, b)), [random.uniform(0.3, 1.5, 3), random.uniform(0.2, 1.5, 3)])
    if name not in ("angle", "arccosh"):
        check_complex(lambda a, b: function(name)(T.complex(-a, b)), [random.uniform(0.3, 1.5, 3), random.uniform(0.2, 1.5, 3)])


@pytest.mark.parametrize("build", [
    lambda a, b, c, d: T.complex(a, b) * T.complex(c, d), lambda a, b, c, d: T.complex(a, b) / T.complex(c, d),
    lambda a, b, c, d: T.complex(a, b) * c + d,
    lambda a, b, c, d: T.complex(a, b) ** T.complex(c, d), lambda a, b, c, d: a - T.complex(c, d) * b,
    lambda a, b, c, d: T.complex_from_polar(a, b) + c * d, lambda a, b, c, d: T.switch(a > b, T.complex(a, c), d)])
def test_complex_functions_of_two(build):
    random = np.random.RandomState(4)
    check_complex(build, [random.uniform(0.4, 1.5, 3) for _ in range(4)])


def test_gradients_through_shorter_complex_numbers():
    random = np.random.RandomState(4)
    points = [random.uniform(0.4, 1.5, 3) for _ in range(4)]
    inputs = [T.dvector() for _ in range(4)]
    x, y = T.complex(*inputs[:2]), T.complex(*inputs[2:])
    exact = run(inputs, symgraph.grad(parts_cost(x * y), inputs), points, "py")
    for got, right in zip(run(inputs, symgraph.grad(parts_cost(cast(x, "complex64") * y), inputs), points, "llvm"), exact):
        np.testing.assert_allclose(got, right, rtol=1e-5)
