"""OpFromGraph: values, derivatives with and without overrides, what stands inside, copies. And ops of Python functions with shapes and gradient."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Mode, OpFromGraph, function
from symgraph.errors import DisconnectedInputError, NullTypeGradError
from symgraph.gradient.markers import DisconnectedType, NullType

pytestmark = pytest.mark.usefixtures("quick")  # what is computed, not how fast

x, y = T.dvectors("x", "y")
u, v = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
MODES = [Mode("llvm"), Mode("py"), Mode("c"), Mode("llvm", "fast_compile"), Mode("llvm", None), "CHECK"]


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_values_and_derivatives_are_those_of_the_graph(mode: Any, inline: bool) -> None:
    body = [T.exp(x) * y, (x * y).sum()]
    op = OpFromGraph([x, y], body, inline=inline)

    def everything(a: Any, b: Any) -> list[Any]:
        cost = (a * T.sin(b)).sum()
        first = T.grad(cost, [x, y])
        return [a, b, *first, *T.grad(first[0].sum(), [x, y]), symgraph.Rop(a, [x, y], [y, x]), a.shape[0]]

    wanted = function([x, y], everything(*body), mode=mode)(u, v)
    found = function([x, y], everything(*op(x, y)), mode=mode)(u, v)
    for one, other in zip(wanted, found):
        assert one.dtype == other.dtype and np.allclose(one, other, rtol=1e-13)


def test_nothing_of_it_is_left_and_the_body_is_improved() -> None:
    op = OpFromGraph([x], [T.log(1 + x) + T.exp(x) * 1], name="f")
    f = function([x], op(op(x)))
    text = symgraph.debugprint(f, file="str")
    assert "f{" not in text and "log1p" in text and "mul" not in text
    written = symgraph.debugprint(op(x), file="str")
    assert "f{inline=False}" in written and "Inner graphs" in written
    plain = function([x], OpFromGraph([x], [T.exp(x) * 2])(x) + T.exp(x))  # what stands inside and outside is computed once
    assert sum(str(node.op) == "exp" for node in plain.graph.nodes()) == 1


def test_shared_variables_nesting_and_loops() -> None:
    s = symgraph.shared(np.array([1.0, 2.0, 3.0]), name="s")
    inner = OpFromGraph([x], [x * s])
    outer = OpFromGraph([x, y], [inner(x) + inner(y)])
    f = function([x, y], [outer(x, y), T.grad(outer(x, y).sum(), s)], updates=[(s, s + 1)])
    value, slope = f(u, v)
    assert np.allclose(value, (u + v) * [1, 2, 3]) and np.allclose(slope, u + v)
    assert np.allclose(f(u, v)[0], (u + v) * [2, 3, 4])
    rows, _ = symgraph.scan(lambda row, before: outer(before, row * T.ones_like(before)), sequences=[y], outputs_info=[x])
    assert np.allclose(function([x, y], rows[-1])(u, v), function([x, y], rows[-1], mode=Mode("py"))(u, v))
    looped, _ = symgraph.scan(lambda row, before: before + row, sequences=[x], outputs_info=[np.float64(0)])
    assert OpFromGraph([x], [looped])(x).eval({x: u}).tolist() == [1, 3, 6]


def test_two_uses_are_merged_and_values_may_stand_for_variables() -> None:
    op = OpFromGraph([x, y], [x * 2 + y])
    assert op(x, np.ones(3)).eval({x: u}).tolist() == [3, 5, 7]
    both = op(x, y) - op(x, y)
    assert function([x, y], both)(u, v).tolist() == [0, 0, 0]
    known = T.dvector("known", shape=(3,))
    assert op(known, known).type.shape == (3,)


def doubled(inputs: Any, grads: Any) -> Any:
    return [2 * grads[0] * inputs[1], grads[0]]


ONE = {
    "callable": (doubled, [2, 1]),
    "list": (["default", lambda inputs, grads: grads[0] * 7], [1, 7]),
    "list of one kind": ([lambda inputs, grads: [grads[0] * 5], "default"], [5, 1]),
    "OpFromGraph": (OpFromGraph([x, y, T.dvector()], [x * 0 + 3, y * 0 + 4]), [3, 4]),
}


@pytest.mark.parametrize("name", list(ONE))
def test_gradient_overrides(name: str) -> None:
    override, wanted = ONE[name]
    op = OpFromGraph([x, y], [x * y], grad_overrides=override)
    found = T.grad(op(x, y).sum(), [x, y])
    values = function([x, y], found, on_unused_input="ignore")(np.ones(1), np.ones(1))
    assert [value.tolist() for value in values] == [[w] for w in wanted]


def test_lop_and_rop_overrides() -> None:
    op = OpFromGraph([x], [T.exp(x)], lop_overrides=lambda inputs, outputs, grads: [outputs[0] * grads[0] * 2],
                     rop_overrides=[lambda inputs, tangents: tangents[0] * 3])
    assert np.allclose(T.grad(op(x).sum(), x).eval({x: u}), 2 * np.exp(u))
    assert np.allclose(symgraph.Rop(op(x), x, y).eval({x: u, y: v}), 3 * v)
    by_op = OpFromGraph([x], [T.exp(x)], rop_overrides=OpFromGraph([x, y], [y * 5]))
    assert np.allclose(function([x, y], symgraph.Rop(by_op(x), x, y), on_unused_input="ignore")(u, v), 5 * v)


def test_special_gradients() -> None:
    none = OpFromGraph([x, y], [x * y], grad_overrides=["default", NullType()()])
    assert T.grad(none(x, y).sum(), x).eval({x: u, y: v}).tolist() == v.tolist()
    with pytest.raises(NullTypeGradError):
        T.grad(none(x, y).sum(), y)
    apart = OpFromGraph([x, y], [x * y], grad_overrides=["default", DisconnectedType()()])
    with pytest.raises(DisconnectedInputError):
        T.grad(apart(x, y).sum(), y)
    cut = OpFromGraph([x, y], [x * y], connection_pattern=[[True], [False]])
    with pytest.raises(DisconnectedInputError):
        T.grad(cut(x, y).sum(), y)
    assert cut(x, y).owner.op.connection_pattern(None) == [[True], [False]]


def test_gradient_by_two_outputs_that_are_one() -> None:
    value = T.exp(x)
    a, b = OpFromGraph([x], [value, value])(x)
    assert np.allclose(T.grad((a + 2 * b).sum(), x).eval({x: u}), 3 * np.exp(u))


def test_pickled() -> None:
    s = symgraph.shared(2.0)
    op = OpFromGraph([x], [x * s], name="twice")
    f = pickle.loads(pickle.dumps(function([x], op(x))))
    assert f(u).tolist() == (2 * u).tolist()
    twin = pickle.loads(pickle.dumps(op))
    assert twin(x).eval({x: u}).tolist() == (2 * u).tolist() and str(twin) == "twice{inline=False}"


def test_the_line_of_the_use_is_blamed() -> None:
    op = OpFromGraph([x, y], [x + y])
    f = function([x, y], op(x, y))
    with pytest.raises(ValueError, match="mis-match") as caught:
        f(np.ones(2), np.ones(3))
    assert "op(x, y)" in str(caught.value)


BAD = {
    "no list": (lambda: OpFromGraph(x, [x]), TypeError, "must be a list"),
    "no variable": (lambda: OpFromGraph([x], [1]), TypeError, "must be variables"),
    "no output": (lambda: OpFromGraph([x], []), ValueError, "computes nothing"),
    "missing": (lambda: OpFromGraph([x], [x + y]), ValueError, "need y"),
    "updates": (lambda: OpFromGraph([x], [x], updates=[]), TypeError, "not allowed"),
    "both": (lambda: OpFromGraph([x], [x], lop_overrides=doubled, grad_overrides=doubled), ValueError, "exclusive"),
    "kind": (lambda: OpFromGraph([x], [x], grad_overrides=3), TypeError, "callables"),
    "type": (lambda: OpFromGraph([x], [x], grad_overrides=x), TypeError, "NullType"),
    "length": (lambda: OpFromGraph([x], [x], grad_overrides=["default"] * 2), ValueError, "2 entries"),
    "pattern": (lambda: OpFromGraph([x], [x], connection_pattern=[]), ValueError, "0 rows"),
    "name": (lambda: OpFromGraph([x], [x], name=3), TypeError, "string"),
    "count": (lambda: OpFromGraph([x], [x])(x, y), ValueError, "takes 1 inputs"),
    "input type": (lambda: OpFromGraph([x], [x])(T.dmatrix()), TypeError, "must be of type"),
    "too few terms": (lambda: T.grad(OpFromGraph([x, y], [x * y], grad_overrides=lambda i, g: [g[0]])(x, y).sum(), x), ValueError, "2 are needed"),
    "too many": (lambda: T.grad(OpFromGraph([x], [x * 2], grad_overrides=[lambda i, g: g * 2])(x).sum(), x), ValueError, "one place"),
    "as_op": (lambda: symgraph.as_op(3, T.dvector), TypeError, "list of types"),
    "as_op grad": (lambda: symgraph.as_op(T.dvector, T.dvector, grad=3), TypeError, "callable"),
    "as_op function": (lambda: symgraph.as_op(T.dvector, T.dvector)(3), TypeError, "function"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input(name: str) -> None:
    make, error, message = BAD[name]
    with pytest.raises(error, match=message):
        make()


def test_python_functions_with_shapes_and_gradient() -> None:
    calls: list[int] = []

    slope = lambda inputs, grads: [3 * inputs[0] ** 2 * grads[0]]

    @symgraph.wrap_py([T.dvector], [T.dvector], infer_shape=lambda node, shapes: [shapes[0]], grad=slope)
    def cube(a: np.ndarray) -> np.ndarray:
        calls.append(len(a))
        return a**3

    shape = function([x], cube(x).shape)
    assert shape(u).tolist() == [3] and not calls
    f = function([x], T.grad(cube(x).sum(), x))
    assert np.allclose(f(u), 3 * u**2)
    second = T.grad(T.grad(cube(x).sum(), x).sum(), x)
    assert np.allclose(second.eval({x: u}), 6 * u) and np.allclose(symgraph.Rop(cube(x), x, y).eval({x: u, y: v}), 3 * u**2 * v)
    wrong = symgraph.as_op([T.dvector], [T.dvector], grad=lambda inputs, grads: [])(lambda a: a)
    with pytest.raises(ValueError, match="0 terms"):
        T.grad(wrong(x).sum(), x)


def test_on_stacks() -> None:
    m = T.dmatrix("m")
    op = OpFromGraph([x, y], [x * y.sum()])
    assert symgraph.vectorize_graph(op(x, y), {x: m}).eval({m: np.ones((2, 3)), y: u}).tolist() == [[6] * 3] * 2
    own = OpFromGraph([x], [x * 2], grad_overrides=lambda inputs, grads: [grads[0] * 7])
    stack = symgraph.vectorize_graph(own(x), {x: m})
    found = symgraph.function([m], [stack, T.grad(stack.sum(), m)])(np.ones((2, 3)))
    assert [a.tolist() for a in found] == [[[2] * 3] * 2, [[7] * 3] * 2]
