"""The programs of the founding deck, run as users run them, on every linker; D1 to D3 of the acceptance to the letter."""

from __future__ import annotations

import functools
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgraph
import symgraph.tensor as T

ROOT = Path(__file__).parents[2]
DECK = ROOT / "examples" / "deck"
LINKERS = ("llvm", "c", "py")
on_every_linker = pytest.mark.parametrize("linker", LINKERS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@functools.cache
def run(name: str, cache: Path, linker: str = "llvm", flags: str = "", arguments: tuple[str, ...] = (), code: int = 0) -> tuple[str, str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": f"base_compiledir={cache},linker={linker}",
        "THEANO_FLAGS": flags,
                                "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, "-W", "error::UserWarning", str(DECK / name), *arguments], env=environment,
        capture_output=True, text=True,
                         timeout=300)
    assert ran.returncode == code, ran.stderr
    return ran.stdout, ran.stderr


def module(name: str, linker: str, **flags: Any) -> dict[str, Any]:
    """The names that a program of the deck defines."""
    with symgraph.config.change_flags(linker=linker, **flags):
        return runpy.run_path(str(DECK / name))


# D1 -------------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_adding_two_scalars(linker: str, cache: Path) -> None:
    assert run("theano_example_1.py", cache, linker, "device=cpu") == ("11.0\n", "")


@on_every_linker
def test_what_the_first_program_makes(linker: str) -> None:
    names = module("theano_example_1.py", linker)
    results, f = names["results"], names["f"]
    assert type(results) is np.ndarray and results.shape == () and results.dtype == "float64"
    assert f(1.5, 10) == 11.5
    with pytest.raises(ValueError, match="'x'") as caught:
        f("a", 1)
    assert "theano_example_1.py" in str(caught.value) and 'x = T.scalar("x")' in str(caught.value)
    with pytest.raises(TypeError, match="'x'") as wrong:
        f([1, 2], 1)
    assert 'x = T.scalar("x")' in str(wrong.value)
    with pytest.raises(TypeError, match="Missing required input: y"):
        f(1)
    narrow = module("theano_example_1.py", linker, floatX="float32")
    assert narrow["results"].dtype == "float32"
    with symgraph.config.change_flags(floatX="float32"):
        assert str(narrow["f"](0.1, 10)) == "10.1"


def test_the_c_source_of_the_first_program() -> None:
    text = module("theano_example_1.py", "c")["f"].source()
    assert "#include" in text and " + " in text and "double" in text


# D2 -------------------------------------------------------------------------------------------------------------------
EXPECTED = {
    ("3153540626",): ("82.199", "83.342", "66.897"), ("0",): ("14.335", "15.398", "64.090"), ("1",): ("69.188", "69.041", "65.799"),
    ("2",): ("42.812", "42.646", "65.600"), ("3",): ("44.045", "44.271", "65.454"), ("42",): ("45.607", "45.196", "65.393"),
    ("0", "2000"): ("40.051", "40.051", "66.000"),
}


@on_every_linker
def test_the_regression_prints_what_the_deck_does(linker: str, cache: Path) -> None:
    printed = "True coefficient 82.199 bias 66.000\nEstimated coefficient 83.342 bias 66.897\n"
    assert run("theano_example_2.py", cache, linker, "device=cpu,floatX=float64") == (printed, "")


@pytest.mark.parametrize("arguments", EXPECTED, ids="-".join)
def test_every_row_of_the_table(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["theano_example_2.py", *arguments])
    names = module("theano_example_2.py", "llvm")
    true, coefficient, bias = EXPECTED[arguments]
    assert capsys.readouterr().out == f"True coefficient {true} bias 66.000\nEstimated coefficient {coefficient} bias {bias}\n"
    w = b = 0.0
    for x, y in zip(names["X"][:, 0], names["y"], strict=True):
        slope = 2 * (w * x + b - y)
        w, b = w - 0.1 * slope * x, b - 0.1 * slope
    assert np.allclose([names["w"].get_value(), names["b"].get_value()], [w, b], rtol=1e-9, atol=0)
    assert names["w"].get_value().shape == () and names["w"].get_value().dtype == "float64"


@on_every_linker
def test_predictions_come_before_the_update(linker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["theano_example_2.py"])
    names = module("theano_example_2.py", linker)
    w, b, f = names["w"], names["b"], names["f"]
    w.set_value(0.0)
    b.set_value(0.0)
    first = f(names["X"][0], names["y"][0])
    assert first.tolist() == [0.0] and first.shape == (1,)
    assert w.get_value() != 0.0 and b.get_value() != 0.0


@on_every_linker
def test_the_regression_in_float32_says_why_not(linker: str, cache: Path) -> None:
    _, complaint = run("theano_example_2.py", cache, linker, "floatX=float32", code=1)
    assert complaint.splitlines()[-1].strip() and "TypeError" in complaint and "loss of precision" in complaint and "'x'" in complaint


# D3 -------------------------------------------------------------------------------------------------------------------
@on_every_linker
def test_powers(linker: str, cache: Path) -> None:
    answer, complaint = run("powers.py", cache, linker)
    assert answer.splitlines()[0] == "[ 0.  1.  4.  9. 16. 25. 36. 49. 64. 81.]" and answer.rstrip().endswith("6.561e+03]") and not complaint
    names = module("powers.py", linker)
    power, updates = names["power"], names["updates"]
    assert type(updates) is symgraph.OrderedUpdates and not updates
    squares = [k * k for k in range(10)]
    for value in (range(10), list(range(10)), np.arange(10), np.arange(10.0)):
        result = power(value, 2)
        assert result.dtype == "float64" and result.tolist() == squares
    assert power(range(10), 2.0).tolist() == squares and power(range(10), 4)[-1] == 6561
    assert power(range(3), 1).tolist() == [0, 1, 2] and power(range(3), 0).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="-1"):
        power(range(3), -1)
    M = np.random.RandomState(0).rand(50)
    assert np.allclose(power(M, 10), names["numpy_power"](M, 10), rtol=1e-14)
    assert module("powers.py", linker, floatX="float32")["power"](np.arange(3, dtype="float32"), 2).dtype == "float32"


def test_only_the_last_power_is_kept_in_memory(cache: Path, full: bool) -> None:
    size, steps = 1_000_000, 1000 if full else 200  # all steps: 8 GB, or 1.6 GB
    program = f"""
import resource, runpy, numpy as np
power = runpy.run_path({str(DECK / "powers.py")!r})["power"]
A = np.ones({size})
power(A, 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert power(A, {steps})[-1] == 1.0
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": f"base_compiledir={cache}"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 100


@on_every_linker
def test_powers_of_a_matrix(linker: str) -> None:
    M, k = T.dmatrix("M"), T.iscalar("k")
    result, updates = symgraph.scan(fn=lambda prior, M: prior * M, outputs_info=T.ones_like(M), non_sequences=M, n_steps=k)
    f = symgraph.function([M, k], result[-1], updates=updates, mode=symgraph.Mode(linker))
    value = np.random.RandomState(1).rand(10, 5)
    expected = np.ones_like(value)
    for _ in range(10):
        expected = expected * value
    assert np.array_equal(f(value, 10), expected)


# The two classifiers --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "limit"), [("logistic_regression.py", 0.08), ("mlp.py", 0.06)])
@on_every_linker
def test_classifiers_learn_the_digits(name: str, limit: float, linker: str, cache: Path) -> None:
    answer, complaint = run(name, cache, linker)
    lines = answer.splitlines()
    assert not complaint and len(lines) >= 10
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines if "loss " in line]
    errors = [float(line.rsplit(" ", 1)[1]) for line in lines if "test error" in line]
    assert losses[-1] < losses[0] / 3 and errors[-1] < limit


def test_the_linkers_print_the_same(cache: Path) -> None:
    assert len({run("mlp.py", cache, linker)[0] for linker in LINKERS}) == 1
