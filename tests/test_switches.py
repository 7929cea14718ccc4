"""What switches do: a small program each, and what comes of it."""

from __future__ import annotations

import builtins
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import config, function
from symgraph.errors import IntegerDivisionError, ValueNotKnownError
from symgraph.expr import testvalues
from symgraph.expr.op import Op
from symgraph.expr.testvalues import get_debug_values, get_test_value
from symgraph.settings import declared
from symgraph.settings.table import TABLE
from symgraph.theano.modules import find_name

ROOT = str(Path(__file__).resolve().parents[1])


def valued(make: Any, name: str, value: Any) -> Any:
    x = make(name)
    x.tag.test_value = value
    return x


def x() -> Any:
    return valued(T.dvector, "x", np.ones(3))


# Test values ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("build", "value"), [
    (lambda: x() * 2, [2, 2, 2]),
    (lambda: symgraph.shared(np.ones(2)) + 1, [2, 2]),
    (lambda: T.constant(3) * 2, 6),
    (lambda: (lambda z: T.grad((z**2).sum(), z))(x()), [2, 2, 2]),
    (lambda: valued(T.fvector, "f", [1.5, 2]) * 2, [3, 4]),  # a list is made proper
    (lambda: symgraph.ifelse.ifelse(x().sum() > 1, x(), x() * 2), [1, 1, 1]),
    (lambda: T.maximum(x(), 2).max(axis=0), 2),
    (lambda: T.exp(T.dvector("none")), None),
])
def test_values_are_computed_as_the_expression_is_written(build: Any, value: Any) -> None:
    with config.change_flags(compute_test_value="ignore"):
        made = build()
    if value is None:
        assert not hasattr(made.tag, "test_value")
    else:
        np.testing.assert_array_equal(get_test_value(made), value)
        assert get_test_value(made).dtype == made.dtype


def test_steps_of_loops_see_the_first_rows() -> None:
    seen: list[Any] = []
    table = valued(T.dmatrix, "table", np.arange(6.0).reshape(3, 2))

    def step(row: Any, back: Any, before: Any, earlier: Any) -> Any:
        seen.append([get_test_value(a).tolist() for a in (row, back, before, earlier)])
        return row + before, earlier * 2 + back.sum()

    with config.change_flags(compute_test_value="raise"):
        start = valued(T.dvector, "start", np.array([5.0, 7.0]))
        sequences = [{"input": table, "taps": [0]}, {"input": table, "taps": [1]}]
        (sums, last), _ = symgraph.scan(step, sequences, [T.zeros(2), {"initial": start, "taps": [-2]}])
        backwards, _ = symgraph.scan(lambda row: seen.append(get_test_value(row).tolist()) or row, table, go_backwards=True)
    assert seen[0] == [[0, 1], [2, 3], [0, 0], 5] and seen[-1] == [4, 5]
    assert sums.tag.test_value.tolist() == [[0, 1], [2, 4]] and last.tag.test_value.tolist() == [15, 23]
    assert backwards.tag.test_value.tolist() == table.tag.test_value[::-1].tolist()
    assert not Op.watchers


@pytest.mark.parametrize("build", [
    lambda x: T.grad(symgraph.scan(lambda a, s: T.tanh(a + s), x, T.constant(0.0))[0].sum(), x),
    lambda x: T.grad(symgraph.scan(lambda a, s: T.tanh(a + s), x, T.constant(0.0), checkpoint=2)[0].sum(), x),
    lambda x: symgraph.jacobian(T.exp(x) * x.sum(), x),
    lambda x: symgraph.hessian((x**3).sum(), x),
    lambda x: symgraph.hessian_vector_product((x**3).sum(), x, x),
    lambda x: symgraph.vectorize(lambda a: T.exp(a) * a)(x),
    lambda x: symgraph.loops.fori(0, 3, lambda i, s: s * 2 + i, x.sum()),
    lambda x: T.grad(symgraph.loops.while_(lambda s: s < 10, lambda s: s * 2, x.sum()), x),
    lambda x: T.grad(symgraph.ifelse.ifelse(x.sum() > 0, x * 2, T.exp(x)).sum(), x),
    lambda x: T.grad(symgraph.OpFromGraph([a := valued(T.dvector, "a", np.ones(3))], [a * 2])(x).sum(), x),
])
def test_what_symgraph_makes_itself_needs_no_test_values(build: Any) -> None:
    z = x()
    with config.change_flags(compute_test_value="raise"):
        made = build(z)
        value = get_test_value(made)
    np.testing.assert_allclose(value, made.eval({z: z.tag.test_value}), rtol=1e-12)


def test_values_of_what_was_made_before_are_worked_out() -> None:
    z = x()
    before = T.exp(z) * 2
    copied = symgraph.clone(before, {z: valued(T.dvector, "y", np.zeros(2))})
    with config.change_flags(compute_test_value="raise"):
        assert (before + 1).tag.test_value.shape == (3,)
        assert get_test_value(copied).tolist() == [2, 2]
        again = symgraph.clone(before, {z: valued(T.dvector, "y", np.zeros(1))})
        assert get_test_value(again).tolist() == [2]  # not what the expression had that it is a copy of
        symgraph.verify_grad(T.tanh, [np.ones(2)])
    late = T.dvector("late")
    with config.change_flags(compute_test_value="ignore"):
        made = late * 2 + 1
        late.tag.test_value = np.ones(1)
        assert (made + 1).tag.test_value == 4


@pytest.mark.parametrize("action", ["ignore", "warn", "raise", "pdb"])
def test_what_does_not_fit_fails_on_the_line(action: str) -> None:
    y = valued(T.dvector, "y", np.ones(4))
    with config.change_flags(compute_test_value=action), pytest.raises(ValueError, match=r"3[\s\S]*4") as caught:
        x() + y
    assert "float64(4)" in str(caught.value) and "test_switches" in str(caught.value)
    with config.change_flags(compute_test_value=action), pytest.raises(ValueError, match="test_switches"):
        T.dot(x(), y)
    x() + y  # and not while it is off


def test_a_missing_value(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = T.dvector("missing")
    with config.change_flags(compute_test_value="raise"), pytest.raises(ValueNotKnownError, match=r"input 1 \(missing\) of add") as caught:
        x() + missing
    assert isinstance(caught.value, ValueError) and str(caught.value).count("test_switches") == 2  # where it was made, and where it is read
    with config.change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match=r"input 0 \(missing\)") as told:
        assert not hasattr((missing + 1).tag, "test_value")
    assert told[0].filename == __file__
    stops: list[int] = []
    monkeypatch.setattr(builtins, "breakpoint", lambda: stops.append(1))
    with config.change_flags(compute_test_value="pdb"):
        missing + 1
    assert stops == [1]
    with pytest.raises(AttributeError, match="missing has no test value"):
        get_test_value(missing)
    with pytest.raises(TypeError, match="test value of wrong is not of its type"):
        get_test_value(valued(T.fvector, "wrong", np.ones(3)))
    assert get_test_value(3) == 3 and get_test_value(T.constant(2.5)) == 2.5


def test_passes_compute_only_if_asked() -> None:
    count: list[Any] = []

    class Counted(Op):
        __props__ = ()

        def make_node(self, a: Any) -> Any:
            return symgraph.Apply(self, [a], [a.type()])

        def perform(self, node: Any, inputs: Any, storage: Any) -> None:
            count.append(1)
            storage[0][0] = inputs[0] * 2

    rule = symgraph.rewrite_rule(Counted)(lambda graph, node: [Counted()(node.inputs[0] + 1) - 2] if node.inputs[0].owner is None else None)
    z = x()
    for action, times in (("off", 0), ("ignore", 1)):
        count.clear()
        with config.change_flags(compute_test_value_opt=action):
            f = function([z], Counted()(z), mode=symgraph.Mode(rules=[rule], linker="py"))
        assert len(count) == times
        assert f([1.0]).tolist() == [2]


@pytest.mark.parametrize(("action", "call", "outcome"), [
    ("off", lambda: list(get_debug_values(x())), []),
    ("ignore", lambda: len(list(get_debug_values(x(), T.constant(1)))[0]), 2),
    ("ignore", lambda: list(get_debug_values(T.dscalar())), []),
    ("warn", lambda: list(get_debug_values(x(), T.dscalar())), UserWarning),
    ("raise", lambda: list(get_debug_values(x(), T.dscalar())), AttributeError),
    ("off", lambda: testvalues.debug_error_message("said"), AssertionError),
    ("ignore", lambda: testvalues.debug_error_message("said"), ValueError),
    ("warn", lambda: testvalues.debug_error_message("said"), UserWarning),
    ("raise", lambda: testvalues.debug_assert(False, "said"), AssertionError),
    ("raise", lambda: testvalues.debug_assert(True, "said"), None),
    ("warn", lambda: testvalues.debug_assert(False, "said"), UserWarning),
    ("warn", lambda: testvalues.missing_test_message("said"), UserWarning),
    ("raise", lambda: testvalues.missing_test_message("said"), AttributeError),
    ("ignore", lambda: testvalues.missing_test_message("said"), None),
])
def test_checks_by_test_values(action: str, call: Any, outcome: Any) -> None:
    with config.change_flags(compute_test_value=action), warnings.catch_warnings():
        warnings.simplefilter("error")
        if isinstance(outcome, type):
            with pytest.raises(outcome):
                call()
        else:
            assert call() == outcome


def test_test_values_in_print_and_pickles() -> None:
    z = x()
    assert repr(z) == "x" and "test_value" not in symgraph.debugprint(z * 2, file="str")
    with config.change_flags(print_test_value=True, compute_test_value="ignore"):
        assert repr(z) == "x\narray([1., 1., 1.])" and str(z) == "x" and repr(T.dscalar("q")) == "q"
        assert "mul [id A] test_value=array([2., 2., 2.])" in symgraph.debugprint(z * 2, file="str")
    for keep in (True, False):
        with config.change_flags(pickle_test_value=keep):
            assert hasattr(pickle.loads(pickle.dumps(z)).tag, "test_value") is keep
    assert z.tag.test_value.tolist() == [1, 1, 1]


# What is said as expressions are written ------------------------------------------------------------------------------
def test_float64_variables_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with config.change_flags(warn_float64="warn"):
        with pytest.warns(UserWarning, match="float64") as told:
            T.dscalar()
        assert told[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            symgraph.shared(1.0), T.constant(1.23456789), T.fscalar() + 1
        with pytest.warns(UserWarning, match="float64"):
            T.fscalar() * T.constant(1.23456789)
    with config.change_flags(warn_float64="raise"), pytest.raises(TypeError, match="test_switches"):
        T.dvector("v")
    stops: list[int] = []
    monkeypatch.setattr(builtins, "breakpoint", lambda: stops.append(1))
    with config.change_flags(warn_float64="pdb"), pytest.warns(UserWarning):
        T.dvector("v")
    assert stops == [1]
    assert "__init__" not in vars(type(T.dvector("v")))


def test_integers_divided() -> None:
    i = T.ivector("i")
    for action in ("int", "floatX"):
        with config.change_flags(int_division=action):
            assert (i / 2).dtype == (2 / i).dtype == "float64"
    with config.change_flags(int_division="raise"):
        for build in (lambda: i / i, lambda: 2 / i, lambda: i / True):
            with pytest.raises(IntegerDivisionError, match=r"write //[\s\S]*test_switches"):
                build()
        assert T.true_div(i, i).dtype == "float64" and (i / 2.0).dtype == "float64" and (i // 2).dtype == "int32"


@pytest.mark.parametrize(("flags", "expression", "outcome"), [
    ({}, lambda z: T.log(z), None),
    ({"numpy.seterr_all": "raise"}, lambda z: T.log(z), FloatingPointError),
    ({"numpy.seterr_divide": "raise"}, lambda z: 1 / (z + 1), FloatingPointError),
    ({"numpy.seterr_divide": "raise"}, lambda z: T.log(z), None),
    ({"numpy.seterr_invalid": "warn"}, lambda z: T.log(z), RuntimeWarning),
    ({"numpy.seterr_over": "raise"}, lambda z: T.exp(z * -1000), FloatingPointError),
    ({"numpy.seterr_under": "raise"}, lambda z: T.exp(z * 1000), FloatingPointError),
])
def test_what_numpy_does_about_numbers(flags: dict[str, str], expression: Any, outcome: Any) -> None:
    z = T.dscalar("z")
    f = function([z], expression(z), mode=symgraph.Mode(linker="py"))
    with config.change_flags(flags), warnings.catch_warnings():
        warnings.simplefilter("error")
        if outcome is None:
            f(-1.0)
        else:
            with pytest.raises(outcome):
                f(-1.0)
    f(-1.0)


def test_errors_say_more_if_asked() -> None:
    def failing(linker: str) -> str:
        a, b = T.dvectors("a", "b")
        f = function([a, b], T.exp(a) + b, mode=symgraph.Mode(linker=linker))
        with pytest.raises(ValueError) as caught:
            f(np.ones(2), np.ones(3))
        return str(caught.value)

    for linker in ("llvm", "py"):
        assert "the graph of" not in failing(linker)
        with config.change_flags(exception_verbosity="high"):
            said = failing(linker)
        assert "the graph of" in said and "exp [id" in said and "<TensorType(float64, vector)>" in said
        assert ("has the value array([1., 1., 1.])" in said) == (linker == "py")


def test_how_many_places_are_kept() -> None:
    def inner() -> Any:
        return T.exp(T.dvector("a"))

    def outer() -> Any:
        return inner()

    assert str(outer().owner.line).count("File") == 1
    with config.change_flags({"traceback.limit": 3}):
        said = str(outer().owner.line)
    places = [line.split(", in ")[1] for line in said.splitlines() if "File" in line]
    assert places == ["inner", "outer", "test_how_many_places_are_kept"] and said.count("called from") == 2


# Switches of a program's own ------------------------------------------------------------------------------------------
@pytest.fixture
def own() -> Iterator[Any]:
    before = set(TABLE)
    yield lambda name, param, **options: declared.AddConfigVar(name, "one of a program's", param, **options)
    for name in set(TABLE) - before:
        del TABLE[name]
        holder, leaf = config._holder(name)
        holder.pop(leaf, None)


@pytest.mark.parametrize(("param", "default", "text", "value", "wrong"), [
    (lambda: declared.IntParam(3, lambda v: v > 0), 3, "5", 5, -1),
    (lambda: declared.IntParam(3), 3, "5", 5, "abc"),
    (lambda: declared.FloatParam(0.5), 0.5, "1e3", 1000.0, "x"),
    (lambda: declared.BoolParam(True), True, "0", False, "maybe"),
    (lambda: declared.StrParam("a", lambda v: len(v) < 3), "a", "bc", "bc", "bcd"),
    (lambda: declared.EnumStr("red", "blue"), "red", "blue", "blue", "green"),
    (lambda: declared.EnumStr("red", "blue", convert=str.lower), "red", "BLUE", "blue", "green"),
    (lambda: declared.ConfigParam("x", filter=lambda v: v * 2), "xx", "y", "yy", None),
])
def test_switches_of_a_program(own: Any, param: Any, default: Any, text: str, value: Any, wrong: Any) -> None:
    own("of_a_test.row", param())
    assert config.of_a_test.row == default
    config.of_a_test.row = text
    assert config.of_a_test.row == value and f"of_a_test.row = {value!r}" in str(config)
    if wrong is not None:
        with pytest.raises(ValueError):
            config.of_a_test.row = wrong
    with config.change_flags({"of_a_test.row": text}):
        assert config.of_a_test.row == (value if wrong is not None else "yy")


def test_declaring_switches(own: Any) -> None:
    with pytest.raises(AttributeError, match="already"):
        own("floatX", declared.StrParam("a"))
    with pytest.raises(AttributeError, match="already"):
        own("scan", declared.StrParam("a"))
    with pytest.raises(TypeError, match="ConfigParam"):
        own("plain", 3)
    with pytest.raises(ValueError):
        own("bad", declared.IntParam("abc"))
    assert not hasattr(config, "bad")
    calls: list[int] = []
    own("lazy", declared.ConfigParam(lambda: calls.append(1) or 7, lambda v: v + 1))
    assert not calls and config.lazy == config.lazy == 8 and calls == [1]
    own("fixed", declared.StrParam("a", allow_override=False))
    with pytest.raises(Exception, match="cannot be changed"):
        config.fixed = "b"
    assert config.fixed == "a" and ("fixed", "a") in config.code_key()
    own("outside", declared.StrParam("a"), in_c_key=False)
    assert "outside" not in dict(config.code_key())
    assert find_name("configparser", "AddConfigVar") is declared.AddConfigVar and find_name("", "change_flags") == config.change_flags
    assert isinstance(config, find_name("configparser", "TheanoConfigParser")) and len(declared.get_config_hash()) == 64


def test_switches_that_are_on_from_the_start() -> None:
    flags = "compute_test_value=raise,warn_float64=warn,threads=1,traceback.limit=4,numpy.seterr_all=warn,print_test_value=True"
    program = ("import numpy as np, symgraph, symgraph.tensor as T\nx = T.fvector('x')\nx.tag.test_value = np.ones(2, 'float32')\ny = T.exp(x) * 2\n"
               "print(y.tag.test_value.shape, repr(x), symgraph.function([x], y)(np.zeros(2, 'float32')))")
    environ = {**os.environ, "PYTHONPATH": ROOT, "SYMGRAPH_FLAGS": f"{os.environ.get('SYMGRAPH_FLAGS', '')},{flags}".strip(",")}
    ran = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("(2,) x\narray([1., 1.], dtype=float32) [2. 2.]\n", "")


def test_what_has_no_effect_is_told_where_warnings_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"SYMGRAPHRC": "", "THEANORC": "", "THEANO_FLAGS": "blas.check_openmp=True,dnn.enabled=False,floatX=float32"}
    for options, count in (([], 0), (["default"], 1)):
        monkeypatch.setattr("sys.warnoptions", options)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            symgraph.settings.Settings(environ)
        assert len(told) == count
    assert "blas.check_openmp (of Theano's BLAS" in str(told[0].message) and "dnn.enabled (cuDNN is not used)" in str(told[0].message)


def test_the_environment_says_more_than_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    path = tmp_path / "rc"
    path.write_text("[global]\nfloatX = float32\n[of_a_test]\ndepth = 4\nname = x\n")
    environ = {"SYMGRAPHRC": "", "THEANORC": str(path), "THEANO_FLAGS": "of_a_test.depth=9"}
    with pytest.warns(UserWarning, match=r"does not recognise this flag: of_a_test.depth"):
        mine = symgraph.settings.Settings(environ)
    try:
        declared.AddConfigVar("of_a_test.depth", "", declared.IntParam(1), root=mine)
        declared.AddConfigVar("of_a_test.name", "", declared.StrParam("y"), root=mine)
        assert mine.of_a_test.depth == 9 and mine.of_a_test.name == "x" and mine.floatX == "float32"
    finally:
        del TABLE["of_a_test.depth"], TABLE["of_a_test.name"]
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert declared.fetch_val_for_key("of_a_test.depth") == "9" and declared.fetch_val_for_key("of_a_test.name") == "x"
    with pytest.raises(KeyError):
        declared.fetch_val_for_key("of_a_test.other")
    assert declared.config_files_from_theanorc() == [str(path)] and declared.parse_config_string("a=1,b.c=x") == {"a": "1", "b.c": "x"}
