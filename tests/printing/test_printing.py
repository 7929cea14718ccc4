"""pp and debugprint: what they show of expressions, functions and loops."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import debugprint, function, pp, shared
from symgraph.graph import FunctionGraph


def tree(obj: Any, **options: Any) -> list[str]:
    return debugprint(obj, file="str", **options).split("\n")


# pp -------------------------------------------------------------------------------------------------------------------
def test_formulas() -> None:
    x, y = T.dscalars("x", "y")
    v = T.dvector("v")
    assert pp(x + y * 2) == "(x + (y * TensorConstant{2}))"
    assert pp(-x / y) == "((-x) / y)"
    assert pp(x**2 - y % 3) == "((x ** TensorConstant{2}) - (y % TensorConstant{3}))"
    assert pp(T.exp(T.log(x))) == "exp(log(x))"
    assert pp(x) == "x" and pp(T.dscalar()) == "<TensorType(float64, scalar)>"
    assert pp(T.lt(x, y)) == "(x < y)"
    assert "v" in pp(v.sum()) and pp(v.sum()).startswith("Sum")
    assert pp(T.constant(1.5)) == "TensorConstant{1.5}"


def test_names_stand_for_their_expressions() -> None:
    x = T.dscalar("x")
    y = x + 1
    y.name = "y"
    z = y * y
    assert pp(z) == "(y * y)"
    z.name = "z"
    assert pp(z) == "(y * y)"  # what is asked for is written out


def test_outputs_of_a_node_are_told_apart() -> None:
    x = T.dvector("x")
    a, b = T.split(x, [1, 2], 2)
    assert pp(a).endswith(".0") and pp(b).endswith(".1")


def test_a_deep_formula_needs_no_deep_recursion() -> None:
    x = T.dscalar("x")
    y = x
    for _ in range(3000):
        y = y + x
    text = pp(y)
    assert text.count("+") == 3000 and text.count("x") == 3001
    assert len(tree(y)) == 6001


# debugprint -----------------------------------------------------------------------------------------------------------
def test_a_tree() -> None:
    x, y = T.dscalar("x"), T.dvector("y")
    assert tree(T.exp(x * y)) == ["exp [id A]", " |mul [id B]", " | |x [id C]", " | |y [id D]"]


def test_what_was_shown_is_not_shown_again() -> None:
    x = T.dscalar("x")
    y = T.exp(x)
    assert tree(y + y) == ["add [id A]", " |exp [id B]", " | |x [id C]", " |exp [id B]", " | ···"]
    assert tree([y, y]) == ["exp [id A]", " |x [id B]", "exp [id A]", " ···"]


def test_options() -> None:
    x = T.dvector("x")
    y = x * 2
    y.name = "twice"
    z = T.exp(y)
    assert tree(z, ids="") == ["exp", " |mul 'twice'", " | |x", " | |TensorConstant{2}"]
    assert tree(z, stop_on_name=True) == ["exp [id A]", " |mul [id B] 'twice'"]
    assert tree(z, depth=1) == ["exp [id A]"] and len(tree(z, depth=2)) == 2
    assert tree(x, print_type=True) == ["x [id A] <TensorType(float64, vector)>"]
    assert tree(x, ids="int") == ["x [id 0]"] and tree(x, ids="id") == [f"x [id {hex(id(x))}]"]
    out = io.StringIO()
    debugprint(x, file=out)
    assert out.getvalue() == "x [id A]\n"


def test_it_prints_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    debugprint(T.dscalar("x"))
    assert capsys.readouterr().out == "x [id A]\n"


def test_letters_go_on_after_z() -> None:
    x = T.dscalar("x")
    y = x
    for _ in range(30):
        y = T.exp(y)
    assert tree(y)[25].endswith("[id Z]") and tree(y)[26].endswith("[id AA]") and tree(y)[27].endswith("[id AB]")


def test_formulas_of_what_is_read_and_turned() -> None:
    x, m, i = T.dvector("x"), T.dmatrix("m"), T.iscalar("i")
    texts = {"x[i:]": x[i:], "m[i, 1:]": m[i, 1:], "m[::-1, 0]": m[::-1, 0], "x[TensorConstant{[0 1]}]": x[[0, 1]],
             "m[i:, TensorConstant{[1]}]": m[i:, [1]],
             "|x|": abs(x), "(m \\dot x)": T.dot(m, x), "int32(x)": T.cast(x, "int32"), "(m.T \\dot m)": T.dot(m.T, m)}
    assert [pp(y) for y in texts.values()] == list(texts) and str(m.T) == "m.T"


def test_nodes_and_wrong_things() -> None:
    x = T.dscalar("x")
    assert tree((x + 1).owner) == tree(x + 1)
    assert tree(FunctionGraph([x], [x + 1], clone=False)) == tree(x + 1) and debugprint(3, file="str") == "3"
    with pytest.raises(TypeError, match="variables, nodes and functions"):
        debugprint("x")


def test_bodies_of_loops_follow() -> None:
    x = T.dvector("x")
    rows, _ = symgraph.scan(lambda row: T.tanh(row) * 2, sequences=x, name="squash")
    lines = tree(rows)
    assert lines[0].startswith("scan{squash}")
    at = lines.index("Inner graphs:")
    assert lines[at + 2].startswith("scan{squash}") and any("tanh" in line for line in lines[at:])
    assert not any("tanh" in line for line in lines[:at])


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_a_function_shows_the_graph_it_runs(linker: str) -> None:
    x = T.dvector("x")
    w = shared(np.ones(2), name="w")
    f = function([x], [x * 1 + 0, T.log(1 + x)], updates=[(w, w + x)], mode=symgraph.Mode(linker=linker))
    text = "\n".join(tree(f))
    assert "log1p" in text and "w [id" in text and "TensorConstant{0}" not in text
    assert "log1p" not in "\n".join(tree(list(f.outputs)))


def test_names_of_variables_as_text() -> None:
    m = T.dmatrix()
    assert repr(m) == "<TensorType(float64, matrix)>" and str(T.dmatrix("m")) == "m"
    assert str(T.constant(2)) == "TensorConstant{2}" and str(shared(0.0, name="w")) == "w"
    assert str(T.exp(m)) == "exp.0"
