"""Identities with a gradient of their own: the value stays, the gradient is what they say, in reverse and forward mode."""

import numpy as np
import pytest
from differences import run, same

import symgraph
import symgraph.tensor as T
from symgraph import consider_constant, disconnected_grad, grad_clip, grad_scale, zero_grad
from symgraph.errors import DisconnectedInputError
from symgraph.expr.evaluate import evaluate

POINT = np.array([1.0, -2.0, 3.0])
STOPS = {
    "zero_grad": zero_grad, "consider_constant": consider_constant, "disconnected_grad": disconnected_grad,
    "grad_clip": lambda x: grad_clip(x, -1, 2), "grad_scale": lambda x: grad_scale(x, -3),
}
SLOPES = {  # of (stop(x) ** 2).sum() + x.sum()
    "zero_grad": np.ones(3), "consider_constant": np.ones(3), "disconnected_grad": np.ones(3), "grad_clip": np.clip(2 * POINT, -1, 2) + 1,
    "grad_scale": -6 * POINT + 1,
}


@pytest.mark.parametrize("name", STOPS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
def test_the_value_stays(name, dtype):
    a = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    same(run(STOPS[name], a), a)
    assert STOPS[name](T.tensor("float64", shape=(2, None))).static_shape == (2, None)


@pytest.mark.parametrize("name", STOPS)
def test_gradient(name):
    x = T.dvector()
    g = symgraph.grad((STOPS[name](x) ** 2).sum() + x.sum(), x)
    same(evaluate([g], {x: POINT})[0], SLOPES[name])
    same(symgraph.function([x], g)(POINT), SLOPES[name])


def test_no_other_way():
    x = T.dvector()
    same(evaluate([symgraph.grad(zero_grad(x).sum(), x)], {x: POINT})[0], np.zeros(3))
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(disconnected_grad(x).sum(), x)


def test_forward_mode():
    x, t = T.dvectors("x", "t")
    at = {x: POINT, t: np.ones(3)}
    same(evaluate([symgraph.Rop(zero_grad(x) * x, x, t)], at)[0], POINT)
    same(evaluate([symgraph.Rop(disconnected_grad(x) * x, x, t)], at)[0], POINT)


def test_bounds():
    assert grad_clip(T.dvector(), 1, 1).ndim == 1
    with pytest.raises(ValueError, match="below"):
        grad_clip(T.dvector(), 2, 1)


def test_stops_of_equal_parameters_are_equal():
    x = T.dvector()
    assert grad_scale(x, 2).owner.op == grad_scale(x, 2).owner.op != grad_scale(x, 3).owner.op
    assert zero_grad(x).owner.op != disconnected_grad(x).owner.op
