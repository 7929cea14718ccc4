"""verify_grad: passes what is right, finds what is wrong."""

import numpy as np
import pytest
from families import FAMILIES

import symgraph
import symgraph.tensor as T
from symgraph.errors import GradientError
from symgraph.gradient.check import numeric_grad, verify_grad

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast


class Cube(symgraph.Op):
    """x ** 3, with the gradient that `rule(x, g)` says."""

    def __init__(self, rule):
        self.rule = rule

    def make_node(self, x):
        return symgraph.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] ** 3

    def grad(self, inputs, output_grads):
        return [self.rule(inputs[0], output_grads[0])]


def right(x, g):
    return 3 * x**2 * g


WRONG = {
    "factor": lambda x, g: 2 * x**2 * g,
    "sign": lambda x, g: -3 * x**2 * g,
    "a little": lambda x, g: 3.01 * x**2 * g,
    "output gradient left out": lambda x, g: 3 * x**2,
    "zero": lambda x, g: g.zeros_like(),
    "one element": lambda x, g: T.set_subtensor((3 * x**2 * g)[1], 0.0),
    "transposed": lambda x, g: (3 * x**2 * g)[::-1],
    "nan": lambda x, g: 3 * x**2 * g + T.log(-abs(x)),
    "infinite": lambda x, g: 3 * x**2 * g / 0.0,
    "not there": lambda x, g: None,
}
POINT = np.array([0.5, -1.2, 2.0])


def seeded():
    return np.random.RandomState(0)


def test_a_right_gradient_passes():
    verify_grad(Cube(right), [POINT], rng=seeded())
    verify_grad(Cube(right), [POINT.astype("float32")], rng=seeded())
    verify_grad(Cube(right), [POINT], n_tests=5, rng=np.random.default_rng(3))
    verify_grad(Cube(right), [POINT])
    verify_grad(Cube(right), [[0.5, -1.2, 2.0]], rng=seeded())
    verify_grad(Cube(right), [np.zeros(0)], rng=seeded())
    assert T.verify_grad is symgraph.verify_grad is verify_grad


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_found(name):
    with pytest.raises(GradientError, match="input 0 is wrong at index"):
        verify_grad(Cube(WRONG[name]), [POINT], rng=seeded())


@pytest.mark.parametrize("name", ["factor", "sign", "zero", "one element"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_wrong_gradient_of_narrow_floats_is_found(name, dtype):
    with pytest.raises(GradientError):
        verify_grad(Cube(WRONG[name]), [POINT.astype(dtype)], rng=seeded())


def test_the_message_says_what_and_where():
    with pytest.raises(GradientError) as caught:
        verify_grad(lambda a, b: a * Cube(WRONG["one element"])(b), [POINT, POINT], rng=seeded())
    text = str(caught.value)
    assert "input 1" in text and "(1,)" in text and "symbolic" in text and "finite differences" in text and "0.0001" in text
    assert isinstance(caught.value, AssertionError)


def test_tolerances_and_steps():
    near = Cube(lambda x, g: 3.003 * x**2 * g)
    with pytest.raises(GradientError):
        verify_grad(near, [POINT], rng=seeded())
    verify_grad(near, [POINT], rng=seeded(), rel_tol=1e-2)
    verify_grad(near, [POINT], rng=seeded(), abs_tol=1.0)
    verify_grad(Cube(right), [POINT], rng=seeded(), eps=1e-5)
    with pytest.raises(GradientError):
        verify_grad(Cube(right), [POINT], rng=seeded(), eps=0.5, abs_tol=1e-6, rel_tol=1e-6)  # a step as wide bends the curve


@pytest.mark.parametrize("mode", [symgraph.Mode("py", "fast_run"), symgraph.Mode("c", None), "FAST_COMPILE"])
def test_modes(mode):
    verify_grad(lambda x, y: T.dot(T.tanh(x), y), [np.ones((2, 3)), POINT], rng=seeded(), mode=mode)
    with pytest.raises(GradientError):
        verify_grad(Cube(WRONG["sign"]), [POINT], rng=seeded(), mode=mode)


def test_forms():
    verify_grad(lambda x: x.sum(), [POINT], rng=seeded())  # a scalar
    verify_grad(lambda x: x**2, [np.float64(1.5)], rng=seeded())  # of a scalar
    verify_grad(lambda x, y: x * y, [np.ones((1, 3)), np.ones((2, 1))], rng=seeded())  # of what is broadcast
    verify_grad(lambda x, y: x * 2, [POINT, POINT], rng=seeded())  # no influence: zero is right


@pytest.mark.parametrize("call, error", [
    (lambda: verify_grad(Cube(right), [np.arange(3)]), TypeError),
    (lambda: verify_grad(Cube(right), [np.ones(3, "complex128")]), TypeError),
    (lambda: verify_grad(lambda x: [x, x], [POINT]), NotImplementedError),
    (lambda: verify_grad(lambda x, y: x, [POINT]), TypeError),
    (lambda: verify_grad(lambda x: T.argmax(x), [POINT]), TypeError),
    (lambda: verify_grad(lambda x: T.complex(x, x), [POINT]), TypeError),
    (lambda: verify_grad(Cube(right), [POINT], n_tests=0), ValueError),
])
def test_called_wrongly(call, error):
    with pytest.raises(error):
        call()


def test_numeric_grad():
    (by_a, by_b) = numeric_grad(lambda a, b: float((a * b).sum()), [POINT, POINT + 1])
    np.testing.assert_allclose(by_a, POINT + 1, rtol=1e-6)
    np.testing.assert_allclose(by_b, POINT, rtol=1e-6)
    point = POINT.copy()
    numeric_grad(lambda a: float(a.sum()), [point])
    np.testing.assert_array_equal(point, POINT)  # left as it was


@pytest.mark.parametrize("family", FAMILIES[::3], ids=lambda f: f.name)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_families(family, dtype):
    verify_grad(family.build, [p.astype(dtype) for p in family.points()], n_tests=1, rng=seeded())
