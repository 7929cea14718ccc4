"""What programs ask of Theano's machinery: C code of ops, nodes made ready, runs recorded, ops in pickles, pointers."""

from __future__ import annotations

import pickle
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph.compile import as_op
from symgraph.compile.record import MismatchError, Record, RecordMode, disturb_mem
from symgraph.errors import LeftOutError, MethodNotDefined
from symgraph.graph import CDataType
from symgraph.graph.cops import CDataTypeConstant
from symgraph.tensor import olderops, oldervalues


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def turned(x: Any) -> Any:
    return x[::-1].copy()


def test_an_op_made_by_a_decorator_is_pickled_by_name() -> None:
    x = T.dvector("x")
    for thing in (turned, turned(x)):
        again = pickle.loads(pickle.dumps(thing))
        assert getattr(again, "owner", None) is None or again.owner.op is turned
    assert pickle.loads(pickle.dumps(turned)) is turned
    made = as_op(itypes=[T.dvector], otypes=[T.dvector])(np.cumsum)
    assert pickle.loads(pickle.dumps(made)) == made


class Prepared(symgraph.Op):
    __props__ = ()

    def make_node(self, x: Any) -> Any:
        return symgraph.Apply(self, [x], [x.type()])

    def prepare_node(self, node: Any, storage_map: Any, compute_map: Any, impl: Any) -> None:
        assert impl == "py" and {*node.inputs, *node.outputs} <= set(storage_map)
        node.tag.times = getattr(node.tag, "times", 0) + 1

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        output_storage[0][0] = inputs[0] * node.tag.times


@pytest.mark.parametrize("linker", ["llvm", "py"])
def test_a_node_is_made_ready_once(linker: str) -> None:
    x = T.dvector("x")
    f = symgraph.function([x], Prepared()(x), mode=symgraph.Mode(linker=linker))
    assert [f([1.0, 2.0]).tolist() for _ in range(3)] == [[1.0, 2.0]] * 3


def test_questions_about_c_code() -> None:
    op = Prepared()
    assert op.c_code_cache_version() == op.c_code_cache_version_apply(None) == () and not T.dvector.c_is_simple()
    for ask in (lambda: op.c_code(None, "n", ["x"], ["z"], {}), op.c_headers, lambda: op.make_c_thunk(None, {}, {}, []),
                lambda: T.dvector.c_declare("x", {}), lambda: op.c_init_code_struct(None, "n", {})):
        with pytest.raises(MethodNotDefined, match="C code"):
            ask()


def test_classes_that_make_expressions() -> None:
    x = T.dmatrix("x")
    mean = olderops.Mean(axis=1)  # type: ignore[attr-defined]
    assert mean == olderops.Mean(1) and hash(mean) == hash(olderops.Mean(1)) and str(mean) == "Mean{axis=1}" and mean.axis == 1  # type: ignore[attr-defined]
    assert isinstance(mean, olderops.OfParameters) and mean(x).eval({x: np.eye(2)}).tolist() == [0.5, 0.5]
    with pytest.raises(TypeError, match="is told axis"):
        olderops.Mean(1, 2)  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="is told dtype"):
        olderops.AllocEmpty()  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no_such"):
        _ = mean.no_such
    with pytest.raises(LeftOutError, match="is of Sum"):
        isinstance(x.sum().owner.op, olderops.Mean)  # type: ignore[attr-defined]


def test_transfers_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oldervalues, "_transfers", [])
    x = T.dvector("x")
    oldervalues.register_transfer(lambda var, target: var * 2 if target == "double" else None)
    assert oldervalues.transfer(x, "double").eval({x: [1.0]}).tolist() == [2.0]
    with pytest.raises(ValueError, match="moon"):
        oldervalues.transfer(x, "moon")


def test_pointers() -> None:
    t = CDataType("void*")
    capsule = t.make_value(12)
    assert t.filter(capsule) is capsule and isinstance(t.make_constant(capsule), CDataTypeConstant)
    with pytest.raises(TypeError, match="PyCapsule"):
        t.filter(3)
    with pytest.raises(MethodNotDefined, match="free_it"):
        CDataType("void*", "free_it").make_value(12)
    with pytest.raises(TypeError, match="names in C"):
        CDataType(3)  # type: ignore[arg-type]


def twice(mode: Any, number: float, name: str | None = "twice") -> Any:
    x = T.dvector("x")
    return symgraph.function([x], 2 * T.exp(x).sum(), mode=mode, name=name)([number, 1.0])


def test_runs_are_recorded_and_compared(tmp_path: Path) -> None:
    disturb_mem()
    path = tmp_path / "record"
    mode = RecordMode(file_path=path)
    twice(mode, 4.0)
    mode.record.f.close()
    lines = path.read_text().splitlines()
    assert lines[0] == "Function twice has 3 apply nodes." and sum(line.startswith("Outputs: ") for line in lines) == 3
    twice(RecordMode(file_path=path, replay=True), 4.0)
    with pytest.raises(MismatchError, match="A. exp"):
        twice(RecordMode(file_path=path, replay=True), 5.0)


def test_bad_records() -> None:
    mode = RecordMode(file_object=StringIO())
    with pytest.raises(ValueError, match="Un-named"):
        twice(mode, 1.0, None)
    twice(mode, 1.0)
    with pytest.raises(ValueError, match="two functions"):
        twice(mode, 1.0)
    with pytest.raises(TypeError, match="file_object= or file_path="):
        Record()
    with pytest.raises(TypeError, match="both"):
        RecordMode(Record(StringIO()), replay=True)
    with pytest.raises(ValueError, match="one line at a time"):
        Record(StringIO()).handle_line("a\nb\n")


def test_states_are_shared_by_containers_and_copied_by_copies() -> None:
    x, s = T.dscalars("xs")
    add = symgraph.function([x, symgraph.In(s, value=10.0, update=s + x)], [])
    read = symgraph.function([x, symgraph.In(s, value=add.container[s])], s * x)
    take = symgraph.function([x, symgraph.In(s, value=add.container[s], update=s - x)], [])
    add(2)
    assert read(3) == 36 and take[s] == add[s] == 12
    take(1)
    twin = add.copy()
    twin(5)
    assert add[s] == 11 and twin[s] == 16 and twin.container[1].data == 16 and add.container[0].data is None
    with pytest.raises(TypeError, match="shared variable"):
        symgraph.function([symgraph.In(symgraph.shared(1.0), update=x)], [])


def test_givens_of_themselves_and_updates_of_inputs() -> None:
    a = symgraph.shared(1.0, name="a")
    a.default_update = a + 3
    f = symgraph.function([], a + 10, givens={a: a + 10})
    assert (f(), f()) == (21, 34)
    b = 2 * a
    before = a.get_value()
    symgraph.function([b], b)(21.0)
    assert a.get_value() == before  # what an input was made of is not read
    del a.default_update
    symgraph.function([], a)()
    assert a.get_value() == before and a.default_update is None
    with pytest.raises(AttributeError, match="no_such"):
        _ = a.no_such


def test_how_shared_variables_take_values_is_kept() -> None:
    loose, strict = symgraph.shared(7, allow_downcast=True), symgraph.shared(np.int64(7), strict=True)
    loose.set_value(8.5)
    assert loose.get_value() == 8
    with pytest.raises(TypeError, match="strict"):
        strict.set_value(8)
    assert pickle.loads(pickle.dumps(loose)).get_value() == 8


def test_gradients_that_are_given_for_the_cost() -> None:
    x, n = T.dscalar("x"), T.iscalar("n")
    cost = x ** 2
    assert T.grad(cost, x, known_grads={cost: T.constant(5.0)}).eval({x: 3.0}) == 30
    assert T.grad(n, n).eval({n: 3}) == 1 and T.grad(n + 1, n).eval({n: 3}) == 0
    with pytest.raises(symgraph.errors.NullTypeGradError):
        T.grad(cost, x, known_grads={cost: T.NullType()()})
    with pytest.raises(symgraph.errors.DisconnectedInputError):
        T.grad(cost, x, known_grads={cost: T.DisconnectedType()()})
