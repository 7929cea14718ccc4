"""Pickles and copies of variables, shared variables, ops and functions; also into another process."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import In, function, shared

ROOT = Path(__file__).parents[2]


def again(thing: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(thing, protocol))


def elsewhere(program: str, path: Path, **flags: str) -> str:
    """What `program` prints in a fresh process; the pickle at `path` is in its variable `thing`."""
    text = f"import pickle\nimport numpy as np\nwith open({str(path)!r}, 'rb') as file:\n    thing = pickle.load(file)\n{program}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | flags
    ran = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# Variables ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_an_input_keeps_what_it_is(protocol: int) -> None:
    x = T.tensor("float32", shape=(None, 3), name="x")
    x.tag.note = "mine"
    y = again(x, protocol)
    assert y is not x and y.type == x.type and y.name == "x" and y.owner is None and y.tag.note == "mine"
    assert (y.line.filename, y.line.line) == (x.line.filename, x.line.line)


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_an_expression_computes_the_same(protocol: int) -> None:
    x, y = T.dvectors("x", "y")
    z = T.exp(x[1:]) + y.sum() * 2 - T.constant([1.0, 2.0])
    z.name = "z"
    a, b, c = again([x, y, z], protocol)
    assert c.name == "z" and c.owner.inputs[0].type == z.owner.inputs[0].type
    values = [0.0, 1.0, 2.0], [3.0]
    assert np.array_equal(function([a, b], c)(*values), function([x, y], z)(*values))


def test_identity_is_kept_within_one_pickle() -> None:
    x = T.dvector("x")
    s = shared(np.zeros(2), name="s")
    y = x * s
    first = again({"x": x, "list": [y, x + 1, y], "s": s})
    assert first["list"][0] is first["list"][2]
    assert first["list"][0].owner.inputs == [first["x"], first["s"]]
    assert first["list"][1].owner.inputs[0] is first["x"]
    assert first["s"].owner is None and first["s"] is not s
    split = T.split(x, [1, 2], 2)
    one, two = again(split)
    assert one.owner is two.owner and one.owner.outputs[0] is one and two.index == 1


def chain(length: int) -> tuple[Any, Any]:
    x = T.dscalar("x")
    y = x
    for _ in range(length):
        y = y + 1
    return x, y


def test_a_chain_of_5000_nodes_under_the_usual_recursion_limit() -> None:
    x, y = chain(5000)
    limit = sys.getrecursionlimit()
    assert limit <= 1000 or limit < 5000
    a, b = again([x, y])
    length, at = 0, b
    while at.owner is not None:
        length, at = length + 1, at.owner.inputs[0]
    assert length == 5000 and at is a
    copied = copy.deepcopy(y)
    length = 0
    while copied.owner is not None:
        length, copied = length + 1, copied.owner.inputs[0]
    assert length == 5000 and copied is not x


def test_a_pickle_after_a_pickle_that_failed() -> None:
    x = T.dvector("x")
    s = shared(lambda: 0, name="s", borrow=True)  # functions of this kind cannot be pickled
    wrong = symgraph.as_op(itypes=[T.dvector, symgraph.generic], otypes=[T.dvector])(lambda v, w: v)
    shown = T.exp(x) * 2
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pickle.dumps([shown, wrong(shown, s)])
    a, b = again([x, shown])
    assert b.owner.inputs[0].owner.inputs[0] is a


def test_constants_and_their_values() -> None:
    c = T.constant(np.arange(6.0).reshape(2, 3), name="c")
    d = again(c)
    assert d.name == "c" and np.array_equal(d.data, c.data) and d.type == c.type
    assert again(T.constant(3)).dtype == "int8"


@pytest.mark.parametrize("name", ["neg", "cast", "sum", "dot", "subtensor", "reshape", "softmax", "join", "scan", "dimshuffle", "set",
    "max"])
def test_ops_are_equal_after_a_pickle(name: str) -> None:
    m = T.dmatrix("m")
    made = {
        "neg": lambda: -m, "cast": lambda: m.astype("int32"), "sum": lambda: m.sum(axis=1), "dot": lambda: T.dot(m, m),
            "subtensor": lambda: m[1:, 0],
        "reshape": lambda: m.reshape((2, -1)), "softmax": lambda: T.nnet.softmax(m), "join": lambda: T.concatenate([m, m], axis=1),
        "scan": lambda: symgraph.scan(lambda row: row * 2, sequences=m)[0], "dimshuffle": lambda: m.T,
        "set": lambda: T.set_subtensor(m[0], 1.0), "max": lambda: m.max(axis=0),
    }[name]()
    op = made.owner.op
    twin = again(op)
    assert type(twin) is type(op) and str(twin) == str(op)
    if name != "scan":  # a loop is equal to itself only
        assert twin == op and hash(twin) == hash(op)
    a, b = again([m, made])
    value = np.arange(4.0).reshape(2, 2)
    assert np.array_equal(function([a], b)(value), function([m], made)(value))


# Shared variables -----------------------------------------------------------------------------------------------------
def test_a_shared_variable_takes_its_value_with_it(tmp_path: Path) -> None:
    w = shared(np.arange(3.0), name="w", broadcastable=(False,))
    w.default_update = w + 1
    v = again(w)
    assert v.name == "w" and v.type == w.type and v.get_value().tolist() == [0.0, 1.0, 2.0]
    v.set_value([5.0])
    assert w.get_value().tolist() == [0.0, 1.0, 2.0]
    assert v.default_update.owner.inputs[0] is v
    (tmp_path / "w").write_bytes(pickle.dumps({"w": w, "bag": shared({"k": [1]}, name="bag")}))
    assert elsewhere("print(thing['w'].get_value(), thing['w'].name, thing['bag'].get_value())",
        tmp_path / "w") == "[0. 1. 2.] w {'k': [1]}\n"


def test_copies_of_variables() -> None:
    x = T.dvector("x")
    w = shared(np.zeros(2), name="w")
    y = x * w
    deep = copy.deepcopy(y)
    assert deep is not y and deep.owner.inputs[1] is not w and deep.owner.inputs[1].get_value().tolist() == [0.0, 0.0]
    deep.owner.inputs[1].set_value([1.0, 1.0])
    assert w.get_value().tolist() == [0.0, 0.0]
    shallow = copy.copy(x)
    assert shallow is not x and shallow.type == x.type and shallow.name == "x"
    both = copy.deepcopy([x, y])
    assert both[1].owner.inputs[0] is both[0]


# Functions ------------------------------------------------------------------------------------------------------------
def model() -> Any:
    x, total = T.dvector("x"), T.dscalar("total")
    w = shared(np.array([1.0, 2.0]), name="w")
    return function([x, In(total, value=0.0, update=total + x.sum())], {"y": x * w, "total": total * 1}, updates=[(w, w + x)], name="model")


def test_a_function_computes_the_same_after_a_pickle() -> None:
    f = model()
    f([1.0, 1.0])
    g = again(f)
    assert g.name == "model" and g["total"] == 2.0 and g["w"].tolist() == [2.0, 3.0]
    for call in (f, g):
        result = call([10.0, 10.0])
        assert result["y"].tolist() == [20.0, 30.0] and result["total"] == 2.0
    g([100.0, 100.0])
    assert f["w"].tolist() == [12.0, 13.0] and f["total"] == 22.0  # nothing is shared with the copy


def test_functions_in_one_pickle_share_their_variables() -> None:
    x = T.dvector("x")
    w = shared(np.zeros(2), name="w")
    add, read = function([x], None, updates=[(w, w + x)]), function([], w * 1)
    more, shown, v = again((add, read, w))
    more([1.0, 2.0])
    assert shown().tolist() == [1.0, 2.0] and v.get_value().tolist() == [1.0, 2.0] and read().tolist() == [0.0, 0.0]


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_a_function_in_another_process(linker: str, tmp_path: Path) -> None:
    x, n = T.dvector("x"), T.iscalar("n")
    w = shared(np.array([1.0, 2.0]), name="w")
    powers, updates = symgraph.scan(lambda prior, x: prior * x, outputs_info=T.ones_like(x), non_sequences=x, n_steps=n)
    f = function([x, n], powers[-1] * w, updates=updates, mode=symgraph.Mode(linker=linker), name="powers")
    expected = f([2.0, 3.0], 3)
    (tmp_path / "f").write_bytes(pickle.dumps(f))
    program = "print(thing([2.0, 3.0], 3).tolist(), thing.name, thing.mode.linker)\ntry: thing([1.0, 2.0])\nexcept TypeError as e: print(e)"
    printed = elsewhere(program, tmp_path / "f")
    assert printed.startswith(f"{expected.tolist()} powers {linker}\n")
    assert "Missing required input: n" in printed and "test_pickle.py" in printed  # the lines went along


def test_settings_may_leave_functions_out() -> None:
    text = pickle.dumps(model())
    with symgraph.config.change_flags(unpickle_function=False):
        assert pickle.loads(text) is None
    assert pickle.loads(text) is not None


def test_deepcopy_of_a_function_shares_its_shared_variables_but_no_state() -> None:
    f = model()
    g = copy.deepcopy(f)
    g([1.0, 1.0])
    assert f["total"] == 0.0 and g["total"] == 2.0
    assert f["w"].tolist() == g["w"].tolist() == [2.0, 3.0]  # as Theano: shared variables stay shared
    h = copy.copy(f)
    assert h([0.0, 0.0])["y"].tolist() == [0.0, 0.0]
