"""`python -m symgraph run`: a program sees what Python itself would show it, and `import theano` is symgraph."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DECK = Path(__file__).resolve().parents[2] / "examples" / "deck"
SHOW = """
import sys
print(__name__, globals().get("__file__"), sys.argv, sys.path[0], __package__)
print(sys.stdin.read())
print([m for m in ("symgraph", "theano") if m in sys.modules])
"""
# What a program is, how it is started. Each is compared with what python makes of it, to the byte.
SAME = {
    "a script": (SHOW, ["show.py", "a", "-b", "--", "-c"]),
    "a module": (SHOW, ["-m", "show", "-m", "x"]),
    "code": (SHOW, ["-c", SHOW, "1"]),
    "standard input": (SHOW, ["-", "1"]),
    "an error": ("def f():\n    return 1 / 0\nf()\n", ["show.py"]),
    "an error in a module": ("def f():\n    return 1 / 0\nf()\n", ["-m", "show"]),
    "an exit status": ("import sys; sys.exit(7)", ["show.py"]),
    "an exit with words": ("import sys; sys.exit('done')", ["show.py"]),
    "a hook that fails": ("import sys\nsys.excepthook = lambda *a: 1 / 0\n1 + 'a'", ["show.py"]),
    "a syntax error": ("x = = 1", ["show.py"]),
    "an interrupt": (f"import os, signal; os.kill(os.getpid(), {signal.SIGINT})", ["show.py"]),
    "no such file": ("", ["nowhere.py"]),
    "no such module": ("", ["-m", "nowhere"]),
    "a folder": ("", ["folder"]),
    "relative imports": ("", ["-m", "folder.inner", "a"]),
}


def start(words: list[str], where: Path, options: tuple[str, ...] = (), given: str = "text\n") -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, *options, *words], cwd=where, input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__init__.py").write_text("")
    (tmp_path / "folder" / "inner.py").write_text("from . import other\nimport sys\nprint(other.name, __name__, sys.argv[1:])")
    (tmp_path / "folder" / "other.py").write_text("name = __name__")
    return tmp_path


@pytest.mark.parametrize("case", SAME)
def test_as_python(case: str, folder: Path) -> None:
    text, words = SAME[case]
    (folder / "show.py").write_text(text)
    assert start(["-m", "symgraph", "run", *words], folder) == start(words, folder)


def test_options_of_python_stay(folder: Path) -> None:
    (folder / "show.py").write_text("import sys, warnings\nassert False\nprint(sys.flags.optimize)\nwarnings.warn('old')")
    words = ["-O", "-W", "error"]
    status, out, err = start(["-m", "symgraph", "run", "show.py"], folder, tuple(words))
    assert (status, out) == (1, "1\n") and "UserWarning: old" in err


PROGRAM = """
import multiprocessing, sys
import theano
from theano import tensor as T

def square(number):
    x = T.dscalar("x")
    return float(theano.function([x], x ** 2)(number)), theano.__version__

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(square(3.0), pool.apply(square, (4.0,)), "symgraph" in sys.modules)
"""


def test_theano_is_symgraph_there_and_in_processes_started_there(folder: Path) -> None:
    (folder / "program.py").write_text(PROGRAM)
    assert start(["-m", "symgraph", "run", "program.py"], folder) == (0, "(9.0, '1.0.5') (16.0, '1.0.5') True\n", "")


def test_the_sitecustomize_of_the_environment_is_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sitecustomize.py").write_text("import builtins; builtins.seen = 'yes'")
    (folder / "show.py").write_text("import sitecustomize; print(seen, sitecustomize.__file__)")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    status, out, _ = start(["-m", "symgraph", "run", "show.py"], folder)
    assert (status, out.strip()) == (0, f"yes {folder / 'sitecustomize.py'}")


REFUSED = {
    "no command": ([], "a command is missing"),
    "another command": (["walk"], "no command is named 'walk'"),
    "nothing to run": (["run"], "a script, -m MODULE or -c CODE is missing"),
    "nothing behind": (["run", "--"], "a script, -m MODULE or -c CODE is missing"),
    "no module": (["run", "-m"], "-m needs a module"),
    "an option": (["run", "-O", "x.py"], "-O is not an option of `run`"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, folder: Path) -> None:
    words, message = REFUSED[case]
    status, out, err = start(["-m", "symgraph", *words], folder)
    assert (status, out) == (2, "") and message in err and "usage:" in err


def test_a_script_whose_name_looks_like_an_option(folder: Path) -> None:
    (folder / "-x.py").write_text("print('ran')")
    assert start(["-m", "symgraph", "run", "--", "./-x.py"], folder)[:2] == (0, "ran\n")


def test_help(folder: Path) -> None:
    assert start(["-m", "symgraph", "--help"], folder)[0] == 0


@pytest.mark.parametrize("name", ["theano_example_1.py", "theano_example_2.py", "powers.py"])
def test_programs_in_the_words_of_theano(name: str, folder: Path) -> None:
    """The examples with `theano` for `symgraph` print what they print as they are."""
    text = (DECK / name).read_text()
    old = re.sub(r"\bsymgraph\b", "theano", text)
    assert "import theano" in old
    (folder / "old.py").write_text(old)
    (folder / "new.py").write_text(text)
    assert start(["-m", "symgraph", "run", "old.py"], folder) == start(["new.py"], folder)
