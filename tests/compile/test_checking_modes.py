"""Modes that look at every step, modes by name, Print, and what else the faces of compile and printing have for old programs."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import warnings
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import compile as c
from symgraph import config, errors, function, printing
from symgraph.errors import NanGuardError, ShapeError
from symgraph.expr.shared import SharedVariable
from symgraph.expr.types import generic
from symgraph.ifelse import ifelse

x, y = T.dvectors("x", "y")
ONE = np.ones(2)


@pytest.mark.parametrize(("value", "options", "found"), [
    ([-1.0], {}, "NaN in output 0 of log"),
    ([0.0], {}, "an infinity in output 0"),
    ([np.nan], {}, "NaN in input 0"),
    ([1e11], {}, "a big value in input 0"),
    ([1.0], {}, None),
    ([-1.0], {"nan_is_error": False}, None),
    ([0.0], {"inf_is_error": False, "big_is_error": False}, None),
    ([1e11], {"big_is_error": False}, None),
])
def test_nan_guard(value: Any, options: Any, found: str | None) -> None:
    f = function([x], T.log(x) + 1, mode=c.NanGuardMode(**options))
    if found is None:
        f(value)
        return
    with pytest.raises(NanGuardError, match=found) as caught:
        f(value)
    assert isinstance(caught.value, AssertionError) and "test_checking_modes" in str(caught.value)


def test_nan_guard_by_the_settings_and_by_name() -> None:
    w = symgraph.shared(np.array([1.0]))
    f = function([x], w * 2, updates=[(w, w + x)], mode="NanGuardMode")
    with pytest.raises(NanGuardError):
        f([np.inf])
    assert w.get_value().tolist() == [1.0]  # a failed call changes nothing
    with config.change_flags(**{"NanGuardMode.action": "warn"}), pytest.warns(UserWarning, match="found an infinity"):
        f([np.inf])
    with config.change_flags(**{"NanGuardMode.inf_is_error": False, "NanGuardMode.big_is_error": False}):
        function([x], x * 2, mode="NanGuardMode")([np.inf])


def test_monitor_mode_shows_every_step(capsys: Any) -> None:
    seen: list[Any] = []
    mode = c.MonitorMode(pre_func=lambda i, node, fn: seen.append((i, str(node.op), [cell[0] for cell in fn.inputs])),
                         post_func=lambda i, node, fn: seen.append(fn.outputs[0][0]))
    f = function([x], T.exp(x).sum(), mode=mode)
    assert f(np.zeros(2)) == 2
    assert seen[0][:2] == (0, "exp") and seen[1].tolist() == [1, 1] and seen[3] == 2 and mode.pre_func is mode.hooks[0]
    g = function([x], T.log(x) * 2, mode=c.MonitorMode(post_func=c.detect_nan))
    g([1.0])
    assert capsys.readouterr().out == ""
    g([-1.0])
    assert "NaN detected" in (text := capsys.readouterr().out) and "log" in text and "-1" in text
    bad = function([x, y], x + y, mode=c.MonitorMode())
    with pytest.raises(ValueError, match="mis-match") as caught:
        bad(np.ones(2), np.ones(3))
    assert "test_checking_modes" in str(caught.value) and not isinstance(caught.value, ShapeError)


def test_modes_by_name() -> None:
    assert c.get_mode("FAST_COMPILE") == c.FAST_COMPILE and c.get_mode(None) == c.get_default_mode()
    assert c.FAST_RUN.optimizer == "fast_run" and isinstance(c.get_mode("DebugMode"), c.DebugMode)
    mine = c.Mode(optimizer=None)
    c.register_mode("mine for a test", mine)
    assert c.get_mode("mine for a test") is mine and function([x], x * 2, mode="mine for a test")(ONE).tolist() == [2, 2]
    with pytest.raises(ValueError, match="already"):
        c.register_mode("FAST_RUN", mine)
    with pytest.raises(TypeError):
        c.register_mode("other", 3)
    assert function([x], T.exp(x), mode=c.DebugMode(stability_patience=2))(np.zeros(1)) == 1
    assert c.DebugMode().excluding("fold").check and isinstance(c.NanGuardMode().excluding("fold"), c.NanGuardMode)


def test_print(capsys: Any) -> None:
    f = function([x], printing.Print("x", attrs=["shape", "max"])(x) * 2)
    assert f([1.0, 5.0]).tolist() == [2, 10] and capsys.readouterr().out == "x shape = (2,)\nx max = 5.0\n"
    seen: list[Any] = []
    note = printing.Print("y", global_fn=lambda op, value: seen.append((op.message, value.tolist())))
    g = function([x], T.grad((note(x) ** 2).sum(), x))
    assert g([3.0]).tolist() == [6.0] and ("y", [3.0]) in seen
    function([], note(T.constant(np.ones(1))))()
    assert seen[-1] == ("y", [1.0])
    count = len(seen)
    function([x], [x * 2], updates=[])([1.0])
    assert len(seen) == count
    pickle.loads(pickle.dumps(printing.Print("z")))


def test_pictures(tmp_path: Any) -> None:
    s = symgraph.shared(np.ones(2), name="s")
    z = T.exp(x + s) * 2
    z.name = 'say "z"'
    f = function([x], [z, x])
    for thing in (f, z, [z, x]):
        text = printing.dot_text(thing)
        assert text.startswith("digraph {") and text.count('label="exp"') == 1 and "cyan3" in text and "burlywood" in text
    assert 'say \\"z\\"' in printing.dot_text(z)
    full = printing.dot_text(z, compact=False, with_ids=True, cond_highlight=[z], var_with_name_simple=True, colors={"op": "red"})
    assert "id=1" in full and "orange" in full and 'label="x"' in full and full.count("->") > printing.dot_text(z).count("->")
    assert "..." in printing.dot_text(z, max_label_size=8)
    both = x * 3
    branch = ifelse(x.sum() > 0, T.sin(both), T.cos(both) + 1, name="lazy")
    for asked in (True, "lazy", branch.owner):
        text = printing.dot_text(branch, cond_highlight=asked)
        sides = dict(re.findall(r"label=(\w+); ((?:n\d+; )+)}", text))
        assert {label: found.count(";") for label, found in sides.items()} == {"Left": 1, "Right": 2, "Middle": 1}
    with pytest.warns(UserWarning, match="no such ifelse"):
        printing.dot_text(branch, cond_highlight="another")
    path = tmp_path / "deep" / "graph.dot"
    printing.pydotprint(z, path, format="dot", print_output_file=False)
    assert path.read_text() == printing.dot_text(z)
    printing.d3write(z, tmp_path / "d3.dot")
    assert (tmp_path / "d3.dot").read_text() == printing.dot_text(z)
    rows, _ = symgraph.scan(lambda r: r * 2, sequences=[x])
    printing.pydotprint(rows, tmp_path / "loop.dot", format="dot", scan_graphs=True, print_output_file=False)
    assert (tmp_path / "loop_0.dot").exists()
    assert printing.pydotprint(z, format="dot", return_image=True) == printing.dot_text(z).encode()
    with pytest.raises(TypeError, match="not 3"):
        printing.pydotprint(3)
    if shutil.which("dot") is None:
        with pytest.warns(UserWarning, match="dot was not found"):
            printing.pydotprint(z, tmp_path / "picture.png", print_output_file=False)
        assert (tmp_path / "picture.dot").exists()


def test_pictures_by_the_program_dot(tmp_path: Any, monkeypatch: Any) -> None:
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\n[ "$1" = -Tbad ] && { echo no such format >&2; exit 1; }\necho "$1 $(head -c 9)"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert printing.pydotprint(x * 2, format="svg", return_image=True) == b"-Tsvg digraph {\n"
    with pytest.raises(RuntimeError, match="no such format"):
        printing.pydotprint(x * 2, format="bad", return_image=True)


def test_descriptions() -> None:
    z = T.exp(x) + x * np.arange(2.0)
    assert printing.min_informative_str(z).splitlines()[:3] == ["A. add", " B. exp", "  C. x"]
    assert printing.var_descriptor(z) == printing.var_descriptor(T.exp(x) + x * np.arange(2.0))
    assert printing.var_descriptor(z) != printing.var_descriptor(T.exp(x) + x * np.arange(1, 3.0))
    assert "at 0x" not in printing.var_descriptor(object())


def test_debugprint_options(capsys: Any) -> None:
    shared = T.exp(x)
    text = printing.debugprint(shared * shared.sum(), file="str", print_clients=True)
    assert "exp [id B] clients:[" in text
    ids: dict[Any, str] = {}
    first = printing.debugprint(shared, file="str", used_ids=ids)
    second = printing.debugprint(x, file="str", used_ids=ids)
    assert "x [id B]" in first and second == "x [id B]"
    done: set[Any] = set()
    printing.debugprint(shared, file="str", done=done)
    assert "···" in printing.debugprint(shared, file="str", done=done)
    with pytest.raises(ValueError, match="ids must be"):
        printing.debugprint(x, ids="nonsense")


def test_shared_constructor_and_value() -> None:
    def of_words(value: Any, name: Any = None, strict: bool = False, allow_downcast: Any = None, extra: int = 0) -> Any:
        if not isinstance(value, str):
            raise TypeError
        return SharedVariable(generic, value * extra, name)

    c.shared_constructor(of_words)
    try:
        assert c.shared("ab", extra=2).get_value() == "abab" and c.shared(1.0).get_value() == 1.0
    finally:
        c.shared_constructor(of_words, remove=True)
    with pytest.raises(ValueError, match="was not told"):
        c.shared_constructor(of_words, remove=True)
    with pytest.raises(TypeError):
        c.shared_constructor(3)  # type: ignore[arg-type]
    s = c.shared(1.0)
    with pytest.raises(AttributeError, match="get_value"):
        _ = s.value
    with pytest.raises(AttributeError, match="set_value"):
        s.value = 3


def test_function_dump(tmp_path: Any) -> None:
    w = c.shared(2.0, name="w")
    c.function_dump(tmp_path / "f.pkl", [x], {"y": x * w}, updates=[(w, w + 1)], name="named")
    f = c.function(**pickle.loads((tmp_path / "f.pkl").read_bytes()))
    assert f(ONE)["y"].tolist() == [2, 2] and f(ONE)["y"].tolist() == [3, 3] and f.name == "named"


@pytest.mark.parametrize(("stored", "declared", "message"), [
    (np.ones(3, "float32"), ("float64", (False,)), "holds float32"),
    (np.ones((3, 1)), ("float64", (False,)), "shape"),
    (np.ones((3, 2)), ("float64", (False, True)), "shape"),
])
def test_files_that_hold_something_else(tmp_path: Any, stored: Any, declared: Any, message: str) -> None:
    np.save(tmp_path / "x.npy", stored)
    with pytest.raises(ValueError, match=message):
        T.load(str(tmp_path / "x.npy"), *declared).eval()


def test_load(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", np.ones(3))
    path = str(tmp_path / "x.npy")
    f = function([], T.load(path, "float64", (False,), mmap_mode="c").sum())
    assert f() == 3
    np.save(tmp_path / "x.npy", np.full(5, 2.0))
    assert f() == 10
    assert function([x], x * T.load(path, "float64", (False,)), mode="CHECK")(np.ones(5)).tolist() == [2] * 5
    where = generic()
    assert function([where], T.LoadFromDisk("float64", (False,))(where))(path).tolist() == [2] * 5
    with pytest.raises(ValueError, match="mmap_mode"):
        T.load(path, "float64", (False,), mmap_mode="r+")
    with pytest.raises(TypeError, match="path"):
        T.load(3, "float64", (False,))
    with pytest.raises(FileNotFoundError):
        T.load(path + "x", "float64", (False,)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert T.grad((T.load(path, "float64", (False,)) * x).sum(), x).eval({x: np.ones(5)}).tolist() == [2] * 5


def test_shape_i() -> None:
    m = T.dmatrix("m")
    assert c.shape_i(m, -1).eval({m: np.ones((2, 3))}) == 3 and c.shape_i(m, 1).owner.op == c.Shape_i(1)
    with pytest.raises(IndexError):
        c.shape_i(m, 2)


class _User(symgraph.Op):
    """An op of a user, whose declarations are looked over."""

    def __init__(self, act: Any) -> None:
        self.act = act

    def make_node(self, v: Any) -> Any:
        return symgraph.Apply(self, [v], [v.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        output_storage[0][0] = self.act(inputs[0])


def _overwrites(array: np.ndarray) -> np.ndarray:
    array += 1
    return array.copy()


@pytest.mark.parametrize(("act", "error", "message"), [
    (lambda a: a.astype("float32"), errors.InvalidValueError, "declared as"),
    (lambda a: a[None].copy(), errors.InvalidValueError, "shape"),
    (lambda a: a[::-1], errors.BadViewMap, "shares memory with input 0"),
    (_overwrites, errors.BadDestroyMap, "writes to an input"),
    (lambda a: np.log(a - 10), errors.InvalidValueError, "not finite"),
    (lambda a: a * 2, None, ""),
])
def test_debug_mode_looks_over_ops_of_users(act: Any, error: Any, message: str) -> None:
    f = function([x], _User(act)(x) * 2, mode=c.DebugMode())
    if error is None:
        assert f(ONE).tolist() == [4, 4]
        return
    with pytest.raises(error, match=message) as caught:
        f(ONE)
    assert isinstance(caught.value, errors.DebugModeError) and "test_checking_modes" in str(caught.value)


def test_debug_mode_and_what_is_not_finite() -> None:
    f = function([x], T.log(x), mode="DebugMode")
    with pytest.raises(errors.InvalidValueError, match="output 0 of log is not finite"):
        f([-1.0])
    assert np.isnan(f([np.nan])).all()  # it came in
    assert np.isnan(function([x], T.log(x), mode=c.DebugMode(check_isfinite=False))([-1.0])).all()
