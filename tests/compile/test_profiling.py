"""Measured functions: what is counted, the tables, the switches of profiling, and that nothing of it is there where nothing is measured."""

from __future__ import annotations

import io
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
from symgraph import config, function
from symgraph.compile import ProfileMode, ProfileStats, ScanProfileStats, profiling
from symgraph.compile.native import NativeFunction
from symgraph.theano.modules import find_name

ROOT = Path(__file__).resolve().parents[2]
x = T.dvector("x")
CUMSUM = str(T.cumsum(x).owner.op)


@pytest.fixture(autouse=True)
def nothing_at_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_all", "_printed", "_printers"):
        monkeypatch.setattr(profiling, name, [])
    monkeypatch.setattr(profiling, "_registered", [True])


def text_of(stats: Any, **options: Any) -> str:
    file = io.StringIO()
    stats.summary(file, **options)
    return file.getvalue()


def loop() -> Any:
    rows, _ = symgraph.scan(lambda a, b: T.exp(-a) * b, x, T.constant(1.0), name="decay")
    return rows


@pytest.mark.parametrize("linker", ["llvm", "c", "py"])
def test_kernels_are_measured(linker: str) -> None:
    w = symgraph.shared(1.0, name="w")
    f = function([x], [loop(), T.cumsum(x)], updates=[(w, w + 1)], profile="mine", mode=symgraph.Mode(linker=linker))
    plain = function([x], [loop(), T.cumsum(x)], mode=symgraph.Mode(linker=linker))
    for _ in range(3):
        for got, wanted in zip(f([3.0, 1.0, 2.0]), plain([3.0, 1.0, 2.0])):
            np.testing.assert_array_equal(got, wanted)
    assert w.get_value() == 4.0 and f.profile.fct_callcount == 3 and f.profile.message == "mine"
    runs = {str(k): k.calls for k in f.profile.kernels()}
    body = [k for k in f.profile.kernels() if "mul" in str(k)]
    assert runs[CUMSUM] == 3 and body[0].calls == 9 and "test_profiling" in body[0].place.filename
    assert 0 < sum(k.seconds for k in f.profile.kernels()) < 2 * f.profile.fct_call_time
    assert any(str(op).startswith("CumOp") for op in f.profile.op_time()) and sum(f.profile.op_callcount().values()) == sum(runs.values())
    assert set(f.profile.class_time()) == set(f.profile.class_callcount()) == set(f.profile.class_nodes())
    assert sum(f.profile.apply_time.values()) == pytest.approx(sum(f.profile.op_time().values())) and len(f.profile.apply_callcount) == len(runs)
    said = text_of(f.profile)
    assert "Profile of mine" in said and "3 calls" in said and CUMSUM in said and "test_profiling.py" in said and "compiled in" in said
    assert (linker == "py") != ("station binary" in said)
    f.profile.reset()
    f([1.0])
    assert f.profile.fct_callcount == 1 and {str(k): k.calls for k in f.profile.kernels()}[CUMSUM] == 1


def test_who_is_measured() -> None:
    assert type(function([x], x * 2)) is NativeFunction and not isinstance(function([x], x * 2).profile, ProfileStats)
    with config.change_flags(profile=True):
        assert isinstance(function([x], x * 2).profile, ProfileStats) and not isinstance(function([x], x * 2, profile=False).profile, ProfileStats)
    with pytest.raises(TypeError, match="profile must be"):
        function([x], x * 2, profile=3)
    both = ProfileStats(atexit_print=False)
    f, g = function([x], x * 2, profile=both), function([x], x * 3, profile=both)
    assert f([1.0]) == 2 and g(x=[1.0]) == 3 and both.fct_callcount == 2 and f.profile is g.profile is both
    assert pickle.loads(pickle.dumps(f))([1.0]) == 2 and f.copy()([2.0]) == 4 and both.fct_callcount == 2
    with pytest.raises(ValueError, match="could not convert"):
        f("text")
    assert function([x], {"a": x * 2}, profile=True)([1.0]) == {"a": np.array([2.0])}
    mode = ProfileMode(optimizer="fast_compile")
    function([x], T.exp(x), mode=mode)([0.0])
    assert mode.stats.fct_callcount == 1
    assert function([x], T.exp(x), mode="PROFILE_MODE")([0.0]) == 1
    m = symgraph.sparse.csr_matrix("m")
    import scipy.sparse

    h = function([m], symgraph.sparse.dot(m, np.eye(2)), profile=both)
    assert h(scipy.sparse.csr_matrix(np.eye(2))).shape == (2, 2) and both.fct_callcount == 3
    assert find_name("compile.profiling", "ProfileStats") is ProfileStats and issubclass(ScanProfileStats, ProfileStats)


def measured(**flags: Any) -> Any:
    names = {name: f"profiling.{name}" if name in ("time_thunks", "ignore_first_call") else name for name in flags}
    with config.change_flags({names[name]: value for name, value in flags.items()}):
        f = function([x], [T.exp(x).sum(), T.cumsum(x), T.cumprod(x)], profile=True)
        for _ in range(3):
            f(np.arange(300.0))
    return f.profile


def test_the_switches_of_profiling(tmp_path: Any, capsys: Any) -> None:
    assert not measured(time_thunks=False).kernels() and measured(time_thunks=False).fct_callcount == 3
    first = measured(ignore_first_call=True)
    assert first.fct_callcount == 2 and all(k.calls == 2 for k in first.kernels())
    stats = measured(profile_memory=True)
    assert "2400 bytes (300,) CumOp" in text_of(stats) and "at once" not in text_of(stats)
    with config.change_flags({"profiling.min_peak_memory": True, "profiling.min_memory_size": 10000}):
        assert "bytes at once" in text_of(stats) and "CumOp" not in text_of(stats).partition("memory:")[2]
    assert len(stats.kernels()) == 3 and "... and 2 more" in text_of(stats, n_ops_to_print=1)
    assert "... and 1 more" in text_of(stats, n_apply_to_print=2)
    with config.change_flags({"profiling.n_ops": 1, "profiling.output_line_width": 40, "profile_optimizer": True}):
        said = text_of(stats)
    assert "... and 2 more" in said and max(map(len, said.splitlines())) == 40 and "pass canonical" in said
    profiling._printed[:] = [stats, measured()]
    profiling.register_profiler_printer(lambda message, compile_time, call_time, apply_time, file: print("printer", len(apply_time), file=file))
    for where in ("stdout", "stderr", str(tmp_path / "table")):
        with config.change_flags({"profiling.destination": where}):
            profiling._print_all()
    told = capsys.readouterr()
    for said in (told.out, told.err, (tmp_path / "table").read_text()):
        assert said.count("Profile of") == 2 and said.count("printer 3") == 2 and "All functions" in said
    for part in ("function", "class", "ops", "nodes", "memory"):
        getattr(stats, f"summary_{part}")(file := io.StringIO())
        assert file.getvalue()


def test_tables_when_the_program_ends() -> None:
    program = ("import sys, symgraph, symgraph.tensor as T\nx = T.dvector('x')\nf = symgraph.function([x], T.exp(x))\nf([1.0]); f([1.0])\n"
               "symgraph.function([x], x + 1)\nprint('symgraph.compile.profiling' in sys.modules)")

    def run(flags: str) -> Any:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": f"{os.environ.get('SYMGRAPH_FLAGS', '')},{flags}".strip(",")}
        return subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)

    plain = run("")
    assert plain.stdout == "False\n" and plain.stderr == ""
    table = run("profile=True").stderr
    assert "2 calls" in table and "exp" in table and "Compiled and never called: 1 functions" in table


def test_the_sum_alone(capsys: Any) -> None:
    with config.change_flags(print_global_stats=True):
        f = function([x], T.exp(x))
        f([1.0]), f([1.0])
        profiling._print_all()
    said = capsys.readouterr().err.strip()
    assert said.startswith("All functions: 1 compiled in") and "2 calls in" in said and "\n" not in said


def test_fusion_can_be_limited_and_sources_kept(capsys: Any) -> None:
    def kernels(**flags: Any) -> int:
        with config.change_flags({name.replace("__", "."): value for name, value in flags.items()}):
            f = function([x], T.exp(x) * T.sin(x) + T.cos(x), profile=True)
            f(np.ones(3))
            np.testing.assert_allclose(f(np.ones(3)), np.exp(1) * np.sin(1) + np.cos(1))
        return len(f.profile.kernels())

    assert kernels() == 1 and kernels(tensor__local_elemwise_fusion=False) == kernels(fusion_budget=1) == 5 and kernels(fusion_budget=2) == 3
    with config.change_flags({"nocleanup": True, "gcc.cxxflags": "-DFOR_A_TEST"}):
        function([x], T.exp(x) * 3.25, mode=symgraph.Mode(linker="c"))([0.0])
    folder = capsys.readouterr().err.partition("kept in ")[2].strip()
    assert any(name.endswith(".c") for name in os.listdir(folder))
    with config.change_flags({"gcc.cxxflags": "-no_such_flag_at_all"}), pytest.raises(Exception, match="no_such_flag"):
        function([x], T.exp(x) * 4.25, mode=symgraph.Mode(linker="c"))
