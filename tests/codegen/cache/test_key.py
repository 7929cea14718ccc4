"""The key: equal for equal Programs in any process, different for whatever changes the code."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.cache.key import program_key, sources_digest
from codegen.program import ArrayType, Branch, Loop, Program, Sequenced, Step
from codegen.rules import Loops, Pointwise, Python

VECTOR = ArrayType("float64", (None,))


def element(b: Any, index: Any, *inputs: Any) -> Any:
    return inputs[0](*index)


def pointwise(*key: Any) -> Pointwise:
    return Pointwise(key, element, element)


def program(**changes: Any) -> Program:
    parts: dict[str, Any] = {
        "types": [VECTOR] * 4, "inputs": [0], "constants": {1: np.array([1.0, 2.0])}, "outputs": [3],
        "steps": [Step(pointwise("exp"), (0,), (2,), 0), Step(pointwise("add"), (1, 2), (3,), 1)],
    }
    return Program(**{**parts, **changes})


def loop(**changes: Any) -> Program:
    parts: dict[str, Any] = {
        "body": program(), "steps": 0, "sequences": (Sequenced(1),), "states": (2,), "captured": (), "stacked": 1, "outputs": (3, None),
    }
    return program(steps=[Loop(**{**parts, **changes})])


def branch(**changes: Any) -> Program:
    parts: dict[str, Any] = {"condition": 0, "then": program(), "otherwise": program(outputs=[2]), "captured": (1,), "outputs": (2,)}
    return program(steps=[Branch(**{**parts, **changes})])


def test_equal_programs_have_one_key() -> None:
    assert program_key(program(), "cpu") == program_key(program(), "cpu")
    assert len(program_key(program(), "cpu")) == 40


def test_whatever_changes_the_code_changes_the_key() -> None:
    first, second = program().steps
    others = [program(**changes) for changes in (
        {}, {"types": [VECTOR, VECTOR, ArrayType("float32", (None,)), VECTOR]}, {"types": [ArrayType("float64", (2,))] * 4},
        {"inputs": [1]}, {"outputs": [2]}, {"outputs": [3, 2]}, {"steps": [first]}, {"steps": [second, first]}, {"constants": {}},
    )]
    constants = ([1.0, 3.0], np.array([1.0, 2.0], "float32"), [[1.0, 2.0]], [1.0, -0.0], [1.0, 0.0])
    others += [program(constants={1: np.array(value)}) for value in constants]
    others += [program(steps=[step, second]) for step in (
        Step(pointwise("log"), (0,), (2,), 0), Step(pointwise("exp"), (1,), (2,), 0), Step(pointwise("exp"), (0,), (2,), 7),
        Step(Loops(("exp",), element, element), (0,), (2,), 0), Step(Python(("exp",), element), (0,), (2,), 0),
    )]
    others += [loop(**changes) for changes in (
        {}, {"steps": None}, {"sequences": (Sequenced(1, 1),)}, {"sequences": (Sequenced(1, 0, True),)}, {"states": (1,)},
        {"captured": (1,)}, {"stacked": 0}, {"outputs": (3, 2)}, {"counts": True}, {"until": True}, {"where": 3},
        {"body": program(outputs=[2])}, {"body": branch()},
    )]
    others += [branch(**changes) for changes in (
        {}, {"condition": 1}, {"then": program(outputs=[2])}, {"otherwise": program()}, {"captured": (0,)}, {"outputs": (3,)}, {"where": 1},
    )]
    keys = [program_key(p, "cpu") for p in others]
    keys += [program_key(program(), "other cpu"), program_key(program(), "cpu", ("O3",))]
    assert len(set(keys)) == len(keys)


def test_a_python_rule_counts_by_its_types_only() -> None:
    def with_rule(rule: Python) -> str:
        return program_key(program(steps=[Step(rule, (0,), (2,))]), "cpu")

    assert with_rule(Python("one", element)) == with_rule(Python("two", print))


def test_constants_by_content_whatever_their_strides() -> None:
    a = np.arange(6.0).reshape(2, 3)
    keys = {program_key(program(constants={1: x}), "cpu") for x in (a, np.asfortranarray(a), a[::1].copy())}
    assert len(keys) == 1
    assert program_key(program(constants={1: a.T}), "cpu") not in keys
    with pytest.raises(TypeError):
        program_key(program(constants={1: np.array([None])}), "cpu")


def test_the_same_in_every_process() -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import codegen.cache.key
import test_key
codegen.cache.key.sources_digest = str  # a file of the package may be edited while this runs
print(test_key.program_key(test_key.loop(), "cpu"))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    other = subprocess.check_output(command, text=True, env=environment).strip()
    again = subprocess.check_output(command, text=True, env={**environment, "PYTHONHASHSEED": "8"}).strip()
    assert other == again


def test_sources_tell_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package_for_key"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "rules.py").write_text("a = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    digests = [digest_now("package_for_key")]
    (package / "inner" / "rules.py").write_text("a = 12\n")
    digests.append(digest_now("package_for_key"))
    (package / "inner" / "more.py").write_text("")
    digests.append(digest_now("package_for_key"))
    (package / "inner" / "more.py").rename(package / "inner" / "other.py")
    digests.append(digest_now("package_for_key"))
    assert all(digests) and len(set(digests)) == 4
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "stray.py").write_text("")
    assert digest_now("package_for_key") == digests[-1]
    assert digest_now("no_such_package_for_key") == ""


def digest_now(package: str) -> str:
    sources_digest.cache_clear()
    return sources_digest(package)


def test_functions_typed_in_count_by_their_code() -> None:
    keys = []
    for text in ("x + 1", "x + 2", "x + 1"):
        names: dict[str, Any] = {"__name__": "typed_in"}
        exec(f"def element(b, index, x):\n    return {text}", names)
        rule = Pointwise(("typed",), element, names["element"])
        keys.append(program_key(program(steps=[Step(rule, (0,), (2,))]), "cpu"))
    assert keys[0] == keys[2] != keys[1]


def test_time_is_linear() -> None:
    rules = [pointwise("op", k) for k in range(50)]

    def seconds(count: int) -> float:
        long = program(types=[VECTOR] * (count + 1), steps=[Step(rules[k % 50], (k,), (k + 1,), k) for k in range(count)])
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            program_key(long, "cpu")
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(20_000) < 20 * seconds(2_000)
