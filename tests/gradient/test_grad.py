"""grad: what may be asked for, and what is answered where there is no derivative."""

from collections import OrderedDict

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.errors import DisconnectedInputError, MethodNotDefined, NullTypeGradError
from symgraph.gradient.markers import DisconnectedType, NullType, grad_not_implemented, grad_undefined

A = np.array([1.0, -2.0, 3.0])
B = np.array([0.5, 4.0, -1.0])


def computed(outputs, point, linker="llvm"):
    """The values of outputs at {variable: array}."""
    mode = symgraph.Mode(linker, "fast_run")
    return symgraph.function(list(point), outputs, mode=mode, on_unused_input="ignore")(*point.values())


@pytest.mark.parametrize("linker", ["llvm", "py", "c"])
def test_one_or_many(linker):
    x, y = T.dvectors("x", "y")
    cost = (x**2 * y).sum()
    at = {x: A, y: B}
    one = symgraph.grad(cost, x)
    many = symgraph.grad(cost, [x, y])
    both = symgraph.grad(cost, (x, y))
    assert isinstance(many, list) and len(many) == 2
    assert isinstance(both, tuple) and len(both) == 2
    np.testing.assert_allclose(computed(one, at, linker), 2 * A * B)
    for results in (many, list(both)):
        for got, wanted in zip(computed(results, at, linker), [2 * A * B, A**2]):
            np.testing.assert_allclose(got, wanted)
    assert symgraph.grad(cost, []) == []
    assert T.grad is symgraph.grad


def test_twice_the_same_variable():
    x = T.dvector("x")
    first, second = symgraph.grad((x**2).sum(), [x, x])
    for got in computed([first, second], {x: A}):
        np.testing.assert_allclose(got, 2 * A)


def test_by_the_cost_itself_and_by_an_inner_variable():
    x = T.dvector("x")
    inner = x**2
    cost = T.exp(inner).sum()
    assert computed(symgraph.grad(cost, cost), {x: A}) == 1
    np.testing.assert_allclose(computed(symgraph.grad(cost, inner), {x: B}), np.exp(B**2))
    by_both = symgraph.grad(cost, [inner, x])
    for got, wanted in zip(computed(by_both, {x: B}), [np.exp(B**2), 2 * B * np.exp(B**2)]):
        np.testing.assert_allclose(got, wanted)


def test_a_shared_variable_and_a_constant():
    w = symgraph.shared(A.copy(), "w")
    c = T.constant(B)
    g = symgraph.grad((w * c * c).sum(), [w, c])
    for got, wanted in zip(symgraph.function([], g)(), [B**2, 2 * A * B]):
        np.testing.assert_allclose(got, wanted)


def test_known_grads():
    x, y = T.dvectors("x", "y")
    inner = x**2
    cost = (inner * y).sum()
    given = T.dvector("given")
    at = {x: A, y: B, given: np.array([7.0, 8.0, 9.0])}
    np.testing.assert_allclose(computed(symgraph.grad(None, x, known_grads={inner: given}), at), 2 * A * at[given])
    by_inner = OrderedDict([(inner, symgraph.grad(cost, inner))])
    np.testing.assert_allclose(computed(symgraph.grad(None, x, known_grads=by_inner), at), 2 * A * B)
    # with a cost, what is known is added to what flows there
    np.testing.assert_allclose(computed(symgraph.grad(cost, x, known_grads={inner: given}), at), 2 * A * (B + at[given]))
    np.testing.assert_allclose(computed(symgraph.grad(None, inner, known_grads={inner: given}), at), at[given])


def test_known_grads_in_two_layers():
    """The gradient by the first layer's weights, from that by the second layer's output: as one sweep gives."""
    x, v, w = T.dmatrix("x"), T.dmatrix("v"), T.dmatrix("w")
    hidden = T.tanh(x @ v)
    cost = ((hidden @ w) ** 2).sum()
    whole = symgraph.grad(cost, [v, w])
    by_hidden, by_w = symgraph.grad(cost, [hidden, w])
    by_v = symgraph.grad(None, v, known_grads={hidden: by_hidden})
    random = np.random.RandomState(0)
    at = {x: random.randn(4, 3), v: random.randn(3, 5), w: random.randn(5, 2)}
    for got, wanted in zip(computed([by_v, by_w], at), computed(whole, at)):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_consider_constant():
    x, y = T.dvectors("x", "y")
    inner = x**2
    cost = (inner * x).sum()
    np.testing.assert_allclose(computed(symgraph.grad(cost, x, consider_constant=[inner]), {x: A}), A**2)
    np.testing.assert_allclose(computed(symgraph.grad(cost, x, consider_constant=[x]), {x: A}), 3 * A**2)  # as Theano 1.0.5
    np.testing.assert_allclose(computed(symgraph.grad((x * y).sum(), x, consider_constant=[y]), {x: A, y: B}), B)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(inner.sum(), x, consider_constant=[inner])


def test_disconnected_inputs():
    x, y = T.dvectors("x", "y")
    cost = (x**2).sum()
    with pytest.raises(DisconnectedInputError, match="y"):
        symgraph.grad(cost, y)
    with pytest.raises(ValueError):
        symgraph.grad(cost, [x, y])
    with pytest.warns(UserWarning, match="not part of the graph"):
        g = symgraph.grad(cost, y, disconnected_inputs="warn")
    np.testing.assert_array_equal(computed(g, {x: A, y: B}), np.zeros(3))
    for kind in ("zero", "None", "none", "Disconnected", "disconnected"):
        by_x, by_y = symgraph.grad(cost, [x, y], disconnected_inputs="ignore", return_disconnected=kind)
        np.testing.assert_allclose(computed(by_x, {x: A}), 2 * A)
        if kind == "zero":
            assert by_y.type == y.type
            np.testing.assert_array_equal(computed(by_y, {x: A, y: B}), np.zeros(3))
        elif kind in ("None", "none"):
            assert by_y is None
        else:
            assert isinstance(by_y.type, DisconnectedType)


def test_the_error_names_the_line_of_the_variable():
    x = T.dvector("x")
    y = T.dvector("lost")
    with pytest.raises(DisconnectedInputError) as caught:
        symgraph.grad(x.sum(), y)
    assert "lost" in str(caught.value)
    assert __file__.rsplit("/", 1)[-1] in str(caught.value)


def test_a_shape_does_not_depend_on_values():
    v = T.dvector("v")
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(v.shape[0] * 1.0, v)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(T.zeros_like(v).sum(), v)
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(T.ones(v.shape).sum(), v)
    np.testing.assert_allclose(computed(symgraph.grad(v.sum() / v.shape[0], v), {v: A}), np.ones(3) / 3)


@pytest.mark.parametrize("call, error, match", [
    (lambda x: symgraph.grad(x, x), TypeError, "scalar"),
    (lambda x: symgraph.grad((x**2).sum(keepdims=True), x), TypeError, "scalar"),
    (lambda x: symgraph.grad(3.0, x), TypeError, "cost"),
    (lambda x: symgraph.grad([x.sum()], x), TypeError, "cost"),
    (lambda x: symgraph.grad(x.sum(), "x"), TypeError, "wrt"),
    (lambda x: symgraph.grad(x.sum(), [x, 2.0]), TypeError, "wrt"),
    (lambda x: symgraph.grad(x.sum(), None), TypeError, "wrt"),
    (lambda x: symgraph.grad(None, x), AssertionError, "None"),
    (lambda x: symgraph.grad(T.complex(x, x).sum(), x), TypeError, "real"),
    (lambda x: symgraph.grad(x.sum(), x, disconnected_inputs="shout"), ValueError, "raise"),
    (lambda x: symgraph.grad(x.sum(), x, return_disconnected="nothing"), ValueError, "zero"),
    (lambda x: symgraph.grad(x.sum(), x, null_gradients="nothing"), ValueError, "raise"),
    (lambda x: symgraph.grad(x.sum(), x, known_grads={x: T.dmatrix()}), ValueError, "dimensions"),
    (lambda x: symgraph.grad(x.sum(), x, known_grads={"x": x}), TypeError, "known_grads"),
    (lambda x: symgraph.grad(x.sum(), x, consider_constant=x), TypeError, "consider_constant"),
])
def test_called_wrongly(call, error, match):
    with pytest.raises(error, match=match):
        call(T.dvector("x"))


# Ops without a gradient -----------------------------------------------------------------------------------------------


class Doubled(symgraph.Op):
    """2 x, with the gradient that `rule` says; without rule it has none."""

    def __init__(self, rule=None):
        self.rule = rule

    def make_node(self, x):
        return symgraph.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 2 * inputs[0]

    def grad(self, inputs, output_grads):
        return super().grad(inputs, output_grads) if self.rule is None else self.rule(self, inputs, output_grads)


def test_an_op_without_gradient_is_named():
    x = T.dvector("x")
    with pytest.raises(MethodNotDefined, match="Doubled"):
        symgraph.grad(Doubled()(x).sum(), x)
    with pytest.raises(NotImplementedError):
        symgraph.grad(Doubled()(x).sum(), x)


@pytest.mark.parametrize("marker, text", [(grad_undefined, "undefined"), (grad_not_implemented, "not implemented")])
def test_null_gradients(marker, text):
    x, y = T.dvectors("x", "y")
    op = Doubled(lambda op, inputs, grads: [marker(op, 0, inputs[0], "No wonder.")])
    with pytest.raises(NullTypeGradError, match=f"Doubled.*{text}. No wonder"):
        symgraph.grad(op(x).sum(), x)
    null = symgraph.grad(op(x).sum(), x, null_gradients="return")
    assert isinstance(null.type, NullType) and "No wonder" in null.type.why_null
    deeper = symgraph.grad(op(T.exp(x)).sum() + x.sum(), x, null_gradients="return")  # not lost in a sum
    assert isinstance(deeper.type, NullType)
    by_y = symgraph.grad((op(x) * y).sum(), y)  # not on the way
    np.testing.assert_allclose(computed(by_y, {x: A, y: B}), 2 * A)


def test_rules_of_a_wrong_form():
    x = T.dvector("x")
    with pytest.raises(ValueError, match="1 inputs.*2 terms"):
        symgraph.grad(Doubled(lambda op, inputs, grads: [grads[0], grads[0]])(x).sum(), x)
    with pytest.raises(ValueError, match="0 dimensions"):
        symgraph.grad(Doubled(lambda op, inputs, grads: [grads[0].sum()])(x).sum(), x)
    with pytest.raises(TypeError, match="gradient of .*Doubled"):
        symgraph.grad(Doubled(lambda op, inputs, grads: ["nothing"])(x).sum(), x)


@pytest.mark.parametrize("nothing", [None, DisconnectedType()()], ids=["None", "Disconnected"])
def test_rules_that_disconnect(nothing):
    x = T.dvector("x")
    cost = Doubled(lambda op, inputs, grads: [nothing])(x).sum()
    assert symgraph.grad(cost, x, disconnected_inputs="ignore", return_disconnected="None") is None
    with pytest.raises(DisconnectedInputError):
        symgraph.grad(cost, x)


def test_the_gradient_of_a_users_op():
    x = T.dvector("x")
    y = Doubled(lambda op, inputs, grads: [2 * grads[0]])(x)
    for linker in ("llvm", "py", "c"):
        np.testing.assert_allclose(computed(symgraph.grad((y**2).sum(), x), {x: A}, linker), 8 * A)


# Form of the results --------------------------------------------------------------------------------------------------


def test_names():
    x, y = T.dvectors("x", "y")
    assert symgraph.grad((x**2 * y).sum(), x).name == "(dcost/dx)"
    assert symgraph.grad((x**2).sum(), x, add_names=False).name is None
    cost = (x**2).sum()
    cost.name = "loss"
    assert symgraph.grad(cost, [x])[0].name == "(dloss/dx)"
    assert symgraph.grad((T.dvector() ** 2 * x).sum(), x).name == "(dcost/dx)"


def test_known_types_stay():
    x = T.tensor("float32", shape=(None, 1))
    y = T.tensor("float32", shape=(1, 5))
    for g, v in zip(symgraph.grad((x * y).sum(), [x, y]), (x, y)):
        assert g.dtype == "float32"
        assert g.type.broadcastable == v.type.broadcastable


def test_a_row_repeated_by_broadcasting():
    m, r = T.dmatrix("m"), T.row("r", dtype="float64")
    random = np.random.RandomState(0)
    at = {m: random.randn(3, 4), r: random.randn(1, 4)}
    by_m, by_r = computed(symgraph.grad((m * r).sum(), [m, r]), at)
    np.testing.assert_allclose(by_m, np.repeat(at[r], 3, axis=0))
    np.testing.assert_allclose(by_r, at[m].sum(axis=0, keepdims=True))


def test_derivatives_of_derivatives():
    x = T.dscalar("x")
    y = T.sin(x) * T.exp(x)
    at = 0.7
    s, c, e = np.sin(at), np.cos(at), np.exp(at)
    wanted = [e * (s + c), 2 * e * c, 2 * e * (c - s), -4 * e * s, -4 * e * (s + c)]
    orders = []
    for _ in wanted:
        y = symgraph.grad(y, x)
        orders.append(y)
    for linker in ("llvm", "py"):
        np.testing.assert_allclose(computed(orders, {x: at}, linker), wanted, rtol=1e-12)


def test_a_deep_graph():
    x = T.dscalar("x")
    y = x
    for _ in range(3000):
        y = y * 0.999 + 0.001
    np.testing.assert_allclose(computed(symgraph.grad(y, x), {x: 2.0}), 0.999**3000, rtol=1e-9)


def test_gradients_take_time_that_grows_with_the_graph_not_with_its_paths():
    x = T.dscalar("x")
    y = x
    for _ in range(60):  # 2 ** 60 paths
        y = y + y
    assert computed(symgraph.grad(y, x), {x: 1.0}) == 2.0**60
