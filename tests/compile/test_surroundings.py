"""What a machine may lack: a writable cache, a whole cache, a C compiler, a GPU. Each in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import symgraph, symgraph.tensor as T
x = T.dvector('x')
for k in range(3):
    print(symgraph.function([x], T.tanh(x) * k + 1)([0.0, 0.0]))
"""
ANSWER = "[1. 1.]\n" * 3


def run(program: str, flags: str, **environment: str) -> tuple[str, str]:
    """Standard output and standard error; the process must end well."""
    whole = {key: value for key, value in os.environ.items() if key not in ("CC", "CXX")}
    whole |= {"PYTHONPATH": str(ROOT), "SYMGRAPH_FLAGS": flags, "THEANO_FLAGS": ""} | environment
    ran = subprocess.run([sys.executable, "-c", program], env=whole, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, ran.stderr


# The cache ------------------------------------------------------------------------------------------------------------
def test_a_cache_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for linker in ("llvm", "c"):
        answer, complaint = run(PROGRAM, f"linker={linker},base_compiledir={tmp_path / 'file' / 'cache'}")
        assert answer == ANSWER
        assert complaint.startswith("<string>:5: CacheWarning: ") and str(tmp_path / "file") in complaint  # the user's line
        assert complaint.count("CacheWarning") == 1, complaint  # once, not for each function


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    answer, complaint = run(PROGRAM, f"base_compiledir={tmp_path}")
    assert answer == ANSWER and complaint.count("CacheWarning") == 1


def test_no_cache_at_all(tmp_path: Path) -> None:
    answer, complaint = run(PROGRAM, "base_compiledir=", HOME=str(tmp_path))
    assert answer == ANSWER and not complaint
    assert not list(tmp_path.iterdir())


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    path.write_bytes({
        "emptied": b"",
        "cut": content[: len(content) // 2],
        "last byte cut": content[:-1],
        "a byte changed": content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        "the first byte changed": bytes([content[0] ^ 1]) + content[1:],
        "something else": b"\x7fELF" + b"\0" * 3000,
        "longer": content + b"more",
    }[how])


@pytest.mark.parametrize("how", ["emptied", "cut", "last byte cut", "a byte changed", "the first byte changed", "something else", "longer"])
def test_damaged_entries_are_made_again(how: str, tmp_path: Path) -> None:
    flags = f"base_compiledir={tmp_path}"
    assert run(PROGRAM, flags)[0] == ANSWER
    entries = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(entries) >= 4
    sound = {path: path.read_bytes() for path in entries}
    for path in entries:
        damage(path, how)
    assert run(PROGRAM, flags) == (ANSWER, "")
    healed = [path for path in entries if path.exists() and path.read_bytes() == sound[path]]
    assert len(healed) == len(entries)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path not in sound]  # nothing half-written lies about


def test_entries_under_each_others_names_are_not_taken(tmp_path: Path) -> None:
    flags = f"base_compiledir={tmp_path}"
    assert run(PROGRAM, flags)[0] == ANSWER
    entries = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    contents = [path.read_bytes() for path in entries]
    for path, content in zip(entries, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)
    assert run(PROGRAM, flags) == (ANSWER, "")


# The compiler of linker=c ---------------------------------------------------------------------------------------------
NO_COMPILER = """
import symgraph, symgraph.tensor as T
x = T.dvector('x')
try:
    symgraph.function([x], x * 2)
except symgraph.errors.CompilerMissingError as error:
    print(error)
print(symgraph.function([x], x * 2, mode=symgraph.Mode('llvm'))([1.0]))
"""


@pytest.mark.parametrize("way", ["cxx", "CC", "PATH"])
def test_no_compiler(way: str, tmp_path: Path) -> None:
    flags = f"linker=c,base_compiledir={tmp_path}"
    environment = {}
    if way == "cxx":
        flags += ",cxx=/nonexistent/cc"
    elif way == "CC":
        environment["CC"] = "/nonexistent/cc"
    else:
        environment["PATH"] = str(tmp_path)
    answer, complaint = run(NO_COMPILER, flags, **environment)
    assert not complaint
    lines = answer.splitlines()
    assert lines[-1] == "[2.]"
    message = "\n".join(lines[:-1])
    assert "compiler" in message and "linker=" in message and ("install" in message or "llvm" in message), message


def test_a_compiler_that_fails_says_why(tmp_path: Path) -> None:
    compiler = tmp_path / "broken"
    compiler.write_text("#!/bin/sh\nif [ \"$1\" = --version ]; then echo broken 1.0; exit 0; fi\necho 'it is Sunday' >&2\nexit 3\n")
    compiler.chmod(0o755)
    program = ("import symgraph, symgraph.tensor as T\nx = T.dvector('x')\ntry: print(symgraph.function([x], x * 2)([1.0]))\n"
               "except Exception as error: print(type(error).__name__, error)")
    answer, _ = run(program, f"linker=c,base_compiledir={tmp_path / 'cache'},cxx={compiler}")
    assert "it is Sunday" in answer and "[2.]" not in answer


# Devices --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("device", ["cuda", "cuda0", "gpu"])
def test_a_device_that_is_not_there(device: str, tmp_path: Path) -> None:
    program = ("import symgraph, symgraph.tensor as T\nx = T.dvector('x')\ntry: symgraph.function([x], x * 2)\n"
               "except symgraph.errors.DeviceError as error: print(error)")
    answer, _ = run(program, f"device={device},base_compiledir={tmp_path}")
    assert "device=cuda" in answer and "device=cpu" in answer


def test_an_unknown_flag_warns_and_goes_on(tmp_path: Path) -> None:
    answer, complaint = run(PROGRAM, f"flotX=float32,base_compiledir={tmp_path}")
    assert answer == ANSWER and "flotX" in complaint and "Warning" in complaint
    ran = subprocess.run([sys.executable, "-c", "import symgraph"], env=os.environ | {"PYTHONPATH": str(ROOT),
        "SYMGRAPH_FLAGS": "floatX=float63"},
                         capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0 and "float63" in ran.stderr and "float32" in ran.stderr
