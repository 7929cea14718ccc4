"""The inside of a function in Theano's words. What is compared was seen in Theano 1.0.5."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.compile.maker import FunctionMaker, Param, orig_function, predefined_modes

x, y = T.dvector("x"), T.dscalar("y")


@pytest.fixture
def f() -> Any:
    s = symgraph.shared(2.0, "s")
    made = symgraph.function([x, symgraph.In(y, value=1.0)], [x + y * s, x.sum()], updates=[(s, s + 1)])
    made.s = s
    return made


@pytest.mark.parametrize("mode", ["FAST_RUN", symgraph.Mode(linker="py")])
def test_a_call_by_cells(mode: Any) -> None:
    s = symgraph.shared(2.0, "s")
    f = symgraph.function([x, symgraph.In(y, value=1.0)], [x + y * s, x.sum()], updates=[(s, s + 1)], mode=mode)
    assert [c.data for c in f.input_storage] == [None, 1.0, 2.0] and [c.data for c in f.output_storage] == [None, None]
    f.input_storage[0].data = [1, 1]
    assert f.fn() is None
    assert f.output_storage[0].data.tolist() == [3, 3] and f.output_storage[1].data == 2 and s.get_value() == 3
    f.free()
    assert f.output_storage[0].data is None and f.input_storage[0].data is None and f.input_storage[1].data == 1


def test_cells_by_name(f: Any) -> None:
    assert f.container["y"] is f.finder[y] and f.finder[y].data == 1 and f.finder[f.s].data == 2
    f.value["y"] = 5
    assert f.finder["y"].data == 5 and f["y"] == 5 and f([1, 1])[0].tolist() == [11, 11]
    assert set(f.value) == {x, y, f.s} and len(f.value) == 3 and f.value["s"] == 3
    assert [(a, b) for a, b, _ in f.defaults] == [(True, False), (False, True)]
    assert (f.n_returned_outputs, f.unpack_single, f.return_none, f.output_keys, len(f.inv_finder)) == (2, False, False, None, 2)


def test_bodies_are_found() -> None:
    stack, _ = symgraph.scan(lambda h: T.tanh(h), outputs_info=x, n_steps=5)
    assert len(symgraph.function([x], stack).nodes_with_inner_function) == 1


def test_a_function_without_cells_is_as_before(f: Any) -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        f.no_such  # noqa: B018
    again = pickle.loads(pickle.dumps(symgraph.function([x], x * 2)))
    assert again([1.0]).tolist() == [2.0] and again.unpack_single


def test_what_makes_functions() -> None:
    maker = FunctionMaker([symgraph.In(x), symgraph.In(y)], [symgraph.Out(x * y)], "FAST_COMPILE")
    assert [node.op.name for node in maker.fgraph.toposort() if hasattr(node.op, "name")] == ["mul"]
    first, second = maker.create([None, 3.0]), maker.create()
    assert first([1.0])[0].tolist() == [3.0]
    with pytest.raises(TypeError, match="Missing required input"):
        second([1.0])
    assert orig_function([x], x + 1, None, False, "named")([1.0]).tolist() == [2.0]
    with pytest.raises(symgraph.errors.MissingInputError):
        FunctionMaker([x], [x + y])


def test_older_inputs() -> None:
    f = symgraph.function([x, Param(y, default=2.0, name="factor")], x * y)
    assert f([1.0]).tolist() == [2.0] and f([1.0], factor=3).tolist() == [3.0]


def test_modes_by_name() -> None:
    assert {"FAST_RUN", "FAST_COMPILE", "DebugMode"} <= set(predefined_modes) and isinstance(predefined_modes["FAST_RUN"], symgraph.Mode)
    predefined_modes["a mode of this test"] = symgraph.Mode(linker="py")
    assert symgraph.function([x], x + 1, mode="a mode of this test")([1.0]).tolist() == [2.0]
    with pytest.raises(KeyError):
        predefined_modes["no such mode"]


def test_assertions_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    from symgraph.gradient import assertions

    assert assertions.seed_rng() == 666 and np.random.rand() == np.random.RandomState(666).rand()
    assertions.verify_grad(lambda v: (v * v).sum(), [np.array([1.0, 2.0])])
    with pytest.raises(symgraph.gradient.GradientError):
        assertions.verify_grad(lambda v: symgraph.gradient.disconnected_grad(v) * v, [np.array([1.0, 2.0])])
    assertions.assert_allclose(np.float32(0.1), 0.1)
    with pytest.raises(AssertionError):
        assertions.assert_allclose(0.1, 0.1 + 1e-6)
    tester = assertions.InferShapeTester()
    tester.setUp()
    from symgraph.ops.linalg.dot import Dot

    m = T.dmatrix()
    tester._compile_and_check([m], [T.dot(m, m.T)], [np.ones((2, 3))], Dot)
    with pytest.raises(AssertionError, match="not known without"):
        back = symgraph.as_op([T.dmatrix], [T.dmatrix])(lambda a: a[::-1].copy())
        tester._compile_and_check([m], [back(m)], [np.ones((2, 3))], type(back))
