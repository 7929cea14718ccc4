"""Pages with graphs (d3viz), printers of a program's own, digests."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as tree
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, printing
from symgraph.printing import page
from symgraph.theano.modules import find_name

x = T.dvector("x")


def parts(text: str) -> tuple[list[Any], Any]:
    """The pictures of a page, parsed, and the facts of their boxes."""
    pictures = [tree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.S)]
    return pictures, json.loads(text.partition("const facts = ")[2].partition(", list =")[0])


def boxes(picture: Any, kind: str) -> list[Any]:
    return [g for g in picture.iter("g") if kind in (g.get("class") or "").split()]


def test_a_page_of_an_expression(tmp_path: Any) -> None:
    s = symgraph.shared(np.ones(2), name="weights")
    y = T.exp(x + s) * 3
    y.name = "<y & co>"
    path = tmp_path / "deep" / "page.html"
    printing.d3viz([y, x], path)
    text = path.read_text(encoding="utf-8")
    (picture,), (facts,) = parts(text)
    assert [len(boxes(picture, kind)) for kind in ("input", "shared", "constant", "op", "output")] == [1, 1, 1, 3, 2]
    assert len(picture.findall(".//path")) == 7 and len(facts) == 8  # lines: two a binary op, one of exp, two of the outputs
    said = [dict(rows) for rows in facts]
    exp = next(row for row in said if row.get("op") == "exp")
    assert exp["output"] == "TensorType(float64, vector)" and "test_pictures.py" in exp["written at"] and "T.exp(x + s) * 3" in exp["written at"]
    assert "<y" not in text and not re.search(r"https?://|<link|src=", text)


def test_layers_go_down() -> None:
    deep = x
    for _ in range(30):
        deep = T.tanh(deep) + x
    (picture,), _ = parts(page.html_page(deep))
    height = {g.get("data-box"): float(g.find("rect").get("y")) for g in picture.iter("g") if g.get("data-box")}
    assert len(set(height.values())) == 62
    for line in picture.findall(".//path"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", line.get("d"))]
        assert numbers[1] < numbers[-1]
    wide = T.add(*[T.exp(x * k) for k in range(2, 40)])
    (picture,), _ = parts(page.html_page(wide))
    rows: dict[str, list[tuple[float, float]]] = {}
    for g in picture.iter("g"):
        if g.get("data-box"):
            rect = g.find("rect")
            rows.setdefault(rect.get("y"), []).append((float(rect.get("x")), float(rect.get("width"))))
    for row in rows.values():
        row.sort()
        assert all(a + width <= b for (a, width), (b, _) in zip(row, row[1:]))  # no two overlap


def test_bodies_open_and_times_are_shown() -> None:
    rows, _ = symgraph.scan(lambda a, b: T.exp(-a) * b, x, T.constant(1.0), name="decay")
    f = function([x], rows, profile=symgraph.compile.ProfileStats(atexit_print=False))
    f([1.0, 2.0])
    pictures, facts = parts(page.html_page(f))
    assert len(pictures) == 2 and [g.get("data-body") for g in boxes(pictures[0], "body")] == ["1"]
    inner = [dict(rows) for rows in facts[1]]
    assert any("sequence" in row.get("in the loop", "") for row in inner)
    times = [row["time"] for row in inner if "time" in row]
    assert any("2 runs" in text and "of all" in text for text in times) and any("together with" in text for text in times)
    assert "hsl(" in page.html_page(f)
    for thing in (function([x], x * 2), x, [x], function([x], symgraph.ifelse.ifelse(x.sum() > 0, T.exp(x), x))):
        assert parts(page.html_page(thing))[0]
    with pytest.raises(TypeError, match="can print"):
        page.html_page(3)


def test_large_graphs_take_linear_time() -> None:
    y: Any = x
    for k in range(1500):
        y = T.sin(y) * (k + 1.5)
    (picture,), (facts,) = parts(page.html_page(y))
    assert len(facts) == 4502 and picture is not None


def test_names_of_theano(tmp_path: Any) -> None:
    assert find_name("d3viz", "d3viz") is printing.d3viz and find_name("d3viz.d3viz", "safe_json") is page.safe_json
    assert page.safe_json("<a>") == '"\\u003ca>"' and page.replace_patterns("a b", {"a": 1, "b": "c"}) == "1 c"
    find_name("d3viz", "d3write")(x * 2, tmp_path / "g.dot")
    assert (tmp_path / "g.dot").read_text().startswith("digraph")
    assert find_name("", "pp") is find_name("printing", "pprint") is find_name("printing", "pp") is printing.pprint


@pytest.mark.parametrize(("condition", "printer", "text"), [
    (T.exp, printing.FunctionPrinter("EXP"), "(EXP((x * s)) + x)"),
    (T.mul, printing.OperatorPrinter("times", 1, "none"), "(exp((x times s)) + x)"),
    (T.exp, printing.OperatorPrinter("~", 1, "right"), "((~(x * s)) + x)"),
    (T.exp, printing.PatternPrinter("e^{%(0)s}"), "(e^{(x * s)} + x)"),
    (T.exp, printing.PatternPrinter(("e^{%(0)s}", 3)), "(e^{(x * s)} + x)"),
    (T.exp, printing.IgnorePrinter(), "((x * s) + x)"),
    (lambda state, r: r is x, printing.PatternPrinter("never"), TypeError),
    (lambda state, r: False, printing.leaf_printer, "(exp((x * s)) + x)"),
    (lambda state, r: r.owner is None, printing.LeafPrinter(), "(exp((x * s)) + x)"),
    (T.add, printing.DefaultPrinter(), "(exp((x * s)) + x)"),
])
def test_printers(condition: Any, printer: Any, text: Any) -> None:
    s = T.dscalar("s")
    mine = printing.PPrinter().clone_assign(condition, printer)
    if isinstance(text, str):
        assert mine(T.exp(x * s) + x) == text
    else:
        with pytest.raises(text):
            mine(T.exp(x * s) + x)


def test_printing_formulas() -> None:
    assert printing.pprint(T.exp(x) + 1) == printing.pp(T.exp(x) + 1) == "(exp(x) + TensorConstant{1})"
    y = T.exp(x)
    y.name = "y"
    assert printing.pprint([x], [y * 2, x], {x: y}) == "output 0 = (y * TensorConstant{2})\nx = x\nx <- exp(x)"
    assert printing.pprint([x, T.exp(x)]) == "x\nexp(x)"
    with pytest.raises(TypeError):
        printing.pprint(x, y)
    with pytest.raises(TypeError):
        printing.PPrinter().assign(3, printing.IgnorePrinter())
    with pytest.raises(ValueError):
        printing.OperatorPrinter("+", 1, "up")
    state = printing.PrinterState({"a": 1}, b=2)
    assert (state.clone(a=3).a, state.clone({"c": 4}).c, state.b, printing.PrinterState(state).a) == (3, 4, 2, 1)


def test_digests_are_those_of_theano() -> None:
    recorded = "ab25350e3e65efebe24584461683ecda68725576e825e550038b90e7b1479946|strides=[8]|shape=[3]"
    assert printing.hex_digest(np.arange(3, dtype="int64")) == recorded
    assert printing.hex_digest(np.ones((2, 2)).T) != printing.hex_digest(np.ones((2, 2)))
    assert printing.position_independent_str(x + 1) == "theano_var{type=TensorType(float64, vector)}"
    for wrong in (printing.hex_digest, printing.position_independent_str):
        with pytest.raises(TypeError):
            wrong([1, 2])
