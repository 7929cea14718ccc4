"""The compiler of the C target: how it is found, what it says, what becomes of a file it refuses; constants as C writes them."""

from __future__ import annotations

import math
import re
import stat
import struct
import subprocess
import threading
from pathlib import Path
from random import Random

import pytest
from c_calls import needs_compiler

from codegen.errors import CodegenError, CompilerFailed, CompilerNotFound
from codegen.targets import c as target
from codegen.targets.c import compile_c, compiler_key, find_compiler, load_shared
from codegen.targets.spelling import constant

SOURCE = "int entry(void) { return 42; }\n"


def test_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerNotFound) as raised:
        compile_c(SOURCE, tmp_path)
    for word in ("apt-get install gcc", "dnf install gcc", "xcode-select --install", "linker=llvm", "CC="):
        assert word in str(raised.value)
    assert isinstance(raised.value, CodegenError)


def test_a_wish_that_is_not_there_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    with pytest.raises(CompilerNotFound, match="'no-such-compiler' cannot be run"):
        find_compiler()
    with pytest.raises(CompilerNotFound, match="'another'"):
        find_compiler("another")


@needs_compiler
def test_the_wish_comes_before_the_variable_before_the_search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CC", raising=False)
    (real,) = find_compiler()
    for name in ("mine", "other"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/log\nexec {real} "$@"\n')
        (tmp_path / name).chmod(0o755 | stat.S_IEXEC)
    monkeypatch.setenv("CC", f"{tmp_path}/mine -DX=1")
    assert find_compiler() == [f"{tmp_path}/mine", "-DX=1"]
    assert find_compiler(f"{tmp_path}/other") == [f"{tmp_path}/other"]
    compile_c(SOURCE, tmp_path / "made", flags=["-DLATER=1"])
    log = (tmp_path / "log").read_text()
    assert re.match(r"mine -DX=1 .*-ffp-contract=off.*-DLATER=1", log)


@needs_compiler
def test_compiled_and_loaded(tmp_path: Path) -> None:
    path = compile_c(SOURCE, tmp_path / "new" / "folder")
    handle, address = load_shared(path)
    assert address and handle.entry() == 42
    assert compile_c(SOURCE, tmp_path / "new" / "folder") == path
    assert compile_c(SOURCE, tmp_path / "new" / "folder", flags=["-DX"]) != path
    assert {p.suffix for p in path.parent.iterdir()} == {".c", ".so"} and len(list(path.parent.iterdir())) == 4
    with pytest.raises(AttributeError):
        load_shared(path, "no_such_function")
    with pytest.raises(OSError):
        load_shared(path.with_suffix(".c"))


@needs_compiler
def test_a_refused_source_stays_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(CompilerFailed) as raised:
        compile_c("int entry(void) { return nonsense; }", tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".c" and str(path) in str(raised.value) and "nonsense" in str(raised.value)


@needs_compiler
def test_many_at_once(tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(compile_c(SOURCE, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 4 and len(set(paths)) == 1
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".c", ".so"]


@needs_compiler
def test_the_key_asks_once_and_tells_flags_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    key = compiler_key()
    assert find_compiler()[0] in key and "-ffp-contract=off" in key

    def refuse(*args: object, **named: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert compiler_key() == key
    assert compiler_key(flags=["-O1"]) != key
    monkeypatch.setattr(target, "_versions", {})
    with pytest.raises(AssertionError, match="asked again"):
        compiler_key()


@pytest.mark.parametrize(("value", "type", "text"), [
    (1.0, "float64", "1.0"), (0.1, "float64", "0.1"), (-0.0, "float64", "-0.0"), (5e-324, "float64", "5e-324"), (1, "float64", "1.0"),
    (math.inf, "float64", "INFINITY"), (-math.inf, "float32", "-INFINITY"), (math.nan, "float32", "NAN"), (1e39, "float32", "INFINITY"),
    (0.1, "float32", "0.1f"), (2.0, "float32", "2.0f"), (16777216.0, "float32", "16777216.0f"), (1.5, "float16", "0x3e00"),
    (True, "bool", "true"), (-1, "int8", "-1"), (255, "int8", "-1"), (-1, "uint8", "255"), (-1, "uint32", "4294967295u"),
    (-(2**63), "int64", "INT64_MIN"), (2**63, "int64", "INT64_MIN"), (-(2**31), "int32", "INT32_MIN"), (-(2**31), "int64", "-2147483648"),
    (2**64 - 1, "uint64", "18446744073709551615u"), (0, "float64*", "NULL"),
])
def test_constants(value: float, type: str, text: str) -> None:
    assert constant(value, type) == text


def test_constants_are_exact() -> None:
    random = Random(1)
    for _ in range(2000):
        bits = random.randbytes(4)
        (x,) = struct.unpack("<f", bits)
        if math.isfinite(x):
            text = constant(x, "float32")
            assert text.endswith("f") and struct.pack("<f", float(text[:-1])) == bits
    with pytest.raises(ValueError, match="no address"):
        constant(4096, "void*")
