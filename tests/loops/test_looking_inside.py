"""What one sees of a loop: its body in print-outs, Print in its steps."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T
from symgraph import function, scan, until
from symgraph.printing import Print

m, v, w, c, n = T.dmatrix("m"), T.dvector("v"), T.dmatrix("w"), T.dscalar("c"), T.iscalar("n")

ELMAN = """\
scan{elman}.1 [id A]
 |ShapeItem{axis=0} [id B]
 | |m [id C]
 |m [id C]
 |v [id D]
 |w [id E]

Inner graphs:

scan{elman}.1 [id A]
 new state 0, row of result 0:
 >tanh [id F]
   |add [id G]
   | |m[t] [id H] {row of sequence 0} -> [id C]
   | |dot [id I]
   | | |v[t-1] [id J] {state 0} -> [id D]
   | | |w [id K] {captured} -> [id E]"""


def test_the_body_is_printed_with_what_its_inputs_and_results_are() -> None:
    h, _ = scan(lambda x, h: T.tanh(x + T.dot(h, w)), sequences=m, outputs_info=v, name="elman")
    assert symgraph.debugprint(h, file="str") == ELMAN
    bare = symgraph.debugprint(h, file="str", ids="")
    assert "{state 0}\n" in bare and "->" not in bare


def test_what_has_no_name_is_told_by_what_it_is() -> None:
    (total, row), _ = scan(lambda x, y: ([x + y, x * 2], until(y > 3)), sequences=[T.exp(v)], outputs_info=[T.constant(0.0), None])
    text = symgraph.debugprint(total, file="str")
    assert "{row of sequence 0}" in text and "{state 0}" in text
    assert [line for line in text.splitlines() if line.endswith(":")] == [
        "Inner graphs:", " new state 0, row of result 0:", " row of result 1:", " until:"]


def test_loops_in_loops_follow_each_other() -> None:
    table, _ = scan(lambda row: scan(lambda a, p: a + p, sequences=row, outputs_info=c, name="inner")[0][-1], sequences=m, name="outer")
    lines = symgraph.debugprint(table, file="str").splitlines()
    heads = [k for k, line in enumerate(lines) if k and not lines[k - 1] and line.startswith("scan")]
    assert [lines[k].split("}")[0] for k in heads] == ["scan{outer", "scan{inner"]
    assert any("m[t][t]" in line and "{row of sequence 0} -> " in line for line in lines[heads[1] :])


@pytest.mark.parametrize("linker", ["py", "llvm", "c"])
def test_print_in_each_step_in_order(linker: str, capsys: pytest.CaptureFixture[str]) -> None:
    h, _ = scan(lambda k, h: Print("h is")(h * 2 + Print("k is", attrs=("shape", "__str__"))(k)), sequences=v, outputs_info=c)
    wanted, state = [], 1.0
    for x in (0.5, -1.0, 2.0):
        state = state * 2 + x
        wanted += ["k is shape = ()", f"k is __str__ = {x}", f"h is __str__ = {state}"]
    for result in (h, h[-1]):  # with all rows, and with the last alone
        call = function([v, c], result, mode=symgraph.Mode(linker))
        capsys.readouterr()
        assert np.all(call([0.5, -1.0, 2.0], 1.0) == np.array([2.5, 4.0, 10.0])[() if result is h else -1])
        assert capsys.readouterr().out.splitlines() == wanted


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_print_goes_where_it_is_told(linker: str) -> None:
    told = io.StringIO()

    def note(op: Any, value: Any) -> None:
        told.write(f"{op.message}{value.tolist()};")

    rows, _ = scan(lambda a: scan(lambda b: Print("b", global_fn=note)(a * b), sequences=T.arange(2))[0], sequences=T.arange(n))
    function([n], rows, mode=symgraph.Mode(linker))(3)
    assert told.getvalue() == "b0;b0;b0;b1;b0;b2;"


@pytest.mark.parametrize("linker", ["py", "llvm"])
def test_the_profile_tells_the_ops_within_loops(linker: str) -> None:
    def inner(row: Any) -> Any:
        return scan(lambda a, p: T.tanh(a + p), sequences=row, outputs_info=c, name="inner")[0][-1]

    rows, _ = scan(inner, sequences=m, name="outer")
    count = symgraph.shared(0, name="count")
    f = function([m, c], [rows, T.exp(rows).sum()], updates={count: count + 1}, mode=symgraph.Mode(linker))
    times = f.profile.measure(np.ones((3, 4)), 0.5)
    calls = {row.path: row.calls for row in times}
    assert calls["scan{outer}",] == 1 and calls["scan{outer}", "scan{inner}"] == 3 and calls["scan{outer}", "scan{inner}", "tanh"] == 12
    assert [row.seconds for row in times] == sorted((row.seconds for row in times), reverse=True) and all(row.seconds > 0 for row in times)
    deepest = next(row for row in times if row.path[-1] == "tanh")
    assert deepest.node.line.filename == __file__ and "scan{outer} > scan{inner} > tanh" in str(times) and "numpy's rules" in str(times)
    assert count.get_value() == 0  # nothing is updated
    with pytest.raises(TypeError):
        f.profile.measure(np.ones((3, 4)))
