"""`python -m symgraph run`: a program sees what Python itself would show it, and `import theano` is symgraph."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from started import python, start

from symgraph import launch

DECK = Path(__file__).resolve().parents[2] / "examples" / "deck"
SHOW = """
import sys
print(__name__, globals().get("__file__"), sys.argv, sys.path, __package__)
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
    "a hook at the end that fails": ("import atexit, functools; atexit.register(functools.partial(int, 'x'))\nprint('end')", ["show.py"]),
    "a thread that fails": ("import threading\nt = threading.Thread(target=lambda: 1 / 0, name='t')\nt.start(); t.join(); print('on')", ["show.py"]),
    "causes": ("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('wrong') from e", ["show.py"]),
    "a group of errors": ("raise SystemExit([1, 2])", ["show.py"]),
    "a hard exit": ("import os; print('seen', flush=True); os._exit(9)", ["show.py"]),
    "a signal": (f"import os; os.kill(os.getpid(), {signal.SIGTERM})", ["show.py"]),
    "closed output": ("import os, sys; os.close(1); print('lost'); sys.stdout.flush()", ["show.py"]),
    "a syntax error": ("x = = 1", ["show.py"]),
    "no text of Python": ("x = '\\x00'\n\0", ["show.py"]),
    "an empty file": ("", ["show.py"]),
    "an import that fails": ("import nowhere.at_all", ["show.py"]),
    "arguments": (SHOW, ["./show.py", "", "a b", "--version", "run", "é"]),
    "a zip": ("", ["program.zip", "a"]),
    "a folder with a program": ("", ["program", "a"]),
    "a broken zip": ("", ["broken.zip"]),
    "bytes that are no text": ("", ["bytes.py"]),
    "a link to nothing": ("", ["link.py"]),
    "a file as a folder": ("", ["show.py/x.py"]),
    "an interrupt": (f"import os, signal; os.kill(os.getpid(), {signal.SIGINT})", ["show.py"]),
    "no such file": ("", ["nowhere.py"]),
    "no such module": ("", ["-m", "nowhere"]),
    "a module that is a package": ("", ["-m", "folder"]),
    "no code": ("", ["-c", ""]),
    "a folder": ("", ["folder"]),
    "relative imports": ("", ["-m", "folder.inner", "a"]),
}


def seen(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__init__.py").write_text("")
    (tmp_path / "folder" / "inner.py").write_text("from . import other\nimport sys\nprint(other.name, __name__, sys.argv[1:])")
    (tmp_path / "folder" / "other.py").write_text("name = __name__")
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text("import inner")
    (tmp_path / "program" / "inner.py").write_text("import sys\nprint(__file__, sys.argv, sys.path[0])\n1 / 0")
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as packed:
        packed.writestr("__main__.py", "import sys\nprint(__name__, __file__, sys.argv)\n1 / 0")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff\xfe'")
    (tmp_path / "link.py").symlink_to(tmp_path / "nothing.py")
    return tmp_path


@pytest.mark.parametrize("case", SAME)
def test_as_python(case: str, folder: Path) -> None:
    text, words = SAME[case]
    (folder / "show.py").write_text(text)
    assert seen(start(folder, *words)) == seen(python(folder, *words))


def test_the_command_itself(folder: Path) -> None:
    """The whole way: this process becomes the program's, so standard input and a signal are its own."""
    (folder / "show.py").write_text(SHOW + SAME["an interrupt"][0])
    words = ["show.py", "a", "-b"]
    assert seen(python(folder, "-m", "symgraph", "run", *words)) == seen(python(folder, *words))
    script = "import sys; from symgraph.__main__ import main; sys.exit(main())"  # as the console script has it
    assert seen(python(folder, "-c", script, "run", *words)) == seen(python(folder, *words))


def test_nothing_is_loaded_twice(folder: Path) -> None:
    """`-m symgraph` does not load symgraph itself before the program."""
    done = python(folder, "-X", "importtime", "-m", "symgraph", "run", "-c", "print('ran')")
    assert done.stdout == "ran\n" and "numpy" not in done.stderr and "import time:" in done.stderr


def test_options_of_python_stay(folder: Path) -> None:
    (folder / "show.py").write_text("import sys, warnings\nassert False\nprint(sys.flags.optimize, sys.stdout.write_through)\nwarnings.warn('old')")
    status, out, err = seen(python(folder, "-O", "-u", "-W", "error", "-m", "symgraph", "run", "show.py"))
    assert (status, out) == (1, "1 True\n") and "UserWarning: old" in err


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
    assert seen(start(folder, "program.py")) == (0, "(9.0, '1.0.5') (16.0, '1.0.5') True\n", "")


def test_the_sitecustomize_of_the_environment_is_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sitecustomize.py").write_text("import builtins; builtins.seen = 'yes'")
    (folder / "show.py").write_text("import sitecustomize; print(seen, sitecustomize.__file__)")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    status, out, _ = seen(start(folder, "show.py"))
    assert (status, out.strip()) == (0, f"yes {folder / 'sitecustomize.py'}")


REFUSED = {
    "no command": ([], "a command is missing"),
    "another command": (["walk"], "no command is named 'walk'"),
    "nothing to run": (["run"], "a script, -m MODULE or -c CODE is missing"),
    "nothing behind": (["run", "--"], "a script, -m MODULE or -c CODE is missing"),
    "no module": (["run", "-m"], "-m needs a module"),
    "an option": (["run", "-O", "x.py"], "-O is not an option of `run`"),
    "an option behind one": (["run", "--old-world", "-v", "--new-world", "x.py"], "--new-world is not an option of `run`"),
    "options alone": (["run", "--python2"], "a script, -m MODULE or -c CODE is missing"),
    "no code": (["run", "-c"], "-c needs code"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words, message = REFUSED[case]
    monkeypatch.setattr(launch, "_replace", lambda *args: pytest.fail(f"started {args}"))
    assert launch.main(words) == 2
    out, err = capsys.readouterr()
    assert not out and message in err and "usage:" in err


def test_options_that_would_hide_theano(folder: Path) -> None:
    status, out, err = seen(python(folder, "-S", "-c", f"import sys; sys.path += {sys.path!r}; from symgraph.__main__ import main; sys.exit(main())",
                                   "run", "x.py"))
    assert (status, out) == (2, "") and "Python's options -E, -I and -S leave out" in err


def test_a_script_whose_name_looks_like_an_option(folder: Path) -> None:
    (folder / "-x.py").write_text("print('ran')")
    assert seen(start(folder, "--", "./-x.py"))[:2] == (0, "ran\n")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["run", "-h"]):
        assert launch.main(words) == 0 and "--old-world" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["theano_example_1.py", "theano_example_2.py", "powers.py"])
def test_programs_in_the_words_of_theano(name: str, folder: Path) -> None:
    """The examples with `theano` for `symgraph` print what they print as they are."""
    text = (DECK / name).read_text()
    old = re.sub(r"\bsymgraph\b", "theano", text)
    assert "import theano" in old
    (folder / "old.py").write_text(old)
    (folder / "new.py").write_text(text)
    assert seen(start(folder, "old.py")) == seen(python(folder, "new.py"))
