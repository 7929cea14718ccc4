"""Real functions of complex variables: the gradient is d/dRe + i d/dIm."""

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.expr.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

STEP = 1e-6
C = T.constant(np.array([0.5 - 1.0j, 1.5 + 0.25j, -0.75 + 1.0j]))

COSTS = {
    "modulus": lambda z: abs(z).sum(),
    "square of the modulus": lambda z: (z * z.conj()).real.sum(),
    "real part of a product": lambda z: (z * C).real.sum(),
    "imaginary part of a quotient": lambda z: (z / C).imag.sum(),
    "quotient by z": lambda z: abs(C / z).sum(),
    "angle": lambda z: T.angle(z * C).sum(),
    "exp": lambda z: T.exp(z).real.sum(),
    "log": lambda z: abs(T.log(z)).sum(),
    "powers": lambda z: abs(z**3 - z**2).sum(),
    "power by z": lambda z: abs(C**z).sum(),
    "trigonometric": lambda z: (T.sin(z) * T.cosh(z)).imag.sum(),
    "sqrt": lambda z: (T.sqrt(z) * C).real.sum(),
    "dot": lambda z: abs(T.dot(z, C)),
    "matrix": lambda z: (abs(T.dot(z.dimshuffle(0, "x"), z.dimshuffle("x", 0))) ** 2).sum(),
    "sum": lambda z: abs(z.sum()) ** 2,
    "mean": lambda z: abs(z - z.mean()).sum(),
    "prod": lambda z: abs(z.prod()),
    "indexing": lambda z: abs(z[::-1] * z[0] + z[T.constant([0, 2, 2])]).sum(),
    "set_subtensor": lambda z: abs(T.set_subtensor(z[1:], z[:2] ** 2) * C).sum(),
    "join": lambda z: abs(T.concatenate([z, z**2])[1:5] ** 2).sum(),
    "reshape and stack": lambda z: abs(T.stack([z, C * z]).reshape((3, 2))[1]).sum(),
    "mixed with reals": lambda z: (abs(z) * z.real + z.imag**2).sum(),
    "switch": lambda z: abs(T.switch(z.real > 0, z**2, z * C)).sum(),
    "complex of reals": lambda z: abs(T.complex(z.imag, z.real) ** 2 * C).sum(),
    "loop of squares": lambda z: abs(((z * 0.5) ** 2 + C) ** 2).sum(),
    "variance": lambda z: z.var(),
}


def numeric(build, at):
    z = T.zvector()
    cost = build(z)
    found = np.zeros(at.shape, "complex128")
    for k in range(at.size):
        for unit in (1.0, 1.0j):
            ends = []
            for sign in (1, -1):
                moved = at.copy()
                moved[k] += sign * STEP * unit
                ends.append(evaluate([cost], {z: moved})[0])
            found[k] += unit * (ends[0] - ends[1]) / (2 * STEP)
    return found


@pytest.mark.parametrize("name", COSTS)
def test_gradient(name):
    build = COSTS[name]
    at = np.array([0.9 + 0.4j, -0.6 + 1.1j, 1.2 - 0.7j])
    wanted = numeric(build, at)
    for linker in ("llvm", "py"):
        z = T.zvector()
        got = symgraph.function([z], symgraph.grad(build(z), z), mode=symgraph.Mode(linker, "fast_run"))(at)
        assert got.dtype == "complex128"
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", COSTS)
def test_forward_mode(name):
    """The directional derivative of a real function is the real part of conj(gradient) times the direction."""
    build = COSTS[name]
    at = np.array([0.9 + 0.4j, -0.6 + 1.1j, 1.2 - 0.7j])
    direction = np.array([0.3 - 0.2j, 1.0j, -0.5 + 0.1j])
    z = T.zvector()
    cost = build(z)
    forward, gradient = symgraph.function([z], [symgraph.Rop(cost, z, T.constant(direction)), symgraph.grad(cost, z)])(at)
    assert forward.dtype == "float64"
    np.testing.assert_allclose(forward, (gradient.conj() * direction).real.sum(), rtol=1e-10)


def test_a_step_against_the_gradient_goes_down():
    z = T.zvector("z")
    w = symgraph.shared(np.array([1.0 + 2.0j, -1.0j, 3.0]), "w")
    cost = (abs(w - C) ** 2).sum()
    step = symgraph.function([], cost, updates=[(w, w - 0.1 * symgraph.grad(cost, w))])
    costs = [float(step()) for _ in range(60)]
    assert costs[-1] < 1e-9 < costs[0]
    np.testing.assert_allclose(w.get_value(), C.data, atol=1e-4)
    assert z.dtype == "complex128"
