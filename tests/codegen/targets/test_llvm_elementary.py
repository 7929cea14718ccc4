"""The functions that the LLVM target computes itself: accuracy, special arguments, and that they become vectors."""

from __future__ import annotations

import numpy as np
import pytest
from running import Entry
from test_llvm_object import chain, undefined
from test_llvm_operations import run_elementwise

from codegen.loopir.operations import MATH
from codegen.targets import llvm
from codegen.targets.elementary import ELEMENTARY
from codegen.targets.llvm import compile_llvm, optimized_text
from codegen.targets.llvmtext import llvm_text

FUNCTIONS = pytest.mark.parametrize("name", sorted(ELEMENTARY))
TYPES = pytest.mark.parametrize("type", ["float32", "float64"])
GREATEST = {"exp": 0.9, "exp2": 0.9, "expm1": 1.15, "log": 0.9, "log1p": 0.9, "tanh": 1.6}  # units in the last place


def arguments(name: str, type: str) -> np.ndarray:
    random = np.random.default_rng(11)
    count = 20_000
    limit = 745.0 if type == "float64" else 104.0
    tiny = 10.0 ** random.uniform(-300 if type == "float64" else -37, 0, count) * random.choice([-1, 1], count)
    x = np.concatenate([tiny, random.uniform(-limit, limit, count), random.uniform(-1, 1, count), np.arange(-160.0, 160.0)])
    if name.startswith("log"):
        decades = 307 if type == "float64" else 38
        x = np.concatenate([np.abs(x), 10.0 ** random.uniform(-decades, decades, count), random.uniform(0.68, 1.45, count)])
        if name == "log1p":
            x = np.concatenate([x, random.uniform(-1, 0, count), tiny])
    x = x.astype(type)
    return x[x != 0]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@TYPES
@FUNCTIONS
def test_accuracy(name: str, type: str) -> None:
    if type == "float64" and np.finfo(np.longdouble).nmant < 60:
        pytest.skip("nothing here is more precise than float64")
    x = arguments(name, type)
    got = run_elementwise(name, [x], type, 2)
    wide = np.longdouble if type == "float64" else np.float64
    exact = getattr(np, name)(x.astype(wide))
    wanted = exact.astype(type)
    infinite = ~np.isfinite(wanted)
    np.testing.assert_array_equal(got[infinite], wanted[infinite])
    unit = np.spacing(np.abs(wanted[~infinite])).astype(wide)
    assert np.max(np.abs(got[~infinite].astype(wide) - exact[~infinite]) / unit) < GREATEST[name]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("level", [0, 2])
@TYPES
@FUNCTIONS
def test_special_arguments(name: str, type: str, level: int) -> None:
    info = np.finfo(type)
    least, greatest = info.smallest_subnormal, info.max
    x = np.array([0.0, -0.0, 1.0, -1.0, -2.0, np.inf, -np.inf, np.nan, least, -least, greatest, -greatest, info.tiny, 2.0, 0.5], type)
    got, wanted = run_elementwise(name, [x], type, level), getattr(np, name)(x)
    np.testing.assert_allclose(got, wanted, rtol=4 * info.eps, atol=0)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(wanted[numbers]))
    exact = ~np.isfinite(wanted) | (wanted == 0) | (wanted == 1)
    np.testing.assert_array_equal(got[exact], wanted[exact])


@TYPES
@FUNCTIONS
def test_loops_become_vectors_and_nothing_is_called(name: str, type: str) -> None:
    module = llvm_text(chain(1, type, name).module())
    assert f"@{name}" in module and f"x {'double' if type == 'float64' else 'float'}> @llvm.fma" in optimized_text(module)
    assert undefined(compile_llvm(module)) <= {"_GLOBAL_OFFSET_TABLE_"}


@TYPES
@FUNCTIONS
def test_the_same_bits_in_a_vector_and_alone(name: str, type: str) -> None:
    x = arguments(name, type)[::97].copy()
    together = run_elementwise(name, [x], type, 2)
    for level in (0, 1, 3):
        np.testing.assert_array_equal(run_elementwise(name, [x], type, level), together)
    for start in (0, 1, 5):
        np.testing.assert_array_equal(run_elementwise(name, [x[start:start + 3]], type, 2), together[start:start + 3])


@pytest.mark.parametrize("function", ["exp", "sinh", "hypot"])
def test_sums_of_functions_compile_without_a_word(function: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Accumulators side by side become vectors only where what is called has a vector form; LLVM is asked for none, for it would remark on it."""
    e = Entry()
    b, n = e.b, e.size(0)
    x, total = e.argument(0, "float64"), b.local("float64", 32)
    with b.loop(0, n, step=32) as i:
        with b.loop(0, 32, independent=True) as j:
            element = b.load(x, b.add(i, j))
            b.store(total, j, b.add(b.load(total, j), b.math(function, *[element] * MATH[function])))
    with b.loop(0, 32, independent=True) as j:
        b.store(e.result(0, "float64", 32), j, b.load(total, j))
    text = llvm_text(e.module(), 32)
    assert (f"@{function}.v16(" in text) == (function == "exp") and "vectorize.width" not in text
    compile_llvm(text)
    assert capfd.readouterr() == ("", "")


def test_without_fma_the_library_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llvm, "has_fma", lambda: False)
    assert "exp" in undefined(compile_llvm(llvm_text(chain(1, "float64", "exp").module())))
