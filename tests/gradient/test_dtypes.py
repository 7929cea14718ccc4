"""A gradient has the dtype of what it belongs to, and nothing on the way to it is wider."""

import numpy as np
import pytest
from families import FAMILIES

import symgraph
import symgraph.tensor as T
from symgraph.expr.variable import TensorVariable
from symgraph.expr.walk import toposort
from symgraph.graph.graph import Graph
from symgraph.passes.pipeline import optimise

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

WIDE = ("float64", "complex128")
NARROW = {"float16": 4e-2, "float32": 2e-4}


def inputs_of(family, dtype):
    return [T.tensor(dtype, shape=[1 if n == 1 else None for n in size]) for size in family.sizes]


def wide_values(outputs):
    """The values of a wider dtype on the way to the outputs."""
    found = [x for node in toposort(outputs) for x in node.outputs if isinstance(x, TensorVariable) and x.dtype in WIDE]
    return [f"{x.owner.op} of {[str(y.type) for y in x.owner.inputs]}" for x in found]


def derivatives(family, inputs):
    """First and second derivatives in reverse mode, and forward mode."""
    y = family.build(*inputs)
    assert y.dtype == inputs[0].dtype
    first = symgraph.grad(y.sum(), inputs)
    second = symgraph.grad(sum((g**2).sum() for g in first), inputs, disconnected_inputs="ignore")
    forward = symgraph.Rop(y, inputs, [x * 0.5 for x in inputs])
    for x, g in zip(inputs * 2, [*first, *second]):
        assert g.type.dtype == x.dtype
        assert g.ndim == x.ndim
    assert forward.dtype == y.dtype
    return [*first, *second, forward]


# A Python float is float32 beside float16, as in Theano; "cast" goes through float64 of its own will.
WIDER = {"float32": {"cast"}, "float16": {"cast", "many factors", "clip", "binary crossentropy"}}


@pytest.mark.parametrize("family, dtype", [
    pytest.param(f, dtype, id=f"{f.name}-{dtype}") for dtype in NARROW for f in FAMILIES if f.name not in WIDER[dtype]])
def test_narrow_floats_stay_narrow(family, dtype):
    with symgraph.config.change_flags(floatX=dtype):
        inputs = inputs_of(family, dtype)
        outputs = derivatives(family, inputs)
        assert wide_values(outputs) == []
        graph = Graph(inputs, outputs)
        optimise(graph, symgraph.Mode("py", "fast_run"))
        assert wide_values(graph.outputs) == []


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.name not in WIDER["float32"]], ids=lambda f: f.name)
def test_float32_stays_float32_whatever_floatx_is(family):
    assert symgraph.config.floatX == "float64"
    assert wide_values(derivatives(family, inputs_of(family, "float32"))) == []


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("family", FAMILIES[::4], ids=lambda f: f.name)
def test_values_in_narrow_floats(family, dtype):
    """As in float64, within what the dtype can hold."""
    points = family.points()
    found = []
    for kind in (dtype, "float64"):
        with symgraph.config.change_flags(floatX=kind):
            inputs = inputs_of(family, kind)
            y = family.build(*inputs)
            outputs = [*symgraph.grad(y.sum(), inputs), symgraph.Rop(y, inputs, [x * 0.5 for x in inputs])]
        found.append(symgraph.function(inputs, outputs)(*[p.astype(kind) for p in points]))
    for got, wanted in zip(*found):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, wanted, rtol=NARROW[dtype], atol=NARROW[dtype] * max(1.0, np.abs(wanted).max(initial=0.0)))


def test_mixed_dtypes_meet_and_part():
    a, b = T.fvector("a"), T.dvector("b")
    by_a, by_b = symgraph.grad((a * b).sum(), [a, b])
    assert (by_a.dtype, by_b.dtype) == ("float32", "float64")
    x = T.fvector("x")
    assert symgraph.grad(T.cast(x, "float64").sum() ** 2, x).dtype == "float32"
    assert symgraph.Rop(a * 2, a, b).dtype == "float32"  # a float64 direction moves a float32 variable
    assert symgraph.Lop(a * 2, a, b).dtype == "float32"
    assert symgraph.grad(None, a, known_grads={a * 2: b}, disconnected_inputs="ignore").dtype == "float32"


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_gradients_by_complex_variables_are_complex(dtype):
    z = T.vector(dtype=dtype)
    assert symgraph.grad((abs(z) ** 2).sum(), z).dtype == dtype
    assert symgraph.grad(z.real.sum(), z).dtype == dtype
