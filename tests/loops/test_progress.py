"""progress=: a function that is told how far a loop is, or a bar."""

from __future__ import annotations

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
from symgraph import function, loops, scan, shared, until
from symgraph.loops.loopop import LoopOp

on_every_linker = pytest.mark.parametrize("linker", ("llvm", "c", "py"))

n, x, v = T.lscalar("n"), T.dscalar("x"), T.dvector("v")


class Told(list):  # type: ignore[type-arg]
    """What a loop told."""

    def __call__(self, done: int, steps: int | None) -> None:
        assert type(done) is int and type(steps) in (int, type(None))
        self.append((done, steps))


def double(told: Any, every: int = 3) -> Any:
    return scan(lambda y: 2 * y, outputs_info=x, n_steps=n, progress=(told, every))[0]


@on_every_linker
@pytest.mark.parametrize("optimizer", ("fast_run", "None"))
def test_a_function_is_told_every_n_steps(linker: str, optimizer: str) -> None:
    told = Told()
    f = function([x, n], double(told)[-1], mode=symgraph.Mode(linker, optimizer))
    assert f(1.0, 7) == 128
    assert told == [(3, 7), (6, 7), (7, 7)]
    told.clear()
    assert f(1.0, 6) == 64
    assert told == [(3, 6), (6, 6)]
    told.clear()
    assert f(1.0, 2) == 4
    assert told == [(2, 2)]


@on_every_linker
def test_loops_that_end_by_a_condition(linker: str) -> None:
    told = Told()
    rows, _ = scan(lambda y: (2 * y, until(y > 20)), outputs_info=x, n_steps=100, progress=(told, 2))
    f = function([x], rows, mode=symgraph.Mode(linker))
    assert f(1.0).tolist() == [2, 4, 8, 16, 32, 64]
    assert told == [(2, 100), (4, 100), (6, 6)]
    told.clear()
    f = function([x], loops.while_(lambda y: y < 60, lambda y: 2 * y, x, progress=(told, 4)), mode=symgraph.Mode(linker))
    assert f(1.0) == 64 and told == [(4, None), (6, 6)]
    told.clear()
    assert f(100.0) == 100 and told == [(0, 0)]


def test_the_front_end_has_it() -> None:
    told = Told()
    for result in (loops.fold(lambda s, y: (s + y, None), 0.0, v, progress=(told, 2))[0], loops.iterate(lambda s: s + 1, x, 3, progress=(told, 2)),
                   loops.fori(0, 3, lambda i, s: s + i, 0, progress=(told, 2))):
        told.clear()
        function([v, x], result, on_unused_input="ignore")([1.0, 2.0, 3.0], 0.0)
        assert told == [(2, 3), (3, 3)]


@on_every_linker
def test_the_outermost_loop_reports(linker: str) -> None:
    outer, inner = Told(), Told()

    def inside(y: Any) -> Any:
        return loops.iterate(lambda s: s * 0.5 + 1, y, 4, progress=(inner, 2))

    f = function([x], loops.iterate(inside, x, 3, progress=(outer, 1)), mode=symgraph.Mode(linker))
    f(1.0)
    assert outer == [(1, 3), (2, 3), (3, 3)] and not inner
    f = function([x], loops.iterate(lambda y: T.switch(y > 0, inside(y), y), x, 2), mode=symgraph.Mode(linker))
    f(1.0)
    assert inner == [(2, 4), (4, 4)] * 2
    inner.clear()
    f = function([x], loops.iterate(lambda y: loops.cond(y > 0, lambda: inside(y), lambda: y), x, 2, progress=(outer, 5)), mode=symgraph.Mode(linker))
    f(1.0)
    assert outer[-1] == (2, 2) and not inner


@on_every_linker
def test_beside_python_ops(linker: str) -> None:
    @symgraph.as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def half(y: Any) -> Any:
        return y / 2

    first, second = Told(), Told()
    a = loops.iterate(lambda y: half(y) + 1, x, 4, progress=(first, 2))
    b = loops.iterate(lambda y: half(y + 1), half(a), 3, progress=(second, 2))
    assert function([x], [half(b), a], mode=symgraph.Mode(linker))(1.0) == [0.498046875, 1.9375]
    assert first == [(2, 4), (4, 4)] and second == [(2, 3), (3, 3)]


class Enough(Exception):
    pass


@on_every_linker
def test_what_the_function_raises_ends_the_call(linker: str) -> None:
    total = shared(1.0, "total")

    def tell(done: int, steps: int | None) -> None:
        if done >= 6:
            raise Enough("enough", done)

    f = function([x, n], double(tell)[-1], updates=[(total, total + 1)], mode=symgraph.Mode(linker))
    f(1.0, 5)
    with pytest.raises(Enough) as caught:
        f(1.0, 100)
    assert caught.value.args[1] == 6 and caught.value.args[0].splitlines()[0] == "enough"
    with pytest.raises(Enough):
        f(1.0, 8)
    assert total.get_value() == 2
    assert f(1.0, 4) == 16


@pytest.mark.parametrize("linker", ("llvm", "py"))
def test_a_bar_after_a_failed_call(linker: str, capsys: Any) -> None:
    y, _ = scan(lambda k, s: s + v[k], sequences=T.arange(n), outputs_info=x, progress=True)
    f = function([v, n, x], y[-1], mode=symgraph.Mode(linker))
    with pytest.raises(IndexError):
        f([1.0], 3, 0.0)
    assert f([1.0, 2.0, 3.0], 3, 0.0) == 6
    assert capsys.readouterr().err.endswith("3 steps, 0.0 s\n")


def test_derivatives_report_the_forward_loop_alone() -> None:
    told = Told()
    y = double(told, 2)[-1]
    assert function([n], T.grad(y, x))(5) == 32 and not told  # linear: no step has to run
    for checkpoint in (None, 2):
        y, _ = scan(lambda y: T.sin(y), outputs_info=x, n_steps=5, progress=(told, 2), checkpoint=checkpoint)
        function([x], [y[-1], T.grad(y[-1], x)])(1.0)
        assert told == [(2, 5), (4, 5), (5, 5)]
        told.clear()
        function([x], [y[-1], T.Rop(y[-1], x, T.constant(1.0))])(1.0)
        assert told == [(2, 5), (4, 5), (5, 5)]
        told.clear()


def test_a_map_that_reports_stays_a_loop() -> None:
    told = Told()
    y, _ = scan(lambda e: e * 2, sequences=v, progress=(told, 2))
    assert function([v], y)([1.0, 2.0, 3.0]).tolist() == [2, 4, 6] and told == [(2, 3), (3, 3)]


def test_it_costs_nothing_when_off() -> None:
    y, _ = scan(lambda y: 2 * y, outputs_info=x, n_steps=n)
    silent = function([x, n], y[-1]).source("ir")
    assert "callback" not in silent
    assert "callback" in function([x, n], double(print)[-1]).source("ir")
    y, _ = scan(lambda y: 2 * y, outputs_info=x, n_steps=n, progress=False)
    assert function([x, n], y[-1]).source("ir") == silent


def test_some_ten_times_a_second_without_a_number() -> None:
    told = Told()
    y, _ = scan(lambda y: 3.7 * y * (1 - y), outputs_info=x, n_steps=n, progress=told)
    f = function([x, n], y[-1])
    f(0.3, 10**6)
    assert told[-1] == (10**6, 10**6) and len(told) < 30
    told.clear()
    f(0.3, 5)
    assert told == [(5, 5)]


def test_two_functions_keep_two_listeners() -> None:
    a, b = Told(), Told()
    f, g = (function([x, n], double(told)[-1]) for told in (a, b))
    f(1.0, 3), g(1.0, 4)
    assert a == [(3, 3)] and b == [(3, 4), (4, 4)]


def test_a_bar_as_text(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    y, _ = scan(lambda y: 2 * y, outputs_info=x, n_steps=4, progress=("bar", 2), name="twice")
    function([x], y[-1])(1.0)
    lines = capsys.readouterr().err.split("\r")
    assert [line[: line.index(",")] for line in lines[1:]] == ["loop twice  50% 2 of 4 steps", "loop twice 100% 4 steps"] and lines[-1][-1] == "\n"
    loops.while_(lambda y: y < 7, lambda y: 2 * y, x, progress=("bar", 2)).eval({x: 1.0})
    lines = capsys.readouterr().err.split("\r")
    assert [line[: line.index(",")] for line in lines[1:]] == ["loop 2 steps", "loop 100% 3 steps"]


def test_a_bar_of_rich(capsys: Any, tmp_path: Path) -> None:
    """The package's own classes are used as written here."""
    folder = tmp_path / "rich"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "console.py").write_text(
        "import sys\nclass Console:\n    def __init__(self, stderr=False):\n        self.file = sys.stderr if stderr else sys.stdout\n"
        "    def print(self, x, end='\\n'):\n        self.file.write(str(x) + end)\n")
    (folder / "progress_bar.py").write_text(
        "class ProgressBar:\n    def __init__(self, total=100.0, completed=0, width=None, pulse=False):\n"
        "        self.text = f'<{completed} of {total}, {pulse}>'\n    def __str__(self):\n        return self.text\n")
    program = ("import symgraph.tensor as T\nfrom symgraph import loops\nx = T.dscalar()\n"
               "loops.iterate(lambda y: y + 1, x, 4, progress=('bar', 2)).eval({x: 0.0})\n")
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                           env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])})
    lines = found.stderr.splitlines()[1:]  # "\r" is read as the end of a line
    assert [line.rpartition(",")[0] for line in lines] == ["loop <2 of 4, False> 2 of 4 steps", "loop <4 of 4, False> 4 steps"]


def test_a_loop_that_reports_is_pickled() -> None:
    y = double(print)[-1]
    (node,) = [u.owner for u in symgraph.expr.walk.ancestors([pickle.loads(pickle.dumps(y))]) if u.owner and isinstance(u.owner.op, LoopOp)]
    assert node.op.progress.tell is print and node.op.progress.every == 3


@pytest.mark.parametrize(("given", "error", "text"), [
    (3, TypeError, "scan|loop: progress must be a function"),
    ("line", TypeError, "True or 'bar'"),
    ((print, 0), ValueError, "after a number of steps, got 0"),
    ((print, 2.5), TypeError, "a whole number of steps, got 2.5"),
    ((print, True), TypeError, "a whole number of steps, got True"),
    ((3, 3), TypeError, "progress must be a function"),
])
def test_bad_progress(given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        scan(lambda y: 2 * y, outputs_info=x, n_steps=4, progress=given)
    with pytest.raises(error, match=text):
        loops.iterate(lambda y: 2 * y, x, 4, progress=given)


def test_numbers_of_steps_may_be_numpys() -> None:
    told = Told()
    y, _ = scan(lambda y: 2 * y, outputs_info=x, n_steps=4, progress=(told, np.int64(3)))
    y[-1].eval({x: 1.0})
    assert told == [(3, 4), (4, 4)]
