"""Ops written in Python by the user: as_op and Theano's Op subclasses, alone, between native parts and in loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import Apply, Op, function, shared
from symgraph.errors import MethodNotDefined

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))


def compiled(linker: str, *args: Any, **options: Any) -> Any:
    return symgraph.function(*args, mode=symgraph.Mode(linker=linker), **options)


# as_op ----------------------------------------------------------------------------------------------------------------
@symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])
def backwards(v: Any) -> Any:
    return v[::-1]  # neither contiguous nor its own memory


@symgraph.as_op(itypes=[T.dmatrix, T.lscalar], otypes=[T.dvector, T.lscalar])
def row_and_count(m: Any, k: Any) -> Any:
    return m[int(k)], np.asarray(m.size, "int64")


@on_every_linker
def test_between_native_parts(linker: str) -> None:
    x = T.dvector("x")
    f = compiled(linker, [x], backwards(T.exp(x) * 2) + x.sum())
    value = np.array([0.0, 1.0, 2.0])
    assert np.allclose(f(value), (np.exp(value) * 2)[::-1] + 3.0)
    assert f([]).shape == (0,)


@on_every_linker
def test_result_that_is_a_view_of_the_argument_is_copied(linker: str) -> None:
    x = T.dvector("x")
    same = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])(lambda v: v)
    value = np.array([1.0, 2.0])
    w = shared(np.zeros(2), name="w")
    f = compiled(linker, [x], [same(x), same(w)], updates=[(w, same(x))])
    one, two = f(value)
    assert not np.shares_memory(one, value) and not np.shares_memory(w.get_value(borrow=True), value)
    assert not np.shares_memory(one, w.get_value(borrow=True))
    one[:] = two[:] = 9.0
    assert value.tolist() == [1.0, 2.0] and w.get_value().tolist() == [1.0, 2.0]


@on_every_linker
def test_several_outputs(linker: str) -> None:
    m, k = T.dmatrix("m"), T.lscalar("k")
    row, count = row_and_count(m * 2, k + 1)
    f = compiled(linker, [m, k], [row.sum() * count, row])
    total, doubled = f([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], 0)
    assert total == 84.0 and doubled.tolist() == [6.0, 8.0]
    assert compiled(linker, [m, k], count)([[1.0]], -1) == 1  # one that is not used


@on_every_linker
def test_chains_of_python_ops(linker: str) -> None:
    x = T.dvector("x")
    y = x
    for _ in range(5):
        y = backwards(y) + 1
    assert compiled(linker, [x], y)([1.0, 2.0]).tolist() == [7.0, 6.0]


@on_every_linker
def test_in_a_loop(linker: str) -> None:
    x = T.dvector("x")
    halves = symgraph.as_op(itypes=[T.dscalar], otypes=[T.dscalar])(lambda v: v / 2)
    rows, updates = symgraph.scan(lambda row, total: halves(row) + total, sequences=x, outputs_info=T.constant(0.0, dtype="float64"))
    f = compiled(linker, [x], rows, updates=updates)
    assert f([2.0, 4.0, 6.0]).tolist() == [1.0, 3.0, 6.0]


@on_every_linker
def test_in_a_loop_with_rows_of_any_size(linker: str) -> None:
    m = T.dmatrix("m")
    rows, updates = symgraph.scan(lambda row: backwards(row) * 2, sequences=m)
    f = compiled(linker, [m], rows, updates=updates)
    assert f([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).tolist() == [[4.0, 2.0], [8.0, 6.0], [12.0, 10.0]]


def test_shapes_by_infer_shape_need_no_call() -> None:
    calls = []

    def forward(v: Any) -> Any:
        calls.append(1)
        return v * 2

    told = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector], infer_shape=lambda node, shapes: shapes)(forward)
    x = T.dvector("x")
    assert function([x], told(x).shape)([1.0, 2.0]).tolist() == [2] and not calls
    assert function([x], told(x))([1.0]).tolist() == [2.0] and calls


def test_a_shape_rule_that_fails_is_told_and_left_out() -> None:
    broken = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector], infer_shape=lambda node, shapes: 1 / 0)(lambda v: v * 2)
    x = T.dvector("x")
    with pytest.warns(UserWarning, match="infer_shape of FromFunctionOp.* failed: ZeroDivisionError"):
        f = function([x], broken(x).shape[0])
    assert f([1.0, 2.0]) == 2
    with symgraph.config.change_flags(on_shape_error="raise"), pytest.raises(ZeroDivisionError):
        function([x], broken(x).shape[0] + 1)


@pytest.mark.parametrize("wrong", [lambda: symgraph.as_op(itypes=[T.dvector], otypes=[3]), lambda: symgraph.as_op(itypes="x",
    otypes=[T.dvector]),
                                   lambda: symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector], infer_shape=3),
                                   lambda: backwards(T.fvector("x")), lambda: backwards(T.dmatrix("x"))])
def test_wrong_types(wrong: Any) -> None:
    with pytest.raises(TypeError):
        wrong()


def test_wrong_number_of_inputs() -> None:
    with pytest.raises(ValueError, match="expected 1 inputs but got 2"):
        backwards(T.dvector(), T.dvector())


def test_no_gradient() -> None:
    x = T.dvector("x")
    with pytest.raises((MethodNotDefined, TypeError, NotImplementedError)) as caught:
        T.grad(backwards(x).sum(), x)
    assert "backwards" in str(caught.value)


# Op subclasses as for Theano ------------------------------------------------------------------------------------------
class Scale(Op):
    """factor * x, written as Theano's manual says."""

    __props__ = ("factor",)

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        (x,) = inputs
        output_storage[0][0] = x * self.factor

    def infer_shape(self, node: Any, i0_shapes: Any) -> Any:
        return i0_shapes

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [output_grads[0] * self.factor]

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        return self.grad(inputs, eval_points)


@on_every_linker
def test_an_op_of_theano_style(linker: str) -> None:
    x = T.dvector("x")
    y = (Scale(3.0)(x * 2) ** 2).sum()
    value, slope = compiled(linker, [x], [y, T.grad(y, x)])([1.0, 2.0])
    assert value == 180.0 and slope.tolist() == [72.0, 144.0]
    assert compiled(linker, [x], Scale(3.0)(x).shape[0] + 1)([1.0, 2.0]) == 3


def test_equal_ops_are_computed_once() -> None:
    calls = []

    class Counted(Scale):
        def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
            calls.append(1)
            super().perform(node, inputs, output_storage)

    x = T.dvector("x")
    assert Counted(2.0) == Counted(2.0) != Counted(3.0) and Counted(2.0) != Scale(2.0)
    function([x], Counted(2.0)(x) + Counted(2.0)(x) * 5)([1.0])
    assert len(calls) == 1


def test_gradients_of_a_users_op() -> None:
    x = T.dvector("x")
    symgraph.verify_grad(Scale(2.5), [np.array([1.0, 2.0, 3.0])], rng=np.random.RandomState(0))
    forward = symgraph.Rop(Scale(2.5)(x) ** 2, x, T.ones_like(x))
    assert np.allclose(function([x], forward)([1.0, 2.0]), [12.5, 25.0])


class Halves(Op):
    """Two outputs, with a gradient that may be asked for one of them only."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type(), x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        middle = len(inputs[0]) // 2
        output_storage[0][0] = inputs[0][:middle]
        output_storage[1][0] = inputs[0][middle:]

    def grad(self, inputs: Any, output_grads: Any) -> Any:
        return [T.concatenate(output_grads)]


@on_every_linker
def test_gradient_of_two_outputs(linker: str) -> None:
    x = T.dvector("x")
    first, second = Halves()(x)
    slope = T.grad((first * 2).sum() + (second**2).sum(), x)
    assert compiled(linker, [x], slope)([1.0, 2.0, 3.0, 4.0]).tolist() == [2.0, 2.0, 6.0, 8.0]


class Words(Op):
    """Text to its length: values that are no arrays."""

    __props__ = ()

    def make_node(self, text: Any) -> Apply:
        return Apply(self, [text], [T.lscalar(), symgraph.generic()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        output_storage[0][0] = np.asarray(len(inputs[0]), "int64")
        output_storage[1][0] = inputs[0].upper()


@on_every_linker
def test_values_that_are_no_arrays(linker: str) -> None:
    text, x = symgraph.generic("text"), T.dvector("x")
    length, upper = Words()(text)
    f = compiled(linker, [text, x], [x * length, upper])
    scaled, shout = f("abc", [1.0, 2.0])
    assert scaled.tolist() == [3.0, 6.0] and shout == "ABC"
    with pytest.raises(TypeError) as caught:
        f(3, [1.0])
    assert "Words" in str(caught.value)


def test_an_op_without_perform() -> None:
    class Nothing(Op):
        def make_node(self, x: Any) -> Apply:
            return Apply(self, [x], [x.type()])

    x = T.dvector("x")
    with pytest.raises(NotImplementedError, match="Nothing must define compute or perform"):
        function([x], Nothing()(x))([1.0])


def test_outputs_of_another_node_are_refused() -> None:
    class Thief(Op):
        def make_node(self, x: Any) -> Apply:
            return Apply(self, [x], [x])

    x = T.exp(T.dvector("x"))
    with pytest.raises(ValueError, match="already belongs"):
        Thief()(x)


@on_every_linker
def test_the_argument_may_not_be_changed_behind_the_back(linker: str) -> None:
    def rude(v: Any) -> Any:
        v[0] = 100.0
        return v + 1

    x = T.dvector("x")
    op = symgraph.as_op(itypes=[T.dvector], otypes=[T.dvector])(rude)
    f = compiled(linker, [x], op(x) + x)
    value = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        f(value)
    assert value.tolist() == [1.0, 2.0]


@on_every_linker
def test_an_op_that_says_so_overwrites_a_copy(linker: str) -> None:
    class InPlace(Scale):
        destroy_map = {0: [0]}

        def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
            inputs[0][...] *= self.factor
            output_storage[0][0] = inputs[0]

    x = T.dvector("x")
    value = np.array([1.0, 2.0])
    assert compiled(linker, [x], InPlace(3.0)(x) + x)(value).tolist() == [4.0, 8.0] and value.tolist() == [1.0, 2.0]
