"""Programs in the words of Theano give what the real Theano 1.0.5 gave: values, dtypes, shapes, and the class of the error.

`recorded.json` is written by `record.py`. Where symgraph differs on purpose, `INTENDED` says how; docs/from-theano.md says why.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_programs import EXPRESSIONS, PROGRAMS
from old_runs import gradient, run_expression, run_program, together, variables, with_gradient

import symgraph
from symgraph.compile import optdb
from symgraph.theano import install
from tests.quick import quick_code

install()
theano = importlib.import_module("theano")
RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))
LINKERS = ("llvm", "c", "py")
STATIONS = set(optdb.entries)
GRADIENT = "gradient of "

# Name of a program -> what is different here.
INTENDED: dict[str, str] = {
    "T.bincount(k)": "int64, as numpy",
    "T.bincount(k, minlength=5)": "int64, as numpy",
    "gradient of 2 ** p": "the logarithm of a small integer in float64, not float32",
    "a copy with other shared variables": "a number has no dimensions",
    "T.nlinalg.norm(v, np.inf)": "the largest absolute value",
    "gradient of T.nlinalg.norm(v, np.inf)": "the derivative of the largest absolute value",
    "typed_list: index, count": "int64, not floatX",
}


def stored(row: list[Any]) -> np.ndarray:
    dtype, shape, numbers = row
    if dtype.startswith("complex"):
        numbers = [complex(*pair) for pair in numbers]
    return np.array(numbers, dtype=dtype).reshape(shape)


def agrees(found: Any, row: list[Any], dtype: str | None = None) -> None:
    """dtype: the one it must have, where that is not the recorded one."""
    expected = stored(row)
    found = np.asarray(found)
    assert (str(found.dtype), found.shape) == (dtype or str(expected.dtype), expected.shape)
    if expected.dtype.kind in "fc":
        single = {expected.dtype.name, found.dtype.name} & {"float32", "complex64"}
        np.testing.assert_allclose(found, expected, rtol=2e-5 if single else 1e-9, atol=2e-6 if single else 1e-11)
    else:
        np.testing.assert_array_equal(found, expected)


def compare(name: str, run: Any) -> None:
    recorded = RECORDED[name]
    if "error" in recorded:
        with pytest.raises(getattr(builtins, recorded["error"])):
            run()
        return
    found = run()
    assert len(found) == len(recorded["values"])
    for x, row in zip(found, recorded["values"]):
        agrees(x, row)


@pytest.fixture(autouse=True)
def float64(monkeypatch: pytest.MonkeyPatch) -> Any:
    with symgraph.config.change_flags(floatX="float64"), quick_code():
        yield
    for db in (optdb, *[one.object for one in optdb.entries.values()]):  # what a program registered goes with it
        for name in [name for name in getattr(db, "entries", ()) if name not in STATIONS]:
            db.remove(name)


def on(linker: str) -> symgraph.Mode:
    return symgraph.Mode(linker=linker)


def linkers_of(number: int) -> str:
    """Each expression on one of the linkers in turn: all three see every family, in a third of the time. `--full`: all on all."""
    return LINKERS[number % len(LINKERS)]


TEXTS = [text for text in dict.fromkeys(EXPRESSIONS) if text not in INTENDED]
BATCH = 60  # expressions that follow each other, of which those on one linker are computed by one function


def has_slopes(text: str) -> bool:
    return GRADIENT + text in RECORDED and GRADIENT + text not in INTENDED


@functools.lru_cache(maxsize=len(LINKERS))
def computed(start: int, linker: str) -> dict[str, list[Any]]:
    """What one function gives for the expressions from `start` on that are on this linker; nothing where one of them fails alone, too."""
    texts = [text for number, text in enumerate(TEXTS[start : start + BATCH], start) if linkers_of(number) == linker and "values" in RECORDED[text]]
    try:
        return dict(zip(texts, together(theano, [(text, has_slopes(text)) for text in texts], on(linker)), strict=True))
    except Exception:
        for text in texts:
            try:
                alone(text, linker)
            except Exception:
                return {}  # its own test says so
        raise


def alone(text: str, linker: str) -> list[Any]:
    return (with_gradient if has_slopes(text) else run_expression)(theano, text, on(linker))


@pytest.mark.parametrize(("number", "text"), list(enumerate(TEXTS)), ids=TEXTS)
def test_expression(number: int, text: str, full: bool) -> None:
    for linker in LINKERS if full else [linkers_of(number)]:
        found = None if full else computed(number - number % BATCH, linker).get(text)
        if not has_slopes(text):
            compare(text, lambda linker=linker, found=found: found or alone(text, linker))
            continue
        value, *slopes = found or alone(text, linker)
        agrees(value, RECORDED[text]["values"][0])
        # Gradients have the dtypes of their variables, here; Theano's were at times of the dtype that was calculated with.
        wrt = [x.dtype for x in variables(theano, text) if x.dtype.startswith("float")]
        for x, row, dtype in zip(slopes, RECORDED[GRADIENT + text]["values"], wrt, strict=True):
            agrees(x, row, dtype)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in INTENDED])
def test_program(name: str, full: bool) -> None:
    for linker in LINKERS if full else ["llvm"]:
        with symgraph.config.change_flags(linker=linker):
            compare(name, lambda: run_program(theano, PROGRAMS[name]))


def test_all_is_recorded() -> None:
    known = {*EXPRESSIONS, *(GRADIENT + text for text in EXPRESSIONS), *PROGRAMS}
    assert {*EXPRESSIONS, *PROGRAMS} <= RECORDED.keys() <= known
    assert len(RECORDED) >= 400 and INTENDED.keys() <= RECORDED.keys()


def test_what_is_different_on_purpose_is_different() -> None:
    for name in INTENDED:
        text = name.removeprefix(GRADIENT)
        run = run_program if name in PROGRAMS else gradient if name.startswith(GRADIENT) else run_expression
        with pytest.raises(AssertionError):
            compare(name, lambda run=run, text=text, name=name: run(theano, PROGRAMS.get(name, text)))


def test_this_is_symgraph() -> None:
    assert importlib.import_module("symgraph.theano") is theano
